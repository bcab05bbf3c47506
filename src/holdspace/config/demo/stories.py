"""The walks of the demo: one short function for each invented person, told in the clinic's words.

A story yields the time of its next step and then takes it. The steps of all stories are merged by
time, so that rooms, staff and vials are shared as in a real clinic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from holdspace.care.actions import Diagnosed
from holdspace.config.demo import people, sessions
from holdspace.config.demo.people import Who
from holdspace.config.demo.sessions import (
    follow_up,
    second_visit,
    session_day,
    to_clearance,
    to_ready,
)
from holdspace.config.demo.stage import Stage, Steps
from holdspace.core.codes import Code
from holdspace.core.diagnoses import OnsetKnown, SaidBy
from holdspace.core.journey import State
from holdspace.core.kind_ends import EndReason
from holdspace.schedule.models import AppointmentKind

HYPERTENSION = Diagnosed(
    "High blood pressure", "I10", onset=date(2014, 1, 1), onset_known=OnsetKnown.YEAR,
    said_by=SaidBy.OUTSIDE, who="Dr Whitcomb, family doctor",
)  # fmt: skip
WAY_ON = (
    "Letter to the family doctor with our findings; the county's mood clinic has a place in three"
    " weeks; 988 at any hour."
)


def enquires(s: Stage) -> Steps:
    """Asked for treatment an hour and a half ago, from the public page; nobody has called yet."""
    yield s.ago(95)
    s.enquire("A friend told me about it. I have been low since the winter.")


def assesses(s: Stage) -> Steps:
    """Referred himself, missed a first appointment, was evaluated; the therapist comes next."""
    yield s.day(-10, "19:15")
    s.enquire("Two antidepressants have not helped. My wife found your page.")
    yield s.day(-9, "09:20")
    s.answer("Called back; wishes an evaluation; escort is his wife.")
    yield s.day(-8, "09:00")
    missed = s.book_visit(AppointmentKind.MEDICAL_EVALUATION, s.day(-5, "11:00"))
    yield s.day(-5, "11:40")
    s.no_show(missed)
    yield s.day(-2, "11:00")
    s.evaluate(pressure="128/82", medicines=("sertraline",))
    yield s.day(-1, "08:50")
    s.ask_for(Code.ASSESSMENT_MISSING, Code.SUICIDE_SCREEN_MISSING)
    yield s.day(-1, "09:00")
    s.book_visit(AppointmentKind.MENTAL_HEALTH_ASSESSMENT, s.day(2, "14:00"))


def waits_for_a_plan(s: Stage) -> Steps:
    """Treated high blood pressure: held until the prescriber records how it is looked after."""
    yield s.day(-11, "10:05")
    s.enrol()
    yield s.day(-6, "09:30")
    s.evaluate(
        pressure="138/86", yes=("heart_disease_stable",), conclusion="Awaiting an ECG.",
        diagnoses=(HYPERTENSION, Diagnosed("Hay fever", said_by=SaidBy.PERSON)),
    )  # fmt: skip
    yield s.day(-4, "15:00")
    s.assess(phq9=16)
    yield s.day(-3, "11:40")
    s.ecg("Sinus rhythm, 72/min; left ventricular hypertrophy by voltage.", 438)
    yield s.day(-3, "12:10")
    s.ask_clearance(Code.CLEARANCE_NEEDED)


def has_an_aneurysm(s: Stage) -> Steps:
    """An aneurysm refuses, nobody can waive it, and the person is not sent away with nothing."""
    yield s.day(-26, "11:15")
    s.enrol()
    yield s.day(-22, "10:30")
    s.evaluate(yes=("aneurysmal_vascular_disease",), conclusion="Aortic aneurysm, 41 mm, known.")
    yield s.day(-21, "13:00")
    s.assess(phq9=19)
    yield s.day(-20, "16:20")
    s.ask_clearance(Code.CONTRAINDICATION_PRESENT)
    yield s.day(-20, "16:40")
    s.decline(EndReason.HEALTH, WAY_ON, note="An aneurysm: a rise of pressure is a hazard.")


def not_now(s: Stage) -> Steps:
    """Newly bereaved: not now, with a letter, and the question is owed again on its day."""
    yield s.day(-13, "10:40")
    s.enrol()
    yield s.day(-6, "09:40")
    s.evaluate(conclusion="Well; her husband died three weeks ago.")
    yield s.day(-4, "17:10")
    says = "We are sorry for your loss. Let the summer pass first; we hold a place in mind for you."
    s.decline(EndReason.NOT_NOW, WAY_ON, says=says, again_on=s.day(60).date())


def is_cleared(s: Stage) -> Steps:
    """Cleared two days ago; the first preparation visit is booked."""
    yield from to_clearance(s, -8, tested=True)
    yield s.day(-1, "10:00")
    s.book_visit(AppointmentKind.PREPARATION, s.day(3, "10:00"))


def prepares(s: Stage) -> Steps:
    """One preparation visit held, one missed, one booked."""
    yield from to_clearance(s, -20)
    yield s.day(-10, "14:00")
    s.prepare()
    missed = s.book_visit(AppointmentKind.PREPARATION, s.day(-4, "14:00"))
    yield s.day(-4, "14:50")
    s.no_show(missed)
    s.book_visit(AppointmentKind.PREPARATION, s.day(1, "14:00"))


def is_ready(s: Stage) -> Steps:
    """Prepared and booked for later today, after a first date was cancelled."""
    yield from to_ready(s, -25)
    yield s.day(-11, "09:00")
    s.book_session(s.day(-4, "10:00"))
    assert s.booked is not None
    yield s.day(-6, "17:00")
    s.cancel(s.booked, "the escort is ill; the person asked for another day")
    yield s.day(-5, "09:30")
    s.book_session(s.ago(-150))


def completes(s: Stage) -> Steps:
    """A whole course: five sessions, each followed up, and a PHQ-9 that fell from 21 to 4."""
    yield from to_ready(s, -112, phq9=21)
    plan = ((-92, "50 mg", 17), (-85, "60 mg", 13), (-78, "60 mg", 10), (-64, "0.9 mg/kg", 7),
            (-50, "0.9 mg/kg", 4))  # fmt: skip
    for number, (on, amount, phq9) in enumerate(plan, start=1):
        yield s.day(on - 4, "16:30")
        s.book_session(s.day(on, "10:00"))
        yield s.day(on, "10:00")
        day = yield from session_day(s, amount, further="15 mg" if number == 3 else "")
        yield from follow_up(s, day, on, phq9=phq9)
        s.also("gad-7", 90 - 15 * number)
        s.also("pcl-5", 55 - 8 * number)
        if number > 2:  # the first three lie a week apart
            yield from second_visit(s, day, on)
    yield s.day(-36, "15:00")
    s.phq9(4)
    s.also("gad-7", 14)
    s.close(
        "Five sessions of racemic ketamine, IM, with preparation and integration. PHQ-9 from 21"
        " to 4. No serious event. Sleeps through the night; paints again; knows the early signs.",
        "PHQ-9 21 to 4; back at work half-time",
    )


def ends_early(s: Stage) -> Steps:
    """Prepared once, then chose another way before any medicine."""
    yield from to_clearance(s, -40)
    yield s.day(-30, "15:00")
    s.prepare("Much hesitation; we named what speaks against it as well.")
    yield s.day(-28, "11:00")
    s.close("The person prefers psychotherapy without medicine for now.", "no medicine was given")


def pauses(s: Stage) -> Steps:
    """Withdrew the consent the day before the first session; care goes on, medicine does not."""
    yield from to_ready(s, -30)
    yield s.day(-8, "18:10")
    s.withdraw("I want to wait until after my daughter's wedding.")


def answers_about_safety(s: Stage) -> Steps:
    """An answer about safety opened a task with an owner and a deadline; the next door is held."""
    yield from to_clearance(s, -18)
    yield s.day(-9, "11:00")
    s.prepare()
    yield s.ago(50)
    s.phq9(18, item9=1)


def learns_of_an_aneurysm(s: Stage) -> Steps:
    """Cleared and prepared once; then a scan for something else finds what stops the medicine."""
    yield from to_clearance(s, -24, tested=True)
    yield s.day(-12, "10:00")
    s.prepare()
    yield s.day(-2, "16:40")
    s.learn(
        Diagnosed(
            "Aneurysm of the abdominal aorta, 34 mm", "I71.40", onset=s.day(-3).date(),
            onset_known=OnsetKnown.DAY, said_by=SaidBy.OUTSIDE, who="Dr Sayed, radiology",
        )
    )  # fmt: skip


def changes_therapist(s: Stage) -> Steps:
    """The therapist moves away; the person agrees to another one and meets them first."""
    yield from to_ready(s, -50)
    yield s.day(-25, "09:00")
    s.book_session(s.day(-21, "10:00"))
    yield s.day(-21, "10:00")
    day = yield from session_day(s, "50 mg")
    yield from follow_up(s, day, -21, phq9=14)
    yield from second_visit(s, day, -21)
    yield s.day(-15, "16:00")
    s.change_therapist(
        "therapist2", "moves to another city", "I would rather stay, but Dr Achterberg is fine."
    )
    yield s.day(-13, "11:00")
    s.prepare("First meeting; we read the notes together.")
    yield s.day(-10, "09:00")
    s.book_session(s.day(-7, "10:00"))
    yield s.day(-7, "10:00")
    day = yield from session_day(s, "55 mg")
    yield from follow_up(s, day, -7, phq9=10)
    yield s.day(-3, "09:00")
    s.book_session(s.day(4, "10:00"))


Story = Callable[[Stage], Steps]


@dataclass(frozen=True, slots=True)
class Walk:
    """Who walks which story with which team, and the word for where they must be now."""

    who: Who
    story: Story
    ends: State
    therapist: str = "therapist"
    nurse: str = "nurse"
    prescriber: str = "physician"
    room: str = "Juniper"


WALKS = (
    Walk(people.WANDA, enquires, State.ENQUIRING),
    Walk(people.BARTHOLOMEW, assesses, State.ASSESSING),
    Walk(people.HUI_MIN, waits_for_a_plan, State.ASSESSING, "therapist2"),
    Walk(people.OSKAR, has_an_aneurysm, State.DECLINED_HERE),
    Walk(people.LEOCADIA, not_now, State.DECLINED_HERE),
    Walk(people.TALLULAH, is_cleared, State.CLEARED),
    Walk(people.SIOBHAN, prepares, State.PREPARING, "therapist2"),
    Walk(people.YOUSEF, is_ready, State.READY, room="Larch"),
    Walk(people.NALANI, sessions.is_in_session, State.IN_SESSION),
    Walk(people.FRANCES, sessions.rests, State.RESTING, "therapist2", "nurse2", room="Aspen"),
    Walk(people.KWABENA, sessions.is_held_today, State.READY, room="Larch"),
    Walk(people.ELSPETH, sessions.is_waived, State.INTEGRATING, "therapist2", "nurse2"),
    Walk(people.MATEO, completes, State.COMPLETED),
    Walk(people.DMITRI, sessions.is_transferred, State.TRANSFERRED, prescriber="prescriber2"),
    Walk(people.ROBIN, sessions.leaves, State.INTEGRATING, "therapist2", "nurse2"),
    Walk(people.AIKO, ends_early, State.ENDED_EARLY),
    Walk(people.GIDEON, changes_therapist, State.READY),
    Walk(people.PALOMA, sessions.has_a_variance, State.READY, room="Aspen"),
    Walk(people.HENRIK, pauses, State.PAUSED, "therapist2"),
    Walk(people.ZOLA, answers_about_safety, State.HELD),
    Walk(people.OTTILIE, learns_of_an_aneurysm, State.HELD),
)
