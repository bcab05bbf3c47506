"""A plan ends with the letter it rests on, and with the answer it was written for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.care.actions.facts import Signed
from holdspace.core import facts as core
from holdspace.core.decision import Door
from holdspace.core.facts import Answer, DocumentKind
from tests.rooms.factory import played, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest(db):
    return played(stocked=False).enquirer()


def finding(guest, subject):
    decision = care.ask(
        Door.CLEAR_FOR_MEDICINE, guest.course, by=guest.house.prescriber, now=guest.now
    )
    return next(f for f in decision.findings if f.subject == subject)


def planned(guest, subject, **more):
    by = guest.house.prescriber
    return care.relieve(
        course=guest.course, finding=finding(guest, subject), reason="Spoken with them.",
        expires_at=guest.now + timedelta(days=400), signature=sign(by, guest.now), by=by,
        now=guest.now, **more,
    )  # fmt: skip


def listed(guest, *names):
    by = guest.house.prescriber
    medicines = tuple(core.Medication(name, "", guest.now, str(by.id)) for name in names)
    care.take_history(course=guest.course, medications=medicines, by=by, now=guest.now)


def test_a_struck_letter_takes_the_plan_with_it(guest):
    house = guest.house
    guest.assess(bipolar_disorder=Answer.YES)
    letter = guest.letter()
    planned(guest, "bipolar_disorder", letter=letter.id)
    assert finding(guest, "bipolar_disorder").passes
    care.strike(
        row=letter, reason="another person's letter", signature=sign(house.prescriber, house.now),
        by=house.prescriber, now=house.now,
    )  # fmt: skip
    assert not finding(guest, "bipolar_disorder").passes


def test_an_amended_letter_is_another_letter(guest):
    house = guest.house
    guest.assess(bipolar_disorder=Answer.YES)
    letter = guest.letter()
    planned(guest, "bipolar_disorder", letter=letter.id)
    house.later(minutes=1)
    amended = care.sign_document(
        course=guest.course, kind=DocumentKind.OUTSIDE_LETTER, title="letter", now=guest.now,
        body="On reflection: not now.", meaning="I sign this.", by=house.prescriber,
        signature=sign(house.prescriber, guest.now), signed=Signed(supersedes=letter),
    )  # fmt: skip
    assert not finding(guest, "bipolar_disorder").passes
    planned(guest, "bipolar_disorder", letter=amended.id)
    assert finding(guest, "bipolar_disorder").passes


def test_a_plan_for_a_medicine_stands_while_the_list_says_the_same(guest):
    guest.assess()
    listed(guest, "Gabapentin")
    planned(guest, "gabapentin")
    guest.house.later(hours=1)
    listed(guest, " gabapentin ", "sertraline")
    assert finding(guest, "gabapentin").passes
    guest.house.later(hours=1)
    listed(guest, "sertraline")
    guest.house.later(hours=1)
    listed(guest, "gabapentin")
    assert not finding(guest, "gabapentin").passes, "taken up again: a new answer"
    planned(guest, "gabapentin")
    guest.house.later(days=91)
    assert not finding(guest, "gabapentin").passes, "90 days are over"


def test_a_medicine_that_is_listed_otherwise_is_a_new_answer(guest):
    guest.assess()
    listed(guest, "wonderdrug")
    planned(guest, "wonderdrug")
    guest.house.later(hours=1)
    by = guest.house.prescriber
    other = replace(core.Medication("wonderdrug", "", guest.now, str(by.id)), group="lithium")
    assert loader._same(other) != loader._same(replace(other, group=""))
    assert loader._same(other) == loader._same(replace(other, last_taken=guest.now, at=guest.now))
