"""Waivers and plans: a signed exception, bound to what it was given for."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from holdspace.care.actions.facts import WrongInput, write
from holdspace.care.models import Course, Relief, Session
from holdspace.core import decision as core
from holdspace.core.canonical import to_text
from holdspace.core.decision import Finding, ReliefKind, Verdict
from holdspace.core.facts import Role
from holdspace.people.access import May
from holdspace.people.models import Membership
from holdspace.people.signing import Signature


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
) -> Relief:
    """Waive a measured fail or record the plan that answers a hold.

    Raises WrongInput when nobody may (a hard limit, missing data), when this person may not, or
    when the reason is empty or the end has passed. A waiver names its session and its value.
    """
    role = _role_for(finding, by, now)
    if not signature.is_by(by.id, now):
        raise WrongInput("signature", "This signature is not yours or is too old.", "sign again")
    if len(reason.strip()) < 3:
        raise WrongInput("reason", "An exception needs its reason.", "the reason, in a few words")
    if expires_at <= now:
        raise WrongInput("expires_at", "This end has passed.", "a later time")
    kind = ReliefKind.PLAN if finding.verdict is Verdict.HOLD else ReliefKind.WAIVER
    if kind is ReliefKind.WAIVER and (session is None or finding.value is None):
        problem = "A waiver is for one measured value on one session day."
        raise WrongInput("session", problem, "a finding of an open session")
    if session is not None and session.course_id != course.id:
        raise WrongInput("session", "This session is another course's.", "one of this course")
    if second is not None and (second.id == by.id or not second.may(May.SECOND_SIGN_WAIVER, now)):
        accepted = "another prescriber or a session clinician"
        raise WrongInput("second", "This colleague cannot be the second signer.", accepted)
    row = Relief.draft(
        now=now,
        clinic_id=course.clinic_id,
        patient_id=course.patient_id,
        course=course,
        session=session,
        kind=kind.value,
        at=now,
        expires_at=expires_at,
        second_by=second,
        by=by,
    )
    row.body = to_text(_as_fact(row, finding, role, reason.strip()))
    codes = {"code": finding.code.value, "subject": finding.subject}
    return write(row, act=kind.value, now=now, codes=codes)


def _as_fact(row: Relief, finding: Finding, role: str, reason: str) -> core.Relief:
    return core.Relief(
        id=str(row.id),
        kind=ReliefKind(row.kind),
        code=finding.code,
        subject=finding.subject,
        value=finding.value,
        limit=finding.limit,
        session=str(row.session_id or ""),
        by=str(row.by_id),
        by_role=role,
        second_by=str(row.second_by_id or ""),
        reason=reason,
        at=row.at,
        expires_at=row.expires_at,
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
