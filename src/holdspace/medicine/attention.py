"""What the room owes now: the next set and what a charted reading outside its signed limit asks for."""

from __future__ import annotations

from holdspace.medicine.page import Day


def due(day: Day) -> dict:
    return {}


def outside(day: Day) -> list:
    return []
