"""A discharge passes a door; every other ending is a fact that nobody is refused."""

import pytest

from holdspace.care.actions import WrongInput
from holdspace.care.models import Task
from holdspace.core.facts import Ending
from holdspace.medicine import actions
from tests.rooms.factory import passed, played

pytestmark = pytest.mark.django_db


def end(day, ending, **more):
    asked = {"reason": "as it happened", "by": day.house.nurse}
    return actions.end_session(**day.common, ending=ending, **{**asked, **more})


def test_nobody_goes_home_before_the_stay_is_over():
    day = played().guest().open()
    day.give()
    day.settle(minutes=110)
    refused = day.discharge()
    assert {f.code.value for f in refused.decision.stops} == {"stay_too_short"}
    day.house.later(minutes=10)
    day.settle(minutes=0)
    assert passed(day.discharge())


def test_the_session_clinician_may_discharge():
    day = played().guest().open()
    day.give()
    day.settle()
    assert passed(day.discharge(by=day.house.nurse))


def test_a_discharge_plans_the_call_of_the_next_day():
    day = played().guest().open()
    day.give()
    day.settle()
    passed(day.discharge())
    task = day.guest.course.tasks.get(kind="next_day_contact")
    assert (task.due_at - day.now).total_seconds() == 36 * 3600


@pytest.mark.parametrize("ending", [Ending.LEFT_AGAINST_ADVICE, Ending.TRANSFERRED, Ending.DIED])
def test_what_happened_is_written_down_whatever_the_doors_would_say(ending):
    day = played().guest().open()
    day.give()
    event = end(day, ending)
    assert event.kind == "session_ended"
    assert day.guest.course.tasks.filter(kind="follow_up", holds=True).count() == 1


def test_an_ending_without_its_reason_is_refused():
    day = played().guest().open()
    with pytest.raises(WrongInput, match="reason"):
        end(day, Ending.TRANSFERRED, reason=" ")


def test_after_a_dose_it_is_not_called_ended_before_a_dose():
    day = played().guest().open()
    day.give()
    with pytest.raises(WrongInput, match="A dose was given"):
        end(day, Ending.ABANDONED_BEFORE_DOSE)


def test_what_is_still_drawn_up_goes_to_the_custodian():
    day = played().guest().open()
    day.draw(day.order())
    end(day, Ending.ABANDONED_BEFORE_DOSE)
    task = Task.objects.of(day.house.clinic).get(kind="stock_to_resolve")
    assert task.owner == day.house.custodian
    assert task.title.startswith("50 mg drawn up")


def test_a_session_ends_once():
    day = played().guest().open()
    end(day, Ending.ABANDONED_BEFORE_DOSE)
    with pytest.raises(WrongInput, match="already ended"):
        end(day, Ending.DIED)


def test_a_late_observation_after_the_end_is_still_a_fact():
    day = played().guest().open()
    end(day, Ending.ABANDONED_BEFORE_DOSE)
    day.observe(heart_rate=80)
    assert day.session.observations.count() == 1


def test_reaching_the_person_closes_the_call_and_a_concern_opens_a_task():
    day = played().guest().open()
    day.give()
    day.settle()
    passed(day.discharge())
    day.house.later(hours=20)
    call = {**day.common, "by": day.house.therapist, "words_said": "slept badly"}
    actions.next_day_contact(**(call | {"now": day.now}), result="no_answer")
    assert day.guest.course.tasks.filter(kind="next_day_contact", closed_at=None).exists()
    actions.next_day_contact(**(call | {"now": day.now}), result="reached_concern")
    assert not day.guest.course.tasks.filter(kind="next_day_contact", closed_at=None).exists()
    assert day.guest.course.tasks.get(kind="follow_up").owner.roles_at(day.now)
