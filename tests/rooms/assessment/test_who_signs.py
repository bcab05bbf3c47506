"""Who signs a clearance: a licence to midnight, the state of today, and a password."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from holdspace.assessment.actions import sign_clearance
from holdspace.care import actions as care
from holdspace.care.facts import protocol_of
from holdspace.core.facts import Act, Discipline
from holdspace.people import actions as people
from holdspace.people.models import Credential, Membership
from tests.rooms.factory import House, played, sign
from tests.rooms.people.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return played(now=NOW, stocked=False)


def cleared(house: House, course: object) -> care.Outcome:
    by = Membership.objects.get(pk=house.prescriber.pk)
    return sign_clearance(course=course, signature=sign(by, house.now), by=by, now=house.now)


@pytest.mark.parametrize(
    ("ends_in", "clock", "refused"),
    [
        (-1, (12, 0), True),  # it ended yesterday
        (0, (0, 1), False),  # its last day has begun
        (0, (23, 59), False),  # it holds until the clinic's midnight
        (-1, (0, 1), True),  # two minutes later
        (1, (12, 0), False),
    ],
)
def test_a_licence_holds_to_the_clinics_midnight_of_its_last_day(
    house: House, ends_in: int, clock: tuple[int, int], refused: bool
) -> None:
    guest = house.enquirer()
    guest.assess()
    zone = house.clinic.zone
    day = house.clinic.day(house.now) + timedelta(days=1)
    house.now = datetime.combine(day, time(*clock), zone).astimezone(UTC)
    rows = Credential.objects.filter(membership=house.prescriber, kind="licence")
    assert rows.update(expires_on=day + timedelta(days=ends_in)) == 1
    outcome = cleared(house, guest.course)
    stops = {f.code.value for f in outcome.decision.stops}
    assert ("licence_not_valid" in stops) is refused is not outcome.allowed


def test_the_state_says_today_whether_this_profession_clears(house: House) -> None:
    guest = house.enquirer()
    guest.assess()
    people.record_state_rule(
        state="CO", discipline=Discipline.MD, acts=(Act.ORDER, Act.GIVE),
        source="the board's page, read today", by=house.director, now=house.now,
        signature=sign(house.director, house.now),
    )  # fmt: skip
    outcome = cleared(house, guest.course)
    assert {f.code.value for f in outcome.decision.stops} == {"state_authority_missing"}
    assert not guest.course.documents.filter(kind="clearance").exists()


def test_without_the_password_of_the_one_who_signs_nothing_is_signed(
    screens: Any, house: House
) -> None:
    guest = house.enquirer()
    guest.assess()
    browser = screens(house)(house.prescriber)
    address = f"/assessment/{guest.course.id}/clearance/"
    page = browser.get(address)
    protocol = protocol_of(guest.course)
    assert protocol.reference in page.content.decode() and protocol.digest in page.content.decode()
    for password in ("", "somebody else’s"):
        sent = browser.post(address, {"seen": page.context["seen"], "password": password})
        assert sent.status_code == 200
    assert not guest.course.documents.filter(kind="clearance").exists()
