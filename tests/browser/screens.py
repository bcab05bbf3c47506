"""Every main screen of the demo, by name: who looks at it, and where it is found.

The test of the screens and the picture script both walk this list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.browser.clinic import ClinicHouse, Desk

Path = Callable[["Places"], str]


@dataclass(frozen=True, slots=True)
class Screen:
    """One page: a name for its pictures, whose desk it is on ("" is a visitor), its address."""

    name: str
    who: str
    path: Path


class Places:
    """Addresses of the demo's people, found by walking to them once."""

    def __init__(self, house: ClinicHouse) -> None:
        self.house = house
        self._found: dict[str, str] = {}

    def person(self, name: str) -> str:
        return self._key(f"person {name}", lambda: self._search(name))

    def course(self, name: str) -> str:
        return self._key(f"course {name}", lambda: self._on_chart(name, COURSE))

    def decision(self, name: str, word: str = "Refused") -> str:
        """The newest kept decision of this person with this word."""
        desk = self._chart(name)
        row = desk.page.locator("main li", has_text=word).locator('a[href^="/chart/decision/"]')
        return row.first.get_attribute("href") or ""

    def document(self, name: str) -> str:
        link = self._chart(name).page.locator('main a[href^="/chart/document/"]')
        return link.first.get_attribute("href") or ""

    def session(self, name: str) -> str:
        return self._key(f"session {name}", lambda: self._session(name))

    def first(self, who: str, page: str, start: str) -> str:
        """The first link in the main part of a page that begins with `start`."""
        desk = self.house.desk(who)
        desk.open(page)
        link = desk.page.locator(f'main a[href^="{start}"]')
        return link.first.get_attribute("href") or ""

    def _key(self, name: str, find: Callable[[], str]) -> str:
        if name not in self._found:
            self._found[name] = find()
        return self._found[name]

    def _search(self, name: str) -> str:
        desk = self.house.desk("physician")
        desk.open(f"/people/?q={name.split()[0]}")
        link = desk.page.locator("main").get_by_role("link", name=name).first
        found = KEY.search(link.get_attribute("href") or "")
        assert found, f"nobody is called {name}"
        return found[0]

    def _chart(self, name: str) -> Desk:
        desk = self.house.desk("physician")
        desk.open(f"/chart/{self.person(name)}/")
        return desk

    def _on_chart(self, name: str, pattern: re.Pattern[str]) -> str:
        links = (
            self._chart(name)
            .page.locator("main a")
            .evaluate_all("links => links.map(link => link.getAttribute('href'))")
        )
        return next(m[1] for href in links if (m := pattern.search(href or "")))

    def _session(self, name: str) -> str:
        link = self._chart(name).page.locator('main a[href^="/medicine/session/"]').first
        return link.get_attribute("href") or ""


KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
COURSE = re.compile(r"/(?:assessment|preparation|integration|chart/course)/([0-9a-f-]{36})/")

ASSESSING, CLEARED, READY = "Tan Hui Min", "Tallulah Begay-Moss", "Kwabena Asante"
IN_SESSION, DONE, LONG = "Nalani Kekoa", "Mateo Ibarra Quispe", "Bartholomew"

