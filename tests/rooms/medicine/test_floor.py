"""The floor: every open room by what is owed, with owners, no vital sign, stale rooms named."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from holdspace.care import actions as care
from holdspace.care.standing import RESTS_ON, as_line, heads_of
from holdspace.core.monitor import Received
from holdspace.core.units import Kind
from holdspace.medicine.actions import import_readings
from holdspace.records.models import AccessEvent, AccessWhat
from tests.rooms.factory import played

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return played()


@pytest.fixture
def floor(house, screens):
    """The floor as this person sees it: its text without the page around it."""

    def look(who=None):
        answer = screens(house)(who or house.prescriber).get(reverse("medicine:floor"))
        assert answer.status_code == 200
        return answer.content.decode().split('id="floor"')[1].split("not-monitoring")[0]

    return look


def names(text):
    return re.findall(r"(Juniper|Aspen) ·", text)


def two_rooms(house):
    """Juniper was dosed, Aspen is open; both at the house's time."""
    guests = [house.guest(), None]
    juniper = guests[0].open()
    juniper.give("50 mg")
    second = house.enquirer()
    second.assess()
    second.clear()
    second.prepare()
    second.book(room=1)
    return juniper, second.open()


def test_the_room_with_the_longest_overdue_work_stands_first(house, floor):
    _juniper, aspen = two_rooms(house)
    care.open_task(
        clinic=house.clinic, course=aspen.guest.course, patient=aspen.guest.patient, kind="other",
        title="Call the pharmacy", owner=house.nurse, due_at=house.now - timedelta(days=9),
        by=house.nurse, now=house.now,
    )  # fmt: skip
    text = floor()
    assert names(text) == ["Aspen", "Juniper"]
    assert "Call the pharmacy" in text
    assert house.nurse.user.name in text


def test_no_vital_sign_stands_on_the_floor(house, floor):
    day = house.guest().open()
    day.observe(heart_rate=137, spo2=91)
    text = floor()
    assert "Juniper" in text
    assert "137" not in re.sub(r"[0-9a-f-]{36}", "", text)
    assert "SpO2" not in text


def test_a_room_from_which_nothing_came_for_twenty_minutes_is_called_stale(house, floor):
    day = house.guest().open()
    house.later(minutes=15)
    assert "Stale" not in floor()
    house.later(minutes=10)
    assert "Stale: nothing from this room since" in floor()
    day.observe(heart_rate=70)
    assert "Stale" not in floor()


def test_a_monitor_that_goes_on_by_itself_does_not_make_a_quiet_room_a_heard_one(house, floor):
    day = house.guest().open()
    for minute in range(30):
        house.later(minutes=1)
        at = Received("HR", Kind.HEART_RATE, Decimal(70 + minute % 5), house.now, minute)
        import_readings(session=day.session, received=[at], keep_good=True, by=None, now=house.now)
    assert day.session.imported.count() == 30
    assert "Stale: nothing from this room since" in floor()
    day.observe(heart_rate=70)
    assert "Stale" not in floor()


def test_a_room_that_ended_is_not_on_the_floor(house, floor):
    day = house.guest().open()
    day.give("50 mg")
    day.settle()
    assert day.discharge().allowed
    assert "No room is open" in floor()


def test_the_desk_does_not_see_the_floor_and_reads_whom_to_ask_on_the_board(house, screens):
    guest = house.guest()
    assert not guest.start(escort_confirmed=False).allowed
    at = screens(house)
    assert at(house.coordinator).get(reverse("medicine:floor")).status_code == 404
    board = at(house.coordinator).get(reverse("medicine:board")).content.decode()
    assert f"Clinical hold: ask {house.prescriber.user.name}" in board
    assert "escort" not in board.lower()


@pytest.mark.parametrize("page", ["floor", "board"])
def test_a_board_that_has_what_stands_is_told_so_until_a_room_goes_on(house, screens, page):
    juniper, aspen = two_rooms(house)
    reader, url = screens(house)(house.prescriber), reverse(f"medicine:{page}")
    logged = AccessEvent.objects.filter(what=AccessWhat.PEOPLE_LIST.value).count
    before = logged()
    assert "ETag" not in reader.get(url), "whoever opens the page reads it"
    assert logged() == before + 1
    asks = {"X-Background": "1"}
    first = reader.get(url, headers=asks)
    assert first[RESTS_ON] == as_line(
        heads_of({juniper.session.course.stream, aspen.guest.course.stream})
    )
    same = reader.get(url, headers=asks | {"If-None-Match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    juniper.observe(heart_rate=93)
    after = reader.get(url, headers=asks | {"If-None-Match": first["ETag"]})
    assert after.status_code == 200
    house.later(seconds=2)
    later = reader.get(url, headers=asks | {"If-None-Match": after["ETag"]})
    assert later.status_code == 200, "what time alone changes is looked at again"
    assert logged() == before + 1, "a page that asks by itself is no new view"
