"""A sheet written while the screens were dark is copied with the times that stand on it."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from holdspace.care.models import Event, EventKind, Observation
from holdspace.core.facts import Route
from holdspace.medicine import page
from tests.rooms.factory import played

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    return played().guest().open()


@pytest.fixture
def nurse(day, screens):
    day.house.later(minutes=90)
    return screens(day.house)(day.house.nurse)


def wall(day, minutes):
    """A time of day so many minutes after the session was opened, as somebody writes it down."""
    at = (day.session.opened_at + timedelta(minutes=minutes)).astimezone(day.house.clinic.zone)
    return f"{at:%H:%M}"


def sheet(day, **lines):
    on = day.house.clinic.day(day.session.opened_at)
    return {"on": on.isoformat(), "entry": str(uuid4()), **lines}


def address(day):
    return reverse("medicine:from_paper", args=[day.session.id])


def line(number, at, **values):
    return {f"l{number}-{name}": value for name, value in {"taken_at": at, **values}.items()}


TWO = {"systolic": "130", "diastolic": "82", "heart_rate": "77"}


def test_each_line_stands_at_the_time_on_the_sheet_and_says_who_copied_it(day, nurse):
    body = sheet(day) | line(0, wall(day, 10), **TWO)
    body |= line(7, wall(day, 25), heart_rate="79", happened="Dr Lind told; will look in.")
    for _ in range(2):
        assert nurse.post(address(day), body).status_code == 302
    rows = Observation.objects.filter(session=day.session, kind="heart_rate").order_by("taken_at")
    zone, on = day.house.clinic.zone, day.house.clinic.day(day.session.opened_at)
    wanted = [datetime.combine(on, time.fromisoformat(wall(day, m)), zone) for m in (10, 25)]
    assert [row.taken_at for row in rows] == wanted, "each once, though it was sent twice"
    assert {row.recorded_at for row in rows} == {day.now}
    assert {row.source for row in rows} == {f"copied from paper by {day.house.nurse.name}"}
    said = nurse.get(reverse("medicine:session", args=[day.session.id])).content.decode()
    assert f"copied from paper by {day.house.nurse.name}" in said
    note = Event.objects.get(session=day.session, kind=EventKind.NOTE.value)
    assert note.at == wanted[1]


def test_a_dose_on_paper_is_a_fact_at_its_own_time_and_no_permission(day, nurse):
    dose = {"d0-given_at": wall(day, 5), "d0-dose": "50 mg", "d0-words": "Ordered by Dr Lind.",
            "d0-given_by": str(day.house.nurse.id)}  # fmt: skip
    assert nurse.post(address(day), sheet(day) | dose).status_code == 302
    read = page.read(day.session, now=day.now, actor=day.house.nurse)
    (given,) = read.doses
    assert (given.dose_mg, given.passed_door) == (Decimal(50), False)
    assert f"{given.given_at.astimezone(day.house.clinic.zone):%H:%M}" == wall(day, 5)


@pytest.mark.parametrize("route", [None, "", *Route])
def test_a_dose_on_paper_goes_in_by_the_route_on_the_sheet(day, nurse, route):
    dose = {"d1-given_at": wall(day, 5), "d1-dose": "50 mg",
            "d1-given_by": str(day.house.nurse.id)}  # fmt: skip
    dose |= {} if route is None else {"d1-route": str(route)}
    assert nurse.post(address(day), sheet(day) | dose).status_code == 302
    (given,) = page.read(day.session, now=day.now, actor=day.house.nurse).doses
    assert given.route is Route(route or "im")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"l2-heart_rate": "70"}, "A line of the sheet has its time"),
        ({"l2-taken_at": "10:00", "l2-heart_rate": "7000"}, "Heart rate"),
        ({"l2-taken_at": "10:00", "l2-systolic": "120"}, "A pressure is two numbers"),
        ({"d0-dose": "50"}, "not an amount in mg"),
        ({"d0-dose": "50 mg"}, "given by somebody"),
        ({"d0-dose": "50 mg", "d0-route": "rectal"}, "is no route that is known here. Accepted:"),
        ({"d1-route": "iv"}, "A line of the sheet has its time"),
        ({}, "Nothing was entered"),
        ({"on": "2099-01-01"} | {"l2-taken_at": "10:00", "l2-heart_rate": "70"}, "in the future"),
        ({"on": "soon"}, "Enter a valid date"),
    ],
)
def test_a_mistake_keeps_all_that_was_typed_and_charts_nothing(day, nurse, wrong, said):
    body = sheet(day) | line(0, wall(day, 10), **TWO) if wrong else sheet(day)
    before = Observation.objects.filter(session=day.session).count()
    answer = nurse.post(address(day), body | wrong)
    assert answer.status_code == 422
    assert said in answer.content.decode().replace("&#x27;", "'")
    assert Observation.objects.filter(session=day.session).count() == before
    for value in (value for value in wrong.values() if value != "soon"):
        assert value in answer.content.decode()


def test_who_may_not_chart_does_not_copy(day, screens):
    assert screens(day.house)(day.house.coordinator).get(address(day)).status_code == 404
