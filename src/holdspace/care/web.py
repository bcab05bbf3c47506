"""What every clinical page needs: the right course or a 404, and findings in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest

from holdspace.care.models import Course, Decision, Document, Label
from holdspace.core import decision as core
from holdspace.core.canonical import from_text
from holdspace.core.codes import Code
from holdspace.core.facts import Role
from holdspace.core.words import WORDS, said
from holdspace.people.access import ROLE_WORDS, May
from holdspace.people.guard import actor_or_404, patient_or_404
from holdspace.people.models import Clinic, Membership
from holdspace.people.staff import working_in
from holdspace.records.models import AccessWhat

# What the front desk may read of a refusal: only what its own work shows it anyway (the calendar,
# the contact page, who holds which role) or what it can put right by booking. A reason that comes
# from a body, an answer, a medicine, a test, or a choice such as a withdrawal is never among them;
# neither is "no clearance", because of what it lets one guess.
DESK_MAY_READ = frozenset(
    {
        Code.AGE_BELOW_MINIMUM,
        Code.SERVICE_NOT_OFFERED,
        Code.GUARDIAN_NOT_SUPPORTED,
        Code.PROTOCOL_UNSIGNED,
        Code.COURSE_ALREADY_OPEN,
        Code.COURSE_NOT_OPEN,
        Code.ROLE_NOT_PERMITTED,
        Code.THERAPIST_NOT_ASSIGNED,
        Code.EVALUATION_MISSING,
        Code.ASSESSMENT_MISSING,
        Code.PREPARATION_INCOMPLETE,
        Code.PREPARATION_STALE,
        Code.CONSENT_MISSING,
        Code.CONSENT_EXPIRED,
        Code.BOOKING_MISSING,
        Code.SESSION_ALREADY_OPEN,
        Code.SESSION_STILL_OPEN,
        Code.INTERVAL_TOO_SHORT,
        Code.FREQUENCY_EXCEEDED,
        Code.INTEGRATION_MISSING,
        Code.NEXT_DAY_CONTACT_MISSING,
    }
)


def for_the_desk(decision: core.Decision) -> tuple[list[str], bool]:
    """Why a door stayed shut in words the desk may read, and whether there is more than that."""
    open_to_it = [f.code for f in decision.stops if f.code in DESK_MAY_READ]
    words = [f"{WORDS[code].sentence} {WORDS[code].remedy}" for code in dict.fromkeys(open_to_it)]
    return words, len(open_to_it) < len(decision.stops)


def course_or_404(
    request: HttpRequest,
    course_id: UUID,
    may: May = May.READ_CHART,
    what: AccessWhat = AccessWhat.CHART_VIEW,
) -> Course:
    """The course, if this actor may see its person and may do this; the view is logged."""
    actor = actor_or_404(request)
    course = Course.objects.of(actor.clinic).select_related("protocol").filter(pk=course_id).first()
    if course is None:
        raise Http404
    course.patient = patient_or_404(request, course.patient_id, may=may, what=what)
    course.clinic = actor.clinic
    return course


def document_or_404(request: HttpRequest, document_id: UUID) -> Document:
    """The signed document, under the rule of the chart; a private note is its author's alone."""
    actor = actor_or_404(request, May.READ_CHART)
    rows = Document.objects.of(actor.clinic).select_related("course", "session", "by__user")
    row = rows.filter(pk=document_id).first()
    if row is None or (row.label == Label.PSYCHOTHERAPY and row.by_id != actor.id):
        raise Http404
    row.patient = patient_or_404(request, row.patient_id, what=AccessWhat.DOCUMENT_VIEW)
    return row


