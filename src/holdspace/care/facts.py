"""One loader for every gate: the rows of one course become the frozen values the core reads.

A fixed number of queries whatever the length of the record. Struck rows are left out. What other
rooms know about today (a vial's state, stock not yet resolved) is handed in by them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import fields, replace
from datetime import datetime
from functools import lru_cache

from django.db.models import Q

from holdspace.care.events import CLOCK_SKEW, Happened, body_of
from holdspace.care.models import (
    LATE,
    Course,
    Document,
    Event,
    EventKind,
    Observation,
    ProtocolSignature,
    ProtocolVersion,
    Relief,
    Session,
    Strike,
    Task,
)
from holdspace.care.shipped import newest_default
from holdspace.core import decision as core_decision
from holdspace.core import diagnoses, units
from holdspace.core import facts as core
from holdspace.core import protocol as core_protocol
from holdspace.core.canonical import from_text
from holdspace.core.units import OUTLIVES_ITS_SESSION, Kind
from holdspace.people.models import Clinic, Membership, Patient
from holdspace.people.staff import staff_facts, staff_of, state_of
from holdspace.schedule.models import Appointment, AppointmentKind


@lru_cache(maxsize=64)
def _loaded(text: str, name: str) -> core_protocol.Protocol:
    return core_protocol.load(text, pinned=True, fallback=newest_default(name))


def protocol_of(course: Course) -> core_protocol.Protocol:
    """The protocol that this course is pinned to, parsed once per process."""
    return protocol_in(course.protocol)


def protocol_in(version: ProtocolVersion) -> core_protocol.Protocol:
    """What one kept protocol text says."""
    return _loaded(version.text, version.name)


def clinic_facts(clinic: Clinic, protocol_id) -> core.Clinic:
    """The clinic as a gate sees it; the director's signature is a row, not a flag."""
    site = clinic.sites.first()
    return core.Clinic(
        id=str(clinic.id),
        timezone=clinic.timezone,
        state=site.state if site else "",
        registered_address=site.dea_registered_address if site else "",
        protocol_signed_by_director=ProtocolSignature.objects.of(clinic)
        .filter(protocol_id=protocol_id)
        .exists(),
        is_demo=clinic.is_demo,
    )


def person_facts(patient: Patient) -> core.Person:
    return core.Person(
        id=str(patient.id),
        birth_date=patient.birth_date,
        state=patient.state,
        interpreter_needed=patient.interpreter_needed,
        has_guardian=patient.has_guardian,
    )


def _died_at(patient: Patient) -> datetime | None:
    """When a session of any course ended with the person's death, as far as it was not struck.

    Asked before a course is opened; in a course its own sessions tell.
    """
    struck = Strike.objects.filter(patient=patient).values("struck_id")
    ends = Event.objects.filter(
        patient=patient, kind=EventKind.SESSION_ENDED, body__contains=core.Ending.DIED.value
    ).exclude(id__in=struck)
    died = (e.at for e in ends if decoded(e).body.ending is core.Ending.DIED)
    return min(died, default=None)


def happenings(course: Course, strikes: Iterable[Strike] | None = None) -> tuple[Happened, ...]:
    """Every event of the course that was not struck, oldest first, with its body decoded.

    `strikes` is every strike of the course, for a caller who has read them already.
    """
    struck = {s.struck_id for s in (course.strikes.all() if strikes is None else strikes)}
    return tuple(
        decoded(event)
        for event in course.events.order_by("at", "recorded_at", "id")
        if event.id not in struck and event.body is not None
    )


def decoded(event: Event) -> Happened:
    """One event with its body as a core value; its text must not have been erased."""
    assert event.body is not None
    return Happened(
        id=str(event.id),
        kind=EventKind(event.kind),
        at=event.at,
        recorded_at=event.recorded_at,
        by=str(event.by_id or ""),
        session=str(event.session_id or ""),
        body=body_of(event.kind, event.body),
    )


def allergies_of(patient: Patient) -> tuple[str, ...] | None:
    """Allergies as last asked; empty: none known; None: nobody has asked yet."""
    struck = Strike.objects.filter(patient=patient).values("struck_id")
    asked = Event.objects.filter(
        patient=patient, kind=EventKind.HISTORY_TAKEN, body__isnull=False
    ).exclude(id__in=struck)
    bodies = (body_of(EventKind.HISTORY_TAKEN, e.body) for e in asked.order_by("-at", "-id"))
    return next((body.allergies for body in bodies if body.allergies is not None), None)


