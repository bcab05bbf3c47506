"""What the medicine room may do through the hatch, and what it is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError

from holdspace.care.models import Task
from holdspace.core.facts import Act, Discipline, Role
from holdspace.core.ledger import Account
from holdspace.people import actions as people
from holdspace.pharmacy import books, hatch
from holdspace.pharmacy.actions import DISCREPANCY
from holdspace.pharmacy.models import Movement
from holdspace.records.models import Entry
from holdspace.records.verify import verify
from tests.rooms.people.cast import licensed, member, person
from tests.rooms.pharmacy.scene import HUNDRED, Scene, codes, later, sign


def left(safe: Scene) -> Decimal:
    return hatch.unresolved(session=safe.session)


def test_a_dose_goes_from_the_invoice_to_the_person_to_the_microgram(safe: Scene) -> None:
    (vial,) = safe.receive()
    preparation = safe.drawn(vial, "60")
    assert preparation.dose_mg == 60 and preparation.concentration_mg_per_ml == 50
    assert safe.give(preparation, "57.5").allowed
    assert left(safe) == Decimal("2.5")
    assert safe.waste(preparation, "2.5").allowed
    assert left(safe) == 0
    (reservation,) = hatch.reservations(session=safe.session)
    assert (reservation.drawn_mg, reservation.given_mg, reservation.wasted_mg) == (
        60, Decimal("57.5"), Decimal("2.5"),
    )  # fmt: skip
    lines = Movement.objects.filter(vial=vial)
    assert [m.microlitres for m in lines.order_by("line")] == [10_000, 1_200, 1_150, 50]
    assert books.held(safe.clinic)[0].safe_ug == 440_000
    assert "pharmacy" not in str(verify().broken)


def test_a_dose_line_keeps_name_and_address_as_they_stood(safe: Scene) -> None:
    (vial,) = safe.receive()
    preparation = safe.drawn(vial)
    safe.give(preparation, "50")
    people.change_details(
        patient=safe.patient, by=member(safe.cast, Role.COORDINATOR), now=safe.now,
        reason="moved", address="1 New Way",
    )  # fmt: skip
    given = Movement.objects.get(target=Account.PATIENT.value)
    assert (given.person_name, given.person_address) == (
        "Robin Vale", "4 Aspen Court, Denver, CO 80204",
    )  # fmt: skip
    assert given.by == safe.nurse and given.microlitres == 1_000


def test_nothing_is_drawn_for_a_person_without_an_address(safe: Scene) -> None:
    (vial,) = safe.receive()
    session = safe.another_session(person(safe.cast, name="Sam Reed", address=""))
    order = replace(safe.order(), session=str(session.id))
    assert codes(safe.draw(vial, session=session, order=order)) == {"person_missing"}


def test_more_than_the_vial_holds_is_refused_and_the_refusal_kept(safe: Scene) -> None:
    (vial,) = safe.receive()
    moved = safe.draw(vial, "501")
    assert codes(moved) == {"movement_over_balance"} and moved.movement is None
    kept = Entry.objects.get(stream=f"register:{safe.site.id}", act="draw_refused")
    assert "movement_over_balance" in kept.body
    assert Movement.objects.filter(vial=vial).count() == 1


def test_an_amount_that_is_no_whole_microlitre_is_refused(safe: Scene) -> None:
    (vial,) = safe.receive()
    assert codes(safe.draw(vial, "50.001")) == {"movement_arithmetic"}
    assert codes(safe.draw(vial, "0.0001")) == {"movement_arithmetic"}
    assert codes(safe.draw(vial, "0")) == {"movement_arithmetic"}


def test_a_vial_of_another_clinic_is_not_there(safe: Scene) -> None:
    from tests.rooms.pharmacy.scene import scene

    (theirs,) = scene().receive()
    assert codes(safe.draw(theirs)) == {"vial_not_at_location"}


def test_drawing_asks_the_role_and_the_orderers_registration(safe: Scene) -> None:
    (vial,) = safe.receive()
    therapist = member(safe.cast, Role.THERAPIST)
    assert codes(safe.draw(vial, by=therapist)) == {"role_not_permitted"}
    other = member(safe.cast, Role.PRESCRIBER, name="Ana Ruiz", title="MD")
    order = safe.order(ordered_by=str(other.pk))
    assert codes(safe.draw(vial, order=order)) == {"dea_registration_not_valid"}
    expired = later(days=366)
    order = replace(safe.order(), expires_at=expired + timedelta(hours=1))
    assert "dea_registration_not_valid" in codes(safe.draw(vial, order=order, now=expired))


def test_an_order_of_another_session_draws_nothing(safe: Scene) -> None:
    (vial,) = safe.receive()
    order = replace(safe.order(), session=str(safe.another_session().id))
    assert codes(safe.draw(vial, order=order)) == {"order_missing"}


def test_an_opened_vial_is_usable_for_28_days_and_not_a_microsecond_more(safe: Scene) -> None:
    (vial,) = safe.receive()
    safe.drawn(vial)
    last = safe.now + timedelta(days=28)
    (usable,) = hatch.usable_vials(clinic=safe.clinic, site=safe.site, now=last)
    assert usable.usable_until == last and usable.balance_mg == 450
    past = last + timedelta(microseconds=1)
    assert hatch.usable_vials(clinic=safe.clinic, site=safe.site, now=past) == ()
    assert codes(safe.draw(vial, now=past)) == {"vial_beyond_use"}


def test_opened_vials_come_first_and_strong_ones_say_that_they_need_dilution(safe: Scene) -> None:
    safe.receive(ndc=HUNDRED, lot="B1")
    (opened,) = safe.receive()
    safe.drawn(opened)
    first, second = hatch.usable_vials(clinic=safe.clinic, site=safe.site, now=safe.now)
    assert first.id == str(opened.id) and not first.needs_dilution
    assert second.needs_dilution and second.balance_mg == 500


def test_waste_needs_a_second_different_person_who_may_and_who_signed(safe: Scene) -> None:
    (vial,) = safe.receive()
    preparation = safe.drawn(vial)
    assert codes(safe.waste(preparation, "5", witness=safe.nurse)) == {"witness_same_person"}
    therapist = member(safe.cast, Role.THERAPIST)
    assert codes(safe.waste(preparation, "5", witness=therapist)) == {
        "witness_missing", "witness_not_permitted",
    }  # fmt: skip
    late = safe.now + timedelta(minutes=6)
    assert codes(safe.waste(preparation, "5", now=late)) == {"witness_missing"}
    assert codes(safe.waste(preparation, "50.5")) == {"waste_exceeds_drawn"}
    assert left(safe) == 50


def test_a_witness_whose_profession_the_state_does_not_name_sees_no_waste(safe: Scene) -> None:
    (vial,) = safe.receive()
    preparation = safe.drawn(vial)
    refused = safe.waste(preparation, "5", witness=safe.custodian)
    assert codes(refused) == {"witness_not_permitted"}
    (stop,) = refused.stops
    assert stop.verdict == "unknown" and "no profession on file" in stop.evidence
    assert left(safe) == 50
    last = Entry.objects.filter(act="waste_refused").latest("seq")
    assert "witness_not_permitted" in last.body
    assert safe.waste(preparation, "5").allowed and left(safe) == 45


def test_the_directors_newer_rule_takes_the_witness_away(safe: Scene) -> None:
    (vial,) = safe.receive()
    preparation = safe.drawn(vial)
    second = licensed(safe.cast, member(safe.cast, Role.SESSION_CLINICIAN), Discipline.RN)
    people.record_state_rule(
        state="CO", discipline=Discipline.RN, acts=(Act.DRAW, Act.GIVE),
        source="read on the board's page", by=safe.prescriber, now=safe.now,
        signature=sign(safe.prescriber, safe.now),
    )  # fmt: skip
    assert codes(safe.waste(preparation, "5", witness=second)) == {"witness_not_permitted"}
    assert safe.waste(preparation, "5").allowed


def test_one_syringe_never_gives_what_is_in_the_other(safe: Scene) -> None:
    (vial,) = safe.receive()
    first, second = safe.drawn(vial, "20"), safe.drawn(vial, "30")
    assert codes(safe.give(first, "25")) == {"movement_over_balance"}
    assert safe.give(second, "25").allowed
    assert {p.id for p in hatch.preparations(session=safe.session, now=safe.now)} == {
        first.id, second.id,
    }  # fmt: skip


def test_a_syringe_of_another_session_is_not_there(safe: Scene) -> None:
    (vial,) = safe.receive()
    preparation = safe.drawn(vial)
    moved = safe.give(preparation, "50", session=safe.another_session())
    assert codes(moved) == {"movement_over_balance"}


def test_a_liquid_never_goes_back_and_sealed_lozenges_do(safe: Scene) -> None:
    (vial,) = safe.receive()
    assert codes(safe.put_back(safe.drawn(vial), "50")) == {"movement_not_allowed"}
    box = safe.lozenges()
    preparation = safe.drawn(box, "200")
    assert preparation.concentration_mg_per_ml == 0
    assert codes(safe.put_back(preparation, "150")) == {"movement_arithmetic"}
    assert safe.put_back(preparation, "100").allowed
    assert safe.give(preparation, "100").allowed
    assert books.syringe(preparation.id).left_ug == 0  # type: ignore[union-attr]


def test_what_is_gone_is_said_without_a_witness_and_gets_an_owner(safe: Scene) -> None:
    (vial,) = safe.receive()
    preparation = safe.drawn(vial)
    moved = hatch.lose(
        preparation=preparation, session=safe.session, milligrams=Decimal(50), by=safe.nurse,
        reason="dropped, nobody else saw it", now=safe.now,
    )  # fmt: skip
    assert moved.allowed and left(safe) == 0
    task = Task.objects.get(kind=DISCREPANCY)
    assert task.owner == safe.custodian and task.due_at == later(hours=24)


def test_a_dose_without_a_door_is_booked_even_from_a_vial_past_its_time(safe: Scene) -> None:
    (vial,) = safe.receive()
    at = later(days=800)
    moved = hatch.record_given(
        session=safe.session, vial=vial.id, preparation=None, milligrams=Decimal(40),
        by=safe.nurse, at=at, reason="given in an emergency", now=at,
    )  # fmt: skip
    assert moved.allowed and moved.movement is not None and moved.movement.is_variance
    assert moved.movement.target == Account.PATIENT.value and left(safe) == 0
    assert books.held(safe.clinic)[0].safe_ug == 460_000


def test_a_dose_above_its_syringe_takes_the_rest_by_a_draw_nobody_wrote_down(safe: Scene) -> None:
    (vial,) = safe.receive()
    preparation = safe.drawn(vial, "50")
    moved = hatch.record_given(
        session=safe.session, vial=None, preparation=preparation, milligrams=Decimal(70),
        by=safe.nurse, at=safe.now, reason="a second push", now=safe.now,
    )  # fmt: skip
    assert moved.allowed and left(safe) == 0
    assert books.held(safe.clinic)[0].safe_ug == 430_000


@pytest.mark.parametrize(("milligrams", "named"), [("40", False), ("501", True), ("1.0001", True)])
def test_what_the_books_cannot_hold_opens_a_discrepancy_and_books_nothing(
    safe: Scene, milligrams: str, named: bool
) -> None:
    (vial,) = safe.receive()
    moved = hatch.record_given(
        session=safe.session, vial=vial.id if named else None, preparation=None,
        milligrams=Decimal(milligrams), by=safe.nurse, at=safe.now, reason="found later",
        now=safe.now,
    )  # fmt: skip
    assert not moved.allowed and moved.movement is None
    assert Task.objects.filter(kind=DISCREPANCY, owner=safe.custodian).count() == 1
    assert Movement.objects.filter(vial=vial).count() == 1


def test_a_preparation_knows_its_vials_time_as_of_now(safe: Scene) -> None:
    (vial,) = safe.receive()
    drawn = safe.drawn(vial)
    (now_open,) = hatch.preparations(session=safe.session, now=later(hours=1))
    assert now_open == drawn and drawn.at_registered_location and not drawn.diluted


def test_reservations_are_read_in_one_query(
    safe: Scene, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    (vial,) = safe.receive()
    for _ in range(3):
        safe.give(safe.drawn(vial, "10"), "10")
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(hatch.reservations(session=safe.session)) == 3


def test_a_row_of_the_register_is_never_changed(safe: Scene) -> None:
    safe.receive()
    with pytest.raises(IntegrityError, match="append-only"):
        Movement.objects.update(reason="something else")
