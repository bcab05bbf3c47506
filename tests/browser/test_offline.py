"""The session page without the network: nothing that was charted is lost, and nothing is doubled.

The network is cut, the tab closed, the server killed; both clocks are moved instead of waiting.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from holdspace.config.demo.people import PASSWORD
from tests.browser.clinic import ClinicHouse, Desk, Server
from tests.browser.screens import IN_SESSION, Places

CALM = {"systolic": "126", "diastolic": "78", "heart_rate": "71", "spo2": "98", "oxygen_l_min": "0"}
expect.set_options(timeout=20_000)  # conditions are waited for, never a span of time
KEPT = "#kept-here"
VEIL = ".stale-veil"


class Tablet:
    """One tablet in the room: its browser keeps what it has when the tab is closed."""

    def __init__(self, house: ClinicHouse, address: str, key: str = "nurse") -> None:
        self.house, self.address, self.key = house, address, key
        self.context: BrowserContext = house._context(viewport={"width": 800, "height": 1280})
        self.desk: Desk = house.sign_in(key, self.context)
        self.open()

    @property
    def page(self) -> Page:
        return self.desk.page

    def open(self) -> None:
        """Open the session page; ready once this tablet can keep entries and the page itself."""
        self.page.goto(self.address)
        self.is_ready()

    def is_ready(self) -> None:
        expect(self.page.locator("body")).to_have_attribute("data-keeps", "1")
        expect(self.page.locator("body")).to_have_attribute("data-opens", "1")

    def close_the_tab(self) -> None:
        self.desk.page.close()

    def open_a_tab(self) -> None:
        self.desk = Desk(self.house, self.context, self.key)
        self.page.goto(self.address)
        expect(self.page.locator("body")).to_have_attribute("data-keeps", "1")

    def write(self, act: str, values: dict[str, str]) -> None:
        """Fill in one of the page's forms and send it."""
        form = self.page.locator(f'form[data-keep="{act}"]').first
        if "lane" in values:
            form = self.page.locator(f'#lane-{values.pop("lane")} form[data-keep="{act}"]')
        if form.locator("xpath=ancestor::details[not(@open)]").count():
            form.locator("xpath=ancestor::details").locator("> summary").click()
        if act == "observe" and not form.is_visible():
            self.page.locator("a[data-item]").first.click()
            self.page.locator('.pad-items [data-item="all"]').click()
        for name, value in values.items():
            field = form.locator(f'[name="{name}"]')
            if field.first.evaluate("f => f.tagName") == "SELECT":
                chosen = field.locator("option", has_text=value).first
                field.select_option(value=chosen.get_attribute("value"))
            elif field.first.get_attribute("type") == "checkbox":
                form.locator(f'[name="{name}"][value="{value}"]').check()
            else:
                field.fill(value)
        form.locator("button").last.click()

    def keeps(self, count: int) -> None:
        """So many entries stand on the page as kept here, not yet sent."""
        if count == 0:
            expect(self.page.locator(KEPT)).to_be_hidden()
            return
        words = "1 entry is" if count == 1 else f"{count} entries are"
        expect(self.page.locator(KEPT)).to_contain_text(f"{words} kept here, not yet sent")
        expect(self.page.locator(f"{KEPT} ol > li")).to_have_count(count)

    def stored(self) -> list[dict[str, Any]]:
        """What the disk of the tablet holds, as somebody who took it out would see it."""
        rows: list[dict[str, Any]] = self.page.evaluate(
            """() => new Promise((resolve) => {
                 const open = indexedDB.open("holdspace-tablet");
                 open.onsuccess = () => {
                   const all = ["entries", "pages", "keys"].map((name) => new Promise((done) => {
                     const rows = open.result.transaction(name).objectStore(name).getAll();
                     rows.onsuccess = () => done(rows.result.map((row) => ({
                       store: name, member: row.member,
                       text: row.data ? new TextDecoder("latin1").decode(row.data) : "",
                       extractable: row.key?.extractable ?? null,
                     })));
                   }));
                   Promise.all(all).then((found) => resolve(found.flat()));
                 };
               })"""
        )
        return rows


@pytest.fixture
def places(house: ClinicHouse) -> Places:
    return Places(house)


@pytest.fixture
def address(places: Places) -> str:
    return places.session(IN_SESSION)


@pytest.fixture
def tablet(house: ClinicHouse, address: str) -> Iterator[Tablet]:
    tablet = Tablet(house, address)
    yield tablet
    tablet.context.set_offline(False)
    tablet.context.close()


def in_the_record(server: Server, session: str) -> dict[str, Any]:
    """What the database holds of a session, read beside the program."""
    key = session.strip("/").split("/")[-1].replace("-", "")
    with sqlite3.connect(f"file:{server.folder / 'holdspace.sqlite3'}?mode=ro", uri=True) as held:
        pulses = held.execute(
            "SELECT number, taken_at, recorded_at FROM care_observation"
            " WHERE session_id = ? AND kind = 'heart_rate' ORDER BY taken_at", [key],
        ).fetchall()  # fmt: skip
        events = held.execute(
            "SELECT kind, body, at, recorded_at FROM care_event WHERE session_id = ? ORDER BY at",
            [key],
        ).fetchall()
        sent = held.execute(
            "SELECT entry, verdict, act FROM medicine_sessionentry WHERE session_id = ?", [key]
        ).fetchall()
    return {"pulses": pulses, "events": events, "sent": sent}


def words(record: dict[str, Any], text: str) -> int:
    return sum(text in (body or "") for _kind, body, _at, _recorded in record["events"])


