"""A monitor's export is read whole or refused by line, and every cell is kept as received.

The file has one line of column names and then one line a minute (or at any rising times):

    minute,HR [bpm],PULSE [bpm],RESP [pm],SpO2 [%],NBPSys [mmHg],NBPDias [mmHg],NBPMean [mmHg]

`parse` reads the text, `judge` turns each filled cell into a `Received`. Judging says only what
can be said of a number: that a sensor can't mean it ("invalid"), or that somebody should look at
the person before believing it ("unconfirmed", still valid). It says nothing about health: no
limit of the protocol is asked here, and low is not invalid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from itertools import pairwise

from holdspace.core.units import Kind

ROWS_MAX = 100_000  # more than a day at one line a second
CHARACTERS_MAX = 8_000_000
MINUTE_MAX = Decimal(7 * 24 * 60)  # no session lasts a week: a larger number is another clock


@dataclass(frozen=True, slots=True)
class Column:
    """One numeric a monitor exports: its name and unit in the file, and what it observes."""

    name: str
    unit: str
    kind: Kind

    @property
    def title(self) -> str:
        return f"{self.name} [{self.unit}]"


# HR is the electrocardiogram's, PULSE the oximeter's: two sensors, kept as two kinds.
COLUMNS: tuple[Column, ...] = (
    Column("HR", "bpm", Kind.HEART_RATE),
    Column("PULSE", "bpm", Kind.PULSE_RATE),
    Column("RESP", "pm", Kind.RESPIRATORY_RATE),
    Column("SpO2", "%", Kind.SPO2),
    Column("NBPSys", "mmHg", Kind.SYSTOLIC),
    Column("NBPDias", "mmHg", Kind.DIASTOLIC),
    Column("NBPMean", "mmHg", Kind.MEAN_ARTERIAL),
)
TITLES = ", ".join(column.title for column in COLUMNS)


class MonitorFileError(ValueError):
    """The file is refused as a whole: which line and column, what is wrong, what is accepted.

    `line` counts from 1 (the column names); `column` is empty when the whole line is meant.
    """

    def __init__(self, line: int, column: str, problem: str, accepted: str) -> None:
        place = f"line {line}, {column}" if column else f"line {line}"
        super().__init__(f"{place}: {problem} Accepted: {accepted}.")
        self.line = line
        self.column = column
        self.problem = problem
        self.accepted = accepted


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file: its number, its minute, and its filled cells."""

    line: int
    minute: Decimal
    cells: tuple[tuple[Column, Decimal], ...]

    def value(self, kind: Kind) -> Decimal | None:
        return next((value for column, value in self.cells if column.kind is kind), None)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole file that was read without a fault; minutes rise strictly."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


_TITLE = re.compile(r"([^\[\]]*?)\s*\[([^\[\]]*)\]")
_NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")
_NUMBER_ACCEPTED = "a plain number with a decimal point, such as 97.5, or an empty cell"


def parse(text: str) -> Sheet:
    """Read the text of an export.

    A byte-order mark, any line ending and blank lines at the end are tolerated. Anything else
    that is not exactly as described raises MonitorFileError for the first line that is wrong,
    and nothing is returned.
    """
    if len(text) > CHARACTERS_MAX:
        raise MonitorFileError(1, "", "It is too large.", f"{CHARACTERS_MAX} characters")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise MonitorFileError(1, "", "The file is empty.", f"a line of names: minute, {TITLES}")
    if len(lines) - 1 > ROWS_MAX:
        raise MonitorFileError(ROWS_MAX + 2, "", "Too many lines.", f"at most {ROWS_MAX} readings")
    columns = _columns(lines[0])
    if len(lines) == 1:
        raise MonitorFileError(2, "", "There are no readings.", "one line a minute under the names")
    rows: list[Row] = []
    for number, line in enumerate(lines[1:], start=2):
        rows.append(_row(number, line, columns, rows[-1].minute if rows else None))
    return Sheet(columns, tuple(rows))


