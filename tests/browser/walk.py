"""A person on their way through the treatment: their pages, what is asked, who may not go on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.browser.clinic import ClinicHouse, Desk, Value

SESSION = re.compile(r"/medicine/session/([0-9a-f-]{36})/")
CALM: dict[str, Value] = {
    "systolic": "124", "diastolic": "78", "heart_rate": "70", "spo2": "98", "oxygen_l_min": "0",
    "respiratory_rate": "14", "sedation_moaas": "5", "dissociation": "0", "distress": "1",
    "temperature": "36.7",
}  # fmt: skip
RAISED: dict[str, Value] = CALM | {"systolic": "152", "diastolic": "94"}


@dataclass
class Walk:
    """The person, where their pages are, and every reason for which they were refused."""

    house: ClinicHouse
    patient: str = ""
    course: str = ""
    session: str = ""
    number: str = ""
    refusals: set[str] = field(default_factory=set)

    def desk(self, key: str) -> Desk:
        return self.house.desk(key)

    def chart(self, key: str) -> Desk:
        desk = self.desk(key)
        desk.open(f"/chart/{self.patient}/")
        return desk

    def at_session(self, key: str) -> Desk:
        desk = self.desk(key)
        desk.open(f"/medicine/session/{self.session}/")
        return desk

    def act(self, key: str, act: str, values: dict[str, Value], *, sign: bool = False) -> Desk:
        """One act on the session screen, by one person."""
        desk = self.at_session(key)
        desk.send(values, action=f"/{self.session}/{act}/", sign=sign)
        return desk

    def refuse(self, desk: Desk, *codes: str) -> None:
        """This page says no, for these reasons among others."""
        stops = desk.refused()
        assert set(codes) <= stops, f"expected {codes}, the page says {stops or desk.text[:400]}"
        self.refusals |= set(codes)


def answer(desk: Desk, words: str, reason: str, letter: str = "") -> None:
    """Answer the first finding of a kept decision that may be answered: a plan or a waiver."""
    with desk.page.expect_navigation():
        desk.page.locator("main").get_by_role("link", name=words).first.click()
    if letter:
        chosen = desk.form().locator('[name="letter"] option', has_text=letter).first
        desk.form().locator('[name="letter"]').select_option(chosen.get_attribute("value"))
    desk.send({"reason": reason}, sign=True)
    assert not desk.errors(), desk.errors()


def answers_of_the_day(now: datetime) -> dict[str, Value]:
    def ago(hours: int) -> str:
        return (now - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")

    return {
        "identity_confirmed": "yes", "able_to_consent": "yes", "escort_confirmed": "yes",
        "escort_name": "Ana Dahl (invented)", "escort_phone": "303 555 0144",
        "health_change": "no", "last_fatty_meal": ago(14), "last_light_meal": ago(11),
        "last_clear_fluid": ago(3), "pregnancy_possible": "no", "room_ready": "yes",
        "emergency_equipment_checked": "yes", "weight": "72",
        **{f"asq_{n}": "no" for n in range(1, 5)},
    }  # fmt: skip


def draw(walk: Walk) -> None:
    desk = walk.at_session("nurse")
    vials = desk.form("/prepare/").locator('label:has([name="vial"]:enabled)')
    # the one that holds most: a sealed or hardly used one
    texts = vials.all_text_contents()
    row = vials.nth(texts.index(max(texts, key=_left)))
    vial = row.locator('[name="vial"]').get_attribute("value") or ""
    desk.send({"vial": vial}, action="/prepare/")
    assert "Write the label on the syringe" in desk.text, desk.refused() or desk.errors()


def _left(words: str) -> float:
    """The mg that a choice of 50 mg/mL says are left in it; others are not for this person."""
    found = re.search(r"([\d.]+) mg left", words)
    return float(found[1]) if found and "50 mg/mL" in words else 0


def give(walk: Walk, person: str = "") -> None:
    desk = walk.at_session("nurse")
    label = desk.page.locator(".drawn .label").first.text_content() or ""
    desk.send({"person": person or walk.number, "label": label.strip()}, action="/give/", sign=True)


def latest_refusal(walk: Walk, desk: Desk) -> None:
    """Open the newest refused door from the chart's list."""
    walk.chart(desk.key)
    row = desk.page.locator("main li", has_text="Refused").first
    with desk.page.expect_navigation():
        row.locator('a[href^="/chart/decision/"]').click()
