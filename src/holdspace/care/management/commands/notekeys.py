"""`holdspace notekeys` names the keys of the private notes; `--new` puts a new one first."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from holdspace.care import secrecy
from holdspace.care.models import PrivateNote


class Command(BaseCommand):
    help = "Name the keys of the private notes (never show them); with --new, add one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--new", action="store_true", help="write with a new key from now on")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["new"]:
            if missing := missing_keys():
                raise CommandError(
                    f"Notes were written with {', '.join(missing)}, which is not in "
                    f"{secrecy.key_file()}. Accepted: the kept copy put back first."
                )
            secrecy.add_key()
        names = secrecy.key_names()
        self.stdout.write(f"{secrecy.key_file()}: {len(names)} keys")
        for number, name in enumerate(names):
            self.stdout.write(f"  {name}  {'reads' if number else 'writes and reads'}")
        for name in missing_keys():
            self.stdout.write(f"  {name}  MISSING: notes were written with it")
        self.stdout.write("Keep a copy of this file away from this machine and from its backups.")


def missing_keys() -> list[str]:
    """Names of keys that notes were written with and that are not in the file."""
    bodies = PrivateNote.objects.filter(body__isnull=False).values_list("body", flat=True)
    used = {secrecy.key_of(body) for body in bodies.iterator()}
    return sorted(used - set(secrecy.key_names()))
