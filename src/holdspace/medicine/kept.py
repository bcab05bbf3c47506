"""What a page says of entries that came from a tablet: both clocks, what came twice, what did not.

Two people may chart the same observation while one of them had no network. Both are kept and both
are shown; a clinician strikes the one that should not count. Nothing is merged.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from holdspace.care.models import EventKind, Observation
from holdspace.core.tablet import Stamp, ahead_words
from holdspace.core.units import KINDS, Kind
from holdspace.medicine.models import SessionEntry, Verdict

# How far apart two people may have measured the same due item; clinic default, awaiting signature.
SAME_ITEM = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Charted:
    """One set, or one dose, as somebody charted it: when it was taken, made and recorded."""

    key: str
    by: str
    at: datetime
    made: datetime
    recorded: datetime
    about: frozenset[str]
    rows: tuple[Any, ...]

    def was_blind_to(self, other: Charted) -> bool:
        """Whether this was made before the other was on record, so that nobody could see it."""
        return self.recorded >= other.recorded and self.made <= other.recorded


def stamp_of(entry: SessionEntry) -> Stamp:
    ahead = None if entry.ahead_ms is None else timedelta(milliseconds=entry.ahead_ms)
    return Stamp(entry.at, ahead, entry.sure)


def clock_words(entry: SessionEntry | None) -> str:
    """What a reader should know of the clock an entry was made by; empty when it was right."""
    if entry is None or entry.made_at is None:
        return ""
    stamp = stamp_of(entry)
    if not stamp.sure:
        return _("the tablet’s clock was unsure: this time was confirmed by a person")
    if not stamp.is_off:
        return ""
    return _("this tablet’s clock was %(amount)s") % {"amount": ahead_words(stamp.ahead)}


def by_subject(entries: Iterable[SessionEntry]) -> dict[UUID, SessionEntry]:
    """The entry that each row came from, by the key of the row."""
    return {e.subject_id: e for e in entries if e.subject_id and e.verdict == Verdict.DONE.value}


def sets(
    rows: Iterable[Observation], struck: Iterable[Any], entries: Mapping[UUID, SessionEntry]
) -> list[Charted]:
    """The charted sets that stand, each with when it was made."""
    gone, grouped = set(struck), dict[Any, list[Observation]]()
    for row in rows:
        if row.taken_as_set is not None:
            grouped.setdefault(row.taken_as_set, []).append(row)
    found = []
    for key, group in grouped.items():
        stands = tuple(row for row in group if row.id not in gone)
        entry = next((entries[row.id] for row in group if row.id in entries), None)
        if stands:
            first = stands[0]
            made = entry.at if entry else first.recorded_at
            about = frozenset(row.kind for row in stands)
            found.append(
                Charted(
                    str(key), str(first.by_id), first.taken_at, made, first.recorded_at, about,
                    stands,
                )
            )  # fmt: skip
    return found


def doses(happened: Iterable[Any], entries: Mapping[UUID, SessionEntry]) -> list[Charted]:
    """Doses as they were written down; a struck one is not among what happened."""
    found = []
    for one in happened:
        if one.kind is EventKind.DOSE_GIVEN:
            entry = entries.get(UUID(one.id))
            made = entry.at if entry else one.recorded_at
            about = frozenset({f"dose {one.body.dose_mg}"})
            found.append(Charted(one.id, one.by, one.at, made, one.recorded_at, about, (one,)))
    return found


def twice(charted: Iterable[Charted]) -> list[tuple[Charted, Charted]]:
    """Pairs by different people about the same item, neither of whom could see the other's."""
    return [
        (one, other) if one.at <= other.at else (other, one)
        for one, other in combinations(charted, 2)
        if one.by != other.by
        and one.about & other.about
        and abs(one.at - other.at) <= SAME_ITEM
        and (one.was_blind_to(other) or other.was_blind_to(one))
    ]


def about_words(pair: tuple[Charted, Charted]) -> str:
    """What came twice, as it is called on the page."""
    both = pair[0].about & pair[1].about
    return ", ".join(KINDS[kind].label for kind in Kind if kind.value in both) or _("a dose")


def aside(entries: Iterable[SessionEntry], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Entries that came and were not charted, with what they say and why."""
    return [
        {
            "at": entry.at,
            "who": names.get(str(entry.by_id), ""),
            "act": entry.act.replace("-", " "),
            "words": body_words(entry.body),
            "why": entry.why or "",
            "set_aside": entry.verdict == Verdict.SET_ASIDE.value,
        }
        for entry in entries
        if entry.verdict != Verdict.DONE.value
    ]


def body_words(body: str | None) -> str:
    """What an entry said, field by field; "erased" once its text was."""
    if body is None:
        return _("erased")
    fields: dict[str, list[str]] = json.loads(body)
    return "; ".join(
        f"{name.replace('_', ' ')}: {', '.join(said)}" for name, said in fields.items()
    )
