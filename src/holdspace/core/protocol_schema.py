"""Every key a protocol file may hold: its unit, its shape, its range and the limit it may not pass.

A key that is not here is refused by the reader. A new key is one line in `SETTINGS`, one value
with source and grade in each shipped file, and one rule that reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from holdspace.core import limits
from holdspace.core.facts import Role, Route


class Grade(StrEnum):
    """How sure a value is: where it was read, not how sensible it seems."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    LOW_AUTHORITY = "low_authority"
    GENERAL_KNOWLEDGE = "general_knowledge"
    RECALLED = "recalled"
    PROPOSED = "proposed"


GRADE_WORDS: dict[Grade, str] = {
    Grade.PRIMARY: "read in a label, a regulator's page, a registry entry or a paper",
    Grade.SECONDARY: "read in a society's summary or a named clinic's policy",
    Grade.LOW_AUTHORITY: "read only in a trade or unaudited page",
    Grade.GENERAL_KNOWLEDGE: "common clinical knowledge, no source read",
    Grade.RECALLED: "recalled, source not read again",
    Grade.PROPOSED: "proposed by this project, no source gives a number",
}

# Shown as "awaiting the medical director's signature" until the clinic's director has signed.
UNSIGNED_GRADES: frozenset[Grade] = frozenset(
    {Grade.LOW_AUTHORITY, Grade.GENERAL_KNOWLEDGE, Grade.RECALLED, Grade.PROPOSED}
)


class Graded:
    """Anything with a grade: unsigned grades are shown as awaiting the director's signature."""

    __slots__ = ()
    source: str
    grade: Grade

    @property
    def awaiting_signature(self) -> bool:
        return self.grade in UNSIGNED_GRADES


# Who may answer a finding on a medical ground, and who may sign beside them where the clinic asks
# for two people: a therapist never is either.
RELIEF_ROLES: frozenset[str] = frozenset({Role.PRESCRIBER.value, Role.MEDICAL_DIRECTOR.value})
SECOND_SIGNER_ROLES: frozenset[str] = frozenset(
    {Role.PRESCRIBER.value, Role.SESSION_CLINICIAN.value}
)

# Body systems, in the order in which a physician asks.
SECTIONS: dict[str, str] = {
    "heart": "Heart and circulation",
    "nerves": "Brain and nerves",
    "mind": "Mental health",
    "substances": "Alcohol, drugs and dependence",
    "lungs": "Lungs and breathing",
    "liver_bladder": "Liver and bladder",
    "hormones": "Hormones and metabolism",
    "eyes": "Eyes",
    "pregnancy": "Pregnancy and breast-feeding",
    "ketamine": "Earlier ketamine and allergies",
    "consent": "Consent",
}


class Shape(StrEnum):
    WHOLE = "a whole number"
    NUMBER = "a number"
    YES_NO = "true or false"
    ROUTES = "a list of routes"


@dataclass(frozen=True, slots=True)
class Hard:
    """A limit of `core.limits`: the data may be tighter on its side, never looser."""

    limit: Decimal
    side: str  # "max" | "min"
    name: str

    def loosened_by(self, value: Decimal) -> bool:
        return value > self.limit if self.side == "max" else value < self.limit


@dataclass(frozen=True, slots=True)
class Spec:
    """What one key must be. `low` and `high` are typing-error guards, `hard` is the wall."""

    shape: Shape
    unit: str
    label: str
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    hard: Hard | None = None
    must_be: bool | None = None
    waivable: bool = False

    @property
    def accepted(self) -> str:
        """What would do, in words; used by every refusal."""
        if self.shape is Shape.YES_NO:
            only = f", and only {str(self.must_be).lower()}" if self.must_be is not None else ""
            return self.shape.value + only
        if self.shape is Shape.ROUTES:
            return "a list of " + ", ".join(r.value for r in Route)
        unit = f" {self.unit}"
        low, high = self.low, self.high
        if self.hard:
            low = max(low, self.hard.limit) if self.hard.side == "min" else low
            high = min(high, self.hard.limit) if self.hard.side == "max" else high
        return f"{self.shape.value} from {low} to {high}{unit}"


def _whole(unit: str, low: int, high: int, label: str, hard: Hard | None = None) -> Spec:
    return Spec(Shape.WHOLE, unit, label, Decimal(low), Decimal(high), hard)


def _number(unit: str, low: str, high: str, label: str, hard: Hard | None = None) -> Spec:
    return Spec(Shape.NUMBER, unit, label, Decimal(low), Decimal(high), hard)


def _waivable(unit: str, low: str, high: str, label: str, hard: Hard | None = None) -> Spec:
    return Spec(Shape.NUMBER, unit, label, Decimal(low), Decimal(high), hard, waivable=True)


