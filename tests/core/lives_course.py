"""Small changes around the course: age, clearance, papers, consent, screens, answers of the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from holdspace.core.facts import (
    Discipline,
    DocumentKind,
    Facts,
    PdmpQuery,
    Route,
    Session,
    StateDuties,
    Task,
)
from holdspace.core.units import Kind
from tests.core.cases import (
    AMARA,
    NOW,
    answered,
    charted,
    days,
    hours,
    instead,
    minutes,
    no_paper,
    paper,
    seen,
    with_paper,
    with_staff,
    without,
)
from tests.core.lives import (
    CLEAR,
    CLOSE,
    DOSE,
    LEAVE,
    NEXT,
    OPEN,
    PREPARE,
    SESSION,
    Change,
    Lives,
    earlier,
)

K, D = Kind, DocumentKind
EVALUATION, ASSESSMENT = D.MEDICAL_EVALUATION, D.MENTAL_HEALTH_ASSESSMENT


def person(facts: Facts, **change: Any) -> Facts:
    return replace(facts, person=replace(facts.person, **change))


def course(facts: Facts, **change: Any) -> Facts:
    assert facts.course is not None
    return replace(facts, course=replace(facts.course, **change))


def clinic(facts: Facts, **change: Any) -> Facts:
    return replace(facts, clinic=replace(facts.clinic, **change))


def session(facts: Facts, **change: Any) -> Facts:
    return replace(facts, sessions=(*facts.sessions[:-1], replace(facts.sessions[-1], **change)))


def also(facts: Facts, kind: DocumentKind, ago_days: float, **more: Any) -> Facts:
    return replace(facts, documents=(*facts.documents, paper(kind, days(ago_days), **more)))


def signed(kind: DocumentKind, **change: Any) -> Change:
    return lambda facts: with_paper(facts, kind, **change)


def said(kind: Kind, value: Any, ago: float = 10, **more: Any) -> Change:
    """This was charted so many minutes ago, instead of what was there."""
    return lambda facts: instead(facts, seen(kind, value, minutes(ago), **more))


def no(kind: Kind) -> Change:
    return lambda facts: without(facts, kind)


def task(**change: Any) -> Change:
    one = Task("task", "risk_contact", NOW - hours(1), NOW + hours(1), True)
    return lambda facts: replace(facts, tasks=(*facts.tasks, replace(one, **change)))


BORN_EIGHTEEN = date(2007, 3, 3)
OF_THE_PERSON: Lives = (
    (OPEN, "eighteen today", lambda f: person(f, birth_date=BORN_EIGHTEEN)),
    (OPEN, "eighteen tomorrow", lambda f: person(f, birth_date=date(2007, 3, 4))),
    (OPEN, "the birth date is not known", lambda f: person(f, birth_date=None)),
    (OPEN, "born today", lambda f: person(f, birth_date=date(2025, 3, 3))),
    (OPEN, "born tomorrow", lambda f: person(f, birth_date=date(2025, 3, 4))),
    (OPEN, "nobody asked for a guardian", lambda f: person(f, has_guardian=None)),
    (OPEN, "somebody else decides", lambda f: person(f, has_guardian=True)),
    (OPEN, "what is asked for is not recorded", lambda f: replace(f, course=None)),
    (OPEN, "a group at home by esketamine",
     lambda f: course(f, home_supply=True, group_sessions=True, route=Route.ESKETAMINE)),
    (OPEN, "the protocol is not signed", lambda f: clinic(f, protocol_signed_by_director=False)),
    (OPEN, "the protocol of a demo is not signed",
     lambda f: clinic(f, protocol_signed_by_director=False, is_demo=True)),
    (OPEN, "another course is open", lambda f: replace(f, other_open_courses=("c2",))),
    (OPEN, "who asks is not named", lambda f: replace(f, actor="")),
    (OPEN, "who asks is not on file", lambda f: replace(f, actor="somebody")),
    (OPEN, "who asks has no role", lambda f: with_staff(f, f.actor, roles=())),
    (OPEN, "the person has died", lambda f: person(f, died_at=NOW - days(1))),
    (NEXT, "the person died an hour ago", lambda f: person(f, died_at=NOW - hours(1))),
    (PREPARE, "the course closes at this moment", lambda f: course(f, closed_at=NOW)),
    (PREPARE, "the course closes in a minute", lambda f: course(f, closed_at=NOW + minutes(1))),
    (PREPARE, "the course was declined", lambda f: course(f, declined_at=NOW - days(1))),
    (PREPARE, "there is no course", lambda f: replace(f, course=None)),
)  # fmt: skip

OF_THE_CLEARANCE: Lives = (
    (PREPARE, "the clearance was signed ninety days ago",
     signed(D.CLEARANCE, signed_at=NOW - days(90))),
    (PREPARE, "the clearance was signed a minute longer ago",
     signed(D.CLEARANCE, signed_at=NOW - days(90) - minutes(1))),
    (PREPARE, "the clearance ends now as printed", signed(D.CLEARANCE, expires_at=NOW)),
    (PREPARE, "the clearance ended a minute ago as printed",
     signed(D.CLEARANCE, expires_at=NOW - minutes(1))),
    (PREPARE, "the clearance is dated ahead", signed(D.CLEARANCE, signed_at=NOW + minutes(5))),
    (PREPARE, "the clearance is dated a minute ahead",
     signed(D.CLEARANCE, signed_at=NOW + minutes(1))),
    (PREPARE, "the clearance is withdrawn now", signed(D.CLEARANCE, withdrawn_at=NOW)),
    (PREPARE, "the clearance will be withdrawn",
     signed(D.CLEARANCE, withdrawn_at=NOW + minutes(1))),
    (PREPARE, "the clearance is suspended now", signed(D.CLEARANCE, suspended_at=NOW)),
    (PREPARE, "the clearance was suspended for a reason",
     signed(D.CLEARANCE, suspended_at=NOW - days(1), suspended_because="asked for an ECG")),
    (PREPARE, "the clearance was suspended, and there is news as well",
     lambda f: answered(
         with_paper(f, D.CLEARANCE, suspended_at=NOW - days(1), suspended_because="an ECG"),
         "epilepsy", at=NOW - days(2))),
    (PREPARE, "the clearance will be suspended",
     signed(D.CLEARANCE, suspended_at=NOW + minutes(1))),
    (PREPARE, "the clearance was signed by a nurse practitioner",
     signed(D.CLEARANCE, signer_discipline=Discipline.NP)),
    (PREPARE, "who signed the clearance had no profession on file",
     signed(D.CLEARANCE, signer_discipline=None)),
    (PREPARE, "no clearance", lambda f: no_paper(f, D.CLEARANCE)),
    (PREPARE, "a session at the moment of the clearance",
     lambda f: earlier(f, ago=15)),
    (PREPARE, "a session just before the clearance", lambda f: earlier(f, ago=15.001)),
    (SESSION, "seven sessions since the clearance",
     lambda f: _many(f, 7)),
    (SESSION, "eight sessions since the clearance", lambda f: _many(f, 8)),
)  # fmt: skip


def _many(facts: Facts, count: int) -> Facts:
    for number in range(count):
        facts = earlier(facts, ago=14.5 - number)
    return facts


OF_THE_SESSION: Lives = (
    (SESSION, "a session is open",
     lambda f: replace(f, sessions=(Session("x", 3, NOW - hours(1)),))),
    (NEXT, "the last session is open", lambda f: session(f, ended_at=None)),
    (CLOSE, "the last session is open", lambda f: session(f, ended_at=None)),
    (DOSE, "the session ended now", lambda f: session(f, ended_at=NOW)),
    (DOSE, "the session will end", lambda f: session(f, ended_at=NOW + minutes(1))),
    (DOSE, "the session is another one", lambda f: replace(f, session="day-9")),
    (DOSE, "the session opened a day ago", lambda f: session(f, opened_at=NOW - hours(24))),
    (DOSE, "the session opened longer ago", lambda f: session(f, opened_at=NOW - hours(24.1))),
    (DOSE, "the session is dated ahead", lambda f: session(f, opened_at=NOW + minutes(5))),
    (LEAVE, "the session opened two days ago",
     lambda f: session(f, opened_at=NOW - hours(48))),
    (SESSION, "booked for tomorrow", lambda f: replace(f, booked_for=NOW + days(1))),
    (SESSION, "booked for yesterday", lambda f: replace(f, booked_for=NOW - days(1))),
    (SESSION, "booked for tonight", lambda f: replace(f, booked_for=NOW + hours(14.9))),
    (SESSION, "booked two hours ahead over midnight",
     lambda f: replace(f, now=NOW + hours(13), booked_for=NOW + hours(16))),
    (SESSION, "booked more than three hours ahead over midnight",
     lambda f: replace(f, now=NOW + hours(13), booked_for=NOW + hours(16.1))),
    (SESSION, "nothing is booked", lambda f: replace(f, booked_for=None)),
)  # fmt: skip

OF_CONSENT: Lives = (
    (SESSION, "the consent is a year old", signed(D.CONSENT, signed_at=NOW - days(365))),
    (SESSION, "the consent is older than a year",
     signed(D.CONSENT, signed_at=NOW - days(365) - minutes(1))),
    (SESSION, "the consent ends now as printed", signed(D.CONSENT, expires_at=NOW)),
    (SESSION, "the consent ended as printed", signed(D.CONSENT, expires_at=NOW - minutes(1))),
    (SESSION, "the consent is dated ahead", signed(D.CONSENT, signed_at=NOW + minutes(5))),
    (SESSION, "the consent is withdrawn now", signed(D.CONSENT, withdrawn_at=NOW)),
    (SESSION, "the consent will be withdrawn",
     signed(D.CONSENT, withdrawn_at=NOW + minutes(1))),
    (SESSION, "the consent names no route", signed(D.CONSENT, routes=())),
    (SESSION, "the consent names two other routes",
     signed(D.CONSENT, routes=(Route.IV, Route.SC))),
    (SESSION, "no consent", lambda f: no_paper(f, D.CONSENT)),
    (SESSION, "no route is planned", lambda f: replace(f, course=None)),
    (DOSE, "an order of another route is not covered",
     lambda f: replace(f, orders=(*f.orders, replace(f.orders[0], id="o2", route=Route.SC)))),
    (DOSE, "a cancelled order of another route asks for nothing",
     lambda f: replace(f, orders=(*f.orders, replace(
         f.orders[0], id="o2", route=Route.SC, cancelled_at=NOW - minutes(1))))),
    (DOSE, "an order of another day asks for nothing",
     lambda f: replace(f, orders=(*f.orders, replace(
         f.orders[0], id="o2", route=Route.SC, session="day-0")))),
    (SESSION, "no agreement on touch", lambda f: no_paper(f, D.TOUCH_AGREEMENT)),
    (SESSION, "the agreement on touch is withdrawn", signed(D.TOUCH_AGREEMENT, withdrawn_at=NOW)),
    (SESSION, "the agreement on touch is dated ahead",
     signed(D.TOUCH_AGREEMENT, signed_at=NOW + minutes(5))),
)  # fmt: skip

OF_PAPERS: Lives = tuple(
    (door, f"the {name} {what}", signed(kind, **change))
    for kind, name in ((EVALUATION, "evaluation"), (ASSESSMENT, "assessment"))
    for door in (CLEAR, SESSION)
    for what, change in (
        ("is ninety days old", {"signed_at": NOW - days(90)}),
        ("is older than ninety days", {"signed_at": NOW - days(90) - minutes(1)}),
        ("is dated ahead", {"signed_at": NOW + minutes(5)}),
        ("is withdrawn now", {"withdrawn_at": NOW}),
        ("will be withdrawn", {"withdrawn_at": NOW + minutes(1)}),
        ("ends now as printed", {"expires_at": NOW}),
        ("was signed by nobody", {"signed_by": ""}),
        ("was signed by a nurse", {"signer_discipline": Discipline.RN}),
        ("was signed in no profession", {"signer_discipline": None}),
        ("is old and was signed by a nurse",
         {"signed_at": NOW - days(91), "signer_discipline": Discipline.RN}),
    )
)  # fmt: skip

OF_CONCLUSIONS: Lives = (
    *((door, f"the assessment says {verdict or 'nothing'}", signed(ASSESSMENT, verdict=verdict))
      for door in (CLEAR, SESSION)
      for verdict in ("", "suitable_with", "not_now", "not_for_us", "not_suitable", "perhaps")),
    (CLEAR, "a condition and too old",
     signed(ASSESSMENT, verdict="suitable_with", signed_at=NOW - days(91))),
    (SESSION, "no assessment", lambda f: no_paper(f, ASSESSMENT)),
    (SESSION, "no evaluation", lambda f: no_paper(f, EVALUATION)),
    (CLEAR, "no assessment", lambda f: no_paper(f, ASSESSMENT)),
    (CLEAR, "no evaluation", lambda f: no_paper(f, EVALUATION)),
    (CLEAR, "evaluated at a distance", signed(EVALUATION, in_person=False)),
    (CLEAR, "evaluated nobody knows how", signed(EVALUATION, in_person=None)),
    (CLEAR, "evaluated in person as charted",
     lambda f: charted(with_paper(f, EVALUATION, in_person=None),
                       seen(K.IN_PERSON_EVALUATION, True))),
    (CLEAR, "evaluated at a distance as charted",
     lambda f: charted(with_paper(f, EVALUATION, in_person=None),
                       seen(K.IN_PERSON_EVALUATION, False))),
    (CLEAR, "the paper says in person and the chart does not",
     lambda f: charted(f, seen(K.IN_PERSON_EVALUATION, False))),
    (CLEAR, "an ECG a year old", lambda f: also(f, D.ECG, 365)),
    (CLEAR, "an ECG older than a year", lambda f: also(f, D.ECG, 365.1)),
    (CLEAR, "an ECG that was withdrawn", lambda f: also(f, D.ECG, 2, withdrawn_at=NOW)),
    (CLEAR, "an ECG dated ahead", lambda f: also(f, D.ECG, -1)),
    (CLEAR, "a laboratory report", lambda f: also(f, D.LABORATORY_REPORT, 20)),
)  # fmt: skip

OF_THE_SCREENING: Lives = (
    (CLEAR, "resting at the hard limit", said(K.SYSTOLIC, 180, 60)),
    (CLEAR, "resting at the limit of the protocol", said(K.SYSTOLIC, 140, 60)),
    (CLEAR, "resting above it, once", said(K.SYSTOLIC, 141, 60)),
    (CLEAR, "resting above it, twice",
     lambda f: instead(f, seen(K.SYSTOLIC, 181, minutes(90)), seen(K.SYSTOLIC, 150, minutes(9)))),
    (CLEAR, "resting above it, and a day later not",
     lambda f: instead(f, seen(K.SYSTOLIC, 181, days(2)), seen(K.SYSTOLIC, 120, days(1)))),
    (CLEAR, "resting above it, and not quite a day later not",
     lambda f: instead(
         f, seen(K.SYSTOLIC, 181, days(2)), seen(K.SYSTOLIC, 120, days(1) + minutes(1)))),
    (CLEAR, "resting diastolic 101", said(K.DIASTOLIC, 101, 60)),
    (CLEAR, "resting pressure of long ago", said(K.SYSTOLIC, 120, 60 * 24 * 31)),
    (CLEAR, "no resting pressure", no(K.SYSTOLIC)),
    (CLEAR, "body mass at the limit",
     lambda f: instead(f, seen(K.WEIGHT, 100), seen(K.HEIGHT, 158))),
    (CLEAR, "body mass far above", lambda f: instead(f, seen(K.WEIGHT, 130))),
    (CLEAR, "weighed long ago", said(K.WEIGHT, 70, 60 * 24 * 91)),
    (CLEAR, "no weight", no(K.WEIGHT)),
    (CLEAR, "no height", no(K.HEIGHT)),
    (CLEAR, "body mass above, STOP-BANG 2",
     lambda f: charted(instead(f, seen(K.WEIGHT, 130)), seen(K.STOP_BANG, 2))),
    *((CLEAR, f"STOP-BANG {score}", lambda f, s=score: charted(f, seen(K.STOP_BANG, s)))
      for score in range(2, 6)),
    (CLEAR, "STOP-BANG dated ahead",
     lambda f: charted(f, seen(K.STOP_BANG, 2, -minutes(5)))),
    (CLEAR, "STOP-BANG of long ago", lambda f: charted(f, seen(K.STOP_BANG, 6, days(91)))),
    *((CLEAR, f"{years} years old",
       lambda f, y=years: person(f, birth_date=date(2025 - y, 3, 3)))
      for years in (59, 60, 64, 65, 66, 70, 75)),
    (CLEAR, "the age is not known", lambda f: person(f, birth_date=None)),
    *((CLEAR, f"screened {value}", said(K.SUICIDE_SCREEN, value, 60))
      for value in ("negative", "non_acute_positive", "acute_positive")),
    (SESSION, "screened yesterday", said(K.SUICIDE_SCREEN, "negative", 60 * 25)),
    (SESSION, "screened positive", said(K.SUICIDE_SCREEN, "non_acute_positive")),
    (CLEAR, "no screen", no(K.SUICIDE_SCREEN)),
    (CLEAR, "item 9 above zero after the screen",
     lambda f: charted(f, seen(K.PHQ9_ITEM_9, 1), seen(K.PHQ9_ITEM_9, 2, minutes(5)))),
    (CLEAR, "item 9 is one after the screen", lambda f: charted(f, seen(K.PHQ9_ITEM_9, 1))),
    (CLEAR, "item 9 above zero before the screen",
     lambda f: charted(f, seen(K.PHQ9_ITEM_9, 1, days(19) + minutes(1)))),
    (CLEAR, "item 9 above zero with the screen",
     lambda f: charted(f, seen(K.PHQ9_ITEM_9, 1, days(19)))),
    (CLEAR, "item 9 zero after the screen", lambda f: charted(f, seen(K.PHQ9_ITEM_9, 0))),
    (CLEAR, "a task about safety is open", task()),
    (CLEAR, "a task about safety is closed", task(closed_at=NOW)),
    (CLEAR, "a task that holds nothing is open", task(holds=False)),
    (CLOSE, "a task that holds nothing is open", task(holds=False)),
    (CLOSE, "a task is closed", task(closed_at=NOW)),
)  # fmt: skip


def pdmp(*queries: tuple[float, tuple[str, ...]], **duties: Any) -> Change:
    made = tuple(PdmpQuery(f"q{n}", NOW - days(d), AMARA, s) for n, (d, s) in enumerate(queries))
    rule = StateDuties("CO", "law", csr_required=False, signed_at=NOW - days(60), **duties)
    return lambda facts: replace(facts, pdmp_queries=made, state_duties=(rule,))


OF_THE_STATE_S_REGISTER: Lives = (
    (SESSION, "queried thirty days ago", pdmp((30, ("CO",)))),
    (SESSION, "queried longer ago", pdmp((30.1, ("CO",)))),
    (SESSION, "queried twice", pdmp((3, ("CO",)), (29, ("CO",)))),
    (SESSION, "queried twice, both long ago", pdmp((33, ("CO",)), (90, ("CO",)))),
    (SESSION, "queried in other states", pdmp((1, ("UT", "NM")), (2, ("AZ",)))),
    (SESSION, "queried here and elsewhere", pdmp((1, ("UT",)), (2, ("CO", "UT")))),
    (SESSION, "queried tomorrow", pdmp((-1, ("CO",)))),
    (SESSION, "the state asks every seven days", pdmp((7, ("CO",)), pdmp_days_max=7)),
    (SESSION, "the state asks every seven days and one more has passed",
     pdmp((8, ("CO",)), pdmp_days_max=7)),
    (SESSION, "the state asks more rarely than the protocol",
     pdmp((31, ("CO",)), pdmp_days_max=90)),
    (SESSION, "the state asks at each dose, and it was done today",
     pdmp((0.3, ("CO",)), pdmp_each_dose=True)),
    (SESSION, "the state asks at each dose, and it was done yesterday",
     pdmp((0.4, ("CO",)), pdmp_each_dose=True)),
    (SESSION, "an older chart says yes and names no state",
     lambda f: charted(replace(f, pdmp_queries=()), seen(K.PDMP_QUERY, True, days(1)))),
    (SESSION, "an older chart says no",
     lambda f: charted(replace(f, pdmp_queries=()), seen(K.PDMP_QUERY, False, days(1)))),
)  # fmt: skip

ANSWERS = (
    K.IDENTITY_CONFIRMED, K.ABLE_TO_CONSENT, K.ESCORT_CONFIRMED, K.ROOM_READY,
    K.EMERGENCY_EQUIPMENT_CHECKED, K.HEALTH_CHANGE,
)  # fmt: skip
OF_THE_MORNING: Lives = (
    *((SESSION, f"{kind.value} is {'no' if kind is not K.HEALTH_CHANGE else 'yes'}",
       said(kind, kind is K.HEALTH_CHANGE)) for kind in ANSWERS),
    *((SESSION, f"{kind.value} was said yesterday",
       said(kind, kind is not K.HEALTH_CHANGE, 60 * 20)) for kind in ANSWERS),
    *((SESSION, f"{kind.value} was not said", no(kind)) for kind in ANSWERS),
    (SESSION, "nobody asked for an interpreter", lambda f: person(f, interpreter_needed=None)),
    (SESSION, "an interpreter is needed", lambda f: person(f, interpreter_needed=True)),
    (SESSION, "an interpreter is needed and here",
     lambda f: charted(person(f, interpreter_needed=True), seen(K.INTERPRETER_PRESENT, True))),
    (DOSE, "pregnancy is possible", said(K.PREGNANCY_POSSIBLE, True)),
    (DOSE, "a negative test of today",
     lambda f: charted(instead(f, seen(K.PREGNANCY_POSSIBLE, True)),
                       seen(K.PREGNANCY_TEST, "negative", hours(1)))),
    (DOSE, "a negative test of last week",
     lambda f: charted(instead(f, seen(K.PREGNANCY_POSSIBLE, True)),
                       seen(K.PREGNANCY_TEST, "negative", days(7)))),
    (DOSE, "a positive test", lambda f: charted(f, seen(K.PREGNANCY_TEST, "positive"))),
    (DOSE, "a test dated ahead",
     lambda f: charted(f, seen(K.PREGNANCY_TEST, "negative", -minutes(5)))),
    (DOSE, "nobody asked whether pregnancy is possible", no(K.PREGNANCY_POSSIBLE)),
    (DOSE, "ate six hours ago", said(K.LAST_LIGHT_MEAL, NOW - hours(6))),
    (DOSE, "ate a little less than six hours ago", said(K.LAST_LIGHT_MEAL, NOW - hours(5.9))),
    (DOSE, "drank two hours ago", said(K.LAST_CLEAR_FLUID, NOW - hours(2))),
    (DOSE, "will drink", said(K.LAST_CLEAR_FLUID, NOW + minutes(5))),
    (DOSE, "nobody asked for the last meal", no(K.LAST_FATTY_MEAL)),
    (LEAVE, "the screen was before the dose", said(K.SUICIDE_SCREEN, "negative", 140)),
    (LEAVE, "nobody screened", no(K.SUICIDE_SCREEN)),
    (LEAVE, "the therapist says no", said(K.THERAPIST_DISCHARGE_CHECK, False, 5)),
    (LEAVE, "nobody is at the door", no(K.ESCORT_IDENTIFIED)),
    (LEAVE, "12.5 mg is not accounted for", lambda f: session(f, unresolved_mg=Decimal("12.5"))),
)  # fmt: skip
OF_THE_COURSE: dict[str, Lives] = {
    "course": (*OF_THE_PERSON, *OF_THE_CLEARANCE, *OF_THE_SESSION),
    "consent": OF_CONSENT,
    "papers": OF_PAPERS,
    "screening": (*OF_CONCLUSIONS, *OF_THE_SCREENING),
    "readiness": OF_THE_MORNING,
    "oversight": OF_THE_STATE_S_REGISTER,
}
