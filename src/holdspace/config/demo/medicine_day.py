"""The medicine day on the stage: arrival, readings, order, dose, watching, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import resources
from typing import Any

from holdspace.care import actions as care
from holdspace.care.actions.facts import Reading
from holdspace.care.facts import protocol_of
from holdspace.care.models import Session
from holdspace.comfort import actions as comfort
from holdspace.config.demo.stage import Stage, Steps
from holdspace.core import facts as core
from holdspace.core import monitor
from holdspace.core.canonical import from_text
from holdspace.core.codes import Code
from holdspace.core.decision import Door, Finding
from holdspace.core.facts import Ending, Place
from holdspace.core.units import Kind
from holdspace.medicine import actions as medicine
from holdspace.medicine.actions.common import stock
from holdspace.medicine.actions.dosing import label_of
from holdspace.pharmacy import hatch
from holdspace.schedule import actions as schedule

ROOM_AIR = Decimal(0)
ESCORT = ("Robin Aalto (invented)", "303 555 0188")
# Minutes after the dose, and how far pressure and inner distance are by then (made up, plausible).
CURVE = (
    (10, 14, 5), (20, 22, 7), (30, 20, 6), (40, 14, 5), (50, 9, 3), (60, 6, 2),
    (75, 4, 1), (90, 2, 0), (105, 1, 0), (120, 0, 0),
)  # fmt: skip


@dataclass(slots=True)
class Day:
    """One session day of one person."""

    stage: Stage
    rest: tuple[int, int] = (118, 74)
    session: Session = field(init=False)
    drawn: Any = None
    dosed_at: datetime | None = None

    @property
    def now(self) -> datetime:
        return self.stage.now

    # --- before a dose ----------------------------------------------------------------------------

    def arrive(self) -> Steps:
        """The person comes, the questions of the day are asked, the day opens, the team gathers."""
        s = self.stage
        nurse = s.staff(s.nurse)
        assert s.booked is not None, "a session day was booked"
        schedule.mark_came(appointment=s.booked, by=s.staff("coordinator"), now=self.now)
        s.screen(by=s.nurse)
        outcome = medicine.start_session(
            course=s.course, answers=_answers(self.now), escort=ESCORT, by=nurse, now=self.now
        )
        self.session = s.passes("opening the session day", outcome)
        yield s.after(4)
        self.place(s.therapist, Place.IN_ROOM)
        self.place(s.prescriber, Place.ON_PREMISES)
        self.make_good()

    def make_good(self) -> None:
        """The list of the room, done by the therapist; this person wants no eyeshade."""
        s = self.stage
        lines = protocol_of(s.course).comfort
        comfort.check_room(
            course=s.course, session=self.session, done=[k for k in lines if k != "eyeshade"],
            not_wanted=["eyeshade"], note="", by=s.staff(s.therapist), now=self.now,
        )  # fmt: skip

    def place(self, key: str, place: Place | None) -> None:
        s = self.stage
        medicine.place_staff(
            session=self.session, staff=s.staff(key), place=place, at=self.now,
            by=s.staff(s.nurse), now=self.now,
        )  # fmt: skip

    def vitals(
        self, pressure: tuple[int, int], *, rate: int = 72, spo2: int = 98, distance: int = 0,
        awake: int = 5, more: tuple[Reading, ...] = (),
    ) -> None:  # fmt: skip
        s = self.stage
        values = {
            Kind.SYSTOLIC: pressure[0], Kind.DIASTOLIC: pressure[1], Kind.HEART_RATE: rate,
            Kind.RESPIRATORY_RATE: 14, Kind.SEDATION_MOAAS: awake, Kind.DISSOCIATION: distance,
            Kind.DISTRESS: min(distance, 3),
        }  # fmt: skip
        readings = [Reading(kind, Decimal(value)) for kind, value in values.items()]
        readings.append(Reading(Kind.SPO2, Decimal(spo2), ROOM_AIR))
        readings.append(Reading(Kind.TEMPERATURE, Decimal("36.7")))
        medicine.observe_set(
            session=self.session, readings=[*readings, *more], taken_at=self.now,
            by=s.staff(s.nurse), now=self.now,
        )  # fmt: skip

    def note(self, lane: str, text: str) -> None:
        s = self.stage
        by = s.staff(s.therapist if lane == "therapy" else s.nurse)
        medicine.note(session=self.session, lane=lane, text=text, at=self.now, by=by, now=self.now)

    def order(self, dose: str, reason: str = "") -> core.Order:
        s = self.stage
        event = medicine.order_dose(
            session=self.session, dose=dose, reason=reason, by=s.staff(s.prescriber), now=self.now,
            signature=s.sign(s.prescriber, "I order this dose, for this person today."),
        )  # fmt: skip
        return from_text(core.Order, event.body or "")

    def draw(self, order: core.Order) -> None:
        s = self.stage
        moved = medicine.prepare(
            session=self.session, order=order, vial=self.a_vial(order.dose_mg),
            by=s.staff(s.nurse), now=self.now,
        )  # fmt: skip
        if not moved.allowed:
            stops = [f"{f.code.value} ({f.evidence})" for f in moved.findings if not f.passes]
            raise s.off("drawing up", "; ".join(stops))
        self.drawn = moved.preparation

    def a_vial(self, milligrams: Decimal) -> str:
        """One that holds enough, needs no dilution and may still be used in an hour."""
        s = self.stage
        vials = hatch.usable_vials(clinic=s.house.clinic, site=s.house.site, now=self.now)
        for vial in vials:
            lasts = vial.usable_until > self.now + timedelta(hours=1)
            if lasts and vial.balance_mg >= milligrams and not vial.needs_dilution:
                return vial.id
        raise s.off("drawing up", "no vial holds enough")

    def _give(self) -> Any:
        s = self.stage
        return medicine.give_dose(
            session=self.session, preparation=self.drawn, person=s.patient.display_id,
            label=label_of(self.drawn), by=s.staff(s.nurse), now=self.now,
            signature=s.sign(s.nurse, "I gave this dose, after naming person, drug, dose, route."),
        )  # fmt: skip

    def give(self) -> None:
        self.stage.passes("giving the dose", self._give())
        self.dosed_at = self.now

    def refused_dose(self, *codes: Code) -> None:
        self.stage.refused("giving the dose", self._give(), *codes)

    def dose(self, amount: str, reason: str = "") -> Steps:
        """Measured at rest, ordered, drawn up and given."""
        s = self.stage
        yield s.after(6)
        self.vitals(self.rest)
        yield s.after(3)
        order = self.order(amount, reason)
        yield s.after(4)
        self.draw(order)
        yield s.after(3)
        self.give()

    def finding(self, code: Code) -> Finding:
        """The finding of this code that shuts the door of the dose now."""
        s = self.stage
        decision = care.ask(
            Door.GIVE_DOSE, s.course, by=s.staff(s.nurse), now=self.now, session=self.session,
            **stock(self.session, self.now),
        )  # fmt: skip
        found = [f for f in decision.stops if f.code is code]
        if not found:
            raise s.off("looking for " + code.value, "the door is not shut for that")
        return found[0]

    def waste(self, milligrams: str, reason: str, witness: str) -> None:
        s = self.stage
        moved = medicine.waste(
            session=self.session, preparation=self.drawn, milligrams=Decimal(milligrams),
            witness=s.staff(witness), reason=reason, by=s.staff(s.nurse), now=self.now,
            witness_signature=s.sign(witness, "This was wasted before both of us."),
        )  # fmt: skip
        if not moved.allowed:
            raise s.off("wasting", ", ".join(f.code.value for f in moved.findings))

    # --- after it ---------------------------------------------------------------------------------

    def watch(self, until: int = 120, since: int = 0) -> Steps:
        """The observations that are due, each on time, from `since` to `until` minutes."""
        assert self.dosed_at is not None, "watching begins with a dose"
        for minute, rise, distance in CURVE:
            if since < minute <= until:
                yield self.dosed_at + timedelta(minutes=minute)
                high, low = self.rest
                self.vitals((high + rise, low + rise // 2), rate=72 + rise // 2, distance=distance)

    def go_home(self, escort: str) -> Steps:
        """Everything that is asked before leaving, and a signed discharge."""
        yield self.stage.after(4)
        self.look_before_leaving()
        self.stage.passes("discharge", self.discharge(escort))

    def look_before_leaving(self) -> None:
        s = self.stage
        s.screen(session=self.session, by=s.nurse)
        yes = (
            Kind.ESCORT_IDENTIFIED, Kind.INSTRUCTIONS_UNDERSTOOD, Kind.THERAPIST_DISCHARGE_CHECK
        )  # fmt: skip
        padss = (
            Kind.PADSS_VITALS, Kind.PADSS_ACTIVITY, Kind.PADSS_NAUSEA, Kind.PADSS_BLEEDING,
            Kind.PADSS_INTAKE,
        )  # fmt: skip
        more = [Reading(kind, True) for kind in yes] + [Reading(k, Decimal(2)) for k in padss]
        self.vitals(self.rest, more=tuple(more))

    def discharge(self, escort: str) -> Any:
        s = self.stage
        return medicine.end_session(
            session=self.session, ending=Ending.DISCHARGED, escort=escort, by=s.staff(s.nurse),
            now=self.now, signature=s.sign(s.nurse, "This person may go home with this adult."),
        )  # fmt: skip

    def end(self, ending: Ending, reason: str) -> None:
        s = self.stage
        medicine.end_session(
            session=self.session, ending=ending, reason=reason, by=s.staff(s.nurse), now=self.now
        )

    def call(self, words: str) -> None:
        """The call on the next day."""
        s = self.stage
        medicine.next_day_contact(
            session=self.session, result="reached_well", words_said=words, by=s.staff(s.nurse),
            now=self.now,
        )  # fmt: skip

    def monitor(self, start: datetime) -> None:
        """What the room's monitor sent since `start`; one set of it is charted by a tap."""
        s = self.stage
        data = resources.files("holdspace.medicine") / "data" / "monitor-with-faults.csv"
        received = monitor.judge(monitor.parse(data.read_text("utf-8")), start)
        imported = medicine.import_readings(
            session=self.session, received=received, by=s.staff(s.nurse), now=self.now
        )
        if imported.added != imported.counts.received:
            raise s.off("importing readings", f"{imported.added} of {imported.counts.received}")
        pressed = self.session.imported.filter(validity="valid", kind=Kind.SYSTOLIC.value)
        first = pressed.order_by("at").first()
        assert first is not None, "the monitor's file has a pressure"
        rows = self.session.imported.filter(at=first.at, validity="valid")
        medicine.chart_imported(
            session=self.session, readings=[row.id for row in rows], by=s.staff(s.nurse),
            now=self.now, oxygen_l_min=ROOM_AIR,
        )  # fmt: skip


def _answers(now: datetime) -> list[Reading]:
    """The answers of a day on which nothing stands in the way."""
    yes = (
        Kind.IDENTITY_CONFIRMED, Kind.ABLE_TO_CONSENT, Kind.ESCORT_CONFIRMED, Kind.ROOM_READY,
        Kind.EMERGENCY_EQUIPMENT_CHECKED,
    )  # fmt: skip
    no = (Kind.HEALTH_CHANGE, Kind.PREGNANCY_POSSIBLE, Kind.BLADDER_SYMPTOMS)
    meals = {Kind.LAST_FATTY_MEAL: 14, Kind.LAST_LIGHT_MEAL: 11, Kind.LAST_CLEAR_FLUID: 3}
    return [
        *(Reading(kind, True) for kind in yes),
        *(Reading(kind, False) for kind in no),
        *(Reading(kind, now - timedelta(hours=hours)) for kind, hours in meals.items()),
        Reading(Kind.WEIGHT, Decimal(72)),
    ]
