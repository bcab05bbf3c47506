"""The driver did not come: the person stays, watched over, and somebody owns the plan."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from holdspace.care.actions import (
    WrongInput,
    close_task,
    hand_over_task,
    happen,
    open_task,
    read_task,
)
from holdspace.care.events import Note
from holdspace.care.models import Course, EventKind, Session, Task
from holdspace.medicine.actions.common import director, ended, locked, words
from holdspace.people.models import Membership

NO_ESCORT = "no_escort"
WAIT_HOURS_MAX = 24


@transaction.atomic
def nobody_came(
    *,
    session: Session,
    adult: str,
    plan: str,
    until: datetime,
    owner: Membership,
    by: Membership,
    now: datetime,
) -> Task:
    """Write down whom else was called and what holds until closing; a new plan ends the old one.

    Raises WrongInput for a session that has ended, and where a part of the plan is missing or its
    time is not ahead: nobody waits without an end.
    """
    course, session = locked(session)
    if ended(course, session):
        raise WrongInput("session", "This session has already ended.", "an open session")
    adult = words("adult", adult, "a second adult and their number, or that there is none")
    plan = words("plan", plan, "where they wait, and who stays with them")
    if until <= now:
        accepted = "later today, or a time after midnight with “tomorrow”"
        raise WrongInput("until", "This time has passed.", accepted)
    if until > now + timedelta(hours=WAIT_HOURS_MAX):
        raise WrongInput("until", "This is too far ahead.", f"within {WAIT_HOURS_MAX} hours")
    end_waiting(course, session, "a new plan", by, now)
    said = f"Nobody came to take them home. Second adult: {adult}. Until closing: {plan}."
    happen(
        course=course, kind=EventKind.NOTE, body=Note("medical", said), at=now, by=by, now=now,
        session=session,
    )  # fmt: skip
    return open_task(
        clinic=course.clinic, patient=course.patient, course=course, kind=NO_ESCORT, owner=owner,
        title="Nobody came to take a person home: they stay watched over until somebody does",
        due_at=until, escalates_to=director(course.clinic, now, by), escalates_at=until,
        about=session.id, by=by, now=now,
    )  # fmt: skip


def end_waiting(
    course: Course, session: Session, outcome: str, by: Membership, now: datetime
) -> None:
    """The plan is over: somebody came, the session ended, or another plan took its place."""
    open_plans = Task.objects.of(course.clinic).filter(
        kind=NO_ESCORT, about=session.id, closed_at__isnull=True
    )
    for task in open_plans:
        if by.id not in (task.owner_id, task.escalates_to_id):
            task = hand_over_task(task=task, to=by, by=by, now=now)
        close_task(task=read_task(task=task, by=by, now=now), outcome=outcome, by=by, now=now)
