"""What the verbs of this room share: asking for a right, and writing down that it was used."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.db.models import F

from holdspace.people.access import WORDS, May
from holdspace.people.models import Membership, User
from holdspace.people.signing import Refused, Signature
from holdspace.records.actions import append
from holdspace.records.chain import stream_name


def must(by: Membership, capability: May, now: datetime) -> None:
    """Refuse somebody who does not hold the right at this moment."""
    if not by.may(capability, now):
        raise Refused(f"{by.name} may not {WORDS[capability]} today.")


def same_clinic(by: Membership, row: Any) -> None:
    """Nothing joins across clinics; a row of another one is as good as not there."""
    if row.clinic_id != by.clinic_id:
        raise Refused("That is not in this clinic.")


def must_be_signed(signature: Signature, by: Membership, now: datetime) -> None:
    """The act needs its own fresh signature, by the person who acts."""
    if not signature.is_by(by.pk, now):
        raise Refused("Sign again: the signature is somebody else's or too old.", "password")


def note(
    act: str, row: Any, *, by: Membership | None, now: datetime, stream: str = "", **body: Any
) -> None:
    """Chain one act of this room: ids and codes only."""
    append(
        stream=stream or stream_name("clinic", row.clinic_id),
        act=act,
        by=by,
        now=now,
        clinic_id=row.clinic_id,
        body={"id": str(row.pk), **body},
    )


def end_sign_ins(user: User) -> None:
    """Every open sign-in of the account ends at its next request."""
    User.objects.filter(pk=user.pk).update(sign_in_epoch=F("sign_in_epoch") + 1)


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """How a link is kept: whoever reads the database cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()
