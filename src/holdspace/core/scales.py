"""A questionnaire is scored as its own file says, and a form that is not complete has no score.

`read` turns one scale file (schema kap-scale/1) into frozen values or names what is wrong with it;
`score` turns answers into a `Score`. Methods known here: `sum` and `triage` (an ordered decision
table); another method is one more line in `_METHODS`. An answer that calls for attention is
reported as soon as it is given, whether or not the rest of the form was answered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

SCHEMA = "kap-scale/1"
# What a file says about a critical answer is an unsigned note; only this is ever shown of it.
CLINICIAN_REVIEW = "clinician review (clinic's policy)"
YES = 1


class ScaleError(ValueError):
    """A file or an answer that cannot be used: `path` names it, `accepted` says what would do."""

    def __init__(self, path: str, problem: str, accepted: str) -> None:
        super().__init__(f"{path}: {problem} Accepted: {accepted}.")
        self.path = path
        self.problem = problem
        self.accepted = accepted


# --- the instrument -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    score: int


@dataclass(frozen=True, slots=True)
class Item:
    """One question. `asked_when_any_yes` names the items of which one "yes" makes it required."""

    code: str
    text: str
    options: tuple[Option, ...]
    scored: bool = True
    optional: bool = False
    asked_when_any_yes: tuple[str, ...] = ()

    def label_of(self, score: int) -> str:
        """The words of one answer."""
        return next(option.label for option in self.options if option.score == score)


@dataclass(frozen=True, slots=True)
class Band:
    low: int
    high: int
    label: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A labelled condition over the answers, as the file writes it (see `_holds`)."""

    label: str
    when: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scale:
    """One instrument as its file gives it, with the licence and copyright it is used under."""

    id: str
    title: str
    version: str
    measures: str
    copyright: str
    licence: str
    recall: str
    completed_by: str
    instructions: str
    items: tuple[Item, ...]
    method: str
    sums: tuple[str, ...]
    subscales: tuple[tuple[str, tuple[str, ...]], ...]
    range: tuple[int, int]
    bands: tuple[Band, ...]
    triage: tuple[Rule, ...]
    rules: tuple[Rule, ...]
    critical: tuple[Rule, ...]

    def item(self, code: str) -> Item:
        return next(item for item in self.items if item.code == code)


@dataclass(frozen=True, slots=True)
class Score:
    """What the answers come to. Incomplete: `total` is None, `level` empty, `missing` says why.

    `critical` names the items whose answer asks for a clinician now; it is never withheld.
    """

    total: int | None
    level: str
    critical: tuple[str, ...]
    missing: tuple[str, ...] = ()
    subscales: tuple[tuple[str, int], ...] = ()
    met: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.missing


# --- scoring --------------------------------------------------------------------------------------


def score(
    scale: Scale, answers: Mapping[str, int], *, declined: frozenset[str] = frozenset()
) -> Score:
    """Score one form. `declined` are items that the person would not answer.

    In a triage a declined item counts as "yes", so that silence never lowers a risk; elsewhere it
    is missing. Raises ScaleError for an item or an option that the instrument does not have.
    """
    given = _checked(scale, answers)
    if scale.method == "triage":
        given |= {code: YES for code in declined if code not in given}
    critical = tuple(rule.label for rule in scale.critical if _holds(rule.when, given))
    missing = tuple(item.code for item in scale.items if _is_missing(scale, item, given))
    if missing:
        return Score(None, "", critical, missing)
    total, level = _METHODS[scale.method](scale, given)
    met = tuple(rule.label for rule in scale.rules if _holds(rule.when, given))
    parts = tuple((name, sum(given[code] for code in codes)) for name, codes in scale.subscales)
    return Score(total, level, critical, (), parts, met)


def _checked(scale: Scale, answers: Mapping[str, int]) -> dict[str, int]:
    known = {item.code: item for item in scale.items}
    for code, value in answers.items():
        if code not in known:
            raise ScaleError(code, f"{scale.title} has no such item.", ", ".join(known))
        options = known[code].options
        if isinstance(value, bool) or value not in [option.score for option in options]:
            accepted = ", ".join(f"{option.score} ({option.label})" for option in options)
            raise ScaleError(code, f"“{str(value)[:20]}” is not one of the answers.", accepted)
    return dict(answers)


def _is_missing(scale: Scale, item: Item, given: Mapping[str, int]) -> bool:
    """A required item without an answer; a follow-up is required once its reason was given."""
    if item.code in given or item.optional or not item.scored:
        return False
    if item.asked_when_any_yes:
        return any(given.get(code) == YES for code in item.asked_when_any_yes)
    return True


def _sum(scale: Scale, given: Mapping[str, int]) -> tuple[int, str]:
    total = sum(given[code] for code in scale.sums)
    return total, next((b.label for b in scale.bands if b.low <= total <= b.high), "")


