"""Who is on call: the week, its gaps in words, and what may be changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from holdspace.people import actions, on_call
from holdspace.people.access import May
from holdspace.people.finding import read_date
from holdspace.people.forms import OnCallForm, OnCallSwapForm
from holdspace.people.guard import actor_or_404, requires
from holdspace.people.models import Clinic, Membership, OnCall
from holdspace.people.staff import working_in
from holdspace.people.views.common import attempt, told

A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the week: who is first and who second at some time of it."""

    date: date
    first: list[OnCall]
    second: list[OnCall]


@require_http_methods(["GET", "POST"])
@requires(May.SET_ON_CALL, May.SEE_TASKS)
def week(request: HttpRequest) -> HttpResponse:
    """A week of who is on call; whoever may, puts somebody on call here."""
    actor, now = actor_or_404(request), request.now  # type: ignore[attr-defined]
    may_set = actor.may(May.SET_ON_CALL, now)
    if request.method == "POST" and not may_set:
        raise Http404
    able = _able(actor.clinic, now)
    form = OnCallForm(request.POST or None, able=able, initial=_next_gap(actor.clinic, now))
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        who = Membership.objects.get(clinic=actor.clinic, pk=data.pop("membership"))
        if attempt(form, lambda: actions.set_on_call(membership=who, by=actor, now=now, **data)):
            messages.success(request, _("%(name)s is on call then.") % {"name": who.name})
            return redirect(f"{request.path}?on={actor.clinic.day(data['starts_at'])}")
    shown = read_date(request.GET.get("on", "")) or actor.clinic.day(now)
    return render(
        request,
        "people/on_call.html",
        {
            **_week(actor.clinic, shown, now),
            "form": form if may_set else None,
            "on_call_now": on_call.on_call(actor.clinic, now),
            "now": now,
        },
    )


@require_http_methods(["GET", "POST"])
@requires(May.SET_ON_CALL, May.SEE_TASKS)
def change(request: HttpRequest, key: UUID) -> HttpResponse:
    """Give one time to somebody else, or take it away."""
    actor, now = actor_or_404(request), request.now  # type: ignore[attr-defined]
    rows = OnCall.objects.filter(clinic=actor.clinic).select_related("membership__user")
    row = rows.filter(pk=key).first()
    may_set = actor.may(May.SET_ON_CALL, now)
    if row is None or not (may_set or row.membership_id == actor.pk):
        raise Http404
    able = [pair for pair in _able(actor.clinic, now) if pair[0] != str(row.membership_id)]
    swapping = "swap" in request.POST
    form = OnCallSwapForm(request.POST if swapping else None, able=able)
    if swapping and form.is_valid():
        to = Membership.objects.get(clinic=actor.clinic, pk=form.cleaned_data["to"])
        phone = form.cleaned_data["phone"]
        if attempt(
            form, lambda: actions.swap_on_call(row=row, to=to, phone=phone, by=actor, now=now)
        ):
            messages.success(request, _("%(name)s is on call then.") % {"name": to.name})
            return redirect("people:on_call")
    if "end" in request.POST and may_set:
        told(request, lambda: actions.end_on_call(row=row, by=actor, now=now), _("Taken away."))
        return redirect("people:on_call")
    context = {"row": row, "form": form, "may_end": may_set, "over": row.ends_at <= now}
    return render(request, "people/on_call_change.html", context)


def _able(clinic: Clinic, now: datetime) -> list[tuple[str, str]]:
    """Who may be put on call: whoever works here and may read charts."""
    members = working_in(clinic, now)
    return [(str(m.pk), m.signed_name) for m in members if m.may(May.READ_CHART, now)]


def _week(clinic: Clinic, shown: date, now: datetime) -> dict[str, object]:
    """Seven days from the Monday of `shown`, and in words what is not covered from now on."""
    monday = shown - timedelta(days=shown.weekday())
    wall = [_midnight(clinic, monday + timedelta(days=n)) for n in range(8)]
    rows = on_call.between(clinic, wall[0], wall[7])
    able = [row for row in rows if on_call.able(row, now)]
    firsts = [(row.starts_at, row.ends_at) for row in able]
    return {
        "days": [
            Day(
                monday + timedelta(days=n),
                [
                    r
                    for r in rows
                    if r.rank == OnCall.Rank.FIRST and _meets(r, wall[n], wall[n + 1])
                ],
                [
                    r
                    for r in rows
                    if r.rank == OnCall.Rank.SECOND and _meets(r, wall[n], wall[n + 1])
                ],
            )
            for n in range(7)
        ],
        "gaps": on_call.gaps(firsts, max(wall[0], now), wall[7]) if wall[7] > now else [],
        "twice": on_call.overlaps(rows),
        "unable": [row for row in rows if row not in able and row.ends_at > now],
        "today": clinic.day(now),
        "monday": monday,
        "before": monday - A_WEEK,
        "after": monday + A_WEEK,
    }


def _next_gap(clinic: Clinic, now: datetime) -> dict[str, object]:
    """Where the form begins: the first time from now on that nobody covers."""
    rows = on_call.between(clinic, now, now + A_WEEK)
    found = on_call.gaps([(r.starts_at, r.ends_at) for r in rows], now, now + A_WEEK)
    return {"starts_at": found[0].starts_at, "rank": OnCall.Rank.FIRST} if found else {}


def _midnight(clinic: Clinic, day: date) -> datetime:
    return datetime.combine(day, time(0), clinic.zone)


def _meets(row: OnCall, start: datetime, end: datetime) -> bool:
    return row.starts_at < end and row.ends_at > start
