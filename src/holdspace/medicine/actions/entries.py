"""What a session page sends counts once: the same entry again answers the same, writes nothing.

Each entry carries an id that its tablet made. The course is locked before the id is looked up, so
of two requests with one id the second finds the first; a constraint of the database stands below.
Another body under a used id is never charted and never lost: it is kept, and a task asks a person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from holdspace.care.actions import WrongInput, open_task, strike
from holdspace.care.actions.facts import write
from holdspace.care.models import Course, Observation, Session
from holdspace.core.tablet import Stamp
from holdspace.medicine.actions.common import director, locked, words
from holdspace.medicine.models import SessionEntry, Verdict, salted
from holdspace.people.models import Membership
from holdspace.people.signing import Signature

TWO_UNDER_ONE_ID = "entry_conflict"
LOOK_HOURS = 24  # clinic default, awaiting signature


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds one entry: its id, which act it is, both clocks, and the body as was sent."""

    entry: UUID
    act: str
    body: str
    made_at: datetime | None  # by the tablet's own clock; None where the page sent none
    stamp: Stamp
    confirmed_at: datetime | None = None  # where the clock was unsure: by a person

    @property
    def at(self) -> datetime:
        """When it was made: by its tablet's clock, or as a person confirmed it."""
        return self.stamp.at if self.confirmed_at is None else self.confirmed_at

    @property
    def awaits_a_person(self) -> bool:
        """Whether its clock was unsure and nobody said yet when it was made."""
        return not self.stamp.sure and self.confirmed_at is None


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of it. `result` is what the act made, None where nothing was written now."""

    row: SessionEntry
    result: Any = None
    repeated: bool = False

    @property
    def is_charted(self) -> bool:
        return self.row.verdict == Verdict.DONE.value


def once(
    *,
    session: Session,
    envelope: Envelope,
    act: Callable[[], Any],
    said: Callable[[Any], str],
    by: Membership,
    now: datetime,
) -> Sent:
    """Do `act` unless this entry was sent before; whatever `act` raises leaves nothing behind."""
    try:
        return _once(session, envelope, act, said, by, now)
    except IntegrityError:
        # Another course was sent this id at the same moment and was first: now it is found.
        if not _standing(session, envelope):
            raise
        return _once(session, envelope, act, said, by, now)


def again(*, session: Session, envelope: Envelope, by: Membership, now: datetime) -> Sent | None:
    """The answer to an id that was used before, None for a new one.

    Asked before the form is read: what it may choose from can have changed since it was charted.
    """
    before = _standing(session, envelope)
    return _answer(before, session, envelope, by, now) if before else None


def _answer(
    before: SessionEntry, session: Session, envelope: Envelope, by: Membership, now: datetime
) -> Sent:
    if _is_same(before, session, envelope):
        return Sent(before, repeated=True)
    return _another_body(session, envelope, by, now)


@transaction.atomic
def _once(
    session: Session,
    envelope: Envelope,
    act: Callable[[], Any],
    said: Callable[[Any], str],
    by: Membership,
    now: datetime,
) -> Sent:
    course, session = locked(session)
    if before := _standing(session, envelope):
        return _answer(before, session, envelope, by, now)
    result = act()
    row = _row(session, envelope, Verdict.DONE, by, now, said=said(result)[:200])
    made = result[0] if isinstance(result, list) and result else result
    if hasattr(made, "_meta"):
        row.subject_table, row.subject_id = made._meta.db_table, made.pk
    return Sent(_write(course, row, now), result)


@transaction.atomic
def set_aside(
    *, session: Session, envelope: Envelope, why: str, by: Membership, now: datetime
) -> SessionEntry:
    """Its author gives an entry up that was not accepted: what it said and why are kept.

    Raises WrongInput without a reason, and for an entry that was charted after all.
    """
    course, session = locked(session)
    why = words("why", why, "where it is now, such as “on paper, handed to Kim”")
    before = _standing(session, envelope)
    if before and before.verdict == Verdict.SET_ASIDE.value:
        return before
    if before:
        raise WrongInput("entry", "This entry was charted.", "one that was not accepted")
    row = _row(session, envelope, Verdict.SET_ASIDE, by, now, body=envelope.body, why=why)
    return _write(course, row, now)


@transaction.atomic
def strike_set(
    *,
    rows: Sequence[Observation],
    reason: str,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> None:
    """Strike every value of one set: of two that were charted twice, the one that is not to count.

    Each value is struck by itself, so that a correction of values has one meaning everywhere.
    """
    for row in rows:
        strike(row=row, reason=reason, signature=signature, by=by, now=now)


def _standing(session: Session, envelope: Envelope) -> SessionEntry | None:
    rows = SessionEntry.objects.filter(clinic_id=session.clinic_id, entry=envelope.entry)
    found: SessionEntry | None = rows.exclude(verdict=Verdict.OTHER_BODY.value).first()
    return found


def _is_same(before: SessionEntry, session: Session, envelope: Envelope) -> bool:
    place = (before.session_id, before.act) == (session.id, envelope.act)
    return place and before.verdict == Verdict.DONE.value and before.is_of(envelope.body)


@transaction.atomic
def _another_body(session: Session, envelope: Envelope, by: Membership, now: datetime) -> Sent:
    """Keep it once, however often it is sent, and ask a person to look at both."""
    course, session = locked(session)
    kept = SessionEntry.objects.filter(
        session=session, entry=envelope.entry, verdict=Verdict.OTHER_BODY.value
    )
    for row in kept:
        if row.is_of(envelope.body):
            return Sent(row, repeated=True)
    row = _row(session, envelope, Verdict.OTHER_BODY, by, now, body=envelope.body)
    _write(course, row, now)
    due = now + timedelta(hours=LOOK_HOURS)
    open_task(
        clinic=course.clinic, patient=course.patient, course=course, kind=TWO_UNDER_ONE_ID,
        title="Two different entries came under one id: look at both, chart what is true",
        owner=by, escalates_to=director(course.clinic, now, by), escalates_at=due, due_at=due,
        about=row.id, by=by, now=now,
    )  # fmt: skip
    return Sent(row)


def _row(
    session: Session,
    envelope: Envelope,
    verdict: Verdict,
    by: Membership,
    now: datetime,
    **more: Any,
) -> SessionEntry:
    stamp = envelope.stamp
    ahead = None if stamp.ahead is None else round(stamp.ahead / timedelta(milliseconds=1))
    row: SessionEntry = SessionEntry.draft(
        now=now, clinic_id=session.clinic_id, patient_id=session.patient_id,
        course_id=session.course_id, session=session, entry=envelope.entry, act=envelope.act,
        verdict=verdict.value, made_at=envelope.made_at, ahead_ms=ahead, at=envelope.at,
        sure=stamp.sure, by=by, **more,
    )  # fmt: skip
    assert row.salt is not None, "a new row has its salt"
    row.body_digest = salted(bytes(row.salt), envelope.body)
    return row


def _write(course: Course, row: SessionEntry, now: datetime) -> SessionEntry:
    codes = {"entry": str(row.entry), "act": row.act, "verdict": row.verdict}
    if row.subject_id:
        codes |= {"table": row.subject_table, "row": str(row.subject_id)}
    return write(row, act="entry_sent", now=now, codes=codes)
