"""Too often, too long or unlooked-at is refused: ketamine can be misused and cause dependence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.dosing import over_at
from holdspace.core.evidence import (
    NOT_RECORDED,
    Basis,
    based,
    clock,
    day,
    is_future,
    seen,
    shown,
    span,
)
from holdspace.core.facts import DocumentKind, Ending, Facts
from holdspace.core.investigations import LIVER, InvestigationKind
from holdspace.core.news import SERIOUS_GRADE, missing_reviews, said, serious_events
from holdspace.core.papers import is_ahead
from holdspace.core.practice import state_duties
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import Kind, Observation

REVIEWED = Basis(
    "everything that happened without a passed door is reviewed by the medical director",
    "the clinic's variance policy",
)
EVENTS = Basis(
    f"grade {SERIOUS_GRADE} or more, a rescue drug or a transfer: reviewed by a prescriber and by "
    "somebody who did not chart it, nor give, order or draw the dose",
    "CTCAE v5.0 grades; the clinic's review policy",
)
DEATH = Basis("the person is alive", "the record of how a session ended")


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

LOOKED_AT: dict[str, Kind | None] = {
    "bladder": Kind.BLADDER_SYMPTOMS,
    "liver": None,  # a laboratory report
    "cognition": Kind.COGNITION_CONCERN,
    "dependence": Kind.DEPENDENCE_CONCERN,
}


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One kind of harm: when it was looked at last, and when it is to be looked at again.

    `due_on` is the last day on which a session may still go before it; None before any dose.
    """

    name: str
    last: datetime | None
    by: str
    concern: Observation | None
    sessions: int  # since then
    sessions_max: int
    due_on: date | None
    problem: str = ""

    def is_due(self, today: date) -> bool:
        late = self.due_on is not None and today > self.due_on
        return bool(self.problem) or self.sessions >= self.sessions_max or late


def looked_at(facts: Facts, protocol: Protocol) -> tuple[LookedAt, ...]:
    """Where the follow-up of each kind of harm stands, for the rule and for the page."""
    return tuple(_looked_at(facts, protocol, name, kind) for name, kind in LOOKED_AT.items())


def _looked_at(facts: Facts, protocol: Protocol, name: str, kind: Kind | None) -> LookedAt:
    most = protocol.whole("oversight.sessions_between")
    last, by, concern, problem = _last_look(facts, protocol, kind)
    groups = facts.dosed_ever()
    if not groups:
        return LookedAt(name, last, by, concern, 0, most, None, problem)
    since = last or groups[0][0].given_at
    used = len([group for group in groups if group[0].given_at >= since])
    on = since.astimezone(facts.clinic.zone).date()
    due_on = add_months(on, protocol.whole("oversight.months_between"))
    return LookedAt(name, last, by, concern, used, most, due_on, problem)


def _last_look(
    facts: Facts, protocol: Protocol, kind: Kind | None
) -> tuple[datetime | None, str, Observation | None, str]:
    if kind is None:
        return _last_liver(facts, protocol)
    looked = seen(facts, protocol, kind)
    if looked.is_unusable:
        return None, "", None, looked.problem
    newest = looked.newest
    if newest is None:
        return None, "", None, ""
    return newest.taken_at, newest.by, newest if newest.value is True else None, ""


def _last_liver(
    facts: Facts, protocol: Protocol
) -> tuple[datetime | None, str, Observation | None, str]:
    """The newer of a signed laboratory report and a value that tells of the liver."""
    paper = facts.document(DocumentKind.LABORATORY_REPORT)
    if paper and (ahead := is_ahead(facts, protocol, paper)):
        return None, "", None, f"laboratory report {ahead}"
    looks = [(paper.signed_at, paper.signed_by)] if paper else []
    for row in facts.investigations_of(InvestigationKind.LABORATORY):
        if row.test in LIVER and row.value is not None:
            if row.taken_on > facts.today:
                problem = f"{row.title} taken {day(row.taken_on)}, which is in the future"
                return None, "", None, problem
            morning = datetime.combine(row.taken_on, time(0), facts.clinic.zone)
            looks.append((morning, row.by))
    last, by = max(looks, default=(None, ""))
    return last, by, None, ""


