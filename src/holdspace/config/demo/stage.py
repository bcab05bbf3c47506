"""One person on the stage: the verbs of the clinic, each of which must end as the story says.

Every verb calls the action that the page of that step calls, at the moment the clock shows. A
refusal that the story does not expect, or one that does not come, stops the play and names the
person and the step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from holdspace.assessment import actions as assessment
from holdspace.assessment.examination import Examination
from holdspace.assessment.instruments import instruments
from holdspace.care import actions as care
from holdspace.care.models import Course, Task
from holdspace.comfort import actions as comfort
from holdspace.comfort import reading as music
from holdspace.config.demo.house import House, sign
from holdspace.config.demo.people import Who
from holdspace.core import mental
from holdspace.core.codes import Code
from holdspace.core.decision import Finding
from holdspace.core.facts import Answer, Condition, Medication, Recommendation, Route
from holdspace.core.kind_ends import EndReason, KindEnd
from holdspace.core.music import Phase
from holdspace.core.protocol import load
from holdspace.core.units import Kind
from holdspace.integration import actions as integration
from holdspace.people import actions as people
from holdspace.people.models import Membership, Patient
from holdspace.preparation import actions as preparation
from holdspace.preparation.actions import ConsentGiven
from holdspace.schedule import actions as schedule
from holdspace.schedule.models import Appointment, AppointmentKind
from holdspace.welcome import actions as welcome

NEVER, YES, NO = mental.Heard(mental.Ever.NEVER), Answer.YES, Answer.NO
HEALTHY_BLOOD = (
    ("eGFR", "94", "mL/min/1.73 m²", "60 or more"),
    ("ALT", "24", "U/L", "7–55"),
    ("AST", "21", "U/L", "8–48"),
    ("Potassium", "4.2", "mmol/L", "3.6–5.2"),
    ("TSH", "1.8", "mIU/L", "0.4–4.0"),
)
# Somebody for whom every answer is the expected one; a story says what is different.
PREPARED = """Talked through: What to expect; Touch, boundaries and signals

Intention: To look at the fear without running from it.

What helps: A slow voice, the name said, feet on the floor.

