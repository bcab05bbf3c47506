"""What a person is asked to fill in: the request, the links to it, each answer, and the end.

Every row is written once. Which link works, which answer stands and whether a form is finished is
computed: the newest link, the newest answer to an item, whether there is an end.
"""

from __future__ import annotations

from django.db import models

from holdspace.care.models import Clinical, Course, Event, InClinic, Session
from holdspace.records.models import Sealed


class FormRequest(Clinical):
    """One questionnaire that one person is asked to fill in, at one point of their course."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="form_requests")
    session = models.ForeignKey(Session, models.PROTECT, null=True, related_name="+")
    instrument = models.CharField(max_length=60)
    version = models.CharField(max_length=120, help_text="The instrument's own version.")
    language = models.CharField(max_length=20, default="en")
    point = models.CharField(max_length=80, help_text="When in the course: “baseline”, “day 3”.")
    due_at = models.DateTimeField()
    # What answered the one before was struck: it is asked again, once.
    instead_of = models.OneToOneField("self", models.PROTECT, null=True, related_name="asked_again")

    class Meta:
        constraints = [
            # A schedule that is worked out twice asks once.
            models.UniqueConstraint(
                fields=["course", "instrument", "point"],
                condition=models.Q(instead_of__isnull=True),
                name="asked_once_at_a_point",
            )
        ]
        indexes = [models.Index(fields=["clinic", "due_at"])]

    def __str__(self) -> str:
        return f"{self.instrument}, {self.point}"


class FormLink(Clinical):
    """One link to a form. Only the digest of its token is kept; a newer link ends it."""

    request = models.ForeignKey(FormRequest, models.PROTECT, related_name="links")
    number = models.PositiveSmallIntegerField(help_text="The highest of a request is the one.")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="links_in_one_order")
        ]


class FormAnswer(Clinical):
    """One answer to one item, or that the person would not answer it; a later one replaces it."""

    erasable = ("option",)

    request = models.ForeignKey(FormRequest, models.PROTECT, related_name="answers")
    number = models.PositiveSmallIntegerField(help_text="The order in which they were given.")
    item = models.CharField(max_length=60)
    option = models.SmallIntegerField(null=True, help_text="The score of the chosen answer.")
    declined = models.BooleanField(default=False)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="answers_in_one_order")
        ]


class How(models.TextChoices):
    """How a request came to its end."""

    FINISHED = "finished", "answered"
    WITHDRAWN = "withdrawn", "no longer asked"


class FormEnd(Clinical):
    """A form is finished, with the event that keeps it, or it is no longer asked for."""

    request = models.OneToOneField(FormRequest, models.PROTECT, related_name="end")
    how = models.CharField(max_length=12, choices=How)
    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=200, null=True, help_text="Why it is no longer asked.")


class InstrumentWording(Sealed):
    """Wording that a clinic holds a licence for, or (without texts) that it no longer uses it.

    The newest row of a clinic, an instrument and a language is the one that holds.
    """

    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    by = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")
    instrument = models.CharField(max_length=60)
    version = models.CharField(max_length=120, help_text="The instrument's own version.")
    language = models.CharField(max_length=20, default="en")
    holder = models.CharField(max_length=200, help_text="Who holds the licence.")
    reference = models.CharField(max_length=200, help_text="The licence's own number or letter.")
    licensed_on = models.DateField()
    texts = models.TextField(
        help_text="Canonical JSON: instructions, items, options. Empty: ended."
    )

    objects = InClinic.as_manager()

    class Meta:
        indexes = [models.Index(fields=["clinic", "instrument", "recorded_at"])]

    @property
    def is_ended(self) -> bool:
        return not self.texts

    @property
    def licence(self) -> str:
        """How the licence is named under every form."""
        return f"{self.holder}, {self.reference}, {self.licensed_on.isoformat()}"

    def __str__(self) -> str:
        return f"{self.instrument}, {self.language}"
