"""The entry pad as a nurse has it under the thumb: taps are counted, and nothing typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.clinic import ClinicHouse, Desk
from tests.browser.screens import IN_SESSION, Places

TABLETS = [{"width": 1280, "height": 800}, {"width": 800, "height": 1280}]
PHONE = {"width": 390, "height": 844}
LEAST = 64
SMALL = """least => [...document.querySelectorAll("main :is(a, button, summary, input, select)")]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && e.type !== "hidden")
  .map(e => {
    const box = (e.matches("input[type=checkbox], input[type=radio]") ? e.closest("label") : e)
      .getBoundingClientRect();
    const tile = e.closest(".readings > div");
    const size = tile ? tile.getBoundingClientRect() : box;
    return [Math.round(Math.min(size.width, size.height)), e.outerHTML.slice(0, 90)];
  })
  .filter(([size]) => size && size < least)"""


class Thumb:
    """One thumb on the session page; it counts its taps."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0

    def tile(self, kind: str) -> None:
        self.tap(f'a[data-field="{kind}"]')

    def item(self, kind: str) -> None:
        self.tap(f'.pad-items [data-item="{kind}"]')

    def keys(self, *numbers: str) -> None:
        for key in "".join(numbers):
            self.tap(f'[data-key="{key}"]')

    def score(self, number: int) -> None:
        with self.page.expect_navigation():
            self.tap(f'.scores:not([hidden]) [data-score="{number}"]')

    def chart(self) -> None:
        with self.page.expect_navigation():
            self.tap("[data-chart]")

    def tap(self, what: str) -> None:
        self.page.locator(what).first.click()
        self.taps += 1

    def value(self, kind: str) -> str:
        return self.page.locator(f'#observe-form [name="{kind}"]').input_value()


@pytest.fixture(scope="module")
def places(house: ClinicHouse) -> Places:
    return Places(house)


@pytest.fixture
def desk(house: ClinicHouse, places: Places) -> Desk:
    desk = house.desk("nurse")
    desk.page.set_viewport_size(TABLETS[0])  # type: ignore[arg-type]
    desk.open(places.session(IN_SESSION))
    return desk


def last(desk: Desk) -> str:
    return desk.page.locator("#charted").inner_text()


def test_a_number_from_0_to_10_is_two_taps_and_a_third_takes_it_back(desk: Desk) -> None:
    thumb = Thumb(desk.page)
    thumb.tile("distress")
    thumb.score(4)
    assert thumb.taps == 2
    assert "Charted: Distress 4 at" in last(desk)
    with desk.page.expect_navigation():
        thumb.tap("#charted button")
    assert "Distress 4" not in last(desk)
    assert "Taken back" in desk.text and "struck by" in desk.text
    expect(desk.page.locator("#timeline s", has_text="Distress 4")).to_have_count(1)
    assert not desk.troubles


def test_a_whole_set_is_typed_on_the_pad_alone(desk: Desk) -> None:
    thumb = Thumb(desk.page)
    thumb.tile("systolic")
    thumb.keys("122", "78", "88", "97", "0", "14")
    thumb.chart()
    assert thumb.taps == 1 + 12 + 1
    said = last(desk)
    for words in ("122 mmHg", "78 mmHg", "Heart rate 88", "97 %", "Breathing rate 14"):
        assert words in said
    assert "room air" in desk.page.locator("#readings").inner_text()


def test_what_is_typed_stays_while_items_are_switched_and_one_of_them_is_charted(
    desk: Desk,
) -> None:
    thumb = Thumb(desk.page)
    thumb.tile("systolic")
    thumb.keys("131", "79")
    thumb.item("nausea")
    thumb.item("set")
    assert (thumb.value("systolic"), thumb.value("diastolic")) == ("131", "79")
    thumb.item("pain")
    thumb.score(2)
    assert "Charted: Pain 2" in last(desk)
    assert (thumb.value("systolic"), thumb.value("diastolic")) == ("131", "79")
    thumb.chart()
    assert "131 mmHg" in last(desk)


def test_an_unusual_number_is_asked_about_and_never_stopped(desk: Desk) -> None:
    thumb = Thumb(desk.page)
    thumb.tile("heart_rate")
    thumb.keys("14")
    desk.page.locator('#observe-form [name="heart_rate"]').fill("14")
    thumb.tap("[data-chart]")
    asked = desk.page.get_by_label("Heart rate 14 /min is right: I looked at the person")
    expect(asked).to_be_focused()
    asked.check()
    thumb.chart()
    assert "Heart rate 14" in last(desk)


def test_half_a_pressure_and_a_saturation_without_its_oxygen_are_asked_for(desk: Desk) -> None:
    thumb = Thumb(desk.page)
    thumb.tile("spo2")
    thumb.keys("96")
    thumb.tap("[data-chart]")
    expect(desk.page.locator(".pad-say")).to_have_text(
        "How much oxygen was flowing? 0 is room air."
    )
    thumb.keys("0")
    thumb.item("set")
    desk.page.locator('#observe-form [name="systolic"]').fill("120")
    thumb.tap("[data-chart]")
    expect(desk.page.locator(".pad-say")).to_have_text("A pressure is two numbers.")
    expect(desk.page.locator('#observe-form [name="diastolic"]')).to_be_focused()


