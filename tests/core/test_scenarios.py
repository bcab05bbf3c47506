"""Every shipped scenario gives its expected answer, and a scenario file is written one way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from holdspace.care import shipped
from holdspace.core import scenarios
from holdspace.core.decision import Door
from holdspace.core.protocol import load

SHIPPED = {
    f"{name}/{file.name}": file.read_text(encoding="utf-8")
    for name in ("kap-clinic", "kap-strict")
    for file in shipped.scenario_files(name)
}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_scenario_gives_its_expected_answer(name: str) -> None:
    scenario = scenarios.read(SHIPPED[name])
    protocol = load(shipped.protocol_text(scenario.protocol))
    outcome = scenarios.run(scenario, protocol, "test")
    assert outcome.matches, outcome.differences
    assert scenario.allowed is not None and scenario.why
    assert name.startswith(scenario.protocol.partition("/")[0])


@pytest.mark.parametrize("name", SHIPPED)
def test_a_scenario_reads_back_to_the_same_text(name: str) -> None:
    assert scenarios.write(scenarios.read(SHIPPED[name])) == SHIPPED[name]


def test_every_door_is_shown_open_and_shut() -> None:
    read = [scenarios.read(text) for text in SHIPPED.values()]
    assert {s.door for s in read if s.allowed} == set(Door)
    assert {s.door for s in read if s.allowed is False} == set(Door)


def test_a_scenario_without_an_expectation_only_asks() -> None:
    scenario = scenarios.read(next(iter(SHIPPED.values())))
    asked = replace(scenario, allowed=None, codes={})
    again = scenarios.read(scenarios.write(asked))
    assert again == asked
    protocol = load(shipped.protocol_text(asked.protocol))
    assert scenarios.run(again, protocol, "test").matches
