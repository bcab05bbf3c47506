"""What may cost a life goes from one person to the next until somebody reads it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from holdspace.care.actions.facts import WrongInput
from holdspace.care.actions.messages import has_address, post
from holdspace.care.actions.rounds import each
from holdspace.care.actions.tasks import What, held, holds_task, locked, note_step, open_task
from holdspace.care.models import Course, Task
from holdspace.care.owed import URGENT_TASKS
from holdspace.core.limits import Tier
from holdspace.core.risk import Concern, Deadline, deadline
from holdspace.people.access import May
from holdspace.people.models import Clinic, Membership, Patient
from holdspace.people.on_call import chain

AGAIN = timedelta(minutes=15)  # past its deadline and still unread, it goes on this often
TRIES_BEFORE_NEXT = 2
NEXT_TRY_MAX = {Tier.NOW: timedelta(hours=1), Tier.SAME_DAY: timedelta(hours=24)}


@transaction.atomic
def open_urgent(
    *,
    clinic: Clinic,
    kind: str,
    title: str,
    owner: Membership,
    by_when: Deadline,
    tier: str,
    by: Membership | None,
    now: datetime,
    patient: Patient,
    course: Course | None = None,
    holds: bool = False,
    about: UUID | None = None,
    reason: str = "",
    words: str = "",
) -> Task:
    """Open a task about safety; whom it goes to, and when, is planned from the beginning."""
    first, *later = by_when.passes_on
    task = open_task(
        clinic=clinic,
        patient=patient,
        course=course,
        kind=kind,
        title=title,
        owner=owner,
        due_at=by_when.due,
        escalates_to=next_after(clinic, now, [owner.pk], kind),
        escalates_at=first,
        passes_on=later,
        holds=holds,
        about=about,
        tier=tier,
        reason=reason,
        words=words,
        by=by,
        now=now,
    )
    if by is None or by.pk != owner.pk:
        _tell(task, now)
    return task


def open_concern(
    *,
    course: Course,
    concern: Concern,
    owner: Membership,
    about: UUID,
    by: Membership | None,
    now: datetime,
    words: str = "",
) -> Task:
    """The task of one answer about safety: it holds the next door until it is closed."""
    return open_urgent(
        clinic=course.clinic,
        patient=course.patient,
        course=course,
        kind="risk_answer",
        title=concern.words,
        owner=owner,
        by_when=deadline(concern, now, course.clinic.zone),
        tier=concern.tier,
        reason=concern.reason,
        holds=True,
        about=about,
        words=words,
        by=by,
        now=now,
    )


@transaction.atomic
def raise_task(
    *, task: Task, concern: Concern, by: Membership | None, now: datetime, words: str = ""
) -> Task:
    """Make an open task more urgent: an earlier deadline, and unread again. Never the reverse."""
    task = locked(task)
    by_when = deadline(concern, now, task.clinic.zone)
    first, *later = by_when.passes_on
    task.tier, task.title, task.read_at = concern.tier, concern.words, None
    task.due_at = min(task.due_at, by_when.due)
    task.escalates_at = min(task.escalates_at or first, first)
    task.passes_on = [at.isoformat() for at in later]
    task.save(update_fields=["tier", "title", "read_at", "due_at", "escalates_at", "passes_on"])
    note_step(
        task, What.RAISED, by, now,
        to=task.owner, tier=task.tier, next_at=task.due_at, words=words or None,
    )  # fmt: skip
    _tell(task, now)
    return task


@transaction.atomic
def could_not_reach(
    *, task: Task, next_at: datetime, words: str, by: Membership, now: datetime
) -> Task:
    """A call that reached nobody keeps the task open until the next one; the second passes it on.

    Raises WrongInput for a next attempt in the past or too far away for how urgent it is.
    """
    task = locked(task)
    if not holds_task(task, by, now):
        raise WrongInput("by", "This task belongs to somebody else.", "its owner, or a hand-over")
    if task.read_at is None:
        raise WrongInput("task", "This task has not been read.", "open it first")
    most = NEXT_TRY_MAX.get(Tier(task.tier) if task.tier else Tier.NOW, timedelta(hours=72))
    if not now < next_at <= now + most:
        hours = int(most.total_seconds() // 3600)
        raise WrongInput("next_at", "When is the next attempt?", f"within {hours} h from now")
    task.tries += 1
    task.due_at, task.escalates_at, task.passes_on = next_at, next_at, []
    task.save(update_fields=["tries", "due_at", "escalates_at", "passes_on"])
    note_step(task, What.NOT_REACHED, by, now, next_at=next_at, words=words.strip() or None)
    if task.tries >= TRIES_BEFORE_NEXT:
        task.escalates_at, task.passes_on = min(next_at, now + AGAIN), [next_at.isoformat()]
        _pass_on(task, now)
    return task


def escalate_due(now: datetime) -> int:
    """Pass on every task about safety whose time has come, or whose owner works here no more.

    Safe to run at any time, by several at once, and after hours of silence: each step is taken
    once. One that fails keeps no other from its turn. Returns how many went to somebody else.
    """
    gone = Q(owner__ended_at__lte=now) | Q(owner__user__is_active=False)
    waiting = Task.objects.filter(
        Q(escalates_at__lte=now) | gone, kind__in=URGENT_TASKS, closed_at__isnull=True
    )
    rows = waiting.order_by("due_at").only("pk")
    return sum(each("passing on", rows, lambda task: _escalate(task.pk, now)))


def next_after(
    clinic: Clinic, now: datetime, passed: Sequence[object], kind: str = ""
) -> Membership | None:
    """The next in the chain who has not had it; None when everybody has."""
    line = chain(clinic, now, desk=kind == "enquiry_call_now")
    return next((member for member in line if member.pk not in passed), None)


@transaction.atomic
def _escalate(key: UUID, now: datetime) -> int:
    task = held(key)
    if task.closed_at is not None:
        return 0
    before = task.owner_id
    if not _is_here(task.owner, task, now):
        _pass_on(task, now)
    while task.escalates_at is not None and task.escalates_at <= now:
        at = task.escalates_at
        _set_next(task)
        if task.read_at is None or at == task.due_at:
            _pass_on(task, now)
    task.save(update_fields=["escalates_at", "passes_on"])
    return int(task.owner_id != before)


def _is_here(owner: Membership, task: Task, now: datetime) -> bool:
    needed = May.READ_CHART if task.kind == "risk_answer" else May.SEE_TASKS
    return owner.user.is_active and owner.may(needed, now)


def _set_next(task: Task) -> None:
    later = list(task.passes_on)
    task.escalates_at = datetime.fromisoformat(later.pop(0)) if later else None
    task.passes_on = later


def _pass_on(task: Task, now: datetime) -> None:
    """Give it to the next who has not had it; the others keep seeing it, the first to read acts."""
    had = {task.owner_id, *task.steps.filter(to__isnull=False).values_list("to_id", flat=True)}
    to = next_after(task.clinic, now, list(had), task.kind)
    if to is None:
        task.escalates_to = None
        if task.read_at is None and task.escalates_at is None:
            task.escalates_at = now + AGAIN  # whoever comes on call later still gets it
        task.save(update_fields=["escalates_to", "escalates_at", "passes_on"])
        newest = task.steps.order_by("recorded_at", "id").last()
        if newest is None or newest.what != What.NOBODY_FURTHER:
            note_step(task, What.NOBODY_FURTHER, None, now)
        return
    task.owner, task.read_at = to, None
    task.escalates_to = next_after(task.clinic, now, [*had, to.pk], task.kind)
    task.escalates_at = task.escalates_at or now + AGAIN
    task.save(update_fields=["owner", "read_at", "escalates_to", "escalates_at", "passes_on"])
    note_step(task, What.PASSED_ON, None, now, to=to, tier=task.tier)
    _tell(task, now)


def _tell(task: Task, now: datetime) -> None:
    """A neutral message to whoever has it now: that something waits, and where.

    Who has no address is not waited for: the next look passes it on. Who wants no e-mail about what
    can wait is here all the same, and sees the task on every page.
    """
    post(
        clinic=task.clinic,
        to=task.owner,
        template="task_waiting" if task.tier == Tier.NEXT_WORKING_DAY else "task_now",
        link=f"/chart/tasks/{task.pk}/",
        about=task.pk,
        once=f"task {task.pk} {task.owner_id} {task.tier}",
        now=now,
    )
    if not has_address(task.owner):
        planned = [task.escalates_at.isoformat()] if task.escalates_at else []
        task.passes_on, task.escalates_at = [*planned, *task.passes_on], now
        task.save(update_fields=["passes_on", "escalates_at"])
