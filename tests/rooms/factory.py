"""A whole clinic by its real actions: staff of every role, and a person led up to the medicine day.

    house = played()                       staff, room, stock, one protocol
    guest = house.guest()                  a person: assessed, cleared, prepared and booked
    day = guest.open()                     the session day is open, everybody is in their place
    day.give("50 mg")                      ordered, drawn up, given

Time is passed in and moves on by `later(minutes=...)`; nobody here is real.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.care.actions.facts import Reading, Signed
from holdspace.care.models import Course, Document, ProtocolVersion, Session
from holdspace.core import facts as core
from holdspace.core import limits
from holdspace.core.decision import Door
from holdspace.core.facts import Answer, Discipline, DocumentKind, Place, Role, Route
from holdspace.core.units import Kind
from holdspace.medicine import actions as medicine
from holdspace.people import actions as people
from holdspace.people.models import Clinic, Membership, Patient
from holdspace.people.signing import Signature
from holdspace.pharmacy import actions as pharmacy
from holdspace.preparation import actions as preparation
from holdspace.schedule import actions as schedule
from holdspace.schedule.models import AppointmentKind, Room
from tests.rooms.people.cast import (
    NOW,
    PASSWORD,
    Cast,
    clinic_at,
    fresh,
    licensed,
    member,
    person,
)
from tests.tools import kept

PROTOCOL = Path(__file__).resolve().parents[2] / "protocols" / "kap-clinic" / "1.0.toml"
FIFTY = "42023-114-10"  # 50 mg/mL, 10 mL


def sign(who: Membership, now: datetime, meaning: str = "I sign this.") -> Signature:
    return people.sign(by=who, password=PASSWORD, meaning=meaning, now=now)


def passed(outcome: Any) -> Any:
    """What a door let through; a refusal fails the test with every reason."""
    stops = [(f.code.value, f.subject, f.evidence) for f in outcome.decision.stops]
    assert outcome.allowed, stops
    return outcome.made


@dataclass
class House:
    """A clinic with everybody who works there; its clock moves by `later`."""

    cast: Cast
    now: datetime
    prescriber: Membership
    nurse: Membership
    therapist: Membership
    coordinator: Membership
    custodian: Membership
    reviewer: Membership
    rooms: list[Room]
    protocol: ProtocolVersion
    vials: list[Any] = field(default_factory=list)

    @property
    def clinic(self) -> Clinic:
        return self.cast.clinic

    @property
    def director(self) -> Membership:
        return self.cast.director

    @property
    def administrator(self) -> Membership:
        return self.cast.administrator

    def later(self, **delta: int) -> datetime:
        """Move the clinic's clock on."""
        self.now += timedelta(**delta)
        return self.now

    def on_call(self, who: Membership | None = None, in_hours: int = 0) -> None:
        """Somebody is on call for the next days, from now or from so many hours on."""
        starts = self.now + timedelta(hours=in_hours)
        people.set_on_call(
            membership=who or self.nurse, starts_at=starts, ends_at=starts + timedelta(days=13),
            rank=1, by=self.director, now=self.now,
        )  # fmt: skip

    def stock(self, containers: int = 1) -> None:
        """Receive vials of 50 mg/mL into the safe."""
        delivery = pharmacy.Delivery(
            ndc=FIFTY, lot="A12", expires_on=date(self.now.year + 1, 6, 30),
            containers=containers, supplier_name="Front Range Medical Supply",
            supplier_address="900 Depot Road, Denver, CO 80216", supplier_dea="AB1234563",
            invoice="INV-1001",
        )  # fmt: skip
        received = pharmacy.receive(
            delivery=delivery, site=self.cast.site, by=self.custodian, now=self.now
        )
        assert received.allowed, received.findings
        self.vials += received.vials

    def guest(self, **details: Any) -> Guest:
        """A person who is cleared, prepared, consented and booked for the next morning."""

        def led() -> Guest:
            guest = self.enquirer(**details)
            guest.assess()
            guest.clear()
            guest.prepare()
            guest.book()
            return guest

        if details or not kept.stands():  # somebody acted since the house was played
            return led()
        guest: Guest = kept.again(("guest", *self._names()), led)
        self.now, guest.house = guest.house.now, self
        return guest

    def _names(self) -> list[Any]:
        """What a guest's way depends on and no record says: the hour, and who is meant by whom."""
        people = (self.prescriber, self.nurse, self.therapist, self.coordinator, self.custodian)
        meant = [*people, self.reviewer, *self.rooms, self.protocol, *self.vials]
        return [self.now, *(one.pk for one in meant)]

    def enquirer(self, route: Route = Route.IM, **details: Any) -> Guest:
        """A person whose course has just been opened, with the house's therapist."""
        details = {"interpreter_needed": False, "has_guardian": False, **details}
        patient = person(self.cast, now=self.now, **details)
        course = passed(
            care.open_course(
                patient=patient, protocol=self.protocol, route=route, by=self.prescriber,
                now=self.now,
            )
        )  # fmt: skip
        care.assign_therapist(
            course=course, therapist=self.therapist, by=self.coordinator, now=self.now
        )
        return Guest(self, patient, course)


