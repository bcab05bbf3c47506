"""What the register asks besides the ledger's own rules: who acts, for whom, out of which syringe.

Each function answers one question about plain values with one `Finding`; the pharmacy puts them
before the findings of `core.ledger_rules.may_move`. None can be waived.
"""

from __future__ import annotations

from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.ledger_rules import in_mg

REGISTER = "21 CFR 1304.21(a)"


def _say(code: Code, ok: bool, evidence: str, rule: str, source: str) -> Finding:
    return Finding(code, Verdict.PASS if ok else Verdict.FAIL, evidence, rule, source)


def _unknown(code: Code, evidence: str, rule: str, source: str) -> Finding:
    return Finding(code, Verdict.UNKNOWN, evidence, rule, source)


def role(name: str, ok: bool, rule: str) -> Finding:
    """Whether the member of staff called `name` may do this at all (people/access.py says)."""
    return _say(Code.ROLE_NOT_PERMITTED, ok, name, rule, "the clinic's roles (docs/access.md)")


def order_of_session(order: str, ok: bool) -> Finding:
    """Whether an order stands, and is of the session that it is drawn for."""
    rule, source = "a standing order of this session", "21 USC 802(21), 829(b)"
    return _say(Code.ORDER_MISSING, ok and bool(order), f"order {order or 'none'}", rule, source)


def nobody_ordered() -> Finding:
    """No prescriber of this clinic is named, so no registration can be asked about."""
    code, rule = Code.DEA_REGISTRATION_NOT_VALID, "a registered prescriber ordered it"
    return _unknown(code, "nobody is named who ordered", rule, "21 USC 822")


def address_on_file(name: str, address: str) -> Finding:
    """A dose line names the person and the address, so both are asked before anything is drawn."""
    rule, source = "name and address of the person, as they stand at the time", "21 CFR 1304.22(c)"
    if name.strip() and address.strip():
        there = "name and address are on file"
        return _say(Code.PERSON_MISSING, True, there, rule, source)
    return _unknown(Code.PERSON_MISSING, "not named: the person's address", rule, source)


def within_syringe(micrograms: int, left: int, *, wasting: bool) -> Finding:
    """Nothing leaves a syringe that is not in it, even when its session drew another."""
    code = Code.WASTE_EXCEEDS_DRAWN if wasting else Code.MOVEMENT_OVER_BALANCE
    seen = f"{in_mg(micrograms)} asked, {in_mg(left)} left in this syringe"
    return _say(code, micrograms <= left, seen, "at most what is left of this draw", REGISTER)


def sealed_units(ok: bool) -> Finding:
    """Only sealed units go back into the safe, never a liquid into its vial."""
    seen = "sealed units" if ok else "a liquid that was drawn into a syringe"
    rule = "only sealed units go back; a syringe is wasted before a witness"
    return _say(Code.MOVEMENT_NOT_ALLOWED, ok, seen, rule, "CDC; USP 797")


def not_exact(milligrams: str) -> Finding:
    """An amount that is nothing, or finer than a thousandth of a milligram."""
    rule = "more than nothing, and exactly amount x strength, to 0.001 mg"
    source = "21 CFR 1304.21(a), 1304.22(c)"
    return _say(Code.MOVEMENT_ARITHMETIC, False, f"{milligrams} mg", rule, source)


def no_container(named: str) -> Finding:
    """A container that the register of this clinic does not know."""
    rule = "a container that the register knows"
    return _unknown(Code.VIAL_NOT_AT_LOCATION, f"no container {named[:36]} here", rule, REGISTER)


def no_syringe(key: str) -> Finding:
    """A draw that is not of this session, or that was taken back."""
    rule = "a draw of this session that was not taken back"
    seen = f"nothing drawn up as {key[-6:].upper()}"
    return _unknown(Code.MOVEMENT_OVER_BALANCE, seen, rule, REGISTER)
