"""The sheets for the day when the screens are dark, and how any paper counts what it leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TypeVar
from uuid import UUID

from holdspace.care.models import Session
from holdspace.core.facts import Route
from holdspace.core.observing import limit_words, offsets
from holdspace.core.protocol_model import Protocol, Step
from holdspace.core.units import KINDS, Kind
from holdspace.medicine.floor import open_days
from holdspace.medicine.paper_forms import LINES
from holdspace.people.models import Clinic, Membership
from holdspace.schedule.models import Appointment, AppointmentKind, Room

RowT = TypeVar("RowT")
CUT_MARK = " …"
STRUCK = "values that were struck"
AGREED_MAX = 110  # characters of each agreed thing
SHORT = {
    Kind.SYSTOLIC: "Systolic", Kind.DIASTOLIC: "Diastolic", Kind.SPO2: "SpO2",
    Kind.SEDATION_MOAAS: "MOAA/S",
}  # fmt: skip


@dataclass(slots=True)
class Cut:
    """What a paper left out so that it stays one page: counted by its name, never silent."""

    shortened: int = 0
    missing: dict[str, int] = field(default_factory=dict)

    def words(self, text: str, most: int) -> str:
        """A text of at most so many characters; one that was cut ends with three dots."""
        if len(text) <= most:
            return text
        self.shortened += 1
        return f"{text[: most - 1].rsplit(' ', 1)[0].rstrip(' ,;:.')}{CUT_MARK}"

    def newest(self, rows: Sequence[RowT], most: int, name: str) -> Sequence[RowT]:
        """The last so many, one at the least, of a list that begins with the oldest."""
        self.count(len(rows) - most, f"earlier {name}")
        return rows[-most:]

    def first(self, rows: Sequence[RowT], most: int, name: str) -> Sequence[RowT]:
        """The first so many of a list."""
        self.count(len(rows) - most, name)
        return rows[:most]

    def count(self, number: int, name: str) -> None:
        """So many of these are not on the page."""
        if number > 0:
            self.missing[name] = self.missing.get(name, 0) + number

    @property
    def left_out(self) -> str:
        """ "earlier events (3), medicines (2)"; empty where everything is on the page."""
        return ", ".join(f"{name} ({number})" for name, number in self.missing.items())


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody who needs a sheet: booked for today and not yet gone, or in an open session."""

    course_key: UUID
    patient_key: UUID
    starts_at: datetime
    room: Room | None
    prescriber: Membership | None
    session: Session | None


def expected(clinic: Clinic, now: datetime) -> list[Expected]:
    """Who needs a sheet, by time: nobody who left, did not come or whose session has ended."""
    booked = list(_booked_today(clinic, now))
    days = Session.objects.of(clinic).select_related("room__site", "appointment__prescriber")
    going_on = {s.course_id: s for s in days.filter(open_days())}
    over = days.filter(appointment__in=[a.pk for a in booked]).exclude(open_days())
    ended = set(over.values_list("appointment_id", flat=True))
    found = [
        Expected(
            a.course_key, a.patient_id, a.starts_at, a.room, a.prescriber,
            going_on.pop(a.course_key, None),
        )
        for a in booked
        if a.course_key and a.pk not in ended
    ]  # fmt: skip
    found += [
        Expected(
            s.course_id, s.patient_id, s.opened_at, s.room,
            s.appointment.prescriber if s.appointment else None, s,
        )
        for s in going_on.values()
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.starts_at)


def _booked_today(clinic: Clinic, now: datetime) -> Sequence[Appointment]:
    """The medicine sessions that are booked for today and still stand."""
    since = datetime.combine(clinic.day(now), time.min, clinic.zone)
    rows = Appointment.objects.filter(
        clinic=clinic, kind=AppointmentKind.SESSION, cancelled_at__isnull=True,
        no_show_at__isnull=True, starts_at__gte=since, starts_at__lt=since + timedelta(days=1),
        course_key__isnull=False,
    )  # fmt: skip
    return rows.select_related("room__site", "prescriber__user").order_by("starts_at")


def lines(protocol: Protocol | None, route: Route | None) -> list[str]:
    """The left column of a sheet: when a set is owed after the dose, then lines for the rest.

    As many as the page that charts a sheet afterwards has.
    """
    schedule = protocol.schedules.get(route) if protocol and route else None
    owed = [f"+{minute}" for minute in offsets(schedule)[: LINES - 1]] if schedule else []
    return ["before", *owed, *[""] * (LINES - 1 - len(owed))]


@dataclass(frozen=True, slots=True)
class Limit:
    """A step of the clinic as it stands on paper: for which values, what, and whether signed."""

    when: str
    step: str
    awaiting: bool


def limits(protocol: Protocol, *, signed: bool) -> list[Limit]:
    """The clinic's steps in its own words; bands with the same step share a line."""
    groups: dict[str, list[Step]] = {}
    for step in protocol.steps:
        groups.setdefault(step.words, []).append(step)
    return [
        Limit(
            " or ".join(_band(step) for step in steps), words,
            awaiting=any(step.awaiting_signature for step in steps) and not signed,
        )
        for words, steps in groups.items()
    ]  # fmt: skip


def _band(step: Step) -> str:
    label = SHORT.get(step.kind, KINDS[step.kind].label)
    return label if step.low is None and step.below is None else f"{label} {limit_words(step)}"
