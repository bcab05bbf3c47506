"""The walks that turn on a medicine day: given, waived, held, transferred, left, out of order."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from decimal import Decimal

from holdspace.care.actions import WrongInput
from holdspace.care.actions.facts import Reading
from holdspace.care.events import AdverseEvent
from holdspace.config.demo.medicine_day import Day
from holdspace.config.demo.stage import Stage, Steps
from holdspace.core.codes import Code
from holdspace.core.facts import Ending
from holdspace.core.units import Kind
from holdspace.medicine import actions as medicine
from holdspace.pharmacy import hatch
from holdspace.schedule.models import AppointmentKind

Played = Generator[datetime, None, Day]

# --- the parts that most walks share -------------------------------------------------------------


def to_clearance(
    s: Stage, day: int, *, phq9: int = 17, pressure: str = "122/78", tested: bool = False
) -> Steps:
    """Entered on `day`, evaluated, assessed and cleared within six days."""
    yield s.day(day, "09:10")
    s.enrol()
    yield s.day(day + 3, "10:00")
    s.evaluate(pressure=pressure, tested=tested)
    yield s.day(day + 5, "13:00")
    s.assess(phq9=phq9)
    yield s.day(day + 6, "16:00")
    s.clear()


def to_ready(s: Stage, day: int, *, phq9: int = 17, pressure: str = "122/78") -> Steps:
    """Cleared, prepared in two visits, and consenting: thirteen days from the first."""
    yield from to_clearance(s, day, phq9=phq9, pressure=pressure)
    yield from prepared(s, day)


def prepared(s: Stage, day: int) -> Steps:
    yield s.day(day + 9, "15:00")
    s.prepare()
    yield s.day(day + 13, "15:00")
    s.prepare("Consent read aloud, questions answered, the room shown.")
    s.consent()


def session_day(s: Stage, dose: str, *, further: str = "") -> Played:
    """An uneventful day, from the arrival to a signed discharge."""
    day = Day(s)
    yield from day.arrive()
    yield from day.dose(dose)
    if further:
        yield s.after(10)
        day.vitals((128, 80), distance=3)
        yield s.after(2)
        order = day.order(further, "Light effect, asks to go on; calm and steady.")
        yield s.after(2)
        day.draw(order)
        yield s.after(1)
        day.give()
    day.note("therapy", "Tears, then quiet. Spoke of the garden of the grandmother.")
    yield from day.watch()
    yield from day.go_home("the named adult, identified at the door")
    return day


def follow_up(s: Stage, day: Day, on: int, *, phq9: int) -> Steps:
    """The call on the next day, and the integration visit two days after."""
    yield s.day(on + 1, "11:30")
    day.call("Slept well, a little tired, glad to be called.")
    yield s.day(on + 2, "15:00")
    s.integrate(day.session, "What stayed: the garden. A first small step is agreed.", phq9=phq9)


def second_visit(s: Stage, day: Day, on: int) -> Steps:
    """The second integration visit, within ten days of the session."""
    yield s.day(on + 6, "15:00")
    s.integrate(day.session, "The small step was taken; what was hard about it, and what helped.")


# --- today ---------------------------------------------------------------------------------------


def is_in_session(s: Stage) -> Steps:
    """Dosed 35 minutes ago; the readings after the first ten minutes are overdue."""
    yield from to_ready(s, -24)
    yield s.day(-4, "10:00")
    s.book_session(s.ago(55))
    yield s.ago(58)
    day = Day(s)
    yield from day.arrive()
    yield s.ago(48)
    day.vitals(day.rest)
    yield s.ago(44)
    order = day.order("50 mg")
    yield s.ago(39)
    day.draw(order)
    yield s.ago(35)
    day.give()
    yield s.ago(25)
    day.vitals((134, 82), rate=80, distance=5)
    day.note("therapy", "Eyes closed, breathing slowly, holds the stone she brought.")


def rests(s: Stage) -> Steps:
    """At 67 with the prescriber's plan; dosed 111 minutes ago, monitor imported, not yet home."""
    yield s.day(-33, "10:10")
    s.enrol()
    yield s.day(-30, "10:00")
    s.evaluate(pressure="130/80")
    yield s.day(-28, "14:00")
    s.assess(phq9=15)
    yield s.day(-27, "16:00")
    held = s.ask_clearance(Code.CLEARANCE_NEEDED)
    s.relieve(held[0], "Frail but well: starts low, escort stays the night.", days=90)
    yield s.day(-27, "16:30")
    s.clear()
    yield from prepared(s, -33)
    yield s.day(-6, "10:00")
    s.book_session(s.ago(135))
    yield s.ago(138)
    day = Day(s)
    yield from day.arrive()
    yield from day.dose("40 mg")
    yield from day.watch(30)
    yield s.ago(45)
    day.monitor(s.ago(90))
    yield from day.watch(90, since=60)
    yield s.ago(9)
    day.look_before_leaving()
    s.refused("discharge", day.discharge("a neighbour, identified"), Code.STAY_TOO_SHORT)


