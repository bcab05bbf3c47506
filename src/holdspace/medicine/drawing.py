"""A session as one picture: what was charted, what the monitor sent, gaps as gaps, doses as marks.

Geometry only: numbers in, coordinates out; the template draws them. Charted and received values
are different marks, and a received one is never coloured by its value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from holdspace.core.units import Kind

WIDTH, LEFT, RIGHT = 960, 60, 12
PRESSURE_TOP, PRESSURE_BOTTOM = 26, 246
OXYGEN_TOP, OXYGEN_BOTTOM = 274, 354
HEIGHT = 384
BAR_HEIGHT = 20  # under the times, where something lasts
LANE_HEIGHT = 16  # under the bars, where scores stand as numbers
DIGIT_WIDTH, DOT_WIDTH = Decimal("6.8"), Decimal("3.4")
SAME_AGAIN = "·"
LABEL_WIDTH, LABEL_HEIGHT = 46, 13  # of a dose: a second one close by stands a line lower
# A line is drawn between two values only when they are no further apart than this.
CHARTED_GAP_MINUTES = 16
RECEIVED_GAP_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Point:
    """One value to draw."""

    at: datetime
    value: Decimal
    words: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one kind from one source, oldest first."""

    name: str
    kind: Kind
    received: bool
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasts: a phase of the music, a person in the room. One `row` is one line."""

    name: str
    begins: datetime
    ends: datetime
    row: str = ""
    css: str = "music-bar"


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values to places."""

    low: Decimal
    high: Decimal
    start: int
    end: int

    def __call__(self, value: Decimal) -> str:
        inside = min(max(value, self.low), self.high)
        share = (inside - self.low) / (self.high - self.low)
        return f"{self.start + share * (self.end - self.start):.1f}"

    def marks(self, step: int) -> list[tuple[str, str]]:
        """(place, number) of every labelled line."""
        numbers = range(int(self.low), int(self.high) + 1, step)
        return [(self(Decimal(number)), str(number)) for number in numbers]


