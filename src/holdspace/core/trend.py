"""One instrument over time: its totals, the bands they fall in, what is missing, what changed.

Nothing is drawn between two forms when one between them was missed or is not complete, and no
direction is called better: that stands in the instrument, not here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from holdspace.core.scale_model import Band, Change, Number, Scale, Score
from holdspace.core.scales import change

TRIAGE = "triage"  # such an instrument has levels; its number is no amount


class Why(StrEnum):
    """Why a form has no value."""

    NOT_COMPLETE = "not complete"
    NOT_ANSWERED = "not answered"


@dataclass(frozen=True, slots=True)
class Filled:
    """One form that was filled in; `total` is None when it is not complete."""

    key: str
    at: datetime
    total: Number | None
    level: str
    point: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """One form that was asked for and not answered by its time."""

    due_at: datetime
    point: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A place without a value, with its reason."""

    at: datetime
    point: str
    why: Why


@dataclass(frozen=True, slots=True)
class Trend:
    """`runs` are values with nothing missing between them; `between` compares first and last."""

    scale: Scale
    runs: tuple[tuple[Filled, ...], ...]
    gaps: tuple[Gap, ...]
    levels: tuple[Filled, ...]
    between: Change

    @property
    def points(self) -> tuple[Filled, ...]:
        """Every value, oldest first."""
        return tuple(point for run in self.runs for point in run)

    @property
    def has_amounts(self) -> bool:
        """Whether there is a total to draw; a triage has levels only."""
        return self.scale.method != TRIAGE and bool(self.runs)

    @property
    def bands(self) -> tuple[Band, ...]:
        """The severity bands that hold for everybody; none where they depend on the person."""
        return self.scale.bands


def trend(scale: Scale, filled: Iterable[Filled], missed: Iterable[Missed] = ()) -> Trend:
    """Put the forms of one instrument in their order, with a gap wherever a value is missing."""
    forms = sorted(filled, key=lambda one: (one.at, one.key))
    valued = [one for one in forms if one.total is not None]
    gaps = [Gap(f.at, f.point, Why.NOT_COMPLETE) for f in forms if f.total is None and not f.level]
    gaps += [Gap(m.due_at, m.point, Why.NOT_ANSWERED) for m in missed]
    gaps.sort(key=lambda gap: gap.at)
    return Trend(
        scale=scale,
        runs=_runs(valued, [gap.at for gap in gaps]),
        gaps=tuple(gaps),
        levels=tuple(one for one in forms if one.level),
        between=_between(scale, valued),
    )


def _runs(valued: list[Filled], breaks: list[datetime]) -> tuple[tuple[Filled, ...], ...]:
    runs: list[list[Filled]] = []
    for one in valued:
        before = runs[-1][-1].at if runs else None
        if before is None or any(before <= at <= one.at for at in breaks):
            runs.append([])
        runs[-1].append(one)
    return tuple(tuple(run) for run in runs)


def _between(scale: Scale, valued: list[Filled]) -> Change:
    if len(valued) < 2:
        return Change()
    first, last = (Score(one.total, one.level, ()) for one in (valued[0], valued[-1]))
    return change(scale, first, last)
