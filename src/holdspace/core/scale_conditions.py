"""What a questionnaire's file says "when" about: small tests of answers, built once, asked often.

An unanswered item makes no test true: silence is never an answer, whichever way a test points.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Given = Mapping[str, int]
Limit = int | Decimal
Condition = Callable[[Given], bool]
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "=": operator.eq,
}


class ScaleError(ValueError):
    """A file or an answer that cannot be used: `path` names it, `accepted` says what would do."""

    def __init__(self, path: str, problem: str, accepted: str) -> None:
        super().__init__(f"{path}: {problem} Accepted: {accepted}.")
        self.path = path
        self.problem = problem
        self.accepted = accepted


@dataclass(frozen=True, slots=True)
class Compare:
    """One item's answer against a number."""

    code: str
    is_so: Callable[[Any, Any], bool]
    value: Limit

    def __call__(self, given: Given) -> bool:
        answer = given.get(self.code)
        return answer is not None and self.is_so(answer, self.value)

    @property
    def codes(self) -> tuple[str, ...]:
        return (self.code,)


@dataclass(frozen=True, slots=True)
class CountOf:
    """How many of these items reach `at_least`, with one more for each further test that holds."""

    of: tuple[str, ...]
    at_least: Limit
    plus: tuple[Node, ...]
    is_so: Callable[[Any, Any], bool]
    value: Limit

    def __call__(self, given: Given) -> bool:
        count = len([1 for code in self.of if code in given and given[code] >= self.at_least])
        if self.plus:
            count += len([1 for part in self.plus if part(given)])
        return self.is_so(count, self.value)

    @property
    def codes(self) -> tuple[str, ...]:
        return (*self.of, *(code for part in self.plus for code in part.codes))


@dataclass(frozen=True, slots=True)
class SumOf:
    """The sum of these items against a number, for a mean the number times their count."""

    codes: tuple[str, ...]
    is_so: Callable[[Any, Any], bool]
    value: Limit

    def __call__(self, given: Given) -> bool:
        answers = [given[code] for code in self.codes if code in given]
        return len(answers) == len(self.codes) and self.is_so(sum(answers), self.value)


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts it always does (the default row of a table)."""

    parts: tuple[Node, ...] = ()

    def __call__(self, given: Given) -> bool:
        return all(part(given) for part in self.parts)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(code for part in self.parts for code in part.codes)


@dataclass(frozen=True, slots=True)
class OneOf:
    """At least one part holds."""

    parts: tuple[Node, ...]

    def __call__(self, given: Given) -> bool:
        return any(part(given) for part in self.parts)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(code for part in self.parts for code in part.codes)


Node = Compare | CountOf | SumOf | All | OneOf
ALWAYS = All()
YES = 1


def compiled(raw: Any, path: str) -> Node:
    """One test as a file writes it. Raises ScaleError for a form that is not known.

    {item, op, value} · {any_yes: [items]} · {all: [...]} · {any: [...]} · {default: true} ·
    {sum_of | mean_of: [items], op, value} · {count_of: [items], ge, plus: [...], op, value}.
    """
    if not isinstance(raw, dict):
        raise ScaleError(path, "This is not a condition.", "item, op and value")
    if raw.get("default"):
        return ALWAYS
    if "any_yes" in raw:
        return OneOf(tuple(Compare(code, operator.eq, YES) for code in raw["any_yes"]))
    if raw.get("all"):
        return All(tuple(compiled(part, path) for part in raw["all"]))
    if raw.get("any"):
        return OneOf(tuple(compiled(part, path) for part in raw["any"]))
    if raw.get("op") not in COMPARE:
        raise ScaleError(path, "This condition is not known.", ", ".join(COMPARE))
    is_so, value = COMPARE[raw["op"]], number(raw.get("value"), path)
    if "item" in raw:
        return Compare(raw["item"], is_so, value)
    if "sum_of" in raw:
        return SumOf(tuple(raw["sum_of"]), is_so, value)
    if "mean_of" in raw:
        codes = tuple(raw["mean_of"])
        return SumOf(codes, is_so, value * len(codes))
    if "count_of" in raw:
        plus = tuple(compiled(part, path) for part in raw.get("plus", ()))
        return CountOf(tuple(raw["count_of"]), number(raw.get("ge"), path), plus, is_so, value)
    raise ScaleError(path, "This condition is not known.", "item, sum_of, mean_of or count_of")


def number(raw: Any, path: str) -> Limit:
    """A whole number or a decimal of the file, never a text and never yes or no."""
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal):
        raise ScaleError(path, f"“{str(raw)[:20]}” is not a number.", "a number")
    return raw
