"""Which questions of an instrument are put to a person, given what was answered so far.

A question with a condition is asked once the condition holds, and is not asked any more when a
changed answer takes it away. In a risk triage a declined question counts as "yes", as it does in
the score, so that silence never ends the asking.
"""

from __future__ import annotations

from collections.abc import Mapping

from holdspace.core.scales import YES, Item, Scale


def questions(
    scale: Scale,
    answers: Mapping[str, int],
    declined: frozenset[str] = frozenset(),
    context: Mapping[str, str] | None = None,
) -> tuple[Item, ...]:
    """The questions that are asked, in the order of the form.

    `context` is what some questions depend on ({"sex": "female"}); unknown asks them all.
    """
    given = dict(answers)
    if scale.method == "triage":
        given |= {code: YES for code in declined if code not in given}
    if scale.gate is not None and scale.gate.when(given):
        return tuple(item for item in scale.items if item.code == scale.gate.item)
    return tuple(item for item in scale.items if _is_asked(item, given, context or {}))


def still_open(
    scale: Scale,
    answers: Mapping[str, int],
    declined: frozenset[str] = frozenset(),
    context: Mapping[str, str] | None = None,
) -> tuple[Item, ...]:
    """What is asked and has neither an answer nor a "would not answer"."""
    asked = questions(scale, answers, declined, context)
    return tuple(i for i in asked if i.code not in answers and i.code not in declined)


def _is_asked(item: Item, given: Mapping[str, int], context: Mapping[str, str]) -> bool:
    if not item.is_shown(context):
        return False
    when = item.forbidden_unless or item.asked_when or item.required_when
    return when is None or when(given)
