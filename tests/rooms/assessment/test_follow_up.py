"""What the treatment may harm is looked at again in time, and charted on one page."""

from __future__ import annotations

import pytest
from django.urls import reverse

from holdspace.care.models import Observation
from tests.rooms.factory import played

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
