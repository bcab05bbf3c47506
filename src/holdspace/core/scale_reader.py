"""A scale file is read once, and what would make scoring stumble later is refused here.

A file says in plain words what it knows from a source and what only from memory; both are kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from holdspace.core.scale_conditions import COMPARE, Node, ScaleError, compiled, number
from holdspace.core.scale_methods import METHODS
from holdspace.core.scale_model import (
    Band,
    ChangeRules,
    Criterion,
    Example,
    Gate,
    Item,
    Number,
    Option,
    Part,
    Rule,
    Scale,
    TotalReaches,
)

SCHEMA = "kap-scale/1"
_NUMBER = re.compile(r"_(\d+[a-z]?)$")
# "cssrs_2 = Yes", "auditc_1 > 0 (else score 0)"
_WHEN = re.compile(r"(?P<item>\w+) (?P<op>=|>) (?P<value>Yes|\d+)(?P<zero> \(else score 0\))?")
_SHOWN = re.compile(r"(\w+) = ([a-z]+)")
_PERCENT = re.compile(r">=(\d+)% reduction( from baseline)?")
_SUBSTANTIAL = re.compile(r">=\d+% meaningful, >=(\d+)% substantial")
_POINTS = re.compile(r">=(\d+) points")
_LEVEL = re.compile(r"(<=?)(\d+)( \(.*\)| and every item <=(\d+))?")


def read(text: str) -> Scale:
    """Read one scale file. Raises ScaleError with the path of what is wrong."""
    try:
        plain = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise ScaleError(f"line {error.lineno}", f"{error.msg}.", "JSON") from error
    if not isinstance(plain, dict) or plain.get("schema") != SCHEMA:
        raise ScaleError("schema", "This is not a scale file.", SCHEMA)
    for key in ("id", "title", "version", "licence", "copyright", "evidence", "items", "scoring"):
        if not plain.get(key):
            raise ScaleError(key, "It is missing.", "what the instrument's source says")
    try:
        items = tuple(
            _item(raw, f"items[{n}]", n + 1, bool(plain.get("wording_included")))
            for n, raw in enumerate(plain["items"])
        )
        scale = _scale(plain, items)
    except (KeyError, TypeError, AttributeError) as error:
        what = f"Something is missing or of the wrong kind ({error})."
        raise ScaleError("the file", what, "the form of docs/scales.md") from error
    _check(scale)
    return scale


# --- items ----------------------------------------------------------------------------------------


def _item(raw: Mapping[str, Any], path: str, place: int, worded: bool) -> Item:
    code, text = raw.get("code"), raw.get("text") or ""
    options = tuple(
        Option(each.get("label") or "", number(each["score"], path))  # type: ignore[arg-type]
        for each in raw.get("options") or ()
    )
    said = bool(text) and bool(options) and all(option.label for option in options)
    if not code or (worded and not said):
        raise ScaleError(path, "A question has a code, a text and options.", "all three")
    if text and not worded:
        raise ScaleError(path, "Wording that needs a licence is not shipped.", "no text")
    if len({option.score for option in options}) != len(options):
        raise ScaleError(path, "Two options have one score.", "a score for each option")
    found = _NUMBER.search(code)
    when, zero = _asked_when(raw, path)
    return Item(
        code=code,
        number=found.group(1) if found else str(place),
        text=text,
        topic=raw.get("label") or "",
        options=options,
        scored=raw.get("scored", True),
        optional=raw.get("optional", False),
        reverse=raw.get("reverse", False),
        asked_when=when,
        required_when=_condition(raw, "required_when", path),
        forbidden_unless=_condition(raw, "forbidden_unless", path),
        zero_unasked=zero,
        shown_to=_shown_to(raw, path),
        follow_ups=tuple(raw.get("follow_up_if_yes", ())),
        loinc=raw.get("loinc") or "",
    )


def _condition(raw: Mapping[str, Any], key: str, path: str) -> Node | None:
    return compiled(raw[key], f"{path}.{key}") if raw.get(key) else None


def _asked_when(raw: Mapping[str, Any], path: str) -> tuple[Node | None, bool]:
    """When the question is asked at all, and whether it counts zero where it is not."""
    if "enable" in raw:
        return _condition(raw, "enable", path), False
    if "enable_when" not in raw:
        return None, False
    found = _WHEN.fullmatch(raw["enable_when"])
    if not found:
        raise ScaleError(f"{path}.enable_when", "It is not understood.", "“item_2 = Yes”")
    value = 1 if found["value"] == "Yes" else int(found["value"])
    plain = {"item": found["item"], "op": found["op"], "value": value}
    return compiled(plain, path), bool(found["zero"])


def _shown_to(raw: Mapping[str, Any], path: str) -> tuple[str, str] | None:
    if not raw.get("show_if"):
        return None
    found = _SHOWN.fullmatch(raw["show_if"])
    if not found:
        raise ScaleError(f"{path}.show_if", "It is not understood.", "“sex = female”")
    return found.group(1), found.group(2)


# --- the instrument -------------------------------------------------------------------------------


def _scale(plain: Mapping[str, Any], items: tuple[Item, ...]) -> Scale:
    scoring, loinc = plain["scoring"], plain.get("loinc") or {}
    scored = [item.code for item in items if item.scored]
    return Scale(
        id=plain["id"],
        title=plain["title"],
        version=plain["version"],
        measures=plain.get("measures") or "",
        recall=plain.get("recall") or "",
        completed_by=plain.get("completed_by") or "",
        instructions=plain.get("instructions") or "",
        stem=plain.get("stem") or "",
        copyright=plain["copyright"],
        licence=plain["licence"],
        licence_class=plain.get("licence_class") or "",
        wording_included=bool(plain.get("wording_included")),
        sources=tuple(plain.get("source", ())),
        evidence=dict(plain["evidence"]),
        warnings=tuple(plain.get("warnings", ())),
        remarks=_remarks(plain),
        loinc_panel=loinc.get("panel") or "",
        loinc_total=loinc.get("total") or "",
        timing=tuple(plain.get("kap_timing", ())),
        items=items,
        sums=tuple(scoring.get("items", scored)),
        keyed={item.code: _keyed(item) for item in items},
        always=tuple(item.code for item in items if _always(item)),
        conditional=tuple(item for item in items if _conditional(item)),
        reversed_any=any(item.reverse for item in items),
        examples=_examples(plain),
        **_scoring(scoring),
    )


def _scoring(scoring: Mapping[str, Any]) -> dict[str, Any]:
    critical = scoring.get("critical", ())
    cutoff = scoring.get("cutoff") or {}
    by = scoring.get("bands_by")
    ends = re.fullmatch(r"(\d+)-(\d+)", str(cutoff.get("range", "")))
    return {
        "method": str(scoring.get("method")),
        "multiply": scoring.get("multiply", 1),
        "domains": tuple(tuple(domain) for domain in scoring.get("domains", ())),
        "one_of": tuple(tuple(group) for group in scoring.get("require_one_of", ())),
        "subscales": tuple(
            Part(name, part["method"], tuple(part["items"]), _ends(part), part.get("cutoff"))
            for name, part in scoring.get("subscales", {}).items()
        ),
        "factors": tuple(scoring.get("factors") or scoring.get("factor_sizes") or ()),
        "range": _ends(scoring),
        "bands": _bands(scoring.get("bands", ())),
        "bands_by": (
            (by["context"], {k: _bands(v) for k, v in by.items() if k != "context"}) if by else None
        ),
        "cutoffs": {k: v for k, v in cutoff.items() if isinstance(v, int)},
        "cutoff_range": (int(ends.group(1)), int(ends.group(2))) if ends else None,
        "gate": _gate(scoring),
        "triage": tuple(
            Rule(row["label"], compiled(row, "scoring.rules_ordered"))
            for row in scoring.get("rules_ordered", ())
        ),
        "rules": tuple(
            Rule(name, compiled(rule, f"scoring.rules.{name}"))
            for name, rule in scoring.get("rules", {}).items()
        ),
        "critical": tuple(
            Rule(each["item"], compiled(each, "scoring.critical"))
            for each in critical
            if "item" in each
        ),
        "critical_totals": tuple(
            TotalReaches(each["op"], number(each["value"], "scoring.critical"))
            for each in critical
            if each.get("total")
        ),
        "changes": _changes(scoring.get("mcid") or {}),
    }


def _keyed(item: Item) -> dict[int, int]:
    """What each raw answer counts: a reversed item is turned about the middle of its options."""
    scores = [option.score for option in item.options]
    return {s: max(scores) + min(scores) - s if item.reverse else s for s in scores}


def _always(item: Item) -> bool:
    return not item.optional and item.required_when is None and item.asked_when is None


def _conditional(item: Item) -> bool:
    tests = (item.asked_when, item.required_when, item.forbidden_unless, item.shown_to)
    return any(test is not None for test in tests)


def _ends(raw: Mapping[str, Any]) -> tuple[Number, Number]:
    low, high = raw["range"]
    return number(low, "range"), number(high, "range")


def _bands(raw: Any) -> tuple[Band, ...]:
    """From the lowest up: a value lies in the last band that starts at or under it."""
    found = [Band(b["min"], b["max"], b["label"], b.get("display", "")) for b in raw]
    return tuple(sorted(found, key=lambda band: band.low))


def _gate(scoring: Mapping[str, Any]) -> Gate | None:
    raw = scoring.get("gate")
    return Gate(raw["item"], compiled(raw, "scoring.gate"), raw["total"]) if raw else None


def _remarks(plain: Mapping[str, Any]) -> dict[str, str]:
    """What the file remarks on its own parts, by the part's name."""
    scoring = plain["scoring"]
    found = {
        "licence": plain["licence"],
        "scoring": scoring.get("note"),
        "levels": scoring.get("bands_note"),
        "reversed items": scoring.get("reverse_note"),
        "critical answers": scoring.get("critical_note"),
        "questions left out": scoring.get("branch"),
        "cut-off": (scoring.get("cutoff") or {}).get("note"),
        "change": (scoring.get("mcid") or {}).get("note"),
        "LOINC": (plain.get("loinc") or {}).get("note") or plain.get("loinc_note"),
    }
    return {part: words for part, words in found.items() if words}