def test_twenty_minutes_without_the_network_lose_nothing_and_double_nothing(
    tablet: Tablet, server: Server, house: ClinicHouse, address: str
):
    tablet.page.clock.install()
    tablet.open()
    before = in_the_record(server, address)
    tablet.context.set_offline(True)
    expect(tablet.page.locator(VEIL)).to_contain_text("Not live since")

    tablet.write("observe", CALM | {"heart_rate": "81"})
    tablet.keeps(1)
    house.let_time_pass(10)
    tablet.page.clock.fast_forward(timedelta(minutes=10).seconds * 1000)
    tablet.write("observe", CALM | {"heart_rate": "82"})
    tablet.write("note", {"lane": "medical", "text": "Sees the house by the sea."})
    tablet.keeps(3)
    expect(tablet.page.locator("#notes-medical li.kept-here")).to_contain_text("house by the sea")
    house.let_time_pass(10)
    tablet.page.clock.fast_forward(timedelta(minutes=10).seconds * 1000)
    tablet.write("told", {"who": "Dr Lindqvist", "answer": "I come."})
    tablet.write("variance", {
        "dose": "10 mg", "given_by": "Bennett", "reason": "Given by hand, the network was away.",
        "route": "under the tongue",
    })  # fmt: skip
    tablet.keeps(5)

    tablet.context.set_offline(False)
    tablet.keeps(0)
    expect(tablet.page.locator(VEIL)).to_have_count(0)
    after = in_the_record(server, address)
    assert len(after["pulses"]) - len(before["pulses"]) == 2
    times = {number: (taken, kept) for number, taken, kept in after["pulses"]}
    first, second = times[81], times[82]
    assert first[0] < second[0] < second[1], "each with the time at which it was taken"
    for text in ("house by the sea", "I come.", "the network was away"):
        assert words(after, text) - words(before, text) == 1, text
    assert words(after, "sublingual") - words(before, "sublingual") == 1, "by its own route"
    assert server.verify()["ok"]


def test_a_tab_that_was_closed_without_the_network_opens_again_with_all_that_it_kept(
    tablet: Tablet, server: Server, address: str
):
    before = in_the_record(server, address)
    tablet.context.set_offline(True)
    tablet.write("note", {"lane": "medical", "text": "Hands are warm."})
    tablet.keeps(1)
    tablet.close_the_tab()
    tablet.open_a_tab()
    tablet.keeps(1)
    expect(tablet.page.locator(KEPT)).to_contain_text("Hands are warm.")
    expect(tablet.page.locator(VEIL)).to_contain_text("Not live since")
    expect(tablet.page.locator("#lane-medical h2")).to_be_visible()
    tablet.write("note", {"lane": "medical", "text": "Breath is slow."})
    tablet.keeps(2)
    tablet.context.set_offline(False)
    tablet.keeps(0)
    after = in_the_record(server, address)
    for text in ("Hands are warm.", "Breath is slow."):
        assert words(after, text) - words(before, text) == 1, text


def test_a_killed_server_loses_nothing_that_was_tapped_while_it_was_gone(
    tablet: Tablet, server: Server, address: str
):
    before = in_the_record(server, address)
    server.kill()
    tablet.write("observe", CALM | {"heart_rate": "91"})
    tablet.write("note", {"lane": "medical", "text": "The lights went out."})
    tablet.keeps(2)
    tablet.page.reload()
    tablet.keeps(2)
    server.start()
    tablet.keeps(0)
    after = in_the_record(server, address)
    assert [n for n, *_ in after["pulses"]].count(91) == 1
    assert words(after, "The lights went out.") - words(before, "The lights went out.") == 1
    assert server.verify()["ok"]


def test_an_answer_that_was_lost_on_its_way_back_is_asked_for_again_and_charts_once(
    tablet: Tablet, server: Server, address: str
):
    """The server had it on record; the tablet never heard so."""
    lost = []

    def swallow(route: Any) -> None:
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    tablet.context.route("**/note/", swallow)
    with tablet.context.expect_event("requestfailed"):
        tablet.write("note", {"lane": "medical", "text": "Once and not twice."})
    tablet.keeps(0)
    expect(tablet.page.locator("#notes-medical")).to_contain_text("Once and not twice.")
    assert lost == [200]
    assert words(in_the_record(server, address), "Once and not twice.") == 1


def test_two_people_who_charted_the_same_item_are_both_named_until_one_is_struck(
    tablet: Tablet, server: Server, house: ClinicHouse, address: str
):
    tablet.context.set_offline(True)
    tablet.write("observe", CALM | {"heart_rate": "95"})
    tablet.keeps(1)
    other = house.desk("physician")
    other.open(address)
    other.send(CALM | {"heart_rate": "96"}, action="/observe/")
    tablet.context.set_offline(False)
    tablet.keeps(0)
    twice = tablet.page.locator("#twice")
    expect(twice).to_contain_text("Charted twice: Systolic")
    expect(twice).to_contain_text("Lindqvist")
    expect(twice).to_contain_text("Bennett")
    twice.get_by_role("link", name="Look at both").click()
    page = tablet.page
    page.locator("summary", has_text="Strike what").last.click()
    form = page.locator("details[open] form")
    form.locator('[name="reason"]').fill("Measured once; this is the copy.")
    form.locator('[name="password"]').fill(PASSWORD)
    with page.expect_navigation():
        form.locator("button").click()
    expect(page.locator("#twice")).not_to_contain_text("Charted twice")
    record = in_the_record(server, address)
    assert {95, 96} <= {number for number, *_ in record["pulses"]}, "nothing is merged or erased"


