"""A positive pregnancy test is told by a person, in a room, and by nothing that we write.

Two lives that differ in the result alone are lived side by side. Whatever opens without a login,
and whatever is written to the person, must be the same to the letter in both; the desk, which
books and calls, meets no word of it either. A page that opens without a login and is not walked
here makes the test fall.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.html import strip_tags

from holdspace.assessment import actions as assessment
from holdspace.assessment.actions import reminders
from holdspace.assessment.models import FormRequest
from holdspace.care import actions as care
from holdspace.care import mail
from holdspace.care.models import EventKind, Message, Task
from holdspace.comfort import reading
from holdspace.core.music import Phase
from tests.rooms.comfort.scene import add, keep
from tests.rooms.factory import Guest, House, played
from tests.rooms.people.cast import signed_in

pytestmark = pytest.mark.django_db

ADDRESS = "robin@mail.example"
TELLS = re.compile(r"pregn|embaraz|hcg|\bpositive\b|\bpositiv", re.IGNORECASE)
MADE_UP = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[\w:-]{20,}|\b[A-Z0-9]{2,4}-[A-Z0-9-]{3,}\b")
# What opens without a login and belongs to nobody, or is for staff who join.
NOBODYS = {"healthz", "style", "people:join", "medicine:worker"}
DAYS = 11


@dataclass
class Life:
    """What was written to one person, and what every page showed to whoever held their links."""

    house: House
    guest: Guest
    letters: list[tuple[str, str]] = field(default_factory=list)
    messages: list[tuple[str, str, str]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    everybodys: str = ""


@pytest.fixture
def lives(monkeypatch: pytest.MonkeyPatch, settings: Any) -> dict[str, Life]:
    settings.HOLDSPACE_URL = "https://juniper.example"
    found = {result: lived(result, monkeypatch) for result in ("negative", "positive")}
    for life in found.values():  # a page for everybody names every clinic: walk when both are there
        monkeypatch.setattr("holdspace.people.clock.read", lambda house=life.house: house.now)
        life.pages = walked(life)
    return found


def lived(result: str, monkeypatch: pytest.MonkeyPatch) -> Life:
    """Cleared, prepared and booked; then tested; then days in which every round is made."""
    cache.clear()
    django_mail.outbox.clear()
    house = played()
    monkeypatch.setattr("holdspace.people.clock.read", lambda: house.now)
    house.on_call()
    life = Life(house, house.guest(email=ADDRESS, safe_contact="email", phone="303 555 0142"))
    life.guest.observe(pregnancy_possible=True, pregnancy_test=result)
    house.later(minutes=5)
    for _ in range(DAYS):
        rounds(house)
        house.later(days=1)
    life.letters = [
        (alike(letter.subject, life), alike(letter.body, life))
        for letter in django_mail.outbox
        if letter.to == [ADDRESS]
    ]
    rows = Message.objects.filter(patient=life.guest.patient).order_by("queued_at", "template")
    life.messages = [(row.template, str(row.state), row.queued_at.isoformat()) for row in rows]
    life.everybodys = "\n".join(f"{one.subject}\n{one.body}" for one in django_mail.outbox)
    return life


def rounds(house: House) -> None:
    """Everything that the worker does by itself, and then what it queued."""
    now = house.now
    care.escalate_due(now)
    care.put_due(now=now)
    reminders.sweep(now=now)
    assessment.settle_all(now)
    care.warn_of_endings(now)
    for row in Message.objects.filter(clinic=house.clinic, state="queued", next_at__lte=now):
        care.deliver(message=row.pk, now=now)


def alike(text: str, life: Life) -> str:
    """The words of a page or a letter without what is made up anew in every life."""
    words = strip_tags(re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL))
    return " ".join(MADE_UP.sub("…", words.replace(life.guest.patient.display_id, "ID")).split())


def walked(life: Life) -> dict[str, str]:
    """Every page that opens without a login, in one browser that holds all links of the person."""
    house, guest, browser = life.house, life.guest, Client()
    plan = keep(guest, {Phase.PEAK: [add(house).id, 10]})
    asked = FormRequest.objects.filter(course=guest.course, end=None, instrument="gad-7")
    form = assessment.new_link(request=asked.latest("recorded_at"), now=house.now)
    risk = FormRequest.objects.filter(course=guest.course, end=None, instrument="phq-9")
    danger = assessment.new_link(request=risk.latest("recorded_at"), now=house.now)
    browser.post(f"/forms/{danger}/")
    browser.post(f"/forms/{danger}/9/", {"option": "3"})
    places = {
        "portal:start": f"/forms/{form}/",
        "portal:question": f"/forms/{form}/1/",
        "portal:pause": f"/forms/{form}/pause/",
        "portal:reach": f"/forms/{form}/reach/",
        "portal:help_now": f"/forms/{danger}/help/",
        "portal:music": f"/forms/music/{reading.link_for(plan, house.now)}/",
        "portal:thank_you": "/forms/thank-you/",
        "welcome:no_more_mail": mail.stop_path(guest.patient),
        "welcome:home": "/",
        "welcome:get_started": "/get-started/",
        "welcome:step": "/get-started/you/",
        "welcome:not_here": "/get-started/not-here/",
        "welcome:help_now": "/get-started/help-now/",
        "welcome:thank_you": "/get-started/thank-you/",
    }
    browser.post(places["portal:start"])
    pages = {}
    for name, place in places.items():
        if name == "portal:thank_you":
            for number in range(1, 8):
                browser.post(f"/forms/{form}/{number}/", {"option": "1"})
        pages[name] = alike(browser.get(place, follow=True).content.decode(), life)
    assert "Thank you" in pages["portal:thank_you"] and "988" in pages["portal:help_now"]
    return pages


def open_routes(patterns: Any = None, space: str = "") -> set[str]:
    """The names of all addresses that need no login."""
    found: set[str] = set()
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLResolver):
            inner = f"{one.namespace}:" if one.namespace else space
            found |= open_routes(one.url_patterns, inner)
        elif isinstance(one, URLPattern) and not getattr(one.callback, "login_required", True):
            found.add(f"{space}{one.name}")
    return found


def test_every_page_and_message_of_the_person_is_the_same_whatever_the_result(
    lives: dict[str, Life],
) -> None:
    well, told = lives["negative"], lives["positive"]
    assert len(told.letters) > 1 and all(told.pages.values())
    assert told.letters == well.letters
    assert told.messages == well.messages
    for name, page in told.pages.items():
        assert page == well.pages[name], name
        if name != "welcome:home":  # the public page says to everybody who can't be treated here
            assert not TELLS.search(page), (name, page)
    theirs = {name for name in open_routes() if not name.startswith(("account", "mfa"))} - NOBODYS
    assert theirs == set(told.pages), "a page that opens without a login was left out"
    assert told.everybodys and not TELLS.search(told.everybodys), "no mail to anybody says it"
    assert not TELLS.search(" ".join(Task.objects.values_list("title", flat=True)))


def test_the_desk_books_and_calls_without_reading_it_and_the_chart_has_it(
    lives: dict[str, Life],
) -> None:
    told = lives["positive"]
    key, course, desk = (
        told.guest.patient.pk,
        told.guest.course.pk,
        signed_in(told.house.coordinator),
    )
    places = [
        "/people/", f"/people/{key}/", f"/chart/{key}/reach/", f"/chart/{key}/", "/enquiries/",
        f"/chart/course/{course}/book/", f"/chart/{key}/book/", "/chart/tasks/?show=all",
        "/chart/messages/", "/assessment/forms/", "/schedule/", "/medicine/", "/medicine/floor/",
        *(f"/chart/tasks/{task.pk}/" for task in Task.objects.filter(clinic=told.house.clinic)),
    ]  # fmt: skip
    seen = 0
    for place in places:
        answer = desk.get(place, follow=True)
        assert answer.status_code in (200, 403, 404), place
        seen += answer.status_code == 200
        assert not TELLS.search(strip_tags(answer.content.decode())), place
    assert seen > 8
    assert told.guest.course.events.filter(kind=EventKind.CLEARANCE_SUSPENDED).exists()
    page = signed_in(told.house.prescriber).get(f"/chart/{key}/")
    assert TELLS.search(strip_tags(page.content.decode())), "whoever may know it finds it"
