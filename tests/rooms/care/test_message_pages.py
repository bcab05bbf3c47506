"""The desk's pages: what was written to whom, how a person may be reached, what staff get."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from holdspace.care import actions as care
from holdspace.care import mail, mail_words
from holdspace.care.actions import WrongInput
from holdspace.care.models import Channel, ContactWish, MailChoice, Message, StaffMail, Task
from holdspace.core.facts import Role
from holdspace.core.neutral import gives_away
from holdspace.core.quiet import Quiet
from holdspace.people import actions as people
from holdspace.people.models import Membership
from holdspace.records.models import AccessEvent, Entry
from tests.rooms.people.cast import clinic_at, fresh, member, person, signed_in

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)  # a Monday, 12:00 in Denver
NIGHT = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)  # 22:00
MORNING = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # 08:00
PAGE = "/chart/messages/"
State = Message.State


class Wall:
    """The clinic's clock."""

    now = NOON


@pytest.fixture(autouse=True)
def wall(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Wall:
    settings.HOLDSPACE_URL = "https://juniper.example"
    wall = Wall()
    monkeypatch.setattr("holdspace.people.clock.read", lambda: wall.now)
    for template in list(mail_words.LINK_MAKERS):
        monkeypatch.delitem(mail_words.LINK_MAKERS, template)
    return wall


@pytest.fixture
def house() -> Any:
    cast = clinic_at()
    member(cast, Role.COORDINATOR, name="Cleo Marsh")
    return cast


@pytest.fixture
def cleo(house: Any) -> Any:
    return fresh(next(m for m in house.clinic.memberships.all() if m.name == "Cleo Marsh"))


@pytest.fixture
def desk(cleo: Any) -> Client:
    return signed_in(cleo)


@pytest.fixture
def robin(house: Any) -> Any:
    return person(house, email="robin@mail.example", safe_contact="email")


def post(house: Any, to: Any, template: str = "please_call", now: datetime = NOON) -> Message:
    found = care.post(clinic=house.clinic, to=to, template=template, now=now)
    assert found is not None
    return found


def main(browser: Client, address: str = PAGE) -> str:
    page = browser.get(address)
    assert page.status_code == 200
    return page.content.decode().partition("<main")[2].partition("</main>")[0]


def press(browser: Client, message: Message, act: str) -> Any:
    return browser.post(f"{PAGE}{message.pk}/", {"act": act})


def refuse(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    def send(row: Message, link: str) -> None:
        raise problem

    monkeypatch.setattr(mail, "send", send)


# --- the outbox -----------------------------------------------------------------------------------


def test_the_page_says_of_each_message_when_to_whom_and_what_came_of_it(
    house, desk, robin, monkeypatch
):
    assert "No messages here" in main(desk)
    sent = post(house, robin)
    care.deliver(message=sent.pk, now=NOON)
    post(house, robin, now=NIGHT)
    page = main(desk)
    assert page.count("“please call us”") == 2 and robin.called in page
    assert "held for quiet hours, until Tue 3 Mar 2026 08:00" in page
    assert "Sent" in page and "Mon 2 Mar 2026 12:00" in page
    gone = smtplib.SMTPRecipientsRefused({"robin@mail.example": (550, b"no such user")})
    refuse(monkeypatch, gone)
    lost = post(house, robin)
    care.deliver(message=lost.pk, now=NOON)
    page = main(desk, f"{PAGE}?show=not-arrived")
    assert "the address was refused" in page and "SMTP" not in page
    task = Task.objects.get(kind="call_instead", patient=robin)
    assert f"/chart/tasks/{task.pk}/" in page
    assert "robin@mail.example" not in page
    assert AccessEvent.objects.filter(detail__startswith="messages").count() == 3


@pytest.mark.parametrize(
    ("show", "count"),
    [("all", 4), ("waiting", 1), ("sent", 1), ("not-arrived", 1), ("cancelled", 1), ("odd", 4)],
)
def test_each_tab_holds_its_messages(house, desk, cleo, robin, show, count):
    care.deliver(message=post(house, robin).pk, now=NOON)
    post(house, robin, now=NIGHT)
    care.cancel_message(message=post(house, robin, now=NIGHT), by=cleo, now=NIGHT)
    post(house, person(house, safe_contact="phone"))
    assert main(desk, f"{PAGE}?show={show}").count('<th scope="row">') == count


def test_the_desk_cancels_what_waits_and_sends_it_again_each_on_the_record(
    house, desk, cleo, robin
):
    message = post(house, robin, now=NIGHT)
    press(desk, message, "cancel")
    message.refresh_from_db()
    assert message.state == State.CANCELLED and "cancelled by Cleo Marsh" in main(desk)
    press(desk, message, "again")
    message.refresh_from_db()
    assert message.state == State.QUEUED
    acts = Entry.objects.filter(stream=f"person:{robin.pk}", actor_id=cleo.pk).order_by("seq")
    assert [e.act for e in acts] == ["message_cancelled", "message_queued_again"]


def test_what_is_over_is_not_cancelled_and_an_unknown_act_is_not_there(house, desk, robin):
    message = post(house, robin)
    care.deliver(message=message.pk, now=NOON)
    said = desk.post(f"{PAGE}{message.pk}/", {"act": "cancel"}, follow=True).content.decode()
    assert "not waiting any more" in said
    message.refresh_from_db()
    assert message.state == State.SENT
    assert press(desk, message, "burn").status_code == 404


def test_who_wants_no_email_is_not_written_to_again_by_hand(house, desk, cleo, robin):
    message = care.cancel_message(message=post(house, robin, now=NIGHT), by=cleo, now=NIGHT)
    care.choose_mail(patient=robin, wants=False, by=None, now=NIGHT)
    said = desk.post(f"{PAGE}{message.pk}/", {"act": "again"}, follow=True).content.decode()
    assert "It may not be an e-mail" in said


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, ""), ({"safe_contact": "phone"}, "chose: "), ({"safe_contact": ""}, "not asked how"),
        ({"safe_contact": "none"}, "asked not to be contacted"),
        ({"email": ""}, "no e-mail address"),
    ],
)  # fmt: skip
def test_what_would_be_refused_is_not_offered_and_the_page_says_why(
    house, desk, robin, change, why
):
    message = post(house, robin)
    care.deliver(message=message.pk, now=NOON)
    if change:
        people.change_details(patient=robin, by=None, now=NOON, **change)
    page = main(desk)
    assert ("Send again" in page) is not bool(why)
    assert ("Not again by e-mail: " + why in page) is bool(why)
    said = desk.post(f"{PAGE}{message.pk}/", {"act": "again"}, follow=True).content.decode()
    assert ("It may not be an e-mail" in said) is bool(why)


