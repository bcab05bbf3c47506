"""A slip of the hand, taken back at once by whoever charted it: struck, and readable for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from holdspace.care.actions.facts import WrongInput, write
from holdspace.care.models import Course, Event, Observation, Strike
from holdspace.people.models import Membership

NOTHING = "what you charted yourself a moment ago"


@transaction.atomic
def take_back(
    *,
    rows: Sequence[Observation] | Sequence[Event],
    within: timedelta,
    by: Membership,
    now: datetime,
) -> list[Strike]:
    """Strike what its own author charted less than `within` ago; all of them or none.

    No signature is asked for, so nothing older and nobody else's: those are struck by signing.
    """
    if not rows:
        raise WrongInput("set", "There is nothing to take back.", NOTHING)
    first = rows[0]
    assert first.course is not None, "what is struck belongs to a course"
    Course.objects.select_for_update(of=("self",)).get(pk=first.course.id)
    keys = [row.id for row in rows]
    if Strike.objects.filter(struck_id__in=keys).exists():
        raise WrongInput("set", "This is taken back already.", NOTHING)
    for row in rows:
        if row.by_id != by.id or now - row.recorded_at > within:
            raise WrongInput("set", "This is not yours, or too old to undo.", NOTHING)
    table = first._meta.db_table
    seconds = int((now - first.recorded_at).total_seconds())
    struck = []
    for row in rows:
        strike = Strike.draft(
            now=now, clinic_id=row.clinic_id, patient_id=row.patient_id, course=row.course, at=now,
            struck_table=table, struck_id=row.id, by=by,
            reason=f"Undone by who charted it, after {seconds} s",
        )  # fmt: skip
        codes = {"table": table, "row": str(row.id), "undone": True}
        struck.append(write(strike, act="struck", now=now, codes=codes))
    return struck
