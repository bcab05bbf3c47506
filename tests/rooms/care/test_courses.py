"""A course has one therapist, one protocol and an end that leaves nobody with nothing."""

from datetime import timedelta

import pytest

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.care.actions import WrongInput
from holdspace.care.models import Document, ProtocolSignature, ProtocolVersion
from holdspace.core import journey
from holdspace.core.facts import Discipline, Role
from holdspace.core.protocol import ProtocolError
from tests.rooms.factory import PROTOCOL, played, sign
from tests.rooms.people.cast import PASSWORD, clinic_at, licensed, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest(db):
    return played(stocked=False).enquirer()


@pytest.fixture
def second(guest):
    cast = guest.house.cast
    return licensed(cast, member(cast, Role.THERAPIST, name="Ruth Okello"), Discipline.LMFT)


def changed(guest, to, **more):
    by = guest.house.therapist
    asked = {"by": by, "because": "Moving away", "agrees": True, "signature": sign(by, guest.now)}
    return care.assign_therapist(course=guest.course, therapist=to, now=guest.now, **asked | more)


def therapist_of(guest):
    return loader.load(guest.course, now=guest.now).course.therapist


def test_a_change_of_therapist_needs_the_persons_words_and_a_signature(guest, second):
    before = therapist_of(guest)
    for more, field in (
        ({"patients_consent": "She said no.", "agrees": False}, "agrees"),
        ({}, "patients_consent"),
        ({"patients_consent": "  "}, "patients_consent"),
        ({"patients_consent": "Fine by me.", "signature": None}, "signature"),
    ):
        with pytest.raises(WrongInput) as wrong:
            changed(guest, second, **more)
        assert wrong.value.field == field
    assert therapist_of(guest) == before == str(guest.house.therapist.id)
    consent = changed(guest, second, patients_consent="Fine by me.")
    assert consent.kind == "therapist_change"
    assert consent.body.splitlines() == [
        f"From: {guest.house.therapist.signed_name}.",
        f"To: {second.signed_name}.",
        "Why: Moving away",
        "The person agreed, in their words: Fine by me.",
    ]
    (fact,) = [
        d for d in loader.load(guest.course, now=guest.now).documents if d.id == str(consent.id)
    ]
    assert (fact.handed_from, fact.handed_to) == (str(guest.house.therapist.id), str(second.id))
    assert fact.agreed is True
    assert therapist_of(guest) == str(second.id)


def test_whoever_takes_over_does_not_sign_the_change_alone(guest, second):
    with pytest.raises(WrongInput) as wrong:
        changed(guest, second, by=second, signature=sign(second, guest.now), patients_consent="Ok.")
    assert wrong.value.field == "therapist"


def test_a_page_that_showed_another_therapist_changes_nothing(guest, second):
    with pytest.raises(WrongInput) as wrong:
        changed(guest, second, patients_consent="Fine.", handed_from=str(guest.house.nurse.id))
    assert wrong.value.field == "handed_from"
    assert therapist_of(guest) == str(guest.house.therapist.id)


def test_only_a_therapist_of_this_clinic_who_is_not_it_already_is_assigned(guest):
    elsewhere = member(clinic_at(), Role.THERAPIST)
    for who in (guest.house.nurse, guest.house.therapist, elsewhere):
        with pytest.raises(WrongInput) as wrong:
            changed(guest, who, patients_consent="Fine by me.")
        assert wrong.value.field == "therapist"
    assert not Document.objects.filter(course=guest.course, kind="therapist_change").exists()


