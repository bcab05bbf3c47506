"""What is seen in the room is written down as it was, whole or in part, at its own time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from holdspace.care import facts as loader
from holdspace.care.actions import (
    WrongInput,
    close_task,
    happen,
    observe,
    open_task,
    read_task,
    take_back,
)
from holdspace.care.actions.facts import Reading
from holdspace.care.events import (
    AdverseEvent,
    CouldNot,
    EmergencyOpened,
    Note,
    RescueDrug,
    Reviewed,
    Told,
)
from holdspace.care.models import (
    Course,
    Event,
    EventKind,
    Label,
    Observation,
    Session,
    Strike,
    Task,
)
from holdspace.care.shipped import event_terms
from holdspace.core.facts import Ending, Role
from holdspace.core.units import Kind
from holdspace.medicine.actions.common import director, happened_in, holder, locked, own_risk, words
from holdspace.people.access import May
from holdspace.people.models import Clinic, Membership
from holdspace.people.signing import Signature

ADVERSE_EVENT_REVIEW = "adverse_event_review"
# CTCAE v5: 3 is severe, 4 life-threatening, 5 death; a clinic may look at milder ones as well.
REVIEW_FROM_GRADE = 3
REVIEW_HOURS = 72  # clinic default, awaiting signature
LANES = {"medical": May.WRITE_MEDICAL, "therapy": May.WRITE_THERAPY}


@transaction.atomic
def observe_set(
    *,
    session: Session,
    readings: Sequence[Reading],
    taken_at: datetime,
    by: Membership,
    now: datetime,
    source: str = "typed",
) -> list[Observation]:
    """Chart the values that were taken together; some are enough. A late entry keeps both times.

    Raises WrongInput for nothing at all, a time in the future, or a systolic pressure that is not
    above its diastolic. That the session has ended is no hindrance: a fact is never refused.
    """
    course, session = locked(session)
    values = {reading.kind: reading.value for reading in readings}
    systolic, diastolic = values.get(Kind.SYSTOLIC), values.get(Kind.DIASTOLIC)
    if (systolic is None) != (diastolic is None):
        missing = "systolic" if systolic is None else "diastolic"
        raise WrongInput(missing, "A pressure is two numbers.", "both, or neither")
    if systolic is not None and diastolic is not None and not _above(systolic, diastolic):
        raise WrongInput(
            "diastolic", "This is not below the systolic pressure.", "a number below the systolic"
        )
    rows = observe(
        course=course, readings=readings, taken_at=taken_at, by=by, now=now, session=session,
        source=source,
    )  # fmt: skip
    own_risk(course, rows, by, now)
    return rows


@transaction.atomic
def undo(
    *,
    session: Session,
    taken_as_set: UUID,
    kinds: Collection[str],
    within: timedelta,
    by: Membership,
    now: datetime,
) -> list[Strike]:
    """Take back what one charted a moment ago: a whole set, or why something could not be taken.

    Raises WrongInput for another's values, for old ones, and for a set of other `kinds`: those are
    struck by a signature.
    """
    _course, session = locked(session)
    why = list(session.events.filter(pk=taken_as_set, kind=EventKind.COULD_NOT.value))
    if why:
        return take_back(rows=why, within=within, by=by, now=now)
    rows = list(session.observations.filter(taken_as_set=taken_as_set, source="typed"))
    if any(row.kind not in kinds for row in rows):
        raise WrongInput("set", "This can't be undone by a tap.", "readings; strike it by signing")
    return take_back(rows=rows, within=within, by=by, now=now)


def _above(systolic: object, diastolic: object) -> bool:
    return bool(systolic > diastolic)  # type: ignore[operator]


@transaction.atomic
def could_not(
    *,
    session: Session,
    kinds: Sequence[Kind],
    because: str,
    at: datetime,
    by: Membership,
    now: datetime,
    code: str = "",
) -> Event:
    """A due observation that could not be taken, and why: an answer, not a gap.

    It is due again when the protocol says.
    """
    course, session = locked(session)
    because = words("because", because, "why, in a few words")
    return happen(
        course=course, kind=EventKind.COULD_NOT, at=at, by=by, now=now, session=session,
        body=CouldNot(tuple(kind.value for kind in kinds), because, code),
    )  # fmt: skip


@transaction.atomic
def note(
    *, session: Session, lane: str, text: str, at: datetime, by: Membership, now: datetime
) -> Event:
    """A note in the medical or the therapy lane, by somebody who writes in that lane."""
    if lane not in LANES:
        raise WrongInput("lane", f"“{lane[:20]}” is not a lane.", "medical or therapy")
    if not by.may(LANES[lane], now):
        raise WrongInput("lane", "Your role does not write here.", "the other lane, or a colleague")
    course, session = locked(session)
    body = Note(lane, words("text", text, "a few words"))
    return happen(
        course=course, kind=EventKind.NOTE, body=body, at=at, by=by, now=now, session=session,
        label=Label.SENSITIVE if lane == "therapy" else Label.NORMAL,
    )  # fmt: skip


@transaction.atomic
def told(
    *,
    session: Session,
    who: str,
    about: str,
    at: datetime,
    by: Membership,
    now: datetime,
    observation: str = "",
    answer: str = "",
) -> Event:
    """Who was told about a reading outside its limit, when, and what they said."""
    course, session = locked(session)
    body = Told(words("who", who, "a name"), about, observation, answer.strip())
    return happen(
        course=course, kind=EventKind.TOLD, body=body, at=at, by=by, now=now, session=session
    )


@transaction.atomic
def emergency(*, session: Session, what: str, at: datetime, by: Membership, now: datetime) -> Event:
    """The clinic's emergency page was opened, or the ambulance called: who, when, which version.

    "mistake" says that it was opened by mistake; the opening stays beside it.
    """
    course, session = locked(session)
    body = EmergencyOpened(what, loader.protocol_of(course).reference)
    return happen(
        course=course, kind=EventKind.EMERGENCY, body=body, at=at, by=by, now=now, session=session
    )


@transaction.atomic
def adverse_event(
    *, session: Session, event: AdverseEvent, at: datetime, by: Membership, now: datetime
) -> Event:
    """Write down an adverse event with the clinician's own grade (CTCAE v5, 1 to 5).

    A severe one, or a red flag, is reviewed by the medical director, a severe one by a prescriber
    as well. Nothing is graded here. A term of the list is kept in its spelling beside the typed.
    """
    course, session = locked(session)
    listed = event_terms().recognise(words("term", event.term, "the CTCAE term, or plain words"))
    event = replace(event, listed=listed, edition=event_terms().edition if listed else "")
    if not 1 <= event.grade <= 5:
        raise WrongInput("grade", f"{event.grade} is not a grade.", "1 to 5, as CTCAE has it")
    row = happen(
        course=course, kind=EventKind.ADVERSE_EVENT, body=event, at=at, by=by, now=now,
        session=session,
    )  # fmt: skip
    for owner in reviewers(course.clinic, event, by, now):
        open_task(
            clinic=course.clinic, patient=course.patient, course=course, kind=ADVERSE_EVENT_REVIEW,
            title=f"Review: {event.term.strip()}, grade {event.grade}", about=row.id,
            owner=owner, due_at=now + timedelta(hours=REVIEW_HOURS), by=by, now=now,
        )  # fmt: skip
    return row


@transaction.atomic
def rescue_drug(
    *, session: Session, drug: RescueDrug, at: datetime, by: Membership, now: datetime
) -> Event:
    """Write down a medicine given against an effect of the treatment: what, how much, when.

    Like a severe event it is reviewed by a prescriber and by somebody who was not involved.
    """
    course, session = locked(session)
    words("name", drug.name, "the name of the medicine")
    if not drug.amount.strip():
        raise WrongInput("amount", "This is needed.", "the amount with its unit, such as “10 mg”")
    row = happen(
        course=course, kind=EventKind.RESCUE_DRUG, body=drug, at=at, by=by, now=now,
        session=session,
    )  # fmt: skip
    ask_for_reviews(course, row, f"rescue drug, {drug.name.strip()}", by, now)
    return row


def ask_for_reviews(course: Course, row: Event, what: str, by: Membership, now: datetime) -> None:
    """A serious event is owed two reviews, by people who did not chart it."""
    for owner in two_reviewers(course.clinic, by, now):
        open_task(
            clinic=course.clinic, patient=course.patient, course=course, kind=ADVERSE_EVENT_REVIEW,
            title=f"Review: {what}"[:200], about=row.id, owner=owner,
            due_at=now + timedelta(hours=REVIEW_HOURS), by=by, now=now,
        )  # fmt: skip


def two_reviewers(clinic: Clinic, charted_by: Membership, now: datetime) -> list[Membership]:
    """The director and a prescriber, neither of them the author if anybody else is there."""
    chief = holder(clinic, Role.MEDICAL_DIRECTOR, now, but=[charted_by]) or director(
        clinic, now, charted_by
    )
    prescriber = holder(clinic, Role.PRESCRIBER, now, but=[charted_by, chief])
    return [chief, prescriber] if prescriber else [chief]


def reviewers(
    clinic: Clinic, event: AdverseEvent, charted_by: Membership, now: datetime
) -> list[Membership]:
    """Who is asked to look at an event, and not its own author if anybody else is there."""
    if event.grade < REVIEW_FROM_GRADE and not event.red_flag:
        return []
    both = two_reviewers(clinic, charted_by, now)
    return both if event.grade >= REVIEW_FROM_GRADE else both[:1]


@transaction.atomic
def review_variance(
    *,
    session: Session,
    variance: str,
    conclusion: str,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> Event:
    """The director's signed conclusion on a variance, by somebody who was not party to it."""
    if not by.may(May.REVIEW_VARIANCES, now):
        raise WrongInput("by", "Your role does not review variances.", "the medical director")
    return _review(
        {EventKind.VARIANCE}, EventKind.VARIANCE_REVIEWED, session, variance, conclusion,
        signature, by, now,
    )  # fmt: skip


