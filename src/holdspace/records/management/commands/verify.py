"""`holdspace verify` reads the whole record and names the first entry that does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from holdspace.records import heads
from holdspace.records.verify import Report, verify

_WIDTH = 30


class Command(BaseCommand):
    """Exit 0 when the record holds, 1 when it is broken or a guard is missing."""

    help = "Read the whole record again; name the first entry that does not fit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
        parser.add_argument("--heads", metavar="FILE", help="heads kept elsewhere, to compare with")

    def handle(self, *args: Any, **options: Any) -> None:
        kept = _kept(options["heads"]) if options["heads"] else None
        bar = self._bar if self.stderr.isatty() else None
        report = verify(progress=bar, heads=kept)
        if bar:
            self._draw("\r" + " " * (_WIDTH + 40) + "\r")
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
        else:
            self.stdout.write(_words(report))
        if not report.ok:
            raise SystemExit(1)

    def _bar(self, done: int, total: int) -> None:
        share = done / total if total else 1
        filled = int(share * _WIDTH)
        drawn = "#" * filled + "." * (_WIDTH - filled)
        self._draw(f"\r[{drawn}] {done:,} of {total:,} entries")

    def _draw(self, text: str) -> None:
        self.stderr.write(text, style_func=str, ending="")
        self.stderr.flush()


def _kept(path: str) -> list[dict[str, Any]]:
    try:
        return heads.load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise CommandError(f"--heads {path}: {error}") from error


def _words(report: Report) -> str:
    broken = report.broken
    if broken:
        where = [f"stream {broken.stream}"] if broken.stream else []
        where += [f"entry {broken.seq}"] if broken.seq is not None else []
        where += [f"({broken.act})"] if broken.act else []
        place = " ".join(where) + ": " if where else ""
        return f"BROKEN  {place}{broken.what}"
    if report.unguarded:
        tables = ", ".join(report.unguarded)
        return f"UNGUARDED  the record holds, but these tables can be changed: {tables}"
    erased = f", {report.erased:,} erased" if report.erased else ""
    return f"The record holds: {report.streams:,} streams, {report.entries:,} entries{erased}."
