"""Signed files such as an ECG or laboratory results, and amended documents: added, never edited."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from holdspace.care.actions.facts import Signed, WrongInput, sign_document, write
from holdspace.care.models import Course, Document, Label
from holdspace.core import facts as core
from holdspace.core.canonical import from_text, to_text
from holdspace.core.facts import DocumentKind
from holdspace.people.models import Membership
from holdspace.people.signing import Signature

FILE_BYTES_MAX = 20 * 1024 * 1024
# What the bytes begin with decides what a file is; its name decides nothing.
FILE_TYPES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
FILE_KINDS = (DocumentKind.ECG, DocumentKind.LABORATORY_REPORT, DocumentKind.OUTSIDE_LETTER)
# A permission is not reworded: consent, clearance and agreements are asked and signed again.
AMENDABLE = (
    *FILE_KINDS,
    DocumentKind.MEDICAL_EVALUATION,
    DocumentKind.MENTAL_HEALTH_ASSESSMENT,
    DocumentKind.PREPARATION_NOTE,
    DocumentKind.INTEGRATION_NOTE,
    DocumentKind.CLOSING_SUMMARY,
)


class DamagedFile(Exception):
    """A kept file that is missing or no longer has the digest that was signed."""


def type_of(content: bytes) -> str | None:
    """The media type by the first bytes; None for what is not accepted."""
    return next((kind for start, kind in FILE_TYPES.items() if content.startswith(start)), None)


@transaction.atomic
def file_document(
    *,
    course: Course,
    kind: DocumentKind,
    title: str,
    reading: str,
    file_name: str,
    content: bytes,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> Document:
    """Keep a file with what its reader says of it, signed together.

    Raises WrongInput for an empty, too large or unknown file. Files are kept by their digest, so
    the same bytes are kept once and a changed one is found.
    """
    if kind not in FILE_KINDS:
        raise WrongInput(
            "kind", "This is not kept as a file.", ", ".join(k.value for k in FILE_KINDS)
        )
    if not content or len(content) > FILE_BYTES_MAX:
        raise WrongInput("file", "The file is empty or too large.", "up to 20 MB")
    if type_of(content) is None:
        raise WrongInput("file", "This kind of file is not kept.", "PDF, PNG or JPEG")
    digest = hashlib.sha256(content).hexdigest()
    keep_bytes(digest, content)
    return sign_document(
        course=course,
        kind=kind,
        title=title,
        body=reading,
        meaning=signature.meaning,
        signature=signature,
        by=by,
        now=now,
        signed=Signed(
            file_name=Path(file_name).name[:200], file_digest=digest, label=Label.SENSITIVE
        ),
    )


@transaction.atomic
def amend_document(
    *,
    document: Document,
    body: str,
    reason: str,
    signature: Signature,
    by: Membership,
    now: datetime,
) -> Document:
    """Sign a new version beside the old one. It says the same to a gate and is no newer to it.

    Raises WrongInput unless its own author amends it, with a reason, and once: the newest version.
    """
    if document.kind not in AMENDABLE:
        raise WrongInput("document", "This is asked and signed again, not reworded.", "a new one")
    if by.id != document.by_id:
        raise WrongInput(
            "by", "Only its author amends a document.", "the author, or a new document"
        )
    if Document.objects.filter(supersedes=document).exists():
        raise WrongInput("document", "A newer version is there already.", "the newest version")
    if len(reason.strip()) < 3 or not body.strip():
        raise WrongInput("reason", "An amendment needs its text and reason.", "why it is amended")
    if not signature.is_by(by.id, now):
        raise WrongInput("signature", "This signature is not yours or is too old.", "sign again")
    row = Document.draft(
        now=now,
        clinic_id=document.clinic_id,
        patient_id=document.patient_id,
        course=document.course,
        session=document.session,
        kind=document.kind,
        version=document.version + 1,
        supersedes=document,
        title=document.title,
        body=f"{body.strip()}\n\nAmended: {reason.strip()}",
        signed_at=now,
        meaning=signature.meaning,
        label=document.label,
        file_name=document.file_name,
        file_digest=document.file_digest,
        by=by,
    )
    # An amended evaluation is as old as the evaluation; only the words changed.
    fact = from_text(core.Document, document.fact)
    row.fact = to_text(replace(fact, id=str(row.id)))
    return write(row, act="document_amended", now=now, codes={"amends": str(document.id)})


def content_of(document: Document) -> bytes:
    """The bytes that were signed. Raises DamagedFile when they are not what was signed."""
    path = place_of(document.file_digest)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DamagedFile(f"{document.file_name} is missing; restore it from a backup") from error
    if hashlib.sha256(content).hexdigest() != document.file_digest:
        raise DamagedFile(f"{document.file_name} was changed after it was signed")
    return content


def place_of(digest: str) -> Path:
    """Where the bytes of this digest lie."""
    return Path(settings.MEDIA_ROOT) / digest[:2] / digest


def keep_bytes(digest: str, content: bytes) -> None:
    """Written whole and flushed before the row that names it is committed."""
    place = place_of(digest)
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=place.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, place)
