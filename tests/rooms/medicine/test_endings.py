"""A discharge passes a door; every other ending is a fact that nobody is refused."""

from datetime import timedelta

import pytest
from django.urls import reverse

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


@pytest.mark.parametrize(
    ("stays", "due"),
    [
        (125, "Wed 18:00"),  # home at 11:06: 36 hours later is 23:06
        (600, "Wed 18:00"),  # home at 19:01: 36 hours later is 07:01
        (700, "Thu 08:41"),  # home at 20:41
    ],
)
def test_a_discharge_plans_the_call_of_the_next_day_while_the_clinic_is_open(stays, due):
    day = played().guest().open()
    day.give()
    day.settle(stays)
    passed(day.discharge())
    task = day.guest.course.tasks.get(kind="next_day_contact")
    assert f"{task.due_at.astimezone(day.house.clinic.zone):%a %H:%M}" == due
    assert timedelta(hours=12) <= task.due_at - day.now <= timedelta(hours=36)


@pytest.mark.parametrize("page", ["session", "task"])
def test_the_number_to_call_stands_beside_the_call_that_is_owed(screens, page):
    day = played().guest(
        phone="303 555 0142", safe_contact="phone", safe_contact_note="after five"
    ).open()  # fmt: skip
    day.give()
    day.settle()
    browser = screens(day.house)(day.house.nurse)
    address = reverse("medicine:session", args=[day.session.id])
    assert "tel:3035550142" not in browser.get(address).content.decode(), "nobody is called yet"
    passed(day.discharge())
    if page == "task":
        task = day.guest.course.tasks.get(kind="next_day_contact")
        address = reverse("care:task", args=[task.id])
    html = browser.get(address).content.decode()
    assert 'href="tel:3035550142"' in html and "phone call: after five" in html


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
