"""The clinic's own music: the list, adding and retiring, and the files themselves."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from holdspace.care.actions import WrongInput
from holdspace.care.typed import say_wrong
from holdspace.comfort import actions, reading
from holdspace.comfort.actions.tracks import TRACK_BYTES_MAX
from holdspace.comfort.forms import RetireForm, TrackForm
from holdspace.comfort.models import Track, TrackRetired
from holdspace.comfort.serving import sound
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404, requires


@requires(May.KEEP_MUSIC, May.READ_CHART)
def tracks(request: HttpRequest) -> HttpResponse:
    """What the clinic plays, with its licence; whoever keeps the music adds and retires here."""
    actor = actor_or_404(request)
    may_keep = actor.may(May.KEEP_MUSIC, request.now)  # type: ignore[attr-defined]
    form, retire, status = TrackForm(), RetireForm(), 200
    if request.method == "POST":
        if not may_keep:
            raise Http404
        if "retire" in request.POST:
            retire = RetireForm(request.POST)
            done = retire.is_valid() and _retire(request, retire)
        else:
            form = TrackForm(request.POST, request.FILES)
            done = form.is_valid() and _add(request, form)
        if done:
            return redirect("comfort:tracks")
        status = 422
    context = {
        "rows": reading.tracks_of(actor.clinic),
        "gone": TrackRetired.objects.of(actor.clinic)
        .select_related("track", "by__user")
        .order_by("-recorded_at"),
        "form": form,
        "retire": retire,
        "may_keep": may_keep,
    }
    return render(request, "comfort/tracks.html", context, status=status)


def _add(request: HttpRequest, form: TrackForm) -> bool:
    data, sent = form.cleaned_data, form.cleaned_data["file"]
    # One byte more than is kept is enough to say that it is too large.
    content = sent.read(TRACK_BYTES_MAX + 1)
    said = actions.NewTrack(
        title=data["title"],
        maker=data["maker"],
        licence=data["licence"],
        has_lyrics=data["has_lyrics"] == "yes",
        loudness=data["loudness"],
    )
    try:
        row = actions.add_track(said=said, content=content, by=request.actor, now=request.now)  # type: ignore[attr-defined]
    except WrongInput as wrong:
        say_wrong(form, wrong)
        return False
    messages.success(
        request, _("“%(title)s” is kept, %(length)s.") % {"title": row.title, "length": row.length}
    )
    return True


def _retire(request: HttpRequest, form: RetireForm) -> bool:
    actor, data = actor_or_404(request), form.cleaned_data
    track = Track.objects.of(actor.clinic).filter(pk=data["track"]).first()
    if track is None:
        raise Http404
    try:
        actions.retire_track(track=track, because=data["because"], by=actor, now=request.now)  # type: ignore[attr-defined]
    except WrongInput as wrong:
        say_wrong(form, wrong)
        return False
    messages.success(request, _("Retired. Where it was played stays on the record."))
    return True


@require_safe
@requires(May.KEEP_MUSIC, May.READ_CHART)
def track_file(request: HttpRequest, track_id: UUID) -> HttpResponseBase:
    """The sound, for staff of the clinic that owns it; a retired one too, for who looks back."""
    actor = actor_or_404(request)
    track = Track.objects.of(actor.clinic).filter(pk=track_id).first()
    if track is None:
        raise Http404
    return sound(request, track)
