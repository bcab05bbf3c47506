"""The database itself refuses to change what was written, whoever asks and by whatever path.

Each guard is a migration operation for both vendors, to be put after the operation that makes
the table. SQLite drops a table's triggers when Django rebuilds the table (altering a column,
adding a constraint), so such a migration repeats the guard; `unguarded` notices when it did not.
On SQLite the connection must have `recursive_triggers = ON`, or REPLACE INTO deletes unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from .chain import GENESIS
from .models import AccessEvent, Entry, StreamHead, sealed_models

APPEND_ONLY, EXCEPT, ERASABLE, HEAD = "append_only", "except", "erasable", "head"

_PG_REFUSE = """
CREATE OR REPLACE FUNCTION holdspace_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation';
END $$"""

_PG_EXCEPT = """
CREATE OR REPLACE FUNCTION holdspace_append_only_except() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - TG_ARGV IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV THEN
    RAISE EXCEPTION '% is append-only, except for %', TG_TABLE_NAME, array_to_string(TG_ARGV, ', ')
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$"""

_PG_ERASABLE = """
CREATE OR REPLACE FUNCTION holdspace_erasable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - TG_ARGV IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV
     OR EXISTS (SELECT 1 FROM unnest(TG_ARGV) AS c WHERE to_jsonb(NEW) ->> c IS NOT NULL) THEN
    RAISE EXCEPTION '% is append-only, except for an erasure of %',
      TG_TABLE_NAME, array_to_string(TG_ARGV, ', ')
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$"""

# A first entry of its stream, or one that follows an entry that is there.
_FIRST = f"NEW.seq = 1 AND NEW.prev_hash = '{GENESIS}'"
_NEXT = """EXISTS (SELECT 1 FROM records_entry p WHERE p.stream = NEW.stream
    AND p.seq = NEW.seq - 1 AND p.hash = NEW.prev_hash AND p.clinic_id = NEW.clinic_id)"""
_LINKED = f"({_FIRST}) OR {_NEXT}"

_HEAD_BORN = f"NEW.seq = 0 AND NEW.hash = '{GENESIS}'"

_HEAD_MOVED = """NEW.stream = OLD.stream AND NEW.clinic_id = OLD.clinic_id AND NEW.seq > OLD.seq
    AND EXISTS (SELECT 1 FROM records_entry e WHERE e.stream = NEW.stream AND e.seq = NEW.seq
      AND e.hash = NEW.hash)"""


class Guard(Operation):
    """A reversible operation that installs the triggers of one table."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, kind: str, table: str, columns: Sequence[str] = ()) -> None:
        self.kind, self.table, self.columns = kind, table, tuple(columns)

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Triggers are not part of Django's idea of a model."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        """Drop what stands there under these names and install afresh."""
        for statement in (
            *self.drop(schema_editor.connection),
            *self.sql(schema_editor.connection),
        ):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        """Take the triggers away; the functions stay, since other tables use them."""
        for statement in self.drop(schema_editor.connection):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"Guard {self.table} ({self.kind})"

    def names(self) -> list[str]:
        """The triggers this guard is made of, on either vendor."""
        verbs = ["update", "delete", "truncate"]
        if self.table in (_ENTRY, _HEAD):
            verbs.append("insert")
        return [f"{self.table}_{self.kind}_{verb}" for verb in verbs]

    def drop(self, connection: BaseDatabaseWrapper) -> list[str]:
        """The statements that remove this guard."""
        if connection.vendor == "sqlite":
            return [f'DROP TRIGGER IF EXISTS "{name}"' for name in self.names()]
        return [f'DROP TRIGGER IF EXISTS "{name}" ON "{self.table}"' for name in self.names()]

    def sql(self, connection: BaseDatabaseWrapper) -> list[str]:
        """The statements that install this guard."""
        if connection.vendor == "sqlite":
            return self._sqlite(connection)
        if connection.vendor == "postgresql":
            return self._postgresql()
        raise NotImplementedError(f"append-only tables are not guarded on {connection.vendor}")

    def _sqlite(self, connection: BaseDatabaseWrapper) -> list[str]:
        refused = f"{self.table} is append-only"
        found = [self._lite("delete", "1", refused)]
        if self.kind == APPEND_ONLY:
            found.append(self._lite("update", "1", refused))
        elif self.kind == HEAD:
            found.append(self._lite("update", f"NOT ({_HEAD_MOVED})", f"{refused}: not its entry"))
        else:
            others = [name for name in _columns(connection, self.table) if name not in self.columns]
            same = " AND ".join(f'OLD."{name}" IS NEW."{name}"' for name in others)
            if self.kind == ERASABLE:
                same += "".join(f' AND NEW."{name}" IS NULL' for name in self.columns)
            wording = f"{refused}, except for {', '.join(self.columns)}"
            found.append(self._lite("update", f"NOT ({same})", wording))
        if self.table == _ENTRY:
            found.append(self._lite("insert", f"NOT ({_LINKED})", f"{refused}: out of chain"))
        if self.table == _HEAD:
            found.append(self._lite("insert", f"NOT ({_HEAD_BORN})", f"{refused}: not a new head"))
        return found

    def _lite(self, verb: str, when: str, message: str) -> str:
        return (
            f'CREATE TRIGGER "{self.table}_{self.kind}_{verb}" BEFORE {verb.upper()} '
            f"ON \"{self.table}\" WHEN {when} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )

    def _postgresql(self) -> list[str]:
        refuse = "holdspace_append_only()"
        arguments = ", ".join(f"'{name}'" for name in self.columns)
        update = {
            APPEND_ONLY: refuse,
            EXCEPT: f"holdspace_append_only_except({arguments})",
            ERASABLE: f"holdspace_erasable({arguments})",
            HEAD: refuse,
        }[self.kind]
        # A head may move to an entry that is there; PostgreSQL's WHEN can't ask another table.
        moved = f"{self.table}_check"
        found = [_PG_REFUSE, _PG_EXCEPT, _PG_ERASABLE]
        if self.table in (_ENTRY, _HEAD):
            born = _LINKED if self.table == _ENTRY else _HEAD_BORN
            wording = "out of chain" if self.table == _ENTRY else "not a new head"
            found += [_pg_check(f"{moved}_insert", born, wording)]
            found.append(self._pg("insert", "ROW", f"{moved}_insert()"))
        if self.kind == HEAD:
            found.append(_pg_check(f"{moved}_update", _HEAD_MOVED, "not its entry"))
            update = f"{moved}_update()"
        found.append(self._pg("update", "ROW", update))
        found.append(self._pg("delete", "ROW", refuse))
        found.append(self._pg("truncate", "STATEMENT", refuse))
        return found

    def _pg(self, verb: str, each: str, function: str) -> str:
        return (
            f'CREATE TRIGGER "{self.table}_{self.kind}_{verb}" BEFORE {verb.upper()} '
            f'ON "{self.table}" FOR EACH {each} EXECUTE FUNCTION {function}'
        )


def append_only(table: str) -> Guard:
    """No row of `table` is ever changed or deleted."""
    return Guard(APPEND_ONLY, table)


def append_only_except(table: str, columns: Sequence[str]) -> Guard:
    """Only the named columns of a row may ever change; no row is deleted."""
    return Guard(EXCEPT, table, columns)


def erasable(table: str, columns: Sequence[str]) -> Guard:
    """The only change of a row is an erasure: the named columns and `salt` all become NULL."""
    return Guard(ERASABLE, table, (*columns, "salt"))


def stream_heads(table: str) -> Guard:
    """A head is born empty and only ever moves forward, to an entry that is there."""
    return Guard(HEAD, table)


def installed(connection: BaseDatabaseWrapper = default_connection) -> dict[str, str]:
    """The guarded tables of this database and how each is guarded.

    A table counts only when every trigger of its guard stands (and, on PostgreSQL, is enabled).
    """
    present = _triggers(connection)
    found = {}
    for table in {table for table, _ in present}:
        for kind in (APPEND_ONLY, EXCEPT, ERASABLE, HEAD):
            wanted = Guard(kind, table).names()
            if connection.vendor == "sqlite":
                wanted = [name for name in wanted if not name.endswith("_truncate")]
            if all((table, name) in present for name in wanted):
                found[table] = kind
    return dict(sorted(found.items()))


def unguarded(connection: BaseDatabaseWrapper = default_connection) -> list[str]:
    """Tables that must be guarded and are not, by name."""
    wanted = {model._meta.db_table for model in sealed_models()} | {_ENTRY, _HEAD, _ACCESS}
    return sorted(wanted - set(installed(connection)))


def _pg_check(name: str, holds: str, wording: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ({holds}) THEN
    RAISE EXCEPTION '% is append-only: {wording}', TG_TABLE_NAME
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$"""


def _columns(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, table)
    return [column.name for column in found]


def _triggers(connection: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    if connection.vendor == "sqlite":
        query = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
            " AND n.nspname = current_schema()"
        )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {(table, name) for table, name in cursor.fetchall()}


_ENTRY = Entry._meta.db_table
_HEAD = StreamHead._meta.db_table
_ACCESS = AccessEvent._meta.db_table
