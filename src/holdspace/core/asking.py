"""Which questions of an instrument are put to a person, given what was answered so far.

A question with a condition is asked once the condition holds, and is not asked any more when a
changed answer takes it away. In a risk triage a declined question counts as "yes", as it does in
the score, so that silence never ends the asking.
"""

from __future__ import annotations

from collections.abc import Mapping

from holdspace.core.scales import YES, Item, Scale


def questions(
    scale: Scale, answers: Mapping[str, int], declined: frozenset[str] = frozenset()
) -> tuple[Item, ...]:
    """The questions that are asked, in the order of the form."""
    given = dict(answers)
    if scale.method == "triage":
        given |= {code: YES for code in declined if code not in given}
    return tuple(item for item in scale.items if _is_asked(item, given))


def still_open(
    scale: Scale, answers: Mapping[str, int], declined: frozenset[str] = frozenset()
) -> tuple[Item, ...]:
    """What is asked and has neither an answer nor a "would not answer"."""
    asked = questions(scale, answers, declined)
    return tuple(i for i in asked if i.code not in answers and i.code not in declined)


def _is_asked(item: Item, given: Mapping[str, int]) -> bool:
    if not item.asked_when_any_yes:
        return True
    return any(given.get(code) == YES for code in item.asked_when_any_yes)
