"""docs/record.md lists exactly the tables that the database guards."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdspace.records import guards

PAGE = Path(__file__).parents[3] / "docs" / "record.md"


@pytest.mark.django_db
def test_the_page_lists_every_guarded_table_and_how() -> None:
    listed = (
        PAGE.read_text(encoding="utf-8").split("<!-- tables -->")[1].split("<!-- /tables -->")[0]
    )
    lines = [f"| `{table}` | {kind} |" for table, kind in guards.installed().items()]
    wanted = "\n".join(["", "| table | guard |", "|---|---|", *lines, ""])
    assert listed == wanted, f"put this between the markers:\n{wanted}"
