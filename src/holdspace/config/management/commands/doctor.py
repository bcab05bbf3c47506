"""`holdspace doctor` names what is wrong with the machine, and exits 1 when something is."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from holdspace.config.doctor import examine

MARKS = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}


class Command(BaseCommand):
    help = "Check the database, clock, disk and keys of this machine."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        results = examine(timezone.now())
        healthy = all(result.state != "problem" for result in results)
        if options["json"]:
            self.stdout.write(
                json.dumps({"ok": healthy, "checks": [asdict(result) for result in results]})
            )
        else:
            for result in results:
                self.stdout.write(f"{MARKS[result.state]}  {result.name:<12}  {result.words}")
        if not healthy:
            raise SystemExit(1)
