"""Every main screen: readable by everybody, whole on a phone, quiet, and talking to nobody else."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.clinic import ClinicHouse, Desk
from tests.browser.screens import SCREENS, Places, Screen

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
OVERFLOW = """() => {
  const page = document.documentElement;
  const held = element => {
    for (let one = element.parentElement; one; one = one.parentElement)
      if (getComputedStyle(one).overflowX !== "visible") return true;
    return false;
  };
  if (page.scrollWidth <= page.clientWidth) return [];
  return [...document.body.querySelectorAll("*")]
    .filter(e => e.getBoundingClientRect().right > page.clientWidth + 1 && !held(e))
    .slice(0, 5)
    .map(e => `${e.tagName}.${e.className}: ${(e.textContent || "").trim().slice(0, 40)}`)
    .concat([`${page.scrollWidth} > ${page.clientWidth}`]);
}"""


@pytest.fixture(scope="module")
def places(house: ClinicHouse) -> Places:
    return Places(house)


def at(screen: Screen, house: ClinicHouse, places: Places) -> Desk:
    """The screen in front of whoever works there."""
    path = screen.path(places)
    assert path, f"{screen.name}: nothing leads there"
    desk = house.desk(screen.who) if screen.who else house.visitor()
    desk.troubles.clear()
    desk.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    desk.open(path)
    return desk


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_is_accessible_narrow_and_quiet(
    screen: Screen, house: ClinicHouse, places: Places
) -> None:
    desk = at(screen, house, places)
    found = Axe().run(desk.page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
    assert not found.response["violations"], found.generate_report()
    desk.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert not desk.page.evaluate(OVERFLOW)
    assert not desk.troubles
