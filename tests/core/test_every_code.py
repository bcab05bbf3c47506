"""Each reason for a shut door is brought about once, in the open, by one small change of a life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from holdspace.core.codes import Code
from holdspace.core.decision import Door, Verdict
from holdspace.core.facts import (
    AdverseEvent,
    CredentialKind,
    Diagnosis,
    Discipline,
    DocumentKind,
    Dose,
    Facts,
    Role,
    Route,
    Session,
    Task,
    Variance,
    Visit,
)
from holdspace.core.units import Kind
from tests.core.cases import (
    ALLOWED,
    AMARA,
    IVY,
    MARCUS,
    NOW,
    RUTH,
    answered,
    ask,
    charted,
    clinic_protocol,
    days,
    hours,
    instead,
    medicine,
    minutes,
    no_paper,
    paper,
    seen,
    with_credential,
    with_paper,
    with_staff,
    without,
)

K = Kind
OPEN, CLEAR, PREPARE = Door.OPEN_COURSE, Door.CLEAR_FOR_MEDICINE, Door.BEGIN_PREPARATION
SESSION, DOSE, FURTHER = Door.OPEN_SESSION, Door.GIVE_DOSE, Door.FURTHER_DOSE
LEAVE, NEXT, CLOSE = Door.DISCHARGE, Door.NEXT_SESSION, Door.CLOSE_COURSE
PASSED = (Verdict.PASS, Verdict.NOTE)


def _order(facts: Facts, **change: object) -> Facts:
    return replace(facts, orders=(*facts.orders[:-1], replace(facts.orders[-1], **change)))  # type: ignore[arg-type]


def _drawn(facts: Facts, **change: object) -> Facts:
    last = facts.preparations[-1]
    return replace(facts, preparations=(*facts.preparations[:-1], replace(last, **change)))  # type: ignore[arg-type]


def _course(facts: Facts, **change: object) -> Facts:
    assert facts.course is not None
    return replace(facts, course=replace(facts.course, **change))  # type: ignore[arg-type]


def _person(facts: Facts, **change: object) -> Facts:
    return replace(facts, person=replace(facts.person, **change))  # type: ignore[arg-type]


def _route(facts: Facts, route: Route) -> Facts:
    facts = _course(_order(facts, route=route), route=route)
    return with_paper(facts, DocumentKind.CONSENT, routes=(Route.IM, route))


def _task(holds: bool) -> Task:
    return Task("task", "risk_contact", NOW - hours(1), NOW + hours(1), holds)


def _session_of(facts: Facts, ago_days: float, number: int) -> Facts:
    """The same facts with an earlier session and its one dose."""
    at = NOW - days(ago_days)
    key = f"earlier-{number}"
    return replace(
        facts,
        sessions=(*facts.sessions, Session(key, number, at, at + hours(3))),
        doses=(*facts.doses, Dose(f"dose-{key}", key, Route.IM, Decimal(50), at, IVY)),
    )


def _weekly(facts: Facts, count: int) -> Facts:
    for number in range(count):
        facts = _session_of(facts, 7 * (number + 1) + 0.5, number)
    return facts


# door, what is changed in the life that this door lets through, the code that then stops
PROVOKED: tuple[tuple[Door, Code, Callable[[Facts], Facts]], ...] = (
    (OPEN, Code.AGE_BELOW_MINIMUM, lambda f: _person(f, birth_date=date(2008, 1, 1))),
    (OPEN, Code.SERVICE_NOT_OFFERED, lambda f: _course(f, home_supply=True)),
    (OPEN, Code.SERVICE_NOT_OFFERED, lambda f: _course(f, group_sessions=True)),
    (OPEN, Code.SERVICE_NOT_OFFERED, lambda f: _course(f, route=Route.ESKETAMINE)),
    (OPEN, Code.GUARDIAN_NOT_SUPPORTED, lambda f: _person(f, has_guardian=True)),
    (
        OPEN,
        Code.PROTOCOL_UNSIGNED,
        lambda f: replace(f, clinic=replace(f.clinic, protocol_signed_by_director=False)),
    ),
    (OPEN, Code.COURSE_ALREADY_OPEN, lambda f: replace(f, other_open_courses=("c2",))),
    (OPEN, Code.ROLE_NOT_PERMITTED, lambda f: with_staff(f, RUTH, roles=(Role.REVIEWER,))),
    (CLEAR, Code.COURSE_NOT_OPEN, lambda f: _course(f, closed_at=NOW - days(1))),
    (
        CLEAR,
        Code.LICENCE_NOT_VALID,
        lambda f: with_credential(f, AMARA, CredentialKind.LICENCE, state="UT"),
    ),
    (CLEAR, Code.SIGNER_NOT_PHYSICIAN, lambda f: with_staff(f, AMARA, discipline=Discipline.NP)),
    (CLEAR, Code.EVALUATION_MISSING, lambda f: no_paper(f, DocumentKind.MEDICAL_EVALUATION)),
    (
        CLEAR,
        Code.EVALUATION_NOT_IN_PERSON,
        lambda f: with_paper(f, DocumentKind.MEDICAL_EVALUATION, in_person=False),
    ),
    (CLEAR, Code.ASSESSMENT_MISSING, lambda f: no_paper(f, DocumentKind.MENTAL_HEALTH_ASSESSMENT)),
    (
        CLEAR,
        Code.ASSESSMENT_NOT_SUITABLE,
        lambda f: with_paper(f, DocumentKind.MENTAL_HEALTH_ASSESSMENT, verdict="not_suitable"),
    ),
    (
        CLEAR,
        Code.ASSESSMENT_WITH_CONDITION,
        lambda f: with_paper(f, DocumentKind.MENTAL_HEALTH_ASSESSMENT, verdict="suitable_with"),
    ),
    (
        CLEAR,
        Code.ASSESSMENT_UNANSWERED,
        lambda f: with_paper(f, DocumentKind.MENTAL_HEALTH_ASSESSMENT, asks=("no_capacity",)),
    ),
    (CLEAR, Code.CONTRAINDICATION_PRESENT, lambda f: answered(f, "arteriovenous_malformation")),
    (CLEAR, Code.CLEARANCE_NEEDED, lambda f: answered(f, "bipolar_disorder")),
    (CLEAR, Code.CONDITION_UNANSWERED, lambda f: replace(f, conditions=f.conditions[1:])),
    (
        CLEAR,
        Code.MEDICATION_NEEDS_PLAN,
        lambda f: replace(f, medications=(medicine("Lorazepam"),)),
    ),
    (
        CLEAR,
        Code.MEDICATION_NOT_RECOGNISED,
        lambda f: replace(f, medications=(medicine("Zorblax"),)),
    ),
    (CLEAR, Code.MEDICATIONS_NOT_ASKED, lambda f: replace(f, medications_asked_at=None)),
    (
        CLEAR,
        Code.RESTING_PRESSURE_NOT_CONTROLLED,
        lambda f: instead(
            f, seen(K.SYSTOLIC, 186, days(2)), seen(K.SYSTOLIC, 182, days(2) - minutes(5))
        ),
    ),
    (CLEAR, Code.BODY_MASS_HIGH, lambda f: instead(f, seen(K.WEIGHT, 120, days(20)))),
    (
        CLEAR,
        Code.SUICIDE_SCREEN_POSITIVE,
        lambda f: instead(f, seen(K.SUICIDE_SCREEN, "acute_positive", days(1))),
    ),
    (CLEAR, Code.SUICIDE_SCREEN_MISSING, lambda f: without(f, K.SUICIDE_SCREEN)),
    (CLEAR, Code.RISK_TASK_OPEN, lambda f: replace(f, tasks=(_task(holds=True),))),
    (
        CLEAR,
        Code.PREGNANCY_POSSIBLE,
        lambda f: charted(f, seen(K.PREGNANCY_TEST, "positive", days(1))),
    ),
    (PREPARE, Code.CLEARANCE_MISSING, lambda f: no_paper(f, DocumentKind.CLEARANCE)),
    (
        PREPARE,
        Code.CLEARANCE_EXPIRED,
        lambda f: with_paper(f, DocumentKind.CLEARANCE, signed_at=NOW - days(91)),
    ),
    (
        PREPARE,
        Code.CLEARANCE_SUSPENDED,
        lambda f: with_paper(f, DocumentKind.CLEARANCE, suspended_at=NOW - days(1)),
    ),
    (
        PREPARE,
        Code.CLEARANCE_WITHDRAWN,
        lambda f: with_paper(f, DocumentKind.CLEARANCE, withdrawn_at=NOW - days(1)),
    ),
    (PREPARE, Code.THERAPIST_NOT_ASSIGNED, lambda f: _course(f, therapist="")),
    (
        PREPARE,
        Code.TRAINING_NOT_VALID,
        lambda f: with_credential(
            f, MARCUS, CredentialKind.KAP_TRAINING, expires_on=date(2025, 3, 2)
        ),
    ),
    (
        SESSION,
        Code.THERAPIST_CHANGED,
        lambda f: replace(
            f, visits=(*f.visits, Visit("v", "preparation", NOW - days(1), "staff-new"))
        ),
    ),
    (SESSION, Code.PREPARATION_INCOMPLETE, lambda f: replace(f, visits=f.visits[:1])),
    (
        SESSION,
        Code.PREPARATION_STALE,
        lambda f: replace(
            f, visits=tuple(replace(v, held_at=v.held_at - days(30)) for v in f.visits)
        ),
    ),
    (SESSION, Code.CONSENT_MISSING, lambda f: no_paper(f, DocumentKind.CONSENT)),
    (
        SESSION,
        Code.CONSENT_EXPIRED,
        lambda f: with_paper(f, DocumentKind.CONSENT, signed_at=NOW - days(366)),
    ),
    (
        SESSION,
        Code.CONSENT_WITHDRAWN,
        lambda f: with_paper(f, DocumentKind.CONSENT, withdrawn_at=NOW - hours(1)),
    ),
    (
        SESSION,
        Code.CONSENT_NARROWER,
        lambda f: with_paper(f, DocumentKind.CONSENT, routes=(Route.SUBLINGUAL,)),
    ),
    (SESSION, Code.TOUCH_AGREEMENT_MISSING, lambda f: no_paper(f, DocumentKind.TOUCH_AGREEMENT)),
    (
        SESSION,
        Code.SESSION_ALREADY_OPEN,
        lambda f: replace(f, sessions=(Session("day-1", 1, NOW - hours(1)),)),
    ),
    (SESSION, Code.BOOKING_MISSING, lambda f: replace(f, booked_for=None)),
    (SESSION, Code.IDENTITY_NOT_CONFIRMED, lambda f: without(f, K.IDENTITY_CONFIRMED)),
    (SESSION, Code.CAPACITY_NOT_CONFIRMED, lambda f: instead(f, seen(K.ABLE_TO_CONSENT, False))),
    (SESSION, Code.INTERPRETER_MISSING, lambda f: _person(f, interpreter_needed=True)),
    (SESSION, Code.ESCORT_NOT_CONFIRMED, lambda f: instead(f, seen(K.ESCORT_CONFIRMED, False))),
    (SESSION, Code.HEALTH_CHANGED, lambda f: instead(f, seen(K.HEALTH_CHANGE, True))),
    (SESSION, Code.ROOM_NOT_READY, lambda f: instead(f, seen(K.ROOM_READY, False))),
    (SESSION, Code.EQUIPMENT_NOT_CHECKED, lambda f: without(f, K.EMERGENCY_EQUIPMENT_CHECKED)),
    (CLEAR, Code.STATE_AUTHORITY_MISSING, lambda f: replace(f, state_rules=())),
    (DOSE, Code.STATE_REGISTRATION_MISSING, lambda f: replace(f, state_duties=())),
    (
        DOSE,
        Code.CREDENTIAL_NOT_VERIFIED,
        lambda f: with_credential(f, AMARA, CredentialKind.DEA, verified_on=None),
    ),
    (DOSE, Code.EXCLUSION_NOT_CLEAR, lambda f: with_staff(f, IVY, is_excluded=True)),
    (
        PREPARE,
        Code.SUPERVISION_MISSING,
        lambda f: with_credential(f, MARCUS, CredentialKind.LICENCE, is_associate=True),
    ),
    (SESSION, Code.PDMP_QUERY_MISSING, lambda f: replace(f, pdmp_queries=())),
    (SESSION, Code.INTEGRATION_MISSING, lambda f: _session_of(f, 4, 1)),
    (SESSION, Code.NEXT_DAY_CONTACT_MISSING, lambda f: _session_of(f, 4, 1)),
    (SESSION, Code.INTERVAL_TOO_SHORT, lambda f: _session_of(f, 1.9, 1)),
    (SESSION, Code.FREQUENCY_EXCEEDED, lambda f: _session_of(_session_of(f, 3, 1), 6, 2)),
    (SESSION, Code.FREQUENCY_REVIEW_NEEDED, lambda f: _weekly(f, 9)),
    (SESSION, Code.OVERSIGHT_OVERDUE, lambda f: _weekly(f, 8)),
    (DOSE, Code.SESSION_NOT_OPEN, lambda f: replace(f, sessions=())),
    (
        DOSE,
        Code.FASTING_TOO_SHORT,
        lambda f: instead(f, seen(K.LAST_LIGHT_MEAL, NOW - hours(5))),
    ),
    (
        DOSE,
        Code.WASHOUT_TOO_SHORT,
        lambda f: replace(f, medications=(medicine("wine", last_taken=NOW - hours(20)),)),
    ),
    (
        DOSE,
        Code.PREGNANCY_TEST_NEEDED,
        lambda f: instead(f, seen(K.PREGNANCY_POSSIBLE, True)),
    ),
    (
        DOSE,
        Code.BP_SYSTOLIC_HIGH,
        lambda f: instead(f, seen(K.SYSTOLIC, 152, minutes(12)), seen(K.SYSTOLIC, 138, minutes(2))),
    ),
    (
        DOSE,
        Code.BP_DIASTOLIC_HIGH,
        lambda f: instead(f, seen(K.DIASTOLIC, 92, minutes(12)), seen(K.DIASTOLIC, 94, minutes(2))),
    ),
    (DOSE, Code.BP_REPEAT_NEEDED, lambda f: instead(f, seen(K.SYSTOLIC, 150))),
    (DOSE, Code.READING_REPEAT_NEEDED, lambda f: instead(f, seen(K.HEART_RATE, 104))),
    (
        DOSE,
        Code.HEART_RATE_OUTSIDE,
        lambda f: instead(
            f, seen(K.HEART_RATE, 112, minutes(12)), seen(K.HEART_RATE, 114, minutes(2))
        ),
    ),
    (DOSE, Code.OXYGEN_SATURATION_LOW, lambda f: instead(f, seen(K.SPO2, 98, oxygen_l_min=None))),
    (DOSE, Code.BREATHING_RATE_OUTSIDE, lambda f: without(f, K.RESPIRATORY_RATE)),
    (DOSE, Code.TEMPERATURE_HIGH, lambda f: without(f, K.TEMPERATURE)),
    (DOSE, Code.STAFF_NOT_PRESENT, lambda f: replace(f, presences=f.presences[:2])),
    (
        DOSE,
        Code.STAFF_SAME_PERSON,
        lambda f: with_staff(
            replace(f, presences=f.presences[1:]),
            MARCUS,
            roles=(Role.THERAPIST, Role.SESSION_CLINICIAN),
        ),
    ),
    (
        DOSE,
        Code.DEA_REGISTRATION_NOT_VALID,
        lambda f: with_credential(f, AMARA, CredentialKind.DEA, schedules=("IV",)),
    ),
    (DOSE, Code.ORDER_MISSING, lambda f: replace(f, orders=())),
    (DOSE, Code.ORDER_NOT_VALID, lambda f: _order(f, cancelled_at=NOW - minutes(1))),
    (DOSE, Code.WEIGHT_STALE, lambda f: _order(f, weight_kg=None)),
    (
        DOSE,
        Code.DOSE_ALREADY_GIVEN,
        lambda f: replace(
            f,
            doses=(Dose("d", "day-1", Route.IM, Decimal(50), NOW - minutes(1), IVY, "order-1"),),
        ),
    ),
    (DOSE, Code.DOSE_ABOVE_ORDER, lambda f: _drawn(f, dose_mg=Decimal(51))),
    (DOSE, Code.DOSE_CEILING_EXCEEDED, lambda f: _order(f, dose_mg=Decimal(176))),
    (DOSE, Code.DOSE_NEEDS_REASON, lambda f: _order(f, dose_mg=Decimal(61))),
    (DOSE, Code.DOSE_NEEDS_TOLERATED, lambda f: _order(f, dose_mg=Decimal(131), reason="so")),
    (
        DOSE,
        Code.DOSE_ROUTE_MIXED,
        lambda f: replace(
            f, doses=(Dose("d", "day-1", Route.IV, Decimal(9), NOW - minutes(1), IVY),)
        ),
    ),
    (DOSE, Code.DOSE_INFUSION_TOO_FAST, lambda f: _order(_route(f, Route.IV), infusion_minutes=39)),
    (
        DOSE,
        Code.CONCENTRATION_NEEDS_DILUTION,
        lambda f: _drawn(_route(f, Route.IV), concentration_mg_per_ml=Decimal(100)),
    ),
    (DOSE, Code.PREPARATION_OF_DOSE_MISSING, lambda f: replace(f, preparations=())),
    (DOSE, Code.PREPARATION_NOT_VALID, lambda f: _drawn(f, drawn_at=NOW - days(1))),
    (DOSE, Code.VIAL_NOT_USABLE, lambda f: _drawn(f, vial_usable_until=NOW - minutes(1))),
    (
        DOSE,
        Code.VARIANCE_UNREVIEWED,
        lambda f: replace(f, variances=(Variance("v", "day-0", "dose without a door", NOW),)),
    ),
    (
        DOSE,
        Code.ADVERSE_EVENT_UNREVIEWED,
        lambda f: replace(f, adverse_events=(AdverseEvent("e", "day-0", "Syncope", 3, NOW),)),
    ),
    (
        DOSE,
        Code.TRANSFER_UNREVIEWED,
        lambda f: replace(
            f,
            adverse_events=(AdverseEvent("t", "day-0", "", 0, NOW - days(16), kind="transfer"),),
        ),
    ),
    (
        DOSE,
        Code.DIAGNOSIS_NOT_MAPPED,
        lambda f: replace(f, diagnoses=(Diagnosis("d", "Migraine", NOW - hours(1), IVY),)),
    ),
    (
        NEXT,
        Code.PERSON_DIED,
        lambda f: replace(f, person=replace(f.person, died_at=NOW - hours(1))),
    ),
    (DOSE, Code.RED_FLAG_OPEN, lambda f: charted(f, seen(K.RED_FLAG_SYMPTOM, True))),
    (
        FURTHER,
        Code.FURTHER_DOSE_OUTSIDE_WINDOW,
        lambda f: replace(f, doses=tuple(replace(d, given_at=NOW - minutes(31)) for d in f.doses)),
    ),
    (
        FURTHER,
        Code.FURTHER_DOSE_COUNT,
        lambda f: replace(
            f, doses=(*f.doses, replace(f.doses[0], id="d2", given_at=NOW - minutes(12)))
        ),
    ),
    (
        FURTHER,
        Code.SEDATION_TOO_DEEP,
        lambda f: instead(
            f, seen(K.SEDATION_MOAAS, 3, minutes(9)), seen(K.SEDATION_MOAAS, 3, minutes(2))
        ),
    ),
    (
        FURTHER,
        Code.STEP_FORBIDS_DOSE,
        lambda f: instead(f, seen(K.HEART_RATE, 125, minutes(2))),
    ),
    (
        LEAVE,
        Code.READING_NOT_TOLD,
        lambda f: charted(f, seen(K.SPO2, 88, minutes(90), session="day-1")),
    ),
    (FURTHER, Code.NO_DOSE_GIVEN, lambda f: replace(f, doses=())),
    (
        LEAVE,
        Code.STAY_TOO_SHORT,
        lambda f: replace(f, doses=tuple(replace(d, given_at=NOW - minutes(119)) for d in f.doses)),
    ),
    (LEAVE, Code.PRESSURE_NOT_SETTLED, lambda f: charted(f, seen(K.SYSTOLIC, 150, minutes(1)))),
    (LEAVE, Code.BASELINE_MISSING, lambda f: instead(f, seen(K.SYSTOLIC, 128, minutes(5)))),
    (LEAVE, Code.DISCHARGE_SCORE_LOW, lambda f: instead(f, seen(K.PADSS_ACTIVITY, 1, minutes(5)))),
    (LEAVE, Code.NOT_FULLY_AWAKE, lambda f: instead(f, seen(K.SEDATION_MOAAS, 4, minutes(5)))),
    (LEAVE, Code.DISTRESS_NOT_SETTLED, lambda f: charted(f, seen(K.DISTRESS, 4, minutes(1)))),
    (
        LEAVE,
        Code.DISSOCIATION_NOT_SETTLED,
        lambda f: charted(f, seen(K.DISSOCIATION, 3, minutes(1))),
    ),
    (LEAVE, Code.THERAPIST_CHECK_MISSING, lambda f: without(f, K.THERAPIST_DISCHARGE_CHECK)),
    (LEAVE, Code.ESCORT_NOT_IDENTIFIED, lambda f: without(f, K.ESCORT_IDENTIFIED)),
    (
        LEAVE,
        Code.INSTRUCTIONS_NOT_UNDERSTOOD,
        lambda f: instead(f, seen(K.INSTRUCTIONS_UNDERSTOOD, False, minutes(5))),
    ),
    (
        LEAVE,
        Code.RESERVATION_UNRESOLVED,
        lambda f: replace(
            f, sessions=tuple(replace(s, unresolved_mg=Decimal(5)) for s in f.sessions)
        ),
    ),
    (
        NEXT,
        Code.SESSION_STILL_OPEN,
        lambda f: replace(f, sessions=tuple(replace(s, ended_at=None) for s in f.sessions)),
    ),
    (CLOSE, Code.TASKS_OPEN, lambda f: replace(f, tasks=(_task(holds=False),))),
    (CLOSE, Code.OUTCOME_MISSING, lambda f: without(f, K.PHQ9_TOTAL)),
)


@pytest.mark.parametrize(
    ("door", "code", "change"), PROVOKED, ids=[f"{d}-{c}" for d, c, _ in PROVOKED]
)
def test_one_small_change_provokes_the_reason(
    door: Door, code: Code, change: Callable[[Facts], Facts]
) -> None:
    allowed = ALLOWED[door]()
    assert ask(door, allowed).allowed
    refused = ask(door, change(allowed))
    assert not refused.allowed
    assert code in {finding.code for finding in refused.stops}


REGISTER = {code for code in Code if code.value.startswith(("movement_", "vial_", "witness_"))} | {
    Code.WASTE_EXCEEDS_DRAWN,
    Code.CORRECTION_NOT_REVERSAL,
    Code.PERSON_MISSING,
    Code.COUNTERPARTY_MISSING,
}
REGISTERS_OWN = ("test_ledger.py", "test_practice.py")
STRICTER = {Code.MEDICATION_NOT_COMPATIBLE, Code.INVESTIGATION_MISSING}  # only under stricter data


def test_every_code_is_provoked_here_or_in_the_register() -> None:
    here = {code for _, code, _ in PROVOKED}
    folder = Path(__file__).parent
    register = "".join((folder / name).read_text() for name in REGISTERS_OWN)
    for code in set(Code) - here:
        assert code in REGISTER | STRICTER, f"nothing provokes {code}"
        named = f"Code.{code.name}" in register or f'"{code.value}"' in register
        assert named or code not in REGISTER, f"{code} is not provoked in {REGISTERS_OWN}"


def test_a_medicine_that_a_protocol_refuses_is_refused() -> None:
    shipped = clinic_protocol()
    groups = dict(shipped.medication_groups)
    groups["opioids"] = replace(groups["opioids"], verdict="fail", relievable_by=())
    stricter = replace(shipped, medication_groups=groups)
    facts = replace(ALLOWED[CLEAR](), medications=(medicine("Oxycodone"),))
    decision = ask(CLEAR, facts, stricter)
    assert [f.code for f in decision.stops] == [Code.MEDICATION_NOT_COMPATIBLE]
    assert decision.stops[0].verdict is Verdict.FAIL


def test_an_investigation_that_a_protocol_asks_of_everybody_is_missed() -> None:
    shipped = clinic_protocol()
    path = "screening.ecg_required"
    wanted = {**shipped.settings, path: replace(shipped.setting(path), value=True)}
    decision = ask(CLEAR, ALLOWED[CLEAR](), replace(shipped, settings=wanted))
    assert [f.code for f in decision.stops] == [Code.INVESTIGATION_MISSING]
    facts = ALLOWED[CLEAR]()
    filed = replace(facts, documents=(*facts.documents, paper(DocumentKind.ECG, days(365))))
    assert ask(CLEAR, filed, replace(shipped, settings=wanted)).allowed
    old = replace(facts, documents=(*facts.documents, paper(DocumentKind.ECG, days(366))))
    assert not ask(CLEAR, old, replace(shipped, settings=wanted)).allowed


def test_a_change_of_letter_case_and_spaces_does_not_hide_a_medicine() -> None:
    facts = replace(ALLOWED[CLEAR](), medications=(medicine("  ST John's   Wort "),))
    assert Code.MEDICATION_NEEDS_PLAN in {f.code for f in ask(CLEAR, facts).stops}
