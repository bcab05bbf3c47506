"""A row's digest is the same before it is saved, after it is read, and on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

import pytest
from django.db import models
from django.test.utils import isolate_apps

from holdspace.records import canonical
from holdspace.records.models import Sealed

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, 30, 123456, tzinfo=UTC)
FULL = {
    "id": UUID("019caddb-9f1a-7b1c-8000-000000000001"),
    "salt": bytes(range(32)),
    "clinic_id": UUID(int=5),
    "text": 'Grüße, ≤ 140/90 \N{GRINNING FACE}\n\ttab "quoted"',
    "count": -7,
    "amount": Decimal("0.5"),
    "day": date(2026, 2, 28),
    "hour": time(8, 52),
    "lasting": timedelta(days=1, microseconds=3),
    "facts": {"z": [1, {"ü": None}], "a": "0.10", "big": 10**22, "yes": True},
    "signed": True,
    "seal": b"\x00\x01",
    "before_id": UUID(int=6),
}
# Written down by hand: it must come out on every machine, database and version of this program.
TEXT = (
    '{"amount":"0.5","before_id":"00000000-0000-0000-0000-000000000006",'
    '"clinic_id":"00000000-0000-0000-0000-000000000005","count":-7,"day":"2026-02-28",'
    '"facts":{"a":"0.10","big":10000000000000000000000,"yes":true,"z":[1,{"ü":null}]},'
    '"hour":"08:52:00","id":"019caddb-9f1a-7b1c-8000-000000000001","lasting":86400000003,'
    '"recorded_at":"2026-03-02T09:15:30.123456Z","seal":"0001","signed":true,'
    '"text":"Grüße, ≤ 140/90 😀\\n\\ttab \\"quoted\\""}'
)
DIGEST = sha256(bytes(range(32)) + TEXT.encode()).hexdigest()


def test_a_full_row_has_the_digest_written_here_on_every_database(slips: type) -> None:
    row = slips.draft(now=NOW, **FULL)
    assert canonical.text(row.content()) == TEXT
    assert row.digest() == DIGEST
    row.save()
    assert slips.objects.get(pk=row.pk).digest() == DIGEST


def test_an_empty_row_has_the_same_digest_after_reading(slips: type) -> None:
    row = slips.draft(now=NOW, clinic_id=UUID(int=5))
    row.save()
    stored = slips.objects.get(pk=row.pk)
    assert stored.digest() == row.digest()
    assert set(stored.content()) == {"id", "clinic_id", "recorded_at"}


def test_values_given_loosely_are_sealed_as_they_are_stored(slips: type) -> None:
    row = slips.draft(
        now=NOW, clinic_id=str(UUID(int=5)), amount="1.500", count="3", day="2026-02-28"
    )
    row.save()
    assert slips.objects.get(pk=row.pk).digest() == row.digest()


@pytest.mark.parametrize("field", [name for name in FULL if name != "salt"])
def test_every_field_is_under_the_seal(slips: type, field: str) -> None:
    row = slips.draft(now=NOW, **FULL)
    setattr(row, field, UUID(int=9) if field.endswith("id") else None)
    assert row.digest() != DIGEST


def test_two_rows_of_the_same_content_have_different_digests(slips: type) -> None:
    fields = {name: value for name, value in FULL.items() if name != "salt"}
    one, two = slips.draft(now=NOW, **fields), slips.draft(now=NOW, **fields)
    assert one.content() == two.content()
    assert one.digest() != two.digest()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("facts", {"dose": 1.5}, "float"),
        ("facts", {"dose": Decimal("1.5")}, "Decimal"),
        ("facts", {1: "x"}, "not text"),
        ("amount", 1.5, "float"),
        ("amount", Decimal("0.0001"), "more than 3 decimals"),
        ("recorded_at", datetime(2026, 3, 2), "without a zone"),
    ],
)
def test_a_value_without_one_stored_form_is_refused_by_name(
    slips: type, field: str, value: object, said: str
) -> None:
    row = slips.draft(now=NOW, clinic_id=UUID(int=5))
    setattr(row, field, value)
    with pytest.raises((TypeError, ValueError), match=rf"records_testapp_slip\.{field}: .*{said}"):
        row.digest()


@isolate_apps("tests.rooms.records")
def test_a_model_that_could_not_be_sealed_is_found_by_the_checks() -> None:
    class Bad(Sealed):
        erasable = ("note",)
        dose = models.FloatField()
        note = models.TextField()

        class Meta:
            app_label = "records_bad"

    assert {found.id for found in Bad.check()} >= {"records.E1", "records.E2", "records.E3"}
