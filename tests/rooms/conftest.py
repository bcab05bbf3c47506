"""What more than one room's tests begin with."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clinic with somebody on call and one person on their way, at the house's own time."""
    from django.core.cache import cache

    from tests.rooms.bad_input import World
    from tests.rooms.factory import played

    cache.clear()
    house = played()
    monkeypatch.setattr("holdspace.people.clock.read", lambda: house.now)
    house.on_call()
    return World(house, house.guest())
