"""An ECG or one laboratory value: what was found, in which unit, on which day, and by whom.

A laboratory value keeps its unit and the reference range as it was reported. Which units a test
has, with what is plausible in each, is data (`codes/laboratory-1.json`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from holdspace.core.insist import Timed
from holdspace.core.units import QuantityError, plain

DIGITS_MAX, PLACES_MAX = 9, 4  # more than any instrument says


class InvestigationKind(StrEnum):
    ECG = "ecg"
    LABORATORY = "laboratory"


# The first sign of a liver that suffers; a panel without it is no look at the liver.
LIVER = frozenset({"alt"})


@dataclass(frozen=True, slots=True)
class Investigation(Timed):
    """One result: an ECG as it was read, or one laboratory value as it was reported."""

    id: str
    kind: InvestigationKind
    taken_on: date  # the day of the tracing, of the blood or the urine
    by: str = ""  # who wrote it down
    words: str = ""  # rhythm and interpretation of an ECG; a result in words
    qtc_ms: Decimal | None = None
    test: str = ""  # the key in codes/laboratory-1.json; none: a test that is not in it
    name: str = ""  # the test as people call it
    loinc: str = ""
    value: Decimal | None = None
    unit: str = ""
    reference: str = ""  # the reference range as it was reported
    laboratory: str = ""  # or where the ECG was made
    recorded_at: datetime | None = None

    @property
    def title(self) -> str:
        return "ECG" if self.kind is InvestigationKind.ECG else self.name

    @property
    def text(self) -> str:
        """The result as people read it, a number always with its unit."""
        parts = [f"{plain(self.value)} {self.unit}"] if self.value is not None else []
        parts += [self.words.rstrip(". ")] if self.words else []
        parts += [f"QTc {plain(self.qtc_ms)} ms"] if self.qtc_ms is not None else []
        return "; ".join(parts)


def newest_of_each(rows: tuple[Investigation, ...]) -> tuple[Investigation, ...]:
    """The newest ECG and the newest value of each test, ECG first; of one day the later entry."""
    newest: dict[str, Investigation] = {}
    for row in sorted(rows, key=lambda r: (r.taken_on, r.id)):
        newest[what(row)] = row
    return tuple(sorted(newest.values(), key=lambda r: (r.kind.value, r.title.casefold())))


def what(row: Investigation) -> str:
    """One name for what was investigated, whatever unit it was reported in."""
    return row.kind.value if row.kind is InvestigationKind.ECG else row.test or _key(row.name)


# --- the table of tests -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitRange:
    """One unit of a test: its LOINC code (mass and moles differ) and what is plausible in it."""

    unit: str
    loinc: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class LabTest:
    """One laboratory test; without units its result is words."""

    key: str
    label: str
    names: tuple[str, ...]
    units: Mapping[str, UnitRange]
    loinc: str = ""

    @property
    def accepted(self) -> str:
        ranges = (f"{plain(u.low)} to {plain(u.high)} {u.unit}" for u in self.units.values())
        return " or ".join(ranges) or "words"


@dataclass(frozen=True, slots=True)
class LabTable:
    tests: Mapping[str, LabTest]

    @property
    def units(self) -> tuple[str, ...]:
        """Every unit that is known, for a test that is not."""
        return tuple(sorted({unit for test in self.tests.values() for unit in test.units}))

    def recognise(self, name: str) -> LabTest | None:
        wanted = _key(name)
        for test in self.tests.values():
            if wanted in {test.key, _key(test.label), *map(_key, test.names)}:
                return test
        return None


def read_table(data: Mapping[str, Any]) -> LabTable:
    """The table of tests from its file."""
    return LabTable({key: _test(key, entry) for key, entry in data["tests"].items()})


def _test(key: str, entry: Mapping[str, Any]) -> LabTest:
    units = {
        unit: UnitRange(unit, u["loinc"], Decimal(u["low"]), Decimal(u["high"]))
        for unit, u in entry["units"].items()
    }
    return LabTest(key, entry["label"], tuple(entry["names"]), units, entry.get("loinc", ""))


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


# --- a typed value ------------------------------------------------------------------------------

_VALUE = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(.*)", re.ASCII | re.DOTALL)
# How people and laboratories write the same units.
_ALSO = {
    "iu/l": "u/l",
    "uiu/ml": "miu/l",
    "k/ul": "103/ul",
    "10^3/ul": "103/ul",
    "10*3/ul": "103/ul",
    "x10^3/ul": "103/ul",
    "ml/min/{1.73_m2}": "ml/min/1.73m2",
    "ml/min/1.73m^2": "ml/min/1.73m2",
}
_PLAIN = str.maketrans({"\u03bc": "u", "²": "2", "³": "3"})


def _spelling(unit: str) -> str:
    said = "".join(unit.casefold().split()).translate(_PLAIN)
    return _ALSO.get(said, said)


def parse_result(text: str, test: LabTest | None, table: LabTable) -> tuple[Decimal, str]:
    """Read "31 U/L": the number and its unit, in our spelling.

    Raises QuantityError for a number without its unit, a unit that this test is not given in, a
    decimal comma, and what is not plausible; the message says what would be accepted.
    """
    units = tuple(test.units) if test else table.units
    example = f"a number with its unit: {', '.join(units)}" if units else "words"
    if "," in text:
        raise QuantityError("A decimal comma can be misread; write a point.", example)
    match = _VALUE.fullmatch(text.strip())
    if not match:
        raise QuantityError(f"“{text.strip()[:20]}” is no number with its unit.", example)
    if not match[2].strip():
        raise QuantityError(f"“{match[1][:12]}” has no unit.", example)
    unit = next((u for u in units if _spelling(u) == _spelling(match[2])), None)
    if unit is None:
        raise QuantityError(f"“{match[2].strip()[:16]}” is not a unit of this.", example)
    value = Decimal(match[1])
    if problem := problem_of(value, unit, test):
        raise QuantityError(problem, test.accepted if test else example)
    return value, unit


def problem_of(value: Decimal, unit: str, test: LabTest | None) -> str:
    """Why this value cannot be kept; empty when it can."""
    if not value.is_finite() or value < 0:
        return f"{value} is no amount."
    places = value.as_tuple().exponent
    if value >= 10 ** (DIGITS_MAX - PLACES_MAX) or (
        isinstance(places, int) and -places > PLACES_MAX
    ):
        return f"{plain(value)[:20]} is more than an instrument says."
    if test is None:
        return ""
    known = test.units.get(unit)
    if known is None:
        return f"{test.label} is not given in “{unit[:16]}”."
    if not known.low <= value <= known.high:
        return f"{plain(value)} {unit} is outside what is plausible."
    return ""
