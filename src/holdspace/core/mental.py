"""What a therapist's assessment says of the person, and which answers of the history it comes to.

The therapist asks what the physician asks as well. Both answers are kept, and the worse one counts
(core/history.py). What was not asked is unknown; nothing here makes a "no" of silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from holdspace.core.facts import Answer, AskedIn, Condition, Recommendation
from holdspace.core.limits import months_later
from holdspace.core.protocol_model import Protocol

# An attempt within one month is a reason to wait (NCT07139106), as the protocol's question says.
ATTEMPT_MONTHS = 1
NOT_KNOWN_WHEN = "not known"
_PART_OF_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", re.A)


class Ever(StrEnum):
    """Whether something was there at some time of a life."""

    NEVER = "never"
    PAST = "past"
    NOW = "now"
    NOT_ASKED = "not_asked"


class Ketamine(StrEnum):
    """Where ketamine was met before."""

    NEVER = "never"
    IN_CARE = "in_care"
    OUTSIDE = "outside"
    BOTH = "both"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer over a whole life; `when` is a year, a month, a day or "not known"."""

    ever: Ever = Ever.NOT_ASKED
    when: str = ""


UNASKED = Heard()


@dataclass(frozen=True, slots=True)
class Assessment:
    """The structured evaluation as it is signed; an answer that was not asked is not known."""

    indication: tuple[str, ...] = ()  # ICD-10-CM
    indication_other: str = ""  # what it is, and why this treatment is a reasonable answer to it
    since_when: str = ""
    own_words: str = ""  # confirmed with the person
    psychosis: Heard = UNASKED
    mania: Heard = UNASKED
    dissociation: Heard = UNASKED
    family_psychosis: Answer = Answer.NOT_KNOWN
    history_words: str = ""
    trauma: Answer = Answer.NOT_KNOWN
    trauma_words: str = ""
    thoughts: Answer = Answer.NOT_KNOWN  # now, or a plan or intent in the last six months
    attempts: Heard = UNASKED
    self_harm: Heard = UNASKED
    means_safe: Answer = Answer.NOT_KNOWN
    safety_plan: Answer = Answer.NOT_KNOWN
    safety_words: str = ""
    substances_words: str = ""
    support_who: str = ""
    support_contact: str = ""
    support_overnight: Answer = Answer.NOT_KNOWN
    hopes: str = ""
    fears: str = ""
    ketamine: Ketamine = Ketamine.NOT_ASKED
    states_words: str = ""
    therapy: Answer = Answer.NOT_KNOWN
    outside_therapist: str = ""
    outside_agreed: Answer = Answer.NOT_KNOWN
    asked_alone: Answer = Answer.NOT_KNOWN
    understands: Answer = Answer.NOT_KNOWN
    expects: Answer = Answer.NOT_KNOWN
    can_attend: Answer = Answer.NOT_KNOWN
    wants: Answer = Answer.NOT_KNOWN
    readiness_words: str = ""
    against: str = ""
    recommendation: Recommendation = Recommendation.NOT_NOW
    on_condition: str = ""
    reason: str = ""
    for_prescriber: str = ""

    @property
    def speaks_of_danger(self) -> bool:
        """Whether means and a safety plan must have been talked about."""
        heard = (self.attempts.ever, self.self_harm.ever)
        return self.thoughts is Answer.YES or any(e in (Ever.PAST, Ever.NOW) for e in heard)


# --- times as people remember them ----------------------------------------------------------------


def last_day(when: str) -> date:
    """The last day that a year, a month or a day may mean. Raises ValueError for anything else."""
    year, month, day = (int(part or 0) for part in _parts(when))
    if day:
        return date(year, month, day)
    return months_later(date(year, month or 12, 1), 1) - timedelta(days=1)


def is_ahead(when: str, today: date) -> bool:
    """Whether a remembered time has not begun yet."""
    year, month, day = (int(part or 1) for part in _parts(when))
    return date(year, month, day) > today


def _parts(when: str) -> tuple[str | None, ...]:
    found = _PART_OF_DATE.fullmatch(when)
    if found is None:
        raise ValueError(when)
    return found.groups()


