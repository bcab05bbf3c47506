"""A straightforward person's pages are filled in without a mouse, and the presses are counted."""

from __future__ import annotations

from datetime import timedelta

from holdspace.config.demo.people import PASSWORD
from tests.browser.clinic import ClinicHouse, Desk
from tests.browser.screens import ASSESSING, Places
from tests.browser.test_six_people import PEOPLE, comes_in, is_assessed

# One press for each question of the protocol, the digits and letters that are typed, one Enter
# after each typed field, and a handful for what is chosen; the password is not counted.
PRESSES_BESIDE_QUESTIONS = 95
# From the last answer of the page to its signature, and from the top of the page of the clearance.
PRESSES_TO_SIGN, PRESSES_TO_CLEAR = 8, 45


class Hands:
    """Presses keys one by one and counts them."""

    def __init__(self, desk: Desk) -> None:
        self.keyboard, self.page, self.presses = desk.page.keyboard, desk.page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keyboard.press(key)
            self.presses += 1

    def type(self, text: str) -> None:
        self.press(*text, "Enter")

    @property
    def here(self) -> str:
        """The name of the field in which the keyboard types."""
        return self.page.evaluate("document.activeElement.name") or ""

    def at(self, name: str) -> None:
        assert self.here == name, f"the keyboard is at {self.here!r}, not at {name!r}"

    def sign(self, most: int) -> None:
        """Tab to the password, within so many presses, type it and press Enter."""
        before = self.presses
        while self.here != "password" and self.presses - before < most:
            self.press("Tab")
        self.at("password")
        self.keyboard.type(PASSWORD)
        with self.page.expect_navigation(wait_until="load"):
            self.press("Enter")


def test_the_whole_page_by_keyboard_alone(house: ClinicHouse) -> None:
    house.until(10)
    course = comes_in(house, PEOPLE[0])
    is_assessed(house, course, PEOPLE[0])
    desk = house.desk("physician")
    desk.open(f"/assessment/{course}/medical/")
    asked = desk.page.locator('input[type="radio"][value="not_known"]').count()
    assert asked > 40
    hands = Hands(desk)
    first = desk.page.locator("fieldset.ask input").first
    first.focus()
    for _ in range(asked):
        hands.press("n")
    hands.at("no_medicines")
    hands.press("Space", "Enter")
    hands.at("allergies")
    hands.type("none")
    hands.press("Enter")  # the day stands there
    for n, minutes in ((1, 20), (2, 12)):
        hands.at(f"systolic_{n}")
        hands.type("118")
        hands.type("76")
        hands.type(f"{desk.now - timedelta(minutes=minutes):%I%M%p}"[:5])
    for digits in ("68", "98", "14", "36.6", "75", "172"):
        hands.type(digits)
    hands.at("pregnancy_possible")
    hands.press("n", "y", "y", "y")
    hands.at("pregnancy_test")
    hands.press("Space", "Enter")
    left = {name: desk.page.locator(f'[name="{name}"]') for name in ("at_1", "at_2", "weight")}
    assert all(field.input_value() for field in left.values())
    unanswered = desk.page.evaluate(
        """() => [...new Set([...document.querySelectorAll('input[type="radio"]')]
             .filter(i => i.checkVisibility()).map(i => i.name))]
             .filter(n => !document.querySelector(`input[name="${n}"]:checked`))"""
    )
    assert unanswered == []
    assert hands.presses <= asked + PRESSES_BESIDE_QUESTIONS, hands.presses
    hands.sign(PRESSES_TO_SIGN)
    assert not desk.errors(), desk.errors()
    desk.open(f"/assessment/{course}/clearance/")
    assert not desk.refused(), desk.refused()
    hands.sign(PRESSES_TO_CLEAR)
    assert "Cleared for medicine" in desk.text
    assert not desk.troubles


# Of the therapist's page: one press a question, the typed words, a Tab or Enter after each field.
MENTAL_QUESTIONS, MENTAL_PRESSES_BESIDE = 16, 50


def test_the_therapists_page_by_keyboard_alone(house: ClinicHouse) -> None:
    house.until(10)
    course = Places(house).course(ASSESSING)
    desk = house.desk("therapist")
    desk.open(f"/assessment/{course}/mental-health/")
    hands = Hands(desk)
    desk.page.locator('[name="indication_0"]').focus()
    hands.type("F33.1")
    hands.type("2022")
    desk.page.locator('[name="psychosis"]').first.focus()
    hands.press(*"nnnn")
    hands.at("history_words")
    hands.press("Tab")
    hands.at("trauma")
    hands.press("n", "Tab")
    hands.at("thoughts")
    hands.press(*"nnn")
    hands.at("safety_words")
    hands.press("Tab", "Tab")  # past what the medical history says already
    desk.page.locator('[name="support_who"]').focus()
    hands.type("sister")
    hands.press("Enter")
    hands.at("support_overnight")
    hands.press("y")
    hands.at("hopes")
    hands.press(*"sleep", "Tab", "Tab")
    hands.at("ketamine")
    hands.press("n", "Tab")
    hands.at("therapy")
    hands.press("n", "Enter")
    hands.at("asked_alone")
    hands.press(*"yyyyy")
    hands.at("readiness_words")
    hands.press("Tab", "Tab", "Space", "Tab", "Tab")
    hands.at("reason")
    hands.press(*"fits")
    unanswered = desk.page.evaluate(
        """() => [...new Set([...document.querySelectorAll('input[type="radio"]')]
             .filter(i => i.checkVisibility()).map(i => i.name))]
             .filter(n => !document.querySelector(`input[name="${n}"]:checked`))"""
    )
    assert unanswered == []
    assert hands.presses <= MENTAL_QUESTIONS + MENTAL_PRESSES_BESIDE, hands.presses
    desk.page.locator('[name="password"]').fill(PASSWORD)
    with desk.page.expect_navigation(wait_until="load"):
        hands.press("Enter")
    assert not desk.errors(), desk.errors()
    assert "Recommendation: suitable" in desk.text
    assert not desk.troubles
