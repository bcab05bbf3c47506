"""The chart: may this person go on today, how much last time, did it help, what happened."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from holdspace import __version__
from holdspace.care import facts as loader
from holdspace.care import telling
from holdspace.care.actions.files import AMENDABLE
from holdspace.care.actions.monitoring import is_supervisor
from holdspace.care.events import Happened
from holdspace.care.listed import diagnosis_lines, result_lines
from holdspace.care.models import (
    Course,
    Decision,
    Document,
    EventKind,
    ProtocolVersion,
    Session,
    Strike,
)
from holdspace.care.views.parts import chart_parts
from holdspace.care.web import document_or_404, kept_decision, names_of, show_decision
from holdspace.core import gates, journey
from holdspace.core.codes import Code
from holdspace.core.course import clearance_left
from holdspace.core.decision import Decision as GateDecision
from holdspace.core.decision import Door
from holdspace.core.facts import Facts
from holdspace.core.investigations import newest_of_each
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import KINDS, Kind
from holdspace.people.access import May
from holdspace.people.guard import actor_or_404, patient_or_404, requires
from holdspace.people.models import Membership, Patient

# Where the next step is done, by the door that it leads through.
NEXT_STEP: dict[Door, tuple[str, str]] = {
    Door.CLEAR_FOR_MEDICINE: ("assessment:clearance", "Go to the clearance"),
    Door.BEGIN_PREPARATION: ("preparation:visit", "Begin preparation"),
    Door.OPEN_SESSION: ("medicine:readiness", "Go to the readiness check"),
    Door.NEXT_SESSION: ("care:book", "Book the next session"),
    Door.CLOSE_COURSE: ("integration:close", "Close the course"),
}

# What is missing, the page that puts it right and who does that, in the order of the work. What
# is only asked on the day itself is not here: the readiness check asks all of it at once.
MISSING_STEP: tuple[tuple[frozenset[Code], str, str, May], ...] = (
    (
        frozenset({Code.THERAPIST_NOT_ASSIGNED}),
        "care:therapist",
        "Choose the therapist",
        May.WRITE_THERAPY,
    ),
    (
        frozenset({Code.EVALUATION_MISSING, Code.MEDICATIONS_NOT_ASKED, Code.CONDITION_UNANSWERED}),
        "assessment:medical",
        "Go to the medical evaluation",
        May.EVALUATE_MEDICALLY,
    ),
    (
        frozenset({Code.ASSESSMENT_MISSING}),
        "assessment:mental_health",
        "Go to the mental-health assessment",
        May.ASSESS_MENTAL_HEALTH,
    ),
    (
        frozenset({Code.CLEARANCE_MISSING, Code.CLEARANCE_EXPIRED}),
        "assessment:clearance",
        "Go to the clearance",
        May.CLEAR_FOR_MEDICINE,
    ),
    (
        frozenset({Code.PREPARATION_INCOMPLETE, Code.PREPARATION_STALE}),
        "preparation:visit",
        "Write the preparation visit",
        May.WRITE_THERAPY,
    ),
    (
        frozenset(
            {
                Code.CONSENT_MISSING,
                Code.CONSENT_EXPIRED,
                Code.CONSENT_NARROWER,
                Code.TOUCH_AGREEMENT_MISSING,
            }
        ),
        "preparation:consent",
        "Ask for consent",
        May.OBSERVE,
    ),
    (
        frozenset({Code.INTEGRATION_MISSING}),
        "integration:visit",
        "Write the integration visit",
        May.WRITE_THERAPY,
    ),
    (frozenset({Code.BOOKING_MISSING}), "care:book", "Book the session", May.BOOK),
)

LINES_OPEN = 25  # of what happened; what is older is folded, not left out

WORK = (
    ("assessment:medical", "Medical evaluation", May.EVALUATE_MEDICALLY),
    ("assessment:mental_health", "Mental-health assessment", May.ASSESS_MENTAL_HEALTH),
    ("assessment:phq9", "PHQ-9", May.OBSERVE),
    ("assessment:questionnaires", "Questionnaires", May.ASK_TO_FILL),
    ("care:file", "Add a file (ECG, labs, letter)", May.WRITE_MEDICAL),
    ("care:add_results", "Add an ECG or results", May.WRITE_MEDICAL),
    ("care:add_diagnosis", "Add a diagnosis", May.OBSERVE),
    ("assessment:clearance", "Clearance", May.READ_CHART),
    ("preparation:visit", "Preparation visit", May.WRITE_THERAPY),
    ("preparation:music", "Music", May.WRITE_THERAPY),
    ("preparation:consent", "Consent and agreements", May.READ_CHART),
    ("care:book", "Book", May.SEE_SCHEDULE),
    ("integration:visit", "Integration visit", May.WRITE_THERAPY),
    ("integration:close", "Close the course", May.READ_CHART),
    ("care:private_notes", "Private notes", May.WRITE_PRIVATE_NOTES),
)


def chart(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The chart of one person: the current course, or the way to open one."""
    patient = patient_or_404(request, patient_id)
    actor, now = request.actor, request.now
    rows = Course.objects.of(actor.clinic).filter(patient=patient).select_related("protocol")
    courses = list(rows.order_by("-number"))
    if courses:
        wanted = request.GET.get("course")
        course = next((c for c in courses if str(c.id) == wanted), courses[0])
        course.patient, course.clinic = patient, actor.clinic
        return _course_page(request, course, courses)
    context = {
        "person": banner(patient, now),
        "patient": patient,
        "refusals": Decision.objects.of(actor.clinic)
        .filter(patient=patient)
        .order_by("-decided_at"),
        "has_protocol": ProtocolVersion.objects.of(actor.clinic).exists(),
        "now": now,
    }
    return render(request, "care/chart_enquiry.html", context)