def is_held_today(s: Stage) -> Steps:
    """Pressure too high twice: above what anybody may waive. Not dosed, wasted, booked again."""
    yield from to_ready(s, -26, pressure="134/84")
    yield s.day(-5, "10:00")
    s.book_session(s.ago(330))
    yield s.ago(332)
    day = Day(s, rest=(168, 104))
    yield from day.arrive()
    yield s.ago(322)
    day.vitals(day.rest, rate=88)
    order = day.order("50 mg")
    yield s.ago(318)
    day.draw(order)
    yield s.ago(314)
    day.vitals((166, 102), rate=86)
    day.refused_dose(Code.BP_SYSTOLIC_HIGH, Code.BP_DIASTOLIC_HIGH)
    try:
        s.relieve(day.finding(Code.BP_SYSTOLIC_HIGH), "He came a long way.", session=day.session)
    except WrongInput:
        pass  # above the hard limit: nobody can
    else:
        raise s.off("waiving", "a pressure above the hard limit was waived")
    yield s.ago(305)
    day.waste("50", "not given: pressure above the limit", witness="physician")
    day.end(Ending.ABANDONED_BEFORE_DOSE, "Blood pressure 168/104, then 166/102.")
    yield s.ago(290)
    s.book_session(s.day(6, "10:00"))


# --- earlier days --------------------------------------------------------------------------------


def is_waived(s: Stage) -> Steps:
    """148/88 twice: refused, waived by the prescriber with a reason for this value, then given."""
    yield from to_ready(s, -28, pressure="132/84")
    yield s.day(-6, "11:00")
    s.book_session(s.day(-2, "10:00"))
    yield s.day(-2, "10:00")
    day = Day(s, rest=(148, 88))
    yield from day.arrive()
    yield s.after(5)
    day.vitals(day.rest)
    order = day.order("45 mg")
    yield s.after(6)
    day.vitals(day.rest)
    day.draw(order)
    day.refused_dose(Code.BP_SYSTOLIC_HIGH)
    finding = day.finding(Code.BP_SYSTOLIC_HIGH)
    s.relieve(finding, "Anxious today; usually 132/84; lower dose.", days=1, session=day.session)
    yield s.after(3)
    day.give()
    day.rest = (134, 84)
    yield from day.watch()
    yield from day.go_home("her brother, identified")
    yield s.day(-1, "11:00")
    day.call("Rested; a mild headache that has passed.")
    s.book_visit(AppointmentKind.INTEGRATION, s.ago(-240))


