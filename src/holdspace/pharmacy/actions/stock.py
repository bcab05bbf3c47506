"""What comes into the safe, what is found there, and how a wrong line is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from holdspace.care.actions import WrongInput
from holdspace.core import ledger, ledger_asks
from holdspace.core.credentials import dea_problem
from holdspace.core.decision import Finding
from holdspace.core.ledger import Account, DoseType
from holdspace.people.access import May
from holdspace.people.models import Membership, Site
from holdspace.people.signing import Signature
from holdspace.pharmacy import books
from holdspace.pharmacy.actions.discrepancy import open_discrepancy
from holdspace.pharmacy.actions.moving import (
    Book,
    Moved,
    keep_refusal,
    stream_of,
    witness_fields,
)
from holdspace.pharmacy.catalogue import NDC_ACCEPTED, ndc_key, shipped
from holdspace.pharmacy.models import Count, CountLine, Movement, Product, Receipt, Vial, mg_text
from holdspace.records.actions import record

CONTAINERS_MAX = 200
REGISTER = "keeps the controlled-substance register"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as its paper says: from whom, what, which lot, how many containers."""

    ndc: str
    lot: str
    expires_on: date
    containers: int
    supplier_name: str
    supplier_address: str
    supplier_dea: str
    invoice: str


@dataclass(frozen=True, slots=True)
class Label:
    """A product as printed on its carton: a liquid (µg/mL and µL) or counted units (µg each)."""

    ndc: str
    drug: str
    form: str
    concentration_ug_per_ml: int = 0
    nominal_ul: int = 0
    ug_per_unit: int = 0
    nominal_units: int = 0
    dose_type: DoseType = DoseType.MULTI
    beyond_use_days: int | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """The delivery in the register, or the findings that refused it."""

    findings: tuple[Finding, ...]
    receipt: Receipt | None = None
    vials: tuple[Vial, ...] = ()

    @property
    def allowed(self) -> bool:
        return all(finding.passes for finding in self.findings)


@transaction.atomic
def add_product(*, label: Label, site: Site, by: Membership, now: datetime) -> Product:
    """Enter a product from its carton. Raises WrongInput; an NDC never changes what it means."""
    _must_keep(by, now)
    key = ndc_key(label.ndc)
    if not key:
        raise WrongInput("ndc", "This does not have the form of an NDC.", NDC_ACCEPTED)
    if Product.objects.of(by.clinic).filter(ndc_key=key).exists() or key in shipped():
        raise WrongInput("ndc", "This NDC is already known here.", "choose it when receiving")
    if not label.drug.strip():
        raise WrongInput("drug", "This is needed.", "the name as printed")
    liquid = label.concentration_ug_per_ml > 0 and label.nominal_ul > 0
    counted = label.ug_per_unit > 0 and label.nominal_units > 0
    whole = ledger.micrograms_of(label.nominal_ul, label.concentration_ug_per_ml) is not None
    if liquid == counted or not whole:
        raise WrongInput(
            "strength", "A container is a liquid or a number of units.",
            "strength and volume, or strength and number of units",
        )  # fmt: skip
    row: Product = Product.draft(
        now=now, clinic=by.clinic, by=by, ndc=label.ndc.strip(), ndc_key=key,
        drug=label.drug.strip(), form=label.form.strip(),
        concentration_ug_per_ml=label.concentration_ug_per_ml, nominal_ul=label.nominal_ul,
        ug_per_unit=label.ug_per_unit, nominal_units=label.nominal_units,
        dose_type=label.dose_type.value, beyond_use_days=label.beyond_use_days,
        source="read from the carton", grade="P",
    )  # fmt: skip
    record(rows=[row], stream=stream_of(site.id), act="product_added", by=by, now=now,
           clinic_id=by.clinic_id, body={"ndc": key})  # fmt: skip
    return row


def _must_keep(by: Membership, now: datetime) -> None:
    if not by.may(May.HANDLE_REGISTER, now):
        raise WrongInput("by", "Your role does not keep the register.", "the register custodian")


