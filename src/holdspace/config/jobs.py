"""The worker looks round by itself: what is due now, what was left behind, what has ended.

The queue's library has no timetable, so each look queues the next one before it does anything:
a look that fails or dies loses nothing. Several workers may look at once; every part may be run
twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from holdspace.assessment.actions import reminders, settle_all
from holdspace.care import actions as care
from holdspace.people import clock

LOOK_EVERY = timedelta(minutes=1)
FOLLOW_EVERY = timedelta(minutes=5)
JOBS_KEPT = timedelta(days=2)


@task(priority=20)
def look_round() -> None:
    """Every minute: what cannot wait is passed on, and what is due is put into the queue."""
    queue_next(look_round, clock.machine() + LOOK_EVERY)
    now = clock.read()
    _do(lambda: care.escalate_due(now))
    _do(lambda: care.put_due(now=now))
    _do(lambda: care.forget_finished_jobs(before=clock.machine() - JOBS_KEPT))


@task()
def follow_up() -> None:
    """Every five minutes: who is asked what, by their protocol, and what of the papers ends."""
    queue_next(follow_up, clock.machine() + FOLLOW_EVERY)
    now = clock.read()
    _do(lambda: reminders.sweep(now=now))
    _do(lambda: settle_all(now))
    _do(lambda: care.warn_of_endings(now))


LOOKS = (look_round, follow_up)


def begin(at: datetime) -> None:
    """A worker begins: every look is waiting, by the machine's clock."""
    for look in LOOKS:
        queue_next(look, at)


def queue_next(look: Any, at: datetime) -> None:
    """The next look of a kind at this time, unless one is waiting already."""
    waiting = DBTaskResult.objects.filter(task_path=look.module_path, status=TaskResultStatus.READY)
    if not waiting.exists():
        look.using(run_after=at).enqueue()


def _do(part: Callable[[], object]) -> None:
    """One part that fails keeps no other from its turn; it is looked at again in a minute."""
    try:
        part()
    except Exception:
        logging.getLogger("holdspace").exception("looking round: a part failed")
