"""What every act of the day needs: one locked course, its stock, and whom a task belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from holdspace.care import facts as loader
from holdspace.care.actions import WrongInput, lock_course, open_concern
from holdspace.care.events import Happened
from holdspace.care.models import Course, EventKind, Observation, Session
from holdspace.care.shipped import scale_text
from holdspace.core import facts as core
from holdspace.core.facts import Role
from holdspace.core.risk import heard
from holdspace.core.scales import read as read_scale
from holdspace.core.units import Kind
from holdspace.people.models import Clinic, Membership
from holdspace.pharmacy import hatch

WORDS_MAX = 4000
READINESS = "readiness"  # the source of what was answered before the day was open
# Answers that come to this word of the screen: how soon somebody acts stands in the protocol.
SCREENED = {"acute_positive": {"asq_5": 1}, "non_acute_positive": {"asq_1": 1}}


def locked(session: Session) -> tuple[Course, Session]:
    """The course, held until the transaction ends, and its session day."""
    course = lock_course(session.course)
    session = Session.objects.select_related("room__site", "appointment").get(pk=session.pk)
    session.course = course
    return course, session


def open_session(course: Course) -> Session | None:
    """The session day of this course that has not ended, if there is one."""
    over = course.events.filter(kind=EventKind.SESSION_ENDED.value).values("session_id")
    return course.sessions.exclude(id__in=over).order_by("-number").first()


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
    """A positive suicide-risk screen has an owner from the moment it is written down.

    How soon it is due is what the protocol says of the screen's own answers.
    """
    for row in rows:
        if row.kind == Kind.SUICIDE_SCREEN.value and row.word in SCREENED:
            asked = read_scale(scale_text("asq"))
            concerns = heard(loader.protocol_of(course), asked, SCREENED[row.word])
            assert concerns, "the floors of core/limits.py hear every positive screen"
            open_concern(
                course=course, concern=concerns[0], owner=by, about=row.id, by=by, now=now
            )  # fmt: skip
