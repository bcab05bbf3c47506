"""The same answer in two browsers, and two colleagues at one task: one task, one owner."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdspace.assessment import actions
from holdspace.assessment.instruments import instruments
from holdspace.assessment.models import FormRequest
from holdspace.care import actions as care
from holdspace.care.actions import tasks
from holdspace.care.models import Message, Task
from holdspace.core.risk import Concern
from holdspace.records.verify import verify
from tests.rooms.at_once import at_once, in_between
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


@pytest.mark.parametrize("on_paper", [False, True])
@pytest.mark.parametrize("first", ["the answer", "the closing"])
def test_a_worse_answer_is_heard_in_the_moment_in_which_its_task_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch, on_paper: bool, first: str
) -> None:
    form = asked(house, "baseline")
    actions.answer_item(request=form, item="phq9_9", option=1, now=house.now)
    task = Task.objects.get(about=form.id)
    care.read_task(task=task, by=house.nurse, now=house.now)
    scale = instruments()["phq-9"]
    worse = {item.code: 3 if item.code == "phq9_9" else 0 for item in scale.items}

    def close() -> None:
        care.close_task(
            task=task, outcome="Reached, and well.", by=house.nurse, now=house.now,
            code="reached_safe",
        )  # fmt: skip

    def answer() -> None:
        if not on_paper:
            actions.answer_item(request=form, item="phq9_9", option=3, now=house.now)
            return
        actions.record_form(
            course=form.course, instrument="phq-9", answers=actions.Answers(items=worse),
            about=form.id, by=house.therapist, now=house.now,
        )  # fmt: skip

    if first == "the answer":
        other, act, place = in_between(close), answer, (Concern, "is_worse_than")
    else:
        other, act, place = in_between(answer), close, (tasks, "holds_task")
    asks = getattr(*place)

    def in_the_midst(*args: object) -> bool:
        found = asks(*args)
        other.acts()
        return found

    monkeypatch.setattr(*place, in_the_midst)
    act()
    troubles = other.ends()
    assert all(isinstance(one, care.WrongInput) for one in troubles), troubles
    assert not troubles or first == "the answer", "an answer is never refused"
    held = Task.objects.filter(about=form.id, closed_at=None).get()
    assert (held.tier, held.read_at) == ("now", None)
    kept = form.answers.filter(option=3).exists() or form.course.events.exists()
    assert kept and verify().ok


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
