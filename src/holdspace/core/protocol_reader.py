"""A protocol text becomes values, or is refused with every problem at its key and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from holdspace.core import limits
from holdspace.core.facts import Role, Route
from holdspace.core.protocol_model import (
    ConditionSpec,
    MedicationGroup,
    Protocol,
    RouteSchedule,
    Setting,
    Step,
    Value,
)
from holdspace.core.protocol_schema import ORDERED, SECTIONS, SETTINGS, Shape, Spec
from holdspace.core.protocol_values import (
    Problem,
    ProtocolError,
    Values,
    is_number,
    line_map,
    under,
)
from holdspace.core.units import KINDS, Kind
from holdspace.core.units import Shape as Observed

__all__ = ["Problem", "ProtocolError", "read"]

_HEAD = ("name", "version", "title", "summary")
_PARTS = ("conditions", "medications", "schedules", "steps")
_GROUPS = tuple(dict.fromkeys(path.partition(".")[0] for path in SETTINGS))
_SETTING_KEYS = ("value", "unit", "source", "grade", "waivable_by", "waivable_to", "note")
_VERDICTS = ("fail", "hold", "note")


def read(text: str, *, digest: str, pinned: bool) -> Protocol:
    """Read canonical text. Raises ProtocolError with every problem, in the order of the file."""
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ProtocolError([_broken(error, text)]) from error
    reader = _Reader(line_map(text), pinned)
    protocol = reader.protocol(data, digest, text)
    if reader.problems:
        raise ProtocolError(sorted(reader.problems, key=lambda p: p.line or 10**9))
    return protocol


def _broken(error: tomllib.TOMLDecodeError, text: str) -> Problem:
    message = str(error)
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    line = int(found[1]) if found else text.count("\n") + 1
    column = f" at column {found[2]}" if found else " at the end of the file"
    words = message.partition(" (at ")[0]
    accepted = "TOML, each key once"
    return Problem("the file", line, f"cannot be read{column}: {words}.", accepted)


class _Reader(Values):
    """Builds the values of one file; nothing with a problem ever leaves `read`."""

    def __init__(self, lines: Mapping[str, int], pinned: bool) -> None:
        super().__init__(lines)
        self.pinned = pinned

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
            self.steps(data),
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
        by = self.roles(data, path, "waivable_by")
        to = self.band(data, path, spec, value)
        if (by or to is not None) and not spec.waivable:
            self.tell(path, "can't be waived.", "no waivable_by and no waivable_to")
        if to is not None and not by:
            self.tell(path, "has a waivable band and nobody who may waive.", "waivable_by")
        note = self.text(data, path, "note", needed=False)
        return Setting(path, value, spec.unit, source, grade, by, to, note)

    def value(self, value: Any, path: str, spec: Spec) -> Value:
        if value is None:
            self.tell(path, "has no value.", spec.accepted)
        elif spec.shape is Shape.YES_NO and isinstance(value, bool):
            if spec.must_be is not None and value is not spec.must_be:
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
        return {Shape.YES_NO: True, Shape.ROUTES: ()}.get(spec.shape, int(spec.low))

    def in_range(self, value: Decimal, path: str, spec: Spec) -> bool:
        if spec.hard and spec.hard.loosened_by(value):
            return True  # not_looser tells it, with the name of the limit
        if spec.low <= value <= spec.high:
            return True
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

    def band(self, data: Mapping[str, Any], path: str, spec: Spec, value: Value) -> Decimal | None:
        to = self.number(data, path, "waivable_to")
        if to is None or not isinstance(value, int | Decimal):
            return None
        at = under(path, "waivable_to")
        if spec.hard and spec.hard.loosened_by(to):
            if self.pinned:
                return spec.hard.limit
            problem = f"{to} passes the hard limit {spec.hard.limit} ({spec.hard.name})."
            self.tell(at, problem, spec.accepted)
        is_max = path.endswith("_max")
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

    # -- conditions and medicines

    def conditions(self, data: Mapping[str, Any]) -> dict[str, ConditionSpec]:
        table = self.table(data, "conditions")
        found = {key: self.condition(table, key) for key in table}
        for key in sorted(limits.ABSOLUTE_CONTRAINDICATIONS - set(table)):
            self.tell(f"conditions.{key}", "is missing; it refuses everywhere.", "verdict = “fail”")
        return found

    def condition(self, table: Mapping[str, Any], key: str) -> ConditionSpec:
        path = f"conditions.{key}"
        data = self.table(table, path)
        self.known(data, path, ConditionSpec.__dataclass_fields__.keys() - {"key"})
        window = self.whole(data, path, "window_days", 1, 36500)
        verdict = self.choice(data, path, "verdict", _VERDICTS)
        by = self.reliever(data, path, verdict)
        if key in limits.ABSOLUTE_CONTRAINDICATIONS:
            self.absolute(path, key, verdict, window)
        return ConditionSpec(
            key=key,
            section=self.choice(data, path, "section", SECTIONS),
            label=self.text(data, path, "label"),
            question=self.text(data, path, "question"),
            verdict=verdict,
            source=self.text(data, path, "source"),
            grade=self.grade(data, path),
            relievable_by=by,
            specialty=self.text(data, path, "specialty", needed=False),
            window_days=window,
            window_note=self.text(data, path, "window_note", needed=window is not None),
            conflict=self.text(data, path, "conflict", needed=False),
        )

    def absolute(self, path: str, key: str, verdict: str, window: int | None) -> None:
        if verdict != "fail":
            self.tell(
                f"{path}.verdict",
                f"“{verdict}” softens an absolute contraindication "
                "(core.limits.ABSOLUTE_CONTRAINDICATIONS).",
                "verdict = “fail”",
            )
        shortest = limits.CONDITION_WINDOW_DAYS_MIN.get(key)
        if window is not None and not self.pinned and (shortest is None or window < shortest):
            accepted = f"{shortest} days or more" if shortest else "no window_days"
            self.tell(f"{path}.window_days", f"{window} days softens an absolute limit.", accepted)

    def reliever(self, data: Mapping[str, Any], path: str, verdict: str) -> tuple[str, ...]:
        by = self.roles(data, path, "relievable_by")
        if verdict == "hold" and not by and not data.get("relievable_by"):
            self.tell(f"{path}.relievable_by", "is missing: a hold names who answers it.", "a role")
        if verdict != "hold" and by:
            self.tell(f"{path}.relievable_by", f"has no place beside “{verdict}”.", "leave it out")
        return by

    def medications(self, data: Mapping[str, Any]) -> dict[str, MedicationGroup]:
        table = self.table(data, "medications")
        found = {key: self.medication(table, key) for key in table}
        owner: dict[str, str] = {}
        for key, group in found.items():
            for name in group.names:
                if name in owner:
                    at = f"medications.{key}.names"
                    self.tell(at, f"“{name}” is already in {owner[name]}.", "one group a name")
                owner.setdefault(name, key)
        return found

    def medication(self, table: Mapping[str, Any], key: str) -> MedicationGroup:
        path = f"medications.{key}"
        data = self.table(table, path)
        self.known(data, path, MedicationGroup.__dataclass_fields__.keys() - {"key"})
        verdict = self.choice(data, path, "verdict", _VERDICTS)
        names = self.names(data, path, "names")
        if not names or any(name != " ".join(name.lower().split()) for name in names):
            self.tell(f"{path}.names", "is empty or not in small letters.", "small-letter names")
        return MedicationGroup(
            key=key,
            label=self.text(data, path, "label"),
            names=names,
            verdict=verdict,
            effect=self.text(data, path, "effect"),
            source=self.text(data, path, "source"),
            grade=self.grade(data, path),
            relievable_by=self.reliever(data, path, verdict),
            refuse_within_hours=self.whole(data, path, "refuse_within_hours", 1, 8760),
            conflict=self.text(data, path, "conflict", needed=False),
        )

    # -- observations

    def schedules(
        self, data: Mapping[str, Any], settings: Mapping[str, Setting]
    ) -> dict[Route, RouteSchedule]:
        table = self.table(data, "schedules")
        self.known(table, "schedules", [route.value for route in limits.CEILINGS])
        found = {
            route: self.schedule(table, route) for route in limits.CEILINGS if route.value in table
        }
        offered = settings["offer.routes"].value if "offer.routes" in settings else ()
        assert isinstance(offered, tuple)
        for name in offered:
            if Route(name) not in found:
                self.tell(
                    f"schedules.{name}", "is missing for a route on offer.", "a table of phases"
                )
        return found

    def schedule(self, table: Mapping[str, Any], route: Route) -> RouteSchedule:
        path = f"schedules.{route.value}"
        data = self.table(table, path)
        self.known(data, path, RouteSchedule.__dataclass_fields__.keys() - {"route"})
        fixed = data.get("fixed_minutes", [])
        is_rising = isinstance(fixed, list) and all(
            isinstance(m, int) and not isinstance(m, bool) and 0 < m <= 600 for m in fixed
        )
        if not is_rising or sorted(set(fixed)) != fixed:
            self.tell(f"{path}.fixed_minutes", "is not rising minutes.", "such as [15, 30, 45]")
            fixed = []
        return RouteSchedule(
            route=route,
            before=self.flag(data, path, "before"),
            fixed_minutes=tuple(fixed),
            phases=self.phases(data.get("phases", []), f"{path}.phases"),
            source=self.text(data, path, "source"),
            grade=self.grade(data, path),
            note=self.text(data, path, "note", needed=False),
        )

    def phases(self, given: Any, path: str) -> tuple[tuple[int | None, int], ...]:
        accepted = "[{ until_minutes = 60, every_minutes = 10 }, { every_minutes = 15 }]"
        if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
            self.tell(path, "is not a list of phases.", accepted)
            return ()
        found: list[tuple[int | None, int]] = []
        for item in given:
            self.known(item, path, ("until_minutes", "every_minutes"))
            every = self.whole(item, path, "every_minutes", 1, 120)
            found.append((self.whole(item, path, "until_minutes", 1, 600), every or 1))
        ends = [until for until, _ in found]
        rising = [until for until in ends if until is not None]
        if not ends or ends[-1] is not None or None in ends[:-1] or rising != sorted(set(rising)):
            self.tell(path, "does not run on to discharge.", accepted)
        return tuple(found)

    def steps(self, data: Mapping[str, Any]) -> tuple[Step, ...]:
        table = self.table(data, "steps")
        found = tuple(self.step(table, key) for key in table)
        for number, one in enumerate(found):
            for other in found[:number]:
                is_same = (one.kind, one.of_baseline) == (other.kind, other.of_baseline)
                if is_same and _overlap(one, other):
                    self.tell(f"steps.{one.key}", f"overlaps {other.key}.", "bands side by side")
        return found

    def step(self, table: Mapping[str, Any], key: str) -> Step:
        path = f"steps.{key}"
        data = self.table(table, path)
        self.known(data, path, (Step.__dataclass_fields__.keys() | {"unit"}) - {"key"})
        kind = Kind(self.choice(data, path, "kind", [k.value for k in Kind]))
        low, below = self.number(data, path, "low"), self.number(data, path, "below")
        of_baseline = self.flag(data, path, "of_baseline")
        self.bounds(data, path, kind, low, below, "%" if of_baseline else KINDS[kind].unit.value)
        tell = self.text(data, path, "tell", needed=False)
        if tell and tell not in {role.value for role in Role}:
            self.tell(f"{path}.tell", f"“{tell}” is not a role.", ", ".join(r.value for r in Role))
        return Step(
            key=key,
            kind=kind,
            words=self.text(data, path, "words"),
            source=self.text(data, path, "source"),
            grade=self.grade(data, path),
            low=low,
            below=below,
            of_baseline=of_baseline,
            repeat_minutes=self.whole(data, path, "repeat_minutes", 0, 60),
            tell=tell,
            no_further_dose=self.flag(data, path, "no_further_dose"),
        )

    def bounds(
        self,
        data: Mapping[str, Any],
        path: str,
        kind: Kind,
        low: Decimal | None,
        below: Decimal | None,
        unit: str,
    ) -> None:
        has_bounds = low is not None or below is not None
        if KINDS[kind].shape is Observed.YES_NO:
            if has_bounds:
                self.tell(path, "has bounds on a yes/no kind.", "neither low nor below")
        elif KINDS[kind].shape is not Observed.QUANTITY or not has_bounds:
            self.tell(path, "has no bound.", "low (at or above) and/or below, of a measured kind")
        elif low is not None and below is not None and low >= below:
            self.tell(path, f"{low} is not under {below}.", "low < below")
        if has_bounds and data.get("unit") != unit:
            self.tell(f"{path}.unit", f"“{data.get('unit')}” is the wrong unit.", f"“{unit}”")


def _overlap(one: Step, other: Step) -> bool:
    def starts_before_end(a: Step, b: Step) -> bool:
        return a.low is None or b.below is None or a.low < b.below

    return starts_before_end(one, other) and starts_before_end(other, one)
