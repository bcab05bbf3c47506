"""The picture draws a value where it was, and nothing where there was none."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from holdspace.core.units import Kind
from holdspace.medicine.drawing import BAR_HEIGHT, HEIGHT, Bar, Point, Series, draw

START = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)


def drawn(kind, minutes_and_values, *, received=True, minutes=60):
    points = tuple(
        Point(START + timedelta(minutes=minute), Decimal(value))
        for minute, value in minutes_and_values
    )
    series = [Series("one", kind, received, points)]
    return draw(series, [], START, START + timedelta(minutes=minutes), UTC)


def test_a_gap_is_drawn_as_a_gap():
    picture = drawn(Kind.HEART_RATE, [(0, 80), (1, 81), (5, 82), (6, 82)])
    assert picture["lines"][0]["path"].count("M") == 2


def test_a_value_far_outside_stretches_the_scale_instead_of_being_moved():
    picture = drawn(Kind.SPO2, [(0, 97), (1, 43)])
    assert picture["oxygen"][0][1] == "40"
    high = drawn(Kind.PULSE_RATE, [(0, 274)])
    assert Decimal(high["pressure"][-1][1]) >= 274


def test_half_a_pressure_makes_no_bar():
    assert drawn(Kind.SYSTOLIC, [(0, 120)])["pairs"] == []


def test_received_and_charted_are_different_marks():
    assert "received" in drawn(Kind.SPO2, [(0, 97)])["lines"][0]["css"]
    assert "charted" in drawn(Kind.SPO2, [(0, 97)], received=False)["lines"][0]["css"]


def test_a_whole_day_has_at_most_a_dozen_and_a_half_times():
    assert len(drawn(Kind.SPO2, [(0, 97)], minutes=24 * 60 * 3)["times"]) <= 18


def test_each_person_has_a_line_of_their_own_under_the_music():
    hour = timedelta(minutes=60)
    bars = [
        Bar("Peak", START, START + hour),
        Bar("Keisha: in the room", START, START + hour / 2, "keisha"),
        Bar("Priya: in the room", START, START + hour, "priya"),
        Bar("Keisha: in the room", START + hour / 2, START + hour, "keisha"),
    ]
    series = [Series("one", Kind.SPO2, True, (Point(START, Decimal(97)),))]
    found = draw(series, [], START, START + hour, UTC, bars)
    assert [bar["y"] - HEIGHT for bar in found["bars"]] == [
        n * (BAR_HEIGHT + 2) for n in (0, 1, 2, 1)
    ]
    assert found["height"] == HEIGHT + 3 * (BAR_HEIGHT + 2)
