"""The readiness check: every finding of the session door, and the answers it still needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from holdspace import __version__
from holdspace.care import facts as loader
from holdspace.care.actions import Outcome, WrongInput, discard_draft
from holdspace.care.models import Course
from holdspace.care.typed import say_wrong
from holdspace.care.web import course_or_404, names_of, show_decision
from holdspace.core import gates
from holdspace.core.course import clearance_left
from holdspace.core.decision import Door
from holdspace.core.dosing import WEIGHT_CHANGE
from holdspace.core.units import KINDS, Kind
from holdspace.medicine import actions, music
from holdspace.medicine.actions.day import appointment_of, open_session
from holdspace.medicine.forms import ASQ, ReadinessForm
from holdspace.medicine.views.session import banner_of, unmet
from holdspace.medicine.where import with_places
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404
from holdspace.people.models import Membership

GROUPS = (
    (
        "Asked of the person, alone",
        (Kind.IDENTITY_CONFIRMED, Kind.ABLE_TO_CONSENT, Kind.INTERPRETER_PRESENT,
         Kind.HEALTH_CHANGE, Kind.ESCORT_CONFIRMED),
    ),
    ("Last food and drink", (Kind.LAST_FATTY_MEAL, Kind.LAST_LIGHT_MEAL, Kind.LAST_CLEAR_FLUID)),
    ("Pregnancy", (Kind.PREGNANCY_POSSIBLE, Kind.PREGNANCY_TEST)),
    ("The room", (Kind.ROOM_READY, Kind.EMERGENCY_EQUIPMENT_CHECKED)),
)  # fmt: skip


def readiness(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Preview the door, write down the day's answers, and open the session day."""
    actor: Membership = actor_or_404(request)
    may = May.CHECK_READINESS if request.method == "POST" else May.READ_CHART
    course = course_or_404(request, course_id, may)
    now: datetime = request.now  # type: ignore[attr-defined]
    if request.method != "POST":
        return _show(request, course, _empty(now))
    last = loader.load(course, now=now).latest(Kind.WEIGHT)
    form = ReadinessForm(
        request.POST,
        now=now,
        auto_id="ready-%s",
        last_weight=last.number if last else None,
        weight_percent=loader.protocol_of(course).whole(WEIGHT_CHANGE),
    )
    if not form.is_valid():
        return _show(request, course, form, status=422)
    try:
        if request.POST.get("step") == "open":
            return _open(request, course, form, actor, now)
        readings = form.readings()
        actions.answer_readiness(
            course=course, readings=readings, taken_at=form.cleaned_data["taken_at"], by=actor,
            now=now,
        )  # fmt: skip
    except WrongInput as error:
        say_wrong(form, error)
        return _show(request, course, form, status=422)
    _forget_draft(request, actor)
    messages.success(request, f"Kept: {len(readings)} answers and readings.")
    return redirect("medicine:readiness", course_id=course.id)


def _open(
    request: HttpRequest, course: Course, form: ReadinessForm, actor: Membership, now: datetime
) -> HttpResponse:
    outcome = actions.start_session(
        course=course, answers=form.readings(), taken_at=form.cleaned_data["taken_at"], by=actor,
        now=now,
    )  # fmt: skip
    _forget_draft(request, actor)
    if outcome.allowed and outcome.made:
        messages.success(request, "The session is open.")
        return redirect("medicine:session", session_id=outcome.made.id)
    return _show(request, course, _empty(now), refused=outcome, status=409)


def _empty(now: datetime) -> ReadinessForm:
    """Nothing of the day is pre-filled: it is asked and measured."""
    return ReadinessForm(now=now, auto_id="ready-%s")


def _forget_draft(request: HttpRequest, actor: Membership) -> None:
    if key := request.POST.get("draft_key"):
        discard_draft(key=key, by=actor)


def _show(
    request: HttpRequest,
    course: Course,
    form: ReadinessForm,
    refused: Outcome[Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor: Membership = request.actor  # type: ignore[attr-defined]
    now: datetime = request.now  # type: ignore[attr-defined]
    facts = loader.load(course, now=now, actor=actor)
    protocol = loader.protocol_of(course)
    decision = gates.decide(Door.OPEN_SESSION, facts, protocol, __version__)
    names = names_of(course.clinic_id, {member.id for member in facts.staff})
    shown = show_decision(decision, names=names)
    if refused:
        shown = show_decision(refused.decision, names=names, row=refused.row)
    with_places(shown["findings"], course)
    context = {
        "course": course,
        "person": banner_of(course, now),
        "now": now,
        "decision": shown,
        "refused": refused is not None,
        "stops": unmet(shown),
        "left": clearance_left(facts, protocol),
        "allowed": decision.allowed,
        "form": form,
        "groups": [(title, [form[kind.value] for kind in kinds]) for title, kinds in GROUPS],
        "vitals": [form[kind.value] for kind in ReadinessForm.kinds if _is_vital(kind)],
        "screen": [form[f"asq_{number}"] for number in range(1, len(ASQ) + 1)],
        "appointment": appointment_of(course, now),
        "open_session": open_session(course),
        "room": music.room(course, open_session(course), now),
        "may": actor.can,
        "may_check": actor.may(May.CHECK_READINESS, now),
    }
    return render(request, "medicine/readiness.html", context, status=status)


def _is_vital(kind: Kind) -> bool:
    return KINDS[kind].low is not None
