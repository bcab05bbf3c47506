"""A reading whose signed step says "tell" holds the way out until somebody was told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from holdspace.core.codes import Code
from holdspace.core.decision import Door, Verdict
from holdspace.core.facts import Facts, Told
from holdspace.core.protocol_schema import Grade
from holdspace.core.units import Kind
from tests.core.cases import (
    NOW,
    ask,
    between_doses,
    charted,
    clinic_protocol,
    minutes,
    rested,
    seen,
)


def low(ago: timedelta, value: int = 88, key: str = "low") -> Facts:
    return charted(rested(), seen(Kind.SPO2, value, ago, session="day-1", id=key))


def verdicts(facts: Facts, door: Door = Door.DISCHARGE) -> list[Verdict]:
    return [f.verdict for f in ask(door, facts).findings if f.code is Code.READING_NOT_TOLD]


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ((), Verdict.UNKNOWN),
        ((Told("low", NOW - minutes(89)),), Verdict.PASS),
        ((Told("another", NOW - minutes(89)),), Verdict.UNKNOWN),
    ],
)
def test_somebody_is_told_about_this_very_reading(told, verdict):
    assert verdicts(replace(low(minutes(90)), told=told)) == [verdict]


def test_one_call_answers_the_readings_of_that_kind_before_it():
    facts = charted(low(minutes(90)), seen(Kind.SPO2, 89, minutes(85), session="day-1", id="again"))
    assert verdicts(facts) == [Verdict.UNKNOWN, Verdict.UNKNOWN]
    assert verdicts(replace(facts, told=(Told("again", NOW - minutes(84)),))) == [Verdict.PASS]
    assert verdicts(replace(facts, told=(Told("low", NOW - minutes(89)),))) == [Verdict.UNKNOWN]


def test_a_reading_inside_its_limits_asks_for_nobody():
    assert verdicts(low(minutes(90), value=96)) == [Verdict.PASS]


def test_nobody_can_waive_it_and_a_further_dose_waits_too():
    facts = charted(between_doses(), seen(Kind.SPO2, 88, minutes(3), session="day-1"))
    findings = ask(Door.FURTHER_DOSE, facts).findings
    open_ones = [f for f in findings if f.code is Code.READING_NOT_TOLD]
    assert [f.verdict for f in open_ones] == [Verdict.UNKNOWN]
    assert not open_ones[0].relievable_by


@pytest.mark.parametrize(
    ("grade", "signed", "awaits"),
    [(Grade.PROPOSED, False, True), (Grade.PROPOSED, True, False),
     (Grade.PRIMARY, False, False), (Grade.PRIMARY, True, False)],
)  # fmt: skip
def test_a_proposed_step_awaits_the_director_s_signature(grade, signed, awaits):
    shipped = clinic_protocol()
    steps = tuple(replace(step, grade=grade) for step in shipped.steps)
    facts = low(minutes(90))
    facts = replace(facts, clinic=replace(facts.clinic, protocol_signed_by_director=signed))
    found = ask(Door.DISCHARGE, facts, replace(shipped, steps=steps)).findings
    (open_one,) = [f for f in found if f.code is Code.READING_NOT_TOLD]
    assert open_one.awaiting_signature is awaits
