"""What the medical form asks beyond the protocol's questions; all of it may stay empty."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from holdspace.assessment.carried import CarriedForward
from holdspace.assessment.examination import (
    KETAMINE_BEFORE,
    STOP_BANG,
    SUBSTANCES,
    Examination,
    LastUse,
)
from holdspace.assessment.forms import YES_NO, radio
from holdspace.care.actions import Diagnosed
from holdspace.care.results_form import (
    FUTURE,
    ResultFields,
    add_diagnosis,
    check_diagnosis,
    diagnosed,
    diagnosis_row,
)
from holdspace.care.shipped import icd10
from holdspace.care.typed import day_field, line
from holdspace.people.states import STATES

DIAGNOSES_MAX = 10
DIAGNOSES_SHOWN = 2


class MoreAsked(CarriedForward, ResultFields):
    """Families, substances, ECG and laboratory, STOP-BANG, and what is asked alone."""

    family = line(_("Family history, in words"), 2000)
    ketamine = radio(
        _("Ketamine before"),
        [(key, words.capitalize()) for key, words in KETAMINE_BEFORE.items()],
        required=False,
    )
    ketamine_words = line(_("How much, when, and how it was"), 2000)
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
        for key, words in STOP_BANG.items():
            self.fields[f"sb_{key}"] = radio(words, YES_NO, required=False)
        for key in SUBSTANCES:
            self.fields[f"last_{key}"] = day_field(_("Last used on"))
            self.fields[f"use_{key}"] = line(_("How much, how often"))
        for n in range(DIAGNOSES_MAX):
            add_diagnosis(self, n)

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
    def first_diagnoses(self) -> list[dict[str, BoundField]]:
        return [diagnosis_row(self, n) for n in range(DIAGNOSES_SHOWN)]

    @property
    def more_diagnoses(self) -> list[dict[str, BoundField]]:
        return [diagnosis_row(self, n) for n in range(DIAGNOSES_SHOWN, DIAGNOSES_MAX)]

    @property
    def more_diagnoses_used(self) -> bool:
        typed = ("diagnosis", "icd10", "onset", "who")
        rows = range(DIAGNOSES_SHOWN, DIAGNOSES_MAX)
        return self.is_used(*(f"{what}_{n}" for n in rows for what in typed))

    @property
    def before_used(self) -> bool:
        typed = ("diagnosis", "icd10", "onset", "who")
        rows = (f"{what}_{n}" for n in range(DIAGNOSES_MAX) for what in typed)
        return self.is_used("family", "ketamine", "ketamine_words", *rows)

    @property
    def tests_used(self) -> bool:
        return self.is_used(*self.result_names)

    @property
    def icd10_codes(self) -> list[tuple[str, str]]:
        return list(icd10().items())

    # --- what it comes to

    def _check_more(self, data: dict[str, Any], today: date) -> None:
        for name in (f"last_{key}" for key in SUBSTANCES):
            if data.get(name) and data[name] > today:
                self.add_error(name, FUTURE)
        self.check_results(data, today)
        self._check_stop_bang(data)
        for n in range(DIAGNOSES_MAX):
            check_diagnosis(self, n, data, today)
        self.check_carried(data)
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

    def diagnoses_said(self, data: dict[str, Any]) -> list[tuple[str, Diagnosed]]:
        """Those that were confirmed and those that are new, each with its field."""
        found = [(f"status_{d.continues}", d) for d in self.confirmed_diagnoses(data)]
        for n in range(DIAGNOSES_MAX):
            if (said := diagnosed(data, n)) is not None:
                found.append((f"icd10_{n}", said))
        return found

    def examination(self) -> Examination:
        data = self.cleaned_data
        items = {key: data[f"sb_{key}"] for key in STOP_BANG}
        uses = (LastUse(key, data[f"last_{key}"], data[f"use_{key}"]) for key in SUBSTANCES)
        texts = ("family", "ketamine", "ketamine_words", "language")
        return Examination(
            stop_bang={key: said == "yes" for key, said in items.items() if said},
            ecg=self.ecg(),
            lab_on=data["lab_on"],
            laboratory=data["laboratory"],
            results=self.results(),
            substances=tuple(use for use in uses if use.on or use.words),
            understands=_said(data["understands"]),
            is_free=_said(data["is_free"]),
            interpreter=data["interpreter"],
            where_now=STATES.get(data["where_now"], ""),
            confirmed=self.confirmed_results(data),
            diagnoses=tuple(said for _field, said in self.diagnoses_said(data)),
            **{name: data[name] for name in texts},
        )


def _said(answer: str) -> bool | None:
    return answer == "yes" if answer else None
