"""Phrases for notes are the clinic's own words: few, short, and none that judges the person."""

from __future__ import annotations

import re

import pytest

from holdspace.care import shipped
from holdspace.core.protocol import ProtocolError, load

TEXTS = {name: shipped.protocol_text(name) for name in shipped.protocol_names()}
CLINIC = TEXTS["kap-clinic/1.0"]
ONE = '[phrases.medical_water]\nlane = "medical"\nwords = "Asked for water; given."\n'
JUDGES = r"normal|stable|fine|well|safe|good|bad|tolerat|anxi|depress|psycho|risk|mg\b|\d"


@pytest.mark.parametrize("name", TEXTS)
def test_each_lane_has_phrases_that_only_say_what_was_seen(name: str) -> None:
    phrases = load(TEXTS[name], where=name).phrases
    assert {one.lane for one in phrases} == {"medical", "therapy"}
    assert not [one.words for one in phrases if re.search(JUDGES, one.words.lower())]
    assert all(one.awaiting_signature for one in phrases)


def test_a_version_without_phrases_is_whole_and_has_none() -> None:
    assert load(re.sub(r"(?ms)^\[phrases\..*", "", CLINIC)).phrases == ()


BAD = [
    ("another lane", 'lane = "private"', "phrases.medical_water.lane"),
    ("no words", 'words = ""', "phrases.medical_water.words"),
    ("a whole note", f'words = "{"Silent. " * 9}"', "phrases.medical_water.words: is too long"),
    ("an unknown key", 'words = "Silent."\nonly_for = "nurse"', "only_for"),
]


@pytest.mark.parametrize(("what", "line", "said"), BAD)
def test_a_phrase_that_is_none_is_refused(what: str, line: str, said: str) -> None:
    key = line.split(" ")[0]
    wrong = re.sub(rf"(?m)^{key} = .*$", lambda _: line, ONE)
    with pytest.raises(ProtocolError, match=re.escape(said)):
        load(CLINIC.replace(ONE, wrong))


def test_more_phrases_than_a_thumb_finds_are_refused() -> None:
    more = "".join(
        ONE.replace("medical", "therapy").replace("water", f"more_{n}")
        + 'grade = "proposed"\nsource = "ours"\n'
        for n in range(5)
    )
    with pytest.raises(ProtocolError, match="phrases: are too many for therapy notes"):
        load(f"{CLINIC}\n{more}")
