"""The register's pages: who may open them, what they show, and what becomes of a mistake."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from holdspace.core.facts import Role
from holdspace.people.models import Patient
from holdspace.pharmacy.models import Count, Movement, Product, Receipt, Vial
from holdspace.records.models import AccessEvent, AccessWhat
from tests.rooms.people.cast import PASSWORD, member, signed_in
from tests.rooms.pharmacy.scene import Scene, scene


@pytest.fixture
def today(db: None) -> Scene:
    """A safe in which it is now: pages read the clock."""
    made = scene()
    made.now = timezone.now()
    return made


@pytest.fixture
def desk(today: Scene) -> Client:
    return signed_in(today.custodian)


PAPER: dict[str, Any] = {
    "ndc": "42023011410", "compared": "on", "lot": "A12", "expires_on": "2099-06-30",
    "containers": "2", "supplier_name": "Front Range Medical Supply",
    "supplier_address": "900 Depot Road, Denver", "supplier_dea": "AB1234563",
    "invoice": "INV-1001", "second_email": "", "second_password": "",
}  # fmt: skip


def url(name: str, *args: object) -> str:
    return reverse(f"pharmacy:{name}", args=args)


def test_the_register_is_there_for_those_who_may_see_it_and_for_nobody_else(today: Scene) -> None:
    (vial,) = today.receive()
    pages = [url("home"), url("receipts"), url("vial", vial.pk)]
    for who, answer in ((today.nurse, 200), (member(today.cast, Role.COORDINATOR), 404)):
        assert [signed_in(who).get(page).status_code for page in pages] == [answer] * 3
    assert signed_in(today.nurse).get(url("receive")).status_code == 404
    assert signed_in(scene().custodian).get(url("vial", vial.pk)).status_code == 404
    assert AccessEvent.objects.filter(what=AccessWhat.REGISTER_VIEW).count() >= 3


def test_a_delivery_is_typed_once_and_becomes_containers(desk: Client) -> None:
    assert desk.get(url("receive")).status_code == 200
    answer = desk.post(url("receive"), PAPER, follow=True)
    assert answer.status_code == 200 and b"INV-1001" in answer.content
    assert Vial.objects.count() == 2
    vial = Vial.objects.first()
    assert vial is not None
    page = desk.get(url("vial", vial.pk)).content.decode()
    assert "AB1234563" in page and "500 mg" in page and "10 mL" in page


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("supplier_dea", "AB1234560", "last digit"),
        ("supplier_dea", "12", "form of a DEA number"),
        ("expires_on", "2020-01-01", "past its label"),
        ("containers", "0", "greater than or equal to 1"),
        ("containers", "201", "less than or equal to 200"),
        ("lot", "  ", "required"),
        ("compared", "", "required"),
        ("second_email", "nobody@example.org", "password"),
    ],
)
def test_a_mistake_is_named_at_its_field_and_what_was_typed_stays(
    desk: Client, field: str, typed: str, said: str
) -> None:
    answer = desk.post(url("receive"), {**PAPER, field: typed})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert said in text and "Front Range Medical Supply" in text
    assert not Receipt.objects.exists()


def test_a_product_is_added_from_its_carton_once(desk: Client) -> None:
    carton = {
        "ndc": "55555-0100-30", "drug": "Ketamine lozenge", "kind": "units", "strength": "100",
        "size": "30", "dose_type": "multi", "beyond_use_days": "",
    }  # fmt: skip
    assert desk.post(url("product"), {**carton, "size": "2.5"}).status_code == 200
    assert desk.post(url("product"), {**carton, "ndc": "5555"}).status_code == 200
    assert not Product.objects.exists()
    assert desk.post(url("product"), carton).status_code == 302
    again = desk.post(url("product"), carton)
    assert "already known" in again.content.decode() and Product.objects.count() == 1


def test_what_is_drawn_up_is_shown_until_two_people_sign_its_waste(today: Scene) -> None:
    (vial,) = today.receive()
    preparation = today.drawn(vial, "60")
    nurse = signed_in(today.nurse)
    assert preparation.id[-6:].upper() in nurse.get(url("home")).content.decode()
    page = url("syringe", preparation.id, "waste")
    typed = {"milligrams": "60", "reason": "the day was called off", "password": PASSWORD}
    alone = {"second_email": today.nurse.user.email, "second_password": PASSWORD}
    answer = nurse.post(page, typed | alone).content.decode()
    assert "somebody else" in answer and "the day was called off" in answer
    unlicensed = {"second_email": today.custodian.user.email, "second_password": PASSWORD}
    refused = nurse.post(page, typed | unlicensed).content.decode()
    assert "witness’s profession" in refused or "witness&#x27;s profession" in refused
    assert "the day was called off" in refused
    second = {"second_email": today.prescriber.user.email, "second_password": PASSWORD}
    too_much = nurse.post(page, typed | second | {"milligrams": "61"}).content.decode()
    assert "61" in too_much and Movement.objects.filter(target="waste").count() == 0
    assert nurse.post(page, typed | second).status_code == 302
    wasted = Movement.objects.get(target="waste")
    assert wasted.witness == today.prescriber and wasted.by == today.nurse
    home = nurse.get(url("home")).content.decode()
    assert "not yet resolved" not in home and "Last refusals" in home


def test_a_syringe_can_only_be_said_to_be_gone_or_wasted_not_put_back(today: Scene) -> None:
    (vial,) = today.receive()
    preparation = today.drawn(vial, "60")
    nurse = signed_in(today.nurse)
    typed = {"milligrams": "60", "reason": "the syringe was dropped"}
    back = nurse.post(url("syringe", preparation.id, "return"), typed)
    assert back.status_code == 200 and not Movement.objects.filter(reason__contains="dropped")
    assert nurse.post(url("syringe", preparation.id, "lost"), typed).status_code == 302
    assert "Discrepancies" in nurse.get(url("home")).content.decode()


def test_a_count_hides_the_books_and_then_shows_the_difference(desk: Client, today: Scene) -> None:
    first, second = today.receive(containers=2)
    page = desk.get(url("new_count")).content.decode()
    assert "500 mg" not in page
    bad = desk.post(url("new_count"), {str(first.pk): "ten"}).content.decode()
    assert 'value="ten"' in bad and not Count.objects.exists()
    kept = desk.post(url("new_count"), {str(first.pk): "10", str(second.pk): "9.9"}, follow=True)
    text = kept.content.decode()
    assert "1 container differs" in text and "-5 mg" in text


def test_a_wrong_line_is_taken_back_and_both_are_shown(desk: Client, today: Scene) -> None:
    (vial,) = today.receive()
    today.drawn(vial, "60")
    line = Movement.objects.get(target="drawn_up")
    page = url("correct", line.pk)
    assert desk.get(page).status_code == 200
    typed = {
        "reason": "the wrong vial was picked", "password": PASSWORD,
        "second_email": today.nurse.user.email, "second_password": PASSWORD,
    }  # fmt: skip
    assert desk.post(page, typed).status_code == 302
    text = desk.get(url("vial", vial.pk)).content.decode()
    assert "taken back later" in text and "the wrong vial was picked" in text
    again = desk.post(page, typed)
    assert again.status_code == 200 and Movement.objects.filter(corrects=line).count() == 1


def test_a_dose_line_names_the_person_as_the_board_does_and_with_their_number(
    desk: Client, today: Scene
) -> None:
    """Two alphabets, one person: the name of the record, the called name and the number."""
    Patient.objects.filter(pk=today.patient.pk).update(preferred_name="Yousef")
    (vial,) = today.receive()
    syringe = today.drawn(vial, "50")
    name, number = today.patient.name, today.patient.display_id
    words = f"{name} · “Yousef” · {number}"
    assert words in desk.get(url("home")).content.decode(), "while it is drawn up"
    today.give(syringe, "50")
    for page in (url("home"), url("vial", vial.pk)):
        assert words in desk.get(page).content.decode()
    Patient.objects.filter(pk=today.patient.pk).update(preferred_name="")
    assert f"{name} · {number}" in desk.get(url("home")).content.decode()


def test_the_vial_page_keeps_its_number_of_queries(
    desk: Client, today: Scene, django_assert_max_num_queries: Any
) -> None:
    (vial,) = today.receive()
    for _ in range(8):
        today.give(today.drawn(vial, "10"), "10")
    with django_assert_max_num_queries(16):
        desk.get(url("vial", vial.pk))
    with django_assert_max_num_queries(19):
        desk.get(url("home"))
