"""The same therapist prepares, stays and follows up; a change is agreed, recorded, never silent."""

from __future__ import annotations

from datetime import datetime, timedelta

from holdspace.core.authority import LICENCE, licence, training
from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.evidence import Basis, based, clock, is_future, seen, shown, span
from holdspace.core.facts import CredentialKind, Document, DocumentKind, Dose, Facts, Visit
from holdspace.core.papers import in_force, is_ahead
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import Kind

SAME = Basis(
    "preparation, medicine and integration by the assigned therapist; a change only with the "
    "person's consent",
    "KRF guidelines: the same therapist stays; the clinic's public promise",
)


def assigned_therapist(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A therapist is assigned, licensed in the clinic's state today, and trained."""
    code = Code.THERAPIST_NOT_ASSIGNED
    key = facts.course.therapist if facts.course else ""
    if not key:
        return (SAME.says(code, Verdict.UNKNOWN, "nobody is assigned"),)
    member = facts.member(key)
    if member is None:
        problem = "the assigned therapist's credentials are not on file"
        return (
            LICENCE.says(Code.LICENCE_NOT_VALID, Verdict.UNKNOWN, problem, subject="therapist"),
        )
    return (
        SAME.says(code, Verdict.PASS, member.name),
        licence(facts, member, "therapist"),
        training(facts, member, CredentialKind.KAP_TRAINING),
    )


def own_therapist_acts(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A preparation visit is held by the assigned therapist."""
    assigned = facts.course.therapist if facts.course else ""
    if not assigned or not facts.actor:
        problem = "nobody is assigned" if not assigned else "nobody is named"
        return (SAME.says(Code.THERAPIST_CHANGED, Verdict.UNKNOWN, problem),)
    acting = facts.member(facts.actor)
    name = acting.name if acting else "somebody else"
    verdict = Verdict.PASS if facts.actor == assigned else Verdict.FAIL
    evidence = f"{name} is the assigned therapist" if verdict is Verdict.PASS else f"{name} acts"
    return (SAME.says(Code.THERAPIST_CHANGED, verdict, evidence),)


def same_therapist(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Visits by another therapist need a signed change after them, and a visit with the new one."""
    code, course = Code.THERAPIST_CHANGED, facts.course
    if course is None or not course.therapist:
        return (SAME.says(code, Verdict.UNKNOWN, "nobody is assigned"),)
    others = [v for v in _held(facts, protocol) if v.therapist != course.therapist]
    if not others:
        return (SAME.says(code, Verdict.PASS, "no visit with another therapist"),)
    handed = _handed(facts, protocol)
    alone = [v for v in others if not _is_handed(v, handed)]
    if alone:
        last = f"visit with another therapist {clock(facts, alone[-1].held_at)}"
        evidence = f"{last}, {_why_no_change(facts, protocol)}"
        return (SAME.says(code, Verdict.FAIL, evidence),)
    agreed = max(handed.values())
    signed = f"hand-over agreed {clock(facts, agreed)}"
    met = [v for v in _own(facts, protocol) if v.held_at >= agreed]
    if not met:
        return (SAME.says(code, Verdict.UNKNOWN, f"{signed}; no visit together since"),)
    return (SAME.says(code, Verdict.PASS, f"{signed}; met {clock(facts, met[-1].held_at)}"),)


def _changes(facts: Facts) -> list[Document]:
    found = [d for d in facts.documents if d.kind is DocumentKind.THERAPIST_CHANGE]
    return sorted(found, key=lambda d: d.signed_at)


def _problem(facts: Facts, protocol: Protocol, change: Document) -> str:
    """Why a signed change of therapist does not count; empty when it does."""
    if ahead := is_ahead(facts, protocol, change):
        return ahead
    if not in_force(facts, protocol, change):
        return "withdrawn or not in force"
    if not change.handed_from or not change.handed_to:
        return "it does not name from whom and to whom"
    if change.agreed is not True:
        return "the person did not agree to it"
    if change.signed_by == change.handed_to:
        return "signed only by the one who takes over"
    return ""


def _handed(facts: Facts, protocol: Protocol) -> dict[str, datetime]:
    """When each earlier therapist handed over, followed back from the one assigned now."""
    counting = [d for d in _changes(facts) if not _problem(facts, protocol, d)]
    to = facts.course.therapist if facts.course else ""
    handed: dict[str, datetime] = {}
    for change in reversed(counting):
        if change.handed_to == to and change.handed_from not in handed:
            handed[change.handed_from] = change.signed_at
            to = change.handed_from
    return handed


def _is_handed(visit: Visit, handed: dict[str, datetime]) -> bool:
    return visit.therapist in handed and visit.held_at <= handed[visit.therapist]


def _why_no_change(facts: Facts, protocol: Protocol) -> str:
    changes = _changes(facts)
    problem = _problem(facts, protocol, changes[-1]) if changes else ""
    return f"no hand-over since ({problem})" if problem else "no hand-over since"


def preparation(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Enough preparation visits, the last of them not long before the first session.

    Visits with a therapist who handed over with the person's consent count; that they met the
    new one is `same_therapist`'s business.
    """
    least = protocol.whole("preparation.visits_min")
    basis = based(facts, protocol, "preparation.visits_min", f"≥ {least} preparation visits")
    visits = [v for v in _counting(facts, protocol) if v.phase == "preparation"]
    enough = len(visits) >= least
    held = f"{len(visits)} of {least} held"
    verdict = Verdict.PASS if enough else Verdict.UNKNOWN
    found = basis.says(Code.PREPARATION_INCOMPLETE, verdict, held)
    return (found, _last_preparation(facts, protocol, visits))


def _last_preparation(facts: Facts, protocol: Protocol, visits: list[Visit]) -> Finding:
    age = protocol.span("preparation.last_visit_age_days_max")
    rule = f"the last one ≤ {span(age)} before the first session"
    basis = based(facts, protocol, "preparation.last_visit_age_days_max", rule)
    code = Code.PREPARATION_STALE
    if not visits:
        return basis.says(code, Verdict.UNKNOWN, "no preparation visit")
    last = max(v.held_at for v in visits)
    evidence = f"last {clock(facts, last)}"
    if facts.dosed_elsewhere():
        return basis.says(code, Verdict.PASS, f"{evidence}; not the first session")
    verdict = Verdict.FAIL if facts.now - last > age else Verdict.PASS
    return basis.says(code, verdict, evidence)


def _held(facts: Facts, protocol: Protocol) -> list[Visit]:
    visits = [v for v in facts.visits if not is_future(facts, protocol, v.held_at)]
    return sorted(visits, key=lambda v: v.held_at)


def _own(facts: Facts, protocol: Protocol) -> list[Visit]:
    own = facts.course.therapist if facts.course else ""
    return [v for v in _held(facts, protocol) if own and v.therapist == own]


def _counting(facts: Facts, protocol: Protocol) -> list[Visit]:
    """Visits with the assigned therapist, or before a hand-over that the person agreed to."""
    own = facts.course.therapist if facts.course else ""
    handed = _handed(facts, protocol)
    held = _held(facts, protocol)
    return [v for v in held if own and (v.therapist == own or _is_handed(v, handed))]


# --- after a session ----------------------------------------------------------------------------


def last_dosed(facts: Facts) -> tuple[Dose, ...]:
    """The doses of the last session but the one that is asked about; empty before the first."""
    groups = facts.dosed_elsewhere()
    return groups[-1] if groups else ()


def _end_of(facts: Facts, doses: tuple[Dose, ...]) -> datetime:
    """When the session ended, or its last dose while nobody recorded the end."""
    session = next((s for s in facts.sessions if s.id == doses[-1].session), None)
    return session.ended_at if session and session.ended_at else doses[-1].given_at


def integration(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The first integration visit after the last session, with the assigned therapist."""
    within = protocol.span("integration.first_within_hours")
    rule = f"an integration visit after each session, within {span(within)}; the next waits for it"
    basis = based(facts, protocol, "integration.first_within_hours", rule)
    code, doses = Code.INTEGRATION_MISSING, last_dosed(facts)
    if not doses:
        return (basis.says(code, Verdict.PASS, "no earlier session"),)
    end = _end_of(facts, doses)
    visits = _integrated(facts, protocol, end)
    if not visits:
        evidence = f"none since the session of {clock(facts, end)}"
        return (basis.says(code, Verdict.UNKNOWN, evidence),)
    first = visits[0].held_at
    late = first - end > within
    evidence = f"held {clock(facts, first)}, {span(first - end)} after the session"
    return (basis.says(code, Verdict.NOTE if late else Verdict.PASS, evidence),)


def second_integration(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The second integration visit after the last session: due, and from its day on asked for."""
    within = protocol.span("integration.second_within_days")
    rule = f"a second integration visit within {span(within)} of each session"
    basis = based(facts, protocol, "integration.second_within_days", rule)
    code, doses = Code.INTEGRATION_MISSING, last_dosed(facts)
    if not doses:
        return (basis.says(code, Verdict.PASS, "no earlier session", subject="second"),)
    end = _end_of(facts, doses)
    visits = _integrated(facts, protocol, end)
    if len(visits) >= 2:
        evidence = f"held {clock(facts, visits[1].held_at)}"
        return (basis.says(code, Verdict.PASS, evidence, subject="second"),)
    evidence = f"{len(visits)} held; the second is due by {clock(facts, end + within)}"
    verdict = Verdict.UNKNOWN if facts.now - end > within else Verdict.NOTE
    return (basis.says(code, verdict, evidence, subject="second"),)


def _integrated(facts: Facts, protocol: Protocol, since: datetime) -> list[Visit]:
    counting = _counting(facts, protocol)
    return [v for v in counting if v.phase == "integration" and v.held_at >= since]


def next_day_contact(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The person was reached after the last session, and well."""
    first = protocol.span("next_day_contact.from_hours")
    until = protocol.span("next_day_contact.until_hours")
    rule = f"reached {span(first)} to {span(until)} after leaving"
    basis = based(facts, protocol, "next_day_contact.from_hours", rule)
    code, doses = Code.NEXT_DAY_CONTACT_MISSING, last_dosed(facts)
    if not doses:
        return (basis.says(code, Verdict.PASS, "no earlier session"),)
    end = _end_of(facts, doses)
    looked = seen(facts, protocol, Kind.NEXT_DAY_CONTACT, after=end + first)
    contact = looked.newest
    if contact is None or contact.value == "no_answer":
        evidence = shown(facts, contact) if contact else "not reached since the last session"
        ask = clock(facts, end + first) if facts.now < end + first else ""
        return (basis.says(code, Verdict.UNKNOWN, evidence, ask=ask),)
    if contact.value == "reached_concern":
        return (basis.held(code, shown(facts, contact), ("prescriber",), contact.id),)
    late = contact.taken_at - end > until
    verdict = Verdict.NOTE if late else Verdict.PASS
    return (basis.says(code, verdict, shown(facts, contact)),)


def outcome(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A course with medicine ends with a PHQ-9 after the last dose."""
    basis = Basis("a PHQ-9 after the last session", "the clinic's promise to look at outcomes")
    given = [dose.given_at for dose in facts.doses]
    if not given:
        return (basis.says(Code.OUTCOME_MISSING, Verdict.PASS, "no medicine was given"),)
    looked = seen(facts, protocol, Kind.PHQ9_TOTAL, after=max(given) + timedelta(minutes=1))
    if looked.newest is None:
        return (basis.says(Code.OUTCOME_MISSING, Verdict.UNKNOWN, looked.problem),)
    evidence = f"PHQ-9 {shown(facts, looked.newest)}"
    return (basis.says(Code.OUTCOME_MISSING, Verdict.PASS, evidence),)


def tasks_finished(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Nothing is left undone when a course closes."""
    basis = Basis("no open task", "the clinic's own order")
    still = [t for t in facts.tasks if t.closed_at is None]
    verdict = Verdict.FAIL if still else Verdict.PASS
    evidence = f"{len(still)} open" if still else "none open"
    return (basis.says(Code.TASKS_OPEN, verdict, evidence),)
