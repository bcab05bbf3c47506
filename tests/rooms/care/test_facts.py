"""A fact is never refused, bad input is: named, explained, and nothing half-saved."""

from datetime import timedelta
from decimal import Decimal

import pytest

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.care.actions import Reading, WrongInput
from holdspace.care.events import Note
from holdspace.care.models import EventKind, Observation, Session, Strike
from holdspace.core.decision import Door
from holdspace.core.facts import DocumentKind
from holdspace.core.units import Kind
from holdspace.records import actions as records
from holdspace.records.models import Entry
from tests.rooms.factory import played, sign

pytestmark = pytest.mark.django_db

SIX = [
    Reading(Kind.SYSTOLIC, Decimal(118)),
    Reading(Kind.DIASTOLIC, Decimal(76)),
    Reading(Kind.HEART_RATE, Decimal(64)),
    Reading(Kind.SPO2, Decimal(98), Decimal(0)),
    Reading(Kind.RESPIRATORY_RATE, Decimal(14)),
]


@pytest.fixture
def guest(db):
    return played(stocked=False).enquirer()


def charted(guest, *readings, **changes):
    asked = {"taken_at": guest.now, "by": guest.house.nurse, "now": guest.now}
    return care.observe(course=guest.course, readings=readings, **{**asked, **changes})


def noted(guest, text="Slept well.", at=None, course=None):
    return care.happen(
        course=course or guest.course, kind=EventKind.NOTE, body=Note("medical", text),
        at=at or guest.now, by=guest.house.nurse, now=guest.now,
    )  # fmt: skip


def struck(guest, row, **changes):
    by = guest.house.nurse
    asked = {"reason": "Typed for somebody else.", "by": by, "signature": sign(by, guest.now)}
    return care.strike(row=row, now=guest.now, **{**asked, **changes})


def told(guest):
    return loader.load(guest.course, now=guest.now)


BAD = {
    "a number for yes or no": (Reading(Kind.ROOM_READY, Decimal(1)), "room_ready"),
    "a word for a number": (Reading(Kind.SYSTOLIC, "high"), "systolic"),
    "a float": (Reading(Kind.WEIGHT, 72.4), "weight"),
    "not a number": (Reading(Kind.WEIGHT, Decimal("NaN")), "weight"),
    "more than the column holds": (Reading(Kind.WEIGHT, Decimal(10) ** 6), "weight"),
    "more exact than any scale": (Reading(Kind.WEIGHT, Decimal("72.41234")), "weight"),
    "a word that is no choice": (Reading(Kind.SUICIDE_SCREEN, "fine"), "suicide_screen"),
    "a time without its zone": (Reading(Kind.LAST_LIGHT_MEAL, None), "last_light_meal"),
    "oxygen beside a pressure": (Reading(Kind.SYSTOLIC, Decimal(120), Decimal(2)), "oxygen_l_min"),
    "oxygen below nothing": (Reading(Kind.SPO2, Decimal(96), Decimal(-1)), "oxygen_l_min"),
}


@pytest.mark.parametrize("case", BAD)
def test_six_readings_with_one_bad_leave_nothing_behind(guest, case):
    bad, field = BAD[case]
    if bad.value is None:
        bad = Reading(bad.kind, guest.now.replace(tzinfo=None))
    entries = Entry.objects.count()
    with pytest.raises(WrongInput) as wrong:
        charted(guest, *SIX, bad)
    assert wrong.value.field == field and wrong.value.accepted
    assert not Observation.objects.filter(course=guest.course).exists()
    assert Entry.objects.count() == entries


def test_a_time_to_come_a_time_without_zone_and_an_empty_set_are_told_by_field(guest):
    for changes, field in (
        ({"taken_at": guest.now + timedelta(seconds=61)}, "taken_at"),
        ({"taken_at": guest.now.replace(tzinfo=None)}, "taken_at"),
    ):
        with pytest.raises(WrongInput) as wrong:
            charted(guest, *SIX, **changes)
        assert wrong.value.field == field
    with pytest.raises(WrongInput) as wrong:
        charted(guest)
    assert wrong.value.field == "readings"
    with pytest.raises(WrongInput) as wrong:
        noted(guest, at=guest.now + timedelta(minutes=5))
    assert wrong.value.field == "at"
    assert not Observation.objects.filter(course=guest.course).exists()


def test_a_minute_of_difference_between_two_clocks_is_no_mistake(guest):
    assert charted(guest, *SIX, taken_at=guest.now + timedelta(seconds=60))


def test_values_taken_together_are_one_set_and_each_is_chained(guest):
    rows = charted(guest, *SIX)
    assert len({row.taken_as_set for row in rows}) == 1
    assert Entry.objects.filter(subject_id__in=[r.id for r in rows], act="observed").count() == 5
    seen = {o.kind: o for o in told(guest).observations}
    assert seen[Kind.SPO2].oxygen_l_min == 0 and seen[Kind.SYSTOLIC].oxygen_l_min is None


def test_a_late_entry_keeps_when_it_was_true_and_when_it_was_written(guest):
    event = noted(guest, at=guest.now - timedelta(hours=3))
    event.refresh_from_db()
    assert event.recorded_at - event.at == timedelta(hours=3)


