"""A plan of music is chosen with the person; each change is a version, and a no counts at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdspace.care.actions import WrongInput, lock_course
from holdspace.care.actions.facts import write
from holdspace.care.models import Course
from holdspace.comfort.models import Plan, PlanWish, Track
from holdspace.core.music import MINUTES_MAX, MINUTES_MIN, TIMED, Phase
from holdspace.people.access import May
from holdspace.people.models import Membership

ITEMS_MAX = 30
SILENCE_MINUTES_MAX = 60
AVOID_MAX = 1000


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One thing in a phase: a track, or so many minutes of silence."""

    track: UUID | None = None
    silence: int = 0


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan as it was chosen: what comes in each phase, how long three of them are."""

    items: Mapping[Phase, Sequence[PlanItem]]
    lengths: Mapping[Phase, int]
    avoid: str = ""


@transaction.atomic
def keep_plan(*, course: Course, planned: Planned, by: Membership, now: datetime) -> Plan:
    """Keep the next version of the plan; the same plan again says that it was looked at.

    Raises WrongInput for a track that is not the clinic's or is retired, and for lengths or
    silences beyond what a session can hold. A phase may be empty: then it is silent.
    """
    if not by.may(May.WRITE_THERAPY, now):
        raise WrongInput("by", "Your role does not plan the music.", "the therapist")
    for phase in TIMED:
        if not MINUTES_MIN <= planned.lengths.get(phase, 0) <= MINUTES_MAX:
            raise WrongInput(
                f"{phase.value}_minutes", "This is no length.", f"{MINUTES_MIN} to {MINUTES_MAX}"
            )
    if len(planned.avoid.strip()) > AVOID_MAX:
        raise WrongInput("avoid", "This is too long.", f"up to {AVOID_MAX} characters")
    course = lock_course(course)
    kept = {phase.value: _items(course, phase, planned) for phase in Phase}
    last = course.music_plans.order_by("-version").first()
    row = Plan.draft(
        now=now,
        clinic_id=course.clinic_id,
        patient_id=course.patient_id,
        course=course,
        version=last.version + 1 if last else 1,
        items={phase: items for phase, items in kept.items() if items},
        avoid=planned.avoid.strip() or None,
        by=by,
        **{f"{phase.value}_minutes": planned.lengths[phase] for phase in TIMED},
    )
    return write(row, act="music_planned", now=now)


def _items(course: Course, phase: Phase, planned: Planned) -> list[dict[str, object]]:
    items = planned.items.get(phase, ())
    if len(items) > ITEMS_MAX:
        raise WrongInput(phase.value, "These are too many.", f"up to {ITEMS_MAX}")
    wanted = {item.track for item in items if item.track}
    known = set(
        Track.objects.of(course.clinic)
        .filter(id__in=wanted, retired=None)
        .values_list("id", flat=True)
    )
    if wanted - known:
        raise WrongInput(phase.value, "The clinic does not play this.", "a track of the list")
    if any(not item.track and not 0 < item.silence <= SILENCE_MINUTES_MAX for item in items):
        raise WrongInput(
            phase.value, "This is no length of silence.", f"1 to {SILENCE_MINUTES_MAX} minutes"
        )
    return [{"track": str(i.track)} if i.track else {"silence": i.silence} for i in items]


@transaction.atomic
def say_wish(
    *, plan: Plan, track: Track, wanted: bool, by: Membership | None, now: datetime
) -> PlanWish:
    """The person says "not this one", or takes it back; no reason is asked.

    Raises WrongInput for a track that is not in the plan.
    """
    if str(track.id) not in plan.track_keys:
        raise WrongInput("track", "It is not in this plan.", "a track of the plan")
    course = lock_course(plan.course)
    row = PlanWish.draft(
        now=now,
        clinic_id=plan.clinic_id,
        patient_id=plan.patient_id,
        course=course,
        plan=plan,
        track=track,
        wanted=wanted,
        by=by,
    )
    return write(row, act="music_wished", now=now)
