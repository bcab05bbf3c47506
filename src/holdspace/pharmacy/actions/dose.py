"""A dose's way: drawn from a real container, then given, wasted, put back or lost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from holdspace.care.models import Session
from holdspace.core import facts as core
from holdspace.core import ledger_asks
from holdspace.core.decision import Finding
from holdspace.core.ledger import Account
from holdspace.people.access import May
from holdspace.people.models import Membership, Site
from holdspace.people.signing import Signature
from holdspace.pharmacy import books
from holdspace.pharmacy.actions.discrepancy import open_discrepancy
from holdspace.pharmacy.actions.moving import (
    Book,
    Moved,
    keep_refusal,
    micrograms_of,
    person_fields,
    prescriber_registered,
    witness_fields,
    witness_permitted,
)
from holdspace.pharmacy.models import Movement

DILUTED = "diluted before use"


@transaction.atomic
def draw(
    *,
    vial: str | UUID,
    milligrams: Decimal,
    session: Session,
    order: core.Order,
    by: Membership,
    now: datetime,
    diluted: bool = False,
) -> Moved:
    """Draw an ordered amount up for one session: a reservation until it is resolved."""
    book = Book.open(vial, by=by, now=now)
    site = books.site_of(session)
    micrograms = micrograms_of(milligrams)
    if book is None or site is None or micrograms is None:
        stop = (
            ledger_asks.not_exact(str(milligrams))
            if micrograms is None
            else ledger_asks.no_container(str(vial))
        )
        return _refused(site, session, "draw", stop, by=by, now=now)
    patient = session.patient
    row = book.line(
        Account.SAFE, Account.DRAWN_UP, micrograms, reason="drawn up on an order",
        site_id=site.id, dilution=DILUTED if diluted else "", **person_fields(session, order.id),
    )  # fmt: skip
    row.drawn_id = row.id
    moved = book.move(
        row,
        _may_give(by, now),
        ledger_asks.order_of_session(order.id, _stands(order, session)),
        prescriber_registered(site, order.ordered_by, by, now),
        ledger_asks.address_on_file(patient.name, patient.address),
    )
    if moved.movement is None:
        return moved
    return Moved(moved.findings, row, preparation_of(row, book, now))


def _refused(
    site: Site | None, session: Session, act: str, stop: Finding, *, by: Membership, now: datetime
) -> Moved:
    """Refused before there was a line to ask about; kept all the same."""
    keep_refusal(
        site.id if site else session.clinic_id, act, (stop,), by=by, now=now,
        body={"session": str(session.id)},
    )  # fmt: skip
    return Moved((stop,))


def preparation_of(row: Movement, book: Book, now: datetime) -> core.Preparation:
    """The draw as the doors read it, with the container's end of use as it is now."""
    rules = books.policy(book.vial.clinic, now)
    return preparation_value(row, books.usable_until(book.vial, books.opened_at(book.lines), rules))


def preparation_value(row: Movement, usable_until: datetime) -> core.Preparation:
    """Milligrams and mg/mL as exact decimals; a counted unit has no concentration (0)."""
    return core.Preparation(
        id=str(row.id),
        order=row.order,
        vial=str(row.vial_id),
        dose_mg=Decimal(row.micrograms) / 1000,
        concentration_mg_per_ml=Decimal(row.concentration_ug_per_ml) / 1000,
        vial_usable_until=usable_until,
        drawn_at=row.at,
        drawn_by=str(row.by_id),
        at_registered_location=bool(row.vial.site.dea_registered_address),
        diluted=bool(row.dilution),
    )


@transaction.atomic
def give(
    *,
    preparation: core.Preparation,
    session: Session,
    milligrams: Decimal,
    by: Membership,
    now: datetime,
) -> Moved:
    """From the syringe to the person. Whether a dose may be given at all was asked at its door."""
    who = _may_give(by, now)
    return _from_syringe(
        Account.PATIENT, preparation.id, session, milligrams, by=by, now=now,
        reason="given on an order", first=(who,),
    )  # fmt: skip


