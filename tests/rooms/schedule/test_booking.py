"""A promise of time is made once: no room, person or member of staff is promised twice."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections

from holdspace.care import actions as care
from holdspace.care.models import Decision
from holdspace.core.canonical import from_text
from holdspace.core.facts import Facts, Role
from holdspace.records.models import Entry
from holdspace.schedule import actions as schedule
from holdspace.schedule.actions import Clash, Wanted, book
from holdspace.schedule.models import Appointment, AppointmentKind
from holdspace.schedule.openings import while_open
from tests.rooms.factory import played
from tests.rooms.people.cast import member, person

EIGHT = 8


@pytest.fixture
def house(db):
    return played(stocked=False)


def wanted(house, hours=24, **changes):
    """A session with everybody in the first room, four hours long."""
    starts = house.now + timedelta(hours=hours)
    asked = Wanted(
        kind=AppointmentKind.SESSION, starts_at=starts, ends_at=starts + timedelta(hours=4),
        room=house.rooms[0], therapist=house.therapist, session_clinician=house.nurse,
        prescriber=house.prescriber,
    )  # fmt: skip
    return replace(asked, **changes)


def booked(house, asked, patient=None):
    patient = patient or person(house.cast)
    return book(patient=patient, wanted=asked, by=house.coordinator, now=house.now)


def refused(house, asked, field, patient=None):
    before = (Appointment.objects.count(), Entry.objects.count())
    patient = patient or person(house.cast)
    with pytest.raises(Clash) as clash:
        booked(house, asked, patient)
    assert clash.value.field == field and clash.value.accepted
    assert Appointment.objects.count() == before[0]


def test_a_room_and_the_people_in_it_are_promised_once(house):
    booked(house, wanted(house))
    other_nurse = member(house.cast, Role.SESSION_CLINICIAN, name="Lena Moss")
    other_therapist = member(house.cast, Role.THERAPIST, name="Ruth Okello")
    aspen, late = house.rooms[1], wanted(house, 25)
    refused(house, late, "room")
    refused(house, replace(late, room=aspen), "therapist")
    refused(house, replace(late, room=aspen, therapist=other_therapist), "session_clinician")
    both = replace(late, room=aspen, therapist=other_therapist, session_clinician=other_nurse)
    assert booked(house, both).prescriber == house.prescriber  # covers two rooms


def test_a_person_is_in_one_place_at_a_time(house):
    patient = person(house.cast)
    booked(house, wanted(house), patient)
    visit = Wanted(
        AppointmentKind.PREPARATION,
        house.now + timedelta(hours=27),
        house.now + timedelta(hours=29),
    )
    refused(house, visit, "starts_at", patient)


def test_what_ends_when_the_next_begins_is_no_clash(house):
    patient = person(house.cast)
    booked(house, wanted(house, 24), patient)
    assert booked(house, wanted(house, 28), patient)


def test_a_cancelled_appointment_frees_its_room_and_its_people(house):
    first = booked(house, wanted(house))
    schedule.cancel(appointment=first, because="A cold.", by=house.coordinator, now=house.now)
    assert booked(house, wanted(house))


def test_time_is_ahead_whole_and_has_a_zone(house):
    now = house.now
    for changes, field in (
        ({"starts_at": now}, "starts_at"),
        ({"starts_at": now - timedelta(hours=1)}, "starts_at"),
        ({"starts_at": (now + timedelta(hours=1)).replace(tzinfo=None)}, "starts_at"),
        ({"ends_at": now + timedelta(hours=24)}, "ends_at"),
        ({"ends_at": (now + timedelta(hours=30)).replace(tzinfo=None)}, "ends_at"),
    ):
        refused(house, wanted(house, **changes), field)


def test_a_session_has_a_room_and_its_whole_team_of_different_people(house):
    for missing in ("room", "therapist", "session_clinician", "prescriber"):
        refused(house, wanted(house, **{missing: None}), missing)
    refused(house, wanted(house, session_clinician=house.therapist), "session_clinician")


def test_rooms_and_people_of_another_clinic_cannot_be_booked(house):
    other = played(stocked=False)
    refused(house, wanted(house, room=other.rooms[0]), "room")
    refused(house, wanted(house, therapist=other.therapist), "therapist")


def test_a_room_that_is_closed_or_not_for_sessions_is_not_booked(house):
    juniper, aspen = house.rooms
    juniper.closed_at, aspen.for_sessions = house.now, False
    refused(house, wanted(house, room=juniper), "room")
    refused(house, wanted(house, room=aspen), "room")
    assert booked(house, wanted(house, room=aspen, kind=AppointmentKind.INTEGRATION))


def test_a_room_has_one_name_at_its_site(house):
    common = {"site": house.cast.site, "by": house.administrator, "now": house.now}
    for name in ("juniper ", "", "x" * 61):
        with pytest.raises(Clash) as clash:
            schedule.add_room(name=name, **common)
        assert clash.value.field == "name"


# --- what becomes of it


def test_a_cancellation_has_its_reason_and_happens_once(house):
    made, common = booked(house, wanted(house)), {"by": house.coordinator, "now": house.now}
    with pytest.raises(Clash) as clash:
        schedule.cancel(appointment=made, because=" ", **common)
    assert clash.value.field == "because"
    schedule.cancel(appointment=made, because="A cold.", **common)
    for act in (schedule.mark_came, schedule.mark_no_show):
        with pytest.raises(Clash, match="already over: Cancelled"):
            act(appointment=made, **common)
    with pytest.raises(Clash, match="already over"):
        schedule.cancel(appointment=made, because="Again.", **common)


def test_nobody_is_a_no_show_before_their_time_or_after_they_came(house):
    made = booked(house, wanted(house))
    common = {"appointment": made, "by": house.coordinator}
    with pytest.raises(Clash, match="has not begun"):
        schedule.mark_no_show(now=house.now, **common)
    later = house.later(hours=24)
    schedule.mark_came(now=later, **common)
    schedule.mark_came(now=house.later(minutes=1), **common)
    made.refresh_from_db()
    assert made.came_at == later
    for act, more in ((schedule.mark_no_show, {}), (schedule.cancel, {"because": "Left."})):
        with pytest.raises(Clash) as clash:
            act(now=house.now, **common, **more)
        assert clash.value.field == "came_at"


def test_somebody_who_did_not_come_stays_on_record(house):
    made = booked(house, wanted(house))
    house.later(hours=25)
    schedule.mark_no_show(appointment=made, by=house.coordinator, now=house.now)
    made.refresh_from_db()
    assert (made.state, made.stands) == ("Did not come", False)
    assert Entry.objects.filter(act="person_did_not_come", body__contains=str(made.id)).exists()


# --- the door of a session


def test_a_session_asks_its_door_about_the_time_it_is_booked_for(house):
    guest = house.enquirer()
    asked = wanted(house, 48)
    outcome = care.book_session(
        course=guest.course, wanted=asked, by=house.coordinator, now=house.now
    )
    assert not outcome.allowed and not Appointment.objects.exists()
    told = from_text(Facts, Decision.objects.get(pk=outcome.row.pk).facts)
    assert told.booked_for == asked.starts_at
    visit = replace(asked, kind=AppointmentKind.PREPARATION)
    made = care.book_visit(course=guest.course, wanted=visit, by=house.coordinator, now=house.now)
    assert made.course_key == guest.course.id


def test_a_session_is_not_booked_past_its_door(house):
    guest = house.enquirer()
    common = {"course": guest.course, "by": house.coordinator, "now": house.now}
    with pytest.raises(Clash, match="through its door"):
        care.book_visit(wanted=wanted(house), **common)
    with pytest.raises(Clash, match="Only a medicine session"):
        care.book_session(wanted=wanted(house, kind=AppointmentKind.INTEGRATION), **common)
    assert not Appointment.objects.exists()


def test_a_clash_after_an_open_door_keeps_neither_booking_nor_decision(house):
    guest = house.guest()
    kept = Decision.objects.filter(course=guest.course, door="next_session").count()
    asked = wanted(house, 100)
    booked(house, asked)
    with pytest.raises(Clash) as clash:
        care.book_session(course=guest.course, wanted=asked, by=house.coordinator, now=house.now)
    assert clash.value.field == "room"
    assert Decision.objects.filter(course=guest.course, door="next_session").count() == kept


def test_eight_people_ask_for_one_room_at_once_and_one_gets_it(committed_db):
    house = played(stocked=False)
    people = [person(house.cast) for _ in range(EIGHT)]
    asked = wanted(house, kind=AppointmentKind.INTEGRATION, therapist=None, session_clinician=None)
    together = Barrier(EIGHT)

    def attempt(patient):
        try:
            connection.ensure_connection()
            together.wait(timeout=60)
            return booked(house, asked, patient)
        except Clash as clash:
            return clash
        finally:
            connections.close_all()

    with ThreadPoolExecutor(EIGHT) as pool:
        answers = list(pool.map(attempt, people))
    clashes = [answer for answer in answers if isinstance(answer, Clash)]
    assert len(clashes) == EIGHT - 1 and {clash.field for clash in clashes} == {"room"}
    assert Appointment.objects.filter(room=house.rooms[0]).count() == 1


# --- pages


def form(house, on, **changes):
    typed = {
        "kind": "session", "on": on.isoformat(), "at": "09:00", "minutes": "180",
        "room": str(house.rooms[0].id), "therapist": str(house.therapist.id),
        "session_clinician": str(house.nurse.id), "prescriber": str(house.prescriber.id),
    }  # fmt: skip
    return typed | changes


def test_the_desk_whose_booking_is_refused_hears_whom_to_ask_and_keeps_what_it_typed(
    house, screens
):
    guest = house.enquirer()
    browser = screens(house)(house.coordinator)
    on = house.clinic.day(house.now) + timedelta(days=2)
    page = browser.post(f"/chart/course/{guest.course.id}/book/", form(house, on, minutes="200"))
    content = page.content.decode()
    assert page.status_code == 200 and 'value="200"' in content
    assert "clinical hold. Ask Noor Haddad." in content
    assert "clearance" not in content.lower()
    assert Decision.objects.filter(course=guest.course, door="next_session").count() == 1
    nurse = screens(house)(house.nurse)
    address = f"/chart/course/{guest.course.id}/book/"
    assert nurse.get(address).status_code == 200
    assert nurse.post(address, form(house, on)).status_code == 404  # sees it, does not book
    prescriber = screens(house)(house.prescriber)
    answer = prescriber.post(f"/chart/course/{guest.course.id}/book/", form(house, on))
    assert answer["Location"].startswith("/chart/decision/")


def test_a_clash_on_the_page_stands_at_its_field_with_what_was_typed(house, screens):
    guest = house.enquirer()
    on = house.clinic.day(house.now) + timedelta(days=1)
    browser = screens(house)(house.coordinator)
    address = f"/chart/course/{guest.course.id}/book/"
    typed = form(house, on, kind="preparation", session_clinician="", prescriber="")
    assert browser.post(address, typed).status_code == 302
    other = house.enquirer(name="Ilse Marsh")
    page = browser.post(f"/chart/course/{other.course.id}/book/", typed)
    assert page.status_code == 200 and page.context["form"].errors.keys() == {"room"}
    assert b"Juniper is taken then." in page.content and b'value="09:00' in page.content
    past = form(house, on - timedelta(days=9), kind="preparation")
    page = browser.post(address, past)
    assert page.context["form"].errors.keys() == {"at"}


YEARS_AWAY = ["2999-01-01", "9999-12-31", "0001-01-01"]


@pytest.mark.parametrize("kind", ["session", "preparation"])
@pytest.mark.parametrize("on", YEARS_AWAY)
def test_nobody_is_booked_for_a_year_that_was_not_meant(house, screens, kind, on):
    guest = house.enquirer()
    typed = form(house, house.clinic.day(house.now), kind=kind, at="23:50", night="23:50")
    typed |= {"on": on}
    browser = screens(house)(house.coordinator)
    page = browser.post(f"/chart/course/{guest.course.id}/book/", typed)
    (field,) = page.context["form"].errors
    assert field == ("at" if on < "2000" else "on") and "Accepted: " in page.content.decode()
    assert f'value="{on}"' in page.content.decode()
    assert not Appointment.objects.filter(patient=guest.patient).exists()
    assert not Decision.objects.filter(course=guest.course, door="next_session").exists()


def test_a_year_ahead_is_booked_and_a_day_more_is_not(house):
    visit = {"kind": AppointmentKind.INTEGRATION, "room": None}
    booked(house, wanted(house, 366 * 24, **visit, ends_at=house.now + timedelta(days=367)))
    after = wanted(house, 366 * 24 + 1, **visit, ends_at=house.now + timedelta(days=367))
    refused(house, after, "day")


def test_the_day_shows_who_is_expected_and_takes_their_coming_and_cancelling(house, screens):
    made = booked(house, wanted(house, 1), person(house.cast, name="Ada <b>Bold</b>"))
    browser = screens(house)(house.coordinator)
    day = browser.get("/schedule/").content.decode()
    assert "Juniper" in day and "<b>Bold" not in day
    missing = browser.post(f"/schedule/{made.id}/cancel/", follow=True)
    assert b"A cancellation needs its reason." in missing.content
    assert browser.post(f"/schedule/{made.id}/dance/").status_code == 404
    assert screens(house)(house.nurse).post(f"/schedule/{made.id}/came/").status_code == 404
    assert b"Came" in browser.post(f"/schedule/{made.id}/came/", follow=True).content
    assert browser.get("/schedule/?on=yesterday").status_code == 200


def test_free_times_are_offered_that_nobody_is_promised_to(house, screens):
    guest = house.enquirer()
    browser = screens(house)(house.coordinator)
    address = f"/chart/course/{guest.course.id}/book/?kind=session"
    first = browser.get(address).context["openings"]
    assert len(first) == 10 and "session_clinician" in first[0]["href"]
    page = browser.get(first[0]["href"])
    assert page.context["form"]["at"].value() and page.context["form"]["room"].value()
    visit = browser.get(f"/chart/course/{guest.course.id}/book/").context["openings"][0]
    at = dict(parse_qsl(urlsplit(visit["href"]).query))
    assert browser.post(f"/chart/course/{guest.course.id}/book/", at).status_code == 302
    again = browser.get(f"/chart/course/{guest.course.id}/book/").context["openings"][0]
    assert again["href"] != visit["href"]


def test_not_having_come_is_undone_on_the_same_day_only(house, screens):
    guest = house.enquirer()
    visit = Wanted(
        AppointmentKind.PREPARATION, house.now + timedelta(hours=1), house.now + timedelta(hours=2)
    )
    row = booked(house, visit, guest.patient)
    said = house.now + timedelta(hours=1, minutes=20)
    schedule.mark_no_show(appointment=row, by=house.coordinator, now=said)
    with pytest.raises(Clash):
        schedule.undo_no_show(appointment=row, by=house.coordinator, now=said + timedelta(days=1))
    schedule.undo_no_show(appointment=row, by=house.coordinator, now=said + timedelta(minutes=1))
    row.refresh_from_db()
    assert row.stands and row.no_show_at is None


def test_an_hour_of_the_night_is_booked_only_with_the_tick_for_this_very_hour(house, screens):
    guest = house.enquirer()
    on = house.clinic.day(house.now) + timedelta(days=1)
    browser = screens(house)(house.coordinator)
    address = f"/chart/course/{guest.course.id}/book/"
    typed = form(house, on, kind="preparation", session_clinician="", prescriber="", at="02:00")
    page = browser.post(address, typed)
    assert page.status_code == 200 and page.context["form"].errors.keys() == {"at"}
    said = page.content.decode()
    assert "02:00 is at night. Accepted: an hour from 08:00 to 21:00, or the tick" in said
    assert 'value="02:00"' in said and "02:00 is meant, at night" in said
    other = browser.post(address, typed | {"at": "03:00", "night": "02:00"})
    assert other.context["form"].errors.keys() == {"at"}, "the tick was for another hour"
    assert not Appointment.objects.filter(patient=guest.patient).exists()
    assert browser.post(address, typed | {"night": "02:00"}).status_code == 302
    assert Appointment.objects.filter(patient=guest.patient).count() == 1


@pytest.mark.parametrize("at", ["08:00", "12:30", "20:45"])
def test_an_hour_of_the_day_asks_for_no_tick(house, screens, at):
    guest = house.enquirer()
    on = house.clinic.day(house.now) + timedelta(days=1)
    browser = screens(house)(house.coordinator)
    typed = form(house, on, kind="preparation", session_clinician="", prescriber="", at=at)
    answer = browser.post(f"/chart/course/{guest.course.id}/book/", typed | {"minutes": "15"})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("latest", "held"),
    [
        ("2026-03-03 02:00", "2026-03-02 18:00"),
        ("2026-03-03 07:59", "2026-03-02 18:00"),
        ("2026-03-03 08:00", "2026-03-03 08:00"),
        ("2026-03-03 18:00", "2026-03-03 18:00"),
        ("2026-03-03 18:01", "2026-03-03 18:00"),
        ("2026-03-03 23:59", "2026-03-03 18:00"),
        ("2026-03-08 03:30", "2026-03-07 18:00"),  # the night of the new time
    ],
)
def test_what_is_owed_by_an_hour_of_the_night_is_owed_by_the_close_before_it(latest, held):
    zone = ZoneInfo("America/Denver")
    at, wanted = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (latest, held))
    assert while_open(at, zone) == wanted
