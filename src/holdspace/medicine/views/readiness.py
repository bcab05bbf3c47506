"""The readiness check: every finding of the session door, and the answers it still needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from holdspace import __version__
from holdspace.care import facts as loader
from holdspace.care.actions import Outcome, Reading, WrongInput, discard_draft
from holdspace.care.models import Course, Observation, Strike
from holdspace.care.typed import say_wrong
from holdspace.care.web import course_or_404, names_of, show_decision
from holdspace.core import facts as core
from holdspace.core import gates
from holdspace.core.codes import Code
from holdspace.core.course import clearance_left
from holdspace.core.decision import Door
from holdspace.core.dosing import WEIGHT_CHANGE
from holdspace.core.readiness import escort_named
from holdspace.core.units import KINDS, Kind
from holdspace.medicine import actions, music
from holdspace.medicine.actions.common import open_session
from holdspace.medicine.actions.day import appointment_of
from holdspace.medicine.forms import ASQ, ReadinessForm
from holdspace.medicine.page import oxygen_words, value_words
from holdspace.medicine.views.session import banner_of, only_waits, unmet
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
    known = loader.load(course, now=now)
    last = known.latest(Kind.WEIGHT)
    form = ReadinessForm(
        request.POST,
        now=now,
        auto_id="ready-%s",
        last_weight=last.number if last else None,
        named_today=escort_named(known, loader.protocol_of(course)) is not None,
        weight_percent=loader.protocol_of(course).whole(WEIGHT_CHANGE),
    )
    if not form.is_valid():
        return _keep_the_good(request, course, form, actor, now)
    if request.POST.get("step") == "open":
        try:
            return _open(request, course, form, actor, now)
        except WrongInput as error:
            say_wrong(form, error)
            return _show(request, course, form, status=422)
    readings = form.readings()
    kept = _keep(request, course, form, readings, form.escort(), actor, now)
    if kept is None:
        return _show(request, course, form, status=422)
    messages.success(
        request,
        f"Kept: {kept.written} answers and readings."
        if kept.written
        else "These answers were kept before; nothing is written twice.",
    )
    return redirect("medicine:readiness", course_id=course.id)


def _keep(
    request: HttpRequest,
    course: Course,
    form: ReadinessForm,
    readings: Sequence[Reading],
    escort: tuple[str, str] | None,
    actor: Membership,
    now: datetime,
) -> actions.Answered | None:
    """Chart these answers; None when they were not taken, which the form then says."""
    try:
        if not readings and not escort:
            raise WrongInput("readings", "Nothing was entered.", "at least one value")
        kept = actions.answer_readiness(
            course=course, readings=readings, escort=escort,
            taken_at=form.cleaned_data["taken_at"], by=actor, now=now, page=page_of(request),
        )  # fmt: skip
    except WrongInput as error:
        say_wrong(form, error)
        return None
    _forget_draft(request, actor)
    return kept


def _keep_the_good(
    request: HttpRequest, course: Course, form: ReadinessForm, actor: Membership, now: datetime
) -> HttpResponse:
    """Keep every answer that was accepted; only what was not comes back, with its words.

    The resting readings are one set and are kept whole or not at all. Nothing is kept under a
    time that was not understood, and the door is not asked.
    """
    good, names = form.accepted()
    escort = form.escort() if "escort_name" in names else None
    if good or escort:
        kept = _keep(request, course, form, good, escort, actor, now)
        if kept is None:
            return _show(request, course, form, status=422)
        if kept.written:
            said = f"Kept: {kept.written} answers. What is marked below is not kept yet."
            messages.success(request, said)
    form.data = form.data.copy()
    for name in names:
        form.data.pop(name, None)
    return _show(request, course, form, status=422)


def _open(
    request: HttpRequest, course: Course, form: ReadinessForm, actor: Membership, now: datetime
) -> HttpResponse:
    outcome = actions.start_session(
        course=course, answers=form.readings(), escort=form.escort(),
        taken_at=form.cleaned_data["taken_at"], by=actor, now=now, page=page_of(request),
    )  # fmt: skip
    _forget_draft(request, actor)
    if outcome.allowed and outcome.made:
        messages.success(request, "The session is open.")
        return redirect("medicine:session", session_id=outcome.made.id)
    return _show(request, course, _empty(now), refused=outcome, status=409)


def page_of(request: HttpRequest) -> UUID | None:
    """The drawn page that was filled in; None for one that does not say."""
    try:
        return UUID(request.POST.get("page", ""))
    except ValueError:
        return None


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
    today = answered_today(course, facts, names)

    def beside(kinds: Iterable[Kind]) -> list[tuple[Any, str]]:
        """Each question with what was answered to it today."""
        return [(form[kind.value], today.get(kind.value, "")) for kind in kinds]

    context = {
        "course": course,
        "person": banner_of(course, now),
        "now": now,
        "decision": shown,
        "refused": refused is not None,
        "stops": unmet(shown),
        "dose_stops": dose_stops(request, course, shown),
        "left": clearance_left(facts, protocol),
        "allowed": decision.allowed,
        "form": form,
        "page": uuid4(),
        "groups": [(title, beside(kinds)) for title, kinds in GROUPS],
        "vitals": beside(kind for kind in ReadinessForm.kinds if _is_vital(kind)),
        "escort_today": today.get("escort", ""),
        "screened_today": today.get(Kind.SUICIDE_SCREEN.value, ""),
        "screen": [form[f"asq_{number}"] for number in range(1, len(ASQ) + 1)],
        "appointment": appointment_of(course, now),
        "open_session": open_session(course),
        "room": music.room(course, open_session(course), now),
        "may": actor.can,
        "may_check": actor.may(May.CHECK_READINESS, now),
    }
    return render(request, "medicine/readiness.html", context, status=status)


def answered_today(course: Course, facts: core.Facts, names: Mapping[str, str]) -> dict[str, str]:
    """By kind the newest answer of this day, as "yes, 13:25, Keisha Bennett, RN"."""
    begins = datetime.combine(facts.today, time.min, facts.clinic.zone)
    kinds = {kind.value for kind in (*ReadinessForm.kinds, Kind.SUICIDE_SCREEN)}
    rows = Observation.objects.filter(course=course, kind__in=kinds, taken_at__gte=begins)
    struck = set(Strike.objects.filter(course=course).values_list("struck_id", flat=True))
    found = {}
    for row in rows.order_by("taken_at", "recorded_at", "id"):
        if row.id not in struck:
            at = f"{timezone.localtime(row.taken_at):%H:%M}"
            value = value_words(row).replace("_", " ")
            if row.kind == Kind.SPO2.value:
                value += f" ({oxygen_words(row)})"
            found[row.kind] = ", ".join(
                part for part in (value, at, names.get(str(row.by_id), "")) if part
            )
    if named := escort_named(facts, loader.protocol_of(course)):
        at = f"{timezone.localtime(named.at):%H:%M}"
        said = (named.name, named.phone, at, names.get(named.by, ""))
        found["escort"] = ", ".join(part for part in said if part)
    return found


# About the day's room, its people and its session, not about whether this person may have a dose.
NOT_OF_THE_PERSON = {
    Code.SESSION_NOT_OPEN.value, Code.STAFF_NOT_PRESENT.value, Code.STAFF_SAME_PERSON.value,
}  # fmt: skip


def dose_stops(
    request: HttpRequest, course: Course, shown: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What the dose door would say no to today, beyond what this page's own door names.

    Asked as a preview. Left out is what only waits for an order, a vial or people in the room.
    """
    actor, now = request.actor, request.now  # type: ignore[attr-defined]
    facts = loader.load(course, now=now, actor=actor, session=open_session(course))
    if facts.doses_of(facts.session):
        return []
    decision = gates.decide(Door.GIVE_DOSE, facts, loader.protocol_of(course), __version__)
    found = unmet(show_decision(decision))
    above = {(f["code"], f["subject"]) for f in unmet(dict(shown))}
    stops = [
        f
        for f in found
        if not only_waits(f)
        and f["code"] not in NOT_OF_THE_PERSON
        and (f["code"], f["subject"]) not in above
    ]
    return with_places(stops, course)


def _is_vital(kind: Kind) -> bool:
    return KINDS[kind].low is not None
