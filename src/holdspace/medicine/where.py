"""From each finding of the day to the place where it is answered: a field, a panel or a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from holdspace.care.models import Course, Session
from holdspace.core.units import Kind

# By the code's own word. On the readiness page each question has the anchor `ask-<kind>`.
ASKED: Mapping[str, str] = {
    "identity_not_confirmed": Kind.IDENTITY_CONFIRMED,
    "capacity_not_confirmed": Kind.ABLE_TO_CONSENT,
    "interpreter_missing": Kind.INTERPRETER_PRESENT,
    "escort_not_confirmed": Kind.ESCORT_CONFIRMED,
    "health_changed": Kind.HEALTH_CHANGE,
    "fasting_too_short": Kind.LAST_FATTY_MEAL,
    "pregnancy_possible": Kind.PREGNANCY_POSSIBLE,
    "pregnancy_test_needed": Kind.PREGNANCY_TEST,
    "room_not_ready": Kind.ROOM_READY,
    "equipment_not_checked": Kind.EMERGENCY_EQUIPMENT_CHECKED,
    "weight_stale": Kind.WEIGHT,
    "suicide_screen_missing": "asq_1",
}
# Measured at readiness while the day is not open, on the session page afterwards.
MEASURED: Mapping[str, str] = {
    "bp_systolic_high": Kind.SYSTOLIC,
    "bp_diastolic_high": Kind.DIASTOLIC,
    "bp_repeat_needed": Kind.SYSTOLIC,
    "reading_repeat_needed": Kind.HEART_RATE,
    "heart_rate_outside": Kind.HEART_RATE,
    "oxygen_saturation_low": Kind.SPO2,
    "breathing_rate_outside": Kind.RESPIRATORY_RATE,
    "temperature_high": Kind.TEMPERATURE,
    "baseline_missing": Kind.SYSTOLIC,
}
FASTING = {Kind.LAST_FATTY_MEAL.value, Kind.LAST_LIGHT_MEAL.value, Kind.LAST_CLEAR_FLUID.value}
IN_SESSION: Mapping[str, tuple[str, Any]] = {
    **dict.fromkeys(MEASURED, ("observe", _("Chart a set"))),
    **dict.fromkeys(("staff_not_present", "staff_same_person"), ("place", _("Who is where"))),
    **dict.fromkeys(("order_missing", "order_not_valid"), ("order", _("The order"))),
    "preparation_of_dose_missing": ("prepare", _("Draw up")),
    "sedation_too_deep": ("observe", _("Chart a set")),
    "not_fully_awake": ("observe", _("Chart a set")),
    "pressure_not_settled": ("observe", _("Chart a set")),
    "distress_not_settled": ("observe", _("Chart a set")),
    "dissociation_not_settled": ("observe", _("Chart a set")),
    "discharge_score_low": ("going-home", _("Checks before going home")),
    "therapist_check_missing": ("going-home", _("Checks before going home")),
    "escort_not_identified": ("going-home", _("Checks before going home")),
    "instructions_not_understood": ("going-home", _("Checks before going home")),
    "suicide_screen_missing": ("going-home", _("Checks before going home")),
    "reservation_unresolved": ("dose", _("What is drawn up")),
    "reading_not_told": ("told", _("Write down who was told")),
    "variance_unreviewed": ("events", _("Events")),
    "adverse_event_unreviewed": ("events", _("Events")),
}
CONSENT = ("preparation:consent", _("Consent and agreements"))
PREPARATION = ("preparation:visit", _("Preparation visit"))
CLEARANCE = ("assessment:clearance", _("Clearance"))
BOOKING = ("care:book", _("Book"))
MONITORING = ("care:pdmp", _("Write the query down"))
HARM = ("assessment:follow_up", _("Follow-up of harm"))
PAGES: Mapping[str, tuple[str, Any]] = {
    **dict.fromkeys(("consent_missing", "consent_expired", "consent_withdrawn"), CONSENT),
    "touch_agreement_missing": CONSENT,
    **dict.fromkeys(("preparation_incomplete", "preparation_stale"), PREPARATION),
    **dict.fromkeys(("clearance_missing", "clearance_expired", "clearance_suspended"), CLEARANCE),
    "booking_missing": BOOKING,
    "oversight_overdue": HARM,
    "pdmp_query_missing": MONITORING,
}


def with_places(
    findings: list[dict[str, Any]], course: Course, session: Session | None = None
) -> list[dict[str, Any]]:
    """The shown findings; each that still stops something with the link to its answer."""
    for finding in findings:
        if finding["verdict"] in ("pass", "note") or finding["waived_by"]:
            continue
        place = _place(finding["code"], finding["subject"], course, session)
        if place:
            finding["remedy_href"], finding["remedy_label"] = place
    return findings


def _place(
    code: str, subject: str, course: Course, session: Session | None
) -> tuple[str, str] | None:
    if session and code in IN_SESSION:
        anchor, label = IN_SESSION[code]
        return f"#{anchor}", str(label)
    if kind := ASKED.get(code) or MEASURED.get(code):
        kind = subject if subject in FASTING else str(kind)
        page = reverse("medicine:readiness", args=[course.id]) if session else ""
        return f"{page}#ask-{kind}", str(_("Answer it here"))
    if found := PAGES.get(code):
        name, label = found
        return reverse(name, args=[course.id]), str(label)
    return None
