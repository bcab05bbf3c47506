"""What is typed at a preparation visit and when consent is asked."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from holdspace.people.forms import SignatureForm

TOPICS = [
    ("expectations", _("What to expect, and hope against expectation")),
    ("risks", _("Risks, dependence, and what is not known")),
    ("medicine", _("The route, how it feels, how long it lasts")),
    ("difficult", _("What helps when it is hard: breath, ground, voice")),
    ("touch", _("Touch, boundaries and signals")),
    ("practical", _("Fasting, the ride, the night and the next day")),
    ("integration", _("What comes after: integration visits")),
]

TOUCH = [
    ("hand held", _("Holding a hand")),
    ("hand on shoulder", _("A hand on the shoulder")),
    ("hand on foot", _("A hand on the foot")),
    ("hand on head", _("A hand on the head")),
]


class VisitForm(SignatureForm):
    """One preparation visit: what was talked through, and what will be visible in the session."""

    topics = forms.MultipleChoiceField(
        label=_("Talked through today"), choices=TOPICS, widget=forms.CheckboxSelectMultiple
    )
    intention = forms.CharField(
        label=_("Intention, in the person’s words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown on the session screen."),
    )
    comfort = forms.CharField(
        label=_("What helps in distress; comfort and music"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown on the session screen."),
    )
    note = forms.CharField(label=_("Note of the visit"), widget=forms.Textarea(attrs={"rows": 5}))

    def text(self) -> str:
        """The note as it is signed: every part that was filled in, under its name."""
        data = self.cleaned_data
        words = dict(TOPICS)
        parts = [
            ("Talked through", ", ".join(str(words[t]) for t in data["topics"])),
            ("Intention", data["intention"]),
            ("What helps", data["comfort"]),
            ("Note", data["note"]),
        ]
        return "\n\n".join(f"{name}: {value}" for name, value in parts if value)


class ConsentForm(SignatureForm):
    """Consent as the person gives it: read, told back, asked alone, signed by name."""

    teach_back = forms.CharField(
        label=_("What will happen and what could go wrong, told back in the person’s words"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    asked_alone = forms.BooleanField(
        label=_("I asked the person alone, without anybody they came with")
    )
    able_and_free = forms.BooleanField(label=_("The person is able to consent today, and freely"))
    touch = forms.MultipleChoiceField(
        label=_("Touch the person agrees to in advance"),
        choices=TOUCH,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing ticked means no touch. It can be narrowed at any time."),
    )
    touch_signal = forms.CharField(
        label=_("Their signal to stop or to ask"), max_length=120, required=False
    )
    recording = forms.BooleanField(label=_("The person agrees to recording"), required=False)
    signed_name = forms.CharField(
        label=_("Signed by the person (their name)"),
        max_length=120,
        help_text=_("The person types it themselves, as it stands at the top of this page."),
    )
    other_name_because = forms.CharField(
        label=_("If it is another name than the one on file: why"), max_length=200, required=False
    )


class WithdrawForm(forms.Form):
    """A withdrawal in the person's own words; a reason is never demanded."""

    in_own_words = forms.CharField(
        label=_("What the person said, if they said why"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
