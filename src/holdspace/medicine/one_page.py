"""The session on one page of paper: the picture carries the readings, a list all the rest.

The list is chosen to fit under the picture. Notes are shortened first, then whole groups are left
out, what matters least first; whatever is not on the page is counted and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any
from uuid import UUID

from holdspace.care.models import EventKind, Observation
from holdspace.care.telling import LATE_SECONDS, line
from holdspace.core.units import KINDS, Kind
from holdspace.medicine import drawing, music, picture
from holdspace.medicine.page import Day, oxygen_words, value_words
from holdspace.medicine.papers import CUT_MARK, STRUCK, Cut

# The narrower and the lower of A4 and US Letter, less the margins of the style sheet.
PAGE_MM, WIDTH_MM = 263, 194
HEAD_MM, FOOT_MM = 34, 14
COLUMNS, LINE_MM, CHARACTERS = 3, 3.15, 42
NOTE_LENGTHS = (400, 240, 160, 110, 70)
WORDS_MAX = 200
SHORT = {Kind.HEART_RATE: "Heart", Kind.SPO2: "SpO2", Kind.RESPIRATORY_RATE: "Breathing"} | (
    picture.SCORES
)
DRAWN = frozenset({*picture.DRAWN, *picture.SCORES})


class Group(IntEnum):
    """What a line of the list is; the higher, the earlier it gives way."""

    DOSE, EVENT, NOTE, PRESENCE, VALUES, MUSIC, COULD_NOT, SET = range(8)


NAMES = {
    Group.DOSE: "lines of doses",
    Group.EVENT: "events",
    Group.NOTE: "notes",
    Group.PRESENCE: "comings and goings, which the picture has",
    Group.VALUES: "sets with an oxygen flow or values that the picture does not have",
    Group.MUSIC: "moments of the music",
    Group.COULD_NOT: "observations that could not be taken",
    Group.SET: "sets of readings, whose pressures, rates, SpO2 (without the oxygen flow)"
    " and scores the picture has",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the printed list."""

    at: datetime
    group: Group
    text: str
    who: str = ""
    late: datetime | None = None

    @property
    def css(self) -> str:
        return self.group.name.lower()

    @property
    def height(self) -> int:
        """How many lines of a column it takes, at the least."""
        words = len(self.text) + len(self.who) + (18 if self.late else 0) + 3
        return -(-words // CHARACTERS)


def sheet(day: Day, drawn: Mapping[str, Any] | None, sound: Any, part: Any) -> dict[str, Any]:
    """The list for paper, oldest first, with what it leaves out in words."""
    every = [e for e in _entries(day, sound) if part is None or part.has(e.at)]
    room = _room(drawn, day)
    kept, cut = _fitting([e for e in every if e.group is not Group.SET], room)
    sets = [e for e in every if e.group is Group.SET]
    without = [e for e in kept if e.group is not Group.VALUES]
    if _lines([*without, *sets]) <= room:
        kept = [*without, *sets]  # a whole set says what its other values say
    else:
        cut.count(len(sets), NAMES[Group.SET])
    cut.count(len(day.strikes), STRUCK)
    return {"entries": sorted(kept, key=lambda e: e.at), "cut": cut}


def _room(drawn: Mapping[str, Any] | None, day: Day) -> float:
    """How many lines of a column fit under the picture, in all columns together."""
    above = WIDTH_MM * drawn["height"] / drawing.WIDTH if drawn else 0
    reason = len(day.ended.body.reason) // 100 * LINE_MM if day.ended else 0
    return (PAGE_MM - HEAD_MM - FOOT_MM - above - reason) / LINE_MM * COLUMNS - 2 * COLUMNS


def _lines(entries: Iterable[Entry]) -> float:
    return sum(entry.height + 0.2 for entry in entries)


def _fitting(entries: Sequence[Entry], room: float) -> tuple[list[Entry], Cut]:
    """Shorter notes first; then group by group from the last, the oldest lines first."""
    for most in NOTE_LENGTHS:
        cut = Cut()
        kept = [_shortened(entry, cut, most) for entry in entries]
        if _lines(kept) <= room:
            return kept, cut
    for group in sorted(set(Group), reverse=True):
        for entry in [e for e in kept if e.group is group]:
            if _lines(kept) <= room:
                break
            kept.remove(entry)
            cut.count(1, NAMES[group])
    cut.shortened = sum(entry.text.endswith(CUT_MARK) for entry in kept)
    return kept, cut


def _shortened(entry: Entry, cut: Cut, most: int) -> Entry:
    """A note or an event in at most so many characters; values are never cut."""
    if entry.group in (Group.VALUES, Group.SET):
        return entry
    text = cut.words(entry.text, most if entry.group is Group.NOTE else WORDS_MAX)
    return Entry(entry.at, entry.group, text, entry.who, entry.late)


def _entries(day: Day, sound: Any) -> list[Entry]:
    """Everything that happened, with its group, oldest first."""
    found = [_event(one, day) for one in day.happened]
    found += _music(sound)
    on_oxygen = _on_oxygen(day)
    for rows in _sets(day):
        first = rows[0]
        gap = (first.recorded_at - first.taken_at).total_seconds()
        who = _plain(day.names.get(str(first.by_id), ""))
        late = first.recorded_at if gap > LATE_SECONDS else None
        beyond = [row for row in rows if Kind(row.kind) not in DRAWN or row.id in on_oxygen]
        for group, shown in ((Group.SET, rows), (Group.VALUES, beyond)):
            if shown:
                found.append(Entry(first.taken_at, group, _values(shown), who, late))
    return sorted(found, key=lambda entry: entry.at)


def _on_oxygen(day: Day) -> frozenset[UUID]:
    """The SpO2 values that the picture would show like those in room air, and are not.

    With a flow; without a word on it after one with a flow; and the first in room air again.
    """
    found, flows = set(), False
    for row in day.rows:
        if row.kind == Kind.SPO2.value and row.id not in day.struck:
            if row.oxygen_l_min or flows:
                found.add(row.id)
            flows = flows if row.oxygen_l_min is None else row.oxygen_l_min > 0
    return frozenset(found)


def _sets(day: Day) -> list[list[Observation]]:
    """What was charted together and not struck, in the order of the kinds."""
    order = list(Kind)
    found: dict[Any, list[Observation]] = {}
    for row in day.rows:
        if row.id not in day.struck:
            found.setdefault((row.taken_at, row.taken_as_set), []).append(row)
    return [sorted(rows, key=lambda row: order.index(Kind(row.kind))) for rows in found.values()]


def _values(rows: Sequence[Observation]) -> str:
    """A set in few words: "Pressure 118/74 mmHg, heart rate 72 /min"."""
    by_kind = {Kind(row.kind): row for row in rows}
    high, low = by_kind.get(Kind.SYSTOLIC), by_kind.get(Kind.DIASTOLIC)
    words = []
    if high and low:
        words.append(f"Pressure {value_words(high).split()[0]}/{value_words(low)}")
        by_kind = {kind: row for kind, row in by_kind.items() if row not in (high, low)}
    for kind, row in by_kind.items():
        oxygen = f" ({oxygen_words(row)})" if kind is Kind.SPO2 else ""
        words.append(f"{SHORT.get(kind, KINDS[kind].label)} {value_words(row)}{oxygen}")
    return ", ".join(words)


def _plain(name: str) -> str:
    """A name without its title."""
    return name.partition(",")[0]


def _event(one: Any, day: Day) -> Entry:
    told = line(one, day.names)
    groups = {
        EventKind.NOTE: Group.NOTE,
        EventKind.STAFF_PLACED: Group.PRESENCE,
        EventKind.COULD_NOT: Group.COULD_NOT,
    }
    group = groups.get(one.kind, Group.DOSE if told.lane == "dose" else Group.EVENT)
    text = f"{told.lane.capitalize()}: {told.text}" if group is Group.NOTE else told.text
    who = "" if group is Group.PRESENCE else _plain(told.who)
    return Entry(told.at, group, text, who, told.late)


def _music(sound: Mapping[str, Any] | None) -> list[Entry]:
    """Where a phase begins, and where the music was stopped; not every piece."""
    found, phase = [], None
    for moment in sound["played"] if sound else ():
        begins = bool(moment.phase) and moment.phase != phase
        phase = moment.phase or phase
        if begins or moment.what in music.ENDS_PLAYING:
            found.append(Entry(moment.at, Group.MUSIC, music.words(moment)))
    return found
