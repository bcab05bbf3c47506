"""What goes on paper says what was charted and given, and leaves blank what was not measured."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.urls import reverse

from holdspace.care import actions as care
from holdspace.care.events import AdverseEvent, RescueDrug
from holdspace.care.facts import protocol_of
from holdspace.core import facts as core
from holdspace.core.facts import Answer, Ending, Route
from holdspace.core.units import Kind
from holdspace.medicine import handing_over, page, papers
from holdspace.medicine.actions import (
    adverse_event,
    could_not,
    end_infusion,
    end_session,
    note,
    record_variance_dose,
    rescue_drug,
    told,
    undo,
)
from holdspace.medicine.paper_forms import LINES
from holdspace.people import actions as people
from holdspace.records.models import AccessEvent
from tests.rooms.factory import played, readings

pytestmark = pytest.mark.django_db


def read(day):
    return page.read(day.session, now=day.now, actor=day.house.nurse)


def test_the_hand_over_names_medicine_amount_route_and_time():
    day = played().guest().open()
    day.give("50 mg")
    (given,) = handing_over.given(read(day))
    assert (given.what, given.how) == ("ketamine (racemic) 50 mg", "into a muscle")
    assert (given.route, given.by) == ("IM", day.house.nurse.signed_name)
    assert not given.outside_the_door


def test_the_hand_over_names_what_was_given_against_an_effect_in_its_order():
    day = played().guest().open()
    day.give("50 mg")
    day.house.later(minutes=10)
    drug = RescueDrug("ondansetron", "4 mg by mouth", "vomited twice")
    rescue_drug(session=day.session, drug=drug, at=day.now, by=day.house.nurse, now=day.now)
    dose, rescue = handing_over.given(read(day))
    assert dose.what == "ketamine (racemic) 50 mg"
    assert (rescue.what, rescue.how) == ("ondansetron 4 mg by mouth", "vomited twice")
    assert rescue.at - dose.at == timedelta(minutes=10)


def test_a_set_is_one_row_and_what_was_not_measured_is_blank():
    day = played().guest().open()
    day.house.later(minutes=5)
    day.observe(spo2=Decimal(97), heart_rate=Decimal(80))
    newest = handing_over.sets(read(day))[0]
    assert newest["at"] == day.now
    pressure, heart, spo2, *rest = newest["cells"]
    assert (pressure, heart) == ("", "80 /min") and spo2.startswith("97 %")
    assert rest == ["", "", ""]


def test_who_is_in_the_room_can_be_asked():
    day = played().guest().open()
    names = handing_over.in_the_room(read(day))
    assert any("Jonah Reyes" in name for name in names)


def test_a_sheet_has_the_times_of_the_protocol_in_its_column():
    day = played().guest().open()
    owed = papers.lines(protocol_of(day.session.course), Route.IM)
    assert owed[:4] == ["before", "+10", "+20", "+30"]
    assert len(owed) == LINES == len(papers.lines(None, Route.IM)), "as the page that charts it"


def test_printing_the_sheets_is_in_the_access_log_for_each_person(screens):
    guest = played().guest()
    browser = screens(guest.house)(guest.house.nurse)
    page_of = browser.get(reverse("medicine:downtime")).content.decode()
    assert guest.course.patient.name in page_of
    assert AccessEvent.objects.filter(
        what="record.print", patient_id=guest.course.patient_id
    ).exists()


def the_sheet(day, screens):
    """The hand-over's page and what it is made of."""
    browser = screens(day.house)(day.house.nurse)
    shown = browser.get(reverse("medicine:handover", args=[day.session.id]))
    return " ".join(shown.content.decode().split()), shown.context


# --- infusions: what is charted as gone in, never more -------------------------------------------


def dripping(mg="50 mg"):
    """An infusion that began twenty minutes ago."""
    guest = (house := played()).enquirer(route=Route.IV)
    guest.assess()
    guest.clear()
    guest.prepare()
    guest.book()
    day = guest.open()
    day.give(mg, infusion_minutes=60)
    house.later(minutes=20)
    return day


def ended(day, because="", **amount):
    dose = read(day).doses[-1]
    end_infusion(
        **day.common, dose=dose.id, at=day.now, by=day.house.nurse, because=because, **amount
    )


def on_the_clock(day, at):
    return f"{at.astimezone(day.house.clinic.zone):%H:%M}"