def test_a_late_entry_keeps_both_times(desk: Desk) -> None:
    thumb = Thumb(desk.page)
    thumb.tile("nausea")
    thumb.tap('[data-ago="10"]')
    thumb.score(3)
    line = desk.page.locator("#timeline li", has_text="Nausea 3")
    assert "written down at" in line.first.inner_text()


def test_next_after_a_field_that_went_on_by_itself_skips_nothing(desk: Desk) -> None:
    """A hand that presses Next by habit puts no number into the wrong box; a second Next skips."""
    thumb = Thumb(desk.page)
    thumb.tile("systolic")
    thumb.keys("80")
    thumb.tap('[data-key="next"]')
    thumb.keys("128")
    assert (thumb.value("systolic"), thumb.value("diastolic")) == ("80", "128")
    thumb.tap('[data-key="next"]')
    thumb.keys("98")
    assert (thumb.value("heart_rate"), thumb.value("spo2")) == ("98", "")
    thumb.tap('[data-key="next"]')
    thumb.tap('[data-key="next"]')
    thumb.keys("14")
    assert (thumb.value("spo2"), thumb.value("oxygen_l_min")) == ("", "14")


@pytest.mark.parametrize("size", [*TABLETS, PHONE], ids=["wide", "tall", "phone"])
def test_the_pad_never_hides_who_it_is_about_nor_runs_off_its_edge(
    desk: Desk, size: dict[str, int]
) -> None:
    desk.page.set_viewport_size(size)  # type: ignore[arg-type]
    for item in ("distress", "sedation_moaas", "cannot"):
        desk.page.evaluate("scrollTo(0, 700)")
        Thumb(desk.page).tap('a[data-field="systolic"], a[data-item="set"]')
        Thumb(desk.page).item(item)
        name = desk.page.locator(".session-bar .person-banner .name")
        assert name.evaluate(
            """name => {
                 const box = name.getBoundingClientRect();
                 return document.elementFromPoint(box.x + 4, box.y + box.height / 2) === name;
               }"""
        )
        over = desk.page.evaluate(
            """width => [...document.querySelectorAll("[data-pad] .tap:not(.pad-items *)")]
                 .filter(one => one.getBoundingClientRect().right > width)
                 .map(one => one.textContent)""",
            size["width"],
        )
        assert not over
        desk.page.keyboard.press("Escape")


def test_the_keyboard_alone_charts_a_number_and_a_set(desk: Desk) -> None:
    page = desk.page
    page.locator('a[data-field="pain"]').focus()
    page.keyboard.press("Space")
    expect(page.locator('.scores:not([hidden]) [data-score="0"]')).to_be_focused()
    page.keyboard.press("5")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Charted: Pain 5" in last(desk)
    page.locator('#readings a[data-field="systolic"]').focus()
    page.keyboard.press("Enter")
    page.keyboard.type("124")
    page.keyboard.press("Tab")
    page.keyboard.type("81")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "124 mmHg" in last(desk)
    page.locator('a[data-field="distress"]').focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator('a[data-field="distress"]')).to_be_focused()


def test_without_javascript_the_same_form_charts_a_set(house: ClinicHouse, places: Places) -> None:
    context = house.browser.new_context(base_url=house.server.url, java_script_enabled=False)
    desk = house.sign_in("nurse", context)
    page = desk.open(places.session(IN_SESSION))
    page.locator('#observe-form [name="distress"]').fill("6")
    page.locator('#observe-form [name="heart_rate"]').fill("91")
    page.get_by_role("button", name="Chart", exact=True).click()
    assert "Charted: Heart rate 91 /min; Distress 6" in last(desk)
    context.close()


@pytest.mark.parametrize("size", [*TABLETS, PHONE], ids=["wide", "tall", "phone"])
def test_every_key_of_the_pad_is_as_large_as_a_thumb(desk: Desk, size: dict[str, int]) -> None:
    desk.page.set_viewport_size(size)  # type: ignore[arg-type]
    for field in ("systolic", "distress", "sedation_moaas"):
        Thumb(desk.page).tile(field) if field == "systolic" else Thumb(desk.page).item(field)
        box = desk.page.locator("#observe").bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= size["height"] + 1
        assert not [found for found in desk.page.evaluate(SMALL, LEAST) if "pad" in found[1]]
        below = "e => e.scrollHeight - e.clientHeight"
        assert desk.page.locator("#observe").evaluate(below) <= 1, "no key is out of sight"
        beside = desk.page.locator("#observe .last:visible").all_inner_texts()
        assert any(words.strip() for words in beside), "what was charted last stands beside it"
