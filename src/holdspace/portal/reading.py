"""Who reads an answer and when, in words for the person; and which answers ask for help at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from holdspace.assessment.models import FormRequest
from holdspace.core.facts import Role
from holdspace.core.scales import YES, Item, Scale, score
from holdspace.people.staff import working_in


@dataclass(frozen=True, slots=True)
class Reads:
    """`about_safety`: some answer of this form asks for a person at once."""

    words: str
    about_safety: bool


def of(form: FormRequest, asked: Scale, now: datetime) -> Reads:
    """What the person is told before the first question."""
    return Reads(
        _("Your care team reads your answers on its next working day."), bool(asked.critical)
    )


def calls(form: FormRequest, now: datetime) -> bool:
    """Whether somebody is there who can be asked to call now."""
    return bool(working_in(form.clinic, now, Role.THERAPIST))


def is_about_safety(asked: Scale, item: Item) -> bool:
    """Whether some answer to this question asks for help: such an answer is never filled in."""
    return asked.method == "triage" or any(
        needs_help_for(asked, item, option.score) for option in item.options
    )


def needs_help(form: FormRequest, asked: Scale, item: Item, option: int | None) -> bool:
    """Whether this answer by itself shows help now; what was answered before says nothing here."""
    return needs_help_for(asked, item, option)


def needs_help_for(asked: Scale, item: Item, option: int | None) -> bool:
    if asked.method == "triage":
        return option is None or option == YES
    return option is not None and bool(score(asked, {item.code: option}).critical)
