"""Which music belongs when: five phases counted from the dose, and what a further dose does.

The phases follow the medicine and not the player: a pause, a late start or a lost network moves
nothing. A further dose changes nothing by itself; whoever is in the room says whether the phase
is stretched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Phase(StrEnum):
    """The five parts of a session's music, in their order."""

    SETTLE = "settle"
    ONSET = "onset"
    PEAK = "peak"
    RE_ENTRY = "re_entry"
    RETURN = "return"


PHASE_WORDS: Mapping[Phase, str] = {
    Phase.SETTLE: "Settle",
    Phase.ONSET: "Onset",
    Phase.PEAK: "Peak",
    Phase.RE_ENTRY: "Re-entry",
    Phase.RETURN: "Return",
}
# Those with a length. Settle lasts until the dose, return until the person goes home.
TIMED = (Phase.ONSET, Phase.PEAK, Phase.RE_ENTRY)
MINUTES_MIN, MINUTES_MAX = 1, 240

Lengths = Mapping[Phase, int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Somebody in the room said at `at` that the phases count from this dose as well."""

    dose_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """One phase between two moments; no `begins`: before the day; no `ends`: nothing ends it."""

    phase: Phase
    begins: datetime | None
    ends: datetime | None

    def holds(self, at: datetime) -> bool:
        after = self.begins is None or self.begins <= at
        return after and (self.ends is None or at < self.ends)


def spans(
    lengths: Lengths, doses: Sequence[datetime], stretches: Sequence[Stretch] = ()
) -> tuple[Span, ...]:
    """The five phases one after the other; without a dose it is settle, and it has no end.

    A stretch moves the end of the phase in which its dose was given, and all after it, to where
    they would be if the phases had been counted from that dose. No phase comes back.
    """
    if not doses:
        return (Span(Phase.SETTLE, None, None),)
    first = min(doses)
    ends: list[datetime] = []
    for phase in TIMED:
        ends.append((ends[-1] if ends else first) + timedelta(minutes=lengths[phase]))
    for stretch in sorted(stretches, key=lambda one: one.dose_at):
        counted = stretch.dose_at
        for number, phase in enumerate(TIMED):
            counted += timedelta(minutes=lengths[phase])
            if ends[number] > stretch.dose_at:
                ends[number] = max(ends[number], counted)
    begins = [first, *ends]
    return (
        Span(Phase.SETTLE, None, first),
        *(Span(phase, begins[n], ends[n]) for n, phase in enumerate(TIMED)),
        Span(Phase.RETURN, ends[-1], None),
    )


def phase_at(found: Sequence[Span], at: datetime) -> Phase:
    """The phase of a moment."""
    return next(span.phase for span in found if span.holds(at))


def unanswered(doses: Sequence[datetime], answered: Sequence[datetime]) -> tuple[datetime, ...]:
    """The further doses about which nobody has said yet whether the phase is stretched."""
    return tuple(dose for dose in sorted(doses)[1:] if dose not in answered)
