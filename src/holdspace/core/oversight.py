"""Too often, too long or unlooked-at is refused: ketamine can be misused and cause dependence."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.dosing import over_at
from holdspace.core.evidence import Basis, based, clock, is_future, seen, shown, span
from holdspace.core.facts import DocumentKind, Facts
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import Kind, Observation

REVIEWED = Basis(
    "everything that happened without a passed door is reviewed by the medical director",
    "the clinic's variance policy",
)
SERIOUS_GRADE = 3
EVENTS = Basis(
    f"adverse events of grade {SERIOUS_GRADE} or more: reviewed by two people",
    "CTCAE v5.0 grades; the clinic's review policy",
)
REVIEWERS_MIN = 2


def interval(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Enough time since the last session's last dose, at the time asked about."""
    return (interval_at(facts, protocol, facts.now),)


def planned_interval(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The same for the time that is booked; without a booking, for now."""
    return (interval_at(facts, protocol, _planned(facts)),)


def _planned(facts: Facts) -> datetime:
    return max(facts.booked_for, facts.now) if facts.booked_for else facts.now


def interval_at(facts: Facts, protocol: Protocol, when: datetime) -> Finding:
    groups, code = facts.dosed_ever(), Code.INTERVAL_TOO_SHORT
    early = not groups or is_early(facts, protocol, when)
    path = "session.interval_hours_min_first_weeks" if early else "session.interval_days_min_later"
    least = protocol.span(path)
    weeks = protocol.whole("session.first_weeks")
    rule = f"≥ {span(least)} between sessions " + (
        f"in the first {weeks} weeks" if early else f"after the first {weeks} weeks"
    )
    basis = based(facts, protocol, path, rule)
    if not groups:
        return basis.says(code, Verdict.PASS, "no earlier session")
    last = max(over_at(facts, dose) for group in groups for dose in group)
    if is_future(facts, protocol, last):
        return basis.says(code, Verdict.UNKNOWN, f"a dose is dated {clock(facts, last)}")
    evidence = f"last dose {clock(facts, last)}, {span(when - last)} before"
    if when - last < least:
        return basis.says(code, Verdict.FAIL, evidence, ask=clock(facts, last + least))
    return basis.says(code, Verdict.PASS, evidence)


def is_early(facts: Facts, protocol: Protocol, when: datetime) -> bool:
    """Whether `when` lies in the first weeks, counted from the very first dose."""
    first = min(dose.given_at for group in facts.dosed_ever() for dose in group)
    return when - first < timedelta(weeks=protocol.whole("session.first_weeks"))


def frequency(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Not too many sessions in 7 and in 28 days, the one asked about included."""
    return _frequency(facts, protocol, facts.now)


def planned_frequency(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    return _frequency(facts, protocol, _planned(facts))


def _frequency(facts: Facts, protocol: Protocol, when: datetime) -> tuple[Finding, ...]:
    counts = tuple(
        _count(facts, protocol, when, f"session.per_{days}_days_max", days) for days in (7, 28)
    )
    return (*counts, _long_weekly(facts, protocol, when))


def _count(facts: Facts, protocol: Protocol, when: datetime, path: str, days: int) -> Finding:
    most = protocol.whole(path)
    basis = based(facts, protocol, path, f"≤ {most} sessions in {days} days, this one included")
    code, length = Code.FREQUENCY_EXCEEDED, timedelta(days=days)
    starts = [group[0].given_at for group in facts.dosed_ever()]
    inside = sorted(start for start in starts if when - start < length)
    evidence = f"{len(inside)} in the {days} days before"
    if len(inside) + 1 > most:
        again = clock(facts, inside[len(inside) - most] + length)
        return basis.says(code, Verdict.FAIL, evidence, subject=f"{days} days", ask=again)
    return basis.says(code, Verdict.PASS, evidence, subject=f"{days} days")


def _long_weekly(facts: Facts, protocol: Protocol, when: datetime) -> Finding:
    """Weekly for longer than the set weeks: the director reviews, the plan is the review."""
    weeks = protocol.whole("session.weekly_review_after_weeks")
    rule = f"weekly sessions for more than {weeks} weeks: the medical director's review"
    basis = based(facts, protocol, "session.weekly_review_after_weeks", rule)
    code, length = Code.FREQUENCY_REVIEW_NEEDED, timedelta(weeks=weeks)
    starts = [group[0].given_at for group in facts.dosed_ever()]
    recent = [start for start in starts if when - start <= length]
    evidence = f"{len(recent)} sessions in the {weeks} weeks before"
    if starts and when - min(starts) > length and len(recent) + 1 >= weeks:
        return basis.held(code, evidence, ("medical_director",), subject=f"{len(starts)} sessions")
    return basis.says(code, Verdict.PASS, evidence)


# --- follow-up of harm --------------------------------------------------------------------------


def follow_up(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Bladder and liver are looked at again after so many sessions or months."""
    looked = seen(facts, protocol, Kind.BLADDER_SYMPTOMS)
    bladder = looked.newest
    liver = facts.document(DocumentKind.LABORATORY_REPORT)
    if looked.is_unusable:
        basis = based(facts, protocol, "oversight.sessions_between", "bladder symptoms: asked")
        return (basis.says(Code.OVERSIGHT_OVERDUE, Verdict.UNKNOWN, looked.problem),)
    return (
        _due(facts, protocol, "bladder", bladder.taken_at if bladder else None),
        _due(facts, protocol, "liver", liver.signed_at if liver else None),
        *_symptoms(facts, bladder),
    )


def _due(facts: Facts, protocol: Protocol, name: str, looked_at: datetime | None) -> Finding:
    sessions = protocol.whole("oversight.sessions_between")
    months = protocol.whole("oversight.months_between")
    rule = f"{name}: every {sessions} sessions or {months} months, whichever is first"
    basis = based(facts, protocol, "oversight.sessions_between", rule)
    groups, code = facts.dosed_ever(), Code.OVERSIGHT_OVERDUE
    if not groups:
        return basis.says(code, Verdict.PASS, "no earlier session", subject=name)
    since = looked_at or groups[0][0].given_at
    used = len([g for g in groups if g[0].given_at >= since])
    on = since.astimezone(facts.clinic.zone).date()
    ends = add_months(on, months)
    last = f"last {clock(facts, looked_at)}" if looked_at else "not yet looked at"
    evidence = f"{last}; {used} sessions since"
    due = used >= sessions or facts.today > ends
    return basis.says(code, Verdict.UNKNOWN if due else Verdict.PASS, evidence, subject=name)


def add_months(on: date, months: int) -> date:
    """The same day so many months later, or the last day of that month."""
    index = on.month - 1 + months
    year, month = on.year + index // 12, index % 12 + 1
    for last in (on.day, 30, 29, 28):
        try:
            return date(year, month, min(last, on.day))
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


def _symptoms(facts: Facts, charted: Observation | None) -> tuple[Finding, ...]:
    if charted is None or charted.value is not True:
        return ()
    basis = Basis("bladder symptoms: the prescriber's plan", "esketamine label: monitor; clinics")
    evidence = f"bladder symptoms: {shown(facts, charted)}"
    return (basis.held(Code.CLEARANCE_NEEDED, evidence, ("prescriber",), charted.id),)


def prescription_monitoring(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The state's query was made; its score is never judged here."""
    age = protocol.span("pdmp.age_days_max")
    basis = based(facts, protocol, "pdmp.age_days_max", f"a query ≤ {span(age)} old")
    looked = seen(facts, protocol, Kind.PDMP_QUERY, age=age)
    made = [o for o in looked.recent if o.value is True]
    if not made:
        evidence = looked.problem or "a query was not possible"
        return (basis.says(Code.PDMP_QUERY_MISSING, Verdict.UNKNOWN, evidence),)
    evidence = f"made {clock(facts, made[-1].taken_at)}"
    return (basis.says(Code.PDMP_QUERY_MISSING, Verdict.PASS, evidence),)


# --- what happened and must be looked at --------------------------------------------------------


def variances(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A variance blocks the next dose until the director has reviewed it."""
    waiting = [v for v in facts.variances if v.reviewed_at is None or v.reviewed_at > facts.now]
    if not waiting:
        evidence = f"{len(facts.variances)} recorded, all reviewed" if facts.variances else "none"
        return (REVIEWED.says(Code.VARIANCE_UNREVIEWED, Verdict.PASS, evidence),)
    return tuple(
        REVIEWED.says(
            Code.VARIANCE_UNREVIEWED, Verdict.FAIL, f"{v.what}, {clock(facts, v.at)}", subject=v.id
        )
        for v in waiting
    )


def adverse_events(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """A serious event waits for the prescriber and somebody who was not involved."""
    code = Code.ADVERSE_EVENT_UNREVIEWED
    serious = [e for e in facts.adverse_events if e.grade >= SERIOUS_GRADE]
    waiting = [e for e in serious if len(set(e.reviewed_by)) < REVIEWERS_MIN]
    if not waiting:
        return (EVENTS.says(code, Verdict.PASS, f"{len(serious)} serious, all reviewed"),)
    return tuple(
        EVENTS.says(
            code,
            Verdict.FAIL,
            f"{e.term}, grade {e.grade}, {clock(facts, e.at)}: {len(set(e.reviewed_by))} reviewed",
            subject=e.id,
        )
        for e in waiting
    )
