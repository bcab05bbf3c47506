"""Both assessments are charted and signed in one act, or nothing of them is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from holdspace.care.facts import happenings, load, protocol_of
from holdspace.care.models import Document, EventKind
from holdspace.core.facts import Answer, DocumentKind
from holdspace.core.units import Kind
from tests.rooms.assessment.forms import asq, medical
from tests.rooms.factory import House, played
from tests.rooms.people.cast import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    from django.utils import timezone

    return played(now=timezone.now().replace(microsecond=0), stocked=False)


def times(house: House) -> dict[str, str]:
    """Two readings, six minutes apart, the last one a minute ago, on the clinic's wall."""
    local = house.now.astimezone(house.clinic.zone)
    return {
        "measured_on": f"{local - timedelta(minutes=7):%Y-%m-%d}",
        "at_1": f"{local - timedelta(minutes=7):%H:%M}",
        "at_2": f"{local - timedelta(minutes=1):%H:%M}",
    }


def send(house: House, course: Any, **changes: Any) -> Any:
    typed = medical(course, **{**times(house), **changes})
    return signed_in(house.prescriber).post(f"/assessment/{course.id}/medical/", typed)


def test_an_evaluation_charts_history_readings_and_document_at_once(house: House) -> None:
    course = house.enquirer().course
    assert send(house, course).status_code == 302
    facts = load(course, now=datetime.now(UTC))
    assert {c.key for c in facts.conditions} == set(protocol_of(course).conditions)
    assert facts.medications_asked_at is not None
    first, second = facts.all_of(Kind.SYSTOLIC)
    assert (first.number, second.number) == (118, 120)
    assert second.taken_at - first.taken_at == timedelta(minutes=6)
    assert facts.latest(Kind.SPO2).oxygen_l_min == Decimal(0)
    assert facts.latest(Kind.WEIGHT).number == Decimal("72.4")
    paper = facts.document(DocumentKind.MEDICAL_EVALUATION)
    assert paper.in_person is True
    text = Document.objects.get(course=course, kind="medical_evaluation").body
    assert "Epilepsy: no" in text and "120/78 mmHg" in text and "Asked: none are taken." in text


def test_a_second_evaluation_supersedes_the_first(house: House) -> None:
    course = house.enquirer().course
    for _ in range(2):
        assert send(house, course).status_code == 302
    versions = Document.objects.filter(course=course, kind="medical_evaluation")
    assert sorted(versions.values_list("version", flat=True)) == [1, 2]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"epilepsy": None}, "epilepsy"),
        ({"systolic_1": "12o"}, "systolic_1"),
        ({"systolic_1": "180/1100"}, "systolic_1"),
        ({"temperature": "36,6"}, "temperature"),
        ({"weight": "160 lb"}, "weight"),
        ({"weight": "1600"}, "weight"),
        ({"diastolic_2": "121"}, "diastolic_2"),
        ({"at_2": "SAME"}, "at_2"),
        ({"measured_on": "2999-01-01"}, "at_1"),
        ({"measured_on": "soon"}, "measured_on"),
        ({"no_medicines": None}, "no_medicines"),
        ({"medicine_0": "lithium"}, "no_medicines"),
        ({"recent_cardiovascular_event": "yes", "on_recent_cardiovascular_event": "2999-01-01"},
         "on_recent_cardiovascular_event"),
        ({"in_person": None}, "in_person"),
        ({"password": "wrong"}, "password"),
        ({"conclusion": "x" * 9000}, "conclusion"),
    ],
)  # fmt: skip
def test_bad_input_is_named_nothing_is_kept_and_nothing_typed_is_lost(
    house: House, changes: dict[str, Any], field: str
) -> None:
    course = house.enquirer().course
    if changes.get("at_2") == "SAME":
        changes = {"at_2": times(house)["at_1"]}
    page = send(house, course, **changes)
    assert page.status_code == 200
    assert field in page.context["form"].errors
    assert page.context["form"]["allergies"].value() == "none known"
    assert not course.observations.exists()
    assert not course.documents.exists()
    assert not course.events.filter(kind=EventKind.HISTORY_TAKEN).exists()


