"""Waivers and plans: a signed exception, bound to what it was given for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdspace.care import facts as loader
from holdspace.care.actions.facts import WrongInput, write
from holdspace.care.models import Course, Document, Relief, Session, Strike
from holdspace.core import decision as core
from holdspace.core import reliefs
from holdspace.core.canonical import to_text
from holdspace.core.decision import Finding, ReliefKind, Verdict
from holdspace.core.facts import DocumentKind, Facts, Role
from holdspace.people.access import May
from holdspace.people.models import Membership
from holdspace.people.signing import Signature


@dataclass(frozen=True, slots=True)
class Asked:
    """What a relief would be: the finding it answers and everybody and everything it rests on."""

    course: Course
    session: Session | None
    finding: Finding
    reason: str
    expires_at: datetime
    letter: UUID | None
    by: Membership
    signature: Signature
    second: Membership | None
    second_signature: Signature | None
    now: datetime

    @property
    def kind(self) -> ReliefKind:
        return ReliefKind.PLAN if self.finding.verdict is Verdict.HOLD else ReliefKind.WAIVER


@transaction.atomic
def relieve(
    *,
    course: Course,
    finding: Finding,
    reason: str,
    expires_at: datetime,
    signature: Signature,
    by: Membership,
    now: datetime,
    session: Session | None = None,
    second: Membership | None = None,
    second_signature: Signature | None = None,
    letter: UUID | None = None,
) -> Relief:
    """Waive a measured fail or record the plan that answers a hold.

    `second` and `second_signature` belong together and are needed where the finding names
    `second_signer`; `letter` is the signed letter of an outside specialist, needed where the
    finding names a `specialty` that the signer does not hold. Raises WrongInput, with the field,
    when nobody may (a hard limit, missing data), when these people may not, when the reason is
    empty or the end has passed. A waiver names its session and its value.
    """
    asked = Asked(
        course, session, finding, reason.strip(), expires_at, letter,
        by, signature, second, second_signature, now,
    )  # fmt: skip
    role = _role_for(finding, by, now)
    _check_words(asked)
    _check_people(asked)
    row = Relief.draft(
        now=now,
        clinic_id=course.clinic_id,
        patient_id=course.patient_id,
        course=course,
        session=session,
        kind=asked.kind.value,
        at=now,
        expires_at=expires_at,
        second_by=second,
        by=by,
    )
    fact = _as_fact(row, asked, role)
    _check_that_it_counts(asked, fact)
    row.body = to_text(fact)
    codes = {"code": finding.code.value, "subject": finding.subject}
    return write(row, act=asked.kind.value, now=now, codes=codes)


def letters_on_file(course: Course) -> list[Document]:
    """The letters of outside specialists of this course that were not struck, newest first."""
    struck = Strike.objects.filter(course=course).values("struck_id")
    rows = course.documents.filter(kind=DocumentKind.OUTSIDE_LETTER.value).exclude(id__in=struck)
    return list(rows.order_by("-signed_at"))


def _check_words(asked: Asked) -> None:
    if not asked.signature.is_by(asked.by.id, asked.now):
        raise WrongInput("signature", "This signature is not yours or is too old.", "sign again")
    if len(asked.reason) < 3:
        raise WrongInput("reason", "An exception needs its reason.", "the reason, in a few words")
    if asked.expires_at <= asked.now:
        raise WrongInput("expires_at", "This end has passed.", "a later time")
    session = asked.session
    if asked.kind is ReliefKind.WAIVER and (session is None or asked.finding.value is None):
        problem = "A waiver is for one measured value on one session day."
        raise WrongInput("session", problem, "a finding of an open session")
    if session is not None and session.course_id != asked.course.id:
        raise WrongInput("session", "This session is another course's.", "one of this course")


def _check_people(asked: Asked) -> None:
    second, now = asked.second, asked.now
    accepted = "another prescriber or a session clinician"
    if second is None:
        if asked.finding.second_signer:
            raise WrongInput("second", "This exception needs a second signer.", accepted)
        return
    if second.id == asked.by.id or not second.may(May.SECOND_SIGN_WAIVER, now):
        raise WrongInput("second", "This colleague cannot be the second signer.", accepted)
    signature = asked.second_signature
    if signature is None or not signature.is_by(second.id, now):
        problem = "The second signature is missing, not theirs or too old."
        raise WrongInput("second_signature", problem, "the second person signs again")


def _check_that_it_counts(asked: Asked, fact: core.Relief) -> None:
    """Nothing is stored that no door would accept: the core itself is asked first."""
    facts = _facts(asked)
    finding = asked.finding
    if fact.second_by and not reliefs.may_second(finding, facts, fact.second_by):
        accepted = "another prescriber or a session clinician with a valid licence"
        raise WrongInput("second", "This colleague cannot be the second signer.", accepted)
    if not reliefs.rests_on_opinion(finding, facts, by=fact.by, letter=fact.letter):
        problem = f"This needs the opinion of {finding.specialty}."
        accepted = f"a letter of {finding.specialty} on file, newer than the answer it is about"
        raise WrongInput("letter", problem, accepted)
    if not reliefs.relieve(finding, replace(facts, reliefs=(fact,))).passes:
        problem = "Under your licence and profession this would not count at the door."
        raise WrongInput("by", problem, "a prescriber whose licence is valid today")


def _facts(asked: Asked) -> Facts:
    people = [asked.second] if asked.second else []
    return loader.load(
        asked.course, now=asked.now, actor=asked.by, session=asked.session, extra_staff=people
    )


def _as_fact(row: Relief, asked: Asked, role: str) -> core.Relief:
    finding = asked.finding
    return core.Relief(
        id=str(row.id),
        kind=asked.kind,
        code=finding.code,
        subject=finding.subject,
        value=finding.value,
        limit=finding.limit,
        session=str(row.session_id or ""),
        by=str(row.by_id),
        by_role=role,
        second_by=str(row.second_by_id or ""),
        reason=asked.reason,
        at=row.at,
        expires_at=row.expires_at,
        letter=str(asked.letter or ""),
    )


def _role_for(finding: Finding, by: Membership, now: datetime) -> str:
    """The role under which this person may answer the finding."""
    if finding.verdict not in (Verdict.FAIL, Verdict.HOLD) or not finding.relievable_by:
        problem = (
            "What was not measured cannot be waived."
            if finding.verdict is Verdict.UNKNOWN
            else "This is a hard limit; nobody can waive it."
        )
        raise WrongInput("finding", problem, "a new measurement or a corrected fact")
    held = {Role(role).value for role in by.roles_at(now)}
    for role in finding.relievable_by:
        if role in held:
            return role
    raise WrongInput(
        "by", "Your role cannot answer this finding.", " or ".join(finding.relievable_by)
    )
