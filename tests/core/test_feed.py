"""A monitor's message becomes received numbers or keeps the reason why not; nothing in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core import feed
from holdspace.core.feed import CODES, SENTENCES, UNITS, Aside, Message, Numeric, sort_out
from holdspace.core.units import Kind

DENVER = ZoneInfo("America/Denver")
NOW = datetime(2026, 3, 2, 16, 0, 0, tzinfo=UTC)
SPO2 = Numeric("150456", "97", ("262688", "MDC_DIM_PERCENT"))
HEART = Numeric("147842", "72", ("264864", "MDC_DIM_BEAT_PER_MIN"))


def stamp(at: datetime) -> str:
    return at.astimezone(DENVER).strftime("%Y%m%d%H%M%S%z")


def message(*numerics: Numeric, **changes: object) -> Message:
    whole = Message("ORU^R01", "1", "Bedside^Room 1", stamp(NOW), ("P-1004",), numerics)
    return replace(whole, **changes)  # type: ignore[arg-type]


def why(found: feed.Sorted) -> list[Aside]:
    return [one.why for one in found.aside]


def sorted_out(sent: Message, person_id: str = "P-1004") -> feed.Sorted:
    return sort_out(sent, received_at=NOW, zone=DENVER, person_id=person_id)


def test_a_plain_message_gives_its_numbers_with_their_time_and_source() -> None:
    found = sorted_out(message(SPO2, HEART))
    assert [(c.kind, c.value, c.taken_at) for c in found.received] == [
        (Kind.SPO2, Decimal(97), NOW),
        (Kind.HEART_RATE, Decimal(72), NOW),
    ]
    assert not found.aside


# One line a reason: what is wrong with the number, and what is kept of it.
ASIDE = [
    ("another unit", replace(SPO2, unit=("264864",)), Aside.WRONG_UNIT),
    ("no unit", replace(SPO2, unit=()), Aside.WRONG_UNIT),
    ("a unit of pressure that is not mmHg", Numeric("150021", "17.2", ("kPa",)), Aside.WRONG_UNIT),
    ("temperature in Fahrenheit", Numeric("150344", "98.6", ("[degF]",)), Aside.WRONG_UNIT),
    ("a code of something else", replace(SPO2, code="999999"), Aside.UNKNOWN_CODE),
    ("no code", replace(SPO2, code=""), Aside.UNKNOWN_CODE),
    ("words for a number", replace(SPO2, value="---"), Aside.NOT_A_NUMBER),
    ("an empty value", replace(SPO2, value=""), Aside.NOT_A_NUMBER),
    ("a decimal comma", replace(SPO2, value="97,5"), Aside.NOT_A_NUMBER),
    ("a power of ten", replace(SPO2, value="9.7e1"), Aside.NOT_A_NUMBER),
    ("text that looks like a number", replace(SPO2, value_type="ST"), Aside.NOT_A_NUMBER),
    ("taken back by the monitor", replace(SPO2, status="D"), Aside.NOT_FINAL),
    ("no result", replace(SPO2, status="X"), Aside.NOT_FINAL),
    ("no status", replace(SPO2, status=""), Aside.NOT_FINAL),
    ("a time that is none", replace(SPO2, taken_at="soon"), Aside.NO_TIME),
    ("61 s ahead", replace(SPO2, taken_at=stamp(NOW + timedelta(seconds=61))), Aside.AHEAD),
    ("31 min old", replace(SPO2, taken_at=stamp(NOW - timedelta(minutes=31))), Aside.TOO_OLD),
]  # fmt: skip


@pytest.mark.parametrize(("what", "numeric", "reason"), ASIDE, ids=[a[0] for a in ASIDE])
def test_a_number_that_is_not_plain_is_left_aside_alone(
    what: str, numeric: Numeric, reason: Aside
) -> None:
    found = sorted_out(message(numeric, HEART))
    assert why(found) == [reason]
    assert [cell.kind for cell in found.received] == [Kind.HEART_RATE]


WHOLE = [
    ("another kind of message", {"kind": "ADT^A01"}, Aside.NOT_OBSERVATIONS),
    ("another person's number", {"person_ids": ("P-1005",)}, Aside.OTHER_PERSON),
    ("nothing in it", {"numerics": ()}, Aside.NOTHING_IN_IT),
    ("no time", {"sent_at": ""}, Aside.NO_TIME),
    ("61 s behind", {"sent_at": stamp(NOW - timedelta(seconds=61))}, Aside.CLOCK_APART),
    ("61 s ahead", {"sent_at": stamp(NOW + timedelta(seconds=61))}, Aside.CLOCK_APART),
    ("too much", {"numerics": (SPO2,) * (feed.NUMERICS_MAX + 1)}, Aside.TOO_MUCH),
]


@pytest.mark.parametrize(("what", "changes", "reason"), WHOLE, ids=[w[0] for w in WHOLE])
def test_a_message_that_is_not_ours_to_show_is_left_aside_whole(
    what: str, changes: dict[str, object], reason: Aside
) -> None:
    found = sorted_out(message(SPO2, **changes))
    assert why(found) == [reason] and not found.received


@pytest.mark.parametrize("seconds", [-60, -1, 0, 1, 60])
def test_a_clock_that_is_a_minute_apart_is_still_believed(seconds: int) -> None:
    sent = message(SPO2, sent_at=stamp(NOW + timedelta(seconds=seconds)))
    assert len(sorted_out(sent).received) == 1


def test_a_monitor_that_names_nobody_is_taken_at_the_word_of_who_looked() -> None:
    assert len(sorted_out(message(SPO2, person_ids=())).received) == 1


def test_a_value_that_stands_twice_is_believed_neither_time() -> None:
    found = sorted_out(message(SPO2, replace(SPO2, value="88"), HEART))
    assert why(found) == [Aside.TWICE, Aside.TWICE]
    assert [cell.kind for cell in found.received] == [Kind.HEART_RATE]


def test_a_zero_is_received_and_said_to_be_no_signal() -> None:
    (cell,) = sorted_out(message(replace(SPO2, value="0"))).received
    assert cell.validity.value == "invalid" and cell.sentence


def test_a_pressure_is_judged_with_its_pair() -> None:
    mmhg = ("266016",)
    found = sorted_out(message(Numeric("150021", "80", mmhg), Numeric("150022", "120", mmhg)))
    assert {cell.reason for cell in found.received} == {feed_reason("pair_reversed")}


def feed_reason(word: str) -> object:
    from holdspace.core.monitor import Reason

    return Reason(word)


def test_an_older_cuff_value_keeps_its_own_time() -> None:
    old = NOW - timedelta(minutes=4)
    cuff = Numeric("150021", "128", ("266016",), taken_at=stamp(old))
    found = sorted_out(message(SPO2, cuff))
    assert [(c.kind, c.taken_at) for c in found.received] == [
        (Kind.SYSTOLIC, old),
        (Kind.SPO2, NOW),
    ]


MOMENTS = [
    ("20260302090000-0700", datetime(2026, 3, 2, 16, tzinfo=UTC)),
    ("20260302090000", datetime(2026, 3, 2, 16, tzinfo=UTC)),
    ("20260702090000", datetime(2026, 7, 2, 15, tzinfo=UTC)),
    ("20260302160000.1234+0000", datetime(2026, 3, 2, 16, tzinfo=UTC)),
    ("20261101013000", None),  # the hour that comes twice in autumn
    ("20261101013000-0600", datetime(2026, 11, 1, 7, 30, tzinfo=UTC)),
    ("20260308023000", None),  # the hour that spring leaves out
    ("202603020900", None),
    ("20260302090000+00٣0", None),  # a damaged byte that happens to be another script's digit
    ("2026030209000٠", None),
    ("20261302090000", None),
    ("", None),
    ("00000000000000", None),
]


@pytest.mark.parametrize(("text", "expected"), MOMENTS)
def test_a_time_without_its_offset_is_read_on_the_clinics_wall(
    text: str, expected: datetime | None
) -> None:
    assert feed.moment(text, DENVER) == expected


def test_one_value_of_a_kind_is_kept_for_each_minute() -> None:
    cells = [
        cell
        for second in (0, 20, 59, 60)
        for cell in sorted_out(
            message(replace(SPO2, taken_at=stamp(NOW - timedelta(seconds=120 - second))))
        ).received
    ]
    shown, aside = feed.one_a_minute(cells, [])
    assert [cell.taken_at.minute for cell in shown] == [58, 59]
    assert [one.why for one in aside] == [Aside.MINUTE_TAKEN] * 2
    shown, aside = feed.one_a_minute(cells, [(Kind.SPO2, NOW - timedelta(seconds=61))])
    assert [cell.taken_at.minute for cell in shown] == [59]


def test_every_reason_has_a_sentence_and_every_code_a_unit() -> None:
    assert set(SENTENCES) == set(Aside)
    assert all(column.unit in UNITS for column in CODES.values())


anything = st.text(max_size=12)
numerics = st.builds(
    Numeric,
    code=st.one_of(st.sampled_from(sorted(CODES)), anything),
    value=st.one_of(st.integers(-5, 400).map(str), anything),
    unit=st.one_of(
        st.sampled_from([tuple(sorted(units)) for units in UNITS.values()]),
        st.lists(anything, max_size=2).map(tuple),
    ),
    value_type=st.sampled_from(["NM", "ST", ""]),
    status=st.sampled_from(["F", "C", "X", ""]),
    taken_at=st.one_of(st.just(""), st.just(stamp(NOW)), anything),
)


@given(st.lists(numerics, max_size=8))
def test_whatever_comes_each_number_is_either_received_or_left_aside(given: list[Numeric]) -> None:
    found = sorted_out(message(*given))
    if given:
        assert len(found.received) + len(found.aside) == len(given)
    for cell in found.received:
        assert abs(cell.taken_at - NOW) <= feed.AGE_MAX


def test_the_page_of_monitors_says_every_reason(repository: Path) -> None:
    page = (repository / "docs" / "monitors.md").read_text(encoding="utf-8")
    for why, sentence in SENTENCES.items():
        assert f"| `{why.value}` | {sentence} |" in page


@pytest.mark.parametrize(("seconds", "shown"), [(-1, 0), (0, 1), (1, 1)])
def test_what_was_measured_before_somebody_looked_is_left_aside(seconds: int, shown: int) -> None:
    cuff = Numeric("150021", "128", ("266016",), taken_at=stamp(NOW - timedelta(minutes=4)))
    looked = NOW - timedelta(minutes=4) - timedelta(seconds=seconds)
    received, aside = feed.since(sorted_out(message(cuff)).received, looked)
    assert len(received) == shown
    assert [one.why for one in aside] == [Aside.NOT_CONFIRMED] * (1 - shown)
