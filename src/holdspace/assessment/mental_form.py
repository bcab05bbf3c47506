"""The therapist's form: asked in the order of a conversation, and nothing answered for anybody.

Three kinds of answers: over a life (never, past with when, now, not asked), yes or no, and words.
"Not asked" may be signed; it counts as not known, and the clearance asks for it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from holdspace.assessment.forms import radio, words
from holdspace.assessment.heard import SaidBefore
from holdspace.assessment.mental_text import ALONE, KETAMINE, LIFE, RECOMMENDED, YES_OR_NO
from holdspace.care.shipped import icd10
from holdspace.care.typed import line, say_what_is_accepted
from holdspace.core import mental
from holdspace.core.facts import Answer, Recommendation
from holdspace.core.mental import Assessment, Ever, Heard, Ketamine
from holdspace.core.protocol import Protocol
from holdspace.people.forms import SignatureForm

INDICATIONS_MAX, INDICATIONS_SHOWN = 6, 1
YEAR_MIN = 1900
LIFE_CHOICES = [
    ("never", _("Never")),
    ("past", _("Past")),
    ("now", _("Now")),
    ("not_asked", _("Not asked")),
]
ATTEMPT_CHOICES = [choice for choice in LIFE_CHOICES if choice[0] != "now"]
YES_NO_NOT_ASKED = [("yes", _("Yes")), ("no", _("No")), ("not_known", _("Not asked"))]
# Asked only where there is something to ask about; everything else is answered or "not asked".
MAY_STAY_OPEN = ("means_safe", "safety_plan", "outside_agreed")
TEXTS = (
    "indication_other", "since_when", "own_words", "history_words", "trauma_words",
    "safety_words", "substances_words", "support_who", "support_contact", "hopes", "fears",
    "states_words", "outside_therapist", "readiness_words", "against", "on_condition", "reason",
    "for_prescriber",
)  # fmt: skip
CODED = {
    "psychosis": ("psychotic_disorder", (Ever.PAST, Ever.NOW)),
    "mania": ("bipolar_disorder", (Ever.PAST, Ever.NOW)),
    "dissociation": ("dissociative_disorder", (Ever.PAST, Ever.NOW)),
}


class WhenField(forms.CharField):
    """A time as people remember it: a year, a month, a day, or that it is not known."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "off", "inputmode": "text"}
        super().__init__(
            label=_("If past: when?"), required=False, max_length=20,
            widget=forms.TextInput(attrs=attrs), **kwargs,
        )  # fmt: skip
        self.accepted = _("2009, 2009-03, 2009-03-09 or “not known”")

    def clean(self, value: Any) -> str:
        said = " ".join(str(super().clean(value) or "").casefold().split())
        if said in ("", mental.NOT_KNOWN_WHEN):
            return said
        try:
            day = mental.last_day(said)
        except ValueError as error:
            raise forms.ValidationError(
                _("This is no year, month or day. Accepted: %(such)s."),
                params={"such": self.accepted},
            ) from error
        if day.year < YEAR_MIN:
            raise forms.ValidationError(_("Too long ago. Accepted: from 1900 on."))
        return said