def load(
    course: Course,
    *,
    now: datetime,
    actor: Membership | None = None,
    session: Session | None = None,
    preparations: tuple[core.Preparation, ...] | None = None,
    unresolved: tuple[core.Session, ...] = (),
    extra_staff: Iterable[Membership] = (),
    booked_for: datetime | None = None,
    known: tuple[Happened, ...] | None = None,
) -> core.Facts:
    """Everything the core may know about this course at `now`.

    `preparations` overrides the recorded ones with what the pharmacy's hatch says of them now;
    `unresolved` replaces sessions whose stock is not yet accounted for; `booked_for` asks about a
    time that is not booked yet; `known` is what `happenings` already told the caller.
    """
    until = now + CLOCK_SKEW
    happened = [h for h in (happenings(course) if known is None else known) if h.at <= until]
    documents, reliefs = _documents(course, happened, until), _reliefs(course)
    drawn = _drawn(happened) if preparations is None else preparations
    clinic = clinic_facts(course.clinic, course.protocol_id)
    staff = _staff_named(happened) | _signers(documents, reliefs) | {d.drawn_by for d in drawn}
    return core.Facts(
        now=now,
        clinic=clinic,
        person=person_facts(course.patient),
        actor=str(actor.id) if actor else "",
        course=_course(course, happened),
        other_open_courses=other_open_courses(course.patient, but=course),
        session=str(session.id) if session else "",
        observations=_observed(course, session, happened, until),
        documents=documents,
        visits=_bodies(happened, EventKind.VISIT_HELD),
        sessions=_sessions(course, happened, unresolved),
        doses=_doses(happened),
        **_of_the_person(_earlier(course, until), happened),
        staff=_staff(course, staff, actor, extra_staff, now),
        presences=_presences(happened, session),
        orders=_orders(happened),
        preparations=drawn,
        booked_for=booked_for or _booked(course, now),
        **_owed(course, happened),
        reliefs=reliefs,
        pdmp_queries=_bodies(happened, EventKind.PDMP_QUERIED),
        **_history(happened),
        **_state(course.clinic, clinic.state),
    )


def _owed(course: Course, happened: list[Happened]) -> dict:
    """What happened and must be looked at, and what somebody owes."""
    return {
        "variances": _variances(happened),
        "adverse_events": _adverse_events(happened),
        "told": _told(happened),
        "escorts": _bodies(happened, EventKind.ESCORT_NAMED),
        "flag_reviews": _flag_reviews(happened),
        "tasks": _tasks(course),
    }


def _state(clinic: Clinic, state: str) -> dict:
    """What the state of the clinic permits and asks, as shipped or as the director recorded it."""
    rules, duties = state_of(clinic, state)
    return {"state_rules": rules, "state_duties": duties}


def _signers(documents: Iterable[core.Document], reliefs: Iterable[core_decision.Relief]) -> set:
    """Keys of those who signed papers and plans, and who signed beside them."""
    papers = {who for d in documents for who in (d.signed_by, d.countersigned_by)}
    return papers | {who for relief in reliefs for who in (relief.by, relief.second_by)}


def enquiry(
    patient: Patient, *, now: datetime, actor: Membership | None, protocol_id, route
) -> core.Facts:
    """The facts before there is a course: who it is, where, and what they ask for."""
    return core.Facts(
        now=now,
        clinic=clinic_facts(patient.clinic, protocol_id),
        person=replace(person_facts(patient), died_at=_died_at(patient)),
        actor=str(actor.id) if actor else "",
        staff=(staff_facts(actor),) if actor else (),
        course=core.Course(id="", opened_at=now, route=core.Route(route)),
        other_open_courses=other_open_courses(patient),
    )


def other_open_courses(patient: Patient, but: Course | None = None) -> tuple[str, ...]:
    ended = Event.objects.filter(kind__in=[EventKind.COURSE_CLOSED, EventKind.COURSE_DECLINED])
    ended = ended.exclude(id__in=Strike.objects.filter(patient=patient).values("struck_id"))
    courses = Course.objects.of(patient.clinic).filter(patient=patient)
    still = courses.exclude(id__in=ended.filter(patient=patient).values("course_id"))
    return tuple(str(c.id) for c in still if but is None or c.id != but.id)


