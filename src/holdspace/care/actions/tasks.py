"""Owed work has a name, a deadline and an escalation, and is never closed unread or empty."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdspace.care.actions.facts import WrongInput
from holdspace.care.models import Course, Task
from holdspace.people.access import May
from holdspace.people.models import Clinic, Membership, Patient
from holdspace.records.actions import append
from holdspace.records.keys import new_key


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
) -> Task:
    """Open a task. `holds` keeps the next door shut until it is resolved."""
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
    )
    _record(task, "task_opened", by, now)
    return task


@transaction.atomic
def read_task(*, task: Task, by: Membership, now: datetime) -> Task:
    """The owner has seen it. Reading twice changes nothing."""
    task = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if task.read_at is None and by.id in (task.owner_id, task.escalates_to_id):
        task.read_at = now
        task.save(update_fields=["read_at"])
        _record(task, "task_read", by, now)
    return task


@transaction.atomic
def hand_over_task(*, task: Task, to: Membership, by: Membership, now: datetime) -> Task:
    """Give a task to somebody else, who has not read it yet."""
    task = _open(task)
    if to.clinic_id != task.clinic_id or not to.may(May.SEE_TASKS, now):
        raise WrongInput("to", f"{to.name} cannot take tasks here.", "a colleague who sees tasks")
    task.owner, task.read_at = to, None
    task.save(update_fields=["owner", "read_at"])
    _record(task, "task_handed_over", by, now)
    return task


@transaction.atomic
def close_task(*, task: Task, outcome: str, by: Membership, now: datetime) -> Task:
    """Close a task that its owner (or the one it escalated to) has read, with what came of it."""
    task = _open(task)
    if by.id not in (task.owner_id, task.escalates_to_id):
        raise WrongInput("by", "This task belongs to somebody else.", "its owner, or a hand-over")
    if task.read_at is None:
        raise WrongInput("task", "This task has not been read.", "open it first")
    if len(outcome.strip()) < 3:
        raise WrongInput(
            "outcome", "A task closes with its outcome.", "what was done, in a few words"
        )
    task.closed_at, task.closed_by, task.outcome = now, by, outcome.strip()
    task.save(update_fields=["closed_at", "closed_by", "outcome"])
    _record(task, "task_closed", by, now)
    return task


def _open(task: Task) -> Task:
    task = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if task.closed_at is not None:
        raise WrongInput("task", "This task is already closed.", "an open task")
    return task


def _record(task: Task, act: str, by: Membership | None, now: datetime) -> None:
    append(
        stream=task.course.stream if task.course else f"clinic:{task.clinic_id}",
        act=act,
        by=by,
        now=now,
        body={"task": str(task.id), "kind": task.kind, "owner": str(task.owner_id)},
        clinic_id=task.clinic_id,
    )
