"""An exception is bound to what it was given for, and nobody gives one they may not give."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.care.actions import WrongInput
from holdspace.care.models import Relief
from holdspace.core import decision as core
from holdspace.core import reliefs as core_reliefs
from holdspace.core.canonical import from_text
from holdspace.core.decision import Door, Verdict
from holdspace.core.facts import Answer
from holdspace.people import actions as people
from holdspace.records.models import Entry
from tests.rooms.factory import fresh, played, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(db):
    """An open session day with a resting systolic of 150: above 140, inside the waivable band."""
    made = played(stocked=False).guest().open(systolic=Decimal(150))
    pressed(made, 150, minutes=6)  # a high pressure counts when it was repeated
    return made


def pressed(day, systolic, minutes=1):
    day.house.later(minutes=minutes)
    day.observe(systolic=systolic, diastolic=78)


def finding(day, code="bp_systolic_high", door=Door.GIVE_DOSE):
    by = day.house.nurse
    decision = care.ask(door, day.guest.course, by=by, now=day.now, session=day.session)
    return next(f for f in decision.findings if f.code.value == code)


def waived(day, found, **changes):
    by = changes.get("by", day.house.prescriber)
    asked = {
        "reason": "Anxious on arrival; usually 130.", "expires_at": day.now + timedelta(hours=12),
        "by": by, "signature": sign(by, day.now), "session": day.session,
    }  # fmt: skip
    return care.relieve(course=day.guest.course, finding=found, now=day.now, **{**asked, **changes})


def refused(day, found, field, **changes):
    before = Relief.objects.count()
    with pytest.raises(WrongInput) as wrong:
        waived(day, found, **changes)
    assert wrong.value.field == field
    assert Relief.objects.count() == before


def test_a_waiver_carries_value_limit_session_role_and_reason(day):
    found = finding(day)
    assert found.verdict is Verdict.FAIL and not found.passes
    row = waived(day, found)
    told = from_text(core.Relief, row.body)
    assert (told.value, told.limit) == (Decimal(150), found.limit)
    assert (told.session, told.by_role) == (str(day.session.id), "prescriber")
    assert Entry.objects.get(subject_id=row.id).act == "waiver"
    again = finding(day)
    assert again.passes and again.verdict is Verdict.FAIL and again.relief.reason == told.reason


def test_a_waiver_lapses_when_a_newer_value_is_worse_and_holds_when_it_is_not(day):
    waived(day, finding(day))
    pressed(day, 148)
    assert finding(day).passes
    pressed(day, 151)
    assert not finding(day).passes


def test_a_waiver_ends_at_its_expiry(day):
    waived(day, finding(day), expires_at=day.now + timedelta(minutes=2))
    day.house.later(minutes=2)
    assert not finding(day).passes


def test_a_waiver_is_for_the_session_it_names_and_the_limit_it_was_given_for(day):
    found = finding(day)
    waived(day, found)
    facts = loader.load(day.guest.course, now=day.now, session=day.session)
    assert core_reliefs.relieve(found, facts).passes
    assert not core_reliefs.relieve(found, replace(facts, session="another session")).passes
    stricter = replace(found, limit=found.limit - 5)
    assert not core_reliefs.relieve(stricter, facts).passes


def test_a_waiver_without_a_session_is_not_taken(day):
    refused(day, finding(day), "session", session=None)


def test_a_therapist_and_a_session_clinician_cannot_waive_a_medical_finding(day):
    for who in (day.house.therapist, day.house.nurse, day.house.coordinator):
        refused(day, finding(day), "by", by=who)


def test_a_therapist_is_never_the_second_signer_nor_is_the_first(day):
    for second in (day.house.therapist, day.house.prescriber):
        refused(day, finding(day), "second", second=second)
    nurse = day.house.nurse
    refused(day, finding(day), "second_signature", second=nurse)
    mine = sign(day.house.prescriber, day.now)
    refused(day, finding(day), "second_signature", second=nurse, second_signature=mine)
    row = waived(day, finding(day), second=nurse, second_signature=sign(nurse, day.now))
    assert row.second_by == nurse and finding(day).passes


def test_a_second_signer_is_asked_for_where_the_protocol_names_one(day):
    found = replace(finding(day), second_signer=("session_clinician",))
    refused(day, found, "second")
    nurse = day.house.nurse
    assert waived(day, found, second=nurse, second_signature=sign(nurse, day.now)).second_by


def test_nobody_waives_under_a_licence_that_has_ended(day):
    found, house = finding(day), day.house
    waived(day, found)
    assert finding(day).passes
    licence = house.prescriber.credentials.get(kind="licence")
    people.revoke_credential(
        credential=licence, by=house.administrator, now=day.now, because="Lapsed."
    )
    assert not finding(day).passes, "a waiver ends with its signer's licence"
    refused(day, found, "by", by=fresh(house.prescriber))


def test_a_reason_a_fresh_signature_and_an_end_to_come_are_needed(day):
    found = finding(day)
    refused(day, found, "reason", reason=" . ")
    refused(day, found, "signature", signature=sign(day.house.nurse, day.now))
    stale = sign(day.house.prescriber, day.now - timedelta(minutes=6))
    refused(day, found, "signature", signature=stale)
    refused(day, found, "expires_at", expires_at=day.now)


def test_nobody_waives_what_lies_beyond_the_band(day):
    pressed(day, 172)
    found = finding(day)
    assert found.verdict is Verdict.FAIL
    refused(day, found, "finding")


def test_nobody_waives_what_was_not_measured(day):
    decision = care.ask(
        Door.GIVE_DOSE, day.guest.course, by=day.house.nurse, now=day.now, session=day.session
    )
    unknown = next(f for f in decision.findings if f.verdict is Verdict.UNKNOWN)
    with pytest.raises(WrongInput, match="not measured"):
        waived(day, unknown)


def test_nobody_waives_a_finding_about_a_credential_their_own_or_anothers(day):
    house = day.house
    licence = house.prescriber.credentials.get(kind="licence")
    people.revoke_credential(
        credential=licence, by=house.administrator, now=day.now, because="Lapsed."
    )
    prescriber = fresh(house.prescriber)
    asked = care.ask(
        Door.DISCHARGE, day.guest.course, by=prescriber, now=day.now, session=day.session
    )
    about = [f for f in asked.stops if f.code.value == "licence_not_valid"]
    assert about
    for found in about:
        for who in (prescriber, house.director):
            refused(day, found, "finding", by=who)


def test_a_plan_answers_a_hold_until_it_ends():
    house = played(stocked=False)
    guest = house.enquirer()
    guest.assess(epilepsy=Answer.YES)

    def held():
        decision = care.ask(
            Door.CLEAR_FOR_MEDICINE, guest.course, by=house.prescriber, now=house.now
        )
        return next(f for f in decision.findings if f.subject == "epilepsy")

    assert held().verdict is Verdict.HOLD and not held().passes

    def planned(letter=None):
        return care.relieve(
            course=guest.course, finding=held(), reason="Neurology agrees; letter on file.",
            expires_at=house.now + timedelta(days=90), by=house.prescriber, now=house.now,
            signature=sign(house.prescriber, house.now), letter=letter,
        )  # fmt: skip

    assert held().specialty == "neurology"
    for letter in (None, guest.course.documents.get(kind="medical_evaluation").id):
        with pytest.raises(WrongInput, match="neurology") as wrong:
            planned(letter)
        assert wrong.value.field == "letter"
    row = planned(guest.letter().id)
    assert row.kind == "plan" and row.session is None
    assert held().passes and loader.load(guest.course, now=house.now).reliefs
    house.later(days=90)
    assert not held().passes
