"""One question a view, kept as it is answered; the person needs a link and nothing else.

Who holds a link may answer; nothing that was answered before is shown to them, unless this same
browser gave the answer a moment ago. Addresses hold the token, so these pages are never cached
and the log leaves it out (config/quiet_log.py). The referrer policy stays "same-origin": with
"no-referrer" a browser sends no origin with a form either, and the form would be refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from holdspace.assessment import actions as assessment
from holdspace.assessment.asked import expires_at, form_behind, standing_answers
from holdspace.assessment.instruments import instruments
from holdspace.assessment.models import FormRequest
from holdspace.care.actions import WrongInput, unwanted, wish_to_be_reached
from holdspace.care.models import Channel
from holdspace.care.typed import in_words
from holdspace.core.asking import questions, still_open
from holdspace.core.scales import Item, Scale
from holdspace.people.limit import too_many
from holdspace.people.models import Clinic
from holdspace.portal import reading
from holdspace.portal.actions import ask_for_a_call
from holdspace.portal.sitting import DONE_KEY, Sitting, sitting_of
from holdspace.records.actions import log_access
from holdspace.records.models import AccessWhat

DEAD_LINKS_AN_HOUR = 30
CLINICS_MAX = 5

View = Callable[..., HttpResponse]


def by_link(view: View) -> View:
    """The view gets the open form behind the token; any other token gets the one kind page."""

    @login_not_required
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def found(request: HttpRequest, token: str, **more: Any) -> HttpResponse:
        _nobody(request)
        form = form_behind(token, request.now)
        if form is None:
            return dead_link(request)
        request.clinic = form.clinic
        with timezone.override(form.clinic.zone):
            return view(request, form, token, **more)

    return found


@by_link
def start(request: HttpRequest, form: FormRequest, token: str) -> HttpResponse:
    """Who asks, how long it is, and who reads it when: before the first question."""
    asked, sitting = _asked(form), sitting_of(request, form)
    if request.method == "POST":
        sitting.begin()
        return _onward(request, form, token)
    log_access(
        by=None,
        now=request.now,
        what=AccessWhat.PORTAL_VIEW,
        clinic_id=form.clinic_id,
        patient_id=form.patient_id,
        detail="form",
        ip=request.META.get("REMOTE_ADDR") or None,
        agent=request.headers.get("User-Agent", ""),
    )
    items, declined = standing_answers(form)
    context = {
        "of": len(questions(asked, items, declined)),
        "is_resumed": bool(items or declined),
        "reads": reading.of(form, asked, request.now),
        "until": expires_at(form),
    }
    return _page(request, form, token, "portal/start.html", context)


@by_link
def question(request: HttpRequest, form: FormRequest, token: str, number: int) -> HttpResponse:
    """One question. Its answer is on disk before the next one is shown."""
    sitting = sitting_of(request, form)
    if not sitting.begun:
        return redirect("portal:start", token)
    asked = _asked(form)
    items, declined = standing_answers(form)
    shown = questions(asked, items, declined)
    if not 0 < number <= len(asked.items) or asked.items[number - 1] not in shown:
        return _onward(request, form, token)
    item = asked.items[number - 1]
    problem = ""
    if request.method == "POST":
        try:
            return _keep(request, form, token, asked, item)
        except WrongInput:
            problem = _("Please choose one answer, or say that you would rather not.")
    place = shown.index(item)
    context = {
        "scale": asked,
        "item": item,
        "number": place + 1,
        "of": len(shown),
        "chosen": _own_answer(form, item, asked, items, sitting),
        "was_declined": item.code in declined and item.code in sitting.given,
        "back": asked.items.index(shown[place - 1]) + 1 if place else 0,
        "is_last": place + 1 == len(shown),
        "problem": problem,
    }
    return _page(request, form, token, "portal/question.html", context)


@by_link
def help_now(request: HttpRequest, form: FormRequest, token: str) -> HttpResponse:
    """Help first; a person calls only after a yes; and the questions can wait."""
    sitting = sitting_of(request, form)
    if not sitting.needs_help:
        return redirect("portal:start", token)
    if request.method == "POST":
        _hear_about_a_call(request, form, sitting)
        return redirect("portal:help_now", token)
    return _page(request, form, token, "portal/help_now.html", {})


@by_link
def pause(request: HttpRequest, form: FormRequest, token: str) -> HttpResponse:
    """Stopping is always possible: for now, or for good with what was answered."""
    sitting = sitting_of(request, form)
    if not sitting.begun:
        return redirect("portal:start", token)
    items, declined = standing_answers(form)
    if request.method == "POST" and (items or declined):
        return _finish(request, form, incomplete=True)
    context = {"until": expires_at(form), "may_end": bool(items or declined)}
    return _page(request, form, token, "portal/pause.html", context)


@by_link
def reach(request: HttpRequest, form: FormRequest, token: str) -> HttpResponse:
    """How the clinic may reach this person: a channel ends here at once, the rest is asked about.

    Whoever holds the link sees what is off and nothing else: no number, no address, no words.
    """
    patient = form.course.patient
    problem, words = "", request.POST.get("words", "")
    if request.method == "POST":
        stop = [channel for channel in Channel if channel.value in request.POST.getlist("stop")]
        try:
            wish_to_be_reached(patient=patient, stop=stop, words=words, now=request.now)
        except WrongInput as wrong:
            problem = in_words(wrong)
        else:
            return redirect(f"{reverse('portal:reach', args=[token])}?kept=1")
    off = unwanted(patient)
    context = {
        "channels": [(channel, channel in off) for channel in Channel],
        "words": words,
        "problem": problem,
        "is_kept": "kept" in request.GET,
    }
    return _page(request, form, token, "portal/reach.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def thank_you(request: HttpRequest) -> HttpResponse:
    """The end: thanks, who reads it, and help where it was needed; never a score."""
    _nobody(request)
    done = request.session.get(DONE_KEY, "")
    form = (
        FormRequest.objects.select_related("clinic", "course__protocol")
        .filter(pk=done or None)
        .first()
    )
    if form is None:
        return dead_link(request)
    request.clinic = form.clinic
    sitting = sitting_of(request, form)
    if request.method == "POST" and sitting.needs_help:
        _hear_about_a_call(request, form, sitting)
        return redirect("portal:thank_you")
    with timezone.override(form.clinic.zone):
        context = {"reads": reading.of(form, _asked(form), request.now)}
        return _page(request, form, "", "portal/thank_you.html", context)


# --- what the views share -------------------------------------------------------------------------


def _nobody(request: HttpRequest) -> None:
    """Whoever is signed in in this browser, these pages are the person's: they show no staff."""
    request.actor = None  # type: ignore[attr-defined]
    request.user = AnonymousUser()


