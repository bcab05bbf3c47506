"""Appending: few statements, one order, nothing outside its transaction or its clinic."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from holdspace.records import actions, canonical
from holdspace.records.chain import GENESIS, entry_hash, stream_name
from holdspace.records.models import AccessEvent, Entry, StreamHead

from .by_hand import NOW

pytestmark = pytest.mark.django_db


def write(course: str, clinic: UUID, *acts: str, by: SimpleNamespace | None = None) -> list[Entry]:
    found = [actions.Act(act) for act in acts]
    return actions.append_many(stream=course, acts=found, by=by, now=NOW, clinic_id=clinic)


def test_each_entry_follows_the_one_before(course: str, clinic: UUID, by: SimpleNamespace) -> None:
    first, second = write(course, clinic, "open course", "chart", by=by)
    third = actions.append(
        stream=course, act="sign", by=None, now=NOW, clinic_id=clinic, body={"code": "ok"}
    )
    assert [first.seq, second.seq, third.seq] == [1, 2, 3]
    assert (first.prev_hash, second.prev_hash) == (GENESIS, first.hash)
    assert third.prev_hash == second.hash
    assert (first.actor_id, third.actor_id) == (by.pk, None)
    head = StreamHead.objects.get(stream=course)
    assert (head.seq, head.hash, head.clinic_id, head.at) == (3, third.hash, clinic, NOW)


def test_an_entry_read_back_gives_the_same_hash(course: str, clinic: UUID) -> None:
    body = {"é": ["≤ 140", 1], "id": uuid4()}
    entry = actions.append(stream=course, act="note", by=None, now=NOW, clinic_id=clinic, body=body)
    stored = Entry.objects.get(pk=entry.pk)
    assert stored.body == canonical.text(body)
    assert entry_hash(stored) == stored.hash == entry.hash


def test_the_hash_covers_every_field(course: str, clinic: UUID) -> None:
    (entry,) = write(course, clinic, "note")
    other = {
        "id": uuid4(),
        "clinic_id": uuid4(),
        "stream": stream_name("clinic", clinic),
        "seq": 2,
        "at": NOW + timedelta(microseconds=1),
        "actor_id": uuid4(),
        "act": "notes",
        "subject_table": "t",
        "subject_id": uuid4(),
        "subject_digest": "0" * 64,
        "body": "{}",
        "prev_hash": "1" * 64,
    }
    fields = {field.attname for field in Entry._meta.concrete_fields}
    assert fields == {*other, "hash", "format"}
    for name, value in other.items():
        was = getattr(entry, name)
        setattr(entry, name, value)
        assert entry_hash(entry) != entry.hash, name
        setattr(entry, name, was)


def test_six_vitals_cost_three_statements_on_a_known_stream(course: str, clinic: UUID) -> None:
    write(course, clinic, "open course")
    with CaptureQueriesContext(connection) as queries:
        write(course, clinic, *["chart"] * 6)
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "INSERT", "UPDATE"]


def test_the_first_append_of_a_stream_costs_two_more(course: str, clinic: UUID) -> None:
    with CaptureQueriesContext(connection) as queries:
        write(course, clinic, "open course")
    verbs = [query["sql"].split()[0] for query in queries]
    assert verbs == ["SELECT", "INSERT", "SELECT", "INSERT", "UPDATE"]


def test_sealed_rows_are_recorded_with_one_statement_more(
    slips: type, course: str, clinic: UUID
) -> None:
    write(course, clinic, "open course")
    rows = [slips.draft(now=NOW, clinic_id=clinic, count=n) for n in range(6)]
    with CaptureQueriesContext(connection) as queries:
        entries = actions.record(
            rows=rows, stream=course, act="chart", by=None, now=NOW, clinic_id=clinic
        )
    work = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(work) == 4
    assert [entry.subject_id for entry in entries] == [row.pk for row in rows]
    assert slips.objects.count() == 6


def test_record_writes_all_of_its_rows_or_none(slips: type, course: str, clinic: UUID) -> None:
    good = slips.draft(now=NOW, clinic_id=clinic, count=1)
    bad = slips.draft(now=NOW, clinic_id=clinic, facts={"dose_mg": 1.5})
    with pytest.raises(TypeError, match=r"slip\.facts: float has no canonical text"):
        actions.record(
            rows=[good, bad], stream=course, act="chart", by=None, now=NOW, clinic_id=clinic
        )
    assert not slips.objects.exists()
    assert not Entry.objects.filter(stream=course).exists()


def test_a_stream_never_crosses_clinics(slips: type, course: str, clinic: UUID) -> None:
    write(course, clinic, "open course")
    with pytest.raises(ValueError, match="another clinic"):
        write(course, uuid4(), "chart")
    strange = slips.draft(now=NOW, clinic_id=uuid4())
    with pytest.raises(ValueError, match="another clinic"):
        actions.append(
            stream=course, act="chart", by=None, now=NOW, clinic_id=clinic, subject=strange
        )


@pytest.mark.parametrize("act", ["", "Chart", "a" * 65, "chart\n"])
def test_an_act_that_is_no_short_verb_is_refused(course: str, clinic: UUID, act: str) -> None:
    with pytest.raises(ValueError, match="short lower-case verb"):
        write(course, clinic, act)


@pytest.mark.parametrize("stream", ["course", "course:7", "course:" + "g" * 36])
def test_a_stream_that_is_no_word_and_key_is_refused(clinic: UUID, stream: str) -> None:
    with pytest.raises(ValueError, match="a colon and a UUID"):
        write(stream, clinic, "chart")


def test_a_body_as_long_as_clinical_text_is_refused(course: str, clinic: UUID) -> None:
    with pytest.raises(ValueError, match="at most 4000"):
        actions.append(
            stream=course, act="a", by=None, now=NOW, clinic_id=clinic, body={"x": "y" * 4000}
        )


def test_nothing_to_write_writes_nothing(course: str, clinic: UUID) -> None:
    assert write(course, clinic) == []
    assert not StreamHead.objects.filter(stream=course).exists()


def test_an_access_is_written_once_with_its_closed_word(by: SimpleNamespace, clinic: UUID) -> None:
    with CaptureQueriesContext(connection) as queries:
        event = actions.log_access(by=by, now=NOW, what="chart.view", patient_id=uuid4())
    assert len(queries) == 1
    assert (event.clinic_id, event.membership_id) == (clinic, by.pk)
    assert AccessEvent.objects.get(pk=event.pk).what == "chart.view"
    with pytest.raises(ValueError, match=r"chart\.peek"):
        actions.log_access(by=by, now=NOW, what="chart.peek")
    with pytest.raises(ValueError, match="clinic_id"):
        actions.log_access(by=None, now=NOW, what="chart.view")


def test_two_rows_with_one_key_are_one_row(slips: type, course: str, clinic: UUID) -> None:
    """An offline tablet may send the same row twice; the second is refused whole."""
    row = slips.draft(now=NOW, clinic_id=clinic, count=1)
    again = slips.draft(now=NOW, id=row.pk, clinic_id=clinic, count=1)
    for rows, refused in (([row], False), ([again], True)):
        try:
            actions.record(
                rows=rows, stream=course, act="chart", by=None, now=NOW, clinic_id=clinic
            )
        except IntegrityError:
            assert refused
    assert Entry.objects.filter(stream=course).count() == 1
