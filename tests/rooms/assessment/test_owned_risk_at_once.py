"""The same answer in two browsers, and two colleagues at one task: one task, one owner."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdspace.assessment import actions
from holdspace.assessment.models import FormRequest
from holdspace.care import actions as care
from holdspace.care.models import Message, Task
from holdspace.records.verify import verify
from tests.rooms.assessment.test_reminders_at_once import at_once
from tests.rooms.factory import House, played

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def house() -> House:
    house = played(stocked=False)
    house.on_call()
    house.later(hours=14)
    return house


def asked(house: House, point: str, **more: object) -> FormRequest:
    return actions.ask_to_fill(
        course=more.get("course") or house.enquirer().course, instrument="phq-9", point=point,
        due_at=house.now + timedelta(days=1), by=house.therapist, now=house.now,
    )  # fmt: skip


@pytest.mark.parametrize("options", [(3, 3), (1, 3), (1, 1)])
def test_one_form_in_two_browsers_at_once_is_one_task(
    house: House, options: tuple[int, int]
) -> None:
    form = asked(house, "baseline")

    def answer(option: int) -> None:
        actions.answer_item(request=form, item="phq9_9", option=option, now=house.now)

    assert at_once(*(lambda option=one: answer(option) for one in options)) == []
    task = Task.objects.get(kind="risk_answer", about=form.id)
    assert task.tier == ("now" if 3 in options else "same_day")
    assert form.answers.count() == 2
    assert verify().ok


def test_two_forms_of_one_person_at_once_lose_neither_answer(house: House) -> None:
    one = asked(house, "baseline")
    other = asked(house, "day 3", course=one.course)

    def answer(form: FormRequest) -> None:
        actions.answer_item(request=form, item="phq9_9", option=2, now=house.now)

    assert at_once(lambda: answer(one), lambda: answer(other)) == []
    tasks = Task.objects.filter(course=one.course, kind="risk_answer")
    assert {(task.about, task.owner_id) for task in tasks} == {
        (one.id, house.nurse.pk), (other.id, house.nurse.pk),
    }  # fmt: skip


def test_two_workers_pass_it_on_once(house: House) -> None:
    form = asked(house, "baseline")
    actions.answer_item(request=form, item="phq9_9", option=3, now=house.now)
    now = house.later(minutes=5)
    assert at_once(*[lambda: care.escalate_due(now)] * 3) == []
    task = Task.objects.get(about=form.id)
    assert task.owner == house.director
    assert task.steps.filter(what="passed_on").count() == 1
    assert Message.objects.filter(about=task.pk).count() == 2


def test_of_two_who_read_it_together_one_owns_it(house: House) -> None:
    form = asked(house, "baseline")
    actions.answer_item(request=form, item="phq9_9", option=3, now=house.now)
    now = house.later(minutes=5)
    care.escalate_due(now)
    task = Task.objects.get(about=form.id)
    both = (house.nurse, house.director)
    reads = [lambda who=who: care.read_task(task=task, by=who, now=now) for who in both]
    assert at_once(*reads) == []
    task.refresh_from_db()
    assert task.owner in both and task.read_at == now
    assert task.steps.filter(what="read").count() == 1
