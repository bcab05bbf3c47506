"""In every round that looks at many, each is done by itself: one that fails is named, not the end.

The worker's output has the line; the database being away is another thing, and ends the round.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError

from holdspace.assessment import missing, owed
from holdspace.assessment.actions import asking, reminders
from holdspace.assessment.models import FormRequest
from holdspace.care import actions as care
from holdspace.care.actions import endings, escalating
from holdspace.care.actions import messages as outbox
from holdspace.care.models import Message, Task
from holdspace.core.facts import CredentialKind
from holdspace.core.limits import Tier
from holdspace.core.risk import Concern
from holdspace.people import actions as people
from tests.rooms.factory import House, played
from tests.rooms.people.cast import signed_in

pytestmark = pytest.mark.django_db
Round = Callable[[House], Callable[[], Any]]


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, settings: Any) -> House:
    settings.HOLDSPACE_URL = "https://juniper.example"
    house = played(stocked=False)
    house.on_call()
    monkeypatch.setattr("holdspace.people.clock.read", lambda: house.now)
    return house


def guests(house: House) -> list[Any]:
    return [
        house.enquirer(email=f"{name}@mail.example", safe_contact="email")
        for name in ("robin", "kim", "lou")
    ]


# --- each round: three rows of one clinic, the function that does one, and what was done ----------


def urgent(house: House) -> list[Task]:
    concern = Concern("rule", "item_9", Tier.NOW, "", "Call.", "PHQ-9", False, 15, (5, 10))
    return [
        care.open_concern(
            course=guest.course, concern=concern, owner=house.nurse, about=guest.course.pk,
            by=None, now=house.now,
        )
        for guest in guests(house)
    ]  # fmt: skip


def passing_on(house: House) -> tuple[Any, str, list[Any], Any, Any]:
    tasks = urgent(house)
    house.later(minutes=6)
    gone = Task.objects.filter(pk__in=[task.pk for task in tasks]).exclude(owner=house.nurse)
    return escalating, "_escalate", [task.pk for task in tasks], care.escalate_due, gone


def asking_forms(house: House) -> tuple[Any, str, list[Any], Any, Any]:
    courses = [guest.course for guest in guests(house)]
    asked = FormRequest.objects.filter(instrument="gad-7")

    def look(now: Any) -> None:
        reminders.sweep(now=now)

    return reminders, "_ask", courses, look, asked


def reading_forms(house: House) -> tuple[Any, str, list[Any], Any, Any]:
    _place, _name, courses, look, asked = asking_forms(house)
    return owed, "_due", courses, look, asked


def settling(house: House) -> tuple[Any, str, list[Any], Any, Any]:
    courses = [guest.course for guest in guests(house)]
    for course in courses:
        care.open_task(
            clinic=house.clinic, course=course, patient=course.patient, kind=missing.ASKED_FOR,
            title="Asked for", owner=house.nurse, due_at=house.now, by=None, now=house.now,
            reason="never_missing",
        )  # fmt: skip
    closed = Task.objects.filter(kind=missing.ASKED_FOR).exclude(closed_at=None)
    return asking, "settle", courses, asking.settle_all, closed


def ending(house: House) -> tuple[Any, str, list[Any], Any, Any]:
    on = house.clinic.day(house.now) + timedelta(days=20)
    rows = [
        people.add_credential(
            membership=who, kind=CredentialKind.SPECIALTY, subject="Crisis care",
            by=house.administrator, now=house.now, expires_on=on,
        )
        for who in (house.nurse, house.therapist, house.prescriber)
    ]  # fmt: skip
    warned = Task.objects.filter(about__in=[row.pk for row in rows])
    return endings, "_once", rows, care.warn_of_endings, warned


def too_late(house: House) -> tuple[Any, str, list[Any], Any, Any]:
    rows = [
        care.post(clinic=house.clinic, to=guest.patient, template="form_ready", now=house.now)
        for guest in guests(house)
    ]
    house.later(days=40)
    given_up = Message.objects.filter(state="given_up")
    return outbox, "_too_late", rows, lambda now: care.put_due(now=now), given_up


ROUNDS = [passing_on, asking_forms, reading_forms, settling, ending, too_late]


def breaks(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, row: Any, why: Any) -> None:
    """The function fails at one row and at no other."""
    works = getattr(place, name)

    def at(*args: Any, **more: Any) -> Any:
        if row in [*args, *more.values()]:
            raise why
        return works(*args, **more)

    monkeypatch.setattr(place, name, at)


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("part", ROUNDS)
def test_one_that_fails_keeps_no_other_from_its_turn_and_is_named(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: Any, part: Any, which: int
) -> None:
    place, name, rows, look, done = part(house)
    assert len(rows) == 3 and not done.exists()
    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR, "holdspace"):
        breaks(broken, place, name, rows[which], ValueError("a row like no other"))
        look(house.now)
    assert done.count() == 2
    said = [record.getMessage() for record in caplog.records]
    assert any("failed, the others go on" in line for line in said), said
    assert any(str(getattr(rows[which], "pk", rows[which])) in line for line in said), said
    look(house.now)  # and the next round does it
    assert done.count() == 3


@pytest.mark.parametrize("away", [OperationalError("gone"), InterfaceError("closed")])
@pytest.mark.parametrize("part", ROUNDS)
def test_a_database_that_is_away_ends_the_round(
    house: House, monkeypatch: pytest.MonkeyPatch, part: Any, away: Exception
) -> None:
    place, name, rows, look, _done = part(house)
    breaks(monkeypatch, place, name, rows[0], away)
    with pytest.raises(type(away)):
        look(house.now)


def test_the_list_of_tasks_opens_with_a_task_that_cannot_be_passed_on(house: House) -> None:
    first, *others = urgent(house)
    Task.objects.filter(pk=first.pk).update(passes_on=["no time at all"])
    house.later(minutes=6)
    page = signed_in(house.director).get("/chart/tasks/?show=all")
    assert page.status_code == 200
    assert not Task.objects.filter(pk__in=[t.pk for t in others], owner=house.nurse).exists()
