"""One list of what each person is asked: by the protocol, by a colleague, or by both.

Worked out from the record each time and never stored. An item is known by its course, its
instrument and its point; where it stands is one word (`Stands`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Count, Max

from holdspace.assessment.instruments import instruments
from holdspace.assessment.models import FormRequest, How
from holdspace.care.events import QuestionnaireAnswered, body_of
from holdspace.care.facts import protocol_of
from holdspace.care.models import Course, Event, EventKind, Message, Session, Strike
from holdspace.core import follow_up
from holdspace.core.facts import Dose, Ending
from holdspace.core.follow_up import Due, Known, State
from holdspace.core.scales import Scale
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


class Stands(StrEnum):
    """Where one form stands; the first two are open."""

    OVERDUE = "overdue"
    DUE = "due"
    AHEAD = "not yet"
    ANSWERED = "answered"
    MISSED = "missed"
    STOPPED = "no longer asked"


_STANDS = {
    State.NOT_YET: Stands.AHEAD,
    State.DUE: Stands.DUE,
    State.OVERDUE: Stands.OVERDUE,
    State.ANSWERED: Stands.ANSWERED,
    State.MISSED: Stands.MISSED,
}


@dataclass(frozen=True, slots=True)
class Form:
    """One form of one course; no answer is in it.

    `item` is what the protocol asks, `request` what was asked for so far; one of them is there.
    `scale` is None when the program no longer ships it. `begun` counts the questions that were
    answered, `letter` is the newest message about it.
    """

    course: Course
    instrument: str
    point: str
    stands: Stands
    due_at: datetime
    scale: Scale | None = None
    item: Due | None = None
    request: FormRequest | None = None
    letter: Message | None = None

    @property
    def is_open(self) -> bool:
        return self.stands in (Stands.OVERDUE, Stands.DUE)

    @property
    def is_overdue(self) -> bool:
        return self.stands is Stands.OVERDUE

    @property
    def by_staff(self) -> bool:
        """Whether somebody of the staff fills it in, by voice or by hand."""
        return self.item is not None and self.item.entry.filled_by != "person"

    @property
    def begun(self) -> int:
        return self.request.answered if self.request else 0  # type: ignore[attr-defined]

    @property
    def link_until(self) -> datetime | None:
        return self.request.link_until if self.request else None  # type: ignore[attr-defined]


def forms_of(course: Course, now: datetime) -> tuple[Form, ...]:
    """Every form of one course, the earliest due first; at most five queries."""
    return _forms(course.clinic, [course], now)


def forms_in(clinic: Clinic, now: datetime) -> tuple[Form, ...]:
    """The same for every course of the clinic that is followed, in as many queries as for one."""
    return _forms(clinic, followed(clinic, now), now)


def form_at(course: Course, instrument: str, point: str, now: datetime) -> Form | None:
    """The one form of this name that can still be asked; None when there is none."""
    for one in forms_of(course, now):
        if (one.instrument, one.point) == (instrument, point) and one.is_open:
            return one
    return None


def _forms(clinic: Clinic, courses: list[Course], now: datetime) -> tuple[Form, ...]:
    known, scales, requests = known_of(courses), instruments(clinic), _requests(courses)
    askable, letters = _askable(scales), _letters(clinic, courses) if requests else {}
    found = []
    for course in courses:
        stand = {answer.id for answer in known[course.pk].answers}
        items = {item.name: item for item in _due(course, known[course.pk], askable, now)}
        asked = requests.get(course.pk, {})
        for name in {**items, **asked}:
            item, request = items.get(name), asked.get(name)
            if request is not None and _is_spent(request, stand):
                request = None  # what answered it was struck: it is as if nobody had asked yet
            if item is None and request is None:
                continue
            letter = letters.get(request.pk) if request else None
            due_at = min(one.due_at for one in (item, request) if one is not None)
            stands = _where(item, request, due_at, now)
            scale = scales.get(name[0])
            found.append(Form(course, *name, stands, due_at, scale, item, request, letter))
    return tuple(sorted(found, key=lambda one: (one.due_at, one.point, one.instrument)))


def _where(
    item: Due | None, request: FormRequest | None, due_at: datetime, now: datetime
) -> Stands:
    end = getattr(request, "end", None)
    if end is not None and end.how == How.FINISHED:
        return Stands.ANSWERED
    here = _STANDS[item.state] if item else None
    if end is not None:
        return here if here is Stands.ANSWERED else Stands.STOPPED
    if here in (None, Stands.DUE, Stands.OVERDUE):  # a colleague may want it before the protocol
        return Stands.OVERDUE if due_at < now else Stands.DUE
    return here


def _is_spent(request: FormRequest, answers_that_stand: Collection[str]) -> bool:
    end = getattr(request, "end", None)
    finished = end is not None and end.how == How.FINISHED
    return finished and str(end.event_id) not in answers_that_stand


def _requests(courses: Collection[Course]) -> dict[object, dict[tuple[str, str], FormRequest]]:
    keys = [course.pk for course in courses]
    rows = FormRequest.objects.filter(course__in=keys, asked_again__isnull=True)
    rows = rows.select_related("end", "by__user").annotate(
        answered=Count("answers__item", distinct=True), link_until=Max("links__expires_at")
    )
    found: dict[object, dict[tuple[str, str], FormRequest]] = {}
    for row in rows:
        found.setdefault(row.course_id, {})[row.instrument, row.point] = row
    return found


def _letters(clinic: Clinic, courses: Collection[Course]) -> dict[object, Message]:
    """The newest message about each form that was asked for."""
    asked = FormRequest.objects.filter(course__in=[course.pk for course in courses])
    rows = Message.objects.of(clinic).filter(about__in=asked.values("pk")).order_by("queued_at")
    return {row.about: row for row in rows}


def due_in(clinic: Clinic, now: datetime) -> list[tuple[Course, tuple[Due, ...]]]:
    """Each course of the clinic that is followed, with its items; a fixed number of queries."""
    courses = followed(clinic, now)
    known, askable = known_of(courses), askable_in(clinic)
    return [(course, _due(course, known[course.pk], askable, now)) for course in courses]


def due_of(course: Course, now: datetime) -> tuple[Due, ...]:
    """The items of one course."""
    return _due(course, known_of([course])[course.pk], askable_in(course.clinic), now)


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
        body = body_of(row.kind, row.body or "")
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
    return _askable(instruments(clinic))


def _askable(scales: Mapping[str, Scale]) -> Collection[str]:
    return {name for name, scale in scales.items() if scale.fillable}


def _struck(clinic: Clinic) -> object:
    return Strike.objects.of(clinic).values("struck_id")