def test_after_signing_off_nothing_can_be_read_and_the_same_person_sends_it_later(
    tablet: Tablet, server: Server, house: ClinicHouse, address: str
):
    tablet.context.set_offline(True)
    tablet.write("note", {"lane": "medical", "text": "Weeps softly, hand held."})
    tablet.keeps(1)
    rows = tablet.stored()
    assert {row["store"] for row in rows} == {"entries", "pages", "keys"}
    assert not [row for row in rows if "Weeps" in row["text"] or "Kekoa" in row["text"]]
    assert {row["extractable"] for row in rows if row["store"] == "keys"} == {False}

    server.stop()  # before the network is back: it would be sent at once
    tablet.context.set_offline(False)
    page = tablet.page
    page.evaluate(
        """() => {
             const form = document.querySelector('form[action="/accounts/logout/"]');
             form.closest("details").open = true;
           }"""
    )
    page.locator('form[action="/accounts/logout/"] button').click()
    page.wait_for_url("chrome-error://**")
    page.goto(address)
    expect(page.locator("h1")).to_have_text("No connection")
    assert "Weeps" not in page.content()

    server.start()
    page.context.clear_cookies()  # signing off without the server ends nothing there
    sign_in(page, "physician", address)
    expect(page.locator("body")).to_have_attribute("data-keeps", "1")
    expect(page.locator(KEPT)).to_be_hidden()
    assert words(in_the_record(server, address), "Weeps softly") == 0
    rows = tablet.stored()
    assert [row["store"] for row in rows].count("entries") == 1, "it waits for its author"
    assert len({row["member"] for row in rows if row["store"] == "keys"}) == 1

    page.context.clear_cookies()
    sign_in(page, "nurse", "/medicine/")
    expect(page.locator("main")).to_contain_text("1 entry that this tablet kept: sent")
    assert words(in_the_record(server, address), "Weeps softly") == 1


def sign_in(page: Page, key: str, then: str) -> None:
    page.goto(f"/accounts/login/?next={then}")
    page.locator('[name="login"]').fill(f"{key}@juniper.example")
    page.locator('[name="password"]').fill(PASSWORD)
    page.locator('form[action*="login"] button').first.click()
    page.wait_for_url(f"**{then}")


def test_a_sign_in_that_ended_meanwhile_is_asked_for_and_everything_is_sent_on(
    tablet: Tablet, server: Server, address: str
):
    tablet.context.set_offline(True)
    tablet.write("note", {"lane": "medical", "text": "Says it is like flying."})
    tablet.keeps(1)
    tablet.context.clear_cookies()
    tablet.context.set_offline(False)
    expect(tablet.page.locator(KEPT)).to_contain_text("Your sign-in has ended")
    tablet.page.locator(KEPT).get_by_role("link", name="Sign in again").click()
    tablet.page.locator('[name="login"]').fill("nurse@juniper.example")
    tablet.page.locator('[name="password"]').fill(PASSWORD)
    tablet.page.locator('form[action*="login"] button').first.click()
    tablet.page.wait_for_url(f"**{address}")
    expect(tablet.page.locator("#notes-medical")).to_contain_text("like flying")
    tablet.keeps(0)
    assert words(in_the_record(server, address), "like flying") == 1


def test_what_the_server_does_not_accept_stays_with_its_reason_until_its_author_acts(
    tablet: Tablet, server: Server, address: str
):
    tablet.context.set_offline(True)
    for count, pulse, spo2 in ((1, "66", "980"), (2, "67", "970"), (3, "68", "98")):
        tablet.write("observe", CALM | {"spo2": spo2, "heart_rate": pulse})
        tablet.keeps(count)
    tablet.context.set_offline(False)
    tablet.keeps(2)
    kept = tablet.page.locator(f"{KEPT} ol > li")
    expect(kept.first).to_contain_text("Not accepted. SpO2:")
    assert 68 in {number for number, *_ in in_the_record(server, address)["pulses"]}

    kept.first.get_by_role("button", name="Correct it").click()
    tablet.page.locator('form[data-keep="observe"] [name="spo2"]').first.fill("98")
    with tablet.page.expect_navigation():
        tablet.page.locator('form[data-keep="observe"] button').last.click()
    tablet.keeps(1)
    kept.first.locator("summary").click()
    kept.first.locator('[name="why"]').fill("On paper, handed to Kim.")
    kept.first.get_by_role("button", name="Set it aside").click()
    tablet.keeps(0)
    record = in_the_record(server, address)
    assert [n for n, *_ in record["pulses"] if n in (66, 67, 68)] == [66, 68]
    assert "set_aside" in {verdict for _id, verdict, _act in record["sent"]}
    tablet.page.reload()
    expect(tablet.page.locator("#twice")).to_contain_text("handed to Kim")


def test_what_the_person_takes_back_without_the_network_is_kept_and_sent(
    tablet: Tablet, address: str
):
    tablet.context.set_offline(True)
    tablet.page.locator("#less > summary").click()
    tablet.page.locator("#less .second-step > summary", has_text="No touch at all").click()
    tablet.page.get_by_role("button", name="Yes, no touch at all").click()
    tablet.keeps(1)
    tablet.context.set_offline(False)
    tablet.keeps(0)
    expect(tablet.page.locator("#strip")).to_contain_text("Withdrawn: none but for safety")
    assert words(in_the_record(tablet.house.server, address), '"what":"touch"') == 1


