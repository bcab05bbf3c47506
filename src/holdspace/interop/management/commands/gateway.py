"""`holdspace gateway`: listen for the monitors of the clinic's rooms (HL7 v2 over MLLP)."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from holdspace.interop.gateway import Gateway
from holdspace.people import clock


class Command(BaseCommand):
    """Listen until told to stop. Nothing that arrives is charted; a clinician does that."""

    help = "Listen for patient monitors (HL7 v2 ORU^R01 over MLLP)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument("--port", type=int, default=2575, help="the port (0: any free one)")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        if not 0 <= port <= 65535:
            raise CommandError(f"--port is {port}. Accepted: 1 to 65535, or 0 for any free one.")
        try:
            asyncio.run(self._listen(host, port))
        except OSError as taken:
            raise CommandError(
                f"{host}:{port} cannot be listened on ({taken.strerror}). Accepted: another --port."
            ) from taken
        self.stdout.write("Stopped.")

    async def _listen(self, host: str, port: int) -> None:
        gateway = Gateway(host, port, is_demo=settings.HOLDSPACE_DEMO, clock=clock.read)
        await gateway.run(lambda bound: self._say(host, bound))

    def _say(self, host: str, port: int) -> None:
        self.stdout.write(f"Listening for monitors on {host}:{port}. Not for monitoring.")
        self.stdout.flush()
