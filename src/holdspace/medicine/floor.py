"""What the floor may know of each person today: a word, timers and owed work; never a vital."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Max, Q

from holdspace.care import facts as loader
from holdspace.care.events import Happened
from holdspace.care.models import Course, Event, EventKind, Observation, Session, Strike, Task
from holdspace.care.standing import heads_of
from holdspace.care.web import names_of
from holdspace.core import facts as core
from holdspace.core import journey
from holdspace.core.facts import Route
from holdspace.core.observing import SET, Conditions, evaluate
from holdspace.medicine import attention
from holdspace.medicine.calls import Call, open_calls
from holdspace.people.models import Clinic
from holdspace.records.chain import stream_name

# Longer than the longest wait between two sets after a dose; clinic default, awaiting signature.
STALE_AFTER = timedelta(minutes=20)
TOLD = (
    EventKind.DOSE_GIVEN,
    EventKind.ORDER_SIGNED,
    EventKind.COULD_NOT,
    EventKind.TOLD,
    EventKind.EMERGENCY,
    EventKind.SESSION_ENDED,
)


@dataclass(frozen=True, slots=True)
class Room:
    """One session day as the board tells it. `due_at` lies in the past when a set is overdue."""

    word: str
    dosed_at: datetime | None = None
    ending: str = ""
    due_at: datetime | None = None
    tone: str = ""
    heard_at: datetime | None = None  # when a person last wrote anything of it down
    stale: bool = False
    calls: tuple[Call, ...] = ()  # what others are to know: work, never a number


@dataclass(frozen=True, slots=True)
class Read:
    """What was written down of some session days, by their keys; what was struck is not in it."""

    happened: dict[UUID, list[Happened]]
    charted: dict[UUID, list[Observation]]


def read(sessions: Sequence[Session]) -> Read:
    """Events and charted values of every given day, in two queries however many there are."""
    keys = [row.id for row in sessions]
    struck = Strike.objects.filter(patient__in={row.patient_id for row in sessions})
    struck_ids = struck.values("struck_id")
    events = Event.objects.filter(
        session_id__in=keys, kind__in=[kind.value for kind in TOLD], body__isnull=False
    )
    found = Read({}, {})
    for event in events.exclude(id__in=struck_ids).order_by("at", "recorded_at", "id"):
        found.happened.setdefault(UUID(str(event.session_id)), []).append(loader.decoded(event))
    kinds = set(SET)
    for row in sessions:
        kinds |= {step.kind for step in loader.protocol_of(row.course).steps}
    wanted = Observation.objects.filter(session_id__in=keys, kind__in=[k.value for k in kinds])
    for row in wanted.exclude(id__in=struck_ids):
        found.charted.setdefault(UUID(str(row.session_id)), []).append(row)
    return found


def open_days() -> Q:
    """Session days that nobody has ended."""
    over = Event.objects.filter(kind=EventKind.SESSION_ENDED.value, session_id__isnull=False)
    return ~Q(id__in=over.values("session_id"))


def conditions(session: Session, known: Read, now: datetime) -> Conditions | None:
    """The core's answer for one day; None for a route without a schedule.

    A rise over somebody's own baseline is not looked at from here: a protocol has no step for one
    that asks to tell.
    """
    protocol = loader.protocol_of(session.course)
    schedule = protocol.schedules.get(Route(session.course.route))
    if schedule is None:
        return None
    happened = known.happened.get(session.id, [])
    doses = tuple(h.body for h in happened if h.kind is EventKind.DOSE_GIVEN)
    charted = tuple(row.as_core for row in known.charted.get(session.id, []))
    return evaluate(
        schedule, protocol, charted, doses, now, could_not=attention.could_not(happened)
    )


def calling(
    clinic: Clinic, sessions: Sequence[Session], known: Read, now: datetime
) -> dict[UUID, tuple[Call, ...]]:
    """What others are to know of each open day, with the names of who wrote it down."""
    found = {
        row.id: open_calls(conditions(row, known, now), known.happened.get(row.id, []))
        for row in sessions
    }
    return named(clinic, found)


def named(clinic: Clinic, found: dict[UUID, tuple[Call, ...]]) -> dict[UUID, tuple[Call, ...]]:
    """The same with printed names instead of keys; asked only where somebody acted."""
    by = {call.who for some in found.values() for call in some if call.kind != "tell"}
    names = names_of(clinic.id, by) if by else {}
    return {
        key: tuple(replace(call, who=names.get(call.who, call.who)) for call in some)
        for key, some in found.items()
    }


def rooms(clinic: Clinic, sessions: Sequence[Session], now: datetime) -> dict[UUID, Room]:
    """Every given session day by its key, in a fixed number of queries however many there are."""
    if not sessions:
        return {}
    known = read(sessions)
    place = loader.clinic_facts(clinic, sessions[0].course.protocol_id)
    heard = _heard(sessions)
    told = {row.id: _room(row, known, place, now) for row in sessions}
    named_calls = named(clinic, {key: room.calls for key, room in told.items()})
    return {
        row.id: _with_age(replace(told[row.id], calls=named_calls[row.id]), heard[row.id], now)
        for row in sessions
    }


def _heard(sessions: Sequence[Session]) -> dict[UUID, datetime]:
    """When a person last wrote something of each day down.

    A monitor's numbers, music and clocks go on without anybody in the room, so they do not count.
    """
    newest = {row.id: row.opened_at for row in sessions}
    for table in (Event, Observation):
        rows = table.objects.filter(session_id__in=newest, by__isnull=False)
        for key, at in rows.values_list("session_id").annotate(Max("recorded_at")).order_by():
            newest[key] = max(newest[key], at)
    return newest


def _with_age(room: Room, heard_at: datetime, now: datetime) -> Room:
    """An open room from which nothing came for long is stale: its tablet may have no network."""
    stale = bool(room.word) and now - heard_at > STALE_AFTER
    return replace(room, heard_at=heard_at, stale=stale)


def _room(session: Session, known: Read, place: core.Clinic, now: datetime) -> Room:
    happened = known.happened.get(session.id, [])
    ends = [h for h in happened if h.kind is EventKind.SESSION_ENDED]
    doses = tuple(h.body for h in happened if h.kind is EventKind.DOSE_GIVEN)
    dosed_at = doses[-1].given_at if doses else None
    if ends:
        return Room("", dosed_at, ending=ends[-1].body.ending.value)
    course = session.course
    facts = core.Facts(
        now=now,
        clinic=place,
        person=loader.person_facts(session.patient),
        course=core.Course(id=str(course.id), opened_at=course.opened_at),
        sessions=(core.Session(str(session.id), session.number, session.opened_at),),
        doses=doses,
    )
    word = journey.state(facts, loader.protocol_of(course)).value
    found = conditions(session, known, now)
    stand = open_calls(found, happened)
    if found is None:
        return Room(word, dosed_at, calls=stand)
    due_at = attention.owed_since(found) or found.next_at
    return Room(word, dosed_at, due_at=due_at, tone=attention.tone(found), calls=stand)


def words(courses: Iterable[UUID], now: datetime) -> dict[UUID, str]:
    """The journey word of courses that are not in a session: the same rules as on the chart.

    Worked out again when a course's record grew or a minute has passed, not at every refresh of
    every screen; the minute is rounded up, so that what was just signed is never in its future.
    """
    streams = {stream_name("course", key): key for key in courses}
    heads = heads_of(streams)
    minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return {key: _word(key, heads[stream], minute) for stream, key in streams.items()}


@lru_cache(maxsize=512)
def _word(course_key: UUID, _head: int, at: datetime) -> str:
    course = Course.objects.select_related("clinic", "patient", "protocol").get(pk=course_key)
    return journey.state(loader.load(course, now=at), loader.protocol_of(course)).value


def owed(courses: Iterable[UUID], now: datetime) -> dict[UUID, list[dict[str, Any]]]:
    """Open tasks by course with their owner, the one that is due first at the top."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    rows = Task.objects.filter(course_id__in=list(courses), closed_at__isnull=True)
    for task in rows.select_related("owner__user").order_by("due_at"):
        found.setdefault(UUID(str(task.course_id)), []).append(
            {
                "key": task.id,
                "title": task.title,
                "owner": task.owner.user.name,
                "due_at": task.due_at,
                "overdue": task.due_at < now,
            }
        )
    return found
