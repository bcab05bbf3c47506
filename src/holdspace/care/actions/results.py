"""An ECG, laboratory values and diagnoses: a row each, added and struck, never edited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction

from holdspace.care.actions.doors import lock_course
from holdspace.care.actions.facts import WrongInput, happen
from holdspace.care.facts import diagnoses_of, entries_of, protocol_of
from holdspace.care.models import Course, Event, EventKind, Label
from holdspace.care.shipped import icd10, laboratory
from holdspace.core.diagnoses import Diagnosis, DiagnosisStatus, OnsetKnown, SaidBy, takes_back
from holdspace.core.investigations import Investigation, InvestigationKind, problem_of
from holdspace.core.units import KINDS, Kind, plain
from holdspace.people.access import May
from holdspace.people.models import Membership
from holdspace.records.keys import new_key

DAY_FIELD = {InvestigationKind.ECG: "ecg_on", InvestigationKind.LABORATORY: "lab_on"}


@dataclass(frozen=True, slots=True)
class Result:
    """One laboratory value as it was reported; `name` is looked up in the table of tests."""

    name: str
    value: Decimal | None = None
    unit: str = ""
    reference: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """One diagnosis as it was said; `continues` names the row that it confirms or changes."""

    words: str
    icd10: str = ""
    status: DiagnosisStatus = DiagnosisStatus.ACTIVE
    onset: date | None = None
    onset_known: OnsetKnown = OnsetKnown.UNKNOWN
    said_by: SaidBy = SaidBy.EXAMINED
    who: str = ""
    continues: str = ""


@dataclass(frozen=True, slots=True)
class Traced:
    """One ECG as it was read."""

    taken_on: date
    words: str = ""
    qtc_ms: Decimal | None = None
    place: str = ""


@transaction.atomic
def keep_results(
    *,
    course: Course,
    ecg: Traced | None = None,
    taken_on: date | None = None,
    results: Iterable[Result] = (),
    place: str = "",
    by: Membership | None,
    now: datetime,
) -> list[Event]:
    """Keep an ECG and laboratory values of one day, a row each: all of them or none.

    What stands on file word for word is not kept again: a form that is sent twice charts once.
    Returns what is new. Raises WrongInput for a number without a unit, a unit that the test is not
    given in, what is not plausible, a day to come, or an ECG that says nothing.
    """
    course = lock_course(course)
    rows = [_read(ecg)] if ecg is not None else []
    for result in results:
        if taken_on is None:
            raise WrongInput("lab_on", "A result needs its day.", "such as 2024-03-09")
        rows.append(replace(_checked(result), taken_on=taken_on, laboratory=_line(place)))
    for row in rows:
        _check_day(course, DAY_FIELD[row.kind], row.taken_on, now)
    on_file = _on_file(course)
    return [_keep(course, row, by, now) for row in rows if row not in on_file]


def _on_file(course: Course) -> list[Investigation]:
    """What stands for this person, as it was reported: who wrote it down, and when, left out."""
    entries, struck = entries_of(course.patient)
    return [
        replace(h.body, id="", by="", recorded_at=None)
        for h in entries
        if h.kind is EventKind.INVESTIGATION_REPORTED and h.id not in struck
    ]


def _read(ecg: Traced) -> Investigation:
    words, qtc = _line(ecg.words), ecg.qtc_ms
    if not words and qtc is None:
        raise WrongInput("ecg_finding", "An ECG says something.", "its rhythm, or a QTc")
    low, high = KINDS[Kind.QTC].low, KINDS[Kind.QTC].high
    assert low is not None and high is not None
    if qtc is not None and not low <= qtc <= high:
        accepted = f"{plain(low)} to {plain(high)} ms"
        raise WrongInput("qtc", "This QTc is outside what is plausible.", accepted)
    return Investigation(
        "", InvestigationKind.ECG, ecg.taken_on, words=words, qtc_ms=qtc,
        laboratory=_line(ecg.place),
    )  # fmt: skip


def _checked(result: Result) -> Investigation:
    """The result as the table of tests knows it, with its LOINC code where there is one."""
    name, table = _line(result.name), laboratory()
    if not name:
        raise WrongInput("results", "A result without its test.", "the name of the test")
    test, value, unit = table.recognise(name), result.value, result.unit
    loinc = test.loinc if test else ""
    if value is not None:
        if not unit:
            raise WrongInput(name, f"{plain(value)} has no unit.", "a number with its unit")
        if test is None and unit not in table.units:
            raise WrongInput(name, f"“{unit[:16]}” is no unit.", ", ".join(table.units))
        if problem := problem_of(value, unit, test):
            raise WrongInput(name, problem, test.accepted if test else "a plain number")
        loinc = test.units[unit].loinc if test else ""
    elif not result.words.strip():
        raise WrongInput(name, "There is no result.", "a number with its unit, or words")
    return Investigation(
        "", InvestigationKind.LABORATORY, date.min, words=_line(result.words),
        test=test.key if test else "", name=test.label if test else name, loinc=loinc,
        value=value, unit=unit if value is not None else "", reference=_line(result.reference),
    )  # fmt: skip


def _keep(course: Course, row: Investigation, by: Membership | None, now: datetime) -> Event:
    noon = datetime.combine(row.taken_on, time(12), course.clinic.zone)
    return happen(
        course=course,
        kind=EventKind.INVESTIGATION_REPORTED,
        body=replace(row, by=str(by.id) if by else ""),
        at=min(noon, now),
        by=by,
        now=now,
        label=Label.SENSITIVE,
    )


@transaction.atomic
def record_diagnosis(
    *, course: Course, diagnosis: Diagnosed, by: Membership | None, now: datetime
) -> Event:
    """Write down a diagnosis, or confirm one.

    One that answers a question of the protocol and is new suspends the clearance. Raises WrongInput
    for a code of no list, where somebody has overtaken what it `continues`, and where it takes back
    what answers a question while `by` is nobody who evaluates medically.
    """
    course = lock_course(course)
    old = _standing(course, diagnosis.continues) if diagnosis.continues else None
    said, code = _line(diagnosis.words), diagnosis.icd10.strip().upper()
    if code and code not in icd10():
        raise WrongInput(
            "icd10", f"“{code[:20]}” is not in the list.", "a code of the list, or words alone"
        )
    if not said and not code:
        raise WrongInput("words", "There is no diagnosis.", "its name, or its ICD-10-CM code")
    known = diagnosis.onset_known is not OnsetKnown.UNKNOWN
    if known != (diagnosis.onset is not None):
        raise WrongInput("onset", "Since when is not clear.", "a day, a month, a year, or unknown")
    if diagnosis.onset is not None:
        _check_day(course, "onset", diagnosis.onset, now)
    key = new_key(now)
    body = Diagnosis(
        str(key), said or icd10()[code], now, str(by.id) if by else "", code, diagnosis.status,
        diagnosis.onset, diagnosis.onset_known, diagnosis.said_by, _line(diagnosis.who),
        diagnosis.continues,
    )  # fmt: skip
    if old and takes_back(body, old, protocol_of(course)):
        _check_may_take_back(by, now)
    return happen(
        course=course,
        kind=EventKind.DIAGNOSIS_RECORDED,
        body=body,
        at=now,
        by=by,
        now=now,
        label=Label.SENSITIVE,
        key=key,
    )


def _standing(course: Course, key: str) -> Diagnosis:
    for row in diagnoses_of(course.patient):
        if row.id == key:
            return row
    problem = "This entry was changed or struck meanwhile: look again."
    raise WrongInput("continues", problem, "the entry that stands now")


def _check_may_take_back(by: Membership | None, now: datetime) -> None:
    """Whoever hears that it is over tells a prescriber; only they may lift what bars a door."""
    if by is None or not by.may(May.EVALUATE_MEDICALLY, now):
        raise WrongInput(
            "status",
            "This diagnosis answers a question of the protocol: a prescriber says that it is over, "
            "began at another time or is another one.",
            "the same or worse; else ask a prescriber, and keep in a note what was said",
        )


def _check_day(course: Course, field: str, on: date, now: datetime) -> None:
    born = course.patient.birth_date
    if on > course.clinic.day(now):
        raise WrongInput(field, "A day in the future.", "a day until today")
    if born is not None and on < born.replace(month=1, day=1):
        raise WrongInput(field, "Before the person was born.", "a day of this person's life")


def _line(text: str) -> str:
    return " ".join(text.split())
