"""`holdspace screen` asks a door about a file of facts: no database, no folder, nothing kept."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from holdspace import __version__
from holdspace.care import shipped
from holdspace.care.medicines import with_medicines
from holdspace.core import scenarios
from holdspace.core.canonical import CanonicalError
from holdspace.core.decision import Decision, Door
from holdspace.core.gates import decide
from holdspace.core.insist import Malformed
from holdspace.core.protocol import Protocol, ProtocolError, load

ALLOWED, REFUSED, BAD_FILE = 0, 1, 2
BYTES_MAX = 4_000_000  # the record of one person in treatment has some hundred thousand


class Command(BaseCommand):
    help = "Ask a door about a file of facts (docs/facts.md). Exit 0: allowed, 1: refused, 2: bad."
    requires_system_checks: tuple[()] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FACTS.json", help="a scenario or facts; - reads stdin")
        parser.add_argument(
            "--protocol", default="", metavar="NAME", help="a shipped protocol or a file"
        )
        parser.add_argument("--at", default="", metavar="TIME", help="ISO time with its offset")
        parser.add_argument(
            "--door", default="", metavar="DOOR", help=", ".join(door.value for door in Door)
        )
        parser.add_argument("--json", action="store_true", help="the whole decision as one line")

    def handle(self, *args: Any, **options: Any) -> None:
        decision = _asked(options)
        if options["json"]:
            self.stdout.write(json.dumps(scenarios.told(decision), ensure_ascii=False))
        else:
            self._tell(decision)
        if not decision.allowed:
            raise SystemExit(REFUSED)

    def _tell(self, decision: Decision) -> None:
        answer = "allowed" if decision.allowed else "refused"
        self._line(f"{decision.door.value.replace('_', ' ')}: {answer} ({decision.protocol})")
        for told in scenarios.told(decision)["findings"]:
            if told["verdict"] == "pass":
                continue
            self._line(f"{told['verdict']:<8} {told['code']}: {told['sentence']}")
            self._line(f"         {told['evidence']} (rule: {told['rule']}; {told['source']})")
            if told["remedy"]:
                self._line(f"         {told['remedy']}")

    def _line(self, text: str) -> None:
        """Whatever a file says, it moves no cursor and hides no line."""
        self.stdout.write(
            "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
        )


def _asked(options: dict[str, Any]) -> Decision:
    try:
        text, at = _text(options["file"]), _moment(options["at"])
        asked = scenarios.question(text, protocol=options["protocol"], door=options["door"], at=at)
        facts = with_medicines(asked.facts)
        return decide(asked.door, facts, _protocol(asked.protocol), __version__)
    except CanonicalError as error:
        raise _bad(f"{options['file']}: {error}") from error
    except (Malformed, OverflowError) as error:
        raise _bad(
            f"{options['file']}: a time or number nobody can reckon with: {error}"
        ) from error


def _bad(words: str) -> CommandError:
    return CommandError(words, returncode=BAD_FILE)


def _text(name: str) -> str:
    try:
        if name == "-":
            held = sys.stdin.buffer.read(BYTES_MAX + 1)
        else:
            with Path(name).open("rb") as file:
                held = file.read(BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        raise _bad(f"{name[:200]} cannot be read: {getattr(error, 'strerror', error)}.") from error
    if len(held) > BYTES_MAX:
        raise _bad(f"{name} is too long. Accepted: up to {BYTES_MAX:,} bytes.")
    try:
        return held.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(f"{name}: byte {error.start} is not UTF-8 text.") from error


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        accepted = "an ISO time with its offset, such as 2026-03-01T09:00:00-05:00"
        raise CanonicalError("--at", f"“{text[:40]}” is not a time.", accepted)
    return moment


def _protocol(name: str) -> Protocol:
    path = Path(name)
    try:
        is_file = path.is_file()
    except ValueError:
        is_file = False
    try:
        return load(_text(name) if is_file else shipped.protocol_text(name), where=name)
    except (shipped.NotShippedError, ProtocolError) as error:
        raise _bad(str(error)) from error
