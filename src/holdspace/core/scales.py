"""A questionnaire is scored as its own file says, and a form that is not complete has no score.

`read` turns one scale file (schema kap-scale/1) into frozen values or names what is wrong with it;
`score` turns answers into a `Score`. An answer that calls for attention is reported as soon as it
is given, whether or not the rest of the form was answered. `change` compares two forms as far as
the file says how. Nothing is ever filled in for a missing answer, whatever a manual allows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from holdspace.core.scale_conditions import COMPARE, YES, Given, ScaleError
from holdspace.core.scale_methods import METHODS, level, part_value, shown
from holdspace.core.scale_model import (
    TOTAL,
    Band,
    Change,
    Criterion,
    Item,
    Number,
    Option,
    Part,
    Scale,
    Score,
)
from holdspace.core.scale_reader import SCHEMA, read
from holdspace.core.scale_screens import SCREENS, screen_word

# What a file says about a critical answer is an unsigned note; only this is ever shown of it.
CLINICIAN_REVIEW = "clinician review (clinic's policy)"
_NO_CONTEXT: Mapping[str, str] = {}


def score(
    scale: Scale,
    answers: Mapping[str, int],
    *,
    declined: frozenset[str] = frozenset(),
    context: Mapping[str, str] | None = None,
) -> Score:
    """Score one form. `declined` are items that the person would not answer.

    In a triage a declined item counts as "yes", so that silence never lowers a risk; elsewhere it
    is missing. `context` is what some bands and questions depend on ({"sex": "female"}); unknown
    is always the more careful reading. Raises ScaleError for an item or an option that the
    instrument does not have.
    """
    given = _checked(scale, answers, declined)
    around = _NO_CONTEXT if context is None else context
    critical = tuple([rule.label for rule in scale.critical if rule.when(given)])
    if len(critical) > 1:
        critical = tuple(dict.fromkeys(critical))
    missing: tuple[str, ...] = tuple([code for code in scale.always if code not in given])
    conflicts: tuple[str, ...] = ()
    gated = scale.gate is not None and scale.gate.when(given)
    if gated or scale.conditional or scale.one_of:
        missing, conflicts = _gaps(scale, given, around, missing, gated)
    if missing:
        return Score(None, "", critical, missing, conflicts=conflicts)
    return _complete(scale, given, around, critical, gated)


def _complete(
    scale: Scale, given: Given, around: Mapping[str, str], critical: tuple[str, ...], gated: bool
) -> Score:
    keyed = given
    if scale.reversed_any:
        keyed = {code: scale.keyed[code][value] for code, value in given.items()}
    if scale.conditional:
        keyed = _with_zeros(scale, keyed)
    if gated and scale.gate is not None:
        total = scale.gate.total
        parts = tuple((part.name, None) for part in scale.subscales)
        return Score(total, level(scale, total, given, around), critical, subscales=parts)
    exact = METHODS[scale.method](scale, keyed)
    if exact is not None and any(alarm.reached(exact) for alarm in scale.critical_totals):
        critical = (*critical, TOTAL)
    return Score(
        shown(exact),
        level(scale, exact, given, around),
        critical,
        subscales=tuple(
            [(part.name, part_value(scale, part, given, keyed)) for part in scale.subscales]
        ),
        met=tuple([rule.label for rule in scale.rules if rule.when(given)]),
        highest=max([keyed[code] for code in scale.sums]) if _asks_each(scale) else None,
    )


def _asks_each(scale: Scale) -> bool:
    """Whether what the file calls a remission looks at every item, not only at the total."""
    remission = scale.changes.remission
    return remission is not None and remission.each is not None


def _checked(scale: Scale, answers: Mapping[str, int], declined: frozenset[str]) -> dict[str, int]:
    """The answers as given, each an option of its item; a triage's declined ones as "yes"."""
    keyed = scale.keyed
    for code, value in answers.items():
        if code not in keyed or value.__class__ is not int or value not in keyed[code]:
            raise _unknown(scale, code, value)
    given = dict(answers)
    if declined:
        for code in declined:
            if code not in keyed:
                raise _unknown(scale, code, "declined")
        if scale.method == "triage":
            for item in scale.items:
                if item.code in declined and item.code not in given and _may_be_asked(item, given):
                    given[item.code] = YES
    return given


