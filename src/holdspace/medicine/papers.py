"""What goes out on paper: for an ambulance, and for the day when the screens are dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from holdspace.care.events import Happened
from holdspace.care.models import EventKind, Observation
from holdspace.core import facts as core
from holdspace.core.facts import Answer, Place, Route
from holdspace.core.observing import offsets
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import KINDS, Kind, plain
from holdspace.medicine.page import Day, oxygen_words, value_words
from holdspace.people.models import Clinic
from holdspace.schedule.models import Appointment, AppointmentKind

SETS_SHOWN = 8
LINES = 14
# What somebody who takes over looks for first, in this order.
VITALS = (
    Kind.SYSTOLIC, Kind.DIASTOLIC, Kind.HEART_RATE, Kind.SPO2, Kind.RESPIRATORY_RATE,
    Kind.SEDATION_MOAAS, Kind.TEMPERATURE,
)  # fmt: skip
ROUTE_WORDS = {
    Route.IM: "into a muscle", Route.IV: "into a vein", Route.SC: "under the skin",
    Route.SUBLINGUAL: "under the tongue", Route.INTRANASAL: "into the nose",
    Route.ESKETAMINE: "into the nose",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """One medicine in the words of somebody who has never seen this program."""

    at: datetime
    what: str
    how: str
    outside_the_door: bool = False


def given(day: Day) -> list[Given]:
    """Every dose of the session, permitted or not, and every rescue drug; oldest first."""
    doses = [
        Given(
            at=dose.given_at,
            what=f"{_medicine(dose.route)} {plain(dose.dose_mg)} mg",
            how=ROUTE_WORDS[dose.route],
            outside_the_door=not dose.passed_door,
        )
        for dose in day.doses
    ]
    rescue = [
        Given(h.at, f"{h.body.name} {h.body.amount}", h.body.because)
        for h in day.happened
        if h.kind is EventKind.RESCUE_DRUG
    ]
    return sorted([*doses, *rescue], key=lambda one: one.at)


def _medicine(route: Route) -> str:
    return "esketamine" if route is Route.ESKETAMINE else "ketamine (racemic)"


def sets(day: Day) -> list[dict[str, Any]]:
    """The last charted sets, newest first: one row a moment, a cell for each vital sign."""
    moments: dict[datetime, dict[str, Observation]] = {}
    for row in day.rows:
        if row.id not in day.struck and Kind(row.kind) in VITALS:
            moments.setdefault(row.taken_at, {})[row.kind] = row
    return [
        {"at": at, "cells": _cells(moments[at])}
        for at in sorted(moments, reverse=True)[:SETS_SHOWN]
    ]


def _cells(rows: dict[str, Observation]) -> list[str]:
    high, low = rows.get(Kind.SYSTOLIC.value), rows.get(Kind.DIASTOLIC.value)
    pressure = "/".join(value_words(row).split()[0] if row else "?" for row in (high, low))
    spo2 = rows.get(Kind.SPO2.value)
    others = [rows.get(kind.value) for kind in VITALS[2:] if kind is not Kind.SPO2]
    heart, *rest = [value_words(row) if row else "" for row in others]
    saturation = f"{value_words(spo2)}, {oxygen_words(spo2)}" if spo2 else ""
    return [pressure if high or low else "", heart, saturation, *rest]


SET_HEADINGS = (
    "Pressure mmHg",
    *(KINDS[k].label for k in (Kind.HEART_RATE, Kind.SPO2, Kind.RESPIRATORY_RATE)),
    "Sedation MOAA/S (5 is awake)",
    KINDS[Kind.TEMPERATURE].label,
)


def events(day: Day) -> list[Happened]:
    """Adverse events with what was done, oldest first."""
    return [h for h in day.happened if h.kind is EventKind.ADVERSE_EVENT]


def history(facts: core.Facts, protocol: Protocol) -> list[str]:
    """What physician or therapist heard a yes to, in the protocol's own words."""
    yes = dict.fromkeys(c.key for c in facts.conditions if c.answer is Answer.YES)
    labels = {key: spec.label for key, spec in protocol.conditions.items()}
    return [labels.get(key, key.replace("_", " ")) for key in yes]


def in_the_room(day: Day) -> list[str]:
    """Who can be asked: those who are in the room now, by name."""
    here = [p for p in day.facts.presences if p.until is None and p.place is Place.IN_ROOM]
    return [day.names.get(p.staff, "a colleague") for p in here]


def booked_today(clinic: Clinic, now: datetime) -> Sequence[Appointment]:
    """The medicine sessions that are booked for today, by time."""
    since = datetime.combine(clinic.day(now), time.min, clinic.zone)
    rows = Appointment.objects.filter(
        clinic=clinic, kind=AppointmentKind.SESSION, cancelled_at__isnull=True,
        starts_at__gte=since, starts_at__lt=since + timedelta(days=1), course_key__isnull=False,
    )  # fmt: skip
    return rows.select_related("room", "therapist__user", "session_clinician__user").order_by(
        "starts_at"
    )


def lines(protocol: Protocol | None, route: Route) -> list[str]:
    """The left column of a sheet: when a set is owed after the dose, then lines for the rest."""
    schedule = protocol.schedules.get(route) if protocol else None
    owed = [f"+{minute}" for minute in offsets(schedule)[:LINES]] if schedule else []
    return ["before", *owed, *[""] * (LINES - len(owed))]
