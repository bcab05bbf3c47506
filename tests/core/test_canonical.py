"""The stored text of facts is exact, says no twice, and fails in one way only."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core import scenarios
from holdspace.core.canonical import CanonicalError, digest, from_text, to_text
from holdspace.core.codes import Code
from holdspace.core.decision import Door, Finding, Verdict
from holdspace.core.facts import Facts, Task
from holdspace.core.insist import Malformed
from holdspace.core.units import Kind, Observation
from tests.core.cases import ROOT, ask, hours, minutes, readied, rested

DENVER = ZoneInfo("America/Denver")


def again(facts: Facts) -> Facts:
    return from_text(Facts, to_text(facts))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=20, min_value=0, max_value=10**7))
def test_a_number_is_read_back_exactly(number: Decimal) -> None:
    facts = readied()
    order = replace(facts.orders[0], dose_mg=number)
    assert again(replace(facts, orders=(order,))).orders[0].dose_mg == number


def test_a_hair_above_the_limit_is_above_it_in_the_replay_too() -> None:
    above = Decimal("140." + "0" * 30 + "1")
    facts = readied()
    changed = tuple(
        replace(o, value=above) if o.kind is Kind.SYSTOLIC else o for o in facts.observations
    )
    facts = replace(facts, observations=changed)
    assert again(facts) == facts
    assert ask(Door.GIVE_DOSE, again(facts)) == ask(Door.GIVE_DOSE, facts)


def task_text(value: str) -> str:
    return f'{{"id":"t","kind":"k","opened_at":{value},"due_at":"2025-03-03T16:00:00+00:00"}}'


BROKEN = [
    '{"id":"a","id":"b"}',
    task_text('"0001-01-01T00:00:00+14:00"'),
    task_text('"2025-03-03T16:00:00"'),
    task_text("1" * 5000),
    task_text("NaN"),
    "[" * 100_000,
    task_text("[" * 3000 + "]" * 3000),
    '{"id":"\\ud800","kind":"k","opened_at":"2025-03-03T16:00:00+00:00"}',
]


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_broken_text_is_refused_in_one_way(text: str) -> None:
    with pytest.raises(CanonicalError):
        from_text(Task, text)
    with pytest.raises(CanonicalError):
        scenarios.read(text)


@pytest.mark.parametrize(
    "value", ["false", "true", '" 5 "', '"1_0"', '"\u0661"', '"1E+30000000"', '"0E+30000000"']
)
def test_what_is_no_plain_number_is_no_amount(value: str) -> None:
    text = to_text(readied()).replace('"dose_mg":"50"', f'"dose_mg":{value}', 1)
    with pytest.raises(CanonicalError, match="dose_mg"):
        from_text(Facts, text)


def test_a_number_that_nobody_could_have_written_is_not_written() -> None:
    order = replace(readied().orders[0], dose_mg=Decimal("1E+30000000"))
    with pytest.raises(CanonicalError):
        to_text(replace(readied(), orders=(order,)))


def test_half_a_letter_has_no_digest() -> None:
    with pytest.raises(CanonicalError):
        digest("\ud800")


# --- time is real time, whatever the hands of the clock say --------------------------------------


@pytest.mark.parametrize(
    "night",
    [datetime(2025, 3, 9, 1, 35, tzinfo=DENVER), datetime(2025, 11, 2, 0, 35, tzinfo=DENVER)],
)
@pytest.mark.parametrize("later", [minutes(65), minutes(119), minutes(120), hours(3)])
def test_minutes_are_counted_in_real_time_when_the_clocks_change(
    night: datetime, later: timedelta
) -> None:
    facts = rested()
    given = replace(facts.doses[0], given_at=night)
    real = (night.astimezone(UTC) + later).astimezone(DENVER)
    facts = replace(facts, now=real, doses=(given,))
    assert facts.now - facts.doses[0].given_at == later
    decision = ask(Door.DISCHARGE, facts)
    stay = next(f for f in decision.findings if f.code is Code.STAY_TOO_SHORT)
    assert (stay.verdict is Verdict.PASS) is (later >= hours(2))
    assert ask(Door.DISCHARGE, again(facts)).findings == decision.findings


def test_a_naive_time_is_refused_wherever_it_stands() -> None:
    naive = datetime(2025, 3, 3, 16, 0)
    with pytest.raises(Malformed):
        replace(readied(), now=naive)
    with pytest.raises(Malformed):
        Task("t", "k", naive, naive)
    meal = next(o for o in readied().observations if o.kind is Kind.LAST_FATTY_MEAL)
    with pytest.raises(Malformed):
        replace(meal, value=naive)


def test_safety_does_not_rest_on_assert() -> None:
    """The same refusals with `python -O`, which takes every assert out."""
    script = (
        "from holdspace.core.facts import Clinic\n"
        "from holdspace.core.decision import Decision, Door\n"
        "from holdspace.core.canonical import CanonicalError, from_text\n"
        "from datetime import datetime, UTC\n"
        'try: from_text(Clinic, \'{"id":"c","timezone":"No/Where","state":"CO"}\')\n'
        "except CanonicalError: print('refused')\n"
        "try: Decision(Door.DISCHARGE, datetime.now(UTC), '', '', '', '', ())\n"
        "except ValueError: print('refused')\n"
    )
    done = subprocess.run(
        [sys.executable, "-O", "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.split() == ["refused", "refused"]


def test_a_finding_of_something_unmeasured_names_nobody_who_may_answer() -> None:
    with pytest.raises(Malformed):
        Finding(Code.WEIGHT_STALE, Verdict.UNKNOWN, "e", "r", "s", relievable_by=("prescriber",))
    with pytest.raises(Malformed):
        Observation("o", Kind.SYSTOLIC, True, datetime(2025, 1, 1, tzinfo=UTC), "b", "typed")