@dataclass
class Guest:
    """One person on their way; each step is a real action at the house's time."""

    house: House
    patient: Patient
    course: Course

    @property
    def now(self) -> datetime:
        return self.house.now

    def observe(self, by: Membership | None = None, **values: Any) -> None:
        """Chart values by their kind's name: `observe(weight=Decimal(72))`."""
        care.observe(
            course=self.course, readings=readings(**values), taken_at=self.now,
            by=by or self.house.nurse, now=self.now,
        )  # fmt: skip

    def assess(self, **answers: Answer) -> None:
        """Both assessments: every question answered "no" unless `answers` says otherwise."""
        house, now = self.house, self.now
        keys = {*loader.protocol_of(self.course).conditions, *limits.ABSOLUTE_CONTRAINDICATIONS}
        conditions = tuple(
            core.Condition(key, answers.get(key, Answer.NO), now, str(house.prescriber.id))
            for key in sorted(keys)
        )
        care.take_history(
            course=self.course, conditions=conditions, medications=(), by=house.prescriber, now=now
        )
        for pressure in ((118, 76), (120, 78)):
            self.observe(
                systolic=Decimal(pressure[0]), diastolic=Decimal(pressure[1]),
                heart_rate=Decimal(68), spo2=Decimal(98), respiratory_rate=Decimal(14),
            )  # fmt: skip
            house.later(minutes=6)
        self.observe(
            weight=Decimal("72.4"), height=Decimal(174), suicide_screen="negative",
            pregnancy_possible=False, in_person_evaluation=True, phq9_total=Decimal(16),
            phq9_item_9=Decimal(0), bladder_symptoms=False,
        )  # fmt: skip
        care.record_pdmp_query(
            course=self.course, at=self.now, states=["CO"], by=house.prescriber, now=self.now
        )
        self._sign(
            house.prescriber, DocumentKind.MEDICAL_EVALUATION, "Seen and examined.", in_person=True
        )
        self._sign(
            house.therapist, DocumentKind.MENTAL_HEALTH_ASSESSMENT, "Suitable.",
            verdict="suitable", in_person=True,
        )  # fmt: skip

    def clear(self) -> None:
        """The physician's clearance at its door."""
        by, now = self.house.prescriber, self.now
        passed_at(Door.CLEAR_FOR_MEDICINE, self.course, by, now)
        self._sign(
            by, DocumentKind.CLEARANCE, "Cleared for ketamine sessions.",
            expires_at=now + timedelta(days=90), routes=(Route(self.course.route),),
        )  # fmt: skip

    def prepare(self) -> None:
        """Two preparation visits, consent and the touch agreement."""
        house = self.house
        for note in (
            "Expectations and logistics.",
            "Intention: to meet the quiet under the worry.",
        ):
            passed(
                preparation.hold_visit(
                    course=self.course, note=note, by=house.therapist, now=self.now,
                    signature=sign(house.therapist, self.now),
                )
            )  # fmt: skip
            house.later(minutes=10)
        preparation.take_consent(
            course=self.course,
            given=preparation.ConsentGiven(
                text="What was read.", signed_name=self.patient.name, teach_back="In own words.",
                asked_alone=True, able_and_free=True, touch=("hand",),
                touch_signal="raised palm", recording=False,
            ),
            signature=sign(house.therapist, self.now), by=house.therapist, now=self.now,
        )  # fmt: skip

    def book(self, room: int = 0) -> Any:
        """A medicine session on the next day at nine, with room and people."""
        house = self.house
        day = house.clinic.day(self.now) + timedelta(days=1)
        starts = datetime.combine(day, time(9), house.clinic.zone).astimezone(UTC)
        wanted = schedule.Wanted(
            kind=AppointmentKind.SESSION, starts_at=starts, ends_at=starts + timedelta(hours=4),
            room=house.rooms[room], therapist=house.therapist, session_clinician=house.nurse,
            prescriber=house.prescriber,
        )  # fmt: skip
        booked = passed(
            care.book_session(course=self.course, wanted=wanted, by=house.coordinator, now=self.now)
        )
        house.now = starts
        return booked

    def answers(self, **changes: Any) -> list[Reading]:
        """The day's answers and resting readings, all well; None leaves one out."""
        now = self.now
        values: dict[str, Any] = {
            "identity_confirmed": True, "able_to_consent": True, "escort_confirmed": True,
            "health_change": False, "room_ready": True, "emergency_equipment_checked": True,
            "last_fatty_meal": now - timedelta(hours=14),
            "last_light_meal": now - timedelta(hours=12),
            "last_clear_fluid": now - timedelta(hours=3), "suicide_screen": "negative",
            "pregnancy_possible": False, "weight": Decimal("72.4"),
            "systolic": Decimal(122), "diastolic": Decimal(78), "heart_rate": Decimal(70),
            "spo2": Decimal(98), "respiratory_rate": Decimal(14), "temperature": Decimal("36.6"),
        }  # fmt: skip
        values.update(changes)
        return readings(**{kind: value for kind, value in values.items() if value is not None})

    def start(self, **changes: Any) -> Any:
        """Ask the session door with the day's answers; returns its Outcome."""
        return medicine.start_session(
            course=self.course, answers=self.answers(**changes), by=self.house.nurse,
            escort=("Sam Vale", "303 555 0177"), now=self.now,
        )  # fmt: skip

    def open(self, **changes: Any) -> Day:
        """The session day is open and everybody is in their place."""
        session = passed(self.start(**changes))
        day = Day(self, session)
        day.place(self.house.therapist, Place.IN_ROOM)
        day.place(self.house.prescriber, Place.ON_PREMISES)
        self.house.later(minutes=1)
        return day

    def letter(self) -> Document:
        """The letter of an outside specialist, put on file by the prescriber."""
        kind = DocumentKind.OUTSIDE_LETTER
        return self._sign(self.house.prescriber, kind, "Seen today; no objection.")

    def _sign(self, by: Membership, kind: DocumentKind, body: str, **signed: Any) -> Document:
        return care.sign_document(
            course=self.course, kind=kind, title=kind.value.replace("_", " "), body=body,
            meaning="I sign this.", signature=sign(by, self.now), by=by, now=self.now,
            signed=Signed(**signed),
        )  # fmt: skip


