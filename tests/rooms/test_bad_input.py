"""Whatever is typed or pasted into a form of these rooms: never a crash, never a silent loss.

The table is made from the pages themselves: every form that a page shows is sent as often as there
are spoiled values, each field with another one each time. No answer is a crash; a field that can't
take what stands in it is named, and everything that was typed comes back.
"""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.cache import cache
from django.forms import BaseForm
from django.test import Client

from holdspace.assessment import actions as assessment
from holdspace.care import actions as care
from tests.rooms.factory import Guest, House, played
from tests.rooms.people.cast import PASSWORD, signed_in

pytestmark = pytest.mark.django_db

LARGE = "a megabyte"
SPOILED = {
    "letters": "6o o'clock",
    "a decimal comma": "72,4",
    "pounds": "160 lb",
    "a pressure": "180/1100",
    "a day to come": "2999-01-01",
    "a number without end": "9" * 400,
    "emoji": "🌿🫀",
    "right to left": "دواء \u200fالقلب",
    "a NUL": "nuts\x00",
    LARGE: "x" * 1_000_000,
}
NUMBERS, CHOICES = ("number", "date", "time", "datetime-local"), ("radio", "select", "checkbox")
MAY_BE = ("a day to come",)  # of a booking, or of a vial; who may not have one says so elsewhere
NEVER = ("csrfmiddlewaretoken", "draft_key")
PLAIN = {"date": "2026-03-01", "time": "10:00", "datetime-local": "2026-03-02T10:00", "number": "1",
         "email": "robin@mail.example", "tel": "303 555 0142", "password": PASSWORD}  # fmt: skip


