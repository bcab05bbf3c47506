"""The desk sees every form that somebody waits for, and nothing of what was answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from holdspace.assessment import actions, owed
from holdspace.assessment.models import FormEnd, FormRequest
from holdspace.assessment.owed import Stands
from holdspace.care import actions as care
from holdspace.care.models import Message, Strike
from holdspace.people import actions as people
from holdspace.records.models import AccessEvent
from tests.rooms.factory import Guest, House, played, sign
from tests.rooms.people.cast import clinic_at, signed_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PAGE = "/assessment/forms/"
OVERDUE_LINE = (
    "WHO-5 Well-Being Index (week 9) overdue since Mon 2 Mar 2026, "
    "6 forms (baseline) due by Thu 5 Mar 2026."
)


@pytest.fixture
def guest(monkeypatch: pytest.MonkeyPatch) -> Guest:
    house = played(stocked=False)
    monkeypatch.setattr("holdspace.people.clock.read", lambda: house.now)
    house.on_call()
    return house.enquirer(email="robin@mail.example", safe_contact="email")


@pytest.fixture
def desk(guest: Guest) -> Client:
    return signed_in(guest.house.coordinator)


def form(guest: Guest, instrument: str = "gad-7", point: str = "baseline") -> owed.Form:
    found = owed.forms_of(guest.course, guest.now)
    return next(one for one in found if (one.instrument, one.point) == (instrument, point))


def press(browser: Client, guest: Guest, act: str, instrument: str = "gad-7", **more: str) -> Any:
    sent = {"instrument": instrument, "point": "baseline", "act": act, "back": "due", **more}
    return browser.post(f"/assessment/{guest.course.id}/form/", sent)


def text(browser: Client, address: str = PAGE) -> str:
    return browser.get(address).content.decode()


def words(page: str) -> str:
    """What the list of people says, without the addresses of its links."""
    return strip_tags(page.partition('class="owed-people"')[2].partition("</main>")[0])


def answered(guest: Guest, instrument: str = "gad-7", option: int = 3) -> actions.Recorded:
    row = form(guest, instrument).request
    assert row is not None
    for n in range(1, 8):
        actions.answer_item(request=row, item=f"gad7_{n}", option=option, now=guest.now)
    return actions.finish(request=row, now=guest.now)


# --- one list -------------------------------------------------------------------------------------


def test_a_form_goes_through_every_word_from_due_to_answered_and_back_when_struck(
    guest: Guest,
) -> None:
    one = form(guest)
    assert (one.stands, one.request, one.letter) == (Stands.DUE, None, None)
    guest.house.later(days=4)
    assert form(guest).stands is Stands.OVERDUE
    row = actions.ask_to_fill(
        course=guest.course, instrument="gad-7", point="baseline", due_at=one.due_at, by=None,
        now=guest.now,
    )  # fmt: skip
    care.post(
        clinic=guest.house.clinic, to=guest.patient, template="form_ready", about=row.id,
        now=guest.now,
    )  # fmt: skip
    actions.answer_item(request=row, item="gad7_1", option=1, now=guest.now)
    one = form(guest)
    assert one.stands is Stands.OVERDUE and one.request == row
    assert one.begun == 1 and one.letter is not None and one.letter.state == "queued"
    kept = answered(guest)
    assert form(guest).stands is Stands.ANSWERED
    by = guest.house.nurse
    signature = sign(by, guest.now)
    care.strike(row=kept.event, reason="not theirs", by=by, now=guest.now, signature=signature)
    assert Strike.objects.exists()
    one = form(guest)
    assert one.stands is Stands.OVERDUE and one.request is None


def struck(guest: Guest) -> FormRequest:
    """A form that was asked for, answered, and its answer struck."""
    row = actions.ask_to_fill(
        course=guest.course, instrument="gad-7", point="baseline", due_at=form(guest).due_at,
        by=None, now=guest.now,
    )  # fmt: skip
    kept, by = answered(guest), guest.house.nurse
    guest.house.later(minutes=1)
    care.strike(
        row=kept.event, reason="not theirs", by=by, now=guest.now, signature=sign(by, guest.now)
    )
    guest.house.later(minutes=1)
    return row


def test_a_form_whose_answer_was_struck_is_asked_for_anew_and_answered(guest: Guest) -> None:
    before = struck(guest)
    asked = {
        "course": guest.course, "instrument": "gad-7", "point": "baseline",
        "due_at": guest.now + DAY, "by": guest.house.coordinator,
    }  # fmt: skip
    row = actions.ask_to_fill(**asked, now=guest.now)
    assert row.instead_of == before and form(guest).request == row
    assert actions.ask_to_fill(**asked, now=guest.house.later(minutes=1)) == row
    assert actions.new_link(request=row, now=guest.now)
    kept = answered(guest, option=1)
    assert form(guest).stands is Stands.ANSWERED
    assert kept.event != before.end.event and before.answers.count() == row.answers.count() == 7
    by = guest.house.nurse
    care.strike(
        row=kept.event, reason="nor this", by=by, now=guest.now, signature=sign(by, guest.now)
    )
    third = actions.ask_to_fill(**asked, now=guest.house.later(minutes=1))
    assert third.instead_of == row and form(guest).request == third


def test_the_desk_gets_a_link_to_a_form_whose_answer_was_struck(guest: Guest, desk: Client) -> None:
    struck(guest)
    page = press(desk, guest, "link")
    assert page.status_code == 200 and "/forms/" in page.content.decode()
    assert FormRequest.objects.filter(instrument="gad-7").count() == 2


def test_a_form_asked_by_a_colleague_and_struck_may_be_asked_again(guest: Guest) -> None:
    asked = {
        "course": guest.course, "instrument": "gad-7", "point": "week 9",
        "due_at": guest.now + DAY, "by": guest.house.therapist,
    }  # fmt: skip
    row = actions.ask_to_fill(**asked, now=guest.now)
    for n in range(1, 8):
        actions.answer_item(request=row, item=f"gad7_{n}", option=1, now=guest.now)
    kept, by = actions.finish(request=row, now=guest.now), guest.house.nurse
    signature = sign(by, guest.now)
    care.strike(row=kept.event, reason="not theirs", by=by, now=guest.now, signature=signature)
    assert actions.ask_to_fill(**asked, now=guest.now).instead_of == row
    assert form(guest, point="week 9").is_open


def test_what_is_stopped_with_a_reason_is_due_no_more(guest: Guest, desk: Client) -> None:
    press(desk, guest, "stop", reason="")
    assert form(guest).stands is Stands.DUE and not FormEnd.objects.exists()
    press(desk, guest, "stop", reason="Filled\x00 in elsewhere.")
    assert form(guest).stands is Stands.DUE and not FormEnd.objects.exists()
    press(desk, guest, "stop", reason="Filled in at the referring clinic.")
    assert form(guest).stands is Stands.STOPPED
    end = FormEnd.objects.get()
    assert (end.reason, end.by) == ("Filled in at the referring clinic.", guest.house.coordinator)


def test_what_closes_unanswered_was_missed(guest: Guest) -> None:
    guest.house.later(days=200)
    assert form(guest).stands is Stands.MISSED
    assert not [one for one in owed.forms_of(guest.course, guest.now) if one.is_open]


def test_a_colleague_may_ask_for_what_the_protocol_does_not_or_sooner(guest: Guest) -> None:
    for instrument, point in (("who-5", "week 9"), ("gad-7", "baseline")):
        actions.ask_to_fill(
            course=guest.course, instrument=instrument, point=point, due_at=guest.now + DAY,
            by=guest.house.therapist, now=guest.now,
        )  # fmt: skip
    guest.house.later(days=2)
    assert form(guest, "who-5", "week 9").stands is Stands.OVERDUE
    assert form(guest).stands is Stands.OVERDUE  # the protocol alone would wait another day
    assert form(guest, "audit-c").stands is Stands.DUE


# --- the page of the desk -------------------------------------------------------------------------


def test_the_desk_sees_names_and_titles_and_no_answer(guest: Guest, desk: Client) -> None:
    actions.ask_to_fill(
        course=guest.course, instrument="gad-7", point="baseline", due_at=guest.now + DAY, by=None,
        now=guest.now,
    )  # fmt: skip
    page = text(desk)
    assert guest.patient.called in page and "PHQ-9" in page and "GAD-7" in page
    answered(guest)
    page = text(desk)
    assert "(GAD-7)" not in page and "Severe" not in page and "21" not in words(page)
    assert "asked by voice" not in page  # what staff ask is not the desk's
    assert AccessEvent.objects.filter(detail__startswith="forms due").count() == 2


def test_a_person_is_named_once_with_every_form_and_every_act_under_the_name(
    guest: Guest, desk: Client
) -> None:
    other = guest.house.enquirer()
    page = text(desk).partition('class="owed-people"')[2].partition("</main>")[0]
    for someone in (guest, other):
        forms = [one for one in owed.forms_of(someone.course, guest.now) if one.is_open]
        assert len(forms) > 1
        mine = page.partition(f"/people/{someone.patient.pk}/")[2].partition("<h2>")[0]
        assert page.count(f"/people/{someone.patient.pk}/") == 1
        sent = [one for one in forms if not one.by_staff]
        for act in ("send", "link", "tablet"):
            assert mine.count(f'name="act" value="{act}"') == len(sent)
        assert mine.count('name="act" value="stop"') == len(sent)
        assert mine.count("/blank/") == len(sent)
        for one in sent:
            assert mine.count(f'name="instrument" value="{one.instrument}"') == 2


@pytest.mark.parametrize(
    ("days", "show", "is_there"),
    [
        (0, "all", True), (0, "overdue", False), (0, "today", False), (0, "week", True),
        (3, "today", True), (3, "overdue", False),
        (4, "overdue", True), (4, "today", False), (4, "week", False), (4, "all", True),
        (200, "all", False), (200, "overdue", False), (0, "nonsense", True),
    ],
)  # fmt: skip
def test_the_filters(guest: Guest, desk: Client, days: int, show: str, is_there: bool) -> None:
    guest.house.later(days=days)
    if days == 3:
        guest.house.later(minutes=-1)
    page = text(desk, f"{PAGE}?show={show}")
    assert ("GAD-7" in page) is is_there
    assert ("Nothing is due here" in page) is not is_there


def test_a_form_that_the_protocol_asks_is_sent_with_one_press(guest: Guest, desk: Client) -> None:
    assert press(desk, guest, "send")["Location"] == PAGE
    message = Message.objects.get()
    row = FormRequest.objects.get()
    assert (message.about, row.by, row.point) == (row.id, guest.house.coordinator, "baseline")
    press(desk, guest, "send")  # pressed twice: it waits already
    assert Message.objects.count() == 1


def test_a_link_is_shown_once_and_comes_back_to_the_desks_page(guest: Guest, desk: Client) -> None:
    shown = press(desk, guest, "link")
    assert "/forms/" in shown.context["address"] and shown.context["back"] == PAGE
    assert shown.context["address"].rsplit("/", 2)[1] not in text(desk)


@pytest.mark.parametrize(
    ("act", "instrument", "status"),
    [("send", "no-such", 302), ("burn", "gad-7", 404), ("link", "asq", 302)],
)
def test_what_is_not_open_is_not_asked(
    guest: Guest, desk: Client, act: str, instrument: str, status: int
) -> None:
    assert press(desk, guest, act, instrument).status_code == status
    assert not FormRequest.objects.exists() and not Message.objects.exists()


def test_a_restricted_file_is_not_on_a_colleagues_page(guest: Guest) -> None:
    people.restrict_file(
        patient=guest.patient, by=guest.house.therapist, now=guest.now, restricted=True,
        reason="works in this clinic",
    )  # fmt: skip
    assert guest.patient.called not in text(signed_in(guest.house.nurse)).partition("<main")[2]
    assert guest.patient.called in text(signed_in(guest.house.therapist)).partition("<main")[2]


def test_another_clinic_sees_none_of_it(guest: Guest) -> None:
    other = signed_in(clinic_at(guest.now, name="Elsewhere").director)
    assert "Nothing is due here" in text(other)
    assert press(other, guest, "send").status_code == 404
    assert signed_in(guest.house.custodian).get(PAGE).status_code == 404


def test_forms_of_many_people_take_as_many_queries_as_of_one(guest: Guest, desk: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert desk.get(PAGE).status_code == 200
        return len(seen)

    def ask(house: House, someone: Guest) -> None:
        actions.ask_to_fill(
            course=someone.course, instrument="gad-7", point="baseline",
            due_at=house.now + DAY, by=house.therapist, now=house.now,
        )  # fmt: skip

    queries()
    ask(guest.house, guest)
    one = queries()
    for _ in range(4):
        ask(guest.house, guest.house.enquirer())
    assert queries() == one < 30


# --- the line on the chart ------------------------------------------------------------------------


def test_the_chart_says_in_one_line_what_is_due_and_overdue(guest: Guest) -> None:
    nurse = signed_in(guest.house.nurse)
    address = f"/chart/{guest.patient.id}/"
    said = owed.forms_of(guest.course, guest.now)
    assert "6 forms (baseline) due by Thu 5 Mar 2026." in text(nurse, address)
    actions.ask_to_fill(
        course=guest.course, instrument="who-5", point="week 9", due_at=guest.now, by=None,
        now=guest.now,
    )  # fmt: skip
    assert len(said) == 6
    guest.house.later(hours=1)
    page = text(nurse, address)
    assert OVERDUE_LINE in page
    assert "Hand over this tablet" in page
    for one in owed.forms_of(guest.course, guest.now):
        press(nurse, guest, "stop", one.instrument, reason="not wanted", point=one.point)
    assert "No form is due." in text(nurse, address)
