"""Promises of time: booked without clashes, cancelled with a reason, kept or missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from holdspace.people.models import Clinic, Membership, Patient, Site
from holdspace.records.actions import append
from holdspace.records.keys import new_key
from holdspace.schedule.models import Appointment, AppointmentKind, Room

ROOM_NAME_MAX = 60
BOOK_DAYS_AHEAD_MAX = 366  # proposed: a visit a year on; clinic default, awaiting signature


class Clash(ValueError):
    """A booking that cannot stand: `field` names what to change, `accepted` what would do."""

    def __init__(self, field: str, problem: str, accepted: str) -> None:
        super().__init__(f"{problem} Accepted: {accepted}.")
        self.field = field
        self.problem = problem
        self.accepted = accepted


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a kind of appointment, its time, its room and its people."""

    kind: AppointmentKind
    starts_at: datetime
    ends_at: datetime
    room: Room | None = None
    therapist: Membership | None = None
    session_clinician: Membership | None = None
    prescriber: Membership | None = None

    @property
    def staff(self) -> list[tuple[str, Membership]]:
        named = {
            "therapist": self.therapist,
            "session_clinician": self.session_clinician,
            "prescriber": self.prescriber,
        }
        return [(field, member) for field, member in named.items() if member is not None]


@transaction.atomic
def add_room(*, site: Site, name: str, by: Membership | None, now: datetime) -> Room:
    """A room of a site. Raises Clash when the site already has one of that name."""
    if not 0 < len(name.strip()) <= ROOM_NAME_MAX:
        raise Clash("name", "A room needs a name.", f"1 to {ROOM_NAME_MAX} letters")
    if Room.objects.filter(site=site, name__iexact=name.strip()).exists():
        raise Clash("name", "This site has a room of that name.", "another name")
    room = Room.objects.create(id=new_key(now), clinic=site.clinic, site=site, name=name.strip())
    _record(site.clinic, "room_added", room.id, by, now)
    return room


@transaction.atomic
def close_room(*, room: Room, by: Membership | None, now: datetime) -> None:
    """No new bookings in this room; what is booked there stands. Closing twice changes nothing."""
    room = Room.objects.select_for_update(of=("self",)).get(pk=room.pk)
    if room.closed_at is None:
        room.closed_at = now
        room.save(update_fields=["closed_at"])
        _record(room.clinic, "room_closed", room.id, by, now)


@transaction.atomic
def book(
    *,
    patient: Patient,
    wanted: Wanted,
    by: Membership | None,
    now: datetime,
    course_key: UUID | None = None,
) -> Appointment:
    """Promise a time. Raises Clash when a room or person is taken, or a session lacks one."""
    # One booking at a time in a clinic: two people cannot be given the same room.
    clinic = Clinic.objects.select_for_update(of=("self",), no_key=True).get(pk=patient.clinic_id)
    check_when(wanted, now)
    _check_shape(wanted)
    _check_place(clinic, wanted)
    _check_clashes(clinic, patient, wanted)
    appointment = Appointment.objects.create(
        id=new_key(now),
        clinic=clinic,
        patient=patient,
        course_key=course_key,
        kind=wanted.kind.value,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        room=wanted.room,
        therapist=wanted.therapist,
        session_clinician=wanted.session_clinician,
        prescriber=wanted.prescriber,
        booked_at=now,
        booked_by=by,
    )
    _record(clinic, "appointment_booked", appointment.id, by, now)
    return appointment


def check_when(wanted: Wanted, now: datetime) -> None:
    """Raises Clash for a time that nobody can mean: past, without a length, or years ahead."""
    for field in ("starts_at", "ends_at"):
        if getattr(wanted, field).tzinfo is None:
            raise Clash(field, "The time has no zone.", "a time with its zone")
    if wanted.starts_at <= now:
        raise Clash("starts_at", "This time is in the past.", "a later time")
    last = now + timedelta(days=BOOK_DAYS_AHEAD_MAX)
    if wanted.starts_at > last:
        raise Clash("day", f"More than {BOOK_DAYS_AHEAD_MAX} days ahead.", f"until {last:%Y-%m-%d}")
    if wanted.ends_at <= wanted.starts_at:
        raise Clash("ends_at", "It ends before it begins.", "an end after the start")


def _check_shape(wanted: Wanted) -> None:
    if wanted.kind is not AppointmentKind.SESSION:
        return
    if wanted.room is None:
        raise Clash("room", "A medicine session needs its room.", "a room")
    for field in ("therapist", "session_clinician", "prescriber"):
        if getattr(wanted, field) is None:
            words = field.replace("_", " ")
            raise Clash(field, f"A medicine session needs its {words}.", f"a {words}")
    if wanted.therapist == wanted.session_clinician:
        raise Clash(
            "session_clinician",
            "The therapist and the session clinician are two people.",
            "somebody else",
        )


