"""Questionnaires for staff: what is asked, filled in here or copied from paper, and kept."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from holdspace.assessment import actions
from holdspace.assessment.asked import kept_forms
from holdspace.assessment.filling import AskForm, FillForm
from holdspace.assessment.instruments import ASQ, PHQ9, instruments
from holdspace.assessment.models import FormEnd, FormRequest
from holdspace.assessment.owed import Stands, forms_of
from holdspace.care import actions as care
from holdspace.care.events import QuestionnaireAnswered
from holdspace.care.facts import decoded
from holdspace.care.models import Course, Event, EventKind, Strike
from holdspace.care.typed import in_words, say_wrong
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404
from holdspace.core.scales import Scale, score
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404
from holdspace.records.models import AccessWhat

DUE_DAYS = 7  # what the date says at first; whoever asks changes it


def questionnaires(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """What is asked for and what was answered; the desk sees no answers and no totals."""
    course = course_or_404(request, course_id, May.ASK_TO_FILL)
    known = instruments(course.clinic)
    reads = request.actor.may(May.READ_CHART, request.now)
    form = AskForm(_sent(request), scales=_askable(course), initial=_asked_first(request, course))
    if request.method == "POST" and form.is_valid():
        try:
            _ask(request, course, form.cleaned_data)
        except care.WrongInput as wrong:
            messages.error(request, in_words(wrong))
        return redirect("assessment:questionnaires", course.id)
    context = _page(
        request,
        course,
        form=form,
        asked=[
            (one, known.get(one.instrument))
            for one in forms_of(course, request.now)
            if one.is_open or one.stands is Stands.STOPPED
        ],
        kept=[
            (one, known.get(one.body.instrument))
            for one in reversed(kept_forms(course) if reads else [])
        ],
        reads=reads,
        fills=request.actor.may(May.OBSERVE, request.now),
        fillable=[one for one in known.values() if one.fillable],
    )
    return render(request, "assessment/questionnaires.html", context)


def fill(request: HttpRequest, course_id: UUID, instrument: str) -> HttpResponse:
    """One instrument, filled in here; an answer about safety shows help before it is sent."""
    course = course_or_404(request, course_id, May.OBSERVE)
    scale = instruments(course.clinic).get(instrument)
    if scale is None or not scale.fillable:
        raise Http404
    asked = _asked_for(course, instrument, request.GET.get("form", ""))
    form = FillForm(_sent(request), scale=scale, clinic=course.clinic, now=request.now)
    if request.method == "POST" and form.is_valid():
        try:
            recorded = _record(request, course, scale, asked, form.answers())
        except care.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("Kept: %s.") % _came_to(recorded))
            if recorded.task:
                return redirect(request.get_full_path())
            return redirect("assessment:filled", recorded.event.id)
    context = _page(
        request,
        course,
        form=form,
        scale=scale,
        asked=asked,
        worries=form.is_bound and form.worries,
        risk_tasks=_risk_tasks(course),
    )
    return render(request, "assessment/fill.html", context)


def phq9(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """The PHQ-9 at the address that other pages know."""
    return fill(request, course_id, PHQ9)


def filled(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """One form as it was filled in: every item, what it came to, and how it came here."""
    actor = actor_or_404(request, May.READ_CHART)
    rows = Event.objects.of(actor.clinic).filter(kind=EventKind.QUESTIONNAIRE_ANSWERED)
    event = rows.select_related("by__user").filter(pk=event_id, body__isnull=False).first()
    if event is None:
        raise Http404
    course = course_or_404(request, event.course_id)
    body = decoded(event).body
    scale = instruments(course.clinic).get(body.instrument)
    context = _page(
        request,
        course,
        event=event,
        body=body,
        scale=scale,
        rows=_rows(body, scale),
        found=_scored_again(body, scale),
        struck=Strike.objects.filter(struck_id=event.id).select_related("by__user").first(),
    )
    return render(request, "assessment/filled.html", context)


def blank(request: HttpRequest, course_id: UUID, instrument: str) -> HttpResponse:
    """The empty form for paper, where its wording may be shown."""
    course = course_or_404(request, course_id, May.ASK_TO_FILL, AccessWhat.RECORD_PRINT)
    scale = instruments(course.clinic).get(instrument)
    if scale is None or not scale.fillable:
        raise Http404
    return render(request, "assessment/blank.html", _page(request, course, scale=scale))


# --- what the views share -------------------------------------------------------------------------


def _page(request: HttpRequest, course: Course, **more: Any) -> dict[str, Any]:
    return {
        "course": course,
        "person": banner(course.patient, request.now),
        "now": request.now,
        "clinic": course.clinic,
        **more,
    }


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _askable(course: Course) -> list[Scale]:
    return [one for one in instruments(course.clinic).values() if one.fillable]


def _asked_first(request: HttpRequest, course: Course) -> dict[str, Any]:
    return {"due_on": course.clinic.day(request.now) + timedelta(days=DUE_DAYS)}


def _ask(request: HttpRequest, course: Course, data: dict[str, Any]) -> FormRequest:
    due = datetime.combine(data["due_on"], time(23, 59), course.clinic.zone)
    if due < request.now:
        raise care.WrongInput("due_on", "This day has passed.", "today or later")
    return actions.ask_to_fill(
        course=course,
        instrument=data["instrument"],
        point=data["point"],
        due_at=due,
        by=request.actor,
        now=request.now,
    )


def _asked_for(course: Course, instrument: str, key: str) -> FormRequest | None:
    """The open request that this form answers: the one named, if it is this course's."""
    try:
        wanted = UUID(key)
    except ValueError:
        return None
    row = FormRequest.objects.filter(course=course, instrument=instrument, pk=wanted).first()
    if row is None or FormEnd.objects.filter(request=row).exists():
        return None
    row.course = course
    return row


