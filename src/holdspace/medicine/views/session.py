"""The session screen: one page for the whole day, read in a dark room with one hand free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from holdspace import __version__
from holdspace.care import facts as loader
from holdspace.care.actions import Outcome, WrongInput
from holdspace.care.models import Course, Session, Task
from holdspace.care.standing import live_answer
from holdspace.care.web import show_decision
from holdspace.core import facts as core
from holdspace.core import gates
from holdspace.core.codes import Code
from holdspace.core.decision import Door
from holdspace.core.dosing import NO_ORDER, NOT_DRAWN_UP
from holdspace.core.facts import Role
from holdspace.core.units import plain
from holdspace.medicine import (
    agreed,
    attention,
    drawing_up,
    feed,
    going_home,
    kept,
    music,
    one_page,
    pad,
    page,
    picture,
    reviews,
)
from holdspace.medicine import forms as shapes
from holdspace.medicine.actions.day import NEXT_DAY_CONTACT
from holdspace.medicine.actions.dosing import ceiling_mg, current_weight_kg, label_of
from holdspace.medicine.calls import emergencies, has_opened
from holdspace.medicine.infusions import total
from holdspace.medicine.web import session_of
from holdspace.medicine.where import with_places
from holdspace.people.access import GRANTS, ROLE_WORDS, May
from holdspace.people.models import Site
from holdspace.people.staff import working_in
from holdspace.pharmacy import hatch

LOOKED_AT_AGAIN = timedelta(seconds=15)
# A player may play what it has fetched (docs/adr/0038-music-of-the-clinic.md).
may_play = csp_update({"media-src": ["blob:"]})


@may_play
def screen(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The page as it stands, with empty forms."""
    session = session_of(request, session_id)
    now: datetime = request.now  # type: ignore[attr-defined]
    return show(request, session, carried=pad.take_carried(request, session.id, now))


