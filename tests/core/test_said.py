"""Each door says these sentences, and these others after one small change (said.txt)."""

from __future__ import annotations

import pytest

from holdspace.core.decision import Door
from tests.core.cases import ALLOWED
from tests.core.lives import Change
from tests.core.lives_register import OF_THE_REGISTER, Case
from tests.core.said import CHANGES, heading, kept, of_change, of_door, of_movement

KEPT = kept()


@pytest.mark.parametrize("door", ALLOWED)
def test_a_door_says_this_of_somebody_whom_it_lets_through(door: Door) -> None:
    assert of_door(door) == KEPT[heading(door)]


@pytest.mark.parametrize(
    ("door", "what", "change"),
    [change for _, *change in CHANGES],
    ids=[f"{of}: {door.value}: {what}" for of, door, what, _ in CHANGES],
)
def test_after_one_small_change_it_says_this(door: Door, what: str, change: Change) -> None:
    assert of_change(door, change(ALLOWED[door]())) == KEPT[heading(door, what)]


@pytest.mark.parametrize(
    "case", OF_THE_REGISTER, ids=[f"ledger_rules: {what}" for what, *_ in OF_THE_REGISTER]
)
def test_the_register_says_this_of_a_movement(case: Case) -> None:
    assert of_movement(case) == KEPT[f"++ {case[0]}"]


def test_the_file_holds_nothing_else_and_each_heading_once() -> None:
    doors = [*map(heading, ALLOWED), *(heading(door, what) for _, door, what, _ in CHANGES)]
    assert list(KEPT) == [*doors, *(f"++ {what}" for what, *_ in OF_THE_REGISTER)]
