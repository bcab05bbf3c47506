"""A dose is permitted only with everything in place; a dose that was given is always a fact."""

from decimal import Decimal

import pytest
from django.urls import reverse

from holdspace.care.actions import WrongInput
from holdspace.core.facts import Place, Route
from holdspace.medicine import actions, handing_over, page
from holdspace.medicine.actions.dosing import work_out
from holdspace.pharmacy import hatch
from holdspace.pharmacy.models import Movement
from tests.rooms.factory import passed, played, sign

pytestmark = pytest.mark.django_db


def codes(outcome):
    return {finding.code.value for finding in outcome.decision.stops}


@pytest.mark.parametrize(
    "text", ["50", "50mL", "50 ml", "0,5 mg/kg", "mg", "50 µg", "50 mg/mL", "1e2 mg"]
)
def test_an_amount_without_its_own_unit_is_refused(text):
    with pytest.raises(WrongInput, match="Accepted"):
        work_out(text, Decimal(70))


def test_an_amount_by_weight_is_rounded_down_and_shown_in_full():
    wanted = work_out("0.8 mg/kg", Decimal("72.4"))
    assert wanted.dose_mg == 57
    assert wanted.arithmetic == "72.4 kg × 0.8 mg/kg = 57.92 mg, rounded down to 57 mg"


def test_rounding_never_adds_medicine():
    for tenths in range(400, 1500, 7):
        weight = Decimal(tenths) / 10
        assert work_out("0.55 mg/kg", weight).dose_mg <= weight * Decimal("0.55")


def test_a_weight_that_is_not_there_cannot_be_reckoned_with():
    with pytest.raises(WrongInput, match="no recent weight"):
        work_out("0.5 mg/kg", None)


def test_an_order_above_the_ceiling_is_refused_with_what_is_left():
    day = played().guest().open()
    with pytest.raises(WrongInput, match="up to 181 mg"):
        day.order("200 mg")
    assert day.order("181 mg").dose_mg == 181


def test_only_a_prescriber_orders_and_signs_freshly():
    day = played().guest().open()
    nurse, prescriber = day.house.nurse, day.house.prescriber
    with pytest.raises(WrongInput, match="prescriber"):
        actions.order_dose(**day.common, dose="50 mg", by=nurse, signature=sign(nurse, day.now))
    with pytest.raises(WrongInput, match="sign again"):
        actions.order_dose(
            **day.common, dose="50 mg", by=prescriber, signature=sign(nurse, day.now)
        )


def test_a_cancelled_order_is_not_drawn_up():
    day = played().guest().open()
    order = day.order()
    actions.cancel_order(
        **day.common, order=order, because="weighed again", by=day.house.prescriber
    )
    with pytest.raises(WrongInput, match="does not stand"):
        actions.prepare(
            **day.common, order=order, vial=str(day.house.vials[0].id), by=day.house.nurse
        )


def test_person_and_syringe_are_read_from_the_room():
    day = played().guest().open()
    drawn = day.draw(day.order())
    for wrong in ({"person": "P-0000"}, {"person": ""}, {"label": "AAAAAA"}):
        with pytest.raises(WrongInput):
            day.ask_to_give(drawn, **wrong)
    born = f"{day.guest.patient.birth_date:%Y-%m-%d}"
    assert day.ask_to_give(drawn, person=born, label=actions.label_of(drawn).lower()).allowed


def test_a_check_that_failed_is_kept_in_the_record_with_keys_only():
    from holdspace.records.models import Entry

    day = played().guest().open()
    drawn = day.draw(day.order())
    with pytest.raises(WrongInput, match="kept in the record"):
        day.ask_to_give(drawn, label="AAAAAA")
    kept = Entry.objects.get(stream=day.guest.course.stream, act="double_check_failed")
    assert kept.actor_id == day.house.nurse.id
    assert drawn.id in str(kept.body) and "label" in str(kept.body)
    assert "AAAAAA" not in str(kept.body)


def test_a_part_of_what_is_drawn_may_be_given_and_the_rest_is_still_owed():
    day = played().guest().open()
    drawn = day.draw(day.order("50 mg"))
    for too_much in (Decimal(51), Decimal(0), Decimal(-1)):
        with pytest.raises(WrongInput, match="up to 50 mg"):
            day.ask_to_give(drawn, milligrams=too_much)
    passed(day.ask_to_give(drawn, milligrams=Decimal(30)))
    assert dose_mg(day) == [30]
    assert hatch.unresolved(session=day.session) == 20
    assert hatch.in_hand(session=day.session, now=day.now).left_mg(drawn.id) == 20


