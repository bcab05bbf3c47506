"""A free time is one that nobody who is needed, and no room that is needed, is promised to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from holdspace.people.models import Membership, Patient
from holdspace.schedule.models import Appointment, AppointmentKind, Room

OPENS, CLOSES = time(8, 0), time(18, 0)  # on the clinic's wall; a default until a clinic has hours
SATURDAY = 5
DAYS_AHEAD = 28
EVERY = timedelta(minutes=30)
A_DAY_MAX = 3  # so that ten openings are several days, not one morning


@dataclass(frozen=True, slots=True)
class Opening:
    """One free time with its room; the session clinician is somebody who is free then."""

    starts_at: datetime
    ends_at: datetime
    room: Room | None
    session_clinician: Membership | None = None


@dataclass(frozen=True, slots=True)
class Sought:
    """Whom and what an opening needs: any one of `rooms`, the therapist, any one clinician."""

    patient: Patient
    kind: AppointmentKind
    minutes: int
    therapist: Membership | None
    rooms: Sequence[Room]
    clinicians: Sequence[Membership] = ()


def while_open(latest: datetime, zone: ZoneInfo) -> datetime:
    """`latest`, or the close of the clinic's hours before it where it falls into the night."""
    wall = latest.astimezone(zone)
    if OPENS <= wall.time() <= CLOSES:
        return latest
    day = wall.date() - timedelta(days=wall.time() < OPENS)
    return datetime.combine(day, CLOSES, zone).astimezone(UTC)


def openings(sought: Sought, now: datetime, limit: int = 10) -> list[Opening]:
    """The next free times inside the clinic's hours on working days, the earliest first."""
    last = now + timedelta(days=DAYS_AHEAD + 1)
    taken = list(
        Appointment.objects.filter(
            clinic=sought.patient.clinic,
            cancelled_at__isnull=True,
            no_show_at__isnull=True,
            starts_at__lt=last,
            ends_at__gt=now,
        ).only("patient", "room", "therapist", "session_clinician", "starts_at", "ends_at")
    )
    found: list[Opening] = []
    on_day: dict[object, int] = {}
    for starts in _starts(sought, now):
        opening = _opening(sought, starts, taken)
        day = sought.patient.clinic.day(starts)
        if opening and on_day.get(day, 0) < A_DAY_MAX:
            on_day[day] = on_day.get(day, 0) + 1
            found.append(opening)
            if len(found) == limit:
                break
    return found


def _starts(sought: Sought, now: datetime) -> Iterator[datetime]:
    clinic, length = sought.patient.clinic, timedelta(minutes=sought.minutes)
    for ahead in range(DAYS_AHEAD + 1):
        day = clinic.day(now) + timedelta(days=ahead)
        if day.weekday() >= SATURDAY:
            continue
        starts = datetime.combine(day, OPENS, clinic.zone).astimezone(UTC)
        closes = datetime.combine(day, CLOSES, clinic.zone).astimezone(UTC)
        while starts + length <= closes:
            if starts > now:
                yield starts
            starts += EVERY


def _opening(sought: Sought, starts: datetime, taken: Iterable[Appointment]) -> Opening | None:
    ends = starts + timedelta(minutes=sought.minutes)
    over = [a for a in taken if a.starts_at < ends and a.ends_at > starts]
    busy: set[UUID | None] = {a.therapist_id for a in over} | {a.session_clinician_id for a in over}
    if any(a.patient_id == sought.patient.id for a in over):
        return None
    if sought.therapist and sought.therapist.id in busy:
        return None
    full = {a.room_id for a in over}
    is_session = sought.kind is AppointmentKind.SESSION
    room = next((r for r in sought.rooms if r.id not in full), None)
    beside = next(
        (m for m in sought.clinicians if m.id not in busy and m != sought.therapist), None
    )
    if (sought.rooms and room is None) or (is_session and (room is None or beside is None)):
        return None
    return Opening(starts, ends, room, beside if is_session else None)
