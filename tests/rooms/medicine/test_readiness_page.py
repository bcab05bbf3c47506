"""The readiness page shows what was answered today, keeps what was right and looks ahead."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from holdspace.care import facts as loader
from holdspace.core.units import Kind
from holdspace.medicine.views.readiness import NOT_OF_THE_PERSON
from tests.rooms.factory import played

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(screens):
    """A house, its guest, the nurse's browser and the page's address."""
    house = played(stocked=False)
    guest = house.guest()
    house.later(minutes=1)
    where = reverse("medicine:readiness", args=[guest.course.id])
    return house, guest, screens(house)(house.nurse), where


DENVER = ZoneInfo("America/Denver")


def wall(moment):
    return f"{moment.astimezone(DENVER):%H:%M}"


def test_the_newest_answer_of_today_stands_beside_its_question(asked):
    house, _guest, nurse, where = asked
    screen = {f"asq_{number}": "no" for number in range(1, 5)}
    typed = {"identity_confirmed": "no", "spo2": "97", "oxygen_l_min": "0", **screen}
    assert nurse.post(where, typed).status_code == 302
    house.later(minutes=5)
    assert nurse.post(where, {"identity_confirmed": "yes"}).status_code == 302
    page = nurse.get(where).content.decode()
    who, now = house.nurse.signed_name, wall(house.now)
    then = wall(house.now - timedelta(minutes=5))
    asked_at = page.split('id="ask-identity_confirmed"')[1].split('id="ask-')[0]
    assert f"Today: yes, {now}, {who}" in asked_at and "Today: no" not in page
    assert f"Today: 97 % (room air), {then}, {who}" in page
    assert f"Today: negative, {then}, {who}" in page
    assert "checked" not in asked_at, "it stands beside the question and fills nothing in"
    house.later(days=1)
    assert "Today:" not in nurse.get(where).content.decode()


def test_one_wrong_value_holds_back_itself_and_its_set_and_nothing_else(asked):
    _house, guest, nurse, where = asked
    before = guest.course.observations.count()
    typed = {
        "identity_confirmed": "yes", "able_to_consent": "yes", "room_ready": "yes",
        "heart_rate": "88", "spo2": "97", "weight": "300",
    }  # fmt: skip
    typed |= page_of(nurse, where)
    answer = nurse.post(where, typed)
    assert answer.status_code == 422
    kept = guest.course.observations.order_by("recorded_at", "id")[before:]
    assert {row.kind for row in kept} == {"identity_confirmed", "able_to_consent", "room_ready"}
    form, page = answer.context["form"], answer.content.decode()
    assert set(form.errors) == {"weight", "oxygen_l_min"}
    assert 'value="300"' in page and 'value="97"' in page and 'value="88"' in page
    assert not form["identity_confirmed"].value(), "what is kept is not asked again"
    assert "Kept: 3 answers. What is marked below is not kept yet." in page
    reloaded = nurse.post(where, typed)
    assert reloaded.status_code == 422 and not reloaded.context["form"]["room_ready"].value()
    assert guest.course.observations.count() == before + 3, "a page that is sent again charts once"
    again = {"heart_rate": "88", "spo2": "97", "oxygen_l_min": "0", "weight": "72"}
    assert nurse.post(where, again).status_code == 302
    assert guest.course.observations.count() == before + 6


@pytest.mark.parametrize(
    ("wrong", "kept"),
    [
        ({"taken_at": "25:99"}, set()),
        ({"asq_1": "no"}, {"identity_confirmed"}),
        ({"last_light_meal": "yesterday"}, {"identity_confirmed"}),
    ],
)
def test_what_is_kept_of_a_form_with_a_mistake(asked, wrong, kept):
    _house, guest, nurse, where = asked
    before = set(guest.course.observations.values_list("id", flat=True))
    assert (
        nurse.post(where, {"identity_confirmed": "yes", "step": "open"} | wrong).status_code == 422
    )
    rows = [row for row in guest.course.observations.all() if row.id not in before]
    assert {row.kind for row in rows} == kept
    assert not guest.course.decisions.filter(door="open_session").exists(), "no door is asked"


def test_what_would_stop_the_dose_is_named_before_the_day_is_open(asked):
    house, guest, nurse, where = asked
    meal = (house.now - timedelta(minutes=55)).astimezone(DENVER)
    typed = {
        "last_light_meal": f"{meal:%Y-%m-%dT%H:%M}", "systolic": "168", "diastolic": "102",
        "identity_confirmed": "yes",
    }  # fmt: skip
    assert nurse.post(where, typed).status_code == 302
    page = nurse.get(where)
    stops = page.context["dose_stops"]
    named = {(f["code"], f["subject"]) for f in stops}
    assert ("fasting_too_short", "last_light_meal") in named
    meal_said = next(f["evidence"] for f in stops if f["subject"] == "last_light_meal")
    assert meal_said == f"last light meal {meal:%H:%M}"
    assert any(code.startswith("bp_") for code, _subject in named)
    assert not {code for code, _subject in named} & (NOT_OF_THE_PERSON | {"order_missing"})
    above = {(f["code"], f["subject"]) for f in page.context["stops"]}
    assert not named & above, "nothing is named twice"
    assert "What would stop the dose today" in page.content.decode()
    assert not guest.course.decisions.filter(door="give_dose").exists(), "a preview is not kept"


def escorts(guest):
    rows = loader.happenings(guest.course)
    return [(h.body.name, h.body.phone) for h in rows if h.kind == "escort_named"]


def why(page):
    (found,) = [f for f in page.context["stops"] if f["code"] == "escort_not_confirmed"] or [None]
    return found and (found["verdict"], found["evidence"])


SAM = {"escort_name": "Sam Vale", "escort_phone": "303 555 0177"}


@pytest.mark.parametrize(
    ("typed", "wrong", "named"),
    [
        ({}, {"escort_name", "escort_phone"}, []),
        ({"escort_name": "Sam Vale"}, {"escort_phone"}, []),
        ({"escort_phone": "303 555 0177"}, {"escort_name"}, []),
        (SAM | {"escort_phone": "555"}, {"escort_phone"}, []),
        (SAM, set(), [("Sam Vale", "303 555 0177")]),
    ],
)
def test_a_yes_to_the_escort_asks_for_name_and_telephone_and_keeps_the_yes(
    asked, typed, wrong, named
):
    _house, guest, nurse, where = asked
    answer = nurse.post(where, {"escort_confirmed": "yes", "room_ready": "yes"} | typed)
    assert answer.status_code == (422 if wrong else 302)
    assert set(answer.context["form"].errors if wrong else ()) == wrong
    for text in typed.values() if wrong else ():
        assert f'value="{text}"' in answer.content.decode(), "nothing typed is lost"
    kinds = set(guest.course.observations.filter(source="readiness").values_list("kind", flat=True))
    assert kinds == {"escort_confirmed", "room_ready"} and escorts(guest) == named
    verdict, evidence = why(nurse.get(where)) or ("", "")
    assert verdict == ("unknown" if wrong else "")
    assert evidence.endswith("but no name and telephone" if wrong else "")


def test_the_door_says_unknown_to_a_yes_without_a_name_and_names_whom_it_goes_by(asked):
    house, _guest, nurse, where = asked
    assert nurse.post(where, {"escort_confirmed": "yes", "step": "open"}).status_code == 422
    house.later(minutes=1)
    refused = nurse.post(where, {"room_ready": "yes", "step": "open"})
    assert refused.status_code == 409 and why(refused)[0] == "unknown"
    house.later(minutes=1)
    assert nurse.post(where, SAM).status_code == 302
    page = nurse.get(where)
    assert why(page) is None
    said = [f for f in page.context["decision"]["findings"] if f["code"] == "escort_not_confirmed"]
    assert "Sam Vale, 303 555 0177" in said[0]["evidence"]
    assert f"Today: Sam Vale, 303 555 0177, {wall(house.now)}" in page.content.decode()
    assert 'value="Sam Vale"' not in page.content.decode(), "it fills nothing in"
    house.later(minutes=1)
    nurse.post(where, {"escort_confirmed": "no"})
    house.later(minutes=1)
    nurse.post(where, {"escort_confirmed": "yes", "step": "keep"})
    assert why(nurse.get(where))[0] == "unknown", "who cannot come is not who is named"


def page_of(nurse, where):
    """What names a drawn page; each drawing has its own."""
    drawn = nurse.get(where).content.decode()
    return {"page": re.search(r'name="page" value="([0-9a-f-]{36})"', drawn)[1]}


def test_a_page_that_is_sent_again_charts_once_and_says_so(asked):
    house, guest, nurse, where = asked
    before = guest.course.observations.count()
    typed = {"escort_confirmed": "yes", "room_ready": "yes", "systolic": "152", "diastolic": "94"}
    typed |= SAM | page_of(nurse, where)
    for said in ("Kept: 5 answers", "These answers were kept before"):
        answer = nurse.post(where, typed, follow=True)
        assert said in answer.content.decode()
        house.later(minutes=3)
    assert guest.course.observations.count() == before + 4 and len(escorts(guest)) == 1


@pytest.mark.parametrize("drawn", ["a page each", "one page, by the way back"])
@pytest.mark.parametrize(
    ("field", "first", "then"),
    [
        ("able_to_consent", "no", "yes"), ("health_change", "yes", "no"),
        ("pregnancy_test", "positive", "negative"), ("systolic", "152", "122"),
    ],
)  # fmt: skip
def test_an_answer_that_was_changed_and_changed_back_stands_as_it_was_said_last(
    asked, drawn, field, first, then
):
    """No, yes, and no again within a minute: what stands is no."""
    house, guest, nurse, where = asked
    page = page_of(nurse, where)
    for value in (first, then, first):
        if drawn == "a page each":
            page = page_of(nurse, where)
        more = {"diastolic": "80"} if field == "systolic" else {}
        assert nurse.post(where, {field: value} | more | page).status_code == 302
        house.later(seconds=20)
    since = house.now - timedelta(minutes=2)
    rows = guest.course.observations.filter(kind=field, recorded_at__gte=since)
    said = [row.as_core.text.split()[0] for row in rows.order_by("recorded_at")]
    assert len(said) == 3 and said[0] == said[2] != said[1]


def test_of_two_answers_for_one_minute_the_page_and_the_door_go_by_the_later_written(asked):
    """Their keys are of no order: the page must not show a yes where the door says no."""
    house, guest, nurse, where = asked
    at = {"taken_at": wall(house.now)}
    for value in ("yes", "no") * 4:
        house.later(seconds=5)
        nurse.post(where, {"able_to_consent": value} | at | page_of(nurse, where))
        said = nurse.get(where).content.decode().split('id="ask-able_to_consent"')[1]
        assert f"Today: {value}," in said.split('id="ask-')[0]
        door = loader.load(guest.course, now=house.now).latest(Kind.ABLE_TO_CONSENT)
        assert door.value is (value == "yes")


def test_who_was_named_again_after_a_no_stands_named(asked):
    house, guest, nurse, where = asked
    for more in ({"escort_confirmed": "yes"} | SAM, {"escort_confirmed": "no"}) * 2:
        nurse.post(where, more | page_of(nurse, where))
        house.later(seconds=20)
    nurse.post(where, {"escort_confirmed": "yes"} | SAM | page_of(nurse, where))
    assert len(escorts(guest)) == 3
    assert why(nurse.get(where)) is None


def test_equal_pressures_of_two_pages_or_two_times_are_both_charted(asked):
    house, guest, nurse, where = asked
    pressures = {"systolic": "120", "diastolic": "80"}
    count = guest.course.observations.filter(kind="systolic", number=120).count
    before = count()
    nurse.post(where, pressures | page_of(nurse, where))
    house.later(minutes=1)
    page = page_of(nurse, where)
    nurse.post(where, pressures | page)
    assert count() == before + 2
    for minutes in (20, 10):
        typed = {"taken_at": wall(house.now - timedelta(minutes=minutes))}
        assert nurse.post(where, pressures | typed | page).status_code == 302
    assert count() == before + 4
    nurse.post(where, {"systolic": "120", "diastolic": "84"} | page)
    assert count() == before + 5, "a second pressure with one number like the first has both"


@pytest.mark.parametrize("page", ["", "x", "0" * 4000])
def test_a_page_without_its_name_is_charted_all_the_same(asked, page):
    _house, guest, nurse, where = asked
    before = guest.course.observations.count()
    assert nurse.post(where, {"room_ready": "yes", "page": page}).status_code == 302
    assert guest.course.observations.count() == before + 1
