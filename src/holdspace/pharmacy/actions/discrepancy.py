"""What does not add up gets an owner and a deadline the moment it is found."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from holdspace.care.actions import open_task
from holdspace.care.models import Task
from holdspace.core.facts import Role
from holdspace.people.models import Membership, Site
from holdspace.people.staff import working_in

DISCREPANCY = "register_discrepancy"
# A theft or significant loss is told to the DEA within one business day of discovery
# (21 CFR 1301.76(b)), so finding out is due within a day.
FIND_OUT_WITHIN = timedelta(hours=24)


def open_discrepancy(site: Site, title: str, *, by: Membership, now: datetime, about: UUID) -> Task:
    """Open the custodian's task. Whoever found it does not look into it while anybody else can."""
    return open_task(
        clinic=site.clinic, kind=DISCREPANCY, title=title[:200], owner=_owner(by, now),
        due_at=now + FIND_OUT_WITHIN, by=by, now=now, about=about,
    )  # fmt: skip


def _owner(by: Membership, now: datetime) -> Membership:
    members = working_in(by.clinic, now)
    for role in (Role.REGISTER_CUSTODIAN, Role.MEDICAL_DIRECTOR):
        found = [m for m in members if role in m.roles_at(now) and m.pk != by.pk]
        if found:
            return found[0]
    return by