GONE_IN = [  # what was charted at the end; what the page says of it; together with 10 mg more
    ([{"milligrams": 20, "because": "pain at the needle"}],
     "ended {end}; <strong>20 mg charted as gone in</strong>: pain at the needle",
     "together 30 mg of the session’s medicine"),
    ([{"milligrams": 20, "millilitres": 10, "because": "asked to stop"}],
     "ended {end}; <strong>20 mg in 10 mL charted as gone in</strong>: asked to stop",
     "together 30 mg of the session’s medicine"),
    ([{"milligrams": 0, "because": "the line was not open"}],
     "ended {end}; <strong>0 mg charted as gone in</strong>: the line was not open",
     "together 10 mg of the session’s medicine"),
    ([{}], "ended {end}; <strong>all 50 mg charted as gone in</strong>",
     "together 60 mg of the session’s medicine"),
    ([{"millilitres": 12, "because": "asked to stop"}],
     "ended {end}; <strong>12 mL charted as gone in</strong>: asked to stop",
     "together not known: 60 mg only if each infusion went in whole"),
    ([{"milligrams": 20, "because": "asked to stop"}, {}],
     "ended {end}; <strong>20 mg or all 50 mg charted as gone in</strong>: asked to stop",
     "together not known: 60 mg only if each infusion went in whole"),
    ([], "<strong>as charted still running at {end}, its end is not charted</strong>",
     "together not known: 60 mg only if each infusion went in whole"),
]  # fmt: skip


@pytest.mark.parametrize(("ends", "said", "together"), GONE_IN)
def test_the_hand_over_says_what_is_charted_as_gone_in_and_no_false_sum(
    screens, ends, said, together
):
    day = dripping()
    for end in ends:
        ended(day, **{k: Decimal(v) if type(v) is int else v for k, v in end.items()})
    begun = read(day).doses[0].given_at
    html, _found = the_sheet(day, screens)
    began = f"into a vein (IV), began {on_the_clock(day, begun)}, "
    said = said.format(end=on_the_clock(day, day.now))
    assert f"<strong>ketamine (racemic) 50 mg</strong>, {began}{said}" in html
    assert "together" not in html, "one medicine is no sum"
    record_variance_dose(
        **day.common, milligrams=Decimal(10), at=begun, reason="on a spoken order",
        by=day.house.nurse,
    )  # fmt: skip
    more = read(day).doses[-1]
    end_infusion(**day.common, dose=more.id, at=day.now, by=day.house.nurse)
    html, found = the_sheet(day, screens)
    assert together in html
    assert (found["total"].went_in_mg is not None) is (" of the session" in together)
    on_screen = screens(day.house)(day.house.nurse).get(
        reverse("medicine:session", args=[day.session.id])
    )
    told = re.findall(
        r"60 mg(?: in this session)? <span class=\"muted\">\((.*?)\)", on_screen.content.decode()
    )
    known = re.search(r"together (\d+) mg of", together)
    wanted = f"{known[1]} mg charted as gone in" if known else "how much went in is not charted yet"
    assert set(told) == (set() if known and known[1] == "60" else {wanted})


def test_an_injection_has_no_beginning_and_no_end(screens):
    day = played().guest().open()
    day.give("50 mg")
    html, _found = the_sheet(day, screens)
    assert "began" not in html and "its end is not charted" not in html


def vitals(day, systolic, heart=80, spo2=97):
    day.house.later(minutes=3)
    day.observe(
        systolic=systolic, diastolic=80, heart_rate=heart, spo2=spo2, respiratory_rate=14
    )  # fmt: skip


def test_of_many_sets_the_newest_the_outermost_and_the_one_before_the_dose_are_shown():
    day = played().guest().open()
    day.give("50 mg")
    for systolic, heart, spo2 in [(130, 80, 97), (171, 81, 97), (128, 112, 97), (131, 79, 90)]:
        vitals(day, systolic, heart, spo2)
    for _ in range(16):
        vitals(day, 130)
    shown = handing_over.sets(read(day))
    assert {one["why"]: one["cells"][:3] for one in shown if one["why"]} == {
        "highest systolic": ["171/80", "81 /min", "97 %, room air"],
        "highest heart rate": ["128/80", "112 /min", "97 %, room air"],
        "lowest SpO2": ["131/80", "79 /min", "90 %, room air"],
        "before the first dose, lowest systolic, lowest heart rate": [
            "122/78", "70 /min", "98 %, room air",
        ],
        "lowest breathing rate": ["130/80", "80 /min", "97 %, room air"],
    }  # fmt: skip
    left = handing_over.left_out(read(day))
    assert left and left["n"] + len(shown) == 21, "each of the 21 sets is shown or counted"
    assert left["since"] < left["until"] < shown[0]["at"]


