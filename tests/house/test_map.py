"""docs/map.md names every rule that guards a door, and only files that are there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path


def _tool(repository: Path):
    spec = importlib.util.spec_from_file_location("rules_tool", repository / "tools" / "rules.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_rules_is_current(repository: Path) -> None:
    text = (repository / "docs" / "map.md").read_text(encoding="utf-8")
    assert _tool(repository).written(text) == text, "run: python tools/rules.py"


def test_every_file_that_the_map_names_is_there(repository: Path) -> None:
    text = (repository / "docs" / "map.md").read_text(encoding="utf-8")
    named = set(
        re.findall(r"`((?:core|care|people|records|medicine|pharmacy|config|docs)/[\w/.]+)`", text)
    )
    roots = (repository, repository / "src" / "holdspace")
    missing = {n for n in named if not any((root / n).exists() for root in roots)}
    assert not missing