def test_readings_that_were_typed_on_another_day_keep_that_day(house: House) -> None:
    course = house.enquirer().course
    yesterday = house.clinic.day(house.now) - timedelta(days=1)
    sent = send(house, course, measured_on=yesterday.isoformat(), at_1="23:57", at_2="00:03")
    assert sent.status_code in (200, 302)
    if sent.status_code == 302:  # it is later than 00:03 on the clinic's wall
        first, second = load(course, now=datetime.now(UTC)).all_of(Kind.SYSTOLIC)
        assert house.clinic.day(first.taken_at) == yesterday
        assert second.taken_at - first.taken_at == timedelta(minutes=6)


def test_medicines_are_matched_by_name_and_an_unknown_one_is_reviewed_by_hand(
    house: House,
) -> None:
    course = house.enquirer().course
    sent = send(house, course, no_medicines=None, medicine_0="  Klonopin ", medicine_39="Zzyx")
    page = signed_in(house.prescriber).get(sent["Location"])
    facts = load(course, now=datetime.now(UTC))
    assert [(m.name, m.group) for m in facts.medications] == [
        ("Klonopin", "benzodiazepines"),
        ("Zzyx", ""),
    ]
    assert "Zzyx" in page.content.decode()
    assert "Zzyx (not recognised: review by hand)" in course.documents.get().body


def test_a_date_is_kept_with_the_answer_that_needs_one(house: House) -> None:
    course = house.enquirer().course
    key = "recent_cardiovascular_event"
    send(house, course, **{key: "yes", f"on_{key}": "2020-02-03"})
    facts = load(course, now=datetime.now(UTC))
    condition = next(c for c in facts.conditions if c.key == key)
    assert (condition.answer, str(condition.happened_on)) == (Answer.YES, "2020-02-03")


def test_only_who_may_evaluate_finds_the_form(house: House) -> None:
    course = house.enquirer().course
    address = f"/assessment/{course.id}/medical/"
    assert signed_in(house.prescriber).get(address).status_code == 200
    for who in (house.therapist, house.nurse, house.coordinator, house.reviewer):
        assert signed_in(who).get(address).status_code == 404


def test_nothing_measured_or_asked_is_filled_in_beforehand(house: House) -> None:
    course = house.enquirer().course
    send(house, course)
    form = signed_in(house.prescriber).get(f"/assessment/{course.id}/medical/").context["form"]
    assert all(bound.value() in (None, "") for bound in form if bound.name != "measured_on")


ASKED_BY_NAME = (
    "GLP-1 medicines", "insulin", "sulfonylureas", "buprenorphine", "methadone",
    "sodium oxybate", "weekly injections", "patches", "nasal sprays", "cannabis", "alcohol",
)  # fmt: skip


def test_what_people_forget_to_name_as_a_medicine_stands_under_that_heading(house: House) -> None:
    course = house.enquirer().course
    html = signed_in(house.prescriber).get(f"/assessment/{course.id}/medical/").content.decode()
    below = html.partition('<h2 id="medicines">')[2].partition('<datalist id="known-medicines">')[0]
    line = below.partition('<p id="ask-by-name">')[2].partition("</p>")[0]
    assert line.startswith("Ask by name: ")
    for name in ASKED_BY_NAME:
        assert name in line, name


def test_every_event_of_an_assessment_can_be_read_back(house: House) -> None:
    course = house.enquirer().course
    send(house, course)
    signed_in(house.therapist).post(f"/assessment/{course.id}/screen/", asq())
    kinds = {h.kind for h in happenings(course)}
    assert {EventKind.HISTORY_TAKEN, EventKind.QUESTIONNAIRE_ANSWERED} <= kinds
