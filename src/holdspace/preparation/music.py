"""The plan of music, chosen with the person: five phases, each a list in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from holdspace.care.actions import WrongInput
from holdspace.care.models import Course
from holdspace.care.typed import in_words, say_wrong
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404
from holdspace.comfort import actions, reading
from holdspace.comfort.models import Plan, Track
from holdspace.core.music import MINUTES_MAX, MINUTES_MIN, PHASE_WORDS, TIMED, Lengths, Phase
from holdspace.people.access import May
from holdspace.people.models import key_or_none

PLACES_FREE = 2  # empty places after what is chosen; keeping the plan makes room for more
PLACES_MIN = 3
SILENCES = (1, 2, 3, 5, 10)
HELP = {
    Phase.SETTLE: gettext_lazy("Until the dose."),
    Phase.ONSET: gettext_lazy("From the dose on."),
    Phase.PEAK: gettext_lazy("The deepest part."),
    Phase.RE_ENTRY: gettext_lazy("Coming back."),
    Phase.RETURN: gettext_lazy("Until the person goes home."),
}


class PlanForm(forms.Form):
    """Places for tracks and silences in each phase, the lengths, and what is not to be played."""

    avoid = forms.CharField(
        label=gettext_lazy("What is not to be played"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("In the person’s words. Shown in the session."),
    )

    def __init__(
        self,
        *args: Any,
        tracks: list[Track],
        chosen: Mapping[Phase, list[str]],
        lengths: Lengths,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        options = _options(tracks)
        known = {key for _group, rows in options[1:] for key, _words in rows}
        for phase in Phase:
            values = [value for value in chosen.get(phase, []) if value in known]
            asked = sum(1 for key in self.data if str(key).startswith(f"{phase.value}_item_"))
            places = max(PLACES_MIN, len(values) + PLACES_FREE, asked)
            for number in range(1, places + 1):
                self.fields[f"{phase.value}_item_{number}"] = forms.ChoiceField(
                    label=f"{PHASE_WORDS[phase]}, {number}",
                    choices=options,
                    required=False,
                    initial=values[number - 1] if number <= len(values) else "",
                )
        for phase in TIMED:
            self.fields[f"{phase.value}_minutes"] = forms.IntegerField(
                label=_("Minutes"),
                min_value=MINUTES_MIN,
                max_value=MINUTES_MAX,
                initial=lengths[phase],
            )

    def groups(self) -> list[dict[str, Any]]:
        """The phases as the page shows them."""
        return [
            {
                "phase": phase.value,
                "name": PHASE_WORDS[phase],
                "help": HELP[phase],
                "minutes": self[f"{phase.value}_minutes"] if phase in TIMED else None,
                "places": [self[n] for n in self.fields if n.startswith(f"{phase.value}_item_")],
            }
            for phase in Phase
        ]

    def planned(self) -> actions.Planned:
        data = self.cleaned_data
        names = {p: [n for n in self.fields if n.startswith(f"{p.value}_item_")] for p in Phase}
        return actions.Planned(
            items={p: [_item(data[n]) for n in names[p] if data[n]] for p in Phase},
            lengths={phase: data[f"{phase.value}_minutes"] for phase in TIMED},
            avoid=data["avoid"],
        )


def _options(tracks: list[Track]) -> list[Any]:
    silences = [(f"silence:{n}", _("Silence, %(n)s min") % {"n": n}) for n in SILENCES]
    return [
        ("", _("nothing")),
        (_("Music"), [(str(t.id), _words(t)) for t in tracks]),
        (_("Silence"), silences),
    ]


def _words(track: Track) -> str:
    parts = [f"{track.title} ({track.length})"]
    parts += [_("with words")] if track.has_lyrics else []
    parts += [track.loudness] if track.loudness else []
    return ", ".join(parts)


def _item(value: str) -> actions.PlanItem:
    if value.startswith("silence:"):
        return actions.PlanItem(silence=int(value.partition(":")[2]))
    return actions.PlanItem(track=UUID(value))


def music(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Choose with the person what plays when; every keeping is a version."""
    writes = request.method == "POST"
    course = course_or_404(request, course_id, May.WRITE_THERAPY if writes else May.READ_CHART)
    plan, look_again = reading.plan_to_start_from(course)
    form = _form(request, course, plan)
    if writes and "track" in request.POST:
        return _wish(request, course, plan)
    if writes and form.is_valid():
        try:
            kept = actions.keep_plan(
                course=course,
                planned=form.planned(),
                by=request.actor,  # type: ignore[attr-defined]
                now=request.now,  # type: ignore[attr-defined]
            )
        except WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("Kept as version %(n)s.") % {"n": kept.version})
            return redirect("preparation:music", course.id)
    return render(
        request,
        "preparation/music.html",
        _context(request, course, plan, form) | {"look_again": look_again},
        status=422 if writes else 200,
    )


def _form(request: HttpRequest, course: Course, plan: Plan | None) -> PlanForm:
    items = plan.items if plan else {}
    chosen = {
        phase: [
            str(i.get("track") or f"silence:{i['silence']}") for i in items.get(phase.value, [])
        ]
        for phase in Phase
    }
    return PlanForm(
        request.POST if request.method == "POST" and "track" not in request.POST else None,
        tracks=list(reading.tracks_of(course.clinic)),
        chosen=chosen,
        lengths=plan.lengths if plan else reading.usual_lengths(course),
        initial={"avoid": (plan.avoid or "") if plan else ""},
    )


def _wish(request: HttpRequest, course: Course, plan: Plan | None) -> HttpResponse:
    """The person says it here, to their therapist, and it counts as if they had tapped it."""
    track = Track.objects.of(course.clinic).filter(pk=key_or_none(request.POST["track"])).first()
    if plan is None or track is None:
        messages.error(request, _("This is not in the plan."))
    else:
        try:
            actions.say_wish(
                plan=plan, track=track, wanted=request.POST.get("wanted") == "yes",
                by=request.actor, now=request.now,  # type: ignore[attr-defined]
            )  # fmt: skip
        except WrongInput as wrong:
            messages.error(request, in_words(wrong))
        else:
            messages.success(request, _("Kept. It counts at once."))
    return redirect("preparation:music", course.id)


def _context(
    request: HttpRequest, course: Course, plan: Plan | None, form: PlanForm
) -> dict[str, Any]:
    now = request.now  # type: ignore[attr-defined]
    own = plan is not None and plan.course_id == course.id
    shown = reading.entries(plan) if plan and own else {}
    seen = {e.track.id: e for found in shown.values() for e in found if e.track}
    link = ""
    if plan and own and request.actor.may(May.WRITE_THERAPY, now):  # type: ignore[attr-defined]
        key = reading.link_for(plan, now)
        link = request.build_absolute_uri(reverse("portal:music", args=[key]))
    return {
        "course": course,
        "person": banner(course.patient, now),
        "plan": plan,
        "own": own,
        "form": form,
        "groups": form.groups(),
        "entries": list(seen.values()),
        "link": link,
        "link_days": reading.LINK_DAYS,
        "versions": Plan.objects.filter(course=course)
        .select_related("by__user")
        .order_by("-version"),
        "may_plan": request.actor.may(May.WRITE_THERAPY, now),  # type: ignore[attr-defined]
        "has_tracks": bool(form.fields["settle_item_1"].choices[1][1]),  # type: ignore[attr-defined]
    }
