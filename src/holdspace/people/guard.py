"""What is not yours is not there: 404, never 403, and every opened chart is in the access log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from holdspace.people.access import May
from holdspace.people.models import EmergencyAccess, Membership, Patient, TeamMember, key_or_none
from holdspace.records import actions as records
from holdspace.records.models import AccessWhat

View = Callable[..., HttpResponse]


def requires(*capabilities: May) -> Callable[[View], View]:
    """For views: signed in, and holding at least one of the capabilities; anything else is 404."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor_or_404(request, *capabilities)
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return decorate


def actor_or_404(request: HttpRequest, *capabilities: May) -> Membership:
    """The acting membership, if it holds one of the capabilities (none named: any member)."""
    actor: Membership | None = getattr(request, "actor", None)
    if actor is None:
        raise Http404
    now: datetime = request.now  # type: ignore[attr-defined]
    if capabilities and not any(actor.may(may, now) for may in capabilities):
        raise Http404
    return actor


def patient_or_404(
    request: HttpRequest,
    key: UUID | str,
    *,
    may: May = May.READ_CHART,
    what: AccessWhat = AccessWhat.CHART_VIEW,
    detail: str = "",
) -> Patient:
    """The person, for an actor who holds `may` and may see this file; the view is logged.

    Another clinic's person, one whose file is restricted to others, or a missing right answer
    404 and are logged as denied. Emergency access that is running gives reading only: a view
    that writes asks for its own capability, which emergency access never adds.
    """
    actor: Membership | None = getattr(request, "actor", None)
    now: datetime = request.now  # type: ignore[attr-defined]
    uuid = key_or_none(str(key))
    if actor is None or uuid is None:
        raise Http404
    person = Patient.objects.visible_to(actor, now).filter(pk=uuid).first()
    if person is None or not actor.may(may, now):
        _log(request, actor, AccessWhat.DENIED, uuid if person else None, request.path)
        raise Http404
    if person.is_restricted and _by_emergency(actor, person, now):
        if request.method not in ("GET", "HEAD"):
            raise Http404
        what = AccessWhat.EMERGENCY_VIEW
    _log(request, actor, what, person.pk, detail or request.path)
    person.clinic = actor.clinic  # the one clinic whose people they may see: not read again
    return person


def log_list(request: HttpRequest, what: AccessWhat, detail: str = "") -> None:
    """Write down that the actor read a list (people, the register, the access log)."""
    actor = actor_or_404(request)
    _log(request, actor, what, None, detail)


def _by_emergency(actor: Membership, person: Patient, now: datetime) -> bool:
    """Whether only an emergency access lets this actor in."""
    if TeamMember.objects.filter(patient=person, membership=actor, ended_at=None).exists():
        return False
    return EmergencyAccess.objects.filter(
        membership=actor, patient=person, started_at__lte=now, ends_at__gt=now
    ).exists()


def _log(
    request: HttpRequest, actor: Membership, what: AccessWhat, patient_id: UUID | None, detail: str
) -> None:
    records.log_access(
        by=actor,
        now=request.now,  # type: ignore[attr-defined]
        what=what,
        patient_id=patient_id,
        user_label=actor.name,
        detail=detail,
        ip=request.META.get("REMOTE_ADDR") or None,
        agent=request.headers.get("User-Agent", ""),
    )
