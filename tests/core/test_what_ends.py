"""Until when a clearance and a consent hold: the day before, the day itself, the day after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core import consent, course
from holdspace.core.facts import DocumentKind, Facts
from tests.core.cases import NOW, arrived, clinic_protocol, days, with_paper

PROTOCOL = clinic_protocol()
CLEARANCE, CONSENT = DocumentKind.CLEARANCE, DocumentKind.CONSENT
RULE = {CLEARANCE: course.clearance, CONSENT: consent.consent}
ENDED = {CLEARANCE: "clearance_expired", CONSENT: "consent_expired"}


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


def signed(kind: DocumentKind, on: datetime, now: datetime, **more: object) -> Facts:
    facts = with_paper(arrived(), kind, signed_at=on, expires_at=None, **more)
    return replace(facts, now=now)


# kind, signed, asked (UTC; the clinic is in Denver), does it still hold?
ENDS = [
    (CLEARANCE, "2026-01-05 16:00", "2026-04-04 16:00", True),  # day 89
    (CLEARANCE, "2026-01-05 16:00", "2026-04-05 16:00", True),  # day 90, the same minute
    (CLEARANCE, "2026-01-05 16:00", "2026-04-05 16:01", False),  # a minute later
    (CLEARANCE, "2026-01-05 16:00", "2026-04-06 16:00", False),  # day 91
    (CLEARANCE, "2027-12-01 16:00", "2028-02-29 16:00", True),  # its last day is 29 February
    (CLEARANCE, "2027-12-01 16:00", "2028-02-29 16:01", False),
    (CONSENT, "2026-03-02 16:00", "2027-03-01 16:00", True),  # day 364
    (CONSENT, "2026-03-02 16:00", "2027-03-02 16:00", True),  # the day itself
    (CONSENT, "2026-03-02 16:00", "2027-03-02 16:01", False),
    (CONSENT, "2026-03-02 16:00", "2027-03-03 16:00", False),  # the day after
    (CONSENT, "2028-02-29 16:00", "2029-02-28 16:00", True),  # signed on 29 February
    (CONSENT, "2028-02-29 16:00", "2029-03-01 16:00", False),  # no year makes it longer
    (CONSENT, "2027-03-01 16:00", "2028-02-29 16:00", True),  # 365 days with a 29 February
    (CONSENT, "2027-03-01 16:00", "2028-03-01 16:00", False),
]


@pytest.mark.parametrize(("kind", "on", "now", "holds"), ENDS)
def test_a_paper_holds_to_its_last_minute_and_no_longer(
    kind: DocumentKind, on: str, now: str, holds: bool
) -> None:
    found = RULE[kind](signed(kind, at(on), at(now)), PROTOCOL)
    stops = {f.code.value: f.verdict.value for f in found if not f.passes}
    assert stops == ({} if holds else {ENDED[kind]: "fail"})
    assert not any(f.relievable_by for f in found)


# --- what a page says is left


@pytest.mark.parametrize(
    ("now", "left", "is_over"),
    [
        ("2026-04-04 16:00", 1, False),
        ("2026-04-05 06:30", 0, False),  # 00:30 in Denver: the last day has begun
        ("2026-04-05 05:30", 1, False),  # 23:30 in Denver: it has not
        ("2026-04-05 16:00", 0, False),
        ("2026-04-05 16:01", 0, True),
        ("2026-04-06 16:00", -1, True),
    ],
)
def test_the_days_that_are_left_are_the_clinics(now: str, left: int, is_over: bool) -> None:
    found = course.clearance_left(signed(CLEARANCE, at("2026-01-05 16:00"), at(now)), PROTOCOL)
    assert found is not None
    assert (found.days, found.is_over, found.last_day.isoformat()) == (left, is_over, "2026-04-05")


def test_a_stopped_or_missing_clearance_has_nothing_left() -> None:
    facts = arrived()
    assert course.clearance_left(facts, PROTOCOL) is not None
    for change in (
        {"withdrawn_at": NOW}, {"suspended_at": NOW}, {"signed_at": NOW + days(1)},
    ):  # fmt: skip
        assert course.clearance_left(with_paper(facts, CLEARANCE, **change), PROTOCOL) is None
    assert course.clearance_left(replace(facts, documents=()), PROTOCOL) is None


@given(minutes=st.integers(0, 200 * 24 * 60))
def test_what_the_page_says_is_what_the_door_does(minutes: int) -> None:
    facts = signed(CLEARANCE, NOW, NOW + timedelta(minutes=minutes))
    left = course.clearance_left(facts, PROTOCOL)
    first = course.clearance(facts, PROTOCOL)[0]
    assert left is not None and left.is_over is not first.passes
