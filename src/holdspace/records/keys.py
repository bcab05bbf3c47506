"""Keys sort by the time they were made and cannot be guessed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from threading import Lock
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
SALT_BYTES = 32
_STEP_BITS = 40  # a key is at most this far ahead of the key before it of the same moment


class _Latest:
    """The newest key of this program: what comes in the same moment comes after it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._value = 0

    def after(self, moment: int) -> int:
        with self._lock:
            if self._value >> 62 == moment >> 62:
                self._value += 1 + secrets.randbits(_STEP_BITS)
            else:
                self._value = moment | secrets.randbits(61)  # leaves room for two million steps
            return self._value


_latest = _Latest()


def new_key(now: datetime) -> UUID:
    """A UUID version 7 (RFC 9562, 5.7) for the aware moment `now`.

    48 bits of milliseconds, 12 bits of the fraction of that millisecond (its method 3), and
    62 random bits. Keys that one program makes in one moment sort in the order in which they
    were made, each a random step ahead of the last (6.2, method 2): what happened first stands
    first. Raises ValueError when `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("now: a key needs an aware datetime")
    milliseconds, micro = divmod((now - _EPOCH) // _MICROSECOND, 1000)
    fraction = micro * 4096 // 1000
    return UUID(int=_latest.after(milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62))


def new_salt() -> bytes:
    """32 random bytes, so that a digest in the chain cannot be undone by guessing the text."""
    return secrets.token_bytes(SALT_BYTES)
