"""No dose without a valid order, below every ceiling, and the ceilings count all that was given."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from holdspace.core import limits
from holdspace.core.authority import dea_registration, licence, profession
from holdspace.core.codes import Code
from holdspace.core.course import is_offered
from holdspace.core.decision import Finding, Verdict
from holdspace.core.evidence import (
    Basis,
    Bound,
    based,
    clock,
    is_future,
    number_text,
    seen,
    shown,
    span,
    stricter_max,
    stricter_min,
)
from holdspace.core.facts import AdverseEvent, Dose, Ending, Facts, Order, Preparation, Role, Route
from holdspace.core.insist import insist
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import Kind, Unit, plain

ORDER = Basis(
    "an order of this session, signed by a prescriber, neither cancelled nor given yet",
    "21 CFR 1306; the clinic's dose orders",
)
ONE_ROUTE = Basis(
    f"{limits.RACEMIC_ROUTES_PER_SESSION_MAX} route in one session (hard limit)",
    "core/limits.py (proposed)",
)
WEIGHT_CHANGE = "readiness.weight_change_percent_max"
SHORTEST_INFUSION = limits.CEILINGS[Route.IV].infusion_minutes_min or 0
NO_ORDER = "no order"  # said by each question about a dose before there is an order
NOT_DRAWN_UP = "not drawn up for this order"
FIRST = Basis("the first dose of this session", "the order of the doors (docs/words.md)")


# --- the order ----------------------------------------------------------------------------------


def asked_order(facts: Facts) -> Order | None:
    """The order that the question is about: the newest of this session that still stands.

    Once a dose was given only orders of further doses count. If none stands, the newest that
    does not, so that the answer can say why.
    """
    is_further = bool(facts.doses_of(facts.session))
    given = {dose.order for dose in facts.doses}
    own = [o for o in facts.orders if o.session == facts.session and o.further is is_further]
    standing = [o for o in own if o.cancelled_at is None and o.id not in given]
    return max(standing or own, key=lambda o: o.signed_at, default=None)


def order(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The order stands, is of today, and its prescriber may prescribe now."""
    asked = asked_order(facts)
    if asked is None:
        elsewhere = any(o.session != facts.session for o in facts.orders)
        evidence = "only orders of other sessions" if elsewhere else NO_ORDER
        return (ORDER.says(Code.ORDER_MISSING, Verdict.UNKNOWN, evidence),)
    hours = min(protocol.span("dose.order_valid_hours"), _signed_span_max())
    rule = f"{ORDER.rule}; ≤ {span(hours)} old"
    basis = based(facts, protocol, "dose.order_valid_hours", rule)
    problem = _order_problem(facts, protocol, asked, hours)
    amount = number_text(asked.dose_mg, Unit.MG)
    evidence = f"{amount} {asked.route.value}, signed {clock(facts, asked.signed_at)}"
    if problem:
        return (basis.says(Code.ORDER_NOT_VALID, Verdict.FAIL, f"{evidence}: {problem}"),)
    return (basis.says(Code.ORDER_NOT_VALID, Verdict.PASS, evidence), *_ordered_by(facts, asked))


def _signed_span_max() -> timedelta:
    return timedelta(minutes=limits.SIGNED_SPAN_MINUTES_MAX)


def _order_problem(facts: Facts, protocol: Protocol, asked: Order, hours: timedelta) -> str:
    if asked.cancelled_at is not None and asked.cancelled_at <= facts.now:
        return f"cancelled {clock(facts, asked.cancelled_at)}"
    if any(dose.order == asked.id for dose in facts.doses):
        return "already given"
    if is_future(facts, protocol, asked.signed_at):
        return "signed in the future"
    ends = min(asked.expires_at, asked.signed_at + hours)
    if facts.now >= ends:
        return f"ended {clock(facts, ends)}"
    return "the amount is not above zero" if asked.dose_mg <= 0 else ""


def _ordered_by(facts: Facts, asked: Order) -> tuple[Finding, ...]:
    member = facts.member(asked.ordered_by)
    code = Code.ROLE_NOT_PERMITTED
    if member is None:
        evidence = "who signed the order is not on file"
        return (ORDER.says(code, Verdict.UNKNOWN, evidence, subject="order"),)
    is_prescriber = Role.PRESCRIBER in member.roles
    verdict = Verdict.PASS if is_prescriber else Verdict.FAIL
    evidence = f"{member.name}: " + ("prescriber" if is_prescriber else "not a prescriber")
    return (
        ORDER.says(code, verdict, evidence, subject="order"),
        profession(facts, member, Role.PRESCRIBER),
        licence(facts, member, "order"),
        dea_registration(facts, member),
    )


