"""What a player did, sent by a screen that may have been offline: each moment is kept once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdspace.care.actions import WrongInput, lock_course
from holdspace.care.models import Session
from holdspace.comfort.models import Moment, Plan, Track, What
from holdspace.core.music import Phase
from holdspace.people.access import May
from holdspace.people.models import Membership
from holdspace.records.actions import record

MOMENTS_MAX = 200


@dataclass(frozen=True, slots=True)
class Played:
    """One moment as a screen tells it; `key` is the screen's own and makes it one."""

    key: UUID
    what: What
    at: datetime
    screen: UUID
    phase: Phase | None = None
    track: UUID | None = None
    plan: UUID | None = None
    about: datetime | None = None


@transaction.atomic
def keep_moments(
    *, session: Session, played: Sequence[Played], by: Membership, now: datetime
) -> list[Moment]:
    """Keep what is new of these moments; one that is here already is passed over.

    A time ahead of the server's clock is kept as now: what was heard was heard. Raises WrongInput
    for a key of another session, for a track or a plan of another person, and for too many.
    """
    if not by.may(May.OBSERVE, now):
        raise WrongInput("by", "Your role does not chart.", "a clinician")
    if len(played) > MOMENTS_MAX:
        raise WrongInput("moments", "These are too many at once.", f"up to {MOMENTS_MAX}")
    course = lock_course(session.course)
    by_key = {one.key: one for one in played}
    here = dict(Moment.objects.filter(id__in=by_key).values_list("id", "session_id"))
    if any(where != session.id for where in here.values()):
        raise WrongInput("id", "This key is another session's.", "a key of its own")
    tracks = _known(Track.objects.of(course.clinic), {one.track for one in played})
    plans = _known(Plan.objects.filter(course=course), {one.plan for one in played})
    rows = [
        Moment.draft(
            now=now, id=one.key, clinic_id=course.clinic_id, patient_id=course.patient_id,
            course=course, session=session, plan_id=plans[one.plan], track_id=tracks[one.track],
            what=one.what.value, phase=one.phase.value if one.phase else "",
            at=min(one.at, now), about=one.about, screen=one.screen, by=by,
        )
        for one in by_key.values()
        if one.key not in here
    ]  # fmt: skip
    if rows:
        record(
            rows=rows, stream=course.stream, act="music_played", by=by, now=now,
            clinic_id=course.clinic_id,
        )  # fmt: skip
    return rows


def _known(rows: object, keys: set[UUID | None]) -> dict[UUID | None, UUID | None]:
    """The keys that are there, each by itself; nothing stands for nothing."""
    found = set(rows.filter(id__in={k for k in keys if k}).values_list("id", flat=True))  # type: ignore[attr-defined]
    if missing := keys - found - {None}:
        raise WrongInput("track", f"{missing.pop()} is not of this clinic.", "one of the plan")
    return {None: None, **{key: key for key in found}}
