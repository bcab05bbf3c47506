"""A monitor's messages are kept before they are acknowledged, and shown once a person looked.

Nothing here charts. What may be shown becomes `ImportedReading`s beside the chart; everything
else keeps its reason in the arrival's outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from holdspace.care.actions import WrongInput
from holdspace.care.models import EventKind, Session
from holdspace.core import feed
from holdspace.core.feed import Aside, LeftAside
from holdspace.core.units import Kind
from holdspace.medicine.actions.common import ended, locked
from holdspace.medicine.actions.readings import import_readings
from holdspace.medicine.models import Arrival, ArrivalOutcome, Monitor, MonitorOnPerson
from holdspace.people.access import May
from holdspace.people.models import Membership
from holdspace.records.actions import append, record
from holdspace.records.keys import new_key
from holdspace.schedule.models import Room

NAME_MAX, SENDER_MAX, CONTROL_MAX = 60, 120, 60
REPEATED_WITHIN = timedelta(days=1)
ASIDE_KEPT_MAX = 50


@dataclass(frozen=True, slots=True)
class Arrived:
    """One framed message as it came: who sent it, its own number, how it will be answered."""

    received_at: datetime
    sender: str
    control_id: str
    acknowledged: str  # AA, AE or AR
    raw: str


@transaction.atomic
def add_monitor(*, room: Room, name: str, sender: str, by: Membership, now: datetime) -> Monitor:
    """A monitor stands in a room. Raises WrongInput when its name or sender cannot stand."""
    name, sender = name.strip(), sender.strip()
    if not 0 < len(name) <= NAME_MAX:
        raise WrongInput("name", "A monitor needs a name.", f"1 to {NAME_MAX} letters")
    if not 0 < len(sender) <= SENDER_MAX or sender.count("^") != 1:
        raise WrongInput(
            "sender", "This is not how a monitor names itself.", "MSH-3 and MSH-4 as in “Bedside^2”"
        )
    if Monitor.objects.filter(sender=sender, ended_at__isnull=True).exists():
        raise WrongInput("sender", "A monitor of this name is in use.", "another name")
    monitor = Monitor.objects.create(
        id=new_key(now), clinic_id=room.clinic_id, room=room, name=name, sender=sender, added_at=now
    )
    _note(monitor, "monitor_added", by, now)
    return monitor


@transaction.atomic
def end_monitor(*, monitor: Monitor, by: Membership, now: datetime) -> None:
    """The monitor left its room; what it sent stays. Ending twice changes nothing."""
    monitor = Monitor.objects.select_for_update(of=("self",)).get(pk=monitor.pk)
    if monitor.ended_at is None:
        monitor.ended_at = now
        monitor.save(update_fields=["ended_at"])
        _note(monitor, "monitor_ended", by, now)


def _note(monitor: Monitor, act: str, by: Membership, now: datetime) -> None:
    append(
        stream=f"clinic:{monitor.clinic_id}", act=act, by=by, now=now, clinic_id=monitor.clinic_id,
        body={"monitor": str(monitor.id), "room": str(monitor.room_id)},
    )  # fmt: skip


@transaction.atomic
def say_monitor_is_on(
    *, session: Session, monitor: Monitor, is_on: bool, by: Membership, now: datetime
) -> MonitorOnPerson:
    """A clinician looked at the person and says that this monitor is on them, or no longer.

    Raises WrongInput for a monitor of another room or another clinic, and on a day that is over.
    """
    if not by.may(May.OBSERVE, now):
        raise WrongInput("by", "Your role does not chart.", "a clinician")
    course, session = locked(session)
    if monitor.clinic_id != session.clinic_id or monitor.room_id != session.room_id:
        raise WrongInput("monitor", "This monitor stands in another room.", "one of this room")
    if ended(course, session):
        raise WrongInput("monitor", "This session is over.", "a session that is open")
    row = MonitorOnPerson.draft(
        now=now, clinic_id=session.clinic_id, patient_id=session.patient_id, course=course,
        session=session, monitor=monitor, at=now, is_on=is_on, by=by,
    )  # fmt: skip
    record(
        rows=[row], stream=course.stream, act="monitor_on" if is_on else "monitor_off", by=by,
        now=now, clinic_id=session.clinic_id,
    )  # fmt: skip
    return row


@transaction.atomic
def keep_arrivals(*, arrived: Sequence[Arrived]) -> None:
    """Write messages down as they came, all of them or none; only then are they acknowledged."""
    Arrival.objects.bulk_create(
        Arrival(
            id=new_key(one.received_at),
            received_at=one.received_at,
            sender=one.sender[:SENDER_MAX],
            control_id=one.control_id[:CONTROL_MAX],
            acknowledged=one.acknowledged,
            raw=one.raw.replace("\x00", "\N{REPLACEMENT CHARACTER}"),
        )
        for one in arrived
    )


def settle(*, waiting: Sequence[tuple[Arrival, feed.Message | None]], now: datetime) -> None:
    """Say what becomes of arrivals; one that is settled already is left as it is.

    Each comes with what the reader made of it, None when it could not be read. What may be shown
    is shown beside the chart of the session that is open in the monitor's room, arrival by
    arrival; those of which nothing is shown are written together.
    """
    places: dict[str, tuple[Monitor | None, list[Session]]] = {}
    quiet = []
    for arrival, message in waiting:
        sender = message.device if message else ""
        if sender not in places:
            places[sender] = _place(sender)
        monitor, sessions = places[sender]
        session = _open_at(sessions, arrival.received_at)
        found = _sorted(arrival, message, monitor, session)
        if found.received and session is not None:
            _show(arrival, found, monitor, session, now)
        else:
            quiet.append(_outcome(arrival, monitor, session, 0, found.aside, now))
    with transaction.atomic():
        ArrivalOutcome.objects.bulk_create(quiet, ignore_conflicts=True)


def leave_aside(*, arrival: Arrival, now: datetime) -> None:
    """Settle an arrival that the program itself failed on, so that it holds no other back."""
    found = _outcome(arrival, None, None, 0, [LeftAside(Aside.NOT_SETTLED)], now)
    with transaction.atomic():
        ArrivalOutcome.objects.bulk_create([found], ignore_conflicts=True)


@transaction.atomic
def _show(
    arrival: Arrival, found: feed.Sorted, monitor: Monitor | None, session: Session, now: datetime
) -> None:
    Arrival.objects.select_for_update(of=("self",)).get(pk=arrival.pk)
    if ArrivalOutcome.objects.filter(pk=arrival.pk).exists():
        return
    since = min(cell.taken_at for cell in found.received) - timedelta(minutes=1)
    there = session.imported.filter(at__gte=since).values_list("kind", "at")
    shown, taken = feed.one_a_minute(found.received, [(Kind(k), at) for k, at in there])
    kept = import_readings(session=session, received=shown, keep_good=True, by=None, now=now).added
    _outcome(arrival, monitor, session, kept, (*found.aside, *taken), now).save(force_insert=True)


def _outcome(
    arrival: Arrival,
    monitor: Monitor | None,
    session: Session | None,
    kept: int,
    aside: Sequence[LeftAside],
    now: datetime,
) -> ArrivalOutcome:
    reasons = [[one.why.value, one.code, one.value] for one in aside[:ASIDE_KEPT_MAX]]
    return ArrivalOutcome(
        arrival=arrival, at=now, monitor=monitor, session=session, kept=kept, aside=reasons
    )


def _place(sender: str) -> tuple[Monitor | None, list[Session]]:
    """The monitor of this name and the sessions that are open in its room."""
    monitors = Monitor.objects.select_related("clinic", "room")
    monitor = monitors.filter(sender=sender, ended_at__isnull=True).first() if sender else None
    if monitor is None:
        return None, []
    rows = Session.objects.filter(room=monitor.room)
    rows = rows.exclude(events__kind=EventKind.SESSION_ENDED.value)
    return monitor, list(rows.select_related("course__clinic", "patient"))


def _open_at(sessions: Sequence[Session], moment: datetime) -> Session | None:
    """The one session that was open; of two in one room nobody can say whose number it is."""
    found = [session for session in sessions if session.opened_at <= moment]
    return found[0] if len(found) == 1 else None


def _sorted(
    arrival: Arrival,
    message: feed.Message | None,
    monitor: Monitor | None,
    session: Session | None,
) -> feed.Sorted:
    if message is None:
        return _whole(Aside.NOT_READABLE)
    if monitor is None:
        return _whole(Aside.UNKNOWN_DEVICE)
    if session is None:
        return _whole(Aside.NO_SESSION)
    said = _is_on(monitor, session, arrival.received_at)
    if said is None:
        return _whole(Aside.NOT_CONFIRMED)
    if message.control_id and _repeated(arrival, monitor):
        return _whole(Aside.REPEATED)
    found = feed.sort_out(
        message,
        received_at=arrival.received_at,
        zone=monitor.clinic.zone,
        person_id=session.patient.display_id,
    )
    # A monitor's times have whole seconds: a value of the second of the look is after it.
    received, early = feed.since(found.received, said.at.replace(microsecond=0))
    return feed.Sorted(received, (*found.aside, *early))


def _whole(why: Aside) -> feed.Sorted:
    return feed.Sorted(aside=(LeftAside(why),))


def _is_on(monitor: Monitor, session: Session, at: datetime) -> MonitorOnPerson | None:
    """The newest word about this monitor up to then, if it is that it is on this person."""
    said = MonitorOnPerson.objects.filter(monitor=monitor, at__lte=at).order_by("-at", "-id")
    newest = said.first()
    on_them = newest is not None and newest.is_on and newest.session_id == session.pk
    return newest if on_them else None


def _repeated(arrival: Arrival, monitor: Monitor) -> bool:
    """Whether a message of the same number was read from this monitor within a day before."""
    return (
        ArrivalOutcome.objects.filter(
            monitor=monitor,
            kept__gt=0,
            arrival__control_id=arrival.control_id,
            arrival__received_at__gte=arrival.received_at - REPEATED_WITHIN,
            arrival__received_at__lte=arrival.received_at,
        )
        .exclude(pk=arrival.pk)
        .exists()
    )


def not_settled(limit: int) -> list[Arrival]:
    """Arrivals that nobody looked at yet, the oldest first."""
    return list(Arrival.objects.filter(outcome=None).order_by("received_at", "id")[:limit])
