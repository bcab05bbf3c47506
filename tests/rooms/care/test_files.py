"""Files and amendments: what was signed stays as it was signed, and a change is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse

from holdspace.care import actions as care
from holdspace.care import facts as loader
from holdspace.care.actions.files import DamagedFile, content_of
from holdspace.care.models import Document
from holdspace.core.facts import DocumentKind
from holdspace.records.verify import verify
from tests.rooms.factory import played, sign

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 an invented ECG"


@pytest.fixture
def house(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    return played()


def ecg(house, guest, content: bytes = PDF, **more):
    by = house.prescriber
    given = {"kind": DocumentKind.ECG, "title": "ECG of 2 March", "reading": "Sinus rhythm."}
    return care.file_document(
        **{**given, **more}, course=guest.course, file_name="ecg.pdf", content=content,
        signature=sign(by, house.now), by=by, now=house.now,
    )  # fmt: skip


def test_a_file_is_kept_as_it_was_signed_and_a_change_is_found(house, settings):
    document = ecg(house, house.enquirer())
    assert content_of(document) == PDF
    assert verify().ok
    kept = next(p for p in Path(settings.MEDIA_ROOT).rglob("*") if p.is_file())
    kept.write_bytes(b"%PDF-1.7 another one")
    with pytest.raises(DamagedFile, match="changed after it was signed"):
        content_of(document)
    kept.unlink()
    with pytest.raises(DamagedFile, match="missing"):
        content_of(document)


@pytest.mark.parametrize(
    ("content", "accepted"),
    [(b"", "20 MB"), (b"<script>alert(1)</script>", "PDF, PNG or JPEG"), (b"MZ\x90\x00", "PDF")],
)
def test_what_is_not_a_known_file_is_refused_and_nothing_is_kept(house, content, accepted):
    guest = house.enquirer()
    with pytest.raises(care.WrongInput, match=accepted):
        ecg(house, guest, content)
    assert not Document.objects.filter(course=guest.course).exists()


def amend(document, by, now, body="The same, with a spelling put right."):
    return care.amend_document(
        document=document, body=body, reason="spelling", signature=sign(by, now), by=by, now=now
    )


def test_an_amended_evaluation_is_as_old_as_the_evaluation(house):
    guest = house.enquirer()
    guest.assess()
    first = Document.objects.get(course=guest.course, kind="medical_evaluation")
    house.later(days=20)
    second = amend(first, house.prescriber, house.now)
    facts = loader.load(guest.course, now=house.now)
    read = facts.document(DocumentKind.MEDICAL_EVALUATION)
    assert read.id == str(second.id)
    assert read.signed_at == first.signed_at
    assert Document.objects.get(pk=first.pk).body == first.body
    with pytest.raises(care.WrongInput, match="newer version"):
        amend(first, house.prescriber, house.now)
    with pytest.raises(care.WrongInput, match="Only its author"):
        amend(second, house.therapist, house.now)


def test_a_permission_is_signed_again_and_never_reworded(house):
    guest = house.guest()
    consent = Document.objects.get(course=guest.course, kind="consent")
    with pytest.raises(care.WrongInput, match="asked and signed again"):
        amend(consent, house.therapist, house.now)


def test_the_file_is_handed_to_who_may_read_the_chart_and_to_nobody_else(house, screens):
    document = ecg(house, house.enquirer())
    address = reverse("care:download", args=[document.id])
    browser = screens(house)
    answer = browser(house.nurse).get(address)
    assert answer.content == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert browser(house.coordinator).get(address).status_code == 404
