"""What the medical form asks beyond the protocol's questions; all of it may stay empty."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from holdspace.assessment.examination import (
    KETAMINE_BEFORE,
    LAB_UNITS,
    LABS,
    STOP_BANG,
    SUBSTANCES,
    Diagnosis,
    Examination,
    LastUse,
)
from holdspace.assessment.forms import YES_NO, Measured, radio
from holdspace.care.shipped import icd10
from holdspace.core.units import KindSpec, Shape
from holdspace.people.states import STATES

DIAGNOSES_MAX = 10
DIAGNOSES_SHOWN = 3
LAB_HIGH = {"egfr": Decimal(200), "alt": Decimal(10000), "ast": Decimal(10000)}


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


def lab(key: str) -> Measured:
    spec = KindSpec(LABS[key], Shape.QUANTITY, low=Decimal(1), high=LAB_HIGH[key])
    field = Measured(spec, required=False)
    field.unit = LAB_UNITS[key]
    return field


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


class MoreAsked(forms.Form):
    """Families, substances, ECG and laboratory, STOP-BANG, and what is asked alone."""

    family = line(_("Family history, in words"), 2000)
    ketamine = radio(
        _("Ketamine before"),
        [(key, words.capitalize()) for key, words in KETAMINE_BEFORE.items()],
        required=False,
    )
    ketamine_words = line(_("How much, when, and how it was"), 2000)
    ecg_on = day_field(_("ECG made on"))
    ecg_finding = line(_("What the ECG shows"), 2000)
    lab_on = day_field(_("Blood or urine taken on"))
    urinalysis = line(_("Urinalysis, in words"))
    understands = radio(
        _("Asked alone: does the person understand this treatment and the other ways?"),
        YES_NO,
        required=False,
    )
    is_free = radio(
        _("Asked alone: do they come of their own will, without pressure?"), YES_NO, required=False
    )
    language = line(_("Spoken in"), 60)
    interpreter = line(_("Interpreter, if one was used: who"), 120)
    where_now = forms.ChoiceField(
        label=_("Where the person is now"),
        required=False,
        choices=[("", "—"), *((code, f"{code} – {name}") for code, name in STATES.items())],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in LABS:
            self.fields[key] = lab(key)
        for key, words in STOP_BANG.items():
            self.fields[f"sb_{key}"] = radio(words, YES_NO, required=False)
        for key in SUBSTANCES:
            self.fields[f"last_{key}"] = day_field(_("Last used on"))
            self.fields[f"use_{key}"] = line(_("How much, how often"))
        for n in range(DIAGNOSES_MAX):
            number = {"n": n + 1}
            self.fields[f"diagnosis_{n}"] = line(_("Diagnosis %(n)d") % number, 200)
            self.fields[f"icd10_{n}"] = line(
                _("ICD-10-CM"),
                200,
                widget=forms.TextInput(attrs={"list": "icd10-codes", "autocomplete": "off"}),
            )

    # --- how the page walks through it

    def is_used(self, *names: str) -> bool:
        return any(self[name].errors or self[name].value() not in (None, "") for name in names)

    @property
    def stop_bang_items(self) -> list[BoundField]:
        return [self[f"sb_{key}"] for key in STOP_BANG]

    @property
    def stop_bang_used(self) -> bool:
        return self.is_used(*(f"sb_{key}" for key in STOP_BANG))

    @property
    def substance_rows(self) -> list[tuple[str, BoundField, BoundField]]:
        return [(w, self[f"last_{key}"], self[f"use_{key}"]) for key, w in SUBSTANCES.items()]

    @property
    def substances_used(self) -> bool:
        return self.is_used(*(f"{what}_{key}" for key in SUBSTANCES for what in ("last", "use")))

    @property
    def diagnosis_rows(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[f"diagnosis_{n}"], self[f"icd10_{n}"]) for n in range(DIAGNOSES_MAX)]

    @property
    def before_used(self) -> bool:
        rows = (f"{what}_{n}" for n in range(DIAGNOSES_MAX) for what in ("diagnosis", "icd10"))
        return self.is_used("family", "ketamine", "ketamine_words", *rows)

    @property
    def tests_used(self) -> bool:
        return self.is_used("ecg_on", "ecg_finding", "qtc", "lab_on", "urinalysis", *LABS)

    @property
    def icd10_codes(self) -> list[tuple[str, str]]:
        return list(icd10().items())

    # --- what it comes to

    def _check_more(self, data: dict[str, Any], today: date) -> None:
        for name in ("ecg_on", "lab_on", *(f"last_{key}" for key in SUBSTANCES)):
            if data.get(name) and data[name] > today:
                self.add_error(name, _("A day in the future. Accepted: a day until today."))
        self._check_stop_bang(data)
        tested = any(data.get(key) is not None for key in LABS) or data.get("urinalysis")
        if tested and not data.get("lab_on") and "lab_on" not in self.errors:
            self.add_error("lab_on", _("A result needs its day. Accepted: such as 2024-03-09."))
        if data.get("ecg_finding") and not data.get("ecg_on") and "ecg_on" not in self.errors:
            self.add_error("ecg_on", _("An ECG needs its day. Accepted: such as 2024-03-09."))
        for n in range(DIAGNOSES_MAX):
            self._check_code(n, data)
        said = (data.get("understands"), data.get("is_free"))
        if "no" in said and data.get("no_capacity") == "no":
            name = "understands" if said[0] == "no" else "is_free"
            self.add_error(name, _("The history says otherwise. Accepted: one answer in both."))

    def _check_stop_bang(self, data: dict[str, Any]) -> None:
        missing = [key for key in STOP_BANG if not data.get(f"sb_{key}")]
        if len(missing) < len(STOP_BANG):
            for key in missing:
                if f"sb_{key}" not in self.errors:
                    said = _("Not answered, so there is no score. Accepted: all eight, or none.")
                    self.add_error(f"sb_{key}", said)

    def _check_code(self, n: int, data: dict[str, Any]) -> None:
        """A code is one of the list, alone or as the list writes it with its words."""
        typed = (data.get(f"icd10_{n}") or "").strip()
        if not typed:
            return
        code = typed.split()[0].upper()
        if code in icd10():
            data[f"icd10_{n}"] = code
        else:
            said = _("“%s” is not in the list. Accepted: a code of the list, or words alone.")
            self.add_error(f"icd10_{n}", said % typed[:20])

    def examination(self) -> Examination:
        data = self.cleaned_data
        items = {key: data[f"sb_{key}"] for key in STOP_BANG}
        uses = (LastUse(key, data[f"last_{key}"], data[f"use_{key}"]) for key in SUBSTANCES)
        rows = (
            Diagnosis(data[f"diagnosis_{n}"].strip(), data[f"icd10_{n}"])
            for n in range(DIAGNOSES_MAX)
        )
        texts = ("family", "ketamine", "ketamine_words", "ecg_finding", "urinalysis", "language")
        return Examination(
            stop_bang={key: said == "yes" for key, said in items.items() if said},
            ecg_on=data["ecg_on"],
            lab_on=data["lab_on"],
            labs={key: data[key] for key in LABS if data[key] is not None},
            substances=tuple(use for use in uses if use.on or use.words),
            understands=_said(data["understands"]),
            is_free=_said(data["is_free"]),
            interpreter=data["interpreter"],
            where_now=STATES.get(data["where_now"], ""),
            diagnoses=tuple(row for row in rows if row.words or row.icd10),
            **{name: data[name] for name in texts},
        )


def _said(answer: str) -> bool | None:
    return answer == "yes" if answer else None
