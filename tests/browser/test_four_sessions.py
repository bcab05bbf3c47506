"""Four medicine days at the real pages: as planned, held and waived, outside the door, transferred.

Each person has a day of their own; the clock is moved by the demo's control.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.clinic import ClinicHouse, Desk, Server, Value, morning
from tests.browser.four import NAMES
from tests.browser.screens import Places
from tests.browser.test_offline import Tablet, in_the_record
from tests.browser.walk import (
    CALM,
    SESSION,
    Walk,
    answer,
    answers_of_the_day,
    draw,
    give,
    latest_refusal,
)

AS_PLANNED, HELD, OUTSIDE, TRANSFERRED = range(4)
FIRST_DAY: date = morning().date()
DIRECTOR = "director"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic of these four alone, at eight on the first of their days."""
    server = Server(tmp_path_factory.mktemp("four") / "data")
    at = morning(8, 0)
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.four", at.isoformat()], env=server.environment,
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    server.set_clock(at)
    return server.folder


@pytest.fixture(scope="module")
def places(house: ClinicHouse) -> Places:
    return Places(house)


@pytest.fixture(autouse=True)
def nothing_is_wrong_afterwards(house: ClinicHouse, server: Server) -> Iterator[None]:
    yield
    report = server.verify()
    assert report["ok"], report
    assert not [trouble for desk in house.desks for trouble in desk.troubles]


def arrives(house: ClinicHouse, places: Places, number: int) -> Walk:
    """The person of this number has come, at a quarter to ten of their day."""
    desk = house.desk("coordinator")
    desk.open("/people/")
    on = FIRST_DAY + timedelta(days=number)
    arrival = desk.now.replace(year=on.year, month=on.month, day=on.day, hour=9, minute=45)
    minutes = (arrival - desk.now) // timedelta(minutes=1)
    assert minutes >= 0, "these tests run in their order: a clock does not go back"
    house.let_time_pass(minutes - minutes % 5)
    name = NAMES[number]
    walk = Walk(house, patient=places.person(name), course=places.course(name))
    desk.open("/schedule/")
    desk.page.locator("main tr", has_text=name).get_by_role("button", name="Came").click()
    desk.open(f"/people/{walk.patient}/")
    found = re.search(r"P-\d+", desk.text)
    assert found
    walk.number = found[0]
    physician = walk.desk("physician")
    physician.open(f"/chart/course/{walk.course}/pdmp/")
    physician.send({"reference": f"PMP-{number}"})
    return walk


def opens(walk: Walk, **changes: Value) -> Desk:
    """The nurse asks the questions of the day and opens it, where the door lets her."""
    nurse = walk.desk("nurse")
    nurse.open(f"/medicine/readiness/{walk.course}/")
    nurse.send(answers_of_the_day(nurse.now) | changes, button="open")
    if found := SESSION.search(nurse.page.url):
        walk.session = found[1]
    return nurse


def gathers(walk: Walk) -> None:
    walk.act("nurse", "place", {"staff": "Raman", "place": "in_room"})
    walk.act("nurse", "place", {"staff": "Lindqvist", "place": "on_premises"})


def is_ordered_and_drawn(walk: Walk, dose: str, reason: str = "") -> None:
    physician = walk.act("physician", "order", {"dose": dose, "reason": reason}, sign=True)
    assert not physician.errors(), physician.errors()
    draw(walk)


def is_given(walk: Walk) -> None:
    give(walk)
    nurse = walk.desk("nurse")
    assert "Dose given" in nurse.text, nurse.refused() or nurse.errors()


def goes_home(walk: Walk) -> None:
    walk.act("nurse", "observe", CALM)
    padss: dict[str, Value] = {
        f"padss_{item}": "2" for item in ("vitals", "activity", "nausea", "bleeding", "intake")
    }
    checks = ("therapist_discharge_check", "escort_identified", "instructions_understood")
    walk.act("nurse", "going-home", padss | dict.fromkeys(checks, "yes"))
    nurse = walk.desk("nurse")
    nurse.open(f"/assessment/{walk.course}/screen/")
    nurse.send({f"asq_{n}": "0" for n in range(1, 5)})
    walk.act("physician", "discharge", {"escort": "A sibling (invented)"}, sign=True)
    physician = walk.desk("physician")
    assert "Discharged" in physician.text, physician.refused() or physician.errors()


