"""Every step belongs to one open course of an adult, of an offered kind, on a signed protocol."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from holdspace.core import limits
from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.evidence import (
    ARRIVAL_HOURS,
    Basis,
    based,
    clock,
    day,
    is_future,
    stricter_min,
)
from holdspace.core.facts import Document, DocumentKind, Facts, Route
from holdspace.core.news import News, since
from holdspace.core.papers import is_ahead, signers_of
from holdspace.core.protocol_model import Protocol

COURSE = Basis("one open course of treatment", "the order of the doors (docs/words.md)")
SESSION = Basis("one open session day", "the order of the doors (docs/words.md)")
GUARDIAN = Basis(
    "the person decides about their own care", "not built yet: guardian or proxy consent"
)
OFFERED = Basis(
    "individual sessions in the clinic by a route of the protocol",
    "not built yet: home supply, group sessions, esketamine",
)
SIGNED = Basis(
    "the medical director signed this version as a whole", "the clinic's medical director"
)


def full_years(birth: date, today: date) -> int:
    """Age in full years; somebody born on 29 February has their birthday on 1 March."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def age(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The person is an adult today."""
    bound = stricter_min(facts, protocol, "person.age_years_min", limits.AGE_YEARS_MIN)
    birth = facts.person.birth_date
    code = Code.AGE_BELOW_MINIMUM
    if birth is None or birth > facts.today:
        problem = "date of birth not recorded" if birth is None else "date of birth in the future"
        return (bound.basis.says(code, Verdict.UNKNOWN, problem),)
    years = full_years(birth, facts.today)
    verdict = Verdict.FAIL if years < bound.limit else Verdict.PASS
    return (bound.basis.says(code, verdict, f"{years} years"),)


