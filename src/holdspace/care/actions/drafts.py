"""What was typed and not yet sent is kept for the person who typed it, and for nobody else."""

from __future__ import annotations

import json
from datetime import datetime

from django.db import transaction

from holdspace.care import secrecy
from holdspace.care.actions.facts import WrongInput
from holdspace.care.actions.private import seal_for
from holdspace.care.models import Draft
from holdspace.people.access import May
from holdspace.people.models import Membership
from holdspace.records.keys import new_key

DRAFT_BYTES_MAX = 262_144
PRIVATE = "private-note:"  # a form whose draft is kept encrypted, as the note itself will be


@transaction.atomic
def save_draft(*, key: str, data: dict[str, object], by: Membership, now: datetime) -> Draft:
    """Keep a form as it stands. Raises WrongInput when it is larger than a form can be."""
    text = json.dumps(data)
    if key.startswith(PRIVATE):
        if not by.may(May.WRITE_PRIVATE_NOTES, now):
            raise WrongInput("key", "Your role keeps no private notes.", "another form")
        text = seal_for(by, text, bound_to=_bound(key, by))
    if len(text) > DRAFT_BYTES_MAX or not 0 < len(key) <= 200:
        raise WrongInput("data", "This is too much for one form.", "up to 256 KB of text")
    draft, _ = Draft.objects.update_or_create(
        user=by.user,
        key=key,
        defaults={"clinic": by.clinic, "data": text, "saved_at": now},
        create_defaults={
            "id": new_key(now),
            "clinic": by.clinic,
            "data": text,
            "saved_at": now,
        },
    )
    return draft


def draft_data(draft: Draft, by: Membership) -> dict[str, object] | None:
    """What was typed; None for a private note whose key is not on this machine."""
    text: str = draft.data
    if draft.key.startswith(PRIVATE):
        try:
            text = secrecy.unseal(
                text, clinic=by.clinic_id, author=by.id, bound_to=_bound(draft.key, by)
            )
        except secrecy.KeyMissing:
            return None
    data: dict[str, object] = json.loads(text)
    return data


def _bound(key: str, by: Membership) -> str:
    return f"draft:{by.user_id}:{key}"


@transaction.atomic
def discard_draft(*, key: str, by: Membership, entry: str = "") -> None:
    """Forget a draft: it was sent, or its writer does not want it.

    Where `entry` says what was sent, a draft of another entry stays: it was begun in the same form
    while the first waited for the network.
    """
    for draft in Draft.objects.filter(user=by.user, key=key):
        if not entry or _entry_of(draft) in ("", entry):
            draft.delete()


def _entry_of(draft: Draft) -> str:
    """The id under which a session page will send what is typed; empty where none was given."""
    if draft.key.startswith(PRIVATE):
        return ""
    match json.loads(draft.data).get("entry"):
        case [str(entry)]:
            return entry
    return ""
