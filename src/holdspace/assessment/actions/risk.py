"""A risk answer never lies unread: it has an owner, a deadline and somebody it escalates to."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from holdspace.care.actions import WrongInput, open_task
from holdspace.care.facts import load
from holdspace.care.models import Course, Task
from holdspace.core.facts import Role
from holdspace.people.access import May
from holdspace.people.models import Clinic, Membership
from holdspace.people.staff import working_in

# "Now" still needs a clock that can run out (rulings: PHQ-9 item 9 of 2 or 3, an acute screen).
NOW_MINUTES = 15
# Who hears of it when the owner did not act, in this order.
ESCALATION = (Role.MEDICAL_DIRECTOR, Role.PRESCRIBER, Role.THERAPIST)


def open_risk_task(
    *,
    course: Course,
    title: str,
    urgent: bool,
    about: UUID,
    by: Membership | None,
    now: datetime,
) -> Task:
    """Open the task that a risk answer calls for; it holds the next door until it is resolved.

    Urgent is due in 15 minutes, otherwise on the same day. Quiet hours never apply. The owner is
    whoever took the answer and may read the chart, else the person's therapist, else the first
    who would hear of an escalation. Raises WrongInput when the clinic has nobody to own it.
    """
    owner = _owner(course, by, now)
    due = now + timedelta(minutes=NOW_MINUTES)
    if not urgent:
        due = max(due, end_of_day(course.clinic, now))
    return open_task(
        clinic=course.clinic,
        patient=course.patient,
        course=course,
        kind="risk_answer",
        title=title,
        owner=owner,
        due_at=due,
        escalates_to=_other_than(owner, course.clinic, now),
        escalates_at=due,
        holds=True,
        about=about,
        by=by,
        now=now,
    )


def end_of_day(clinic: Clinic, now: datetime) -> datetime:
    """23:59 of today on the clinic's wall."""
    return datetime.combine(clinic.day(now), time(23, 59), clinic.zone)


def prescriber_for(clinic: Clinic, now: datetime) -> Membership | None:
    """A prescriber who works here now, for what only a prescriber can look at."""
    return next(iter(working_in(clinic, now, Role.PRESCRIBER)), None)


def _owner(course: Course, by: Membership | None, now: datetime) -> Membership:
    if by is not None and by.may(May.READ_CHART, now):
        return by
    state = load(course, now=now).course
    working = {str(member.pk): member for member in working_in(course.clinic, now)}
    if state is not None and state.therapist in working:
        return working[state.therapist]
    found = _other_than(None, course.clinic, now)
    if found is None:
        raise WrongInput(
            "owner", "Nobody here can own a risk answer.", "a clinician who works here now"
        )
    return found


def _other_than(owner: Membership | None, clinic: Clinic, now: datetime) -> Membership | None:
    for role in ESCALATION:
        for member in working_in(clinic, now, role):
            if owner is None or member.pk != owner.pk:
                return member
    return None
