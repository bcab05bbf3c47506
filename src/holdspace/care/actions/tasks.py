"""Owed work has a name, a deadline and an escalation, and is never closed unread or empty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from holdspace.care.actions.facts import WrongInput
from holdspace.care.models import Course, Task, TaskStep
from holdspace.care.owed import OUTCOMES, URGENT_TASKS
from holdspace.people.access import May
from holdspace.people.models import Clinic, Membership, Patient
from holdspace.records.actions import record
from holdspace.records.keys import new_key

What = TaskStep.What


@transaction.atomic
def open_task(
    *,
    clinic: Clinic,
    kind: str,
    title: str,
    owner: Membership,
    due_at: datetime,
    by: Membership | None,
    now: datetime,
    patient: Patient | None = None,
    course: Course | None = None,
    escalates_to: Membership | None = None,
    escalates_at: datetime | None = None,
    holds: bool = False,
    about: UUID | None = None,
    tier: str = "",
    reason: str = "",
    passes_on: Sequence[datetime] = (),
    words: str = "",
) -> Task:
    """Open a task. `holds` keeps the next door shut until it is resolved.

    `passes_on` are the times after `escalates_at` at which it goes to the next again; `words` are
    what opened it, for those who may read the chart.
    """
    task = Task.objects.create(
        id=new_key(now),
        clinic=clinic,
        patient=patient,
        course=course,
        kind=kind,
        title=title,
        owner=owner,
        escalates_to=escalates_to,
        escalates_at=escalates_at,
        opened_at=now,
        due_at=due_at,
        holds=holds,
        about=about,
        tier=tier,
        reason=reason,
        passes_on=[at.isoformat() for at in passes_on],
    )
    note_step(
        task, What.OPENED, by, now, to=owner, tier=tier, next_at=escalates_at, words=words or None
    )
    return task


@transaction.atomic
def read_task(*, task: Task, by: Membership, now: datetime) -> Task:
    """Somebody who holds it has seen it; of several, the first to read it owns it from then on.

    Reading twice changes nothing.
    """
    task = held(task.pk)
    if task.read_at is None and task.closed_at is None and holds_task(task, by, now):
        task.read_at, task.owner = now, by if task.kind in URGENT_TASKS else task.owner
        task.save(update_fields=["read_at", "owner"])
        note_step(task, What.READ, by, now, to=task.owner)
    return task


@transaction.atomic
def hand_over_task(*, task: Task, to: Membership, by: Membership, now: datetime) -> Task:
    """Give a task to somebody else, who has not read it yet."""
    task = locked(task)
    if to.clinic_id != task.clinic_id or not to.may(May.SEE_TASKS, now):
        raise WrongInput("to", f"{to.name} cannot take tasks here.", "a colleague who sees tasks")
    if task.kind == "risk_answer" and not to.may(May.READ_CHART, now):
        raise WrongInput("to", f"{to.name} may not read the answer.", "a clinician who works here")
    task.owner, task.read_at = to, None
    task.save(update_fields=["owner", "read_at"])
    note_step(task, What.HANDED_OVER, by, now, to=to)
    return task


@transaction.atomic
def close_task(*, task: Task, outcome: str, by: Membership, now: datetime, code: str = "") -> Task:
    """Close a task that somebody who holds it has read, with what came of it.

    A task about safety also says which outcome of the short list it was.
    """
    task = locked(task)
    if not holds_task(task, by, now):
        raise WrongInput("by", "This task belongs to somebody else.", "its owner, or a hand-over")
    if task.read_at is None:
        raise WrongInput("task", "This task has not been read.", "open it first")
    if task.kind in URGENT_TASKS and code not in OUTCOMES:
        raise WrongInput("code", "How did it end?", ", ".join(OUTCOMES.values()))
    if len(outcome.strip()) < 3:
        raise WrongInput(
            "outcome", "A task closes with its outcome.", "what was done, in a few words"
        )
    task.closed_at, task.closed_by, task.outcome = now, by, outcome.strip()
    task.outcome_code = code if task.kind in URGENT_TASKS else ""
    task.save(update_fields=["closed_at", "closed_by", "outcome", "outcome_code"])
    note_step(task, What.CLOSED, by, now, code=task.outcome_code, words=task.outcome)
    return task


@transaction.atomic
def close_by_itself(*, task: Task, outcome: str, now: datetime) -> Task:
    """What a task asked for is there: the clock closes it, read or not. Never one about safety."""
    task = locked(task)
    assert task.kind not in URGENT_TASKS and not task.holds, "a person closes what holds a door"
    task.closed_at, task.closed_by, task.outcome = now, None, outcome
    task.save(update_fields=["closed_at", "closed_by", "outcome"])
    note_step(task, What.CLOSED, None, now, words=outcome)
    return task


@transaction.atomic
def add_to_closed_task(*, task: Task, words: str, by: Membership, now: datetime) -> TaskStep:
    """Words of somebody who worked on a task while another closed it; the outcome stays as it is.

    Raises WrongInput for a task that is still open, and for nothing.
    """
    task = held(task.pk)
    if by.clinic_id != task.clinic_id or not by.may(May.SEE_TASKS, now):
        raise WrongInput("by", "This task is not yours to add to.", "somebody who sees tasks here")
    if task.closed_at is None:
        raise WrongInput("task", "This task is still open.", "its outcome")
    if len(words.strip()) < 3:
        raise WrongInput("words", "Nothing was added.", "what was done, in a few words")
    return note_step(task, What.ADDED, by, now, words=words.strip())


def holds_task(task: Task, who: Membership, now: datetime) -> bool:
    """Whether a task is this person's: its owner, or whom it goes to.

    One about safety stays with everybody whom the clock passed over, until they hand it over; the
    next in line has it when its time comes, not before: a look at it takes it from nobody.
    """
    if who.pk == task.owner_id:
        return True
    if task.kind not in URGENT_TASKS:
        return who.pk == task.escalates_to_id
    if not who.may(May.SEE_TASKS, now):
        return False
    had = task.steps.filter(to=who, what__in=(What.OPENED, What.PASSED_ON))
    return had.exists() and not task.steps.filter(by=who, what=What.HANDED_OVER).exists()


def held(key: UUID) -> Task:
    """The task as it is, held until the transaction ends.

    Its course comes first, as for everything else that writes to a course: whoever answers holds
    the course and then meets its tasks, and two who wait for each other would lose an answer.
    """
    course = Task.objects.filter(pk=key).values("course_id")
    list(Course.objects.select_for_update(of=("self",)).filter(pk__in=course))
    # Without joins: PostgreSQL finds no row when the owner changes while this waits for the lock.
    return Task.objects.select_for_update(of=("self",)).get(pk=key)


def locked(task: Task) -> Task:
    """The task as it is, held until the transaction ends. Raises WrongInput when it is closed."""
    task = held(task.pk)
    if task.closed_at is not None:
        raise WrongInput("task", "This task is already closed.", "an open task")
    return task


def note_step(
    task: Task, what: TaskStep.What, by: Membership | None, now: datetime, **more: Any
) -> TaskStep:
    """Write down what happened to a task, chained to the course (or the clinic)."""
    step = TaskStep.draft(now=now, clinic_id=task.clinic_id, task=task, what=what, by=by, **more)
    record(
        rows=[step],
        stream=task.course.stream if task.course else f"clinic:{task.clinic_id}",
        act=f"task_{what.value}",
        by=by,
        now=now,
        body={"task": str(task.id), "kind": task.kind, "owner": str(task.owner_id)},
        clinic_id=task.clinic_id,
    )
    return step
