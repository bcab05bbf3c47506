"""Whoever gets past the guards is found: which entry, which row, and what is wrong with it."""

from __future__ import annotations

import json
from functools import partial
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from holdspace.records import actions, guards, heads
from holdspace.records.chain import entry_hash, stream_name
from holdspace.records.models import Entry, StreamHead
from holdspace.records.verify import BATCH, Broken, verify

from .by_hand import NOW, lift, raw_key, run, slip_guard

pytestmark = pytest.mark.django_db
ENTRIES = guards.append_only("records_entry")
HEADS = guards.stream_heads("records_streamhead")
SLIPS = slip_guard()


@pytest.fixture
def written(slips: type, course: str, clinic: UUID, by: SimpleNamespace) -> list[Entry]:
    """Four entries of one course, each about its own slip."""
    rows = [
        slips.draft(now=NOW, clinic_id=clinic, text=f"slip {n}", facts={"n": n}, count=n)
        for n in range(4)
    ]
    return actions.record(
        rows=rows, stream=course, act="chart bp", by=by, now=NOW, clinic_id=clinic
    )


def broken() -> Broken:
    found = verify().broken
    assert found is not None
    return found


def change(table: str, key: UUID, what: str) -> None:
    run(f"UPDATE {table} SET {what} WHERE id = '{raw_key(key)}'")


def test_an_untouched_record_holds(written: list[Entry]) -> None:
    seen: list[tuple[int, int]] = []
    report = verify(progress=lambda done, total: seen.append((done, total)))
    assert (report.broken, report.unguarded) == (None, [])
    assert report.ok
    assert report.entries == Entry.objects.count()
    assert report.streams == StreamHead.objects.count()
    assert seen[-1] == (report.entries, report.entries)


def test_a_changed_entry_is_named(written: list[Entry]) -> None:
    lift(ENTRIES)
    change("records_entry", written[1].pk, "act = 'chart hr'")
    found = broken()
    assert (found.stream, found.seq, found.act) == (written[1].stream, 2, "chart hr")
    assert "its own text no longer gives its hash" in found.what


def test_an_entry_changed_with_a_new_hash_breaks_the_next(written: list[Entry]) -> None:
    lift(ENTRIES)
    entry = written[1]
    entry.act = "chart hr"
    change("records_entry", entry.pk, f"act = 'chart hr', hash = '{entry_hash(entry)}'")
    found = broken()
    assert found.seq == 3
    assert "does not follow the entry before it" in found.what


def test_a_missing_entry_is_named(written: list[Entry]) -> None:
    lift(ENTRIES)
    run(f"DELETE FROM records_entry WHERE id = '{raw_key(written[1].pk)}'")
    assert broken().what == "entry 2 is missing: the next one there is 3"


def test_an_entry_of_a_later_format_is_not_guessed_at(written: list[Entry]) -> None:
    lift(ENTRIES)
    change("records_entry", written[0].pk, "format = 2")
    assert "format 2" in broken().what


def test_an_entry_moved_to_another_clinic_is_named(written: list[Entry]) -> None:
    lift(ENTRIES)
    change("records_entry", written[2].pk, f"clinic_id = '{raw_key(uuid4())}'")
    assert "another clinic" in broken().what


def test_a_changed_row_is_named_with_its_entry(written: list[Entry]) -> None:
    lift(SLIPS)
    change("records_testapp_slip", written[2].subject_id, "count = 80")
    found = broken()
    assert (found.seq, found.act, found.table) == (3, "chart bp", "records_testapp_slip")
    assert found.subject_id == str(written[2].subject_id)
    assert "was changed after it was recorded" in found.what


def test_a_deleted_row_is_named_with_its_entry(written: list[Entry]) -> None:
    lift(SLIPS)
    run(f"DELETE FROM records_testapp_slip WHERE id = '{raw_key(written[3].subject_id)}'")
    found = broken()
    assert (found.seq, "is missing" in found.what) == (4, True)


