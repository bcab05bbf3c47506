"""Asking for what is missing at the clearance: one task or one form, closed when it is on file."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from holdspace.assessment import missing
from holdspace.assessment.actions.forms import ask_to_fill
from holdspace.assessment.actions.risk import may_send
from holdspace.assessment.instruments import instruments
from holdspace.assessment.models import FormRequest
from holdspace.care import actions as care
from holdspace.care.models import Course, Task
from holdspace.core.codes import Code
from holdspace.core.decision import Door
from holdspace.core.words import WORDS
from holdspace.people.models import Membership

# Clinic defaults, awaiting signature: no source says how long somebody is given.
STAFF_WITHIN, PERSON_WITHIN = timedelta(days=3), timedelta(days=7)
HERE, OVER = "It is on file.", "The course has ended; it is no longer needed."


@transaction.atomic
def ask_for(*, course: Course, code: Code, by: Membership, now: datetime) -> Task:
    """Ask the right colleague for one thing that is missing; asked twice, it is asked once.

    What is late goes to whoever asked. Raises WrongInput when it is not missing, or when nobody
    works here who could be asked.
    """
    course = care.lock_course(course)
    waiting = next((t for t in missing.open_asks(course) if t.reason == code.value), None)
    if waiting is not None:
        return waiting
    _check_missing(course, code, now)
    owner = missing.owner_of(course, code, now)
    if owner is None:
        problem = "Nobody works here now who could be asked for this."
        raise care.WrongInput("code", problem, "a colleague in that role")
    due = now + STAFF_WITHIN
    label = WORDS[code].label
    return care.open_task(
        clinic=course.clinic, patient=course.patient, course=course, kind=missing.ASKED_FOR,
        title=f"Asked for, before the clearance: {label[:1].lower()}{label[1:]}",
        owner=owner, due_at=due, reason=code.value, by=by, now=now,
        escalates_to=by if by != owner else None, escalates_at=due if by != owner else None,
    )  # fmt: skip


@transaction.atomic
def ask_the_person(*, course: Course, code: Code, by: Membership, now: datetime) -> FormRequest:
    """Ask the person by a form, with a neutral message; one that is still open is not sent again.

    Raises WrongInput when no form answers this, it is not missing, or nobody would read it.
    """
    course = care.lock_course(course)
    name = missing.FORMS.get(code)
    if name is None:
        raise care.WrongInput("code", "No form answers this.", "somebody who works here")
    waiting = missing.open_requests(course, [name]).get(name)
    if waiting is not None:
        return waiting
    _check_missing(course, code, now)
    asked = instruments(course.clinic)[name]
    if why := may_send(course.clinic, asked, now, course=course):
        raise care.WrongInput("on_call", why, "somebody on call, or a colleague who asks it here")
    request = ask_to_fill(
        course=course, instrument=name, point=f"before the clearance, {now:%Y-%m-%d %H:%M}",
        due_at=now + PERSON_WITHIN, by=by, now=now,
    )  # fmt: skip
    care.post(
        clinic=course.clinic, to=course.patient, template="form_ready", about=request.pk, now=now
    )
    return request


def _check_missing(course: Course, code: Code, now: datetime) -> None:
    decision = care.ask(Door.CLEAR_FOR_MEDICINE, course, by=None, now=now)
    if code not in missing.missing(decision) or code not in missing.ASKED_OF:
        raise care.WrongInput("code", "This is not missing now.", "something on the list")


@transaction.atomic
def settle(*, course: Course, now: datetime) -> list[Task]:
    """Close what was asked for and is on file, or is not needed any more; asked again, nothing."""
    if not missing.open_asks(course):
        return []
    course = care.lock_course(course)
    decision = care.ask(Door.CLEAR_FOR_MEDICINE, course, by=None, now=now)
    ended = any(f.code is Code.COURSE_NOT_OPEN for f in decision.stops)
    still = {code.value for code in missing.missing(decision)}
    return [
        care.close_by_itself(task=task, outcome=OVER if ended else HERE, now=now)
        for task in missing.open_asks(course)
        if ended or task.reason not in still
    ]


def settle_all(now: datetime) -> int:
    """The same for every course in which something is asked for."""
    open_ones = Task.objects.filter(kind=missing.ASKED_FOR, closed_at__isnull=True)
    courses = Course.objects.filter(pk__in=open_ones.values("course_id"))
    rows = courses.select_related("clinic", "patient", "protocol").order_by("pk")
    closed = care.each("what was asked for", rows, lambda course: settle(course=course, now=now))
    return sum(len(tasks) for tasks in closed)
