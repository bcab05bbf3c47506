"""A form that somebody is asked to fill in: nothing is lost, and nothing waits to be heard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdspace.assessment import actions
from holdspace.assessment.asked import form_behind, standing_answers
from holdspace.assessment.models import FormAnswer, FormRequest, How
from holdspace.care import actions as care
from holdspace.care.facts import happenings, load
from holdspace.care.models import EventKind, Task
from holdspace.core.units import Kind
from holdspace.records.verify import verify
from tests.rooms.factory import House, played

pytestmark = pytest.mark.django_db

PHQ9 = [f"phq9_{n}" for n in range(1, 10)]


@pytest.fixture
def house() -> House:
    house = played(stocked=False)
    house.on_call()
    return house


def asked(house: House, instrument: str = "phq-9", **more: Any) -> FormRequest:
    return actions.ask_to_fill(
        course=more.pop("course", None) or house.enquirer().course,
        instrument=instrument,
        point=more.pop("point", "baseline"),
        due_at=house.now + timedelta(days=1),
        by=house.therapist,
        now=house.now,
        **more,
    )


def answer(house: House, request: FormRequest, **answers: int | None) -> None:
    for item, option in answers.items():
        if option is None:
            actions.decline_item(request=request, item=item, now=house.now)
        else:
            actions.answer_item(request=request, item=item, option=option, now=house.now)


def kept(request: FormRequest) -> list[Any]:
    found = happenings(request.course)
    return [h.body for h in found if h.kind is EventKind.QUESTIONNAIRE_ANSWERED]


def test_a_form_answered_one_by_one_is_kept_as_one_event_with_its_items(house: House) -> None:
    request = asked(house)
    answer(house, request, **dict.fromkeys(PHQ9[:8], 1), phq9_9=0)
    recorded = actions.finish(request=request, now=house.later(minutes=5))
    (body,) = kept(request)
    assert {a.item: a.score for a in body.answers} == dict.fromkeys(PHQ9[:8], 1) | {"phq9_9": 0}
    assert (body.instrument, body.total, body.level) == ("phq-9", 8, "Mild")
    assert (body.filled_by, body.language, body.point) == ("person", "en", "baseline")
    facts = load(request.course, now=house.now)
    assert facts.latest(Kind.PHQ9_TOTAL).number == 8
    assert facts.latest(Kind.PHQ9_ITEM_9).number == 0
    assert recorded.event.by is None
    assert request.end.how == How.FINISHED
    assert verify().ok


def test_finishing_twice_keeps_it_once(house: House) -> None:
    request = asked(house)
    answer(house, request, **dict.fromkeys(PHQ9, 0))
    first = actions.finish(request=request, now=house.now)
    again = actions.finish(request=request, now=house.later(minutes=1))
    assert again.event == first.event
    assert again.score == first.score
    assert len(kept(request)) == 1


def test_asking_twice_at_one_point_asks_once(house: House) -> None:
    course = house.enquirer().course
    assert asked(house, course=course) == asked(house, course=course)
    assert asked(house, course=course, point="day 3") != asked(house, course=course)


def test_a_later_answer_replaces_an_earlier_one_and_both_are_kept(house: House) -> None:
    request = asked(house)
    answer(house, request, phq9_1=3)
    answer(house, request, phq9_1=1)
    assert standing_answers(request) == ({"phq9_1": 1}, frozenset())
    assert [a.option for a in FormAnswer.objects.order_by("number")] == [3, 1]
    answer(house, request, phq9_1=None)
    assert standing_answers(request) == ({}, frozenset({"phq9_1"}))


@pytest.mark.parametrize(("option", "tasks"), [(0, 0), (1, 1), (2, 1), (3, 1)])
def test_item_nine_is_heard_when_it_is_answered_and_not_at_the_end(
    house: House, option: int, tasks: int
) -> None:
    request = asked(house)
    answer(house, request, phq9_1=1)
    assert not Task.objects.filter(kind="risk_answer").exists()
    answer(house, request, phq9_9=option)
    assert Task.objects.filter(kind="risk_answer").count() == tasks
    answer(house, request, **dict.fromkeys(PHQ9[1:8], 1))
    actions.finish(request=request, now=house.now)
    assert Task.objects.filter(kind="risk_answer").count() == tasks


def test_an_answer_about_safety_that_is_taken_back_has_still_been_heard(house: House) -> None:
    request = asked(house)
    answer(house, request, phq9_9=2)
    answer(house, request, phq9_9=0)
    assert Task.objects.filter(kind="risk_answer", closed_at__isnull=True).count() == 1


@pytest.mark.parametrize("option", [1, None])
def test_a_yes_and_a_declined_question_of_the_risk_screen_are_heard_at_once(
    house: House, option: int | None
) -> None:
    request = asked(house, "asq")
    answer(house, request, asq_1=0)
    assert not Task.objects.filter(kind="risk_answer").exists()
    answer(house, request, asq_2=option)
    assert Task.objects.filter(kind="risk_answer").exists()


def test_a_declined_question_leaves_the_form_without_a_total(house: House) -> None:
    request = asked(house)
    answer(house, request, **dict.fromkeys(PHQ9[1:], 0), phq9_1=None)
    recorded = actions.finish(request=request, now=house.now)
    assert recorded.score.total is None
    (body,) = kept(request)
    assert (body.total, body.level) == (None, "")
    assert load(request.course, now=house.now).latest(Kind.PHQ9_TOTAL) is None


def test_a_form_that_is_stopped_half_way_is_kept_without_a_total(house: House) -> None:
    request = asked(house)
    answer(house, request, phq9_1=2)
    with pytest.raises(care.WrongInput) as raised:
        actions.finish(request=request, now=house.now)
    assert raised.value.field == "phq9_2"
    recorded = actions.finish(request=request, incomplete=True, now=house.now)
    assert recorded.score.total is None
    assert [a.item for a in kept(request)[0].answers] == ["phq9_1"]


def test_a_risk_screen_that_is_stopped_half_way_has_no_level(house: House) -> None:
    request = asked(house, "asq")
    answer(house, request, asq_1=0)
    actions.finish(request=request, incomplete=True, now=house.now)
    assert load(request.course, now=house.now).latest(Kind.SUICIDE_SCREEN) is None


@pytest.mark.parametrize(
    ("item", "option", "field"), [("phq9_77", 1, "item"), ("phq9_1", 4, "phq9_1")]
)
def test_what_the_instrument_does_not_have_is_not_kept(
    house: House, item: str, option: int, field: str
) -> None:
    request = asked(house)
    with pytest.raises(care.WrongInput) as raised:
        actions.answer_item(request=request, item=item, option=option, now=house.now)
    assert raised.value.field == field
    assert not FormAnswer.objects.exists()


def test_a_form_that_has_ended_takes_no_answer_and_no_link(house: House) -> None:
    request = asked(house)
    actions.withdraw(request=request, reason="asked for another", by=house.therapist, now=house.now)
    with pytest.raises(care.WrongInput):
        answer(house, request, phq9_1=0)
    with pytest.raises(care.WrongInput):
        actions.new_link(request=request, now=house.now)
    assert verify().ok


def test_an_instrument_that_is_not_here_cannot_be_asked(house: House) -> None:
    with pytest.raises(care.WrongInput) as raised:
        asked(house, "no-such")
    assert raised.value.field == "instrument"


@pytest.mark.parametrize(("instrument", "sent"), [("phq-9", False), ("gad-7", True)])
def test_a_form_about_safety_is_not_sent_when_nobody_would_read_it(
    instrument: str, sent: bool
) -> None:
    house = played(stocked=False)
    request = asked(house, instrument)
    if sent:
        assert actions.new_link(request=request, now=house.now)
        return
    with pytest.raises(care.WrongInput) as raised:
        actions.new_link(request=request, now=house.now)
    assert raised.value.field == "on_call"
    assert actions.new_link(request=request, handed_over=True, now=house.now)


def test_a_link_works_for_a_week_and_a_new_one_ends_the_old(house: House) -> None:
    request = asked(house)
    old = actions.new_link(request=request, now=house.now)
    assert form_behind(old, house.now) == request
    assert form_behind(old, house.now + timedelta(days=7)) is None
    new = actions.new_link(request=request, now=house.now)
    assert form_behind(old, house.now) is None
    assert form_behind(new, house.now) == request
    for garbled in ("", new[:-1], new + "x", new.upper(), "x" * 5000):
        assert form_behind(garbled, house.now) is None


def test_a_link_that_was_used_leads_nowhere_and_its_token_is_kept_nowhere(house: House) -> None:
    request = asked(house)
    token = actions.new_link(request=request, now=house.now)
    assert len(token) >= 22  # 128 bits and more
    link = request.links.get()
    assert token not in (link.digest, str(link.id))
    answer(house, request, **dict.fromkeys(PHQ9, 0))
    actions.finish(request=request, now=house.now)
    assert form_behind(token, house.now) is None


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_order_of_answers_and_changes_ends_in_the_same_form(house: House, data: Any) -> None:
    wanted = {item: data.draw(st.integers(0, 3), item) for item in PHQ9}
    first = [(item, data.draw(st.sampled_from([0, 1, 2, 3, None]))) for item in PHQ9]
    changed = data.draw(st.lists(st.sampled_from(first), max_size=3))
    request = asked(house)
    for item, option in changed:
        answer(house, request, **{item: option})
    for item in data.draw(st.permutations(PHQ9)):
        answer(house, request, **{item: wanted[item]})
    assert actions.finish(request=request, now=house.now).score.total == sum(wanted.values())
