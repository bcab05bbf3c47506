"""A stretch of the day is chosen by a link, without a script; a wrong one shows the whole day."""

import re

import pytest
from django.urls import reverse

from tests.rooms.factory import played

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    day = played(stocked=False).guest().open()
    for rate in (70, 71, 72):
        day.observe(systolic=120, diastolic=74, heart_rate=rate, spo2=98)
        day.house.later(minutes=50)
    return day


def shown(client, day, query=""):
    page = client.get(reverse("medicine:timeline", args=[day.session.id]) + query)
    assert page.status_code == 200
    return page


def rates(page):
    lines = page.context["picture"]["lines"]
    words = [w for one in lines for _x, _y, w in one["dots"] if w.startswith("Heart")]
    return [int(re.search(r"(\d+) /min", w)[1]) for w in words]


def test_a_stretch_holds_what_was_in_it_and_nothing_is_moved_to_its_edge(day, screens):
    nurse = screens(day.house)(day.house.nurse)
    whole = shown(nurse, day)
    parts = whole.context["parts"]
    assert {70, 71, 72} <= set(rates(whole)) and len(parts) >= 2
    seen = [rates(shown(nurse, day, f"?part={one.key}")) for one in parts]
    assert sorted(rate for found in seen for rate in found) == sorted(rates(whole))
    for one in parts:
        page = shown(nurse, day, f"?part={one.key}")
        assert all(one.has(line["at"]) for line in page.context["timeline"])
        assert "of the day is shown here" in page.content.decode()


@pytest.mark.parametrize("query", ["?part=99", "?part=x", "?part=", "?part=-1"])
def test_a_stretch_that_is_none_shows_the_whole_day(day, screens, query):
    page = shown(screens(day.house)(day.house.nurse), day, query)
    assert page.context["part"] is None
    assert "of the day is shown here" not in page.content.decode()


def test_the_picture_has_a_line_for_everybody_who_was_there(day, screens):
    bars = shown(screens(day.house)(day.house.nurse), day).context["picture"]["bars"]
    said = " ".join(bar["words"] for bar in bars)
    for who in (day.house.nurse, day.house.therapist, day.house.prescriber):
        assert who.signed_name in said
