"""An answer at 23:00: help at once for the person, and a task that somebody owns and passes on."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from holdspace.config.demo.people import DIRECTOR, STAFF
from tests.browser.clinic import ClinicHouse, Desk, fill
from tests.browser.screens import DONE, Places
from tests.browser.test_forms import looked_at
from tests.browser.test_screens import PHONE

KEYS = {worker.name: worker.key for worker in (DIRECTOR, *STAFF)}


def handed_over(house: ClinicHouse, course: str) -> Page:
    """The nurse asks for a PHQ-9 late in the evening and hands her phone over."""
    desk = house.sign_in("nurse", house._context(viewport=PHONE))
    desk.open(f"/assessment/{course}/questionnaires/")
    desk.send({"instrument": "phq-9", "point": "that night", "due_on": f"{desk.now.date()}"})
    asked = desk.page.locator(".forms-asked > li", has_text="that night")
    with desk.page.expect_navigation(wait_until="load"):
        asked.get_by_role("button", name="Hand over this tablet").click()
    return desk.page


def owner_of(desk: Desk) -> str:
    """Whose the task about safety is, by the word before the @ of their e-mail."""
    desk.open("/chart/tasks/?show=all")
    row = desk.page.locator("tbody tr", has_text=DONE.split()[0]).filter(has_text="Held").first
    name = row.locator('td[data-label="Owner"]').inner_text()
    return next(key for known, key in KEYS.items() if known in name)


def test_the_answer_at_23_00_shows_help_and_opens_a_task_that_goes_on_until_it_is_read(
    house: ClinicHouse,
) -> None:
    course = Places(house).course(DONE)
    house.until(23)
    page = handed_over(house, course)
    before = page.locator("main").inner_text()
    assert "Who reads this, and when" in before and "988" in before
    page.get_by_role("button", name="Begin").click()
    for number in range(1, 9):
        page.wait_for_url(f"**/{number}/")
        page.locator('input[name="option"][value="1"]').check()
        page.locator("form .button.primary").click()
    page.wait_for_url("**/9/")
    page.locator('input[name="option"][value="3"]').check()
    page.locator("form .button.primary").click()
    page.wait_for_url("**/help/")  # the form is not finished: the answer itself was heard
    calls = page.locator('main a[href^="tel:"]')
    assert calls.first.get_attribute("href") == "tel:988"
    assert calls.first.is_visible() and "Help now" in page.locator("main").inner_text()
    looked_at(page, "help-at-night", "light")

    nurse = house.desk("nurse")
    first = owner_of(nurse)
    house.let_time_pass(5)
    second = owner_of(nurse)  # nobody read it in five minutes
    assert second != first
    owner = house.desk(second)
    owner.open("/people/")
    bar = owner.page.locator(".owed", has_text="M. Q.")
    late = r"Safety task for M\. Q\. · since (22:5|23:0)"  # the demo's clock moves by five minutes
    assert re.search(late, bar.inner_text()), bar.inner_text()
    assert not re.search(r"(?i)phq|suicid|dying|Mateo", bar.inner_text())
    looked_at(owner.page, "safety-bar", "light")
    task = bar.get_by_role("link", name="Open the task").get_attribute("href") or ""
    refused_then_closed(owner, task)
    owner.open("/people/")
    assert not owner.page.locator(f'.owed a[href="{task}"]').count()
    assert not owner.troubles


def refused_then_closed(owner: Desk, address: str) -> None:
    """Its owner reads it, cannot close it empty, and closes it with what came of it."""
    owner.open(address)
    assert "What happened to it" in owner.text and "Passed on" in owner.text
    looked_at(owner.page, "task-at-night", "light")
    form = owner.page.locator('form:has(input[name="close"])')
    with owner.page.expect_navigation(wait_until="load"):
        form.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
    assert "How it ended" in owner.errors(), owner.errors()
    fill(form, "code", "reached_plan")
    fill(form, "outcome", "Called at 23:10. Safe; a plan for the night.")
    with owner.page.expect_navigation(wait_until="load"):
        form.locator("button").first.click()
    assert "The task is closed." in (owner.page.locator("body").text_content() or "")
