"""The ends of all streams as a small file to keep where the database's owner can't reach it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from . import canonical
from .chain import FORMAT
from .models import StreamHead


def export(now: datetime) -> dict[str, Any]:
    """`{"format", "exported_at", "heads": [{"stream", "seq", "hash", "at"}], "seal"}`.

    The seal is one SHA-256 over all heads: short enough to print and sign on paper.
    """
    rows = StreamHead.objects.filter(seq__gt=0).order_by("stream")
    heads = [
        {"stream": row.stream, "seq": row.seq, "hash": row.hash, "at": canonical.instant(row.at)}
        for row in rows.iterator()
    ]
    return {
        "format": FORMAT,
        "exported_at": canonical.instant(now),
        "heads": heads,
        "seal": seal(heads),
    }


def seal(heads: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 over the canonical text of the heads."""
    return sha256(canonical.text(heads).encode()).hexdigest()


def load(text: str) -> list[dict[str, Any]]:
    """The heads of an exported file; ValueError says what is wrong with it."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"heads file: not JSON (line {error.lineno}: {error.msg})") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"heads file: expected format {FORMAT} of `holdspace record heads --json`")
    heads = found.get("heads")
    if not isinstance(heads, list) or not all(_is_head(head) for head in heads):
        raise ValueError("heads file: `heads` must list stream, seq and hash of each stream")
    if seal(heads) != found.get("seal"):
        raise ValueError("heads file: its seal does not fit its heads; the file was changed")
    return heads


def _is_head(head: Any) -> bool:
    return (
        isinstance(head, dict)
        and isinstance(head.get("stream"), str)
        and isinstance(head.get("seq"), int)
        and isinstance(head.get("hash"), str)
    )
