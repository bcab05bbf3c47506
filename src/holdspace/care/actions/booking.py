"""Booking on a course: a visit needs only its time; a medicine session also passes its door."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from holdspace.care.actions.doors import Outcome, lock_course, pass_door
from holdspace.care.models import Course
from holdspace.core.decision import Door
from holdspace.people.models import Membership
from holdspace.schedule.actions import Clash, Wanted, book, check_when
from holdspace.schedule.models import Appointment, AppointmentKind


@transaction.atomic
def book_visit(*, course: Course, wanted: Wanted, by: Membership, now: datetime) -> Appointment:
    """Book anything but a medicine session. Raises schedule.actions.Clash."""
    if wanted.kind is AppointmentKind.SESSION:
        raise Clash("kind", "A medicine session is booked through its door.", "a visit")
    return book(patient=course.patient, wanted=wanted, course_key=course.id, by=by, now=now)


@transaction.atomic
def book_session(
    *, course: Course, wanted: Wanted, by: Membership, now: datetime
) -> Outcome[Appointment]:
    """Book a medicine session if the course is ready for a next one by that time.

    Raises schedule.actions.Clash for a time that can't be meant, or a room or a person that is
    taken; nothing is then kept.
    """
    if wanted.kind is not AppointmentKind.SESSION:
        raise Clash("kind", "Only a medicine session passes this door.", "a medicine session")
    check_when(wanted, now)
    course = lock_course(course)
    outcome = pass_door(Door.NEXT_SESSION, course, by=by, now=now, booked_for=wanted.starts_at)
    if not outcome.allowed:
        return outcome
    made = book(patient=course.patient, wanted=wanted, course_key=course.id, by=by, now=now)
    return Outcome(outcome.decision, outcome.row, made)
