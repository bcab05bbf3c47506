"""A clinic, its streams, and a sealed table that lives as long as one test."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.db import connection


@pytest.fixture
def clinic() -> UUID:
    return uuid4()


@pytest.fixture
def by(clinic: UUID) -> SimpleNamespace:
    return SimpleNamespace(pk=uuid4(), clinic_id=clinic)


@pytest.fixture
def course() -> str:
    return f"course:{uuid4()}"


@pytest.fixture
def slips(db: None, settings: pytest.FixtureRequest) -> type:
    """The test's own sealed table, guarded; gone with the test's transaction."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.rooms.records.testapp"]
    from .by_hand import run, slip_guard
    from .testapp.models import Loose, Slip

    editor = connection.SchemaEditorClass(connection)
    for model in (Slip, Loose):
        statement, _ = editor.table_sql(model)
        run(statement)
    run(*slip_guard().sql(connection))
    return Slip
