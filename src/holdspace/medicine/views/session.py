"""The session screen: one page for the whole day, read in a dark room with one hand free."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from holdspace import __version__
from holdspace.care import facts as loader
from holdspace.care.actions import Outcome, WrongInput
from holdspace.care.events import Happened
from holdspace.care.models import Course, EventKind, Session, Task
from holdspace.care.web import show_decision
from holdspace.core import gates
from holdspace.core.decision import Door
from holdspace.core.units import plain
from holdspace.medicine import attention, page
from holdspace.medicine import forms as shapes
from holdspace.medicine.actions.charting import reviewers
from holdspace.medicine.actions.common import director
from holdspace.medicine.actions.dosing import ceiling_mg, current_weight_kg, label_of
from holdspace.medicine.web import session_of
from holdspace.people.access import May
from holdspace.people.models import Membership
from holdspace.people.staff import working_in
from holdspace.pharmacy import hatch


def screen(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The page as it stands, with empty forms."""
    return show(request, session_of(request, session_id))


def live(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The parts of the page that change by themselves; forms are not among them."""
    session = session_of(request, session_id)
    return render(request, "medicine/live.html", now_context(request, session))


def timeline(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The whole day on one page, for reading and for paper."""
    session = session_of(request, session_id)
    return render(request, "medicine/timeline.html", now_context(request, session))


def show(
    request: HttpRequest,
    session: Session,
    bound: Mapping[str, forms.Form] | None = None,
    refused: Outcome[Any] | None = None,
    findings: Any = None,
    status: int = 200,
) -> HttpResponse:
    """The screen; `bound` are forms that were typed into, `refused` what a door just answered."""
    context = now_context(request, session)
    day: page.Day = context["day"]
    context |= dosing_context(request, day)
    context |= {
        "forms": _forms(request, day, context) | dict(bound or {}),
        "opened": next(iter(bound), "") if bound else "",
        "refused": show_decision(refused.decision, names=day.names, row=refused.row)
        if refused
        else None,
        "register_said": findings,
        "may": request.actor.can,  # type: ignore[attr-defined]
        "reviews": _reviews(request, day),
        "contact_due": _contact_due(day),
        "live_url": reverse("medicine:session_live", args=[session.id]),
    }
    return render(request, "medicine/session.html", context, status=status)


def now_context(request: HttpRequest, session: Session) -> dict[str, Any]:
    """What the live parts and the printed page need."""
    now = request.now  # type: ignore[attr-defined]
    day = page.read(session, now=now, actor=request.actor)  # type: ignore[attr-defined]
    course = session.course
    conditions = attention.conditions(day)
    return {
        "day": day,
        "session": session,
        "course": course,
        "person": banner_of(course, now),
        "now": now,
        "doses": day.doses,
        "last_dose": day.doses[-1] if day.doses else None,
        "total_mg": plain(sum((d.dose_mg for d in day.doses), start=Decimal(0))),
        "ended": day.ended,
        "ending": page.ENDING_WORDS.get(day.ended.body.ending.value, "") if day.ended else "",
        "due": attention.due(day, conditions),
        "outside": attention.outside(day, conditions),
        "tiles": page.tiles(day),
        "presence": page.presence(day),
        "lanes": page.lanes(day),
        "agreed": page.agreed(day),
        "received": page.received(day),
        "timeline": page.timeline(day),
        "picture": page.picture(day),
    }


def banner_of(course: Course, now: datetime) -> dict[str, Any]:
    """Who this is, with the emergency contact beside the name."""
    patient = course.patient
    return {
        "name": patient.called,
        "display_id": patient.display_id,
        "age": patient.age_on(course.clinic.day(now)),
        "birth_date": patient.birth_date,
        "pronouns": patient.pronouns,
        "href": reverse("care:chart", args=[patient.id]),
        "allergies": loader.allergies_of(patient),
        "emergency": " ".join(
            part
            for part in (
                patient.emergency_name,
                f"({patient.emergency_relation})" if patient.emergency_relation else "",
                patient.emergency_phone,
            )
            if part
        ),
    }


def dosing_context(request: HttpRequest, day: page.Day) -> dict[str, Any]:
    """Orders, what is drawn up, vials, and what the next door says, for those who may dose."""
    actor, session = request.actor, day.session  # type: ignore[attr-defined]
    if not (actor.may(May.ORDER_DOSE, day.now) or actor.may(May.GIVE_DOSE, day.now)):
        return {"dosing": None}
    given = {dose.order for dose in day.doses}
    orders = [
        o
        for o in day.facts.orders
        if o.id not in given
        and o.session == str(session.id)
        and o.cancelled_at is None
        and day.now < o.expires_at
    ]
    drawn = {p.order for p in day.facts.preparations} | {d.order for d in day.doses}
    door = Door.FURTHER_DOSE if day.doses else Door.GIVE_DOSE
    decision = (
        None
        if day.ended
        else gates.decide(door, day.facts, loader.protocol_of(session.course), __version__)
    )
    shown = show_decision(decision, names=day.names) if decision else None
    weight = current_weight_kg(session.course, day.now)
    site = session.room.site if session.room else session.course.clinic.sites.first()
    held = hatch.reservations(session=session)
    return {
        "dosing": {
            "orders": orders,
            "open_orders": [o for o in orders if o.id not in drawn],
            "drawn": [
                (p, label_of(p), next((r for r in held if r.preparation == p.id), None))
                for p in day.facts.preparations
            ],
            "vials": hatch.usable_vials(clinic=session.course.clinic, site=site, now=day.now),
            "reservations": [r for r in held if r.left_mg],
            "weight": weight,
            "ceiling": _ceiling(session, weight),
            "decision": shown,
            "stops": _stops(shown),
            "further": bool(day.doses),
        }
    }


def _stops(shown: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The findings that keep the door shut, without the long list of what is in order."""
    found = shown["findings"] if shown else ()
    return [f for f in found if f["verdict"] not in ("pass", "note") and not f["waived_by"]]


def _ceiling(session: Session, weight: Any) -> str:
    try:
        ceiling = ceiling_mg(session.course, weight)
    except WrongInput as error:
        return error.problem
    return f"{plain(ceiling)} mg" if ceiling is not None else "not known without a recent weight"


def offered(context: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Choices of the dosing forms, with every amount in its unit."""
    drawn = [
        (p.id, f"{plain(p.dose_mg)} mg, label {label_of(p)}")
        for p in context["day"].facts.preparations
    ]
    dosing = context["dosing"]
    if dosing is None:
        return {"preparation": drawn}
    return {
        "order": [
            (o.id, f"{plain(o.dose_mg)} mg {o.route.value.upper()}") for o in dosing["open_orders"]
        ],
        "vial": [
            ("", "Choose"),
            *((str(v.id), f"{v.label}, {plain(v.balance_mg)} mg left") for v in dosing["vials"]),
        ],
        "preparation": drawn,
    }


def _forms(
    request: HttpRequest, day: page.Day, context: Mapping[str, Any]
) -> dict[str, forms.Form]:
    """Every form of the page, empty, each with its own ids."""
    return {
        name: build(name, request, day, context)
        for name in SHAPES
        if context["dosing"] or name not in DOSING
    }


SHAPES: dict[str, type[forms.Form]] = {
    "observe": shapes.VitalsForm,
    "going-home": shapes.GoingHomeForm,
    "could-not": shapes.CouldNotForm,
    "note": shapes.NoteForm,
    "told": shapes.ToldForm,
    "place": shapes.PlaceForm,
    "order": shapes.OrderForm,
    "cancel-order": shapes.CancelOrderForm,
    "prepare": shapes.PrepareForm,
    "give": shapes.GiveForm,
    "variance": shapes.VarianceForm,
    "waste": shapes.WasteForm,
    "return": shapes.ReturnForm,
    "adverse-event": shapes.AdverseEventForm,
    "review": shapes.ReviewForm,
    "discharge": shapes.DischargeForm,
    "end": shapes.EndingForm,
    "contact": shapes.ContactForm,
    "chart": shapes.ChartImportedForm,
}
DOSING = {"order", "cancel-order", "prepare", "give", "waste", "return"}


def build(
    name: str,
    request: HttpRequest,
    day: page.Day,
    context: Mapping[str, Any],
    data: Any = None,
) -> forms.Form:
    """One form of the page with what it needs to know: the clock, the staff, the stock."""
    shape = SHAPES[name]
    more: dict[str, Any] = {"auto_id": f"{name}-%s"}
    if issubclass(shape, shapes.KindsForm):
        more["now"] = day.now
    if issubclass(shape, shapes.SignatureForm):
        more["request"] = request
    if name == "order":
        more["meaning"] = "I order this dose for this person in this session."
    if shape is shapes.ToldForm:
        local = timezone.localtime
        more["readings"] = [
            (one["key"], f"{one['value']} at {local(one['at']):%H:%M}")
            for one in context["outside"]
        ]
    if issubclass(shape, shapes.StaffForm):
        more["staff"] = staff_choices(request, day)
    if issubclass(shape, shapes.ChoiceOf):
        more["offered"] = _optional(name, offered(context))
    return shape(data, **more)


def _optional(
    name: str, choices: dict[str, list[tuple[str, str]]]
) -> dict[str, list[tuple[str, str]]]:
    """A variance may concern nothing that was drawn up."""
    if name == "variance":
        return {**choices, "preparation": [("", "nothing drawn up here"), *choices["preparation"]]}
    return choices


def staff_choices(request: HttpRequest, day: page.Day) -> list[tuple[str, str]]:
    """Everybody who works here now, once per page."""
    held: list[tuple[str, str]] | None = getattr(request, "staff_choices", None)
    if held is None:
        clinic = day.session.course.clinic
        held = [(str(m.id), m.signed_name) for m in working_in(clinic, day.now)]
        request.staff_choices = held  # type: ignore[attr-defined]
    return held


REVIEWED_AS = {
    EventKind.VARIANCE: (EventKind.VARIANCE_REVIEWED, May.REVIEW_VARIANCES),
    EventKind.ADVERSE_EVENT: (EventKind.ADVERSE_EVENT_REVIEWED, May.REVIEW_EVENTS),
}


def _reviews(request: HttpRequest, day: page.Day) -> list[dict[str, Any]]:
    """Variances and adverse events with their reviews; `may` where this reader may add one."""
    return [_review(request, day, h) for h in day.happened if h.kind in REVIEWED_AS]


def _review(request: HttpRequest, day: page.Day, event: Happened) -> dict[str, Any]:
    actor = request.actor  # type: ignore[attr-defined]
    answer, right = REVIEWED_AS[event.kind]
    is_variance = event.kind is EventKind.VARIANCE
    answers = [h for h in day.happened if h.kind is answer and h.body.what == event.id]
    owed = [] if answers and is_variance else _asked_to_review(request, day, event)
    names = [who.signed_name for who in owed if str(who.id) not in {h.by for h in answers}]
    return {
        "key": event.id,
        "at": event.at,
        "what": event.body.what if is_variance else f"{event.body.term}, grade {event.body.grade}",
        "kind": event.kind.label,
        "answers": [{"who": day.names.get(h.by, ""), "event": h} for h in answers],
        "asked_of": " and ".join(names),
        "may": actor.may(right, day.now)
        and str(actor.id) not in {event.by, *(h.by for h in answers)},
    }


def _asked_to_review(request: HttpRequest, day: page.Day, event: Happened) -> list[Membership]:
    clinic, actor = day.session.course.clinic, request.actor  # type: ignore[attr-defined]
    author = Membership.objects.filter(clinic=clinic, pk=event.by or None).first() or actor
    if event.kind is EventKind.VARIANCE:
        return [director(clinic, day.now, author)]
    return reviewers(clinic, event.body, author, day.now)


def _contact_due(day: page.Day) -> Task | None:
    return (
        Task.objects.of(day.session.clinic_id)
        .filter(kind="next_day_contact", about=day.session.id, closed_at__isnull=True)
        .first()
    )
