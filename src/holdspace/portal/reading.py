"""Who reads an answer and when, in words for the person; and which answers ask for help at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from holdspace.assessment.actions.risk import reader, reads_when
from holdspace.assessment.models import FormRequest
from holdspace.care.facts import protocol_of
from holdspace.core import risk
from holdspace.core.limits import Tier
from holdspace.core.scales import Item, Scale

# An answer that may wait for a working day opens a task; it does not ask for a crisis line.
HELP_AT = frozenset({Tier.NOW, Tier.SAME_DAY})


@dataclass(frozen=True, slots=True)
class Reads:
    """`about_safety`: some answer of this form asks for a person at once."""

    words: str
    about_safety: bool


def of(form: FormRequest, asked: Scale, now: datetime) -> Reads:
    """What the person is told before the first question."""
    if risk.is_critical(protocol_of(form.course), asked):
        return Reads(reads_when(form.clinic, now), True)
    return Reads(_("Your care team reads your answers on its next working day."), False)


def calls(form: FormRequest, now: datetime) -> bool:
    """Whether somebody is on call who can be asked to call now."""
    found = reader(form.clinic, now)
    return found is not None and found.begins is None


def is_about_safety(form: FormRequest, asked: Scale, item: Item) -> bool:
    """Whether some answer to this question asks for help: such an answer is never filled in."""
    options = [None, *(option.score for option in item.options)]
    return any(needs_help(form, asked, item, option) for option in options)


def needs_help(form: FormRequest, asked: Scale, item: Item, option: int | None) -> bool:
    """Whether this answer by itself shows help now; what was answered before says nothing here."""
    answers = {} if option is None else {item.code: option}
    declined = frozenset({item.code}) if option is None else frozenset()
    concerns = risk.heard(protocol_of(form.course), asked, answers, declined)
    return any(concern.tier in HELP_AT for concern in concerns)