def _columns(header: str) -> tuple[Column, ...]:
    first, *titles = [cell.strip() for cell in header.split(",")]
    if first != "minute":
        raise MonitorFileError(
            1, "", f"The first column is {_shown(first)}.", "“minute”, then names split by commas"
        )
    if not titles:
        raise MonitorFileError(1, "", "No column follows “minute”.", f"some of {TITLES}")
    columns: list[Column] = []
    for title in titles:
        column = _column(title)
        if column in columns:
            raise MonitorFileError(1, title, "The column is there twice.", "each column once")
        columns.append(column)
    return tuple(columns)


def _column(title: str) -> Column:
    match = _TITLE.fullmatch(title)
    name, unit = (match[1], match[2].strip()) if match else (title, "")
    column = next((known for known in COLUMNS if known.name == name), None)
    if column is None:
        raise MonitorFileError(1, "", f"Unknown column {_shown(title)}.", f"one of {TITLES}")
    if unit != column.unit:
        said = f"in {_shown(unit)}" if unit else "without a unit"
        raise MonitorFileError(1, name, f"The column is {said}.", f"“{column.title}”")
    return column


def _row(number: int, line: str, columns: tuple[Column, ...], before: Decimal | None) -> Row:
    if not line.strip():
        raise MonitorFileError(number, "", "The line is blank.", "blank lines only at the end")
    first, *cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != len(columns):
        raise MonitorFileError(
            number,
            "",
            f"The line has {len(cells) + 1} cells.",
            f"{len(columns) + 1} cells, as in line 1; a decimal comma splits a cell in two",
        )
    minute = _minute(number, first, before)
    filled = tuple(
        (column, _number(number, column.title, cell, _NUMBER_ACCEPTED))
        for column, cell in zip(columns, cells, strict=True)
        if cell
    )
    return Row(number, minute, filled)


def _minute(line: int, cell: str, before: Decimal | None) -> Decimal:
    accepted = f"minutes from the start, 0 to {MINUTE_MAX}, such as 12 or 12.5"
    minute = _number(line, "minute", cell, accepted)
    if minute.is_signed() or minute > MINUTE_MAX:
        raise MonitorFileError(line, "minute", f"{cell} is out of range.", accepted)
    if before is not None and minute <= before:
        raise MonitorFileError(
            line,
            "minute",
            f"{cell} does not come after {before}.",
            "minutes that rise line by line",
        )
    return minute


def _number(line: int, column: str, cell: str, accepted: str) -> Decimal:
    if not _NUMBER.fullmatch(cell):
        raise MonitorFileError(line, column, f"{_shown(cell)} is not a number.", accepted)
    return Decimal(cell)


def _shown(text: str) -> str:
    """Foreign text as it may be repeated in a message: short, and nothing invisible in it."""
    visible = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return f"“{visible[:24]}{'…' if len(visible) > 24 else ''}”"


class Validity(StrEnum):
    """Whether a number can be what its sensor says it is."""

    VALID = "valid"
    INVALID = "invalid"


class Reason(StrEnum):
    """Why a number is not simply taken: first what a sensor can't mean, then what to check."""

    NO_SIGNAL = "no_signal"
    NO_BREATH_SEEN = "no_breath_seen"
    BELOW_ZERO = "below_zero"
    ABOVE_FULL = "above_full"
    PAIR_REVERSED = "pair_reversed"
    IMPROBABLE = "improbable"
    NARROW_PAIR = "narrow_pair"
    SOURCES_DISAGREE = "sources_disagree"


