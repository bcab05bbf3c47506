"""Nobody reaches the medicine before a physician and a therapist have looked and measured."""

from __future__ import annotations

from datetime import timedelta

from holdspace.core import limits
from holdspace.core.codes import Code
from holdspace.core.course import full_years
from holdspace.core.decision import Finding, Verdict
from holdspace.core.evidence import (
    Basis,
    Bound,
    based,
    clock,
    day,
    lower,
    seen,
    shown,
    span,
    stricter_max,
    upper,
)
from holdspace.core.facts import Document, DocumentKind, Facts, Recommendation
from holdspace.core.investigations import Investigation, InvestigationKind
from holdspace.core.papers import in_force, is_ahead, standing
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import Kind, Observation, body_mass_index

RESTING_TOGETHER = timedelta(hours=24)  # readings of one day; none of them is chosen
RISK = Basis("no open task about this person's safety", "the clinic's risk steps")
STANDS = Basis(
    "the evaluation and the assessment behind the clearance still stand", "the clinic's promise"
)
CONDITIONAL = Basis(
    "what the therapist asks for stands in the assessment; the prescriber plans how it is met",
    "the clinic's promise",
)
SAYS_YES = (Recommendation.SUITABLE, Recommendation.SUITABLE_WITH)
SAYS_NO = (Recommendation.NOT_NOW, Recommendation.NOT_FOR_US, Recommendation.NOT_SUITABLE)
ITEM_9 = Basis("PHQ-9 item 9 above 0 asks for a suicide-risk screen after it", "PHQ-9 item 9; ASQ")


# --- documents of the assessment ----------------------------------------------------------------


