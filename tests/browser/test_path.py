"""One new person walks through the whole treatment, and is refused on the way wherever they must.

Everything is done at the pages, by the people whose work it is; time is let pass by the control
that every demo page has.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from playwright.sync_api import expect

from holdspace.config.demo.people import PASSWORD
from tests.browser.clinic import ClinicHouse, Desk, Server, Value, straightforward
from tests.browser.walk import (
    CALM,
    RAISED,
    SESSION,
    Walk,
    answer,
    answers_of_the_day,
    draw,
    give,
    latest_refusal,
)

NAME = "Marguerite Okonkwo-Dahl"
BORN = "1988-04-02"
ADDRESS = "31 Poplar Row, Denver, CO 80299"
DAYS_TO_THE_SESSION = 3  # beyond what the demo's own people have booked
REFUSALS_MIN = 6
WHO = re.compile(r"/chart/([0-9a-f-]{36})/")
COURSE = re.compile(r"/assessment/([0-9a-f-]{36})/")


def test_one_person_walks_through_the_whole_treatment(house: ClinicHouse, server: Server) -> None:
    house.until(8)
    walk = Walk(house)
    _asks_for_treatment(walk)
    _a_course_is_opened(walk)
    _clearance_is_refused_then_held_then_signed(walk)
    _prepares_and_consents(walk)
    _books(walk)
    _the_day_opens(walk)
    _a_syringe_is_drawn_dropped_and_drawn_again(walk)
    _the_dose_is_refused_until_everything_is_right(walk)
    _nothing_acknowledged_is_lost_to_a_killed_server(walk, server)
    _observations_are_owed_and_limits_are_told(walk)
    _going_home_is_refused_until_it_is_time(walk)
    _afterwards(walk)
    _every_no_is_kept_with_its_reasons(walk)
    report = server.verify()
    assert report["ok"], report
    assert not [trouble for desk in house.desks for trouble in desk.troubles]


# ---------------------------------------------------------------- coming here


def _asks_for_treatment(walk: Walk) -> None:
    """The visitor answers the public questions one by one; nobody is signed in."""
    visitor = walk.house.visitor()
    visitor.open("/get-started/")
    steps: tuple[dict[str, Value], ...] = (
        {"name": NAME},
        {"birth_date": BORN},
        {"state": "CO"},
        {"safe_contact": "phone", "phone": "303 555 0188"},
        {"why": "Three years of grief; two medicines did not help."},
        {"danger": "no"},
    )
    for answers in steps:
        visitor.send(answers)
        assert not visitor.errors(), visitor.errors()
    assert visitor.page.url.endswith("/get-started/thank-you/")
    _is_found(walk)


def _is_found(walk: Walk) -> None:
    """The desk finds the enquiry by name and completes what the clinic must know."""
    desk = walk.desk("coordinator")
    desk.open(f"/people/?q={NAME.split()[0]}")
    with desk.page.expect_navigation():
        desk.page.locator("main").get_by_role("link", name=NAME).click()
    found = re.search(r"/people/([0-9a-f-]{36})/", desk.page.url)
    assert found
    walk.patient = found[1]
    walk.number = re.search(r"P-\d+", desk.text)[0]  # type: ignore[index]
    desk.open(f"/people/{walk.patient}/edit")
    desk.send(
        {
            "address": ADDRESS, "language": "English", "interpreter_needed": "no",
            "has_guardian": "no", "emergency_name": "Ana Dahl",
            "emergency_phone": "303 555 0189", "reason": "Asked on the first call.",
        }
    )  # fmt: skip
    assert not desk.errors(), desk.errors()


def _a_course_is_opened(walk: Walk) -> None:
    desk = walk.desk("coordinator")
    desk.open(f"/chart/{walk.patient}/open/")
    desk.send({"protocol": "kap-clinic", "route": "im", "therapist": "Raman"})
    therapist = walk.chart("therapist")
    href = therapist.page.locator('main a[href^="/assessment/"]').first.get_attribute("href")
    found = COURSE.search(href or "")
    assert found
    walk.course = found[1]


# ---------------------------------------------------------------- assessment


def _clearance_is_refused_then_held_then_signed(walk: Walk) -> None:
    physician = walk.desk("physician")
    _asks_at_the_clearance(walk, physician)
    walk.refuse(physician, "evaluation_missing", "assessment_missing", "suicide_screen_missing")

    physician.open(f"/assessment/{walk.course}/medical/")
    physician.send(_history(physician), sign=True)
    assert not physician.errors(), physician.errors()
    therapist = walk.desk("therapist")
    therapist.open(f"/assessment/{walk.course}/phq-9/")
    therapist.send({f"phq9_{n}": "2" for n in range(1, 9)} | {"phq9_9": "0", "phq9_10": "1"})
    therapist.open(f"/assessment/{walk.course}/screen/")
    therapist.send({f"asq_{n}": "0" for n in range(1, 5)})
    therapist.open(f"/assessment/{walk.course}/mental-health/")
    therapist.send(straightforward(own_words_confirmed=True), sign=True)
    assert not therapist.errors(), therapist.errors()

    _asks_at_the_clearance(walk, physician)
    walk.refuse(physician, "clearance_needed")
    _files_a_letter(walk, physician)
    _asks_at_the_clearance(walk, physician)
    answer(physician, "Record a plan", "Stroke in 2019, the letter agrees.", letter="Neurology")
    physician.open(f"/assessment/{walk.course}/clearance/")
    assert not physician.refused()
    physician.send({}, sign=True)
    assert "Cleared for medicine" in physician.text


def _asks_at_the_clearance(walk: Walk, desk: Desk) -> None:
    """Ask the door and keep its answer."""
    desk.open(f"/assessment/{walk.course}/clearance/")
    desk.send({}, action="/ask/")


def _files_a_letter(walk: Walk, desk: Desk) -> None:
    """The specialist's letter that the plan rests on, as a file with what it says."""
    desk.open(f"/chart/course/{walk.course}/file/")
    letter = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 invented"}
    desk.form().locator('[name="file"]').set_input_files(files=[letter])
    words = {"kind": "outside_letter", "title": "Neurology, 3 March", "reading": "No objection."}
    desk.send(words, sign=True)
    assert not desk.errors(), desk.errors()


