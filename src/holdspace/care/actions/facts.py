"""What happened can always be written down: values, events, history, documents, corrections.

A fact is never refused. What is refused here is bad input: a value without its unit, a time in the
future, a document without a signature. The error names the field and what would be accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction

from holdspace.care.events import BODIES, CLOCK_SKEW, HistoryTaken, Note
from holdspace.care.medicines import recognised
from holdspace.care.models import (
    Clinical,
    Course,
    Document,
    Event,
    EventKind,
    Label,
    Observation,
    Session,
    Strike,
)
from holdspace.core import facts as core
from holdspace.core.canonical import to_text
from holdspace.core.units import KINDS, VALUE_OF, Kind, Shape, Value
from holdspace.people.models import Membership
from holdspace.people.signing import Signature
from holdspace.people.staff import staff_facts
from holdspace.records.actions import record
from holdspace.records.keys import new_key

RowT = TypeVar("RowT", bound=Clinical)

NUMBER_DIGITS, NUMBER_PLACES = 9, 3  # as the column of a number


def write(row: RowT, *, act: str, now: datetime, codes: Mapping[str, object] | None = None) -> RowT:
    """Insert one new clinical row and chain it to its course (before a course: to its person)."""
    course_id = row.id if isinstance(row, Course) else row.course_id  # type: ignore[attr-defined]
    record(
        rows=[row],
        stream=f"course:{course_id}" if course_id else f"patient:{row.patient_id}",
        act=act,
        by=row.by,
        now=now,
        clinic_id=row.clinic_id,
        body=codes,
    )
    return row


class WrongInput(ValueError):
    """Input that cannot be kept: `field` names it, `accepted` says what would do."""

    def __init__(self, field: str, problem: str, accepted: str) -> None:
        super().__init__(f"{field}: {problem} Accepted: {accepted}.")
        self.field = field
        self.problem = problem
        self.accepted = accepted


@dataclass(frozen=True, slots=True)
class Reading:
    """One value to be charted; `key` comes from a screen that was offline, else it is made here."""

    kind: Kind
    value: Value
    oxygen_l_min: Decimal | None = None
    key: UUID | None = None
    label: str = Label.NORMAL


@transaction.atomic
def observe(
    *,
    course: Course,
    readings: Iterable[Reading],
    taken_at: datetime,
    by: Membership | None,
    now: datetime,
    session: Session | None = None,
    source: str = "typed",
) -> list[Observation]:
    """Chart values that were taken together. Raises WrongInput; writes all of them or none."""
    _check_time("taken_at", taken_at, now)
    if session is not None and session.course_id != course.id:
        raise WrongInput("session", "This session is another course's.", "one of this course")
    taken_as_set = new_key(now)
    rows = [
        _observation(reading, course, session, taken_at, by, now, source, taken_as_set)
        for reading in readings
    ]
    if not rows:
        raise WrongInput("readings", "Nothing was entered.", "at least one value")
    record(
        rows=rows, stream=course.stream, act="observed", by=by, now=now, clinic_id=course.clinic_id
    )
    _tell(course, rows, by, now)
    return rows


def _observation(
    reading: Reading,
    course: Course,
    session: Session | None,
    taken_at: datetime,
    by: Membership | None,
    now: datetime,
    source: str,
    taken_as_set: UUID,
) -> Observation:
    shape, value = KINDS[reading.kind].shape, reading.value
    _check_value(reading)
    if reading.kind in (Kind.PHQ9_ITEM_9, Kind.SUICIDE_SCREEN) and reading.label == Label.NORMAL:
        label = Label.SENSITIVE.value
    else:
        label = reading.label
    return Observation(
        id=reading.key or new_key(now),
        clinic_id=course.clinic_id,
        patient_id=course.patient_id,
        course=course,
        session=session,
        kind=reading.kind.value,
        number=value if isinstance(value, Decimal) else None,
        word=_word(value) if shape in (Shape.YES_NO, Shape.CHOICE, Shape.DATE) else "",
        moment=value if isinstance(value, datetime) else None,
        oxygen_l_min=reading.oxygen_l_min,
        taken_at=taken_at,
        source=source,
        taken_as_set=taken_as_set,
        label=label,
        by=by,
        recorded_at=now,
    )


def _check_value(reading: Reading) -> None:
    """The value has the shape of its kind, and fits the column that will hold it."""
    kind, value, oxygen = reading.kind, reading.value, reading.oxygen_l_min
    spec = KINDS[kind]
    if not isinstance(value, VALUE_OF[spec.shape]):
        shape = spec.shape.value.replace("_", " ")
        raise WrongInput(kind.value, f"{spec.label} cannot hold {value!r}.", f"a {shape}")
    if isinstance(value, Decimal) and not _fits(value, NUMBER_DIGITS, NUMBER_PLACES):
        raise WrongInput(kind.value, f"{spec.label} cannot hold {value}.", "a plain number")
    if spec.choices and value not in spec.choices:
        raise WrongInput(kind.value, f"{value!r} is not a choice.", " or ".join(spec.choices))
    if isinstance(value, datetime) and value.tzinfo is None:
        raise WrongInput(kind.value, "The time has no zone.", "a time with its zone")
    if oxygen is not None and (kind is not Kind.SPO2 or not _fits(oxygen, 5, 2) or oxygen < 0):
        raise WrongInput("oxygen_l_min", "This is no oxygen flow.", "0 L/min or more, beside SpO2")


def _fits(number: Decimal, digits: int, places: int) -> bool:
    if not number.is_finite() or abs(number) >= Decimal(10) ** (digits - places):
        return False
    return number == round(number, places)


def _word(value: Value) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


@transaction.atomic
def happen(
    *,
    course: Course,
    kind: EventKind,
    body: Any,
    at: datetime,
    by: Membership | None,
    now: datetime,
    session: Session | None = None,
    label: str = Label.NORMAL,
    key: UUID | None = None,
    codes: Mapping[str, object] | None = None,
) -> Event:
    """Write down that something happened; `body` is the core value its kind carries."""
    _check_time("at", at, now)
    assert isinstance(body, BODIES[kind]), f"{kind} carries a {BODIES[kind].__name__}"
    more = {"id": key} if key else {}
    event = Event.draft(
        now=now,
        clinic_id=course.clinic_id,
        patient_id=course.patient_id,
        course=course,
        session=session,
        kind=kind.value,
        at=at,
        body=to_text(body),
        label=label,
        by=by,
        **more,
    )
    write(event, act=kind.value, now=now, codes=codes)
    _tell(course, [event], by, now)
    return event


def _tell(
    course: Course, rows: Iterable[Event | Observation], by: Membership | None, now: datetime
) -> None:
    """What is new about the person suspends a clearance that did not know of it."""
    from holdspace.care.actions import news  # it writes through `happen`, so it is not above

    for row in rows:
        if news.may_suspend(row):
            news.suspend(course=course, row=row, by=by, now=now)


@transaction.atomic
def take_history(
    *,
    course: Course,
    conditions: tuple[core.Condition, ...] = (),
    medications: tuple[core.Medication, ...] | None = None,
    allergies: tuple[str, ...] | None = None,
    by: Membership | None,
    now: datetime,
) -> Event:
    """Write down history answers; None for medicines or allergies means they were not asked.

    What each medicine is, is looked up here and nowhere else: no caller says so.
    """
    known = tuple(recognised(medicine) for medicine in medications or ())
    body = HistoryTaken(conditions, known, medications is not None, allergies)
    return happen(
        course=course,
        kind=EventKind.HISTORY_TAKEN,
        body=body,
        at=now,
        by=by,
        now=now,
        label=Label.SENSITIVE,
    )


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signed document needs besides its text: how a gate will read it."""

    expires_at: datetime | None = None
    routes: tuple[core.Route, ...] = ()
    verdict: str = ""
    asks: tuple[str, ...] = ()
    in_person: bool | None = None
    handed_from: str = ""
    handed_to: str = ""
    agreed: bool | None = None
    label: str = Label.NORMAL
    file_name: str = ""
    file_digest: str = ""
    session: Session | None = None
    supersedes: Document | None = field(default=None)


