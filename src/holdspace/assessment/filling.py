"""One form for every instrument: asked by staff now, by the person here, or copied from paper."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from holdspace.assessment.actions import PAPER, PERSON, STAFF, Answers
from holdspace.assessment.forms import DECLINED, clock_field, radio, words
from holdspace.core.scales import YES, Item, Scale, ScaleError, score
from holdspace.people.models import Clinic

HOW = [
    (STAFF, _("Read out by me, answered by the person")),
    (PERSON, _("By the person, on this screen")),
    (PAPER, _("By the person on paper; I copy it")),
]
PAPER_FIELDS = ("filled_on", "filled_time", "paper")
EACH_DECLINED = "triage"  # where "would not answer" is an answer that counts


class FillForm(forms.Form):
    """Every item of one instrument, who filled it in, and for paper when and on which form.

    Nothing is ever filled in beforehand. A total alone cannot be typed: there is no field for it.
    """

    filled_by = forms.ChoiceField(label=_("How it was filled in"), choices=HOW, required=False)
    filled_on = forms.DateField(
        label=_("Filled in on"),
        required=False,
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    filled_time = clock_field(_("At"))
    paper = forms.CharField(
        label=_("Paper form"),
        max_length=120,
        required=False,
        help_text=_("Which form it is and where it is kept, so that it can be found again."),
    )
    comment = words(_("Anything said about it"), required=False)
    incomplete = forms.BooleanField(
        label=_("The person does not answer the rest: keep it without a total"), required=False
    )

    def __init__(
        self, *args: Any, scale: Scale, clinic: Clinic, now: datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.scale, self.clinic, self.now = scale, clinic, now
        self.fields["filled_time"].required = False
        if scale.paper_only:
            self.fields["filled_by"] = forms.ChoiceField(
                label=_("How it was filled in"), choices=HOW[2:]
            )
            self.fields["paper"].required = True
        for item in scale.items:
            self.fields[item.code] = self._question(item)

    def _question(self, item: Item) -> forms.ChoiceField:
        choices: list[tuple[str, Any]] = [(str(o.score), o.words) for o in item.options]
        if self.scale.method == EACH_DECLINED:
            choices.append((DECLINED, _("Would not answer")))
        label = item.heading
        if not item.text and item.topic:
            label = f"{label}: {item.topic}"
        field = radio(label, choices, required=False)
        if item.asked_when or item.required_when:
            field.help_text = _("Asked only when an answer above calls for it.")
        elif item.optional:
            field.help_text = _("May be left out.")
        return field

    @property
    def rows(self) -> list[tuple[BoundField, str]]:
        """Each question with the answers to it that show help at once, for help.js."""
        return [(self[item.code], self._worries(item)) for item in self.scale.items]

    def _worries(self, item: Item) -> str:
        if self.scale.method == EACH_DECLINED:
            return f"{YES} {DECLINED}"
        scores = [o.score for o in item.options if score(self.scale, {item.code: o.score}).critical]
        return " ".join(str(one) for one in scores)

    @property
    def worries(self) -> bool:
        """Whether an answer given so far asks for help now, complete or not."""
        return any(
            bound.value() in worry.split() for bound, worry in self.rows if worry and bound.value()
        )

    @property
    def is_paper(self) -> bool:
        return self.scale.paper_only or self["filled_by"].value() == PAPER

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            self._check_answers(data)
        if data.get("filled_by") == PAPER:
            self._check_paper(data)
        elif "filled_by" not in self.errors:
            self._check_no_paper(data)
        return data

    def _check_answers(self, data: dict[str, Any]) -> None:
        answers = self.answers(data)
        try:
            found = score(self.scale, answers.items, declined=answers.declined)
        except ScaleError as error:
            self.add_error(None, str(error))
            return
        if data.get("incomplete") and not found.conflicts:
            return
        for code in found.missing:
            if code in found.conflicts:
                self.add_error(code, _("An answer above says that this was not asked."))
            elif code not in answers.declined:
                self.add_error(code, _("Not answered. Accepted: one of the answers."))

    def _check_paper(self, data: dict[str, Any]) -> None:
        for name in ("filled_on", "filled_time"):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("When was the paper filled in?"))
        at = self._filled_at(data)
        if at and at > self.now:
            self.add_error("filled_on", _("This is still to come. Accepted: until now."))

    def _check_no_paper(self, data: dict[str, Any]) -> None:
        """What is said of a paper would be lost without one, and the answers count from now."""
        for name in PAPER_FIELDS:
            if data.get(name):
                self.add_error(
                    name,
                    _("Only of a paper. Accepted: empty, or “filled in by the person on paper”."),
                )

    def _filled_at(self, data: dict[str, Any]) -> datetime | None:
        if not data.get("filled_on") or not data.get("filled_time"):
            return None
        return datetime.combine(data["filled_on"], data["filled_time"], self.clinic.zone)

    def answers(self, data: dict[str, Any] | None = None) -> Answers:
        """The accepted form as the action wants it."""
        data = self.cleaned_data if data is None else data
        given = {item.code: data.get(item.code) or "" for item in self.scale.items}
        filled_by = data.get("filled_by") or STAFF
        return Answers(
            items={code: int(v) for code, v in given.items() if v and v != DECLINED},
            declined=frozenset(code for code, v in given.items() if v == DECLINED),
            filled_by=filled_by,
            comment=data.get("comment", ""),
            incomplete=bool(data.get("incomplete")),
            filled_at=self._filled_at(data) if filled_by == PAPER else None,
            paper=data.get("paper", ""),
        )


class AskForm(forms.Form):
    """Which instrument is asked for, at which point of the course, and until when."""

    instrument = forms.ChoiceField(label=_("Questionnaire"))
    point = forms.CharField(
        label=_("At which point"),
        max_length=80,
        help_text=_("For example: baseline, before session 2, week 4."),
    )
    due_on = forms.DateField(
        label=_("Until"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, scales: list[Scale], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["instrument"].choices = [(s.id, s.title) for s in scales]  # type: ignore[attr-defined]
