"""What the person takes home on paper: before when they do not drive, who comes, who calls."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.urls import reverse

from holdspace.core import discharge
from holdspace.core.facts import Ending
from holdspace.medicine import actions
from holdspace.people import actions as people
from holdspace.records.models import AccessEvent
from tests.rooms.factory import passed, played

pytestmark = pytest.mark.django_db


def opened():
    day = played().guest().open()
    assert f"{day.now.astimezone(day.house.clinic.zone):%a %H:%M}" == "Tue 09:01"
    return day


def address(day, page="instructions"):
    return reverse(f"medicine:{page}", args=[day.session.id])


def words(screens, day, page="instructions"):
    shown = screens(day.house)(day.house.nurse).get(address(day, page)).content.decode()
    return " ".join(shown.split())


def main_of(said):
    return said[said.index("<main") : said.index("</main>")]


PAGES = ["instructions", "session", "session_live"]


@pytest.mark.parametrize("page", PAGES)
def test_the_moment_for_driving_stands_there_and_moves_with_a_further_dose(screens, page):
    day = opened()
    assert moment(words(screens, day, page)) == ""
    day.give()
    assert moment(words(screens, day, page)) == "Wed 4 Mar 2026, 09:01 MST"
    day.house.later(minutes=25)
    day.observe(systolic=128, diastolic=80, heart_rate=74, spo2=98, sedation_moaas=5)
    actions.record_variance_dose(
        **day.common, milligrams=Decimal(10), at=day.now, by=day.house.nurse,
        reason="given while the network was away",
    )  # fmt: skip
    assert moment(words(screens, day, page)) == "Wed 4 Mar 2026, 09:26 MST"


def moment(said):
    before = r'before (?:<strong class="home-when">)?'
    found = re.search(before + r"(\w{3} \d+ \w{3} \d{4}, [\d:]+ \w+)", said)
    return found[1] if found else ""


def test_without_a_dose_no_time_stands_there_and_nothing_is_allowed(screens):
    day = opened()
    said = words(screens, day)
    assert "No time stands here yet. Please ask the clinician who is with you" in said
    assert "No driving before" not in words(screens, day, "session")


def test_it_says_who_takes_the_person_home_and_whom_to_call(screens):
    day = opened()
    day.give()
    people.change_clinic(
        by=day.house.administrator, now=day.now, phone="303 555 0100",
        crisis_lines=[{"label": "Night line", "number": "303 555 0199", "href": "tel:3035550199"}],
    )  # fmt: skip
    said = words(screens, day)
    assert "<strong>Sam Vale</strong>" in said
    assert "Our number is 303 555 0100." in said
    assert "303 555 0199</strong> <span>Night line" in said
    assert "911</strong> <span>Emergency" in said, "also where the clinic's own lines lack it"


def test_whom_the_discharge_names_takes_the_place_of_whom_readiness_named(screens):
    day = opened()
    day.give()
    day.settle()
    assert "<strong>Sam Vale</strong>" in words(screens, day)
    passed(day.discharge(escort="Aunt Rosa"))
    said = words(screens, day)
    assert "<strong>Aunt Rosa</strong>" in said and "Sam Vale" not in said


def test_the_emergency_number_stands_there_once(screens):
    day = opened()
    assert words(screens, day).count('num">911<') == 1


def test_the_call_on_the_paper_is_the_call_that_somebody_owes(screens):
    day = opened()
    day.give()
    day.settle()
    before = words(screens, day)
    passed(day.discharge())
    owed = day.guest.course.tasks.get(kind="next_day_contact")
    by = f"by <strong>{owed.due_at.astimezone(day.house.clinic.zone):%a} "
    after = words(screens, day)
    assert by in before and by in after and ", 18:00 M" in after[after.index(by) :][:60]


def test_who_leaves_against_advice_gets_the_paper_with_its_own_calls(screens):
    day = opened()
    day.give()
    day.house.later(minutes=40)
    actions.end_session(
        **day.common, ending=Ending.LEFT_AGAINST_ADVICE, reason="had to go", by=day.house.nurse
    )
    said = words(screens, day)
    assert "calls you today, and again tomorrow" in said
    assert "<strong>not recorded</strong>" in said, "nobody knows who took them home"
    assert moment(said) == "Wed 4 Mar 2026, 09:01 MST"


def test_nobody_takes_the_paper_into_a_hospital(screens):
    day = opened()
    day.give()
    actions.end_session(
        **day.common, ending=Ending.TRANSFERRED, reason="to the hospital", by=day.house.nurse
    )
    nurse = screens(day.house)(day.house.nurse)
    assert nurse.get(address(day)).status_code == 404
    assert address(day) not in nurse.get(address(day, "session")).content.decode()


def test_the_paper_has_nothing_of_the_persons_health(screens):
    day = opened()
    day.give()
    said = main_of(words(screens, day)).lower()
    for word in ("ketamine", " mg", "dose", "mmhg", "diagnos", day.guest.patient.display_id):
        assert word.lower() not in said


def test_the_session_page_leads_to_it_and_it_is_in_the_access_log_as_a_print(screens):
    day = opened()
    assert address(day) in words(screens, day, "session")
    patient = day.guest.patient.id
    printed = AccessEvent.objects.filter(what="record.print", patient_id=patient)
    assert not printed.exists()
    words(screens, day)
    assert printed.count() == 1


def test_who_may_not_read_the_chart_has_no_such_page(screens):
    day = opened()
    elsewhere = played(stocked=False)
    assert screens(day.house)(day.house.coordinator).get(address(day)).status_code == 404
    assert screens(day.house)(elsewhere.nurse).get(address(day)).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_a_time_that_nobody_signed_has_its_mark(screens, page):
    day = opened()
    day.give()
    mark = 'sleep. <span class="mark">proposed, awaiting signature</span>'
    assert mark not in words(screens, day, page)
    told = discharge.Driving(day.now + timedelta(hours=24), 24, awaiting=False)
    with patch.object(discharge, "driving", lambda *_asked: replace(told, awaiting=True)):
        assert mark in words(screens, day, page)