# --- what it comes to -----------------------------------------------------------------------------


def answers(heard: Assessment, today: date) -> dict[str, Answer]:
    """What each question of the history is answered with; not asked stays not known."""
    return {
        "psychotic_disorder": _ever(heard.psychosis),
        "mania_current": _now(heard.mania),
        "bipolar_disorder": _ever(heard.mania),
        "family_history_psychosis": heard.family_psychosis,
        "dissociative_disorder": _ever(heard.dissociation),
        "suicidality_active": _suicidality(heard, today),
        "ketamine_or_pcp_misuse": _misuse(heard.ketamine),
        "no_capacity": _no_capacity(heard),
    }


def _ever(heard: Heard) -> Answer:
    if heard.ever in (Ever.PAST, Ever.NOW):
        return Answer.YES
    return Answer.NO if heard.ever is Ever.NEVER else Answer.NOT_KNOWN


def _now(heard: Heard) -> Answer:
    if heard.ever is Ever.NOW:
        return Answer.YES
    return Answer.NOT_KNOWN if heard.ever is Ever.NOT_ASKED else Answer.NO


def _suicidality(heard: Assessment, today: date) -> Answer:
    """Thoughts, plan or intent, or an attempt that may lie within the last month."""
    attempt = _attempt(heard.attempts, today)
    if Answer.YES in (heard.thoughts, attempt):
        return Answer.YES
    both_no = heard.thoughts is Answer.NO and attempt is Answer.NO
    return Answer.NO if both_no else Answer.NOT_KNOWN


def _attempt(heard: Heard, today: date) -> Answer:
    if heard.ever is Ever.NEVER:
        return Answer.NO
    if heard.ever is Ever.NOW:
        return Answer.YES
    if heard.ever is Ever.NOT_ASKED or heard.when in ("", NOT_KNOWN_WHEN):
        return Answer.NOT_KNOWN
    latest = min(last_day(heard.when), today)
    return Answer.YES if today <= months_later(latest, ATTEMPT_MONTHS) else Answer.NO


def _misuse(ketamine: Ketamine) -> Answer:
    if ketamine is Ketamine.NOT_ASKED:
        return Answer.NOT_KNOWN
    return Answer.YES if ketamine in (Ketamine.OUTSIDE, Ketamine.BOTH) else Answer.NO


def _no_capacity(heard: Assessment) -> Answer:
    """Able and free: understood and wanted, and said so with nobody else in the room."""
    said = (heard.understands, heard.wants)
    if Answer.NO in said:
        return Answer.YES
    alone = heard.asked_alone is Answer.YES
    return Answer.NO if alone and set(said) == {Answer.YES} else Answer.NOT_KNOWN


def conditions(
    heard: Assessment, protocol: Protocol, *, at: datetime, by: str, today: date
) -> tuple[Condition, ...]:
    """The answers as facts, and a "yes" to each question whose codes name the indication."""
    said = answers(heard, today)
    coded = coded_for(heard.indication, protocol)
    told = {"psychotic_disorder": heard.psychosis, "mania_current": heard.mania,
            "bipolar_disorder": heard.mania, "dissociative_disorder": heard.dissociation,
            "suicidality_active": heard.attempts}  # fmt: skip
    found = []
    for key in dict.fromkeys([*said, *coded]):
        code, life = coded.get(key, ""), told.get(key, UNASKED)
        when = f"{life.ever.value} {life.when}".strip() if life.ever is Ever.PAST else ""
        answer = Answer.YES if code else said[key]
        found.append(
            Condition(key, answer, at, by, detail=when, icd10=code, asked_in=AskedIn.MENTAL_HEALTH)
        )
    return tuple(found)


def coded_for(codes: Iterable[str], protocol: Protocol) -> dict[str, str]:
    """Which questions of the history a coded diagnosis answers with "yes", each with its code.

    A question with a window needs its date as well, and is left to the physician who asks for it.
    """
    return {
        key: code
        for code in codes
        for key, spec in protocol.conditions.items()
        if code in spec.icd10 and not spec.is_dated
    }


ASKS = tuple(answers(Assessment(), date.min))
