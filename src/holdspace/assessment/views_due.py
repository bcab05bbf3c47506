"""The forms that are due: a page for the desk, a line on the chart, and what is done with each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from holdspace.assessment import actions
from holdspace.assessment.forms import StopForm
from holdspace.assessment.mail import FORM_READY
from holdspace.assessment.models import FormRequest
from holdspace.assessment.owed import Form, Stands, form_at, forms_in, forms_of
from holdspace.care import actions as care
from holdspace.care import mail
from holdspace.care.models import Course, Message
from holdspace.care.typed import in_words, say_wrong
from holdspace.care.views.chart import banner
from holdspace.care.views.parts import chart_part
from holdspace.care.web import course_or_404
from holdspace.core.scales import Scale
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404, log_list, requires
from holdspace.people.models import Clinic, Patient
from holdspace.records.models import AccessWhat

PAGE = 25  # people
WEEK = timedelta(days=7)
SHORT = re.compile(r"\(([A-Z][A-Za-z0-9-]*[A-Z0-9])\)")
DAY = "D j M Y"
NAMED_MAX = 2  # more forms of one point are counted, not listed
WAITS = (Message.State.QUEUED, Message.State.FAILED, Message.State.SENDING)


@require_GET
@requires(May.ASK_TO_FILL)
def due(request: HttpRequest) -> HttpResponse:
    """Every form of the clinic that somebody waits for; names and titles, never an answer."""
    actor, now = actor_or_404(request), request.now  # type: ignore[attr-defined]
    show = request.GET.get("show", "all")
    seen = set(Patient.objects.visible_to(actor, now).values_list("pk", flat=True))
    fills = actor.may(May.OBSERVE, now)
    listed = [
        one
        for one in forms_in(actor.clinic, now)
        if one.course.patient_id in seen and (fills or not one.by_staff)
    ]
    shown = [one for one in listed if _is_shown(one, show, actor.clinic, now)]
    page = Paginator(_by_person(shown), PAGE).get_page(request.GET.get("page"))
    log_list(request, AccessWhat.PEOPLE_LIST, f"forms due: {len(shown)}, page {page.number}")
    context = {
        "page": page,
        "people": _people(page, actor.clinic),
        "show": show,
        "overdue": sum(one.is_overdue for one in listed),
        "fills": fills,
        "now": now,
    }
    return render(request, "assessment/due.html", context)


def _is_shown(one: Form, show: str, clinic: Clinic, now: datetime) -> bool:
    if show == "overdue":
        return one.is_overdue
    if show == "today":
        return one.is_open and clinic.day(one.due_at) == clinic.day(now)
    if show == "week":
        soon = one.is_open or one.stands is Stands.AHEAD
        return soon and clinic.day(now) <= clinic.day(one.due_at) < clinic.day(now + WEEK)
    return one.is_open


def _by_person(forms: Iterable[Form]) -> list[list[Form]]:
    """The forms of each person together; the people in the order of their first form."""
    people: dict[UUID, list[Form]] = {}
    for one in forms:
        people.setdefault(one.course.patient_id, []).append(one)
    return list(people.values())


def _people(groups: Iterable[list[Form]], clinic: Clinic) -> list[dict[str, Any]]:
    return [
        {
            "patient": forms[0].course.patient,
            "overdue": any(one.is_overdue for one in forms),
            "groups": _groups(forms, clinic),
            "rows": _with_scales(forms),
        }
        for forms in groups
    ]


def _groups(forms: Iterable[Form], clinic: Clinic) -> list[dict[str, Any]]:
    """What one line says: the forms of one point that stand alike until the same day."""
    alike: dict[tuple[Stands, str, date], list[Form]] = {}
    for one in forms:
        alike.setdefault((one.stands, one.point, clinic.day(one.due_at)), []).append(one)
    return [
        {
            "first": group[0],
            "names": [_title(one) for one in group],
            "unsent": sum(one.is_open and not one.by_staff and one.letter is None for one in group),
        }
        for group in alike.values()
    ]


def _with_scales(forms: Iterable[Form]) -> list[tuple[Form, Scale | None]]:
    return [(one, one.scale) for one in forms]


# --- the line on the chart ------------------------------------------------------------------------


@chart_part
def chart_line(request: HttpRequest, course: Course) -> str:
    """What is due and overdue in one calm line, with the way to each form folded under it."""
    actor, now = actor_or_404(request), request.now  # type: ignore[attr-defined]
    forms = forms_of(course, now)
    open_now = [one for one in forms if one.is_open]
    ahead = next((one for one in forms if one.stands is Stands.AHEAD and not one.by_staff), None)
    context = {
        "course": course,
        "line": owed_words(open_now, course.clinic, now),
        "overdue": any(one.is_overdue for one in open_now),
        "rows": _with_scales(open_now),
        "ahead": ahead,
        "ahead_title": _title(ahead) if ahead else "",
        "fills": actor.may(May.OBSERVE, now),
        "asks": actor.may(May.ASK_TO_FILL, now),
        "now": now,
    }
    return render_to_string("assessment/owed_line.html", context, request)


def owed_words(forms: Iterable[Form], clinic: Clinic, now: datetime) -> str:
    """Such as: 4 forms (3 months) overdue since Mon 2 Mar 2026, PHQ-9 (week 2) due today."""
    groups: dict[tuple[bool, str], list[Form]] = {}
    for one in forms:
        groups.setdefault((not one.is_overdue, one.point), []).append(one)
    parts = []
    for (_first, point), group in sorted(groups.items(), key=lambda g: (g[0][0], g[1][0].due_at)):
        names = ", ".join(_title(one) for one in group)
        if len(group) > NAMED_MAX:
            names = ngettext("%(n)d form", "%(n)d forms", len(group)) % {"n": len(group)}
        parts.append(f"{names} ({point}) {_when(group[0], clinic, now)}")
    return ", ".join(parts)


def _title(one: Form) -> str:
    """The letters that a form is known by, where its title has them: PHQ-9."""
    title = one.scale.title if one.scale else one.instrument
    letters = SHORT.search(title)
    return letters[1] if letters else title.partition(" (")[0]


def _when(one: Form, clinic: Clinic, now: datetime) -> str:
    last = clinic.day(one.due_at)
    if one.is_overdue:
        return _("overdue since %s") % date_format(last, DAY)
    return _("due today") if last == clinic.day(now) else _("due by %s") % date_format(last, DAY)


# --- what is done with one form -------------------------------------------------------------------


@require_POST
@never_cache
def act(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Send it, show its link, hand this tablet over, or stop asking; asked for first if need be."""
    course = course_or_404(request, course_id, May.ASK_TO_FILL)
    done = ACTS.get(request.POST.get("act", ""))
    if done is None:
        raise Http404
    instrument, point = request.POST.get("instrument", ""), request.POST.get("point", "")
    found = form_at(course, instrument, point, request.now)  # type: ignore[attr-defined]
    if found is None:
        messages.error(request, _("This form is not open any more."))
        return _back(request, course)
    try:
        return done(request, found, _asked(request, found))
    except care.WrongInput as wrong:
        messages.error(request, in_words(wrong))
        return _back(request, course)


