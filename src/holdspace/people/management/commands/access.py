"""`holdspace access` prints who may see and do what; `--write FILE` keeps the page in step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from holdspace.people import signing
from holdspace.people.access import markdown


class Command(BaseCommand):
    help = "Print who may see and do what; with --write, renew docs/access.md and signatures.md."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", metavar="FOLDER", help="write the pages there, e.g. docs")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["write"]:
            self.stdout.write(markdown())
            return
        folder = Path(options["write"])
        (folder / "access.md").write_text(markdown(), encoding="utf-8")
        (folder / "signatures.md").write_text(signing.markdown(), encoding="utf-8")
        self.stdout.write(f"{folder}/access.md and {folder}/signatures.md are renewed.")
