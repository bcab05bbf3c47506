"""Integration: the visit after a session counts, and a course closes through its own door."""

from datetime import timedelta
from decimal import Decimal

import pytest

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.core.decision import Door
from holdspace.integration import actions as integration
from tests.rooms.factory import passed, played, sign
from tests.rooms.people.cast import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def rested(db):
    """The day after a session with one dose; the person was reached and is well."""
    day = played().guest().open()
    day.give("50 mg")
    day.settle()
    passed(day.discharge())
    day.house.later(hours=24)
    day.guest.observe(next_day_contact="reached_well")
    return day


def visited(day, by=None):
    by = by or day.house.therapist
    return integration.hold_visit(
        course=day.guest.course, note="A door in the dark.", after=day.session,
        signature=sign(by, day.now), by=by, now=day.now,
    )  # fmt: skip


def finding(day, code="integration_missing"):
    decision = care.ask(
        Door.NEXT_SESSION, day.guest.course, by=day.house.coordinator, now=day.now,
        booked_for=day.now + timedelta(days=14),
    )  # fmt: skip
    return next(f for f in decision.findings if f.code.value == code)


def test_the_next_session_waits_for_the_visit_after_this_one(rested):
    assert not finding(rested).passes
    document = visited(rested)
    assert finding(rested).passes
    (visit,) = (
        v
        for v in loader.load(rested.guest.course, now=rested.now).visits
        if v.phase == "integration"
    )
    assert (visit.id, visit.after_session) == (str(document.id), str(rested.session.id))


def test_a_visit_that_somebody_else_held_is_kept_and_does_not_count(rested):
    document = visited(rested, rested.house.nurse)
    assert document.kind == "integration_note"
    assert not finding(rested).passes


def test_a_course_closes_with_its_visit_its_outcome_and_nothing_open(rested, screens):
    house, course = rested.house, rested.guest.course
    browser = screens(house)(house.therapist)
    address = f"/integration/{course.id}/close/"
    typed = {"outcome_words": "better", "summary": "Two nights of sleep.", "password": PASSWORD}
    refused = browser.post(address, typed)
    assert refused["Location"].startswith("/chart/decision/")
    page = browser.post(
        f"/integration/{course.id}/visit/",
        {"came_up": "A door in the dark", "wellbeing": "Sleeping", "password": PASSWORD},
    )
    assert page.status_code == 302
    rested.guest.observe(phq9_total=Decimal(7))
    house.later(minutes=5)
    for task in course.tasks.filter(closed_at__isnull=True):
        care.read_task(task=task, by=task.owner, now=house.now)
        care.close_task(task=task, outcome="Reached, well.", by=task.owner, now=house.now)
    missing = browser.post(address, typed | {"summary": ""})
    assert missing.status_code == 200 and missing.context["form"].errors.keys() == {"summary"}
    closed = browser.post(address, typed)
    assert closed["Location"] == f"/chart/{rested.guest.patient.id}/"
    assert course.documents.get(kind="closing_summary").body == "Two nights of sleep."
    chart = browser.get(closed["Location"]).content.decode()
    assert "Course closed: better" in chart


def test_the_visit_page_shows_the_trend_and_keeps_what_was_typed(rested, screens):
    browser = screens(rested.house)(rested.house.therapist)
    address = f"/integration/{rested.guest.course.id}/visit/"
    page = browser.get(address).content.decode()
    assert "<svg" in page and "50 mg" in page and "After session 1" in page
    again = browser.post(address, {"came_up": "A door", "password": PASSWORD})
    assert again.status_code == 200 and b"A door" in again.content
    assert again.context["form"].errors.keys() == {"wellbeing"}
