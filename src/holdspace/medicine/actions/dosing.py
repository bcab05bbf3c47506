"""A dose is ordered with its arithmetic, drawn from a real vial and given at a door."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from holdspace.care import facts as loader
from holdspace.care.actions import Outcome, WrongInput, happen, open_task, pass_door
from holdspace.care.actions.doors import keep
from holdspace.care.events import OrderCancelled, Variance
from holdspace.care.models import Course, Event, EventKind, Session
from holdspace.core import facts as core
from holdspace.core import limits
from holdspace.core.canonical import from_text
from holdspace.core.decision import Door
from holdspace.core.evidence import is_plausible
from holdspace.core.facts import Route
from holdspace.core.protocol import Protocol
from holdspace.core.units import Kind, QuantityError, Unit, parse_quantity, plain
from holdspace.medicine.actions.common import (
    director,
    doses_of,
    ended,
    locked,
    stock_facts,
    words,
)
from holdspace.people.access import May
from holdspace.people.models import Membership, Patient
from holdspace.people.signing import Signature
from holdspace.pharmacy import hatch
from holdspace.records.actions import append
from holdspace.records.keys import new_key

VARIANCE_REVIEW = "variance_review"
VARIANCE_REVIEW_HOURS = 72  # clinic default, awaiting signature
LABEL_LENGTH = 6
CHECK_KEPT = "Nothing was given. That the check failed is kept in the record."


@dataclass(frozen=True, slots=True)
class DoseWanted:
    """An amount as the prescriber wrote it, and what it comes to; `arithmetic` is shown in full."""

    dose_mg: Decimal
    weight_kg: Decimal | None
    arithmetic: str


def work_out(text: str, weight_kg: Decimal | None) -> DoseWanted:
    """Read "50 mg" or "0.8 mg/kg". A number without its unit is refused.

    An amount by weight is rounded down to a whole milligram: rounding never adds medicine.
    """
    cleaned = " ".join(text.split())
    accepted = "an amount with its unit: “50 mg” or “0.8 mg/kg”"
    try:
        if not cleaned.endswith(Unit.MG_PER_KG.value):
            dose = parse_quantity(cleaned, Unit.MG)
            return _positive(DoseWanted(dose, weight_kg, f"{plain(dose)} mg as ordered"), accepted)
        per_kg = parse_quantity(cleaned, Unit.MG_PER_KG)
    except (QuantityError, InvalidOperation) as error:
        problem = error.problem if isinstance(error, QuantityError) else "This is not an amount."
        raise WrongInput("dose", problem, accepted) from error
    if weight_kg is None:
        raise WrongInput("dose", "There is no recent weight.", "an amount in mg, or a weight")
    exact = weight_kg * per_kg
    dose = exact.quantize(Decimal(1), ROUND_DOWN)
    steps = f"{plain(weight_kg)} kg × {plain(per_kg)} mg/kg = {plain(exact)} mg"
    if dose != exact:
        steps += f", rounded down to {plain(dose)} mg"
    return _positive(DoseWanted(dose, weight_kg, steps), accepted)


def _positive(wanted: DoseWanted, accepted: str) -> DoseWanted:
    exponent = wanted.dose_mg.as_tuple().exponent
    if wanted.dose_mg <= 0 or (isinstance(exponent, int) and exponent < -3):
        raise WrongInput("dose", f"{plain(wanted.dose_mg)} mg cannot be given.", accepted)
    return wanted


def current_weight_kg(facts: core.Facts, protocol: Protocol) -> Decimal | None:
    """The last charted weight, when it is plausible and recent enough to reckon with."""
    weight = facts.latest(Kind.WEIGHT)
    days = protocol.whole("readiness.weight_age_days_max")
    if weight is None or facts.now - weight.taken_at > timedelta(days=days):
        return None
    if not is_plausible(weight):
        return None
    return weight.number


def ceiling_mg(course: Course, weight_kg: Decimal | None) -> Decimal | None:
    """The most one session may give by the course's route; None when the weight is not known.

    The lower of the protocol's value and the hard limit. Raises WrongInput for a route that has no
    ceiling: it is not offered.
    """
    route = Route(course.route)
    hard = limits.CEILINGS.get(route)
    settings = loader.protocol_of(course).settings
    by_route = settings.get(f"dose.{route.value}_session_mg_max")
    if hard is None or by_route is None or route in limits.ROUTES_NOT_OFFERED:
        raise WrongInput("route", "This route has no ceiling and is not offered.", "another route")
    highest = min(hard.mg, Decimal(str(by_route.value)))
    by_weight = settings.get(f"dose.{route.value}_session_mg_per_kg_max")
    if hard.mg_per_kg is None or by_weight is None:
        return highest
    if weight_kg is None:
        return None
    return min(highest, weight_kg * min(hard.mg_per_kg, Decimal(str(by_weight.value))))


@transaction.atomic
def order_dose(
    *,
    session: Session,
    dose: str,
    signature: Signature,
    by: Membership,
    now: datetime,
    reason: str = "",
    infusion_minutes: int | None = None,
) -> Event:
    """Sign a dose order: an amount with its unit, by the route of the course, for this session.

    Raises WrongInput: not a prescriber, not signed, no unit, above the session's ceiling together
    with what was given, an infusion that is too short, or a session that has ended.
    """
    course, session = locked(session)
    _may_order(course, session, signature, by, now)
    facts = loader.load(course, now=now, session=session)
    wanted = work_out(dose, current_weight_kg(facts, loader.protocol_of(course)))
    given = facts.doses_of(str(session.id))
    _within_ceiling(course, wanted, sum((d.dose_mg for d in given), Decimal(0)))
    route = Route(course.route)
    if route is Route.IV:
        _slow_enough(course, infusion_minutes)
    valid = loader.protocol_of(course).span("dose.order_valid_hours")
    order = core.Order(
        id=str(new_key(now)),
        session=str(session.id),
        route=route,
        dose_mg=wanted.dose_mg,
        ordered_by=str(by.id),
        signed_at=now,
        expires_at=now + valid,
        further=bool(given),
        weight_kg=wanted.weight_kg,
        reason=reason.strip(),
        infusion_minutes=infusion_minutes if route is Route.IV else None,
        arithmetic=wanted.arithmetic,
    )
    return happen(
        course=course, kind=EventKind.ORDER_SIGNED, body=order, at=now, by=by, now=now,
        session=session, key=UUID(order.id), codes={"meaning": signature.meaning},
    )  # fmt: skip


def _may_order(
    course: Course, session: Session, signature: Signature, by: Membership, now: datetime
) -> None:
    if not by.may(May.ORDER_DOSE, now):
        raise WrongInput("by", "Your role cannot order a dose.", "a prescriber")
    if not signature.is_by(by.id, now):
        raise WrongInput("password", "This signature is not yours or is too old.", "sign again")
    if ended(course, session):
        raise WrongInput("session", "This session has ended.", "an open session")


def _within_ceiling(course: Course, wanted: DoseWanted, given_mg: Decimal) -> None:
    ceiling = ceiling_mg(course, wanted.weight_kg)
    if ceiling is None:
        raise WrongInput(
            "dose", "The ceiling of this route goes by weight, and there is no recent weight.",
            "a weight charted first",
        )  # fmt: skip
    if given_mg + wanted.dose_mg > ceiling:
        left = max(ceiling - given_mg, Decimal(0))
        raise WrongInput(
            "dose",
            f"{plain(given_mg + wanted.dose_mg)} mg in one session is above the ceiling of"
            f" {plain(ceiling)} mg.",
            f"up to {plain(left)} mg",
        )


def _slow_enough(course: Course, infusion_minutes: int | None) -> None:
    least = loader.protocol_of(course).whole("dose.iv_infusion_minutes_min")
    if infusion_minutes is None or infusion_minutes < least:
        raise WrongInput("infusion_minutes", "Too fast, or not said.", f"{least} min or more")


@transaction.atomic
def cancel_order(
    *, session: Session, order: core.Order, because: str, by: Membership, now: datetime
) -> Event:
    """Take back an order. What was drawn up stays so until it is wasted or returned."""
    course, session = locked(session)
    if not by.may(May.ORDER_DOSE, now):
        raise WrongInput("by", "Your role cannot cancel an order.", "a prescriber")
    because = words("because", because, "why, in a few words")
    return happen(
        course=course, kind=EventKind.ORDER_CANCELLED, body=OrderCancelled(order.id, because),
        at=now, by=by, now=now, session=session,
    )  # fmt: skip


def label_of(preparation: core.Preparation) -> str:
    """What stands on the syringe, made from its key; the key itself may stand on a page."""
    return sha256(preparation.id.encode()).hexdigest()[:LABEL_LENGTH].upper()


@transaction.atomic
def prepare(
    *,
    session: Session,
    order: core.Order,
    vial: str,
    by: Membership,
    now: datetime,
    diluted: bool = False,
) -> hatch.Moved:
    """Draw an ordered dose up through the pharmacy's hatch, which may refuse with its findings."""
    course, session = locked(session)
    if not by.may(May.GIVE_DOSE, now):
        raise WrongInput("by", "Your role cannot draw up a dose.", "a session clinician")
    standing = next((o for o in orders_of(course, session, now) if o.id == order.id), None)
    if standing is None:
        raise WrongInput("order", "This order does not stand.", "a signed order of this session")
    moved = hatch.draw(
        vial=vial, milligrams=standing.dose_mg, session=session, order=standing, by=by, now=now,
        diluted=diluted,
    )  # fmt: skip
    if moved.allowed and moved.preparation:
        happen(
            course=course, kind=EventKind.DOSE_PREPARED, body=moved.preparation, at=now, by=by,
            now=now, session=session,
        )  # fmt: skip
    return moved


