"""What goes on paper says what was charted and given, and leaves blank what was not measured."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from holdspace.care.events import RescueDrug
from holdspace.core.facts import Route
from holdspace.medicine import page, papers
from holdspace.medicine.actions import rescue_drug
from holdspace.records.models import AccessEvent
from tests.rooms.factory import played

pytestmark = pytest.mark.django_db


def read(day):
    return page.read(day.session, now=day.now, actor=day.house.nurse)


def test_the_hand_over_names_medicine_amount_route_and_time():
    day = played().guest().open()
    day.give("50 mg")
    (given,) = papers.given(read(day))
    assert (given.what, given.how) == ("ketamine (racemic) 50 mg", "into a muscle")
    assert not given.outside_the_door


def test_the_hand_over_names_what_was_given_against_an_effect_in_its_order():
    day = played().guest().open()
    day.give("50 mg")
    day.house.later(minutes=10)
    drug = RescueDrug("ondansetron", "4 mg by mouth", "vomited twice")
    rescue_drug(session=day.session, drug=drug, at=day.now, by=day.house.nurse, now=day.now)
    dose, rescue = papers.given(read(day))
    assert dose.what == "ketamine (racemic) 50 mg"
    assert (rescue.what, rescue.how) == ("ondansetron 4 mg by mouth", "vomited twice")
    assert rescue.at - dose.at == timedelta(minutes=10)


def test_a_set_is_one_row_and_what_was_not_measured_is_blank():
    day = played().guest().open()
    day.house.later(minutes=5)
    day.observe(spo2=Decimal(97), heart_rate=Decimal(80))
    newest = papers.sets(read(day))[0]
    assert newest["at"] == day.now
    pressure, heart, spo2, *rest = newest["cells"]
    assert (pressure, heart) == ("", "80 /min") and spo2.startswith("97 %")
    assert rest == ["", "", ""]


def test_who_is_in_the_room_can_be_asked():
    day = played().guest().open()
    names = papers.in_the_room(read(day))
    assert any("Jonah Reyes" in name for name in names)


def test_a_sheet_has_the_times_of_the_protocol_in_its_column():
    day = played().guest().open()
    from holdspace.care.facts import protocol_of

    owed = papers.lines(protocol_of(day.session.course), Route.IM)
    assert owed[:4] == ["before", "+10", "+20", "+30"]
    assert len(owed) == papers.LINES + 1 == len(papers.lines(None, Route.IM))


def test_printing_the_sheets_is_in_the_access_log_for_each_person(screens):
    guest = played().guest()
    browser = screens(guest.house)(guest.house.nurse)
    page_of = browser.get(reverse("medicine:downtime")).content.decode()
    assert guest.course.patient.name in page_of
    assert AccessEvent.objects.filter(
        what="record.print", patient_id=guest.course.patient_id
    ).exists()
