"""What a result and a diagnosis are by themselves: units, plausible ranges, beginnings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from holdspace.care.shipped import icd10, laboratory
from holdspace.core.diagnoses import (
    Diagnosis,
    DiagnosisStatus,
    OnsetKnown,
    latest_onset,
    onset_text,
    questions_of,
    read_onset,
    standing,
    written_onset,
)
from holdspace.core.investigations import (
    Investigation,
    InvestigationKind,
    newest_of_each,
    parse_result,
    problem_of,
)
from holdspace.core.units import QuantityError
from tests.core.cases import clinic_protocol

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)
DAY, MONTH, YEAR, UNKNOWN = OnsetKnown


def luhn(code: str) -> bool:
    """The check digit of a LOINC code: doubled from the right, cross-summed."""
    number, _, check = code.partition("-")
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return (10 - total % 10) % 10 == int(check)


def test_every_loinc_code_of_the_table_has_its_check_digit_and_stands_for_one_test() -> None:
    seen: dict[str, str] = {}
    for key, test in laboratory().tests.items():
        for code in {unit.loinc for unit in test.units.values()} | ({test.loinc} - {""}):
            assert luhn(code), (key, code)
            assert seen.setdefault(code, key) == key
        for unit in test.units.values():
            assert Decimal(0) < unit.low < unit.high


READ = [
    ("ALT", "31 U/L", "31", "U/L"),
    ("sgpt", "31 IU/L", "31", "U/L"),
    ("Creatinine", "0.9 mg/dL", "0.9", "mg/dL"),
    ("creatinine", "80 umol/L", "80", "µmol/L"),
    ("creatinine", "80 \u03bcmol/L", "80", "µmol/L"),
    ("WBC", "5.5 K/uL", "5.5", "10³/µL"),
    ("eGFR", "92 mL/min/1.73m2", "92", "mL/min/1.73 m²"),
    ("TSH", "1.2 uIU/mL", "1.2", "mIU/L"),
    ("Potassium", "1 mmol/L", "1", "mmol/L"),
    ("Potassium", "10 mmol/L", "10", "mmol/L"),
    ("Zinc, of no table", "12 µmol/L", "12", "µmol/L"),
]


@pytest.mark.parametrize(("name", "typed", "value", "unit"), READ)
def test_a_result_is_read_with_its_unit(name: str, typed: str, value: str, unit: str) -> None:
    table = laboratory()
    assert parse_result(typed, table.recognise(name), table) == (Decimal(value), unit)


REFUSED = [
    ("ALT", "31", "has no unit"),
    ("Zinc, of no table", "12", "has no unit"),
    ("ALT", "31 mg/dL", "not a unit of this"),
    ("Zinc, of no table", "12 spoons", "not a unit of this"),
    ("Creatinine", "0,9 mg/dL", "decimal comma"),
    ("Potassium", "10.1 mmol/L", "outside what is plausible"),
    ("Potassium", "0.9 mmol/L", "outside what is plausible"),
    ("Potassium", "41 mmol/L", "outside what is plausible"),
    ("ALT", "-3 U/L", "no amount"),
    ("Zinc, of no table", "100000 µmol/L", "more than an instrument says"),
    ("Zinc, of no table", "1.00001 µmol/L", "more than an instrument says"),
    ("ALT", "high", "no number with its unit"),
    ("ALT", "", "no number with its unit"),
    ("ALT", "1e3 U/L", "not a unit of this"),
    ("ALT", "٣١ U/L", "no number with its unit"),
]


@pytest.mark.parametrize(("name", "typed", "said"), REFUSED)
def test_what_cannot_be_read_says_what_would_be(name: str, typed: str, said: str) -> None:
    table = laboratory()
    with pytest.raises(QuantityError) as refused:
        parse_result(typed, table.recognise(name), table)
    assert said in refused.value.problem
    assert refused.value.accepted


def test_what_is_no_number_is_no_amount() -> None:
    assert problem_of(Decimal("NaN"), "U/L", None)
    assert problem_of(Decimal("Infinity"), "U/L", None)
    assert not problem_of(Decimal(0), "U/L", None)


def test_the_newest_of_each_test_is_shown_whatever_unit_it_came_in() -> None:
    def row(key: str, on: int, test: str = "creatinine", name: str = "Creatinine") -> Investigation:
        taken = date(2026, 3, on)
        return Investigation(key, InvestigationKind.LABORATORY, taken, test=test, name=name)

    ecg = Investigation("e", InvestigationKind.ECG, date(2026, 1, 1), words="Sinus rhythm")
    rows = (row("a", 2), row("b", 1), ecg, row("c", 1, "", "Zinc"), row("d", 2, "", " zinc "))
    assert [r.id for r in newest_of_each(rows)] == ["e", "d", "a"]


# --- beginnings ---------------------------------------------------------------------------------

ONSETS = [
    ("", None, UNKNOWN, None, "onset not known"),
    ("2019", date(2019, 1, 1), YEAR, date(2019, 12, 31), "since 2019"),
    ("2019-02", date(2019, 2, 1), MONTH, date(2019, 2, 28), "since Feb 2019"),
    ("2024-02", date(2024, 2, 1), MONTH, date(2024, 2, 29), "since Feb 2024"),
    ("2019-12", date(2019, 12, 1), MONTH, date(2019, 12, 31), "since Dec 2019"),
    ("2019-05-31", date(2019, 5, 31), DAY, date(2019, 5, 31), "since 31 May 2019"),
    ("2026", date(2026, 1, 1), YEAR, date(2026, 3, 2), "since 2026"),  # not later than it was said
    ("2026-03", date(2026, 3, 1), MONTH, date(2026, 3, 2), "since Mar 2026"),
]


@pytest.mark.parametrize(("typed", "on", "known", "latest", "said"), ONSETS)
def test_a_beginning_is_as_exact_as_it_is_known_and_waits_longest(
    typed: str, on: date | None, known: OnsetKnown, latest: date | None, said: str
) -> None:
    assert read_onset(typed) == (on, known)
    row = Diagnosis("d", "x", MONDAY, "by", onset=on, onset_known=known)
    assert latest_onset(row, date(2026, 3, 2)) == latest
    assert written_onset(row) == typed
    assert onset_text(on, known) == said


@pytest.mark.parametrize("typed", ["May", "2019-13", "2019-02-30", "0000", "31.5.2019", "20191"])
def test_what_is_no_beginning_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        read_onset(typed)


# --- the same diagnosis, said again -------------------------------------------------------------


def said(key: str, after: int, **more: object) -> Diagnosis:
    at = MONDAY + timedelta(days=after)
    given: dict[str, object] = {"words": "Epilepsy", "icd10": "G40.909", "since": at} | more
    return Diagnosis(key, at=at, by="by", **given)  # type: ignore[arg-type]


STATUS = {s.value: s for s in DiagnosisStatus}
EARLIER = {"onset": date(2020, 1, 1), "onset_known": YEAR}
AGAIN = [
    ("said again", {}, 0),
    ("in remission now", {"status": STATUS["remission"], "continues": "a"}, 0),
    ("resolved", {"status": STATUS["resolved"], "continues": "a"}, 0),
    ("in other words, same code", {"words": "Fits"}, 0),
    ("with another beginning", {**EARLIER, "continues": "a"}, 5),
    ("with another code", {"icd10": "F44.81", "continues": "a"}, 5),
]
WEAKER = [
    ("in remission", {"status": STATUS["remission"]}),
    ("resolved", {"status": STATUS["resolved"]}),
    ("with another beginning", EARLIER),
    ("resolved long ago", {**EARLIER, "status": STATUS["resolved"]}),
]


@pytest.mark.parametrize(("how", "change", "since"), AGAIN, ids=[row[0] for row in AGAIN])
def test_said_again_it_stands_since_it_was_first_said_and_changed_it_is_new(
    how: str, change: dict[str, object], since: int
) -> None:
    (now,) = standing([said("a", 0), said("b", 5, **change)])
    assert now.id == "b" and now.since == MONDAY + timedelta(days=since), how


@pytest.mark.parametrize(("how", "change"), WEAKER, ids=[row[0] for row in WEAKER])
def test_what_is_typed_again_weakens_no_entry_that_it_does_not_name(
    how: str, change: dict[str, object]
) -> None:
    rows = [said("a", 0), said("b", 5, **change)]
    assert {d.id for d in standing(rows)} == {"a", "b"}, how


def test_an_uncoded_entry_that_becomes_another_one_is_new() -> None:
    known = said("a", 0, icd10="", words="Migraine")
    changed = said("b", 5, icd10="", words="Acute psychosis", continues="a")
    (now,) = standing([known, changed])
    assert now.id == "b" and now.since == MONDAY + timedelta(days=5)
    respelt = said("b", 5, icd10="", words="  migraine", continues="a")
    (same,) = standing([known, respelt])
    assert same.since == MONDAY


def test_what_comes_back_is_new() -> None:
    away = said("b", 5, status=STATUS["resolved"], continues="a")
    (back,) = standing([said("a", 0), away, said("c", 9)])
    assert back.since == MONDAY + timedelta(days=9)
    (less,) = standing([said("a", 0), away, said("c", 9, status=STATUS["remission"])])
    assert less.since == MONDAY + timedelta(days=9)


def test_two_diagnoses_are_two() -> None:
    rows = [said("a", 0), said("b", 1, icd10="", words="Migraine"), said("c", 2, icd10="I10")]
    assert [d.id for d in standing(rows)] == ["a", "b", "c"]
    again = [*rows, said("d", 3, icd10="", words="  migraine ")]
    assert [d.id for d in standing(again)] == ["a", "c", "d"]


def test_a_word_that_was_given_its_code_is_the_one_it_continues() -> None:
    rows = [said("a", 0, icd10=""), said("b", 3, continues="a")]
    assert [d.id for d in standing(rows)] == ["b"]


def test_an_entry_that_continues_a_struck_one_stands_by_itself() -> None:
    assert [d.id for d in standing([said("b", 3, continues="gone")])] == ["b"]


def test_rows_of_one_moment_are_told_apart_by_their_order() -> None:
    rows = [said("a", 0), said("b", 0, icd10="I10"), said("c", 0, icd10="I48.91")]
    for order in permutations(rows):
        assert len(standing(order)) == 3
    changed = said("d", 0, status=STATUS["remission"], continues="a")
    for order in permutations([rows[0], changed]):
        assert [d.id for d in standing(order)] == ["d"]


# --- what it answers ----------------------------------------------------------------------------


def test_a_code_answers_each_question_that_lists_it_and_no_other() -> None:
    protocol = clinic_protocol()
    for code in icd10():
        found = set(questions_of(code, protocol))
        assert found == {key for key, spec in protocol.conditions.items() if code in spec.icd10}
    assert questions_of("", protocol) == ()
    assert questions_of("F33.1", protocol) == ()
    assert len(questions_of("I48.91", protocol)) == 2


def test_every_code_that_a_shipped_protocol_lists_can_be_typed() -> None:
    for spec in clinic_protocol().conditions.values():
        assert set(spec.icd10) <= set(icd10()), spec.key
