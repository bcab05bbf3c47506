"""`holdspace sessions list`: every session day with its state, for scripts; no names."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from holdspace.care.events import body_of
from holdspace.care.models import Event, EventKind, Session


class Command(BaseCommand):
    """List session days, the newest first."""

    help = "List medicine sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="list sessions, the newest first")
        listing.add_argument("--json", action="store_true", help="print one JSON array")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = [_as_plain(s, ending) for s, ending in _sessions()]
        if options["json"]:
            self.stdout.write(json.dumps(rows))
            return
        for row in rows:
            self.stdout.write(
                f"{row['id']}  {row['person']:<12}  {row['started_at']}  {row['state']}"
            )
        if not rows:
            self.stdout.write("No session has been opened yet.")


def _sessions() -> list[tuple[Session, str]]:
    ends = {
        event.session_id: body_of(event.kind, event.body).ending.value
        for event in Event.objects.filter(kind=EventKind.SESSION_ENDED.value, body__isnull=False)
    }
    sessions = Session.objects.select_related("patient").order_by("-opened_at", "-id")
    return [(session, ends.get(session.id, "open")) for session in sessions]


def _as_plain(session: Session, state: str) -> dict[str, str]:
    return {
        "id": str(session.id),
        "state": state,
        "started_at": session.opened_at.isoformat(),
        "person": session.patient.display_id,
    }
