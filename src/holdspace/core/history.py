"""Every question of the history is answered, and no absolute contraindication is ever waived."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from holdspace.core import limits
from holdspace.core import medicines as medicines_table
from holdspace.core.codes import Code
from holdspace.core.consent import planned_routes
from holdspace.core.decision import Finding, Verdict
from holdspace.core.diagnosed import as_answers
from holdspace.core.evidence import Basis, based, clock, day, is_awaiting, is_future
from holdspace.core.facts import (
    Answer,
    AskedIn,
    Condition,
    DocumentKind,
    Facts,
    Medication,
    Route,
)
from holdspace.core.protocol_model import ConditionSpec, MedicationGroup, Protocol

RECENT_EVENT = "recent_cardiovascular_event"
NO_RULE = "no_rule"
_WEIGHT = ("fail", "hold", "note")
_STOPS = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.HOLD, Verdict.NOTE, Verdict.PASS)
ASKED_IN = {
    AskedIn.MEDICAL: "medical history",
    AskedIn.MENTAL_HEALTH: "mental-health assessment",
    AskedIn.DIAGNOSES: "diagnosis on file",
}
_UNANSWERED = {
    AskedIn.MEDICAL: Code.CONDITION_UNANSWERED,
    AskedIn.MENTAL_HEALTH: Code.ASSESSMENT_UNANSWERED,
    AskedIn.DIAGNOSES: Code.CONDITION_UNANSWERED,
}
Coded = dict[str, tuple[Condition, ...]]
ABSOLUTE = Basis(
    "absolute contraindication: no waiver; only a corrected or newer fact changes it",
    "core/limits.py (labels and societies)",
)


def conditions(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Every question of the history, one finding each, in the order of the protocol."""
    keys = [*protocol.conditions, *sorted(limits.ABSOLUTE_CONTRAINDICATIONS)]
    days = timedelta(days=protocol.whole("clearance.valid_days"))
    newest, wanted = _newest(facts), _wanted_of_the_therapist(facts)
    coded = as_answers(facts, protocol)
    return tuple(
        _question(facts, protocol, key, newest.get(key, {}), coded, days, key in wanted)
        for key in dict.fromkeys(keys)
    )


def _newest(facts: Facts) -> dict[str, dict[AskedIn, Condition]]:
    """The newest answer to each question, of the physician and of the therapist each their own.

    Of two at the same moment the more careful one.
    """
    ordered = sorted(facts.conditions, key=lambda c: (c.at, c.answer is not Answer.NO))
    newest: dict[str, dict[AskedIn, Condition]] = {}
    for condition in ordered:
        newest.setdefault(condition.key, {})[condition.asked_in] = condition
    return newest


def _wanted_of_the_therapist(facts: Facts) -> frozenset[str]:
    """What the newest mental-health assessment says that it asked: each answer must be there."""
    paper = facts.document(DocumentKind.MENTAL_HEALTH_ASSESSMENT)
    return frozenset(paper.asks if paper else ())


def _question(
    facts: Facts,
    protocol: Protocol,
    key: str,
    answers: dict[AskedIn, Condition],
    coded: Coded,
    age: timedelta | None,
    of_both: bool = False,
) -> Finding:
    """Of physician, therapist and diagnoses the worse answer counts and names the others."""
    asked = [AskedIn.MEDICAL]
    if of_both or AskedIn.MENTAL_HEALTH in answers:
        asked.append(AskedIn.MENTAL_HEALTH)
    found = [(_condition(facts, protocol, key, answers.get(by), age, by), by) for by in asked]
    for diagnosis in coded.get(key, ()):  # it does not grow old: it stands until it is changed
        by = AskedIn.DIAGNOSES
        found.append((_condition(facts, protocol, key, diagnosis, None, by), by))
        answers = answers | {by: diagnosis}
    (worse, by), *rest = _by_weight(facts, found)
    others = dict.fromkeys(other for _, other in rest)
    differ = [other for other in others if _answer(answers, other) != _answer(answers, by)]
    if not differ:
        return worse
    told = "; ".join(
        f"the {ASKED_IN[other]} says {_said(facts, answers, other)}" for other in differ
    )
    return replace(worse, evidence=f"{worse.evidence}; {told}")


def _by_weight(facts: Facts, found: list[tuple[Finding, AskedIn]]) -> list[tuple[Finding, AskedIn]]:
    """What stops most comes first; of two that wait for a plan, the one that was answered last."""
    latest = sorted(found, key=lambda pair: pair[0].since or facts.now, reverse=True)
    return sorted(latest, key=lambda pair: _STOPS.index(pair[0].verdict))