def orders_of(course: Course, session: Session, now: datetime) -> list[core.Order]:
    """Orders of this session that stand: not cancelled and not expired; the newest last."""
    facts = loader.load(course, now=now, session=session)
    return [
        order
        for order in facts.orders
        if order.session == str(session.id)
        and order.cancelled_at is None
        and now < order.expires_at
    ]


def give_dose(
    *,
    session: Session,
    preparation: core.Preparation,
    person: str,
    label: str,
    signature: Signature,
    by: Membership,
    now: datetime,
    milligrams: Decimal | None = None,
) -> Outcome[Event]:
    """Give a prepared dose at its door: the first one, or a further one of the same session.

    `person` (display id or birth date) and `label` (of the syringe) are typed from what is in the
    room, not from the screen. `milligrams` gives a part of what is left in the syringe, None all of
    it; the rest is wasted or returned afterwards. A refusal is kept, and so is a check that failed
    before its WrongInput is raised.
    """
    with transaction.atomic():
        course, session = locked(session)
        wrong = _double_check(course.patient, preparation, person, label)
        if wrong is None:
            return _give(course, session, preparation.id, milligrams, signature, by, now)
        append(
            stream=course.stream, act="double_check_failed", by=by, now=now,
            clinic_id=course.clinic_id,
            body={"session": str(session.id), "preparation": preparation.id, "read": wrong.field},
        )  # fmt: skip
    raise wrong


