"""What is asked in an assessment, in its order; nothing is answered for anybody.

No vital sign, suicide item or weight is ever pre-filled, and no answer stands for another one.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from holdspace.assessment.actions import Answers
from holdspace.assessment.instruments import ASQ, scale
from holdspace.core.scales import score
from holdspace.people.forms import SignatureForm

ANSWER_CHOICES = [("yes", _("Yes")), ("no", _("No")), ("not_known", _("Not known"))]
YES_NO = [("yes", _("Yes")), ("no", _("No"))]
DECLINED = "declined"


def radio(label: Any, choices: list[tuple[str, Any]], **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, **kwargs)


def clock_field(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(attrs={"type": "time"}),
    )


def words(label: Any, *, required: bool = True, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 3}),
        **kwargs,
    )


class AsqForm(forms.Form):
    """The five questions of the ASQ as they are asked, and what was said to a yes."""

    comment = words(
        _("If there was a yes: what, how, and when"),
        required=False,
        help_text=_("The person’s own words, as far as they wish to say."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scale = scale(ASQ)
        for item in self.scale.items:
            choices = [("1", _("Yes")), ("0", _("No")), (DECLINED, _("Would not answer"))]
            asked_later = item.required_when is not None
            self.fields[item.code] = radio(item.text, choices, required=not asked_later)
        last = self.fields[self.scale.items[-1].code]
        last.help_text = _("Asked when one of the four above is not a plain “no”.")
        self.order_fields([item.code for item in self.scale.items] + ["comment"])

    @property
    def questions(self) -> list[BoundField]:
        return [self[item.code] for item in self.scale.items]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        answers = self.answers(data)
        found = score(self.scale, answers.items, declined=answers.declined)
        for code in found.missing:
            if code not in self.errors:
                self.add_error(code, _("This must be asked now. Accepted: yes, no, or declined."))
        return data

    def answers(self, data: dict[str, Any] | None = None) -> Answers:
        data = self.cleaned_data if data is None else data
        given = {item.code: data.get(item.code) or "" for item in self.scale.items}
        return Answers(
            items={code: int(value) for code, value in given.items() if value.isdigit()},
            declined=frozenset(code for code, value in given.items() if value == DECLINED),
            comment=data.get("comment", ""),
        )


class ClearanceForm(SignatureForm):
    """The signature under the list on the page; `seen` is the digest of that list."""

    seen = forms.CharField(widget=forms.HiddenInput)


class StopForm(forms.Form):
    """Why a form is no longer asked for; the act itself says what it takes."""

    reason = forms.CharField(label=_("Why it is no longer asked"), required=False)


class SuspendForm(forms.Form):
    """What is new about the person, so that the next door waits for a physician."""

    because = forms.CharField(
        label=_("What is new"),
        max_length=300,
        help_text=_("A diagnosis, a medicine, an event, a test. A physician looks again."),
    )
