"""`holdspace demo` plays a clinic of invented people into a folder of its own, then serves it."""

import os
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from holdspace.config import env, health, serving
from holdspace.people.models import Clinic

HOST = "127.0.0.1"
STAMP = "DEMO"
STAMP_TEXT = (
    "Everybody in this folder is invented. `holdspace demo` made it; never enter anybody real.\n"
)


class Command(BaseCommand):
    help = "Play a demo clinic of invented people and serve it on this machine only."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--play-only", action="store_true", help="fill the folder, serve not")
        parser.add_argument(
            "--now", type=_moment, help="play up to this time, such as 2026-03-02T14:00:00-07:00"
        )
        parser.add_argument("--port", type=int, help="1 to 65535, default $PORT or 8000")

    def handle(self, *args: Any, **options: Any) -> None:
        port = _port(options["port"])
        if not options["play_only"]:
            serving.check_free(HOST, port)  # before the play, not after it
        if not settings.HOLDSPACE_DEMO:
            self._stamp_and_begin_again()
        call_command("migrate", verbosity=0)
        if Clinic.objects.filter(is_demo=False).exists():
            raise CommandError(
                "This database holds a clinic that is not a demo. Name another database or folder."
            )
        before = Clinic.objects.first()
        if before is None:
            self._play(options["now"] or timezone.now())
        else:
            self.stdout.write(
                f"{before.name} was played before; its “today” is that of its play. Remove"
                f" {settings.HOLDSPACE_DATA} to play it again up to now."
            )
        self._tell_signins(port, serves=not options["play_only"])
        if not options["play_only"]:
            if trouble := health.problem():
                raise CommandError(trouble)
            # for the links in the demo's mail, here and in the processes that are started from here
            os.environ["HOLDSPACE_URL"] = settings.HOLDSPACE_URL = f"http://{HOST}:{port}"
            serving.serve(HOST, port)

    def _stamp_and_begin_again(self) -> None:
        """Stamp a folder without a database; settings read the stamp, so the program restarts."""
        folder: Path = settings.HOLDSPACE_DATA
        if _has_database():
            raise CommandError(
                f"{folder} has a database but is not stamped as a demo, so nothing is played into "
                "it. Set HOLDSPACE_DATA to an empty or a new folder."
            )
        (folder / STAMP).write_text(STAMP_TEXT)
        sys.stdout.flush()
        # the same interpreter with the same words: nothing here comes from anybody else
        os.execv(  # noqa: S606
            sys.executable, [sys.executable, "-m", "holdspace.config", *sys.argv[1:]]
        )

    def _play(self, now: datetime) -> None:
        from holdspace.config.demo.play import play  # here: only the first start needs it

        self.stdout.write("Playing the clinic; everybody in it is invented.")
        began = time.monotonic()
        play(now, self._line)
        self.stdout.write(f"Played in {time.monotonic() - began:.0f} s.")

    def _line(self, line: str) -> None:
        self.stdout.write(f"  {line}")
        self.stdout.flush()

    def _tell_signins(self, port: int, *, serves: bool) -> None:
        from holdspace.config.demo.play import signins

        rows = [("Role", "Name", "E-mail", "Password")]
        rows += [(s.role, s.name, s.email, s.password) for s in signins()]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())
        if serves:
            here = f"http://{HOST}:{port}"
            self.stdout.write(f"\nFor the public: {here}/get-started/")
            self.stdout.write(f"For the clinic: {here}/accounts/login/   (Ctrl+C stops it)")
        self.stdout.flush()


def _has_database() -> bool:
    """Whether anything is kept here already: a SQLite file, or tables on a server."""
    if connection.vendor == "sqlite":
        return Path(connection.settings_dict["NAME"]).exists()
    return bool(connection.introspection.table_names())


def _port(given: int | None) -> int:
    try:
        port = given or env.whole_number("PORT", 8000, least=1, most=65535)
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from error
    if not 1 <= port <= 65535:
        raise CommandError(f"--port is {port}; write a number 1 to 65535")
    return port


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ArgumentTypeError("write a time with its zone, such as 2026-03-02T14:00:00-07:00")
    return moment
