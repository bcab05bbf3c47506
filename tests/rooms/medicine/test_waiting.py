"""Whoever should drive did not come: the person stays, and somebody owns the plan until closing."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from holdspace.care.actions import WrongInput
from holdspace.care.models import Task
from holdspace.core.facts import Ending
from holdspace.medicine import actions
from tests.rooms.factory import passed, played

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    return played(stocked=False).guest().open()


def plan(day, **changes):
    told = {
        "session": day.session, "adult": "Aunt Rosa, 303 555 0188", "by": day.house.nurse,
        "plan": "In the quiet room; I stay.", "until": day.now + timedelta(hours=3),
        "owner": day.house.nurse, "now": day.now,
    }  # fmt: skip
    return actions.nobody_came(**(told | changes))


def waiting(day):
    return Task.objects.of(day.house.clinic).filter(kind="no_escort", closed_at__isnull=True)


def test_the_plan_is_in_the_record_and_has_an_owner_a_time_and_who_comes_next(day):
    plan(day)
    task = waiting(day).get()
    assert (task.owner_id, task.due_at) == (day.house.nurse.id, day.now + timedelta(hours=3))
    assert task.escalates_to_id == day.house.director.id and task.escalates_at == task.due_at
    assert "Rosa" not in task.title, "a title may stand on a wall"
    assert not day.guest.course.events.filter(kind="session_ended").exists(), "they stay"


WRONG = [
    ("nobody else was thought of", {"adult": " "}, "adult"),
    ("no plan", {"plan": ""}, "plan"),
    ("a time that has passed", {"until": timedelta(minutes=-1)}, "until"),
    ("now", {"until": timedelta(0)}, "until"),
    ("tomorrow night", {"until": timedelta(hours=25)}, "until"),
]


@pytest.mark.parametrize(("what", "changes", "field"), WRONG, ids=[what for what, *_ in WRONG])
def test_nobody_waits_without_a_plan_and_its_end(day, what, changes, field):
    if "until" in changes:
        changes = {"until": day.now + changes["until"]}
    with pytest.raises(WrongInput) as refused:
        plan(day, **changes)
    assert refused.value.field == field and not waiting(day).exists()


def test_a_new_plan_takes_the_place_of_the_old_one(day):
    plan(day)
    plan(day, by=day.house.therapist, owner=day.house.therapist)
    assert waiting(day).get().owner_id == day.house.therapist.id


def test_the_plan_ends_with_the_session_and_none_is_made_after_it(day):
    plan(day)
    actions.end_session(
        session=day.session, ending=Ending.LEFT_AGAINST_ADVICE, reason="Took a taxi.",
        by=day.house.therapist, now=day.now,
    )  # fmt: skip
    assert not waiting(day).exists()
    with pytest.raises(WrongInput, match="already ended"):
        plan(day)


def test_the_plan_ends_when_the_person_goes_home():
    day = played().guest().open()
    day.give()
    plan(day, until=day.now + timedelta(hours=8))
    day.settle()
    assert waiting(day).exists()
    passed(day.discharge())
    assert not waiting(day).exists()


def test_the_page_keeps_the_plan_and_says_what_was_wrong(day, screens):
    nurse = screens(day.house)(day.house.nurse)
    url = reverse("medicine:act", args=[day.session.id, "no-escort"])
    soon = timezone.localtime(day.now) + timedelta(minutes=90)
    typed = {
        "adult": "Aunt Rosa", "plan": "In the quiet room.", "until": f"{soon:%H:%M}",
        "staff": str(day.house.nurse.id),
    }  # fmt: skip
    late = nurse.post(url, typed | {"until": "00:01"})
    assert late.status_code == 422 and "Aunt Rosa" in late.content.decode()
    assert nurse.post(url, typed).status_code == 302
    page = nurse.get(reverse("medicine:session", args=[day.session.id])).content.decode()
    assert "Second adult: Aunt Rosa" in page
    assert waiting(day).count() == 1


def at_night(day, screens, /, **more):
    """The form as it is sent at half past ten, by a clinic that closes after midnight."""
    here = day.now.astimezone(day.house.clinic.zone)
    day.house.now = evening = here.replace(hour=22, minute=30)
    typed = {
        "adult": "Aunt Rosa", "plan": "In the quiet room.", "until": "00:45",
        "staff": str(day.house.nurse.id),
    }  # fmt: skip
    nurse = screens(day.house)(day.house.nurse)
    answer = nurse.post(reverse("medicine:act", args=[day.session.id, "no-escort"]), typed | more)
    return answer, evening


def test_a_closing_time_after_midnight_is_tomorrow_when_it_is_said_to_be(day, screens):
    asked, evening = at_night(day, screens)
    page = asked.content.decode()
    assert asked.status_code == 422 and "with “tomorrow”" in page and 'value="00:45' in page
    assert not waiting(day).exists(), "nobody guesses the day"
    kept, _evening = at_night(day, screens, day="tomorrow")
    assert kept.status_code == 302
    assert waiting(day).get().due_at == evening.replace(hour=0, minute=45) + timedelta(days=1)
