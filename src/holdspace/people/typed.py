"""What a typed line must be: without line ends where no page can give it back, and dialable."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

LINE_MAX = 200  # characters; the inputs say the same in their maxlength
PHONE_DIGITS_MIN = 7


def line_of(request: HttpRequest, name: str) -> str:
    """One typed line, without line ends and NUL; what a browser would not have sent is cut."""
    return " ".join(request.POST.get(name, "").replace("\0", " ").split())[:LINE_MAX]


def dialable(text: str) -> str:
    """The number as typed, if there are digits enough to dial; empty stays empty."""
    if text and sum(character.isdigit() for character in text) < PHONE_DIGITS_MIN:
        raise forms.ValidationError(_("Accepted: at least seven digits, like 303 555 0142."))
    return text
