"""Protocol files are read, checked, compared and put to the test at the keyboard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from holdspace import __version__
from holdspace.care import shipped
from holdspace.core import scenarios
from holdspace.core.canonical import CanonicalError
from holdspace.core.protocol import Protocol, ProtocolError, diff, load
from holdspace.core.protocol_pages import AWAITS, limits_page, page


class Command(BaseCommand):
    help = "Check, show and compare protocol files, and run their scenarios."
    requires_system_checks: tuple[()] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        check = what.add_parser(
            "check", help="read files or shipped protocols; default: all shipped"
        )
        check.add_argument("target", nargs="*", metavar="FILE|NAME")
        check.add_argument("--json", action="store_true")
        show = what.add_parser("show", help="one protocol, for reading and signing")
        show.add_argument("target", metavar="FILE|NAME[/VERSION]")
        compare = what.add_parser("diff", help="what differs between two protocols, value by value")
        compare.add_argument("before", metavar="FILE|NAME[/VERSION]")
        compare.add_argument("after", metavar="FILE|NAME[/VERSION]")
        compare.add_argument("--json", action="store_true")
        run = what.add_parser("scenarios", help="run scenario files; default: all shipped")
        run.add_argument("target", nargs="*", metavar="FILE|NAME")
        run.add_argument("--json", action="store_true")
        docs = what.add_parser("docs", help="the table of every shipped value (docs/limits.md)")
        docs.add_argument("target", nargs="*", metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"on_{options['what']}")(options)

    # -- the sub-commands

    def on_check(self, options: dict[str, Any]) -> None:
        """Exit 1 when any file has a problem; each problem with its key, line and what would do."""
        results = [_checked(target) for target in options["target"] or shipped.protocol_names()]
        if options["json"]:
            self.stdout.write(json.dumps(results, ensure_ascii=False))
        else:
            for result in results:
                self._tell_check(result)
        if not all(result["ok"] for result in results):
            raise SystemExit(1)

    def _tell_check(self, result: dict[str, Any]) -> None:
        if result["ok"]:
            self.stdout.write(
                f"{result['target']}: ok, {result['values']} entries, "
                f"{result['unsigned']} {AWAITS}; digest {result['digest'][:12]}"
            )
        for problem in result["problems"]:
            at = f"{result['target']}:{problem['line']}" if problem["line"] else result["target"]
            self.stdout.write(
                f"{at}: {problem['path']}: {problem['problem']} Accepted: {problem['accepted']}."
            )

    def on_show(self, options: dict[str, Any]) -> None:
        self.stdout.write(page(_loaded(options["target"])))

    def on_diff(self, options: dict[str, Any]) -> None:
        before, after = _loaded(options["before"]), _loaded(options["after"])
        changes = diff(before, after)
        if options["json"]:
            rows = [{"path": c.path, "before": c.before, "after": c.after} for c in changes]
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
            return
        for change in changes:
            self.stdout.write(change.path)
            if change.before is not None:
                self.stdout.write(f"  - {change.before}")
            if change.after is not None:
                self.stdout.write(f"  + {change.after}")
        self.stdout.write(f"{len(changes)} differences.")

    def on_scenarios(self, options: dict[str, Any]) -> None:
        """Exit 1 when any scenario's answer is not the expected one."""
        rows = [row for target in options["target"] or _names() for row in _ran(target)]
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
        else:
            wide = max((len(row["scenario"]) for row in rows), default=0)
            for row in rows:
                mark = "ok      " if row["ok"] else "DIFFERS "
                said = "allowed" if row["allowed"] else ", ".join(row["codes"]) or "refused"
                self.stdout.write(f"{mark} {row['scenario']:<{wide}}  {row['door']:<18} {said}")
                for difference in row["differences"]:
                    self.stdout.write(f"          {difference}")
            good = sum(row["ok"] for row in rows)
            self.stdout.write(f"{good} of {len(rows)} scenarios as expected.")
        if not rows or not all(row["ok"] for row in rows):
            raise SystemExit(1)

    def on_docs(self, options: dict[str, Any]) -> None:
        protocols = [_loaded(name) for name in options["target"] or shipped.protocol_names()]
        self.stdout.write(limits_page(protocols), ending="")


def _names() -> list[str]:
    return sorted({name.partition("/")[0] for name in shipped.protocol_names()})


def _text(target: str) -> str:
    """The text of a file if there is one of that name, else of a shipped protocol."""
    path = Path(target)
    if path.is_file():
        try:
            return path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise CommandError(f"{target}: byte {error.start} is not UTF-8 text.") from error
    try:
        return shipped.protocol_text(target)
    except shipped.NotShippedError as error:
        raise CommandError(f"{error} There is no file {target} either.") from error


def _loaded(target: str) -> Protocol:
    try:
        return load(_text(target), where=target)
    except ProtocolError as error:
        raise CommandError(str(error)) from error


def _checked(target: str) -> dict[str, Any]:
    try:
        protocol = load(_text(target), where=target)
    except ProtocolError as error:
        problems = [
            {"path": p.path, "line": p.line, "problem": p.problem, "accepted": p.accepted}
            for p in error.problems
        ]
        return {"target": target, "ok": False, "problems": problems}
    return {
        "target": target,
        "ok": True,
        "name": protocol.name,
        "version": protocol.version,
        "digest": protocol.digest,
        "values": sum(1 for _ in protocol.graded()),
        "unsigned": len(protocol.unsigned),
        "problems": [],
    }


def _ran(target: str) -> list[dict[str, Any]]:
    path = Path(target)
    if path.is_file():
        return [_row(path.name, path.read_bytes().decode("utf-8"))]
    try:
        shipped.protocol_text(target)
    except shipped.NotShippedError as error:
        raise CommandError(f"{error} There is no file {target} either.") from error
    name = target.partition("/")[0]
    return [
        _row(f"{name}/{file.name.removesuffix('.json')}", file.read_bytes().decode("utf-8"))
        for file in shipped.scenario_files(name)
    ]


def _row(name: str, text: str) -> dict[str, Any]:
    try:
        scenario = scenarios.read(text)
    except CanonicalError as error:
        raise CommandError(f"{name}: {error}") from error
    outcome = scenarios.run(scenario, _loaded(scenario.protocol), __version__)
    return {
        "scenario": name,
        "why": scenario.why,
        "door": scenario.door.value,
        "ok": outcome.matches,
        "allowed": outcome.decision.allowed,
        "codes": scenarios.stopping(outcome.decision),
        "differences": list(outcome.differences),
    }