def test_a_mistake_with_the_network_comes_back_on_the_page_as_ever(tablet: Tablet):
    with tablet.page.expect_navigation():
        tablet.write("observe", CALM | {"spo2": "980"})
    expect(tablet.page.locator('[name="spo2"]').first).to_have_attribute("aria-invalid", "true")
    expect(tablet.page.locator(KEPT)).to_be_hidden()
    tablet.page.locator('form[data-keep="observe"] [name="spo2"]').first.fill("98")
    with tablet.page.expect_navigation():
        tablet.page.locator('form[data-keep="observe"] button').last.click()
    expect(tablet.page.locator("#charted")).to_contain_text("Charted: ")
    tablet.keeps(0)


def test_no_permission_is_asked_of_a_tablet(tablet: Tablet):
    kept = tablet.page.locator("form[data-keep]")
    acts = set(kept.evaluate_all("forms => forms.map(form => form.dataset.keep)"))
    assert {"observe", "note", "told", "variance", "place", "could-not"} <= acts
    assert not acts & {"order", "prepare", "give", "waste", "discharge", "cancel-order"}
    assert kept.locator('[name="password"]').count() == 0


def test_without_encryption_the_page_says_that_keeping_is_off_and_works_as_ever(
    house: ClinicHouse, address: str
):
    context = house._context()
    context.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    desk = house.sign_in("nurse", context)
    desk.open(address)
    expect(desk.page.locator("#keeping-off")).to_contain_text("off: this address has no encryption")
    desk.send(CALM, action="/observe/")
    assert "Charted: " in desk.text
    context.close()


@pytest.mark.parametrize(
    ("who", "path"),
    [("nurse", "session"), ("coordinator", "/medicine/"), ("physician", "/medicine/floor/")],
)
def test_a_page_that_is_not_live_says_so_within_five_seconds_and_stops_when_it_is(
    house: ClinicHouse, address: str, who: str, path: str
):
    context = house._context()
    desk = house.sign_in(who, context)
    page = desk.page
    page.clock.install()
    page.goto(address if path == "session" else path)
    with page.expect_response(
        lambda answer: (
            "X-Background" in str(answer.request.headers)
            or answer.request.headers.get("x-background") == "1"
        )
    ):
        page.clock.run_for(2000)
    context.set_offline(True)
    page.clock.run_for(5000)
    expect(page.locator(VEIL)).to_contain_text(re.compile(r"Not live since \d\d:\d\d:\d\d"))
    context.set_offline(False)
    page.clock.run_for(2500)
    expect(page.locator(VEIL)).to_have_count(0)
    context.close()


def test_a_covered_tablet_without_the_network_is_lifted_by_a_tap_and_goes_on(
    tablet: Tablet, server: Server, house: ClinicHouse, address: str
):
    page = tablet.page
    page.clock.install()
    tablet.open()
    tablet.context.set_offline(True)
    house.let_time_pass(30)
    page.clock.fast_forward(timedelta(minutes=30, seconds=30).seconds * 1000)
    expect(page.locator("#lock-heading")).to_have_text("Covered")
    page.get_by_role("button", name=re.compile("^I am .*: go on$")).click()
    tablet.write("note", {"lane": "medical", "text": "Still far away."})
    tablet.keeps(1)
    tablet.context.set_offline(False)
    tablet.keeps(0)
    assert words(in_the_record(server, address), "Still far away.") == 1


# ---------------------------------------------------------------- drafts of what is kept


def drafts(server: Server) -> dict[str, str]:
    """What the server still holds as typed and not sent, by the name of its form."""
    with sqlite3.connect(f"file:{server.folder / 'holdspace.sqlite3'}?mode=ro", uri=True) as held:
        rows = held.execute("SELECT key, data FROM care_draft").fetchall()
    return {key.split(":")[0]: data for key, data in rows}


def is_kept_as_draft(form: Any) -> None:
    """The server has said that it holds what was typed into this form."""
    expect(form.locator(".draft-note")).to_contain_text("Kept at")


def test_what_was_charted_is_not_offered_back_to_be_charted_again(tablet: Tablet, server: Server):
    page = tablet.page
    form = page.locator('#lane-medical form[data-keep="note"]')
    form.locator("textarea").fill("Smiles at the window.")
    is_kept_as_draft(form)
    assert "Smiles" in drafts(server)["note-medical"]
    with page.expect_navigation():
        form.locator("button").last.click()
    expect(page.locator("#notes-medical")).to_contain_text("Smiles at the window.")
    tablet.is_ready()
    assert "note-medical" not in drafts(server)
    expect(form.locator("textarea")).to_have_value("")


def test_a_dose_kept_on_the_tablet_takes_its_own_draft_along_and_leaves_the_next_one(
    tablet: Tablet, server: Server, address: str
):
    page = tablet.page
    dose = page.locator("#variance form")
    note = page.locator('#lane-medical form[data-keep="note"]')
    page.locator("#variance > summary").click()
    dose.locator('[name="dose"]').fill("10 mg")
    dose.locator('[name="reason"]').fill("Given by hand, no light.")
    is_kept_as_draft(dose)
    note.locator("textarea").fill("Opens her eyes.")
    is_kept_as_draft(note)
    tablet.context.set_offline(True)
    tablet.write("variance", {"given_by": "Bennett"})
    note.locator("button").last.click()
    tablet.keeps(2)
    note.locator("textarea").fill("Asks for water.")
    tablet.context.set_offline(False)
    tablet.keeps(0)
    is_kept_as_draft(note)
    assert words(in_the_record(server, address), "no light") == 1
    assert words(in_the_record(server, address), "Opens her eyes.") == 1
    held = drafts(server)
    assert "variance" not in held
    assert "Asks for water." in held["note-medical"]
    page.reload()
    expect(note.locator("textarea")).to_have_value("Asks for water.")
    expect(dose.locator('[name="reason"]')).to_have_value("")


