"""Whole lives on paper: for every door, one person whom it lets through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from holdspace.core import protocol as protocols
from holdspace.core.decision import Decision, Door, Finding, Relief, ReliefKind
from holdspace.core.facts import (
    Act,
    Answer,
    Clinic,
    Condition,
    Course,
    Credential,
    CredentialKind,
    Discipline,
    Document,
    DocumentKind,
    Dose,
    Ending,
    Escort,
    Facts,
    Medication,
    Order,
    PdmpQuery,
    Person,
    Place,
    Preparation,
    Presence,
    Role,
    Route,
    Session,
    StaffMember,
    StateDuties,
    StateRule,
    Told,
    Visit,
)
from holdspace.core.gates import decide
from holdspace.core.protocol_model import Protocol
from holdspace.core.units import Kind, Observation

ROOT = Path(__file__).parents[2]
NOW = datetime(2025, 3, 3, 16, 0, tzinfo=UTC)  # 09:00 in Denver
ADDRESS = "12 Juniper Street, Boulder, CO 80302"
OCTOBER = date(2025, 10, 31)
TEN_MINUTES, TWENTY_DAYS = timedelta(minutes=10), timedelta(days=20)

AMARA, MARCUS, RUTH, IVY = "staff-amara", "staff-marcus", "staff-ruth", "staff-ivy"


@cache
def clinic_protocol() -> Protocol:
    """The shipped kap-clinic/1.0, read once."""
    return protocols.load((ROOT / "protocols/kap-clinic/1.0.toml").read_text())


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def ask(door: Door, facts: Facts, protocol: Protocol | None = None) -> Decision:
    return decide(door, facts, protocol or clinic_protocol(), "test")


def codes(decision: Decision) -> dict[str, str]:
    """The codes that stop, each with its verdict."""
    return {f.code.value: f.verdict.value for f in reversed(decision.stops)}


def all_told(facts: Facts) -> Facts:
    """The same, and whoever the signed steps name was told about every reading."""
    return replace(facts, told=tuple(Told(o.id, NOW) for o in facts.observations))


def about(findings: tuple[Finding, ...], subject: str) -> Finding:
    """The one finding about a subject."""
    (found,) = [f for f in findings if f.subject == subject]
    return found


# --- observations --------------------------------------------------------------------------------


def seen(kind: Kind, value: Any, ago: timedelta = TEN_MINUTES, **more: Any) -> Observation:
    """One charted value, `ago` before NOW; numbers may be written as text."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        value = _number(kind, value)
    if kind is Kind.SPO2:
        more.setdefault("oxygen_l_min", Decimal(0))
    at = more.pop("now", NOW) - ago
    key = more.pop("id", f"{kind.value}@{at.isoformat()}")
    return Observation(key, kind, value, at, by=IVY, source="typed", **more)


def _number(kind: Kind, value: str | int) -> Any:
    choices = (Kind.SUICIDE_SCREEN, Kind.PREGNANCY_TEST, Kind.NEXT_DAY_CONTACT)
    return value if kind in choices else Decimal(value)


def without(facts: Facts, *kinds: Kind) -> Facts:
    return replace(facts, observations=tuple(o for o in facts.observations if o.kind not in kinds))


def instead(facts: Facts, *observations: Observation) -> Facts:
    """The same facts with all observations of these kinds replaced."""
    kept = without(facts, *(o.kind for o in observations))
    return replace(kept, observations=(*kept.observations, *observations))


def charted(facts: Facts, *observations: Observation) -> Facts:
    return replace(facts, observations=(*facts.observations, *observations))


# --- people ---------------------------------------------------------------------------------------


def licence(state: str = "CO", until: date | None = OCTOBER) -> Credential:
    looked_up = date(2025, 2, 3)
    return Credential(CredentialKind.LICENCE, state=state, expires_on=until, verified_on=looked_up)


