"""E-mails end by one press on a page that asks for no sign-in and says nothing about anybody."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from holdspace.care.actions import choose_mail, wants_mail
from holdspace.care.mail import person_of


# A mail program presses the button itself (RFC 8058) and carries no cookie; the link is the proof.
@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def no_more_mail(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing, since mail scanners look; pressing ends e-mails to this person."""
    person = person_of(token)
    if person is None:
        return render(request, "welcome/no_more_mail.html", {"state": "unknown"}, status=404)
    request.clinic = person.clinic  # type: ignore[attr-defined]
    if request.method == "POST":
        choose_mail(patient=person, wants=False, by=None, now=request.now)  # type: ignore[attr-defined]
    state = "open" if wants_mail(person) else "ended"
    return render(
        request, "welcome/no_more_mail.html", {"state": state, "phone": person.clinic.phone}
    )
