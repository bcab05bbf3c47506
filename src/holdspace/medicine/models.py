"""What the room's monitor sent stays exactly as it was received, beside the chart and never in it.

Everything else of the medicine day is an observation, an event or a document of the spine.
"""

from __future__ import annotations

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
