"""Answers are kept item by item, and an answer about safety is owned at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdspace.assessment.actions import Answers, record_phq9, record_suicide_screen
from holdspace.care import actions as care
from holdspace.care.facts import happenings, load
from holdspace.care.models import EventKind, Label, Task
from holdspace.core.facts import Role
from holdspace.core.units import Kind
from tests.rooms.assessment.forms import asq, phq9
from tests.rooms.factory import House, played
from tests.rooms.people.cast import NOW, member, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return played(stocked=False)


def nine(item9: int = 0, **more: object) -> Answers:
    items = dict.fromkeys([f"phq9_{n}" for n in range(1, 9)], 1) | {"phq9_9": item9}
    return Answers(items=items, **more)  # type: ignore[arg-type]


def test_a_phq9_keeps_every_item_its_total_and_who_filled_it_in(house: House) -> None:
    course = house.enquirer().course
    recorded = record_phq9(
        course=course, answers=nine(filled_by="paper"), by=house.nurse, now=house.now
    )
    body = next(h.body for h in happenings(course) if h.kind is EventKind.QUESTIONNAIRE_ANSWERED)
    assert {a.item: a.score for a in body.answers}["phq9_8"] == 1
    assert (body.instrument, body.total, body.level) == ("phq-9", 8, "Mild")
    assert (body.filled_by, body.language, body.recall) == ("paper", "en", "last 2 weeks")
    assert recorded.event.label == Label.SENSITIVE
    facts = load(course, now=house.now)
    assert facts.latest(Kind.PHQ9_TOTAL).number == 8
    assert facts.latest(Kind.PHQ9_ITEM_9).number == 0
    assert recorded.task is None
    assert facts.tasks == ()


@pytest.mark.parametrize(("answer", "minutes"), [(2, 15), (3, 15)])
def test_item_nine_of_two_or_three_is_a_task_for_now(
    house: House, answer: int, minutes: int
) -> None:
    course = house.enquirer().course
    task = record_phq9(course=course, answers=nine(answer), by=house.nurse, now=house.now).task
    assert task.due_at == house.now + timedelta(minutes=minutes)
    assert task.owner == house.nurse
    assert task.escalates_to not in (None, house.nurse)
    assert task.escalates_at == house.now + timedelta(minutes=5)
    assert task.holds


def test_item_nine_of_one_is_a_task_for_the_same_day(house: House) -> None:
    course = house.enquirer().course
    task = record_phq9(course=course, answers=nine(1), by=house.nurse, now=house.now).task
    assert task.due_at == house.now + timedelta(hours=4)
    assert task.escalates_at == house.now + timedelta(hours=1)
    assert task.holds


def test_a_late_answer_still_leaves_a_quarter_of_an_hour(house: House) -> None:
    course = house.enquirer().course
    late = house.later(hours=14, minutes=55)  # 23:55 on the clinic's wall
    task = record_phq9(course=course, answers=nine(1), by=house.nurse, now=late).task
    assert task.due_at == late + timedelta(minutes=15)


def test_an_answer_without_a_member_of_staff_is_owned_by_the_therapist(house: House) -> None:
    course = house.enquirer().course
    task = record_phq9(course=course, answers=nine(1), by=None, now=house.now).task
    assert task.owner == house.therapist


def test_a_desk_that_may_not_read_charts_does_not_own_a_risk_answer(house: House) -> None:
    course = house.enquirer().course
    task = record_phq9(course=course, answers=nine(3), by=house.coordinator, now=house.now).task
    assert task.owner == house.therapist


def test_a_missing_item_is_named_and_nothing_is_kept(house: House) -> None:
    course = house.enquirer().course
    answers = Answers(items={f"phq9_{n}": 0 for n in range(1, 9)})
    with pytest.raises(care.WrongInput) as raised:
        record_phq9(course=course, answers=answers, by=house.nurse, now=house.now)
    assert raised.value.field == "phq9_9"
    assert not course.observations.exists()
    assert not course.events.filter(kind=EventKind.QUESTIONNAIRE_ANSWERED).exists()


def test_an_incomplete_form_is_kept_without_a_total_and_its_risk_is_heard(house: House) -> None:
    course = house.enquirer().course
    answers = Answers(items={"phq9_1": 3, "phq9_9": 2}, incomplete=True)
    recorded = record_phq9(course=course, answers=answers, by=house.nurse, now=house.now)
    facts = load(course, now=house.now)
    assert recorded.score.total is None
    assert facts.latest(Kind.PHQ9_TOTAL) is None
    assert facts.latest(Kind.PHQ9_ITEM_9).number == 2
    assert recorded.task is not None


@pytest.mark.parametrize(
    ("answers", "word", "minutes"),
    [((1, 0, 0, 0, 0), "non_acute_positive", None), ((0, 0, 1, 0, 1), "acute_positive", 15)],
)
def test_a_positive_screen_opens_its_task_the_moment_it_is_recorded(
    house: House, answers: tuple[int, ...], word: str, minutes: int | None
) -> None:
    course = house.enquirer().course
    given = Answers(items={f"asq_{n}": v for n, v in enumerate(answers, 1)})
    recorded = record_suicide_screen(
        course=course, answers=given, by=house.therapist, now=house.now
    )
    assert load(course, now=house.now).latest(Kind.SUICIDE_SCREEN).value == word
    task = Task.objects.get(course=course)
    assert (task, task.holds, task.about) == (recorded.task, True, recorded.event.id)
    if minutes:
        assert task.due_at == house.now + timedelta(minutes=minutes)
    else:
        assert house.clinic.day(task.due_at) == house.clinic.day(house.now)


def test_a_negative_screen_opens_nothing(house: House) -> None:
    course = house.enquirer().course
    given = Answers(items={f"asq_{n}": 0 for n in range(1, 5)})
    recorded = record_suicide_screen(
        course=course, answers=given, by=house.therapist, now=house.now
    )
    assert recorded.task is None
    assert load(course, now=house.now).latest(Kind.SUICIDE_SCREEN).value == "negative"


@pytest.mark.parametrize("incomplete", [False, True])
def test_half_a_screen_is_never_kept(house: House, incomplete: bool) -> None:
    course = house.enquirer().course
    given = Answers(items={"asq_1": 1, "asq_2": 0, "asq_3": 0, "asq_4": 0}, incomplete=incomplete)
    with pytest.raises(care.WrongInput):
        record_suicide_screen(course=course, answers=given, by=house.therapist, now=house.now)
    assert load(course, now=house.now).latest(Kind.SUICIDE_SCREEN) is None


# --- the pages


def test_the_page_shows_help_and_the_owner_after_an_answer_about_safety(house: House) -> None:
    course = house.enquirer().course
    browser = signed_in(house.nurse)
    address = f"/assessment/{course.id}/phq-9/"
    sent = browser.post(address, phq9(1, 1, 1, 1, 1, 1, 1, 1, 2))
    assert sent.status_code == 302
    page = browser.get(address).content.decode()
    assert 'href="tel:988"' in page
    assert "help-now" in page and " hidden" not in page.split('id="help-now"')[1].split(">")[0]
    assert house.nurse.signed_name in page


def test_the_page_names_what_was_not_answered_and_keeps_the_rest(house: House) -> None:
    course = house.enquirer().course
    typed = phq9(1, 2, 3, 1, 1, 1, 1, 1, 2)
    del typed["phq9_4"]
    page = signed_in(house.nurse).post(f"/assessment/{course.id}/phq-9/", typed)
    text = page.content.decode()
    assert page.status_code == 200
    assert "Not answered" in text
    assert page.context["worries"]
    assert page.context["form"]["phq9_3"].value() == "3"
    assert not Task.objects.filter(course=course).exists()


def test_the_screen_page_asks_the_fifth_question_when_one_was_yes(house: House) -> None:
    course = house.enquirer().course
    browser = signed_in(house.therapist)
    address = f"/assessment/{course.id}/screen/"
    page = browser.post(address, asq("1"))
    assert page.status_code == 200
    assert "asq_5" in page.context["asq"].errors
    assert browser.post(address, asq("1", five="0")).status_code == 302
    assert Task.objects.get(course=course).owner == house.therapist


def test_a_declined_answer_on_the_page_counts_as_positive(house: House) -> None:
    course = house.enquirer().course
    typed = asq("declined", five="0")
    signed_in(house.therapist).post(f"/assessment/{course.id}/screen/", typed)
    body = next(h.body for h in happenings(course) if h.kind is EventKind.QUESTIONNAIRE_ANSWERED)
    assert body.level == "Non-acute positive"
    assert [a.item for a in body.answers if a.declined] == ["asq_1"]


def test_who_may_not_chart_finds_no_page(house: House) -> None:
    course = house.enquirer().course
    for who in (house.coordinator, house.reviewer, member(house.cast, Role.ADMINISTRATOR, now=NOW)):
        assert signed_in(who).get(f"/assessment/{course.id}/phq-9/").status_code == 404