def _record(
    request: HttpRequest,
    course: Course,
    scale: Scale,
    asked: FormRequest | None,
    answers: actions.Answers,
) -> actions.Recorded:
    if asked is not None:
        return actions.end_with(request=asked, answers=answers, by=request.actor, now=request.now)
    if scale.id == ASQ:
        return actions.record_suicide_screen(
            course=course, answers=answers, by=request.actor, now=request.now
        )
    return actions.record_form(
        course=course, instrument=scale.id, answers=answers, by=request.actor, now=request.now
    )


def _came_to(recorded: actions.Recorded) -> str:
    found = recorded.score
    if not found.complete:
        return _("not complete, so without a total")
    parts = [str(part) for part in (found.total, found.level.lower()) if part not in (None, "")]
    return ", ".join(parts) or _("every answer")


def _rows(body: QuestionnaireAnswered, scale: Scale | None) -> list[dict[str, Any]]:
    """Each item of the form with its answer in words; what was not answered says so."""
    given = {answer.item: answer for answer in body.answers}
    items = {item.code: item for item in scale.items} if scale else {}
    found = []
    for code in [*items, *(code for code in given if code not in items)]:
        item, answer = items.get(code), given.get(code)
        label = ""
        if item and answer and answer.score is not None:
            label = next((o.label for o in item.options if o.score == answer.score), "")
        found.append(
            {
                "heading": item.heading if item else code,
                "answer": label,
                "score": answer.score if answer else None,
                "declined": bool(answer and answer.declined),
                "is_asked": answer is not None,
            }
        )
    return found


def _scored_again(body: QuestionnaireAnswered, scale: Scale | None) -> Any:
    """Sub-scales and rules as this version of the program reads the kept items."""
    if scale is None or scale.version != body.version:
        return None
    items = {a.item: a.score for a in body.answers if a.score is not None}
    declined = frozenset(a.item for a in body.answers if a.declined)
    try:
        return score(scale, items, declined=declined)
    except ValueError:
        return None


def _risk_tasks(course: Course) -> list[Any]:
    rows = course.tasks.filter(kind="risk_answer", closed_at__isnull=True)
    return list(rows.select_related("owner__user", "escalates_to__user").order_by("due_at"))
