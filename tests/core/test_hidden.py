"""What one good value must never hide: a second broken limit, an older flag, a fast clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from holdspace.core.decision import Door
from holdspace.core.facts import DocumentKind, Dose, Facts, Route, Session, Visit
from holdspace.core.gates import DOORS, THE_MEDICINE, THE_PERSON
from holdspace.core.observing import evaluate
from holdspace.core.units import Kind, Observation
from tests.core.cases import (
    ALLOWED,
    IVY,
    MARCUS,
    NOW,
    after_a_session,
    all_told,
    arrived,
    ask,
    assessed,
    between_doses,
    charted,
    clinic_protocol,
    codes,
    days,
    hours,
    instead,
    medicine,
    minutes,
    paper,
    plan,
    readied,
    rested,
    seen,
    waiver,
    with_paper,
)

K, D = Kind, Door


# --- each broken limit is a finding of its own ----------------------------------------------------


@pytest.mark.parametrize(("first", "newest"), [(46, 150), (150, 46)])
def test_a_waiver_of_one_limit_never_answers_the_other(first: int, newest: int) -> None:
    facts = instead(
        readied(),
        seen(K.HEART_RATE, first, minutes(12), session="day-1"),
        seen(K.HEART_RATE, newest, minutes(3), session="day-1"),
    )
    found = {f.subject: f for f in ask(D.GIVE_DOSE, facts).stops}
    assert sorted(found) == ["heart_rate_high", "heart_rate_low"]
    answers = tuple(waiver(f, id=subject) for subject, f in found.items())
    left = ask(D.GIVE_DOSE, replace(facts, reliefs=answers)).stops
    assert "heart_rate_high" in [f.subject for f in left]


def test_a_low_rate_can_be_waived_where_it_is_the_only_one_outside() -> None:
    low = seen(K.HEART_RATE, 46, minutes(12), session="day-1")
    facts = instead(readied(), low, seen(K.HEART_RATE, 52, minutes(3), session="day-1"))
    (found,) = ask(D.GIVE_DOSE, facts).stops
    assert found.subject == "heart_rate_low" and found.relievable_by == ("prescriber",)
    assert ask(D.GIVE_DOSE, replace(facts, reliefs=(waiver(found),))).allowed


# --- oxygen ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("flow", [None, Decimal(2)])
def test_a_saturation_below_the_limit_counts_whatever_flowed(flow: Decimal | None) -> None:
    low = seen(K.SPO2, 94, minutes(8), session="day-1", oxygen_l_min=flow)
    (found,) = ask(D.GIVE_DOSE, charted(readied(), replace(low, taken_at=NOW - minutes(15)))).stops
    assert (found.code.value, found.relievable_by) == ("oxygen_saturation_low", ())
    very_low = replace(low, value=Decimal(82))
    between = charted(between_doses(), very_low)
    assert codes(ask(D.FURTHER_DOSE, all_told(between))) == {"reading_repeat_needed": "unknown"}
    leaving = charted(rested(), very_low)
    assert codes(ask(D.DISCHARGE, all_told(leaving))) == {"oxygen_saturation_low": "fail"}
    fine = replace(low, value=Decimal(95), taken_at=NOW - minutes(15))
    assert ask(D.GIVE_DOSE, charted(readied(), fine)).allowed


# --- the door of a further dose asks what the first one asked ------------------------------------

FIRST_ONLY = {"blood_pressure", "vital_signs", "fasting", "first_dose"}


def test_every_rule_of_any_dose_guards_both_doors() -> None:
    names = {door: {rule.__name__ for rule in DOORS[door]} for door in DOORS}
    assert names[D.GIVE_DOSE] - names[D.FURTHER_DOSE] == FIRST_ONLY
    hard = {
        "age", "guardian", "offered_service", "conditions_still", "pregnancy_today",
        "medicines_still", "washouts", "answer_of_today", "ceiling", "one_route", "infusion",
        "people_present", "consent", "clearance", "order", "drawn_up", "variances", "red_flags",
    }  # fmt: skip
    assert hard <= {rule.__name__ for rule in (*THE_PERSON, *THE_MEDICINE)}


def _minor(facts: Facts) -> Facts:
    return replace(facts, person=replace(facts.person, birth_date=date(2012, 1, 1)))


def _recent_medicines(facts: Facts) -> Facts:
    taken = (medicine("psilocybin", last_taken=NOW - hours(1)),)
    return replace(facts, medications=taken)


FURTHER = [
    (lambda f: charted(f, seen(K.PREGNANCY_TEST, "positive", minutes(5))), "pregnancy_possible"),
    (_minor, "age_below_minimum"),
    (lambda f: charted(f, seen(K.ABLE_TO_CONSENT, False, minutes(5))), "capacity_not_confirmed"),
    (
        lambda f: charted(f, seen(K.SUICIDE_SCREEN, "acute_positive", minutes(3))),
        "suicide_screen_positive",
    ),
    (_recent_medicines, "washout_too_short"),
    (
        lambda f: replace(f, person=replace(f.person, has_guardian=True)),
        "guardian_not_supported",
    ),
]


@pytest.mark.parametrize(("change", "code"), FURTHER)
def test_a_further_dose_is_refused_for_what_refuses_a_first(change, code: str) -> None:  # type: ignore[no-untyped-def]
    assert ask(D.FURTHER_DOSE, between_doses()).allowed
    assert codes(ask(D.FURTHER_DOSE, change(between_doses())))[code] == "fail"


# --- an infusion ----------------------------------------------------------------------------------


def infused(ended_at: object = None, over: int = 240) -> Facts:
    """The same afternoon, had the dose been an infusion begun 130 minutes ago."""
    facts = rested()
    assert facts.course is not None
    order = replace(facts.orders[0], route=Route.IV, infusion_minutes=over)
    dose = replace(facts.doses[0], route=Route.IV, ended_at=ended_at)
    return replace(
        facts,
        orders=(order,),
        doses=(dose,),
        course=replace(facts.course, route=Route.IV),
    )


def test_the_stay_begins_when_the_infusion_ends() -> None:
    assert codes(ask(D.DISCHARGE, infused()))["stay_too_short"] == "unknown"  # still running
    assert codes(ask(D.DISCHARGE, infused(over=40)))["stay_too_short"] == "fail"  # 90 min
    early = NOW - minutes(120)
    assert ask(D.DISCHARGE, infused(ended_at=early)).allowed
    late = infused(ended_at=early + minutes(1))
    assert codes(ask(D.DISCHARGE, late)) == {"stay_too_short": "fail"}


def test_an_infusion_without_an_order_counts_the_shortest_one() -> None:
    facts = infused(over=40)
    without = replace(facts, doses=(replace(facts.doses[0], order=""),))
    assert codes(ask(D.DISCHARGE, without))["stay_too_short"] == "fail"


def test_observations_start_again_when_the_infusion_ends() -> None:
    protocol = clinic_protocol()
    schedule = protocol.schedules[Route.IM]
    begun = NOW - minutes(70)
    dose = Dose("d", "day-1", Route.IV, Decimal(30), begun, IVY, ended_at=begun + minutes(45))
    found = evaluate(schedule, protocol, (), (dose,), NOW)
    due = {slot.due_at for slot in found.slots}
    assert begun + minutes(40) in due and begun + minutes(55) in due
    assert begun + minutes(50) not in due


# --- flags, clocks and days -----------------------------------------------------------------------


AHEAD = [
    (D.GIVE_DOSE, seen(K.RED_FLAG_SYMPTOM, True, minutes(-0.5)), "red_flag_open fail"),
    (D.GIVE_DOSE, seen(K.RED_FLAG_SYMPTOM, True, minutes(-5)), "red_flag_open fail"),
    (D.GIVE_DOSE, seen(K.RED_FLAG_SYMPTOM, False, minutes(-5)), "red_flag_open unknown"),
    (D.FURTHER_DOSE, seen(K.RESPIRATORY_RATE, 6, minutes(-0.5)), "step_forbids_dose fail"),
    (D.FURTHER_DOSE, seen(K.RESPIRATORY_RATE, 6, minutes(-5)), "step_forbids_dose fail"),
    (D.FURTHER_DOSE, seen(K.RESPIRATORY_RATE, 14, minutes(-5)), "step_forbids_dose unknown"),
    (D.GIVE_DOSE, seen(K.PREGNANCY_TEST, "positive", minutes(-0.5)), "pregnancy_possible fail"),
    (D.GIVE_DOSE, seen(K.PREGNANCY_TEST, "positive", minutes(-2)), "pregnancy_test_needed unknown"),
    (D.OPEN_SESSION, seen(K.BLADDER_SYMPTOMS, True, minutes(-2)), "oversight_overdue unknown"),
]


@pytest.mark.parametrize(("door", "ahead", "answer"), AHEAD)
def test_a_fast_clock_hides_nothing(door: Door, ahead: Observation, answer: str) -> None:
    code, verdict = answer.split()
    assert codes(ask(door, charted(ALLOWED[door](), ahead)))[code] == verdict


def test_answers_of_the_evening_before_are_not_of_today() -> None:
    evening = (K.ABLE_TO_CONSENT, K.HEALTH_CHANGE, K.LAST_LIGHT_MEAL, K.PREGNANCY_POSSIBLE)
    facts = readied()
    kept = {kind: facts.latest(kind) for kind in evening}
    for kind, held in kept.items():
        assert held is not None
        night = replace(held, taken_at=NOW - hours(11), session="")
        assert "unknown" in codes(ask(D.GIVE_DOSE, instead(facts, night))).values(), kind
        assert ask(D.GIVE_DOSE, instead(facts, replace(night, session="day-1"))).allowed, kind


# --- what changed after the clearance -------------------------------------------------------------


@pytest.mark.parametrize("door", [D.OPEN_SESSION, D.GIVE_DOSE, D.FURTHER_DOSE, D.NEXT_SESSION])
def test_a_conclusion_that_turned_shuts_every_later_door(door: Door) -> None:
    facts = ALLOWED[door]()
    newer = paper(DocumentKind.MENTAL_HEALTH_ASSESSMENT, days(1), verdict="not_suitable")
    turned = replace(facts, documents=(*facts.documents, newer))
    assert codes(ask(door, turned)) == {"assessment_not_suitable": "fail"}
    gone = with_paper(facts, DocumentKind.MEDICAL_EVALUATION, withdrawn_at=NOW - days(1))
    assert codes(ask(door, gone)) == {"evaluation_missing": "unknown"}
    guarded = replace(facts, person=replace(facts.person, has_guardian=True))
    assert codes(ask(door, guarded)) == {"guardian_not_supported": "fail"}


# --- leaving --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "answer"),
    [
        (K.SEDATION_MOAAS, 5, {}),
        (K.SEDATION_MOAAS, 4, {"not_fully_awake": "fail"}),
        (K.RESPIRATORY_RATE, 10, {}),
        (K.RESPIRATORY_RATE, 9, {"breathing_rate_outside": "fail"}),
        (K.RESPIRATORY_RATE, 24, {}),
        (K.RESPIRATORY_RATE, 25, {"breathing_rate_outside": "fail"}),
        (K.HEART_RATE, 100, {}),
        (K.HEART_RATE, 101, {"heart_rate_outside": "fail"}),
        (K.HEART_RATE, 50, {}),
        (K.HEART_RATE, 49, {"heart_rate_outside": "fail"}),
    ],
)
def test_nobody_goes_home_drowsy_or_unsteady(
    kind: Kind, value: int, answer: dict[str, str]
) -> None:
    facts = charted(rested(), seen(kind, value, minutes(3), session="day-1"))
    assert codes(ask(D.DISCHARGE, all_told(facts))) == answer


def test_a_rate_like_the_one_before_the_dose_may_go_home() -> None:
    before = seen(K.HEART_RATE, 106, minutes(140), session="day-1")
    for value, leaves in ((106, True), (107, False)):
        now = seen(K.HEART_RATE, value, minutes(3), session="day-1")
        assert ask(D.DISCHARGE, instead(rested(), before, now)).allowed is leaves


# --- doses without a session, and of another course -----------------------------------------------


def test_a_variance_without_a_session_counts_on_its_day() -> None:
    stray = Dose("stray", "", Route.IM, Decimal(145), NOW - minutes(12), IVY, passed_door=False)
    further = replace(between_doses(), doses=(*between_doses().doses, stray))
    assert codes(ask(D.FURTHER_DOSE, further))["dose_ceiling_exceeded"] == "fail"
    leaving = replace(rested(), doses=(*rested().doses, replace(stray, given_at=NOW - minutes(5))))
    assert codes(ask(D.DISCHARGE, leaving))["stay_too_short"] == "fail"
    fresh = replace(readied(), doses=(stray,))
    assert codes(ask(D.GIVE_DOSE, fresh))["dose_already_given"] == "fail"


def test_stray_doses_of_two_days_are_two_sessions() -> None:
    strays = tuple(
        Dose(f"stray-{n}", "", Route.IM, Decimal(20), NOW - days(n), IVY) for n in (3, 6)
    )
    facts = replace(arrived(), doses=strays)
    assert len(facts.dosed_elsewhere()) == 2
    assert codes(ask(D.OPEN_SESSION, facts))["frequency_exceeded"] == "fail"


def test_sessions_of_an_earlier_course_count_for_interval_and_number() -> None:
    earlier = tuple(Session(f"old-{n}", n, NOW - days(n), NOW - days(n)) for n in (1, 5))
    doses = tuple(
        Dose(f"old-{s.number}", s.id, Route.IM, Decimal(50), s.opened_at, IVY) for s in earlier
    )
    stops = codes(ask(D.GIVE_DOSE, replace(readied(), sessions=(*earlier, *readied().sessions),
                                           doses=doses)))  # fmt: skip
    assert (stops["interval_too_short"], stops["frequency_exceeded"]) == ("fail", "fail")


# --- integration and sleep apnoea -----------------------------------------------------------------


def test_the_second_integration_visit_is_a_note_until_it_is_overdue() -> None:
    facts = after_a_session()
    end = facts.sessions[0].ended_at
    assert end is not None

    def later(by: int, second: bool = False) -> dict[str, str]:
        visit = Visit("int-2", "integration", end + days(9), MARCUS, "day-1")
        moved = replace(
            facts,
            now=end + days(10) + minutes(by),
            booked_for=None,
            visits=(*facts.visits, *((visit,) if second else ())),
        )
        return codes(ask(D.NEXT_SESSION, moved))

    assert later(0) == {}
    assert later(1) == {"integration_missing": "unknown"}
    assert later(1, second=True) == {}


def test_sleep_apnoea_is_asked_where_the_body_mass_is_high() -> None:
    heavy = instead(assessed(), seen(K.WEIGHT, "103.9", days(1)))
    assert codes(ask(D.CLEAR_FOR_MEDICINE, heavy))["clearance_needed"] == "unknown"
    answered = charted(heavy, seen(K.STOP_BANG, 2, days(1)))
    assert codes(ask(D.CLEAR_FOR_MEDICINE, answered)) == {"body_mass_high": "hold"}
    for facts in (heavy, assessed()):
        high = charted(facts, seen(K.STOP_BANG, 3, days(1), id="asked"))
        held = [f for f in ask(D.CLEAR_FOR_MEDICINE, high).stops if f.subject == "asked"]
        assert [f.verdict.value for f in held] == ["hold"]
        stops = ask(D.CLEAR_FOR_MEDICINE, high).stops
        plans = tuple(plan(f, id=f"plan-{n}") for n, f in enumerate(stops))
        assert ask(D.CLEAR_FOR_MEDICINE, replace(high, reliefs=plans)).allowed


def test_exposure_does_not_begin_anew_with_a_course() -> None:
    """A dose of an earlier course counts for the interval, whatever became of that course."""
    life = ALLOWED[D.NEXT_SESSION]()
    yesterday = Dose("old", "old-day", Route.IM, Decimal(50), life.now - hours(20), IVY)
    stops = codes(ask(D.NEXT_SESSION, replace(life, earlier_doses=(yesterday,))))
    assert stops == {"interval_too_short": "fail", "frequency_exceeded": "fail"}
