"""What each code says: a neutral label, one plain sentence when it stops, and what would help.

The sentence is at most 140 characters and can be read aloud to the person concerned.
"""

from __future__ import annotations

from holdspace.core import words_before, words_day, words_register
from holdspace.core.codes import Code, Urgency, Words
from holdspace.core.decision import Finding, Verdict

# In each table three lines a code: label, sentence, remedy; "now" in front of a code means
# Urgency.NOW.
_TABLES = (words_before.TABLE, words_day.TABLE, words_register.TABLE)


def _read(tables: tuple[str, ...]) -> dict[Code, Words]:
    lines = [line for table in tables for line in table.strip().splitlines()]
    words = dict[Code, Words]()
    for head, sentence, remedy in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        name, label = head.split(" | ")
        soon = Urgency.NOW if name.startswith("now ") else Urgency.BEFORE_THE_DOOR
        words[Code(name.removeprefix("now "))] = Words(label, sentence, remedy, soon)
    return words


WORDS: dict[Code, Words] = _read(_TABLES)


def said(finding: Finding) -> str:
    """What a list says of a finding: the neutral label when it passed, else what is wrong."""
    words = WORDS[finding.code]
    return words.label if finding.verdict in (Verdict.PASS, Verdict.NOTE) else words.sentence