def test_a_row_planted_without_an_entry_is_found(
    written: list[Entry], slips: type, clinic: UUID
) -> None:
    planted = slips.draft(now=NOW, clinic_id=clinic, text="never happened")
    planted.save()
    found = broken()
    assert (found.stream, found.subject_id) == (None, str(planted.pk))
    assert "put in past the record" in found.what


def test_a_table_the_program_does_not_know_is_named(written: list[Entry], settings: object) -> None:
    settings.INSTALLED_APPS = [a for a in settings.INSTALLED_APPS if "testapp" not in a]
    assert "does not know" in broken().what


def test_a_table_dropped_whole_is_named(written: list[Entry]) -> None:
    run("DROP TABLE records_testapp_slip")
    assert broken().what == "the table records_testapp_slip is missing"


def test_a_cut_end_is_found_by_the_head(written: list[Entry]) -> None:
    lift(ENTRIES)
    run(f"DELETE FROM records_entry WHERE id = '{raw_key(written[3].pk)}'")
    assert "the end was cut: the head speaks of entry 4, the last one is 3" in broken().what


def test_a_stream_emptied_of_its_entries_is_found(course: str, clinic: UUID) -> None:
    actions.append(stream=course, act="open", by=None, now=NOW, clinic_id=clinic)
    lift(ENTRIES)
    run(f"DELETE FROM records_entry WHERE stream = '{course}'")
    found = broken()
    assert (found.stream, found.what) == (course, "all 1 entries of this stream are missing")


def test_a_missing_or_wrong_head_is_found(written: list[Entry]) -> None:
    lift(HEADS)
    stream = written[0].stream
    run(f"UPDATE records_streamhead SET seq = 2 WHERE stream = '{stream}'")
    assert "does not match the entries" in broken().what
    run(f"DELETE FROM records_streamhead WHERE stream = '{stream}'")
    assert "the head of this stream is missing" in broken().what


def test_an_end_cut_together_with_its_head_is_found_by_heads_kept_elsewhere(
    written: list[Entry],
) -> None:
    kept = heads.export(NOW)["heads"]
    assert verify(heads=kept).broken is None
    lift(ENTRIES, HEADS, SLIPS)
    last, before = written[3], written[2]
    run(
        f"DELETE FROM records_testapp_slip WHERE id = '{raw_key(last.subject_id)}'",
        f"DELETE FROM records_entry WHERE id = '{raw_key(last.pk)}'",
        f"UPDATE records_streamhead SET seq = 3, hash = '{before.hash}'"
        f" WHERE stream = '{last.stream}'",
    )
    assert verify().broken is None
    found = verify(heads=kept).broken
    assert found is not None
    assert (found.stream, found.seq) == (last.stream, 4)
    assert "its end was cut or written anew" in found.what


def test_an_erased_row_still_verifies(
    written: list[Entry], slips: type, clinic: UUID, by: SimpleNamespace
) -> None:
    row = slips.objects.get(pk=written[1].subject_id)
    entry = actions.erase(
        subject=row, stream=written[1].stream, by=by, now=NOW, clinic_id=clinic,
        body={"ground": "request"},
    )  # fmt: skip
    stored = slips.objects.get(pk=row.pk)
    assert (stored.text, stored.facts, stored.salt, stored.count) == (None, None, None, 1)
    assert (entry.act, entry.subject_id) == ("erase", row.pk)
    report = verify()
    assert (report.broken, report.erased) == (None, 1)
    with pytest.raises(ValueError, match="already erased"):
        actions.erase(subject=row, stream=entry.stream, by=by, now=NOW, clinic_id=clinic)


