"""One page for those who take the person over: chosen so that it stays one page, and says so.

What does not fit is counted and named with the place where it stands; nothing is left out in
silence, nothing is judged. The highest and lowest values are arithmetic, not an opinion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from holdspace.care import facts as loader
from holdspace.care.events import Happened
from holdspace.care.models import EventKind, Observation
from holdspace.core import facts as core
from holdspace.core.facts import Answer, Place, Role, Route
from holdspace.core.flags import open_flags
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import KINDS, Kind, plain
from holdspace.medicine.infusions import amount_words, ends_of, total
from holdspace.medicine.page import Day, emergency_lines, oxygen_words, value_words
from holdspace.medicine.papers import STRUCK, Cut
from holdspace.medicine.routes import ROUTE_WORDS
from holdspace.people.models import Clinic, Membership
from holdspace.people.on_call import phone_of

SETS_WHOLE = 10  # so many sets are printed as they are; of more, a choice
SETS_NEWEST = 4
MONITOR, FROM_MONITOR = "monitor", "from the monitor"  # as its source begins, and in words
DOSES_SHOWN, EVENTS_SHOWN, TOLD_SHOWN, MEDICINES_SHOWN, HISTORY_SHOWN = 12, 5, 5, 12, 8
NAMED_ONLY = 20  # medicines beyond those: by their name alone
EMERGENCY_SHOWN, FLAGS_SHOWN = 4, 3
WORDS_MAX, MEDICINE_WORDS_MAX = 130, 60
# What somebody who takes over looks for first, in this order.
VITALS = (
    Kind.SYSTOLIC, Kind.DIASTOLIC, Kind.HEART_RATE, Kind.SPO2, Kind.RESPIRATORY_RATE,
    Kind.SEDATION_MOAAS, Kind.TEMPERATURE,
)  # fmt: skip
SET_HEADINGS = (
    "Pressure mmHg",
    *(KINDS[k].label for k in (Kind.HEART_RATE, Kind.SPO2, Kind.RESPIRATORY_RATE)),
    "Sedation MOAA/S (5 is awake)",
    KINDS[Kind.TEMPERATURE].label,
)
# What is never on this page.
NEVER_HERE = (
    (EventKind.NOTE, "notes"), (EventKind.COULD_NOT, "observations that could not be taken"),
)  # fmt: skip
# Of many sets these are shown besides the newest ones: (words, kind, the highest or the lowest).
OUTERMOST = (
    ("highest systolic", Kind.SYSTOLIC, max), ("lowest systolic", Kind.SYSTOLIC, min),
    ("highest heart rate", Kind.HEART_RATE, max), ("lowest heart rate", Kind.HEART_RATE, min),
    ("lowest SpO2", Kind.SPO2, min), ("lowest breathing rate", Kind.RESPIRATORY_RATE, min),
    ("lowest sedation score", Kind.SEDATION_MOAAS, min),
)  # fmt: skip
FELT = (Kind.DISSOCIATION, Kind.DISTRESS, Kind.NAUSEA, Kind.PAIN)  # each 0 to 10
FOOD = (
    (Kind.LAST_FATTY_MEAL, "full meal"), (Kind.LAST_LIGHT_MEAL, "light meal"),
    (Kind.LAST_CLEAR_FLUID, "drink"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """One medicine in the words of somebody who has never seen this program."""

    at: datetime
    what: str
    how: str
    route: str = ""
    by: str = ""
    is_infusion: bool = False
    until: datetime | None = None  # an infusion's charted end
    went_in: str = ""  # of an infusion: how much of it is charted as gone in
    because: str = ""  # why not all of it
    outside_the_door: bool = False


def given(day: Day) -> list[Given]:
    """Every dose of the session, permitted or not, and every rescue drug; oldest first.

    An infusion has its whole amount in its name; what went in of it stands beside its end.
    """
    ends = {dose.id: ends_of(day.happened, dose) for dose in day.doses}
    doses = [
        Given(
            at=dose.given_at,
            what=f"{_medicine(dose.route)} {plain(dose.dose_mg)} mg",
            how=ROUTE_WORDS[dose.route],
            route=dose.route.value.upper(),
            by=day.names.get(dose.given_by, ""),
            is_infusion=dose.route is Route.IV,
            until=dose.ended_at,
            went_in=" or ".join(dict.fromkeys(amount_words(dose, end) for end in ends[dose.id])),
            because="; ".join(dict.fromkeys(filter(None, (e.because for e in ends[dose.id])))),
            outside_the_door=not dose.passed_door,
        )
        for dose in day.doses
    ]
    rescue = [
        Given(h.at, f"{h.body.name} {h.body.amount}", h.body.because, by=day.names.get(h.by, ""))
        for h in day.happened
        if h.kind is EventKind.RESCUE_DRUG
    ]
    return sorted([*doses, *rescue], key=lambda one: one.at)


def _medicine(route: Route) -> str:
    return "esketamine" if route is Route.ESKETAMINE else "ketamine (racemic)"


# --- readings -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """What one source said at one time."""

    at: datetime
    rows: dict[str, Observation]

    @property
    def origin(self) -> str:
        is_from_monitor = any(row.source.startswith(MONITOR) for row in self.rows.values())
        return FROM_MONITOR if is_from_monitor else ""


def moments(day: Day) -> list[Taken]:
    """The vital signs that were charted, newest first; two sources at one time stay two."""
    found: dict[tuple[datetime, str, str], list[Taken]] = {}
    for row in day.rows:
        if row.id in day.struck or Kind(row.kind) not in VITALS:
            continue
        of_source = found.setdefault((row.taken_at, row.source, str(row.by_id)), [])
        free = next((one for one in of_source if row.kind not in one.rows), None)
        if free is None:
            of_source.append(free := Taken(row.taken_at, {}))
        free.rows[row.kind] = row
    every = (one for several in found.values() for one in several)
    return sorted(every, key=lambda one: one.at, reverse=True)


def sets(day: Day) -> list[dict[str, Any]]:
    """One row a set, newest first: all of a quiet day, the telling ones of a busy day."""
    found = moments(day)
    why = _why(day, found)
    return [
        {
            "at": one.at,
            "cells": cells(one.rows),
            "why": ", ".join(filter(None, (one.origin, why[n]))),
        }
        for n, one in enumerate(found)
        if n in why
    ]


def left_out(day: Day) -> dict[str, Any] | None:
    """How many sets are not on the page, and from when to when they were taken."""
    found = moments(day)
    why = _why(day, found)
    missing = sorted(one.at for n, one in enumerate(found) if n not in why)
    return {"n": len(missing), "since": missing[0], "until": missing[-1]} if missing else None


def _why(day: Day, found: list[Taken]) -> dict[int, str]:
    """By its place: why a set is on the page.

    The newest sets, the last whole pressure before the medicine, and the outermost values.
    """
    if len(found) <= SETS_WHOLE:
        return dict.fromkeys(range(len(found)), "")
    why: dict[int, list[str]] = {at: [] for at in range(min(SETS_NEWEST, len(found)))}
    first = min((d.given_at for d in day.doses), default=None)
    before = [
        place for place, one in enumerate(found)
        if first and one.at <= first and Kind.SYSTOLIC.value in one.rows
    ]  # fmt: skip
    for place in before[:1]:
        why.setdefault(place, []).append("before the first dose")
    for words, kind, outer in OUTERMOST:
        values = {
            place: n
            for place, one in enumerate(found)
            if (n := _number(one.rows, kind)) is not None
        }
        if values:
            place = outer(values, key=lambda one: values[one])  # of equal ones the newest
            why.setdefault(place, []).append(words)
    return {place: ", ".join(words) for place, words in why.items()}


def _number(rows: dict[str, Observation], kind: Kind) -> Decimal | None:
    row = rows.get(kind.value)
    return row.number if row else None


def cells(rows: dict[str, Observation]) -> list[str]:
    """The values of one moment in the order of SET_HEADINGS; empty where none was taken."""
    high, low = rows.get(Kind.SYSTOLIC.value), rows.get(Kind.DIASTOLIC.value)
    pressure = "/".join(value_words(row).split()[0] if row else "?" for row in (high, low))
    spo2 = rows.get(Kind.SPO2.value)
    others = [rows.get(kind.value) for kind in VITALS[2:] if kind is not Kind.SPO2]
    heart, *rest = [value_words(row) if row else "" for row in others]
    saturation = f"{value_words(spo2)}, {oxygen_words(spo2)}" if spo2 else ""
    return [pressure if high or low else "", heart, saturation, *rest]


def last_of_each(day: Day) -> list[dict[str, Any]]:
    """The newest value of each vital sign with its own time: a set is not always whole."""
    columns: list[dict[str, Any]] = [{"value": "", "at": None} for _ in SET_HEADINGS]
    for one in moments(day):
        for column, value in zip(columns, cells(one.rows), strict=True):
            if value and not column["value"]:
                column |= {"value": value, "at": one.at}
    return columns


def felt(day: Day) -> list[dict[str, Any]]:
    """The newest of each score that the person feels, with its time; only those charted."""
    newest = {row.kind: row for row in day.rows if row.id not in day.struck}
    rows = [(kind, newest[kind.value]) for kind in FELT if kind.value in newest]
    return [
        {"name": KINDS[kind].label, "value": value_words(row), "at": row.taken_at}
        for kind, row in rows
    ]


# --- about the person ---------------------------------------------------------------------------


def weight(day: Day) -> dict[str, Any] | None:
    """The newest charted weight and its time."""
    found = day.facts.latest(Kind.WEIGHT)
    return {"value": found.text, "at": found.taken_at} if found else None


def food(day: Day) -> list[dict[str, Any]]:
    """When the person last ate and drank, as they said today; None where it was not asked."""
    said = {row.kind: row.moment for row in day.rows if row.id not in day.struck}
    return [{"what": what, "at": said.get(kind.value)} for kind, what in FOOD]


def history(facts: core.Facts, protocol: Protocol) -> list[str]:
    """What physician or therapist heard a yes to, in the protocol's own words."""
    yes = dict.fromkeys(c.key for c in facts.conditions if c.answer is Answer.YES)
    labels = {key: spec.label for key, spec in protocol.conditions.items()}
    return [labels.get(key, key.replace("_", " ")) for key in yes]


