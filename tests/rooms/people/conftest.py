"""Pages of the spine are asked at the house's time."""

from tests.rooms.medicine.conftest import screens

__all__ = ["screens"]
