"""A scenario is one question with its expected answer: a bug report that can be run.

The text is JSON: `why` (one sentence), `protocol` ("kap-clinic/1.0"), `door`, `facts` (canonical
`core.facts.Facts`, whose `now` is the moment of the question) and, where an answer is expected,
`expect`: `allowed` and `codes`, which names every code that stops with its weightiest verdict.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdspace.core import canonical
from holdspace.core.canonical import CanonicalError
from holdspace.core.codes import Code
from holdspace.core.decision import WEIGHT, Decision, Door, Verdict
from holdspace.core.facts import Facts
from holdspace.core.gates import decide
from holdspace.core.protocol import Protocol

_KEYS = ("why", "protocol", "door", "facts", "expect")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One question; `allowed` is None and `codes` empty where no answer is expected."""

    why: str
    protocol: str
    door: Door
    facts: Facts
    allowed: bool | None
    codes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the gate said to a scenario, and how that differs from what was expected."""

    scenario: Scenario
    decision: Decision
    differences: tuple[str, ...]

    @property
    def matches(self) -> bool:
        return not self.differences


def read(text: str) -> Scenario:
    """Read one scenario. Raises CanonicalError with the field's path and what would be accepted."""
    plain = canonical.parsed(text)
    if not isinstance(plain, dict):
        raise CanonicalError("", "is not an object.", ", ".join(_KEYS))
    for key in plain:
        if key not in _KEYS:
            raise CanonicalError(str(key), "is not known.", ", ".join(_KEYS))
    for key in ("protocol", "door", "facts"):
        if key not in plain:
            raise CanonicalError(key, "is missing.", ", ".join(_KEYS))
    allowed, codes = _expected(plain.get("expect"))
    return Scenario(
        why=canonical.from_plain(str, plain.get("why", ""), "why"),
        protocol=canonical.from_plain(str, plain["protocol"], "protocol"),
        door=canonical.from_plain(Door, plain["door"], "door"),
        facts=canonical.from_plain(Facts, plain["facts"], "facts"),
        allowed=allowed,
        codes=codes,
    )


def run(scenario: Scenario, protocol: Protocol, program_version: str) -> Outcome:
    """Ask the gate. Raises nothing: a difference is an outcome."""
    decision = decide(scenario.door, scenario.facts, protocol, program_version)
    found = stopping(decision)
    differences = []
    if scenario.allowed is not None:
        if decision.allowed is not scenario.allowed:
            said = "allowed" if decision.allowed else "refused"
            differences.append(f"{said}, not {'allowed' if scenario.allowed else 'refused'}")
        for code in sorted(found.keys() | scenario.codes.keys()):
            got, wanted = found.get(code, "nothing"), scenario.codes.get(code, "nothing")
            if got != wanted:
                differences.append(f"{code}: {got}, not {wanted}")
    return Outcome(scenario, decision, tuple(differences))


def stopping(decision: Decision) -> dict[str, str]:
    """Every code that keeps the door shut, with its weightiest verdict."""
    found: dict[str, Verdict] = {}
    for finding in decision.stops:
        held = found.get(finding.code.value)
        if held is None or WEIGHT[finding.verdict] < WEIGHT[held]:
            found[finding.code.value] = finding.verdict
    return {code: verdict.value for code, verdict in found.items()}


def write(scenario: Scenario) -> str:
    """The text of a file that `read` gives back unchanged: one fact on one line."""
    head = {
        "why": scenario.why,
        "protocol": scenario.protocol,
        "door": scenario.door.value,
    }
    parts = [f"{_json(key)}: {_json(value)}" for key, value in head.items()]
    facts = [_fact(key, value) for key, value in canonical.to_plain(scenario.facts).items()]
    parts.append('"facts": {\n  ' + ",\n  ".join(facts) + "\n }")
    if scenario.allowed is not None:
        codes = dict(sorted(scenario.codes.items()))
        parts.append(f'"expect": {_json({"allowed": scenario.allowed, "codes": codes})}')
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _fact(key: str, value: Any) -> str:
    if isinstance(value, list) and value:
        items = ",\n   ".join(_json(item) for item in value)
        return f"{_json(key)}: [\n   {items}\n  ]"
    return f"{_json(key)}: {_json(value)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _expected(plain: object) -> tuple[bool | None, dict[str, str]]:
    if plain is None:
        return None, {}
    if not isinstance(plain, dict) or set(plain) - {"allowed", "codes"} or "allowed" not in plain:
        raise CanonicalError("expect", "is not an expectation.", "allowed and codes")
    allowed = canonical.from_plain(bool, plain["allowed"], "expect.allowed")
    codes = plain.get("codes", {})
    if not isinstance(codes, dict):
        raise CanonicalError("expect.codes", "is not an object.", '{"code": "verdict"}')
    read_codes = {
        canonical.from_plain(Code, code, f"expect.codes.{code}").value: canonical.from_plain(
            Verdict, verdict, f"expect.codes.{code}"
        ).value
        for code, verdict in codes.items()
    }
    return allowed, read_codes
