"""The database refuses, whoever asks and by whatever path."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from holdspace.records import actions, guards
from holdspace.records.chain import GENESIS, entry_hash
from holdspace.records.keys import new_key
from holdspace.records.models import AccessEvent, Entry, StreamHead, sealed_models

from .by_hand import NOW, raw_key, run, slip_guard

pytestmark = pytest.mark.django_db
postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="TRUNCATE")
sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="REPLACE INTO")


@pytest.fixture
def entry(course: str, clinic: UUID, by: SimpleNamespace) -> Entry:
    actions.log_access(by=by, now=NOW, what="chart.view")
    return actions.append(stream=course, act="open course", by=by, now=NOW, clinic_id=clinic)


def refused(match: str = "append-only") -> pytest.RaisesExc[IntegrityError]:
    return pytest.raises(IntegrityError, match=match)


@pytest.mark.parametrize("table", ["records_entry", "records_accessevent", "records_streamhead"])
def test_raw_deletes_and_updates_are_refused(entry: Entry, table: str) -> None:
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET clinic_id = clinic_id"):
        with refused(f"{table} is append-only"), transaction.atomic():
            run(statement)


def test_updates_and_deletes_through_the_orm_are_refused(entry: Entry) -> None:
    for attempt in (
        lambda: Entry.objects.filter(pk=entry.pk).update(act="close course"),
        lambda: Entry.objects.filter(pk=entry.pk).delete(),
        lambda: AccessEvent.objects.all().delete(),
        lambda: StreamHead.objects.all().delete(),
        lambda: StreamHead.objects.update(hash="f" * 64),
        lambda: StreamHead.objects.update(seq=9),
    ):
        with refused(), transaction.atomic():
            attempt()


@postgresql
@pytest.mark.parametrize("table", ["records_entry", "records_accessevent", "records_streamhead"])
def test_truncate_is_refused(entry: Entry, table: str) -> None:
    with refused(f"{table} is append-only"), transaction.atomic():
        run(f"TRUNCATE {table}")


@sqlite
def test_replace_into_is_refused(entry: Entry, slips: type, clinic: UUID) -> None:
    with refused(), transaction.atomic():
        run(
            "REPLACE INTO records_entry SELECT id, clinic_id, stream, seq, format, at, actor_id,"
            " 'forged', subject_table, subject_id, subject_digest, body, prev_hash, hash"
            " FROM records_entry"
        )
    slips.draft(now=NOW, clinic_id=clinic, text="true").save()
    columns = "id, salt, recorded_at, clinic_id"
    with refused(), transaction.atomic():
        run(
            f"REPLACE INTO records_testapp_slip ({columns}, text)"
            f" SELECT {columns}, 'forged' FROM records_testapp_slip"
        )


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 3},
        {"prev_hash": "a" * 64},
        {"seq": 1, "prev_hash": GENESIS},
        {"clinic_id": uuid4()},
        {"stream": "course:" + str(uuid4())},
    ],
    ids=lambda change: " ".join(change),
)
def test_an_entry_out_of_chain_is_refused(entry: Entry, change: dict[str, object]) -> None:
    forged = Entry(
        id=new_key(NOW), clinic_id=entry.clinic_id, stream=entry.stream, seq=2, at=NOW,
        act="forge", prev_hash=entry.hash,
    )  # fmt: skip
    for name, value in change.items():
        setattr(forged, name, value)
    forged.hash = entry_hash(forged)
    with pytest.raises(IntegrityError), transaction.atomic():
        forged.save(force_insert=True)


def test_a_head_is_born_empty(clinic: UUID) -> None:
    with refused("not a new head"), transaction.atomic():
        StreamHead.objects.create(
            stream=f"course:{uuid4()}", clinic_id=clinic, seq=5, hash="a" * 64, at=NOW
        )


def test_a_sealed_row_is_never_saved_twice_or_deleted(slips: type, clinic: UUID) -> None:
    row = slips.draft(now=NOW, clinic_id=clinic, text="first")
    row.save()
    row.text = "second"
    with pytest.raises(TypeError, match="append-only"):
        row.save()
    with pytest.raises(TypeError, match="never deleted"):
        row.delete()
    with refused("records_testapp_slip is append-only"), transaction.atomic():
        slips.objects.filter(pk=row.pk).update(text="second")
    with refused("records_testapp_slip is append-only"), transaction.atomic():
        slips.objects.filter(pk=row.pk).delete()


def test_only_a_whole_erasure_changes_an_erasable_row(slips: type, clinic: UUID) -> None:
    row = slips.draft(now=NOW, clinic_id=clinic, text="told in confidence", facts={"a": 1}, count=3)
    row.save()
    mine = slips.objects.filter(pk=row.pk)
    whole = {"text": None, "facts": None, "salt": None}
    for change in ({"text": None}, {"salt": None}, whole | {"count": 4}, {"text": "other"}):
        with refused("except for an erasure|except for text, facts, salt"), transaction.atomic():
            mine.update(**change)
    mine.update(**whole)
    with refused(), transaction.atomic():
        mine.update(text="put back", salt=b"x" * 32)
    assert mine.get().is_erased


def test_a_table_may_be_guarded_except_for_named_columns(slips: type) -> None:
    from .testapp.models import Loose

    guard = guards.append_only_except(Loose._meta.db_table, columns=["done"])
    run(*guard.sql(connection))
    row = Loose.objects.create(note="call the pharmacy")
    Loose.objects.update(done=True)
    with refused("except for done"), transaction.atomic():
        Loose.objects.update(note="call nobody", done=False)
    with refused(), transaction.atomic():
        row.delete()
    run(*guard.drop(connection))
    Loose.objects.update(note="free again")


def test_a_guard_is_laid_and_lifted_by_its_migration(slips: type) -> None:
    editor = SimpleNamespace(connection=connection, execute=lambda sql, params: run(sql))
    guard = slip_guard()
    guard.database_backwards("records_testapp", editor, None, None)
    assert "records_testapp_slip" in guards.unguarded()
    for _ in range(2):  # once more does no harm: a rebuilt table repeats its guard
        guard.database_forwards("records_testapp", editor, None, None)
        assert "records_testapp_slip" not in guards.unguarded()
    assert guard.describe() == "Guard records_testapp_slip (erasable)"


def test_every_guard_is_seen_and_a_missing_one_is_noticed(slips: type) -> None:
    assert guards.installed()["records_testapp_slip"] == "erasable"
    assert guards.installed()["records_entry"] == "append_only"
    assert "records_testapp_slip" not in guards.unguarded()
    run(slip_guard().drop(connection)[1])
    assert "records_testapp_slip" in guards.unguarded()


@postgresql
def test_a_disabled_trigger_counts_as_missing() -> None:
    run("ALTER TABLE records_entry DISABLE TRIGGER records_entry_append_only_delete")
    assert "records_entry" in guards.unguarded()


def test_every_sealed_table_of_the_program_is_guarded() -> None:
    assert guards.unguarded() == []


def test_each_guard_is_the_one_its_model_declares(slips: type) -> None:
    kinds = guards.installed()
    for model in sealed_models():
        kind = "erasable" if model.erasable else "except" if model.unsealed else "append_only"
        assert kinds.get(model._meta.db_table) == kind, model


def test_an_unknown_database_is_refused_rather_than_left_open() -> None:
    with pytest.raises(NotImplementedError, match="mysql"):
        guards.append_only("t").sql(SimpleNamespace(vendor="mysql"))


def test_the_key_of_a_row_is_spelled_as_the_database_does(entry: Entry) -> None:
    """The raw statements of these tests really meet their rows."""
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run(f"UPDATE records_entry SET act = 'x' WHERE id = '{raw_key(entry.pk)}'")
