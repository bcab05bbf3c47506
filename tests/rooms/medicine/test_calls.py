"""Who is outside the room learns that somebody is to be told, and of the emergency page.

Work, since when and by whom; never a number. It ends when the record says that it is over.
"""

import re
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from holdspace.core.facts import Discipline, Ending, Role
from holdspace.core.units import Kind
from holdspace.medicine import attention, called, floor, page
from holdspace.medicine.actions import end_session, told
from holdspace.medicine.calls import emergencies, open_calls, to_tell
from holdspace.people.models import Membership, Patient, TeamMember
from tests.rooms.factory import played
from tests.rooms.people.cast import licensed, member

pytestmark = pytest.mark.django_db

TO_TELL = "A reading is outside its limit: the prescriber is to be told (since "
NUMBERS = re.compile(r"\b(182|112|184|113)\b|mmHg|pressure", re.IGNORECASE)


@pytest.fixture
def day():
    day = played().guest().open()
    day.give()
    day.house.later(minutes=10)
    return day


def part(html, key):
    """The text of a page between the start of one part and what is never part of it."""
    return html.split(f'id="{key}"')[1].split("not-monitoring" if key != "calls" else "</div>")[0]


def seen(screens, day, who, name, key=None):
    answer = screens(day.house)(who).get(reverse(name))
    assert answer.status_code == 200
    return part(answer.content.decode(), key or name.split(":")[1])


def tell(day, key, who="Amara Lind, MD"):
    told(
        **day.common, who=who, about="pressure", observation=key, at=day.now, by=day.house.nurse
    )  # fmt: skip


def key_of(day, kind):
    return str(day.session.observations.filter(kind=kind).latest("recorded_at").pk)


