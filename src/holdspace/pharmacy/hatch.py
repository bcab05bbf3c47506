"""The pharmacy's hatch: all that the medicine room may ask of the register, and nothing else.

Everything is keyword-only and called inside the medicine room's own transaction, with its course
locked. A refusal is returned with its findings, never raised, so that it stays on record. The key
of a preparation is the key of its draw; the last six of its characters stand on the syringe.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from holdspace.care.models import Session
from holdspace.core import facts as core
from holdspace.core.ledger_rules import IV_DILUTED_FROM_UG_PER_ML
from holdspace.people.models import Clinic, Site
from holdspace.pharmacy import books
from holdspace.pharmacy.actions.dose import (
    draw,
    give,
    lose,
    preparation_value,
    record_given,
    return_unused,
    waste,
)
from holdspace.pharmacy.actions.moving import Moved
from holdspace.pharmacy.models import Movement

__all__ = [
    "Moved",
    "Reservation",
    "UsableVial",
    "draw",
    "give",
    "lose",
    "preparations",
    "record_given",
    "reservations",
    "return_unused",
    "unresolved",
    "usable_vials",
    "waste",
]


@dataclass(frozen=True, slots=True)
class UsableVial:
    """A container that a dose can be drawn from now. Milligrams and mg/mL are exact decimals.

    `concentration_mg_per_ml` is 0 for counted units, `mg_per_unit` 0 for liquids.
    """

    id: str
    label: str
    concentration_mg_per_ml: Decimal
    balance_mg: Decimal
    usable_until: datetime
    needs_dilution: bool
    mg_per_unit: Decimal


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was drawn up for a session and where it went; `left_mg` is still owed an answer."""

    preparation: str
    vial_label: str
    drawn_mg: Decimal
    given_mg: Decimal
    wasted_mg: Decimal
    returned_mg: Decimal
    left_mg: Decimal


def _mg(micrograms: int) -> Decimal:
    return Decimal(micrograms) / 1000


def usable_vials(*, clinic: Clinic, site: Site | None, now: datetime) -> tuple[UsableVial, ...]:
    """Containers at this address with something in them and not past their time, opened first."""
    rules = books.policy(clinic, now)
    in_date = books.held(clinic, site, not_empty=True, label_from=clinic.day(now))
    found = [
        (held.opened is None, books.usable_until(held.vial, held.opened, rules), held)
        for held in in_date
        if held.safe_ug > 0
    ]
    found.sort(key=lambda f: f[:2])
    return tuple(_usable(held, until) for _sealed, until, held in found if until >= now)


def _usable(held: books.Held, until: datetime) -> UsableVial:
    product = held.vial.product
    return UsableVial(
        id=str(held.vial.id),
        label=held.vial.label,
        concentration_mg_per_ml=_mg(product.concentration_ug_per_ml),
        balance_mg=_mg(held.safe_ug),
        usable_until=until,
        needs_dilution=product.concentration_ug_per_ml >= IV_DILUTED_FROM_UG_PER_ML,
        mg_per_unit=_mg(product.ug_per_unit),
    )


def _syringes(session: Session) -> list[books.Syringe]:
    return books.syringes(Movement.objects.filter(session=session))


def reservations(*, session: Session) -> tuple[Reservation, ...]:
    """Every draw of the session with its sums, oldest first, in one query."""
    return tuple(
        Reservation(
            preparation=str(s.row.id),
            vial_label=s.row.vial.label,
            drawn_mg=_mg(s.drawn_ug),
            given_mg=_mg(s.given_ug),
            wasted_mg=_mg(s.wasted_ug),
            returned_mg=_mg(s.returned_ug),
            left_mg=_mg(s.left_ug),
        )
        for s in _syringes(session)
    )


def unresolved(*, session: Session) -> Decimal:
    """Milligrams drawn up for this session and neither given, wasted, returned nor lost."""
    return sum((_mg(s.left_ug) for s in _syringes(session)), Decimal(0))


def preparations(*, session: Session, now: datetime) -> tuple[core.Preparation, ...]:
    """What is still drawn up for the session, each with its container's end of use as of now."""
    open_now = [s for s in _syringes(session) if s.left_ug > 0]
    if not open_now:
        return ()
    rules = books.policy(session.clinic, now)
    vials = books.held(session.clinic, keys={s.row.vial_id for s in open_now})
    opened = {held.vial.pk: held.opened for held in vials}
    return tuple(
        preparation_value(s.row, books.usable_until(s.row.vial, opened[s.row.vial_id], rules))
        for s in open_now
    )