def test_a_syringe_that_nobody_saw_wasted_is_a_loss_with_a_case():
    from holdspace.care.models import Task

    day = played().guest().open()
    drawn = day.draw(day.order())
    with pytest.raises(WrongInput, match="what happened"):
        actions.lose(
            **day.common, preparation=drawn, milligrams=Decimal(50), reason=" ", by=day.house.nurse
        )
    moved = actions.lose(
        **day.common, preparation=drawn, milligrams=Decimal(50), reason="It broke on the floor.",
        by=day.house.nurse,
    )  # fmt: skip
    assert moved.allowed, moved.findings
    assert hatch.unresolved(session=day.session) == 0
    case = Task.objects.of(day.house.clinic).get(kind="register_discrepancy")
    assert case.owner == day.house.custodian


def test_without_the_therapist_in_the_room_no_dose_is_given_and_the_refusal_is_kept():
    day = played().guest().open()
    drawn = day.draw(day.order())
    day.place(day.house.therapist, None)
    refused = day.ask_to_give(drawn)
    assert "staff_not_present" in codes(refused)
    assert not refused.row.allowed
    assert hatch.unresolved(session=day.session) == 50


def test_a_second_first_dose_is_refused_by_its_clock():
    day = played().guest().open()
    day.give("50 mg")
    refused = day.ask_to_give(day.draw(day.order("25 mg")))
    assert "further_dose_outside_window" in codes(refused)


def test_a_further_dose_is_given_inside_its_window():
    day = played().guest().open()
    day.give("50 mg")
    day.house.later(minutes=15)
    day.observe(systolic=134, diastolic=82, heart_rate=84, spo2=97, sedation_moaas=5)
    reason = "tolerated well, asked for a little more"
    passed(day.ask_to_give(day.draw(day.order("25 mg", reason=reason))))
    assert sum(dose_mg(day)) == 75


def dose_mg(day):
    from holdspace.medicine.actions.common import doses_of

    return [dose.dose_mg for dose in doses_of(day.guest.course, day.session)]


def variance(day, **more):
    asked = {
        "milligrams": Decimal(40), "at": day.now, "reason": "given before the order was signed",
        "by": day.house.therapist, "given_by": day.house.nurse,
    }  # fmt: skip
    return actions.record_variance_dose(**day.common, **{**asked, **more})


def test_a_dose_given_outside_the_door_is_kept_counts_and_holds_the_next():
    day = played().guest().open()
    variance(day, vial=str(day.house.vials[0].id))
    assert dose_mg(day) == [40]
    task = day.guest.course.tasks.get(kind="variance_review")
    assert task.owner == day.house.director
    day.house.later(minutes=15)
    day.observe(systolic=134, diastolic=82, heart_rate=84, spo2=97, sedation_moaas=5)
    refused = day.ask_to_give(day.draw(day.order("25 mg")))
    assert "variance_unreviewed" in codes(refused)


def test_a_dose_that_the_register_cannot_book_is_kept_all_the_same():
    day = played(stocked=False).guest().open()
    event = variance(day)
    assert "could not book" in event.body
    assert dose_mg(day) == [40]


def test_a_variance_counts_toward_the_ceiling():
    day = played().guest().open()
    variance(day, milligrams=Decimal(170))
    with pytest.raises(WrongInput, match="up to 11 mg"):
        day.order("20 mg")


ROUTES = [  # how it went in, what the record, the ambulance and the next door are told of it
    (None, "IM", "into a muscle", False),
    (Route.IM, "IM", "into a muscle", False),
    (Route.IV, "IV", "into a vein", True),
    (Route.SC, "SC", "under the skin", True),
    (Route.SUBLINGUAL, "SUBLINGUAL", "under the tongue", True),
    (Route.INTRANASAL, "INTRANASAL", "into the nose", True),
    (Route.ESKETAMINE, "ESKETAMINE", "into the nose", True),
]