SENTENCES: dict[Reason, str] = {
    Reason.NO_SIGNAL: "Zero: the sensor had no signal.",
    Reason.NO_BREATH_SEEN: "Not measured, or apnoea: count the breaths.",
    Reason.BELOW_ZERO: "Below zero: no sensor can mean this.",
    Reason.ABOVE_FULL: "Above 100 %: no oximeter can mean this.",
    Reason.PAIR_REVERSED: "Diastolic not below systolic: the cuff can't mean this.",
    Reason.IMPROBABLE: "Unconfirmed, an improbable number: check the person.",
    Reason.NARROW_PAIR: "Unconfirmed, systolic and diastolic too close: check the person.",
    Reason.SOURCES_DISAGREE: "Unconfirmed, heart rate and pulse disagree: check the person.",
}

_IMPROBABLE = frozenset({Reason.IMPROBABLE, Reason.NARROW_PAIR, Reason.SOURCES_DISAGREE})

# Outside these bands a number is "unconfirmed". They are no limits of treatment and make no task.
# SpO2: the accuracy of oximeters is stated for 70-100 % only (ISO 80601-2-61). The others are
# this project's proposal (grade P, awaiting the medical director's signature): wider than what a
# resting adult shows, narrower than the plausible range of typed entry (`units.KINDS`).
PROBABLE: dict[Kind, tuple[Decimal, Decimal]] = {
    Kind.HEART_RATE: (Decimal(40), Decimal(140)),
    Kind.PULSE_RATE: (Decimal(40), Decimal(140)),
    Kind.RESPIRATORY_RATE: (Decimal(5), Decimal(40)),
    Kind.SPO2: (Decimal(70), Decimal(100)),
    Kind.SYSTOLIC: (Decimal(70), Decimal(200)),
    Kind.DIASTOLIC: (Decimal(30), Decimal(130)),
}
PULSE_PRESSURE_MMHG_MIN = Decimal(10)  # systolic >= diastolic + 10 (grade P)
RATES_APART_PER_MIN_MAX = Decimal(20)  # heart rate against pulse in one line (grade P)


@dataclass(frozen=True, slots=True)
class Received:
    """One filled cell: the number exactly as received, and what can be said of it.

    `reasons` stand in the order of `Reason` and are empty for a number that is simply taken.
    """

    source_column: str
    kind: Kind
    value: Decimal
    taken_at: datetime
    line: int
    reasons: tuple[Reason, ...] = ()

    @property
    def validity(self) -> Validity:
        return Validity.VALID if _IMPROBABLE.issuperset(self.reasons) else Validity.INVALID

    @property
    def unconfirmed(self) -> bool:
        """Valid, and somebody should look at the person before believing it."""
        return self.validity is Validity.VALID and bool(self.reasons)

    @property
    def reason(self) -> Reason | None:
        """The first reason, which decides the sentence."""
        return self.reasons[0] if self.reasons else None

    @property
    def sentence(self) -> str:
        return SENTENCES[self.reasons[0]] if self.reasons else ""


def judge(sheet: Sheet, start: datetime) -> tuple[Received, ...]:
    """Every filled cell of the sheet, line by line in the order of its columns.

    `start` is the aware time of minute 0.
    """
    assert start.tzinfo is not None, "the start of a recording is an aware time"
    return tuple(cell for row in sheet.rows for cell in judge_row(row, _moment(row, start)))


def _moment(row: Row, start: datetime) -> datetime:
    microseconds = (row.minute * 60_000_000).to_integral_value(ROUND_HALF_EVEN)
    return start + timedelta(microseconds=int(microseconds))


def judge_row(row: Row, at: datetime) -> tuple[Received, ...]:
    """Every filled cell of one line, taken at `at`; each is judged by its own line alone."""
    return tuple(
        Received(column.name, column.kind, value, at, row.line, _reasons(row, column.kind))
        for column, value in row.cells
    )


def _reasons(row: Row, kind: Kind) -> tuple[Reason, ...]:
    value = row.value(kind)
    assert value is not None, "only filled cells are judged"
    if impossible := _impossible(kind, value):
        return (impossible,)
    pressures = _pressures(row, kind)
    if pressures is Reason.PAIR_REVERSED:
        return (pressures,)
    found = (_improbable(kind, value), pressures, _disagree(row, kind))
    return tuple(reason for reason in found if reason)


