"""The database itself refuses what the register must never hold, whoever writes it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from holdspace.pharmacy.models import Movement
from holdspace.records.keys import new_key
from tests.rooms.pharmacy.scene import NOW, Scene

WASTE = {"source": "drawn_up", "target": "waste"}
GIVE = {"source": "drawn_up", "target": "patient"}


def insert(row: Movement, **changes: Any) -> None:
    """A copy of a stored line with some columns changed, by SQL that asks no model."""
    names = [f.column for f in Movement._meta.concrete_fields]
    values = {f.column: f.get_db_prep_save(getattr(row, f.attname), connection)
              for f in Movement._meta.concrete_fields}  # fmt: skip
    key = Movement._meta.pk.get_db_prep_save(new_key(NOW), connection)
    values |= {"id": key, "line": 99} | changes
    marks = ", ".join(["%s"] * len(names))
    table = ", ".join(f'"{n}"' for n in names)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO pharmacy_movement ({table}) VALUES ({marks})", [values[n] for n in names]
        )


@pytest.fixture
def given(safe: Scene) -> Movement:
    (vial,) = safe.receive()
    moved = safe.give(safe.drawn(vial), "50")
    assert moved.movement is not None
    return Movement.objects.get(pk=moved.movement.pk)


def test_the_copy_itself_would_be_taken(given: Movement) -> None:
    insert(given)
    assert Movement.objects.filter(target="patient").count() == 2


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"source": "safe", "target": "safe", "drawn_id": None}, ""),  # also no listed way
        ({"source": "patient", "target": "safe"}, "listed_way"),
        ({"source": "safe", "target": "patient", "drawn_id": None}, "listed_way"),
        ({"source": "nowhere"}, "listed_way"),
        ({"micrograms": 0, "microlitres": 0}, "more_than_nothing"),
        ({"micrograms": -50_000, "microlitres": -1_000}, "more_than_nothing"),
        ({"micrograms": 50_001}, "arithmetic"),
        ({"microlitres": 999}, "arithmetic"),
        ({"units": 1}, "arithmetic"),
        ({"ug_per_unit": 50_000, "units": 1}, "arithmetic"),
        (WASTE, "waste_is_witnessed"),
        ({"source": "safe", "target": "destroyed", "drawn_id": None}, "waste_is_witnessed"),
        ({"drawn_id": None}, "syringe_has_its_draw"),
        ({"session_id": None}, ""),  # of the syringe, and of the dose
        ({"patient_id": None}, "dose_names_the_person"),
        ({"person_name": ""}, "dose_names_the_person"),
        ({"reason": ""}, "says_why"),
        ({"line": 1}, "line"),
    ],
)
def test_a_false_line_is_refused_by_the_database(
    given: Movement, changes: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError) as refused:
        insert(given, **changes)
    assert constraint in str(refused.value)


def test_the_witness_in_the_database_is_another_person_who_signed(
    given: Movement, safe: Scene
) -> None:
    def key(who: Any) -> Any:
        return Movement._meta.pk.get_db_prep_save(who.pk, connection)

    at = Movement._meta.get_field("at").get_db_prep_save(NOW, connection)
    with pytest.raises(IntegrityError, match="witness_is_another"):
        insert(given, **WASTE, witness_id=key(safe.nurse), witness_signed_at=at)
    with pytest.raises(IntegrityError, match="witness_signed"):
        insert(given, **WASTE, witness_id=key(safe.custodian))
    insert(given, **WASTE, witness_id=key(safe.custodian), witness_signed_at=at)


def test_one_line_is_taken_back_once(given: Movement, safe: Scene) -> None:
    back = {"source": "patient", "target": "drawn_up", "corrects_id": None}
    at = Movement._meta.get_field("at").get_db_prep_save(NOW, connection)
    back["corrects_id"] = Movement._meta.pk.get_db_prep_save(given.pk, connection)
    back["witness_id"] = Movement._meta.pk.get_db_prep_save(safe.custodian.pk, connection)
    insert(given, **back, witness_signed_at=at)
    with pytest.raises(IntegrityError):
        insert(given, **back, witness_signed_at=at, line=100)


@pytest.mark.parametrize("table", ["product", "receipt", "vial", "movement", "count", "countline"])
@pytest.mark.parametrize("act", ["UPDATE {} SET recorded_at = recorded_at", "DELETE FROM {}"])
def test_no_table_of_the_register_can_be_changed(
    given: Movement, safe: Scene, table: str, act: str
) -> None:
    from holdspace.pharmacy import actions

    actions.count(site=safe.site, counted_ug={given.vial_id: 0}, by=safe.custodian, now=safe.now)
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(act.format(f"pharmacy_{table}"))
