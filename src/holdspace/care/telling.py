"""The record in sentences: each event told in one line, in the lane it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from holdspace.care.events import Happened
from holdspace.care.models import EventKind
from holdspace.core.diagnosed import name_of
from holdspace.core.facts import AskedIn, Place
from holdspace.core.units import plain

PLACE_WORDS = {
    Place.IN_ROOM: "in the room",
    Place.ON_PREMISES: "on the premises",
    Place.REMOTE: "remote",
    None: "gone",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a timeline: `at` when it was true, `late` when it was written down much later."""

    key: str
    at: datetime
    late: datetime | None
    who: str
    text: str
    lane: str  # medical | therapy | dose | event
    session: str


LATE_SECONDS = 300
EMERGENCY_WORDS = {
    "opened": "Emergency page opened",
    "ambulance_called": "Ambulance called",
    "mistake": "Emergency page opened by mistake",
}


def line(happened: Happened, names: dict[str, str]) -> Line:
    """One event as a line; `names` maps staff keys to printed names."""
    gap = (happened.recorded_at - happened.at).total_seconds()
    return Line(
        key=happened.id,
        at=happened.at,
        late=happened.recorded_at if gap > LATE_SECONDS else None,
        who=names.get(happened.by, ""),
        text=sentence(happened, names),
        lane=_lane(happened),
        session=happened.session,
    )


def sentence(happened: Happened, names: dict[str, str]) -> str:
    """What happened, in plain words."""
    tell = TELL.get(happened.kind)
    return tell(happened.body, names) if tell else happened.kind.label


def _lane(happened: Happened) -> str:
    if happened.kind in (EventKind.DOSE_GIVEN, EventKind.DOSE_PREPARED, EventKind.ORDER_SIGNED):
        return "dose"
    if happened.kind is EventKind.NOTE:
        return str(happened.body.lane)
    return "event"


def _staff(body: Any, names: dict[str, str]) -> str:
    return f"{names.get(body.staff, 'A colleague')}: {PLACE_WORDS[body.place]}"


def _order(body: Any, names: dict[str, str]) -> str:
    further = "further dose " if body.further else ""
    return f"Ordered {further}{plain(body.dose_mg)} mg {body.route.value.upper()}"


def _withdrawn(body: Any, names: dict[str, str]) -> str:
    if body.what != "touch":
        return "Consent withdrawn"
    if not body.parts:
        return "Touch withdrawn: none but what safety needs"
    return f"No longer agreed: {', '.join(body.parts)}"


def _dose(body: Any, names: dict[str, str]) -> str:
    tail = "" if body.passed_door else " (variance: no passed door)"
    return f"Gave {plain(body.dose_mg)} mg {body.route.value.upper()}{tail}"


def _infusion(body: Any, names: dict[str, str]) -> str:
    mg, ml = body.milligrams, body.millilitres
    amounts = [f"{plain(mg)} mg"] if mg is not None else []
    amounts += [f"{plain(ml)} mL"] if ml is not None else []
    part = f": {', '.join(amounts)} of it went in" if amounts else ""
    return f"Infusion ended{part}" + (f"; {body.because}" if body.because else "")


def _adverse(body: Any, names: dict[str, str]) -> str:
    done = f"; {body.intervention}" if body.intervention else ""
    return f"Adverse event: {body.named}, CTCAE grade {body.grade}{done}"


def _ended(body: Any, names: dict[str, str]) -> str:
    reason = f": {body.reason}" if body.reason else ""
    return f"Session ended, {body.ending.value.replace('_', ' ')}{reason}"


def _history(body: Any, names: dict[str, str]) -> str:
    yes = sum(1 for c in body.conditions if c.answer.value == "yes")
    asked = f", {len(body.medications)} medicines" if body.medications_asked else ""
    heard = any(c.asked_in is AskedIn.MENTAL_HEALTH for c in body.conditions)
    begin = "The therapist asked" if heard else "History taken"
    return f"{begin}: {len(body.conditions)} questions, {yes} answered yes{asked}"


def _questionnaire(body: Any, names: dict[str, str]) -> str:
    if not body.level:
        return f"{body.instrument.upper()} begun, not complete: it has no score"
    total = f" {body.total}," if body.instrument != "asq" else ""
    return f"{body.instrument.upper()} answered:{total} {body.level.lower()}"


TELL: dict[EventKind, Any] = {
    EventKind.THERAPIST_ASSIGNED: lambda b, n: (
        f"Therapist: {n.get(b.therapist, 'a colleague')}" + (f" ({b.because})" if b.because else "")
    ),
    EventKind.HISTORY_TAKEN: _history,
    EventKind.QUESTIONNAIRE_ANSWERED: _questionnaire,
    EventKind.MENTAL_HEALTH_ASSESSED: lambda b, n: (
        f"Mental health assessed: {b.recommendation.value.replace('_', ' ')}"
    ),
    EventKind.DIAGNOSIS_RECORDED: lambda b, n: f"Diagnosis: {name_of(b)}, {b.status.value}",
    EventKind.INVESTIGATION_REPORTED: lambda b, n: (
        f"{b.title} of {b.taken_on.day} {b.taken_on:%b %Y}: {b.text}"
    ),
    EventKind.CLEARANCE_SUSPENDED: lambda b, n: f"Clearance suspended: {b.because}",
    EventKind.CONSENT_WITHDRAWN: _withdrawn,
    EventKind.VISIT_HELD: lambda b, n: f"{b.phase.capitalize()} visit held",
    EventKind.STAFF_PLACED: _staff,
    EventKind.ORDER_SIGNED: _order,
    EventKind.ORDER_CANCELLED: lambda b, n: f"Order cancelled: {b.because}",
    EventKind.DOSE_PREPARED: lambda b, n: f"Drew up {plain(b.dose_mg)} mg",
    EventKind.DOSE_GIVEN: _dose,
    EventKind.VARIANCE: lambda b, n: f"Variance: {b.what}. {b.reason}",
    EventKind.VARIANCE_REVIEWED: lambda b, n: f"Variance reviewed: {b.conclusion}",
    EventKind.ADVERSE_EVENT: _adverse,
    EventKind.RED_FLAG_REVIEWED: lambda b, n: f"Red flag reviewed: {b.conclusion}",
    EventKind.INFUSION_ENDED: _infusion,
    EventKind.RESCUE_DRUG: lambda b, n: (
        f"Rescue drug: {b.name} {b.amount}" + (f"; {b.because}" if b.because else "")
    ),
    EventKind.ADVERSE_EVENT_REVIEWED: lambda b, n: f"Serious event reviewed: {b.conclusion}",
    EventKind.TOLD: lambda b, n: f"Told {b.who}: {b.about}" + (f". {b.answer}" if b.answer else ""),
    EventKind.COULD_NOT: lambda b, n: (
        f"Not taken ({', '.join(k.replace('_', ' ') for k in b.kinds)}): {b.because}"
    ),
    EventKind.EMERGENCY: lambda b, n: EMERGENCY_WORDS.get(b.what, b.what),
    EventKind.ESCORT_NAMED: lambda b, n: f"Takes them home: {b.name}, {b.phone}",
    EventKind.NOTE: lambda b, n: f"{b.about.capitalize()}: {b.text}" if b.about else b.text,
    EventKind.SESSION_ENDED: _ended,
    EventKind.COURSE_DECLINED: lambda b, n: (
        f"Declined here: {b.reason}. Way on: {b.way_on}"
        + (f" To be asked again on {b.again_on:%d %b %Y}." if b.again_on else "")
    ),
    EventKind.COURSE_CLOSED: lambda b, n: f"Course closed: {b.outcome}",
}