# ---------------------------------------------------------------- as planned


def test_a_whole_day_with_a_further_dose_a_high_reading_distress_and_no_network_for_a_while(
    house: ClinicHouse, places: Places, server: Server
) -> None:
    walk = arrives(house, places, AS_PLANNED)
    opens(walk)
    assert walk.session
    gathers(walk)
    is_ordered_and_drawn(walk, "50 mg")
    walk.act("nurse", "observe", CALM)
    is_given(walk)

    house.let_time_pass(10)
    walk.act("nurse", "observe", CALM | {"dissociation": "3"})
    is_ordered_and_drawn(walk, "15 mg", reason="Little effect; calm, asks to go on.")
    is_given(walk)

    house.let_time_pass(5)
    nurse = walk.act("nurse", "observe", CALM | {"systolic": "172", "diastolic": "98"})
    expect(nurse.page.locator("#charted .outside")).to_contain_text("172")
    house.let_time_pass(5)
    walk.act("nurse", "observe", CALM | {"systolic": "138", "diastolic": "86"})

    walk.act("nurse", "observe", CALM | {"distress": "8", "dissociation": "7"})
    walk.act("therapist", "note", {"text": "Afraid of the fall; held a hand, as agreed."})
    walk.act(
        "nurse", "adverse-event",
        {"term": "Anxiety", "grade": "2", "intervention": "Presence; nothing given.",
         "outcome": "Settled in eight minutes.", "related": "probable"},
    )  # fmt: skip

    _is_charted_without_the_network(house, walk)

    house.let_time_pass(120)
    goes_home(walk)
    _every_fact_stands_once(walk, server)


def _is_charted_without_the_network(house: ClinicHouse, walk: Walk) -> None:
    tablet = Tablet(house, f"/medicine/session/{walk.session}/")
    tablet.context.set_offline(True)
    tablet.write("observe", {"heart_rate": "69", "spo2": "97", "oxygen_l_min": "0"})
    tablet.keeps(1)
    tablet.write("note", {"lane": "medical", "text": "Breath slow, hands warm."})
    tablet.keeps(2)
    tablet.context.set_offline(False)
    tablet.keeps(0)
    tablet.context.close()


def _every_fact_stands_once(walk: Walk, server: Server) -> None:
    found = in_the_record(server, f"/medicine/session/{walk.session}/")
    pulses = sorted(str(number) for number, *_ in found["pulses"])
    assert pulses.count("69") == 1 and pulses.count("70") == 6, pulses
    kinds = [kind for kind, *_ in found["events"]]
    assert kinds.count("dose_given") == 2 and kinds.count("adverse_event") == 1
    assert kinds.count("note") == 2
    said = walk.at_session("physician").text
    for fact in ("Gave 50 mg", "Gave 15 mg", "172", "Anxiety", "Breath slow, hands warm."):
        assert fact in said, fact


# ---------------------------------------------------------------- held, and waived


def test_a_day_that_is_held_at_readiness_opens_when_the_prescriber_waives_what_may_be_waived(
    house: ClinicHouse, places: Places
) -> None:
    walk = arrives(house, places, HELD)
    nurse = opens(walk, escort_confirmed="no")
    walk.refuse(nurse, "escort_not_confirmed")
    assert not walk.session
    house.let_time_pass(5)
    opens(walk)
    assert walk.session, nurse.refused()
    gathers(walk)
    is_ordered_and_drawn(walk, "45 mg")
    for _ in range(2):  # a raised pressure counts once it was repeated
        walk.act("nurse", "observe", CALM | {"systolic": "148", "diastolic": "86"})
        house.let_time_pass(5)
    give(walk)
    walk.refuse(nurse, "bp_systolic_high")
    physician = walk.desk("physician")
    latest_refusal(walk, physician)
    answer(physician, "Waive", "Anxious today; usually 124/78; a lower dose.")
    is_given(walk)
    given = places.decision(NAMES[HELD], "Passed")
    assert "Anxious today; usually 124/78" in walk.desk("therapist").open(given).content()


