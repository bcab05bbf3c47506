"""The emergency page is the clinic's own words: there from the start, marked until signed."""

from __future__ import annotations

import re

import pytest

from holdspace.care import shipped
from holdspace.core.protocol import ProtocolError, load

TEXTS = {name: shipped.protocol_text(name) for name in shipped.protocol_names()}
CLINIC = TEXTS["kap-clinic/1.0"]
# What the esketamine label asks immediate care for (5.6).
LABEL = {
    "chest_pain", "breathlessness", "severe_headache", "vision", "seizure",
    "reduced_consciousness", "new_weakness",
}  # fmt: skip
WITHOUT = re.sub(r"(?ms)^\[emergency\..*?(?=^# -----)", "", CLINIC)


@pytest.mark.parametrize("name", TEXTS)
def test_every_red_flag_symptom_of_the_label_has_its_steps_awaiting_a_signature(name: str) -> None:
    pages = load(TEXTS[name], where=name).emergency
    assert {page.key for page in pages} >= LABEL | {"airway"}
    assert all(page.steps and page.awaiting_signature for page in pages)


def test_no_shipped_step_names_a_medicine_or_an_amount() -> None:
    said = " ".join(page.text for page in load(CLINIC).emergency).lower()
    assert not re.search(r"\d+ ?(mg|ml|mcg|l/min)|adrenaline|midazolam|oxygen|labetalol", said)


def test_a_protocol_without_an_emergency_page_is_refused() -> None:
    with pytest.raises(ProtocolError, match="emergency: is missing"):
        load(WITHOUT)


def test_a_pinned_version_from_before_borrows_the_programs_page_and_says_so() -> None:
    pages = load(WITHOUT, pinned=True, fallback=load(CLINIC)).emergency
    assert pages and all(page.source.startswith("not in this version") for page in pages)


BAD = [
    ("steps = [", "steps = [] # ["),
    ('label = "Seizure"', 'label = ""'),
    ('label = "Seizure"', 'labell = "Seizure"'),
    ('"Bring the emergency kit."', f'"{"very " * 40}long"'),
]


@pytest.mark.parametrize(("right", "wrong"), BAD)
def test_a_page_that_nobody_could_follow_is_refused(right: str, wrong: str) -> None:
    if wrong.startswith("steps"):
        broken = re.sub(r"(?ms)^steps = \[\n.*?^\]", "steps = []", CLINIC, count=1)
    else:
        broken = CLINIC.replace(right, wrong, 1)
    with pytest.raises(ProtocolError, match="emergency"):
        load(broken)