@transaction.atomic
def waste(
    *,
    preparation: core.Preparation,
    session: Session,
    milligrams: Decimal,
    by: Membership,
    witness: Membership,
    witness_signature: Signature,
    reason: str,
    now: datetime,
) -> Moved:
    """Waste what was drawn up before a second person, who signs for having seen it.

    A waste that nobody saw is not waste but a loss: `lose` books it and starts the clock. Whose
    profession may be that second person is the state's to say (core/practice.py).
    """
    first = [_may_resolve(by, now)]
    drawn = books.syringe(preparation.id)
    if drawn is not None:  # else the line itself is refused
        first.append(witness_permitted(drawn.row.site, witness, by, now))
    return _from_syringe(
        Account.WASTE, preparation.id, session, milligrams, by=by, now=now, reason=reason,
        first=tuple(first), **witness_fields(witness, witness_signature, now),
    )  # fmt: skip


@transaction.atomic
def return_unused(
    *,
    preparation: core.Preparation,
    session: Session,
    milligrams: Decimal,
    by: Membership,
    reason: str,
    now: datetime,
) -> Moved:
    """Put sealed units back into the safe. What was in a syringe never goes back into a vial."""
    who = _may_resolve(by, now)
    syringe = books.syringe(preparation.id)
    counted = bool(syringe and syringe.row.ug_per_unit and not syringe.row.dilution)
    return _from_syringe(
        Account.SAFE, preparation.id, session, milligrams, by=by, now=now, reason=reason,
        first=(who, ledger_asks.sealed_units(counted)),
    )  # fmt: skip


@transaction.atomic
def lose(
    *,
    preparation: core.Preparation,
    session: Session,
    milligrams: Decimal,
    by: Membership,
    reason: str,
    now: datetime,
) -> Moved:
    """Say that something drawn up is gone. Nothing but the books stands in the way of saying so."""
    moved = _from_syringe(
        Account.LOST, preparation.id, session, milligrams, by=by, now=now, reason=reason
    )
    if moved.movement is not None:
        row = moved.movement
        open_discrepancy(
            row.vial.site, f"{milligrams} mg drawn up are gone ({row.vial.label})",
            by=by, now=now, about=row.id,
        )  # fmt: skip
    return moved


def _may_give(by: Membership, now: datetime) -> Finding:
    ok = by.may(May.GIVE_DOSE, now)
    return ledger_asks.role(by.signed_name, ok, "draws and gives ordered doses")


def _may_resolve(by: Membership, now: datetime) -> Finding:
    ok = by.may(May.GIVE_DOSE, now) or by.may(May.HANDLE_REGISTER, now)
    return ledger_asks.role(by.signed_name, ok, "gives doses or keeps the register")


def _stands(order: core.Order, session: Session) -> bool:
    return order.session == str(session.id) and order.cancelled_at is None


def _from_syringe(
    target: Account,
    draw_key: str,
    session: Session,
    milligrams: Decimal,
    *,
    by: Membership,
    now: datetime,
    reason: str,
    first: tuple[Finding, ...] = (),
    **more: Any,
) -> Moved:
    """One line out of one syringe, with the container locked before anything is read."""
    drawn = Movement.objects.of(session.clinic).filter(pk=draw_key, session=session).first()
    book = Book.open(drawn.vial_id, by=by, now=now) if drawn else None
    syringe = books.syringe(draw_key)
    micrograms = micrograms_of(milligrams)
    act = {Account.PATIENT: "give", Account.WASTE: "waste", Account.LOST: "lose"}
    if drawn is None or book is None or syringe is None or micrograms is None:
        stop = (
            ledger_asks.not_exact(str(milligrams))
            if micrograms is None
            else ledger_asks.no_syringe(draw_key)
        )
        site = books.site_of(session)
        return _refused(site, session, act.get(target, "put_back"), stop, by=by, now=now)
    row = book.line(
        Account.DRAWN_UP, target, micrograms, reason=reason, site_id=drawn.site_id, drawn=drawn,
        dilution=drawn.dilution, **person_fields(session, drawn.order), **more,
    )  # fmt: skip
    wasting = target is Account.WASTE
    enough = ledger_asks.within_syringe(micrograms, syringe.left_ug, wasting=wasting)
    return book.move(row, *first, enough)


