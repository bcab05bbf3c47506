"""A signature is a password typed again for one stated meaning, and it is bound to its signer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

# A signature belongs to the act it was given for: long enough for a slow line, too short to be
# kept for another act.
SIGNATURE_MINUTES_MAX = 5


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed, when, and what it meant (the four fields of 21 CFR 11.50, followed by choice)."""

    membership_id: UUID
    user_id: UUID
    name: str
    at: datetime
    meaning: str

    def __post_init__(self) -> None:
        assert self.at.tzinfo is not None, "the time of a signature is aware"
        assert self.meaning, "a signature means something"

    def is_by(self, membership_id: UUID, now: datetime) -> bool:
        """Whether this is that member's signature and fresh enough to use now."""
        fresh = timedelta(0) <= now - self.at <= timedelta(minutes=SIGNATURE_MINUTES_MAX)
        return self.membership_id == membership_id and fresh


class SignatureRefused(Exception):  # noqa: N818 - an answer, not an error of the program
    """A signature that was not given; `field` is the form field, `message` what would help."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class Refused(Exception):  # noqa: N818 - an answer, not an error of the program
    """An act of this room that may not happen; `field` names what to change ("" for the whole)."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.message = message
