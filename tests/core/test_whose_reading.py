"""The core does not trust its loader: another day's readings, papers of tomorrow, letters gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdspace.core.decision import Door, Finding
from holdspace.core.facts import DocumentKind, Facts
from holdspace.core.units import KINDS, OUTLIVES_ITS_SESSION, Kind, Shape
from tests.core.cases import (
    ALLOWED,
    NOW,
    answered,
    ask,
    assessed,
    between_doses,
    charted,
    codes,
    days,
    hours,
    medicine,
    minutes,
    paper,
    plan,
    readied,
    rested,
    seen,
    waiver,
    with_letter,
    with_paper,
)

D, K = Door, Kind


# --- another day's readings -----------------------------------------------------------------------


def elsewhere(facts: Facts, *kinds: Kind) -> Facts:
    """The same readings at the same times, written on another session day."""
    moved = tuple(replace(o, session="day-0") if o.kind in kinds else o for o in facts.observations)
    return replace(facts, observations=moved)


MOVED = [
    (D.GIVE_DOSE, K.SYSTOLIC, "bp_systolic_high"),
    (D.GIVE_DOSE, K.DIASTOLIC, "bp_diastolic_high"),
    (D.GIVE_DOSE, K.HEART_RATE, "heart_rate_outside"),
    (D.GIVE_DOSE, K.SPO2, "oxygen_saturation_low"),
    (D.GIVE_DOSE, K.RESPIRATORY_RATE, "breathing_rate_outside"),
    (D.GIVE_DOSE, K.TEMPERATURE, "temperature_high"),
    (D.GIVE_DOSE, K.LAST_LIGHT_MEAL, "fasting_too_short"),
    (D.GIVE_DOSE, K.ABLE_TO_CONSENT, "capacity_not_confirmed"),
    (D.GIVE_DOSE, K.SUICIDE_SCREEN, "suicide_screen_missing"),
    (D.FURTHER_DOSE, K.SYSTOLIC, "bp_systolic_high"),
    (D.FURTHER_DOSE, K.SEDATION_MOAAS, "sedation_too_deep"),
    (D.DISCHARGE, K.PADSS_ACTIVITY, "discharge_score_low"),
    (D.DISCHARGE, K.DISTRESS, "distress_not_settled"),
    (D.DISCHARGE, K.THERAPIST_DISCHARGE_CHECK, "therapist_check_missing"),
]


@pytest.mark.parametrize(("door", "kind", "code"), MOVED)
def test_a_reading_of_another_session_day_is_not_this_one_s(
    door: Door, kind: Kind, code: str
) -> None:
    decision = ask(door, elsewhere(ALLOWED[door](), kind))
    assert codes(decision)[code] == "unknown"
    assert any("another session day" in f.evidence for f in decision.stops)


def test_what_is_about_the_person_counts_whatever_day_it_was_charted_on() -> None:
    positive = seen(K.PREGNANCY_TEST, "positive", days(3), session="day-0")
    assert codes(ask(D.GIVE_DOSE, charted(readied(), positive)))["pregnancy_possible"] == "fail"
    assert ask(D.GIVE_DOSE, elsewhere(readied(), K.WEIGHT)).allowed


def test_another_day_s_reading_gives_no_baseline_and_no_waiver() -> None:
    facts = elsewhere(rested(), K.SYSTOLIC, K.DIASTOLIC)
    assert not ask(D.DISCHARGE, facts).allowed
    high = charted(
        readied(),
        seen(K.SYSTOLIC, 150, minutes(20), session="day-1"),
        seen(K.SYSTOLIC, 150, minutes(12), session="day-1"),
    )
    (found,) = ask(D.GIVE_DOSE, high).stops
    waived = replace(high, reliefs=(waiver(found),))
    assert ask(D.GIVE_DOSE, waived).allowed
    assert not ask(D.GIVE_DOSE, elsewhere(waived, K.SYSTOLIC)).allowed


OF_THE_DAY = [
    kind
    for kind in Kind
    if kind not in OUTLIVES_ITS_SESSION and KINDS[kind].shape is Shape.QUANTITY
]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(OF_THE_DAY), st.integers(1, 600))
def test_no_number_of_another_day_changes_an_answer(kind: Kind, ago: int) -> None:
    spec = KINDS[kind]
    assert spec.low is not None and spec.high is not None
    for door, facts in ((D.GIVE_DOSE, readied()), (D.FURTHER_DOSE, between_doses())):
        for value in (spec.low, spec.high):
            stray = seen(kind, value, minutes(ago), session="day-0", id="stray")
            assert ask(door, charted(facts, stray)).findings == ask(door, facts).findings


# --- papers dated ahead ---------------------------------------------------------------------------

AHEAD = [
    (D.GIVE_DOSE, DocumentKind.CONSENT, "consent_missing"),
    (D.GIVE_DOSE, DocumentKind.CLEARANCE, "clearance_missing"),
    (D.GIVE_DOSE, DocumentKind.MEDICAL_EVALUATION, "evaluation_missing"),
    (D.GIVE_DOSE, DocumentKind.MENTAL_HEALTH_ASSESSMENT, "assessment_missing"),
    (D.GIVE_DOSE, DocumentKind.TOUCH_AGREEMENT, "touch_agreement_missing"),
    (D.CLEAR_FOR_MEDICINE, DocumentKind.MEDICAL_EVALUATION, "evaluation_missing"),
    (D.CLEAR_FOR_MEDICINE, DocumentKind.MENTAL_HEALTH_ASSESSMENT, "assessment_missing"),
]


@pytest.mark.parametrize(("door", "kind", "code"), AHEAD)
def test_a_paper_dated_ahead_of_now_is_told_and_never_counts(
    door: Door, kind: DocumentKind, code: str
) -> None:
    facts = ALLOWED[door]()
    alone = with_paper(facts, kind, signed_at=NOW + days(1))
    newer = next(d for d in facts.documents if d.kind is kind)
    both = (*facts.documents, replace(newer, id="ahead", signed_at=NOW + minutes(2)))
    for asked in (alone, replace(facts, documents=both)):
        found = [f for f in ask(door, asked).stops if f.code.value == code]
        assert [f.verdict.value for f in found] == ["unknown"]
        assert "in the future" in found[0].evidence


@pytest.mark.parametrize(
    ("door", "kind", "code"),
    [
        (D.CLEAR_FOR_MEDICINE, DocumentKind.ECG, "investigation_missing"),
        (D.NEXT_SESSION, DocumentKind.LABORATORY_REPORT, "oversight_overdue"),
    ],
)
def test_a_report_dated_ahead_of_now_resets_nothing(
    door: Door, kind: DocumentKind, code: str
) -> None:
    facts = ALLOWED[door]()
    ahead = paper(kind, -days(1))
    decision = ask(door, replace(facts, documents=(*facts.documents, ahead)))
    assert codes(decision) == {code: "unknown"}
    assert "in the future" in decision.stops[0].evidence


def test_a_paper_within_a_clock_s_error_counts() -> None:
    facts = with_paper(readied(), DocumentKind.MEDICAL_EVALUATION, signed_at=NOW + minutes(0.5))
    assert ask(D.GIVE_DOSE, facts).allowed


# --- plans ----------------------------------------------------------------------------------------


def held(facts: Facts, subject: str) -> Finding:
    found = ask(D.CLEAR_FOR_MEDICINE, facts).findings
    return next(f for f in found if f.subject == subject)


def test_a_plan_ends_with_the_letter_that_it_rests_on() -> None:
    """Struck or amended, the letter is gone from the facts; withdrawn, it says so."""
    facts = with_letter(answered(assessed(), "bipolar_disorder"))
    answer = plan(held(facts, "bipolar_disorder"), letter="letter-1")
    facts = replace(facts, reliefs=(answer,))
    assert held(facts, "bipolar_disorder").passes
    struck = tuple(d for d in facts.documents if d.id != "letter-1")
    assert not held(replace(facts, documents=struck), "bipolar_disorder").passes
    amended = tuple(replace(d, id="letter-2") if d.id == "letter-1" else d for d in facts.documents)
    assert not held(replace(facts, documents=amended), "bipolar_disorder").passes


def test_a_plan_that_names_a_letter_ends_with_it_where_none_was_asked_for() -> None:
    facts = replace(assessed(), medications=(medicine("gabapentin"),))
    answer = plan(held(facts, "gabapentin"), letter="letter-1")
    assert held(replace(with_letter(facts), reliefs=(answer,)), "gabapentin").passes
    assert not held(replace(facts, reliefs=(answer,)), "gabapentin").passes


NAMES = [("gabapentin", "medication_needs_plan"), ("wonderdrug", "medication_not_recognised")]


@pytest.mark.parametrize(("name", "code"), NAMES)
def test_a_plan_for_a_medicine_is_for_the_answer_that_was_given(name: str, code: str) -> None:
    listed = medicine(name)
    facts = replace(assessed(), medications=(listed,))
    finding = held(facts, name)
    assert finding.code.value == code
    facts = replace(facts, reliefs=(plan(finding, at=NOW - days(2)),))
    assert held(facts, name).passes

    def again(ago: timedelta, unchanged: timedelta | None) -> bool:
        newer = replace(
            listed, at=NOW - ago, unchanged_since=NOW - unchanged if unchanged else None
        )
        return held(replace(facts, medications=(newer,)), name).passes

    assert again(hours(1), days(20)), "asked again, and the same"
    assert not again(hours(1), None), "a new answer"
    assert not again(hours(1), hours(1)), "changed an hour ago"
    assert not again(hours(1), days(1.9)), "changed after the plan"
    assert again(hours(1), days(2)), "changed, and then planned for"


@pytest.mark.parametrize(("ago", "counts"), [(89.9, True), (90, True), (90.1, False)])
def test_a_plan_for_a_medicine_ends_with_the_days_of_a_clearance(ago: float, counts: bool) -> None:
    listed = replace(medicine("gabapentin"), at=NOW - days(1), unchanged_since=NOW - days(300))
    facts = replace(assessed(), medications=(listed,))
    answer = plan(held(facts, "gabapentin"), at=NOW - days(ago))
    assert held(replace(facts, reliefs=(answer,)), "gabapentin").passes is counts
