"""Small changes of a life that a door lets through, each in words; said.txt holds the answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from holdspace.core.decision import Door
from holdspace.core.facts import (
    AdverseEvent,
    DocumentKind,
    Dose,
    Ending,
    Facts,
    Route,
    Session,
    Visit,
)
from holdspace.core.units import Kind
from tests.core.cases import (
    AMARA,
    IVY,
    MARCUS,
    NOW,
    charted,
    days,
    hours,
    instead,
    minutes,
    seen,
    with_paper,
    without,
)

K = Kind
OPEN, CLEAR, PREPARE = Door.OPEN_COURSE, Door.CLEAR_FOR_MEDICINE, Door.BEGIN_PREPARATION
SESSION, DOSE, FURTHER = Door.OPEN_SESSION, Door.GIVE_DOSE, Door.FURTHER_DOSE
LEAVE, NEXT, CLOSE = Door.DISCHARGE, Door.NEXT_SESSION, Door.CLOSE_COURSE
Change = Callable[[Facts], Facts]
Lives = tuple[tuple[Door, str, Change], ...]


# --- the dose -------------------------------------------------------------------------------------


def order(facts: Facts, **change: Any) -> Facts:
    """The newest order changed."""
    return replace(facts, orders=(*facts.orders[:-1], replace(facts.orders[-1], **change)))


def amount(facts: Facts, mg: str | int, **change: Any) -> Facts:
    """The newest order and what is drawn up for it, of this many mg."""
    drawn = replace(facts.preparations[-1], dose_mg=Decimal(mg))
    facts = replace(facts, preparations=(*facts.preparations[:-1], drawn))
    return order(facts, dose_mg=Decimal(mg), **change)


def by_route(facts: Facts, route: Route, mg: str | int, **change: Any) -> Facts:
    """A course, a consent and an order of another route."""
    assert facts.course is not None
    facts = replace(facts, course=replace(facts.course, route=route))
    facts = with_paper(facts, DocumentKind.CONSENT, routes=(Route.IM, route))
    return amount(facts, mg, route=route, **change)


def second_order(facts: Facts, of_first: dict[str, Any], of_second: dict[str, Any]) -> Facts:
    """Two orders, the second signed two minutes after the first and drawn up."""
    first = facts.orders[-1]
    newer = replace(first, id="newer", signed_at=first.signed_at + minutes(2), **of_second)
    both = (*facts.orders[:-1], replace(first, **of_first), newer)
    drawn = replace(facts.preparations[-1], id="drawn-newer", order="newer")
    return replace(facts, orders=both, preparations=(*facts.preparations, drawn))


def given(facts: Facts, **change: Any) -> Facts:
    """One more dose, two minutes ago."""
    dose = Dose("more", "day-1", Route.IM, Decimal(5), NOW - minutes(2), IVY)
    return replace(facts, doses=(*facts.doses, replace(dose, **change)))


def earlier(facts: Facts, mg: tuple[str, ...] = ("100",), ago: float = 4, **change: Any) -> Facts:
    """An earlier session `ago` days back with these doses, in order in every other way."""
    at = NOW - days(ago)
    key = f"day-{ago}-ago"
    session = Session(key, 0, at - hours(1), at + hours(3), Ending.DISCHARGED)
    of_dose = {k: change.pop(k) for k in ("route", "passed_door") if k in change}
    doses = tuple(
        Dose(f"{key}-{n}", key, Route.IM, Decimal(one), at + minutes(n), IVY)
        for n, one in enumerate(mg)
    )
    if of_dose:
        doses = (*doses[:-1], replace(doses[-1], **of_dose))
    visit = Visit(f"int-{key}", "integration", at + hours(50), MARCUS, key)
    facts = replace(
        facts,
        sessions=(*facts.sessions, replace(session, **change)),
        doses=(*facts.doses, *doses),
        visits=(*facts.visits, visit),
    )
    return charted(facts, seen(K.NEXT_DAY_CONTACT, "reached_well", days(ago - 1)))


def event(facts: Facts, **change: Any) -> Facts:
    """An adverse event of grade 2 on the morning of the session four days ago, reviewed by two."""
    one = AdverseEvent("event", "day-4-ago", "Vomiting", 2, NOW - days(4), (AMARA, IVY))
    return replace(facts, adverse_events=(*facts.adverse_events, replace(one, **change)))


ASKS = {"reason": "as discussed"}
OF_THE_DOSE: Lives = (
    (DOSE, "an order was cancelled and an older one stands",
     lambda f: second_order(f, {}, {"cancelled_at": NOW - minutes(1)})),
    (DOSE, "the newer of two orders was given already, in a session of long ago",
     lambda f: given(second_order(f, {}, {}), order="newer", session="x", given_at=NOW - days(9))),
    (DOSE, "both orders stand", lambda f: second_order(f, {}, {"dose_mg": Decimal(45)})),
    (DOSE, "both orders were cancelled, the newer one first",
     lambda f: second_order(f, {"cancelled_at": NOW}, {"cancelled_at": NOW - minutes(2)})),
    (DOSE, "the only order is of another session", lambda f: order(f, session="day-0")),
    (FURTHER, "the order of the further dose is of another session",
     lambda f: order(f, session="day-0")),
    (DOSE, "the order is cancelled at this very moment", lambda f: order(f, cancelled_at=NOW)),
    (DOSE, "the order will be cancelled in a minute",
     lambda f: order(f, cancelled_at=NOW + minutes(1))),
    (DOSE, "the order was given already, in a session of long ago",
     lambda f: given(f, order="order-1", session="x", given_at=NOW - days(9))),
    (DOSE, "an order of one milligram", lambda f: amount(f, 1)),
    (DOSE, "an order of nothing", lambda f: amount(f, 0)),
    (DOSE, "the nurse signed the order", lambda f: order(f, ordered_by=IVY)),
    (DOSE, "nobody on file signed the order", lambda f: order(f, ordered_by="nobody")),
    (DOSE, "the weight on the order is zero", lambda f: order(f, weight_kg=Decimal(0))),
    (DOSE, "the weight on the order is below zero", lambda f: order(f, weight_kg=Decimal(-1))),
    (DOSE, "the weight on the order is one kilogram", lambda f: order(f, weight_kg=Decimal(1))),
    (DOSE, "no weight was ever charted", lambda f: without(f, K.WEIGHT)),
    (DOSE, "weighed 80 kg, four less on the order",
     lambda f: order(instead(f, seen(K.WEIGHT, 80)), weight_kg=Decimal(76))),
    (DOSE, "weighed 80 kg, 4.1 less on the order",
     lambda f: order(instead(f, seen(K.WEIGHT, 80)), weight_kg=Decimal("75.9"))),
    (DOSE, "weighed 80 kg, 3.98 more on the order",
     lambda f: order(instead(f, seen(K.WEIGHT, 80)), weight_kg=Decimal("83.98"))),
    (DOSE, "175 mg at 70 kg", lambda f: amount(f, 175, **ASKS)),
    (DOSE, "175.01 mg at 70 kg", lambda f: amount(f, "175.01", **ASKS)),
    (DOSE, "more is drawn up than ordered",
     lambda f: order(amount(f, 176, **ASKS), dose_mg=Decimal(170))),
    (DOSE, "a lozenge of 100 mg", lambda f: by_route(f, Route.SUBLINGUAL, 100)),
    (DOSE, "a lozenge of 101 mg, without a reason", lambda f: by_route(f, Route.SUBLINGUAL, 101)),
    (DOSE, "a lozenge of 101 mg, with a reason",
     lambda f: by_route(f, Route.SUBLINGUAL, 101, **ASKS)),
    (DOSE, "a lozenge of 131 mg, with a reason",
     lambda f: by_route(f, Route.SUBLINGUAL, 131, **ASKS)),
    (DOSE, "a vein over forty minutes", lambda f: by_route(f, Route.IV, 40, infusion_minutes=40)),
    (DOSE, "a vein over thirty-nine minutes",
     lambda f: by_route(f, Route.IV, 40, infusion_minutes=39)),
    (DOSE, "a vein without a time", lambda f: by_route(f, Route.IV, 40)),
    (DOSE, "the nose", lambda f: by_route(f, Route.INTRANASAL, 40)),
    (DOSE, "esketamine", lambda f: by_route(f, Route.ESKETAMINE, 56)),
    (DOSE, "under the skin, 61 mg for the first time", lambda f: by_route(f, Route.SC, 61)),
    (FURTHER, "a lozenge after an injection",
     lambda f: replace(by_route(f, Route.SUBLINGUAL, 10))),
    (FURTHER, "a dose of another route lies between",
     lambda f: given(f, route=Route.SUBLINGUAL, given_at=NOW - minutes(12))),
    (DOSE, "61 mg the first time, without a reason", lambda f: amount(f, 61)),
    (DOSE, "61 mg the first time, with a reason", lambda f: amount(f, 61, **ASKS)),
    (DOSE, "61 mg after an earlier session", lambda f: earlier(amount(f, 61))),
    (DOSE, "130 mg", lambda f: amount(f, 130, **ASKS)),
    (DOSE, "130.1 mg", lambda f: amount(f, "130.1", **ASKS)),
    (DOSE, "140 mg after 100 mg", lambda f: earlier(amount(f, 140))),
    (DOSE, "140 mg after 139.9 mg", lambda f: earlier(amount(f, 140), ("139.9",))),
    (DOSE, "140 mg after 140 mg", lambda f: earlier(amount(f, 140), ("140",))),
    (DOSE, "140 mg after 30 mg", lambda f: earlier(amount(f, 140), ("30",))),
    (DOSE, "140 mg after 60 and 20 mg", lambda f: earlier(amount(f, 140), ("60", "20"))),
    (DOSE, "140 mg after 100 mg and another time 90 mg",
     lambda f: earlier(earlier(amount(f, 140)), ("90",), 8)),
    (DOSE, "140 mg after a lozenge of 100 mg",
     lambda f: earlier(amount(f, 140), route=Route.SUBLINGUAL)),
    (DOSE, "140 mg after 60 mg and a lozenge in one session",
     lambda f: earlier(amount(f, 140), ("60", "40"), route=Route.SUBLINGUAL)),
    (DOSE, "140 mg after 60 mg and 40 mg past the door",
     lambda f: earlier(amount(f, 140), ("60", "40"), passed_door=False)),
    (DOSE, "140 mg after 100 mg that ended against advice",
     lambda f: earlier(amount(f, 140), ending=Ending.TRANSFERRED)),
    (DOSE, "140 mg after 100 mg with an event of grade 1",
     lambda f: event(earlier(amount(f, 140)), grade=1)),
    (DOSE, "140 mg after 100 mg with an event of grade 2",
     lambda f: event(earlier(amount(f, 140)))),
    (DOSE, "140 mg after 100 mg with an event told the day after",
     lambda f: event(earlier(amount(f, 140)), session="", at=NOW - days(3))),
    (DOSE, "140 mg after 100 mg with an event as the session opened",
     lambda f: event(earlier(amount(f, 140)), session="", at=NOW - days(4) - hours(1))),
    (DOSE, "140 mg after 100 mg with an event just before the session opened",
     lambda f: event(earlier(amount(f, 140)), session="", at=NOW - days(4) - hours(1.01))),
    (DOSE, "140 mg after 100 mg with an event of an earlier session",
     lambda f: event(earlier(earlier(amount(f, 140)), ("90",), 8), session="day-8-ago")),
    (DOSE, "140 mg after 100 mg with an event between this and an earlier session",
     lambda f: event(
         earlier(earlier(amount(f, 140)), ("90",), 8), session="", at=NOW - days(5))),
    (DOSE, "140 mg after 90 and 100 mg with an event told the day after",
     lambda f: event(
         earlier(earlier(amount(f, 140)), ("90",), 8), session="", at=NOW - days(3))),
    (DOSE, "two syringes for the order, the newer one too large",
     lambda f: replace(f, preparations=(
         replace(f.preparations[0], id="second", dose_mg=Decimal(51), drawn_at=NOW),
         *f.preparations))),
    (DOSE, "two syringes for the order, the older one too large",
     lambda f: replace(f, preparations=(
         replace(f.preparations[0], id="second", dose_mg=Decimal(51), drawn_at=NOW - minutes(9)),
         *f.preparations))),
)  # fmt: skip
