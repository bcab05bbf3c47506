"""Diagnoses, ECG and laboratory values: every entry, and the way to add, change and strike one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from holdspace.care import actions
from holdspace.care import facts as loader
from holdspace.care.actions import WrongInput
from holdspace.care.listed import diagnosis_lines, result_lines
from holdspace.care.models import Course, EventKind
from holdspace.care.results_form import DiagnosisForm, ResultForm, diagnosed
from holdspace.care.typed import say_wrong
from holdspace.care.views.chart import banner
from holdspace.care.web import course_or_404, names_of
from holdspace.core.diagnosed import name_of
from holdspace.core.diagnoses import NOT_MAPPED, Diagnosis, questions_of, written_onset
from holdspace.people.access import May


def results(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """Every entry of this person, the newest first; a struck one stays, with its reason."""
    course = course_or_404(request, course_id)
    now, zone = request.now, course.clinic.zone
    entries, struck = loader.entries_of(course.patient)
    names = names_of(course.clinic_id, {h.by for h in entries})
    said = [h.body for h in reversed(entries) if h.kind is EventKind.DIAGNOSIS_RECORDED]
    found = [h.body for h in reversed(entries) if h.kind is EventKind.INVESTIGATION_REPORTED]
    found.sort(key=lambda row: row.taken_on, reverse=True)
    protocol = loader.protocol_of(course)
    stands = {row.id for row in loader.standing_of(entries, struck)}
    context = {
        "person": banner(course.patient, now),
        "course": course,
        "diagnoses": diagnosis_lines(said, protocol, names, now, zone, struck, stands),
        "results": result_lines(found, names, course.clinic.day(now), struck),
        "now": now,
    }
    return render(request, "care/results.html", context)


def add_results(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """An ECG or laboratory values that came in; what is typed wrong comes back as it was typed."""
    course = course_or_404(request, course_id, May.WRITE_MEDICAL)
    form = ResultForm(_sent(request), today=course.clinic.day(request.now))
    if request.method == "POST" and form.is_valid():
        try:
            given = form.given()
            rows = actions.keep_results(course=course, by=request.actor, now=request.now, **given)
        except WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            _say_what_is_kept(request, len(rows), len(given["results"]) + bool(given["ecg"]))
            return redirect("care:results", course.id)
    context = {"form": form, "course": course, "person": banner(course.patient, request.now)}
    return render(request, "care/results_add.html", context)


def _say_what_is_kept(request: HttpRequest, new: int, given: int) -> None:
    if new:
        messages.success(request, _("Kept: %(n)d results.") % {"n": new})
    if new < given:
        said = _("On file already, word for word: %(n)d results. They stand once.")
        messages.info(request, said % {"n": given - new})


def add_diagnosis(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """A diagnosis that somebody learned of, or a change to one on file (`?of=`)."""
    course = course_or_404(request, course_id, May.OBSERVE)
    protocol, now = loader.protocol_of(course), request.now
    wanted = request.GET.get("of", "")
    old = next((d for d in loader.diagnoses_of(course.patient) if d.id == wanted), None)
    if wanted and old is None and request.method == "GET":
        messages.error(request, _("That entry was changed or struck meanwhile."))
        return redirect("care:results", course.id)
    form = DiagnosisForm(
        _sent(request), today=course.clinic.day(now), initial=_initial(old) if old else None
    )
    if request.method == "POST" and form.is_valid():
        given = diagnosed(form.cleaned_data, 0, wanted)
        assert given is not None, "a valid form names a diagnosis"
        try:
            row = actions.record_diagnosis(
                course=course, diagnosis=given, by=request.actor, now=now
            )
        except WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("The diagnosis is on the chart."))
            say_where_it_leads(request, loader.decoded(row).body, course)
            return redirect("care:chart", course.patient_id)
    context = {
        "form": form,
        "course": course,
        "old": old,
        "answers": [protocol.conditions[key].label for key in questions_of(old.icd10, protocol)]
        if old
        else [],
        "person": banner(course.patient, now),
    }
    return render(request, "care/diagnosis.html", context)


def say_where_it_leads(request: HttpRequest, diagnosis: Diagnosis, course: Course) -> None:
    """What a diagnosis answers, or that nobody but a reader can tell."""
    protocol = loader.protocol_of(course)
    keys = questions_of(diagnosis.icd10, protocol)
    name = name_of(diagnosis)
    if not keys:
        messages.warning(request, f"{name}: {NOT_MAPPED}.")
        return
    labels = "; ".join(protocol.conditions[key].label for key in keys)
    messages.warning(request, _("%(name)s counts as: %(labels)s.")
                     % {"name": name, "labels": labels})  # fmt: skip


def _sent(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when it was nothing at all; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


def _initial(old: Diagnosis) -> dict[str, Any]:
    return {
        "diagnosis_0": old.words,
        "icd10_0": old.icd10,
        "onset_0": written_onset(old),
        "who_0": old.who,
    }