def _history(desk: Desk) -> dict[str, Value]:
    """Every question of the page answered: no, but for one stroke that needs a plan."""
    form = desk.form()
    names = form.locator('input[type="radio"][value="not_known"]').evaluate_all(
        "inputs => [...new Set(inputs.map(i => i.name))]"
    )
    answers: dict[str, Value] = dict.fromkeys(names, "no")
    assert "stroke_or_tia" in answers
    earlier, later = (
        (desk.now - timedelta(minutes=minutes)).strftime("%H:%M") for minutes in (20, 12)
    )
    answers |= {
        "stroke_or_tia": "yes", "medicine_0": "sertraline", "allergies": "none known",
        "systolic_1": "126", "diastolic_1": "80", "at_1": earlier,
        "systolic_2": "122", "diastolic_2": "78", "at_2": later,
        "heart_rate": "68", "spo2": "98", "respiratory_rate": "14", "temperature": "36.6",
        "weight": "72", "height": "170", "pregnancy_possible": "no", "pregnancy_test": "not_done",
        "in_person": "yes",
        "conclusion": "Suitable with a plan for the old stroke.",
    }  # fmt: skip
    if form.locator('[name="bladder_symptoms"]').count():
        answers["bladder_symptoms"] = "no"
    return answers


# ---------------------------------------------------------------- preparation and booking


def _prepares_and_consents(walk: Walk) -> None:
    other = walk.desk("therapist2")
    other.open(f"/preparation/{walk.course}/visit/")
    other.send(_visit("A visit by somebody who is not her therapist."), sign=True)
    walk.refuse(other, "therapist_changed")
    therapist = walk.desk("therapist")
    therapist.open(f"/preparation/{walk.course}/visit/")
    therapist.send(_visit("First visit."), sign=True)
    assert "The visit is signed" in therapist.text
    walk.house.let_time_pass(24 * 60)
    therapist.open(f"/preparation/{walk.course}/visit/")
    therapist.send(_visit("Second visit."), sign=True)
    therapist.open(f"/preparation/{walk.course}/consent/")
    therapist.send(
        {
            "teach_back": "It can raise my pressure and feel strange; somebody stays with me.",
            "asked_alone": True, "able_and_free": True, "touch": ["hand held"],
            "touch_signal": "a raised hand", "signed_name": NAME,
        },
        sign=True,
    )  # fmt: skip
    assert "signed" in therapist.text


def _visit(note: str) -> dict[str, Value]:
    return {
        "topics": ["expectations", "risks", "touch", "practical"],
        "intention": "To meet the grief without running.",
        "comfort": "A heavy blanket, cello.", "note": note,
    }  # fmt: skip


