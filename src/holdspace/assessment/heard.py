"""What the record knows already: shown beside a question to whoever asks next, never filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from holdspace.assessment.text import ANSWERS
from holdspace.care.facts import happenings
from holdspace.care.models import Course, Document, EventKind
from holdspace.core.codes import Code
from holdspace.core.decision import Finding
from holdspace.core.evidence import day
from holdspace.core.facts import Answer, AskedIn, Condition, Facts
from holdspace.core.mental import Assessment
from holdspace.core.protocol import Protocol
from holdspace.core.screening import suicide_screen
from holdspace.core.units import Kind, Observation

# Which questions of the history stand behind one question of the therapist's page.
BEHIND = {
    "psychosis": ("psychotic_disorder",),
    "mania": ("mania_current", "bipolar_disorder"),
    "dissociation": ("dissociative_disorder",),
    "family_psychosis": ("family_history_psychosis",),
    "thoughts": ("suicidality_active",),
    "ketamine": ("ketamine_or_pcp_misuse",),
    "understands": ("no_capacity",),
}


@dataclass(frozen=True, slots=True)
class Screened:
    """The newest suicide-risk screen as the record has it, and what the rule makes of it."""

    newest: Observation | None
    finding: Finding

    @property
    def counts(self) -> bool:
        return self.finding.code is not Code.SUICIDE_SCREEN_MISSING


def screened(facts: Facts, protocol: Protocol) -> Screened:
    return Screened(facts.latest(Kind.SUICIDE_SCREEN), suicide_screen(facts, protocol)[0])


def answered_in(facts: Facts, asked_in: AskedIn) -> dict[str, Condition]:
    """The answers that one of the two gave, by question."""
    return {c.key: c for c in facts.conditions if c.asked_in is asked_in}


def by_physician(facts: Facts, protocol: Protocol) -> dict[str, str]:
    """For each question of the therapist's page what the medical history says, in words."""
    given = answered_in(facts, AskedIn.MEDICAL)
    return {
        name: "; ".join(
            f"{protocol.conditions[key].label}: {_said(given[key], facts)}"
            for key in keys
            if key in given and key in protocol.conditions
        )
        for name, keys in BEHIND.items()
    }


def by_therapist(facts: Facts) -> dict[str, str]:
    """For each question of the medical history what the therapist heard, in words."""
    given = answered_in(facts, AskedIn.MENTAL_HEALTH)
    return {key: _said(condition, facts) for key, condition in given.items()}


def _said(condition: Condition, facts: Facts) -> str:
    local = condition.at.astimezone(facts.clinic.zone)
    detail = f" ({condition.detail})" if condition.detail else ""
    coded = f" ({condition.icd10})" if condition.icd10 else ""
    return f"{ANSWERS[condition.answer]}{detail}{coded}, {day(local.date())}"


@dataclass(frozen=True, slots=True)
class Differs:
    """One question that physician and therapist answered differently."""

    label: str
    physician: str
    therapist: str


def differences(facts: Facts, protocol: Protocol) -> list[Differs]:
    """Where one said yes and the other no: the worse counts, and both pages say so."""
    medical = answered_in(facts, AskedIn.MEDICAL)
    mental = answered_in(facts, AskedIn.MENTAL_HEALTH)
    found = []
    for key, spec in protocol.conditions.items():
        if key in medical and key in mental:
            pair = {medical[key].answer, mental[key].answer}
            if pair == {Answer.YES, Answer.NO}:
                found.append(
                    Differs(spec.label, _said(medical[key], facts), _said(mental[key], facts))
                )
    return found


def substances(facts: Facts, protocol: Protocol) -> list[tuple[str, str]]:
    """What the medical history says about substances, question by question."""
    given = answered_in(facts, AskedIn.MEDICAL)
    return [
        (spec.label, _said(given[key], facts) if key in given else _("not asked yet"))
        for key, spec in protocol.conditions.items()
        if spec.section == "substances"
    ]


def newest_paper(course: Course, kind: str) -> Document | None:
    """The newest version of a signed paper that was not struck."""
    struck = course.strikes.values_list("struck_id", flat=True)
    rows = Document.objects.filter(course=course, kind=kind).exclude(id__in=struck)
    return rows.order_by("-version").first()


def newest_assessment(course: Course) -> Assessment | None:
    """The newest structured assessment of this course as it was signed, unless it was struck."""
    told = [h for h in happenings(course) if h.kind is EventKind.MENTAL_HEALTH_ASSESSED]
    return told[-1].body if told else None


@dataclass(frozen=True, slots=True)
class SaidBefore:
    """What the person wrote when they first asked, and when."""

    words: str
    at: datetime


def said_by_the_person(course: Course) -> SaidBefore | None:
    """The words of the newest self-referral, as they were written."""
    row = (
        course.patient.enquiries.exclude(why="").exclude(why=None).order_by("-recorded_at").first()
    )
    return SaidBefore(row.why, row.recorded_at) if row else None


def beside(form: object, told: Mapping[str, str]) -> None:
    """Put what the other one heard beside each question of a form."""
    fields = getattr(form, "fields", {})
    for name, words in told.items():
        if words and name in fields:
            fields[name].heard = words
