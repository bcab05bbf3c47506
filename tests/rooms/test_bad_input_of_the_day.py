"""Whatever is typed or pasted before, on and after a day of treatment, and where people are kept.

The table is made from the pages themselves (tests/rooms/bad_input.py).
"""

from __future__ import annotations

import pytest

from holdspace.core.facts import Place
from tests.rooms.bad_input import all_wrong
from tests.rooms.factory import Day, Guest, House
from tests.rooms.people.cast import signed_in

pytestmark = pytest.mark.django_db


class World:
    """A clinic and one person, as far on their way as a page needs them to be."""

    def __init__(self, house: House, guest: Guest) -> None:
        self.house, self.guest = house, guest

    def open(self) -> Day:
        """A day with one dose given, one drawn up and one ordered."""
        day = self.guest.open()
        day.place(self.house.prescriber, Place.ON_PREMISES)
        return day

    def place(self, pattern: str) -> str:
        guest, more = self.guest, {}
        if "{session}" in pattern or "{given}" in pattern or "{ended}" in pattern:
            day = self.open()
            if "{session}" in pattern:
                day.draw(day.order("20 mg"))
                day.order("10 mg")
            else:
                day.give()
                day.settle()
            if "{ended}" in pattern:
                day.discharge()
            more = dict.fromkeys(("session", "given", "ended"), day.session.pk)
        return pattern.format(
            course=guest.course.pk, person=guest.patient.pk, nurse=self.house.nurse.pk, **more
        )


PAGES = [
    ("nurse", "/medicine/readiness/{course}/"),
    ("nurse", "/medicine/room/{course}/"),
    ("administrator", "/medicine/monitors/"),
    ("nurse", "/medicine/session/{session}/from-paper/"),
    ("therapist", "/preparation/{course}/visit/"),
    ("therapist", "/preparation/{course}/consent/"),
    ("therapist", "/preparation/{course}/music/"),
    ("therapist", "/integration/{course}/visit/"),
    ("therapist", "/integration/{course}/close/"),
    ("coordinator", "/schedule/?on=2026-03-03"),
    ("administrator", "/schedule/rooms/"),
    ("coordinator", "/people/new"),
    ("coordinator", "/people/{person}/edit"),
    ("director", "/people/{person}/"),
    ("administrator", "/people/clinic/"),
    ("director", "/people/on-call/"),
    ("administrator", "/people/staff/invite"),
    ("administrator", "/people/staff/{nurse}/"),
    ("director", "/people/staff/{nurse}/"),
    ("nurse", "/people/emergency/"),
]


# The page of a day takes long to draw: each act once, by one who may do it, with every third value.
ON_THE_DAY = [
    ("nurse", "{session}", ("narrow", "observe", "could-not", "told", "note")),
    ("nurse", "{session}", ("place", "adverse-event", "rescue-drug", "variance")),
    ("nurse", "{session}", ("prepare", "give", "waste", "return", "lose")),
    ("prescriber", "{session}", ("order", "cancel-order")),
    ("prescriber", "{session}", ("going-home", "discharge", "no-escort", "end")),
    ("nurse", "{ended}", ("contact",)),
]


@pytest.mark.parametrize(("role", "pattern"), PAGES)
def test_each_field_of_each_form_takes_it_or_says_so(world: World, role: str, pattern: str) -> None:
    place = world.place(pattern)
    wrong = all_wrong(signed_in(getattr(world.house, role)), place)
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize(("role", "day", "acts"), ON_THE_DAY)
def test_each_act_of_a_day_takes_it_or_says_so(
    world: World, role: str, day: str, acts: tuple[str, ...]
) -> None:
    place = world.place(f"/medicine/session/{day}/")
    wrong = all_wrong(signed_in(getattr(world.house, role)), place, acts, step=3)
    assert not wrong, "\n".join(wrong[:20])
