"""A self-referral becomes a person, their words, and a task that somebody owns: all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction

from holdspace.care.actions import WrongInput, open_task, open_urgent
from holdspace.care.models import Task
from holdspace.core.facts import Role
from holdspace.core.limits import Tier
from holdspace.core.risk import Deadline
from holdspace.people.actions import enter_person
from holdspace.people.models import Clinic, Membership, Patient
from holdspace.people.on_call import on_call
from holdspace.people.staff import first_working
from holdspace.records.actions import record
from holdspace.welcome.models import Enquiry

CALL_NOW_MINUTES = 15
PASSES_ON_MINUTES = (5, 10)  # unread so long, it goes to the next; at the deadline as well
ANSWERED_BY = time(17, 0)  # on the next working day, on the clinic's clock
SATURDAY = 5
# Who reads an enquiry, and who hears of it when nobody did.
READERS = (Role.COORDINATOR, Role.THERAPIST, Role.MEDICAL_DIRECTOR, Role.ADMINISTRATOR)
# Whoever is in danger is called by somebody who can judge it, before the desk is asked to.
CALLERS = (Role.THERAPIST, Role.PRESCRIBER, Role.SESSION_CLINICIAN)
ESCALATION = (Role.MEDICAL_DIRECTOR, Role.PRESCRIBER, Role.THERAPIST)


@dataclass(frozen=True, slots=True)
class SelfReferral:
    """What the person answered; `call_now` when they are in danger and said yes to a call."""

    name: str
    birth_date: date
    state: str
    phone: str = ""
    email: str = ""
    safe_contact: str = ""
    safe_contact_note: str = ""
    why: str = ""
    call_now: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """The person as entered, their words, and the task with its owner and deadline."""

    patient: Patient
    enquiry: Enquiry
    task: Task


def answer_by(clinic: Clinic, now: datetime) -> datetime:
    """Until when an enquiry is answered: 17:00 on the next working day of the clinic's wall."""
    day = clinic.day(now) + timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return datetime.combine(day, ANSWERED_BY, clinic.zone)


def reader_of(clinic: Clinic, now: datetime) -> Membership | None:
    """Who would own an enquiry that arrives now; None when nobody works here."""
    return first_working(clinic, now, READERS)


def caller_of(clinic: Clinic, now: datetime) -> Membership | None:
    """Who calls somebody in danger: the clinician on call, else any who works here now."""
    on_duty = next((row.membership for row in on_call(clinic, now)), None)
    return on_duty or first_working(clinic, now, CALLERS)


@transaction.atomic
def receive_enquiry(*, clinic: Clinic, referral: SelfReferral, now: datetime) -> Received:
    """Enter the person, keep their words, and open the task: the desk's, or a clinician's call.

    Raises WrongInput when nobody here could read it: then nothing is kept and the page says so.
    """
    owner = reader_of(clinic, now)
    if owner is None:
        raise WrongInput("clinic", "Nobody here reads enquiries yet.", "a call to the clinic")
    patient = enter_person(
        clinic=clinic,
        by=None,
        now=now,
        name=referral.name,
        birth_date=referral.birth_date,
        state=referral.state,
        phone=referral.phone,
        email=referral.email,
        safe_contact=referral.safe_contact,
        safe_contact_note=referral.safe_contact_note,
    )
    if referral.call_now:
        owner = caller_of(clinic, now) or owner
    due = now + timedelta(minutes=CALL_NOW_MINUTES) if referral.call_now else answer_by(clinic, now)
    enquiry = Enquiry.draft(
        now=now,
        clinic=clinic,
        patient=patient,
        why=referral.why.strip(),
        asked_to_be_called_now=referral.call_now,
        answer_by=due,
    )
    record(
        rows=[enquiry],
        stream=f"person:{patient.id}",
        act="enquiry.received",
        by=None,
        now=now,
        clinic_id=clinic.id,
    )
    return Received(patient, enquiry, _open_task(clinic, patient, enquiry, owner, now))


def _open_task(
    clinic: Clinic, patient: Patient, enquiry: Enquiry, owner: Membership, now: datetime
) -> Task:
    who = f"{patient.called}, {patient.display_id}"
    if enquiry.asked_to_be_called_now:
        steps = [now + timedelta(minutes=minutes) for minutes in PASSES_ON_MINUTES]
        return open_urgent(
            clinic=clinic,
            patient=patient,
            kind="enquiry_call_now",
            title=f"Call now, as was asked: {who}"[:200],
            owner=owner,
            by_when=Deadline(enquiry.answer_by, (*steps, enquiry.answer_by)),
            tier=Tier.NOW,
            about=enquiry.id,
            by=None,
            now=now,
        )
    return open_task(
        clinic=clinic,
        patient=patient,
        kind="enquiry",
        title=f"Answer the enquiry of {who}"[:200],
        owner=owner,
        due_at=enquiry.answer_by,
        escalates_to=first_working(clinic, now, ESCALATION + READERS, but=owner),
        escalates_at=enquiry.answer_by,
        about=enquiry.id,
        by=None,
        now=now,
    )
