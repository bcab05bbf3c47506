"""Six different people come to the door to medicine, and each is told why it opens or stays shut.

The physician's and the therapist's pages are filled in as they would be; what the door says is
read from the page, in words. The people and what should happen to them stand in one table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tests.browser.clinic import ClinicHouse, Desk, Value, straightforward

WHO = re.compile(r"/people/([0-9a-f-]{36})/")
COURSE = re.compile(r"/assessment/([0-9a-f-]{36})/")
ADDRESS = "31 Poplar Row, Denver, CO 80299"


@dataclass(frozen=True)
class Someone:
    """One person: what they answer, what the door says, and how it ends."""

    name: str
    history: dict[str, str] = field(default_factory=dict)
    heard: dict[str, str] = field(default_factory=dict)  # by the therapist, beside the expected
    days_ago: dict[str, int] = field(default_factory=dict)
    medicines: tuple[str, ...] = ("sertraline",)
    pressure: tuple[str, str] = ("118", "76")
    refused: frozenset[str] = frozenset()
    said: tuple[str, ...] = ()
    plan_from: str = ""  # whose letter a plan rests on; empty: no plan opens this door
    cleared: bool = False


PEOPLE = [
    Someone("Halina Odum", medicines=("sertraline",), cleared=True),
    Someone(
        "Torvald Ekeby", history={"heart_disease_stable": "yes"},
        medicines=("amlodipine",), pressure=("132", "84"),
        refused=frozenset({"clearance_needed"}), said=("internal medicine",),
        plan_from="Internal medicine", cleared=True,
    ),
    Someone(
        "Maurice Abendroth", history={"recent_cardiovascular_event": "yes"},
        days_ago={"recent_cardiovascular_event": 35},
        refused=frozenset({"contraindication_present"}), said=("6 weeks", "3 months"),
    ),
    Someone(
        "Beatrix Lenz", history={"bipolar_disorder": "yes"}, medicines=("lithium",),
        heard={"indication_0": "F31.4", "mania": "past", "when_mania": "2016"},
        refused=frozenset({"clearance_needed"}), said=("psychiatry",),
        plan_from="Psychiatry", cleared=True,
    ),
    Someone(
        "Oren Vasquez-Lim", history={"substance_use_remission": "yes"},
        days_ago={"substance_use_remission": 150},
        refused=frozenset({"clearance_needed"}), said=("addiction",),
        plan_from="Addiction medicine", cleared=True,
    ),
    Someone(
        "Una Nwosu", history={"sleep_apnoea": "not_known", "glaucoma": "not_known"},
        refused=frozenset({"condition_unanswered"}),
        said=("Ask the question", "Sleep apnoea", "Glaucoma"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("someone", PEOPLE, ids=[one.name.split()[0] for one in PEOPLE])
def test_a_person_comes_to_the_door_and_is_told_why(house: ClinicHouse, someone: Someone) -> None:
    house.until(10)
    course = comes_in(house, someone)
    _is_evaluated(house, course, someone)
    is_assessed(house, course, someone)
    physician = house.desk("physician")
    physician.open(f"/assessment/{course}/clearance/")
    stops = physician.refused()
    assert someone.refused == stops, physician.text[:600]
    for words in someone.said:
        assert words.casefold() in physician.text.casefold(), words
    if someone.days_ago and not someone.plan_from:
        _is_told_from_when(physician, someone)
    if someone.plan_from:
        _a_plan_is_recorded(physician, course, someone.plan_from)
    _ends(physician, course, someone)
    assert not [trouble for desk in house.desks for trouble in desk.troubles]


def comes_in(house: ClinicHouse, someone: Someone) -> str:
    """Entered at the desk, course opened with a therapist; the course's key."""
    desk = house.desk("coordinator")
    desk.open("/people/new")
    born = (desk.now.date() - timedelta(days=34 * 366)).isoformat()
    desk.send(
        {
            "name": someone.name, "birth_date": born, "state": "CO", "address": ADDRESS,
            "phone": f"303 555 {170 + PEOPLE.index(someone):04}", "safe_contact": "phone",
            "language": "English",
            "interpreter_needed": "no", "has_guardian": "no", "emergency_name": "A friend",
            "emergency_phone": "303 555 0199",
        }
    )  # fmt: skip
    found = WHO.search(desk.page.url)
    assert found, desk.errors() or desk.text[:400]
    desk.open(f"/chart/{found[1]}/open/")
    desk.send({"protocol": "kap-clinic", "route": "im", "therapist": "Raman"})
    therapist = house.desk("therapist")
    therapist.open(f"/chart/{found[1]}/")
    link = therapist.page.locator('main a[href^="/assessment/"]').first.get_attribute("href")
    course = COURSE.search(link or "")
    assert course, therapist.text[:400]
    return course[1]