def _course(course: Course, happened: list[Happened]) -> core.Course:
    therapists = [h.body.therapist for h in happened if h.kind is EventKind.THERAPIST_ASSIGNED]
    declined = [h.at for h in happened if h.kind is EventKind.COURSE_DECLINED]
    closed = [h.at for h in happened if h.kind is EventKind.COURSE_CLOSED]
    return core.Course(
        id=str(course.id),
        opened_at=course.opened_at,
        therapist=therapists[-1] if therapists else "",
        route=core.Route(course.route),
        declined_at=declined[-1] if declined else None,
        closed_at=closed[-1] if closed else None,
    )


def _bodies(happened: list[Happened], kind: EventKind) -> tuple:
    return tuple(h.body for h in happened if h.kind is kind)


def _doses(happened: list[Happened]) -> tuple[core.Dose, ...]:
    """Every dose; an infusion with its charted end, the latest where it was charted twice."""
    ends: dict[str, datetime] = {}
    for h in happened:
        if h.kind is EventKind.INFUSION_ENDED:
            ends[h.body.dose] = max(h.at, ends.get(h.body.dose, h.at))
    given = _bodies(happened, EventKind.DOSE_GIVEN)
    return tuple(replace(d, ended_at=ends[d.id]) if d.id in ends else d for d in given)


def _flag_reviews(happened: list[Happened]) -> tuple[core.FlagReview, ...]:
    return tuple(
        core.FlagReview(h.body.what, h.at, h.by, h.body.roles, h.body.discipline)
        for h in happened
        if h.kind is EventKind.RED_FLAG_REVIEWED
    )


def _history(happened: list[Happened]) -> dict:
    """Latest answer per condition and asker; the medicines as last asked; each since when."""
    conditions: dict[tuple[str, core.AskedIn], core.Condition] = {}
    medications: tuple[core.Medication, ...] = ()
    asked_at = None
    for h in happened:
        if h.kind is EventKind.HISTORY_TAKEN:
            conditions = _answered(conditions, h)
            if h.body.medications_asked:
                before = {_same(m): m.unchanged_since or m.at for m in medications}
                since = {_named(m): m.since for m in medications}
                medications = tuple(
                    replace(
                        m,
                        unchanged_since=before.get(_same(m)),
                        since=since.get(_named(m)) or h.recorded_at,
                    )
                    for m in h.body.medications
                )
                asked_at = h.at
    return {
        "conditions": tuple(conditions.values()),
        "medications": medications,
        "medications_asked_at": asked_at,
    }


def _answered(
    before: dict[tuple[str, core.AskedIn], core.Condition], h: Happened
) -> dict[tuple[str, core.AskedIn], core.Condition]:
    """The answers with those of one more history; a therapist's assessment is one whole."""
    new = {(c.key, c.asked_in): _stands(c, before.get((c.key, c.asked_in)), h)
           for c in h.body.conditions}  # fmt: skip
    if any(c.asked_in is core.AskedIn.MENTAL_HEALTH for c in h.body.conditions):
        kept = core.AskedIn.MEDICAL
        before = {place: c for place, c in before.items() if place[1] is kept}
    return before | new


# What is told about a medicine each time it is asked, and changes nothing about it.
_OF_THE_ASKING = {"name", "at", "by", "last_taken", "since", "unchanged_since", "table"}


def _same(medicine: core.Medication) -> tuple:
    """All that a plan for a medicine was written for: another name, dose or group is another."""
    kept = [f.name for f in fields(medicine) if f.name not in _OF_THE_ASKING]
    return (_named(medicine), *(getattr(medicine, field) for field in kept))


def _stands(new: core.Condition, old: core.Condition | None, h: Happened) -> core.Condition:
    """An answer that was only given again stands since it was first given."""
    same = old and (old.answer, old.happened_on) == (new.answer, new.happened_on)
    return replace(new, since=old.since if old and same else h.recorded_at)


def _named(medicine: core.Medication) -> str:
    return " ".join(medicine.name.casefold().split())


def _observed(
    course: Course, session: Session | None, happened: list[Happened], until: datetime
) -> tuple:
    """What was charted, and what forms and ECGs tell as observations of their own."""
    charted = _observations(course, session, until)
    return (*charted, *_looked_at(happened), *_intervals(happened))


def _observations(course: Course, session: Session | None, until: datetime) -> tuple:
    """This session's values and all that hold outside any session, not struck."""
    struck = Strike.objects.filter(course=course).values("struck_id")
    wanted = Q(session__isnull=True) | Q(kind__in=[kind.value for kind in OUTLIVES_ITS_SESSION])
    if session:
        wanted |= Q(session=session)
    rows = (
        Observation.objects.filter(wanted, course=course, taken_at__lte=until)
        .exclude(id__in=struck)
        .order_by("taken_at", "recorded_at", "id")
    )
    return tuple(row.as_core for row in rows)


