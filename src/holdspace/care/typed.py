"""Fields of a clinical form: a number, a day, a line, each saying what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from holdspace.core.units import KINDS, Kind, KindSpec, QuantityError, parse_number, plain


class Measured(forms.CharField):
    """A typed number of one kind; letters, commas and implausible values are named."""

    def __init__(self, kind: Kind | KindSpec, **kwargs: Any) -> None:
        spec = KINDS[kind] if isinstance(kind, Kind) else kind
        mode = "decimal" if spec.places else "numeric"
        attrs = {"inputmode": mode, "autocomplete": "off"}
        kwargs.setdefault("label", spec.label)
        super().__init__(max_length=20, widget=forms.TextInput(attrs=attrs), **kwargs)
        self.spec = spec
        self.unit = spec.unit.value
        self.accepted = f"{plain(spec.low or Decimal(0))} to {plain(spec.high or Decimal(0))}"

    def clean(self, value: Any) -> Decimal | None:  # type: ignore[override]
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_number(text, self.spec)
        except QuantityError as error:
            raise forms.ValidationError(error.problem) from error


def day_field(label: Any) -> forms.DateField:
    field = forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    field.accepted = "2024-03-09"  # type: ignore[attr-defined]
    return field


def line(label: Any, length: int = 300, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=length, **kwargs)


def say_what_is_accepted(field: forms.Field) -> None:
    """The words of a refusal name what would have been taken."""
    said: dict[str, Any] = {
        "max_length": _("%(show_value)d characters. Accepted: at most %(limit_value)d."),
        "null_characters_not_allowed": _("A NUL sign. Accepted: letters, digits and signs."),
    }
    if isinstance(field, forms.DateField):
        said["invalid"] = _("This is no day. Accepted: such as 2024-03-09.")
    elif isinstance(field, forms.TimeField):
        said["invalid"] = _("This is no time of day. Accepted: such as 14:05.")
    elif isinstance(field, forms.DateTimeField):
        said["invalid"] = _("This is no day with its time. Accepted: such as 2024-03-09T14:05.")
    elif isinstance(field, forms.ChoiceField):
        labels = ", ".join(str(label) for value, label in field.choices if value)
        if len(labels) < 80:
            said["required"] = _("Not answered. Accepted: %s.") % labels
            said["invalid_choice"] = _("This is no answer here. Accepted: %s.") % labels
    field.error_messages |= said


class Wrong(Protocol):
    """What an act did not take, whichever room refused it."""

    field: str
    problem: str
    accepted: str


def in_words(wrong: Wrong) -> str:
    """What is wrong and what would be taken, for whoever typed it."""
    return f"{wrong.problem} {gettext('Accepted')}: {wrong.accepted}."


def say_wrong(
    form: forms.BaseForm, wrong: Wrong, *, shown_as: Mapping[str, str] | None = None
) -> None:
    """Put what an act did not take beside its field, or over a form that has no such field.

    `shown_as`: how this form calls what the act has another name for.
    """
    field = wrong.field
    if shown_as and field not in form.fields:
        field = shown_as.get(field, "")
    form.add_error(field if field in form.fields else None, in_words(wrong))