@transaction.atomic
def sign_document(
    *,
    course: Course,
    kind: core.DocumentKind,
    title: str,
    body: str,
    meaning: str,
    signature: Signature,
    by: Membership,
    now: datetime,
    signed: Signed | None = None,
) -> Document:
    """Keep a text exactly as it was signed. Amending one signs a new version that supersedes it."""
    signed = signed or Signed()
    if not signature.is_by(by.id, now):
        raise WrongInput("signature", "This signature is not yours or is too old.", "sign again")
    if not body.strip():
        raise WrongInput("body", "There is nothing to sign.", "the text that is signed")
    row = Document.draft(
        now=now,
        clinic_id=course.clinic_id,
        patient_id=course.patient_id,
        course=course,
        session=signed.session,
        kind=kind.value,
        version=signed.supersedes.version + 1 if signed.supersedes else 1,
        supersedes=signed.supersedes,
        title=title,
        body=body,
        signed_at=now,
        meaning=meaning,
        label=signed.label,
        file_name=signed.file_name,
        file_digest=signed.file_digest,
        by=by,
    )
    row.fact = to_text(_as_fact(row, signed, by, now))
    return write(row, act="document_signed", now=now, codes={"kind": kind.value})


def _as_fact(row: Document, signed: Signed, by: Membership, now: datetime) -> core.Document:
    """The document as a gate reads it, with its signer's roles and profession at this moment."""
    member = staff_facts(by, now=now)
    return core.Document(
        id=str(row.id),
        kind=core.DocumentKind(row.kind),
        signed_at=now,
        signed_by=str(by.id),
        signer_roles=member.roles,
        signer_discipline=member.discipline,
        expires_at=signed.expires_at,
        routes=signed.routes,
        verdict=signed.verdict,
        asks=signed.asks,
        in_person=signed.in_person,
        handed_from=signed.handed_from,
        handed_to=signed.handed_to,
        agreed=signed.agreed,
    )