def _flag(label: str, must_be: bool | None = None) -> Spec:
    return Spec(Shape.YES_NO, "yes/no", label, must_be=must_be)


def _hard(side: str, name: str, limit: int | Decimal) -> Hard:
    return Hard(Decimal(limit), side, f"core.limits.{name}")


def _ceilings(route: Route, label: str) -> dict[str, Spec]:
    ceiling = limits.CEILINGS[route]
    name = f"CEILINGS[{route.value}]"
    mg = _hard("max", f"{name}.mg", ceiling.mg)
    specs = {
        f"dose.{route.value}_session_mg_max": _number(
            "mg", "1", "1000", f"Most {label} ketamine in one session", mg
        )
    }
    if ceiling.mg_per_kg is not None:
        per_kg = _hard("max", f"{name}.mg_per_kg", ceiling.mg_per_kg)
        specs[f"dose.{route.value}_session_mg_per_kg_max"] = _number(
            "mg/kg", "0.1", "10", f"Most {label} ketamine in one session by weight", per_kg
        )
    return specs


def _fasting(prefix: str, words: str) -> dict[str, Spec]:
    return {
        f"fasting.{prefix}_fatty_meal_hours_min": _number(
            "hours", "0", "24", f"Fasting after a fatty or full meal, {words}"
        ),
        f"fasting.{prefix}_light_meal_hours_min": _number(
            "hours", "0", "24", f"Fasting after a light meal, {words}"
        ),
        f"fasting.{prefix}_clear_fluid_hours_min": _number(
            "hours", "0", "12", f"Fasting after clear fluid, {words}"
        ),
    }


_DOSE_SYSTOLIC = _hard("max", "DOSE_SYSTOLIC_MMHG_MAX", limits.DOSE_SYSTOLIC_MMHG_MAX)
_DOSE_DIASTOLIC = _hard("max", "DOSE_DIASTOLIC_MMHG_MAX", limits.DOSE_DIASTOLIC_MMHG_MAX)
_INFUSION = limits.CEILINGS[Route.IV].infusion_minutes_min
assert _INFUSION is not None, "the intravenous ceiling names its shortest infusion"

