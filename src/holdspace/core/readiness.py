"""On the day, every answer is of today and every reading is of now; a high one counts twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from holdspace.core import limits
from holdspace.core.codes import Code
from holdspace.core.consent import planned_routes
from holdspace.core.decision import Finding, Verdict
from holdspace.core.evidence import (
    Basis,
    Bound,
    Rule,
    Seen,
    based,
    clock,
    is_future,
    is_on_the_day,
    lower,
    seen,
    shown,
    span,
    stricter_max,
    upper,
)
from holdspace.core.facts import Escort, Facts, Route
from holdspace.core.protocol_model import Protocol
from holdspace.core.screening import suicide_screen_within
from holdspace.core.units import KINDS, Kind, Observation, plain

INJECTED = frozenset({Route.IM, Route.IV, Route.SC})
POSITIVE_TEST = Basis(
    "no ketamine in pregnancy; only a newer negative test changes it",
    "core/limits.py (societies, clinics; label: not recommended)",
)


# --- the answers of the day ---------------------------------------------------------------------


def of_today(kind: Kind, code: Code) -> Rule:
    """A rule: this question was answered "yes" on this day, and within its hours."""

    def answer_of_today(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
        age = protocol.span("readiness.answers_age_hours_max")
        rule = f"{KINDS[kind].label.lower()}: yes, asked today, ≤ {span(age)} old"
        basis = based(facts, protocol, "readiness.answers_age_hours_max", rule)
        looked = seen(facts, protocol, kind, age=age, today=True)
        if looked.newest is None:
            return (basis.says(code, Verdict.UNKNOWN, looked.problem),)
        verdict = Verdict.PASS if looked.newest.value is True else Verdict.FAIL
        return (basis.says(code, verdict, shown(facts, looked.newest)),)

    return answer_of_today


identity = of_today(Kind.IDENTITY_CONFIRMED, Code.IDENTITY_NOT_CONFIRMED)
capacity = of_today(Kind.ABLE_TO_CONSENT, Code.CAPACITY_NOT_CONFIRMED)
_escort_said = of_today(Kind.ESCORT_CONFIRMED, Code.ESCORT_NOT_CONFIRMED)
room = of_today(Kind.ROOM_READY, Code.ROOM_NOT_READY)
equipment = of_today(Kind.EMERGENCY_EQUIPMENT_CHECKED, Code.EQUIPMENT_NOT_CHECKED)
_interpreter_here = of_today(Kind.INTERPRETER_PRESENT, Code.INTERPRETER_MISSING)


def escort(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """An adult for the ride and the night: yes, asked today, with their name and telephone."""
    (said,) = _escort_said(facts, protocol)
    said = replace(said, rule=f"{said.rule}, with name and telephone")
    if said.verdict is not Verdict.PASS:
        return (said,)
    named = escort_named(facts, protocol)
    if named is None:
        unnamed = f"{said.evidence}, but no name and telephone"
        return (replace(said, verdict=Verdict.UNKNOWN, evidence=unnamed),)
    return (replace(said, evidence=f"{said.evidence}: {named.name}, {named.phone}"),)


def escort_named(facts: Facts, protocol: Protocol) -> Escort | None:
    """Who was named last today, with both; a "no" after it takes back whoever was named before."""
    noes = [o.taken_at for o in facts.all_of(Kind.ESCORT_CONFIRMED) if o.value is False]
    found = [
        named
        for named in facts.escorts
        if named.name.strip()
        and named.phone.strip()
        and is_on_the_day(facts, named.at)
        and not is_future(facts, protocol, named.at)
        and all(named.at > no for no in noes)
    ]
    return max(found, key=lambda named: named.at, default=None)


def interpreter(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A qualified interpreter is here, where one is needed."""
    basis = Basis("a qualified interpreter where one is needed", "45 CFR 92.201; the clinic")
    needed, code = facts.person.interpreter_needed, Code.INTERPRETER_MISSING
    if needed is None:
        return (basis.says(code, Verdict.UNKNOWN, "not asked whether one is needed"),)
    if not needed:
        return (basis.says(code, Verdict.PASS, "not needed"),)
    return _interpreter_here(facts, protocol)


