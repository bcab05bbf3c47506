"""The follow-up of harm is charted in one act: what was answered, and the words beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from holdspace.care import actions as care
from holdspace.care.actions.facts import Reading
from holdspace.care.events import Note
from holdspace.care.models import Course, EventKind
from holdspace.core.oversight import LOOKED_AT
from holdspace.people.models import Membership

SOURCE = "follow-up of harm"
WORDS_CHARACTERS = 500


@transaction.atomic
def chart_follow_up(
    *,
    course: Course,
    readings: Sequence[Reading],
    words: Mapping[str, str],
    by: Membership,
    now: datetime,
) -> None:
    """Chart what was asked; `words` by the name of what was looked at ("bladder").

    Words alone are a note and no look: they move no date. Raises WrongInput when nothing is said.
    """
    said = {name: text.strip() for name, text in words.items() if text.strip()}
    for name, text in said.items():
        if name not in LOOKED_AT or len(text) > WORDS_CHARACTERS:
            accepted = f"{', '.join(LOOKED_AT)}: at most {WORDS_CHARACTERS} characters"
            raise care.WrongInput("words", "This cannot be kept.", accepted)
    if readings or not said:
        care.observe(course=course, readings=readings, taken_at=now, source=SOURCE, by=by, now=now)
    for name, text in said.items():
        body = Note(lane="medical", text=text, about=name)
        care.happen(course=course, kind=EventKind.NOTE, body=body, at=now, by=by, now=now)
