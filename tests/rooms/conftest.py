"""What more than one room's tests begin with."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Any:
    """The test's own World: somebody on call, one person on their way, the house's own time."""
    from django.core.cache import cache

    from tests.rooms.factory import played

    cache.clear()
    house = played()
    monkeypatch.setattr("holdspace.people.clock.read", lambda: house.now)
    house.on_call()
    return request.module.World(house, house.guest())
