"""The register of controlled substances, as a nurse and an inspector would walk through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from holdspace.core.decision import Finding, Verdict
from holdspace.core.facts import Route
from holdspace.core.ledger import (
    EDGES,
    OUTSIDE,
    WITNESSED,
    Account,
    Act,
    Difference,
    DoseType,
    Movement,
    Policy,
    Vial,
    balance,
    micrograms_of,
    microlitres_of,
    reconcile,
    reversal,
    totals,
    unresolved,
    usable_until,
)
from holdspace.core.ledger_rules import may_move, must_balance

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
POLICY = Policy(zone=CHICAGO, witnesses=frozenset({"nurse-b", "nurse-c"}))
VIAL = Vial(
    id="v1",
    ndc="00000-0001-01",
    drug="ketamine",
    lot="L1",
    expires_on=date(2026, 12, 31),
    location="main street",
    concentration_ug_per_ml=50_000,
    nominal_ul=10_000,
)
STRONG = replace(VIAL, concentration_ug_per_ml=100_000)
BOX = replace(VIAL, concentration_ug_per_ml=0, nominal_ul=0, ug_per_unit=100_000, nominal_units=5)
ACCOUNTS = {act: accounts for accounts, act in EDGES.items() if accounts[0] is not Account.SAFE}
ACCOUNTS |= {act: accounts for accounts, act in EDGES.items() if accounts[0] is Account.SAFE}


def move(act: Act, microlitres: int, key: str = "", vial: Vial = VIAL, **changes: Any) -> Movement:
    """A movement with everything on it that it needs; tests take away what they are about."""
    source, target = ACCOUNTS[act]
    whole = Movement(
        id=key or f"{act}-{microlitres}",
        vial=vial.id,
        source=source,
        target=target,
        micrograms=microlitres * vial.concentration_ug_per_ml // 1000,
        microlitres=microlitres,
        reason="as ordered",
        by="nurse-a",
        witness="nurse-b" if act in WITNESSED else "",
        at=NOW,
        location="main street",
        order="o1",
        session="s1",
        person="p1",
        counterparty="supplier-1",
        route=Route.IM,
    )
    return replace(whole, **changes)


RECEIVED = move(Act.RECEIVE, 10_000)
DRAWN = (RECEIVED, move(Act.DRAW, 1_000))


def stops(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code.value for finding in findings if finding.verdict is not Verdict.PASS]


def asked(
    movement: Movement,
    history: tuple[Movement, ...] = DRAWN,
    vial: Vial = VIAL,
    now: datetime = NOW,
    policy: Policy = POLICY,
) -> list[str]:
    return stops(may_move(movement, history, vial, now, policy))


# --- a day with one vial -----------------------------------------------------------------------


def test_a_day_with_one_vial_is_permitted_step_by_step_and_balances() -> None:
    # 10 mL of 50 mg/mL arrive; 1.2 mL are drawn up, 1 mL given, 0.15 mL wasted, 0.05 mL lost
    day = (
        move(Act.RECEIVE, 10_000),
        move(Act.DRAW, 1_200),
        move(Act.GIVE, 1_000),
        move(Act.WASTE, 150),
        move(Act.LOSE, 50, source=Account.DRAWN_UP),
        move(Act.DRAW, 500, session="s2", person="p2"),
        move(Act.PUT_BACK, 500, session="s2", person="p2"),
        move(Act.WASTE_RESIDUE, 800),
        move(Act.TRANSFER, 2_000),
        move(Act.LOSE, 1_000, source=Account.SAFE),
        move(Act.DESTROY, 5_000),
    )
    for step, movement in enumerate(day):
        assert asked(movement, day[:step]) == [], movement.act
    assert totals(day) == {
        Account.SUPPLIER: -500_000,
        Account.SAFE: 0,
        Account.DRAWN_UP: 0,
        Account.PATIENT: 50_000,
        Account.WASTE: 47_500,
        Account.DESTROYED: 250_000,
        Account.LOST: 52_500,
        Account.TRANSFERRED: 100_000,
        Account.PATIENTS_OWN: 0,
    }


REFUSALS: list[tuple[str, Movement, tuple[Movement, ...], Vial, list[str]]] = [
    # in order of precedence: is it true at all?
    ("from the safe to the safe", move(Act.DRAW, 1, target=Account.SAFE), DRAWN, VIAL,
     ["movement_same_account", "movement_not_allowed"]),
    ("straight from the safe to the patient", move(Act.GIVE, 1, source=Account.SAFE), DRAWN, VIAL,
     ["movement_not_allowed"]),
    ("waste that comes back", move(Act.DRAW, 1, source=Account.WASTE), DRAWN, VIAL,
     ["movement_not_allowed", "movement_over_balance"]),
    ("clinic stock as a patient's own", move(Act.TAKE_OWN, 1), DRAWN, VIAL,
     ["movement_not_allowed"]),
    ("a patient's own into the safe", move(Act.RECEIVE, 1), (), replace(VIAL, patients_own=True),
     ["movement_not_allowed"]),
    ("one microgram more than the volume holds", move(Act.DRAW, 1_000, micrograms=50_001), DRAWN,
     VIAL, ["movement_arithmetic"]),
    ("one microgram less", move(Act.DRAW, 1_000, micrograms=49_999), DRAWN, VIAL,
     ["movement_arithmetic"]),
    ("nothing", move(Act.DRAW, 0), DRAWN, VIAL, ["movement_arithmetic"]),
    ("less than nothing", move(Act.DRAW, -1_000), DRAWN, VIAL, ["movement_arithmetic"]),
    ("units of a liquid", move(Act.DRAW, 1_000, units=1), DRAWN, VIAL, ["movement_arithmetic"]),
    ("more than the safe holds", move(Act.DRAW, 9_001), DRAWN, VIAL,
     ["movement_over_balance"]),
    ("more given than drawn up", move(Act.GIVE, 1_001), DRAWN, VIAL,
     ["movement_over_balance"]),
    ("more wasted than drawn up", move(Act.WASTE, 1_001), DRAWN, VIAL,
     ["waste_exceeds_drawn"]),
    ("another session's syringe", move(Act.GIVE, 1, session="s2"), DRAWN, VIAL,
     ["movement_over_balance"]),
    # is everything on the line?
    ("drawn up for nobody", move(Act.DRAW, 1, person=""), DRAWN, VIAL,
     ["person_missing"]),
    ("given in no session", move(Act.GIVE, 1, session=""),
     (RECEIVED, move(Act.DRAW, 1, session="")), VIAL, ["person_missing"]),
    ("given by no route", move(Act.GIVE, 1, route=None), DRAWN, VIAL,
     ["movement_not_allowed"]),
    ("received from nobody", move(Act.RECEIVE, 1, counterparty=""), (), VIAL,
     ["counterparty_missing"]),
    ("transferred to nobody", move(Act.TRANSFER, 1, counterparty=""), DRAWN, VIAL,
     ["counterparty_missing"]),
    ("lost without a word", move(Act.LOSE, 1, reason=" "), DRAWN, VIAL,
     ["movement_not_allowed"]),
    # may it be done?
    ("a minute and a second ahead", move(Act.DRAW, 1, at=NOW + timedelta(seconds=61)), DRAWN, VIAL,
     ["movement_in_future"]),
    ("at another address", move(Act.DRAW, 1, location="elm street"), DRAWN, VIAL,
     ["vial_not_at_location"]),
    ("received twice", move(Act.RECEIVE, 10_000, "again"), DRAWN, VIAL,
     ["vial_over_capacity"]),
    ("a microlitre above the overfill", move(Act.RECEIVE, 11_001), (), VIAL,
     ["vial_over_capacity"]),
    ("drawn up without an order", move(Act.DRAW, 1, order=""), DRAWN, VIAL, ["order_missing"]),
    ("given without an order", move(Act.GIVE, 1, order=""), DRAWN, VIAL, ["order_missing"]),
    ("past the label", move(Act.DRAW, 1), DRAWN, replace(VIAL, expires_on=date(2026, 3, 1)),
     ["vial_expired"]),
    ("opened 28 days and a second ago", move(Act.DRAW, 1), DRAWN,
     replace(VIAL, opened_at=NOW - timedelta(days=28, seconds=1)), ["vial_beyond_use"]),
    ("a second person's single-dose vial", move(Act.DRAW, 1, person="p2"), DRAWN,
     replace(VIAL, dose_type=DoseType.SINGLE), ["vial_second_person"]),
    ("a vial that was beside another patient", move(Act.DRAW, 1, person="p2"), DRAWN,
     replace(VIAL, in_treatment_area=True), ["vial_second_person"]),
    ("100 mg/mL into a vein undiluted", move(Act.GIVE, 1, vial=STRONG, route=Route.IV), DRAWN,
     STRONG, ["concentration_needs_dilution"]),
    ("waste that nobody saw", move(Act.WASTE, 1, witness=""), DRAWN, VIAL, ["witness_missing"]),
    ("waste seen by who wastes", move(Act.WASTE, 1, witness="nurse-a"), DRAWN, VIAL,
     ["witness_same_person"]),
    ("waste seen by who may not", move(Act.WASTE, 1, witness="therapist"), DRAWN, VIAL,
     ["witness_missing"]),
    ("residue that nobody saw", move(Act.WASTE_RESIDUE, 1, witness=""), DRAWN, VIAL,
     ["witness_missing"]),
    ("destruction that nobody saw", move(Act.DESTROY, 1, witness=""), DRAWN, VIAL,
     ["witness_missing"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("movement", "history", "vial", "expected"),
    [case[1:] for case in REFUSALS],
    ids=[case[0] for case in REFUSALS],
)
def test_refused(
    movement: Movement, history: tuple[Movement, ...], vial: Vial, expected: list[str]
) -> None:
    assert asked(movement, history, vial) == expected


PERMITTED: list[tuple[str, Movement, tuple[Movement, ...], Vial]] = [
    ("all that the safe holds", move(Act.DRAW, 9_000), DRAWN, VIAL),
    ("all that was drawn up", move(Act.GIVE, 1_000), DRAWN, VIAL),
    ("exactly the overfill", move(Act.RECEIVE, 11_000), (), VIAL),
    ("overfill found later", move(Act.RECEIVE, 1_000, "over"), DRAWN, VIAL),
    ("a clock a minute ahead", move(Act.DRAW, 1, at=NOW + timedelta(seconds=60)), DRAWN, VIAL),
    ("a late entry", move(Act.GIVE, 1, at=NOW - timedelta(hours=3)), DRAWN, VIAL),
    ("the label's own day", move(Act.DRAW, 1), DRAWN, replace(VIAL, expires_on=date(2026, 3, 2))),
    ("exactly 28 days open", move(Act.DRAW, 1), DRAWN,
     replace(VIAL, opened_at=NOW - timedelta(days=28))),
    ("wasting from an expired vial", move(Act.WASTE, 1), DRAWN,
     replace(VIAL, expires_on=date(2020, 1, 1))),
    ("the same person's single-dose vial", move(Act.DRAW, 1), DRAWN,
     replace(VIAL, dose_type=DoseType.SINGLE)),
    ("a shared multi-dose vial", move(Act.DRAW, 1, person="p2"), DRAWN, VIAL),
    ("100 mg/mL into a vein, diluted",
     move(Act.GIVE, 1, vial=STRONG, route=Route.IV, dilution="d1"), DRAWN, STRONG),
    ("100 mg/mL into a muscle", move(Act.GIVE, 1, vial=STRONG), DRAWN, STRONG),
    ("50 mg/mL into a vein", move(Act.GIVE, 1, route=Route.IV), DRAWN, VIAL),
    ("a loss that nobody saw", move(Act.LOSE, 1, witness="", source=Account.SAFE), DRAWN, VIAL),
    ("a patient's own, taken", move(Act.TAKE_OWN, 1), (), replace(VIAL, patients_own=True)),
    ("two units of a box",
     move(Act.DRAW, 0, units=2, micrograms=200_000), (replace(RECEIVED, units=5),), BOX),
]  # fmt: skip


@pytest.mark.parametrize(
    ("movement", "history", "vial"),
    [case[1:] for case in PERMITTED],
    ids=[case[0] for case in PERMITTED],
)
def test_permitted(movement: Movement, history: tuple[Movement, ...], vial: Vial) -> None:
    findings = may_move(movement, history, vial, NOW, POLICY)
    assert stops(findings) == []
    assert findings, "a yes is explained like a no"


def test_findings_come_in_order_of_precedence() -> None:
    everything = move(
        Act.GIVE, 2_000, micrograms=1_000_000, person="", order="", location="", route=Route.IV
    )
    late = replace(VIAL, expires_on=date(2026, 1, 1))
    assert asked(everything, vial=late) == [
        "movement_arithmetic",
        "movement_over_balance",
        "person_missing",
        "vial_not_at_location",
        "order_missing",
        "vial_expired",
    ]


def test_nobody_can_waive_a_rule_of_the_register() -> None:
    for _, movement, history, vial, _ in REFUSALS:
        findings = may_move(movement, history, vial, NOW, POLICY)
        assert all(finding.relievable_by == () for finding in findings)


def test_a_site_may_ask_for_a_witness_more_often_and_never_drop_the_one_of_destruction() -> None:
    strict = replace(POLICY, witnessed=WITNESSED | {Act.RECEIVE})
    lax = replace(POLICY, witnessed=frozenset())
    assert asked(move(Act.RECEIVE, 1), (), policy=strict) == ["witness_missing"]
    assert asked(move(Act.WASTE, 1, witness=""), policy=lax) == []
    assert asked(move(Act.DESTROY, 1, witness=""), policy=lax) == ["witness_missing"]


def test_a_witness_who_was_not_needed_is_still_a_different_person() -> None:
    assert asked(move(Act.GIVE, 1, witness="nurse-a")) == ["witness_same_person"]


def test_what_happened_without_leave_is_recordable_as_long_as_it_is_true() -> None:
    unseen = move(Act.WASTE, 1_000, witness="", order="", location="elm street")
    expired = replace(VIAL, expires_on=date(2020, 1, 1))
    assert stops(must_balance(unseen, DRAWN, expired)) == []
    assert stops(must_balance(replace(unseen, micrograms=1), DRAWN, expired)) == [
        "movement_arithmetic"
    ]


def test_the_last_moment_of_the_label_is_inside_it_and_the_next_is_not() -> None:
    last = usable_until(VIAL, POLICY)
    late = last + timedelta(microseconds=1)
    assert asked(move(Act.DRAW, 1), now=last) == []
    assert asked(move(Act.DRAW, 1), now=late) == ["vial_expired"]


def test_what_another_vial_was_used_for_says_nothing_about_this_one() -> None:
    other = move(Act.DRAW, 1, "other", person="p2")
    history = (*DRAWN, replace(other, vial="v2"))
    assert asked(move(Act.DRAW, 1), history, replace(VIAL, dose_type=DoseType.SINGLE)) == []


# --- corrections -------------------------------------------------------------------------------


def corrected(movement: Movement, **changes: Any) -> Movement:
    back = reversal(
        movement, key=f"undo {movement.id}", reason="typing error", by="nurse-a",
        witness="nurse-b", at=NOW,
    )  # fmt: skip
    return replace(back, **changes)


def test_a_correction_takes_back_exactly_what_it_points_at() -> None:
    history = (*DRAWN, corrected(DRAWN[1]))
    assert asked(history[2]) == []
    assert balance(history, Account.SAFE, "v1") == 500_000
    assert unresolved(history, "s1") == {}


CORRECTIONS = [
    ("half of it", corrected(DRAWN[1], microlitres=500, micrograms=25_000), DRAWN,
     ["correction_not_reversal"]),
    ("of another session", corrected(DRAWN[1], session="s2"), DRAWN,
     ["correction_not_reversal", "movement_over_balance"]),
    ("of nothing that was written", corrected(DRAWN[1], corrects="no such line"), DRAWN,
     ["correction_not_reversal"]),
    ("a second time", corrected(RECEIVED, id="x"), (RECEIVED, corrected(RECEIVED)),
     ["correction_not_reversal", "movement_over_balance"]),
    ("of a correction", corrected(corrected(DRAWN[1]), id="x"), (*DRAWN, corrected(DRAWN[1])),
     ["correction_not_reversal"]),
    ("of a receipt that is partly used", corrected(RECEIVED), DRAWN,
     ["movement_over_balance"]),
    ("seen by nobody", corrected(DRAWN[1], witness=""), DRAWN, ["witness_missing"]),
    ("without a reason", corrected(DRAWN[1], reason=""), DRAWN, ["movement_not_allowed"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("movement", "history", "expected"),
    [case[1:] for case in CORRECTIONS],
    ids=[case[0] for case in CORRECTIONS],
)
def test_a_correction_is_refused(
    movement: Movement, history: tuple[Movement, ...], expected: list[str]
) -> None:
    assert asked(movement, history) == expected


def test_a_vial_drawn_for_the_wrong_person_by_a_typing_error_is_not_theirs() -> None:
    single = replace(VIAL, dose_type=DoseType.SINGLE)
    history = (*DRAWN, corrected(DRAWN[1]))
    assert asked(move(Act.DRAW, 1, person="p2"), history, single) == []


# --- amounts and times -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("microlitres", "concentration", "micrograms"),
    [(1_000, 50_000, 50_000), (10, 50_000, 500), (1, 10_000, 10), (1, 1_500, None), (2, 1_500, 3)],
)
def test_micrograms_are_whole_or_refused(
    microlitres: int, concentration: int, micrograms: int | None
) -> None:
    assert micrograms_of(microlitres, concentration) == micrograms


@given(st.integers(0, 10**7), st.integers(1, 10**6))
def test_volume_and_amount_are_two_sides_of_one_number(volume: int, strength: int) -> None:
    micrograms = micrograms_of(volume, strength)
    if micrograms is not None:
        assert microlitres_of(micrograms, strength) == volume


def test_an_amount_that_is_no_whole_volume_is_refused() -> None:
    assert microlitres_of(1, 50_000) is None
    assert microlitres_of(50, 0) is None


USABLE = [
    # opened                                    label        dose type         maker  until (UTC)
    (None, date(2026, 3, 2), DoseType.MULTI, None, "2026-03-03T05:59:59.999999+00:00"),
    ("2026-02-10T15:00:00+00:00", date(2027, 1, 1), DoseType.MULTI, None,
     "2026-03-10T15:00:00+00:00"),
    ("2026-02-10T15:00:00+00:00", date(2026, 2, 12), DoseType.MULTI, None,
     "2026-02-13T05:59:59.999999+00:00"),
    ("2026-02-10T15:00:00+00:00", date(2027, 1, 1), DoseType.MULTI, 7,
     "2026-02-17T15:00:00+00:00"),
    ("2026-02-10T15:00:00+00:00", date(2027, 1, 1), DoseType.SINGLE, None,
     "2026-02-10T19:00:00+00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("opened", "label", "dose_type", "maker", "until"), USABLE)
def test_a_vial_is_usable_until_the_earlier_of_label_and_opening(
    opened: str | None, label: date, dose_type: DoseType, maker: int | None, until: str
) -> None:
    vial = replace(
        VIAL,
        opened_at=datetime.fromisoformat(opened) if opened else None,
        expires_on=label,
        dose_type=dose_type,
        beyond_use_days=maker,
    )
    assert usable_until(vial, POLICY).isoformat() == until


def test_a_container_is_a_liquid_or_units_and_never_both() -> None:
    with pytest.raises(AssertionError):
        replace(VIAL, ug_per_unit=1, nominal_units=1)
    assert (VIAL.nominal_ug, BOX.nominal_ug) == (500_000, 500_000)


def test_asking_about_another_container_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        may_move(move(Act.DRAW, 1), DRAWN, replace(VIAL, id="v2"), NOW, POLICY)


# --- counting ----------------------------------------------------------------------------------


def test_what_is_drawn_up_and_not_resolved_is_named_by_container_and_session() -> None:
    other = move(Act.DRAW, 10, "other", session="s2")
    assert unresolved((*DRAWN, other), "s1") == {"v1": 50_000}
    assert unresolved((*DRAWN, other), "s2") == {"v1": 500}
    assert unresolved((*DRAWN, other, move(Act.GIVE, 1_000)), "s1") == {}


COUNTS: list[tuple[str, dict[str, int], tuple[Difference, ...]]] = [
    ("as the books say", {"v1": 450_000}, ()),
    ("a microgram short", {"v1": 449_999}, (Difference("v1", 450_000, 449_999),)),
    ("not counted", {}, (Difference("v1", 450_000, None),)),
    ("not in the books", {"v1": 450_000, "v9": 7}, (Difference("v9", 0, 7),)),
    ("counted as empty and unknown", {"v1": 450_000, "v9": 0}, ()),
]


@pytest.mark.parametrize(
    ("counted", "expected"), [case[1:] for case in COUNTS], ids=[case[0] for case in COUNTS]
)
def test_a_count_is_compared_with_the_books(
    counted: dict[str, int], expected: tuple[Difference, ...]
) -> None:
    assert reconcile(counted, DRAWN) == expected


def test_a_difference_says_what_is_missing_below_zero() -> None:
    assert Difference("v1", 10, 7).micrograms == -3
    assert Difference("v1", 10, None).micrograms == -10


# --- any history at all ------------------------------------------------------------------------

VIALS = {vial.id: vial for vial in (VIAL, replace(STRONG, id="v2", dose_type=DoseType.SINGLE))}


class AnyHistory(RuleBasedStateMachine):
    """Whatever is asked in whatever order, the accepted movements balance to the microgram."""

    def __init__(self) -> None:
        super().__init__()
        self.history: tuple[Movement, ...] = ()

    def ask(self, movement: Movement, leave: Callable[..., list[str]]) -> None:
        if leave(movement) == []:
            self.history = (*self.history, movement)

    @rule(
        accounts=st.sampled_from(sorted(EDGES)) | st.tuples(*[st.sampled_from(Account)] * 2),
        vial=st.sampled_from(sorted(VIALS)),
        microlitres=st.sampled_from([1, 50, 500, 1_000, 10_000]) | st.integers(-5, 12_000),
        session=st.sampled_from(["s1", "s2"]),
        off_by=st.sampled_from([0, 0, 0, 1]),
        permitted=st.booleans(),
    )
    def somebody_moves(
        self,
        accounts: tuple[Account, Account],
        vial: str,
        microlitres: int,
        session: str,
        off_by: int,
        permitted: bool,
    ) -> None:
        whole = move(Act.GIVE, microlitres, f"m{len(self.history)}", VIALS[vial])
        movement = replace(
            whole,
            source=accounts[0],
            target=accounts[1],
            micrograms=whole.micrograms + off_by,
            session=session,
            person=f"person of {session}",
            witness="nurse-b",
        )
        self.ask(movement, self.permission if permitted else self.fact)

    @precondition(lambda self: self.history)
    @rule(data=st.data())
    def somebody_corrects(self, data: st.DataObject) -> None:
        first = data.draw(st.sampled_from(self.history))
        movement = corrected(first, id=f"m{len(self.history)}")
        self.ask(movement, self.permission)

    def permission(self, movement: Movement) -> list[str]:
        return asked(movement, self.history, VIALS[movement.vial])

    def fact(self, movement: Movement) -> list[str]:
        return stops(must_balance(movement, self.history, VIALS[movement.vial]))

    @invariant()
    def everything_received_is_somewhere(self) -> None:
        for key in VIALS:
            held = {account: balance(self.history, account, key) for account in Account}
            received = -held.pop(Account.SUPPLIER)
            assert received == sum(held.values())
            assert all(micrograms >= 0 for micrograms in held.values())
        assert sum(totals(self.history).values()) == 0
        assert {a for a, ug in totals(self.history).items() if ug < 0} <= OUTSIDE

    @invariant()
    def everything_drawn_up_is_resolved_or_named(self) -> None:
        for session in ("s1", "s2"):
            mine = [m for m in self.history if m.session == session]
            into = sum(m.micrograms for m in mine if m.target is Account.DRAWN_UP)
            out = sum(m.micrograms for m in mine if m.source is Account.DRAWN_UP)
            open_now = unresolved(self.history, session)
            assert into == out + sum(open_now.values())
            assert all(micrograms > 0 for micrograms in open_now.values())

    @invariant()
    def a_count_that_agrees_with_the_books_finds_nothing(self) -> None:
        counted = {key: balance(self.history, Account.SAFE, key) for key in VIALS}
        assert reconcile(counted, self.history) == ()


TestAnyHistory = AnyHistory.TestCase
