"""`holdspace readings import`: a monitor's file, whole and as received, or refused by line."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from holdspace.care.models import Session
from holdspace.core import monitor
from holdspace.medicine.actions import import_readings
from holdspace.medicine.actions.readings import OutsideSession
from holdspace.people import clock
from holdspace.people.models import key_or_none


class Command(BaseCommand):
    """Import readings; the last line of output is one JSON object of counts."""

    help = "Import readings that were exported from a patient monitor into a session."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        importing = verbs.add_parser("import", help="import a CSV file of readings")
        importing.add_argument("--session", required=True, help="the session's id")
        importing.add_argument(
            "--start", required=True, help="the time of minute 0, such as 2026-03-01T09:00:00-05:00"
        )
        importing.add_argument("--check", action="store_true", help="read without importing")
        importing.add_argument(
            "--keep-good", action="store_true", help="leave out cells outside the session"
        )
        importing.add_argument("--json", action="store_true", help="print the counts only")
        importing.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.read()
        check = options["check"]
        session = _session(options["session"], must_be=not check)
        start = _start(options["start"], session)
        try:
            sheet = monitor.parse(_text(options["file"]))
        except monitor.MonitorFileError as error:
            raise CommandError(f"{options['file'].name}, {error}") from error
        received = monitor.judge(sheet, start)
        counts, added = monitor.count(received), 0
        if not check:
            assert session is not None
            added = _import(session, received, options["keep_good"], now)
        if not options["json"]:
            self._tell(received, added, check)
        self.stdout.write(json.dumps({**asdict(counts), "added": added}))

    def _tell(self, received: tuple[monitor.Received, ...], added: int, check: bool) -> None:
        for cell in received:
            if cell.sentence:
                self.stdout.write(
                    f"line {cell.line}, {cell.source_column} {cell.value}: {cell.sentence}"
                )
        self.stdout.write(
            "Read, nothing imported." if check else f"{added} readings are new in this session."
        )


def _session(key: str, *, must_be: bool) -> Session | None:
    found = key_or_none(key)
    session = (
        Session.objects.filter(pk=found).select_related("clinic", "course").first()
        if found
        else None
    )
    if session is None and must_be:
        raise CommandError(
            f"--session: there is no session {key[:40]!r}. Accepted: an id from"
            " `holdspace sessions list`."
        )
    return session


def _start(text: str, session: Session | None) -> datetime:
    """An aware time; one without its offset is read on the clinic's wall."""
    try:
        start = datetime.fromisoformat(text)
        if start.tzinfo is None:
            zone = session.clinic.timezone if session else "UTC"
            start = start.replace(tzinfo=ZoneInfo(zone))
        start.astimezone(ZoneInfo("UTC"))
    except (ValueError, OverflowError) as error:
        raise CommandError(
            f"--start: {text[:40]!r} is not a time. Accepted: 2026-03-01T09:00:00-05:00."
        ) from error
    return start


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > 4 * monitor.CHARACTERS_MAX:
            raise CommandError(f"{file.name}: too large. Accepted: up to 32 MB.")
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise CommandError(f"{file.name}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file.name}: not text in UTF-8. Accepted: a CSV file.") from error


def _import(
    session: Session, received: tuple[monitor.Received, ...], keep_good: bool, now: datetime
) -> int:
    try:
        return import_readings(
            session=session, received=received, keep_good=keep_good, by=None, now=now
        ).added
    except OutsideSession as error:
        raise CommandError(str(error)) from error
