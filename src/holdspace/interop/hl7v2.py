"""HL7 v2 as it is on the wire: read by a library into plain values, or not read at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import hl7

from holdspace.core.feed import Message, Numeric

CHARACTERS_MAX = 64_000
ACCEPTED, ERROR, REJECTED = "AA", "AE", "AR"
# What the library raises for text that is not HL7, and what its containers raise for what is short.
BROKEN = (
    hl7.HL7Exception, LookupError, ValueError, TypeError, AttributeError, AssertionError
)  # fmt: skip
# The separators that every monitor uses; another set is more likely damage than a dialect.
OPENING = "MSH|^~\\&|"


@dataclass(frozen=True, slots=True)
class Header:
    """What is needed to answer a message: everything in it stands in the first segment."""

    sender: str
    control_id: str
    kind: str
    is_training: bool  # MSH-11 is T: a simulated monitor says so itself


def header(raw: str) -> Header | None:
    """The first segment of a message; None when it is not one."""
    if not raw.startswith(OPENING):
        return None
    try:
        segment = hl7.parse(raw.split("\r", 1)[0] + "\r")[0]
        return Header(
            sender=f"{_text(segment, 3)}^{_text(segment, 4)}",
            control_id=_text(segment, 10),
            kind="^".join(_text(segment, 9).split("^")[:2]),
            is_training=_text(segment, 11)[:1] == "T",
        )
    except BROKEN:
        return None


def read(raw: str) -> Message | None:
    """A whole message as plain text values; None when it cannot be read."""
    head = header(raw)
    if head is None:
        return None
    try:
        parsed = hl7.parse(raw)
        numerics, order_time, persons = [], "", []
        for segment in parsed:
            name = str(segment[0])
            if name == "PID":
                persons = [one.split("^")[0] for one in _text(segment, 3).split("~")]
            elif name == "OBR":
                order_time = _text(segment, 7)
            elif name == "OBX":
                numerics.append(_numeric(segment, order_time))
        return Message(
            kind=head.kind,
            control_id=head.control_id,
            device=head.sender,
            sent_at=_text(parsed[0], 7),
            person_ids=tuple(one for one in persons if one),
            numerics=tuple(numerics),
        )
    except BROKEN:
        return None


def _numeric(segment: hl7.Segment, order_time: str) -> Numeric:
    unit = _text(segment, 6).split("^")
    return Numeric(
        code=_text(segment, 3).split("^")[0],
        value=_text(segment, 5),
        unit=tuple(part for part in unit[:2] if part),
        value_type=_text(segment, 2),
        status=_text(segment, 11),
        taken_at=_text(segment, 14) or order_time,
    )


def _text(segment: hl7.Segment, field: int) -> str:
    return str(segment[field]) if len(segment) > field else ""


def answer(raw: str, code: str) -> str:
    """The acknowledgement of a message; of one without a readable head, as much as can be said."""
    head = raw.split("\r", 1)[0]
    try:
        return str(hl7.parse(head + "\r").create_ack(code, application="HOLDSPACE"))
    except BROKEN:
        return f"MSH|^~\\&|HOLDSPACE||||||ACK|0|P|2.6\rMSA|{code}|\r"


@dataclass(frozen=True, slots=True)
class Sent:
    """One number that the simulated monitor sends: MDC code and name, value, unit."""

    code: str
    value: str
    unit: str


def write(
    *, sender: str, at: datetime, control_id: str, numbers: Sequence[Sent], person_id: str = ""
) -> str:
    """One ORU^R01 of a simulated monitor; MSH-11 says that it is training."""
    application, facility = sender.split("^")
    stamp = at.strftime("%Y%m%d%H%M%S%z")
    lines = [
        f"MSH|^~\\&|{application}|{facility}|HOLDSPACE||{stamp}||ORU^R01^ORU_R01|{control_id}|T|2.6",
        f"PID|||{person_id}",
        f"OBR|1|||VITALS|||{stamp}",
    ]
    for n, one in enumerate(numbers, 1):
        lines.append(f"OBX|{n}|NM|{one.code}|1.{n}|{one.value}|{one.unit}|||||F|||{stamp}")
    return "\r".join(lines) + "\r"
