"""The player in a real browser: begun by a tap, on without the network, and written down once."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from holdspace.config.demo.people import PASSWORD
from tests.browser.clinic import ClinicHouse, Desk
from tests.browser.screens import IN_SESSION, Places

SHORT_SECONDS = 8
TITLES = ("Short one", "Short two", "Short three")


def short(loud: int) -> bytes:
    """Eight quiet seconds, so that the next track comes soon and no test waits for music."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack("<hh", loud, -loud) * 4000 * SHORT_SECONDS)
    return written.getvalue()


@pytest.fixture(scope="module")
def places(house: ClinicHouse) -> Places:
    return Places(house)


@pytest.fixture(scope="module")
def planned(house: ClinicHouse, places: Places) -> str:
    """Three short tracks are uploaded and planned for the phase of now; the session's address."""
    desk = house.desk("therapist")
    for number, title in enumerate(TITLES, start=1):
        page = desk.open("/comfort/music/")
        form = page.locator("#add")
        sound = {"name": f"{number}.wav", "mimeType": "audio/wav", "buffer": short(number * 40)}
        form.locator('[name="file"]').set_input_files(sound)
        form.locator('[name="title"]').fill(title)
        form.locator('[name="maker"]').fill("The test")
        form.locator('[name="licence"]').fill("Made here")
        form.locator('[name="has_lyrics"][value="no"]').check()
        with page.expect_navigation():
            form.locator("button").click()
    page = desk.open(f"/preparation/{places.course(IN_SESSION)}/music/")
    form = page.locator("form.wide")
    for phase in ("settle", "onset", "peak", "re_entry", "return"):
        for number, title in enumerate(TITLES, start=1):
            field = form.locator(f'[name="{phase}_item_{number}"]')
            label = field.locator("option", has_text=title).first.text_content() or ""
            field.select_option(label=label)
        for number in range(len(TITLES) + 1, 8):
            rest = form.locator(f'[name="{phase}_item_{number}"]')
            if rest.count():
                rest.select_option("")
    with page.expect_navigation():
        form.locator("button.primary").click()
    return places.session(IN_SESSION)


@pytest.fixture
def desk(house: ClinicHouse, planned: str) -> Iterator[Desk]:
    desk = house.desk("therapist")
    # What the browser itself would keep of an address is no proof that the player kept it.
    browser = desk.context.new_cdp_session(desk.page)
    browser.send("Network.enable")
    browser.send("Network.setCacheDisabled", {"cacheDisabled": True})
    desk.open(planned)
    desk.page.locator("[data-ready]", has_text="Ready without network").wait_for(timeout=60_000)
    yield desk
    desk.context.set_offline(False)


def title(desk: Desk, words: str) -> None:
    """Wait until the player says so."""
    desk.page.locator("[data-title]", has_text=words).wait_for(timeout=60_000)


def press(desk: Desk, what: str) -> None:
    desk.page.locator(f'[data-do="{what}"]').click()


def heard(desk: Desk, words: str) -> int:
    """How often the timeline says this, once everything was sent."""
    page = desk.page
    page.locator("#all .timeline", has_text=words).first.wait_for(timeout=30_000)
    return page.locator("#all .timeline li", has_text=words).count()


def test_nothing_plays_before_the_first_tap_and_the_network_may_go(desk: Desk) -> None:
    title(desk, "Silent")
    press(desk, "play")
    title(desk, "Short one")
    desk.context.set_offline(True)
    title(desk, "Short two")  # it went on by itself, from the files that are here
    title(desk, "Short three")
    desk.page.locator(".stale-veil").wait_for()  # the page itself says that it is not live
    desk.context.set_offline(False)
    for name in TITLES[1:]:
        assert heard(desk, f"playing “{name}”") >= 1
    waiting = "Object.keys(localStorage).filter(key => key.startsWith('holdspace-moment:')).length"
    desk.page.locator('[data-do="play"]').click()
    title(desk, "Paused")
    assert heard(desk, "Music: paused") == 1
    assert desk.page.evaluate(waiting) == 0


def test_a_part_that_is_read_again_does_not_stop_the_music(desk: Desk) -> None:
    press(desk, "play")
    title(desk, "Short")
    desk.page.evaluate("document.querySelector('#music-now').dataset.old = '1'")
    desk.page.evaluate("document.querySelector('#clock').innerHTML = 'replaced'")
    desk.page.locator("#clock", has_text="Since the last dose").wait_for()
    assert desk.page.locator("[data-player]").get_attribute("data-mode") == "playing"
    press(desk, "duck")
    title(desk, "quiet for talking")
    assert desk.page.locator('[data-do="duck"]').get_attribute("aria-pressed") == "true"
    press(desk, "silence")
    title(desk, "Silence")
    press(desk, "play")
    title(desk, "Short")


