"""Questionnaires are put to their own test, listed and described at the keyboard."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from holdspace.assessment import actions
from holdspace.assessment.instruments import instruments
from holdspace.care import shipped
from holdspace.care.actions import WrongInput
from holdspace.core.scale_check import Checked, check
from holdspace.core.scale_pages import list_lines, scales_page
from holdspace.people.models import Clinic


class Command(BaseCommand):
    help = "Check, list and describe the questionnaires."
    requires_system_checks: tuple[()] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        checks = what.add_parser("check", help="score every worked example; default: all shipped")
        checks.add_argument("target", nargs="*", metavar="FILE|NAME")
        checks.add_argument("--json", action="store_true")
        what.add_parser("list", help="each with its licence, wording, and how far it was checked")
        wording = what.add_parser("wording", help="load the wording that a clinic is licensed for")
        wording.add_argument("instrument")
        wording.add_argument("file", metavar="FILE", help="JSON, or CSV: item, option, text")
        wording.add_argument("--holder", required=True, help="who holds the licence")
        wording.add_argument("--reference", required=True, help="the licence's number or letter")
        wording.add_argument("--on", required=True, metavar="YYYY-MM-DD", help="licensed on")
        wording.add_argument("--clinic", default="", help="name, when there are several")
        what.add_parser("docs", help="the table of all of them (docs/scales.md)")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"on_{options['what']}")(options)

    def on_check(self, options: dict[str, Any]) -> None:
        """Exit 1 when an example does not come out or a file cannot be read."""
        results = [_checked(target) for target in options["target"] or shipped.scale_names()]
        for result in results:
            for failure in result.failures:
                self.stdout.write(f"{result.scale}: {failure}")
        count = {
            "scales": len(results),
            "examples": sum(result.examples for result in results),
            "failed": sum(len(result.failures) for result in results),
        }
        if options["json"]:
            self.stdout.write(json.dumps(count))
        else:
            self.stdout.write(
                f"{count['scales']} questionnaires, {count['examples']} worked examples, "
                f"{count['failed']} failures."
            )
        if count["failed"]:
            raise SystemExit(1)

    def on_list(self, options: dict[str, Any]) -> None:
        for line in list_lines(instruments().values()):
            self.stdout.write(line)

    def on_wording(self, options: dict[str, Any]) -> None:
        """Load it in the name of nobody: whoever sits at the server's keyboard."""
        try:
            row = actions.load_wording(
                clinic=_clinic(options["clinic"]),
                instrument=options["instrument"],
                text=Path(options["file"]).read_bytes().decode("utf-8"),
                holder=options["holder"],
                reference=options["reference"],
                licensed_on=date.fromisoformat(options["on"]),
                by=None,
                now=timezone.now(),
            )
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{options['file']} is not UTF-8 text.") from error
        except WrongInput as error:
            raise CommandError(f"{error} Nothing was loaded.") from error
        except ValueError as error:
            raise CommandError(f"--on: {error}. Accepted: 2026-03-09.") from error
        self.stdout.write(f"{row.instrument}: wording loaded for {row.clinic.name}. {row.licence}.")

    def on_docs(self, options: dict[str, Any]) -> None:
        self.stdout.write(scales_page(instruments().values()), ending="")


def _clinic(name: str) -> Clinic:
    found = list(Clinic.objects.filter(name=name) if name else Clinic.objects.all()[:2])
    if len(found) != 1:
        raise CommandError("--clinic: name one clinic of this install.")
    return found[0]


def _checked(target: str) -> Checked:
    """A file if there is one of that name, else a shipped questionnaire."""
    path = Path(target)
    try:
        if path.is_file():
            return check(path.stem, path.read_bytes().decode("utf-8"))
        return check(target, shipped.scale_text(target))
    except UnicodeDecodeError as error:
        return Checked(target, 0, (f"byte {error.start} is not UTF-8 text.",))
    except shipped.NotShippedError as error:
        raise CommandError(f"{error} There is no file {target} either.") from error
