"""A letter that sends nobody away with nothing, and says no more than its signer chose."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core.kind_ends import LABELS, SAYS, EndReason, KindEnd, letter, problem_of

TODAY = date(2026, 11, 23)
LINES = [("988 Suicide and Crisis Lifeline", "988"), ("Emergency", "911")]
END = KindEnd(EndReason.ELSEWHERE, "Denver Health, 303 436 6000", "Juniper, 303 555 0100")


def written(end: KindEnd) -> str:
    return letter(end, called="Ann", clinic="Juniper", today=TODAY, lines=LINES)


@pytest.mark.parametrize("reason", EndReason)
def test_every_letter_has_a_way_on_somebody_to_ask_and_a_number_for_danger(
    reason: EndReason,
) -> None:
    text = written(replace(END, reason=reason, again_on=date(2026, 12, 24)))
    for part in ("Dear Ann", END.way_on, END.whom, SAYS[reason], "988", "911", "24 Dec 2026"):
        assert part in text
    first = text.splitlines()[0]
    assert ("988" in first) is (reason is EndReason.DANGER), "in danger the line comes first"
    assert text.count("If you are in danger") == 1


def test_no_word_of_the_program_blames_or_names_an_illness() -> None:
    forbidden = (
        "fail", "refus", "reject", "unsuitable", "non-compliant", "suicid", "psychos", "addict",
        "pregnan", "fault", "diagnos", "misuse",
    )  # fmt: skip
    for words in (*SAYS.values(), *LABELS.values()):
        assert not [bad for bad in forbidden if bad in words.lower()], words


@given(note=st.text(alphabet="qxz", min_size=8, max_size=20))
def test_a_note_for_the_chart_never_reaches_the_letter(note: str) -> None:
    assert written(replace(END, note=note)) == written(END)


ENDS = [
    ({}, None),
    ({"way_on": "  "}, "way_on"),
    ({"whom": " "}, "whom"),
    ({"reason": EndReason.NOT_NOW}, "again_on"),
    ({"reason": EndReason.NOT_NOW, "again_on": date(2026, 11, 22)}, "again_on"),
    ({"reason": EndReason.NOT_NOW, "again_on": TODAY}, "again_on"),
    ({"reason": EndReason.NOT_NOW, "again_on": date(2026, 11, 24)}, None),
    ({"reason": EndReason.HEALTH, "again_on": TODAY}, "again_on"),
]


@pytest.mark.parametrize(("change", "field"), ENDS)
def test_an_end_needs_a_way_on_and_not_now_needs_its_day(change: dict, field: str | None) -> None:
    wrong = problem_of(replace(END, **change), TODAY)
    assert (wrong[0] if wrong else None) == field


CRISIS = (
    "If you are in danger or fear that you may be, call 988 (988 Suicide and Crisis Lifeline) or "
    "911 (Emergency) now, at any hour."
)
TURN = "Where you can turn now:\nDenver Health, 303 436 6000"
ASK = (
    "You may ask us again whenever you wish. Nothing is held against you, and you need not "
    "explain why. Whom to ask: Juniper, 303 555 0100"
)
LETTERS = [
    (END, ["Dear Ann,", SAYS[EndReason.ELSEWHERE], TURN, ASK, CRISIS]),
    (replace(END, reason=EndReason.DANGER),
     [CRISIS, "Dear Ann,", SAYS[EndReason.DANGER], TURN, ASK]),
    (replace(END, says="  We wish you well. ", again_on=date(2026, 12, 24)),
     ["Dear Ann,", SAYS[EndReason.ELSEWHERE], "We wish you well.", TURN,
      "We will ask you again on 24 Dec 2026.", ASK, CRISIS]),
    (replace(END, says="  "), ["Dear Ann,", SAYS[EndReason.ELSEWHERE], TURN, ASK, CRISIS]),
]  # fmt: skip


@pytest.mark.parametrize(("end", "parts"), LETTERS)
def test_the_letter_holds_these_parts_in_this_order(end: KindEnd, parts: list[str]) -> None:
    assert written(end).split("\n\n") == [*parts, "Juniper, 23 Nov 2026"]
