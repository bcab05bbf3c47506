"""The physician's evaluation before medicine: charted and signed in one act, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from holdspace.assessment import text
from holdspace.assessment.examination import Examination
from holdspace.care import actions as care
from holdspace.care.actions.facts import Signed
from holdspace.care.facts import protocol_of
from holdspace.care.models import Course, Document, Label
from holdspace.core.facts import Condition, DocumentKind, Medication
from holdspace.core.protocol import Protocol
from holdspace.core.units import Kind, Value
from holdspace.people.models import Membership
from holdspace.people.signing import Signature

ROOM_AIR = Decimal(0)


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
    _keep_rows(course, evaluation.examination, by, now)
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


def _keep_rows(course: Course, seen: Examination, by: Membership, now: datetime) -> None:
    """The ECG, each laboratory value and each diagnosis become rows of their own."""
    care.keep_results(
        course=course, ecg=seen.ecg, taken_on=seen.lab_on, results=seen.results,
        place=seen.laboratory, by=by, now=now,
    )  # fmt: skip
    for diagnosis in seen.diagnoses:
        care.record_diagnosis(course=course, diagnosis=diagnosis, by=by, now=now)


def _chart_measurements(
    course: Course, evaluation: MedicalEvaluation, by: Membership, now: datetime
) -> None:
    """Each pressure with its own time; everything else with the second one."""
    measured = dict(evaluation.measured)
    if (score := evaluation.examination.stop_bang_score) is not None:
        measured[Kind.STOP_BANG] = score
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


def _before(course: Course, kind: DocumentKind) -> Document | None:
    rows = Document.objects.filter(course=course, kind=kind.value)
    return rows.order_by("-version").first()
