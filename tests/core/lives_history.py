"""Small changes of the history: its questions, the diagnoses on file, the medicines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from holdspace.core.diagnoses import Diagnosis, DiagnosisStatus, OnsetKnown
from holdspace.core.facts import Answer, AskedIn, Condition, DocumentKind, Route
from holdspace.core.units import Kind
from tests.core.cases import (
    AMARA,
    IVY,
    MARCUS,
    NOW,
    answered,
    charted,
    days,
    hours,
    medicine,
    minutes,
    no_paper,
    seen,
    with_paper,
)
from tests.core.lives import CLEAR, DOSE, FURTHER, PREPARE, SESSION, Change, Lives, by_route
from tests.core.lives_people import then

HEART, ALWAYS, HELD = "recent_cardiovascular_event", "aneurysmal_vascular_disease", "epilepsy"
TODAY = date(2025, 3, 3)


def yes(key: str, **more: Any) -> Change:
    return lambda f: answered(f, key, Answer.YES, **more)


def says(key: str, answer: Answer, **more: Any) -> Change:
    return lambda f: answered(f, key, answer, **more)


def therapist_says(key: str, answer: Answer, ago_days: float = 19) -> Change:
    made = Condition(key, answer, NOW - days(ago_days), MARCUS, asked_in=AskedIn.MENTAL_HEALTH)
    return lambda f: replace(f, conditions=(*f.conditions, made))


def also_says(key: str, answer: Answer, ago_days: float = 20) -> Change:
    made = Condition(key, answer, NOW - days(ago_days), AMARA)
    return lambda f: replace(f, conditions=(made, *f.conditions))


def unasked(key: str) -> Change:
    return lambda f: replace(f, conditions=tuple(c for c in f.conditions if c.key != key))


def takes(*names: str, **more: Any) -> Change:
    made = tuple(medicine(name, **more) for name in names)
    return lambda f: replace(f, medications=(*f.medications, *made))


def has(words: str, icd10: str = "", ago_days: float = 30, **more: Any) -> Change:
    row = Diagnosis(f"dx-{words}", words, NOW - days(ago_days), IVY, icd10, **more)
    return lambda f: replace(f, diagnoses=(*f.diagnoses, row))


def asked_by_the_therapist(*keys: str) -> Change:
    return lambda f: with_paper(f, DocumentKind.MENTAL_HEALTH_ASSESSMENT, asks=keys)


OF_QUESTIONS: Lives = (
    *((door, f"{key}: {answer.value}", says(key, answer))
      for door in (CLEAR, SESSION) for key in (HEART, ALWAYS, HELD, "eclampsia")
      for answer in (Answer.YES, Answer.NOT_KNOWN)),
    *((door, f"{key} was not asked", unasked(key))
      for door in (CLEAR, SESSION) for key in (HEART, ALWAYS, HELD)),
    *((CLEAR, f"a heart attack on {on}", yes(HEART, happened_on=on))
      for on in (date(2025, 1, 20), date(2024, 12, 3), date(2024, 12, 2), TODAY,
                 date(2025, 3, 4))),
    (SESSION, "a heart attack outside the window",
     yes(HEART, happened_on=date(2024, 9, 1))),
    (CLEAR, "an aneurysm with words", yes(ALWAYS, detail="of the aorta, 3 cm")),
    (CLEAR, "epilepsy with words", yes(HELD, detail="last seizure 2019")),
    (CLEAR, "asked ninety days ago", says(HELD, Answer.NO, at=NOW - days(90))),
    (CLEAR, "asked longer ago", says(HELD, Answer.NO, at=NOW - days(90) - minutes(1))),
    (SESSION, "asked longer ago", says(HELD, Answer.NO, at=NOW - days(91))),
    (CLEAR, "answered in the future", says(HELD, Answer.NO, at=NOW + minutes(5))),
    (SESSION, "answered in the future", says(HELD, Answer.NO, at=NOW + minutes(5))),
    (CLEAR, "an earlier yes, then no", also_says(HELD, Answer.YES, 30)),
    (CLEAR, "yes and no at one moment", also_says(HELD, Answer.YES)),
    (CLEAR, "an earlier no, then yes", then(yes(HELD), also_says(HELD, Answer.NO, 30))),
    (CLEAR, "the therapist hears yes", therapist_says(HELD, Answer.YES)),
    (SESSION, "the therapist hears yes", therapist_says(HELD, Answer.YES)),
    (CLEAR, "the therapist hears no", therapist_says(HELD, Answer.NO)),
    (CLEAR, "the therapist does not know", therapist_says(HELD, Answer.NOT_KNOWN)),
    (CLEAR, "the physician hears yes, the therapist no",
     then(yes(HELD), therapist_says(HELD, Answer.NO))),
    (CLEAR, "both hear yes, the therapist later",
     then(yes(HELD), therapist_says(HELD, Answer.YES))),
    (CLEAR, "both hear yes, the physician later",
     then(yes(HELD), therapist_says(HELD, Answer.YES, 21))),
    (CLEAR, "the therapist hears no, the physician was not asked",
     then(unasked(HELD), therapist_says(HELD, Answer.NO))),
    (SESSION, "the therapist hears no, the physician was not asked",
     then(unasked(HELD), therapist_says(HELD, Answer.NO))),
    (CLEAR, "the assessment says that it asked, and nothing is there",
     asked_by_the_therapist(HELD)),
    (CLEAR, "the assessment says that it asked, and no is there",
     then(asked_by_the_therapist(HELD), therapist_says(HELD, Answer.NO))),
    *((CLEAR, f"{key}: yes", yes(key)) for key in (
        "uncontrolled_hypertension", "heart_disease_stable", "ecg_abnormal", "bipolar_disorder",
        "family_history_psychosis", "suicidality_active", "substance_use_active",
        "substance_use_remission", "lung_disease", "infection_acute", "bladder_disease",
        "glaucoma", "ketamine_bad_reaction", "no_capacity", "psychotic_disorder")),
    *((CLEAR, f"substance use ended on {on}", yes("substance_use_remission", happened_on=on))
      for on in (date(2024, 12, 3), date(2024, 12, 2), date(2024, 3, 3), date(2024, 3, 2))),
)  # fmt: skip

OF_DIAGNOSES: Lives = (
    *((door, f"epilepsy is on file since {when}",
       has("Epilepsy", "G40.909", onset=on, onset_known=known))
      for door in (CLEAR, SESSION)
      for when, on, known in (
          ("a day", date(2019, 5, 31), OnsetKnown.DAY),
          ("nobody knows when", None, OnsetKnown.UNKNOWN))),
    (CLEAR, "epilepsy is on file and was heard as yes",
     then(yes(HELD), has("Epilepsy", "G40.909"))),
    (CLEAR, "epilepsy is resolved",
     has("Epilepsy", "G40.909", status=DiagnosisStatus.RESOLVED)),
    (CLEAR, "epilepsy was said yesterday", has("Epilepsy", "G40.909", 1)),
    *((CLEAR, f"a heart attack on file since {when}",
       has("Infarction", "I21.9", onset=on, onset_known=known))
      for when, on, known in (
          ("December", date(2024, 12, 1), OnsetKnown.MONTH),
          ("November", date(2024, 11, 1), OnsetKnown.MONTH),
          ("the second of December", date(2024, 12, 2), OnsetKnown.DAY),
          ("last year", date(2024, 1, 1), OnsetKnown.YEAR),
          ("2023", date(2023, 1, 1), OnsetKnown.YEAR),
          ("this year", date(2025, 1, 1), OnsetKnown.YEAR),
          ("nobody knows when", date(2024, 1, 1), OnsetKnown.UNKNOWN))),
    (CLEAR, "a diagnosis without a code", has("Migraine")),
    (CLEAR, "a diagnosis by a code that answers nothing", has("Migraine", "G43.909")),
    (SESSION, "a diagnosis of before the clearance", has("Migraine", "G43.909")),
    (SESSION, "a diagnosis at the moment of the clearance", has("Migraine", "G43.909", 15)),
    (SESSION, "a diagnosis and no clearance",
     then(has("Migraine", "G43.909"), lambda f: no_paper(f, DocumentKind.CLEARANCE))),
    (SESSION, "a diagnosis since the clearance", has("Migraine", "G43.909", 2)),
    (SESSION, "a diagnosis confirmed since the clearance",
     has("Migraine", "G43.909", 2, since=NOW - days(30))),
    (PREPARE, "epilepsy was said since the clearance", has("Epilepsy", "G40.909", 2)),
    (PREPARE, "epilepsy was said before the clearance", has("Epilepsy", "G40.909", 16)),
    (PREPARE, "epilepsy was confirmed since the clearance",
     has("Epilepsy", "G40.909", 2, since=NOW - days(30))),
    (PREPARE, "a yes since the clearance", yes(HELD, at=NOW - days(2))),
    (PREPARE, "a yes at the moment of the clearance", yes(HELD, at=NOW - days(15))),
    (PREPARE, "a yes first heard before the clearance",
     yes(HELD, at=NOW - days(2), since=NOW - days(30))),
    (PREPARE, "a yes to a question of an older protocol", yes("no_such", at=NOW - days(2))),
    (PREPARE, "a medicine since the clearance",
     lambda f: replace(f, medications=(replace(medicine("Ibuprofen"), at=NOW - days(2)),))),
    (PREPARE, "a medicine first named before the clearance",
     lambda f: replace(f, medications=(
         replace(medicine("Ibuprofen"), at=NOW - days(2), since=NOW - days(30)),))),
    (PREPARE, "a positive test since the clearance",
     lambda f: charted(f, seen(Kind.PREGNANCY_TEST, "positive", days(2)))),
    (PREPARE, "a negative test since the clearance",
     lambda f: charted(f, seen(Kind.PREGNANCY_TEST, "negative", days(2)))),
    (PREPARE, "a positive test before the clearance, written down since",
     lambda f: charted(f, seen(Kind.PREGNANCY_TEST, "positive", days(20),
                               recorded_at=NOW - days(2)))),
)  # fmt: skip


def asked_for_medicines(ago_days: float | None) -> Change:
    at = None if ago_days is None else NOW - days(ago_days)
    return lambda f: replace(f, medications_asked_at=at)


OF_MEDICINES: Lives = (
    *((door, f"medicines asked {ago} days ago", asked_for_medicines(ago))
      for door in (CLEAR, SESSION) for ago in (90, 90.1, -1, None)),
    *((CLEAR, f"takes {name}", takes(name)) for name in (
        "Lorazepam", "Sertraline", "Oxycodone", "Lamotrigine", "Phenelzine", "Lisinopril",
        "Semaglutide", "Zorblax", "wine", "cannabis", "Esketamine", "Bupropion", "coffee")),
    (SESSION, "takes Lorazepam", takes("Lorazepam")),
    (CLEAR, "takes Lorazepam, unchanged for long",
     lambda f: replace(f, medications=(
         replace(medicine("Lorazepam"), unchanged_since=NOW - days(60)),))),
    (CLEAR, "takes Lorazepam, unchanged for very long",
     lambda f: replace(f, medications=(
         replace(medicine("Lorazepam"), unchanged_since=NOW - days(200)),))),
    (CLEAR, "takes two of one", takes("Ultracet", ingredients=("tramadol", "acetaminophen"))),
    (CLEAR, "takes one by a table nobody knows",
     takes("Novum", classes=("opioid",), table="us-9/none")),
    *((DOSE, f"drank wine {ago} hours ago", takes("wine", last_taken=NOW - hours(ago)))
      for ago in (23.9, 24, 25)),
    *((FURTHER, f"drank wine {ago} hours ago", takes("wine", last_taken=NOW - hours(ago)))
      for ago in (23.9, 24)),
    (DOSE, "will drink wine", takes("wine", last_taken=NOW + minutes(5))),
    (DOSE, "nobody knows when wine was drunk", takes("wine")),
    *((DOSE, f"took {name} {ago} hours ago", takes(name, last_taken=NOW - hours(ago)))
      for name in ("Lorazepam", "cannabis", "oxymetazoline", "Lisinopril")
      for ago in (1, 12, 30)),
    *((DOSE, f"a nasal spray {ago} hours before {route.value}",
       then(lambda f, r=route: by_route(f, r, 40),
            takes("oxymetazoline", last_taken=NOW - hours(ago))))
      for route in (Route.INTRANASAL, Route.SUBLINGUAL) for ago in (0.9, 1)),
)  # fmt: skip
OF_THE_HISTORY: dict[str, Lives] = {
    "history": (*OF_QUESTIONS, *OF_MEDICINES),
    "diagnosed": OF_DIAGNOSES,
}
