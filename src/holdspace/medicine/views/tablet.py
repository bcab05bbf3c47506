"""What a tablet asks for beside its page: the key of its store, giving an entry up, the twins."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from holdspace.care.actions import WrongInput
from holdspace.care.standing import with_time
from holdspace.care.typed import in_words
from holdspace.medicine import actions, answers, kept, page
from holdspace.medicine import envelope as envelopes
from holdspace.medicine.forms import StrikeSetForm
from holdspace.medicine.views.session import banner_of
from holdspace.medicine.web import session_of
from holdspace.people.access import May
from holdspace.people.models import Membership

WORKER = Path(__file__).resolve().parent.parent / "static" / "medicine" / "worker.js"


@login_not_required
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, from an address under which it may stand before the medicine pages."""
    text = WORKER.read_text(encoding="utf-8")
    answer = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@never_cache
def store(request: HttpRequest, session_id: UUID) -> JsonResponse:
    """The server's time, a fresh form token, and the key of this person's store of this session.

    The key is always the same for one member and one session, and nobody else is told it: what a
    tablet kept can be read again by whoever wrote it, once they have signed in.
    """
    session = session_of(request, session_id)
    actor: Membership = request.actor  # type: ignore[attr-defined]
    now: datetime = request.now  # type: ignore[attr-defined]
    key = salted_hmac("holdspace.tablet.1", f"{actor.id}:{session.id}", algorithm="sha256").digest()
    answer = JsonResponse(
        {
            "member": str(actor.id),
            "name": actor.name,
            "csrf": get_token(request),
            "key": b64encode(key).decode(),
        }
    )
    return with_time(answer, now)


@require_POST
def set_aside(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Its author gives an entry up that was not accepted; what it said stays on record."""
    session = session_of(request, session_id, May.READ_CHART)
    now: datetime = request.now  # type: ignore[attr-defined]
    act = request.POST.get("set_aside_act", "")
    try:
        envelope = envelopes.of(request, act, session, now)
        if envelope is None or not act.replace("-", "").isalnum() or len(act) > 40:
            raise WrongInput("entry", "This names no entry.", "an entry that this tablet keeps")
        if not envelopes.is_whose(request):
            return answers.sign_in()
        actions.set_aside(
            session=session, envelope=envelope, why=request.POST.get("set_aside_why", ""),
            by=request.actor, now=now,  # type: ignore[attr-defined]
        )  # fmt: skip
    except WrongInput as error:
        return answers.not_kept(error)
    answers.forget_draft(request)
    return JsonResponse({"state": "set_aside"})


def twice(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Both of what two people charted; a clinician strikes the one that should not count."""
    session = session_of(request, session_id)
    actor: Membership = request.actor  # type: ignore[attr-defined]
    now: datetime = request.now  # type: ignore[attr-defined]
    day = page.read(session, now=now, actor=actor)
    wanted = request.POST.get("taken_as_set", "")
    form: StrikeSetForm | None = None
    if request.method == "POST":
        session_of(request, session_id, May.OBSERVE)
        form = _form(request, wanted, request.POST)
        if form.is_valid() and _struck(form, day, actor, now):
            answers.say(request, _("Struck. It stays readable, with your reason."))
            return redirect("medicine:session", session_id=session.id)
    pairs = page.twice(day)
    for one in (one for pair in pairs for one in pair["both"]):
        is_this = form is not None and one["key"] == wanted
        one["form"] = form if is_this else _form(request, one["key"])
        one["open"] = is_this
    context = {
        "session": session,
        "person": banner_of(session.course, now),
        "twice": pairs,
        "may": actor.can,
        "form": form,
    }
    return render(request, "medicine/twice.html", context, status=422 if form else 200)


def _form(request: HttpRequest, key: str, data: Any = None) -> StrikeSetForm:
    return StrikeSetForm(data, request=request, auto_id=f"{key}-%s")


def _struck(form: StrikeSetForm, day: page.Day, by: Membership, now: datetime) -> bool:
    """Strike every value of the set that stands; a set that is not here is said in the form."""
    sent = kept.by_subject(day.entries)
    wanted = str(form.cleaned_data["taken_as_set"])
    found = next((s for s in kept.sets(day.rows, day.struck, sent) if s.key == wanted), None)
    if found is None:
        form.add_error(None, _("This set is not here, or it is struck already."))
        return False
    assert form.signature is not None
    try:
        actions.strike_set(
            rows=found.rows, reason=form.cleaned_data["reason"], signature=form.signature,
            by=by, now=now,
        )  # fmt: skip
    except WrongInput as error:
        form.add_error("reason", in_words(error))
        return False
    return True
