"""Forms hold the shape of what is typed; what may be done is asked of the actions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest

from holdspace.core.facts import CredentialKind, Discipline, Role
from holdspace.core.neutral import gives_away
from holdspace.people import actions
from holdspace.people.access import ROLE_WORDS, TWO_PERSON_ROLES, May
from holdspace.people.models import Clinic, EmergencyAccess, Membership, OnCall, SafeContact, Sex
from holdspace.people.signing import Signature, SignatureRefused
from holdspace.people.staff import KNOWN_BY
from holdspace.people.states import STATES
from holdspace.people.typed import dialable

STATE_CHOICES = [("", "—"), *((code, f"{code} – {name}") for code, name in STATES.items())]


def _wall_time() -> forms.DateTimeInput:
    """A day and a time on the clinic's wall; one that the clocks skip or repeat is asked again."""
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


YES_NO = [("", "not asked yet"), ("yes", "yes"), ("no", "no")]


class SignatureForm(forms.Form):
    """A form whose act is a signature: `Form(data, request=request, meaning="I …")`.

    The password is asked last, after the rest is in order; `form.signature` is there when the
    form is valid. Mix it in before other forms. A class may state its own `meaning`.
    """

    meaning: str = ""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, meaning: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.meaning = meaning or self.meaning
        self.signature: Signature | None = None
        self.order_fields([n for n in self.fields if n != "password"] + ["password"])

    def _post_clean(self) -> None:
        """After every other check, so that a mistake elsewhere does not ask for a signature."""
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                self._sign()
            except SignatureRefused as refused:
                self.add_error(refused.field, refused.message)

    def _sign(self) -> None:
        self.signature = actions.sign(
            by=self.request.actor,  # type: ignore[attr-defined]
            password=self.cleaned_data["password"],
            meaning=self.meaning,
            now=self.request.now,  # type: ignore[attr-defined]
            request=self.request,
        )


