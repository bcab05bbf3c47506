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
from holdspace.people.models import Membership

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

    A page that was opened by mistake stands no longer once whoever opened it says so; an ambulance
    that was called stays a fact until the session ends.
    """
    return (*_emergencies(happened), *_to_tell(found, happened))


def emergencies(day: Day) -> list[Call]:
    """The same of the emergency page for the room itself, with printed names."""
    open_now = [] if day.ended else _emergencies(day.happened)
    return [replace(call, who=day.names.get(call.who, "")) for call in open_now]


def _emergencies(happened: Iterable[Happened]) -> list[Call]:
    said = [one for one in happened if one.kind is EventKind.EMERGENCY]
    ambulance = [one for one in said if one.body.what == "ambulance_called"][:1]
    every = (one for of_member in _openings(said).values() for one in of_member)
    opened = sorted(every, key=lambda one: one.at)[:1]
    return [Call(one.body.what, one.at, one.by) for one in (*ambulance, *opened)]


def _openings(said: Iterable[Happened]) -> dict[str, list[Happened]]:
    """Who opened the emergency page when, without what was by mistake.

    Each takes back their own newest opening alone: what was opened before it was not by mistake.
    """
    found: dict[str, list[Happened]] = {}
    for one in said:
        if one.body.what == "opened":
            found.setdefault(one.by, []).append(one)
        elif one.body.what == "mistake" and found.get(one.by):
            found[one.by].pop()
    return {who: openings for who, openings in found.items() if openings}


def has_opened(day: Day, member: Membership) -> bool:
    """Whether this member opened the emergency page, so that they may say it was by mistake."""
    said = (one for one in day.happened if one.kind is EventKind.EMERGENCY)
    return not day.ended and str(member.id) in _openings(said)


def _to_tell(found: Conditions | None, happened: Sequence[Happened]) -> list[Call]:
    told = tellings(happened)
    waiting: dict[str, list[datetime]] = {}
    for group in together(found.outside if found else ()):
        if (roles := to_tell(group)) and not told_of(group, told):
            waiting.setdefault(roles, []).append(group[0].observation.taken_at)
    return [Call("tell", min(at), roles, len(at)) for roles, at in waiting.items()]


def to_tell(group: Sequence[OutsideLimit]) -> str:
    """Every role that is to be told of a value, or of a pressure, in words; empty for nobody."""
    roles = dict.fromkeys(one.step.tell for one in group if one.step.tell)
    return " and ".join(role.replace("_", " ") for role in roles)
