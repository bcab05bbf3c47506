"""Each reason has words that can be said to the person, and the page of reasons is current."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tools.refusals import PAGE, page, sections

from holdspace.core.codes import Code
from holdspace.core.decision import Door, Verdict
from holdspace.core.words import WORDS, said
from tests.core.cases import ALLOWED, ask

COMMANDS = re.compile(r"\b(emergency!|stop taking|skip|must not|forbidden|illegal|failed)\b", re.I)


@pytest.mark.parametrize("code", list(Code))
def test_each_code_has_plain_kind_words(code: Code) -> None:
    words = WORDS[code]
    assert len(words.sentence) <= 140 and words.sentence[0].isupper()
    assert words.sentence.endswith((".", "?", "!")) and words.remedy.endswith(".")
    assert not COMMANDS.search(words.sentence + words.remedy)
    assert code.name == code.value.upper()


def test_the_page_of_refusals_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tools/refusals.py"
    assert [code for _, members in sections() for code in members] == list(Code)


def test_a_finding_that_passed_is_not_told_as_a_problem() -> None:
    finding = ask(Door.OPEN_COURSE, ALLOWED[Door.OPEN_COURSE]()).findings[0]
    assert said(finding) == "Age"
    failed = replace(finding, verdict=Verdict.FAIL)
    assert said(failed) == WORDS[finding.code].sentence
