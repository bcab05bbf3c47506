"""Every question of the history is answered, and no absolute contraindication is ever waived."""

from __future__ import annotations

from datetime import date, timedelta

from holdspace.core import limits
from holdspace.core.codes import Code
from holdspace.core.consent import planned_routes
from holdspace.core.decision import Finding, Verdict
from holdspace.core.evidence import Basis, based, clock, day, is_awaiting, is_future
from holdspace.core.facts import Answer, Condition, Facts, Medication
from holdspace.core.protocol_model import ConditionSpec, MedicationGroup, Protocol

RECENT_EVENT = "recent_cardiovascular_event"
ABSOLUTE = Basis(
    "absolute contraindication: no waiver; only a corrected or newer fact changes it",
    "core/limits.py (labels and societies)",
)


def conditions(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Every question of the history, one finding each, in the order of the protocol."""
    keys = [*protocol.conditions, *sorted(limits.ABSOLUTE_CONTRAINDICATIONS)]
    days = timedelta(days=protocol.whole("clearance.valid_days"))
    newest = _newest(facts)
    return tuple(
        _condition(facts, protocol, key, newest.get(key), days) for key in dict.fromkeys(keys)
    )


def _newest(facts: Facts) -> dict[str, Condition]:
    """The newest answer to each question; of two at the same moment the more careful one."""
    ordered = sorted(facts.conditions, key=lambda c: (c.at, c.answer is not Answer.NO))
    return {condition.key: condition for condition in ordered}


def conditions_still(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The history at a later door: what stops or is held, and one line for all the rest.

    How old an answer may be is the clearance's business; change since then is asked every day.
    """
    keys = dict.fromkeys([*protocol.conditions, *sorted(limits.ABSOLUTE_CONTRAINDICATIONS)])
    newest = _newest(facts)
    open_ones = [key for key in keys if not _is_no(facts, protocol, newest.get(key))]
    found = [_condition(facts, protocol, key, newest.get(key), None) for key in open_ones]
    stops = [f for f in found if f.verdict not in (Verdict.PASS, Verdict.NOTE)]
    evidence = f"{len(keys) - len(stops)} of {len(keys)} questions answered without a stop"
    return (*stops, ABSOLUTE.says(Code.CONTRAINDICATION_PRESENT, Verdict.PASS, evidence))


def _is_no(facts: Facts, protocol: Protocol, answer: Condition | None) -> bool:
    if answer is None or answer.answer is not Answer.NO:
        return False
    return not is_future(facts, protocol, answer.at)


def _condition(
    facts: Facts, protocol: Protocol, key: str, answer: Condition | None, age: timedelta | None
) -> Finding:
    spec = protocol.conditions.get(key)
    label = spec.label if spec else key.replace("_", " ")
    basis = _basis_of(facts, protocol, spec) if spec else ABSOLUTE
    if answer is None or answer.answer is Answer.NOT_KNOWN:
        said = "not asked" if answer is None else f"not known ({clock(facts, answer.at)})"
        return basis.says(
            Code.CONDITION_UNANSWERED, Verdict.UNKNOWN, f"{label}: {said}", subject=key
        )
    evidence = f"{label}: {answer.answer.value}, asked {clock(facts, answer.at)}"
    stale = age is not None and facts.now - answer.at > age
    if stale or is_future(facts, protocol, answer.at):
        evidence += " (too old)" if stale else " (in the future)"
        return basis.says(Code.CONDITION_UNANSWERED, Verdict.UNKNOWN, evidence, subject=key)
    if answer.answer is Answer.NO:
        code = _code_of(key, spec)
        return basis.says(code, Verdict.PASS, evidence, subject=key)
    return _yes(facts, spec, key, answer, evidence, basis)


def _code_of(key: str, spec: ConditionSpec | None) -> Code:
    absolute = key in limits.ABSOLUTE_CONTRAINDICATIONS or (spec and spec.verdict == "fail")
    return Code.CONTRAINDICATION_PRESENT if absolute else Code.CLEARANCE_NEEDED


def _basis_of(facts: Facts, protocol: Protocol, spec: ConditionSpec) -> Basis:
    if _code_of(spec.key, spec) is Code.CONTRAINDICATION_PRESENT:
        rule = ABSOLUTE.rule
    elif spec.verdict == "hold":
        who = spec.specialty or " or ".join(spec.relievable_by)
        rule = f"if yes: clearance by {who}, recorded as a plan"
    else:
        rule = "to be known; does not stop"
    notes = "; ".join(part for part in (rule, spec.window_note, spec.conflict) if part)
    return Basis(notes, f"{spec.source}; {protocol.reference}", is_awaiting(facts, spec))


def _yes(
    facts: Facts,
    spec: ConditionSpec | None,
    key: str,
    answer: Condition,
    evidence: str,
    basis: Basis,
) -> Finding:
    """What a "yes" means: refusal, hold or note; with a window only if it happened inside it."""
    window = limits.window_of(key, spec.window_days) if spec else None
    if window is not None:
        on = answer.happened_on
        if on is None or on > facts.today:
            when = "when is not known" if on is None else f"dated {day(on)}, in the future"
            evidence = f"{evidence}; {when}"
            return basis.says(Code.CONDITION_UNANSWERED, Verdict.UNKNOWN, evidence, subject=key)
        evidence = f"{evidence}; {day(on)}, {(facts.today - on).days} days ago"
        if (facts.today - on).days > window:
            code = _code_of(key, spec)
            return basis.says(code, Verdict.NOTE, f"{evidence}: outside the window", subject=key)
        ask = _ask_again(key, on, window)
    else:
        ask = ""
    if _code_of(key, spec) is Code.CONTRAINDICATION_PRESENT:
        return basis.says(
            Code.CONTRAINDICATION_PRESENT, Verdict.FAIL, evidence, subject=key, ask=ask
        )
    assert spec is not None, "a key without a specification is an absolute contraindication"
    if spec.verdict == "hold":
        return basis.held(
            Code.CLEARANCE_NEEDED,
            evidence,
            spec.relievable_by,
            key,
            specialty=spec.specialty,
            since=answer.at,
        )
    return basis.says(Code.CLEARANCE_NEEDED, Verdict.NOTE, evidence, subject=key)


def _ask_again(key: str, on: date, window: int) -> str:
    """From when it may be asked again; for a heart attack both dates of the sources are shown."""
    ours = day(on + timedelta(days=window + 1))
    if key != RECENT_EVENT:
        return ours
    label = on + timedelta(days=limits.CONDITION_WINDOW_DAYS_MIN[RECENT_EVENT] + 1)
    return f"{ours} (3 months, the strictest source); by the label alone {day(label)} (6 weeks)"


# --- medicines ----------------------------------------------------------------------------------


def medicines(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The list was asked lately, and every medicine on it is recognised and answered."""
    days = protocol.whole("clearance.valid_days")
    return _medicines(facts, protocol, timedelta(days=days), f"asked ≤ {days} days ago")


def medicines_still(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The list at a later door; change since the clearance is asked every day."""
    return _medicines(facts, protocol, None, "the list of medicines was asked")


def _medicines(
    facts: Facts, protocol: Protocol, age: timedelta | None, rule: str
) -> tuple[Finding, ...]:
    basis = based(facts, protocol, "clearance.valid_days", rule)
    asked, code = facts.medications_asked_at, Code.MEDICATIONS_NOT_ASKED
    if asked is None or is_future(facts, protocol, asked):
        return (
            basis.says(code, Verdict.UNKNOWN, "not asked" if asked is None else "in the future"),
        )
    stale = age is not None and facts.now - asked > age
    evidence = f"asked {clock(facts, asked)}: {len(facts.medications)} medicines"
    first = basis.says(code, Verdict.UNKNOWN if stale else Verdict.PASS, evidence)
    return (first, *(_medicine(facts, protocol, m) for m in facts.medications))


def _subject(name: str) -> str:
    return " ".join(name.lower().split())


def _group(protocol: Protocol, medicine: Medication) -> MedicationGroup | None:
    """By the medicine's name or, failing that, by the group that was charted."""
    by_name = protocol.medication_group(medicine.name)
    return by_name or protocol.medication_groups.get(medicine.group)


def _medicine(facts: Facts, protocol: Protocol, medicine: Medication) -> Finding:
    name, subject = medicine.name, _subject(medicine.name)
    group = _group(protocol, medicine)
    if group is None:
        basis = Basis("every medicine is recognised, or reviewed by hand", protocol.reference)
        return basis.held(Code.MEDICATION_NOT_RECOGNISED, name, ("prescriber",), subject)
    rule = f"{group.effect}; {group.conflict}" if group.conflict else group.effect
    basis = Basis(rule, f"{group.source}; {protocol.reference}", is_awaiting(facts, group))
    evidence = f"{name} ({group.label})"
    if group.verdict == "fail":
        code = Code.MEDICATION_NOT_COMPATIBLE
        return basis.says(code, Verdict.FAIL, evidence, subject=subject)
    if group.verdict == "hold":
        by = group.relievable_by
        return basis.held(Code.MEDICATION_NEEDS_PLAN, evidence, by, subject)
    return basis.says(Code.MEDICATION_NEEDS_PLAN, Verdict.NOTE, evidence, subject=subject)


def washouts(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """What the protocol refuses for some hours after it was last taken; nothing is stopped here."""
    routes = {route.value for route in planned_routes(facts)}
    return tuple(
        _washout(facts, protocol, medicine, group, group.refuse_within_hours)
        for medicine in facts.medications
        if (group := _group(protocol, medicine))
        and group.refuse_within_hours is not None
        and (not group.refuse_routes or not routes or routes & set(group.refuse_routes))
    )


def _washout(
    facts: Facts, protocol: Protocol, medicine: Medication, group: MedicationGroup, hours: int
) -> Finding:
    source = f"{group.source}; {protocol.reference}"
    basis = Basis(f"last taken ≥ {hours} h ago", source, is_awaiting(facts, group))
    code, subject, last = Code.WASHOUT_TOO_SHORT, _subject(medicine.name), medicine.last_taken
    if last is None or is_future(facts, protocol, last):
        when = "when it was last taken is not known" if last is None else "dated in the future"
        return basis.says(code, Verdict.UNKNOWN, f"{medicine.name}: {when}", subject=subject)
    evidence = f"{medicine.name}: last taken {clock(facts, last)}"
    until = last + timedelta(hours=hours)
    if facts.now < until:
        ask = clock(facts, until)
        return basis.says(code, Verdict.FAIL, evidence, subject=subject, ask=ask)
    return basis.says(code, Verdict.PASS, evidence, subject=subject)
