"""The day board: rooms, states and clocks; no vitals, and reasons only for some."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from holdspace.care.models import Decision, Session
from holdspace.care.standing import live_answer, with_time
from holdspace.core.decision import Door
from holdspace.core.journey import State
from holdspace.medicine import floor
from holdspace.medicine.page import ENDING_WORDS
from holdspace.people.access import May
from holdspace.people.guard import log_list, requires
from holdspace.people.models import Clinic, Membership, Patient
from holdspace.people.on_call import gaps_ahead
from holdspace.records.chain import stream_name
from holdspace.records.models import AccessWhat
from holdspace.schedule.models import Appointment, AppointmentKind, Room

# What time alone changes, and what is no part of a course's record.
LOOKED_AT_AGAIN = timedelta(seconds=2)
# Words that keep the session door shut; who may not read why is told whom to ask.
STOPPED = {State.HELD.value, State.PAUSED.value}


@requires(May.SEE_SCHEDULE)
def board(request: HttpRequest) -> HttpResponse:
    """Today in rooms; the same page for everybody on the floor, with fewer words for some."""
    actor = request.actor  # type: ignore[attr-defined]
    now: datetime = request.now  # type: ignore[attr-defined]
    return _live(request, "day board", lambda: _board(request, actor, now))


def _live(request: HttpRequest, what: str, make: Callable[[], HttpResponse]) -> HttpResponse:
    """The page; when it asks by itself, only what is new, as soon as a room's record goes on."""
    now: datetime = request.now  # type: ignore[attr-defined]
    if request.headers.get("X-Background") != "1":
        log_list(request, AccessWhat.PEOPLE_LIST, what)
        return with_time(make(), now)
    streams = _streams_today(request.actor.clinic, now)  # type: ignore[attr-defined]
    return live_answer(request, streams, again_after=LOOKED_AT_AGAIN, make=make)


def _streams_today(clinic: Clinic, now: datetime) -> set[str]:
    """The records of everybody who is booked today or whose session day is open."""
    since = datetime.combine(clinic.day(now), time.min, clinic.zone)
    booked = Appointment.objects.filter(
        clinic=clinic, starts_at__gte=since, starts_at__lt=since + timedelta(days=1)
    ).values_list("course_key", flat=True)
    here = Session.objects.of(clinic).filter(Q(opened_at__gte=since) | floor.open_days())
    courses = {*booked, *here.values_list("course_id", flat=True)}
    return {stream_name("course", course) for course in courses if course}


def _board(request: HttpRequest, actor: Membership, now: datetime) -> HttpResponse:
    clinical = actor.may(May.READ_CLINICAL_HOLD_REASON, now)
    visible = Patient.objects.visible_to(actor, now)
    seen = set(visible.values_list("pk", flat=True))
    entries = sorted(_entries(actor.clinic, now, clinical, seen), key=_by_what_is_owed)
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
        "call_gaps": gaps_ahead(actor.clinic, now) if actor.may(May.SET_ON_CALL, now) else [],
    }
    return render(request, "medicine/board.html", context)


@requires(May.READ_CLINICAL_HOLD_REASON)
def floor_view(request: HttpRequest) -> HttpResponse:
    """Every room that is open now, what is owed longest at the top; never a vital sign."""
    actor = request.actor  # type: ignore[attr-defined]
    now: datetime = request.now  # type: ignore[attr-defined]
    return _live(request, "floor view", lambda: _floor(request, actor, now))


def _floor(request: HttpRequest, actor: Membership, now: datetime) -> HttpResponse:
    seen = set(Patient.objects.visible_to(actor, now).values_list("pk", flat=True))
    names = dict(Room.objects.filter(clinic=actor.clinic).values_list("id", "name"))
    entries = [e for e in _entries(actor.clinic, now, True, seen) if e["room"] and e["state"]]
    open_now = [e | {"place": names.get(e["room_id"], "")} for e in entries if e["room"].word]
    rooms = sorted(open_now, key=lambda entry: _by_overdue_work(entry, now))
    return render(request, "medicine/floor.html", {"rooms": rooms, "now": now})


def _by_overdue_work(entry: dict[str, Any], now: datetime) -> tuple[bool, float, bool, datetime]:
    """Rooms that call first, then the longest overdue, stale rooms, and what is due next."""
    owed = [entry["room"].due_at, *(task["due_at"] for task in entry["tasks"])]
    due = min((at for at in owed if at), default=now + timedelta(days=365))
    overdue = max((now - due).total_seconds(), 0)
    return (not entry["calls"], -overdue, not entry["room"].stale, due)


