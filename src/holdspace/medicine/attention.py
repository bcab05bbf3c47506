"""What the room owes now: the next set, and what a charted value outside its limit asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from holdspace.care import facts as loader
from holdspace.care.models import EventKind
from holdspace.core.discharge import unwaived_baseline
from holdspace.core.facts import Route
from holdspace.core.observing import Conditions, Due, OutsideLimit, evaluate
from holdspace.core.units import KINDS, Kind
from holdspace.medicine.page import Day

TONES = {Due.LATE: "attention", Due.VERY_LATE: "late"}
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
        day.doses,
        day.now,
        ended_at=ended_at,
        baselines=baselines,
    )


def due(day: Day, found: Conditions | None) -> dict[str, Any]:
    """When the next set is due, in a tone for lateness, with what was missed so far."""
    if day.ended:
        return {}
    if found is None:
        return {"words": NO_SCHEDULE}
    asking = found.asking
    missing = asking[0].missing if asking else ()
    words = ", ".join(KINDS[kind].label for kind in missing) or "a set"
    missed = sum(slot.state is Due.MISSED for slot in found.slots)
    return {
        "at": found.next_at,
        "tone": TONES.get(asking[0].state, "") if asking else "",
        "words": words if found.next_at or asking else "",
        "before": bool(asking) and asking[0].due_at is None,
        "missed": missed,
    }


def outside(day: Day, found: Conditions | None) -> list[dict[str, Any]]:
    """Charted values in a band with a signed step, the newest first."""
    told = {
        h.body.observation or h.body.about: {"who": h.body.who, "at": h.at}
        for h in day.happened
        if h.kind is EventKind.TOLD
    }
    return [_one(one, told) for one in reversed(found.outside if found else ())]


def _one(one: OutsideLimit, told: dict[str, Any]) -> dict[str, Any]:
    observation, step = one.observation, one.step
    label = f"{KINDS[observation.kind].label} {observation.text}"
    return {
        "key": observation.id,
        "value": label,
        "at": observation.taken_at,
        "limit": one.limit,
        "step": step.words,
        "source": step.source,
        "awaiting": step.awaiting_signature,
        "tell": step.tell.replace("_", " "),
        "tone": "attention",
        "no_further_dose": step.no_further_dose,
        "repeat_at": _repeat_at(one),
        "repeated": one.repeat is Due.TAKEN,
        "told": told.get(observation.id),
    }


def _repeat_at(one: OutsideLimit) -> datetime | None:
    return one.repeat_at if one.repeat in (Due.AHEAD, Due.DUE, Due.LATE, Due.VERY_LATE) else None
