"""Opening a course, changing its therapist, ending it; answering a finding; striking an entry."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.apps import apps
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from holdspace.care import actions
from holdspace.care.facts import load
from holdspace.care.forms import (
    OpenCourseForm,
    ReliefForm,
    StrikeForm,
    TherapistForm,
    TwoPersonReliefForm,
)
from holdspace.care.models import Course, Decision, ProtocolVersion, Task
from holdspace.care.typed import say_wrong
from holdspace.care.views.booking import told
from holdspace.care.views.chart import banner
from holdspace.care.web import (
    course_or_404,
    kept_decision,
    show_finding,
    staff_choices,
)
from holdspace.core.decision import Finding, Verdict
from holdspace.core.facts import Role, Route
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404, patient_or_404
from holdspace.people.models import Membership, Patient

# A waiver is for this session day; a plan holds for the course, and both are looked at again.
WAIVER_HOURS = 12
PLAN_DAYS = 90


def open_course(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The first door: which protocol, which route, which therapist."""
    patient = patient_or_404(request, patient_id, may=May.OPEN_ENQUIRY)
    actor, now = request.actor, request.now
    versions = list(ProtocolVersion.objects.of(actor.clinic).order_by("name", "-version"))
    form = OpenCourseForm(
        request.POST or None,
        protocols=[(str(v.id), str(v)) for v in versions],
        therapists=staff_choices(actor.clinic, Role.THERAPIST, now),
    )
    if request.method == "POST" and form.is_valid():
        therapist = Membership.objects.get(clinic=actor.clinic, pk=form.cleaned_data["therapist"])
        outcome = actions.open_course(
            patient=patient,
            protocol=next(v for v in versions if str(v.id) == form.cleaned_data["protocol"]),
            route=Route(form.cleaned_data["route"]),
            by=actor,
            now=now,
        )
        reads = actor.may(May.READ_CHART, now)  # the desk opens a course and reads no chart
        if not outcome.allowed:
            if reads:
                return redirect("care:decision", outcome.row.id)
            for words in told(_("Not opened"), outcome.decision, therapist.name):
                messages.warning(request, words)
            return redirect("people:person", patient.id)
        actions.assign_therapist(course=outcome.made, therapist=therapist, by=actor, now=now)
        messages.success(request, _("The course is open. Assessment can begin."))
        return redirect("care:chart" if reads else "people:person", patient.id)
    calls = Task.objects.of(actor.clinic).filter(patient=patient, kind="enquiry_call_now")
    context = {
        "form": form,
        "person": banner(patient, now),
        "patient": patient,
        "call": calls.select_related("owner__user", "closed_by__user").last(),
    }
    return render(request, "care/open_course.html", context)


def therapist(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """A change of therapist is asked of the person, signed, and told; never a silent edit."""
    now = request.now
    course = course_or_404(request, course_id, May.READ_CLINICAL_HOLD_REASON)
    form = TherapistForm(
        request.POST or None,
        request=request,
        meaning=_("I asked the person, who agreed to this change"),
        therapists=staff_choices(course.clinic, Role.THERAPIST, now),
        until_now=_therapist_of(course, now),
    )
    if request.method == "POST" and form.is_valid():
        chosen = Membership.objects.get(clinic=course.clinic, pk=form.cleaned_data["therapist"])
        try:
            actions.assign_therapist(
                course=course,
                therapist=chosen,
                because=form.cleaned_data["because"],
                agrees=form.cleaned_data["agrees"] == "yes",
                patients_consent=form.cleaned_data["patients_consent"],
                handed_from=form.cleaned_data.get("handed_from", ""),
                signature=form.signature,
                by=request.actor,
                now=now,
            )
        except actions.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("The therapist is changed, with the person's consent."))
            return redirect("care:chart", course.patient_id)
    context = {"form": form, "person": banner(course.patient, now), "course": course}
    return render(request, "care/therapist.html", context)


def _therapist_of(course: Course, now: datetime) -> tuple[str, str]:
    """Key and name of the therapist until now; empty where nobody is assigned yet."""
    facts = load(course, now=now)
    key = facts.course.therapist if facts.course else ""
    member = facts.member(key)
    return key, member.name if member else ""


