"""A monitor's file is kept as received or refused whole; a tap brings a number to the chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid5

from django.db import transaction

from holdspace.care.actions import WrongInput, observe
from holdspace.care.actions.facts import Reading
from holdspace.care.models import Observation, Session
from holdspace.core import monitor
from holdspace.core.units import Kind
from holdspace.medicine.actions.common import ended, locked
from holdspace.medicine.models import ImportedReading
from holdspace.people.access import May
from holdspace.people.models import Membership
from holdspace.records.actions import record

# The chart's row for a received number has a key made from it, so that a second tap finds it.
CHARTED = UUID("7b1c6f0e-56a2-5d0e-9a53-1f6f0a4d9c11")


class OutsideSession(ValueError):
    """Cells taken before the session opened or after it ended: `since` to `until` is its range."""

    def __init__(self, cells: Sequence[monitor.Received], since: datetime, until: datetime) -> None:
        first = min(cell.taken_at for cell in cells)
        last = max(cell.taken_at for cell in cells)
        super().__init__(
            f"{len(cells)} readings lie outside the session: from {first.isoformat()} to"
            f" {last.isoformat()}. Accepted: {since.isoformat()} to {until.isoformat()}, or"
            " --keep-good to import the others."
        )
        self.since = since
        self.until = until


@dataclass(frozen=True, slots=True)
class Imported:
    """What was in the file and how many of its cells were new to this session."""

    counts: monitor.Counts
    added: int


@transaction.atomic
def import_readings(
    *,
    session: Session,
    received: Sequence[monitor.Received],
    keep_good: bool = False,
    by: Membership | None,
    now: datetime,
) -> Imported:
    """Keep a monitor's readings beside the chart. The same reading again adds nothing.

    Raises OutsideSession when cells lie outside the session, unless `keep_good` leaves them out.
    """
    course, session = locked(session)
    end = ended(course, session)
    until = end.at if end else now
    strays = monitor.outside(received, session.opened_at, until)
    if strays and not keep_good:
        raise OutsideSession(strays, session.opened_at, until)
    left_out = {id(cell) for cell in strays}
    there = set(session.imported.values_list("source", "kind", "at", "value"))
    rows = []
    for cell in received:
        mark = (cell.source_column, cell.kind.value, cell.taken_at, _kept(cell.value))
        if id(cell) in left_out or mark in there:
            continue
        there.add(mark)
        rows.append(_row(session, cell, by, now))
    if rows:
        record(
            rows=rows, stream=course.stream, act="reading_received", by=by, now=now,
            clinic_id=course.clinic_id,
        )  # fmt: skip
    return Imported(monitor.count(received), len(rows))


def _kept(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.000001"))


def _row(
    session: Session, cell: monitor.Received, by: Membership | None, now: datetime
) -> ImportedReading:
    row: ImportedReading = ImportedReading.draft(
        now=now,
        clinic_id=session.clinic_id,
        patient_id=session.patient_id,
        course_id=session.course_id,
        session=session,
        source=cell.source_column,
        kind=cell.kind.value,
        at=cell.taken_at,
        value=_kept(cell.value),
        validity=cell.validity.value,
        reason=cell.reason.value if cell.reason else "",
        unconfirmed=cell.unconfirmed,
        by=by,
    )
    return row


def charted_key(imported: UUID) -> UUID:
    """The key of the observation that a tap on this received number makes."""
    return uuid5(CHARTED, str(imported))


@transaction.atomic
def chart_imported(
    *,
    session: Session,
    readings: Iterable[UUID],
    by: Membership,
    now: datetime,
    oxygen_l_min: Decimal | None = None,
) -> list[Observation]:
    """Chart received numbers of one moment: from now on they are judged like typed ones.

    Raises WrongInput for a number that its sensor can't mean, for numbers of several moments, and
    for one that is already charted.
    """
    if not by.may(May.OBSERVE, now):
        raise WrongInput("by", "Your role does not chart.", "a clinician")
    course, session = locked(session)
    rows = list(session.imported.filter(id__in=list(readings)).order_by("kind"))
    accepted = "valid readings of one moment that are not charted yet"
    if not rows or len({row.at for row in rows}) != 1:
        raise WrongInput("readings", "These are not readings of one moment.", accepted)
    if not all(row.is_valid for row in rows):
        raise WrongInput("readings", "No sensor can mean this number.", accepted)
    keys = [charted_key(row.id) for row in rows]
    if Observation.objects.filter(id__in=keys).exists():
        raise WrongInput("readings", "This is already charted.", accepted)
    return observe(
        course=course, taken_at=rows[0].at, by=by, now=now, session=session,
        source=f"monitor: charted by {by.name}"[:60],
        readings=[
            Reading(
                Kind(row.kind), row.value, key=key,
                oxygen_l_min=oxygen_l_min if row.kind == Kind.SPO2.value else None,
            )
            for row, key in zip(rows, keys, strict=True)
        ],
    )  # fmt: skip
