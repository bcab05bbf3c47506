"""After a severe event, a rescue drug or a transfer two people look: on the screens."""

from __future__ import annotations

import pytest
from django.urls import reverse

from holdspace.care import actions as care
from holdspace.core.decision import Door
from holdspace.core.facts import Ending
from holdspace.medicine import actions
from tests.rooms.factory import Day, played
from tests.rooms.people.cast import PASSWORD

pytestmark = pytest.mark.django_db


def url(day: Day, act: str = "") -> str:
    if not act:
        return reverse("medicine:session", args=[day.session.id])
    return reverse("medicine:act", args=[day.session.id, act])


def waits(day: Day, door: Door = Door.FURTHER_DOSE) -> set[str]:
    found = care.ask(door, day.guest.course, by=day.house.nurse, now=day.now, session=day.session)
    return {f.code.value for f in found.stops} & {
        "adverse_event_unreviewed", "transfer_unreviewed", "clearance_suspended",
    }  # fmt: skip


def happens(screens, day: Day, what: str) -> None:
    nurse = screens(day.house)(day.house.nurse)
    if what == "transfer":
        actions.end_session(
            **day.common, ending=Ending.TRANSFERRED, by=day.house.nurse, reason="Chest pain; EMS"
        )
        return
    sent = {
        "adverse-event": {"term": "Apnoea", "grade": "3"},
        "rescue-drug": {"name": "Ondansetron", "amount": "4 mg IV", "because": "vomiting"},
    }[what]
    done = nurse.post(url(day, what), sent)
    assert done.status_code == 302, done.content.decode()[-3000:]


@pytest.mark.parametrize("what", ["adverse-event", "rescue-drug", "transfer"])
def test_the_next_dose_waits_for_a_prescriber_and_for_somebody_uninvolved(screens, what):
    day = played().guest().open()
    day.give("50 mg")
    house, door = day.house, Door.NEXT_SESSION
    mine = "transfer_unreviewed" if what == "transfer" else "adverse_event_unreviewed"
    assert mine not in waits(day, door)
    happens(screens, day, what)
    assert waits(day, door) == {mine, "clearance_suspended"}
    at = screens(house)
    prescriber, director = at(house.prescriber), at(house.director)
    page = prescriber.get(url(day))
    (review,) = page.context["reviews"]
    assert "somebody who was not involved" in page.content.decode()
    signed = {"event": review["key"], "conclusion": "Looked at together.", "password": PASSWORD}
    assert at(house.therapist).post(url(day, "review"), signed).status_code == 404
    wrong = prescriber.post(url(day, "review"), {**signed, "password": "not mine"})
    assert wrong.status_code != 302 and mine in waits(day, door)
    assert prescriber.post(url(day, "review"), signed).status_code == 302
    assert mine in waits(day, door), "the prescriber ordered this dose: one more looks"
    assert director.post(url(day, "review"), signed).status_code == 302
    assert waits(day, door) == {"clearance_suspended"}, "a physician clears anew, then it goes on"
