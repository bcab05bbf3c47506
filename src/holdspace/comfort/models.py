"""Tracks of a clinic, plans of a person, moments of a session: added to, never edited.

A track is retired by a second row. A plan is changed by its next version. What a player did is a
`Moment` with the key that the screen gave it, so that the same moment sent twice is one row.
"""

from __future__ import annotations

from django.db import models

from holdspace.care.models import Clinical, Course, InClinic, Session, choices
from holdspace.core.music import TIMED, Lengths, Phase
from holdspace.records.models import Sealed


class Track(Sealed):
    """One sound file that the clinic owns or may use, kept by its digest."""

    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    maker = models.CharField(max_length=120)
    licence = models.CharField(max_length=300, help_text="Why the clinic may play it.")
    loudness = models.CharField(max_length=80, default="", blank=True)
    has_lyrics = models.BooleanField()
    milliseconds = models.PositiveIntegerField()
    media_type = models.CharField(max_length=20)
    file_digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    by = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")

    objects = InClinic.as_manager()

    class Meta:
        indexes = [models.Index(fields=["clinic", "recorded_at"])]

    def __str__(self) -> str:
        return self.title

    @property
    def length(self) -> str:
        """Minutes and seconds: 4:07."""
        seconds = self.milliseconds // 1000
        return f"{seconds // 60}:{seconds % 60:02}"


class TrackRetired(Sealed):
    """The clinic plays this track no longer; where it was played stays on the record."""

    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    track = models.OneToOneField(Track, models.PROTECT, related_name="retired")
    because = models.CharField(max_length=200)
    by = models.ForeignKey("people.Membership", models.PROTECT, related_name="+")

    objects = InClinic.as_manager()


class Plan(Clinical):
    """One version of the music that was chosen with a person.

    `items` is a list for each phase, in order: {"track": key} or {"silence": minutes}.
    """

    erasable = ("avoid",)

    course = models.ForeignKey(Course, models.PROTECT, related_name="music_plans")
    version = models.PositiveSmallIntegerField()
    onset_minutes = models.PositiveSmallIntegerField()
    peak_minutes = models.PositiveSmallIntegerField()
    re_entry_minutes = models.PositiveSmallIntegerField()
    items = models.JSONField()
    avoid = models.TextField(null=True, help_text="What is not to be played, in words.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "version"], name="music_plan_version_once")
        ]

    @property
    def lengths(self) -> Lengths:
        return {phase: getattr(self, f"{phase.value}_minutes") for phase in TIMED}

    @property
    def track_keys(self) -> list[str]:
        """Every track of the plan once, in the order in which it comes."""
        found = [i["track"] for p in Phase for i in self.items.get(p.value, []) if "track" in i]
        return list(dict.fromkeys(found))


class PlanWish(Clinical):
    """The person's word about one track of a plan; the newest counts. `by` is empty by link."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="wishes")
    track = models.ForeignKey(Track, models.PROTECT, related_name="+")
    wanted = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["course", "track", "recorded_at"])]


class What(models.TextChoices):
    """What a player did, as the timeline tells it."""

    PLAYING = "playing", "playing"
    PAUSED = "paused", "paused"
    RESUMED = "resumed", "goes on"
    SKIPPED = "skipped", "skipped"
    FADED_OUT = "faded_out", "faded out"
    FADED_IN = "faded_in", "faded in"
    DUCKED = "ducked", "turned down for talking"
    UNDUCKED = "unducked", "up again after talking"
    SILENCE = "silence", "silence"
    SOUND = "sound", "music again after silence"
    STRETCHED = "stretched", "phase stretched for the further dose"
    AS_PLANNED = "as_planned", "phases go on as planned after the further dose"
    FAILED = "failed", "could not be played"


class Moment(Clinical):
    """Something that a player did at a time; its key is the screen's own.

    `about` is the time of the dose that a stretch answers. `screen` tells players apart.
    """

    course = models.ForeignKey(Course, models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, models.PROTECT, related_name="music")
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+")
    track = models.ForeignKey(Track, models.PROTECT, null=True, related_name="+")
    what = models.CharField(max_length=20, choices=What)
    phase = models.CharField(max_length=10, choices=choices(Phase), default="", blank=True)
    at = models.DateTimeField()
    about = models.DateTimeField(null=True)
    screen = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["session", "at"])]


class RoomCheck(Clinical):
    """The list of comfort as it was done before a dose.

    `items` is {key: [words, "done" or "not wanted"]}: the words are those of that day's list.
    """

    erasable = ("note",)

    course = models.ForeignKey(Course, models.PROTECT, related_name="room_checks")
    session = models.ForeignKey(Session, models.PROTECT, null=True, related_name="room_checks")
    items = models.JSONField()
    note = models.TextField(null=True)

    class Meta:
        indexes = [models.Index(fields=["course", "recorded_at"])]
