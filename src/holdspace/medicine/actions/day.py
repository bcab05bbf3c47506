"""The session day opens at a door, knows who is where, and can be ended in every way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from holdspace.care import facts as loader
from holdspace.care.actions import (
    Outcome,
    WrongInput,
    close_task,
    hand_over_task,
    happen,
    lock_course,
    observe,
    open_task,
    pass_door,
    read_task,
)
from holdspace.care.actions.facts import Reading
from holdspace.care.events import SessionEnded, StaffPlaced
from holdspace.care.models import Course, Event, EventKind, Observation, Session, Task
from holdspace.core.decision import Door
from holdspace.core.facts import Ending, Place, Role
from holdspace.core.units import Kind
from holdspace.medicine.actions.charting import ask_for_reviews
from holdspace.medicine.actions.common import (
    director,
    doses_of,
    ended,
    holder,
    locked,
    stock,
    words,
)
from holdspace.medicine.actions.readiness import answer_readiness
from holdspace.medicine.actions.waiting import end_waiting
from holdspace.people.models import Membership
from holdspace.people.signing import Signature
from holdspace.pharmacy import hatch
from holdspace.records.actions import append
from holdspace.schedule.actions import mark_came
from holdspace.schedule.models import Appointment, AppointmentKind
from holdspace.schedule.openings import while_open

NEXT_DAY_CONTACT = "next_day_contact"
FOLLOW_UP = "follow_up"
STOCK_TO_RESOLVE = "stock_to_resolve"
STOCK_HOURS_MAX = 24  # a working day for the custodian; clinic default


@transaction.atomic
def start_session(
    *,
    course: Course,
    by: Membership,
    now: datetime,
    answers: Sequence[Reading] = (),
    escort: tuple[str, str] | None = None,
    taken_at: datetime | None = None,
    page: UUID | None = None,
) -> Outcome[Session]:
    """Open the session day at its door, in the room that was booked, with its starter present.

    `answers` and `escort` are charted first and stay when the door refuses. Of several requests
    at the same moment one opens the day; the others are refused, and each refusal is kept.
    """
    course = lock_course(course)
    if answers or escort:
        answer_readiness(
            course=course, readings=answers, escort=escort, taken_at=taken_at or now, by=by,
            now=now, page=page,
        )  # fmt: skip
    outcome: Outcome[Session] = pass_door(Door.OPEN_SESSION, course, by=by, now=now)
    if not outcome.allowed:
        return outcome
    appointment = appointment_of(course, now)
    session = Session.draft(
        now=now,
        clinic=course.clinic,
        patient=course.patient,
        course=course,
        number=course.sessions.count() + 1,
        opened_at=now,
        appointment=appointment,
        room=appointment.room if appointment else None,
        by=by,
    )
    session.save()
    append(
        stream=course.stream, act="session_opened", by=by, now=now, subject=session,
        body={"decision": str(outcome.row.id)}, clinic_id=course.clinic_id,
    )  # fmt: skip
    if appointment:
        mark_came(appointment=appointment, by=by, now=now)
    place_staff(session=session, staff=by, place=Place.IN_ROOM, at=now, by=by, now=now)
    return Outcome(outcome.decision, outcome.row, session)


def appointment_of(course: Course, now: datetime) -> Appointment | None:
    """The booked medicine session of this course that stands and is nearest to now."""
    rows = Appointment.objects.filter(
        clinic=course.clinic_id,
        course_key=course.id,
        kind=AppointmentKind.SESSION,
        cancelled_at__isnull=True,
        no_show_at__isnull=True,
    ).select_related("room")
    return min(rows, key=lambda row: abs(row.starts_at - now), default=None)


@transaction.atomic
def place_staff(
    *,
    session: Session,
    staff: Membership,
    place: Place | None,
    at: datetime,
    by: Membership,
    now: datetime,
) -> Event:
    """Somebody is now in the room, on the premises, remote, or gone (`place` None)."""
    if staff.clinic_id != session.clinic_id:
        raise WrongInput("staff", "This person does not work here.", "a member of this clinic")
    if at < session.opened_at:
        raise WrongInput(
            "at", "This is before the session.", f"{session.opened_at:%H:%M} UTC or later"
        )
    return happen(
        course=session.course, kind=EventKind.STAFF_PLACED, body=StaffPlaced(str(staff.id), place),
        at=at, by=by, now=now, session=session,
    )  # fmt: skip


@transaction.atomic
def end_session(
    *,
    session: Session,
    ending: Ending,
    by: Membership,
    now: datetime,
    at: datetime | None = None,
    reason: str = "",
    escort: str = "",
    signature: Signature | None = None,
) -> Outcome[Event] | Event:
    """End the session day. Only a discharge passes a door; the other endings are facts.

    Returns the Outcome of the door for a discharge, else the event. Raises WrongInput when the day
    has already ended, when the reason is missing, or when it is called abandoned after a dose.
    """
    course, session = locked(session)
    if ended(course, session):
        raise WrongInput("session", "This session has already ended.", "an open session")
    if ending is Ending.DISCHARGED:
        return _discharge(course, session, escort, signature, by, now)
    reason = words("reason", reason, "what happened, in a few words")
    if ending is Ending.ABANDONED_BEFORE_DOSE and doses_of(course, session):
        raise WrongInput(
            "ending", "A dose was given in this session.", "discharged, left, transferred or died"
        )
    event = happen(
        course=course, kind=EventKind.SESSION_ENDED, body=SessionEnded(ending, reason),
        at=at or now, by=by, now=now, session=session, codes={"ending": ending.value},
    )  # fmt: skip
    _resolve_stock(course, session, by, now)
    end_waiting(course, session, "the session ended", by, now)
    _follow_up(course, session, ending, by, now)
    if ending is Ending.TRANSFERRED:
        ask_for_reviews(course, event, "the person was transferred from a session", by, now)
    return event


def _discharge(
    course: Course,
    session: Session,
    escort: str,
    signature: Signature | None,
    by: Membership,
    now: datetime,
) -> Outcome[Event]:
    if signature is None or not signature.is_by(by.id, now):
        raise WrongInput("password", "A discharge is signed.", "your own password, just now")
    outcome: Outcome[Event] = pass_door(
        Door.DISCHARGE, course, by=by, now=now, session=session, **stock(session, now)
    )
    if not outcome.allowed:
        return outcome
    body = SessionEnded(Ending.DISCHARGED, escort=escort.strip(), decision=str(outcome.row.id))
    event = happen(
        course=course, kind=EventKind.SESSION_ENDED, body=body, at=now, by=by, now=now,
        session=session, codes={"ending": Ending.DISCHARGED.value},
    )  # fmt: skip
    end_waiting(course, session, f"went home with {body.escort or 'the escort'}", by, now)
    _plan_contact(course, session, by, now)
    return Outcome(outcome.decision, outcome.row, event)


def call_due_at(course: Course, left_at: datetime) -> datetime:
    """By when somebody who leaves now is called, while the clinic is open; the protocol says it.

    Where its window is too narrow to hold an open hour, the end of the window stands.
    """
    protocol = loader.protocol_of(course)
    latest = left_at + timedelta(hours=protocol.whole("next_day_contact.until_hours"))
    due = while_open(latest, course.clinic.zone)
    first = left_at + timedelta(hours=protocol.whole("next_day_contact.from_hours"))
    return due if due >= first else latest


def _plan_contact(course: Course, session: Session, by: Membership, now: datetime) -> Task:
    """Somebody owes the call on the next day."""
    due = call_due_at(course, now)
    return open_task(
        clinic=course.clinic, patient=course.patient, course=course, kind=NEXT_DAY_CONTACT,
        title="Call on the day after the medicine session", owner=by, due_at=due,
        escalates_to=director(course.clinic, now, by), escalates_at=due, about=session.id,
        by=by, now=now,
    )  # fmt: skip


def _resolve_stock(course: Course, session: Session, by: Membership, now: datetime) -> None:
    """What is still drawn up at an ending that was not planned goes to the register's custodian."""
    left = hatch.unresolved(session=session)
    if not left:
        return
    owner = holder(course.clinic, Role.REGISTER_CUSTODIAN, now) or by
    open_task(
        clinic=course.clinic, kind=STOCK_TO_RESOLVE, owner=owner, about=session.id, by=by, now=now,
        title=f"{left} mg drawn up in a session that ended: waste, return or report it",
        due_at=now + timedelta(hours=STOCK_HOURS_MAX),
    )  # fmt: skip


