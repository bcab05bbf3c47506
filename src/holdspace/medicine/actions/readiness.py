"""The answers and readings of the day, written down once whatever the door then says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from holdspace.care import facts as loader
from holdspace.care.actions import happen, lock_course, observe
from holdspace.care.actions.facts import Reading
from holdspace.care.models import Course, EventKind, Observation, Session, Strike
from holdspace.core.facts import Escort
from holdspace.core.units import KINDS, Kind
from holdspace.medicine.actions.common import own_risk
from holdspace.people.models import Membership

SENT_AGAIN = timedelta(minutes=2)  # within it the same words of the same person are one answer
SOURCE = "readiness"


@transaction.atomic
def answer_readiness(
    *,
    course: Course,
    readings: Sequence[Reading],
    taken_at: datetime,
    by: Membership,
    now: datetime,
    escort: tuple[str, str] | None = None,
) -> list[Observation]:
    """Write down the answers and readings of the day before the session is open.

    They stand whatever the door then says: what was measured is a fact. `escort` is the name and
    the telephone of the adult who was named. The course is locked before anybody looks for what
    the same person just wrote: of two presses in one moment the second finds the first.
    """
    course = lock_course(course)
    session, rows = open_session(course), []
    if new := _not_sent_before(course, readings, by, now):
        rows = observe(
            course=course, readings=new, taken_at=taken_at, by=by, now=now, session=session,
            source=SOURCE,
        )  # fmt: skip
        own_risk(course, rows, by, now)
    if escort and not _named_before(course, escort, by, now):
        named = Escort(*escort, taken_at, str(by.id))
        happen(
            course=course, kind=EventKind.ESCORT_NAMED, body=named, at=taken_at, by=by, now=now,
            session=session,
        )  # fmt: skip
    return rows


def open_session(course: Course) -> Session | None:
    """The session day of this course that has not ended, if there is one."""
    over = course.events.filter(kind=EventKind.SESSION_ENDED.value).values("session_id")
    return course.sessions.exclude(id__in=over).order_by("-number").first()


def _not_sent_before(
    course: Course, readings: Iterable[Reading], by: Membership, now: datetime
) -> list[Reading]:
    """Without what the same person wrote down word for word a moment ago: a page sent again.

    What was measured is one set: it was sent before only as a whole, so that a second pressure
    with one number like the first is charted with both.
    """
    struck = Strike.objects.filter(course=course).values("struck_id")
    rows = Observation.objects.filter(
        course=course, by=by, source=SOURCE, recorded_at__gte=now - SENT_AGAIN
    ).exclude(id__in=struck)
    before = {(row.as_core.kind, row.as_core.value, row.oxygen_l_min) for row in rows}
    new = [r for r in readings if (r.kind, r.value, r.oxygen_l_min) not in before]
    some = any(_is_measured(r.kind) for r in new)
    return [r for r in readings if r in new or some and _is_measured(r.kind)]


def _is_measured(kind: Kind) -> bool:
    return KINDS[kind].low is not None and kind is not Kind.WEIGHT


def _named_before(course: Course, escort: tuple[str, str], by: Membership, now: datetime) -> bool:
    named: list[Any] = [
        h.body
        for h in loader.happenings(course)
        if h.kind is EventKind.ESCORT_NAMED and h.recorded_at >= now - SENT_AGAIN
    ]
    return any((e.name, e.phone, e.by) == (*escort, str(by.id)) for e in named)
