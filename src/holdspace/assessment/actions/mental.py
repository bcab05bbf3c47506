"""The therapist's assessment: its answers as facts, the whole as a value, and the signed text."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from holdspace.assessment import mental_text
from holdspace.assessment.actions.risk import end_of_day, prescriber_for
from holdspace.assessment.heard import answered_in, screened
from holdspace.care import actions as care
from holdspace.care.actions.facts import Signed
from holdspace.care.facts import load, protocol_of
from holdspace.care.models import Course, Document, EventKind, Label
from holdspace.care.shipped import icd10
from holdspace.core import mental
from holdspace.core.facts import Answer, AskedIn, Condition, DocumentKind, Facts, Recommendation
from holdspace.core.mental import Assessment
from holdspace.core.units import Observation
from holdspace.people.models import Membership
from holdspace.people.signing import Signature

KIND = DocumentKind.MENTAL_HEALTH_ASSESSMENT


@transaction.atomic
def record_mental_health_assessment(
    *,
    course: Course,
    assessment: Assessment,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> Document:
    """Keep the therapist's answers, and sign the assessment with its recommendation.

    The answers stand beside the physician's; where they differ the worse one counts, and where the
    therapist heard a "yes" that the medical history does not have, a prescriber gets a task which
    holds the next door. Raises WrongInput for an assessment without indication or reason, and when
    somebody is to be suitable without a suicide-risk screen that counts.
    """
    protocol, facts = protocol_of(course), load(course, now=now, actor=by)
    screen = screened(facts, protocol)
    _check(assessment, screen.counts)
    _check_thoughts(assessment, screen.newest, facts)
    conditions = mental.conditions(
        assessment, protocol, at=now, by=str(by.pk), today=course.clinic.day(now)
    )
    care.take_history(course=course, conditions=conditions, by=by, now=now)
    care.happen(
        course=course,
        kind=EventKind.MENTAL_HEALTH_ASSESSED,
        body=assessment,
        at=now,
        by=by,
        now=now,
        label=Label.SENSITIVE,
    )
    document = care.sign_document(
        course=course,
        kind=KIND,
        title="Mental-health assessment",
        body=mental_text.signed(assessment, screen.newest, course.clinic.zone),
        meaning=signature.meaning,
        signature=signature,
        by=by,
        now=now,
        signed=Signed(
            verdict=assessment.recommendation.value,
            asks=mental.ASKS,
            label=Label.SENSITIVE,
            supersedes=_before(course),
        ),
    )
    _tell_prescriber(course, conditions, facts, document, by, now)
    return document


def _check(assessment: Assessment, is_screened: bool) -> None:
    """Nobody is called suitable without a screen; a "no" is never held up by one."""
    if _is_suitable(assessment) and not is_screened:
        raise care.WrongInput(
            "screen",
            "There is no suicide-risk screen that is new enough.",
            "the screen on its own page first, or “not now”",
        )
    unknown = [code for code in assessment.indication if code not in icd10()]
    if unknown:
        raise care.WrongInput("indication_0", f"{unknown[0]} is no code.", "a code of the list")
    if not assessment.indication and not assessment.indication_other.strip():
        raise care.WrongInput(
            "indication_0", "There is no indication.", "a code, or another one with its reason"
        )
    if not assessment.reason.strip():
        raise care.WrongInput("reason", "This is empty.", "a few words")
    conditional = assessment.recommendation is Recommendation.SUITABLE_WITH
    if conditional and not assessment.on_condition.strip():
        raise care.WrongInput("on_condition", "The condition is not named.", "a few words")


def _check_thoughts(assessment: Assessment, screen: Observation | None, facts: Facts) -> None:
    """Where suicide was spoken of, an earlier day's screen no longer says how it is."""
    if assessment.thoughts is not Answer.YES or not _is_suitable(assessment) or screen is None:
        return
    if screen.taken_at.astimezone(facts.clinic.zone).date() != facts.today:
        raise care.WrongInput(
            "thoughts",
            "Spoken of now, and the suicide-risk screen is of an earlier day.",
            "the screen of today on its own page, or “not now”",
        )


def _is_suitable(assessment: Assessment) -> bool:
    return assessment.recommendation in (Recommendation.SUITABLE, Recommendation.SUITABLE_WITH)


def _tell_prescriber(
    course: Course,
    conditions: tuple[Condition, ...],
    facts: Facts,
    document: Document,
    by: Membership,
    now: datetime,
) -> None:
    """A prescriber reads what only the therapist heard, whoever of the two asked first."""
    medical = answered_in(facts, AskedIn.MEDICAL)
    yes = {c.key for c in conditions if c.answer is Answer.YES}
    heard = [key for key in yes if key not in medical or medical[key].answer is not Answer.YES]
    prescriber = prescriber_for(course.clinic, now)
    if not heard or prescriber is None:
        return
    care.open_task(
        clinic=course.clinic,
        patient=course.patient,
        course=course,
        kind="history_differs",
        title="The therapist heard more than the medical history says: read the assessment",
        owner=prescriber,
        due_at=end_of_day(course.clinic, now) + timedelta(days=1),
        holds=True,
        about=document.id,
        by=by,
        now=now,
    )


def _before(course: Course) -> Document | None:
    rows = Document.objects.filter(course=course, kind=KIND.value)
    return rows.order_by("-version").first()
