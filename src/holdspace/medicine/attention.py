"""What the room owes now: the next set, and what a charted value outside its limit asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from holdspace.care import facts as loader
from holdspace.care.events import Happened
from holdspace.care.models import EventKind
from holdspace.core.discharge import unwaived_baseline
from holdspace.core.dosing import with_ends
from holdspace.core.facts import Route
from holdspace.core.observing import Conditions, CouldNot, Due, OutsideLimit, Slot, evaluate
from holdspace.core.units import KINDS, Kind
from holdspace.medicine.forms import VITALS
from holdspace.medicine.page import Day

TONES = {Due.LATE: "attention", Due.VERY_LATE: "late"}
# What a set is made of, as people in the room say it.
SPOKEN = {
    Kind.SYSTOLIC: "pressure",
    Kind.DIASTOLIC: "pressure",
    Kind.HEART_RATE: "heart rate",
    Kind.SPO2: "SpO2",
}
NO_SCHEDULE = "The protocol has no observation schedule for this route."


def conditions(day: Day) -> Conditions | None:
    """The core's answer for this session at this moment; None for a route without a schedule."""
    course = day.session.course
    protocol = loader.protocol_of(course)
    schedule = protocol.schedules.get(Route(course.route))
    if schedule is None:
        return None
    charted = tuple(row.as_core for row in day.rows if row.id not in day.struck)
    baselines = {
        kind: found.number
        for kind in (Kind.SYSTOLIC, Kind.DIASTOLIC)
        if (found := unwaived_baseline(day.facts, protocol, kind))
    }
    ended_at = day.ended.at if day.ended else None
    return evaluate(
        schedule,
        protocol,
        charted,
        with_ends(day.facts, tuple(day.doses)),
        day.now,
        ended_at=ended_at,
        baselines=baselines,
        could_not=could_not(day.happened),
    )


def could_not(happened: Iterable[Happened]) -> tuple[CouldNot, ...]:
    """What somebody wrote down that could not be taken."""
    return tuple(
        CouldNot(h.at, frozenset(Kind(kind) for kind in h.body.kinds))
        for h in happened
        if h.kind is EventKind.COULD_NOT
    )


def due(day: Day, found: Conditions | None) -> dict[str, Any]:
    """When the next set is due, in a tone for lateness, with what was missed so far."""
    if day.ended:
        return {}
    if found is None:
        return {"words": NO_SCHEDULE}
    asking = found.asking
    missing = asking[0].missing if asking else ()
    words = ", ".join(dict.fromkeys(SPOKEN.get(k, KINDS[k].label) for k in missing)) or "a set"
    missed = sum(slot.state is Due.MISSED for slot in found.slots)
    since = owed_since(found)
    return {
        "at": since or found.next_at,
        "tone": tone(found),
        "words": words if found.next_at or asking else "",
        "before": bool(asking) and asking[0].due_at is None,
        "missed": missed,
    }


def owed_since(found: Conditions) -> datetime | None:
    """When the first set was due that nobody has taken since the last complete one."""
    since: datetime | None = None
    for slot in found.slots:
        if slot.state is Due.TAKEN:
            since = None
        elif slot.state not in (Due.AHEAD, Due.EXCUSED) and slot.due_at is not None:
            since = since or slot.due_at
    return since


def tone(found: Conditions) -> str:
    """How late the room is: red once a whole set went by untaken."""
    since, asking = owed_since(found), found.asking
    if since and any(slot.state is Due.MISSED and slot.due_at >= since for slot in _timed(found)):
        return TONES[Due.VERY_LATE]
    return TONES.get(asking[0].state, "") if asking else ""


def _timed(found: Conditions) -> list[Slot]:
    return [slot for slot in found.slots if slot.due_at is not None]


def outside(day: Day, found: Conditions | None) -> list[dict[str, Any]]:
    """Charted values in a band with a signed step: the open ones first, then the newest."""
    told = {
        h.body.observation or h.body.about: {"who": h.body.who, "at": h.at}
        for h in day.happened
        if h.kind is EventKind.TOLD
    }
    signed = day.facts.clinic.protocol_signed_by_director
    rows = [_one(one, told, signed=signed) for one in reversed(found.outside if found else ())]
    return sorted(rows, key=lambda row: bool(row["told"]))


def _one(one: OutsideLimit, told: dict[str, Any], *, signed: bool) -> dict[str, Any]:
    observation, step = one.observation, one.step
    label = f"{KINDS[observation.kind].label} {observation.text}"
    return {
        "key": observation.id,
        "kind": observation.kind.value,
        "item": "set" if observation.kind in VITALS else observation.kind.value,
        "value": label,
        "at": observation.taken_at,
        "limit": one.limit,
        "step": step.words,
        "source": step.source,
        "awaiting": step.awaiting_signature and not signed,
        "tell": step.tell.replace("_", " "),
        "tone": "attention",
        "no_further_dose": step.no_further_dose,
        "repeat_at": _repeat_at(one),
        "repeated": one.repeat is Due.TAKEN,
        "told": told.get(observation.id),
    }


def _repeat_at(one: OutsideLimit) -> datetime | None:
    return one.repeat_at if one.repeat in (Due.AHEAD, Due.DUE, Due.LATE, Due.VERY_LATE) else None


# --- what somebody outside the room must hear of: work, never a number --------------------------

PRESSURE = (Kind.SYSTOLIC, Kind.DIASTOLIC)


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that others are to know of a room: since when, and whom it concerns."""

    kind: str  # "tell" | "opened" | "ambulance"
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


def calls(found: Conditions | None, happened: Sequence[Happened]) -> tuple[Call, ...]:
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
    kinds = (("ambulance_called", "ambulance"), ("opened", "opened"))
    return [
        Call(kind, emergency[what].at, emergency[what].by)
        for what, kind in kinds
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
