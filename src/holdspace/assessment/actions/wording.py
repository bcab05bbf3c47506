"""Licensed wording of a questionnaire is loaded with its licence, and ended when that ends."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from holdspace.assessment.instruments import standing_wording
from holdspace.assessment.models import InstrumentWording
from holdspace.care import actions as care
from holdspace.care.shipped import NotShippedError, shipped_scale
from holdspace.core.scale_wording import read_wording
from holdspace.core.scales import Scale, ScaleError
from holdspace.people.access import WORDS, May
from holdspace.people.models import Clinic, Membership
from holdspace.records.actions import record

WORDS_MAX = 200


@transaction.atomic
def load_wording(
    *,
    clinic: Clinic,
    instrument: str,
    text: str,
    holder: str,
    reference: str,
    licensed_on: date,
    by: Membership | None,
    now: datetime,
    language: str = "en",
) -> InstrumentWording:
    """Keep the wording that `clinic` is licensed to use; `text` is JSON or CSV of all its words.

    Codes, order, options and scoring stay as they ship. Raises WrongInput naming what is missing.
    `by` is None at the keyboard of the server.
    """
    _must(clinic, by, now)
    asked = _asked(instrument)
    holder, reference = holder.strip(), reference.strip()
    for field, words in (("holder", holder), ("reference", reference), ("language", language)):
        if not words or len(words) > (20 if field == "language" else WORDS_MAX):
            raise care.WrongInput(field, "This is missing or too long.", "as the licence says it")
    if licensed_on > clinic.day(now):
        raise care.WrongInput("licensed_on", "This day has not come.", "today or before")
    try:
        wording = read_wording(asked, text)
    except ScaleError as error:
        problem = f"{error.path}: {error.problem}"
        raise care.WrongInput("file", problem, error.accepted) from error
    row = InstrumentWording.draft(
        now=now,
        clinic=clinic,
        by=by,
        instrument=asked.id,
        version=asked.version,
        language=language,
        holder=holder,
        reference=reference,
        licensed_on=licensed_on,
        texts=wording.text(),
    )
    return _keep(row, "wording_loaded", now)


@transaction.atomic
def end_wording(
    *, clinic: Clinic, instrument: str, by: Membership | None, now: datetime, language: str = "en"
) -> InstrumentWording:
    """From now on the clinic no longer uses this wording; what was asked with it stays."""
    _must(clinic, by, now)
    standing = standing_wording(clinic, language).get(instrument)
    if standing is None:
        raise care.WrongInput("instrument", "No wording of it is loaded.", "a loaded one")
    row = InstrumentWording.draft(
        now=now,
        clinic=clinic,
        by=by,
        instrument=standing.instrument,
        version=standing.version,
        language=language,
        holder=standing.holder,
        reference=standing.reference,
        licensed_on=standing.licensed_on,
        texts="",
    )
    return _keep(row, "wording_ended", now)


def _must(clinic: Clinic, by: Membership | None, now: datetime) -> None:
    if by is None:
        return
    if by.clinic_id != clinic.id or not by.may(May.KEEP_INSTRUMENTS, now):
        problem = f"{by.name} may not {WORDS[May.KEEP_INSTRUMENTS]} here."
        raise care.WrongInput("by", problem, "an administrator or the medical director")


def _asked(instrument: str) -> Scale:
    try:
        return shipped_scale(instrument)
    except NotShippedError as error:
        raise care.WrongInput("instrument", str(error), "a questionnaire that ships") from error


def _keep(row: InstrumentWording, act: str, now: datetime) -> InstrumentWording:
    record(
        rows=[row],
        stream=f"clinic:{row.clinic_id}",
        act=act,
        by=row.by,
        now=now,
        clinic_id=row.clinic_id,
        body={"instrument": row.instrument, "language": row.language},
    )
    return row