def test_who_wants_no_email_is_not_offered_one_and_is_when_they_want_it_again(
    house, desk, cleo, robin
):
    care.cancel_message(message=post(house, robin, now=NIGHT), by=cleo, now=NIGHT)
    care.choose_mail(patient=robin, wants=False, by=None, now=NIGHT)
    page = main(desk)
    assert "Send again" not in page and "Not again by e-mail: asked for no e-mails." in page
    care.choose_mail(patient=robin, wants=False, by=None, now=NIGHT, channel=Channel.PHONE)
    later = NIGHT + timedelta(minutes=1)
    care.choose_mail(patient=robin, wants=True, by=cleo, now=later, reason="said so here")
    assert "Send again" in main(desk)


def test_the_administrator_sees_numbers_and_no_names_and_others_see_nothing(house, robin):
    post(house, robin)
    page = main(signed_in(house.administrator))
    assert robin.display_id in page and robin.called not in page
    assert signed_in(house.director).get(PAGE).status_code == 404
    other = clinic_at(name="Elsewhere")
    stranger = signed_in(other.administrator)
    assert "No messages here" in main(stranger)
    message = Message.objects.get()
    assert press(stranger, message, "cancel").status_code == 404


def test_the_page_takes_as_many_queries_for_many_as_for_one(house, desk, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            main(desk)
        return len(seen)

    post(house, person(house, safe_contact="phone"))
    queries()
    one = queries()
    for _ in range(6):
        post(house, person(house, safe_contact="phone"))
    assert queries() == one


# --- how a person may be reached ------------------------------------------------------------------


def seen_by(browser: Client, who: Any) -> str:
    """The mark of what the page shows when it is opened."""
    page = browser.get(f"/chart/{who.pk}/reach/")
    return str(page.context["form"]["seen"].value()) if page.status_code == 200 else ""


def reach(browser: Client, who: Any, **changes: Any) -> Any:
    sent = {
        "wanted": ["email", "phone", "sms", "post"], "safe_contact": "email", "words": "",
        "said_by": "the person, by telephone",
        "seen": changes["seen"] if "seen" in changes else seen_by(browser, who),
    }  # fmt: skip
    return browser.post(f"/chart/{who.pk}/reach/", sent | changes)


def test_the_desk_writes_down_what_the_person_said_and_who_said_it(house, desk, cleo, robin, wall):
    sent = reach(desk, robin, wanted=["email", "sms"], words="No voicemail.")
    assert sent.status_code == 302
    robin.refresh_from_db()
    assert robin.safe_contact_note == "No voicemail."
    assert care.unwanted(robin) == {Channel.PHONE, Channel.POST}
    assert {row.reason for row in MailChoice.objects.all()} == {"the person, by telephone"}
    revision = robin.revisions.order_by("-recorded_at").first()
    assert revision.reason == "said by: the person, by telephone" and revision.by == cleo
    page = main(desk, f"/chart/{robin.pk}/reach/")
    assert page.count("Not wanted") == 2 and "written by Cleo Marsh" in page
    wall.now = NOON + timedelta(hours=1)
    reach(desk, robin, words="No voicemail.")
    assert care.unwanted(robin) == frozenset()


def test_without_who_said_it_nothing_is_kept_and_what_was_typed_stays(house, desk, robin):
    page = reach(desk, robin, said_by="", wanted=["phone"], words="Only after five.")
    assert page.status_code == 200 and "said_by" in page.context["form"].errors
    assert "Only after five." in page.content.decode()
    robin.refresh_from_db()
    assert robin.safe_contact_note == "" and not MailChoice.objects.exists()


def test_saying_the_same_again_writes_nothing(desk, robin):
    reach(desk, robin)
    before = Entry.objects.count()
    reach(desk, robin)
    assert Entry.objects.count() == before and not MailChoice.objects.exists()


@pytest.mark.parametrize("channel", list(Channel))
def test_a_page_opened_before_the_person_closed_a_channel_opens_nothing_again(
    desk, robin, channel: Channel
):
    old = seen_by(desk, robin)
    care.wish_to_be_reached(patient=robin, stop=[channel], words="", now=NOON)
    page = reach(desk, robin, seen=old, words="Say “the office”.")
    assert page.status_code == 200 and care.unwanted(robin) == {channel}
    shown = page.content.decode()
    assert "changed meanwhile: look again" in shown and "Say “the office”." in shown
    form = page.context["form"]
    assert "wanted" in form.errors and channel.value not in form["wanted"].value()
    robin.refresh_from_db()
    assert robin.safe_contact_note == ""
    reach(desk, robin, seen=form["seen"].value(), wanted=[*Channel])  # looked again, and means it
    assert care.unwanted(robin) == frozenset()


def test_a_page_opened_before_a_colleague_wrote_the_safe_way_changes_nothing(desk, robin):
    old = seen_by(desk, robin)
    people.change_details(patient=robin, by=None, now=NOON, safe_contact="none")
    page = reach(desk, robin, seen=old)
    assert page.context["form"]["safe_contact"].value() == "none"
    robin.refresh_from_db()
    assert robin.safe_contact == "none"


@pytest.mark.parametrize("seen", ["", "x" * 32, "x" * 65])
def test_without_the_mark_of_what_was_seen_nothing_is_kept(desk, robin, seen):
    page = reach(desk, robin, wanted=["phone"], seen=seen)
    assert page.status_code == 200 and page.context["form"].errors
    assert not MailChoice.objects.exists()


def test_a_colleague_reads_it_and_changes_nothing_and_another_clinic_finds_nothing(house, robin):
    therapist = member(house, Role.THERAPIST, name="Ada Bell", title="LCSW")
    browser = signed_in(therapist)
    assert "Said by" not in main(browser, f"/chart/{robin.pk}/reach/")
    assert reach(browser, robin).status_code == 404
    other = clinic_at(name="Elsewhere")
    assert reach(signed_in(member(other, Role.COORDINATOR)), robin).status_code == 404


def test_who_wants_no_calls_either_is_named_so_on_the_task(house, robin):
    care.choose_mail(patient=robin, wants=False, by=None, now=NOON, channel=Channel.PHONE)
    post(house, people.change_details(patient=robin, by=None, now=NOON, safe_contact="post"))
    title = Task.objects.get(kind="call_instead").title
    assert "neither by e-mail nor by telephone" in title


def test_ending_calls_leaves_email_as_it_was(house, robin):
    waiting = post(house, robin, now=NIGHT)
    care.choose_mail(patient=robin, wants=False, by=None, now=NIGHT, channel=Channel.PHONE)
    waiting.refresh_from_db()
    assert waiting.state == State.QUEUED and care.wants_mail(robin)
    assert Entry.objects.filter(act="calls_not_wanted").count() == 1


def test_through_a_link_a_channel_only_ends_and_words_become_a_task(house, cleo, robin):
    care.wish_to_be_reached(patient=robin, stop=[Channel.EMAIL], words="Use my new one.", now=NOON)
    care.wish_to_be_reached(patient=robin, stop=[], words="After five.", now=NOON)
    assert care.unwanted(robin) == {Channel.EMAIL}
    assert ContactWish.objects.count() == 2
    (task,) = Task.objects.filter(kind="contact_wish")
    assert task.owner == cleo and "new one" not in task.title
    robin.refresh_from_db()
    assert robin.safe_contact == "email" and robin.safe_contact_note == ""
    page = main(signed_in(cleo), f"/chart/{robin.pk}/reach/")
    assert "Use my new one." in page and "Whoever held the link wrote this" in page


def wish(robin: Any, words: str) -> None:
    care.wish_to_be_reached(patient=robin, stop=[], words=words, now=NOON)


def test_a_wish_written_after_the_task_was_read_is_a_new_task(house, cleo, robin):
    wish(robin, "After five.")
    (first,) = Task.objects.filter(kind="contact_wish")
    care.read_task(task=first, by=cleo, now=NOON)
    wish(robin, "Never on the landline: he listens.")
    wish(robin, "Please.")
    unread = Task.objects.filter(kind="contact_wish", read_at=None, closed_at=None)
    assert unread.count() == 1 and Task.objects.filter(kind="contact_wish").count() == 2
    assert unread.get().owner == cleo


def test_where_nobody_of_the_desk_works_a_wish_is_still_somebodys(house, robin):
    nurse = member(house, Role.SESSION_CLINICIAN, name="Jonah Reyes", title="RN")
    everybody = Membership.objects.filter(clinic=robin.clinic)
    everybody.exclude(pk=nurse.pk).update(ended_at=NOON - timedelta(days=1))
    wish(robin, "Only by post.")
    assert Task.objects.get(kind="contact_wish").owner == nurse
    everybody.update(ended_at=NOON - timedelta(days=1))
    Task.objects.update(read_at=NOON)
    wish(robin, "By no post.")
    task = Task.objects.get(kind="contact_wish", read_at=None)
    assert task.owner.clinic == robin.clinic, "it stands on the list of the whole clinic"


def test_a_long_wish_is_refused_and_ends_nothing(robin):
    with pytest.raises(WrongInput, match="long"):
        care.wish_to_be_reached(patient=robin, stop=[Channel.EMAIL], words="x" * 501, now=NOON)
    assert care.wants_mail(robin)


# --- what staff get -------------------------------------------------------------------------------


def test_a_member_may_end_mail_about_what_can_wait_and_never_about_danger(house, cleo, wall):
    browser = signed_in(cleo)
    page = main(browser, f"{PAGE}mine/")
    assert "That is no choice" in page and cleo.user.email in page
    browser.post(f"{PAGE}mine/", {})
    assert care.post(clinic=house.clinic, to=cleo, template="task_waiting", now=NOON) is None
    urgent = post(house, cleo, "task_now", NIGHT)
    assert urgent.not_before == NIGHT
    wall.now = NOON + timedelta(hours=1)
    browser.post(f"{PAGE}mine/", {"wants_tasks": "on"})
    assert post(house, cleo, "task_waiting").state == State.QUEUED
    assert StaffMail.objects.count() == 2
    assert Entry.objects.filter(act="staff_mail", actor_id=cleo.pk).count() == 2


@pytest.mark.parametrize(
    ("own", "at", "goes_out"),
    [
        (None, NIGHT, MORNING),  # the clinic's 21:00 to 08:00
        (Quiet(time(23), time(6)), NIGHT, NIGHT),  # hers begin at 23:00
        (Quiet(time(11), time(13)), NOON, NOON + timedelta(hours=1)),
        (Quiet(time(0), time(0)), NIGHT, NIGHT),  # the same time twice: never quiet
    ],
)
def test_quiet_hours_of_ones_own_hold_instead_of_the_clinics(house, cleo, own, at, goes_out):
    care.choose_staff_mail(wants_tasks=True, quiet=own, by=cleo, now=NOON)
    message = post(house, cleo, "task_waiting", at)
    assert message.not_before == goes_out
    assert care.deliver(message=message.pk, now=goes_out) == State.SENT


@pytest.mark.parametrize("typed", [{"quiet_from": "20:00"}, {}, {"quiet_from": "8 pm"}])
def test_hours_without_both_times_are_not_kept(cleo, typed):
    page = signed_in(cleo).post(f"{PAGE}mine/", {"own_hours": "on", **typed})
    assert page.status_code == 200 and page.context["form"].errors
    assert not StaffMail.objects.exists()


def test_the_choices_page_of_mail_gives_nothing_away():
    assert gives_away("What I get by mail") == ""