def emergency(screens, day, act, **data):
    nurse = screens(day.house)(day.house.nurse)
    answer = nurse.post(reverse("medicine:act", args=[day.session.id, act]), data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_floor_and_board_say_that_somebody_is_to_be_told_and_no_number(day, screens):
    house = day.house
    assert TO_TELL not in seen(screens, day, house.prescriber, "medicine:floor")
    day.observe(systolic=182, diastolic=112)
    for name in ("medicine:floor", "medicine:board"):
        for who in (house.prescriber, house.director, house.nurse, house.therapist):
            text = seen(screens, day, who, name)
            assert text.count(TO_TELL) == 1, (name, who)
            assert not NUMBERS.search(re.sub(r"[0-9a-f-]{36}", "", text)), (name, who)
    assert "outside its limit" not in seen(screens, day, house.coordinator, "medicine:board")
    house.later(minutes=1)
    tell(day, key_of(day, "diastolic"))
    for name in ("medicine:floor", "medicine:board"):
        assert TO_TELL not in seen(screens, day, house.prescriber, name)


CALLED = [
    ("prescriber", {"systolic": 182, "diastolic": 112}, True),
    ("prescriber", {"spo2": 91}, True),
    ("prescriber", {"respiratory_rate": 7}, True),
    ("prescriber", {"sedation_moaas": 3}, True),
    ("prescriber", {"systolic": 165, "diastolic": 90}, False),
    ("director", {"systolic": 182, "diastolic": 112}, True),
    ("nurse", {"systolic": 182, "diastolic": 112}, False),
    ("therapist", {"systolic": 182, "diastolic": 112}, False),
    ("coordinator", {"systolic": 182, "diastolic": 112}, False),
]


@pytest.mark.parametrize(("who", "values", "is_called"), CALLED, ids=str)
def test_every_page_of_the_prescriber_and_the_director_says_it(
    day, screens, who, values, is_called
):
    day.observe(**values)
    member = getattr(day.house, who)
    bar = seen(screens, day, member, "medicine:board", "calls")
    assert (TO_TELL in bar) is is_called
    if is_called:
        chart = f"/chart/{day.guest.patient.pk}/"
        for path in (chart, "/people/", "/schedule/", "/tasks/", "/register/"):
            html = screens(day.house)(member).get(path, follow=True).content.decode()
            assert TO_TELL in part(html, "calls"), path
    assert (f"{day.house.rooms[0].name} · " in bar) is is_called
    assert day.guest.patient.called not in bar
    assert (reverse("medicine:session", args=[day.session.id]) in bar) is is_called
    assert not NUMBERS.search(re.sub(r"[0-9a-f-]{36}", "", bar))


def test_the_bar_stands_on_every_page_but_the_one_that_shows_its_call_itself(day, screens):
    day.observe(systolic=182, diastolic=112)
    browser = screens(day.house)(day.house.prescriber)
    for name, stands in (("session", False), ("from_paper", True), ("timeline", True)):
        url = reverse(f"medicine:{name}", args=[day.session.id])
        html = browser.get(url).content.decode()
        assert (TO_TELL in part(html, "calls")) is stands, name


def test_of_many_rooms_that_call_three_stand_on_a_page_and_the_others_are_counted(day, screens):
    day.observe(systolic=182, diastolic=112)
    others = [day.house.guest(name=name).open() for name in ("Lee", "Kim", "Noa")]
    for one in others:
        one.observe(systolic=182, diastolic=112)
    browser = screens(day.house)(day.house.prescriber)
    for page_of in (day, *others):
        url = reverse("medicine:session", args=[page_of.session.id])
        html = browser.get(url).content.decode()
        assert "1 more" in html.split('id="calls"')[1].split("</div>")[0]


def test_a_prescriber_of_another_session_is_not_called(day, screens):
    house = day.house
    other = house.cast.administrator
    other.grants.update(role=Role.PRESCRIBER.value)
    day.observe(spo2=90)
    assert Role.PRESCRIBER in Membership.objects.get(pk=other.pk).roles_at(house.now)
    assert TO_TELL not in seen(screens, day, other, "medicine:board", "calls")
    assert TO_TELL in seen(screens, day, house.prescriber, "medicine:board", "calls")


def test_the_prescriber_who_signed_the_order_is_called_whoever_was_booked(day, screens):
    house = day.house
    joined = member(house.cast, Role.PRESCRIBER, now=house.now, name="Ida Holm", title="MD")
    other = licensed(house.cast, joined, Discipline.MD, now=house.now, dea=True)
    day.observe(spo2=90)
    assert TO_TELL not in seen(screens, day, other, "medicine:board", "calls")
    day.order("10 mg", by=other)
    assert TO_TELL in seen(screens, day, other, "medicine:board", "calls")


def test_the_one_that_waits_longest_stands_first(day, screens):
    day.observe(spo2=90)
    day.house.later(minutes=4)
    other = day.house.guest(name="Noa").open()
    other.observe(spo2=90)
    keys = [one.session for one in called.of_member(day.house.prescriber, day.house.now)]
    assert keys == [day.session.id, other.session.id]


def test_a_restricted_file_names_nobody_and_its_room_calls_all_the_same(day, screens):
    day.observe(spo2=90)
    Patient.objects.filter(pk=day.guest.patient.pk).update(is_restricted=True)
    TeamMember.objects.filter(patient=day.guest.patient).delete()
    bar = seen(screens, day, day.house.prescriber, "medicine:board", "calls")
    assert TO_TELL in bar and day.house.rooms[0].name in bar
    assert " · " not in bar.split(TO_TELL)[0] and str(day.session.id) not in bar


def test_by_mistake_each_takes_back_their_own_opening_and_no_other(day, screens):
    house = day.house
    emergency(screens, day, "emergency", what="opened")
    house.later(minutes=1)
    therapist = screens(house)(house.therapist)
    url = reverse("medicine:act", args=[day.session.id, "emergency"])
    page_of = reverse("medicine:session", args=[day.session.id])
    assert "Opened by mistake" not in part(therapist.get(page_of).content.decode(), "charted")
    therapist.post(url, {"what": "opened"})
    house.later(minutes=1)
    emergency(screens, day, "emergency", what="mistake")
    text = seen(screens, day, house.director, "medicine:floor")
    assert f"({house.therapist.signed_name})" in text
    assert f"({house.nurse.signed_name})" not in text


def test_every_role_that_one_pressure_asks_for_is_named():
    asked = [SimpleNamespace(step=SimpleNamespace(tell=role)) for role in
             ("prescriber", "medical_director", "prescriber", "")]  # fmt: skip
    assert to_tell(asked) == "prescriber and medical director"


def test_by_mistake_takes_back_the_newest_opening_and_leaves_the_one_before(day, screens):
    """A real emergency at ten, the button touched again by accident: the room goes on calling."""
    house, began = day.house, day.now
    emergency(screens, day, "emergency", what="opened")
    house.later(minutes=5)
    emergency(screens, day, "emergency", what="opened")
    house.later(minutes=1)
    emergency(screens, day, "emergency", what="mistake")
    (call,) = emergencies(page.read(day.session, now=house.now, actor=house.nurse))
    assert (call.kind, call.since) == ("opened", began)
    emergency(screens, day, "emergency", what="mistake")
    assert emergencies(page.read(day.session, now=house.now, actor=house.nurse)) == []


def test_the_emergency_page_stands_until_it_is_said_to_be_a_mistake(day, screens):
    house = day.house
    emergency(screens, day, "emergency", what="opened")
    opened = f"({house.nurse.signed_name})"
    for name, key in (
        ("medicine:floor", None),
        ("medicine:board", None),
        ("medicine:board", "calls"),
    ):
        text = seen(screens, day, house.prescriber, name, key)
        assert "Emergency page opened" in text and opened in text, (name, key)
    house.later(minutes=1)
    before = screens(house)(house.nurse).get(reverse("medicine:session", args=[day.session.id]))
    assert "Opened by mistake" in part(before.content.decode(), "charted")
    page_of_room = emergency(screens, day, "emergency", what="mistake")
    assert "Opened by mistake" not in part(page_of_room, "charted")
    assert "Emergency page opened by mistake" in page_of_room
    assert "Emergency page opened" not in seen(screens, day, house.prescriber, "medicine:floor")
    house.later(minutes=1)
    emergency(screens, day, "emergency", what="opened")
    assert "Emergency page opened" in seen(screens, day, house.prescriber, "medicine:floor")


def test_an_ambulance_that_was_called_stays_until_the_session_ends(day, screens):
    house = day.house
    emergency(screens, day, "emergency", what="opened")
    emergency(screens, day, "emergency", what="ambulance_called")
    house.later(minutes=1)
    emergency(screens, day, "emergency", what="mistake")
    text = seen(screens, day, house.director, "medicine:floor")
    assert "Ambulance called" in text and "Emergency page opened" not in text
    day.observe(spo2=90)
    end_session(
        **day.common, ending=Ending.TRANSFERRED, reason="Taken over by the crew",
        by=house.nurse,
    )  # fmt: skip
    bar = seen(screens, day, house.director, "medicine:board", "calls")
    assert "Ambulance" not in bar and TO_TELL not in bar
    assert "Ambulance called" not in seen(screens, day, house.director, "medicine:board")


def test_a_room_that_calls_stands_over_one_that_is_longer_overdue(screens):
    house = played()
    overdue, calling = house.guest(), house.enquirer()
    first = overdue.open()
    first.give()
    house.later(minutes=40)
    calling.assess()
    calling.clear()
    calling.prepare()
    calling.book(room=1)
    second = calling.open()
    second.observe(spo2=91)
    text = seen(screens, first, house.prescriber, "medicine:floor")
    assert text.index("Aspen ·") < text.index("Juniper ·")
    emergency(screens, first, "emergency", what="opened")
    tell(second, key_of(second, "spo2"))
    text = seen(screens, first, house.prescriber, "medicine:floor")
    assert text.index("Juniper ·") < text.index("Aspen ·")


def test_two_rooms_that_call_cost_no_statement_more_than_one(screens):
    house = played()
    first = house.guest().open()
    first.observe(spo2=91)
    emergency(screens, first, "emergency", what="opened")
    client = screens(house)(house.director)

    def statements(name):
        client.get(reverse(name))
        with CaptureQueriesContext(connection) as found:
            client.get(reverse(name))
        return len(found)

    names = ("medicine:floor", "care:tasks")
    before = [statements(name) for name in names]
    other = house.enquirer()
    other.assess()
    other.clear()
    other.prepare()
    other.book(room=1)
    second = other.open()
    second.observe(spo2=90)
    emergency(screens, second, "emergency", what="opened")
    house.later(minutes=2)
    assert [statements(name) for name in names] == before


def test_the_floor_and_the_room_say_the_same_of_who_is_to_be_told(day):
    """The floor reads for all rooms at once what the room reads for itself."""
    day.observe(systolic=182, diastolic=112, heart_rate=130, spo2=91)
    house = day.house
    whole = page.read(day.session, now=house.now, actor=house.nurse)
    of_room = open_calls(attention.conditions(whole), whole.happened)
    known = floor.read([day.session])
    of_floor = floor.calling(house.clinic, [day.session], known, house.now)[day.session.id]
    assert of_room == of_floor
    assert of_room[0].count == 3, "one pressure, heart rate, SpO2"
    told_kinds = {one.observation.kind for one in attention.conditions(whole).outside}
    assert {Kind.SYSTOLIC, Kind.DIASTOLIC} <= told_kinds, "the core looks at each value"
