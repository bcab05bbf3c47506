"""The assessment, as a physician would read it: six people, every question, every measure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from holdspace.core import course, limits, papers
from holdspace.core.decision import Door, Verdict
from holdspace.core.facts import Answer, Discipline, DocumentKind, Facts, Role
from holdspace.core.protocol_model import Band
from holdspace.core.protocol_schema import Grade
from holdspace.core.units import Kind
from tests.core.cases import (
    ALLOWED,
    AMARA,
    NOW,
    answered,
    ask,
    assessed,
    charted,
    cleared,
    clinic_protocol,
    codes,
    days,
    instead,
    medicine,
    minutes,
    no_paper,
    paper,
    plan,
    seen,
    with_letter,
    with_paper,
    with_staff,
    without,
)
from tests.core.lives import earlier

K = Kind
CLEAR = Door.CLEAR_FOR_MEDICINE
TODAY = date(2025, 3, 3)


def clear(facts: Facts) -> dict[str, str]:
    return codes(ask(CLEAR, facts))


# --- six people -----------------------------------------------------------------------------------


def treated_hypertension() -> Facts:
    facts = answered(assessed(), "heart_disease_stable", detail="lisinopril, 132/84 twice")
    facts = replace(facts, medications=(medicine("Lisinopril", group="antihypertensives"),))
    return instead(
        facts,
        seen(K.SYSTOLIC, 132, days(20)),
        seen(K.DIASTOLIC, 84, days(20)),
        seen(K.SYSTOLIC, 132, days(20) - minutes(5)),
        seen(K.DIASTOLIC, 84, days(20) - minutes(5)),
    )


def recent_infarction() -> Facts:
    on = TODAY - timedelta(weeks=5)
    return answered(assessed(), "recent_cardiovascular_event", happened_on=on)


def bipolar_on_lithium() -> Facts:
    facts = answered(assessed(), "bipolar_disorder", detail="bipolar I, stable on lithium")
    return replace(facts, medications=(medicine("Lithium", group="lithium"),))


def remission_for_five_months() -> Facts:
    return answered(assessed(), "substance_use_remission", happened_on=date(2024, 10, 3))


def unanswered() -> Facts:
    facts = assessed()
    return replace(facts, conditions=facts.conditions[:-3], medications_asked_at=None)


def test_a_healthy_person_is_cleared() -> None:
    assert ask(CLEAR, assessed()).allowed


def test_treated_hypertension_needs_a_clearance_and_is_then_cleared() -> None:
    (held,) = ask(CLEAR, treated_hypertension()).stops
    assert (held.verdict, held.subject) == (Verdict.HOLD, "heart_disease_stable")
    assert "internal medicine" in held.rule
    planned = replace(with_letter(treated_hypertension()), reliefs=(plan(held, letter="letter-1"),))
    assert ask(CLEAR, planned).allowed


def test_a_heart_attack_five_weeks_ago_is_refused_with_both_dates() -> None:
    (found,) = ask(CLEAR, recent_infarction()).stops
    assert found.verdict is Verdict.FAIL and not found.relievable_by
    assert found.ask_again_on == (
        "28 Apr 2025 (3 months, the strictest source); by the label alone 11 Mar 2025 (6 weeks)"
    )
    assert "6 weeks" in found.rule


@pytest.mark.parametrize(
    ("ago", "verdict"), [(0, "fail"), (41, "fail"), (89, "fail"), (90, "fail"), (91, None)]
)
def test_the_window_of_a_heart_attack_ends_after_its_last_day(
    ago: int, verdict: str | None
) -> None:
    on = TODAY - timedelta(days=ago)
    facts = answered(assessed(), "recent_cardiovascular_event", happened_on=on)
    assert clear(facts) == ({"contraindication_present": verdict} if verdict else {})


def test_a_shorter_window_in_the_data_never_passes_the_label_s_six_weeks() -> None:
    shipped = clinic_protocol()
    key = "recent_cardiovascular_event"
    spec = replace(shipped.conditions[key], window_days=7, window_months=None)
    short = {**shipped.conditions, key: spec}
    looser = replace(shipped, conditions=short)
    for ago, allowed in ((42, False), (43, True)):
        facts = answered(assessed(), key, happened_on=TODAY - timedelta(days=ago))
        assert ask(CLEAR, facts, looser).allowed is allowed


def test_bipolar_disorder_on_lithium_needs_a_psychiatrist_s_clearance() -> None:
    (held,) = ask(CLEAR, bipolar_on_lithium()).stops
    assert (held.code.value, held.verdict) == ("clearance_needed", Verdict.HOLD)
    assert "psychiatry" in held.rule and "excluded" in held.rule, "the conflict is visible"
    planned = replace(with_letter(bipolar_on_lithium()), reliefs=(plan(held, letter="letter-1"),))
    assert ask(CLEAR, planned).allowed


def test_opioid_use_in_remission_for_five_months_needs_an_addiction_clinician() -> None:
    (held,) = ask(CLEAR, remission_for_five_months()).stops
    assert held.verdict is Verdict.HOLD and "addiction medicine" in held.rule
    long_ago = answered(assessed(), "substance_use_remission", happened_on=date(2024, 3, 2))
    assert clear(long_ago) == {}
    undated = answered(assessed(), "substance_use_remission")
    assert clear(undated) == {"condition_unanswered": "unknown"}


def test_unanswered_questions_are_asked_with_the_list() -> None:
    stops = ask(CLEAR, unanswered()).stops
    assert {f.verdict for f in stops} == {Verdict.UNKNOWN}
    assert [f.code.value for f in stops].count("condition_unanswered") == 3
    assert "medications_not_asked" in {f.code.value for f in stops}


# --- every question -------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(clinic_protocol().conditions))
def test_every_question_answered_yes_does_what_its_protocol_says(key: str) -> None:
    spec = clinic_protocol().conditions[key]
    facts = answered(assessed(), key, happened_on=date(2025, 2, 20))
    (found,) = [f for f in ask(CLEAR, facts).findings if f.subject == key]
    assert found.verdict.value == spec.verdict
    assert found.relievable_by == spec.relievable_by
    if key in limits.ABSOLUTE_CONTRAINDICATIONS:
        assert found.verdict is Verdict.FAIL and not found.relievable_by


@pytest.mark.parametrize("key", sorted(clinic_protocol().conditions))
def test_every_question_not_known_not_asked_too_old_or_in_the_future_is_asked(key: str) -> None:
    missing = replace(
        assessed(), conditions=tuple(c for c in assessed().conditions if c.key != key)
    )
    for facts in (
        missing,
        answered(assessed(), key, Answer.NOT_KNOWN),
        answered(assessed(), key, Answer.NO, at=NOW - days(90.1)),
        answered(assessed(), key, Answer.NO, at=NOW + minutes(2)),
    ):
        assert clear(facts) == {"condition_unanswered": "unknown"}
    assert clear(answered(assessed(), key, Answer.NO, at=NOW - days(90))) == {}


def test_the_newest_answer_counts() -> None:
    facts = answered(assessed(), "epilepsy", Answer.NO, at=NOW - days(2))
    earlier = replace(facts.conditions[-1], answer=Answer.YES, at=NOW - days(9))
    assert clear(replace(facts, conditions=(*facts.conditions, earlier))) == {}


def test_of_two_answers_of_the_same_moment_the_more_careful_one_counts() -> None:
    facts = answered(assessed(), "epilepsy", Answer.YES)
    other = replace(facts.conditions[-1], answer=Answer.NO)
    for both in ((facts.conditions[-1], other), (other, facts.conditions[-1])):
        assert clear(replace(facts, conditions=(*facts.conditions[:-1], *both))) == {
            "clearance_needed": "hold"
        }


@pytest.mark.parametrize("door", [Door.OPEN_SESSION, Door.GIVE_DOSE, Door.FURTHER_DOSE])
def test_the_history_is_looked_at_again_at_the_later_doors(door: Door) -> None:
    life = ALLOWED[door]()
    assert codes(ask(door, answered(life, "epilepsy", at=NOW - days(16)))) == {
        "clearance_needed": "hold"
    }
    assert codes(ask(door, answered(life, "epilepsy", at=NOW - days(1)))) == {
        "clearance_suspended": "fail",  # the physician did not know of it
        "clearance_needed": "hold",
    }
    assert codes(ask(door, answered(life, "epilepsy", Answer.NOT_KNOWN))) == {
        "condition_unanswered": "unknown"
    }
    tomorrow = answered(life, "epilepsy", Answer.NO, at=NOW + days(1))
    assert codes(ask(door, tomorrow)) == {"condition_unanswered": "unknown"}
    assert ask(door, answered(life, "epilepsy", Answer.NO, at=NOW - days(400))).allowed


def test_a_date_in_the_future_is_asked_again() -> None:
    facts = answered(assessed(), "recent_cardiovascular_event", happened_on=date(2025, 3, 4))
    assert clear(facts) == {"condition_unanswered": "unknown"}


# --- medicines ------------------------------------------------------------------------------------

MEDICINES = [
    ("sertraline", None),
    ("Lamictal", None),
    ("lorazepam", "medication_needs_plan"),
    ("XANAX", "medication_needs_plan"),
    ("phenelzine", "medication_needs_plan"),
    ("theophylline", "medication_needs_plan"),
    ("suboxone", "medication_needs_plan"),
    ("xyrem", "medication_needs_plan"),
    ("adderall", "medication_needs_plan"),
    ("my blue pill", "medication_not_recognised"),
    ("💊", "medication_not_recognised"),
]


@pytest.mark.parametrize(("name", "code"), MEDICINES)
def test_a_medicine_is_recognised_or_reviewed_by_hand(name: str, code: str | None) -> None:
    facts = replace(assessed(), medications=(medicine(name),))
    stops = ask(CLEAR, facts).stops
    assert [f.code.value for f in stops] == ([code] if code else [])
    if code:
        assert stops[0].verdict is Verdict.HOLD
        assert ask(CLEAR, replace(facts, reliefs=(plan(stops[0]),))).allowed


def test_a_plan_for_one_medicine_does_not_cover_another_of_its_class() -> None:
    facts = replace(assessed(), medications=(medicine("lorazepam"),))
    (held,) = ask(CLEAR, facts).stops
    more = replace(
        facts, medications=(medicine("lorazepam"), medicine("alprazolam")), reliefs=(plan(held),)
    )
    assert [f.subject for f in ask(CLEAR, more).stops] == ["alprazolam"]


def test_a_name_beats_the_group_that_was_charted_for_it() -> None:
    facts = replace(assessed(), medications=(medicine("Nardil", group="ssri"),))
    assert clear(facts) == {"medication_needs_plan": "hold"}


@pytest.mark.parametrize(
    ("ago", "answer"), [(90, {}), (90.1, {"medications_not_asked": "unknown"})]
)
def test_the_medicine_list_is_asked_again(ago: float, answer: dict[str, str]) -> None:
    assert clear(replace(assessed(), medications_asked_at=NOW - days(ago))) == answer


@pytest.mark.parametrize(
    ("name", "hours_ago", "answer"),
    [
        ("wine", 24, {}),
        ("wine", 23.9, {"washout_too_short": "fail"}),
        ("cannabis", 12, {"washout_too_short": "fail"}),
        ("wine", -1, {"washout_too_short": "unknown"}),
        ("wine", None, {"washout_too_short": "unknown"}),
    ],
)
def test_what_was_taken_too_recently_waits(
    name: str, hours_ago: float | None, answer: dict[str, str]
) -> None:
    from tests.core.cases import readied

    last = None if hours_ago is None else NOW - timedelta(hours=hours_ago)
    facts = replace(readied(), medications=(medicine(name, last_taken=last),))
    assert codes(ask(Door.GIVE_DOSE, facts)) == answer


# --- measures -------------------------------------------------------------------------------------

REST = [
    ((180,), {}),
    ((181,), {"resting_pressure_not_controlled": "unknown"}),
    ((181, 181), {"resting_pressure_not_controlled": "fail"}),
    ((190, 150), {"resting_pressure_not_controlled": "fail"}),
    ((150, 190), {"resting_pressure_not_controlled": "fail"}),
    ((220, 215, 179), {"resting_pressure_not_controlled": "fail"}),
]


@pytest.mark.parametrize(("values", "answer"), REST)
def test_resting_pressure_is_read_twice_before_it_refuses(
    values: tuple[int, ...], answer: dict[str, str]
) -> None:
    readings = [
        seen(K.SYSTOLIC, v, days(2) - minutes(5 * n), id=f"r{n}") for n, v in enumerate(values)
    ]
    decision = ask(CLEAR, instead(assessed(), *readings))
    assert codes(decision) == answer
    assert all(not f.relievable_by for f in decision.stops)


def test_readings_of_an_earlier_day_are_history_and_the_last_day_decides() -> None:
    for hours_before, answer in ((24, {}), (23.9, {"resting_pressure_not_controlled": "fail"})):
        facts = instead(
            assessed(),
            seen(K.DIASTOLIC, 130, days(2) + timedelta(hours=hours_before)),
            seen(K.DIASTOLIC, 84, days(2)),
        )
        assert clear(facts) == answer


@pytest.mark.parametrize(
    ("kind", "ago", "answer"),
    [
        (K.SYSTOLIC, 30, {}),
        (K.SYSTOLIC, 30.1, {"resting_pressure_not_controlled": "unknown"}),
        (K.WEIGHT, 90, {}),
        (K.WEIGHT, 90.1, {"body_mass_high": "unknown"}),
        (K.HEIGHT, 4000, {}),
        (K.SUICIDE_SCREEN, 30, {}),
        (K.SUICIDE_SCREEN, 30.1, {"suicide_screen_missing": "unknown"}),
        (K.PREGNANCY_POSSIBLE, 90.1, {"pregnancy_test_needed": "unknown"}),
    ],
)
def test_how_old_a_measure_may_be(kind: Kind, ago: float, answer: dict[str, str]) -> None:
    newest = assessed().latest(kind)
    assert newest is not None
    assert clear(instead(assessed(), replace(newest, taken_at=NOW - days(ago)))) == answer


@pytest.mark.parametrize(
    ("kg", "answer"), [("103.5", {}), ("103.9", {"body_mass_high": "hold"}), ("70", {})]
)
def test_body_mass_above_the_limit_waits_for_a_plan(kg: str, answer: dict[str, str]) -> None:
    facts = instead(assessed(), seen(K.WEIGHT, kg, days(1)), seen(K.STOP_BANG, 2, days(1)))
    # 172 cm: 35.0 is 103.5 kg
    decision = ask(CLEAR, facts)
    assert codes(decision) == answer
    if answer:
        assert ask(CLEAR, replace(facts, reliefs=(plan(decision.stops[0]),))).allowed


@pytest.mark.parametrize(
    ("born", "answer"),
    [
        (date(2007, 3, 3), {}),
        (date(2007, 3, 4), {"age_below_minimum": "fail"}),
        (date(1960, 3, 4), {}),
        (date(1960, 3, 3), {"clearance_needed": "hold"}),
        (date(2025, 3, 4), {"age_below_minimum": "unknown"}),
    ],
)
def test_age_counts_full_years_on_the_clinic_s_calendar(born: date, answer: dict[str, str]) -> None:
    facts = assessed()
    found = clear(replace(facts, person=replace(facts.person, birth_date=born)))
    assert answer.items() <= found.items() and set(found) == set(answer)


def test_a_birthday_begins_at_the_clinic_s_midnight() -> None:
    from tests.core.cases import enquiry

    facts = enquiry()
    born = replace(facts.person, birth_date=date(2007, 3, 3))
    before = replace(facts, person=born, now=NOW.replace(hour=6, minute=59))  # 23:59 the day before
    assert codes(ask(Door.OPEN_COURSE, before)) == {"age_below_minimum": "fail"}
    assert ask(Door.OPEN_COURSE, replace(before, now=NOW.replace(hour=7, minute=0))).allowed


# --- who says so ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "ago", "answer"),
    [
        (DocumentKind.MEDICAL_EVALUATION, 90, {}),
        (DocumentKind.MEDICAL_EVALUATION, 90.1, {"evaluation_missing": "unknown"}),
        (DocumentKind.MENTAL_HEALTH_ASSESSMENT, 90.1, {"assessment_missing": "unknown"}),
    ],
)
def test_an_assessment_is_not_older_than_a_clearance_may_be(
    kind: DocumentKind, ago: float, answer: dict[str, str]
) -> None:
    assert clear(with_paper(assessed(), kind, signed_at=NOW - days(ago))) == answer


def test_how_the_person_was_seen_may_be_charted_on_its_own() -> None:
    unsaid = with_paper(assessed(), DocumentKind.MEDICAL_EVALUATION, in_person=None)
    assert clear(unsaid) == {"evaluation_not_in_person": "unknown"}
    assert clear(charted(unsaid, seen(K.IN_PERSON_EVALUATION, True, days(20)))) == {}
    assert clear(charted(unsaid, seen(K.IN_PERSON_EVALUATION, False, days(20)))) == {
        "evaluation_not_in_person": "fail"
    }


def test_an_assessment_without_a_conclusion_is_not_an_assessment() -> None:
    facts = with_paper(assessed(), DocumentKind.MENTAL_HEALTH_ASSESSMENT, verdict="")
    assert clear(facts) == {"assessment_missing": "unknown"}


@pytest.mark.parametrize(
    ("discipline", "answer"),
    [
        (Discipline.MD, {}),
        (Discipline.DO, {}),
        (Discipline.NP, {"signer_not_physician": "fail"}),
        (Discipline.PA, {"signer_not_physician": "fail"}),
        (
            None,
            {
                "signer_not_physician": "unknown",
                "role_not_permitted": "unknown",
                "state_authority_missing": "unknown",
            },
        ),
    ],
)
def test_a_physician_clears(discipline: Discipline | None, answer: dict[str, str]) -> None:
    assert clear(with_staff(assessed(), AMARA, discipline=discipline)) == answer


def test_a_protocol_may_let_another_prescriber_clear() -> None:
    shipped = clinic_protocol()
    path = "clearance.evaluator_is_physician"
    wider = {**shipped.settings, path: replace(shipped.setting(path), value=False)}
    facts = with_staff(assessed(), AMARA, discipline=Discipline.NP)
    assert ask(CLEAR, facts, replace(shipped, settings=wider)).allowed
    therapist = with_staff(facts, AMARA, roles=(Role.THERAPIST,))
    assert not ask(CLEAR, therapist, replace(shipped, settings=wider)).allowed


def test_a_screen_that_was_never_done_is_not_a_negative_one() -> None:
    assert clear(without(assessed(), K.SUICIDE_SCREEN)) == {"suicide_screen_missing": "unknown"}


# --- who plans, where a clinic's protocol names somebody ------------------------------------------

PLANNERS = [
    # (who may, by the protocol; who may then)
    (None, ("prescriber",)),
    (("medical_director",), ("medical_director",)),
    (("prescriber", "medical_director"), ("prescriber", "medical_director")),
]


@pytest.mark.parametrize(("named", "may"), PLANNERS)
@pytest.mark.parametrize(
    ("path", "subject"),
    [("screening.stop_bang_min", "stop"), ("screening.age_years_plan_from", "age")],
)
def test_a_plan_is_by_whom_the_protocol_names_or_by_the_prescriber(
    named: tuple[str, ...] | None, may: tuple[str, ...], path: str, subject: str
) -> None:
    shipped = clinic_protocol()
    band = Band(named, None, "the clinic", Grade.PROPOSED) if named else None
    setting = replace(shipped.setting(path), band=band)
    protocol = replace(shipped, settings={**shipped.settings, path: setting})
    facts = charted(assessed(), seen(K.STOP_BANG, 5, id="stop"))
    facts = replace(facts, person=replace(facts.person, birth_date=date(1955, 1, 1)))
    (found,) = [f for f in ask(CLEAR, facts, protocol).stops if f.subject == subject]
    assert (found.verdict, found.relievable_by) == (Verdict.HOLD, may)


# --- what is left of a clearance, for a page ------------------------------------------------------

LEFT: list[tuple[dict[str, Any], tuple[int, int, bool] | None]] = [
    # (the clearance of fifteen days ago, days after today and sessions left, it has ended)
    ({}, (75, 8, False)),
    ({"signed_at": NOW - days(90)}, (0, 8, False)),
    ({"signed_at": NOW - days(90) - minutes(1)}, (0, 8, True)),
    ({"signed_at": NOW - days(91)}, (-1, 8, True)),
    ({"expires_at": NOW + days(3)}, (3, 8, False)),
    ({"expires_at": NOW + days(200)}, (75, 8, False)),
    ({"expires_at": NOW}, (0, 8, False)),
    ({"withdrawn_at": NOW}, None),
    ({"withdrawn_at": NOW + minutes(1)}, (75, 8, False)),
    ({"suspended_at": NOW}, None),
    ({"suspended_at": NOW + minutes(1)}, (75, 8, False)),
    ({"signed_at": NOW + minutes(5)}, None),
]


@pytest.mark.parametrize(("change", "left"), LEFT)
def test_what_is_left_of_a_clearance(
    change: dict[str, Any], left: tuple[int, int, bool] | None
) -> None:
    facts = with_paper(cleared(), DocumentKind.CLEARANCE, **change)
    found = course.clearance_left(facts, clinic_protocol())
    assert (found and (found.days, found.sessions, found.is_over)) == left


@pytest.mark.parametrize(("given", "left"), [(0, 8), (1, 7), (7, 1), (8, 0), (9, 0)])
def test_each_session_since_takes_one_from_a_clearance(given: int, left: int) -> None:
    facts = cleared()
    for number in range(given):
        facts = earlier(facts, ago=14 - number)
    found = course.clearance_left(earlier(facts, ago=16), clinic_protocol())
    assert found is not None
    assert (found.sessions, found.is_over) == (left, left == 0)


def test_without_a_clearance_nothing_is_left() -> None:
    facts = no_paper(cleared(), DocumentKind.CLEARANCE)
    assert course.clearance_left(facts, clinic_protocol()) is None


# --- a paper in force -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({}, True),
        ({"signed_at": NOW + minutes(1)}, True),  # a clock may be a minute off
        ({"signed_at": NOW + minutes(5)}, False),
        ({"signed_by": ""}, False),
        ({"withdrawn_at": NOW}, False),
        ({"withdrawn_at": NOW + minutes(1)}, True),
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW + minutes(1)}, True),
    ],
)
def test_a_paper_is_in_force_from_its_signature_to_its_end(
    change: dict[str, Any], counts: bool
) -> None:
    letter = paper(DocumentKind.OUTSIDE_LETTER, days(2), **change)
    assert papers.in_force(assessed(), clinic_protocol(), letter) is counts
    assert not papers.in_force(assessed(), clinic_protocol(), None)


@pytest.mark.parametrize("discipline", [None, *Discipline])
def test_a_paper_that_asks_for_no_profession_counts_whoever_signed(
    discipline: Discipline | None,
) -> None:
    touch = paper(DocumentKind.TOUCH_AGREEMENT, days(2), signer_discipline=discipline)
    said = papers.standing(assessed(), clinic_protocol(), touch)
    assert said == (Verdict.PASS, "signed 1 Mar 2025 09:00")
