"""What a person still has to be asked, worked out from the record each time and never stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdspace.assessment.instruments import instruments
from holdspace.care.events import BODIES, QuestionnaireAnswered
from holdspace.care.facts import protocol_of
from holdspace.care.models import Course, Event, EventKind, Session, Strike
from holdspace.core import follow_up
from holdspace.core.canonical import from_text
from holdspace.core.facts import Dose, Ending
from holdspace.core.follow_up import Due, Known, State
from holdspace.people.models import Clinic

_KINDS = (
    EventKind.DOSE_GIVEN,
    EventKind.QUESTIONNAIRE_ANSWERED,
    EventKind.SESSION_ENDED,
    EventKind.COURSE_DECLINED,
    EventKind.COURSE_CLOSED,
)
# After the last item of a year-long follow-up nothing more can fall due in a closed course.
FOLLOWED_AFTER_CLOSING = timedelta(days=500)


@dataclass(frozen=True, slots=True)
class Owed:
    """How many forms of one course are due, and how many of them are late."""

    due: int = 0
    overdue: int = 0

    def __bool__(self) -> bool:
        return bool(self.due or self.overdue)


def due_for(course: Course, now: datetime) -> tuple[Due, ...]:
    """Every item of one course, oldest first, with where it stands; three queries."""
    return _due(course, known_of([course])[course.pk], askable_in(course.clinic), now)


def owed(items: Iterable[Due]) -> Owed:
    states = [item.state for item in items]
    return Owed(states.count(State.DUE), states.count(State.OVERDUE))


def due_in(clinic: Clinic, now: datetime) -> list[tuple[Course, tuple[Due, ...]]]:
    """Each course of the clinic that is followed, with its items; a fixed number of queries."""
    courses = followed(clinic, now)
    known, askable = known_of(courses), askable_in(clinic)
    return [(course, _due(course, known[course.pk], askable, now)) for course in courses]


def followed(clinic: Clinic, now: datetime) -> list[Course]:
    """Courses that were not declined, and closed ones as long as something may fall due."""
    ended = Event.objects.of(clinic).exclude(id__in=_struck(clinic))
    declined = ended.filter(kind=EventKind.COURSE_DECLINED)
    long_over = ended.filter(kind=EventKind.COURSE_CLOSED, at__lt=now - FOLLOWED_AFTER_CLOSING)
    rows = Course.objects.of(clinic).exclude(id__in=declined.values("course_id"))
    rows = rows.exclude(id__in=long_over.values("course_id"))
    return list(rows.select_related("patient", "protocol", "clinic").order_by("opened_at"))


def known_of(courses: Collection[Course]) -> dict[object, Known]:
    """What follow-up needs to know of these courses: sessions, doses and answers, none struck."""
    keys = [course.pk for course in courses]
    struck = Strike.objects.filter(course__in=keys).values("struck_id")
    rows = Event.objects.filter(course__in=keys, kind__in=_KINDS, body__isnull=False)
    events: dict[object, list[Event]] = {key: [] for key in keys}
    for row in rows.exclude(id__in=struck).order_by("at", "recorded_at", "id"):
        events[row.course_id].append(row)
    sessions: dict[object, list[tuple[object, int, datetime]]] = {key: [] for key in keys}
    for course_id, *session in _sessions(keys):
        sessions[course_id].append(tuple(session))  # type: ignore[arg-type]
    return {c.pk: _known(c, sessions[c.pk], events[c.pk]) for c in courses}


def _sessions(keys: Collection[object]) -> Iterable[tuple[object, ...]]:
    rows = Session.objects.filter(course__in=keys).order_by("number")
    return rows.values_list("course_id", "id", "number", "opened_at")


def _known(
    course: Course, sessions: list[tuple[object, int, datetime]], events: list[Event]
) -> Known:
    doses: dict[object, list[datetime]] = {}
    answers, stopped = [], []
    for row in events:
        body = from_text(BODIES[row.kind], row.body or "")
        if isinstance(body, Dose):
            doses.setdefault(row.session_id, []).append(body.given_at)
        elif isinstance(body, QuestionnaireAnswered):
            answers.append(
                follow_up.Answer(str(row.id), body.instrument, row.at, body.total, body.point)
            )
        elif row.kind == EventKind.COURSE_DECLINED or getattr(body, "ending", "") is Ending.DIED:
            stopped.append(row.at)
    return Known(
        opened_at=course.opened_at,
        zone=course.clinic.zone,
        sittings=tuple(
            follow_up.Sitting(
                id=str(key),
                number=number,
                opened_at=opened_at,
                first_dose_at=min(doses.get(key, []), default=None),
                last_dose_at=max(doses.get(key, []), default=None),
            )
            for key, number, opened_at in sessions
        ),
        answers=tuple(answers),
        stopped_at=min(stopped, default=None),
    )


def _due(course: Course, known: Known, askable: Collection[str], now: datetime) -> tuple[Due, ...]:
    return follow_up.due(known, protocol_of(course), now, askable)


def askable_in(clinic: Clinic) -> Collection[str]:
    """The instruments that this clinic can fill in: here, with items to answer."""
    return {name for name, scale in instruments(clinic).items() if scale.fillable}


def _struck(clinic: Clinic) -> object:
    return Strike.objects.of(clinic).values("struck_id")
