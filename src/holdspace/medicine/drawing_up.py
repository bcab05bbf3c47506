"""What to draw from which vial, with its arithmetic in full: the order and the label, no advice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from holdspace.core import facts as core
from holdspace.core.units import plain
from holdspace.pharmacy.hatch import UsableVial

THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Row:
    """One vial as it is offered; `is_usable` is False where no open order can be drawn from it."""

    key: str
    words: SafeString
    is_usable: bool


def arithmetic(milligrams: Decimal, per_ml: Decimal, per_unit: Decimal = Decimal(0)) -> str:
    """ "50 mg at 50 mg/mL = 1 mL", or "200 mg in units of 100 mg = 2 units"."""
    amount = f"{plain(milligrams)} mg"
    if per_unit:
        units = (milligrams / per_unit).quantize(THOUSANDTH)
        return _("%(amount)s in units of %(each)s mg = %(units)s units") % {
            "amount": amount, "each": plain(per_unit), "units": plain(units),
        }  # fmt: skip
    if not per_ml:
        return amount
    volume = (milligrams / per_ml).quantize(THOUSANDTH)
    equals = "=" if volume * per_ml == milligrams else "≈"
    at = _("%(amount)s at %(strength)s mg/mL") % {"amount": amount, "strength": plain(per_ml)}
    return f"{at} {equals} {plain(volume)} mL"


def rows(vials: Iterable[UsableVial], orders: Sequence[core.Order]) -> list[Row]:
    """Each vial with what an open order comes to in it; those that cannot serve stand last."""
    found = [_row(vial, [order.dose_mg for order in orders]) for vial in vials]
    return sorted(found, key=lambda row: not row.is_usable)


def _row(vial: UsableVial, doses: Sequence[Decimal]) -> Row:
    fit = [dose for dose in doses if _why_not(vial, dose) == ""]
    second = (
        "; ".join(arithmetic(d, vial.concentration_mg_per_ml, vial.mg_per_unit) for d in fit)
        if fit or not doses
        else _why_not(vial, doses[0])
    )
    words = format_html(
        '<span class="vial-row">{}<strong class="draws">{}</strong></span>', label(vial), second
    )
    return Row(vial.id, words, bool(fit) or not doses)


def _why_not(vial: UsableVial, dose: Decimal) -> str:
    """Why an ordered dose cannot come out of this vial, in words; empty where it can."""
    if dose > vial.balance_mg:
        return _("Cannot be chosen: it holds %(left)s mg, less than the %(dose)s mg ordered.") % {
            "left": plain(vial.balance_mg), "dose": plain(dose),
        }  # fmt: skip
    if vial.mg_per_unit and dose % vial.mg_per_unit:
        return _("Cannot be chosen: %(dose)s mg is no whole number of units of %(each)s mg.") % {
            "dose": plain(dose), "each": plain(vial.mg_per_unit),
        }  # fmt: skip
    return ""


def label(vial: UsableVial) -> str:
    """The vial's label, what is left in it, and its end where that is near."""
    words = _("%(label)s, %(left)s mg left") % {
        "label": vial.label, "left": plain(vial.balance_mg),
    }  # fmt: skip
    if vial.ends_soon:
        words += "; " + _("its time ends at %(at)s") % {
            "at": f"{timezone.localtime(vial.usable_until):%H:%M}"
        }
    return words
