"""What is in a container follows from its NDC and from nothing else."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SHAPES = re.compile(r"(\d{4})-(\d{4})-(\d{2})|(\d{5})-(\d{3,4})-(\d{1,2})")
NDC_ACCEPTED = "the NDC with its dashes as printed on the carton, for example 42023-114-10"


@dataclass(frozen=True, slots=True)
class Listed:
    """One product of the shipped list. Micrograms per millilitre, microlitres in a container."""

    ndc: str
    drug: str
    concentration_ug_per_ml: int
    nominal_ul: int
    dose_type: str
    source: str
    grade: str


def ndc_key(text: str) -> str:
    """The eleven digits (5-4-2) of an NDC as printed, or "" when it has no NDC's shape.

    Ten digits are printed as 4-4-2, 5-3-2 or 5-4-1; without dashes they would be ambiguous, so
    only eleven digits may come without them.
    """
    typed = text.strip()
    if re.fullmatch(r"\d{11}", typed):
        return typed
    match = _SHAPES.fullmatch(typed)
    if match is None:
        return ""
    labeler, product, package = (part for part in match.groups() if part is not None)
    if len(labeler + product + package) not in (10, 11):
        return ""
    return labeler.zfill(5) + product.zfill(4) + package.zfill(2)


@cache
def shipped() -> dict[str, Listed]:
    """The shipped list by its eleven digits."""
    with (Path(__file__).parent / "catalogue.toml").open("rb") as file:
        rows = tomllib.load(file)["product"]
    return {ndc_key(row["ndc"]): _listed(row) for row in rows}


def _listed(row: dict[str, object]) -> Listed:
    return Listed(
        ndc=str(row["ndc"]),
        drug=str(row["drug"]),
        concentration_ug_per_ml=int(str(row["strength_mg_per_ml"])) * 1000,
        nominal_ul=int(str(row["container_ml"])) * 1000,
        dose_type=str(row["dose_type"]),
        source=str(row["source"]),
        grade=str(row["grade"]),
    )
