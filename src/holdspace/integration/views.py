"""Integration visits beside the trend, and the closing of a course."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from holdspace.care import actions as care
from holdspace.care.facts import load
from holdspace.care.models import Document
from holdspace.care.views.chart import banner, phq9_trend
from holdspace.care.web import course_or_404, show_decision
from holdspace.core.decision import Door
from holdspace.core.facts import DocumentKind
from holdspace.integration import actions
from holdspace.integration.forms import CloseForm, VisitForm
from holdspace.people.access import May


def visit(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """An integration visit after the last session, with the outcomes on view."""
    now = request.now
    course = course_or_404(request, course_id, May.WRITE_THERAPY)
    meaning = _("I held this integration visit")
    form = VisitForm(request.POST or None, request=request, meaning=meaning)
    last = course.sessions.order_by("-number").first()
    if request.method == "POST" and form.is_valid():
        actions.hold_visit(
            course=course,
            note=form.text(),
            after=last,
            signature=form.signature,
            by=request.actor,
            now=now,
        )
        messages.success(request, _("The visit is signed."))
        return redirect("care:chart", course.patient_id)
    notes = Document.objects.filter(course=course, kind=DocumentKind.INTEGRATION_NOTE.value)
    facts = load(course, now=now, actor=request.actor)
    context = {
        "form": form,
        "meaning": meaning,
        "course": course,
        "person": banner(course.patient, now),
        "trend": phq9_trend(facts),
        "last": next((s for s in facts.sessions if last and s.id == str(last.id)), None),
        "before": notes.select_related("by__user").order_by("-signed_at"),
        "now": now,
    }
    return render(request, "integration/visit.html", context)


def close(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """The last door: what is still open is listed; the summary is signed."""
    now = request.now
    writes = request.method == "POST"
    course = course_or_404(request, course_id, May.WRITE_THERAPY if writes else May.READ_CHART)
    meaning = _("I am closing this course")
    form = CloseForm(request.POST or None, request=request, meaning=meaning)
    if writes and form.is_valid():
        outcome = care.close_course(
            course=course,
            summary=form.cleaned_data["summary"],
            outcome_words=form.cleaned_data["outcome_words"],
            signature=form.signature,
            by=request.actor,
            now=now,
        )
        if not outcome.allowed:
            return redirect("care:decision", outcome.row.id)
        messages.success(request, _("The course is closed."))
        return redirect("care:chart", course.patient_id)
    preview = care.ask(Door.CLOSE_COURSE, course, by=request.actor, now=now)
    facts = load(course, now=now, actor=request.actor)
    context = {
        "form": form,
        "meaning": meaning,
        "course": course,
        "person": banner(course.patient, now),
        "decision": show_decision(preview),
        "trend": phq9_trend(facts),
    }
    return render(request, "integration/close.html", context)