def certificate(kind: CredentialKind, until: date | None = OCTOBER) -> Credential:
    return Credential(kind, expires_on=until)


def dea(**change: Any) -> Credential:
    values: dict[str, Any] = {
        "kind": CredentialKind.DEA,
        "state": "CO",
        "expires_on": OCTOBER,
        "registered_address": ADDRESS,
        "schedules": ("II", "III", "IV", "V"),
        "number": "AB1234563",
        "verified_on": date(2025, 2, 3),
    }
    return Credential(**values | change)


LISTS_READ = date(2025, 2, 20)  # the exclusion lists, twelve days before NOW
_LAW = "read by the director, for the tests"
STATE_RULES = tuple(
    StateRule("CO", discipline, acts, _LAW, signed_at=NOW - timedelta(days=60))
    for discipline, acts in {
        Discipline.MD: tuple(Act),
        Discipline.DO: tuple(Act),
        Discipline.PA: (Act.CLEAR, Act.ORDER, Act.DRAW, Act.GIVE),
        Discipline.LPC: (Act.ASSESS,),
        Discipline.NP: (Act.CLEAR, Act.ORDER, Act.DRAW, Act.GIVE, Act.ASSESS, Act.WITNESS_WASTE),
        Discipline.RN: (Act.DRAW, Act.GIVE, Act.WITNESS_WASTE),
        Discipline.LCSW: (Act.ASSESS,),
    }.items()
)
STATE_DUTIES = (StateDuties("CO", _LAW, csr_required=False, signed_at=NOW - timedelta(days=60)),)

STAFF = (
    StaffMember(
        AMARA,
        "Dr Amara Osei",
        (Role.PRESCRIBER, Role.MEDICAL_DIRECTOR),
        Discipline.MD,
        (licence(), dea(), certificate(CredentialKind.ACLS), certificate(CredentialKind.BLS)),
        LISTS_READ,
    ),
    StaffMember(
        MARCUS,
        "Marcus Bell",
        (Role.THERAPIST,),
        Discipline.LCSW,
        (licence(), certificate(CredentialKind.KAP_TRAINING, None)),
        LISTS_READ,
    ),
    StaffMember(
        IVY,
        "Ivy Chen",
        (Role.SESSION_CLINICIAN,),
        Discipline.RN,
        (licence(), certificate(CredentialKind.ACLS)),
        LISTS_READ,
    ),
    StaffMember(RUTH, "Ruth Avila", (Role.COORDINATOR,)),
)


def with_staff(facts: Facts, key: str, **change: Any) -> Facts:
    """The same facts with one member of staff changed."""
    staff = tuple(replace(m, **change) if m.id == key else m for m in facts.staff)
    return replace(facts, staff=staff)


def credentials_of(facts: Facts, key: str) -> tuple[Credential, ...]:
    member = facts.member(key)
    assert member is not None
    return member.credentials


def with_credential(facts: Facts, key: str, kind: CredentialKind, **change: Any) -> Facts:
    """The same facts with the credentials of one kind of one member changed."""
    changed = tuple(
        replace(c, **change) if c.kind is kind else c for c in credentials_of(facts, key)
    )
    return with_staff(facts, key, credentials=changed)


# --- documents ------------------------------------------------------------------------------------


def paper(kind: DocumentKind, ago: timedelta, **more: Any) -> Document:
    values: dict[str, Any] = {
        "id": f"{kind.value}-{int(ago.total_seconds())}",
        "kind": kind,
        "signed_at": NOW - ago,
        "signed_by": AMARA,
        "signer_roles": (Role.PRESCRIBER,),
        "signer_discipline": Discipline.MD,
    }
    return Document(**values | more)


def with_paper(facts: Facts, kind: DocumentKind, **change: Any) -> Facts:
    """The same facts with the document of this kind changed."""
    papers = tuple(replace(d, **change) if d.kind is kind else d for d in facts.documents)
    return replace(facts, documents=papers)


