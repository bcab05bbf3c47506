"""Everything that is written down is chained in the transaction that wrote it.

An append on a known stream is three statements, however many entries it carries:

    SELECT head FOR UPDATE   (SQLite: the IMMEDIATE transaction already holds the only lock)
    INSERT entries           (one statement for all of them)
    UPDATE head

A stream's first append adds two: INSERT head (doing nothing when another writer was first) and
the SELECT again. `record` adds one INSERT per table of subjects. Locks are taken in one order
everywhere: the course first, then the stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction

from holdspace.records import canonical
from holdspace.records.chain import (
    BODY_CHARACTERS_MAX,
    ERASE,
    FORMAT,
    GENESIS,
    check_words,
    entry_hash,
)
from holdspace.records.keys import new_key
from holdspace.records.models import Entry, Sealed, StreamHead, clinic_of, subjects


class Actor(Protocol):
    """Who acts: a membership of a clinic (the room above knows the rest)."""

    @property
    def pk(self) -> Any: ...

    clinic_id: Any


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to write down: a short verb, the row it made (if any), ids and codes.

    `body` holds ids, codes and digests, never clinical text: it can't be erased.
    """

    act: str
    subject: Sealed | None = None
    body: Mapping[str, Any] | None = None


def append(
    *,
    stream: str,
    act: str,
    by: Actor | None,
    now: datetime,
    clinic_id: UUID,
    subject: Sealed | None = None,
    body: Mapping[str, Any] | None = None,
) -> Entry:
    """Chain one act to `stream`, inside the caller's transaction."""
    acts = [Act(act, subject, body)]
    return append_many(stream=stream, acts=acts, by=by, now=now, clinic_id=clinic_id)[0]


def append_many(
    *, stream: str, acts: Sequence[Act], by: Actor | None, now: datetime, clinic_id: UUID
) -> list[Entry]:
    """Chain several acts at once, in their order; an empty list writes nothing.

    Raises RuntimeError outside a transaction, ValueError for a malformed stream or act, a body
    that is too long, or a subject or stream of another clinic.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("append needs the transaction that makes the change it records")
    for item in acts:
        check_words(stream, item.act)
    if not acts:
        return []
    head = _locked_head(stream, clinic_id, now)
    entries = []
    for item in acts:
        entry = _entry(item, head, by=by, now=now)
        head.seq, head.hash = entry.seq, entry.hash
        entries.append(entry)
    Entry.objects.bulk_create(entries)
    StreamHead.objects.filter(stream=stream).update(seq=head.seq, hash=head.hash, at=now)
    return entries


def record(
    *,
    rows: Sequence[Sealed],
    stream: str,
    act: str,
    by: Actor | None,
    now: datetime,
    clinic_id: UUID,
    body: Mapping[str, Any] | None = None,
) -> list[Entry]:
    """Insert new sealed rows and chain one entry for each: all of them or none."""
    with transaction.atomic():
        for model, group in subjects(rows).items():
            model._base_manager.bulk_create(group)
        acts = [Act(act, row, body) for row in rows]
        return append_many(stream=stream, acts=acts, by=by, now=now, clinic_id=clinic_id)


def erase(
    *,
    subject: Sealed,
    stream: str,
    by: Actor | None,
    now: datetime,
    clinic_id: UUID,
    body: Mapping[str, Any] | None = None,
) -> Entry:
    """Empty the row's erasable columns and its salt, and chain that this was done.

    The entry keeps the digest of what remains. The erased text's own digest stays in the chain
    and says nothing without its salt. Erasing twice is refused with a ValueError.
    """
    if subject.is_erased:
        raise ValueError(f"{subject._meta.db_table} {subject.pk} is already erased")
    if not subject.erasable:
        raise TypeError(f"{subject._meta.db_table} has no columns that may be erased")
    with transaction.atomic():
        empty = dict.fromkeys((*subject.erasable, "salt"))
        changed = type(subject)._base_manager.filter(pk=subject.pk).update(**empty)
        if changed != 1:
            raise ValueError(f"{subject._meta.db_table} {subject.pk} is not there to erase")
        for name in empty:
            setattr(subject, name, None)
        return append(
            stream=stream,
            act=ERASE,
            by=by,
            now=now,
            clinic_id=clinic_id,
            subject=subject,
            body=body,
        )


def _locked_head(stream: str, clinic_id: UUID, now: datetime) -> StreamHead:
    """The stream's head, held until the transaction ends; made when the stream is new."""
    waiting = StreamHead.objects.select_for_update().filter(stream=stream)
    head = waiting.first()
    if head is None:
        born = StreamHead(stream=stream, clinic_id=clinic_id, seq=0, hash=GENESIS, at=now)
        # Two first writers: the second waits here for the first, then finds its head below.
        StreamHead.objects.bulk_create([born], ignore_conflicts=True)
        head = waiting.get()
    if head.clinic_id != UUID(str(clinic_id)):
        raise ValueError(f"stream {stream} belongs to another clinic")
    return head


def _entry(item: Act, head: StreamHead, *, by: Actor | None, now: datetime) -> Entry:
    subject, body = item.subject, canonical.text(item.body) if item.body else ""
    if len(body) > BODY_CHARACTERS_MAX:
        raise ValueError(
            f"body: {len(body)} characters; at most {BODY_CHARACTERS_MAX} of ids, codes and digests"
        )
    if subject is not None and clinic_of(subject) != head.clinic_id:
        raise ValueError(f"{subject._meta.db_table} {subject.pk} belongs to another clinic")
    entry = Entry(
        id=new_key(now),
        clinic_id=head.clinic_id,
        stream=head.stream,
        seq=head.seq + 1,
        format=FORMAT,
        at=now,
        actor_id=by.pk if by else None,
        act=item.act,
        subject_table=subject._meta.db_table if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        subject_digest=Sealed.digest(subject) if subject is not None else "",
        body=body,
        prev_hash=head.hash,
    )
    entry.hash = entry_hash(entry)
    return entry
