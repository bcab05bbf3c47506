"""Protocol data may tighten the hard limits, never loosen them, and every fault is named."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.care import shipped
from holdspace.core import limits
from holdspace.core.facts import Route
from holdspace.core.protocol import (
    SETTINGS,
    Protocol,
    ProtocolError,
    diff,
    digest_of,
    load,
)
from holdspace.core.protocol_pages import limits_page, page
from holdspace.core.protocol_schema import RELIEF_ROLES, SECTIONS, Hard, Shape

CLINIC = shipped.protocol_text("kap-clinic/1.0")
ROOT = Path(__file__).parents[2]
HARD = [(path, spec.hard) for path, spec in SETTINGS.items() if spec.hard]
ALL = [load(shipped.protocol_text(name), where=name) for name in shipped.protocol_names()]


def with_value(path: str, value: object, text: str = CLINIC) -> str:
    """The text with another value of one setting, whichever way it is written."""
    group, _, key = path.partition(".")
    own = re.search(rf"(?m)^\[{group}\.{key}\]\nvalue = .*$", text)
    if own:
        return text.replace(own[0], f"[{group}.{key}]\nvalue = {value}")
    start = text.index(f"\n[{group}]\n")
    line = re.compile(rf"(?m)^{key} = \{{ value = [^,]+,").search(text, start)
    assert line, path
    return text[: line.start()] + f"{key} = {{ value = {value}," + text[line.end() :]


def refusals(text: str) -> tuple[tuple[str, int, str, str], ...]:
    with pytest.raises(ProtocolError) as caught:
        load(text)
    return tuple((p.path, p.line, p.problem, p.accepted) for p in caught.value.problems)


def line_of(text: str, needle: str) -> int:
    return text[: text.index(needle)].count("\n") + 1


# ---------------------------------------------------------------- what ships


@pytest.mark.parametrize("protocol", ALL, ids=lambda p: p.reference)
def test_a_shipped_protocol_has_every_key_with_unit_source_and_grade(protocol: Protocol) -> None:
    assert set(protocol.settings) == set(SETTINGS)
    assert protocol.conditions.keys() >= limits.ABSOLUTE_CONTRAINDICATIONS
    for path, words, entry in protocol.graded():
        assert words and entry.source and entry.grade, path


@pytest.mark.parametrize("protocol", ALL, ids=lambda p: p.reference)
def test_a_shipped_protocol_never_tells_anybody_to_change_a_medicine(protocol: Protocol) -> None:
    assert not re.search(r"stop taking|skip|discontinue|withhold|do not take", protocol.text, re.I)


@pytest.mark.parametrize("protocol", ALL, ids=lambda p: p.reference)
def test_no_limit_of_a_shipped_protocol_passes_a_hard_limit(protocol: Protocol) -> None:
    for path, hard in HARD:
        assert not hard.loosened_by(protocol.number(path)), path
        band_end = protocol.setting(path).waivable_to
        assert band_end is None or not hard.loosened_by(band_end), path


@pytest.mark.parametrize("protocol", ALL, ids=lambda p: p.reference)
def test_every_history_question_has_its_place_in_the_order_of_the_body(protocol: Protocol) -> None:
    for condition in protocol.conditions.values():
        assert condition.section in SECTIONS
        assert condition.question.rstrip().endswith("?")
        assert set(condition.relievable_by) <= RELIEF_ROLES


def test_each_route_on_offer_has_a_ceiling_and_a_schedule_that_runs_to_discharge() -> None:
    for protocol in ALL:
        for route in protocol.routes:
            assert protocol.number(f"dose.{route.value}_session_mg_max") > 0
            assert protocol.schedules[route].phases[-1][0] is None


def test_the_strict_protocol_is_never_looser_than_the_workable_one() -> None:
    clinic, strict = ALL
    weight = {"note": 0, "hold": 1, "fail": 2}
    assert (clinic.name, strict.name) == ("kap-clinic", "kap-strict")
    assert set(strict.routes) <= set(clinic.routes)
    for key, condition in clinic.conditions.items():
        assert weight[strict.conditions[key].verdict] >= weight[condition.verdict], key
    for key, group in clinic.medication_groups.items():
        other = strict.medication_groups[key]
        assert weight[other.verdict] >= weight[group.verdict], key
        assert (other.refuse_within_hours or 0) >= (group.refuse_within_hours or 0), key
    for path, setting in clinic.settings.items():
        if path.endswith("_max") and not path.startswith("session"):
            assert strict.number(path) <= clinic.number(path), path
        assert not (strict.setting(path).waivable_by and not setting.waivable_by), path


def test_the_numbers_that_the_clinic_lives_by() -> None:
    clinic = ALL[0]
    assert clinic.number("readiness.systolic_mmhg_max") == 140
    assert clinic.setting("readiness.systolic_mmhg_max").waivable_to == 159
    assert clinic.number("dose.im_session_mg_per_kg_max") == Decimal("2.5")
    assert clinic.minutes("discharge.stay_minutes_min") == 120
    assert clinic.span("clearance.valid_days").days == 90
    assert clinic.conditions["recent_cardiovascular_event"].window_days == 90
    assert clinic.flag("clearance.in_person_required")
    assert clinic.conditions["bipolar_disorder"].verdict == "hold"
    assert ALL[1].conditions["bipolar_disorder"].verdict == "fail"


def test_a_medicine_is_found_by_ingredient_and_brand_and_never_missed_silently() -> None:
    clinic = ALL[0]
    for name in ("lamotrigine", "LaMICtal", "  lamictal "):
        group = clinic.medication_group(name)
        assert group and group.key == "lamotrigine"
    assert clinic.medication_group("wonderdrug") is None


def test_a_waivable_band_awaits_its_own_signature() -> None:
    unsigned = {path for path, _, _ in ALL[0].unsigned}
    assert "readiness.systolic_mmhg_max" not in unsigned
    assert "readiness.systolic_mmhg_max.waivable" in unsigned


def test_docs_limits_is_what_the_shipped_files_say() -> None:
    written = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    assert written == limits_page(ALL), "run: holdspace protocol docs > docs/limits.md"


def test_the_page_to_sign_marks_what_no_source_supports() -> None:
    assert page(ALL[0]).count("[awaiting the medical director's signature]") == len(ALL[0].unsigned)


# ---------------------------------------------------------------- tighten, never loosen


@pytest.mark.parametrize(("path", "hard"), HARD, ids=[path for path, _ in HARD])
@given(data=st.data())
def test_data_may_tighten_a_hard_limit_and_never_loosen_it(
    path: str, hard: Hard, data: st.DataObject
) -> None:
    spec = SETTINGS[path]
    step = 1 if spec.shape is Shape.WHOLE else Decimal("0.1")
    by = data.draw(st.integers(1, 40)) * step
    looser = hard.limit + by if hard.side == "max" else hard.limit - by
    found = refusals(with_value(path, looser))
    assert (path, hard.name) in {(p, hard.name) for p, _, words, _ in found if hard.name in words}
    low, high = (spec.low, hard.limit) if hard.side == "max" else (hard.limit, spec.high)
    count = int((high - low) / step)
    tighter = low + data.draw(st.integers(0, count)) * step
    assert path not in complaints(with_value(path, tighter))
    assert path not in complaints(with_value(path, hard.limit))


def complaints(text: str) -> dict[str, str]:
    """Problems by path; a tightened value may rightly quarrel with its own band or partner."""
    try:
        load(text)
    except ProtocolError as error:
        return {p.path: p.problem for p in error.problems if "looser" in p.problem}
    return {}


@pytest.mark.parametrize("key", sorted(limits.ABSOLUTE_CONTRAINDICATIONS))
def test_an_absolute_contraindication_can_be_neither_left_out_nor_softened(key: str) -> None:
    table = re.search(rf"(?ms)^\[conditions\.{key}\]\n.*?(?=^\[|^#)", CLINIC)
    assert table
    found = refusals(CLINIC.replace(table[0], ""))
    assert any(p == f"conditions.{key}" and "missing" in words for p, _, words, _ in found)
    softened = table[0].replace('verdict = "fail"', 'verdict = "hold"')
    softened += 'relievable_by = ["prescriber"]\n'
    found = refusals(CLINIC.replace(table[0], softened.replace("\n\n", "\n", 1)))
    assert any(p == f"conditions.{key}.verdict" for p, _, _, _ in found)


def test_the_window_of_a_heart_attack_may_be_longer_and_never_under_six_weeks() -> None:
    assert load(CLINIC.replace("window_days = 90", "window_days = 42"))
    found = refusals(CLINIC.replace("window_days = 90", "window_days = 41"))
    assert found[0][0] == "conditions.recent_cardiovascular_event.window_days"


def test_no_other_absolute_contraindication_has_a_window() -> None:
    text = CLINIC.replace(
        "[conditions.ketamine_or_pcp_misuse]",
        '[conditions.ketamine_or_pcp_misuse]\nwindow_days = 365\nwindow_note = "a year"',
    )
    assert refusals(text)[0][0] == "conditions.ketamine_or_pcp_misuse.window_days"


def test_a_pinned_version_stays_readable_under_todays_stricter_limit() -> None:
    text = with_value("discharge.stay_minutes_min", 45)
    refusals(text)
    setting = load(text, pinned=True).setting("discharge.stay_minutes_min")
    assert setting.value == 60
    assert "STAY_MINUTES_MIN" in setting.source and "45" in setting.source


def test_a_pinned_version_with_a_step_of_a_baseline_that_calls_stays_readable() -> None:
    """A later check of new versions takes down no course that runs on an older one."""
    text = CLINIC.replace("of_baseline = true", 'of_baseline = true\ntell = "prescriber"', 1)
    refusals(text)
    (step,) = [one for one in load(text, pinned=True).steps if one.of_baseline and one.tell]
    assert step.tell == "prescriber"


# ---------------------------------------------------------------- planted faults

SYSTOLIC = '[readiness.systolic_mmhg_max]\nvalue = 140\nunit = "mmHg"\ngrade = "primary"\n'
FAULTS: dict[str, tuple[str, str, str, str]] = {
    # name: (text, its replacement, path of the refusal, what the words or the remedy contain)
    "unknown key": ("valid_days = {", "valid_dais = {", "clearance.valid_dais", "“valid_days”"),
    "unknown group": ("[touch]", "[tuch]", "tuch", "“touch”"),
    "unknown field": ('unit = "°C", grade', 'unti = "°C", grade',
                      "readiness.temperature_celsius_max.unti", "“unit”"),
    "wrong unit": ("[readiness.systolic_mmhg_max]\nvalue = 140\nunit = \"mmHg\"",
                   "[readiness.systolic_mmhg_max]\nvalue = 140\nunit = \"kPa\"",
                   "readiness.systolic_mmhg_max", "mmHg"),
    "number as text": ("value = 37.9", 'value = "37,9"',
                       "readiness.temperature_celsius_max", "a number"),
    "decimal where whole": ("count_max = { value = 1", "count_max = { value = 1.5",
                            "further_dose.count_max", "a whole number"),
    "true is not one": ("count_max = { value = 1", "count_max = { value = true",
                        "further_dose.count_max", "a whole number"),
    "out of range": ("padss_min = { value = 9", "padss_min = { value = 11",
                     "discharge.padss_min", "from 8 to 10"),
    "no grade": (SYSTOLIC, SYSTOLIC.replace('grade = "primary"\n', ""),
                 "readiness.systolic_mmhg_max.grade", "general_knowledge"),
    "unknown grade": (SYSTOLIC, SYSTOLIC.replace("primary", "certain"),
                      "readiness.systolic_mmhg_max.grade", "one of primary"),
    "no source": (', source = "PADSS (Chung): fit at 9"', "",
                  "discharge.padss_min.source", "citation"),
    "empty source": ('"PADSS (Chung): fit at 9"', '" "', "discharge.padss_min.source", "citation"),
    "band past the hard limit": ("waivable_to = 159", "waivable_to = 160",
                                 "readiness.systolic_mmhg_max.waivable_to", "159"),
    "band inside the limit": ("waivable_to = 159", "waivable_to = 139",
                              "readiness.systolic_mmhg_max.waivable_to", "at or above 140"),
    "band without source": ('waivable_source = "Proposed: a clearance answers it"', "",
                            "screening.stop_bang_min.waivable_source", "citation"),
    "a therapist waives": ('waivable_by = ["prescriber"]\nwaivable_to = 159',
                           'waivable_by = ["therapist"]\nwaivable_to = 159',
                           "readiness.systolic_mmhg_max.waivable_by", "prescriber"),
    "a role that is none": ('relievable_by = ["prescriber"]\nspecialty = "psychiatry"',
                            'relievable_by = ["astrologer"]\nspecialty = "psychiatry"',
                            "conditions.bipolar_disorder.relievable_by", "prescriber"),
    "a waiver where none may be": ('"PADSS (Chung): fit at 9" }',
                                   '"PADSS (Chung): fit at 9", waivable_by = ["prescriber"] }',
                                   "discharge.padss_min", "none of"),
    "video alone": ("in_person_required = { value = true", "in_person_required = { value = false",
                    "clearance.in_person_required", "only true"),
    "esketamine": ('["im", "sublingual"', '["esketamine", "sublingual"', "offer.routes", "im"),
    "no schedule": ("[schedules.iv]", "[schedules.esketamine]", "schedules.iv", "phases"),
    "schedule ends early": ("{ every_minutes = 30 }", "{ until_minutes = 90, every_minutes = 30 }",
                            "schedules.sublingual.phases", "every_minutes = 15"),
    "hold without a name": ('verdict = "hold"\nrelievable_by = ["prescriber"]\nspecialty = "psych',
                            'verdict = "hold"\nspecialty = "psych',
                            "conditions.bipolar_disorder.relievable_by", "a role"),
    "medicine in two groups": ('"lithobid"', '"xanax"', "medications.lithium.names", "one group"),
    "an order to a patient": ('"No significant interaction reported."', '"Stop taking it."',
                              "medications.lithium.effect", "flag"),
    "bands overlap": ("low = 160\nbelow = 180", "low = 160\nbelow = 181",
                      "steps.systolic_high", "side by side"),
    "step in the wrong unit": ('low = 160\nbelow = 180\nunit = "mmHg"',
                               'low = 160\nbelow = 180\nunit = "kPa"',
                               "steps.systolic_raised.unit", "mmHg"),
    "a step of a baseline that calls": ("of_baseline = true",
                                        'of_baseline = true\ntell = "prescriber"',
                                        "steps.systolic_over_baseline.tell", "baseline"),
    "crossed limits": ("im_minutes_min = { value = 10", "im_minutes_min = { value = 31",
                       "further_dose.im_minutes_min", "the other way"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_refused_at_its_key_and_line(fault: str) -> None:
    old, new, path, words = FAULTS[fault]
    assert old in CLINIC
    text = CLINIC.replace(old, new, 1)
    found = {p: (line, f"{problem} {accepted}") for p, line, problem, accepted in refusals(text)}
    assert path in found, found
    line, said = found[path]
    assert words in said
    if line:
        key = path.rpartition(".")[2]
        near = "\n".join(text.split("\n")[line - 1 : line])
        assert key in near or path.split(".")[-2] in near


def test_every_problem_is_told_at_once_in_the_order_of_the_file() -> None:
    text = CLINIC.replace("valid_days = {", "valid_dais = {", 1).replace("= 37.9", "= 99", 1)
    lines = [line for _, line, _, _ in refusals(text)]
    assert len(lines) >= 3
    assert [line for line in lines if line] == sorted(line for line in lines if line)


def test_a_missing_group_is_named_key_by_key() -> None:
    text = re.sub(r"(?ms)^\[pdmp\]\n.*?(?=^\[)", "", CLINIC)
    assert refusals(text)[0][0] == "pdmp.age_days_max"


@pytest.mark.parametrize(
    ("broken", "at"),
    [('name = "a"\nname = "b"\n', 2), ('name = "a\n', 1), ("[a]\nb = \n", 2), ("x = [1,", 1)],
)
def test_broken_toml_is_refused_with_its_line(broken: str, at: int) -> None:
    path, line, problem, _ = refusals(broken)[0]
    assert (path, line) == ("the file", at)
    assert "column" in problem or "end of the file" in problem


@pytest.mark.parametrize("part", ["conditions", "medications", "schedules", "steps", "readiness"])
def test_a_part_that_is_not_a_table_is_refused(part: str) -> None:
    text = re.sub(rf"(?ms)^\[{part}[.\]].*?(?=^\[(?!{part})|\Z)", "", CLINIC)
    assert part in {path for path, _, _, _ in refusals(f'{part} = "none"\n' + text)}


@given(st.text(max_size=200))
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    with pytest.raises(ProtocolError):
        load(text)


@given(st.data())
def test_no_damaged_protocol_breaks_the_reader(data: st.DataObject) -> None:
    lines = CLINIC.split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    damage = data.draw(st.sampled_from(["", "value = []", "[x]", 'grade = "x"', "low = true"]))
    try:
        load("\n".join([*lines[:at], damage, *lines[at + 1 :]]))
    except ProtocolError as error:
        assert all(problem.accepted for problem in error.problems)


# ---------------------------------------------------------------- digest, cache, difference


def test_the_digest_does_not_depend_on_the_newlines_of_a_machine() -> None:
    windows = CLINIC.replace("\n", "\r\n")
    assert digest_of(windows) == digest_of(CLINIC) == load(windows).digest
    assert load(windows) is load(CLINIC)
    assert digest_of(CLINIC + "#") != digest_of(CLINIC)


def test_a_protocol_can_not_be_changed_after_reading() -> None:
    with pytest.raises(TypeError):
        load(CLINIC).settings["person.age_years_min"] = None  # type: ignore[index]
    with pytest.raises(AttributeError):
        load(CLINIC).name = "other"  # type: ignore[misc]


def test_the_difference_names_each_changed_value_and_nothing_else() -> None:
    changed = load(with_value("discharge.stay_minutes_min", 180))
    assert [(c.path, c.before, c.after) for c in diff(load(CLINIC), changed)] == [
        ("discharge.stay_minutes_min", "120 minutes", "180 minutes")
    ]
    assert not diff(load(CLINIC), load(CLINIC))


def test_every_route_of_the_program_is_offered_or_refused_with_a_reason() -> None:
    assert set(limits.CEILINGS) | limits.ROUTES_NOT_OFFERED == set(Route)


@pytest.mark.parametrize("table", ["medications", "schedules", "conditions"])
def test_a_protocol_that_would_ask_or_watch_nothing_does_not_load(table: str) -> None:
    """Without its lists it is not a protocol; a pinned one never watches nobody either."""
    lines, kept, out = ALL[0].text.split("\n"), True, []
    for line in lines:
        if line.startswith("["):
            kept = not line.startswith(f"[{table}")
        out += [line] if kept else []
    text = "\n".join(out)
    with pytest.raises(ProtocolError, match=f"{table}.*is empty"):
        load(text)
    if table == "schedules":
        with pytest.raises(ProtocolError, match="is missing for a route on offer"):
            load(text, pinned=True, fallback=ALL[0])
        return
    pinned = load(text, pinned=True, fallback=ALL[0])
    assert pinned.medication_groups.keys() == ALL[0].medication_groups.keys()
    assert pinned.conditions.keys() >= limits.ABSOLUTE_CONTRAINDICATIONS
