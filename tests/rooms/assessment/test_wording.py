"""A clinic's licensed words are loaded whole, with the licence, and change nothing but words."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from holdspace.assessment import actions
from holdspace.assessment.instruments import instruments
from holdspace.assessment.models import InstrumentWording
from holdspace.care.actions import WrongInput
from holdspace.care.models import Observation
from holdspace.records.verify import verify
from tests.rooms.factory import played

CSSRS = "c-ssrs-screener-recent"
pytestmark = pytest.mark.django_db


def words(instrument: str = CSSRS, **changes: object) -> str:
    """Invented words for every item and option of an instrument."""
    asked = instruments()[instrument]
    plain = {
        "instructions": "Invented words.",
        "items": {item.code: f"Invented question {item.code}?" for item in asked.items},
        "options": {
            item.code: {str(o.score): f"answer {o.score}" for o in item.options}
            for item in asked.items
        },
    }
    return json.dumps({**plain, **changes})


@pytest.fixture
def house():
    return played(stocked=False)


def load(house, **changes):
    asked = {
        "clinic": house.clinic, "instrument": CSSRS, "text": words(), "holder": "Juniper House",
        "reference": "letter of 3 March", "licensed_on": house.clinic.day(house.now),
        "by": house.director, "now": house.now,
    }  # fmt: skip
    return actions.load_wording(**{**asked, **changes})


def test_loaded_words_are_asked_in_this_clinic_alone(house):
    other = played(stocked=False)
    load(house)
    here, there = instruments(house.clinic)[CSSRS], instruments(other.clinic)[CSSRS]
    assert here.items[0].text.startswith("Invented question") and not here.paper_only
    assert there.paper_only and not there.items[0].text
    assert [i.code for i in here.items] == [i.code for i in there.items]
    assert "Juniper House" in here.wording_licence and "letter of 3 March" in here.wording_licence
    assert verify().ok


def test_ended_words_are_asked_no_more_and_stay_on_record(house):
    load(house)
    actions.end_wording(
        clinic=house.clinic, instrument=CSSRS, by=house.director, now=house.later(minutes=1)
    )
    assert instruments(house.clinic)[CSSRS].paper_only
    assert InstrumentWording.objects.filter(clinic=house.clinic).count() == 2
    with pytest.raises(WrongInput, match="loaded"):
        actions.end_wording(clinic=house.clinic, instrument=CSSRS, by=house.director, now=house.now)


def without_one_item() -> str:
    plain = json.loads(words())
    plain["items"].popitem()
    return json.dumps(plain)


def with_a_strange_item() -> str:
    plain = json.loads(words())
    plain["items"]["another_1"] = "Not of this form."
    return json.dumps(plain)


def with_a_strange_option() -> str:
    plain = json.loads(words())
    next(iter(plain["options"].values()))["9"] = "sometimes"
    return json.dumps(plain)


WRONG = [
    ("no holder", {"holder": "  "}, "holder"),
    ("no reference", {"reference": ""}, "reference"),
    ("a day to come", {"days": 1}, "licensed_on"),
    ("an item is missing", {"make": without_one_item}, "file"),
    ("an item of another form", {"make": with_a_strange_item}, "file"),
    ("an answer that the form does not have", {"make": with_a_strange_option}, "file"),
    ("no words at all", {"text": "  "}, "file"),
    ("not JSON", {"text": "{ oh"}, "file"),
    ("a megabyte", {"text": "{" + "x" * 1_000_000}, "file"),
    ("one that ships with its words", {"instrument": "phq-9"}, "file"),
    ("one that does not exist", {"instrument": "phq-99"}, "instrument"),
]


@pytest.mark.parametrize(("what", "changes", "field"), WRONG, ids=[w[0] for w in WRONG])
def test_words_that_do_not_fit_are_refused_by_name(house, what, changes, field):
    if "days" in changes:
        changes = {"licensed_on": house.clinic.day(house.now) + timedelta(days=1)}
    if "make" in changes:
        changes = {"text": changes["make"]()}
    with pytest.raises(WrongInput) as wrong:
        load(house, **changes)
    assert wrong.value.field == field and wrong.value.accepted
    assert not InstrumentWording.objects.exists()


def test_only_administrator_and_director_keep_words(house):
    with pytest.raises(WrongInput) as wrong:
        load(house, by=house.therapist)
    assert wrong.value.field == "by"


SCREENS = [
    ("a plan and intent", {"cssrs_5": 1}, "acute_positive"),
    ("a wish alone", {"cssrs_1": 1, "cssrs_2": 0}, "non_acute_positive"),
    ("nothing", {}, "negative"),
]


@pytest.mark.parametrize(("what", "yes", "level"), SCREENS, ids=[s[0] for s in SCREENS])
def test_a_columbia_screen_writes_the_word_that_doors_read(house, what, yes, level):
    load(house)
    guest = house.enquirer()
    answers = {"cssrs_1": 0, "cssrs_2": 0, "cssrs_6": 0}
    if yes.get("cssrs_5"):
        answers |= {"cssrs_2": 1, "cssrs_3": 1, "cssrs_4": 1}
    recorded = actions.record_suicide_screen(
        course=guest.course, instrument=CSSRS, answers=actions.Answers({**answers, **yes}),
        by=house.therapist, now=house.now,
    )  # fmt: skip
    row = Observation.objects.get(course=guest.course, kind="suicide_screen")
    assert (row.word, row.source) == (level, CSSRS)
    assert (recorded.task is None) is (level == "negative")


def test_without_its_words_a_screen_is_copied_from_paper_alone(house):
    guest = house.enquirer()
    answers = actions.Answers({"cssrs_1": 0, "cssrs_2": 0, "cssrs_6": 0})
    with pytest.raises(WrongInput) as wrong:
        actions.record_suicide_screen(
            course=guest.course, instrument=CSSRS, answers=answers, by=house.therapist,
            now=house.now,
        )  # fmt: skip
    assert wrong.value.field == "instrument"


def test_the_command_loads_and_says_what_is_wrong(house, tmp_path):
    file = tmp_path / "words.json"
    file.write_text(words(), encoding="utf-8")
    asked = ["wording", CSSRS, str(file), "--holder", "J", "--reference", "r"]
    out = StringIO()
    call_command("scales", *asked, "--on", "2026-01-05", "--clinic", house.clinic.name, stdout=out)
    assert "wording loaded" in out.getvalue()
    with pytest.raises(CommandError, match="--on"):
        call_command("scales", *asked, "--on", "soon", "--clinic", house.clinic.name)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="UTF-8"):
        call_command("scales", *asked, "--on", "2026-01-05", "--clinic", house.clinic.name)


def test_the_page_previews_loads_ends_and_keeps_what_was_typed(house, screens):
    browser = screens(house)(house.director)
    listed = browser.get(reverse("assessment:instruments")).content.decode()
    assert "awaits a licence" in listed
    address = reverse("assessment:instrument", args=[CSSRS])
    typed = {
        "holder": "Juniper House", "reference": "letter", "licensed_on": "2026-01-05",
        "words": words(),
    }  # fmt: skip
    preview = browser.post(address, {**typed, "preview": "1"}).content.decode()
    assert "Invented question" in preview and not InstrumentWording.objects.exists()
    wrong = browser.post(address, {**typed, "words": "{ oh"}).content.decode()
    assert "{ oh" in wrong and "Juniper House" in wrong
    browser.post(address, typed)
    assert not instruments(house.clinic)[CSSRS].paper_only
    house.later(minutes=1)
    browser.post(address, {"end": "1"})
    assert instruments(house.clinic)[CSSRS].paper_only
    assert screens(house)(house.therapist).get(address).status_code == 404
