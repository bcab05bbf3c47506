"""The pages of the first phase: what is asked, what is missing, and what is signed."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from holdspace.assessment import actions, heard, text
from holdspace.assessment.forms import (
    AsqForm,
    ClearanceForm,
    SuspendForm,
)
from holdspace.assessment.medical_form import MedicalForm, said_of
from holdspace.assessment.mental_form import MentalHealthForm
from holdspace.assessment.missing import came_in, to_be_done, with_remedies
from holdspace.care import actions as care
from holdspace.care.facts import load, protocol_of
from holdspace.care.models import Course, Task
from holdspace.care.typed import in_words, say_wrong
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404, names_of, show_decision
from holdspace.core.canonical import digest
from holdspace.core.codes import Code
from holdspace.core.course import clearance_left
from holdspace.core.decision import Door
from holdspace.core.diagnoses import NOT_MAPPED
from holdspace.core.facts import DocumentKind
from holdspace.core.units import Kind
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404

CLEARS = _("I clear this person for medicine")


def _page(request: HttpRequest, course: Course, **more: Any) -> dict[str, Any]:
    return {
        "course": course,
        "person": banner(course.patient, request.now),
        "now": request.now,
        "clinic": course.clinic,
        **more,
    }


def _sent(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when it was nothing at all; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


def medical(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """The physician's evaluation: history by system, medicines, measurements, signature."""
    course = course_or_404(request, course_id, May.EVALUATE_MEDICALLY)
    actor, now = request.actor, request.now
    meaning = _("I took this history and examined this person")
    facts = load(course, now=now)
    weighed = facts.latest(Kind.WEIGHT)
    form = MedicalForm(
        _sent(request),
        request=request,
        meaning=meaning,
        protocol=protocol_of(course),
        clinic=course.clinic,
        now=now,
        last_weight=weighed.number if weighed else None,
        known=facts,
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.record_medical_evaluation(
                course=course,
                evaluation=form.evaluation(str(actor.pk)),
                signature=form.signature,
                by=actor,
                now=now,
            )
        except care.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("The medical evaluation is signed."))
            for name in form.by_hand:
                messages.warning(request, f"{name}: {NOT_MAPPED}.")
            for name, near in form.not_recognised:
                said = _("Not recognised, review by hand: %s.") % name
                ask = _(" Did you mean %s?") % near if near else ""
                messages.warning(request, said + ask)
            return redirect("assessment:clearance", course.id)
    heard.beside(form, heard.by_therapist(facts))
    context = _page(
        request,
        course,
        form=form,
        meaning=meaning,
        assessed=heard.newest_assessment(course),
        assessment=heard.newest_paper(course, DocumentKind.MENTAL_HEALTH_ASSESSMENT.value),
        differences=heard.differences(facts, protocol_of(course)),
    )
    return render(request, "assessment/medical.html", context)


