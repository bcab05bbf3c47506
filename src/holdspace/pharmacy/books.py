"""Reads the register: rows become the core's values, sums become what is left. Never writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, F, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from holdspace.care.models import Session
from holdspace.core import ledger
from holdspace.core.facts import Route
from holdspace.core.ledger import Account, DoseType
from holdspace.people.access import May
from holdspace.people.models import Clinic, Site
from holdspace.people.staff import working_in
from holdspace.pharmacy.models import Movement, Vial

SAFE, DRAWN_UP = Account.SAFE.value, Account.DRAWN_UP.value
OVERFILL_PERCENT = 10  # clinic default awaiting signature (evidence: recalled, USP)


def policy_without_people(clinic: Clinic) -> ledger.Policy:
    """This clinic's numbers, for pages that only ask about times."""
    return ledger.Policy(zone=clinic.zone, witnesses=frozenset(), overfill_percent=OVERFILL_PERCENT)


def policy(clinic: Clinic, now: datetime) -> ledger.Policy:
    """This clinic's numbers, and who may be a second person at this moment."""
    members = working_in(clinic, now)
    witnesses = frozenset(str(m.pk) for m in members if m.may(May.WITNESS_WASTE, now))
    return replace(policy_without_people(clinic), witnesses=witnesses)


def as_core(row: Movement) -> ledger.Movement:
    return ledger.Movement(
        id=str(row.id),
        vial=str(row.vial_id),
        source=Account(row.source),
        target=Account(row.target),
        micrograms=row.micrograms,
        reason=row.reason,
        by=str(row.by_id),
        at=row.at,
        location=str(row.site_id),
        microlitres=row.microlitres,
        units=row.units,
        witness=_key(row.witness_id),
        order=row.order,
        session=_key(row.session_id),
        person=_key(row.patient_id),
        counterparty=row.counterparty,
        route=Route(row.route) if row.route else None,
        dilution=row.dilution,
        corrects=_key(row.corrects_id),
    )


def _key(value: UUID | None) -> str:
    return str(value) if value else ""


def history(vial: Vial) -> tuple[ledger.Movement, ...]:
    """Every line of one container, in the order in which they were written."""
    rows = Movement.objects.filter(vial=vial).order_by("line")
    return tuple(as_core(row) for row in rows)


def opened_at(lines: Iterable[ledger.Movement]) -> datetime | None:
    """The first draw that was not taken back as an error; None while the container is sealed."""
    lines = tuple(lines)
    undone = {line.corrects for line in lines}
    draws = (line.at for line in lines if line.act is ledger.Act.DRAW and line.id not in undone)
    return min(draws, default=None)


def vial_value(vial: Vial, opened: datetime | None) -> ledger.Vial:
    product = vial.product
    return ledger.Vial(
        id=str(vial.id),
        ndc=product.ndc,
        drug=product.drug,
        lot=vial.lot,
        expires_on=vial.expires_on,
        location=str(vial.site_id),
        dose_type=DoseType(product.dose_type),
        concentration_ug_per_ml=product.concentration_ug_per_ml,
        nominal_ul=product.nominal_ul,
        ug_per_unit=product.ug_per_unit,
        nominal_units=product.nominal_units,
        opened_at=opened,
        beyond_use_days=product.beyond_use_days,
    )


def site_of(session: Session) -> Site | None:
    """The address at which a session is held: its room's, else the clinic's only one."""
    if session.room_id and session.room is not None:
        return session.room.site
    sites = list(session.clinic.sites.all()[:2])
    return sites[0] if len(sites) == 1 else None


def _sum(name: str, condition: Q) -> Coalesce:
    return Coalesce(Sum(name, filter=condition), 0, output_field=BigIntegerField())


def _in_less_out(account: str, path: str = "movements__") -> Coalesce:
    ug = path + "micrograms"
    return _sum(ug, Q(**{path + "target": account})) - _sum(ug, Q(**{path + "source": account}))


@dataclass(frozen=True, slots=True)
class Held:
    """One container and its sums: micrograms in the safe and drawn up, and when it was opened."""

    vial: Vial
    safe_ug: int
    drawn_ug: int
    opened: datetime | None


def held(
    clinic: Clinic,
    site: Site | None = None,
    *,
    keys: Iterable[object] | None = None,
    not_empty: bool = False,
    label_from: date | None = None,
) -> list[Held]:
    """Containers with their sums in one query: of a site, of some keys, or only what is in use.

    `not_empty` leaves out what holds nothing; `label_from` what the label ends before that day.
    """
    rows: Any = Vial.objects.of(clinic).select_related("product", "site", "receipt")
    if site is not None:
        rows = rows.filter(site=site)
    if keys is not None:
        rows = rows.filter(pk__in=list(keys))
    if label_from is not None:
        rows = rows.filter(expires_on__gte=label_from)
    first_draw = Min(
        "movements__at",
        filter=Q(
            movements__source=SAFE, movements__target=DRAWN_UP,
            movements__corrects=None, movements__corrected_by=None,
        ),
    )  # fmt: skip
    rows = rows.annotate(
        safe_ug=_in_less_out(SAFE), drawn_ug=_in_less_out(DRAWN_UP), opened=first_draw
    )
    if not_empty:
        rows = rows.filter(Q(safe_ug__gt=0) | Q(drawn_ug__gt=0))
    rows = rows.order_by("expires_on", "receipt_id", "number")
    return [Held(row, row.safe_ug, row.drawn_ug, row.opened) for row in rows]


@dataclass(frozen=True, slots=True)
class Syringe:
    """One draw, with where its micrograms went. The draw itself is `row`."""

    row: Movement
    drawn_ug: int
    given_ug: int
    wasted_ug: int
    returned_ug: int
    lost_ug: int

    @property
    def left_ug(self) -> int:
        out = self.given_ug + self.wasted_ug + self.returned_ug + self.lost_ug
        return self.drawn_ug - out


def syringes(draws: QuerySet[Movement], *, owed_only: bool = False) -> list[Syringe]:
    """Every draw among `draws` with its sums, in one query; a draw that was taken back is not."""
    path = "of_this_draw__"
    took_back = Q(of_this_draw__corrects__isnull=False)
    returned = Q(of_this_draw__target=SAFE) & ~took_back
    out_again = Q(of_this_draw__source=SAFE) & took_back
    found = (
        draws.filter(source=SAFE, target=DRAWN_UP, corrects=None, corrected_by=None)
        .select_related("vial__product", "vial__site", "by__user", "session", "patient")
        .annotate(
            given_ug=_in_less_out(Account.PATIENT.value, path),
            wasted_ug=_in_less_out(Account.WASTE.value, path),
            lost_ug=_in_less_out(Account.LOST.value, path),
            returned_ug=_sum(path + "micrograms", returned) - _sum(path + "micrograms", out_again),
        )
        .order_by("at", "vial_id", "line")
    )
    if owed_only:
        found = found.filter(micrograms__gt=_all_out())
    return [
        Syringe(d, d.micrograms, d.given_ug, d.wasted_ug, d.returned_ug, d.lost_ug) for d in found
    ]


def _all_out() -> Any:
    return F("given_ug") + F("wasted_ug") + F("returned_ug") + F("lost_ug")


def syringe(key: object) -> Syringe | None:
    return next(iter(syringes(Movement.objects.filter(pk=key))), None)


def usable_until(vial: Vial, opened: datetime | None, rules: ledger.Policy) -> datetime:
    return ledger.usable_until(vial_value(vial, opened), rules)
