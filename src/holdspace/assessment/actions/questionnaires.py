"""Answers are kept item by item, and a risk answer opens its task in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from holdspace.assessment.actions.risk import open_risk_task
from holdspace.assessment.instruments import ASQ, PHQ9, PHQ9_RISK_ITEM, scale
from holdspace.care import actions as care
from holdspace.care.events import ItemAnswer, QuestionnaireAnswered
from holdspace.care.models import Course, Event, EventKind, Label, Session, Task
from holdspace.core.scales import Scale, ScaleError, Score, score, screen_word
from holdspace.core.units import Kind
from holdspace.people.models import Membership

FILLED_BY = ("person", "asked_by_staff", "paper")


@dataclass(frozen=True, slots=True)
class Answers:
    """One form as it was filled in. `items` maps item codes to the score of the chosen answer.

    `declined` are items the person would not answer. `incomplete` says that the rest will not be
    answered: such a form is kept, without a total or a risk level.
    """

    items: Mapping[str, int]
    declined: frozenset[str] = field(default_factory=frozenset)
    filled_by: str = "asked_by_staff"
    language: str = "en"
    comment: str = ""
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was kept, what it came to, and the task that it opened, if any."""

    event: Event
    score: Score
    task: Task | None = None


@transaction.atomic
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
    event, found = _keep(scale(PHQ9), course, answers, by, now, session)
    item9 = answers.items.get(PHQ9_RISK_ITEM)
    readings = []
    if found.total is not None:
        readings.append(care.Reading(Kind.PHQ9_TOTAL, Decimal(found.total)))
    if item9 is not None:
        readings.append(care.Reading(Kind.PHQ9_ITEM_9, Decimal(item9)))
    if readings:
        _observe(course, readings, PHQ9, by, now, session)
    if not item9:
        return Recorded(event, found)
    words = "Talk with the person now" if item9 > 1 else "Contact the person today"
    task = open_risk_task(
        course=course,
        title=f"{words}: an answer about safety was given",
        urgent=item9 > 1,
        about=event.id,
        by=by,
        now=now,
    )
    return Recorded(event, found, task)


@transaction.atomic
def record_suicide_screen(
    *,
    course: Course,
    answers: Answers,
    by: Membership | None,
    now: datetime,
    session: Session | None = None,
) -> Recorded:
    """Keep an ASQ screen; a positive one opens its task the moment it is recorded.

    An incomplete screen has no level and is not accepted: a declined item counts as positive.
    Raises WrongInput naming the first item that is missing.
    """
    if answers.incomplete:
        raise care.WrongInput(
            "incomplete", "A screen is never kept half answered.", "yes, no or declined for each"
        )
    event, found = _keep(scale(ASQ), course, answers, by, now, session)
    word = screen_word(found.level)
    _observe(course, [care.Reading(Kind.SUICIDE_SCREEN, word)], ASQ, by, now, session)
    if word == "negative":
        return Recorded(event, found)
    urgent = word == "acute_positive"
    title = "Suicide-risk screen positive: " + ("see the person now" if urgent else "see today")
    task = open_risk_task(course=course, title=title, urgent=urgent, about=event.id, by=by, now=now)
    return Recorded(event, found, task)


def _keep(
    instrument: Scale,
    course: Course,
    answers: Answers,
    by: Membership | None,
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
    )
    event = care.happen(
        course=course,
        kind=EventKind.QUESTIONNAIRE_ANSWERED,
        body=body,
        at=now,
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
    try:
        found = score(instrument, answers.items, declined=answers.declined)
    except ScaleError as error:
        raise care.WrongInput(error.path, error.problem, error.accepted) from error
    if found.missing and not answers.incomplete:
        item = instrument.item(found.missing[0])
        labels = ", ".join(option.label for option in item.options)
        raise care.WrongInput(item.code, "This was not answered.", labels)
    if not answers.items and not answers.declined:
        raise care.WrongInput(instrument.items[0].code, "Nothing was answered.", "an answer")
    return found


def _observe(
    course: Course,
    readings: list[care.Reading],
    source: str,
    by: Membership | None,
    now: datetime,
    session: Session | None,
) -> UUID | None:
    rows = care.observe(
        course=course,
        readings=readings,
        taken_at=now,
        session=session,
        source=source,
        by=by,
        now=now,
    )
    return rows[0].taken_as_set
