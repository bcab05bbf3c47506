"""How a rule looks at facts: what is recent, what is of today, what a limit says in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from holdspace.core import evidence
from holdspace.core.codes import Code
from holdspace.core.decision import Verdict
from holdspace.core.evidence import Basis, Bound
from holdspace.core.facts import Facts
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import Kind
from tests.core.cases import (
    NOW,
    charted,
    clinic_protocol,
    days,
    hours,
    instead,
    minutes,
    readied,
    seen,
    without,
)

D, K = Decimal, Kind
P = clinic_protocol()


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (minutes(0), "0 min"),
        (minutes(119), "119 min"),
        (minutes(119.9), "119 min"),
        (minutes(120), "2 h"),
        (hours(71.9), "71 h"),
        (hours(72), "3 days"),
        (days(3.9), "3 days"),
        (days(4), "4 days"),
    ],
)
def test_a_length_of_time_is_told_as_people_do(length: timedelta, said: str) -> None:
    assert evidence.span(length) == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (minutes(8), "08:52"),
        (hours(9), "00:00"),
        (hours(9) + minutes(1), "2 Mar 2025 23:59"),
        (-hours(14.9), "23:54"),
        (-hours(15), "4 Mar 2025 00:00"),
    ],
)
def test_a_moment_is_told_with_its_day_unless_it_is_today(ago: timedelta, said: str) -> None:
    assert evidence.clock(readied(), NOW - ago) == said


# --- what counts as seen --------------------------------------------------------------------------


def looked(facts: Facts, **asked: Any) -> tuple[int, str]:
    found = evidence.seen(facts, P, K.HEART_RATE, **asked)
    return len(found.recent), found.problem


def pulse(*ago: float, value: int = 72, **more: Any) -> Facts:
    return instead(readied(), *(seen(K.HEART_RATE, value, minutes(a), **more) for a in ago))


HOUR = minutes(60)
LOOKED = [
    (pulse(60), {"age": HOUR}, (1, "")),
    (pulse(60.1), {"age": HOUR}, (0, "last 72 /min at 07:59, 60 min ago: too old")),
    (pulse(70, 50, 40), {"age": HOUR}, (2, "")),
    (pulse(30), {"after": NOW - minutes(30)}, (1, "")),
    (pulse(31), {"after": NOW - minutes(30)}, (0, "last 72 /min at 08:29, 31 min ago: too early")),
    (pulse(70), {"after": NOW - minutes(30), "age": HOUR},
     (0, "last 72 /min at 07:50, 70 min ago: too early")),
    (pulse(70), {"after": NOW - minutes(80), "age": HOUR},
     (0, "last 72 /min at 07:50, 70 min ago: too old")),
    (pulse(70), {"after": NOW - minutes(70), "age": HOUR},
     (0, "last 72 /min at 07:50, 70 min ago: too old")),
    (pulse(60 * 24), {"age": days(1), "today": True},
     (0, "last 72 /min at 2 Mar 2025 09:00, 24 h ago: not of this session day")),
    (pulse(60 * 24), {"after": NOW - days(1), "today": True},
     (0, "last 72 /min at 2 Mar 2025 09:00, 24 h ago: not of this session day")),
    (pulse(-1), {}, (1, "")),  # a clock may be a minute off
    (pulse(-1.1), {}, (0, "dated 09:01, which is in the future")),
    (pulse(5, value=400), {}, (0, "400 /min at 08:55 is outside what is plausible")),
    (pulse(5, session="day-0"), {}, (0, "only of another session day")),
    (without(readied(), K.HEART_RATE), {}, (0, "not recorded")),
    (pulse(60 * 24), {"today": True},
     (0, "last 72 /min at 2 Mar 2025 09:00, 24 h ago: not of this session day")),
    (pulse(60 * 24, session="day-1"), {"today": True}, (1, "")),
    (pulse(60 * 8.9), {"today": True}, (1, "")),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "asked", "found"), LOOKED)
def test_what_is_seen_or_why_it_is_not(
    facts: Facts, asked: dict[str, Any], found: tuple[int, str]
) -> None:
    assert looked(facts, **asked) == found


def night(ago_hours: float) -> Facts:
    """Ready at half past midnight; the session was opened at 23:50, the pulse taken before."""
    now = NOW + hours(15.5)
    session = replace(readied().sessions[0], opened_at=now - minutes(40))
    facts = replace(readied(), now=now, sessions=(session,))
    return instead(facts, seen(K.HEART_RATE, 72, hours(ago_hours), now=now))


@pytest.mark.parametrize(
    ("ago", "counts"),
    [(0.5, True), (0.6, True), (3 + 40 / 60, True), (3.7, False), (-0.01, True)],
)
def test_who_comes_before_midnight_is_asked_today(ago: float, counts: bool) -> None:
    assert bool(evidence.seen(night(ago), P, K.HEART_RATE, today=True).recent) is counts
    none_open = replace(night(ago), sessions=(), session="")
    within = ago <= 3
    assert bool(evidence.seen(none_open, P, K.HEART_RATE, today=True).recent) is within


def test_a_value_at_the_edge_of_what_can_be_is_plausible() -> None:
    spec = evidence.KINDS[K.HEART_RATE]
    assert spec.low is not None and spec.high is not None
    for value, fits in (
        (spec.low, True), (spec.low - 1, False), (spec.high, True), (spec.high + 1, False),
    ):  # fmt: skip
        assert evidence.is_plausible(seen(K.HEART_RATE, str(value))) is fits
    for word, fits in (("negative", True), ("perhaps", False)):
        assert evidence.is_plausible(seen(K.PREGNANCY_TEST, word)) is fits
    assert evidence.is_plausible(seen(K.ROOM_READY, True))


@pytest.mark.parametrize(
    ("problem", "unusable"), [("", False), ("not recorded", False), ("too old", True)]
)
def test_what_was_never_charted_is_not_unusable(problem: str, unusable: bool) -> None:
    assert evidence.Seen((), problem).is_unusable is unusable


# --- limits ---------------------------------------------------------------------------------------

BASIS = Basis("a rule", "a source")
OUTSIDE = [
    ("higher", 140, False), ("higher", 141, True), ("higher", 139, False),
    ("lower", 140, False), ("lower", 139, True), ("lower", 141, False),
]  # fmt: skip


@pytest.mark.parametrize(("worse", "value", "outside"), OUTSIDE)
def test_a_value_at_its_limit_is_inside(worse: str, value: int, outside: bool) -> None:
    assert Bound(D(140), worse, BASIS).outside(D(value)) is outside


ANSWERS = [
    # (worse when, end of the band, hard limit, value, somebody may answer)
    ("higher", 150, 159, 150, True),
    ("higher", 150, 159, 151, False),
    ("higher", None, 159, 159, True),
    ("higher", None, 159, 160, False),
    ("higher", 170, 159, 160, False),
    ("higher", None, None, 999, True),
    ("lower", 90, 88, 90, True),
    ("lower", 90, 88, 89, False),
    ("lower", None, 88, 88, True),
    ("lower", None, 88, 87, False),
]


@pytest.mark.parametrize(("worse", "band", "hard", "value", "may"), ANSWERS)
def test_past_its_band_or_the_hard_limit_nobody_answers(
    worse: str, band: int | None, hard: int | None, value: int, may: bool
) -> None:
    ends = [None if end is None else D(end) for end in (band, hard)]
    bound = Bound(D(140), worse, BASIS, ("prescriber",), *ends)
    assert bool(bound.answerable_by(D(value))) is may


def bounded() -> Bound:
    return Bound(
        D(140), "higher", BASIS, ("prescriber", "medical_director"), D(150), D(159), True,
        ("session_clinician",),
    )  # fmt: skip


SAYS = [
    # (verdict, value, may be answered, awaits a signature)
    (Verdict.FAIL, 145, True, True),
    (Verdict.HOLD, 145, True, True),
    (Verdict.UNKNOWN, 145, False, False),
    (Verdict.PASS, 145, False, False),
    (Verdict.FAIL, 151, False, False),
    (Verdict.FAIL, None, False, False),
]


@pytest.mark.parametrize(("verdict", "value", "may", "awaits"), SAYS)
def test_a_band_is_told_where_somebody_may_answer(
    verdict: Verdict, value: int | None, may: bool, awaits: bool
) -> None:
    number = None if value is None else D(value)
    found = bounded().says(Code.BP_SYSTOLIC_HIGH, verdict, "e", number)
    band = "; prescriber or medical director may answer to 150, signed also by a session clinician"
    assert found.rule == "a rule" + (band if may else "")
    assert found.relievable_by == (("prescriber", "medical_director") if may else ())
    assert found.second_signer == (("session_clinician",) if may else ())
    assert found.awaiting_signature is awaits


def test_a_band_without_an_end_and_a_second_says_neither() -> None:
    plain = replace(bounded(), band_end=None, second=(), band_awaiting=False)
    found = plain.says(Code.BP_SYSTOLIC_HIGH, Verdict.FAIL, "e", D(145))
    assert found.rule == "a rule; prescriber or medical director may answer"
    assert not found.awaiting_signature


def set_to(path: str, value: int) -> Protocol:
    return replace(P, settings={**P.settings, path: replace(P.setting(path), value=value)})


STRICTER = [
    # (the protocol's, the hard limit, what counts, in words)
    (150, 159, 150, "≤ 150 mmHg (protocol; hard limit ≤ 159)"),
    (159, 159, 159, "≤ 159 mmHg"),
    (160, 159, 159, "≤ 159 mmHg (the protocol's 160 is looser)"),
]


@pytest.mark.parametrize(("value", "hard", "limit", "said"), STRICTER)
def test_the_stricter_of_protocol_and_program_counts(
    value: int, hard: int, limit: int, said: str
) -> None:
    path = "readiness.systolic_mmhg_max"
    bound = evidence.stricter_max(readied(), set_to(path, value), path, hard)
    assert (bound.limit, bound.basis.rule) == (limit, said)


LOOSEST = [
    (70, 60, 70, "≥ 70 minutes (protocol; hard limit ≥ 60)"),
    (60, 60, 60, "≥ 60 minutes"),
    (50, 60, 60, "≥ 60 minutes (the protocol's 50 is looser)"),
]


@pytest.mark.parametrize(("value", "hard", "limit", "said"), LOOSEST)
def test_the_stricter_of_two_least_values_counts(
    value: int, hard: int, limit: int, said: str
) -> None:
    path = "discharge.stay_minutes_min"
    bound = evidence.stricter_min(readied(), set_to(path, value), path, hard)
    assert (bound.limit, bound.basis.rule) == (limit, said)


@pytest.mark.parametrize(
    ("awaits", "signed", "waits"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
def test_a_proposal_waits_until_the_director_signed(
    awaits: bool, signed: bool, waits: bool
) -> None:
    paths = ("readiness.systolic_mmhg_max", "device.clock_skew_seconds_max")
    setting = next(P.setting(p) for p in paths if P.setting(p).awaiting_signature is awaits)
    clinic = replace(readied().clinic, protocol_signed_by_director=signed)
    assert evidence.is_awaiting(replace(readied(), clinic=clinic), setting) is waits


def test_a_future_reading_beside_a_fine_one_is_cleared_up_first() -> None:
    facts = charted(pulse(5), seen(K.HEART_RATE, 72, -minutes(5)))
    assert looked(facts) == (0, "dated 09:05, which is in the future")
    odd = charted(pulse(5), seen(K.HEART_RATE, 400, minutes(50)))
    assert looked(odd, age=HOUR)[0] == 0
    assert looked(odd, age=minutes(30)) == (1, "")


def test_a_band_that_the_director_signed_awaits_nothing() -> None:
    path = "readiness.systolic_mmhg_max"
    for signed in (True, False):
        clinic = replace(readied().clinic, protocol_signed_by_director=signed)
        bound = evidence.upper(replace(readied(), clinic=clinic), P, path)
        assert P.setting(path).band is not None
        assert bound.band_awaiting is not signed
    assert not evidence.upper(readied(), P, "screening.bmi_kg_m2_max").band_awaiting


@pytest.mark.parametrize(
    ("session", "ago", "today"),
    [("day-1", 1440, True), ("day-0", 1440, False), ("", 1440, False), ("day-0", 10, True),
     ("", -5, True), ("", -60 * 15, False)],
)  # fmt: skip
def test_what_is_of_today(session: str, ago: float, today: bool) -> None:
    reading = seen(K.HEART_RATE, 72, minutes(ago), session=session)
    assert evidence.is_of_today(readied(), reading) is today


def test_a_number_is_told_with_its_unit() -> None:
    assert evidence.number_text(D("50.0"), "mg") == "50 mg"
    assert evidence.number_text(D(5), "") == "5"