def _check_place(clinic: Clinic, wanted: Wanted) -> None:
    """The room is one of this clinic's and in use; the people work here."""
    room, is_session = wanted.room, wanted.kind is AppointmentKind.SESSION
    if room and (room.clinic_id != clinic.id or room.closed_at is not None):
        raise Clash("room", f"{room.name} is not in use here.", "a room of this clinic")
    if room and is_session and not room.for_sessions:
        raise Clash("room", f"{room.name} is not for medicine sessions.", "a session room")
    for field, member in wanted.staff:
        if member.clinic_id != clinic.id:
            raise Clash(field, f"{member.name} does not work here.", "a colleague of this clinic")


def _check_clashes(clinic: Clinic, patient: Patient, wanted: Wanted) -> None:
    standing = Appointment.objects.filter(
        clinic=clinic,
        cancelled_at__isnull=True,
        no_show_at__isnull=True,
        starts_at__lt=wanted.ends_at,
        ends_at__gt=wanted.starts_at,
    )
    if standing.filter(patient=patient).exists():
        raise Clash("starts_at", "The person has another appointment then.", "another time")
    if wanted.room and standing.filter(room=wanted.room).exists():
        raise Clash("room", f"{wanted.room.name} is taken then.", "another room or time")
    for field, member in wanted.staff:
        # A prescriber covers several rooms; the others can be in one room only.
        if field == "prescriber":
            continue
        busy = Q(therapist=member) | Q(session_clinician=member)
        if standing.filter(busy).exists():
            raise Clash(field, f"{member.name} is with somebody else then.", "another time")


@transaction.atomic
def cancel(*, appointment: Appointment, because: str, by: Membership | None, now: datetime) -> None:
    """Cancel a standing appointment, with the reason that was given."""
    appointment = _standing(appointment)
    if not because.strip():
        raise Clash("because", "A cancellation needs its reason.", "the reason, in a few words")
    if appointment.came_at is not None:
        raise Clash("came_at", "The person came.", "an appointment that has not begun")
    appointment.cancelled_at, appointment.cancelled_because = now, because.strip()[:200]
    appointment.save(update_fields=["cancelled_at", "cancelled_because"])
    _record(appointment.clinic, "appointment_cancelled", appointment.id, by, now)


@transaction.atomic
def mark_came(*, appointment: Appointment, by: Membership | None, now: datetime) -> None:
    """The person is here."""
    appointment = _standing(appointment)
    if appointment.came_at is None:
        appointment.came_at = now
        appointment.save(update_fields=["came_at"])
        _record(appointment.clinic, "person_came", appointment.id, by, now)


@transaction.atomic
def mark_no_show(*, appointment: Appointment, by: Membership | None, now: datetime) -> None:
    """The person did not come. Raises Clash before the time has passed."""
    appointment = _standing(appointment)
    if appointment.starts_at > now:
        raise Clash("starts_at", "The appointment has not begun yet.", "a time after its start")
    if appointment.came_at is not None:
        raise Clash("came_at", "The person came.", "an appointment nobody came to")
    appointment.no_show_at = now
    appointment.save(update_fields=["no_show_at"])
    _record(appointment.clinic, "person_did_not_come", appointment.id, by, now)


@transaction.atomic
def undo_no_show(*, appointment: Appointment, by: Membership | None, now: datetime) -> None:
    """The person is here after all, or the wrong line was tapped: it stands again.

    Raises Clash on another day than it was said, and when its time was given away meanwhile.
    """
    clinic = Clinic.objects.select_for_update(of=("self",), no_key=True).get(
        pk=appointment.clinic_id
    )
    found = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    said = found.no_show_at
    if said is None or clinic.day(said) != clinic.day(now):
        raise Clash("state", "This can be undone on the day it was said.", "the same day")
    _check_clashes(clinic, found.patient, _as_wanted(found))
    found.no_show_at = None
    found.save(update_fields=["no_show_at"])
    _record(clinic, "person_did_not_come_undone", found.id, by, now)


def _as_wanted(row: Appointment) -> Wanted:
    return Wanted(
        kind=AppointmentKind(row.kind),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        room=row.room,
        therapist=row.therapist,
        session_clinician=row.session_clinician,
        prescriber=row.prescriber,
    )


def _standing(appointment: Appointment) -> Appointment:
    found = Appointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
    if not found.stands:
        raise Clash("state", f"This appointment is already over: {found.state}.", "a standing one")
    return found


def _record(clinic: Clinic, act: str, key: UUID, by: Membership | None, now: datetime) -> None:
    append(
        stream=f"clinic:{clinic.id}",
        act=act,
        by=by,
        now=now,
        body={"id": str(key)},
        clinic_id=clinic.id,
    )
