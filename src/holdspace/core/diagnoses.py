"""A diagnosis: what it is called, since when, whether it is over, who said so, what it answers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from holdspace.core.insist import Timed

if TYPE_CHECKING:
    from holdspace.core.protocol_model import Protocol

NOT_MAPPED = "not mapped: review by hand"


class DiagnosisStatus(StrEnum):
    """Whether it is there now."""

    ACTIVE = "active"
    REMISSION = "remission"
    RESOLVED = "resolved"


class OnsetKnown(StrEnum):
    """How exactly the beginning is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


class SaidBy(StrEnum):
    """Who said that it is so."""

    PERSON = "person"
    EXAMINED = "examined"  # a clinician of this clinic, by their own examination
    OUTSIDE = "outside"  # a clinician or a letter from outside
    RELATIVE = "relative"


@dataclass(frozen=True, slots=True)
class Diagnosis(Timed):
    """One diagnosis as it was last said; `since` is when it was first written down like this."""

    id: str
    words: str
    at: datetime  # when it was last said or confirmed
    by: str  # who wrote it down
    icd10: str = ""  # ICD-10-CM, where it is known
    status: DiagnosisStatus = DiagnosisStatus.ACTIVE
    onset: date | None = None  # the first day of the month or year, where no day is known
    onset_known: OnsetKnown = OnsetKnown.UNKNOWN
    said_by: SaidBy = SaidBy.EXAMINED
    who: str = ""  # the name behind it: whose letter, which relative
    continues: str = ""  # the earlier entry that this one confirms or changes
    since: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.status is DiagnosisStatus.RESOLVED


def onset_text(onset: date | None, known: OnsetKnown) -> str:
    """The beginning as exactly as it is known, such as "since May 2024"."""
    if onset is None:
        return "onset not known"
    pattern = {OnsetKnown.YEAR: "%Y", OnsetKnown.MONTH: "%b %Y"}.get(known)
    said = f"{onset:{pattern}}" if pattern else f"{onset.day} {onset:%b %Y}"
    return f"since {said}"


def latest_onset(diagnosis: Diagnosis, until: date) -> date | None:
    """The last day on which it can have begun: windows count from the day that waits longest."""
    on = diagnosis.onset
    if on is None or diagnosis.onset_known is OnsetKnown.UNKNOWN:
        return None
    if diagnosis.onset_known is OnsetKnown.YEAR:
        last = date(on.year, 12, 31)
    elif diagnosis.onset_known is OnsetKnown.MONTH:
        last = (on.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    else:
        return on
    return min(last, until) if on <= until else last


def questions_of(code: str, protocol: Protocol) -> tuple[str, ...]:
    """The questions of the protocol that list this code, whole; empty: review by hand."""
    return tuple(key for key, spec in protocol.conditions.items() if code and code in spec.icd10)


def standing(rows: Iterable[Diagnosis]) -> tuple[Diagnosis, ...]:
    """The newest entry of each diagnosis, with since when it stands like this; oldest first.

    An entry continues the one it names. One that names none joins an entry of the same code, or of
    the same words, that began alike and was not worse: nothing is weakened by being typed again.
    """
    found: dict[int, Diagnosis] = {}
    ids: dict[str, int] = {}
    for row in rows:
        place = ids.get(row.continues, _same(found, row))
        old = found.get(place)
        if old is None or old.continues != row.id:  # of one moment, what continues comes last
            found[place] = row if old is None else _goes_on(row, old)
        ids[row.id] = place
    return tuple(sorted(found.values(), key=lambda d: (d.at, d.id)))


def _same(found: dict[int, Diagnosis], row: Diagnosis) -> int:
    for place, other in found.items():
        joins = _is_alike(row, other) and _severity(row) <= _severity(other)
        if joins or other.continues == row.id:  # of one moment, what continues may come first
            return place
    return len(found)


def takes_back(new: Diagnosis, old: Diagnosis, protocol: Protocol) -> bool:
    """Whether a change takes back, or makes another of, what answers a question of the protocol."""
    was, remains = questions_of(old.icd10, protocol), questions_of(new.icd10, protocol)
    if old.is_over or not was:
        return False
    changed = (new.onset, new.onset_known) != (old.onset, old.onset_known)
    return changed or _severity(new) > _severity(old) or not set(was) <= set(remains)


def _is_alike(row: Diagnosis, other: Diagnosis) -> bool:
    began, began_other = ((d.onset, d.onset_known) for d in (row, other))
    return _name(row) == _name(other) and began == began_other


def _severity(diagnosis: Diagnosis) -> int:
    """0 is the one that is there now."""
    return list(DiagnosisStatus).index(diagnosis.status)


def _name(diagnosis: Diagnosis) -> str:
    return diagnosis.icd10 or " ".join(diagnosis.words.casefold().split())


def _goes_on(row: Diagnosis, old: Diagnosis) -> Diagnosis:
    """The same diagnosis said again stands since it was first said; what came back is new."""
    is_worse = _severity(row) < _severity(old)
    is_new = is_worse or not _is_alike(row, old)
    return row if is_new else replace(row, since=old.since or row.since)


_ONSET = (
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII), OnsetKnown.DAY),
    (re.compile(r"(\d{4})-(\d{1,2})", re.ASCII), OnsetKnown.MONTH),
    (re.compile(r"(\d{4})", re.ASCII), OnsetKnown.YEAR),
)
ONSET_ACCEPTED = "2019, 2019-05 or 2019-05-31; empty where nobody knows"


def read_onset(text: str) -> tuple[date | None, OnsetKnown]:
    """Read "2019", "2019-05" or "2019-05-31"; empty: not known. ValueError for anything else."""
    typed = text.strip()
    if not typed:
        return None, OnsetKnown.UNKNOWN
    for pattern, known in _ONSET:
        if match := pattern.fullmatch(typed):
            year, month, day = (*map(int, match.groups()), 1, 1)[:3]
            return date(year, month, day), known
    raise ValueError(typed)


def written_onset(diagnosis: Diagnosis) -> str:
    """The same way back, for a field."""
    lengths = {OnsetKnown.YEAR: 4, OnsetKnown.MONTH: 7}
    on = diagnosis.onset.isoformat() if diagnosis.onset else ""
    return on[: lengths.get(diagnosis.onset_known, 10)]
