"""One message of a room's monitor becomes received numbers, or says why each is left aside.

The message comes in as plain text values, read by an HL7 v2 library outside the core. `sort_out`
decides which numbers may stand beside the chart as received; the others keep their reason. It
says nothing about health, and nothing of it is charted: a clinician does that, number by number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from holdspace.core.monitor import COLUMNS, Column, Received, Row, judge_row
from holdspace.core.units import Kind

# A monitor's clock further from ours than this is not believed (limits.md, grade P).
SKEW_MAX = timedelta(seconds=60)
# A number with a time of its own (a cuff's) may be this old when it arrives (grade P).
AGE_MAX = timedelta(minutes=30)
NUMERICS_MAX = 500

TEMPERATURE = Column("Temp", "°C", Kind.TEMPERATURE)
END_TIDAL = Column("EtCO2", "mmHg", Kind.END_TIDAL_CO2)
_BY_NAME = {column.name: column for column in (*COLUMNS, TEMPERATURE, END_TIDAL)}

# Codes by their numbers: MDC of ISO/IEEE 11073-10101, as monitors send them, and LOINC. The MDC
# numbers are recalled, not read in the standard: a code that is missing here is left aside.
CODES: dict[str, Column] = {
    code: _BY_NAME[name]
    for name, codes in {
        "HR": ("147842", "8867-4"),
        "PULSE": ("149530",),
        "RESP": ("151562", "9279-1"),
        "SpO2": ("150456", "59408-5", "2708-6"),
        "NBPSys": ("150021", "8480-6"),
        "NBPDias": ("150022", "8462-4"),
        "NBPMean": ("150023", "8478-0"),
        "Temp": ("150344", "8310-5"),
        "EtCO2": ("151708", "19891-1"),
    }.items()
    for code in codes
}
# Units as MDC numbers, MDC names or UCUM; anything else is a wrong unit, never a conversion.
UNITS: dict[str, frozenset[str]] = {
    "bpm": frozenset({"264864", "MDC_DIM_BEAT_PER_MIN", "/min", "{beats}/min", "bpm"}),
    "pm": frozenset({"264928", "MDC_DIM_RESP_PER_MIN", "/min", "{breaths}/min", "rpm"}),
    "%": frozenset({"262688", "MDC_DIM_PERCENT", "%"}),
    "mmHg": frozenset({"266016", "MDC_DIM_MMHG", "mm[Hg]", "mmHg"}),
    "°C": frozenset({"268192", "MDC_DIM_DEGC", "Cel"}),
}
FINAL = frozenset({"F", "C", "R"})  # OBX-11: final, corrected, entered but not verified


class Aside(StrEnum):
    """Why a number, or a whole message, is left aside; first what concerns the message."""

    NOT_READABLE = "not_readable"
    NOT_SETTLED = "not_settled"
    NOT_OBSERVATIONS = "not_observations"
    UNKNOWN_DEVICE = "unknown_device"
    NO_ROOM = "no_room"
    NO_SESSION = "no_session"
    NOT_CONFIRMED = "not_confirmed"
    OTHER_PERSON = "other_person"
    REPEATED = "repeated"
    CLOCK_APART = "clock_apart"
    NO_TIME = "no_time"
    NOTHING_IN_IT = "nothing_in_it"
    TOO_MUCH = "too_much"
    UNKNOWN_CODE = "unknown_code"
    WRONG_UNIT = "wrong_unit"
    NOT_A_NUMBER = "not_a_number"
    NOT_FINAL = "not_final"
    TWICE = "twice"
    TOO_OLD = "too_old"
    AHEAD = "ahead"
    MINUTE_TAKEN = "minute_taken"


SENTENCES: dict[Aside, str] = {
    Aside.NOT_READABLE: "The message is cut off or not HL7.",
    Aside.NOT_SETTLED: "The message is kept, but Holdspace failed on it: the log says why.",
    Aside.NOT_OBSERVATIONS: "The message is of another kind than observations (ORU^R01).",
    Aside.UNKNOWN_DEVICE: "No monitor of the clinic has this name.",
    Aside.NO_ROOM: "The monitor stands in no room.",
    Aside.NO_SESSION: "No session was open in the monitor's room.",
    Aside.NOT_CONFIRMED: "Nobody has confirmed that this monitor is on the person.",
    Aside.OTHER_PERSON: "The monitor names another person.",
    Aside.REPEATED: "The same message came before.",
    Aside.CLOCK_APART: "The monitor's clock is wrong: set it, then read again.",
    Aside.NO_TIME: "The message does not say when.",
    Aside.NOTHING_IN_IT: "There is no number in it.",
    Aside.TOO_MUCH: f"More than {NUMERICS_MAX} numbers in one message.",
    Aside.UNKNOWN_CODE: "What was measured is not known here.",
    Aside.WRONG_UNIT: "The unit is missing or another one.",
    Aside.NOT_A_NUMBER: "The value is not a number.",
    Aside.NOT_FINAL: "The monitor itself does not stand by this value.",
    Aside.TWICE: "The same value stands twice in one message.",
    Aside.TOO_OLD: "The value was measured too long before it was sent.",
    Aside.AHEAD: "The value is dated ahead.",
    Aside.MINUTE_TAKEN: "A value of this minute is kept already.",
}


@dataclass(frozen=True, slots=True)
class Numeric:
    """One OBX as it stood in the message; every field is text, as received."""

    code: str
    value: str
    unit: tuple[str, ...]  # identifier, then its name
    value_type: str = "NM"
    status: str = "F"
    taken_at: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What a message says, as received: who sent it, when, of whom, and its numbers."""

    kind: str  # "ORU^R01"
    control_id: str
    device: str  # sending application and facility: "Bedside^Room 2"
    sent_at: str
    person_ids: tuple[str, ...] = ()
    numerics: tuple[Numeric, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftAside:
    """One number, or with an empty code the whole message, and why it is not shown."""

    why: Aside
    code: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Sorted:
    """What may stand beside the chart as received, and what was left aside."""

    received: tuple[Received, ...] = ()
    aside: tuple[LeftAside, ...] = ()


_TIME = re.compile(r"([0-9]{14})(\.[0-9]{1,6})?([+-][0-9]{4})?")
_NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """An HL7 time to the second; one without an offset is read on the clinic's wall.

    A wall time that the clock shows twice, in the hour that is doubled in autumn, is not known.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    try:
        naive = datetime.strptime(match[1], "%Y%m%d%H%M%S")  # noqa: DTZ007 - its zone follows
        if match[3]:
            minutes = int(match[3][1:3]) * 60 + int(match[3][3:])
            offset = timedelta(minutes=minutes if match[3][0] == "+" else -minutes)
            return naive.replace(tzinfo=timezone(offset)).astimezone(UTC)
        first, second = naive.replace(tzinfo=zone), naive.replace(tzinfo=zone, fold=1)
        if first.utcoffset() != second.utcoffset():
            return None
        return first.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def apart(message: Message, received_at: datetime, zone: ZoneInfo) -> timedelta | None:
    """How far the monitor's clock is ahead of ours; None when the message does not say."""
    sent = moment(message.sent_at, zone)
    return None if sent is None else sent - received_at


def sort_out(
    message: Message, *, received_at: datetime, zone: ZoneInfo, person_id: str = ""
) -> Sorted:
    """Judge one message of a confirmed monitor. `person_id` is the number of the person there.

    A message as a whole is left aside for its kind, its person or its clock; then each number for
    itself. Of several times in one message each number keeps its own.
    """
    whole = _whole(message, received_at, zone, person_id)
    if whole:
        return Sorted(aside=(LeftAside(whole),))
    sent = moment(message.sent_at, zone)
    assert sent is not None, "a message without a time was left aside as a whole"
    judged = [(numeric, _number(numeric, sent, zone)) for numeric in message.numerics]
    times = Counter((one[0].kind, one[2]) for _, one in judged if not isinstance(one, Aside))
    aside: list[LeftAside] = []
    rows: dict[datetime, list[tuple[Column, Decimal]]] = {}
    for numeric, one in judged:
        if isinstance(one, Aside):
            aside.append(_left(one, numeric))
        elif times[one[0].kind, one[2]] > 1:  # neither of two is believed
            aside.append(_left(Aside.TWICE, numeric))
        else:
            rows.setdefault(one[2], []).append(one[:2])
    received = [cell for at in sorted(rows) for cell in judge_row(_row(rows[at]), at)]
    return Sorted(tuple(received), tuple(aside))


def _row(cells: Sequence[tuple[Column, Decimal]]) -> Row:
    return Row(line=1, minute=Decimal(0), cells=tuple(cells))


def _whole(message: Message, received_at: datetime, zone: ZoneInfo, person_id: str) -> Aside | None:
    if message.kind != "ORU^R01":
        return Aside.NOT_OBSERVATIONS
    if person_id and message.person_ids and person_id not in message.person_ids:
        return Aside.OTHER_PERSON
    if len(message.numerics) > NUMERICS_MAX:
        return Aside.TOO_MUCH
    if not message.numerics:
        return Aside.NOTHING_IN_IT
    off = apart(message, received_at, zone)
    if off is None:
        return Aside.NO_TIME
    return Aside.CLOCK_APART if abs(off) > SKEW_MAX else None


def _number(
    numeric: Numeric, sent: datetime, zone: ZoneInfo
) -> tuple[Column, Decimal, datetime] | Aside:
    column = CODES.get(numeric.code)
    if column is None:
        return Aside.UNKNOWN_CODE
    if numeric.status not in FINAL:
        return Aside.NOT_FINAL
    if numeric.value_type != "NM" or not _NUMBER.fullmatch(numeric.value):
        return Aside.NOT_A_NUMBER
    if not UNITS[column.unit].intersection(numeric.unit):
        return Aside.WRONG_UNIT
    at = moment(numeric.taken_at, zone) if numeric.taken_at else sent
    if at is None:
        return Aside.NO_TIME
    if at > sent + SKEW_MAX:
        return Aside.AHEAD
    return Aside.TOO_OLD if sent - at > AGE_MAX else (column, Decimal(numeric.value), at)


def since(
    received: Iterable[Received], confirmed_at: datetime
) -> tuple[tuple[Received, ...], tuple[LeftAside, ...]]:
    """What was measured after somebody looked; an older cuff value may be another person's."""
    found = tuple(received)
    early = [cell for cell in found if cell.taken_at < confirmed_at]
    aside = tuple(
        LeftAside(Aside.NOT_CONFIRMED, cell.source_column, str(cell.value)) for cell in early
    )
    return tuple(cell for cell in found if cell.taken_at >= confirmed_at), aside


def one_a_minute(
    received: Iterable[Received], kept: Iterable[tuple[Kind, datetime]]
) -> tuple[tuple[Received, ...], tuple[LeftAside, ...]]:
    """At most one value of a kind for each minute of the clock: the first that came.

    `kept` are the kinds and times that stand there already.
    """
    taken = {(kind, _minute(at)) for kind, at in kept}
    shown: list[Received] = []
    aside: list[LeftAside] = []
    for cell in received:
        mark = (cell.kind, _minute(cell.taken_at))
        if mark in taken:
            aside.append(LeftAside(Aside.MINUTE_TAKEN, cell.source_column, str(cell.value)))
            continue
        taken.add(mark)
        shown.append(cell)
    return tuple(shown), tuple(aside)


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _left(why: Aside, numeric: Numeric) -> LeftAside:
    return LeftAside(why, _short(numeric.code), _short(numeric.value))


def _short(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)[:24]
