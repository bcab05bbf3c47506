"""What a player sends, what it plays from, and the list of a good room."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from holdspace.care.actions import WrongInput
from holdspace.care.models import Session
from holdspace.care.typed import in_words
from holdspace.care.web import course_or_404
from holdspace.comfort import actions
from holdspace.comfort.actions import Played
from holdspace.comfort.actions.played import MOMENTS_MAX
from holdspace.comfort.models import What
from holdspace.core.music import Phase
from holdspace.medicine import answers
from holdspace.medicine import music as shown
from holdspace.medicine.actions.common import open_session
from holdspace.medicine.views.session import banner_of, may_play, now_context
from holdspace.medicine.web import session_of
from holdspace.people.access import May

BODY_MAX = 200_000


@require_http_methods(["GET", "HEAD", "POST"])
def music(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """GET: the plan with its files. POST: moments of a player, each kept once."""
    if request.method != "POST":
        session = session_of(request, session_id)
        return HttpResponse(shown.whole(session)["data"] or "{}", content_type="application/json")
    session = session_of(request, session_id, May.OBSERVE)
    try:
        body = json.loads(request.body[:BODY_MAX])
        sent, by = body["moments"], body["by"]
        if not isinstance(sent, list) or len(sent) > MOMENTS_MAX:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        accepted = f"moments: a list of up to {MOMENTS_MAX}; by: whoever was signed in"
        return JsonResponse({"problem": _("This can't be read."), "accepted": accepted}, status=400)
    if by != str(request.actor.id):  # type: ignore[attr-defined]
        return answers.sign_in()
    kept, refused = [], []
    for one in sent:
        try:
            played = _read(one)
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            refused.append({"id": _key(one), "why": f"{wrong}"[:200]})
        else:
            kept.append(played)
    return JsonResponse(_keep(request, session, kept, refused))


def _keep(
    request: HttpRequest, session: Session, played: list[Played], refused: list[dict[str, str]]
) -> dict[str, Any]:
    """All of them together; where one is wrong, each by itself, so that it keeps back no other."""
    common = {"session": session, "by": request.actor, "now": request.now}  # type: ignore[attr-defined]
    done: list[str] = []
    try:
        actions.keep_moments(played=played, **common)
        done = [str(one.key) for one in played]
    except WrongInput:
        for one in played:
            try:
                actions.keep_moments(played=[one], **common)
            except WrongInput as wrong:
                refused.append({"id": str(one.key), "why": str(wrong)})
            else:
                done.append(str(one.key))
    return {"kept": done, "refused": refused}


def _read(one: Mapping[str, Any]) -> Played:
    def moment(name: str) -> datetime:
        found = datetime.fromisoformat(one[name])
        if found.tzinfo is None:
            raise ValueError(f"{name}: the time has no zone")
        return found

    return Played(
        key=UUID(one["id"]),
        what=What(one["what"]),
        at=moment("at"),
        screen=UUID(one["screen"]),
        phase=Phase(one["phase"]) if one.get("phase") else None,
        track=UUID(one["track"]) if one.get("track") else None,
        plan=UUID(one["plan"]) if one.get("plan") else None,
        about=moment("about") if one.get("about") else None,
    )


def _key(one: object) -> str:
    return str(one.get("id", ""))[:36] if isinstance(one, dict) else ""


@may_play
@require_safe
def player(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The player in a window of its own: it plays on while the session page opens others."""
    session = session_of(request, session_id)
    context = now_context(request, session)
    context |= {
        "player": shown.whole(session),
        "room": shown.room(session.course, session, context["now"]),
        "may": request.actor.can,  # type: ignore[attr-defined]
        "live_url": reverse("medicine:session_live", args=[session.id]),
    }
    return render(request, "medicine/player.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def room(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """The list of comfort: what is done and what the person does not want, before the dose."""
    now: datetime = request.now  # type: ignore[attr-defined]
    writes = request.method == "POST"
    course = course_or_404(request, course_id, May.OBSERVE if writes else May.READ_CHART)
    session, problem = open_session(course), ""
    said = shown.room(course, session, now)
    if writes:
        try:
            actions.check_room(
                course=course, session=session, done=request.POST.getlist("done"),
                not_wanted=request.POST.getlist("not_wanted"), note=request.POST.get("note", ""),
                by=request.actor, now=now,  # type: ignore[attr-defined]
            )  # fmt: skip
        except WrongInput as wrong:
            problem = f"{said['words'].get(wrong.field, '')} {in_words(wrong)}"
            said |= shown.typed(request.POST, said)
        else:
            messages.success(request, _("Kept: the room."))
            if session:
                return redirect("medicine:session", session.id)
            return redirect("medicine:readiness", course.id)
    context = {
        "course": course,
        "session": session,
        "person": banner_of(course, now),
        "room": said | {"problem": problem, "opened": True},
        "may": request.actor.can,  # type: ignore[attr-defined]
    }
    return render(request, "medicine/room.html", context, status=422 if problem else 200)
