"""A further dose only in its window, within its number, for somebody who is awake and steady."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from holdspace.core import limits
from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.evidence import (
    Basis,
    based,
    clock,
    is_awaiting,
    is_future,
    lower,
    shown,
    span,
    stricter_max,
)
from holdspace.core.facts import Facts
from holdspace.core.protocol_model import Protocol, Step
from holdspace.core.readiness import pressure, reading
from holdspace.core.units import KINDS, Kind, Observation


def window(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Not before the window opens after the last dose, nor after it closes from the first."""
    doses, code = facts.doses_of(facts.session), Code.FURTHER_DOSE_OUTSIDE_WINDOW
    basis = Basis("a further dose has its window, by route", protocol.reference)
    if not doses:
        return (basis.says(code, Verdict.UNKNOWN, "no first dose"),)
    path = f"further_dose.{doses[0].route.value}_minutes"
    if f"{path}_min" not in protocol.settings:
        evidence = f"{doses[0].route.value}: the protocol knows no further dose"
        return (basis.says(code, Verdict.FAIL, evidence),)
    least, most = protocol.span(f"{path}_min"), protocol.span(f"{path}_max")
    rule = f"{span(least)} after the last dose to {span(most)} after the first"
    basis = based(facts, protocol, f"{path}_min", rule)
    first, last = doses[0].given_at, doses[-1].given_at
    evidence = f"first {clock(facts, first)}, last {clock(facts, last)}"
    if is_future(facts, protocol, last):
        return (basis.says(code, Verdict.UNKNOWN, f"{evidence}: in the future"),)
    if facts.now - last < least:
        ask = clock(facts, last + least)
        return (basis.says(code, Verdict.FAIL, evidence, ask=ask),)
    verdict = Verdict.FAIL if facts.now - first > most else Verdict.PASS
    return (basis.says(code, verdict, evidence),)


def count(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Doses after the first are counted, whoever gave them."""
    most = protocol.whole("further_dose.count_max")
    basis = based(facts, protocol, "further_dose.count_max", f"≤ {most} further doses in a session")
    used = max(len(facts.doses_of(facts.session)) - 1, 0)
    verdict = Verdict.FAIL if used + 1 > most else Verdict.PASS
    return (basis.says(Code.FURTHER_DOSE_COUNT, verdict, f"{used} given"),)


def condition(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Pressure, wakefulness and oxygen saturation of the last minutes."""
    age = protocol.span("further_dose.vitals_age_minutes_max")
    systolic = stricter_max(
        facts, protocol, "further_dose.systolic_mmhg_max", limits.DOSE_SYSTOLIC_MMHG_MAX
    )
    diastolic = stricter_max(
        facts, protocol, "further_dose.diastolic_mmhg_max", limits.DOSE_DIASTOLIC_MMHG_MAX
    )
    awake = lower(facts, protocol, "further_dose.moaas_min")
    air = lower(facts, protocol, "further_dose.spo2_percent_min")
    again = Code.READING_REPEAT_NEEDED
    low, deep = Code.OXYGEN_SATURATION_LOW, Code.SEDATION_TOO_DEEP
    return (
        *pressure(facts, protocol, systolic, diastolic, age),
        *reading(facts, protocol, Kind.SPO2, low, (air,), age, again),
        *reading(facts, protocol, Kind.SEDATION_MOAAS, deep, (awake,), age, again),
    )


def steps(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The newest reading of a kind in a band whose signed step forbids a further dose."""
    forbidding = [s for s in protocol.steps if s.no_further_dose and not s.of_baseline]
    newest = {s.kind: found for s in forbidding if (found := _newest(facts, s.kind))}
    ahead = [o for o in newest.values() if is_future(facts, protocol, o.taken_at)]
    hits = [s for s in forbidding if s.kind in newest and _covers(s, newest[s.kind])]
    code = Code.STEP_FORBIDS_DOSE
    if not hits:
        basis = Basis("no signed step that forbids a further dose", protocol.reference)
        evidence = f"{len(forbidding)} steps looked at"
        if ahead:
            evidence = f"{shown(facts, ahead[0])}, which is in the future"
        return (basis.says(code, Verdict.UNKNOWN if ahead else Verdict.PASS, evidence),)
    return tuple(_forbids(facts, protocol, step, newest[step.kind]) for step in hits)


def _newest(facts: Facts, kind: Kind) -> Observation | None:
    doses = facts.doses_of(facts.session)
    newest = facts.latest(kind)
    since = doses[0].given_at if doses else facts.now - timedelta(hours=12)
    return newest if newest is not None and newest.taken_at >= since else None


def _covers(step: Step, newest: Observation) -> bool:
    if isinstance(newest.value, Decimal):
        return step.covers(newest.value)
    return newest.value is True


def _forbids(facts: Facts, protocol: Protocol, step: Step, newest: Observation) -> Finding:
    source = f"{step.source}; {protocol.reference}"
    basis = Basis(step.words, source, is_awaiting(facts, step))
    evidence = f"{KINDS[step.kind].label} {shown(facts, newest)}"
    return basis.says(Code.STEP_FORBIDS_DOSE, Verdict.FAIL, evidence, subject=step.key)
