"""What must hold of every instrument, whatever is answered; the C-SSRS is walked form by form."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdspace.care.shipped import scale_names, scale_text
from holdspace.core.asking import questions
from holdspace.core.scale_methods import in_band
from holdspace.core.scales import (
    SCREENS,
    Scale,
    ScaleError,
    Score,
    change,
    read,
    score,
    screen_word,
    with_cutoff,
)

SCALES = {name: read(scale_text(name)) for name in scale_names()}
RECENT, SINCE = SCALES["c-ssrs-screener-recent"], SCALES["c-ssrs-since-last-contact"]
SUMS = [s for s in SCALES.values() if s.method in ("sum", "sum_transform", "mean", "single")]
# Every question of these is asked of everybody, so that a random form is a whole one.
PLAIN = [s for s in SUMS if not s.conditional and s.gate is None]


def by_id(scales: list[Scale]) -> Any:
    return pytest.mark.parametrize("scale", scales, ids=lambda scale: scale.id)


# --- the Columbia screeners -----------------------------------------------------------------------


def columbia(form: dict[str, int], *, recent: bool) -> str | None:
    """The triage in words of the source, written a second time; None: the form is not whole.

    Always asked: wish to be dead (1), thoughts of killing oneself (2), behaviour (6). After a yes
    to 2: method (3), intent (4), plan (5), and never otherwise. In the recent form a yes to 6 asks
    whether it was within three months (6b), and never otherwise.
    """
    wish, thoughts, behaviour = (form.get(f"cssrs_{n}") for n in (1, 2, 6))
    method, intent, plan = (form.get(f"cssrs_{n}") for n in (3, 4, 5))
    lately = form.get("cssrs_6b")
    if None in (wish, thoughts, behaviour):
        return None
    asked_further = [method, intent, plan]
    if thoughts == 1 and None in asked_further:
        return None
    if thoughts == 0 and asked_further != [None, None, None]:
        return None
    if recent and (lately is None) is (behaviour == 1):
        return None
    is_recent_behaviour = lately == 1 if recent else behaviour == 1
    if intent == 1 or plan == 1 or is_recent_behaviour:
        return "High"
    if method == 1 or behaviour == 1:
        return "Moderate"
    return "Low" if wish == 1 or thoughts == 1 else "None"


@pytest.mark.parametrize("scale", [RECENT, SINCE], ids=lambda scale: scale.id)
def test_every_possible_columbia_form_comes_out_as_its_source_says(scale: Scale) -> None:
    codes = [item.code for item in scale.items]
    whole = 0
    for values in itertools.product((None, 0, 1), repeat=len(codes)):
        form = {code: v for code, v in zip(codes, values, strict=True) if v is not None}
        truth = columbia(form, recent=scale is RECENT)
        found = score(scale, form)
        assert (found.level or None) == truth, form
        assert found.complete is (truth is not None), form
        assert (found.total is None) is (truth is None), form
        alarming = {"cssrs_3", "cssrs_4", "cssrs_5"}
        alarming.add("cssrs_6b" if scale is RECENT else "cssrs_6")
        assert set(found.critical) == {code for code in alarming if form.get(code) == 1}, form
        whole += truth is not None
    # Nine ways through 1 to 5 twice over (1 yes or no), by the ways through behaviour.
    assert whole == 2 * 9 * (3 if scale is RECENT else 2)


@pytest.mark.parametrize(
    ("level", "word"),
    [("None", "negative"), ("Low", "non_acute_positive"), ("Moderate", "non_acute_positive"),
     ("High", "acute_positive")],
)  # fmt: skip
def test_no_yes_on_a_columbia_form_is_negative_on_the_chart(level: str, word: str) -> None:
    assert screen_word(RECENT, level) == screen_word(SINCE, level) == word


def test_every_level_of_every_screen_has_its_word_and_no_other_form_has_one() -> None:
    for name in SCREENS:
        assert {row.label for row in SCALES[name].triage} == set(SCREENS[name])
    with pytest.raises(ScaleError):
        screen_word(SCALES["phq-9"], "Mild")
    with pytest.raises(ScaleError):
        screen_word(RECENT, "")


@pytest.mark.parametrize("declined", [f"cssrs_{n}" for n in (1, 2, 6)])
def test_a_declined_columbia_question_counts_as_yes_and_asks_what_follows(declined: str) -> None:
    form = {code: 0 for code in ("cssrs_1", "cssrs_2", "cssrs_6") if code != declined}
    found = score(RECENT, form, declined=frozenset({declined}))
    follows = {
        "cssrs_1": (),
        "cssrs_2": ("cssrs_3", "cssrs_4", "cssrs_5"),
        "cssrs_6": ("cssrs_6b",),
    }
    assert found.missing == follows[declined]
    assert found.level == ("" if follows[declined] else "Low")


def test_a_question_that_was_not_asked_cannot_be_declined_into_a_yes() -> None:
    none = {"cssrs_1": 0, "cssrs_2": 0, "cssrs_6": 0}
    assert score(RECENT, none, declined=frozenset({"cssrs_5", "cssrs_6b"})).level == "None"


# --- what holds of every instrument ---------------------------------------------------------------


def forms(scale: Scale) -> st.SearchStrategy[dict[str, int]]:
    """Any whole form of an instrument whose questions are all asked."""
    options = {
        item.code: st.sampled_from([option.score for option in item.options])
        for item in scale.items
        if not item.optional
    }
    return st.fixed_dictionaries(options)


def keyed(scale: Scale, form: dict[str, int]) -> dict[str, int]:
    """Reversed items turned, worked out here anew: highest plus lowest option minus the answer."""
    ends = {i.code: [o.score for o in i.options] for i in scale.items}
    return {
        code: min(ends[code]) + max(ends[code]) - value if scale.item(code).reverse else value
        for code, value in form.items()
    }


@by_id(PLAIN)
@settings(max_examples=25)
@given(data=st.data())
def test_a_total_is_reckoned_from_every_answer_and_stays_in_its_range(
    scale: Scale, data: st.DataObject
) -> None:
    form = data.draw(forms(scale))
    values = [value for code, value in keyed(scale, form).items() if code in scale.sums]
    exact = Fraction(sum(values))
    if scale.method == "mean":
        exact /= len(values)
    if scale.method == "sum_transform":
        exact *= 4  # WHO-5 alone: raw 0-25 becomes 0-100
    total = score(scale, form).total
    assert total is not None
    assert abs(Fraction(total) - exact) <= Fraction(1, 200)
    assert scale.range[0] <= total <= scale.range[1]
    assert isinstance(total, Decimal if scale.method == "mean" else int)


@by_id(PLAIN)
@settings(max_examples=15)
@given(data=st.data())
def test_the_order_of_answers_changes_nothing(scale: Scale, data: st.DataObject) -> None:
    form = data.draw(forms(scale))
    shuffled = dict(data.draw(st.permutations(list(form.items()))))
    assert score(scale, shuffled) == score(scale, form)


@by_id(PLAIN)
@settings(max_examples=15)
@given(data=st.data())
def test_an_incomplete_form_has_no_total_no_level_and_no_sub_scale(
    scale: Scale, data: st.DataObject
) -> None:
    form = data.draw(forms(scale))
    gaps = data.draw(st.sets(st.sampled_from(sorted(form)), min_size=1))
    found = score(scale, {code: value for code, value in form.items() if code not in gaps})
    assert (found.total, found.level, found.subscales, found.met) == (None, "", (), ())
    assert set(found.missing) == gaps
    assert found.conflicts == ()


@by_id(PLAIN)
@settings(max_examples=25)
@given(data=st.data())
def test_a_higher_answer_never_lowers_a_total_and_of_a_reversed_item_never_raises_it(
    scale: Scale, data: st.DataObject
) -> None:
    form = data.draw(forms(scale))
    code = data.draw(st.sampled_from(sorted(form)))
    options = sorted(option.score for option in scale.item(code).options)
    higher = data.draw(st.sampled_from(options[options.index(form[code]) :]))
    before, after = score(scale, form).total, score(scale, {**form, code: higher}).total
    assert before is not None
    assert after is not None
    assert after <= before if scale.item(code).reverse else after >= before


@by_id([s for s in SCALES.values() if s.bands or s.bands_by])
def test_every_value_in_the_range_lies_in_exactly_one_band_decimals_too(scale: Scale) -> None:
    low, high = scale.range
    groups = list(scale.bands_by[1].values()) if scale.bands_by else [scale.bands]
    for bands in groups:
        seen = []
        for hundredths in range(int(low) * 100, int(high) * 100 + 1):
            value = Fraction(hundredths, 100)
            label = in_band(bands, value)
            assert label
            if label not in seen:
                seen.append(label)
            if value.denominator == 1:
                inside = [b.label for b in bands if b.low <= value <= b.high]
                assert inside == [label]
        assert seen == [band.label for band in bands]


def test_a_mean_just_under_a_cut_is_under_it_and_the_cut_itself_is_over() -> None:
    des = SCALES["des-ii"]
    form = {item.code: 30 for item in des.items}
    assert score(des, form).level.startswith("High")
    found = score(des, {**form, "des_1": 20})
    assert (found.total, found.level) == (Decimal("29.64"), "Below 30")
    assert found.critical == ()


@by_id([s for s in SCALES.values() if s.fillable])
def test_the_answers_that_are_asked_for_are_all_that_is_needed(scale: Scale) -> None:
    """Walking each form with its lowest and its highest answers ends in a whole form."""
    for pick in (min, max):
        form: dict[str, int] = {}
        for _ in scale.items:
            for item in questions(scale, form):
                form.setdefault(item.code, pick(option.score for option in item.options))
        found = score(scale, form)
        assert found.complete, found.missing
        assert found.total is not None


# --- methods, gates and branches, case by case ----------------------------------------------------


def part(found: Score, name: str) -> object:
    return dict(found.subscales)[name]


@pytest.mark.parametrize(
    ("sex", "total", "level"),
    [("male", 3, "Negative"), ("male", 4, "Positive"), ("female", 2, "Negative"),
     ("female", 3, "Positive"), ("unknown", 3, "Positive"), ("other", 3, "Positive"),
     ("", 3, "Positive")],
)  # fmt: skip
def test_the_drinking_screen_is_read_by_sex_and_carefully_where_it_is_unknown(
    sex: str, total: int, level: str
) -> None:
    form = {"auditc_1": total, "auditc_2": 0, "auditc_3": 0}
    context = {"sex": sex} if sex else None
    found = score(SCALES["audit-c"], form, context=context)
    assert (found.total, found.level) == (total, level)


@pytest.mark.parametrize(
    ("form", "total", "missing"),
    [
        ({"auditc_1": 0}, 0, ()),
        ({"auditc_1": 0, "auditc_2": 0, "auditc_3": 0}, 0, ()),
        ({"auditc_1": 1}, None, ("auditc_2", "auditc_3")),
        ({"auditc_1": 0, "auditc_3": 2}, None, ("auditc_3",)),
        ({"auditc_2": 1, "auditc_3": 1}, None, ("auditc_1",)),
    ],
)
def test_somebody_who_never_drinks_is_not_asked_how_much(
    form: dict[str, int], total: int | None, missing: tuple[str, ...]
) -> None:
    found = score(SCALES["audit-c"], form)
    assert (found.total, found.missing) == (total, missing)


def test_the_trauma_screen_ends_at_its_gate_and_not_without_it() -> None:
    pc = SCALES["pc-ptsd-5"]
    symptoms = {f"pcptsd_{n}": 1 for n in range(1, 6)}
    assert (score(pc, {"pcptsd_0": 0}).total, score(pc, {"pcptsd_0": 0}).level) == (0, "Negative")
    assert score(pc, symptoms).missing == ("pcptsd_0",)
    contradicts = score(pc, {"pcptsd_0": 0, "pcptsd_2": 1})
    assert (contradicts.total, contradicts.conflicts) == (None, ("pcptsd_2",))
    assert score(pc, {"pcptsd_0": 0, "pcptsd_2": 0}).complete
    assert [item.code for item in questions(pc, {"pcptsd_0": 0})] == ["pcptsd_0"]


@pytest.mark.parametrize(
    ("context", "form", "missing"),
    [
        ({"sex": "male"}, {}, ("taps_2m",)),
        ({"sex": "female"}, {}, ("taps_2f",)),
        ({}, {}, ("taps_2m", "taps_2f")),
        ({"sex": "male"}, {"taps_2m": 0}, ()),
        ({"sex": "male"}, {"taps_2f": 0}, ("taps_2f",)),
        ({}, {"taps_2f": 0}, ()),
    ],
)
def test_the_alcohol_question_of_the_taps_is_the_one_for_the_persons_sex(
    context: dict[str, str], form: dict[str, int], missing: tuple[str, ...]
) -> None:
    rest = {"taps_1": 0, "taps_3": 0, "taps_4": 0}
    assert score(SCALES["taps-1"], rest | form, context=context).missing == missing


@pytest.mark.parametrize("yes", [2, 0])
def test_distress_is_counted_where_it_was_asked_and_is_unknown_when_unanswered(yes: int) -> None:
    pq = SCALES["pq-16"]
    form = {f"pq_{n}": int(n <= yes) for n in range(1, 17)}
    assert score(pq, form).total == yes
    assert part(score(pq, form), "distress") is None
    if yes:
        assert part(score(pq, {**form, "pqd_1": 3}), "distress") is None
        assert part(score(pq, {**form, "pqd_1": 3, "pqd_2": 1}), "distress") == 4
    found = score(pq, {**form, "pqd_9": 2})
    assert (found.total, found.conflicts) == (None, ("pqd_9",))


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [((), ()), (("qids_7",), ()), (("qids_6", "qids_9"), ()),
     (("qids_6", "qids_7"), ("qids_6", "qids_7")), (("qids_8", "qids_9"), ("qids_8", "qids_9")),
     (("qids_1",), ("qids_1",))],
)  # fmt: skip
def test_of_less_and_more_appetite_or_weight_one_answer_is_enough(
    left_out: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    form = {f"qids_{n}": 1 for n in range(1, 17) if f"qids_{n}" not in left_out}
    found = score(SCALES["qids-sr16"], form)
    assert found.missing == missing
    assert found.total == (None if missing else 9)


def test_a_domain_counts_its_worst_answer_once() -> None:
    form = {f"qids_{n}": 0 for n in range(1, 17)} | {"qids_1": 2, "qids_3": 3}
    assert score(SCALES["qids-sr16"], form).total == 3


def test_a_checklist_comes_to_nothing_and_its_answers_are_not_known_here() -> None:
    kset = SCALES["kset"]
    assert not kset.fillable
    assert score(kset, {}).total is None
    with pytest.raises(ScaleError):
        score(kset, {"kset_acute": 1})


def test_a_total_that_asks_for_a_clinician_is_reported_only_of_a_whole_form() -> None:
    form = {f"asrm_{n}": 2 for n in range(1, 6)}
    assert score(SCALES["asrm"], form).critical == ("__total__",)
    del form["asrm_5"]
    assert score(SCALES["asrm"], form).critical == ()
    at = {f"asrm_{n}": int(n > 0) for n in range(1, 6)} | {"asrm_1": 2}
    assert score(SCALES["asrm"], at).critical == ("__total__",)
    assert score(SCALES["asrm"], at | {"asrm_1": 1}).critical == ()


@pytest.mark.parametrize(("cutoff", "level"), [(31, "Probable"), (32, "Probable"), (33, "Below")])
def test_the_cut_point_of_the_pcl5_is_the_clinics_within_what_its_source_allows(
    cutoff: int, level: str
) -> None:
    pcl = SCALES["pcl-5"]
    form = {f"pcl5_{n}": 2 if n <= 16 else 0 for n in range(1, 21)}
    found = score(with_cutoff(pcl, cutoff), form)
    under, over = with_cutoff(pcl, cutoff).bands
    assert (under.high, over.low) == (cutoff - 1, cutoff)
    assert found.total == 32
    assert found.level.startswith(level)


@pytest.mark.parametrize(("name", "value"), [("pcl-5", 30), ("pcl-5", 34), ("phq-9", 9)])
def test_no_other_cut_point_is_taken(name: str, value: int) -> None:
    with pytest.raises(ScaleError):
        with_cutoff(SCALES[name], value)


# --- change ---------------------------------------------------------------------------------------


def of(total: int | Decimal | None, highest: int = 0) -> Score:
    return Score(total, "", (), () if total is not None else ("x",), highest=highest)


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        # points, meaningful, reliable, response, remission
        ("phq-9", 20, 10, (-10, True, None, True, False)),
        ("phq-9", 20, 11, (-9, True, None, False, False)),
        ("phq-9", 9, 5, (-4, False, None, False, False)),
        ("phq-9", 9, 4, (-5, True, None, True, True)),
        ("phq-9", 10, 15, (5, True, None, False, False)),
        ("phq-9", 0, 0, (0, False, None, None, True)),
        ("phq-9", 1, 0, (-1, False, None, True, True)),
        ("phq-9", 5, 5, (0, False, None, False, False)),
        ("gad-7", 12, 8, (-4, True, None, False, False)),
        ("pcl-5", 50, 41, (-9, False, False, None, None)),
        ("pcl-5", 50, 40, (-10, True, False, None, None)),
        ("pcl-5", 50, 36, (-14, True, False, None, None)),
        ("pcl-5", 50, 35, (-15, True, True, None, None)),
        ("isi", 15, 8, (-7, True, None, False, False)),
        ("isi", 15, 7, (-8, True, None, True, True)),
        ("madrs", 30, 10, (-20, None, None, True, True)),
        ("madrs", 30, 11, (-19, None, None, True, False)),
        ("nrs-pain", 8, 5, (-3, True, None, False, None)),
        ("nrs-pain", 8, 4, (-4, True, None, True, None)),
        ("who-5", 40, 50, (10, True, None, None, None)),
        ("audit-c", 8, 2, (-6, None, None, None, None)),
        ("sheehan-sds", 20, 12, (-8, None, None, True, False)),
        ("sheehan-sds", 20, 13, (-7, None, None, False, False)),
    ],
)
def test_change_is_told_as_far_as_the_file_says_how(
    name: str, before: int, after: int, expected: tuple[object, ...]
) -> None:
    found = change(SCALES[name], of(before), of(after))
    said = (found.points, found.meaningful, found.reliable, found.response, found.remission)
    assert said == expected


@pytest.mark.parametrize(("highest", "holds"), [(2, True), (3, False)])
def test_remission_on_the_sheehan_scale_looks_at_every_item(highest: int, holds: bool) -> None:
    assert change(SCALES["sheehan-sds"], of(20), of(6, highest)).remission is holds


@pytest.mark.parametrize(("before", "after"), [(None, 5), (5, None), (None, None)])
def test_nothing_is_known_of_change_from_or_to_an_incomplete_form(
    before: int | None, after: int | None
) -> None:
    found = change(SCALES["phq-9"], of(before), of(after))
    assert {found.points, found.meaningful, found.response, found.remission} == {None}


def test_a_triage_has_no_change() -> None:
    assert change(RECENT, of(6), of(1)).points is None


# --- files that are refused -----------------------------------------------------------------------


def altered(name: str, path: str, value: object) -> str:
    plain = json.loads(scale_text(name))
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    at = plain
    for key in parents:
        at = at[key]
    at[last] = value
    return json.dumps(plain)


@pytest.mark.parametrize(
    ("name", "path", "value", "where"),
    [
        ("gad-7", "scoring.bands.1.min", 6, "scoring.bands"),
        ("gad-7", "scoring.bands.1.min", 4, "scoring.bands"),
        ("gad-7", "scoring.bands.0.min", 1, "scoring.bands"),
        ("gad-7", "scoring.bands.3.max", 20, "scoring.bands"),
        ("gad-7", "items.0.code", "gad7_2", "items"),
        ("gad-7", "items.0.text", None, "items[0]"),
        ("gad-7", "items.0.options.0.label", "", "items[0]"),
        ("gad-7", "items.0.options.0.score", 1, "items[0]"),
        ("gad-7", "items.0.options.0.score", "0", "items[0]"),
        ("gad-7", "items", [7], "the file"),
        ("gad-7", "scoring.mcid.response", "about half", "scoring.mcid"),
        ("bdi-ii", "items.0.text", "words", "items[0]"),
        ("pcl-5", "scoring.critical.0.op", "!=", "scoring.critical"),
        ("pcl-5", "scoring.critical.0.item", "pcl5_77", "scoring"),
        ("asrm", "scoring.critical.0.op", "!=", "scoring.critical"),
        ("audit-c", "items.1.enable_when", "often", "items[1].enable_when"),
        ("audit-c", "scoring.bands_by.unknown", None, "the file"),
        ("taps-1", "items.1.show_if", "male", "items[1].show_if"),
        ("taps-1", "scoring.require_one_of", [["taps_9"]], "scoring"),
        ("qids-sr16", "scoring.domains.0", ["qids_1"], "scoring.domains"),
        ("pc-ptsd-5", "scoring.gate.item", "pcptsd_9", "scoring"),
        ("mdq", "scoring.rules.positive_screen.all.0", {"sum_of": ["mdq_1"]}, "scoring.rules."),
        ("mdq", "scoring.rules.positive_screen.all.0.value", "7", "scoring.rules."),
        ("mdq", "scoring.rules.positive_screen", "yes", "scoring.rules."),
        ("c-ssrs-screener-recent", "items.3.required_when.item", "cssrs_9", "scoring"),
    ],
)
def test_a_file_that_could_not_be_scored_is_refused_when_it_is_read(
    name: str, path: str, value: object, where: str
) -> None:
    with pytest.raises(ScaleError) as raised:
        read(altered(name, path, value))
    assert raised.value.path.startswith(where)


def test_a_test_that_names_a_reversed_item_is_refused() -> None:
    text = altered("csq-8", "scoring.critical", [{"item": "csq_2", "op": ">=", "value": 3}])
    with pytest.raises(ScaleError, match="reversed"):
        read(text)


def test_bands_by_sex_need_bands_for_somebody_whose_sex_is_not_known() -> None:
    plain = json.loads(scale_text("audit-c"))
    del plain["scoring"]["bands_by"]["unknown"]
    with pytest.raises(ScaleError, match="unknown"):
        read(json.dumps(plain))


@by_id(SUMS)
def test_the_range_of_a_file_is_what_its_options_come_to(scale: Scale) -> None:
    ends = []
    for pick in (min, max):
        form = {i.code: pick(o.score for o in i.options) for i in scale.items}
        values = [v for code, v in keyed(scale, form).items() if code in scale.sums]
        turned = [pick(k) for code in scale.sums for k in [scale.keyed[code].values()]]
        assert len(values) == len(turned)
        ends.append(sum(turned) // (len(turned) if scale.method == "mean" else 1))
    if scale.method == "sum_transform":
        ends = [4 * end for end in ends]
    assert tuple(ends) == scale.range
