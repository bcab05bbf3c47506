"""One questionnaire as its file gives it, and what a form of it comes to.

Values only: `scale_reader` makes a `Scale` from a file, `scales` scores answers with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from holdspace.core.scale_conditions import COMPARE, Limit, Node, ScaleError

Number = int | Decimal
TOTAL = "__total__"  # in a Score's `critical`: the total itself asks for a clinician


@dataclass(frozen=True, slots=True)
class Option:
    """One answer; the label is empty where its wording needs a licence."""

    label: str
    score: int

    @property
    def words(self) -> str:
        """What can be shown: the label, or where there is none the printed number."""
        return self.label or str(self.score)


@dataclass(frozen=True, slots=True)
class Item:
    """One question, with the conditions under which it is asked, needed or not to be answered.

    `number` is the number printed on the form ("6b"); `topic` is what it is about, in a word or
    two, for staff; `text` is empty where the wording needs a licence.
    """

    code: str
    number: str
    text: str
    topic: str
    options: tuple[Option, ...]
    scored: bool = True
    optional: bool = False
    reverse: bool = False
    asked_when: Node | None = None
    required_when: Node | None = None
    forbidden_unless: Node | None = None
    zero_unasked: bool = False
    shown_to: tuple[str, str] | None = None
    follow_ups: tuple[str, ...] = ()
    loinc: str = ""

    @property
    def heading(self) -> str:
        """The question in its words, or where these need a licence its number and code."""
        return self.text or f"Item {self.number} ({self.code})"

    def is_shown(self, context: Mapping[str, str]) -> bool:
        """Whether it is put to this person: where it is not known for whom, to everybody."""
        if self.shown_to is None:
            return True
        name, value = self.shown_to
        return context.get(name, "unknown") in (value, "unknown", "other")

    def label_of(self, score: int) -> str:
        """What can be shown of one answer."""
        return next(option.words for option in self.options if option.score == score)


@dataclass(frozen=True, slots=True)
class Band:
    """From `low` up to the next band's `low`; `high` is the file's own upper end."""

    low: Number
    high: Number
    label: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A labelled test of the answers."""

    label: str
    when: Node


