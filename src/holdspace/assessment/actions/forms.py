"""A form that somebody is asked to fill in: asked, linked, answered one by one, finished.

Every answer is on disk, and heard, before the next question is shown. A later answer to the same
question replaces the earlier one; both are kept.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from holdspace.assessment.actions.questionnaires import (
    PERSON,
    Answers,
    Recorded,
    asked_here,
    record_form,
)
from holdspace.assessment.actions.risk import hear, may_send
from holdspace.assessment.asked import is_spent, newest_requests, standing_answers
from holdspace.assessment.models import FormAnswer, FormEnd, FormLink, FormRequest, How
from holdspace.care import actions as care
from holdspace.care.models import Course, Session, Task
from holdspace.core.asking import questions
from holdspace.core.scales import Scale, score
from holdspace.people.models import Membership
from holdspace.records.actions import record
from holdspace.records.models import Sealed

TOKEN_BYTES = 32
LINK_DAYS = 7
POINT_CHARACTERS = 80
REASON_LEAST, REASON_CHARACTERS = 3, 200


@transaction.atomic
def ask_to_fill(
    *,
    course: Course,
    instrument: str,
    point: str,
    due_at: datetime,
    by: Membership | None,
    now: datetime,
    language: str = "en",
    session: Session | None = None,
) -> FormRequest:
    """Ask for one instrument at one point of the course; asked twice, it is asked once.

    When what answered it was struck, it is asked anew: the old row and its answers stay.
    Raises WrongInput for an instrument that is not there or has no questions to answer.
    """
    point = point.strip()
    if not 0 < len(point) <= POINT_CHARACTERS:
        raise care.WrongInput("point", "When in the course is this asked?", "a few words")
    if due_at.tzinfo is None:
        raise care.WrongInput("due_at", "The time has no zone.", "a time with its zone")
    course = care.lock_course(course)
    asked = _fillable(course, instrument)
    before = newest_requests(course).get((asked.id, point))
    if before is not None and not is_spent(before):
        return before
    request = FormRequest.draft(
        now=now,
        clinic_id=course.clinic_id,
        patient_id=course.patient_id,
        course=course,
        session=session,
        instrument=asked.id,
        version=asked.version,
        language=language,
        point=point,
        due_at=due_at,
        instead_of=before,
        by=by,
    )
    _write(request, request, "form.asked", by, now)
    return request


@transaction.atomic
def new_link(
    *,
    request: FormRequest,
    now: datetime,
    by: Membership | None = None,
    handed_over: bool = False,
) -> str:
    """A fresh token for this form; it works for a week, and older ones stop working now.

    Only its digest is kept: the token is returned here once. Raises WrongInput when the form has
    ended, has no wording that may be shown, or would be read by nobody (`handed_over`, to
    somebody who is here, needs nobody on call).
    """
    request = _open(request)
    if asked_here(request.course, request.instrument).paper_only:
        raise care.WrongInput(
            "instrument", "Its wording needs a licence that is not loaded.", "the clinic's paper"
        )
    if not handed_over:
        _check_reader(request, now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = FormLink.draft(
        now=now,
        clinic_id=request.clinic_id,
        patient_id=request.patient_id,
        request=request,
        number=request.links.count() + 1,
        digest=sha256(token.encode()).hexdigest(),
        expires_at=now + timedelta(days=LINK_DAYS),
        by=by,
    )
    _write(link, request, "form.link", by, now)
    return token


@transaction.atomic
def answer_item(
    *,
    request: FormRequest,
    item: str,
    option: int,
    now: datetime,
    by: Membership | None = None,
) -> Task | None:
    """Keep one answer and hear it; the task that it calls for, if any.

    Raises WrongInput for an item or an option that the instrument does not have, and for a form
    that has ended.
    """
    return _answer(request, item, option, by, now)


@transaction.atomic
def decline_item(
    *, request: FormRequest, item: str, now: datetime, by: Membership | None = None
) -> Task | None:
    """Keep that the person would not answer this item; in a risk screen that is heard as a yes."""
    return _answer(request, item, None, by, now)


@transaction.atomic
def finish(
    *,
    request: FormRequest,
    now: datetime,
    by: Membership | None = None,
    filled_by: str = PERSON,
    incomplete: bool = False,
) -> Recorded:
    """Score the form and keep it as one event. Finishing twice keeps it once.

    An item that was declined leaves a form without a total (a risk screen counts it as a yes).
    With `incomplete` a form with open questions is kept too, without a total or a level; else
    WrongInput names the first of them.
    """
    request = _locked(request)
    asked = asked_here(request.course, request.instrument)
    items, declined = standing_answers(request)
    # What a changed answer took away was answered, and is kept; it is no part of this form.
    codes = {item.code for item in questions(asked, items, declined)}
    items = {code: option for code, option in items.items() if code in codes}
    declined &= codes
    end = FormEnd.objects.select_related("event").filter(request=request).first()
    if end is not None and end.event is not None:
        return Recorded(end.event, score(asked, items, declined=declined))
    answers = Answers(
        items=items,
        declined=declined,
        filled_by=filled_by,
        incomplete=incomplete,
    )
    return end_with(request=_open(request), answers=answers, by=by, now=now)


@transaction.atomic
def end_with(
    *, request: FormRequest, answers: Answers, by: Membership | None, now: datetime
) -> Recorded:
    """Keep these answers as what this request came to: all at once, as staff enter a form.

    Raises WrongInput as `record_form` does, and for a form that has ended.
    """
    request = _open(request)
    kept = record_form(
        course=request.course,
        instrument=request.instrument,
        answers=replace(answers, point=request.point, language=request.language),
        session=request.session,
        about=request.id,
        by=by,
        now=now,
    )
    end = _end(request, How.FINISHED, by, now)
    end.event = kept.event
    _write(end, request, "form.finished", by, now)
    return kept


@transaction.atomic
def withdraw(*, request: FormRequest, reason: str, by: Membership | None, now: datetime) -> FormEnd:
    """It is no longer asked for: its links stop working.

    Raises WrongInput without a reason, and when it has ended.
    """
    reason = reason.strip()
    if not REASON_LEAST <= len(reason) <= REASON_CHARACTERS:
        raise care.WrongInput("reason", "Why is it no longer asked?", "a few words")
    if "\x00" in reason:
        raise care.WrongInput("reason", "There is a sign in it that cannot be kept.", "plain words")
    request = _open(request)
    end = _end(request, How.WITHDRAWN, by, now)
    end.reason = reason
    _write(end, request, "form.withdrawn", by, now)
    return end


def _fillable(course: Course, instrument: str) -> Scale:
    asked = asked_here(course, instrument)
    if not asked.fillable:
        raise care.WrongInput("instrument", "It has no questions to answer.", "another instrument")
    return asked


def _check_reader(request: FormRequest, now: datetime) -> None:
    """A form with answers about safety is not sent while nobody would read them."""
    course = request.course
    asked = asked_here(course, request.instrument)
    problem = may_send(course.clinic, asked, now, course=course)
    if problem:
        raise care.WrongInput("on_call", problem, "a form filled in here, or somebody on call")


def _locked(request: FormRequest) -> FormRequest:
    """The request, with its course held until the transaction ends."""
    course = care.lock_course(request.course)
    request = FormRequest.objects.select_related("session", "clinic").get(pk=request.pk)
    request.course = course
    return request


def _open(request: FormRequest) -> FormRequest:
    request = _locked(request)
    if FormEnd.objects.filter(request=request).exists():
        raise care.WrongInput("request", "This form has ended.", "a form that is open")
    return request


def _answer(
    request: FormRequest, item: str, option: int | None, by: Membership | None, now: datetime
) -> Task | None:
    request = _open(request)
    asked = asked_here(request.course, request.instrument)
    _check_item(asked, item, option)
    answer = FormAnswer.draft(
        now=now,
        clinic_id=request.clinic_id,
        patient_id=request.patient_id,
        request=request,
        number=request.answers.count() + 1,
        item=item,
        option=option,
        declined=option is None,
        answered_at=now,
        by=by,
    )
    _write(answer, request, "form.answer", by, now)
    items, declined = standing_answers(request)
    return hear(
        course=request.course,
        instrument=asked,
        answers=items,
        declined=frozenset(declined),
        about=request.id,
        by=by,
        now=now,
    )


def _check_item(asked: Scale, item: str, option: int | None) -> None:
    found = next((one for one in asked.items if one.code == item), None)
    if found is None:
        codes = ", ".join(one.code for one in asked.items)
        raise care.WrongInput("item", "There is no such question.", codes)
    if option is not None and option not in [one.score for one in found.options]:
        accepted = ", ".join(str(one.score) for one in found.options)
        raise care.WrongInput(item, "This is not one of the answers.", accepted)


def _end(request: FormRequest, how: How, by: Membership | None, now: datetime) -> FormEnd:
    return FormEnd.draft(
        now=now,
        clinic_id=request.clinic_id,
        patient_id=request.patient_id,
        request=request,
        how=how.value,
        at=now,
        by=by,
    )


def _write(
    row: Sealed, request: FormRequest, act: str, by: Membership | None, now: datetime
) -> None:
    """One row of a form, chained to its course; the entry says which form, never what was said."""
    record(
        rows=[row],
        stream=request.course.stream,
        act=act,
        by=by,
        now=now,
        clinic_id=request.clinic_id,
        body={"form": str(request.id), "instrument": request.instrument},
    )
