"""A refused act is said beside what was typed, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from holdspace.people.signing import Refused, SignatureRefused

T = TypeVar("T")


def attempt(form: forms.Form, act: Callable[[], T]) -> T | None:
    """What the act returns, or None with its refusal on the form's field."""
    try:
        return act()
    except (Refused, SignatureRefused) as refused:
        field = refused.field if refused.field in form.fields else None
        form.add_error(field, refused.message)
        return None


def told(request: HttpRequest, act: Callable[[], object], done: str) -> None:
    """For a plain button: do it and say so, or say why not."""
    try:
        act()
    except (Refused, SignatureRefused) as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, done)
