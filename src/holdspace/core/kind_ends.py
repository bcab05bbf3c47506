"""A course that ends before the medicine: few reasons, kindly worded, and a letter with a way on.

The letter holds no more about the person than its signer wrote into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from holdspace.core.evidence import day


class EndReason(StrEnum):
    """Why a course ends here, as a code that can be counted and read by anybody."""

    NOT_NOW = "not_now"
    DANGER = "danger"
    HEALTH = "health"
    NOT_OFFERED = "not_offered"
    OWN_CHOICE = "own_choice"
    ELSEWHERE = "elsewhere"


# What staff choose, and what the person reads: what we can do, never what the person lacks.
LABELS: dict[EndReason, str] = {
    EndReason.NOT_NOW: "Not now: another time may be better",
    EndReason.DANGER: "Safety first: closer help is needed now",
    EndReason.HEALTH: "This medicine would not be safe enough",
    EndReason.NOT_OFFERED: "We do not offer what would help",
    EndReason.OWN_CHOICE: "The person decided not to go on",
    EndReason.ELSEWHERE: "Another service cares for the person now",
}
SAYS: dict[EndReason, str] = {
    EndReason.NOT_NOW: "We think that this is not the best time for this treatment. That can "
    "change, and we would like to look at it with you again.",
    EndReason.DANGER: "Your safety comes first. Right now you deserve closer help than we can "
    "give here, and this treatment can wait.",
    EndReason.HEALTH: "We looked carefully, and we cannot offer you this treatment safely enough "
    "at present. It is about the medicine, and not about anything you did.",
    EndReason.NOT_OFFERED: "What we believe would help you is something that we do not offer. "
    "Others do, and they are named below.",
    EndReason.OWN_CHOICE: "You decided not to go on with this treatment here. That is a good "
    "reason, and you owe nobody another one.",
    EndReason.ELSEWHERE: "You are looked after by others now, and we have ended our part so that "
    "your care stays in one place.",
}


ASK_AGAIN = (
    "You may ask us again whenever you wish. Nothing is held against you, and you need not "
    "explain why."
)


@dataclass(frozen=True, slots=True)
class KindEnd:
    """What the signer decided: the reason, the way on, and what the letter may say of it."""

    reason: EndReason
    way_on: str
    whom: str  # whom to ask, and how
    says: str = ""  # the signer's own words to the person; nothing is added to them
    note: str = ""  # for the chart alone
    again_on: date | None = None


def problem_of(end: KindEnd, today: date) -> tuple[str, str, str] | None:
    """The field, what is wrong with it and what is accepted; None when it can be recorded."""
    if not end.way_on.strip():
        return "way_on", "Nobody is sent away with nothing.", "where the person can turn"
    if not end.whom.strip():
        return "whom", "Whom can the person ask?", "a name and a number"
    if end.reason is EndReason.NOT_NOW and end.again_on is None:
        return "again_on", "“Not now” needs the day on which it is asked again.", "a day to come"
    if end.again_on is not None and end.again_on <= today:
        return "again_on", "This day has passed.", "tomorrow or later"
    return None


def letter(
    end: KindEnd, *, called: str, clinic: str, today: date, lines: Sequence[tuple[str, str]]
) -> str:
    """The letter as it is signed. In danger the crisis lines come before everything else."""
    calls = " or ".join(f"{number} ({label})" for label, number in lines)
    crisis = f"If you are in danger or fear that you may be, call {calls} now, at any hour."
    again = [f"We will ask you again on {day(end.again_on)}."] if end.again_on else []
    parts = [
        *([crisis] if end.reason is EndReason.DANGER else []),
        f"Dear {called},",
        SAYS[end.reason],
        *([end.says.strip()] if end.says.strip() else []),
        f"Where you can turn now:\n{end.way_on.strip()}",
        *again,
        f"{ASK_AGAIN} Whom to ask: {end.whom.strip()}",
        *([crisis] if end.reason is not EndReason.DANGER else []),
        f"{clinic}, {day(today)}",
    ]
    return "\n\n".join(parts)
