"""The spine: what happened to one person in one course, as rows that are added and never edited.

The four phases meet here and not in each other's code. Almost everything is an append-only fact:
an `Observation` (a value), an `Event` (something that happened), a `Document` (something signed),
a `Decision` (something asked at a door), a `Relief` (something waived or planned). States are
computed from them. Only `Task`, `Message` and `Draft` change; of the first two each change is
chained.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Self, TypeVar

from django.db import models

from holdspace.core import units
from holdspace.core.decision import Door, ReliefKind
from holdspace.core.facts import DocumentKind, Route
from holdspace.people.models import Clinic
from holdspace.records.models import Sealed


def choices(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """Django choices of a StrEnum: the value, and the value as words."""
    return [(member.value, member.value.replace("_", " ")) for member in enum]


class Label(models.TextChoices):
    """Confidentiality of one row; who may read which stands in people/access.py."""

    NORMAL = "normal", "normal"
    SENSITIVE = "sensitive", "sensitive"
    PART_2 = "part_2", "42 CFR Part 2"
    PSYCHOTHERAPY = "psychotherapy", "psychotherapy note"


T = TypeVar("T", bound=models.Model)

LATE = timedelta(minutes=5)  # what is written down later than this keeps both its times


class InClinic(models.QuerySet[T]):
    def of(self, clinic: Clinic) -> Self:
        """Every query on clinical rows goes through the clinic it belongs to."""
        return self.filter(clinic=clinic)


class Clinical(Sealed):
    """A sealed row that belongs to one clinic and one person, written by one member of staff."""

    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    patient = models.ForeignKey("people.Patient", models.PROTECT, related_name="+")
    by = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")

    objects = InClinic.as_manager()

    class Meta:
        abstract = True


class ProtocolVersion(Sealed):
    """One exact text of a protocol as this clinic holds it; a course is pinned to one of these."""

    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    text = models.TextField()
    by = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")

    objects = InClinic.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "digest"], name="one_row_per_protocol_text")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ProtocolSignature(Sealed):
    """The medical director's signature under one protocol text, with what was shown as unsigned."""

    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    protocol = models.ForeignKey(ProtocolVersion, models.PROTECT, related_name="signatures")
    by = models.ForeignKey("people.Membership", models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    meaning = models.CharField(max_length=200)
    listed = models.TextField(help_text="The values without a seen source that the page listed.")

    objects = InClinic.as_manager()


class Course(Clinical):
    """One treatment from start to end, pinned to one protocol version."""

    protocol = models.ForeignKey(ProtocolVersion, models.PROTECT, related_name="courses")
    number = models.PositiveSmallIntegerField()
    route = models.CharField(max_length=20, choices=choices(Route))
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "number"], name="course_number_once")
        ]

    def __str__(self) -> str:
        return f"course {self.number}"

    @property
    def stream(self) -> str:
        return f"course:{self.id}"


