"""What a person asks of the clinic from their own page."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from holdspace.assessment.actions.risk import open_risk_task
from holdspace.assessment.models import FormRequest
from holdspace.care import actions as care
from holdspace.care.models import Task

CALL = "Call the person now, as they asked"
PHONE_CHARACTERS = 40


@transaction.atomic
def ask_for_a_call(*, form: FormRequest, phone: str, now: datetime) -> Task:
    """A task for whoever hears an answer about safety: call now. Asked twice, it is one task.

    `phone` may be empty: then the number on file is meant.
    """
    course = care.lock_course(form.course)
    waiting = course.tasks.filter(about=form.id, closed_at__isnull=True, title__startswith=CALL)
    where = phone.strip()[:PHONE_CHARACTERS] or "the number on file"
    return waiting.first() or open_risk_task(
        course=course, title=f"{CALL}: {where}", urgent=True, about=form.id, by=None, now=now
    )
