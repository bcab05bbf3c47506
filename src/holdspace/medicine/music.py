"""The music of a session as its page shows it: the plan for a player, what plays now, the room."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from holdspace.care.facts import protocol_of
from holdspace.care.models import Course, Session
from holdspace.comfort import reading
from holdspace.comfort.actions.room import DONE
from holdspace.comfort.models import Moment, Plan, RoomCheck, What
from holdspace.core.music import PHASE_WORDS, Phase, Span
from holdspace.core.protocol_setting import ComfortItem

ENDS_PLAYING = (What.PAUSED, What.FADED_OUT, What.SILENCE)
GOES_ON = (What.PLAYING, What.RESUMED, What.FADED_IN, What.SOUND)


@dataclass(frozen=True, slots=True)
class Now:
    """What plays, or why nothing does, as any screen may know it."""

    moment: Moment
    track: str  # empty while it is silent
    phase: str


def live(session: Session, doses: Sequence[datetime], *, is_over: bool) -> dict[str, Any] | None:
    """The part that changes by itself; None where nothing was planned."""
    plan = reading.newest_plan(session.course)
    if plan is None:
        return None
    played = reading.moments(session)
    found, asked = reading.times(plan, doses, played)
    state = {
        "plan": str(plan.id),
        "spans": [_span(one) for one in found],
        "refused": sorted(reading.refused_tracks(plan)),
        "is_over": is_over,
    }
    return {
        "plan": plan,
        "now": None if is_over else now_playing(played),
        "asked": asked if played and not is_over else (),
        "state": json.dumps(state),
        "played": played,
    }


def _span(one: Span) -> dict[str, str | None]:
    return {
        "phase": one.phase.value,
        "begins": one.begins.isoformat() if one.begins else None,
        "ends": one.ends.isoformat() if one.ends else None,
    }


def now_playing(played: Sequence[Moment]) -> Now | None:
    """The last word of the screens; None before the first."""
    said = [m for m in played if m.what in ENDS_PLAYING or m.what in GOES_ON]
    if not said:
        return None
    last = said[-1]
    track = next((m.track for m in reversed(said) if m.track), None)
    silent = last.what in ENDS_PLAYING or (last.what == What.PLAYING and last.track is None)
    return Now(
        last,
        "" if silent or track is None else track.title,
        PHASE_WORDS[Phase(last.phase)] if last.phase else "",
    )


def whole(session: Session) -> dict[str, Any]:
    """What the player needs once: every phase in order, and the list of its files."""
    plan = reading.newest_plan(session.course)
    if plan is None:
        return {"plan": None, "phases": [], "files": [], "data": ""}
    shown = reading.entries(plan)
    phases = [
        {"phase": phase.value, "name": PHASE_WORDS[phase], "entries": shown[phase]}
        for phase in Phase
    ]
    tracks = {e.track.id: e.track for e in _flat(shown) if e.track and e.plays}
    data = {
        "session": str(session.id),
        "plan": str(plan.id),
        "post": reverse("medicine:music", args=[session.id]),
        "phases": {
            phase.value: {"name": PHASE_WORDS[phase], "items": [_item(e) for e in shown[phase]]}
            for phase in Phase
        },
        "files": [_file(track) for track in tracks.values()],
    }
    return {
        "plan": plan,
        "phases": phases,
        "files": data["files"],
        "data": json.dumps(data),
        "look_again": session.opened_at > plan.recorded_at and _is_older(plan, session),
    }


def _is_older(plan: Plan, session: Session) -> bool:
    """Whether another session lies between the plan and this one."""
    before = session.course.sessions.filter(opened_at__gt=plan.recorded_at)
    return before.exclude(pk=session.pk).filter(opened_at__lt=session.opened_at).exists()


def _flat(shown: dict[Phase, list[reading.Entry]]) -> list[reading.Entry]:
    return [entry for found in shown.values() for entry in found]


def _item(entry: reading.Entry) -> dict[str, Any]:
    if entry.track is None:
        return {"silence": entry.silence}
    track = entry.track
    return {"track": str(track.id), "title": track.title, "file": _file(track)}


def _file(track: Any) -> str:
    return reverse("comfort:file", args=[track.id])


def lines(shown: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The lane of music of the timeline."""
    played = shown["played"] if shown else ()
    return [
        {
            "at": m.at,
            "late": None,
            "who": m.by.signed_name if m.by else "",
            "text": words(m),
            "lane": "music",
        }
        for m in played
    ]


def words(moment: Moment) -> str:
    """One moment in words: "Music: playing “Tide” (Onset)"."""
    told = What(moment.what).label
    if moment.what == What.PLAYING and moment.track is None:
        told = "a silence of the plan"
    title = f" “{moment.track.title}”" if moment.track else ""
    phase = f" ({PHASE_WORDS[Phase(moment.phase)]})" if moment.phase else ""
    return f"Music: {told}{title}{phase}"


@dataclass(frozen=True, slots=True)
class Block:
    """A phase of the music as a bar of the picture."""

    name: str
    begins: datetime
    ends: datetime


def blocks(shown: Mapping[str, Any] | None, since: datetime, until: datetime) -> list[Block]:
    """The phases between two moments; none where nothing was played."""
    if not shown or not shown["played"]:
        return []
    state = json.loads(shown["state"])
    found = []
    for one in state["spans"]:
        begins = datetime.fromisoformat(one["begins"]) if one["begins"] else since
        ends = datetime.fromisoformat(one["ends"]) if one["ends"] else until
        begins, ends = max(begins, since), min(ends, until)
        if begins < ends:
            found.append(Block(PHASE_WORDS[Phase(one["phase"])], begins, ends))
    return found


def room(course: Course, session: Session | None, now: datetime) -> dict[str, Any]:
    """The list of comfort of the day. What the person did not want last time is ticked again."""
    items = protocol_of(course).comfort
    check = reading.room_check(course, session, now)
    last = check or RoomCheck.objects.filter(course=course).order_by("-recorded_at").first()
    today, before = (check.items if check else {}), (last.items if last else {})
    done = {key for key, (_words, how) in today.items() if how == DONE}
    not_wanted = {key for key, (_words, how) in before.items() if how != DONE}
    return {
        "check": check,
        "words": {key: item.words for key, item in items.items()},
        "lines": _room_lines(items, done, not_wanted),
        "not_wanted": [text for text, how in today.values() if how != DONE],
        "missing": sum(1 for key in items if key not in today),
        "note": (check.note or "") if check else "",
    }


def typed(sent: QueryDict, said: Mapping[str, Any]) -> dict[str, Any]:
    """The list as it was just ticked, for a page that says what was wrong."""
    done, not_wanted = set(sent.getlist("done")), set(sent.getlist("not_wanted"))
    lines = [
        line | {"done": line["key"] in done, "not_wanted": line["key"] in not_wanted}
        for line in said["lines"]
    ]
    return {"lines": lines, "note": sent.get("note", "")}


def _room_lines(
    items: Mapping[str, ComfortItem], done: set[str], not_wanted: set[str]
) -> list[dict[str, Any]]:
    return [
        {"key": key, "words": item.words, "done": key in done, "not_wanted": key in not_wanted}
        for key, item in items.items()
    ]
