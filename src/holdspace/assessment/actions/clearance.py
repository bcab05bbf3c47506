"""The door to medicine: the physician signs exactly the list that stood on the page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from holdspace.assessment import text
from holdspace.care import actions as care
from holdspace.care.actions.facts import Signed
from holdspace.care.events import Suspended
from holdspace.care.facts import load, protocol_of
from holdspace.care.models import Course, Document, EventKind, Label
from holdspace.core.canonical import digest
from holdspace.core.decision import Door
from holdspace.core.facts import DocumentKind, Route
from holdspace.people.models import Membership
from holdspace.people.signing import Signature


@transaction.atomic
def ask_at_the_door(*, course: Course, by: Membership, now: datetime) -> care.Outcome[Any]:
    """Ask the door and keep the answer, so that a hold or a waivable finding can be answered."""
    course = care.lock_course(course)
    return care.pass_door(Door.CLEAR_FOR_MEDICINE, course, by=by, now=now)


@transaction.atomic
def sign_clearance(
    *,
    course: Course,
    signature: Signature,
    by: Membership,
    now: datetime,
    seen: str = "",
) -> care.Outcome[Document]:
    """Ask the door again and, if it opens, sign the clearance until the protocol's last day.

    `seen` is the digest of the list that the signer read (`text.clearance`). When the list is a
    different one by now, nothing is signed: WrongInput asks to read it again.
    """
    course = care.lock_course(course)
    protocol = protocol_of(course)
    outcome = care.pass_door(Door.CLEAR_FOR_MEDICINE, course, by=by, now=now)
    if not outcome.allowed:
        return outcome
    statement = text.clearance(outcome.decision, protocol)
    if seen and seen != digest(statement):
        raise care.WrongInput(
            "seen", "The record changed while you were reading.", "read the list again, then sign"
        )
    expires_at = now + timedelta(days=protocol.whole("clearance.valid_days"))
    before = Document.objects.filter(course=course, kind=DocumentKind.CLEARANCE.value)
    document = care.sign_document(
        course=course,
        kind=DocumentKind.CLEARANCE,
        title="Clearance for medicine",
        body=text.signed_clearance(statement, outcome.decision),
        meaning=signature.meaning,
        signature=signature,
        by=by,
        now=now,
        signed=Signed(
            expires_at=expires_at,
            routes=(Route(course.route),),
            supersedes=before.order_by("-version").first(),
        ),
    )
    return care.Outcome(outcome.decision, outcome.row, document)


@transaction.atomic
def suspend_clearance(*, course: Course, because: str, by: Membership, now: datetime) -> None:
    """Any clinician who learns something new stops the next door; a new clearance opens it again.

    Raises WrongInput without a reason, or when no clearance is in force.
    """
    course = care.lock_course(course)
    clearance = load(course, now=now, actor=by).document(DocumentKind.CLEARANCE)
    if clearance is None or clearance.suspended_at is not None:
        raise care.WrongInput("clearance", "There is no clearance in force.", "a signed clearance")
    if len(because.strip()) < 3:
        raise care.WrongInput("because", "A suspension needs its reason.", "what is new")
    care.happen(
        course=course,
        kind=EventKind.CLEARANCE_SUSPENDED,
        body=Suspended(clearance.id, because.strip()),
        at=now,
        by=by,
        now=now,
        label=Label.SENSITIVE,
    )
