"""Rows that are sealed when they are born, and the chain that would notice a change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, ClassVar, Self
from uuid import UUID

from django.apps import apps
from django.core import checks
from django.db import models

from . import canonical
from .chain import FORMAT
from .keys import new_key, new_salt


class Sealed(models.Model):
    """A row that is written once and whose digest stands in the chain.

    A subclass declares what belongs to a clinic itself, with a column `clinic_id` (usually
    `clinic = ForeignKey("people.Clinic", PROTECT)`), and its migration ends in a guard from
    `records.guards`. Columns are never renamed or removed; a new one is nullable, since an empty
    column is left out of the content and old digests must go on fitting.
    """

    # Columns that may change after the row is born and so stand outside the seal (rare).
    unsealed: ClassVar[tuple[str, ...]] = ()
    # Nullable columns that a recorded erasure empties, together with the salt.
    erasable: ClassVar[tuple[str, ...]] = ()

    id = models.UUIDField(primary_key=True, editable=False)
    salt = models.BinaryField(max_length=32, default=new_salt, null=True, editable=False)
    recorded_at = models.DateTimeField()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; a second save is a mistake of the program and refused before the database."""
        if not self._state.adding:
            raise TypeError(f"{self._meta.db_table} is append-only: write a new row instead")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: a sealed row stays."""
        raise TypeError(f"{self._meta.db_table} is append-only: rows are never deleted")

    @classmethod
    def draft(cls, *, now: datetime, **fields: Any) -> Self:
        """A new unsaved row with its key, salt and time; offline rows bring their own `id`."""
        return cls(**{"id": new_key(now), "recorded_at": now, **fields})

    @property
    def is_erased(self) -> bool:
        """True when a recorded erasure has emptied the row's text and its salt."""
        return self.salt is None

    def content(self) -> dict[str, Any]:
        """Every sealed column that is not empty, by its column attribute, in canonical types.

        Raises TypeError or ValueError naming the field when a value has no single stored form.
        """
        left_out = {"salt", *self.unsealed}
        found: dict[str, Any] = {}
        for field in self._meta.concrete_fields:
            if field.name in left_out or field.attname in left_out:
                continue
            try:
                value = _stored(field, getattr(self, field.attname))
            except (TypeError, ValueError) as error:
                raise type(error)(f"{self._meta.db_table}.{field.name}: {error}") from error
            if value is not None:
                found[field.attname] = value
        return found

    def digest(self) -> str:
        """SHA-256 of the salt followed by the canonical content; an erased row has no salt."""
        salt = b"" if self.salt is None else bytes(self.salt)
        return sha256(salt + canonical.text(self.content()).encode()).hexdigest()

    @classmethod
    def check(cls, **kwargs: Any) -> list[checks.CheckMessage]:
        """Find, before any row is written, a column that could not be sealed."""
        found = list(super().check(**kwargs))
        fields = {field.attname: field for field in cls._meta.concrete_fields}
        if "clinic_id" not in fields:
            found.append(checks.Error("a sealed row belongs to a clinic", obj=cls, id="records.E1"))
        for field in fields.values():
            if isinstance(field, models.FloatField):
                hint = "use an integer or a Decimal with its unit in the name"
                found.append(checks.Error(f"{field} is a float", hint, cls, "records.E2"))
        for name in (*cls.erasable, *cls.unsealed):
            if name not in fields or (name in cls.erasable and not fields[name].null):
                found.append(
                    checks.Error(f"{name} must be a nullable column", obj=cls, id="records.E3")
                )
        return found


