"""A movement is written only if it is true, and made only if it may be.

`must_balance`  holds for everything that is ever written, also for what was done without leave;
`may_move`      is asked beforehand and adds the rules of permission.
Who may act at all (role, licence, DEA registration) is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.facts import Route
from holdspace.core.ledger import (
    OUTSIDE,
    Account,
    Act,
    DoseType,
    Movement,
    Policy,
    Vial,
    balance,
    label_ends,
    micrograms_of,
    opening_ends,
    reversal,
)
from holdspace.core.units import plain

NAMES_THE_PERSON = frozenset({Act.DRAW, Act.GIVE, Act.TAKE_OWN})
NAMES_THE_OTHER_PARTY = frozenset({Act.RECEIVE, Act.TRANSFER})
IV_DILUTED_FROM_UG_PER_ML = 100_000  # 100 mg/mL is never given IV undiluted (label 2.1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question: this movement, after that history, of this container, at this time."""

    movement: Movement
    history: tuple[Movement, ...]
    vial: Vial
    now: datetime
    policy: Policy


_Rule = Callable[[_Asked], Finding | None]
# The register reckons in whole micrograms and microlitres; people read mg and mL.
WHERE = {
    Account.SAFE: "in the container",
    Account.DRAWN_UP: "drawn up for this session",
    Account.PATIENT: "given",
    Account.WASTE: "wasted",
    Account.DESTROYED: "destroyed",
    Account.LOST: "lost",
    Account.TRANSFERRED: "transferred",
}


def thousandths(whole: int) -> str:
    """Micrograms as milligrams, or microlitres as millilitres, without rounding."""
    return plain(Decimal(whole) / 1000)


def in_mg(micrograms: int) -> str:
    return f"{thousandths(micrograms)} mg"


def way_words(m: Movement) -> str:
    """From where to where, as "drawn up to patient"."""
    return f"{m.source.value} to {m.target.value}".replace("_", " ")


def must_balance(
    movement: Movement, history: Iterable[Movement], vial: Vial
) -> tuple[Finding, ...]:
    """What holds for every movement that is written, permitted or not.

    If this fails for something that did happen, another movement is missing from the register
    (a draw nobody wrote down, overfill received): record that one first.
    """
    return _ask(_BALANCE, _Asked(movement, tuple(history), vial, movement.at, _NO_POLICY))


def may_move(
    movement: Movement, history: Iterable[Movement], vial: Vial, now: datetime, policy: Policy
) -> tuple[Finding, ...]:
    """May this movement be made now? Every finding, in order of precedence; all must pass.

    `history` is the register so far, at least every movement of this container. Nothing here can
    be waived: what was done all the same is recorded as a variance under `must_balance`.
    """
    assert now.tzinfo is not None, "times are aware"
    asked = _Asked(movement, tuple(history), vial, now, policy)
    return _ask((*_BALANCE, *_PERMISSION), asked)


def _ask(rules: tuple[_Rule, ...], asked: _Asked) -> tuple[Finding, ...]:
    assert asked.movement.vial == asked.vial.id, "the movement is of another container"
    return tuple(finding for rule in rules if (finding := rule(asked)))


def _say(code: Code, ok: bool, evidence: str, rule: str, source: str) -> Finding:
    return Finding(code, Verdict.PASS if ok else Verdict.FAIL, evidence, rule, source)


def _two_accounts(asked: _Asked) -> Finding:
    m = asked.movement
    seen = way_words(m)
    ok = m.source is not m.target
    return _say(Code.MOVEMENT_SAME_ACCOUNT, ok, seen, "two accounts", "21 CFR 1304.21(a)")


def _way(asked: _Asked) -> Finding:
    """An amount goes one of the listed ways, and clinic stock never mixes with a patient's own."""
    m = asked.movement
    own = Account.PATIENTS_OWN in (m.source, m.target)
    ok = m.act is not None and own == asked.vial.patients_own
    whose = "patient's own" if asked.vial.patients_own else "clinic stock"
    seen = f"{way_words(m)}, {whose}"
    rule = "one of the listed ways; clinic stock and a patient's own never mix"
    return _say(Code.MOVEMENT_NOT_ALLOWED, ok, seen, rule, "21 CFR 1304.21(a)")


