"""The whole record is read again, and the first thing that does not fit is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from .chain import ERASE, FORMAT, GENESIS, entry_hash
from .guards import unguarded
from .models import Entry, Sealed, StreamHead, sealed_models

BATCH = 1000
Progress = Callable[[int, int], None]
# table -> key -> the row, for the subjects of one batch of entries
Subjects = dict[str, dict[UUID, Sealed]]

_FIELDS = tuple(column.attname for column in Entry._meta.concrete_fields)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing that does not fit, in one plain sentence; unknown parts are None."""

    what: str
    stream: str | None = None
    seq: int | None = None
    act: str | None = None
    table: str | None = None
    subject_id: str | None = None


@dataclass(slots=True)
class Report:
    """What was read: streams, entries, erased rows met, tables without guard, the first break."""

    streams: int = 0
    entries: int = 0
    erased: int = 0
    unguarded: list[str] = field(default_factory=list)
    broken: Broken | None = None

    @property
    def ok(self) -> bool:
        """True when nothing is broken and every table that must be guarded is."""
        return self.broken is None and not self.unguarded

    def as_dict(self) -> dict[str, Any]:
        """The report for `--json`."""
        return {"ok": self.ok, **asdict(self)}


@dataclass(slots=True)
class _Walk:
    """Where the walk stands in its stream."""

    stream: str = ""
    seq: int = 0
    hash: str = GENESIS
    clinic_id: UUID | None = None


def verify(
    progress: Progress | None = None, heads: Sequence[Mapping[str, Any]] | None = None
) -> Report:
    """Read every stream in order, inside one snapshot, holding one batch in memory.

    `heads` are exported earlier (`records.heads`): each must still be in the record. Stops at the
    first break; `progress(done, total)` is called after every batch.
    """
    report = Report(unguarded=unguarded())
    with _snapshot():
        for check in (_tables, _streams, _emptied, _planted):
            report.broken = check(report, progress)
            if report.broken:
                return report
        report.broken = _kept_heads(heads or [])
    return report