def test_the_lowest_sedation_score_is_among_the_outermost():
    day = played().guest().open()
    for score in (5, 2, *[5] * 12):
        day.house.later(minutes=3)
        day.observe(sedation_moaas=score, heart_rate=80)
    (lowest,) = [
        one for one in handing_over.sets(read(day)) if "lowest sedation score" in one["why"]
    ]
    column = handing_over.SET_HEADINGS.index("Sedation MOAA/S (5 is awake)")
    assert lowest["cells"][column] == "2"


FELT = [  # minutes and scores as charted, in their order; what stands on the page, by its minute
    ([], {}),
    ([(5, {"distress": 3})], {"Distress": ("3", 5)}),
    (
        [(5, {"dissociation": 8, "nausea": 0}), (10, {"dissociation": 4, "pain": 1})],
        {"Dissociation": ("4", 10), "Nausea": ("0", 5), "Pain": ("1", 10)},
    ),
]


@pytest.mark.parametrize(("charted", "said"), FELT)
def test_the_last_of_each_score_that_is_felt_stands_with_its_time(screens, charted, said):
    day = played(stocked=False).guest().open()
    begun = day.now
    for minute, scores in charted:
        day.house.later(minutes=minute - (day.now - begun).seconds // 60)
        day.observe(**scores)
    html, found = the_sheet(day, screens)
    assert {
        one["name"]: (one["value"], (one["at"] - begun).seconds // 60) for one in found["felt"]
    } == said
    line = html.partition("Last of each score, 0 to 10:")[2].partition("</p>")[0]
    for name, (value, minute) in said.items():
        at = on_the_clock(day, begun + timedelta(minutes=minute))
        assert f'{name} <strong>{value}</strong> <span class="when">{at}</span>' in line
    assert bool(line) is bool(said)


def test_a_struck_score_is_not_the_last_of_its_kind():
    day = played(stocked=False).guest().open()
    day.observe(pain=1)
    day.house.later(minutes=5)
    day.observe(pain=9)
    strike_pain(day)
    assert [one["value"] for one in handing_over.felt(read(day))] == ["1"]


def strike_pain(day):
    (row, *_older) = day.session.course.observations.filter(kind="pain").order_by("-taken_at")
    undo(
        session=day.session, taken_as_set=row.taken_as_set, kinds=["pain"],
        within=timedelta(minutes=5), by=day.house.nurse, now=day.now,
    )  # fmt: skip


def test_the_foot_names_what_has_no_place_on_the_page(screens):
    day = played(stocked=False).guest().open()
    html, _found = the_sheet(day, screens)
    assert "timeline alone stand" not in html
    assert "A blank or – : no value stands here." in html and "not measured" not in html
    by = {"at": day.now, "by": day.house.nurse, "now": day.now}
    for text in ("Eyes closed.", "Spoke of the lake."):
        note(session=day.session, lane="medical", text=text, **by)
    could_not(session=day.session, kinds=[Kind.SPO2], because="Asleep.", **by)
    day.observe(pain=9)
    strike_pain(day)
    html, _found = the_sheet(day, screens)
    assert (
        "On the session’s timeline alone stand: notes (2), observations that could not be taken"
        " (1), values that were struck (1)."
    ) in html


def test_of_a_few_sets_all_are_shown_and_nothing_is_said_to_be_missing():
    day = played().guest().open()
    for _ in range(handing_over.SETS_WHOLE - 1):
        vitals(day, 130)
    assert len(handing_over.sets(read(day))) == handing_over.SETS_WHOLE
    assert handing_over.left_out(read(day)) is None


def test_two_sources_at_one_time_are_two_rows_and_no_value_hides_another():
    """A monitor's set and a clinician's, and two clinicians', taken in the same minute."""
    day = played(stocked=False).guest().open()
    start = len(handing_over.sets(read(day)))
    house, at = day.house, day.house.later(minutes=3)

    def charts(systolic, by, source="typed"):
        care.observe(
            course=day.guest.course, session=day.session, taken_at=at, by=by, now=at, source=source,
            readings=readings(systolic=Decimal(systolic), diastolic=Decimal(80)),
        )  # fmt: skip

    charts(138, house.nurse)
    charts(124, house.nurse, source="monitor: charted by Jonah Reyes, RN")
    charts(141, house.prescriber)
    found = [one for one in handing_over.sets(read(day)) if one["at"] == at]
    assert {(one["cells"][0], one["why"]) for one in found} == {
        ("138/80", ""), ("124/80", "from the monitor"), ("141/80", ""),
    }  # fmt: skip
    assert len(handing_over.sets(read(day))) == start + 3


def test_the_last_of_each_vital_sign_stands_with_its_own_time():
    day = played().guest().open()
    vitals(day, 133)
    whole = day.now
    day.house.later(minutes=4)
    day.observe(spo2=Decimal(96))
    pressure, heart, spo2, *_rest, temperature = handing_over.last_of_each(read(day))
    assert (pressure, heart["at"]) == ({"value": "133/80", "at": whole}, whole)
    assert (spo2["value"], spo2["at"]) == ("96 %, room air", day.now)
    assert temperature["value"] == "36.6 °C" and temperature["at"] < whole


def test_the_hand_over_has_weight_food_prescriber_and_who_was_told(screens):
    day = played().guest(emergency_name="Sam Vale").open()
    day.give("50 mg")
    prescriber = day.house.prescriber
    told(
        session=day.session, who=prescriber.signed_name, about="Blood pressure 182/112",
        answer="Coming.", at=day.now, by=day.house.nurse, now=day.now,
    )  # fmt: skip
    html, found = the_sheet(day, screens)
    assert found["weight"]["value"] == "72.4 kg" and "72.4 kg" in html
    assert [one["what"] for one in found["food"] if one["at"]] == [
        "full meal", "light meal", "drink",
    ]  # fmt: skip
    assert found["prescriber"]["name"] == prescriber.signed_name
    assert f"<strong>{prescriber.signed_name}</strong>: Blood pressure 182/112: “Coming.”" in html
    assert "<strong>Handed over because:</strong> not recorded" in html


def test_the_prescriber_is_reached_on_the_number_of_their_duty_and_on_no_guess(screens):
    day = played().guest().open()

    def on_call(who, rank, phone):
        people.set_on_call(
            membership=who, starts_at=day.now, ends_at=day.now + timedelta(hours=8), rank=rank,
            phone=phone, by=day.house.director, now=day.now,
        )  # fmt: skip

    on_call(day.house.nurse, 1, "303 555 0111")  # a colleague's number is not the prescriber's
    html, found = the_sheet(day, screens)
    assert found["prescriber"]["phone"] == "" and "telephone: not recorded" in html
    on_call(day.house.prescriber, 2, "303 555 0199")
    html, _found = the_sheet(day, screens)
    assert "telephone: 303 555 0199" in html
    day.house.later(hours=9)
    assert handing_over.prescriber(read(day))["phone"] == "", "the duty is over"


def test_the_reason_of_the_ending_is_printed_and_a_red_flag_is_not_taken_for_one(screens):
    day = played().guest().open()
    event = AdverseEvent("Chest pain", 3, red_flag=True)
    adverse_event(session=day.session, event=event, at=day.now, by=day.house.nurse, now=day.now)
    html, _found = the_sheet(day, screens)
    assert "because:</strong> not recorded · <strong>Charted as a red flag:</strong> Chest" in html
    end_session(
        session=day.session, ending=Ending.TRANSFERRED, reason="Taken over by the crew.",
        by=day.house.nurse, now=day.now,
    )  # fmt: skip
    html, _found = the_sheet(day, screens)
    assert "because:</strong> Taken over by the crew." in html


def test_what_nobody_wrote_down_is_printed_as_not_recorded(screens):
    meals = dict.fromkeys(("last_fatty_meal", "last_light_meal", "last_clear_fluid"))
    day = played().guest(sex_at_birth="").open(**meals)
    html, _found = the_sheet(day, screens)
    for line in (
        "full meal: not recorded", "light meal: not recorded", "drink: not recorded",
        "<dt>Sex at birth</dt><dd>not recorded",
    ):  # fmt: skip
        assert line in html


YES, NO, NOT_KNOWN = Answer.YES, Answer.NO, Answer.NOT_KNOWN
HISTORIES = [  # what was answered of the questions; what stands on the page; how many of them
    ([], "<strong>not recorded</strong> (not asked)", ""),
    ([NO], "nothing among those answered", "1 of {all} questions answered with yes or no"),
    ([NOT_KNOWN], "nothing among those answered", "0 of {all} questions answered with yes or no"),
    ([YES, NO, NOT_KNOWN], "{first}", "2 of {all} questions answered with yes or no"),
    ([NO] * 100, "nothing", "{all} of {all} questions answered with yes or no"),
]


@pytest.mark.parametrize(("answers", "said", "how_many"), HISTORIES)
def test_a_history_that_nobody_took_is_not_one_without_a_yes(screens, answers, said, how_many):
    day = played(stocked=False).guest().open()
    found = read(day)
    asked = protocol_of(day.session.course).conditions
    given = tuple(
        core.Condition(key, answer, day.now, str(day.house.prescriber.id))
        for key, answer in zip(asked, answers, strict=False)
    )
    bare = replace(found, facts=replace(found.facts, conditions=given))
    with patch.object(page, "read", return_value=bare):
        html, _found = the_sheet(day, screens)
    words = {"all": len(asked), "first": next(iter(asked.values())).label}
    assert f"<p>{said.format(**words)}</p></section>" in html
    head = html.partition("History answered with yes")[2].partition("</h2>")[0]
    said_of = how_many.format(**words)
    assert head == (f' <span class="muted">{said_of}</span>' if said_of else "")


def test_what_a_paper_cuts_is_counted_by_its_name():
    cut = papers.Cut()
    assert cut.newest([1, 2, 3], 2, "events") == [2, 3] and cut.first([1, 2], 2, "doses") == [1, 2]
    assert cut.left_out == "earlier events (1)"
    assert cut.words("one two three", 9) == "one two …" and cut.words("one", 9) == "one"
    assert cut.shortened == 1


# --- the sheets for the day without screens -----------------------------------------------------


def sheets(house, screens):
    return screens(house)(house.nurse).get(reverse("medicine:downtime"))


def names(shown):
    return [sheet["person"]["name"] for sheet in shown.context["sheets"] if "person" in sheet]


def test_a_sheet_is_for_who_comes_or_is_here_and_not_for_who_has_gone(screens):
    guest = played().guest()
    house, who = guest.house, guest.patient.called
    assert names(sheets(house, screens)) == [who], "booked"
    day = guest.open()
    day.give("50 mg")
    shown = sheets(house, screens)
    assert names(shown) == [who], "here"
    assert "Charted before this was printed:" in shown.content.decode()
    day.settle()
    day.discharge()
    shown = sheets(house, screens)
    assert names(shown) == [] and len(shown.context["sheets"]) == 1, "only the empty one is left"


def test_who_did_not_come_has_no_sheet(screens):
    guest = played().guest()
    booked = papers.expected(guest.house.clinic, guest.now)
    assert [one.course_key for one in booked] == [guest.course.id]
    guest.course.patient.appointments.update(no_show_at=guest.now)
    assert papers.expected(guest.house.clinic, guest.now) == []


@pytest.mark.parametrize("signed", [True, False])
def test_a_sheet_has_the_steps_of_its_protocol_marked_until_they_are_signed(screens, signed):
    house = played(signed=signed)
    day = house.guest().open()
    found = papers.limits(protocol_of(day.session.course), signed=signed)
    said = {one.when: one.step for one in found}
    repeated = said["Systolic 160 to below 180 mmHg or Diastolic 100 to below 110 mmHg"]
    assert repeated.startswith("Repeat the measurement in 5 minutes.")
    told_now = said["Systolic 180 mmHg or more or Diastolic 110 mmHg or more"]
    assert told_now.startswith("Tell the prescriber now, on this first reading.")
    html = sheets(house, screens).content.decode()
    assert html.count(repeated) == 2, "on the person's sheet and on the empty one"
    assert ("proposed, awaiting signature" in html) is not signed


def test_a_sheet_has_the_emergency_number_the_address_and_a_place_for_who_was_told(screens):
    house = played().guest().house
    html = sheets(house, screens).content.decode()
    assert html.count("Emergency: call 911.") == 2 and html.count(house.cast.site.address) == 2
    assert html.count("Who was told</th>") == 2 and "Entered later at" in html
