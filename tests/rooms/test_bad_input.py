"""Whatever is typed or pasted into a form of these rooms: never a crash, never a silent loss.

The table is made from the pages themselves (tests/rooms/bad_input.py).
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from holdspace.assessment import actions as assessment
from holdspace.care import actions as care
from tests.rooms.bad_input import all_wrong
from tests.rooms.factory import Guest, House
from tests.rooms.people.cast import signed_in

pytestmark = pytest.mark.django_db


class World:
    """A clinic with one person on their way, and whoever opens a page there."""

    def __init__(self, house: House, guest: Guest) -> None:
        self.house, self.guest = house, guest
        form = assessment.ask_to_fill(
            course=guest.course, instrument="gad-7", point="here", due_at=house.now,
            by=house.therapist, now=house.now,
        )  # fmt: skip
        self.link = f"/forms/{assessment.new_link(request=form, now=house.now)}/"
        self.task = care.open_task(
            clinic=house.clinic, kind="ask_again", title="Ask again", owner=house.prescriber,
            due_at=house.now + timedelta(days=1), patient=guest.patient, by=None, now=house.now,
        )  # fmt: skip

    def place(self, pattern: str) -> str:
        row = self.guest.course.observations.first()
        return pattern.format(
            course=self.guest.course.pk, person=self.guest.patient.pk, link=self.link,
            task=self.task.pk, row=row.pk if row else "",
            paper=self.guest.course.documents.first().pk,
        )  # fmt: skip


PAGES = [
    ("coordinator", "/chart/{person}/reach/"),
    ("coordinator", "/chart/messages/mine/"),
    ("coordinator", "/chart/{person}/book/"),
    ("director", "/chart/course/{course}/therapist/"),
    ("coordinator", "/assessment/forms/"),
    ("prescriber", "/chart/tasks/{task}/"),
    ("prescriber", "/chart/course/{course}/results/add/"),
    ("prescriber", "/chart/course/{course}/diagnosis/"),
    ("prescriber", "/chart/course/{course}/decline/"),
    ("prescriber", "/chart/course/{course}/pdmp/"),
    ("prescriber", "/chart/course/{course}/file/"),
    ("prescriber", "/chart/strike/observation/{row}/"),
    ("prescriber", "/chart/document/{paper}/amend/"),
    ("prescriber", "/assessment/{course}/clearance/"),
    ("prescriber", "/assessment/{course}/follow-up/"),
    ("therapist", "/chart/course/{course}/private-notes/"),
    ("therapist", "/assessment/{course}/screen/"),
    ("therapist", "/assessment/{course}/phq-9/"),
    ("custodian", "/register/receive/"),
    ("custodian", "/register/product/"),
    ("custodian", "/register/count/"),
    ("", "{link}reach/"),
    ("", "{link}"),
    ("", "/get-started/"),
]


@pytest.mark.parametrize(("role", "pattern"), PAGES)
def test_each_field_of_each_form_takes_it_or_says_so(world: World, role: str, pattern: str) -> None:
    browser = signed_in(getattr(world.house, role)) if role else Client()
    wrong = all_wrong(browser, world.place(pattern))
    assert not wrong, "\n".join(wrong[:20])
