"""Shapes of what is typed on the spine's pages; actions and gates decide what may be done."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from holdspace.care.models import NoteRelease
from holdspace.care.owed import OUTCOMES
from holdspace.core.facts import DocumentKind, Route
from holdspace.core.kind_ends import LABELS, EndReason, KindEnd, problem_of
from holdspace.core.limits import ROUTES_NOT_OFFERED
from holdspace.core.quiet import Quiet
from holdspace.people.access import May
from holdspace.people.forms import SecondSignerForm, SignatureForm
from holdspace.schedule.models import AppointmentKind

ROUTE_WORDS = {
    Route.IM: _("Intramuscular (IM)"),
    Route.IV: _("Intravenous infusion (IV)"),
    Route.SC: _("Subcutaneous (SC)"),
    Route.SUBLINGUAL: _("Sublingual lozenge"),
    Route.INTRANASAL: _("Intranasal (racemic)"),
    Route.ESKETAMINE: _("Intranasal esketamine"),
}


class OpenCourseForm(forms.Form):
    """Which protocol and which route the person's treatment will follow."""

    protocol = forms.ChoiceField(label=_("Protocol"))
    route = forms.ChoiceField(
        label=_("Route"),
        choices=[(r.value, ROUTE_WORDS[r]) for r in Route if r not in ROUTES_NOT_OFFERED],
    )
    therapist = forms.ChoiceField(
        label=_("Therapist"),
        help_text=_("The same person is there for preparation, medicine and integration."),
    )

    def __init__(self, *args, protocols, therapists, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["protocol"].choices = protocols
        self.fields["therapist"].choices = [("", _("Choose")), *therapists]


class TherapistForm(SignatureForm):
    """A change of therapist: from whom, to whom, why, and that the person agreed."""

    handed_from = forms.ChoiceField(label=_("Therapist until now"))
    therapist = forms.ChoiceField(label=_("New therapist"))
    because = forms.CharField(label=_("Why"), max_length=300)
    agrees = forms.ChoiceField(
        label=_("Does the person agree?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
    )
    patients_consent = forms.CharField(
        label=_("What the person said when asked"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Their own words. Without their consent the therapist stays."),
    )

    field_order = [
        "handed_from",
        "therapist",
        "because",
        "agrees",
        "patients_consent",
        "password",
    ]

    def __init__(self, *args, therapists, until_now, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["handed_from"].choices = [("", _("Choose")), until_now]
        if not until_now[0]:
            del self.fields["handed_from"]
        self.fields["therapist"].choices = [("", _("Choose")), *therapists]

    def clean_agrees(self) -> str:
        if self.cleaned_data["agrees"] != "yes":
            raise forms.ValidationError(_("Then the therapist stays. Accepted: yes."))
        return "yes"


class DeclineForm(forms.Form):
    """A kind end: a reason of a few, where the person can turn, and what the letter may say."""

    reason = forms.TypedChoiceField(
        label=_("Why it ends here"), coerce=EndReason, widget=forms.RadioSelect,
        choices=[(each.value, label) for each, label in LABELS.items()],
    )  # fmt: skip
    again_on = forms.DateField(
        label=_("Ask again on"), required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("“Not now” needs a day; the desk gets it as a task."),
    )  # fmt: skip
    way_on = forms.CharField(
        label=_("Where the person can turn instead"), max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("A name, a number or a place. Nobody is sent away with nothing."),
    )  # fmt: skip
    whom = forms.CharField(label=_("Whom to ask here, and how"), max_length=200)
    says = forms.CharField(
        label=_("In your own words, to the person"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The letter says no more about their health than what you write here."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("For the chart only"), max_length=300, required=False,
        help_text=_("Not in the letter."),
    )  # fmt: skip

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today

    def end(self) -> KindEnd:
        return KindEnd(**self.cleaned_data)

    def clean(self):
        data = super().clean() or {}
        if not self.errors:
            wrong = problem_of(self.end(), self.today)
            if wrong is not None:
                self.add_error(wrong[0], f"{wrong[1]} {_('Accepted')}: {wrong[2]}.")
        return data


class OpenAgainForm(SignatureForm):
    """Why a course that ended here goes on."""

    because = forms.CharField(label=_("What has changed"), max_length=250)
    field_order = ["because", "password"]


class ReliefForm(SignatureForm):
    """Why this measured finding may be passed today, or what the plan is and on whose opinion."""

    reason = forms.CharField(label=_("Reason or plan"), widget=forms.Textarea(attrs={"rows": 3}))
    letter = forms.TypedChoiceField(
        label=_("Letter that answers this question"), coerce=UUID, empty_value=None, required=False
    )
    field_order = ["reason", "letter", "password"]

    def __init__(self, *args, specialty="", letters=(), **kwargs):
        super().__init__(*args, **kwargs)
        if not specialty:
            del self.fields["letter"]
            return
        self.fields["letter"].choices = [("", _("None: I hold this specialty")), *letters]
        self.fields["letter"].help_text = _(
            "This needs the opinion of %(specialty)s. Choose the letter on file that answers it."
        ) % {"specialty": specialty}


class TwoPersonReliefForm(SecondSignerForm, ReliefForm):
    """The same, where the protocol asks for a second signer."""

    second_may = May.SECOND_SIGN_WAIVER


class StrikeForm(SignatureForm):
    """Why an entry was wrong, and whose it was if it was another person's."""

    reason = forms.CharField(label=_("What was wrong with it"), max_length=300)
    belongs_to = forms.CharField(
        label=_("If it belongs to another person: their number (such as P-0042)"),
        max_length=12,
        required=False,
    )


class TaskOutcomeForm(forms.Form):
    """What came of a task; one about safety also says which outcome of the short list it was."""

    code = forms.ChoiceField(
        label=_("How it ended"), choices=[("", _("Choose")), *OUTCOMES.items()]
    )
    outcome = forms.CharField(label=_("What came of it"), widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, urgent, **kwargs):
        super().__init__(*args, **kwargs)
        if not urgent:
            del self.fields["code"]


class AddedForm(forms.Form):
    """What somebody did about a task that a colleague closed meanwhile.

    Its box is called as the box of the outcome is: a draft of that comes back into this one.
    """

    outcome = forms.CharField(
        label=_("What you did, or know"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )


class NotReachedForm(forms.Form):
    """A call that reached nobody: when it is tried again. The task stays open."""

    next_at = forms.DateTimeField(
        label=_("Next attempt"),
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    words = forms.CharField(label=_("What was tried"), max_length=500, required=False)


class TaskOwnerForm(forms.Form):
    to = forms.ChoiceField(label=_("Hand over to"))

    def __init__(self, *args, staff, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", _("Choose")), *staff]


class SignProtocolForm(SignatureForm):
    """The director's signature under a protocol text, after its unsigned values were read."""

    read = forms.BooleanField(
        label=_("I have read every value listed above as awaiting my signature")
    )
    field_order = ["read", "password"]


class BookForm(forms.Form):
    """A time on a day, for whom and where. A session asks for its whole team."""

    kind = forms.ChoiceField(label=_("What"), choices=AppointmentKind.choices)
    on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    at = forms.TimeField(label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}))
    minutes = forms.IntegerField(
        label=_("Length"),
        min_value=15,
        max_value=480,
        help_text=_("A session day is usually 180 minutes."),
    )
    room = forms.ChoiceField(label=_("Room"), required=False)
    therapist = forms.ChoiceField(label=_("Therapist"), required=False)
    session_clinician = forms.ChoiceField(label=_("Session clinician"), required=False)
    prescriber = forms.ChoiceField(label=_("Prescriber"), required=False)

    def __init__(self, *args, choices, quiet: Quiet, **kwargs):
        super().__init__(*args, **kwargs)
        self.quiet = quiet
        for name, options in choices.items():
            self.fields[name].choices = [("", _("Nobody")), *options]
        self.fields["room"].choices = [("", _("No room")), *choices["room"]]
        self.fields["minutes"].unit = "min"

    @property
    def is_at_night(self) -> bool:
        """Whether the hour that was typed asks for its own tick."""
        return "night" in self.fields

    def clean(self):
        """An hour of the night is taken only with the tick beside it, and for that hour alone."""
        data = super().clean()
        if (at := data.get("at")) and self.quiet.is_at(at):
            hour = f"{at:%H:%M}"
            ticked = self.data.get("night") == hour
            self.fields["night"] = _night_box(hour, ticked=ticked)
            if not ticked:
                hours = {"at": hour, "from": f"{self.quiet.ends:%H:%M}"}
                hours["until"] = f"{self.quiet.starts:%H:%M}"
                night = _(
                    "%(at)s is at night. Accepted: an hour from %(from)s to %(until)s, or the tick"
                    " that this hour is meant."
                )
                self.add_error("at", night % hours)
        return data


def _night_box(hour: str, *, ticked: bool) -> forms.BooleanField:
    """Ticked for another hour, it says nothing."""
    box = forms.CheckboxInput(attrs={"value": hour}, check_test=lambda _given: ticked)
    label = _("%(at)s is meant, at night") % {"at": hour}
    return forms.BooleanField(label=label, required=False, widget=box)


class FileForm(SignatureForm):
    """A file with what its reader says of it."""

    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=[
            (DocumentKind.ECG.value, _("ECG")),
            (DocumentKind.LABORATORY_REPORT.value, _("Laboratory results")),
            (DocumentKind.OUTSIDE_LETTER.value, _("Letter from outside")),
        ],
    )
    title = forms.CharField(label=_("Title, with its date"), max_length=200)
    file = forms.FileField(label=_("File"), help_text=_("PDF, PNG or JPEG, up to 20 MB."))
    reading = forms.CharField(label=_("What it says"), widget=forms.Textarea(attrs={"rows": 3}))


class AmendForm(SignatureForm):
    """The amended text and why."""

    body = forms.CharField(label=_("Text"), widget=forms.Textarea(attrs={"rows": 12}))
    reason = forms.CharField(label=_("Why it is amended"), max_length=300)


class AdoptForm(forms.Form):
    """Which protocol text the clinic takes: one that ships with the program, or its own file."""

    shipped = forms.ChoiceField(label=_("A protocol that ships with the program"), required=False)
    file = forms.FileField(
        label=_("Or the clinic’s own file"),
        required=False,
        help_text=_("A .toml file, made from a shipped one. Every value with its source."),
    )

    def __init__(self, *args, shipped, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["shipped"].choices = [("", _("Choose")), *((name, name) for name in shipped)]

    def clean(self):
        data = super().clean()
        if bool(data.get("shipped")) == bool(data.get("file")):
            raise forms.ValidationError(_("Choose one. Accepted: a shipped protocol, or a file."))
        return data


class PrivateNoteForm(forms.Form):
    """A therapist's own words. Not spell-checked: some browsers send what they check elsewhere."""

    text = forms.CharField(
        label=_("Your note"),
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
    )


class ReleaseRequestForm(SignatureForm):
    """Whose notes about whom, and on which legal ground."""

    person = forms.CharField(label=_("The person’s number (such as P-0042)"), max_length=12)
    author = forms.ChoiceField(label=_("Who wrote the notes"))
    ground = forms.ChoiceField(
        label=_("Legal ground"), choices=[("", _("Choose")), *NoteRelease.Ground.choices]
    )
    reason = forms.CharField(
        label=_("The papers: which order or authorization, by whom, of which date"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, authors, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["author"].choices = [("", _("Choose")), *authors]

    def clean_person(self) -> str:
        return self.cleaned_data["person"].strip()


class ReleaseAnswerForm(SignatureForm):
    """The second person's answer, with its reason."""

    answer = forms.ChoiceField(
        label=_("Your answer"),
        choices=[("approve", _("Approve one reading")), ("refuse", _("Refuse"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("Why"), max_length=500)


class ReleaseReadForm(SignatureForm):
    """The signature before the one reading."""
