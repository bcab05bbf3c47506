"""What was agreed before the medicine, in one strip that stays in sight, and on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from holdspace.care import actions as care
from holdspace.care.models import Course, Document
from holdspace.care.touch import RECORDED, Touch
from holdspace.comfort import reading
from holdspace.core import facts as core
from holdspace.core.facts import DocumentKind
from holdspace.medicine.page import document_parts

NOT_WRITTEN = gettext_lazy("not written down")
INTENTION, HELPS = ("Intention",), ("What helps", "Comfort")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was agreed or is known; `is_missing` when nobody wrote it down."""

    key: str
    name: str
    text: str
    is_missing: bool = False
    has_ended: bool = False


@dataclass(frozen=True, slots=True)
class Agreed:
    """The strip, and what the person may still take back."""

    lines: tuple[Line, ...]
    parts: tuple[tuple[str, str], ...]
    may_end_touch: bool
    may_withdraw: bool


def of(course: Course, facts: core.Facts, person: Mapping[str, Any]) -> Agreed:
    """Read from what was signed in preparation, the plan of music and the person's own file."""
    consent = facts.document(DocumentKind.CONSENT)
    paper = facts.document(DocumentKind.TOUCH_AGREEMENT)
    left = care.agreed_touch(course, paper) if paper else None
    is_over = paper is not None and paper.withdrawn_at is not None
    no_consent = consent is not None and consent.withdrawn_at is not None
    said = _said(course)
    plan = reading.newest_plan(course)
    music = ""
    if plan:
        music = _("avoid: %(what)s") % {"what": plan.avoid} if plan.avoid else _("planned")
    allergies = person["allergies"]
    known = "" if allergies is None else ", ".join(allergies) or _("none known")
    lines = (
        _touch(left, is_over, no_consent),
        _line("helps", _("Helps in distress"), said.get("helps", "")),
        _line("intention", _("Intention"), said.get("intention", "")),
        _line("allergies", _("Allergies"), known, missing=_("not asked")),
        _line("music", _("Music"), music),
        _line("contact", _("Emergency contact"), person["emergency"]),
    )
    parts = () if left is None or is_over else left.parts
    names = tuple((part, _("recording") if part == RECORDED else part) for part in parts)
    may_withdraw = consent is not None and not no_consent
    return Agreed(lines, names, paper is not None and not is_over, may_withdraw)


def _line(key: str, name: str, text: str, missing: str = "") -> Line:
    return Line(key, name, text or missing or str(NOT_WRITTEN), is_missing=not text)


def _touch(left: Touch | None, is_over: bool, no_consent: bool) -> Line:
    name = _("Touch")
    if no_consent or is_over:
        why = _("Consent withdrawn: no further dose, no touch but for safety")
        if not no_consent:
            why = _("Withdrawn: none but for safety")
        return Line("touch", name, why, has_ended=True)
    if left is None:
        return _line("touch", name, "")
    text = ", ".join(left.forms) or _("no touch")
    text += "; " + _("signal: %(signal)s") % {"signal": left.signal} if left.signal else ""
    text += "; " + (_("recording agreed") if left.recording else _("no recording"))
    return Line("touch", name, text)


def _said(course: Course) -> dict[str, str]:
    """The newest intention and the newest that helps, each from the visit where it was said."""
    notes = Document.objects.filter(
        course=course, kind=DocumentKind.PREPARATION_NOTE.value, body__isnull=False
    ).exclude(id__in=course.strikes.values("struck_id"))
    rows = notes.exclude(id__in=notes.exclude(supersedes=None).values("supersedes_id"))
    found: dict[str, str] = {}
    for row in rows.order_by("-signed_at", "-version"):
        for heading, text in _parts(row.body or ""):
            for key, names in (("intention", INTENTION), ("helps", HELPS)):
                if heading in names and text:
                    found.setdefault(key, text)
    return found


def _parts(body: str) -> list[tuple[str, str]]:
    """Heading and words of each part of a note, whether it was typed or came as fields."""
    found = []
    for heading, text in document_parts(body):
        if heading:
            found.append((heading, text))
            continue
        for part in text.replace("\r\n", "\n").split("\n\n"):
            name, colon, words = part.partition(": ")
            found += [(name, words.strip())] if colon else []
    return found