@pytest.mark.parametrize(("route", "name", "how", "is_another"), ROUTES)
def test_a_dose_by_whichever_route_is_kept_by_that_route_everywhere(
    screens, route, name, how, is_another
):
    day = played().guest().open()
    event = variance(day, route=route, vial=str(day.house.vials[0].id))
    said = f"40 mg {name}, not IM, given without" if is_another else "40 mg given without"
    assert said in event.body
    lines = Movement.objects.filter(session=day.session)
    assert {line.route for line in lines} == {name.lower()} and len(lines) == 2
    read = page.read(day.session, now=day.now, actor=day.house.nurse)
    (given,) = handing_over.given(read)
    assert (given.how, given.route) == (how, name)
    shown = screens(day.house)(day.house.nurse)
    for where in ("timeline", "session"):
        html = shown.get(reverse(f"medicine:{where}", args=[day.session.id])).content.decode()
        assert f"40 mg {name}" in html, where
    with pytest.raises(WrongInput, match="up to 141 mg"):
        day.order("142 mg")  # whichever way it went in, it counts toward the session's total


@pytest.mark.parametrize(("route", "name", "how", "is_another"), ROUTES)
def test_the_next_dose_by_the_courses_route_stops_at_another_route(route, name, how, is_another):
    day = played().guest().open()
    event = variance(day, route=route)
    director = day.house.director
    actions.review_variance(
        **day.common, variance=str(event.id), conclusion="Talked through.",
        signature=sign(director, day.now), by=director,
    )  # fmt: skip
    day.house.later(minutes=15)
    day.observe(systolic=134, diastolic=82, heart_rate=84, spo2=97, sedation_moaas=5)
    asked = day.ask_to_give(day.draw(day.order("20 mg", reason="tolerated well")))
    assert ("dose_route_mixed" in codes(asked)) is is_another
    assert asked.allowed is not is_another
    mixed = [f for f in asked.decision.findings if f.code.value == "dose_route_mixed"]
    assert [f.evidence for f in mixed] == [f"im after {name.lower()}" if is_another else "im"]


def test_a_variance_is_reviewed_by_a_director_who_was_not_party_to_it():
    day = played().guest().open()
    event = variance(day)
    director, prescriber = day.house.director, day.house.prescriber
    with pytest.raises(WrongInput, match="does not review variances"):
        actions.review_variance(
            **day.common, variance=str(event.id), conclusion="Fine.",
            signature=sign(prescriber, day.now), by=prescriber,
        )  # fmt: skip
    answer = actions.review_variance(
        **day.common, variance=str(event.id), conclusion="Order came a minute late; drilled.",
        signature=sign(director, day.now), by=director,
    )  # fmt: skip
    assert answer.kind == "variance_reviewed"
    assert not day.guest.course.tasks.filter(kind="variance_review", closed_at=None).exists()
    own = variance(day, by=director)
    with pytest.raises(WrongInput, match="party to"):
        actions.review_variance(
            **day.common, variance=str(own.id), conclusion="Fine.",
            signature=sign(director, day.now), by=director,
        )  # fmt: skip


def test_waste_needs_a_witness_and_leaves_nothing_unresolved():
    day = played().guest().open()
    drawn = day.draw(day.order())
    witness = day.house.prescriber
    moved = actions.waste(
        **day.common, preparation=drawn, milligrams=Decimal(50), witness=witness,
        witness_signature=sign(witness, day.now), reason="not needed", by=day.house.nurse,
    )  # fmt: skip
    assert moved.allowed, moved.findings
    assert hatch.unresolved(session=day.session) == 0


def test_presence_is_intervals():
    day = played().guest().open()
    day.house.later(minutes=5)
    day.place(day.house.prescriber, Place.REMOTE)
    from holdspace.care import facts

    intervals = facts.load(day.guest.course, now=day.now, session=day.session).presences
    own = [p for p in intervals if p.staff == str(day.house.prescriber.id)]
    assert [(p.place, p.until is None) for p in own] == [
        (Place.ON_PREMISES, False),
        (Place.REMOTE, True),
    ]


def test_nothing_is_reckoned_with_a_weight_that_cannot_be():
    """800 kg, confirmed with a tick that was meant for another number, orders nothing."""
    day = played().guest().open()
    day.observe(weight=800)
    with pytest.raises(WrongInput, match="[Ww]eight"):
        day.order("0.2 mg/kg")
