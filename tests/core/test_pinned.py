"""A pinned version stays readable for ever, and is never looser than today's hard limits."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from holdspace.care import shipped
from holdspace.core import limits
from holdspace.core.decision import Door, Finding, Verdict
from holdspace.core.protocol import Protocol, ProtocolError, load
from tests.core.cases import NOW, answered, ask, readied
from tests.core.test_protocol import CLINIC, refusals

STRICT = shipped.protocol_text("kap-strict/1.0")


AVM = "[conditions.arteriovenous_malformation]\n"


def asked_about(protocol: Protocol, key: str, **more: Any) -> Finding:
    facts = answered(readied(), key, **more)
    decision = ask(Door.GIVE_DOSE, facts, protocol)
    return next(f for f in decision.findings if f.subject == key)


def without_table(text: str, name: str) -> str:
    return re.sub(rf"(?ms)^\[{re.escape(name)}\]\n.*?(?=^\[)", "", text)


def test_a_window_in_a_pinned_file_never_lets_an_absolute_contraindication_expire() -> None:
    text = CLINIC.replace(AVM, AVM + 'window_days = 1\nwindow_note = "x"\n')
    pinned = load(text, pinned=True)
    assert pinned.conditions["arteriovenous_malformation"].window_days is None
    found = asked_about(
        pinned, "arteriovenous_malformation", happened_on=NOW.date() - timedelta(days=900)
    )
    assert found.verdict is Verdict.FAIL and not found.relievable_by
    short = CLINIC.replace("window_days = 90", "window_days = 3", 1)
    event = load(short, pinned=True).conditions["recent_cardiovascular_event"]
    assert event.window_days == 42


def test_a_pinned_file_that_softens_an_absolute_contraindication_is_read_hard() -> None:
    head, table, rest = CLINIC.partition(AVM)
    soft = rest.replace('verdict = "fail"', 'verdict = "hold"\nrelievable_by = ["prescriber"]', 1)
    with pytest.raises(ProtocolError, match="softens"):
        load(head + table + soft)
    entry = load(head + table + soft, pinned=True).conditions["arteriovenous_malformation"]
    assert (entry.verdict, entry.relievable_by) == ("fail", ())


def test_a_pinned_file_stays_readable_when_the_program_gains_something() -> None:
    older = without_table(without_table(CLINIC, "pdmp"), "conditions.arteriovenous_malformation")
    older = without_table(older, "steps.sedation_deep")
    with pytest.raises(ProtocolError):
        load(older)
    pinned = load(older, pinned=True, fallback=load(CLINIC))
    setting = pinned.settings["pdmp.age_days_max"]
    assert setting.value == 90 and setting.source.startswith("not in this version; the program")
    added = pinned.conditions["arteriovenous_malformation"]
    assert added.verdict == "fail" and added.source.startswith("not in this version")
    assert "sedation_deep" in [step.key for step in pinned.steps]
    facts = readied()
    kept = tuple(c for c in facts.conditions if c.key != "arteriovenous_malformation")
    decision = ask(Door.GIVE_DOSE, replace(facts, conditions=kept), pinned)
    assert {f.code.value: f.verdict.value for f in decision.stops} == {
        "condition_unanswered": "unknown"
    }
    late = next(f for f in decision.findings if f.code == "pdmp_query_missing")
    assert "not in this version" in late.source, "the finding says whose value it is"


def test_a_key_that_the_program_dropped_leaves_a_pinned_file_readable() -> None:
    text = CLINIC.replace("[pdmp]\n", "[pdmp]\nyears_max = 3\n")
    with pytest.raises(ProtocolError):
        load(text)
    assert load(text, pinned=True).whole("pdmp.age_days_max") == 90


# --- how far a waiver may reach, and what every clinic signs --------------------------------------


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("readiness.spo2_percent_min", "1"),
        ("readiness.spo2_percent_min", "-5"),
        ("readiness.spo2_percent_min", "89.9"),
        ("readiness.heart_rate_per_min_max", "100000"),
        ("readiness.heart_rate_per_min_min", "39"),
    ],
)
def test_no_band_reaches_past_where_anybody_may_waive(path: str, to: str) -> None:
    head, table, rest = CLINIC.partition(f"[{path}]\n")
    text = head + table + re.sub(r"waivable_to = \S+", f"waivable_to = {to}", rest, count=1)
    assert [p for p, *_ in refusals(text)] == [f"{path}.waivable_to"]
    end = load(text, pinned=True).settings[path].waivable_to
    assert end == limits.WAIVABLE_ENDS[path], "a pinned band ends where today's limit is"


def test_a_band_of_vital_signs_says_where_it_ends() -> None:
    head, table, rest = CLINIC.partition("[readiness.spo2_percent_min]\n")
    text = head + table + re.sub(r"waivable_to = \S+\n", "", rest, count=1)
    assert [p for p, *_ in refusals(text)] == ["readiness.spo2_percent_min.waivable_to"]


@pytest.mark.parametrize(
    "step",
    ["systolic_raised", "systolic_high", "diastolic_raised", "diastolic_high", "spo2_low",
     "spo2_very_low", "breathing_slow", "breathing_very_slow", "sedation_deep",
     "red_flag_symptom"],
)  # fmt: skip
def test_the_steps_that_every_clinic_signs_cannot_be_left_out(step: str) -> None:
    assert {p for p, *_ in refusals(without_table(CLINIC, f"steps.{step}"))} == {"steps"}


def test_a_step_that_stops_nothing_and_tells_nobody_is_not_one() -> None:
    for softer in ("no_further_dose = true", 'tell = "prescriber"'):
        assert "steps" in {p for p, *_ in refusals(CLINIC.replace(softer, ""))}
    later = CLINIC.replace("low = 180\n", "low = 280\n")
    assert "steps" in {p for p, *_ in refusals(later)}


@pytest.mark.parametrize(
    "order",
    [
        "Hold lithium for 24 h.", "Pause it on the day.", "Halve the dose.",
        "Avoid benzodiazepines for 24 h.", "Must be stopped two weeks before.",
        "Stop benzodiazepines 24 h before.", "Cease use.", "Reduce the dose.", "Go without it.",
        "Do not take it.", "Should not be taken on the day.", "Discontinue.", "Wean it.",
        "Increase their dose.", "Skip the morning tablet.", "Take less.",
    ],
)  # fmt: skip
def test_a_protocol_tells_nobody_to_change_a_medicine(order: str) -> None:
    text = CLINIC.replace('"No significant interaction reported."', f'"{order}"')
    assert [p for p, *_ in refusals(text)] == ["medications.lithium.effect"]


@pytest.mark.parametrize(
    "text",
    ["valid_days = " + "9" * 5000, "x = " + "[" * 3000, "x = 1" * 200_000, "x = 1e-99999999999"],
    ids=["digits", "nesting", "length", "exponent"],
)
def test_a_broken_file_is_refused_and_never_crashes(text: str) -> None:
    with pytest.raises(ProtocolError):
        load(text)


def test_a_dot_in_a_key_does_not_borrow_another_entry() -> None:
    text = CLINIC + '\n[conditions."zz.pregnancy"]\nverdict = "note"\n'
    assert refusals(text)[0][0] == "conditions.zz.pregnancy"


def test_what_sedates_is_told_and_never_called_harmless() -> None:
    for text in (CLINIC, STRICT):
        protocol = load(text)
        for name in ("quetiapine", "Seroquel", "mirtazapine", "trazodone", "olanzapine"):
            group = protocol.medication_group(name)
            assert group is not None and "sedation" in group.effect.lower()
