"""Two hands at one vial: the last millilitre is drawn once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connections

from holdspace.pharmacy import books, hatch
from holdspace.pharmacy.models import Movement
from tests.rooms.pharmacy.scene import Scene, codes

# Real commits are never cleaned up: guarded tables cannot be emptied, and need not be.
pytestmark = pytest.mark.usefixtures("committed_db")


def together(work: Callable[[], hatch.Moved], hands: int) -> list[hatch.Moved]:
    ready, done, troubles = threading.Barrier(hands), [], []

    def hand() -> None:
        try:
            ready.wait()
            done.append(work())
        except Exception as trouble:  # noqa: BLE001 - told to the test below
            troubles.append(trouble)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=hand) for _ in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not troubles
    return done


@pytest.fixture
def real(committed_db: None) -> Scene:
    from tests.rooms.pharmacy.scene import scene

    return scene()


def test_of_two_draws_of_the_last_millilitre_one_wins(real: Scene) -> None:
    (vial,) = real.receive()
    real.drawn(vial, "450")
    moved = together(lambda: real.draw(vial, "50"), 2)
    assert sorted(m.allowed for m in moved) == [False, True]
    refused = next(m for m in moved if not m.allowed)
    assert codes(refused) == {"movement_over_balance"}
    assert books.held(real.clinic)[0].safe_ug == 0
    assert Movement.objects.filter(vial=vial, source="safe").count() == 2


def test_of_eight_gives_of_one_syringe_one_wins(real: Scene) -> None:
    (vial,) = real.receive()
    preparation = real.drawn(vial, "50")
    moved = together(lambda: real.give(preparation, "50"), 8)
    assert sum(m.allowed for m in moved) == 1
    assert hatch.unresolved(session=real.session) == Decimal(0)
