"""Questionnaires are scored as their own files say, and never more than was answered."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core import scales
from holdspace.core.scale_check import check
from holdspace.core.scale_pages import scales_page
from holdspace.core.scales import Scale, ScaleError, read, score, screen_word
from holdspace.core.units import KINDS, Kind

FOLDER = Path(__file__).resolve().parents[2] / "scales"
FILES = sorted(FOLDER.glob("*.json"), key=lambda file: file.stem)
TEXTS = {file.stem: file.read_text(encoding="utf-8") for file in FILES}
SCALES = {name: read(text) for name, text in TEXTS.items()}
PHQ9, ASQ = SCALES["phq-9"], SCALES["asq"]
EXAMPLES = [
    pytest.param(name, example, id=f"{name}-{n}")
    for name, text in TEXTS.items()
    for n, example in enumerate(json.loads(text)["examples"])
]
MUST_FAIL = [
    pytest.param(name, case["answers"], id=f"{name}: {case['why']}")
    for name, text in TEXTS.items()
    for case in json.loads(text).get("must_fail", [])
]
NO_TO_ALL = {"asq_1": 0, "asq_2": 0, "asq_3": 0, "asq_4": 0}


def phq9(*values: int) -> dict[str, int]:
    return {f"phq9_{n}": value for n, value in enumerate(values, 1)}


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_every_worked_example_of_a_file_comes_out_as_the_file_says(
    name: str, example: dict[str, Any]
) -> None:
    found = score(SCALES[name], example["answers"], context=example.get("context"))
    assert found.complete
    assert (found.total, found.level) == (example["total"], example["band"] or "")
    if "critical" in example:
        assert set(found.critical) == set(example["critical"])
    for rule, holds in example.get("rules", {}).items():
        assert (rule in found.met) is holds
    for part, value in example.get("subscales", {}).items():
        assert dict(found.subscales)[part] == value


@pytest.mark.parametrize(("name", "answers"), MUST_FAIL)
def test_a_form_that_the_file_calls_incomplete_has_no_level(
    name: str, answers: dict[str, int]
) -> None:
    found = score(SCALES[name], answers)
    assert found.missing
    assert (found.total, found.level) == (None, "")


def test_all_52_files_read_and_bring_154_examples() -> None:
    assert len(SCALES) == 52
    assert len(EXAMPLES) == 154


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_keeps_its_licence_copyright_and_evidence(name: str) -> None:
    plain, scale = json.loads(TEXTS[name]), SCALES[name]
    assert all(plain[key] for key in ("licence", "copyright", "evidence"))
    assert plain["source"] or scale.paper_only
    assert (scale.licence, scale.copyright) == (plain["licence"], plain["copyright"])
    assert dict(scale.evidence) == plain["evidence"]
    assert scale.warnings == tuple(plain.get("warnings", ()))


@pytest.mark.parametrize("scale", [s for s in SCALES.values() if s.paper_only], ids=lambda s: s.id)
def test_wording_that_needs_a_licence_is_not_in_the_file(scale: Scale) -> None:
    assert not any(item.text for item in scale.items)
    assert all(item.number in item.heading and item.code in item.heading for item in scale.items)
    assert {option.label for item in scale.items for option in item.options} <= {"", "Yes", "No"}


def test_18_instruments_and_the_asq_ship_with_their_wording() -> None:
    assert sum(not scale.paper_only for scale in SCALES.values()) == 19


@pytest.mark.parametrize("scale", SCALES.values(), ids=lambda s: s.id)
def test_leaving_out_any_needed_answer_takes_total_and_level_away(scale: Scale) -> None:
    for example in scale.examples:
        if example.why:
            continue
        for code in example.answers:
            if scale.item(code).optional and scale.item(code).required_when is None:
                continue
            rest = {c: v for c, v in example.answers.items() if c != code}
            found = score(scale, rest, context=example.context)
            assert (found.total, found.level) == (None, "")
            assert code in found.missing


def test_docs_scales_is_what_the_shipped_files_say() -> None:
    written = (FOLDER.parent / "docs" / "scales.md").read_text(encoding="utf-8")
    assert written == scales_page(SCALES.values()), "run: holdspace scales docs > docs/scales.md"


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_passes_its_own_check(name: str) -> None:
    assert check(name, TEXTS[name]).failures == ()


def test_the_check_names_what_did_not_come_out() -> None:
    plain = json.loads(TEXTS["phq-9"])
    plain["examples"][0]["total"] += 1
    plain["must_fail"] = [{"answers": plain["examples"][1]["answers"], "why": "it is whole"}]
    failures = check("phq-9", json.dumps(plain)).failures
    assert [failure.partition(":")[0] for failure in failures] == ["example 1", "example 4"]
    assert check("phq-9", "{").failures
    assert check("other", TEXTS["phq-9"]).failures


@given(st.lists(st.integers(0, 3), min_size=9, max_size=9))
def test_a_total_is_the_sum_of_nine_answers_and_lies_in_one_band(values: list[int]) -> None:
    found = score(PHQ9, phq9(*values))
    assert found.total == sum(values)
    assert [b.label for b in PHQ9.bands if b.low <= sum(values) <= b.high] == [found.level]
    assert found.critical == (("phq9_9",) if values[8] else ())


@given(st.lists(st.integers(0, 3), min_size=9, max_size=9), st.integers(0, 8))
def test_one_missing_answer_takes_the_total_away(values: list[int], gap: int) -> None:
    answers = phq9(*values)
    del answers[f"phq9_{gap + 1}"]
    found = score(PHQ9, answers)
    assert found.total is None
    assert found.level == ""
    assert found.missing == (f"phq9_{gap + 1}",)


def test_item_nine_is_heard_before_the_form_is_complete() -> None:
    assert score(PHQ9, {"phq9_9": 1}).critical == ("phq9_9",)


def test_the_tenth_question_is_asked_but_never_counted() -> None:
    assert score(PHQ9, phq9(1, 1, 1, 1, 1, 1, 1, 1, 0, 3)).total == 8


def asq_truth(given: dict[str, int]) -> str | None:
    """The toolkit's table, written a second time from its words."""
    first = [given.get(f"asq_{n}") for n in (1, 2, 3, 4)]
    if None in first:
        return None
    if 1 not in first and "asq_5" not in given:
        return "negative"
    if "asq_5" not in given:
        return None
    if given["asq_5"] == 1:
        return "acute_positive"
    return "non_acute_positive" if 1 in first else "negative"