def test_what_stood_beside_a_kept_number_on_the_pad_is_not_offered_again_when_it_is_sent(
    tablet: Tablet,
):
    page = tablet.page
    tablet.context.set_offline(True)
    page.locator('a[data-field="systolic"]').first.click()
    for key in "12480":
        page.locator(f'[data-key="{key}"]').click()
    page.locator('.pad-items [data-item="pain"]').click()
    page.locator('.scores:not([hidden]) [data-score="3"]').click()
    tablet.keeps(1)
    tablet.write("observe", CALM | {"systolic": "124", "diastolic": "80"})
    tablet.keeps(2)
    tablet.context.set_offline(False)
    tablet.keeps(0)
    page.reload()
    tablet.is_ready()
    expect(page.locator('#observe-form [name="systolic"]')).to_have_value("")


def test_what_waits_on_the_tablet_is_not_offered_back_beside_its_own_copy(
    tablet: Tablet, server: Server, address: str
):
    """The link comes back while the page opens: what was typed stands in the list alone."""
    page = tablet.page
    note = page.locator('#lane-medical form[data-keep="note"]')
    note.locator("textarea").fill("Hums a song.")
    is_kept_as_draft(note)
    tablet.context.set_offline(True)
    note.locator("button").last.click()
    tablet.keeps(1)
    tablet.context.route("**/note/", lambda route: route.abort())
    tablet.context.set_offline(False)
    with page.expect_response("**/chart/drafts/?key=note-medical*"):
        page.reload()
    tablet.is_ready()
    tablet.keeps(1)
    expect(note.locator("textarea")).to_have_value("")
    tablet.context.unroute("**/note/")
    tablet.keeps(0)
    assert words(in_the_record(server, address), "Hums a song.") == 1
    assert "note-medical" not in drafts(server)


# ---------------------------------------------------------------- what no tablet may keep


def lost_on_the_way(tablet: Tablet, pattern: str) -> list[int]:
    """Let the server have the next request of this address, and its answer be lost."""
    lost: list[int] = []

    def swallow(route: Any) -> None:
        if route.request.method != "POST" or lost:
            return route.continue_()
        lost.append(route.fetch(max_redirects=0).status)
        return route.abort()

    tablet.context.route(pattern, swallow)
    return lost


def test_what_may_not_have_arrived_says_so_and_is_never_shown_as_done(tablet: Tablet, address: str):
    page = tablet.page
    lost = lost_on_the_way(tablet, "**/place/")
    form = page.locator("#place form")
    page.locator("#place > summary").click()
    form.locator('[name="staff"]').select_option(index=1)
    form.evaluate("form => { form.dataset.direct = '1'; }")  # as a page without its script sends it
    form.locator("button").last.click()
    expect(page.locator("h1")).to_have_text("This may not have reached the server")
    expect(page.locator("body")).to_contain_text("Look before you do it again.")
    assert lost == [302], "it did arrive: nobody on this side could know"
    page.get_by_role("link", name="Open the session").click()
    page.wait_for_url(f"**{address}")
    expect(page.locator("#timeline")).to_be_visible()


def test_a_form_that_was_kept_before_it_was_sent_by_the_page_leads_back_to_its_session(
    tablet: Tablet, address: str
):
    """Not accepted, it goes by the page, which says each mistake; then the network is lost."""
    sent: list[str] = []

    def second(route: Any) -> None:
        sent.append(route.request.headers.get("x-keep", ""))
        return route.continue_() if sent[-1] else route.abort()

    tablet.context.route("**/observe/", second)
    tablet.write("observe", CALM | {"spo2": "980"})
    expect(tablet.page.locator(KEPT)).to_contain_text("Not accepted. SpO2:")
    assert sent == ["1", ""]
    assert tablet.page.url.endswith(address)


def test_a_sheet_from_paper_is_not_sent_into_nothing(tablet: Tablet, server: Server, address: str):
    page = tablet.page
    page.goto(f"{address}from-paper/")
    line = page.locator(".paper-line").first
    line.locator('[name$="-heart_rate"]').fill("64")
    tablet.context.set_offline(True)
    page.get_by_role("button", name="Copy into the chart").click()
    expect(page.locator(".not-sent")).to_contain_text("Nothing was sent, and what you typed stays")
    expect(line.locator('[name$="-heart_rate"]')).to_have_value("64")
    assert page.url.endswith("/from-paper/")
    tablet.context.set_offline(False)
    line.locator('[name$="-taken_at"]').fill("10:30")
    with page.expect_navigation():
        page.get_by_role("button", name="Copy into the chart").click()
    expect(page.locator(".messages")).to_contain_text("The sheet is copied.")
    assert 64 in {number for number, *_ in in_the_record(server, address)["pulses"]}


# ---------------------------------------------------------------- one that can't go


DAMAGE_THE_FIRST = """() => new Promise((resolve, reject) => {
  const open = indexedDB.open("holdspace-tablet");
  open.onsuccess = () => {
    const change = open.result.transaction("entries", "readwrite");
    const store = change.objectStore("entries");
    const all = store.getAll();
    all.onsuccess = () => {
      const { seq, ...copy } = all.result[0];
      const session = "01a20e6f-87c0-7000-8000-000000000001";
      const address = `/medicine/session/${session}/store/`;
      store.put({ ...copy, seq, data: new ArrayBuffer(40) });
      store.add({ ...copy, entry: crypto.randomUUID(), session, store: address });
    };
    change.oncomplete = () => resolve();
    change.onabort = () => reject(change.error);
  };
})"""


