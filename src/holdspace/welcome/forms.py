"""One question a view. What is asked is what is needed to answer the person, and nothing more."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from holdspace.people.forms import STATE_CHOICES, day_field
from holdspace.people.models import SafeContact
from holdspace.people.typed import dialable

YEAR_MIN = 1900


class NameForm(forms.Form):
    title = _("What is your name?")
    note = _("As on your identity card. You can tell us later what you like to be called.")

    name = forms.CharField(label=_("Your full name"), max_length=120)


class BirthDateForm(forms.Form):
    title = _("When were you born?")
    note = _("This clinic treats adults. We ask so that we can tell you straight away.")

    birth_date = day_field(str(_("Your birth date")), required=True)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_birth_date(self) -> date:
        born: date = self.cleaned_data["birth_date"]
        if born.year < YEAR_MIN or born > self.today:
            raise forms.ValidationError(_("Accepted: a day from 1900 until today."))
        return born


class StateForm(forms.Form):
    title = _("In which state would you be during treatment?")
    note = _("Licences end at the state line, so where you are decides who may treat you.")

    state = forms.ChoiceField(label=_("State"), choices=STATE_CHOICES)


class ContactForm(forms.Form):
    title = _("How may we reach you safely?")
    note = _(
        "Our messages name no treatment and no clinic in the subject. "
        "If somebody else reads your mail or phone, choose another way."
    )

    safe_contact = forms.ChoiceField(
        label=_("The way that is safe for you"),
        choices=[
            (SafeContact.PHONE.value, _("A phone call")),
            (SafeContact.SMS.value, _("A text message")),
            (SafeContact.EMAIL.value, _("An e-mail")),
            (SafeContact.NONE.value, _("Do not contact me; I will call you")),
        ],
        widget=forms.RadioSelect,
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    email = forms.EmailField(label=_("E-mail"), required=False)
    safe_contact_note = forms.CharField(
        label=_("Anything we should know"),
        max_length=200,
        required=False,
        help_text=_("For example: no voicemail; only after 17:00."),
    )

    def clean_phone(self) -> str:
        return dialable(self.cleaned_data["phone"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        way = data.get("safe_contact")
        needs_phone = way in (SafeContact.PHONE.value, SafeContact.SMS.value)
        if needs_phone and not data.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("We need a number for that. Accepted: 303 555 0142."))
        needs_email = way == SafeContact.EMAIL.value
        if needs_email and not data.get("email") and "email" not in self.errors:
            self.add_error("email", _("We need an address for that. Accepted: name@example.org."))
        return data


class WhyForm(forms.Form):
    title = _("What makes you ask now?")
    note = _("A sentence or two, or nothing. The details belong in a conversation, not here.")

    why = forms.CharField(
        label=_("In your own words"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class DangerForm(forms.Form):
    title = _("Are you in danger right now, or thinking of ending your life?")
    note = _("Nobody reads this before you send it. At any hour, 988 and 911 answer at once.")

    danger = forms.ChoiceField(
        label=_("Right now"),
        choices=[("no", _("No, I am safe for now")), ("yes", _("Yes, or I am not sure"))],
        widget=forms.RadioSelect,
    )


class CallForm(forms.Form):
    """A yes to being called, and the number."""

    phone = forms.CharField(
        label=_("Your number"),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def clean_phone(self) -> str:
        return dialable(self.cleaned_data["phone"])


# In the order in which they are asked; the key is the last part of the address.
STEPS: dict[str, type[forms.Form]] = {
    "name": NameForm,
    "born": BirthDateForm,
    "state": StateForm,
    "contact": ContactForm,
    "why": WhyForm,
    "safe": DangerForm,
}
