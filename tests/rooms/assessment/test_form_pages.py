"""Questionnaires for staff: any instrument, any way of filling it in, and who may see what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from holdspace.assessment import actions, owed
from holdspace.assessment.asked import form_behind, kept_forms
from holdspace.assessment.instruments import instruments
from holdspace.assessment.models import FormRequest
from holdspace.care.models import Course, Task
from tests.rooms.factory import House, played
from tests.rooms.people.cast import NOW, clinic_at, signed_in

pytestmark = pytest.mark.django_db


def open_forms(course: Course) -> list[owed.Form]:
    """What was asked of this person and is open, whatever the protocol asks beside it."""
    return [one for one in owed.forms_of(course, NOW) if one.is_open and one.request]


def press(browser: Client, row: FormRequest, act: str, **more: str) -> Any:
    """A button beside a form."""
    name = {"instrument": row.instrument, "point": row.point, "act": act}
    return browser.post(f"/assessment/{row.course_id}/form/", name | more)


PHQ9 = [f"phq9_{n}" for n in range(1, 10)]
FILLABLE = sorted(name for name, scale in instruments().items() if scale.fillable)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    house = played(stocked=False)
    monkeypatch.setattr("holdspace.people.clock.read", lambda: house.now)
    house.on_call()
    return house


@pytest.fixture
def course(house: House) -> Course:
    return house.enquirer().course


def asked(house: House, course: Course, instrument: str = "phq-9") -> FormRequest:
    return actions.ask_to_fill(
        course=course,
        instrument=instrument,
        point="baseline",
        due_at=house.now + timedelta(days=1),
        by=house.therapist,
        now=house.now,
    )


def typed(instrument: str, **more: str) -> dict[str, str]:
    """Every question of an instrument answered with its first option, as a browser sends it."""
    scale = instruments()[instrument]
    sent = {item.code: str(item.options[0].score) for item in scale.items}
    if scale.paper_only:
        sent |= ON_PAPER
    return sent | more


ON_PAPER = {
    "filled_by": "paper",
    "filled_on": "2026-02-27",
    "filled_time": "15:30",
    "paper": "Folder A, form 12",
}


def test_every_instrument_has_a_page_that_takes_its_answers(house: House, course: Course) -> None:
    browser = signed_in(house.therapist)
    taken = 0
    for instrument in FILLABLE:
        address = f"/assessment/{course.id}/fill/{instrument}/"
        assert browser.get(address).status_code == 200, instrument
        page = browser.post(address, typed(instrument))
        if page.status_code == 200:  # the first options contradict each other: it says where
            assert page.context["form"].errors, instrument
            continue
        taken += 1
        assert len(kept_forms(course)) == taken, instrument
    assert taken > 40


def test_a_form_answered_here_ends_what_was_asked_for(house: House, course: Course) -> None:
    row = asked(house, course)
    browser = signed_in(house.therapist)
    sent = browser.post(
        f"/assessment/{course.id}/fill/phq-9/?form={row.id}", dict.fromkeys(PHQ9, "1")
    )
    assert sent.status_code == 302
    assert open_forms(course) == []
    (one,) = kept_forms(course)
    assert (one.body.total, one.body.point, one.body.filled_by) == (9, "baseline", "asked_by_staff")
    assert Task.objects.filter(kind="risk_answer").exists()  # item 9 was one


def test_a_paper_form_keeps_when_it_was_filled_in_and_which_paper_it_is(
    house: House, course: Course
) -> None:
    browser = signed_in(house.nurse)
    browser.post(f"/assessment/{course.id}/fill/gad-7/", typed("gad-7", **ON_PAPER))
    (one,) = kept_forms(course)
    assert one.event.at.astimezone(house.clinic.zone).strftime("%Y-%m-%d %H:%M") == (
        "2026-02-27 15:30"
    )
    assert one.event.recorded_at == house.now
    assert (one.body.filled_by, one.body.paper) == ("paper", "Folder A, form 12")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"filled_on": ""}, "filled_on"),
        ({"filled_time": ""}, "filled_time"),
        ({"filled_on": "2031-01-01"}, "filled_on"),
        ({"filled_on": "last week"}, "filled_on"),
        ({"paper": ""}, "paper"),
        ({"filled_by": "asked_by_staff"}, "filled_by"),
        ({"bdi_1": ""}, "bdi_1"),
        ({"bdi_1": "9"}, "bdi_1"),
    ],
)
def test_without_wording_a_form_is_copied_item_by_item_from_a_paper_that_can_be_found(
    house: House, course: Course, changes: dict[str, str], field: str
) -> None:
    page = signed_in(house.nurse).post(
        f"/assessment/{course.id}/fill/bdi-ii/", typed("bdi-ii") | changes
    )
    assert page.status_code == 200
    assert field in page.context["form"].errors
    assert kept_forms(course) == []


OF_A_PAPER = [(name, value) for name, value in ON_PAPER.items() if name != "filled_by"]


@pytest.mark.parametrize("filled_by", ["", "asked_by_staff", "person"])
@pytest.mark.parametrize(("field", "value"), OF_A_PAPER)
def test_what_is_said_of_a_paper_without_one_is_named_and_never_dropped(
    house: House, course: Course, field: str, value: str, filled_by: str
) -> None:
    sent = typed("gad-7") | {field: value, "filled_by": filled_by}
    page = signed_in(house.nurse).post(f"/assessment/{course.id}/fill/gad-7/", sent)
    assert page.status_code == 200 and kept_forms(course) == []
    assert page.context["form"].errors.keys() == {field}
    assert "Accepted: empty" in page.content.decode() and value in page.content.decode()


def test_a_bare_total_is_not_taken(house: House, course: Course) -> None:
    browser = signed_in(house.nurse)
    page = browser.post(f"/assessment/{course.id}/fill/bdi-ii/", {**ON_PAPER, "total": "31"})
    assert page.status_code == 200
    assert "A total alone cannot be entered" in page.content.decode()
    assert kept_forms(course) == []


def test_what_was_typed_stays_when_something_is_missing(house: House, course: Course) -> None:
    sent = dict.fromkeys(PHQ9, "2") | {"comment": "Tired today."}
    del sent["phq9_4"]
    page = signed_in(house.nurse).post(f"/assessment/{course.id}/fill/phq-9/", sent)
    form = page.context["form"]
    assert "phq9_4" in form.errors
    assert (form["phq9_3"].value(), form["comment"].value()) == ("2", "Tired today.")
    page = signed_in(house.nurse).post(
        f"/assessment/{course.id}/fill/phq-9/", sent | {"incomplete": "on"}
    )
    assert page.status_code == 302
    assert kept_forms(course)[0].body.total is None


def test_the_answers_of_a_form_can_be_read_item_by_item(house: House, course: Course) -> None:
    browser = signed_in(house.nurse)
    sent = browser.post(f"/assessment/{course.id}/phq-9/", dict.fromkeys(PHQ9, "0"))
    page = browser.get(sent["Location"]).content.decode()
    assert page.count("Not at all") == 9
    assert "read out by staff" in page


def test_the_list_says_what_is_overdue(house: House, course: Course) -> None:
    asked(house, course)
    browser = signed_in(house.therapist)
    address = f"/assessment/{course.id}/questionnaires/"
    assert "Overdue" not in browser.get(address).content.decode()
    house.later(days=2)
    assert "Overdue" in browser.get(address).content.decode()


def test_asking_puts_it_on_the_list_until_the_end_of_its_day(house: House, course: Course) -> None:
    browser = signed_in(house.coordinator)
    address = f"/assessment/{course.id}/questionnaires/"
    browser.post(address, {"instrument": "gad-7", "point": "week 4", "due_on": "2026-03-09"})
    (one,) = open_forms(course)
    assert (one.request.instrument, one.request.point) == ("gad-7", "week 4")
    assert house.clinic.day(one.request.due_at).isoformat() == "2026-03-09"
    browser.post(address, {"instrument": "gad-7", "point": "late", "due_on": "2026-03-01"})
    assert len(open_forms(course)) == 1


def test_the_desk_sends_links_and_sees_no_answers(house: House, course: Course) -> None:
    row = asked(house, course)
    done = asked(house, course, "gad-7")
    for n in range(1, 8):
        actions.answer_item(request=done, item=f"gad7_{n}", option=3, now=house.now)
    event = actions.finish(request=done, now=house.now).event
    desk = signed_in(house.coordinator)
    page = desk.get(f"/assessment/{course.id}/questionnaires/").content.decode()
    assert "Severe" not in page and "Answered" not in page
    shown = press(desk, row, "link")
    assert form_behind(token_of(shown), house.now) == row
    assert "no-store" in shown["Cache-Control"]
    for place in (
        f"/assessment/filled/{event.id}/",
        f"/assessment/{course.id}/outcomes/",
        f"/assessment/{course.id}/fill/phq-9/",
    ):
        assert desk.get(place).status_code == 404, place


def token_of(page: Any) -> str:
    return str(page.context["address"]).rstrip("/").rsplit("/", 1)[1]


def test_handing_the_tablet_over_signs_the_staff_out(house: House, course: Course) -> None:
    row = asked(house, course)
    browser = signed_in(house.nurse)
    sent = press(browser, row, "tablet")
    assert sent["Location"].startswith("/forms/")
    assert browser.get(sent["Location"]).status_code == 200
    assert browser.get(f"/chart/{course.patient_id}/").status_code == 302  # to the sign-in


def test_what_is_no_longer_asked_has_no_link(house: House, course: Course) -> None:
    row = asked(house, course)
    browser = signed_in(house.therapist)
    token = token_of(press(browser, row, "link"))
    press(browser, row, "stop", reason="Asked twice.")
    assert form_behind(token, house.now) is None
    assert press(browser, row, "link").status_code == 302


def test_a_form_without_wording_has_no_link_and_no_blank_page(house: House, course: Course) -> None:
    row = asked(house, course, "bdi-ii")
    browser = signed_in(house.therapist)
    assert press(browser, row, "link").status_code == 302
    assert not row.links.exists()
    page = browser.get(f"/assessment/{course.id}/blank/bdi-ii/").content.decode()
    assert "cannot be printed" in page
    assert "Not at all" in browser.get(f"/assessment/{course.id}/blank/phq-9/").content.decode()


def test_another_clinics_forms_are_not_there(house: House, course: Course) -> None:
    row = asked(house, course)
    other = signed_in(clinic_at(house.now, name="Elsewhere").director)
    for place in (
        f"/assessment/{course.id}/questionnaires/",
        f"/assessment/{course.id}/outcomes/",
        f"/assessment/{course.id}/fill/phq-9/",
        f"/assessment/{course.id}/blank/phq-9/",
    ):
        assert other.get(place).status_code == 404, place
    for verb in ("link", "tablet", "stop", "send"):
        assert press(other, row, verb).status_code == 404


def test_a_page_of_many_forms_asks_the_database_little(
    house: House, course: Course, django_assert_max_num_queries: Any
) -> None:
    browser = signed_in(house.therapist)
    for n in range(12):
        actions.ask_to_fill(
            course=course, instrument="gad-7", point=f"week {n}", due_at=house.now,
            by=None, now=house.now,
        )  # fmt: skip
        actions.record_form(
            course=course, instrument="gad-7", by=house.nurse, now=house.now,
            answers=actions.Answers(items={f"gad7_{i}": 1 for i in range(1, 8)}),
        )  # fmt: skip
    for page in ("questionnaires", "outcomes"):
        with django_assert_max_num_queries(26):
            assert browser.get(f"/assessment/{course.id}/{page}/").status_code == 200


def weekly(house: House, course: Course, *totals: int | None) -> None:
    for total in totals:
        items = {f"gad7_{n}": 0 for n in range(1, 8)}
        left = total or 0
        for code in items:
            items[code] = min(3, left)
            left -= items[code]
        if total is None:
            items.pop("gad7_7")
        actions.record_form(
            course=course,
            instrument="gad-7",
            by=house.nurse,
            now=house.now,
            answers=actions.Answers(items=items, incomplete=total is None),
        )
        house.later(days=7)


def test_outcomes_show_values_bands_change_and_gaps_in_words(house: House, course: Course) -> None:
    weekly(house, course, 18, 14, None, 6)
    page = signed_in(house.therapist).get(f"/assessment/{course.id}/outcomes/").content.decode()
    assert "12 lower" in page
    assert "The smallest change that matters is 4" in page
    assert "not complete" in page
    for word in ("Severe", "Moderate", "Mild"):
        assert word in page
    assert page.count("<polyline") == 1  # 18 to 14; nothing is drawn across the gap
    assert page.count('class="dot"') == 3


def test_a_struck_form_is_no_outcome(house: House, course: Course) -> None:
    from holdspace.care import actions as care
    from tests.rooms.factory import sign

    weekly(house, course, 18)
    (one,) = kept_forms(course)
    care.strike(
        row=one.event,
        reason="Another person's paper.",
        signature=sign(house.nurse, house.now),
        by=house.nurse,
        now=house.now,
    )
    page = signed_in(house.nurse).get(f"/assessment/{course.id}/outcomes/").content.decode()
    assert "Nothing to compare yet" in page


def test_a_visitor_finds_only_the_sign_in(house: House, course: Course) -> None:
    assert Client().get(f"/assessment/{course.id}/questionnaires/").status_code == 302
