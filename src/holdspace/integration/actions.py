"""Integration on the record: the visit after a session, and the closing of a course."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from holdspace.care import actions as care
from holdspace.care.models import Course, Document, EventKind, Session
from holdspace.core.facts import DocumentKind, Visit
from holdspace.people.models import Membership
from holdspace.people.signing import Signature


@transaction.atomic
def hold_visit(
    *,
    course: Course,
    note: str,
    after: Session | None,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> Document:
    """Keep an integration visit: a fact, and a signed note, tied to the session it follows."""
    course = care.lock_course(course)
    document = care.sign_document(
        course=course,
        kind=DocumentKind.INTEGRATION_NOTE,
        title="Integration visit",
        body=note,
        meaning=signature.meaning,
        signature=signature,
        by=by,
        now=now,
    )
    follows = str(after.id) if after else ""
    care.happen(
        course=course,
        kind=EventKind.VISIT_HELD,
        body=Visit(str(document.id), "integration", now, str(by.id), follows),
        at=now,
        by=by,
        now=now,
    )
    return document