@dataclass(frozen=True, slots=True)
class TotalReaches:
    """A total that asks for a clinician."""

    op: str
    value: Limit

    def reached(self, total: Number | Fraction) -> bool:
        return bool(COMPARE[self.op](total, self.value))


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-scale: its own sum or mean of some of the items."""

    name: str
    method: str
    codes: tuple[str, ...]
    range: tuple[Number, Number]
    cutoff: Number | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """An item whose answer ends the form: the total is then fixed and nothing else is asked."""

    item: str
    when: Node
    total: int


@dataclass(frozen=True, slots=True)
class Criterion:
    """What counts as a response or a remission: `text` is the file's own, the rest is read.

    `kind`: "percent" (a fall by so many per cent), "points" (a fall by so many points) or "level"
    (the later total compared by `op`, and no item above `each`).
    """

    text: str
    kind: str
    value: Number
    op: str = ">="
    each: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeRules:
    """What the file says about change; each is None where it says nothing that can be computed."""

    smallest: Number | None = None
    reliable: Number | None = None
    response: Criterion | None = None
    remission: Criterion | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example of the file, or with `why` a form that must have no total."""

    answers: Mapping[str, int]
    context: Mapping[str, str]
    expected: Mapping[str, object]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """One instrument, with the licence and copyright it is used under and what is not certain.

    `paper_only`: the wording needs a licence and none is loaded; items are entered one by one from
    the clinic's own paper, by number and option, and never as a bare total.
    """

    id: str
    title: str
    version: str
    measures: str
    recall: str
    completed_by: str
    instructions: str
    stem: str
    copyright: str
    licence: str
    licence_class: str
    wording_included: bool
    sources: tuple[str, ...]
    evidence: Mapping[str, str]
    warnings: tuple[str, ...]
    remarks: Mapping[str, str]
    loinc_panel: str
    loinc_total: str
    timing: tuple[str, ...]
    items: tuple[Item, ...]
    method: str
    sums: tuple[str, ...]
    multiply: int
    domains: tuple[tuple[str, ...], ...]
    one_of: tuple[tuple[str, ...], ...]
    subscales: tuple[Part, ...]
    factors: tuple[str, ...]
    range: tuple[Number, Number]
    bands: tuple[Band, ...]
    bands_by: tuple[str, Mapping[str, tuple[Band, ...]]] | None
    cutoffs: Mapping[str, int]
    cutoff_range: tuple[int, int] | None
    gate: Gate | None
    triage: tuple[Rule, ...]
    rules: tuple[Rule, ...]
    critical: tuple[Rule, ...]
    critical_totals: tuple[TotalReaches, ...]
    changes: ChangeRules
    examples: tuple[Example, ...]
    # read once, so that scoring only looks up
    keyed: Mapping[str, Mapping[int, int]]
    always: tuple[str, ...]
    conditional: tuple[Item, ...]
    reversed_any: bool
    # the licence under which a clinic loaded the wording, if it did
    wording_licence: str = ""

    def item(self, code: str) -> Item:
        return next(item for item in self.items if item.code == code)

    @property
    def paper_only(self) -> bool:
        return not self.wording_included

    @property
    def fillable(self) -> bool:
        """Whether its answers are known; a form without options is kept as a document instead."""
        return bool(self.items) and all(item.options for item in self.items)

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """What of this file nobody has yet checked against a source, in words for a reader."""
        said = {**self.evidence, **self.remarks}
        return tuple(f"{part}: {words}" for part, words in said.items() if _doubtful(words))

    @property
    def evidence_grade(self) -> str:
        """ "seen", "partly seen", "recall" or "own": how far the file was checked."""
        said = list(self.evidence.values())
        if all(words == "own" for words in said):
            return "own"
        if not self.unconfirmed:
            return "seen"
        if all("recall" in words and "partly" not in words for words in said):
            return "recall"
        return "partly seen"


def _doubtful(words: str) -> bool:
    """Whether a remark of the file says that it does not rest on a source that was read."""
    marks = (
        "recall",
        "not seen",
        "derived from",
        "secondary",
        "convention",
        "ours",
        "not verified",
    )
    return any(mark in words.lower() for mark in marks)


@dataclass(frozen=True, slots=True)
class Score:
    """What the answers come to. Incomplete: `total` is None, `level` empty, `missing` says why.

    `missing` names what still needs an answer and what must not have one (`conflicts`). `critical`
    names the items whose answer asks for a clinician now; it is never withheld. A sub-scale is
    None where it is incomplete or was not asked. `highest` is the highest scored answer, where the
    file's remission asks about each.
    """

    total: Number | None
    level: str
    critical: tuple[str, ...]
    missing: tuple[str, ...] = ()
    subscales: tuple[tuple[str, Number | None], ...] = ()
    met: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    highest: int | None = None

    @property
    def complete(self) -> bool:
        return not self.missing


@dataclass(frozen=True, slots=True)
class Change:
    """From an earlier to a later form. `points` is later minus earlier.

    `meaningful` and `reliable` say whether the size of the change, up or down, reaches the file's
    smallest change that matters and its reliable change. Each is None where it is not known.
    """

    points: Number | None = None
    meaningful: bool | None = None
    reliable: bool | None = None
    response: bool | None = None
    remission: bool | None = None


__all__ = [
    "TOTAL",
    "Band",
    "Change",
    "ChangeRules",
    "Criterion",
    "Example",
    "Gate",
    "Item",
    "Number",
    "Option",
    "Part",
    "Rule",
    "Scale",
    "ScaleError",
    "Score",
    "TotalReaches",
]