def _unknown(scale: Scale, code: str, value: object) -> ScaleError:
    if code not in scale.keyed:
        return ScaleError(
            str(code)[:40], f"{scale.title} has no such item.", ", ".join(scale.keyed)
        )
    options = scale.item(code).options
    accepted = ", ".join(
        f"{option.score} ({option.label})" if option.label else str(option.score)
        for option in options
    )
    return ScaleError(
        code, f"“{str(value)[:20]}” is not one of the answers.", accepted or "nothing"
    )


def _may_be_asked(item: Item, given: Given) -> bool:
    return item.forbidden_unless is None or item.forbidden_unless(given)


def _gaps(
    scale: Scale,
    given: Given,
    around: Mapping[str, str],
    missing: tuple[str, ...],
    gated: bool,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What still needs an answer, and what has one although it was not to be asked."""
    if gated and scale.gate is not None:
        beyond = [c for c, value in given.items() if c != scale.gate.item and scale.keyed[c][value]]
        return tuple(beyond), tuple(beyond)
    needed, conflicts = list(missing), []
    for item in scale.conditional:
        if item.code in given:
            if _conflicts(item, given, around):
                conflicts.append(item.code)
        elif _needed(item, given):
            needed.append(item.code)
    for codes in scale.one_of:
        if not any(code in given for code in codes):
            needed += [code for code in codes if scale.item(code).is_shown(around)] or codes
    order = [item.code for item in scale.items]
    return tuple(sorted({*needed, *conflicts}, key=order.index)), tuple(conflicts)


def _needed(item: Item, given: Given) -> bool:
    if item.required_when is not None:
        return item.required_when(given)
    if item.optional:
        return False
    return item.asked_when is None or item.asked_when(given)


def _conflicts(item: Item, given: Given, around: Mapping[str, str]) -> bool:
    """An answer that contradicts an answered question; a zero where none was due is fair."""
    if not item.is_shown(around):
        return True
    only = item.forbidden_unless
    if only is not None and not only(given) and all(code in given for code in only.codes):
        return True
    when = item.asked_when
    contradicts = when is not None and not when(given) and all(c in given for c in when.codes)
    return contradicts and given[item.code] != 0


def _with_zeros(scale: Scale, keyed: Given) -> Given:
    """Questions that the file counts as zero when they were rightly not asked."""
    zero = [i.code for i in scale.conditional if i.zero_unasked and i.code not in keyed]
    return {**keyed, **dict.fromkeys(zero, 0)} if zero else keyed


# --- two forms ------------------------------------------------------------------------------------


def change(scale: Scale, before: Score, after: Score) -> Change:
    """What is known about the way from one form to a later one of the same instrument."""
    rules = scale.changes
    if before.total is None or after.total is None or scale.triage:
        return Change()
    points = after.total - before.total
    size = points if points >= 0 else -points
    return Change(
        points=points,
        meaningful=None if rules.smallest is None else size >= rules.smallest,
        reliable=None if rules.reliable is None else size >= rules.reliable,
        response=_reached(rules.response, before.total, after),
        remission=_reached(rules.remission, before.total, after),
    )


def _reached(criterion: Criterion | None, before: Number, after: Score) -> bool | None:
    if criterion is None or after.total is None:
        return None
    if criterion.kind == "points":
        return before - after.total >= criterion.value
    if criterion.kind == "percent":
        return (before - after.total) * 100 >= before * criterion.value if before > 0 else None
    low = bool(COMPARE[criterion.op](after.total, criterion.value))
    if criterion.each is None:
        return low
    return None if after.highest is None else low and after.highest <= criterion.each


def with_cutoff(scale: Scale, value: int) -> Scale:
    """The same instrument with the clinic's own cut-point, where the file leaves that open."""
    allowed = scale.cutoff_range
    if allowed is None or not allowed[0] <= value <= allowed[1] or len(scale.bands) != 2:
        accepted = f"{allowed[0]} to {allowed[1]}" if allowed else "nothing: the file fixes it"
        raise ScaleError("cutoff", f"{scale.title} cannot be cut at {value}.", accepted)
    under, over = scale.bands
    bands = (
        dataclasses.replace(under, high=value - 1),
        dataclasses.replace(over, low=value),
    )
    return dataclasses.replace(scale, bands=bands)


__all__ = [
    "CLINICIAN_REVIEW",
    "SCHEMA",
    "SCREENS",
    "TOTAL",
    "YES",
    "Band",
    "Change",
    "Item",
    "Option",
    "Part",
    "Scale",
    "ScaleError",
    "Score",
    "change",
    "read",
    "score",
    "screen_word",
    "with_cutoff",
]
