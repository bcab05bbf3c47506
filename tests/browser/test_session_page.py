"""The session page in a browser: phrases of the clinic, what was agreed in view, and its weight."""

from __future__ import annotations

import re
import sqlite3
from uuid import UUID

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.clinic import ClinicHouse, Desk
from tests.browser.screens import IN_SESSION, Places


@pytest.fixture(scope="module")
def places(house: ClinicHouse) -> Places:
    return Places(house)


SIZES = [{"width": 1280, "height": 800}, {"width": 390, "height": 844}]
# How much of each line of the strip a finger's width below the top of the window lets be seen.
SEEN = """() => [...document.querySelectorAll("#strip > span")].map(line => {
  const box = line.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + 4, box.y + box.height / 2);
  return [line.className, Boolean(top && line.contains(top)), box.bottom < innerHeight / 3];
})"""


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


@pytest.mark.parametrize("size", SIZES, ids=["wide", "phone"])
@pytest.mark.parametrize("to", ["#all", "#ending", "#readings"])
def test_what_was_agreed_stays_in_sight_wherever_the_page_is(
    desk: Desk, size: dict[str, int], to: str
):
    desk.page.set_viewport_size(size)  # type: ignore[arg-type]
    desk.page.locator(to).evaluate("part => part.scrollIntoView()")
    lines = desk.page.evaluate(SEEN)
    assert [name.split("-")[1].split(" ")[0] for name, *_ in lines] == [
        "touch", "helps", "intention", "allergies", "music", "contact",
    ]  # fmt: skip
    assert all(seen and near for _name, seen, near in lines), lines
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("size", SIZES, ids=["wide", "phone"])
def test_the_person_takes_touch_back_in_two_taps_and_all_of_it_in_three(
    house: ClinicHouse, places: Places, size: dict[str, int]
):
    desk = house.desk("therapist")
    desk.page.set_viewport_size(size)  # type: ignore[arg-type]
    page = desk.open(places.session(IN_SESSION))
    page.locator("#less > summary").click()
    if size is SIZES[1]:
        before, sent = page.locator("#strip").inner_text(), []
        page.on("request", lambda one: one.method == "POST" and sent.append(one.url))
        step = page.locator("#less .second-step").filter(has_text="No touch at all")
        step.locator("summary").click()
        expect(step).to_contain_text("Touch for safety or the airway stays")
        with page.expect_response("**/live/"):
            pass  # the page had its turn to send and to read itself again
        assert not [url for url in sent if "/narrow/" in url], "a slip of the thumb ends nothing"
        assert page.locator("#strip").inner_text() == before
    what = "No longer: hand held" if size is SIZES[0] else "Yes, no touch at all"
    with page.expect_navigation():
        page.get_by_role("button", name=what).click()
    said = "no touch;" if size is SIZES[0] else "Withdrawn: none but for safety"
    expect(page.locator("#strip .strip-touch")).to_contain_text(said)
    expect(page.locator(".messages")).to_contain_text("Kept: what the person took back.")


def test_enter_in_what_they_said_takes_nothing_back(house: ClinicHouse, places: Places):
    """What ends touch or consent is chosen by a tap, never by a key that only meant a line."""
    page = house.desk("nurse").open(places.session(IN_SESSION))
    before = page.locator("#strip").inner_text()
    sent: list[str] = []
    page.on("request", lambda one: one.method == "POST" and sent.append(one.url))
    page.locator("#less > summary").click()
    words = page.locator('#less [name="in_own_words"]')
    words.fill("It is enough for now.")
    words.press("Enter")
    expect(words).to_have_value("It is enough for now.")
    with page.expect_response("**/live/"):
        pass  # the page had its turn to send and to read itself again
    assert not [url for url in sent if "/narrow/" in url]
    assert page.locator("#strip").inner_text() == before


def test_a_page_says_what_it_has_and_is_told_when_nothing_changed(
    house: ClinicHouse, places: Places
):
    page = house.desk("nurse").open(places.session(IN_SESSION))
    with page.expect_response(lambda one: "/live/" in one.url and one.status == 304) as answer:
        pass
    assert answer.value.request.headers["if-none-match"].startswith('W/"')