def answered(facts: core.Facts, protocol: Protocol) -> dict[str, int]:
    """To how many questions of the history there is a yes or a no, and of how many."""
    yes, no, unknown = (
        {c.key for c in facts.conditions if c.answer is answer}
        for answer in (Answer.YES, Answer.NO, Answer.NOT_KNOWN)
    )
    return {"n": len(yes | no - unknown), "of": len(yes | no | unknown | {*protocol.conditions})}


def in_the_room(day: Day) -> list[str]:
    """Who can be asked: those who are in the room now, by name."""
    here = [p for p in day.facts.presences if p.until is None and p.place is Place.IN_ROOM]
    return [day.names.get(p.staff, "a colleague") for p in here]


def prescriber(day: Day) -> dict[str, str]:
    """Who ordered, else whom the booking names, else who is here as one; and their telephone."""
    ordered = [h.by for h in day.happened if h.kind is EventKind.ORDER_SIGNED]
    booked = day.session.appointment.prescriber_id if day.session.appointment else None
    roles = {member.id: member.roles for member in day.facts.staff}
    here = [p.staff for p in day.facts.presences if Role.PRESCRIBER in roles.get(p.staff, ())]
    key = next((one for one in (*ordered[-1:], str(booked or ""), *here) if one), "")
    member = Membership.objects.filter(pk=key).first() if key else None
    phone = phone_of(member, day.now) if member else ""
    return {"name": day.names.get(key, ""), "phone": phone}


