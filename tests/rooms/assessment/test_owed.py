"""What is due is worked out from the record: doses and answers that stand, and no struck ones."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from holdspace.assessment import actions as assessment
from holdspace.assessment import owed
from holdspace.care import actions as care
from holdspace.core.follow_up import State
from tests.rooms.factory import played, sign

pytestmark = pytest.mark.django_db


def item(guest, key, instrument, now=None):
    return next(i for i in items(guest, now) if (i.key, i.instrument) == (key, instrument))


def items(guest, now=None):
    """What the protocol asks, as the list of forms has it."""
    return [one.item for one in owed.forms_of(guest.course, now or guest.now) if one.item]


def answer(guest, point=""):
    items = {f"phq9_{n}": 0 for n in range(1, 10)}
    return assessment.record_phq9(
        course=guest.course,
        answers=assessment.Answers(items=items, point=point),
        by=guest.house.nurse,
        now=guest.now,
    )


def test_a_baseline_is_due_answered_and_due_again_when_the_answer_is_struck():
    guest = played(stocked=False).enquirer()
    assert item(guest, "baseline", "phq-9").state is State.DUE
    guest.house.later(hours=1)
    kept = answer(guest)
    found = item(guest, "baseline", "phq-9")
    assert (found.state, found.answered_by) == (State.ANSWERED, str(kept.event.id))
    by = guest.house.nurse
    care.strike(
        row=kept.event, reason="another person's answers", by=by, now=guest.now,
        signature=sign(by, guest.now),
    )  # fmt: skip
    assert item(guest, "baseline", "phq-9").state is State.DUE


def test_what_counts_from_a_dose_is_not_there_before_it():
    guest = played().guest()
    day = guest.open()
    assert not [i for i in items(guest) if i.key == "day_1_risk"]
    dose = day.give("50 mg")
    found = item(guest, "day_1_risk", "asq")
    assert found.opens_at == dose.at + timedelta(hours=12) and found.point == "24 h, session 1"


def test_a_declined_course_owes_nothing_more():
    guest = played(stocked=False).enquirer()
    care.decline_course(
        course=guest.course, reason="not now", way_on="Their own doctor", by=guest.house.prescriber,
        now=guest.house.later(hours=2),
    )  # fmt: skip
    assert not [i for i in items(guest, guest.house.later(hours=1)) if i.is_open]
    assert guest.course not in [c for c, _ in owed.due_in(guest.house.clinic, guest.now)]


def test_many_courses_take_as_many_queries_as_one():
    house = played(stocked=False)

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            owed.due_in(house.clinic, house.now)
        return len(seen)

    house.enquirer()
    one = queries()
    for _ in range(3):
        house.enquirer()
    assert queries() == one
