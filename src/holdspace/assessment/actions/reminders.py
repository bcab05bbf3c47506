"""People are asked when the protocol says so: once for each item, one e-mail a day at most.

Nothing here reads a score. A form whose answers may need somebody at once is not sent while
nobody would read them: it waits, and the desk and the director are told by a task.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from holdspace.assessment import owed
from holdspace.assessment.actions import risk
from holdspace.assessment.actions.forms import ask_to_fill
from holdspace.assessment.asked import is_spent, newest_requests
from holdspace.assessment.instruments import instruments
from holdspace.assessment.models import FormRequest
from holdspace.care import actions as care
from holdspace.care import mail
from holdspace.care.models import Course, Message, Task
from holdspace.core.facts import Role
from holdspace.core.follow_up import Due, State
from holdspace.people.models import Clinic, Patient
from holdspace.people.staff import first_working, somebody

FORM_MESSAGES = ("form_ready", "form_again")
DESK = (Role.COORDINATOR, Role.THERAPIST, Role.MEDICAL_DIRECTOR)
LATE_TASK = "form_late"
NOBODY_TASK = "nobody_on_call"
TASK_AFTER = timedelta(hours=24)  # after the last reminder
# What was missed before this is history: an installation that slept for a month wakes no desk.
TASK_UNTIL = timedelta(days=7)
TASK_WITHIN = timedelta(hours=48)
NOBODY_WITHIN = timedelta(hours=4)


def sweep(*, now: datetime) -> int:
    """Ask what is due in every course; returns how many messages were queued.

    Run it as often as you like, by two workers at once: each item is asked once, each person is
    written to once a day at most, each task is opened once.
    """
    clinics = Clinic.objects.order_by("id")
    return sum(care.each("forms", clinics, lambda clinic: sweep_clinic(clinic=clinic, now=now)))


def sweep_clinic(*, clinic: Clinic, now: datetime) -> int:
    """The same for one clinic; a course that fails keeps no other from being asked."""
    found = _due_in(clinic, now)
    return sum(care.each("forms", found, lambda course: _sweep_course(course, found[course], now)))


def _due_in(clinic: Clinic, now: datetime) -> dict[Course, tuple[Due, ...]]:
    """What is due in every course; where one cannot be read, each is read by itself."""
    try:
        return dict(owed.due_in(clinic, now))
    except care.AWAY:
        raise
    except Exception:
        logging.getLogger("holdspace").exception("forms: each course is read by itself")
        courses = owed.followed(clinic, now)
        read = care.each("forms", courses, lambda course: (course, owed.due_of(course, now)))
        return dict(read)


def _sweep_course(course: Course, items: tuple[Due, ...], now: datetime) -> int:
    asked = [item for item in items if item.entry.filled_by == "person"]
    if any(item.is_open for item in asked) or _lately_missed(asked, now):
        return _ask(course, asked, now)
    return 0


@transaction.atomic
def _ask(course: Course, items: list[Due], now: datetime) -> int:
    """Requests for what is open, a message if its moment has come, a task for what is late."""
    kept = newest_requests(course)
    waiting = {}
    for item in items:
        if not item.is_open or not _may_go_out(course, item.instrument, now):
            continue
        request = kept.get(item.name)
        if request is None or is_spent(request):
            request = ask_to_fill(
                course=course,
                instrument=item.instrument,
                point=item.point,
                due_at=item.due_at,
                by=None,
                now=now,
                language=mail.language_of(course.patient),
            )
        if not hasattr(request, "end"):  # answered, or somebody has stopped asking
            waiting[item] = request
    _open_late_tasks(course, items, now)
    return _write(course, waiting, now)


def _write(course: Course, waiting: dict[Due, FormRequest], now: datetime) -> int:
    """One message about the item that is due first, if any moment has come since the last one."""
    since = last_written(course)
    come = [item for item, row in waiting.items() if since < _last_moment(item, row, now)]
    if not come:
        return 0
    first = min(come, key=lambda item: (item.due_at, item.point, item.instrument))
    day = course.clinic.day(now).isoformat()
    once = f"forms:{course.patient_id}:{day}"
    if Message.objects.of(course.clinic).filter(once=once).exists():
        return 0
    care.post(
        clinic=course.clinic,
        to=course.patient,
        template="form_again" if now > first.due_at else "form_ready",
        about=waiting[first].pk,
        once=once,
        now=now,
    )
    return 1


def last_written(course: Course) -> datetime:
    """When the person was last written to about a form; the opening of the course if never."""
    rows = Message.objects.of(course.clinic).filter(patient=course.patient_id)
    newest = rows.filter(template__in=FORM_MESSAGES).order_by("-queued_at").first()
    return newest.queued_at if newest else course.opened_at - timedelta(seconds=1)


def _last_moment(item: Due, request: FormRequest, now: datetime) -> datetime:
    """The newest moment that calls for a message: it opened, a reminder is due, or asked anew."""
    later = [item.due_at + timedelta(hours=hours) for hours in item.entry.remind_after_hours]
    later += [request.recorded_at] if request.instead_of_id else []
    return max([item.opens_at, *(at for at in later if at <= now)])


def _late_at(item: Due) -> datetime:
    """When the desk is asked to help with an item that stayed open."""
    last = max(item.entry.remind_after_hours, default=0)
    return item.due_at + timedelta(hours=last) + TASK_AFTER


def _is_late(item: Due, now: datetime) -> bool:
    wanted = item.entry.task_when_late and item.state in (State.OVERDUE, State.MISSED)
    return wanted and _late_at(item) <= now <= _late_at(item) + TASK_UNTIL


def _lately_missed(items: Iterable[Due], now: datetime) -> bool:
    return any(_is_late(item, now) for item in items)


def _open_late_tasks(course: Course, items: Iterable[Due], now: datetime) -> None:
    """One task for one person while it is open, however many forms are late."""
    late = [item for item in items if _is_late(item, now)]
    if not late:
        return
    # The person is held: two courses of theirs, or two sweeps, that look at once open one task.
    Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=course.patient_id)
    rows = Task.objects.of(course.clinic).filter(patient=course.patient, kind=LATE_TASK)
    since = min(_late_at(item) for item in late)
    if rows.filter(closed_at=None).exists() or rows.filter(opened_at__gte=since).exists():
        return
    owner = somebody(course.clinic, now, DESK)
    if owner is None:
        return
    person = course.patient
    # The person's and not the course's: an open task of a course would keep it from being closed.
    care.open_task(
        clinic=course.clinic,
        patient=person,
        kind=LATE_TASK,
        title=f"A form was not filled in: ask {person.called}, {person.display_id}"[:200],
        owner=owner,
        due_at=now + TASK_WITHIN,
        by=None,
        now=now,
    )


# ---------------------------------------------------------------- who reads it


def _may_go_out(course: Course, instrument: str, now: datetime) -> bool:
    """Whether a person may be asked this by link now; nobody on call is told to the director."""
    asked = instruments(course.clinic).get(instrument)
    if asked is None or asked.paper_only:
        return False
    if risk.may_send(course.clinic, asked, now, course=course) is None:
        return True
    _tell_nobody_reads(course.clinic, now)
    return False


def _tell_nobody_reads(clinic: Clinic, now: datetime) -> None:
    # of two sweeps one opens the task
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    if Task.objects.of(clinic).filter(kind=NOBODY_TASK, closed_at=None).exists():
        return
    owner = first_working(clinic, now, (Role.MEDICAL_DIRECTOR, Role.COORDINATOR))
    if owner is None:
        return
    care.open_task(
        clinic=clinic,
        kind=NOBODY_TASK,
        title="Forms wait: nobody is on call to read answers that cannot wait",
        owner=owner,
        due_at=now + NOBODY_WITHIN,
        escalates_to=first_working(clinic, now, (Role.COORDINATOR,), but=owner),
        escalates_at=now + NOBODY_WITHIN,
        by=None,
        now=now,
    )
