"""Nobody is written to at night, whatever the clocks do."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core.neutral import gives_away
from holdspace.core.quiet import Quiet, waking

DENVER = ZoneInfo("America/Denver")
NIGHT = Quiet(time(21), time(8))


def wall(*when: int, fold: int = 0) -> datetime:
    return datetime(*when, tzinfo=DENVER, fold=fold)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (wall(2026, 3, 2, 20, 59), wall(2026, 3, 2, 20, 59)),
        (wall(2026, 3, 2, 21, 0), wall(2026, 3, 3, 8, 0)),
        (wall(2026, 3, 2, 23, 59), wall(2026, 3, 3, 8, 0)),
        (wall(2026, 3, 3, 0, 0), wall(2026, 3, 3, 8, 0)),
        (wall(2026, 3, 3, 7, 59), wall(2026, 3, 3, 8, 0)),
        (wall(2026, 3, 3, 8, 0), wall(2026, 3, 3, 8, 0)),
        # 8 March 2026, spring: the night is an hour shorter; 1 November, autumn: an hour longer
        (wall(2026, 3, 7, 22, 0), wall(2026, 3, 8, 8, 0)),
        (wall(2026, 10, 31, 22, 0), wall(2026, 11, 1, 8, 0)),
    ],
)
def test_what_is_asked_for_in_the_quiet_hours_waits_for_the_morning(asked, sent):
    assert waking(asked, NIGHT, DENVER) == sent.astimezone(UTC)


def test_an_end_that_the_spring_night_skips_and_one_that_autumn_repeats():
    skipped = Quiet(time(21), time(2, 30))
    assert waking(wall(2026, 3, 8, 1, 0), skipped, DENVER) == wall(2026, 3, 8, 3, 30)
    twice = Quiet(time(21), time(1, 30))
    late = wall(2026, 11, 1, 1, 10, fold=1)
    assert waking(late, twice, DENVER) == wall(2026, 11, 1, 1, 30, fold=1).astimezone(UTC)


def test_the_same_time_twice_means_never_quiet():
    never = Quiet(time(8), time(8))
    assert waking(wall(2026, 3, 2, 8, 0), never, DENVER) == wall(2026, 3, 2, 8, 0)


clock_times = st.times().map(lambda t: t.replace(tzinfo=None, fold=0))


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    starts=clock_times,
    ends=clock_times,
    zone=st.sampled_from(["America/Denver", "America/Phoenix", "Australia/Lord_Howe", "UTC"]),
)
def test_the_answer_is_never_quiet_never_earlier_and_within_a_day(at, starts, ends, zone):
    quiet, wall_zone = Quiet(starts, ends), ZoneInfo(zone)
    found = waking(at, quiet, wall_zone)
    assert not quiet.holds(found, wall_zone)
    assert at <= found <= at + timedelta(hours=26)
    assert found == at or quiet.holds(at, wall_zone)


@pytest.mark.parametrize(
    "name", ["Front Range Ketamine", "KAP Clinic", "Dr. Osei, PSYCHIATRY", "Mental wellness"]
)
def test_a_name_that_tells_what_it_is_about_is_seen(name):
    assert gives_away(name)


@pytest.mark.parametrize("name", ["Juniper House", "", "A form for you", "Aspen & Co"])
def test_a_neutral_name_passes(name):
    assert gives_away(name) == ""