def _examples(plain: Mapping[str, Any]) -> tuple[Example, ...]:
    worked = [Example(e["answers"], e.get("context", {}), e) for e in plain.get("examples", ())]
    refused = [
        Example(e["answers"], e.get("context", {}), {}, why=e["why"])
        for e in plain.get("must_fail", ())
    ]
    return tuple(worked + refused)


# --- change ---------------------------------------------------------------------------------------


def _changes(raw: Mapping[str, Any]) -> ChangeRules:
    smallest = raw.get("mcid_points", raw.get("clinically_meaningful"))
    return ChangeRules(
        smallest=smallest,
        reliable=raw.get("reliable_change_male_veterans"),
        response=_criterion(raw.get("response")),
        remission=_criterion(raw.get("remission")),
        note=raw.get("note") or "",
    )


def _criterion(text: str | None) -> Criterion | None:
    """A criterion in one of the few forms that can be computed; anything else is refused."""
    if not text:
        return None
    for pattern, kind in ((_PERCENT, "percent"), (_SUBSTANTIAL, "percent"), (_POINTS, "points")):
        if found := pattern.fullmatch(text):
            return Criterion(text, kind, int(found.group(1)))
    if found := _LEVEL.fullmatch(text):
        each = int(found.group(4)) if found.group(4) else None
        return Criterion(text, "level", int(found.group(2)), found.group(1), each)
    raise ScaleError("scoring.mcid", f"“{text[:40]}” is not understood.", "“>=50% reduction”, “<5”")


