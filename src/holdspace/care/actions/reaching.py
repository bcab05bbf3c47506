"""How a person may be reached, by their own word: said to the desk, or written from a form's link.

A link may be in the wrong hands, so through it a way of reaching somebody can only be closed;
whatever would open one waits until the desk has asked the person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from holdspace.care.actions.facts import WrongInput
from holdspace.care.actions.messages import DESK, choices_of, choose_mail
from holdspace.care.actions.tasks import open_task
from holdspace.care.models import Channel, ContactWish, MailChoice, Task
from holdspace.core.facts import Role
from holdspace.people.actions import change_details
from holdspace.people.models import Membership, Patient
from holdspace.people.staff import first_working, somebody
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
    seen: str,
    by: Membership,
    now: datetime,
) -> None:
    """What the person said about each channel and the safe way; `said_by` is who, and how.

    `seen` is `mark_of` what was shown: a page that somebody has overtaken opens nothing again.
    Nothing changed writes nothing. Raises WrongInput or people's Refused.
    """
    if len(said_by.strip()) < 3:
        raise WrongInput("said_by", "Who said this?", "the person, and how they said it")
    patient = Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=patient.pk)
    held = choices_of(patient)
    if seen != mark_of(patient, held):
        problem = "This was changed meanwhile: look again."
        raise WrongInput("wanted", problem, "a choice made over what holds now, as it is shown")
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


def mark_of(patient: Patient, held: Mapping[Channel, MailChoice]) -> str:
    """A short mark of how somebody may be reached: after any newer choice it is another one."""
    choices = sorted(str(row.pk) for row in held.values())
    told = [*choices, patient.safe_contact, patient.safe_contact_note]
    return sha256("\n".join(told).encode()).hexdigest()[:32]


@transaction.atomic
def wish_to_be_reached(
    *, patient: Patient, stop: Collection[Channel], words: str, now: datetime
) -> ContactWish | None:
    """Through the link of a form: these channels end at once; words become a task for the desk."""
    words = words.strip()
    if len(words) > WORDS_CHARACTERS:
        raise WrongInput("words", "This is long.", f"at most {WORDS_CHARACTERS} characters")
    if "\x00" in words:
        raise WrongInput("words", "There is a sign in it that cannot be kept.", "plain words")
    patient = Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=patient.pk)
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
    """A task that nobody has read yet shows every wish written so far; after a look, a new one.

    Where nobody of the desk works, it is anybody's: what a person wrote is read by somebody.
    """
    person, clinic = row.patient, row.clinic
    waiting = Task.objects.of(clinic).filter(patient=person, kind=WISH_TASK, closed_at=None)
    held = list(waiting.select_for_update(of=("self",)))  # nobody reads it while we look
    owner = somebody(clinic, now, DESK)
    if owner is None or any(task.is_unread for task in held):
        return
    due = now + WISH_WITHIN
    open_task(
        clinic=clinic,
        patient=person,
        kind=WISH_TASK,
        title=f"{person.called}, {person.display_id}, wrote how they wish to be reached: ask"[:200],
        owner=owner,
        due_at=due,
        escalates_to=first_working(clinic, now, (Role.MEDICAL_DIRECTOR,), but=owner),
        escalates_at=due,
        about=row.pk,
        by=None,
        now=now,
    )
