"""What comes in, what is counted, how a wrong line is taken back; and that it always adds up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from holdspace.care.actions import WrongInput
from holdspace.care.models import Task
from holdspace.core import ledger
from holdspace.core.facts import Role
from holdspace.core.ledger import Account
from holdspace.people.models import Site
from holdspace.pharmacy import actions, books, hatch
from holdspace.pharmacy.actions import DISCREPANCY
from holdspace.pharmacy.catalogue import ndc_key, shipped
from holdspace.pharmacy.models import Movement, Product, Receipt, mg_text
from holdspace.records.keys import new_key
from tests.rooms.people.cast import NOW, member
from tests.rooms.pharmacy.scene import FIFTY, Scene, codes, later, scene, sign


@pytest.mark.parametrize(
    ("printed", "digits"),
    [
        ("42023-114-10", "42023011410"),
        ("4202-0114-10", "04202011410"),
        ("42023-0114-1", "42023011401"),
        ("42023-0114-10", "42023011410"),
        (" 42023011410 ", "42023011410"),
        ("4202311410", ""),
        ("42023-114-1", ""),
        ("42023/114/10", ""),
        ("", ""),
    ],
)
def test_an_ndc_is_read_as_printed(printed: str, digits: str) -> None:
    assert ndc_key(printed) == digits


def test_the_content_follows_the_ndc_and_not_the_strength() -> None:
    hundred = [p for p in shipped().values() if p.concentration_ug_per_ml == 100_000]
    assert {p.nominal_ul for p in hundred} == {5_000, 10_000}


@pytest.mark.parametrize(
    ("thousandths", "text"),
    [(57_500, "57.5"), (0, "0"), (1, "0.001"), (-5_000, "-5"), (1_000_000, "1,000"), (10, "0.01")],
)
def test_amounts_are_shown_without_rounding(thousandths: int, text: str) -> None:
    assert mg_text(thousandths) == text


def test_every_container_of_a_delivery_is_full_by_its_label(safe: Scene) -> None:
    vials = safe.receive(containers=3)
    assert [v.number for v in vials] == [1, 2, 3]
    assert {h.safe_ug for h in books.held(safe.clinic)} == {500_000}
    receipt = Receipt.objects.get()
    assert receipt.supplier_dea == "AB1234563" and receipt.second is None
    assert Product.objects.get().grade == "R"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"supplier_dea": "AB1234560"}, "supplier_dea"),
        ({"supplier_name": " "}, "supplier_name"),
        ({"supplier_address": ""}, "supplier_address"),
        ({"invoice": ""}, "invoice"),
        ({"lot": ""}, "lot"),
        ({"ndc": "99999-999-99"}, "ndc"),
        ({"ndc": "4202311410"}, "ndc"),
        ({"expires_on": date(2026, 3, 1)}, "expires_on"),
        ({"containers": 0}, "containers"),
        ({"containers": 201}, "containers"),
    ],
)
def test_an_incomplete_paper_receives_nothing(
    safe: Scene, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(WrongInput) as wrong:
        safe.receive(**changes)
    assert wrong.value.field == field and wrong.value.accepted
    assert not Receipt.objects.exists() and not Movement.objects.exists()


def test_a_lot_on_the_last_day_of_its_label_is_still_received(safe: Scene) -> None:
    assert safe.receive(expires_on=date(2026, 3, 2))


def test_only_the_custodian_receives_and_only_at_a_registered_address(safe: Scene) -> None:
    with pytest.raises(WrongInput, match="role"):
        actions.receive(delivery=safe.paper(), site=safe.site, by=safe.nurse, now=safe.now)
    annex = Site.objects.create(id=new_key(NOW), clinic=safe.clinic, name="Annex", state="CO")
    with pytest.raises(WrongInput, match="registered address"):
        actions.receive(delivery=safe.paper(), site=annex, by=safe.custodian, now=safe.now)


def test_a_receipt_from_the_future_is_refused_and_kept(safe: Scene) -> None:
    made = actions.receive(
        delivery=safe.paper(), site=safe.site, by=safe.custodian, now=safe.now,
        received_at=later(hours=1),
    )  # fmt: skip
    assert not made.allowed and not Receipt.objects.exists()


def test_a_count_that_agrees_opens_no_task(safe: Scene) -> None:
    vials = safe.receive(containers=2)
    made = actions.count(
        site=safe.site, counted_ug=dict.fromkeys([v.pk for v in vials], 500_000),
        by=safe.custodian, now=safe.now,
    )  # fmt: skip
    assert made.differences == () and made.count.lines.count() == 2
    assert not Task.objects.filter(kind=DISCREPANCY).exists()


def test_a_difference_is_owned_by_somebody_else_than_who_counted(safe: Scene) -> None:
    first, second = safe.receive(containers=2)
    made = actions.count(
        site=safe.site, counted_ug={first.pk: 495_000}, by=safe.custodian, now=safe.now
    )
    assert {(d.vial_id, d.difference_ug) for d in made.differences} == {
        (first.pk, -5_000), (second.pk, -500_000),
    }  # fmt: skip
    assert Task.objects.get(kind=DISCREPANCY).owner == safe.prescriber  # the director
    assert books.held(safe.clinic)[0].safe_ug == 500_000  # nothing is adjusted


def test_what_is_not_kept_here_is_not_counted_here(safe: Scene) -> None:
    with pytest.raises(WrongInput, match="not kept here"):
        actions.count(site=safe.site, counted_ug={uuid4(): 1}, by=safe.custodian, now=safe.now)
    with pytest.raises(WrongInput, match="keep the register"):
        actions.count(site=safe.site, counted_ug={}, by=safe.nurse, now=safe.now)


def test_a_wrong_draw_is_taken_back_and_the_vial_is_sealed_again(safe: Scene) -> None:
    (vial,) = safe.receive()
    preparation = safe.drawn(vial, "60")
    row = Movement.objects.get(pk=preparation.id)
    correction = {
        "movement": row, "reason": "the wrong vial", "by": safe.custodian, "witness": safe.nurse,
        "witness_signature": sign(safe.nurse, safe.now), "now": safe.now,
    }  # fmt: skip
    alone = {**correction, "witness": safe.custodian,
             "witness_signature": sign(safe.custodian, safe.now)}  # fmt: skip
    assert codes(actions.correct(**alone)) == {"witness_same_person"}
    assert codes(actions.correct(**{**correction, "by": safe.nurse, "witness": safe.prescriber,
                                    "witness_signature": sign(safe.prescriber, safe.now)})) == {
        "role_not_permitted"
    }  # fmt: skip
    assert actions.correct(**correction).allowed
    assert codes(actions.correct(**correction)) >= {"correction_not_reversal"}
    (held,) = books.held(safe.clinic)
    assert (held.safe_ug, held.drawn_ug, held.opened) == (500_000, 0, None)
    assert hatch.unresolved(session=safe.session) == 0
    assert codes(safe.give(preparation, "60")) == {"movement_over_balance"}


def test_a_dose_taken_back_is_drawn_up_again(safe: Scene) -> None:
    (vial,) = safe.receive()
    preparation = safe.drawn(vial, "60")
    row = safe.give(preparation, "60").movement
    assert row is not None
    done = actions.correct(
        movement=row, reason="another person's line", by=safe.custodian, witness=safe.nurse,
        witness_signature=sign(safe.nurse, safe.now), now=safe.now,
    )  # fmt: skip
    assert done.allowed and hatch.unresolved(session=safe.session) == 60


def test_a_witness_needs_the_role(safe: Scene) -> None:
    (vial,) = safe.receive()
    safe.drawn(vial)
    row = Movement.objects.get(target="drawn_up")
    therapist = member(safe.cast, Role.THERAPIST)
    moved = actions.correct(
        movement=row, reason="x", by=safe.custodian, witness=therapist,
        witness_signature=sign(therapist, safe.now), now=safe.now,
    )  # fmt: skip
    assert codes(moved) == {"witness_missing"}


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["draw", "give", "waste", "return", "lose", "fact"]),
        st.integers(min_value=0, max_value=3),
        st.integers(min_value=1, max_value=600_000),
    ),
    max_size=12,
)


class Balance(TestCase):
    """Whatever is tried in whatever order, nothing is made, nothing vanishes, nothing is owed."""

    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(ACTS)
    def test_every_microgram_is_somewhere(self, acts: list[tuple[str, int, int]]) -> None:
        safe = scene()
        vial, box = *safe.receive(ndc=FIFTY), safe.lozenges()
        syringes = []
        for act, which, micrograms in acts:
            amount = str(Decimal(micrograms - micrograms % 50) / 1000)
            if act == "draw":
                moved = safe.draw(box if which % 2 else vial, amount)
                syringes += [moved.preparation] if moved.preparation else []
            elif act == "fact":
                hatch.record_given(
                    session=safe.session, vial=vial.id, preparation=None, by=safe.nurse,
                    milligrams=Decimal(amount), at=NOW, reason="a fact", now=NOW,
                )  # fmt: skip
            elif syringes:
                self.resolve(safe, act, syringes[which % len(syringes)], amount)
        lines = [books.as_core(row) for row in Movement.objects.filter(clinic=safe.clinic)]
        sums = ledger.totals(lines)
        assert sum(sums.values()) == 0 and sums[Account.SUPPLIER] == -3_500_000
        assert all(ug >= 0 for account, ug in sums.items() if account is not Account.SUPPLIER)
        assert hatch.unresolved(session=safe.session) * 1000 == sums[Account.DRAWN_UP]
        assert sum(h.safe_ug for h in books.held(safe.clinic)) == sums[Account.SAFE]
        assert all(r.left_mg >= 0 for r in hatch.reservations(session=safe.session))

    def resolve(self, safe: Scene, act: str, preparation: object, amount: str) -> None:
        if act == "give":
            safe.give(preparation, amount)
        elif act == "waste":
            safe.waste(preparation, amount)
        elif act == "return":
            safe.put_back(preparation, amount)
        else:
            hatch.lose(preparation=preparation, session=safe.session, milligrams=Decimal(amount),
                       by=safe.nurse, reason="gone", now=NOW)  # fmt: skip
