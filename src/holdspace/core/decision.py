"""Every answer the core gives is one of these values, with its reason beside it.

Read this file first. A gate returns a `Decision`; a decision is a list of `Finding`s; a finding
has a `Code` from a closed list, and each code has one plain sentence, an urgency and a remedy in
`core/codes.py`. The page for "yes" and the page for "no" are the same list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from holdspace.core.codes import Code


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
class Relief:
    """A signed, stored exception: bound to one code, one subject, one value and one limit.

    `session` is empty for a relief that holds for the whole course. There is no way to relieve
    `unknown`, and none to relieve a hard limit.
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


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's answer: what was asked, what was seen, by which rule, on whose authority.

    `value` and `limit` are set where the evidence is a measured number, so that a waiver can be
    bound to them; `worse` says in which direction a newer value is worse. `relievable_by` lists
    the roles that may answer this finding; empty means nobody (a hard limit, or missing data).
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

    def __post_init__(self) -> None:
        explained = self.evidence and self.rule and self.source
        assert explained, f"{self.code}: a finding explains itself"
        assert self.worse in ("", "higher", "lower")
        if self.verdict is Verdict.UNKNOWN:
            assert not self.relievable_by, f"{self.code}: nobody can waive what was not measured"

    @property
    def passes(self) -> bool:
        """Whether this finding lets the door open."""
        if self.verdict in (Verdict.PASS, Verdict.NOTE):
            return True
        return self.verdict is not Verdict.UNKNOWN and self.relief is not None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer at one door at one time; `facts` is the digest of everything it was told."""

    door: Door
    decided_at: datetime
    facts: str
    protocol: str
    protocol_digest: str
    program_version: str
    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        assert self.findings, "a door without a rule would let everyone through"

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


def relieve(finding: Finding, reliefs: tuple[Relief, ...], session: str, now: datetime) -> Finding:
    """Attach the relief that answers this finding, if a valid one is on file.

    A waiver answers a measured fail only while the value is no worse than the one it was given
    for and the limit is unchanged; a plan answers a hold of the same code and subject. Both end
    at their expiry, belong to the session they name, and must come from a role that may give it.
    """
    wanted = {Verdict.FAIL: ReliefKind.WAIVER, Verdict.HOLD: ReliefKind.PLAN}.get(finding.verdict)
    if wanted is None or not finding.relievable_by:
        return finding
    for relief in sorted(reliefs, key=lambda r: r.at, reverse=True):
        if relief.kind is wanted and _answers(relief, finding, session, now):
            return replace(finding, relief=relief)
    return finding


def _answers(relief: Relief, finding: Finding, session: str, now: datetime) -> bool:
    if (relief.code, relief.subject) != (finding.code, finding.subject):
        return False
    if relief.session not in ("", session) or not relief.at <= now < relief.expires_at:
        return False
    if relief.by_role not in finding.relievable_by:
        return False
    if finding.verdict is Verdict.HOLD:
        return True
    if relief.value is None or finding.value is None or relief.limit != finding.limit:
        return False
    if finding.worse == "higher":
        return finding.value <= relief.value
    if finding.worse == "lower":
        return finding.value >= relief.value
    return finding.value == relief.value
