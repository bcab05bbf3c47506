"""A course: opened at a door, pinned to a protocol, carried by one therapist, closed."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from holdspace.care import facts as loader
from holdspace.care.actions.doors import Outcome, decide_enquiry, lock_course, pass_door
from holdspace.care.actions.facts import Signed, WrongInput, happen, sign_document, write
from holdspace.care.events import CourseEnded, TherapistAssigned
from holdspace.care.models import (
    Course,
    Document,
    Event,
    EventKind,
    ProtocolSignature,
    ProtocolVersion,
)
from holdspace.core import protocol as core_protocol
from holdspace.core.decision import Door
from holdspace.core.facts import DocumentKind, Role, Route
from holdspace.people.models import Clinic, Membership, Patient
from holdspace.people.signing import Signature
from holdspace.records.actions import record


@transaction.atomic
def adopt_protocol(
    *, clinic: Clinic, text: str, by: Membership | None, now: datetime
) -> ProtocolVersion:
    """Keep one exact protocol text for this clinic. The same text again is the same row.

    Raises core.protocol.ProtocolError when the text does not validate.
    """
    loaded = core_protocol.load(text)
    found = ProtocolVersion.objects.of(clinic).filter(digest=loaded.digest).first()
    if found:
        return found
    row = ProtocolVersion.draft(
        now=now,
        clinic=clinic,
        name=loaded.name,
        version=loaded.version,
        digest=loaded.digest,
        text=text,
        by=by,
    )
    _keep_for_clinic(row, "protocol_adopted", {"digest": loaded.digest}, now)
    return row


@transaction.atomic
def sign_protocol(
    *, protocol: ProtocolVersion, signature: Signature, by: Membership, now: datetime
) -> ProtocolSignature:
    """The medical director signs one protocol text as a whole, with its unsigned values listed."""
    if not signature.is_by(by.id, now):
        raise WrongInput("signature", "This signature is not yours or is too old.", "sign again")
    if Role.MEDICAL_DIRECTOR not in by.roles_at(now) or by.clinic_id != protocol.clinic_id:
        raise WrongInput("by", "Only the medical director signs a protocol.", "the director")
    listed = core_protocol.load(protocol.text).unsigned
    row = ProtocolSignature.draft(
        now=now,
        clinic=protocol.clinic,
        protocol=protocol,
        by=by,
        signed_at=now,
        meaning=signature.meaning,
        listed="\n".join(path for path, _, _ in listed),
    )
    _keep_for_clinic(row, "protocol_signed", {"digest": protocol.digest}, now)
    return row


def _keep_for_clinic(
    row: ProtocolVersion | ProtocolSignature, act: str, codes: dict[str, str], now: datetime
) -> None:
    record(
        rows=[row],
        stream=f"clinic:{row.clinic_id}",
        act=act,
        by=row.by,
        now=now,
        clinic_id=row.clinic_id,
        body=codes,
    )


@transaction.atomic
def open_course(
    *,
    patient: Patient,
    protocol: ProtocolVersion,
    route: Route,
    by: Membership | None,
    now: datetime,
) -> Outcome[Course]:
    """The first door: from enquiry to a course under one protocol version."""
    if protocol.clinic_id != patient.clinic_id:
        raise WrongInput("protocol", "This protocol is not this clinic's.", "one of this clinic")
    patient = Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=patient.pk)
    facts = loader.enquiry(patient, now=now, actor=by, protocol_id=protocol.id, route=route)
    outcome = decide_enquiry(facts, core_protocol.load(protocol.text), patient=patient, by=by)
    if not outcome.allowed:
        return outcome
    course = Course.draft(
        now=now,
        clinic=patient.clinic,
        patient=patient,
        protocol=protocol,
        number=Course.objects.filter(patient=patient).count() + 1,
        route=route.value,
        opened_at=now,
        by=by,
    )
    codes = {"protocol": protocol.digest, "decision": str(outcome.row.id)}
    write(course, act="course_opened", now=now, codes=codes)
    return Outcome(outcome.decision, outcome.row, course)


@transaction.atomic
def assign_therapist(
    *,
    course: Course,
    therapist: Membership,
    by: Membership,
    now: datetime,
    because: str = "",
    agrees: bool = False,
    patients_consent: str = "",
    handed_from: str = "",
    signature: Signature | None = None,
) -> Document | None:
    """Give the course its therapist; changing one needs the person's consent, kept as a document.

    The document names from whom and to whom, and is signed by somebody else than the one who takes
    over. `handed_from` is whom the page showed as the therapist: another by now is refused.
    Raises WrongInput when it is a change that the person did not agree to (`agrees`), or without
    their words or the signature of who asked, or when the one chosen is no therapist here or is
    the therapist already.
    """
    course = lock_course(course)
    before = loader.load(course, now=now, actor=by).course
    assert before is not None
    _check_therapist(course, therapist, before.therapist, now)
    consent: Document | None = None
    if before.therapist:
        signature = _agreed(agrees, patients_consent, signature)
        _check_hand_over(course, before.therapist, handed_from, therapist, by)
        consent = sign_document(
            course=course,
            kind=DocumentKind.THERAPIST_CHANGE,
            title="Change of therapist",
            body=_change_text(course, before.therapist, therapist, because, patients_consent),
            meaning="I asked the person, who agreed to this change",
            signature=signature,
            by=by,
            now=now,
            signed=Signed(handed_from=before.therapist, handed_to=str(therapist.id), agreed=agrees),
        )
    happen(
        course=course,
        kind=EventKind.THERAPIST_ASSIGNED,
        at=now,
        by=by,
        now=now,
        body=TherapistAssigned(str(therapist.id), str(consent.id) if consent else "", because),
    )
    return consent


def _agreed(agrees: bool, words: str, signature: Signature | None) -> Signature:
    """The signature under a change that the person said yes to, in their own words."""
    if not agrees:
        raise WrongInput("agrees", "The person does not agree, so the therapist stays.", "yes")
    if not words.strip():
        raise WrongInput(
            "patients_consent",
            "A change of therapist needs the person's consent.",
            "what the person said, in their words",
        )
    if signature is None:
        raise WrongInput("signature", "A change of therapist is signed.", "your password")
    return signature


def _check_hand_over(
    course: Course, assigned: str, shown: str, to: Membership, by: Membership
) -> None:
    """From whom the page said, and asked by somebody else than the one who takes over."""
    if by.id == to.id:
        problem = "Whoever takes over cannot be the one who asked the person."
        raise WrongInput("therapist", problem, "signed by a colleague")
    if shown and shown != assigned:
        raise WrongInput(
            "handed_from",
            "The therapist was changed while this page was open.",
            f"the hand-over from {_name(course, assigned)}",
        )


def _change_text(course: Course, before: str, after: Membership, because: str, words: str) -> str:
    lines = [f"From: {_name(course, before)}.", f"To: {after.signed_name}."]
    lines += [f"Why: {because.strip()}"] if because.strip() else []
    return "\n".join([*lines, f"The person agreed, in their words: {words.strip()}"])


def _name(course: Course, key: str) -> str:
    found = Membership.objects.filter(clinic=course.clinic, pk=key).first()
    return found.signed_name if found else "a colleague"


def _check_therapist(course: Course, therapist: Membership, before: str, now: datetime) -> None:
    """The one chosen is a therapist of this clinic now, and not the one who has it already."""
    works_here = therapist.clinic_id == course.clinic_id
    if not works_here or Role.THERAPIST not in therapist.roles_at(now):
        problem = f"{therapist.name} is not a therapist of this clinic."
        raise WrongInput("therapist", problem, "a therapist who works here now")
    if before == str(therapist.id):
        problem = f"{therapist.name} is the therapist already."
        raise WrongInput("therapist", problem, "another therapist")


@transaction.atomic
def decline_course(
    *,
    course: Course,
    reason: str,
    way_on: str,
    by: Membership,
    now: datetime,
    code: str = "",
    again_on: date | None = None,
) -> Event:
    """Not here, not now: that it ended, with where to turn. Always possible; it is a fact."""
    course = lock_course(course)
    if not way_on.strip():
        raise WrongInput("way_on", "Nobody is sent away with nothing.", "where the person can turn")
    return happen(
        course=course,
        kind=EventKind.COURSE_DECLINED,
        at=now,
        by=by,
        now=now,
        body=CourseEnded(reason=reason, way_on=way_on, code=code, again_on=again_on),
    )


@transaction.atomic
def close_course(
    *,
    course: Course,
    summary: str,
    outcome_words: str,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> Outcome[Document]:
    """The last door. The closing summary is signed; open work keeps the course open."""
    course = lock_course(course)
    outcome = pass_door(Door.CLOSE_COURSE, course, by=by, now=now)
    if not outcome.allowed:
        return outcome
    document = sign_document(
        course=course,
        kind=DocumentKind.CLOSING_SUMMARY,
        title="Closing summary",
        body=summary,
        meaning="I am closing this course",
        signature=signature,
        by=by,
        now=now,
    )
    happen(
        course=course,
        kind=EventKind.COURSE_CLOSED,
        at=now,
        by=by,
        now=now,
        body=CourseEnded(reason="completed", outcome=outcome_words),
    )
    return Outcome(outcome.decision, outcome.row, document)