def follow_up(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Bladder, liver, cognition, dependence: looked at after so many sessions or months."""
    return tuple(
        finding
        for look in looked_at(facts, protocol)
        for finding in (_due(facts, protocol, look), *_concern(facts, look))
    )


def _due(facts: Facts, protocol: Protocol, look: LookedAt) -> Finding:
    months = protocol.whole("oversight.months_between")
    rule = f"{look.name}: every {look.sessions_max} sessions or {months} months, the first counts"
    basis = based(facts, protocol, "oversight.sessions_between", rule)
    code, last = Code.OVERSIGHT_OVERDUE, "not yet looked at"
    if look.last:
        last = f"last {clock(facts, look.last)}"
    if look.problem:
        return basis.says(code, Verdict.UNKNOWN, f"{look.name}: {look.problem}", subject=look.name)
    if look.due_on is None:
        return basis.says(code, Verdict.PASS, "no earlier session", subject=look.name)
    evidence = (
        f"{look.name}: {last}; {look.sessions} of {look.sessions_max} sessions since; "
        f"due by {day(look.due_on)}"
    )
    verdict = Verdict.UNKNOWN if look.is_due(facts.today) else Verdict.PASS
    return basis.says(code, verdict, evidence, subject=look.name)


def _concern(facts: Facts, look: LookedAt) -> tuple[Finding, ...]:
    if look.concern is None:
        return ()
    source = "esketamine label: monitor; clinics"
    basis = Basis(f"{look.name}: a concern waits for the prescriber's plan", source)
    evidence = f"{look.name}: {shown(facts, look.concern)}"
    held = basis.held(
        Code.CLEARANCE_NEEDED,
        evidence,
        ("prescriber",),
        look.concern.id,
        since=look.concern.taken_at,
    )
    return (held,)


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


def prescription_monitoring(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The state's query was made; its score is never judged here."""
    code, duties = Code.PDMP_QUERY_MISSING, state_duties(facts)
    age = protocol.span("pdmp.age_days_max")
    basis = based(facts, protocol, "pdmp.age_days_max", f"a query ≤ {span(age)} old")
    if duties and duties.pdmp_days_max is not None and timedelta(days=duties.pdmp_days_max) < age:
        age = timedelta(days=duties.pdmp_days_max)
        basis = Basis(f"a query ≤ {span(age)} old", f"{duties.state}: {duties.source}")
    if duties and duties.pdmp_each_dose:
        basis = Basis("a query on the day of the dose", f"{duties.state}: {duties.source}")
    made, problem = _queries(facts, protocol)
    fits = [at for at in made if facts.now - at <= age]
    if duties and duties.pdmp_each_dose:
        fits = [at for at in fits if at.astimezone(facts.clinic.zone).date() == facts.today]
    if problem or not fits:
        old = f"last made {clock(facts, made[-1])}: too old" if made else NOT_RECORDED
        return (basis.says(code, Verdict.UNKNOWN, problem or old),)
    return (basis.says(code, Verdict.PASS, f"made {clock(facts, fits[-1])}"),)


def _queries(facts: Facts, protocol: Protocol) -> tuple[list[datetime], str]:
    """When the clinic's state was queried, oldest first; or why that cannot be said.

    Only a written query counts. A bare "yes" of an older chart names no state and no prescriber.
    """
    made = [q.at for q in facts.pdmp_queries if facts.clinic.state in q.states]
    ahead = next((at for at in made if is_future(facts, protocol, at)), None)
    if ahead is not None:
        return [], f"dated {clock(facts, ahead)}, which is in the future"
    if not made and facts.pdmp_queries:
        asked = ", ".join(sorted({s for q in facts.pdmp_queries for s in q.states}))
        return [], f"{asked} queried, not {facts.clinic.state}"
    charted = [o for o in facts.all_of(Kind.PDMP_QUERY) if o.value is True]
    bare = f"a yes of {clock(facts, charted[-1].taken_at)} that names no state" if charted else ""
    return sorted(made), "" if made else bare


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
    serious = serious_events(facts)
    waiting = [(event, missing) for event in serious if (missing := missing_reviews(facts, event))]
    if not waiting:
        code, evidence = Code.ADVERSE_EVENT_UNREVIEWED, f"{len(serious)} serious, all reviewed"
        return (EVENTS.says(code, Verdict.PASS, evidence),)
    return tuple(
        EVENTS.says(
            REVIEW_CODE.get(event.kind, Code.ADVERSE_EVENT_UNREVIEWED),
            Verdict.FAIL,
            f"{said(event)}, {clock(facts, event.at)}: {' and '.join(missing)} missing",
            subject=event.id,
        )
        for event, missing in waiting
    )


REVIEW_CODE = {"transfer": Code.TRANSFER_UNREVIEWED}


def alive(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Nothing is planned or given for somebody who has died, whatever tasks are closed."""
    ends = [s.ended_at or s.opened_at for s in facts.sessions if s.ending is Ending.DIED]
    ends += [facts.person.died_at] if facts.person.died_at else []
    if not ends:
        return (DEATH.says(Code.PERSON_DIED, Verdict.PASS, "no death is recorded"),)
    return (DEATH.says(Code.PERSON_DIED, Verdict.FAIL, f"died {clock(facts, min(ends))}"),)
