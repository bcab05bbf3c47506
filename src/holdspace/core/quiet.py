"""The hours in which nobody is written to, on the clinic's wall, on the nights of new time too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from holdspace.core.insist import in_utc, insist


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `starts` until just before `ends` by the wall clock; the same time twice: never."""

    starts: time
    ends: time

    def __post_init__(self) -> None:
        insist(self.starts.tzinfo is None and self.ends.tzinfo is None, "quiet hours are on a wall")

    def holds(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether it is quiet at this moment, by the hands of the clinic's clock."""
        return self.is_at(in_utc(at).astimezone(zone).time())

    def is_at(self, wall: time) -> bool:
        """Whether it is quiet at this time on the clinic's wall."""
        if self.starts <= self.ends:
            return self.starts <= wall < self.ends
        return wall >= self.starts or wall < self.ends


def waking(at: datetime, quiet: Quiet, zone: ZoneInfo) -> datetime:
    """`at`, or the end of the quiet hours that it falls into, in UTC.

    An end that the clock skips on a spring night is read as the wall has it afterwards; of one
    that comes twice on an autumn night the first that is not quiet holds.
    """
    at = in_utc(at)
    if not quiet.holds(at, zone):
        return at
    today = at.astimezone(zone).date()
    ends = (
        datetime.combine(today + timedelta(days=days), quiet.ends, zone).replace(fold=fold)
        for days in (0, 1)
        for fold in (0, 1)
    )
    moments = sorted(end.astimezone(UTC) for end in ends)
    return next(end for end in moments if end > at and not quiet.holds(end, zone))
