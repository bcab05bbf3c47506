"""A charted reading whose signed step names somebody to tell stays open until they were told."""

from __future__ import annotations

from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.evidence import Basis, clock
from holdspace.core.facts import Facts
from holdspace.core.observing import limit_words, step_for
from holdspace.core.protocol_model import Protocol, Step
from holdspace.core.units import KINDS, Observation


def readings_told(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Every reading of this session whose step says "tell" has its "who was told, and when".

    Counted from the first dose, like the steps on the session page. A later telling about the
    same kind answers the earlier ones too: one call is enough for a value that was repeated.
    Only bands by their own number count; a rise over baseline asks for a repeat and names nobody.
    """
    given = facts.doses_of(facts.session)
    since = given[0].given_at if given else facts.now
    open_ones = [
        (reading, step)
        for reading in facts.observations
        if reading.session == facts.session and since <= reading.taken_at <= facts.now
        if (step := step_for(protocol, reading, {})) is not None
        if step.tell and not _answered(facts, reading)
    ]
    if not open_ones:
        basis = Basis("whoever the signed step names was told", "clinic's signed steps (9)")
        return (basis.says(Code.READING_NOT_TOLD, Verdict.PASS, "nobody is waiting to be told"),)
    return tuple(_open(facts, protocol, reading, step) for reading, step in open_ones)


def _answered(facts: Facts, reading: Observation) -> bool:
    kinds = {o.id: o.kind for o in facts.observations}
    return any(
        told.observation == reading.id
        or (kinds.get(told.observation) is reading.kind and told.at >= reading.taken_at)
        for told in facts.told
    )


def _open(facts: Facts, protocol: Protocol, reading: Observation, step: Step) -> Finding:
    role = step.tell.replace("_", " ")
    unsigned = step.awaiting_signature and not facts.clinic.protocol_signed_by_director
    basis = Basis(
        f"{limit_words(step)}: the {role} is told, and it is written down", step.source, unsigned
    )
    return basis.says(
        Code.READING_NOT_TOLD,
        Verdict.UNKNOWN,
        f"{KINDS[reading.kind].label} {reading.text} at {clock(facts, reading.taken_at)}: "
        f"nobody has written that the {role} was told",
        subject=reading.id,
    )