def _by_what_is_owed(entry: dict[str, Any]) -> tuple[bool, bool, bool, datetime]:
    """A room that calls stands first, then what is overdue, what is owed, and by the clock."""
    at = entry["starts_at"] or entry["opened_at"]
    return (not entry["calls"], not entry["late"], not entry["tasks"], at)


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
    appointments = [a for a in appointments if a.patient_id in visible]
    sessions = [s for s in _sessions(clinic, since) if s.patient_id in visible]
    day = _Day(
        rooms=floor.rooms(clinic, sessions, now),
        now=now,
        clinical=clinical,
    )
    day.read(clinic, since, appointments, sessions)
    by_appointment = {s.appointment_id: s for s in sessions if s.appointment_id}
    found = [_entry(a, by_appointment.get(a.id), day) for a in appointments]
    shown = {a.id for a in appointments}
    return found + [_entry(None, s, day) for s in sessions if s.appointment_id not in shown]


@dataclass
class _Day:
    """Everything that the entries of one board are told from, read before the first of them."""

    rooms: dict[UUID, floor.Room]
    now: datetime
    clinical: bool
    words: dict[UUID, str] = field(default_factory=dict)
    held: dict[UUID, bool] = field(default_factory=dict)
    tasks: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)

    def read(
        self,
        clinic: Clinic,
        since: datetime,
        appointments: Iterable[Appointment],
        sessions: Iterable[Session],
    ) -> None:
        open_now = {s.course_id for s in sessions if self.rooms[s.id].word}
        courses = {a.course_key for a in appointments if a.course_key}
        courses |= {s.course_id for s in sessions}
        self.words = floor.words(courses - open_now, self.now)
        self.held = _held(clinic, since, courses)
        self.tasks = floor.owed(courses, self.now) if self.clinical else {}


def _entry(appointment: Appointment | None, session: Session | None, day: _Day) -> dict[str, Any]:
    owner = session or appointment
    assert owner is not None
    room = day.rooms[session.id] if session else None
    course = session.course_id if session else appointment.course_key if appointment else None
    is_session = appointment is None or appointment.kind == AppointmentKind.SESSION
    word = room.word if room and room.word else day.words.get(course, "") if course else ""
    refused = day.held.get(course, False) if course else False
    hold = is_session and not session and (refused or word in STOPPED)
    late = bool(room and room.due_at and room.due_at < day.now)
    return {
        "room_id": owner.room_id,
        "name": owner.patient.called,
        "display_id": owner.patient.display_id,
        "kind": appointment.get_kind_display() if appointment else "Medicine session",
        "starts_at": appointment.starts_at if appointment else None,
        "opened_at": session.opened_at if session else None,
        "staff": _staff(appointment),
        "hold": hold,
        "ask": _whom_to_ask(appointment) if hold else "",
        **_state(appointment, room, word, hold, day.clinical),
        "room": room,
        "late": late,
        "calls": room.calls if room and day.clinical else (),
        "tasks": day.tasks.get(course, []) if course else [],
        "href": _href(session, course, is_session) if day.clinical else "",
    }


def _href(session: Session | None, course: UUID | None, is_session: bool) -> str:
    if session:
        return reverse("medicine:session", args=[session.id])
    return reverse("medicine:readiness", args=[course]) if is_session and course else ""


def _state(
    appointment: Appointment | None, room: floor.Room | None, word: str, hold: bool, clinical: bool
) -> dict[str, str]:
    """The journey word, and beside it what the desk knows: expected, here, gone home."""
    if room and room.word:
        return {"state": room.word, "beside": ""}
    beside = ENDING_WORDS.get(room.ending, "") if room else _arrival(appointment)
    if clinical and word:
        return {"state": word, "beside": beside}
    return {"state": "Held" if hold else beside, "beside": ""}


def _arrival(appointment: Appointment | None) -> str:
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


def _sessions(clinic: Clinic, since: datetime) -> list[Session]:
    """Session days that are open or were opened today."""
    rows = (
        Session.objects.of(clinic).filter(opened_at__gte=since)
        | Session.objects.of(clinic).filter(floor.open_days())
    ).select_related("patient", "course__protocol")
    return list(rows.distinct())


def _held(clinic: Clinic, since: datetime, courses: Iterable[UUID]) -> dict[UUID, bool]:
    """Courses whose last answer at the session door today was no."""
    rows = (
        Decision.objects.of(clinic)
        .filter(course_id__in=list(courses), door=Door.OPEN_SESSION.value, decided_at__gte=since)
        .order_by("decided_at")
        .values_list("course_id", "allowed")
    )
    return {course: not allowed for course, allowed in rows if course}