@pytest.mark.parametrize("values", list(itertools.product((None, 0, 1), repeat=5)))
def test_every_possible_screen_comes_out_as_the_decision_table_says(
    values: tuple[int | None, ...],
) -> None:
    answers = {f"asq_{n}": v for n, v in enumerate(values, 1) if v is not None}
    found = score(ASQ, answers)
    truth = asq_truth(answers)
    assert (screen_word(ASQ, found.level) if found.level else None) == truth
    assert found.complete is (truth is not None)
    if truth:
        assert truth in KINDS[Kind.SUICIDE_SCREEN].choices


@pytest.mark.parametrize("item", ["asq_1", "asq_2", "asq_3", "asq_4"])
def test_an_answer_that_was_declined_counts_as_positive(item: str) -> None:
    answers = {k: v for k, v in NO_TO_ALL.items() if k != item}
    declined = frozenset({item})
    assert score(ASQ, answers, declined=declined).missing == ("asq_5",)
    found = score(ASQ, {**answers, "asq_5": 0}, declined=declined)
    assert found.level == "Non-acute positive"


def test_declining_the_question_about_right_now_is_acute() -> None:
    found = score(ASQ, {**NO_TO_ALL, "asq_1": 1}, declined=frozenset({"asq_5"}))
    assert found.level == "Acute positive"


def test_a_declined_item_of_a_sum_is_missing() -> None:
    answers = phq9(1, 1, 1, 1, 1, 1, 1, 1, 0)
    del answers["phq9_2"]
    assert score(PHQ9, answers, declined=frozenset({"phq9_2"})).missing == ("phq9_2",)


@pytest.mark.parametrize(
    ("answers", "path"),
    [({"phq9_1": 4}, "phq9_1"), ({"phq9_1": -1}, "phq9_1"), ({"phq9_99": 0}, "phq9_99"),
     ({"phq9_1": True}, "phq9_1")],
)  # fmt: skip
def test_an_answer_that_the_instrument_does_not_have_is_named(
    answers: dict[str, int], path: str
) -> None:
    with pytest.raises(ScaleError) as raised:
        score(PHQ9, answers)
    assert raised.value.path == path
    assert raised.value.accepted


def broken(**changes: Any) -> str:
    plain = json.loads(TEXTS["phq-9"])
    for path, value in changes.items():
        at = plain
        *parents, last = path.split("__")
        for key in parents:
            at = at[key]
        at[last] = value
    return json.dumps(plain)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{", "line 1"),
        ("[]", "schema"),
        (broken(schema="other"), "schema"),
        (broken(licence=""), "licence"),
        (broken(items=[{"code": "a"}]), "items[0]"),
        (broken(scoring__method="guess"), "scoring.method"),
        (broken(scoring__items=[]), "scoring.items"),
        (broken(scoring__items=["phq9_77"]), "scoring"),
    ],
)
def test_a_file_that_cannot_be_scored_is_refused_where_it_is_wrong(text: str, path: str) -> None:
    with pytest.raises(ScaleError) as raised:
        read(text)
    assert raised.value.path == path


def test_a_triage_without_a_default_row_is_refused() -> None:
    plain = json.loads(TEXTS["asq"])
    plain["scoring"]["rules_ordered"].pop()
    with pytest.raises(ScaleError, match="default"):
        read(json.dumps(plain))


def test_the_note_about_a_critical_answer_is_never_more_than_a_review() -> None:
    assert scales.CLINICIAN_REVIEW == "clinician review (clinic's policy)"
