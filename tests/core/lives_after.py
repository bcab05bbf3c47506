"""Small changes of what came before and after: sessions, events, follow-up, doses, leaving."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from holdspace.core.facts import (
    AdverseEvent,
    DocumentKind,
    Dose,
    Ending,
    Facts,
    Order,
    Route,
    Session,
    Told,
    Variance,
    Visit,
)
from holdspace.core.investigations import Investigation, InvestigationKind
from holdspace.core.units import Kind
from tests.core.cases import (
    AMARA,
    IVY,
    MARCUS,
    NOW,
    RUTH,
    charted,
    days,
    hours,
    instead,
    minutes,
    seen,
    without,
)
from tests.core.lives import CLOSE, DOSE, FURTHER, LEAVE, NEXT, SESSION, Change, Lives
from tests.core.lives_course import also, session
from tests.core.lives_people import then

K = Kind


def dosed(*ago: float, elsewhere: bool = False) -> Change:
    """One dose of 50 mg so many days ago each, with its session; or in an earlier course."""

    def with_doses(facts: Facts) -> Facts:
        made = [Dose(f"d{a}", f"s{a}", Route.IM, Decimal(50), NOW - days(a), IVY) for a in ago]
        if elsewhere:
            return replace(facts, earlier_doses=(*facts.earlier_doses, *made))
        sessions = tuple(
            Session(f"s{a}", 0, NOW - days(a) - hours(1), NOW - days(a) + hours(3),
                    Ending.DISCHARGED) for a in ago
        )  # fmt: skip
        return replace(facts, doses=(*facts.doses, *made), sessions=(*facts.sessions, *sessions))

    return with_doses


def infused(ago_hours: float, **change: Any) -> Change:
    """An infusion that began so many hours ago, of an earlier course."""
    dose = Dose("inf", "s-inf", Route.IV, Decimal(30), NOW - hours(ago_hours), IVY)
    return lambda f: replace(f, earlier_doses=(replace(dose, **change),))


WEEKS = tuple(7 * n + 0.5 for n in range(1, 10))
OF_HOW_OFTEN: Lives = (
    (SESSION, "a dose 48 hours ago", dosed(2)),
    (SESSION, "a dose a little less than 48 hours ago", dosed(1.99)),
    (SESSION, "a dose 48 hours ago in an earlier course", dosed(2, elsewhere=True)),
    (SESSION, "a dose a day ago in an earlier course", dosed(1, elsewhere=True)),
    (SESSION, "a dose tomorrow", dosed(-1)),
    (SESSION, "an infusion that ended 48 hours ago",
     infused(49, ended_at=NOW - hours(48))),
    (SESSION, "an infusion that ended a little later",
     infused(49, ended_at=NOW - hours(48) + minutes(1))),
    (SESSION, "an infusion without an end, 40 minutes before the 48 hours",
     infused(48 + 40 / 60)),
    (SESSION, "an infusion without an end, 39 minutes before the 48 hours",
     infused(48 + 39 / 60)),
    (SESSION, "an infusion ordered over an hour, without an end",
     then(infused(49, order="ord"), lambda f: replace(f, orders=(
         Order("other", "s", Route.IV, Decimal(30), AMARA, NOW - days(5), NOW,
               infusion_minutes=90),
         Order("ord", "s-inf", Route.IV, Decimal(30), AMARA, NOW - days(3), NOW,
               infusion_minutes=60))))),
    (SESSION, "the first dose three weeks ago, the last five days ago", dosed(21, 5)),
    (SESSION, "the first dose less than three weeks ago, the last two days ago",
     dosed(20.9, 2)),
    (SESSION, "the first dose three weeks ago, the last four days ago", dosed(21, 4)),
    (SESSION, "one dose in the week", dosed(6.9)),
    (SESSION, "two doses in the week", dosed(6.9, 3)),
    (SESSION, "two doses, one a week ago", dosed(7, 3)),
    (SESSION, "three doses in the week", dosed(6.9, 5, 3)),
    (SESSION, "two doses of one session in the week",
     lambda f: replace(dosed(4)(f), doses=(*f.doses, *(
         Dose(f"t{n}", "s4", Route.IM, Decimal(20), NOW - days(4) + minutes(n), IVY)
         for n in (0, 20))))),
    (SESSION, "seven doses in four weeks", dosed(3, 6.5, 10, 14, 18, 22, 27.9)),
    (SESSION, "eight doses in four weeks", dosed(3, 6.5, 10, 14, 18, 22, 25, 27.9)),
    (SESSION, "eight doses, one four weeks ago", dosed(3, 6.5, 10, 14, 18, 22, 25, 28)),
    (SESSION, "nine doses in four weeks", dosed(3, 5, 6.5, 10, 14, 18, 22, 25, 27.9)),
    (SESSION, "weekly for nine weeks", dosed(*WEEKS)),
    (SESSION, "weekly for eight weeks", dosed(*WEEKS[:8])),
    (SESSION, "weekly for seven weeks", dosed(*WEEKS[:7])),
    (SESSION, "seven in eight weeks, the first longer ago", dosed(*WEEKS[:6], 56, 57)),
    (SESSION, "six in eight weeks, the first longer ago", dosed(*WEEKS[:6], 57)),
    (SESSION, "eight in eight weeks, the first on the day", dosed(*WEEKS[:7], 56)),
    (NEXT, "booked in two hours", lambda f: replace(f, booked_for=NOW + hours(2))),
    (NEXT, "booked for yesterday", lambda f: replace(f, booked_for=NOW - days(1))),
    (NEXT, "not booked", lambda f: replace(f, booked_for=None)),
    (NEXT, "booked in a month", lambda f: replace(f, booked_for=NOW + days(30))),
)  # fmt: skip


def looked(kind: Kind, value: bool, ago: float) -> Change:
    return lambda f: charted(f, seen(kind, value, days(ago)))


def value_of(test: str, on: date, number: str | None = "30") -> Change:
    row = Investigation(
        f"lab-{test}-{on}", InvestigationKind.LABORATORY, on, NOW, IVY, name=test, test=test,
        value=None if number is None else Decimal(number), unit="U/L",
    )  # fmt: skip
    return lambda f: replace(f, investigations=(*f.investigations, row))


EIGHT = dosed(*range(3, 60, 7))
OF_HARM: Lives = (
    (SESSION, "eight sessions and nothing looked at", EIGHT),
    (SESSION, "seven sessions and nothing looked at", dosed(*range(3, 50, 7))),
    (SESSION, "eight sessions, the bladder asked before the last",
     then(EIGHT, looked(K.BLADDER_SYMPTOMS, False, 4))),
    (SESSION, "eight sessions, the bladder asked at the first",
     then(EIGHT, looked(K.BLADDER_SYMPTOMS, False, 52))),
    (SESSION, "eight sessions, the bladder asked after the first",
     then(EIGHT, looked(K.BLADDER_SYMPTOMS, False, 51.9))),
    (SESSION, "a concern of the bladder",
     then(dosed(4), looked(K.BLADDER_SYMPTOMS, True, 1))),
    (SESSION, "a concern of thinking, none of dependence",
     then(dosed(4), looked(K.COGNITION_CONCERN, True, 1),
          looked(K.DEPENDENCE_CONCERN, False, 1))),
    (SESSION, "the bladder asked in the future",
     then(dosed(4), looked(K.BLADDER_SYMPTOMS, False, -1))),
    (SESSION, "a concern before any dose", looked(K.DEPENDENCE_CONCERN, True, 1)),
    (SESSION, "the first dose six months ago",
     dosed((NOW.date() - date(2024, 9, 3)).days)),
    (SESSION, "the first dose six months and a day ago",
     dosed((NOW.date() - date(2024, 9, 2)).days)),
    (SESSION, "the first dose on the last of August",
     dosed((NOW.date() - date(2024, 8, 31)).days)),
    (SESSION, "a laboratory report since",
     then(dosed(200), lambda f: also(f, DocumentKind.LABORATORY_REPORT, 20))),
    (SESSION, "a laboratory report dated ahead",
     then(dosed(4), lambda f: also(f, DocumentKind.LABORATORY_REPORT, -1))),
    (SESSION, "a value of the liver since", then(dosed(200), value_of("alt", date(2025, 2, 3)))),
    (SESSION, "a value of the kidney since",
     then(dosed(200), value_of("creatinine", date(2025, 2, 3)))),
    (SESSION, "a value of the liver in words since",
     then(dosed(200), value_of("alt", date(2025, 2, 3), None))),
    (SESSION, "a value of the liver of today", then(dosed(200), value_of("alt", date(2025, 3, 3)))),
    (SESSION, "a value of the liver of tomorrow",
     then(dosed(4), value_of("alt", date(2025, 3, 4)))),
    (SESSION, "a report and a newer value",
     then(dosed(200), lambda f: also(f, DocumentKind.LABORATORY_REPORT, 20),
          value_of("alt", date(2025, 3, 1)))),
)  # fmt: skip


def happened(**change: Any) -> Change:
    values: dict[str, Any] = {
        "id": "e", "session": "day-0", "term": "Syncope", "grade": 3, "at": NOW - days(16),
    }  # fmt: skip
    made = AdverseEvent(**values | change)
    return lambda f: replace(f, adverse_events=(*f.adverse_events, made))


OPEN_VARIANCE = Variance("v", "day-0", "a dose without a door", NOW - days(5))
OF_EVENTS: Lives = (
    (DOSE, "a variance nobody looked at", lambda f: replace(f, variances=(OPEN_VARIANCE,))),
    (DOSE, "a variance reviewed now",
     lambda f: replace(f, variances=(replace(OPEN_VARIANCE, reviewed_at=NOW),))),
    (DOSE, "a variance that will be reviewed",
     lambda f: replace(f, variances=(replace(OPEN_VARIANCE, reviewed_at=NOW + minutes(1)),))),
    (DOSE, "an event of grade 2", happened(grade=2)),
    (DOSE, "an event of grade 3", happened()),
    (DOSE, "an event of grade 3, the prescriber looked", happened(reviewed_by=(AMARA,))),
    (DOSE, "an event of grade 3, two looked", happened(reviewed_by=(AMARA, IVY))),
    (DOSE, "an event of grade 3, two looked and none prescribes",
     happened(reviewed_by=(MARCUS, IVY))),
    (DOSE, "an event of grade 3, the one who charted it looked",
     happened(reviewed_by=(AMARA, IVY), charted_by=IVY)),
    (DOSE, "an event of grade 3, both who looked were there",
     happened(reviewed_by=(AMARA, IVY), involved=(AMARA, IVY))),
    (DOSE, "an event of grade 3, the prescriber was there",
     happened(reviewed_by=(AMARA, IVY), involved=(AMARA,))),
    (DOSE, "an event of this session, those who ordered and drew looked",
     happened(session="day-1", reviewed_by=(AMARA, IVY))),
    (DOSE, "an event of this session, somebody else looked",
     happened(session="day-1", reviewed_by=(AMARA, RUTH))),
    (DOSE, "an event since the clearance", happened(at=NOW - days(2), reviewed_by=(AMARA, IVY))),
    (DOSE, "an event before the clearance, written down since",
     happened(recorded_at=NOW - days(1), reviewed_by=(AMARA, IVY))),
    (DOSE, "a rescue drug", happened(kind="rescue_drug", grade=0, term="Labetalol")),
    (DOSE, "a transfer", happened(kind="transfer", grade=0, term="")),
    (NEXT, "a session that ended in a transfer",
     lambda f: session(f, ending=Ending.TRANSFERRED)),
    (NEXT, "a session that ended in a transfer, told as an event",
     lambda f: happened(session="day-1", kind="transfer", grade=0, at=NOW - days(3),
                        reviewed_by=(AMARA, RUTH))(session(f, ending=Ending.TRANSFERRED))),
    (NEXT, "a session that ended in a death", lambda f: session(f, ending=Ending.DIED)),
    (NEXT, "a session that ended in a death, nobody wrote down when",
     lambda f: session(f, ending=Ending.DIED, ended_at=None)),
    (CLOSE, "an event of grade 3", happened()),
    (CLOSE, "a variance nobody looked at", lambda f: replace(f, variances=(OPEN_VARIANCE,))),
)  # fmt: skip

END = NOW - days(3) + hours(3)  # of the last session


def contact(value: str, after_end: float) -> Change:
    at = END + hours(after_end)
    return lambda f: instead(f, seen(K.NEXT_DAY_CONTACT, value, NOW - at))


def integrated(*after_end: float, phase: str = "integration") -> Change:
    made = tuple(Visit(f"i{a}", phase, END + hours(a), MARCUS, "day-1") for a in after_end)
    return lambda f: replace(f, visits=(*(v for v in f.visits if v.phase != "integration"), *made))


def at(later: timedelta) -> Change:
    return lambda f: replace(f, now=f.now + later)


OF_AFTERWARDS: Lives = (
    (NEXT, "integrated at the end of 72 hours", then(integrated(72), at(days(1)))),
    (NEXT, "integrated a little later", then(integrated(72.1), at(days(1)))),
    (NEXT, "integrated at the moment of the end", integrated(0)),
    (NEXT, "a visit before the end", integrated(-0.1)),
    (NEXT, "not integrated", integrated()),
    (NEXT, "a visit of another phase", integrated(40, phase="preparation")),
    (NEXT, "integrated twice", integrated(40, 50)),
    (NEXT, "integrated twice, in no order", integrated(50, 40)),
    (NEXT, "integrated tomorrow", integrated(40, 100)),
    (NEXT, "ten days after, integrated once", at(END + days(10) - NOW)),
    (NEXT, "more than ten days after, integrated once",
     at(END + days(10) - NOW + minutes(1))),
    (NEXT, "the end was not written down",
     lambda f: session(f, ended_at=None, ending=None)),
    (NEXT, "no medicine was given", lambda f: replace(f, doses=())),
    (NEXT, "reached, with a concern", contact("reached_concern", 20)),
    (NEXT, "not reached", contact("no_answer", 20)),
    *((NEXT, f"reached {after} hours after leaving", contact("reached_well", after))
      for after in (11, 12, 17.9, 18, 24, 36, 36.1, 48, 48.1)),
    (NEXT, "nobody called", lambda f: without(f, K.NEXT_DAY_CONTACT)),
    (NEXT, "nobody called, five hours after",
     then(lambda f: without(f, K.NEXT_DAY_CONTACT), at(END + hours(5) - NOW))),
    (NEXT, "nobody called, twelve hours after",
     then(lambda f: without(f, K.NEXT_DAY_CONTACT), at(END + hours(12) - NOW))),
    (CLOSE, "no PHQ-9", lambda f: without(f, K.PHQ9_TOTAL)),
    (CLOSE, "a PHQ-9 with the last dose",
     lambda f: instead(f, seen(K.PHQ9_TOTAL, 7, days(3)))),
    (CLOSE, "a PHQ-9 a minute after the last dose",
     lambda f: instead(f, seen(K.PHQ9_TOTAL, 7, days(3) - minutes(1)))),
    (CLOSE, "a PHQ-9 less than a minute after the last dose",
     lambda f: instead(f, seen(K.PHQ9_TOTAL, 7, days(3) - minutes(0.9)))),
    (CLOSE, "a PHQ-9 between two doses",
     then(dosed(1.5), lambda f: instead(f, seen(K.PHQ9_TOTAL, 7, days(2))))),
    (CLOSE, "no medicine was given", lambda f: replace(f, doses=())),
)  # fmt: skip


def first_dose(ago: float, *more: float, route: Route = Route.IM) -> Change:
    def moved(facts: Facts) -> Facts:
        one = facts.doses[0]
        doses = tuple(
            replace(one, id=f"d{a}", given_at=NOW - minutes(a), route=route) for a in (ago, *more)
        )
        return replace(facts, doses=doses)

    return moved


def now(kind: Kind, value: Any, ago: float = 4, **more: Any) -> Change:
    return lambda f: charted(f, seen(kind, value, minutes(ago), session="day-1", **more))


OF_FURTHER: Lives = (
    *((FURTHER, f"the dose was {ago} minutes ago", first_dose(ago))
      for ago in (-2, 0, 9, 10, 30, 31)),
    (FURTHER, "the doses were 30 and 10 minutes ago", first_dose(30, 10)),
    (FURTHER, "the doses were 30 and 9 minutes ago", first_dose(30, 9)),
    (FURTHER, "the doses were 31 and 12 minutes ago", first_dose(31, 12)),
    (FURTHER, "a lozenge 20 minutes ago", first_dose(20, route=Route.SUBLINGUAL)),
    (FURTHER, "an infusion 20 minutes ago", first_dose(20, route=Route.IV)),
    (FURTHER, "no dose", lambda f: replace(f, doses=())),
    *((FURTHER, f"{kind.value} {value}", lambda f, k=kind, v=value: instead(
        f, seen(k, v, minutes(4), session="day-1")))
      for kind, values in (
          (K.SYSTOLIC, (159, 160, 180)), (K.DIASTOLIC, (99, 100)), (K.SPO2, (94, 93, 91)),
          (K.SEDATION_MOAAS, (4, 3, 2)), (K.HEART_RATE, (120, 121, 49)),
          (K.RESPIRATORY_RATE, (10, 9, 7)))
      for value in values),
    (FURTHER, "a red flag", now(K.RED_FLAG_SYMPTOM, True)),
    (FURTHER, "no red flag", now(K.RED_FLAG_SYMPTOM, False)),
    (FURTHER, "a fast heart at the dose itself",
     lambda f: instead(f, seen(K.HEART_RATE, 130, minutes(15), session="day-1"))),
    *((FURTHER, f"no dose, and a fast heart {ago} hours ago",
       lambda f, a=ago: replace(
           instead(f, seen(K.HEART_RATE, 130, hours(a), session="day-1")), doses=()))
      for ago in (12, 12.1)),
    (FURTHER, "a fast heart before the dose",
     lambda f: instead(f, seen(K.HEART_RATE, 130, minutes(15.1), session="day-1"))),
    (FURTHER, "a fast heart in the future", now(K.HEART_RATE, 130, -5)),
    (FURTHER, "a quiet heart in the future", now(K.HEART_RATE, 80, -5)),
    (FURTHER, "a fast heart, then a quiet one",
     then(now(K.HEART_RATE, 130, 8), now(K.HEART_RATE, 80, 3))),
    *((FURTHER, f"{kind.value} is not known", lambda f, k=kind: without(f, k))
      for kind in (K.SYSTOLIC, K.DIASTOLIC, K.SPO2, K.SEDATION_MOAAS)),
)  # fmt: skip


def told(reading: str, ago: float) -> Change:
    return lambda f: replace(f, told=(*f.told, Told(reading, NOW - minutes(ago))))


HIGH = now(K.SYSTOLIC, 185, 90, id="high")
OF_TELLING: Lives = (
    (LEAVE, "a high pressure nobody was told about", HIGH),
    (LEAVE, "a high pressure, told", then(HIGH, told("high", 80))),
    (LEAVE, "a high pressure, something else told", then(HIGH, told("other", 80))),
    (LEAVE, "two high pressures, the later told",
     then(HIGH, now(K.SYSTOLIC, 186, 85, id="later"), told("later", 80))),
    (LEAVE, "two high pressures, the earlier told before the later",
     then(HIGH, now(K.SYSTOLIC, 186, 85, id="later"), told("high", 86))),
    (LEAVE, "two high pressures, the earlier told at the later",
     then(HIGH, now(K.SYSTOLIC, 186, 85, id="later"), told("high", 85))),
    (LEAVE, "a high pressure and low oxygen, the oxygen told",
     then(HIGH, now(K.SPO2, 88, 85, id="air"), told("air", 80))),
    (LEAVE, "a raised pressure asks for nobody", now(K.SYSTOLIC, 165, 90)),
    (LEAVE, "a high pressure with the dose", now(K.SYSTOLIC, 185, 130)),
    (LEAVE, "a high pressure before the dose", now(K.SYSTOLIC, 185, 131)),
    (LEAVE, "a high pressure of another session",
     lambda f: charted(f, seen(K.SYSTOLIC, 185, minutes(90), session="day-0"))),
    (LEAVE, "a high pressure at this very moment", now(K.SYSTOLIC, 185, 0)),
    (LEAVE, "a high pressure, told by a clock that was behind", then(HIGH, told("high", 91))),
    (LEAVE, "a high pressure in the future", now(K.SYSTOLIC, 185, -5)),
    (LEAVE, "no dose and a high pressure",
     then(HIGH, lambda f: replace(f, doses=()))),
)  # fmt: skip


def infusion(began: float, ended: float | None) -> Change:
    def given(facts: Facts) -> Facts:
        end = None if ended is None else NOW - minutes(ended)
        one = replace(facts.doses[0], route=Route.IV, given_at=NOW - minutes(began), ended_at=end)
        return replace(facts, doses=(one,))

    return given


OF_LEAVING: Lives = (
    *((LEAVE, f"the dose was {ago} minutes ago", first_dose(ago)) for ago in (0, 119, 120, -2)),
    (LEAVE, "the infusion ended 120 minutes ago", infusion(165, 120)),
    (LEAVE, "the infusion ended 119 minutes ago", infusion(165, 119)),
    (LEAVE, "the end of the infusion is not written down, 160 minutes", infusion(160, None)),
    (LEAVE, "the end of the infusion is not written down, 159 minutes", infusion(159, None)),
    (LEAVE, "no dose", lambda f: replace(f, doses=())),
    *((LEAVE, f"{kind.value} {value}", now(kind, value, 1))
      for kind, values in (
          (K.SYSTOLIC, (148, 149, 161, 99)), (K.DIASTOLIC, (93, 94, 62)), (K.SPO2, (95, 94)),
          (K.SEDATION_MOAAS, (5, 4)), (K.HEART_RATE, (100, 101, 50, 49)),
          (K.RESPIRATORY_RATE, (10, 9, 20, 21, 24, 25)), (K.PADSS_VITALS, (1, 0)),
          (K.PADSS_ACTIVITY, (1,)), (K.PADSS_INTAKE, (0, 2)), (K.DISTRESS, (3, 4)),
          (K.DISSOCIATION, (2, 3)))
      for value in values),
)  # fmt: skip
OF_AFTER: dict[str, Lives] = {
    "oversight": (*OF_HOW_OFTEN, *OF_HARM),
    "news": OF_EVENTS,
    "continuity": OF_AFTERWARDS,
    "further": OF_FURTHER,
    "told": OF_TELLING,
    "discharge": OF_LEAVING,
}
