"""Rooms, people's time and appointments."""
