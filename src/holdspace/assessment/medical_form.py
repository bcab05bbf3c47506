"""The physician's form: asked in the order of the examination, and nothing answered for anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from holdspace.assessment.actions import MedicalEvaluation, Pressure
from holdspace.assessment.carried import by_hand, contradicted
from holdspace.assessment.forms import ANSWER_CHOICES, YES_NO, clock_field, radio, words
from holdspace.assessment.more_asked import MoreAsked
from holdspace.care.medicines import recognised, table
from holdspace.care.typed import Measured, day_field, say_what_is_accepted
from holdspace.core.dosing import WEIGHT_CHANGE
from holdspace.core.facts import Answer, Condition, Facts, Medication
from holdspace.core.medicines import CLASSES
from holdspace.core.medicines import key as key_of
from holdspace.core.protocol import SECTIONS, Protocol
from holdspace.core.units import Kind, Value, plain
from holdspace.people.forms import SignatureForm
from holdspace.people.models import Clinic

MEDICINES_MAX = 40
MEDICINES_SHOWN = 5
JUST_NOW = timedelta(hours=2)
MEASURED = {
    "heart_rate": Kind.HEART_RATE,
    "spo2": Kind.SPO2,
    "respiratory_rate": Kind.RESPIRATORY_RATE,
    "temperature": Kind.TEMPERATURE,
    "weight": Kind.WEIGHT,
    "height": Kind.HEIGHT,
}


class MedicalForm(MoreAsked, SignatureForm):
    """History by body system, medicines, two seated readings, and what else was measured."""

    no_medicines = forms.BooleanField(
        label=_("I asked: the person takes no medicines, herbs or drugs"), required=False
    )
    allergies = forms.CharField(
        label=_("Allergies"),
        max_length=300,
        help_text=_("What, and what happened. Write “none known” if there are none."),
    )
    measured_on = forms.DateField(
        label=_("Measured on"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    systolic_1 = Measured(Kind.SYSTOLIC, label=_("Systolic"))
    diastolic_1 = Measured(Kind.DIASTOLIC, label=_("Diastolic"))
    at_1 = clock_field(_("Taken at"))
    systolic_2 = Measured(Kind.SYSTOLIC, label=_("Systolic"))
    diastolic_2 = Measured(Kind.DIASTOLIC, label=_("Diastolic"))
    at_2 = clock_field(_("Taken at"))
    heart_rate = Measured(Kind.HEART_RATE)
    spo2 = Measured(Kind.SPO2, help_text=_("On room air."))
    respiratory_rate = Measured(
        Kind.RESPIRATORY_RATE, help_text=_("Counted, not read from the oximeter.")
    )
    temperature = Measured(Kind.TEMPERATURE)
    weight = Measured(Kind.WEIGHT, help_text=_("Measured today, not told."))
    height = Measured(Kind.HEIGHT)
    pregnancy_possible = radio(_("Could the person be pregnant?"), YES_NO)
    pregnancy_test = radio(
        _("Pregnancy test"),
        [("not_done", _("Not done")), ("negative", _("Negative")), ("positive", _("Positive"))],
        help_text=_("A positive result is told to the person alone, never to an escort."),
    )
    weight_confirmed = forms.CharField(
        label=_("I weighed again"), required=False, max_length=20, widget=forms.HiddenInput
    )
    in_person = radio(_("Did you see the person in the same room?"), YES_NO)
    conclusion = words(_("What you make of it"), required=False)

    def __init__(
        self,
        *args: Any,
        protocol: Protocol,
        clinic: Clinic,
        now: datetime,
        last_weight: Decimal | None = None,
        known: Facts | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.protocol, self.clinic, self.now = protocol, clinic, now
        self.last_weight, self.weight_asked = last_weight, ""
        self.carry(known)
        # The day stands on the page: numbers that come back from a draft keep their own day.
        self.fields["measured_on"].initial = clinic.day(now)
        for key, spec in protocol.conditions.items():
            self.fields[key] = radio(spec.question, ANSWER_CHOICES)
            self.fields[key].quiet = ", ".join(spec.icd10)  # type: ignore[attr-defined]
            if spec.is_dated:
                self.fields[f"on_{key}"] = day_field(_("If yes: on which day?"))
        # What was sent beyond the last row comes back with its words and is never dropped.
        self.rows = [*range(MEDICINES_MAX), *self._beyond()]
        for row in self.rows:
            self.fields[f"medicine_{row}"] = self._medicine(row)
            self.fields[f"dose_{row}"] = forms.CharField(
                label=_("Dose, as told"), max_length=80, required=False
            )
            self.fields[f"taken_{row}"] = self._taken(row)
        for field in self.fields.values():
            say_what_is_accepted(field)

    def _beyond(self) -> list[int]:
        found = (re.fullmatch(r"medicine_(\d{1,3})", name, re.A) for name in self.data)
        numbers = {int(m[1]) for m in found if m and str(self.data[m[0]]).strip()}
        return sorted(n for n in numbers if n >= MEDICINES_MAX)

    def _medicine(self, row: int) -> forms.CharField:
        label = _("Medicine %(n)d") % {"n": row + 1}
        attrs = {"list": "known-medicines", "autocomplete": "off"}
        return forms.CharField(
            label=label, max_length=120, required=False, widget=forms.TextInput(attrs=attrs)
        )

    def _taken(self, row: int) -> forms.DateTimeField:
        return forms.DateTimeField(
            label=_("Last taken"),
            required=False,
            input_formats=["%Y-%m-%dT%H:%M"],
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        )

    # --- how the page walks through it

    @property
    def sections(self) -> Iterator[tuple[str, list[tuple[BoundField, BoundField | None]]]]:
        """Body systems in the order of the examination, each with its questions."""
        for section, title in SECTIONS.items():
            rows = [
                (self[key], self[f"on_{key}"] if f"on_{key}" in self.fields else None)
                for key, spec in self.protocol.conditions.items()
                if spec.section == section
            ]
            if rows:
                yield title, rows

    @property
    def medicine_rows(self) -> list[dict[str, Any]]:
        """Each row's fields, and what the table makes of the name that stands in it."""
        return [
            {name: self[f"{name}_{n}"] for name in ("medicine", "dose", "taken")}
            | {"said": self._said(str(self[f"medicine_{n}"].value() or ""))}
            for n in self.rows
        ]

    def _said(self, name: str) -> dict[str, Any]:
        return said_of(name, self.protocol) if name.strip() else {}

    @property
    def first_rows(self) -> list[dict[str, Any]]:
        return self.medicine_rows[:MEDICINES_SHOWN]

    @property
    def more_rows(self) -> list[dict[str, Any]]:
        return self.medicine_rows[MEDICINES_SHOWN:]

    @property
    def more_rows_used(self) -> bool:
        return any(self.is_used(f"medicine_{n}") for n in self.rows[MEDICINES_SHOWN:])

    @property
    def known_medicines(self) -> list[str]:
        """Every name that the table recognises, as it is written."""
        return [written for written, _match in table().names.values()]

    # --- what it comes to

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._check_medicines(data)
        self._check_weight(data)
        self._check_more(data, self.clinic.day(self.now))
        for key in self.protocol.conditions:
            self._check_day(key, data)
        self._check_pressure(data)
        if not self.errors:
            self._check_diagnoses(data)
        return data

    def _check_diagnoses(self, data: dict[str, Any]) -> None:
        """One answer in both: the question that lists a code is not answered "no" beside it."""
        for field, label in contradicted(self.diagnoses_said(data), data, self.protocol):
            said = _("The history says no to “%s”. Accepted: one answer in both.")
            self.add_error(field, said % label)

    def _check_medicines(self, data: dict[str, Any]) -> None:
        named = [n for n in self.rows if data.get(f"medicine_{n}")]
        if data.get("no_medicines") and named:
            self.add_error("no_medicines", _("Medicines are named below. Untick one or the other."))
        if not data.get("no_medicines") and not named:
            self.add_error("no_medicines", _("Name each medicine, or tick that none is taken."))
        seen: dict[str, int] = {}
        for n in named:
            name = f"medicine_{n}"
            first = seen.setdefault(key_of(data[name]) or data[name], n)
            if n >= MEDICINES_MAX:
                said = _("“%(name)s” is beyond the last row. Accepted: %(n)d medicines.")
                self.add_error(name, said % {"name": data[name], "n": MEDICINES_MAX})
            elif first != n:
                said = _("“%(name)s” stands in row %(n)d already. Accepted: once, with its doses.")
                self.add_error(name, said % {"name": data[name], "n": first + 1})
        for n in self.rows:
            alone = data.get(f"taken_{n}") or data.get(f"dose_{n}")
            if alone and n not in named and f"medicine_{n}" not in self.errors:
                said = _("A time or a dose without a medicine. Accepted: its name.")
                self.add_error(f"medicine_{n}", said)
            if (last := data.get(f"taken_{n}")) and last > self.now + timedelta(minutes=1):
                self.add_error(f"taken_{n}", _("Still to come. Accepted: a time until now."))

    def _check_weight(self, data: dict[str, Any]) -> None:
        """A weight far from the last one is asked about once; the tick is bound to the value."""
        weight, last = data.get("weight"), self.last_weight
        if weight is None or last is None:
            return
        if abs(weight - last) * 100 <= last * self.protocol.whole(WEIGHT_CHANGE):
            return
        self.weight_asked = plain(weight)
        if data.get("weight_confirmed") != self.weight_asked:
            said = _("%(now)s kg, and %(last)s kg last time. Weigh again, and tick that it is so.")
            self.add_error("weight", said % {"now": self.weight_asked, "last": plain(last)})

    def _check_day(self, key: str, data: dict[str, Any]) -> None:
        on: date | None = data.get(f"on_{key}")
        if on and on > self.clinic.day(self.now):
            self.add_error(f"on_{key}", _("A day in the future. Accepted: a day until today."))

    def _check_pressure(self, data: dict[str, Any]) -> None:
        moments = self._taken_at(data)
        for n, at in enumerate(moments, 1):
            high, low = data.get(f"systolic_{n}"), data.get(f"diastolic_{n}")
            if high is not None and low is not None and low >= high:
                self.add_error(f"diastolic_{n}", _("Diastolic lies below systolic. Look again."))
            if at and at > self.now + timedelta(minutes=1):
                self.add_error(f"at_{n}", _("This time is still to come. Accepted: until now."))
        if all(moments):
            apart = self.protocol.whole("readiness.bp_repeat_minutes")
            if moments[1] - moments[0] < timedelta(minutes=apart):  # type: ignore[operator]
                message = _("Accepted: %(n)d min after the first reading, or later.")
                self.add_error("at_2", message % {"n": apart})

    def _taken_at(self, data: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
        """Both readings on the day that was typed; the second may fall after midnight."""
        on = data.get("measured_on")
        if on is None:
            return None, None
        first, second = (
            datetime.combine(on, data[name], self.clinic.zone) if data.get(name) else None
            for name in ("at_1", "at_2")
        )
        if first and second and first - second > timedelta(days=1) - JUST_NOW:
            second = datetime.combine(on + timedelta(days=1), data["at_2"], self.clinic.zone)
        return first, second

    def evaluation(self, by: str) -> MedicalEvaluation:
        """The accepted form as the action wants it; `by` is the staff id of who asked."""
        data = self.cleaned_data
        first, second = self._taken_at(data)
        assert first and second, "a valid form has both times"
        measured: dict[Kind, Value] = {kind: data[name] for name, kind in MEASURED.items()}
        measured[Kind.PREGNANCY_POSSIBLE] = data["pregnancy_possible"] == "yes"
        if data["pregnancy_test"] != "not_done":
            measured[Kind.PREGNANCY_TEST] = data["pregnancy_test"]
        return MedicalEvaluation(
            conditions=tuple(
                Condition(key, Answer(data[key]), self.now, by, data.get(f"on_{key}"))
                for key in self.protocol.conditions
            ),
            medications=tuple(self._medications(by)),
            first=Pressure(data["systolic_1"], data["diastolic_1"], first),
            second=Pressure(data["systolic_2"], data["diastolic_2"], second),
            measured=measured,
            in_person=data["in_person"] == "yes",
            allergies=data["allergies"],
            conclusion=data["conclusion"],
            examination=self.examination(),
        )

    def _medications(self, by: str) -> Iterator[Medication]:
        for n in self.rows:
            name = " ".join(self.cleaned_data[f"medicine_{n}"].split())
            if name:
                group = self.protocol.medication_group(name)
                last, dose = (self.cleaned_data[f"{field}_{n}"] for field in ("taken", "dose"))
                key = group.key if group else ""
                yield recognised(Medication(name, key, self.now, by, last, dose))

    @property
    def by_hand(self) -> list[str]:
        """New diagnoses that answer no question of the protocol."""
        said = (d for _field, d in self.diagnoses_said(self.cleaned_data) if not d.continues)
        return by_hand(said, self.protocol)

    @property
    def not_recognised(self) -> list[tuple[str, str]]:
        """Medicines that wait for a review by hand, each with names that are spelt nearly so."""
        return [
            (m.name, " / ".join(table().near(m.name)))
            for m in self._medications("")
            if not m.table and not m.group
        ]


def said_of(name: str, protocol: Protocol | None = None) -> dict[str, Any]:
    """What the table makes of a typed name: what it is, or the names that are nearly the same."""
    known = table().recognise(name)
    if known is not None:
        classes = ", ".join(CLASSES[each] for each in known.classes)
        return {"is": f"{' + '.join(known.ingredients)}: {classes}", "near": []}
    group = protocol.medication_group(name) if protocol else None
    near = [] if group else list(table().near(name))
    return {"is": group.label if group else "", "near": near}
