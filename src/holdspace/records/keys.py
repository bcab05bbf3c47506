"""Keys sort by the time they were made and cannot be guessed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
SALT_BYTES = 32


def new_key(now: datetime) -> UUID:
    """A UUID version 7 (RFC 9562, 5.7) for the aware moment `now`.

    48 bits of milliseconds, 12 bits of the fraction of that millisecond (its method 3), and
    62 random bits. Raises ValueError when `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("now: a key needs an aware datetime")
    milliseconds, micro = divmod((now - _EPOCH) // _MICROSECOND, 1000)
    fraction = micro * 4096 // 1000
    value = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return UUID(int=value)


def new_salt() -> bytes:
    """32 random bytes, so that a digest in the chain cannot be undone by guessing the text."""
    return secrets.token_bytes(SALT_BYTES)
