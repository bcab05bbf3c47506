"""docs/facts.md describes every field there is, and its example answers as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tools.facts import PAGE, kinds, tables, written

from holdspace.core import scenarios
from holdspace.core.facts import Facts
from holdspace.core.gates import decide
from holdspace.core.protocol import load
from holdspace.core.units import Kind


def test_the_tables_of_facts_are_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert written(text) == text, "run: python tools/facts.py"


def test_every_kind_of_fact_and_observation_is_described() -> None:
    described = tables()
    assert all(f"### {kind.__name__}\n" in described for kind in kinds(Facts))
    assert all(f"| `{kind.value}` |" in described for kind in Kind)


def test_the_example_answers_as_the_page_says(repository: Path) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    asked = scenarios.question(example)
    protocol = load((repository / "protocols" / "kap-clinic" / "1.0.toml").read_text())
    told = scenarios.told(decide(asked.door, asked.facts, protocol, "test"))
    assert told["door"] == "clear_for_medicine" and told["allowed"] is False
    assert told["codes"]["contraindication_present"] == "fail"
    assert told["codes"]["medications_not_asked"] == "unknown"
    head, _, rest = PAGE.read_text(encoding="utf-8").partition("and each finding: ")
    promised = re.findall(r"`(\w+)`", rest.partition("[refusals.md]")[0])
    assert set(told["findings"][0]) <= set(promised)
    assert all(f"`{key}`" in head for key in told)
    json.dumps(told)