@dataclass
class Day:
    """An open session day of one person."""

    guest: Guest
    session: Session

    @property
    def house(self) -> House:
        return self.guest.house

    @property
    def now(self) -> datetime:
        return self.house.now

    @property
    def common(self) -> dict[str, Any]:
        return {"session": self.session, "now": self.now}

    def place(self, who: Membership, place: Place | None) -> None:
        medicine.place_staff(
            session=self.session, staff=who, place=place, at=self.now, by=self.house.nurse,
            now=self.now,
        )  # fmt: skip

    def observe(self, **values: Any) -> None:
        medicine.observe_set(
            **self.common, readings=readings(**values), taken_at=self.now, by=self.house.nurse
        )

    def order(self, dose: str = "50 mg", by: Membership | None = None, **more: Any) -> core.Order:
        by = by or self.house.prescriber
        event = medicine.order_dose(
            **self.common, dose=dose, signature=sign(by, self.now), by=by, **more
        )
        found = loader.load(self.guest.course, now=self.now, session=self.session).orders
        return next(o for o in found if o.id == str(event.id))

    def draw(self, order: core.Order, **more: Any) -> core.Preparation:
        if not self.house.vials:
            self.house.stock()
        moved = medicine.prepare(
            **self.common, order=order, vial=str(self.house.vials[0].id), by=self.house.nurse,
            **more,
        )  # fmt: skip
        assert moved.preparation, [(f.code, f.evidence) for f in moved.findings if not f.passes]
        return moved.preparation

    def ask_to_give(self, drawn: core.Preparation, **changes: Any) -> Any:
        """The giving of what was drawn up, with the double check right unless changed."""
        by = self.house.nurse
        asked = {
            "preparation": drawn, "person": self.guest.patient.display_id,
            "label": medicine.label_of(drawn), "by": by,
            "signature": sign(changes.get("by", by), self.now),
        }  # fmt: skip
        return medicine.give_dose(**self.common, **{**asked, **changes})

    def give(self, dose: str = "50 mg", **more: Any) -> Any:
        """Ordered, drawn up and given; the door must allow it."""
        drawn = self.draw(self.order(dose, **more))
        return passed(self.ask_to_give(drawn))

    def settle(self, minutes: int = 125) -> None:
        """The stay is over, everything has settled and every check before going home is charted."""
        self.house.later(minutes=minutes)
        self.observe(
            systolic=Decimal(124), diastolic=Decimal(80), heart_rate=Decimal(72),
            spo2=Decimal(98), respiratory_rate=Decimal(14), temperature=Decimal("36.6"),
            sedation_moaas=Decimal(5), dissociation=Decimal(0), distress=Decimal(1),
            nausea=Decimal(0), pain=Decimal(0),
        )  # fmt: skip
        self.observe(
            padss_vitals=Decimal(2), padss_activity=Decimal(2), padss_nausea=Decimal(2),
            padss_bleeding=Decimal(2), padss_intake=Decimal(2), therapist_discharge_check=True,
            escort_identified=True, instructions_understood=True, suicide_screen="negative",
        )  # fmt: skip

    def discharge(self, by: Membership | None = None, escort: str = "Sam Vale") -> Any:
        by = by or self.house.prescriber
        return medicine.end_session(
            **self.common, ending=core.Ending.DISCHARGED, escort=escort, by=by,
            signature=sign(by, self.now),
        )  # fmt: skip


