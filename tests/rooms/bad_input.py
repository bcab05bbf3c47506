"""What can be typed or pasted, the forms of a page, and what is wrong with the answer to one.

Every form that a page shows is sent as often as there are spoiled values, each field with another
one each time. No answer is a crash. What is not taken is shown again, whole, with what is wrong
beside it; a field that can't take what stands in it is named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

from django.db import transaction
from django.forms import BaseForm
from django.test import Client
from django.utils.html import escape

from tests.rooms.people.cast import PASSWORD

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
DATES, CHOICES = ("date", "time", "datetime-local"), ("radio", "select", "checkbox")
SEARCH = "q"  # what is looked for is never wrong
FORGED = ("letters", "a NUL", "a number without end")  # of what nobody types
MAY_BE = ("a day to come",)  # of a vial; who may not have one says so elsewhere
NEVER = ("csrfmiddlewaretoken", "draft_key")
ALWAYS_THERE = ("/accounts/", "/people/switch", "demo-time")  # forms of every page
PLAIN = {"date": "2026-03-01", "time": "10:00", "datetime-local": "2026-03-02T10:00", "number": "1",
         "email": "robin@mail.example", "tel": "303 555 0142", "password": PASSWORD}  # fmt: skip


class Forms(HTMLParser):
    """The forms of a page: where each is sent, its fields with a plausible value, what is shown."""

    def __init__(self, page: str, place: str) -> None:
        super().__init__()
        self.place, self.found, self.select, self.area = place, [], "", ""
        self.inside: dict[str, Any] | None = None
        self.shown: dict[str, list[str]] = defaultdict(list)  # of every field, as it was typed
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {key: value or "" for key, value in attrs}
        if tag == "form" and has.get("method", "").lower() == "post":
            self.inside = {"to": has.get("action") or self.place, "fields": {}, "press": {}}
            self.found.append(self.inside)
        name, kind = has.get("name", ""), has.get("type", "text") if tag == "input" else tag
        if tag == "input" and name:
            self.shown[name].append(has.get("value", ""))
        if tag == "textarea":
            self.area = name
        if self.inside is None:
            return
        if tag == "button" and name and not self.inside["press"]:
            self.inside["press"] = {name: has.get("value", "")}
        if tag == "option" and self.select:
            self._choose(self.select, "select", has.get("value", ""))
        if tag in ("input", "textarea", "select") and name and name not in NEVER:
            self.select = name if tag == "select" else ""
            if tag == "select" or kind in CHOICES:
                self._choose(name, kind, has.get("value", "") if tag == "input" else "")
            elif kind != "file":
                usual = "" if kind == "hidden" else PLAIN.get(kind, "Plain words")
                value = has.get("value") or usual
                if kind == "text" and has.get("inputmode") in ("numeric", "decimal"):
                    kind, value = "number", has.get("value") or "1"
                self.inside["fields"].setdefault(name, (kind, value))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.shown[self.area].append(data)

    def _choose(self, name: str, kind: str, value: str) -> None:
        known = self.inside["fields"].get(name) if self.inside else None
        if self.inside and (known is None or not known[1]):
            self.inside["fields"][name] = (kind, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None
        if tag == "select":
            self.select = ""
        if tag == "textarea":
            self.area = ""


def forms_of(answer: Any) -> list[dict[str, Any]]:
    """The forms of this page that are its own."""
    return [
        form
        for form in Forms(answer.content.decode(), answer.request["PATH_INFO"]).found
        if not any(part in form["to"] for part in ALWAYS_THERE)
    ]


def spoiled(form: dict[str, Any], turn: int) -> dict[str, str]:
    """For each field that is typed into, which value it gets in this turn; one is large."""
    names = [n for n, (kind, _value) in form["fields"].items() if kind not in (*CHOICES, "hidden")]
    whys = {n: list(SPOILED)[(turn + number) % len(SPOILED)] for number, n in enumerate(names)}
    large = [name for name, why in whys.items() if why == LARGE]
    return whys | dict.fromkeys(large[1:], "letters")


def turns(form: dict[str, Any], step: int = 1) -> Iterator[dict[str, str]]:
    """Each typed field with each value; then what is chosen or hidden, as somebody forges it.

    A larger `step` leaves values out, for a page that takes long to draw.
    """
    for turn in range(0, len(SPOILED), step):
        if whys := spoiled(form, turn):
            yield whys
    fixed = [n for n, (kind, _v) in form["fields"].items() if kind in (*CHOICES, "hidden")]
    for why in FORGED if fixed else ():
        yield dict.fromkeys(fixed, why)


def all_wrong(browser: Client, place: str, acts: Iterable[str] = (), step: int = 1) -> list[str]:
    """What is wrong with the answers to the forms of the page at this address, or to some acts."""
    page = browser.get(place, follow=True)
    assert page.status_code == 200, page.status_code
    forms = [f for f in forms_of(page) if not acts or f["to"].split("/")[-2] in acts]
    assert forms, "a page without a form is not for this table"
    return [
        said for form in forms for whys in turns(form, step) for said in send(browser, form, whys)
    ]


def send(browser: Client, form: dict[str, Any], whys: dict[str, str]) -> list[str]:
    """What is wrong with the answer to a form whose fields are spoiled in these ways."""
    sent = {key: value for key, (_kind, value) in form["fields"].items()}
    sent |= form["press"] | {name: SPOILED[why] for name, why in whys.items()}
    told = f"{form['to']} {whys}"
    try:
        with transaction.atomic():  # each value meets the page as it was
            answer = browser.post(form["to"], sent)
            transaction.set_rollback(True)
        if answer.status_code in (301, 302) and said_on_the_way(answer):
            answer = browser.get(answer["Location"], follow=True)
    except Exception as crash:  # noqa: BLE001
        return [f"{told}: crashed, {type(crash).__name__} {crash}"[:400]]
    return [f"{told}: {wrong}" for wrong in judged(answer, form["fields"], whys)]


def said_on_the_way(answer: Any) -> list[Any]:
    """What the next page will say went wrong."""
    return [m for m in answer.wsgi_request._messages if "error" in m.tags]


def judged(answer: Any, fields: dict[str, tuple[str, str]], whys: dict[str, str]) -> Iterator[str]:
    """What is wrong with an answer: a crash, a silence, a loss, or an error that names nothing."""
    typed = {n: why for n, why in whys.items() if fields[n][0] not in (*CHOICES, "hidden")}
    strict = {name for name, why in typed.items() if must_be_named(fields[name][0], why)}
    if answer.status_code >= 500:
        yield str(answer.status_code)
    elif answer.status_code in (301, 302):
        if strict:
            yield f"went on as if nothing were wrong with {sorted(strict)}"
    elif answer.status_code not in (200, 409, 422):
        if typed:
            yield f"{answer.status_code}, and what was typed is lost"
    elif typed:
        yield from shown_again(answer, fields, typed, strict)


def shown_again(
    answer: Any, fields: dict[str, tuple[str, str]], typed: dict[str, str], strict: set[str]
) -> Iterator[str]:
    page = answer.content.decode()
    shown = Forms(page, "").shown
    for name, why in typed.items():
        back = any(SPOILED[why] in value for value in shown.get(name, ()))
        if fields[name][0] != "password" and not back:
            yield f"what was typed into {name} is lost"
    if SEARCH not in typed and not says_what_is_wrong(page):
        yield "shown again without a word of what is wrong"
    for one in bound(answer):
        names = {one.add_prefix(name): name for name in one.fields}
        for name in strict & set(names):
            errors = one.errors.get(names[name], [])
            if one.errors and not errors:
                yield f"{name} is not named"
            if any(escape(error) not in page for error in errors):
                yield f"what is wrong with {name} stands nowhere on the page"


def says_what_is_wrong(page: str) -> bool:
    """Whether the page shows an error: at a field, over a form, or as a message."""
    return 'class="error"' in page or "error-summary" in page or "notice stop" in page


def must_be_named(kind: str, why: str) -> bool:
    """Whether no field of this kind can take such a value."""
    return kind == "number" or (kind in DATES and why not in MAY_BE)


def bound(answer: Any) -> list[BaseForm]:
    found = {}
    for part in answer.context or ():
        for value in part.flatten().values() if hasattr(part, "flatten") else part.values():
            if isinstance(value, BaseForm) and value.is_bound:
                found[id(value)] = value
    return list(found.values())
