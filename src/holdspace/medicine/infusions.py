"""How much of a dose went in: an infusion may be stopped early, and its end charted later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from holdspace.care.events import Happened, InfusionEnded
from holdspace.care.models import EventKind
from holdspace.core.facts import Dose, Route
from holdspace.core.units import plain


def ends_of(happened: Iterable[Happened], dose: Dose) -> list[InfusionEnded]:
    """What was charted about the end of an infusion; two colleagues may both have done so."""
    ends = (h.body for h in happened if h.kind is EventKind.INFUSION_ENDED)
    return [end for end in ends if end.dose == dose.id]


def amount_words(dose: Dose, end: InfusionEnded) -> str:
    """What one charted end says went in; where it names no amount, it was all of it."""
    mg, ml = end.milligrams, end.millilitres
    said = [f"{plain(mg)} mg"] if mg is not None else []
    said += [f"{plain(ml)} mL"] if ml is not None else []
    return " in ".join(said) or f"all {plain(dose.dose_mg)} mg"


def went_in_mg(happened: Iterable[Happened], dose: Dose) -> Decimal | None:
    """How much of a dose is charted as gone in; None where that is not known.

    Not known: an infusion without a charted end, with millilitres alone, or with two ends that
    differ.
    """
    if dose.route is not Route.IV:
        return dose.dose_mg
    found = {
        dose.dose_mg if end.milligrams is end.millilitres is None else end.milligrams
        for end in ends_of(happened, dose)
    }
    return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Total:
    """The medicine of a session in milligrams: its doses whole, and what went in of them."""

    whole_mg: Decimal
    went_in_mg: Decimal | None  # None: not known of one of them

    @property
    def whole(self) -> str:
        return plain(self.whole_mg)

    @property
    def went_in(self) -> str:
        return "" if self.went_in_mg is None else plain(self.went_in_mg)

    @property
    def differs(self) -> bool:
        """Whether less than the whole, or nobody knows how much, went in."""
        return self.went_in_mg != self.whole_mg


def total(doses: Iterable[Dose], happened: Iterable[Happened]) -> Total:
    """The doses of a session together; the doors count them whole."""
    doses, happened = list(doses), list(happened)
    parts = [went_in_mg(happened, dose) for dose in doses]
    known = [mg for mg in parts if mg is not None]
    return Total(
        sum((dose.dose_mg for dose in doses), start=Decimal(0)),
        sum(known, start=Decimal(0)) if len(known) == len(parts) else None,
    )
