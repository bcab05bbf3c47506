"""The answers and readings of the day, written down once whatever the door then says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from django.db import transaction

from holdspace.care.actions import happen, lock_course, observe
from holdspace.care.actions.facts import Reading
from holdspace.care.models import Course, Event, EventKind, Observation, Strike
from holdspace.core.facts import Escort
from holdspace.core.units import KINDS, Kind
from holdspace.medicine.actions.common import READINESS, open_session, own_risk
from holdspace.people.models import Membership


class Answered(NamedTuple):
    """What was newly written down of one page."""

    rows: list[Observation]
    escort: bool

    @property
    def written(self) -> int:
        return len(self.rows) + self.escort


@transaction.atomic
def answer_readiness(
    *,
    course: Course,
    readings: Sequence[Reading],
    taken_at: datetime,
    by: Membership,
    now: datetime,
    escort: tuple[str, str] | None = None,
    page: UUID | None = None,
) -> Answered:
    """Write down the answers and readings of the day before the session is open.

    They stand whatever the door then says: what was measured is a fact. `escort` is the name and
    the telephone of the adult who was named. `page` is the drawn page that was filled in: what it
    said already and still stands is not written again. The course is locked before anybody looks,
    so that of two presses in one moment the second finds the first.
    """
    course = lock_course(course)
    session, rows, named = open_session(course), [], False
    when = "" if taken_at == now else taken_at.isoformat()
    if new := _unsaid(course, readings, page, when):
        rows = observe(
            course=course, readings=new, taken_at=taken_at, by=by, now=now, session=session,
            source=READINESS,
        )  # fmt: skip
        own_risk(course, rows, by, now)
    if escort:
        key = _key(page, course, "escort", *escort, when)
        rows_of = course.events.filter(kind=EventKind.ESCORT_NAMED.value)
        newest = rows_of.order_by("-recorded_at", "-id").values_list("id", flat=True).first()
        named = key is None or newest != key
    if escort and named:
        body = Escort(*escort, taken_at, str(by.id))
        happen(
            course=course, kind=EventKind.ESCORT_NAMED, body=body, at=taken_at, by=by, now=now,
            session=session, key=_free(key, Event),
        )  # fmt: skip
    return Answered(rows, named)


def _unsaid(
    course: Course, readings: Iterable[Reading], page: UUID | None, when: str
) -> list[Reading]:
    """Each reading but those that this page wrote and that are still the newest of their kind.

    An answer that was changed and changed back is three answers. What was measured is one set:
    it counts as sent before only as a whole, so that a second pressure is charted with both.
    """
    standing = _newest(course)
    keyed = [
        replace(r, key=_key(page, course, r.kind.value, str(r.value), str(r.oxygen_l_min), when))
        for r in readings
    ]
    new = {r.kind for r in keyed if r.key is None or standing.get(r.kind.value) != r.key}
    if any(_is_measured(kind) for kind in new):
        new |= {r.kind for r in keyed if _is_measured(r.kind)}
    return [replace(r, key=_free(r.key, Observation)) for r in keyed if r.kind in new]


def _newest(course: Course) -> dict[str, UUID]:
    """The row that was written last of each kind and not struck."""
    struck = Strike.objects.filter(course=course).values("struck_id")
    rows = Observation.objects.filter(course=course).exclude(id__in=struck)
    return dict(rows.order_by("recorded_at", "id").values_list("kind", "id"))


def _key(page: UUID | None, *said: object) -> UUID | None:
    """What this page says, as a row's key: the same words of the same page have the same."""
    return uuid5(page, "/".join(str(getattr(one, "pk", one)) for one in said)) if page else None


def _free(key: UUID | None, table: type[Observation | Event]) -> UUID | None:
    """The key, or None (a new one is made) where its row was written before and stands no more."""
    return None if table.objects.filter(pk=key).exists() else key


def _is_measured(kind: Kind) -> bool:
    return KINDS[kind].low is not None and kind is not Kind.WEIGHT
