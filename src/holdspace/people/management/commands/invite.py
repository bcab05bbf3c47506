"""`holdspace invite` makes an invitation where nobody can reach the page."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from holdspace.core.facts import Role
from holdspace.people import actions
from holdspace.people.models import Membership
from holdspace.people.signing import Refused


class Command(BaseCommand):
    help = "Invite somebody to a clinic, in the name of one of its managers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="as it stands under signatures")
        parser.add_argument("--title", default="", help="letters after the name")
        parser.add_argument(
            "--role", action="append", required=True, choices=[r.value for r in Role]
        )
        parser.add_argument("--by", required=True, help="e-mail of the manager who invites")
        parser.add_argument("--clinic", default="", help="name, when the manager has several")
        parser.add_argument("--address", default="", help="where the server answers, for the link")

    def handle(self, *args: Any, **options: Any) -> None:
        managers = Membership.objects.filter(user__email__iexact=options["by"], ended_at=None)
        if options["clinic"]:
            managers = managers.filter(clinic__name=options["clinic"])
        found = list(managers.select_related("user", "clinic"))
        if len(found) != 1:
            raise CommandError(
                f"--by: {len(found)} memberships of {options['by']}; name one manager, and the"
                " clinic with --clinic when there are several."
            )
        try:
            member, token = actions.invite(
                by=found[0],
                email=options["email"],
                name=options["name"],
                title=options["title"],
                roles=[Role(role) for role in options["role"]],
                now=timezone.now(),
            )
        except Refused as refused:
            field = f"{refused.field}: " if refused.field else ""
            raise CommandError(f"{field}{refused.message} Nobody was invited.") from refused
        self.stdout.write(f"{member.name} is invited to {member.clinic.name}. Once, for 7 days:")
        self.stdout.write(f"  {options['address'].rstrip('/')}/people/join/{token}/")
        waiting = [g.words for g in member.grants.all() if g.is_waiting]
        if waiting:
            self.stdout.write(f"A second person still grants: {', '.join(waiting)}.")