def _give(
    course: Course,
    session: Session,
    drawn: str,
    milligrams: Decimal | None,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> Outcome[Event]:
    if not signature.is_by(by.id, now):
        raise WrongInput("password", "This signature is not yours or is too old.", "sign again")
    held = hatch.in_hand(session=session, now=now)
    preparation = next((p for p in held.preparations if p.id == drawn), None)
    if preparation is None:
        raise WrongInput("preparation", "This is not drawn up now.", "what is drawn up")
    amount = _part(milligrams, held.left_mg(drawn))
    known = stock_facts(session, held, is_over=ended(course, session) is not None)
    known["preparations"] = (preparation,)
    door = Door.FURTHER_DOSE if doses_of(course, session) else Door.GIVE_DOSE
    outcome: Outcome[Event] = pass_door(door, course, by=by, now=now, session=session, **known)
    if not outcome.allowed:
        return outcome
    moved = hatch.give(preparation=preparation, session=session, milligrams=amount, by=by, now=now)
    if not moved.allowed:
        return _refused_by_register(outcome, moved, course, session, by)
    dose = core.Dose(
        id=str(new_key(now)),
        session=str(session.id),
        route=Route(course.route),
        dose_mg=amount,
        given_at=now,
        given_by=str(by.id),
        order=preparation.order,
    )
    event = happen(
        course=course, kind=EventKind.DOSE_GIVEN, body=dose, at=now, by=by, now=now,
        session=session, key=UUID(dose.id), codes={"decision": str(outcome.row.id)},
    )  # fmt: skip
    return Outcome(outcome.decision, outcome.row, event)


def _part(milligrams: Decimal | None, left: Decimal) -> Decimal:
    """The amount that leaves the syringe: all that is in it, or the part that was named."""
    if milligrams is None:
        return left
    if not 0 < milligrams <= left:
        raise WrongInput(
            "milligrams", f"{plain(milligrams)} mg is not a part of what is drawn up.",
            f"more than 0 and up to {plain(left)} mg",
        )  # fmt: skip
    return milligrams


def _double_check(
    patient: Patient, preparation: core.Preparation, person: str, label: str
) -> WrongInput | None:
    """What does not fit between the room and the screen; None when both do."""
    born = f"{patient.birth_date:%Y-%m-%d}" if patient.birth_date else ""
    typed = person.strip().upper()
    if not typed or typed not in (patient.display_id.upper(), born):
        return WrongInput(
            "person", f"This does not name the person of this session. {CHECK_KEPT}",
            "the number on their band, or their birth date as 1990-04-02",
        )  # fmt: skip
    if label.strip().upper() != label_of(preparation):
        return WrongInput(
            "label", f"This is not the label of the syringe that was drawn up. {CHECK_KEPT}",
            f"the {LABEL_LENGTH} signs on the syringe",
        )  # fmt: skip
    return None


def _refused_by_register(
    outcome: Outcome[Event], moved: hatch.Moved, course: Course, session: Session, by: Membership
) -> Outcome[Event]:
    """The door let it through and the register did not: kept as one refusal with all findings."""
    decision = replace(outcome.decision, findings=outcome.decision.findings + moved.findings)
    assert outcome.row.facts is not None
    facts = from_text(core.Facts, outcome.row.facts)
    row = keep(decision, facts, patient=course.patient, course=course, session=session, by=by)
    return Outcome(decision, row)


@transaction.atomic
def record_variance_dose(
    *,
    session: Session,
    milligrams: Decimal,
    at: datetime,
    reason: str,
    by: Membership,
    now: datetime,
    given_by: Membership | None = None,
    preparation: core.Preparation | None = None,
    vial: str | None = None,
    route: Route | None = None,
) -> Event:
    """Write down a dose that was given without a passed door. This is never refused.

    `route` is the way it went in, None the course's own. By each way its milligrams count whole,
    unconverted, toward one total, held against the ceilings of the next order's route. It counts
    toward every clock, moves stock as far as the register can say, holds further doses, and opens
    a task for the medical director. Returns the variance's event.
    """
    course, session = locked(session)
    reason = words("reason", reason, "what happened, in a few words")
    if milligrams <= 0:
        raise WrongInput("milligrams", "No medicine is no dose.", "the amount given, in mg")
    dose = core.Dose(
        id=str(new_key(now)),
        session=str(session.id),
        route=route or Route(course.route),
        dose_mg=milligrams,
        given_at=at,
        given_by=str((given_by or by).id),
        order=preparation.order if preparation else "",
        passed_door=False,
    )
    happen(
        course=course, kind=EventKind.DOSE_GIVEN, body=dose, at=at, by=by, now=now,
        session=session, key=UUID(dose.id), codes={"passed_door": False},
    )  # fmt: skip
    moved = hatch.record_given(
        session=session, vial=vial, preparation=preparation, milligrams=milligrams, by=by, at=at,
        reason=reason, route=dose.route, now=now,
    )  # fmt: skip
    booked = "" if moved.movement else "; the register could not book it"
    what = f"{plain(milligrams)} mg{_way(course, dose.route)} given without a passed door{booked}"
    body = Variance(what=what, reason=reason, dose=dose.id, dose_mg=milligrams)
    event = happen(
        course=course, kind=EventKind.VARIANCE, body=body, at=at, by=by, now=now, session=session
    )
    _to_be_reviewed(course, event, what, by, now)
    return event


def _way(course: Course, route: Route) -> str:
    """Which way a dose went in, where that was not the course's own."""
    own = Route(course.route)
    return "" if route is own else f" {route.value.upper()}, not {own.value.upper()},"


def _to_be_reviewed(course: Course, event: Event, what: str, by: Membership, now: datetime) -> None:
    due = now + timedelta(hours=VARIANCE_REVIEW_HOURS)
    open_task(
        clinic=course.clinic, patient=course.patient, course=course, kind=VARIANCE_REVIEW,
        title=f"Review: {what}", owner=director(course.clinic, now, by), due_at=due,
        about=event.id, by=by, now=now,
    )  # fmt: skip


@transaction.atomic
def waste(
    *,
    session: Session,
    preparation: core.Preparation,
    milligrams: Decimal,
    witness: Membership,
    witness_signature: Signature,
    reason: str,
    by: Membership,
    now: datetime,
) -> hatch.Moved:
    """Waste what was drawn up, before a second person who signs for having seen it."""
    _course, session = locked(session)
    reason = words("reason", reason, "why it is wasted")
    return hatch.waste(
        preparation=preparation, session=session, milligrams=milligrams, by=by, witness=witness,
        witness_signature=witness_signature, reason=reason, now=now,
    )  # fmt: skip


@transaction.atomic
def return_unused(
    *,
    session: Session,
    preparation: core.Preparation,
    milligrams: Decimal,
    reason: str,
    by: Membership,
    now: datetime,
) -> hatch.Moved:
    """Put back what was drawn up and not used, where the register allows it."""
    _course, session = locked(session)
    reason = words("reason", reason, "why it goes back")
    return hatch.return_unused(
        preparation=preparation, session=session, milligrams=milligrams, by=by, reason=reason,
        now=now,
    )  # fmt: skip


@transaction.atomic
def lose(
    *,
    session: Session,
    preparation: core.Preparation,
    milligrams: Decimal,
    reason: str,
    by: Membership,
    now: datetime,
) -> hatch.Moved:
    """Say that something drawn up is gone and nobody saw it wasted: the register opens a case."""
    _course, session = locked(session)
    reason = words("reason", reason, "what happened to it")
    return hatch.lose(
        preparation=preparation, session=session, milligrams=milligrams, by=by, reason=reason,
        now=now,
    )  # fmt: skip
