"""The two assessments that come before medicine: charted and signed in one act, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.db import transaction

from holdspace.assessment import text
from holdspace.assessment.actions.risk import end_of_day, prescriber_for
from holdspace.assessment.examination import Examination
from holdspace.care import actions as care
from holdspace.care.actions.facts import Signed
from holdspace.care.facts import load, protocol_of
from holdspace.care.models import Course, Document, Label
from holdspace.core.facts import Answer, Condition, DocumentKind, Facts, Medication
from holdspace.core.protocol import Protocol
from holdspace.core.units import Kind, Value
from holdspace.people.models import Membership
from holdspace.people.signing import Signature

ROOM_AIR = Decimal(0)
# What the therapist asks that the medical history asks as well; a "yes" is shown to a prescriber.
SAME_QUESTION = {
    "psychosis": "psychotic_disorder",
    "mania": "mania_current",
    "dissociation": "dissociative_disorder",
}


@dataclass(frozen=True, slots=True)
class Pressure:
    """One seated reading with the time at which it was taken."""

    systolic: Decimal
    diastolic: Decimal
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class MedicalEvaluation:
    """What the physician asked and measured.

    `conditions` answers every question of the course's protocol; `medications` may be empty, which
    says that the person takes none. `measured` holds the other values, charted with the second
    pressure reading; SpO2 is on room air.
    """

    conditions: tuple[Condition, ...]
    medications: tuple[Medication, ...]
    first: Pressure
    second: Pressure
    measured: Mapping[Kind, Value]
    in_person: bool
    allergies: str = ""
    conclusion: str = ""
    examination: Examination = field(default_factory=Examination)


@dataclass(frozen=True, slots=True)
class MentalHealthAssessment:
    """What the therapist asked and found; `history` maps the keys of SAME_QUESTION to answers."""

    indication: str
    history: Mapping[str, Answer]
    history_detail: str
    trauma: str
    supports: str
    hopes: str
    readiness: str
    conclusion: str
    suitable: bool


@transaction.atomic
def record_medical_evaluation(
    *,
    course: Course,
    evaluation: MedicalEvaluation,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> Document:
    """Chart the history, the medicines and the readings, and sign the evaluation.

    Raises WrongInput for a question without an answer, or readings too close to each other.
    """
    protocol = protocol_of(course)
    _check_questions(evaluation, protocol)
    apart = protocol.whole("readiness.bp_repeat_minutes")
    if evaluation.second.taken_at - evaluation.first.taken_at < timedelta(minutes=apart):
        raise care.WrongInput(
            "second_at", "Too soon after the first reading.", f"{apart} min after it, or later"
        )
    care.take_history(
        course=course,
        conditions=evaluation.conditions,
        medications=evaluation.medications,
        allergies=_listed(evaluation.allergies),
        by=by,
        now=now,
    )
    _chart_measurements(course, evaluation, by, now)
    return care.sign_document(
        course=course,
        kind=DocumentKind.MEDICAL_EVALUATION,
        title="Medical evaluation",
        body=text.medical(evaluation, protocol, course.clinic.zone),
        meaning=signature.meaning,
        signature=signature,
        by=by,
        now=now,
        signed=Signed(
            in_person=evaluation.in_person,
            label=Label.SENSITIVE,
            supersedes=_before(course, DocumentKind.MEDICAL_EVALUATION),
        ),
    )


def _listed(allergies: str) -> tuple[str, ...]:
    """Typed allergies as a list; "none" in any of its usual spellings is an empty one."""
    words = [word.strip() for word in allergies.replace(";", ",").split(",")]
    return tuple(w for w in words if w and w.lower() not in ("none", "none known", "nkda", "no"))


def _chart_measurements(
    course: Course, evaluation: MedicalEvaluation, by: Membership, now: datetime
) -> None:
    """Each pressure with its own time; everything else with the second one, an ECG on its day."""
    measured = dict(evaluation.measured)
    if (score := evaluation.examination.stop_bang_score) is not None:
        measured[Kind.STOP_BANG] = score
    second, ecg_on = evaluation.second.taken_at, evaluation.examination.ecg_on
    if ecg_on is not None and ecg_on < course.clinic.day(second) and Kind.QTC in measured:
        noon = datetime.combine(ecg_on, time(12), course.clinic.zone)
        qtc = [_reading(Kind.QTC, measured.pop(Kind.QTC))]
        care.observe(course=course, readings=qtc, taken_at=noon, by=by, now=now)
    more = [_reading(kind, value) for kind, value in measured.items()]
    more.append(care.Reading(Kind.IN_PERSON_EVALUATION, evaluation.in_person))
    for pressure, others in ((evaluation.first, []), (evaluation.second, more)):
        pair = [
            care.Reading(Kind.SYSTOLIC, pressure.systolic),
            care.Reading(Kind.DIASTOLIC, pressure.diastolic),
        ]
        care.observe(
            course=course, readings=pair + others, taken_at=pressure.taken_at, by=by, now=now
        )


def _check_questions(evaluation: MedicalEvaluation, protocol: Protocol) -> None:
    answered = {condition.key for condition in evaluation.conditions}
    for key, spec in protocol.conditions.items():
        if key not in answered:
            raise care.WrongInput(key, f"“{spec.label}” was not asked.", "yes, no or not known")


def _reading(kind: Kind, value: Value) -> care.Reading:
    oxygen = ROOM_AIR if kind is Kind.SPO2 else None
    label = Label.SENSITIVE if kind is Kind.PREGNANCY_TEST else Label.NORMAL
    return care.Reading(kind, value, oxygen, label=label)


@transaction.atomic
def record_mental_health_assessment(
    *,
    course: Course,
    assessment: MentalHealthAssessment,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> Document:
    """Sign the therapist's assessment with its conclusion.

    The suicide-risk screen comes first, on the same day, so that the conclusion knows of it.
    Where the therapist heard a "yes" that the medical history does not have, a prescriber gets a
    task which holds the next door. Raises WrongInput when the screen is missing.
    """
    facts = load(course, now=now, actor=by)
    screen = facts.latest(Kind.SUICIDE_SCREEN)
    if screen is None or course.clinic.day(screen.taken_at) != facts.today:
        raise care.WrongInput(
            "screen", "The suicide-risk screen of today is missing.", "all its questions, first"
        )
    for name, content in (
        ("indication", assessment.indication),
        ("conclusion", assessment.conclusion),
    ):
        if not content.strip():
            raise care.WrongInput(name, "This is empty.", "a few words")
    document = care.sign_document(
        course=course,
        kind=DocumentKind.MENTAL_HEALTH_ASSESSMENT,
        title="Mental-health assessment",
        body=text.mental_health(assessment, screen, course.clinic.zone),
        meaning=signature.meaning,
        signature=signature,
        by=by,
        now=now,
        signed=Signed(
            verdict="suitable" if assessment.suitable else "not_suitable",
            label=Label.SENSITIVE,
            supersedes=_before(course, DocumentKind.MENTAL_HEALTH_ASSESSMENT),
        ),
    )
    _tell_prescriber(course, assessment, facts, document, by, now)
    return document


def _tell_prescriber(
    course: Course,
    assessment: MentalHealthAssessment,
    facts: Facts,
    document: Document,
    by: Membership,
    now: datetime,
) -> None:
    charted = {c.key: c.answer for c in facts.conditions}
    heard = [
        name
        for name, key in SAME_QUESTION.items()
        if assessment.history.get(name) is Answer.YES and charted.get(key) is not Answer.YES
    ]
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


def _before(course: Course, kind: DocumentKind) -> Document | None:
    rows = Document.objects.filter(course=course, kind=kind.value)
    return rows.order_by("-version").first()