@pytest.mark.parametrize(("who", "path"), [("therapist", ""), ("physician", "/medicine/floor/")])
def test_what_another_charts_ends_the_wait_of_an_open_page(
    house: ClinicHouse, places: Places, who: str, path: str
):
    """The page's question is already with the server, which answers when the entry is there."""
    context = house._context()
    page = house.sign_in(who, context).page
    page.goto(path or places.session(IN_SESSION))
    with page.expect_request(lambda one: one.headers.get("prefer") == "wait=2"):
        pass
    nurse = house.desk("nurse")
    nurse.open(places.session(IN_SESSION))
    with page.expect_response(lambda one: "x-held-ms" in one.headers) as answer:
        nurse.send({"distress": "6"}, action="/observe/")
    assert answer.value.status == 200
    assert "holdspace-rests-on" not in answer.value.headers
    context.close()


def test_readings_go_on_after_the_pad_was_closed_and_the_place_is_kept(
    house: ClinicHouse, places: Places
):
    page = house.desk("nurse").open(places.session(IN_SESSION))
    tile = page.locator('#readings a[data-field="distress"]')
    tile.click()
    page.keyboard.press("Escape")
    expect(tile).to_be_focused()
    other = house.sign_in("physician", house._context())
    other.open(places.session(IN_SESSION))
    other.send({"distress": "7"}, action="/observe/")
    shown = page.locator('#readings div:has(> dt a[data-field="distress"]) .big-number')
    expect(shown).to_have_text("7")
    expect(tile).to_be_focused()
    other.context.close()


def test_a_button_is_not_taken_away_under_the_finger(house: ClinicHouse, places: Places):
    other = house.sign_in("physician", house._context())
    other.open(places.session(IN_SESSION))
    page = house.desk("nurse").open(places.session(IN_SESSION))
    tile = page.locator('#readings a[data-field="pain"]')
    tile.scroll_into_view_if_needed()
    tile.hover()
    page.mouse.down()
    with page.expect_response(lambda one: "/live/" in one.url and one.status == 200):
        other.send({"distress": "5"}, action="/observe/")
    with page.expect_request("**/live/"):
        pass  # that answer has been read into the page
    page.mouse.up()
    expect(page.locator("[data-pad].sheet")).to_be_visible()
    page.keyboard.press("Escape")
    shown = page.locator('#readings div:has(> dt a[data-field="distress"]) .big-number')
    expect(shown).to_have_text("5")
    other.context.close()


WEIGHT_MAX = 300_000  # bytes over the wire, without music
SOUND = re.compile(r"/comfort/|\.(wav|ogg|opus|mp3|m4a)$")


def test_the_session_page_with_all_it_loads_is_under_300_kilobytes(
    house: ClinicHouse, places: Places
):
    context = house._context()
    desk = house.sign_in("nurse", context)
    watch = context.new_cdp_session(desk.page)
    watch.send("Network.enable")
    watch.send("Network.setCacheDisabled", {"cacheDisabled": True})
    urls: dict[str, str] = {}
    weights: dict[str, int] = {}
    watch.on(
        "Network.requestWillBeSent", lambda e: urls.update({e["requestId"]: e["request"]["url"]})
    )
    watch.on(
        "Network.loadingFinished",
        lambda e: weights.update({e["requestId"]: e["encodedDataLength"]}),
    )
    desk.page.goto("about:blank")
    urls.clear()
    weights.clear()
    desk.page.goto(places.session(IN_SESSION), wait_until="load")
    expect(desk.page.locator("[data-pad].sheet")).to_have_count(1)
    desk.page.evaluate("document.fonts.ready.then(() => true)")
    known = {key: size for key, size in weights.items() if key in urls}
    loaded = {urls[key]: size for key, size in known.items() if not SOUND.search(urls[key])}
    kinds = {url.split("?")[0].rpartition(".")[2] for url in loaded}
    assert {"css", "js", "woff2"} <= kinds, "a page without its parts weighs nothing"
    assert 20_000 < sum(loaded.values()) < WEIGHT_MAX, sorted(loaded.items(), key=lambda i: -i[1])
    context.close()


@pytest.mark.parametrize("paper", ["Letter", "A4"])
def test_the_fullest_session_of_the_demo_prints_to_one_page(house: ClinicHouse, paper: str):
    with sqlite3.connect(house.server.folder / "holdspace.sqlite3") as held:
        fullest = held.execute(
            "SELECT session_id FROM care_event WHERE session_id IS NOT NULL"
            " GROUP BY session_id ORDER BY count(*) DESC"
        ).fetchone()[0]
    page = house.desk("physician").open(f"/medicine/session/{UUID(fullest)}/timeline/")
    assert page.locator("#timeline li").count() > 15, "a full day"
    printed = page.pdf(format=paper)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1