def guardian(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Nobody else decides for the person."""
    has = facts.person.has_guardian
    verdict = {None: Verdict.UNKNOWN, True: Verdict.FAIL, False: Verdict.PASS}[has]
    evidence = {None: "not asked", True: "has a guardian or proxy", False: "decides alone"}[has]
    return (GUARDIAN.says(Code.GUARDIAN_NOT_SUPPORTED, verdict, evidence),)


def offered_service(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """What is asked for is what this program and this protocol support."""
    code, course = Code.SERVICE_NOT_OFFERED, facts.course
    if course is None:
        return (OFFERED.says(code, Verdict.UNKNOWN, "it is not recorded what is asked for"),)
    wrong = [
        (course.home_supply, "home supply of medicine"),
        (course.group_sessions, "group medicine sessions"),
        (not is_offered(course.route, protocol), f"route {course.route.value}"),
    ]
    problems = [words for is_so, words in wrong if is_so]
    verdict = Verdict.FAIL if problems else Verdict.PASS
    evidence = ", ".join(problems) or f"individual sessions, route {course.route.value}"
    return (OFFERED.says(code, verdict, evidence),)


def is_offered(route: Route, protocol: Protocol) -> bool:
    """A route counts when the protocol offers it, it has a ceiling, and its rules are built."""
    return (
        route in protocol.routes
        and route in limits.CEILINGS
        and route not in limits.ROUTES_NOT_OFFERED
    )


def signed_protocol(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Outside the demo no course opens on a version that the director has not signed."""
    if facts.clinic.protocol_signed_by_director:
        verdict, evidence = Verdict.PASS, f"{protocol.reference} is signed"
    elif facts.clinic.is_demo:
        verdict, evidence = Verdict.NOTE, f"{protocol.reference} is not signed; this is a demo"
    else:
        verdict, evidence = Verdict.FAIL, f"{protocol.reference} is not signed"
    return (SIGNED.says(Code.PROTOCOL_UNSIGNED, verdict, evidence),)


def no_other_course(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """One course at a time."""
    count = len(facts.other_open_courses)
    verdict = Verdict.FAIL if count else Verdict.PASS
    evidence = f"{count} open" if count else "no other open course"
    return (COURSE.says(Code.COURSE_ALREADY_OPEN, verdict, evidence),)


def open_course(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """There is a course, and it has not ended."""
    code, course = Code.COURSE_NOT_OPEN, facts.course
    if course is None:
        return (COURSE.says(code, Verdict.UNKNOWN, "no course"),)
    ended = course.closed_at or course.declined_at
    if ended is not None and ended <= facts.now:
        how = "closed" if course.closed_at else "declined"
        return (COURSE.says(code, Verdict.FAIL, f"{how} {clock(facts, ended)}"),)
    return (COURSE.says(code, Verdict.PASS, f"open since {clock(facts, course.opened_at)}"),)


# --- the session day ----------------------------------------------------------------------------


def no_open_session(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """No session day of this person is open."""
    still = [s for s in facts.sessions if s.ended_at is None]
    if still:
        evidence = f"session {still[0].number} open since {clock(facts, still[0].opened_at)}"
        return (SESSION.says(Code.SESSION_ALREADY_OPEN, Verdict.FAIL, evidence),)
    return (SESSION.says(Code.SESSION_ALREADY_OPEN, Verdict.PASS, "no session open"),)


def sessions_ended(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Before the next session or the end, the last one has ended."""
    still = [s for s in facts.sessions if s.ended_at is None]
    verdict = Verdict.FAIL if still else Verdict.PASS
    evidence = f"session {still[0].number} is open" if still else "no session open"
    return (SESSION.says(Code.SESSION_STILL_OPEN, verdict, evidence),)


def open_session(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The session day that is asked about is open."""
    code, session = Code.SESSION_NOT_OPEN, facts.current()
    if session is None:
        return (SESSION.says(code, Verdict.UNKNOWN, "no session day"),)
    if session.ended_at is not None and session.ended_at <= facts.now:
        evidence = f"ended {clock(facts, session.ended_at)}"
        return (SESSION.says(code, Verdict.FAIL, evidence),)
    return (SESSION.says(code, Verdict.PASS, f"open since {clock(facts, session.opened_at)}"),)


SESSION_HOURS_MAX = 24  # proposed: a dose order is for one session day


def session_of_today(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """No dose on a day opened long ago or dated ahead; going home never waits for it."""
    code, session = Code.SESSION_NOT_OPEN, facts.current()
    basis = Basis(f"opened at most {SESSION_HOURS_MAX} h ago", "proposed; nobody's guideline", True)
    if session is None:
        return (basis.says(code, Verdict.UNKNOWN, "no session day"),)
    evidence = f"opened {clock(facts, session.opened_at)}"
    if is_future(facts, protocol, session.opened_at):
        return (basis.says(code, Verdict.UNKNOWN, f"{evidence}, which is in the future"),)
    old = facts.now - session.opened_at > timedelta(hours=SESSION_HOURS_MAX)
    return (basis.says(code, Verdict.FAIL if old else Verdict.PASS, evidence),)


def booking(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A session is booked for today on the clinic's calendar, or for a time close to midnight."""
    basis = Basis("a session is booked for today", "the clinic's schedule")
    if facts.booked_for is None:
        return (basis.says(Code.BOOKING_MISSING, Verdict.UNKNOWN, "nothing is booked"),)
    on = facts.booked_for.astimezone(facts.clinic.zone).date()
    near = abs(facts.booked_for - facts.now) <= timedelta(hours=ARRIVAL_HOURS)
    verdict = Verdict.PASS if on == facts.today or near else Verdict.FAIL
    evidence = f"booked for {clock(facts, facts.booked_for)}"
    return (basis.says(Code.BOOKING_MISSING, verdict, evidence),)


# --- the physician's clearance ------------------------------------------------------------------


def clearance(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A physician's clearance on file: not withdrawn, not suspended, within days and sessions."""
    days = protocol.whole("clearance.valid_days")
    most = protocol.whole("clearance.sessions_max")
    rule = f"signed ≤ {days} days ago, for at most {most} sessions, whichever is first"
    basis = based(facts, protocol, "clearance.valid_days", rule)
    paper = facts.document(DocumentKind.CLEARANCE)
    if paper is None or (ahead := is_ahead(facts, protocol, paper)):
        missing = "no clearance on file" if paper is None else ahead
        return (basis.says(Code.CLEARANCE_MISSING, Verdict.UNKNOWN, missing),)
    stopped = _stopped_clearance(facts, protocol, paper, basis)
    if stopped is not None:
        return (stopped,)
    left = _left_of(facts, protocol, paper)
    signed = f"signed {clock(facts, paper.signed_at)}, {left.used} of {most} sessions used"
    until = f"{signed}, until {day(left.last_day)}"
    verdict = Verdict.FAIL if left.is_over else Verdict.PASS
    code = Code.CLEARANCE_EXPIRED if left.is_over else Code.CLEARANCE_MISSING
    return (basis.says(code, verdict, until), *_signer(facts, protocol, paper))


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of the clearance on file: until when it holds, and for how many sessions."""

    ends: datetime
    last_day: date
    days: int  # clinic days after today; 0: today is the last, below 0: it has ended
    used: int
    sessions_max: int
    is_over: bool

    @property
    def sessions(self) -> int:
        """How many sessions it still lets begin."""
        return max(self.sessions_max - self.used, 0)


def clearance_left(facts: Facts, protocol: Protocol) -> Left | None:
    """What is left of the clearance, for a page; None where none is on file, or it is stopped."""
    paper = facts.document(DocumentKind.CLEARANCE)
    if paper is None or is_ahead(facts, protocol, paper):
        return None
    withdrawn = paper.withdrawn_at is not None and paper.withdrawn_at <= facts.now
    if withdrawn or suspension(facts, protocol, paper) is not None:
        return None
    return _left_of(facts, protocol, paper)


def _left_of(facts: Facts, protocol: Protocol, paper: Document) -> Left:
    most = protocol.whole("clearance.sessions_max")
    ends = paper.signed_at + timedelta(days=protocol.whole("clearance.valid_days"))
    ends = min(ends, paper.expires_at) if paper.expires_at else ends
    used = len([g for g in facts.dosed_elsewhere() if g[0].given_at >= paper.signed_at])
    last = ends.astimezone(facts.clinic.zone).date()
    is_over = facts.now > ends or used >= most
    return Left(ends, last, (last - facts.today).days, used, most, is_over)


def _stopped_clearance(
    facts: Facts, protocol: Protocol, paper: Document, basis: Basis
) -> Finding | None:
    if paper.withdrawn_at is not None and paper.withdrawn_at <= facts.now:
        evidence = f"withdrawn {clock(facts, paper.withdrawn_at)}"
        return basis.says(Code.CLEARANCE_WITHDRAWN, Verdict.FAIL, evidence)
    stopped = suspension(facts, protocol, paper)
    if stopped is None:
        return None
    because = f": {stopped.what}" if stopped.what else ""
    evidence = f"suspended {clock(facts, stopped.at)}{because}"
    return basis.says(Code.CLEARANCE_SUSPENDED, Verdict.FAIL, evidence)


def suspension(facts: Facts, protocol: Protocol, paper: Document) -> News | None:
    """When and why a clearance was suspended: by a colleague, or by a fact newer than it.

    The fact alone is enough; no event need have been written for it.
    """
    found = list(since(facts, protocol, paper))
    if paper.suspended_at is not None and paper.suspended_at <= facts.now:
        found.insert(0, News(paper.suspended_because, paper.suspended_at, paper.id))
    return found[0] if found else None


def _signer(facts: Facts, protocol: Protocol, paper: Document) -> tuple[Finding, ...]:
    """The clearance on file was signed by a physician, where the protocol promises one."""
    path = "clearance.evaluator_is_physician"
    who = "a physician (MD, DO)" if protocol.flag(path) else "a prescriber (MD, DO, NP, PA)"
    basis = based(facts, protocol, path, f"the clearance is signed by {who}")
    code, discipline = Code.SIGNER_NOT_PHYSICIAN, paper.signer_discipline
    if discipline is None:
        return (basis.says(code, Verdict.UNKNOWN, "the signer's profession is not recorded"),)
    fitting = signers_of(DocumentKind.CLEARANCE, protocol) or frozenset()
    verdict = Verdict.PASS if discipline in fitting else Verdict.FAIL
    return (basis.says(code, verdict, f"signed by a {discipline.value}"),)
