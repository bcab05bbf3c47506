"""A person is entered once, changed with history, and a restricted file is opened with a reason."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Length

from holdspace.people.access import May
from holdspace.people.actions.common import must, must_be_signed, note, same_clinic
from holdspace.people.finding import name_key, phone_key
from holdspace.people.models import (
    Clinic,
    EmergencyAccess,
    Membership,
    Patient,
    PatientRevision,
    TeamMember,
)
from holdspace.people.signing import Refused, Signature
from holdspace.people.states import STATES
from holdspace.records.actions import record
from holdspace.records.chain import stream_name
from holdspace.records.keys import new_key

DETAILS = (
    "name",
    "preferred_name",
    "birth_date",
    "sex_at_birth",
    "pronouns",
    "phone",
    "email",
    "address",
    "state",
    "emergency_name",
    "emergency_phone",
    "emergency_relation",
    "language",
    "interpreter_needed",
    "has_guardian",
    "safe_contact",
    "safe_contact_note",
)
EMERGENCY_MINUTES = 60
REVIEW_HOURS = 72
REASON_CHARACTERS_MIN = 10


def enter_person(
    *, clinic: Clinic, by: Membership | None, now: datetime, **details: Any
) -> Patient:
    """Enter a person with a fresh display id ("P-0042"). `by` is None for a self-referral.

    `details` are DETAILS; only the name is required. Duplicates are for the view to show first
    (`people.reading.possible_duplicates`): entering is never refused because of one.
    """
    if by is not None:
        must(by, May.EDIT_PERSON, now)
        if by.clinic_id != clinic.pk:
            raise Refused("That is not this clinic.")
    _check(details, clinic.day(now), whole=True)
    with transaction.atomic():
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        person = Patient(
            id=new_key(now),
            clinic=clinic,
            display_id=_next_display_id(clinic),
            created_at=now,
            created_by=by,
            **details,
        )
        _set_keys(person)
        person.save(force_insert=True)
        changes = {k: [None, _plain(v)] for k, v in details.items() if v not in ("", None)}
        _revise(person, changes, by, now, "entered", "person.entered")
    return person


def change_details(
    *, patient: Patient, by: Membership | None, now: datetime, reason: str = "", **details: Any
) -> Patient:
    """Change contact details; what they were stays readable. Nothing changed writes nothing."""
    if by is not None:
        must(by, May.EDIT_PERSON, now)
        same_clinic(by, patient)
    _check(details, patient.clinic.day(now), whole=False)
    with transaction.atomic():
        person = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        changes = {}
        for key, value in details.items():
            before = getattr(person, key)
            if before != value:
                changes[key] = [_plain(before), _plain(value)]
                setattr(person, key, value)
        if changes:
            _set_keys(person)
            person.save(update_fields=[*changes, "name_key", "phone_key"])
            _revise(person, changes, by, now, reason, "person.changed")
    return person


def restrict_file(
    *, patient: Patient, by: Membership, now: datetime, restricted: bool, reason: str
) -> Patient:
    """Keep a file to its team (a colleague, a neighbour), or open it to the clinic's clinicians.

    A file without a team would be closed to everybody, so the actor stays on the team.
    """
    must(by, May.READ_CHART, now)
    same_clinic(by, patient)
    if not reason.strip():
        raise Refused("Why, for example “works in this clinic”.", "reason")
    with transaction.atomic():
        person = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        if person.is_restricted == restricted:
            return person
        person.is_restricted = restricted
        person.save(update_fields=["is_restricted"])
        changes = {"is_restricted": [not restricted, restricted]}
        _revise(person, changes, by, now, reason, "person.restricted")
        if restricted:
            _join_team(person, by, by, now)
    return person


def join_team(*, patient: Patient, membership: Membership, by: Membership, now: datetime) -> None:
    """Put somebody on the team that may see a restricted file; already there changes nothing."""
    must(by, May.READ_CHART, now)
    same_clinic(by, patient)
    same_clinic(by, membership)
    with transaction.atomic():
        _join_team(patient, membership, by, now)


def leave_team(*, patient: Patient, membership: Membership, by: Membership, now: datetime) -> None:
    """Take somebody off the team, at once; a restricted file keeps at least one."""
    must(by, May.READ_CHART, now)
    same_clinic(by, patient)
    with transaction.atomic():
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        team = TeamMember.objects.filter(patient=patient, ended_at=None)
        if patient.is_restricted and not team.exclude(membership=membership).exists():
            raise Refused("A restricted file keeps at least one person on its team.")
        for row in team.filter(membership=membership):
            row.ended_at = now
            row.save(update_fields=["ended_at"])
            note("team.left", row, by=by, now=now, stream=_stream(patient))


def open_emergency_access(
    *, patient: Patient, by: Membership, reason: str, signature: Signature, now: datetime
) -> EmergencyAccess:
    """Open a restricted file for an hour, reading only; somebody else reviews the reason."""
    must(by, May.USE_EMERGENCY_ACCESS, now)
    must_be_signed(signature, by, now)
    same_clinic(by, patient)
    if len(reason.strip()) < REASON_CHARACTERS_MIN:
        raise Refused("A full sentence: what happened, and why it can't wait.", "reason")
    with transaction.atomic():
        access = EmergencyAccess.objects.create(
            id=new_key(now),
            clinic_id=by.clinic_id,
            membership=by,
            patient=patient,
            reason=reason.strip(),
            started_at=now,
            ends_at=now + timedelta(minutes=EMERGENCY_MINUTES),
            review_due_at=now + timedelta(hours=REVIEW_HOURS),
        )
        note("emergency.opened", access, by=by, now=now, stream=_stream(patient))
    return access


def review_emergency_access(
    *, access: EmergencyAccess, by: Membership, outcome: str, now: datetime, comment: str = ""
) -> EmergencyAccess:
    """Somebody else reads the reason and says what it was; once."""
    must(by, May.REVIEW_EMERGENCY_ACCESS, now)
    same_clinic(by, access)
    if access.membership_id == by.pk:
        raise Refused("Nobody reviews their own emergency access.")
    if outcome not in EmergencyAccess.Outcome.values:
        raise Refused("One of: justified, questioned, not justified.", "outcome")
    if outcome != EmergencyAccess.Outcome.JUSTIFIED and not comment.strip():
        raise Refused("What follows from it.", "comment")
    with transaction.atomic():
        access = EmergencyAccess.objects.select_for_update().get(pk=access.pk)
        if access.reviewed_at is not None:
            raise Refused("It was reviewed already.")
        access.reviewed_by, access.reviewed_at = by, now
        access.outcome, access.review_note = outcome, comment.strip()
        access.save(update_fields=["reviewed_by", "reviewed_at", "outcome", "review_note"])
        note("emergency.reviewed", access, by=by, now=now, stream=_stream(access.patient))
    return access


def _stream(person: Patient) -> str:
    return stream_name("person", person.pk)


def _join_team(person: Patient, member: Membership, by: Membership, now: datetime) -> None:
    if TeamMember.objects.filter(patient=person, membership=member, ended_at=None).exists():
        return
    row = TeamMember.objects.create(
        id=new_key(now),
        clinic_id=person.clinic_id,
        patient=person,
        membership=member,
        added_at=now,
        added_by=by,
    )
    note("team.joined", row, by=by, now=now, stream=_stream(person), member=str(member.pk))


def _next_display_id(clinic: Clinic) -> str:
    """The caller holds the clinic's row, so no two people get one number."""
    ids = Patient.objects.filter(clinic=clinic).values_list("display_id", flat=True)
    highest = ids.order_by(Length("display_id").desc(), "-display_id").first()
    return f"P-{int(highest.removeprefix('P-')) + 1 if highest else 1:04d}"


def _set_keys(person: Patient) -> None:
    person.name_key = name_key(f"{person.name} {person.preferred_name}")[:240]
    person.phone_key = phone_key(person.phone)[:40]


def _revise(
    person: Patient,
    changes: dict[str, Any],
    by: Membership | None,
    now: datetime,
    reason: str,
    act: str,
) -> None:
    row = PatientRevision.draft(
        now=now, clinic=person.clinic, patient=person, by=by, reason=reason, changes=changes
    )
    record(rows=[row], stream=_stream(person), act=act, by=by, now=now, clinic_id=person.clinic_id)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _check(details: dict[str, Any], today: date, *, whole: bool) -> None:
    unknown = sorted(set(details) - set(DETAILS))
    if unknown:
        raise Refused(f"{unknown[0]} is not a contact detail.", unknown[0])
    if (whole or "name" in details) and not str(details.get("name") or "").strip():
        raise Refused("A name is needed to enter a person.", "name")
    born = details.get("birth_date")
    if born and not date(1900, 1, 1) <= born <= today:
        raise Refused("A day from 1900 until today.", "birth_date")
    state = details.get("state")
    if state and state not in STATES:
        raise Refused("A two-letter US state, for example CO.", "state")
