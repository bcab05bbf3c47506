"""A demo's clock can be moved forward, by the offered steps only; a real clinic's cannot."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from holdspace.people import clock


@pytest.fixture
def folder(settings, tmp_path):
    settings.HOLDSPACE_DATA = tmp_path
    return tmp_path


def test_a_demo_moves_forward_by_the_steps_it_offers(settings, folder):
    settings.HOLDSPACE_DEMO = True
    clock.move_forward(60)
    clock.move_forward(15)
    ahead = clock.read() - timezone.now()
    assert timedelta(minutes=74) < ahead <= timedelta(minutes=75)


@pytest.mark.parametrize("minutes", [-60, 0, 7, 10**9])
def test_other_steps_are_refused(settings, folder, minutes):
    settings.HOLDSPACE_DEMO = True
    with pytest.raises(ValueError, match="minutes"):
        clock.move_forward(minutes)


def test_a_real_clinic_has_the_machines_own_clock(settings, folder):
    settings.HOLDSPACE_DEMO = False
    (folder / "demo-time").write_text("36000", encoding="ascii")
    assert abs(clock.read() - timezone.now()) < timedelta(seconds=5)
    with pytest.raises(ValueError, match="only a demo"):
        clock.move_forward(60)
