"""A clinic with four people who are ready for a medicine session, each on a day of their own.

    python -m tests.browser.four 2026-03-02T08:00:00-07:00

plays it into $HOLDSPACE_DATA up to that time; `holdspace demo` then serves the folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdspace.config.demo.stage import Stage, Steps

NAMES = ("Nalani Kekoa", "Tallulah Begay-Moss", "Mateo Ibarra Quispe", "Elspeth Marchbanks")


def main(now: str) -> None:
    folder = Path(os.environ["HOLDSPACE_DATA"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "DEMO").write_text("a demo of the tests")  # settings look for it
    _play(datetime.fromisoformat(now))


def _play(now: datetime) -> None:
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdspace.config.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    from holdspace.config.demo import people
    from holdspace.config.demo.play import play
    from holdspace.config.demo.stories import Walk
    from holdspace.core.journey import State

    cast = (people.NALANI, people.TALLULAH, people.MATEO, people.ELSPETH)
    play(now, print, [Walk(who, _ready_on(day), State.READY) for day, who in enumerate(cast)])


def _ready_on(day: int) -> Callable[[Stage], Steps]:
    """Cleared, prepared, consenting; booked for ten o'clock, so many days from today."""

    def story(s: Stage) -> Steps:
        from holdspace.config.demo.sessions import to_ready

        yield from to_ready(s, -25)
        yield s.day(-5, "09:30")
        s.book_session(s.day(day, "10:00"))

    story.__name__ = f"is_ready_on_day_{day}"
    return story


if __name__ == "__main__":
    main(sys.argv[1])