def live(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The parts of the page that change by themselves; forms are not among them.

    A page that has what stands now is told so in a few statements (304). What time alone changes,
    such as a set that becomes due, and what is no part of the course's record is looked at again
    after LOOKED_AT_AGAIN at the latest.
    """
    session = session_of(request, session_id)

    def make() -> HttpResponse:
        context = now_context(request, session) | {"calls_stand_on": session.id}
        return render(request, "medicine/live.html", context)

    streams = [session.course.stream]
    return live_answer(request, streams, again_after=LOOKED_AT_AGAIN, make=make)


def timeline(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The whole day on one page, for reading and for paper."""
    session = session_of(request, session_id)
    context = now_context(request, session)
    day: page.Day = context["day"]
    parts = picture.stretches(day)
    part = next((one for one in parts if one.key == request.GET.get("part")), None)
    drawn = picture.picture(day, context["music"], part, scores=True)
    context |= {"parts": parts, "part": part, "picture": drawn}
    context["paper"] = one_page.sheet(day, drawn, context["music"], part)
    if part:
        context["timeline"] = [one for one in context["timeline"] if part.has(one["at"])]
    return render(request, "medicine/timeline.html", context)


def show(
    request: HttpRequest,
    session: Session,
    bound: Mapping[str, forms.Form] | None = None,
    refused: Outcome[Any] | None = None,
    findings: Any = None,
    status: int = 200,
    carried: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The screen; `bound` are forms that were typed into, `refused` what a door just answered.

    `carried` is what stood on the pad while one value of it was charted by itself.
    """
    context = now_context(request, session) | {"carried": carried or {}}
    day: page.Day = context["day"]
    context |= dosing_context(request, day)
    context |= {
        "forms": Forms(request, context, bound or {}),
        "opened": next(iter(bound), "") if bound else "",
        "refused": _refusal(refused, day) if refused else None,
        "register_said": findings,
        "reviews": reviews.of_day(request.actor, day),  # type: ignore[attr-defined]
        "flags": page.flags(day, request.actor),  # type: ignore[attr-defined]
        "infusions": page.infusions(day),
        "contact_due": _contact_due(day),
        "leaving": leaving(day),
        "keeps": KEEPS,
        "entry": request.POST.get("entry", "") if bound else "",
        "player": music.whole(session),
        "room": music.room(session.course, session, day.now),
        "because": shapes.BECAUSE,
        "emergency": emergency_page(request, day),
        "live_url": reverse("medicine:session_live", args=[session.id]),
        "calls_stand_on": session.id,
    }
    return render(request, "medicine/session.html", context, status=status)


def emergency_page(request: HttpRequest, day: page.Day) -> dict[str, Any]:
    """The clinic's signed steps, its numbers and its address."""
    session, clinic = day.session, day.session.course.clinic
    signed = day.facts.clinic.protocol_signed_by_director
    return {
        "is_open": "emergency" in request.GET,
        "pages": [
            {"page": one, "awaiting": one.awaiting_signature and not signed}
            for one in loader.protocol_of(session.course).emergency
        ],
        "site": session.room.site if session.room else clinic.sites.first(),
        "room": session.room,
        "clinic": clinic,
    }


def _refusal(refused: Outcome[Any], day: page.Day) -> dict[str, Any]:
    shown = show_decision(refused.decision, names=day.names, row=refused.row)
    with_places(shown["findings"], day.session.course, day.session)
    return shown


def now_context(request: HttpRequest, session: Session) -> dict[str, Any]:
    """What the live parts and the printed page need."""
    now = request.now  # type: ignore[attr-defined]
    day = page.read(session, now=now, actor=request.actor)  # type: ignore[attr-defined]
    course = session.course
    conditions = attention.conditions(day)
    sound = music.live(session, [d.given_at for d in day.doses], is_over=bool(day.ended))
    outside = attention.outside(day, conditions)
    charted = pad.just_charted(day, request.actor)  # type: ignore[attr-defined]
    person = banner_of(course, now)
    return {
        "day": day,
        "session": session,
        "course": course,
        "person": person,
        "now": now,
        "doses": day.doses,
        "last_dose": day.doses[-1] if day.doses else None,
        "total": total(day.doses, day.happened),
        **going_home.on_screen(day),
        "ended": day.ended,
        "ending": page.ENDING_WORDS.get(day.ended.body.ending.value, "") if day.ended else "",
        "due": attention.due(day, conditions),
        "outside": outside,
        "emergency_calls": emergencies(day),
        "opened_by_me": has_opened(day, request.actor),  # type: ignore[attr-defined]
        "tiles": page.tiles(day, (key for one in outside for key in one["keys"])),
        "asked": attention.asked_kinds(conditions) if not day.ended else set(),
        "charted": charted,
        **attention.first_of_all(outside, charted),
        "pad_rows": pad.rows(),
        "last": pad.last(day),
        "presence": page.presence(day),
        "tellable": page.tellable(day, request.actor),  # type: ignore[attr-defined]
        "lanes": page.lanes(day),
        "lane_readers": LANE_READERS,
        "agreed": page.agreed(day),
        "strip": agreed.of(course, day.facts, person),
        "received": page.received(day),
        "monitors": [
            {"standing": one, "is_on": one.is_on(session)} for one in feed.in_room(session, now)
        ],
        "may": request.actor.can,  # type: ignore[attr-defined]
        "music": sound,
        "timeline": page.timeline(day, music.lines(sound)),
        "picture": picture.picture(day, sound),
        "twice": page.twice(day),
        "aside": kept.aside(day.entries, day.names),
        "emergency_lines": page.emergency_lines(day),
    }


# Whoever reads charts reads both lanes; the page says so beside the box.
LANE_READERS = ", ".join(
    ROLE_WORDS[role].lower() for role in Role if May.READ_CHART in GRANTS[role]
)


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
    protocol = loader.protocol_of(session.course)
    decision = None if day.ended else gates.decide(door, day.facts, protocol, __version__)
    shown = show_decision(decision, names=day.names) if decision else None
    if shown:
        with_places(shown["findings"], session.course, session)
    found = unmet(shown)
    weight = current_weight_kg(day.facts, protocol)
    open_orders = [o for o in orders if o.id not in drawn]
    site = session.room.site if session.room else session.course.clinic.sites.first()
    vials = _vials(day, site) if not day.ended else ()
    return {
        "dosing": {
            "orders": orders,
            "open_orders": open_orders,
            "drawn": [_syringe(day, p) for p in day.facts.preparations],
            "to_give": [p for p in day.facts.preparations if p.order not in given],
            "vials": vials,
            "vial_rows": drawing_up.rows(vials, open_orders),
            "weight": weight,
            "ceiling": _ceiling(session, weight),
            "decision": shown,
            "stops": [f for f in found if not only_waits(f)],
            "waiting": [f for f in found if only_waits(f)],
            "again_at": again_at(f for f in found if not only_waits(f)),
            "further": bool(day.doses),
        }
    }


def leaving(day: page.Day) -> dict[str, Any] | None:
    """What the door of going home says now, asked as a preview: nothing is written by it."""
    if day.ended:
        return None
    protocol = loader.protocol_of(day.session.course)
    decision = gates.decide(Door.DISCHARGE, day.facts, protocol, __version__)
    shown = show_decision(decision, names=day.names)
    findings = with_places(shown["findings"], day.session.course, day.session)
    return {"findings": findings, "stops": unmet(shown), "allowed": shown["allowed"]}


def _vials(day: page.Day, site: Site | None) -> tuple[hatch.UsableVial, ...]:
    return hatch.usable_vials(clinic=day.session.course.clinic, site=site, now=day.now)


def _syringe(day: page.Day, drawn: core.Preparation) -> dict[str, Any]:
    """What is drawn up: its arithmetic, its label, and what is still in it."""
    held = next((r for r in day.stock.reservations if r.preparation == drawn.id), None)
    left = held.left_mg if held else drawn.dose_mg
    sum_words = drawing_up.arithmetic(left, drawn.concentration_mg_per_ml)
    return {
        "label": label_of(drawn),
        "vial": held.vial_label if held else "",
        "part_of": plain(drawn.dose_mg) if left != drawn.dose_mg else "",
        "sum": sum_words,
        "words": f"{sum_words}, drawn up at {timezone.localtime(drawn.drawn_at):%H:%M}"
        + (f" from {held.vial_label}" if held else ""),
    }


def unmet(shown: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The findings that keep the door shut, without the long list of what is in order."""
    found = shown["findings"] if shown else ()
    return [f for f in found if f["verdict"] not in ("pass", "note") and not f["waived_by"]]


def only_waits(finding: Mapping[str, Any]) -> bool:
    """Whether a finding of the dose door says no more than that nothing is ordered or drawn up."""
    nothing_yet = finding["evidence"] in (NO_ORDER, NOT_DRAWN_UP)
    return finding["verdict"] == "unknown" and (
        nothing_yet or finding["code"] == Code.ORDER_MISSING.value
    )


def again_at(findings: Iterable[Mapping[str, Any]]) -> str:
    """From when the door may be asked again, as far as its findings know: the latest they name.

    A time stands for today, what is longer names another day.
    """
    times = {f["ask_again_on"] for f in findings if f["ask_again_on"]}
    other_days = sorted(time for time in times if len(time) > len("08:52"))
    return ", ".join(other_days) or max(times, default="")


def _ceiling(session: Session, weight: Any) -> str:
    try:
        ceiling = ceiling_mg(session.course, weight)
    except WrongInput as error:
        return error.problem
    return f"{plain(ceiling)} mg" if ceiling is not None else "not known without a recent weight"


def offered(context: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Choices of the dosing forms, with every amount in its unit."""
    day: page.Day = context["day"]
    drawn = [(p.id, _syringe(day, p)["words"]) for p in day.facts.preparations]
    dosing = context["dosing"]
    if dosing is None:
        return {"preparation": drawn, "dose": page.infusions(day)}
    orders = dosing["open_orders"]
    return {
        "order": [(o.id, f"{plain(o.dose_mg)} mg {o.route.value.upper()}") for o in orders],
        "vial": [(row.key, row.words) for row in dosing["vial_rows"]],
        "preparation": drawn,
        "dose": page.infusions(day),
    }


class Forms:
    """The forms of the page by name, each with its own ids, built when the page asks for it."""

    def __init__(
        self,
        request: HttpRequest,
        context: Mapping[str, Any],
        bound: Mapping[str, forms.Form],
    ) -> None:
        self.request, self.context, self.built = request, context, dict(bound)

    def __getitem__(self, name: str) -> forms.Form:
        if name not in self.built:
            self.built[name] = build(name, self.request, self.context["day"], self.context)
        return self.built[name]


SHAPES: dict[str, type[forms.Form]] = {
    "observe": shapes.VitalsForm,
    "undo": shapes.UndoForm,
    "going-home": shapes.GoingHomeForm,
    "could-not": shapes.CouldNotForm,
    "emergency": shapes.EmergencyForm,
    "narrow": shapes.NarrowForm,
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
    "lose": shapes.LoseForm,
    "adverse-event": shapes.AdverseEventForm,
    "rescue-drug": shapes.RescueDrugForm,
    "review": shapes.ReviewForm,
    "flag": shapes.FlagForm,
    "end-infusion": shapes.InfusionForm,
    "discharge": shapes.DischargeForm,
    "no-escort": shapes.NobodyCameForm,
    "end": shapes.EndingForm,
    "contact": shapes.ContactForm,
    "chart": shapes.ChartImportedForm,
    "monitor": shapes.MonitorForm,
}
# Facts: a tablet without the network may keep them. What is permitted here is decided here.
KEEPS = {
    "observe", "going-home", "could-not", "emergency", "narrow", "note", "told", "place",
    "variance", "adverse-event", "rescue-drug", "end-infusion", "end", "chart",
}  # fmt: skip
DOSING = {"order", "cancel-order", "prepare", "give", "waste", "return", "lose"}


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
    if name == "observe":
        more["initial"] = context.get("carried")
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
        more["offered"] = _for_act(name, offered(context), context)
    if name == "variance":
        more["own"] = core.Route(day.session.course.route)
    if name == "prepare":
        rows = context["dosing"]["vial_rows"]
        more["unusable"] = frozenset(row.key for row in rows if not row.is_usable)
    return shape(data, **more)


def _for_act(
    name: str, choices: dict[str, list[tuple[str, str]]], context: Mapping[str, Any]
) -> dict[str, list[tuple[str, str]]]:
    """A variance may concern nothing that was drawn up; a dose is given once from each syringe."""
    drawn = choices["preparation"]
    if name == "variance":
        vials = context["dosing"]["vials"] if context["dosing"] else ()
        return {
            "preparation": [("", "nothing drawn up here"), *drawn],
            "vial": [("", "not known"), *((v.id, drawing_up.label(v)) for v in vials)],
        }
    if name == "give" and context["dosing"]:
        keys = {p.id for p in context["dosing"]["to_give"]}
        return {**choices, "preparation": [c for c in drawn if c[0] in keys]}
    return choices


def staff_choices(request: HttpRequest, day: page.Day) -> list[tuple[str, str]]:
    """Everybody who works here now, once per page."""
    held: list[tuple[str, str]] | None = getattr(request, "staff_choices", None)
    if held is None:
        clinic = day.session.course.clinic
        held = [(str(m.id), m.signed_name) for m in working_in(clinic, day.now)]
        request.staff_choices = held  # type: ignore[attr-defined]
    return held


def _contact_due(day: page.Day) -> Task | None:
    return (
        Task.objects.of(day.session.clinic_id)
        .filter(kind=NEXT_DAY_CONTACT, about=day.session.id, closed_at__isnull=True)
        .first()
    )
