"""An entry's hash covers everything it says and everything said before it."""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from . import canonical

FORMAT = 1
GENESIS = "0" * 64
ERASE = "erase"
BODY_CHARACTERS_MAX = 4000

_STREAM = re.compile(r"[a-z]{1,20}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ACT = re.compile(r"[a-z][a-z0-9_. -]{0,63}")


class Link(Protocol):
    """What of an entry is hashed; a model instance or a named row will do."""

    @property
    def id(self) -> UUID: ...
    @property
    def clinic_id(self) -> UUID: ...
    @property
    def stream(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def format(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor_id(self) -> UUID | None: ...
    @property
    def act(self) -> str: ...
    @property
    def subject_table(self) -> str: ...
    @property
    def subject_id(self) -> UUID | None: ...
    @property
    def subject_digest(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def prev_hash(self) -> str: ...


def stream_name(kind: str, key: UUID) -> str:
    """`course:<uuid>`, `register:<uuid>`, `clinic:<uuid>`; ValueError for anything else."""
    name = f"{kind}:{key}"
    if not _STREAM.fullmatch(name):
        raise ValueError(f"stream {name!r}: expected a lower-case word, a colon and a UUID")
    return name


def check_words(stream: str, act: str) -> None:
    """Refuse a stream or act that is not of the agreed shape."""
    if not _STREAM.fullmatch(stream):
        raise ValueError(f"stream {stream!r}: expected a lower-case word, a colon and a UUID")
    if not _ACT.fullmatch(act):
        raise ValueError(f"act {act!r}: expected a short lower-case verb of at most 64 characters")


def entry_hash(link: Link) -> str:
    """SHA-256 over the format's name and the canonical text of the entry.

    Only format 1 exists; a later one gets its own branch here, so that old entries still verify.
    """
    if link.format != FORMAT:
        raise ValueError(f"format {link.format} is not known to this program")
    text = canonical.text(
        [
            link.format,
            link.id,
            link.clinic_id,
            link.stream,
            link.seq,
            link.at,
            link.actor_id,
            link.act,
            link.subject_table,
            link.subject_id,
            link.subject_digest,
            link.body,
            link.prev_hash,
        ]
    )
    return sha256(f"holdspace record {FORMAT}\n{text}".encode()).hexdigest()