SETTINGS: dict[str, Spec] = {
    "offer.routes": Spec(Shape.ROUTES, "routes", "Routes this clinic offers"),
    "person.age_years_min": _whole(
        "years",
        18,
        120,
        "Youngest age on the day",
        _hard("min", "AGE_YEARS_MIN", limits.AGE_YEARS_MIN),
    ),
    "clearance.valid_days": _whole("days", 1, 366, "A clearance is valid for"),
    "clearance.sessions_max": _whole("sessions", 1, 60, "A clearance covers at most"),
    "clearance.sessions_left_to_renew": _whole(
        "sessions", 0, 60, "A clearance is renewed when so many sessions are left"
    ),
    "clearance.evaluator_is_physician": _flag("A physician (MD, DO) signs the clearance"),
    "clearance.in_person_required": _flag("The person was evaluated in person", must_be=True),
    "screening.resting_systolic_mmhg_max": _number(
        "mmHg",
        "90",
        "180",
        "Resting systolic pressure above this is not controlled",
        _hard("max", "RESTING_SYSTOLIC_MMHG_MAX", limits.RESTING_SYSTOLIC_MMHG_MAX),
    ),
    "screening.resting_diastolic_mmhg_max": _number(
        "mmHg",
        "50",
        "100",
        "Resting diastolic pressure above this is not controlled",
        _hard("max", "RESTING_DIASTOLIC_MMHG_MAX", limits.RESTING_DIASTOLIC_MMHG_MAX),
    ),
    "screening.resting_bp_age_days_max": _whole("days", 1, 366, "Resting pressure no older than"),
    "screening.bmi_kg_m2_max": _waivable("kg/m2", "20", "60", "Body mass index up to"),
    "screening.stop_bang_min": _waivable("score", "1", "8", "STOP-BANG that asks for a clearance"),
    "screening.age_years_plan_from": _waivable("years", "40", "100", "Age that asks for a plan"),
    "screening.suicide_screen_age_days_max": _whole("days", 1, 366, "Suicide screen no older than"),
    "screening.ecg_required": _flag("An ECG is needed for everybody"),
    "screening.ecg_age_days_max": _whole("days", 1, 1100, "ECG no older than"),
    "screening.laboratory_required": _flag("Laboratory results are needed for everybody"),
    "screening.laboratory_age_days_max": _whole("days", 1, 1100, "Laboratory no older than"),
    "preparation.visits_min": _whole("visits", 1, 12, "Preparation visits by the therapist"),
    "preparation.last_visit_age_days_max": _whole("days", 1, 366, "Last preparation no older than"),
    "consent.valid_days": _whole("days", 1, 366, "Consent is valid for"),
    "touch.agreement_required": _flag("A touch agreement is on file"),
    "session.interval_hours_min_first_weeks": _whole(
        "hours", 24, 1000, "Between sessions in the first weeks, at least"
    ),
    "session.first_weeks": _whole("weeks", 0, 12, "The first weeks last"),
    "session.per_7_days_max": _whole("sessions", 1, 3, "Sessions in 7 days"),
    "session.per_28_days_max": _whole("sessions", 1, 12, "Sessions in 28 days"),
    "session.interval_days_min_later": _whole("days", 1, 366, "Between later sessions, at least"),
    "session.weekly_review_after_weeks": _whole(
        "weeks", 1, 52, "Weekly sessions beyond this need the director's review"
    ),
    "readiness.bp_age_minutes_max": _whole("minutes", 1, 120, "Pressure no older than"),
    "readiness.bp_repeat_minutes": _whole("minutes", 1, 60, "A high pressure is repeated after"),
    "readiness.systolic_mmhg_max": _waivable(
        "mmHg", "90", "200", "Systolic pressure up to", _DOSE_SYSTOLIC
    ),
    "readiness.diastolic_mmhg_max": _waivable(
        "mmHg", "50", "130", "Diastolic pressure up to", _DOSE_DIASTOLIC
    ),
    "readiness.heart_rate_per_min_min": _waivable("/min", "30", "80", "Heart rate from"),
    "readiness.heart_rate_per_min_max": _waivable("/min", "80", "140", "Heart rate up to"),
    "readiness.spo2_percent_min": _waivable("%", "85", "100", "SpO2 on room air from"),
    "readiness.respiratory_rate_per_min_min": _waivable("/min", "6", "16", "Breathing rate from"),
    "readiness.respiratory_rate_per_min_max": _waivable("/min", "16", "40", "Breathing rate up to"),
    "readiness.temperature_celsius_max": _waivable("°C", "36", "40", "Temperature up to"),
    "readiness.vitals_age_minutes_max": _whole("minutes", 1, 120, "Vital signs no older than"),
    "readiness.answers_age_hours_max": _whole("hours", 1, 24, "Answers of the day no older than"),
    "readiness.suicide_screen_age_hours_max": _whole(
        "hours", 1, 72, "Suicide screen of the day no older than"
    ),
    "readiness.pregnancy_test_age_days_max_first": _whole(
        "days", 0, 30, "Pregnancy test for the first session no older than"
    ),
    "readiness.pregnancy_test_same_day": _flag("Pregnancy test on the day of every dose"),
    "readiness.weight_age_days_max": _whole("days", 1, 366, "Weight no older than"),
    "readiness.weight_change_percent_max": _whole(
        "percent", 1, 20, "A weight is asked about again when it differs by more than"
    ),
    **_fasting("injected", "injected routes"),
    "fasting.sublingual_food_hours_min": _number("hours", "0", "24", "Fasting, sublingual, food"),
    "fasting.sublingual_clear_fluid_hours_min": _number(
        "hours", "0", "12", "Fasting after clear fluid, sublingual"
    ),
    **_fasting("intranasal", "intranasal"),
    **_ceilings(Route.IM, "intramuscular"),
    **_ceilings(Route.IV, "intravenous"),
    **_ceilings(Route.SC, "subcutaneous"),
    **_ceilings(Route.SUBLINGUAL, "sublingual"),
    **_ceilings(Route.INTRANASAL, "intranasal"),
    "dose.iv_infusion_minutes_min": _whole(
        "minutes",
        20,
        240,
        "Intravenous infusion over at least",
        _hard("min", "CEILINGS[iv].infusion_minutes_min", _INFUSION),
    ),
    "dose.im_first_mg_reason_above": _number(
        "mg", "5", "200", "First intramuscular dose above this needs the prescriber's reason"
    ),
    "dose.im_mg_after_tolerated_only_above": _number(
        "mg", "5", "200", "Intramuscular dose above this only after a tolerated lower one"
    ),
    "dose.im_tolerated_lower_mg_min": _number(
        "mg", "5", "200", "A tolerated lower intramuscular dose is at least"
    ),
    "dose.sublingual_first_mg_reason_above": _number(
        "mg", "25", "400", "First sublingual dose above this needs the prescriber's reason"
    ),
    "dose.drawn_up_valid_hours": _whole("hours", 1, 12, "What is drawn up is given within"),
    "dose.order_valid_hours": _whole(
        "hours",
        1,
        48,
        "A dose order is valid for",
        _hard("max", "SIGNED_SPAN_MINUTES_MAX", limits.SIGNED_SPAN_MINUTES_MAX // 60),
    ),
    "further_dose.im_minutes_min": _whole("minutes", 5, 120, "Further IM dose, earliest"),
    "further_dose.im_minutes_max": _whole("minutes", 5, 180, "Further IM dose, latest"),
    "further_dose.sublingual_minutes_min": _whole("minutes", 5, 120, "Further lozenge, earliest"),
    "further_dose.sublingual_minutes_max": _whole("minutes", 5, 180, "Further lozenge, latest"),
    "further_dose.count_max": _whole("doses", 0, 3, "Further doses in one session"),
    "further_dose.systolic_mmhg_max": _number(
        "mmHg", "90", "200", "Further dose: systolic pressure up to", _DOSE_SYSTOLIC
    ),
    "further_dose.diastolic_mmhg_max": _number(
        "mmHg", "50", "130", "Further dose: diastolic pressure up to", _DOSE_DIASTOLIC
    ),
    "further_dose.moaas_min": _whole("score", 3, 5, "Further dose: MOAA/S at least"),
    "further_dose.spo2_percent_min": _number("%", "90", "100", "Further dose: SpO2 from"),
    "further_dose.vitals_age_minutes_max": _whole("minutes", 1, 60, "Further dose: vitals within"),
    "observation.overdue_amber_minutes": _whole("minutes", 0, 30, "An observation is late at"),
    "observation.could_not_again_minutes": _whole("minutes", 1, 15, "“Can’t now”: asked again in"),
    "observation.overdue_red_minutes": _whole("minutes", 1, 60, "An observation is very late at"),
    "discharge.stay_minutes_min": _whole(
        "minutes",
        30,
        600,
        "Stay after the last dose",
        _hard("min", "STAY_MINUTES_MIN", limits.STAY_MINUTES_MIN),
    ),
    "discharge.bp_within_baseline_percent": _number("%", "1", "40", "Pressure near baseline by"),
    "discharge.systolic_mmhg_max": _number("mmHg", "90", "180", "Going home: systolic up to"),
    "discharge.diastolic_mmhg_max": _number("mmHg", "50", "110", "Going home: diastolic up to"),
    "discharge.spo2_percent_min": _number("%", "88", "100", "Going home: SpO2 from"),
    "discharge.padss_min": _whole("score", 8, 10, "Going home: PADSS at least"),
    "discharge.padss_item_min": _whole("score", 1, 2, "Going home: every PADSS item at least"),
    "discharge.padss_activity_min": _whole("score", 1, 2, "Going home: PADSS activity at least"),
    "discharge.distress_max": _whole("score", 0, 5, "Going home: distress up to"),
    "discharge.dissociation_max": _whole("score", 0, 5, "Going home: dissociation up to"),
    "discharge.vitals_age_minutes_max": _whole("minutes", 1, 60, "Going home: vitals within"),
    "discharge.driving_hours_min": _whole("hours", 12, 72, "No driving for at least"),
    "integration.first_within_hours": _whole("hours", 12, 240, "First integration visit within"),
    "integration.second_within_days": _whole("days", 1, 60, "Second integration visit within"),
    "next_day_contact.from_hours": _whole("hours", 1, 24, "Next-day contact from"),
    "next_day_contact.until_hours": _whole("hours", 12, 72, "Next-day contact until"),
    "oversight.sessions_between": _whole("sessions", 1, 24, "Follow-up of harm every"),
    "oversight.months_between": _whole("months", 1, 24, "Follow-up of harm at least every"),
    "credentials.verification_age_days_max": _whole(
        "days", 30, 1100, "Licence and DEA looked up at the source no longer ago than"
    ),
    "credentials.exclusion_check_age_days_max": _whole(
        "days", 7, 100, "Exclusion lists looked up no longer ago than"
    ),
    "pdmp.age_days_max": _whole("days", 1, 366, "Prescription-monitoring query no older than"),
    "device.clock_skew_seconds_max": _whole("seconds", 1, 600, "A device's clock may be off by"),
}

# Pairs that must not cross: (lower, upper).
ORDERED: tuple[tuple[str, str], ...] = (
    ("readiness.heart_rate_per_min_min", "readiness.heart_rate_per_min_max"),
    ("readiness.respiratory_rate_per_min_min", "readiness.respiratory_rate_per_min_max"),
    ("further_dose.im_minutes_min", "further_dose.im_minutes_max"),
    ("further_dose.sublingual_minutes_min", "further_dose.sublingual_minutes_max"),
    ("next_day_contact.from_hours", "next_day_contact.until_hours"),
    ("observation.overdue_amber_minutes", "observation.overdue_red_minutes"),
    ("session.per_7_days_max", "session.per_28_days_max"),
)
