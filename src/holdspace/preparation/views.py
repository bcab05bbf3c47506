"""Preparation visits, consent and its withdrawal as pages."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from holdspace.care import actions as care
from holdspace.care.facts import load
from holdspace.care.models import Course, Document
from holdspace.care.typed import in_words, say_wrong
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404, show_decision
from holdspace.core.decision import Door
from holdspace.core.facts import DocumentKind
from holdspace.people.access import May
from holdspace.preparation import actions
from holdspace.preparation.forms import ConsentForm, VisitForm, WithdrawForm
from holdspace.preparation.text import consent_text


def visit(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """A preparation visit held by the assigned therapist; the first one passes its door."""
    now = request.now
    course = course_or_404(request, course_id, May.WRITE_THERAPY)
    meaning = _("I held this preparation visit")
    form = VisitForm(request.POST or None, request=request, meaning=meaning)
    if request.method == "POST" and form.is_valid():
        outcome = actions.hold_visit(
            course=course, note=form.text(), signature=form.signature, by=request.actor, now=now
        )
        if not outcome.allowed:
            return redirect("care:decision", outcome.row.id)
        messages.success(request, _("The visit is signed."))
        return redirect("care:chart", course.patient_id)
    preview = care.ask(Door.BEGIN_PREPARATION, course, by=request.actor, now=now)
    context = _context(request, course, form, meaning) | {
        "decision": show_decision(preview),
        "before": _signed(course, DocumentKind.PREPARATION_NOTE),
    }
    return render(request, "preparation/visit.html", context)


def consent(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Consent and agreements, asked alone; what is signed is the text on the page."""
    now = request.now
    writes = request.method == "POST"
    course = course_or_404(request, course_id, May.OBSERVE if writes else May.READ_CHART)
    meaning = _("I asked the person alone and saw them sign")
    text = consent_text(course)
    form = ConsentForm(request.POST or None, request=request, meaning=meaning)
    if writes and form.is_valid():
        data = form.cleaned_data
        fields = (
            "signed_name",
            "other_name_because",
            "teach_back",
            "asked_alone",
            "able_and_free",
            "touch_signal",
            "recording",
        )
        given = actions.ConsentGiven(
            text=text, touch=tuple(data["touch"]), **{name: data[name] for name in fields}
        )
        try:
            actions.take_consent(
                course=course, given=given, signature=form.signature, by=request.actor, now=now
            )
        except care.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("Consent and agreements are signed."))
            return redirect("care:chart", course.patient_id)
    facts = load(course, now=now, actor=request.actor)
    context = _context(request, course, form, meaning) | {
        "text": text,
        "in_force": facts.document(DocumentKind.CONSENT),
        "before": _signed(course, DocumentKind.CONSENT, DocumentKind.TOUCH_AGREEMENT),
        "withdraw_form": WithdrawForm(),
    }
    return render(request, "preparation/consent.html", context)


def withdraw(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """The person withdraws: always possible, never argued with."""
    course = course_or_404(request, course_id, May.OBSERVE)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            care.withdraw_consent(
                course=course, by=request.actor, now=request.now, **form.cleaned_data
            )
        except care.WrongInput as wrong:
            messages.error(request, in_words(wrong))
        else:
            messages.success(request, _("Consent is withdrawn. Care goes on; no further dose."))
    return redirect("care:chart", course.patient_id)


def _signed(course: Course, *kinds: DocumentKind) -> list[Document]:
    rows = Document.objects.filter(course=course, kind__in=[k.value for k in kinds])
    return list(rows.select_related("by__user").order_by("-signed_at"))


def _context(request: HttpRequest, course: Course, form: object, meaning: str) -> dict[str, object]:
    return {
        "form": form,
        "course": course,
        "person": banner(course.patient, request.now),
        "meaning": meaning,
        "now": request.now,
    }