@require_POST
def medicine(request: HttpRequest) -> JsonResponse:
    """What the table makes of one typed name, while it is being typed; about nobody."""
    actor_or_404(request, May.EVALUATE_MEDICALLY)
    try:
        name = str(json.loads(request.body)["name"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return JsonResponse({"accepted": '{"name": "..."}'}, status=400)
    return JsonResponse(said_of(name))


def mental_health(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """The therapist's assessment; what the record knows already is shown, never asked twice."""
    course = course_or_404(request, course_id, May.ASSESS_MENTAL_HEALTH)
    actor, now, protocol = request.actor, request.now, protocol_of(course)
    meaning = _("I assessed this person; this is my finding")
    form = MentalHealthForm(
        _sent(request),
        request=request,
        meaning=meaning,
        protocol=protocol,
        today=course.clinic.day(now),
        said=heard.said_by_the_person(course),
    )
    if request.method == "POST" and form.is_valid():
        try:
            document = actions.record_mental_health_assessment(
                course=course,
                assessment=form.assessment(),
                signature=form.signature,
                by=actor,
                now=now,
            )
        except care.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("The mental-health assessment is signed."))
            return redirect("care:document", document.id)
    facts = load(course, now=now, actor=actor)
    heard.beside(form, heard.by_physician(facts, protocol))
    context = _page(
        request,
        course,
        form=form,
        meaning=meaning,
        screened=heard.screened(facts, protocol),
        risk_tasks=_risk_tasks(course),
        substances=heard.substances(facts, protocol),
        differences=heard.differences(facts, protocol),
        evaluation=heard.newest_paper(course, DocumentKind.MEDICAL_EVALUATION.value),
        earlier=heard.newest_paper(course, DocumentKind.MENTAL_HEALTH_ASSESSMENT.value),
        may_write_privately=actor.may(May.WRITE_PRIVATE_NOTES, now),
    )
    return render(request, "assessment/mental_health.html", context)


def screen(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """The suicide-risk screen by itself; a positive one shows help and its task at once."""
    course = course_or_404(request, course_id, May.OBSERVE)
    form = AsqForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        recorded = actions.record_suicide_screen(
            course=course, answers=form.answers(), by=request.actor, now=request.now
        )
        level = recorded.score.level.lower()
        tell = messages.warning if recorded.task else messages.success
        tell(request, _("The screen is recorded: %s.") % level)
        if recorded.task is None and request.actor.may(May.ASSESS_MENTAL_HEALTH, request.now):
            return redirect("assessment:mental_health", course.id)
        return redirect("assessment:screen", course.id)
    facts = load(course, now=request.now)
    context = _page(
        request,
        course,
        asq=form,
        screen=facts.latest(Kind.SUICIDE_SCREEN),
        risk_tasks=_risk_tasks(course),
    )
    return render(request, "assessment/screen.html", context)


def _risk_tasks(course: Course) -> list[Task]:
    """Open risk tasks of this course with who owns them, so that the page can say so."""
    rows = course.tasks.filter(kind="risk_answer", closed_at__isnull=True)
    return list(rows.select_related("owner__user", "escalates_to__user").order_by("due_at"))


def clearance(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Every finding by weight, what is missing as work to do, and the physician's signature."""
    signing = request.method == "POST"
    course = course_or_404(
        request, course_id, May.CLEAR_FOR_MEDICINE if signing else May.READ_CHART
    )
    form = ClearanceForm(_sent(request), request=request, meaning=str(CLEARS))
    if signing and form.is_valid():
        try:
            outcome = actions.sign_clearance(
                course=course,
                signature=form.signature,
                seen=form.cleaned_data["seen"],
                by=request.actor,
                now=request.now,
            )
        except care.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            if not outcome.allowed:
                return redirect("care:decision", outcome.row.id)
            messages.success(request, _("Cleared for medicine."))
            return redirect("care:chart", course.patient_id)
    return render(request, "assessment/clearance.html", _clearance_page(request, course, form))


def _clearance_page(request: HttpRequest, course: Course, form: ClearanceForm) -> dict[str, Any]:
    protocol = protocol_of(course)
    actions.settle(course=course, now=request.now)  # what has come in since is no longer asked
    decision = care.ask(Door.CLEAR_FOR_MEDICINE, course, by=request.actor, now=request.now)
    facts = load(course, now=request.now)
    statement = text.clearance(decision, protocol)
    names = names_of(course.clinic_id, {f.relief.by for f in decision.findings if f.relief})
    return _page(
        request,
        course,
        form=form,
        meaning=CLEARS,
        decision=with_remedies(
            show_decision(decision, names=names), course, request.actor, request.now
        ),
        allowed=decision.allowed,
        to_do=to_be_done(decision, course, request.actor, request.now),
        came_in=came_in(course),
        may_ask=request.actor.may(May.READ_CLINICAL_HOLD_REASON, request.now),
        statement=statement,
        seen=digest(statement),
        facts_digest=decision.facts,
        protocol=protocol,
        may_sign=request.actor.may(May.CLEAR_FOR_MEDICINE, request.now),
        may_answer=request.actor.may(May.WAIVE, request.now),
        answerable=any(f.relievable_by for f in decision.stops),
        valid_days=protocol.whole("clearance.valid_days"),
        in_force=facts.document(DocumentKind.CLEARANCE),
        left=clearance_left(facts, protocol),
        suspend_form=SuspendForm(),
        back=reverse("care:chart", args=[course.patient_id]),
    )


@require_POST
def ask(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Ask the door and keep the answer: a hold is answered on a kept decision."""
    course = course_or_404(request, course_id, May.READ_CLINICAL_HOLD_REASON)
    outcome = actions.ask_at_the_door(course=course, by=request.actor, now=request.now)
    return redirect("care:decision", outcome.row.id)


@require_POST
def ask_for(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """One tap on what is missing: a colleague gets it as a task, or the person gets a form."""
    course = course_or_404(request, course_id, May.READ_CLINICAL_HOLD_REASON)
    actor, now = request.actor, request.now
    known = {code.value: code for code in Code}
    code = known.get(request.POST.get("code", ""))
    try:
        if code is None:
            raise care.WrongInput("code", "What is asked for?", "something on the list")
        if request.POST.get("of") == "person":
            actions.ask_the_person(course=course, code=code, by=actor, now=now)
            messages.success(request, _("The person is asked by a form."))
        else:
            task = actions.ask_for(course=course, code=code, by=actor, now=now)
            messages.success(request, _("Asked of %s.") % task.owner.name)
    except care.WrongInput as wrong:
        messages.error(request, in_words(wrong))
    return redirect("assessment:clearance", course.id)


@require_POST
def suspend(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Any clinician who learns something new stops the next door, with the reason."""
    course = course_or_404(request, course_id, May.OBSERVE)
    form = SuspendForm(request.POST)
    if form.is_valid():
        try:
            actions.suspend_clearance(
                course=course, by=request.actor, now=request.now, **form.cleaned_data
            )
        except care.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("Suspended: the next door waits for a physician."))
            return redirect("care:chart", course.patient_id)
    asked = ClearanceForm(None, request=request, meaning=str(CLEARS))
    page = _clearance_page(request, course, asked) | {"suspend_form": form}
    return render(request, "assessment/clearance.html", page, status=422)
