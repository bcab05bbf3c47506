"""What pages say of a monitor: whose it is, when it last spoke, what of it is left aside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdspace.care.models import Session
from holdspace.core.feed import SENTENCES, Aside
from holdspace.medicine.models import Arrival, ArrivalOutcome, Monitor, MonitorOnPerson
from holdspace.people.models import Clinic

RECENT = timedelta(minutes=10)
ASIDE_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """One monitor as a page shows it."""

    monitor: Monitor
    said: MonitorOnPerson | None  # the newest word about whom it is on
    heard_at: datetime | None
    waiting: int  # arrivals that are kept and not settled yet
    aside: tuple[str, ...]  # why numbers of the last minutes are not shown, in words

    def is_on(self, session: Session) -> bool:
        return self.said is not None and self.said.is_on and self.said.session_id == session.id


def in_room(session: Session, now: datetime) -> list[Standing]:
    """The monitors that stand in the room of a session."""
    if session.room_id is None:
        return []
    rows = Monitor.objects.filter(room_id=session.room_id, ended_at__isnull=True)
    return standing(rows.order_by("name"), now)


def of_clinic(clinic: Clinic, now: datetime) -> list[Standing]:
    """Every monitor of the clinic that is in use."""
    rows = Monitor.objects.filter(clinic=clinic, ended_at__isnull=True).select_related("room__site")
    return standing(rows.order_by("room__name", "name"), now)


def standing(monitors: Iterable[Monitor], now: datetime) -> list[Standing]:
    """Each monitor with what it last sent. A clinic has a handful; each costs four queries."""
    return [_standing(monitor, now) for monitor in monitors]


def _standing(monitor: Monitor, now: datetime) -> Standing:
    arrivals = Arrival.objects.filter(sender=monitor.sender, received_at__gte=monitor.added_at)
    newest = arrivals.order_by("-received_at").first()
    said = MonitorOnPerson.objects.filter(monitor=monitor).order_by("-at", "-id").first()
    outcomes = ArrivalOutcome.objects.filter(monitor=monitor, at__gte=now - RECENT)
    why = [aside[0] for row in outcomes.order_by("-at")[:20] for aside in row.aside]
    return Standing(
        monitor=monitor,
        said=said,
        heard_at=newest.received_at if newest else None,
        waiting=arrivals.filter(outcome=None).count(),
        aside=tuple(SENTENCES[Aside(one)] for one in dict.fromkeys(why))[:ASIDE_SHOWN],
    )


def strangers(now: datetime, within: timedelta = timedelta(days=1)) -> list[str]:
    """Senders that no monitor in use is known by, so that an administrator can add them.

    Where several clinics share an install, nobody can say whose they are, and none is named.
    """
    if Clinic.objects.count() != 1:
        return []
    known = Monitor.objects.filter(ended_at__isnull=True).values("sender")
    rows = Arrival.objects.filter(received_at__gte=now - within).exclude(sender__in=known)
    found = rows.exclude(sender="").order_by("sender").values_list("sender", flat=True).distinct()
    return list(found[:10])
