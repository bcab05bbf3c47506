"""Movements of the register, each in words; said.txt holds what the register says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from holdspace.core.facts import Route
from holdspace.core.ledger import Account, Act, DoseType, Movement, Vial, reversal
from tests.core.test_ledger import BOX, CHICAGO, DRAWN, NOW, RECEIVED, STRONG, VIAL, move

Case = tuple[str, Movement, tuple[Movement, ...], Vial, datetime]


def case(
    what: str,
    movement: Movement,
    history: tuple[Movement, ...] = DRAWN,
    vial: Vial = VIAL,
    now: datetime = NOW,
) -> Case:
    return what, movement, history, vial, now


def units(act: Act, count: int, **changes: Any) -> Movement:
    """So many lozenges of the box."""
    return replace(move(act, 0, vial=BOX, units=count, micrograms=count * 100_000), **changes)


def back(of: Movement, **changes: Any) -> Movement:
    """The correction of a movement."""
    made = reversal(of, key="back", reason="typed twice", by="nurse-a", witness="nurse-b", at=NOW)
    return replace(made, **changes)


TEN, ONE = RECEIVED, DRAWN[1]
BOXED = (units(Act.RECEIVE, 5), units(Act.DRAW, 2))
OWN = replace(VIAL, patients_own=True)
LAST_MOMENT = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=CHICAGO)
SHORT = replace(VIAL, expires_on=date(2026, 12, 31))
OPENED = replace(VIAL, opened_at=NOW - timedelta(days=28))
SECOND = timedelta(seconds=1)
WEAK = replace(VIAL, concentration_ug_per_ml=1_000)
SINGLE = replace(VIAL, dose_type=DoseType.SINGLE)
BESIDE = replace(VIAL, in_treatment_area=True)
OTHER = (TEN, move(Act.DRAW, 1_000, person="p2", session="s2"))
STRONG_DRAWN = (
    move(Act.RECEIVE, 10_000, vial=STRONG), move(Act.DRAW, 1_000, vial=STRONG),
)  # fmt: skip


def strong(**changes: Any) -> Movement:
    return move(Act.GIVE, 100, vial=STRONG, route=Route.IV, **changes)


OF_THE_REGISTER: tuple[Case, ...] = (
    *(case(f"an ordinary {act.value}", move(act, 100)) for act in Act if act is not Act.CORRECT),
    case("a way that is not listed", move(Act.GIVE, 100, source=Account.SAFE)),
    case("from the safe to the safe", move(Act.DRAW, 100, target=Account.SAFE)),
    case("a patient's own taken", move(Act.TAKE_OWN, 100), (), OWN),
    case("a patient's own drawn up", move(Act.DRAW, 100), DRAWN, OWN),
    case("nothing", move(Act.DRAW, 0)),
    case("a microgram too many", move(Act.DRAW, 100, micrograms=5_001)),
    case("one microgram", move(Act.RECEIVE, 1, vial=WEAK), (), WEAK),
    case("units of a liquid", move(Act.DRAW, 100, units=1)),
    case("a lozenge given", units(Act.GIVE, 1), BOXED, BOX),
    case("a lozenge by volume", units(Act.GIVE, 1, microlitres=5), BOXED, BOX),
    case("one and a half lozenges", units(Act.GIVE, 1, micrograms=150_000), BOXED, BOX),
    case("all that is drawn up", move(Act.GIVE, 1_000)),
    case("more than is drawn up", move(Act.GIVE, 1_001)),
    case("more is wasted than is drawn up", move(Act.WASTE, 1_001)),
    case("what another session drew up", move(Act.GIVE, 100, session="s2")),
    case("all that is in the container", move(Act.DRAW, 9_000)),
    case("more than is in the container", move(Act.DRAW, 9_001)),
    case("a correction", back(ONE)),
    case("a correction of a part", back(ONE, micrograms=25_000, microlitres=500)),
    case("a correction of nothing", back(ONE, corrects="gone")),
    case("a second correction", back(ONE), (*DRAWN, back(ONE, id="first"))),
    case("a correction of a correction", back(back(ONE), id="again"), (*DRAWN, back(ONE))),
    case("a correction of a patient's own", back(move(Act.TAKE_OWN, 100)),
         (move(Act.TAKE_OWN, 100),), OWN),
    case("a correction without a witness", back(ONE, witness="")),
    case("no person", move(Act.GIVE, 100, person="")),
    case("no person and no session", move(Act.DRAW, 100, person="", session="")),
    case("no supplier", move(Act.RECEIVE, 100, counterparty="")),
    case("no receiver", move(Act.TRANSFER, 100, counterparty="")),
    case("no reason", move(Act.LOSE, 100, reason=" ")),
    case("no reason and no route", move(Act.GIVE, 100, reason="", route=None)),
    case("no order", move(Act.GIVE, 100, order="")),
    case("waste without an order", move(Act.WASTE, 100, order="")),
    case("another place", move(Act.DRAW, 100, location="elsewhere")),
    case("no place", move(Act.DRAW, 100, location="")),
    case("a minute ahead", move(Act.DRAW, 100, at=NOW + timedelta(seconds=60))),
    case("more than a minute ahead", move(Act.DRAW, 100, at=NOW + timedelta(seconds=61))),
    case("as much as the overfill lets", move(Act.RECEIVE, 1_000)),
    case("more than the overfill lets", move(Act.RECEIVE, 1_001)),
    case("the last moment of the label", move(Act.DRAW, 100), DRAWN, SHORT, LAST_MOMENT),
    case("the first moment after the label", move(Act.DRAW, 100), DRAWN, SHORT,
         LAST_MOMENT + timedelta(microseconds=1)),
    case("wasted after the label", move(Act.WASTE, 100), DRAWN, SHORT, LAST_MOMENT + SECOND),
    case("opened 28 days ago", move(Act.GIVE, 100), DRAWN, OPENED),
    case("opened longer ago", move(Act.GIVE, 100), DRAWN, OPENED, NOW + SECOND),
    case("opened long ago and wasted", move(Act.WASTE, 100), DRAWN, OPENED, NOW + SECOND),
    case("opened three days ago by the maker's three days", move(Act.GIVE, 100), DRAWN,
         replace(VIAL, opened_at=NOW - timedelta(days=3), beyond_use_days=3)),
    case("opened longer ago than the maker's three days", move(Act.GIVE, 100), DRAWN,
         replace(VIAL, opened_at=NOW - timedelta(days=3), beyond_use_days=3), NOW + SECOND),
    case("a single dose opened four hours ago", move(Act.GIVE, 100), DRAWN,
         replace(SINGLE, opened_at=NOW - timedelta(hours=4))),
    case("a single dose opened longer ago", move(Act.GIVE, 100), DRAWN,
         replace(SINGLE, opened_at=NOW - timedelta(hours=4)), NOW + SECOND),
    case("a single dose for the same person", move(Act.GIVE, 100), DRAWN, SINGLE),
    case("a single dose of another person", move(Act.DRAW, 100), OTHER, SINGLE),
    case("a single dose whose other use was corrected", move(Act.DRAW, 100),
         (*OTHER, back(OTHER[1])), SINGLE),
    case("a single dose that was given to another person", move(Act.DRAW, 100),
         (*DRAWN, move(Act.GIVE, 100, person="p2")), SINGLE),
    case("a vial beside another patient", move(Act.DRAW, 100), OTHER, BESIDE),
    case("a vial of many doses for a second person", move(Act.DRAW, 100), OTHER),
    case("what is left of a single dose is wasted", move(Act.WASTE_RESIDUE, 100), OTHER, SINGLE),
    case("a box of one person's", units(Act.DRAW, 1),
         (BOXED[0], units(Act.DRAW, 1, person="p2", session="s2")),
         replace(BOX, dose_type=DoseType.SINGLE)),
    case("100 mg/mL into a vein", strong(), STRONG_DRAWN, STRONG),
    case("100 mg/mL into a vein, diluted", strong(dilution="in 100 mL"), STRONG_DRAWN, STRONG),
    case("100 mg/mL into a muscle", move(Act.GIVE, 100, vial=STRONG), STRONG_DRAWN, STRONG),
    case("50 mg/mL into a vein", move(Act.GIVE, 100, route=Route.IV)),
    case("100 mg/mL drawn up", move(Act.DRAW, 100, vial=STRONG, route=Route.IV), STRONG_DRAWN,
         STRONG),
    case("waste without a witness", move(Act.WASTE, 100, witness="")),
    case("waste before oneself", move(Act.WASTE, 100, witness="nurse-a")),
    case("waste before a stranger", move(Act.WASTE, 100, witness="x")),
    case("a dose before somebody who may", move(Act.GIVE, 100, witness="nurse-c")),
    case("a dose before a stranger", move(Act.GIVE, 100, witness="x")),
    case("destroyed without a witness", move(Act.DESTROY, 100, witness="")),
    case("lost without a witness", move(Act.LOSE, 100)),
)  # fmt: skip
