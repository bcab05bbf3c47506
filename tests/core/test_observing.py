"""The session's clock: what is due, what is late, what a charted value asks for."""

from __future__ import annotations

from decimal import Decimal

import pytest

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
