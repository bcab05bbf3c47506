"""The lists of a protocol text: history questions, medicines, schedules and signed steps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from holdspace.core import limits
from holdspace.core.facts import Role, Route
from holdspace.core.medicines import CLASSES
from holdspace.core.protocol_model import (
    ConditionSpec,
    FollowUp,
    MedicationGroup,
    Protocol,
    RiskRule,
    RouteSchedule,
    Setting,
    Step,
)
from holdspace.core.protocol_schema import SECTIONS
from holdspace.core.protocol_setting import ComfortItem, Emergency, MusicTimes
from holdspace.core.protocol_values import Values
from holdspace.core.units import KINDS, Kind, Shape, plain

Borrowed = TypeVar(
    "Borrowed",
    ConditionSpec, MedicationGroup, Step, Setting, RouteSchedule, RiskRule, FollowUp, MusicTimes,
    ComfortItem, Emergency,
)  # fmt: skip

_VERDICTS = ("fail", "hold", "note")
ICD10 = re.compile(r"[A-Z][0-9][0-9AB](\.[0-9A-Z]{1,4})?")


class Entries(Values):
    """Reads the entries of one file; every key of an entry is known or told."""

    def __init__(
        self, lines: Mapping[str, int], pinned: bool, fallback: Protocol | None = None
    ) -> None:
        super().__init__(lines)
        self.pinned = pinned
        self.fallback = fallback

    def known(self, data: Mapping[str, Any], path: str, allowed: Iterable[str]) -> None:
        """A pinned version was read whole when it was adopted: a key since dropped is let be."""
        if not self.pinned:
            super().known(data, path, allowed)

    # -- conditions and medicines

    def conditions(self, data: Mapping[str, Any]) -> dict[str, ConditionSpec]:
        table = self.table(data, "conditions")
        found = {key: self.condition(table, key) for key in table if self.is_key(key)}
        if not found and not self.pinned:
            self.tell("conditions", "is empty: nothing would be asked.", "a question for each")
        for key in sorted(limits.ABSOLUTE_CONTRAINDICATIONS - set(table)):
            if not self.pinned:
                path = f"conditions.{key}"
                self.tell(path, "is missing; it refuses everywhere.", "verdict = “fail”")
            elif self.fallback and key in self.fallback.conditions:
                found[key] = self.borrowed(self.fallback.conditions[key])
        return found

    def is_key(self, key: str, part: str = "conditions") -> bool:
        """A dot in a key would make it another entry's path."""
        if re.fullmatch(r"[a-z0-9_]{1,60}", key):
            return True
        self.tell(f"{part}.{key}", "is not a key.", "small letters, digits and _")
        return False

    def borrowed(self, entry: Borrowed) -> Borrowed:
        """What a pinned version does not have yet, by the program's own newest default."""
        source = f"not in this version; the program's default: {entry.source}"
        return replace(entry, source=source)

    def condition(self, table: Mapping[str, Any], key: str) -> ConditionSpec:
        path = f"conditions.{key}"
        data = self.table(table, path)
        self.known(data, path, ConditionSpec.__dataclass_fields__.keys() - {"key"})
        window = self.whole(data, path, "window_days", 1, 36500)
        months = self.whole(data, path, "window_months", 1, 1200)
        verdict = self.choice(data, path, "verdict", _VERDICTS)
        by = self.reliever(data, path, verdict)
        if key in limits.ABSOLUTE_CONTRAINDICATIONS:
            verdict, window, months = self.absolute(path, key, verdict, window, months)
            by = ()
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
            window_months=months,
            window_note=self.text(data, path, "window_note", needed=bool(window or months)),
            conflict=self.text(data, path, "conflict", needed=False),
            icd10=self.icd10(data, path),
        )

    def icd10(self, data: Mapping[str, Any], path: str) -> tuple[str, ...]:
        codes = self.names(data, path, "icd10")
        for code in codes:
            if not ICD10.fullmatch(code):
                self.tell(f"{path}.icd10", f"“{code}” is no code.", "ICD-10-CM, such as I21.9")
        return codes

    def absolute(
        self, path: str, key: str, verdict: str, window: int | None, months: int | None
    ) -> tuple[str, int | None, int | None]:
        """An absolute contraindication as hard as today's limits, whatever the file says."""
        shortest = limits.CONDITION_WINDOW_DAYS_MIN.get(key)
        hard = None if shortest is None or window is None else max(window, shortest)
        if not self.pinned:
            if months and shortest is None:
                said = f"{months} months softens an absolute limit."
                self.tell(f"{path}.window_months", said, "no window_months")
            if verdict != "fail":
                self.tell(
                    f"{path}.verdict",
                    f"“{verdict}” softens an absolute contraindication "
                    "(core.limits.ABSOLUTE_CONTRAINDICATIONS).",
                    "verdict = “fail”",
                )
            if window != hard:
                accepted = f"{hard} days or more" if hard else "no window_days"
                said = f"{window} days softens an absolute limit."
                self.tell(f"{path}.window_days", said, accepted)
        return "fail", hard, None if shortest is None else months

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
        if not found and not self.pinned:
            accepted = "a group for every medicine that a physician asks about"
            self.tell("medications", "is empty: nothing would be recognised.", accepted)
        elif not found and self.fallback:
            kept = self.fallback.medication_groups
            found = {key: self.borrowed(group) for key, group in kept.items()}
        for field, accepted in (("names", "one group a name"), ("classes", "one group a class")):
            owner: dict[str, str] = {}
            for key, group in found.items():
                for name in getattr(group, field):
                    if name in owner:
                        at = f"medications.{key}.{field}"
                        self.tell(at, f"“{name}” is already in {owner[name]}.", accepted)
                    owner.setdefault(name, key)
        return found

    def medication(self, table: Mapping[str, Any], key: str) -> MedicationGroup:
        path = f"medications.{key}"
        data = self.table(table, path)
        self.known(data, path, MedicationGroup.__dataclass_fields__.keys() - {"key"})
        verdict = self.choice(data, path, "verdict", _VERDICTS)
        names, classes = self.names(data, path, "names"), self.names(data, path, "classes")
        is_empty = not names and not classes
        if is_empty or any(name != " ".join(name.lower().split()) for name in names):
            self.tell(f"{path}.names", "is empty or not in small letters.", "small-letter names")
        for each in classes:
            if each not in CLASSES:
                self.tell(f"{path}.classes", f"“{each}” is no class.", ", ".join(CLASSES))
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
            refuse_routes=self.routes(data, path),
            conflict=self.text(data, path, "conflict", needed=False),
            classes=tuple(each for each in classes if each in CLASSES),
        )

    def routes(self, data: Mapping[str, Any], path: str) -> tuple[str, ...]:
        """The routes for which the hours since the last one count; empty: every route."""
        found = self.names(data, path, "refuse_routes")
        known = [route.value for route in Route]
        if any(route not in known for route in found):
            self.tell(f"{path}.refuse_routes", "names no route.", ", ".join(known))
        if found and data.get("refuse_within_hours") is None:
            accepted = "refuse_within_hours = 1"
            self.tell(f"{path}.refuse_routes", "has no hours beside it.", accepted)
        return found

    # -- observations

    def schedules(
        self, data: Mapping[str, Any], settings: Mapping[str, Setting]
    ) -> dict[Route, RouteSchedule]:
        table = self.table(data, "schedules")
        self.known(table, "schedules", [route.value for route in limits.CEILINGS])
        found = {
            route: self.schedule(table, route) for route in limits.CEILINGS if route.value in table
        }
        if not found and not self.pinned:
            self.tell("schedules", "is empty: nobody would be observed.", "a table for each route")
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
        return (*found, *self.missing_steps(found))

    def missing_steps(self, found: tuple[Step, ...]) -> tuple[Step, ...]:
        """Readings without the step that every clinic signs: told, or borrowed when pinned."""
        lacking = [
            floor for floor in limits.STEP_FLOORS if not any(_meets(s, floor) for s in found)
        ]
        if self.pinned:
            kept = self.fallback.steps if self.fallback else ()
            wanted = [s for s in kept if any(_meets(s, floor) for floor in lacking)]
            return tuple(
                self.borrowed(step)
                for step in wanted
                if not any(step.kind is one.kind and _overlap(step, one) for one in found)
            )
        for floor in lacking:
            at = "" if floor.at is None else f" at {plain(floor.at)}"
            does = "no_further_dose = true" if floor.no_further_dose else "a repeat"
            accepted = f"a step that covers it, with {does}" + (" and tell" if floor.tells else "")
            self.tell("steps", f"has no signed step for {floor.kind.value}{at}.", accepted)
        return ()

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
        if tell and of_baseline and not self.pinned:  # the floor knows no baseline: it can't call
            self.tell(f"{path}.tell", "counts from a baseline.", "a step with a limit of its own")
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
        if KINDS[kind].shape is Shape.YES_NO:
            if has_bounds:
                self.tell(path, "has bounds on a yes/no kind.", "neither low nor below")
        elif KINDS[kind].shape is not Shape.QUANTITY or not has_bounds:
            self.tell(path, "has no bound.", "low (at or above) and/or below, of a measured kind")
        elif low is not None and below is not None and low >= below:
            self.tell(path, f"{low} is not under {below}.", "low < below")
        if has_bounds and data.get("unit") != unit:
            self.tell(f"{path}.unit", f"“{data.get('unit')}” is the wrong unit.", f"“{unit}”")


def _meets(step: Step, floor: limits.StepFloor) -> bool:
    if step.kind is not floor.kind or step.of_baseline or (floor.tells and not step.tell):
        return False
    if floor.no_further_dose and not step.no_further_dose:
        return False
    return floor.at is None or step.covers(floor.at)


def _overlap(one: Step, other: Step) -> bool:
    def starts_before_end(a: Step, b: Step) -> bool:
        return a.low is None or b.below is None or a.low < b.below

    return starts_before_end(one, other) and starts_before_end(other, one)
