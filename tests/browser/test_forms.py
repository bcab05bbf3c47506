"""A person answers on a phone that was handed to them, in daylight and in a dim room."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.clinic import ClinicHouse, Desk
from tests.browser.screens import ASSESSING, Places
from tests.browser.test_screens import OVERFLOW, PHONE, WCAG

PICTURES = os.environ.get("HOLDSPACE_FORM_PICTURES", "")


def looked_at(page: Page, name: str, scheme: str) -> None:
    """Readable by everybody, and nothing reaches over the edge of a phone."""
    found = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
    assert not found.response["violations"], f"{name}: {found.generate_report()}"
    assert not page.evaluate(OVERFLOW), name
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}-{scheme}.png"), full_page=True)


def handed_over(house: ClinicHouse, places: Places, point: str, scheme: str) -> Desk:
    """The nurse asks for a PHQ-9 and hands her phone over: she is signed out."""
    desk = house.sign_in("nurse", house._context(viewport=PHONE, color_scheme=scheme))
    desk.open(f"/assessment/{places.course(ASSESSING)}/questionnaires/")
    day = f"{desk.now.date()}"
    desk.send({"instrument": "phq-9", "point": point, "due_on": day})
    looked_at(desk.page, "questionnaires", scheme)
    asked = desk.page.locator(".forms-asked > li", has_text=point)
    with desk.page.expect_navigation(wait_until="load"):
        asked.get_by_role("button", name="Hand over this tablet").click()
    assert "/forms/" in desk.page.url
    return desk


def answer(page: Page, number: int) -> None:
    page.locator(f'input[name="option"][value="{number}"]').check()
    with page.expect_navigation(wait_until="load"):
        page.locator("form .button.primary").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nine_questions_on_a_phone_with_help_at_the_ninth(house: ClinicHouse, scheme: str) -> None:
    desk = handed_over(house, Places(house), f"in the {scheme}", scheme)
    page = desk.page
    looked_at(page, "start", scheme)
    assert page.title() == "A few questions"
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/1/")
    looked_at(page, "question", scheme)
    for _ in range(8):
        answer(page, 1)
    assert "Question 9 of 10" in desk.text
    answer(page, 2)
    page.wait_for_url("**/help/")
    looked_at(page, "help", scheme)
    assert page.locator('main a[href="tel:988"]').first.is_visible()
    page.get_by_role("button", name="Go on with the questions").click()
    page.wait_for_url("**/10/")
    looked_at(page, "question-with-help", scheme)
    assert page.locator('main a[href="tel:988"]').first.is_visible()
    page.get_by_role("button", name="I would rather not answer").click()
    page.wait_for_url("**/thank-you/")
    looked_at(page, "thank-you", scheme)
    assert "13" not in desk.text  # no score (eight of one, one of two, and none of ten)
    assert not desk.troubles
    chart = page.goto("/people/")
    assert chart is not None and "/accounts/login" in page.url  # nobody is signed in here


def test_a_dead_link_is_whole_on_a_phone(house: ClinicHouse) -> None:
    desk = house.visitor(viewport=PHONE)
    answered = desk.page.goto("/forms/no-such-link/")
    assert answered is not None and answered.status == 404
    looked_at(desk.page, "dead", "light")