def _books(walk: Walk) -> None:
    desk = walk.desk("coordinator")
    desk.open(f"/chart/course/{walk.course}/book/")
    on = (desk.now + timedelta(days=DAYS_TO_THE_SESSION)).date()
    _book(desk, walk, {"kind": "preparation", "on": on.isoformat(), "at": "10:30"})
    assert "Booked." in desk.text
    _book(desk, walk, _session_on(on))
    assert "another appointment" in desk.errors()
    desk.open(f"/schedule/?on={on.isoformat()}")
    row = desk.page.locator("main tr", has_text=NAME)
    row.locator("summary").click()
    row.locator('[name="because"]').fill("She would rather have the session on this day.")
    with desk.page.expect_navigation():
        row.get_by_role("button", name="Cancel the appointment").click()
    assert "Cancelled" in desk.text
    _book(desk, walk, _session_on(on))
    assert "Booked." in desk.text, desk.errors()


def _book(desk: Desk, walk: Walk, values: dict[str, Value]) -> None:
    desk.open(f"/chart/course/{walk.course}/book/?kind=session")
    desk.send(values)


def _session_on(on: date) -> dict[str, Value]:
    return {
        "kind": "session", "on": on.isoformat(), "at": "10:00", "minutes": "240",
        "room": "Juniper", "therapist": "Raman", "session_clinician": "Bennett",
        "prescriber": "Lindqvist",
    }  # fmt: skip


# ---------------------------------------------------------------- the medicine day


def _the_day_opens(walk: Walk) -> None:
    walk.house.let_time_pass(DAYS_TO_THE_SESSION * 24 * 60)
    walk.house.until(9, 45)
    desk = walk.desk("coordinator")
    desk.open("/schedule/")
    desk.page.locator("main tr", has_text=NAME).get_by_role("button", name="Came").click()
    nurse = walk.desk("nurse")
    nurse.open(f"/medicine/readiness/{walk.course}/")
    assert "booking_missing" not in nurse.refused()
    answers = answers_of_the_day(nurse.now)
    nurse.send(answers | {"escort_confirmed": "no"}, button="open")
    walk.refuse(nurse, "escort_not_confirmed", "pdmp_query_missing")
    physician = walk.desk("physician")
    physician.open(f"/chart/course/{walk.course}/pdmp/")
    physician.send({"reference": "PMP-1"})
    assert "Kept: the query" in physician.text
    nurse.open(f"/medicine/readiness/{walk.course}/")
    walk.house.let_time_pass(5)
    nurse.send(answers, button="open")
    found = SESSION.search(nurse.page.url)
    assert found, nurse.refused() or nurse.errors()
    walk.session = found[1]


def _a_syringe_is_drawn_dropped_and_drawn_again(walk: Walk) -> None:
    walk.act("physician", "order", {"dose": "50"}, sign=True)
    physician = walk.desk("physician")
    assert "mg" in physician.errors(), "a dose without its unit is no order"
    walk.act("physician", "order", {"dose": "0.7 mg/kg"}, sign=True)
    assert "50.4 mg, rounded down to 50 mg" in physician.text
    draw(walk)
    nurse = walk.act(
        "nurse", "waste",
        {
            "milligrams": "50 mg", "reason": "The syringe fell.",
            "second_email": "physician@juniper.example", "second_password": PASSWORD,
        },
        sign=True,
    )  # fmt: skip
    assert "Wasted, and witnessed" in nurse.text
    draw(walk)


def _the_dose_is_refused_until_everything_is_right(walk: Walk) -> None:
    nurse = walk.act("nurse", "observe", RAISED)
    give(walk, person="P-9999")
    assert "does not name the person" in nurse.errors()
    give(walk)
    walk.refuse(nurse, "bp_repeat_needed", "staff_not_present")
    walk.house.let_time_pass(5)
    walk.act("nurse", "observe", RAISED)
    walk.act("nurse", "place", {"staff": "Raman", "place": "in_room"})
    walk.act("nurse", "place", {"staff": "Lindqvist", "place": "on_premises"})
    give(walk)
    walk.refuse(nurse, "bp_systolic_high", "bp_diastolic_high")
    physician = walk.desk("physician")
    for _ in range(2):  # both numbers are waived, each for itself
        latest_refusal(walk, physician)
        unanswered = physician.page.locator("main").get_by_role("link", name="Waive")
        with physician.page.expect_navigation():
            unanswered.nth(_).click()
        physician.send({"reason": "Anxious on arrival; known white-coat pressure."}, sign=True)
    give(walk)
    assert "Dose given" in nurse.text, nurse.refused()


