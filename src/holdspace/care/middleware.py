"""A form that was accepted leaves no draft behind."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from holdspace.care.actions import discard_draft


class DraftMiddleware:
    """Every accepted form answers with a redirect; its draft (`draft_key`) is then forgotten.

    A refused form is shown again with status 200 and keeps its draft, so nothing typed is lost.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code in (302, 303):
            actor = getattr(request, "actor", None)
            key = request.POST.get("draft_key", "")
            if actor is not None and key:
                discard_draft(key=key, by=actor)
        return response
