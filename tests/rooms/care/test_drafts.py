"""What was typed is kept for its writer until it is accepted, and never lost to a refusal."""

import json

import pytest

from holdspace.care.actions import WrongInput, discard_draft, save_draft
from holdspace.care.models import Decision, Draft
from tests.rooms.factory import played
from tests.rooms.people.cast import PASSWORD

pytestmark = pytest.mark.django_db
ADDRESS = "/chart/drafts/"


@pytest.fixture
def guest(db):
    return played(stocked=False).enquirer()


def sent(browser, key, data):
    body = json.dumps({"key": key, "data": data})
    return browser.post(ADDRESS, body, content_type="application/json")


def kept(browser, key):
    answer = browser.get(ADDRESS, {"key": key})
    return answer.json()["data"] if answer.status_code == 200 else None


def test_a_draft_comes_back_to_its_writer_and_to_nobody_else(guest, screens):
    at = screens(guest.house)
    mine, other = at(guest.house.therapist), at(guest.house.nurse)
    assert sent(mine, "visit", {"note": "half a"}).status_code == 200
    assert sent(mine, "visit", {"note": "half a sentence"}).status_code == 200
    assert kept(mine, "visit") == {"note": "half a sentence"}
    assert kept(other, "visit") is None and Draft.objects.count() == 1
    assert sent(mine, "visit", None).status_code == 200
    assert kept(mine, "visit") is None


@pytest.mark.parametrize(
    "body",
    [
        "no json", "[]", "{}", '{"key": 3, "data": {}}', '{"key": "a", "data": [1]}',
        '{"key": "", "data": {}}', json.dumps({"key": "k" * 201, "data": {}}),
        json.dumps({"key": "a", "data": {"note": "x" * 262_144}}),
    ],
)  # fmt: skip
def test_what_is_no_draft_is_told_what_one_is(guest, screens, body):
    browser = screens(guest.house)(guest.house.nurse)
    answer = browser.post(ADDRESS, body, content_type="application/json")
    assert answer.status_code == 400 and answer.json()["accepted"]
    assert not Draft.objects.exists()


def test_the_largest_draft_is_kept_and_one_letter_more_is_not(guest):
    by = guest.house.nurse
    room = 262_144 - len(json.dumps({"note": ""}))
    assert save_draft(key="a", data={"note": "x" * room}, by=by, now=guest.now)
    with pytest.raises(WrongInput):
        save_draft(key="a", data={"note": "x" * (room + 1)}, by=by, now=guest.now)


def test_an_accepted_form_leaves_no_draft_and_a_refused_form_keeps_it(guest, screens):
    browser = screens(guest.house)(guest.house.prescriber)
    key, address = f"decline-{guest.course.id}", f"/chart/course/{guest.course.id}/decline/"
    sent(browser, key, {"note": "Not now"})
    typed = {"reason": "elsewhere", "whom": "the desk", "note": "Not now", "draft_key": key}
    refused = browser.post(address, {**typed, "way_on": ""})
    assert refused.status_code == 200 and b"Not now" in refused.content
    assert kept(browser, key)
    good = {**typed, "way_on": "Dr Lee, 303 555 0100"}
    shown = browser.post(address, good)
    assert kept(browser, key), "a letter that is only shown is not sent yet"
    signed = {**good, "seen": shown.context["seen"], "password": PASSWORD}
    assert browser.post(address, signed).status_code == 302
    assert kept(browser, key) is None


def test_a_note_whose_door_refused_is_still_in_its_draft(guest, screens):
    browser = screens(guest.house)(guest.house.therapist)
    key = f"preparation-{guest.course.id}"
    sent(browser, key, {"note": "An hour of work."})
    answer = browser.post(
        f"/preparation/{guest.course.id}/visit/",
        {"topics": ["risks"], "note": "An hour of work.", "password": PASSWORD, "draft_key": key},
    )
    row = Decision.objects.get(course=guest.course, door="begin_preparation")
    assert not row.allowed and answer["Location"] == f"/chart/decision/{row.id}/"
    assert kept(browser, key) == {"note": "An hour of work."}


@pytest.mark.parametrize(
    ("typed", "sent_entry", "stays"),
    [
        (["one"], "one", False),
        (["one"], "", False),
        (None, "one", False),
        (["two"], "one", True),
        (7, "one", False),
        ([], "one", False),
    ],
)
def test_an_entry_takes_its_own_draft_along_and_no_other(guest, typed, sent_entry, stays):
    by = guest.house.nurse
    data = {"text": ["half"]} | ({"entry": typed} if typed is not None else {})
    save_draft(key="note", data=data, by=by, now=guest.now)
    discard_draft(key="note", entry=sent_entry, by=by)
    assert Draft.objects.exists() is stays
