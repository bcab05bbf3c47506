"""What is asked in an assessment, in its order; nothing is answered for anybody.

No vital sign, suicide item or weight is ever pre-filled, and no answer stands for another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from holdspace.assessment.actions import (
    Answers,
    MedicalEvaluation,
    MentalHealthAssessment,
    Pressure,
)
from holdspace.assessment.instruments import ASQ, scale
from holdspace.assessment.text import HISTORY
from holdspace.core.facts import Answer, Condition, Medication
from holdspace.core.protocol import SECTIONS, Protocol
from holdspace.core.scales import score
from holdspace.core.units import KINDS, Kind, QuantityError, Value, parse_number, plain
from holdspace.people.forms import SignatureForm
from holdspace.people.models import Clinic

ANSWER_CHOICES = [("yes", _("Yes")), ("no", _("No")), ("not_known", _("Not known"))]
YES_NO = [("yes", _("Yes")), ("no", _("No"))]
MEDICINES_MAX = 40
MEDICINES_SHOWN = 5
DECLINED = "declined"
JUST_NOW = timedelta(hours=2)
MEASURED = {
    "heart_rate": Kind.HEART_RATE,
    "spo2": Kind.SPO2,
    "respiratory_rate": Kind.RESPIRATORY_RATE,
    "temperature": Kind.TEMPERATURE,
    "weight": Kind.WEIGHT,
    "height": Kind.HEIGHT,
}


class Measured(forms.CharField):
    """A typed number of one kind; letters, commas and implausible values are named."""

    def __init__(self, kind: Kind, **kwargs: Any) -> None:
        spec = KINDS[kind]
        mode = "decimal" if spec.places else "numeric"
        attrs = {"inputmode": mode, "autocomplete": "off"}
        kwargs.setdefault("label", spec.label)
        super().__init__(max_length=20, widget=forms.TextInput(attrs=attrs), **kwargs)
        self.spec = spec
        self.unit = spec.unit.value
        self.accepted = f"{plain(spec.low or Decimal(0))} to {plain(spec.high or Decimal(0))}"

    def clean(self, value: Any) -> Decimal | None:  # type: ignore[override]
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_number(text, self.spec)
        except QuantityError as error:
            raise forms.ValidationError(error.problem) from error


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


class MedicalForm(SignatureForm):
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
    stop_bang = Measured(
        Kind.STOP_BANG, required=False, help_text=_("0 to 8; asked where the body mass is high.")
    )
    pregnancy_possible = radio(_("Could the person be pregnant?"), YES_NO)
    pregnancy_test = radio(
        _("Pregnancy test"),
        [("not_done", _("Not done")), ("negative", _("Negative")), ("positive", _("Positive"))],
        help_text=_("A positive result is told to the person alone, never to an escort."),
    )
    qtc = Measured(Kind.QTC, required=False, help_text=_("If an ECG was made."))
    in_person = radio(_("Did you see the person in the same room?"), YES_NO)
    conclusion = words(_("What you make of it"), required=False)

    def __init__(
        self, *args: Any, protocol: Protocol, clinic: Clinic, now: datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.protocol, self.clinic, self.now = protocol, clinic, now
        # The day stands on the page: numbers that come back from a draft keep their own day.
        self.fields["measured_on"].initial = clinic.day(now)
        for key, spec in protocol.conditions.items():
            self.fields[key] = radio(spec.question, ANSWER_CHOICES)
            if spec.window_days is not None:
                self.fields[f"on_{key}"] = self._day()
        for row in range(MEDICINES_MAX):
            self.fields[f"medicine_{row}"] = self._medicine(row)
            self.fields[f"taken_{row}"] = self._taken(row)

    def _day(self) -> forms.DateField:
        field = forms.DateField(
            label=_("If yes: on which day?"),
            required=False,
            input_formats=["%Y-%m-%d", "%m/%d/%Y"],
            widget=forms.DateInput(attrs={"type": "date"}),
        )
        field.accepted = "2024-03-09"  # type: ignore[attr-defined]
        return field

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
    def medicine_rows(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[f"medicine_{n}"], self[f"taken_{n}"]) for n in range(MEDICINES_MAX)]

    @property
    def first_rows(self) -> list[tuple[BoundField, BoundField]]:
        return self.medicine_rows[:MEDICINES_SHOWN]

    @property
    def more_rows(self) -> list[tuple[BoundField, BoundField]]:
        return self.medicine_rows[MEDICINES_SHOWN:]

    @property
    def more_rows_used(self) -> bool:
        return any(name.value() or name.errors for name, _taken in self.more_rows)

    @property
    def known_medicines(self) -> list[tuple[str, str]]:
        """Every name that the protocol recognises, with its class."""
        groups = self.protocol.medication_groups.values()
        return [(name, group.label) for group in groups for name in group.names]

    # --- what it comes to

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        named = [n for n in range(MEDICINES_MAX) if data.get(f"medicine_{n}")]
        if data.get("no_medicines") and named:
            self.add_error("no_medicines", _("Medicines are named below. Untick one or the other."))
        if not data.get("no_medicines") and not named:
            self.add_error("no_medicines", _("Name each medicine, or tick that none is taken."))
        for n in range(MEDICINES_MAX):
            if data.get(f"taken_{n}") and n not in named and f"medicine_{n}" not in self.errors:
                self.add_error(f"medicine_{n}", _("A time without a medicine. Accepted: its name."))
        for key in self.protocol.conditions:
            self._check_day(key, data)
        self._check_pressure(data)
        return data

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
        optional = {Kind.QTC: data["qtc"], Kind.STOP_BANG: data["stop_bang"]}
        measured |= {kind: value for kind, value in optional.items() if value is not None}
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
        )

    def _medications(self, by: str) -> Iterator[Medication]:
        for n in range(MEDICINES_MAX):
            name = " ".join(self.cleaned_data[f"medicine_{n}"].split())
            if name:
                group = self.protocol.medication_group(name)
                last = self.cleaned_data[f"taken_{n}"]
                yield Medication(name, group.key if group else "", self.now, by, last)

    @property
    def not_recognised(self) -> list[str]:
        """Medicines that the protocol does not know: they wait for a review by hand."""
        return [m.name for m in self._medications("") if not m.group]


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


class MentalHealthForm(SignatureForm):
    """The therapist's assessment: what was asked, what was heard, and the conclusion."""

    indication = words(_("What brings the person, and since when"))
    psychosis = radio(HISTORY["psychosis"], ANSWER_CHOICES)
    mania = radio(HISTORY["mania"], ANSWER_CHOICES)
    dissociation = radio(HISTORY["dissociation"], ANSWER_CHOICES)
    history_detail = words(_("What was said about it"), required=False)
    trauma = words(
        _("Trauma"),
        required=False,
        help_text=_("Only what the person wishes to be known to the team."),
    )
    supports = words(_("Who and what supports the person"))
    hopes = words(_("What the person hopes for"))
    readiness = words(_("Readiness: time, setting, mindset, what could stand in the way"))
    suitable = radio(
        _("Your conclusion"), [("yes", _("Suitable now")), ("no", _("Not suitable now"))]
    )
    conclusion = words(_("Why, in a few words"))

    def assessment(self) -> MentalHealthAssessment:
        data = self.cleaned_data
        texts = ("indication", "history_detail", "trauma", "supports", "hopes", "readiness")
        return MentalHealthAssessment(
            history={name: Answer(data[name]) for name in HISTORY},
            suitable=data["suitable"] == "yes",
            conclusion=data["conclusion"],
            **{name: data[name] for name in texts},
        )


class ClearanceForm(SignatureForm):
    """The signature under the list on the page; `seen` is the digest of that list."""

    seen = forms.CharField(widget=forms.HiddenInput)


class SuspendForm(forms.Form):
    """What is new about the person, so that the next door waits for a physician."""

    because = forms.CharField(
        label=_("What is new"),
        max_length=300,
        help_text=_("A diagnosis, a medicine, an event, a test. A physician looks again."),
    )
