"""The trend page is true for nobody's forms, for one, for two and for two hundred."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client

from holdspace.assessment import actions
from holdspace.care.models import Course
from tests.rooms.factory import House, played
from tests.rooms.people.cast import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    house = played(stocked=False)
    monkeypatch.setattr("holdspace.people.clock.read", lambda: house.now)
    house.on_call()
    return house


def page(house: House, course: Course, browser: Client | None = None) -> str:
    browser = browser or signed_in(house.therapist)
    shown = browser.get(f"/assessment/{course.id}/outcomes/").content.decode()
    return shown.partition("<main")[2].partition("</main>")[0]


def dots(shown: str) -> list[tuple[float, str]]:
    """Where each dot of the picture stands, and the total that is written beside it."""
    circle = r'class="dot"><circle cx="([\d.]+)"[^>]*><title>[^<]*</title></circle>'
    pattern = circle + r"(?:<text[^>]*>(\d+))?"
    return [(float(x), total) for x, total in re.findall(pattern, shown)]


def answer(house: House, course: Course, *totals: int, days: int = 7) -> None:
    for total in totals:
        items = {f"gad7_{n}": min(3, max(0, total - 3 * (n - 1))) for n in range(1, 8)}
        actions.record_form(
            course=course, instrument="gad-7", answers=actions.Answers(items=items),
            by=house.nurse, now=house.now,
        )  # fmt: skip
        house.later(days=days)


def test_with_no_form_it_says_what_will_be_here_and_what_was_never_answered(house: House) -> None:
    course = house.enquirer().course
    assert "Nothing to compare yet" in page(house, course)
    assert "never answered" not in page(house, course)
    house.later(days=4)
    shown = page(house, course)
    assert "Nothing to compare yet" in shown and "Asked for and never answered" in shown
    assert "trend-picture" not in shown and "polyline" not in shown


def test_one_form_is_a_dot_and_no_line_and_no_change(house: House) -> None:
    course = house.enquirer().course
    answer(house, course, 18)
    shown = page(house, course)
    assert shown.count('class="dot"') == 1 and "<polyline" not in shown
    assert "lower" not in shown and "smallest change" not in shown
    assert "The same as a table" in shown


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ((18, 14), "4 lower"),
        ((18, 15), "This change is smaller than that."),
        ((6, 18), "12 higher"),
        ((9, 9), "no change"),
    ],
)
def test_two_forms_are_compared_in_words_with_the_smallest_change_that_matters(
    house: House, totals: tuple[int, int], said: str
) -> None:
    course = house.enquirer().course
    answer(house, course, *totals)
    shown = page(house, course)
    assert said in shown and "The smallest change that matters is 4." in shown
    assert ("This change is smaller" in shown) is (abs(totals[0] - totals[1]) < 4)
    assert shown.count('class="dot"') == 2 and shown.count("<polyline") == 1


def test_two_hundred_forms_are_all_in_the_picture_and_the_table_and_readable(
    house: House, django_assert_max_num_queries: Any
) -> None:
    course = house.enquirer().course
    answer(house, course, *[20 - n // 10 for n in range(200)], days=1)
    browser = signed_in(house.therapist)
    with django_assert_max_num_queries(30):
        shown = page(house, course, browser)
    found = dots(shown)
    assert len(found) == 200 and shown.count("/assessment/filled/") == 200
    places = [x for x, total in found if total]
    assert 10 < len(places) < 40 and found[-1][1] == "1"  # the newest total is always written
    assert all(b - a >= 20 for a, b in pairwise(places))


def test_a_dose_stands_on_the_axis_between_the_forms_around_it(house: House) -> None:
    guest = played().guest()
    answer(guest.house, guest.course, 18, days=0)
    day = guest.open()
    day.give("50 mg")
    guest.house.later(days=7)
    answer(guest.house, guest.course, 9)
    house.now = guest.now
    shown = page(guest.house, guest.course)
    (first, _), (last, _) = dots(shown)
    (dose,) = [float(d.split('x1="')[1].split('"')[0]) for d in shown.split('class="dose"')[1:]]
    assert first <= dose < last and "50 mg" in shown


def test_a_form_that_was_missed_is_a_ring_and_breaks_the_line(house: House) -> None:
    course = house.enquirer().course
    answer(house, course, 18)
    actions.ask_to_fill(
        course=course, instrument="gad-7", point="week 1", due_at=house.now + timedelta(days=1),
        by=house.therapist, now=house.now,
    )  # fmt: skip
    house.later(days=7)
    answer(house, course, 9)
    shown = page(house, course)
    assert "<polyline" not in shown and shown.count('class="gap"') == 1
    assert "(week 1) not answered" in shown and ">week 1<" in shown
