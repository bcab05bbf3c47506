"""What is to be heard of outside a room: who is to be told, the emergency page; never a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from holdspace.care.events import Happened
from holdspace.care.models import EventKind
from holdspace.core.observing import Conditions, OutsideLimit
from holdspace.core.units import Kind
from holdspace.medicine.page import Day

PRESSURE = (Kind.SYSTOLIC, Kind.DIASTOLIC)


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that others are to know of a room: since when, and whom it concerns."""

    kind: str  # "tell" | "opened" | "ambulance_called"
    since: datetime
    who: str  # the role that is to be told, or the member who opened the page or called
    count: int = 1


def together(outside: Iterable[OutsideLimit]) -> list[tuple[OutsideLimit, ...]]:
    """Limits are looked at value by value; a pressure that was taken together is told as one."""
    found: dict[tuple[str, ...], list[OutsideLimit]] = {}
    for one in outside:
        seen = one.observation
        pair = seen.kind in PRESSURE and seen.out_of
        found.setdefault(("set", seen.out_of) if pair else ("one", seen.id), []).append(one)
    return [tuple(group) for group in found.values()]


def tellings(happened: Iterable[Happened]) -> dict[str, Happened]:
    """The last telling about each value, by the key of that value."""
    return {h.body.observation or h.body.about: h for h in happened if h.kind is EventKind.TOLD}


def told_of(group: Sequence[OutsideLimit], told: Mapping[str, Happened]) -> Happened | None:
    """Who was told of a value, or of either number of one pressure: one telling covers both."""
    found = [told[one.observation.id] for one in group if one.observation.id in told]
    return max(found, key=lambda h: h.at, default=None)


def open_calls(found: Conditions | None, happened: Sequence[Happened]) -> tuple[Call, ...]:
    """What stands open: an ambulance on its way, the emergency page, and who is not told yet.

    A page that was opened by mistake stands no longer once that is written down; an ambulance
    that was called stays a fact until the session ends.
    """
    return (*_emergencies(happened), *_to_tell(found, happened))


def emergencies(day: Day) -> list[Call]:
    """The same of the emergency page for the room itself, with printed names."""
    open_now = [] if day.ended else _emergencies(day.happened)
    return [replace(call, who=day.names.get(call.who, "")) for call in open_now]


def _emergencies(happened: Iterable[Happened]) -> list[Call]:
    emergency: dict[str, Happened] = {}
    for one in happened:
        if one.kind is not EventKind.EMERGENCY:
            continue
        if one.body.what == "mistake":
            emergency.pop("opened", None)
        else:
            emergency.setdefault(one.body.what, one)
    return [
        Call(what, emergency[what].at, emergency[what].by)
        for what in ("ambulance_called", "opened")
        if what in emergency
    ]


def _to_tell(found: Conditions | None, happened: Sequence[Happened]) -> list[Call]:
    told = tellings(happened)
    waiting: dict[str, list[datetime]] = {}
    for group in together(found.outside if found else ()):
        roles = [one.step.tell for one in group if one.step.tell]
        if roles and not told_of(group, told):
            waiting.setdefault(roles[0], []).append(group[0].observation.taken_at)
    return [Call("tell", min(at), spoken(role), len(at)) for role, at in waiting.items()]


def spoken(role: str) -> str:
    return role.replace("_", " ")
