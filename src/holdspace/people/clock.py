"""One place reads the clock for requests; in a demo, and only there, it can be moved forward."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

STEPS_MINUTES = (5, 15, 60, 24 * 60)
AHEAD_MAX = timedelta(days=400)


def read() -> datetime:
    """This moment. A real clinic's is the machine's; a demo's may have been moved forward."""
    return timezone.now() + _ahead() if settings.HOLDSPACE_DEMO else timezone.now()


def machine() -> datetime:
    """This moment by the machine's own clock, which the queue goes by, in a demo too."""
    return timezone.now()


def move_forward(minutes: int) -> None:
    """Let demo time pass at once, so that a two-hour stay can be tried in a minute.

    Raises ValueError outside a demo, for a step that is not offered, or past AHEAD_MAX.
    """
    ahead = _ahead() + timedelta(minutes=minutes)
    if not settings.HOLDSPACE_DEMO or minutes not in STEPS_MINUTES or ahead > AHEAD_MAX:
        raise ValueError(f"minutes: only a demo moves, by {STEPS_MINUTES}, up to {AHEAD_MAX}")
    _file().write_text(str(int(ahead.total_seconds())), encoding="ascii")


def _ahead() -> timedelta:
    try:
        return timedelta(seconds=int(_file().read_text(encoding="ascii")))
    except FileNotFoundError:
        return timedelta()


def _file() -> Path:
    return Path(settings.HOLDSPACE_DATA) / "demo-time"