def red_flags(day: Day) -> list[str]:
    """What was marked as a red flag today; it is no reason that anybody gave."""
    opened = day.session.opened_at
    return [flag.said for flag in open_flags(day.facts) if flag.at >= opened]


# --- what happened ------------------------------------------------------------------------------


def events(day: Day) -> list[Happened]:
    """Adverse events with what was done, oldest first."""
    return [h for h in day.happened if h.kind is EventKind.ADVERSE_EVENT]


def what_happened(day: Day, cut: Cut) -> list[dict[str, Any]]:
    """Adverse events with the clinician's grade and what was done, and the emergency page's lines;
    the newest of both, oldest first.
    """
    lines = []
    for one in cut.newest(events(day), EVENTS_SHOWN, "adverse events"):
        done = "; ".join(part for part in (one.body.intervention, one.body.outcome) if part)
        text = f"{one.body.named}, grade {one.body.grade}" + (f": {done}" if done else "")
        lines.append({"at": one.at, "text": cut.words(text, WORDS_MAX), "who": ""})
    for said in cut.newest(emergency_lines(day), EMERGENCY_SHOWN, "lines of the emergency page"):
        lines.append({"at": said.at, "text": said.text, "who": said.who})
    return sorted(lines, key=lambda line: line["at"])


def elsewhere(day: Day) -> str:
    """What has no place on the page however short the day was, counted by its name."""
    cut = Cut()
    for kind, name in NEVER_HERE:
        cut.count(sum(h.kind is kind for h in day.happened), name)
    cut.count(sum(row.id in day.strikes for row in day.rows), STRUCK)
    return cut.left_out


