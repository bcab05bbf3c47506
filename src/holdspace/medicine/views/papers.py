"""Pages made to be printed: for the ambulance, and for the day when the screens are dark."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from holdspace.care import facts as loader
from holdspace.care.models import ProtocolVersion
from holdspace.care.web import course_or_404
from holdspace.core.facts import Route
from holdspace.medicine import agreed, going_home, handing_over, page, papers
from holdspace.medicine.paper_forms import DOSES
from holdspace.medicine.routes import ROUTE_WORDS
from holdspace.medicine.views.session import banner_of
from holdspace.medicine.web import session_of
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404, requires
from holdspace.people.models import Clinic, Patient
from holdspace.people.on_call import phone_of
from holdspace.records.models import AccessWhat


def handover(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One page for those who take the person over: what was given, when, and how they are."""
    session = session_of(request, session_id)
    now = request.now  # type: ignore[attr-defined]
    day = page.read(session, now=now, actor=request.actor)  # type: ignore[attr-defined]
    course = session.course
    context = {
        "session": session,
        "clinic": course.clinic,
        "person": banner_of(course, now),
        "patient": course.patient,
        "now": now,
        "ended": day.ended,
        "ending": page.ENDING_WORDS.get(day.ended.body.ending.value, "") if day.ended else "",
        **handing_over.sheet(day),
    }
    return render(request, "medicine/handover.html", context)


def instructions(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One page for the person: what not to do until when, who calls, whom to call."""
    session = session_of(request, session_id, what=AccessWhat.RECORD_PRINT)
    now = request.now  # type: ignore[attr-defined]
    day = page.read(session, now=now, actor=request.actor)  # type: ignore[attr-defined]
    if not going_home.goes_home(day):
        raise Http404
    course = session.course
    context = {
        "session": session,
        "clinic": course.clinic,
        "patient": course.patient,
        "now": now,
        **going_home.sheet(day),
    }
    return render(request, "medicine/going_home.html", context)


@requires(May.READ_CHART)
def downtime(request: HttpRequest) -> HttpResponse:
    """A sheet for everybody who is still to come or here, and an empty one; a page each."""
    actor = actor_or_404(request, May.READ_CHART)
    now = request.now  # type: ignore[attr-defined]
    expected = papers.expected(actor.clinic, now)
    keys = [one.patient_key for one in expected]
    visible = Patient.objects.visible_to(actor, now).filter(pk__in=keys)
    seen = set(visible.values_list("pk", flat=True))
    sheets = [_sheet(request, one) for one in expected if one.patient_key in seen]
    context = {"sheets": [*sheets, _empty(actor.clinic)], "now": now, "clinic": actor.clinic}
    return render(request, "medicine/downtime.html", context)


def _sheet(request: HttpRequest, one: papers.Expected) -> dict[str, Any]:
    """One person's sheet; each is a printed record, and logged as one."""
    course = course_or_404(request, one.course_key, what=AccessWhat.RECORD_PRINT)
    protocol, route = loader.protocol_of(course), Route(course.route)
    now = request.now  # type: ignore[attr-defined]
    person, facts = banner_of(course, now), loader.load(course, now=now)
    strip, cut = agreed.of(course, facts, person), papers.Cut()
    return _of_protocol(course.clinic, course.protocol, route) | {
        "expected": one,
        "site": one.room.site if one.room else course.clinic.sites.first(),
        "person": person,
        "agreed": [
            (line.name, cut.words(line.text, papers.AGREED_MAX))
            for line in strip.lines
            if line.key != "allergies"
        ],
        "cut": cut,
        "given": facts.doses_of(str(one.session.id)) if one.session else (),
        "phone": phone_of(one.prescriber, now) if one.prescriber else "",
        "protocol": protocol.reference,
        "route": ROUTE_WORDS[route],
    }


def _empty(clinic: Clinic) -> dict[str, Any]:
    """A sheet for somebody nobody expected, with the limits of the newest protocol."""
    version = ProtocolVersion.objects.of(clinic).order_by("-recorded_at").first()
    protocol = str(version) if version else ""
    return _of_protocol(clinic, version, None) | {
        "site": clinic.sites.first(),
        "protocol": protocol,
    }


def _of_protocol(
    clinic: Clinic, version: ProtocolVersion | None, route: Route | None
) -> dict[str, Any]:
    """The rows of a sheet, and the clinic's steps with the mark of what nobody has signed."""
    protocol = loader.protocol_in(version) if version else None
    signed = version and loader.clinic_facts(clinic, version.pk).protocol_signed_by_director
    return {
        "lines": papers.lines(protocol, route),
        "doses": range(DOSES),
        "limits": papers.limits(protocol, signed=bool(signed)) if protocol else (),
    }