def _product(ndc: str, site: Site, by: Membership, now: datetime) -> Product:
    """The clinic's product of an NDC; one of the shipped list is taken over at its first use."""
    key = ndc_key(ndc)
    if not key:
        raise WrongInput("ndc", "This does not have the form of an NDC.", NDC_ACCEPTED)
    known = Product.objects.of(by.clinic).filter(ndc_key=key).first()
    if known is not None:
        return known
    listed = shipped().get(key)
    if listed is None:
        raise WrongInput(
            "ndc", "This NDC is not known here, so its content is not known.",
            "a listed product, or add it from its carton first",
        )  # fmt: skip
    row: Product = Product.draft(
        now=now, clinic=by.clinic, by=by, ndc=listed.ndc, ndc_key=key, drug=listed.drug,
        form="solution for injection", concentration_ug_per_ml=listed.concentration_ug_per_ml,
        nominal_ul=listed.nominal_ul, dose_type=listed.dose_type, source=listed.source,
        grade=listed.grade,
    )  # fmt: skip
    record(rows=[row], stream=stream_of(site.id), act="product_added", by=by, now=now,
           clinic_id=by.clinic_id, body={"ndc": key})  # fmt: skip
    return row


def _read_delivery(paper: Delivery, site: Site, by: Membership, now: datetime) -> None:
    """Raises WrongInput for the first thing that 21 CFR 1304.22(c) wants and is not there."""
    wanted = {
        "supplier_name": (paper.supplier_name, "the supplier's name"),
        "supplier_address": (paper.supplier_address, "the supplier's address"),
        "invoice": (paper.invoice, "the invoice or packing-slip number"),
        "lot": (paper.lot, "the lot as printed"),
    }
    for name, (text, accepted) in wanted.items():
        if not text.strip():
            raise WrongInput(name, "This is needed.", accepted)
    problem, _, accepted = dea_problem(paper.supplier_dea).partition(" Accepted: ")
    if problem:
        raise WrongInput("supplier_dea", problem, accepted.rstrip("."))
    if paper.expires_on < by.clinic.day(now):
        raise WrongInput("expires_on", "This lot is past its label.", "today or later")
    if not 0 < paper.containers <= CONTAINERS_MAX:
        raise WrongInput("containers", "This many cannot be one line.", f"1 to {CONTAINERS_MAX}")
    if not site.dea_registered_address or site.clinic_id != by.clinic_id:
        raise WrongInput(
            "site", "Stock is only kept at a registered address (21 CFR 1301.12).",
            "an address whose DEA registration is on file",
        )  # fmt: skip


@transaction.atomic
def receive(
    *,
    delivery: Delivery,
    site: Site,
    by: Membership,
    now: datetime,
    received_at: datetime | None = None,
    second: Membership | None = None,
) -> Received:
    """Enter one delivery of one lot: a row for each container, each full by its label.

    The custodian alone may receive; a second person who checked is named when there was one.
    Raises WrongInput for a paper that is not complete; a refusal by the ledger is returned.
    """
    _must_keep(by, now)
    _read_delivery(delivery, site, by, now)
    if second is not None and second.pk == by.pk:
        raise WrongInput("second_email", "The second person is somebody else.", "a colleague")
    at = received_at or now
    product = _product(delivery.ndc, site, by, now)
    receipt: Receipt = Receipt.draft(
        now=now, clinic=by.clinic, by=by, site=site, product=product,
        supplier_name=delivery.supplier_name.strip(),
        supplier_address=delivery.supplier_address.strip(),
        supplier_dea=delivery.supplier_dea.strip().upper(), invoice=delivery.invoice.strip(),
        lot=delivery.lot.strip(), expires_on=delivery.expires_on, containers=delivery.containers,
        received_at=at, second=second,
    )  # fmt: skip
    vials, lines, findings = _fill(receipt, product, site, by, now)
    if not all(finding.passes for finding in findings):
        keep_refusal(site.id, "receive", findings, by=by, now=now, body={"ndc": product.ndc_key})
        return Received(findings)
    rows = [receipt, *vials, *lines]
    record(rows=rows, stream=stream_of(site.id), act="receive", by=by, now=now,
           clinic_id=by.clinic_id, body={"receipt": str(receipt.id)})  # fmt: skip
    return Received(findings, receipt, tuple(vials))


