"""Owed work is read, answered and closed by the one it belongs to; nothing ends in silence."""

from datetime import timedelta

import pytest
from django.urls import reverse

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.care.actions import WrongInput
from holdspace.people import actions as people
from holdspace.records.models import Entry
from tests.rooms.factory import played
from tests.rooms.people.cast import stranger

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest(db):
    return played(stocked=False).enquirer()


def opened(guest, **changes):
    house = guest.house
    asked = {
        "kind": "risk", "title": "Item 9 was answered: talk today", "owner": house.therapist,
        "due_at": guest.now + timedelta(hours=1), "by": house.nurse, "patient": guest.patient,
        "course": guest.course, "holds": True, "escalates_to": house.prescriber,
        "escalates_at": guest.now + timedelta(hours=2),
    }  # fmt: skip
    return care.open_task(clinic=house.clinic, now=guest.now, **{**asked, **changes})


def closed(guest, task, by=None, outcome="Talked; safety plan written."):
    by = by or guest.house.therapist
    return care.close_task(task=task, outcome=outcome, by=by, now=guest.now)


def read(guest, task, by=None):
    return care.read_task(task=task, by=by or guest.house.therapist, now=guest.now)


def test_a_task_is_not_closed_unread_by_another_or_without_its_outcome(guest):
    task = opened(guest)
    for prepare, more, field in (
        (None, {}, "task"),
        (None, {"by": guest.house.nurse}, "by"),
        (read, {"outcome": "  "}, "outcome"),
    ):
        if prepare:
            prepare(guest, task)
        with pytest.raises(WrongInput) as wrong:
            closed(guest, task, **more)
        assert wrong.value.field == field
    task.refresh_from_db()
    assert task.closed_at is None
    done = closed(guest, task)
    assert (done.closed_by, done.outcome) == (guest.house.therapist, "Talked; safety plan written.")
    with pytest.raises(WrongInput, match="already closed"):
        closed(guest, task)


def test_reading_counts_for_the_owner_only_and_once(guest):
    task = opened(guest, escalates_to=None)
    assert read(guest, task, guest.house.nurse).read_at is None
    first = read(guest, task).read_at
    guest.house.later(minutes=5)
    assert read(guest, task).read_at == first
    assert Entry.objects.filter(stream=guest.course.stream, act="task_read").count() == 1


def test_a_task_that_was_handed_over_is_unread_again_and_belongs_to_the_new_owner(guest):
    house = guest.house
    task = opened(guest)
    read(guest, task)
    task = care.hand_over_task(task=task, to=house.nurse, by=house.therapist, now=guest.now)
    assert (task.owner, task.read_at) == (house.nurse, None)
    with pytest.raises(WrongInput, match="somebody else"):
        closed(guest, task)
    with pytest.raises(WrongInput, match="not been read"):
        closed(guest, task, by=house.nurse)
    read(guest, task, house.nurse)
    assert closed(guest, task, by=house.nurse).closed_at == guest.now


def test_nobody_hands_a_task_to_another_clinic_or_to_somebody_without_tasks(guest):
    for to in (stranger(), guest.house.reviewer):
        with pytest.raises(WrongInput) as wrong:
            care.hand_over_task(task=opened(guest), to=to, by=guest.house.therapist, now=guest.now)
        assert wrong.value.field == "to"


def test_a_task_that_holds_keeps_doors_shut_until_it_is_closed(guest):
    task = opened(guest)
    assert [t.holds for t in loader.load(guest.course, now=guest.now).tasks] == [True]
    read(guest, task)
    closed(guest, task)
    assert loader.load(guest.course, now=guest.now).tasks == ()


def test_an_escalated_task_appears_among_the_tasks_of_whom_it_went_to(guest, screens):
    house = guest.house
    opened(guest)
    browser = screens(house)(house.prescriber)
    assert b"Item 9 was answered" not in browser.get("/chart/tasks/").content
    house.later(hours=2)
    page = browser.get("/chart/tasks/").content.decode()
    assert "Item 9 was answered" in page and "Overdue" in page and "not read yet" in page


def test_opening_a_task_reads_it_and_closing_it_on_the_page_keeps_what_was_typed(guest, screens):
    house = guest.house
    task = opened(guest)
    browser = screens(house)(house.therapist)
    address = f"/chart/tasks/{task.id}/"
    unread = browser.post(address, {"close": "1", "outcome": "Talked on the phone."})
    assert unread.status_code == 200
    content = unread.content.decode()
    assert "has not been read" in content and "Talked on the phone." in content
    assert b"Owner" in browser.get(address).content
    answer = browser.post(address, {"close": "1", "outcome": "Talked on the phone."})
    assert answer.status_code == 302
    task.refresh_from_db()
    assert task.closed_at == house.now


def test_the_desk_sees_whom_to_ask_and_not_why(guest, screens):
    house = guest.house
    task = opened(guest)
    browser = screens(house)(house.coordinator)
    page = browser.get("/chart/tasks/?show=all").content.decode()
    assert "Clinical hold: ask Noor Haddad" in page and "Item 9" not in page
    assert browser.get(f"/chart/tasks/{task.id}/").status_code == 404


def test_the_task_of_a_restricted_file_is_not_listed_to_those_outside_its_team(guest, screens):
    house = guest.house
    opened(guest, escalates_to=None)
    people.join_team(
        patient=guest.patient, membership=house.therapist, by=house.director, now=guest.now
    )
    people.restrict_file(
        patient=guest.patient, restricted=True, reason="A colleague.", by=house.director,
        now=guest.now,
    )  # fmt: skip
    at = screens(house)
    assert b"Item 9" not in at(house.nurse).get("/chart/tasks/?show=all").content
    assert b"Item 9" in at(house.therapist).get("/chart/tasks/?show=all").content


