"""Wording that a clinic holds a licence for: read, checked against the instrument, merged in.

Codes, order, options and scoring are the instrument's and stay as they are; only words are added,
and all of them: an instrument with half of its wording is refused.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdspace.core.canonical import CanonicalError, parsed
from holdspace.core.scale_conditions import ScaleError
from holdspace.core.scale_model import Item, Option, Scale

FILE_CHARACTERS_MAX = 200_000
TEXT_MAX, LABEL_MAX = 2_000, 300
EVERY, INSTRUCTIONS = "*", "instructions"
HEADINGS = ("item", "option", "text")
FORM = 'JSON {"instructions", "items": {code: text}, "options": {code or "*": {score: label}}}'


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one instrument in one language: every item's text, every option's label."""

    items: Mapping[str, str]
    options: Mapping[str, Mapping[int, str]]
    instructions: str = ""

    def text(self) -> str:
        """The same words as canonical JSON, as they are kept."""
        plain = {
            "instructions": self.instructions,
            "items": dict(self.items),
            "options": {
                code: {str(score): label for score, label in labels.items()}
                for code, labels in self.options.items()
            },
        }
        return json.dumps(plain, ensure_ascii=False, sort_keys=True)


def read_wording(scale: Scale, text: str) -> Wording:
    """Words for `scale` from JSON or from CSV (item, option, text). Raises ScaleError.

    In CSV a line without an option is the item's text, the item “instructions” the instructions.
    Labels under “*” are those of every item with just these options.
    """
    if scale.wording_included and not scale.wording_licence:
        raise ScaleError(scale.id, "Its wording ships with the program.", "nothing to load")
    if not scale.fillable:
        raise ScaleError(scale.id, "Its answers are not known here.", "a document in the chart")
    if len(text) > FILE_CHARACTERS_MAX:
        raise ScaleError("the file", "It is too long.", f"up to {FILE_CHARACTERS_MAX} characters")
    text = text.removeprefix("\ufeff").strip()
    if not text:
        raise ScaleError("the file", "It is empty.", FORM)
    raw = _from_json(text) if text.startswith("{") else _from_csv(text)
    return _checked(scale, raw)


def with_wording(scale: Scale, wording: Wording, licence: str) -> Scale:
    """The same instrument in these words, under this licence."""
    items = tuple(
        dataclasses.replace(
            item,
            text=wording.items[item.code],
            options=tuple(
                Option(wording.options[item.code][option.score], option.score)
                for option in item.options
            ),
        )
        for item in scale.items
    )
    return dataclasses.replace(
        scale,
        items=items,
        conditional=tuple(item for item in items if scale.item(item.code) in scale.conditional),
        instructions=wording.instructions or scale.instructions,
        wording_included=True,
        wording_licence=licence,
    )


# --- reading --------------------------------------------------------------------------------------


def _from_json(text: str) -> dict[str, Any]:
    try:
        raw = parsed(text)
    except CanonicalError as error:
        raise ScaleError(error.path or "the file", f"It {error.problem}", FORM) from error
    unknown = [key for key in raw if key not in ("items", "options", INSTRUCTIONS)]
    if unknown:
        raise ScaleError(str(unknown[0])[:40], "It is not known.", FORM)
    for key in ("items", "options"):
        if not isinstance(raw.get(key, {}), dict):
            raise ScaleError(key, "This is not a list of words by code.", FORM)
    return {
        INSTRUCTIONS: raw.get(INSTRUCTIONS, ""),
        "items": raw.get("items", {}),
        "options": raw.get("options", {}),
    }


def _from_csv(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {INSTRUCTIONS: "", "items": {}, "options": {}}
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        heading = tuple(cell.strip().lower() for cell in next(rows))
        if heading != HEADINGS:
            raise ScaleError("line 1", "These are not the columns.", ", ".join(HEADINGS))
        for row in rows:
            if any(cell.strip() for cell in row):
                _take_row(found, [cell.strip() for cell in row], f"line {rows.line_num}")
    except csv.Error as error:
        raise ScaleError(
            f"line {rows.line_num}", "This is not CSV.", ", ".join(HEADINGS)
        ) from error
    return found


def _take_row(found: dict[str, Any], row: list[str], path: str) -> None:
    if len(row) != len(HEADINGS):
        raise ScaleError(path, f"It has {len(row)} cells.", ", ".join(HEADINGS))
    code, option, words = row
    if code == INSTRUCTIONS and not option:
        found[INSTRUCTIONS] = words
        return
    place = found["options"].setdefault(code, {}) if option else found["items"]
    key = option or code
    if key in place:
        raise ScaleError(path, f"“{code[:40]}” is there twice.", "each text once")
    place[key] = words


# --- checking -------------------------------------------------------------------------------------


def _checked(scale: Scale, raw: Mapping[str, Any]) -> Wording:
    known = ", ".join(item.code for item in scale.items)
    for code in (*raw["items"], *raw["options"]):
        if code not in scale.keyed and not (code == EVERY and code in raw["options"]):
            raise ScaleError(str(code)[:40], f"{scale.title} has no such item.", known)
    items = {i.code: _words(raw["items"].get(i.code), i.code, TEXT_MAX) for i in scale.items}
    options = {item.code: _labels(item, raw["options"]) for item in scale.items}
    instructions = raw[INSTRUCTIONS]
    if instructions:
        instructions = _words(instructions, INSTRUCTIONS, TEXT_MAX)
    return Wording(items, options, instructions or "")


def _labels(item: Item, raw: Mapping[str, Any]) -> dict[int, str]:
    """Every option's label: the item's own, else the ones for all, else what the file ships."""
    scores = {str(option.score): option for option in item.options}
    own, every = raw.get(item.code), raw.get(EVERY)
    given = own if own is not None else every if _same(every, scores) else {}
    if not isinstance(given, dict):
        raise ScaleError(item.code, "These are not labels by score.", FORM)
    for score in given:
        if score not in scores:
            raise ScaleError(item.code, f"“{str(score)[:20]}” is no option.", ", ".join(scores))
    return {
        option.score: _words(given.get(score) or option.label, f"{item.code}, {score}", LABEL_MAX)
        for score, option in scores.items()
    }


def _same(labels: Any, scores: Mapping[str, Option]) -> bool:
    return isinstance(labels, dict) and set(labels) == set(scores)


def _words(raw: Any, path: str, most: int) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise ScaleError(path, "Its words are missing.", "the licensed wording")
    words = raw.strip()
    if len(words) > most:
        raise ScaleError(path, f"It has {len(words)} characters.", f"up to {most}")
    if any(not (letter.isprintable() or letter in "\n\t") for letter in words):
        raise ScaleError(path, "It has a letter that cannot be shown.", "plain text")
    return words