def readings(**values: Any) -> list[Reading]:
    """Readings by the names of their kinds; SpO2 in room air."""
    return [
        Reading(
            Kind(name),
            Decimal(value) if type(value) is int else value,
            Decimal(0) if name == "spo2" else None,
        )
        for name, value in values.items()
    ]


def passed_at(door: Door, course: Course, by: Membership, now: datetime) -> None:
    """The door says yes; the decision is kept as the room itself would keep it."""
    from django.db import transaction

    with transaction.atomic():
        outcome = care.pass_door(door, care.lock_course(course), by=by, now=now)
    assert outcome.allowed, [(f.code.value, f.subject, f.evidence) for f in outcome.decision.stops]


def played(
    now: datetime = NOW, *, is_demo: bool = True, stocked: bool = True, signed: bool = True
) -> House:
    """A clinic with staff of every role, their credentials, two rooms, a protocol and stock."""

    def house() -> House:
        return _house(now, is_demo=is_demo, stocked=stocked, signed=signed)

    if Clinic.objects.exists():  # a second one beside it
        return house()
    played_house: House = kept.again(("house", now, is_demo, stocked, signed), house)
    return played_house


def _house(now: datetime, *, is_demo: bool, stocked: bool, signed: bool) -> House:
    cast = clinic_at(now, is_demo=is_demo)

    def joined(name: str, title: str, discipline: Discipline | None, *roles: Role) -> Membership:
        who = member(cast, *roles, now=now, name=name, title=title)
        dea = Role.PRESCRIBER in roles
        return licensed(cast, who, discipline, now=now, dea=dea) if discipline else who

    house = House(
        cast=cast,
        now=now,
        prescriber=joined("Amara Lind", "MD", Discipline.MD, Role.PRESCRIBER),
        nurse=joined("Jonah Reyes", "RN", Discipline.RN, Role.SESSION_CLINICIAN),
        therapist=joined("Noor Haddad", "LCSW", Discipline.LCSW, Role.THERAPIST),
        coordinator=joined("Pia Sund", "", None, Role.COORDINATOR),
        custodian=joined("Kofi Lund", "", None, Role.REGISTER_CUSTODIAN),
        reviewer=joined("Vera Okafor", "", None, Role.REVIEWER),
        rooms=[
            schedule.add_room(site=cast.site, name=name, by=cast.administrator, now=now)
            for name in ("Juniper", "Aspen")
        ],
        protocol=care.adopt_protocol(
            clinic=cast.clinic, text=PROTOCOL.read_text(), by=cast.director, now=now
        ),
    )
    if signed:
        care.sign_protocol(
            protocol=house.protocol, signature=sign(cast.director, now), by=cast.director, now=now
        )
    if stocked:
        house.stock()
    return house


__all__ = ["Day", "Guest", "House", "fresh", "passed", "played", "readings", "sign"]
