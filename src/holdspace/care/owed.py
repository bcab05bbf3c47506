"""What waits for one person now is counted in one query, and a call in danger is named first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from holdspace.care.models import Task
from holdspace.people.models import Membership

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
    """How many tasks are due by now (or in minutes), and the urgent one that is due first."""

    count: int = 0
    urgent: Task | None = None


def owed_now(member: Membership, now: datetime) -> Owed:
    """What this member owes now: their own tasks, and what has escalated to them."""
    mine = Q(owner=member, due_at__lte=now + SOON)
    came_up = Q(escalates_to=member, escalates_at__lte=now)
    rows = Task.objects.of(member.clinic).filter(mine | came_up, closed_at__isnull=True)
    found = list(rows.order_by("due_at").only("id", "kind", "due_at")[:SHOWN_MAX])
    return Owed(len(found), next((t for t in found if t.kind in URGENT_TASKS), None))