class SecondSignerForm(SignatureForm):
    """An act of two people: the second types their own e-mail and password beside the first.

    `second_may` (class attribute or argument) is the right that the second person must hold.
    Afterwards `form.second` is their Membership and `form.second_signature` their Signature.
    """

    second_may: May | None = None

    second_email = forms.EmailField(
        label="Second person’s e-mail",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "data-no-draft": "1"}),
    )
    second_password = forms.CharField(
        label="Second person’s password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, second_may: May | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.second_may = second_may or self.second_may
        self.second: Membership | None = None
        self.second_signature: Signature | None = None
        last = ["password", "second_email", "second_password"]
        self.order_fields([n for n in self.fields if n not in last] + last)

    def _sign(self) -> None:
        super()._sign()
        self.second, self.second_signature = actions.second_person(
            first=self.request.actor,  # type: ignore[attr-defined]
            email=self.cleaned_data["second_email"],
            password=self.cleaned_data["second_password"],
            meaning=self.meaning,
            now=self.request.now,  # type: ignore[attr-defined]
            may=self.second_may,
            request=self.request,
        )


class YesNoField(forms.ChoiceField):
    """Yes, no, or not asked yet (None): silence is never a no."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=YES_NO, required=False, **kwargs)

    def clean(self, value: Any) -> bool | None:
        return {"yes": True, "no": False}.get(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no", None: ""}.get(value, value)


def day_field(label: str, *, required: bool = False) -> forms.DateField:
    """A date, typed or picked; 1984-03-09 and 3/9/1984 are both read."""
    field = forms.DateField(
        label=label,
        required=required,
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    field.accepted = "a date such as 1984-03-09"  # type: ignore[attr-defined]
    return field


class PersonForm(forms.Form):
    """A person's contact page. Nothing clinical is asked here."""

    name = forms.CharField(label="Full name", max_length=120)
    preferred_name = forms.CharField(label="Called", max_length=60, required=False)
    birth_date = day_field("Birth date")
    sex_at_birth = forms.ChoiceField(
        label="Sex at birth", choices=[("", "not said"), *Sex.choices[:-1]], required=False
    )
    pronouns = forms.CharField(label="Pronouns", max_length=40, required=False)
    phone = forms.CharField(label="Phone", max_length=40, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    address = forms.CharField(
        label="Address",
        max_length=300,
        required=False,
        help_text="The register needs it: a dose is recorded with name and address.",
    )
    state = forms.ChoiceField(
        label="State during care",
        choices=STATE_CHOICES,
        required=False,
        help_text="Where the person is when they are seen: licences are checked against it.",
    )
    emergency_name = forms.CharField(label="Emergency contact", max_length=120, required=False)
    emergency_phone = forms.CharField(label="Their phone", max_length=40, required=False)
    emergency_relation = forms.CharField(label="Who they are", max_length=60, required=False)
    language = forms.CharField(label="Language", max_length=40, required=False)
    interpreter_needed = YesNoField(label="Interpreter needed")
    has_guardian = YesNoField(label="A guardian decides for the person")
    safe_contact = forms.ChoiceField(
        label="Safe way to reach them",
        choices=[("", "not asked yet"), *SafeContact.choices],
        required=False,
    )
    safe_contact_note = forms.CharField(
        label="About reaching them",
        max_length=200,
        required=False,
        help_text="For example: no voicemail; only after 17:00.",
    )

    def clean_phone(self) -> str:
        return dialable(self.cleaned_data["phone"])

    def clean_emergency_phone(self) -> str:
        return dialable(self.cleaned_data["emergency_phone"])


class NewPersonForm(PersonForm):
    """The same, and a tick once possible duplicates were looked at."""

    not_a_duplicate = forms.BooleanField(
        label="I looked: this is a different person", required=False
    )


class EditPersonForm(PersonForm):
    reason = forms.CharField(
        label="Why it changes", max_length=200, required=False, help_text="Kept with the history."
    )


class RestrictForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=200)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=[(r.value, ROLE_WORDS[r]) for r in Role])

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class InvitationForm(forms.Form):
    """Who is asked to join, and what they would do here."""

    name = forms.CharField(label="Name as it stands under signatures", max_length=120)
    title = forms.CharField(
        label="Letters after the name", max_length=60, required=False, help_text="MD, RN, LCSW"
    )
    email = forms.EmailField(label="E-mail")
    roles = forms.MultipleChoiceField(
        label="Roles",
        choices=[
            (r.value, ROLE_WORDS[r] + (" (needs a second person)" if r in TWO_PERSON_ROLES else ""))
            for r in Role
        ],
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_roles(self) -> list[Role]:
        return [Role(r) for r in self.cleaned_data["roles"]]


class JoinForm(forms.Form):
    """The last step of a single-use link; `again` only where a new password is chosen."""

    password = forms.CharField(label="Password", strip=False, widget=forms.PasswordInput)
    again = forms.CharField(label="The same again", strip=False, widget=forms.PasswordInput)

    def __init__(self, *args: Any, keeps_password: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if keeps_password:
            del self.fields["again"]
            self.fields["password"].label = "Your present password"
        else:
            self.fields["password"].help_text = "At least 12 characters. A sentence is good."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "again" in self.fields and data.get("password") != data.get("again"):
            self.add_error("again", "This is not the same as the first. Type both again.")
        return data


class CredentialForm(forms.Form):
    """One credential as printed."""

    kind = forms.ChoiceField(label="What", choices=[(k.value, KNOWN_BY[k]) for k in CredentialKind])
    discipline = forms.ChoiceField(
        label="Profession",
        choices=[("", "—"), *((d.value, d.value) for d in Discipline)],
        required=False,
        help_text="For a licence.",
    )
    state = forms.ChoiceField(label="State", choices=STATE_CHOICES, required=False)
    number = forms.CharField(label="Number as printed", max_length=40, required=False)
    is_associate = forms.BooleanField(
        label="An associate licence: its holder works supervised", required=False
    )
    supervisor = forms.ModelChoiceField(
        Membership.objects.none(), label="Supervised by", required=False, empty_label="—",
        help_text="For a supervision.",
    )  # fmt: skip
    subject = forms.CharField(
        label="Which privilege or specialty", max_length=80, required=False,
        help_text="For a DEA number: the registrant’s name, if it has changed since.",
    )  # fmt: skip
    issued_on = day_field("First day")
    expires_on = day_field("Last day printed on it")
    registered_address = forms.CharField(
        label="Registered address", max_length=300, required=False, help_text="For a DEA number."
    )
    schedules = forms.MultipleChoiceField(
        label="Schedules",
        choices=[(s, s) for s in ("II", "III", "IV", "V")],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For a DEA number. Ketamine is in Schedule III.",
    )
    verified_on = day_field("Looked up on")
    verification_source = forms.CharField(
        label="Looked up where", max_length=200, required=False, help_text="The board’s web page"
    )
    password = forms.CharField(
        label="Your password",
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Only for a privilege: granting one is a signature.",
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["supervisor"]
        assert isinstance(chosen, forms.ModelChoiceField), "a supervisor is a colleague"
        here = Membership.objects.filter(clinic=clinic, ended_at=None, started_on__isnull=False)
        chosen.queryset = here.select_related("user").order_by("user__name")
        chosen.label_from_instance = lambda m: m.signed_name  # type: ignore[method-assign]


class ClinicForm(forms.Form):
    """What patients and ambulances need to know of the clinic."""

    name = forms.CharField(label="Name", max_length=120)
    phone = forms.CharField(label="Phone", max_length=40, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    emergency_phone = forms.CharField(label="Emergency number to dial", max_length=40)
    emergency_address = forms.CharField(
        label="Address to give in an emergency",
        max_length=300,
        required=False,
        help_text="Shown in full beside the emergency button: a tablet may not dial.",
    )
    crisis_lines = forms.CharField(
        label="Crisis lines",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line: the number, then its name. Shown on every patient page.",
    )
    sender_name = forms.CharField(
        label="Name under which e-mails are sent",
        max_length=60,
        required=False,
        help_text="Neutral, such as “Juniper House”: others may see it on a screen.",
    )
    quiet_from = forms.TimeField(
        label="No e-mails from",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    quiet_until = forms.TimeField(
        label="No e-mails until",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="On the clinic's clock. What cannot wait goes to staff at any hour.",
    )

    def clean_sender_name(self) -> str:
        name: str = self.cleaned_data["sender_name"]
        if word := gives_away(name):
            raise forms.ValidationError(
                f"“{word}” tells a stranger what the message is about. Write a neutral name."
            )
        return name

    @classmethod
    def of(cls, clinic: Clinic, data: Any = None) -> ClinicForm:
        initial = {name: getattr(clinic, name) for name in cls.base_fields}
        lines = (f"{line['number']} {line['label']}" for line in clinic.crisis_lines)
        return cls(data, initial={**initial, "crisis_lines": "\n".join(lines)})

    def clean_crisis_lines(self) -> list[dict[str, str]]:
        found = []
        for line in self.cleaned_data["crisis_lines"].splitlines():
            number, _, label = line.strip().partition(" ")
            digits = "".join(c for c in number if c.isdigit() or c == "+")
            if not line.strip():
                continue
            if len(digits) < 3 or not label.strip():
                raise forms.ValidationError(
                    f"“{line.strip()[:30]}”: write the number, a space, then the name."
                    " For example: 988 Suicide and Crisis Lifeline"
                )
            found.append({"label": label.strip(), "number": number, "href": f"tel:{digits}"})
        return found


class SiteForm(forms.Form):
    """Another address; stock and doses only where the DEA registration says so."""

    name = forms.CharField(label="Name of the site", max_length=120)
    address = forms.CharField(label="Full address", max_length=300)
    state = forms.ChoiceField(label="State", choices=STATE_CHOICES)
    registered = forms.CharField(
        label="DEA-registered address", max_length=300, required=False, help_text="As printed."
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Reason", max_length=300)


class EmergencyForm(SignatureForm):
    meaning = "I open this file in an emergency, for the reason I give."

    reason = forms.CharField(
        label="What happened, and why it can’t wait",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class EmergencyReviewForm(forms.Form):
    outcome = forms.ChoiceField(label="It was", choices=EmergencyAccess.Outcome.choices)
    comment = forms.CharField(label="What follows", max_length=500, required=False)


class AccessLogForm(forms.Form):
    """Which lines of the access log to show."""

    person = forms.CharField(label="Person (display id)", max_length=12, required=False)
    member = forms.ChoiceField(label="Member of staff", required=False)
    since = day_field("From")
    until = day_field("To")

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "everybody"), *((str(m.pk), m.signed_name) for m in members)]
        self.fields["member"].choices = choices  # type: ignore[attr-defined]


def now_of(request: HttpRequest) -> datetime:
    """The moment of the request, read once by the middleware."""
    now: datetime = request.now  # type: ignore[attr-defined]
    return now


class OnCallForm(forms.Form):
    """Somebody is on call from a time to a time, on the clinic's wall."""

    membership = forms.ChoiceField(label="Who")
    rank = forms.TypedChoiceField(label="First or second", choices=OnCall.Rank, coerce=int)
    starts_at = forms.DateTimeField(label="From", widget=_wall_time())
    ends_at = forms.DateTimeField(label="Until", widget=_wall_time())
    phone = forms.CharField(
        label="Reached on", required=False, max_length=40,
        help_text="Shown to colleagues, never to patients.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, able: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["membership"].choices = [("", "—"), *able]


class OnCallSwapForm(forms.Form):
    """Somebody else takes the rest of a time."""

    to = forms.ChoiceField(label="Who takes it")
    phone = forms.CharField(
        label="Reached on", required=False, max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, able: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", "—"), *able]


def _looked_up_on() -> forms.DateField:
    return forms.DateField(
        label="Looked up on",
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class VerifyForm(forms.Form):
    """A credential was looked up at its board or registry itself."""

    verified_on = _looked_up_on()
    source = forms.CharField(
        label="Where", max_length=200, help_text="For example the board’s own page."
    )


class ExclusionForm(forms.Form):
    """The federal exclusion lists were looked up for one member."""

    checked_on = _looked_up_on()
    found = forms.ChoiceField(
        label="On the HHS-OIG list or SAM.gov?",
        choices=[("no", "Not found"), ("yes", "Found")],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label="If found: what, and on which list", max_length=200, required=False
    )
