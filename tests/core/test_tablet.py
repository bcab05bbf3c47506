"""A tablet's clock: what is given is kept, what is corrected says by how much."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core.tablet import Stamp, ahead_words, stamp

NINE = datetime(2026, 3, 9, 9, tzinfo=UTC)
SINCE = NINE - timedelta(hours=1)  # when the session was opened
M = timedelta(minutes=1)
NEVER = None


@pytest.mark.parametrize(
    ("what_it_was", "made", "before", "later", "at", "sure"),
    [
        ("right", 0, 0 * M, 0 * M, 0, True),
        ("4 min ahead all the time", 4, 4 * M, 4 * M, 0, True),
        ("4 min behind all the time", -4, -4 * M, -4 * M, 0, True),
        ("measured only when it was sent", 4, NEVER, 4 * M, 0, True),
        ("measured only before", 4, 4 * M, NEVER, 0, True),
        ("never compared: taken as given", 4, NEVER, NEVER, 4, False),
        ("a few seconds adrift meanwhile", 4, 4 * M, 4 * M + timedelta(seconds=9), 0, True),
        ("set right while it was away", 0, 4 * M, 0 * M, -4, False),
    ],
)  # fmt: skip
def test_the_time_of_an_entry_by_the_servers_clock(what_it_was, made, before, later, at, sure):
    found = stamp(NINE + made * M, before, later, SINCE, NINE + 60 * M)
    assert (found.at, found.sure) == (NINE + at * M, sure), what_it_was


def test_after_a_dead_battery_the_tablet_thinks_it_is_1970_and_the_time_is_found_and_doubted():
    woken = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    behind = woken - NINE
    found = stamp(woken, 4 * M, behind, SINCE, NINE + 60 * M)
    assert (found.at, found.sure) == (NINE, False)


def test_a_measurement_that_leads_into_the_future_gives_way_to_the_one_made_on_sending():
    found = stamp(NINE, -120 * M, 5 * M, SINCE, NINE + 60 * M)
    assert (found.at, found.sure) == (NINE - 5 * M, False)


spans = st.integers(-10_000_000, 10_000_000).map(lambda ms: timedelta(milliseconds=ms))


@given(made=spans, before=st.none() | spans, later=st.none() | spans)
def test_nothing_is_altered_silently(made, before, later):
    """The given time is the corrected one plus the difference that is kept and shown."""
    found = stamp(NINE + made, before, later, SINCE, NINE)
    assert found.at + (found.ahead or timedelta()) == NINE + made
    assert found.ahead in (before, later)
    if before is None and later is None:
        assert not found.sure


@given(truth=spans, drift=spans)
def test_a_clock_that_is_always_off_by_the_same_is_corrected_whatever_it_is_off_by(truth, drift):
    at = NINE - abs(truth)
    assert stamp(at + drift, drift, drift, SINCE, NINE).at == at


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(240, "4 min ahead"), (-90, "90 s behind"), (61, "61 s ahead"), (-7200, "2 h behind"),
     (86400 * 3, "3 days ahead"), (0, "0 s behind"), (1, "1 s ahead"), (119, "119 s ahead"),
     (120, "2 min ahead"), (7199, "120 min ahead"), (7200, "2 h ahead"),
     (172_799, "48 h ahead"), (172_800, "2 days ahead")],
)  # fmt: skip
def test_a_difference_is_said_as_a_person_says_it(seconds, words):
    assert ahead_words(timedelta(seconds=seconds)) == words


S = timedelta(seconds=1)
EDGES = [
    # (made at, clock before, clock later, sure): the page is there from SINCE, now is NINE
    (NINE, 0 * S, 60 * S, True),  # a minute apart is tolerated
    (NINE, 0 * S, 61 * S, False),
    (NINE, 60 * S, 0 * S, True),
    (SINCE - 60 * S, 0 * S, NEVER, True),
    (SINCE - 61 * S, 0 * S, NEVER, False),
    (NINE + 60 * S, 0 * S, NEVER, True),
    (NINE + 61 * S, 0 * S, NEVER, False),
]


@pytest.mark.parametrize(("made", "before", "later", "sure"), EDGES)
def test_a_minute_is_tolerated_and_more_is_doubted(made, before, later, sure):
    assert stamp(made, before, later, SINCE, NINE).sure is sure


@pytest.mark.parametrize(
    ("ahead", "off"), [(None, False), (60, False), (61, True), (-60, False), (-61, True)]
)
def test_a_clock_is_off_by_more_than_a_minute(ahead, off):
    assert Stamp(NINE, None if ahead is None else ahead * S, sure=True).is_off is off
