"""How a person may be reached, by their own word: said to the desk, or written from a form's link.

A link may be in the wrong hands, so through it a way of reaching somebody can only be closed;
whatever would open one waits until the desk has asked the person.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from holdspace.care.actions.facts import WrongInput
from holdspace.care.actions.messages import DESK, choices_of, choose_mail
from holdspace.care.actions.tasks import open_task
from holdspace.care.models import Channel, ContactWish, Task
from holdspace.people.actions import change_details
from holdspace.people.models import Membership, Patient
from holdspace.people.staff import first_working
from holdspace.records.actions import record

WISH_TASK = "contact_wish"
WISH_WITHIN = timedelta(hours=24)
WORDS_CHARACTERS = 500


@transaction.atomic
def say_how_to_reach(
    *,
    patient: Patient,
    wanted: Collection[Channel],
    safe_contact: str,
    words: str,
    said_by: str,
    by: Membership,
    now: datetime,
) -> None:
    """What the person said about each channel and the safe way; `said_by` is who, and how.

    Nothing changed writes nothing. Raises WrongInput or people's Refused.
    """
    if len(said_by.strip()) < 3:
        raise WrongInput("said_by", "Who said this?", "the person, and how they said it")
    held = choices_of(patient)
    for channel in Channel:
        wants = channel in wanted
        before = held[channel].wants if channel in held else True
        if wants != before:
            choose_mail(
                patient=patient, wants=wants, by=by, now=now, reason=said_by, channel=channel
            )
    change_details(
        patient=patient, safe_contact=safe_contact, safe_contact_note=words.strip(), by=by,
        now=now, reason=f"said by: {said_by.strip()}"[:200],
    )  # fmt: skip


@transaction.atomic
def wish_to_be_reached(
    *, patient: Patient, stop: Collection[Channel], words: str, now: datetime
) -> ContactWish | None:
    """Through the link of a form: these channels end at once; words become a task for the desk."""
    words = words.strip()
    if len(words) > WORDS_CHARACTERS:
        raise WrongInput("words", "This is long.", f"at most {WORDS_CHARACTERS} characters")
    for channel in Channel:
        if channel in stop:
            reason = "by the link of a form"
            choose_mail(
                patient=patient, wants=False, by=None, now=now, reason=reason, channel=channel
            )
    if not words:
        return None
    row = ContactWish.draft(
        now=now, clinic_id=patient.clinic_id, patient=patient, by=None, words=words
    )
    record(
        rows=[row], stream=f"person:{patient.pk}", act="contact_wish", by=None, now=now,
        clinic_id=patient.clinic_id,
    )  # fmt: skip
    _ask_the_desk(row, now)
    return row


def _ask_the_desk(row: ContactWish, now: datetime) -> None:
    """One task for one person while it is open; several wishes stand on its page together."""
    person, clinic = row.patient, row.clinic
    waiting = Task.objects.of(clinic).filter(patient=person, kind=WISH_TASK, closed_at=None)
    owner = first_working(clinic, now, DESK)
    if owner is None or waiting.exists():
        return
    open_task(
        clinic=clinic,
        patient=person,
        kind=WISH_TASK,
        title=f"{person.called}, {person.display_id}, wrote how they wish to be reached: ask"[:200],
        owner=owner,
        due_at=now + WISH_WITHIN,
        about=row.pk,
        by=None,
        now=now,
    )