def _asked(request: HttpRequest, found: Form) -> FormRequest:
    """What was asked for already, or the protocol's item asked for now, by this member."""
    if found.request is not None:
        found.request.course = found.course
        return found.request
    return actions.ask_to_fill(
        course=found.course,
        instrument=found.instrument,
        point=found.point,
        due_at=found.due_at,
        by=request.actor,  # type: ignore[attr-defined]
        now=request.now,  # type: ignore[attr-defined]
        language=mail.language_of(found.course.patient),
    )


def _send(request: HttpRequest, found: Form, row: FormRequest) -> HttpResponse:
    """A neutral e-mail with a fresh link; where no e-mail may be sent, the desk gets a task."""
    if found.letter is not None and found.letter.state in WAITS:
        messages.success(request, _("A message about it waits already."))
        return _back(request, found.course)
    message = care.post(
        clinic=found.course.clinic, to=found.course.patient, template=FORM_READY, about=row.id,
        now=request.now,  # type: ignore[attr-defined]
    )  # fmt: skip
    if message is not None:
        messages.success(request, _("Message: %s.") % message.get_state_display())
    return _back(request, found.course)


def _link(request: HttpRequest, found: Form, row: FormRequest) -> HttpResponse:
    """A new link, shown once; the ones before it stop working."""
    token = actions.new_link(request=row, by=request.actor, now=request.now)  # type: ignore[attr-defined]
    context = {
        "course": found.course,
        "person": banner(found.course.patient, request.now),  # type: ignore[attr-defined]
        "row": row,
        "address": request.build_absolute_uri(reverse("portal:start", args=[token])),
        "back": _address(request, found.course),
    }
    return render(request, "assessment/link.html", context)


def _tablet(request: HttpRequest, found: Form, row: FormRequest) -> HttpResponse:
    """Hand this tablet over: whoever is signed in is signed out, and the form opens."""
    token = actions.new_link(
        request=row,
        by=request.actor,
        now=request.now,
        handed_over=True,  # type: ignore[attr-defined]
    )
    logout(request)
    return redirect("portal:start", token)


def _stop(request: HttpRequest, found: Form, row: FormRequest) -> HttpResponse:
    """It is no longer asked for, and why; what was answered so far is kept."""
    try:
        actions.withdraw(
            request=row,
            reason=request.POST.get("reason", ""),
            by=request.actor,
            now=request.now,  # type: ignore[attr-defined]
        )
    except care.WrongInput as wrong:
        return _stop_again(request, found, wrong)
    messages.success(request, _("No longer asked for. Its link has stopped working."))
    return _back(request, found.course)


def _stop_again(request: HttpRequest, found: Form, wrong: care.WrongInput) -> HttpResponse:
    """The reason was not taken: the same question on a page of its own, with what was typed."""
    form = StopForm(request.POST)
    say_wrong(form, wrong)
    context = {
        "form": form,
        "one": found,
        "back": request.POST.get("back", ""),
        "address": _address(request, found.course),
        "title": _title(found),
        "person": banner(found.course.patient, request.now),  # type: ignore[attr-defined]
    }
    return render(request, "assessment/stop.html", context, status=422)


Act = Callable[[HttpRequest, Form, FormRequest], HttpResponse]
ACTS: dict[str, Act] = {"send": _send, "link": _link, "tablet": _tablet, "stop": _stop}


def _back(request: HttpRequest, course: Course) -> HttpResponse:
    return redirect(_address(request, course))


def _address(request: HttpRequest, course: Course) -> str:
    """Where the button stood: the desk's page, the chart, or the questionnaires of the course."""
    where: dict[str, Any] = {
        "due": reverse("assessment:due"),
        "chart": reverse("care:course", args=[course.id]),
    }
    return where.get(request.POST.get("back", "")) or reverse(
        "assessment:questionnaires", args=[course.id]
    )
