"""A critical answer is heard when it is given, as soon as its tier says, and never as silence."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.care import shipped
from holdspace.core import limits
from holdspace.core.limits import Tier
from holdspace.core.protocol import ProtocolError, load
from holdspace.core.protocol_model import RiskRule
from holdspace.core.risk import URGENCY, Concern, deadline, heard, is_critical
from holdspace.core.scale_conditions import ScaleError
from holdspace.core.scales import Scale, read

TEXTS = {name: shipped.protocol_text(name) for name in ("kap-clinic/1.0", "kap-strict/1.0")}
CLINIC = load(TEXTS["kap-clinic/1.0"])
SCALES = {name: read(shipped.scale_text(name)) for name in shipped.scale_names()}
NEW_YORK = ZoneInfo("America/New_York")
RECENT, CONTACT = "c-ssrs-screener-recent", "c-ssrs-since-last-contact"

# One line: the form, one answer alone, how soon.
TABLE = [
    ("phq-9", {"phq9_9": 0}, None),
    ("phq-9", {"phq9_9": 1}, "same_day"),
    ("phq-9", {"phq9_9": 2}, "now"),
    ("phq-9", {"phq9_9": 3}, "now"),
    ("phq-9", {"phq9_1": 3, "phq9_2": 3}, None),
    ("asq", dict.fromkeys(["asq_1", "asq_2", "asq_3", "asq_4"], 0), None),
    ("asq", {"asq_1": 1}, "same_day"),
    ("asq", {"asq_2": 1}, "same_day"),
    ("asq", {"asq_3": 1}, "same_day"),
    ("asq", {"asq_4": 1}, "same_day"),
    ("asq", {"asq_5": 1}, "now"),
    ("asq", {"asq_1": 1, "asq_5": 0}, "same_day"),
    (RECENT, {"cssrs_1": 1}, "next_working_day"),
    (RECENT, {"cssrs_2": 1}, "next_working_day"),
    (RECENT, {"cssrs_3": 1}, "same_day"),
    (RECENT, {"cssrs_4": 1}, "now"),
    (RECENT, {"cssrs_5": 1}, "now"),
    (RECENT, {"cssrs_6": 1}, "same_day"),
    (RECENT, {"cssrs_6": 1, "cssrs_6b": 1}, "now"),
    (CONTACT, {"cssrs_1": 1}, "next_working_day"),
    (CONTACT, {"cssrs_3": 1}, "same_day"),
    (CONTACT, {"cssrs_6": 1}, "now"),
    ("qids-sr16", {"qids_12": 0}, None),
    ("qids-sr16", {"qids_12": 1}, "same_day"),
    ("qids-sr16", {"qids_12": 2}, "now"),
    ("bdi-ii", {"bdi_9": 1}, "same_day"),
    ("bdi-ii", {"bdi_9": 2}, "now"),
    ("madrs", {"madrs_10": 1}, None),
    ("madrs", {"madrs_10": 2}, "same_day"),
    ("madrs", {"madrs_10": 4}, "now"),
    ("pcl-5", {"pcl5_16": 2}, None),
    ("pcl-5", {"pcl5_16": 3}, "next_working_day"),
    ("house-bladder-check", {"hbc_1": 1, "hbc_2": 1, "hbc_3": 1}, None),
    ("house-bladder-check", {"hbc_5": 1}, "next_working_day"),
    ("house-session-feedback", {"hsf_1": 4}, None),
    ("house-session-feedback", {"hsf_1": 3}, "next_working_day"),
    ("nrs-anxiety", {"nrs_anxiety": 10}, None),
    ("moaa-s", {"moaas": 0}, None),
]


def soonest(concerns: tuple[Concern, ...]) -> str | None:
    return concerns[0].tier.value if concerns else None


@pytest.mark.parametrize("protocol", TEXTS, ids=str)
@pytest.mark.parametrize(("form", "answers", "tier"), TABLE)
def test_one_answer_alone_is_heard_this_soon(
    protocol: str, form: str, answers: dict[str, int], tier: str | None
) -> None:
    assert soonest(heard(load(TEXTS[protocol]), SCALES[form], answers)) == tier


@pytest.mark.parametrize(
    ("form", "per_item", "reaches"), [("pq-16", 6, True), ("pq-16", 5, False), ("asrm", 6, True)]
)
def test_a_total_speaks_only_for_a_complete_form(form: str, per_item: int, reaches: bool) -> None:
    scale = SCALES[form]
    answers = dict.fromkeys([i.code for i in scale.items if not i.optional and i.scored], 0)
    if form == "asrm":
        answers |= dict(zip(answers, (2, 1, 1, 1, 1), strict=True))
    else:
        answers |= dict.fromkeys(list(answers)[:per_item], 1)
    assert bool(heard(CLINIC, scale, answers)) is reaches
    answers.popitem()
    assert heard(CLINIC, scale, answers) == ()


def test_a_question_of_the_screen_that_is_declined_counts_as_yes() -> None:
    assert soonest(heard(CLINIC, SCALES["asq"], {}, frozenset({"asq_2"}))) == "same_day"
    assert soonest(heard(CLINIC, SCALES["asq"], {}, frozenset({"asq_5"}))) == "now"
    assert heard(CLINIC, SCALES["phq-9"], {}, frozenset({"phq9_9"})) == ()


def test_every_answer_that_a_file_calls_critical_is_named_by_the_shipped_rules() -> None:
    named = {(r.instrument, item) for r in CLINIC.risk for item in r.items}
    totals = {r.instrument for r in CLINIC.risk if r.total}
    for scale in SCALES.values():
        for rule in scale.critical:
            assert (scale.id, rule.label) in named, f"{scale.id} {rule.label}"
        if scale.critical_totals:
            assert scale.id in totals, scale.id


def test_every_shipped_rule_names_a_form_and_answers_that_exist() -> None:
    for rule in CLINIC.risk:
        scale = SCALES[rule.instrument]
        for item in rule.items:
            scores = [option.score for option in scale.item(item).options]
            assert min(scores) <= rule.value <= max(scores), rule.key


def test_few_forms_ask_for_somebody_the_same_day() -> None:
    loud = {r.instrument for r in CLINIC.risk if URGENCY[r.tier] >= URGENCY[Tier.SAME_DAY]}
    assert loud == {"phq-9", "asq", RECENT, CONTACT, "qids-sr16", "bdi-ii", "madrs"}


def test_what_no_rule_names_is_heard_the_same_day_and_never_passed_over() -> None:
    silent = replace(CLINIC, risk=())
    for name, answers in (("phq-9", {"phq9_9": 1}), ("moaa-s", {"moaas": 1})):
        (concern,) = heard(silent, SCALES[name], answers)
        assert (concern.tier, concern.rule) == (Tier.SAME_DAY, "")
        assert concern.awaiting and is_critical(silent, SCALES[name])
    other = tuple(r for r in CLINIC.risk if r.instrument == "phq-9" and r.items != ("phq9_9",))
    assert heard(replace(CLINIC, risk=other), SCALES["phq-9"], {"phq9_9": 1})


def test_an_answer_that_the_form_does_not_have_hides_no_other() -> None:
    answers = {"phq9_9": 2, "phq9_1": 99, "nonsense": 1}
    assert soonest(heard(CLINIC, SCALES["phq-9"], answers)) == "now"


@pytest.mark.parametrize("name", ["phq-9", "asq", RECENT, CONTACT, "qids-sr16", "bdi-ii", "madrs"])
@given(data=st.data())
def test_a_worse_answer_never_lowers_the_tier_whatever_the_order(
    name: str, data: st.DataObject
) -> None:
    scale = SCALES[name]
    choices = {i.code: sorted(o.score for o in i.options) for i in scale.items}
    answers = data.draw(st.fixed_dictionaries({}, optional={
        code: st.sampled_from(scores) for code, scores in choices.items()
    }))  # fmt: skip
    before = heard(CLINIC, scale, answers)
    code = data.draw(st.sampled_from(sorted(choices)))
    worse = [s for s in choices[code] if s >= answers.get(code, choices[code][0])]
    raised = answers | {code: data.draw(st.sampled_from(worse))}
    after = {c.reason: URGENCY[c.tier] for c in heard(CLINIC, scale, raised)}
    assert all(after.get(c.reason, 0) >= URGENCY[c.tier] for c in before)
    shuffled = dict(data.draw(st.permutations(list(answers.items()))))
    assert heard(CLINIC, scale, shuffled) == before


@given(st.sampled_from(sorted(SCALES)), st.data())
def test_no_half_filled_form_stumbles(name: str, data: st.DataObject) -> None:
    scale = SCALES[name]
    answers = data.draw(st.dictionaries(
        st.sampled_from([i.code for i in scale.items] or ["none"]), st.integers(-9, 200)
    ))  # fmt: skip
    try:
        found = heard(CLINIC, scale, answers)
    except ScaleError as error:  # pragma: no cover
        pytest.fail(str(error))
    assert all(c.tier is not Tier.SHOWN for c in found)


# --- by when --------------------------------------------------------------------------------------


def concern(tier: str, minutes: int | None = None, steps: tuple[int, ...] = ()) -> Concern:
    return Concern("r", "suicide", Tier(tier), "i", "w", "s", False, minutes, steps)


NOW_TIER = concern("now", 15, (5, 10))
DAY_TIER = concern("same_day", 240, (60, 120))
NEXT_TIER = concern("next_working_day")


def wall(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK, fold=fold)


@pytest.mark.parametrize(
    ("asked", "at", "due", "first"),
    [
        (NOW_TIER, "2026-03-02T23:00", "2026-03-02T23:15", "2026-03-02T23:05"),
        (NOW_TIER, "2026-03-02T23:55", "2026-03-03T00:10", "2026-03-03T00:00"),
        (DAY_TIER, "2026-03-02T10:00", "2026-03-02T14:00", "2026-03-02T11:00"),
        (DAY_TIER, "2026-03-02T19:58", "2026-03-02T23:58", "2026-03-02T20:58"),
        (DAY_TIER, "2026-03-02T20:00", "2026-03-02T23:59", "2026-03-02T21:00"),
        (DAY_TIER, "2026-03-02T23:00", "2026-03-02T23:59", "2026-03-02T23:29:30"),
        (DAY_TIER, "2026-03-02T23:50", "2026-03-03T00:05", "2026-03-02T23:57:30"),
        (NEXT_TIER, "2026-03-05T23:00", "2026-03-06T17:00", "2026-03-06T12:00"),
        (NEXT_TIER, "2026-03-06T09:00", "2026-03-09T17:00", "2026-03-09T12:00"),
        (NEXT_TIER, "2026-03-07T09:00", "2026-03-09T17:00", "2026-03-09T12:00"),
    ],
)
def test_the_deadline_on_the_clinics_wall(asked: Concern, at: str, due: str, first: str) -> None:
    found = deadline(asked, wall(at).astimezone(UTC), NEW_YORK)
    assert found.due == wall(due).astimezone(UTC)
    assert found.passes_on[0] == wall(first).astimezone(UTC)
    assert found.passes_on[-1] == found.due


@pytest.mark.parametrize("moment", [
    wall("2026-11-01T01:30"), wall("2026-11-01T01:30", fold=1),  # the hour that comes twice
    wall("2026-03-08T01:59"), wall("2026-03-08T02:30"), wall("2026-03-08T03:00"),  # and never
    wall("2026-10-31T23:00"), wall("2026-03-07T23:00"),
])  # fmt: skip
def test_fifteen_minutes_are_fifteen_minutes_when_the_clocks_change(moment: datetime) -> None:
    for now in (moment, moment.astimezone(UTC)):
        found = deadline(NOW_TIER, now, NEW_YORK)
        at = moment.astimezone(UTC)
        assert [(t - at) // timedelta(minutes=1) for t in found.passes_on] == [5, 10, 15]


def test_the_day_that_lasts_twenty_five_hours_ends_on_its_own_wall() -> None:
    late = deadline(DAY_TIER, wall("2026-11-01T22:00"), NEW_YORK)
    assert late.due == datetime(2026, 11, 2, 4, 59, tzinfo=UTC)
    short = deadline(DAY_TIER, wall("2026-03-08T01:30"), NEW_YORK)
    assert short.due - wall("2026-03-08T01:30").astimezone(UTC) == timedelta(hours=4)


@given(
    st.sampled_from([NOW_TIER, DAY_TIER, NEXT_TIER]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.sampled_from(["America/New_York", "America/Denver", "Pacific/Auckland", "UTC"]),
)
def test_there_is_always_time_to_act_and_it_passes_on_before_it_is_late(
    asked: Concern, now: datetime, zone: str
) -> None:
    found = deadline(asked, now, ZoneInfo(zone))
    assert found.due - now >= timedelta(minutes=15)
    assert list(found.passes_on) == sorted(set(found.passes_on))
    assert now < found.passes_on[0] < found.due == found.passes_on[-1]


# --- what a protocol may say ----------------------------------------------------------------------


def without(text: str, key: str) -> str:
    return re.sub(rf"(?ms)^\[risk\.{key}\]\n.*?(?=^\[|\Z)", "", text)


def refused(text: str) -> str:
    with pytest.raises(ProtocolError) as raised:
        load(text)
    return str(raised.value)


@pytest.mark.parametrize(
    "key", ["phq9_item9_now", "asq_now", "asq_positive", "cssrs_recent_high", "cssrs_contact_high"]
)
def test_a_protocol_that_hears_an_answer_about_suicide_too_late_is_refused(key: str) -> None:
    assert "does not hear" in refused(without(TEXTS["kap-clinic/1.0"], key))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("value = 2\ntier", "value = 3\ntier", "does not hear phq-9 phq9_9 = 2"),
        ('tier = "now"\nminutes = 15', 'tier = "same_day"\nminutes = 15', "does not hear"),
        ('tier = "now"\nminutes = 15', 'tier = "now"\nminutes = 45', "from 5 to 30"),
        ("escalate_minutes = [5, 10]", "escalate_minutes = [5, 15]", "1 to 14"),
        ("escalate_minutes = [5, 10]", "escalate_minutes = []", "rising"),
        ("escalate_minutes = [5, 10]", "escalate_minutes = [10, 5]", "rising"),
        ('reason = "suicide"', 'reason = "anything"', "one of the choices"),
        ('items = ["phq9_9"]', 'items = ["phq9_9"]\ntotal = true', "two kinds"),
        ("value = 2\ntier", 'value = "2"\ntier', "not an answer's score"),
    ],
)
def test_what_a_rule_may_not_say(old: str, new: str, told: str) -> None:
    text = TEXTS["kap-clinic/1.0"]
    head, mark, rest = text.partition("[risk.phq9_item9_now]")
    assert old in rest
    assert told in refused(head + mark + rest.replace(old, new, 1))


def test_a_version_from_before_there_were_rules_hears_by_the_programs_default() -> None:
    older = TEXTS["kap-clinic/1.0"]
    for rule in CLINIC.risk:
        older = without(older, rule.key)
    pinned = load(older, pinned=True, fallback=CLINIC)
    assert soonest(heard(pinned, SCALES["phq-9"], {"phq9_9": 2})) == "now"
    assert pinned.risk[0].source.startswith("not in this version")


def test_a_soft_rule_in_a_pinned_version_does_not_quiet_the_floor() -> None:
    text = TEXTS["kap-clinic/1.0"].replace('tier = "now"\nminutes = 15', 'tier = "shown"', 1)
    text = re.sub(r'(\[risk\.phq9_item9_now\].*?tier = "shown"\n)escalate.*?\n', r"\1", text,
                  flags=re.S)  # fmt: skip
    pinned = load(text, pinned=True, fallback=CLINIC)
    assert soonest(heard(pinned, SCALES["phq-9"], {"phq9_9": 2})) == "now"


def test_every_floor_is_about_a_form_that_ships() -> None:
    for floor in limits.RISK_FLOORS:
        assert soonest(heard(CLINIC, scale_of(floor.instrument), {floor.item: floor.value}))


def scale_of(name: str) -> Scale:
    return SCALES[name]


def test_no_title_of_a_task_names_an_illness_or_a_form() -> None:
    names = json.dumps([r.words for r in CLINIC.risk]).lower()
    for word in ("suicid", "psychos", "mania", "depress", "phq", "asq", "drug", "bladder"):
        assert word not in names


# --- which of two is worse, and what nobody named -------------------------------------------------

FROM_MILD = ["shown", "next_working_day", "same_day", "now"]


@pytest.mark.parametrize("mine", FROM_MILD)
@pytest.mark.parametrize("theirs", FROM_MILD)
def test_a_concern_is_worse_than_one_that_is_less_urgent(mine: str, theirs: str) -> None:
    concern = Concern("r", "thoughts", Tier(mine), "i", "w", "s", False)
    assert concern.is_worse_than(theirs) is (FROM_MILD.index(mine) > FROM_MILD.index(theirs))


@pytest.mark.parametrize("mine", FROM_MILD)
def test_a_concern_is_worse_than_none(mine: str) -> None:
    concern = Concern("r", "thoughts", Tier(mine), "i", "w", "s", False)
    assert concern.is_worse_than("") is True


def test_what_only_the_scale_s_file_calls_critical_is_seen_to_within_four_hours() -> None:
    nobody = replace(CLINIC, risk=())
    (found,) = heard(nobody, SCALES["phq-9"], {"phq9_9": 1})
    assert (found.tier, found.item, found.rule) == (Tier.SAME_DAY, "phq9_9", "")
    assert found.awaiting and found.words and found.source
    now = datetime(2026, 3, 10, 12, tzinfo=NEW_YORK)
    by = deadline(found, now, NEW_YORK)
    assert by.due == now + timedelta(minutes=240)
    assert by.passes_on == (now + timedelta(minutes=60), now + timedelta(minutes=120), by.due)
    without = replace(found, minutes=None)
    assert deadline(without, now, NEW_YORK).due == now + timedelta(minutes=240)


@pytest.mark.parametrize(
    ("op", "answers"),
    [(">=", {1: False, 2: True, 3: True}), ("<=", {1: True, 2: True, 3: False}),
     ("==", {1: False, 2: True, 3: False})],
)  # fmt: skip
def test_a_rule_compares_as_it_says(op: str, answers: dict[int, bool]) -> None:
    rule = next(r for r in CLINIC.risk if r.instrument == "phq-9" and "phq9_9" in r.items)
    only = replace(CLINIC, risk=(replace(rule, op=op, value=2, items=("phq9_9",)),))
    for answer, holds in answers.items():
        found = heard(only, SCALES["phq-9"], {"phq9_9": answer})
        assert bool(found) is holds, (op, answer)


# --- who is heard first, and which forms need somebody to read them -------------------------------


def rule_of(key: str, tier: str, reason: str = "suicide", value: int = 1) -> RiskRule:
    base = next(r for r in CLINIC.risk if r.instrument == "phq-9" and "phq9_9" in r.items)
    return replace(base, key=key, tier=Tier(tier), reason=reason, op=">=", value=value)


def heard_by(*rules: RiskRule) -> list[str]:
    only = replace(CLINIC, risk=rules)
    return [c.rule for c in heard(only, SCALES["phq-9"], {"phq9_9": 2})]


FIRST_HEARD = [
    ((("a", "same_day", "x"), ("b", "now", "y")), ["b", "a"]),
    ((("a", "now", "y"), ("b", "now", "x")), ["b", "a"]),  # alike in urgency: by their reason
    ((("a", "now", "x"), ("b", "now", "y")), ["a", "b"]),
    ((("a", "next_working_day", "a"), ("b", "same_day", "b"), ("c", "now", "c")), ["c", "b", "a"]),
    ((("a", "same_day", "x"), ("b", "same_day", "x")), ["a"]),  # one reason once: the first rule
    ((("a", "same_day", "x"), ("b", "now", "x")), ["b"]),
    ((("a", "now", "x"), ("b", "same_day", "x")), ["a"]),
    ((("a", "shown", "x"), ("b", "same_day", "y")), ["b"]),
]


@pytest.mark.parametrize(("rules", "first"), FIRST_HEARD)
def test_the_most_urgent_is_heard_first_and_one_reason_once(
    rules: tuple[tuple[str, str, str], ...], first: list[str]
) -> None:
    assert heard_by(*(rule_of(*rule) for rule in rules)) == first


def test_a_question_that_was_answered_and_then_declined_keeps_its_answer() -> None:
    assert heard(CLINIC, SCALES["asq"], {"asq_2": 0}, frozenset({"asq_2"})) == ()
    assert soonest(heard(CLINIC, SCALES["asq"], {"asq_2": 1}, frozenset({"asq_2"}))) == "same_day"


NEEDS_A_READER = [
    # (form, rules about it, somebody must be there to read it)
    ("phq-9", ("now",), True),
    ("phq-9", ("shown",), False),  # shown, and its file calls only this item critical
    ("phq-9", ("shown", "now"), True),
    ("phq-9", (), True),  # its file calls an answer critical and nobody names it
    ("gad-7", (), False),
    ("gad-7", ("other form",), False),
]


@pytest.mark.parametrize(("form", "tiers", "critical"), NEEDS_A_READER)
def test_a_form_needs_a_reader_when_an_answer_would_open_a_task(
    form: str, tiers: tuple[str, ...], critical: bool
) -> None:
    own = [rule_of(t, t) for t in tiers if t != "other form"]
    others = [rule_of("o", "now")] if "other form" in tiers else []
    assert is_critical(replace(CLINIC, risk=(*own, *others)), SCALES[form]) is critical


def test_one_critical_answer_that_nobody_names_is_enough() -> None:
    scale = SCALES[RECENT]
    first, *rest = {rule.label for rule in scale.critical}
    rules = tuple(
        replace(rule_of(item, "shown"), instrument=scale.id, items=(item,)) for item in rest
    )
    assert is_critical(replace(CLINIC, risk=rules), scale), f"nobody names {first}"
    every = (*rules, replace(rules[0], items=(first,)))
    assert not is_critical(replace(CLINIC, risk=every), scale)


@pytest.mark.parametrize(
    ("minute", "passes_on"),
    [("22:58", ["23:58", "23:59"]), ("22:59", ["23:29", "23:59"]), ("23:00", ["23:29", "23:59"])],
)
def test_a_step_at_the_deadline_itself_is_no_step_before_it(
    minute: str, passes_on: list[str]
) -> None:
    found = deadline(DAY_TIER, wall(f"2026-03-02T{minute}"), NEW_YORK)
    assert [f"{t.astimezone(NEW_YORK):%H:%M}" for t in found.passes_on] == passes_on


@pytest.mark.parametrize("answer", [True, 4, -1])
def test_what_the_form_does_not_offer_says_nothing(answer: int) -> None:
    assert heard(CLINIC, SCALES["phq-9"], {"phq9_9": answer}) == ()


def test_a_total_that_a_rule_names_is_heard_once_and_by_that_rule() -> None:
    scale = SCALES["pq-16"]
    answers = dict.fromkeys([i.code for i in scale.items if not i.optional and i.scored], 1)
    (found,) = heard(CLINIC, scale, answers)
    assert found.rule