Note: Intentions, fears, touch, and what the day looks like."""
STRAIGHTFORWARD = mental.Assessment(
    indication=("F33.1",),
    since_when="2022, two treatments tried",
    psychosis=NEVER,
    mania=NEVER,
    dissociation=NEVER,
    family_psychosis=NO,
    trauma=NO,
    thoughts=NO,
    attempts=NEVER,
    self_harm=NEVER,
    support_who="A friend who will fetch them; a sister by telephone",
    support_contact="303 555 0188",
    support_overnight=YES,
    hopes="To feel interested in the day again.",
    fears="That nothing will change, and to lose control.",
    ketamine=mental.Ketamine.NEVER,
    states_words="Meditates; once a long fever dream, remembered kindly.",
    therapy=NO,
    asked_alone=YES,
    understands=YES,
    expects=YES,
    can_attend=YES,
    wants=YES,
    readiness_words="Has read about the treatment and asks good questions.",
    recommendation=Recommendation.SUITABLE,
    reason="The benefit outweighs the risk.",
    for_prescriber="Sleeps badly; would like to know what may be felt in the first minutes.",
)

Steps = Iterator[datetime]  # a story yields the time of its next step


class OffScript(AssertionError):
    """The rooms did not answer as the story says: a rule was changed, or the story is wrong."""


@dataclass(slots=True)
class Clock:
    """The moment that is being played; it only moves forward, up to `present`."""

    present: datetime
    now: datetime


@dataclass(slots=True)
class Stage:
    """One person, their course and their team; `now` is the moment that is being played."""

    house: House
    clock: Clock
    who: Who
    therapist: str = "therapist"
    nurse: str = "nurse"
    prescriber: str = "physician"
    room: str = "Juniper"
    patient: Patient = field(init=False)
    course: Course = field(init=False)
    booked: Appointment | None = None

    # --- time -------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.clock.now

    @property
    def today(self) -> date:
        """The date on the clinic's wall when the play ends."""
        return self.clock.present.astimezone(self.house.clinic.zone).date()

    def day(self, days: int, clock: str = "10:00") -> datetime:
        """A time on the clinic's wall, `days` from today (yesterday is -1)."""
        on = self.today + timedelta(days=days)
        return datetime.combine(on, time.fromisoformat(clock), self.house.clinic.zone)

    def ago(self, minutes: int) -> datetime:
        return self.clock.present - timedelta(minutes=minutes)

    def after(self, minutes: int) -> datetime:
        return self.now + timedelta(minutes=minutes)

    # --- staff and what they answer for -----------------------------------------------------------

    def staff(self, key: str) -> Membership:
        return self.house.staff[key]

    def sign(self, key: str, meaning: str) -> Any:
        return sign(self.staff(key), meaning, self.now)

    def off(self, step: str, problem: str) -> OffScript:
        when = self.now.astimezone(self.house.clinic.zone)
        return OffScript(f"{self.who.name}, {when:%Y-%m-%d %H:%M}, {step}: {problem}")

    def passes(self, step: str, outcome: Any) -> Any:
        """What was made at a door that must be open."""
        if not outcome.allowed:
            raise self.off(step, f"refused, {_told(outcome)}")
        return getattr(outcome, "made", None)

    def refused(self, step: str, outcome: Any, *codes: Code) -> Any:
        """The decision of a door that must be shut for exactly these reasons."""
        stops = {finding.code for finding in _stops(outcome)}
        if stops != set(codes):
            wanted = ", ".join(code.value for code in codes)
            raise self.off(step, f"expected to be refused for {wanted}; {_told(outcome)}")
        return outcome

    # --- coming here ------------------------------------------------------------------------------

    def enquire(self, why: str) -> None:
        """The person asks for treatment themselves, from the public page."""
        who = self.who.details(self.today)
        known = ("name", "birth_date", "state", "phone", "email", "safe_contact")
        referral = welcome.SelfReferral(**{name: who[name] for name in known}, why=why)
        received = welcome.receive_enquiry(
            clinic=self.house.clinic, referral=referral, now=self.now
        )
        self.patient = received.patient

    def answer(self, outcome: str) -> None:
        """The desk calls back, completes what the person told, and opens a course."""
        self.patient = people.change_details(
            patient=self.patient, by=self.staff("coordinator"), now=self.now,
            reason="asked on the telephone", **self.who.details(self.today),
        )  # fmt: skip
        for task in self.tasks("enquiry"):
            self.finish(task, outcome)
        self.open_course()

    def enrol(self, route: Route = Route.IM) -> None:
        """The desk enters the person and opens a course."""
        self.patient = people.enter_person(
            clinic=self.house.clinic, by=self.staff("coordinator"), now=self.now,
            **self.who.details(self.today),
        )  # fmt: skip
        self.open_course(route)

    def open_course(self, route: Route = Route.IM) -> None:
        outcome = care.open_course(
            patient=self.patient, protocol=self.house.protocol, route=route,
            by=self.staff("coordinator"), now=self.now,
        )  # fmt: skip
        self.course = self.passes("opening a course", outcome)

    # --- assessment -------------------------------------------------------------------------------

    def evaluate(
        self,
        *,
        pressure: str = "122/78",
        weight: str = "72",
        height: str = "172",
        yes: tuple[str, ...] = (),
        medicines: tuple[str, ...] = (),
        conclusion: str = "No contraindication found.",
        tested: bool = False,
        diagnoses: tuple[care.Diagnosed, ...] = (),
    ) -> None:
        """The physician's evaluation; `yes` are the history questions answered with yes.

        `tested`: with a healthy ECG and blood of the days before.
        """
        by = self.staff("physician")
        keys = load(self.house.protocol.text).conditions
        high, low = (Decimal(part) for part in pressure.split("/"))
        evaluation = assessment.MedicalEvaluation(
            conditions=tuple(
                Condition(key, Answer.YES if key in yes else Answer.NO, self.now, str(by.pk))
                for key in keys
            ),
            medications=tuple(
                Medication(name, "", self.now, str(by.pk), self.now - timedelta(hours=14))
                for name in medicines
            ),
            first=assessment.Pressure(high + 2, low + 1, self.now - timedelta(minutes=12)),
            second=assessment.Pressure(high, low, self.now - timedelta(minutes=5)),
            measured={
                Kind.HEART_RATE: Decimal(70),
                Kind.SPO2: Decimal(98),
                Kind.WEIGHT: Decimal(weight),
                Kind.HEIGHT: Decimal(height),
                Kind.PREGNANCY_POSSIBLE: False,
            },
            in_person=True,
            allergies="none known",
            conclusion=conclusion,
            examination=self._examined(tested, diagnoses),
        )
        care.record_pdmp_query(course=self.course, at=self.now, states=["CO"], by=by, now=self.now)
        assessment.record_medical_evaluation(
            course=self.course, evaluation=evaluation, by=by, now=self.now,
            signature=self.sign("physician", "I took this history and examined this person."),
        )  # fmt: skip

    def _examined(self, tested: bool, diagnoses: tuple[care.Diagnosed, ...]) -> Examination:
        if not tested:
            return Examination(diagnoses=diagnoses)
        day = self.now.date()
        return Examination(
            ecg=care.Traced(
                day - timedelta(days=4), "Sinus rhythm, 64/min, normal axis.", Decimal(412),
                "Front Range Cardiology (invented)",
            ),
            lab_on=day - timedelta(days=3),
            laboratory="Mile High Laboratory (invented)",
            results=tuple(
                care.Result(name, Decimal(value), unit, reference)
                for name, value, unit, reference in HEALTHY_BLOOD
            ),
            diagnoses=diagnoses,
        )  # fmt: skip

    def ecg(self, words: str, qtc: int) -> None:
        """An ECG that comes in after the evaluation."""
        traced = care.Traced(
            self.now.date() - timedelta(days=1), words, Decimal(qtc),
            "Front Range Cardiology (invented)",
        )  # fmt: skip
        care.keep_results(course=self.course, ecg=traced, by=self.staff("physician"), now=self.now)

    def learn(self, diagnosis: care.Diagnosed) -> None:
        """The therapist learns of a diagnosis and writes it down."""
        care.record_diagnosis(
            course=self.course, diagnosis=diagnosis, by=self.staff(self.therapist), now=self.now
        )

    def assess(self, *, phq9: int = 17, **changes: Any) -> None:
        """The therapist's assessment, with its PHQ-9 and its suicide-risk screen."""
        self.phq9(phq9)
        self.screen()
        assessment.record_mental_health_assessment(
            course=self.course,
            assessment=replace(STRAIGHTFORWARD, **changes),
            by=self.staff(self.therapist),
            now=self.now,
            signature=self.sign(self.therapist, "I assessed this person; this is my finding."),
        )

    def phq9(self, total: int, *, item9: int = 0) -> assessment.Recorded:
        """A PHQ-9 of this total; item 9 is the one about being better off dead."""
        left = total - item9
        items = {f"phq9_{n}": min(3, left // 8 + (n <= left % 8)) for n in range(1, 9)}
        items |= {"phq9_9": item9, "phq9_10": min(3, total // 7)}
        return assessment.record_phq9(
            course=self.course, answers=assessment.Answers(items, filled_by="person"),
            by=self.staff(self.therapist), now=self.now,
        )  # fmt: skip

    def also(self, instrument: str, share: int) -> None:
        """Another form at the same visit: `share` hundredths of the most that it can come to."""
        scale = instruments(self.course.clinic)[instrument]
        left = int(scale.range[1]) * share // 100
        items = {}
        for code in scale.sums:
            most = max(option.score for option in scale.item(code).options)
            items[code] = min(most, left)
            left -= items[code]
        assessment.record_form(
            course=self.course, instrument=instrument, now=self.now,
            answers=assessment.Answers(items, filled_by="person"), by=self.staff(self.therapist),
        )  # fmt: skip

    def screen(self, *, session: Any = None, by: str = "", **yes: int) -> assessment.Recorded:
        """The suicide-risk screen: all "no", or the answers given (asq_4=1, asq_5=0)."""
        items = {f"asq_{n}": 0 for n in range(1, 5)} | yes
        return assessment.record_suicide_screen(
            course=self.course, answers=assessment.Answers(items), session=session,
            by=self.staff(by or self.therapist), now=self.now,
        )  # fmt: skip

    def ask_clearance(self, *codes: Code) -> tuple[Finding, ...]:
        """The physician asks the door and is refused, or held, for these reasons."""
        outcome = self.refused("asking for clearance", self._clearance(), *codes)
        return _stops(outcome)

    def clear(self) -> None:
        """The physician signs the clearance, and the course is given its therapist."""
        self.passes("clearance", self._clearance())
        care.assign_therapist(
            course=self.course, therapist=self.staff(self.therapist), now=self.now,
            by=self.staff("coordinator"), because="first therapist",
        )  # fmt: skip

    def _clearance(self) -> Any:
        return assessment.sign_clearance(
            course=self.course, by=self.staff("physician"), now=self.now,
            signature=self.sign("physician", "I clear this person until the date shown."),
        )  # fmt: skip

    def ask_for(self, *codes: Code) -> None:
        """The physician asks the right colleague for what is missing at the clearance."""
        for code in codes:
            assessment.ask_for(
                course=self.course, code=code, by=self.staff("physician"), now=self.now
            )

    def decline(self, reason: EndReason, way_on: str, **more: Any) -> None:
        """A kind end with its signed letter."""
        end = KindEnd(reason, way_on, f"the desk of {self.house.clinic.name}", **more)
        care.end_kindly(
            course=self.course, end=end, by=self.staff("physician"), now=self.now,
            signature=self.sign("physician", "I end this course here, kindly, with this letter"),
        )  # fmt: skip

    def relieve(
        self, finding: Finding, reason: str, days: int = 30, *, session: Any = None
    ) -> None:
        """The prescriber's plan for what is held, or waiver of what was measured (two people)."""
        meaning = "I let this pass, for this reason."
        care.relieve(
            course=self.course, finding=finding, reason=reason, session=session,
            expires_at=self.now + timedelta(days=days), by=self.staff(self.prescriber),
            second=self.staff(self.nurse) if session else None, now=self.now,
            second_signature=self.sign(self.nurse, meaning) if session else None,
            signature=self.sign(self.prescriber, meaning),
        )  # fmt: skip

    # --- preparation and integration --------------------------------------------------------------

    def prepare(self, note: str = PREPARED) -> None:
        outcome = preparation.hold_visit(
            course=self.course, note=note, by=self.staff(self.therapist), now=self.now,
            signature=self.sign(self.therapist, "This is my record of what was said and done."),
        )  # fmt: skip
        self.passes("a preparation visit", outcome)

    def consent(self, touch: tuple[str, ...] = ("hand held on request",)) -> None:
        given = ConsentGiven(
            text="Consent to ketamine-assisted psychotherapy, as it was read aloud and explained.",
            signed_name=self.who.name,
            teach_back="It can raise my blood pressure and feel strange; somebody stays with me.",
            asked_alone=True,
            able_and_free=True,
            touch=touch,
            touch_signal="a raised hand",
            recording=False,
        )
        preparation.take_consent(
            course=self.course, given=given, by=self.staff(self.therapist), now=self.now,
            signature=self.sign(self.therapist, "The person said yes, freely, in my presence."),
        )  # fmt: skip
        self.choose_music()

    def choose_music(self, avoid: str = "Nothing with drums, nothing that is sung.") -> None:
        """The pieces of the demo, one or two in each phase, with a silence in the middle."""
        by_title = {track.title: track.id for track in music.tracks_of(self.house.clinic)}
        wanted = {
            Phase.SETTLE: ("Ground",),
            Phase.ONSET: ("Tide",),
            Phase.PEAK: ("Wide", "Far light"),
            Phase.RE_ENTRY: ("Tide",),
            Phase.RETURN: ("Home",),
        }
        items = {p: [comfort.PlanItem(by_title[t]) for t in found] for p, found in wanted.items()}
        items[Phase.PEAK].insert(1, comfort.PlanItem(silence=2))
        comfort.keep_plan(
            course=self.course, by=self.staff(self.therapist), now=self.now,
            planned=comfort.Planned(items, music.usual_lengths(self.course), avoid),
        )  # fmt: skip

    def withdraw(self, words: str) -> None:
        care.withdraw_consent(
            course=self.course, in_own_words=words, by=self.staff(self.therapist), now=self.now
        )

    def integrate(self, after: Any, note: str, *, phq9: int | None = None) -> None:
        integration.hold_visit(
            course=self.course, note=note, after=after, by=self.staff(self.therapist), now=self.now,
            signature=self.sign(self.therapist, "This is my record of what was said and done."),
        )  # fmt: skip
        if phq9 is not None:
            self.phq9(phq9)

    def change_therapist(self, to: str, because: str, words: str) -> None:
        """The person agrees to another therapist, in their own words."""
        care.assign_therapist(
            course=self.course, therapist=self.staff(to), by=self.staff(self.therapist),
            because=because, agrees=True, patients_consent=words, now=self.now,
            signature=self.sign(self.therapist, "The person agreed; I handed over what I know."),
        )  # fmt: skip
        self.therapist = to

    def close(self, summary: str, words: str) -> None:
        outcome = care.close_course(
            course=self.course, summary=summary, outcome_words=words, now=self.now,
            by=self.staff(self.therapist),
            signature=self.sign(self.therapist, "This treatment has ended; this is how."),
        )  # fmt: skip
        self.passes("closing the course", outcome)

    # --- the desk and the tasks -------------------------------------------------------------------

    def book_visit(self, kind: AppointmentKind, starts: datetime) -> Appointment:
        wanted = schedule.Wanted(
            kind, starts, starts + timedelta(minutes=60),
            therapist=None if kind is AppointmentKind.MEDICAL_EVALUATION
            else self.staff(self.therapist),
            prescriber=self.staff("physician") if kind is AppointmentKind.MEDICAL_EVALUATION
            else None,
        )  # fmt: skip
        return care.book_visit(
            course=self.course, wanted=wanted, by=self.staff("coordinator"), now=self.now
        )

    def book_session(self, starts: datetime) -> None:
        """A medicine session with its room and its three people, through its door."""
        wanted = schedule.Wanted(
            AppointmentKind.SESSION, starts, starts + timedelta(hours=3),
            room=self.house.rooms[self.room], therapist=self.staff(self.therapist),
            session_clinician=self.staff(self.nurse), prescriber=self.staff(self.prescriber),
        )  # fmt: skip
        outcome = care.book_session(
            course=self.course, wanted=wanted, by=self.staff("coordinator"), now=self.now
        )
        self.booked = self.passes("booking a session", outcome)

    def cancel(self, appointment: Appointment, because: str) -> None:
        schedule.cancel(
            appointment=appointment, because=because, by=self.staff("coordinator"), now=self.now
        )

    def no_show(self, appointment: Appointment) -> None:
        schedule.mark_no_show(appointment=appointment, by=self.staff("coordinator"), now=self.now)

    def finish(self, task: Task, outcome: str) -> None:
        """The owner reads the task and closes it with what came of it."""
        owner = next(m for m in self.house.staff.values() if m.pk == task.owner_id)
        care.read_task(task=task, by=owner, now=self.now)
        care.close_task(task=task, outcome=outcome, by=owner, now=self.now)

    def tasks(self, kind: str) -> list[Task]:
        found = Task.objects.of(self.house.clinic).filter(patient=self.patient, kind=kind)
        return list(found.filter(closed_at__isnull=True))


def _stops(outcome: Any) -> tuple[Finding, ...]:
    stops: tuple[Finding, ...] = getattr(outcome, "decision", outcome).stops
    return stops


def _told(outcome: Any) -> str:
    stops = [f"{f.code.value} ({f.evidence})" for f in _stops(outcome)]
    return "; ".join(stops) or "the door was open"
