"""The hard limits: what no protocol may loosen and no waiver may pass.

Protocol data may tighten every one of these; `core.protocol` refuses a file that loosens one.
The grades say how sure each is (`core.protocol.Grade`); a proposal of this project has no source
behind it and is shown as "awaiting the medical director's signature" until it is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from holdspace.core.facts import Route
from holdspace.core.units import Kind

AGE_YEARS_MIN = 18  # esketamine label; every adult programme seen

DOSE_SYSTOLIC_MMHG_MAX = 159  # between a research exclusion (> 160) and a Swiss label (> 180/100)
DOSE_DIASTOLIC_MMHG_MAX = 99

# Resting pressure above which no course is cleared (Swiss label; one clinic policy says 180/110).
RESTING_SYSTOLIC_MMHG_MAX = 180
RESTING_DIASTOLIC_MMHG_MAX = 100

STAY_MINUTES_MIN = 60  # hard floor after the last dose; the protocol's own default is longer

RACEMIC_ROUTES_PER_SESSION_MAX = 1

SIGNED_SPAN_MINUTES_MAX = 24 * 60  # a dose order is for one session day


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most one session may give by one route: the lower of `mg` and `mg_per_kg`."""

    mg: Decimal
    mg_per_kg: Decimal | None
    source: str
    grade: str
    infusion_minutes_min: int | None = None


# A route that is not in this table is refused.
CEILINGS: dict[Route, Ceiling] = {
    Route.IM: Ceiling(
        Decimal(200),
        Decimal("2.5"),
        "KRF guidelines: not above 200 mg; mg/kg proposed",
        "secondary",
    ),
    Route.SUBLINGUAL: Ceiling(Decimal(400), None, "KRF guidelines: cap 400 mg", "secondary"),
    Route.INTRANASAL: Ceiling(
        Decimal(200), None, "KRF guidelines: limit 200 mg a session", "secondary"
    ),
    Route.ESKETAMINE: Ceiling(Decimal(84), None, "Esketamine US label, in-clinic only", "primary"),
    Route.IV: Ceiling(
        Decimal(100),
        Decimal("1.0"),
        "Proposed from Andrade 2017 (0.5 mg/kg over 40 min) and ASKP (to 1 mg/kg); no push",
        "proposed",
        infusion_minutes_min=40,
    ),
    Route.SC: Ceiling(
        Decimal(100), Decimal("1.0"), "Proposed; studied to 0.9-1.0 mg/kg", "proposed"
    ),
}

# Conditions that refuse and leave only by a corrected or newer fact (docs/refusals.md).
ABSOLUTE_CONTRAINDICATIONS: frozenset[str] = frozenset(
    {
        "aneurysmal_vascular_disease",
        "arteriovenous_malformation",
        "intracerebral_haemorrhage",
        "recent_cardiovascular_event",
        "uncontrolled_hypertension",
        "blood_pressure_rise_hazardous",
        "eclampsia",
        "untreated_hyperthyroidism",
        "unstable_cardiovascular_disease",
        "ketamine_hypersensitivity",
        "pregnancy",
        "breast_feeding",
        "psychotic_disorder",
        "mania_current",
        "severe_hepatic_impairment",
        "raised_intracranial_pressure",
        "open_eye_injury",
        "substance_use_active",
        "ketamine_or_pcp_misuse",
        "acute_porphyria",
        "no_capacity",
        "neurocognitive_disorder",
    }
)

# The shortest time window a protocol may give an absolute contraindication; the others have none.
CONDITION_WINDOW_DAYS_MIN: dict[str, int] = {"recent_cardiovascular_event": 42}  # EU label: 6 weeks


def may_have_window(condition: str) -> bool:
    """Whether a "yes" may ever grow old: an absolute contraindication without a floor never does,
    whatever an older file says.
    """
    return condition not in ABSOLUTE_CONTRAINDICATIONS or condition in CONDITION_WINDOW_DAYS_MIN


def last_day(condition: str, on: date, days: int | None, months: int | None) -> date | None:
    """The last day on which what happened `on` counts; None: for ever.

    Days, calendar months and today's floor: whichever of them ends last. A month that has no such
    day ends with the first day of the next one.
    """
    if (days is None and months is None) or not may_have_window(condition):
        return None
    ends = [on + timedelta(days=days or 0), months_later(on, months or 0)]
    return max(*ends, on + timedelta(days=CONDITION_WINDOW_DAYS_MIN.get(condition, 0)))


def months_later(on: date, months: int) -> date:
    """The same day so many months later, or, where there is none, the first of the month after."""
    years, month = divmod(on.month - 1 + months, 12)
    first = on.replace(year=on.year + years, month=month + 1, day=1)
    then = first + timedelta(days=on.day - 1)
    return then if then.month == first.month else then.replace(day=1)


