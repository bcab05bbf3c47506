"""The schedule of a day: who is expected where, who came, who did not."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from holdspace.people.access import May
from holdspace.people.guard import log_list, requires
from holdspace.people.models import Patient
from holdspace.people.typed import line_of
from holdspace.records.models import AccessWhat
from holdspace.schedule import actions
from holdspace.schedule.models import Appointment, Room


class CancelForm(forms.Form):
    """Why an appointment is cancelled."""

    because = forms.CharField(label=gettext_lazy("Why"), max_length=200)


@requires(May.SEE_SCHEDULE)
def day(request: HttpRequest) -> HttpResponse:
    """One day's appointments in the order of their time; nothing clinical is shown."""
    actor, now = request.actor, request.now
    today = actor.clinic.day(now)
    shown = _day(request.GET.get("on", ""), today)
    begins = datetime.combine(shown, time.min, actor.clinic.zone)
    rows = (
        Appointment.objects.filter(
            clinic=actor.clinic,
            starts_at__gte=begins,
            starts_at__lt=begins + timedelta(days=1),
            patient__in=Patient.objects.visible_to(actor, now),
        )
        .select_related("patient", "room", "therapist__user", "session_clinician__user")
        .order_by("starts_at")
    )
    log_list(request, AccessWhat.PEOPLE_LIST, f"schedule of {shown.isoformat()}")
    context = {
        "rows": rows,
        "shown": shown,
        "today": today,
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "now": now,
        "form": CancelForm(),
    }
    return render(request, "schedule/day.html", context)


def _day(text: str, today: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return today


VERBS = {
    "came": actions.mark_came,
    "no-show": actions.mark_no_show,
    "undo": actions.undo_no_show,
    "cancel": actions.cancel,
}


@require_POST
@requires(May.BOOK)
def change(request: HttpRequest, appointment_id: UUID, verb: str) -> HttpResponse:
    """Say that a person came, did not come, or that the appointment is cancelled."""
    actor, now = request.actor, request.now
    row = Appointment.objects.filter(clinic=actor.clinic, pk=appointment_id).first()
    if row is None or verb not in VERBS:
        raise Http404
    more = {"because": line_of(request, "because")} if verb == "cancel" else {}
    try:
        VERBS[verb](appointment=row, by=actor, now=now, **more)
    except actions.Clash as clash:
        messages.error(request, str(clash))
    else:
        messages.success(request, _("Recorded."))
    shown = row.starts_at.astimezone(actor.clinic.zone).date()
    return redirect(f"/schedule/?on={shown.isoformat()}")


class RoomForm(forms.Form):
    """A treatment room and the address it is at."""

    name = forms.CharField(label=gettext_lazy("Room"), max_length=60)
    site = forms.ChoiceField(label=gettext_lazy("Address"))

    def __init__(self, *args, sites, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["site"].choices = [(str(site.pk), site.name) for site in sites]


@requires(May.MANAGE_SITE)
def rooms(request: HttpRequest) -> HttpResponse:
    """The rooms of the clinic: add one, or close one that is no longer used."""
    actor, now = request.actor, request.now
    sites = list(actor.clinic.sites.order_by("name"))
    form = RoomForm(request.POST if "add" in request.POST else None, sites=sites)
    if "close" in request.POST:
        room = Room.objects.filter(clinic=actor.clinic, pk=request.POST["close"]).first()
        if room is None:
            raise Http404
        actions.close_room(room=room, by=actor, now=now)
        return redirect("schedule:rooms")
    if request.method == "POST" and form.is_valid():
        site = next(s for s in sites if str(s.pk) == form.cleaned_data["site"])
        try:
            actions.add_room(site=site, name=form.cleaned_data["name"], by=actor, now=now)
        except actions.Clash as clash:
            form.add_error("name", str(clash))
        else:
            messages.success(request, _("The room can be booked."))
            return redirect("schedule:rooms")
    rows = Room.objects.filter(clinic=actor.clinic).select_related("site").order_by("name")
    return render(request, "schedule/rooms.html", {"rows": rows, "form": form})
