"""Every write of this room: tracks, plans, moments of a player, the room made good."""

from holdspace.comfort.actions.plans import PlanItem, Planned, keep_plan, say_wish
from holdspace.comfort.actions.played import Played, keep_moments
from holdspace.comfort.actions.room import check_room
from holdspace.comfort.actions.tracks import NewTrack, add_track, retire_track

__all__ = [
    "NewTrack",
    "PlanItem",
    "Planned",
    "Played",
    "add_track",
    "check_room",
    "keep_moments",
    "keep_plan",
    "retire_track",
    "say_wish",
]
