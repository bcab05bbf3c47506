"""Who has looked at what went badly on a day, whose review it still waits for, and who may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from holdspace.care.events import Happened
from holdspace.care.models import EventKind
from holdspace.core.facts import AdverseEvent, Ending, Role
from holdspace.core.news import involved_in, is_serious, missing_reviews, said
from holdspace.medicine.actions.charting import reviewers
from holdspace.medicine.actions.common import director
from holdspace.medicine.page import Day
from holdspace.people.access import May
from holdspace.people.models import Membership
from holdspace.people.staff import working_in

SERIOUS = (EventKind.ADVERSE_EVENT, EventKind.RESCUE_DRUG, EventKind.SESSION_ENDED)


@dataclass(frozen=True, slots=True)
class Wait:
    """One review that is still missing, and the names of those who may give it."""

    what: str
    who: tuple[str, ...]


def of_day(actor: Membership, day: Day) -> list[dict[str, Any]]:
    """Variances and serious events with their reviews; `may` where this reader may add one."""
    return [_review(actor, day, h) for h in day.happened if _is_reviewed(h)]


def _is_reviewed(event: Happened) -> bool:
    if event.kind is EventKind.SESSION_ENDED:
        return event.body.ending is Ending.TRANSFERRED
    return event.kind in (EventKind.VARIANCE, *SERIOUS)


def _review(actor: Membership, day: Day, event: Happened) -> dict[str, Any]:
    is_variance = event.kind is EventKind.VARIANCE
    answer = EventKind.VARIANCE_REVIEWED if is_variance else EventKind.ADVERSE_EVENT_REVIEWED
    right = May.REVIEW_VARIANCES if is_variance else May.REVIEW_EVENTS
    answers = [h for h in day.happened if h.kind is answer and h.body.what == event.id]
    fact = next((e for e in day.facts.adverse_events if e.id == event.id), None)
    waits = _waits(actor, day, fact) if fact and is_serious(fact) else []
    owed = [] if waits or (answers and is_variance) else _asked_of(actor, day, event)
    names = [who.signed_name for who in owed if str(who.id) not in {h.by for h in answers}]
    return {
        "key": event.id,
        "at": event.at,
        "what": event.body.what if is_variance else said(fact) if fact else "",
        "kind": "transfer" if event.kind is EventKind.SESSION_ENDED else event.kind.label,
        "answers": [{"who": day.names.get(h.by, ""), "event": h} for h in answers],
        "asked_of": " and ".join(names) if is_variance or fact is None or not answers else "",
        "waits": waits,
        "may": actor.may(right, day.now)
        and str(actor.id) not in {event.by, *(h.by for h in answers)},
    }


def _waits(actor: Membership, day: Day, event: AdverseEvent) -> list[Wait]:
    """Each missing review with the people who may give it: nobody twice, its author never."""
    missing = missing_reviews(day.facts, event)
    if not missing:
        return []
    done = {event.charted_by, *event.reviewed_by}
    able = [
        m
        for m in working_in(actor.clinic, day.now)
        if m.may(May.REVIEW_EVENTS, day.now) and str(m.id) not in done
    ]
    involved = involved_in(day.facts, event)
    return [
        Wait(
            what,
            tuple(
                m.signed_name
                for m in able
                if (
                    Role.PRESCRIBER in m.roles_at(day.now)
                    if "prescriber" in what
                    else str(m.id) not in involved
                )
            ),
        )
        for what in missing
    ]


def _asked_of(actor: Membership, day: Day, event: Happened) -> list[Membership]:
    clinic = day.session.course.clinic
    author = Membership.objects.filter(clinic=clinic, pk=event.by or None).first() or actor
    if event.kind is EventKind.VARIANCE:
        return [director(clinic, day.now, author)]
    if event.kind is not EventKind.ADVERSE_EVENT:
        return []
    return reviewers(clinic, event.body, author, day.now)
