"""What every act of the day needs: one locked course, its stock, and whom a task belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from holdspace.care import facts as loader
from holdspace.care.actions import WrongInput, lock_course, open_task
from holdspace.care.events import Happened
from holdspace.care.models import Course, EventKind, Observation, Session
from holdspace.core import facts as core
from holdspace.core.facts import Role
from holdspace.core.units import Kind
from holdspace.people.models import Clinic, Membership
from holdspace.pharmacy import hatch

WORDS_MAX = 4000
SUICIDE_RISK = "suicide_risk"
# Somebody looks at once when the thought is there now, within hours otherwise; clinic defaults.
RISK_HOURS = {"acute_positive": 0, "non_acute_positive": 4}


def locked(session: Session) -> tuple[Course, Session]:
    """The course, held until the transaction ends, and its session day."""
    course = lock_course(session.course)
    session = Session.objects.select_related("room__site", "appointment").get(pk=session.pk)
    session.course = course
    return course, session


def stock(session: Session, now: datetime) -> dict[str, Any]:
    """What the pharmacy's hatch says of this session, as the loader of facts takes it."""
    over = session.events.filter(kind=EventKind.SESSION_ENDED.value).exists()
    return stock_facts(session, hatch.in_hand(session=session, now=now), is_over=over)


def stock_facts(session: Session, held: hatch.InHand, *, is_over: bool) -> dict[str, Any]:
    """The same from what was already read; after its end the custodian's task holds the rest."""
    left = Decimal(0) if is_over else held.unresolved_mg
    value = core.Session(str(session.id), session.number, session.opened_at, unresolved_mg=left)
    return {"preparations": held.preparations, "unresolved": (value,) if left else ()}


def happened_in(course: Course, session: Session) -> list[Happened]:
    """The events of one session day, oldest first."""
    return [h for h in loader.happenings(course) if h.session == str(session.id)]


def doses_of(course: Course, session: Session) -> list[core.Dose]:
    return [h.body for h in happened_in(course, session) if h.kind is EventKind.DOSE_GIVEN]


def ended(course: Course, session: Session) -> Happened | None:
    """The end of the session day, None while it is open."""
    ends = [h for h in happened_in(course, session) if h.kind is EventKind.SESSION_ENDED]
    return ends[-1] if ends else None


def holder(
    clinic: Clinic, role: Role, now: datetime, but: Iterable[Membership] = ()
) -> Membership | None:
    """Somebody who holds a role now and is not one of `but`; the longest-serving first."""
    left_out = {member.id for member in but}
    found = (
        Membership.objects.filter(clinic=clinic, grants__role=role.value, ended_at__isnull=True)
        .select_related("user", "clinic")
        .prefetch_related("grants")
        .order_by("started_on", "id")
        .distinct()
    )
    return next((m for m in found if m.id not in left_out and role in m.roles_at(now)), None)


def director(clinic: Clinic, now: datetime, otherwise: Membership) -> Membership:
    """Who reviews what happened without a passed door; without one, the author keeps the task."""
    return holder(clinic, Role.MEDICAL_DIRECTOR, now) or otherwise


def words(field: str, text: str, accepted: str) -> str:
    """Typed words without surrounding space. Raises WrongInput when there are none or too many."""
    cleaned = text.strip()
    if len(cleaned) < 3:
        raise WrongInput(field, "This is needed.", accepted)
    if len(cleaned) > WORDS_MAX:
        raise WrongInput(field, "This is too long.", f"up to {WORDS_MAX} characters")
    return cleaned


def own_risk(course: Course, rows: Iterable[Observation], by: Membership, now: datetime) -> None:
    """A positive suicide-risk screen has an owner from the moment it is written down."""
    for row in rows:
        if row.kind == Kind.SUICIDE_SCREEN.value and row.word in RISK_HOURS:
            due = now + timedelta(hours=RISK_HOURS[row.word])
            chief = holder(course.clinic, Role.PRESCRIBER, now, but=[by])
            open_task(
                clinic=course.clinic, patient=course.patient, course=course, kind=SUICIDE_RISK,
                title="Suicide-risk screen positive: talk with the person and decide what follows",
                owner=by, escalates_to=chief or director(course.clinic, now, by),
                escalates_at=due, due_at=due, holds=True, about=row.id, by=by, now=now,
            )  # fmt: skip
