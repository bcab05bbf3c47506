"""A scenario is one question with its expected answer: a bug report that can be run.

The text is JSON: `why` (one sentence), `protocol` ("kap-clinic/1.0"), `door`, `facts` (canonical
`core.facts.Facts`, whose `now` is the moment of the question) and, where an answer is expected,
`expect`: `allowed` and `codes`, which names every code that stops with its weightiest verdict.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from holdspace.core import canonical
from holdspace.core.canonical import CanonicalError
from holdspace.core.codes import Code
from holdspace.core.decision import WEIGHT, Decision, Door, Finding, Verdict
from holdspace.core.facts import Facts
from holdspace.core.gates import decide
from holdspace.core.protocol import Protocol
from holdspace.core.words import WORDS, said

_KEYS = ("why", "protocol", "door", "facts", "expect")
USUAL_PROTOCOL, USUAL_DOOR = "kap-clinic", Door.CLEAR_FOR_MEDICINE


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
    plain = _object(canonical.parsed(text))
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


def question(
    text: str, *, protocol: str = "", door: str = "", at: datetime | None = None
) -> Scenario:
    """Read a scenario, or facts alone, as a question; what is named here goes before the text.

    Without a door the question is that of the clearance, without a protocol that of kap-clinic.
    `at` is the moment to ask about: the facts stay dated as they are. Raises CanonicalError.
    """
    plain = canonical.parsed(text)
    if isinstance(plain, dict) and not set(plain) & set(_KEYS):
        return Scenario(
            why="",
            protocol=protocol or USUAL_PROTOCOL,
            door=canonical.from_plain(Door, door or USUAL_DOOR.value, "--door"),
            facts=_facts_at(plain, at, ""),
            allowed=None,
            codes={},
        )
    plain = _object(plain)
    named = canonical.from_plain(str, plain.get("protocol", USUAL_PROTOCOL), "protocol")
    path, asked = ("--door", door) if door else ("door", plain.get("door", USUAL_DOOR.value))
    return Scenario(
        why=canonical.from_plain(str, plain.get("why", ""), "why"),
        protocol=protocol or named,
        door=canonical.from_plain(Door, asked, path),
        facts=_facts_at(plain.get("facts"), at, "facts"),
        allowed=None,
        codes={},
    )


def _facts_at(plain: object, at: datetime | None, path: str) -> Facts:
    if at is not None and isinstance(plain, dict):
        plain = {"now": at.isoformat(), **plain}  # facts that are to be asked at a time need none
    facts = canonical.from_plain(Facts, plain, path)
    return replace(facts, now=at) if at is not None else facts


def _object(plain: object) -> dict[str, Any]:
    """A scenario's keys and no others. Raises CanonicalError."""
    if not isinstance(plain, dict):
        raise CanonicalError("", "is not an object.", ", ".join(_KEYS))
    for key in plain:
        if key not in _KEYS:
            raise CanonicalError(str(key), "is not known.", ", ".join(_KEYS))
    return plain


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


def told(decision: Decision) -> dict[str, Any]:
    """A decision with the words of its codes, as JSON can hold it: what stops comes first."""
    return {
        "door": decision.door.value,
        "allowed": decision.allowed,
        "decided_at": decision.decided_at.isoformat(),
        "protocol": decision.protocol,
        "protocol_digest": decision.protocol_digest,
        "facts_digest": decision.facts,
        "program_version": decision.program_version,
        "codes": stopping(decision),
        "findings": [_told(finding) for finding in decision.by_weight],
    }


def _told(finding: Finding) -> dict[str, Any]:
    words = WORDS[finding.code]
    stops = not finding.passes
    return {
        "code": finding.code.value,
        "subject": finding.subject,
        "verdict": finding.verdict.value,
        "stops": stops,
        "sentence": said(finding),
        "evidence": finding.evidence,
        "rule": finding.rule,
        "source": finding.source,
        "remedy": words.remedy if stops else "",
        "urgency": words.urgency.value if stops else "",
        "value": canonical.to_plain(finding.value),
        "limit": canonical.to_plain(finding.limit),
        "relievable_by": list(finding.relievable_by),
        "second_signer": list(finding.second_signer),
        "specialty": finding.specialty,
        "relieved_by": finding.relief.id if finding.relief else "",
        "awaiting_signature": finding.awaiting_signature,
        "ask_again_on": finding.ask_again_on,
    }


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
