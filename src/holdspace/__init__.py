"""Holdspace: at every door of a treatment it says whether it may happen now, and exactly why."""

__version__ = "0.1.0"
