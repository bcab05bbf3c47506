"""How a complete form becomes a total: one function for each method that a file may name.

A method is given the answers as they count, reversed items turned already. A mean is kept to two
decimals; its band is found from the exact fraction, before anything is rounded.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from holdspace.core.scale_conditions import YES, Given
from holdspace.core.scale_model import Band, Item, Number, Part, Scale

Exact = int | Fraction
_PLACES = Decimal("0.01")


def _sum(scale: Scale, keyed: Given) -> Exact:
    return sum([keyed[code] for code in scale.sums])


def _mean(scale: Scale, keyed: Given) -> Exact:
    return Fraction(_sum(scale, keyed), len(scale.sums))


def _sum_transform(scale: Scale, keyed: Given) -> Exact:
    return _sum(scale, keyed) * scale.multiply


def _max(scale: Scale, keyed: Given) -> Exact:
    return max(keyed[code] for code in scale.sums if code in keyed)


def _domain_max_sum(scale: Scale, keyed: Given) -> Exact:
    """The worst answer of each domain, summed."""
    return sum(max(keyed[code] for code in codes if code in keyed) for codes in scale.domains)


def _triage(scale: Scale, keyed: Given) -> Exact:
    """The printed number of the last item with a yes: a place on the form, not an amount."""
    return max((_place(item) for item in scale.items if keyed.get(item.code) == YES), default=0)


def _place(item: Item) -> int:
    return int("".join(letter for letter in item.number if letter.isdecimal()))


def _none(scale: Scale, keyed: Given) -> None:
    """A checklist comes to nothing but itself."""


METHODS: Mapping[str, Callable[[Scale, Given], Exact | None]] = {
    "sum": _sum,
    "single": _sum,
    "mean": _mean,
    "sum_transform": _sum_transform,
    "max": _max,
    "domain_max_sum": _domain_max_sum,
    "triage": _triage,
    "none": _none,
}


def shown(value: Exact | None) -> Number | None:
    """An exact value as it is kept: whole numbers as they are, a fraction to two decimals."""
    if not isinstance(value, Fraction):
        return value
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(_PLACES, ROUND_HALF_EVEN)


def level(scale: Scale, total: Exact | None, raw: Given, context: Mapping[str, str]) -> str:
    """The words for a total: the decision table's first row that holds, or the band it lies in."""
    if scale.triage:
        return next(row.label for row in scale.triage if row.when(raw))
    if total is None:
        return ""
    bands = scale.bands
    if scale.bands_by is not None:
        name, by = scale.bands_by
        bands = by.get(context.get(name, ""), by["unknown"])
    return in_band(bands, total)


def in_band(bands: tuple[Band, ...], total: Exact | Number) -> str:
    """The band that starts at or under this value; bands leave no gap, so none ends before it."""
    place = bisect_right(bands, total, key=_low)
    return bands[place - 1].label if place else ""


def _low(band: Band) -> Number:
    return band.low


def part_value(scale: Scale, part: Part, raw: Given, keyed: Given) -> Number | None:
    """A sub-scale: None when an item of it is missing, or when none of it was asked."""
    codes = part.codes
    if scale.conditional:
        unasked = {i.code for i in scale.conditional if i.asked_when and not i.asked_when(raw)}
        codes = tuple(code for code in codes if code not in unasked)
        if not codes:
            return None
    values = [keyed[code] for code in codes if code in keyed]
    if len(values) < len(codes):
        return None
    if part.method == "mean":
        return shown(Fraction(sum(values), len(values)))
    return sum(values)
