"""The table of medicines that ships, and what it makes of a name when the name is entered."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from holdspace.care import shipped
from holdspace.core.facts import Facts, Medication
from holdspace.core.medicines import Table, read


@cache
def table() -> Table:
    """The newest shipped version, read once."""
    return read(shipped.medicines_text())


def recognised(medicine: Medication) -> Medication:
    """The same medicine with its ingredients, its classes and the table that knows them.

    Whatever was said of it before is let go: an unknown name stays unknown, whoever charted it.
    """
    found = table().recognise(medicine.name)
    if found is None:
        return replace(medicine, ingredients=(), classes=(), table="")
    return replace(
        medicine,
        ingredients=found.ingredients,
        classes=found.classes,
        table=table().reference,
    )


def with_medicines(facts: Facts) -> Facts:
    """Facts from a file: each medicine that no table has seen yet is looked up now."""
    looked_up = (m if m.table else recognised(m) for m in facts.medications)
    return replace(facts, medications=tuple(looked_up))