def _nothing_acknowledged_is_lost_to_a_killed_server(walk: Walk, server: Server) -> None:
    words = "Hands warm, breath slow; says the room is very far away."
    nurse = walk.act("nurse", "note", {"text": words})
    assert "Note kept" in nurse.text
    for desk in walk.house.desks:  # a page that looks for its server complains of it
        desk.page.goto("about:blank")
    server.kill()
    server.start()
    walk.desk("coordinator").open("/people/")
    walk.at_session("nurse")
    for fact in (words, "Gave 50 mg", "Drew up 50 mg"):
        assert fact in nurse.text, f"lost with the killed server: {fact}"
    custodian = walk.desk("custodian")
    custodian.open("/register/")
    assert "The syringe fell" in custodian.text
    assert server.verify()["ok"]


def _observations_are_owed_and_limits_are_told(walk: Walk) -> None:
    walk.house.let_time_pass(15)
    nurse = walk.at_session("nurse")
    due = nurse.page.locator("#clock .due")
    expect(due).to_have_class(re.compile("attention|late"))
    walk.act("nurse", "observe", CALM | {"systolic": "184", "diastolic": "98", "dissociation": "7"})
    outside = nurse.page.locator("ul.outside")
    expect(outside).to_contain_text("To be told: the prescriber")
    walk.act("nurse", "told", {"about": "184", "who": "Dr Lindqvist", "answer": "Repeat now."})
    expect(nurse.page.locator("ul.outside")).to_contain_text("Dr Lindqvist was told at")
    walk.house.let_time_pass(5)
    walk.act("nurse", "observe", CALM | {"systolic": "138", "diastolic": "86", "dissociation": "5"})


def _going_home_is_refused_until_it_is_time(walk: Walk) -> None:
    physician = walk.act("physician", "discharge", {"escort": "Ana Dahl, sister"}, sign=True)
    walk.refuse(physician, "stay_too_short", "dissociation_not_settled", "escort_not_identified")
    walk.house.let_time_pass(120)
    nurse = walk.act("nurse", "observe", CALM)
    padss: dict[str, Value] = {
        f"padss_{item}": "2" for item in ("vitals", "activity", "nausea", "bleeding", "intake")
    }
    walk.act(
        "nurse", "going-home",
        padss | {"therapist_discharge_check": "yes", "escort_identified": "yes",
                 "instructions_understood": "yes"},
    )  # fmt: skip
    nurse.open(f"/assessment/{walk.course}/screen/")
    nurse.send({f"asq_{n}": "0" for n in range(1, 5)})
    walk.act("physician", "discharge", {"escort": "Ana Dahl, sister"}, sign=True)
    assert "Discharged" in physician.text, physician.refused()


# ---------------------------------------------------------------- afterwards


def _afterwards(walk: Walk) -> None:
    therapist = walk.desk("therapist")
    _closes(walk, therapist)
    walk.refuse(therapist, "integration_missing", "next_day_contact_missing", "outcome_missing")
    walk.house.let_time_pass(24 * 60)
    nurse = walk.act(
        "nurse", "contact", {"result": "reached_well", "words_said": "Slept well, a little tired."}
    )
    assert "Call kept" in nurse.text
    therapist.open(f"/assessment/{walk.course}/phq-9/")
    therapist.send({f"phq9_{n}": "1" for n in range(1, 9)} | {"phq9_9": "0", "phq9_10": "1"})
    therapist.open(f"/integration/{walk.course}/visit/")
    assert therapist.page.locator("main svg").count() > 0, "the visit shows the outcomes drawn"
    assert "16" in therapist.text and "8" in therapist.text
    therapist.send(
        {"came_up": "The house by the sea.", "into_life": "A walk each morning.",
         "wellbeing": "Sleeps, eats, safe; no urge to use."},
        sign=True,
    )  # fmt: skip
    assert "The visit is signed" in therapist.text
    _closes(walk, therapist)
    assert "The course is closed" in therapist.text, therapist.refused()


def _closes(walk: Walk, therapist: Desk) -> None:
    therapist.open(f"/integration/{walk.course}/close/")
    therapist.send(
        {"outcome_words": "better", "summary": "One session; PHQ-9 from 16 to 8. May call us."},
        sign=True,
    )


def _every_no_is_kept_with_its_reasons(walk: Walk) -> None:
    """Each refusal of the walk is found from the chart, with what was seen, rule and source."""
    desk = walk.chart("therapist")
    doors = desk.page.locator("main li", has_text="Refused").locator('a[href^="/chart/decision/"]')
    kept: set[str] = set()
    for href in doors.evaluate_all("links => links.map(link => link.getAttribute('href'))"):
        desk.open(href)
        kept |= desk.refused()
        for row in desk.page.locator('.finding:not([data-verdict="pass"])').all():
            said = row.text_content() or ""
            assert "Rule" in said and "Source" in said, said
    assert walk.refusals <= kept, f"not kept: {walk.refusals - kept}"
    assert len(walk.refusals) >= REFUSALS_MIN
