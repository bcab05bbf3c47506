"""What a therapist hears: each answer and the question of the history that it answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core import limits, mental
from holdspace.core.canonical import from_text, to_text
from holdspace.core.codes import Code
from holdspace.core.decision import Door, Finding, Verdict
from holdspace.core.facts import (
    Answer,
    AskedIn,
    Condition,
    DocumentKind,
    Facts,
    Recommendation,
)
from holdspace.core.mental import ASKS, Assessment, Ever, Heard, Ketamine
from tests.core.cases import (
    ALLOWED,
    MARCUS,
    NOW,
    about,
    answered,
    ask,
    assessed,
    cleared,
    clinic_protocol,
    codes,
    days,
    minutes,
    plan,
    with_paper,
)

CLEAR, YES, NO, UNKNOWN = Door.CLEAR_FOR_MEDICINE, Answer.YES, Answer.NO, Answer.NOT_KNOWN
TODAY = date(2025, 3, 3)
NEVER, PAST, PRESENT = Heard(Ever.NEVER), Heard(Ever.PAST, "2009"), Heard(Ever.NOW)
WELL = Assessment(
    psychosis=NEVER, mania=NEVER, dissociation=NEVER, family_psychosis=NO, thoughts=NO,
    attempts=NEVER, ketamine=Ketamine.NEVER, asked_alone=YES, understands=YES, wants=YES,
)  # fmt: skip

# What was heard, the question of the history, and what it is answered with.
HEARD: list[tuple[dict[str, Any], str, Answer]] = [
    ({"psychosis": NEVER}, "psychotic_disorder", NO),
    ({"psychosis": PAST}, "psychotic_disorder", YES),
    ({"psychosis": PRESENT}, "psychotic_disorder", YES),
    ({"psychosis": Heard()}, "psychotic_disorder", UNKNOWN),
    ({"mania": NEVER}, "mania_current", NO),
    ({"mania": NEVER}, "bipolar_disorder", NO),
    ({"mania": PAST}, "mania_current", NO),
    ({"mania": PAST}, "bipolar_disorder", YES),
    ({"mania": PRESENT}, "mania_current", YES),
    ({"mania": PRESENT}, "bipolar_disorder", YES),
    ({"mania": Heard()}, "mania_current", UNKNOWN),
    ({"mania": Heard()}, "bipolar_disorder", UNKNOWN),
    ({"dissociation": NEVER}, "dissociative_disorder", NO),
    ({"dissociation": PAST}, "dissociative_disorder", YES),
    ({"dissociation": PRESENT}, "dissociative_disorder", YES),
    ({"dissociation": Heard()}, "dissociative_disorder", UNKNOWN),
    ({"family_psychosis": YES}, "family_history_psychosis", YES),
    ({"family_psychosis": UNKNOWN}, "family_history_psychosis", UNKNOWN),
    ({"thoughts": NO}, "suicidality_active", NO),
    ({"thoughts": YES}, "suicidality_active", YES),
    ({"thoughts": UNKNOWN}, "suicidality_active", UNKNOWN),
    ({"attempts": Heard()}, "suicidality_active", UNKNOWN),
    ({"attempts": Heard(Ever.PAST, "not known")}, "suicidality_active", UNKNOWN),
    ({"attempts": Heard(Ever.PAST, "")}, "suicidality_active", UNKNOWN),
    ({"attempts": PRESENT}, "suicidality_active", YES),
    ({"thoughts": UNKNOWN, "attempts": PRESENT}, "suicidality_active", YES),
    ({"attempts": Heard(Ever.PAST, "2025-02-03")}, "suicidality_active", YES),
    ({"attempts": Heard(Ever.PAST, "2025-02-02")}, "suicidality_active", NO),
    ({"attempts": Heard(Ever.PAST, "2025-02")}, "suicidality_active", YES),
    ({"attempts": Heard(Ever.PAST, "2025-01")}, "suicidality_active", NO),
    ({"attempts": Heard(Ever.PAST, "2025")}, "suicidality_active", YES),
    ({"attempts": Heard(Ever.PAST, "2024")}, "suicidality_active", NO),
    ({"thoughts": YES, "attempts": Heard()}, "suicidality_active", YES),
    ({"ketamine": Ketamine.IN_CARE}, "ketamine_or_pcp_misuse", NO),
    ({"ketamine": Ketamine.OUTSIDE}, "ketamine_or_pcp_misuse", YES),
    ({"ketamine": Ketamine.BOTH}, "ketamine_or_pcp_misuse", YES),
    ({"ketamine": Ketamine.NOT_ASKED}, "ketamine_or_pcp_misuse", UNKNOWN),
    ({}, "no_capacity", NO),
    ({"understands": NO}, "no_capacity", YES),
    ({"wants": NO}, "no_capacity", YES),
    ({"wants": NO, "asked_alone": NO}, "no_capacity", YES),
    ({"asked_alone": NO}, "no_capacity", UNKNOWN),
    ({"asked_alone": UNKNOWN}, "no_capacity", UNKNOWN),
    ({"understands": UNKNOWN}, "no_capacity", UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("heard", "key", "answer"), HEARD)
def test_each_answer_becomes_the_fact_that_the_rules_read(
    heard: dict[str, Any], key: str, answer: Answer
) -> None:
    assert mental.answers(replace(WELL, **heard), TODAY)[key] is answer


def test_every_question_is_one_that_the_protocol_asks() -> None:
    assert set(ASKS) <= set(clinic_protocol().conditions)
    assert len(ASKS) == 8


@pytest.mark.parametrize(
    ("when", "last"),
    [("2009", "2009-12-31"), ("2024-02", "2024-02-29"), ("2023-12", "2023-12-31"),
     ("2009-03-09", "2009-03-09")],
)  # fmt: skip
def test_a_remembered_time_counts_by_its_last_day(when: str, last: str) -> None:
    assert mental.last_day(when).isoformat() == last


@pytest.mark.parametrize(
    "when", ["", "09", "2009-13", "2009-02-30", "spring", "2009/03", "٢٠٠٩", "2009-3", "0000"]
)
def test_what_is_no_year_month_or_day_is_refused(when: str) -> None:
    with pytest.raises(ValueError):
        mental.last_day(when)


def test_a_time_has_begun_from_its_first_day_on() -> None:
    assert not mental.is_ahead("2025", TODAY)
    assert not mental.is_ahead("2025-03", TODAY)
    assert not mental.is_ahead("2025-03-03", TODAY)
    assert mental.is_ahead("2025-03-04", TODAY)
    assert mental.is_ahead("2025-04", TODAY)
    assert mental.is_ahead("2026", TODAY)


def test_an_assessment_is_written_and_read_back_whole() -> None:
    whole = replace(WELL, indication=("F33.1",), hopes="🌱 שלום", psychosis=PAST)
    assert from_text(Assessment, to_text(whole)) == whole


# --- at the door


def told(facts: Facts, heard: Assessment = WELL, ago: timedelta | None = None) -> Facts:
    """The same facts with what the therapist heard, as the assessment on file says it did."""
    given = mental.conditions(
        heard, clinic_protocol(), at=NOW - (ago or days(19)), by=MARCUS, today=TODAY
    )
    facts = with_paper(facts, DocumentKind.MENTAL_HEALTH_ASSESSMENT, asks=ASKS)
    kept = tuple(c for c in facts.conditions if c.asked_in is AskedIn.MEDICAL)
    return replace(facts, conditions=(*kept, *given))


def finding(facts: Facts, key: str) -> Finding:
    return about(ask(CLEAR, facts).findings, key)


def test_somebody_for_whom_both_heard_nothing_is_cleared() -> None:
    assert ask(CLEAR, told(assessed())).allowed


# What the therapist hears while the physician hears a no, and what the door says.
STOPS = [
    ({"psychosis": PAST}, {"contraindication_present": "fail"}),
    ({"mania": PRESENT}, {"contraindication_present": "fail", "clearance_needed": "hold"}),
    ({"mania": PAST}, {"clearance_needed": "hold"}),
    ({"dissociation": PRESENT}, {"clearance_needed": "hold"}),
    ({"family_psychosis": YES}, {"clearance_needed": "hold"}),
    ({"thoughts": YES}, {"clearance_needed": "hold"}),
    ({"ketamine": Ketamine.OUTSIDE}, {"contraindication_present": "fail"}),
    ({"understands": NO}, {"contraindication_present": "fail"}),
    ({"psychosis": Heard()}, {"assessment_unanswered": "unknown"}),
    ({"mania": Heard()}, {"assessment_unanswered": "unknown"}),
    ({"dissociation": Heard()}, {"assessment_unanswered": "unknown"}),
    ({"family_psychosis": UNKNOWN}, {"assessment_unanswered": "unknown"}),
    ({"thoughts": UNKNOWN}, {"assessment_unanswered": "unknown"}),
    ({"attempts": Heard()}, {"assessment_unanswered": "unknown"}),
    ({"ketamine": Ketamine.NOT_ASKED}, {"assessment_unanswered": "unknown"}),
    ({"asked_alone": NO}, {"assessment_unanswered": "unknown"}),
]  # fmt: skip


@pytest.mark.parametrize(("heard", "stops"), STOPS)
def test_what_only_the_therapist_hears_reaches_the_door(
    heard: dict[str, Any], stops: dict[str, str]
) -> None:
    facts = told(assessed(), replace(WELL, **heard))
    assert codes(ask(CLEAR, facts)) == stops
    if "assessment_unanswered" not in stops:  # the dose waits for a plan or is refused as well
        day = told(ALLOWED[Door.GIVE_DOSE](), replace(WELL, **heard))
        assert codes(ask(Door.GIVE_DOSE, day)).items() >= stops.items()


@pytest.mark.parametrize("key", ASKS)
@pytest.mark.parametrize("physician", list(Answer))
@pytest.mark.parametrize("therapist", list(Answer))
def test_of_two_answers_the_worse_counts_whoever_gave_it(
    key: str, physician: Answer, therapist: Answer
) -> None:
    def alone(answer: Answer) -> Verdict:
        return finding(answered(assessed(), key, answer), key).verdict

    facts = answered(assessed(), key, physician)
    second = Condition(key, therapist, NOW - days(19), MARCUS, asked_in=AskedIn.MENTAL_HEALTH)
    found = finding(replace(facts, conditions=(*facts.conditions, second)), key)
    weight = [Verdict.PASS, Verdict.NOTE, Verdict.HOLD, Verdict.UNKNOWN, Verdict.FAIL]
    assert found.verdict is max(alone(physician), alone(therapist), key=weight.index)


def test_a_difference_names_both_answers() -> None:
    heard_by_one = finding(told(assessed(), replace(WELL, psychosis=PAST)), "psychotic_disorder")
    assert "yes, asked in the mental-health assessment" in heard_by_one.evidence
    assert "past 2009" in heard_by_one.evidence
    assert "the medical history says no (11 Feb 2025 09:00)" in heard_by_one.evidence
    other = finding(told(answered(assessed(), "psychotic_disorder")), "psychotic_disorder")
    assert "the mental-health assessment says no" in other.evidence
    assert other.verdict is Verdict.FAIL


def test_an_answer_that_the_assessment_names_and_the_record_lacks_is_unknown() -> None:
    """As when the history of the therapist was struck: the paper still says that it asked."""
    for key in ASKS:
        facts = told(assessed())
        kept = tuple(c for c in facts.conditions if c.key != key or c.asked_in is AskedIn.MEDICAL)
        struck = ask(CLEAR, replace(facts, conditions=kept))
        assert codes(struck) == {"assessment_unanswered": "unknown"}
        assert "not asked in the mental-health assessment" in about(struck.findings, key).evidence


def test_a_therapists_answer_grows_old_like_any_other() -> None:
    limit = clinic_protocol().whole("clearance.valid_days")
    fresh = told(assessed(), ago=days(limit))
    assert ask(CLEAR, fresh).allowed
    old = told(assessed(), ago=days(limit) + timedelta(seconds=1))
    assert codes(ask(CLEAR, old)) == {"assessment_unanswered": "unknown"}


def test_a_plan_for_what_both_heard_is_newer_than_both_answers() -> None:
    both = told(answered(assessed(), "dissociative_disorder"), replace(WELL, dissociation=PAST))
    held = finding(both, "dissociative_disorder")
    assert held.since == NOW - days(19)  # the therapist's, the later of the two


@given(st.sampled_from(ASKS), st.sampled_from(list(Answer)), st.sampled_from(list(Answer)))
def test_a_second_answer_never_opens_a_door(key: str, physician: Answer, therapist: Answer) -> None:
    facts = answered(assessed(), key, physician)
    second = Condition(key, therapist, NOW - days(19), MARCUS, asked_in=AskedIn.MENTAL_HEALTH)
    asked_twice = replace(facts, conditions=(*facts.conditions, second))
    assert ask(CLEAR, facts).allowed or not ask(CLEAR, asked_twice).allowed


def test_what_both_heard_is_news_once() -> None:
    from holdspace.core.news import noteworthy

    both = told(answered(cleared(), "dissociative_disorder"), replace(WELL, dissociation=PAST))
    (news,) = noteworthy(both, clinic_protocol())
    assert news.at == NOW - days(20)


# --- coded diagnoses


@pytest.mark.parametrize(
    ("code", "keys"),
    [
        ("F33.1", set()),
        ("F33.3", {"psychotic_disorder"}),
        ("F31.81", {"bipolar_disorder"}),
        ("F31.2", {"mania_current"}),
        ("F44.81", {"dissociative_disorder"}),
        ("F60.3", {"personality_disorder_severe"}),
        ("F10.20", {"substance_use_active", "alcohol_withdrawal_risk"}),
        ("F10.21", set()),  # its question needs a date, which the physician asks for
    ],
)
def test_a_coded_indication_answers_the_question_that_lists_its_code(
    code: str, keys: set[str]
) -> None:
    heard = replace(WELL, indication=("F43.10", code))
    found = mental.conditions(heard, clinic_protocol(), at=NOW, by=MARCUS, today=TODAY)
    assert {c.key for c in found if c.answer is YES} == keys
    assert {c.icd10 for c in found if c.answer is YES} == ({code} if keys else set())
    assert {c.asked_in for c in found} == {AskedIn.MENTAL_HEALTH}


# --- the recommendation


@pytest.mark.parametrize(
    ("verdict", "stops"),
    [
        (Recommendation.SUITABLE, {}),
        (Recommendation.SUITABLE_WITH, {"assessment_with_condition": "hold"}),
        (Recommendation.NOT_NOW, {"assessment_not_suitable": "fail"}),
        (Recommendation.NOT_FOR_US, {"assessment_not_suitable": "fail"}),
        (Recommendation.NOT_SUITABLE, {"assessment_not_suitable": "fail"}),
        ("", {"assessment_missing": "unknown"}),
        ("perhaps", {"assessment_missing": "unknown"}),
    ],
)
def test_the_door_reads_the_recommendation(verdict: str, stops: dict[str, str]) -> None:
    facts = with_paper(assessed(), DocumentKind.MENTAL_HEALTH_ASSESSMENT, verdict=str(verdict))
    assert codes(ask(CLEAR, facts)) == stops


def test_a_condition_is_answered_with_a_plan_about_this_very_assessment() -> None:
    kind = DocumentKind.MENTAL_HEALTH_ASSESSMENT
    facts = with_paper(assessed(), kind, verdict="suitable_with")
    held = next(f for f in ask(CLEAR, facts).stops if f.code is Code.ASSESSMENT_WITH_CONDITION)
    assert held.relievable_by == ("prescriber",)
    answered_with = plan(held, limit=None, value=None)
    assert ask(CLEAR, replace(facts, reliefs=(answered_with,))).allowed
    newer = with_paper(facts, kind, id="another", signed_at=NOW - days(1))
    again = ask(CLEAR, replace(newer, reliefs=(answered_with,)))
    assert codes(again) == {"assessment_with_condition": "hold"}


LATER = (Door.OPEN_SESSION, Door.GIVE_DOSE, Door.NEXT_SESSION)


@pytest.mark.parametrize("door", LATER)
@pytest.mark.parametrize(
    ("verdict", "stops"),
    [
        (Recommendation.SUITABLE, {}),
        (Recommendation.SUITABLE_WITH, {"assessment_with_condition": "hold"}),
        (Recommendation.NOT_NOW, {"assessment_not_suitable": "fail"}),
        ("", {"assessment_missing": "unknown"}),
        ("perhaps", {"assessment_missing": "unknown"}),
    ],
)
def test_what_the_therapist_signs_after_the_clearance_is_heard_at_every_door_to_medicine(
    door: Door, verdict: str, stops: dict[str, str]
) -> None:
    kind = DocumentKind.MENTAL_HEALTH_ASSESSMENT
    facts = with_paper(ALLOWED[door](), kind, verdict=str(verdict), signed_at=NOW - minutes(90))
    assert codes(ask(door, facts)) == stops


def test_a_condition_that_was_planned_for_holds_no_later_door_until_the_plan_ends() -> None:
    kind = DocumentKind.MENTAL_HEALTH_ASSESSMENT
    facts = with_paper(ALLOWED[Door.GIVE_DOSE](), kind, verdict="suitable_with")
    held = next(f for f in ask(Door.GIVE_DOSE, facts).stops)
    for ends, allowed in ((NOW + minutes(1), True), (NOW, False)):
        answered_with = plan(held, limit=None, value=None, expires_at=ends)
        decided = ask(Door.GIVE_DOSE, replace(facts, reliefs=(answered_with,)))
        assert decided.allowed is allowed


def test_an_absolute_reason_heard_by_the_therapist_is_nobodys_to_waive() -> None:
    for heard, key in (
        ({"psychosis": PAST}, "psychotic_disorder"),
        ({"ketamine": Ketamine.OUTSIDE}, "ketamine_or_pcp_misuse"),
        ({"wants": NO}, "no_capacity"),
    ):
        found = finding(told(assessed(), replace(WELL, **heard)), key)
        assert key in limits.ABSOLUTE_CONTRAINDICATIONS
        assert (found.verdict, found.relievable_by) == (Verdict.FAIL, ())


DANGER = [
    ({}, False),
    ({"thoughts": YES}, True),
    ({"thoughts": UNKNOWN}, False),
    ({"attempts": Heard(Ever.PAST, "2009")}, True),
    ({"attempts": PRESENT}, True),
    ({"attempts": Heard()}, False),
    ({"self_harm": NEVER}, False),
    ({"self_harm": Heard(Ever.PAST, "2009")}, True),
    ({"self_harm": PRESENT}, True),
]


@pytest.mark.parametrize(("heard", "danger"), DANGER)
def test_danger_was_spoken_of_now_or_ever(heard: dict[str, Any], danger: bool) -> None:
    assert replace(WELL, **heard).speaks_of_danger is danger


# What is kept beside each answer: when it was, where it is over.
DETAILS = [
    ({"psychosis": Heard(Ever.PAST, "2009")}, {"psychotic_disorder": "past 2009"}),
    ({"mania": Heard(Ever.PAST, "")}, {"mania_current": "past", "bipolar_disorder": "past"}),
    ({"dissociation": Heard(Ever.PAST, "2001-05")}, {"dissociative_disorder": "past 2001-05"}),
    ({"attempts": Heard(Ever.PAST, "not known")}, {"suicidality_active": "past not known"}),
    ({"attempts": PRESENT, "psychosis": PRESENT}, {}),
]


@pytest.mark.parametrize(("heard", "details"), DETAILS)
def test_what_is_over_is_kept_with_its_time(heard: dict[str, Any], details: dict[str, str]) -> None:
    found = mental.conditions(
        replace(WELL, **heard), clinic_protocol(), at=NOW, by=MARCUS, today=TODAY
    )
    assert {c.key: c.detail for c in found if c.detail} == details
    assert [c.key for c in found] == list(ASKS)
    assert {(c.at, c.by) for c in found} == {(NOW, MARCUS)}