def _arithmetic(asked: _Asked) -> Finding:
    """Micrograms are exactly volume times strength, or units times micrograms in each."""
    m, vial = asked.movement, asked.vial
    if vial.ug_per_unit:
        amount, other, each = m.units, m.microlitres, f"{in_mg(vial.ug_per_unit)} a unit"
        expected: int | None = m.units * vial.ug_per_unit
    else:
        amount, other, each = m.microlitres, m.units, f"{in_mg(vial.concentration_ug_per_ml)}/mL"
        expected = micrograms_of(m.microlitres, vial.concentration_ug_per_ml)
    ok = amount > 0 and other == 0 and m.micrograms > 0 and m.micrograms == expected
    what = f"{m.units} units" if vial.ug_per_unit else f"{thousandths(m.microlitres)} mL"
    seen = f"{in_mg(m.micrograms)} in {what} at {each}"
    rule = "more than nothing, and exactly amount x strength, to 0.001 mg"
    return _say(Code.MOVEMENT_ARITHMETIC, ok, seen, rule, "21 CFR 1304.21(a), 1304.22(c)")


def _correction(asked: _Asked) -> Finding | None:
    """A correction takes exactly one earlier movement back, once."""
    m = asked.movement
    if not m.corrects:
        return None
    first = next((h for h in asked.history if h.id == m.corrects), None)
    again = any(h.corrects == m.corrects for h in asked.history)
    ok = first is not None and not first.corrects and not again
    if first is not None and ok:
        back = reversal(first, key=m.id, reason=m.reason, by=m.by, witness=m.witness, at=m.at)
        ok = m == back
    seen = f"reverses {m.corrects}" + (", which is already reversed" if again else "")
    rule = "the exact reverse of one movement that no other has reversed"
    return _say(Code.CORRECTION_NOT_REVERSAL, ok, seen, rule, "21 CFR 1304.04(a)")


def _enough(asked: _Asked) -> Finding | None:
    """No account gives what it does not hold; a syringe belongs to its own session."""
    m = asked.movement
    if m.source in OUTSIDE:
        return None
    session = m.session if m.source is Account.DRAWN_UP else None
    held = balance(asked.history, m.source, m.vial, session=session)
    seen = f"{in_mg(m.micrograms)} asked, {in_mg(held)} {WHERE[m.source]}"
    rule = "at most what the account holds of this container"
    code = Code.WASTE_EXCEEDS_DRAWN if m.act is Act.WASTE else Code.MOVEMENT_OVER_BALANCE
    return _say(code, m.micrograms <= held, seen, rule, "21 CFR 1304.21(a)")


def _ask_name(code: Code, names: Mapping[str, bool], rule: str) -> Finding:
    """What is not named is unknown: `names` says of each thing whether it is there."""
    missing = [name for name, there in names.items() if not there]
    verdict = Verdict.UNKNOWN if missing else Verdict.PASS
    seen = f"not named: {', '.join(missing)}" if missing else f"named: {', '.join(names)}"
    return Finding(code, verdict, seen, rule, "21 CFR 1304.22(c)")


def _person(asked: _Asked) -> Finding | None:
    m = asked.movement
    if m.act not in NAMES_THE_PERSON:
        return None
    names = {"person": bool(m.person), "session": bool(m.session)}
    return _ask_name(Code.PERSON_MISSING, names, "for whom, and in which session")


def _other_party(asked: _Asked) -> Finding | None:
    m = asked.movement
    if m.act not in NAMES_THE_OTHER_PARTY:
        return None
    who = "supplier" if m.act is Act.RECEIVE else "receiver"
    return _ask_name(Code.COUNTERPARTY_MISSING, {who: bool(m.counterparty)}, f"the {who}")


def _how_and_why(asked: _Asked) -> Finding:
    m = asked.movement
    names = {"reason": bool(m.reason.strip())}
    if m.act is Act.GIVE:
        names["route"] = m.route is not None
    return _ask_name(Code.MOVEMENT_NOT_ALLOWED, names, "every line says why, a dose by which route")


def _time(asked: _Asked) -> Finding:
    m, skew = asked.movement, asked.policy.clock_skew_seconds
    ok = m.at <= asked.now + timedelta(seconds=skew)
    seen = f"at {m.at.isoformat(timespec='seconds')}"
    rule = f"not in the future (clocks may differ by {skew} s)"
    return _say(Code.MOVEMENT_IN_FUTURE, ok, seen, rule, "21 CFR 1304.21(d)")


def _capacity(asked: _Asked) -> Finding | None:
    m, vial = asked.movement, asked.vial
    if m.act is not Act.RECEIVE:
        return None
    received = m.micrograms - balance(asked.history, Account.SUPPLIER, vial.id)
    most = vial.nominal_ug * (100 + asked.policy.overfill_percent) // 100
    seen = f"{in_mg(received)} received in all"
    rule = f"at most {in_mg(most)}: the label and {asked.policy.overfill_percent} % overfill"
    return _say(Code.VIAL_OVER_CAPACITY, received <= most, seen, rule, "21 CFR 1304.21(a)")


