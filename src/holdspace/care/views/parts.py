"""What the rooms above add to the chart: care asks each for its part and knows none of them."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from holdspace.care.models import Course

# A part is escaped HTML, or "" where there is nothing to say.
Part = Callable[[HttpRequest, Course], str]
_PARTS: list[Part] = []


def chart_part(part: Part) -> Part:
    """Register a part of the chart; parts stand under the next door, in order of registering."""
    _PARTS.append(part)
    return part


def chart_parts(request: HttpRequest, course: Course) -> list[str]:
    """The parts of this course's chart that have something to say."""
    return [shown for part in _PARTS if (shown := part(request, course))]
