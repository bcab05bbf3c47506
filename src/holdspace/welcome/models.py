"""What a person wrote to the clinic before anybody here knew them."""

from __future__ import annotations

from django.db import models

from holdspace.records.models import Sealed


class Enquiry(Sealed):
    """One self-referral in the person's own words; no finding about their health is in it."""

    erasable = ("why",)

    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    patient = models.ForeignKey("people.Patient", models.PROTECT, related_name="enquiries")
    why = models.TextField(null=True)
    asked_to_be_called_now = models.BooleanField(default=False)
    answer_by = models.DateTimeField(help_text="The time that the person was told.")

    class Meta:
        indexes = [models.Index(fields=["clinic", "recorded_at"])]
