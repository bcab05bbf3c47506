"""The door to medicine opens for a physician, on the list that was read, until a stated day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from holdspace.assessment import text
from holdspace.assessment.actions import ask_at_the_door, sign_clearance, suspend_clearance
from holdspace.care import actions as care
from holdspace.care.facts import load, protocol_of
from holdspace.care.models import Decision
from holdspace.core.canonical import digest
from holdspace.core.decision import Door
from holdspace.core.facts import Answer, DocumentKind
from tests.rooms.factory import House, played, sign
from tests.rooms.people.cast import PASSWORD, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    """Ten minutes ago, since assessing a person moves the house's clock on by twelve."""
    begun = timezone.now().replace(microsecond=0) - timedelta(minutes=30)
    return played(now=begun, stocked=False)


def cleared(house: House, course: object, seen: str = "") -> care.Outcome:
    by = house.prescriber
    return sign_clearance(
        course=course, signature=sign(by, house.now), seen=seen, by=by, now=house.now
    )


def test_a_physician_clears_a_healthy_person_until_the_protocols_last_day(house: House) -> None:
    guest = house.enquirer()
    guest.assess()
    outcome = cleared(house, guest.course)
    assert outcome.allowed, outcome.decision.stops
    paper = load(guest.course, now=house.now).document(DocumentKind.CLEARANCE)
    assert paper.expires_at == house.now + timedelta(days=90)
    body = outcome.made.body
    assert outcome.decision.facts in body
    assert protocol_of(guest.course).digest in body


def test_a_refusal_is_kept_and_signs_nothing(house: House) -> None:
    guest = house.enquirer()
    outcome = cleared(house, guest.course)
    assert not outcome.allowed
    assert outcome.made is None
    assert Decision.objects.get(pk=outcome.row.pk).allowed is False
    assert not guest.course.documents.filter(kind="clearance").exists()


def test_the_list_that_was_read_is_the_list_that_is_signed(house: House) -> None:
    guest = house.enquirer()
    guest.assess()
    before = care.ask(Door.CLEAR_FOR_MEDICINE, guest.course, by=house.prescriber, now=house.now)
    seen = digest(text.clearance(before, protocol_of(guest.course)))
    care.take_history(
        course=guest.course, medications=(), conditions=(), by=house.prescriber,
        now=house.later(minutes=1),
    )  # fmt: skip
    with pytest.raises(care.WrongInput, match="changed while you were reading"):
        cleared(house, guest.course, seen)
    assert not guest.course.documents.filter(kind="clearance").exists()


def test_a_list_that_did_not_change_may_be_signed_minutes_later(house: House) -> None:
    guest = house.enquirer()
    guest.assess()
    before = care.ask(Door.CLEAR_FOR_MEDICINE, guest.course, by=house.prescriber, now=house.now)
    seen = digest(text.clearance(before, protocol_of(guest.course)))
    house.later(minutes=3)
    assert cleared(house, guest.course, seen).allowed


def test_asking_the_door_is_kept_so_that_a_hold_can_be_answered(house: House) -> None:
    guest = house.enquirer()
    guest.assess(epilepsy=Answer.YES)
    outcome = ask_at_the_door(course=guest.course, by=house.prescriber, now=house.now)
    number, finding = next(
        (n, f) for n, f in enumerate(outcome.decision.findings) if f.subject == "epilepsy"
    )
    assert finding.relievable_by == ("prescriber",)
    page = signed_in(house.prescriber).get(f"/chart/decision/{outcome.row.id}/")
    assert f"/chart/decision/{outcome.row.id}/answer/{number}/" in page.content.decode()
    care.relieve(
        course=guest.course, finding=finding, reason="Neurology agrees; letter on file.",
        expires_at=house.now + timedelta(days=90), by=house.prescriber, now=house.now,
        signature=sign(house.prescriber, house.now), letter=guest.letter().id,
    )  # fmt: skip
    assert cleared(house, guest.course).allowed


# --- the page


def test_the_page_lists_what_is_missing_with_the_way_to_it(house: House) -> None:
    course = house.enquirer().course
    page = signed_in(house.therapist).get(f"/assessment/{course.id}/clearance/")
    content = page.content.decode()
    assert page.status_code == 200
    for path in ("mental-health", "screen"):
        assert f"/assessment/{course.id}/{path}/" in content
    assert f"/assessment/{course.id}/medical/" not in content, "a page that she may not open"
    physicians = signed_in(house.prescriber).get(f"/assessment/{course.id}/clearance/")
    assert f"/assessment/{course.id}/medical/" in physicians.content.decode()
    assert "Ask the door now (kept)" in content
    assert "Sign the clearance" not in content


def test_signing_on_the_page_shows_the_digests_and_clears(house: House) -> None:
    guest = house.enquirer()
    guest.assess()
    browser = signed_in(house.prescriber)
    address = f"/assessment/{guest.course.id}/clearance/"
    page = browser.get(address)
    content = page.content.decode()
    assert page.context["seen"] in content and page.context["facts_digest"] in content
    sent = browser.post(address, {"seen": page.context["seen"], "password": PASSWORD})
    assert sent.status_code == 302, page.context["to_do"]
    assert guest.course.documents.filter(kind="clearance").exists()


def test_a_refused_signature_leads_to_the_kept_decision(house: House) -> None:
    course = house.enquirer().course
    sent = signed_in(house.prescriber).post(
        f"/assessment/{course.id}/clearance/", {"seen": "x", "password": PASSWORD}
    )
    kept = Decision.objects.get(course=course)
    assert sent["Location"] == f"/chart/decision/{kept.id}/"


def test_a_list_that_changed_is_shown_again_with_the_reason(house: House) -> None:
    guest = house.enquirer()
    guest.assess()
    page = signed_in(house.prescriber).post(
        f"/assessment/{guest.course.id}/clearance/", {"seen": "old", "password": PASSWORD}
    )
    assert page.status_code == 200
    assert "changed while you were reading" in page.content.decode()


def test_a_therapist_sees_the_list_and_may_not_sign(house: House) -> None:
    guest = house.enquirer()
    guest.assess()
    browser = signed_in(house.therapist)
    address = f"/assessment/{guest.course.id}/clearance/"
    assert "Sign the clearance" not in browser.get(address).content.decode()
    assert browser.post(address, {"seen": "x", "password": PASSWORD}).status_code == 404


def test_asking_on_the_page_leads_to_the_kept_decision(house: House) -> None:
    course = house.enquirer().course
    sent = signed_in(house.prescriber).post(f"/assessment/{course.id}/clearance/ask/")
    assert sent["Location"] == f"/chart/decision/{Decision.objects.get(course=course).id}/"


def test_something_new_suspends_the_clearance_until_a_physician_clears_again(house: House) -> None:
    guest = house.guest()
    with pytest.raises(care.WrongInput, match="reason"):
        suspend_clearance(course=guest.course, because=" ", by=house.nurse, now=house.now)
    suspend_clearance(course=guest.course, because="Started lithium", by=house.nurse, now=house.now)
    refused = guest.start()
    assert "clearance_suspended" in {f.code.value for f in refused.decision.stops}
    house.later(minutes=5)
    assert cleared(house, guest.course, "").allowed
    assert "clearance_suspended" not in {f.code.value for f in guest.start().decision.stops}