@requires(May.READ_CHART)
def course(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """One course by its key: the address that other pages link to."""
    found = Course.objects.of(request.actor.clinic).filter(pk=course_id).first()
    if found is None:
        raise Http404
    return redirect(f"{reverse('care:chart', args=[found.patient_id])}?course={found.id}")


def _course_page(request: HttpRequest, row: Course, courses: list[Course]) -> HttpResponse:
    actor, now = request.actor, request.now
    strikes = list(Strike.objects.filter(course=row).select_related("by__user").order_by("at"))
    happened = loader.happenings(row, strikes)
    open_day = _open_day(row, happened)
    facts = loader.load(row, now=now, actor=actor, session=open_day, known=happened)
    wrote = {entry.by for entry in (*facts.diagnoses, *facts.investigations)}
    names = names_of(row.clinic_id, {s.id for s in facts.staff} | {h.by for h in happened} | wrote)
    protocol = loader.protocol_of(row)
    door = journey.next_door(facts, protocol)
    decision = gates.decide(door, facts, protocol, __version__) if door else None
    lines = _lines(happened, names)
    context = {
        "person": banner(row.patient, now, facts),
        "patient": row.patient,
        "course": row,
        "courses": courses,
        "state": journey.state(facts, protocol),
        "journey": show_journey(facts, protocol),
        "door": door,
        "next_step": _next_step(facts, row, door, _missing_step(decision, row, actor, now)),
        "decision": show_decision(decision, names=names) if decision else None,
        "summary": summary(facts, names),
        "left": clearance_left(facts, protocol),
        "trend": phq9_trend(facts),
        "work": [
            (reverse(name, args=[row.id]), label)
            for name, label, may in WORK
            if actor.may(may, now)
        ],
        "lines": lines[:LINES_OPEN],
        "older": lines[LINES_OPEN:],
        "documents": Document.objects.filter(course=row)
        .select_related("by__user")
        .order_by("-signed_at"),
        "decisions": Decision.objects.filter(course=row)
        .defer("facts")
        .order_by("-decided_at")[:40],
        "struck": {strike.struck_id for strike in strikes},
        "corrections": _corrections(row, strikes, names),
        "tasks": row.tasks.filter(closed_at__isnull=True)
        .select_related("owner__user")
        .order_by("due_at"),
        "readings": latest_readings(facts),
        **_known(facts, protocol, names),
        "parts": chart_parts(request, row),
        "now": now,
        "declined": bool(facts.course and facts.course.declined_at),
    }
    return render(request, "care/chart.html", context)


def _lines(happened: tuple[Happened, ...], names: dict[str, str]) -> list[telling.Line]:
    """What happened, newest first; results have a list of their own, which a panel would fill."""
    told = (h for h in reversed(happened) if h.kind is not EventKind.INVESTIGATION_REPORTED)
    return [telling.line(h, names) for h in told]


def _known(facts: Facts, protocol: Protocol, names: dict[str, str]) -> dict[str, Any]:
    """The diagnoses, and the newest ECG and value of each test."""
    zone, newest = facts.clinic.zone, newest_of_each(facts.investigations)
    return {
        "diagnoses": diagnosis_lines(facts.diagnoses, protocol, names, facts.now, zone),
        "results": result_lines(newest, names, facts.today),
    }


def _open_day(row: Course, happened: tuple[Happened, ...]) -> Session | None:
    """The session day that is open now: its readings then count for the next door."""
    ended = {h.session for h in happened if h.kind is EventKind.SESSION_ENDED}
    days = row.sessions.order_by("-number")
    return next((day for day in days if str(day.id) not in ended), None)


def banner(patient: Patient, now: datetime, facts: Facts | None = None) -> dict[str, Any]:
    """Who this is, always at the top of a clinical page."""
    return {
        # Both, so that the name on a card and the name somebody answers to are one person.
        "name": _both_names(patient),
        "display_id": patient.display_id,
        "age": patient.age_on(patient.clinic.day(now)),
        "birth_date": patient.birth_date,
        "href": reverse("people:person", args=[patient.id]),
        "allergies": loader.allergies_of(patient),
    }


def _both_names(patient: Patient) -> str:
    if patient.preferred_name in ("", patient.name):
        return patient.name
    return f"{patient.preferred_name} ({patient.name})"


def _corrections(
    course: Course, strikes: list[Strike], names: dict[str, str]
) -> list[tuple[Strike, str]]:
    """Every strike with the entry it struck, in words: a correction hides nothing."""
    keys = [strike.struck_id for strike in strikes]
    if not keys:
        return []
    told = {d.id: d.title for d in Document.objects.filter(course=course, id__in=keys)}
    told |= {
        o.id: f"{KINDS[Kind(o.kind)].label}: {o.as_core.text}"
        for o in course.observations.filter(id__in=keys)
    }
    told |= {
        e.id: telling.sentence(loader.decoded(e), names) if e.body else e.get_kind_display()
        for e in course.events.filter(id__in=keys)
    }
    return [(strike, told.get(strike.struck_id, "")) for strike in strikes]


PHASE_WORDS = {"done": "Done", "ahead": "Ahead", "stopped": "Stopped"}


def show_journey(facts: Facts, protocol: Protocol) -> list[dict[str, Any]]:
    """The four phases with their state and their doors, for the journey line."""
    found: dict[journey.Phase, list[journey.Step]] = {}
    for step in journey.steps(facts, protocol):
        found.setdefault(step.phase, []).append(step)
    word = journey.state(facts, protocol)
    return [_phase(phase, steps, word) for phase, steps in found.items()]


def _phase(phase: journey.Phase, steps: list[journey.Step], state: str) -> dict[str, Any]:
    states = {step.state for step in steps}
    now = next((s for s in ("current", "stopped", "ahead") if s in states), "done")
    doors = [
        {
            "name": step.door.value.replace("_", " ").capitalize(),
            "word": PHASE_WORDS.get(step.state, "Next"),
            "verdict": "pass" if step.state == "done" else "",
        }
        for step in steps
        if step.door is not Door.FURTHER_DOSE  # not everybody's, so it is never "done"
    ]
    word = state if now == "current" else PHASE_WORDS[now]
    return {"name": phase.value.capitalize(), "word": word, "state": now, "doors": doors}


def _missing_step(
    decision: GateDecision | None, row: Course, actor: Membership, now: datetime
) -> dict[str, str] | None:
    """The page where this person can put right the first thing that keeps the door shut."""
    stops = {finding.code for finding in decision.stops} if decision else set()
    for codes, name, label, may in MISSING_STEP:
        if codes & stops and actor.may(may, now):
            query = "?kind=session" if name == "care:book" else ""
            return {"href": reverse(name, args=[row.id]) + query, "label": label}
    return None


def _next_step(
    facts: Facts, row: Course, door: Door | None, missing: dict[str, str] | None
) -> dict[str, str] | None:
    """The one primary button: the open session, else what is missing, else the next door."""
    open_session = next((s for s in facts.sessions if s.ended_at is None), None)
    if open_session:
        return {
            "href": reverse("medicine:session", args=[open_session.id]),
            "label": "Go to the session",
        }
    if missing or door is None or door not in NEXT_STEP:
        return missing
    name, label = NEXT_STEP[door]
    return {"href": reverse(name, args=[row.id]), "label": label}


def summary(facts: Facts, names: dict[str, str]) -> dict[str, Any]:
    """The three answers without scrolling: last dose, did it help, who is the therapist."""
    scores = facts.all_of(Kind.PHQ9_TOTAL)
    doses = sorted(facts.doses, key=lambda d: d.given_at)
    therapist = facts.course.therapist if facts.course else ""
    return {
        "last_dose": doses[-1] if doses else None,
        "session_total": sum(
            (d.dose_mg for d in doses if d.session == doses[-1].session), Decimal(0)
        )
        if doses
        else None,
        "sessions_held": sum(1 for s in facts.sessions if facts.doses_of(s.id)),
        "first_score": scores[0] if scores else None,
        "last_score": scores[-1] if scores else None,
        "therapist": names.get(therapist, ""),
    }


def latest_readings(facts: Facts) -> list[dict[str, Any]]:
    """The newest value of each quantity, with its unit, time and age."""
    shown = (
        Kind.SYSTOLIC,
        Kind.DIASTOLIC,
        Kind.HEART_RATE,
        Kind.SPO2,
        Kind.RESPIRATORY_RATE,
        Kind.TEMPERATURE,
        Kind.WEIGHT,
        Kind.HEIGHT,
        Kind.QTC,
    )
    found = ((kind, facts.latest(kind)) for kind in shown)
    return [
        {
            "label": KINDS[kind].label,
            "value": o.number,
            "unit": KINDS[kind].unit.value,
            "at": o.taken_at,
            "key": o.id,
        }
        for kind, o in found
        if o is not None and o.source != loader.ECG_ROW  # that one is listed with its ECG
    ]


def phq9_trend(facts: Facts) -> dict[str, Any] | None:
    """PHQ-9 over time with the doses on the same axis; the template draws it with its table.

    x runs from the first to the last date over 600 units; y is 27 points over 135 units.
    """
    scores = facts.all_of(Kind.PHQ9_TOTAL)
    if not scores:
        return None
    times = [o.taken_at for o in scores] + [d.given_at for d in facts.doses]
    start, span = min(times), max((max(times) - min(times)).total_seconds(), 1)

    def x(at: datetime) -> int:
        return 20 + round((at - start).total_seconds() / span * 560)

    points = [
        {"x": x(o.taken_at), "y": 140 - 5 * int(o.number), "score": int(o.number), "at": o.taken_at}
        for o in scores
    ]
    return {
        "points": points,
        "line": " ".join(f"{p['x']},{p['y']}" for p in points),
        "doses": [
            {"x": x(d.given_at), "dose_mg": d.dose_mg, "at": d.given_at} for d in facts.doses
        ],
        "from": start,
        "until": max(times),
    }


def decision(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """One kept decision: what was asked, every finding, and what it was told."""
    row = _decision_row(request, decision_id)
    kept = kept_decision(row)
    findings = kept.findings if kept else ()
    names = names_of(row.clinic_id, {f.relief.by for f in findings if f.relief})
    return render(
        request,
        "care/decision.html",
        {
            "row": row,
            "person": banner(row.patient, request.now),
            "decision": show_decision(kept, names=names, row=row) if kept else None,
            "answerable": [
                (number, f) for number, f in enumerate(findings) if not f.passes and f.relievable_by
            ],
        },
    )


def _decision_row(request: HttpRequest, decision_id: UUID) -> Decision:
    actor = actor_or_404(request, May.READ_CLINICAL_HOLD_REASON)
    rows = Decision.objects.of(actor.clinic).select_related("course", "by__user")
    row = rows.filter(pk=decision_id).first()
    if row is None:
        raise Http404
    row.patient = patient_or_404(request, row.patient_id, may=May.READ_CLINICAL_HOLD_REASON)
    return row


def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """One signed document exactly as it was signed, with its versions."""
    row = document_or_404(request, document_id)
    actor = request.actor
    struck = Strike.objects.filter(struck_id=row.id).select_related("by__user").first()
    newer = Document.objects.filter(supersedes=row).first()
    context = {
        "document": row,
        "person": banner(row.patient, request.now),
        "struck": struck,
        "newer": newer,
        "may_countersign": row.by_id != actor.id and is_supervisor(row, actor, request.now),
        "may_amend": row.by_id == actor.id and row.kind in AMENDABLE and not (newer or struck),
    }
    return render(request, "care/document.html", context)
