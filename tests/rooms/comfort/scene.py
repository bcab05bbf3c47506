"""Tracks and plans for tests, by their real actions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from holdspace.comfort import actions, reading
from holdspace.comfort.models import Plan, Track
from holdspace.core.music import Phase
from tests.core import sounds
from tests.rooms.factory import Guest, House


def add(house: House, title: str = "Low sun", **more: Any) -> Track:
    """A track of the clinic; each call with another sound."""
    said = {"maker": "Invented", "licence": "CC BY 4.0", "has_lyrics": False}
    content = more.pop("content", None) or sounds.wav(loud=Track.objects.count() + 1)
    by = more.pop("by", None) or house.therapist
    return actions.add_track(
        said=actions.NewTrack(**{"title": title, **said, **more}), content=content, by=by,
        now=house.now,
    )  # fmt: skip


def keep(guest: Guest, items: dict[Phase, list[UUID | int]] | None = None, avoid: str = "") -> Plan:
    """A plan: a key is a track, a number is so many minutes of silence."""
    made = {
        phase: [
            actions.PlanItem(silence=one) if isinstance(one, int) else actions.PlanItem(one)
            for one in found
        ]
        for phase, found in (items or {}).items()
    }
    planned = actions.Planned(made, reading.usual_lengths(guest.course), avoid)
    return actions.keep_plan(
        course=guest.course, planned=planned, by=guest.house.therapist, now=guest.now
    )
