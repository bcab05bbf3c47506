"""Whoever is on call, or has a task about safety, sees it on every page; the director sees gaps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from holdspace.care import actions as care
from holdspace.care.models import Task
from holdspace.care.owed import owed_now
from holdspace.core.limits import Tier
from holdspace.core.risk import Concern
from holdspace.people import actions as people
from holdspace.people.models import Membership, OnCall
from tests.rooms.factory import Guest, played

pytestmark = pytest.mark.django_db

WORDS = "Call the person now: an answer says that somebody should"


@pytest.fixture
def guest() -> Guest:
    return played(stocked=False).enquirer(preferred_name="", name="Jo Maria Reyes")


def opened(guest: Guest, owner: Membership, tier: str = "same_day") -> Task:
    concern = Concern("r", "suicide", Tier(tier), "i", WORDS, "s", False, 240, (60, 120))
    return care.open_concern(
        course=guest.course, concern=concern, owner=owner, about=guest.course.id, by=None,
        now=guest.now,
    )  # fmt: skip


def bar(browser: Client, page: str = "/people/") -> str:
    """What stands in the bar of a page; empty when there is none."""
    content = browser.get(page).content.decode()
    _, mark, rest = content.partition(' owed no-print"')
    return rest.partition("</p>")[0] if mark else own_call(content)


def own_call(content: str) -> str:
    return content.partition('class="owed own-call')[2].partition("</p>")[0]


def test_from_its_first_minute_the_owner_sees_it_on_every_page(guest: Guest, screens: Any) -> None:
    house = guest.house
    opened(guest, house.therapist)  # due in four hours
    at = screens(house)
    for page in ("/people/", "/medicine/", "/chart/tasks/", f"/chart/{guest.patient.id}/"):
        said = bar(at(house.therapist), page)
        assert "Safety task for J. R." in said and "since 09:" in said and "not read yet" in said
        assert "deadline 13:" in said and "datetime=" in said
        assert not any(word in said for word in (WORDS, "Reyes", guest.patient.display_id))
    for who in (house.nurse, house.coordinator, house.reviewer):
        assert bar(at(who)) == ""
    house.later(days=1)
    assert "since Mon 2 Mar 2026, 09:" in bar(at(house.therapist))


def test_whom_the_clock_passed_over_and_whom_it_went_to_both_see_it(guest: Guest) -> None:
    house = guest.house
    task = opened(guest, house.therapist)
    house.later(minutes=59)
    assert owed_now(house.director, house.now).safety == ()
    care.escalate_due(house.later(minutes=1))
    for who in (house.therapist, house.director):
        assert owed_now(who, house.now).safety == (task,)
    care.hand_over_task(task=task, to=house.prescriber, by=house.therapist, now=house.now)
    assert owed_now(house.therapist, house.now).safety == ()
    assert owed_now(house.prescriber, house.now).safety == (task,)
    care.read_task(task=task, by=house.prescriber, now=house.now)
    care.close_task(
        task=task, outcome="Talked.", code="reached_safe", by=house.prescriber, now=house.now
    )
    assert owed_now(house.prescriber, house.now).safety == ()


def test_an_ordinary_task_is_counted_when_it_is_due_and_is_no_bar(guest: Guest) -> None:
    house = guest.house
    care.open_task(
        clinic=house.clinic, kind="call_back", title="Call back", owner=house.nurse,
        due_at=house.now + timedelta(hours=2), by=None, now=house.now,
    )  # fmt: skip
    assert owed_now(house.nurse, house.now).count == 0
    assert owed_now(house.nurse, house.later(minutes=105)).count == 1
    assert owed_now(house.nurse, house.now).safety == ()


@pytest.mark.parametrize(("hours", "seen"), [(-1, False), (0, True), (11, True), (12, False)])
def test_whoever_is_on_call_sees_until_when(
    guest: Guest, screens: Any, hours: int, seen: bool
) -> None:
    house = guest.house
    start = house.now + timedelta(hours=2)
    on_call(house.nurse, guest, start, 12)
    house.now = start + timedelta(hours=hours)
    said = bar(screens(house)(house.nurse))
    assert ("You are on call" in said and "first on call" in said and "23:00" in said) is seen
    assert bar(screens(house)(house.therapist)) == ""


def on_call(who: Membership, guest: Guest, start: Any, hours: int, rank: int = 1) -> OnCall:
    return people.set_on_call(
        membership=who, starts_at=start, ends_at=start + timedelta(hours=hours), rank=rank,
        by=guest.house.director, now=guest.now,
    )  # fmt: skip


def test_the_board_of_who_plans_it_names_the_gaps_of_seven_days(guest: Guest, screens: Any) -> None:
    house = guest.house
    now = guest.now
    at = screens(house)
    on_call(house.nurse, guest, now, 24)
    on_call(house.therapist, guest, now + timedelta(hours=30), 24 * 7, rank=1)
    on_call(house.prescriber, guest, now, 24 * 7, rank=2)  # second: somebody is still missing
    page = at(house.director).get("/medicine/").content.decode()
    assert "nobody is first on call" in page and "Tue 3 Mar 2026, 09:00 MST" in page
    assert "15:00 MST" in page
    assert "nobody is first on call" not in at(house.nurse).get("/medicine/").content.decode()
    on_call(house.nurse, guest, now + timedelta(hours=24), 6)
    closed = at(house.director).get("/medicine/").content.decode()
    assert "nobody is first on call" not in closed
