"""A red flag ends by a colleague's signature; an infusion ends when somebody says it did."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from holdspace.care import facts as loader
from holdspace.care.actions import WrongInput, strike
from holdspace.care.events import AdverseEvent
from holdspace.care.models import EventKind, Observation, Task
from holdspace.core import dosing
from holdspace.core.facts import Route
from holdspace.core.flags import open_flags
from holdspace.core.units import Kind
from holdspace.medicine import actions
from holdspace.pharmacy import hatch
from tests.rooms.factory import played, sign
from tests.rooms.people.cast import PASSWORD

pytestmark = pytest.mark.django_db


def facts(day):
    return loader.load(day.guest.course, now=day.now, session=day.session)


# --- red flags ------------------------------------------------------------------------------------


@pytest.fixture
def day():
    return played(stocked=False).guest().open()


def flag(day, by=None):
    by = by or day.house.nurse
    event = AdverseEvent("Chest pain", 2, red_flag=True)
    return str(actions.adverse_event(**day.common, event=event, at=day.now, by=by).id)


def review(day, key, by, **more):
    asked = {"flag": key, "conclusion": "ECG normal; muscular.", "signature": sign(by, day.now)}
    return actions.review_red_flag(**day.common, by=by, **{**asked, **more})


def test_charting_no_leaves_a_flag_open_and_a_review_ends_it(day):
    day.observe(red_flag_symptom=True)
    key = str(Observation.objects.get(kind=Kind.RED_FLAG_SYMPTOM.value).id)
    day.house.later(minutes=5)
    day.observe(red_flag_symptom=False)
    assert [f.id for f in open_flags(facts(day))] == [key]
    review(day, key, day.house.prescriber)
    assert open_flags(facts(day)) == ()


def test_an_adverse_event_marked_as_a_red_flag_waits_for_its_own_review(day):
    key = flag(day)
    house = day.house
    actions.review_adverse_event(
        **day.common, event=key, conclusion="Looked at.", by=house.prescriber,
        signature=sign(house.prescriber, day.now),
    )  # fmt: skip
    assert [f.id for f in open_flags(facts(day))] == [key]
    review(day, key, house.prescriber)
    assert open_flags(facts(day)) == ()


def test_who_may_not_end_a_flag(day):
    house, key = day.house, flag(day)
    for by, more, field in (
        (house.nurse, {}, "by"),  # charted it
        (house.therapist, {}, "by"),
        (house.coordinator, {}, "by"),
        (house.prescriber, {"signature": sign(house.nurse, day.now)}, "password"),
        (house.prescriber, {"conclusion": " "}, "conclusion"),
        (house.prescriber, {"flag": "another"}, "flag"),
    ):
        with pytest.raises(WrongInput) as wrong:
            review(day, key, by, **more)
        assert wrong.value.field == field
    assert [f.id for f in open_flags(facts(day))] == [key]
    review(day, key, house.prescriber)
    with pytest.raises(WrongInput):
        review(day, key, house.prescriber)


def test_the_review_on_the_page_is_offered_to_those_who_may(day, screens):
    house, key = day.house, flag(day)
    at = screens(house)
    page = reverse("medicine:session", args=[day.session.id])
    assert "Review this red flag" not in at(house.nurse).get(page).content.decode()
    doctor = at(house.prescriber)
    assert "Review this red flag" in doctor.get(page).content.decode()
    act = reverse("medicine:act", args=[day.session.id, "flag"])
    typed = {"flag": key, "conclusion": "", "password": PASSWORD}
    assert doctor.post(act, typed).status_code == 422
    assert open_flags(facts(day))
    assert doctor.post(act, typed | {"conclusion": "ECG normal."}).status_code == 302
    assert open_flags(facts(day)) == ()


# --- infusions ------------------------------------------------------------------------------------


@pytest.fixture
def dripping():
    """50 mg over 60 minutes into a vein, begun ten minutes ago."""
    house = played()
    guest = house.enquirer(route=Route.IV)
    guest.assess()
    guest.clear()
    guest.prepare()
    guest.book()
    day = guest.open()
    day.give(infusion_minutes=60)
    house.later(minutes=10)
    return day


def dose(day):
    return facts(day).doses[-1]


def test_the_clocks_run_from_the_charted_end(dripping):
    begun = dose(dripping).given_at
    assert dosing.last_dose_at(facts(dripping)) == begun + timedelta(minutes=60), "as ordered"
    dripping.house.later(minutes=80)
    actions.end_infusion(
        **dripping.common, dose=dose(dripping).id, at=begun + timedelta(minutes=85),
        by=dripping.house.nurse,
    )  # fmt: skip
    assert dosing.last_dose_at(facts(dripping)) == begun + timedelta(minutes=85)
    assert not Task.objects.filter(kind="register_to_correct").exists()


def test_a_part_is_kept_named_and_owned_and_the_ceiling_counts_it_whole(dripping):
    left_before = hatch.unresolved(session=dripping.session)
    actions.end_infusion(
        **dripping.common, dose=dose(dripping).id, at=dripping.now, by=dripping.house.nurse,
        milligrams=Decimal(12), because="The person asked to stop.",
    )  # fmt: skip
    task = Task.objects.get(kind="register_to_correct")
    assert "38 mg" in task.title and task.owner == dripping.house.custodian
    assert dosing.given_mg(facts(dripping)) == 50
    assert hatch.unresolved(session=dripping.session) == left_before
    assert dosing.last_dose_at(facts(dripping)) == dripping.now


BAD = [
    ({"dose": "another"}, "dose"),
    ({"at_minutes": -11}, "at"),
    ({"at_minutes": 2}, "at"),
    ({"milligrams": Decimal("50.1")}, "milligrams"),
    ({"milligrams": Decimal(-1)}, "milligrams"),
    ({"millilitres": Decimal(-1)}, "millilitres"),
    ({"milligrams": Decimal(20)}, "because"),
    ({"millilitres": Decimal(20)}, "because"),
]


@pytest.mark.parametrize(("change", "field"), BAD)
def test_only_bad_input_is_refused(dripping, change, field):
    at = dripping.now + timedelta(minutes=change.pop("at_minutes", 0))
    asked = {"dose": dose(dripping).id, "at": at, "by": dripping.house.nurse, **change}
    with pytest.raises(WrongInput) as wrong:
        actions.end_infusion(**dripping.common, **asked)
    assert wrong.value.field == field


def test_an_injection_has_no_end_of_its_own(day):
    day.house.stock()
    day.give()
    with pytest.raises(WrongInput):
        actions.end_infusion(**day.common, dose=dose(day).id, at=day.now, by=day.house.nurse)


def test_of_two_charted_ends_the_later_counts_until_it_is_struck(dripping):
    house, key = dripping.house, dose(dripping).id
    first = dripping.now
    actions.end_infusion(**dripping.common, dose=key, at=first, by=house.nurse)
    house.later(minutes=20)
    second = actions.end_infusion(**dripping.common, dose=key, at=dripping.now, by=house.nurse)
    assert dose(dripping).ended_at == dripping.now
    strike(
        row=second, reason="the pump of the other room", signature=sign(house.director, house.now),
        by=house.director, now=house.now,
    )  # fmt: skip
    assert dose(dripping).ended_at == first


def test_the_end_is_charted_on_the_page(dripping, screens):
    nurse = screens(dripping.house)(dripping.house.nurse)
    page = reverse("medicine:session", args=[dripping.session.id])
    act = reverse("medicine:act", args=[dripping.session.id, "end-infusion"])
    assert "The infusion is over" in nurse.get(page).content.decode()
    typed = {"dose": dose(dripping).id, "amount": "20 drops", "because": "pain at the needle"}
    wrong = nurse.post(act, typed)
    assert wrong.status_code == 422 and "20 drops" in wrong.content.decode()
    assert nurse.post(act, typed | {"amount": "12 mL"}).status_code == 302
    event = dripping.session.events.get(kind=EventKind.INFUSION_ENDED.value)
    assert loader.decoded(event).body.millilitres == 12
    after = nurse.get(page).content.decode()
    assert "The infusion is over" not in after and "12 mL of it went in" in after
