"""What an evaluation put on file comes back in the next one with its date, to be confirmed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from holdspace.care import actions as care
from holdspace.care.facts import load
from holdspace.care.models import Course
from holdspace.core.facts import Facts
from tests.rooms.assessment.test_evaluations import house as house
from tests.rooms.assessment.test_evaluations import send
from tests.rooms.factory import House
from tests.rooms.people.cast import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def course(house: House) -> Course:
    """One signed evaluation with an ECG, a value and two diagnoses."""
    found: Course = house.enquirer().course
    sent = send(
        house, found, ecg_on="2026-01-05", ecg_finding="Sinus rhythm.", qtc="410",
        lab_on="2026-01-06", alt="31", epilepsy="yes", diagnosis_0="Falling sickness",
        icd10_0="G40.909", onset_0="2012", diagnosis_1="Migraine", said_by_1="person",
    )  # fmt: skip
    assert sent.status_code == 302
    return found


def facts(course: Course) -> Facts:
    return load(course, now=timezone.now() + timedelta(seconds=30))


def page(house: House, course: Course) -> str:
    found = signed_in(house.prescriber).get(f"/assessment/{course.id}/medical/")
    return str(found.content.decode())


def keys(course: Course) -> dict[str, str]:
    known = facts(course)
    return {d.words: d.id for d in known.diagnoses} | {r.title: r.id for r in known.investigations}


def test_each_is_shown_with_its_date_and_nothing_is_ticked(house: House, course: Course) -> None:
    said = page(house, course)
    for words in (
        "Falling sickness (G40.909), since 2012", "Migraine, onset not known",
        "ECG: Sinus rhythm; QTc 410 ms", "ALT: 31 U/L",
        "Carried forward from 5 Jan 2026", "Carried forward from 6 Jan 2026",
    ):  # fmt: skip
        assert words in said, words
    at = said.index("confirm_")
    ticks = [part.split(">")[0] for part in said[at:].split("<input") if 'name="confirm_' in part]
    assert not any("checked" in tick for tick in ticks)
    assert said.count('value="active" selected') == 2  # as it stands on file


def test_signed_without_a_tick_everything_stays_as_old_as_it_is(
    house: House, course: Course
) -> None:
    before = facts(course)
    assert send(house, course, epilepsy="yes").status_code == 302
    after = facts(course)
    assert after.diagnoses == before.diagnoses
    assert after.investigations == before.investigations
    body = course.documents.get(version=2).body
    assert "Falling sickness" not in body and "Looked at again" not in body


def test_confirmed_it_is_said_again_today_and_stands_since_it_was_first_said(
    house: House, course: Course
) -> None:
    key, before = keys(course), facts(course)
    first = next(d for d in before.diagnoses if d.icd10)
    sent: dict[str, Any] = {
        f"confirm_{key['Falling sickness']}": "on",
        f"status_{key['Falling sickness']}": "remission",
        f"confirm_{key['ECG']}": "on",
    }
    assert send(house, course, epilepsy="yes", **sent).status_code == 302
    after = facts(course)
    now = next(d for d in after.diagnoses if d.icd10)
    assert (now.status, now.since, now.continues) == ("remission", first.since, first.id)
    assert now.at > first.at and now.onset == first.onset
    assert len(after.investigations) == 2  # a result is never written twice
    body = course.documents.get(version=2).body
    assert "Falling sickness (ICD-10-CM G40.909 " in body and "remission, since 2012" in body
    assert "confirmed" in body and "ALT" not in body
    assert "Looked at again\nECG of 2026-01-05: Sinus rhythm; QTc 410 ms" in body


def test_a_change_without_its_tick_is_asked_about_and_nothing_is_lost(
    house: House, course: Course
) -> None:
    field = f"status_{keys(course)['Migraine']}"
    sent = send(house, course, epilepsy="yes", **{field: "resolved"})
    form = sent.context["form"]
    assert "Changed, but not confirmed" in form.errors[field][0]
    assert form[field].value() == "resolved" and form["epilepsy"].value() == "yes"
    assert course.documents.count() == 1


def test_a_tick_for_what_somebody_has_changed_meanwhile_is_asked_about(
    house: House, course: Course
) -> None:
    key = keys(course)["Migraine"]
    care.record_diagnosis(
        course=course, diagnosis=care.Diagnosed("Migraine", continues=key), by=house.therapist,
        now=timezone.now(),
    )  # fmt: skip
    sent = send(house, course, epilepsy="yes", **{f"confirm_{key}": "on"})
    assert "changed by somebody meanwhile" in sent.context["form"].non_field_errors()[0]
    assert course.documents.count() == 1


def test_a_confirmed_diagnosis_and_a_no_are_one_answer_or_none(
    house: House, course: Course
) -> None:
    key = keys(course)["Falling sickness"]
    sent = send(house, course, **{f"confirm_{key}": "on"})
    assert "says no to “Epilepsy”" in sent.context["form"].errors[f"status_{key}"][0]
    over = {f"confirm_{key}": "on", f"status_{key}": "resolved"}
    assert send(house, course, **over).status_code == 302
    assert "Falling sickness" not in page(house, course)  # what is over is not asked again


def test_a_new_diagnosis_that_maps_to_nothing_is_named_when_it_is_signed(
    house: House, course: Course
) -> None:
    from tests.rooms.assessment.forms import medical
    from tests.rooms.assessment.test_evaluations import times

    typed = medical(course, **{**times(house), "diagnosis_0": "Gout", "epilepsy": "yes"})
    done = signed_in(house.prescriber).post(f"/assessment/{course.id}/medical/", typed, follow=True)
    said = done.content.decode()
    assert "Gout: not mapped: review by hand." in said
    assert "Migraine: not mapped" not in said.split("</ul>")[0]
