"""What two do at the same moment: neither is lost, and nothing is done twice."""

from __future__ import annotations

import pytest

from holdspace.care import actions as care
from holdspace.care.models import Channel, ContactWish, Task
from tests.rooms.assessment.test_reminders_at_once import at_once
from tests.rooms.factory import House, played

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def house() -> House:
    return played(stocked=False)


def test_wishes_of_one_moment_are_all_kept_and_ask_the_desk_once(house: House) -> None:
    robin = house.enquirer().patient

    def wish() -> None:
        care.wish_to_be_reached(patient=robin, stop=[], words="After five.", now=house.now)

    assert at_once(*[wish] * 6) == []
    assert ContactWish.objects.filter(patient=robin).count() == 6
    assert Task.objects.filter(patient=robin, kind="contact_wish").count() == 1


def test_whatever_the_desk_saves_in_the_moment_in_which_a_channel_is_closed_it_stays_closed(
    house: House,
) -> None:
    for _ in range(4):
        robin = house.enquirer(safe_contact="phone").patient
        seen = care.mark_of(robin, care.choices_of(robin))

        def close(robin=robin) -> None:
            care.wish_to_be_reached(patient=robin, stop=[Channel.PHONE], words="", now=house.now)

        def save(robin=robin, seen=seen) -> None:
            care.say_how_to_reach(
                patient=robin, wanted=[*Channel], safe_contact="phone", words="Only mornings.",
                said_by="the person, here", seen=seen, by=house.coordinator, now=house.now,
            )  # fmt: skip

        troubles = at_once(close, save)
        assert care.unwanted(robin) == {Channel.PHONE}
        assert all(isinstance(one, care.WrongInput) for one in troubles), troubles
