"""The table of medicines at the keyboard: is it sound, and what is a name?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from holdspace.care import shipped
from holdspace.care.medicines import table
from holdspace.core.medicines import CLASSES, MedicinesError, page, read
from holdspace.core.protocol import load


class Command(BaseCommand):
    help = "Check the table of medicines, or look up one name."
    requires_system_checks: tuple[()] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        check = what.add_parser("check", help="read every shipped table, or a file")
        check.add_argument("file", nargs="?", type=Path)
        check.add_argument("--json", action="store_true")
        what.add_parser("docs", help="the table as a page (docs/medicines.md)")
        find = what.add_parser("find", help="what a name is; exit 1 when it is not recognised")
        find.add_argument("name", nargs="+")
        find.add_argument("--protocol", default="kap-clinic", metavar="NAME[/VERSION]")
        find.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"on_{options['what']}")(options)

    def on_check(self, options: dict[str, Any]) -> None:
        if options["file"]:
            texts = {str(options["file"]): options["file"].read_text(encoding="utf-8")}
        else:
            texts = {name: shipped.medicines_text(name) for name in shipped.medicines_names()}
        rows = [_checked(name, text) for name, text in texts.items()]
        for row in [] if options["json"] else rows:
            for problem in row["problems"]:
                self.stdout.write(f"{row['table']}: {problem}")
            if not row["problems"]:
                self.stdout.write(
                    f"{row['table']}: ok, {row['ingredients']} ingredients, {row['names']} names; "
                    f"digest {row['digest'][:12]}; to be checked by a pharmacist"
                )
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
        if any(row["problems"] for row in rows):
            raise SystemExit(1)

    def on_docs(self, options: dict[str, Any]) -> None:
        self.stdout.write(page(table()), ending="")

    def on_find(self, options: dict[str, Any]) -> None:
        name = " ".join(options["name"])
        try:
            protocol = load(shipped.protocol_text(options["protocol"]))
        except shipped.NotShippedError as error:
            raise CommandError(str(error)) from error
        found = table().recognise(name)
        groups = [
            (group.key, group.verdict, group.label)
            for group in protocol.medication_groups.values()
            if found and set(group.classes) & set(found.classes)
        ]
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "name": name,
                        "recognised": found is not None,
                        "ingredients": found.ingredients if found else (),
                        "classes": found.classes if found else (),
                        "by": found.by if found else "",
                        "groups": [key for key, _, _ in groups],
                        "did_you_mean": () if found else table().near(name),
                        "table": table().reference,
                    },
                    ensure_ascii=False,
                )
            )
        elif found:
            classes = ", ".join(CLASSES[each] for each in found.classes)
            self.stdout.write(f"{name}: {' + '.join(found.ingredients)} ({found.by}); {classes}")
            for key, verdict, label in groups:
                self.stdout.write(f"  {verdict}: {label} (medications.{key})")
        else:
            self.stdout.write(f"{name}: not recognised, review by hand.")
            near = table().near(name)
            if near:
                self.stdout.write(f"  Did you mean {' or '.join(near)}?")
        if found is None:
            raise SystemExit(1)


def _checked(name: str, text: str) -> dict[str, Any]:
    row: dict[str, Any] = {"table": name, "problems": []}
    try:
        read_table = read(text)
    except MedicinesError as error:
        return row | {"problems": list(error.problems)}
    return row | {
        "ingredients": len(read_table.ingredients),
        "names": len(read_table.names),
        "digest": read_table.digest,
    }
