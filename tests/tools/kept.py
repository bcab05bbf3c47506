"""What was played once in an empty database is written down again instead of played again.

`again("clinic", make)` runs `make` the first time and keeps every row that it wrote and changed,
with a copy of what it returned. The next time, in an equal database, it writes those rows and
returns another copy. A scene may stand on a scene: `House.guest` on `played`. The rows are the work
of real actions; only their second and later playing is left out, for which most tests would wait.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from django.apps import apps
from django.db import connection

from holdspace.people.models import Clinic, Membership, Site
from holdspace.records.chain import GENESIS
from holdspace.records.models import Entry, StreamHead
from holdspace.schedule.models import Room

Row = tuple[Any, ...]
Table = dict[Any, Row]  # by primary key


@dataclass(slots=True)
class _Scene:
    """One thing that was played: the rows it added, those it changed, and what it returned."""

    returned: Any
    added: dict[str, list[Row]] = field(default_factory=dict)
    changed: dict[str, list[Row]] = field(default_factory=dict)


_scenes: dict[Hashable, _Scene] = {}
_ends: set[Hashable] = set()  # how the record stood after each of them
_columns: dict[str, tuple[list[str], int]] = {}  # by table: its columns and the key's place


def again(what: Hashable, make: Callable[[], Any]) -> Any:
    """What `make` returns, and everything it writes; played only the first time."""
    before = fingerprint()
    scene = _scenes.get((what, before))
    if scene is None:
        rows = _everything()
        returned = make()
        _scenes[what, before] = _kept(rows, returned)
        _ends.add(fingerprint())
        return returned
    for table, rows_added in scene.added.items():
        _insert(table, rows_added)
    for table, rows_changed in scene.changed.items():
        _update(table, rows_changed)
    return copy.deepcopy(scene.returned)


def stands() -> bool:
    """Whether the record stands as a scene left it, so that another may stand on it."""
    return fingerprint() in _ends


def fingerprint() -> Hashable:
    """Every head of the record, and what a test may have set without an act.

    As every act is chained, equal heads and equal settings mean an equal database.
    """
    tables = [model._meta.db_table for model in (StreamHead, Clinic, Site, Membership, Room)]
    _tables()
    return tuple(tuple(sorted(map(repr, _rows(table).values()))) for table in tables)


def _kept(before: dict[str, Table], returned: Any) -> _Scene:
    scene = _Scene(copy.deepcopy(returned))
    for table, rows in _everything().items():
        old = before[table]
        assert old.keys() <= rows.keys(), f"{table}: a scene may not remove a row"
        added = [row for key, row in rows.items() if key not in old]
        changed = [row for key, row in rows.items() if old.get(key, row) != row]
        if table == StreamHead._meta.db_table:  # its guard: born empty, then moved to its entry
            changed += added
            added = [(*row[:2], 0, GENESIS, row[4]) for row in added]
        scene.added[table], scene.changed[table] = added, changed
    entries = Entry._meta.db_table  # its guard: one after the other
    names, _ = _columns[entries]
    stream, seq = names.index("stream"), names.index("seq")
    scene.added[entries].sort(key=lambda row: (row[stream], row[seq]))
    return scene


def _everything() -> dict[str, Table]:
    return {table: _rows(table) for table in _tables()}


def _tables() -> list[str]:
    if not _columns:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.managed and not model._meta.proxy:
                names = [one.column for one in model._meta.concrete_fields]
                key = names.index(model._meta.pk.column)
                _columns[model._meta.db_table] = (names, key)
    return list(_columns)


def _rows(table: str) -> Table:
    names, key = _columns[table]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_quoted(names)} FROM {_quoted([table])}")
        rows = [tuple(map(_as_stored, row)) for row in cursor.fetchall()]
        return {row[key]: row for row in rows}


def _as_stored(value: Any) -> Any:
    """SQLite keeps a date or a time as text, and gives it back as what it means."""
    is_text = connection.vendor == "sqlite" and isinstance(value, date | time)
    return str(value) if is_text else value


def _insert(table: str, rows: list[Row]) -> None:
    if not rows:
        return
    names, _ = _columns[table]
    places = ", ".join(["%s"] * len(names))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {_quoted([table])} ({_quoted(names)}) VALUES ({places})",
            rows,
        )


def _update(table: str, rows: list[Row]) -> None:
    if not rows:
        return
    names, key = _columns[table]
    sets = ", ".join(f"{_quoted([name])} = %s" for name in names)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {_quoted([table])} SET {sets} WHERE {_quoted([names[key]])} = %s",
            [(*row, row[key]) for row in rows],
        )


def _quoted(names: list[str]) -> str:
    return ", ".join(connection.ops.quote_name(name) for name in names)
