"""What was typed and not yet sent is kept for the person who typed it, and for nobody else."""

from __future__ import annotations

import json
from datetime import datetime

from django.db import transaction

from holdspace.care.actions.facts import WrongInput
from holdspace.care.models import Draft
from holdspace.people.models import Membership
from holdspace.records.keys import new_key

DRAFT_BYTES_MAX = 262_144


@transaction.atomic
def save_draft(*, key: str, data: dict[str, object], by: Membership, now: datetime) -> Draft:
    """Keep a form as it stands. Raises WrongInput when it is larger than a form can be."""
    text = json.dumps(data)
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


@transaction.atomic
def discard_draft(*, key: str, by: Membership) -> None:
    """Forget a draft: it was sent, or its writer does not want it."""
    Draft.objects.filter(user=by.user, key=key).delete()
