"""One value has exactly one text, whatever database it was read from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID


def instant(value: datetime) -> str:
    """UTC with six decimals and a Z: both databases keep microseconds, neither keeps the zone."""
    if value.tzinfo is None:
        raise ValueError("a time without a zone is not a moment: make it aware")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def decimal(value: Decimal) -> str:
    """Plain digits without exponent or trailing zeros: 1.50 and 1.5 are the same amount."""
    if not value.is_finite():
        raise ValueError(f"{value} is not an amount")
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def plain(value: Any) -> Any:
    """The value in the few types JSON shares with both databases; TypeError for any other.

    Floats are refused: PostgreSQL's jsonb gives 1e22 back as an integer and SQLite does not, and
    no quantity of this program is a float.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return decimal(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return _nested(value, plain)


def json_value(value: Any) -> Any:
    """A value for a JSON column: only what comes back from both databases as it went in."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    return _nested(value, json_value)


def _nested(value: Any, inner: Any) -> Any:
    if isinstance(value, Mapping):
        strange = [key for key in value if not isinstance(key, str)]
        if strange:
            raise TypeError(f"the key {strange[0]!r} is not text")
        return {str(key): inner(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [inner(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical text; use int, Decimal, str or bool")


def text(value: Any) -> str:
    """Canonical JSON: keys sorted by code point, no spaces, characters unescaped."""
    return json.dumps(
        plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