def _order(asked: _Asked) -> Finding | None:
    m = asked.movement
    if m.act not in (Act.DRAW, Act.GIVE):
        return None
    seen = f"order {m.order}" if m.order else "no order"
    rule = "drawn up and given on an order"
    return _say(Code.ORDER_MISSING, bool(m.order), seen, rule, "21 USC 802(21), 829(b)")


def _place(asked: _Asked) -> Finding:
    ok = asked.movement.location == asked.vial.location
    seen = f"kept at {asked.vial.location}, moved at {asked.movement.location or 'no place named'}"
    rule = "at the registered location that keeps it"
    return _say(Code.VIAL_NOT_AT_LOCATION, ok, seen, rule, "21 CFR 1301.12, 1304.21(b)")


def _label(asked: _Asked) -> Finding | None:
    if asked.movement.act not in (Act.DRAW, Act.GIVE):
        return None
    until = label_ends(asked.vial, asked.policy)
    seen = f"label says {asked.vial.expires_on.isoformat()}"
    rule = "not past the label's day in clinic time"
    return _say(Code.VIAL_EXPIRED, asked.now <= until, seen, rule, "CDC; USP 797")


def _opened(asked: _Asked) -> Finding | None:
    until = opening_ends(asked.vial, asked.policy)
    if asked.movement.act not in (Act.DRAW, Act.GIVE) or until is None:
        return None
    local = until.astimezone(asked.policy.zone).isoformat(sep=" ", timespec="minutes")
    rule = "not past its time once opened"
    seen = f"once opened, usable until {local}"
    return _say(Code.VIAL_BEYOND_USE, asked.now <= until, seen, rule, "CDC; USP 797")


def _one_person(asked: _Asked) -> Finding | None:
    """A single-dose vial, or one that was beside a patient, is that one person's."""
    m, vial = asked.movement, asked.vial
    single = vial.dose_type is DoseType.SINGLE or vial.in_treatment_area
    if m.act not in (Act.DRAW, Act.GIVE) or not single or vial.ug_per_unit:
        return None
    undone = {h.corrects for h in asked.history}
    used = (h for h in asked.history if h.vial == vial.id and h.act in (Act.DRAW, Act.GIVE))
    others = {h.person for h in used if h.id not in undone} - {m.person}
    why = "single-dose" if vial.dose_type is DoseType.SINGLE else "was in the treatment area"
    seen = f"{why}; {'used for another person' if others else 'used for nobody else'}"
    return _say(Code.VIAL_SECOND_PERSON, not others, seen, "for one person only", "CDC; USP 797")


def _dilution(asked: _Asked) -> Finding | None:
    m, strength = asked.movement, asked.vial.concentration_ug_per_ml
    if m.act is not Act.GIVE or m.route is not Route.IV or strength < IV_DILUTED_FROM_UG_PER_ML:
        return None
    seen = f"{strength // 1000} mg/mL IV, {'diluted' if m.dilution else 'no dilution recorded'}"
    rule = "100 mg/mL is diluted before it goes into a vein"
    return _say(
        Code.CONCENTRATION_NEEDS_DILUTION, bool(m.dilution), seen, rule, "Ketalar label 2.1"
    )


def _witness(asked: _Asked) -> Finding | None:
    """A second, different, permitted person; destruction always, the rest by the site's policy."""
    m = asked.movement
    wanted = m.act in asked.policy.witnessed or m.act is Act.DESTROY
    if not wanted and not m.witness:
        return None
    rule, source = "a second person who may witness", "21 CFR 1317.95; site policy"
    if not m.witness:
        return _say(Code.WITNESS_MISSING, False, "no witness", rule, source)
    if m.witness == m.by:
        return _say(Code.WITNESS_SAME_PERSON, False, "witness is who acts", rule, source)
    ok = m.witness in asked.policy.witnesses
    seen = "another person" if ok else "another person, who may not witness"
    return _say(Code.WITNESS_MISSING, ok, seen, rule, source)


# In order of precedence: first whether the line is true at all, then whether it may be done.
_BALANCE: tuple[_Rule, ...] = (_two_accounts, _way, _arithmetic, _correction, _enough)
_PERMISSION: tuple[_Rule, ...] = (
    _person,
    _other_party,
    _how_and_why,
    _time,
    _place,
    _capacity,
    _order,
    _label,
    _opened,
    _one_person,
    _dilution,
    _witness,
)
_NO_POLICY = Policy(zone=UTC, witnesses=frozenset())
