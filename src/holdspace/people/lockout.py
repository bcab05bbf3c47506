"""Guessing a password stops after a few tries, at sign-in and at every signature alike."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def username_of(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """Which account a guess was made at: the same word for sign-in and for signing."""
    given = credentials or {}
    typed = given.get("email") or given.get("username")
    if not typed and request is not None:
        typed = request.POST.get("login", "")
    return str(typed or "").strip().casefold()


def locked_out_response(
    request: HttpRequest, response: Any = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """A kind page that says how long it lasts and what the session does meanwhile (429)."""
    return render(request, "people/locked_out.html", {"minutes": LOCK_MINUTES}, status=429)


GUESSES_MAX = 5
LOCK_MINUTES = 15
