"""Rooms and appointments: who is expected where and when."""

from __future__ import annotations

from django.db import models


class Room(models.Model):
    """A treatment room at one site."""

    id = models.UUIDField(primary_key=True)
    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    site = models.ForeignKey("people.Site", models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=60)
    for_sessions = models.BooleanField(default=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="room_name_once")]

    def __str__(self) -> str:
        return self.name


class AppointmentKind(models.TextChoices):
    MEDICAL_EVALUATION = "medical_evaluation", "Medical evaluation"
    MENTAL_HEALTH_ASSESSMENT = "mental_health_assessment", "Mental-health assessment"
    PREPARATION = "preparation", "Preparation visit"
    SESSION = "session", "Medicine session"
    INTEGRATION = "integration", "Integration visit"


class Appointment(models.Model):
    """A promise of time. Cancelling and not coming are written on it once, and recorded."""

    id = models.UUIDField(primary_key=True)
    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    patient = models.ForeignKey("people.Patient", models.PROTECT, related_name="appointments")
    course_key = models.UUIDField(null=True, db_index=True)
    kind = models.CharField(max_length=30, choices=AppointmentKind)
    starts_at = models.DateTimeField(db_index=True)
    ends_at = models.DateTimeField()
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="appointments")
    therapist = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")
    session_clinician = models.ForeignKey(
        "people.Membership", models.PROTECT, null=True, related_name="+"
    )
    prescriber = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")
    booked_at = models.DateTimeField()
    booked_by = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")
    came_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_because = models.CharField(max_length=200, default="", blank=True)
    no_show_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["clinic", "starts_at"])]

    @property
    def stands(self) -> bool:
        """Whether the person is still expected."""
        return self.cancelled_at is None and self.no_show_at is None

    @property
    def state(self) -> str:
        if self.cancelled_at:
            return "Cancelled"
        if self.no_show_at:
            return "Did not come"
        return "Came" if self.came_at else "Booked"
