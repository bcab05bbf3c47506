"""The clinic's own details and its addresses."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from holdspace.people import actions
from holdspace.people.access import May
from holdspace.people.forms import ClinicForm, SiteForm
from holdspace.people.guard import actor_or_404, requires
from holdspace.people.views.common import attempt


@require_http_methods(["GET", "POST"])
@requires(May.MANAGE_SITE)
def clinic(request: HttpRequest) -> HttpResponse:
    """Change the clinic's details, or open another address."""
    actor = actor_or_404(request)
    now = request.now  # type: ignore[attr-defined]
    adding = "add_site" in request.POST
    details = ClinicForm.of(actor.clinic, request.POST if request.POST and not adding else None)
    site = SiteForm(request.POST if adding else None)
    form = site if adding else details
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        verb = actions.add_site if adding else actions.change_clinic
        if attempt(form, lambda: verb(by=actor, now=now, **data)):
            messages.success(request, _("Saved."))
            return redirect("people:clinic")
    context = {"details": details, "site": site, "sites": actor.clinic.sites.order_by("name")}
    return render(request, "people/clinic.html", context)