class Session(Clinical):
    """One medicine day. That it has ended is an event, not a flag on this row."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="sessions")
    number = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    appointment = models.ForeignKey(
        "schedule.Appointment", models.PROTECT, null=True, related_name="+"
    )
    room = models.ForeignKey("schedule.Room", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "number"], name="session_number_once")
        ]

    def __str__(self) -> str:
        return f"session {self.number}"


class EventKind(models.TextChoices):
    """What can happen in a course; the body of each is one core value (see care/facts.py)."""

    THERAPIST_ASSIGNED = "therapist_assigned", "therapist assigned"
    HISTORY_TAKEN = "history_taken", "history taken"
    QUESTIONNAIRE_ANSWERED = "questionnaire_answered", "questionnaire answered"
    MENTAL_HEALTH_ASSESSED = "mental_health_assessed", "mental health assessed"
    DIAGNOSIS_RECORDED = "diagnosis_recorded", "diagnosis"
    INVESTIGATION_REPORTED = "investigation_reported", "result of an investigation"
    CLEARANCE_SUSPENDED = "clearance_suspended", "clearance suspended"
    CONSENT_WITHDRAWN = "consent_withdrawn", "consent withdrawn"
    VISIT_HELD = "visit_held", "visit held"
    STAFF_PLACED = "staff_placed", "staff came or left"
    ORDER_SIGNED = "order_signed", "dose ordered"
    ORDER_CANCELLED = "order_cancelled", "order cancelled"
    DOSE_PREPARED = "dose_prepared", "dose drawn up"
    DOSE_GIVEN = "dose_given", "dose given"
    VARIANCE = "variance", "variance"
    VARIANCE_REVIEWED = "variance_reviewed", "variance reviewed"
    ADVERSE_EVENT = "adverse_event", "adverse event"
    RESCUE_DRUG = "rescue_drug", "rescue drug given"
    ADVERSE_EVENT_REVIEWED = "adverse_event_reviewed", "adverse event reviewed"
    RED_FLAG_REVIEWED = "red_flag_reviewed", "red flag reviewed"
    INFUSION_ENDED = "infusion_ended", "infusion ended"
    TOLD = "told", "somebody was told"
    COULD_NOT = "could_not", "could not be taken"
    EMERGENCY = "emergency", "emergency page"
    PDMP_QUERIED = "pdmp_queried", "prescription monitoring queried"
    COUNTERSIGNED = "countersigned", "countersigned"
    ESCORT_NAMED = "escort_named", "who takes them home"
    NOTE = "note", "note"
    SESSION_ENDED = "session_ended", "session ended"
    COURSE_DECLINED = "course_declined", "declined here"
    COURSE_CLOSED = "course_closed", "course closed"


class Event(Clinical):
    """Something that happened: when it was true (`at`), when it was written (`recorded_at`)."""

    erasable = ("body",)

    course = models.ForeignKey(Course, models.PROTECT, related_name="events")
    session = models.ForeignKey(Session, models.PROTECT, null=True, related_name="events")
    kind = models.CharField(max_length=30, choices=EventKind)
    at = models.DateTimeField()
    body = models.TextField(null=True)
    label = models.CharField(max_length=20, choices=Label, default=Label.NORMAL)

    class Meta:
        indexes = [
            models.Index(fields=["course", "at"]),
            models.Index(fields=["clinic", "kind", "at"]),
        ]


class Observation(Clinical):
    """One value of one kind; which of the three columns holds it follows from the kind's shape."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="observations")
    session = models.ForeignKey(Session, models.PROTECT, null=True, related_name="observations")
    kind = models.CharField(max_length=40, choices=choices(units.Kind))
    number = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    word = models.CharField(max_length=60, default="", blank=True)
    moment = models.DateTimeField(null=True)
    oxygen_l_min = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    taken_at = models.DateTimeField()
    source = models.CharField(max_length=60, default="typed")
    taken_as_set = models.UUIDField(null=True)
    label = models.CharField(max_length=20, choices=Label, default=Label.NORMAL)

    class Meta:
        indexes = [
            models.Index(fields=["course", "kind", "taken_at"]),
            models.Index(fields=["session", "taken_at"]),
        ]

    @cached_property  # a sealed row never changes
    def as_core(self) -> units.Observation:
        kind = units.Kind(self.kind)
        return units.Observation(
            id=str(self.id),
            kind=kind,
            value=self._value(units.KINDS[kind].shape),
            taken_at=self.taken_at,
            by=str(self.by_id or ""),
            source=self.source,
            session=str(self.session_id or ""),
            oxygen_l_min=self.oxygen_l_min,
            out_of=str(self.taken_as_set or ""),
            recorded_at=self.recorded_at if self.recorded_at - self.taken_at > LATE else None,
        )

    def _value(self, shape: units.Shape) -> units.Value:
        if shape is units.Shape.QUANTITY:
            assert self.number is not None
            return Decimal(units.plain(self.number))
        if shape is units.Shape.TIME:
            assert self.moment is not None
            return self.moment
        return self.word == "yes" if shape is units.Shape.YES_NO else self.word


class Document(Clinical):
    """A signed text. A new version supersedes it; nothing edits it."""

    erasable = ("body",)

    course = models.ForeignKey(Course, models.PROTECT, null=True, related_name="documents")
    session = models.ForeignKey(Session, models.PROTECT, null=True, related_name="documents")
    kind = models.CharField(max_length=40, choices=choices(DocumentKind))
    version = models.PositiveSmallIntegerField(default=1)
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    title = models.CharField(max_length=200)
    body = models.TextField(null=True, help_text="What was signed: shown in full.")
    fact = models.TextField(help_text="What gates read: core.facts.Document.")
    signed_at = models.DateTimeField()
    meaning = models.CharField(max_length=200)
    label = models.CharField(max_length=20, choices=Label, default=Label.NORMAL)
    file_name = models.CharField(max_length=200, default="", blank=True)
    file_digest = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["course", "kind", "signed_at"])]


class Decision(Clinical):
    """What was asked at a door, what it was told, and every finding: refused or not, it is kept."""

    erasable = ("facts", "findings")

    course = models.ForeignKey(Course, models.PROTECT, null=True, related_name="decisions")
    session = models.ForeignKey(Session, models.PROTECT, null=True, related_name="decisions")
    door = models.CharField(max_length=30, choices=choices(Door))
    decided_at = models.DateTimeField()
    allowed = models.BooleanField()
    facts = models.TextField(null=True)
    findings = models.TextField(null=True)
    facts_digest = models.CharField(max_length=64)
    protocol_digest = models.CharField(max_length=64)
    program_version = models.CharField(max_length=30)

    class Meta:
        indexes = [models.Index(fields=["course", "decided_at"])]


