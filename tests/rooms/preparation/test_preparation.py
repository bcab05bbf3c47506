"""Preparation is held by the assigned therapist; consent is given freely and ended freely."""

from dataclasses import replace
from datetime import timedelta

import pytest

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.care.models import Document, Event, Observation
from holdspace.core.decision import Door
from holdspace.core.facts import Discipline, DocumentKind, Role, Route
from holdspace.preparation import actions as preparation
from tests.rooms.factory import passed, played, sign
from tests.rooms.people.cast import PASSWORD, licensed, member

pytestmark = pytest.mark.django_db

GIVEN = preparation.ConsentGiven(
    text="What was read.", signed_name="Robin Vale", teach_back="It may feel strange.",
    asked_alone=True, able_and_free=True, touch=("hand held",), touch_signal="raised palm",
    recording=False,
)  # fmt: skip


@pytest.fixture
def guest(db):
    return played(stocked=False).enquirer()


def cleared(guest):
    guest.assess()
    guest.clear()
    return guest


def visited(guest, by=None):
    by = by or guest.house.therapist
    return preparation.hold_visit(
        course=guest.course, note="Expectations.", signature=sign(by, guest.now), by=by,
        now=guest.now,
    )  # fmt: skip


def consented(guest, **changes):
    by = guest.house.therapist
    return preparation.take_consent(
        course=guest.course, given=replace(GIVEN, **changes), signature=sign(by, guest.now), by=by,
        now=guest.now,
    )  # fmt: skip


def consent(guest):
    return loader.load(guest.course, now=guest.now).document(DocumentKind.CONSENT)


def withdrawn(guest):
    care.withdraw_consent(
        course=guest.course, in_own_words="I changed my mind.", by=guest.house.nurse, now=guest.now
    )


def test_no_visit_is_kept_before_its_door_is_open(guest):
    outcome = visited(guest)
    assert not outcome.allowed and outcome.made is None
    assert not guest.course.documents.exists()
    assert not Event.objects.filter(course=guest.course, kind="visit_held").exists()


def test_a_visit_by_another_therapist_is_refused_and_by_the_assigned_one_counts(guest):
    cleared(guest)
    cast = guest.house.cast
    other = licensed(cast, member(cast, Role.THERAPIST, name="Ruth Okello"), Discipline.LMFT)
    refused = visited(guest, other)
    assert [f.code.value for f in refused.decision.stops] == ["therapist_changed"]
    document = passed(visited(guest))
    (visit,) = loader.load(guest.course, now=guest.now).visits
    assert (visit.id, visit.phase) == (str(document.id), "preparation")
    assert visit.therapist == str(guest.house.therapist.id)


def test_consent_counts_only_from_a_person_who_is_able_free_and_asked_alone(guest):
    for changes, field in (
        ({"asked_alone": False}, "asked_alone"),
        ({"able_and_free": False}, "able_and_free"),
        ({"signed_name": "  "}, "signed_name"),
        ({"signed_name": "Somebody Else"}, "signed_name"),
    ):
        with pytest.raises(care.WrongInput) as wrong:
            consented(guest, **changes)
        assert wrong.value.field == field
    assert not Document.objects.filter(course=guest.course).exists()
    assert not Observation.objects.filter(course=guest.course).exists()


def test_what_was_read_told_back_and_agreed_is_what_was_signed(guest):
    row = consented(guest)
    for words in ("What was read.", "It may feel strange.", "Signed by the person: Robin Vale"):
        assert words in row.body
    touch = guest.course.documents.get(kind="touch_agreement")
    assert "Touch agreed in advance: hand held." in touch.body and "raised palm" in touch.body
    assert "Recording: not agreed." in touch.body
    fact = consent(guest)
    assert fact.routes == (Route.IM,) and fact.expires_at > guest.now + timedelta(days=1)


def test_a_name_is_the_persons_own_whatever_its_case_accents_and_spaces(guest):
    for name in ("robin  VALE", "Róbin Vale "):
        assert f"Signed by the person: {name}" in consented(guest, signed_name=name).body
    other = consented(guest, signed_name="Robin Marsh", other_name_because="Married in May")
    assert "another name than the one on file: Married in May" in other.body


