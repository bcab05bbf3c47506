"""The day board: rooms, states and clocks; no vitals, and reasons only for some."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from holdspace.care.events import BODIES
from holdspace.care.models import Decision, Event, EventKind, Session
from holdspace.core.canonical import from_text
from holdspace.core.decision import Door
from holdspace.medicine.page import ENDING_WORDS
from holdspace.people.access import May
from holdspace.people.guard import log_list, requires
from holdspace.people.models import Clinic, Patient
from holdspace.records.models import AccessWhat
from holdspace.schedule.models import Appointment, AppointmentKind, Room


@requires(May.SEE_SCHEDULE)
def board(request: HttpRequest) -> HttpResponse:
    """Today in rooms; the same page for everybody on the floor, with fewer words for some."""
    actor = request.actor  # type: ignore[attr-defined]
    now: datetime = request.now  # type: ignore[attr-defined]
    if request.headers.get("X-Background") != "1":
        log_list(request, AccessWhat.PEOPLE_LIST, "day board")
    clinical = actor.may(May.READ_CLINICAL_HOLD_REASON, now)
    visible = Patient.objects.visible_to(actor, now)
    entries = _entries(actor.clinic, now, clinical, set(visible.values_list("pk", flat=True)))
    rooms = Room.objects.filter(clinic=actor.clinic, closed_at__isnull=True).order_by("name")
    columns = [
        {"name": room.name, "entries": [e for e in entries if e["room_id"] == room.id]}
        for room in rooms
    ]
    roomless = [e for e in entries if e["room_id"] is None]
    if roomless:
        columns.append({"name": "No room yet", "entries": roomless})
    context = {
        "columns": columns,
        "now": now,
        "any": bool(entries),
        "clinical": clinical,
        "may_book": actor.may(May.BOOK, now),
    }
    return render(request, "medicine/board.html", context)


def _entries(
    clinic: Clinic, now: datetime, clinical: bool, visible: set[UUID]
) -> list[dict[str, Any]]:
    """One entry for each appointment of the day and each session that is open."""
    since = datetime.combine(clinic.day(now), time.min, clinic.zone)
    until = since + timedelta(days=1)
    appointments = list(
        Appointment.objects.filter(clinic=clinic, starts_at__gte=since, starts_at__lt=until)
        .filter(cancelled_at__isnull=True)
        .select_related("patient", "prescriber__user", "therapist__user", "session_clinician__user")
        .order_by("starts_at")
    )
    sessions = _sessions(clinic, since, now)
    held = _held(clinic, since, [a.course_key for a in appointments if a.course_key])
    found = []
    for appointment in appointments:
        if appointment.patient_id not in visible:
            continue
        own = next((s for s in sessions if s["appointment_id"] == appointment.id), None)
        found.append(_entry(appointment, own, held, clinical))
    shown = {a.id for a in appointments}
    for one in sessions:
        if one["appointment_id"] not in shown and one["patient"].id in visible:
            found.append(_entry(None, one, held, clinical))
    return found


def _entry(
    appointment: Appointment | None,
    session: dict[str, Any] | None,
    held: dict[UUID, bool],
    clinical: bool,
) -> dict[str, Any]:
    patient = appointment.patient if appointment else session["patient"]  # type: ignore[index]
    is_session = appointment is None or appointment.kind == AppointmentKind.SESSION
    hold = bool(
        appointment
        and not session
        and is_session
        and held.get(appointment.course_key or UUID(int=0))
    )
    entry: dict[str, Any] = {
        "room_id": session["room_id"] if session else appointment.room_id if appointment else None,
        "name": patient.called,
        "display_id": patient.display_id,
        "kind": appointment.get_kind_display() if appointment else "Medicine session",
        "starts_at": appointment.starts_at if appointment else None,
        "staff": _staff(appointment),
        "hold": hold,
        "ask": _whom_to_ask(appointment) if hold else "",
        "state": _state(appointment, session, hold),
        "session": session,
        "href": "",
    }
    if clinical and session:
        entry["href"] = reverse("medicine:session", args=[session["id"]])
    elif clinical and appointment and is_session and appointment.course_key:
        entry["href"] = reverse("medicine:readiness", args=[appointment.course_key])
    return entry


def _state(appointment: Appointment | None, session: dict[str, Any] | None, hold: bool) -> str:
    if session:
        return str(session["ending"] or "In session")
    if hold:
        return "Held"
    if appointment and appointment.no_show_at:
        return "Did not come"
    return "Here" if appointment and appointment.came_at else "Expected"


def _staff(appointment: Appointment | None) -> str:
    if appointment is None:
        return ""
    people = (appointment.therapist, appointment.session_clinician, appointment.prescriber)
    return ", ".join(dict.fromkeys(person.user.name for person in people if person))


def _whom_to_ask(appointment: Appointment | None) -> str:
    person = appointment and (
        appointment.prescriber or appointment.session_clinician or appointment.therapist
    )
    return person.user.name if person else "the prescriber"


def _sessions(clinic: Clinic, since: datetime, now: datetime) -> list[dict[str, Any]]:
    """Session days that are open or were opened today, with their end and their last dose."""
    over = Event.objects.of(clinic).filter(kind=EventKind.SESSION_ENDED.value)
    rows = (
        Session.objects.of(clinic).filter(opened_at__gte=since)
        | Session.objects.of(clinic).exclude(id__in=over.values("session_id"))
    ).select_related("patient")
    rows = rows.distinct()
    keys = [row.id for row in rows]
    endings = {
        event.session_id: from_text(BODIES[event.kind], event.body).ending.value
        for event in over.filter(session_id__in=keys, body__isnull=False)
    }
    doses: dict[UUID, datetime] = dict(
        Event.objects.filter(session_id__in=keys, kind=EventKind.DOSE_GIVEN.value)
        .values_list("session_id")
        .annotate(Max("at"))
    )
    return [
        {
            "id": row.id,
            "appointment_id": row.appointment_id,
            "room_id": row.room_id,
            "patient": row.patient,
            "opened_at": row.opened_at,
            "dosed_at": doses.get(row.id),
            "ending": ENDING_WORDS.get(endings.get(row.id, ""), ""),
        }
        for row in rows
    ]


def _held(clinic: Clinic, since: datetime, courses: Iterable[UUID]) -> dict[UUID, bool]:
    """Courses whose last answer at the session door today was no."""
    rows = (
        Decision.objects.of(clinic)
        .filter(course_id__in=list(courses), door=Door.OPEN_SESSION.value, decided_at__gte=since)
        .order_by("decided_at")
        .values_list("course_id", "allowed")
    )
    return {course: not allowed for course, allowed in rows if course}
