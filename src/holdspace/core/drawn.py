"""What is in the syringe: for this order, of this hour, drawn by somebody who may."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from holdspace.core.authority import licence, profession
from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.dosing import NO_ORDER, NOT_DRAWN_UP, asked_order, preparation_of
from holdspace.core.evidence import Basis, based, clock, is_future, span
from holdspace.core.facts import Facts, Order, Place, Preparation, Role, Route
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import plain

DRAWN = Basis("no more than was ordered, drawn up for this order", "the clinic's register")
VIAL = Basis(
    "within its label's and its opening time, registered at this address",
    "the vial's label; 21 CFR 1301.12",
)
DILUTION_FROM_MG_PER_ML = Decimal(100)
DILUTED = Basis(
    "100 mg/mL is diluted before it goes into a vein",
    "US ketamine label, dosage and administration",
)
DRAWN_BY = Basis(
    "drawn up by a session clinician or prescriber who is on the premises",
    "21 CFR 1301.22 (agents of the registrant); the clinic's roles",
)
MAY_DRAW = (Role.SESSION_CLINICIAN, Role.PRESCRIBER)


def drawn_up(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The dose is drawn up for this order, not more than ordered, from a vial that may be used."""
    asked = asked_order(facts)
    drawn = preparation_of(facts, asked) if asked else None
    if asked is None or drawn is None:
        evidence = NO_ORDER if asked is None else NOT_DRAWN_UP
        code = Code.PREPARATION_OF_DOSE_MISSING
        return (DRAWN.says(code, Verdict.UNKNOWN, evidence),)
    amount = f"{plain(drawn.dose_mg)} of {plain(asked.dose_mg)} mg"
    above, less = drawn.dose_mg > asked.dose_mg, drawn.dose_mg < asked.dose_mg
    verdict = Verdict.FAIL if above or drawn.dose_mg <= 0 else Verdict.PASS
    verdict = Verdict.NOTE if less and verdict is Verdict.PASS else verdict
    return (
        DRAWN.says(Code.DOSE_ABOVE_ORDER, verdict, amount),
        _time(facts, protocol, asked, drawn),
        *_by(facts, drawn),
        _vial(facts, drawn),
        _dilution(asked, drawn),
    )


def _vial(facts: Facts, drawn: Preparation) -> Finding:
    until = f"usable until {clock(facts, drawn.vial_usable_until)}"
    if not drawn.at_registered_location:
        return VIAL.says(Code.VIAL_NOT_USABLE, Verdict.FAIL, "registered at another address")
    verdict = Verdict.PASS if facts.now <= drawn.vial_usable_until else Verdict.FAIL
    return VIAL.says(Code.VIAL_NOT_USABLE, verdict, until)


def _dilution(asked: Order, drawn: Preparation) -> Finding:
    code, strength = Code.CONCENTRATION_NEEDS_DILUTION, drawn.concentration_mg_per_ml
    evidence = f"{plain(strength)} mg/mL, {asked.route.value}"
    if asked.route is not Route.IV or strength < DILUTION_FROM_MG_PER_ML:
        return DILUTED.says(code, Verdict.PASS, evidence)
    verdict = Verdict.PASS if drawn.diluted else Verdict.FAIL
    said = "diluted" if drawn.diluted else "no dilution recorded"
    return DILUTED.says(code, verdict, f"{evidence}, {said}")


# --- when and by whom ---------------------------------------------------------------------------


def _time(facts: Facts, protocol: Protocol, asked: Order, drawn: Preparation) -> Finding:
    """Drawn up after the order was signed, not ahead of now, and not longer ago than usable."""
    path, code = "dose.drawn_up_valid_hours", Code.PREPARATION_NOT_VALID
    hours = protocol.span(path)
    rule = f"drawn up after the order was signed, ≤ {span(hours)} ago"
    basis = based(facts, protocol, path, rule)
    evidence = f"drawn up {clock(facts, drawn.drawn_at)}"
    if is_future(facts, protocol, drawn.drawn_at):
        return basis.says(code, Verdict.UNKNOWN, f"{evidence}, which is in the future")
    if drawn.drawn_at < asked.signed_at:
        signed = f"the order was signed {clock(facts, asked.signed_at)}"
        return basis.says(code, Verdict.FAIL, f"{evidence}; {signed}")
    too_old = facts.now - drawn.drawn_at > hours
    return basis.says(code, Verdict.FAIL if too_old else Verdict.PASS, evidence)


def _by(facts: Facts, drawn: Preparation) -> tuple[Finding, ...]:
    """Who drew it up held the role, profession and licence, and was on the premises then."""
    member, subject = facts.member(drawn.drawn_by), "drawn_by"
    code = Code.ROLE_NOT_PERMITTED
    if member is None:
        evidence = "who drew it up is not on file"
        return (DRAWN_BY.says(code, Verdict.UNKNOWN, evidence, subject=subject),)
    role = next((role for role in MAY_DRAW if role in member.roles), None)
    if role is None:
        evidence = f"{member.name} drew it up and may not"
        return (DRAWN_BY.says(code, Verdict.FAIL, evidence, subject=subject),)
    evidence = f"{member.name} drew it up"
    return (
        DRAWN_BY.says(code, Verdict.PASS, evidence, subject=subject),
        profession(facts, member, role),
        licence(facts, member, subject),
        _was_here(facts, member.id, member.name, drawn.drawn_at),
    )


def _was_here(facts: Facts, who: str, name: str, at: datetime) -> Finding:
    code, subject, when = Code.STAFF_NOT_PRESENT, "drawn_by", clock(facts, at)
    places = [
        p.place
        for p in facts.presences
        if p.staff == who and p.since <= at and (p.until is None or at <= p.until)
    ]
    if not places:
        evidence = f"{name} is not signed in at {when}"
        return DRAWN_BY.says(code, Verdict.UNKNOWN, evidence, subject=subject)
    here = Place.IN_ROOM in places or Place.ON_PREMISES in places
    evidence = f"{name} at {when}: " + ("on the premises" if here else "not on the premises")
    verdict = Verdict.PASS if here else Verdict.FAIL
    return DRAWN_BY.says(code, verdict, evidence, subject=subject)
