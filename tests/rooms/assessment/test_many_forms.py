"""A chart with many completed forms asks the database no more often than one with few."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from holdspace.assessment import actions
from tests.rooms.factory import House, played

pytestmark = pytest.mark.django_db
FORM = {f"phq9_{n}": n % 3 for n in range(1, 9)} | {"phq9_9": 0}


@pytest.fixture
def house() -> House:
    return played(stocked=False)


def test_the_number_of_questions_to_the_database_does_not_grow_with_the_forms(house, screens):
    guest = house.enquirer()
    browser = screens(house)(house.prescriber)
    pages = [
        reverse("care:chart", args=[guest.patient.id]),
        reverse("assessment:questionnaires", args=[guest.course.id]),
    ]

    def fill_in(forms: int) -> None:
        for _ in range(forms):
            house.now += timedelta(minutes=1)
            actions.record_phq9(
                course=guest.course, answers=actions.Answers(FORM), by=house.therapist,
                now=house.now,
            )  # fmt: skip

    def asked(page: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(page).status_code == 200
        return len(queries)

    fill_in(3)
    for page in pages:
        asked(page)  # what is read once for the process is read now
    few = [asked(page) for page in pages]
    assert min(few) > 5
    fill_in(12)
    assert [asked(page) for page in pages] == few
