"""What the diagnoses on file answer, and those that only a reader can weigh."""

from __future__ import annotations

from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.diagnoses import NOT_MAPPED, Diagnosis, latest_onset, questions_of
from holdspace.core.evidence import Basis, clock
from holdspace.core.facts import Answer, AskedIn, Condition, DocumentKind, Facts
from holdspace.core.protocol_model import Protocol

RULE = "a diagnosis answers a question of the protocol by its code, or is reviewed by hand"


def as_answers(facts: Facts, protocol: Protocol) -> dict[str, tuple[Condition, ...]]:
    """A "yes" to each question that lists the code of a diagnosis, unless that is over.

    What is resolved the physician weighs in the history: some questions ask about now.
    """
    found: dict[str, tuple[Condition, ...]] = {}
    for row in facts.diagnoses:
        for key in questions_of(row.icd10, protocol) if not row.is_over else ():
            found[key] = (*found.get(key, ()), _answer(facts, key, row))
    return found


def _answer(facts: Facts, key: str, row: Diagnosis) -> Condition:
    said_on = row.at.astimezone(facts.clinic.zone).date()
    on, where = latest_onset(row, said_on), AskedIn.DIAGNOSES
    return Condition(key, Answer.YES, row.at, row.by, on, row.words, row.icd10, row.since, where)


def name_of(row: Diagnosis) -> str:
    return f"{row.words} ({row.icd10})" if row.icd10 else row.words


def by_hand(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """At the assessment: what answers no question is shown to whoever signs the list."""
    basis, code = Basis(RULE, protocol.reference), Code.DIAGNOSIS_NOT_MAPPED
    rows = _not_mapped(facts, protocol)
    if not rows:
        evidence = f"{len(facts.diagnoses)} on file, none left over"
        return (basis.says(code, Verdict.PASS, evidence),)
    return tuple(basis.says(code, Verdict.NOTE, _said(facts, row), subject=row.id) for row in rows)


def by_hand_since(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """At a later door: one that the clearance did not know waits for the prescriber's look."""
    basis, code = Basis(f"{RULE}, when it is new", protocol.reference), Code.DIAGNOSIS_NOT_MAPPED
    paper = facts.document(DocumentKind.CLEARANCE)
    rows = _not_mapped(facts, protocol)
    new = [row for row in rows if paper is None or (row.since or row.at) >= paper.signed_at]
    if not new:
        return (basis.says(code, Verdict.PASS, "none since the clearance"),)
    return tuple(
        basis.held(code, _said(facts, row), ("prescriber",), row.id, since=row.at) for row in new
    )


def _not_mapped(facts: Facts, protocol: Protocol) -> list[Diagnosis]:
    return [row for row in facts.diagnoses if not questions_of(row.icd10, protocol)]


def _said(facts: Facts, row: Diagnosis) -> str:
    return f"{name_of(row)}, {row.status.value}, said {clock(facts, row.at)}: {NOT_MAPPED}"
