"""Outcomes: each instrument's totals over time, with the doses on the same axis."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from holdspace.assessment.asked import kept_forms
from holdspace.assessment.instruments import instruments
from holdspace.assessment.owed import Stands, forms_of
from holdspace.assessment.picture import DoseMark, draw
from holdspace.care.facts import decoded
from holdspace.care.models import Course, EventKind
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404
from holdspace.core.scales import Scale
from holdspace.core.trend import Filled, Missed, Trend, trend
from holdspace.core.units import plain

GAPS_NAMED = 6  # the newest; the table has all of them


def outcomes(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Every instrument that was asked more than never, each with its picture and its table."""
    course = course_or_404(request, course_id)
    trends, never = _trends(course, request.now)
    doses = _doses(course)
    moments = [p.at for t in trends for p in (*t.points, *t.gaps)] + [d.at for d in doses]
    zone = course.clinic.zone
    shown = [
        {
            "trend": one,
            "picture": draw(one, doses, min(moments), max(moments), zone)
            if one.has_amounts
            else None,
            "first": one.points[0] if one.points else None,
            "last": one.points[-1] if one.points else None,
            "gaps": one.gaps[-GAPS_NAMED:],
            "gaps_before": max(len(one.gaps) - GAPS_NAMED, 0),
            "apart": abs(one.between.points) if one.between.points is not None else None,
        }
        for one in trends
    ]
    context = {
        "course": course,
        "person": banner(course.patient, request.now),
        "shown": shown,
        "never": never,
        "doses": doses,
        "now": request.now,
    }
    return render(request, "assessment/outcomes.html", context)


def _trends(course: Course, now: datetime) -> tuple[list[Trend], list[tuple[Scale, list[Missed]]]]:
    """One for each instrument with a form, what can be drawn and the most answered first; and
    those that were asked for and never answered."""
    known = instruments(course.clinic)
    filled: dict[str, list[Filled]] = {}
    for one in kept_forms(course):
        if not one.struck:
            form = Filled(
                str(one.event.id), one.event.at, one.body.total, one.body.level, one.body.point
            )
            filled.setdefault(one.body.instrument, []).append(form)
    missed: dict[str, list[Missed]] = {}
    for one in forms_of(course, now):
        if one.stands in (Stands.OVERDUE, Stands.MISSED):
            missed.setdefault(one.instrument, []).append(Missed(one.due_at, one.point))
    keys = sorted(filled, key=lambda key: (-len(filled[key]), key))
    scales: dict[str, Scale] = {key: known[key] for key in keys if key in known}
    found = [trend(s, filled[key], missed.get(key, ())) for key, s in scales.items()]
    never = [
        (known[key], rows) for key, rows in missed.items() if key in known and key not in scales
    ]
    return sorted(found, key=lambda one: not one.has_amounts), never


def _doses(course: Course) -> list[DoseMark]:
    """What was given on each session day, together, at the time of its first dose."""
    struck = set(course.strikes.values_list("struck_id", flat=True))
    rows = course.events.filter(kind=EventKind.DOSE_GIVEN, body__isnull=False).order_by("at")
    days: dict[date, tuple[datetime, Decimal]] = {}
    for row in rows:
        if row.id in struck:
            continue
        day = course.clinic.day(row.at)
        first, so_far = days.get(day, (row.at, Decimal(0)))
        days[day] = (first, so_far + decoded(row).body.dose_mg)
    return [DoseMark(at, f"{plain(dose_mg)} mg") for at, dose_mg in days.values()]