# ---------------------------------------------------------------- outside the door


def test_a_dose_that_was_given_outside_the_door_is_a_variance_that_holds_the_next_day(
    house: ClinicHouse, places: Places
) -> None:
    walk = arrives(house, places, OUTSIDE)
    opens(walk)
    is_ordered_and_drawn(walk, "50 mg")
    give(walk)
    nurse = walk.desk("nurse")
    walk.refuse(nurse, "staff_not_present")
    walk.act(
        "nurse", "variance",
        {"dose": "50 mg", "given_by": "Bennett", "preparation": "50 mg",
         "reason": "Given by the paper order while the tablet was dark."},
    )  # fmt: skip
    said = walk.at_session("physician").text
    assert "Given by the paper order" in said
    custodian = walk.desk("custodian")
    custodian.open("/register/")
    assert NAMES[OUTSIDE].split()[0] in custodian.text or walk.number in custodian.text
    gathers(walk)
    for _ in range(5):
        house.let_time_pass(15)
        walk.act("nurse", "observe", CALM)
    house.let_time_pass(60)
    goes_home(walk)
    nurse.open(f"/medicine/readiness/{walk.course}/")
    assert "variance_unreviewed" in nurse.refused()
    director = walk.at_session(DIRECTOR)
    director.send(
        {"conclusion": "Told at once and true; a spare tablet is bought."},
        action="/review/", sign=True,
    )  # fmt: skip
    nurse.open(f"/medicine/readiness/{walk.course}/")
    assert "variance_unreviewed" not in nurse.refused()


# ---------------------------------------------------------------- transferred


def test_a_day_that_ends_with_the_ambulance_is_told_handed_over_and_reviewed_before_the_next(
    house: ClinicHouse, places: Places
) -> None:
    walk = arrives(house, places, TRANSFERRED)
    opens(walk)
    gathers(walk)
    is_ordered_and_drawn(walk, "50 mg")
    walk.act("nurse", "observe", CALM)
    is_given(walk)
    house.let_time_pass(15)
    nurse = walk.act(
        "nurse", "observe",
        CALM | {"systolic": "184", "diastolic": "112", "heart_rate": "124", "spo2": "93"},
    )  # fmt: skip
    expect(nurse.page.locator("#charted .outside")).to_contain_text("To be told: the prescriber")
    nurse.page.get_by_role("button", name="Red flag").click()
    emergency = nurse.page.locator("#emergency")
    expect(emergency.get_by_text("1200 Juniper Lane")).to_be_visible()
    expect(emergency).to_contain_text("Emergency page opened")
    walk.act("nurse", "told", {"about": "184", "who": "Dr Lindqvist", "answer": "Call 911."})
    walk.act(
        "nurse", "adverse-event",
        {"term": "Chest pain - cardiac", "grade": "3", "intervention": "Oxygen; 911 called.",
         "red_flag": True},
    )  # fmt: skip
    walk.act("nurse", "rescue-drug", {"name": "aspirin", "amount": "324 mg by mouth"})
    page = nurse.open(f"/medicine/session/{walk.session}/hand-over/")
    for fact in (NAMES[TRANSFERRED], "50 mg", "184/112", "aspirin", "Chest pain"):
        expect(page.locator("main")).to_contain_text(fact)
    house.let_time_pass(10)
    walk.act("nurse", "end", {"ending": "transferred", "reason": "EMS took over at the door."})
    assert "Transferred" in walk.at_session("physician").text
    nurse.open(f"/medicine/readiness/{walk.course}/")
    walk.refuse(nurse, "adverse_event_unreviewed", "red_flag_open", "clearance_suspended")