# --- a task about safety, on its page -------------------------------------------------------------


@pytest.fixture
def called(guest):
    """An answer about safety that the therapist owns, with the words of the answer."""
    return opened(
        guest, kind="risk_answer", tier="now", words="Thoughts of dying: nearly every day"
    )


def page_of(guest, task, screens, member=None):
    browser = screens(guest.house)(member or guest.house.therapist)
    return browser, reverse("care:task", args=[task.id])


def test_a_task_about_safety_is_closed_on_its_page_with_how_it_ended(guest, called, screens):
    browser, address = page_of(guest, called, screens)
    assert "Thoughts of dying" in browser.get(address).content.decode()
    typed = {"close": "1", "outcome": "Talked for half an hour."}
    answer = browser.post(address, typed).content.decode()
    assert "Talked for half an hour." in answer and "required" in answer
    called.refresh_from_db()
    assert called.closed_at is None
    browser.post(address, {**typed, "code": "reached_plan"})
    called.refresh_from_db()
    assert called.closed_at and called.outcome_code == "reached_plan"


def test_an_ordinary_task_asks_for_no_such_list(guest, screens):
    browser, address = page_of(guest, opened(guest, kind="other"), screens)
    assert "How it ended" not in browser.get(address).content.decode()


@pytest.mark.parametrize(("minutes", "open_until"), [(-5, None), (30, 30), (61, None)])
def test_somebody_who_was_not_reached_is_tried_again_in_time(
    guest, called, screens, minutes, open_until
):
    browser, address = page_of(guest, called, screens)
    browser.get(address)
    at = (guest.now + timedelta(minutes=minutes)).astimezone(guest.house.clinic.zone)
    typed = {"not_reached": "1", "next_at": f"{at:%Y-%m-%dT%H:%M}", "words": "Rang twice."}
    answer = browser.post(address, typed, follow=True).content.decode()
    called.refresh_from_db()
    assert called.closed_at is None and called.tries == (open_until is not None)
    if open_until is None:
        assert "Rang twice." in answer and "Accepted" in answer


def test_an_answer_about_safety_is_handed_only_to_who_may_read_it(guest, called, screens):
    browser, address = page_of(guest, called, screens)
    browser.get(address)
    to = {"to": str(guest.house.coordinator.pk)}
    said = browser.post(f"{address}hand-over/", to, follow=True).content.decode()
    called.refresh_from_db()
    assert "may not read the answer" in said and called.owner == guest.house.therapist


WROTE = "Spoke with her sister; she is on her way."


def urgent(guest, **changes):
    return opened(guest, kind="enquiry_call_now", **changes)


@pytest.mark.parametrize(
    ("sent", "beside"),
    [
        ({"close": "1", "code": "reached_safe", "outcome": WROTE}, "Reached, and safe now"),
        ({"close": "1", "code": "", "outcome": WROTE}, ""),
        ({"not_reached": "1", "next_at": "2026-03-02T23:10", "words": WROTE}, "2026-03-02T23:10"),
    ],
)
def test_a_task_that_a_colleague_closed_meanwhile_says_who_and_how_and_gives_the_words_back(
    guest, screens, sent, beside
):
    house, task = guest.house, urgent(guest)
    browser = screens(house)(house.therapist)
    address = f"/chart/tasks/{task.id}/"
    browser.get(address)
    care.hand_over_task(task=task, to=house.prescriber, by=house.therapist, now=guest.now)
    read(guest, task, house.prescriber)
    care.close_task(
        task=task, outcome="Ambulance called.", code="emergency", by=house.prescriber, now=guest.now
    )
    late = browser.post(address, sent)
    page = late.content.decode()
    assert late.status_code == 409
    for said in ("closed this at", house.prescriber.name, "Sent to emergency care", "Ambulance"):
        assert said in page.partition("How to reach them")[0]
    assert WROTE in page.partition("<textarea")[2].partition("</textarea>")[0] and beside in page

    assert browser.post(address, {"add": "1", "outcome": WROTE}).status_code == 302
    task.refresh_from_db()
    assert (task.outcome, task.closed_by) == ("Ambulance called.", house.prescriber)
    assert task.steps.get(what="added").words == WROTE
    assert WROTE in browser.get(address).content.decode()
    assert Entry.objects.filter(stream=guest.course.stream, act="task_added").count() == 1


def test_whoever_the_clock_passed_over_still_opens_the_task_and_adds_what_they_did(guest, screens):
    house = guest.house
    task = urgent(guest, owner=house.coordinator, escalates_to=None)
    house.later(hours=3)
    care.escalate_due(house.now)
    task.refresh_from_db()
    heir = task.owner
    assert heir != house.coordinator != task.escalates_to
    care.read_task(task=task, by=heir, now=house.now)
    care.close_task(task=task, outcome="Talked.", code="reached_safe", by=heir, now=house.now)
    browser = screens(house)(house.coordinator)
    late = browser.post(f"/chart/tasks/{task.id}/", {"close": "1", "code": "", "outcome": WROTE})
    assert late.status_code == 409 and WROTE in late.content.decode()


def test_words_are_added_to_a_closed_task_alone_and_never_empty(guest):
    house, task = guest.house, opened(guest)
    for prepare, words, by, field in (
        (None, WROTE, house.therapist, "task"),
        (lambda: (read(guest, task), closed(guest, task)), " ", house.therapist, "words"),
        (None, WROTE, house.reviewer, "by"),
        (None, WROTE, stranger(), "by"),
    ):
        if prepare:
            prepare()
        with pytest.raises(WrongInput) as wrong:
            care.add_to_closed_task(task=task, words=words, by=by, now=guest.now)
        assert wrong.value.field == field
