"""Whatever happens in whatever order: what was permitted was right, and what happened is kept once.

A small model of the day, written apart from the program, watches random histories of one session.
Permissions are judged by the model's own reading of the rules; facts are only counted.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from django.db import transaction
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
from holdspace.care.events import AdverseEvent, RescueDrug
from holdspace.care.models import Event, Observation, Task
from holdspace.core.canonical import from_text
from holdspace.core.facts import Dose, Ending, Place, Route
from holdspace.core.ledger import Account
from holdspace.core.units import Kind
from holdspace.medicine import actions
from holdspace.pharmacy.models import Movement
from holdspace.records.verify import verify
from tests.rooms.factory import Day, played, sign

CEILING_MG = Decimal(181)  # 2.5 mg/kg of 72.4 kg, which is less than 200 mg
FIRST_SESSION_MG = Decimal(60)  # more asks for a reason, and here nobody writes one
VIAL_MG = Decimal(500)  # the house has one: 10 mL of 50 mg/mL
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
FROM = ["nothing named", "vial", "syringe"]  # what a dose outside the door is said to come from
COURSE_ROUTE = Route.IM
FACTS = ("note", "told", "adverse_event", "rescue_drug", "could_not")


@dataclass
class Given:
    """One dose as the model remembers it."""

    mg: Decimal
    at: datetime
    permitted: bool
    route: Route = COURSE_ROUTE
    booked: bool = True


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
        self.safe_mg = VIAL_MG
        self.written: list[tuple[str, datetime, str]] = []
        self.serious = False
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
        upset=st.sampled_from(
            [
                "",
                "",
                "variance",
                "another route",
                "rescue drug",
                "nobody there",
                "raised",
                "cancelled",
            ]
        ),
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
            self.a_dose_was_given_outside_the_door(Decimal(10), COURSE_ROUTE, "vial")
        elif upset == "another route":  # reviewed and waited for: the route alone is in the way
            self.a_dose_was_given_outside_the_door(Decimal(10), Route.SC, "vial")
            self.the_director_reviews()
            self.day.house.later(minutes=12)
            self.a_set_is_charted(CALM)
            self.a_dose_is_ordered("20 mg")
            self._draw(self.orders[-1])
        elif upset == "rescue drug":
            self.something_else_is_written_down("rescue_drug", 1)
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
            self.safe_mg -= order.dose_mg

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
        assert not self.unreviewed and not self.serious
        assert {one.route for one in self.given} <= {order.route} == {COURSE_ROUTE}
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

    @rule(
        mg=st.sampled_from([Decimal(10), Decimal(75), Decimal(300)]),
        route=st.sampled_from([COURSE_ROUTE, *Route]),
        source=st.sampled_from(FROM),
    )
    def a_dose_was_given_outside_the_door(self, mg: Decimal, route: Route, source: str) -> None:
        syringe = sorted(self.drawn)[-1] if source == "syringe" and self.drawn else ""
        event = actions.record_variance_dose(
            **self.day.common, milligrams=mg, at=self.day.now, by=self.day.house.nurse,
            reason="given before the door was asked", route=route,
            preparation=self.drawn[syringe][0] if syringe else None,
            vial=str(self.day.house.vials[0].id) if source == "vial" else None,
        )  # fmt: skip
        booked = (source == "vial" or bool(syringe)) and self._leaves(mg, syringe)
        self.given.append(Given(mg, self.day.now, False, route, booked))
        self.seen["booked variance" if booked else "variance that waits"] += 1
        self.unreviewed.add(str(event.id))

    def _leaves(self, mg: Decimal, syringe: str) -> bool:
        """Whether there was as much: first in the syringe, the rest in its vial; all or nothing."""
        left = self.drawn[syringe][1] if syringe else Decimal(0)
        from_vial = max(mg - left, Decimal(0))
        if from_vial > self.safe_mg:
            return False
        self.safe_mg -= from_vial
        if syringe and mg < left:
            self.drawn[syringe] = (self.drawn[syringe][0], left - mg)
        elif syringe:
            del self.drawn[syringe]
        return True

    @rule(what=st.sampled_from(FACTS), grade=st.sampled_from([1, 2, 3]))
    def something_else_is_written_down(self, what: str, grade: int) -> None:
        said = f"fact number {len(self.written) + 1}"
        happened = {**self.day.common, "at": self.day.now, "by": self.day.house.nurse}
        match what:
            case "note":
                actions.note(**happened, lane="medical", text=said)
            case "told":
                actions.told(**happened, who="Dr Lind", about="the pressure", answer=said)
            case "adverse_event":
                actions.adverse_event(**happened, event=AdverseEvent(said, grade))
            case "rescue_drug":
                actions.rescue_drug(**happened, drug=RescueDrug("ondansetron", "4 mg", said))
            case "could_not":
                actions.could_not(**happened, kinds=[Kind.TEMPERATURE], because=said)
        self.serious |= what == "rescue_drug" or (what == "adverse_event" and grade >= 3)
        self.written.append((what, self.day.now, said))
        self.seen[what] += 1

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
        assert sorted((d.dose_mg, d.given_at, d.passed_door, d.route) for d in doses) == sorted(
            (one.mg, one.at, one.permitted, one.route) for one in self.given
        )
        assert rows.filter(kind="variance").count() == sum(not g.permitted for g in self.given)
        assert rows.filter(kind="session_ended").count() == (self.ending is not None)
        assert Observation.objects.count() - self.charted_before == self.sets
        others = [
            (row.kind, row.at, *re.findall(r"fact number \d+", row.body))
            for row in rows.filter(kind__in=FACTS)
        ]
        assert sorted(others) == sorted(self.written)
        self._the_register_answers_for_each_dose()
        report = verify()
        assert report.ok, report.broken

    def _the_register_answers_for_each_dose(self) -> None:
        """Booked by its route, or openly waiting for the custodian: no milligram is neither."""
        booked, owed = Counter[str](), Counter[str]()
        session = self.day.session
        for line in Movement.objects.filter(session=session, target=Account.PATIENT.value):
            booked[line.route] += line.micrograms
        for one in self.given:
            owed[one.route.value] += int(one.mg * 1000) * one.booked
        assert +booked == +owed
        cases = Task.objects.filter(
            kind="register_discrepancy", about=session.id, closed_at__isnull=True
        )
        said = [re.match(r"([\d.]+) mg given .* could not be booked", c.title) for c in cases]
        waiting = sorted(Decimal(found[1]) for found in said if found)
        assert waiting == sorted(one.mg for one in self.given if not one.booked)
        assert booked.total() + sum(waiting) * 1000 == self.total * 1000


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
    facts = Histories()
    for n, what in enumerate(FACTS):
        facts.something_else_is_written_down(what, grade=max(n, 1))
    for source, mg in zip(FROM, (10, 75, 300), strict=True):
        facts.a_dose_was_given_outside_the_door(Decimal(mg), Route.SC, source)
    facts.teardown()
    assert {"booked variance", "variance that waits", *FACTS} <= set(Histories.seen)
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
