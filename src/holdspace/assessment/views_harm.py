"""The follow-up of harm: what was looked at when, what falls due, and charting it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from holdspace.assessment.actions.harm import WORDS_CHARACTERS, chart_follow_up
from holdspace.care.actions.facts import Reading
from holdspace.care.events import Happened
from holdspace.care.facts import happenings, load, protocol_of
from holdspace.care.models import Course, EventKind
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404, names_of
from holdspace.core.oversight import LOOKED_AT, LookedAt, looked_at
from holdspace.core.units import Kind
from holdspace.people.access import May

# What is asked aloud; the bladder form and the dependence scale may be filled in instead.
ASKED = {
    Kind.BLADDER_SYMPTOMS: __("Pain, urgency, blood in the urine, or passing water more often?"),
    Kind.COGNITION_CONCERN: __("Memory, attention or thinking worse than before the treatment?"),
    Kind.DEPENDENCE_CONCERN: __("Craving, taking ketamine elsewhere, wanting it more often?"),
}
CHOICES = [("no", __("No concern")), ("yes", __("A concern"))]


class HarmForm(forms.Form):
    """Each of the three by itself, with words beside it: what was not asked stays unanswered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, question in ASKED.items():
            self.fields[kind.value] = forms.ChoiceField(
                label=question, choices=CHOICES, required=False, widget=forms.RadioSelect
            )
        for name in LOOKED_AT:
            self.fields[f"words_{name}"] = forms.CharField(
                label=_("%s: in words") % name.capitalize(),
                max_length=WORDS_CHARACTERS,
                required=False,
                widget=forms.TextInput,
            )

    @property
    def rows(self) -> list[tuple[forms.BoundField | None, forms.BoundField]]:
        """Each question, where there is one, with the words beside it."""
        return [
            (self[kind.value] if kind else None, self[f"words_{name}"])
            for name, kind in LOOKED_AT.items()
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        for name, kind in LOOKED_AT.items():
            if kind and data.get(f"words_{name}") and not data.get(kind.value):
                self.add_error(kind.value, _("Words are no look. Accepted: an answer with them."))
        if not any(data.values()):
            raise forms.ValidationError(_("Nothing was answered. Accepted: at least one of them."))
        return data

    def words(self) -> dict[str, str]:
        return {name: self.cleaned_data[f"words_{name}"] for name in LOOKED_AT}

    def readings(self) -> list[Reading]:
        given = {kind: self.cleaned_data.get(kind.value) for kind in ASKED}
        return [Reading(kind, value == "yes") for kind, value in given.items() if value]


def follow_up(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """When bladder, liver, cognition and dependence were looked at, and when again."""
    course = course_or_404(request, course_id)
    now, actor = request.now, request.actor  # type: ignore[attr-defined]
    may_chart = actor.may(May.OBSERVE, now)
    form = HarmForm(request.POST if may_chart and request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        chart_follow_up(
            course=course, readings=form.readings(), words=form.words(), by=actor, now=now
        )
        messages.success(request, _("Charted. The next look is counted from now."))
        return redirect("assessment:follow_up", course.id)
    facts = load(course, now=now, actor=actor)
    rows = looked_at(facts, protocol_of(course))
    said = _said(course)
    names = names_of(course.clinic_id, {row.by for row in rows} | {h.by for h in said.values()})
    context = {
        "course": course,
        "person": banner(course.patient, now),
        "rows": [_shown(row, facts.today, names, said.get(row.name)) for row in rows],
        "now": now,
        "form": form,
        "may_chart": may_chart,
    }
    return render(request, "assessment/follow_up.html", context)


def _said(course: Course) -> dict[str, Happened]:
    """The newest words beside each of them; a struck note is not among what happened."""
    notes = (h for h in happenings(course) if h.kind is EventKind.NOTE and h.body.about)
    return {note.body.about: note for note in notes}


def _shown(
    row: LookedAt, today: Any, names: dict[str, str], said: Happened | None
) -> dict[str, Any]:
    return {
        "row": row,
        "left": max(row.sessions_max - row.sessions, 0),
        "said": said,
        "said_by": names.get(said.by, "") if said else "",
        "by": names.get(row.by, ""),
        "due": row.is_due(today),
        "charted_here": LOOKED_AT[row.name] is not None,
    }
