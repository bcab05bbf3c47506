"""The day as one picture, whole or a stretch of it: readings, doses, music, and who was there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from holdspace.care.telling import PLACE_WORDS
from holdspace.core.facts import Place
from holdspace.core.units import KINDS, Kind
from holdspace.medicine import drawing, music
from holdspace.medicine.page import Day

DRAWN = (
    Kind.SYSTOLIC, Kind.DIASTOLIC, Kind.HEART_RATE, Kind.PULSE_RATE, Kind.SPO2,
    Kind.RESPIRATORY_RATE,
)  # fmt: skip
# Written as numbers under the picture where the whole day stands on one page.
SCORES = {
    Kind.SEDATION_MOAAS: "MOAA/S", Kind.DISSOCIATION: "Dissoc.", Kind.DISTRESS: "Distress",
    Kind.NAUSEA: "Nausea", Kind.PAIN: "Pain",
}  # fmt: skip
TAIL_MINUTES = 30  # an open session is drawn up to now, but not for a whole night
MARGIN = timedelta(minutes=3)
STRETCH = timedelta(minutes=60)
STRETCHES_MAX = 12


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the day that one button shows larger."""

    key: str
    since: datetime
    until: datetime

    def has(self, at: datetime) -> bool:
        return self.since <= at <= self.until


def stretches(day: Day) -> list[Stretch]:
    """The hours of the clock that the day touches; none for a day of one hour."""
    whole = _whole(day)
    if whole is None or whole.until - whole.since <= STRETCH:
        return []
    here = whole.since.astimezone(day.session.course.clinic.zone)
    at = here.replace(minute=0, second=0, microsecond=0).astimezone(whole.since.tzinfo)
    found = []
    while at < whole.until and len(found) < STRETCHES_MAX:
        found.append(Stretch(str(len(found) + 1), at, at + STRETCH))
        at += STRETCH
    return found


def picture(
    day: Day, sound: Any = None, part: Stretch | None = None, *, scores: bool = False
) -> dict[str, Any] | None:
    """The session drawn, with `scores` as numbers under it; None while there is nothing to draw."""
    whole = _whole(day)
    if whole is None:
        return None
    shown = part or Stretch("", whole.since - MARGIN, whole.until + MARGIN)
    series = [_within(one, shown) for one in (*_charted(day), *_received(day))]
    doses = [
        drawing.Point(d.given_at, d.dose_mg, f"{d.dose_mg.normalize():f} mg")
        for d in day.doses
        if shown.has(d.given_at)
    ]
    zone = day.session.course.clinic.zone
    bars = [
        drawing.Bar(f"Music: {one.name}", one.begins, one.ends)
        for one in music.blocks(sound, shown.since, shown.until)
    ]
    bars += _people(day, shown)
    found = [_within(one, shown) for one in _scored(day)] if scores else []
    lanes = [one for one in found if one.points]
    return drawing.draw(series, doses, shown.since, shown.until, zone, bars, lanes)


def _whole(day: Day) -> Stretch | None:
    """From the first that is drawn to the last, or to now while the session is open."""
    moments = [p.at for one in (*_charted(day), *_received(day)) for p in one.points]
    if not moments:
        return None
    moments += [d.given_at for d in day.doses]
    last = max(moments)
    tail = min(day.until, last + timedelta(minutes=TAIL_MINUTES))
    return Stretch("", min(moments), max(last, tail))


def _within(one: drawing.Series, shown: Stretch) -> drawing.Series:
    points = tuple(point for point in one.points if shown.has(point.at))
    return drawing.Series(one.name, one.kind, one.received, points)


def _people(day: Day, shown: Stretch) -> Iterable[drawing.Bar]:
    """A line for each person, where they were and how long; nobody remote is drawn."""
    for one in sorted(day.facts.presences, key=lambda p: p.since):
        begins, ends = max(one.since, shown.since), min(one.until or day.until, shown.until)
        if one.place is Place.REMOTE or begins >= ends:
            continue
        name = day.names.get(one.staff, "A colleague")
        css = "person-bar in-room" if one.place is Place.IN_ROOM else "person-bar"
        yield drawing.Bar(f"{name}: {PLACE_WORDS[one.place]}", begins, ends, one.staff, css)


def _charted(day: Day) -> list[drawing.Series]:
    return [
        drawing.Series(f"{KINDS[kind].label}, charted", kind, False, _points(day, kind))
        for kind in DRAWN
    ]


def _scored(day: Day) -> list[drawing.Series]:
    return [drawing.Series(name, kind, False, _points(day, kind)) for kind, name in SCORES.items()]


def _points(day: Day, kind: Kind) -> tuple[drawing.Point, ...]:
    return tuple(
        drawing.Point(row.taken_at, row.number, f"{KINDS[kind].label} {row.as_core.text}")
        for row in day.rows
        if row.kind == kind.value and row.number is not None and row.id not in day.struck
    )


def _received(day: Day) -> list[drawing.Series]:
    """What the monitor sent and could mean; its zeros are gaps."""
    found = []
    for kind in DRAWN:
        points = tuple(
            drawing.Point(row.at, row.value, f"{row.source} {row.words}, received")
            for row in day.imported
            if row.kind == kind.value and row.is_valid
        )
        found.append(drawing.Series(f"{KINDS[kind].label}, received", kind, True, points))
    return [one for one in found if one.points]