def no_paper(facts: Facts, kind: DocumentKind) -> Facts:
    return replace(facts, documents=tuple(d for d in facts.documents if d.kind is not kind))


PAPERS = (
    paper(DocumentKind.MEDICAL_EVALUATION, days(20), in_person=True),
    paper(
        DocumentKind.MENTAL_HEALTH_ASSESSMENT,
        days(19),
        verdict="suitable",
        signed_by=MARCUS,
        signer_roles=(Role.THERAPIST,),
        signer_discipline=Discipline.LCSW,
    ),
)
CLEARED = (*PAPERS, paper(DocumentKind.CLEARANCE, days(15)))
CONSENTED = (
    *CLEARED,
    paper(DocumentKind.CONSENT, days(7), routes=(Route.IM,)),
    paper(DocumentKind.TOUCH_AGREEMENT, days(7)),
)
VISITS = (
    Visit("prep-1", "preparation", NOW - days(10), MARCUS),
    Visit("prep-2", "preparation", NOW - days(7), MARCUS),
)


def history(answer: Answer = Answer.NO, ago: timedelta = TWENTY_DAYS) -> tuple[Condition, ...]:
    """Every question of the shipped protocol, with one answer."""
    return tuple(Condition(key, answer, NOW - ago, AMARA) for key in clinic_protocol().conditions)


def answered(facts: Facts, key: str, answer: Answer = Answer.YES, **more: Any) -> Facts:
    """The same facts with one question of the history answered differently."""
    at = more.pop("at", NOW - days(20))
    kept = tuple(c for c in facts.conditions if c.key != key)
    return replace(facts, conditions=(*kept, Condition(key, answer, at, AMARA, **more)))


def medicine(name: str, **more: Any) -> Medication:
    return Medication(name, more.pop("group", ""), NOW - days(20), AMARA, **more)


def waiver(finding: Finding, **change: Any) -> Relief:
    """A waiver of exactly this finding, by the prescriber, for the session "day-1"."""
    values: dict[str, Any] = {
        "id": "relief-1",
        "kind": ReliefKind.WAIVER,
        "code": finding.code,
        "subject": finding.subject,
        "value": finding.value,
        "limit": finding.limit,
        "session": "day-1",
        "by": AMARA,
        "by_role": "prescriber",
        "second_by": "",
        "reason": "white coat; discussed",
        "at": NOW - minutes(1),
        "expires_at": NOW + hours(8),
    }
    return Relief(**values | change)


LETTER = paper(DocumentKind.OUTSIDE_LETTER, days(2), id="letter-1")


def with_letter(facts: Facts, **change: Any) -> Facts:
    """The same facts with the letter of an outside specialist, signed two days ago."""
    return replace(facts, documents=(*facts.documents, replace(LETTER, **change)))


def plan(finding: Finding, **change: Any) -> Relief:
    return waiver(finding, **{"kind": ReliefKind.PLAN, "session": ""} | change)


# --- one allowed case for every door --------------------------------------------------------------


def enquiry() -> Facts:
    return Facts(
        now=NOW,
        clinic=Clinic("clinic", "America/Denver", "CO", ADDRESS, protocol_signed_by_director=True),
        person=Person(
            "person", date(1990, 4, 2), "CO", interpreter_needed=False, has_guardian=False
        ),
        actor=RUTH,
        course=Course("", NOW, route=Route.IM),
        staff=STAFF,
        state_rules=STATE_RULES,
        state_duties=STATE_DUTIES,
    )


def assessed() -> Facts:
    return replace(
        enquiry(),
        actor=AMARA,
        course=Course("course", NOW - days(25), MARCUS, Route.IM),
        conditions=history(),
        medications_asked_at=NOW - days(20),
        documents=PAPERS,
        observations=(
            seen(Kind.SYSTOLIC, 118, days(20)),
            seen(Kind.DIASTOLIC, 74, days(20)),
            seen(Kind.WEIGHT, 70, days(20)),
            seen(Kind.HEIGHT, 172, days(20)),
            seen(Kind.SUICIDE_SCREEN, "negative", days(19)),
            seen(Kind.PREGNANCY_POSSIBLE, False, days(20)),
        ),
    )


