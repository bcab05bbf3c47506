"""A paper counts while it is in force and was signed in a profession that may sign it."""

from __future__ import annotations

from holdspace.core.authority import PRESCRIBERS, PROFESSIONS
from holdspace.core.decision import Verdict
from holdspace.core.evidence import clock, is_future
from holdspace.core.facts import PHYSICIANS, Discipline, Document, DocumentKind, Facts, Role
from holdspace.core.protocol_model import Protocol

# Other papers are signed by anybody of the staff whose page they are.
SIGNERS: dict[DocumentKind, frozenset[Discipline]] = {
    DocumentKind.MEDICAL_EVALUATION: PRESCRIBERS,
    DocumentKind.MENTAL_HEALTH_ASSESSMENT: PROFESSIONS[Role.THERAPIST],
}


def is_ahead(facts: Facts, protocol: Protocol, paper: Document) -> str:
    """Words for a paper dated further ahead than a clock may be off; empty for every other."""
    if not is_future(facts, protocol, paper.signed_at):
        return ""
    return f"dated {clock(facts, paper.signed_at)}, which is in the future"


def in_force(facts: Facts, protocol: Protocol, paper: Document | None) -> bool:
    """Signed by now, neither withdrawn nor past the end that is printed on it."""
    if paper is None or is_ahead(facts, protocol, paper) or not paper.signed_by:
        return False
    ends = (paper.withdrawn_at, paper.expires_at)
    return all(end is None or facts.now < end for end in ends)


def signers_of(kind: DocumentKind, protocol: Protocol) -> frozenset[Discipline] | None:
    """The professions that may sign this kind of paper; None: no profession is asked for."""
    if kind is DocumentKind.CLEARANCE:
        return PHYSICIANS if protocol.flag("clearance.evaluator_is_physician") else PRESCRIBERS
    return SIGNERS.get(kind)


def standing(facts: Facts, protocol: Protocol, paper: Document) -> tuple[Verdict, str]:
    """Whether a paper on file counts now, and in words when and by whom it was signed."""
    if ahead := is_ahead(facts, protocol, paper):
        return Verdict.UNKNOWN, ahead
    signed = f"signed {clock(facts, paper.signed_at)}"
    if paper.withdrawn_at is not None and paper.withdrawn_at <= facts.now:
        return Verdict.UNKNOWN, f"{signed}, withdrawn"
    if not in_force(facts, protocol, paper):
        return Verdict.UNKNOWN, f"{signed}, not in force"
    fitting, discipline = signers_of(paper.kind, protocol), paper.signer_discipline
    if fitting is None:
        return Verdict.PASS, signed
    if discipline is None:
        return Verdict.UNKNOWN, f"{signed}; the signer's profession is not recorded"
    if discipline in fitting:
        return Verdict.PASS, signed
    wanted = ", ".join(d.value for d in Discipline if d in fitting)
    return Verdict.FAIL, f"{signed} by a {discipline.value}, not by a {wanted}"