SCREENS: tuple[Screen, ...] = (
    Screen("home", "", lambda p: "/"),
    Screen("get-started", "", lambda p: "/get-started/"),
    Screen("sign-in", "", lambda p: "/accounts/login/"),
    Screen("board", "nurse", lambda p: "/medicine/"),
    Screen("floor", "physician", lambda p: "/medicine/floor/"),
    Screen("board-desk", "coordinator", lambda p: "/medicine/"),
    Screen("enquiries", "coordinator", lambda p: "/enquiries/"),
    Screen("people", "coordinator", lambda p: "/people/"),
    Screen("person-new", "coordinator", lambda p: "/people/new"),
    Screen("person", "physician", lambda p: f"/people/{p.person(LONG)}/"),
    Screen("open-course", "coordinator", lambda p: f"/chart/{p.person('Wanda Fernsby')}/open/"),
    Screen("chart-assessing", "physician", lambda p: f"/chart/{p.person(ASSESSING)}/"),
    Screen("chart-session", "physician", lambda p: f"/chart/{p.person(IN_SESSION)}/"),
    Screen("chart-completed", "therapist", lambda p: f"/chart/{p.person(DONE)}/"),
    Screen("decision", "physician", lambda p: p.decision("Oskar Brännström")),
    Screen("document", "therapist", lambda p: p.document(DONE)),
    Screen("medical", "physician", lambda p: f"/assessment/{p.course(ASSESSING)}/medical/"),
    Screen(
        "mental-health", "therapist",
        lambda p: f"/assessment/{p.course(ASSESSING)}/mental-health/",
    ),
    Screen("phq9", "therapist", lambda p: f"/assessment/{p.course(ASSESSING)}/phq-9/"),
    Screen(
        "questionnaires", "therapist",
        lambda p: f"/assessment/{p.course(DONE)}/questionnaires/",
    ),
    Screen("outcomes", "therapist", lambda p: f"/assessment/{p.course(DONE)}/outcomes/"),
    Screen(
        "fill-paper", "therapist", lambda p: f"/assessment/{p.course(ASSESSING)}/fill/bdi-ii/",
    ),
    Screen("blank", "therapist", lambda p: f"/assessment/{p.course(ASSESSING)}/blank/pcl-5/"),
    Screen("filled", "therapist", lambda p: p.first(
        "therapist", f"/assessment/{p.course(DONE)}/questionnaires/", "/assessment/filled/")),
    Screen("clearance", "physician", lambda p: f"/assessment/{p.course(ASSESSING)}/clearance/"),
    Screen("decline", "physician", lambda p: f"/chart/course/{p.course(ASSESSING)}/decline/"),
    Screen("reopen", "physician", lambda p: f"/chart/course/{p.course('Leocadia')}/reopen/"),
    Screen("preparation", "therapist", lambda p: f"/preparation/{p.course(CLEARED)}/visit/"),
    Screen("music", "therapist", lambda p: "/comfort/music/"),
    Screen("plan", "therapist", lambda p: f"/preparation/{p.course(CLEARED)}/music/"),
    Screen("consent", "therapist", lambda p: f"/preparation/{p.course(CLEARED)}/consent/"),
    Screen("book", "coordinator", lambda p: f"/chart/course/{p.course(CLEARED)}/book/"),
    Screen("room", "nurse", lambda p: f"/medicine/room/{p.course(READY)}/"),
    Screen("readiness", "nurse", lambda p: f"/medicine/readiness/{p.course(READY)}/"),
    Screen("session", "nurse", lambda p: p.session(IN_SESSION)),
    Screen("from-paper", "nurse", lambda p: f"{p.session(IN_SESSION)}from-paper/"),
    Screen("charted-twice", "nurse", lambda p: f"{p.session(IN_SESSION)}twice/"),
    Screen("player", "nurse", lambda p: f"{p.session(IN_SESSION)}player/"),
    Screen("hand-over", "nurse", lambda p: f"{p.session(IN_SESSION)}hand-over/"),
    Screen("instructions", "nurse", lambda p: f"{p.session(IN_SESSION)}instructions/"),
    Screen("timeline", "nurse", lambda p: f"{p.session(IN_SESSION)}timeline/"),
    Screen("integration", "therapist", lambda p: f"/integration/{p.course('Elspeth')}/visit/"),
    Screen("close", "therapist", lambda p: f"/integration/{p.course('Elspeth')}/close/"),
    Screen("schedule", "coordinator", lambda p: "/schedule/"),
    Screen("register", "custodian", lambda p: "/register/"),
    Screen("vial", "custodian", lambda p: p.first("custodian", "/register/", "/register/vial/")),
    Screen("receive", "custodian", lambda p: "/register/receive/"),
    Screen("forms-due", "coordinator", lambda p: "/assessment/forms/"),
    Screen("messages", "coordinator", lambda p: "/chart/messages/"),
    Screen("my-mail", "nurse", lambda p: "/chart/messages/mine/"),
    Screen("reach", "coordinator", lambda p: f"/chart/{p.person(ASSESSING)}/reach/"),
    Screen("tasks", "nurse", lambda p: "/chart/tasks/?show=all"),
    Screen("protocols", "director", lambda p: "/chart/protocol/"),
    Screen("protocol", "director", lambda p: p.first(
        "director", "/chart/protocol/", "/chart/protocol/0")),
    Screen("access-log", "reviewer", lambda p: "/people/access-log/"),
    Screen("staff", "administrator", lambda p: "/people/staff/"),
    Screen("downtime", "nurse", lambda p: "/medicine/downtime/"),
    Screen("instruments", "director", lambda p: "/assessment/questionnaires/"),
    Screen("instrument", "director", lambda p: "/assessment/questionnaires/madrs/"),
    Screen("states", "director", lambda p: "/people/states/"),
    Screen("harm", "nurse", lambda p: f"/assessment/{p.course(IN_SESSION)}/follow-up/"),
    Screen("monitors", "administrator", lambda p: "/medicine/monitors/"),
    Screen("staff-member", "administrator", lambda p: p.first(
        "administrator", "/people/staff/", "/people/staff/0")),
    Screen("clinic", "administrator", lambda p: "/people/clinic/"),
)  # fmt: skip