def test_a_change_on_its_page_is_refused_without_the_persons_words_and_keeps_the_rest(
    guest, second, screens
):
    browser = screens(guest.house)(guest.house.therapist)
    address = f"/chart/course/{guest.course.id}/therapist/"
    typed = {
        "handed_from": str(guest.house.therapist.id), "therapist": str(second.id),
        "because": "Moving away", "patients_consent": "", "agrees": "yes", "password": PASSWORD,
    }  # fmt: skip
    page = browser.post(address, typed)
    assert page.status_code == 200 and b"Moving away" in page.content
    no = browser.post(address, typed | {"patients_consent": "She said no.", "agrees": "no"})
    assert no.context["form"].errors.keys() == {"agrees"}
    same = typed | {"patients_consent": "Yes.", "therapist": str(guest.house.therapist.id)}
    page = browser.post(address, same)
    assert page.status_code == 200 and b"is the therapist already" in page.content
    assert browser.post(address, typed | {"patients_consent": "Yes."}).status_code == 302
    assert therapist_of(guest) == str(second.id)


def test_the_same_text_is_adopted_once_and_a_broken_one_not_at_all(guest):
    house, text = guest.house, PROTOCOL.read_text()
    again = care.adopt_protocol(clinic=house.clinic, text=text, by=house.director, now=guest.now)
    assert again == house.protocol
    with pytest.raises(ProtocolError):
        care.adopt_protocol(
            clinic=house.clinic, text=text.replace("=", ":"), by=house.director, now=guest.now
        )
    assert ProtocolVersion.objects.of(house.clinic).count() == 1


def test_only_the_medical_director_of_the_clinic_signs_its_protocol(guest):
    house, elsewhere = guest.house, clinic_at()
    for by in (house.prescriber, house.administrator, elsewhere.director):
        with pytest.raises(WrongInput) as wrong:
            care.sign_protocol(
                protocol=house.protocol, signature=sign(by, guest.now), by=by, now=guest.now
            )
        assert wrong.value.field == "by"
    assert ProtocolSignature.objects.filter(protocol=house.protocol).count() == 1


def test_the_page_signs_for_the_director_who_has_read_and_for_nobody_else(guest, screens):
    house, at = guest.house, screens(guest.house)
    address = f"/chart/protocol/{house.protocol.id}/"
    director = at(house.director)
    assert director.post(address, {"password": PASSWORD}).status_code == 200
    assert ProtocolSignature.objects.filter(protocol=house.protocol).count() == 1
    assert (
        at(house.prescriber).post(address, {"read": "on", "password": PASSWORD}).status_code == 404
    )
    assert director.post(address, {"read": "on", "password": PASSWORD}).status_code == 302
    assert ProtocolSignature.objects.filter(protocol=house.protocol).count() == 2


def test_nobody_is_declined_without_a_way_on(guest):
    house = guest.house
    common = {"course": guest.course, "by": house.prescriber, "now": guest.now}
    with pytest.raises(WrongInput) as wrong:
        care.decline_course(reason="Not safe here", way_on=" ", **common)
    assert wrong.value.field == "way_on"
    care.decline_course(reason="Not safe here", way_on="Denver Health, 303 436 6000", **common)
    facts = loader.load(guest.course, now=guest.now)
    state = journey.state(facts, loader.protocol_of(guest.course))
    assert state is journey.State.DECLINED_HERE


def test_a_course_with_an_open_task_is_not_closed_and_without_one_it_is(guest):
    house = guest.house
    task = care.open_task(
        clinic=house.clinic, kind="call", title="Call back", owner=house.therapist,
        due_at=guest.now + timedelta(days=1), by=house.nurse, now=guest.now,
        patient=guest.patient, course=guest.course,
    )  # fmt: skip

    def closing():
        return care.close_course(
            course=guest.course, summary="No medicine was given.", outcome_words="no change",
            signature=sign(house.therapist, guest.now), by=house.therapist, now=guest.now,
        )  # fmt: skip

    refused = closing()
    assert [f.code.value for f in refused.decision.stops] == ["tasks_open"]
    assert not guest.course.documents.exists()
    care.read_task(task=task, by=house.therapist, now=guest.now)
    care.close_task(task=task, outcome="Called.", by=house.therapist, now=guest.now)
    assert closing().allowed
    assert [f.code.value for f in closing().decision.stops] == ["course_not_open"]
