"""What a session page's own script is told of an entry it sent: charted, not accepted, sign in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from holdspace.care.actions import WrongInput, discard_draft
from holdspace.care.typed import in_words
from holdspace.medicine.actions.entries import Sent

STAYS = frozenset({"emergency"})  # nobody's page of steps is reloaded under their hand
# The page that follows names what was charted, and first of all what of it is outside a limit:
# a tick above that would be read first, and as if all were well.
SAID_ON_THE_PAGE = frozenset({"observe"})


def _is_said_there(what: Sent) -> bool:
    return what.row.act in SAID_ON_THE_PAGE and not what.repeated


def is_asked_by_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Keep") == "1"


def say(request: HttpRequest, words: str) -> None:
    messages.success(request, words)


def sent(request: HttpRequest, what: Sent) -> HttpResponse:
    """Charted (now or before), or kept aside because its id was used for something else."""
    row = what.row
    if not what.is_charted:
        return JsonResponse({"state": "other_body", "said": other_body()}, status=409)
    # A page that sends by itself shows its list; words for the next page would come too late.
    stays = is_asked_by_script(request) and row.act in STAYS
    if request.headers.get("X-Background") != "1" and not (stays or _is_said_there(what)):
        say(request, row.said)
    if not is_asked_by_script(request):
        return redirect(page_after(row.session_id, row.act))
    page = "" if stays else page_after(row.session_id, row.act)
    return _json({"state": "done", "said": row.said, "repeated": what.repeated, "page": page})


def forget_draft(request: HttpRequest) -> None:
    """What was typed is on record; what was begun in the same form since then stays a draft."""
    if key := request.POST.get("draft_key"):
        by = request.actor  # type: ignore[attr-defined]
        discard_draft(key=key, entry=request.POST.get("entry", ""), by=by)


def page_after(session: UUID, act: str) -> str:
    """Where an act leads: the session page, after an opened emergency page with that beside it."""
    page = reverse("medicine:session", args=[session])
    return f"{page}?emergency=1" if act == "emergency" else page


def other_body() -> str:
    return _(
        "Another entry came under this id before. This one is not charted; it is kept and a task"
        " asks a person to look at both."
    )


def not_accepted(form: forms.Form) -> HttpResponse:
    """Each field that was not accepted, with its words; the tablet keeps what was typed."""
    errors = []
    for name, said in form.errors.items():
        label = str(form.fields[name].label or "") if name in form.fields else ""
        errors.append({"field": name, "label": label, "said": " ".join(map(str, said))})
    return _json({"state": "not_accepted", "errors": errors}, status=422)


def not_kept(error: WrongInput) -> HttpResponse:
    """The entry's own surroundings were wrong, or the act is none that a tablet may keep."""
    said = in_words(error)
    errors = [{"field": error.field, "label": "", "said": said}]
    return _json({"state": "not_accepted", "errors": errors}, status=422)


def sign_in() -> HttpResponse:
    """Whoever wrote it is not who is signed in: it stays where it is until they are."""
    return _json({"state": "sign_in"}, status=401)


def _json(data: dict[str, Any], status: int = 200) -> HttpResponse:
    answer = JsonResponse(data, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
