"""A form that was accepted leaves no draft behind."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from holdspace.care.actions import discard_draft


class DraftMiddleware:
    """Every accepted form answers with a redirect; its draft (`draft_key`) is then forgotten.

    A refused form is shown again and keeps its draft; so does one whose door refused and led to the
    kept decision. Nothing typed is lost.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_redirect = request.method == "POST" and response.status_code in (302, 303)
        if is_redirect and not _is_refusal(response["Location"]):
            actor = getattr(request, "actor", None)
            key = request.POST.get("draft_key", "")
            if actor is not None and key:
                discard_draft(key=key, entry=request.POST.get("entry", ""), by=actor)
        return response


def _is_refusal(address: str) -> bool:
    """Whether an answer leads to a kept decision, as every refused door does."""
    try:
        return resolve(urlsplit(address).path).view_name == "care:decision"
    except Resolver404:
        return False
