"""A clinic whose files lie in a folder of the test; its pages are asked at its own time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.rooms.medicine.conftest import screens

__all__ = ["screens"]


@pytest.fixture
def house(settings: Any, tmp_path: Path, db: None) -> Any:
    from tests.rooms.factory import played

    settings.MEDIA_ROOT = tmp_path / "files"
    return played()
