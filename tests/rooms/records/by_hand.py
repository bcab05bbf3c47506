"""What the owner of a database could do past the program: raw statements and lifted guards."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

from holdspace.records import guards

NOW = datetime(2026, 3, 2, 9, 15, 30, 123456, tzinfo=UTC)


def run(*statements: str) -> None:
    """Raw SQL, as somebody with the database's password would send it."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def raw_key(key: UUID) -> str:
    """How the database at hand spells a UUID."""
    return key.hex if connection.vendor == "sqlite" else str(key)


def lift(*found: guards.Guard) -> None:
    """Take guards away, as the owner of a database can."""
    for guard in found:
        run(*guard.drop(connection))


def slip_guard() -> guards.Guard:
    """The guard of the tests' own sealed table."""
    return guards.erasable("records_testapp_slip", columns=["text", "facts"])
