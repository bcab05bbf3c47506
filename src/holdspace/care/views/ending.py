"""Not here, or not now: the letter is shown word for word, then signed; and the way back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from holdspace.care import actions
from holdspace.care.forms import DeclineForm, OpenAgainForm
from holdspace.care.typed import say_wrong
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404, document_or_404
from holdspace.core.canonical import digest
from holdspace.core.facts import DocumentKind
from holdspace.people.access import May
from holdspace.people.forms import SignatureForm


def decline(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """First what it says, then the letter itself with the signature under it."""
    course = course_or_404(request, course_id, May.READ_CLINICAL_HOLD_REASON)
    actor, now, clinic = request.actor, request.now, course.clinic
    whom = ", ".join(part for part in (clinic.name, clinic.phone) if part)
    form = DeclineForm(request.POST or None, today=clinic.day(now), initial={"whom": whom})
    meaning = _("I end this course here, kindly, with this letter")
    context = {"form": form, "course": course, "person": banner(course.patient, now)}
    if request.method != "POST" or not form.is_valid() or "change" in request.POST:
        return render(request, "care/decline.html", context)
    end = form.end()
    text = actions.letter_of(course, end, now)
    signing = "seen" in request.POST
    sign = SignatureForm(request.POST if signing else None, request=request, meaning=meaning)
    if signing and request.POST["seen"] != digest(text):
        messages.error(request, _("The letter is another one by now. Read it again, then sign."))
    elif signing and sign.is_valid():
        try:
            letter = actions.end_kindly(
                course=course, end=end, signature=sign.signature, by=actor, now=now
            )
        except actions.WrongInput as wrong:
            say_wrong(form, wrong)
            return render(request, "care/decline.html", context)
        messages.success(request, _("Recorded and signed. Print the letter, or hand it over."))
        return redirect("care:letter", letter.id)
    kept = [(n, request.POST.get(n, "")) for n in (*form.fields, "draft_key")]
    context |= {"letter": text, "seen": digest(text), "sign": sign, "meaning": meaning}
    return render(request, "care/decline_letter.html", context | {"kept": kept})


def letter(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """The letter alone, as paper: nothing of the chart is on it."""
    document = document_or_404(request, document_id)
    if document.kind != DocumentKind.LETTER_TO_PERSON:
        return redirect("care:document", document.id)
    site = document.clinic.sites.first()
    return render(request, "care/letter.html", {"document": document, "site": site})


def reopen(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """The way back: a new signed act; the end and its letter stay readable."""
    course = course_or_404(request, course_id, May.READ_CLINICAL_HOLD_REASON)
    meaning = _("I open this course again")
    form = OpenAgainForm(request.POST or None, request=request, meaning=meaning)
    if request.method == "POST" and form.is_valid():
        try:
            actions.open_again(
                course=course, because=form.cleaned_data["because"], signature=form.signature,
                by=request.actor, now=request.now,
            )  # fmt: skip
        except actions.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("The course is open again."))
            return redirect("care:chart", course.patient_id)
    context = {
        "form": form,
        "course": course,
        "person": banner(course.patient, request.now),
        "meaning": meaning,
    }
    return render(request, "care/reopen.html", context)