# --- the amount ---------------------------------------------------------------------------------


def planned_mg(facts: Facts, asked: Order) -> Decimal:
    """What this dose would add: what is ordered or drawn up, whichever is more."""
    drawn = preparation_of(facts, asked)
    return max(asked.dose_mg, drawn.dose_mg) if drawn else asked.dose_mg


def given_mg(facts: Facts) -> Decimal:
    """All that was given in this session, by any route, through a door or not."""
    return sum((dose.dose_mg for dose in facts.doses_of(facts.session)), Decimal(0))


def ceiling(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The session's total in mg, and in mg for each kg where the route has such a ceiling."""
    code, asked = Code.DOSE_CEILING_EXCEEDED, asked_order(facts)
    if asked is None:
        return (ORDER.says(code, Verdict.UNKNOWN, NO_ORDER),)
    hard, path = limits.CEILINGS.get(asked.route), f"dose.{asked.route.value}_session_mg_max"
    if hard is None or path not in protocol.settings or not is_offered(asked.route, protocol):
        basis = Basis("a route without a ceiling is refused", "core/limits.py")
        return (basis.says(code, Verdict.FAIL, f"route {asked.route.value}"),)
    total = given_mg(facts) + planned_mg(facts, asked)
    evidence = f"{plain(given_mg(facts))} mg given + {plain(planned_mg(facts, asked))} mg"
    bound = stricter_max(facts, protocol, path, hard.mg)
    found = [_against(bound, total, f"{evidence} = {plain(total)} mg", "mg")]
    if hard.mg_per_kg is not None:
        per_kg = stricter_max(
            facts, protocol, f"dose.{asked.route.value}_session_mg_per_kg_max", hard.mg_per_kg
        )
        found.append(_by_weight(facts, protocol, asked, per_kg, total))
    return tuple(found)


def _against(bound: Bound, value: Decimal, evidence: str, subject: str) -> Finding:
    verdict = Verdict.FAIL if bound.outside(value) else Verdict.PASS
    found = bound.says(Code.DOSE_CEILING_EXCEEDED, verdict, evidence, value, subject=subject)
    insist(not found.relievable_by, "a ceiling is never waived")
    return found


def _by_weight(
    facts: Facts, protocol: Protocol, asked: Order, bound: Bound, total: Decimal
) -> Finding:
    weight = counted_weight(facts, protocol, asked)
    if weight is None:
        evidence = "no weight that counts"
        code = Code.DOSE_CEILING_EXCEEDED
        return bound.says(code, Verdict.UNKNOWN, evidence, None, subject="mg/kg")
    # compared as mg <= limit x kg, so that no division can round a total below its ceiling
    is_above = total > bound.limit * weight
    shown_ratio = (total / weight).quantize(Decimal("0.01"))
    evidence = f"{plain(total)} mg at {plain(weight)} kg is {plain(shown_ratio)} mg/kg"
    verdict = Verdict.FAIL if is_above else Verdict.PASS
    code = Code.DOSE_CEILING_EXCEEDED
    return bound.says(code, verdict, evidence, total / weight, subject="mg/kg")


def counted_weight(facts: Facts, protocol: Protocol, asked: Order) -> Decimal | None:
    """The lower of the measured weight and the order's; None if either is missing or too old."""
    looked = seen(facts, protocol, Kind.WEIGHT, age=protocol.span("readiness.weight_age_days_max"))
    if looked.newest is None or asked.weight_kg is None or asked.weight_kg <= 0:
        return None
    return min(looked.newest.number, asked.weight_kg)


def weight(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Where a ceiling goes by weight: weighed lately, and the order stands on that weight."""
    age = protocol.span("readiness.weight_age_days_max")
    percent = protocol.whole(WEIGHT_CHANGE)
    rule = f"≤ {span(age)} old, and within {percent} % of the weight on the order"
    basis = based(facts, protocol, "readiness.weight_age_days_max", rule)
    code, asked = Code.WEIGHT_STALE, asked_order(facts)
    if asked is None:
        return (basis.says(code, Verdict.UNKNOWN, NO_ORDER),)
    hard = limits.CEILINGS.get(asked.route)
    if hard is not None and hard.mg_per_kg is None:
        return (basis.says(code, Verdict.PASS, f"{asked.route.value} has no ceiling by weight"),)
    looked = seen(facts, protocol, Kind.WEIGHT, age=age)
    if looked.newest is None or asked.weight_kg is None:
        evidence = looked.problem or "the order names no weight"
        return (basis.says(code, Verdict.UNKNOWN, f"weight: {evidence}"),)
    measured = looked.newest.number
    evidence = f"{shown(facts, looked.newest)}; order {number_text(asked.weight_kg, Unit.KG)}"
    differs = abs(measured - asked.weight_kg) * 100 > measured * percent
    return (basis.says(code, Verdict.UNKNOWN if differs else Verdict.PASS, evidence),)


def one_route(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """No second route in one session."""
    code, asked = Code.DOSE_ROUTE_MIXED, asked_order(facts)
    if asked is None:
        return (ONE_ROUTE.says(code, Verdict.UNKNOWN, NO_ORDER),)
    used = {dose.route for dose in facts.doses_of(facts.session)} - {asked.route}
    names = ", ".join(sorted(route.value for route in used))
    verdict = Verdict.FAIL if used else Verdict.PASS
    evidence = f"{asked.route.value} after {names}" if used else asked.route.value
    return (ONE_ROUTE.says(code, verdict, evidence),)


# --- the first sessions -------------------------------------------------------------------------


def first_session_reason(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """In the first session an amount above the usual start needs the prescriber's reason."""
    asked = asked_order(facts)
    path = f"dose.{asked.route.value}_first_mg_reason_above" if asked else ""
    if asked is None or path not in protocol.settings:
        basis = Basis("usual start by route", protocol.reference)
        verdict = Verdict.UNKNOWN if asked is None else Verdict.PASS
        evidence = NO_ORDER if asked is None else f"none for {asked.route.value}"
        return (basis.says(Code.DOSE_NEEDS_REASON, verdict, evidence),)
    usual = protocol.number(path)
    rule = f"first session ≤ {plain(usual)} mg, above it with the prescriber's reason"
    basis = based(facts, protocol, path, rule)
    total = given_mg(facts) + planned_mg(facts, asked)
    if facts.dosed_elsewhere() or total <= usual:
        evidence = f"{plain(total)} mg"
        return (basis.says(Code.DOSE_NEEDS_REASON, Verdict.PASS, evidence),)
    reason = asked.reason.strip()
    evidence = f"{plain(total)} mg; " + (f"reason: {reason}" if reason else "no reason")
    verdict = Verdict.NOTE if reason else Verdict.FAIL
    return (basis.says(Code.DOSE_NEEDS_REASON, verdict, evidence),)


def tolerated_lower(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The highest injected band is only for somebody who tolerated a lower dose here."""
    path, code = "dose.im_mg_after_tolerated_only_above", Code.DOSE_NEEDS_TOLERATED
    asked = asked_order(facts)
    band = protocol.number(path)
    least = protocol.number("dose.im_tolerated_lower_mg_min")
    rule = f"IM > {plain(band)} mg only after a lower one of ≥ {plain(least)} mg was tolerated"
    basis = based(facts, protocol, path, rule)
    if asked is None:
        return (basis.says(code, Verdict.UNKNOWN, NO_ORDER),)
    total = given_mg(facts) + planned_mg(facts, asked)
    if asked.route is not Route.IM or total <= band:
        return (basis.says(code, Verdict.PASS, f"{plain(total)} mg {asked.route.value}"),)
    lower = _tolerated_mg(facts, least, total)
    verdict = Verdict.FAIL if lower is None else Verdict.PASS
    evidence = f"{plain(total)} mg; " + (
        f"no tolerated dose from {plain(least)} mg on"
        if lower is None
        else f"{plain(lower)} mg tolerated"
    )
    return (basis.says(code, verdict, evidence),)


def _tolerated_mg(facts: Facts, least: Decimal, below: Decimal) -> Decimal | None:
    """The largest lower IM total of an earlier session in which all went as planned.

    It ended in a discharge, every dose passed its door, and no event of grade 2 or more is on
    file for it. An amount below the protocol's step says nothing about a high one.
    """
    fine = {s.id for s in facts.sessions if s.ending is Ending.DISCHARGED}
    fine -= {_session_of(facts, event) for event in facts.adverse_events if event.grade >= 2}
    totals = [
        sum((dose.dose_mg for dose in group), Decimal(0))
        for group in facts.dosed_elsewhere()
        if facts.session_of(group[0]) in fine
        and all(dose.route is Route.IM and dose.passed_door for dose in group)
    ]
    return max((total for total in totals if least <= total < below), default=None)


def _session_of(facts: Facts, event: AdverseEvent) -> str:
    """The session an event belongs to; one charted outside a session, to the last before it."""
    before = [s for s in facts.sessions if s.opened_at <= event.at]
    last = max(before, key=lambda s: s.opened_at, default=None)
    return event.session or (last.id if last else "")


# --- what was drawn up --------------------------------------------------------------------------


def preparation_of(facts: Facts, asked: Order) -> Preparation | None:
    own = [p for p in facts.preparations if p.order == asked.id]
    return max(own, key=lambda p: p.drawn_at, default=None)


def infusion(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """An intravenous dose runs over at least the safe minutes; there is no push."""
    bound = stricter_min(facts, protocol, "dose.iv_infusion_minutes_min", SHORTEST_INFUSION)
    code, asked = Code.DOSE_INFUSION_TOO_FAST, asked_order(facts)
    if asked is None or asked.route is not Route.IV:
        verdict = Verdict.UNKNOWN if asked is None else Verdict.PASS
        evidence = NO_ORDER if asked is None else f"{asked.route.value} is not an infusion"
        return (bound.says(code, verdict, evidence, None),)
    if asked.infusion_minutes is None:
        return (bound.says(code, Verdict.UNKNOWN, "no infusion time on the order", None),)
    value = Decimal(asked.infusion_minutes)
    verdict = Verdict.FAIL if bound.outside(value) else Verdict.PASS
    return (bound.says(code, verdict, f"{asked.infusion_minutes} min", value),)


# --- which dose this is -------------------------------------------------------------------------


def first_dose(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The door of the first dose is passed once in a session."""
    doses = facts.doses_of(facts.session)
    if not doses:
        return (FIRST.says(Code.DOSE_ALREADY_GIVEN, Verdict.PASS, "no dose yet"),)
    evidence = f"{plain(doses[0].dose_mg)} mg at {clock(facts, doses[0].given_at)}"
    return (FIRST.says(Code.DOSE_ALREADY_GIVEN, Verdict.FAIL, evidence),)


def dose_given(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A dose was given in this session, and its time can be true."""
    basis = Basis("a dose was given in this session", "the order of the doors (docs/words.md)")
    doses = facts.doses_of(facts.session)
    if not doses:
        return (basis.says(Code.NO_DOSE_GIVEN, Verdict.FAIL, "no dose"),)
    last = doses[-1]
    verdict = Verdict.UNKNOWN if is_future(facts, protocol, last.given_at) else Verdict.PASS
    evidence = f"{plain(given_mg(facts))} mg, last {clock(facts, last.given_at)}"
    return (basis.says(Code.NO_DOSE_GIVEN, verdict, evidence),)


def over_at(facts: Facts, dose: Dose) -> datetime:
    """When a dose was over: an infusion at its charted end, or after the minutes of its order.

    One without an order counts the shortest infusion that the program allows.
    """
    if dose.route is not Route.IV:
        return dose.given_at
    if dose.ended_at is not None:
        return dose.ended_at
    ordered = next((o.infusion_minutes for o in facts.orders if o.id == dose.order), None)
    return dose.given_at + timedelta(minutes=ordered or SHORTEST_INFUSION)


def with_ends(facts: Facts, doses: tuple[Dose, ...]) -> tuple[Dose, ...]:
    """The same doses, each infusion with the time at which it was or will be over."""
    return tuple(
        replace(dose, ended_at=over_at(facts, dose)) if dose.route is Route.IV else dose
        for dose in doses
    )


def last_dose_at(facts: Facts) -> datetime | None:
    """When the last dose of this session was over; ahead of now while an infusion runs."""
    return max((over_at(facts, dose) for dose in facts.doses_of(facts.session)), default=None)
