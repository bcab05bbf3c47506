"""One word says where a person is, and it follows from what was signed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from holdspace.core.decision import Door
from holdspace.core.facts import DocumentKind, Dose, Ending, Facts, Session, Task
from holdspace.core.journey import MEANINGS, PHASE_OF, PHASES, State, next_door, state, steps
from tests.core.cases import (
    NOW,
    after_a_session,
    arrived,
    assessed,
    cleared,
    clinic_protocol,
    days,
    dosed,
    enquiry,
    finished,
    hours,
    minutes,
    readied,
    with_paper,
)

HOLD = Task("t", "risk_contact", NOW - hours(1), NOW, holds=True)


def _ended(ending: Ending, dosed_first: bool = True) -> Facts:
    facts = dosed(hours(5))
    sessions = tuple(replace(s, ended_at=NOW - hours(2), ending=ending) for s in facts.sessions)
    return replace(facts, sessions=sessions, session="", doses=facts.doses if dosed_first else ())


def _course(facts: Facts, **change: object) -> Facts:
    assert facts.course is not None
    return replace(facts, course=replace(facts.course, **change))  # type: ignore[arg-type]


def _due(facts: Facts, ago_hours: float) -> Facts:
    given = tuple(replace(d, given_at=NOW - hours(ago_hours)) for d in facts.doses)
    return replace(facts, doses=given)


LIVES: tuple[tuple[State, Door | None, Callable[[], Facts]], ...] = (
    (State.ENQUIRING, Door.OPEN_COURSE, enquiry),
    (State.ASSESSING, Door.CLEAR_FOR_MEDICINE, assessed),
    (State.HELD, Door.CLEAR_FOR_MEDICINE, lambda: replace(assessed(), tasks=(HOLD,))),
    (State.HELD, Door.OPEN_SESSION, lambda: replace(arrived(), tasks=(HOLD,))),
    (
        State.HELD,
        Door.CLEAR_FOR_MEDICINE,
        lambda: with_paper(arrived(), DocumentKind.CLEARANCE, suspended_at=NOW - hours(1)),
    ),
    (State.CLEARED, Door.BEGIN_PREPARATION, cleared),
    (
        State.PREPARING,
        Door.OPEN_SESSION,
        lambda: replace(arrived(), visits=arrived().visits[:1]),
    ),
    (State.READY, Door.OPEN_SESSION, arrived),
    (State.IN_SESSION, Door.GIVE_DOSE, readied),
    (State.IN_SESSION, Door.DISCHARGE, lambda: dosed(minutes(59))),
    (State.RESTING, Door.DISCHARGE, lambda: dosed(minutes(60))),
    (State.INTEGRATING, Door.NEXT_SESSION, lambda: _ended(Ending.DISCHARGED)),
    (State.INTEGRATING, Door.NEXT_SESSION, lambda: _ended(Ending.LEFT_AGAINST_ADVICE)),
    (State.READY, Door.OPEN_SESSION, after_a_session),
    (State.READY, Door.NEXT_SESSION, finished),
    (
        State.PAUSED,
        Door.CLEAR_FOR_MEDICINE,
        lambda: with_paper(arrived(), DocumentKind.CLEARANCE, signed_at=NOW - days(91)),
    ),
    (
        State.PAUSED,
        Door.OPEN_SESSION,
        lambda: with_paper(arrived(), DocumentKind.CONSENT, withdrawn_at=NOW - days(1)),
    ),
    (State.TRANSFERRED, None, lambda: _ended(Ending.TRANSFERRED)),
    (State.DIED, None, lambda: _ended(Ending.DIED)),
    (State.DECLINED_HERE, None, lambda: _course(assessed(), declined_at=NOW - days(1))),
    (State.ENDED_EARLY, None, lambda: _course(cleared(), closed_at=NOW - days(1))),
    (State.COMPLETED, None, lambda: _course(finished(), closed_at=NOW - hours(1))),
)


@pytest.mark.parametrize(
    ("word", "door", "life"), LIVES, ids=[f"{w}-{n}" for n, (w, _, _) in enumerate(LIVES)]
)
def test_the_word_and_the_next_door_follow_from_the_facts(
    word: State, door: Door | None, life: Callable[[], Facts]
) -> None:
    facts = life()
    assert state(facts, clinic_protocol()) is word
    assert next_door(facts, clinic_protocol()) is door
    line = steps(facts, clinic_protocol())
    assert [s.door for s in line] == list(Door)
    current = [s.door for s in line if s.state == "current"]
    assert current == ([door] if door else [])


def test_every_word_is_reached_and_explained() -> None:
    assert {word for word, _, _ in LIVES} == set(State)
    assert set(MEANINGS) == set(State) == set(PHASE_OF)
    page = (Path(__file__).parents[2] / "docs/words.md").read_text(encoding="utf-8")
    for word, meaning in MEANINGS.items():
        assert f"| {word.value} | {meaning} |" in page


def test_the_phases_hold_every_door_once_and_in_order() -> None:
    assert [door for own in PHASES.values() for door in own] == list(Door)


def test_a_session_without_a_dose_leaves_the_person_ready() -> None:
    facts = arrived()
    empty = Session("day-0", 1, NOW - days(2), NOW - days(2), Ending.ABANDONED_BEFORE_DOSE)
    assert state(replace(facts, sessions=(empty,)), clinic_protocol()) is State.READY


def test_asking_about_the_session_that_ended_does_not_hide_it() -> None:
    facts = replace(_ended(Ending.DISCHARGED), session="day-1")
    assert state(facts, clinic_protocol()) is State.INTEGRATING
    assert isinstance(facts.doses[0], Dose)
