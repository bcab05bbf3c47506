"""Not here or not now: a signed letter, the question owed again on its day, and the way back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.care.models import Task
from holdspace.core import journey
from holdspace.core.kind_ends import EndReason, KindEnd
from tests.rooms.factory import played, sign
from tests.rooms.people.cast import PASSWORD

pytestmark = pytest.mark.django_db
END = KindEnd(EndReason.ELSEWHERE, "Denver Health, 303 436 6000", "the desk, 303 555 0100")


@pytest.fixture
def guest():
    return played(stocked=False).enquirer()


def ended(guest, end=END):
    by = guest.house.prescriber
    return care.end_kindly(
        course=guest.course, end=end, signature=sign(by, guest.now), by=by, now=guest.now
    )


def not_now(guest, days=30):
    on = guest.house.clinic.day(guest.now) + timedelta(days=days)
    return KindEnd(EndReason.NOT_NOW, END.way_on, END.whom, again_on=on)


def state(guest):
    facts = loader.load(guest.course, now=guest.now)
    return journey.state(facts, loader.protocol_of(guest.course))


def test_an_end_is_recorded_with_its_code_and_a_signed_letter(guest):
    letter = ended(guest)
    assert letter.body == care.letter_of(guest.course, END, guest.now)
    event = care.kind_end_of(guest.course)
    body = loader.decoded(event).body
    assert (body.code, body.way_on, body.again_on) == ("elsewhere", END.way_on, None)
    assert state(guest) is journey.State.DECLINED_HERE
    assert not Task.objects.filter(kind="ask_again").exists()
    with pytest.raises(care.WrongInput, match="ended already"):
        ended(guest)
    assert guest.course.documents.filter(kind="letter_to_person").count() == 1


def test_not_now_owes_the_question_again_to_the_desk_on_the_morning_of_its_day(guest):
    end = not_now(guest)
    ended(guest, end)
    (task,) = Task.objects.filter(kind="ask_again")
    local = task.due_at.astimezone(guest.house.clinic.zone)
    assert (local.date(), local.hour) == (end.again_on, 9)
    assert task.owner == guest.house.coordinator and task.course is None
    assert task.title == f"Ask again, as agreed: {guest.patient.called}, {guest.patient.display_id}"


@pytest.mark.parametrize(
    "end",
    [
        KindEnd(EndReason.NOT_NOW, "a way", "the desk"),
        KindEnd(EndReason.HEALTH, " ", "the desk"),
        KindEnd(EndReason.HEALTH, "a way", "the desk", again_on=date(2001, 1, 1)),
    ],
)
def test_what_sends_somebody_away_with_nothing_is_not_recorded(guest, end):
    with pytest.raises(care.WrongInput):
        ended(guest, end)
    assert care.kind_end_of(guest.course) is None
    assert not guest.course.documents.exists()


def test_the_way_back_is_a_new_signed_act_and_hides_nothing(guest):
    ended(guest, not_now(guest))
    guest.house.later(days=2)
    by = guest.house.therapist
    care.open_again(
        course=guest.course, because="They called and would like to begin.", by=by,
        signature=sign(by, guest.now), now=guest.now,
    )  # fmt: skip
    assert state(guest) is journey.State.ASSESSING
    assert guest.course.events.filter(kind="course_declined").exists()
    assert guest.course.documents.filter(kind="letter_to_person").exists()
    (strike,) = guest.course.strikes.all()
    assert strike.by == by and "They called" in strike.reason
    (task,) = Task.objects.filter(kind="ask_again")
    assert task.outcome == "The course is open again." and task.closed_by is None
    with pytest.raises(care.WrongInput, match="did not end"):
        care.open_again(
            course=guest.course, because="again", by=by, signature=sign(by, guest.now),
            now=guest.now,
        )  # fmt: skip


def test_a_course_is_not_opened_again_beside_another_one(guest):
    ended(guest)
    house = guest.house
    opened = care.open_course(
        patient=guest.patient, protocol=house.protocol, route=loader.core.Route.IM,
        by=house.prescriber, now=house.now,
    )  # fmt: skip
    assert opened.allowed
    with pytest.raises(care.WrongInput, match="Another course"):
        care.open_again(
            course=guest.course, because="They called.", by=house.prescriber,
            signature=sign(house.prescriber, house.now), now=house.now,
        )  # fmt: skip


# --- the pages


def typed(**more):
    return {
        "reason": "danger", "way_on": "Denver Health, 303 436 6000", "whom": "the desk",
        "says": "You were brave to tell us.", "note": "ZQX for us", **more,
    }  # fmt: skip


def test_the_letter_is_read_word_for_word_then_signed_and_printed(guest, screens):
    browser = screens(guest.house)(guest.house.prescriber)
    address = reverse("care:decline", args=[guest.course.id])
    shown = browser.post(address, typed())
    assert shown.context["letter"].startswith("If you are in danger")
    assert "You were brave" in shown.context["letter"] and "ZQX" not in shown.context["letter"]
    assert care.kind_end_of(guest.course) is None, "shown is not signed"
    changed = browser.post(address, typed(change="1")).content.decode()
    assert "See the letter" in changed and "You were brave" in changed and "ZQX" in changed
    seen = shown.context["seen"]
    other = browser.post(address, typed(seen=seen, says="Else.", password=PASSWORD))
    assert "another one by now" in other.content.decode()
    wrong = browser.post(address, typed(seen=seen, password="not mine"))
    assert wrong.status_code == 200 and care.kind_end_of(guest.course) is None
    done = browser.post(address, typed(seen=seen, password=PASSWORD))
    letter = guest.course.documents.get(kind="letter_to_person")
    assert done["Location"] == reverse("care:letter", args=[letter.id])
    assert letter.body == shown.context["letter"]
    paper = browser.get(done["Location"]).content.decode()
    assert "You were brave" in paper and "ZQX" not in paper and "Allergies" not in paper
    chart = browser.get(f"/chart/{guest.patient.id}/").content.decode()
    assert reverse("care:reopen", args=[guest.course.id]) in chart


def test_not_now_without_its_day_keeps_what_was_typed(guest, screens):
    browser = screens(guest.house)(guest.house.prescriber)
    address = reverse("care:decline", args=[guest.course.id])
    page = browser.post(address, typed(reason="not_now")).content.decode()
    assert "needs the day" in page and "You were brave" in page


def test_the_course_is_opened_again_on_its_page(guest, screens):
    ended(guest)
    browser = screens(guest.house)(guest.house.prescriber)
    address = reverse("care:reopen", args=[guest.course.id])
    refused = browser.post(address, {"because": "They called.", "password": "wrong"})
    assert refused.status_code == 200 and "They called." in refused.content.decode()
    done = browser.post(address, {"because": "They called.", "password": PASSWORD})
    assert done.status_code == 302 and care.kind_end_of(guest.course) is None
