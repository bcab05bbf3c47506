"""`holdspace record heads` hands out the ends of the chain, to be kept elsewhere."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from holdspace.records import guards, heads


class Command(BaseCommand):
    """`record heads` and `record tables`."""

    help = "heads: the last entry of every stream; tables: the append-only tables."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["heads", "tables"])
        parser.add_argument("--json", action="store_true", help="one JSON object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "tables":
            self._tables(as_json=options["json"])
            return
        found = heads.export(timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for head in found["heads"]:
            self.stdout.write(f"{head['stream']}  {head['seq']:>8}  {head['hash']}  {head['at']}")
        self.stdout.write(f"seal {found['seal']}")

    def _tables(self, *, as_json: bool) -> None:
        tables = guards.installed()
        if as_json:
            self.stdout.write(json.dumps(tables))
            return
        for table, kind in tables.items():
            self.stdout.write(f"{table:<40} {kind}")
