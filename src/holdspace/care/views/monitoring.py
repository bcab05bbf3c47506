"""A query of prescription monitoring is written down; a supervisor countersigns."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from holdspace.care import actions
from holdspace.care.actions.monitoring import is_supervisor
from holdspace.care.facts import happenings
from holdspace.care.models import EventKind
from holdspace.care.typed import say_wrong
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404, document_or_404, names_of
from holdspace.core.facts import Role
from holdspace.people.access import May
from holdspace.people.forms import SignatureForm
from holdspace.people.models import Membership
from holdspace.people.staff import working_in
from holdspace.people.states import STATES


class QueryForm(forms.Form):
    """When, which states, and for whom; what the query showed is not asked."""

    at = forms.DateTimeField(
        label=__("Queried at"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )
    states = forms.CharField(
        label=__("States queried"), max_length=60, help_text=__("Two letters each: CO WY")
    )
    reference = forms.CharField(
        label=__("Reference of the query"), max_length=80, required=False,
        help_text=__("The portal’s own number, if it gives one. No result and no score."),
    )  # fmt: skip
    on_behalf_of = forms.ChoiceField(label=__("For which prescriber"), required=False)

    def __init__(self, *args, prescribers, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on_behalf_of"].choices = [
            ("", __("I am the prescriber")),
            *((str(m.pk), m.signed_name) for m in prescribers),
        ]

    def clean_states(self) -> list[str]:
        return [w.upper() for w in self.cleaned_data["states"].replace(",", " ").split()]


def query(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Write a query down; earlier ones are listed with who made them."""
    course = course_or_404(request, course_id, May.WRITE_MEDICAL)
    now, actor = request.now, request.actor
    prescribers = [m for m in working_in(course.clinic, now, Role.PRESCRIBER) if m != actor]
    site = course.clinic.sites.first()
    start = {
        "at": now.astimezone(course.clinic.zone).replace(tzinfo=None),
        "states": site.state if site else "",
    }
    form = QueryForm(request.POST or None, prescribers=prescribers, initial=start)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        named = [m for m in prescribers if str(m.pk) == data["on_behalf_of"]]
        try:
            actions.record_pdmp_query(
                course=course,
                at=data["at"].replace(tzinfo=course.clinic.zone),
                states=data["states"],
                reference=data["reference"],
                on_behalf_of=named[0] if named else None,
                by=actor,
                now=now,
            )
        except actions.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("Kept: the query, its states and who made it."))
            return redirect("care:pdmp", course.id)
    made = [h.body for h in happenings(course) if h.kind is EventKind.PDMP_QUERIED]
    names = names_of(course.clinic_id, {who for q in made for who in (q.by, q.on_behalf_of)})
    rows = [
        {"q": q, "by": names.get(q.by, ""), "for": names.get(q.on_behalf_of, "")}
        for q in reversed(made)
    ]
    context = {
        "form": form,
        "rows": rows,
        "course": course,
        "person": banner(course.patient, now),
        "all_states": STATES,
    }
    return render(request, "care/pdmp.html", context)


def countersign(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """The named supervisor of the author signs beside them."""
    document = document_or_404(request, document_id)
    actor: Membership = request.actor
    if document.course is None or not is_supervisor(document, actor, request.now):
        raise Http404
    meaning = _("I supervise the author; I read this and take responsibility for it.")
    form = SignatureForm(request.POST or None, request=request, meaning=meaning)
    if request.method == "POST" and form.is_valid():
        try:
            actions.countersign(
                document=document, signature=form.signature, by=actor, now=request.now
            )
        except actions.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("Countersigned."))
            return redirect("care:document", document.id)
    context = {
        "form": form,
        "document": document,
        "person": banner(document.patient, request.now),
        "meaning": meaning,
    }
    return render(request, "care/countersign.html", context)