def _impossible(kind: Kind, value: Decimal) -> Reason | None:
    if value == 0:
        # A zero is a drop-out or a person who does not breathe; only a person can tell which.
        return Reason.NO_BREATH_SEEN if kind is Kind.RESPIRATORY_RATE else Reason.NO_SIGNAL
    if value < 0:
        return Reason.BELOW_ZERO
    return Reason.ABOVE_FULL if kind is Kind.SPO2 and value > 100 else None


def _improbable(kind: Kind, value: Decimal) -> Reason | None:
    if kind not in PROBABLE:
        return None  # a mean is kept and not judged
    low, high = PROBABLE[kind]
    return None if low <= value <= high else Reason.IMPROBABLE


def _apart(row: Row, kind: Kind, one: Kind, other: Kind) -> Decimal | None:
    """`one` less `other`, when `kind` is of this pair and each alone is possible."""
    first, second = row.value(one), row.value(other)
    if kind not in (one, other) or first is None or second is None:
        return None
    if _impossible(one, first) or _impossible(other, second):
        return None
    return first - second


def _pressures(row: Row, kind: Kind) -> Reason | None:
    apart = _apart(row, kind, Kind.SYSTOLIC, Kind.DIASTOLIC)
    if apart is None or apart >= PULSE_PRESSURE_MMHG_MIN:
        return None
    return Reason.NARROW_PAIR if apart > 0 else Reason.PAIR_REVERSED


def _disagree(row: Row, kind: Kind) -> Reason | None:
    apart = _apart(row, kind, Kind.HEART_RATE, Kind.PULSE_RATE)
    too_far = apart is not None and abs(apart) > RATES_APART_PER_MIN_MAX
    return Reason.SOURCES_DISAGREE if too_far else None


@dataclass(frozen=True, slots=True)
class Counts:
    """Single filled cells, the minutes not counted; `unconfirmed` are among the valid."""

    received: int
    valid: int
    invalid: int
    unconfirmed: int


def count(received: Iterable[Received]) -> Counts:
    cells = tuple(received)
    valid = sum(cell.validity is Validity.VALID for cell in cells)
    return Counts(len(cells), valid, len(cells) - valid, sum(c.unconfirmed for c in cells))


def outside(received: Iterable[Received], since: datetime, until: datetime) -> tuple[Received, ...]:
    """The cells taken before `since` or after `until`; one exactly at either is inside."""
    return tuple(cell for cell in received if not since <= cell.taken_at <= until)


@dataclass(frozen=True, slots=True)
class Gap:
    """A span without a valid value: draw nothing across it."""

    since: datetime
    until: datetime


def gaps(received: Iterable[Received], kind: Kind, every_minutes: int) -> tuple[Gap, ...]:
    """Where a value of `kind` was expected every so many minutes and no valid one came.

    The span looked at is the whole recording, first cell of any kind to the last. Between two
    valid values more than `every_minutes` apart is a gap; so is a first value that came that
    late, and an end that many minutes after the last one.
    """
    assert every_minutes > 0, "a rhythm is at least a minute"
    cells = tuple(received)
    if not cells:
        return ()
    begin, end = min(c.taken_at for c in cells), max(c.taken_at for c in cells)
    step = timedelta(minutes=every_minutes)
    times = sorted({c.taken_at for c in cells if c.kind is kind and c.validity is Validity.VALID})
    if not times:
        return (Gap(begin, end),)
    before = [Gap(begin, times[0])] if times[0] - begin >= step else []
    between = [Gap(a, b) for a, b in pairwise(times) if b - a > step]
    after = [Gap(times[-1], end)] if end - times[-1] >= step else []
    return (*before, *between, *after)
