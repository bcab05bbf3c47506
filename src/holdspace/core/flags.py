"""A red flag ends when a clinician who did not chart it has looked and signed, and not before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from holdspace.core.authority import PROFESSIONS
from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.evidence import Basis, clock, is_future, shown
from holdspace.core.facts import Facts, FlagReview, Role
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import Kind

RED_FLAG = Basis(
    "every red-flag symptom (chest pain, breathlessness, sudden severe headache, change of vision, "
    "seizure, reduced consciousness, new weakness) was reviewed and signed by a clinician who did "
    "not chart it",
    "esketamine US label 5.6; the clinic's review policy",
)
MAY_REVIEW = (Role.PRESCRIBER, Role.SESSION_CLINICIAN, Role.MEDICAL_DIRECTOR)


@dataclass(frozen=True, slots=True)
class Flag:
    """One red flag, wherever it was written down: as a charted symptom or as an adverse event."""

    id: str
    at: datetime
    by: str
    said: str


def flags(facts: Facts) -> tuple[Flag, ...]:
    """Every red flag of this person on file, oldest first, reviewed or not."""
    charted = [
        Flag(o.id, o.taken_at, o.by, shown(facts, o))
        for o in facts.all_of(Kind.RED_FLAG_SYMPTOM)
        if o.value is True
    ]
    events = [
        Flag(e.id, e.at, e.charted_by, f"{e.term}, {clock(facts, e.at)}")
        for e in facts.adverse_events
        if e.red_flag
    ]
    return tuple(sorted(charted + events, key=lambda flag: flag.at))


def open_flags(facts: Facts) -> tuple[Flag, ...]:
    """The flags that nobody who may has reviewed; charting "no" afterwards reviews nothing."""
    return tuple(
        flag for flag in flags(facts) if not any(ends(r, flag, facts) for r in facts.flag_reviews)
    )


def ends(review: FlagReview, flag: Flag, facts: Facts) -> bool:
    """Whether a signed review ends a flag: later, by a clinician who did not chart it."""
    may = any(
        role in review.roles and review.discipline in PROFESSIONS[role] for role in MAY_REVIEW
    )
    in_order = flag.at <= review.at <= facts.now
    return review.what == flag.id and in_order and may and review.by not in ("", flag.by)


def red_flags(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A red flag stays, on whatever day it was, until a clinician's signed review ends it."""
    code, found, still = Code.RED_FLAG_OPEN, flags(facts), open_flags(facts)
    if still:
        return tuple(
            RED_FLAG.says(code, Verdict.FAIL, f"{f.said}: not reviewed", subject=f.id)
            for f in still
        )
    newest = facts.latest(Kind.RED_FLAG_SYMPTOM)
    if newest is not None and is_future(facts, protocol, newest.taken_at):
        evidence = f"{shown(facts, newest)}: in the future"
        return (RED_FLAG.says(code, Verdict.UNKNOWN, evidence),)
    evidence = f"{len(found)} charted, all reviewed" if found else "none charted"
    return (RED_FLAG.says(code, Verdict.PASS, evidence),)