def test_one_entry_that_can_not_go_holds_back_none_of_the_others(
    tablet: Tablet, server: Server, address: str
):
    """Unreadable, of a session that is closed to them, and answered by a page nobody expects."""
    page = tablet.page
    tablet.context.set_offline(True)
    tablet.write("note", {"lane": "medical", "text": "This one is damaged."})
    tablet.keeps(1)
    tablet.write("note", {"lane": "medical", "text": "This one is answered strangely."})
    tablet.keeps(2)
    page.evaluate(DAMAGE_THE_FIRST)  # and put an entry of another session behind it
    tablet.write("note", {"lane": "medical", "text": "This one goes."})
    tablet.keeps(3)

    def strange(route: Any) -> None:
        if "strangely" in (route.request.post_data or ""):
            return route.fulfill(status=400, content_type="text/html", body="<h1>Bad request</h1>")
        return route.continue_()

    tablet.context.route("**/note/", strange)
    tablet.context.set_offline(False)
    tablet.keeps(2)
    expect(page.locator("#notes-medical")).to_contain_text("This one goes.")
    assert words(in_the_record(server, address), "This one goes.") == 1
    kept = page.locator(f"{KEPT} ol > li")
    expect(kept.first).to_contain_text("can’t be read on this tablet any more")
    expect(kept.last).to_contain_text("answered strangely")
    expect(kept.last).to_contain_text("The server could not read it (400).")

    tablet.context.unroute("**/note/")
    kept.first.locator("summary").click()
    kept.first.locator('[name="why"]').fill("Kim wrote it on paper.")
    kept.first.get_by_role("button", name="Set it aside").click()
    tablet.keeps(1)
    page.reload()
    expect(page.locator("#twice")).to_contain_text("Kim wrote it on paper.")
    page.goto("/medicine/")
    expect(page.locator("main")).to_contain_text("2 entries are kept on this tablet and not sent.")


def test_what_is_corrected_goes_back_into_the_very_form_it_was_written_in(tablet: Tablet):
    """ "Ambulance called" is no second opening of the emergency page."""
    page = tablet.page
    tablet.context.set_offline(True)
    page.locator('#emergency input[value="ambulance_called"]').evaluate(
        "what => what.form.requestSubmit()"
    )
    tablet.keeps(1)
    tablet.context.route(
        "**/emergency/", lambda route: route.fulfill(status=400, body="<h1>Bad request</h1>")
    )
    tablet.context.set_offline(False)
    kept = page.locator(f"{KEPT} ol > li")
    expect(kept).to_contain_text("The server could not read it (400).")
    kept.get_by_role("button", name="Correct it").click()
    expect(page.locator("#emergency")).to_be_visible()
    entries = page.locator('form[data-keep="emergency"]').evaluate_all(
        "forms => forms.filter(one => one.elements.entry.value).map(one => one.elements.what.value)"
    )
    assert entries == ["ambulance_called"]
    tablet.context.unroute("**/emergency/")
    page.get_by_role("button", name="The ambulance is called").click()
    expect(page.locator("#emergency-lines")).to_contain_text("Ambulance called")
    tablet.keeps(0)


# ---------------------------------------------------------------- the emergency page


LAYER = "#emergency"


def is_over_all(page: Page) -> None:
    """The emergency page is what is seen and touched, and holds the focus."""
    expect(page.locator(LAYER)).to_be_visible()
    assert page.evaluate(
        """() => {
             const layer = document.getElementById("emergency");
             const places = [[5, 60], [innerWidth / 2, innerHeight / 2], [20, innerHeight - 20]];
             return layer.matches(":modal") && layer.contains(document.activeElement)
               && places.every(([x, y]) => layer.contains(document.elementFromPoint(x, y)));
           }"""
    )


def emergencies(server: Server, address: str) -> list[str]:
    """What the record says of the emergency page, in its order."""
    events = in_the_record(server, address)["events"]
    return [json.loads(body)["what"] for kind, body, *_ in events if kind == "emergency"]


@pytest.mark.parametrize("way", ["the network is there", "it is away", "reloaded from the tablet"])
def test_a_red_flag_opens_the_emergency_page_at_once_and_only_its_record_waits(
    tablet: Tablet, server: Server, address: str, way: str
):
    page = tablet.page
    before = emergencies(server, address)
    tablet.context.set_offline(way != "the network is there")
    if way == "reloaded from the tablet":
        page.reload()
        expect(page.locator("body")).to_have_attribute("data-keeps", "1")
    page.get_by_role("button", name="Red flag").click()
    is_over_all(page)
    if way != "the network is there":
        tablet.keeps(1)
        expect(page.locator(f"{KEPT} ol")).to_contain_text("Emergency page opened")
        expect(page.locator("#emergency-lines")).to_contain_text("Emergency page opened")
        page.get_by_role("button", name="The ambulance is called").click()
        tablet.keeps(2)
        expect(page.locator(f"{KEPT} ol")).to_contain_text("Ambulance called")
        page.reload()
        is_over_all(page)
        tablet.context.set_offline(False)
        tablet.keeps(0)
    more = ["opened"] if way == "the network is there" else ["opened", "ambulance_called"]
    charted = page.locator("#emergency-lines li:not(.kept-here)")
    expect(charted).to_have_count(len(before) + len(more))
    is_over_all(page)
    assert sorted(emergencies(server, address)) == sorted(before + more)


