"""A diagnosis on file answers the questions that list its code; results count from their day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from holdspace.core.decision import Door, Finding, Verdict
from holdspace.core.diagnosed import as_answers
from holdspace.core.diagnoses import DiagnosisStatus, OnsetKnown
from holdspace.core.facts import Answer, AskedIn, Diagnosis, DocumentKind, Facts, Investigation
from holdspace.core.investigations import InvestigationKind
from holdspace.core.protocol_model import Protocol
from tests.core.cases import (
    ALLOWED,
    AMARA,
    IVY,
    NOW,
    answered,
    arrived,
    ask,
    clinic_protocol,
    days,
    hours,
    minutes,
    paper,
    plan,
)

CLEAR, SESSION, DOSE = Door.CLEAR_FOR_MEDICINE, Door.OPEN_SESSION, Door.GIVE_DOSE
ACTIVE, REMISSION, RESOLVED = DiagnosisStatus
TODAY = date(2025, 3, 3)  # NOW in Denver
LONG_AGO = NOW - days(500)


def has(facts: Facts, *rows: Diagnosis) -> Facts:
    return replace(facts, diagnoses=rows)


def said(code: str, at: datetime = LONG_AGO, **more: object) -> Diagnosis:
    key = str(more.pop("key", code or "words"))
    return Diagnosis(key, "As told", at, AMARA, code, **more)  # type: ignore[arg-type]


def about(door: Door, facts: Facts, subject: str) -> Finding:
    (found,) = [f for f in ask(door, facts).findings if f.subject == subject]
    return found


# code, state, what the history's "no" becomes at the clearance
COUNTS = [
    ("I71.40", ACTIVE, "aneurysmal_vascular_disease", "fail"),
    ("I71.40", REMISSION, "aneurysmal_vascular_disease", "fail"),
    ("I71.40", RESOLVED, "aneurysmal_vascular_disease", "pass"),  # the physician said no to "ever"
    ("F20.9", REMISSION, "psychotic_disorder", "fail"),
    ("G40.909", ACTIVE, "epilepsy", "hold"),
    ("F33.1", ACTIVE, "psychotic_disorder", "pass"),  # its neighbour F33.3 is psychotic
    ("I48.91", ACTIVE, "heart_disease_stable", "hold"),
    ("I48.91", ACTIVE, "coronary_disease_or_rhythm_controlled", "hold"),  # one code, two questions
]


@pytest.mark.parametrize(("code", "state", "key", "verdict"), COUNTS)
def test_the_diagnosis_counts_where_the_history_says_no(
    code: str, state: DiagnosisStatus, key: str, verdict: str
) -> None:
    found = about(CLEAR, has(ALLOWED[CLEAR](), said(code, status=state)), key)
    assert found.verdict == verdict
    if verdict != "pass":
        assert f"by the diagnosis {code} on file" in found.evidence
        assert "the medical history says no" in found.evidence


def test_every_code_of_the_protocol_stops_or_holds_its_question_at_both_doors() -> None:
    for key, spec in clinic_protocol().conditions.items():
        for code in spec.icd10:
            for door in (CLEAR, DOSE):
                row = said(code, onset=TODAY, onset_known=OnsetKnown.DAY)
                decision = ask(door, has(ALLOWED[door](), row))
                verdicts = {f.verdict for f in decision.findings if f.subject == key}
                expected = {"fail": "fail", "hold": "hold", "note": "note"}[spec.verdict]
                if door is DOSE and expected == "note":
                    continue  # one line there says all that does not stop
                assert verdicts == {expected}, (key, code, door)


# a heart attack is asked with its day: three months are counted from the last possible one
ONSETS = [
    ("89 days ago", TODAY - timedelta(days=89), OnsetKnown.DAY, "fail"),
    ("90 days ago", TODAY - timedelta(days=90), OnsetKnown.DAY, "fail"),
    ("91 days ago", TODAY - timedelta(days=91), OnsetKnown.DAY, "note"),
    ("tomorrow", TODAY + timedelta(days=1), OnsetKnown.DAY, "unknown"),
    ("in November", date(2024, 11, 1), OnsetKnown.MONTH, "note"),
    ("in December", date(2024, 12, 1), OnsetKnown.MONTH, "fail"),
    ("in 2023", date(2023, 1, 1), OnsetKnown.YEAR, "note"),
    ("in 2024", date(2024, 1, 1), OnsetKnown.YEAR, "fail"),
    ("nobody knows", None, OnsetKnown.UNKNOWN, "unknown"),
]


@pytest.mark.parametrize(
    ("on", "known", "verdict"), [row[1:] for row in ONSETS], ids=[row[0] for row in ONSETS]
)
def test_a_window_counts_from_the_last_day_on_which_it_can_have_begun(
    on: date | None, known: OnsetKnown, verdict: str
) -> None:
    row = said("I21.9", NOW - hours(1), onset=on, onset_known=known)
    found = about(CLEAR, has(ALLOWED[CLEAR](), row), "recent_cardiovascular_event")
    assert found.verdict == verdict


def test_of_two_diagnoses_under_one_question_the_worse_one_counts() -> None:
    recent = said("I21.9", NOW - days(9), onset=TODAY - timedelta(days=30),
                  onset_known=OnsetKnown.DAY)  # fmt: skip
    old = said("I21.A1", NOW - days(1), onset=date(2015, 1, 1), onset_known=OnsetKnown.YEAR)
    for rows in ((recent, old), (old, recent)):
        found = about(CLEAR, has(ALLOWED[CLEAR](), *rows), "recent_cardiovascular_event")
        assert found.verdict == "fail"


def test_a_diagnosis_does_not_grow_old_and_one_dated_ahead_is_unknown() -> None:
    for at, verdict in ((LONG_AGO, "hold"), (NOW, "hold"), (NOW + hours(1), "unknown")):
        found = about(CLEAR, has(ALLOWED[CLEAR](), said("G40.909", at)), "epilepsy")
        assert found.verdict == verdict, at


def test_a_plan_answers_the_diagnosis_that_it_was_written_after() -> None:
    facts = has(answered(ALLOWED[CLEAR](), "heart_disease_stable"), said("I10", NOW - days(1)))
    stop = about(CLEAR, facts, "heart_disease_stable")
    assert stop.since == NOW - days(1)  # the newer of the two
    early = plan(stop, at=NOW - days(2))
    assert about(CLEAR, replace(facts, reliefs=(early,)), "heart_disease_stable").relief is None


def test_an_answer_of_the_history_that_agrees_is_not_told_twice() -> None:
    facts = has(answered(ALLOWED[CLEAR](), "epilepsy"), said("G40.909"))
    assert "says" not in about(CLEAR, facts, "epilepsy").evidence


# --- what answers no question -------------------------------------------------------------------


@pytest.mark.parametrize("code", ["", "F33.1", "M79.7"])
def test_what_is_not_mapped_is_shown_to_whoever_signs_and_stops_nobody(code: str) -> None:
    decision = ask(CLEAR, has(ALLOWED[CLEAR](), said(code)))
    (found,) = [f for f in decision.findings if f.code == "diagnosis_not_mapped"]
    assert decision.allowed and found.verdict is Verdict.NOTE
    assert "not mapped: review by hand" in found.evidence


SIGNED = next(d for d in arrived().documents if d.kind is DocumentKind.CLEARANCE).signed_at
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "since", "held"),
    [
        (SIGNED - SECOND, None, False),
        (SIGNED, None, True),
        (SIGNED + SECOND, None, True),
        (SIGNED + SECOND, SIGNED - SECOND, False),  # only said again
    ],
    ids=["before", "same moment", "after", "confirmed"],
)
@pytest.mark.parametrize("door", [SESSION, DOSE, Door.FURTHER_DOSE])
def test_a_new_one_waits_for_the_prescriber_at_every_door_to_medicine(
    door: Door, at: datetime, since: datetime | None, held: bool
) -> None:
    facts = has(ALLOWED[door](), said("", at, since=since))
    signed = next(d for d in facts.documents if d.kind is DocumentKind.CLEARANCE).signed_at
    assert signed == SIGNED
    stops = [f for f in ask(door, facts).stops if f.code == "diagnosis_not_mapped"]
    assert bool(stops) is held
    for stop in stops:
        assert stop.verdict is Verdict.HOLD
        reviewed = replace(facts, reliefs=(*facts.reliefs, plan(stop, at=NOW - minutes(1))))
        assert ask(door, reviewed).allowed


def test_a_mapped_one_waits_for_no_hand() -> None:
    facts = has(arrived(), said("I71.40", NOW - hours(1)))
    assert "diagnosis_not_mapped" not in {f.code for f in ask(SESSION, facts).stops}


# --- results ------------------------------------------------------------------------------------


def strict(name: str) -> Protocol:
    shipped, path = clinic_protocol(), f"screening.{name}_required"
    wanted = replace(shipped.setting(path), value=True)
    return replace(shipped, settings={**shipped.settings, path: wanted})


def traced(ago: int) -> Investigation:
    on = TODAY - timedelta(days=ago)
    return Investigation("e", InvestigationKind.ECG, on, AMARA, "Sinus rhythm", Decimal(412))


def drawn(ago: int, test: str = "alt") -> Investigation:
    on = TODAY - timedelta(days=ago)
    return Investigation(
        f"{test}{ago}", InvestigationKind.LABORATORY, on, IVY, test=test, name=test.upper(),
        value=Decimal(31), unit="U/L",
    )  # fmt: skip


WANTED = [
    ("ecg", traced, 364, "pass"),
    ("ecg", traced, 365, "pass"),
    ("ecg", traced, 366, "unknown"),
    ("ecg", traced, -1, "unknown"),
    ("laboratory", drawn, 182, "pass"),
    ("laboratory", drawn, 183, "unknown"),
    ("laboratory", drawn, -1, "unknown"),
    ("ecg", drawn, 1, "unknown"),  # blood is no ECG
    ("laboratory", traced, 1, "unknown"),
]


@pytest.mark.parametrize(("name", "row", "ago", "verdict"), WANTED)
def test_a_result_counts_from_the_day_it_was_taken(
    name: str, row: type, ago: int, verdict: str
) -> None:
    facts = replace(ALLOWED[CLEAR](), investigations=(row(ago),))
    (found,) = [f for f in ask(CLEAR, facts, strict(name)).findings if f.subject == name]
    assert found.verdict == verdict
    if verdict == "pass" and name == "ecg":
        assert "QTc 412 ms" in found.evidence


def test_the_newer_of_a_paper_and_a_result_decides_and_both_are_told() -> None:
    facts = ALLOWED[CLEAR]()
    filed = (*facts.documents, paper(DocumentKind.ECG, days(366)))
    both = replace(facts, documents=filed, investigations=(traced(10),))
    (found,) = [f for f in ask(CLEAR, both, strict("ecg")).findings if f.subject == "ecg"]
    assert found.verdict == "pass" and "ECG taken 21 Feb 2025" in found.evidence
    late = replace(both, investigations=(traced(-1), traced(10)))
    (found,) = [f for f in ask(CLEAR, late, strict("ecg")).findings if f.subject == "ecg"]
    assert found.verdict == "unknown" and "in the future" in found.evidence


NEXT = Door.NEXT_SESSION


def liver(*rows: Investigation) -> Finding:
    facts = ALLOWED[NEXT]()
    papers = tuple(d for d in facts.documents if d.kind is not DocumentKind.LABORATORY_REPORT)
    facts = replace(facts, documents=papers, investigations=rows)
    found = [f for f in ask(NEXT, facts).findings if f.code == "oversight_overdue"]
    return next(f for f in found if f.subject == "liver")


def test_the_liver_is_looked_at_by_a_value_that_tells_of_it() -> None:
    looked = liver(drawn(1))
    assert "last 2 Mar 2025" in looked.evidence
    for row in (drawn(1, "sodium"), replace(drawn(1), value=None, words="pending")):
        assert "not yet looked at" in liver(row).evidence
    assert liver(drawn(1), drawn(-1)).verdict == "unknown"
    assert "last 1 Mar 2025" in liver(drawn(2), drawn(9)).evidence


def test_an_answer_no_is_still_no_where_nothing_is_on_file() -> None:
    facts = answered(ALLOWED[CLEAR](), "epilepsy", Answer.NO)
    assert about(CLEAR, facts, "epilepsy").verdict == "pass"


def test_said_again_after_the_clearance_a_known_diagnosis_is_no_news() -> None:
    again = said("G40.909", NOW - hours(1), since=SIGNED - SECOND)
    new = replace(again, since=SIGNED)
    for row, held in ((again, False), (new, True)):
        stops = {f.code for f in ask(SESSION, has(arrived(), row)).stops}
        assert ("clearance_suspended" in stops) is held


def test_the_day_of_a_result_is_a_day_on_the_clinics_wall() -> None:
    evening = datetime(2025, 3, 4, 3, tzinfo=UTC)  # 20:00 on 3 March in Denver
    for ago, verdict in ((0, "pass"), (-1, "unknown")):
        facts = replace(ALLOWED[CLEAR](), now=evening, investigations=(traced(ago),))
        (found,) = [f for f in ask(CLEAR, facts, strict("ecg")).findings if f.subject == "ecg"]
        assert found.verdict == verdict


def test_a_diagnosis_answers_as_a_diagnosis_and_not_as_the_physician() -> None:
    row = Diagnosis("dx", "Epilepsy", NOW - timedelta(days=30), "staff-ivy", "G40.909")
    facts = replace(ALLOWED[Door.CLEAR_FOR_MEDICINE](), diagnoses=(row,))
    (answer,) = as_answers(facts, clinic_protocol())["epilepsy"]
    assert (answer.asked_in, answer.answer) == (AskedIn.DIAGNOSES, Answer.YES)
    assert (answer.icd10, answer.detail, answer.at) == ("G40.909", "Epilepsy", row.at)
