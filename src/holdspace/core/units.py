"""A number never travels without its unit, and a unit is never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from holdspace.core.insist import Malformed, Timed, in_utc, insist


class Unit(StrEnum):
    """The units the program speaks; UCUM spelling where it is readable."""

    MMHG = "mmHg"
    PER_MIN = "/min"
    PERCENT = "%"
    CELSIUS = "°C"
    KG = "kg"
    CM = "cm"
    MG = "mg"
    MG_PER_KG = "mg/kg"
    MG_PER_ML = "mg/mL"
    UG = "µg"
    UL = "µL"
    ML = "mL"
    L_PER_MIN = "L/min"
    MS = "ms"
    MIN = "min"
    HOUR = "h"
    SCORE = "{score}"
    KG_PER_M2 = "kg/m2"
    NONE = ""


class Shape(StrEnum):
    """What kind of value an observation carries."""

    QUANTITY = "quantity"
    YES_NO = "yes_no"
    CHOICE = "choice"
    TIME = "time"
    DATE = "date"


class Kind(StrEnum):
    """Everything that can be observed about a person: a closed list.

    Names follow LOINC/SNOMED wording. A new kind is one line here and one in `KINDS`.
    """

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    MEAN_ARTERIAL = "mean_arterial"
    HEART_RATE = "heart_rate"
    PULSE_RATE = "pulse_rate"
    SPO2 = "spo2"
    RESPIRATORY_RATE = "respiratory_rate"
    TEMPERATURE = "temperature"
    END_TIDAL_CO2 = "end_tidal_co2"
    WEIGHT = "weight"
    HEIGHT = "height"
    QTC = "qtc"
    SEDATION_MOAAS = "sedation_moaas"
    DISSOCIATION = "dissociation"
    DISTRESS = "distress"
    NAUSEA = "nausea"
    PAIN = "pain"
    PADSS_VITALS = "padss_vitals"
    PADSS_ACTIVITY = "padss_activity"
    PADSS_NAUSEA = "padss_nausea"
    PADSS_BLEEDING = "padss_bleeding"
    PADSS_INTAKE = "padss_intake"
    STOP_BANG = "stop_bang"
    PHQ9_TOTAL = "phq9_total"
    PHQ9_ITEM_9 = "phq9_item_9"
    SUICIDE_SCREEN = "suicide_screen"
    PREGNANCY_POSSIBLE = "pregnancy_possible"
    PREGNANCY_TEST = "pregnancy_test"
    LAST_FATTY_MEAL = "last_fatty_meal"
    LAST_LIGHT_MEAL = "last_light_meal"
    LAST_CLEAR_FLUID = "last_clear_fluid"
    ESCORT_CONFIRMED = "escort_confirmed"
    ESCORT_IDENTIFIED = "escort_identified"
    IDENTITY_CONFIRMED = "identity_confirmed"
    HEALTH_CHANGE = "health_change"
    ABLE_TO_CONSENT = "able_to_consent"
    INTERPRETER_PRESENT = "interpreter_present"
    ROOM_READY = "room_ready"
    EMERGENCY_EQUIPMENT_CHECKED = "emergency_equipment_checked"
    INSTRUCTIONS_UNDERSTOOD = "instructions_understood"
    THERAPIST_DISCHARGE_CHECK = "therapist_discharge_check"
    NEXT_DAY_CONTACT = "next_day_contact"
    IN_PERSON_EVALUATION = "in_person_evaluation"
    RED_FLAG_SYMPTOM = "red_flag_symptom"
    PDMP_QUERY = "pdmp_query"
    BLADDER_SYMPTOMS = "bladder_symptoms"
    COGNITION_CONCERN = "cognition_concern"
    DEPENDENCE_CONCERN = "dependence_concern"


# What was charted on one session day and is about the person, not about that day alone: the next
# door must see the call of the day after, a positive test, a red flag, a weight.
OUTLIVES_ITS_SESSION = (
    Kind.NEXT_DAY_CONTACT,
    Kind.RED_FLAG_SYMPTOM,
    Kind.PREGNANCY_TEST,
    Kind.BLADDER_SYMPTOMS,
    Kind.COGNITION_CONCERN,
    Kind.DEPENDENCE_CONCERN,
    Kind.PDMP_QUERY,
    Kind.PHQ9_TOTAL,
    Kind.PHQ9_ITEM_9,
    Kind.WEIGHT,
)


@dataclass(frozen=True, slots=True)
class KindSpec:
    """How one kind is written: label, unit, shape, and the plausible range for typed entry."""

    label: str
    shape: Shape
    unit: Unit = Unit.NONE
    low: Decimal | None = None
    high: Decimal | None = None
    places: int = 0
    choices: tuple[str, ...] = ()


def _quantity(label: str, unit: Unit, low: str, high: str, places: int = 0) -> KindSpec:
    return KindSpec(label, Shape.QUANTITY, unit, Decimal(low), Decimal(high), places)


def _score(label: str, low: int, high: int) -> KindSpec:
    return KindSpec(label, Shape.QUANTITY, Unit.SCORE, Decimal(low), Decimal(high))


def _yes_no(label: str) -> KindSpec:
    return KindSpec(label, Shape.YES_NO)


# Plausible ranges: clinic defaults awaiting the medical director's signature (docs/limits.md).
KINDS: dict[Kind, KindSpec] = {
    Kind.SYSTOLIC: _quantity("Systolic blood pressure", Unit.MMHG, "40", "300"),
    Kind.DIASTOLIC: _quantity("Diastolic blood pressure", Unit.MMHG, "20", "200"),
    Kind.MEAN_ARTERIAL: _quantity("Mean arterial pressure", Unit.MMHG, "25", "250"),
    Kind.HEART_RATE: _quantity("Heart rate", Unit.PER_MIN, "20", "300"),
    Kind.PULSE_RATE: _quantity("Pulse rate (oximeter)", Unit.PER_MIN, "20", "300"),
    Kind.SPO2: _quantity("Oxygen saturation (SpO2)", Unit.PERCENT, "30", "100"),
    Kind.RESPIRATORY_RATE: _quantity("Breathing rate", Unit.PER_MIN, "1", "80"),
    Kind.TEMPERATURE: _quantity("Temperature", Unit.CELSIUS, "30.0", "43.0", 1),
    Kind.END_TIDAL_CO2: _quantity("End-tidal CO2", Unit.MMHG, "1", "100"),
    Kind.WEIGHT: _quantity("Weight", Unit.KG, "25", "350", 1),
    Kind.HEIGHT: _quantity("Height", Unit.CM, "100", "230"),
    Kind.QTC: _quantity("QTc", Unit.MS, "300", "700"),
    Kind.SEDATION_MOAAS: _score("Sedation (MOAA/S)", 0, 5),
    Kind.DISSOCIATION: _score("Dissociation", 0, 10),
    Kind.DISTRESS: _score("Distress", 0, 10),
    Kind.NAUSEA: _score("Nausea", 0, 10),
    Kind.PAIN: _score("Pain", 0, 10),
    Kind.PADSS_VITALS: _score("PADSS vital signs", 0, 2),
    Kind.PADSS_ACTIVITY: _score("PADSS activity and mental state", 0, 2),
    Kind.PADSS_NAUSEA: _score("PADSS pain, nausea, vomiting", 0, 2),
    Kind.PADSS_BLEEDING: _score("PADSS bleeding", 0, 2),
    Kind.PADSS_INTAKE: _score("PADSS intake and output", 0, 2),
    Kind.STOP_BANG: _score("STOP-BANG (sleep apnoea)", 0, 8),
    Kind.PHQ9_TOTAL: _score("PHQ-9 total", 0, 27),
    Kind.PHQ9_ITEM_9: _score("PHQ-9 item 9", 0, 3),
    Kind.SUICIDE_SCREEN: KindSpec(
        "Suicide-risk screen",
        Shape.CHOICE,
        choices=("negative", "non_acute_positive", "acute_positive"),
    ),
    Kind.PREGNANCY_POSSIBLE: _yes_no("Could be pregnant"),
    Kind.PREGNANCY_TEST: KindSpec("Pregnancy test", Shape.CHOICE, choices=("negative", "positive")),
    Kind.LAST_FATTY_MEAL: KindSpec("Last fatty or full meal", Shape.TIME),
    Kind.LAST_LIGHT_MEAL: KindSpec("Last light meal", Shape.TIME),
    Kind.LAST_CLEAR_FLUID: KindSpec("Last clear fluid", Shape.TIME),
    Kind.ESCORT_CONFIRMED: _yes_no("Named adult for the ride and overnight"),
    Kind.ESCORT_IDENTIFIED: _yes_no("Escort here and identified"),
    Kind.IDENTITY_CONFIRMED: _yes_no("Identity by two identifiers"),
    Kind.HEALTH_CHANGE: _yes_no("Change of health or medicines since clearance"),
    Kind.ABLE_TO_CONSENT: _yes_no("Able to consent today, freely, asked alone"),
    Kind.INTERPRETER_PRESENT: _yes_no("Qualified interpreter present"),
    Kind.ROOM_READY: _yes_no("Room ready"),
    Kind.EMERGENCY_EQUIPMENT_CHECKED: _yes_no("Emergency equipment checked"),
    Kind.INSTRUCTIONS_UNDERSTOOD: _yes_no("Written instructions given and understood"),
    Kind.THERAPIST_DISCHARGE_CHECK: _yes_no("Therapist agrees the person is settled"),
    Kind.NEXT_DAY_CONTACT: KindSpec(
        "Next-day contact", Shape.CHOICE, choices=("reached_well", "reached_concern", "no_answer")
    ),
    Kind.IN_PERSON_EVALUATION: _yes_no("Evaluated in person"),
    Kind.RED_FLAG_SYMPTOM: _yes_no("Red-flag symptom"),
    Kind.PDMP_QUERY: _yes_no("Prescription-monitoring query made"),
    Kind.BLADDER_SYMPTOMS: _yes_no("Bladder symptoms"),
    Kind.COGNITION_CONCERN: _yes_no("Memory or thinking: a concern"),
    Kind.DEPENDENCE_CONCERN: _yes_no("Craving, misuse or dependence: a concern"),
}

Value = Decimal | bool | str | datetime

# What holds the value of each shape.
VALUE_OF: dict[Shape, type] = {
    Shape.QUANTITY: Decimal,
    Shape.YES_NO: bool,
    Shape.CHOICE: str,
    Shape.TIME: datetime,
    Shape.DATE: str,
}


@dataclass(frozen=True, slots=True)
class Observation(Timed):
    """One charted value: what, how much, when it was true, who charted it, where it came from.

    `value` is Decimal for quantities (in the unit of `KINDS`), bool for yes/no, a listed word for
    choices, an aware datetime for times. `oxygen_l_min` belongs to SpO2: None means it was not
    said, 0 means room air. `out_of` ties values that were taken as one set; `recorded_at` is when
    it was written down, where that was later.
    """

    id: str
    kind: Kind
    value: Value
    taken_at: datetime
    by: str
    source: str
    session: str = ""
    oxygen_l_min: Decimal | None = None
    out_of: str = ""
    recorded_at: datetime | None = None

    def __post_init__(self) -> None:
        Timed.__post_init__(self)
        shape = KINDS[self.kind].shape
        insist(isinstance(self.value, VALUE_OF[shape]), f"{self.kind} wants a {shape}")
        if isinstance(self.value, datetime):
            object.__setattr__(self, "value", in_utc(self.value))

    @property
    def number(self) -> Decimal:
        """The value of a quantity; asking this of anything else is a bug."""
        if not isinstance(self.value, Decimal):
            raise Malformed(f"{self.kind} is not a quantity")
        return self.value

    @property
    def text(self) -> str:
        """The value as people read it, always with its unit."""
        spec = KINDS[self.kind]
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        if isinstance(self.value, Decimal):
            unit = "" if spec.unit in (Unit.SCORE, Unit.NONE) else f" {spec.unit.value}"
            return f"{plain(self.value)}{unit}"
        if isinstance(self.value, datetime):
            return self.value.isoformat(timespec="minutes")
        return self.value.replace("_", " ")


def body_mass_index(kg: Decimal, cm: Decimal) -> Decimal:
    """Kilograms by square metres, to one place."""
    metres = cm / 100
    return (kg / (metres * metres)).quantize(Decimal("0.1"))


def is_zone(name: str) -> bool:
    """Whether this is the name of a time zone that this machine knows."""
    try:
        return ZoneInfo(name).key == name
    except (KeyError, ValueError, OSError):
        return False


class QuantityError(ValueError):
    """Text that is not a quantity; `accepted` says what would have been."""

    def __init__(self, problem: str, accepted: str) -> None:
        super().__init__(f"{problem} Accepted: {accepted}")
        self.problem = problem
        self.accepted = accepted


_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def plain(number: Decimal) -> str:
    """A decimal as people write it: no exponent, no trailing zeros ("0.50" -> "0.5")."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_number(text: str, spec: KindSpec) -> Decimal:
    """Read a typed number for one kind.

    Raises QuantityError for letters, decimal commas, "180/1100", too many decimals and values
    outside the plausible range; the message says what would be accepted.
    """
    unit = "" if spec.unit in (Unit.SCORE, Unit.NONE) else f" {spec.unit.value}"
    low, high = plain(spec.low or Decimal(0)), plain(spec.high or Decimal(0))
    accepted = f"a number from {low} to {high}{unit}"
    cleaned = text.strip().removesuffix(spec.unit.value).strip() if spec.unit else text.strip()
    if "," in cleaned:
        raise QuantityError("A decimal comma can be misread; write a point.", accepted)
    if not _NUMBER.fullmatch(cleaned) or len(cleaned) > 12:
        raise QuantityError(f"“{text.strip()[:20]}” is not a plain number.", accepted)
    number = Decimal(cleaned)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > max(spec.places, 0) + 1:
        raise QuantityError("That is more exact than the instrument.", accepted)
    if spec.low is not None and number < spec.low or spec.high is not None and number > spec.high:
        raise QuantityError(f"{plain(number)}{unit} is outside what is plausible.", accepted)
    return number


def can_be(number: Decimal, kind: Kind) -> bool:
    """Whether this can be true of anybody: improbable may be, 980 % and a grade off its scale not.

    A breathing rate of 0 is a finding, once a person has looked; a pressure of 0 is no signal.
    """
    spec = KINDS[kind]
    if spec.unit is Unit.SCORE:
        return (spec.low or 0) <= number <= (spec.high or number)
    if kind is Kind.RESPIRATORY_RATE:
        return number >= 0
    return 0 < number <= (100 if spec.unit is Unit.PERCENT else number)


_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([^\d\s].*)")


def parse_quantity(text: str, unit: Unit) -> Decimal:
    """Read "50 mg" where mg is wanted. A number without its unit, or with another, is refused."""
    match = _QUANTITY.fullmatch(text.strip())
    accepted = f"a number with its unit, for example “50 {unit.value}”"
    if not match:
        raise QuantityError(f"“{text.strip()[:20]}” has no unit.", accepted)
    if match[2].strip() != unit.value:
        raise QuantityError(f"“{match[2].strip()[:12]}” is not {unit.value}.", accepted)
    return Decimal(match[1])
