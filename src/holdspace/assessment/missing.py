"""What keeps a person from clearance, as a list of things to ask for: where, and of whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from holdspace.assessment.instruments import ASQ
from holdspace.assessment.models import FormRequest
from holdspace.care.facts import load
from holdspace.care.models import Course, Task
from holdspace.core.codes import Code
from holdspace.core.decision import Decision, Finding, Verdict
from holdspace.core.facts import Role
from holdspace.core.words import WORDS
from holdspace.people.access import May
from holdspace.people.models import Membership
from holdspace.people.staff import first_working, working_in

Place = tuple[str, Any, May]

MEDICAL: Place = ("assessment:medical", _("Medical evaluation"), May.EVALUATE_MEDICALLY)
MENTAL: Place = (
    "assessment:mental_health", _("Mental-health assessment"), May.ASSESS_MENTAL_HEALTH
)  # fmt: skip
SCREEN: Place = ("assessment:screen", _("Suicide-risk screen"), May.OBSERVE)
MEASURE: Place = ("medicine:readiness", _("Readings and answers"), May.CHECK_READINESS)
TASKS: Place = ("care:tasks", _("Tasks"), May.SEE_TASKS)
STAFF: Place = ("people:staff", _("Staff and credentials"), May.SEE_STAFF)
RESULTS: Place = ("care:add_results", _("Add an ECG or results"), May.WRITE_MEDICAL)
MONITORING: Place = ("care:pdmp", _("Prescription monitoring"), May.WRITE_MEDICAL)
HARM: Place = ("assessment:follow_up", _("Follow-up of harm"), May.READ_CHART)
PERSON: Place = ("people:person", _("The person’s details"), May.SEE_PEOPLE_LIST)

# Where each kind of finding is entered: the first page that the reader may use. What is not here
# is answered with a plan at the door.
DONE_AT: Mapping[Code, tuple[Place, ...]] = {
    Code.EVALUATION_MISSING: (MEDICAL,),
    Code.EVALUATION_NOT_IN_PERSON: (MEDICAL,),
    Code.CONDITION_UNANSWERED: (MEDICAL,),
    Code.MEDICATIONS_NOT_ASKED: (MEDICAL,),
    Code.BODY_MASS_HIGH: (MEDICAL,),
    Code.RESTING_PRESSURE_NOT_CONTROLLED: (MEDICAL, MEASURE),
    Code.PREGNANCY_TEST_NEEDED: (MEDICAL, MEASURE),
    Code.INVESTIGATION_MISSING: (RESULTS,),
    Code.ASSESSMENT_MISSING: (MENTAL,),
    Code.ASSESSMENT_NOT_SUITABLE: (MENTAL,),
    Code.ASSESSMENT_UNANSWERED: (MENTAL,),
    Code.SUICIDE_SCREEN_MISSING: (SCREEN,),
    Code.RISK_TASK_OPEN: (TASKS,),
    Code.OVERSIGHT_OVERDUE: (HARM,),
    Code.PDMP_QUERY_MISSING: (MONITORING,),
    Code.LICENCE_NOT_VALID: (STAFF,),
    Code.SIGNER_NOT_PHYSICIAN: (STAFF,),
    Code.AGE_BELOW_MINIMUM: (PERSON,),
    Code.GUARDIAN_NOT_SUPPORTED: (PERSON,),
}
PHYSICIAN, NURSE = (Role.PRESCRIBER,), (Role.SESSION_CLINICIAN, Role.PRESCRIBER)
THERAPIST, DESK = (Role.THERAPIST,), (Role.COORDINATOR, Role.ADMINISTRATOR)

# Who is asked for what is missing; a task about safety has its owner already.
ASKED_OF: Mapping[Code, tuple[Role, ...]] = {
    Code.EVALUATION_MISSING: PHYSICIAN,
    Code.EVALUATION_NOT_IN_PERSON: PHYSICIAN,
    Code.CONDITION_UNANSWERED: PHYSICIAN,
    Code.MEDICATIONS_NOT_ASKED: PHYSICIAN,
    Code.BODY_MASS_HIGH: PHYSICIAN,
    Code.INVESTIGATION_MISSING: PHYSICIAN,
    Code.RESTING_PRESSURE_NOT_CONTROLLED: NURSE,
    Code.PREGNANCY_TEST_NEEDED: NURSE,
    Code.ASSESSMENT_MISSING: THERAPIST,
    Code.ASSESSMENT_UNANSWERED: THERAPIST,
    Code.SUICIDE_SCREEN_MISSING: THERAPIST,
    Code.AGE_BELOW_MINIMUM: DESK,
    Code.GUARDIAN_NOT_SUPPORTED: DESK,
}
# What the person can answer by a form, and by which.
FORMS: Mapping[Code, str] = {Code.SUICIDE_SCREEN_MISSING: ASQ}
ASKED_FOR = "asked_for"  # the kind of the task; its reason is the code
SUBJECTS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class ToDo:
    """One thing that is missing: where it is entered, and who was asked for it or could be."""

    code: Code
    label: str
    asks: tuple[str, ...]
    more: int
    place: tuple[str, str] | None = None
    task: Task | None = None
    owner: Membership | None = None
    form: FormRequest | None = None
    by_form: bool = False


def place_of(code: Code, course: Course, actor: Membership, now: datetime) -> Any:
    """Address and name of the page where this is entered, for somebody who may enter it there."""
    for name, label, may in DONE_AT.get(code, ()):
        if actor.may(may, now):
            args = {PERSON[0]: [course.patient_id], TASKS[0]: [], STAFF[0]: []}
            return reverse(name, args=args.get(name, [course.id])), str(label)
    return None


def missing(decision: Decision) -> dict[Code, list[Finding]]:
    """What nobody knows yet and somebody can find out, the most limiting first."""
    found: dict[Code, list[Finding]] = {}
    for finding in decision.stops:
        waits = finding.verdict is Verdict.UNKNOWN or finding.code is Code.RISK_TASK_OPEN
        if waits and finding.code in DONE_AT:
            found.setdefault(finding.code, []).append(finding)
    return found


def to_be_done(decision: Decision, course: Course, actor: Membership, now: datetime) -> list[ToDo]:
    """Each thing that is missing with whom to ask, or who was asked and when."""
    waiting = {t.reason: t for t in open_asks(course)}
    forms = open_requests(course, FORMS.values())
    return [
        ToDo(
            code,
            WORDS[code].label,
            tuple(f.evidence for f in findings[:SUBJECTS_SHOWN]),
            max(len(findings) - SUBJECTS_SHOWN, 0),
            place=place_of(code, course, actor, now),
            task=waiting.get(code.value),
            owner=owner_of(course, code, now),
            form=forms.get(FORMS.get(code, "")),
            by_form=code in FORMS,
        )
        for code, findings in missing(decision).items()
    ]


def open_asks(course: Course) -> list[Task]:
    rows = Task.objects.filter(course=course, kind=ASKED_FOR, closed_at__isnull=True)
    return list(rows.select_related("owner__user").order_by("opened_at"))


def came_in(course: Course) -> list[Task]:
    """What was asked for and is on file by now, the newest first."""
    rows = Task.objects.filter(course=course, kind=ASKED_FOR, closed_at__isnull=False)
    return list(rows.select_related("owner__user").order_by("-closed_at"))


def open_requests(course: Course, instruments: Iterable[str]) -> dict[str, FormRequest]:
    """The forms of these instruments that the person was asked to fill in and has not."""
    rows = FormRequest.objects.filter(course=course, instrument__in=[*instruments])
    return {row.instrument: row for row in rows.filter(end__isnull=True).order_by("recorded_at")}


def owner_of(course: Course, code: Code, now: datetime) -> Membership | None:
    """Who is asked: the assigned therapist for therapy, else the first who works in the role."""
    roles = ASKED_OF.get(code, ())
    if roles == THERAPIST:
        facts = load(course, now=now)
        assigned = facts.course.therapist if facts.course else ""
        therapists = working_in(course.clinic, now, Role.THERAPIST)
        found = next((m for m in therapists if str(m.pk) == assigned), None)
        if found is not None:
            return found
    return first_working(course.clinic, now, roles)


def with_remedies(
    shown: dict[str, Any], course: Course, actor: Membership, now: datetime
) -> dict[str, Any]:
    """The shown decision, each finding with the link to where it is put right."""
    for finding in shown["findings"]:
        place = place_of(Code(finding["code"]), course, actor, now)
        if place:
            finding["remedy_href"], finding["remedy_label"] = place
    return shown