def test_the_emergency_page_opens_on_a_tablet_that_can_keep_nothing(tablet: Tablet, address: str):
    """No key for it: the page says so, stays, and nobody believes that the opening stands."""
    page = tablet.page
    page.evaluate("() => { delete document.body.dataset.keeps; }")
    tablet.context.set_offline(True)
    page.get_by_role("button", name="Red flag").click()
    is_over_all(page)
    expect(page.locator("[data-emergency-say]")).to_contain_text("This is not on record")
    assert page.url.split("?")[0].endswith(address)


def test_a_closed_emergency_page_stays_closed_and_opened_again_it_writes_a_line_of_its_own(
    tablet: Tablet, server: Server, address: str
):
    page = tablet.page
    before = emergencies(server, address)
    flag = page.get_by_role("button", name="Red flag")
    close = page.locator("[data-emergency-close]")
    for by in ("Escape", "Close"):
        flag.click()
        expect(page).to_have_url(re.compile(r"\?emergency=1$"))
        page.keyboard.press("Escape") if by == "Escape" else close.click()
        expect(page.locator(LAYER)).to_be_hidden()
        expect(page).to_have_url(re.compile(f"{address}$"))
        expect(flag).to_be_focused()
    page.reload()
    tablet.is_ready()
    expect(page.locator(LAYER)).to_be_hidden()
    flag.click()
    expect(page.locator("#emergency-lines li")).to_have_count(len(before) + 3)
    assert emergencies(server, address) == [*before, *["opened"] * 3]
    page.reload()
    tablet.is_ready()
    is_over_all(page)
    expect(page.locator("#emergency-lines li")).to_have_count(len(before) + 3)
    assert emergencies(server, address) == [*before, *["opened"] * 3], "a reload opens nothing"
    page.locator(LAYER).get_by_role("button", name="Opened by mistake").click()
    expect(page.locator(LAYER)).to_be_hidden()
    expect(page.locator("#timeline")).to_contain_text("Emergency page opened by mistake")
    flag.click()
    is_over_all(page)
    expect(page.locator("#emergency-lines li")).to_have_count(len(before) + 5)
    page.keyboard.press("Escape")
    taken_back = page.locator("#charted .calling").get_by_role("button", name="Opened by mistake")
    lines = page.locator("#emergency-lines li")
    older = before.count("opened") - before.count("mistake")  # what stood when the test began
    for standing in (2, 1, 0):  # each takes back the newest opening alone; three still stood
        taken_back.click()
        expect(lines).to_have_count(len(before) + 8 - standing)
        expect(taken_back).to_have_count(1 if standing + older else 0)
    flag.click()
    is_over_all(page)
    expect(lines).to_have_count(len(before) + 9)
    said = [*["opened"] * 3, "mistake", "opened", *["mistake"] * 3, "opened"]
    assert emergencies(server, address) == [*before, *said]


@pytest.mark.parametrize(("width", "height"), [(390, 844), (800, 1280), (1280, 800)])
def test_the_first_screen_of_the_emergency_page_holds_who_the_numbers_and_the_four_buttons(
    tablet: Tablet, width: int, height: int
):
    page = tablet.page
    page.set_viewport_size({"width": width, "height": height})
    page.get_by_role("button", name="Red flag").click()
    dialog = page.get_by_role("dialog", name="Emergency page")
    parts = [
        dialog.locator(".emergency-head strong"),
        dialog.get_by_role("link", name="911"),
        dialog.get_by_role("button", name="The ambulance is called"),
        dialog.get_by_role("link", name="Told whom, when"),
        dialog.get_by_role("link", name="Transferred"),
        dialog.get_by_role("link", name="One page for the ambulance"),
        dialog.locator(".emergency-steps summary").first,
    ]
    expect(parts[0]).to_have_text(re.compile("."))
    expect(dialog).to_contain_text("P-00")
    tops = []
    for part in parts:
        box = part.bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= height
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        tops.append(box["y"])
    assert tops[0] < tops[1] < tops[2] and max(tops[2:6]) < tops[6]
    for _ in range(40):  # the focus goes round within it
        page.keyboard.press("Tab")
        assert page.evaluate(
            """() => document.activeElement === document.body
                 || document.getElementById("emergency").contains(document.activeElement)"""
        )
    page.mouse.wheel(0, 4000)
    dialog.get_by_role("link", name="Told whom, when").click()
    expect(page.locator(LAYER)).to_be_hidden()
    expect(page.locator("#told [name=who]")).to_be_focused()


def test_what_waits_is_sent_on_a_live_page_on_which_nothing_else_changes(tablet: Tablet):
    """The page is told that nothing changed; that is an answer too."""
    tablet.context.route("**/note/", lambda route: route.abort())
    tablet.context.route("**/live/", unchanged)
    tablet.write("note", {"lane": "medical", "text": "Only this one way was closed."})
    tablet.keeps(1)
    tablet.context.unroute("**/note/")
    tablet.keeps(0)


def unchanged(route: Any) -> None:
    route.fulfill(status=304)


def test_an_entry_that_the_server_fails_on_is_tried_again_and_the_next_one_goes(
    tablet: Tablet, server: Server, address: str
):
    tablet.context.set_offline(True)
    tablet.write("note", {"lane": "medical", "text": "The first."})
    tablet.write("note", {"lane": "medical", "text": "The second."})
    tablet.keeps(2)

    def fails(route: Any) -> None:
        first = "first" in (route.request.post_data or "")
        return route.fulfill(status=500, body="failed") if first else route.continue_()

    tablet.context.route("**/note/", fails)
    tablet.context.set_offline(False)
    tablet.keeps(1)
    expect(tablet.page.locator(KEPT)).to_contain_text("The first.")
    assert words(in_the_record(server, address), "The second.") == 1
    tablet.context.unroute("**/note/")
    tablet.keeps(0)
    assert words(in_the_record(server, address), "The first.") == 1


