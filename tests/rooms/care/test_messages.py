"""The outbox: neutral words, queued with the act, sent once, never at night, never in silence."""

import smtplib
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as django_mail
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from holdspace.care import actions as care
from holdspace.care import mail, mail_words
from holdspace.care.actions import WrongInput, messages
from holdspace.care.models import MailChoice, Message, Task
from holdspace.core.facts import Role
from holdspace.core.neutral import gives_away
from holdspace.people import actions as people
from holdspace.people.models import Patient
from holdspace.people.signing import Refused
from holdspace.records.models import Entry
from tests.rooms.people.cast import clinic_at, fresh, member, person

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)  # a Monday, 12:00 in Denver
NIGHT = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)  # 22:00
MORNING = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # 08:00
State = Message.State


@pytest.fixture(autouse=True)
def way_out(settings):
    settings.HOLDSPACE_URL = "https://juniper.example"


@pytest.fixture
def house(db):
    cast = clinic_at()
    member(cast, Role.COORDINATOR, name="Cleo Marsh")
    people.change_clinic(
        by=cast.administrator, now=NOON, sender_name="Juniper House", phone="303 555 0100"
    )
    cast.clinic.refresh_from_db()
    return cast


@pytest.fixture
def desk(house):
    return fresh(next(m for m in house.clinic.memberships.all() if m.name == "Cleo Marsh"))


@pytest.fixture
def robin(house):
    return person(house, email="robin@mail.example", safe_contact="email")


@pytest.fixture(autouse=True)
def _no_room_makes_links(monkeypatch):
    """These messages are about no form; a link is what the test says it is."""
    for template in list(mail_words.LINK_MAKERS):
        monkeypatch.delitem(mail_words.LINK_MAKERS, template)


def post(house, to, template="form_ready", now=NOON, **more):
    return care.post(clinic=house.clinic, to=to, template=template, now=now, **more)


def run(message, now):
    found = care.deliver(message=message.pk, now=now)
    message.refresh_from_db()
    return found


class Refusing:
    """A mail server that refuses every letter with one answer, and counts."""

    def __init__(self, monkeypatch, problem):
        self.asked = 0
        self.problem = problem
        monkeypatch.setattr(mail, "send", self)

    def __call__(self, row, link):
        self.asked += 1
        raise self.problem


# ---------------------------------------------------------------- words


@pytest.mark.parametrize("key", mail_words.TEMPLATES)
def test_no_text_says_anything_about_health(key):
    template = mail_words.TEMPLATES[key]
    text = mail_words.body(template, link="LINK", phone="303 555 0100", stop="STOP")
    assert gives_away(text) == ""
    assert gives_away(mail_words.subject("Juniper House") + mail_words.subject("")) == ""


def test_what_arrives_names_nobody_and_nothing_but_a_link_and_a_way_to_end_it(house, robin):
    message = post(house, robin, link="/f/token")
    assert run(message, NOON) == State.SENT
    (letter,) = django_mail.outbox
    assert letter.subject == "A message from Juniper House"
    assert letter.to == ["robin@mail.example"] and message.address == "robin@mail.example"
    assert "https://juniper.example/f/token" in letter.body and "303 555 0100" in letter.body
    assert "https://juniper.example/no-more/" in letter.body
    whole = letter.subject + letter.body + letter.from_email
    assert not any(word in whole for word in ("Robin", "Vale", robin.display_id, "PHQ"))
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_address_that_ends_mail_gives_nothing_away(robin):
    assert gives_away(mail.stop_path(robin).rsplit("/", 2)[0]) == ""


@pytest.mark.parametrize("name", ["Juniper Ketamine", "KAP clinic"])
def test_a_sender_name_that_tells_is_refused(house, name):
    with pytest.raises(Refused, match="neutral"):
        people.change_clinic(by=house.administrator, now=NOON, sender_name=name)


def test_staff_templates_are_for_staff_and_the_others_for_people(house, robin, desk):
    for to, template in ((robin, "task_now"), (desk, "form_ready")):
        with pytest.raises(WrongInput, match="not for them"):
            post(house, to, template)


