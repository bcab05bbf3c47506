"""What a clearance could not know of: facts written down after it, and who must look at them.

A physician clears a person as they are known on that day. Something new (a diagnosis, a medicine,
a serious event, a positive test) suspends what was signed before it, until a physician signs anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from holdspace.core.diagnoses import questions_of
from holdspace.core.facts import AdverseEvent, Answer, Document, Ending, Facts, Role
from holdspace.core.insist import Timed
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import Kind

SERIOUS_GRADE = 3
# Told to the person alone: whoever reads why a clearance is suspended does not read this.
PRIVATE = "a new result; ask the prescriber"


@dataclass(frozen=True, slots=True)
class News(Timed):
    """One new fact: what it is in words that may be read, and when it was written down."""

    what: str
    at: datetime
    about: str


def since(facts: Facts, protocol: Protocol, paper: Document) -> tuple[News, ...]:
    """What is new since this paper was signed, oldest first.

    A fact of the very same moment counts as new: nobody can show that the signer knew of it.
    """
    found = (news for news in noteworthy(facts, protocol) if news.at >= paper.signed_at)
    return tuple(sorted(found, key=lambda news: news.at))


def noteworthy(facts: Facts, protocol: Protocol) -> tuple[News, ...]:
    """Every fact on file that suspends a clearance which was signed before it."""
    return (
        *_answers(facts, protocol),
        *_diagnoses(facts, protocol),
        *_medicines(facts),
        *_events(facts),
        *_positive_tests(facts),
    )


def _answers(facts: Facts, protocol: Protocol) -> list[News]:
    """Each "yes" of the history since it was first heard, from the physician or the therapist."""
    first: dict[str, datetime] = {}
    for c in facts.conditions:
        if c.answer is Answer.YES:
            since = c.since or c.at
            first[c.key] = min(since, first.get(c.key, since))
    return [
        News(f"new in the history: {_label(protocol, key)}", since, key)
        for key, since in first.items()
    ]


def _diagnoses(facts: Facts, protocol: Protocol) -> list[News]:
    """Each diagnosis whose code answers a question of the history, since it stands like this."""
    return [
        News(f"new in the history: {'; '.join(labels)} ({d.icd10})", d.since or d.at, d.id)
        for d in facts.diagnoses
        if (labels := [_label(protocol, key) for key in questions_of(d.icd10, protocol)])
    ]


def _label(protocol: Protocol, key: str) -> str:
    spec = protocol.conditions.get(key)
    return spec.label if spec else key.replace("_", " ")


def _medicines(facts: Facts) -> list[News]:
    return [News(f"new medicine: {m.name}", m.since or m.at, m.name) for m in facts.medications]


def _events(facts: Facts) -> list[News]:
    return [News(said(e), _later(e.at, e.recorded_at), e.id) for e in serious_events(facts)]


def _positive_tests(facts: Facts) -> list[News]:
    return [
        News(PRIVATE, _later(o.taken_at, o.recorded_at), o.id)
        for o in facts.all_of(Kind.PREGNANCY_TEST)
        if o.value == "positive"
    ]


def _later(at: datetime, recorded_at: datetime | None) -> datetime:
    return at if recorded_at is None else max(at, recorded_at)


# --- serious events and who may look at them ----------------------------------------------------


def is_serious(event: AdverseEvent) -> bool:
    """A severe event by its clinician's grade, or one that needs no grade to be serious."""
    return event.grade >= SERIOUS_GRADE or event.kind != "adverse_event"


def said(event: AdverseEvent) -> str:
    """The event in a few words."""
    if event.kind == "transfer":
        return "transferred from a session"
    if event.kind == "rescue_drug":
        return f"rescue drug: {event.term}"
    return f"{event.term}, grade {event.grade}"


def serious_events(facts: Facts) -> tuple[AdverseEvent, ...]:
    """The serious events on file, with each transfer that only its session's ending tells of."""
    told = {e.session for e in facts.adverse_events if e.kind == "transfer"}
    silent = (
        AdverseEvent(f"transfer-{s.id}", s.id, "", 0, s.ended_at or s.opened_at, kind="transfer")
        for s in facts.sessions
        if s.ending is Ending.TRANSFERRED and s.id not in told
    )
    return (*(e for e in facts.adverse_events if is_serious(e)), *silent)


def involved_in(facts: Facts, event: AdverseEvent) -> frozenset[str]:
    """Who charted the event, and who gave, ordered or drew a dose of its session."""
    found = {event.charted_by, *event.involved}
    if event.session:
        orders = {o.id: o for o in facts.orders if o.session == event.session}
        found |= {dose.given_by for dose in facts.doses_of(event.session)}
        found |= {order.ordered_by for order in orders.values()}
        found |= {drawn.drawn_by for drawn in facts.preparations if drawn.order in orders}
    return frozenset(found - {""})


def missing_reviews(facts: Facts, event: AdverseEvent) -> tuple[str, ...]:
    """The reviews that this event still waits for; two different people must have signed them."""
    reviewers = set(event.reviewed_by)
    prescribers = reviewers & {*event.reviewed_by_prescriber, *_prescribers(facts)}
    uninvolved = reviewers - involved_in(facts, event)
    missing = []
    if not prescribers:
        missing.append("a prescriber's review")
    if not uninvolved or (prescribers and len(prescribers | uninvolved) < 2):
        missing.append("a review by somebody who was not involved")
    return tuple(missing)


def _prescribers(facts: Facts) -> set[str]:
    return {member.id for member in facts.staff if Role.PRESCRIBER in member.roles}
