"""The shipped table of states: what a profession may do, what a clinic owes, each with its source.

Only what was read in a source, or is proposed for the demo's state, stands in it. A state that is
not in it lets nobody act until the clinic's director records its rule.
"""

from __future__ import annotations

import tomllib
from typing import Any

from holdspace.core.facts import Act, Discipline, StateDuties, StateRule
from holdspace.core.protocol_schema import UNSIGNED_GRADES, Grade

RULE = {"state", "discipline", "acts", "grade", "source"}
DUTIES = {
    "state", "csr_required", "pdmp_each_dose", "pdmp_days_max", "pdmp_delegate", "grade", "source",
}  # fmt: skip


class StateTableError(ValueError):
    """A table that cannot be read: the message names the entry and what is accepted."""


def read(text: str) -> tuple[tuple[StateRule, ...], tuple[StateDuties, ...]]:
    """The rules and duties of a table. Raises StateTableError."""
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StateTableError(f"not TOML: {error}") from error
    if set(plain) - {"rule", "duties"}:
        raise StateTableError("keys: rule and duties are accepted")
    for entries in plain.values():
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            raise StateTableError("rule and duties: [[rule]] and [[duties]] are accepted")
    rules = tuple(_rule(n, entry) for n, entry in enumerate(plain.get("rule", [])))
    duties = tuple(_duties(n, entry) for n, entry in enumerate(plain.get("duties", [])))
    keys = [(r.state, r.discipline) for r in rules]
    if len(set(keys)) < len(keys) or len({d.state for d in duties}) < len(duties):
        raise StateTableError("rule or duties: each state and profession once")
    return rules, duties


def _rule(number: int, entry: dict[str, Any]) -> StateRule:
    where = f"rule[{number}]"
    _check(where, entry, RULE, RULE)
    try:
        discipline = Discipline(entry["discipline"])
        acts = tuple(Act(act) for act in entry["acts"])
    except (ValueError, TypeError) as error:
        raise StateTableError(f"{where}: {error}; a profession and acts are accepted") from error
    return StateRule(entry["state"], discipline, acts, entry["source"], _is_proposed(where, entry))


def _duties(number: int, entry: dict[str, Any]) -> StateDuties:
    where = f"duties[{number}]"
    _check(where, entry, DUTIES, {"state", "grade", "source"})
    days = entry.get("pdmp_days_max")
    flags = [entry.get(k, False) for k in ("csr_required", "pdmp_each_dose", "pdmp_delegate")]
    if not all(isinstance(flag, bool) for flag in flags):
        raise StateTableError(f"{where}: true or false is accepted")
    if days is not None and (not isinstance(days, int) or isinstance(days, bool) or days < 1):
        raise StateTableError(f"{where}.pdmp_days_max: a whole number of days is accepted")
    return StateDuties(
        state=entry["state"],
        source=entry["source"],
        csr_required=entry.get("csr_required"),
        pdmp_each_dose=entry.get("pdmp_each_dose", False),
        pdmp_days_max=days,
        pdmp_delegate=entry.get("pdmp_delegate", False),
        is_proposed=_is_proposed(where, entry),
    )


def _check(where: str, entry: dict[str, Any], known: set[str], needed: set[str]) -> None:
    wrong = sorted(set(entry) - known) or sorted(needed - set(entry))
    if wrong:
        raise StateTableError(f"{where}.{wrong[0]}: accepted are {', '.join(sorted(known))}")
    if not all(isinstance(entry[k], str) and entry[k] for k in ("state", "source")):
        raise StateTableError(f"{where}: state and source are text")


def _is_proposed(where: str, entry: dict[str, Any]) -> bool:
    try:
        return Grade(entry["grade"]) in UNSIGNED_GRADES
    except ValueError as error:
        grades = ", ".join(Grade)
        raise StateTableError(f"{where}.grade: {grades} are accepted") from error
