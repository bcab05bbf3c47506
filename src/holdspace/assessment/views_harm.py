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

from holdspace.care import actions as care
from holdspace.care.actions.facts import Reading
from holdspace.care.facts import load, protocol_of
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
    """Each of the three by itself: what was not asked stays unanswered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, question in ASKED.items():
            self.fields[kind.value] = forms.ChoiceField(
                label=question, choices=CHOICES, required=False, widget=forms.RadioSelect
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not any(data.get(kind.value) for kind in ASKED):
            raise forms.ValidationError(_("Nothing was answered. Accepted: at least one of them."))
        return data

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
        care.observe(
            course=course, readings=form.readings(), taken_at=now, source="follow-up of harm",
            by=actor, now=now,
        )  # fmt: skip
        messages.success(request, _("Charted. The next look is counted from now."))
        return redirect("assessment:follow_up", course.id)
    facts = load(course, now=now, actor=actor)
    rows = looked_at(facts, protocol_of(course))
    names = names_of(course.clinic_id, {row.by for row in rows if row.by})
    context = {
        "course": course,
        "person": banner(course.patient, now),
        "rows": [_shown(row, facts.today, names) for row in rows],
        "form": form,
        "may_chart": may_chart,
    }
    return render(request, "assessment/follow_up.html", context)


def _shown(row: LookedAt, today: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "row": row,
        "by": names.get(row.by, ""),
        "due": row.is_due(today),
        "charted_here": LOOKED_AT[row.name] is not None,
    }