def test_nobody_of_another_clinic_is_written_to(house, robin):
    other = clinic_at(name="Elsewhere")
    with pytest.raises(WrongInput, match="not of this clinic"):
        post(other, robin)


# ---------------------------------------------------------------- quiet hours


def test_at_night_a_reminder_waits_for_the_morning(house, robin):
    message = post(house, robin, now=NIGHT)
    assert (message.state, message.not_before) == (State.QUEUED, MORNING)
    assert not DBTaskResult.objects.exists()
    assert run(message, MORNING - timedelta(seconds=1)) == "not now"
    assert care.put_due(now=MORNING - timedelta(seconds=1)) == 0
    assert care.put_due(now=MORNING) == 1
    assert run(message, MORNING) == State.SENT


def test_a_reminder_that_comes_up_at_night_all_the_same_waits_again(house, robin):
    message = post(house, robin)
    assert run(message, NIGHT) == "not now"
    assert (message.state, message.next_at, message.tries) == (State.QUEUED, MORNING, 0)


def test_what_cannot_wait_reaches_staff_at_night(house, desk):
    assert run(post(house, desk, "task_now", NIGHT, link="/x"), NIGHT) == State.SENT
    assert post(house, desk, "task_waiting", NIGHT).not_before == MORNING


# ---------------------------------------------------------------- who may be written to


@pytest.mark.parametrize(
    ("details", "state", "why"),
    [
        ({"safe_contact": "email"}, State.BY_PHONE, "no e-mail address"),
        ({"safe_contact": "phone", "email": "r@m.example"}, State.BY_PHONE, "phone call"),
        ({"safe_contact": "sms", "email": "r@m.example"}, State.BY_PHONE, "text message"),
        ({"safe_contact": "post", "email": "r@m.example"}, State.BY_PHONE, "post"),
        ({"safe_contact": "", "email": "r@m.example"}, State.BY_PHONE, "not asked"),
        ({"safe_contact": "none", "email": "r@m.example"}, State.HELD, "not to be contacted"),
    ],
)
def test_only_who_chose_email_gets_email(house, desk, details, state, why):
    robin = person(house, **details)
    message = post(house, robin)
    assert message.state == state and why in message.last_error
    tasks = Task.objects.filter(patient=robin, closed_at=None)
    assert [t.owner for t in tasks] == ([desk] if state == State.BY_PHONE else [])
    assert run(message, NOON) == "not now" and django_mail.outbox == []


def test_a_second_message_opens_no_second_task_to_call(house, desk):
    robin = person(house, safe_contact="phone")
    post(house, robin)
    post(house, robin, "please_call")
    assert Task.objects.filter(patient=robin, kind="call_instead").count() == 1


def test_a_choice_made_after_queueing_counts_when_it_is_sent(house, desk, robin):
    message = post(house, robin)
    coordinator = desk
    people.change_details(patient=robin, by=coordinator, now=NOON, safe_contact="phone")
    assert run(message, NOON) == "not now"
    assert message.state == State.BY_PHONE and django_mail.outbox == []
    assert Task.objects.filter(patient=robin, kind="call_instead").exists()


def test_who_left_is_not_written_to(house, desk):
    message = post(house, desk, "task_waiting", link="/x")
    people.end_membership(membership=desk, by=house.administrator, now=NOON)
    assert run(message, NOON) == "not now" and message.state == State.CANCELLED
    assert post(house, fresh(desk), "task_waiting") is None


def test_one_press_ends_email_without_sign_in_and_looking_does_not(house, desk, robin):
    waiting = post(house, robin, now=NIGHT)
    path = mail.stop_path(robin)
    browser = Client(enforce_csrf_checks=True)
    assert b"Send me no more" in browser.get(path).content
    assert care.wants_mail(robin)
    ended = browser.post(path, {"List-Unsubscribe": "One-Click"})
    assert ended.status_code == 200 and b"no more e-mails" in ended.content
    assert b"Robin" not in ended.content and b"mail.example" not in ended.content
    waiting.refresh_from_db()
    assert waiting.state == State.HELD and not care.wants_mail(robin)
    assert post(house, robin).state == State.HELD
    browser.post(path)
    assert MailChoice.objects.filter(patient=robin).count() == 1
    assert Entry.objects.filter(act="mail_not_wanted").count() == 1


