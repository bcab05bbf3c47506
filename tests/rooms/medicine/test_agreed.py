"""What was agreed stands on the session page and on paper; less is one tap, more is refused."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.care.models import Event
from holdspace.care.touch import Touch, read
from holdspace.core.facts import DocumentKind
from holdspace.preparation import actions as preparation
from tests.rooms.factory import played, sign

pytestmark = pytest.mark.django_db

TOUCHES = [
    (Touch(("hand held", "hand on foot"), "a raised palm", True),
     ("hand held", "hand on foot", "recording")),
    (Touch((), "", False), ()),
    (Touch(("hand held",), "", True), ("hand held", "recording")),
]  # fmt: skip


@pytest.mark.parametrize(("touch", "parts"), TOUCHES)
def test_a_touch_agreement_is_read_as_it_was_written(touch, parts):
    found = read(touch.text("Nalani Kekoa"))
    assert found is not None
    assert (found.forms, found.recording, found.parts) == (touch.forms, touch.recording, parts)
    assert found.signal == (touch.signal or "saying so")


def test_an_agreement_in_other_words_is_not_guessed_at():
    assert read("We shook hands on it.") is None


@pytest.fixture
def day():
    return played(stocked=False).guest().open()


def url(day, act=None):
    name = "medicine:act" if act else "medicine:session"
    return reverse(name, args=[day.session.id, *([act] if act else [])])


def strip(page):
    return {one.key: one for one in page.context["strip"].lines}


def narrow(client, day, what, words=""):
    return client.post(url(day, "narrow"), {"what": what, "in_own_words": words})


@pytest.fixture
def nurse(day, screens):
    return screens(day.house)(day.house.nurse)


def test_the_page_shows_what_was_agreed_and_says_what_nobody_wrote_down(day, nurse):
    lines = strip(nurse.get(url(day)))
    assert lines["intention"].text == "to meet the quiet under the worry."
    assert lines["touch"].text.startswith("hand; signal: raised palm")
    assert lines["helps"].is_missing and str(lines["helps"].text) == "not written down"
    live = nurse.get(reverse("medicine:session_live", args=[day.session.id])).content.decode()
    assert 'id="strip"' in live and "to meet the quiet" in live


def test_words_that_were_amended_away_are_shown_no_more(day, nurse):
    course, by = day.session.course, day.house.therapist
    note = course.documents.filter(kind="preparation_note").latest("signed_at")
    care.amend_document(
        document=note, body="Talked through: risks.\r\n\r\nWhat helps: voice only, no touch.",
        reason="said so today", signature=sign(by, day.now), by=by, now=day.now,
    )  # fmt: skip
    lines = strip(nurse.get(url(day)))
    assert lines["intention"].is_missing, "the older version's intention is gone"
    assert lines["helps"].text == "voice only, no touch."


@pytest.mark.parametrize("take", [care.withdraw_consent, care.narrow_touch])
def test_what_is_taken_back_holds_from_now_also_by_a_fast_clock(day, take):
    more = {} if take is care.withdraw_consent else {"part": ""}
    row = take(
        course=day.session.course, in_own_words="enough", by=day.house.nurse, now=day.now,
        at=day.now + timedelta(seconds=50), session=day.session, **more,
    )  # fmt: skip
    assert row.at == day.now
    known = loader.load(day.session.course, now=day.now)
    kind = DocumentKind.TOUCH_AGREEMENT if more else DocumentKind.CONSENT
    assert known.document(kind).withdrawn_at == day.now


def test_one_form_of_touch_is_taken_back_by_one_post_and_keeps_the_rest(day, nurse):
    assert narrow(nurse, day, "part:hand", "Not today.").status_code == 302
    page = nurse.get(url(day))
    assert strip(page)["touch"].text.startswith("no touch;")
    assert not page.context["strip"].parts
    assert "No longer agreed: hand" in page.content.decode()
    facts = loader.load(day.guest.course, now=day.now)
    assert facts.document(DocumentKind.TOUCH_AGREEMENT).withdrawn_at is None
    assert facts.document(DocumentKind.CONSENT).withdrawn_at is None


def test_all_touch_is_taken_back_and_the_consent_stands(day, nurse):
    narrow(nurse, day, "touch")
    assert strip(nurse.get(url(day)))["touch"].has_ended
    facts = loader.load(day.guest.course, now=day.now)
    assert facts.document(DocumentKind.TOUCH_AGREEMENT).withdrawn_at is not None
    assert facts.document(DocumentKind.CONSENT).withdrawn_at is None


def test_consent_withdrawn_on_the_page_ends_doses_and_touch_and_stands_in_the_day(day, nurse):
    narrow(nurse, day, "consent")
    page = nurse.get(url(day))
    assert "no further dose" in strip(page)["touch"].text
    assert not page.context["strip"].may_withdraw
    event = Event.objects.get(course=day.guest.course, kind="consent_withdrawn")
    assert event.session_id == day.session.id
    assert "consent_withdrawn" in {f["code"] for f in page.context["dosing"]["stops"]}


WRONG = ["part:hand on head", "part:", "more", "part"]


@pytest.mark.parametrize("what", WRONG)
def test_what_is_not_agreed_can_not_be_taken_back(day, nurse, what):
    assert narrow(nurse, day, what).status_code == 422
    assert not Event.objects.filter(course=day.guest.course, kind="consent_withdrawn").exists()


def consent_again(day):
    given = preparation.ConsentGiven(
        text="As read.", signed_name=day.guest.course.patient.name, teach_back="It may be hard.",
        asked_alone=True, able_and_free=True, touch=("hand held", "hand on head"),
        touch_signal="", recording=True,
    )  # fmt: skip
    therapist = day.house.therapist
    return preparation.take_consent(
        course=day.guest.course,
        given=given,
        by=therapist,
        now=day.now,
        signature=sign(therapist, day.now),
    )


def test_nothing_is_widened_between_a_dose_and_the_end_of_its_session():
    dosed = played().guest().open()
    dosed.give()
    assert care.is_after_a_dose(dosed.guest.course)
    with pytest.raises(care.WrongInput, match="After a dose nothing is agreed to"):
        consent_again(dosed)


def test_before_a_dose_a_wider_agreement_is_signed(day):
    assert not care.is_after_a_dose(day.guest.course)
    consent_again(day)
    paper = loader.load(day.guest.course, now=day.now).document(DocumentKind.TOUCH_AGREEMENT)
    assert "hand on head" in care.agreed_touch(day.guest.course, paper).forms


def test_a_tablet_without_the_network_may_keep_it(day, nurse):
    page = nurse.get(url(day)).content.decode()
    form = page.split('data-keep="narrow"')[1].split("</form>")[0]
    assert 'value="part:hand"' in form and "password" not in form
    for what, meaning in (("touch", "airway stays"), ("consent", "no further dose")):
        (step,) = re.findall(
            rf'<details class="second-step">(?:(?!</details>).)*value="{what}"', form
        )
        assert meaning in step and "undone" in step, "the second tap says what it means"
