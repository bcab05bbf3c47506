"""The same fields for an ECG, laboratory values and a diagnosis, wherever they are typed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from holdspace.care.actions import Diagnosed, Result, Traced
from holdspace.care.listed import SAID_BY_WORDS, STATUS_WORDS
from holdspace.care.shipped import icd10, laboratory
from holdspace.care.typed import Measured, day_field, in_words, line, say_what_is_accepted
from holdspace.core.diagnoses import (
    ONSET_ACCEPTED,
    DiagnosisStatus,
    OnsetKnown,
    SaidBy,
    read_onset,
)
from holdspace.core.investigations import parse_result
from holdspace.core.units import Kind, KindSpec, QuantityError, Shape

USUAL = ("egfr", "alt", "ast")  # typed with their unit standing beside them
ROWS = 6  # of other tests
DIAGNOSIS_FIELDS = ("diagnosis", "icd10", "status", "onset", "said_by", "who")
FUTURE = _("A day in the future. Accepted: a day until today.")


class ResultFields(forms.Form):
    """An ECG with its day, and laboratory values of one day, each with unit and reference."""

    ecg_on = day_field(_("ECG made on"))
    ecg_finding = line(_("Rhythm, and what the ECG shows"), 2000)
    ecg_place = line(_("ECG made where"), 120)
    qtc = Measured(Kind.QTC, required=False, help_text=_("If an ECG was made."))
    lab_on = day_field(_("Blood or urine taken on"))
    laboratory = line(_("Laboratory"), 120)
    urinalysis = line(_("Urinalysis, in words"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in USUAL:
            test = laboratory().tests[key]
            (only,) = test.units.values()
            spec = KindSpec(test.label, Shape.QUANTITY, low=only.low, high=only.high)
            self.fields[key] = Measured(spec, required=False)
            self.fields[key].unit = only.unit  # type: ignore[attr-defined]
            self.fields[f"ref_{key}"] = line(_("Reference range"), 60)
        for n in range(ROWS):
            attrs = {"list": "known-tests", "autocomplete": "off"}
            widget = forms.TextInput(attrs=attrs)
            self.fields[f"test_{n}"] = line(_("Test %(n)d") % {"n": n + 1}, 60, widget=widget)
            self.fields[f"result_{n}"] = line(_("Result with its unit"), 60)
            self.fields[f"result_{n}"].accepted = "0.9 mg/dL"  # type: ignore[attr-defined]
            self.fields[f"ref_{n}"] = line(_("Reference range"), 60)
        for name in self.result_names:  # the page says once what an empty field means
            self.fields[name].quiet_optional = True  # type: ignore[attr-defined]

    @property
    def usual_rows(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[key], self[f"ref_{key}"]) for key in USUAL]

    @property
    def test_rows(self) -> list[tuple[BoundField, BoundField, BoundField]]:
        return [(self[f"test_{n}"], self[f"result_{n}"], self[f"ref_{n}"]) for n in range(ROWS)]

    @property
    def other_tests_used(self) -> bool:
        names = (f"{what}_{n}" for n in range(ROWS) for what in ("test", "result", "ref"))
        return any(self[name].errors or self[name].value() for name in names)

    @property
    def known_tests(self) -> list[str]:
        return [test.label for test in laboratory().tests.values()]

    @property
    def result_names(self) -> tuple[str, ...]:
        rows = (f"{what}_{n}" for n in range(ROWS) for what in ("test", "result", "ref"))
        usual = (f"ref_{key}" for key in USUAL)
        own = ("ecg_on", "ecg_finding", "ecg_place", "qtc", "lab_on", "laboratory", "urinalysis")
        return (*own, *USUAL, *usual, *rows)

    def check_results(self, data: dict[str, Any], today: date) -> None:
        """Every result has its day and its unit; what cannot be read stays as it was typed."""
        for name in ("ecg_on", "lab_on"):
            if data.get(name) and data[name] > today:
                self.add_error(name, FUTURE)
        for n in range(ROWS):
            self._check_row(n, data)
        tested = any(data.get(key) is not None for key in USUAL) or any(
            data.get(name) for name in ("urinalysis", *(f"result_{n}" for n in range(ROWS)))
        )
        if tested and not data.get("lab_on") and "lab_on" not in self.errors:
            self.add_error("lab_on", _("A result needs its day. Accepted: such as 2024-03-09."))
        traced = data.get("ecg_finding") or data.get("qtc") is not None
        if traced and not data.get("ecg_on") and "ecg_on" not in self.errors:
            self.add_error("ecg_on", _("An ECG needs its day. Accepted: such as 2024-03-09."))
        if data.get("ecg_on") and not traced and not {"qtc", "ecg_finding"} & set(self.errors):
            self.add_error(
                "ecg_finding", _("An ECG says something. Accepted: its rhythm, or a QTc.")
            )

    def _check_row(self, n: int, data: dict[str, Any]) -> None:
        name, typed = data.get(f"test_{n}") or "", data.get(f"result_{n}") or ""
        if not typed and (name or data.get(f"ref_{n}")) and f"result_{n}" not in self.errors:
            self.add_error(
                f"result_{n}", _("No result. Accepted: a number with its unit, or words.")
            )
        if not name and typed and f"test_{n}" not in self.errors:
            self.add_error(f"test_{n}", _("A result without its test. Accepted: its name."))
        if not name or not typed:
            return
        test = laboratory().recognise(name)
        if not typed[0].isdigit() and (test is None or not test.units):
            return
        try:
            data[f"read_{n}"] = parse_result(typed, test, laboratory())
        except QuantityError as error:
            self.add_error(f"result_{n}", in_words(error))

    def ecg(self) -> Traced | None:
        data = self.cleaned_data
        if not data["ecg_on"]:
            return None
        return Traced(data["ecg_on"], data["ecg_finding"], data["qtc"], data["ecg_place"])

    def results(self) -> tuple[Result, ...]:
        data, tests = self.cleaned_data, laboratory().tests
        found = []
        for key in USUAL:
            if data[key] is not None:
                (unit,) = tests[key].units
                found.append(Result(tests[key].label, data[key], unit, data[f"ref_{key}"]))
        for n in range(ROWS):
            name, reference = data[f"test_{n}"], data[f"ref_{n}"]
            if f"read_{n}" in data:
                found.append(Result(name, *data[f"read_{n}"], reference=reference))
            elif name:
                found.append(Result(name, reference=reference, words=data[f"result_{n}"]))
        if data["urinalysis"].strip():
            found.append(Result(tests["urinalysis"].label, words=data["urinalysis"]))
        return tuple(found)


def add_diagnosis(form: forms.Form, n: int) -> None:
    """The fields of one diagnosis, numbered."""
    codes = forms.TextInput(attrs={"list": "icd10-codes", "autocomplete": "off"})
    form.fields[f"diagnosis_{n}"] = line(_("Diagnosis %(n)d") % {"n": n + 1}, 200)
    form.fields[f"icd10_{n}"] = line(_("ICD-10-CM"), 200, widget=codes)
    form.fields[f"status_{n}"] = forms.ChoiceField(
        label=_("Now"), required=False, choices=[(s.value, w) for s, w in STATUS_WORDS.items()]
    )
    form.fields[f"onset_{n}"] = line(_("Since"), 20)
    form.fields[f"onset_{n}"].accepted = ONSET_ACCEPTED  # type: ignore[attr-defined]
    form.fields[f"said_by_{n}"] = forms.ChoiceField(
        label=_("Who said it"),
        required=False,
        choices=[(s.value, w) for s, w in SAID_BY_WORDS.items()],
    )
    form.fields[f"who_{n}"] = line(_("Their name"), 120)
    for name in DIAGNOSIS_FIELDS:
        form.fields[f"{name}_{n}"].quiet_optional = True  # type: ignore[attr-defined]


def diagnosis_row(form: forms.Form, n: int) -> dict[str, BoundField]:
    return {name: form[f"{name}_{n}"] for name in DIAGNOSIS_FIELDS}


def check_diagnosis(form: forms.Form, n: int, data: dict[str, Any], today: date) -> None:
    """A code is one of the list, alone or as the list writes it with its words."""
    typed = (data.get(f"icd10_{n}") or "").strip()
    if typed:
        code = typed.split()[0].upper()
        if code in icd10():
            data[f"icd10_{n}"] = code
        else:
            said = _("“%s” is not in the list. Accepted: a code of the list, or words alone.")
            form.add_error(f"icd10_{n}", said % typed[:20])
    try:
        onset, _known = data[f"read_onset_{n}"] = read_onset(data.get(f"onset_{n}") or "")
    except ValueError:
        form.add_error(f"onset_{n}", _("This is no time. Accepted: %s.") % ONSET_ACCEPTED)
        return
    if onset and onset > today:
        form.add_error(f"onset_{n}", FUTURE)
    named = data.get(f"diagnosis_{n}") or typed
    if not named and (onset or data.get(f"who_{n}")) and f"diagnosis_{n}" not in form.errors:
        form.add_error(f"diagnosis_{n}", _("Of what? Accepted: the diagnosis, or its code."))


def diagnosed(data: dict[str, Any], n: int, continues: str = "") -> Diagnosed | None:
    """One checked row as the action wants it; None for an empty one."""
    words, code = data[f"diagnosis_{n}"].strip(), data[f"icd10_{n}"]
    if not words and not code:
        return None
    onset, known = data.get(f"read_onset_{n}", (None, OnsetKnown.UNKNOWN))
    status = DiagnosisStatus(data[f"status_{n}"] or DiagnosisStatus.ACTIVE)
    said_by = SaidBy(data[f"said_by_{n}"] or SaidBy.EXAMINED)
    return Diagnosed(words, code, status, onset, known, said_by, data[f"who_{n}"], continues)


class ResultForm(ResultFields):
    """Results that came in after the evaluation, or without one."""

    def given(self) -> dict[str, Any]:
        """The accepted form as `keep_results` wants it."""
        data = self.cleaned_data
        return {
            "ecg": self.ecg(),
            "taken_on": data["lab_on"],
            "results": self.results(),
            "place": data["laboratory"],
        }

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        for field in self.fields.values():
            say_what_is_accepted(field)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.check_results(data, self.today)
        if not self.errors and not data.get("ecg_on") and not self.results():
            raise forms.ValidationError(_("Nothing was entered. Accepted: an ECG, or a result."))
        return data


class DiagnosisForm(forms.Form):
    """One diagnosis that somebody learned of; who said it is always asked here."""

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        add_diagnosis(self, 0)
        self.fields["diagnosis_0"].label = _("Diagnosis")
        self.fields["diagnosis_0"].help_text = _("In words, or by its code alone.")
        self.fields["said_by_0"].required = self.fields["status_0"].required = True
        for name in ("said_by_0", "status_0"):
            choices = self.fields[name].choices  # type: ignore[attr-defined]
            self.fields[name].choices = [("", _("Choose")), *choices]  # type: ignore[attr-defined]
        for field in self.fields.values():
            say_what_is_accepted(field)

    @property
    def row(self) -> dict[str, BoundField]:
        return diagnosis_row(self, 0)

    @property
    def icd10_codes(self) -> Iterator[tuple[str, str]]:
        return iter(icd10().items())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        check_diagnosis(self, 0, data, self.today)
        if not self.errors and not data.get("diagnosis_0") and not data.get("icd10_0"):
            self.add_error("diagnosis_0", _("Accepted: the diagnosis in words, or its code."))
        return data
