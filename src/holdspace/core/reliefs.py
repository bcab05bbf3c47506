"""An exception answers a finding only while its signers, its value and its evidence still stand.

The record keeps every waiver and plan for ever; whether one still counts is asked anew at each
door, of the people who work here now and of what was charted since.
"""

from __future__ import annotations

from dataclasses import replace

from holdspace.core.authority import holds_specialty, practises_as
from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Relief, ReliefKind, Verdict
from holdspace.core.facts import DocumentKind, Facts, Role
from holdspace.core.units import Kind

ANSWERED_BY = {Verdict.FAIL: ReliefKind.WAIVER, Verdict.HOLD: ReliefKind.PLAN}

# What was measured when a code is waived: a waiver of anything that is not here never counts.
MEASURED = {
    Code.BP_SYSTOLIC_HIGH: Kind.SYSTOLIC,
    Code.BP_DIASTOLIC_HIGH: Kind.DIASTOLIC,
    Code.HEART_RATE_OUTSIDE: Kind.HEART_RATE,
    Code.OXYGEN_SATURATION_LOW: Kind.SPO2,
    Code.BREATHING_RATE_OUTSIDE: Kind.RESPIRATORY_RATE,
    Code.TEMPERATURE_HIGH: Kind.TEMPERATURE,
}

# Holds about one day: a plan that names no session does not answer them on another.
OF_ONE_DAY = frozenset({Code.BASELINE_MISSING})

# Who may be the second signer of a medical exception. A therapist never is.
SECOND_SIGNERS = (Role.PRESCRIBER, Role.SESSION_CLINICIAN)


def relieve(finding: Finding, facts: Facts) -> Finding:
    """Attach the newest relief on file that answers this finding, if there is one.

    A waiver answers a measured fail of one session while the value is no worse than the one it
    was given for and the limit is unchanged; a plan answers a hold while its number is no worse
    and its question was not answered anew. Both end at their expiry and with their signers.
    """
    wanted = ANSWERED_BY.get(finding.verdict)
    if wanted is None or not finding.relievable_by:
        return finding
    for relief in sorted(facts.reliefs, key=lambda r: r.at, reverse=True):
        if relief.kind is wanted and _answers(relief, finding, facts):
            return replace(finding, relief=relief)
    return finding


def _answers(relief: Relief, finding: Finding, facts: Facts) -> bool:
    return (
        (relief.code, relief.subject) == (finding.code, finding.subject)
        and relief.at <= facts.now < relief.expires_at
        and bool(relief.reason.strip())
        and _is_of_this_session(relief, facts)
        and _is_no_worse(relief, finding)
        and _was_seen_before(relief, finding, facts)
        and _is_signed(relief, finding, facts)
        and rests_on_opinion(finding, facts, by=relief.by, letter=relief.letter)
    )


def _is_of_this_session(relief: Relief, facts: Facts) -> bool:
    """A waiver belongs to one session, named on it; a plan may hold for the whole course."""
    if relief.kind is ReliefKind.PLAN and relief.code not in OF_ONE_DAY and not relief.session:
        return True
    return relief.session == facts.session != ""


def _is_no_worse(relief: Relief, finding: Finding) -> bool:
    """A number answers only a number, and only one that is no worse, against the same limit."""
    if finding.value is None and finding.verdict is Verdict.HOLD:
        return True
    if relief.value is None or finding.value is None or relief.limit != finding.limit:
        return False
    if finding.worse == "higher":
        return finding.value <= relief.value
    if finding.worse == "lower":
        return finding.value >= relief.value
    return finding.value == relief.value


def _was_seen_before(relief: Relief, finding: Finding, facts: Facts) -> bool:
    """Nobody signs an exception in advance: first the evidence, then the answer to it."""
    if finding.since is not None and relief.at < finding.since:
        return False
    if relief.kind is ReliefKind.PLAN:
        return True
    kind = MEASURED.get(finding.code)
    readings = facts.all_of(kind) if kind is not None else ()
    return any(o.value == relief.value and o.taken_at <= relief.at for o in readings)


def _is_signed(relief: Relief, finding: Finding, facts: Facts) -> bool:
    """By somebody who holds the role they signed under, and a second where one is asked for."""
    if relief.by_role not in finding.relievable_by:
        return False
    if not practises_as(facts, relief.by, Role(relief.by_role)):
        return False
    if not relief.second_by:
        return not finding.second_signer
    return relief.second_by != relief.by and may_second(finding, facts, relief.second_by)


def may_second(finding: Finding, facts: Facts, who: str) -> bool:
    """Whether this member may be the second signer of this finding's exception."""
    asked = tuple(Role(name) for name in finding.second_signer) or SECOND_SIGNERS
    allowed = [role for role in asked if role in SECOND_SIGNERS]
    is_therapist = facts.course is not None and who == facts.course.therapist
    return not is_therapist and any(practises_as(facts, who, role) for role in allowed)


def rests_on_opinion(finding: Finding, facts: Facts, *, by: str, letter: str) -> bool:
    """Where a specialist's opinion is asked for: the signer's own specialty, or a letter on file.

    The letter is a signed OUTSIDE_LETTER of this course, no older than the answer it is about and
    not withdrawn. One that was struck, or amended since, is not among the facts: a plan that names
    it ends with it, whoever signed the plan.
    """
    if letter:
        return _stands(finding, facts, letter)
    return not finding.specialty or holds_specialty(facts, by, finding.specialty)


def _stands(finding: Finding, facts: Facts, letter: str) -> bool:
    return any(
        paper.id == letter
        and paper.kind is DocumentKind.OUTSIDE_LETTER
        and paper.signed_at <= facts.now
        and (finding.since is None or paper.signed_at >= finding.since)
        and not (paper.withdrawn_at and paper.withdrawn_at <= facts.now)
        for paper in facts.documents
    )
