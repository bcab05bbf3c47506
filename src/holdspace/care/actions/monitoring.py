"""A query of prescription monitoring, and a supervisor's signature: who, when, for whom, where."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from holdspace.care.actions.facts import WrongInput, happen
from holdspace.care.events import Countersigned
from holdspace.care.models import Course, Document, Event, EventKind, Label
from holdspace.core import facts as core
from holdspace.core.credentials import is_current
from holdspace.core.facts import CredentialKind, Role
from holdspace.people.models import Membership
from holdspace.people.signing import Signature
from holdspace.people.staff import state_of
from holdspace.people.states import STATES
from holdspace.records.keys import new_key


@transaction.atomic
def record_pdmp_query(
    *,
    course: Course,
    at: datetime,
    states: Iterable[str],
    reference: str = "",
    on_behalf_of: Membership | None = None,
    by: Membership,
    now: datetime,
) -> Event:
    """Write down a query of a state's prescription monitoring; what it showed is no fact here.

    A prescriber queries; somebody else does it for a named prescriber, where the state lets them.
    """
    asked = tuple(sorted(set(states)))
    if not asked or any(state not in STATES for state in asked):
        raise WrongInput("states", "Which states were queried?", "two-letter US states")
    if Role.PRESCRIBER not in by.roles_at(now):
        _may_query_for(course, on_behalf_of, now)
    key = new_key(now)
    body = core.PdmpQuery(
        id=str(key),
        at=at,
        by=str(by.pk),
        states=asked,
        reference=reference.strip()[:80],
        on_behalf_of=str(on_behalf_of.pk) if on_behalf_of else "",
    )
    return happen(
        course=course, kind=EventKind.PDMP_QUERIED, body=body, at=at, by=by, now=now, key=key,
        label=Label.SENSITIVE,
    )  # fmt: skip


def _may_query_for(course: Course, prescriber: Membership | None, now: datetime) -> None:
    """Default deny: a delegate queries where the director has recorded that the state lets them."""
    named = prescriber is not None and prescriber.clinic_id == course.clinic_id
    if not named or prescriber is None or Role.PRESCRIBER not in prescriber.roles_at(now):
        raise WrongInput("on_behalf_of", "For which prescriber was it queried?", "a prescriber")
    site = course.clinic.sites.first()
    _rules, duties = state_of(course.clinic, site.state if site else "")
    known = [d for d in duties if not d.is_proposed or course.clinic.is_demo]
    if not known or not known[-1].pdmp_delegate:
        raise WrongInput(
            "on_behalf_of",
            "No rule is recorded here that lets somebody query for a prescriber.",
            "the prescriber queries, or the director records the state's rule",
        )


@transaction.atomic
def countersign(
    *, document: Document, signature: Signature, by: Membership, now: datetime
) -> Event:
    """A named, current supervisor signs what their associate has signed."""
    if not signature.is_by(by.id, now):
        raise WrongInput("signature", "This signature is not yours or is too old.", "sign again")
    if not is_supervisor(document, by, now):
        raise WrongInput("by", "You are not the author's supervisor now.", "the named supervisor")
    assert document.course is not None, "what is countersigned belongs to a course"
    body = Countersigned(str(document.pk), signature.meaning)
    return happen(
        course=document.course, kind=EventKind.COUNTERSIGNED, body=body, at=now, by=by, now=now,
        codes={"document": str(document.pk)},
    )  # fmt: skip


def is_supervisor(document: Document, by: Membership, now: datetime) -> bool:
    """Whether somebody is the named, current supervisor of a document's author."""
    if document.by is None or document.by_id == by.pk:
        return False
    rows = document.by.credentials.filter(kind=CredentialKind.SUPERVISION.value, supervisor=by)
    return any(
        is_current(
            now=now, zone=by.clinic.timezone, expires_on=row.expires_on, revoked_at=row.revoked_at,
            issued_on=row.issued_on,
        )
        for row in rows
    )  # fmt: skip
