"""One line of the register: asked of the core about a locked container, written whole or refused.

A refusal is kept in the register's stream and returned, never raised: an exception would roll
back the entry which proves that it was refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from holdspace.care.models import Session
from holdspace.core import facts as core
from holdspace.core import ledger, ledger_asks, ledger_rules
from holdspace.core.authority import dea_registration
from holdspace.core.decision import Finding
from holdspace.core.ledger import Account
from holdspace.core.practice import may_witness
from holdspace.people.models import Membership, Site
from holdspace.people.signing import Signature
from holdspace.people.staff import staff_facts, staff_of, state_of
from holdspace.pharmacy import books
from holdspace.pharmacy.models import Movement, Vial
from holdspace.records.actions import append, record
from holdspace.records.chain import stream_name


@dataclass(frozen=True, slots=True)
class Moved:
    """What the register said, and the line it wrote: None when it was refused."""

    findings: tuple[Finding, ...]
    movement: Movement | None = None
    preparation: core.Preparation | None = None

    @property
    def allowed(self) -> bool:
        return all(finding.passes for finding in self.findings)

    @property
    def stops(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.passes)


def stream_of(site_id: UUID) -> str:
    """The register is kept per registered address (21 CFR 1304.21(b))."""
    return stream_name("register", site_id)


@dataclass(slots=True)
class Book:
    """One container, held until the transaction ends, with its lines and who asks when."""

    vial: Vial
    by: Membership
    now: datetime
    lines: list[ledger.Movement]
    rows: list[Movement] = field(default_factory=list)

    @classmethod
    def open(cls, vial_id: UUID | str, *, by: Membership, now: datetime) -> Book | None:
        """Lock one container of the clinic of `by`; None when there is no such container."""
        found = Vial.objects.of(by.clinic).filter(pk=vial_id)
        vial = found.select_for_update(of=("self",)).select_related("product", "site").first()
        if vial is None:
            return None
        return cls(vial, by, now, list(books.history(vial)))

    @property
    def value(self) -> ledger.Vial:
        return books.vial_value(self.vial, books.opened_at(self.lines))

    def line(
        self, source: Account, target: Account, micrograms: int, *, reason: str, **more: Any
    ) -> Movement:
        """A draft of one line; its volume or units follow from the strength, rounded down.

        What is not exact stays not exact: the arithmetic rule refuses it.
        """
        product = self.vial.product
        units = micrograms // product.ug_per_unit if product.ug_per_unit else 0
        strength = product.concentration_ug_per_ml
        draft: Movement = Movement.draft(
            now=self.now, clinic=self.vial.clinic, site_id=more.pop("site_id", self.vial.site_id),
            vial=self.vial, by=self.by, source=source.value, target=target.value,
            micrograms=micrograms, units=units,
            microlitres=micrograms * 1000 // strength if strength else 0,
            concentration_ug_per_ml=strength, ug_per_unit=product.ug_per_unit,
            reason=reason.strip()[:300], at=more.pop("at", self.now), **more,
        )  # fmt: skip
        return draft

    def ask(self, row: Movement) -> tuple[Finding, ...]:
        """May this line be made now?"""
        rules = books.policy(self.vial.clinic, self.now)
        return ledger_rules.may_move(books.as_core(row), self.lines, self.value, self.now, rules)

    def check(self, row: Movement) -> tuple[Finding, ...]:
        """Is this line true, permitted or not? Asked of what happened anyway."""
        return ledger_rules.must_balance(books.as_core(row), self.lines, self.value)

    def add(self, row: Movement) -> None:
        """Take a line in, so that the next is asked after it. `write` makes it last."""
        row.line = len(self.lines) + 1
        self.lines.append(books.as_core(row))
        self.rows.append(row)

    def write(self) -> None:
        """Put every line taken in into the register, each with its entry in the chain."""
        for row in self.rows:
            act = books.as_core(row).act
            assert act is not None
            body = {
                "micrograms": row.micrograms, "vial": str(row.vial_id),
                "session": str(row.session_id or ""), "variance": row.is_variance,
            }  # fmt: skip
            record(
                rows=[row], stream=stream_of(self.vial.site_id), act=act.value, by=self.by,
                now=self.now, clinic_id=self.vial.clinic_id, body=body,
            )  # fmt: skip
        self.rows.clear()

    def move(self, row: Movement, *more: Finding) -> Moved:
        """Ask, then write or keep the refusal. `more` are findings of the caller's own rules."""
        findings = (*more, *self.ask(row))
        if not all(finding.passes for finding in findings):
            self.refuse(row, findings)
            return Moved(findings)
        self.add(row)
        self.write()
        return Moved(findings, row)

    def refuse(self, row: Movement, findings: tuple[Finding, ...]) -> None:
        act = ledger.EDGES.get((Account(row.source), Account(row.target)))
        word = "correct" if row.corrects_id else act.value if act else "move"
        keep_refusal(
            self.vial.site_id, word, findings, by=self.by, now=self.now,
            body={
                "vial": str(self.vial.id), "micrograms": row.micrograms,
                "session": str(row.session_id or ""),
            },
        )  # fmt: skip


