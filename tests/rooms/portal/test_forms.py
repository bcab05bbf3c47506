"""A person fills in a form by link: kept as they go, heard at once, and never shown to others."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from holdspace.assessment import actions
from holdspace.assessment.asked import standing_answers
from holdspace.assessment.models import FormRequest
from holdspace.care.actions import unwanted
from holdspace.care.models import Channel, ContactWish, EventKind, MailChoice, Task
from holdspace.config.quiet_log import HideKeys
from holdspace.portal.actions import ask_for_a_call
from holdspace.portal.sitting import FORGETS_SECONDS
from holdspace.records.models import AccessEvent, AccessWhat
from tests.rooms.factory import House, played
from tests.rooms.people.cast import clinic_at, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    """A clinic whose clock is the clock of the pages, too."""
    house = played(stocked=False)
    monkeypatch.setattr("holdspace.people.clock.read", lambda: house.now)
    cache.clear()
    house.on_call()
    return house


def link(house: House, instrument: str = "phq-9", **more: Any) -> tuple[FormRequest, str]:
    form = actions.ask_to_fill(
        course=more.pop("course", None) or house.enquirer().course,
        instrument=instrument,
        point=more.pop("point", "baseline"),
        due_at=house.now + timedelta(days=1),
        by=house.therapist,
        now=house.now,
    )
    return form, f"/forms/{actions.new_link(request=form, now=house.now)}/"


def begin(browser: Client, address: str) -> str:
    """Press "Begin": the address of the first question."""
    return str(browser.post(address)["Location"])


def give(browser: Client, place: str, option: int | None) -> str:
    """Answer the question at an address: the address of the next page."""
    sent = {"decline": "yes"} if option is None else {"option": str(option)}
    page = browser.post(place, sent)
    assert page.status_code == 302, page.content.decode()
    return str(page["Location"])


def fill(browser: Client, address: str, *options: int | None) -> str:
    place = begin(browser, address)
    for option in options:
        place = give(browser, place, option)
        if place.endswith("/help/"):
            place = begin(browser, address)
    return place


def events(form: FormRequest) -> int:
    return form.course.events.filter(kind=EventKind.QUESTIONNAIRE_ANSWERED).count()


def test_nine_questions_answered_on_a_phone_are_one_scored_form(house: House) -> None:
    form, address = link(house)
    browser = Client()
    assert fill(browser, address, *[1] * 8, 0, None) == "/forms/thank-you/"
    page = browser.get("/forms/thank-you/").content.decode()
    assert "Thank you" in page
    assert "988" in page
    for told in ("Mild", "score", "Score", "PHQ", "total"):
        assert told not in page
    assert events(form) == 1
    assert form.course.observations.get(kind="phq9_total").number == 8


def test_before_the_first_question_it_says_who_reads_it_and_when(house: House) -> None:
    _, address = link(house)
    page = Client().get(address).content.decode()
    assert "Who reads this, and when" in page
    assert "988" in page
    assert "how often have you been bothered" not in page


def test_a_form_about_safety_says_when_nobody_reads_it_and_whom_to_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    night = played(stocked=False)
    monkeypatch.setattr("holdspace.people.clock.read", lambda: night.now)
    night.on_call(in_hours=12)
    browser = Client()
    page = browser.get(link(night)[1]).content.decode()
    assert "Nobody reads this until 21:00" in page
    assert "call 988" in page
    _, address = link(night, course=None)
    begin(browser, address)
    give(browser, f"{address}9/", 3)
    page = browser.get(f"{address}help/").content.decode()
    assert "tel:988" in page
    assert "May a person call you?" not in page  # nobody is there to do it


def test_a_form_that_says_nothing_of_safety_is_read_on_a_working_day(house: House) -> None:
    page = Client().get(link(house, "gad-7")[1]).content.decode()
    assert "next working day" in page


def test_no_question_is_reached_past_that_page(house: House) -> None:
    _, address = link(house)
    page = Client().get(f"{address}1/")
    assert (page.status_code, page["Location"]) == (302, address)


def test_every_answer_is_kept_when_it_is_given(house: House) -> None:
    form, address = link(house)
    browser = Client()
    place = begin(browser, address)
    place = give(browser, place, 2)
    give(browser, place, 3)
    # The phone dies here. Another browser, with the link alone, goes on at the third question.
    assert standing_answers(form)[0] == {"phq9_1": 2, "phq9_2": 3}
    other = Client()
    assert begin(other, address).endswith("/3/")


def test_going_back_shows_what_this_browser_answered_and_no_other_browser_sees_it(
    house: House,
) -> None:
    _, address = link(house)
    mine, other = Client(), Client()
    give(mine, begin(mine, address), 2)
    begin(other, address)
    assert 'value="2" checked' in mine.get(f"{address}1/").content.decode()
    assert "checked" not in other.get(f"{address}1/").content.decode()


def test_a_sitting_that_was_left_forgets(house: House) -> None:
    _, address = link(house)
    browser = Client()
    give(browser, begin(browser, address), 2)
    house.later(seconds=FORGETS_SECONDS + 1)
    assert browser.get(f"{address}1/").status_code == 302  # to the first page again
    begin(browser, address)
    assert "checked" not in browser.get(f"{address}1/").content.decode()


def test_an_answer_can_be_changed_by_going_back(house: House) -> None:
    form, address = link(house)
    browser = Client()
    give(browser, begin(browser, address), 3)
    assert give(browser, f"{address}1/", 0).endswith("/2/")
    assert standing_answers(form)[0] == {"phq9_1": 0}


def test_an_answer_about_safety_is_never_filled_in_again(house: House) -> None:
    _, address = link(house)
    browser = Client()
    begin(browser, address)
    give(browser, f"{address}9/", 0)
    assert "checked" not in browser.get(f"{address}9/").content.decode()


@pytest.mark.parametrize("option", [1, 2, 3])
def test_item_nine_shows_help_and_opens_its_task_before_the_form_is_finished(
    house: House, option: int
) -> None:
    form, address = link(house)
    browser = Client()
    begin(browser, address)
    assert give(browser, f"{address}9/", option) == f"{address}help/"
    assert Task.objects.filter(kind="risk_answer", about=form.id).exists()
    page = browser.get(f"{address}help/").content.decode()
    assert page.index("tel:988") < page.index("May a person call you?")
    assert events(form) == 0
    # Going on does not take the help away.
    assert 'class="section help-first"' in browser.get(begin(browser, address)).content.decode()


def test_help_shown_in_one_browser_tells_another_nothing(house: House) -> None:
    _, address = link(house)
    mine, other = Client(), Client()
    begin(mine, address)
    give(mine, f"{address}9/", 3)
    assert "help-first" not in other.get(begin(other, address)).content.decode()
    assert other.get(f"{address}help/").status_code == 302


def test_the_last_answer_finishes_the_form_and_help_stays_on_the_last_page(house: House) -> None:
    form, address = link(house, "asq")
    browser = Client()
    assert fill(browser, address, 0, 0, 0, 1, 1) == "/forms/thank-you/"
    page = browser.get("/forms/thank-you/").content.decode()
    assert "help-first" in page
    assert "May a person call you?" in page
    assert events(form) == 1


def test_the_fifth_question_of_the_screen_is_asked_only_when_one_before_calls_for_it(
    house: House,
) -> None:
    form, address = link(house, "asq")
    assert fill(Client(), address, 0, 0, 0, 0) == "/forms/thank-you/"
    assert form.course.observations.get(kind="suicide_screen").word == "negative"


@pytest.mark.parametrize(("answer", "calls"), [("yes", 1), ("no", 0)])
def test_a_person_calls_only_after_a_yes(house: House, answer: str, calls: int) -> None:
    _, address = link(house)
    browser = Client()
    begin(browser, address)
    give(browser, f"{address}9/", 2)
    for _again in range(2):
        browser.post(f"{address}help/", {"call": answer, "phone": "303 555 0142"})
    found = Task.objects.filter(reason="call", steps__words="303 555 0142")
    assert found.count() == calls
    assert "May a person call you?" not in browser.get(f"{address}help/").content.decode()


def test_a_question_may_be_declined_and_the_form_then_has_no_total(house: House) -> None:
    form, address = link(house)
    assert fill(Client(), address, None, *[0] * 8, None) == "/forms/thank-you/"
    assert not form.course.observations.filter(kind="phq9_total").exists()


def test_nothing_chosen_asks_again_and_keeps_nothing(house: House) -> None:
    form, address = link(house)
    browser = Client()
    place = begin(browser, address)
    for sent in ({}, {"option": ""}, {"option": "7"}, {"option": "x" * 5000}):
        page = browser.post(place, sent)
        assert page.status_code == 200
        assert "Please choose one answer" in page.content.decode()
    assert standing_answers(form) == ({}, frozenset())


def test_the_rest_may_be_left_and_what_was_answered_is_kept(house: House) -> None:
    form, address = link(house)
    browser = Client()
    give(browser, begin(browser, address), 2)
    assert browser.post(f"{address}pause/")["Location"] == "/forms/thank-you/"
    assert events(form) == 1
    assert not form.course.observations.filter(kind="phq9_total").exists()


def test_progress_is_said_in_words(house: House) -> None:
    _, address = link(house)
    browser = Client()
    give(browser, begin(browser, address), 0)
    assert "Question 2 of 10" in browser.get(f"{address}2/").content.decode()


def dead(house: House, kind: str) -> str:
    form, address = link(house)
    if kind == "expired":
        house.later(days=8)
    elif kind == "replaced":
        actions.new_link(request=form, now=house.now)
    elif kind == "used":
        actions.finish(request=form, incomplete=True, now=house.now)
    elif kind == "withdrawn":
        actions.withdraw(request=form, reason="not wanted", by=house.therapist, now=house.now)
    elif kind == "garbled":
        return address[:-3] + "/"
    return address


@pytest.mark.parametrize("kind", ["expired", "replaced", "withdrawn", "garbled", "used"])
def test_a_dead_link_is_kind_and_says_the_same_of_every_link(house: House, kind: str) -> None:
    house.clinic.phone = "303 555 0100"
    house.clinic.save()
    if kind == "used":
        form, address = link(house)
        actions.answer_item(request=form, item="phq9_1", option=1, now=house.now)
        actions.finish(request=form, incomplete=True, now=house.now)
    else:
        address = dead(house, kind)
    pages = [Client().get(place) for place in (address, "/forms/nothing/", f"{address}1/")]
    assert {page.status_code for page in pages} == {404}
    words = {page.content.decode().split("<main")[1] for page in pages}
    assert len(words) == 1
    body = pages[0].content.decode()
    assert all(number in body for number in ("tel:988", "tel:911", "303 555 0100"))
    assert not Client().post(address).has_header("Location")


def test_many_dead_links_from_one_connection_are_slowed_and_a_good_one_still_opens(
    house: House,
) -> None:
    _, address = link(house)
    browser = Client()
    codes = [browser.get(f"/forms/guess-{n}/").status_code for n in range(32)]
    assert codes[0] == 404
    assert codes[-1] == 429
    assert "tel:988" in browser.get("/forms/guess/").content.decode()
    assert browser.get(address).status_code == 200


def test_a_link_of_another_clinic_shows_that_clinic_and_nobody_else(house: House) -> None:
    form, address = link(house)
    elsewhere = clinic_at(house.now, name="Elsewhere House")
    page = signed_in(elsewhere.director).get(address).content.decode()
    assert "Elsewhere" not in page
    assert "Amara" not in page  # who is signed in here is nobody on this page
    assert form.patient.name not in page


def test_the_pages_name_neither_person_nor_instrument_nor_treatment(house: House) -> None:
    form, address = link(house)
    browser = Client()
    pages = [browser.get(address), browser.get(begin(browser, address))]
    for page in pages:
        text = page.content.decode()
        head = text.split("</head>")[0]
        assert "<title>A few questions</title>" in head
        for word in (form.patient.name, "PHQ", "ketamine", "Ketamine", house.clinic.name):
            assert word not in text, word


def test_the_pages_are_never_stored_and_tell_other_sites_nothing(house: House) -> None:
    _, address = link(house)
    page = Client().get(address)
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin"


def test_a_form_from_elsewhere_is_refused(house: House) -> None:
    _, address = link(house)
    assert Client(enforce_csrf_checks=True).post(address).status_code == 403


def test_no_log_holds_the_token(house: House, caplog: pytest.LogCaptureFixture) -> None:
    _, address = link(house)
    token = address.split("/")[2]
    caplog.handler.addFilter(HideKeys())
    with caplog.at_level(logging.DEBUG):
        Client(enforce_csrf_checks=True).post(address)
        house.later(days=8)
        Client().get(address)
    assert "/forms/…" in caplog.text
    assert token not in caplog.text
    assert not AccessEvent.objects.filter(detail__contains=token).exists()


def test_opening_the_form_is_in_the_access_log_as_the_persons_own(house: House) -> None:
    form, address = link(house)
    Client().get(address)
    seen = AccessEvent.objects.get(what=AccessWhat.PORTAL_VIEW)
    assert (seen.patient_id, seen.membership_id) == (form.patient_id, None)


def test_a_question_asks_the_database_little(
    house: House, django_assert_max_num_queries: Any
) -> None:
    _, address = link(house)
    browser = Client()
    place = begin(browser, address)
    with django_assert_max_num_queries(12):
        browser.get(place)
    with django_assert_max_num_queries(40):
        browser.post(place, {"option": "1"})


# --- how they may be reached ----------------------------------------------------------------------


def test_through_a_link_a_person_ends_a_channel_and_sees_nothing_that_is_known(
    house: House,
) -> None:
    course = house.enquirer(
        email="robin@mail.example", phone="303 555 0199", safe_contact="phone",
        safe_contact_note="Say it is the library.",
    ).course  # fmt: skip
    _form, address = link(house, course=course)
    browser = Client()
    page = browser.get(f"{address}reach/").content.decode()
    for kept in ("robin@mail", "0199", "library", course.patient.name):
        assert kept not in page
    assert 'value="phone" checked disabled' not in page
    browser.post(f"{address}reach/", {"stop": ["phone"], "words": "Only texts, please."})
    assert unwanted(course.patient) == {Channel.PHONE}
    page = browser.get(f"{address}reach/").content.decode()
    assert 'value="phone" checked disabled' in page and "Only texts" not in page
    task = Task.objects.get(kind="contact_wish")
    assert task.owner == house.coordinator and "texts" not in task.title
    browser.post(f"{address}reach/", {"stop": []})  # nothing begins again without being asked
    assert unwanted(course.patient) == {Channel.PHONE}


def test_a_wish_that_is_too_long_is_said_and_not_lost(house: House) -> None:
    _form, address = link(house)
    page = Client().post(f"{address}reach/", {"words": "please " * 90})
    assert page.status_code == 200 and "at most 500 characters" in page.content.decode()
    assert "please please" in page.content.decode()


@pytest.mark.parametrize(
    ("words", "kept"), [("nuts\x00", False), ("🌿 דואר בלבד", True), ("x" * 500, True)]
)
def test_a_wish_in_any_script_is_kept_and_a_sign_that_cannot_be_kept_is_named(
    house: House, words: str, kept: bool
) -> None:
    _form, address = link(house)
    answer = Client().post(f"{address}reach/", {"stop": ["phone"], "words": words})
    assert answer.status_code == (302 if kept else 200)
    assert [wish.words for wish in ContactWish.objects.all()] == ([words] if kept else [])
    assert MailChoice.objects.exists() is kept
    if not kept:
        assert "a sign in it that cannot be kept" in answer.content.decode()


def test_a_call_is_asked_for_whatever_was_pasted_for_a_number(house: House) -> None:
    form, _address = link(house)
    task = ask_for_a_call(form=form, phone="303\x00 555 0142", now=house.now)
    assert task.steps.get(what="opened").words == "303 555 0142"


def test_a_dead_link_leads_to_nobodys_choices(house: House) -> None:
    assert Client().get("/forms/no-such-link/reach/").status_code == 404