def test_only_what_may_be_erased_is_erased(
    written: list[Entry], slips: type, clinic: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase = partial(actions.erase, stream=written[0].stream, by=None, now=NOW, clinic_id=clinic)
    with pytest.raises(ValueError, match="is not there to erase"):
        erase(subject=slips.draft(now=NOW, clinic_id=clinic))
    monkeypatch.setattr(slips, "erasable", ())
    with pytest.raises(TypeError, match="no columns that may be erased"):
        erase(subject=slips.objects.get(pk=written[0].subject_id))


def test_an_erasure_without_a_record_is_found(written: list[Entry], slips: type) -> None:
    slips.objects.filter(pk=written[1].subject_id).update(text=None, facts=None, salt=None)
    found = broken()
    assert (found.seq, "erased without a record of it" in found.what) == (2, True)


def test_what_remains_of_an_erased_row_is_still_sealed(
    written: list[Entry], slips: type, clinic: UUID
) -> None:
    row = slips.objects.get(pk=written[1].subject_id)
    actions.erase(subject=row, stream=written[1].stream, by=None, now=NOW, clinic_id=clinic)
    lift(SLIPS)
    change("records_testapp_slip", row.pk, "count = 99")
    assert "was changed after it was recorded" in broken().what


def test_a_record_longer_than_one_batch_is_read_whole(clinic: UUID) -> None:
    before = Entry.objects.count()
    streams = sorted(stream_name("course", uuid4()) for _ in range(3))
    acts = [actions.Act("chart")] * (BATCH // 2 + 7)
    for stream in streams:
        actions.append_many(stream=stream, acts=acts, by=None, now=NOW, clinic_id=clinic)
    report = verify()
    assert (report.broken, report.entries - before) == (None, 3 * len(acts))


def test_the_command_says_so_and_leaves_with_one_when_broken(written: list[Entry]) -> None:
    out = StringIO()
    call_command("verify", stdout=out)
    assert out.getvalue().startswith("The record holds: ")
    lift(ENTRIES)
    change("records_entry", written[1].pk, "act = 'chart hr'")
    for as_json in (False, True):
        out = StringIO()
        with pytest.raises(SystemExit) as left:
            call_command("verify", json=as_json, stdout=out)
        assert left.value.code == 1
        last = out.getvalue().splitlines()[-1]
        if as_json:
            assert (json.loads(last)["ok"], json.loads(last)["broken"]["seq"]) == (False, 2)
        else:
            assert f"stream {written[1].stream} entry 2 (chart hr): its own text" in last


def test_the_command_says_which_guard_is_missing(written: list[Entry]) -> None:
    lift(SLIPS)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify", stdout=out)
    assert "these tables can be changed: records_testapp_slip" in out.getvalue()


def test_exported_heads_can_be_compared_later(written: list[Entry], tmp_path: Path) -> None:
    out, file = StringIO(), tmp_path / "heads.json"
    call_command("record", "heads", json=True, stdout=out)
    file.write_text(out.getvalue())
    found = json.loads(out.getvalue())
    mine = [head for head in found["heads"] if head["stream"] == written[0].stream]
    assert mine[0]["hash"] == written[3].hash
    call_command("verify", heads=str(file), stdout=StringIO())
    listed = StringIO()
    call_command("record", "heads", stdout=listed)
    assert f"seal {found['seal']}" in listed.getvalue()


def test_the_guarded_tables_can_be_listed(written: list[Entry]) -> None:
    for as_json in (False, True):
        out = StringIO()
        call_command("record", "tables", json=as_json, stdout=out)
        assert "records_testapp_slip" in out.getvalue()
    assert json.loads(out.getvalue())["records_entry"] == "append_only"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "expected format 1"),
        ('{"format": 1, "heads": [{"seq": 1}]}', "must list stream, seq and hash"),
        ('{"format": 1, "heads": [], "seal": "x"}', "the file was changed"),
    ],
)
def test_a_heads_file_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "heads.json"
    file.write_text(text)
    with pytest.raises(CommandError, match=said):
        call_command("verify", heads=str(file))
    with pytest.raises(CommandError, match="No such file"):
        call_command("verify", heads=str(tmp_path / "nowhere.json"))


def test_a_person_at_a_terminal_sees_how_far_it_is(written: list[Entry]) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    bar, pipe = Terminal(), StringIO()
    call_command("verify", stdout=StringIO(), stderr=bar)
    total = Entry.objects.count()
    assert f"] {total:,} of {total:,} entries" in bar.getvalue()
    call_command("verify", stdout=StringIO(), stderr=pipe)
    assert pipe.getvalue() == ""
