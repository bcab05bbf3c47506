"""Joining by a link that works once, and choosing among one's clinics."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from holdspace.people import actions
from holdspace.people.actions.common import token_digest
from holdspace.people.forms import JoinForm
from holdspace.people.middleware import CLINIC_KEY
from holdspace.people.models import Invitation
from holdspace.people.views.common import attempt


@login_not_required
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Use a single-use link: choose a password (or type the one you have) and sign in."""
    invitation = (
        Invitation.objects.select_related("membership__user", "clinic")
        .filter(token_digest=token_digest(token))
        .first()
    )
    now = request.now  # type: ignore[attr-defined]
    if invitation is None or not invitation.is_open(now):
        return render(request, "people/join_closed.html", status=410)
    keeps = (
        invitation.purpose != Invitation.Purpose.RECOVERY
        and invitation.membership.user.has_usable_password()
    )
    form = JoinForm(request.POST or None, keeps_password=keeps)
    if request.method == "POST" and form.is_valid():
        joined = attempt(
            form,
            lambda: actions.accept_invitation(
                token=token, password=form.cleaned_data["password"], now=now, request=request
            ),
        )
        if joined:
            messages.success(request, _("Welcome. Sign in with your e-mail and password."))
            return redirect("account_login")
    context = {"form": form, "invitation": invitation, "keeps": keeps}
    answer = render(request, "people/join.html", context)
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """Work for another of one's clinics."""
    mine = request.memberships  # type: ignore[attr-defined]
    if request.method == "GET":
        return render(request, "people/switch.html", {"memberships": mine})
    wanted = request.POST.get("clinic", "")
    if wanted in {str(m.clinic_id) for m in mine}:
        request.session[CLINIC_KEY] = wanted
    return redirect("/")