@transaction.atomic
def strike(
    *,
    row: Observation | Event | Document,
    reason: str,
    signature: Signature,
    by: Membership,
    now: datetime,
    their_course: Course | None = None,
) -> Strike:
    """Strike a wrong row: it stays readable, with the reason.

    `their_course` is the course of the person it really belongs to, when it was written on the
    wrong chart: the strike is then visible on both. Raises WrongInput for an empty reason, a row
    that is struck already, or a right person who is the same person.
    """
    if not signature.is_by(by.id, now):
        raise WrongInput("signature", "This signature is not yours or is too old.", "sign again")
    if their_course is not None and their_course.patient_id == row.patient_id:
        raise WrongInput("belongs_to", "It is on this person's chart already.", "somebody else")
    if len(reason.strip()) < 3:
        raise WrongInput(
            "reason", "A correction needs its reason.", "why it is wrong, in a few words"
        )
    _check_weight(row, by, now)
    table = row._meta.db_table
    # Whoever strikes holds the course: of two strikes of one row the second is told, not broken.
    assert row.course is not None, "what is struck belongs to a course"
    Course.objects.select_for_update(of=("self",)).get(pk=row.course.id)
    if Strike.objects.filter(struck_table=table, struck_id=row.id).exists():
        raise WrongInput("reason", "This entry is struck already.", "an entry that stands")
    struck = Strike.draft(
        now=now,
        clinic_id=row.clinic_id,
        patient_id=row.patient_id,
        course=row.course,
        at=now,
        struck_table=table,
        struck_id=row.id,
        reason=reason.strip(),
        wrong_person=their_course is not None,
        belongs_to=their_course.patient if their_course else None,
        by=by,
    )
    write(struck, act="struck", now=now, codes={"table": table, "row": str(row.id)})
    if their_course is not None:
        text = f"An entry about this person was written on another chart and struck there: {reason}"
        body = Note(lane="medical", text=text)
        happen(course=their_course, kind=EventKind.NOTE, body=body, at=now, by=by, now=now)
    return struck


# What gates count; struck by whoever wrote it, a ceiling or a review could be made to vanish.
WEIGHTY = {
    EventKind.DOSE_GIVEN,
    EventKind.DOSE_PREPARED,
    EventKind.VARIANCE,
    EventKind.ADVERSE_EVENT,
    EventKind.RED_FLAG_REVIEWED,
    EventKind.INFUSION_ENDED,
    EventKind.RESCUE_DRUG,
    EventKind.SESSION_ENDED,
    EventKind.CLEARANCE_SUSPENDED,
    EventKind.CONSENT_WITHDRAWN,
}


def _check_weight(row: Observation | Event | Document, by: Membership, now: datetime) -> None:
    """What counts toward ceilings and reviews is struck by the director, and not by its author."""
    if not isinstance(row, Event) or row.kind not in WEIGHTY:
        return
    if core.Role.MEDICAL_DIRECTOR not in by.roles_at(now) or row.by_id == by.id:
        raise WrongInput(
            "by",
            "This counts toward limits and reviews.",
            "a medical director who did not write it",
        )


def _check_time(name: str, at: datetime, now: datetime) -> None:
    if at.tzinfo is None:
        raise WrongInput(name, "The time has no zone.", "a time with its zone")
    if at > now + CLOCK_SKEW:
        raise WrongInput(name, "The time is in the future.", "a time that has passed")
