"""Whatever happens in whatever order: what was permitted was right, and what happened is kept once.

A small model of the day, written apart from the program, watches random histories of one session.
Permissions are judged by the model's own reading of the rules; facts are only counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from holdspace.care.actions import WrongInput
from holdspace.care.models import Event, Observation
from holdspace.core.canonical import from_text
from holdspace.core.facts import Dose, Ending, Place
from holdspace.core.ledger import Account
from holdspace.medicine import actions
from holdspace.pharmacy.models import Movement
from holdspace.records.verify import verify
from tests.rooms.factory import Day, played, sign

CEILING_MG = Decimal(181)  # 2.5 mg/kg of 72.4 kg, which is less than 200 mg
FIRST_SESSION_MG = Decimal(60)  # more asks for a reason, and here nobody writes one
STAY = timedelta(minutes=120)
CALM = {
    "systolic": 122, "diastolic": 78, "heart_rate": 70, "spo2": 98, "respiratory_rate": 14,
    "sedation_moaas": 5, "dissociation": 0, "distress": 1,
}  # fmt: skip
READINGS = st.sampled_from(
    [CALM, CALM, CALM | {"systolic": 150, "diastolic": 92}, CALM | {"systolic": 172},
     CALM | {"spo2": 91}, CALM | {"sedation_moaas": 3}]
)  # fmt: skip
DOSES = st.sampled_from(["20 mg", "30 mg", "50 mg", "0.5 mg/kg", "100 mg", "180 mg", "250 mg"])


@dataclass
class Given:
    """One dose as the model remembers it."""

    mg: Decimal
    at: datetime
    permitted: bool


class Histories(RuleBasedStateMachine):
    """One open day; each rule is something that people in the room may do next."""

    day: ClassVar[Day]
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.before = transaction.savepoint()
        self.began = self.day.house.now
        house = self.day.house
        self.places: dict[Any, Place | None] = {
            house.nurse.pk: Place.IN_ROOM,
            house.therapist.pk: Place.IN_ROOM,
            house.prescriber.pk: Place.ON_PREMISES,
        }
        self.orders: list[Any] = []
        self.cancelled: set[str] = set()
        self.drawn: dict[str, tuple[Any, Decimal]] = {}
        self.given: list[Given] = []
        self.unreviewed: set[str] = set()
        self.sets = 0
        self.ending: Ending | None = None
        self.charted_before = Observation.objects.count()

    # --- time and people

    @rule(minutes=st.sampled_from([1, 3, 6, 12, 25, 61, 125]))
    def time_passes(self, minutes: int) -> None:
        self.day.house.later(minutes=minutes)

    @rule(
        who=st.sampled_from(["nurse", "therapist", "prescriber"]),
        place=st.sampled_from([Place.IN_ROOM, Place.ON_PREMISES, Place.REMOTE, None]),
    )
    def somebody_comes_or_goes(self, who: str, place: Place | None) -> None:
        member = getattr(self.day.house, who)
        try:
            self.day.place(member, place)
        except WrongInput:
            return
        self.places[member.pk] = place

    @rule(values=READINGS)
    def a_set_is_charted(self, values: dict[str, int]) -> None:
        self.day.observe(**values)
        self.sets += len(values)

    # --- permissions

    @precondition(lambda self: self.ending is None)
    @rule(dose=DOSES)
    def a_dose_is_ordered(self, dose: str) -> None:
        try:
            self.orders.append(self.day.order(dose))
        except WrongInput:
            return
        assert self.total + self.orders[-1].dose_mg <= CEILING_MG

    @initialize(
        minutes=st.sampled_from([(), (0,), (0,), (0, 12), (0, 12), (0, 31)]),
        upset=st.sampled_from(["", "", "variance", "nobody there", "raised", "cancelled"]),
        home_after=st.sampled_from([0, 60, 119, 121]),
    )
    def it_begins_by_the_book(self, minutes: tuple[int, ...], upset: str, home_after: int) -> None:
        """The ordinary way first, with something in the way of the last dose in some histories."""
        for number, wait in enumerate(minutes, 1):
            self.day.house.later(minutes=wait)
            self.a_set_is_charted(CALM)
            self.a_dose_is_ordered("20 mg")
            self._draw(self.orders[-1])
            if number == len(minutes):
                self._upset(upset)
            for key in sorted(self.drawn)[-1:]:
                self._give(key)
        if home_after:
            self.somebody_asks_to_discharge("prescriber", checks=True, minutes=home_after)

    def _upset(self, upset: str) -> None:
        if upset == "variance":
            self.a_dose_was_given_outside_the_door(Decimal(10))
        elif upset == "nobody there":
            self.somebody_comes_or_goes("therapist", Place.ON_PREMISES)
        elif upset == "raised":
            self.a_set_is_charted(CALM | {"systolic": 172})
        elif upset == "cancelled":
            self._cancel(self.orders[-1])

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def an_order_is_cancelled(self, data: st.DataObject) -> None:
        self._cancel(data.draw(st.sampled_from(self.orders)))

    def _cancel(self, order: Any) -> None:
        actions.cancel_order(
            **self.day.common, order=order, because="another plan", by=self.day.house.prescriber
        )
        self.cancelled.add(order.id)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def a_dose_is_drawn_up(self, data: st.DataObject) -> None:
        self._draw(data.draw(st.sampled_from(self.orders)))

    def _draw(self, order: Any) -> None:
        try:
            moved = actions.prepare(
                **self.day.common, order=order, vial=str(self.day.house.vials[0].id),
                by=self.day.house.nurse,
            )  # fmt: skip
        except WrongInput:
            return
        if moved.preparation:
            self.drawn[moved.preparation.id] = (moved.preparation, order.dose_mg)

    @precondition(lambda self: self.drawn)
    @rule(data=st.data())
    def somebody_asks_to_give(self, data: st.DataObject) -> None:
        self._give(data.draw(st.sampled_from(sorted(self.drawn))))

    def _give(self, key: str) -> None:
        preparation, left = self.drawn[key]
        try:
            outcome = self.day.ask_to_give(preparation)
        except WrongInput:
            return
        if not outcome.allowed:
            return
        self._was_right(preparation, left)
        self.seen["further dose" if self.given else "dose"] += 1
        self.given.append(Given(left, self.day.now, permitted=True))
        del self.drawn[preparation.id]

    def _was_right(self, preparation: Any, mg: Decimal) -> None:
        """What the program permitted, judged by the model alone."""
        house = self.day.house
        order = next(o for o in self.orders if o.id == preparation.order)
        assert order.id not in self.cancelled and self.day.now < order.expires_at
        assert self.ending is None
        assert self.places[house.nurse.pk] is Place.IN_ROOM
        assert self.places[house.therapist.pk] is Place.IN_ROOM
        assert self.places[house.prescriber.pk] in (Place.IN_ROOM, Place.ON_PREMISES)
        assert not self.unreviewed
        assert mg == order.dose_mg
        assert self.total + mg <= CEILING_MG
        permitted = [one for one in self.given if one.permitted]
        assert self.total + mg <= FIRST_SESSION_MG
        if self.given:
            since = self.day.now - self.given[0].at
            assert timedelta(minutes=10) <= since <= timedelta(minutes=30)
            assert len(permitted) <= 1
        self._readings_allow_it()

    def _readings_allow_it(self) -> None:
        newest: dict[str, Any] = {}
        for row in Observation.objects.filter(course=self.day.guest.course).order_by("taken_at"):
            newest[row.kind] = row
        systolic = newest["systolic"]
        assert systolic.number <= 159 and newest["diastolic"].number <= 99
        assert self.day.now - systolic.taken_at <= timedelta(minutes=30)
        if self.given:
            assert newest["spo2"].number >= 94 and newest["sedation_moaas"].number >= 4

    @rule(
        by=st.sampled_from(["nurse", "prescriber"]),
        checks=st.booleans(),
        minutes=st.sampled_from([1, 90, 119, 121]),
    )
    def somebody_asks_to_discharge(self, by: str, checks: bool, minutes: int) -> None:
        if checks:
            self.day.settle(minutes=minutes)
            self.sets += 20
        try:
            outcome = self.day.discharge(by=getattr(self.day.house, by))
        except WrongInput:
            return
        if outcome.allowed:
            assert self.ending is None and self.given
            assert self.day.now - max(one.at for one in self.given) >= STAY
            self.ending = Ending.DISCHARGED
            self.seen["discharge"] += 1

    # --- facts: never refused, kept once

    @rule(mg=st.sampled_from([Decimal(10), Decimal(75), Decimal(300)]))
    def a_dose_was_given_outside_the_door(self, mg: Decimal) -> None:
        event = actions.record_variance_dose(
            **self.day.common, milligrams=mg, at=self.day.now, by=self.day.house.nurse,
            reason="given before the door was asked",
        )  # fmt: skip
        self.given.append(Given(mg, self.day.now, permitted=False))
        self.unreviewed.add(str(event.id))

    @precondition(lambda self: self.unreviewed)
    @rule()
    def the_director_reviews(self) -> None:
        director = self.day.house.director
        event = sorted(self.unreviewed)[0]
        actions.review_variance(
            **self.day.common, variance=event, conclusion="Talked through; the door comes first.",
            signature=sign(director, self.day.now), by=director,
        )  # fmt: skip
        self.unreviewed.remove(event)

    @precondition(lambda self: self.ending is None)
    @rule(ending=st.sampled_from([Ending.LEFT_AGAINST_ADVICE, Ending.TRANSFERRED, Ending.DIED]))
    def it_ends_another_way(self, ending: Ending) -> None:
        actions.end_session(
            **self.day.common, ending=ending, reason="as it happened", by=self.day.house.nurse
        )
        self.ending = ending

    # --- at the end of each history

    @property
    def total(self) -> Decimal:
        return sum((one.mg for one in self.given), Decimal(0))

    def teardown(self) -> None:
        try:
            self._everything_is_there_once()
        finally:
            transaction.savepoint_rollback(self.before)
            self.day.house.now = self.began

    def _everything_is_there_once(self) -> None:
        rows = Event.objects.filter(session=self.day.session)
        doses = [from_text(Dose, row.body) for row in rows.filter(kind="dose_given")]
        assert sorted((d.dose_mg, d.given_at, d.passed_door) for d in doses) == sorted(
            (one.mg, one.at, one.permitted) for one in self.given
        )
        assert rows.filter(kind="variance").count() == sum(not g.permitted for g in self.given)
        assert rows.filter(kind="session_ended").count() == (self.ending is not None)
        assert Observation.objects.count() - self.charted_before == self.sets
        moved = Movement.objects.filter(session=self.day.session, target=Account.PATIENT.value)
        booked = moved.aggregate(n=Sum("micrograms"))["n"] or 0
        permitted = sum((one.mg for one in self.given if one.permitted), Decimal(0))
        assert permitted * 1000 <= booked <= self.total * 1000
        report = verify()
        assert report.ok, report.broken


@pytest.mark.django_db
def test_no_history_of_a_day_permits_what_the_rules_do_not_or_loses_what_happened() -> None:
    house = played()
    Histories.day = house.guest().open()
    Histories.seen.clear()
    # A watch that never saw a yes would prove nothing: one history is told by the book, to its end.
    by_the_book = Histories()
    by_the_book.it_begins_by_the_book((0, 12), "", 121)
    by_the_book.teardown()
    assert set(Histories.seen) == {"dose", "further dose", "discharge"}
    Histories.seen.clear()
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=60,
            stateful_step_count=12,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],  # a history is told as it happened
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Histories.seen["dose"], "of sixty histories none was permitted anything"
