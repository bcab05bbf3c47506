"""What a person asks of the clinic from their own page."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from holdspace.assessment.actions.risk import call_now
from holdspace.assessment.models import FormRequest
from holdspace.care.models import Task

CALL = "Call the person now, as they asked"
PHONE_CHARACTERS = 40


@transaction.atomic
def ask_for_a_call(*, form: FormRequest, phone: str, now: datetime) -> Task:
    """A task for whoever hears an answer about safety: call now. Asked twice, it is one task.

    `phone` may be empty: then the number on file is meant.
    """
    # Whoever is in danger is not sent back over a sign that a database cannot keep.
    where = phone.replace("\x00", "").strip()[:PHONE_CHARACTERS]
    return call_now(course=form.course, title=CALL, words=where, about=form.id, now=now)
