"""The pharmacy's hatch: all that the medicine room may ask of the register, and nothing else.

Everything is keyword-only and called inside the medicine room's own transaction, with its course
locked. A refusal is returned with its findings, never raised, so that it stays on record. The key
of a preparation is the key of its draw; the last six of its characters stand on the syringe.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
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
    "InHand",
    "Moved",
    "Reservation",
    "UsableVial",
    "draw",
    "give",
    "in_hand",
    "lose",
    "preparations",
    "record_given",
    "reservations",
    "return_unused",
    "unresolved",
    "usable_vials",
    "waste",
]


# About as long as drawing, checking and giving may take with a slow line or a shaky vein: a vial
# that ends sooner is named as such, since its dose must be given before its time.
ENDS_SOON = timedelta(hours=1)


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
    ends_soon: bool = False


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


@dataclass(frozen=True, slots=True)
class InHand:
    """All that a session has drawn up, read once: every draw, and what is still in a syringe."""

    reservations: tuple[Reservation, ...]
    preparations: tuple[core.Preparation, ...]

    @property
    def unresolved_mg(self) -> Decimal:
        """Milligrams neither given, wasted, returned nor lost."""
        return sum((r.left_mg for r in self.reservations), Decimal(0))

    def left_mg(self, preparation: str) -> Decimal:
        """What is left in one syringe; 0 for one that this session did not draw."""
        found = (r.left_mg for r in self.reservations if r.preparation == preparation)
        return next(found, Decimal(0))


def _mg(micrograms: int) -> Decimal:
    return Decimal(micrograms) / 1000


def usable_vials(*, clinic: Clinic, site: Site | None, now: datetime) -> tuple[UsableVial, ...]:
    """Containers at this address with something in them and not past their time.

    Opened ones first, and of those the one whose time ends first.
    """
    rules = books.policy(clinic, now)
    in_date = books.held(clinic, site, not_empty=True, label_from=clinic.day(now))
    found = [
        (held.opened is None, books.usable_until(held.vial, held.opened, rules), held)
        for held in in_date
        if held.safe_ug > 0
    ]
    found.sort(key=lambda f: f[:2])
    return tuple(_usable(held, until, now) for _sealed, until, held in found if until >= now)


def _usable(held: books.Held, until: datetime, now: datetime) -> UsableVial:
    product = held.vial.product
    return UsableVial(
        id=str(held.vial.id),
        label=held.vial.label,
        concentration_mg_per_ml=_mg(product.concentration_ug_per_ml),
        balance_mg=_mg(held.safe_ug),
        usable_until=until,
        needs_dilution=product.concentration_ug_per_ml >= IV_DILUTED_FROM_UG_PER_ML,
        mg_per_unit=_mg(product.ug_per_unit),
        ends_soon=until - now < ENDS_SOON,
    )


def in_hand(*, session: Session, now: datetime) -> InHand:
    """What the session has drawn up, in one query; one more while something is in a syringe."""
    syringes = books.syringes(Movement.objects.filter(session=session))
    open_now = [s for s in syringes if s.left_ug > 0]
    return InHand(tuple(_reservation(s) for s in syringes), _prepared(session, open_now, now))


def _reservation(syringe: books.Syringe) -> Reservation:
    return Reservation(
        preparation=str(syringe.row.id),
        vial_label=syringe.row.vial.label,
        drawn_mg=_mg(syringe.drawn_ug),
        given_mg=_mg(syringe.given_ug),
        wasted_mg=_mg(syringe.wasted_ug),
        returned_mg=_mg(syringe.returned_ug),
        left_mg=_mg(syringe.left_ug),
    )


def _prepared(
    session: Session, open_now: list[books.Syringe], now: datetime
) -> tuple[core.Preparation, ...]:
    if not open_now:
        return ()
    rules = books.policy(session.clinic, now)
    vials = books.held(session.clinic, keys={s.row.vial_id for s in open_now})
    opened = {held.vial.pk: held.opened for held in vials}
    return tuple(
        preparation_value(s.row, books.usable_until(s.row.vial, opened[s.row.vial_id], rules))
        for s in open_now
    )


def reservations(*, session: Session) -> tuple[Reservation, ...]:
    """Every draw of the session with its sums, oldest first, in one query."""
    return tuple(_reservation(s) for s in books.syringes(Movement.objects.filter(session=session)))


def unresolved(*, session: Session) -> Decimal:
    """Milligrams drawn up for this session and neither given, wasted, returned nor lost."""
    return InHand(reservations(session=session), ()).unresolved_mg


def preparations(*, session: Session, now: datetime) -> tuple[core.Preparation, ...]:
    """What is still drawn up for the session, each with its container's end of use as of now."""
    return in_hand(session=session, now=now).preparations
