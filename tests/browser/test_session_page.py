"""The session page in a browser: phrases of the clinic, what was agreed in view, and its weight."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.clinic import ClinicHouse, Desk
from tests.browser.screens import IN_SESSION, Places


@pytest.fixture(scope="module")
def places(house: ClinicHouse) -> Places:
    return Places(house)


@pytest.fixture
def desk(house: ClinicHouse, places: Places) -> Desk:
    desk = house.desk("nurse")
    desk.page.set_viewport_size({"width": 1280, "height": 800})
    desk.open(places.session(IN_SESSION))
    return desk


def phrase(desk: Desk, words: str) -> Locator:
    return desk.page.locator("#lane-medical").get_by_role("button", name=words, exact=True)


def test_a_phrase_goes_to_the_cursor_by_one_tap_and_is_changed_before_it_is_kept(desk: Desk):
    note = desk.page.locator("#note-medical")
    note.fill("At ten: said so himself.")
    note.evaluate("field => field.setSelectionRange(7, 7)")
    phrase(desk, "Eyes closed.").click()
    expect(note).to_have_value("At ten: Eyes closed. said so himself.")
    expect(note).to_be_focused()
    desk.page.keyboard.type(" Hm,")
    expect(note).to_have_value("At ten: Eyes closed. Hm, said so himself.")
    with desk.page.expect_navigation():
        desk.page.locator("#lane-medical").get_by_role("button", name="Keep the note").click()
    expect(desk.page.locator("#notes-medical")).to_contain_text("Eyes closed. Hm, said so")
    assert not desk.troubles


def test_phrases_follow_each_other_and_the_keyboard_reaches_them(desk: Desk):
    note = desk.page.locator("#note-medical")
    note.fill("")
    phrase(desk, "Eyes closed.").focus()
    desk.page.keyboard.press("Enter")
    phrase(desk, "Answers when spoken to.").focus()
    desk.page.keyboard.press("Space")
    expect(note).to_have_value("Eyes closed. Answers when spoken to.")
    note.fill("")


def test_each_lane_has_its_own_phrases(house: ClinicHouse, places: Places):
    page = house.desk("therapist").open(places.session(IN_SESSION))
    therapy = page.locator("#lane-therapy .phrases button")
    expect(therapy.filter(has_text="Asked for a hand, and has it.")).to_be_visible()
    assert not page.locator("#lane-medical .phrases button").count(), "the therapist writes one"