def cleared() -> Facts:
    return replace(assessed(), actor=MARCUS, documents=CLEARED)


def arrived() -> Facts:
    """On the morning of the first session, before the session day is opened."""
    prepared = replace(
        cleared(),
        actor=IVY,
        documents=CONSENTED,
        visits=VISITS,
        booked_for=NOW + minutes(30),
        pdmp_queries=(PdmpQuery("query-1", NOW - days(15), AMARA, ("CO",)),),
        escorts=(Escort("Sam", "303 555 0177", NOW - minutes(1), IVY),),
    )
    return charted(
        prepared,
        seen(Kind.SUICIDE_SCREEN, "negative"),
        seen(Kind.IDENTITY_CONFIRMED, True),
        seen(Kind.ABLE_TO_CONSENT, True),
        seen(Kind.ESCORT_CONFIRMED, True),
        seen(Kind.HEALTH_CHANGE, False),
        seen(Kind.ROOM_READY, True),
        seen(Kind.EMERGENCY_EQUIPMENT_CHECKED, True),
    )


def readied() -> Facts:
    """In the room, everything measured and drawn up, before the first dose: 50 mg IM."""
    order = Order(
        "order-1",
        "day-1",
        Route.IM,
        Decimal(50),
        AMARA,
        NOW - minutes(20),
        NOW + hours(8),
        weight_kg=Decimal(70),
    )
    drawn = Preparation(
        "drawn-1",
        "order-1",
        "vial-1",
        Decimal(50),
        Decimal(50),
        vial_usable_until=NOW + days(20),
        drawn_at=NOW - minutes(5),
        drawn_by=IVY,
    )
    return charted(
        replace(
            arrived(),
            session="day-1",
            sessions=(Session("day-1", 1, NOW - minutes(40)),),
            orders=(order,),
            preparations=(drawn,),
            presences=(
                Presence(IVY, Place.IN_ROOM, NOW - minutes(40)),
                Presence(MARCUS, Place.IN_ROOM, NOW - minutes(30)),
                Presence(AMARA, Place.ON_PREMISES, NOW - hours(2)),
            ),
        ),
        seen(Kind.SYSTOLIC, 124, session="day-1"),
        seen(Kind.DIASTOLIC, 78, session="day-1"),
        seen(Kind.HEART_RATE, 72, session="day-1"),
        seen(Kind.SPO2, 98, session="day-1"),
        seen(Kind.RESPIRATORY_RATE, 14, session="day-1"),
        seen(Kind.TEMPERATURE, "36.8", session="day-1"),
        seen(Kind.WEIGHT, 70, session="day-1"),
        seen(Kind.PREGNANCY_POSSIBLE, False, session="day-1"),
        seen(Kind.LAST_FATTY_MEAL, NOW - hours(14), session="day-1"),
        seen(Kind.LAST_LIGHT_MEAL, NOW - hours(13), session="day-1"),
        seen(Kind.LAST_CLEAR_FLUID, NOW - hours(3), session="day-1"),
        seen(Kind.DISTRESS, 3, session="day-1"),
        seen(Kind.DISSOCIATION, 0, session="day-1"),
    )


def dosed(ago: timedelta) -> Facts:
    """The first dose was given `ago` before NOW; everything before it moved back as much."""
    shift = ago + minutes(1)
    facts = readied()
    earlier = tuple(replace(o, taken_at=o.taken_at - shift) for o in facts.observations)
    orders = tuple(replace(o, signed_at=o.signed_at - shift) for o in facts.orders)
    presences = tuple(replace(p, since=p.since - shift) for p in facts.presences)
    sessions = tuple(replace(s, opened_at=s.opened_at - shift) for s in facts.sessions)
    given = Dose("dose-1", "day-1", Route.IM, Decimal(50), NOW - ago, IVY, "order-1")
    return replace(
        facts,
        observations=earlier,
        orders=orders,
        presences=presences,
        sessions=sessions,
        doses=(given,),
    )


