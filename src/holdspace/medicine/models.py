"""What the room's monitor sent stays exactly as it was received, beside the chart and never in it.

Everything else of the medicine day is an observation, an event or a document of the spine.
"""

from __future__ import annotations

from hashlib import sha256

from django.db import models

from holdspace.care.models import Clinical, Course, Session
from holdspace.core import units
from holdspace.core.monitor import SENTENCES, Reason, Validity


class ImportedReading(Clinical):
    """One number of a monitor's export. It is shown with its source; only a clinician charts it."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, models.PROTECT, related_name="imported")
    source = models.CharField(max_length=40, help_text="The column of the monitor's export.")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    value = models.DecimalField(max_digits=12, decimal_places=6)
    validity = models.CharField(max_length=10)
    reason = models.CharField(max_length=30, default="", blank=True)
    unconfirmed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "source", "kind", "at", "value"], name="reading_received_once"
            )
        ]
        indexes = [models.Index(fields=["session", "at"])]

    @property
    def is_valid(self) -> bool:
        return self.validity == Validity.VALID.value

    @property
    def sentence(self) -> str:
        """What can be said of the number, in words; empty for one that is simply taken."""
        return SENTENCES[Reason(self.reason)] if self.reason else ""

    @property
    def words(self) -> str:
        """The number with its unit."""
        unit = units.KINDS[units.Kind(self.kind)].unit.value
        return f"{units.plain(self.value)} {unit}".strip()


class Monitor(models.Model):
    """A patient monitor of the clinic and the room it stands in, known by the name it sends."""

    id = models.UUIDField(primary_key=True)
    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    room = models.ForeignKey("schedule.Room", models.PROTECT, related_name="monitors")
    name = models.CharField(max_length=60)
    sender = models.CharField(max_length=120, help_text="MSH-3 and MSH-4, split by ^.")
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sender"],
                condition=models.Q(ended_at__isnull=True),
                name="one_monitor_a_sender",
            )
        ]

    def __str__(self) -> str:
        return self.name


class MonitorOnPerson(Clinical):
    """A clinician looked: this monitor is on the person of this session, or no longer."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, models.PROTECT, related_name="monitors_on_person")
    monitor = models.ForeignKey(Monitor, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    is_on = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["monitor", "at"])]


class Verdict(models.TextChoices):
    """What came of an entry that a tablet sent."""

    DONE = "done", "charted"
    OTHER_BODY = "other_body", "another entry under an id that was used before"
    SET_ASIDE = "set_aside", "set aside by its author"


class SessionEntry(Clinical):
    """One entry of a session page under the id its tablet gave it, so that it counts once.

    What was charted stands in its own rows; here are the id, the digest of what was sent, and both
    clocks. Only what was not charted keeps its text, for a person to look at.
    """

    erasable = ("body", "why")

    course = models.ForeignKey(Course, models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, models.PROTECT, related_name="entries")
    entry = models.UUIDField()
    act = models.CharField(max_length=40)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    made_at = models.DateTimeField(null=True, help_text="By the tablet's own clock, as given.")
    ahead_ms = models.BigIntegerField(null=True, help_text="How far that clock was ahead.")
    at = models.DateTimeField(help_text="When it was made, by the server's clock.")
    sure = models.BooleanField(default=True)
    body_digest = models.CharField(max_length=64)
    said = models.CharField(max_length=200, default="", blank=True)
    subject_table = models.CharField(max_length=60, default="", blank=True)
    subject_id = models.UUIDField(null=True)
    body = models.TextField(null=True)
    why = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "entry"],
                condition=~models.Q(verdict="other_body"),
                name="entry_counts_once",
            )
        ]
        indexes = [models.Index(fields=["session", "verdict"])]

    def is_of(self, body: str) -> bool:
        """Whether this very body was sent under the id; an erased one can't say no any more."""
        return self.salt is None or self.body_digest == salted(self.salt, body)


def salted(salt: bytes, body: str) -> str:
    """The digest of a body that nobody can guess at without the salt of its row."""
    return sha256(bytes(salt) + body.encode()).hexdigest()


class Arrival(models.Model):
    """One message exactly as it arrived, written before it was acknowledged. Never changed.

    It is guarded but not chained, so that a monitor never waits for the record; the readings that
    come of it are both.
    """

    id = models.UUIDField(primary_key=True)
    received_at = models.DateTimeField()
    sender = models.CharField(max_length=120)
    control_id = models.CharField(max_length=60)
    acknowledged = models.CharField(max_length=2)
    raw = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["sender", "received_at"])]


class ArrivalOutcome(models.Model):
    """What came of an arrival: how many of its numbers are shown, and why others are not."""

    arrival = models.OneToOneField(
        Arrival, models.PROTECT, primary_key=True, related_name="outcome"
    )
    at = models.DateTimeField()
    monitor = models.ForeignKey(Monitor, models.PROTECT, null=True, related_name="+")
    session = models.ForeignKey(Session, models.PROTECT, null=True, related_name="+")
    kept = models.PositiveSmallIntegerField()
    aside = models.JSONField()  # [["wrong_unit", "147842", "72"], ...]

    class Meta:
        indexes = [models.Index(fields=["session", "at"]), models.Index(fields=["monitor", "at"])]