FOLLOW_UPS = {
    Ending.LEFT_AGAINST_ADVICE: ("Left against advice: call today, and again tomorrow", 4),
    Ending.TRANSFERRED: ("Transferred: call the hospital, tell the emergency contact", 4),
    Ending.DIED: ("Died: notify, support the family and the team, preserve the record", 1),
    Ending.ABANDONED_BEFORE_DOSE: ("Ended before a dose: agree what comes next", 48),
}


def _follow_up(
    course: Course, session: Session, ending: Ending, by: Membership, now: datetime
) -> Task:
    title, hours = FOLLOW_UPS[ending]
    due = now + timedelta(hours=hours)
    grave = ending in (Ending.DIED, Ending.TRANSFERRED)
    chief = director(course.clinic, now, by)
    return open_task(
        clinic=course.clinic, patient=course.patient, course=course, kind=FOLLOW_UP, title=title,
        owner=chief if grave else by, escalates_to=chief, escalates_at=due, due_at=due,
        holds=ending is not Ending.ABANDONED_BEFORE_DOSE, about=session.id, by=by, now=now,
    )  # fmt: skip


@transaction.atomic
def next_day_contact(
    *, session: Session, result: str, words_said: str, by: Membership, now: datetime
) -> Observation:
    """Write down the call: reached and well, reached with a concern, or no answer.

    Reaching the person closes the task of the call; a concern opens one for the prescriber.
    """
    course, session = locked(session)
    row = observe(
        course=course, readings=[Reading(Kind.NEXT_DAY_CONTACT, result)], taken_at=now, by=by,
        now=now, session=session, source="call",
    )[0]  # fmt: skip
    if result == "no_answer":
        return row
    for task in Task.objects.of(course.clinic).filter(
        kind=NEXT_DAY_CONTACT, about=session.id, closed_at__isnull=True
    ):
        _close_for(task, f"{result.replace('_', ' ')}: {words_said}".strip(": "), by, now)
    if result == "reached_concern":
        owner = holder(course.clinic, Role.PRESCRIBER, now) or by
        open_task(
            clinic=course.clinic, patient=course.patient, course=course, kind=FOLLOW_UP,
            title="Concern on the call after a session: contact the person today", owner=owner,
            due_at=now + timedelta(hours=4), holds=True, about=row.id, by=by, now=now,
        )  # fmt: skip
    return row


def _close_for(task: Task, outcome: str, by: Membership, now: datetime) -> None:
    """Close a task that this person has just done, taking it over first if it was another's."""
    if by.id not in (task.owner_id, task.escalates_to_id):
        task = hand_over_task(task=task, to=by, by=by, now=now)
    task = read_task(task=task, by=by, now=now)
    close_task(task=task, outcome=outcome, by=by, now=now)
