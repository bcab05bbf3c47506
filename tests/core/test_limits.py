"""The hard limits, number by number: whoever changes one changes this page as well."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date
from decimal import Decimal

import pytest

from holdspace.core import limits
from holdspace.core.facts import Route
from holdspace.core.limits import STEP_FLOORS, Tier
from holdspace.core.units import Kind

D = Decimal


@pytest.mark.parametrize(
    ("what", "limit"),
    [
        ("AGE_YEARS_MIN", 18),
        ("DOSE_SYSTOLIC_MMHG_MAX", 159),
        ("DOSE_DIASTOLIC_MMHG_MAX", 99),
        ("RESTING_SYSTOLIC_MMHG_MAX", 180),
        ("RESTING_DIASTOLIC_MMHG_MAX", 100),
        ("STAY_MINUTES_MIN", 60),
        ("RACEMIC_ROUTES_PER_SESSION_MAX", 1),
        ("SIGNED_SPAN_MINUTES_MAX", 1440),
        ("TIER_MINUTES_MAX", {Tier.NOW: 30, Tier.SAME_DAY: 720}),
        ("CONDITION_WINDOW_DAYS_MIN", {"recent_cardiovascular_event": 42}),
        ("ROUTES_NOT_OFFERED", {Route.ESKETAMINE}),
    ],
)
def test_a_hard_limit_is_this_number(what: str, limit: object) -> None:
    assert getattr(limits, what) == limit


# The most of one session: mg, mg/kg, least minutes of an infusion, how sure.
CEILINGS = [
    (Route.IM, 200, "2.5", None, "secondary"),
    (Route.SUBLINGUAL, 400, None, None, "secondary"),
    (Route.INTRANASAL, 200, None, None, "secondary"),
    (Route.ESKETAMINE, 84, None, None, "primary"),
    (Route.IV, 100, "1.0", 40, "proposed"),
    (Route.SC, 100, "1.0", None, "proposed"),
]


@pytest.mark.parametrize(("route", "mg", "per_kg", "minutes", "grade"), CEILINGS)
def test_one_session_may_give_no_more_than_this(
    route: Route, mg: int, per_kg: str | None, minutes: int | None, grade: str
) -> None:
    found = limits.CEILINGS[route]
    assert (found.mg, found.mg_per_kg) == (D(mg), None if per_kg is None else D(per_kg))
    assert (found.infusion_minutes_min, found.grade) == (minutes, grade)
    assert found.source


def test_no_other_route_has_a_ceiling_and_none_can_be_changed_while_it_runs() -> None:
    assert set(limits.CEILINGS) == {route for route, *_ in CEILINGS}
    with pytest.raises(FrozenInstanceError):
        limits.CEILINGS[Route.IM].mg = D(999)  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        STEP_FLOORS[0].at = D(999)  # type: ignore[misc]
    assert not hasattr(limits.CEILINGS[Route.IM], "__dict__")
    assert not hasattr(STEP_FLOORS[0], "__dict__")


@pytest.mark.parametrize(
    ("setting", "end"),
    [
        ("readiness.systolic_mmhg_max", "159"),
        ("readiness.diastolic_mmhg_max", "99"),
        ("readiness.heart_rate_per_min_min", "40"),
        ("readiness.heart_rate_per_min_max", "120"),
        ("readiness.spo2_percent_min", "90"),
        ("readiness.respiratory_rate_per_min_min", "8"),
        ("readiness.respiratory_rate_per_min_max", "30"),
        ("readiness.temperature_celsius_max", "38.5"),
    ],
)
def test_no_waiver_reaches_beyond_this(setting: str, end: str) -> None:
    assert limits.WAIVABLE_ENDS[setting] == D(end)
    assert len(limits.WAIVABLE_ENDS) == 8


# A reading at which every clinic has a signed step: who is told, and whether a further dose waits.
STEPS = [
    (Kind.SYSTOLIC, (160,), False, True),
    (Kind.SYSTOLIC, (180, 240, 300), True, True),
    (Kind.DIASTOLIC, (100,), False, True),
    (Kind.DIASTOLIC, (110, 150, 200), True, True),
    (Kind.SPO2, (94,), False, False),
    (Kind.SPO2, (91, 75, 30), True, True),
    (Kind.RESPIRATORY_RATE, (9,), False, True),
    (Kind.RESPIRATORY_RATE, (7, 4, 1), True, True),
    (Kind.SEDATION_MOAAS, (3, 2, 1, 0), True, True),
    (Kind.RED_FLAG_SYMPTOM, (None,), True, True),
]


def test_each_of_these_readings_has_a_step_in_every_protocol() -> None:
    said = [
        (kind, None if at is None else D(at), tells, stops)
        for kind, values, tells, stops in STEPS
        for at in values
    ]
    assert [(f.kind, f.at, f.tells, f.no_further_dose) for f in STEP_FLOORS] == said


@pytest.mark.parametrize(
    ("condition", "days", "months", "ends"),
    [
        ("migraine", None, None, None),  # for ever
        ("migraine", 10, None, date(2026, 3, 11)),
        ("migraine", None, 2, date(2026, 5, 1)),
        ("migraine", 90, 2, date(2026, 5, 30)),  # whichever ends last
        ("migraine", 10, 2, date(2026, 5, 1)),
        ("migraine", 0, None, date(2026, 3, 1)),
        ("recent_cardiovascular_event", 10, None, date(2026, 4, 12)),  # its floor of 42 days
        ("recent_cardiovascular_event", 50, None, date(2026, 4, 20)),
        ("recent_cardiovascular_event", None, None, None),
        ("pregnancy", 10, None, None),  # absolute, without a floor: it never grows old
        ("pregnancy", None, 2, None),
    ],
)
def test_what_happened_on_the_first_of_march_counts_until(
    condition: str, days: int | None, months: int | None, ends: date | None
) -> None:
    assert limits.last_day(condition, date(2026, 3, 1), days, months) == ends


@pytest.mark.parametrize(
    ("on", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 3, 1)),  # no such day: the first of the month after
        (date(2026, 11, 30), 3, date(2027, 3, 1)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2028, 2, 29), 12, date(2029, 3, 1)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_calendar_months_are_counted_as_a_person_does(on: date, months: int, then: date) -> None:
    assert limits.months_later(on, months) == then


@pytest.mark.parametrize(
    ("route", "weight", "ceiling"),
    [
        (Route.IM, "70", "175"),
        (Route.IM, "80", "200"),
        (Route.IM, "120", "200"),
        (Route.IV, "70", "70"),
        (Route.IV, None, None),  # no weight, no ceiling, and so no dose
        (Route.SUBLINGUAL, None, "400"),
    ],
)
def test_the_ceiling_of_a_session_is_the_lower_of_two(
    route: Route, weight: str | None, ceiling: str | None
) -> None:
    found = limits.session_ceiling_mg(route, None if weight is None else D(weight))
    assert found == (None if ceiling is None else D(ceiling))


RECENT, CONTACT = "c-ssrs-screener-recent", "c-ssrs-since-last-contact"
# An answer about taking one's own life, and how soon somebody acts at the latest, in any clinic.
HEARD = [
    ("phq-9", "phq9_9", 1, Tier.SAME_DAY),
    ("phq-9", "phq9_9", 2, Tier.NOW),
    ("asq", "asq_1", 1, Tier.SAME_DAY),
    ("asq", "asq_2", 1, Tier.SAME_DAY),
    ("asq", "asq_3", 1, Tier.SAME_DAY),
    ("asq", "asq_4", 1, Tier.SAME_DAY),
    ("asq", "asq_5", 1, Tier.NOW),
    (RECENT, "cssrs_3", 1, Tier.SAME_DAY),
    (RECENT, "cssrs_4", 1, Tier.NOW),
    (RECENT, "cssrs_5", 1, Tier.NOW),
    (CONTACT, "cssrs_3", 1, Tier.SAME_DAY),
    (CONTACT, "cssrs_4", 1, Tier.NOW),
    (CONTACT, "cssrs_5", 1, Tier.NOW),
    (RECENT, "cssrs_6", 1, Tier.SAME_DAY),
    (RECENT, "cssrs_6b", 1, Tier.NOW),
    (CONTACT, "cssrs_6", 1, Tier.NOW),
]


def test_no_clinic_hears_these_answers_later() -> None:
    assert [(f.instrument, f.item, f.value, f.tier) for f in limits.RISK_FLOORS] == HEARD


def test_a_questionnaire_looks_back_over_so_many_days() -> None:
    assert limits.LOOKS_BACK_DAYS == {
        "phq-9": 14, "phq-2": 14, "gad-7": 14, "pcl-5": 30, "pc-ptsd-5": 30, "audit-c": 365,
        "taps-1": 365, "house-bladder-check": 30,
    }  # fmt: skip


def test_the_absolute_contraindications_are_these() -> None:
    assert sorted(limits.ABSOLUTE_CONTRAINDICATIONS) == [
        "acute_porphyria", "aneurysmal_vascular_disease", "arteriovenous_malformation",
        "blood_pressure_rise_hazardous", "breast_feeding", "eclampsia",
        "intracerebral_haemorrhage", "ketamine_hypersensitivity", "ketamine_or_pcp_misuse",
        "mania_current", "neurocognitive_disorder", "no_capacity", "open_eye_injury", "pregnancy",
        "psychotic_disorder", "raised_intracranial_pressure", "recent_cardiovascular_event",
        "severe_hepatic_impairment", "substance_use_active", "uncontrolled_hypertension",
        "unstable_cardiovascular_disease", "untreated_hyperthyroidism",
    ]  # fmt: skip
