"""Small changes of who is here: roles, licences, registrations, what a state lets them do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from holdspace.core.facts import (
    Act,
    Credential,
    CredentialKind,
    Discipline,
    DocumentKind,
    Facts,
    Place,
    Presence,
    Role,
    StaffMember,
    StateDuties,
    StateRule,
    Visit,
)
from tests.core.cases import (
    AMARA,
    IVY,
    LISTS_READ,
    MARCUS,
    NOW,
    RUTH,
    certificate,
    credentials_of,
    days,
    dea,
    hours,
    licence,
    minutes,
    paper,
    with_credential,
    with_paper,
    with_staff,
)
from tests.core.lives import CLEAR, DOSE, LEAVE, NEXT, OPEN, PREPARE, SESSION, Change, Lives
from tests.core.lives_course import clinic, course

C = CredentialKind
TODAY, YESTERDAY = date(2025, 3, 3), date(2025, 3, 2)


def holds(key: str, kind: CredentialKind, **change: Any) -> Change:
    return lambda facts: with_credential(facts, key, kind, **change)


def is_now(key: str, **change: Any) -> Change:
    return lambda facts: with_staff(facts, key, **change)


def lacks(key: str, kind: CredentialKind) -> Change:
    def without_it(facts: Facts) -> Facts:
        kept = tuple(c for c in credentials_of(facts, key) if c.kind is not kind)
        return with_staff(facts, key, credentials=kept)

    return without_it


def also_holds(key: str, *more: Credential) -> Change:
    return lambda f: with_staff(f, key, credentials=(*credentials_of(f, key), *more))


def here(*places: tuple[str, Place], ago: float = 60) -> Change:
    found = tuple(
        Presence(key, place, NOW - minutes(ago - n)) for n, (key, place) in enumerate(places)
    )
    return lambda facts: replace(facts, presences=found)


def then(*changes: Change) -> Change:
    def all_of_them(facts: Facts) -> Facts:
        for change in changes:
            facts = change(facts)
        return facts

    return all_of_them


def newcomer(**change: Any) -> Change:
    """A second prescriber on file, in order in every way."""
    one = StaffMember(
        "staff-lee", "Dr Lee Park", (Role.PRESCRIBER,), Discipline.DO,
        (licence(), dea(), certificate(C.BLS), certificate(C.KAP_TRAINING)), LISTS_READ,
    )  # fmt: skip
    return lambda facts: replace(facts, staff=(*facts.staff, replace(one, **change)))


ROOM, SITE, AWAY = Place.IN_ROOM, Place.ON_PREMISES, Place.REMOTE
LEE = "staff-lee"
OF_CREDENTIALS: Lives = (
    (CLEAR, "her licence is of another state", holds(AMARA, C.LICENCE, state="UT")),
    (CLEAR, "her licence names no state", holds(AMARA, C.LICENCE, state="")),
    (CLEAR, "her licence ended yesterday", holds(AMARA, C.LICENCE, expires_on=YESTERDAY)),
    (CLEAR, "her licence ends today", holds(AMARA, C.LICENCE, expires_on=TODAY)),
    (CLEAR, "her licence has no end", holds(AMARA, C.LICENCE, expires_on=None)),
    (CLEAR, "her licence is withdrawn now", holds(AMARA, C.LICENCE, revoked_at=NOW)),
    (CLEAR, "her licence will be withdrawn",
     holds(AMARA, C.LICENCE, revoked_at=NOW + minutes(1))),
    (CLEAR, "she has no licence", lacks(AMARA, C.LICENCE)),
    (CLEAR, "the clinic's state is not on file", lambda f: clinic(f, state="")),
    (CLEAR, "a second licence elsewhere", also_holds(AMARA, licence("UT"))),
    (CLEAR, "two licences of other states",
     then(holds(AMARA, C.LICENCE, state="UT"), also_holds(AMARA, licence("NM")))),
    (CLEAR, "her licence ended, a second one holds",
     then(holds(AMARA, C.LICENCE, expires_on=YESTERDAY),
          also_holds(AMARA, licence(until=date(2026, 1, 1))))),
    (CLEAR, "the one who clears is not named", lambda f: replace(f, actor="")),
    (CLEAR, "the one who clears is not on file", lambda f: replace(f, actor="nobody")),
    (CLEAR, "a nurse clears", lambda f: replace(f, actor=IVY)),
    (CLEAR, "the therapist clears", lambda f: replace(f, actor=MARCUS)),
    (CLEAR, "she has no profession on file", is_now(AMARA, discipline=None)),
    *((CLEAR, f"she is a {d.value}", is_now(AMARA, discipline=d)) for d in Discipline),
    (DOSE, "she has no registration", lacks(AMARA, C.DEA)),
    (DOSE, "her registration is of another schedule", holds(AMARA, C.DEA, schedules=("II",))),
    (DOSE, "her registration is of another state", holds(AMARA, C.DEA, state="UT")),
    (DOSE, "her registration names no state", holds(AMARA, C.DEA, state="")),
    (DOSE, "her registration is of another address",
     holds(AMARA, C.DEA, registered_address="1 Elm Road")),
    (DOSE, "her registration's number can't be one", holds(AMARA, C.DEA, number="AB1234560")),
    (DOSE, "her registration has no date", holds(AMARA, C.DEA, expires_on=None)),
    (DOSE, "her registration ended", holds(AMARA, C.DEA, expires_on=YESTERDAY)),
    (DOSE, "a second registration that ended", also_holds(AMARA, dea(expires_on=YESTERDAY))),
    (DOSE, "an older one ended before",
     then(holds(AMARA, C.DEA, expires_on=YESTERDAY), also_holds(AMARA, dea()))),
    (DOSE, "the clinic's address is not on file",
     lambda f: clinic(f, registered_address="")),
    (DOSE, "the clinic's state is not on file", lambda f: clinic(f, state="")),
    (DOSE, "the nurse holds no ACLS", lacks(IVY, C.ACLS)),
    (DOSE, "the nurse's ACLS has no date", holds(IVY, C.ACLS, expires_on=None)),
    (DOSE, "the nurse's ACLS names another state", holds(IVY, C.ACLS, state="NY")),
    (DOSE, "nobody else holds BLS", lacks(AMARA, C.BLS)),
    (PREPARE, "KAP training without an end", holds(MARCUS, C.KAP_TRAINING, expires_on=None)),
    (PREPARE, "no KAP training", lacks(MARCUS, C.KAP_TRAINING)),
    (PREPARE, "the therapist's licence ended", holds(MARCUS, C.LICENCE, expires_on=YESTERDAY)),
    (PREPARE, "nobody is assigned", lambda f: course(f, therapist="")),
    (PREPARE, "the assigned therapist is not on file", lambda f: course(f, therapist="gone")),
    (PREPARE, "another therapist acts", lambda f: replace(f, actor=LEE)),
    (PREPARE, "nobody acts", lambda f: replace(f, actor="")),
    (PREPARE, "the prescriber acts as therapist",
     then(is_now(AMARA, roles=(Role.THERAPIST,)), lambda f: replace(f, actor=AMARA))),
    (PREPARE, "a nurse is the therapist", is_now(MARCUS, discipline=Discipline.RN)),
    (PREPARE, "the therapist's profession is not on file", is_now(MARCUS, discipline=None)),
    (OPEN, "a therapist without a profession on file opens the course",
     then(is_now(MARCUS, discipline=None), lambda f: replace(f, actor=MARCUS))),
    (SESSION, "the desk opens the session", lambda f: replace(f, actor=RUTH)),
    (SESSION, "the one who opens holds two roles, one without its profession",
     is_now(IVY, roles=(Role.SESSION_CLINICIAN, Role.PRESCRIBER))),
    (SESSION, "the prescriber opens", lambda f: replace(f, actor=AMARA)),
)  # fmt: skip

OF_WHO_IS_HERE: Lives = (
    (DOSE, "nobody gives", lambda f: replace(f, actor="")),
    (DOSE, "the prescriber gives", lambda f: replace(f, actor=AMARA)),
    (DOSE, "the prescriber gives in the room",
     then(here((IVY, ROOM), (MARCUS, ROOM), (AMARA, ROOM)), lambda f: replace(f, actor=AMARA))),
    (DOSE, "the therapist gives", lambda f: replace(f, actor=MARCUS)),
    (DOSE, "the desk gives", lambda f: replace(f, actor=RUTH)),
    (DOSE, "nobody is here", here()),
    (DOSE, "the therapist is alone", here((MARCUS, ROOM))),
    (DOSE, "the nurse is alone", here((IVY, ROOM))),
    (DOSE, "the nurse is next door", here((IVY, SITE), (MARCUS, ROOM), (AMARA, SITE))),
    (DOSE, "the prescriber is on the telephone",
     here((IVY, ROOM), (MARCUS, ROOM), (AMARA, AWAY))),
    (DOSE, "the prescriber arrived first", here((AMARA, SITE), (MARCUS, ROOM), (IVY, ROOM))),
    (DOSE, "everybody left now",
     lambda f: replace(f, presences=tuple(replace(p, until=NOW) for p in f.presences))),
    (DOSE, "everybody leaves in a minute",
     lambda f: replace(
         f, presences=tuple(replace(p, until=NOW + minutes(1)) for p in f.presences))),
    (DOSE, "everybody arrives now",
     lambda f: replace(f, presences=tuple(replace(p, since=NOW) for p in f.presences))),
    (DOSE, "everybody arrives in a minute",
     lambda f: replace(
         f, presences=tuple(replace(p, since=NOW + minutes(1)) for p in f.presences))),
    (DOSE, "another therapist is here",
     then(newcomer(roles=(Role.THERAPIST,)), here((IVY, ROOM), (LEE, ROOM), (AMARA, SITE)))),
    (DOSE, "a second prescriber arrived before her",
     then(newcomer(), here((LEE, SITE), (IVY, ROOM), (MARCUS, ROOM), (AMARA, SITE)))),
    (DOSE, "a second prescriber whose licence ended arrived before her",
     then(newcomer(credentials=(licence(until=YESTERDAY), dea())),
          here((LEE, SITE), (IVY, ROOM), (MARCUS, ROOM), (AMARA, SITE)))),
    (DOSE, "a second prescriber without registration arrived before her",
     then(newcomer(credentials=(licence(),)),
          here((LEE, SITE), (IVY, ROOM), (MARCUS, ROOM), (AMARA, SITE)))),
    (DOSE, "a second prescriber who is a nurse arrived before her",
     then(newcomer(discipline=Discipline.RN),
          here((LEE, SITE), (IVY, ROOM), (MARCUS, ROOM), (AMARA, SITE)))),
    (DOSE, "two prescribers, neither in order",
     then(newcomer(credentials=(licence(),)), holds(AMARA, C.LICENCE, expires_on=YESTERDAY),
          here((LEE, SITE), (IVY, ROOM), (MARCUS, ROOM), (AMARA, SITE)))),
    (DOSE, "two clinicians in the room, the second gives",
     then(newcomer(roles=(Role.SESSION_CLINICIAN,)),
          here((LEE, ROOM), (IVY, ROOM), (MARCUS, ROOM), (AMARA, SITE)))),
    (DOSE, "two clinicians in the room, the other gives",
     then(newcomer(roles=(Role.SESSION_CLINICIAN,)), lambda f: replace(f, actor=LEE),
          here((IVY, ROOM), (LEE, ROOM), (MARCUS, ROOM), (AMARA, SITE)))),
    (DOSE, "the therapist is the only clinician in the room",
     then(is_now(MARCUS, roles=(Role.THERAPIST, Role.SESSION_CLINICIAN)),
          here((MARCUS, ROOM), (AMARA, SITE), (IVY, SITE)))),
    (DOSE, "the therapist is a clinician as well",
     is_now(MARCUS, roles=(Role.THERAPIST, Role.SESSION_CLINICIAN))),
    (DOSE, "the prescriber gives; therapist and nurse are clinicians, the therapist came first",
     then(is_now(MARCUS, roles=(Role.THERAPIST, Role.SESSION_CLINICIAN)),
          here((MARCUS, ROOM), (IVY, ROOM), (AMARA, ROOM)), lambda f: replace(f, actor=AMARA))),
    (DOSE, "the nurse is alone with a BLS of her own",
     then(also_holds(IVY, certificate(C.BLS)), lacks(AMARA, C.BLS))),
    (DOSE, "a LCSW holds the clinician's role", is_now(IVY, discipline=Discipline.LCSW)),
    (DOSE, "the course is not on file", lambda f: replace(f, course=None)),
)  # fmt: skip


def drawn(**change: Any) -> Change:
    return lambda f: replace(f, preparations=(replace(f.preparations[0], **change),))


OF_WHAT_IS_DRAWN_UP: Lives = (
    (DOSE, "less is drawn up", drawn(dose_mg=Decimal(40))),
    (DOSE, "drawn up four hours ago",
     lambda f: _ordered_early(drawn(drawn_at=NOW - hours(4))(f))),
    (DOSE, "drawn up longer ago",
     lambda f: _ordered_early(drawn(drawn_at=NOW - hours(4) - minutes(1))(f))),
    (DOSE, "drawn up as the order was signed", drawn(drawn_at=NOW - minutes(20))),
    (DOSE, "drawn up before the order", drawn(drawn_at=NOW - minutes(21))),
    (DOSE, "drawn up in the future", drawn(drawn_at=NOW + minutes(5))),
    (DOSE, "drawn up by nobody on file", drawn(drawn_by="nobody")),
    (DOSE, "drawn up by the desk", drawn(drawn_by=RUTH)),
    (DOSE, "drawn up by the therapist", drawn(drawn_by=MARCUS)),
    (DOSE, "drawn up by the prescriber", drawn(drawn_by=AMARA)),
    (DOSE, "the vial ends now", drawn(vial_usable_until=NOW)),
    (DOSE, "the vial ended", drawn(vial_usable_until=NOW - minutes(1))),
    (DOSE, "the vial is of another address", drawn(at_registered_location=False)),
    (DOSE, "drawn up as she arrived",
     then(here((IVY, ROOM), (MARCUS, ROOM), (AMARA, SITE), ago=10),
          drawn(drawn_at=NOW - minutes(10)))),
    (DOSE, "drawn up before she arrived",
     then(here((IVY, ROOM), (MARCUS, ROOM), (AMARA, SITE), ago=10),
          drawn(drawn_at=NOW - minutes(11)))),
    (DOSE, "drawn up as she left the store",
     lambda f: _was(drawn(drawn_at=NOW - minutes(15))(f), SITE, 15)),
    (DOSE, "drawn up after she left the store",
     lambda f: _was(drawn(drawn_at=NOW - minutes(14))(f), SITE, 15)),
    (DOSE, "drawn up while she was on the telephone",
     lambda f: _was(drawn(drawn_at=NOW - minutes(15))(f), AWAY, 15)),
)  # fmt: skip


def _ordered_early(facts: Facts) -> Facts:
    """Ordered and signed in five hours ago."""
    orders = (replace(facts.orders[0], signed_at=NOW - hours(5)),)
    return replace(
        facts, orders=orders,
        presences=tuple(replace(p, since=NOW - hours(5)) for p in facts.presences),
    )  # fmt: skip


def _was(facts: Facts, place: Place, until: float) -> Facts:
    """The nurse was here until then and came to the room nine minutes ago."""
    others = tuple(p for p in facts.presences if p.staff != IVY)
    first = Presence(IVY, place, NOW - minutes(40), NOW - minutes(until))
    return replace(facts, presences=(*others, first, Presence(IVY, ROOM, NOW - minutes(9))))


def ruled(*rules: tuple[Discipline, tuple[Act, ...], Any], state: str = "CO") -> Change:
    made = tuple(
        StateRule(state, d, acts, f"law {n}", **more) for n, (d, acts, more) in enumerate(rules)
    )
    return lambda f: replace(f, state_rules=(*f.state_rules, *made))


def duties(*found: StateDuties) -> Change:
    return lambda f: replace(f, state_duties=found)


SIGNED = NOW - days(60)
MD = Discipline.MD
WANTS = StateDuties("CO", "law", csr_required=True, signed_at=SIGNED)
OF_THE_STATE: Lives = (
    (CLEAR, "no rule of the state", lambda f: replace(f, state_rules=())),
    (CLEAR, "a rule of another state alone",
     then(lambda f: replace(f, state_rules=()), ruled((MD, tuple(Act), {}), state="UT"))),
    (CLEAR, "the newest rule lets less",
     ruled((MD, (Act.ORDER,), {"signed_at": NOW - days(1)}))),
    (CLEAR, "the newest rule lets nothing", ruled((MD, (), {"signed_at": NOW}))),
    (CLEAR, "a rule that will be signed lets less",
     ruled((MD, (Act.ORDER,), {"signed_at": NOW + minutes(1)}))),
    (CLEAR, "an older rule lets less", ruled((MD, (Act.ORDER,), {"signed_at": NOW - days(90)}))),
    (CLEAR, "a proposed rule lets less", ruled((MD, (Act.ORDER,), {}))),
    (CLEAR, "the only rule is proposed",
     then(lambda f: replace(f, state_rules=()), ruled((MD, tuple(Act), {})))),
    (CLEAR, "the only rule is proposed, in the demo",
     then(lambda f: clinic(replace(f, state_rules=()), is_demo=True),
          ruled((MD, tuple(Act), {})))),
    (CLEAR, "of two proposed rules in the demo the first",
     then(lambda f: clinic(replace(f, state_rules=()), is_demo=True),
          ruled((MD, tuple(Act), {}), (MD, (), {})))),
    (DOSE, "the state asks for a registration of its own", duties(WANTS)),
    (DOSE, "the state asks for a registration, and she holds it",
     then(duties(WANTS), also_holds(AMARA, Credential(C.STATE_CSR, "CO", date(2025, 10, 31))))),
    (DOSE, "the state asks for a registration, and she holds another state's",
     then(duties(WANTS), also_holds(AMARA, Credential(C.STATE_CSR, "UT", date(2025, 10, 31))))),
    (DOSE, "the state's duties are of another state", duties(replace(WANTS, state="UT"))),
    (DOSE, "nobody recorded whether the state asks", duties(replace(WANTS, csr_required=None))),
    (DOSE, "the state's duties are proposed", duties(replace(WANTS, signed_at=None))),
    (DOSE, "the state's duties are proposed, in the demo",
     then(duties(replace(WANTS, signed_at=None)), lambda f: clinic(f, is_demo=True))),
    *((DOSE, f"the state's duties are proposed by the program{where}",
       then(duties(replace(WANTS, signed_at=None, is_proposed=True)),
            lambda f, d=demo: clinic(f, is_demo=d)))
      for where, demo in (("", False), (", in the demo", True))),
    (DOSE, "the state's duties will be signed",
     duties(replace(WANTS, signed_at=NOW + minutes(1)))),
    (DOSE, "the newest of two duties counts",
     duties(replace(WANTS, csr_required=False, signed_at=NOW), WANTS)),
    (DOSE, "the newest of two duties counts, in either order",
     duties(WANTS, replace(WANTS, csr_required=False, signed_at=NOW))),
    (DOSE, "what was read asks for a registration, and what was signed does not, in the demo",
     then(duties(replace(WANTS, signed_at=None), replace(WANTS, csr_required=False)),
          lambda f: clinic(f, is_demo=True))),
    (SESSION, "a query each day was signed, and then no longer",
     duties(replace(WANTS, pdmp_each_dose=True), replace(WANTS, signed_at=NOW))),
    (SESSION, "a query each day was read, and what was signed does not say so, in the demo",
     then(duties(StateDuties("CO", "read", pdmp_each_dose=True),
                 StateDuties("CO", "law", csr_required=False, signed_at=SIGNED)),
          lambda f: clinic(f, is_demo=True))),
    (DOSE, "her licence was looked up long ago",
     holds(AMARA, C.LICENCE, verified_on=date(2024, 1, 1))),
    *((CLEAR, f"her licence was looked up {ago} days ago",
       holds(AMARA, C.LICENCE, verified_on=TODAY - days(ago)))
      for ago in (-1, 0, 30, 31, 90, 91, 180, 181, 365, 366)),
    (CLEAR, "her licence was never looked up", holds(AMARA, C.LICENCE, verified_on=None)),
    (CLEAR, "of two licences one was looked up",
     also_holds(AMARA, replace(licence(), verified_on=None))),
    *((CLEAR, f"the lists were read {ago} days ago",
       is_now(AMARA, exclusion_checked_on=TODAY - days(ago)))
      for ago in (-1, 0, 30, 31, 45, 46)),
    (CLEAR, "of two licences one was looked up long ago",
     also_holds(AMARA, replace(licence(), verified_on=date(2020, 1, 1)))),
    (CLEAR, "the lists were never read", is_now(AMARA, exclusion_checked_on=None)),
    (CLEAR, "she stands on a list", is_now(AMARA, is_excluded=True)),
    (CLEAR, "she stands on a list, nobody knows since when",
     is_now(AMARA, is_excluded=True, exclusion_checked_on=None)),
    (PREPARE, "the therapist stands on a list", is_now(MARCUS, is_excluded=True)),
    (LEAVE, "nobody lets the person go", lambda f: replace(f, actor="")),
    (DOSE, "nobody on file ordered and drew up",
     then(drawn(drawn_by="x"), lambda f: replace(
         f, orders=(replace(f.orders[0], ordered_by="y"),)))),
    (DOSE, "one physician orders, draws up and gives",
     then(drawn(drawn_by=AMARA), here((AMARA, ROOM), (MARCUS, ROOM), (IVY, SITE)),
          lambda f: replace(f, actor=AMARA))),
)  # fmt: skip

SUPERVISION = Credential(C.SUPERVISION, expires_on=date(2025, 10, 31), supervisor=LEE)
ASSOCIATE = holds(MARCUS, C.LICENCE, is_associate=True)
THERAPIST = newcomer(roles=(Role.THERAPIST,), discipline=Discipline.LCSW)
OF_SUPERVISION: Lives = (
    (PREPARE, "an associate without a supervisor", ASSOCIATE),
    (PREPARE, "an associate with a supervisor",
     then(ASSOCIATE, THERAPIST, also_holds(MARCUS, SUPERVISION))),
    (PREPARE, "an associate whose supervisor is not on file",
     then(ASSOCIATE, also_holds(MARCUS, SUPERVISION))),
    (PREPARE, "an associate who supervises himself",
     then(ASSOCIATE, also_holds(MARCUS, replace(SUPERVISION, supervisor=MARCUS)))),
    (PREPARE, "an associate whose supervisor is one",
     then(ASSOCIATE, newcomer(credentials=(replace(licence(), is_associate=True),)),
          also_holds(MARCUS, SUPERVISION))),
    (PREPARE, "an associate whose supervisor's licence ended",
     then(ASSOCIATE, newcomer(credentials=(licence(until=YESTERDAY),)),
          also_holds(MARCUS, SUPERVISION))),
    (PREPARE, "an associate whose supervision ended",
     then(ASSOCIATE, THERAPIST,
          also_holds(MARCUS, replace(SUPERVISION, expires_on=YESTERDAY)))),
    (PREPARE, "an associate whose supervision ends today",
     then(ASSOCIATE, THERAPIST, also_holds(MARCUS, replace(SUPERVISION, expires_on=TODAY)))),
    (PREPARE, "an associate whose supervision is withdrawn now",
     then(ASSOCIATE, THERAPIST, also_holds(MARCUS, replace(SUPERVISION, revoked_at=NOW)))),
    (PREPARE, "an associate whose supervisor stands on another credential alone",
     then(ASSOCIATE, THERAPIST, also_holds(
         MARCUS, replace(SUPERVISION, supervisor=""),
         replace(certificate(C.KAP_TRAINING), supervisor=LEE)))),
    (PREPARE, "an associate whose supervision by her ended, and by nobody goes on",
     then(ASSOCIATE, THERAPIST, also_holds(
         MARCUS, replace(SUPERVISION, expires_on=YESTERDAY),
         replace(SUPERVISION, supervisor="gone")))),
    (PREPARE, "an associate with a registration of the state",
     then(ASSOCIATE, also_holds(MARCUS, Credential(C.STATE_CSR, "CO", date(2025, 10, 31))))),
    (PREPARE, "an associate licence beside a full one",
     then(ASSOCIATE, also_holds(MARCUS, licence()))),
    (PREPARE, "an associate licence beside a full one of another state",
     then(ASSOCIATE, also_holds(MARCUS, licence("UT")))),
    (PREPARE, "an associate licence beside a full one that ended",
     then(ASSOCIATE, also_holds(MARCUS, licence(until=YESTERDAY)))),
    (CLEAR, "assessed by an associate", ASSOCIATE),
    (CLEAR, "assessed by an associate, not countersigned",
     then(ASSOCIATE, THERAPIST, also_holds(MARCUS, SUPERVISION))),
    (CLEAR, "assessed by an associate, countersigned",
     then(ASSOCIATE, THERAPIST, also_holds(MARCUS, SUPERVISION), lambda f: with_paper(
         f, DocumentKind.MENTAL_HEALTH_ASSESSMENT, countersigned_by=LEE))),
    (CLEAR, "assessed by an associate, countersigned by somebody else",
     then(ASSOCIATE, THERAPIST, also_holds(MARCUS, SUPERVISION), lambda f: with_paper(
         f, DocumentKind.MENTAL_HEALTH_ASSESSMENT, countersigned_by=AMARA))),
    (CLEAR, "assessed by nobody on file",
     lambda f: with_paper(f, DocumentKind.MENTAL_HEALTH_ASSESSMENT, signed_by="gone")),
)  # fmt: skip


def handed(**change: Any) -> Change:
    """A visit with another therapist nine days ago, who handed over eight days ago."""
    values = {"handed_from": "old", "handed_to": MARCUS, "agreed": True, "signed_by": "old"}
    document = paper(DocumentKind.THERAPIST_CHANGE, days(8), **values | change)
    return lambda f: replace(
        f, documents=(*f.documents, document),
        visits=(*f.visits, Visit("v0", "preparation", NOW - days(9), "old")),
    )  # fmt: skip


def other_visit(ago: float, therapist: str = "old", phase: str = "preparation") -> Change:
    visit = Visit(f"o{ago}", phase, NOW - days(ago), therapist)
    return lambda f: replace(f, visits=(*f.visits, visit))


def visits(*ago: float) -> Change:
    made = tuple(Visit(f"v{a}", "preparation", NOW - days(a), MARCUS) for a in ago)
    return lambda f: replace(f, visits=made)


def change_of(ago: float, old: str, new: str, **more: Any) -> Change:
    values = {"handed_from": old, "handed_to": new, "agreed": True, "signed_by": old} | more
    document = paper(DocumentKind.THERAPIST_CHANGE, days(ago), **values)
    return lambda f: replace(f, documents=(*f.documents, document))


OF_THE_THERAPIST: Lives = (
    (SESSION, "handed over, and met since", handed()),
    (SESSION, "handed over, not agreed", handed(agreed=False)),
    (SESSION, "handed over, nobody asked", handed(agreed=None)),
    (SESSION, "handed over by the one who takes over", handed(signed_by=MARCUS)),
    (SESSION, "handed over to nobody", handed(handed_to="")),
    (SESSION, "handed over from nobody", handed(handed_from="")),
    (SESSION, "handed over to somebody else", handed(handed_to="third")),
    (SESSION, "handed over, dated ahead", handed(signed_at=NOW + minutes(5))),
    (SESSION, "handed over, withdrawn", handed(withdrawn_at=NOW)),
    (SESSION, "handed over, no visit since",
     handed(signed_at=NOW - minutes(5))),
    (SESSION, "handed over at a visit with the other, no visit with the new one since",
     then(handed(signed_at=NOW - days(1)), other_visit(1))),
    (SESSION, "handed over at the moment of the last visit", handed(signed_at=NOW - days(7))),
    (SESSION, "seen by the other at the hand-over",
     then(handed(), other_visit(8))),
    (SESSION, "seen by the other after the hand-over", then(handed(), other_visit(7.9))),
    (SESSION, "seen by another without a hand-over", other_visit(9)),
    (SESSION, "seen by another in the future", other_visit(-1)),
    (SESSION, "handed over twice",
     then(change_of(9, "first", "old"), other_visit(9.5, "first"), handed())),
    (SESSION, "handed over twice, seen by the first after the first hand-over",
     then(change_of(9, "first", "old"), other_visit(8.9, "first"), handed())),
    (SESSION, "handed over there and back",
     then(change_of(9, MARCUS, "old"), other_visit(8.5), handed())),
    (SESSION, "handed over, back, and over again, seen by the other in between",
     then(change_of(8.8, "old", MARCUS), change_of(8.5, MARCUS, "old"), other_visit(8.3),
          handed())),
    (SESSION, "nobody is assigned, and nobody is named at the visits",
     lambda f: course(replace(f, visits=tuple(
         replace(v, therapist="") for v in f.visits)), therapist="")),
    (SESSION, "one visit", visits(3)),
    (SESSION, "no visit", visits()),
    (SESSION, "the last visit fourteen days ago", visits(15, 14)),
    (SESSION, "the last visit longer ago", visits(15, 14.1)),
    (SESSION, "the last visit thirty days ago", visits(40, 30)),
    (SESSION, "one of two visits was for another phase",
     then(visits(3), other_visit(2, MARCUS, "integration"))),
    (SESSION, "a visit in the future", visits(3, -1)),
    (SESSION, "one of two with the therapist who handed over",
     then(visits(3), handed())),
    (NEXT, "nobody is assigned any more", lambda f: course(f, therapist="")),
    (NEXT, "integrated by another", lambda f: replace(f, visits=(
        *f.visits[:-1], replace(f.visits[-1], therapist="old")))),
)  # fmt: skip
OF_PEOPLE: dict[str, Lives] = {
    "authority": (*OF_CREDENTIALS, *OF_WHO_IS_HERE),
    "drawn": OF_WHAT_IS_DRAWN_UP,
    "practice": (*OF_THE_STATE, *OF_SUPERVISION),
    "continuity": OF_THE_THERAPIST,
}
