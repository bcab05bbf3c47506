"""Less than was agreed: the person takes consent or touch back, at any time, without a reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from holdspace.care import touch
from holdspace.care.actions.doors import lock_course
from holdspace.care.actions.facts import WrongInput, happen
from holdspace.care.events import Withdrawn
from holdspace.care.facts import decoded, happenings, load
from holdspace.care.models import Course, Document, Event, EventKind, Label, Session
from holdspace.core import facts as core
from holdspace.core.facts import DocumentKind
from holdspace.people.models import Membership

GIVEN = (EventKind.DOSE_GIVEN, EventKind.VARIANCE)


@transaction.atomic
def withdraw_consent(
    *,
    course: Course,
    in_own_words: str,
    by: Membership,
    now: datetime,
    at: datetime | None = None,
    session: Session | None = None,
) -> Event:
    """The person withdraws, at any time. Care goes on; no further dose is given.

    It holds from now on at the latest, also where a fast clock dates it ahead.

    Raises WrongInput when there is no consent in force to withdraw.
    """
    course = lock_course(course)
    consent = _in_force(course, DocumentKind.CONSENT, by, now)
    if consent is None:
        raise WrongInput("consent", "There is no consent to withdraw.", "a signed consent")
    return happen(
        course=course, kind=EventKind.CONSENT_WITHDRAWN, session=session,
        body=Withdrawn(consent.id, in_own_words), at=min(at or now, now), by=by, now=now,
        label=Label.SENSITIVE,
    )  # fmt: skip


@transaction.atomic
def narrow_touch(
    *,
    course: Course,
    part: str,
    in_own_words: str,
    by: Membership,
    now: datetime,
    at: datetime | None = None,
    session: Session | None = None,
) -> Event:
    """The person takes back one form of touch or the recording; an empty `part` is all touch.

    Raises WrongInput when it is not agreed (any more): there is nothing to take back.
    """
    course = lock_course(course)
    paper = _in_force(course, DocumentKind.TOUCH_AGREEMENT, by, now)
    left = agreed_touch(course, paper) if paper else None
    if paper is None or (part and (left is None or part not in left.parts)):
        raise WrongInput("what", "This is not agreed now.", "what the agreement still allows")
    return happen(
        course=course, kind=EventKind.CONSENT_WITHDRAWN, session=session,
        body=Withdrawn(paper.id, in_own_words, "touch", (part,) if part else ()),
        at=min(at or now, now), by=by, now=now, label=Label.SENSITIVE,
    )  # fmt: skip


def agreed_touch(course: Course, paper: core.Document) -> touch.Touch | None:
    """What is left of a touch agreement; None where its text is written in another way."""
    row = Document.objects.filter(course=course, pk=paper.id, body__isnull=False).first()
    found = touch.read(row.body or "") if row else None
    if found is None:
        return None
    struck = course.strikes.values("struck_id")
    rows = course.events.filter(kind=EventKind.CONSENT_WITHDRAWN.value, body__isnull=False)
    bodies = [decoded(row).body for row in rows.exclude(id__in=struck)]
    taken = [part for body in bodies if body.document == paper.id for part in body.parts]
    return found.without(tuple(taken))


def is_after_a_dose(course: Course) -> bool:
    """Whether a session with a dose is open: nothing is widened until it has ended."""
    known = happenings(course)
    ended = {h.session for h in known if h.kind is EventKind.SESSION_ENDED}
    return any(h.kind in GIVEN and h.session not in ended for h in known)


def _in_force(
    course: Course, kind: DocumentKind, by: Membership, now: datetime
) -> core.Document | None:
    paper = load(course, now=now, actor=by).document(kind)
    return None if paper is None or paper.withdrawn_at is not None else paper
