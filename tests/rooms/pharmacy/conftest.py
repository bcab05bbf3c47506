"""A fresh safe for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.rooms.pharmacy.scene import Scene


@pytest.fixture
def safe(db: None) -> Scene:
    from tests.rooms.pharmacy.scene import scene  # models need Django, which is ready only now

    return scene()
