"""What a tablet's own clock is worth: the time as it was given, and what it is by the server's.

A tablet that charts without the network stamps each entry by its own clock. How far that clock is
ahead of the server's is measured whenever the two speak: before the entry was made, and when it is
sent. Nothing is altered: the given time, the difference and the corrected time are all kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

TOLERATED = timedelta(seconds=60)  # limits.md: clock skew of a device or tablet


@dataclass(frozen=True, slots=True)
class Stamp:
    """When an entry was made by the server's clock; `sure` is False where a person should look."""

    at: datetime
    ahead: timedelta | None  # the difference that was used; None when none was ever measured
    sure: bool

    @property
    def is_off(self) -> bool:
        """Whether the tablet's clock was further off than is tolerated."""
        return self.ahead is not None and abs(self.ahead) > TOLERATED


def stamp(
    made_at: datetime,
    before: timedelta | None,
    later: timedelta | None,
    since: datetime,
    now: datetime,
) -> Stamp:
    """The corrected time of an entry that a tablet made at `made_at` by its own clock.

    `before` is how far the clock was ahead when the two last spoke before the entry, `later` when
    it was sent. The first counts, unless it leads out of what is possible, from `since` (the page
    was not there before) to `now`: a clock that was set meanwhile, as after a dead battery.
    """
    measured = [one for one in (before, later) if one is not None]
    possible = [one for one in measured if since - TOLERATED <= made_at - one <= now + TOLERATED]
    if not measured:
        return Stamp(made_at, None, sure=False)
    ahead = (possible or measured)[0]
    agree = len(measured) < 2 or abs(measured[0] - measured[1]) <= TOLERATED
    return Stamp(made_at - ahead, ahead, sure=agree and bool(possible))


def ahead_words(ahead: timedelta) -> str:
    """ "4 min ahead", "90 s behind": the difference of a clock as a person says it."""
    seconds = abs(int(ahead.total_seconds()))
    if seconds < 120:
        amount = f"{seconds} s"
    elif seconds < 2 * 3600:
        amount = f"{round(seconds / 60)} min"
    elif seconds < 48 * 3600:
        amount = f"{round(seconds / 3600)} h"
    else:
        amount = f"{round(seconds / 86400)} days"
    return f"{amount} {'ahead' if ahead > timedelta() else 'behind'}"
