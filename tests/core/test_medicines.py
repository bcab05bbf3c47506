"""A name is known exactly or not at all, and what it was taken for is kept with the fact."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.care import shipped
from holdspace.care.medicines import recognised, with_medicines
from holdspace.core import protocol as protocols
from holdspace.core.canonical import from_text, to_text
from holdspace.core.decision import Decision, Door, Finding, Verdict
from holdspace.core.facts import Facts, Medication, Route
from holdspace.core.medicines import (
    CLASSES,
    TABLES_KNOWN,
    MedicinesError,
    Table,
    is_known,
    key,
    page,
    read,
)
from tests.core.cases import (
    ALLOWED,
    NOW,
    ROOT,
    ask,
    assessed,
    clinic_protocol,
    codes,
    hours,
    medicine,
    readied,
)  # fmt: skip

CLEAR, GIVE = Door.CLEAR_FOR_MEDICINE, Door.GIVE_DOSE


@cache
def table() -> Table:
    return read(shipped.medicines_text())


# --- names ----------------------------------------------------------------------------------------

KNOWN = [
    # as it is typed                             what is in it
    ("Sertraline 50 mg",                         ("sertraline",)),
    ("  ZOLOFT 100mg daily ",                    ("sertraline",)),
    ("metoprolol succinate ER 25 mg",            ("metoprolol",)),
    ("Bupropion HCl XL 300 mg tablets",          ("bupropion",)),
    ("Méthadone",                                ("methadone",)),
    ("ｌｉｔｈｉｕｍ",                              ("lithium",)),
    ("St John’s Wort",                           ("st john's wort",)),
    ("st. johns wort 300 mg capsules",           ("st john's wort",)),
    ("vitamin D3 2000 IU",                       ("vitamin d",)),
    ("Omega-3",                                  ("fish oil",)),
    ("2C-B",                                     ("2c-b",)),
    ("Percocet 5/325",                           ("oxycodone", "acetaminophen")),
    ("hydrocodone-acetaminophen 5-325 mg",       ("hydrocodone", "acetaminophen")),
    ("lisinopril/hydrochlorothiazide",           ("lisinopril", "hydrochlorothiazide")),
    ("buprenorphine and naloxone 8 mg/2 mg film", ("buprenorphine", "naloxone")),
    ("amphetamine/dextroamphetamine XR 20 mg",   ("amphetamine", "dextroamphetamine")),
    ("semaglutide 0.25 mg/0.5 mL weekly",        ("semaglutide",)),
    ("insulin glargine 100 units/mL pen",        ("insulin glargine",)),
    ("Tylenol #3",                               ("codeine", "acetaminophen")),
    ("sodium oxybate",                           ("sodium oxybate",)),
    ("magnesium glycinate",                      ("magnesium",)),
]  # fmt: skip

UNKNOWN = [
    "sertralin", "Zolof", "Tylenol 4", "my blue pill", "blood pressure pill", "same", "none", "💊",
    "", "   ", "mg", "10 mg", "hydrochloride", "XR", "-", "/", "oxycodone and wonderdrug",
    "wonderdrug oxycodone", "not lithium", "lithium, lorazepam", "no xanax",
    "ketamin", "Zoloft " * 30, "a" * 5000,
]  # fmt: skip


@pytest.mark.parametrize(("typed", "ingredients"), KNOWN)
def test_salts_forms_strengths_and_spelling_of_letters_do_not_matter(
    typed: str, ingredients: tuple[str, ...]
) -> None:
    found = table().recognise(typed)
    assert found is not None and found.ingredients == ingredients


@pytest.mark.parametrize("typed", UNKNOWN)
def test_what_is_not_exactly_a_name_is_never_taken_for_one(typed: str) -> None:
    assert table().recognise(typed) is None


def test_a_near_miss_is_a_question_and_never_an_answer() -> None:
    assert table().near("sertralin") == ("sertraline",)
    assert "Tylenol 3" in table().near("Tylenol 4") and table().recognise("Tylenol 4") is None
    assert table().near("💊") == ()
    assert len(table().near("x" * 100_000)) == 0


@pytest.mark.parametrize("typed,classes", [
    ("tramadol", {"opioid", "seizure_threshold"}),
    ("diltiazem", {"antihypertensive", "cyp_inhibitor"}),
    ("phenobarbital", {"barbiturate", "cyp_inducer"}),
    ("Auvelity", {"nmda", "bupropion"}),
    ("ayahuasca", {"psychedelic", "maoi"}),
    ("Spravato", {"ketamine"}),
    ("Contrave", {"naltrexone", "bupropion"}),
    ("Zyrtec-D", {"no_rule", "pressor"}),
])  # fmt: skip
def test_a_medicine_may_be_of_several_classes(typed: str, classes: set[str]) -> None:
    found = table().recognise(typed)
    assert found is not None and set(found.classes) == classes


@given(st.sampled_from(sorted(table().names)), st.sampled_from([str.upper, str.title, str.lower]))
def test_every_name_of_the_table_is_found_however_its_letters_are_written(name, change) -> None:  # type: ignore[no-untyped-def]
    written, match = table().names[name]
    for typed in (written, change(written), f"  {written} ", f"{written} 10 mg"):
        assert table().recognise(typed) == match


@given(st.text(max_size=200))
def test_no_text_breaks_it_and_a_name_found_is_in_the_table(text: str) -> None:
    found = table().recognise(text)
    if found is not None:
        assert set(found.ingredients) <= set(table().ingredients)
        assert found.classes and set(found.classes) <= set(CLASSES)
    table().near(text)


# --- the table that ships -------------------------------------------------------------------------


def test_the_table_is_large_and_every_class_is_used_and_has_a_group() -> None:
    assert len(table().ingredients) >= 350
    used = {each for one in table().ingredients.values() for each in one.classes}
    assert used == set(CLASSES)
    for name in shipped.protocol_names():
        groups = protocols.load(shipped.protocol_text(name)).medication_groups.values()
        assert {each for group in groups for each in group.classes} == set(CLASSES), name


def test_a_number_of_rxnorm_is_given_only_where_it_was_looked_up() -> None:
    given_ = {one.name: one.rxcui for one in table().ingredients.values() if one.rxcui}
    assert given_ == {"ketamine": "6130"}


def test_a_protocol_s_own_names_never_say_something_else_than_the_table() -> None:
    for name in shipped.protocol_names():
        for group in protocols.load(shipped.protocol_text(name)).medication_groups.values():
            for each in group.names:
                found = table().recognise(each)
                assert found is not None, f"{name}: {each} is not in the table"
                assert set(found.classes) & set(group.classes), f"{name}: {each} is in {group.key}"


def test_every_version_that_ships_is_known_and_every_known_one_ships() -> None:
    assert set(shipped.medicines_names()) == TABLES_KNOWN
    assert table().grade == "general_knowledge" and "pharmacist" in table().source
    assert is_known(table().reference) and not is_known("us-99/abc") and not is_known("")


def test_docs_medicines_is_what_the_shipped_table_says() -> None:
    written = (ROOT / "docs" / "medicines.md").read_text(encoding="utf-8")
    assert written == page(table()), "run: holdspace medicines docs > docs/medicines.md"


# --- reading a table ------------------------------------------------------------------------------


def small(**change: Any) -> str:
    plain = {
        "version": "us-1", "date": "2026-11-23", "source": "a test", "grade": "general_knowledge",
        "ingredients": [
            {"name": "lithium", "classes": ["lithium"], "brands": ["Lithobid"]},
            {"name": "aspirin", "classes": ["no_rule"], "rxcui": None},
        ],
        "products": [{"name": "Both", "ingredients": ["lithium", "aspirin"]}],
    }  # fmt: skip
    return json.dumps(plain | change)


ROW = {"name": "lithium", "classes": ["lithium"]}
FAULTS = [
    ({"ingredients": [ROW, ROW]}, "named twice"),
    ({"ingredients": [ROW | {"brands": ["LITHIUM"]}]}, "named twice"),
    ({"ingredients": [ROW | {"synonyms": ["  "]}]}, "not a list of names"),
    ({"ingredients": [ROW | {"synonyms": ["!!"]}]}, "named twice"),
    ({"ingredients": [ROW | {"classes": ["salt"]}]}, "not a class"),
    ({"ingredients": [ROW | {"classes": []}]}, "needs its classes"),
    ({"ingredients": [ROW | {"classes": ["no_rule", "lithium"]}]}, "stands alone"),
    ({"ingredients": [ROW | {"rxcui": "6448x"}]}, "no RxCUI"),
    ({"ingredients": [ROW | {"rxcui": 6448}]}, "no RxCUI"),
    ({"ingredients": [], "products": []}, "names no medicine"),
    ({"ingredients": "lithium"}, "not a list of entries"),
    ({"products": [{"name": "Both", "ingredients": ["lithium", "salt"]}]}, "salt"),
    ({"products": [{"name": "Both", "ingredients": ["lithium"]}]}, "fewer than two"),
    ({"version": "1.0"}, "no version"),
    ({"source": ""}, "missing"),
]


def test_a_sound_table_is_read() -> None:
    found = read(small())
    assert found.recognise("both") and found.recognise("Lithobid")
    assert found.version == "us-1" and found.reference.startswith("us-1/")


@pytest.mark.parametrize(("change", "said"), FAULTS)
def test_a_table_with_a_fault_is_refused_and_says_where(change: dict[str, Any], said: str) -> None:
    with pytest.raises(MedicinesError) as refused:
        read(small(**change))
    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 100_000, "nul", '{"ingredients": [1]}'])
def test_a_broken_table_is_refused_and_never_crashes(text: str) -> None:
    with pytest.raises(MedicinesError):
        read(text)


# --- what a gate makes of it ----------------------------------------------------------------------


def taking(facts: Facts, *names: str, **more: Any) -> Facts:
    """The same person, taking these, as they were looked up when they were entered."""
    taken = tuple(recognised(medicine(name, **more)) for name in names)
    return replace(facts, medications=taken)


def finding(facts: Facts, subject: str) -> Finding:
    return next(f for f in ask(CLEAR, facts).findings if f.subject == subject)


def test_a_brand_that_no_protocol_names_is_known_by_its_class() -> None:
    name = "roxicodone"
    assert clinic_protocol().medication_group(name) is None
    found = finding(taking(assessed(), name), name)
    assert found.verdict is Verdict.HOLD and found.code.value == "medication_needs_plan"
    assert found.evidence == "roxicodone = oxycodone (Opioid pain medicines)"


def test_a_medicine_of_two_groups_waits_for_the_weightier_and_shows_both() -> None:
    found = finding(taking(assessed(), "diltiazem"), "diltiazem")
    assert found.verdict is Verdict.HOLD
    assert "Blood pressure medicines" in found.evidence and "breakdown" in found.evidence
    assert "Low pressure is possible" in found.rule and "last longer" in found.rule
    assert "Andrade 2017" in found.source
    combined = finding(taking(assessed(), "Percocet 5/325"), "percocet 5/325")
    assert combined.evidence == (
        "Percocet 5/325 = oxycodone + acetaminophen (Opioid pain medicines)"
    ), "what has no rule is not said beside what has one"


def test_what_has_no_rule_is_recognised_and_shown() -> None:
    found = finding(taking(assessed(), "amoxicillin"), "amoxicillin")
    assert found.verdict is Verdict.NOTE and "No rule in the sources read" in found.evidence


NOT_TAKEN_FOR_KNOWN = [
    # charted by somebody as known, and known by no table
    medicine("Heroine", group="no_interaction_known"),
    medicine("wonderdrug", group="lithium"),
    replace(medicine("wonderdrug"), classes=("lithium",), ingredients=("lithium",)),
    replace(medicine("wonderdrug"), classes=("lithium",), table="us-99/abcdef"),
    replace(medicine("wonderdrug"), classes=(), table=table().reference),
    replace(medicine("wonderdrug"), classes=("made_up",), table=table().reference),
    replace(medicine("wonderdrug"), classes=("lithium", "made_up"), table=table().reference),
]  # fmt: skip


@pytest.mark.parametrize("charted", NOT_TAKEN_FOR_KNOWN)
def test_no_charted_group_makes_an_unknown_name_known(charted: Medication) -> None:
    facts = replace(assessed(), medications=(charted,))
    assert codes(ask(CLEAR, facts)) == {"medication_not_recognised": "hold"}


def test_looking_up_lets_go_of_what_was_said_before() -> None:
    claimed = replace(
        medicine("wonderdrug"), classes=("lithium",), ingredients=("lithium",), table="us-1/x"
    )
    found = recognised(claimed)
    assert (found.classes, found.ingredients, found.table) == ((), (), "")


def test_a_class_without_a_group_in_the_protocol_is_reviewed_by_hand() -> None:
    shipped_one = clinic_protocol()
    fewer = {k: g for k, g in shipped_one.medication_groups.items() if k != "opioids"}
    protocol = replace(shipped_one, medication_groups=fewer)
    for name in ("Roxicodone", "tramadol 50 mg"):
        decision = ask(CLEAR, taking(assessed(), name), protocol)
        assert codes(decision) == {"medication_not_recognised": "hold"}


def test_a_pinned_protocol_without_classes_still_knows_its_own_names() -> None:
    old = replace(
        clinic_protocol(),
        medication_groups={
            k: replace(g, classes=()) for k, g in clinic_protocol().medication_groups.items()
        },
    )
    assert codes(ask(CLEAR, taking(assessed(), "sertraline"), old)) == {}
    assert codes(ask(CLEAR, taking(assessed(), "lorazepam"), old)) == {
        "medication_needs_plan": "hold"
    }
    unnamed = ask(CLEAR, taking(assessed(), "roxicodone"), old)
    assert codes(unnamed) == {"medication_not_recognised": "hold"}


def test_a_kept_decision_reads_the_same_when_it_is_asked_again() -> None:
    facts = taking(assessed(), "Percocet 5/325", "tramadol 50 mg", "wonderdrug", "amoxicillin")
    first = ask(CLEAR, facts)
    again = ask(CLEAR, from_text(Facts, to_text(facts)))
    assert isinstance(first, Decision) and first.findings == again.findings
    assert all(m.table == table().reference for m in facts.medications if m.classes)
    assert f'"table":"{table().reference}"' in to_text(facts)


def test_facts_from_a_file_are_looked_up_and_what_was_looked_up_before_is_left() -> None:
    older = replace(medicine("Roxicodone"), classes=("lithium",), table="us-1/000000000000")
    facts = replace(assessed(), medications=(medicine("Roxicodone"), older))
    found = with_medicines(facts).medications
    assert found[0].ingredients == ("oxycodone",) and found[1] == older


# --- hours ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", [Door.OPEN_SESSION, Door.GIVE_DOSE, Door.FURTHER_DOSE])
def test_an_unknown_name_waits_at_every_later_door(door: Door) -> None:
    assert codes(ask(door, taking(ALLOWED[door](), "wonderdrug"))) == {
        "medication_not_recognised": "hold"
    }


def test_the_longest_wait_of_several_groups_counts() -> None:
    facts = taking(readied(), "ayahuasca and wine", last_taken=NOW - hours(30))
    stops = codes(ask(GIVE, facts))
    assert stops == {"washout_too_short": "fail", "medication_needs_plan": "hold"}


def by_nose(facts: Facts) -> Facts:
    assert facts.course is not None
    orders = tuple(replace(o, route=Route.INTRANASAL) for o in facts.orders)
    return replace(facts, orders=orders, course=replace(facts.course, route=Route.INTRANASAL))


@pytest.mark.parametrize(("minutes", "waits"), [(59, True), (60, False), (61, False)])
def test_a_nasal_spray_waits_an_hour_before_a_dose_by_the_nose(minutes: int, waits: bool) -> None:
    last = NOW - timedelta(minutes=minutes)
    sprayed = taking(readied(), "Afrin", last_taken=last)
    assert "washout_too_short" not in codes(ask(GIVE, sprayed)), "an injection does not wait for it"
    assert ("washout_too_short" in codes(ask(GIVE, by_nose(sprayed)))) is waits


def test_two_spellings_of_a_name_have_one_key() -> None:
    assert key("St. John's Wort") == key("ST JOHN’S  WORT") == "st johns wort"
