"""A charted reading outside its limit: what the page says of it, row by row, as the clinic signed.

The numbers are those of docs/limits.md. Only a repeat and a due set have a timer.
"""

import re

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from holdspace.care.events import CouldNot
from holdspace.care.models import EventKind
from holdspace.core.facts import Role
from holdspace.core.units import Kind
from holdspace.medicine import attention, floor, page
from holdspace.medicine.actions import told
from holdspace.people.access import GRANTS, May
from tests.rooms.factory import played
from tests.rooms.people.cast import signed_in

pytestmark = pytest.mark.django_db

FINE = {"systolic": "124", "diastolic": "78", "heart_rate": "72", "spo2": "98", "oxygen_l_min": "0"}
# charted, what is said of it, repeated in so many minutes (None: no timer), who is told, further
STEPS = [
    ({"systolic": "143"}, None, None, "", True),
    ({"diastolic": "99"}, None, None, "", True),
    ({"systolic": "160"}, "160 to below 180 mmHg", 5, "", False),
    ({"systolic": "179"}, "160 to below 180 mmHg", 5, "", False),
    ({"systolic": "180"}, "180 mmHg or more", 0, "prescriber", False),
    ({"diastolic": "100"}, "100 to below 110 mmHg", 5, "", False),
    ({"diastolic": "109"}, "100 to below 110 mmHg", 5, "", False),
    ({"diastolic": "110"}, "110 mmHg or more", 0, "prescriber", False),
    ({"spo2": "95"}, None, None, "", True),
    ({"spo2": "94"}, "92 to below 95 %", 0, "", True),
    ({"spo2": "92"}, "92 to below 95 %", 0, "", True),
    ({"spo2": "91"}, "below 92 %", 0, "prescriber", False),
    ({"heart_rate": "50"}, None, None, "", True),
    ({"heart_rate": "49"}, "below 50 /min", 5, "prescriber", False),
    ({"heart_rate": "120"}, None, None, "", True),
    ({"heart_rate": "121"}, "121 /min or more", 5, "prescriber", False),
    ({"respiratory_rate": "10"}, None, None, "", True),
    ({"respiratory_rate": "9"}, "8 to below 10 /min", 0, "", False),
    ({"respiratory_rate": "7"}, "below 8 /min", 0, "prescriber", False),
    ({"sedation_moaas": "4"}, None, None, "", True),
    ({"sedation_moaas": "3"}, "below 4", 0, "prescriber", False),
]


def url(day, act=None):
    name = "medicine:act" if act else "medicine:session"
    return reverse(name, args=[day.session.id, *([act] if act else [])])


@pytest.fixture
def room(screens):
    day = played().guest().open()
    day.give()
    day.house.later(minutes=10)
    return day, screens(day.house)(day.house.nurse)


@pytest.mark.parametrize(("value", "limit", "repeat", "tell", "further"), STEPS, ids=str)
def test_the_page_says_limit_step_repeat_and_who_is_told(room, value, limit, repeat, tell, further):
    day, nurse = room
    answer = nurse.post(url(day, "observe"), FINE | value, follow=True)
    # a rise over this person's own baseline has a step of its own; here only its band counts
    outside = [one for one in answer.context["outside"] if "baseline" not in one["limit"]]
    html = answer.content.decode()
    if limit is None:
        assert outside == []
        return
    (one,) = outside
    assert one["limit"] == limit and f"Limit: {limit} (" in html
    assert "The clinic’s step:" in html and one["step"] and one["source"]
    assert (one["repeat_at"] - one["at"]).total_seconds() == repeat * 60
    assert one["tell"] == tell and one["no_further_dose"] is not further
    assert (f"To be told: the {tell}." in html) is bool(tell)
    assert f'href="#told-who" data-told="{one["key"]}"' in html
    assert "Who was told, and when?" in html


def test_a_reading_that_was_repeated_has_no_timer_and_waits_only_to_be_told(room):
    day, nurse = room
    nurse.post(url(day, "observe"), FINE | {"systolic": "182"})
    day.house.later(minutes=1)
    shown = nurse.post(url(day, "observe"), FINE | {"systolic": "138"}, follow=True)
    (one,) = [o for o in shown.context["outside"] if "baseline" not in o["limit"]]
    assert one["repeated"] and one["repeat_at"] is None and one["told"] is None
    told = {"about": one["key"], "who": "Dr Amara Osei", "answer": "coming"}
    shown = nurse.post(url(day, "told"), told, follow=True)
    assert "Dr Amara Osei was told at" in shown.content.decode()


