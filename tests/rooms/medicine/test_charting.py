"""What was seen is kept whole or in part, with its own time and its author."""

from datetime import timedelta

import pytest

from holdspace.care.actions import WrongInput
from holdspace.care.events import AdverseEvent
from holdspace.core.units import Kind
from holdspace.medicine import actions
from tests.rooms.factory import played, readings, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    return played(stocked=False).guest().open()


def test_a_part_of_a_set_is_enough(day):
    day.observe(distress=4)
    assert day.session.observations.get().number == 4


@pytest.mark.parametrize("pair", [{"systolic": 120}, {"diastolic": 80}])
def test_half_a_pressure_is_refused_by_the_half_that_is_missing(day, pair):
    with pytest.raises(WrongInput) as refused:
        day.observe(**pair)
    assert refused.value.field not in pair


def test_a_diastolic_that_is_not_below_its_systolic_is_refused(day):
    with pytest.raises(WrongInput, match="diastolic"):
        day.observe(systolic=90, diastolic=90)


def test_nothing_at_all_is_refused(day):
    with pytest.raises(WrongInput):
        day.observe()


def test_a_late_entry_keeps_both_times(day):
    seen = day.now - timedelta(minutes=1)
    day.house.later(minutes=40)
    actions.observe_set(
        **day.common, readings=readings(heart_rate=88), taken_at=seen, by=day.house.nurse
    )
    row = day.session.observations.get()
    assert (row.taken_at, row.recorded_at) == (seen, day.now)


def test_a_time_in_the_future_is_refused(day):
    ahead = day.now + timedelta(minutes=2)
    with pytest.raises(WrongInput, match="future"):
        actions.observe_set(
            **day.common, readings=readings(heart_rate=88), taken_at=ahead, by=day.house.nurse
        )


def test_what_could_not_be_taken_says_why(day):
    event = actions.could_not(
        **day.common, kinds=[Kind.SYSTOLIC], because="cuff off, deeply moved", at=day.now,
        by=day.house.nurse,
    )  # fmt: skip
    assert "cuff off" in event.body


def test_each_lane_is_written_by_those_who_write_there(day):
    both = {"lane": "therapy", "text": "Weeping, wants quiet.", "at": day.now}
    actions.note(**day.common, **both, by=day.house.therapist)
    with pytest.raises(WrongInput, match="does not write here"):
        actions.note(**day.common, **both, by=day.house.nurse)


def test_an_adverse_event_carries_the_clinicians_grade_and_a_severe_one_is_reviewed(day):
    def happened(grade):
        actions.adverse_event(
            **day.common, event=AdverseEvent(term="Hypertension", grade=grade), at=day.now,
            by=day.house.nurse,
        )  # fmt: skip

    happened(2)
    assert not day.guest.course.tasks.filter(kind="adverse_event_review").exists()
    happened(3)
    tasks = day.guest.course.tasks.filter(kind="adverse_event_review")
    assert {task.owner for task in tasks} == {day.house.director, day.house.prescriber}
    with pytest.raises(WrongInput, match="1 to 5"):
        happened(6)


def test_a_severe_event_is_reviewed_by_the_prescriber_and_the_director_never_by_its_author(day):
    house = day.house
    event = actions.adverse_event(
        **day.common, event=AdverseEvent(term="Apnoea", grade=3), at=day.now, by=house.nurse
    )

    def reviewed(by):
        return actions.review_adverse_event(
            **day.common, event=str(event.id), conclusion="Repositioned; the airway was open.",
            signature=sign(by, day.now), by=by,
        )  # fmt: skip

    with pytest.raises(WrongInput, match="does not review"):
        reviewed(house.nurse)
    reviewed(house.prescriber)
    reviewed(house.director)
    assert not day.guest.course.tasks.filter(kind="adverse_event_review", closed_at=None).exists()
    own = actions.adverse_event(
        **day.common, event=AdverseEvent(term="Nausea", grade=3), at=day.now, by=house.prescriber
    )
    event = own
    with pytest.raises(WrongInput, match="party to"):
        reviewed(house.prescriber)


def test_who_was_told_is_kept_with_the_answer(day):
    event = actions.told(
        **day.common, who="Dr Lind", about="Systolic 171 mmHg", at=day.now, answer="coming",
        by=day.house.nurse,
    )  # fmt: skip
    assert "coming" in event.body
