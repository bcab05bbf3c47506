"""What this room knows, read for pages: the list of tracks, a plan, its times, what plays now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet

from holdspace.care.facts import protocol_of
from holdspace.care.models import Course, Session
from holdspace.comfort.models import Moment, Plan, PlanWish, RoomCheck, Track, What
from holdspace.core.facts import Route
from holdspace.core.music import TIMED, Lengths, Phase, Span, Stretch, spans, unanswered
from holdspace.people.models import Clinic, key_or_none

LINK_DAYS = 7
ROOM_CHECK_HOURS = 12
_SIGNER = Signer(salt="holdspace.comfort.plan")


def tracks_of(clinic: Clinic) -> QuerySet[Track]:
    """What the clinic plays now, by title."""
    return Track.objects.of(clinic).filter(retired=None).order_by("title", "id")


def usual_lengths(course: Course) -> Lengths:
    """The lengths that the protocol proposes for the course's route."""
    times = protocol_of(course).music.get(Route(course.route))
    return times.lengths if times else dict.fromkeys(TIMED, 20)


def newest_plan(course: Course) -> Plan | None:
    return Plan.objects.filter(course=course).order_by("-version").first()


def plan_to_start_from(course: Course) -> tuple[Plan | None, bool]:
    """The plan to show and whether it must be looked at again: it is from before a session.

    A course that has none starts from the last plan of the person's earlier courses.
    """
    plan = newest_plan(course)
    if plan is None:
        earlier = Plan.objects.filter(patient_id=course.patient_id, clinic_id=course.clinic_id)
        plan = earlier.order_by("-recorded_at").first()
        return plan, plan is not None
    return plan, course.sessions.filter(opened_at__gt=plan.recorded_at).exists()


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a phase as a page shows it."""

    track: Track | None
    silence: int = 0
    refused: bool = False  # the person said: not this one
    retired: bool = False

    @property
    def plays(self) -> bool:
        return self.track is not None and not self.refused and not self.retired


def entries(plan: Plan) -> dict[Phase, list[Entry]]:
    """The plan with its tracks, what was refused since and what the clinic retired."""
    keys = plan.track_keys
    tracks = {str(t.id): t for t in Track.objects.filter(id__in=keys).select_related("retired")}
    refused = refused_tracks(plan)
    return {phase: [_entry(item, tracks, refused) for item in plan.items.get(phase.value, [])]
            for phase in Phase}  # fmt: skip


def _entry(item: dict[str, object], tracks: dict[str, Track], refused: set[str]) -> Entry:
    if "track" not in item:
        return Entry(None, silence=int(str(item["silence"])))
    track = tracks[str(item["track"])]
    return Entry(track, refused=str(track.id) in refused, retired=hasattr(track, "retired"))


def refused_tracks(plan: Plan) -> set[str]:
    """Tracks about which the person's last word in this course is no."""
    said: dict[str, bool] = {}
    rows = PlanWish.objects.filter(course_id=plan.course_id, track_id__in=plan.track_keys)
    for track, wanted in rows.order_by("recorded_at", "id").values_list("track_id", "wanted"):
        said[str(track)] = wanted
    return {key for key, wanted in said.items() if not wanted}


# -- the session


def moments(session: Session) -> list[Moment]:
    """What was played and done, oldest first."""
    rows = Moment.objects.filter(session=session).select_related("track", "by__user")
    return list(rows.order_by("at", "recorded_at", "id"))


def times(
    plan: Plan, doses: Sequence[datetime], played: Iterable[Moment]
) -> tuple[tuple[Span, ...], tuple[datetime, ...]]:
    """The phases of a session as they stand, and the further doses nobody has answered for."""
    answers = [m for m in played if m.about and m.what in (What.STRETCHED, What.AS_PLANNED)]
    last = {m.about: m for m in answers if m.about}
    stretches = [Stretch(about, m.at) for about, m in last.items() if m.what == What.STRETCHED]
    return spans(plan.lengths, doses, stretches), unanswered(doses, list(last))


def room_check(course: Course, session: Session | None, now: datetime) -> RoomCheck | None:
    """The newest list of the day: of this session, or of the hours before it was opened."""
    until = session.opened_at if session else now
    rows = RoomCheck.objects.filter(course=course).select_related("by__user")
    own = rows.filter(session=session).order_by("-recorded_at").first() if session else None
    before = rows.filter(
        session=None,
        recorded_at__lte=until,
        recorded_at__gt=until - timedelta(hours=ROOM_CHECK_HOURS),
    )
    return own or before.order_by("-recorded_at").first()


# -- the person's link


def link_for(plan: Plan, now: datetime) -> str:
    """A key that shows the person this version of their plan for some days, and nothing else."""
    until = int((now + timedelta(days=LINK_DAYS)).timestamp())
    return _SIGNER.sign(f"{plan.id}.{until}")


def plan_behind(key: str, now: datetime) -> Plan | None:
    """The plan of a link: none when it is wrong, too old, or a newer version was made."""
    try:
        plan_id, _, until = _SIGNER.unsign(key).rpartition(".")
    except BadSignature:
        return None
    found: UUID | None = key_or_none(plan_id)
    if found is None or int(until) < int(now.timestamp()):
        return None
    rows = Plan.objects.select_related("course__protocol", "course__clinic", "clinic", "patient")
    plan = rows.filter(pk=found).first()
    if plan is None or newest_plan(plan.course) != plan:
        return None
    return plan
