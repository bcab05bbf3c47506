"""Booking on a course, with the answer of the door when it is a medicine session."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from holdspace.care import actions
from holdspace.care import facts as loader
from holdspace.care.forms import BookForm
from holdspace.care.models import Course
from holdspace.care.typed import say_wrong
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404, for_the_desk, staff_choices
from holdspace.core.decision import Decision
from holdspace.core.facts import Role
from holdspace.people.access import May
from holdspace.people.guard import patient_or_404
from holdspace.people.models import Membership, key_or_none
from holdspace.people.staff import working_in
from holdspace.schedule.actions import Clash, Wanted
from holdspace.schedule.models import Appointment, AppointmentKind, Room
from holdspace.schedule.openings import Opening, Sought, openings

TEAM = {
    "therapist": Role.THERAPIST,
    "session_clinician": Role.SESSION_CLINICIAN,
    "prescriber": Role.PRESCRIBER,
}
SHOWN_AS = {"day": "on", "starts_at": "at", "ends_at": "minutes"}


def book(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Book a visit or a session. A refused session shows every reason; a clash names the field.

    Whoever sees the schedule sees what is booked; only who may book gets the form.
    """
    now = request.now
    course = course_or_404(
        request, course_id, May.BOOK if request.method == "POST" else May.SEE_SCHEDULE
    )
    clinic = course.clinic
    rooms = Room.objects.filter(clinic=clinic, closed_at__isnull=True).order_by("name")
    choices: dict[str, Any] = {
        name: staff_choices(clinic, role, now) for name, role in TEAM.items()
    }
    choices["room"] = [(str(room.id), room.name) for room in rooms]
    form = BookForm(
        request.POST or None, choices=choices, quiet=clinic.quiet, initial=_initial(request, course)
    )
    if request.method == "POST" and form.is_valid():
        try:
            if answer := _book(request, course, _wanted(form, course)):
                return answer
        except Clash as clash:
            say_wrong(form, clash, shown_as=SHOWN_AS)
    booked = Appointment.objects.filter(course_key=course.id).select_related("room")
    context = {
        "form": form,
        "person": banner(course.patient, now),
        "course": course,
        "booked": booked.order_by("-starts_at"),
        "openings": _openings(form, course, list(rooms), now) if request.actor.can["book"] else (),
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
            for words in told(_("Not booked"), outcome.decision, name):
                messages.warning(request, words)
            return None
    messages.success(request, _("Booked."))
    return redirect("care:book", course.id)


def told(headline: str, decision: Decision, name: str) -> list[str]:
    """A refusal for the desk: what its own work can put right, and whom to ask for the rest."""
    reasons, more = for_the_desk(decision)
    words = [f"{headline}: {reason}" for reason in reasons]
    if more:
        hold = _("%(headline)s: clinical hold. Ask %(name)s.")
        words.append(hold % {"headline": headline, "name": name})
    return words


def _initial(request: HttpRequest, course: Course) -> dict[str, Any]:
    """What an opening or a link names in the address; else the usual visit with the therapist."""
    facts = loader.load(course, now=request.now)
    kind = request.GET.get("kind", "")
    if kind not in AppointmentKind.values:
        kind = AppointmentKind.PREPARATION.value
    usual: dict[str, Any] = {
        "therapist": facts.course.therapist if facts.course else "",
        "minutes": 180 if kind == AppointmentKind.SESSION else 60,
    }
    if kind == AppointmentKind.SESSION:
        prescribers = staff_choices(course.clinic, Role.PRESCRIBER, request.now)
        usual["prescriber"] = prescribers[0][0] if prescribers else ""
    named = {key: request.GET[key] for key in BookForm.base_fields if request.GET.get(key)}
    return usual | named | {"kind": kind}


def _openings(
    form: BookForm, course: Course, rooms: list[Room], now: datetime
) -> list[dict[str, str]]:
    """The next free times for what the form asks: each one is a link that fills it in."""
    kind = AppointmentKind(_asked(form, "kind", AppointmentKind.values) or "preparation")
    minutes = _asked(form, "minutes", [str(n) for n in range(15, 481)])
    sought = Sought(
        patient=course.patient,
        kind=kind,
        minutes=int(minutes or 60),
        therapist=_member(course, _asked(form, "therapist", None)),
        rooms=_rooms(rooms, kind, _asked(form, "room", None)),
        clinicians=working_in(course.clinic, now, Role.SESSION_CLINICIAN),
    )
    address = reverse("care:book", args=[course.id])
    kept = {"kind": kind.value, "minutes": sought.minutes}
    kept["therapist"] = str(sought.therapist.id) if sought.therapist else ""
    return [_link(address, kept, found) for found in openings(sought, now)]


def _asked(form: BookForm, name: str, accepted: Collection[str] | None) -> str:
    value = str(form[name].value() or "")
    return value if accepted is None or value in accepted else ""


def _member(course: Course, key: str) -> Membership | None:
    found = key_or_none(key)
    return Membership.objects.filter(clinic=course.clinic, pk=found).first() if found else None


def _rooms(rooms: list[Room], kind: AppointmentKind, wanted: str) -> list[Room]:
    """The room that was asked for, else any: a session only takes one that is meant for it."""
    fit = [r for r in rooms if r.for_sessions or kind is not AppointmentKind.SESSION]
    return [r for r in fit if str(r.id) == wanted] or fit


def _link(address: str, kept: dict[str, Any], found: Opening) -> dict[str, str]:
    starts = timezone.localtime(found.starts_at)
    named = {**kept, "on": f"{starts:%Y-%m-%d}", "at": f"{starts:%H:%M}"}
    named["room"] = str(found.room.id) if found.room else ""
    if found.session_clinician:
        named["session_clinician"] = str(found.session_clinician.id)
    words = [date_format(starts, "D j M, H:i"), found.room.name if found.room else ""]
    if found.session_clinician:
        words.append(found.session_clinician.name)
    return {"href": f"{address}?{urlencode(named)}", "label": " · ".join(w for w in words if w)}


def _wanted(form: BookForm, course: Course) -> Wanted:
    data = form.cleaned_data
    try:
        # In UTC, so that a length of time is that length across a change of the clocks.
        starts = datetime.combine(data["on"], data["at"], course.clinic.zone).astimezone(UTC)
        ends = starts + timedelta(minutes=data["minutes"])
    except OverflowError as error:
        raise Clash("day", "No calendar goes there.", "a day of this year or the next") from error
    members = Membership.objects.filter(clinic=course.clinic).select_related("user")
    team = {name: members.filter(pk=data[name]).first() if data[name] else None for name in TEAM}
    room = (
        Room.objects.filter(clinic=course.clinic, pk=data["room"]).first() if data["room"] else None
    )
    return Wanted(
        kind=AppointmentKind(data["kind"]),
        starts_at=starts,
        ends_at=ends,
        room=room,
        **team,
    )
