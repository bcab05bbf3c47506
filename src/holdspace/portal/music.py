"""The plan of music as the person sees it: what plays when, and "not this one"."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from holdspace.care.actions import WrongInput
from holdspace.comfort import actions, reading
from holdspace.comfort.models import Plan, Track
from holdspace.core.music import Phase
from holdspace.people.models import key_or_none
from holdspace.portal.views import dead_link
from holdspace.records.actions import log_access
from holdspace.records.models import AccessWhat

PHASES = {
    Phase.SETTLE: gettext_lazy("While you settle in"),
    Phase.ONSET: gettext_lazy("When it begins"),
    Phase.PEAK: gettext_lazy("In the middle"),
    Phase.RE_ENTRY: gettext_lazy("On the way back"),
    Phase.RETURN: gettext_lazy("When you are back"),
}


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, token: str) -> HttpResponse:
    """Titles in their order, in plain words; each can be left out without a reason."""
    request.actor = None  # type: ignore[attr-defined]
    request.user = AnonymousUser()
    now = request.now  # type: ignore[attr-defined]
    found = reading.plan_behind(token, now)
    if found is None:
        return dead_link(request)
    request.clinic = found.clinic  # type: ignore[attr-defined]
    if request.method == "POST":
        _keep(request, found)
        return redirect("portal:music", token)
    log_access(
        by=None,
        now=now,
        what=AccessWhat.PORTAL_VIEW,
        clinic_id=found.clinic_id,
        patient_id=found.patient_id,
        detail="music",
        ip=request.META.get("REMOTE_ADDR") or None,
        agent=request.headers.get("User-Agent", ""),
    )
    shown = reading.entries(found)
    context = {
        "clinic": found.clinic,
        "phases": [(PHASES[phase], shown[phase]) for phase in Phase],
        "avoid": found.avoid,
    }
    with timezone.override(found.clinic.zone):
        return render(request, "portal/music.html", context)


def _keep(request: HttpRequest, found: Plan) -> None:
    key = key_or_none(request.POST.get("track", ""))
    track = Track.objects.of(found.clinic).filter(pk=key).first()
    try:
        if track is None:
            raise WrongInput("track", "It is not in this plan.", "a track of the plan")
        actions.say_wish(
            plan=found, track=track, wanted=request.POST.get("wanted") == "yes", by=None,
            now=request.now,  # type: ignore[attr-defined]
        )  # fmt: skip
    except WrongInput:
        messages.error(request, _("That did not work. Please tell your therapist."))
    else:
        messages.success(request, _("Thank you. Your therapist sees it."))
