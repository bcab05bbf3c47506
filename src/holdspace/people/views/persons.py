"""Finding, entering and keeping people: contact details, with their history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from holdspace.people import actions
from holdspace.people.access import May
from holdspace.people.duplicates import Alike, possible_duplicates
from holdspace.people.finding import Traits
from holdspace.people.forms import EditPersonForm, NewPersonForm, RestrictForm
from holdspace.people.guard import actor_or_404, log_list, patient_or_404, requires
from holdspace.people.models import Membership, Patient, key_or_none
from holdspace.people.staff import working_in
from holdspace.people.typed import line_of
from holdspace.people.views.common import attempt, told
from holdspace.records.models import AccessWhat

PAGE = 20
# Everything on the form that is a contact detail; the rest steers the page.
STEERING = {"reason", "not_a_duplicate"}


@require_GET
@requires(May.SEE_PEOPLE_LIST)
def people(request: HttpRequest) -> HttpResponse:
    """The people of the clinic, or those that fit what was typed."""
    actor = actor_or_404(request)
    typed = request.GET.get("q", "").strip()[:80]
    found = Patient.objects.visible_to(actor, request.now).search(typed)  # type: ignore[attr-defined]
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    what = AccessWhat.CHART_SEARCH if typed else AccessWhat.PEOPLE_LIST
    log_list(request, what, f"{page.paginator.count} found, page {page.number}")
    today = actor.clinic.day(request.now)  # type: ignore[attr-defined]
    rows = [{"person": p, "age": p.age_on(today)} for p in page]
    context = {"rows": rows, "page": page, "q": typed, "may_enter": actor.may(May.EDIT_PERSON)}
    return render(request, "people/list.html", context)


@require_http_methods(["GET", "POST"])
@requires(May.EDIT_PERSON)
def new(request: HttpRequest) -> HttpResponse:
    """Enter a person; entries that may be the same one are shown first."""
    actor = actor_or_404(request)
    form = NewPersonForm(request.POST or None)
    alike: list[Alike] = []
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        traits = Traits(data["name"], data["birth_date"], data["phone"], data["email"])
        alike = possible_duplicates(actor.clinic, traits)
        if not alike or data["not_a_duplicate"]:
            entered = attempt(
                form,
                lambda: actions.enter_person(
                    clinic=actor.clinic,
                    by=actor,
                    now=request.now,  # type: ignore[attr-defined]
                    **details_of(data),
                ),
            )
            if entered:
                messages.success(request, _("Entered as %s.") % entered.display_id)
                return redirect("people:person", entered.pk)
    context = {"form": form, "alike": alike}
    return render(request, "people/new.html", context)


@require_GET
@requires(May.SEE_PEOPLE_LIST)
def person(request: HttpRequest, key: UUID) -> HttpResponse:
    """One person's contact page and how it came to be."""
    actor = actor_or_404(request)
    found = seen(request, key, May.SEE_PEOPLE_LIST)
    context = {
        "person": found,
        "age": found.age_on(actor.clinic.day(request.now)),  # type: ignore[attr-defined]
        "revisions": found.revisions.select_related("by__user").order_by("-recorded_at")[:50],
        "team": found.team.filter(ended_at=None).select_related("membership__user"),
        "may_edit": actor.may(May.EDIT_PERSON),
        "may_read_chart": actor.may(May.READ_CHART),
        "restrict_form": RestrictForm(),
        "colleagues": working_in(actor.clinic, request.now),  # type: ignore[attr-defined]
    }
    return render(request, "people/person.html", context)


@require_http_methods(["GET", "POST"])
@requires(May.EDIT_PERSON)
def edit(request: HttpRequest, key: UUID) -> HttpResponse:
    """Change contact details; the former ones stay in the history."""
    found = seen(request, key, May.EDIT_PERSON)
    names = [name for name in EditPersonForm.base_fields if name not in STEERING]
    form = EditPersonForm(
        request.POST or None, initial={name: getattr(found, name) for name in names}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        changed = attempt(
            form,
            lambda: actions.change_details(
                patient=found,
                by=actor_or_404(request),
                now=request.now,  # type: ignore[attr-defined]
                reason=data["reason"],
                **details_of(data),
            ),
        )
        if changed:
            messages.success(request, _("Saved. What it was stays in the history."))
            return redirect("people:person", found.pk)
    context = {"form": form, "person": found}
    return render(request, "people/edit.html", context)


@require_POST
@requires(May.READ_CHART)
def restrict(request: HttpRequest, key: UUID) -> HttpResponse:
    """Keep a file to its team, or open it to the clinic's clinicians again."""
    found = seen(request, key, May.READ_CHART)
    on = not found.is_restricted
    told(
        request,
        lambda: actions.restrict_file(
            patient=found,
            by=actor_or_404(request),
            now=request.now,  # type: ignore[attr-defined]
            restricted=on,
            reason=line_of(request, "reason"),
        ),
        _("Only the team sees this file now.") if on else _("The clinic's clinicians see it now."),
    )
    return redirect("people:person", found.pk)


@require_POST
@requires(May.READ_CHART)
def team(request: HttpRequest, key: UUID) -> HttpResponse:
    """Put a colleague on the person's team, or take one off."""
    actor = actor_or_404(request)
    found = seen(request, key, May.READ_CHART)
    of_clinic = Membership.objects.filter(clinic_id=actor.clinic_id)
    colleague = get_object_or_404(of_clinic, pk=key_or_none(request.POST.get("member", "")))
    verb = actions.leave_team if request.POST.get("leave") else actions.join_team
    told(
        request,
        lambda: verb(
            patient=found,
            membership=colleague,
            by=actor,
            now=request.now,  # type: ignore[attr-defined]
        ),
        _("The team was changed."),
    )
    return redirect("people:person", found.pk)


def details_of(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in STEERING}


def seen(request: HttpRequest, key: UUID, may: May) -> Patient:
    return patient_or_404(request, key, may=may, detail="contact page")
