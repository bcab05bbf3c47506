"""What the person takes home on paper: one page in plain words, with nothing of their health."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from holdspace.care import facts as loader
from holdspace.core import discharge
from holdspace.core.facts import Ending
from holdspace.core.readiness import escort_named
from holdspace.medicine.actions.day import call_due_at
from holdspace.medicine.page import Day
from holdspace.people.models import Clinic

LEFT_ON_FOOT = frozenset({Ending.DISCHARGED, Ending.LEFT_AGAINST_ADVICE})


@dataclass(frozen=True, slots=True)
class Line:
    """Whom to call: a number, and what answers there."""

    number: str
    label: str


def goes_home(day: Day) -> bool:
    """Still here, or gone home: nobody takes this paper into a hospital."""
    return day.ended is None or day.ended.body.ending in LEFT_ON_FOOT


def driving(day: Day) -> discharge.Driving | None:
    """Before when the person does not drive, from what is charted now."""
    if not goes_home(day):
        return None
    return discharge.driving(day.facts, loader.protocol_of(day.session.course))


def on_screen(day: Day) -> dict[str, Any]:
    """What the session page says of it: the moment, and whether there is a paper to print."""
    return {"driving": driving(day), "goes_home": goes_home(day)}


def sheet(day: Day) -> dict[str, Any]:
    """The lines of the page."""
    return {
        "driving": driving(day),
        "takes_home": _takes_home(day),
        "call_by": call_due_at(day.session.course, day.until),
        "left_against_advice": _ending(day) is Ending.LEFT_AGAINST_ADVICE,
        "lines": lines(day.session.course.clinic),
    }


def lines(clinic: Clinic) -> list[Line]:
    """The clinic's crisis lines, and the number for emergencies where they do not have it."""
    found = [Line(line["number"], line["label"]) for line in clinic.crisis_lines]
    emergency = clinic.emergency_phone
    if emergency and all(line.number != emergency for line in found):
        found.append(Line(emergency, "Emergency"))
    return found


def _ending(day: Day) -> Ending | None:
    return Ending(day.ended.body.ending) if day.ended else None


def _takes_home(day: Day) -> str:
    """Whom the discharge names, else who was named at readiness; empty where nobody was."""
    if day.ended:
        said: str = day.ended.body.escort
        return said
    named = escort_named(day.facts, loader.protocol_of(day.session.course))
    return named.name if named else ""