def _answer(answers: dict[AskedIn, Condition], by: AskedIn) -> Answer | None:
    return answers[by].answer if by in answers else None


def _said(facts: Facts, answers: dict[AskedIn, Condition], by: AskedIn) -> str:
    if by not in answers:
        return "nothing"
    given = answers[by]
    return f"{given.answer.value.replace('_', ' ')} ({clock(facts, given.at)})"


def conditions_still(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The history at a later door: what stops or is held, and one line for all the rest.

    How old an answer may be is the clearance's business; change since then is asked every day.
    """
    keys = dict.fromkeys([*protocol.conditions, *sorted(limits.ABSOLUTE_CONTRAINDICATIONS)])
    newest, coded = _newest(facts), as_answers(facts, protocol)
    open_ones = [
        key for key in keys if key in coded or not _are_no(facts, protocol, newest.get(key, {}))
    ]
    found = [_question(facts, protocol, key, newest.get(key, {}), coded, None) for key in open_ones]
    stops = [f for f in found if f.verdict not in (Verdict.PASS, Verdict.NOTE)]
    evidence = f"{len(keys) - len(stops)} of {len(keys)} questions answered without a stop"
    return (*stops, ABSOLUTE.says(Code.CONTRAINDICATION_PRESENT, Verdict.PASS, evidence))


def _are_no(facts: Facts, protocol: Protocol, answers: dict[AskedIn, Condition]) -> bool:
    """Whether the physician said no, and the therapist nothing else."""
    both = (answers.get(AskedIn.MEDICAL), *answers.values())
    return all(_is_no(facts, protocol, answer) for answer in both)


def _is_no(facts: Facts, protocol: Protocol, answer: Condition | None) -> bool:
    if answer is None or answer.answer is not Answer.NO:
        return False
    return not is_future(facts, protocol, answer.at)


def _condition(
    facts: Facts,
    protocol: Protocol,
    key: str,
    answer: Condition | None,
    age: timedelta | None,
    by: AskedIn,
) -> Finding:
    spec = protocol.conditions.get(key)
    label = spec.label if spec else key.replace("_", " ")
    basis = _basis_of(facts, protocol, spec) if spec else ABSOLUTE
    asked = "asked" if by is AskedIn.MEDICAL else f"asked in the {ASKED_IN[by]}"
    if answer is not None and by is AskedIn.DIAGNOSES:
        asked = f"by the diagnosis {answer.icd10} on file, said"
    unknown = _UNANSWERED[by]
    if answer is None or answer.answer is Answer.NOT_KNOWN:
        said = f"not {asked}" if answer is None else f"not known ({clock(facts, answer.at)})"
        where = "" if answer is None or by is AskedIn.MEDICAL else f" to the {ASKED_IN[by]}"
        return basis.says(unknown, Verdict.UNKNOWN, f"{label}: {said}{where}", subject=key)
    evidence = f"{label}: {answer.answer.value}, {asked} {clock(facts, answer.at)}"
    stale = age is not None and facts.now - answer.at > age
    if stale or is_future(facts, protocol, answer.at):
        evidence += " (too old)" if stale else " (in the future)"
        return basis.says(unknown, Verdict.UNKNOWN, evidence, subject=key)
    if answer.answer is Answer.NO:
        code = _code_of(key, spec)
        return basis.says(code, Verdict.PASS, evidence, subject=key)
    if answer.detail:
        evidence = f"{evidence}: {answer.detail}"
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
    ask = ""
    if spec is not None and spec.is_dated and limits.may_have_window(key):
        on = answer.happened_on
        if on is None or on > facts.today:
            when = "when is not known" if on is None else f"dated {day(on)}, in the future"
            evidence = f"{evidence}; {when}"
            return basis.says(Code.CONDITION_UNANSWERED, Verdict.UNKNOWN, evidence, subject=key)
        evidence = f"{evidence}; {day(on)}, {(facts.today - on).days} days ago"
        last = limits.last_day(key, on, spec.window_days, spec.window_months)
        if last is not None and facts.today > last:
            code = _code_of(key, spec)
            return basis.says(code, Verdict.NOTE, f"{evidence}: outside the window", subject=key)
        ask = _ask_again(spec, on, last)
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


def _ask_again(spec: ConditionSpec, on: date, last: date | None) -> str:
    """From when it may be asked again; for a heart attack both dates of the sources are shown."""
    ours = "" if last is None else day(last + timedelta(days=1))
    if spec.key != RECENT_EVENT:
        return ours
    length = f"{spec.window_months} months" if spec.window_months else f"{spec.window_days} days"
    label = on + timedelta(days=limits.CONDITION_WINDOW_DAYS_MIN[RECENT_EVENT] + 1)
    return f"{ours} ({length}, the strictest source); by the label alone {day(label)} (6 weeks)"


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


def _groups(protocol: Protocol, medicine: Medication) -> tuple[MedicationGroup, ...]:
    """Every group that it belongs to, the weightiest first; none: it is reviewed by hand.

    By its name, and by the classes that a table gave it when it was entered. A table that this
    program does not know, or a class that the protocol has no group for, leaves it to the hand.
    What group was charted is not asked.
    """
    named = protocol.medication_group(medicine.name)
    classes = medicine.classes if medicines_table.is_known(medicine.table) else ()
    found = [g for g in protocol.medication_groups.values() if set(g.classes) & set(classes)]
    if named is None and set(classes) - {each for g in found for each in g.classes}:
        return ()
    everything = ([named] if named is not None and named not in found else []) + found
    telling = [g for g in everything if NO_RULE not in g.classes] or everything
    return tuple(sorted(telling, key=lambda g: _WEIGHT.index(g.verdict)))


def _medicine(facts: Facts, protocol: Protocol, medicine: Medication) -> Finding:
    subject, groups = _subject(medicine.name), _groups(protocol, medicine)
    since = _plan_from(facts, protocol, medicine)
    parts = [name for name in medicine.ingredients if _subject(name) != subject]
    name = f"{medicine.name} = {' + '.join(parts)}" if parts else medicine.name
    if not groups:
        basis = Basis("every medicine is recognised, or reviewed by hand", protocol.reference)
        code = Code.MEDICATION_NOT_RECOGNISED
        return basis.held(code, name, ("prescriber",), subject, since=since)
    basis = _basis_of_groups(facts, protocol, groups)
    evidence = f"{name} ({'; '.join(group.label for group in groups)})"
    weightiest = groups[0].verdict
    if weightiest == "fail":
        code = Code.MEDICATION_NOT_COMPATIBLE
        return basis.says(code, Verdict.FAIL, evidence, subject=subject)
    if weightiest == "hold":
        holds = [group for group in groups if group.verdict == "hold"]
        by = tuple(r for r in holds[0].relievable_by if all(r in g.relievable_by for g in holds))
        return basis.held(Code.MEDICATION_NEEDS_PLAN, evidence, by, subject, since=since)
    return basis.says(Code.MEDICATION_NEEDS_PLAN, Verdict.NOTE, evidence, subject=subject)


def _plan_from(facts: Facts, protocol: Protocol, medicine: Medication) -> datetime:
    """A plan for a medicine counts from when it was last listed otherwise, and for so many days.

    The list is asked again and again; a plan for one that is unchanged stands. A new name, dose or
    group is a new answer, and a plan ends with the days of a clearance.
    """
    listed = medicine.unchanged_since or medicine.at
    return max(listed, facts.now - timedelta(days=protocol.whole("clearance.valid_days")))


def _basis_of_groups(
    facts: Facts, protocol: Protocol, groups: tuple[MedicationGroup, ...]
) -> Basis:
    """What each group says and where it was read; a medicine of two groups shows both."""
    said = [text for group in groups for text in (group.effect, group.conflict) if text]
    sources = [group.source for group in groups]
    return Basis(
        " ".join(dict.fromkeys(said)),
        "; ".join(dict.fromkeys([*sources, protocol.reference])),
        any(is_awaiting(facts, group) for group in groups),
    )


def washouts(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """What the protocol refuses for some hours after it was last taken; nothing is stopped here."""
    routes = planned_routes(facts)
    found = []
    for medicine in facts.medications:
        waits = [g for g in _groups(protocol, medicine) if _waits(g, routes)]
        if waits:
            longest = max(waits, key=lambda g: g.refuse_within_hours or 0)
            found.append(_washout(facts, protocol, medicine, longest))
    return tuple(found)


def _waits(group: MedicationGroup, routes: tuple[Route, ...]) -> bool:
    """Whether the hours of this group count for what is planned; without a plan they do."""
    if group.refuse_within_hours is None:
        return False
    named = set(group.refuse_routes)
    return not named or not routes or any(route.value in named for route in routes)


def _washout(
    facts: Facts, protocol: Protocol, medicine: Medication, group: MedicationGroup
) -> Finding:
    hours = group.refuse_within_hours or 0
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
