"""The sheet as a form: one line for each line of paper, and two for its doses."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from holdspace.core.facts import Route
from holdspace.core.units import Kind, QuantityError, Unit, parse_quantity
from holdspace.medicine.actions.paper import Line
from holdspace.medicine.forms import At, KindsForm
from holdspace.medicine.routes import RouteField

LINES, DOSES = 14, 2  # as many as a sheet has
NO_TIME = _("A line of the sheet has its time. Accepted: a time of day, such as 14:05.")


class SheetForm(forms.Form):
    """What holds for the whole sheet."""

    on = forms.DateField(
        label=_("Day of the sheet"), widget=forms.DateInput(attrs={"type": "date"})
    )
    entry = forms.UUIDField(widget=forms.HiddenInput)


def at_of(on: date | None, wall: Any, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(on, wall, zone) if on and wall else None


class LineForm(KindsForm):
    """One line; an empty one is skipped, a filled one needs its time."""

    kinds = (
        Kind.SYSTOLIC, Kind.DIASTOLIC, Kind.HEART_RATE, Kind.SPO2, Kind.RESPIRATORY_RATE,
        Kind.SEDATION_MOAAS, Kind.DISTRESS,
    )  # fmt: skip

    def __init__(self, *args: Any, on: date | None, zone: ZoneInfo, **more: Any) -> None:
        super().__init__(*args, **more)
        self.on, self.zone = on, zone
        self.fields["taken_at"] = At(label=_("Time on the sheet"))
        self.fields["taken_at"].help_text = ""
        self.fields["happened"] = forms.CharField(
            label=_("What happened, who was told"), max_length=3500, required=False
        )
        self.fields["happened"].quiet_optional = True  # type: ignore[attr-defined]
        self.order_fields(["taken_at"])

    @property
    def number(self) -> int:
        return int(str(self.prefix)[1:]) + 1

    @property
    def is_filled(self) -> bool:
        names = [name for name in self.fields if name != "taken_at"]
        return any(self.data.get(self.add_prefix(name)) for name in names)

    def clean(self) -> dict[str, Any]:
        wall = self.cleaned_data.get("taken_at")
        data = super().clean()
        if self.is_filled and "taken_at" not in self.errors:
            data["taken_at"] = at_of(self.on, wall, self.zone)
            if data["taken_at"] is None:
                self.add_error("taken_at", NO_TIME)
        return data

    def line(self) -> Line:
        data = self.cleaned_data
        return Line(data["taken_at"], self.readings(), data.get("happened", ""))


class DoseForm(forms.Form):
    """One dose of the sheet."""

    given_at = At(label=_("Dose given at"))
    dose = forms.CharField(label=_("Dose, with mg"), max_length=20, required=False)
    route = RouteField()
    given_by = forms.ChoiceField(label=_("Given by"), required=False)
    words = forms.CharField(
        label=_("Label, vial, ordered by, what was wasted"), max_length=600, required=False
    )

    def __init__(
        self, *args: Any, on: date | None, zone: ZoneInfo, staff: list[tuple[str, str]],
        own: Route, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **more)
        self.on, self.zone = on, zone
        route: Any = self.fields["route"]
        route.is_of(own)
        self.fields["given_by"].choices = [("", _("Choose")), *staff]  # type: ignore[attr-defined]
        self.fields["given_at"].help_text = ""
        for field in self.fields.values():
            field.quiet_optional = True  # type: ignore[attr-defined]

    @property
    def is_filled(self) -> bool:
        return any(self.data.get(self.add_prefix(name)) for name in self.fields)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.is_filled:
            return data
        data["at"] = at_of(self.on, data.get("given_at"), self.zone)
        if data["at"] is None and "given_at" not in self.errors:
            self.add_error("given_at", NO_TIME)
        if not data.get("given_by") and "given_by" not in self.errors:
            self.add_error("given_by", _("A dose was given by somebody. Choose who."))
        try:
            data["milligrams"] = parse_quantity(data.get("dose", ""), Unit.MG)
        except (QuantityError, InvalidOperation):
            self.add_error("dose", _("This is not an amount in mg. Accepted: such as “50 mg”."))
        if data.get("milligrams") == Decimal(0):
            self.add_error("dose", _("No medicine is no dose."))
        return data
