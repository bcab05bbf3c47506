"""A plan of music: chosen in versions, looked at again, and a person's no that counts at once."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from holdspace.care.actions import WrongInput
from holdspace.care.facts import protocol_of
from holdspace.comfort import actions, reading
from holdspace.comfort.models import Plan, PlanWish
from holdspace.config.quiet_log import HideKeys
from holdspace.core.facts import Route
from holdspace.core.music import Phase
from holdspace.records.models import AccessEvent, AccessWhat
from holdspace.records.verify import verify
from tests.rooms.comfort.scene import add, keep
from tests.rooms.factory import House


def address(guest: Any) -> str:
    return f"/preparation/{guest.course.id}/music/"


def link(plan: Plan, house: House) -> str:
    return f"/forms/music/{reading.link_for(plan, house.now)}/"


def test_the_therapist_chooses_phase_by_phase_on_the_page(house: House, screens: Any) -> None:
    guest, first, second = house.enquirer(), add(house, "Ground"), add(house, "Tide")
    browser = screens(house)(house.therapist)
    sent = {
        "settle_item_1": str(first.id), "peak_item_1": str(second.id), "peak_item_2": "silence:3",
        "peak_item_3": str(first.id), "onset_minutes": "8", "peak_minutes": "30",
        "re_entry_minutes": "25", "avoid": "No drums.",
    }  # fmt: skip
    assert browser.post(address(guest), sent).status_code == 302
    plan = Plan.objects.get()
    assert plan.items["peak"] == [
        {"track": str(second.id)}, {"silence": 3}, {"track": str(first.id)},
    ]  # fmt: skip
    assert (plan.version, plan.onset_minutes, plan.avoid) == (1, 8, "No drums.")
    page = browser.get(address(guest)).content.decode()
    assert "No drums." in page
    assert "Version 1" in page
    assert verify().ok


def test_the_usual_lengths_come_from_the_protocol_and_wait_for_a_signature(house: House) -> None:
    guest = house.enquirer()
    times = protocol_of(guest.course).music[Route.IM]
    assert reading.usual_lengths(guest.course) == times.lengths
    assert times.awaiting_signature


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("peak_minutes", "0"), ("peak_minutes", "241"), ("peak_minutes", "half an hour"),
        ("peak_item_1", "silence:9999"), ("peak_item_1", "x"), ("avoid", "x" * 1001),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_said_and_nothing_is_kept(
    house: House, screens: Any, field: str, value: str
) -> None:
    guest, track = house.enquirer(), add(house)
    sent = {
        "settle_item_1": str(track.id), "onset_minutes": "8", "peak_minutes": "30",
        "re_entry_minutes": "25", field: value,
    }  # fmt: skip
    page = screens(house)(house.therapist).post(address(guest), sent)
    assert page.status_code == 422
    assert "error" in page.content.decode()
    assert not Plan.objects.exists()


def test_a_track_that_is_retired_or_elsewhere_cannot_be_planned(house: House) -> None:
    guest, track = house.enquirer(), add(house)
    actions.retire_track(track=track, because="no licence", by=house.therapist, now=house.now)
    for key in (track.id, uuid4()):
        with pytest.raises(WrongInput, match="does not play"):
            keep(guest, {Phase.PEAK: [key]})


def test_only_the_therapist_plans(house: House, screens: Any) -> None:
    guest, of = house.enquirer(), screens(house)
    for who, reads in ((house.nurse, 200), (house.prescriber, 200), (house.coordinator, 404)):
        browser = of(who)
        assert browser.get(address(guest)).status_code == reads
        assert browser.post(address(guest), {}).status_code == 404
    with pytest.raises(WrongInput, match="does not plan"):
        planned = actions.Planned({}, reading.usual_lengths(guest.course))
        actions.keep_plan(course=guest.course, planned=planned, by=house.nurse, now=house.now)


def test_the_last_plan_is_there_again_after_a_session_and_asks_to_be_looked_at(
    house: House,
) -> None:
    guest = house.guest()
    keep(guest, {Phase.SETTLE: [add(house).id]})
    assert reading.plan_to_start_from(guest.course) == (Plan.objects.get(), False)
    house.later(minutes=5)
    guest.open()
    assert reading.plan_to_start_from(guest.course) == (Plan.objects.get(), True)
    house.later(minutes=5)
    second = keep(guest, {Phase.SETTLE: []})
    assert reading.plan_to_start_from(guest.course) == (second, False)
    assert second.version == 2


def test_the_person_sees_plain_words_and_says_not_this_one(house: House, screens: Any) -> None:
    guest, track = house.enquirer(), add(house, "Wide")
    plan = keep(guest, {Phase.PEAK: [track.id, 3]}, avoid="Nothing that is sung.")
    screens(house)
    browser, place = Client(), link(plan, house)
    page = browser.get(place).content.decode()
    assert "In the middle" in page
    assert "Wide" in page
    assert "3 minutes of silence" in page
    assert house.clinic.name not in page.split("<main")[0]
    assert "ketamine" not in page.lower()
    assert browser.post(place, {"track": str(track.id), "wanted": "no"}).status_code == 302
    assert reading.entries(plan)[Phase.PEAK][0].refused
    assert "left out, as you said" in browser.get(place).content.decode()
    browser.post(place, {"track": str(track.id), "wanted": "yes"})
    assert not reading.entries(plan)[Phase.PEAK][0].refused
    assert AccessEvent.objects.filter(what=AccessWhat.PORTAL_VIEW, detail="music").exists()
    assert PlanWish.objects.filter(by=None).count() == 2
    assert verify().ok


def test_a_no_stays_when_the_plan_changes_and_the_link_does_not(house: House, screens: Any) -> None:
    guest, track = house.enquirer(), add(house)
    plan = keep(guest, {Phase.PEAK: [track.id]})
    screens(house)
    actions.say_wish(plan=plan, track=track, wanted=False, by=None, now=house.now)
    second = keep(guest, {Phase.PEAK: [track.id]})
    assert reading.entries(second)[Phase.PEAK][0].refused
    assert Client().get(link(plan, house)).status_code == 404


@pytest.mark.parametrize("break_it", ["too old", "changed", "made up"])
def test_a_link_that_is_not_good_shows_where_to_call_and_nothing_else(
    house: House, screens: Any, break_it: str
) -> None:
    plan = keep(house.enquirer(), {Phase.PEAK: [add(house, "Wide").id]})
    screens(house)
    place = link(plan, house)
    if break_it == "too old":
        house.later(days=reading.LINK_DAYS, minutes=1)
    elif break_it == "changed":
        place = place.replace(str(plan.id), str(uuid4()))
    else:
        place = "/forms/music/abc/"
    answer = Client().get(place)
    assert answer.status_code == 404
    assert "Wide" not in answer.content.decode()
    assert "988" in answer.content.decode()


def test_a_link_is_a_key_and_never_stands_in_a_log(house: House) -> None:
    plan = keep(house.enquirer())
    record = logging.LogRecord("x", 20, "", 0, "GET %s 200", (link(plan, house),), None)
    HideKeys().filter(record)
    assert str(plan.id) not in record.getMessage()


def test_a_wish_about_a_track_that_is_not_in_the_plan_is_refused(house: House) -> None:
    plan, other = keep(house.enquirer()), add(house)
    with pytest.raises(WrongInput, match="not in this plan"):
        actions.say_wish(plan=plan, track=other, wanted=False, by=None, now=house.now)


def test_a_new_course_starts_from_the_last_plan_of_the_person(house: House) -> None:
    plan = keep(house.enquirer())
    assert plan.recorded_at + timedelta(0) == house.now
    other = house.enquirer()
    assert reading.plan_to_start_from(other.course) == (None, False)
