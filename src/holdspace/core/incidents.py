"""What did not go as planned, and who looked at it: variances, events, red flags, who was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from holdspace.core.insist import Timed
from holdspace.core.terms import Discipline, Role


@dataclass(frozen=True, slots=True)
class Variance(Timed):
    """What happened without a passed door: counted everywhere, reviewed by the director."""

    id: str
    session: str
    what: str
    at: datetime
    reviewed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AdverseEvent(Timed):
    """What went badly: a graded event, a rescue drug, or a transfer (`kind`; those have no grade).

    `involved` are those who gave, ordered or drew a dose of that session.
    """

    id: str
    session: str
    term: str
    grade: int
    at: datetime
    reviewed_by: tuple[str, ...] = ()
    red_flag: bool = False
    charted_by: str = ""
    kind: str = "adverse_event"  # | "rescue_drug" | "transfer"
    recorded_at: datetime | None = None  # when it was written down, if later than `at`
    involved: tuple[str, ...] = ()
    reviewed_by_prescriber: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlagReview(Timed):
    """Somebody looked at a red flag and signed that it is over; roles as they were then."""

    what: str
    at: datetime
    by: str
    roles: tuple[Role, ...] = ()
    discipline: Discipline | None = None


@dataclass(frozen=True, slots=True)
class Told(Timed):
    """Somebody was told about one charted reading outside its limit."""

    observation: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EventTerms:
    """One edition of a list of terms for adverse events (`codes/ctcae-5.json`); it grades nothing.

    `terms` has the system organ class of each term.
    """

    edition: str
    terms: Mapping[str, str]

    def recognise(self, typed: str) -> str:
        """The list's own spelling of what was typed, whatever its case; empty for plain words."""
        said = _spoken(typed)
        return next((term for term in self.terms if _spoken(term) == said), "")


def _spoken(words: str) -> str:
    return " ".join(words.casefold().split())
