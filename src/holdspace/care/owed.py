"""What waits for one person now, asked in two queries; what is about safety is named first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from holdspace.care.models import Task, TaskStep
from holdspace.people.models import Membership, OnCall

# Somebody may be in danger: these stand on every page of whoever owes them.
URGENT_TASKS = frozenset({"enquiry_call_now", "risk_answer"})
# How a task about safety may end; "could not reach" keeps it open instead.
OUTCOMES: dict[str, str] = {
    "reached_safe": "Reached, and safe now",
    "reached_plan": "Reached, and a safety plan was agreed",
    "emergency": "Sent to emergency care",
    "handed_over": "Handed over to another service, which has taken it",
}
SOON = timedelta(minutes=15)
SHOWN_MAX = 99


@dataclass(frozen=True, slots=True)
class Owed:
    """How many tasks are due by now (or in minutes), those about safety, and whether on call."""

    count: int = 0
    safety: tuple[Task, ...] = ()
    on_call: OnCall | None = None


def owed_now(member: Membership, now: datetime) -> Owed:
    """What this member owes now: their own tasks, and what has escalated to them.

    A task about safety stands here from its first minute, for everybody whom the clock passed
    over too: the first of them to read it has it.
    """
    late = Q(owner=member, due_at__lte=now + SOON)
    came_up = Q(escalates_to=member, escalates_at__lte=now)
    mine = Q(owner=member) | Q(pk__in=_had(member)) & ~Q(pk__in=_handed_over(member))
    rows = Task.objects.of(member.clinic).filter(closed_at__isnull=True)
    rows = rows.filter(late | came_up | mine & Q(kind__in=URGENT_TASKS))
    shown = ("id", "kind", "due_at", "opened_at", "read_at", "owner_id", "escalates_at", *PERSON)
    found = list(rows.select_related("patient").order_by("due_at").only(*shown)[:SHOWN_MAX])
    safety = tuple(task for task in found if task.kind in URGENT_TASKS)
    due = [task for task in found if task in safety or task.due_at <= now + SOON or _up(task, now)]
    return Owed(len(due), safety, _on_call(member, now))


PERSON = ("patient__name", "patient__preferred_name")


def _up(task: Task, now: datetime) -> bool:
    return task.escalates_at is not None and task.escalates_at <= now


def _had(member: Membership) -> QuerySet[TaskStep, object]:
    came = (TaskStep.What.OPENED, TaskStep.What.PASSED_ON)
    return TaskStep.objects.filter(to=member, what__in=came).values("task")


def _handed_over(member: Membership) -> QuerySet[TaskStep, object]:
    return TaskStep.objects.filter(by=member, what=TaskStep.What.HANDED_OVER).values("task")


def _on_call(member: Membership, now: datetime) -> OnCall | None:
    rows = OnCall.objects.filter(membership=member, ended_at=None, starts_at__lte=now)
    return rows.filter(ends_at__gt=now).order_by("rank", "ends_at").first()
