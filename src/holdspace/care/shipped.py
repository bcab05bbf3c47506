"""Files that come with the program are found from a clone and an installed package alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

from holdspace.core.incidents import EventTerms
from holdspace.core.investigations import LabTable, read_table
from holdspace.core.protocol import Protocol, load
from holdspace.core.scales import Scale
from holdspace.core.scales import read as read_scale

STRICTEST = "kap-strict"


class NotShippedError(LookupError):
    """Nothing of that name comes with the program; the message names what does."""


def protocols_folder() -> Traversable:
    """The folder of shipped protocols: inside the package when installed, else the clone's own."""
    return _folder("protocols")


def _folder(name: str) -> Traversable:
    inside = files("holdspace") / "shipped" / name
    if inside.is_dir():
        return inside
    return Path(__file__).resolve().parents[3] / name


def protocol_names() -> tuple[str, ...]:
    """Every shipped version, as "kap-clinic/1.0", in the order of names and versions."""
    found = [
        (folder.name, file.name.removesuffix(".toml"))
        for folder in protocols_folder().iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    ]
    return tuple(f"{name}/{version}" for name, version in sorted(found, key=_by_version))


def protocol_text(name: str) -> str:
    """The exact text of "kap-clinic/1.0", or of the newest version of "kap-clinic"."""
    names = protocol_names()
    found = [each for each in names if name in (each, each.partition("/")[0])]
    if not found:
        raise NotShippedError(f"There is no protocol “{name[:60]}”. Shipped: {', '.join(names)}.")
    folder, _, version = found[-1].partition("/")
    file = protocols_folder() / folder / f"{version}.toml"
    return file.read_bytes().decode("utf-8")


@cache
def newest_default(name: str) -> Protocol:
    """The newest shipped version of a protocol's name, else of the strictest one that ships.

    What a running course's older version does not have is read from it.
    """
    shipped = {each.partition("/")[0] for each in protocol_names()}
    return load(protocol_text(name if name in shipped else STRICTEST))


def scale_names() -> tuple[str, ...]:
    """Every shipped questionnaire, as "phq-9", in the order of names."""
    found = (file.name for file in _folder("scales").iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in found if name.endswith(".json")))


def scale_text(name: str) -> str:
    """The exact text of one questionnaire's file. Raises NotShippedError."""
    if name not in scale_names():
        shipped = ", ".join(scale_names())
        raise NotShippedError(f"There is no questionnaire “{name[:60]}”. Shipped: {shipped}.")
    return (_folder("scales") / f"{name}.json").read_bytes().decode("utf-8")


@cache
def shipped_scale(name: str) -> Scale:
    """One questionnaire, read once for each process. Raises NotShippedError."""
    return read_scale(scale_text(name))


def medicines_names() -> tuple[str, ...]:
    """Every shipped version of the table of medicines, as "us-1", the newest last."""
    found = [file.name.removesuffix(".json") for file in _folder("medicines").iterdir()]
    return tuple(sorted(found, key=lambda name: int(name.rpartition("-")[2])))


def medicines_text(name: str = "") -> str:
    """The exact text of one version of the table, the newest by default. NotShippedError."""
    names = medicines_names()
    if name and name not in names:
        raise NotShippedError(f"There is no table “{name[:60]}”. Shipped: {', '.join(names)}.")
    return (_folder("medicines") / f"{name or names[-1]}.json").read_bytes().decode("utf-8")


@cache
def icd10() -> Mapping[str, str]:
    """The ICD-10-CM codes that the forms offer, each with its official words."""
    text = (_folder("codes") / "icd10cm-2026-04.json").read_bytes().decode("utf-8")
    return MappingProxyType(json.loads(text)["codes"])


@cache
def laboratory() -> LabTable:
    """The laboratory tests that the forms know, with their units and LOINC codes."""
    return read_table(json.loads((_folder("codes") / "laboratory-1.json").read_bytes()))


@cache
def event_terms() -> EventTerms:
    """The terms that the form of an adverse event offers, and the edition they are of."""
    data = json.loads((_folder("codes") / "ctcae-5.json").read_bytes())
    return EventTerms(data["edition"], MappingProxyType(data["terms"]))


def scenario_files(name: str) -> tuple[Traversable, ...]:
    """The scenario files of one protocol name ("kap-clinic"), in the order of their names."""
    folder = protocols_folder() / name.partition("/")[0] / "scenarios"
    if not folder.is_dir():
        return ()
    found = [file for file in folder.iterdir() if file.name.endswith(".json")]
    return tuple(sorted(found, key=lambda file: file.name))


def _by_version(pair: tuple[str, str]) -> tuple[str, list[int]]:
    name, version = pair
    return name, [int(part) if part.isdigit() else 0 for part in version.split(".")]
