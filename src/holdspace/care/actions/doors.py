"""A gate is asked inside the transaction that would pass it, and its answer is always kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import transaction

from holdspace import __version__
from holdspace.care import facts as loader
from holdspace.care.actions.facts import write
from holdspace.care.models import Course, Decision, Session
from holdspace.core import decision as core
from holdspace.core import gates
from holdspace.core.canonical import digest, to_text
from holdspace.core.decision import Door
from holdspace.core.facts import Facts
from holdspace.core.protocol import Protocol
from holdspace.people.models import Membership, Patient

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """The decision, kept as `row`, and what was made if it was allowed (`made` None if refused)."""

    decision: core.Decision
    row: Decision
    made: T | None = None

    @property
    def allowed(self) -> bool:
        return self.decision.allowed


def lock_course(course: Course) -> Course:
    """Hold this course until the transaction ends: two people cannot pass one door at once."""
    return (
        Course.objects.select_for_update(of=("self",))
        .select_related("clinic", "patient", "protocol")
        .get(pk=course.pk)
    )


def ask(
    door: Door, course: Course, *, by: Membership | None, now: datetime, **more: Any
) -> core.Decision:
    """A preview for a screen: the same gate, nothing kept. The action asks again."""
    facts = loader.load(course, now=now, actor=by, **more)
    return gates.decide(door, facts, loader.protocol_of(course), __version__)


def pass_door(
    door: Door,
    course: Course,
    *,
    by: Membership | None,
    now: datetime,
    session: Session | None = None,
    **more: Any,
) -> Outcome[Any]:
    """Ask the gate about a locked course and keep the answer, allowed or refused.

    Call inside the action's transaction, after `lock_course`. A refusal is returned, never raised:
    an exception would roll back the row which proves that we refused.
    """
    facts = loader.load(course, now=now, actor=by, session=session, **more)
    decision = gates.decide(door, facts, loader.protocol_of(course), __version__)
    row = keep(decision, facts, patient=course.patient, course=course, session=session, by=by)
    return Outcome(decision, row)


def decide_enquiry(
    facts: Facts, protocol: Protocol, *, patient: Patient, by: Membership | None
) -> Outcome[Any]:
    """The first door, at which there is no course yet."""
    decision = gates.decide(Door.OPEN_COURSE, facts, protocol, __version__)
    return Outcome(
        decision, keep(decision, facts, patient=patient, course=None, session=None, by=by)
    )


@transaction.atomic
def keep(
    decision: core.Decision,
    facts: Facts,
    *,
    patient: Patient,
    course: Course | None,
    session: Session | None,
    by: Membership | None,
) -> Decision:
    """Store one decision with its frozen facts, so that it can be replayed, and chain it."""
    facts_text = to_text(facts)
    row = Decision.draft(
        now=decision.decided_at,
        clinic=patient.clinic,
        patient=patient,
        course=course,
        session=session,
        by=by,
        door=decision.door.value,
        decided_at=decision.decided_at,
        allowed=decision.allowed,
        facts=facts_text,
        findings=to_text(decision),
        facts_digest=digest(facts_text),
        protocol_digest=decision.protocol_digest,
        program_version=decision.program_version,
    )
    act = "door_passed" if decision.allowed else "door_refused"
    codes = {"door": decision.door.value, "stops": [f.code.value for f in decision.stops]}
    return write(row, act=act, now=decision.decided_at, codes=codes)
