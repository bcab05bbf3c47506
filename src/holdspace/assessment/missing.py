"""What keeps a person from clearance, as things to do, each with the page where it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from holdspace.care.models import Course
from holdspace.core.codes import Code
from holdspace.core.decision import Decision, Finding, Verdict

MEDICAL = ("assessment:medical", _("Medical evaluation"))
MENTAL = ("assessment:mental_health", _("Mental-health assessment"))
SCREEN = ("assessment:screen", _("Suicide-risk screen"))
TASKS = ("care:tasks", _("Tasks"))
STAFF = ("people:staff", _("Staff and credentials"))
MONITORING = ("care:pdmp", _("Prescription monitoring"))
HARM = ("assessment:follow_up", _("Follow-up of harm"))
PERSON = ("people:person", _("The person’s details"))

# Where each kind of finding is entered. What is not here is answered with a plan at the door.
DONE_AT: Mapping[Code, tuple[str, Any]] = {
    Code.EVALUATION_MISSING: MEDICAL,
    Code.EVALUATION_NOT_IN_PERSON: MEDICAL,
    Code.CONDITION_UNANSWERED: MEDICAL,
    Code.MEDICATIONS_NOT_ASKED: MEDICAL,
    Code.RESTING_PRESSURE_NOT_CONTROLLED: MEDICAL,
    Code.BODY_MASS_HIGH: MEDICAL,
    Code.PREGNANCY_TEST_NEEDED: MEDICAL,
    Code.ASSESSMENT_MISSING: MENTAL,
    Code.ASSESSMENT_NOT_SUITABLE: MENTAL,
    Code.SUICIDE_SCREEN_MISSING: SCREEN,
    Code.RISK_TASK_OPEN: TASKS,
    Code.OVERSIGHT_OVERDUE: HARM,
    Code.PDMP_QUERY_MISSING: MONITORING,
    Code.LICENCE_NOT_VALID: STAFF,
    Code.SIGNER_NOT_PHYSICIAN: STAFF,
    Code.AGE_BELOW_MINIMUM: PERSON,
    Code.GUARDIAN_NOT_SUPPORTED: PERSON,
}
SUBJECTS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class ToDo:
    """One page to go to, and what is asked for there."""

    label: str
    href: str
    asks: tuple[str, ...]
    more: int


def place_of(code: Code, course: Course) -> tuple[str, str] | None:
    """The address and the name of the page where this kind of finding is entered."""
    found = DONE_AT.get(code)
    if found is None:
        return None
    name, label = found
    args = {PERSON[0]: [course.patient_id], TASKS[0]: [], STAFF[0]: []}.get(name, [course.id])
    return reverse(name, args=args), str(label)


def to_be_done(decision: Decision, course: Course) -> list[ToDo]:
    """The stops that somebody can put right, one entry a page, the most limiting first."""
    pages: dict[tuple[str, str], list[Finding]] = {}
    for finding in decision.stops:
        place = place_of(finding.code, course)
        if place and (finding.verdict is Verdict.UNKNOWN or finding.code is Code.RISK_TASK_OPEN):
            pages.setdefault(place, []).append(finding)
    return [
        ToDo(
            label,
            href,
            tuple(f.evidence for f in findings[:SUBJECTS_SHOWN]),
            max(len(findings) - SUBJECTS_SHOWN, 0),
        )
        for (href, label), findings in pages.items()
    ]


def with_remedies(shown: dict[str, Any], course: Course) -> dict[str, Any]:
    """The shown decision, each finding with the link to where it is put right."""
    for finding in shown["findings"]:
        place = place_of(Code(finding["code"]), course)
        if place:
            finding["remedy_href"], finding["remedy_label"] = place
    return shown