def between_doses() -> Facts:
    """Fifteen minutes after the first dose, a further 10 mg ordered and drawn up."""
    facts = dosed(minutes(15))
    order = replace(
        facts.orders[0],
        id="order-2",
        dose_mg=Decimal(10),
        further=True,
        signed_at=NOW - minutes(3),
    )
    drawn = replace(
        facts.preparations[0],
        id="drawn-2",
        order="order-2",
        dose_mg=Decimal(10),
        drawn_at=NOW - minutes(2),
    )
    return charted(
        replace(
            facts,
            orders=(*facts.orders, order),
            preparations=(*facts.preparations, drawn),
        ),
        seen(Kind.SYSTOLIC, 138, minutes(4), session="day-1"),
        seen(Kind.DIASTOLIC, 84, minutes(4), session="day-1"),
        seen(Kind.HEART_RATE, 84, minutes(4), session="day-1"),
        seen(Kind.SPO2, 97, minutes(4), session="day-1"),
        seen(Kind.SEDATION_MOAAS, 5, minutes(4), session="day-1"),
    )


def rested() -> Facts:
    """Two hours and more after the dose, everything settled, the escort at the door."""
    recent = (
        (Kind.SYSTOLIC, 128),
        (Kind.DIASTOLIC, 80),
        (Kind.SPO2, 97),
        (Kind.HEART_RATE, 76),
        (Kind.RESPIRATORY_RATE, 14),
        (Kind.SEDATION_MOAAS, 5),
        (Kind.PADSS_VITALS, 2),
        (Kind.PADSS_ACTIVITY, 2),
        (Kind.PADSS_NAUSEA, 2),
        (Kind.PADSS_BLEEDING, 2),
        (Kind.PADSS_INTAKE, 1),
        (Kind.DISTRESS, 1),
        (Kind.DISSOCIATION, 0),
        (Kind.SUICIDE_SCREEN, "negative"),
        (Kind.THERAPIST_DISCHARGE_CHECK, True),
        (Kind.ESCORT_IDENTIFIED, True),
        (Kind.INSTRUCTIONS_UNDERSTOOD, True),
    )
    facts = dosed(minutes(130))
    return charted(facts, *(seen(k, v, minutes(5), session="day-1") for k, v in recent))


def after_a_session() -> Facts:
    """Three days after the first session: reached, integrated, the next one planned in an hour."""
    facts = dosed(days(3))
    ended = NOW - days(3) + hours(3)
    sessions = tuple(replace(s, ended_at=ended, ending=Ending.DISCHARGED) for s in facts.sessions)
    return charted(
        replace(
            facts,
            session="",
            sessions=sessions,
            presences=(),
            visits=(*VISITS, Visit("int-1", "integration", ended + hours(40), MARCUS, "day-1")),
            booked_for=NOW + hours(1),
        ),
        seen(Kind.NEXT_DAY_CONTACT, "reached_well", days(2)),
        seen(Kind.PHQ9_TOTAL, 7, days(1)),
    )


def finished() -> Facts:
    return replace(after_a_session(), actor=MARCUS, booked_for=None)


ALLOWED = {
    Door.OPEN_COURSE: enquiry,
    Door.CLEAR_FOR_MEDICINE: assessed,
    Door.BEGIN_PREPARATION: cleared,
    Door.OPEN_SESSION: arrived,
    Door.GIVE_DOSE: readied,
    Door.FURTHER_DOSE: between_doses,
    Door.DISCHARGE: rested,
    Door.NEXT_SESSION: after_a_session,
    Door.CLOSE_COURSE: finished,
}
