"""Whatever is typed into the medical form: the field says what it takes, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from holdspace.care.facts import load
from holdspace.core.units import Kind
from tests.rooms.assessment.test_evaluations import house as house
from tests.rooms.assessment.test_evaluations import send
from tests.rooms.factory import House

pytestmark = pytest.mark.django_db

ALL_NO = {f"sb_{key}": "no" for key in
          ("snores", "tired", "pauses", "pressure", "mass", "age", "neck", "male")}  # fmt: skip
BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("letters in a number", {"heart_rate": "6o"}, "heart_rate", "not a plain number"),
    ("a decimal comma", {"weight": "72,4"}, "weight", "write a point"),
    ("pounds for kilograms", {"weight": "160 lb"}, "weight", "not a plain number"),
    ("pounds without the word", {"weight": "400"}, "weight", "outside what is plausible"),
    ("feet for centimetres", {"height": "5.9"}, "height", "outside what is plausible"),
    ("a pressure in one field", {"systolic_1": "180/1100"}, "systolic_1", "not a plain number"),
    ("a diastolic of 1100", {"diastolic_1": "1100"}, "diastolic_1", "outside what is plausible"),
    ("an ECG of tomorrow", {"ecg_on": "2999-01-01"}, "ecg_on", "Accepted: a day until today"),
    ("blood of tomorrow", {"lab_on": "2999-01-01"}, "lab_on", "Accepted: a day until today"),
    ("a last use to come", {"last_alcohol": "2999-01-01"}, "last_alcohol", "Accepted: a day until"),
    ("a day in words", {"last_alcohol": "last week"}, "last_alcohol", "Accepted: such as 2024"),
    ("a time in words", {"at_1": "eight"}, "at_1", "Accepted: such as 14:05"),
    ("a result without its day", {"egfr": "90"}, "lab_on", "A result needs its day"),
    ("an ECG without its day", {"ecg_finding": "Sinus."}, "ecg_on", "An ECG needs its day"),
    ("a number without its unit", {"test_0": "TSH", "result_0": "1.2"}, "result_0", "no unit"),
    ("a beginning in words", {"diagnosis_0": "x", "onset_0": "May"}, "onset_0", "2019-05"),
    ("a beginning to come", {"diagnosis_0": "x", "onset_0": "2999"}, "onset_0", "until today"),
    ("a diagnosis and a no", {"icd10_0": "I71.40"}, "icd10_0", "says no to “Aneurysm”"),
    ("a code of no list", {"icd10_0": "Q99.99"}, "icd10_0", "Accepted: a code of the list"),
    ("seven items of eight", {**ALL_NO, "sb_male": None}, "sb_male", "all eight, or none"),
    ("a dose of nothing", {"dose_0": "50 mg"}, "medicine_0", "Accepted: its name"),
    ("capacity said twice", {"is_free": "no"}, "is_free", "one answer in both"),
    ("a megabyte of paste", {"conclusion": "x" * 1_000_000}, "conclusion", "at most 8000"),
    ("a NUL", {"allergies": "nuts\x00"}, "allergies", "NUL"),
    ("an answer of no list", {"epilepsy": "maybe"}, "epilepsy", "Accepted: Yes, No, Not known"),
    ("no answer", {"epilepsy": None}, "epilepsy", "Accepted: Yes, No, Not known"),
    ("a medicine twice", {"no_medicines": None, "medicine_0": "Zoloft", "medicine_1": "zoloft "},
     "medicine_1", "row 1 already"),
    ("a dose to come", {"no_medicines": None, "medicine_0": "Zoloft",
                        "taken_0": "2999-01-01T08:00"}, "taken_0", "until now"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field", "said"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_the_field_says_what_it_takes_and_all_that_was_typed_comes_back(
    house: House, changes: dict[str, Any], field: str, said: str
) -> None:
    course = house.enquirer().course
    page = send(house, course, **changes)
    assert page.status_code == 200
    form = page.context["form"]
    assert said in " ".join(form.errors[field])
    for name, value in changes.items():
        assert form[name].value() == value or name == "no_medicines", name
    assert form["psychotic_disorder"].value() == "no"
    assert not course.observations.exists()
    assert not course.documents.exists()


def forty(more: int = 0) -> dict[str, Any]:
    from holdspace.care.medicines import table

    names = list(table().ingredients)[: 40 + more]
    return {"no_medicines": None} | {f"medicine_{n}": name for n, name in enumerate(names)}


def test_forty_medicines_are_kept(house: House) -> None:
    course = house.enquirer().course
    assert send(house, course, **forty()).status_code == 302
    assert len(load(course, now=house.now).medications) == 40


def test_a_forty_first_medicine_is_named_and_comes_back(house: House) -> None:
    course = house.enquirer().course
    sent = forty(1)
    page = send(house, course, **sent)
    form = page.context["form"]
    assert sent["medicine_40"] in form.errors["medicine_40"][0]
    assert sent["medicine_40"] in page.content.decode()
    assert not course.documents.exists()


def test_signs_of_every_script_are_kept_as_they_were_typed(house: House) -> None:
    course = house.enquirer().course
    sent = send(
        house, course, no_medicines=None, medicine_0="دواء القلب", medicine_1="🌿 tea",
        allergies="בוטנים",
    )  # fmt: skip
    assert sent.status_code == 302
    assert [m.name for m in load(course, now=house.now).medications] == ["دواء القلب", "🌿 tea"]
    assert "בוטנים" in course.documents.get().body


def test_a_medicine_is_shown_as_what_it_is_and_signed_with_its_dose(house: House) -> None:
    course = house.enquirer().course
    sent = {"no_medicines": None, "medicine_0": "Zoloft 50 mg", "dose_0": "one each morning"}
    page = send(house, course, **sent, epilepsy=None)
    assert "sertraline: serotonergic antidepressant" in page.content.decode()
    assert send(house, course, **sent).status_code == 302
    words = "Zoloft 50 mg (sertraline: serotonergic antidepressant), one each morning"
    assert words in course.documents.get().body


def test_a_near_miss_is_a_question_and_is_kept_as_it_was_typed(house: House) -> None:
    course = house.enquirer().course
    sent = {"no_medicines": None, "medicine_0": "sertralin"}
    page = send(house, course, **sent, epilepsy=None)
    assert "Did you mean sertraline" in page.content.decode()
    assert send(house, course, **sent).status_code == 302
    (medicine,) = load(course, now=house.now).medications
    assert (medicine.name, medicine.table) == ("sertralin", "")


def test_a_weight_far_from_the_last_one_is_confirmed_for_that_very_value(house: House) -> None:
    course = house.enquirer().course
    assert send(house, course, weight="72").status_code == 302
    assert send(house, course, weight="75.6").status_code == 302  # five per cent
    page = send(house, course, weight="85")
    assert "75.6 kg last time" in page.context["form"].errors["weight"][0]
    assert 'value="85"' in page.content.decode()
    assert send(house, course, weight="86", weight_confirmed="85").status_code == 200
    assert send(house, course, weight="85", weight_confirmed="85").status_code == 302


def test_what_is_asked_beside_the_history_is_signed(house: House) -> None:
    course = house.enquirer().course
    today = house.clinic.day(house.now)
    sent = send(
        house, course, **{**ALL_NO, "sb_snores": "yes"}, ecg_on="2026-01-05",
        ecg_finding="Sinus rhythm.", qtc="410", lab_on="2026-01-06", egfr="92", alt="31",
        urinalysis="clear", family="Mother: type 2 diabetes.", last_alcohol=today.isoformat(),
        ketamine="clinical", understands="yes", is_free="yes", interpreter="A. Roe",
        where_now="CO", diagnosis_0="High pressure", icd10_0="i10", onset_0="2019",
        said_by_0="person", heart_disease_stable="yes", laboratory="Front Range", ref_alt="7-55",
    )  # fmt: skip
    assert sent.status_code == 302
    body = course.documents.get().body
    for words in (
        "Body mass index: 23.9 kg/m2", "STOP-BANG (sleep apnoea): 1 of 8",
        "Snores loudly, to be heard through a closed door: yes", "ECG of 2026-01-05\nSinus rhythm.",
        "Laboratory of 2026-01-06, Front Range\neGFR: 92 mL/min/1.73 m²\nALT: 31 U/L (reference",
        "(reference 7-55)\nUrinalysis: clear", "QTc: 410 ms", "active, since 2019, said by: person",
        "Mother: type 2 diabetes.", "Alcohol: ", "Ketamine before: in a clinic or hospital",
        "Comes of their own will, without pressure: yes", "Interpreter: A. Roe",
        "The person was in: Colorado", "High pressure (ICD-10-CM I10 ",
    ):  # fmt: skip
        assert words in body, words
    facts = load(course, now=house.now)
    assert facts.latest(Kind.STOP_BANG).number == 1
    assert house.clinic.day(facts.latest(Kind.QTC).taken_at).isoformat() == "2026-01-05"
    assert [r.loinc for r in facts.investigations] == ["", "98979-8", "1742-6", "24356-8"]
    (diagnosis,) = facts.diagnoses
    assert (diagnosis.icd10, diagnosis.onset_known, diagnosis.said_by) == ("I10", "year", "person")
