"""Pages are asked at the house's time: people.clock reads what the test sets."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def screens(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`screens(house)(member)` is a signed-in browser at the house's time."""
    from holdspace.people import clock
    from tests.rooms.people.cast import signed_in

    def of(house: Any) -> Any:
        monkeypatch.setattr(clock, "read", lambda: house.now)
        return signed_in

    return of