def test_what_cannot_be_taken_has_a_coded_reason_and_is_due_again_in_five_minutes(room):
    day, nurse = room
    kinds = ["systolic", "diastolic", "heart_rate", "spo2"]
    assert nurse.get(url(day)).context["asked"] == set(kinds)
    kept = nurse.post(url(day, "could-not"), {"kinds": kinds, "why": "inward"}, follow=True)
    assert kept.context["asked"] == set()
    assert (kept.context["due"]["at"] - day.now).total_seconds() == 5 * 60
    assert kept.context["due"]["tone"] == "" and kept.context["due"]["missed"] == 0
    body = page.read(day.session, now=day.now, actor=day.house.nurse).happened[-1].body
    words = "Deeply inward, not to be disturbed"
    assert body == CouldNot(tuple(kinds), words, "inward")
    assert words in kept.content.decode()
    day.house.later(minutes=5)
    assert nurse.get(url(day)).context["asked"] == set(kinds)


@pytest.mark.parametrize(
    "typed", [{"why": "other"}, {"why": ""}, {"why": "tired"}, {"why": "moving", "kinds": []}]
)
def test_a_reason_that_says_nothing_comes_back(room, typed):
    day, nurse = room
    answer = nurse.post(url(day, "could-not"), {"kinds": ["systolic"]} | typed)
    assert answer.status_code == 422
    assert not day.session.events.filter(kind=EventKind.COULD_NOT).exists()


def test_a_red_flag_opens_the_clinics_own_page_and_the_record_goes_on(room):
    day, nurse = room
    assert 'data-opens="emergency"' in nurse.get(url(day)).content.decode()
    opened = nurse.post(url(day, "emergency"), {"what": "opened"}, follow=True)
    html = opened.content.decode()
    assert opened.redirect_chain[0][0].endswith("?emergency=1")
    assert 'id="emergency" open' in html
    for one in opened.context["emergency"]["pages"]:
        assert one["page"].label in html
        assert all(step in html for step in one["page"].steps)
    assert day.house.cast.site.address in html and 'href="tel:911"' in html
    assert reverse("medicine:handover", args=[day.session.id]) in html
    called = nurse.post(url(day, "emergency"), {"what": "ambulance_called"}, follow=True)
    told = [(line.text, line.who) for line in called.context["emergency_lines"]]
    name = day.house.nurse.signed_name
    assert told == [("Emergency page opened", name), ("Ambulance called", name)]
    assert nurse.post(url(day, "observe"), FINE).status_code == 302
    reason = {"ending": "transferred", "reason": "Chest pain; taken over by the crew at 11:02"}
    assert nurse.post(url(day, "end"), reason).status_code == 302


@pytest.mark.parametrize("signed", [True, False])
def test_steps_that_nobody_signed_are_marked_until_the_director_signs_them(screens, signed):
    house = played(signed=signed)
    day = house.guest().open()
    shown = screens(house)(house.nurse).get(url(day))
    pages = shown.context["emergency"]["pages"]
    assert pages and {one["page"].awaiting_signature for one in pages} == {True}
    assert {one["awaiting"] for one in pages} == {not signed}
    emergency = shown.content.decode().split('id="emergency"')[1].split("</dialog>")[0]
    assert ("awaiting signature" in emergency) is not signed


def test_who_only_reads_the_session_is_offered_no_act_of_the_emergency_page(screens, monkeypatch):
    reads = GRANTS[Role.COORDINATOR] | {May.READ_CHART}
    monkeypatch.setitem(GRANTS, Role.COORDINATOR, reads)
    house = played()
    day = house.guest().open()
    for member, acts in ((house.nurse, True), (house.coordinator, False)):
        shown = screens(house)(member).get(url(day)).content.decode()
        emergency = shown.split('id="emergency"')[1].split("</dialog>")[0]
        assert ("ambulance_called" in emergency) is acts, member
        assert ("data-told" in emergency) is acts and ("data-ending" in emergency) is acts
        assert reverse("medicine:handover", args=[day.session.id]) in emergency


def test_an_opening_by_mistake_is_said_beside_the_opening_that_stays(room):
    day, nurse = room
    nurse.post(url(day, "emergency"), {"what": "opened"})
    assert nurse.post(url(day, "emergency"), {"what": "mistake"}).status_code == 302
    assert nurse.post(url(day, "emergency"), {"what": "oops"}).status_code == 422
    said = ["Emergency page opened", "Emergency page opened by mistake"]
    paper = reverse("medicine:handover", args=[day.session.id])
    assert [one["text"] for one in nurse.get(paper).context["happened"]] == said
    assert [one.text for one in nurse.get(url(day)).context["emergency_lines"]] == said
    for address in (url(day), paper):
        shown = nurse.get(address)
        assert all(f"<span>{words}" in shown.content.decode() for words in said)
    timeline = nurse.get(url(day)).context["timeline"]
    assert {entry["text"] for entry in timeline} >= set(said)


def test_only_a_repeat_and_a_due_set_have_a_timer(room):
    day, nurse = room
    nurse.post(url(day, "observe"), FINE | {"distress": "9", "nausea": "8", "pain": "10"})
    found = attention.conditions(page.read(day.session, now=day.now, actor=day.house.nurse))
    assert found and {one.observation.kind for one in found.outside} <= {Kind.SYSTOLIC}


