"""The evidence table, row by row: what a "yes" does, what is not a "no", and when a "yes" ends.

Each line is one row of the table that this program was written from (labels, societies, trials,
clinics): the row in its own words, the question that asks it, and what a "yes" means at kap-clinic
and at kap-strict. A physician should be able to read down it and disagree with a line.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import pytest

from holdspace.care import shipped
from holdspace.core import limits
from holdspace.core import protocol as protocols
from holdspace.core.codes import Code
from holdspace.core.decision import Door, Finding, Verdict
from holdspace.core.facts import Answer, Facts
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import Kind
from tests.core.cases import (
    ALLOWED,
    NOW,
    about,
    answered,
    ask,
    assessed,
    clinic_protocol,
    codes,
    days,
    instead,
    medicine,
    readied,
    seen,
)  # fmt: skip

CLEAR = Door.CLEAR_FOR_MEDICINE
TODAY = date(2025, 3, 3)
F, H = "fail", "hold"
REST = "resting_pressure_not_controlled"

# Absolute: nobody waives it; only a corrected or newer fact.
ABSOLUTE = (
    # the row of the evidence, the question, where the sources disagree
    ("aneurysmal vascular disease", "aneurysmal_vascular_disease", ""),
    ("arteriovenous malformation", "arteriovenous_malformation", "EU text"),
    ("intracerebral haemorrhage, ever", "intracerebral_haemorrhage", ""),
    ("cardiovascular event, MI: 6 weeks or 3 months", "recent_cardiovascular_event", "6 weeks"),
    ("uncontrolled hypertension, above 180/100 or 110", "uncontrolled_hypertension", "180/110"),
    ("pressure rise hazardous; CVA; brain trauma", "blood_pressure_rise_hazardous", "lasting"),
    ("eclampsia, pre-eclampsia", "eclampsia", ""),
    ("hyperthyroidism, not or not enough treated", "untreated_hyperthyroidism", "Swiss"),
    ("poorly controlled heart disease, unstable angina", "unstable_cardiovascular_disease", ""),
    ("hypersensitivity to ketamine or excipient", "ketamine_hypersensitivity", ""),
    ("pregnancy", "pregnancy", "label"),
    ("breast-feeding", "breast_feeding", ""),
    ("psychosis now, primary psychotic disorder ever", "psychotic_disorder", "US label"),
    ("mania or mixed state now", "mania_current", ""),
    ("severe hepatic impairment, Child-Pugh C", "severe_hepatic_impairment", ""),
    ("raised intracranial pressure, mass, hydroceph.", "raised_intracranial_pressure", "caution"),
    ("open or acute eye injury", "open_eye_injury", ""),
    ("active substance use disorder or intoxication", "substance_use_active", "Absolute"),
    ("ketamine or PCP misuse, lifetime or past year", "ketamine_or_pcp_misuse", "Lifetime"),
    ("acute porphyria", "acute_porphyria", "relative"),
    ("no capacity", "no_capacity", ""),
    ("dementia, recent delirium", "neurocognitive_disorder", ""),
)  # fmt: skip

# Needs a clearance: held until the specialist was asked; or refused by the strictest reading.
CLEARANCE = (
    # the row of the evidence, the question, who is asked, kap-clinic, kap-strict
    ("heart disease, treated hypertension", "heart_disease_stable", "internal medicine", H, H),
    ("stable CAD, arrhythmia, long QT", "coronary_disease_or_rhythm_controlled",
     "cardiology", H, H),
    ("abnormal ECG", "ecg_abnormal", "cardiology", H, H),
    ("heart failure NYHA III-IV, valves", "heart_failure_or_valve", "cardiology", H, H),
    ("prior stroke or TIA", "stroke_or_tia", "neurology", H, H),
    ("COPD, pulmonary insufficiency", "lung_disease", "internal medicine", H, H),
    ("sleep apnoea", "sleep_apnoea",
     "sleep medicine or anaesthesia", H, H),
    ("glaucoma, raised eye pressure", "glaucoma", "ophthalmology", H, H),
    ("moderate hepatic impairment (B)", "moderate_hepatic_impairment", "hepatology", H, H),
    ("cystitis, bladder symptoms", "bladder_disease", "urology", H, H),
    ("hyperthyroid on treatment, hormone", "hyperthyroidism_treated", "internal medicine", H, H),
    ("bipolar disorder", "bipolar_disorder", "psychiatry", H, F),
    ("psychosis in a first-degree relative", "family_history_psychosis", "psychiatry", H, F),
    ("dissociative disorder", "dissociative_disorder", "psychiatry", H, F),
    ("severe personality disorder", "personality_disorder_severe", "psychiatry", H, H),
    ("suicidality", "suicidality_active", "psychiatry", H, F),
    ("substance use disorder in remission", "substance_use_remission", "addiction medicine", H, F),
    ("epilepsy", "epilepsy", "neurology", H, F),
    ("symptomatic brain injury", "brain_injury_symptomatic", "neurology", H, F),
    ("acute infection of the airways", "infection_acute", "internal medicine", H, F),
    ("prior non-response or bad reaction", "ketamine_bad_reaction", "psychiatry", H, F),
    ("(expected) alcohol withdrawal", "alcohol_withdrawal_risk", "addiction medicine", H, H),
    ("(expected) phaeochromocytoma", "phaeochromocytoma", "endocrinology", H, H),
)  # fmt: skip

# The drug rows. A hold waits for the prescriber's plan; a note is shown; hours refuse a dose.
MEDICINES = (
    # the row of the evidence, taken as, kap-clinic, kap-strict (None: the same), hours
    ("opioids", "oxycodone", H, H, None),
    ("(expected) opioid agonist treatment", "Suboxone", H, H, None),
    ("(expected) sodium oxybate", "Xyrem", H, H, None),
    ("sedating antihistamines", "hydroxyzine", "note", H, None),
    ("muscle relaxants", "Flexeril", "note", H, None),
    ("other CNS depressants", "Ambien", "note", H, None),
    ("benzodiazepines", "lorazepam", H, H, None),
    ("lamotrigine", "Lamictal", "note", H, None),
    ("lithium", "lithium", "note", "note", None),
    ("clozapine, haloperidol, risperidone", "risperidone", "note", H, None),
    ("MAOI", "phenelzine", H, H, None),
    ("psychostimulants", "Adderall", H, H, None),
    ("psychostimulants", "modafinil", H, H, None),
    ("caffeine", "coffee", "note", "note", None),
    ("theophylline, aminophylline", "aminophylline", H, H, None),
    ("tramadol, St John's wort, metrizamide", "tramadol", H, H, None),
    ("tramadol, St John's wort, metrizamide", "st john's wort", H, H, None),
    ("sympathomimetics, vasopressin", "Sudafed", "note", H, None),
    ("thyroid hormone", "levothyroxine", "note", H, None),
    ("antihypertensives", "lisinopril", "note", "note", None),
    ("clonidine", "clonidine", "note", H, None),
    ("barbiturates", "phenobarbital", H, H, None),
    ("CYP3A4 inhibitors", "clarithromycin", H, H, None),
    ("CYP3A4 inducers", "carbamazepine", H, H, None),
    ("naltrexone", "Vivitrol", "note", H, None),
    ("memantine, other NMDA drugs", "memantine", "note", H, None),
    ("gabapentinoids", "gabapentin", H, H, None),
    ("cannabis", "cannabis", "note", None, 24),
    ("alcohol", "wine", "note", None, 24),
    ("other psychedelics", "psilocybin", H, H, 168),
    ("nasal steroids, decongestants", "Flonase", "note", None, None),
    ("SSRI", "sertraline", "note", None, None),
    ("(expected) GLP-1 medicines: fasting", "Ozempic", H, H, None),
    ("(expected) insulin: glucose", "insulin", H, H, None),
    ("(expected) sulfonylureas: glucose", "glipizide", H, H, None),
)  # fmt: skip


@cache
def strict_protocol() -> Protocol:
    return protocols.load(shipped.protocol_text("kap-strict/1.0"))


def found(facts: Facts, key: str, protocol: Protocol | None = None) -> Finding:
    return about(ask(CLEAR, facts, protocol).findings, key)


def yes(key: str) -> Facts:
    """A "yes" of ten days ago, which is inside every window."""
    return answered(assessed(), key, happened_on=TODAY - timedelta(days=10))


def test_no_row_of_the_evidence_is_without_its_question_and_no_question_without_its_row() -> None:
    rows = {key for _, key, _ in ABSOLUTE} | {key for _, key, *_ in CLEARANCE}
    assert {key for _, key, _ in ABSOLUTE} == limits.ABSOLUTE_CONTRAINDICATIONS
    assert rows == set(clinic_protocol().conditions) == set(strict_protocol().conditions)


@pytest.mark.parametrize(("row", "key", "conflict"), ABSOLUTE)
def test_an_absolute_contraindication_refuses_and_nobody_answers_it(
    row: str, key: str, conflict: str
) -> None:
    for protocol in (clinic_protocol(), strict_protocol()):
        finding = found(yes(key), key, protocol)
        assert (finding.code, finding.verdict) == (Code.CONTRAINDICATION_PRESENT, Verdict.FAIL)
        assert finding.relievable_by == () and "no waiver" in finding.rule
        assert conflict in finding.rule, "where the sources disagree, the finding says so"
        assert finding.source and finding.evidence


@pytest.mark.parametrize(("row", "key", "who", "clinic", "strict"), CLEARANCE)
def test_what_needs_a_clearance_waits_for_the_one_who_knows(
    row: str, key: str, who: str, clinic: str, strict: str
) -> None:
    finding = found(yes(key), key)
    assert (finding.code, finding.verdict.value) == (Code.CLEARANCE_NEEDED, clinic)
    assert finding.relievable_by == ("prescriber",) and finding.specialty == who
    assert who in finding.rule and finding.source
    tightest = found(yes(key), key, strict_protocol())
    assert tightest.verdict.value == strict
    assert bool(tightest.relievable_by) is (strict == H)


@pytest.mark.parametrize("key", [key for _, key, *_ in (*ABSOLUTE, *CLEARANCE)])
def test_only_a_plain_and_recent_no_is_a_no(key: str) -> None:
    """No passes; missing, not known, older than 90 days, or dated ahead is asked again."""
    first = assessed()
    missing = replace(first, conditions=tuple(c for c in first.conditions if c.key != key))
    assert found(answered(first, key, Answer.NO), key).verdict is Verdict.PASS
    assert found(answered(first, key, Answer.NO, at=NOW - days(90)), key).verdict is Verdict.PASS
    for facts in (
        missing,
        answered(first, key, Answer.NOT_KNOWN),
        answered(first, key, Answer.NO, at=NOW - days(91)),
        answered(first, key, Answer.NO, at=NOW + days(1)),
    ):
        finding = found(facts, key)
        assert (finding.code, finding.verdict) == (Code.CONDITION_UNANSWERED, Verdict.UNKNOWN)
        assert not finding.relievable_by, "what was not asked is not answered by a plan"


@pytest.mark.parametrize("key", [key for _, key, _ in ABSOLUTE])
def test_an_old_yes_stays_a_yes_where_no_source_gives_a_time(key: str) -> None:
    facts = answered(assessed(), key, happened_on=date(1999, 1, 1))
    is_dated = key == "recent_cardiovascular_event"
    assert found(facts, key).verdict is (Verdict.NOTE if is_dated else Verdict.FAIL)


# --- windows: a day before, the day, a day after --------------------------------------------------

MI, REMISSION = "recent_cardiovascular_event", "substance_use_remission"
WINDOWS = (
    # what happened, on, asked on, answer, asked again from
    (MI, date(2025, 1, 20), date(2025, 3, 3), F, "21 Apr 2025 (3 months"),
    (MI, date(2025, 1, 20), date(2025, 3, 4), F, "4 Mar 2025"), # over by the label alone
    (MI, date(2025, 3, 1), date(2025, 5, 30), F, "2 Jun 2025"), # day 90
    (MI, date(2025, 3, 1), date(2025, 5, 31), F, "2 Jun 2025"), # day 91, not yet three months
    (MI, date(2025, 3, 1), date(2025, 6, 1), F, "2 Jun 2025"), # the last day
    (MI, date(2025, 3, 1), date(2025, 6, 2), "note", ""),
    (MI, date(2025, 1, 31), date(2025, 5, 1), F, "2 May 2025"), # April has no 31st
    (MI, date(2025, 1, 31), date(2025, 5, 2), "note", ""),
    (MI, date(2024, 12, 1), date(2025, 3, 1), F, "2 Mar 2025"), # 90 days are the longer
    (MI, date(2024, 12, 1), date(2025, 3, 2), "note", ""),
    (REMISSION, date(2024, 10, 3), date(2025, 3, 3), H, ""), # five months
    (REMISSION, date(2024, 3, 3), date(2025, 3, 2), H, ""),
    (REMISSION, date(2024, 3, 3), date(2025, 3, 3), H, ""), # the last day
    (REMISSION, date(2024, 3, 3), date(2025, 3, 4), "note", ""),
    (REMISSION, date(2024, 2, 29), date(2025, 3, 1), H, ""), # no 29th
    (REMISSION, date(2024, 2, 29), date(2025, 3, 2), "note", ""),
)  # fmt: skip


@pytest.mark.parametrize(("key", "on", "asked_on", "verdict", "again"), WINDOWS)
def test_a_window_in_months_is_counted_on_the_calendar_and_the_longer_end_holds(
    key: str, on: date, asked_on: date, verdict: str, again: str
) -> None:
    ahead = timedelta(days=(asked_on - TODAY).days)
    facts = replace(assessed(), now=NOW + ahead)
    finding = found(answered(facts, key, happened_on=on, at=NOW + ahead - days(1)), key)
    assert finding.verdict.value == verdict
    assert again in finding.ask_again_on


def test_a_heart_attack_shows_both_dates_from_which_it_may_be_asked_again() -> None:
    asked = found(answered(assessed(), MI, happened_on=date(2025, 1, 27)), MI).ask_again_on
    assert asked == (
        "28 Apr 2025 (3 months, the strictest source); by the label alone 11 Mar 2025 (6 weeks)"
    )


@pytest.mark.parametrize("key", [MI, REMISSION])
def test_a_yes_without_its_day_or_with_a_day_to_come_is_asked(key: str) -> None:
    for on in (None, TODAY + timedelta(days=1)):
        finding = found(answered(assessed(), key, happened_on=on), key)
        assert (finding.code, finding.verdict) == (Code.CONDITION_UNANSWERED, Verdict.UNKNOWN)
    assert found(answered(assessed(), key, happened_on=TODAY), key).verdict is not Verdict.UNKNOWN


# --- medicines ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "name", "clinic", "strict", "hours"), MEDICINES)
def test_each_drug_row_flags_asks_or_waits_and_orders_nothing(
    row: str, name: str, clinic: str, strict: str | None, hours: int | None
) -> None:
    facts = replace(assessed(), medications=(medicine(name, last_taken=NOW - days(30)),))
    for protocol, verdict in ((clinic_protocol(), clinic), (strict_protocol(), strict or clinic)):
        finding = found(facts, name.lower(), protocol)
        assert (finding.code, finding.verdict.value) == (Code.MEDICATION_NEEDS_PLAN, verdict)
        assert finding.relievable_by == (("prescriber",) if verdict == H else ())
        assert finding.source and finding.rule
    if hours:
        for off, stops in ((1, True), (0, False)):
            last = NOW - timedelta(hours=hours) + timedelta(minutes=off)
            day = replace(readied(), medications=(medicine(name, last_taken=last),))
            decided = codes(ask(Door.GIVE_DOSE, day))
            assert ("washout_too_short" in decided) is stops


# --- the rows that are rules of their own ---------------------------------------------------------

MEASURED = (
    # the row, the facts, the answer
    ("age < 18", lambda f: _born(f, date(2007, 3, 4)), {"age_below_minimum": F}),
    ("age 18", lambda f: _born(f, date(2007, 3, 3)), {}),
    ("age 64", lambda f: _born(f, date(1960, 3, 4)), {}),
    ("age >= 65", lambda f: _born(f, date(1960, 3, 3)), {"clearance_needed": H}),
    ("BMI 35.0", lambda f: instead(f, seen(Kind.WEIGHT, "103.5", days(1))), {}),
    ("BMI > 35", lambda f: instead(f, seen(Kind.WEIGHT, "104", days(1)),
                                   seen(Kind.STOP_BANG, 2, days(1))), {"body_mass_high": H}),
    ("BMI > 35, STOP-BANG not asked",
     lambda f: instead(f, seen(Kind.WEIGHT, "104", days(1))),
     {"body_mass_high": H, "clearance_needed": "unknown"}),
    ("STOP-BANG 3", lambda f: instead(f, seen(Kind.STOP_BANG, 3, days(1))),
     {"clearance_needed": H}),
    ("rest 180/100", lambda f: _rest(f, 180, 100), {}),
    ("rest 181/100", lambda f: _rest(f, 181, 100), {REST: F}),
    ("rest 180/101", lambda f: _rest(f, 180, 101), {REST: F}),
    ("pregnancy test", lambda f: instead(f, seen(Kind.PREGNANCY_POSSIBLE, True, days(1)),
                                         seen(Kind.PREGNANCY_TEST, "positive", days(1))),
     {"pregnancy_possible": F}),
)  # fmt: skip


def _born(facts: Facts, on: date) -> Facts:
    return replace(facts, person=replace(facts.person, birth_date=on))


def _rest(facts: Facts, systolic: int, diastolic: int) -> Facts:
    """Two seated readings, the second of them calm: the higher one counts."""
    return instead(
        facts,
        seen(Kind.SYSTOLIC, systolic, days(1)),
        seen(Kind.DIASTOLIC, diastolic, days(1)),
        seen(Kind.SYSTOLIC, 120, days(1) - timedelta(minutes=6)),
        seen(Kind.DIASTOLIC, 76, days(1) - timedelta(minutes=6)),
    )


@pytest.mark.parametrize(("row", "change", "answer"), MEASURED, ids=[row for row, *_ in MEASURED])
def test_what_is_measured_is_compared_and_not_asked(row: str, change, answer) -> None:  # type: ignore[no-untyped-def]
    assert codes(ask(CLEAR, change(assessed()))) == answer


# --- where it comes from --------------------------------------------------------------------------


def test_every_code_of_a_condition_is_a_billable_one_that_ships() -> None:
    known = shipped.icd10()
    for protocol in (clinic_protocol(), strict_protocol()):
        for spec in protocol.conditions.values():
            assert set(spec.icd10) <= set(known), spec.key
    assert clinic_protocol().conditions[MI].icd10 == ("I21.9", "I21.A1")


def test_general_knowledge_and_proposals_wait_for_the_director() -> None:
    facts = assessed()
    unsigned = replace(facts, clinic=replace(facts.clinic, protocol_signed_by_director=False))
    for key, waits in (("phaeochromocytoma", True), ("epilepsy", False)):
        assert found(answered(unsigned, key), key).awaiting_signature is waits
        assert not found(answered(facts, key), key).awaiting_signature


@pytest.mark.parametrize("door", [Door.CLEAR_FOR_MEDICINE, Door.OPEN_SESSION])
def test_an_absolute_contraindication_is_asked_for_where_a_protocol_forgets_it(door: Door) -> None:
    shipped = clinic_protocol()
    fewer = {key: spec for key, spec in shipped.conditions.items() if key != "eclampsia"}
    facts = ALLOWED[door]()
    unasked = tuple(c for c in facts.conditions if c.key != "eclampsia")
    decision = ask(door, replace(facts, conditions=unasked), replace(shipped, conditions=fewer))
    assert codes(decision) == {"condition_unanswered": "unknown"}
    assert ask(door, facts, replace(shipped, conditions=fewer)).allowed
