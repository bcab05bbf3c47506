"""A protocol text becomes values, or is refused with every problem at its key and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from holdspace.core import limits
from holdspace.core.emergency import Emergencies
from holdspace.core.protocol_comfort import ComfortEntries
from holdspace.core.protocol_model import Band, Protocol, Setting, Value
from holdspace.core.protocol_risk import RiskEntries
from holdspace.core.protocol_schema import (
    GRADE_WORDS,
    ORDERED,
    SECOND_SIGNER_ROLES,
    SETTINGS,
    Grade,
    Shape,
    Spec,
)
from holdspace.core.protocol_values import (
    Problem,
    ProtocolError,
    is_number,
    line_map,
    under,
)

__all__ = ["Problem", "ProtocolError", "read"]

TEXT_MAX = 400_000  # ten times the longest file that ships
_HEAD = ("name", "version", "title", "summary")
_PARTS = (
    "conditions",
    "medications",
    "schedules",
    "follow_up",
    "steps",
    "risk",
    "music",
    "comfort",
    "emergency",
    "phrases",
)
_GROUPS = tuple(dict.fromkeys(path.partition(".")[0] for path in SETTINGS))
_BAND_KEYS = (
    *("waivable_by", "waivable_second_signer", "waivable_to"),
    *("waivable_source", "waivable_grade"),
)
_SETTING_KEYS = ("value", "unit", "source", "grade", "note", *_BAND_KEYS)


def read(text: str, *, digest: str, pinned: bool, fallback: Protocol | None = None) -> Protocol:
    """Read canonical text. Raises ProtocolError with every problem, in the order of the file."""
    reader = _Reader(line_map(text), pinned, fallback)
    data = _tables(text)
    protocol = reader.protocol(data, digest, text)
    if reader.problems:
        raise ProtocolError(sorted(reader.problems, key=lambda p: p.line or 10**9))
    return protocol


def _tables(text: str) -> dict[str, Any]:
    accepted = "TOML, each key once"
    if len(text) > TEXT_MAX:
        problem = f"is longer than {TEXT_MAX} letters."
        raise ProtocolError([Problem("the file", 0, problem, accepted)])
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ProtocolError([_broken(error, text)]) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        problem = "cannot be read: a number or a list in it is too large."
        raise ProtocolError([Problem("the file", 0, problem, accepted)]) from error


def _broken(error: tomllib.TOMLDecodeError, text: str) -> Problem:
    message = str(error)
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    line = int(found[1]) if found else text.count("\n") + 1
    column = f" at column {found[2]}" if found else " at the end of the file"
    words = message.partition(" (at ")[0]
    accepted = "TOML, each key once"
    return Problem("the file", line, f"cannot be read{column}: {words}.", accepted)


class _Reader(RiskEntries, Emergencies, ComfortEntries):
    """Builds the values of one file; nothing with a problem ever leaves `read`."""

    def protocol(self, data: Mapping[str, Any], digest: str, text: str) -> Protocol:
        self.known(data, "", [*_HEAD, *_GROUPS, *_PARTS])
        name, version, title, summary = (self.text(data, "", key) for key in _HEAD)
        for key, value in (("name", name), ("version", version)):
            if value and not re.fullmatch(r"[a-z0-9][a-z0-9.\-]{0,39}", value):
                accepted = "small letters, digits, points and hyphens"
                self.tell(key, f"“{value}” can't name a file.", accepted)
        settings = self.settings(data)
        schedules = self.schedules(data, settings)
        return Protocol(
            name,
            version,
            title,
            summary,
            digest,
            MappingProxyType(settings),
            MappingProxyType(self.conditions(data)),
            MappingProxyType(self.medications(data)),
            MappingProxyType(schedules),
            MappingProxyType(self.follow_ups(data)),
            self.steps(data),
            self.risk(data),
            MappingProxyType(self.music(data, tuple(schedules))),
            MappingProxyType(self.comfort(data)),
            self.emergencies(data),
            self.phrases(data),
            text,
        )

    # -- settings

    def settings(self, data: Mapping[str, Any]) -> dict[str, Setting]:
        found: dict[str, Setting] = {}
        for group in _GROUPS:
            paths = [path for path in SETTINGS if path.partition(".")[0] == group]
            table = self.table(data, group)
            self.known(table, group, [path.partition(".")[2] for path in paths])
            for path in paths:
                if path.partition(".")[2] in table:
                    found[path] = self.setting(self.table(table, path), path, SETTINGS[path])
                elif self.pinned and self.fallback:
                    found[path] = self.borrowed(self.fallback.settings[path])
                else:
                    accepted = f"{{ value, unit = “{SETTINGS[path].unit}”, source, grade }}"
                    self.tell(path, "is missing.", f"{accepted}: {SETTINGS[path].accepted}")
        self.ordered(found)
        return found

    def setting(self, data: Mapping[str, Any], path: str, spec: Spec) -> Setting:
        self.known(data, path, _SETTING_KEYS)
        if data.get("unit") != spec.unit:
            given = data.get("unit")
            said = f"has the unit “{given}”." if given is not None else "has no unit."
            self.tell(path, said, f"unit = “{spec.unit}”")
        value = self.value(data.get("value"), path, spec)
        source = self.text(data, path, "source")
        value, source = self.not_looser(value, path, spec, source)
        grade = self.grade(data, path)
        band = self.band(data, path, spec, value)
        note = self.text(data, path, "note", needed=False)
        return Setting(path, value, spec.unit, source, grade, band, note)

    def band(self, data: Mapping[str, Any], path: str, spec: Spec, value: Value) -> Band | None:
        given = [key for key in _BAND_KEYS if key in data]
        if not given:
            return None
        if not spec.waivable:
            self.tell(path, "can't be waived.", f"none of {', '.join(_BAND_KEYS)}")
            return None
        by = self.roles(data, path, "waivable_by")
        if not by:
            self.tell(path, "has a waivable band and nobody who may waive.", "waivable_by")
        return Band(
            by=by,
            to=self.far_end(data, path, spec, value),
            source=self.text(data, path, "waivable_source"),
            grade=Grade(self.choice(data, path, "waivable_grade", GRADE_WORDS)),
            second=self.roles(data, path, "waivable_second_signer", SECOND_SIGNER_ROLES),
        )

    def value(self, value: Any, path: str, spec: Spec) -> Value:
        if value is None:
            self.tell(path, "has no value.", spec.accepted)
        elif spec.shape is Shape.YES_NO and isinstance(value, bool):
            if spec.must_be is not None and value is not spec.must_be:
                if self.pinned:
                    return spec.must_be
                said = str(spec.must_be).lower()
                self.tell(path, "is looser than the program allows.", f"only {said}")
            return value
        elif spec.shape is Shape.ROUTES:
            return self.route_names(value, path)
        elif spec.shape is Shape.WHOLE and isinstance(value, int) and not isinstance(value, bool):
            if self.in_range(Decimal(value), path, spec):
                return value
        elif spec.shape is Shape.NUMBER and is_number(value):
            if self.in_range(Decimal(value), path, spec):
                return Decimal(value)
        else:
            self.tell(path, f"“{value}” is not {spec.shape.value}.", spec.accepted)
        if spec.shape is Shape.ROUTES:
            return ()
        return spec.shape is Shape.YES_NO or int(spec.low)

    def in_range(self, value: Decimal, path: str, spec: Spec) -> bool:
        if spec.hard and spec.hard.loosened_by(value):
            return True  # not_looser tells it, with the name of the limit
        if self.pinned or spec.low <= value <= spec.high:
            return True  # a pinned value was in range when it was adopted; the hard limits stand
        self.tell(path, f"{value} {spec.unit} is out of range.", spec.accepted)
        return False

    def not_looser(self, value: Value, path: str, spec: Spec, source: str) -> tuple[Value, str]:
        if spec.hard is None or not isinstance(value, int | Decimal):
            return value, source
        if not spec.hard.loosened_by(Decimal(value)):
            return value, source
        hard = spec.hard
        if self.pinned:
            said = f"{hard.name} of this program; the pinned protocol says {value} {spec.unit}"
            return (int(hard.limit) if spec.shape is Shape.WHOLE else hard.limit), said
        problem = f"{value} {spec.unit} is looser than the hard limit {hard.limit} ({hard.name})."
        self.tell(path, problem, spec.accepted)
        return value, source

    def far_end(
        self, data: Mapping[str, Any], path: str, spec: Spec, value: Value
    ) -> Decimal | None:
        to = self.number(data, path, "waivable_to")
        end = limits.WAIVABLE_ENDS.get(path)
        at, is_max = under(path, "waivable_to"), path.endswith("_max")
        if not isinstance(value, int | Decimal):
            return None
        if to is None:
            if end is not None and not self.pinned:
                self.tell(at, "is missing: how far may be waived?", f"a number up to {end}")
            return end
        if end is not None and (to > end if is_max else to < end):
            if self.pinned:
                return end
            problem = f"{to} passes the hard limit {end} (core.limits.WAIVABLE_ENDS)."
            self.tell(at, problem, f"a number from {value} to {end}")
        if end is None and not self.pinned and not spec.low <= to <= spec.high:
            self.tell(at, f"{to} {spec.unit} is out of range.", spec.accepted)
        if (to < Decimal(value)) if is_max else (to > Decimal(value)):
            side = "at or above" if is_max else "at or below"
            self.tell(at, f"{to} is inside the limit.", f"a number {side} {value}")
        return to

    def route_names(self, value: Any, path: str) -> tuple[str, ...]:
        offered = [r.value for r in limits.CEILINGS if r not in limits.ROUTES_NOT_OFFERED]
        if not isinstance(value, list) or not value or len(set(map(str, value))) != len(value):
            self.tell(path, "is not a list of routes, each once.", ", ".join(offered))
            return ()
        for name in value:
            if name not in offered:
                self.tell(path, f"“{name}” is not a route that can be offered.", ", ".join(offered))
        return tuple(name for name in value if name in offered)

    def ordered(self, found: Mapping[str, Setting]) -> None:
        for lower, upper in ORDERED:
            low, high = found.get(lower), found.get(upper)
            if low and high and Decimal(str(low.value)) > Decimal(str(high.value)):
                self.tell(lower, f"{low.text} is above {upper} ({high.text}).", "the other way")
