"""Shapes of what is typed into the register; what may be done is asked of the actions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from holdspace.core.ledger import DoseType
from holdspace.people.access import May
from holdspace.people.forms import SecondSignerForm, day_field
from holdspace.pharmacy.actions import CONTAINERS_MAX


def amount_field(label: str, unit: str, *, required: bool = True) -> forms.DecimalField:
    """An amount to three decimals: whole micrograms or microlitres."""
    field = forms.DecimalField(
        label=label,
        required=required,
        min_value=Decimal(0),
        max_digits=9,
        decimal_places=3,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    field.unit = unit  # type: ignore[attr-defined]
    field.accepted = "up to three decimals, for example 2.5"  # type: ignore[attr-defined]
    return field


class ReceiveForm(forms.Form):
    """A delivery, in the order of its paper and its carton."""

    ndc = forms.ChoiceField(label=_("Product (NDC as printed)"))
    compared = forms.BooleanField(
        label=_("I compared NDC, strength and volume with the carton, and they are these"),
    )
    lot = forms.CharField(label=_("Lot"), max_length=40)
    expires_on = day_field(str(_("Label expires on")), required=True)
    containers = forms.IntegerField(
        label=_("Number of containers"), min_value=1, max_value=CONTAINERS_MAX
    )
    supplier_name = forms.CharField(label=_("Supplier"), max_length=120)
    supplier_address = forms.CharField(label=_("Supplier’s address"), max_length=300)
    supplier_dea = forms.CharField(
        label=_("Supplier’s DEA number"), max_length=12, help_text=_("Two letters, seven digits.")
    )
    invoice = forms.CharField(label=_("Invoice or packing-slip number"), max_length=60)
    second_email = forms.EmailField(
        label=_("Second person’s e-mail"),
        required=False,
        help_text=_("If somebody checked the delivery with you. They sign with their password."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "data-no-draft": "1"}),
    )
    second_password = forms.CharField(
        label=_("Second person’s password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, products: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ndc"].choices = [("", _("Choose")), *products]  # type: ignore[attr-defined]


class ProductForm(forms.Form):
    """A product as its carton says; afterwards its NDC always means this."""

    ndc = forms.CharField(label=_("NDC with its dashes"), max_length=14)
    drug = forms.CharField(label=_("Drug, as printed"), max_length=120)
    kind = forms.ChoiceField(
        label=_("What a container holds"),
        choices=[("liquid", _("a liquid")), ("units", _("a number of units, such as lozenges"))],
    )
    strength = amount_field(str(_("Strength")), "mg")
    size = amount_field(str(_("In a full container")), "")
    dose_type = forms.ChoiceField(
        label=_("Marked as"),
        choices=[
            (DoseType.MULTI.value, _("multiple-dose")),
            (DoseType.SINGLE.value, _("single-dose")),
        ],
    )
    beyond_use_days = forms.IntegerField(
        label=_("Days once opened, if the maker says so"),
        required=False,
        min_value=1,
        max_value=365,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["strength"].help_text = _("Of a liquid in one mL; of a unit in each.")
        self.fields["size"].help_text = _("mL of a liquid, or the number of units.")


class WasteForm(SecondSignerForm):
    """Waste before a second person: both sign for the same sentence."""

    second_may = May.WITNESS_WASTE
    meaning = str(_("This amount was wasted, and we both saw it."))

    milligrams = amount_field(str(_("Amount wasted")), "mg")
    reason = forms.CharField(label=_("Why, and how"), max_length=300)


class SyringeForm(forms.Form):
    """What goes back, or is gone."""

    milligrams = amount_field(str(_("Amount")), "mg")
    reason = forms.CharField(label=_("What happened"), max_length=300)


class CorrectForm(SecondSignerForm):
    """A wrong line is taken back before a second person; both lines stay readable."""

    second_may = May.WITNESS_WASTE
    meaning = str(_("This line is wrong and is taken back."))

    reason = forms.CharField(label=_("What was wrong with it"), max_length=300)


class CountForm(forms.Form):
    """One field for each container. The books are not shown until the count is kept."""

    def __init__(self, *args: Any, containers: list[tuple[str, str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, label, unit in containers:
            self.fields[key] = amount_field(label, unit, required=False)
