"""A trend draws what was measured and says what was not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.care.shipped import scale_text
from holdspace.core.scales import read
from holdspace.core.trend import Filled, Missed, Why, trend

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PHQ9 = read(scale_text("phq-9"))


def filled(day: int, total: int | None) -> Filled:
    level = "" if total is None else "some level"
    return Filled(f"form {day}", START + timedelta(days=day), total, level)


def missed(day: int) -> Missed:
    return Missed(START + timedelta(days=day), "week")


@pytest.mark.parametrize(
    ("forms", "missing", "runs"),
    [
        ((), (), ()),
        (((0, 20),), (), ((20,),)),
        (((0, 20), (7, 12)), (), ((20, 12),)),
        (((7, 12), (0, 20)), (), ((20, 12),)),
        (((0, 20), (3, None), (7, 12)), (), ((20,), (12,))),
        (((0, 20), (7, 12)), (3,), ((20,), (12,))),
        (((0, 20), (7, 12)), (9,), ((20, 12),)),
        (((0, None),), (), ()),
    ],
)
def test_a_line_is_drawn_only_where_nothing_is_missing_between(
    forms: tuple[tuple[int, int | None], ...],
    missing: tuple[int, ...],
    runs: tuple[tuple[int, ...], ...],
) -> None:
    found = trend(PHQ9, [filled(*form) for form in forms], [missed(day) for day in missing])
    assert tuple(tuple(one.total for one in run) for run in found.runs) == runs


def test_each_gap_says_why() -> None:
    found = trend(PHQ9, [filled(0, None)], [missed(3)])
    assert [gap.why for gap in found.gaps] == [Why.NOT_COMPLETE, Why.NOT_ANSWERED]


@pytest.mark.parametrize(
    ("first", "last", "points", "meaningful"),
    [(20, 15, -5, True), (20, 16, -4, False), (10, 15, 5, True), (10, 10, 0, False)],
)
def test_the_change_is_measured_against_the_smallest_that_matters(
    first: int, last: int, points: int, meaningful: bool
) -> None:
    between = trend(PHQ9, [filled(0, first), filled(7, last)]).between
    assert (between.points, between.meaningful) == (points, meaningful)


def test_one_form_is_no_change() -> None:
    assert trend(PHQ9, [filled(0, 20)]).between.points is None


@given(
    forms=st.lists(
        st.tuples(st.integers(0, 100), st.one_of(st.none(), st.integers(0, 27))), max_size=12
    ),
    missing=st.lists(st.integers(0, 100), max_size=4),
)
def test_every_form_is_a_point_or_a_gap_and_none_is_both(
    forms: list[tuple[int, int | None]], missing: list[int]
) -> None:
    found = trend(PHQ9, [filled(*form) for form in forms], [missed(day) for day in missing])
    assert len(found.points) + len(found.gaps) == len(forms) + len(missing)
    assert [p.at for p in found.points] == sorted(p.at for p in found.points)
    for run in found.runs:
        assert not any(run[0].at < gap.at < run[-1].at for gap in found.gaps)
