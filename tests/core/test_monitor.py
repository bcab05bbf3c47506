"""What a monitor's export may look like, and what can be said of each of its numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.core import monitor
from holdspace.core.monitor import (
    COLUMNS,
    Counts,
    Gap,
    MonitorFileError,
    Reason,
    Received,
    Row,
    Sheet,
    Validity,
    count,
    gaps,
    judge,
    outside,
    parse,
)
from holdspace.core.units import Kind

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HEADER = "minute," + monitor.TITLES.replace(", ", ",")


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def cells(text: str) -> dict[str, Received]:
    """One line in the order HR, PULSE, RESP, SpO2, Sys, Dias, Mean, judged: by source column."""
    sheet = parse(f"{HEADER}\n0,{text}\n")
    return {cell.source_column: cell for cell in judge(sheet, START)}


def shipped() -> tuple[Received, ...]:
    path = files("holdspace").joinpath("medicine/data/monitor-with-faults.csv")
    return judge(parse(path.read_text(encoding="utf-8")), START)


# --- reading ---------------------------------------------------------------------------------


def test_a_value_is_kept_exactly_as_received_with_its_time_and_line() -> None:
    (cell,) = judge(parse("minute,SpO2 [%]\n0,\n2.5,97.40\n"), START)
    assert (cell.kind, cell.source_column, cell.line) == (Kind.SPO2, "SpO2", 3)
    assert str(cell.value) == "97.40"
    assert cell.taken_at == at(2.5)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_byte_order_mark_line_endings_and_blank_lines_at_the_end_do_not_matter(ending: str) -> None:
    text = ending.join(["\ufeffminute, HR [bpm]", " 0 , 70 ", "1,71", "", "  ", ""])
    assert [row.value(Kind.HEART_RATE) for row in parse(text).rows] == [70, 71]


def test_columns_may_come_in_any_order_and_number() -> None:
    assert parse("minute,NBPDias [mmHg],HR [bpm]\n0,60,70").rows[0].value(Kind.DIASTOLIC) == 60


REFUSED = [
    # text                                           line  column           accepted contains
    ("", 1, "", "minute, HR [bpm]"),
    ("\n \n", 1, "", "minute, HR [bpm]"),
    ("time,HR [bpm]\n0,70", 1, "", "“minute”"),
    ("minute;HR [bpm]\n0;70", 1, "", "split by commas"),
    ("minute\n0", 1, "", "HR [bpm]"),
    ("minute,HR [bpm]", 2, "", "one line a minute"),
    ("minute,HR [bpm],EtCO2 [mmHg]\n0,70,35", 1, "", "one of HR [bpm]"),
    ("minute,hr [bpm]\n0,70", 1, "", "one of HR [bpm]"),
    ("minute,HR [Hz]\n0,1.1", 1, "HR", "“HR [bpm]”"),
    ("minute,HR\n0,70", 1, "HR", "“HR [bpm]”"),
    ("minute,HR [bpm],HR [bpm]\n0,70,71", 1, "HR [bpm]", "each column once"),
    ("minute,HR [bpm]\n0,70,71", 2, "", "2 cells"),
    ("minute,HR [bpm]\n0", 2, "", "2 cells"),
    ("minute,HR [bpm]\n0,70,5", 2, "", "decimal comma"),
    ("minute,HR [bpm]\n0,70\n\n1,71", 3, "", "only at the end"),
    ("minute,HR [bpm]\n0,seventy", 2, "HR [bpm]", "97.5"),
    ("minute,HR [bpm]\n0,NaN", 2, "HR [bpm]", "97.5"),
    ("minute,HR [bpm]\n0,inf", 2, "HR [bpm]", "97.5"),
    ("minute,HR [bpm]\n0,7e1", 2, "HR [bpm]", "97.5"),
    ("minute,HR [bpm]\n0,٧٠", 2, "HR [bpm]", "97.5"),
    ("minute,HR [bpm]\n0,70\x00", 2, "HR [bpm]", "97.5"),
    ("minute,HR [bpm]\n0,1234567", 2, "HR [bpm]", "97.5"),
    ("minute,HR [bpm]\n,70", 2, "minute", "minutes from the start"),
    ("minute,HR [bpm]\n09:00,70", 2, "minute", "minutes from the start"),
    ("minute,HR [bpm]\n-1,70", 2, "minute", "0 to 10080"),
    ("minute,HR [bpm]\n10080.1,70", 2, "minute", "0 to 10080"),
    ("minute,HR [bpm]\n0,70\n1,71\n1.0,72", 4, "minute", "minutes that rise"),
    ("minute,HR [bpm]\n5,70\n4,71", 3, "minute", "minutes that rise"),
]


@pytest.mark.parametrize(("text", "line", "column", "accepted"), REFUSED)
def test_a_file_with_a_fault_is_refused_by_line_and_says_what_is_accepted(
    text: str, line: int, column: str, accepted: str
) -> None:
    with pytest.raises(MonitorFileError) as refused:
        parse(text)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert accepted in refused.value.accepted
    assert str(refused.value).startswith(f"line {line}")


def test_the_first_faulty_line_is_the_one_named() -> None:
    with pytest.raises(MonitorFileError, match="line 3"):
        parse("minute,HR [bpm]\n0,70\n1,x\n2,y")


def test_the_last_minute_of_a_week_is_inside_it() -> None:
    assert parse("minute,HR [bpm]\n10080,70").rows[0].minute == monitor.MINUTE_MAX


def test_too_many_lines_are_refused_and_the_most_allowed_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(monitor, "ROWS_MAX", 3)
    lines = [f"{n},70" for n in range(4)]
    assert len(parse("minute,HR [bpm]\n" + "\n".join(lines[:3])).rows) == 3
    with pytest.raises(MonitorFileError, match="line 5"):
        parse("minute,HR [bpm]\n" + "\n".join(lines))


def test_a_megabyte_in_one_cell_is_refused_with_a_short_message() -> None:
    with pytest.raises(MonitorFileError) as refused:
        parse("minute,HR [bpm]\n0," + "9" * 1_000_000)
    assert len(str(refused.value)) < 300


def test_a_file_beyond_all_bounds_is_refused_unread() -> None:
    with pytest.raises(MonitorFileError, match="too large"):
        parse("x" * (monitor.CHARACTERS_MAX + 1))


def test_control_characters_of_a_file_never_reach_a_message() -> None:
    with pytest.raises(MonitorFileError) as refused:
        parse("minute,HR [bpm]\n0,\x1b[31m70")
    assert "\x1b" not in str(refused.value)


# --- judging ---------------------------------------------------------------------------------

N, B, Z = Reason.NO_SIGNAL, Reason.NO_BREATH_SEEN, Reason.BELOW_ZERO
FULL, REV = Reason.ABOVE_FULL, Reason.PAIR_REVERSED
IMP, NARROW, DIS = Reason.IMPROBABLE, Reason.NARROW_PAIR, Reason.SOURCES_DISAGREE

JUDGED = [
    # HR,PULSE,RESP,SpO2,Sys,Dias,Mean   column     validity    reasons
    ("0,,,,,,", "HR", "invalid", (N,)),
    ("0.1,,,,,,", "HR", "valid", (IMP,)),
    ("39.9,,,,,,", "HR", "valid", (IMP,)),
    ("40,,,,,,", "HR", "valid", ()),
    ("140,,,,,,", "HR", "valid", ()),
    ("140.1,,,,,,", "HR", "valid", (IMP,)),
    (",0,,,,,", "PULSE", "invalid", (N,)),
    (",149,,,,,", "PULSE", "valid", (IMP,)),
    (",277,,,,,", "PULSE", "valid", (IMP,)),
    (",-3,,,,,", "PULSE", "invalid", (Z,)),
    # two sources of one rate: 20 apart still agree; a missing signal disagrees with nobody
    ("80,100,,,,,", "HR", "valid", ()),
    ("80,100.1,,,,,", "HR", "valid", (DIS,)),
    ("80,100.1,,,,,", "PULSE", "valid", (DIS,)),
    ("82.5,149,,,,,", "PULSE", "valid", (IMP, DIS)),
    ("0,69,,,,,", "PULSE", "valid", ()),
    # breathing: zero is a drop-out or apnoea, and the sentence says so
    (",,0,,,,", "RESP", "invalid", (B,)),
    (",,0.9,,,,", "RESP", "valid", (IMP,)),
    (",,4.9,,,,", "RESP", "valid", (IMP,)),
    (",,5,,,,", "RESP", "valid", ()),
    (",,40,,,,", "RESP", "valid", ()),
    (",,40.1,,,,", "RESP", "valid", (IMP,)),
    (",,,0.0,,,", "SpO2", "invalid", (N,)),
    (",,,43,,,", "SpO2", "valid", (IMP,)),
    (",,,69.9,,,", "SpO2", "valid", (IMP,)),
    (",,,70,,,", "SpO2", "valid", ()),
    (",,,100.0,,,", "SpO2", "valid", ()),
    (",,,100.1,,,", "SpO2", "invalid", (FULL,)),
    # pressures: each alone, then as a pair
    (",,,,0,80,", "NBPSys", "invalid", (N,)),
    (",,,,0,80,", "NBPDias", "valid", ()),
    (",,,,69,40,", "NBPSys", "valid", (IMP,)),
    (",,,,70,40,", "NBPSys", "valid", ()),
    (",,,,200,100,", "NBPSys", "valid", ()),
    (",,,,201,100,", "NBPSys", "valid", (IMP,)),
    (",,,,,29,", "NBPDias", "valid", (IMP,)),
    (",,,,,30,", "NBPDias", "valid", ()),
    (",,,,150,130,", "NBPDias", "valid", ()),
    (",,,,150,131,", "NBPDias", "valid", (IMP,)),
    (",,,,90,90,", "NBPSys", "invalid", (REV,)),
    (",,,,90,90,", "NBPDias", "invalid", (REV,)),
    (",,,,88,92,", "NBPDias", "invalid", (REV,)),
    (",,,,90,89.9,", "NBPSys", "valid", (NARROW,)),
    (",,,,90,80.1,", "NBPDias", "valid", (NARROW,)),
    (",,,,90,80,", "NBPSys", "valid", ()),
    # a mean is kept and not judged, with or without its pair
    (",,,,,,31", "NBPMean", "valid", ()),
    (",,,,,,94", "NBPMean", "valid", ()),
    (",,,,88,92,90", "NBPMean", "valid", ()),
    (",,,,,,0", "NBPMean", "invalid", (N,)),
]


@pytest.mark.parametrize(("line", "column", "validity", "reasons"), JUDGED)
def test_each_number_is_judged_by_what_its_sensor_can_mean(
    line: str, column: str, validity: str, reasons: tuple[Reason, ...]
) -> None:
    cell = cells(line)[column]
    assert (cell.validity, cell.reasons) == (validity, reasons)
    assert cell.unconfirmed == (validity == "valid" and reasons != ())
    assert cell.reason is (reasons[0] if reasons else None)


def test_no_breath_seen_asks_for_the_breaths_to_be_counted() -> None:
    assert cells(",,0,,,,")["RESP"].sentence == "Not measured, or apnoea: count the breaths."


def test_every_unconfirmed_number_sends_somebody_to_the_person() -> None:
    unconfirmed = [cell for cell in shipped() if cell.unconfirmed]
    assert unconfirmed
    assert all("check the person" in cell.sentence for cell in unconfirmed)


def test_a_plain_number_says_nothing() -> None:
    assert cells("70,,,,,,")["HR"].sentence == ""


def test_every_reason_has_a_sentence() -> None:
    assert set(monitor.SENTENCES) == set(Reason)


# --- counting and gaps -----------------------------------------------------------------------


def test_the_shipped_file_holds_every_fault_and_its_cells_are_counted() -> None:
    received = shipped()
    assert {reason for cell in received for reason in cell.reasons} == set(Reason) - {Z}
    assert count(received) == Counts(received=185, valid=164, invalid=21, unconfirmed=21)


def test_gaps_in_the_shipped_file_are_where_the_signal_was_lost() -> None:
    found = gaps(shipped(), Kind.SPO2, every_minutes=2)
    assert found == (Gap(at(0), at(2)), Gap(at(20), at(23)), Gap(at(25), at(28)))


def received_at(*minutes: int, kind: Kind = Kind.SPO2, value: int = 97) -> list[Received]:
    return [Received("SpO2", kind, Decimal(value), at(m), 2) for m in minutes]


GAPS = [
    # valid at          recording 0-10, expected every 2 minutes
    ((0, 2, 4, 6, 8, 10), ()),
    ((0, 2, 5, 7, 9), ((2, 5),)),
    ((1, 3, 5, 7, 9), ()),
    ((2, 4, 6, 8), ((0, 2), (8, 10))),
    ((), ((0, 10),)),
]


@pytest.mark.parametrize(("minutes", "expected"), GAPS)
def test_a_gap_is_longer_than_the_rhythm(
    minutes: tuple[int, ...], expected: tuple[tuple[int, int], ...]
) -> None:
    frame = received_at(0, 10, kind=Kind.HEART_RATE)
    found = gaps([*frame, *received_at(*minutes)], Kind.SPO2, every_minutes=2)
    assert found == tuple(Gap(at(a), at(b)) for a, b in expected)


def test_an_invalid_number_does_not_close_a_gap_and_an_unconfirmed_one_does() -> None:
    text = "minute,SpO2 [%]\n0,97\n1,{}\n2,97\n"
    lost = judge(parse(text.format(0)), START)
    low = judge(parse(text.format(43)), START)
    assert gaps(lost, Kind.SPO2, 1) == (Gap(at(0), at(2)),)
    assert gaps(low, Kind.SPO2, 1) == ()


def test_nothing_received_has_no_gaps() -> None:
    assert gaps((), Kind.SPO2, 1) == ()


def test_a_cell_exactly_at_the_limits_of_a_session_is_inside_it() -> None:
    received = received_at(0, 1, 5, 6)
    assert outside(received, at(1), at(5)) == (received[0], received[3])


# --- properties ------------------------------------------------------------------------------

NUMBERS = st.decimals(-50, 999, places=1)
ROWS = st.lists(
    st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, NUMBERS)), min_size=1, max_size=6
)


def as_sheet(rows: list[dict[monitor.Column, Decimal]], reverse: bool = False) -> Sheet:
    columns = COLUMNS[::-1] if reverse else COLUMNS
    return Sheet(
        columns,
        tuple(
            Row(n + 2, Decimal(n), tuple((c, row[c]) for c in columns if c in row))
            for n, row in enumerate(rows)
        ),
    )


@given(
    st.text() | st.text("minute,HR []bpm\n\r0123456789.-\ufeff").map("minute,HR [bpm]\n".__add__)
)
def test_reading_any_text_gives_a_sheet_or_a_refusal_by_line(text: str) -> None:
    try:
        sheet = parse(text)
    except MonitorFileError as refused:
        assert refused.line >= 1
        assert refused.problem
        assert refused.accepted
    else:
        assert sheet.rows


@given(ROWS)
def test_a_sheet_written_out_is_read_back_unchanged(
    rows: list[dict[monitor.Column, Decimal]],
) -> None:
    lines = (f"{n}," + ",".join(str(row.get(c, "")) for c in COLUMNS) for n, row in enumerate(rows))
    assert parse(f"{HEADER}\n" + "\n".join(lines)) == as_sheet(rows)


@given(st.sampled_from(COLUMNS), st.decimals("0.000001", 100, places=6))
def test_low_is_never_invalid_above_zero(column: monitor.Column, value: Decimal) -> None:
    (cell,) = judge(as_sheet([{column: value}]), START)
    assert cell.validity is Validity.VALID
    assert cell.value == value


@given(ROWS)
def test_the_order_of_columns_and_the_other_lines_change_no_judgement(
    rows: list[dict[monitor.Column, Decimal]],
) -> None:
    together = judge(as_sheet(rows), START)
    assert set(judge(as_sheet(rows, reverse=True), START)) == set(together)
    alone = [judge(Sheet(COLUMNS, (row,)), START) for row in as_sheet(rows).rows]
    assert tuple(cell for line in alone for cell in line) == together


@given(ROWS)
def test_counts_add_up_and_no_cell_is_lost(rows: list[dict[monitor.Column, Decimal]]) -> None:
    received = judge(as_sheet(rows), START)
    counts = count(received)
    assert counts.received == sum(map(len, rows)) == counts.valid + counts.invalid
    assert counts.unconfirmed <= counts.valid
    values = [row[c] for row in rows for c in COLUMNS if c in row]
    assert [cell.value for cell in received] == values
