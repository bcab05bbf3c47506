"""A protocol that was read once and never changes: every value with its source and its grade."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from holdspace.core.facts import Route
from holdspace.core.limits import Tier
from holdspace.core.protocol_schema import Grade, Graded
from holdspace.core.protocol_setting import ComfortItem, Emergency, MusicTimes, Phrase
from holdspace.core.units import Kind

Value = int | Decimal | str | bool | tuple[str, ...]

_SPANS = {
    "seconds": timedelta(seconds=1),
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True)
class Band(Graded):
    """Who may answer a finding about a setting and how far: a value of its own, with a source."""

    by: tuple[str, ...]
    to: Decimal | None
    source: str
    grade: Grade
    second: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        to = f" to {self.to}" if self.to is not None else ""
        second = f", with a second signer ({', '.join(self.second)})" if self.second else ""
        return f"may be answered{to} by {', '.join(self.by)}{second}"


@dataclass(frozen=True, slots=True)
class Setting(Graded):
    """One value. With a `band`, the roles in it may answer a finding about this value.

    `waivable_to` is the far end of the waivable band (159 for a limit of 140); beyond it nobody
    may answer the finding. None means that the band has no end short of the hard limits.
    """

    path: str
    value: Value
    unit: str
    source: str
    grade: Grade
    band: Band | None = None
    note: str = ""

    @property
    def waivable_by(self) -> tuple[str, ...]:
        """The roles that may answer a finding about this value; empty: nobody."""
        return self.band.by if self.band else ()

    @property
    def waivable_to(self) -> Decimal | None:
        return self.band.to if self.band else None

    @property
    def second_signer(self) -> tuple[str, ...]:
        """The roles of which a second person signs as well; empty: one signature is enough."""
        return self.band.second if self.band else ()

    @property
    def text(self) -> str:
        """The value as people read it, with its unit."""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        if isinstance(self.value, tuple):
            return ", ".join(self.value)
        return f"{self.value} {self.unit}"


@dataclass(frozen=True, slots=True)
class ConditionSpec(Graded):
    """One history question and what a "yes" means.

    `fail` refuses and nobody may waive it; `hold` waits for a plan or clearance recorded by one
    of `relievable_by` (with the opinion of `specialty`); `note` is shown. With `window_days` or
    `window_months` a "yes" counts only when it happened at most so long ago, the longer of the two;
    `window_note` names the other windows that the sources give. `icd10` are ICD-10-CM codes under
    which it is usually recorded.
    """

    key: str
    section: str
    label: str
    question: str
    verdict: str
    source: str
    grade: Grade
    relievable_by: tuple[str, ...] = ()
    specialty: str = ""
    window_days: int | None = None
    window_months: int | None = None
    window_note: str = ""
    conflict: str = ""
    icd10: tuple[str, ...] = ()

    @property
    def is_dated(self) -> bool:
        """Whether a "yes" needs its day, since it grows old."""
        return self.window_days is not None or self.window_months is not None


@dataclass(frozen=True, slots=True)
class MedicationGroup(Graded):
    """Medicines that mean the same here: by `classes` of the table, and by small-letter `names`.

    `verdict` holds at every door while the medicine is on the list. `refuse_within_hours`: on
    the session day a dose also waits until so many hours have passed since it was last taken;
    with `refuse_routes` only a dose by one of these routes does.
    """

    key: str
    label: str
    names: tuple[str, ...]
    verdict: str
    effect: str
    source: str
    grade: Grade
    relievable_by: tuple[str, ...] = ()
    refuse_within_hours: int | None = None
    refuse_routes: tuple[str, ...] = ()
    conflict: str = ""
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step(Graded):
    """What the clinic has signed for a charted reading in `low` <= value < `below`.

    `low` or `below` may be None (no bound on that side); both are None for yes/no kinds, where
    "yes" is meant. With `of_baseline` the bounds are percent above the person's own baseline.
    `repeat_minutes` 0 means at once, None no repeat. `tell` is the role to be told, or empty.
    """

    key: str
    kind: Kind
    words: str
    source: str
    grade: Grade
    low: Decimal | None = None
    below: Decimal | None = None
    of_baseline: bool = False
    repeat_minutes: int | None = None
    tell: str = ""
    no_further_dose: bool = False

    def covers(self, value: Decimal) -> bool:
        """Whether a reading (or its rise over baseline, in percent) lies in this band."""
        above = self.low is None or value >= self.low
        return above and (self.below is None or value < self.below)


@dataclass(frozen=True, slots=True)
class RiskRule(Graded):
    """An answer that somebody acts on: any of `items` (or the total) compared with `value`.

    Rules with one `reason` share one task on one form. `words` title it and name no illness;
    `escalate_minutes` are when it passes on while unread, before it is due.
    """

    key: str
    instrument: str
    items: tuple[str, ...]
    total: bool
    op: str
    value: int
    tier: Tier
    reason: str
    words: str
    source: str
    grade: Grade
    minutes: int | None = None
    escalate_minutes: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class RouteSchedule(Graded):
    """When a set of observations is due after a dose by one route.

    `fixed_minutes` are due once each; `phases` are (until minutes after the last dose, every
    minutes), the last phase with None runs until discharge.
    """

    route: Route
    before: bool
    fixed_minutes: tuple[int, ...]
    phases: tuple[tuple[int | None, int], ...]
    source: str
    grade: Grade
    note: str = ""


class Anchor(StrEnum):
    """What a follow-up counts from (core/follow_up.py says when each of them is)."""

    COURSE_OPENED = "course_opened"
    EACH_SESSION = "each_session"
    FIRST_DOSE = "first_dose"
    EACH_DOSE = "each_dose"
    LAST_DOSE = "last_dose"
    END_OF_SERIES = "end_of_series"


ANCHOR_WORDS: dict[Anchor, str] = {
    Anchor.COURSE_OPENED: "the opening of the course",
    Anchor.EACH_SESSION: "the opening of each session, before its first dose",
    Anchor.FIRST_DOSE: "the first dose of the course",
    Anchor.EACH_DOSE: "the last dose of each session",
    Anchor.LAST_DOSE: "the last dose so far",
    Anchor.END_OF_SERIES: "the end of the series, four weeks without a further session",
}


class Span(StrEnum):
    HOURS = "hours"
    DAYS = "days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class FollowUp(Graded):
    """Instruments that are asked again: from which moment, how long after it, how often.

    `label` names the point of time ("24 h"). With `every_days` it is asked up to `times` times,
    with `until_series_ends` while the series lasts; `remind_after_hours` count from when it is due.
    """

    key: str
    instruments: tuple[str, ...]
    label: str
    anchor: Anchor
    after: int
    unit: Span
    due_within_hours: int
    closes_within_hours: int
    filled_by: str
    source: str
    grade: Grade
    every_days: int = 0
    times: int = 1
    until_series_ends: bool = False
    remind_after_hours: tuple[int, ...] = ()
    task_when_late: bool = False
    only_if_instrument: str = ""
    only_if_at_least: int | None = None
    note: str = ""

    @property
    def text(self) -> str:
        """When it is asked, in one line of plain words."""
        when = f"{self.after} {self.unit.value} after" if self.after else "at"
        asked = ", ".join(self.instruments)
        parts = [f"{self.label}: {asked}, {when} {ANCHOR_WORDS[self.anchor]}"]
        if self.every_days:
            until = ", while the series lasts" if self.until_series_ends else ""
            parts.append(f"every {self.every_days} days, {self.times} times at most{until}")
        parts.append(f"due in {self.due_within_hours} h, counts for {self.closes_within_hours} h")
        if self.only_if_instrument:
            parts.append(f"once {self.only_if_instrument} was {self.only_if_at_least} or more")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Protocol:
    """One version of a clinic's rules as data; `digest` names exactly this text."""

    name: str
    version: str
    title: str
    summary: str
    digest: str
    settings: Mapping[str, Setting]
    conditions: Mapping[str, ConditionSpec]
    medication_groups: Mapping[str, MedicationGroup]
    schedules: Mapping[Route, RouteSchedule]
    follow_up: Mapping[str, FollowUp]
    steps: tuple[Step, ...]
    risk: tuple[RiskRule, ...]
    music: Mapping[Route, MusicTimes]
    comfort: Mapping[str, ComfortItem]
    emergency: tuple[Emergency, ...]
    phrases: tuple[Phrase, ...]
    text: str

    @property
    def reference(self) -> str:
        """How a decision names it: "kap-clinic/1.0"."""
        return f"{self.name}/{self.version}"

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes on offer; the others are refused."""
        value = self.settings["offer.routes"].value
        assert isinstance(value, tuple)
        return tuple(Route(name) for name in value)

    def setting(self, path: str) -> Setting:
        """One setting with its source; an unknown path is a bug, since reading checks them all."""
        return self.settings[path]

    def number(self, path: str) -> Decimal:
        """A numeric value, in the unit that the path ends with."""
        value = self.settings[path].value
        assert isinstance(value, int | Decimal) and not isinstance(value, bool), path
        return Decimal(value)

    def whole(self, path: str) -> int:
        """A whole number, in the unit that the path ends with."""
        value = self.settings[path].value
        assert isinstance(value, int) and not isinstance(value, bool), path
        return value

    minutes = whole

    def flag(self, path: str) -> bool:
        value = self.settings[path].value
        assert isinstance(value, bool), path
        return value

    def span(self, path: str) -> timedelta:
        """A length of time, whatever unit of time the setting has (months have no fixed length)."""
        unit = _SPANS[self.settings[path].unit]
        seconds = self.number(path) * int(unit.total_seconds())
        return timedelta(seconds=int(seconds))

    def medication_group(self, name: str) -> MedicationGroup | None:
        """The group that a medicine's name belongs to; None means: review by hand."""
        wanted = " ".join(name.lower().split())
        return next((g for g in self.medication_groups.values() if wanted in g.names), None)

    def graded(self) -> Iterator[tuple[str, str, Graded]]:
        """(path, value in words, entry) of everything that carries a source and a grade."""
        for path, setting in self.settings.items():
            yield path, setting.text, setting
            if setting.band:
                yield f"{path}.waivable", setting.band.text, setting.band
        for key, condition in self.conditions.items():
            yield f"conditions.{key}", f"{condition.verdict}: {condition.label}", condition
        for key, group in self.medication_groups.items():
            yield f"medications.{key}", f"{group.verdict}: {group.label}", group
        for route, schedule in self.schedules.items():
            yield f"schedules.{route.value}", describe_schedule(schedule), schedule
        for key, entry in self.follow_up.items():
            yield f"follow_up.{key}", entry.text, entry
        for step in self.steps:
            yield f"steps.{step.key}", step.words, step
        for rule in self.risk:
            yield f"risk.{rule.key}", describe_risk(rule), rule
        for route, times in self.music.items():
            yield f"music.{route.value}", times.text, times
        for key, item in self.comfort.items():
            yield f"comfort.{key}", item.words, item
        for page in self.emergency:
            yield f"emergency.{page.key}", page.text, page
        for phrase in self.phrases:
            yield f"phrases.{phrase.key}", phrase.text, phrase

    @property
    def unsigned(self) -> tuple[tuple[str, str, Graded], ...]:
        """What stands on no read source: listed on the page that the director signs."""
        return tuple(entry for entry in self.graded() if entry[2].awaiting_signature)


def describe_risk(rule: RiskRule) -> str:
    """A rule about a critical answer in one line of plain words."""
    what = "total" if rule.total else " or ".join(rule.items)
    asks = f"{rule.instrument}: {what} {rule.op} {rule.value}: {rule.tier.replace('_', ' ')}"
    steps = ", ".join(str(minutes) for minutes in rule.escalate_minutes)
    later = f"; unread, goes on at {steps} min" if steps else ""
    return asks if rule.minutes is None else f"{asks}, within {rule.minutes} min{later}"


def describe_schedule(schedule: RouteSchedule) -> str:
    """A schedule in one line of plain words."""
    fixed = ", ".join(str(m) for m in schedule.fixed_minutes)
    parts = [*(["before"] if schedule.before else []), *([f"at {fixed} min"] if fixed else [])]
    for until, every in schedule.phases:
        end = f"to {until} min after the last dose" if until is not None else "to discharge"
        parts.append(f"every {every} min {end}")
    return "; ".join(parts)
