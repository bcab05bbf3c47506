"""Each unusual number is asked about by itself, and a tick answers the number it was asked for."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from holdspace.core.units import Kind
from holdspace.medicine.forms import ReadinessForm, VitalsForm, kind_field
from tests.rooms.factory import NOW, played

WELL = {"systolic": "122", "diastolic": "78", "heart_rate": "70"}

TICKS = [
    ("nothing unusual", {}, set(), set()),
    ("one unusual", {"heart_rate": "310"}, {"heart_rate"}, {"heart_rate"}),
    ("and its tick", {"heart_rate": "310", "sure_heart_rate": "310"}, set(), {"heart_rate"}),
    ("the same number", {"heart_rate": "310", "sure_heart_rate": "310.0"}, set(), {"heart_rate"}),
    ("a tick for another number", {"heart_rate": "310", "sure_heart_rate": "301"},
     {"heart_rate"}, {"heart_rate"}),
    ("a mere tick", {"heart_rate": "310", "sure_heart_rate": "on"},
     {"heart_rate"}, {"heart_rate"}),
    ("the old tick for all", {"heart_rate": "310", "sure": "on"}, {"heart_rate"}, {"heart_rate"}),
    ("a tick of another field", {"heart_rate": "310", "systolic": "310", "sure_systolic": "310"},
     {"heart_rate"}, {"heart_rate", "systolic"}),
    ("both, both ticked", {"heart_rate": "310", "systolic": "310", "sure_systolic": "310",
                           "sure_heart_rate": "310"}, set(), {"heart_rate", "systolic"}),
    ("a tick where nothing is unusual", {"sure_heart_rate": "70"}, set(), set()),
    ("no number at all", {"heart_rate": "fast", "sure_heart_rate": "fast"}, {"heart_rate"}, set()),
    ("a comma", {"heart_rate": "7,0", "sure_heart_rate": "7,0"}, {"heart_rate"}, set()),
    ("no pulse at all", {"heart_rate": "0", "sure_heart_rate": "0"}, {"heart_rate"}, set()),
    ("no pressure", {"systolic": "0", "sure_systolic": "0"}, {"systolic"}, set()),
    ("more than all of it", {"spo2": "101", "sure_spo2": "101", "oxygen_l_min": "0"},
     {"spo2"}, set()),
    ("low, and looked at", {"spo2": "28", "sure_spo2": "28", "oxygen_l_min": "0"}, set(), {"spo2"}),
    ("no breath, counted", {"respiratory_rate": "0", "sure_respiratory_rate": "0"},
     set(), {"respiratory_rate"}),
    ("off its scale", {"distress": "11", "sure_distress": "11"}, {"distress"}, set()),
    ("a grade of 6", {"sedation_moaas": "6", "sure_sedation_moaas": "6"},
     {"sedation_moaas"}, set()),
    ("close to the systolic", {"diastolic": "117"}, {"diastolic"}, {"diastolic"}),
    ("close, and right", {"diastolic": "117", "sure_diastolic": "117"}, set(), {"diastolic"}),
    ("close, ticked for 116", {"diastolic": "117", "sure_diastolic": "116"},
     {"diastolic"}, {"diastolic"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "typed", "wrong", "asked"), TICKS)
def test_a_tick_is_for_one_number_of_one_field(what, typed, wrong, asked):
    form = VitalsForm(WELL | typed, now=NOW)
    assert form.is_valid() is not wrong, what
    assert set(form.errors) == wrong, what
    assert {bound.name for bound in form.asked_again} == {f"sure_{kind}" for kind in asked}, what


def test_a_tick_names_its_field_and_its_number_and_keeps_what_was_ticked():
    form = VitalsForm(
        WELL | {"heart_rate": "310", "sure_heart_rate": "310", "systolic": "320"}, now=NOW
    )
    assert not form.is_valid()
    rate, pressure = sorted(form.asked_again, key=lambda bound: bound.name)
    assert str(rate.label) == "Heart rate 310 /min is right: I looked at the person"
    assert 'value="310"' in str(rate) and "checked" in str(rate)
    assert 'value="320"' in str(pressure) and "checked" not in str(pressure)


WEIGHTS = [
    (None, "72.4", {}, True),
    ("72.4", "76.0", {}, True),
    ("72.4", "76.02", {}, True),
    ("72.4", "76.1", {}, False),
    ("72.4", "68.8", {}, True),
    ("72.4", "68.7", {}, False),
    ("72.4", "27.4", {"sure_weight": "72.4"}, False),
    ("72.4", "76.1", {"sure_weight": "76.1"}, True),
    ("72.4", "7.2", {"sure_weight": "7.2"}, True),
]


@pytest.mark.parametrize(("last", "now", "tick", "valid"), WEIGHTS)
def test_a_weight_far_from_the_last_one_is_asked_about(last, now, tick, valid):
    before = Decimal(last) if last else None
    form = ReadinessForm({"weight": now, **tick}, now=NOW, last_weight=before, weight_percent=5)
    assert form.is_valid() is valid, form.errors
    assert valid or f"{last} kg" in form.errors["weight"][0]


@pytest.mark.django_db
def test_the_readiness_page_asks_about_a_weight_that_jumped(screens):
    house = played(stocked=False)
    guest = house.guest()
    nurse = screens(house)(house.nurse)
    page = reverse("medicine:readiness", args=[guest.course.id])
    house.later(minutes=1)
    typed = {"weight": "85", "step": "keep"}
    asked = nurse.post(page, typed)
    assert asked.status_code == 422
    assert "Weight 85 kg is right: I looked at the person" in asked.content.decode()
    assert nurse.post(page, typed | {"sure_weight": "58"}).status_code == 422
    assert nurse.post(page, typed | {"sure_weight": "85"}).status_code == 302
    newest = guest.course.observations.filter(kind="weight").order_by("taken_at").last()
    assert newest.number == 85 and newest.taken_at > house.now - timedelta(minutes=1)


def test_two_points_for_activity_mean_that_the_person_is_oriented_and_walks_steadily():
    grades = dict(kind_field(Kind.PADSS_ACTIVITY).choices)
    assert "knows who, where and what day it is, and walks steadily" in grades["2"]
    assert "one of the two" in grades["1"] and "neither" in grades["0"]
