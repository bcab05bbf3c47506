"""Preparation on the record: the visits held, the consent given, the touch agreed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from holdspace.care import actions as care
from holdspace.care.actions.facts import Signed
from holdspace.care.facts import protocol_of
from holdspace.care.models import Course, Document, EventKind
from holdspace.care.touch import Touch
from holdspace.core.decision import Door
from holdspace.core.facts import DocumentKind, Route, Visit
from holdspace.core.units import Kind
from holdspace.people.finding import name_key
from holdspace.people.models import Membership
from holdspace.people.signing import Signature


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """What the person agreed to and how it was asked; `signed_name` is their own typed name.

    `other_name_because` says why that is not the name on file (a married name, a script).
    """

    text: str
    signed_name: str
    teach_back: str
    asked_alone: bool
    able_and_free: bool
    touch: tuple[str, ...]
    touch_signal: str
    recording: bool
    other_name_because: str = ""


@transaction.atomic
def hold_visit(
    *, course: Course, note: str, signature: Signature, by: Membership, now: datetime
) -> care.Outcome[Document]:
    """Keep a preparation visit, if the door of preparation stands open."""
    course = care.lock_course(course)
    outcome = care.pass_door(Door.BEGIN_PREPARATION, course, by=by, now=now)
    if not outcome.allowed:
        return outcome
    document = care.sign_document(
        course=course,
        kind=DocumentKind.PREPARATION_NOTE,
        title="Preparation visit",
        body=note,
        meaning=signature.meaning,
        signature=signature,
        by=by,
        now=now,
    )
    care.happen(
        course=course,
        kind=EventKind.VISIT_HELD,
        body=Visit(str(document.id), "preparation", now, str(by.id)),
        at=now,
        by=by,
        now=now,
    )
    return care.Outcome(outcome.decision, outcome.row, document)


@transaction.atomic
def take_consent(
    *, course: Course, given: ConsentGiven, signature: Signature, by: Membership, now: datetime
) -> Document:
    """Keep the person's consent and touch agreement exactly as they read and signed them.

    Raises WrongInput when the person was not asked alone or could not consent freely, between a
    dose and the end of its session, or when the name under it is not theirs and nobody says why:
    then there is no consent to keep.
    """
    course = care.lock_course(course)
    _check_moment(given, course)
    _check_name(given, course)
    able = care.Reading(Kind.ABLE_TO_CONSENT, True)
    care.observe(course=course, readings=[able], taken_at=now, by=by, now=now)
    before = {d.kind: d for d in course.documents.order_by("signed_at", "id")}
    valid = timedelta(days=protocol_of(course).whole("consent.valid_days"))
    consent = care.sign_document(
        course=course,
        kind=DocumentKind.CONSENT,
        title="Consent to ketamine-assisted psychotherapy",
        body=_consent_text(given),
        meaning=signature.meaning,
        signature=signature,
        by=by,
        now=now,
        signed=Signed(
            expires_at=now + valid,
            routes=(Route(course.route),),
            supersedes=before.get(DocumentKind.CONSENT),
        ),
    )
    care.sign_document(
        course=course,
        kind=DocumentKind.TOUCH_AGREEMENT,
        title="Touch and recording agreement",
        body=Touch(given.touch, given.touch_signal, given.recording).text(given.signed_name),
        meaning=signature.meaning,
        signature=signature,
        by=by,
        now=now,
        signed=Signed(expires_at=now + valid, supersedes=before.get(DocumentKind.TOUCH_AGREEMENT)),
    )
    return consent


def _check_moment(given: ConsentGiven, course: Course) -> None:
    """Alone, able, free, and not while the medicine works."""
    for field in ("asked_alone", "able_and_free"):
        if not getattr(given, field):
            raise care.WrongInput(
                field,
                "Consent counts only from a person who is able, free and asked alone.",
                "asked again at another time",
            )
    if care.is_after_a_dose(course):
        raise care.WrongInput(
            "touch",
            "After a dose nothing is agreed to that was not agreed before.",
            "narrowing or withdrawing, on the session page; a new consent on another day",
        )


def _check_name(given: ConsentGiven, course: Course) -> None:
    """The name under a consent is the person's own, whatever its case, accents and spaces."""
    if not given.signed_name.strip():
        raise care.WrongInput("signed_name", "The person has not signed.", "their typed name")
    patient = course.patient
    on_file = {name_key(name) for name in (patient.name, patient.preferred_name) if name}
    if name_key(given.signed_name) in on_file or given.other_name_because.strip():
        return
    raise care.WrongInput(
        "signed_name",
        f"This is not the name on file, {patient.name}.",
        "the person's name, or below it why they sign with another",
    )


def _consent_text(given: ConsentGiven) -> str:
    because = given.other_name_because.strip()
    return (
        f"{given.text}\n\n"
        f"In the person's own words, what will happen and what could go wrong: {given.teach_back}\n"
        "Asked alone, able to consent today, and freely: yes.\n"
        f"Signed by the person: {given.signed_name}"
        + (f"\nSigned with another name than the one on file: {because}" if because else "")
    )