def evaluation(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A signed medical evaluation, new enough, made with the person in the room."""
    days = protocol.whole("clearance.valid_days")
    basis = based(facts, protocol, "clearance.valid_days", f"signed, ≤ {days} days old")
    paper = facts.document(DocumentKind.MEDICAL_EVALUATION)
    code = Code.EVALUATION_MISSING
    if paper is None:
        return (basis.says(code, Verdict.UNKNOWN, "no medical evaluation on file"),)
    stands, signed = standing(facts, protocol, paper)
    fresh = facts.now - paper.signed_at <= timedelta(days=days)
    verdict = stands if fresh or stands is not Verdict.PASS else Verdict.UNKNOWN
    found = basis.says(code, verdict, signed)
    return (found, _in_person(facts, protocol, paper.in_person))


def _in_person(facts: Facts, protocol: Protocol, in_person: bool | None) -> Finding:
    rule = "the person was evaluated in person"
    basis = based(facts, protocol, "clearance.in_person_required", rule)
    charted = seen(facts, protocol, Kind.IN_PERSON_EVALUATION).newest
    if in_person is None and charted is not None:
        in_person = charted.value is True
    verdict = {None: Verdict.UNKNOWN, True: Verdict.PASS, False: Verdict.FAIL}[in_person]
    evidence = {None: "not recorded", True: "in person", False: "at a distance only"}[in_person]
    return basis.says(Code.EVALUATION_NOT_IN_PERSON, verdict, evidence)


def assessment(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A signed mental-health assessment that came to "suitable"."""
    days = protocol.whole("clearance.valid_days")
    rule = f"signed, ≤ {days} days old, with the conclusion “suitable”"
    basis = based(facts, protocol, "clearance.valid_days", rule)
    paper = facts.document(DocumentKind.MENTAL_HEALTH_ASSESSMENT)
    if paper is None:
        return (basis.says(Code.ASSESSMENT_MISSING, Verdict.UNKNOWN, "no assessment on file"),)
    stands, signed = standing(facts, protocol, paper)
    signed = f"{signed}: {paper.verdict.replace('_', ' ') or '-'}"
    if paper.verdict in SAYS_NO:
        return (basis.says(Code.ASSESSMENT_NOT_SUITABLE, Verdict.FAIL, signed),)
    if stands is not Verdict.PASS:
        return (basis.says(Code.ASSESSMENT_MISSING, stands, signed),)
    fresh = facts.now - paper.signed_at <= timedelta(days=days)
    verdict = Verdict.PASS if fresh and paper.verdict in SAYS_YES else Verdict.UNKNOWN
    found = basis.says(Code.ASSESSMENT_MISSING, verdict, signed)
    return (found, *_condition(paper, signed))


def _condition(paper: Document, evidence: str) -> tuple[Finding, ...]:
    """A condition that the therapist named stands until the prescriber planned how it is met."""
    if paper.verdict != Recommendation.SUITABLE_WITH:
        return ()
    code, by = Code.ASSESSMENT_WITH_CONDITION, ("prescriber",)
    return (CONDITIONAL.held(code, evidence, by, paper.id, since=paper.signed_at),)


def conclusions_still(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """At a later door: neither conclusion was withdrawn or turned since the clearance.

    A condition is answered by a plan at every door. How old the two may be is the clearance's
    business.
    """
    assessed = facts.document(DocumentKind.MENTAL_HEALTH_ASSESSMENT)
    evaluated = facts.document(DocumentKind.MEDICAL_EVALUATION)
    found: list[Finding] = []
    if assessed is not None:
        said = assessed.verdict.replace("_", " ") or "without a conclusion"
        evidence = f"signed {clock(facts, assessed.signed_at)}: {said}"
        found.extend(_condition(assessed, evidence))
        if assessed.verdict in SAYS_NO:
            found.append(STANDS.says(Code.ASSESSMENT_NOT_SUITABLE, Verdict.FAIL, evidence))
        elif assessed.verdict not in SAYS_YES:
            found.append(STANDS.says(Code.ASSESSMENT_MISSING, Verdict.UNKNOWN, evidence))
    for paper, code in ((assessed, Code.ASSESSMENT_MISSING), (evaluated, Code.EVALUATION_MISSING)):
        stands = (Verdict.UNKNOWN, "none on file")
        found.append(STANDS.says(code, *(standing(facts, protocol, paper) if paper else stands)))
    return tuple(found)


def investigations(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """ECG and laboratory, where the protocol asks everybody for them."""
    return tuple(
        _investigation(facts, protocol, name, kind, row)
        for name, kind, row in (
            ("ecg", DocumentKind.ECG, InvestigationKind.ECG),
            ("laboratory", DocumentKind.LABORATORY_REPORT, InvestigationKind.LABORATORY),
        )
    )


def _investigation(
    facts: Facts, protocol: Protocol, name: str, kind: DocumentKind, of: InvestigationKind
) -> Finding:
    """A result counts from the day it was taken, a paper from the day it was signed."""
    code, wanted = Code.INVESTIGATION_MISSING, protocol.flag(f"screening.{name}_required")
    days = protocol.whole(f"screening.{name}_age_days_max")
    rule = f"≤ {days} days old" if wanted else "the protocol does not ask everybody for it"
    basis = based(facts, protocol, f"screening.{name}_required", rule)
    label = "ECG" if name == "ecg" else "laboratory report"
    rows, paper = facts.investigations_of(of), facts.document(kind)
    stands = paper if paper and in_force(facts, protocol, paper) else None
    if ahead := _ahead(facts, protocol, paper, rows):
        return basis.says(code, Verdict.UNKNOWN, f"no {label} that counts: {ahead}", subject=name)
    if stands is None and not rows:
        verdict = Verdict.UNKNOWN if wanted else Verdict.NOTE
        why = "on file" if paper is None else "in force: the newest was withdrawn or has ended"
        return basis.says(code, verdict, f"no {label} {why}", subject=name)
    fresh, evidence = False, []
    if rows:
        fresh = (facts.today - rows[-1].taken_on).days <= days
        evidence = [f"{rows[-1].title} taken {day(rows[-1].taken_on)}: {rows[-1].text}"]
    if stands is not None:
        fresh = fresh or facts.now - stands.signed_at <= timedelta(days=days)
        evidence.append(f"{label} of {clock(facts, stands.signed_at)}")
    verdict = Verdict.UNKNOWN if wanted and not fresh else Verdict.PASS
    return basis.says(code, verdict, "; ".join(evidence), subject=name)


def _ahead(
    facts: Facts, protocol: Protocol, paper: Document | None, rows: tuple[Investigation, ...]
) -> str:
    """Why the newest cannot count, where it is dated ahead; empty otherwise."""
    if rows and rows[-1].taken_on > facts.today:
        return f"taken {day(rows[-1].taken_on)}, which is in the future"
    return is_ahead(facts, protocol, paper) if paper else ""


# --- measured at the assessment -----------------------------------------------------------------


def resting_pressure(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Hypertension is controlled: the highest of the newest resting readings is under the limit."""
    age = protocol.span("screening.resting_bp_age_days_max")
    found = []
    for kind, name, hard in (
        (Kind.SYSTOLIC, "systolic", limits.RESTING_SYSTOLIC_MMHG_MAX),
        (Kind.DIASTOLIC, "diastolic", limits.RESTING_DIASTOLIC_MMHG_MAX),
    ):
        bound = stricter_max(facts, protocol, f"screening.resting_{name}_mmhg_max", hard)
        found.append(_resting(facts, protocol, kind, bound, age))
    return tuple(found)


def _resting(facts: Facts, protocol: Protocol, kind: Kind, bound: Bound, age: timedelta) -> Finding:
    """The highest counts of all that were read on the last day; one alone asks for a second."""
    code, looked = Code.RESTING_PRESSURE_NOT_CONTROLLED, seen(facts, protocol, kind, age=age)
    if looked.newest is None:
        return bound.says(code, Verdict.UNKNOWN, f"{kind}: {looked.problem}", None, subject=kind)
    from_then = looked.newest.taken_at - RESTING_TOGETHER
    together = tuple(o for o in looked.recent if o.taken_at > from_then)
    worst = bound.worst(together)
    evidence = f"{kind} {shown(facts, worst)}, the highest of {len(together)}"
    if not bound.outside(worst.number):
        return bound.says(code, Verdict.PASS, evidence, worst.number, subject=kind)
    if len(together) < 2:
        evidence = f"{kind} {shown(facts, worst)}; one reading alone: measure again"
        return bound.says(code, Verdict.UNKNOWN, evidence, worst.number, subject=kind)
    return bound.says(code, Verdict.FAIL, evidence, worst.number, subject=kind)


def body_mass(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Body mass index from measured weight and height."""
    bound = upper(facts, protocol, "screening.bmi_kg_m2_max")
    age = protocol.span("clearance.valid_days")
    weight = seen(facts, protocol, Kind.WEIGHT, age=age)
    height = seen(facts, protocol, Kind.HEIGHT)
    if weight.newest is None or height.newest is None:
        problem = f"weight: {weight.problem}" if weight.problem else f"height: {height.problem}"
        return (bound.says(Code.BODY_MASS_HIGH, Verdict.UNKNOWN, problem, None),)
    index = body_mass_index(weight.newest.number, height.newest.number)
    evidence = f"{index} kg/m2 ({weight.newest.text}, {height.newest.text})"
    verdict = Verdict.HOLD if bound.outside(index) else Verdict.PASS
    return (bound.says(Code.BODY_MASS_HIGH, verdict, evidence, index),)


def sleep_apnoea(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """STOP-BANG is asked where the body mass waits for a plan; a high score waits for one too."""
    path, code = "screening.stop_bang_min", Code.CLEARANCE_NEEDED
    bound = lower(facts, protocol, path)
    basis = based(facts, protocol, path, f"STOP-BANG < {bound.limit} where the body mass is high")
    age = protocol.span("clearance.valid_days")
    looked = seen(facts, protocol, Kind.STOP_BANG, age=age)
    newest = looked.newest
    if newest is None:
        (mass,) = body_mass(facts, protocol)
        is_wanted = mass.verdict is Verdict.HOLD and bool(mass.relievable_by)
        verdict = Verdict.UNKNOWN if is_wanted or looked.is_unusable else Verdict.PASS
        why = looked.problem if is_wanted else "not needed at this body mass"
        return (basis.says(code, verdict, f"STOP-BANG: {why}", subject=Kind.STOP_BANG),)
    evidence = f"STOP-BANG {shown(facts, newest)}"
    if newest.number >= bound.limit:
        by = bound.roles or ("prescriber",)
        return (basis.held(code, evidence, by, newest.id, second=bound.second),)
    return (basis.says(code, Verdict.PASS, evidence, subject=Kind.STOP_BANG),)


def older_age(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """From a certain age on the prescriber records a plan before the medicine."""
    bound = lower(facts, protocol, "screening.age_years_plan_from")
    basis = Basis(
        f"from {bound.limit} years on: the prescriber's plan",
        bound.basis.source,
        bound.basis.awaiting,
    )
    birth = facts.person.birth_date
    if birth is None:
        return (basis.says(Code.CLEARANCE_NEEDED, Verdict.UNKNOWN, "age not known", subject="age"),)
    years = full_years(birth, facts.today)
    if years >= bound.limit:
        by = bound.roles or ("prescriber",)
        held = basis.held(Code.CLEARANCE_NEEDED, f"{years} years", by, "age", second=bound.second)
        return (held,)
    return (basis.says(Code.CLEARANCE_NEEDED, Verdict.PASS, f"{years} years", subject="age"),)


# --- risk ---------------------------------------------------------------------------------------


def suicide_screen(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A suicide-risk screen, new enough for the assessment."""
    age = protocol.span("screening.suicide_screen_age_days_max")
    return suicide_screen_within(facts, protocol, "screening.suicide_screen_age_days_max", age)


def suicide_screen_within(
    facts: Facts, protocol: Protocol, path: str, age: timedelta
) -> tuple[Finding, ...]:
    """Negative passes; non-acute waits for a plan bound to this very screen; acute refuses."""
    basis = based(facts, protocol, path, f"a negative screen, ≤ {span(age)} old")
    looked = seen(facts, protocol, Kind.SUICIDE_SCREEN, age=age)
    return (screened(facts, protocol, looked.newest, looked.problem, basis),)


def screened(
    facts: Facts,
    protocol: Protocol,
    screen: Observation | None,
    problem: str,
    basis: Basis,
) -> Finding:
    if screen is None:
        return basis.says(Code.SUICIDE_SCREEN_MISSING, Verdict.UNKNOWN, problem)
    item = [o for o in facts.observations if o.kind is Kind.PHQ9_ITEM_9]
    worry = [o for o in item if o.number > 0 and o.taken_at > screen.taken_at]
    if worry:
        evidence = f"PHQ-9 item 9: {shown(facts, worry[-1])}, newer than the screen"
        return ITEM_9.says(Code.SUICIDE_SCREEN_MISSING, Verdict.UNKNOWN, evidence)
    evidence = shown(facts, screen)
    if screen.value == "negative":
        return basis.says(Code.SUICIDE_SCREEN_POSITIVE, Verdict.PASS, evidence)
    if screen.value == "acute_positive":
        return basis.says(Code.SUICIDE_SCREEN_POSITIVE, Verdict.FAIL, evidence)
    code = Code.SUICIDE_SCREEN_POSITIVE
    return basis.held(code, evidence, ("prescriber",), screen.id)


def risk_tasks(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """No task that holds the next door is open; a task is finished, never waived."""
    held = [t for t in facts.tasks if t.holds and t.closed_at is None]
    if not held:
        return (RISK.says(Code.RISK_TASK_OPEN, Verdict.PASS, "none open"),)
    return tuple(
        RISK.held(Code.RISK_TASK_OPEN, f"since {clock(facts, t.opened_at)}", (), t.id) for t in held
    )
