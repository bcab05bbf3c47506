"""The session's clock: what is due, what is late, what a charted value asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from holdspace.core import observing
from holdspace.core.facts import Dose, Route
from holdspace.core.observing import (
    SET,
    Conditions,
    CouldNot,
    Due,
    due_times,
    evaluate,
    limit_words,
)
from holdspace.core.units import KINDS, Kind, Observation, Shape
from tests.core.cases import IVY, NOW, clinic_protocol, minutes, seen

K = Kind
P = clinic_protocol()
IM, SL = P.schedules[Route.IM], P.schedules[Route.SUBLINGUAL]
FINE = {K.SYSTOLIC: 124, K.DIASTOLIC: 78, K.HEART_RATE: 72, K.SPO2: 98}


def dose(at_minutes: float = 0) -> Dose:
    """A dose so many minutes after NOW, which is minute 0 here."""
    at = NOW + minutes(at_minutes)
    return Dose(f"d{at_minutes}", "day-1", Route.IM, Decimal(50), at, IVY)


def taken(at_minutes: float, *kinds: Kind) -> tuple[Observation, ...]:
    """One set of observations at a minute after the first dose."""
    return tuple(seen(k, FINE[k], -minutes(at_minutes)) for k in kinds or SET)


def watch(
    minute: float, *observations: Observation, doses: tuple[Dose, ...] = (dose(),)
) -> Conditions:
    return evaluate(IM, P, observations, doses, NOW + minutes(minute))


def offsets(conditions: Conditions) -> list[tuple[int | None, str]]:
    return [
        (None if s.due_at is None else int((s.due_at - NOW).total_seconds()) // 60, s.state.value)
        for s in conditions.slots
    ]


def test_injected_every_ten_minutes_for_an_hour_then_every_fifteen() -> None:
    times = due_times(IM, (NOW,), NOW + minutes(100))
    assert [int((t - NOW).total_seconds()) // 60 for t in times] == [
        10, 20, 30, 40, 50, 60, 75, 90, 105,
    ]  # fmt: skip


def test_a_lozenge_at_its_four_times_then_every_thirty() -> None:
    times = due_times(SL, (NOW,), NOW + minutes(125))
    assert [int((t - NOW).total_seconds()) // 60 for t in times] == [15, 30, 45, 60, 90, 120, 150]


def test_a_further_dose_starts_the_clock_again() -> None:
    times = due_times(IM, (NOW, NOW + minutes(15)), NOW + minutes(40))
    assert [int((t - NOW).total_seconds()) // 60 for t in times] == [10, 25, 35, 45]


LATENESS = [
    (9.9, Due.AHEAD),
    (10, Due.DUE),
    (11.9, Due.DUE),
    (12, Due.LATE),
    (14.9, Due.LATE),
    (15, Due.VERY_LATE),
    (18, Due.VERY_LATE),
    (18.1, Due.MISSED),  # what is charted now answers the next time, at minute 20
]


@pytest.mark.parametrize(("minute", "state"), LATENESS)
def test_due_late_and_very_late_by_the_protocol_s_minutes(minute: float, state: Due) -> None:
    slots = watch(minute, *taken(-5)).slots
    assert slots[0].state is Due.TAKEN, "the set before the dose"
    assert slots[1].state is state


def test_a_set_is_taken_when_every_part_of_it_is_charted() -> None:
    partly = watch(11, *taken(-5), *taken(10, K.SYSTOLIC, K.DIASTOLIC))
    assert partly.slots[1].missing == (K.HEART_RATE, K.SPO2)
    assert partly.asking == (partly.slots[1],)
    assert partly.next_at == NOW + minutes(10)
    whole = watch(11, *taken(-5), *taken(10))
    assert whole.slots[1].state is Due.TAKEN and whole.slots[1].taken_at == NOW + minutes(10)
    assert whole.asking == () and whole.next_at == NOW + minutes(20)


def test_a_set_may_be_a_little_early_and_is_late_until_the_next_one() -> None:
    assert watch(11, *taken(6)).slots[1].state is Due.TAKEN
    both = watch(21, *taken(14), *taken(18.5))
    assert offsets(both)[1:3] == [(10, "taken"), (20, "taken")]
    late = watch(21, *taken(17))
    assert offsets(late)[1:3] == [(10, "taken"), (20, "due")]
    skipped = watch(21, *taken(19))
    assert offsets(skipped)[1:3] == [(10, "missed"), (20, "taken")]


def test_without_a_set_before_the_dose_it_is_due_and_then_missed() -> None:
    before = evaluate(IM, P, (), (), NOW)
    assert [s.state for s in before.slots] == [Due.DUE]
    assert watch(1).slots[0].state is Due.MISSED
    assert before.next_at is None


def test_observations_of_before_a_further_dose_stay_as_they_were() -> None:
    doses = (dose(), dose(15))
    found = watch(26, *taken(-5), *taken(10), *taken(25), doses=doses)
    assert offsets(found) == [(None, "taken"), (10, "taken"), (25, "taken"), (35, "ahead")]


def test_after_the_end_nothing_is_due_any_more() -> None:
    found = evaluate(IM, P, (), (dose(),), NOW + minutes(300), ended_at=NOW + minutes(130))
    assert found.slots[-1].due_at == NOW + minutes(135)
    assert found.slots[-1].state is Due.AHEAD


# --- charted values and the clinic's steps ------------------------------------------------------

STEPS = [
    (K.SYSTOLIC, 159, None),
    (K.SYSTOLIC, 160, "systolic_raised"),
    (K.SYSTOLIC, 179, "systolic_raised"),
    (K.SYSTOLIC, 180, "systolic_high"),
    (K.DIASTOLIC, 99, None),
    (K.DIASTOLIC, 100, "diastolic_raised"),
    (K.DIASTOLIC, 110, "diastolic_high"),
    (K.SPO2, 95, None),
    (K.SPO2, 94, "spo2_low"),
    (K.SPO2, 91, "spo2_very_low"),
    (K.HEART_RATE, 120, None),
    (K.HEART_RATE, 121, "heart_rate_high"),
    (K.HEART_RATE, 49, "heart_rate_low"),
    (K.RESPIRATORY_RATE, 10, None),
    (K.RESPIRATORY_RATE, 9, "breathing_slow"),
    (K.RESPIRATORY_RATE, 7, "breathing_very_slow"),
    (K.SEDATION_MOAAS, 4, None),
    (K.SEDATION_MOAAS, 3, "sedation_deep"),
]


@pytest.mark.parametrize(("kind", "value", "key"), STEPS)
def test_a_charted_value_has_the_step_of_its_band(kind: Kind, value: int, key: str | None) -> None:
    found = watch(12, seen(kind, value, -minutes(11))).outside
    assert [o.step.key for o in found] == ([key] if key else [])


def test_a_high_pressure_is_repeated_in_five_minutes_and_a_very_high_one_at_once() -> None:
    first = seen(K.SYSTOLIC, 165, -minutes(10))
    for minute, state in ((14, Due.AHEAD), (15, Due.DUE), (17, Due.LATE), (20, Due.VERY_LATE)):
        (found,) = watch(minute, first).outside
        assert (found.repeat_at, found.repeat) == (NOW + minutes(15), state)
    (told,) = watch(10, seen(K.SYSTOLIC, 185, -minutes(10))).outside
    assert (told.repeat_at, told.repeat, told.step.tell) == (
        NOW + minutes(10),
        Due.DUE,
        "prescriber",
    )
    repeated = watch(16, first, seen(K.SYSTOLIC, 150, -minutes(15))).outside
    assert [o.repeat for o in repeated] == [Due.TAKEN]


def test_a_rise_over_baseline_counts_only_where_no_band_of_its_own_does() -> None:
    before = {K.SYSTOLIC: Decimal(120)}
    for value, key in ((144, None), (145, "systolic_over_baseline"), (160, "systolic_raised")):
        charted = (seen(K.SYSTOLIC, value, -minutes(10)),)
        found = evaluate(IM, P, charted, (dose(),), NOW + minutes(11), baselines=before).outside
        assert [o.step.key for o in found] == ([key] if key else [])


def test_a_red_flag_has_its_step_and_its_absence_has_none() -> None:
    (found,) = watch(11, seen(K.RED_FLAG_SYMPTOM, True, -minutes(10))).outside
    assert found.step.key == "red_flag_symptom" and found.limit == "yes"
    assert watch(11, seen(K.RED_FLAG_SYMPTOM, False, -minutes(10))).outside == ()


def test_readings_before_the_dose_and_from_the_future_are_left_out() -> None:
    early, future = seen(K.SYSTOLIC, 170, minutes(5)), seen(K.SYSTOLIC, 170, -minutes(30))
    assert watch(11, early, future).outside == ()


def test_bands_are_told_in_words() -> None:
    words = {step.key: limit_words(step) for step in P.steps}
    assert words["systolic_raised"] == "160 to below 180 mmHg"
    assert words["systolic_high"] == "180 mmHg or more"
    assert words["spo2_very_low"] == "below 92 %"
    assert words["systolic_over_baseline"] == "20 % over baseline or more"
    assert words["sedation_deep"] == "below 4"


def test_every_step_is_about_a_kind_that_can_be_in_its_band() -> None:
    for step in P.steps:
        spec = KINDS[step.kind]
        if spec.shape is Shape.QUANTITY and not step.of_baseline:
            assert spec.low is not None and spec.high is not None
            assert step.low is None or step.low <= spec.high
            assert step.below is None or step.below > spec.low
    assert all(s.before for s in P.schedules.values())


def excused(
    minute: float, reasons: tuple[CouldNot, ...], charted: tuple[Observation, ...] = ()
) -> Conditions:
    return evaluate(IM, P, charted, (dose(),), NOW + minutes(minute), could_not=reasons)


EXCUSED = [
    # (could not be taken at, looked at, state, due again at): a set is due at minute 10
    ((10,), 10, Due.AHEAD, 15),
    ((11,), 15.9, Due.AHEAD, 16),
    ((11,), 16, Due.DUE, 16),
    ((11,), 18.1, Due.EXCUSED, 10),  # the set of minute 20 has its turn
    ((7,), 10, Due.AHEAD, 12),
    ((1,), 10, Due.DUE, 10),  # long before: it excuses nothing now
    ((10, 13), 17, Due.AHEAD, 18),
    ((11,), 10, Due.DUE, 10),  # what will be written down excuses nothing yet
]


@pytest.mark.parametrize(("at", "minute", "state", "again"), EXCUSED)
def test_what_can_t_be_taken_is_due_again_when_the_protocol_says(
    at: tuple[int, ...], minute: float, state: Due, again: int
) -> None:
    reasons = tuple(CouldNot(NOW + minutes(one), frozenset(SET)) for one in at)
    slot = excused(minute, reasons).slots[1]
    assert (slot.state, slot.due_at) == (state, NOW + minutes(again))


def test_a_reason_for_a_part_of_a_set_leaves_the_rest_due() -> None:
    cuff = CouldNot(NOW + minutes(10), frozenset({K.SYSTOLIC, K.DIASTOLIC}))
    assert excused(11, (cuff,)).slots[1].state is Due.DUE
    rest = taken(10.5, K.HEART_RATE, K.SPO2)
    assert excused(11, (cuff,), rest).slots[1].state is Due.AHEAD


def test_a_repeat_is_never_put_off_by_a_reason() -> None:
    high = seen(K.SYSTOLIC, 165, -minutes(2))
    reason = CouldNot(NOW + minutes(6), frozenset(SET))
    (found,) = excused(9, (reason,), (high,)).outside
    assert found.repeat is Due.LATE


# --- at the very minute, and one step either side -------------------------------------------------


@pytest.mark.parametrize("left_out", [K.SYSTOLIC, K.DIASTOLIC, K.HEART_RATE, K.SPO2])
def test_a_set_is_both_pressures_the_heart_rate_and_the_oxygen(left_out: Kind) -> None:
    four = (K.SYSTOLIC, K.DIASTOLIC, K.HEART_RATE, K.SPO2)
    slot = watch(11, *taken(10, *(k for k in four if k is not left_out))).slots[1]
    assert (slot.state, slot.missing) == (Due.DUE, (left_out,))


@pytest.mark.parametrize(
    ("minute", "asks", "next_at"),
    [(9.9, 0, 10), (10, 1, 10), (12, 1, 10), (15, 1, 10), (18, 1, 10), (18.1, 0, 20)],
)
def test_a_set_asks_from_its_minute_until_it_is_missed(
    minute: float, asks: int, next_at: int
) -> None:
    found = watch(minute, *taken(-5))
    assert (len(found.asking), found.next_at) == (asks, NOW + minutes(next_at))


def test_a_set_that_was_put_off_behind_the_next_one_does_not_hide_it() -> None:
    reason = CouldNot(NOW + minutes(17.5), frozenset(SET))  # again at minute 22.5
    assert excused(17.9, (reason,)).next_at == NOW + minutes(20)
    assert excused(18.1, (reason,)).next_at == NOW + minutes(20)


STARTS = [
    # (given at, looked at, due at)
    ((0,), 10, (10, 20)),
    ((0, 10), 12, (20,)),  # the set of the minute of the further dose is that dose's own
    ((0, 15, 40), 41, (10, 25, 35, 50)),
    ((0,), 0, (10,)),
]


@pytest.mark.parametrize(("given", "until", "due"), STARTS)
def test_each_dose_starts_the_clock(
    given: tuple[int, ...], until: int, due: tuple[int, ...]
) -> None:
    times = due_times(IM, tuple(NOW + minutes(m) for m in given), NOW + minutes(until))
    assert [int((t - NOW) / timedelta(minutes=1)) for t in times] == list(due)


def test_a_schedule_runs_for_one_day_at_most_and_each_phase_to_its_end() -> None:
    assert observing.offsets(IM)[-1] == 1440
    brief = replace(IM, fixed_minutes=(), phases=((3, 1), (None, 700)))
    assert observing.offsets(brief) == (1, 2, 3, 703, 1403)


def test_a_dose_that_is_not_given_yet_starts_no_clock() -> None:
    both = (dose(), dose(8))
    assert offsets(watch(7.9, doses=both)) == [(None, "missed"), (10, "ahead")]
    assert offsets(watch(8, doses=both)) == [(None, "missed"), (18, "ahead")]


@pytest.mark.parametrize(
    ("minute", "due"), [(34, [10, 20, 30, 40]), (35, [10, 20, 30, 45]), (36, [10, 20, 30, 45])]
)
def test_the_end_of_an_infusion_starts_the_clock_when_it_has_come(
    minute: int, due: list[int]
) -> None:
    infusion = replace(dose(), ended_at=NOW + minutes(35))
    assert [at for at, _ in offsets(watch(minute, doses=(infusion,)))[1:]] == due
    endless = replace(dose(), ended_at=None)
    assert [at for at, _ in offsets(watch(36, doses=(endless,)))[1:]] == [10, 20, 30, 40]


def test_a_dose_that_comes_later_moves_no_earlier_edge() -> None:
    doses = (dose(), dose(25))  # due at 10, 20, 35; what is of minute 18 still answers 10
    assert offsets(watch(30, *taken(18), doses=doses))[1:3] == [(10, "taken"), (20, "missed")]
    assert offsets(watch(30, *taken(19), doses=doses))[1:3] == [(10, "missed"), (20, "taken")]
    assert offsets(watch(30, *taken(24), doses=doses))[2:] == [(20, "taken"), (35, "ahead")]
    assert offsets(watch(30, *taken(25), doses=doses))[2:] == [(20, "taken"), (35, "ahead")]
    assert offsets(watch(30, *taken(26), doses=doses))[2:] == [(20, "missed"), (35, "taken")]


@pytest.mark.parametrize(
    ("at", "first", "second"),
    [(0, "taken", "ahead"), (0.1, "missed", "taken"), (18, "missed", "taken")],
)
def test_what_is_charted_at_the_dose_is_of_before_it(at: float, first: str, second: str) -> None:
    found = offsets(watch(max(at, 5), *taken(at)))
    assert [state for _, state in found[:2]] == [first, second]


def test_a_set_that_is_taken_before_any_dose_is_taken() -> None:
    found = evaluate(IM, P, taken(-5), (), NOW)
    assert [(s.state, s.taken_at) for s in found.slots] == [(Due.TAKEN, NOW - minutes(5))]


def test_the_last_set_may_be_a_little_early_as_well() -> None:
    found = watch(19, *taken(18.5))
    assert offsets(found)[1:] == [(10, "missed"), (20, "taken")]


def test_a_set_is_taken_with_its_last_part_and_nothing_else_moves_it() -> None:
    parts = (*taken(10, K.SYSTOLIC, K.DIASTOLIC), *taken(11, K.HEART_RATE, K.SPO2))
    other = seen(K.TEMPERATURE, "36.5", -minutes(12))
    assert watch(13, *parts, other).slots[1].taken_at == NOW + minutes(11)


# A step by rise over the resting value, from 20 % to below 30 %: 120 before, so 145 to 155.
RISES = [
    ("20", "30", 144, False),
    ("20", "30", 145, True),
    ("20", "30", 155, True),
    ("20", "30", 156, False),
    (None, "30", 155, True),
    (None, "30", 156, False),
]


@pytest.mark.parametrize(("low", "below", "value", "has_step"), RISES)
def test_a_band_by_rise_has_two_ends(
    low: str | None, below: str, value: int, has_step: bool
) -> None:
    (step,) = [s for s in P.steps if s.key == "systolic_over_baseline"]
    band = replace(step, low=None if low is None else Decimal(low), below=Decimal(below))
    charted = (seen(K.SYSTOLIC, value, -minutes(10)),)
    found = evaluate(
        IM, replace(P, steps=(band,)), charted, (dose(),), NOW + minutes(11),
        baselines={K.SYSTOLIC: Decimal(120)},
    )  # fmt: skip
    assert bool(found.outside) is has_step


def test_a_value_before_any_dose_and_one_at_the_dose_have_their_steps() -> None:
    raised = seen(K.SYSTOLIC, 170, minutes(0))
    assert [o.step.key for o in evaluate(IM, P, (raised,), (), NOW).outside] == ["systolic_raised"]
    assert [o.step.key for o in watch(1, raised).outside] == ["systolic_raised"]
    assert watch(1, seen(K.SYSTOLIC, 170, minutes(0.1))).outside == ()


def test_a_step_without_a_repeat_is_told_without_one() -> None:
    (step,) = [s for s in P.steps if s.key == "systolic_raised"]
    only = replace(P, steps=(replace(step, repeat_minutes=None),))
    (found,) = evaluate(
        IM, only, (seen(K.SYSTOLIC, 165, -minutes(5)),), (dose(),), NOW + minutes(9)
    ).outside
    assert (found.limit, found.repeat_at, found.repeat) == ("160 to below 180 mmHg", None, None)


REPEATS = [
    # (ended at, looked at, the repeat of minute 15)
    (None, 20, Due.VERY_LATE),
    (20, 20, Due.VERY_LATE),
    (20, 20.1, Due.MISSED),
    (30, 16, Due.DUE),
]


@pytest.mark.parametrize(("ended", "minute", "state"), REPEATS)
def test_a_repeat_is_asked_for_until_the_session_has_ended(
    ended: int | None, minute: float, state: Due
) -> None:
    ended_at = None if ended is None else NOW + minutes(ended)
    charted = (seen(K.SYSTOLIC, 165, -minutes(10)), seen(K.DIASTOLIC, 80, -minutes(11)))
    found = evaluate(IM, P, charted, (dose(),), NOW + minutes(minute), ended_at=ended_at)
    assert [o.repeat for o in found.outside] == [state]