def is_transferred(s: Stage) -> Steps:
    """Chest pain eighteen minutes after the dose: told, charted, handed to the ambulance."""
    yield from to_ready(s, -35)
    yield s.day(-12, "10:00")
    s.book_session(s.day(-6, "10:00"))
    yield s.day(-6, "10:00")
    day = Day(s)
    yield from day.arrive()
    yield from day.dose("50 mg")
    yield from day.watch(10)
    yield s.after(8)
    day.vitals((172, 98), rate=124, spo2=94, more=(Reading(Kind.RED_FLAG_SYMPTOM, True),))
    nurse = s.staff(s.nurse)
    medicine.told(
        session=day.session, who=s.staff(s.prescriber).signed_name, about="chest pain, 172/98",
        answer="Coming now; call 911.", at=s.now, by=nurse, now=s.now,
    )  # fmt: skip
    event = medicine.adverse_event(
        session=day.session, at=s.now, by=nurse, now=s.now,
        event=AdverseEvent(
            "Chest pain - cardiac", 3, "ECG, oxygen, 911", "taken over by EMS", red_flag=True
        ),
    )  # fmt: skip
    yield s.after(14)
    day.end(Ending.TRANSFERRED, "Chest pain; EMS took over, report handed on paper and by voice.")
    yield s.day(-5, "10:00")
    medicine.review_adverse_event(
        session=day.session, event=str(event.id), conclusion="Troponin negative; no ketamine here.",
        by=s.staff("director"), now=s.now,
        signature=s.sign("director", "I was not party to this; this is my review."),
    )  # fmt: skip
    yield s.day(-5, "10:30")
    for task in s.tasks("follow_up"):
        s.finish(task, "Spoke with the hospital and the sister; home since the morning.")


def leaves(s: Stage) -> Steps:
    """Left against advice seventy minutes after the dose; reached by telephone the next day."""
    yield from to_ready(s, -31)
    yield s.day(-9, "12:00")
    s.book_session(s.day(-3, "10:00"))
    yield s.day(-3, "10:00")
    day = Day(s)
    yield from day.arrive()
    yield from day.dose("50 mg")
    yield from day.watch(60)
    yield s.after(10)
    day.end(Ending.LEFT_AGAINST_ADVICE, "Wished to go; steady, oriented, fetched by a friend.")
    yield s.day(-2, "09:30")
    day.call("At home, well; apologised, was thanked for answering.")
    for task in s.tasks("follow_up"):
        s.finish(task, "Reached at home with the friend; well; visit offered.")


def has_a_variance(s: Stage) -> Steps:
    """Given without the door, in part; the rest wasted before a witness; the director reviewed."""
    yield from to_ready(s, -44)
    yield s.day(-18, "10:00")
    s.book_session(s.day(-12, "10:00"))
    yield s.day(-12, "10:00")
    day = Day(s)
    yield from day.arrive()
    yield s.after(5)
    day.vitals(day.rest)
    order = day.order("50 mg")
    yield s.after(4)
    day.draw(order)
    yield s.after(3)
    variance = medicine.record_variance_dose(
        session=day.session, milligrams=Decimal(30), at=s.now, preparation=day.drawn,
        reason="The tablet was dark; given by the paper order. The arm moved: 30 of 50 mg.",
        by=s.staff(s.nurse), now=s.now,
    )  # fmt: skip
    day.dosed_at = s.now
    yield s.after(2)
    day.waste("20", "rest of the syringe after the arm moved", witness="nurse2")
    yield from day.watch()
    yield from day.go_home("her wife, identified")
    left = [r.left_mg for r in hatch.reservations(session=day.session)]
    if any(left):
        raise s.off("the register", f"{left} mg are not accounted for")
    yield s.day(-11, "09:00")
    medicine.review_variance(
        session=day.session, variance=str(variance.id), by=s.staff("director"), now=s.now,
        conclusion="Told at once and true. Spare tablet bought; paper order sheet made shorter.",
        signature=s.sign("director", "I was not party to this; this is my review."),
    )  # fmt: skip
    yield from follow_up(s, day, -12, phq9=14)
    yield s.day(-4, "10:00")
    s.book_session(s.day(2, "10:00"))
