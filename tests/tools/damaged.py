"""Damaged HL7 messages from a seed, and a second, strict reader of the same bytes.

The reader shares nothing with the program: it cuts the text itself and knows its own codes. What
the program shows of a message must be exactly what this one takes.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from holdspace.core.feed import sort_out
from holdspace.interop import hl7v2
from holdspace.interop.gateway import classify
from holdspace.interop.simulator import Monitor

NOW, ZONE, PERSON = datetime(2026, 3, 2, 17, 0, 7, tzinfo=UTC), ZoneInfo("America/Denver"), "P-1004"

PIECES = (
    "", "|", "||", "^", "~", "\\", "&", "\r", "\n", "\r\n", "\x00", "\x0b", "\x1c", " ", "0", "9",
    "-", ".", "1e3", "é", "٣", "\U0001f4a5", "OBX", "MSH|", "PID|", "|F|", "|X|", "F", "NM",
    "150021", "147842", "\\F\\", '""', "+0000", "20", "bpm",
)  # fmt: skip
Shown = tuple[str, str, datetime]  # what was measured, the number as text, when

_WHAT = {
    "147842": "heart_rate", "8867-4": "heart_rate", "149530": "pulse_rate",
    "151562": "respiratory_rate", "9279-1": "respiratory_rate", "150456": "spo2",
    "59408-5": "spo2", "2708-6": "spo2", "150021": "systolic", "8480-6": "systolic",
    "150022": "diastolic", "8462-4": "diastolic", "150023": "mean_arterial",
    "8478-0": "mean_arterial", "150344": "temperature", "8310-5": "temperature",
    "151708": "end_tidal_co2", "19891-1": "end_tidal_co2",
}  # fmt: skip
_IN = {
    "heart_rate": "264864 MDC_DIM_BEAT_PER_MIN /min {beats}/min bpm",
    "pulse_rate": "264864 MDC_DIM_BEAT_PER_MIN /min {beats}/min bpm",
    "respiratory_rate": "264928 MDC_DIM_RESP_PER_MIN /min {breaths}/min rpm",
    "spo2": "262688 MDC_DIM_PERCENT %",
    "systolic": "266016 MDC_DIM_MMHG mm[Hg] mmHg",
    "diastolic": "266016 MDC_DIM_MMHG mm[Hg] mmHg",
    "mean_arterial": "266016 MDC_DIM_MMHG mm[Hg] mmHg",
    "temperature": "268192 MDC_DIM_DEGC Cel",
    "end_tidal_co2": "266016 MDC_DIM_MMHG mm[Hg] mmHg",
}


@dataclass(frozen=True)
class Outcome:
    """How a message was answered, what is shown and left aside, and what the strict reader took."""

    answer: str
    said: bool  # the acknowledgement itself says so
    shown: frozenset[tuple[str, Decimal, datetime]]
    strict: frozenset[tuple[str, Decimal, datetime]]
    aside: int


def outcome(text: str) -> Outcome:
    """One message through the program's reader and through the strict one."""
    arrived = classify(text, NOW, is_demo=True)
    said = f"MSA|{arrived.acknowledged}|" in hl7v2.answer(text, arrived.acknowledged)
    message = hl7v2.read(text)
    if message is None:
        return Outcome(arrived.acknowledged, said, frozenset(), frozenset(), 1)
    found = sort_out(message, received_at=NOW, zone=ZONE, person_id=PERSON)
    return Outcome(
        arrived.acknowledged,
        said,
        frozenset((one.kind.value, one.value, one.taken_at) for one in found.received),
        frozenset((what, Decimal(value), at) for what, value, at in strictly(text)),
        len(found.aside),
    )


def damaged(seed: int) -> str:
    """One message with one to six places dropped, doubled, moved or changed; a tenth are whole."""
    chance = random.Random(seed)
    monitor, with_fault = Monitor("Bedside^Room 1", PERSON, seed=seed), chance.random() < 0.3
    for _ in range(chance.randint(1, 7)):  # the monitor's own faults take turns
        text = monitor.message(NOW, with_fault=with_fault)
    for _ in range(0 if chance.random() < 0.1 else chance.randint(1, 6)):
        kind, at = chance.randrange(4), chance.randrange(len(text) + 1)
        if kind == 0:
            text = text[:at] + chance.choice(PIECES) + text[at + chance.randint(0, 3) :]
        elif kind == 1:
            text = text[:at] + text[at : at + chance.randint(1, 40)] + text[at:]
        elif kind == 2:
            segments = text.split("\r")
            chance.shuffle(segments[1:] if chance.random() < 0.8 else segments)
            text = "\r".join(segments)
        else:
            text = text[:at] if chance.random() < 0.3 else text[:at] + text[at + 1 :]
    return text


def strictly(text: str) -> set[Shown]:
    """What may be shown of these bytes, read as the standard is written and no wider."""
    segments = [one.split("|") for one in text.split("\r") if one]
    head = segments[0] if segments else []
    if text[:9] != "MSH|^~\\&|" or "^".join(_field(head, 8).split("^")[:2]) != "ORU^R01":
        return set()
    sent = _moment(_field(head, 6))
    pids = [one for one in segments if one[0] == "PID"]
    people = [one.split("^")[0] for one in _field(pids[-1], 3).split("~")] if pids else []
    named = [one for one in people if one]
    if sent is None or abs(sent - NOW) > timedelta(seconds=60) or (named and PERSON not in named):
        return set()
    found: list[Shown] = []
    order_time = ""
    for segment in segments:
        if segment[0] == "OBR":
            order_time = _field(segment, 7)
        if segment[0] == "OBX":
            one = _reading(segment, order_time, sent)
            found += [one] if one else []
    times = Counter((what, at) for what, _, at in found)
    return {one for one in found if times[one[0], one[2]] == 1}


def _reading(segment: list[str], order: str, sent: datetime) -> Shown | None:
    what = _WHAT.get(_field(segment, 3).split("^")[0])
    value, units = _field(segment, 5), [u for u in _field(segment, 6).split("^")[:2] if u]
    stamp = _field(segment, 14) or order
    at = _moment(stamp) if stamp else sent
    sound = (
        what is not None
        and _field(segment, 2) == "NM"
        and _field(segment, 11) in ("F", "C", "R")
        and re.fullmatch(r"-?[0-9]{1,6}(\.[0-9]{1,6})?", value)
        and set(_IN[what].split()) & set(units)
        and at is not None
        and timedelta(minutes=-30) <= at - sent <= timedelta(seconds=60)
    )
    return (what, value, at) if sound and what and at else None


def _field(segment: list[str], number: int) -> str:
    return segment[number] if len(segment) > number else ""


def _moment(text: str) -> datetime | None:
    match = re.fullmatch(r"\s*([0-9]{14})(?:\.[0-9]{1,6})?([+-][0-9]{4})?\s*", text)
    if match is None:
        return None
    try:
        if match[2]:
            return datetime.strptime(match[1] + match[2], "%Y%m%d%H%M%S%z").astimezone(UTC)
        wall = datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=ZONE)
    except (ValueError, OverflowError):
        return None
    return None if wall.utcoffset() != wall.replace(fold=1).utcoffset() else wall.astimezone(UTC)
