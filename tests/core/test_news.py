"""A fact that is newer than the clearance suspends it, and says why in words that may be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core.decision import Door
from holdspace.core.facts import (
    AdverseEvent,
    Answer,
    Diagnosis,
    Document,
    DocumentKind,
    Ending,
    Facts,
    Medication,
    Session,
)
from holdspace.core.journey import State, state
from holdspace.core.news import PRIVATE, involved_in, missing_reviews
from holdspace.core.units import Kind, Observation
from tests.core.cases import (
    AMARA,
    IVY,
    MARCUS,
    NOW,
    answered,
    arrived,
    ask,
    charted,
    clinic_protocol,
    codes,
    days,
    dosed,
    hours,
    medicine,
    minutes,
)

SECOND = timedelta(seconds=1)


def clearance_of(facts: Facts) -> Document:
    paper = facts.document(DocumentKind.CLEARANCE)
    assert paper is not None
    return paper


SIGNED = clearance_of(arrived()).signed_at


def diagnosis(at: datetime) -> Facts:
    return answered(arrived(), "hypertension_treated", at=at)


def coded(at: datetime) -> Facts:
    return replace(arrived(), diagnoses=(Diagnosis("d", "Known", at, IVY, "I71.40"),))


def new_medicine(at: datetime) -> Facts:
    return replace(arrived(), medications=(replace(medicine("Melatonin"), at=at),))


def severe_event(at: datetime) -> Facts:
    return replace(arrived(), adverse_events=(AdverseEvent("e", "", "Syncope", 3, at),))


def rescue_drug(at: datetime) -> Facts:
    event = AdverseEvent("e", "", "Labetalol 10 mg", 0, at, kind="rescue_drug")
    return replace(arrived(), adverse_events=(event,))


def transfer(at: datetime) -> Facts:
    day = Session("day-0", 1, at - hours(2), at, Ending.TRANSFERRED)
    return replace(arrived(), sessions=(day,))


def positive_test(at: datetime) -> Facts:
    test = Observation("t", Kind.PREGNANCY_TEST, "positive", at, IVY, "typed")
    return charted(arrived(), test)


NEW_FACTS: tuple[tuple[Callable[[datetime], Facts], str], ...] = (
    (diagnosis, "new in the history"),
    (coded, "new in the history: Aneurysm (I71.40)"),
    (new_medicine, "new medicine: Melatonin"),
    (severe_event, "Syncope, grade 3"),
    (rescue_drug, "rescue drug: Labetalol 10 mg"),
    (transfer, "transferred from a session"),
    (positive_test, PRIVATE),
)


@pytest.mark.parametrize(("fact", "words"), NEW_FACTS, ids=[f.__name__ for f, _ in NEW_FACTS])
@pytest.mark.parametrize(
    ("at", "suspended"),
    [
        (SIGNED - SECOND, False),
        (SIGNED, True),  # nobody can show that the signer knew of it
        (SIGNED + SECOND, True),
    ],
    ids=["before", "same moment", "after"],
)
def test_a_new_fact_suspends_an_older_clearance(
    fact: Callable[[datetime], Facts], words: str, at: datetime, suspended: bool
) -> None:
    found = [f for f in ask(Door.OPEN_SESSION, fact(at)).stops if f.code == "clearance_suspended"]
    assert bool(found) is suspended
    assert all(words in f.evidence for f in found)


@pytest.mark.parametrize("fact", [fact for fact, _ in NEW_FACTS], ids=lambda f: f.__name__)
def test_a_newer_clearance_ends_the_suspension(fact: Callable[[datetime], Facts]) -> None:
    facts = fact(NOW - days(2))
    again = replace(clearance_of(facts), id="clearance-2", signed_at=NOW - days(1))
    cleared = replace(facts, documents=(*facts.documents, again))
    assert "clearance_suspended" in codes(ask(Door.OPEN_SESSION, facts))
    assert "clearance_suspended" not in codes(ask(Door.OPEN_SESSION, cleared))


def test_what_was_written_down_late_is_new_although_it_happened_before() -> None:
    event = AdverseEvent("e", "", "Syncope", 3, SIGNED - days(1), recorded_at=SIGNED + SECOND)
    late = replace(arrived(), adverse_events=(event,))
    assert "clearance_suspended" in codes(ask(Door.OPEN_SESSION, late))
    test = Observation(
        "t", Kind.PREGNANCY_TEST, "positive", SIGNED - days(1), IVY, "typed",
        recorded_at=SIGNED + SECOND,
    )  # fmt: skip
    assert "clearance_suspended" in codes(ask(Door.OPEN_SESSION, charted(arrived(), test)))


def test_what_was_only_asked_again_is_not_new() -> None:
    facts = answered(arrived(), "hypertension_treated", at=NOW - days(1), since=SIGNED - days(3))
    named = Medication("Melatonin", "", NOW - days(1), AMARA, since=SIGNED - days(3))
    facts = replace(facts, medications=(named,))
    assert "clearance_suspended" not in codes(ask(Door.OPEN_SESSION, facts))


@pytest.mark.parametrize("grade", [1, 2])
def test_a_mild_event_suspends_nothing(grade: int) -> None:
    event = AdverseEvent("e", "", "Nausea", grade, NOW - days(1))
    facts = replace(arrived(), adverse_events=(event,))
    assert ask(Door.OPEN_SESSION, facts).allowed


def test_a_no_and_a_negative_test_suspend_nothing() -> None:
    facts = answered(arrived(), "hypertension_treated", Answer.NO, at=NOW - days(1))
    test = Observation("t", Kind.PREGNANCY_TEST, "negative", NOW - hours(1), IVY, "typed")
    assert ask(Door.OPEN_SESSION, charted(facts, test)).allowed


def test_a_suspended_clearance_is_told_as_held_wherever_the_suspension_comes_from() -> None:
    assert state(diagnosis(NOW - days(1)), clinic_protocol()) is State.HELD


def test_the_reason_never_names_a_private_result() -> None:
    facts = positive_test(NOW - days(1))
    stops = ask(Door.BEGIN_PREPARATION, replace(facts, actor=MARCUS)).stops
    told = " ".join(f"{f.evidence} {f.subject} {f.rule}" for f in stops)
    assert "suspended" in told
    assert not any(word in told.lower() for word in ("pregnan", "test", "positive"))


# --- who may look at a serious event -------------------------------------------------------------

OTHER_DOCTOR, DIRECTOR = "staff-other-doctor", "staff-director"


def event_of(reviewed_by: tuple[str, ...], **more: object) -> tuple[Facts, AdverseEvent]:
    """A severe event in the session in which Ivy gave and drew what Amara ordered."""
    event = AdverseEvent(
        "e", "day-1", "Apnoea", 4, NOW - minutes(5), reviewed_by, charted_by=IVY,
        reviewed_by_prescriber=tuple({OTHER_DOCTOR, AMARA} & set(reviewed_by)),
    )  # fmt: skip
    event = replace(event, **more)  # type: ignore[arg-type]
    return replace(dosed(minutes(20)), adverse_events=(event,)), event


def test_those_who_gave_ordered_drew_or_charted_are_involved() -> None:
    facts, event = event_of(())
    assert involved_in(facts, event) == {AMARA, IVY}
    facts = replace(facts, doses=(), orders=(), preparations=())
    assert involved_in(facts, replace(event, involved=(AMARA,))) == {AMARA, IVY}


PRESCRIBERS, UNINVOLVED = "a prescriber's review", "a review by somebody who was not involved"


@pytest.mark.parametrize(
    ("reviewed_by", "missing"),
    [
        ((), (PRESCRIBERS, UNINVOLVED)),
        ((AMARA,), (UNINVOLVED,)),  # she ordered the dose
        ((AMARA, IVY), (UNINVOLVED,)),  # and Ivy gave it
        ((DIRECTOR,), (PRESCRIBERS,)),
        ((OTHER_DOCTOR,), (UNINVOLVED,)),  # one person is not two
        ((OTHER_DOCTOR, AMARA), ()),
        ((AMARA, DIRECTOR), ()),
        ((DIRECTOR, MARCUS), (PRESCRIBERS,)),
    ],
)
def test_two_people_review_one_a_prescriber_one_uninvolved(
    reviewed_by: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    facts, event = event_of(reviewed_by)
    assert missing_reviews(facts, event) == missing
    shut = "adverse_event_unreviewed" in codes(ask(Door.FURTHER_DOSE, facts))
    assert shut is bool(missing)


@given(st.sets(st.sampled_from([AMARA, IVY, MARCUS, OTHER_DOCTOR, DIRECTOR])))
def test_no_review_by_the_involved_alone_is_enough(reviewers: set[str]) -> None:
    facts, event = event_of(tuple(sorted(reviewers)))
    if not missing_reviews(facts, event):
        assert reviewers - involved_in(facts, event)
        assert reviewers & {AMARA, OTHER_DOCTOR}
        assert len(reviewers) >= 2


# --- after a transfer or a death -----------------------------------------------------------------

LATER_DOORS = (Door.OPEN_SESSION, Door.GIVE_DOSE, Door.FURTHER_DOSE, Door.NEXT_SESSION)


@pytest.mark.parametrize("door", LATER_DOORS)
def test_after_a_transfer_every_later_door_waits_for_both_reviews(door: Door) -> None:
    facts = transfer(NOW - days(20))
    assert codes(ask(door, facts))["transfer_unreviewed"] == "fail"
    told = AdverseEvent("t", "day-0", "", 0, NOW - days(20), (AMARA, DIRECTOR), kind="transfer")
    reviewed = replace(facts, adverse_events=(told,))
    assert "transfer_unreviewed" not in codes(ask(door, reviewed))


@pytest.mark.parametrize(
    "door", [Door.OPEN_COURSE, Door.CLEAR_FOR_MEDICINE, Door.BEGIN_PREPARATION, *LATER_DOORS]
)
def test_after_a_death_nothing_is_planned_or_given(door: Door) -> None:
    known = replace(arrived(), person=replace(arrived().person, died_at=NOW - days(1)))
    assert codes(ask(door, known))["person_died"] == "fail"
    day = Session("day-0", 1, NOW - days(1), NOW - hours(20), Ending.DIED)
    ended = replace(arrived(), sessions=(day,))
    assert codes(ask(door, ended))["person_died"] == "fail"
    finding = next(f for f in ask(door, known).stops if f.code == "person_died")
    assert not finding.relievable_by