@transaction.atomic
def review_adverse_event(
    *,
    session: Session,
    event: str,
    conclusion: str,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> Event:
    """A signed conclusion on a serious event, by somebody who did not chart it.

    An adverse event, a rescue drug or a transfer. Whether the reviews are enough (a prescriber's,
    and one by somebody who was not involved) is the gates' question.
    """
    if not by.may(May.REVIEW_EVENTS, now):
        raise WrongInput(
            "by", "Your role does not review events.", "a prescriber or the medical director"
        )
    return _review(
        SERIOUS, EventKind.ADVERSE_EVENT_REVIEWED, session, event, conclusion, signature, by, now
    )


TRANSFERRED = Ending.TRANSFERRED
SERIOUS = {EventKind.ADVERSE_EVENT, EventKind.RESCUE_DRUG, EventKind.SESSION_ENDED}


def _review(
    kinds: set[EventKind],
    answer: EventKind,
    session: Session,
    key: str,
    conclusion: str,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> Event:
    course, session = locked(session)
    if not signature.is_by(by.id, now):
        raise WrongInput("password", "This signature is not yours or is too old.", "sign again")
    happened = happened_in(course, session)
    found = next((h for h in happened if h.id == key and h.kind in kinds), None)
    if found is None or getattr(found.body, "ending", TRANSFERRED) is not TRANSFERRED:
        raise WrongInput("event", "There is no such event in this session.", "one that is listed")
    givers = {h.body.given_by for h in happened if h.id == getattr(found.body, "dose", "")}
    if str(by.id) in {found.by} | givers:
        raise WrongInput("by", "Nobody reviews what they were party to.", "somebody uninvolved")
    conclusion = words("conclusion", conclusion, "what was found and what changes")
    event = happen(
        course=course, kind=answer, at=now,
        body=Reviewed(key, conclusion, tuple(sorted(by.roles_at(now)))), by=by, now=now,
        session=session,
    )  # fmt: skip
    _close(course, key, conclusion, by, now)
    return event


def _close(course: Course, key: str, conclusion: str, by: Membership, now: datetime) -> None:
    """Close the reviewer's own task about this event; another's stays with its owner."""
    for task in Task.objects.of(course.clinic).filter(about=UUID(key), closed_at__isnull=True):
        if by.id in (task.owner_id, task.escalates_to_id):
            task = read_task(task=task, by=by, now=now)
            close_task(task=task, outcome=conclusion[:500], by=by, now=now)