def _asked(form: FormRequest) -> Scale:
    """The instrument, with the wording that this clinic may use."""
    return instruments(form.clinic)[form.instrument]


def _page(
    request: HttpRequest, form: FormRequest, token: str, template: str, context: dict[str, Any]
) -> HttpResponse:
    sitting = sitting_of(request, form)
    shared = {
        "clinic": form.clinic,
        "token": token,
        "sitting": sitting,
        "may_be_called": sitting.needs_help and reading.calls(form, request.now),
    }
    return render(request, template, shared | context)


def _keep(
    request: HttpRequest, form: FormRequest, token: str, asked: Scale, item: Item
) -> HttpResponse:
    """Keep what was chosen and go on; an answer about safety goes to help first."""
    sitting, typed = sitting_of(request, form), request.POST.get("option", "")
    if "decline" in request.POST:
        option = None
        assessment.decline_item(request=form, item=item.code, now=request.now)
    else:
        try:
            option = int(typed)
        except ValueError as error:
            raise WrongInput("option", "Nothing was chosen.", "one of the answers") from error
        assessment.answer_item(request=form, item=item.code, option=option, now=request.now)
    needs_help = reading.needs_help(form, asked, item, option)
    sitting.answered(item.code, needs_help=needs_help)
    items, declined = standing_answers(form)
    if not still_open(asked, items, declined):
        return _finish(request, form)
    if needs_help:
        return redirect("portal:help_now", token)
    return _onward(request, form, token, after=item)


def _onward(
    request: HttpRequest, form: FormRequest, token: str, after: Item | None = None
) -> HttpResponse:
    """To the next question that has no answer: after this one, else from the beginning."""
    asked = _asked(form)
    waiting = still_open(asked, *standing_answers(form))
    if not waiting:
        return _finish(request, form)
    places = [asked.items.index(item) for item in waiting]
    since = asked.items.index(after) if after else -1
    place = next((place for place in places if place > since), places[0])
    return redirect("portal:question", token, place + 1)


def _finish(request: HttpRequest, form: FormRequest, *, incomplete: bool = False) -> HttpResponse:
    assessment.finish(request=form, incomplete=incomplete, now=request.now)
    request.session[DONE_KEY] = str(form.id)
    return redirect("portal:thank_you")


def _own_answer(
    form: FormRequest, item: Item, asked: Scale, items: dict[str, int], sitting: Sitting
) -> int | None:
    """The answer that this browser gave a moment ago; one about safety is asked afresh."""
    if item.code not in sitting.given or reading.is_about_safety(form, asked, item):
        return None
    return items.get(item.code)


def _hear_about_a_call(request: HttpRequest, form: FormRequest, sitting: Sitting) -> None:
    if request.POST.get("call") == "yes" and reading.calls(form, request.now):
        ask_for_a_call(form=form, phone=request.POST.get("phone", ""), now=request.now)
        sitting.said_to_a_call("yes")
    elif request.POST.get("call") == "no":
        sitting.said_to_a_call("no")


def dead_link(request: HttpRequest) -> HttpResponse:
    """Expired, replaced, used, mistyped or made up: one page, and it says no more than that."""
    clinics = list(Clinic.objects.order_by("name")[:CLINICS_MAX])
    if len(clinics) == 1:
        request.clinic = clinics[0]  # type: ignore[attr-defined]
    often = too_many("dead-links", request.META.get("REMOTE_ADDR", ""), DEAD_LINKS_AN_HOUR)
    status = 429 if often else 404
    return render(request, "portal/dead.html", {"clinics": clinics}, status=status)
