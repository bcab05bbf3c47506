"""An instrument over time as one picture: bands as labelled hairlines, doses on the same axis.

Geometry only: values in, places out; the template draws them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from holdspace.core.trend import Trend

WIDTH, LEFT, RIGHT = 760, 40, 150  # on the right the names of the bands
TOP, BOTTOM, HEIGHT = 40, 200, 236
LABEL_ROOM = 54  # two dates or doses closer than this share one label
VALUE_ROOM = 20  # two totals closer than this: the later one is read in the table
BAND_LABEL_ROOM = 12
BAND_LABEL_CHARACTERS = 24


@dataclass(frozen=True, slots=True)
class DoseMark:
    """The dose of one session day, all of it."""

    at: datetime
    words: str


def draw(
    trend: Trend, doses: Sequence[DoseMark], since: datetime, until: datetime, zone: tzinfo
) -> dict[str, object]:
    """Everything the template needs; `since` and `until` are shared by all pictures of a page."""
    across, up = _across(since, until), _up(trend)
    dots = [
        {
            "x": _n(across(p.at)),
            "y": _n(up(Decimal(p.total or 0))),
            "value": value,
            "words": f"{p.at.astimezone(zone):%Y-%m-%d}: {p.total} {p.level}".strip(),
        }
        for p, value in zip(trend.points, _values(trend, across), strict=True)
    ]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "top": TOP,
        "bottom": BOTTOM,
        "dots": dots,
        "lines": [
            " ".join(f"{_n(across(p.at))},{_n(up(Decimal(p.total or 0)))}" for p in run)
            for run in trend.runs
            if len(run) > 1
        ],
        "zones": _zones(trend, up),
        "ends": [(_n(up(Decimal(v))), v) for v in trend.scale.range],
        "doses": _thinned([(across(d.at), d.words) for d in doses]),
        "dates": _thinned(
            [(across(p.at), f"{p.at.astimezone(zone):%-d %b}") for p in trend.points]
        ),
        "gaps": [(_n(across(g.at)), g.why.value) for g in trend.gaps if since <= g.at <= until],
    }


def _across(since: datetime, until: datetime) -> Callable[[datetime], Decimal]:
    span = max(Decimal((until - since).total_seconds()), Decimal(60))

    def place(at: datetime) -> Decimal:
        share = Decimal((at - since).total_seconds()) / span
        return LEFT + 12 + min(max(share, Decimal(0)), Decimal(1)) * (WIDTH - LEFT - RIGHT - 24)

    return place


def _up(trend: Trend) -> Callable[[Decimal], Decimal]:
    low, high = (Decimal(end) for end in trend.scale.range)
    span = max(high - low, Decimal(1))

    def place(value: Decimal) -> Decimal:
        return BOTTOM - (min(max(value, low), high) - low) / span * (BOTTOM - TOP)

    return place


def _zones(trend: Trend, up: Callable[[Decimal], Decimal]) -> list[dict[str, object]]:
    """Each band: its hairline at the lower end, and its name where there is room for it."""
    found = []
    for band in trend.bands:
        foot, head = up(Decimal(band.low)), up(Decimal(band.high))
        name = band.label
        short = (
            name if len(name) <= BAND_LABEL_CHARACTERS else name[: BAND_LABEL_CHARACTERS - 1] + "…"
        )
        found.append(
            {
                "y": _n(foot),
                "is_line": foot < BOTTOM,
                "middle": _n((foot + head) / 2),
                "label": short if foot - head >= BAND_LABEL_ROOM or len(trend.bands) < 5 else "",
                "name": name,
            }
        )
    return found


def _values(trend: Trend, across: Callable[[datetime], Decimal]) -> list[str]:
    """The totals beside their dots, where there is room; the last one always."""
    marks = [(across(p.at), str(p.total)) for p in reversed(trend.points)]
    return [words for _x, words in reversed(_thinned(marks, VALUE_ROOM))]


def _thinned(marks: list[tuple[Decimal, str]], room: int = LABEL_ROOM) -> list[tuple[str, str]]:
    """Every mark has its place; a label only where the one before it leaves room."""
    found, last = [], None
    for x, words in marks:
        has_room = last is None or abs(x - last) >= room
        found.append((_n(x), words if has_room else ""))
        last = x if has_room else last
    return found


def _n(place: Decimal) -> str:
    return f"{place:.1f}"