@transaction.atomic
def record_given(
    *,
    session: Session,
    vial: str | UUID | None,
    preparation: core.Preparation | None,
    milligrams: Decimal,
    by: Membership,
    at: datetime,
    reason: str,
    now: datetime,
    route: core.Route | None = None,
) -> Moved:
    """Book a dose that was given without leave, as far as the books can hold it.

    `route` is the way it went in where that was not the course's own: its lines say it.
    From its syringe first, the rest by a draw that nobody wrote down. Where a line would not be
    true (no container named, more than there was) nothing is booked: a discrepancy is opened.
    """
    micrograms = micrograms_of(milligrams)
    syringe = books.syringe(preparation.id) if preparation else None
    if syringe is not None and syringe.row.session_id != session.id:
        syringe = None
    named = syringe.row.vial_id if syringe else vial
    book = Book.open(named, by=by, now=now) if named else None
    if book is None or micrograms is None:
        stop = (
            ledger_asks.not_exact(str(milligrams))
            if micrograms is None
            else ledger_asks.no_container(str(vial or "named"))
        )
        return _not_booked(session, milligrams, (stop,), by=by, now=now)
    if syringe is not None:
        syringe = books.syringe(syringe.row.id)  # again, now that the container is held
    findings, last = _book_as_fact(
        book, session, syringe, micrograms, at=at, reason=reason, route=route
    )
    if last is None:
        return _not_booked(session, milligrams, findings, by=by, now=now)
    book.write()
    return Moved(findings, last)


def _book_as_fact(
    book: Book, session: Session, syringe: books.Syringe | None, micrograms: int, *,
    at: datetime, reason: str, route: core.Route | None,
) -> tuple[tuple[Finding, ...], Movement | None]:  # fmt: skip
    """Take in the lines that a given amount needs; the last one, or None where one is not true."""
    there = min(micrograms, max(syringe.left_ug, 0)) if syringe else 0
    order = syringe.row.order if syringe else ""
    common: dict[str, Any] = {
        "at": at, "is_variance": True, **person_fields(session, order, route),
    }  # fmt: skip
    plan: list[Movement] = []
    if syringe and there:
        rest = book.line(
            Account.DRAWN_UP, Account.PATIENT, there, reason=reason, drawn=syringe.row,
            dilution=syringe.row.dilution, **common,
        )  # fmt: skip
        plan.append(rest)
    if micrograms > there:
        undrawn = book.line(
            Account.SAFE, Account.DRAWN_UP, micrograms - there, reason=reason, **common
        )
        undrawn.drawn_id = undrawn.id
        given = book.line(
            Account.DRAWN_UP, Account.PATIENT, micrograms - there, reason=reason, **common
        )
        given.drawn_id = undrawn.id
        plan += [undrawn, given]
    findings: list[Finding] = []
    for row in plan:
        findings += book.check(row)
        book.add(row)
    true = all(finding.passes for finding in findings)
    return tuple(findings), plan[-1] if true else None


def _not_booked(
    session: Session, milligrams: Decimal, findings: tuple[Finding, ...], *,
    by: Membership, now: datetime,
) -> Moved:  # fmt: skip
    site = books.site_of(session) or session.clinic.sites.order_by("id").first()
    assert site is not None, "a clinic has an address"
    keep_refusal(
        site.id, "variance_booking", findings, by=by, now=now, body={"session": str(session.id)}
    )
    open_discrepancy(
        site, f"{milligrams} mg given in session {session.number} could not be booked",
        by=by, now=now, about=session.id,
    )  # fmt: skip
    return Moved(findings)