def test_another_screen_sees_what_plays_and_a_reload_is_silent_and_asks(
    house: ClinicHouse, desk: Desk, planned: str
) -> None:
    press(desk, "play")
    title(desk, "Short")
    nurse = house.desk("nurse")
    nurse.open(planned)
    nurse.page.locator("#music-now", has_text="Playing “Short").wait_for(timeout=30_000)
    desk.page.reload()
    title(desk, "Tap to go on")
    assert desk.page.locator('[data-do="play"]').inner_text() == "Go on"
    nurse.page.locator("#music-now", has_text="Silent since").wait_for(timeout=30_000)


def test_the_player_is_worked_with_the_keyboard_alone(desk: Desk) -> None:
    desk.page.locator('[data-do="play"]').focus()
    desk.page.keyboard.press("Enter")
    title(desk, "Short")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Space")
    title(desk, "quiet for talking")
    volume = desk.page.locator("#music-volume")
    volume.focus()
    before = volume.input_value()
    desk.page.keyboard.press("ArrowLeft")
    assert volume.input_value() != before


def test_a_window_of_its_own_plays_on_and_takes_over_from_the_session_page(
    desk: Desk, planned: str
) -> None:
    press(desk, "play")
    title(desk, "Short")
    with desk.context.expect_page() as opened:
        desk.page.get_by_role("link", name="Open the player in its own window").click()
    window = opened.value
    window.locator("[data-ready]", has_text="Ready without network").wait_for(timeout=60_000)
    window.locator('[data-do="play"]').click()
    window.locator("[data-title]", has_text="Short").wait_for()
    title(desk, "Paused")
    desk.page.goto("/medicine/")
    window.locator("[data-title]", has_text="Short two").wait_for(timeout=60_000)
    window.close()


def sign_in(context: BrowserContext, key: str) -> None:
    """Another person signs in at this browser; what it keeps, it keeps."""
    context.clear_cookies()
    page = context.new_page()
    page.goto("/accounts/login/?next=/medicine/")
    page.locator('[name="login"]').fill(f"{key}@juniper.example")
    page.locator('[name="password"]').fill(PASSWORD)
    page.locator('form[action*="login"] button').first.click()
    page.wait_for_url("**/medicine/")
    page.close()


WAITING = """() => Object.entries(localStorage)
  .filter(([place]) => place.startsWith("holdspace-moment:"))
  .map(([, text]) => JSON.parse(text).moment.id)"""


GONE = 'ids => !ids.some((id) => localStorage.getItem("holdspace-moment:" + id))'


def test_what_was_played_is_sent_by_whoever_played_it_and_by_nobody_else(
    house: ClinicHouse, planned: str
) -> None:
    context = house._context()
    desk = house.sign_in("therapist", context)
    page = desk.open(planned)
    page.locator("[data-ready]", has_text="Ready without network").wait_for(timeout=60_000)
    context.route("**/music/", lambda route: route.abort())
    press(desk, "play")
    title(desk, "Short")
    page.goto("/medicine/")
    held = set(page.evaluate(WAITING))
    assert held
    context.unroute("**/music/")

    sign_in(context, "nurse")
    page.goto(planned)
    page.locator("[data-ready]", has_text="Ready without network").wait_for(timeout=60_000)
    with page.expect_response("**/music/") as answer:
        press(desk, "play")
    assert answer.value.status == 200
    assert not held & set(answer.value.json()["kept"]), "only what the nurse played"
    assert held <= set(page.evaluate(WAITING))
    page.goto("/medicine/")

    sign_in(context, "therapist")
    page.goto("/medicine/")  # if the page after the sign-in has not sent them, this one does
    page.wait_for_function(GONE, arg=sorted(held))
    page.goto(planned)
    expect(page.locator("#all .timeline")).to_contain_text("playing “Short")
    context.close()


def test_a_moment_that_is_refused_is_kept_and_shown_until_it_is_cleared(desk: Desk) -> None:
    page = desk.page

    def refuse(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        moments = route.request.post_data_json["moments"]
        refused = [{"id": one["id"], "why": "It is not of this clinic."} for one in moments]
        return route.fulfill(json={"kept": [], "refused": refused})

    desk.context.route("**/music/", refuse)
    press(desk, "play")
    box = page.locator("[data-refused]")
    expect(box).to_contain_text("playing at", timeout=30_000)
    expect(box).to_contain_text("It is not of this clinic.")
    desk.context.unroute("**/music/")
    page.reload()
    expect(box).to_contain_text("It is not of this clinic.")
    box.get_by_role("button").click()
    expect(box).to_be_hidden()
    page.reload()
    expect(page.locator("[data-title]")).to_contain_text("Tap to go on")
    expect(box).to_be_hidden()