class Relief(Clinical):
    """A waiver of a measured fail, or a plan that answers a hold (core.decision.Relief)."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="reliefs")
    session = models.ForeignKey(Session, models.PROTECT, null=True, related_name="reliefs")
    kind = models.CharField(max_length=10, choices=choices(ReliefKind))
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    second_by = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")
    body = models.TextField()


class Strike(Clinical):
    """A correction: a row that was wrong (or another person's) is struck, with a reason."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="strikes")
    at = models.DateTimeField()
    struck_table = models.CharField(max_length=60)
    struck_id = models.UUIDField(db_index=True)
    reason = models.CharField(max_length=300)
    wrong_person = models.BooleanField(default=False)
    belongs_to = models.ForeignKey("people.Patient", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["struck_table", "struck_id"], name="struck_once")
        ]


class PrivateNote(Clinical):
    """A therapist's own words about a conversation: encrypted, readable by their author alone.

    A correction is a new version (`amends`); a struck note is a version that `strikes`, whose text
    is the reason. The key is not in the database (care/secrecy.py).
    """

    erasable = ("body",)

    course = models.ForeignKey(Course, models.PROTECT, related_name="+")
    version = models.PositiveSmallIntegerField(default=1)
    amends = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    strikes = models.BooleanField(default=False)
    written_at = models.DateTimeField()
    body = models.TextField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["amends"], name="private_note_amended_once")]
        indexes = [models.Index(fields=["course", "by", "written_at"])]


class NoteRelease(Clinical):
    """One step of a release of one author's private notes: asked, answered by another, read once.

    Steps after the first name the `request` that they belong to.
    """

    class Step(models.TextChoices):
        ASKED = "asked", "asked for"
        APPROVED = "approved", "approved"
        REFUSED = "refused", "refused"
        READ = "read", "read"

    class Ground(models.TextChoices):
        AUTHORIZATION = "authorization", "the person’s own written authorization (45 CFR 164.508)"
        REQUIRED_BY_LAW = "required_by_law", "a court order, or required by law (164.512(a))"
        OVERSIGHT = "oversight", "health oversight of the author (164.512(d))"
        DEFENCE = "defence", "the clinic’s defence in an action by the person (164.508(a)(2))"
        CORONER = "coroner", "a coroner or medical examiner (164.512(g)(1))"
        DANGER = "danger", "a serious and imminent danger (164.512(j)(1)(i))"
        HHS = "hhs", "an investigation by HHS (164.502(a)(2)(ii))"

    request = models.ForeignKey("self", models.PROTECT, null=True, related_name="steps")
    author = models.ForeignKey("people.Membership", models.PROTECT, related_name="+")
    step = models.CharField(max_length=10, choices=Step)
    ground = models.CharField(max_length=20, choices=Ground)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    course_id = None  # chained to the person: it concerns every course

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "step"], name="one_of_each_step_of_a_release"
            )
        ]

    def answer(self) -> NoteRelease | None:
        """The approval or refusal of this request, if it was answered."""
        answers = (NoteRelease.Step.APPROVED, NoteRelease.Step.REFUSED)
        return self.steps.filter(step__in=answers).select_related("by__user").first()


