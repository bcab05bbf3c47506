"""The right session or a 404; a page's own refresh is no new view."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest

from holdspace.care.models import Session
from holdspace.care.web import course_or_404
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404
from holdspace.people.models import Patient
from holdspace.records.models import AccessWhat


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