class Forms(HTMLParser):
    """The forms of a page: where each is sent, and its fields with a plausible value."""

    def __init__(self, page: str, place: str) -> None:
        super().__init__()
        self.place, self.found, self.select = place, [], ""
        self.inside: dict[str, Any] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {key: value or "" for key, value in attrs}
        if tag == "form" and has.get("method", "").lower() == "post":
            self.inside = {"to": has.get("action") or self.place, "fields": {}, "press": {}}
            self.found.append(self.inside)
        if self.inside is None:
            return
        name, kind = has.get("name", ""), has.get("type", "text") if tag == "input" else tag
        if tag == "button" and name and not self.inside["press"]:
            self.inside["press"] = {name: has.get("value", "")}
        if tag == "option" and self.select:
            self._choose(self.select, "select", has.get("value", ""))
        if tag in ("input", "textarea", "select") and name and name not in NEVER:
            self.select = name if tag == "select" else ""
            if tag == "select" or kind in CHOICES:
                self._choose(name, kind, has.get("value", "") if tag == "input" else "")
            elif kind != "file":
                value = has.get("value") or PLAIN.get(kind, "Plain words")
                self.inside["fields"].setdefault(name, (kind, value))

    def _choose(self, name: str, kind: str, value: str) -> None:
        known = self.inside["fields"].get(name) if self.inside else None
        if self.inside and (known is None or not known[1]):
            self.inside["fields"][name] = (kind, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None
        if tag == "select":
            self.select = ""


class World:
    """A clinic with one person on their way, and whoever opens a page there."""

    def __init__(self, house: House, guest: Guest) -> None:
        self.house, self.guest = house, guest
        form = assessment.ask_to_fill(
            course=guest.course, instrument="gad-7", point="here", due_at=house.now,
            by=house.therapist, now=house.now,
        )  # fmt: skip
        self.link = f"/forms/{assessment.new_link(request=form, now=house.now)}/"
        self.task = care.open_task(
            clinic=house.clinic, kind="ask_again", title="Ask again", owner=house.prescriber,
            due_at=house.now + timedelta(days=1), patient=guest.patient, by=None, now=house.now,
        )  # fmt: skip

    def place(self, pattern: str) -> str:
        row = self.guest.course.observations.first()
        return pattern.format(
            course=self.guest.course.pk, person=self.guest.patient.pk, link=self.link,
            task=self.task.pk, row=row.pk if row else "",
            paper=self.guest.course.documents.first().pk,
        )  # fmt: skip


PAGES = [
    ("coordinator", "/chart/{person}/reach/"),
    ("coordinator", "/chart/messages/mine/"),
    ("coordinator", "/chart/{person}/book/"),
    ("director", "/chart/course/{course}/therapist/"),
    ("coordinator", "/assessment/forms/"),
    ("prescriber", "/chart/tasks/{task}/"),
    ("prescriber", "/chart/course/{course}/results/add/"),
    ("prescriber", "/chart/course/{course}/diagnosis/"),
    ("prescriber", "/chart/course/{course}/decline/"),
    ("prescriber", "/chart/course/{course}/pdmp/"),
    ("prescriber", "/chart/course/{course}/file/"),
    ("prescriber", "/chart/strike/observation/{row}/"),
    ("prescriber", "/chart/document/{paper}/amend/"),
    ("prescriber", "/assessment/{course}/clearance/"),
    ("prescriber", "/assessment/{course}/follow-up/"),
    ("therapist", "/chart/course/{course}/private-notes/"),
    ("therapist", "/assessment/{course}/screen/"),
    ("therapist", "/assessment/{course}/phq-9/"),
    ("custodian", "/register/receive/"),
    ("custodian", "/register/product/"),
    ("custodian", "/register/count/"),
    ("", "{link}reach/"),
    ("", "{link}"),
    ("", "/get-started/"),
]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    cache.clear()
    house = played()
    monkeypatch.setattr("holdspace.people.clock.read", lambda: house.now)
    house.on_call()
    return World(house, house.guest())


def spoiled(form: dict[str, Any], turn: int) -> dict[str, str]:
    """For each field that is typed or chosen, which value it gets in this turn; one is large."""
    names = [name for name, (kind, _value) in form["fields"].items() if kind != "checkbox"]
    whys = {n: list(SPOILED)[(turn + number) % len(SPOILED)] for number, n in enumerate(names)}
    large = [name for name, why in whys.items() if why == LARGE]
    return whys | dict.fromkeys(large[1:], "letters")


def send(browser: Client, form: dict[str, Any], whys: dict[str, str]) -> list[str]:
    """What is wrong with the answer to a form whose fields are spoiled in these ways."""
    sent = {key: value for key, (_kind, value) in form["fields"].items()}
    sent |= form["press"] | {name: SPOILED[why] for name, why in whys.items()}
    told = f"{form['to']} {whys}"
    try:
        answer = browser.post(form["to"], sent)
    except Exception as crash:  # noqa: BLE001
        return [f"{told}: crashed, {type(crash).__name__} {crash}"[:400]]
    if answer.status_code >= 500:
        return [f"{told}: {answer.status_code}"]
    strict = {name for name, why in whys.items() if must_be_named(form["fields"][name][0], why)}
    if answer.status_code in (301, 302):
        errors = [m for m in answer.wsgi_request._messages if "error" in m.tags]
        return [f"{told}: went on as if nothing were wrong"] if strict and not errors else []
    wrong = []
    for one in bound(answer):
        wrong += [f"{told}: {name} is not named" for name in strict & set(one.fields)
                  if one.errors and name not in one.errors]  # fmt: skip
        wrong += [f"{told}: what was typed into {name} is lost" for name in whys
                  if name in one.fields and form["fields"][name][0] not in ("password", "hidden")
                  and SPOILED[whys[name]] not in (one[name].value() or "")]  # fmt: skip
    return wrong


def must_be_named(kind: str, why: str) -> bool:
    """Whether no field of this kind can take such a value."""
    return kind in NUMBERS and why not in MAY_BE


def bound(answer: Any) -> list[BaseForm]:
    found = {}
    for part in answer.context or ():
        for value in part.flatten().values() if hasattr(part, "flatten") else part.values():
            if isinstance(value, BaseForm) and value.is_bound:
                found[id(value)] = value
    return list(found.values())


@pytest.mark.parametrize(("role", "pattern"), PAGES)
def test_each_field_of_each_form_takes_it_or_says_so(world: World, role: str, pattern: str) -> None:
    browser = signed_in(getattr(world.house, role)) if role else Client()
    place = world.place(pattern)
    page = browser.get(place, follow=True)
    assert page.status_code == 200, page.status_code
    forms = [
        form
        for form in Forms(page.content.decode(), page.request["PATH_INFO"]).found
        if "/accounts/" not in form["to"] and "/people/switch" not in form["to"]
        and "demo-time" not in form["to"]
    ]  # fmt: skip
    assert forms, "a page without a form is not for this table"
    wrong = [
        said
        for form in forms
        for turn in range(len(SPOILED))
        for said in send(browser, form, spoiled(form, turn))
    ]
    assert not wrong, "\n".join(wrong[:20])
