"""Answers are kept item by item, and a risk answer opens its task in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from holdspace.assessment.actions.risk import hear
from holdspace.assessment.instruments import ASQ, PHQ9, PHQ9_RISK_ITEM, instruments
from holdspace.care import actions as care
from holdspace.care.events import ItemAnswer, QuestionnaireAnswered
from holdspace.care.models import Course, Event, EventKind, Label, Session, Task
from holdspace.core.scales import SCREENS, Scale, ScaleError, Score, score, screen_word
from holdspace.core.units import Kind
from holdspace.people.models import Membership

PERSON, STAFF, PAPER = "person", "asked_by_staff", "paper"
FILLED_BY = (PERSON, STAFF, PAPER)


@dataclass(frozen=True, slots=True)
class Answers:
    """One form as it was filled in. `items` maps item codes to the score of the chosen answer.

    `declined` are items the person would not answer. `incomplete` says that the rest will not be
    answered: such a form is kept, without a total or a risk level. `filled_at` is when a paper
    form was filled in (None: now) and `paper` which form it was; `point` is when in the course.
    """

    items: Mapping[str, int]
    declined: frozenset[str] = field(default_factory=frozenset)
    filled_by: str = STAFF
    language: str = "en"
    comment: str = ""
    incomplete: bool = False
    filled_at: datetime | None = None
    paper: str = ""
    point: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was kept, what it came to, and the task that it opened, if any."""

    event: Event
    score: Score
    task: Task | None = None


@transaction.atomic
def record_form(
    *,
    course: Course,
    instrument: str,
    answers: Answers,
    by: Membership | None,
    now: datetime,
    session: Session | None = None,
    about: UUID | None = None,
) -> Recorded:
    """Keep one form of any instrument: its items, what they come to, and what is heard in them.

    `about` is the row that a task is about, when an answer of this form was heard before the
    form was kept. Raises WrongInput naming the first item that is missing or not an answer.
    """
    asked = asked_here(course, instrument)
    course = care.lock_course(course)  # before its chain, as whoever closes a task of it does
    at = answers.filled_at or now
    event, found = _keep(asked, course, answers, by, at, now, session)
    readings = _readings(instrument, answers, found)
    if readings:
        care.observe(
            course=course,
            readings=readings,
            taken_at=at,
            session=session,
            source=instrument,
            by=by,
            now=now,
        )
    task = hear(
        course=course,
        instrument=asked,
        answers=answers.items,
        declined=answers.declined,
        about=about or event.id,
        session=session,
        by=by,
        now=now,
    )
    return Recorded(event, found, task)


def record_phq9(
    *,
    course: Course,
    answers: Answers,
    by: Membership | None,
    now: datetime,
    session: Session | None = None,
) -> Recorded:
    """Keep a PHQ-9: its items, its total, and item 9 with the task that it calls for.

    Item 9 of 1 asks for contact on the same day, 2 or 3 for contact now. Raises WrongInput naming
    the first item that is missing or not an answer.
    """
    return record_form(
        course=course, instrument=PHQ9, answers=answers, by=by, now=now, session=session
    )


def record_suicide_screen(
    *,
    course: Course,
    answers: Answers,
    by: Membership | None,
    now: datetime,
    session: Session | None = None,
    instrument: str = ASQ,
) -> Recorded:
    """Keep a suicide-risk screen; a positive one opens its task the moment it is recorded.

    `instrument` is the ASQ or a C-SSRS screener. An incomplete screen has no level and is not
    accepted: a declined item counts as positive. Raises WrongInput naming what is missing.
    """
    if instrument not in SCREENS:
        problem = "This is no suicide-risk screen."
        raise care.WrongInput("instrument", problem, ", ".join(SCREENS))
    if instruments(course.clinic)[instrument].paper_only and answers.filled_by != PAPER:
        raise care.WrongInput(
            "instrument", "Its wording is not loaded here.", f"{ASQ}, or a copy of the paper form"
        )
    if answers.incomplete:
        raise care.WrongInput(
            "incomplete", "A screen is never kept half answered.", "yes, no or declined for each"
        )
    return record_form(
        course=course, instrument=instrument, answers=answers, by=by, now=now, session=session
    )


def asked_here(course: Course, instrument: str) -> Scale:
    """The instrument with the wording that this clinic may use. Raises WrongInput for no such."""
    found = instruments(course.clinic).get(instrument)
    if found is None:
        raise care.WrongInput("instrument", "It is not here.", "one of those that are here")
    return found


def _readings(instrument: str, answers: Answers, found: Score) -> list[care.Reading]:
    """What of a form is a value on the chart, which gates read."""
    readings = []
    if instrument == PHQ9:
        item9 = answers.items.get(PHQ9_RISK_ITEM)
        if found.total is not None:
            readings.append(care.Reading(Kind.PHQ9_TOTAL, Decimal(found.total)))
        if item9 is not None:
            readings.append(care.Reading(Kind.PHQ9_ITEM_9, Decimal(item9)))
    if instrument in SCREENS and found.complete:
        word = screen_word(instruments()[instrument], found.level)
        readings.append(care.Reading(Kind.SUICIDE_SCREEN, word))
    return readings


def _keep(
    instrument: Scale,
    course: Course,
    answers: Answers,
    by: Membership | None,
    at: datetime,
    now: datetime,
    session: Session | None,
) -> tuple[Event, Score]:
    found = _scored(instrument, answers)
    body = QuestionnaireAnswered(
        instrument=instrument.id,
        version=instrument.version,
        language=answers.language,
        recall=instrument.recall,
        filled_by=answers.filled_by,
        answers=tuple(
            ItemAnswer(item.code, answers.items.get(item.code), item.code in answers.declined)
            for item in instrument.items
            if item.code in answers.items or item.code in answers.declined
        ),
        total=found.total,
        level=found.level,
        comment=answers.comment.strip(),
        point=answers.point,
        paper=answers.paper.strip(),
    )
    event = care.happen(
        course=course,
        kind=EventKind.QUESTIONNAIRE_ANSWERED,
        body=body,
        at=at,
        session=session,
        label=Label.SENSITIVE,
        codes={"instrument": instrument.id},
        by=by,
        now=now,
    )
    return event, found


def _scored(instrument: Scale, answers: Answers) -> Score:
    if answers.filled_by not in FILLED_BY:
        raise care.WrongInput("filled_by", "Who filled it in?", ", ".join(FILLED_BY))
    if instrument.paper_only:
        _check_paper(answers)
    try:
        found = score(instrument, answers.items, declined=answers.declined)
    except ScaleError as error:
        raise care.WrongInput(error.path, error.problem, error.accepted) from error
    left_open = [code for code in found.missing if code not in answers.declined]
    if left_open and not answers.incomplete:
        item = instrument.item(left_open[0])
        labels = ", ".join(option.words for option in item.options)
        if item.code in found.conflicts:
            problem = "This contradicts another answer: it was not to be asked."
            raise care.WrongInput(item.code, problem, "no answer here, or the other one corrected")
        raise care.WrongInput(item.code, "This was not answered.", labels)
    if not answers.items and not answers.declined:
        raise care.WrongInput(instrument.items[0].code, "Nothing was answered.", "an answer")
    return found


def _check_paper(answers: Answers) -> None:
    """Without wording a form is copied from a paper that can be found again, item by item."""
    if answers.filled_by != PAPER:
        raise care.WrongInput("filled_by", "Its wording is not loaded here.", PAPER)
    if not answers.paper.strip() or answers.filled_at is None:
        raise care.WrongInput("paper", "Which paper is it, and of when?", "its name and its time")
