"""What is missing at the clearance is asked of the right colleague once, and closes by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from holdspace.assessment import missing
from holdspace.assessment.actions import (
    Answers,
    ask_for,
    ask_the_person,
    record_suicide_screen,
    settle_all,
)
from holdspace.assessment.models import FormRequest
from holdspace.care import actions as care
from holdspace.care.models import Message, Task, TaskStep
from holdspace.core.codes import Code
from holdspace.core.facts import Role
from holdspace.people.models import Patient
from tests.rooms.factory import Guest, House, played, sign
from tests.rooms.people.cast import member

pytestmark = pytest.mark.django_db
NO = dict.fromkeys(("asq_1", "asq_2", "asq_3", "asq_4"), 0)


@pytest.fixture
def house() -> House:
    return played(stocked=False)


@pytest.fixture
def guest(house: House) -> Guest:
    return house.enquirer()


def asked(guest: Guest, code: Code, by: Any = None) -> Task:
    return ask_for(course=guest.course, code=code, by=by or guest.house.prescriber, now=guest.now)


@pytest.mark.parametrize(
    ("code", "who"),
    [
        (Code.EVALUATION_MISSING, "prescriber"),
        (Code.CONDITION_UNANSWERED, "prescriber"),
        (Code.MEDICATIONS_NOT_ASKED, "prescriber"),
        (Code.BODY_MASS_HIGH, "prescriber"),
        (Code.RESTING_PRESSURE_NOT_CONTROLLED, "nurse"),
        (Code.PREGNANCY_TEST_NEEDED, "nurse"),
        (Code.ASSESSMENT_MISSING, "therapist"),
        (Code.SUICIDE_SCREEN_MISSING, "therapist"),
    ],
)
def test_each_thing_that_is_missing_is_asked_of_whoever_does_it(
    house: House, guest: Guest, code: Code, who: str
) -> None:
    task = asked(guest, code, by=house.director)
    assert task.owner == getattr(house, who)
    assert (task.reason, task.course, task.due_at) == (
        code.value, guest.course, house.now + timedelta(days=3),
    )  # fmt: skip
    assert task.escalates_to == house.director and not task.holds
    again = asked(guest, code, by=house.therapist)
    assert again == task and Task.objects.filter(kind="asked_for").count() == 1


def test_the_desk_is_asked_for_a_date_of_birth_and_reads_no_more_than_that(house: House) -> None:
    guest = house.enquirer()
    Patient.objects.filter(pk=guest.patient.pk).update(birth_date=None)
    guest.course.patient.refresh_from_db()
    task = asked(guest, Code.AGE_BELOW_MINIMUM)
    assert task.owner == house.coordinator
    assert task.title == "Asked for, before the clearance: age"


def test_the_assigned_therapist_is_asked_and_not_just_anybody(house: House, guest: Guest) -> None:
    other = member(house.cast, Role.THERAPIST, now=house.now, name="Ada Berg")
    assert missing.owner_of(guest.course, Code.ASSESSMENT_MISSING, house.now) == house.therapist
    care.assign_therapist(
        course=guest.course, therapist=other, by=house.nurse, now=house.now, agrees=True,
        because="on leave", patients_consent="Yes, gladly.",
        signature=sign(house.nurse, house.now),
    )  # fmt: skip
    assert missing.owner_of(guest.course, Code.ASSESSMENT_MISSING, house.now) == other


def test_what_is_not_missing_is_not_asked_for(house: House, guest: Guest) -> None:
    guest.assess()
    with pytest.raises(care.WrongInput, match="not missing"):
        asked(guest, Code.EVALUATION_MISSING)
    with pytest.raises(care.WrongInput, match="not missing"):
        asked(guest, Code.RISK_TASK_OPEN)  # it has an owner already
    with pytest.raises(care.WrongInput, match="No form"):
        ask_the_person(
            course=guest.course, code=Code.EVALUATION_MISSING, by=house.nurse, now=house.now
        )
    assert not Task.objects.filter(kind="asked_for").exists()


def test_a_task_closes_by_itself_when_the_fact_is_on_file(house: House, guest: Guest) -> None:
    screen, pressure = (
        asked(guest, code)
        for code in (Code.SUICIDE_SCREEN_MISSING, Code.RESTING_PRESSURE_NOT_CONTROLLED)
    )
    assert settle_all(house.now) == 0, "nothing has come"
    guest.observe(suicide_screen="negative")
    assert settle_all(house.later(minutes=5)) == 1
    screen.refresh_from_db()
    assert (screen.closed_at, screen.closed_by, screen.outcome) == (
        house.now, None, "It is on file.",
    )  # fmt: skip
    last = screen.steps.order_by("recorded_at", "id").last()
    assert last is not None and (last.what, last.by) == (TaskStep.What.CLOSED, None)
    pressure.refresh_from_db()
    assert pressure.closed_at is None, "the other is still asked for"
    assert settle_all(house.now) == 0


def test_what_has_become_too_old_is_asked_for_anew(house: House, guest: Guest) -> None:
    first = asked(guest, Code.SUICIDE_SCREEN_MISSING)
    guest.observe(suicide_screen="negative")
    settle_all(house.now)
    house.later(days=400)
    second = asked(guest, Code.SUICIDE_SCREEN_MISSING)
    assert second != first and second.closed_at is None


def test_what_is_asked_for_ends_with_the_course(house: House, guest: Guest) -> None:
    task = asked(guest, Code.EVALUATION_MISSING)
    end(guest)
    assert settle_all(house.now) == 1
    task.refresh_from_db()
    assert "no longer needed" in task.outcome


def end(guest: Guest) -> None:
    care.decline_course(
        course=guest.course, reason="Not safe here", way_on="Denver Health", now=guest.now,
        by=guest.house.prescriber,
    )  # fmt: skip


# --- the person


def test_the_person_is_asked_by_a_form_once_while_somebody_reads_it(
    house: House, guest: Guest
) -> None:
    values = {"course": guest.course, "code": Code.SUICIDE_SCREEN_MISSING, "by": house.nurse}
    with pytest.raises(care.WrongInput, match="on call"):
        ask_the_person(**values, now=house.now)
    house.on_call()
    form = ask_the_person(**values, now=house.now)
    assert ask_the_person(**values, now=house.later(minutes=1)) == form
    assert FormRequest.objects.count() == 1 and form.instrument == "asq"
    assert Message.objects.filter(about=form.pk).count() <= 1, "one message, or a call by the desk"


# --- the page


def test_one_tap_on_the_page_asks_and_the_line_then_says_of_whom(
    screens: Any, house: House, guest: Guest
) -> None:
    browser = screens(house)(house.prescriber)
    address = reverse("assessment:clearance", args=[guest.course.id])
    tap = reverse("assessment:ask_for", args=[guest.course.id])
    page = browser.get(address).content.decode()
    assert f"Ask {house.therapist.name}" in page and f"Ask {house.nurse.name}" in page
    for _ in range(2):
        assert browser.post(tap, {"code": "assessment_missing"}).status_code == 302
    (task,) = Task.objects.filter(kind="asked_for")
    page = browser.get(address).content.decode()
    assert f"Asked of {house.therapist.name} on" in page and f"/tasks/{task.id}/" in page
    guest.assess()
    page = browser.get(address).content.decode()
    assert "1 thing that was asked for has come" in page and "It is on file." in page
    shown = screens(house)(house.therapist).get(reverse("care:task", args=[task.id]))
    assert "by itself" in shown.content.decode()


def test_a_wrong_or_forbidden_tap_asks_nothing(screens: Any, house: House, guest: Guest) -> None:
    tap = reverse("assessment:ask_for", args=[guest.course.id])
    nurse = screens(house)(house.nurse)
    page = nurse.post(tap, {"code": "no such thing"}, follow=True).content.decode()
    assert "something on the list" in page
    assert screens(house)(house.coordinator).post(tap, {"code": "age"}).status_code == 404
    assert not Task.objects.filter(kind="asked_for").exists()


def test_the_owner_finds_the_way_to_it_on_the_task(
    screens: Any, house: House, guest: Guest
) -> None:
    task = asked(guest, Code.ASSESSMENT_MISSING)
    page = screens(house)(house.therapist).get(reverse("care:task", args=[task.id]))
    assert reverse("assessment:clearance", args=[guest.course.id]) in page.content.decode()


def test_a_screen_that_the_person_fails_still_settles_what_was_asked(
    house: House, guest: Guest
) -> None:
    task = asked(guest, Code.SUICIDE_SCREEN_MISSING)
    record_suicide_screen(
        course=guest.course, answers=Answers(items={**NO, "asq_3": 1, "asq_5": 0}),
        by=house.therapist, now=house.now,
    )  # fmt: skip
    settle_all(house.now)
    task.refresh_from_db()
    assert task.closed_at is not None and "positive" not in task.outcome
    assert Task.objects.filter(kind="risk_answer").exists()