def test_no_touch_is_what_nothing_ticked_means(guest):
    consented(guest, touch=(), touch_signal="")
    assert "no touch" in guest.course.documents.get(kind="touch_agreement").body


def test_a_consent_is_withdrawn_at_any_time_and_no_dose_follows():
    day = played().guest().open()
    drawn = day.draw(day.order("50 mg"))
    care.withdraw_consent(
        course=day.guest.course, in_own_words="Stop.", by=day.house.nurse, now=day.now
    )
    outcome = day.ask_to_give(drawn)
    assert "consent_withdrawn" in [f.code.value for f in outcome.decision.stops]


def test_what_was_withdrawn_or_never_given_cannot_be_withdrawn(guest):
    with pytest.raises(care.WrongInput) as wrong:
        withdrawn(guest)
    assert wrong.value.field == "consent"
    consented(guest)
    withdrawn(guest)
    assert consent(guest).withdrawn_at == guest.now
    with pytest.raises(care.WrongInput):
        withdrawn(guest)


def test_a_new_consent_supersedes_the_one_before_and_is_in_force(guest):
    first = consented(guest)
    guest.house.later(minutes=5)
    withdrawn(guest)
    guest.house.later(minutes=5)
    second = consented(guest, teach_back="Now I know more.")
    assert (second.supersedes, second.version) == (first, 2)
    fact = consent(guest)
    assert (fact.id, fact.withdrawn_at) == (str(second.id), None)


# --- pages


def test_the_visit_page_keeps_what_was_typed_when_something_is_missing(guest, screens):
    browser = screens(guest.house)(cleared(guest).house.therapist)
    address = f"/preparation/{guest.course.id}/visit/"
    typed = {"intention": "To meet the quiet", "note": "", "password": PASSWORD}
    page = browser.post(address, typed)
    assert page.status_code == 200 and b"To meet the quiet" in page.content
    assert page.context["form"].errors.keys() >= {"topics", "note"}
    good = typed | {"topics": ["risks"], "note": "We talked."}
    assert browser.post(address, good | {"password": "not it"}).status_code == 200
    assert browser.post(address, good).status_code == 302
    body = guest.course.documents.get(kind="preparation_note").body
    assert "Intention: To meet the quiet" in body and "We talked." in body


def test_consent_is_read_signed_and_withdrawn_on_its_page(guest, screens):
    browser = screens(guest.house)(guest.house.therapist)
    address = f"/preparation/{guest.course.id}/consent/"
    leave = f"/preparation/{guest.course.id}/withdraw/"
    text = browser.get(address).content.decode()
    assert "an injection into a muscle" in text and "I can withdraw at any time" in text
    typed = {"teach_back": "In my words", "signed_name": "Robin Vale", "password": PASSWORD}
    page = browser.post(address, typed | {"able_and_free": "on"})
    assert page.context["form"].errors.keys() == {"asked_alone"}
    assert b"In my words" in page.content
    good = typed | {"able_and_free": "on", "asked_alone": "on"}
    assert browser.post(address, good).status_code == 302
    assert "I can withdraw at any time" in guest.course.documents.get(kind="consent").body
    assert b"A consent is in force" in browser.get(address).content
    assert browser.post(leave, {"in_own_words": ""}).status_code == 302
    assert consent(guest).withdrawn_at == guest.now
    assert b"The person withdrew" in browser.get(address).content
    again = browser.post(leave, {"in_own_words": ""}, follow=True)
    assert b"There is no consent to withdraw" in again.content


def test_a_refused_visit_leads_to_its_reasons(guest, screens):
    browser = screens(guest.house)(guest.house.therapist)
    typed = {"topics": ["risks"], "note": "We talked.", "password": PASSWORD}
    answer = browser.post(f"/preparation/{guest.course.id}/visit/", typed, follow=True)
    assert answer.context["row"].door == Door.BEGIN_PREPARATION
    assert not answer.context["decision"]["allowed"]
