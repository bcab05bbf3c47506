"""Going home: the stay, the pressure against where it began, the scores, the people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from holdspace.core import discharge
from holdspace.core.decision import Door
from holdspace.core.evidence import Rule
from holdspace.core.facts import Facts, Route
from holdspace.core.protocol_schema import Grade
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
        (0, {"stay_too_short": "fail"}),
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


def _began_at(ago: timedelta, value: int = 124) -> Facts:
    """One systolic pressure before the dose, so long before NOW; the dose was 130 minutes ago."""
    facts = rested()
    first = facts.doses[0].given_at
    kept = (o for o in facts.observations if o.kind is not K.SYSTOLIC or o.taken_at >= first)
    return replace(facts, observations=(*kept, seen(K.SYSTOLIC, value, ago, session="day-1")))


@pytest.mark.parametrize(
    ("ago", "counts"),
    [
        (minutes(130), False),  # at the dose itself
        (minutes(130.1), True),
        (minutes(130) + days(30), True),  # screening.resting_bp_age_days_max
        (minutes(130.1) + days(30), False),
    ],
)
def test_a_resting_value_is_of_the_month_before_the_dose(ago: timedelta, counts: bool) -> None:
    facts = _began_at(ago)
    assert bool(discharge.baselines(facts, clinic_protocol(), K.SYSTOLIC)) is counts


def test_a_resting_value_that_can_t_be_true_is_none() -> None:
    facts = _began_at(minutes(140), 400)
    assert not discharge.baselines(facts, clinic_protocol(), K.SYSTOLIC)


@pytest.mark.parametrize(("value", "needs_no_waiver"), [(140, True), (141, False)])
def test_a_value_at_the_limit_of_a_dose_needed_no_waiver(value: int, needs_no_waiver: bool) -> None:
    found = discharge.unwaived_baseline(_began(value), clinic_protocol(), K.SYSTOLIC)
    assert (found is not None) is needs_no_waiver


@pytest.mark.parametrize(
    ("began", "value", "leaves"),
    [(125, 150, True), (125, 151, False), (125, 100, True), (125, 99, False)],
)
def test_a_fifth_away_is_near_and_more_is_not(began: int, value: int, leaves: bool) -> None:
    facts = charted(_began(began), seen(K.SYSTOLIC, value, minutes(1), session="day-1"))
    assert ask(LEAVE, facts).allowed is leaves


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


def test_a_value_with_oxygen_running_before_the_dose_is_not_one_s_own() -> None:
    before = seen(K.SPO2, 93, minutes(140), session="day-1", oxygen_l_min=Decimal(2))
    facts = instead(rested(), before, seen(K.SPO2, 93, minutes(2), session="day-1"))
    assert leave(facts) == {"oxygen_saturation_low": "fail"}


def test_where_no_band_is_set_for_a_dose_a_lower_oxygen_of_one_s_own_does_not_count() -> None:
    shipped, path = clinic_protocol(), "readiness.spo2_percent_min"
    unbanded = {**shipped.settings, path: replace(shipped.setting(path), band=None)}
    facts = instead(
        rested(),
        seen(K.SPO2, 94, minutes(140), session="day-1"),
        seen(K.SPO2, 94, minutes(2), session="day-1"),
    )
    found = ask(LEAVE, facts, replace(shipped, settings=unbanded))
    assert codes(found) == {"oxygen_saturation_low": "fail"}


@pytest.mark.parametrize(
    ("kind", "value", "limit"),
    [
        (K.HEART_RATE, 101, 100),
        (K.HEART_RATE, 49, 50),
        (K.RESPIRATORY_RATE, 25, None),
        (K.SEDATION_MOAAS, 4, 5),
    ],
)
def test_the_limit_that_was_broken_is_the_one_that_is_named(
    kind: Kind, value: int, limit: int | None
) -> None:
    found = next(f for f in ask(LEAVE, now(kind, value)).stops if f.subject == kind.value)
    assert found.value == value
    assert found.limit is not None and (limit is None or found.limit == limit)
    bound = found.limit
    assert (value > bound) is (value in (101, 25)), "an upper limit is named for what is above it"


def test_being_awake_and_the_age_of_the_screen_await_the_director_s_signature() -> None:
    marks = {f.code.value: f.awaiting_signature for f in ask(LEAVE, rested()).findings}
    assert marks["not_fully_awake"] and marks["suicide_screen_positive"]


NO_DOSE = [
    (discharge.therapist_check, "therapist_check_missing"),
    (discharge.escort, "escort_not_identified"),
    (discharge.instructions, "instructions_not_understood"),
    (discharge.suicide_screen, "suicide_screen_missing"),
]


@pytest.mark.parametrize(("rule", "code"), NO_DOSE)
def test_an_answer_after_a_dose_that_was_not_given_is_no_answer(rule: Rule, code: str) -> None:
    facts = replace(rested(), doses=())
    (found,) = rule(facts, clinic_protocol())
    assert (found.code.value, found.verdict.value, found.evidence) == (code, "unknown", "no dose")


def test_a_missing_screen_says_what_is_known_of_it() -> None:
    (never,) = ask(LEAVE, without(rested(), K.SUICIDE_SCREEN)).stops
    (early,) = ask(LEAVE, instead(rested(), seen(K.SUICIDE_SCREEN, "negative", minutes(131)))).stops
    assert never.evidence and early.evidence and never.evidence != early.evidence


def test_what_is_drawn_up_and_not_accounted_for_is_named_in_milligrams() -> None:
    facts = rested()
    (fine,) = discharge.stock(facts, clinic_protocol())
    assert (fine.verdict.value, fine.evidence) == ("pass", "all accounted for")
    still = replace(facts.sessions[0], unresolved_mg=Decimal("12.5"))
    (found,) = discharge.stock(replace(facts, sessions=(still,)), clinic_protocol())
    assert (found.verdict.value, found.evidence) == ("fail", "12.5 mg open")


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


DENVER = ZoneInfo("America/Denver")
# The doses of a session on the clinic's clock, the protocol's hours; before when nobody drives.
NO_DRIVING = [
    (("2025-03-03 10:20",), 24, "2025-03-04 10:20 MST"),
    (("2025-03-03 10:20", "2025-03-03 10:50"), 24, "2025-03-04 10:50 MST"),  # a further dose
    (("2025-03-03 10:20",), 36, "2025-03-04 22:20 MST"),
    (("2025-03-03 10:20",), 12, "2025-03-04 00:00 MST"),  # the hours alone would end the same day
    (("2025-03-03 23:55",), 24, "2025-03-04 23:55 MST"),
    (("2025-03-04 00:05",), 24, "2025-03-05 00:05 MST"),
    (("2025-03-08 10:20",), 24, "2025-03-09 11:20 MDT"),  # the clock leaps ahead that night
    (("2025-11-01 10:20",), 24, "2025-11-02 09:20 MST"),  # and is put back
    (("2025-11-02 00:10",), 24, "2025-11-03 00:00 MST"),  # a day of 25 hours
]


def dosed_at(*given: datetime) -> Facts:
    facts = rested()
    return replace(
        facts, doses=tuple(replace(facts.doses[0], id=f"{at}", given_at=at) for at in given)
    )


def no_driving(facts: Facts, hours_min: int = 24, grade: Grade | None = None) -> str:
    shipped = clinic_protocol()
    path = "discharge.driving_hours_min"
    setting = replace(shipped.setting(path), value=hours_min)
    setting = replace(setting, grade=grade) if grade else setting
    found = discharge.driving(facts, replace(shipped, settings={**shipped.settings, path: setting}))
    if found is None:
        return ""
    return f"{found.before.astimezone(DENVER):%Y-%m-%d %H:%M %Z}{' ✎' if found.awaiting else ''}"


@pytest.mark.parametrize(("given", "least", "said"), NO_DRIVING)
def test_nobody_drives_before_the_hours_are_over_and_the_next_date_has_begun(
    given: tuple[str, ...], least: int, said: str
) -> None:
    at = [datetime.fromisoformat(one).replace(tzinfo=DENVER) for one in given]
    assert no_driving(dosed_at(*at), least) == said
    assert no_driving(dosed_at(*(one.astimezone(UTC) for one in at)), least) == said


def test_without_a_dose_there_is_no_time_for_driving() -> None:
    assert no_driving(dosed_at()) == ""


@pytest.mark.parametrize(
    ("ended", "said"),
    [(30, "2025-03-04 07:20 MST"), (55, "2025-03-04 07:45 MST")],
)
def test_driving_counts_from_the_charted_end_of_an_infusion(ended: int, said: str) -> None:
    facts = rested()
    start = facts.doses[0].given_at
    drip = replace(facts.doses[0], route=Route.IV, ended_at=start + minutes(ended))
    assert no_driving(replace(facts, doses=(drip,))) == said


def test_a_driving_time_that_nobody_signed_says_so_until_the_director_has() -> None:
    facts = rested()
    signed = replace(facts.clinic, protocol_signed_by_director=True)
    unsigned = replace(facts, clinic=replace(facts.clinic, protocol_signed_by_director=False))
    assert no_driving(unsigned, grade=Grade.PROPOSED).endswith("✎")
    assert not no_driving(replace(facts, clinic=signed), grade=Grade.PROPOSED).endswith("✎")
    assert not no_driving(unsigned, grade=Grade.SECONDARY).endswith("✎")


def test_a_session_that_has_ended_is_not_discharged_twice() -> None:
    facts = rested()
    ended = replace(facts.sessions[0], ended_at=NOW - hours(1))
    assert leave(replace(facts, sessions=(ended,)))["session_not_open"] == "fail"
