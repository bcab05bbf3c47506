"""What a clinician types into the forms of the assessment, all well unless changed."""

from __future__ import annotations

from typing import Any

from holdspace.care.facts import protocol_of
from holdspace.care.models import Course
from tests.rooms.people.cast import PASSWORD


def medical(course: Course, **changes: Any) -> dict[str, Any]:
    """A healthy person's medical evaluation, measured from 08:00 on; None leaves a field out."""
    typed: dict[str, Any] = dict.fromkeys(protocol_of(course).conditions, "no")
    typed |= {
        "no_medicines": "on", "allergies": "none known",
        "systolic_1": "118", "diastolic_1": "76", "at_1": "08:00",
        "systolic_2": "120", "diastolic_2": "78", "at_2": "08:05",
        "heart_rate": "68", "spo2": "98", "respiratory_rate": "14", "temperature": "36.6",
        "weight": "72.4", "height": "174", "pregnancy_possible": "no", "pregnancy_test": "not_done",
        "qtc": "", "in_person": "yes", "conclusion": "Fit.", "password": PASSWORD,
    }  # fmt: skip
    typed |= changes
    return {name: value for name, value in typed.items() if value is not None}


def mental_health(**changes: Any) -> dict[str, Any]:
    """A straightforward person's mental-health assessment; None leaves a field out."""
    typed = dict.fromkeys(("psychosis", "mania", "dissociation", "attempts", "self_harm"), "never")
    typed |= dict.fromkeys(("family_psychosis", "trauma", "thoughts", "therapy"), "no")
    typed |= dict.fromkeys(
        ("support_overnight", "asked_alone", "understands", "expects", "can_attend", "wants"), "yes"
    )
    typed |= {
        "indication_0": "F33.1", "since_when": "two years", "support_who": "A sister nearby",
        "hopes": "To sleep.", "ketamine": "never", "recommendation": "suitable",
        "reason": "A good moment.", "password": PASSWORD,
    }  # fmt: skip
    typed |= changes
    return {name: value for name, value in typed.items() if value is not None}


def asq(one: str = "0", two: str = "0", three: str = "0", four: str = "0", five: str = "") -> dict:
    return {"asq_1": one, "asq_2": two, "asq_3": three, "asq_4": four, "asq_5": five, "comment": ""}


def phq9(*scores: int, **changes: Any) -> dict[str, Any]:
    typed = {f"phq9_{n}": str(score) for n, score in enumerate(scores, 1)}
    return typed | {"filled_by": "asked_by_staff"} | changes
