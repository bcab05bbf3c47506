"""A medicine is recognised by its exact name or not at all; a near miss is only ever a question.

The table of names is data with a version (`medicines/`). What it said when a medicine was entered
is kept with the fact, so that a decision reads the same for ever, whatever a later table says.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

# Every class that a table or a protocol may name: what the class is, for people.
CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "opioid": "opioid",
        "opioid_agonist_treatment": "opioid agonist treatment",
        "oxybate": "oxybate",
        "sedating_antihistamine": "sedating antihistamine",
        "muscle_relaxant": "muscle relaxant",
        "sleep_medicine": "sleep medicine",
        "benzodiazepine": "benzodiazepine",
        "lamotrigine": "lamotrigine",
        "lithium": "lithium",
        "antipsychotic_interacting": "antipsychotic with some evidence of an interaction",
        "maoi": "monoamine oxidase inhibitor",
        "stimulant": "stimulant",
        "caffeine": "caffeine",
        "theophylline": "theophylline",
        "seizure_threshold": "on a trial's list for seizures",
        "pressor": "may raise blood pressure",
        "thyroid_hormone": "thyroid hormone",
        "antihypertensive": "lowers blood pressure",
        "clonidine_like": "clonidine or alike",
        "barbiturate": "barbiturate",
        "cyp_inhibitor": "slows the breakdown of ketamine",
        "cyp_inducer": "speeds the breakdown of ketamine",
        "naltrexone": "opioid antagonist",
        "nmda": "acts at NMDA receptors",
        "gabapentinoid": "gabapentinoid",
        "cannabis": "cannabis",
        "alcohol": "alcohol",
        "psychedelic": "psychedelic",
        "nasal_spray": "nasal spray",
        "serotonergic": "serotonergic antidepressant",
        "glp1": "GLP-1 medicine",
        "glucose_lowering": "insulin or sulfonylurea",
        "sedating_psychotropic": "sedating medicine for mind or nerves",
        "bupropion": "bupropion",
        "ketamine": "ketamine from elsewhere",
        "drug_of_misuse": "drug of misuse",
        "no_rule": "no rule in the sources read",
    }
)

# Versions of tables that this program has read; each ships for ever, so that a fact stays readable.
TABLES_KNOWN = frozenset({"us-1"})

NAME_MAX = 120
_NEAR_MAX = 3
_NEAR = Fraction(4, 5)
_NUMBER = r"\d+(?:[.,]\d+)?"
_UNITS = r"(?:mg|mcg|µg|ug|g|ml|iu|units?|u|meq|%)"
_STRENGTH = re.compile(
    rf"\b(?:{_NUMBER}\s*{_UNITS}?\s*[/-]\s*)*{_NUMBER}\s*{_UNITS}(?![a-z])"
    rf"(?:\s*/\s*(?:{_NUMBER}\s*)?(?:ml|hr?|day|puff|actuation)(?![a-z]))?"
    rf"|(?<![\w-]){_NUMBER}(?:\s*[/-]\s*{_NUMBER})+(?![\w-])"
)
# Words after a name that say its salt, its form or how often, and never which medicine it is.
_AFTER = frozenset(
    """
    hydrochloride hcl succinate tartrate bitartrate sodium disodium potassium calcium sulfate
    sulphate maleate fumarate mesylate dimesylate besylate citrate phosphate acetate carbonate
    hydrobromide hbr malate lactate tromethamine decanoate palmitate pamoate enanthate cypionate
    valerate furoate xinafoate medoxomil cilexetil axetil monohydrate dihydrate anhydrous
    er xr sr xl la cr dr ir ec odt extended delayed immediate sustained release
    tablet tablets tab tabs capsule capsules cap caps pill pills solution suspension syrup elixir
    liquid injection injectable inhaler spray patch patches cream gel ointment drops lozenge
    lozenges troche troches powder chewable gum gummies film pen flexpen kwikpen solostar oral
    sublingual generic
    daily nightly weekly once twice bid tid qid qd qam qpm qhs prn
    """.split()
)


class MedicinesError(ValueError):
    """A table that cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One active substance; `rxcui` only where it was looked up, else None."""

    name: str
    classes: tuple[str, ...]
    rxcui: str | None = None
    brands: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """What a typed name is: its ingredients and every class that one of them belongs to."""

    ingredients: tuple[str, ...]
    classes: tuple[str, ...]
    by: str  # "ingredient" | "synonym" | "brand" | "product" | "combination"


@dataclass(frozen=True, slots=True)
class Table:
    """One version of the medicines; `reference` is what a fact keeps of it."""

    version: str
    date: str
    source: str
    grade: str
    digest: str
    ingredients: Mapping[str, Ingredient]
    names: Mapping[str, tuple[str, Match]]  # normalised name -> as it is written, and what it is

    @property
    def reference(self) -> str:
        return f"{self.version}/{self.digest[:12]}"

    def recognise(self, name: str) -> Match | None:
        """The medicine of exactly this name, salts, forms and strengths aside; None: by hand."""
        if len(name) > NAME_MAX:
            return None
        bare = _STRENGTH.sub(" ", _lettered(name))
        found = self._named(_lettered(name)) or self._named(bare)
        return found or self._combined(bare)

    def _named(self, text: str) -> Match | None:
        words = key(text).split()
        while words:
            found = self.names.get(" ".join(words))
            if found:
                return found[1]
            if words[-1] not in _AFTER:
                return None
            words.pop()
        return None

    def _combined(self, text: str) -> Match | None:
        """A combination is recognised when each of its parts is."""
        for joint in (r"[/+&]|\band\b|\bwith\b", r"[/+&-]|\band\b|\bwith\b"):
            parts = [part for part in re.split(joint, text) if part.strip()]
            found = [self._named(part) for part in parts]
            matches = [match for match in found if match is not None]
            if len(parts) > 1 and len(matches) == len(parts):
                return _joined(matches)
        return None

    def near(self, name: str) -> tuple[str, ...]:
        """Names spelt nearly like this one, to ask "did you mean"; never taken for it."""
        wanted = key(_STRENGTH.sub(" ", _lettered(name[:NAME_MAX])))
        close = difflib.get_close_matches(wanted, self.names, _NEAR_MAX, _NEAR)  # type: ignore[call-overload]
        return tuple(self.names[each][0] for each in close)


def _joined(matches: Iterable[Match]) -> Match:
    found = tuple(matches)
    return Match(
        tuple(dict.fromkeys(name for match in found for name in match.ingredients)),
        tuple(dict.fromkeys(name for match in found for name in match.classes)),
        "combination",
    )


def page(table: Table) -> str:
    """The table as a pharmacist reads it: class by class, each name with its brands."""
    counted = f"{len(table.ingredients)} ingredients, {len(table.names)} names"
    lines = [
        "<!-- Made by `holdspace medicines docs`: edit the table, never this page. -->",
        "",
        "# Medicines that are recognised by name",
        "",
        f"Table {table.version} of {table.date}, {counted}. {table.source}",
        f"Grade: {table.grade}, awaiting a signature.",
        "",
        "A name that is not here, letter for letter, is not recognised and is reviewed by hand.",
        "What a class means for a person stands in the protocol (`holdspace protocol show`).",
    ]
    for each, label in CLASSES.items():
        lines += ["", f"## {label[0].upper()}{label[1:]} (`{each}`)", ""]
        for one in table.ingredients.values():
            if each in one.classes:
                also = ", ".join((*one.brands, *one.synonyms))
                lines.append(f"- **{one.name}**" + (f": {also}" if also else ""))
    lines += ["", "## Products of several ingredients", ""]
    products = [found for found in table.names.values() if found[1].by == "product"]
    lines += [f"- {written}: {' + '.join(match.ingredients)}" for written, match in products]
    return "\n".join(lines) + "\n"


def is_known(reference: str) -> bool:
    """Whether a fact was recognised by a table that this program knows."""
    return reference.partition("/")[0] in TABLES_KNOWN


def _lettered(name: str) -> str:
    """Small letters without accents; ligatures and full-width letters as their plain ones."""
    apart = unicodedata.normalize("NFKD", name.replace("™", "").replace("®", "").casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def key(name: str) -> str:
    """How two spellings of one name become the same: case, accents, points, hyphens, spaces."""
    plain = re.sub(r"['’‘`.]", "", _lettered(name))
    return " ".join(re.sub(r"[^\w+#/]|_", " ", plain).split())


# --- reading a table ----------------------------------------------------------------------------


def read(text: str) -> Table:
    """Read a table. Raises MedicinesError with every problem: a name twice, an unknown class."""
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MedicinesError(["The file is not JSON."]) from error
    reader = _Reader(plain if isinstance(plain, dict) else {})
    table = reader.table(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())
    if reader.problems:
        raise MedicinesError(reader.problems)
    return table


class _Reader:
    """Collects what is wrong with one file; nothing with a problem leaves `read`."""

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self.plain = plain
        self.problems: list[str] = []
        self.names: dict[str, tuple[str, Match]] = {}

    def table(self, digest: str) -> Table:
        version, date, source, grade = (
            self.words(self.plain, name, "the file")
            for name in ("version", "date", "source", "grade")
        )
        if not re.fullmatch(r"[a-z]{2}-[1-9][0-9]*", version):
            self.problems.append(f"“{version}” is no version. Accepted: such as “us-1”.")
        found: dict[str, Ingredient] = {}
        for row in self.rows("ingredients"):
            one = self.ingredient(row)
            found[one.name] = one
        for row in self.rows("products"):
            self.product(row, found)
        if not found:
            self.problems.append("The table names no medicine.")
        return Table(
            version,
            date,
            source,
            grade,
            digest,
            MappingProxyType(found),
            MappingProxyType(self.names),
        )

    def rows(self, name: str) -> list[dict[str, Any]]:
        rows = self.plain.get(name)
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            return rows
        self.problems.append(f"“{name}” is not a list of entries.")
        return []

    def words(self, row: Mapping[str, Any], name: str, where: str) -> str:
        value = row.get(name)
        if isinstance(value, str) and value.strip() == value and value:
            return value
        self.problems.append(f"{where}: “{name}” is missing or not a text.")
        return ""

    def listed(self, row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
        value = row.get(name, [])
        if isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value):
            return tuple(value)
        self.problems.append(f"{where}: “{name}” is not a list of names.")
        return ()

    def ingredient(self, row: Mapping[str, Any]) -> Ingredient:
        name = self.words(row, "name", "an ingredient")
        classes = self.listed(row, "classes", name)
        for each in classes:
            if each not in CLASSES:
                self.problems.append(f"{name}: “{each}” is not a class of core/medicines.py.")
        if not classes or ("no_rule" in classes and len(classes) > 1):
            self.problems.append(f"{name}: needs its classes; “no_rule” stands alone.")
        rxcui = row.get("rxcui")
        if rxcui is not None and not (isinstance(rxcui, str) and rxcui.isdecimal()):
            self.problems.append(f"{name}: “{rxcui}” is no RxCUI. Accepted: digits, or null.")
        brands, synonyms = self.listed(row, "brands", name), self.listed(row, "synonyms", name)
        known = (("ingredient", (name,)), ("brand", brands), ("synonym", synonyms))
        for by, names in known:
            for each in names:
                self.name(each, Match((name,), classes, by))
        return Ingredient(name, classes, rxcui, brands, synonyms)

    def product(self, row: Mapping[str, Any], found: Mapping[str, Ingredient]) -> None:
        name = self.words(row, "name", "a product")
        parts = self.listed(row, "ingredients", name)
        unknown = [part for part in parts if part not in found]
        if unknown or len(parts) < 2:
            said = ", ".join(unknown) or "fewer than two"
            self.problems.append(f"{name}: holds {said}. Accepted: ingredients of this table.")
            return
        joined = _joined(Match((part,), found[part].classes, "ingredient") for part in parts)
        self.name(name, Match(joined.ingredients, joined.classes, "product"))

    def name(self, name: str, match: Match) -> None:
        at = key(name)
        if not at or at in self.names:
            other = self.names[at][1].ingredients if at else ()
            self.problems.append(f"“{name}” is named twice: it is {', '.join(other)} already.")
            return
        self.names[at] = (name, match)
