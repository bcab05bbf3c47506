"""What is typed into a form that has no page of its own to come back on."""

from __future__ import annotations

from django.http import HttpRequest

LINE_MAX = 200  # characters; the inputs say the same in their maxlength


def line_of(request: HttpRequest, name: str) -> str:
    """One typed line, without line ends and NUL; what a browser would not have sent is cut."""
    return " ".join(request.POST.get(name, "").replace("\0", " ").split())[:LINE_MAX]
