"""People are asked on their days: once for each form, one e-mail a day, nobody in silence."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as django_mail

from holdspace.assessment import actions as assessment
from holdspace.assessment import owed
from holdspace.assessment.actions import reminders
from holdspace.assessment.actions.questionnaires import asked_here
from holdspace.assessment.models import FormRequest
from holdspace.assessment.owed import Stands
from holdspace.care import actions as care
from holdspace.care.models import Message, Task
from tests.rooms.factory import played, sign

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def way_out(settings):
    settings.HOLDSPACE_URL = "https://juniper.example"


@pytest.fixture
def guest(db):
    """Somebody whose course was just opened, at 9 on a Monday, with somebody on call for weeks."""
    found = played(stocked=False).enquirer(email="robin@mail.example", safe_contact="email")
    found.house.on_call()
    return found


def sweep(guest, now=None):
    """One look at the guest's clinic; how many messages it queued."""
    return reminders.sweep_clinic(clinic=guest.house.clinic, now=now or guest.now)


def deliver(now):
    for row in Message.objects.filter(state="queued", next_at__lte=now):
        care.deliver(message=row.pk, now=now)


def answer(guest, request):
    asked = asked_here(request.course, request.instrument)
    for item in asked.items:
        if item.options:
            assessment.decline_item(request=request, item=item.code, now=guest.now)
    return assessment.finish(request=request, now=guest.now)


def test_the_baseline_is_asked_once_with_one_email_that_names_nothing(guest):
    assert sweep(guest) == 1
    asked = FormRequest.objects.filter(course=guest.course)
    assert {row.point for row in asked} == {"baseline"} and asked.count() > 3
    assert sweep(guest) == 0 and sweep(guest, guest.now + HOUR) == 0
    deliver(guest.now)
    (letter,) = django_mail.outbox
    assert "https://juniper.example/forms/" in letter.body
    assert not any(word in letter.body.lower() for word in ("phq", "baseline", "robin vale"))


def test_a_form_that_stays_open_is_asked_again_when_the_protocol_says_and_then_the_desk_helps(
    guest,
):
    queued = []
    for hour in range(0, 24 * 9, 3):
        at = guest.now + hour * HOUR
        if sweep(guest, at):
            queued.append(hour)
        deliver(at)
    # opened at once; due after three days and a reminder then; the last one two days later
    assert queued == [0, 72, 120]
    task = Task.objects.get(kind=reminders.LATE_TASK, patient=guest.patient)
    assert task.opened_at == guest.now + (120 + 24) * HOUR
    assert task.owner == guest.house.coordinator
    assert "PHQ" not in task.title
    assert task.course is None  # a form that nobody filled in keeps no course from being closed


def test_two_looks_and_a_month_of_silence_write_once(guest):
    late = guest.now + 20 * DAY
    assert [sweep(guest, late), sweep(guest, late)] == [1, 0]
    assert Message.objects.count() == 1


def test_what_is_answered_is_not_asked_again(guest):
    sweep(guest)
    for request in FormRequest.objects.filter(course=guest.course):
        guest.house.later(minutes=3)
        if request.instrument != "pcl-5":
            answer(guest, request)
    forms = owed.forms_of(guest.course, guest.now)
    assert {f.stands for f in forms if f.point == "baseline"} == {Stands.ANSWERED}
    assert sweep(guest, guest.now + 4 * DAY) == 0


def test_a_form_whose_answer_was_struck_is_written_about_again_once(guest):
    sweep(guest)
    for request in FormRequest.objects.filter(course=guest.course):
        guest.house.later(minutes=3)
        answer(guest, request)
    row = FormRequest.objects.get(course=guest.course, instrument="gad-7")
    by, now = guest.house.nurse, guest.house.later(days=1)
    care.strike(
        row=row.end.event, reason="not theirs", by=by, now=now, signature=sign(by, now)
    )  # fmt: skip
    assert sweep(guest) == 1
    again = FormRequest.objects.get(course=guest.course, instead_of=row)
    assert Message.objects.latest("queued_at").about == again.pk
    assert [sweep(guest, guest.now + hours * HOUR) for hours in (1, 24)] == [0, 0]


def test_who_stopped_being_asked_is_not_reminded(guest):
    sweep(guest)
    for request in FormRequest.objects.filter(course=guest.course):
        assessment.withdraw(
            request=request, reason="asked for another", by=guest.house.coordinator, now=guest.now
        )
    assert sweep(guest, guest.now + 4 * DAY) == 0


def test_a_form_that_nobody_would_read_waits_and_the_director_is_told_once():
    guest = played(stocked=False).enquirer(email="robin@mail.example", safe_contact="email")
    sweep(guest)
    sweep(guest, guest.now + HOUR)
    asked = set(
        FormRequest.objects.filter(course=guest.course).values_list("instrument", flat=True)
    )
    assert "phq-9" not in asked and "gad-7" in asked
    (task,) = Task.objects.filter(kind=reminders.NOBODY_TASK)
    assert task.owner == guest.house.director and task.patient is None
    guest.house.on_call()
    sweep(guest, guest.now + 2 * HOUR)
    assert FormRequest.objects.filter(course=guest.course, instrument="phq-9").exists()


def test_a_message_whose_form_nobody_would_read_any_more_waits_at_the_door(guest, monkeypatch):
    request = assessment.ask_to_fill(
        course=guest.course, instrument="phq-9", point="baseline", due_at=guest.now + DAY, by=None,
        now=guest.now,
    )  # fmt: skip
    message = care.post(
        clinic=guest.house.clinic, to=guest.patient, template="form_ready", about=request.pk,
        now=guest.now,
    )  # fmt: skip
    monkeypatch.setattr(reminders.risk, "may_send", lambda *a, **k: "Nobody is on call.")
    care.deliver(message=message.pk, now=guest.now)
    message.refresh_from_db()
    assert (message.state, message.next_at) == ("queued", guest.now + HOUR)
    assert django_mail.outbox == []


def test_who_wants_no_email_gets_none_and_the_form_stays_due(guest):
    care.choose_mail(patient=guest.patient, wants=False, by=None, now=guest.now)
    sweep(guest)
    assert [m.state for m in Message.objects.all()] == ["held_by_opt_out"]
    assert sum(f.stands is Stands.DUE for f in owed.forms_of(guest.course, guest.now)) > 3


def test_who_has_no_address_is_called_by_the_desk():
    guest = played(stocked=False).enquirer(safe_contact="phone")
    guest.house.on_call()
    sweep(guest)
    task = Task.objects.get(kind="call_instead", patient=guest.patient)
    assert task.owner == guest.house.coordinator


def test_what_comes_up_at_night_is_sent_in_the_morning(guest):
    night = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)  # 22:00 in Denver
    sweep(guest, night)
    message = Message.objects.get()
    assert message.not_before == datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
    deliver(night)
    assert django_mail.outbox == []


def test_nothing_is_asked_of_somebody_who_was_declined(guest):
    care.decline_course(
        course=guest.course, reason="not now", way_on="Their own doctor",
        by=guest.house.prescriber, now=guest.house.later(minutes=5),
    )  # fmt: skip
    assert sweep(guest, guest.now + HOUR) == 0 and not FormRequest.objects.exists()


def test_another_clinics_people_are_left_alone(guest):
    other = played(stocked=False)
    assert reminders.sweep_clinic(clinic=other.clinic, now=guest.now) == 0
    assert not FormRequest.objects.filter(clinic=guest.house.clinic).exists()