# How far a waiver may ever reach, by setting: proposed; nothing past them is a "raised" value.
WAIVABLE_ENDS: dict[str, Decimal] = {
    "readiness.systolic_mmhg_max": Decimal(DOSE_SYSTOLIC_MMHG_MAX),
    "readiness.diastolic_mmhg_max": Decimal(DOSE_DIASTOLIC_MMHG_MAX),
    "readiness.heart_rate_per_min_min": Decimal(40),
    "readiness.heart_rate_per_min_max": Decimal(120),
    "readiness.spo2_percent_min": Decimal(90),
    "readiness.respiratory_rate_per_min_min": Decimal(8),
    "readiness.respiratory_rate_per_min_max": Decimal(30),
    "readiness.temperature_celsius_max": Decimal("38.5"),
}


@dataclass(frozen=True, slots=True)
class StepFloor:
    """A reading for which every clinic has a signed step: repeat, or stop dosing and tell."""

    kind: Kind
    at: Decimal | None  # None: "yes" of a yes/no kind
    tells: bool = False
    no_further_dose: bool = True


def _floors(kind: Kind, *values: int, tells: bool, stops: bool = True) -> tuple[StepFloor, ...]:
    return tuple(StepFloor(kind, Decimal(value), tells, stops) for value in values)


# A protocol may be stricter; one that has no step at these readings is refused (proposed).
STEP_FLOORS: tuple[StepFloor, ...] = (
    *_floors(Kind.SYSTOLIC, 160, tells=False),
    *_floors(Kind.SYSTOLIC, 180, 240, 300, tells=True),
    *_floors(Kind.DIASTOLIC, 100, tells=False),
    *_floors(Kind.DIASTOLIC, 110, 150, 200, tells=True),
    *_floors(Kind.SPO2, 94, tells=False, stops=False),
    *_floors(Kind.SPO2, 91, 75, 30, tells=True),
    *_floors(Kind.RESPIRATORY_RATE, 9, tells=False),
    *_floors(Kind.RESPIRATORY_RATE, 7, 4, 1, tells=True),
    *_floors(Kind.SEDATION_MOAAS, 3, 2, 1, 0, tells=True),
    StepFloor(Kind.RED_FLAG_SYMPTOM, None, tells=True),
)


class Tier(StrEnum):
    """How soon somebody acts on a critical answer; `shown` opens no task."""

    NOW = "now"
    SAME_DAY = "same_day"
    NEXT_WORKING_DAY = "next_working_day"
    SHOWN = "shown"


# The most minutes that a tier may leave; the next working day ends at 17:00 on the clinic's wall.
TIER_MINUTES_MAX: dict[Tier, int] = {Tier.NOW: 30, Tier.SAME_DAY: 720}


@dataclass(frozen=True, slots=True)
class RiskFloor:
    """An answer about taking one's own life, and the tier that every clinic gives it at least."""

    instrument: str
    item: str
    value: int
    tier: Tier


def _suicide(instrument: str, item: str, today: int, now: int) -> tuple[RiskFloor, ...]:
    return (
        RiskFloor(instrument, item, today, Tier.SAME_DAY),
        RiskFloor(instrument, item, now, Tier.NOW),
    )


# A protocol may be stricter; one without a rule that hears these answers is refused.
RISK_FLOORS: tuple[RiskFloor, ...] = (
    *_suicide("phq-9", "phq9_9", 1, 2),
    *(RiskFloor("asq", f"asq_{number}", 1, Tier.SAME_DAY) for number in (1, 2, 3, 4)),
    RiskFloor("asq", "asq_5", 1, Tier.NOW),
    *(
        RiskFloor(f"c-ssrs-{version}", f"cssrs_{number}", 1, tier)
        for version in ("screener-recent", "since-last-contact")
        for number, tier in ((3, Tier.SAME_DAY), (4, Tier.NOW), (5, Tier.NOW))
    ),
    RiskFloor("c-ssrs-screener-recent", "cssrs_6", 1, Tier.SAME_DAY),
    RiskFloor("c-ssrs-screener-recent", "cssrs_6b", 1, Tier.NOW),
    RiskFloor("c-ssrs-since-last-contact", "cssrs_6", 1, Tier.NOW),
)

# Not built, and therefore refused in code with a kind sentence.
ROUTES_NOT_OFFERED: frozenset[Route] = frozenset({Route.ESKETAMINE})

# Questionnaires that look back over so many days (scales.md, rule 7): asked on the day of a dose,
# or twice on one day, they would compare a person with the same weeks.
LOOKS_BACK_DAYS: dict[str, int] = {
    "phq-9": 14,
    "phq-2": 14,
    "gad-7": 14,
    "pcl-5": 30,
    "pc-ptsd-5": 30,
    "audit-c": 365,
    "taps-1": 365,
    "house-bladder-check": 30,
}


def session_ceiling_mg(route: Route, weight_kg: Decimal | None) -> Decimal | None:
    """The hard ceiling of one session in mg; None when it cannot be said (no weight, no route)."""
    ceiling = CEILINGS.get(route)
    if ceiling is None:
        return None
    if ceiling.mg_per_kg is None:
        return ceiling.mg
    if weight_kg is None:
        return None
    return min(ceiling.mg, ceiling.mg_per_kg * weight_kg)