def show_decision(
    decision: core.Decision, *, names: dict[str, str] | None = None, row: Decision | None = None
) -> dict[str, Any]:
    """A decision as the {% decision %} tag wants it; `row` is the kept one, None for a preview.

    A preview is read by people who will never do the act: it says what keeps the door shut for
    whoever may, not that the reader is somebody else. A kept decision shows everything.
    """
    looks_on = row is None and _looks_on(decision)
    shown = [f for f in decision.by_weight if not (looks_on and _of_the_actor(f))]
    limiting = next((f for f in shown if not f.passes), None)
    allowed = limiting is None
    return {
        "door": decision.door.value.replace("_", " "),
        "allowed": allowed,
        "headline": "Ready for whoever may do this" if looks_on and allowed else "",
        "decided_at": decision.decided_at,
        "protocol": decision.protocol,
        "program_version": decision.program_version,
        "preview": row is None,
        "key": row.id if row else None,
        "findings": [show_finding(f, limiting=f is limiting, names=names or {}) for f in shown],
    }


# About the one who acts, and about nobody else when the subject is empty.
ACTOR_CODES = frozenset(
    {Code.ROLE_NOT_PERMITTED, Code.LICENCE_NOT_VALID, Code.SIGNER_NOT_PHYSICIAN}
)


def _of_the_actor(finding: core.Finding) -> bool:
    return finding.code in ACTOR_CODES and not finding.subject


def _looks_on(decision: core.Decision) -> bool:
    """Whether the door was asked by somebody whose act this is not."""
    return any(
        f.code is Code.ROLE_NOT_PERMITTED and not f.subject and not f.passes
        for f in decision.findings
    )


def show_finding(
    finding: core.Finding, *, limiting: bool = False, names: dict[str, str]
) -> dict[str, Any]:
    words = WORDS[finding.code]
    relief = finding.relief
    stops = finding.verdict in (core.Verdict.FAIL, core.Verdict.HOLD)
    return {
        "code": finding.code.value,
        "subject": finding.subject,
        "verdict": finding.verdict.value,
        "sentence": said(finding),
        "remedy": words.remedy,
        "evidence": finding.evidence,
        "rule": finding.rule,
        "source": finding.source,
        "awaiting_signature": finding.awaiting_signature,
        "ask_again_on": finding.ask_again_on,
        "hard": stops and not finding.relievable_by and _is_limit(finding),
        "waivable_by": [ROLE_WORDS[Role(role)] for role in finding.relievable_by],
        "waived_by": f"{names.get(relief.by, 'a colleague')}: {relief.reason}" if relief else "",
        "limiting": limiting,
    }


# Fails that nobody may relieve although no number was measured: what is known is the limit.
HARD_CODES = frozenset(
    {
        Code.CONTRAINDICATION_PRESENT,
        Code.MEDICATION_NOT_COMPATIBLE,
        Code.SUICIDE_SCREEN_POSITIVE,
        Code.PREGNANCY_POSSIBLE,
        Code.SERVICE_NOT_OFFERED,
        Code.AGE_BELOW_MINIMUM,
        Code.CONSENT_WITHDRAWN,
        Code.DOSE_ROUTE_MIXED,
    }
)


def _is_limit(finding: core.Finding) -> bool:
    """A measured limit or a contraindication; a missing paper or person is not a limit."""
    measured = finding.value is not None and finding.limit is not None
    return measured or finding.code in HARD_CODES


def kept_decision(row: Decision) -> core.Decision | None:
    """A stored decision as it was made; None when its text was lawfully erased."""
    return from_text(core.Decision, row.findings) if row.findings else None


def names_of(clinic_id: UUID, keys: Iterable[str]) -> dict[str, str]:
    """Printed names of members of staff by their key."""
    members = Membership.objects.filter(clinic_id=clinic_id, id__in={k for k in keys if k})
    return {str(m.id): m.signed_name for m in members.select_related("user")}


def staff_choices(clinic: Clinic, role: Role, now: datetime) -> list[tuple[str, str]]:
    """Members of staff who hold a role now, for a choice in a form."""
    return [(str(m.id), m.signed_name) for m in working_in(clinic, now, role)]