def told(day: Day, cut: Cut) -> Sequence[dict[str, Any]]:
    """Who was told, when, about what, and what they answered; the newest, oldest first."""
    lines = []
    for one in day.happened:
        if one.kind is EventKind.TOLD:
            answer = f": “{one.body.answer}”" if one.body.answer else ""
            lines.append({"at": one.at, "who": one.body.who, "text": f"{one.body.about}{answer}"})
    kept = cut.newest(lines, TOLD_SHOWN, "lines of who was told")
    return [line | {"text": cut.words(line["text"], WORDS_MAX)} for line in kept]


def medicines(facts: core.Facts, cut: Cut) -> list[dict[str, Any]]:
    """What the person takes, as they told it, with when they last took it."""
    return [
        {
            "words": cut.words(f"{one.name} {one.dose}".strip(), MEDICINE_WORDS_MAX),
            "at": one.last_taken,
        }
        for one in facts.medications[:MEDICINES_SHOWN]
    ]


def named_only(facts: core.Facts, cut: Cut) -> list[str]:
    """The medicines that have no line of their own."""
    names = [cut.words(one.name, 30) for one in facts.medications[MEDICINES_SHOWN:]]
    return list(cut.first(names, NAMED_ONLY, "medicines of the chart"))


def sheet(day: Day) -> dict[str, Any]:
    """Everything the page prints, with what it leaves out."""
    course, cut = day.session.course, Cut()
    protocol = loader.protocol_of(course)
    clinic: Clinic = course.clinic
    doses = given(day)
    shown = cut.newest(doses, DOSES_SHOWN, "doses")
    givers = {one.by for one in doses}
    return {
        "site": day.session.room.site if day.session.room else clinic.sites.first(),
        "because": cut.words(day.ended.body.reason, 2 * WORDS_MAX) if day.ended else "",
        "red_flags": cut.newest(red_flags(day), FLAGS_SHOWN, "red flags"),
        "weight": weight(day),
        "food": food(day),
        "prescriber": prescriber(day),
        "here": in_the_room(day),
        "doses": [replace(one, because=cut.words(one.because, WORDS_MAX)) for one in shown],
        "total": total(day.doses, day.happened),
        "more_than_one": len(day.doses) > 1,
        "giver": givers.pop() if len(givers) == 1 else "",
        "headings": SET_HEADINGS,
        "last": last_of_each(day),
        "sets": sets(day),
        "left_out": left_out(day),
        "felt": felt(day),
        "elsewhere": elsewhere(day),
        "happened": what_happened(day, cut),
        "told": told(day, cut),
        "medicines": medicines(day.facts, cut),
        "also_takes": named_only(day.facts, cut),
        "medicines_asked": day.facts.medications_asked_at,
        "history": cut.first(
            history(day.facts, protocol), HISTORY_SHOWN, "answers of the history, on the chart"
        ),
        "history_asked": bool(day.facts.conditions),
        "answered": answered(day.facts, protocol),
        "cut": cut,
    }  # fmt: skip
