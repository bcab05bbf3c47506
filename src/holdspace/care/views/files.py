"""Files that belong to a course: added with a reading, opened only by who may read the chart."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from holdspace.care import actions
from holdspace.care.actions.files import DamagedFile, content_of, type_of
from holdspace.care.forms import AmendForm, FileForm
from holdspace.care.typed import say_wrong
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404, document_or_404
from holdspace.core.facts import DocumentKind
from holdspace.people.access import May


def add(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Add an ECG, laboratory results or a letter, with what its reader says of it."""
    course = course_or_404(request, course_id, May.WRITE_MEDICAL)
    meaning = _("I have read this file")
    form = FileForm(request.POST or None, request.FILES or None, request=request, meaning=meaning)
    if request.method == "POST" and form.is_valid():
        data, sent = form.cleaned_data, form.cleaned_data["file"]
        try:
            row = actions.file_document(
                course=course,
                kind=DocumentKind(data["kind"]),
                title=data["title"],
                reading=data["reading"],
                file_name=sent.name,
                content=sent.read(),
                signature=form.signature,
                by=request.actor,
                now=request.now,
            )
        except actions.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("The file is kept and signed."))
            return redirect("care:document", row.id)
    context = {
        "form": form,
        "course": course,
        "person": banner(course.patient, request.now),
        "meaning": meaning,
    }
    return render(request, "care/file.html", context)


def amend(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """A new version of one's own document; the old one stays readable."""
    document = document_or_404(request, document_id)
    meaning = _("I amend my own document")
    form = AmendForm(
        request.POST or None, request=request, meaning=meaning, initial={"body": document.body}
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = actions.amend_document(
                document=document,
                body=form.cleaned_data["body"],
                reason=form.cleaned_data["reason"],
                signature=form.signature,
                by=request.actor,
                now=request.now,
            )
        except actions.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("Amended. Both versions stay on the chart."))
            return redirect("care:document", row.id)
    context = {
        "form": form,
        "document": document,
        "person": banner(document.patient, request.now),
        "meaning": meaning,
    }
    return render(request, "care/amend.html", context)


def download(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """The file as it was signed; one that was changed since is not handed out."""
    document = document_or_404(request, document_id)
    if not document.file_digest:
        raise Http404
    try:
        content = content_of(document)
    except DamagedFile as damage:
        messages.error(request, str(damage))
        return redirect("care:document", document.id)
    answer = HttpResponse(content, content_type=type_of(content) or "application/octet-stream")
    safe = "".join(c for c in document.file_name if c.isalnum() or c in "._- ") or "file"
    answer["Content-Disposition"] = f'attachment; filename="{safe}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
