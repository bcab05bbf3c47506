"""A busy day for the papers: everything a long session can hold, played into the demo's open one.

    python -m tests.browser.busy 2026-03-02T13:00:00-07:00 busy

adds it to $HOLDSPACE_DATA, a folder that `holdspace demo --play-only` filled up to 10:40 of the
same day: three doses, five events, ten medicines, long notes, and a set of readings a minute for
two hours. `overfull` instead of `busy` adds more of everything than a page holds.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdspace.care.models import Session

SETS, NOTES = 120, 14
# Of (busy, overfull): doses after the demo's own first one, questions answered with yes.
DOSED = {"busy": (14, 38), "overfull": (14, 20, 26, 32, 38, 44)}
YES = {"busy": 3, "overfull": 10}
LONG_NOTE = (
    "Eyes closed, breathing slowly. Spoke for a while of the house by the lake and of the winter"
    " there, laughed, then wept quietly and asked for the hand that was agreed; it was given and"
    " let go again when she turned to the wall. The music was left as it was. "
) * 3
EVENTS = (
    "Nausea", "Vomiting", "Hypertension", "Headache", "Chest pain - cardiac", "Anxiety",
    "Dizziness",
)  # fmt: skip
TAKEN = (
    "lisinopril", "atorvastatin", "sertraline", "lamotrigine", "metformin", "levothyroxine",
    "omeprazole", "salbutamol", "cholecalciferol", "melatonin", "fluticasone", "cetirizine",
    "ibuprofen", "magnesium", "clonidine", "famotidine",
)  # fmt: skip
SHOWN = {"busy": (5, 10), "overfull": (len(EVENTS), len(TAKEN))}  # events, medicines


def main(now: str, day: str) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdspace.config.settings")
    django.setup()
    _fill(datetime.fromisoformat(now), day)


def _fill(now: datetime, day: str) -> None:
    from holdspace.care.models import Session
    from holdspace.config.demo.people import NALANI
    from holdspace.people.models import Membership

    session = Session.objects.get(patient__name=NALANI.name)
    staff = {m.user.email.partition("@")[0]: m for m in Membership.objects.all()}
    begins = now - timedelta(minutes=SETS + 8)
    _history(session, staff, now, day)
    _readings(session, staff["nurse"], begins)
    _happenings(session, staff, begins, day)


def _history(session: Session, staff: dict[str, Any], now: datetime, day: str) -> None:
    from holdspace.care.actions import take_history
    from holdspace.care.facts import protocol_of
    from holdspace.core import facts as core

    by = staff["physician"]
    medicines = tuple(
        core.Medication(
            name, "", now, str(by.id), dose="1 tablet in the morning, with food",
            last_taken=now - timedelta(hours=7 + number),
        )
        for number, name in enumerate(TAKEN[: SHOWN[day][1]])
    )  # fmt: skip
    asked = list(protocol_of(session.course).conditions)[: YES[day]]
    take_history(
        course=session.course, medications=medicines,
        conditions=tuple(core.Condition(key, core.Answer.YES, now, str(by.id)) for key in asked),
        allergies=("penicillin (rash)", "latex", "adhesive tape"), by=by, now=now,
    )  # fmt: skip


def _readings(session: Session, by: Any, begins: datetime) -> None:
    from holdspace.care.actions.facts import Reading
    from holdspace.core.units import Kind
    from holdspace.medicine.actions import observe_set

    for minute in range(SETS):
        swing = (minute * 7) % 23
        values = {
            Kind.SYSTOLIC: 184 if minute == 40 else 124 + swing,
            Kind.DIASTOLIC: 112 if minute == 40 else 76 + swing // 2,
            Kind.HEART_RATE: 72 + swing,
            Kind.SPO2: 91 if minute == 55 else 96 + swing % 4,
            Kind.RESPIRATORY_RATE: 12 + swing % 6,
            Kind.SEDATION_MOAAS: 2 if minute == 30 else 5,
            Kind.DISTRESS: swing % 5,
            Kind.DISSOCIATION: swing % 9,
            Kind.NAUSEA: swing % 3,
            Kind.PAIN: swing % 2,
        }
        readings = [
            Reading(kind, Decimal(value), Decimal(0) if kind is Kind.SPO2 else None)
            for kind, value in values.items()
        ]
        at = begins + timedelta(minutes=minute)
        observe_set(session=session, readings=readings, taken_at=at, by=by, now=at)


def _happenings(session: Session, staff: dict[str, Any], begins: datetime, day: str) -> None:
    from holdspace.care.events import AdverseEvent, RescueDrug
    from holdspace.core.facts import Place
    from holdspace.core.units import Kind
    from holdspace.medicine import actions

    nurse, therapist, physician = staff["nurse"], staff["therapist"], staff["physician"]

    def after(minutes: int, by: Any = nurse) -> dict[str, Any]:
        at = begins + timedelta(minutes=minutes)
        return {"session": session, "at": at, "by": by, "now": at}

    for minute in DOSED[day]:
        actions.record_variance_dose(
            milligrams=Decimal(20), reason="given on a spoken order, charted afterwards",
            **after(minute),
        )  # fmt: skip
    for number, term in enumerate(EVENTS[: SHOWN[day][0]]):
        done = "Sat up, cool cloth, the prescriber came to the room and stayed until it passed"
        event = AdverseEvent(
            term, 2, intervention=done, outcome="resolved within 20 minutes",
            red_flag="cardiac" in term,
        )  # fmt: skip
        actions.adverse_event(event=event, **after(20 + number * 14))
        actions.told(
            who=physician.signed_name, about=f"{term}, and the pressure of that minute",
            answer="coming to the room now", **after(21 + number * 14),
        )  # fmt: skip
    drug = RescueDrug("ondansetron", "4 mg into a vein", "vomited twice")
    actions.rescue_drug(drug=drug, **after(37))
    for number in range(NOTES):
        lane, by = ("therapy", therapist) if number % 2 else ("medical", nurse)
        actions.note(lane=lane, text=LONG_NOTE, **after(6 + number * 8, by))
    for minute in (33, 71):
        actions.could_not(
            kinds=[Kind.SYSTOLIC, Kind.DIASTOLIC], because="Asleep, breathing was seen",
            **after(minute),
        )  # fmt: skip
    for minute, place in ((60, Place.IN_ROOM), (85, Place.ON_PREMISES), (110, Place.IN_ROOM)):
        actions.place_staff(staff=physician, place=place, **after(minute))
    for minute, what in ((111, "opened"), (113, "ambulance_called")):
        actions.emergency(what=what, **after(minute))


if __name__ == "__main__":
    main(*sys.argv[1:])
