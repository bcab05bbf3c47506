"""The monitors of the clinic: which stands where, when it last spoke, and what was left aside."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from holdspace.care.actions import WrongInput
from holdspace.care.typed import say_wrong
from holdspace.medicine import actions, feed
from holdspace.medicine.actions.monitors import NAME_MAX, SENDER_MAX
from holdspace.medicine.models import Monitor
from holdspace.people.access import May
from holdspace.people.guard import requires
from holdspace.people.models import key_or_none
from holdspace.schedule.models import Room


class MonitorForm(forms.Form):
    """A monitor, how it names itself, and the room it stands in."""

    name = forms.CharField(label=gettext_lazy("What staff call it"), max_length=NAME_MAX)
    sender = forms.CharField(
        label=gettext_lazy("How it names itself"),
        max_length=SENDER_MAX,
        help_text=gettext_lazy(
            "Sending application and facility, split by ^, as in Bedside^Room 2"
        ),
    )
    room = forms.ChoiceField(label=gettext_lazy("Room"))

    def __init__(self, *args: Any, rooms: list[Room], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["room"].choices = [(str(r.pk), f"{r.name}, {r.site.name}") for r in rooms]  # type: ignore[attr-defined]


@requires(May.MANAGE_SITE)
def monitors(request: HttpRequest) -> HttpResponse:
    """Add a monitor, or end one that left its room; nothing of a person is shown here."""
    actor, now = request.actor, request.now  # type: ignore[attr-defined]
    rooms = list(
        Room.objects.filter(clinic=actor.clinic, closed_at__isnull=True)
        .select_related("site")
        .order_by("name")
    )
    form = MonitorForm(request.POST if "add" in request.POST else None, rooms=rooms)
    if "end" in request.POST:
        monitor = Monitor.objects.filter(
            clinic=actor.clinic, pk=key_or_none(request.POST["end"])
        ).first()
        if monitor is None:
            raise Http404
        actions.end_monitor(monitor=monitor, by=actor, now=now)
        messages.success(request, _("Taken out of use. What it sent stays."))
        return redirect("medicine:monitors")
    if request.method == "POST" and form.is_valid():
        room = next(r for r in rooms if str(r.pk) == form.cleaned_data["room"])
        try:
            actions.add_monitor(
                room=room, name=form.cleaned_data["name"], sender=form.cleaned_data["sender"],
                by=actor, now=now,
            )  # fmt: skip
        except WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("Its messages are taken from now on."))
            return redirect("medicine:monitors")
    context = {
        "rows": feed.of_clinic(actor.clinic, now),
        "form": form,
        "strangers": feed.strangers(now),
    }
    return render(request, "medicine/monitors.html", context)