def relieve(request: HttpRequest, decision_id: UUID, number: int) -> HttpResponse:
    """Waive one measured fail, or record the plan that answers one hold, of a kept decision."""
    actor, now = actor_or_404(request, May.WAIVE), request.now
    row = Decision.objects.of(actor.clinic).filter(pk=decision_id).first()
    kept = kept_decision(row) if row and row.course_id else None
    if row is None or kept is None or number >= len(kept.findings):
        raise Http404
    course = course_or_404(request, row.course_id, May.WAIVE)
    finding = kept.findings[number]
    meaning = (
        _("I record this plan") if finding.verdict is Verdict.HOLD else _("I waive this finding")
    )
    form = _relief_form(request, finding, course, meaning)
    if request.method == "POST" and form.is_valid():
        try:
            actions.relieve(
                course=course,
                finding=finding,
                reason=form.cleaned_data["reason"],
                expires_at=_expiry(finding.verdict, now),
                signature=form.signature,
                second=getattr(form, "second", None),
                second_signature=getattr(form, "second_signature", None),
                letter=form.cleaned_data.get("letter"),
                session=row.session,
                by=request.actor,
                now=now,
            )
        except actions.WrongInput as wrong:
            say_wrong(form, wrong)
        else:
            messages.success(request, _("Recorded. Ask at the door again."))
            return redirect("care:chart", course.patient_id)
    context = {
        "form": form,
        "finding": show_finding(finding, names={}),
        "person": banner(course.patient, now),
        "row": row,
        "meaning": meaning,
        "expires_at": _expiry(finding.verdict, now),
    }
    return render(request, "care/relieve.html", context)


def _relief_form(
    request: HttpRequest, finding: Finding, course: Course, meaning: str
) -> ReliefForm:
    """One signature or two, and the letters on file, as the finding asks."""
    shape = TwoPersonReliefForm if finding.second_signer else ReliefForm
    letters = [
        (str(row.id), f"{row.title} ({course.clinic.day(row.signed_at)})")
        for row in (actions.letters_on_file(course) if finding.specialty else ())
    ]
    return shape(
        request.POST or None,
        request=request,
        meaning=meaning,
        specialty=finding.specialty,
        letters=letters,
    )


def _expiry(verdict: Verdict, now: datetime) -> datetime:
    return now + (
        timedelta(days=PLAN_DAYS) if verdict is Verdict.HOLD else timedelta(hours=WAIVER_HOURS)
    )


STRIKEABLE = {"observation": "Observation", "event": "Event", "document": "Document"}


def strike(request: HttpRequest, table: str, row_id: UUID) -> HttpResponse:
    """Strike a wrong entry, or one that was written on the wrong person's chart."""
    actor, now = actor_or_404(request, May.OBSERVE), request.now
    if table not in STRIKEABLE:
        raise Http404
    model = apps.get_model("care", STRIKEABLE[table])
    row = model.objects.of(actor.clinic).filter(pk=row_id).first()
    if row is None:
        raise Http404
    course = course_or_404(request, row.course_id, May.OBSERVE)
    meaning = _("This entry is wrong; I strike it")
    form = StrikeForm(request.POST or None, request=request, meaning=meaning)
    if request.method == "POST" and form.is_valid():
        theirs = _their_course(request, form)
        if form.is_valid():
            try:
                actions.strike(
                    row=row,
                    reason=form.cleaned_data["reason"],
                    signature=form.signature,
                    by=request.actor,
                    now=now,
                    their_course=theirs,
                )
            except actions.WrongInput as wrong:
                say_wrong(form, wrong)
            else:
                messages.success(
                    request, _("The entry is struck. It stays readable, with your reason.")
                )
                return redirect("care:chart", course.patient_id)
    context = {
        "form": form,
        "person": banner(course.patient, now),
        "row": row,
        "course": course,
        "meaning": meaning,
    }
    return render(request, "care/strike.html", context)


def _their_course(request: HttpRequest, form: StrikeForm) -> Course | None:
    number = form.cleaned_data["belongs_to"].strip()
    if not number:
        return None
    visible = Patient.objects.visible_to(request.actor, request.now)
    found = Course.objects.of(request.actor.clinic).filter(
        patient__display_id__iexact=number, patient__in=visible
    )
    course = found.order_by("-number").first()
    if course is None:
        form.add_error(
            "belongs_to", _("Nobody with this number has a course here. Accepted: P-0042")
        )
    return course
