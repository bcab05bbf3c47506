"""`holdspace simulate monitor`: an invented monitor that speaks real MLLP, for demo and drills."""

from __future__ import annotations

import socket
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from holdspace.interop.simulator import Monitor, send
from holdspace.people import clock


class Command(BaseCommand):
    """Send invented readings to a gateway, and say what it answered."""

    help = "Send the readings of an invented monitor to `holdspace gateway` (demo only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        monitor = what.add_parser("monitor", help="a bedside monitor")
        monitor.add_argument("--host", default="127.0.0.1")
        monitor.add_argument("--port", type=int, default=2575)
        monitor.add_argument("--sender", default="Bedside^Room 1", help="MSH-3^MSH-4")
        monitor.add_argument("--person", default="", help="the person's number, as P-1004")
        monitor.add_argument("--count", type=int, default=10, help="messages, 1 to 1000")
        monitor.add_argument("--every", type=int, default=60, help="seconds between them, 0 to 600")
        monitor.add_argument("--faults", action="store_true", help="with what goes wrong in rooms")
        monitor.add_argument("--seed", type=int, default=1, help="the same seed, the same numbers")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.HOLDSPACE_DEMO:
            raise CommandError(
                "An invented monitor belongs to a demo. Accepted: HOLDSPACE_DATA of a demo."
            )
        if not (1 <= options["count"] <= 1000 and 0 <= options["every"] <= 600):
            raise CommandError("--count or --every. Accepted: 1 to 1000, and 0 to 600 seconds.")
        if options["sender"].count("^") != 1:
            raise CommandError("--sender. Accepted: two names split by ^, as “Bedside^Room 1”.")
        monitor = Monitor(options["sender"], options["person"], seed=options["seed"])
        try:
            with socket.create_connection((options["host"], options["port"]), timeout=10) as line:
                self._send(monitor, line, options)
        except OSError as error:
            raise CommandError(
                f"No gateway answers on {options['host']}:{options['port']} ({error}). Accepted:"
                " start one with `holdspace gateway`."
            ) from error

    def _send(self, monitor: Monitor, line: socket.socket, options: dict[str, Any]) -> None:
        pause = Event()
        for n in range(options["count"]):
            if n:
                pause.wait(options["every"])
            text = monitor.message(clock.read(), with_fault=options["faults"])
            self.stdout.write(f"{monitor.said}: {send(line, text)}")
            self.stdout.flush()