def test_a_struck_row_is_gone_for_every_gate_and_stays_readable_on_the_chart(guest, screens):
    wrong, right = charted(guest, SIX[0], Reading(Kind.WEIGHT, Decimal("92.4")))
    note = noted(guest, "Ate a full breakfast.")
    paper = care.sign_document(
        course=guest.course, kind=DocumentKind.ECG, title="ECG of Tuesday", body="Sinus rhythm.",
        meaning="I read this", signature=sign(guest.house.nurse, guest.now),
        by=guest.house.nurse, now=guest.now,
    )  # fmt: skip
    for row in (wrong, note, paper):
        struck(guest, row, reason="The cuff was too small.")
    facts = told(guest)
    assert [o.id for o in facts.observations] == [str(right.id)]
    assert facts.document(DocumentKind.ECG) is None
    assert note.id not in {h.id for h in loader.happenings(guest.course)}
    page = screens(guest.house)(guest.house.nurse).get(f"/chart/{guest.patient.id}/")
    content = page.content.decode()
    for words in ("Systolic blood pressure: 118 mmHg", "Ate a full breakfast.", "ECG of Tuesday"):
        assert f"<s>{words}</s>" in content
    assert content.count("The cuff was too small.") == 3
    shown = screens(guest.house)(guest.house.nurse).get(f"/chart/document/{paper.id}/")
    assert "Sinus rhythm." in shown.content.decode()
    assert "The cuff was too small." in shown.content.decode()


def test_an_entry_on_the_wrong_chart_is_told_on_both(guest, screens):
    theirs = guest.house.enquirer(name="Ilse Marsh")
    row = noted(guest, "Dizzy on standing.")
    made = struck(guest, row, their_course=theirs.course)
    assert made.wrong_person and made.belongs_to == theirs.patient
    at = screens(guest.house)
    here = at(guest.house.nurse).get(f"/chart/{guest.patient.id}/").content.decode()
    there = at(guest.house.nurse).get(f"/chart/{theirs.patient.id}/").content.decode()
    assert "it belonged to another person" in here
    assert "written on another chart and struck there: Typed for somebody else." in there


def test_a_correction_needs_a_reason_a_signature_and_an_entry_that_stands(guest):
    row = noted(guest)
    for changes, field in (
        ({"reason": "  "}, "reason"),
        ({"signature": sign(guest.house.therapist, guest.now)}, "signature"),
        ({"their_course": guest.course}, "belongs_to"),
    ):
        with pytest.raises(WrongInput) as wrong:
            struck(guest, row, **changes)
        assert wrong.value.field == field
    struck(guest, row)
    with pytest.raises(WrongInput, match="struck already"):
        struck(guest, row)
    assert Strike.objects.filter(struck_id=row.id).count() == 1


def test_erased_texts_leave_the_chart_and_the_decision_readable(guest, screens):
    house = guest.house
    event = noted(guest, "A line that had to go.")
    paper = care.sign_document(
        course=guest.course, kind=DocumentKind.OUTSIDE_LETTER, title="Letter", body="Dear all.",
        meaning="I read this", signature=sign(house.nurse, guest.now), by=house.nurse,
        now=guest.now,
    )  # fmt: skip
    for row in (event, paper):
        records.erase(
            subject=row, stream=guest.course.stream, by=house.director, now=guest.now,
            clinic_id=house.clinic.id,
        )  # fmt: skip
    browser = screens(house)(house.nurse)
    page = browser.get(f"/chart/{guest.patient.id}/")
    assert page.status_code == 200 and "had to go" not in page.content.decode()
    assert b"lawfully erased" in browser.get(f"/chart/document/{paper.id}/").content
    assert told(guest).course is not None


def test_an_erased_decision_still_says_that_it_was_asked_and_what_was_answered(guest, screens):
    house = guest.house
    course = care.lock_course(guest.course)
    outcome = care.pass_door(Door.CLEAR_FOR_MEDICINE, course, by=house.nurse, now=guest.now)
    records.erase(
        subject=outcome.row, stream=guest.course.stream, by=house.director, now=guest.now,
        clinic_id=house.clinic.id,
    )  # fmt: skip
    page = screens(house)(house.nurse).get(f"/chart/decision/{outcome.row.id}/")
    assert page.status_code == 200
    assert b"lawfully erased" in page.content and b"Refused" in page.content


def test_a_set_belongs_to_a_session_of_its_own_course(guest):
    other = guest.house.enquirer(name="Ilse Marsh")
    with pytest.raises(WrongInput) as wrong:
        charted(guest, *SIX, session=Session(course=other.course))
    assert wrong.value.field == "session"


def test_a_dose_is_struck_by_the_director_and_by_nobody_who_gave_it():
    house = played()
    day = house.guest().open()
    dose = day.give("50 mg")
    for who in (house.nurse, house.prescriber, house.therapist):
        with pytest.raises(care.WrongInput, match="medical director"):
            care.strike(
                row=dose,
                reason="wrong chart",
                signature=sign(who, house.now),
                by=who,
                now=house.now,
            )
    care.strike(
        row=dose, reason="wrong chart", signature=sign(house.director, house.now),
        by=house.director, now=house.now,
    )  # fmt: skip