class MentalHealthForm(SignatureForm):
    """The structured assessment, from the indication to what the prescriber should know."""

    indication_other = words(
        _("Another indication: what it is, and why this treatment may help"), required=False
    )
    since_when = line(_("Since when"), 120)
    own_words = words(_("In the person’s own words: what brings them"), required=False)
    own_words_confirmed = forms.BooleanField(
        label=_("I went through these words with the person, and they still say so"),
        required=False,
        widget=forms.CheckboxInput(attrs={"data-no-draft": ""}),
    )
    history_words = words(_("What was said about it"), required=False)
    trauma_words = words(
        _("What the person wants the team to know"),
        required=False,
        help_text=_("No detail is asked for. What is for you alone belongs in a private note."),
    )
    safety_words = words(_("What helps, who is called, what was agreed"), required=False)
    substances_words = words(_("Anything the person added about substances"), required=False)
    support_who = forms.CharField(
        label=_("Who supports the person"), max_length=300, help_text=_("“Nobody” is an answer.")
    )
    support_contact = line(_("How they are reached"), 120)
    hopes = words(_("Hopes, in the person’s own words"))
    fears = words(_("Fears, in the person’s own words"), required=False)
    states_words = words(
        _("Earlier non-ordinary states: which, how it was, what helped"), required=False
    )
    outside_therapist = line(_("Outside therapist: name, and how they are reached"))
    readiness_words = words(
        _("Time, setting, mindset, what could stand in the way"), required=False
    )
    against = words(_("What speaks against it, as you see it"), required=False)
    recommendation = radio(
        _("Your recommendation"), [(key.value, label) for key, label in RECOMMENDED.items()]
    )
    on_condition = words(
        _("Suitable with what"),
        required=False,
        help_text=_(
            "Asked where you chose “with a condition”; the prescriber plans how it is met."
        ),
    )
    reason = words(_("Why, in a few words"))
    for_prescriber = words(_("What the prescriber should know"), required=False)

    def __init__(
        self,
        *args: Any,
        protocol: Protocol,
        today: date,
        said: SaidBefore | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.protocol, self.today, self.said = protocol, today, said
        if said is not None:
            self.fields["own_words"].initial = said.words
        for n in range(INDICATIONS_MAX):
            self.fields[f"indication_{n}"] = _code(n)
        for name, label in LIFE.items():
            choices = ATTEMPT_CHOICES if name == "attempts" else LIFE_CHOICES
            self.fields[name] = radio(_(label), choices)
            self.fields[f"when_{name}"] = WhenField()
        for name, label in YES_OR_NO.items():
            self.fields[name] = radio(
                _(label), YES_NO_NOT_ASKED, required=name not in MAY_STAY_OPEN
            )
        choices = [(key.value, _(label)) for key, label in KETAMINE.items()]
        self.fields["ketamine"] = radio(_("Ketamine before"), choices)
        for field in self.fields.values():
            say_what_is_accepted(field)
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 2  # a long page; the corner draws it larger

    # --- how the page walks through it

    @property
    def indication_rows(self) -> list[BoundField]:
        return [self[f"indication_{n}"] for n in range(INDICATIONS_MAX)]

    @property
    def first_indications(self) -> list[BoundField]:
        return self.indication_rows[:INDICATIONS_SHOWN]

    @property
    def more_indications(self) -> list[BoundField]:
        return self.indication_rows[INDICATIONS_SHOWN:]

    @property
    def more_used(self) -> bool:
        rows = [*self.more_indications, self["indication_other"]]
        return any(row.errors or row.value() for row in rows)

    @property
    def icd10_codes(self) -> list[tuple[str, str]]:
        """Mental-health codes first, in the order of the list."""
        return sorted(icd10().items(), key=lambda row: (not row[0].startswith("F"), row[0]))

    @property
    def life(self) -> list[tuple[BoundField, BoundField]]:
        return [self._life(name) for name in ("psychosis", "mania", "dissociation")]

    @property
    def danger(self) -> list[tuple[BoundField, BoundField]]:
        return [self._life(name) for name in ("attempts", "self_harm")]

    @property
    def alone(self) -> list[BoundField]:
        return [self[name] for name in ALONE]

    def _life(self, name: str) -> tuple[BoundField, BoundField]:
        return self[name], self[f"when_{name}"]

    # --- what it comes to

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._check_indication(data)
        for name in LIFE:
            self._check_when(name, data)
        self._check_codes(data)
        self._check_danger(data)
        if self.said and data.get("own_words") and not data.get("own_words_confirmed"):
            said = _("Written before they came. Accepted: gone through with the person, or empty.")
            self.add_error("own_words_confirmed", said)
        if data.get("therapy") == "yes" and not data.get("outside_agreed"):
            self._ask("outside_agreed")
        conditional = data.get("recommendation") == Recommendation.SUITABLE_WITH
        if conditional and not (data.get("on_condition") or "").strip():
            self._add("on_condition", _("Suitable with what? Accepted: the condition, in words."))
        if data.get("on_condition") and data.get("recommendation") == Recommendation.SUITABLE:
            said = _("A condition is named below. Accepted: “with a condition”, or no condition.")
            self._add("recommendation", said)
        return data

    def _check_indication(self, data: dict[str, Any]) -> None:
        """At least one code of the list, or another indication with its reason."""
        codes = []
        for n in range(INDICATIONS_MAX):
            typed = (data.get(f"indication_{n}") or "").strip()
            code = typed.split()[0].upper() if typed else ""
            if code and code not in icd10():
                said = _("“%s” is not in the list. Accepted: a code of the list, or “another”.")
                self.add_error(f"indication_{n}", said % typed[:20])
            elif code:
                codes.append(code)
        data["indication"] = tuple(dict.fromkeys(codes))
        wrong = any(f"indication_{n}" in self.errors for n in range(INDICATIONS_MAX))
        if not codes and not wrong and not (data.get("indication_other") or "").strip():
            said = _("No indication. Accepted: a code of the list, or another one with its reason.")
            self._add("indication_0", said)

    def _check_when(self, name: str, data: dict[str, Any]) -> None:
        ever, when, field = data.get(name), data.get(f"when_{name}"), f"when_{name}"
        if field in self.errors or ever is None:
            return
        if ever == Ever.PAST and not when:
            said = _("When? Accepted: %(such)s.")
            self.add_error(field, said % {"such": self.fields[field].accepted})  # type: ignore[attr-defined]
        elif when and ever != Ever.PAST:
            self.add_error(field, _("A time without “past”. Accepted: past, or no time."))
        elif when and when != mental.NOT_KNOWN_WHEN and mental.is_ahead(when, self.today):
            self.add_error(field, _("Still to come. Accepted: a time until today."))

    def _check_codes(self, data: dict[str, Any]) -> None:
        """A coded diagnosis and an answer of this page do not contradict each other."""
        coded = mental.coded_for(data.get("indication", ()), self.protocol)
        for name, (key, fitting) in CODED.items():
            if key in coded and data.get(name) and data[name] not in fitting:
                said = _("The indication %(code)s says otherwise. Accepted: past or now.")
                self._add(name, said % {"code": coded[key]})
        if "mania_current" in coded and data.get("mania") not in (None, Ever.NOW):
            said = _("The indication %(code)s says otherwise. Accepted: now.")
            self._add("mania", said % {"code": coded["mania_current"]})

    def _check_danger(self, data: dict[str, Any]) -> None:
        """Where suicide or self-harm was spoken of, means and plan were talked about as well."""
        spoken = data.get("thoughts") == "yes" or any(
            data.get(name) in (Ever.PAST, Ever.NOW) for name in ("attempts", "self_harm")
        )
        for name in ("means_safe", "safety_plan"):
            if spoken and not data.get(name):
                self._ask(name)

    def _ask(self, name: str) -> None:
        self._add(name, _("This must be asked now. Accepted: yes, no, or not asked."))

    def _add(self, name: str, said: Any) -> None:
        if name not in self.errors:
            self.add_error(name, said)

    def assessment(self) -> Assessment:
        data = self.cleaned_data
        return Assessment(
            indication=data["indication"],
            ketamine=Ketamine(data["ketamine"]),
            recommendation=Recommendation(data["recommendation"]),
            **{name: Heard(Ever(data[name]), data[f"when_{name}"]) for name in LIFE},
            **{name: Answer(data[name] or Answer.NOT_KNOWN) for name in YES_OR_NO},
            **{name: data[name].strip() for name in TEXTS},
        )


def _code(n: int) -> forms.CharField:
    label = _("Indication (ICD-10-CM)") if n == 0 else _("Indication %(n)d") % {"n": n + 1}
    attrs = {"list": "icd10-codes", "autocomplete": "off"}
    field = line(label, 200, widget=forms.TextInput(attrs=attrs))
    field.quiet_optional = True  # type: ignore[attr-defined]  # one code, or another indication
    return field
