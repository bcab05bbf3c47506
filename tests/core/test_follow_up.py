"""Follow-up counts from the dose: each form has its days, and one answer settles one of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdspace.core import protocol as core_protocol
from holdspace.core.follow_up import Answer, Known, Sitting, State, due
from holdspace.core.limits import LOOKS_BACK_DAYS
from holdspace.core.protocol import ProtocolError
from holdspace.core.protocol_model import Anchor

DENVER = ZoneInfo("America/Denver")
ROOT = Path(__file__).resolve().parents[2] / "protocols"
TEXT = (ROOT / "kap-clinic" / "1.0.toml").read_text()
CLINIC = core_protocol.load(TEXT)
STRICT = core_protocol.load((ROOT / "kap-strict" / "1.0.toml").read_text())

MONDAY = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # 10:00 in Denver
DAY = timedelta(days=1)


def wall(*when: int) -> datetime:
    return datetime(*when, tzinfo=DENVER).astimezone(UTC)  # type: ignore[misc]


def session(number: int, at: datetime, dosed: bool = True) -> Sitting:
    gave = at + timedelta(hours=1) if dosed else None
    return Sitting(f"s{number}", number, at, gave, gave)


def known(*sittings: Sitting, answers: tuple[Answer, ...] = (), **more) -> Known:
    return Known(more.pop("opened_at", MONDAY), DENVER, sittings, answers, **more)


def items(facts: Known, now: datetime, key: str, protocol=CLINIC):
    return [item for item in due(facts, protocol, now) if item.key == key]


def one(facts: Known, now: datetime, key: str, instrument: str):
    (found,) = [item for item in items(facts, now, key) if item.instrument == instrument]
    return found


def states(facts: Known, key: str, instrument: str, *moments: datetime) -> list[str]:
    return [one(facts, at, key, instrument).state.value for at in moments]


SECOND = timedelta(seconds=1)


# ---------------------------------------------------------------- one item, on its days


def test_a_form_is_asked_late_and_missed_at_its_own_times():
    facts = known(session(1, MONDAY))
    dose = MONDAY + timedelta(hours=1)
    opens, late, closed = (dose + timedelta(hours=h) for h in (24, 72, 192))
    assert states(
        facts, "day_3", "house-session-feedback",
        opens - SECOND, opens, late, late + SECOND, closed - SECOND, closed,
    ) == ["not_yet", "due", "due", "overdue", "overdue", "missed"]  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "state"),
    [(23, State.MISSED), (24, State.ANSWERED), (191, State.ANSWERED), (192, State.MISSED)],
)
def test_an_answer_counts_inside_its_window_and_not_beside_it(hours, state):
    at = MONDAY + timedelta(hours=1 + hours)
    facts = known(session(1, MONDAY), answers=(Answer("a", "house-session-feedback", at),))
    found = one(facts, MONDAY + 30 * DAY, "day_3", "house-session-feedback")
    assert found.state is state
    assert found.answered_by == ("a" if state is State.ANSWERED else "")


def test_a_baseline_ends_with_the_first_dose():
    facts = known(session(1, MONDAY + 10 * DAY))
    before, after = MONDAY + 9 * DAY, MONDAY + 11 * DAY
    assert states(facts, "baseline", "phq-9", before, after) == ["overdue", "missed"]
    late = replace(facts, answers=(Answer("a", "phq-9", after),))
    assert one(late, after + DAY, "baseline", "phq-9").state is State.MISSED


def test_weekly_forms_are_asked_on_the_day_before_a_weekly_session():
    facts = known(*(session(n + 1, MONDAY + n * 7 * DAY) for n in range(4)))
    asked = [item for item in items(facts, MONDAY, "weekly") if item.instrument == "phq-9"]
    assert [item.opens_at.astimezone(DENVER).strftime("%a") for item in asked[:3]] == ["Sun"] * 3
    # four sessions and four weeks after the last of them
    assert [item.point for item in asked] == [f"week {n}" for n in range(1, 8)]


def test_the_series_ends_four_weeks_after_its_last_session():
    facts = known(session(1, wall(2026, 3, 2, 9, 0)), session(2, wall(2026, 3, 9, 9, 0)))
    end = one(facts, MONDAY, "end_of_series", "phq-9")
    assert end.opens_at == wall(2026, 4, 6, 10, 0) and end.point == "end of series, session 2"


@pytest.mark.parametrize(
    ("dosed", "asked"),
    [
        # four weeks to the end of the series, then three calendar months; the last day of a month
        (wall(2026, 8, 3, 10, 0), wall(2026, 11, 30, 10, 0)),
        (wall(2026, 11, 2, 10, 0), wall(2027, 2, 28, 10, 0)),
        # the clocks change in between: the hour on the wall stays
        (wall(2026, 1, 5, 10, 0), wall(2026, 5, 2, 10, 0)),
        (wall(2026, 8, 10, 10, 0), wall(2026, 12, 7, 10, 0)),
    ],
)
def test_months_are_calendar_months_at_the_same_time_by_the_wall(dosed, asked):
    facts = known(session(1, dosed - timedelta(hours=1)), opened_at=dosed - 30 * DAY)
    assert one(facts, dosed, "month_3", "phq-9").opens_at == asked


@pytest.mark.parametrize(
    ("sunday", "hours"), [(wall(2026, 3, 8, 0, 0), 23), (wall(2026, 11, 1, 0, 0), 25)]
)
def test_six_days_over_a_change_of_clocks_are_six_days_on_the_wall(sunday, hours):
    dosed = sunday - 5 * DAY
    facts = known(session(1, dosed - timedelta(hours=1)), opened_at=dosed - 30 * DAY)
    first = next(i for i in items(facts, dosed, "weekly") if i.instrument == "phq-9")
    assert first.opens_at - dosed == 5 * DAY + timedelta(hours=hours)


def test_24_hours_are_24_hours_also_in_the_night_of_new_time():
    facts = known(session(1, wall(2026, 3, 7, 13, 0)), opened_at=MONDAY)
    opens = one(facts, MONDAY, "day_3", "house-session-feedback").opens_at
    assert opens.astimezone(DENVER).hour == 15  # dose at 14:00, and one hour was skipped


def test_what_counts_from_the_last_dose_moves_with_it_and_nothing_else_does():
    earlier = known(session(1, MONDAY))
    later = known(session(1, MONDAY), session(2, MONDAY + 7 * DAY))
    now = MONDAY + 8 * DAY
    before, after = ({i.name: i for i in due(f, CLINIC, now)} for f in (earlier, later))
    for name, item in before.items():
        if item.entry.anchor in (Anchor.COURSE_OPENED, Anchor.EACH_DOSE, Anchor.FIRST_DOSE):
            assert after[name] == item
    assert ("phq-9", "end of series, session 1") in before
    assert ("phq-9", "end of series, session 1") not in after
    assert ("phq-9", "end of series, session 2") in after


def test_a_session_without_a_dose_is_followed_by_nothing():
    facts = known(session(1, MONDAY, dosed=False))
    assert {i.key for i in due(facts, CLINIC, MONDAY + DAY)} == {"baseline", "before_dose"}


def test_before_the_dose_is_over_with_the_dose():
    facts = known(session(1, MONDAY))
    assert one(facts, MONDAY, "before_dose", "nrs-anxiety").closes_at == MONDAY + timedelta(hours=1)


def test_the_trauma_form_is_asked_once_the_screen_was_positive_and_stays():
    positive = Answer("a", "pc-ptsd-5", MONDAY + DAY, total=3)
    assert not items(
        known(answers=(replace(positive, total=2),)), MONDAY + 2 * DAY, "baseline_trauma"
    )
    assert not items(known(answers=(positive,)), MONDAY, "baseline_trauma")
    (asked,) = items(known(answers=(positive,)), MONDAY + 2 * DAY, "baseline_trauma")
    assert (asked.opens_at, asked.instrument) == (MONDAY + DAY, "pcl-5")
    negative = Answer("b", "pc-ptsd-5", MONDAY + 2 * DAY, total=0)
    assert items(known(answers=(positive, negative)), MONDAY + 3 * DAY, "baseline_trauma")


def test_nothing_is_asked_of_somebody_who_was_declined_or_has_died():
    facts = known(session(1, MONDAY), stopped_at=MONDAY + 2 * DAY)
    assert {i.key for i in due(facts, CLINIC, MONDAY + 9 * DAY)} == {
        "baseline", "before_dose", "day_1_risk", "day_3",
    }  # fmt: skip
    assert not any(item.is_open for item in due(facts, CLINIC, MONDAY + 2 * DAY))


def test_an_answer_goes_to_the_point_it_was_asked_for():
    weeks = known(*(session(n + 1, MONDAY + n * DAY) for n in range(3)))
    asked = items(weeks, MONDAY, "day_3")
    at = asked[0].opens_at + 2 * DAY + timedelta(hours=1)
    answer = Answer("a", "house-session-feedback", at, point=asked[2].point)
    found = items(replace(weeks, answers=(answer,)), at, "day_3")
    assert [i.answered_by for i in found] == ["", "", "a"]
    anonymous = replace(answer, point="")
    found = items(replace(weeks, answers=(anonymous,)), at, "day_3")
    assert [i.answered_by for i in found] == ["a", "", ""]


def test_only_what_can_be_asked_here_is_asked():
    assert {i.instrument for i in due(known(), CLINIC, MONDAY, {"phq-9"})} == {"phq-9"}


# ---------------------------------------------------------------- always

protocols = st.sampled_from([CLINIC, STRICT])
instruments = st.sampled_from(sorted({n for e in CLINIC.follow_up.values() for n in e.instruments}))
hours = st.integers(0, 24 * 420)


@st.composite
def courses(draw) -> Known:
    starts = sorted(draw(st.lists(st.integers(1, 24 * 200), max_size=6, unique=True)))
    sittings = tuple(
        session(n, MONDAY + timedelta(hours=at), draw(st.booleans()))
        for n, at in enumerate(starts, 1)
    )
    answers = tuple(
        Answer(
            f"a{n}",
            draw(instruments),
            MONDAY + timedelta(hours=draw(hours)),
            draw(st.integers(0, 5)),
        )
        for n in range(draw(st.integers(0, 8)))
    )
    stopped = draw(st.none() | hours.map(lambda h: MONDAY + timedelta(hours=h)))
    return known(*sittings, answers=answers, stopped_at=stopped)


@settings(max_examples=60)
@given(courses(), protocols, hours, hours)
def test_what_was_answered_stays_answered_while_time_goes_on(facts, protocol, first, second):
    early, late = sorted((first, second))
    before = {i.name: i for i in due(facts, protocol, MONDAY + timedelta(hours=early))}
    after = {i.name: i for i in due(facts, protocol, MONDAY + timedelta(hours=late))}
    for name, item in before.items():
        if item.state is State.ANSWERED:
            assert after[name].answered_by == item.answered_by
        if item.state is State.MISSED:
            assert after[name].state is State.MISSED


@settings(max_examples=60)
@given(courses(), protocols, hours)
def test_one_answer_settles_one_item_inside_its_window(facts, protocol, at):
    now = MONDAY + timedelta(hours=at)
    found = due(facts, protocol, now)
    settled = [i for i in found if i.answered_by]
    assert len({i.answered_by for i in settled}) == len(settled)
    answers = {a.id: a for a in facts.answers}
    for item in settled:
        answer = answers[item.answered_by]
        assert answer.instrument == item.instrument
        assert item.opens_at <= answer.at < item.closes_at and answer.at <= now
    assert len({i.name for i in found}) == len(found)
    assert all(i.opens_at <= i.due_at <= i.closes_at for i in found)


@settings(max_examples=60)
@given(courses(), protocols, hours)
def test_a_form_about_weeks_is_never_asked_twice_for_one_day_nor_on_the_day_of_its_dose(
    facts, protocol, at
):
    found = due(facts, protocol, MONDAY + timedelta(hours=at))
    days = [
        (i.instrument, i.due_at.astimezone(DENVER).date())
        for i in found
        if i.instrument in LOOKS_BACK_DAYS
    ]
    assert len(set(days)) == len(days)


@settings(max_examples=60)
@given(courses(), hours)
def test_a_further_session_changes_nothing_that_counts_from_an_earlier_one(facts, at):
    now = MONDAY + timedelta(hours=at)
    end = max((s.opened_at for s in facts.sittings), default=MONDAY) + timedelta(days=1)
    more = replace(facts, answers=(), sittings=(*facts.sittings, session(99, end)), stopped_at=None)
    less = replace(facts, answers=(), stopped_at=None)
    kinds = (Anchor.EACH_DOSE,) + ((Anchor.FIRST_DOSE,) if less.dosed else ())
    after = {i.name: i for i in due(more, CLINIC, now)}
    for item in due(less, CLINIC, now):
        if item.entry.anchor in kinds and item.name in after:
            assert after[item.name].opens_at == item.opens_at
    assert {i.name for i in due(less, CLINIC, now) if i.key == "day_3"} <= set(after)


# ---------------------------------------------------------------- the file

ENTRY = """
[follow_up.more]
instruments = ["phq-9"]
label = "more"
anchor = "each_dose"
after = 24
unit = "hours"
due_within_hours = 24
closes_within_hours = 48
filled_by = "person"
grade = "proposed"
source = "Proposed"
"""


def problems(entry: str) -> list[str]:
    with pytest.raises(ProtocolError) as refused:
        core_protocol.load(TEXT + entry)
    return [str(problem) for problem in refused.value.problems]


def test_an_entry_of_its_own_is_read():
    loaded = core_protocol.load(TEXT + ENTRY)
    assert loaded.follow_up["more"].text.startswith("more: phq-9, 24 hours after the last dose")
    assert "follow_up.more" in {path for path, _, _ in loaded.unsigned}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("after = 24", "after = 23", "looks back 14 days"),
        ('unit = "hours"', 'unit = "weeks"', "weeks"),
        ("after = 24", "after = 0", "on the day of a dose"),
        ('anchor = "each_dose"', 'anchor = "each_session"', "on the day of a dose"),
        ('anchor = "each_dose"', 'anchor = "tuesday"', "tuesday"),
        ('label = "more"', 'label = "baseline"', "is that of baseline"),
        ('["phq-9"]', '["PHQ 9"]', "is not a name of an instrument"),
        ('["phq-9"]', "[]", "instruments"),
        ('["phq-9"]', '["pcl-5"]', "waits for something else"),
        ("closes_within_hours = 48", "closes_within_hours = 12", "closes before it is due"),
        ("due_within_hours = 24", "", "due_within_hours"),
        (
            "after = 24",
            "after = 24\nevery_days = 1\ntimes = 3",
            "still open when it is asked again",
        ),
        ("after = 24", "after = 24\ntimes = 3", "repeated without every_days"),
        ("after = 24", "after = 24\nonly_if_at_least = 3", "half a condition"),
        ("after = 24", "after = 24\nremind_after_hours = [9, 3]", "is not a list of hours"),
        ('"person"', '"staff"\nremind_after_hours = [9]', "reminds nobody"),
        ("after = 24", "after = 24\ncolour = 3", "colour"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused_by_name(before, after, said):
    assert any(said in line for line in problems(ENTRY.replace(before, after, 1)))


def test_a_pinned_version_without_follow_up_borrows_the_programs():
    bare = TEXT[: TEXT.index("[follow_up.baseline]")] + TEXT[TEXT.index("[music.im]") :]
    pinned = core_protocol.load(bare, pinned=True, fallback=CLINIC)
    assert pinned.follow_up.keys() == CLINIC.follow_up.keys()
    assert "not in this version" in pinned.follow_up["weekly"].source
    assert core_protocol.load(bare).follow_up == {}


def test_a_changed_entry_is_seen_when_two_versions_are_compared():
    other = core_protocol.load(TEXT.replace("after = 6\n", "after = 5\n"))
    paths = {change.path for change in core_protocol.diff(CLINIC, other)}
    assert "follow_up.weekly" in paths
