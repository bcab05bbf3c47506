"""What each door says, word for word, of the people on paper: `python -m tests.core.said > FILE`.

The file is tests/core/said.txt. It is meant to be read: a change of a rule shows there as the
sentences that it changed.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from holdspace.core.decision import Door, Finding
from holdspace.core.facts import Facts
from holdspace.core.ledger_rules import may_move
from tests.core.cases import ALLOWED, ask
from tests.core.lives import OF_THE_DOSE, Lives
from tests.core.lives_after import OF_AFTER
from tests.core.lives_course import OF_THE_COURSE
from tests.core.lives_history import OF_THE_HISTORY
from tests.core.lives_people import OF_PEOPLE
from tests.core.lives_register import OF_THE_REGISTER, Case
from tests.core.test_every_code import PROVOKED
from tests.core.test_ledger import POLICY

FILE = Path(__file__).with_name("said.txt")
# By the rule file that they are written for; each stands once in said.txt.
ABOUT: dict[str, Lives] = {
    "codes": tuple(
        (door, f"{code.value} (case {n})", to) for n, (door, code, to) in enumerate(PROVOKED)
    ),
    "dosing": OF_THE_DOSE,
}
CHANGES = tuple(
    (of, *change)
    for about in (ABOUT, OF_THE_COURSE, OF_PEOPLE, OF_AFTER, OF_THE_HISTORY)
    for of, lives in about.items()
    for change in lives
)


def row(finding: Finding) -> str:
    """One finding in one line; `*` awaits the director's signature."""
    about = f" ({finding.subject})" if finding.subject else ""
    mark = "*" if finding.awaiting_signature else ""
    return f"  {finding.verdict.value:8}{finding.code.value}{about}: {finding.evidence}{mark}"


def in_full(finding: Finding) -> str:
    """The same with its rule, its number, and who may answer it."""
    said = [row(finding), finding.rule]
    if finding.value is not None:
        said.append(f"{finding.value:.4f} of {finding.limit}, worse when {finding.worse}")
    if finding.relievable_by:
        said.append("may be answered by " + ", ".join(finding.relievable_by))
    if finding.second_signer:
        said.append("and " + ", ".join(finding.second_signer))
    if finding.specialty:
        said.append(f"on the word of {finding.specialty}")
    if finding.since:
        said.append(f"since {finding.since:%Y-%m-%d %H:%M}")
    if finding.ask_again_on:
        said.append(f"again {finding.ask_again_on}")
    return " | ".join(said)


@cache
def _before(door: Door) -> tuple[Finding, ...]:
    return ask(door, ALLOWED[door]()).findings


def of_door(door: Door) -> list[str]:
    """Everything that a door says of somebody whom it lets through."""
    return [row(found) for found in _before(door)]


def of_change(door: Door, changed: Facts) -> list[str]:
    """What a door says otherwise after one small change, and what it no longer says at all."""
    before, after = _before(door), ask(door, changed).findings
    codes = {(found.code, found.subject) for found in after}
    gone = [f for f in before if (f.code, f.subject) not in codes]
    names = ", ".join(dict.fromkeys(f.code.value for f in gone))
    told = [row(f) if f.passes else in_full(f) for f in after if f not in before]
    return told + ([f"  no word of {names}"] if gone else [])


def of_movement(case: Case) -> list[str]:
    """What the register says of one movement, first what is true at all."""
    _, movement, history, vial, now = case
    return [in_full(found) for found in may_move(movement, history, vial, now, POLICY)]


def heading(door: Door, change: str = "") -> str:
    return f"-- {door.value}: {change}" if change else f"== {door.value}: let through"


def kept() -> dict[str, list[str]]:
    """The sections as they stand in the file."""
    found: dict[str, list[str]] = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith(("== ", "-- ", "++ ")):
            found[line] = own = []
        elif line:
            own.append(line)
    return found


if __name__ == "__main__":
    for at in ALLOWED:
        print("\n".join((heading(at), *of_door(at), "")))
    for _, at, what, change in CHANGES:
        print("\n".join((heading(at, what), *of_change(at, change(ALLOWED[at]())), "")))
    for case in OF_THE_REGISTER:
        print("\n".join((f"++ {case[0]}", *of_movement(case), "")))
