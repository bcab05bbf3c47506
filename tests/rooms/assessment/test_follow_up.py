"""What the treatment may harm is looked at again in time, and charted on one page."""

from __future__ import annotations

import pytest
from django.urls import reverse

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.care.models import Observation
from holdspace.core import gates
from holdspace.core.codes import Code
from holdspace.core.decision import Door
from holdspace.core.facts import DocumentKind
from tests.rooms.factory import played, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest():
    return played(stocked=False).enquirer()


def address(guest):
    return reverse("assessment:follow_up", args=[guest.course.id])


def test_what_was_asked_is_charted_and_what_was_not_stays_open(guest, screens):
    browser = screens(guest.house)(guest.house.nurse)
    page = browser.post(
        address(guest), {"cognition_concern": "no", "dependence_concern": "yes"}, follow=True
    ).content.decode()
    charted = Observation.objects.filter(course=guest.course, source="follow-up of harm")
    assert {(row.kind, row.word) for row in charted} == {
        ("cognition_concern", "no"), ("dependence_concern", "yes"),
    }  # fmt: skip
    assert "A concern: the prescriber" in page and "not yet" in page


@pytest.mark.parametrize("sent", [{}, {"cognition_concern": "perhaps"}])
def test_nothing_or_nonsense_is_charted_by_no_one(guest, screens, sent):
    browser = screens(guest.house)(guest.house.nurse)
    page = browser.post(address(guest), sent).content.decode()
    assert "Accepted" in page or "valid choice" in page
    assert not Observation.objects.filter(course=guest.course, source="follow-up of harm").exists()


def test_the_desk_never_sees_it(guest, screens):
    assert screens(guest.house)(guest.house.coordinator).get(address(guest)).status_code == 404


def stops(guest):
    """Which of the follow-up's own findings keep the next session shut now, by what they name."""
    facts = loader.load(guest.course, now=guest.now, actor=guest.house.prescriber)
    decision = gates.decide(Door.NEXT_SESSION, facts, loader.protocol_of(guest.course), "tests")
    return {f.subject for f in decision.stops if f.code is Code.OVERSIGHT_OVERDUE}


def test_what_falls_due_holds_the_next_session_until_it_was_looked_at(screens, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    guest = played().guest()
    day = guest.open()
    day.give("50 mg")
    day.settle()
    day.discharge()
    browser = screens(guest.house)(guest.house.nurse)
    page = browser.get(address(guest)).content.decode()
    assert "by Wed 2 Sep 2026, or before then after 7 more sessions of 8" in page
    guest.house.later(days=183)
    assert guest.house.clinic.day(guest.now).isoformat() == "2026-09-02"
    assert stops(guest) == set()  # due, and the last day still counts
    guest.house.later(days=1)
    assert stops(guest) == {"bladder"}  # asked the day before the first dose
    guest.house.later(days=1)
    assert stops(guest) == {"bladder", "liver", "cognition", "dependence"}
    page = browser.get(address(guest)).content.decode()
    assert page.count("Overdue: the next session waits") == 4
    browser.post(address(guest), {"bladder_symptoms": "no", "words_liver": "Drawn today."})
    assert stops(guest) == {"liver", "cognition", "dependence"}
    browser.post(address(guest), {"cognition_concern": "no", "dependence_concern": "no"})
    assert stops(guest) == {"liver"}  # the words about the liver were no look
    care.file_document(
        course=guest.course, kind=DocumentKind.LABORATORY_REPORT, title="Liver panel",
        reading="Within the laboratory's range.", file_name="liver.pdf", content=b"%PDF-1.7 liver",
        by=guest.house.prescriber, now=guest.now,
        signature=sign(guest.house.prescriber, guest.now),
    )  # fmt: skip
    assert stops(guest) == set()
    assert "Overdue" not in browser.get(address(guest)).content.decode().partition("<main")[2]


def test_words_stand_beside_what_they_are_about_and_on_the_chart(guest, screens):
    browser = screens(guest.house)(guest.house.nurse)
    sent = {"bladder_symptoms": "yes", "words_bladder": "Twice at night since May."}
    page = browser.post(address(guest), sent, follow=True).content.decode()
    assert "Twice at night since May." in page
    chart = browser.get(f"/chart/{guest.patient.id}/").content.decode()
    assert "Bladder: Twice at night since May." in chart
    guest.house.later(days=1)
    browser.post(address(guest), {"bladder_symptoms": "no", "words_bladder": "Gone."})
    page = browser.get(address(guest)).content.decode()
    assert "Gone." in page and "Twice at night" not in page


@pytest.mark.parametrize(
    "sent",
    [
        {"words_bladder": "Twice at night."},
        {"bladder_symptoms": "no", "words_cognition": "Forgets names."},
        {"bladder_symptoms": "no", "words_bladder": "x" * 501},
    ],
)
def test_words_without_an_answer_and_very_long_ones_are_said_and_not_lost(guest, screens, sent):
    page = screens(guest.house)(guest.house.nurse).post(address(guest), sent)
    assert page.status_code == 200
    typed = next(value for key, value in sent.items() if key.startswith("words"))
    assert typed in page.content.decode()
    assert not Observation.objects.filter(course=guest.course, source="follow-up of harm").exists()
    assert not guest.course.events.filter(kind="note").exists()
