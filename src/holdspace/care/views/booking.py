"""Booking on a course, with the answer of the door when it is a medicine session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from holdspace.care import actions
from holdspace.care import facts as loader
from holdspace.care.forms import BookForm
from holdspace.care.models import Course
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404, staff_choices
from holdspace.core.facts import Role
from holdspace.people.access import May
from holdspace.people.guard import patient_or_404
from holdspace.people.models import Membership
from holdspace.schedule.actions import Clash, Wanted
from holdspace.schedule.models import Appointment, AppointmentKind, Room

TEAM = {
    "therapist": Role.THERAPIST,
    "session_clinician": Role.SESSION_CLINICIAN,
    "prescriber": Role.PRESCRIBER,
}


def book(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Book a visit or a session. A refused session shows every reason; a clash names the field."""
    now = request.now
    course = course_or_404(request, course_id, May.SEE_SCHEDULE)
    clinic = course.clinic
    rooms = Room.objects.filter(clinic=clinic, closed_at__isnull=True).order_by("name")
    choices: dict[str, Any] = {
        name: staff_choices(clinic, role, now) for name, role in TEAM.items()
    }
    choices["room"] = [(str(room.id), room.name) for room in rooms]
    form = BookForm(request.POST or None, choices=choices, initial=_initial(request, course))
    if request.method == "POST" and form.is_valid():
        try:
            if answer := _book(request, course, _wanted(form, course)):
                return answer
        except Clash as clash:
            field = {"starts_at": "at", "ends_at": "minutes"}.get(clash.field, clash.field)
            form.add_error(field if field in form.fields else None, str(clash))
    booked = Appointment.objects.filter(course_key=course.id).select_related("room")
    context = {
        "form": form,
        "person": banner(course.patient, now),
        "course": course,
        "booked": booked.order_by("-starts_at"),
    }
    return render(request, "care/book.html", context)


def book_for(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The desk books from a person's page: on to the person's newest course, or to open one."""
    patient = patient_or_404(request, patient_id, may=May.SEE_SCHEDULE)
    courses = Course.objects.of(request.actor.clinic).filter(patient=patient)
    newest = courses.order_by("-number").first()
    if newest is None:
        return redirect("care:open_course", patient.id)
    return redirect("care:book", newest.id)


def _book(request: HttpRequest, course: Course, wanted: Wanted) -> HttpResponse | None:
    """Where it leads; None when the desk is told whom to ask and keeps what it typed."""
    actor, now = request.actor, request.now
    if wanted.kind is not AppointmentKind.SESSION:
        actions.book_visit(course=course, wanted=wanted, by=actor, now=now)
    else:
        outcome = actions.book_session(course=course, wanted=wanted, by=actor, now=now)
        if not outcome.allowed:
            if actor.may(May.READ_CLINICAL_HOLD_REASON, now):
                return redirect("care:decision", outcome.row.id)
            name = wanted.therapist.name if wanted.therapist else ""
            messages.warning(
                request, _("Not booked: clinical hold. Ask %(name)s.") % {"name": name}
            )
            return None
    messages.success(request, _("Booked."))
    return redirect("care:book", course.id)


def _initial(request: HttpRequest, course: Course) -> dict[str, Any]:
    facts = loader.load(course, now=request.now)
    kind = request.GET.get("kind", "preparation")
    return {
        "kind": kind,
        "therapist": facts.course.therapist if facts.course else "",
        "minutes": 180 if kind == "session" else 60,
    }


def _wanted(form: BookForm, course: Course) -> Wanted:
    data = form.cleaned_data
    # In UTC, so that a length of time is that length across a change of the clocks.
    starts = datetime.combine(data["on"], data["at"], course.clinic.zone).astimezone(UTC)
    members = Membership.objects.filter(clinic=course.clinic).select_related("user")
    team = {name: members.filter(pk=data[name]).first() if data[name] else None for name in TEAM}
    room = (
        Room.objects.filter(clinic=course.clinic, pk=data["room"]).first() if data["room"] else None
    )
    return Wanted(
        kind=AppointmentKind(data["kind"]),
        starts_at=starts,
        ends_at=starts + timedelta(minutes=data["minutes"]),
        room=room,
        **team,
    )
