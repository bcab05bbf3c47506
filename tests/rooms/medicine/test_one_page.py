"""The printed list under the picture: what matters most stays, what goes is counted and named."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from holdspace.care.actions.facts import Reading
from holdspace.core.facts import Place
from holdspace.core.units import Kind
from holdspace.medicine import one_page, page, picture
from holdspace.medicine.actions import could_not, note, observe_set
from holdspace.medicine.one_page import Group
from tests.rooms.factory import played

pytestmark = pytest.mark.django_db

LONG = "She spoke of the house by the lake, and then was quiet for a while. " * 8

NOT_LISTED = (
    "sets of readings, whose pressures, rates, SpO2 (without the oxygen flow) and scores the"
    " picture has"
)


def printed(day, part=None):
    found = page.read(day.session, now=day.now, actor=day.house.nurse)
    drawn = picture.picture(found, None, part, scores=True)
    return one_page.sheet(found, drawn, None, part)


def of(sheet, group):
    return [entry.text for entry in sheet["entries"] if entry.group is group]


def write(day, text, minutes=0):
    by = day.house.nurse
    at = day.now - timedelta(minutes=minutes)
    note(session=day.session, lane="medical", text=text, at=at, by=by, now=day.now)


def minutely(day, sets):
    for minute in range(sets):
        day.house.later(minutes=1)
        day.observe(
            systolic=Decimal(120 + minute % 9), diastolic=Decimal(80), heart_rate=Decimal(70),
            spo2=Decimal(98), distress=Decimal(minute % 3),
        )  # fmt: skip


def test_a_quiet_day_is_listed_whole_with_its_readings():
    day = played().guest().open()
    day.give("50 mg")
    write(day, "Eyes closed.")
    sheet = printed(day)
    assert sheet["cut"].left_out == "" and not sheet["cut"].shortened
    assert any(
        text.startswith("Pressure 122/78 mmHg, Heart 70 /min") for text in of(sheet, Group.SET)
    )
    assert "Gave 50 mg IM" in of(sheet, Group.DOSE) and of(sheet, Group.PRESENCE)
    assert of(sheet, Group.NOTE) == ["Medical: Eyes closed."]
    times = [entry.at for entry in sheet["entries"]]
    assert times == sorted(times)


def test_a_set_a_minute_goes_into_the_picture_and_is_counted_under_it():
    day = played().guest().open()
    day.give("50 mg")
    minutely(day, 60)
    sheet = printed(day)
    assert of(sheet, Group.SET) == []
    assert NOT_LISTED in sheet["cut"].left_out
    assert "Gave 50 mg IM" in of(sheet, Group.DOSE)
    beyond = of(sheet, Group.VALUES)
    assert any("Temperature 36.6 °C" in text for text in beyond), "the picture has none"
    assert not any("Pressure" in text for text in beyond)


FLOWS = [  # litres a minute as charted, None: not said; how the list has the SpO2 of each
    ([0, 0], [None, None]),
    ([None, 0], [None, None]),
    ([4, 4], ["4 L/min oxygen", "4 L/min oxygen"]),
    ([0, 2, None, None], [None, "2 L/min oxygen", "oxygen not said", "oxygen not said"]),
    ([2, 0, 0], ["2 L/min oxygen", "room air", None]),
    ([2, 0, None], ["2 L/min oxygen", "room air", None]),
]


@pytest.mark.parametrize(("flows", "said"), FLOWS)
def test_a_saturation_on_oxygen_never_prints_like_one_in_room_air(flows, said):
    day = played().guest().open()
    minutely(day, 60)
    for number, flow in enumerate(flows):
        day.house.later(minutes=1)
        litres = None if flow is None else Decimal(flow)
        observe_set(
            **day.common, taken_at=day.now, by=day.house.nurse,
            readings=[
                Reading(Kind.SPO2, Decimal(90 + number), litres),
                Reading(Kind.HEART_RATE, Decimal(70)),
            ],
        )  # fmt: skip
    sheet = printed(day)
    assert of(sheet, Group.SET) == [] and NOT_LISTED in sheet["cut"].left_out
    listed = [text for text in of(sheet, Group.VALUES) if "SpO2" in text]
    assert listed == [f"SpO2 {90 + n} % ({words})" for n, words in enumerate(said) if words]


def test_oxygen_that_does_not_fit_in_the_list_is_counted_by_its_name():
    day = played().guest().open()
    for _ in range(90):
        day.house.later(minutes=1)
        readings = [Reading(Kind.SPO2, Decimal(97), Decimal(4))]
        observe_set(**day.common, taken_at=day.now, by=day.house.nurse, readings=readings)
        write(day, LONG)
    sheet = printed(day)
    name = "sets with an oxygen flow or values that the picture does not have"
    gone = int(sheet["cut"].left_out.partition(f"{name} (")[2].partition(")")[0])
    assert gone >= 80 and gone + len(of(sheet, Group.VALUES)) >= 90


def test_notes_are_shortened_in_sight_before_anything_is_left_out():
    day = played().guest().open()
    for _ in range(12):
        day.house.later(minutes=2)
        write(day, LONG)
    notes = of(sheet := printed(day), Group.NOTE)
    assert len(notes) == 12 and all(text.endswith(" …") for text in notes)
    assert sheet["cut"].shortened == 12


def test_what_does_not_fit_goes_by_group_and_a_dose_goes_last():
    day = played().guest().open()
    day.give("50 mg")
    for minute in range(90):
        write(day, LONG, minutes=0)
        if minute < 3:
            could_not(
                session=day.session, kinds=[Kind.SPO2], because="Asleep.", at=day.now,
                by=day.house.nurse, now=day.now,
            )  # fmt: skip
    day.place(day.house.prescriber, Place.IN_ROOM)
    sheet = printed(day)
    said = sheet["cut"].left_out
    assert "observations that could not be taken (3)" in said and "comings and goings" in said
    kept = len(of(sheet, Group.NOTE))
    assert 0 < kept < 90 and f"notes ({90 - kept})" in said
    assert "Gave 50 mg IM" in of(sheet, Group.DOSE) and "lines of doses" not in said


def test_a_part_of_the_day_lists_that_part_alone():
    day = played().guest().open()
    write(day, "In the first hour.")
    minutely(day, 3)
    day.house.later(minutes=70)
    write(day, "In the second hour.")
    minutely(day, 1)
    found = page.read(day.session, now=day.now, actor=day.house.nurse)
    last = picture.stretches(found)[-1]
    assert of(printed(day, last), Group.NOTE) == ["Medical: In the second hour."]


def test_what_was_struck_is_counted_and_not_printed():
    from holdspace.medicine.actions import undo

    day = played().guest().open()
    day.house.later(minutes=1)
    day.observe(systolic=Decimal(201), diastolic=Decimal(99))
    rows = list(day.session.course.observations.filter(taken_at=day.now))
    undo(
        session=day.session, taken_as_set=rows[0].taken_as_set, kinds=["systolic", "diastolic"],
        within=timedelta(minutes=5), by=day.house.nurse, now=day.now,
    )  # fmt: skip
    sheet = printed(day)
    assert "values that were struck (2)" in sheet["cut"].left_out
    assert not any("201" in text for text in of(sheet, Group.SET))
