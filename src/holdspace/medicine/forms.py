"""Shapes of what is typed on the medicine day; nothing measured or asked is ever pre-filled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from holdspace.care.actions.facts import CLOCK_SKEW, Reading
from holdspace.care.shipped import event_terms
from holdspace.care.telling import EMERGENCY_WORDS
from holdspace.core.facts import Ending, Place, Route
from holdspace.core.units import (
    KINDS,
    Kind,
    QuantityError,
    Shape,
    Unit,
    can_be,
    parse_number,
    plain,
)
from holdspace.medicine.routes import RouteField
from holdspace.people.access import May
from holdspace.people.forms import SecondSignerForm, SignatureForm
from holdspace.people.typed import dialable

YES_NO = [("yes", _("Yes")), ("no", _("No"))]
VITALS = (
    Kind.SYSTOLIC,
    Kind.DIASTOLIC,
    Kind.HEART_RATE,
    Kind.SPO2,
    Kind.RESPIRATORY_RATE,
    Kind.TEMPERATURE,
)
FELT = (Kind.SEDATION_MOAAS, Kind.DISSOCIATION, Kind.DISTRESS, Kind.NAUSEA, Kind.PAIN)
GOING_HOME = (
    Kind.PADSS_VITALS,
    Kind.PADSS_ACTIVITY,
    Kind.PADSS_NAUSEA,
    Kind.PADSS_BLEEDING,
    Kind.PADSS_INTAKE,
    Kind.THERAPIST_DISCHARGE_CHECK,
    Kind.ESCORT_IDENTIFIED,
    Kind.INSTRUCTIONS_UNDERSTOOD,
)
SHORT = {
    Kind.SYSTOLIC: _("Systolic"),
    Kind.DIASTOLIC: _("Diastolic"),
    Kind.SPO2: _("SpO2"),
    Kind.RESPIRATORY_RATE: _("Breathing rate, counted"),
    Kind.SEDATION_MOAAS: _("MOAA/S, 5 is awake"),
    Kind.DISSOCIATION: _("Dissociation, 0 to 10"),
    Kind.DISTRESS: _("Distress, 0 to 10"),
    Kind.NAUSEA: _("Nausea, 0 to 10"),
    Kind.PAIN: _("Pain, 0 to 10"),
}


class Quantity(forms.CharField):
    """A number for one kind, in its unit. Outside what is plausible it asks "is this right?"."""

    def __init__(self, kind: Kind, **more: Any) -> None:
        self.kind, self.spec = kind, KINDS[kind]
        mode = "decimal" if self.spec.places else "numeric"
        attrs = {"inputmode": mode, "autocomplete": "off", "maxlength": "7"}
        if self.spec.low is not None and self.spec.high is not None:
            attrs |= {"data-low": plain(self.spec.low), "data-high": plain(self.spec.high)}
        if self.spec.unit is Unit.PERCENT:
            attrs["data-most"] = "100"
        super().__init__(
            required=False, label=SHORT.get(kind, self.spec.label),
            widget=forms.TextInput(attrs=attrs), **more,
        )  # fmt: skip
        unit = self.spec.unit
        self.unit = "" if unit in (Unit.SCORE, Unit.NONE) else unit.value


class Sure(forms.BooleanField):
    """ "Is this right?" about one value of one field: ticked for another value, it says nothing."""

    quiet_optional = True

    def __init__(self, kind: Kind, number: Decimal, ticked: bool) -> None:
        unit = KINDS[kind].unit
        value = f"{plain(number)} {'' if unit in (Unit.SCORE, Unit.NONE) else unit.value}".strip()
        name = SHORT.get(kind, KINDS[kind].label)
        label = _("%(name)s %(value)s is right: I looked at the person")
        box = forms.CheckboxInput(attrs={"value": plain(number)}, check_test=lambda _given: ticked)
        super().__init__(label=label % {"name": name, "value": value}, required=False, widget=box)


class Moment(forms.DateTimeField):
    """A time with its day, on the clinic's wall."""

    def __init__(self, **more: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(required=False, widget=widget, **more)


class At(forms.TimeField):
    """A time of day; the page says once what an empty one means."""

    quiet_optional = True

    def __init__(self, **more: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time"})
        super().__init__(required=False, help_text=_("Empty means now."), widget=widget, **more)


# Modified post-anaesthetic discharge score (Chung 1995), each grade in a few words.
PADSS: dict[Kind, tuple[Any, Any, Any]] = {
    Kind.PADSS_VITALS: (
        _("pressure and pulse within 20 % of baseline"), _("20 to 40 %"), _("more than 40 %"),
    ),
    Kind.PADSS_ACTIVITY: (
        _("knows who, where and what day it is, and walks steadily"), _("one of the two"),
        _("neither"),
    ),
    Kind.PADSS_NAUSEA: (_("minimal"), _("moderate"), _("severe")),
    Kind.PADSS_BLEEDING: (_("minimal"), _("moderate"), _("severe")),
    Kind.PADSS_INTAKE: (
        _("drank and passed urine"), _("one of the two"), _("neither"),
    ),
}  # fmt: skip
PADSS_IS = _(
    "PADSS: readiness to leave after an anaesthetic; five questions with 0 to 2 points each."
)


def graded(said: Any, points: int) -> str:
    """The words first, the points behind them: "20 to 40 % (1 point)", never "1 20 to 40 %"."""
    behind = ngettext("(%(n)d point)", "(%(n)d points)", points) % {"n": points}
    return f"{said} {behind}"


def kind_field(kind: Kind) -> forms.Field:
    """The field that asks for one kind; every one may be left empty, as its page says once."""
    field = _field_of(kind)
    field.quiet_optional = True  # type: ignore[attr-defined]
    return field


def _field_of(kind: Kind) -> forms.Field:
    spec = KINDS[kind]
    if kind in PADSS:
        points = zip((2, 1, 0), PADSS[kind], strict=True)
        grades = [(str(number), graded(said, number)) for number, said in points]
        return forms.ChoiceField(
            label=spec.label, required=False, choices=grades, widget=forms.RadioSelect,
            help_text=PADSS_IS if kind is Kind.PADSS_VITALS else "",
        )  # fmt: skip
    if spec.shape is Shape.QUANTITY:
        return Quantity(kind)
    if spec.shape is Shape.YES_NO:
        return forms.ChoiceField(
            label=spec.label, required=False, choices=YES_NO, widget=forms.RadioSelect
        )
    if spec.shape is Shape.CHOICE:
        words = [(choice, choice.replace("_", " ").capitalize()) for choice in spec.choices]
        return forms.ChoiceField(
            label=spec.label, required=False, choices=words, widget=forms.RadioSelect
        )
    return Moment(label=spec.label)


class KindsForm(forms.Form):
    """A form over some kinds: what was filled in becomes readings, what was not stays unknown."""

    kinds: Sequence[Kind] = ()

    oxygen_l_min = forms.CharField(
        label=_("Oxygen flow, 0 is room air"), required=False,
        widget=forms.TextInput(
            attrs={"inputmode": "decimal", "autocomplete": "off", "data-high": "15"}
        ),
    )  # fmt: skip
    taken_at = At(label=_("Taken at"))

    def __init__(
        self,
        *args: Any,
        now: datetime,
        last_weight: Decimal | None = None,
        weight_percent: int = 0,
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.now, self.last_weight, self.weight_percent = now, last_weight, weight_percent
        for kind in self.kinds:
            self.fields[kind.value] = kind_field(kind)
        self.order_fields([kind.value for kind in self.kinds])
        self.fields["oxygen_l_min"].unit = "L/min"  # type: ignore[attr-defined]
        self.fields["oxygen_l_min"].quiet_optional = True  # type: ignore[attr-defined]
        if Kind.SPO2 not in self.kinds:
            del self.fields["oxygen_l_min"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for kind in self.kinds:
            if KINDS[kind].shape is Shape.QUANTITY and data.get(kind.value):
                data[kind.value] = self._number(kind, data[kind.value])
        if Kind.SPO2 in self.kinds:
            data["oxygen_l_min"] = self._oxygen(data)
        if "taken_at" not in self.errors:
            data["taken_at"] = clock_time(data.get("taken_at"), self.now)
        return data

    def _number(self, kind: Kind, text: str) -> Decimal | None:
        """The number as typed; an unusual one only with its own tick, an impossible one never."""
        try:
            number = parse_number(text, KINDS[kind])
        except QuantityError as error:
            unusual = _plain_number(text) if "plausible" in error.problem else None
            if unusual is None or not can_be(unusual, kind):
                self.add_error(kind.value, f"{error}.")
                return None
            return unusual if self.is_right(kind, unusual, f"{error}.") else None
        if kind is Kind.WEIGHT and self._jumps(number):
            last = f"{plain(self.last_weight or number)} kg"
            why = _("The last weight was %(last)s, more than %(percent)s percent from this.") % {
                "last": last, "percent": self.weight_percent,
            }  # fmt: skip
            return number if self.is_right(kind, number, why) else None
        return number

    def _jumps(self, weight: Decimal) -> bool:
        last = self.last_weight
        return last is not None and abs(weight - last) * 100 > last * self.weight_percent

    def is_right(self, kind: Kind, number: Decimal, why: str) -> bool:
        """Whether it was ticked that this very number is right; else it is asked, in this field."""
        name = f"sure_{kind.value}"
        ticked = _plain_number(self.data.get(self.add_prefix(name)) or "") == number
        self.fields[name] = Sure(kind, number, ticked)
        if not ticked:
            self.add_error(kind.value, f"{why} {_('Measure again, or tick that it is right.')}")
        return ticked

    @property
    def asked_again(self) -> list[forms.BoundField]:
        """The ticks that this form asks for, one for each unusual number and none else."""
        return [self[name] for name in self.fields if name.startswith("sure_")]

    def _oxygen(self, data: dict[str, Any]) -> Decimal | None:
        text = data.get("oxygen_l_min") or ""
        if not text:
            if data.get(Kind.SPO2.value):
                self.add_error(
                    "oxygen_l_min",
                    _("SpO2 needs the oxygen that was flowing. Accepted: 0 for room air, to 15."),
                )
            return None
        number = _plain_number(text)
        if number is None or number > 15:
            self.add_error("oxygen_l_min", _("Accepted: a number from 0 to 15 L/min."))
            return None
        return number

    def readings(self) -> list[Reading]:
        """What was filled in, in the order of the kinds."""
        oxygen = self.cleaned_data.get("oxygen_l_min")
        found = []
        for kind in self.kinds:
            value = self.cleaned_data.get(kind.value)
            if value in (None, ""):
                continue
            if KINDS[kind].shape is Shape.YES_NO:
                value = value == "yes"
            found.append(Reading(kind, value, oxygen if kind is Kind.SPO2 else None))
        return found


def _plain_number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    exponent = number.as_tuple().exponent
    fits = number.is_finite() and 0 <= number < 1000
    return number if fits and isinstance(exponent, int) and exponent >= -2 else None


def clock_time(wall: Any, now: datetime) -> datetime:
    """A typed time of day as the last moment at which the clinic's clock showed it."""
    if wall is None:
        return now
    here = timezone.localtime(now)
    moment = here.replace(hour=wall.hour, minute=wall.minute, second=0, microsecond=0)
    if moment > here + CLOCK_SKEW:
        moment -= timedelta(days=1)
    return moment


class VitalsForm(KindsForm):
    """One set, or a part of one."""

    kinds = (*VITALS, *FELT)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        high, low = data.get(Kind.SYSTOLIC.value), data.get(Kind.DIASTOLIC.value)
        both = isinstance(high, Decimal) and isinstance(low, Decimal)
        if both and 0 < high - low < 10 and f"sure_{Kind.DIASTOLIC.value}" not in self.fields:
            self.is_right(Kind.DIASTOLIC, low, _("This is close to the systolic."))
        return data


# Ask Suicide-Screening Questions: a work of the US National Institute of Mental Health, free to
# use with its wording unchanged.
ASQ = (
    "In the past few weeks, have you wished you were dead?",
    (
        "In the past few weeks, have you felt that you or your family would be better off"
        " if you were dead?"
    ),
    "In the past week, have you been having thoughts about killing yourself?",
    "Have you ever tried to kill yourself?",
    "Are you having thoughts of killing yourself right now?",
)
ASQ_ANSWERS = [("yes", _("Yes")), ("no", _("No")), ("not_said", _("Would not say"))]


class ScreenMixin(forms.Form):
    """The ASQ, asked in its own words. All of it or none of it: half a screen has no result."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for number, question in enumerate(ASQ, 1):
            self.fields[f"asq_{number}"] = forms.ChoiceField(
                label=question, required=False, choices=ASQ_ANSWERS, widget=forms.RadioSelect
            )
            self.fields[f"asq_{number}"].quiet_optional = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given = [data.get(f"asq_{number}") or "" for number in range(1, 6)]
        first = given[:4]
        if any(given) and not all(first):
            missing = first.index("") + 1
            self.add_error(f"asq_{missing}", _("Questions 1 to 4 belong together."))
        elif all(first) and set(first) != {"no"} and not given[4]:
            self.add_error("asq_5", _("Asked when any answer before it is not “no”."))
        return data

    def screen(self) -> str:
        """negative, non_acute_positive or acute_positive; empty when it was not asked."""
        given = [self.cleaned_data.get(f"asq_{number}") or "" for number in range(1, 6)]
        if not given[0]:
            return ""
        if given[4] in ("yes", "not_said"):
            return "acute_positive"
        return "negative" if set(given[:4]) == {"no"} else "non_acute_positive"


class ScreenedForm(ScreenMixin, KindsForm):
    """Kinds, and the suicide-risk screen as the last of them."""

    def readings(self) -> list[Reading]:
        found = super().readings()
        screen = self.screen()
        return [*found, Reading(Kind.SUICIDE_SCREEN, screen)] if screen else found


class GoingHomeForm(ScreenedForm):
    """What is looked at before somebody goes home."""

    kinds = GOING_HOME


class ReadinessForm(ScreenedForm):
    """The answers of the day, asked of the person and seen in the room."""

    kinds = (
        Kind.IDENTITY_CONFIRMED,
        Kind.ABLE_TO_CONSENT,
        Kind.INTERPRETER_PRESENT,
        Kind.ESCORT_CONFIRMED,
        Kind.HEALTH_CHANGE,
        Kind.LAST_FATTY_MEAL,
        Kind.LAST_LIGHT_MEAL,
        Kind.LAST_CLEAR_FLUID,
        Kind.PREGNANCY_POSSIBLE,
        Kind.PREGNANCY_TEST,
        Kind.ROOM_READY,
        Kind.EMERGENCY_EQUIPMENT_CHECKED,
        Kind.WEIGHT,
        *VITALS,
    )

    escort_name = forms.CharField(label=_("Who it is: name"), max_length=120, required=False)
    escort_phone = forms.CharField(
        label=_("Their telephone today"), max_length=40, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, named_today: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self.named_today = named_today
        self.fields["escort_name"].widget.attrs["autocomplete"] = "off"
        for name in ("escort_name", "escort_phone"):
            self.fields[name].quiet_optional = True  # type: ignore[attr-defined]

    def clean_escort_phone(self) -> str:
        return dialable(self.cleaned_data["escort_phone"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        name, phone = data.get("escort_name"), data.get("escort_phone")
        said_yes = data.get(Kind.ESCORT_CONFIRMED.value) == "yes"
        asks = bool(phone) or (said_yes and not self.named_today)
        if asks and not name and "escort_name" not in self.errors:
            self.add_error("escort_name", _("Who takes them home? Accepted: a name."))
        asks = bool(name) or (said_yes and not self.named_today)
        if asks and not phone and "escort_phone" not in self.errors:
            self.add_error("escort_phone", _("How are they reached? Accepted: 303 555 0142."))
        return data

    def escort(self) -> tuple[str, str] | None:
        """The adult who was named, with their telephone; None when nobody was, or by half."""
        name, phone = (self.cleaned_data.get(f"escort_{part}") for part in ("name", "phone"))
        return (name, phone) if name and phone else None

    def accepted(self) -> tuple[list[Reading], list[str]]:
        """Of a form with mistakes, what can be kept all the same, and the names of its fields.

        A measured set stands together: with one wrong reading none of it is kept. So does a
        suicide-risk screen, so do a name and its telephone; and nothing is kept under a time that
        was not understood.
        """
        if "taken_at" in self.errors:
            return [], []
        wrong = set(self.errors)
        if wrong & {*(kind.value for kind in VITALS), "oxygen_l_min"}:
            wrong |= {kind.value for kind in VITALS}
        questions = {name for name in self.fields if name.startswith("asq_")}
        screen = "" if wrong & questions else self.screen()
        found = [r for r in KindsForm.readings(self) if r.kind.value not in wrong]
        names = [r.kind.value for r in found]
        if any(r.kind is Kind.SPO2 for r in found):
            names.append("oxygen_l_min")
        if screen:
            found.append(Reading(Kind.SUICIDE_SCREEN, screen))
            names += sorted(questions)
        if self.escort():
            names += ["escort_name", "escort_phone"]
        return found, names


class UndoForm(forms.Form):
    """What its author charted a moment ago: the key of a set, or of why it could not be taken."""

    set = forms.UUIDField(widget=forms.HiddenInput)


# Why a due observation was not taken; each is an answer, and none is a judgement.
BECAUSE = [
    ("inward", _("Deeply inward, not to be disturbed")),
    ("asleep", _("Asleep, breathing was seen")),
    ("moving", _("Moving: no good reading")),
    ("declined", _("They did not want it")),
    ("device", _("The device does not work")),
    ("busy", _("Hands are needed elsewhere")),
    ("away", _("Out of the room")),
    ("other", _("Something else")),
]


class CouldNotForm(forms.Form):
    kinds = forms.MultipleChoiceField(
        label=_("What could not be taken"),
        choices=[(k.value, KINDS[k].label) for k in (*VITALS, *FELT)],
        widget=forms.CheckboxSelectMultiple,
    )
    why = forms.ChoiceField(label=_("Because"), choices=BECAUSE, widget=forms.RadioSelect)
    because = forms.CharField(
        label=_("In your words"), max_length=300, required=False,
        help_text=_("Needed for “something else”."),
    )  # fmt: skip
    at = At(label=_("At"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        said = (data.get("because") or "").strip()
        if data.get("why") == "other" and not said:
            self.add_error("because", _("Accepted: why, in a few words."))
        data["because"] = said or str(dict(BECAUSE).get(data.get("why", ""), ""))
        return data


class EmergencyForm(forms.Form):
    """The emergency page was opened (or by mistake), or the ambulance called: facts with a time."""

    what = forms.ChoiceField(
        choices=[(what, "") for what in EMERGENCY_WORDS], widget=forms.HiddenInput
    )
    at = At(label=_("At"))


class NarrowForm(forms.Form):
    """What the person takes back: one form of touch, all of it, or their consent."""

    what = forms.ChoiceField(choices=[("part", ""), ("touch", ""), ("consent", "")])
    part = forms.CharField(required=False, max_length=120)
    in_own_words = forms.CharField(
        label=_("What they said, if they said why"), required=False, max_length=300
    )
    at = At(label=_("At"))

    def __init__(self, data: Any = None, *args: Any, **more: Any) -> None:
        if data and data.get("what", "").startswith("part:"):  # each part is one button
            data = data.copy()
            data["what"], data["part"] = "part", data["what"].removeprefix("part:")
        super().__init__(data, *args, **more)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("what") == "part" and not data.get("part"):
            self.add_error("what", _("Accepted: what is agreed now."))
        return data


class NoteForm(forms.Form):
    lane = forms.ChoiceField(widget=forms.HiddenInput, choices=[("medical", ""), ("therapy", "")])
    text = forms.CharField(
        label=_("Note"), max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
    at = At(label=_("At"))


class ToldForm(forms.Form):
    """About which value, or how the person is; the value's key comes with its words."""

    about = forms.ChoiceField(label=_("About"))
    who = forms.CharField(label=_("Who was told"), max_length=120)
    at = At(label=_("When"))
    answer = forms.CharField(label=_("What they said"), max_length=300, required=False)

    def __init__(self, *args: Any, readings: Sequence[tuple[str, str]] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [*readings, ("", _("how the person is"))]
        self.fields["about"].choices = choices  # type: ignore[attr-defined]
        self.fields["about"].required = False


class StaffForm(forms.Form):
    """Fields that name a member of staff take their choices from the page."""

    def __init__(self, *args: Any, staff: Sequence[tuple[str, str]] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        for name in ("staff", "given_by"):
            if name in self.fields:
                self.fields[name].choices = [("", _("Choose")), *staff]  # type: ignore[attr-defined]


class PlaceForm(StaffForm):
    staff = forms.ChoiceField(label=_("Who"))
    place = forms.ChoiceField(
        label=_("Where now"),
        choices=[
            (Place.IN_ROOM.value, _("In the room")),
            (Place.ON_PREMISES.value, _("On the premises")),
            (Place.REMOTE.value, _("Remote")),
            ("gone", _("Gone")),
        ],
    )
    at = At(label=_("Since"))


class OrderForm(SignatureForm):
    dose = forms.CharField(
        label=_("Dose with its unit"), max_length=20, help_text=_("“50 mg” or “0.8 mg/kg”"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    infusion_minutes = forms.IntegerField(
        label=_("Infusion over"), required=False, help_text=_("Only for IV."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), max_length=300, required=False,
        help_text=_("The protocol asks for one above its usual first dose."),
    )  # fmt: skip


class CancelOrderForm(forms.Form):
    order = forms.CharField(widget=forms.HiddenInput)
    because = forms.CharField(label=_("Why"), max_length=300)


class ChoiceOf(forms.Form):
    """Fields whose choices the page knows: orders, vials and what is drawn up."""

    def __init__(
        self, *args: Any, offered: dict[str, Sequence[Any]] | None = None, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        for name, choices in (offered or {}).items():
            if name in self.fields:
                self.fields[name].choices = list(choices)  # type: ignore[attr-defined]


class VialRows(forms.RadioSelect):
    """Each vial as a row of its own; one that cannot serve is shown and cannot be chosen."""

    unusable: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *more: Any, **named: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *more, **named)
        if str(value) in self.unusable:
            option["attrs"]["disabled"] = True
        return option


class PrepareForm(ChoiceOf):
    """The vial with its arithmetic in full; `unusable` names those that cannot serve."""

    order = forms.ChoiceField(label=_("Order"))
    vial = forms.ChoiceField(label=_("Vial"), widget=VialRows)
    diluted = forms.BooleanField(label=_("Diluted as the label asks"), required=False)

    def __init__(self, *args: Any, unusable: frozenset[str] = frozenset(), **more: Any) -> None:
        super().__init__(*args, **more)
        vial: Any = self.fields["vial"]
        vial.widget.unusable = unusable
        if all(key in unusable for key, _words in vial.choices):
            vial.help_text = _("No vial in date here can serve this order.")


class GiveForm(ChoiceOf, SignatureForm):
    meaning = _("I checked person, medicine, dose, route and time, and I give this dose now.")  # type: ignore[assignment]

    preparation = forms.ChoiceField(label=_("Syringe or lozenge"))
    person = forms.CharField(
        label=_("Read from the person’s band"), max_length=20,
        help_text=_("Their number, or birth date as 1990-04-02."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    label = forms.CharField(
        label=_("Read from the syringe"), max_length=12, help_text=_("The six signs on its label."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )  # fmt: skip
    milligrams = forms.CharField(
        label=_("Only a part of it, with mg"), max_length=20, required=False,
        help_text=_("Empty means all that is in it. The rest is wasted or returned."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class VarianceForm(ChoiceOf, StaffForm):
    """A dose that no door let through: what, by which way, when, by whom, from where and why."""

    dose = forms.CharField(label=_("Dose that was given, with mg"), max_length=20)
    route = RouteField()
    at = At(label=_("At"))
    given_by = forms.ChoiceField(label=_("Given by"))
    preparation = forms.ChoiceField(label=_("From what was drawn up"), required=False)
    vial = forms.ChoiceField(
        label=_("Or straight from a vial"), required=False, choices=[("", _("not known"))]
    )
    reason = forms.CharField(
        label=_("What happened"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, own: Route | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        route: Any = self.fields["route"]
        route.is_of(own)


class WasteForm(ChoiceOf, SecondSignerForm):
    meaning = _("We both saw this amount wasted.")  # type: ignore[assignment]
    second_may = May.WITNESS_WASTE

    preparation = forms.ChoiceField(label=_("What was drawn up"))
    milligrams = forms.CharField(label=_("Amount, with mg"), max_length=20)
    reason = forms.CharField(label=_("Why"), max_length=300)


class ReturnForm(ChoiceOf):
    preparation = forms.ChoiceField(label=_("What was drawn up"))
    milligrams = forms.CharField(label=_("Amount, with mg"), max_length=20)
    reason = forms.CharField(label=_("Why"), max_length=300)


class LoseForm(ChoiceOf):
    """Nobody saw where it went: that is a loss, not waste."""

    preparation = forms.ChoiceField(label=_("What was drawn up"))
    milligrams = forms.CharField(label=_("Amount, with mg"), max_length=20)
    reason = forms.CharField(label=_("What happened to it"), max_length=300)


class AdverseEventForm(forms.Form):
    """What happened: a term of the list is offered and plain words are taken; no grade is."""

    term = forms.CharField(
        label=_("What happened (CTCAE term, or plain words)"), max_length=120,
        widget=forms.TextInput(attrs={"list": "event-terms", "autocomplete": "off"}),
    )  # fmt: skip
    grade = forms.ChoiceField(
        label=_("Your grade"),
        choices=[
            ("", _("Choose")),
            ("1", _("1 mild")),
            ("2", _("2 moderate")),
            ("3", _("3 severe")),
            ("4", _("4 life-threatening")),
            ("5", _("5 death")),
        ],
    )
    intervention = forms.CharField(
        label=_("What was done, or given (name, dose, time)"), max_length=500, required=False
    )
    outcome = forms.CharField(label=_("How it went on"), max_length=300, required=False)
    related = forms.ChoiceField(
        label=_("Related to the medicine, in your judgement"), required=False,
        choices=[("", _("Not judged")), ("unrelated", _("Unrelated")), ("possible", _("Possibly")),
                 ("probable", _("Probably")), ("definite", _("Definitely"))],
    )  # fmt: skip
    red_flag = forms.BooleanField(label=_("Red-flag symptom"), required=False)
    at = At(label=_("At"))

    @property
    def known_terms(self) -> list[tuple[str, str]]:
        """Each term of the list with its system organ class."""
        return list(event_terms().terms.items())


class RescueDrugForm(forms.Form):
    """What was given against an effect of the treatment; nothing is suggested."""

    name = forms.CharField(label=_("Medicine that was given"), max_length=120)
    amount = forms.CharField(
        label=_("Amount and way"), max_length=80, help_text=_("With its unit: “10 mg IV”.")
    )
    because = forms.CharField(label=_("Why"), max_length=300, required=False)
    at = At(label=_("At"))


class ReviewForm(SignatureForm):
    meaning = _("I reviewed this event.")  # type: ignore[assignment]

    event = forms.CharField(widget=forms.HiddenInput)
    conclusion = forms.CharField(
        label=_("Conclusion"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class StrikeSetForm(SignatureForm):
    """One set that two people charted: the one that should not count is struck whole."""

    meaning = _("This set should not count; I strike it.")  # type: ignore[assignment]

    taken_as_set = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Why this one should not count"), max_length=300)


class FlagForm(SignatureForm):
    meaning = _("I looked at this red flag; it is over.")  # type: ignore[assignment]

    flag = forms.CharField(widget=forms.HiddenInput)
    conclusion = forms.CharField(
        label=_("What was found, and why it is over"), max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class InfusionForm(ChoiceOf):
    """When it was over; an amount only where it was not all of it."""

    dose = forms.ChoiceField(label=_("Infusion"))
    at = At(label=_("Over at"))
    amount = forms.CharField(
        label=_("Only a part went in, with mg or mL"), max_length=20, required=False,
        help_text=_("Empty means all of it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    because = forms.CharField(label=_("Why not all of it"), max_length=300, required=False)


class DischargeForm(SignatureForm):
    meaning = _("I saw this person and discharge them from the session.")  # type: ignore[assignment]

    escort = forms.CharField(
        label=_("Who takes them home"), max_length=120, help_text=_("Name, as identified here.")
    )


class NobodyCameForm(StaffForm):
    adult = forms.CharField(
        label=_("A second adult: who was called, and their number"), max_length=150
    )
    plan = forms.CharField(
        label=_("Until closing: where they wait, and who stays with them"), max_length=300
    )
    until = forms.TimeField(
        label=_("Until when"), widget=forms.TimeInput(attrs={"type": "time"}),
        help_text=_("When the clinic closes. Then it goes to the director."),
    )  # fmt: skip
    day = forms.ChoiceField(
        label=_("On which day"), choices=[("today", _("Today")), ("tomorrow", _("Tomorrow"))],
        required=False, help_text=_("A time after midnight is tomorrow."),
    )  # fmt: skip
    staff = forms.ChoiceField(label=_("Who owns this plan"))

    def ends_at(self, now: datetime) -> datetime:
        """The end of the plan: the clock says only the time, so the day is asked for."""
        wall, here = self.cleaned_data["until"], timezone.localtime(now)
        end = here.replace(hour=wall.hour, minute=wall.minute, second=0, microsecond=0)
        return end + timedelta(days=1) if self.cleaned_data["day"] == "tomorrow" else end


class EndingForm(forms.Form):
    ending = forms.ChoiceField(
        label=_("How it ended"),
        choices=[
            ("", _("Choose")),
            (Ending.LEFT_AGAINST_ADVICE.value, _("Left against advice")),
            (Ending.TRANSFERRED.value, _("Transferred by emergency services")),
            (Ending.DIED.value, _("Died")),
            (Ending.ABANDONED_BEFORE_DOSE.value, _("Ended before a dose")),
        ],
    )
    reason = forms.CharField(
        label=_("What happened"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    at = At(label=_("At"))


class ContactForm(forms.Form):
    result = forms.ChoiceField(
        label=_("The call"),
        choices=[
            ("", _("Choose")),
            ("reached_well", _("Reached, and well")),
            ("reached_concern", _("Reached, with a concern")),
            ("no_answer", _("No answer")),
        ],
    )
    words_said = forms.CharField(label=_("What was said"), max_length=500, required=False)


class ChartImportedForm(forms.Form):
    """One received moment, charted by a tap."""

    readings = forms.CharField(widget=forms.HiddenInput)
    oxygen_l_min = forms.CharField(widget=forms.HiddenInput, required=False)


class MonitorForm(forms.Form):
    """A monitor is on this person, or no longer."""

    monitor = forms.UUIDField(widget=forms.HiddenInput)
    is_on = forms.ChoiceField(choices=[("yes", "on"), ("no", "off")], widget=forms.HiddenInput)
