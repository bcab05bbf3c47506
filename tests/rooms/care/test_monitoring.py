"""A query names its states and who made it; a supervisor signs beside their associate."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.core.facts import CredentialKind, DocumentKind
from holdspace.people import actions as people
from holdspace.people.models import Clinic
from tests.rooms.factory import played, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return played(stocked=False)


@pytest.fixture
def guest(house):
    guest = house.enquirer()
    guest.assess()
    return guest


def test_a_query_is_kept_with_its_states_and_reference(house, guest):
    care.record_pdmp_query(
        course=guest.course, at=house.now, states=["WY", "CO"], reference="PMP-77",
        by=house.prescriber, now=house.now,
    )  # fmt: skip
    *_, query = loader.load(guest.course, now=house.now).pdmp_queries
    assert query.states == ("CO", "WY") and query.reference == "PMP-77"
    assert query.by == str(house.prescriber.pk) and not query.on_behalf_of


def test_a_delegate_queries_for_a_named_prescriber_where_the_state_lets_them(house, guest):
    values = {"course": guest.course, "at": house.now, "states": ["CO"], "now": house.now}
    with pytest.raises(care.WrongInput, match="For which prescriber"):
        care.record_pdmp_query(**values, by=house.nurse)
    with pytest.raises(care.WrongInput, match="For which prescriber"):
        care.record_pdmp_query(**values, by=house.nurse, on_behalf_of=house.therapist)
    care.record_pdmp_query(**values, by=house.nurse, on_behalf_of=house.prescriber)
    Clinic.objects.update(is_demo=False)  # the shipped rule is proposed: it holds in a demo alone
    guest.course.clinic.refresh_from_db()
    with pytest.raises(care.WrongInput, match="No rule is recorded"):
        care.record_pdmp_query(**values, by=house.nurse, on_behalf_of=house.prescriber)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"states": []}, "states"),
        ({"states": ["ZZ"]}, "states"),
        ({"at": timedelta(hours=1)}, "at"),
    ],
)
def test_a_query_of_nowhere_or_of_tomorrow_is_refused(house, guest, change, field):
    values = {"at": house.now, "states": ["CO"]} | change
    if isinstance(values["at"], timedelta):
        values["at"] = house.now + values["at"]
    with pytest.raises(care.WrongInput) as wrong:
        care.record_pdmp_query(course=guest.course, by=house.prescriber, now=house.now, **values)
    assert wrong.value.field == field


def test_the_page_keeps_a_query_and_loses_nothing_that_was_typed(house, guest, screens):
    browser = screens(house)(house.prescriber)
    url = reverse("care:pdmp", args=[guest.course.pk])
    assert browser.get(url).status_code == 200
    local = house.now.astimezone(house.clinic.zone)
    sent = {"at": local.strftime("%Y-%m-%dT%H:%M"), "states": "co, zz", "reference": "PMP-9"}
    refused = browser.post(url, sent).content.decode()
    assert "two-letter" in refused and "PMP-9" in refused
    page = browser.post(url, {**sent, "states": "co wy"}, follow=True).content.decode()
    assert "CO, WY" in page and "PMP-9" in page
    *_, query = loader.load(guest.course, now=house.now).pdmp_queries
    assert query.at == house.now.replace(second=0, microsecond=0)


def test_only_the_named_supervisor_countersigns(house, guest, screens):
    paper = guest.course.documents.get(kind=DocumentKind.MENTAL_HEALTH_ASSESSMENT.value)
    signature = sign(house.prescriber, house.now)
    values = {"document": paper, "signature": signature, "by": house.prescriber, "now": house.now}
    with pytest.raises(care.WrongInput, match="supervisor"):
        care.countersign(**values)
    held = people.add_credential(
        membership=paper.by, kind=CredentialKind.SUPERVISION, by=house.administrator,
        now=house.now, expires_on=date(2027, 1, 1), supervisor=house.prescriber,
    )  # fmt: skip
    page = reverse("care:countersign", args=[paper.pk])
    assert screens(house)(house.nurse).get(page).status_code == 404
    assert screens(house)(house.prescriber).get(page).status_code == 200
    care.countersign(**values)
    found = loader.load(guest.course, now=house.now).document(DocumentKind.MENTAL_HEALTH_ASSESSMENT)
    assert found is not None and found.countersigned_by == str(house.prescriber.pk)
    people.revoke_credential(
        credential=held, by=house.administrator, now=house.now, because="it has ended"
    )
    with pytest.raises(care.WrongInput, match="supervisor"):
        care.countersign(**values)