def keep_refusal(
    site_id: UUID,
    act: str,
    findings: tuple[Finding, ...],
    *,
    by: Membership,
    now: datetime,
    body: dict[str, Any],
) -> None:
    """Keep in the register's stream that something was asked and refused, with the codes."""
    stops = list(dict.fromkeys(f.code.value for f in findings if not f.passes))
    append(
        stream=stream_of(site_id), act=f"{act}_refused", by=by, now=now, clinic_id=by.clinic_id,
        body={**body, "stops": stops},
    )  # fmt: skip


def micrograms_of(milligrams: Decimal) -> int | None:
    """Whole micrograms of an amount in mg; None when it is none or not exact."""
    if not milligrams.is_finite() or milligrams <= 0:
        return None
    exact = milligrams * 1000
    return int(exact) if exact == exact.to_integral_value() else None


def prescriber_registered(site: Site, ordered_by: str, by: Membership, now: datetime) -> Finding:
    """The registration of whoever ordered, at the moment of drawing (the dose asks again)."""
    member = staff_of(by.clinic, [ordered_by]).first() if ordered_by else None
    if member is None:
        return ledger_asks.nobody_ordered()
    return dea_registration(_facts_at(site, by, now), staff_facts(member, now))


def witness_permitted(site: Site, witness: Membership, by: Membership, now: datetime) -> Finding:
    """Whether the state of this address lets the profession of the witness see waste."""
    member = staff_facts(witness, now)
    return may_witness(_facts_at(site, by, now), member.discipline, member.name)


def _facts_at(site: Site, by: Membership, now: datetime) -> core.Facts:
    """What the core may know of an address: its clinic, its state and that state's rules."""
    clinic = core.Clinic(
        id=str(by.clinic_id), timezone=by.clinic.timezone, state=site.state,
        registered_address=site.dea_registered_address, is_demo=by.clinic.is_demo,
    )  # fmt: skip
    rules, duties = state_of(by.clinic, site.state)
    return core.Facts(
        now=now, clinic=clinic, person=core.Person(id=""), state_rules=rules, state_duties=duties
    )


def witness_fields(
    witness: Membership | None, signature: Signature | None, now: datetime
) -> dict[str, Any]:
    """Columns of a witness who signed just now; a witness who did not sign is no witness."""
    if witness is None or signature is None or not signature.is_by(witness.pk, now):
        return {}
    return {
        "witness": witness, "witness_signed_at": signature.at, "witness_meaning": signature.meaning,
    }  # fmt: skip


def person_fields(
    session: Session, order: str = "", route: core.Route | None = None
) -> dict[str, Any]:
    """Whose it is, with name and address as they stand now; `route` where not the course's own."""
    patient = session.patient
    return {
        "session": session, "patient": patient, "order": order,
        "person_name": patient.name, "person_address": patient.address,
        "route": route.value if route else session.course.route,
    }  # fmt: skip
