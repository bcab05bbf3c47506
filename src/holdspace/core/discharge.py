"""Nobody is sent home early, unsteady or alone; nobody is kept: leaving is always recordable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from holdspace.core import limits
from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.dosing import last_dose_at
from holdspace.core.evidence import (
    Basis,
    Bound,
    Rule,
    based,
    clock,
    is_awaiting,
    is_plausible,
    lower,
    seen,
    shown,
    span,
    stricter_min,
    upper,
)
from holdspace.core.facts import Facts, Session
from holdspace.core.protocol_model import Protocol
from holdspace.core.readiness import room_air
from holdspace.core.screening import screened
from holdspace.core.units import KINDS, Kind, Observation, plain

PADSS = (
    Kind.PADSS_VITALS,
    Kind.PADSS_ACTIVITY,
    Kind.PADSS_NAUSEA,
    Kind.PADSS_BLEEDING,
    Kind.PADSS_INTAKE,
)
# An answer given while the medicine is at its height says nothing about going home (proposed).
ANSWERS_AGE = timedelta(minutes=60)
LATELY = f"after the last dose and ≤ {span(ANSWERS_AGE)} ago"
AWAKE = Decimal(5)  # MOAA/S: answers readily to the name, spoken in a normal tone
STOCK = Basis("all that was drawn up is given, wasted or returned", "21 CFR 1304; the register")


def stay(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The minimum stay counts from the end of the last dose, through a door or not."""
    bound = stricter_min(facts, protocol, "discharge.stay_minutes_min", limits.STAY_MINUTES_MIN)
    code, last = Code.STAY_TOO_SHORT, last_dose_at(facts)
    if last is None or last > facts.now:
        evidence = "no dose" if last is None else f"the last dose is over {clock(facts, last)}"
        return (bound.says(code, Verdict.UNKNOWN, evidence, None),)
    minutes = Decimal(int((facts.now - last).total_seconds()) // 60)
    evidence = f"{minutes} min since the dose of {clock(facts, last)}"
    if bound.outside(minutes):
        ask = clock(facts, last + timedelta(minutes=int(bound.limit)))
        return (bound.says(code, Verdict.FAIL, evidence, minutes, ask=ask),)
    return (bound.says(code, Verdict.PASS, evidence, minutes),)


# --- the pressure against where it began --------------------------------------------------------


def baselines(facts: Facts, protocol: Protocol, kind: Kind) -> list[Observation]:
    """Resting readings before the first dose, of this session or outside any, oldest first."""
    doses = facts.doses_of(facts.session)
    if not doses:
        return []
    age = protocol.span("screening.resting_bp_age_days_max")
    first = doses[0].given_at
    return [o for o in facts.all_of(kind) if first - age <= o.taken_at < first and is_plausible(o)]


def unwaived_baseline(facts: Facts, protocol: Protocol, kind: Kind) -> Observation | None:
    """The newest reading before the dose that needed no waiver."""
    name = {Kind.SYSTOLIC: "systolic", Kind.DIASTOLIC: "diastolic"}[kind]
    limit = protocol.number(f"readiness.{name}_mmhg_max")
    fine = [o for o in baselines(facts, protocol, kind) if o.number <= limit]
    return fine[-1] if fine else None


def settled_pressure(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Both numbers under the ceiling for leaving, and near the person's own resting value."""
    found: list[Finding] = []
    for kind, path in (
        (Kind.SYSTOLIC, "discharge.systolic_mmhg_max"),
        (Kind.DIASTOLIC, "discharge.diastolic_mmhg_max"),
    ):
        newest, again = _newest_pair(facts, protocol, kind, upper(facts, protocol, path))
        found += [again, _near_baseline(facts, protocol, kind, newest)]
    return tuple(found)


def _newest_pair(
    facts: Facts, protocol: Protocol, kind: Kind, bound: Bound
) -> tuple[Observation | None, Finding]:
    """The newest reading decides: pressure is expected to come down while the person rests."""
    age = protocol.span("discharge.vitals_age_minutes_max")
    looked, code = seen(facts, protocol, kind, age=age), Code.PRESSURE_NOT_SETTLED
    newest, label = looked.newest, KINDS[kind].label
    if newest is None:
        evidence = f"{label}: {looked.problem}"
        return None, bound.says(code, Verdict.UNKNOWN, evidence, None, subject=kind)
    verdict = Verdict.FAIL if bound.outside(newest.number) else Verdict.PASS
    evidence = f"{label} {shown(facts, newest)}"
    return newest, bound.says(code, verdict, evidence, newest.number, subject=kind)


def _near_baseline(
    facts: Facts, protocol: Protocol, kind: Kind, newest: Observation | None
) -> Finding:
    path = "discharge.bp_within_baseline_percent"
    percent = protocol.number(path)
    rule = f"within {plain(percent)} % of the resting value that needed no waiver"
    basis = based(facts, protocol, path, rule)
    before = baselines(facts, protocol, kind)
    baseline = unwaived_baseline(facts, protocol, kind)
    subject = f"{kind.value}_baseline"
    if not before:
        evidence = f"{KINDS[kind].label}: none before the dose"
        return basis.says(Code.BASELINE_MISSING, Verdict.UNKNOWN, evidence, subject=subject)
    if baseline is None:
        evidence = f"{KINDS[kind].label}: only raised ones, last {shown(facts, before[-1])}"
        return basis.held(Code.BASELINE_MISSING, evidence, ("prescriber",), subject)
    began = f"began {shown(facts, baseline)}"
    code = Code.PRESSURE_NOT_SETTLED
    if newest is None:
        return basis.says(code, Verdict.UNKNOWN, f"{began}; no recent one", subject=subject)
    away = abs(newest.number - baseline.number) * 100 > baseline.number * percent
    verdict = Verdict.FAIL if away else Verdict.PASS
    evidence = f"{KINDS[kind].label} {shown(facts, newest)}; {began}"
    return basis.says(code, verdict, evidence, subject=subject)


def oxygen(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """SpO2 in room air up to the limit, or to the person's own value before the dose.

    The lowest of the last minutes counts, and one on oxygen counts where it is too low.
    """
    bound = lower(facts, protocol, "discharge.spo2_percent_min")
    code, age = Code.OXYGEN_SATURATION_LOW, protocol.span("discharge.vitals_age_minutes_max")
    own = [o for o in baselines(facts, protocol, Kind.SPO2) if o.oxygen_l_min == 0]
    bound = _own_oxygen(protocol, bound, own)
    looked = seen(facts, protocol, Kind.SPO2, age=age)
    recent, problem = room_air(looked.recent, bound) if looked.recent else ((), looked.problem)
    if problem:
        return (bound.says(code, Verdict.UNKNOWN, f"SpO2: {problem}", None),)
    lowest = bound.worst(recent)
    verdict = Verdict.FAIL if bound.outside(lowest.number) else Verdict.PASS
    return (bound.says(code, verdict, f"SpO2 {shown(facts, lowest)}", lowest.number),)


def _own_oxygen(protocol: Protocol, bound: Bound, own: list[Observation]) -> Bound:
    """A lower value of one's own counts, but never below the band in which a dose is possible."""
    band_end = protocol.setting("readiness.spo2_percent_min").waivable_to
    if not own or band_end is None or not bound.outside(own[-1].number):
        return bound
    limit = max(own[-1].number, band_end)
    rule = f"{bound.basis.rule}, or as before the dose: ≥ {plain(limit)} %"
    return replace(bound, limit=limit, basis=replace(bound.basis, rule=rule))


# --- awake and steady ---------------------------------------------------------------------------


def awake_and_steady(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Awake, breathing and with a heart rate as before a dose: the newest of each decides."""
    rate, breaths = "readiness.heart_rate_per_min", "readiness.respiratory_rate_per_min"
    rule = f"MOAA/S {AWAKE}: sedation has resolved"
    awake = Bound(AWAKE, "lower", Basis(rule, "esketamine US label; the score proposed", True))
    asked = (
        (Kind.SEDATION_MOAAS, Code.NOT_FULLY_AWAKE, (awake,)),
        (
            Kind.HEART_RATE,
            Code.HEART_RATE_OUTSIDE,
            (lower(facts, protocol, f"{rate}_min"), upper(facts, protocol, f"{rate}_max")),
        ),
        (
            Kind.RESPIRATORY_RATE,
            Code.BREATHING_RATE_OUTSIDE,
            (lower(facts, protocol, f"{breaths}_min"), upper(facts, protocol, f"{breaths}_max")),
        ),
    )
    return tuple(_steady(facts, protocol, *each) for each in asked)


def _steady(
    facts: Facts, protocol: Protocol, kind: Kind, code: Code, bounds: tuple[Bound, ...]
) -> Finding:
    age = protocol.span("discharge.vitals_age_minutes_max")
    looked, label = seen(facts, protocol, kind, age=age), KINDS[kind].label
    newest = looked.newest
    if newest is None:
        evidence = f"{label}: {looked.problem}"
        return bounds[0].says(code, Verdict.UNKNOWN, evidence, None, subject=kind)
    own = [_as_before(facts, protocol, kind, bound) for bound in bounds]
    broken = next((bound for bound in own if bound.outside(newest.number)), None)
    verdict = Verdict.FAIL if broken else Verdict.PASS
    evidence = f"{label} {shown(facts, newest)}"
    return (broken or own[0]).says(code, verdict, evidence, newest.number, subject=kind)


def _as_before(facts: Facts, protocol: Protocol, kind: Kind, bound: Bound) -> Bound:
    """The limit, or what the person came with where that lay outside it."""
    before = baselines(facts, protocol, kind)
    if not before or not bound.outside(before[-1].number):
        return bound
    began = before[-1].number
    rule = f"{bound.basis.rule}, or as before: {plain(began)}"
    return replace(bound, limit=began, basis=replace(bound.basis, rule=rule))


# --- scores -------------------------------------------------------------------------------------


def padss(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Every item, the activity item at its own minimum, and the total."""
    age = protocol.span("discharge.vitals_age_minutes_max")
    item = lower(facts, protocol, "discharge.padss_item_min")
    activity = lower(facts, protocol, "discharge.padss_activity_min")
    found, scores = [], []
    for kind in PADSS:
        bound = activity if kind is Kind.PADSS_ACTIVITY else item
        newest, finding = _score(facts, protocol, kind, bound, age)
        found.append(finding)
        scores.append(newest)
    return (*found, _total(facts, protocol, scores))


def _score(
    facts: Facts, protocol: Protocol, kind: Kind, bound: Bound, age: timedelta
) -> tuple[Observation | None, Finding]:
    looked, code = seen(facts, protocol, kind, age=age), Code.DISCHARGE_SCORE_LOW
    newest, label = looked.newest, KINDS[kind].label
    if newest is None:
        evidence = f"{label}: {looked.problem}"
        return None, bound.says(code, Verdict.UNKNOWN, evidence, None, subject=kind)
    verdict = Verdict.FAIL if bound.outside(newest.number) else Verdict.PASS
    evidence = f"{label} {shown(facts, newest)}"
    return newest, bound.says(code, verdict, evidence, newest.number, subject=kind)


def _total(facts: Facts, protocol: Protocol, scores: list[Observation | None]) -> Finding:
    bound = lower(facts, protocol, "discharge.padss_min")
    code, given = Code.DISCHARGE_SCORE_LOW, [score for score in scores if score is not None]
    if len(given) < len(PADSS):
        evidence = f"{len(given)} of {len(PADSS)} items: no total"
        return bound.says(code, Verdict.UNKNOWN, evidence, None, subject="total")
    total = sum((score.number for score in given), Decimal(0))
    verdict = Verdict.FAIL if bound.outside(total) else Verdict.PASS
    return bound.says(code, verdict, f"PADSS {plain(total)} of 10", total, subject="total")


def settled(kind: Kind, path: str, code: Code) -> Rule:
    """A rule: this 0-10 rating is low now, or no higher than it was before the dose."""

    def settled_rating(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
        bound = upper(facts, protocol, path)
        age = protocol.span("discharge.vitals_age_minutes_max")
        looked, label = seen(facts, protocol, kind, age=age), KINDS[kind].label
        if looked.newest is None:
            evidence = f"{label}: {looked.problem}"
            return (bound.says(code, Verdict.UNKNOWN, evidence, None),)
        bound = _as_before(facts, protocol, kind, bound)
        newest = looked.newest
        verdict = Verdict.FAIL if bound.outside(newest.number) else Verdict.PASS
        return (bound.says(code, verdict, f"{label} {shown(facts, newest)}", newest.number),)

    return settled_rating


distress = settled(Kind.DISTRESS, "discharge.distress_max", Code.DISTRESS_NOT_SETTLED)
dissociation = settled(
    Kind.DISSOCIATION, "discharge.dissociation_max", Code.DISSOCIATION_NOT_SETTLED
)


# --- answers after the dose ---------------------------------------------------------------------


def after_the_dose(kind: Kind, code: Code, source: str) -> Rule:
    """A rule: this was answered "yes" after the last dose, and not at its peak."""

    def answer_after_the_dose(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
        basis = Basis(f"{KINDS[kind].label.lower()}: yes, {LATELY}", source)
        last = last_dose_at(facts)
        if last is None:
            return (basis.says(code, Verdict.UNKNOWN, "no dose"),)
        looked = seen(facts, protocol, kind, age=ANSWERS_AGE, after=last)
        if looked.newest is None:
            return (basis.says(code, Verdict.UNKNOWN, looked.problem),)
        verdict = Verdict.PASS if looked.newest.value is True else Verdict.FAIL
        return (basis.says(code, verdict, shown(facts, looked.newest)),)

    return answer_after_the_dose


therapist_check = after_the_dose(
    Kind.THERAPIST_DISCHARGE_CHECK, Code.THERAPIST_CHECK_MISSING, "KRF guidelines"
)
escort = after_the_dose(
    Kind.ESCORT_IDENTIFIED, Code.ESCORT_NOT_IDENTIFIED, "ketamine UK label; PADSS"
)


def instructions(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Written instructions were given and understood, with the driving rule of the protocol."""
    hours = protocol.span("discharge.driving_hours_min")
    source = protocol.setting("discharge.driving_hours_min").source
    said = f"{source} (no driving for {span(hours)} and a night's sleep); {protocol.reference}"
    rule = after_the_dose(Kind.INSTRUCTIONS_UNDERSTOOD, Code.INSTRUCTIONS_NOT_UNDERSTOOD, said)
    return rule(facts, protocol)


@dataclass(frozen=True, slots=True)
class Driving:
    """Before when nobody drives; after it, still only after a night's sleep: no clock sees that."""

    before: datetime
    hours: int
    awaiting: bool


def driving(facts: Facts, protocol: Protocol) -> Driving | None:
    """The protocol's hours after the end of the last dose, and not before the next date begins.

    None where no dose is charted: what nobody charted sets no time, and allows none either.
    """
    last = last_dose_at(facts)
    if last is None:
        return None
    path, zone = "discharge.driving_hours_min", facts.clinic.zone
    tomorrow = last.astimezone(zone).date() + timedelta(days=1)
    next_day = datetime.combine(tomorrow, time.min, zone).astimezone(UTC)
    before = max(last.astimezone(UTC) + protocol.span(path), next_day)
    return Driving(before, protocol.whole(path), is_awaiting(facts, protocol.setting(path)))


def suicide_screen(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A suicide-risk screen after the last dose, shortly before leaving."""
    basis = Basis(f"a screen {LATELY}", "the clinic's risk steps (trade sources)", True)
    last = last_dose_at(facts)
    if last is None:
        return (basis.says(Code.SUICIDE_SCREEN_MISSING, Verdict.UNKNOWN, "no dose"),)
    looked = seen(facts, protocol, Kind.SUICIDE_SCREEN, age=ANSWERS_AGE, after=last)
    return (screened(facts, protocol, looked.newest, looked.problem, basis),)


def stock(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Nothing drawn up in this session is unaccounted for."""
    current = facts.current()
    return _stock((current,) if current else ())


def all_stock(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Nothing drawn up in any session is unaccounted for."""
    return _stock(facts.sessions)


def _stock(sessions: tuple[Session, ...]) -> tuple[Finding, ...]:
    open_mg = sum((s.unresolved_mg for s in sessions), Decimal(0))
    verdict = Verdict.FAIL if open_mg != 0 else Verdict.PASS
    evidence = f"{plain(open_mg)} mg open" if open_mg else "all accounted for"
    return (STOCK.says(Code.RESERVATION_UNRESOLVED, verdict, evidence),)
