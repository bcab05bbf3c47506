"""Every answer the core gives is one of these values, with its reason beside it.

Read this file first. A gate returns a `Decision`; a decision is a list of `Finding`s; a finding
has a `Code` from a closed list, and each code has one plain sentence, an urgency and a remedy in
`core/codes.py`. The page for "yes" and the page for "no" are the same list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from holdspace.core.codes import Code
from holdspace.core.insist import Timed, insist


class Verdict(StrEnum):
    """What one rule says about one piece of evidence."""

    PASS = "pass"
    NOTE = "note"  # shown, passes
    HOLD = "hold"  # the door is held until a named role records a plan or a clearance
    FAIL = "fail"
    UNKNOWN = "unknown"  # missing, stale, from the future, unreadable: "measure", not "stop"


WEIGHT = {
    Verdict.FAIL: 0,
    Verdict.UNKNOWN: 1,
    Verdict.HOLD: 2,
    Verdict.NOTE: 3,
    Verdict.PASS: 4,
}


class Door(StrEnum):
    """The doors of a course of treatment, in the order in which a person meets them."""

    OPEN_COURSE = "open_course"
    CLEAR_FOR_MEDICINE = "clear_for_medicine"
    BEGIN_PREPARATION = "begin_preparation"
    OPEN_SESSION = "open_session"
    GIVE_DOSE = "give_dose"
    FURTHER_DOSE = "further_dose"
    DISCHARGE = "discharge"
    NEXT_SESSION = "next_session"
    CLOSE_COURSE = "close_course"


class ReliefKind(StrEnum):
    """A waiver answers a measured fail; a plan (or a specialist's clearance) answers a hold."""

    WAIVER = "waiver"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Relief(Timed):
    """A signed, stored exception: bound to one code, one subject, one value and one limit.

    `session` is empty for a relief that holds for the whole course. `letter` names the letter of
    an outside specialist that a plan rests on. There is no way to relieve `unknown`, and none to
    relieve a hard limit; `core/reliefs.py` says when a relief counts.
    """

    id: str
    kind: ReliefKind
    code: Code
    subject: str
    value: Decimal | None
    limit: Decimal | None
    session: str
    by: str
    by_role: str
    second_by: str
    reason: str
    at: datetime
    expires_at: datetime
    letter: str = ""


@dataclass(frozen=True, slots=True)
class Finding(Timed):
    """One rule's answer: what was asked, what was seen, by which rule, on whose authority.

    `value` and `limit` are set where the evidence is a measured number, so that a waiver can be
    bound to them; `worse` says in which direction a newer value is worse. `relievable_by` lists
    the roles that may answer this finding; empty means nobody (a hard limit, or missing data).
    `second_signer` lists the roles of which a second person must sign as well; `specialty` is the
    opinion that the answer must rest on; `since` is when the answer was given that a plan is for.
    """

    code: Code
    verdict: Verdict
    evidence: str
    rule: str
    source: str
    subject: str = ""
    value: Decimal | None = None
    limit: Decimal | None = None
    worse: str = ""  # "higher" | "lower" | ""
    relievable_by: tuple[str, ...] = ()
    awaiting_signature: bool = False
    ask_again_on: str = ""  # a date or time from which it may be asked again, in plain words
    relief: Relief | None = None
    second_signer: tuple[str, ...] = ()
    specialty: str = ""
    since: datetime | None = None

    def __post_init__(self) -> None:
        Timed.__post_init__(self)
        explained = self.evidence and self.rule and self.source
        insist(explained, f"{self.code}: a finding explains itself")
        insist(self.worse in ("", "higher", "lower"), f"{self.code}: worse is higher or lower")
        measured = self.verdict is not Verdict.UNKNOWN
        answerable = measured or not self.relievable_by
        insist(answerable, f"{self.code}: nobody can waive what was not measured")

    @property
    def passes(self) -> bool:
        """Whether this finding lets the door open."""
        if self.verdict in (Verdict.PASS, Verdict.NOTE):
            return True
        return self.verdict is not Verdict.UNKNOWN and self.relief is not None


@dataclass(frozen=True, slots=True)
class Decision(Timed):
    """The answer at one door at one time; `facts` is the digest of everything it was told."""

    door: Door
    decided_at: datetime
    facts: str
    protocol: str
    protocol_digest: str
    program_version: str
    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        Timed.__post_init__(self)
        insist(self.findings, "a door without a rule would let everyone through")

    @property
    def allowed(self) -> bool:
        return all(finding.passes for finding in self.findings)

    @property
    def stops(self) -> tuple[Finding, ...]:
        """The findings that keep the door shut, the most limiting first."""
        return tuple(finding for finding in self.by_weight if not finding.passes)

    @property
    def by_weight(self) -> tuple[Finding, ...]:
        """All findings: what stops, what is missing, what is held, what to know, what passed.

        Within one weight the declared order of the rules stands (the sort is stable).
        """
        return tuple(sorted(self.findings, key=lambda f: (f.passes, WEIGHT[f.verdict])))

    @property
    def most_limiting(self) -> Finding | None:
        stops = self.stops
        return stops[0] if stops else None
