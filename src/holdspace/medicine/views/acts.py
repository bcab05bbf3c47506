"""What is done on the session screen: one form, one action; a mistake keeps its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from holdspace.care import actions as care
from holdspace.care.actions import Outcome, WrongInput
from holdspace.care.events import AdverseEvent, RescueDrug
from holdspace.care.models import Session
from holdspace.care.typed import say_wrong
from holdspace.core import facts as core
from holdspace.core.facts import Ending, Place
from holdspace.core.units import Kind, QuantityError, Unit, parse_quantity
from holdspace.medicine import actions, answers, pad
from holdspace.medicine import envelope as envelopes
from holdspace.medicine.actions.entries import Envelope, Sent, again, once
from holdspace.medicine.forms import clock_time
from holdspace.medicine.models import Monitor, MonitorOnPerson
from holdspace.medicine.views import session as screen
from holdspace.medicine.web import session_of
from holdspace.people.access import May
from holdspace.people.models import Membership, key_or_none
from holdspace.pharmacy import hatch


@dataclass(frozen=True, slots=True)
class Moment:
    """All of a day that charting needs: the page is read only when it has to be shown."""

    session: Session
    now: datetime  # when the entry was made, which a kept one brings with it


@dataclass(frozen=True, slots=True)
class Asked:
    """One act as it was asked for: who, when, about which day, with which accepted form."""

    day: Any  # the Day that was read, or its Moment where that is enough
    form: Any
    by: Membership
    now: datetime
    made: datetime  # when it was entered: now, or earlier for one that a tablet kept

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.form.cleaned_data
        return data

    @property
    def at(self) -> datetime:
        return clock_time(self.data.get("at"), self.made)

    @property
    def common(self) -> dict[str, Any]:
        return {"session": self.day.session, "by": self.by, "now": self.now}


@dataclass(frozen=True, slots=True)
class Act:
    """Which right an act needs, what it does, and what is said when it is done."""

    may: May
    run: Callable[[Asked], Any]
    said: str | Callable[[Any], str]

    def words(self, result: Any) -> str:
        return self.said if isinstance(self.said, str) else self.said(result)


@screen.may_play
@require_POST
def act(request: HttpRequest, session_id: UUID, act: str) -> HttpResponse:
    """Do one act; a refusal or a mistake comes back on the same page with everything typed."""
    wanted = ACTS.get(act)
    if wanted is None:
        raise Http404
    session = session_of(request, session_id, wanted.may)
    now: datetime = request.now  # type: ignore[attr-defined]
    by: Membership = request.actor  # type: ignore[attr-defined]
    try:
        envelope = _envelope(request, act, session, now)
    except WrongInput as error:
        return answers.not_kept(error)
    if envelope and not envelopes.is_whose(request):
        return answers.sign_in()
    if envelope and (before := again(session=session, envelope=envelope, by=by, now=now)):
        answers.forget_draft(request)
        return answers.sent(request, before)
    try:
        made = _made(envelope, now)
    except WrongInput as error:
        return answers.not_kept(error)
    context: dict[str, Any] = {"day": Moment(session, made)}
    if act not in CHARTING:
        context = screen.now_context(request, session)
        context |= screen.dosing_context(request, context["day"])
    if act in screen.DOSING and not context["dosing"]:
        raise Http404
    form = screen.build(act, request, context["day"], context, data=request.POST)
    typed = pad.carried(request.POST.get("carry", ""))
    if not form.is_valid():
        if typed:
            form.data = {**typed, **request.POST.dict()}
        return _again(request, session, act, form)
    asked = Asked(context["day"], form, by, now, made)
    try:
        result = _run(wanted, asked, envelope)
    except WrongInput as error:
        say_wrong(form, error, shown_as=SHOWN_AS)
        return _again(request, session, act, form)
    pad.carry(request, session.id, typed, now)
    answers.forget_draft(request)
    if isinstance(result, Sent):
        return answers.sent(request, result)
    if isinstance(result, Outcome) and not result.allowed:
        return screen.show(request, session, refused=result, status=409)
    if isinstance(result, hatch.Moved) and not result.allowed:
        return screen.show(request, session, findings=result.findings, status=409)
    if act not in answers.SAID_ON_THE_PAGE:
        messages.success(request, wanted.words(result))
    return redirect(answers.page_after(session.id, act))


def _envelope(request: HttpRequest, name: str, session: Session, now: datetime) -> Envelope | None:
    found = envelopes.of(request, name, session, now)
    if found and name not in screen.KEEPS:
        raise WrongInput(
            "entry", "This is decided here and never kept on a tablet.", "the form of a live page"
        )
    return found


def _made(envelope: Envelope | None, now: datetime) -> datetime:
    if envelope is None:
        return now
    envelopes.must_be_sure(envelope)
    return envelope.at


def _run(wanted: Act, asked: Asked, envelope: Envelope | None) -> Any:
    if envelope is None:
        return wanted.run(asked)
    return once(
        session=asked.day.session, envelope=envelope, act=lambda: wanted.run(asked),
        said=wanted.words, by=asked.by, now=asked.now,
    )  # fmt: skip


def _again(request: HttpRequest, session: Session, act: str, form: forms.Form) -> HttpResponse:
    """What was not accepted, on the page that asked or to the tablet that keeps it."""
    if answers.is_asked_by_script(request):
        return answers.not_accepted(form)
    return screen.show(request, session, bound={act: form}, status=422)


SHOWN_AS = {"milligrams": "amount", "millilitres": "amount"}

# Their forms ask for nothing that was read from the day; the page that follows reads it once.
CHARTING = {"observe", "undo", "going-home", "note", "emergency", "narrow", "could-not"}


def _amount(asked: Asked, field: str) -> Decimal:
    try:
        return parse_quantity(asked.data[field], Unit.MG)
    except (QuantityError, InvalidOperation) as error:
        raise WrongInput(field, "This is not an amount in mg.", "for example “12.5 mg”") from error


def _order(asked: Asked) -> core.Order:
    wanted = asked.data["order"]
    found = next((o for o in asked.day.facts.orders if o.id == wanted), None)
    if found is None:
        raise WrongInput("order", "This order is not there.", "an order of this session")
    return found


def _preparation(asked: Asked) -> core.Preparation:
    wanted = asked.data["preparation"]
    found = next((p for p in asked.day.facts.preparations if p.id == wanted), None)
    if found is None:
        raise WrongInput("preparation", "This is not drawn up now.", "what is drawn up")
    return found


def _member(asked: Asked, field: str) -> Membership:
    clinic = asked.day.session.course.clinic
    found = Membership.objects.filter(clinic=clinic, pk=key_or_none(asked.data[field])).first()
    if found is None:
        raise WrongInput(field, "This person does not work here.", "a member of this clinic")
    return found


def _observe(asked: Asked) -> Any:
    return actions.observe_set(
        **asked.common, readings=asked.form.readings(), taken_at=asked.data["taken_at"]
    )


def _undo(asked: Asked) -> Any:
    return actions.undo(
        **asked.common, taken_as_set=asked.data["set"], kinds=pad.UNDOABLE, within=pad.UNDO
    )


def _could_not(asked: Asked) -> Any:
    kinds = [Kind(kind) for kind in asked.data["kinds"]]
    return actions.could_not(
        **asked.common, kinds=kinds, because=asked.data["because"], code=asked.data["why"],
        at=asked.at,
    )  # fmt: skip


def _emergency(asked: Asked) -> Any:
    return actions.emergency(**asked.common, what=asked.data["what"], at=asked.at)


def _narrow(asked: Asked) -> Any:
    data = asked.data
    told: dict[str, Any] = {
        "course": asked.day.session.course, "session": asked.day.session, "at": asked.at,
        "in_own_words": data["in_own_words"].strip(), "by": asked.by, "now": asked.now,
    }  # fmt: skip
    if data["what"] == "consent":
        return care.withdraw_consent(**told)
    return care.narrow_touch(**told, part=data["part"])


def _note(asked: Asked) -> Any:
    return actions.note(
        **asked.common, lane=asked.data["lane"], text=asked.data["text"], at=asked.at
    )


def _told(asked: Asked) -> Any:
    data, about = asked.data, dict(asked.form.fields["about"].choices)
    return actions.told(
        **asked.common, who=data["who"], about=str(about[data["about"]]),
        observation=data["about"], answer=data["answer"], at=asked.at,
    )  # fmt: skip


def _place(asked: Asked) -> Any:
    place = None if asked.data["place"] == "gone" else Place(asked.data["place"])
    return actions.place_staff(
        **asked.common, staff=_member(asked, "staff"), place=place, at=asked.at
    )


def _order_dose(asked: Asked) -> Any:
    data = asked.data
    return actions.order_dose(
        **asked.common, dose=data["dose"], reason=data["reason"],
        infusion_minutes=data["infusion_minutes"], signature=asked.form.signature,
    )  # fmt: skip


def _cancel_order(asked: Asked) -> Any:
    return actions.cancel_order(**asked.common, order=_order(asked), because=asked.data["because"])


def _prepare(asked: Asked) -> Any:
    return actions.prepare(
        **asked.common, order=_order(asked), vial=asked.data["vial"], diluted=asked.data["diluted"]
    )


def _label_words(moved: hatch.Moved) -> str:
    """Told once, when it is to be written; afterwards it is read from the syringe."""
    assert moved.preparation is not None
    label = actions.label_of(moved.preparation)
    return f"Drawn up. Write the label on the syringe now: {label}."


def _give(asked: Asked) -> Any:
    return actions.give_dose(
        **asked.common, preparation=_preparation(asked), person=asked.data["person"],
        label=asked.data["label"], signature=asked.form.signature,
        milligrams=_amount(asked, "milligrams") if asked.data["milligrams"] else None,
    )  # fmt: skip


def _variance(asked: Asked) -> Any:
    return actions.record_variance_dose(
        **asked.common, milligrams=_amount(asked, "dose"), at=asked.at,
        reason=asked.data["reason"], given_by=_member(asked, "given_by"),
        route=asked.data["route"],
        preparation=_preparation(asked) if asked.data["preparation"] else None,
        vial=asked.data["vial"] or None,
    )  # fmt: skip


def _waste(asked: Asked) -> Any:
    return actions.waste(
        **asked.common, preparation=_preparation(asked), milligrams=_amount(asked, "milligrams"),
        witness=asked.form.second, witness_signature=asked.form.second_signature,
        reason=asked.data["reason"],
    )  # fmt: skip


def _return(asked: Asked) -> Any:
    return actions.return_unused(
        **asked.common, preparation=_preparation(asked), milligrams=_amount(asked, "milligrams"),
        reason=asked.data["reason"],
    )  # fmt: skip


def _lose(asked: Asked) -> Any:
    return actions.lose(
        **asked.common, preparation=_preparation(asked), milligrams=_amount(asked, "milligrams"),
        reason=asked.data["reason"],
    )  # fmt: skip


def _adverse_event(asked: Asked) -> Any:
    data = asked.data
    event = AdverseEvent(
        term=data["term"], grade=int(data["grade"]), intervention=data["intervention"],
        outcome=data["outcome"], related=data["related"], red_flag=data["red_flag"],
    )  # fmt: skip
    return actions.adverse_event(**asked.common, event=event, at=asked.at)


def _rescue_drug(asked: Asked) -> Any:
    data = asked.data
    drug = RescueDrug(data["name"].strip(), data["amount"].strip(), data["because"].strip())
    return actions.rescue_drug(**asked.common, drug=drug, at=asked.at)


def _review(asked: Asked) -> Any:
    variances = {variance.id for variance in asked.day.facts.variances}
    data, signature = asked.data, asked.form.signature
    if data["event"] in variances:
        return actions.review_variance(
            **asked.common, variance=data["event"], conclusion=data["conclusion"],
            signature=signature,
        )  # fmt: skip
    return actions.review_adverse_event(
        **asked.common, event=data["event"], conclusion=data["conclusion"], signature=signature
    )


def _flag(asked: Asked) -> Any:
    return actions.review_red_flag(
        **asked.common, flag=asked.data["flag"], conclusion=asked.data["conclusion"],
        signature=asked.form.signature,
    )  # fmt: skip


def _end_infusion(asked: Asked) -> Any:
    amount: dict[str, Decimal] = {}
    if text := asked.data["amount"]:
        for field, unit in (("milligrams", Unit.MG), ("millilitres", Unit.ML)):
            try:
                amount[field] = parse_quantity(text, unit)
            except (QuantityError, InvalidOperation):
                continue
        if not amount:
            raise WrongInput("amount", "This is not an amount.", "such as “30 mg” or “12 mL”")
    return actions.end_infusion(
        **asked.common, dose=asked.data["dose"], at=asked.at, because=asked.data["because"],
        **amount,
    )  # fmt: skip


def _nobody_came(asked: Asked) -> Any:
    return actions.nobody_came(
        **asked.common, adult=asked.data["adult"], plan=asked.data["plan"],
        until=asked.form.ends_at(asked.now), owner=_member(asked, "staff"),
    )  # fmt: skip


def _discharge(asked: Asked) -> Any:
    return actions.end_session(
        **asked.common, ending=Ending.DISCHARGED, escort=asked.data["escort"],
        signature=asked.form.signature,
    )  # fmt: skip


def _end(asked: Asked) -> Any:
    return actions.end_session(
        **asked.common, ending=Ending(asked.data["ending"]), reason=asked.data["reason"],
        at=asked.at,
    )  # fmt: skip


def _contact(asked: Asked) -> Any:
    return actions.next_day_contact(
        **asked.common, result=asked.data["result"], words_said=asked.data["words_said"]
    )


def _chart(asked: Asked) -> Any:
    keys = [key for text in asked.data["readings"].split(",") if (key := key_or_none(text))]
    oxygen = asked.data["oxygen_l_min"]
    return actions.chart_imported(
        **asked.common, readings=keys, oxygen_l_min=Decimal(oxygen) if oxygen == "0" else None
    )


def _monitor(asked: Asked) -> Any:
    session = asked.day.session
    found = Monitor.objects.filter(clinic_id=session.clinic_id, pk=asked.data["monitor"]).first()
    if found is None:
        raise WrongInput("monitor", "This monitor is not known here.", "one of this room")
    return actions.say_monitor_is_on(
        **asked.common, monitor=found, is_on=asked.data["is_on"] == "yes"
    )


def _monitor_words(row: MonitorOnPerson) -> str:
    if row.is_on:
        return "Confirmed. What it sends from now on is shown beside the chart."
    return "Kept: it is off this person. What it sends is left aside."


ACTS: dict[str, Act] = {
    "observe": Act(May.OBSERVE, _observe, "Charted."),
    "undo": Act(May.OBSERVE, _undo, "Taken back. It stays readable, struck through."),
    "going-home": Act(May.OBSERVE, _observe, "Charted."),
    "could-not": Act(May.OBSERVE, _could_not, "Kept: why it was not taken."),
    "emergency": Act(May.OBSERVE, _emergency, "Kept, with its time. The record goes on."),
    "narrow": Act(May.OBSERVE, _narrow, "Kept: what the person took back. Care goes on."),
    "note": Act(May.OBSERVE, _note, "Note kept."),
    "told": Act(May.OBSERVE, _told, "Kept: who was told."),
    "place": Act(May.OBSERVE, _place, "Kept: who is where."),
    "order": Act(May.ORDER_DOSE, _order_dose, "Order signed."),
    "cancel-order": Act(May.ORDER_DOSE, _cancel_order, "Order cancelled."),
    "prepare": Act(May.GIVE_DOSE, _prepare, _label_words),
    "give": Act(May.GIVE_DOSE, _give, "Dose given. The clocks run from now."),
    "variance": Act(May.OBSERVE, _variance, "Kept as a variance. The director reviews it."),
    "waste": Act(May.GIVE_DOSE, _waste, "Wasted, and witnessed."),
    "return": Act(May.GIVE_DOSE, _return, "Returned."),
    "lose": Act(May.GIVE_DOSE, _lose, "Kept as a loss. The register has opened a case."),
    "adverse-event": Act(May.OBSERVE, _adverse_event, "Event kept."),
    "rescue-drug": Act(May.OBSERVE, _rescue_drug, "Kept. Two people review it."),
    "review": Act(May.REVIEW_EVENTS, _review, "Reviewed."),
    "flag": Act(May.REVIEW_RED_FLAGS, _flag, "The review of the red flag is signed."),
    "end-infusion": Act(May.OBSERVE, _end_infusion, "Kept. The clocks run from the end."),
    "discharge": Act(May.DISCHARGE, _discharge, "Discharged. The next-day call has an owner."),
    "no-escort": Act(May.OBSERVE, _nobody_came, "Kept. They stay, and the plan has an owner."),
    "end": Act(May.OBSERVE, _end, "Kept: how the session ended."),
    "contact": Act(May.OBSERVE, _contact, "Call kept."),
    "chart": Act(May.OBSERVE, _chart, "Charted from the monitor."),
    "monitor": Act(May.OBSERVE, _monitor, _monitor_words),
}