@contextmanager
def _snapshot() -> Iterator[None]:
    """See one moment of the database without making writers wait."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # Not atomic(): that begins IMMEDIATE and would hold the only write lock all the while.
        connection.cursor().execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            connection.cursor().execute("ROLLBACK")
    else:
        with transaction.atomic():
            mode = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
            connection.cursor().execute(mode)
            yield


def _tables(report: Report, progress: Progress | None) -> Broken | None:
    """A table dropped whole, or not made yet."""
    there = set(connection.introspection.table_names())
    wanted = [Entry._meta.db_table, StreamHead._meta.db_table]
    wanted += [model._meta.db_table for model in sealed_models()]
    missing = [table for table in wanted if table not in there]
    return Broken(f"the table {missing[0]} is missing", table=missing[0]) if missing else None


def _streams(report: Report, progress: Progress | None) -> Broken | None:
    """Walk all entries by stream and number."""
    total = Entry.objects.count()
    rows = Entry.objects.order_by("stream", "seq").values_list(*_FIELDS, named=True)
    walk = _Walk()
    for batch in _batched(rows.iterator(chunk_size=BATCH)):
        known = _load(batch)
        heads = StreamHead.objects.in_bulk({walk.stream, *(entry.stream for entry in batch)})
        erasures = _erasures(known)
        for entry in batch:
            if entry.stream != walk.stream:
                broken = _end(walk, heads)
                if broken:
                    return broken
                walk = _Walk(stream=entry.stream, clinic_id=entry.clinic_id)
                report.streams += 1
            what = _link_fault(entry, walk) or _subject_fault(entry, known, erasures)
            if what:
                return _broken(entry, what)
            walk.seq, walk.hash = entry.seq, entry.hash
            report.entries += 1
        report.erased += sum(entry.act == ERASE for entry in batch)
        if progress:
            progress(report.entries, total)
    return _end(walk, StreamHead.objects.in_bulk([walk.stream]))


def _link_fault(entry: Any, walk: _Walk) -> str | None:
    """What is wrong between this entry, itself and the one before it."""
    if entry.seq != walk.seq + 1:
        return f"entry {walk.seq + 1} is missing: the next one there is {entry.seq}"
    if entry.format != FORMAT:
        return f"it is written in format {entry.format}, which this program does not know"
    if entry.clinic_id != walk.clinic_id:
        return "it belongs to another clinic than the rest of its stream"
    if entry.prev_hash != walk.hash:
        return "it does not follow the entry before it: one of the two was changed or replaced"
    if entry.hash != entry_hash(entry):
        return "its own text no longer gives its hash: the entry was changed"
    return None


def _subject_fault(entry: Any, known: Subjects, erasures: set[UUID]) -> str | None:
    """What is wrong with the row this entry speaks of."""
    if not entry.subject_table:
        return None
    if entry.subject_table not in known:
        return f"it speaks of the table {entry.subject_table}, which this program does not know"
    row = known[entry.subject_table].get(entry.subject_id)
    name = f"the row {entry.subject_id} of {entry.subject_table}"
    if row is None:
        return f"{name} is missing"
    if row.clinic_id != entry.clinic_id:  # type: ignore[attr-defined]
        return f"{name} belongs to another clinic"
    if row.is_erased and entry.act != ERASE:
        return None if entry.subject_id in erasures else f"{name} was erased without a record of it"
    try:
        digest = Sealed.digest(row)  # a table may have a column of that name
    except (TypeError, ValueError) as error:
        return f"{name} can't be read: {error}"
    if digest != entry.subject_digest:
        return f"{name} was changed after it was recorded"
    return None


def _end(walk: _Walk, heads: Mapping[str, StreamHead]) -> Broken | None:
    """The stream just finished must end where its head says."""
    if not walk.stream:
        return None
    head = heads.get(walk.stream)
    if head is None:
        return Broken("the head of this stream is missing", walk.stream, walk.seq)
    if (head.seq, head.hash) == (walk.seq, walk.hash):
        return None
    if head.seq > walk.seq:
        what = f"the end was cut: the head speaks of entry {head.seq}, the last one is {walk.seq}"
        return Broken(what, walk.stream, walk.seq + 1)
    what = f"the head stands at entry {head.seq} and does not match the entries"
    return Broken(what, walk.stream, head.seq)


def _emptied(report: Report, progress: Progress | None) -> Broken | None:
    """A head whose entries are all gone."""
    own = Entry.objects.filter(stream=OuterRef("stream"))
    head = StreamHead.objects.filter(~Exists(own), seq__gt=0).order_by("stream").first()
    if head is None:
        return None
    return Broken(f"all {head.seq} entries of this stream are missing", head.stream, 1)


def _planted(report: Report, progress: Progress | None) -> Broken | None:
    """A sealed row that no entry speaks of."""
    for model in sealed_models():
        table = model._meta.db_table
        entry = Entry.objects.filter(subject_id=OuterRef("pk"), subject_table=table)
        key = (
            model._base_manager.filter(~Exists(entry))
            .order_by("pk")
            .values_list("pk", flat=True)
            .first()
        )
        if key is not None:
            what = f"the row {key} of {table} has no entry: it was put in past the record"
            return Broken(what, table=table, subject_id=str(key))
    return None


def _kept_heads(heads: Sequence[Mapping[str, Any]]) -> Broken | None:
    """A head kept elsewhere must still be an entry here, or the end was cut or written anew."""
    for batch in _batched(iter(heads)):
        there = {
            (stream, seq): hash_
            for stream, seq, hash_ in Entry.objects.filter(
                hash__in=[head["hash"] for head in batch]
            ).values_list("stream", "seq", "hash")
        }
        for head in batch:
            stream, seq = head["stream"], head["seq"]
            if there.get((stream, seq)) != head["hash"]:
                what = (
                    f"the head kept elsewhere (entry {seq}, {head['hash'][:12]}…) is not in the"
                    " record: its end was cut or written anew"
                )
                return Broken(what, stream, seq)
    return None


def _load(batch: Sequence[Any]) -> Subjects:
    """The subjects of a batch: one query for each table in it."""
    wanted: dict[str, set[UUID]] = {}
    for entry in batch:
        if entry.subject_table:
            wanted.setdefault(entry.subject_table, set()).add(entry.subject_id)
    return {
        model._meta.db_table: model._base_manager.in_bulk(wanted[model._meta.db_table])
        for model in sealed_models()
        if model._meta.db_table in wanted
    }


def _erasures(known: Subjects) -> set[UUID]:
    """Of the erased rows in the batch, those with an entry that says so."""
    erased = [key for rows in known.values() for key, row in rows.items() if row.is_erased]
    if not erased:
        return set()
    found = Entry.objects.filter(subject_id__in=erased, act=ERASE)
    return {entry.subject_id for entry in found if entry.subject_id}


def _broken(entry: Any, what: str) -> Broken:
    subject = str(entry.subject_id) if entry.subject_id else None
    return Broken(what, entry.stream, entry.seq, entry.act, entry.subject_table or None, subject)


def _batched(rows: Iterable[Any]) -> Iterator[list[Any]]:
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        yield batch
