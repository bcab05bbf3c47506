"""What two do at the same moment: neither is lost, and nothing is done twice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from holdspace.assessment import owed
from holdspace.assessment.actions import reminders
from holdspace.care import actions as care
from holdspace.care import mail
from holdspace.care.actions import kind_ends
from holdspace.care.actions import messages as verbs
from holdspace.care.facts import other_open_courses
from holdspace.care.models import Channel, ContactWish, Course, Message, Task
from holdspace.comfort.actions import tracks
from holdspace.comfort.models import Track
from holdspace.core.facts import Route
from holdspace.core.kind_ends import EndReason, KindEnd
from holdspace.people import actions as people
from tests.core import sounds
from tests.rooms.at_once import at_once, in_between
from tests.rooms.comfort.scene import add
from tests.rooms.factory import House, passed, played, sign

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def house() -> House:
    return played(stocked=False)


def ended(course: Course, house: House) -> None:
    by = house.prescriber
    end = KindEnd(EndReason.ELSEWHERE, "Denver Health, 303 436 6000", "the desk, 303 555 0100")
    care.end_kindly(course=course, end=end, signature=sign(by, house.now), by=by, now=house.now)


def test_results_that_are_sent_twice_in_one_moment_are_charted_once(house: House) -> None:
    robin = house.enquirer()
    alt = care.Result("ALT", Decimal(31), "U/L")

    def send() -> None:
        care.keep_results(
            course=robin.course, taken_on=house.clinic.day(house.now), results=(alt,),
            by=house.prescriber, now=house.now,
        )  # fmt: skip

    assert at_once(*[send] * 4) == []
    assert robin.course.events.filter(kind="investigation_reported").count() == 1


def test_wishes_of_one_moment_are_all_kept_and_ask_the_desk_once(house: House) -> None:
    robin = house.enquirer().patient

    def wish() -> None:
        care.wish_to_be_reached(patient=robin, stop=[], words="After five.", now=house.now)

    assert at_once(*[wish] * 6) == []
    assert ContactWish.objects.filter(patient=robin).count() == 6
    assert Task.objects.filter(patient=robin, kind="contact_wish").count() == 1


def test_whatever_the_desk_saves_in_the_moment_in_which_a_channel_is_closed_it_stays_closed(
    house: House,
) -> None:
    for _ in range(4):
        robin = house.enquirer(safe_contact="phone").patient
        seen = care.mark_of(robin, care.choices_of(robin))

        def close(robin=robin) -> None:
            care.wish_to_be_reached(patient=robin, stop=[Channel.PHONE], words="", now=house.now)

        def save(robin=robin, seen=seen) -> None:
            care.say_how_to_reach(
                patient=robin, wanted=[*Channel], safe_contact="phone", words="Only mornings.",
                said_by="the person, here", seen=seen, by=house.coordinator, now=house.now,
            )  # fmt: skip

        troubles = at_once(close, save)
        assert care.unwanted(robin) == {Channel.PHONE}
        assert all(isinstance(one, care.WrongInput) for one in troubles), troubles


def test_of_two_ended_courses_that_are_opened_again_at_once_one_opens(house: House) -> None:
    guest = house.enquirer()
    by, courses = house.prescriber, [guest.course]
    ended(guest.course, house)
    passed(
        care.open_course(
            patient=guest.patient, protocol=house.protocol, route=Route.IM, by=by, now=house.now
        )
    )
    courses.append(Course.objects.filter(patient=guest.patient).latest("number"))
    ended(courses[1], house)

    def again(course: Course) -> None:
        care.open_again(
            course=course, because="She asked again.", signature=sign(by, house.now), by=by,
            now=house.now,
        )  # fmt: skip

    troubles = at_once(*(lambda course=one: again(course) for one in courses))
    assert [one.problem for one in troubles] == ["Another course is open by now."]
    assert len(other_open_courses(guest.patient)) == 1


def test_a_course_opened_again_while_a_new_one_is_opened_leaves_one_open(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, by = house.enquirer(), house.prescriber
    ended(guest.course, house)

    def new() -> None:
        care.open_course(
            patient=guest.patient, protocol=house.protocol, route=Route.IM, by=by, now=house.now
        )

    other, looks = in_between(new), kind_ends.other_open_courses

    def in_the_midst(*args: object, **more: object) -> object:
        found = looks(*args, **more)
        other.acts()
        return found

    monkeypatch.setattr(kind_ends, "other_open_courses", in_the_midst)
    care.open_again(
        course=guest.course, because="She asked again.", signature=sign(by, house.now), by=by,
        now=house.now,
    )  # fmt: skip
    assert other.ends() == []
    assert len(other_open_courses(guest.patient)) == 1


def test_two_messages_that_may_be_no_mail_become_one_call(house: House) -> None:
    robin = house.enquirer(safe_contact="phone").patient

    def post() -> None:
        care.post(clinic=house.clinic, to=robin, template="form_ready", now=house.now)

    assert at_once(*[post] * 4) == []
    assert Message.objects.filter(patient=robin, state="by_phone").count() == 4
    assert Task.objects.filter(patient=robin, kind=care.CALL_TASK).count() == 1


def test_an_end_of_mail_and_a_message_that_ends_wait_for_each_other_and_not_for_ever(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    robin = house.enquirer(safe_contact="email", email="robin@mail.example").patient
    message = care.post(clinic=house.clinic, to=robin, template="form_ready", now=house.now)
    people.change_details(patient=robin, by=None, now=house.now, safe_contact="phone")

    def no_more() -> None:
        care.choose_mail(patient=robin, wants=False, by=None, now=house.now)

    other, holds_back = in_between(no_more), verbs._hold_back

    def in_the_midst(row: Message) -> None:
        holds_back(row)
        other.acts()

    monkeypatch.setattr(verbs, "_hold_back", in_the_midst)
    monkeypatch.setattr(mail, "trouble", lambda: "")
    care.deliver(message=message.pk, now=message.next_at)
    assert other.ends() == []
    message.refresh_from_db()
    assert message.state == "by_phone" and not care.wants_mail(robin)


def test_late_forms_of_two_courses_that_are_swept_at_once_are_one_task(house: House) -> None:
    guest = house.enquirer(safe_contact="email", email="robin@mail.example")
    house.on_call()
    items = [one.item for one in owed.forms_of(guest.course, house.now) if one.item]
    late = max(reminders._late_at(item) for item in items if item.entry.task_when_late)

    def sweep() -> None:
        reminders.sweep_clinic(clinic=house.clinic, now=late)

    sweep_before = Task.objects.filter(patient=guest.patient, kind=reminders.LATE_TASK)
    reminders.sweep_clinic(clinic=house.clinic, now=house.now)
    assert not sweep_before.exists()
    assert at_once(*[sweep] * 4) == []
    assert Task.objects.filter(patient=guest.patient, kind=reminders.LATE_TASK).count() == 1


def test_one_file_of_music_that_two_bring_at_once_is_kept_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = sounds.wav()
    other, keeps = in_between(lambda: add(house, content=content)), tracks.keep_bytes

    def in_the_midst(*args: object) -> object:
        other.acts()
        return keeps(*args)

    monkeypatch.setattr(tracks, "keep_bytes", in_the_midst)
    add(house, content=content)
    assert [one.field for one in other.ends()] == ["file"]
    assert Track.objects.filter(clinic=house.clinic).count() == 1
