"""A red flag ends by a clinician's signed review, and never because somebody charted "no"."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from holdspace.core.decision import Door
from holdspace.core.facts import AdverseEvent, Discipline, Facts, FlagReview, Role
from holdspace.core.units import Kind
from tests.core.cases import (
    ALLOWED,
    AMARA,
    IVY,
    MARCUS,
    NOW,
    all_told,
    ask,
    charted,
    codes,
    days,
    hours,
    minutes,
    readied,
    seen,
)

D = Door
DOORS = [D.OPEN_SESSION, D.GIVE_DOSE, D.FURTHER_DOSE, D.DISCHARGE, D.NEXT_SESSION]
REVIEW = FlagReview("flag", NOW - minutes(2), AMARA, (Role.PRESCRIBER,), Discipline.MD)
OPEN = {"red_flag_open": "fail"}


def flagged(door: Door, ago: timedelta) -> Facts:
    flag = seen(Kind.RED_FLAG_SYMPTOM, True, ago, session="day-0", id="flag")
    return all_told(charted(ALLOWED[door](), flag))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("ago", [hours(25), days(20)])
def test_a_red_flag_waits_at_every_door_for_a_review(door: Door, ago: timedelta) -> None:
    facts = flagged(door, ago)
    assert codes(ask(door, facts)) == OPEN
    gone = charted(facts, seen(Kind.RED_FLAG_SYMPTOM, False, minutes(1)))
    assert codes(ask(door, gone)) == OPEN, "charting “no” reviews nothing"
    assert ask(door, replace(gone, flag_reviews=(REVIEW,))).allowed
    assert ask(door, replace(facts, flag_reviews=(REVIEW,))).allowed


REVIEWS = [
    ("by the prescriber", {}, {}),
    ("by another session clinician", {"by": "staff-other", "roles": (Role.SESSION_CLINICIAN,),
                                      "discipline": Discipline.RN}, {}),
    ("by the director", {"roles": (Role.MEDICAL_DIRECTOR,)}, {}),
    ("at its very moment", {"at": NOW - hours(1)}, {}),
    ("at this very moment", {"at": NOW}, {}),
    ("of another flag", {"what": "another"}, OPEN),
    ("before the flag", {"at": NOW - hours(2)}, OPEN),
    ("ahead of now", {"at": NOW + minutes(1)}, OPEN),
    ("by the one who charted it", {"by": IVY}, OPEN),
    ("by nobody", {"by": ""}, OPEN),
    ("by the therapist", {"by": MARCUS, "roles": (Role.THERAPIST,),
                          "discipline": Discipline.LCSW}, OPEN),
    ("by a physician who is here as a therapist", {"roles": (Role.THERAPIST,)}, OPEN),
    ("by a prescriber in name only", {"discipline": Discipline.LCSW}, OPEN),
    ("by one without a profession", {"discipline": None}, OPEN),
]  # fmt: skip


@pytest.mark.parametrize(("whose", "change", "answer"), REVIEWS)
def test_whose_review_ends_a_flag(
    whose: str, change: dict[str, Any], answer: dict[str, str]
) -> None:
    facts = replace(flagged(D.GIVE_DOSE, hours(1)), flag_reviews=(replace(REVIEW, **change),))
    assert codes(ask(D.GIVE_DOSE, facts)) == answer, whose


def test_each_flag_has_its_own_review() -> None:
    facts = charted(
        flagged(D.GIVE_DOSE, hours(1)), seen(Kind.RED_FLAG_SYMPTOM, True, hours(3), id="older")
    )
    one = replace(facts, flag_reviews=(REVIEW,))
    assert [f.subject for f in ask(D.GIVE_DOSE, one).stops] == ["older"]
    both = replace(one, flag_reviews=(REVIEW, replace(REVIEW, what="older")))
    assert ask(D.GIVE_DOSE, both).allowed


@pytest.mark.parametrize(("red", "answer"), [(True, OPEN), (False, {})])
def test_an_adverse_event_marked_as_a_red_flag_is_one(red: bool, answer: dict[str, str]) -> None:
    event = AdverseEvent("event", "day-0", "Chest pain", 2, NOW - days(2), red_flag=red)
    facts = replace(readied(), adverse_events=(event,))
    assert codes(ask(D.GIVE_DOSE, facts)) == answer
    signed = replace(REVIEW, what="event")
    assert ask(D.GIVE_DOSE, replace(facts, flag_reviews=(signed,))).allowed
