"""What the room owes now: the next set, and what a charted value outside its limit asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from holdspace.care import facts as loader
from holdspace.care.events import Happened
from holdspace.care.models import EventKind, Observation
from holdspace.core.discharge import unwaived_baseline
from holdspace.core.dosing import with_ends
from holdspace.core.facts import Route
from holdspace.core.observing import SET, Conditions, CouldNot, Due, OutsideLimit, Slot, evaluate
from holdspace.core.units import KINDS, Kind
from holdspace.core.units import Observation as Reading
from holdspace.medicine.calls import PRESSURE, tellings, to_tell, together, told_of
from holdspace.medicine.forms import VITALS
from holdspace.medicine.pad import Charted
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
        for kind in PRESSURE
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
    asking, slot = found.asking, owed(found)
    missing = slot.missing if slot else ()
    spoken_of = dict.fromkeys(SPOKEN.get(k, KINDS[k].label) for k in missing)
    words = "a set" if len(missing) == len(SET) else ", ".join(spoken_of)
    missed = sum(one.state is Due.MISSED for one in found.slots)
    return {
        "at": owed_since(found) or found.next_at,
        "tone": tone(found),
        "words": words if found.next_at or asking else "",
        "before": bool(asking) and asking[0].due_at is None,
        "missed": missed,
    }


def owed(found: Conditions) -> Slot | None:
    """The set that a reading taken now belongs to: what is missing of it is what is owed."""
    ahead = (slot for slot in found.slots if slot.state is Due.AHEAD)
    return found.asking[0] if found.asking else next(ahead, None)


def asked_kinds(found: Conditions | None) -> set[str]:
    """The kinds that are owed now; none while somebody wrote down why they can't be taken."""
    slot = owed(found) if found else None
    is_asked = found and (found.asking or owed_since(found))
    return {kind.value for kind in slot.missing} if slot and is_asked else set()


def owed_since(found: Conditions) -> datetime | None:
    """When the first set was due that nobody has taken, or answered for, since the last one."""
    since: datetime | None = None
    for slot in found.slots:
        if slot.state in (Due.TAKEN, Due.EXCUSED) or slot.put_off:
            since = None
        if slot.state not in (Due.TAKEN, Due.EXCUSED, Due.AHEAD) and slot.due_at is not None:
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
    told = tellings(day.happened)
    signed = day.facts.clinic.protocol_signed_by_director
    charted = {str(row.id): row for row in day.rows if row.id not in day.struck}
    groups = together(reversed(found.outside if found else ()))
    rows = [_one(group, charted, told_of(group, told), signed=signed) for group in groups]
    return sorted(rows, key=lambda row: (not row["calls"], bool(row["told"])))


def _one(
    group: Sequence[OutsideLimit],
    charted: Mapping[str, Observation],
    told: Happened | None,
    *,
    signed: bool,
) -> dict[str, Any]:
    """One card: a value with its limit, or a pressure with the limits of both its numbers."""
    order = list(Kind)
    group = sorted(group, key=lambda one: order.index(one.observation.kind))
    # What asks for most speaks for the card.
    first = min(group, key=lambda one: not one.step.tell)
    seen = first.observation
    repeats = [at for one in group if (at := _repeat_at(one))]
    roles = to_tell(group)
    return {
        "key": seen.id,
        "keys": [one.observation.id for one in group],
        "covers": {row.id for row in _pressure(seen, charted)} | {UUID(seen.id)},
        "set": seen.out_of,
        "kind": seen.kind.value,
        "item": "set" if seen.kind in VITALS else seen.kind.value,
        "value": _value(group, charted),
        "at": seen.taken_at,
        "limit": _limits(group),
        "of": _number_of(group),
        "step": " ".join(dict.fromkeys(one.step.words for one in group)),
        "source": "; ".join(dict.fromkeys(one.step.source for one in group)),
        "awaiting": any(one.step.awaiting_signature for one in group) and not signed,
        "tell": roles,
        "calls": bool(roles) and told is None,
        "tone": "stop" if roles and told is None else "attention",
        "no_further_dose": any(one.step.no_further_dose for one in group),
        "repeat_at": min(repeats, default=None),
        "repeated": all(one.repeat is Due.TAKEN for one in group),
        "told": {"who": told.body.who, "at": told.at} if told else None,
    }


def _value(group: Sequence[OutsideLimit], charted: Mapping[str, Observation]) -> str:
    """ "Blood pressure 182/112 mmHg", also where only one of its numbers is outside."""
    seen = group[0].observation
    numbers = {row.kind: row.as_core.text.split()[0] for row in _pressure(seen, charted)}
    high, low = (numbers.get(kind.value) for kind in PRESSURE)
    if high and low:
        return f"Blood pressure {high}/{low} mmHg"
    return f"{KINDS[seen.kind].label} {seen.text}"


def _pressure(seen: Reading, charted: Mapping[str, Observation]) -> list[Observation]:
    """Both numbers of the pressure that a value belongs to; nothing for any other value."""
    if seen.kind not in PRESSURE or not seen.out_of:
        return []
    same = [row for row in charted.values() if str(row.taken_as_set) == seen.out_of]
    return [row for row in same if Kind(row.kind) in PRESSURE]


def _number_of(group: Sequence[OutsideLimit]) -> str:
    """Which number of a pressure is meant, where it is one of the two."""
    kind = group[0].observation.kind
    return kind.value if len(group) == 1 and kind in PRESSURE else ""


def first_of_all(outside: Sequence[dict[str, Any]], charted: Charted | None) -> dict[str, Any]:
    """The cards that stand first: who is not told yet, and what was charted a moment ago.

    `said` is for the notice of the last entry: what of it is outside, and what else it holds.
    """
    fresh = [one for one in outside if charted and one["set"] == charted.key]
    first = [one for one in outside if one["calls"] or one in fresh]
    said = None
    if charted and fresh:
        covered = {key for one in fresh for key in one["covers"]}
        said = {
            "values": "; ".join(one["value"] for one in fresh),
            "more": "; ".join(words for key, words in charted.parts if key not in covered),
            "tone": "stop" if any(one["calls"] for one in fresh) else "attention",
        }
    return {"first": first, "rest": [one for one in outside if one not in first], "said": said}


def _limits(group: Sequence[OutsideLimit]) -> str:
    if len(group) == 1:
        return group[0].limit
    return "; ".join(f"{one.observation.kind.value} {one.limit}" for one in group)


def _repeat_at(one: OutsideLimit) -> datetime | None:
    return one.repeat_at if one.repeat in (Due.AHEAD, Due.DUE, Due.LATE, Due.VERY_LATE) else None