def _stored(field: models.Field[Any, Any], value: Any) -> Any:
    """The value as either database will give it back, in canonical types."""
    if value is None:
        return None
    if isinstance(value, float):
        raise TypeError("a float cannot be sealed; use an integer or a Decimal")
    if isinstance(field, models.JSONField):
        return canonical.json_value(value)
    if isinstance(field, models.BinaryField):
        return bytes(value).hex()
    value = field.to_python(value)
    if isinstance(value, Decimal) and isinstance(field, models.DecimalField):
        step = Decimal(1).scaleb(-field.decimal_places)
        if value != value.quantize(step):
            raise ValueError(f"{value} has more than {field.decimal_places} decimals")
    if isinstance(field, models.FileField):
        return str(value) or None
    return canonical.plain(value)


def sealed_models() -> list[type[Sealed]]:
    """Every table of sealed rows in the program, by table name."""
    found = (model for model in apps.get_models() if issubclass(model, Sealed))
    own = (model for model in found if model._meta.managed and not model._meta.proxy)
    return sorted(own, key=lambda model: model._meta.db_table)


class Entry(models.Model):
    """One link of one stream: who did what when, to which sealed row, after which link."""

    id = models.UUIDField(primary_key=True, editable=False)
    clinic_id = models.UUIDField()
    stream = models.CharField(max_length=64)
    seq = models.PositiveBigIntegerField()
    format = models.PositiveSmallIntegerField(default=FORMAT)
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    act = models.CharField(max_length=64)
    subject_table = models.CharField(max_length=63, blank=True)
    subject_id = models.UUIDField(null=True, db_index=True)
    subject_digest = models.CharField(max_length=64, blank=True)
    body = models.TextField(blank=True)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "seq"], name="records_entry_stream_seq")
        ]

    def __str__(self) -> str:
        return f"{self.stream} #{self.seq} {self.act}"


class StreamHead(models.Model):
    """The last link of a stream: the row a writer locks, and what verify holds the chain to."""

    stream = models.CharField(max_length=64, primary_key=True)
    clinic_id = models.UUIDField(db_index=True)
    seq = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.stream} #{self.seq}"


class AccessWhat(models.TextChoices):
    """The closed words of the access log."""

    CHART_VIEW = "chart.view", "opened a chart"
    CHART_SEARCH = "chart.search", "searched for people"
    PEOPLE_LIST = "people.list", "read a list of people"
    SESSION_VIEW = "session.view", "opened a session"
    DOCUMENT_VIEW = "document.view", "opened a document or file"
    NOTE_VIEW = "note.view", "opened a psychotherapy note"
    REGISTER_VIEW = "register.view", "read the register"
    RECORD_VIEW = "record.view", "read the record or the access log"
    RECORD_EXPORT = "record.export", "exported a record"
    RECORD_PRINT = "record.print", "printed a record"
    EMERGENCY_VIEW = "emergency.view", "opened a chart in an emergency"
    PORTAL_VIEW = "portal.view", "a patient or support person read their own page"
    API_READ = "api.read", "another system read a record"
    DENIED = "denied", "asked for what is not theirs"


class AccessEvent(models.Model):
    """Who looked at whose record: written once, never chained (see docs/record.md)."""

    id = models.UUIDField(primary_key=True, editable=False)
    clinic_id = models.UUIDField()
    at = models.DateTimeField()
    membership_id = models.UUIDField(null=True)
    user_label = models.CharField(max_length=150, blank=True)
    patient_id = models.UUIDField(null=True)
    what = models.CharField(max_length=32)
    detail = models.CharField(max_length=200, blank=True)
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["clinic_id", "at"], name="records_access_clinic_at"),
            models.Index(fields=["patient_id", "at"], name="records_access_patient_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.what}"


def subjects(rows: Iterable[Sealed]) -> dict[type[Sealed], list[Sealed]]:
    """The rows by their table, in the order given."""
    found: dict[type[Sealed], list[Sealed]] = {}
    for row in rows:
        found.setdefault(type(row), []).append(row)
    return found


def clinic_of(row: Sealed) -> UUID:
    """The clinic a sealed row belongs to."""
    return UUID(str(row.clinic_id))  # type: ignore[attr-defined]
