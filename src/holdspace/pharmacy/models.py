"""The register: every container, and every microgram's way from the invoice to the person.

All rows are sealed and only ever added. What a container holds, when it was opened and what a
session still owes are sums over `Movement`, never stored. The database itself refuses a line that
does not balance by its own figures, a way that is not listed, and waste without a second person.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact

from holdspace.core.facts import Route
from holdspace.core.ledger import EDGES, Account, DoseType
from holdspace.records.models import Sealed

_WITNESSED = (Account.WASTE.value, Account.DESTROYED.value)


def _choices(enum: Iterable[Enum]) -> list[tuple[str, str]]:
    return [(str(item.value), str(item.value).replace("_", " ")) for item in enum]


class InClinic(models.QuerySet):
    def of(self, clinic):
        """Every query on the register goes through the clinic it belongs to."""
        return self.filter(clinic=clinic)


class Kept(Sealed):
    """A sealed row of one clinic, written by one member of staff."""

    clinic = models.ForeignKey("people.Clinic", models.PROTECT, related_name="+")
    by = models.ForeignKey("people.Membership", models.PROTECT, related_name="+")

    objects = InClinic.as_manager()

    class Meta:
        abstract = True


class Product(Kept):
    """What one NDC is, as this clinic holds it: taken from the shipped list or from the carton."""

    ndc = models.CharField(max_length=14)
    ndc_key = models.CharField(max_length=11)
    drug = models.CharField(max_length=120)
    form = models.CharField(max_length=40)
    concentration_ug_per_ml = models.PositiveBigIntegerField(default=0)
    nominal_ul = models.PositiveBigIntegerField(default=0)
    ug_per_unit = models.PositiveBigIntegerField(default=0)
    nominal_units = models.PositiveBigIntegerField(default=0)
    dose_type = models.CharField(max_length=10, choices=_choices(DoseType))
    beyond_use_days = models.PositiveSmallIntegerField(null=True)
    source = models.CharField(max_length=200)
    grade = models.CharField(max_length=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "ndc_key"], name="pharmacy_ndc_once"),
            models.CheckConstraint(
                condition=Q(concentration_ug_per_ml__gt=0, nominal_ul__gt=0, ug_per_unit=0,
                            nominal_units=0)
                | Q(concentration_ug_per_ml=0, nominal_ul=0, ug_per_unit__gt=0,
                    nominal_units__gt=0),
                name="pharmacy_liquid_or_units",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.drug} {self.strength}"

    @property
    def strength(self) -> str:
        """ "50 mg/mL" or "100 mg each"."""
        if self.ug_per_unit:
            return f"{mg_text(self.ug_per_unit)} mg each"
        return f"{mg_text(self.concentration_ug_per_ml)} mg/mL"

    @property
    def size(self) -> str:
        if self.ug_per_unit:
            return f"{self.nominal_units} units"
        return f"{mg_text(self.nominal_ul)} mL"


def mg_text(thousandths: int) -> str:
    """Micrograms as mg, or microlitres as mL, without rounding: 57500 is "57.5"."""
    sign = "-" if thousandths < 0 else ""
    whole, rest = divmod(abs(thousandths), 1000)
    return f"{sign}{whole:,}" + (f".{rest:03d}".rstrip("0") if rest else "")


class Receipt(Kept):
    """One delivery of one lot: from whom (name, address, DEA number), when, how many.

    21 CFR 1304.22(c): the name, address and registration number of the source, the date and the
    number of containers. Lot and label date are good practice.
    """

    site = models.ForeignKey("people.Site", models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, related_name="receipts")
    supplier_name = models.CharField(max_length=120)
    supplier_address = models.CharField(max_length=300)
    supplier_dea = models.CharField(max_length=9)
    invoice = models.CharField(max_length=60)
    lot = models.CharField(max_length=40)
    expires_on = models.DateField()
    containers = models.PositiveSmallIntegerField()
    received_at = models.DateTimeField()
    second = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["clinic", "received_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(containers__gt=0), name="pharmacy_some_containers"),
            models.CheckConstraint(
                condition=Q(second__isnull=True) | ~Q(second=F("by")),
                name="pharmacy_receipt_two_people",
            ),
        ]


class Vial(Kept):
    """One container at one registered address. Its label never changes; its content is a sum."""

    site = models.ForeignKey("people.Site", models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="vials")
    lot = models.CharField(max_length=40)
    expires_on = models.DateField()
    number = models.PositiveSmallIntegerField(help_text="Which of its receipt.")

    class Meta:
        indexes = [models.Index(fields=["site", "expires_on"])]
        constraints = [
            models.UniqueConstraint(fields=["receipt", "number"], name="pharmacy_vial_once")
        ]

    @property
    def mark(self) -> str:
        """What is written on the container: the end of its key."""
        return self.id.hex[-4:].upper()

    @property
    def label(self) -> str:
        what = "vial" if self.product.nominal_ul else "box"
        return f"{self.product}, lot {self.lot}, {what} …{self.mark}"


def _listed_ways() -> Q:
    ways = Q(corrects__isnull=False)
    for source, target in EDGES:
        ways |= Q(source=source.value, target=target.value)
    return ways


class Movement(Kept):
    """One amount of one container from one account to another (core.ledger.Movement).

    `drawn` is the draw that filled the syringe which this line is about (a draw points at itself).
    A dose names the person and address as they stood then (21 CFR 1304.22(c)). `at` is when it
    happened, `recorded_at` when it was written. `is_variance`: booked as a fact, without leave.
    """

    site = models.ForeignKey("people.Site", models.PROTECT, related_name="+")
    vial = models.ForeignKey(Vial, models.PROTECT, related_name="movements")
    line = models.PositiveIntegerField(help_text="The container's lines are numbered from 1.")
    source = models.CharField(max_length=12, choices=_choices(Account))
    target = models.CharField(max_length=12, choices=_choices(Account))
    micrograms = models.BigIntegerField()
    microlitres = models.BigIntegerField(default=0)
    units = models.BigIntegerField(default=0)
    concentration_ug_per_ml = models.PositiveBigIntegerField(default=0)
    ug_per_unit = models.PositiveBigIntegerField(default=0)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    witness = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")
    witness_signed_at = models.DateTimeField(null=True)
    witness_meaning = models.CharField(max_length=200, default="", blank=True)
    session = models.ForeignKey("care.Session", models.PROTECT, null=True, related_name="+")
    order = models.CharField(max_length=36, default="", blank=True)
    patient = models.ForeignKey("people.Patient", models.PROTECT, null=True, related_name="+")
    person_name = models.CharField(max_length=120, default="", blank=True)
    person_address = models.CharField(max_length=300, default="", blank=True)
    route = models.CharField(max_length=20, default="", blank=True, choices=_choices(Route))
    dilution = models.CharField(max_length=120, default="", blank=True)
    counterparty = models.CharField(max_length=120, default="", blank=True)
    drawn = models.ForeignKey("self", models.PROTECT, null=True, related_name="of_this_draw")
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by")
    is_variance = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["session", "vial"]),
            models.Index(fields=["site", "recorded_at"]),
        ]
        constraints = [
            # Two writers who read the same lines cannot both add the next one.
            models.UniqueConstraint(fields=["vial", "line"], name="pharmacy_line_once"),
            models.CheckConstraint(
                condition=~Q(source=F("target")), name="pharmacy_two_accounts"
            ),
            models.CheckConstraint(condition=_listed_ways(), name="pharmacy_listed_way"),
            models.CheckConstraint(
                condition=Q(micrograms__gt=0, microlitres__gte=0, units__gte=0),
                name="pharmacy_more_than_nothing",
            ),
            models.CheckConstraint(
                condition=Q(
                    Exact(F("micrograms") * 1000, F("microlitres") * F("concentration_ug_per_ml")),
                    ug_per_unit=0, units=0,
                )
                | Q(
                    Exact(F("micrograms"), F("units") * F("ug_per_unit")),
                    concentration_ug_per_ml=0, microlitres=0,
                ),
                name="pharmacy_arithmetic",
            ),
            models.CheckConstraint(
                condition=Q(witness__isnull=False)
                | (Q(corrects__isnull=True) & ~Q(target__in=_WITNESSED)),
                name="pharmacy_waste_is_witnessed",
            ),
            models.CheckConstraint(
                condition=Q(witness__isnull=True) | ~Q(witness=F("by")),
                name="pharmacy_witness_is_another",
            ),
            models.CheckConstraint(
                condition=Q(witness__isnull=True) | Q(witness_signed_at__isnull=False),
                name="pharmacy_witness_signed",
            ),
            models.CheckConstraint(
                condition=(Q(drawn__isnull=False, session__isnull=False)
                           & (Q(source=Account.DRAWN_UP.value) | Q(target=Account.DRAWN_UP.value)))
                | (Q(drawn__isnull=True)
                   & ~Q(source=Account.DRAWN_UP.value) & ~Q(target=Account.DRAWN_UP.value)),
                name="pharmacy_syringe_has_its_draw",
            ),
            models.CheckConstraint(
                condition=~Q(target=Account.PATIENT.value)
                | (Q(patient__isnull=False, session__isnull=False) & ~Q(person_name="")),
                name="pharmacy_dose_names_the_person",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="pharmacy_says_why"),
        ]  # fmt: skip

    @property
    def for_whom(self) -> str:
        """The name as it stood then, with the name the house calls and the number on the band."""
        patient = self.patient
        if patient is None:
            return self.person_name
        called = patient.preferred_name.strip()
        known = f"“{called}”" if called and called not in self.person_name else ""
        return " · ".join(part for part in (self.person_name, known, patient.display_id) if part)


class Count(Kept):
    """Somebody looked into the safe and wrote down what was there, without seeing the books."""

    site = models.ForeignKey("people.Site", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    second = models.ForeignKey("people.Membership", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["site", "at"])]


class CountLine(Kept):
    """One container of a count: what the books said, what was there (None: not counted)."""

    count = models.ForeignKey(Count, models.PROTECT, related_name="lines")
    vial = models.ForeignKey(Vial, models.PROTECT, related_name="+")
    expected_ug = models.BigIntegerField()
    counted_ug = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["count", "vial"], name="pharmacy_counted_once")
        ]

    @property
    def difference_ug(self) -> int:
        return (self.counted_ug or 0) - self.expected_ug
