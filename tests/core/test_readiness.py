"""The morning of a session, as a nurse checks it: at the limit, one step past, missing, old."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from holdspace.core.decision import Door, Finding
from holdspace.core.facts import DocumentKind, Escort, Facts, PdmpQuery, Route
from holdspace.core.readiness import fasting
from holdspace.core.units import Kind
from tests.core.cases import (
    AMARA,
    NOW,
    arrived,
    ask,
    assessed,
    charted,
    clinic_protocol,
    codes,
    days,
    hours,
    instead,
    minutes,
    plan,
    readied,
    seen,
    with_paper,
    without,
)

K = Kind


def verdict(facts: Facts, subject: str) -> str:
    sides = (subject, f"{subject}_low", f"{subject}_high")
    (found,) = [f for f in ask(Door.GIVE_DOSE, facts).findings if f.subject in sides]
    return f"{found.code.value} {found.verdict.value}"


def two(kind: Kind, value: str | int) -> Facts:
    """Two readings of the same value, ten minutes apart."""
    return instead(readied(), seen(kind, value, minutes(12)), seen(kind, value, minutes(2)))


# kind, value read twice, the answer; a reading exactly at a limit is inside it
TWICE = [
    (K.SYSTOLIC, 139, "bp_systolic_high pass"),
    (K.SYSTOLIC, 140, "bp_systolic_high pass"),
    (K.SYSTOLIC, 141, "bp_systolic_high fail"),
    (K.SYSTOLIC, 159, "bp_systolic_high fail"),
    (K.SYSTOLIC, 160, "bp_systolic_high fail"),
    (K.SYSTOLIC, 301, "bp_systolic_high unknown"),
    (K.DIASTOLIC, 90, "bp_diastolic_high pass"),
    (K.DIASTOLIC, 91, "bp_diastolic_high fail"),
    (K.DIASTOLIC, 100, "bp_diastolic_high fail"),
    (K.HEART_RATE, 49, "heart_rate_outside fail"),
    (K.HEART_RATE, 50, "heart_rate_outside pass"),
    (K.HEART_RATE, 100, "heart_rate_outside pass"),
    (K.HEART_RATE, 101, "heart_rate_outside fail"),
    (K.SPO2, 94, "oxygen_saturation_low fail"),
    (K.SPO2, 95, "oxygen_saturation_low pass"),
    (K.RESPIRATORY_RATE, 9, "breathing_rate_outside fail"),
    (K.RESPIRATORY_RATE, 10, "breathing_rate_outside pass"),
    (K.RESPIRATORY_RATE, 24, "breathing_rate_outside pass"),
    (K.RESPIRATORY_RATE, 25, "breathing_rate_outside fail"),
    (K.TEMPERATURE, "37.9", "temperature_high pass"),
    (K.TEMPERATURE, "38.0", "temperature_high fail"),
]


@pytest.mark.parametrize(("kind", "value", "answer"), TWICE)
def test_a_reading_exactly_at_a_limit_is_inside_it(
    kind: Kind, value: str | int, answer: str
) -> None:
    assert verdict(two(kind, value), kind.value) == answer


@pytest.mark.parametrize(
    ("kind", "value", "by"),
    [
        (K.SYSTOLIC, 159, True),
        (K.SYSTOLIC, 160, False),
        (K.DIASTOLIC, 99, True),
        (K.DIASTOLIC, 100, False),
        (K.HEART_RATE, 45, True),
        (K.HEART_RATE, 44, False),
        (K.HEART_RATE, 110, True),
        (K.HEART_RATE, 111, False),
        (K.SPO2, 93, True),
        (K.SPO2, 92, False),
        (K.RESPIRATORY_RATE, 9, False),
        (K.TEMPERATURE, "38.0", False),
    ],
)
def test_the_prescriber_may_answer_only_inside_the_band(
    kind: Kind, value: str | int, by: bool
) -> None:
    (found,) = ask(Door.GIVE_DOSE, two(kind, value)).stops
    assert found.relievable_by == (("prescriber",) if by else ())


VITALS = [K.SYSTOLIC, K.DIASTOLIC, K.HEART_RATE, K.SPO2, K.RESPIRATORY_RATE, K.TEMPERATURE]
FINE = {
    K.SYSTOLIC: 124,
    K.DIASTOLIC: 78,
    K.HEART_RATE: 72,
    K.SPO2: 98,
    K.RESPIRATORY_RATE: 14,
    K.TEMPERATURE: "36.8",
}


@pytest.mark.parametrize("kind", VITALS)
def test_missing_stale_and_future_readings_are_not_known(kind: Kind) -> None:
    value = FINE[kind]
    assert verdict(without(readied(), kind), kind.value).endswith("unknown")
    assert verdict(instead(readied(), seen(kind, value, minutes(30))), kind.value).endswith("pass")
    assert verdict(instead(readied(), seen(kind, value, minutes(31))), kind.value).endswith(
        "unknown"
    )
    assert verdict(instead(readied(), seen(kind, value, -minutes(1))), kind.value).endswith("pass")
    future = charted(readied(), seen(kind, value, -minutes(1.1)))
    assert verdict(future, kind.value).endswith("unknown")


# readings as (minutes ago, systolic), and what the door says of them
PAIRS = [
    ([(10, 150)], "bp_repeat_needed unknown", "one high reading: measure again"),
    ([(10, 150), (6, 150)], "bp_repeat_needed unknown", "four minutes apart is no repeat"),
    ([(10, 150), (5, 150)], "bp_systolic_high fail", "five minutes apart is one"),
    ([(10, 150), (5, 130)], "bp_systolic_high fail", "both count, the lower is not chosen"),
    ([(10, 130), (5, 150)], "bp_repeat_needed unknown", "a new high one is repeated too"),
    ([(31, 150), (5, 130)], "bp_systolic_high pass", "a high one half an hour ago is over"),
    ([(30, 150), (5, 130)], "bp_systolic_high fail", "exactly half an hour ago it still counts"),
    ([(25, 120), (15, 150), (9, 130)], "bp_systolic_high fail", "the highest of three"),
]


@pytest.mark.parametrize(("readings", "answer", "why"), PAIRS)
def test_both_readings_count(readings: list[tuple[int, int]], answer: str, why: str) -> None:
    values = [seen(K.SYSTOLIC, value, minutes(ago)) for ago, value in readings]
    assert verdict(instead(readied(), *values), "systolic") == answer, why


def test_a_repeat_says_from_when() -> None:
    (found,) = ask(Door.GIVE_DOSE, instead(readied(), seen(K.SYSTOLIC, 150, minutes(2)))).stops
    assert found.ask_again_on == "09:03"
    assert found.evidence == "Systolic blood pressure 150 mmHg at 08:58: repeat in 5 min"


def test_a_refusal_shows_value_time_limit_and_source() -> None:
    (found,) = ask(Door.GIVE_DOSE, two(K.SYSTOLIC, 150)).stops
    assert found.evidence.startswith("Systolic blood pressure 150 mmHg at 08:48; newest 150 mmHg")
    assert "≤ 140 mmHg" in found.rule and "≤ 30 min old" in found.rule
    assert "Esketamine US label" in found.source and "kap-clinic/1.0" in found.source
    assert (found.value, found.limit, found.worse) == (Decimal(150), Decimal(140), "higher")


@pytest.mark.parametrize(
    ("flow", "answer"), [("0", "pass"), (None, "unknown"), ("2", "unknown"), ("0.5", "unknown")]
)
def test_oxygen_saturation_counts_only_in_room_air(flow: str | None, answer: str) -> None:
    flow_l = None if flow is None else Decimal(flow)
    facts = instead(readied(), seen(K.SPO2, 99, oxygen_l_min=flow_l))
    assert verdict(facts, "spo2") == f"oxygen_saturation_low {answer}"


# readings as (minutes ago, SpO2, L/min of oxygen), and every answer of the door about them
OXYGEN = [
    ([(10, 96, "2"), (5, 98, "0")], ["pass"], "a fair one on oxygen says nothing, the newest does"),
    ([(10, 90, "2"), (4, 97, "0")], ["fail"], "a low one counts whatever flowed"),
    ([(20, 90, "0"), (10, 90, "0"), (2, 97, None)], ["fail", "unknown"], "low, and then not said"),
    ([(10, 94, "0"), (4, 94, "0")], ["fail"], "twice low in room air"),
]


@pytest.mark.parametrize(("readings", "answers", "why"), OXYGEN)
def test_what_oxygen_makes_of_a_saturation(
    readings: list[tuple[int, int, str | None]], answers: list[str], why: str
) -> None:
    values = [
        seen(K.SPO2, value, minutes(ago), oxygen_l_min=None if flow is None else Decimal(flow))
        for ago, value, flow in readings
    ]
    decision = ask(Door.GIVE_DOSE, instead(readied(), *values))
    found = [f for f in decision.findings if f.code.value == "oxygen_saturation_low"]
    assert [f.verdict.value for f in found] == answers, why


@pytest.mark.parametrize(("flows", "by"), [("00", ("prescriber",)), ("20", ()), ("22", ())])
def test_a_low_saturation_is_answerable_only_where_no_oxygen_ran(
    flows: str, by: tuple[str, ...]
) -> None:
    values = [
        seen(K.SPO2, 94, minutes(ago), oxygen_l_min=Decimal(flow))
        for ago, flow in zip((12, 2), flows, strict=True)
    ]
    decision = ask(Door.GIVE_DOSE, instead(readied(), *values))
    (fail,) = [f for f in decision.stops if f.verdict.value == "fail"]
    assert fail.relievable_by == by


def test_what_is_shown_of_fair_readings_is_the_worse_or_between_two_limits_the_newest() -> None:
    pressure = instead(
        readied(), seen(K.SYSTOLIC, 130, minutes(12)), seen(K.SYSTOLIC, 118, minutes(2))
    )
    pulse = instead(
        readied(), seen(K.HEART_RATE, 90, minutes(12)), seen(K.HEART_RATE, 70, minutes(2))
    )
    oxygen = instead(
        readied(),
        seen(K.SPO2, 96, minutes(12), oxygen_l_min=Decimal(2)),  # on oxygen it says nothing
        seen(K.SPO2, 98, minutes(2)),
    )
    fair = ((pressure, "systolic", 130), (pulse, "heart_rate", 70), (oxygen, "spo2", 98))
    for facts, subject, value in fair:
        (found,) = [f for f in ask(Door.GIVE_DOSE, facts).findings if f.subject == subject]
        assert found.value == value


# --- answers of the day ---------------------------------------------------------------------------

ANSWERS = [
    (K.IDENTITY_CONFIRMED, "identity_not_confirmed"),
    (K.ABLE_TO_CONSENT, "capacity_not_confirmed"),
    (K.ESCORT_CONFIRMED, "escort_not_confirmed"),
    (K.ROOM_READY, "room_not_ready"),
    (K.EMERGENCY_EQUIPMENT_CHECKED, "equipment_not_checked"),
]


@pytest.mark.parametrize(("kind", "code"), ANSWERS)
@pytest.mark.parametrize("door", [Door.OPEN_SESSION, Door.GIVE_DOSE])
def test_answers_are_of_today(door: Door, kind: Kind, code: str) -> None:
    facts = arrived() if door is Door.OPEN_SESSION else readied()
    for observations, answer in (
        ((seen(kind, True, hours(9)),), {}),  # at midnight by the clinic's clock
        ((seen(kind, True, hours(9.1)),), {code: "unknown"}),  # yesterday evening
        ((seen(kind, False),), {code: "fail"}),
        ((seen(kind, True, minutes(20)), seen(kind, False, minutes(5))), {code: "fail"}),
        ((seen(kind, False, minutes(20)), seen(kind, True, minutes(5))), {}),
        ((seen(kind, True, -minutes(2)),), {code: "unknown"}),
    ):
        assert codes(ask(door, instead(facts, *observations))) == answer
    assert codes(ask(door, without(facts, kind))) == {code: "unknown"}


SAM = Escort("Sam", "303 555 0177", NOW - minutes(5))


@pytest.mark.parametrize(
    ("named", "answered_no_at", "stops"),
    [
        ((SAM,), None, None),
        ((), None, "unknown"),
        ((replace(SAM, name=" "),), None, "unknown"),
        ((replace(SAM, phone=""),), None, "unknown"),
        ((replace(SAM, at=NOW - hours(9)),), None, None),  # at midnight by the clinic's clock
        ((replace(SAM, at=NOW - hours(9.1)),), None, "unknown"),  # yesterday evening
        ((replace(SAM, at=NOW + minutes(2)),), None, "unknown"),
        ((SAM,), NOW - minutes(6), None),  # somebody else was found
        ((SAM,), NOW - minutes(4), "unknown"),  # Sam cannot come after all
    ],
)
def test_an_escort_counts_with_name_and_telephone_of_today(
    named: tuple[Escort, ...], answered_no_at: datetime | None, stops: str | None
) -> None:
    facts = replace(arrived(), escorts=named)
    if answered_no_at:
        no = seen(K.ESCORT_CONFIRMED, False, NOW - answered_no_at)
        facts = instead(facts, no, seen(K.ESCORT_CONFIRMED, True, minutes(1)))
    decision = ask(Door.OPEN_SESSION, facts)
    assert codes(decision) == ({"escort_not_confirmed": stops} if stops else {})
    (said,) = [f for f in decision.findings if f.code == "escort_not_confirmed"]
    assert ("Sam, 303 555 0177" in said.evidence) is (stops is None)
    assert ("but no name and telephone" in said.evidence) is (stops is not None)
    assert not said.relievable_by, "a missing name is asked for, never waived"


def test_an_interpreter_is_asked_for_only_where_one_is_needed() -> None:
    facts = readied()
    needed = replace(facts, person=replace(facts.person, interpreter_needed=True))
    assert codes(ask(Door.GIVE_DOSE, needed)) == {"interpreter_missing": "unknown"}
    unasked = replace(facts, person=replace(facts.person, interpreter_needed=None))
    assert codes(ask(Door.GIVE_DOSE, unasked)) == {"interpreter_missing": "unknown"}
    assert ask(Door.GIVE_DOSE, charted(needed, seen(K.INTERPRETER_PRESENT, True))).allowed
    absent = charted(needed, seen(K.INTERPRETER_PRESENT, False))
    assert codes(ask(Door.GIVE_DOSE, absent)) == {"interpreter_missing": "fail"}


@pytest.mark.parametrize(
    ("ago", "answer"),
    [(9, {}), (9.1, {"health_changed": "unknown"})],  # midnight, and before it
)
def test_whether_health_changed_is_asked_on_the_day(ago: float, answer: dict[str, str]) -> None:
    facts = instead(readied(), seen(K.HEALTH_CHANGE, False, hours(ago)))
    assert codes(ask(Door.GIVE_DOSE, facts)) == answer


def test_a_change_of_health_waits_for_a_plan_about_this_very_answer() -> None:
    changed = instead(readied(), seen(K.HEALTH_CHANGE, True, id="today"))
    (held,) = ask(Door.GIVE_DOSE, changed).stops
    assert (held.verdict.value, held.relievable_by) == ("hold", ("prescriber",))
    answered = replace(changed, reliefs=(plan(held),))
    assert ask(Door.GIVE_DOSE, answered).allowed
    newer = charted(answered, seen(K.HEALTH_CHANGE, True, minutes(1), id="later"))
    assert codes(ask(Door.GIVE_DOSE, newer)) == {"health_changed": "hold"}


@pytest.mark.parametrize(
    ("result", "hours_ago", "answer"),
    [
        ("negative", 24, {}),
        ("negative", 24.1, {"suicide_screen_missing": "unknown"}),
        ("non_acute_positive", 1, {"suicide_screen_positive": "hold"}),
        ("acute_positive", 1, {"suicide_screen_positive": "fail"}),
    ],
)
def test_the_suicide_screen_of_the_day(
    result: str, hours_ago: float, answer: dict[str, str]
) -> None:
    facts = instead(readied(), seen(K.SUICIDE_SCREEN, result, hours(hours_ago)))
    assert codes(ask(Door.GIVE_DOSE, facts)) == answer


def test_a_worrying_phq9_answer_asks_for_a_screen_after_it() -> None:
    for value, ago, stops in ((0, 5, False), (1, 5, True), (3, 5, True), (3, 15, False)):
        facts = charted(readied(), seen(K.PHQ9_ITEM_9, value, minutes(ago)))
        wanted = {"suicide_screen_missing": "unknown"} if stops else {}
        assert codes(ask(Door.GIVE_DOSE, facts)) == wanted


# --- pregnancy ------------------------------------------------------------------------------------


POSITIVE = {"pregnancy_possible": "fail", "clearance_suspended": "fail"}


def possible(*tests: tuple[str, float]) -> Facts:
    asked = instead(readied(), seen(K.PREGNANCY_POSSIBLE, True))
    return charted(asked, *(seen(K.PREGNANCY_TEST, r, hours(ago)) for r, ago in tests))


@pytest.mark.parametrize(
    ("tests", "answer"),
    [
        ([], {"pregnancy_test_needed": "unknown"}),
        ([("negative", 1)], {}),
        ([("negative", 10)], {"pregnancy_test_needed": "unknown"}),  # yesterday evening
        ([("positive", 1)], POSITIVE),
        ([("positive", 300)], POSITIVE),
        ([("positive", 400)], {"pregnancy_possible": "fail"}),  # before the clearance
        ([("positive", 30), ("negative", 1)], {"clearance_suspended": "fail"}),
        ([("negative", 2), ("positive", 1)], POSITIVE),
    ],
)
def test_a_test_of_today_where_pregnancy_is_possible(
    tests: list[tuple[str, float]], answer: dict[str, str]
) -> None:
    assert codes(ask(Door.GIVE_DOSE, possible(*tests))) == answer


@pytest.mark.parametrize(("ago", "answer"), [(9, {}), (9.1, {"pregnancy_test_needed": "unknown"})])
def test_whether_pregnancy_is_possible_is_asked_on_the_day(
    ago: float, answer: dict[str, str]
) -> None:
    facts = instead(readied(), seen(K.PREGNANCY_POSSIBLE, False, hours(ago)))
    assert codes(ask(Door.GIVE_DOSE, facts)) == answer


@pytest.mark.parametrize(("ago", "answer"), [(7, {}), (7.1, {"pregnancy_test_needed": "unknown"})])
def test_a_clearance_takes_a_test_of_the_last_seven_days(
    ago: float, answer: dict[str, str]
) -> None:
    asked = instead(assessed(), seen(K.PREGNANCY_POSSIBLE, True, days(8)))
    tested = charted(asked, seen(K.PREGNANCY_TEST, "negative", days(ago)))
    assert codes(ask(Door.CLEAR_FOR_MEDICINE, tested)) == answer


@pytest.mark.parametrize(("same_day", "words"), [(True, "of today"), (False, "≤ 7 days old")])
def test_what_is_asked_of_a_pregnancy_test_is_told_with_its_own_source(
    same_day: bool, words: str
) -> None:
    shipped = clinic_protocol()
    path = "readiness.pregnancy_test_same_day"
    other = {**shipped.settings, path: replace(shipped.setting(path), value=same_day)}
    protocol = replace(shipped, settings=other)
    decision = ask(Door.GIVE_DOSE, possible(("negative", 1)), protocol)
    (found,) = [f for f in decision.findings if f.code.value == "pregnancy_test_needed"]
    asks = path if same_day else "readiness.pregnancy_test_age_days_max_first"
    assert found.verdict.value == "pass" and words in found.rule
    assert found.source.startswith(shipped.setting(asks).source)


def test_a_positive_test_counts_even_if_pregnancy_was_said_to_be_impossible() -> None:
    facts = charted(readied(), seen(K.PREGNANCY_TEST, "positive", hours(1)))
    assert codes(ask(Door.GIVE_DOSE, facts)) == POSITIVE


@pytest.mark.parametrize(("ago", "answer"), [(7, {}), (7.1, {"pregnancy_test_needed": "unknown"})])
def test_a_protocol_without_the_same_day_asks_for_the_last_seven(
    ago: float, answer: dict[str, str]
) -> None:
    shipped = clinic_protocol()
    path = "readiness.pregnancy_test_same_day"
    weekly = {**shipped.settings, path: replace(shipped.setting(path), value=False)}
    facts = possible(("negative", ago * 24))
    assert codes(ask(Door.GIVE_DOSE, facts, replace(shipped, settings=weekly))) == answer


# --- fasting --------------------------------------------------------------------------------------

FASTING = [
    (Route.IM, K.LAST_FATTY_MEAL, 8, 7.9),
    (Route.IM, K.LAST_LIGHT_MEAL, 6, 5.9),
    (Route.IM, K.LAST_CLEAR_FLUID, 2, 1.9),
    (Route.IV, K.LAST_FATTY_MEAL, 8, 7.9),
    (Route.SC, K.LAST_LIGHT_MEAL, 6, 5.9),
    (Route.SUBLINGUAL, K.LAST_FATTY_MEAL, 6, 5.9),
    (Route.SUBLINGUAL, K.LAST_LIGHT_MEAL, 6, 5.9),
    (Route.SUBLINGUAL, K.LAST_CLEAR_FLUID, 2, 1.9),
    (Route.INTRANASAL, K.LAST_FATTY_MEAL, 8, 7.9),
]


@pytest.mark.parametrize(("route", "kind", "enough", "short"), FASTING)
def test_fasting_by_route(route: Route, kind: Kind, enough: float, short: float) -> None:
    facts = readied()
    assert facts.course is not None
    facts = replace(
        facts,
        course=replace(facts.course, route=route),
        orders=(replace(facts.orders[0], route=route, infusion_minutes=40),),
    )
    facts = with_paper(facts, DocumentKind.CONSENT, routes=(route,))
    assert ask(
        Door.GIVE_DOSE, instead(facts, seen(kind, NOW - hours(enough), session="day-1"))
    ).allowed
    too_short = ask(Door.GIVE_DOSE, instead(facts, seen(kind, NOW - hours(short), session="day-1")))
    assert codes(too_short) == {"fasting_too_short": "fail"}
    assert too_short.stops[0].ask_again_on
    for observation in (
        seen(kind, NOW - hours(enough), hours(13), session="day-1"),
        seen(kind, NOW - hours(enough), hours(9.1)),  # asked yesterday evening
        seen(kind, NOW + minutes(5)),
    ):
        stale = ask(Door.GIVE_DOSE, instead(facts, observation))
        assert codes(stale) == {"fasting_too_short": "unknown"}


def test_a_door_says_from_when_the_fast_is_long_enough() -> None:
    facts = instead(readied(), seen(K.LAST_LIGHT_MEAL, NOW - hours(5.5), session="day-1"))
    assert ask(Door.GIVE_DOSE, facts).stops[0].ask_again_on == "09:30"


def test_without_a_planned_route_nobody_knows_how_long_to_fast() -> None:
    (found,) = fasting(replace(readied(), course=None, orders=()), clinic_protocol())
    assert (found.code.value, found.verdict.value) == ("fasting_too_short", "unknown")


@pytest.mark.parametrize("kind", ["fatty_meal", "light_meal", "clear_fluid"])
@pytest.mark.parametrize(
    ("route", "name"),
    [
        (Route.IM, "injected"),
        (Route.IV, "injected"),
        (Route.SC, "injected"),
        (Route.INTRANASAL, "intranasal"),
        (Route.ESKETAMINE, "intranasal"),
    ],
)
def test_each_route_has_its_own_times(route: Route, name: str, kind: str) -> None:
    shipped = clinic_protocol()
    path = f"fasting.{name}_{kind}_hours_min"
    longer = {**shipped.settings, path: replace(shipped.setting(path), value=Decimal(24))}
    facts = readied()
    assert facts.course is not None
    facts = replace(facts, course=replace(facts.course, route=route), orders=())
    found = fasting(facts, replace(shipped, settings=longer))
    assert [f.subject for f in found if f.verdict.value == "fail"] == [f"last_{kind}"]


def test_each_planned_route_is_fasted_for() -> None:
    """A lozenge was planned, an injection ordered: the stricter times of both are asked."""
    facts = readied()
    assert facts.course is not None
    facts = replace(facts, course=replace(facts.course, route=Route.SUBLINGUAL))
    facts = with_paper(facts, DocumentKind.CONSENT, routes=(Route.SUBLINGUAL, Route.IM))
    facts = instead(facts, seen(K.LAST_FATTY_MEAL, NOW - hours(7), session="day-1"))
    assert codes(ask(Door.GIVE_DOSE, facts)) == {"fasting_too_short": "fail"}


def test_prescription_monitoring_is_a_query_and_never_a_score() -> None:
    found: list[Finding] = []
    for ago, answer in ((90, {}), (90.1, {"pdmp_query_missing": "unknown"})):
        query = PdmpQuery("q", NOW - days(ago), AMARA, ("CO",))
        facts = replace(readied(), pdmp_queries=(query,))
        decision = ask(Door.GIVE_DOSE, facts)
        assert codes(decision) == answer
        found += [f for f in decision.findings if f.code.value == "pdmp_query_missing"]
    assert all(f.value is None for f in found)
    nobody = replace(readied(), pdmp_queries=())
    assert codes(ask(Door.GIVE_DOSE, nobody)) == {"pdmp_query_missing": "unknown"}