# A filled-in form that looks at one kind of harm counts as a look at it; from this total on there
# is a concern, which asks for a plan (local policy: scales/*.json name no validated cut-off for
# ketamine). A form without a total was not completed and looks at nothing.
LOOKS_AT: dict[str, tuple[Kind, int]] = {
    "house-bladder-check": (Kind.BLADDER_SYMPTOMS, 1),
    "icsi-icpi": (Kind.BLADDER_SYMPTOMS, 6),
    "sds-dependence": (Kind.DEPENDENCE_CONCERN, 3),
}


def _looked_at(happened: list[Happened]) -> tuple[units.Observation, ...]:
    """What answered forms say of the follow-up of harm, as observations of their own."""
    found = []
    for h in happened:
        if h.kind is not EventKind.QUESTIONNAIRE_ANSWERED or h.body.total is None:
            continue
        if h.body.instrument in LOOKS_AT:
            kind, least = LOOKS_AT[h.body.instrument]
            concern = h.body.total >= least
            found.append(units.Observation(h.id, kind, concern, h.at, h.by, h.body.instrument))
    return tuple(found)


def _documents(course: Course, happened: list[Happened], until: datetime) -> tuple:
    struck = Strike.objects.filter(course=course).values("struck_id")
    withdrawn = {
        h.body.document: h.at
        for h in happened
        if h.kind is EventKind.CONSENT_WITHDRAWN and not h.body.parts
    }
    suspended = _suspensions(course, happened)
    counter = {h.body.document: h.by for h in happened if h.kind is EventKind.COUNTERSIGNED}
    found = []
    signed = Document.objects.filter(course=course, signed_at__lte=until).exclude(id__in=struck)
    rows = list(signed.order_by("signed_at", "version", "id"))
    replaced = {row.supersedes_id for row in rows}
    for row in rows:
        if row.id in replaced:
            continue
        fact = from_text(core.Document, row.fact)
        stop = suspended.get(fact.id)
        found.append(
            replace(
                fact,
                withdrawn_at=withdrawn.get(fact.id, fact.withdrawn_at),
                suspended_at=stop.at if stop else None,
                suspended_because=stop.body.because if stop else "",
                countersigned_by=counter.get(fact.id, ""),
            )
        )
    return tuple(found)


def _suspensions(course: Course, happened: list[Happened]) -> dict[str, Happened]:
    """The first suspension of each clearance whose reason still stands."""
    stops = [h for h in happened if h.kind is EventKind.CLEARANCE_SUSPENDED]
    if not stops:
        return {}
    struck = {str(key) for key in course.strikes.values_list("struck_id", flat=True)}
    standing = [h for h in stops if h.body.about not in struck]
    return {h.body.document: h for h in reversed(standing)}


def _sessions(
    course: Course, happened: list[Happened], unresolved: tuple[core.Session, ...]
) -> tuple[core.Session, ...]:
    ends = {h.session: h for h in happened if h.kind is EventKind.SESSION_ENDED}
    override = {s.id: s for s in unresolved}
    found = []
    for row in course.sessions.order_by("number"):
        end = ends.get(str(row.id))
        value = core.Session(
            id=str(row.id),
            number=row.number,
            opened_at=row.opened_at,
            ended_at=end.at if end else None,
            ending=end.body.ending if end else None,
        )
        found.append(override.get(value.id, value))
    return tuple(found)


def _presences(happened: list[Happened], session: Session | None) -> tuple[core.Presence, ...]:
    """Intervals from comings and goings: a new place ends the one before."""
    if session is None:
        return ()
    open_since: dict[str, core.Presence] = {}
    found: list[core.Presence] = []
    for h in happened:
        if h.kind is not EventKind.STAFF_PLACED or h.session != str(session.id):
            continue
        before = open_since.pop(h.body.staff, None)
        if before:
            found.append(replace(before, until=h.at))
        if h.body.place:
            open_since[h.body.staff] = core.Presence(h.body.staff, h.body.place, h.at)
    return tuple(found) + tuple(open_since.values())


def _drawn(happened: list[Happened]) -> tuple[core.Preparation, ...]:
    return _bodies(happened, EventKind.DOSE_PREPARED)