# ---------------------------------------------------------------- a clock that can't be trusted


def charted_at(server: Server, address: str, pulse: int, house: ClinicHouse) -> str:
    """When a pulse was taken, as a field of the clinic's wall shows it."""
    times = {n: taken for n, taken, _kept in in_the_record(server, address)["pulses"]}
    taken = datetime.fromisoformat(times[pulse]).replace(tzinfo=UTC)
    return taken.astimezone(house.desk("coordinator").now.tzinfo).strftime("%Y-%m-%dT%H:%M")


def test_a_time_by_an_unsure_clock_is_charted_as_its_author_confirms_it(
    tablet: Tablet, server: Server, house: ClinicHouse, address: str
):
    page = tablet.page
    page.clock.install()
    tablet.open()
    tablet.context.set_offline(True)
    tablet.write("observe", CALM | {"heart_rate": "87"})
    tablet.keeps(1)
    tablet.write("observe", CALM | {"heart_rate": "88", "spo2": "980"})
    tablet.keeps(2)
    house.let_time_pass(10)
    page.clock.fast_forward(timedelta(minutes=25).seconds * 1000)  # somebody set it meanwhile
    tablet.context.set_offline(False)
    kept = page.locator(f"{KEPT} ol > li")
    expect(kept.first).to_contain_text("This tablet’s clock was unsure. When was it?")
    assert 87 not in {number for number, *_ in in_the_record(server, address)["pulses"]}

    when = kept.first.locator('[name="at"]')
    made = when.input_value()
    when.fill("2019-01-01T10:00")
    kept.first.get_by_role("button", name="Chart it with this time").click()
    expect(kept.first).to_contain_text("It can't have been then.")
    when.fill(made)
    kept.first.get_by_role("button", name="Chart it with this time").click()
    tablet.keeps(1)
    assert charted_at(server, address, 87, house) == made
    expect(page.locator("#timeline")).to_contain_text("this time was confirmed by a person")

    made = when.input_value()
    kept.first.get_by_role("button", name="Chart it with this time").click()
    expect(kept.first).to_contain_text("Not accepted. SpO2:")
    kept.first.get_by_role("button", name="Correct it").click()
    page.locator('form[data-keep="observe"] [name="spo2"]').first.fill("98")
    with page.expect_navigation():
        page.locator('form[data-keep="observe"] button').last.click()
    tablet.keeps(0)
    assert charted_at(server, address, 88, house) == made, "corrected, with the time confirmed"


# ---------------------------------------------------------------- what the page says meanwhile


@pytest.mark.parametrize(("width", "height"), [(390, 844), (800, 1280), (1280, 800)])
def test_the_band_of_an_old_page_covers_neither_the_red_flag_nor_the_clock_nor_the_strip(
    tablet: Tablet, width: int, height: int
):
    page = tablet.page
    page.set_viewport_size({"width": width, "height": height})
    tablet.context.set_offline(True)
    expect(page.locator(VEIL)).to_contain_text("Not live since")
    for down in (0, 400, 1200):
        page.evaluate("down => scrollTo(0, down)", down)
        covered = page.evaluate(
            """() => [
                   ".session-bar button.stop", ".session-bar .clock", "#strip > span",
                   ".stale-veil",
                 ].filter((name) => {
                   const part = document.querySelector(name);
                   const box = part.getBoundingClientRect();
                   return [0.2, 0.5, 0.8].some((y) => {
                     const at = [box.left + box.width / 2, box.top + box.height * y];
                     return !part.contains(document.elementFromPoint(...at));
                   });
                 })"""
        )
        assert covered == [], f"scrolled by {down}"


def test_a_kept_reading_stands_in_its_tile_in_words_and_no_limit_is_looked_at_here(tablet: Tablet):
    page = tablet.page
    tablet.context.set_offline(True)
    tablet.write("note", {"lane": "medical", "text": "Rests."})
    tablet.keeps(1)
    expect(page.locator(KEPT)).not_to_contain_text("No limit is looked at here.")
    tablet.write("observe", CALM | {"systolic": "182", "diastolic": "112"})
    tablet.keeps(2)
    expect(page.locator(KEPT)).to_contain_text("No limit is looked at here.")
    tile = page.locator('#readings div:has(> dt > a[data-field="systolic"]) dd')
    expect(tile.locator(".kept-newer")).to_contain_text(
        re.compile(r"newer: 182/112 at \d\d:\d\d, kept here, not yet sent")
    )
    expect(page.locator('#readings div:has(a[data-field="pain"]) .kept-newer')).to_have_count(0)
    tablet.context.set_offline(False)
    tablet.keeps(0)
    expect(page.locator(".kept-newer")).to_have_count(0)
    expect(tile).to_contain_text("182/112")


def test_the_day_board_without_the_network_leads_back_to_the_sessions_of_this_tablet(
    tablet: Tablet, address: str
):
    page = tablet.page
    tablet.context.set_offline(True)
    page.goto("/medicine/")
    expect(page.locator("h1")).to_have_text("No network")
    expect(page.locator("body")).to_contain_text("safe on this tablet")
    page.get_by_role("link", name=re.compile(r"^Session P-\d+$")).first.click()
    page.wait_for_url(f"**{address}")
    expect(page.locator("#timeline")).to_be_visible()
