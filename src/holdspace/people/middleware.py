"""Every request knows its moment and its actor, and a forgotten screen signs itself off.

The clock is read here once per request (`request.now`) and passed on to every action.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone

from holdspace.people import clock
from holdspace.people.access import idle_minutes
from holdspace.people.models import Membership

CLINIC_KEY = "clinic"
SEEN_KEY = "last_seen"
FACTOR_KEY = "second_factor"
TOUCH_SECONDS = 20  # a touch is written down this often at most: reading a page writes nothing
# Where somebody without a second factor may still go: to set one up, and to leave.
OPEN_WITHOUT_FACTOR = ("/accounts/", "/static/", "/healthz", "/people/switch/", "/people/join/")

Answer = Callable[[HttpRequest], HttpResponse]


class ActorMiddleware:
    """Sets `request.now`, `request.actor`, `request.memberships`, `request.idle_seconds`, the zone.

    `request.actor` is the Membership that acts, or None. An account of several clinics keeps the
    chosen one in its session (`people:switch`). A membership that has ended is nobody at once.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = clock.read()  # type: ignore[attr-defined]
        request.actor = None  # type: ignore[attr-defined]
        request.memberships = []  # type: ignore[attr-defined]
        request.idle_seconds = 60 * idle_minutes([])  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            found = memberships_of(request.user.pk)
            if not found:
                # Their work here has ended: the sign-in ends with it, on the next request.
                logout(request)
            request.memberships = found  # type: ignore[attr-defined]
            actor = _chosen(found, request.session.get(CLINIC_KEY))
            request.actor = actor  # type: ignore[attr-defined]
            if actor:
                minutes = idle_minutes(actor.roles_at(request.now))  # type: ignore[attr-defined]
                request.idle_seconds = 60 * minutes  # type: ignore[attr-defined]
                with timezone.override(actor.clinic.zone):
                    return self.get_response(request)
        return self.get_response(request)


class AutomaticLogOff:
    """Ends a sign-in that nobody touched for its role's time; belongs after `ActorMiddleware`.

    A request with the header `X-Background: 1` (a page that refreshes itself) is answered, but is
    not a touch. What was typed is kept by the drafts of the care room, for the same person.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        # The machine's own clock: letting demo time pass signs nobody off.
        seconds = int(timezone.now().timestamp())
        seen = request.session.get(SEEN_KEY)
        background = request.headers.get("X-Background") == "1"
        if seen is not None and seconds - seen > request.idle_seconds:  # type: ignore[attr-defined]
            logout(request)
            return _to_sign_in(request, background)
        if seen is None or (not background and seconds - seen >= TOUCH_SECONDS):
            request.session[SEEN_KEY] = seconds
        return self.get_response(request)


class SecondFactorMiddleware:
    """Nobody of a real clinic sees a person before their second factor is set up."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor: Membership | None = request.actor  # type: ignore[attr-defined]
        if actor is None or actor.clinic.is_demo or request.path.startswith(OPEN_WITHOUT_FACTOR):
            return self.get_response(request)
        if not request.session.get(FACTOR_KEY):
            if not is_mfa_enabled(request.user):
                return redirect("mfa_index")
            request.session[FACTOR_KEY] = True
        return self.get_response(request)


def memberships_of(user_id: UUID) -> list[Membership]:
    """The memberships of an account that are in force, with what every page asks of them."""
    found = Membership.objects.filter(
        user_id=user_id, ended_at__isnull=True, started_on__isnull=False
    )
    found = found.select_related("clinic", "user").prefetch_related("grants")
    return list(found.order_by("clinic__name"))


def _chosen(found: list[Membership], clinic_id: str | None) -> Membership | None:
    wanted = [m for m in found if str(m.clinic_id) == clinic_id]
    return next(iter(wanted or found), None)


def _to_sign_in(request: HttpRequest, background: bool) -> HttpResponse:
    """To the sign-in page and back to where they were; a background fetch gets a plain 401."""
    back = request.get_full_path() if request.method == "GET" else request.META.get("HTTP_REFERER")
    if background:
        return HttpResponse("Signed off.", status=401, content_type="text/plain")
    query = urlencode({"next": back or "/", "signed_off": "1"})
    return redirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")