def _triage(scale: Scale, given: Mapping[str, int]) -> tuple[int, str]:
    """The first row of the decision table that holds; the total is the last item with a yes."""
    last = max((n for n, i in enumerate(scale.items, 1) if given.get(i.code) == YES), default=0)
    return last, next(rule.label for rule in scale.triage if _holds(rule.when, given))


_METHODS: dict[str, Callable[[Scale, Mapping[str, int]], tuple[int, str]]] = {
    "sum": _sum,
    "triage": _triage,
}
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
    "==": lambda a, b: a == b,
}


def _holds(when: Mapping[str, Any], given: Mapping[str, int]) -> bool:
    """Whether a condition of the file is true of the answers; an unanswered item is never true.

    Forms: {item, op, value} · {all: [...]} · {any: [...]} · {default: true} ·
    {count_of: [items], ge: n, plus: [...], op, value} (how many items reach n, and what is added).
    """
    if when.get("default"):
        return True
    if "item" in when:
        value = given.get(when["item"])
        return value is not None and _COMPARE[when["op"]](value, when["value"])
    if "count_of" in when:
        count = sum(1 for code in when["count_of"] if given.get(code, -1) >= when["ge"])
        count += sum(1 for part in when.get("plus", ()) if _holds(part, given))
        return _COMPARE[when["op"]](count, when["value"])
    if "all" in when:
        return all(_holds(part, given) for part in when["all"])
    return any(_holds(part, given) for part in when["any"])


def screen_word(level: str) -> str:
    """A level of the suicide-risk screen as the chart keeps it: "acute_positive"."""
    return level.lower().replace(" ", "_").replace("-", "_")


# --- reading a file -------------------------------------------------------------------------------


def read(text: str) -> Scale:
    """Read one scale file. Raises ScaleError with the path of what is wrong."""
    try:
        plain = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise ScaleError(f"line {error.lineno}", f"{error.msg}.", "JSON") from error
    if not isinstance(plain, dict) or plain.get("schema") != SCHEMA:
        raise ScaleError("schema", "This is not a scale file.", SCHEMA)
    for key in ("id", "title", "version", "licence", "items", "scoring"):
        if not plain.get(key):
            raise ScaleError(key, "It is missing.", "what the instrument's source says")
    items = tuple(_item(raw, f"items[{n}]") for n, raw in enumerate(plain["items"]))
    scale = _scale(plain, items)
    _check(scale)
    return scale


def _scale(plain: Mapping[str, Any], items: tuple[Item, ...]) -> Scale:
    scoring = plain["scoring"]
    return Scale(
        id=plain["id"],
        title=plain["title"],
        version=plain["version"],
        measures=plain.get("measures") or "",
        copyright=plain.get("copyright") or "",
        licence=plain["licence"],
        recall=plain.get("recall") or "",
        completed_by=plain.get("completed_by") or "",
        instructions=plain.get("instructions") or "",
        items=items,
        method=str(scoring.get("method")),
        sums=tuple(scoring.get("items", ())),
        subscales=tuple(
            (name, tuple(part["items"])) for name, part in scoring.get("subscales", {}).items()
        ),
        range=tuple(scoring["range"]),
        bands=tuple(Band(b["min"], b["max"], b["label"]) for b in scoring.get("bands", ())),
        triage=tuple(Rule(r["label"], r) for r in scoring.get("rules_ordered", ())),
        rules=tuple(Rule(name, rule) for name, rule in scoring.get("rules", {}).items()),
        critical=tuple(Rule(c["item"], c) for c in scoring.get("critical", ())),
    )


def _item(raw: Mapping[str, Any], path: str) -> Item:
    if not raw.get("code") or not raw.get("text") or not raw.get("options"):
        raise ScaleError(path, "A question has a code, a text and options.", "all three")
    return Item(
        code=raw["code"],
        text=raw["text"],
        options=tuple(Option(o["label"], o["score"]) for o in raw["options"]),
        scored=raw.get("scored", True),
        optional=raw.get("optional", False),
        asked_when_any_yes=tuple((raw.get("required_when") or {}).get("any_yes", ())),
    )


def _check(scale: Scale) -> None:
    """What would make scoring stumble later is refused when the file is read."""
    if scale.method not in _METHODS:
        raise ScaleError("scoring.method", f"“{scale.method}” is not known.", ", ".join(_METHODS))
    known = {item.code for item in scale.items}
    codes = [*scale.sums, *(code for _, part in scale.subscales for code in part)]
    codes += [rule.label for rule in scale.critical]
    for code in codes:
        if code not in known:
            raise ScaleError("scoring", f"It names “{code}”.", ", ".join(sorted(known)))
    if scale.method == "sum" and not scale.sums:
        raise ScaleError("scoring.items", "Nothing is summed.", "the items of the total")
    if scale.method == "triage" and not any(rule.when.get("default") for rule in scale.triage):
        raise ScaleError("scoring.rules_ordered", "No row is the default.", "a last default row")
