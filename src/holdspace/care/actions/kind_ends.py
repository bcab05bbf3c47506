"""A course ends before the medicine with a signed letter, and opens again by a new signed act."""

from __future__ import annotations

from datetime import datetime, time

from django.db import transaction

from holdspace.care.actions.courses import decline_course
from holdspace.care.actions.doors import lock_course
from holdspace.care.actions.facts import Signed, WrongInput, sign_document, strike
from holdspace.care.actions.tasks import close_by_itself, open_task
from holdspace.care.facts import other_open_courses
from holdspace.care.models import Course, Document, Event, EventKind, Label, Strike, Task
from holdspace.core.facts import DocumentKind, Role
from holdspace.core.kind_ends import LABELS, KindEnd, letter, problem_of
from holdspace.people.models import Membership, Patient
from holdspace.people.signing import Signature
from holdspace.people.staff import first_working

ASK_AGAIN = "ask_again"
MORNING = time(9)


def letter_of(course: Course, end: KindEnd, now: datetime) -> str:
    """The letter as it would be signed now, for a page to show before it is."""
    clinic, person = course.clinic, course.patient
    lines = [(line["label"], line["number"]) for line in clinic.crisis_lines]
    return letter(
        end, called=person.called, clinic=clinic.name, today=clinic.day(now),
        lines=lines or [("emergency", clinic.emergency_phone)],
    )  # fmt: skip


@transaction.atomic
def end_kindly(
    *, course: Course, end: KindEnd, signature: Signature, by: Membership, now: datetime
) -> Document:
    """Record why it ends here, sign the letter, and owe the question again where a day was named.

    Raises WrongInput for an end without a way on, for "not now" without its day, and for a course
    that has ended already.
    """
    course = lock_course(course)
    if str(course.id) not in other_open_courses(course.patient):
        raise WrongInput("reason", "This course has ended already.", "an open course")
    wrong = problem_of(end, course.clinic.day(now))
    if wrong is not None:
        raise WrongInput(*wrong)
    words = LABELS[end.reason] + (f" ({end.note.strip()})" if end.note.strip() else "")
    event = decline_course(
        course=course, reason=words, way_on=end.way_on.strip(), by=by, now=now,
        code=end.reason.value, again_on=end.again_on,
    )  # fmt: skip
    document = sign_document(
        course=course, kind=DocumentKind.LETTER_TO_PERSON, title="Letter: where to go from here",
        body=letter_of(course, end, now), meaning=signature.meaning, signature=signature, by=by,
        now=now, signed=Signed(label=Label.SENSITIVE),
    )  # fmt: skip
    if end.again_on is not None:
        _owe_asking(course, event, end, by, now)
    return document


def _owe_asking(course: Course, event: Event, end: KindEnd, by: Membership, now: datetime) -> None:
    """The person's task and not the course's, which has ended; its words tell the desk nothing."""
    assert end.again_on is not None
    owner = first_working(course.clinic, now, (Role.COORDINATOR,)) or by
    due = datetime.combine(end.again_on, MORNING, course.clinic.zone)
    person = course.patient
    open_task(
        clinic=course.clinic, patient=person, kind=ASK_AGAIN, owner=owner, due_at=due, by=by,
        title=f"Ask again, as agreed: {person.called}, {person.display_id}"[:200], now=now,
        about=event.id,
    )  # fmt: skip


@transaction.atomic
def open_again(
    *, course: Course, because: str, signature: Signature, by: Membership, now: datetime
) -> Strike:
    """Take a kind end back: a new signed act with its reason. End and letter stay readable.

    Raises WrongInput when it did not end kindly, or when another course is open by now.
    """
    course = lock_course(course)
    event = kind_end_of(course)
    if event is None:
        raise WrongInput("because", "This course did not end here.", "a course that was declined")
    # As `open_course` does: of two that open at once the second sees the first.
    person = Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=course.patient_id)
    if other_open_courses(person, but=course):
        raise WrongInput("because", "Another course is open by now.", "go on with that one")
    done = strike(row=event, reason=f"Opened again: {because.strip()}" if because.strip() else "",
                  signature=signature, by=by, now=now)  # fmt: skip
    for task in Task.objects.filter(kind=ASK_AGAIN, about=event.id, closed_at__isnull=True):
        close_by_itself(task=task, outcome="The course is open again.", now=now)
    return done


def kind_end_of(course: Course) -> Event | None:
    """The end of a course that was declined and not opened again."""
    struck = Strike.objects.filter(course=course).values("struck_id")
    rows = course.events.filter(kind=EventKind.COURSE_DECLINED).exclude(id__in=struck)
    found: Event | None = rows.order_by("-at").first()
    return found
