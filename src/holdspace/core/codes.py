"""The closed list of reasons: one code per kind of rule, each with its words in `core/words.py`.

Which condition, drug or reading it was stands in the finding. `docs/refusals.md` is generated from
this list and its words, and each code is provoked by a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from holdspace.core.insist import insist


class Code(StrEnum):
    """Why a door is shut (or what was checked when it opened). Names are `noun_problem`."""

    # the course
    AGE_BELOW_MINIMUM = "age_below_minimum"
    SERVICE_NOT_OFFERED = "service_not_offered"
    GUARDIAN_NOT_SUPPORTED = "guardian_not_supported"
    PROTOCOL_UNSIGNED = "protocol_unsigned"
    COURSE_ALREADY_OPEN = "course_already_open"
    COURSE_NOT_OPEN = "course_not_open"
    PERSON_DIED = "person_died"
    # authority of the one who acts
    ROLE_NOT_PERMITTED = "role_not_permitted"
    LICENCE_NOT_VALID = "licence_not_valid"
    SIGNER_NOT_PHYSICIAN = "signer_not_physician"
    DEA_REGISTRATION_NOT_VALID = "dea_registration_not_valid"
    TRAINING_NOT_VALID = "training_not_valid"
    STATE_AUTHORITY_MISSING = "state_authority_missing"
    STATE_REGISTRATION_MISSING = "state_registration_missing"
    CREDENTIAL_NOT_VERIFIED = "credential_not_verified"
    EXCLUSION_NOT_CLEAR = "exclusion_not_clear"
    SUPERVISION_MISSING = "supervision_missing"
    # assessment
    EVALUATION_MISSING = "evaluation_missing"
    EVALUATION_NOT_IN_PERSON = "evaluation_not_in_person"
    ASSESSMENT_MISSING = "assessment_missing"
    ASSESSMENT_NOT_SUITABLE = "assessment_not_suitable"
    ASSESSMENT_WITH_CONDITION = "assessment_with_condition"
    ASSESSMENT_UNANSWERED = "assessment_unanswered"
    INVESTIGATION_MISSING = "investigation_missing"
    CONTRAINDICATION_PRESENT = "contraindication_present"
    CLEARANCE_NEEDED = "clearance_needed"
    CONDITION_UNANSWERED = "condition_unanswered"
    DIAGNOSIS_NOT_MAPPED = "diagnosis_not_mapped"
    MEDICATION_NOT_COMPATIBLE = "medication_not_compatible"
    MEDICATION_NEEDS_PLAN = "medication_needs_plan"
    MEDICATION_NOT_RECOGNISED = "medication_not_recognised"
    WASHOUT_TOO_SHORT = "washout_too_short"
    MEDICATIONS_NOT_ASKED = "medications_not_asked"
    RESTING_PRESSURE_NOT_CONTROLLED = "resting_pressure_not_controlled"
    BODY_MASS_HIGH = "body_mass_high"
    SUICIDE_SCREEN_POSITIVE = "suicide_screen_positive"
    SUICIDE_SCREEN_MISSING = "suicide_screen_missing"
    RISK_TASK_OPEN = "risk_task_open"
    PREGNANCY_POSSIBLE = "pregnancy_possible"
    # clearance and preparation
    CLEARANCE_MISSING = "clearance_missing"
    CLEARANCE_EXPIRED = "clearance_expired"
    CLEARANCE_SUSPENDED = "clearance_suspended"
    CLEARANCE_WITHDRAWN = "clearance_withdrawn"
    THERAPIST_NOT_ASSIGNED = "therapist_not_assigned"
    THERAPIST_CHANGED = "therapist_changed"
    PREPARATION_INCOMPLETE = "preparation_incomplete"
    PREPARATION_STALE = "preparation_stale"
    CONSENT_MISSING = "consent_missing"
    CONSENT_EXPIRED = "consent_expired"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_NARROWER = "consent_narrower"
    TOUCH_AGREEMENT_MISSING = "touch_agreement_missing"
    # the day
    SESSION_ALREADY_OPEN = "session_already_open"
    SESSION_NOT_OPEN = "session_not_open"
    BOOKING_MISSING = "booking_missing"
    IDENTITY_NOT_CONFIRMED = "identity_not_confirmed"
    CAPACITY_NOT_CONFIRMED = "capacity_not_confirmed"
    INTERPRETER_MISSING = "interpreter_missing"
    ESCORT_NOT_CONFIRMED = "escort_not_confirmed"
    HEALTH_CHANGED = "health_changed"
    FASTING_TOO_SHORT = "fasting_too_short"
    ROOM_NOT_READY = "room_not_ready"
    EQUIPMENT_NOT_CHECKED = "equipment_not_checked"
    PREGNANCY_TEST_NEEDED = "pregnancy_test_needed"
    BP_SYSTOLIC_HIGH = "bp_systolic_high"
    BP_DIASTOLIC_HIGH = "bp_diastolic_high"
    BP_REPEAT_NEEDED = "bp_repeat_needed"
    READING_REPEAT_NEEDED = "reading_repeat_needed"
    READING_NOT_TOLD = "reading_not_told"
    HEART_RATE_OUTSIDE = "heart_rate_outside"
    OXYGEN_SATURATION_LOW = "oxygen_saturation_low"
    BREATHING_RATE_OUTSIDE = "breathing_rate_outside"
    TEMPERATURE_HIGH = "temperature_high"
    STAFF_NOT_PRESENT = "staff_not_present"
    STAFF_SAME_PERSON = "staff_same_person"
    # the dose
    ORDER_MISSING = "order_missing"
    ORDER_NOT_VALID = "order_not_valid"
    WEIGHT_STALE = "weight_stale"
    DOSE_ALREADY_GIVEN = "dose_already_given"
    DOSE_ABOVE_ORDER = "dose_above_order"
    DOSE_CEILING_EXCEEDED = "dose_ceiling_exceeded"
    DOSE_NEEDS_REASON = "dose_needs_reason"
    DOSE_NEEDS_TOLERATED = "dose_needs_tolerated"
    DOSE_ROUTE_MIXED = "dose_route_mixed"
    DOSE_INFUSION_TOO_FAST = "dose_infusion_too_fast"
    PREPARATION_OF_DOSE_MISSING = "preparation_of_dose_missing"
    PREPARATION_NOT_VALID = "preparation_not_valid"
    VIAL_NOT_USABLE = "vial_not_usable"
    FURTHER_DOSE_OUTSIDE_WINDOW = "further_dose_outside_window"
    FURTHER_DOSE_COUNT = "further_dose_count"
    STEP_FORBIDS_DOSE = "step_forbids_dose"
    SEDATION_TOO_DEEP = "sedation_too_deep"
    VARIANCE_UNREVIEWED = "variance_unreviewed"
    ADVERSE_EVENT_UNREVIEWED = "adverse_event_unreviewed"
    TRANSFER_UNREVIEWED = "transfer_unreviewed"
    RED_FLAG_OPEN = "red_flag_open"
    # leaving
    NO_DOSE_GIVEN = "no_dose_given"
    STAY_TOO_SHORT = "stay_too_short"
    PRESSURE_NOT_SETTLED = "pressure_not_settled"
    BASELINE_MISSING = "baseline_missing"
    DISCHARGE_SCORE_LOW = "discharge_score_low"
    NOT_FULLY_AWAKE = "not_fully_awake"
    DISTRESS_NOT_SETTLED = "distress_not_settled"
    DISSOCIATION_NOT_SETTLED = "dissociation_not_settled"
    THERAPIST_CHECK_MISSING = "therapist_check_missing"
    ESCORT_NOT_IDENTIFIED = "escort_not_identified"
    INSTRUCTIONS_NOT_UNDERSTOOD = "instructions_not_understood"
    RESERVATION_UNRESOLVED = "reservation_unresolved"
    # between sessions, and the end
    INTEGRATION_MISSING = "integration_missing"
    NEXT_DAY_CONTACT_MISSING = "next_day_contact_missing"
    INTERVAL_TOO_SHORT = "interval_too_short"
    FREQUENCY_EXCEEDED = "frequency_exceeded"
    FREQUENCY_REVIEW_NEEDED = "frequency_review_needed"
    OVERSIGHT_OVERDUE = "oversight_overdue"
    PDMP_QUERY_MISSING = "pdmp_query_missing"
    SESSION_STILL_OPEN = "session_still_open"
    TASKS_OPEN = "tasks_open"
    OUTCOME_MISSING = "outcome_missing"
    # the register
    MOVEMENT_SAME_ACCOUNT = "movement_same_account"
    MOVEMENT_NOT_ALLOWED = "movement_not_allowed"
    MOVEMENT_OVER_BALANCE = "movement_over_balance"
    MOVEMENT_ARITHMETIC = "movement_arithmetic"
    MOVEMENT_IN_FUTURE = "movement_in_future"
    WASTE_EXCEEDS_DRAWN = "waste_exceeds_drawn"
    CORRECTION_NOT_REVERSAL = "correction_not_reversal"
    VIAL_OVER_CAPACITY = "vial_over_capacity"
    VIAL_EXPIRED = "vial_expired"
    VIAL_BEYOND_USE = "vial_beyond_use"
    VIAL_NOT_AT_LOCATION = "vial_not_at_location"
    VIAL_SECOND_PERSON = "vial_second_person"
    PERSON_MISSING = "person_missing"
    COUNTERPARTY_MISSING = "counterparty_missing"
    CONCENTRATION_NEEDS_DILUTION = "concentration_needs_dilution"
    WITNESS_MISSING = "witness_missing"
    WITNESS_SAME_PERSON = "witness_same_person"
    WITNESS_NOT_PERMITTED = "witness_not_permitted"


class Urgency(StrEnum):
    """How soon somebody must act on it: never, before the door opens, or now."""

    INFORMATION = "information"
    BEFORE_THE_DOOR = "before_the_door"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class Words:
    """The fixed words of one code: its subject, what is wrong, what would change it, how soon."""

    label: str
    sentence: str
    remedy: str
    urgency: Urgency = Urgency.BEFORE_THE_DOOR

    def __post_init__(self) -> None:
        insist(0 < len(self.label) <= 48, self.label)
        insist(0 < len(self.sentence) <= 140 and self.remedy, self.sentence)
