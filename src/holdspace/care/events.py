"""The body of each kind of event: one frozen value, kept as canonical JSON, read back whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from holdspace.care.models import EventKind
from holdspace.core import facts, mental
from holdspace.core.canonical import from_text
from holdspace.core.facts import Ending, Place, Role

# A time further ahead than this is a mistake (limits.md, P). A gate is told of what lies within
# it: of two people at one door, the second may have looked at the clock before the first wrote.
CLOCK_SKEW = timedelta(seconds=60)
READ_MAX = 4096  # bodies kept as read: those of a day of twenty rooms


@dataclass(frozen=True, slots=True)
class TherapistAssigned:
    """`consent` is the person's signed consent to the change; empty for the first therapist."""

    therapist: str
    consent: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class HistoryTaken:
    """History answers and the medicines named; a later answer replaces an earlier one."""

    conditions: tuple[facts.Condition, ...] = ()
    medications: tuple[facts.Medication, ...] = ()
    medications_asked: bool = False
    allergies: tuple[str, ...] | None = None  # None: not asked; empty: asked, none known


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """One answered item; `declined` when the person was asked and would not answer."""

    item: str
    score: int | None = None
    declined: bool = False


@dataclass(frozen=True, slots=True)
class QuestionnaireAnswered:
    """One form as it was filled in: every item, by whom, in which version and language.

    `filled_by` is "person", "asked_by_staff" or "paper". An incomplete form has `total` None and
    an empty `level`; the total of a mean is a decimal. `point` says when in the course it was
    asked for, `paper` which paper form it was copied from.
    """

    instrument: str
    version: str
    language: str
    recall: str
    filled_by: str
    answers: tuple[ItemAnswer, ...]
    total: int | Decimal | None = None
    level: str = ""
    comment: str = ""
    point: str = ""
    paper: str = ""


@dataclass(frozen=True, slots=True)
class Suspended:
    """`about` is the new fact that suspended it, empty where a colleague did; the fact struck, the
    suspension is void.
    """

    document: str
    because: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The person took back a whole paper, or `parts` of it; `what` is "consent" or "touch"."""

    document: str
    in_own_words: str = ""
    what: str = "consent"
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffPlaced:
    """A member of staff is now in the room, on the premises, remote, or gone (`place` None)."""

    staff: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    order: str
    because: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A director's or reviewer's answer to a variance or an adverse event, and in which roles."""

    what: str
    conclusion: str
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class RescueDrug:
    """A medicine that was given against an effect of the treatment: recorded, never suggested."""

    name: str
    amount: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class FlagReviewed:
    """A clinician's signed word on one red flag, with what they were when they signed."""

    what: str
    conclusion: str
    roles: tuple[facts.Role, ...] = ()
    discipline: facts.Discipline | None = None


@dataclass(frozen=True, slots=True)
class InfusionEnded:
    """When an infusion was over and, if it was not all of it, how much went in."""

    dose: str
    milligrams: Decimal | None = None
    millilitres: Decimal | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told about a reading outside its limit, and what they said."""

    who: str
    about: str
    observation: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class CouldNot:
    """A due observation that could not be taken, and why."""

    kinds: tuple[str, ...]
    because: str
    code: str = ""  # one of the coded reasons of the session page; empty for words alone


@dataclass(frozen=True, slots=True)
class EmergencyOpened:
    """Somebody opened the clinic's emergency page (or that by mistake), or called the ambulance."""

    what: str  # "opened", "ambulance_called", or "mistake": that it was opened by mistake
    protocol: str
    symptom: str = ""


@dataclass(frozen=True, slots=True)
class Countersigned:
    """A supervisor read and signed what an associate had signed."""

    document: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note in the medical or the therapy lane; `about` names what of a form it stands beside."""

    lane: str
    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class SessionEnded:
    ending: Ending
    reason: str = ""
    escort: str = ""
    decision: str = ""


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """CTCAE term and the clinician's own grade; the intervention is recorded, never suggested.

    `term` stays as it was typed. `listed` is the list's own spelling of it and `edition` the list;
    both are empty for plain words, and in what was sealed before there was a list.
    """

    term: str
    grade: int
    intervention: str = ""
    outcome: str = ""
    related: str = ""
    red_flag: bool = False
    listed: str = ""
    edition: str = ""

    @property
    def named(self) -> str:
        """The term as it is read: of which list it is, or that it is in plain words."""
        if self.listed:
            return f"{self.listed} ({self.edition})"
        return f"{self.term.strip()} (plain words)"


@dataclass(frozen=True, slots=True)
class Variance:
    """What happened without a passed door, and the dose it concerned, if any."""

    what: str
    reason: str
    dose: str = ""
    dose_mg: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CourseEnded:
    reason: str
    outcome: str = ""
    way_on: str = ""
    code: str = ""  # core.kind_ends.EndReason, of a course that was declined
    again_on: date | None = None


BODIES: dict[str, type[Any]] = {
    EventKind.THERAPIST_ASSIGNED: TherapistAssigned,
    EventKind.HISTORY_TAKEN: HistoryTaken,
    EventKind.QUESTIONNAIRE_ANSWERED: QuestionnaireAnswered,
    EventKind.MENTAL_HEALTH_ASSESSED: mental.Assessment,
    EventKind.DIAGNOSIS_RECORDED: facts.Diagnosis,
    EventKind.INVESTIGATION_REPORTED: facts.Investigation,
    EventKind.CLEARANCE_SUSPENDED: Suspended,
    EventKind.CONSENT_WITHDRAWN: Withdrawn,
    EventKind.VISIT_HELD: facts.Visit,
    EventKind.STAFF_PLACED: StaffPlaced,
    EventKind.ORDER_SIGNED: facts.Order,
    EventKind.ORDER_CANCELLED: OrderCancelled,
    EventKind.DOSE_PREPARED: facts.Preparation,
    EventKind.DOSE_GIVEN: facts.Dose,
    EventKind.VARIANCE: Variance,
    EventKind.VARIANCE_REVIEWED: Reviewed,
    EventKind.ADVERSE_EVENT: AdverseEvent,
    EventKind.RESCUE_DRUG: RescueDrug,
    EventKind.ADVERSE_EVENT_REVIEWED: Reviewed,
    EventKind.RED_FLAG_REVIEWED: FlagReviewed,
    EventKind.INFUSION_ENDED: InfusionEnded,
    EventKind.TOLD: Told,
    EventKind.COULD_NOT: CouldNot,
    EventKind.EMERGENCY: EmergencyOpened,
    EventKind.PDMP_QUERIED: facts.PdmpQuery,
    EventKind.COUNTERSIGNED: Countersigned,
    EventKind.ESCORT_NAMED: facts.Escort,
    EventKind.NOTE: Note,
    EventKind.SESSION_ENDED: SessionEnded,
    EventKind.COURSE_DECLINED: CourseEnded,
    EventKind.COURSE_CLOSED: CourseEnded,
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as the loader hands it round: its key, kind, time, author and decoded body."""

    id: str
    kind: EventKind
    at: datetime
    recorded_at: datetime
    by: str
    session: str
    body: Any


@lru_cache(maxsize=READ_MAX)
def body_of(kind: str, text: str) -> Any:
    """What a sealed text says: read once, since it never changes, and frozen to its leaves."""
    return from_text(BODIES[kind], text)
