"""The nurse at the dose: what to draw, what a door says beforehand, what leaving waits for."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.urls import reverse

from holdspace.care.models import Decision
from holdspace.core.units import Kind
from holdspace.medicine import drawing_up
from holdspace.medicine.forms import PrepareForm, kind_field
from holdspace.medicine.views.session import again_at
from holdspace.pharmacy import hatch
from holdspace.pharmacy.hatch import UsableVial
from tests.rooms.factory import played
from tests.rooms.people.cast import NOW, PASSWORD

pytestmark = pytest.mark.django_db


def page_of(screens, house, day, who):
    return screens(house)(who).get(reverse("medicine:session", args=[day.session.id]))


def text_of(page):
    return page.content.decode()


@pytest.mark.parametrize(
    ("mg", "per_ml", "per_unit", "words"),
    [
        ("50", "50", "0", "50 mg at 50 mg/mL = 1 mL"),
        ("45", "100", "0", "45 mg at 100 mg/mL = 0.45 mL"),
        ("17.25", "50", "0", "17.25 mg at 50 mg/mL = 0.345 mL"),
        ("10", "30", "0", "10 mg at 30 mg/mL ≈ 0.333 mL"),
        ("200", "0", "100", "200 mg in units of 100 mg = 2 units"),
        ("200", "0", "0", "200 mg"),
    ],
)
def test_the_arithmetic_of_a_draw_is_written_in_full_and_never_rounds_unseen(
    mg, per_ml, per_unit, words
):
    assert drawing_up.arithmetic(Decimal(mg), Decimal(per_ml), Decimal(per_unit)) == words


def test_each_vial_is_a_row_that_says_what_to_draw_before_and_after_pressing(screens):
    house = played()
    day = house.guest().open()
    order = day.order("50 mg")
    page = text_of(page_of(screens, house, day, house.nurse))
    form = page[page.index('id="prepare"') :].split("</form>")[0]
    assert 'type="radio" name="vial"' in form and "50 mg at 50 mg/mL = 1 mL" in form
    assert "µ" not in page
    day.draw(order)
    page = text_of(page_of(screens, house, day, house.nurse))
    assert "Drawn up: 50 mg at 50 mg/mL = 1 mL" in page


def vial(key, left, per_ml="50", per_unit="0"):
    return UsableVial(
        id=key, label=f"Ketamine {per_ml} mg/mL, vial {key}", needs_dilution=False,
        concentration_mg_per_ml=Decimal(per_ml), balance_mg=Decimal(left),
        usable_until=NOW + timedelta(days=1), mg_per_unit=Decimal(per_unit),
    )  # fmt: skip


def test_a_vial_that_holds_too_little_stands_last_and_says_why_it_cannot_be_chosen(
    screens, monkeypatch
):
    house = played()
    day = house.guest().open()
    day.order("20 mg")
    held = (vial("near-empty", "10"), vial("full", "500"))
    monkeypatch.setattr(hatch, "usable_vials", lambda **_asked: held)
    page = page_of(screens, house, day, house.nurse)
    rows = page.context["dosing"]["vial_rows"]
    assert [(row.key, row.is_usable) for row in rows] == [("full", True), ("near-empty", False)]
    form = text_of(page).split('id="prepare"')[1].split("</form>")[0]
    assert "it holds 10 mg, less than the 20 mg ordered" in form
    boxes = [box.split(">")[0] for box in form.split("<input ") if 'name="vial"' in box]
    assert ["disabled" in box for box in boxes] == [False, True]


def test_a_half_unit_cannot_be_chosen_and_an_empty_safe_is_said():
    whole, half = SimpleNamespace(dose_mg=Decimal(200)), SimpleNamespace(dose_mg=Decimal(150))
    units = [vial("lozenges", "1000", "0", "100")]
    assert [row.is_usable for row in drawing_up.rows(units, [whole])] == [True]
    (row,) = drawing_up.rows(units, [half])
    assert not row.is_usable and "no whole number of units of 100 mg" in row.words
    empty = PrepareForm(offered={"vial": []})
    assert "No vial in date here can serve this order" in str(empty.fields["vial"].help_text)


def test_what_the_register_refuses_is_told_in_milligrams():
    house = played()
    day = house.guest().open()
    order = day.order("50 mg")
    house.stock()
    first = str(house.vials[0].id)
    left = next(
        v for v in hatch.usable_vials(clinic=house.clinic, site=None, now=house.now)
        if v.id == first
    )  # fmt: skip
    moved = hatch.draw(
        vial=first, milligrams=left.balance_mg + 50, session=day.session, order=order,
        by=house.nurse, now=house.now,
    )  # fmt: skip
    said = {f.code.value: f.evidence for f in moved.findings if not f.passes}
    assert said == {"movement_over_balance": "550 mg asked, 500 mg in the container"}
    assert not any("µ" in f.evidence + f.rule for f in moved.findings)


# --- the door, before anything is pressed ---------------------------------------------------------


def test_the_dose_door_s_no_stands_above_ordering_and_drawing_up_with_its_count(screens):
    house = played()
    day = house.guest().open()
    assert "The door says no now" not in text_of(page_of(screens, house, day, house.nurse))
    day.observe(systolic=Decimal(182), diastolic=Decimal(112))
    for who, form in ((house.prescriber, 'id="order"'), (house.nurse, None)):
        page = page_of(screens, house, day, who)
        stops, said = page.context["dosing"]["stops"], text_of(page)
        assert {f["code"] for f in stops} >= {"bp_repeat_needed"}
        assert f"The door says no now: {len(stops)} things (see below)." in said
        assert f"It may be asked again from {page.context['dosing']['again_at']}." in said
        if form:
            assert said.index("The door says no now") < said.index(form)
    order = day.order("50 mg")
    said = text_of(page_of(screens, house, day, house.nurse))
    assert said.index("The door says no now") < said.index('id="prepare"'), "still possible"
    assert day.draw(order)


def test_the_latest_time_that_a_finding_names_is_when_the_door_may_be_asked_again():
    found = [{"ask_again_on": at} for at in ("14:15", "", "18:30", "09:05")]
    assert again_at(found) == "18:30"
    assert again_at([*found, {"ask_again_on": "3 Mar 2027 08:52"}]) == "3 Mar 2027 08:52"
    assert again_at([{"ask_again_on": ""}]) == ""


def test_what_only_waits_for_an_order_is_one_line_and_no_stop(screens):
    house = played()
    day = house.guest().open()
    page = page_of(screens, house, day, house.nurse)
    dosing = page.context["dosing"]
    assert dosing["stops"] == [] and len(dosing["waiting"]) == 8
    assert "There is no order yet: 8 questions of the door wait for it." in text_of(page)
    day.order("50 mg")
    page = page_of(screens, house, day, house.nurse)
    assert "The order is not drawn up yet." in text_of(page)


# --- going home -----------------------------------------------------------------------------------


def test_what_stops_going_home_is_read_before_anybody_signs_and_nothing_is_kept_of_it(screens):
    house = played()
    day = house.guest().open()
    day.give()
    house.later(minutes=20)
    before = Decision.objects.count()
    page = page_of(screens, house, day, house.prescriber)
    stops = page.context["leaving"]["stops"]
    assert {"stay_too_short", "escort_not_identified", "not_fully_awake"} <= {
        f["code"] for f in stops
    }
    form = text_of(page).split('id="discharge"')[1].split("</form>")[0]
    assert f"Discharge: {len(stops)} things stop it now" in form
    assert form.index("The escort is not here") < form.index('name="password"')
    assert "The person is not fully awake yet" in form and "further dose" not in form
    assert Decision.objects.count() == before
    day.settle()
    page = text_of(page_of(screens, house, day, house.prescriber))
    assert "Discharge: the door says yes" in page


def test_the_preview_of_going_home_is_what_the_signature_meets(screens):
    house = played()
    day = house.guest().open()
    day.give()
    house.later(minutes=20)
    page = page_of(screens, house, day, house.prescriber)
    seen = {(f["code"], f["subject"]) for f in page.context["leaving"]["stops"]}
    asked = screens(house)(house.prescriber).post(
        reverse("medicine:act", args=[day.session.id, "discharge"]),
        {"escort": "Sam Vale", "password": PASSWORD},
    )
    assert asked.status_code == 409
    kept = {(f["code"], f["subject"]) for f in asked.context["refused"]["findings"]
            if f["verdict"] not in ("pass", "note")}  # fmt: skip
    assert seen == kept


@pytest.mark.parametrize(
    ("kind", "points", "words"),
    [
        (Kind.PADSS_VITALS, "1", "20 to 40 % (1 point)"),
        (Kind.PADSS_VITALS, "0", "more than 40 % (0 points)"),
        (Kind.PADSS_INTAKE, "2", "drank and passed urine (2 points)"),
    ],
)
def test_a_grade_is_never_read_together_with_its_points(kind, points, words):
    assert dict(kind_field(kind).choices)[points] == words


def test_the_page_says_what_padss_is():
    assert "readiness to leave" in str(kind_field(Kind.PADSS_VITALS).help_text)
