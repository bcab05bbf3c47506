"""Questionnaires are put to their own test, listed and described at the keyboard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from holdspace.assessment.instruments import instruments
from holdspace.care import shipped
from holdspace.core.scale_check import Checked, check
from holdspace.core.scale_pages import list_lines, scales_page


class Command(BaseCommand):
    help = "Check, list and describe the questionnaires."
    requires_system_checks: tuple[()] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        checks = what.add_parser("check", help="score every worked example; default: all shipped")
        checks.add_argument("target", nargs="*", metavar="FILE|NAME")
        checks.add_argument("--json", action="store_true")
        what.add_parser("list", help="each with its licence, wording, and how far it was checked")
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

    def on_docs(self, options: dict[str, Any]) -> None:
        self.stdout.write(scales_page(instruments().values()), ending="")


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