# What is about the person and not about one course: doses, since intervals and exposure are
# counted over all of them; diagnoses and results, since nobody gets well by a new course.
ABOUT_THE_PERSON = (
    EventKind.DOSE_GIVEN,
    EventKind.DIAGNOSIS_RECORDED,
    EventKind.INVESTIGATION_REPORTED,
)


def _earlier(course: Course, until: datetime) -> list[Happened]:
    """What this person's other courses tell of the person, oldest first."""
    struck = Strike.objects.filter(patient_id=course.patient_id).values("struck_id")
    rows = Event.objects.filter(
        patient_id=course.patient_id, kind__in=ABOUT_THE_PERSON, body__isnull=False, at__lte=until
    )
    return [decoded(row) for row in rows.exclude(course=course).exclude(id__in=struck).order_by(
        "at", "recorded_at", "id"
    )]  # fmt: skip


def _of_the_person(earlier: list[Happened], happened: list[Happened]) -> dict:
    """Doses of earlier courses by themselves; what is known of the person from all of them."""
    known = sorted([*earlier, *happened], key=lambda h: (h.at, h.recorded_at, h.id))
    return {
        "earlier_doses": _bodies(earlier, EventKind.DOSE_GIVEN),
        "diagnoses": _diagnoses(known),
        "investigations": _investigations(known),
    }


def _diagnoses(happened: Iterable[Happened]) -> tuple[core.Diagnosis, ...]:
    """The newest entry of each diagnosis, with since when it stands like this."""
    return diagnoses.standing(
        _as_row(h).body for h in happened if h.kind is EventKind.DIAGNOSIS_RECORDED
    )


def _investigations(happened: Iterable[Happened]) -> tuple[core.Investigation, ...]:
    found = (_as_row(h).body for h in happened if h.kind is EventKind.INVESTIGATION_REPORTED)
    return tuple(sorted(found, key=lambda row: (row.taken_on, row.id)))


def entries_of(patient: Patient) -> tuple[list[Happened], dict[str, Strike]]:
    """Every diagnosis and result that was ever entered, oldest first, and what was struck."""
    rows = Event.objects.filter(
        patient=patient, kind__in=ABOUT_THE_PERSON[1:], body__isnull=False
    ).order_by("at", "recorded_at", "id")
    struck = Strike.objects.filter(patient=patient, struck_id__in=rows.values("id"))
    return [_as_row(decoded(row)) for row in rows], {
        str(strike.struck_id): strike for strike in struck
    }


def diagnoses_of(patient: Patient) -> tuple[core.Diagnosis, ...]:
    """The entries that stand now, of every course; two statements."""
    return standing_of(*entries_of(patient))


def standing_of(entries: Iterable[Happened], struck: Container[str]) -> tuple[core.Diagnosis, ...]:
    """Of all entries of a person the newest of each diagnosis, without what was struck."""
    return _diagnoses(h for h in entries if h.id not in struck)


def _as_row(h: Happened) -> Happened:
    """The body with what its event knows of it."""
    if h.kind is EventKind.DIAGNOSIS_RECORDED:
        body = replace(h.body, id=h.id, by=h.by, at=h.at, since=h.recorded_at)
    else:
        body = replace(h.body, id=h.id, by=h.by, recorded_at=h.recorded_at)
    return replace(h, body=body)


ECG_ROW = "ecg"  # the source of a QTc that an ECG of the record tells


def _intervals(happened: Iterable[Happened]) -> tuple[units.Observation, ...]:
    """The QTc of each ECG, as the observation that it is."""
    return tuple(
        units.Observation(h.id, Kind.QTC, h.body.qtc_ms, h.at, h.by, ECG_ROW)
        for h in happened
        if h.kind is EventKind.INVESTIGATION_REPORTED and h.body.qtc_ms is not None
    )


def _told(happened: list[Happened]) -> tuple[core.Told, ...]:
    return tuple(core.Told(h.body.observation, h.at) for h in happened if h.kind is EventKind.TOLD)


def _orders(happened: list[Happened]) -> tuple[core.Order, ...]:
    cancelled = {h.body.order: h.at for h in happened if h.kind is EventKind.ORDER_CANCELLED}
    return tuple(
        replace(order, cancelled_at=cancelled.get(order.id))
        for order in _bodies(happened, EventKind.ORDER_SIGNED)
    )


