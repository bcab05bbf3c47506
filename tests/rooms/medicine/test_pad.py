"""The pad charts by two taps, takes a slip back with its history, and loses nothing typed."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from holdspace.care import facts as loader
from holdspace.care.models import Strike
from holdspace.core.units import KINDS
from holdspace.medicine import pad
from tests.rooms.factory import played

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    return played(stocked=False).guest().open()


def url(day, act=None):
    name = "medicine:act" if act else "medicine:session"
    return reverse(name, args=[day.session.id, *([act] if act else [])])


def charted(day):
    return {row.kind: row.number for row in day.session.observations.all()}


def test_a_value_charted_by_itself_keeps_what_else_stood_on_the_pad(day, screens):
    nurse = screens(day.house)(day.house.nurse)
    waiting = '{"systolic": "128", "oxygen_l_min": "2", "spo2": ""}'
    nurse.post(url(day, "observe"), {"distress": "4", "carry": waiting})
    assert charted(day) == {"distress": 4}
    first = nurse.get(url(day)).content.decode()
    assert 'name="systolic" value="128"' in first
    assert 'name="oxygen_l_min" value="2"' in first
    assert 'value="128"' not in nurse.get(url(day)).content.decode()


def test_what_was_carried_waits_for_no_later_page(day, screens):
    """A tablet that saved a value, never came back for its page and goes on later."""
    nurse = screens(day.house)(day.house.nurse)
    waiting = {"distress": "4", "carry": '{"systolic": "128"}'}
    nurse.post(url(day, "observe"), waiting)
    day.house.later(minutes=2)
    assert 'value="128"' not in nurse.get(url(day)).content.decode()
    nurse.post(url(day, "observe"), waiting)
    nurse.post(url(day, "observe"), {"distress": "5"})
    assert 'value="128"' not in nurse.get(url(day)).content.decode()


@pytest.mark.parametrize(
    "carry", ["", "no json", "[1]", '{"password": "x"}', '{"systolic": 120}', '{"systolic": " "}']
)
def test_only_typed_readings_are_carried(carry):
    assert pad.carried(carry) == {}


def test_a_refused_value_keeps_what_else_stood_on_the_pad(day, screens):
    nurse = screens(day.house)(day.house.nurse)
    typed = {"distress": "many", "carry": '{"heart_rate": "88"}'}
    page = nurse.post(url(day, "observe"), typed).content.decode()
    assert 'value="88"' in page and 'value="many"' in page
    assert charted(day) == {}


def boxes(page):
    """By box of the pad: what stands in it, and what stands beside it."""
    pad = page.split('id="observe-form"')[1].split("</form>")[0]
    found = {}
    for box in pad.split('class="boxed"')[1:]:
        beside = re.search(r'id="last-(\w+)" data-live>(.*?)</p>', box, re.S)
        words = re.sub(r"<[^>]*>", "", beside[2]).replace("Last charted:", "").strip()
        found[beside[1]] = ('value="' in box.partition("<p")[0], words)
    return found


def test_beside_each_box_stands_what_was_charted_last_with_its_age_and_in_it_nothing(day, screens):
    nurse = screens(day.house)(day.house.nurse)
    day.observe(systolic=182, diastolic=91, spo2=96, distress=4)
    day.house.later(minutes=5)
    day.observe(systolic=176, diastolic=90)
    day.house.later(minutes=2)
    found = boxes(nurse.get(url(day)).content.decode())
    assert not any(is_filled for is_filled, _words in found.values())
    said = {box: words for box, (_filled, words) in found.items()}
    assert said["systolic"] == "176 · 2 min" and said["diastolic"] == "90 · 2 min"
    assert said["spo2"] == "96 · 7 min" and said["oxygen_l_min"] == "0 · 7 min"
    assert said["distress"] == "4 · 7 min" and said["nausea"] == ""
    assert set(said) == {*pad.UNDOABLE, "oxygen_l_min"}
    live = nurse.get(reverse("medicine:session_live", args=[day.session.id])).content.decode()
    assert re.search(r'id="last-systolic" data-live>.*?176 · ', live), "it changes by itself"
    newest = day.session.observations.filter(number=176).get().taken_as_set
    nurse.post(url(day, "undo"), {"set": str(newest)})
    assert boxes(nurse.get(url(day)).content.decode())["systolic"][1] == "182 · 7 min"


def test_the_pad_offers_every_number_of_every_item():
    rows = {row.kind: [number for number, _words in row.buttons] for row in pad.rows()}
    assert rows.pop("sedation_moaas") == [5, 4, 3, 2, 1, 0]
    assert set(rows) == {"dissociation", "distress", "nausea", "pain"}
    assert all(numbers == list(range(11)) for numbers in rows.values())


def test_a_set_is_taken_back_by_one_tap_and_stays_readable(day, screens):
    nurse = screens(day.house)(day.house.nurse)
    day.observe(systolic=182, diastolic=91)
    before = nurse.get(url(day))
    assert "Systolic blood pressure 182 mmHg" in before.context["charted"].words
    taken = nurse.post(url(day, "undo"), {"set": before.context["charted"].key}, follow=True)
    page = taken.content.decode()
    assert "Taken back" in page
    crossed = re.findall(r"<s>(.*?)</s> <span[^>]*>(.*?)</span>", page)
    values = "Systolic blood pressure 182 mmHg; Diastolic blood pressure 91 mmHg"
    who = day.house.nurse.signed_name
    ((shown, why),) = crossed
    assert shown.endswith(f"</span>{values}") and "Struck:" in shown
    assert why.startswith(f"struck by {who} at ") and "Undone by who charted it" in why
    assert taken.context["outside"] == []
    assert taken.context["charted"] is None
    assert set(charted(day)) == {"systolic", "diastolic"}
    strikes = Strike.objects.filter(course=day.guest.course)
    assert {s.reason for s in strikes} == {"Undone by who charted it, after 0 s"}
    again = nurse.post(url(day, "undo"), {"set": before.context["charted"].key})
    assert again.status_code == 422 and "taken back already" in again.content.decode()
    assert strikes.count() == 2


WHEN = [
    ("at once", timedelta(0), "nurse", True),
    ("at the last moment", pad.UNDO, "nurse", True),
    ("a second too late", pad.UNDO + timedelta(seconds=1), "nurse", False),
    ("another's", timedelta(0), "prescriber", False),
]


@pytest.mark.parametrize(("what", "later", "who", "may"), WHEN, ids=[row[0] for row in WHEN])
def test_who_may_take_a_value_back_and_until_when(day, screens, what, later, who, may):
    day.observe(distress=7)
    key = str(day.session.observations.get().taken_as_set)
    day.house.now += later
    member = screens(day.house)(getattr(day.house, who))
    assert bool(member.get(url(day)).context["charted"]) is may
    answer = member.post(url(day, "undo"), {"set": key})
    assert (answer.status_code == 302) is may
    assert Strike.objects.filter(course=day.guest.course).exists() is may


def test_an_undo_never_concerns_an_entry_older_than_the_last_act(day, screens):
    nurse = screens(day.house)(day.house.nurse)
    day.observe(distress=4)
    assert nurse.get(url(day)).context["charted"].words == "Distress 4"
    day.house.later(seconds=20)
    asleep = {"kinds": ["heart_rate"], "why": "asleep"}
    shown = nurse.post(url(day, "could-not"), asleep, follow=True)
    assert shown.context["charted"].words.startswith("Not taken (heart rate): Asleep")
    day.house.later(seconds=20)
    day.observe(distress=3)
    day.house.later(seconds=20)
    day.observe(nausea=2)
    key = nurse.get(url(day)).context["charted"].key
    nurse.post(url(day, "undo"), {"set": key})
    assert nurse.get(url(day)).context["charted"] is None, "a second tap takes nothing else back"


def cannot(day, screens):
    """The nurse's browser, and the page after “can't now, because they are asleep”."""
    nurse = screens(day.house)(day.house.nurse)
    asleep = {"kinds": ["heart_rate"], "why": "asleep"}
    return nurse, nurse.post(url(day, "could-not"), asleep, follow=True)


def test_why_it_could_not_be_taken_is_taken_back_by_one_tap_and_stays_readable(day, screens):
    nurse, shown = cannot(day, screens)
    assert ">Undo<" in shown.content.decode()
    key = shown.context["charted"].key
    day.house.later(seconds=20)
    taken = nurse.post(url(day, "undo"), {"set": key}, follow=True)
    ((crossed, why),) = re.findall(r"<s>(.*?)</s> <span[^>]*>(.*?)</span>", taken.content.decode())
    assert crossed.endswith("Not taken (heart rate): Asleep, breathing was seen")
    assert why.startswith(f"struck by {day.house.nurse.signed_name} at ") and "after 20 s" in why
    assert taken.context["charted"] is None
    strike = Strike.objects.get(course=day.guest.course)
    assert (str(strike.struck_id), strike.struck_table) == (key, "care_event")
    kinds = [h.kind for h in loader.happenings(day.guest.course)]
    assert "could_not" not in kinds, "it puts no set off any more"
    again = nurse.post(url(day, "undo"), {"set": key})
    assert again.status_code == 422 and "taken back already" in again.content.decode()


@pytest.mark.parametrize(("what", "later", "who", "may"), WHEN, ids=[row[0] for row in WHEN])
def test_who_may_take_back_why_it_could_not_be_taken(day, screens, what, later, who, may):
    _nurse, shown = cannot(day, screens)
    key = shown.context["charted"].key
    day.house.now += later
    member = screens(day.house)(getattr(day.house, who))
    assert bool(member.get(url(day)).context["charted"]) is may
    assert (member.post(url(day, "undo"), {"set": key}).status_code == 302) is may
    assert Strike.objects.filter(course=day.guest.course).exists() is may


def test_nothing_else_that_happened_is_taken_back_by_a_tap(day, screens):
    nurse, _shown = cannot(day, screens)
    nurse.post(url(day, "note"), {"lane": "medical", "text": "Calm."})
    assert nurse.get(url(day)).context["charted"] is None
    for event in day.session.events.exclude(kind="could_not"):
        assert nurse.post(url(day, "undo"), {"set": str(event.pk)}).status_code == 422
    assert not Strike.objects.exists()


def test_what_is_not_a_reading_of_the_pad_is_not_taken_back_by_a_tap(day, screens):
    day.observe(padss_activity=2)
    key = str(day.session.observations.get().taken_as_set)
    nurse = screens(day.house)(day.house.nurse)
    assert nurse.get(url(day)).context["charted"] is None
    assert nurse.post(url(day, "undo"), {"set": key}).status_code == 422
    assert not Strike.objects.exists()


def test_what_is_due_says_so_on_its_tile(screens):
    day = played().guest().open()
    day.give()
    day.house.later(minutes=10)
    page = screens(day.house)(day.house.nurse).get(url(day))
    assert page.context["asked"] == {"systolic", "diastolic", "heart_rate", "spo2"}
    day.observe(systolic=118, diastolic=74, heart_rate=70, spo2=98)
    page = screens(day.house)(day.house.nurse).get(url(day))
    assert page.context["asked"] == set()


def test_each_field_of_the_pad_says_its_plausible_range(day, screens):
    page = screens(day.house)(day.house.nurse).get(url(day)).content.decode()
    for kind in ("systolic", "heart_rate", "spo2", "respiratory_rate"):
        spec = next(spec for key, spec in KINDS.items() if key.value == kind)
        assert f'data-low="{spec.low}" data-high="{spec.high}"' in page
