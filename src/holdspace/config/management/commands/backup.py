"""`holdspace backup create|restore`: everything in one archive, proved by reading it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from holdspace.config.backup import BackupError, create, restore


class Command(BaseCommand):
    """Exit 0 when the backup was made or restored and verified, 1 when nothing was changed."""

    help = "Back up everything into one archive, or restore one and read its whole record."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        making = verbs.add_parser("create", help="write one archive")
        making.add_argument("file", type=Path, metavar="FILE")
        putting = verbs.add_parser("restore", help="put one archive in place")
        putting.add_argument("file", type=Path, metavar="FILE")
        putting.add_argument(
            "--replace", action="store_true", help="the database that is there is set aside"
        )
        for each in (making, putting):
            each.add_argument(
                "--json", action="store_true", help="one JSON object on the last line"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        now, path = timezone.now(), options["file"].absolute()
        try:
            if options["verb"] == "create":
                manifest = create(path, now=now, say=self._say)
                found = {"file": str(path), "bytes": path.stat().st_size,
                         "files": len(manifest["members"]),
                         "streams": len(manifest["record"]["heads"])}  # fmt: skip
                words = (
                    f"Made {path} with {found['files']} files. Restore it once to know it works."
                )
            else:
                report = restore(path, now=now, replace=options["replace"], say=self._say)
                found = report.as_dict()
                words = f"Restored. The record holds: {report.entries} entries."
        except BackupError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(json.dumps(found) if options["json"] else words)

    def _say(self, words: str) -> None:
        self.stderr.write(f"… {words}", style_func=str)
