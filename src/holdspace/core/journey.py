"""Where a person is in their treatment is computed from signed facts, never stored as a status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from holdspace.core.codes import Code
from holdspace.core.consent import consent
from holdspace.core.continuity import integration, last_dosed, preparation
from holdspace.core.course import clearance, suspension
from holdspace.core.decision import Door, Finding
from holdspace.core.facts import DocumentKind, Ending, Facts, Session
from holdspace.core.protocol_model import Protocol


class Phase(StrEnum):
    """The four phases of the treatment."""

    ASSESSMENT = "assessment"
    PREPARATION = "preparation"
    MEDICINE = "medicine"
    INTEGRATION = "integration"


class State(StrEnum):
    """The one word for where a person is (docs/words.md)."""

    ENQUIRING = "Enquiring"
    ASSESSING = "Assessing"
    HELD = "Held"
    CLEARED = "Cleared"
    PREPARING = "Preparing"
    READY = "Ready"
    IN_SESSION = "In session"
    RESTING = "Resting"
    INTEGRATING = "Integrating"
    COMPLETED = "Completed"
    PAUSED = "Paused"
    DECLINED_HERE = "Declined here"
    TRANSFERRED = "Transferred"
    ENDED_EARLY = "Ended early"
    DIED = "Died"


# What each word means, for docs/words.md and for the title of the word on a page.
MEANINGS: dict[State, str] = {
    State.ENQUIRING: "asked about the treatment; no course is open",
    State.ASSESSING: "a course is open; the evaluation or the clearance is not complete",
    State.HELD: "a clearance is suspended, or a task about safety holds the next door",
    State.CLEARED: "a physician has cleared the person; no preparation visit yet",
    State.PREPARING: "preparation visits or consent are not complete",
    State.READY: "prepared, with consent; the first or next session may be planned",
    State.IN_SESSION: "a session day is open, before a dose or within its first hour",
    State.RESTING: "a session day is open, an hour or more after the last dose",
    State.INTEGRATING: "a session has ended; its integration visit has not been held",
    State.COMPLETED: "the course was closed after at least one session",
    State.PAUSED: "the clearance has run out or was withdrawn, or consent is not in force",
    State.DECLINED_HERE: "this clinic is not the right place for it now; kindly said and recorded",
    State.TRANSFERRED: "an ambulance or another clinic has taken over from a session",
    State.ENDED_EARLY: "the course was closed before any session",
    State.DIED: "the person has died",
}

PHASE_OF: dict[State, Phase] = {
    State.ENQUIRING: Phase.ASSESSMENT,
    State.ASSESSING: Phase.ASSESSMENT,
    State.HELD: Phase.ASSESSMENT,
    State.DECLINED_HERE: Phase.ASSESSMENT,
    State.CLEARED: Phase.PREPARATION,
    State.PREPARING: Phase.PREPARATION,
    State.READY: Phase.MEDICINE,
    State.IN_SESSION: Phase.MEDICINE,
    State.RESTING: Phase.MEDICINE,
    State.TRANSFERRED: Phase.MEDICINE,
    State.INTEGRATING: Phase.INTEGRATION,
    State.COMPLETED: Phase.INTEGRATION,
    State.PAUSED: Phase.PREPARATION,
    State.ENDED_EARLY: Phase.ASSESSMENT,
    State.DIED: Phase.INTEGRATION,
}

PHASES: dict[Phase, tuple[Door, ...]] = {
    Phase.ASSESSMENT: (Door.OPEN_COURSE, Door.CLEAR_FOR_MEDICINE),
    Phase.PREPARATION: (Door.BEGIN_PREPARATION,),
    Phase.MEDICINE: (Door.OPEN_SESSION, Door.GIVE_DOSE, Door.FURTHER_DOSE, Door.DISCHARGE),
    Phase.INTEGRATION: (Door.NEXT_SESSION, Door.CLOSE_COURSE),
}

ENDS = frozenset(
    {State.COMPLETED, State.DECLINED_HERE, State.ENDED_EARLY, State.DIED, State.TRANSFERRED}
)
RESTING_AFTER = timedelta(minutes=60)  # a word for the board, no permission hangs on it
BOOKED_WITHIN = timedelta(hours=12)  # a booking of this morning is still today's

# The door behind each word that lies between two doors; Ready depends on the booking.
NEXT: dict[State, Door] = {
    State.ENQUIRING: Door.OPEN_COURSE,
    State.ASSESSING: Door.CLEAR_FOR_MEDICINE,
    State.HELD: Door.CLEAR_FOR_MEDICINE,
    State.PAUSED: Door.CLEAR_FOR_MEDICINE,
    State.CLEARED: Door.BEGIN_PREPARATION,
    State.PREPARING: Door.OPEN_SESSION,
    State.INTEGRATING: Door.NEXT_SESSION,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One door on the journey line: passed, next, or ahead."""

    phase: Phase
    door: Door
    state: str  # "done" | "current" | "ahead" | "stopped"


