"""The right session or a 404, on the clinic's clock; a page's own refresh is no new view."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase

from holdspace.care.models import Session
from holdspace.care.web import course_or_404
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404
from holdspace.people.models import Patient
from holdspace.records.models import AccessWhat

AnswerT = TypeVar("AnswerT", bound=HttpResponseBase)


def with_time(answer: AnswerT, now: datetime) -> AnswerT:
    """The answer with the server's time, by which a page measures how far its own clock is off."""
    answer["X-Server-Now"] = now.isoformat()
    return answer


def session_of(
    request: HttpRequest,
    session_id: UUID,
    may: May = May.READ_CHART,
    what: AccessWhat = AccessWhat.SESSION_VIEW,
) -> Session:
    """The session day with its course; a view is logged once, not at each refresh of the page."""
    actor = actor_or_404(request, may)
    found = Session.objects.of(actor.clinic).select_related(
        "room__site", "appointment", "course__protocol", "course__patient", "course__clinic"
    )
    session = found.filter(pk=session_id).first()
    if session is None:
        raise Http404
    if request.headers.get("X-Background") != "1":
        session.course = course_or_404(request, session.course_id, may, what)
        return session
    now = request.now  # type: ignore[attr-defined]
    if not Patient.objects.visible_to(actor, now).filter(pk=session.patient_id).exists():
        raise Http404
    return session