def _is_evaluated(house: ClinicHouse, course: str, someone: Someone) -> None:
    """Every question of the page is answered; what is not named in the table is a no."""
    physician = house.desk("physician")
    physician.open(f"/assessment/{course}/medical/")
    answers = everything_well(physician)
    for key, answer in someone.history.items():
        assert key in answers, f"the page does not ask {key}"
        answers[key] = answer
    for key, days in someone.days_ago.items():
        answers[f"on_{key}"] = (physician.now.date() - timedelta(days=days)).isoformat()
    for row, medicine in enumerate(someone.medicines):
        answers[f"medicine_{row}"] = medicine
    answers |= {
        "systolic_1": someone.pressure[0], "diastolic_1": someone.pressure[1],
        "systolic_2": someone.pressure[0], "diastolic_2": someone.pressure[1],
    }  # fmt: skip
    physician.send(answers, sign=True)
    assert not physician.errors(), physician.errors()


def everything_well(desk: Desk) -> dict[str, Value]:
    """The medical page of a healthy person: every question a no, every number in the middle."""
    form = desk.form()
    names = form.locator('input[type="radio"][value="not_known"]').evaluate_all(
        "inputs => [...new Set(inputs.map(i => i.name))]"
    )
    earlier, later = (
        (desk.now - timedelta(minutes=minutes)).strftime("%H:%M") for minutes in (20, 12)
    )
    answers: dict[str, Value] = dict.fromkeys(names, "no")
    return answers | {
        "allergies": "none known",
        "systolic_1": "118", "diastolic_1": "76", "at_1": earlier,
        "systolic_2": "118", "diastolic_2": "76", "at_2": later,
        "heart_rate": "68", "spo2": "98", "respiratory_rate": "14", "temperature": "36.6",
        "weight": "72", "height": "170", "pregnancy_possible": "no", "pregnancy_test": "not_done",
        "in_person": "yes", "conclusion": "Suitable from the medical side.",
    }  # fmt: skip


def is_assessed(house: ClinicHouse, course: str, someone: Someone) -> None:
    therapist = house.desk("therapist")
    therapist.open(f"/assessment/{course}/screen/")
    therapist.send({f"asq_{n}": "0" for n in range(1, 5)})
    therapist.open(f"/assessment/{course}/mental-health/")
    therapist.send(straightforward(**someone.heard), sign=True)
    assert not therapist.errors(), therapist.errors()


def _is_told_from_when(physician: Desk, someone: Someone) -> None:
    """The day from which the question may be asked again stands on the page."""
    ((_key, days),) = someone.days_ago.items()
    happened = physician.now.date() - timedelta(days=days)
    later = happened + timedelta(days=89)
    months = {f"{later + timedelta(days=n):%-d %b %Y}" for n in range(5)}
    months |= {(later + timedelta(days=n)).isoformat() for n in range(5)}
    assert any(day in physician.text for day in months), (months, physician.text[:1500])


def _a_plan_is_recorded(physician: Desk, course: str, specialty: str) -> None:
    """The named clinician's letter is filed, and the plan that rests on it recorded."""
    physician.open(f"/chart/course/{course}/file/")
    letter = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 invented"}
    physician.form().locator('[name="file"]').set_input_files(files=[letter])
    words = {"kind": "outside_letter", "title": f"{specialty}, today", "reading": "No objection."}
    physician.send(words, sign=True)
    assert not physician.errors(), physician.errors()
    for _ in range(4):
        physician.open(f"/assessment/{course}/clearance/")
        if not physician.refused():
            return
        physician.send({}, action="/ask/")
        with physician.page.expect_navigation():
            physician.page.locator("main").get_by_role("link", name="Record a plan").first.click()
        if physician.form().locator('[name="letter"]').count():
            option = physician.form().locator('[name="letter"] option', has_text=specialty).first
            physician.form().locator('[name="letter"]').select_option(option.get_attribute("value"))
        physician.send({"reason": "Read the letter; it fits, and so does the plan."}, sign=True)
        assert not physician.errors(), physician.errors()


def _ends(physician: Desk, course: str, someone: Someone) -> None:
    """Either it can be signed, or it cannot and there is a way on."""
    physician.open(f"/assessment/{course}/clearance/")
    signature = physician.page.locator('main form [name="password"]')
    if someone.cleared:
        assert not physician.refused(), physician.refused()
        physician.send({}, sign=True)
        assert "Cleared for medicine" in physician.text
        return
    assert signature.count() == 0
    assert physician.page.locator('main a[href*="/decline/"]').count()
