"""`holdspace messages` shows an operator the outbox, and sends what is due now."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from holdspace.care import actions, mail
from holdspace.care.models import Message
from holdspace.people import clock

SHOWN = 200


class Command(BaseCommand):
    help = "Show the outbox, or send what is due now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        shown = verbs.add_parser("list", help="the newest messages, without addresses")
        shown.add_argument("--state", choices=Message.State.values, help="only these")
        shown.add_argument("--json", action="store_true", help="one line of JSON for each")
        verbs.add_parser("send-due", help="send what is due now, here, without the queue")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "list":
            self._list(options["state"], as_json=options["json"])
        else:
            self._send_due()

    def _list(self, state: str | None, *, as_json: bool) -> None:
        rows = Message.objects.select_related("clinic").order_by("-queued_at")
        for row in (rows.filter(state=state) if state else rows)[:SHOWN]:
            said = {
                "id": str(row.pk),
                "clinic": row.clinic.name,
                "template": row.template,
                "state": row.state,
                "tries": row.tries,
                "queued_at": row.queued_at.isoformat(),
                "next_at": row.next_at.isoformat(),
                "last_error": row.last_error,
            }
            line = json.dumps(said) if as_json else "  ".join(str(v) for v in said.values())
            self.stdout.write(line)

    def _send_due(self) -> None:
        if trouble := mail.trouble():
            raise CommandError(f"nothing can be sent: {trouble}; see docs/deploy.md")
        now, ended = clock.read(), 0
        waiting = [Message.State.QUEUED, Message.State.FAILED, Message.State.SENDING]
        due = Message.objects.filter(state__in=waiting, next_at__lte=now)
        for key in due.order_by("next_at").values_list("pk", flat=True):
            ended += actions.deliver(message=key, now=now) == Message.State.SENT
        self.stdout.write(f"{ended} sent")