def health_change(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Asked today; a change waits for the prescriber's plan about this very answer."""
    age = protocol.span("readiness.answers_age_hours_max")
    rule = f"no change of health or medicines since the clearance, asked today, ≤ {span(age)} ago"
    basis = based(facts, protocol, "readiness.answers_age_hours_max", rule)
    looked = seen(facts, protocol, Kind.HEALTH_CHANGE, age=age, today=True)
    code = Code.HEALTH_CHANGED
    if looked.newest is None:
        return (basis.says(code, Verdict.UNKNOWN, looked.problem),)
    evidence = shown(facts, looked.newest)
    if looked.newest.value is True:
        return (basis.held(code, evidence, ("prescriber",), looked.newest.id),)
    return (basis.says(code, Verdict.PASS, evidence),)


def suicide_screen_today(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A suicide-risk screen of this session."""
    path = "readiness.suicide_screen_age_hours_max"
    return suicide_screen_within(facts, protocol, path, protocol.span(path))


def pregnancy(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """At the assessment: where it is possible, there is a test, and the newest is negative."""
    basis = Basis("asked, and tested where it is possible", "trials: at screening (Mt Sinai)")
    asked = seen(
        facts, protocol, Kind.PREGNANCY_POSSIBLE, age=protocol.span("clearance.valid_days")
    )
    return _pregnancy(facts, protocol, basis, asked, same_day=False)


def pregnancy_today(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """At the dose: asked today, and where it is possible a test of today, or of the last days."""
    same_day = protocol.flag("readiness.pregnancy_test_same_day")
    days = protocol.whole("readiness.pregnancy_test_age_days_max_first")
    path = "readiness.pregnancy_test_" + ("same_day" if same_day else "age_days_max_first")
    rule = "asked today; where possible a negative test " + (
        "of today" if same_day else f"≤ {days} days old"
    )
    basis = based(facts, protocol, path, rule)
    age = protocol.span("readiness.answers_age_hours_max")
    asked = seen(facts, protocol, Kind.PREGNANCY_POSSIBLE, age=age, today=True)
    return _pregnancy(facts, protocol, basis, asked, same_day=same_day)


def _pregnancy(
    facts: Facts, protocol: Protocol, basis: Basis, possible: Seen, *, same_day: bool
) -> tuple[Finding, ...]:
    tests, code = seen(facts, protocol, Kind.PREGNANCY_TEST), Code.PREGNANCY_TEST_NEEDED
    if tests.is_unusable:
        return (basis.says(code, Verdict.UNKNOWN, f"test {tests.problem}"),)
    test = tests.newest
    if test is not None and test.value == "positive":
        evidence = f"test {shown(facts, test)}"
        return (POSITIVE_TEST.says(Code.PREGNANCY_POSSIBLE, Verdict.FAIL, evidence),)
    if possible.newest is None:
        return (basis.says(code, Verdict.UNKNOWN, f"possible? {possible.problem}"),)
    asked = f"possible: {shown(facts, possible.newest)}"
    if possible.newest.value is False:
        return (basis.says(code, Verdict.PASS, asked),)
    if test is None or not _test_counts(facts, protocol, test, same_day=same_day):
        last = f"last test {shown(facts, test)}" if test else "no test"
        return (basis.says(code, Verdict.UNKNOWN, f"{asked}; {last}"),)
    return (basis.says(code, Verdict.PASS, f"{asked}; test {shown(facts, test)}"),)


def _test_counts(facts: Facts, protocol: Protocol, test: Observation, *, same_day: bool) -> bool:
    if same_day:
        return test.taken_at.astimezone(facts.clinic.zone).date() == facts.today
    days = protocol.whole("readiness.pregnancy_test_age_days_max_first")
    return facts.now - test.taken_at <= timedelta(days=days)


# --- fasting ------------------------------------------------------------------------------------


def fasting(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Last food and drink were asked today and lie far enough back for every planned route."""
    routes = planned_routes(facts)
    if not routes:
        basis = Basis("fasting by route", protocol.reference)
        return (basis.says(Code.FASTING_TOO_SHORT, Verdict.UNKNOWN, "no route is planned"),)
    return tuple(
        _fasted(facts, protocol, kind, path)
        for route in routes
        for kind, path in _fasting_of(route)
    )


def _fasting_of(route: Route) -> tuple[tuple[Kind, str], ...]:
    if route is Route.SUBLINGUAL:
        food = light = "fasting.sublingual_food_hours_min"
        fluid = "fasting.sublingual_clear_fluid_hours_min"
    else:
        name = "injected" if route in INJECTED else "intranasal"
        food = f"fasting.{name}_fatty_meal_hours_min"
        light = f"fasting.{name}_light_meal_hours_min"
        fluid = f"fasting.{name}_clear_fluid_hours_min"
    return (
        (Kind.LAST_FATTY_MEAL, food),
        (Kind.LAST_LIGHT_MEAL, light),
        (Kind.LAST_CLEAR_FLUID, fluid),
    )


def _fasted(facts: Facts, protocol: Protocol, kind: Kind, path: str) -> Finding:
    hours = timedelta(seconds=int(protocol.number(path) * 3600))
    label = KINDS[kind].label.lower()
    basis = based(facts, protocol, path, f"{label} ≥ {plain(protocol.number(path))} h ago")
    code, age = Code.FASTING_TOO_SHORT, protocol.span("readiness.answers_age_hours_max")
    looked = seen(facts, protocol, kind, age=age, today=True)
    if looked.newest is None:
        evidence = f"{label}: {looked.problem}"
        return basis.says(code, Verdict.UNKNOWN, evidence, subject=kind)
    last = looked.newest.value
    assert isinstance(last, datetime), "a kind of time holds a time"
    evidence = f"{label} {clock(facts, last)}"
    if is_future(facts, protocol, last):
        return basis.says(code, Verdict.UNKNOWN, f"{evidence}: in the future", subject=kind)
    if facts.now - last < hours:
        ask = clock(facts, last + hours)
        return basis.says(code, Verdict.FAIL, evidence, subject=kind, ask=ask)
    return basis.says(code, Verdict.PASS, evidence, subject=kind)


# --- readings of now ----------------------------------------------------------------------------


def blood_pressure(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Both numbers of every pressure of the last half hour; the highest counts."""
    age = protocol.span("readiness.bp_age_minutes_max")
    systolic = stricter_max(
        facts, protocol, "readiness.systolic_mmhg_max", limits.DOSE_SYSTOLIC_MMHG_MAX
    )
    diastolic = stricter_max(
        facts, protocol, "readiness.diastolic_mmhg_max", limits.DOSE_DIASTOLIC_MMHG_MAX
    )
    return pressure(facts, protocol, systolic, diastolic, age)


def pressure(
    facts: Facts, protocol: Protocol, systolic: Bound, diastolic: Bound, age: timedelta
) -> tuple[Finding, ...]:
    again = Code.BP_REPEAT_NEEDED
    return (
        *reading(facts, protocol, Kind.SYSTOLIC, Code.BP_SYSTOLIC_HIGH, (systolic,), age, again),
        *reading(facts, protocol, Kind.DIASTOLIC, Code.BP_DIASTOLIC_HIGH, (diastolic,), age, again),
    )


def vital_signs(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Heart rate, oxygen saturation in room air, breathing rate and temperature of now."""
    age = protocol.span("readiness.vitals_age_minutes_max")
    rate, breaths = "readiness.heart_rate_per_min", "readiness.respiratory_rate_per_min"
    asked: tuple[tuple[Kind, Code, tuple[Bound, ...]], ...] = (
        (
            Kind.HEART_RATE,
            Code.HEART_RATE_OUTSIDE,
            (lower(facts, protocol, f"{rate}_min"), upper(facts, protocol, f"{rate}_max")),
        ),
        (
            Kind.SPO2,
            Code.OXYGEN_SATURATION_LOW,
            (lower(facts, protocol, "readiness.spo2_percent_min"),),
        ),
        (
            Kind.RESPIRATORY_RATE,
            Code.BREATHING_RATE_OUTSIDE,
            (lower(facts, protocol, f"{breaths}_min"), upper(facts, protocol, f"{breaths}_max")),
        ),
        (
            Kind.TEMPERATURE,
            Code.TEMPERATURE_HIGH,
            (upper(facts, protocol, "readiness.temperature_celsius_max"),),
        ),
    )
    again = Code.READING_REPEAT_NEEDED
    return tuple(
        finding for each in asked for finding in reading(facts, protocol, *each, age, again)
    )


def reading(
    facts: Facts,
    protocol: Protocol,
    kind: Kind,
    code: Code,
    bounds: tuple[Bound, ...],
    age: timedelta,
    again: Code,
) -> tuple[Finding, ...]:
    """Judge all recent readings of one kind: each limit that is broken is a finding of its own.

    One reading outside asks for a repeat (`again`); once a reading lies a repeat's time after it,
    both count, the better one is not chosen, and the worst is the measured fail.
    """
    bounds = tuple(_aged(bound, age) for bound in bounds)
    looked = seen(facts, protocol, kind, age=age)
    recent, problem = looked.recent, looked.problem
    if kind is Kind.SPO2 and recent:
        recent, problem = room_air(recent, bounds[0])
    label = KINDS[kind].label
    found = [
        _outside(facts, protocol, bound, code, again, recent, subject)
        for bound, subject in _subjects(kind, bounds)
        if any(bound.outside(o.number) for o in recent)
    ]
    if problem:
        missing = bounds[0].says(code, Verdict.UNKNOWN, f"{label}: {problem}", None, subject=kind)
        return (*found, missing)
    return tuple(found) or (_inside(facts, code, bounds, recent),)


def _subjects(kind: Kind, bounds: tuple[Bound, ...]) -> tuple[tuple[Bound, str], ...]:
    """Each limit with a name of its own, so that what answers one never answers the other."""
    if len(bounds) == 1:
        return ((bounds[0], kind.value),)
    side = {"lower": "low", "higher": "high"}
    return tuple((bound, f"{kind.value}_{side[bound.worse]}") for bound in bounds)


def _inside(
    facts: Facts, code: Code, bounds: tuple[Bound, ...], recent: tuple[Observation, ...]
) -> Finding:
    basis = replace(bounds[0].basis, rule=" and ".join(b.basis.rule for b in bounds))
    worst = bounds[0].worst(recent) if len(bounds) == 1 else recent[-1]
    evidence = f"{KINDS[worst.kind].label} {shown(facts, worst)}"
    bound = replace(bounds[0], basis=basis)
    return bound.says(code, Verdict.PASS, evidence, worst.number, subject=worst.kind.value)


def _outside(
    facts: Facts,
    protocol: Protocol,
    bound: Bound,
    code: Code,
    again: Code,
    recent: tuple[Observation, ...],
    subject: str,
) -> Finding:
    minutes = protocol.span("readiness.bp_repeat_minutes")
    broken = [o for o in recent if bound.outside(o.number)]
    first, worst = broken[0], bound.worst(recent)
    evidence = f"{KINDS[worst.kind].label} {shown(facts, worst)}{_on_oxygen(worst)}"
    if recent[-1].taken_at - first.taken_at < minutes:
        evidence = f"{evidence}: repeat in {span(minutes)}"
        ask = clock(facts, first.taken_at + minutes)
        return bound.says(again, Verdict.UNKNOWN, evidence, worst.number, subject=subject, ask=ask)
    if any(o.kind is Kind.SPO2 and o.oxygen_l_min != 0 for o in broken):
        bound = replace(bound, roles=())  # the band is for room air; on oxygen it is worse
    evidence = f"{evidence}; newest {shown(facts, recent[-1])}; both count"
    return bound.says(code, Verdict.FAIL, evidence, worst.number, subject=subject)


def _on_oxygen(reading: Observation) -> str:
    flow = reading.oxygen_l_min
    return f" on oxygen ({plain(flow)} L/min)" if flow else ""


def _aged(bound: Bound, age: timedelta) -> Bound:
    rule = f"{bound.basis.rule}, ≤ {span(age)} old"
    return replace(bound, basis=replace(bound.basis, rule=rule))


def room_air(recent: tuple[Observation, ...], bound: Bound) -> tuple[tuple[Observation, ...], str]:
    """The readings that count, and why the newest of them does not show room air, if it does not.

    One in room air counts; one below the limit counts whatever flowed, for without oxygen it
    would only be lower.
    """
    counted = tuple(o for o in recent if o.oxygen_l_min == 0 or bound.outside(o.number))
    newest = recent[-1]
    if newest.oxygen_l_min is None:
        return counted, f"{newest.text}, but it was not said whether oxygen was running"
    if newest.oxygen_l_min != 0:
        return counted, f"{newest.text}{_on_oxygen(newest)}, not in room air"
    return counted, ""
