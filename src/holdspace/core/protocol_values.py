"""Single values of a protocol text, each refused at its own key and line with what would do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from holdspace.core.facts import Role
from holdspace.core.protocol_schema import GRADE_WORDS, RELIEF_ROLES, Grade

_ACCEPTED = {
    "source": "a short citation in your own words, such as “Esketamine US label 5.6”",
    "version": "a version such as “1.0”",
    "waivable_source": "a short citation for who may waive and how far",
    "question": "a question that a physician asks",
}
# Words that would tell somebody to change what they take. A protocol flags and asks; the one who
# prescribes a medicine decides about it. Sources are citations and may use any word.
_ITS_DOSE = r"(it|them|((the|their|your|its|this|that) )?(dose|medicine|medication|drug)s?)"
_MEDICATION_ORDERS = re.compile(
    r"\b(stop(?!-bang)|stops|stopped|stopping|hold|held|withhold|withheld|paused?|skip|skipped"
    r"|omit|omitted|avoid|avoided|cease|ceased|discontinued?|quit|halved?|taper(ed)?|wean(ed)?"
    r"|come off|leave out|left out|go without|take (less|more)|don.t take"
    r"|(do|must|should) not (be )?taken?"
    rf"|(reduce|lower|increase|double|raise|change|adjust|switch|replace) {_ITS_DOSE})\b",
    re.IGNORECASE,
)
_CITATIONS = ("source", "waivable_source")
_GUESSES_MAX = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, on which line (0: nowhere), and what would be accepted."""

    path: str
    line: int
    problem: str
    accepted: str

    def __str__(self) -> str:
        at = f"line {self.line}: " if self.line else ""
        return f"{at}{self.path}: {self.problem} Accepted: {self.accepted}."


class ProtocolError(ValueError):
    """A protocol that can't be used; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem], *, where: str = "") -> None:
        self.problems = tuple(problems)
        self.where = where
        head = f"{where}: " if where else ""
        super().__init__("\n".join(f"{head}{problem}" for problem in self.problems))


def line_map(text: str) -> dict[str, int]:
    """The line on which each key path of a TOML text begins."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), start=1):
        header = re.match(r"\s*\[\[?\s*([\w.\-]+)\s*\]\]?", line)
        key = re.match(r"\s*([\w.\-]+)\s*=", line)
        if header:
            table = header[1]
            lines.setdefault(table, number)
        elif key:
            lines.setdefault(f"{table}.{key[1]}" if table else key[1], number)
    return lines


def under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def is_number(value: object) -> bool:
    """A whole or decimal number (never true, never nan)."""
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


class Values:
    """Reads one value after the other and collects what is wrong instead of raising."""

    def __init__(self, lines: Mapping[str, int]) -> None:
        self.lines = lines
        self.problems: list[Problem] = []

    # -- telling

    def tell(self, path: str, problem: str, accepted: str) -> None:
        at = path
        while at and at not in self.lines:
            at = at.rpartition(".")[0]
        self.problems.append(Problem(path, self.lines.get(at, 0), problem, accepted))

    # -- single values

    def table(self, parent: Mapping[str, Any], path: str) -> dict[str, Any]:
        value = parent.get(path.rpartition(".")[2], {})
        if isinstance(value, dict):
            return value
        self.tell(path, "is not a table.", "a table of keys")
        return {}

    def known(self, data: Mapping[str, Any], path: str, allowed: Iterable[str]) -> None:
        names = list(allowed)
        for key in data:
            if key not in names:
                guess = len(self.problems) < _GUESSES_MAX and len(key) < 100
                near = difflib.get_close_matches(key, names, n=1) if guess else []
                hint = f" Did you mean “{near[0]}”?" if near else ""
                self.tell(under(path, key), f"is not a known key.{hint}", ", ".join(names))

    def text(self, data: Mapping[str, Any], path: str, key: str, *, needed: bool = True) -> str:
        value = data.get(key)
        at = under(path, key)
        if value is None and not needed:
            return ""
        if value is None:
            self.tell(at, "is missing.", _ACCEPTED.get(key, "a short text"))
            return ""
        if not isinstance(value, str) or not value.strip() or len(value) > 600:
            self.tell(at, "is not a text of 1 to 600 letters.", _ACCEPTED.get(key, "a short text"))
            return ""
        if key not in _CITATIONS and _MEDICATION_ORDERS.search(value):
            self.tell(at, "tells somebody to change a medicine.", "words that flag and ask only")
        return value

    def choice(self, data: Mapping[str, Any], path: str, key: str, options: Iterable[str]) -> str:
        names = list(options)
        value = data.get(key)
        if isinstance(value, str) and value in names:
            return value
        shown = "is missing." if value is None else f"“{value}” is not one of the choices."
        self.tell(under(path, key), shown, "one of " + ", ".join(names))
        return names[0]

    def grade(self, data: Mapping[str, Any], path: str) -> Grade:
        return Grade(self.choice(data, path, "grade", [grade.value for grade in GRADE_WORDS]))

    def names(self, data: Mapping[str, Any], path: str, key: str) -> tuple[str, ...]:
        value = data.get(key, [])
        if isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value):
            if len(set(value)) == len(value):
                return tuple(value)
            twice = sorted({v for v in value if value.count(v) > 1})
            self.tell(under(path, key), f"names {', '.join(twice)} twice.", "each name once")
            return ()
        self.tell(under(path, key), "is not a list of names.", 'a list such as ["prescriber"]')
        return ()

    def roles(
        self,
        data: Mapping[str, Any],
        path: str,
        key: str,
        allowed: frozenset[str] = RELIEF_ROLES,
    ) -> tuple[str, ...]:
        found = self.names(data, path, key)
        for role in found:
            if role not in allowed:
                known = role in {r.value for r in Role}
                why = "may not decide a medical question." if known else "is not a role."
                accepted = ", ".join(sorted(allowed))
                self.tell(under(path, key), f"“{role}” {why}", accepted)
        return found

    def whole(
        self, data: Mapping[str, Any], path: str, key: str, low: int, high: int
    ) -> int | None:
        value = data.get(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        accepted = f"a whole number from {low} to {high}"
        self.tell(under(path, key), f"“{value}” is not accepted.", accepted)
        return None

    def number(self, data: Mapping[str, Any], path: str, key: str) -> Decimal | None:
        value = data.get(key)
        if value is None:
            return None
        if is_number(value):
            return Decimal(value)
        self.tell(under(path, key), f"“{value}” is not a number.", "a plain number")
        return None

    def flag(self, data: Mapping[str, Any], path: str, key: str) -> bool:
        value = data.get(key, False)
        if not isinstance(value, bool):
            self.tell(under(path, key), f"“{value}” is not yes or no.", "true or false")
            return False
        return value
