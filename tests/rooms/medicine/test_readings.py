"""What a monitor sent is kept as received, once, beside the chart, and charted only by a tap."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

import holdspace.medicine
from holdspace.care.actions import WrongInput
from holdspace.core import monitor
from holdspace.medicine import actions
from holdspace.medicine.actions.readings import OutsideSession
from tests.rooms.factory import played

FILE = Path(holdspace.medicine.__file__).parent / "data" / "monitor-with-faults.csv"
COUNTS = {"received": 185, "valid": 164, "invalid": 21, "unconfirmed": 21}

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    house = played(stocked=False)
    day = house.guest().open()
    house.later(minutes=60)
    return day


def imported(day, *more, file=FILE, start=None):
    out = StringIO()
    start = start or day.session.opened_at.isoformat()
    call_command(
        "readings", "import", "--session", str(day.session.id), "--start", start, str(file), *more,
        stdout=out,
    )  # fmt: skip
    return json.loads(out.getvalue().splitlines()[-1])


def take(day, text, **more):
    received = monitor.judge(monitor.parse(text), day.session.opened_at)
    return actions.import_readings(
        session=day.session, received=received, by=None, now=day.now, **more
    )


def test_every_cell_is_counted_and_kept(day, monkeypatch):
    at_the_houses_time(monkeypatch, day)
    assert imported(day) == {**COUNTS, "added": 185}
    assert day.session.imported.count() == 185
    assert day.session.imported.filter(unconfirmed=True).count() == 21


def test_the_same_file_again_adds_nothing(day, monkeypatch):
    at_the_houses_time(monkeypatch, day)
    imported(day)
    assert imported(day, "--json") == {**COUNTS, "added": 0}
    assert day.session.imported.count() == 185


def test_a_check_reads_and_imports_nothing_and_asks_no_session(day):
    assert imported(day, "--check", start="2001-01-01T00:00:00Z") == {**COUNTS, "added": 0}
    assert day.session.imported.count() == 0


def test_cells_outside_the_session_refuse_the_whole_file_with_their_range(day, monkeypatch):
    at_the_houses_time(monkeypatch, day)
    early = "2026-03-03T15:40:00+00:00"
    with pytest.raises(CommandError, match="from 2026-03-03T15:40"):
        imported(day, start=early)
    assert day.session.imported.count() == 0


def test_the_good_ones_can_be_kept(day, monkeypatch):
    at_the_houses_time(monkeypatch, day)
    early = "2026-03-03T15:40:00+00:00"
    counted = imported(day, "--keep-good", start=early)
    assert counted["received"] == 185
    assert 0 < counted["added"] < 185


def test_a_malformed_line_is_named_and_nothing_is_half_imported(day, tmp_path, monkeypatch):
    at_the_houses_time(monkeypatch, day)
    file = tmp_path / "bad.csv"
    file.write_text("minute,HR [bpm]\n0,80\n1,8o\n")
    with pytest.raises(CommandError, match="line 3"):
        imported(day, file=file)
    assert day.session.imported.count() == 0


@pytest.mark.parametrize("start", ["soon", "2026-13-01T00:00", ""])
def test_a_start_that_is_no_time_is_refused_by_name(day, start):
    with pytest.raises(CommandError, match="--start"):
        imported(day, start=start or "-")


def test_an_unknown_session_is_refused_by_name(day):
    day.session.id = "nobody"
    with pytest.raises(CommandError, match="--session"):
        imported(day, start="2026-03-03T16:00:00Z")


def test_a_reading_at_the_very_opening_is_inside(day):
    assert take(day, "minute,HR [bpm]\n0,80\n").added == 1


def test_a_reading_after_now_is_outside(day):
    with pytest.raises(OutsideSession):
        take(day, "minute,HR [bpm]\n0,80\n62,80\n")


def test_a_received_value_is_no_observation_until_it_is_charted(day):
    take(day, "minute,HR [bpm],SpO2 [%]\n0,80.5,97\n")
    assert day.session.observations.count() == 0
    rows = chart(day, day.session.imported.all())
    assert {row.kind for row in rows} == {"heart_rate", "spo2"}
    assert {row.source for row in rows} == {"monitor: charted by Jonah Reyes"}
    assert {row.taken_at for row in rows} == {day.session.opened_at}


def test_a_second_tap_charts_nothing_twice(day):
    take(day, "minute,HR [bpm]\n0,80\n")
    chart(day, day.session.imported.all())
    with pytest.raises(WrongInput, match="already charted"):
        chart(day, day.session.imported.all())


def test_what_a_sensor_cannot_mean_is_never_charted(day):
    take(day, "minute,SpO2 [%]\n0,0\n")
    with pytest.raises(WrongInput, match="No sensor can mean"):
        chart(day, day.session.imported.all())


def test_a_low_value_is_kept_valid_and_chartable(day):
    take(day, "minute,SpO2 [%]\n0,43\n")
    assert day.session.imported.get().is_valid
    assert chart(day, day.session.imported.all())[0].number == 43


def chart(day, rows):
    return actions.chart_imported(
        session=day.session, readings=[row.id for row in rows], by=day.house.nurse, now=day.now,
        oxygen_l_min=Decimal(0),
    )  # fmt: skip


def at_the_houses_time(monkeypatch, day):
    from holdspace.people import clock

    monkeypatch.setattr(clock, "read", lambda: day.now)


def test_sessions_are_listed_for_scripts(day):
    out = StringIO()
    call_command("sessions", "list", "--json", stdout=out)
    mine = next(row for row in json.loads(out.getvalue()) if row["id"] == str(day.session.id))
    assert mine == {
        "id": str(day.session.id),
        "state": "open",
        "started_at": day.session.opened_at.isoformat(),
        "person": day.guest.patient.display_id,
    }
