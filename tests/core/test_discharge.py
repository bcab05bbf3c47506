"""Going home: the stay, the pressure against where it began, the scores, the people."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from holdspace.core import discharge
from holdspace.core.decision import Door
from holdspace.core.facts import Facts
from holdspace.core.units import Kind
from tests.core.cases import (
    NOW,
    ask,
    charted,
    clinic_protocol,
    codes,
    days,
    hours,
    instead,
    minutes,
    plan,
    rested,
    seen,
    without,
)

K = Kind
LEAVE = Door.DISCHARGE


def leave(facts: Facts) -> dict[str, str]:
    return codes(ask(LEAVE, facts))


def now(kind: Kind, value: str | int, ago: float = 1) -> Facts:
    return charted(rested(), seen(kind, value, minutes(ago), session="day-1"))


@pytest.mark.parametrize(
    ("ago", "answer"),
    [
        (119, {"stay_too_short": "fail"}),
        (120, {}),
        (180, {}),
        (-5, {"stay_too_short": "unknown", "no_dose_given": "unknown"}),
    ],
)
def test_the_stay_counts_from_the_last_dose(ago: float, answer: dict[str, str]) -> None:
    facts = rested()
    moved = replace(facts.doses[0], given_at=NOW - minutes(ago))
    assert answer.items() <= leave(replace(facts, doses=(moved,))).items()
    assert ("stay_too_short" in leave(replace(facts, doses=(moved,)))) is bool(answer)


def test_a_variance_dose_starts_the_stay_again() -> None:
    facts = rested()
    unplanned = replace(
        facts.doses[0], id="v", given_at=NOW - minutes(90), order="", passed_door=False
    )
    found = ask(LEAVE, replace(facts, doses=(*facts.doses, unplanned)))
    assert codes(found) == {"stay_too_short": "fail"}
    assert found.stops[0].ask_again_on == "09:30"


def test_a_protocol_of_thirty_minutes_still_keeps_the_hard_hour() -> None:
    shipped = clinic_protocol()
    path = "discharge.stay_minutes_min"
    short = {**shipped.settings, path: replace(shipped.setting(path), value=30)}
    facts = rested()
    for ago, stays in ((59, True), (60, False)):
        moved = replace(facts.doses[0], given_at=NOW - minutes(ago))
        found = codes(ask(LEAVE, replace(facts, doses=(moved,)), replace(shipped, settings=short)))
        assert ("stay_too_short" in found) is stays


# --- pressure: 124/78 before the dose, so 20 % is 99.2 to 148.8 over 62.4 to 93.6 ----------------

PRESSURE = [
    (K.SYSTOLIC, 148, {}),
    (K.SYSTOLIC, 149, {"pressure_not_settled": "fail"}),
    (K.SYSTOLIC, 100, {}),
    (K.SYSTOLIC, 99, {"pressure_not_settled": "fail"}),
    (K.SYSTOLIC, 161, {"pressure_not_settled": "fail"}),
    (K.DIASTOLIC, 93, {}),
    (K.DIASTOLIC, 94, {"pressure_not_settled": "fail"}),
    (K.DIASTOLIC, 63, {}),
    (K.DIASTOLIC, 62, {"pressure_not_settled": "fail"}),
]


@pytest.mark.parametrize(("kind", "value", "answer"), PRESSURE)
def test_pressure_is_near_where_it_began(kind: Kind, value: int, answer: dict[str, str]) -> None:
    assert leave(now(kind, value)) == answer


@pytest.mark.parametrize("kind", [K.SYSTOLIC, K.DIASTOLIC])
def test_a_missing_pressure_is_unknown_by_its_ceiling_and_by_its_baseline(kind: Kind) -> None:
    facts = rested()
    first = facts.doses[0].given_at
    kept = tuple(o for o in facts.observations if o.kind is not kind or o.taken_at < first)
    stops = ask(LEAVE, replace(facts, observations=kept)).stops
    assert [(f.subject, f.verdict.value) for f in stops] == [
        (kind.value, "unknown"),
        (f"{kind.value}_baseline", "unknown"),
    ]


def _began(systolic: int, *, raised: bool = False) -> Facts:
    """The systolic pressures before the dose replaced by one."""
    facts = rested()
    first = facts.doses[0].given_at
    kept = tuple(o for o in facts.observations if o.kind is not K.SYSTOLIC or o.taken_at >= first)
    before = seen(K.SYSTOLIC, systolic, minutes(140), session="day-1")
    earlier = (seen(K.SYSTOLIC, 130, days(12)),) if raised else ()
    return replace(facts, observations=(*kept, before, *earlier))


@pytest.mark.parametrize(("value", "answer"), [(160, {}), (161, {"pressure_not_settled": "fail"})])
def test_the_ceiling_for_leaving_counts_beside_the_baseline(
    value: int, answer: dict[str, str]
) -> None:
    facts = _began(139)
    assert leave(charted(facts, seen(K.SYSTOLIC, value, minutes(1), session="day-1"))) == answer


def test_a_waived_value_is_not_the_baseline() -> None:
    facts = _began(155, raised=True)  # 155 was waived this morning; 130 twelve days ago was not
    found = discharge.unwaived_baseline(facts, clinic_protocol(), K.SYSTOLIC)
    assert found is not None and found.number == 130


def test_without_any_unraised_value_the_prescriber_says_what_is_accepted() -> None:
    facts = _began(155)
    (held,) = ask(LEAVE, facts).stops
    assert (held.code.value, held.verdict.value) == ("baseline_missing", "hold")
    assert ask(LEAVE, replace(facts, reliefs=(plan(held, session="day-1"),))).allowed


def test_without_any_value_before_the_dose_nothing_can_be_compared() -> None:
    facts = rested()
    first = facts.doses[0].given_at
    kept = [o for o in facts.observations if o.kind is not K.SYSTOLIC or o.taken_at >= first]
    assert leave(replace(facts, observations=tuple(kept))) == {"baseline_missing": "unknown"}


def test_a_value_of_another_session_is_no_baseline() -> None:
    facts = rested()
    first = facts.doses[0].given_at
    moved = tuple(
        replace(o, session="day-0") if o.kind is K.SYSTOLIC and o.taken_at < first else o
        for o in facts.observations
    )
    assert leave(replace(facts, observations=moved)) == {"baseline_missing": "unknown"}


# --- oxygen, scores, feelings ---------------------------------------------------------------------


@pytest.mark.parametrize(("value", "answer"), [(95, {}), (94, {"oxygen_saturation_low": "fail"})])
def test_oxygen_before_going_home(value: int, answer: dict[str, str]) -> None:
    assert leave(now(K.SPO2, value)) == answer


@pytest.mark.parametrize(
    ("began", "value", "leaves"), [(94, 94, True), (94, 93, False), (92, 92, False), (92, 93, True)]
)
def test_a_lower_oxygen_of_one_s_own_counts_down_to_the_band(
    began: int, value: int, leaves: bool
) -> None:
    facts = instead(
        rested(),
        seen(K.SPO2, began, minutes(140), session="day-1"),
        seen(K.SPO2, value, minutes(2), session="day-1"),
    )
    assert ask(LEAVE, facts).allowed is leaves


def test_oxygen_that_is_running_is_not_room_air() -> None:
    facts = charted(rested(), seen(K.SPO2, 99, minutes(1), oxygen_l_min=Decimal(2)))
    assert leave(facts) == {"oxygen_saturation_low": "unknown"}


PADSS = [
    ({}, {}),
    ({K.PADSS_VITALS: 1}, {"discharge_score_low": "fail"}),  # 8
    ({K.PADSS_INTAKE: 2, K.PADSS_VITALS: 1}, {}),  # 9
    ({K.PADSS_INTAKE: 0}, {"discharge_score_low": "fail"}),
    ({K.PADSS_INTAKE: 2, K.PADSS_ACTIVITY: 1}, {"discharge_score_low": "fail"}),  # 9, unsteady
]


@pytest.mark.parametrize(("scores", "answer"), PADSS)
def test_a_bare_nine_is_not_enough(scores: dict[Kind, int], answer: dict[str, str]) -> None:
    facts = instead(rested(), *(seen(k, v, minutes(3)) for k, v in scores.items()))
    assert leave(facts) == answer


@pytest.mark.parametrize("kind", discharge.PADSS)
def test_a_score_with_a_missing_item_has_no_total(kind: Kind) -> None:
    decision = ask(LEAVE, without(rested(), kind))
    assert codes(decision) == {"discharge_score_low": "unknown"}
    assert {f.subject for f in decision.stops} == {kind.value, "total"}


@pytest.mark.parametrize(
    ("kind", "value", "leaves"),
    [
        (K.DISTRESS, 3, True),  # as before the dose
        (K.DISTRESS, 4, False),
        (K.DISSOCIATION, 2, True),
        (K.DISSOCIATION, 3, False),
    ],
)
def test_feelings_are_low_or_as_before(kind: Kind, value: int, leaves: bool) -> None:
    assert ask(LEAVE, now(kind, value)).allowed is leaves


RECENT = [
    K.SYSTOLIC,
    K.DIASTOLIC,
    K.SPO2,
    *discharge.PADSS,
    K.DISTRESS,
    K.DISSOCIATION,
]


@pytest.mark.parametrize("kind", RECENT)
def test_what_is_measured_before_leaving_is_of_the_last_quarter_hour(kind: Kind) -> None:
    facts = rested()
    newest = facts.latest(kind)
    assert newest is not None
    others = tuple(o for o in facts.observations if o is not newest)
    for ago, leaves in ((15, True), (15.1, False), (-2, False)):
        moved = replace(newest, taken_at=NOW - minutes(ago))
        assert ask(LEAVE, replace(facts, observations=(*others, moved))).allowed is leaves


ANSWERS = [
    (K.THERAPIST_DISCHARGE_CHECK, "therapist_check_missing"),
    (K.ESCORT_IDENTIFIED, "escort_not_identified"),
    (K.INSTRUCTIONS_UNDERSTOOD, "instructions_not_understood"),
]


@pytest.mark.parametrize(("kind", "code"), ANSWERS)
def test_answers_before_leaving_are_given_after_the_dose(kind: Kind, code: str) -> None:
    assert leave(instead(rested(), seen(kind, True, minutes(131)))) == {code: "unknown"}
    assert leave(instead(rested(), seen(kind, True, minutes(129)))) == {code: "unknown"}  # its peak
    assert leave(instead(rested(), seen(kind, True, minutes(60.5)))) == {code: "unknown"}
    assert leave(instead(rested(), seen(kind, True, minutes(60)))) == {}
    assert leave(instead(rested(), seen(kind, False, minutes(5)))) == {code: "fail"}


@pytest.mark.parametrize(
    ("result", "ago", "answer"),
    [
        ("negative", 2, {}),
        ("negative", 131, {"suicide_screen_missing": "unknown"}),
        ("non_acute_positive", 2, {"suicide_screen_positive": "hold"}),
        ("acute_positive", 2, {"suicide_screen_positive": "fail"}),
    ],
)
def test_the_suicide_screen_is_done_again_after_the_dose(
    result: str, ago: float, answer: dict[str, str]
) -> None:
    assert leave(instead(rested(), seen(K.SUICIDE_SCREEN, result, minutes(ago)))) == answer


def test_the_driving_rule_stands_on_the_instructions() -> None:
    findings = ask(LEAVE, rested()).findings
    (found,) = [f for f in findings if f.code.value == "instructions_not_understood"]
    assert "no driving for 24 h and a night's sleep" in found.source


def test_a_session_that_has_ended_is_not_discharged_twice() -> None:
    facts = rested()
    ended = replace(facts.sessions[0], ended_at=NOW - hours(1))
    assert leave(replace(facts, sessions=(ended,)))["session_not_open"] == "fail"