def test_a_broken_limit_is_the_first_thing_said_and_nothing_says_that_all_is_well(room):
    day, nurse = room
    answer = nurse.post(url(day, "observe"), FINE | {"systolic": "182"}, follow=True)
    html = answer.content.decode()
    assert "Charted. Outside its limit: Blood pressure 182/78 mmHg at " in html
    assert "Charted with it: Heart rate" in html
    main = html[html.index('<main id="main"') :]
    notices = re.findall(
        r'class="notice ?([^"]*)"', main[: main.index("To be told: the prescriber.")]
    )
    assert notices == ["charted stop"], "one notice, and it is red"
    assert main.index("To be told: the prescriber.") < main.index("Chart a set")
    assert html.count("Who was told, and when?") == 1
    raised = nurse.post(url(day, "observe"), FINE | {"systolic": "165"}, follow=True)
    html = raised.content.decode()
    assert 'class="notice charted attention"' in html and "To be repeated." in html
    assert [one["tone"] for one in raised.context["first"]] == ["stop", "attention"]
    fine = nurse.post(url(day, "observe"), FINE, follow=True)
    assert 'class="notice charted"' in fine.content.decode()
    assert [one["tone"] for one in fine.context["first"]] == ["stop"], "until it is told"


@pytest.mark.parametrize("half", ["systolic", "diastolic"])
def test_one_pressure_is_one_card_and_one_telling_covers_both_numbers(room, half):
    day, nurse = room
    both = FINE | {"systolic": "182", "diastolic": "112"}
    answer = nurse.post(url(day, "observe"), both, follow=True)
    (one,) = answer.context["outside"]
    assert one["value"] == "Blood pressure 182/112 mmHg" and len(one["keys"]) == 2
    assert one["limit"] == "systolic 180 mmHg or more; diastolic 110 mmHg or more"
    assert one["step"].count("Tell the prescriber now") == 1
    assert answer.context["tiles"]["pressure"]["outside"]
    about = dict(answer.context["forms"]["told"].fields["about"].choices)
    assert [words.split(" at ")[0] for words in about.values()][:-1] == [one["value"]]
    rows = day.session.observations.filter(kind=half)
    key = str(rows.latest("recorded_at").pk)
    told(
        session=day.session, who="Amara Lind, MD", about="the pressure", observation=key,
        at=day.now, by=day.house.nurse, now=day.now,
    )  # fmt: skip
    (one,) = nurse.get(url(day)).context["outside"]
    assert one["told"]["who"] == "Amara Lind, MD" and one["tone"] == "attention"
    day.house.later(minutes=1)
    again = nurse.post(url(day, "observe"), both | {"systolic": "184"}, follow=True)
    assert [one["calls"] for one in again.context["outside"]] == [True, False]


def test_whom_one_may_tell_by_one_tap_begins_with_the_prescriber_of_the_session(room):
    day, nurse = room
    house = day.house
    names = nurse.get(url(day)).context["tellable"]
    assert names[0] == house.prescriber.signed_name
    assert house.nurse.signed_name not in names and house.therapist.signed_name in names
    own = signed_in(house.prescriber).get(url(day)).context["tellable"]
    assert house.prescriber.signed_name not in own and house.nurse.signed_name in own


def test_an_unsigned_number_is_no_part_of_what_is_said_to_stop():
    finding = {
        "group": "fail", "icon": "stop", "word": "Stops", "sentence": "no order stands",
        "rule": "an order", "source": "a clinic default", "awaiting_signature": True,
    }  # fmt: skip
    html = render_to_string("components/finding.html", {"finding": finding})
    summary, why = html.split("</summary>")
    assert "signature" not in summary
    assert "this number awaits the medical director’s signature" in why


def test_what_is_owed_is_the_same_word_for_word_on_the_clock_and_on_the_tiles(room):
    """Two sets went by; a pressure is taken, and the rest is answered for: nothing is overdue."""
    day, nurse = room
    day.house.later(minutes=25)
    shown = nurse.get(url(day)).context
    assert shown["due"]["words"] == "a set" and shown["due"]["tone"] == "late"
    assert shown["asked"] == {"systolic", "diastolic", "heart_rate", "spo2"}
    part = {"systolic": "124", "diastolic": "78"}
    shown = nurse.post(url(day, "observe"), part, follow=True).context
    assert shown["due"]["words"] == "heart rate, SpO2"
    assert shown["asked"] == {"heart_rate", "spo2"}
    asleep = {"kinds": ["heart_rate", "spo2"], "why": "asleep"}
    shown = nurse.post(url(day, "could-not"), asleep, follow=True).context
    assert shown["asked"] == set() and shown["due"]["tone"] == ""
    assert (shown["due"]["at"] - day.now).total_seconds() == 5 * 60
    assert shown["due"]["words"] == "heart rate, SpO2"
    (entry,) = floor.rooms(day.house.clinic, [day.session], day.now).values()
    assert entry.due_at == shown["due"]["at"] and entry.tone == ""
    day.house.later(minutes=5)
    shown = nurse.get(url(day)).context
    assert len(shown["asked"]) == 4 and shown["due"]["words"] == "a set", "the next set"