# --- the whole ------------------------------------------------------------------------------------


def _check(scale: Scale) -> None:
    """What would make scoring stumble later is refused when the file is read."""
    if scale.method not in METHODS:
        raise ScaleError("scoring.method", f"“{scale.method}” is not known.", ", ".join(METHODS))
    if len(scale.keyed) != len(scale.items):
        raise ScaleError("items", "Two items have one code.", "a code for each item")
    for code in _named(scale):
        if code not in scale.keyed:
            raise ScaleError("scoring", f"It names “{code}”.", ", ".join(sorted(scale.keyed)))
    if scale.method not in ("triage", "none") and not scale.sums:
        raise ScaleError("scoring.items", "Nothing is summed.", "the items of the total")
    if scale.method == "triage" and not any(not row.when.codes for row in scale.triage):
        raise ScaleError("scoring.rules_ordered", "No row is the default.", "a last default row")
    if scale.method == "domain_max_sum":
        inside = [code for domain in scale.domains for code in domain]
        if sorted(inside) != sorted(scale.sums):
            raise ScaleError("scoring.domains", "They are not the items.", "each item once")
    if any(alarm.op not in COMPARE for alarm in scale.critical_totals):
        raise ScaleError("scoring.critical", "This comparison is not known.", ", ".join(COMPARE))
    turned = {item.code for item in scale.items if item.reverse}
    if turned & {code for rule in (*scale.rules, *scale.critical) for code in rule.when.codes}:
        raise ScaleError("scoring", "A test names a reversed item.", "items that are not turned")
    if scale.bands_by is not None and "unknown" not in scale.bands_by[1]:
        raise ScaleError("scoring.bands_by", "“unknown” is missing.", "bands for unknown")
    groups = scale.bands_by[1].values() if scale.bands_by else [scale.bands]
    for bands in groups:
        _check_bands(scale, bands)


def _named(scale: Scale) -> list[str]:
    """Every item code that the scoring or another item names."""
    codes = [*scale.sums, *(code for part in scale.subscales for code in part.codes)]
    codes += [code for group in (*scale.domains, *scale.one_of) for code in group]
    codes += [c for rule in (*scale.triage, *scale.rules, *scale.critical) for c in rule.when.codes]
    codes += [scale.gate.item, *scale.gate.when.codes] if scale.gate else []
    for item in scale.conditional:
        for when in (item.asked_when, item.required_when, item.forbidden_unless):
            codes += when.codes if when else ()
    return codes


def _check_bands(scale: Scale, bands: tuple[Band, ...]) -> None:
    """Bands cover the whole range, each value once; a mean has no gap that a decimal falls into."""
    if not bands:
        return
    low, high = scale.range
    good = bands[0].low == low and bands[-1].high == high
    for under, over in pairwise(bands):
        good = good and under.low <= under.high < over.low <= under.high + 1
    if not good:
        raise ScaleError("scoring.bands", "They leave a gap or overlap.", f"{low} to {high}, whole")
