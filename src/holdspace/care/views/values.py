"""Every value of a course on pages of fifty, each with the way to correct it."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from holdspace.care.models import Strike
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404
from holdspace.core.units import KINDS, Kind

PAGE = 50


def values(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """The newest first; `?kind=` shows one kind. A struck value stays, with its reason."""
    course = course_or_404(request, course_id)
    kind = request.GET.get("kind", "")
    every = course.observations.all()
    there = set(every.order_by().values_list("kind", flat=True).distinct())
    rows = every.filter(kind=kind) if kind in there else every
    rows = rows.select_related("by__user").order_by("-taken_at", "-recorded_at", "-id")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    strikes = Strike.objects.filter(course=course, struck_id__in=[row.id for row in page])
    struck = {strike.struck_id: strike for strike in strikes}
    context = {
        "person": banner(course.patient, request.now),
        "course": course,
        "page": page,
        "kind": kind,
        "kinds": sorted(((k, KINDS[Kind(k)].label) for k in there), key=lambda pair: pair[1]),
        "rows": [
            {
                "row": row,
                "label": KINDS[Kind(row.kind)].label,
                "text": row.as_core.text,
                "strike": struck.get(row.id),
            }
            for row in page
        ],
    }
    return render(request, "care/values.html", context)
