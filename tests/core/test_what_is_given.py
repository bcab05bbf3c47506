"""A syringe of this hour, a step up from what was tolerated, an hour after a nasal spray."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from holdspace.core.decision import Door
from holdspace.core.facts import (
    AdverseEvent,
    DocumentKind,
    Dose,
    Ending,
    Facts,
    Place,
    Presence,
    Role,
    Route,
    Session,
)
from tests.core.cases import (
    AMARA,
    IVY,
    MARCUS,
    NOW,
    RUTH,
    ask,
    between_doses,
    codes,
    days,
    hours,
    medicine,
    minutes,
    readied,
    with_paper,
    with_staff,
)

DOSE, FURTHER = Door.GIVE_DOSE, Door.FURTHER_DOSE


# What the state says of the same person stands in test_practice.py.
PRACTICE = {"state_authority_missing", "exclusion_not_clear"}


def without_practice(found: dict[str, str]) -> dict[str, str]:
    return {code: verdict for code, verdict in found.items() if code not in PRACTICE}


def give(facts: Facts) -> dict[str, str]:
    return without_practice(codes(ask(DOSE, facts)))


# --- the syringe ----------------------------------------------------------------------------------


def drawn(**change: Any) -> Facts:
    """An order of six hours ago; the syringe changed."""
    facts = readied()
    order = replace(facts.orders[0], signed_at=NOW - hours(6))
    there = tuple(replace(p, since=NOW - hours(7)) for p in facts.presences)
    syringe = replace(facts.preparations[0], **change)
    return replace(facts, orders=(order,), presences=there, preparations=(syringe,))


WHEN = [
    ("five minutes ago", NOW - minutes(5), {}),
    ("now", NOW, {}),
    ("30 s ahead: a fast clock", NOW + minutes(0.5), {}),
    ("two minutes ahead", NOW + minutes(2), {"preparation_not_valid": "unknown"}),
    ("tomorrow", NOW + days(1), {"preparation_not_valid": "unknown"}),
    ("four hours ago", NOW - hours(4), {}),
    ("four hours and a minute ago", NOW - hours(4) - minutes(1), {"preparation_not_valid": "fail"}),
]


@pytest.mark.parametrize(("when", "at", "answer"), WHEN)
def test_a_syringe_is_of_this_hour(when: str, at: datetime, answer: dict[str, str]) -> None:
    assert give(drawn(drawn_at=at)) == answer, when


@pytest.mark.parametrize(("early", "answer"), [(0, {}), (1, {"preparation_not_valid": "fail"})])
def test_nothing_is_drawn_up_before_its_order_is_signed(early: int, answer: dict[str, str]) -> None:
    facts = readied()
    at = facts.orders[0].signed_at - minutes(early)
    assert give(replace(facts, preparations=(replace(facts.preparations[0], drawn_at=at),))) == (
        answer
    )


WHO = [
    (IVY, {}),
    (AMARA, {}),
    (MARCUS, {"role_not_permitted": "fail"}),
    (RUTH, {"role_not_permitted": "fail"}),
    ("nobody", {"role_not_permitted": "unknown"}),
    ("", {"role_not_permitted": "unknown"}),
]


@pytest.mark.parametrize(("who", "answer"), WHO)
def test_a_syringe_is_drawn_up_by_somebody_who_may(who: str, answer: dict[str, str]) -> None:
    assert give(drawn(drawn_by=who)) == answer


def test_the_one_who_drew_it_up_has_a_licence_and_the_profession() -> None:
    facts = with_staff(drawn(drawn_by=AMARA), IVY, roles=(Role.COORDINATOR,))
    assert "role_not_permitted" in give(replace(facts, preparations=drawn().preparations))
    bare = drawn(drawn_by="staff-temp")
    temp = replace(bare.staff[2], id="staff-temp", name="Temp", credentials=())
    there = (*bare.presences, Presence("staff-temp", Place.IN_ROOM, NOW - hours(7)))
    found = give(replace(bare, staff=(*bare.staff, temp), presences=there))
    assert found == {"licence_not_valid": "unknown"}


PLACES = [
    (Place.IN_ROOM, hours(1), None, {}),
    (Place.ON_PREMISES, hours(1), None, {}),
    (Place.REMOTE, hours(1), None, {"staff_not_present": "fail"}),
    (Place.ON_PREMISES, minutes(4), None, {"staff_not_present": "unknown"}),
    (Place.ON_PREMISES, hours(1), minutes(6), {"staff_not_present": "unknown"}),
    (Place.ON_PREMISES, hours(1), minutes(4), {}),
]


@pytest.mark.parametrize(("place", "came", "left", "answer"), PLACES)
def test_the_one_who_drew_it_up_was_here_then(
    place: Place, came: Any, left: Any, answer: dict[str, str]
) -> None:
    facts = drawn(drawn_by="staff-other")
    other = replace(facts.staff[2], id="staff-other", name="Other")
    stay = Presence("staff-other", place, NOW - came, NOW - left if left else None)
    assert give(
        replace(facts, staff=(*facts.staff, other), presences=(*facts.presences, stay))
    ) == (answer)


def test_a_further_dose_asks_the_same_of_its_syringe() -> None:
    facts = between_doses()
    late = replace(facts.preparations[-1], drawn_at=NOW + days(1), drawn_by=RUTH)
    late_drawn = replace(facts, preparations=(*facts.preparations[:-1], late))
    found = without_practice(codes(ask(FURTHER, late_drawn)))
    assert found == {"preparation_not_valid": "unknown", "role_not_permitted": "fail"}


# --- a tolerated lower dose -----------------------------------------------------------------------

EARLIER = Session("day-0", 1, NOW - days(10), NOW - days(10) + hours(3), Ending.DISCHARGED)


def after(*mg: str, session: Session = EARLIER, **change: Any) -> Facts:
    """140 mg ordered, after an earlier session with these doses."""
    facts = readied()
    order = replace(facts.orders[0], dose_mg=Decimal(140), reason="as discussed")
    doses = tuple(
        replace(
            Dose(f"d{n}", "day-0", Route.IM, Decimal(amount), NOW - days(10) + hours(n), IVY),
            **change,
        )
        for n, amount in enumerate(mg)
    )
    visit = replace(facts.visits[-1], id="after", phase="integration", held_at=NOW - days(8))
    facts = replace(
        facts,
        orders=(order,),
        preparations=(replace(facts.preparations[0], dose_mg=Decimal(140)),),
        sessions=(session, *facts.sessions),
        doses=doses,
        visits=(*facts.visits, visit),
    )
    return with_paper(facts, DocumentKind.CONSENT, routes=tuple(Route))


NOT_YET = {"dose_needs_tolerated": "fail"}
LOWER = [
    ("none", (), {}, NOT_YET),
    ("a trace", ("0.001",), {}, NOT_YET),
    ("the usual start", ("60",), {}, NOT_YET),
    ("just under the step", ("60.9",), {}, NOT_YET),
    ("the step", ("61",), {}, {}),
    ("two doses that make the step", ("40", "30"), {}, {}),
    ("a middle one", ("120",), {}, {}),
    ("as much as today", ("140",), {}, NOT_YET),
    ("a lozenge", ("120",), {"route": Route.SUBLINGUAL}, NOT_YET),
    ("a variance", ("120",), {"passed_door": False}, NOT_YET),
]


@pytest.mark.parametrize(("what", "mg", "change", "answer"), LOWER)
def test_what_counts_as_a_tolerated_lower_dose(
    what: str, mg: tuple[str, ...], change: dict[str, Any], answer: dict[str, str]
) -> None:
    assert give(after(*mg, **change)) == answer, what


@pytest.mark.parametrize("ending", [e for e in Ending if e is not Ending.DISCHARGED])
def test_a_session_that_ended_early_tolerated_nothing(ending: Ending) -> None:
    found = give(after("120", session=replace(EARLIER, ending=ending)))
    assert found["dose_needs_tolerated"] == "fail"


@pytest.mark.parametrize(("grade", "answer"), [(1, {}), (2, NOT_YET)])
@pytest.mark.parametrize("session", ["day-0", ""])
def test_an_event_of_grade_two_is_not_tolerating(
    grade: int, answer: dict[str, str], session: str
) -> None:
    event = AdverseEvent("e", session, "Vomiting", grade, NOW - days(10) + hours(2))
    assert give(replace(after("120"), adverse_events=(event,))) == answer


# --- the hour after a nasal spray -----------------------------------------------------------------


def sprayed(route: Route, last_taken: datetime | None) -> Facts:
    facts = readied()
    order = replace(facts.orders[0], route=route)
    assert facts.course is not None
    facts = replace(
        facts,
        orders=(order,),
        course=replace(facts.course, route=route),
        medications=(medicine("Afrin", last_taken=last_taken),),
    )
    return with_paper(facts, DocumentKind.CONSENT, routes=tuple(Route))


SPRAY = [
    (Route.INTRANASAL, NOW - minutes(1), {"washout_too_short": "fail"}),
    (Route.INTRANASAL, NOW - minutes(59), {"washout_too_short": "fail"}),
    (Route.INTRANASAL, NOW - minutes(60), {}),
    (Route.INTRANASAL, None, {"washout_too_short": "unknown"}),
    (Route.INTRANASAL, NOW + minutes(5), {"washout_too_short": "unknown"}),
    (Route.IM, NOW - minutes(1), {}),
    (Route.IM, None, {}),
]


@pytest.mark.parametrize(("route", "last", "answer"), SPRAY)
def test_an_hour_lies_between_a_nasal_spray_and_a_dose_in_the_nose(
    route: Route, last: datetime | None, answer: dict[str, str]
) -> None:
    assert give(sprayed(route, last)) == answer


def test_esketamine_waits_for_the_hour_too() -> None:
    assert give(sprayed(Route.ESKETAMINE, NOW - minutes(1)))["washout_too_short"] == "fail"


def test_the_refusal_after_a_spray_says_from_when() -> None:
    (found,) = ask(DOSE, sprayed(Route.INTRANASAL, NOW - minutes(20))).stops
    assert found.ask_again_on == "09:40" and "1 h ago" in found.rule