def test_a_link_that_was_changed_ends_nothing(robin):
    path = mail.stop_path(robin)
    assert Client().post(path[:-3] + "xx/").status_code == 404
    assert care.wants_mail(robin)


def test_email_begins_again_only_with_a_reason_and_by_staff(house, desk, robin):
    later = NOON + timedelta(minutes=5)
    care.choose_mail(patient=robin, wants=False, by=None, now=NOON)
    for by, reason in ((None, "asked"), (desk, " "), (house.administrator, "asked at the desk")):
        with pytest.raises(WrongInput):
            care.choose_mail(patient=robin, wants=True, by=by, now=later, reason=reason)
    care.choose_mail(patient=robin, wants=True, by=desk, now=later, reason="asked at the desk")
    assert post(house, robin, now=later).state == State.QUEUED


# ---------------------------------------------------------------- once, and not in silence


def test_a_message_goes_out_once_however_often_it_is_asked_for(house, robin):
    message = post(house, robin)
    assert [run(message, NOON), run(message, NOON)] == [State.SENT, "not now"]
    assert len(django_mail.outbox) == 1


def test_the_same_reason_is_written_once(house, robin):
    first, second = (post(house, robin, once="form:1:day") for _ in range(2))
    assert first.pk == second.pk and Message.objects.count() == 1
    assert DBTaskResult.objects.count() == 1


def test_what_rolls_back_was_never_queued(house, robin):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        post(house, robin)
        raise ZeroDivisionError
    assert not Message.objects.exists() and not DBTaskResult.objects.exists()


def test_a_server_that_fails_is_asked_again_with_growing_gaps_and_then_somebody_calls(
    house, desk, robin, monkeypatch
):
    server = Refusing(monkeypatch, smtplib.SMTPServerDisconnected("gone"))
    message = post(house, robin)
    at, gaps = NOON, []
    people.change_clinic(
        by=house.administrator, now=NOON, quiet_from=house.clinic.quiet_until
    )  # no quiet hours, so that the gaps are seen as they are
    while run(message, at) == State.FAILED:
        gaps.append(message.next_at - at)
        assert run(message, message.next_at - timedelta(seconds=1)) == "not now"
        at = message.next_at
    assert gaps == list(messages.GAPS) and gaps == sorted(gaps)
    assert message.state == State.GIVEN_UP and server.asked == len(gaps) + 1
    task = Task.objects.get(patient=robin, kind="call_instead")
    assert task.owner == desk and "SMTPServerDisconnected" in task.title
    assert run(message, at + timedelta(days=1)) == "not now"


def test_an_address_that_is_refused_for_good_is_not_tried_again(house, desk, robin, monkeypatch):
    gone = smtplib.SMTPRecipientsRefused({"robin@mail.example": (550, b"no such user")})
    Refusing(monkeypatch, gone)
    message = post(house, robin)
    assert run(message, NOON) == State.GIVEN_UP
    assert message.last_error == "SMTPRecipientsRefused 550"
    assert Task.objects.filter(patient=robin, owner=desk).exists()


def test_a_server_that_is_busy_is_tried_again(house, robin, monkeypatch):
    busy = smtplib.SMTPRecipientsRefused({"robin@mail.example": (451, b"later")})
    Refusing(monkeypatch, busy)
    assert run(post(house, robin), NOON) == State.FAILED


def test_a_staff_message_that_never_arrives_becomes_the_desks_task(house, desk, monkeypatch):
    gone = smtplib.SMTPRecipientsRefused({"x": (550, b"no such user")})
    Refusing(monkeypatch, gone)
    run(post(house, house.director, "task_now", link="/x"), NOON)
    assert "Amara Osei" in Task.objects.get(kind="call_instead").title


def test_a_worker_that_died_while_sending_is_found_out_after_its_lease(house, robin, monkeypatch):
    message = post(house, robin)

    def died(row, link):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(mail, "send", died)
        care.deliver(message=message.pk, now=NOON)
    message.refresh_from_db()
    assert message.state == State.SENDING
    soon = NOON + timedelta(minutes=1)
    assert run(message, soon) == "not now" and care.put_due(now=soon) == 0
    late = NOON + messages.LEASE
    assert care.put_due(now=late) == 1
    assert run(message, late) == State.SENT and message.tries == 2


