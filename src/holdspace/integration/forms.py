"""What is typed at an integration visit and when a course is closed."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from holdspace.people.forms import SignatureForm


class VisitForm(SignatureForm):
    """One integration visit: what came up, what is taken into daily life, how the person is."""

    came_up = forms.CharField(label=_("What came up"), widget=forms.Textarea(attrs={"rows": 4}))
    into_life = forms.CharField(
        label=_("What the person takes into daily life"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    wellbeing = forms.CharField(
        label=_("Sleep, mood, safety, urges to use since the session"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def text(self) -> str:
        """The note as it is signed."""
        names = {
            "came_up": "What came up",
            "into_life": "Into daily life",
            "wellbeing": "Since then",
        }
        parts = ((words, self.cleaned_data[name]) for name, words in names.items())
        return "\n\n".join(f"{words}: {value}" for words, value in parts if value)


class CloseForm(SignatureForm):
    """The closing summary: what was done, whether it helped, what comes next."""

    outcome_words = forms.ChoiceField(
        label=_("How it went"),
        choices=[
            ("", _("Choose")),
            ("better", _("Better")),
            ("somewhat better", _("Somewhat better")),
            ("no change", _("No change")),
            ("worse", _("Worse")),
        ],
    )
    summary = forms.CharField(
        label=_("Closing summary"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "What was done, what helped, what the person does next and whom they can call."
        ),
    )