def _fill(
    receipt: Receipt, product: Product, site: Site, by: Membership, now: datetime
) -> tuple[list[Vial], list[Movement], tuple[Finding, ...]]:
    """The containers of a delivery, the line that fills each, and what the core says of them."""
    vials: list[Vial] = []
    lines: list[Movement] = []
    findings: list[Finding] = []
    for number in range(1, receipt.containers + 1):
        vial: Vial = Vial.draft(
            now=now, clinic=by.clinic, by=by, site=site, product=product, receipt=receipt,
            lot=receipt.lot, expires_on=receipt.expires_on, number=number,
        )  # fmt: skip
        book = Book(vial, by, now, [])
        row = book.line(
            Account.SUPPLIER, Account.SAFE, book.value.nominal_ug, at=receipt.received_at,
            reason=f"received, invoice {receipt.invoice}", counterparty=receipt.supplier_name,
        )  # fmt: skip
        if number == 1:  # the others are the same line for another container
            findings += book.ask(row)
        row.line = 1
        vials.append(vial)
        lines.append(row)
    return vials, lines, tuple(findings)


@transaction.atomic
def correct(
    *,
    movement: Movement,
    reason: str,
    by: Membership,
    witness: Membership,
    witness_signature: Signature,
    now: datetime,
) -> Moved:
    """Take back one wrong line by its exact reverse, before a second person. Both stay readable."""
    book = Book.open(movement.vial_id, by=by, now=now)
    assert book is not None, "a line belongs to a container of this clinic"
    first = books.as_core(movement)
    row: Movement = Movement.draft(
        now=now, clinic=by.clinic, site_id=movement.site_id, vial=book.vial, by=by,
        source=movement.target, target=movement.source, micrograms=first.micrograms,
        microlitres=first.microlitres, units=first.units,
        concentration_ug_per_ml=movement.concentration_ug_per_ml,
        ug_per_unit=movement.ug_per_unit, reason=reason.strip()[:300], at=now,
        session_id=movement.session_id, patient_id=movement.patient_id,
        person_name=movement.person_name, person_address=movement.person_address,
        order=movement.order, route=movement.route, dilution=movement.dilution,
        counterparty=movement.counterparty, drawn_id=movement.drawn_id, corrects=movement,
        **witness_fields(witness, witness_signature, now),
    )  # fmt: skip
    return book.move(
        row, ledger_asks.role(by.signed_name, by.may(May.HANDLE_REGISTER, now), REGISTER)
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """A count as it was kept, with the lines that disagree with the books."""

    count: Count
    differences: tuple[CountLine, ...]


@transaction.atomic
def count(
    *,
    site: Site,
    counted_ug: Mapping[UUID, int | None],
    by: Membership,
    now: datetime,
    second: Membership | None = None,
) -> Counted:
    """Compare what was found with the books. Every difference opens one task; nothing is adjusted.

    `counted_ug`: micrograms by container. A container with a balance that is not in it was not
    counted, which is a difference too.
    """
    _must_keep(by, now)
    if second is not None and second.pk == by.pk:
        raise WrongInput("second_email", "The second person is somebody else.", "a colleague")
    if any(found is not None and found < 0 for found in counted_ug.values()):
        raise WrongInput("counted", "Less than nothing cannot be found.", "0 or more")
    vials = {held.vial.pk: held for held in books.held(by.clinic, site)}
    if strange := set(counted_ug) - set(vials):
        problem = f"{len(strange)} are not kept here."
        raise WrongInput("counted", problem, "containers of this address")
    row: Count = Count.draft(now=now, clinic=by.clinic, by=by, site=site, at=now, second=second)
    lines: list[CountLine] = [
        CountLine.draft(
            now=now,
            clinic=by.clinic,
            by=by,
            count=row,
            vial=held.vial,
            expected_ug=held.safe_ug,
            counted_ug=counted_ug.get(key),
        )  # fmt: skip
        for key, held in vials.items()
        if held.safe_ug or counted_ug.get(key)
    ]
    off = tuple(line for line in lines if line.counted_ug is None or line.difference_ug)
    body = {"count": str(row.id), "differences": len(off)}
    record(rows=[row, *lines], stream=stream_of(site.id), act="count", by=by, now=now,
           clinic_id=by.clinic_id, body=body)  # fmt: skip
    if off:
        total = mg_text(sum(line.difference_ug for line in off))
        open_discrepancy(
            site, f"Count: {len(off)} containers differ from the books by {total} mg in all",
            by=by, now=now, about=row.id,
        )  # fmt: skip
    return Counted(row, off)
