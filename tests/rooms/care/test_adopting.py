"""A new clinic takes a shipped protocol or its own, compares versions, and gets its rooms."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from holdspace.care.models import ProtocolVersion
from holdspace.care.shipped import protocol_text
from holdspace.schedule.models import Room
from tests.rooms.people.cast import clinic_at, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return clinic_at(is_demo=True)


def test_the_director_takes_a_shipped_protocol_and_nobody_else_does(cast):
    address = reverse("care:protocols")
    assert (
        signed_in(cast.administrator).post(address, {"shipped": "kap-clinic/1.0"}).status_code
        == 404
    )
    browser = signed_in(cast.director)
    browser.post(address, {"shipped": "kap-clinic/1.0"})
    row = ProtocolVersion.objects.get(clinic=cast.clinic)
    assert row.text == protocol_text("kap-clinic/1.0")
    page = browser.get(reverse("care:protocol", args=[row.id])).content.decode()
    assert "Sign the protocol" in page


def test_the_clinics_own_text_is_checked_and_every_fault_named(cast):
    text = protocol_text("kap-clinic/1.0") + "\n[nonsense]\nvalue = 1\n"
    file = SimpleUploadedFile("own.toml", text.encode())
    page = signed_in(cast.director).post(reverse("care:protocols"), {"file": file})
    assert "This text is not taken" in page.content.decode()
    assert "nonsense" in page.content.decode()
    assert not ProtocolVersion.objects.filter(clinic=cast.clinic).exists()


def test_neither_and_both_are_refused_with_what_would_be_accepted(cast):
    page = signed_in(cast.director).post(reverse("care:protocols"), {})
    assert "Accepted: a shipped protocol, or a file." in page.content.decode()


def test_two_versions_are_compared_value_by_value(cast):
    browser = signed_in(cast.director)
    for name in ("kap-clinic/1.0", "kap-strict/1.0"):
        browser.post(reverse("care:protocols"), {"shipped": name})
    clinic, strict = ProtocolVersion.objects.filter(clinic=cast.clinic).order_by("name")
    page = browser.get(reverse("care:compare", args=[clinic.id, strict.id])).content.decode()
    assert "dose.im_session_mg_max" in page


def test_the_administrator_adds_a_room_once_and_closes_it(cast):
    browser = signed_in(cast.administrator)
    address = reverse("schedule:rooms")
    asked = {"add": "1", "name": "Juniper", "site": str(cast.site.pk)}
    browser.post(address, asked)
    assert "has a room of that name" in browser.post(address, asked).content.decode()
    room = Room.objects.get(clinic=cast.clinic)
    browser.post(address, {"close": str(room.pk)})
    room.refresh_from_db()
    assert room.closed_at is not None
