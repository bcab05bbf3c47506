"""`holdspace serve` opens a real clinic's pages; it never serves the invented people of a demo."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from holdspace.config import health, serving


class Command(BaseCommand):
    help = "Serve the pages of a real clinic."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="1 to 65535, default 8000")
        parser.add_argument("--tls-cert", type=Path, help="PEM file with the certificate chain")
        parser.add_argument(
            "--no-worker", action="store_true", help="holdspace worker runs by itself elsewhere"
        )
        parser.add_argument("--tls-key", type=Path, help="PEM file with its private key")

    def handle(self, *args: Any, **options: Any) -> None:
        cert, key = options["tls_cert"], options["tls_key"]
        self._refuse(options["port"], cert, key)
        serving.serve(
            options["host"], options["port"], cert, key, with_worker=not options["no_worker"]
        )

    def _refuse(self, port: int, cert: Path | None, key: Path | None) -> None:
        if settings.HOLDSPACE_DEMO:
            raise CommandError(
                f"{settings.HOLDSPACE_DATA} is stamped as a demo. Set HOLDSPACE_DATA to the folder "
                "of a real clinic (holdspace init makes one), or run holdspace demo."
            )
        if not 1 <= port <= 65535:
            raise CommandError(f"--port is {port}; write a number 1 to 65535")
        if (cert is None) != (key is None):
            raise CommandError("--tls-cert and --tls-key go together; give both or neither")
        for name, file in (("--tls-cert", cert), ("--tls-key", key)):
            if file is not None and not file.is_file():
                raise CommandError(f"{name} names {file}, which is not a file")
        if trouble := health.problem():
            raise CommandError(trouble)
