"""One safe, one session and the people around it, made by the real actions where there are any."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from holdspace.care.actions import adopt_protocol
from holdspace.care.models import Course, ProtocolVersion, Session
from holdspace.care.shipped import protocol_text
from holdspace.core import facts as core
from holdspace.core.facts import Discipline, Role, Route
from holdspace.core.ledger import DoseType
from holdspace.people import actions as people
from holdspace.people.models import Clinic, Membership, Patient, Site
from holdspace.people.signing import Signature
from holdspace.pharmacy import actions, hatch
from holdspace.pharmacy.actions import Delivery, Label
from holdspace.pharmacy.models import Vial
from holdspace.records.actions import record
from holdspace.records.keys import new_key
from tests.rooms.people.cast import NOW, PASSWORD, Cast, clinic_at, licensed, member, person

FIFTY = "42023-114-10"  # 50 mg/mL, 10 mL
HUNDRED = "42023-115-10"  # 100 mg/mL, 5 mL
LOZENGE = "55555-0100-30"


def later(**delta: int) -> datetime:
    return NOW + timedelta(**delta)


@dataclass
class Scene:
    """A clinic with its stock; amounts are milligrams, as people say them."""

    cast: Cast
    custodian: Membership
    nurse: Membership
    prescriber: Membership
    patient: Patient
    session: Session
    now: datetime = NOW
    orders: list[core.Order] = field(default_factory=list)

    @property
    def clinic(self) -> Clinic:
        return self.cast.clinic

    @property
    def site(self) -> Site:
        return self.cast.site

    def paper(self, **changes: Any) -> Delivery:
        whole = Delivery(
            ndc=FIFTY, lot="A12", expires_on=date(2027, 6, 30), containers=1,
            supplier_name="Front Range Medical Supply",
            supplier_address="900 Depot Road, Denver, CO 80216",
            supplier_dea="AB1234563", invoice="INV-1001",
        )  # fmt: skip
        return replace(whole, **changes)

    def receive(self, **changes: Any) -> tuple[Vial, ...]:
        received = actions.receive(
            delivery=self.paper(**changes), site=self.site, by=self.custodian, now=self.now
        )
        assert received.allowed, received.findings
        return received.vials

    def lozenges(self, **changes: Any) -> Vial:
        label = Label(
            ndc=LOZENGE, drug="Ketamine lozenge", form="lozenge", ug_per_unit=100_000,
            nominal_units=30, dose_type=DoseType.MULTI,
        )  # fmt: skip
        actions.add_product(label=label, site=self.site, by=self.custodian, now=self.now)
        return self.receive(ndc=LOZENGE, **changes)[0]

    def order(self, mg: str = "50", **changes: Any) -> core.Order:
        whole = core.Order(
            id=str(new_key(self.now)), session=str(self.session.id), route=Route.IM,
            dose_mg=Decimal(mg), ordered_by=str(self.prescriber.pk), signed_at=self.now,
            expires_at=self.now + timedelta(hours=12),
        )  # fmt: skip
        return replace(whole, **changes)

    def draw(self, vial: Vial, mg: str = "50", **more: Any) -> hatch.Moved:
        wanted = {
            "vial": vial.id, "milligrams": Decimal(mg), "session": self.session,
            "order": self.order(mg), "by": self.nurse, "now": self.now,
        }  # fmt: skip
        return hatch.draw(**{**wanted, **more})

    def drawn(self, vial: Vial, mg: str = "50", **more: Any) -> core.Preparation:
        moved = self.draw(vial, mg, **more)
        assert moved.preparation, [f for f in moved.findings if not f.passes]
        return moved.preparation

    def give(self, preparation: core.Preparation, mg: str, **more: Any) -> hatch.Moved:
        wanted = {
            "preparation": preparation, "session": self.session, "milligrams": Decimal(mg),
            "by": self.nurse, "now": self.now,
        }  # fmt: skip
        return hatch.give(**{**wanted, **more})

    def waste(self, preparation: core.Preparation, mg: str, **more: Any) -> hatch.Moved:
        witness = more.get("witness", self.prescriber)
        wanted = {
            "preparation": preparation, "session": self.session, "milligrams": Decimal(mg),
            "by": self.nurse, "witness": witness, "witness_signature": sign(witness, self.now),
            "reason": "left in the syringe", "now": self.now,
        }  # fmt: skip
        return hatch.waste(**{**wanted, **more})

    def put_back(self, preparation: core.Preparation, mg: str, **more: Any) -> hatch.Moved:
        wanted = {
            "preparation": preparation, "session": self.session, "milligrams": Decimal(mg),
            "by": self.nurse, "reason": "not needed", "now": self.now,
        }  # fmt: skip
        return hatch.return_unused(**{**wanted, **more})

    def another_session(self, patient: Patient | None = None, number: int = 2) -> Session:
        if patient is None:
            return session_of(self.session.course, self.custodian, number)
        return session_of(course_of(patient, self.custodian), self.custodian, 1)


def sign(who: Membership, now: datetime, meaning: str = "I saw it wasted") -> Signature:
    return people.sign(by=who, password=PASSWORD, meaning=meaning, now=now)


def scene() -> Scene:
    cast = clinic_at()
    custodian = member(cast, Role.REGISTER_CUSTODIAN, name="Kofi Lund")
    nurse = member(cast, Role.SESSION_CLINICIAN, name="Noor Haddad", title="RN")
    nurse = licensed(cast, nurse, Discipline.RN)
    prescriber = licensed(cast, cast.director, Discipline.MD, dea=True)
    patient = person(cast)
    course = course_of(patient, custodian)
    return Scene(cast, custodian, nurse, prescriber, patient, session_of(course, custodian, 1))


def course_of(patient: Patient, by: Membership) -> Course:
    common: dict[str, Any] = {"now": NOW, "clinic": patient.clinic, "by": by}
    protocol = ProtocolVersion.objects.filter(clinic=patient.clinic).first()
    if protocol is None:
        protocol = adopt_protocol(
            clinic=patient.clinic, text=protocol_text("kap-clinic/1.0"), by=by, now=NOW
        )
    course = Course.draft(
        **common, patient=patient, protocol=protocol, number=1, route=Route.IM.value,
        opened_at=NOW,
    )  # fmt: skip
    keep(by, course)
    return course


def session_of(course: Course, by: Membership, number: int) -> Session:
    row = Session.draft(
        now=NOW, clinic=course.clinic, patient=course.patient, by=by, course=course,
        number=number, opened_at=NOW,
    )  # fmt: skip
    keep(by, row)
    return row


def keep(by: Membership, *rows: Any) -> None:
    record(rows=rows, stream=f"clinic:{by.clinic_id}", act="made", by=by, now=NOW,
           clinic_id=by.clinic_id)  # fmt: skip


def codes(moved: Any) -> set[str]:
    """The codes that stopped it."""
    return {f.code.value for f in moved.findings if not f.passes}
