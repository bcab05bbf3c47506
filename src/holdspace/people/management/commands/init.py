"""`holdspace init` makes a real clinic: a site, a director, and one link to sign in first."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from holdspace.people import actions
from holdspace.people.models import Clinic
from holdspace.people.signing import Refused

# Option, question, and whether an empty answer is an answer.
QUESTIONS = (
    ("name", "Name of the clinic", False),
    ("timezone", "Time zone, for example America/Denver", False),
    ("site_name", "Name of its first site", False),
    ("site_address", "Full address of the site", False),
    ("state", "State of the site, two letters", False),
    ("dea_registered_address", "DEA-registered address of the site (empty: not yet)", True),
    ("phone", "Phone of the clinic (empty: none)", True),
    ("director_name", "Name of the medical director", False),
    ("director_title", "Letters after the name, for example MD", True),
    ("director_email", "E-mail of the medical director", False),
)


class Command(BaseCommand):
    help = "Make a real clinic: site, medical director, first sign-in. Asks for what is not given."

    def add_arguments(self, parser: CommandParser) -> None:
        for option, question, _ in QUESTIONS:
            parser.add_argument(f"--{option.replace('_', '-')}", help=question)
        parser.add_argument(
            "--director-prescribes",
            action="store_true",
            help="the director is also a prescriber, from the founding",
        )
        parser.add_argument(
            "--another", action="store_true", help="make one more clinic beside an existing one"
        )
        parser.add_argument("--address", default="", help="where the server answers, for the link")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.HOLDSPACE_DEMO:
            raise CommandError(
                f"{settings.HOLDSPACE_DATA} is a demo folder: a real clinic never lives there. "
                "Choose another with HOLDSPACE_DATA."
            )
        call_command("migrate", verbosity=0, interactive=False)
        if Clinic.objects.exists() and not options["another"]:
            raise CommandError("There is a clinic here already. Use --another for one more.")
        answers: dict[str, Any] = {
            option: self._answer(options[option], question, may_be_empty)
            for option, question, may_be_empty in QUESTIONS
        }
        answers["state"] = answers["state"].strip().upper()
        try:
            founding = actions.found_clinic(
                **answers,
                director_prescribes=options["director_prescribes"],
                is_demo=False,
                now=timezone.now(),
            )
        except Refused as refused:
            option = f"--{refused.field.replace('_', '-')}: " if refused.field else ""
            raise CommandError(f"{option}{refused.message} Nothing was made.") from refused
        self.stdout.write(f"{founding.clinic.name} is here. Its first sign-in, once, for 72 hours:")
        self.stdout.write(f"  {options['address'].rstrip('/')}/people/join/{founding.token}/")
        self.stdout.write(
            "It is shown only now. Next: the director invites an administrator, and the two of"
            " them grant the clinical roles. Then a protocol is taken and signed (Protocol), and"
            " rooms are added (Staff, Rooms)."
        )

    def _answer(self, given: str | None, question: str, may_be_empty: bool) -> str:
        if given is not None:
            return given
        if not sys.stdin.isatty():
            if may_be_empty:
                return ""
            raise CommandError(f"{question}: give it as an option (see holdspace init --help).")
        while True:
            typed = input(f"{question}: ").strip()
            if typed or may_be_empty:
                return typed
