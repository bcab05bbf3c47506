"""A sealed row with a column of every kind."""

from django.db import models

from holdspace.records.models import Sealed


class Slip(Sealed):
    erasable = ("text", "facts")

    clinic_id = models.UUIDField()
    text = models.TextField(null=True)
    count = models.IntegerField(null=True)
    amount = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    day = models.DateField(null=True)
    hour = models.TimeField(null=True)
    lasting = models.DurationField(null=True)
    facts = models.JSONField(null=True)
    signed = models.BooleanField(null=True)
    seal = models.BinaryField(null=True)
    before = models.ForeignKey("self", models.PROTECT, null=True, db_constraint=False)


class Loose(models.Model):
    """An ordinary table, to be guarded except for one column."""

    note = models.TextField()
    done = models.BooleanField(default=False)
