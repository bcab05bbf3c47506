"""Pages made to be printed: for the ambulance, and for the day when the screens are dark."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from holdspace.care import facts as loader
from holdspace.care.web import course_or_404
from holdspace.core.facts import Route
from holdspace.medicine import agreed, page, papers
from holdspace.medicine.views.session import banner_of
from holdspace.medicine.web import session_of
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404, requires
from holdspace.people.models import Patient
from holdspace.records.models import AccessWhat
from holdspace.schedule.models import Appointment


def handover(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One page for those who take the person over: what was given, when, and how they are."""
    session = session_of(request, session_id)
    now = request.now  # type: ignore[attr-defined]
    day = page.read(session, now=now, actor=request.actor)  # type: ignore[attr-defined]
    course = session.course
    context = {
        "session": session,
        "clinic": course.clinic,
        "site": session.room.site if session.room else course.clinic.sites.first(),
        "person": banner_of(course, now),
        "patient": course.patient,
        "now": now,
        "doses": papers.given(day),
        "headings": papers.SET_HEADINGS,
        "sets": papers.sets(day),
        "events": papers.events(day),
        "emergency_lines": page.emergency_lines(day),
        "medicines": day.facts.medications,
        "medicines_asked": day.facts.medications_asked_at,
        "history": papers.history(day.facts, loader.protocol_of(course)),
        "here": papers.in_the_room(day),
        "ended": day.ended,
        "ending": page.ENDING_WORDS.get(day.ended.body.ending.value, "") if day.ended else "",
    }
    return render(request, "medicine/handover.html", context)


@requires(May.READ_CHART)
def downtime(request: HttpRequest) -> HttpResponse:
    """A sheet for each session of today and an empty one, to be printed in the morning."""
    actor = actor_or_404(request, May.READ_CHART)
    now = request.now  # type: ignore[attr-defined]
    visible = Patient.objects.visible_to(actor, now)
    booked = papers.booked_today(actor.clinic, now)
    seen = set(visible.filter(pk__in=[a.patient_id for a in booked]).values_list("pk", flat=True))
    sheets = [_sheet(request, a) for a in booked if a.patient_id in seen]
    empty = {"lines": papers.lines(None, Route.IM)}
    context = {"sheets": [*sheets, empty], "now": now, "clinic": actor.clinic}
    return render(request, "medicine/downtime.html", context)


def _sheet(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    """One person's sheet; each is a printed record, and logged as one."""
    if appointment.course_key is None:
        raise Http404
    course = course_or_404(request, appointment.course_key, what=AccessWhat.RECORD_PRINT)
    protocol = loader.protocol_of(course)
    now = request.now  # type: ignore[attr-defined]
    person, facts = banner_of(course, now), loader.load(course, now=now)
    return {
        "appointment": appointment,
        "person": person,
        "strip": agreed.of(course, facts, person),
        "protocol": protocol.reference,
        "route": papers.ROUTE_WORDS[Route(course.route)],
        "lines": papers.lines(protocol, Route(course.route)),
    }