def test_without_a_mail_server_messages_wait_and_end_as_a_task(house, desk, robin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    message = post(house, robin)
    assert run(message, NOON) == "no way out" and message.state == State.QUEUED
    assert care.put_due(now=NOON + timedelta(days=1)) == 0
    care.put_due(now=message.not_after + timedelta(seconds=1))
    message.refresh_from_db()
    assert message.state == State.GIVEN_UP and "no mail server" in message.last_error
    assert Task.objects.filter(patient=robin, owner=desk).exists()


def test_a_link_is_made_when_the_message_is_sent_and_not_kept(house, robin, monkeypatch):
    monkeypatch.setitem(mail_words.LINK_MAKERS, "form_ready", lambda row, now: "/f/fresh-token")
    message = post(house, robin)
    run(message, NOON)
    assert "/f/fresh-token" in django_mail.outbox[0].body and message.link == ""


def test_a_link_that_may_not_be_made_yet_waits_and_one_that_never_may_is_cancelled(
    house, robin, monkeypatch
):
    tomorrow = NOON + timedelta(hours=20)

    def not_yet(row, now):
        raise mail_words.CannotLink("nobody is on call", tomorrow)

    def never(row, now):
        raise mail_words.CannotLink("answered already")

    message = post(house, robin)
    monkeypatch.setitem(mail_words.LINK_MAKERS, "form_ready", not_yet)
    run(message, NOON)
    assert (message.state, message.next_at, message.tries) == (State.QUEUED, tomorrow, 0)
    monkeypatch.setitem(mail_words.LINK_MAKERS, "form_ready", never)
    run(message, tomorrow)
    assert message.state == State.CANCELLED and django_mail.outbox == []


# ---------------------------------------------------------------- by hand, and on the record


def test_a_coordinator_cancels_what_waits_and_sends_again_what_has_ended(house, desk, robin):
    message = care.cancel_message(message=post(house, robin, now=NIGHT), by=desk, now=NIGHT)
    assert message.state == State.CANCELLED
    with pytest.raises(WrongInput, match="not waiting"):
        care.cancel_message(message=message, by=desk, now=NIGHT)
    again = care.send_again(message=message, by=desk, now=NOON)
    assert run(again, NOON) == State.SENT
    with pytest.raises(WrongInput, match="may not change"):
        care.cancel_message(message=again, by=house.director, now=NOON)


def test_nobody_sends_again_to_somebody_who_wants_no_email(house, desk, robin):
    message = care.cancel_message(message=post(house, robin, now=NIGHT), by=desk, now=NIGHT)
    care.choose_mail(patient=robin, wants=False, by=None, now=NIGHT)
    with pytest.raises(WrongInput, match="asked for no e-mails"):
        care.send_again(message=message, by=desk, now=NOON)


def test_every_change_is_chained_with_ids_and_codes_only(house, robin):
    run(post(house, robin), NOON)
    entries = Entry.objects.filter(stream=f"person:{robin.pk}", act__startswith="message")
    assert [e.act for e in entries.order_by("seq")] == ["message_queued", "message_sent"]
    assert not any("robin@" in e.body or "Robin" in e.body for e in entries)


def test_the_page_that_ends_mail_is_public_and_named(robin):
    assert mail.stop_path(robin).startswith(reverse("welcome:no_more_mail", args=["x"])[:9])
    assert Patient.objects.get(pk=robin.pk) == mail.person_of(mail.stop_path(robin).split("/")[2])


def test_finished_jobs_are_forgotten_and_waiting_ones_are_kept(house, robin):
    message = post(house, robin)
    row = DBTaskResult.objects.get()
    far = row.enqueued_at + timedelta(days=9)
    assert care.forget_finished_jobs(before=far) == 0
    row.claim("worker")
    assert care.forget_finished_jobs(before=far) == 1
    message.refresh_from_db()
    assert message.state == State.QUEUED