def state(facts: Facts, protocol: Protocol) -> State:
    """The person's word now."""
    course = facts.course
    if facts.person.died_at or any(s.ending is Ending.DIED for s in facts.sessions):
        return State.DIED
    if course is None or not course.id:
        return State.ENQUIRING
    if course.declined_at is not None and course.declined_at <= facts.now:
        return State.DECLINED_HERE
    if course.closed_at is not None and course.closed_at <= facts.now:
        return State.COMPLETED if facts.doses else State.ENDED_EARLY
    last = max(facts.sessions, key=lambda s: s.opened_at, default=None)
    if last is not None and last.ended_at is None:
        return _in_session(facts, last)
    if last is not None and last.ending is Ending.TRANSFERRED and not _came_back(facts, last):
        return State.TRANSFERRED
    is_held = any(t.holds and t.closed_at is None for t in facts.tasks)
    return State.HELD if is_held or _is_suspended(facts, protocol) else _between(facts, protocol)


def _in_session(facts: Facts, session: Session) -> State:
    doses = facts.doses_of(session.id)
    if doses and facts.now - doses[-1].given_at >= RESTING_AFTER:
        return State.RESTING
    return State.IN_SESSION


def _came_back(facts: Facts, session: Session) -> bool:
    """Whether anybody of the clinic has held a visit since the person was taken elsewhere."""
    ended = session.ended_at or session.opened_at
    return any(v.held_at > ended for v in facts.visits)


def _is_suspended(facts: Facts, protocol: Protocol) -> bool:
    paper = facts.document(DocumentKind.CLEARANCE)
    return paper is not None and suspension(facts, protocol, paper) is not None


def _between(facts: Facts, protocol: Protocol) -> State:
    """The word between two doors, by the same rules that guard them."""
    if last_dosed(facts) and not _passes(integration(facts, protocol)):
        return State.INTEGRATING
    if facts.document(DocumentKind.CLEARANCE) is None:
        return State.ASSESSING
    agreed = consent(facts, protocol)
    lapsed = agreed[0].code in (Code.CONSENT_WITHDRAWN, Code.CONSENT_EXPIRED)
    if lapsed or not _passes(clearance(facts, protocol)):
        return State.PAUSED
    if not facts.doses and not any(v.phase == "preparation" for v in facts.visits):
        return State.CLEARED
    prepared = _passes(agreed) and _passes(preparation(facts, protocol))
    return State.READY if prepared else State.PREPARING


def _passes(findings: tuple[Finding, ...]) -> bool:
    return all(finding.passes for finding in findings)


def next_door(facts: Facts, protocol: Protocol) -> Door | None:
    """The door that the person meets next; None when the course has ended."""
    where = state(facts, protocol)
    if where in ENDS:
        return None
    if where in (State.IN_SESSION, State.RESTING):
        current = max(facts.sessions, key=lambda s: s.opened_at)
        return Door.DISCHARGE if facts.doses_of(current.id) else Door.GIVE_DOSE
    if where is State.HELD and not _is_suspended(facts, protocol):
        where = _between(facts, protocol)
    if where is State.READY:
        is_booked = facts.booked_for is not None and facts.booked_for >= facts.now - BOOKED_WITHIN
        return Door.OPEN_SESSION if is_booked or not facts.doses else Door.NEXT_SESSION
    if where is State.PAUSED and _passes(clearance(facts, protocol)):
        return Door.OPEN_SESSION  # paused by the person's own consent, not by the clearance
    return NEXT[where]


def steps(facts: Facts, protocol: Protocol) -> tuple[Step, ...]:
    """The journey line: all doors in order, where the person stands, what lies ahead."""
    where, ahead = state(facts, protocol), next_door(facts, protocol)
    doors = [(phase, door) for phase, own in PHASES.items() for door in own]
    order = [door for _, door in doors]
    if ahead is None:
        rest = "done" if where is State.COMPLETED else "stopped"
        last = order.index(_last_passed(facts))
        return tuple(Step(p, d, rest if i > last else "done") for i, (p, d) in enumerate(doors))
    at = order.index(ahead)
    words = ["done" if i < at else "current" if i == at else "ahead" for i in range(len(order))]
    return tuple(Step(p, d, word) for (p, d), word in zip(doors, words, strict=True))


def _last_passed(facts: Facts) -> Door:
    if facts.doses:
        return Door.GIVE_DOSE
    if facts.document(DocumentKind.CLEARANCE) is not None:
        return Door.CLEAR_FOR_MEDICINE
    return Door.OPEN_COURSE