def _variances(happened: list[Happened]) -> tuple[core.Variance, ...]:
    reviewed = {h.body.what: h.at for h in happened if h.kind is EventKind.VARIANCE_REVIEWED}
    return tuple(
        core.Variance(h.id, h.session, h.body.what, h.at, reviewed.get(h.id))
        for h in happened
        if h.kind is EventKind.VARIANCE
    )


def _adverse_events(happened: list[Happened]) -> tuple[core.AdverseEvent, ...]:
    """Graded events, rescue drugs and transfers, with their reviews and those who were involved."""
    involved = _involved(happened)
    reviews = [h for h in happened if h.kind is EventKind.ADVERSE_EVENT_REVIEWED]
    found = []
    for h in happened:
        told = _badly(h)
        if told is not None:
            own = [r for r in reviews if r.body.what == h.id]
            kind, term, grade = told
            late = h.recorded_at if h.recorded_at - h.at > LATE else None
            event = core.AdverseEvent(
                h.id, h.session, term, grade, h.at, tuple(r.by for r in own),
                red_flag=getattr(h.body, "red_flag", False), charted_by=h.by, kind=kind,
                recorded_at=late,
                involved=tuple(sorted(involved.get(h.session, set()))),
                reviewed_by_prescriber=tuple(
                    r.by for r in own if core.Role.PRESCRIBER in r.body.roles
                ),
            )  # fmt: skip
            found.append(event)
    return tuple(found)


def _badly(h: Happened) -> tuple[str, str, int] | None:
    """What kind of bad event this is, its term and its grade; None for every other event."""
    if h.kind is EventKind.ADVERSE_EVENT:
        return "adverse_event", h.body.term, h.body.grade
    if h.kind is EventKind.RESCUE_DRUG:
        return "rescue_drug", f"{h.body.name} {h.body.amount}".strip(), 0
    if h.kind is EventKind.SESSION_ENDED and h.body.ending is core.Ending.TRANSFERRED:
        return "transfer", "", 0
    return None


def _involved(happened: list[Happened]) -> dict[str, set[str]]:
    """By session: who gave, ordered or drew a dose (the pharmacy tells of one day alone)."""
    found: dict[str, set[str]] = {}
    orders = {h.body.id: h.session for h in happened if h.kind is EventKind.ORDER_SIGNED}
    for h in happened:
        if h.kind is EventKind.DOSE_GIVEN:
            found.setdefault(h.session, set()).update({h.body.given_by, h.by} - {""})
        elif h.kind is EventKind.ORDER_SIGNED:
            found.setdefault(h.session, set()).add(h.body.ordered_by)
        elif h.kind is EventKind.DOSE_PREPARED:
            session = h.session or orders.get(h.body.order, "")
            found.setdefault(session, set()).add(h.body.drawn_by)
    return found


def _tasks(course: Course) -> tuple[core.Task, ...]:
    rows = Task.objects.filter(course=course, closed_at__isnull=True)
    return tuple(core.Task(str(t.id), t.kind, t.opened_at, t.due_at, t.holds) for t in rows)


def _reliefs(course: Course) -> tuple[core_decision.Relief, ...]:
    struck = Strike.objects.filter(course=course).values("struck_id")
    rows = Relief.objects.filter(course=course).exclude(id__in=struck)
    return tuple(from_text(core_decision.Relief, row.body) for row in rows)


def _staff_named(happened: list[Happened]) -> set[str]:
    """Keys of those whom the record names: therapists, who was there, who ordered."""
    named = {getattr(h.body, field, "") for h in happened for field in ("staff", "therapist")}
    return named | {h.by for h in happened if h.kind is EventKind.ORDER_SIGNED}


def _staff(
    course: Course, named: set[str], actor: Membership | None, extra: Iterable[Membership], now
) -> tuple[core.StaffMember, ...]:
    keys = named | ({str(actor.id)} if actor else set()) | {str(member.id) for member in extra}
    named_here = Q(pk__in=keys - {""})
    theirs = Q(supervises__membership__in=keys - {""})  # who may countersign for them
    members = staff_of(course.clinic).filter(named_here | theirs).distinct().order_by("id")
    return tuple(staff_facts(member, now=now) for member in members)


def _booked(course: Course, now: datetime) -> datetime | None:
    """The start of the medicine session booked for this course that is nearest to now."""
    rows = Appointment.objects.filter(
        clinic=course.clinic,
        course_key=course.id,
        kind=AppointmentKind.SESSION,
        cancelled_at__isnull=True,
        no_show_at__isnull=True,
    ).values_list("starts_at", flat=True)
    return min(rows, key=lambda at: abs(at - now), default=None)
