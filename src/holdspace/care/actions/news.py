"""A new fact suspends the clearance in the transaction that writes it, and a physician owns it.

The gates compute the same from the facts alone (core/news.py); what is written here shows in the
chart when and why, and holds also for a fact that was dated before the signature.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from holdspace.care import facts as loader
from holdspace.care.actions.facts import happen
from holdspace.care.actions.tasks import open_task
from holdspace.care.events import Suspended
from holdspace.care.models import Course, Document, Event, EventKind, Label, Observation
from holdspace.core.diagnoses import questions_of
from holdspace.core.facts import DocumentKind, Facts, Role
from holdspace.core.news import News, noteworthy
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import Kind
from holdspace.people.models import Membership
from holdspace.people.staff import working_in

SUSPENDED_TASK = "clearance_suspended"
BY_HAND_TASK = "diagnosis_by_hand"
TITLES = {
    SUSPENDED_TASK: "A clearance is suspended: look at what is new, then clear anew or end it",
    BY_HAND_TASK: "A new diagnosis is not mapped: review it by hand",
}
LOOK_WITHIN = timedelta(hours=24)  # clinic default, awaiting signature
EVENTS = frozenset(
    {
        EventKind.HISTORY_TAKEN.value,
        EventKind.DIAGNOSIS_RECORDED.value,
        EventKind.ADVERSE_EVENT.value,
        EventKind.RESCUE_DRUG.value,
        EventKind.SESSION_ENDED.value,
    }
)


def may_suspend(row: Event | Observation) -> bool:
    """Whether a row is of a kind that can suspend a clearance; all others cost nothing."""
    if isinstance(row, Event):
        return row.kind in EVENTS
    return row.kind == Kind.PREGNANCY_TEST.value and row.word == "positive"


def suspend(
    *, course: Course, row: Event | Observation, by: Membership | None, now: datetime
) -> Event | None:
    """Suspend the clearance on file if this row, just written, is news to it. Once is enough."""
    facts, protocol = loader.load(course, now=now, actor=by), loader.protocol_of(course)
    paper = facts.document(DocumentKind.CLEARANCE)
    if paper is None or paper.suspended_at is not None or paper.withdrawn_at is not None:
        return None
    found = [n for n in noteworthy(facts, protocol) if _from(n, row)]
    if not found:
        if _waits_for_a_hand(facts, protocol, row):
            _own(course, paper.id, BY_HAND_TASK, row, by, now)
        return None
    event = happen(
        course=course,
        kind=EventKind.CLEARANCE_SUSPENDED,
        body=Suspended(paper.id, found[0].what, str(row.id)),
        at=now,
        by=by,
        now=now,
        label=Label.SENSITIVE,
    )
    _own(course, paper.id, SUSPENDED_TASK, event, by, now)
    return event


def _from(news: News, row: Event | Observation) -> bool:
    """Whether this news came with this row; of what is asked again only what is new in it."""
    if isinstance(row, Event) and row.kind == EventKind.HISTORY_TAKEN.value:
        return news.at == row.recorded_at
    if isinstance(row, Event) and row.kind == EventKind.DIAGNOSIS_RECORDED.value:
        return news.about == str(row.id) and news.at == row.recorded_at
    return news.about == str(row.id)


def _waits_for_a_hand(facts: Facts, protocol: Protocol, row: Event | Observation) -> bool:
    """Whether this row is a diagnosis, new to the clearance, that answers no question."""
    new = (d for d in facts.diagnoses if d.id == str(row.id) and d.since == row.recorded_at)
    return any(not questions_of(d.icd10, protocol) for d in new)


def _own(
    course: Course, paper: str, kind: str, row: Event | Observation, by: Membership | None,
    now: datetime,
) -> None:  # fmt: skip
    """Somebody who prescribes looks at it: whoever signed the clearance, or else a colleague."""
    physicians = list(working_in(course.clinic, now, Role.PRESCRIBER))
    signer = Document.objects.filter(pk=UUID(paper)).values_list("by_id", flat=True).first()
    owner = next((m for m in physicians if m.id == signer), None) or next(iter(physicians), None)
    if owner is None or (by is not None and by.id == owner.id):
        return
    open_task(
        clinic=course.clinic,
        patient=course.patient,
        course=course,
        kind=kind,
        title=TITLES[kind],
        owner=owner,
        due_at=now + LOOK_WITHIN,
        about=row.id,
        by=by,
        now=now,
    )