class Task(models.Model):
    """Something one named person owes by a time; each change of it is recorded."""

    id = models.UUIDField(primary_key=True)
    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    patient = models.ForeignKey("people.Patient", models.PROTECT, null=True, related_name="+")
    course = models.ForeignKey(Course, models.PROTECT, null=True, related_name="tasks")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    owner = models.ForeignKey("people.Membership", models.PROTECT, related_name="tasks")
    escalates_to = models.ForeignKey(
        "people.Membership", models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    escalates_at = models.DateTimeField(null=True)
    holds = models.BooleanField(default=False, help_text="Holds the next door until resolved.")
    about = models.UUIDField(null=True, help_text="The row that this is about.")
    read_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")
    outcome = models.TextField(default="", blank=True)
    # An answer about safety: how soon, about what, what came of it, and when it passes on.
    tier = models.CharField(max_length=20, default="", blank=True)
    reason = models.CharField(max_length=80, default="", blank=True)
    outcome_code = models.CharField(max_length=20, default="", blank=True)
    passes_on = models.JSONField(default=list, help_text="Times after `escalates_at`, in ISO form.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="Calls that reached nobody.")

    objects = InClinic.as_manager()

    class Meta:
        indexes = [models.Index(fields=["clinic", "closed_at", "due_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "about", "reason"],
                condition=models.Q(kind="risk_answer", closed_at__isnull=True)
                & ~models.Q(reason=""),
                name="care_one_open_task_for_one_reason",
            )
        ]

    @property
    def is_unread(self) -> bool:
        return self.read_at is None and self.closed_at is None


class TaskStep(Sealed):
    """One thing that happened to a task: who had it, who read it, whom it went to, what came of it.

    `by` is empty when the clock did it.
    """

    class What(models.TextChoices):
        OPENED = "opened", "opened"
        RAISED = "raised", "made more urgent"
        READ = "read", "read"
        PASSED_ON = "passed_on", "passed on, as nobody acted"
        HANDED_OVER = "handed_over", "handed over"
        NOT_REACHED = "not_reached", "could not reach the person"
        NOBODY_FURTHER = "nobody_further", "nobody further to pass it on to"
        CLOSED = "closed", "closed"
        ADDED = "added", "added after it was closed"

    erasable = ("words",)

    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, models.PROTECT, related_name="steps")
    what = models.CharField(max_length=20, choices=What)
    by = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")
    to = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")
    tier = models.CharField(max_length=20, default="", blank=True)
    code = models.CharField(max_length=20, default="", blank=True)
    next_at = models.DateTimeField(null=True)
    words = models.TextField(null=True)

    objects = InClinic.as_manager()


class Message(models.Model):
    """One message on its way out of the house: neutral words by a key, never a text of its own.

    The row says where it stands; every change is chained. It holds no token: a link to a form is
    made while it is sent, so that it is young and nobody can read it here.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        SENDING = "sending", "being sent"
        SENT = "sent", "sent"
        FAILED = "failed", "failed, will be tried again"
        GIVEN_UP = "given_up", "given up"
        CANCELLED = "cancelled", "cancelled"
        HELD = "held_by_opt_out", "held: no e-mails wanted"
        BY_PHONE = "by_phone", "a task to call instead"

    id = models.UUIDField(primary_key=True)
    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    patient = models.ForeignKey("people.Patient", models.PROTECT, null=True, related_name="+")
    member = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")
    address = models.EmailField(blank=True, default="", help_text="As it was sent.")
    template = models.CharField(max_length=40)
    language = models.CharField(max_length=10, default="en")
    link = models.CharField(max_length=200, blank=True, default="")
    about = models.UUIDField(null=True, help_text="The row that this is about.")
    # The same key again is the same message: a sweep that runs twice writes once.
    once = models.CharField(max_length=160, null=True)
    queued_at = models.DateTimeField()
    not_before = models.DateTimeField(help_text="Quiet hours are over.")
    not_after = models.DateTimeField(help_text="Later it would only confuse.")
    next_at = models.DateTimeField(help_text="When it is tried next.")
    put_at = models.DateTimeField(null=True, help_text="When it was last put into the queue.")
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True, default="")

    objects = InClinic.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "once"], name="message_once")]
        indexes = [
            models.Index(fields=["state", "next_at"]),
            models.Index(fields=["clinic", "queued_at"]),
        ]


class Channel(models.TextChoices):
    """A way on which the clinic may reach a person."""

    EMAIL = "email", "e-mail"
    PHONE = "phone", "telephone"
    SMS = "sms", "text message"
    POST = "post", "post"


class MailChoice(Clinical):
    """Whether a person wants to be reached on one channel: said by a link of theirs, or to staff.

    `by` is empty where it was their own link; an empty `channel` is e-mail.
    """

    erasable = ("reason",)

    wants = models.BooleanField()
    reason = models.CharField(max_length=300, null=True)
    channel = models.CharField(max_length=10, choices=Channel, null=True)

    class Meta:
        indexes = [models.Index(fields=["patient", "recorded_at"])]


class ContactWish(Clinical):
    """What a person wrote about being reached, through the link of a form: nobody signed in.

    It changes nothing by itself: the desk asks the person, by the way that was safe before.
    """

    erasable = ("words",)

    words = models.TextField(null=True)


class StaffMail(Sealed):
    """What one member of staff gets by mail, by their own choice; the newest row holds.

    Calls in danger are no choice. Without hours of their own the clinic's quiet hours hold.
    """

    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    by = models.ForeignKey("people.Membership", models.PROTECT, related_name="+")
    wants_tasks = models.BooleanField()
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)

    objects = InClinic.as_manager()

    class Meta:
        indexes = [models.Index(fields=["by", "recorded_at"])]


class Draft(models.Model):
    """What one person has typed and not yet sent, kept for that person only."""

    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey("people.User", models.CASCADE, related_name="+")
    clinic = models.ForeignKey("people.Clinic", models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    data = models.TextField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_draft_per_form")]
