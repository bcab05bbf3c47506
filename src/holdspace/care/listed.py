"""Diagnoses and results as a page lists them: what, since when, how old, who said and wrote it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from holdspace.care.models import Strike
from holdspace.core.diagnoses import (
    Diagnosis,
    DiagnosisStatus,
    SaidBy,
    onset_text,
    questions_of,
)
from holdspace.core.investigations import Investigation
from holdspace.core.protocol_model import Protocol

NOTHING: Mapping[str, Strike] = MappingProxyType({})
STATUS_WORDS = {
    DiagnosisStatus.ACTIVE: gettext_lazy("Active"),
    DiagnosisStatus.REMISSION: gettext_lazy("In remission"),
    DiagnosisStatus.RESOLVED: gettext_lazy("Resolved"),
}
SAID_BY_WORDS = {
    SaidBy.EXAMINED: gettext_lazy("Found here, by examination"),
    SaidBy.PERSON: gettext_lazy("The person says so"),
    SaidBy.OUTSIDE: gettext_lazy("A clinician or letter from outside"),
    SaidBy.RELATIVE: gettext_lazy("A relative says so"),
}


def diagnosis_lines(
    rows: Iterable[Diagnosis], protocol: Protocol, names: Mapping[str, str], now: datetime,
    zone: ZoneInfo, struck: Mapping[str, Strike] = NOTHING,
    stands: Collection[str] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Each diagnosis with the questions it answers; without one it is for review by hand.

    Only one that `stands` can be changed: the others were continued by a newer entry. None: all do.
    """
    today = now.astimezone(zone).date()
    return [
        {
            "key": row.id,
            "strike": struck.get(row.id),
            "stands": stands is None or row.id in stands,
            "name": row.words,
            "code": row.icd10,
            "status": STATUS_WORDS[row.status],
            "is_over": row.is_over,
            "onset": onset_text(row.onset, row.onset_known),
            "said_by": SAID_BY_WORDS[row.said_by],
            "who": row.who,
            "at": row.at,
            "age": age(row.at.astimezone(zone).date(), today),
            "confirms": bool(row.continues),
            "by": names.get(row.by, ""),
            "answers": [
                protocol.conditions[key].label for key in questions_of(row.icd10, protocol)
            ],
        }
        for row in rows
    ]


def result_lines(
    rows: Iterable[Investigation], names: Mapping[str, str], today: date,
    struck: Mapping[str, Strike] = NOTHING,
) -> list[dict[str, Any]]:  # fmt: skip
    """Each result with the day it was taken, how long ago that is, and who wrote it down."""
    return [
        {
            "key": row.id,
            "strike": struck.get(row.id),
            "title": row.title,
            "text": row.text,
            "reference": row.reference,
            "loinc": row.loinc,
            "on": row.taken_on,
            "age": age(row.taken_on, today),
            "place": row.laboratory,
            "by": names.get(row.by, ""),
            "at": row.recorded_at,
        }
        for row in rows
    ]


def age(on: date, today: date) -> str:
    """How old a day is, in the unit people would use."""
    days = (today - on).days
    if days <= 0:
        return _("today") if days == 0 else _("in the future")
    if days < 92:
        return ngettext("%(n)d day old", "%(n)d days old", days) % {"n": days}
    months = days * 12 // 365
    if months < 24:
        return _("%(n)d months old") % {"n": months}
    return _("%(n)d years old") % {"n": days // 365}
