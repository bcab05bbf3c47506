"""Consent: what is on file, for which routes, until when; and touch, agreed on before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from holdspace.core import consent
from holdspace.core.facts import DocumentKind, Facts, Route
from tests.core.cases import NOW, clinic_protocol, days, minutes, no_paper, readied, with_paper

IM, IV = Route.IM, Route.IV


def said(facts: Facts) -> list[tuple[str, str]]:
    return [(f.code.value, f.verdict.value) for f in consent.consent(facts, clinic_protocol())]


def test_a_consent_in_force_says_that_it_is_there_and_that_it_covers_the_route() -> None:
    assert said(readied()) == [("consent_missing", "pass"), ("consent_narrower", "pass")]


@pytest.mark.parametrize(
    ("withdrawn_at", "answer"),
    [
        (NOW - minutes(1), [("consent_withdrawn", "fail")]),
        (NOW, [("consent_withdrawn", "fail")]),
        (NOW + minutes(1), [("consent_missing", "pass"), ("consent_narrower", "pass")]),
        (None, [("consent_missing", "pass"), ("consent_narrower", "pass")]),
    ],
)
def test_a_withdrawal_counts_from_its_moment_on(
    withdrawn_at: datetime | None, answer: list[tuple[str, str]]
) -> None:
    assert said(with_paper(readied(), DocumentKind.CONSENT, withdrawn_at=withdrawn_at)) == answer


@pytest.mark.parametrize(
    ("change", "routes"),
    [
        ({}, (IM, IV)),  # ordered in this session
        ({"session": "day-0"}, (IM,)),  # ordered on another day
        ({"session": ""}, (IM,)),
        ({"cancelled_at": NOW - minutes(1)}, (IM,)),
        ({"route": IM}, (IM,)),  # a route is named once
    ],
)
def test_the_routes_are_the_course_s_and_those_of_orders_that_stand_today(
    change: dict[str, object], routes: tuple[Route, ...]
) -> None:
    facts = readied()
    order = replace(facts.orders[0], **{"id": "o-2", "route": IV, **change})  # type: ignore[arg-type]
    assert consent.planned_routes(replace(facts, orders=(order,))) == routes


def test_without_a_session_no_order_counts() -> None:
    facts = readied()
    order = replace(facts.orders[0], route=IV, session="")
    assert consent.planned_routes(replace(facts, session="", orders=(order,))) == (IM,)


@pytest.mark.parametrize(
    ("written", "planned", "verdict", "evidence"),
    [
        ((IM,), IM, "pass", "covers im"),
        ((IM, IV), IM, "pass", "covers im, iv"),
        ((IM,), IV, "fail", "covers im, not iv"),
        ((), IM, "unknown", "the consent names no route"),
        ((IM,), None, "unknown", "no route is planned"),
    ],
)
def test_a_consent_names_the_routes_that_it_covers(
    written: tuple[Route, ...], planned: Route | None, verdict: str, evidence: str
) -> None:
    facts = with_paper(readied(), DocumentKind.CONSENT, routes=written)
    assert facts.course is not None
    course = replace(facts.course, route=planned) if planned else None
    found = consent.consent(replace(facts, course=course, orders=()), clinic_protocol())[-1]
    assert (found.code.value, found.verdict.value) == ("consent_narrower", verdict)
    assert found.evidence == evidence


VALID = timedelta(days=365)


@pytest.mark.parametrize(
    ("signed_ago", "ends", "answer"),
    [
        (VALID, None, "consent_missing"),
        (VALID + minutes(1), None, "consent_expired"),
        (days(7), NOW, "consent_missing"),
        (days(7), NOW - minutes(1), "consent_expired"),
        (VALID + minutes(1), NOW + days(9), "consent_expired"),  # the earlier of the two
    ],
)
def test_a_consent_ends_after_its_year_or_on_its_own_day(
    signed_ago: timedelta, ends: datetime | None, answer: str
) -> None:
    assert clinic_protocol().whole("consent.valid_days") == VALID.days
    signed = {"signed_at": NOW - signed_ago, "expires_at": ends}
    assert said(with_paper(readied(), DocumentKind.CONSENT, **signed))[0][0] == answer


TOUCH = DocumentKind.TOUCH_AGREEMENT


@pytest.mark.parametrize(
    ("withdrawn_at", "verdict", "evidence"),
    [(None, "pass", "signed"), (NOW, "note", "withdrawn"), (NOW + minutes(1), "pass", "signed")],
)
def test_a_withdrawn_agreement_on_touch_means_no_touch_and_holds_no_door(
    withdrawn_at: datetime | None, verdict: str, evidence: str
) -> None:
    facts = with_paper(readied(), TOUCH, withdrawn_at=withdrawn_at)
    (found,) = consent.touch_agreement(facts, clinic_protocol())
    assert found.verdict.value == verdict and found.evidence.startswith(evidence)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [(None, "note"), ({"signed_at": NOW + minutes(5)}, "note"), ({"withdrawn_at": NOW}, "note"),
     ({}, "pass")],
)  # fmt: skip
def test_where_no_agreement_on_touch_is_asked_for_it_is_noted(
    change: dict | None, verdict: str
) -> None:
    shipped, path = clinic_protocol(), "touch.agreement_required"
    setting = replace(shipped.setting(path), value=False)
    protocol = replace(shipped, settings={**shipped.settings, path: setting})
    kind = DocumentKind.TOUCH_AGREEMENT
    facts = no_paper(readied(), kind) if change is None else with_paper(readied(), kind, **change)
    (found,) = consent.touch_agreement(facts, protocol)
    assert (found.code.value, found.verdict.value) == ("touch_agreement_missing", verdict)