def _pressure_scale(series: Sequence[Series]) -> Scale:
    """40 to 200, or further where a value was: nothing is drawn where it was not."""
    values = [p.value for s in series if s.kind is not Kind.SPO2 for p in s.points]
    low = min([Decimal(40), *(value // 40 * 40 for value in values)])
    high = max([Decimal(200), *(-(-value // 40) * 40 + 40 for value in values if value > 200)])
    return Scale(low, high, PRESSURE_BOTTOM, PRESSURE_TOP)


def _oxygen_scale(series: Sequence[Series]) -> Scale:
    """80 to 100 %, or down to the lowest value there was."""
    values = [p.value for s in series if s.kind is Kind.SPO2 for p in s.points]
    low = min([Decimal(80), *(value // 10 * 10 for value in values)])
    return Scale(low, Decimal(100), OXYGEN_BOTTOM, OXYGEN_TOP)


def draw(
    series: Sequence[Series],
    doses: Sequence[Point],
    since: datetime,
    until: datetime,
    zone: tzinfo,
    bars: Sequence[Bar] = (),
    scores: Sequence[Series] = (),
) -> dict[str, object]:
    """Everything the template needs to draw the picture between two moments.

    `scores` are written as numbers, a lane each, not drawn on a scale.
    """
    across, pressure, oxygen = _across(since, until), _pressure_scale(series), _oxygen_scale(series)
    lines, pairs = [], []
    for one in series:
        scale = oxygen if one.kind is Kind.SPO2 else pressure
        if one.kind in (Kind.SYSTOLIC, Kind.DIASTOLIC):
            continue
        lines.append(
            {
                "name": one.name,
                "css": ("received " if one.received else "charted ") + one.kind.value,
                "path": _path(one, across, scale),
                "dots": [(across(p.at), scale(p.value), p.words) for p in one.points],
            }
        )
    for received in (True, False):
        pairs += _pairs([s for s in series if s.received is received], across, pressure, received)
    under_bars = HEIGHT + (BAR_HEIGHT + 2) * len({bar.row for bar in bars})
    lanes = _lanes(scores, across, under_bars)
    return {
        "width": WIDTH,
        "height": under_bars + LANE_HEIGHT * len(lanes),
        "lanes": lanes,
        "unwritten": sum(lane.unwritten for lane in lanes),
        "bar_height": BAR_HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "pressure": pressure.marks(40),
        "oxygen": oxygen.marks(10 if oxygen.low >= 80 else 20),
        "pressure_top": PRESSURE_TOP,
        "oxygen_top": OXYGEN_TOP,
        "bottom": OXYGEN_BOTTOM,
        "times": _times(since, until, zone, across),
        "doses": _labels(doses, across),
        "bars": _bars(bars, across),
        "lines": lines,
        "pairs": pairs,
    }


def _bars(bars: Sequence[Bar], across: Callable[[datetime], str]) -> list[dict[str, object]]:
    """Each row under the times, in the order in which it first appears."""
    found: list[dict[str, object]] = []
    rows = list(dict.fromkeys(bar.row for bar in bars))
    for bar in bars:
        x = Decimal(across(bar.begins))
        width = Decimal(across(bar.ends)) - x
        name = bar.name if width >= 6 * len(bar.name) + 8 else ""
        top = HEIGHT + rows.index(bar.row) * (BAR_HEIGHT + 2)
        found.append(
            {"x": f"{x}", "width": f"{width}", "y": top, "text_y": top + 14, "name": name,
             "words": bar.name, "css": bar.css}
        )  # fmt: skip
    return found


def _labels(
    doses: Sequence[Point], across: Callable[[datetime], str]
) -> list[tuple[str, str, int]]:
    """Place, words and height of each dose's label; none lies over another."""
    found: list[tuple[str, str, int]] = []
    for dose in doses:
        x = across(dose.at)
        taken = {y for other, _words, y in found if Decimal(x) - Decimal(other) < LABEL_WIDTH}
        lines = range(PRESSURE_TOP + 10, PRESSURE_BOTTOM, LABEL_HEIGHT)
        found.append((x, dose.words, next((y for y in lines if y not in taken), lines[0])))
    return found


@dataclass(frozen=True, slots=True)
class Lane:
    """One score over time as numbers; `unwritten` had no room beside the one before."""

    name: str
    y: int
    marks: tuple[tuple[str, str], ...]
    unwritten: int


def _lanes(scores: Sequence[Series], across: Callable[[datetime], str], top: int) -> list[Lane]:
    """The same score again is a dot; a score that has no room is counted, not moved."""
    lanes: list[Lane] = []
    for one in scores:
        marks: list[tuple[str, str]] = []
        ends, stands, unwritten = Decimal(0), None, 0
        for point in one.points:
            x = across(point.at)
            words = SAME_AGAIN if point.value == stands else f"{point.value.normalize():f}"
            half = (DOT_WIDTH if words == SAME_AGAIN else DIGIT_WIDTH * len(words)) / 2
            if Decimal(x) - half < ends:
                unwritten += 1
                continue
            marks.append((x, words))
            ends, stands = Decimal(x) + half, point.value
        y = top + LANE_HEIGHT * len(lanes) + LANE_HEIGHT // 2
        lanes.append(Lane(one.name, y, tuple(marks), unwritten))
    return lanes


def _across(since: datetime, until: datetime) -> Callable[[datetime], str]:
    span = max((until - since).total_seconds(), 60)

    def place(at: datetime) -> str:
        share = Decimal((at - since).total_seconds()) / Decimal(span)
        inside = min(max(share, Decimal(0)), Decimal(1))
        return f"{LEFT + inside * (WIDTH - LEFT - RIGHT):.1f}"

    return place


def _path(one: Series, across: Callable[[datetime], str], scale: Scale) -> str:
    """Line commands; a value after a gap begins a new line."""
    apart = (
        timedelta(seconds=RECEIVED_GAP_SECONDS)
        if one.received
        else timedelta(minutes=CHARTED_GAP_MINUTES)
    )
    parts: list[str] = []
    before: datetime | None = None
    for point in one.points:
        move = before is None or point.at - before > apart
        parts.append(f"{'M' if move else 'L'}{across(point.at)} {scale(point.value)}")
        before = point.at
    return "".join(parts)


def _pairs(
    series: Sequence[Series], across: Callable[[datetime], str], pressure: Scale, received: bool
) -> list[dict[str, str]]:
    """Pressures as bars from diastolic to systolic, where both were taken at one moment."""
    highs = {p.at: p for s in series if s.kind is Kind.SYSTOLIC for p in s.points}
    lows = {p.at: p for s in series if s.kind is Kind.DIASTOLIC for p in s.points}
    return [
        {
            "x": across(at),
            "top": pressure(highs[at].value),
            "bottom": pressure(lows[at].value),
            "css": "received" if received else "charted",
            "words": highs[at].words,
        }
        for at in sorted(highs.keys() & lows.keys())
    ]


def _times(
    since: datetime, until: datetime, zone: tzinfo, across: Callable[[datetime], str]
) -> list[tuple[str, str]]:
    """Round times of the clinic's clock, at most a dozen of them."""
    minutes = (until - since).total_seconds() / 60
    step = next((s for s in (5, 10, 15, 30, 60, 120) if minutes / s <= 12), int(minutes) // 12)
    here = since.astimezone(zone).replace(second=0, microsecond=0)
    at = here - timedelta(minutes=here.minute % min(step, 60))
    found = []
    while at <= until:
        if at >= since:
            found.append((across(at), f"{at.astimezone(zone):%H:%M}"))
        at += timedelta(minutes=step)
    return found
