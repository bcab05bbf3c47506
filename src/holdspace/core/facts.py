"""What a gate may know: frozen values, from one loader, in scenarios, kept with decisions.

Times are aware datetimes; dates are dates; amounts are Decimals in the unit their name ends with.
Every collection may be empty: a missing fact is an answer ("unknown"), never an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from holdspace.core.decision import Relief
from holdspace.core.diagnoses import Diagnosis as Diagnosis
from holdspace.core.facts_of_states import PdmpQuery as PdmpQuery
from holdspace.core.facts_of_states import StateDuties as StateDuties
from holdspace.core.facts_of_states import StateRule as StateRule
from holdspace.core.incidents import AdverseEvent as AdverseEvent
from holdspace.core.incidents import FlagReview as FlagReview
from holdspace.core.incidents import Told as Told
from holdspace.core.incidents import Variance as Variance
from holdspace.core.insist import Timed, insist
from holdspace.core.investigations import Investigation as Investigation
from holdspace.core.investigations import InvestigationKind
from holdspace.core.terms import PHYSICIANS as PHYSICIANS
from holdspace.core.terms import Act as Act
from holdspace.core.terms import Answer as Answer
from holdspace.core.terms import AskedIn as AskedIn
from holdspace.core.terms import CredentialKind as CredentialKind
from holdspace.core.terms import Discipline as Discipline
from holdspace.core.terms import DocumentKind as DocumentKind
from holdspace.core.terms import Ending as Ending
from holdspace.core.terms import Place as Place
from holdspace.core.terms import Recommendation as Recommendation
from holdspace.core.terms import Role as Role
from holdspace.core.terms import Route as Route
from holdspace.core.units import OUTLIVES_ITS_SESSION, Kind, Observation, is_zone


@dataclass(frozen=True, slots=True)
class Clinic:
    id: str
    timezone: str
    state: str
    registered_address: str = ""
    protocol_signed_by_director: bool = False
    is_demo: bool = False

    def __post_init__(self) -> None:
        insist(is_zone(self.timezone), f"“{self.timezone}” is not an IANA time zone")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Person(Timed):
    id: str
    birth_date: date | None = None
    state: str = ""  # where the person is during care
    interpreter_needed: bool | None = None
    has_guardian: bool | None = None
    died_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Condition(Timed):
    """One answered history question; `key` is one of the protocol's conditions.

    `since` is when it was first answered like this, where it was only asked again at `at`.
    """

    key: str
    answer: Answer
    at: datetime
    by: str
    happened_on: date | None = None  # for conditions with a time window, such as MI
    detail: str = ""
    icd10: str = ""  # ICD-10-CM, where it is known
    since: datetime | None = None
    asked_in: AskedIn = AskedIn.MEDICAL  # both may answer one question; the worse answer counts


@dataclass(frozen=True, slots=True)
class Medication(Timed):
    """One medicine the person takes, with what a table of names made of it when it was entered.

    `table` names that version of the table ("us-1/1f0c..."); empty: no table recognised the name.
    `group` is what was charted then; it decides nothing.
    """

    name: str
    group: str
    at: datetime
    by: str
    last_taken: datetime | None = None
    dose: str = ""  # as the person told it: "50 mg in the morning"
    ingredients: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    table: str = ""
    unchanged_since: datetime | None = None  # first listed like this, if before `at`
    since: datetime | None = None  # when it was first named, if before `at`


@dataclass(frozen=True, slots=True)
class Document(Timed):
    """A signed document; amended versions replace, withdrawal ends it, nothing edits it."""

    id: str
    kind: DocumentKind
    signed_at: datetime
    signed_by: str
    signer_roles: tuple[Role, ...] = ()
    signer_discipline: Discipline | None = None
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None
    suspended_at: datetime | None = None
    suspended_because: str = ""
    routes: tuple[Route, ...] = ()
    verdict: str = ""  # of an assessment: suitable, suitable_with, not_now, not_for_us
    asks: tuple[str, ...] = ()  # questions of the history that an assessment must have answered
    in_person: bool | None = None
    countersigned_by: str = ""  # staff id of an associate's supervisor
    handed_from: str = ""  # a change of therapist: from whom, to whom, and that the person agreed
    handed_to: str = ""
    agreed: bool | None = None


@dataclass(frozen=True, slots=True)
class Visit(Timed):
    """A preparation or integration visit that was held."""

    id: str
    phase: str  # "preparation" | "integration"
    held_at: datetime
    therapist: str
    after_session: str = ""


@dataclass(frozen=True, slots=True)
class Credential(Timed):
    kind: CredentialKind
    state: str = ""
    expires_on: date | None = None
    revoked_at: datetime | None = None
    registered_address: str = ""
    schedules: tuple[str, ...] = ()
    number: str = ""
    subject: str = ""  # which privilege or specialty
    verified_on: date | None = None  # looked up at the board or registry itself
    is_associate: bool = False  # a licence under which its holder works supervised
    supervisor: str = ""  # staff id; of a supervision


@dataclass(frozen=True, slots=True)
class StaffMember:
    id: str
    name: str
    roles: tuple[Role, ...] = ()
    discipline: Discipline | None = None
    credentials: tuple[Credential, ...] = ()
    exclusion_checked_on: date | None = None  # OIG and SAM lists, as last looked up
    is_excluded: bool = False  # what that look-up found


@dataclass(frozen=True, slots=True)
class Presence(Timed):
    """One interval of one member of staff; `until` is None while they are still there."""

    staff: str
    place: Place
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Escort(Timed):
    """The adult who takes the person home and is with them overnight, as named at `at`."""

    name: str
    phone: str
    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Order(Timed):
    """A signed dose order. The total is what was ordered; the arithmetic is kept with it."""

    id: str
    session: str
    route: Route
    dose_mg: Decimal
    ordered_by: str
    signed_at: datetime
    expires_at: datetime
    further: bool = False
    weight_kg: Decimal | None = None
    reason: str = ""
    cancelled_at: datetime | None = None
    infusion_minutes: int | None = None
    arithmetic: str = ""  # "72.4 kg × 0.8 mg/kg = 57.92 mg, rounded down to 57 mg"


@dataclass(frozen=True, slots=True)
class Preparation(Timed):
    """A syringe or lozenge drawn up for one order: what the pharmacy's hatch says of it."""

    id: str
    order: str
    vial: str
    dose_mg: Decimal
    concentration_mg_per_ml: Decimal
    vial_usable_until: datetime
    drawn_at: datetime
    drawn_by: str
    at_registered_location: bool = True
    diluted: bool = False


@dataclass(frozen=True, slots=True)
class Dose(Timed):
    """A dose that was given; `passed_door` is False for a variance.

    `ended_at` is when an infusion was charted as over; other doses are over when they are given.
    """

    id: str
    session: str
    route: Route
    dose_mg: Decimal
    given_at: datetime
    given_by: str
    order: str = ""
    passed_door: bool = True
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session(Timed):
    id: str
    number: int
    opened_at: datetime
    ended_at: datetime | None = None
    ending: Ending | None = None
    unresolved_mg: Decimal = Decimal(0)  # drawn up and neither given, wasted nor returned


@dataclass(frozen=True, slots=True)
class Task(Timed):
    id: str
    kind: str
    opened_at: datetime
    due_at: datetime
    holds: bool = False
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Course(Timed):
    id: str
    opened_at: datetime
    therapist: str = ""
    route: Route = Route.IM
    home_supply: bool = False
    group_sessions: bool = False
    declined_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts(Timed):
    """Everything one gate is told about one person at one moment."""

    now: datetime
    clinic: Clinic
    person: Person
    actor: str = ""  # staff id of who asks to pass
    course: Course | None = None
    other_open_courses: tuple[str, ...] = ()
    session: str = ""  # the session day the question is about
    conditions: tuple[Condition, ...] = ()
    medications: tuple[Medication, ...] = ()
    medications_asked_at: datetime | None = None
    diagnoses: tuple[Diagnosis, ...] = ()  # the newest entry of each
    investigations: tuple[Investigation, ...] = ()
    observations: tuple[Observation, ...] = ()
    documents: tuple[Document, ...] = ()
    visits: tuple[Visit, ...] = ()
    sessions: tuple[Session, ...] = ()
    doses: tuple[Dose, ...] = ()
    earlier_doses: tuple[Dose, ...] = ()  # of this person's earlier courses
    staff: tuple[StaffMember, ...] = ()
    presences: tuple[Presence, ...] = ()
    orders: tuple[Order, ...] = ()
    preparations: tuple[Preparation, ...] = ()
    booked_for: datetime | None = None
    variances: tuple[Variance, ...] = ()
    adverse_events: tuple[AdverseEvent, ...] = ()
    flag_reviews: tuple[FlagReview, ...] = ()
    told: tuple[Told, ...] = ()
    escorts: tuple[Escort, ...] = ()
    tasks: tuple[Task, ...] = ()
    reliefs: tuple[Relief, ...] = ()
    state_rules: tuple[StateRule, ...] = ()
    state_duties: tuple[StateDuties, ...] = ()
    pdmp_queries: tuple[PdmpQuery, ...] = ()

    def latest(self, kind: Kind, *, session: str = "") -> Observation | None:
        """The newest observation of a kind (of one session, when one is named)."""
        found = self.all_of(kind, session=session)
        return found[-1] if found else None

    def all_of(self, kind: Kind, *, session: str = "") -> tuple[Observation, ...]:
        """All observations of a kind, oldest first; where a session is asked about, not another's.

        Those dated ahead are among them: a fast clock hides nothing, and `evidence.seen` says
        which of them lie too far ahead to go by.
        """
        of_kind = (o for o in self.observations if o.kind is kind and self.is_told_here(o))
        wanted = (o for o in of_kind if not session or o.session == session)
        return tuple(sorted(wanted, key=lambda o: o.taken_at))

    def is_told_here(self, observation: Observation) -> bool:
        """Whether a reading may speak at this door: of no session, of this one, or of the person.

        Nobody who hands in the facts is trusted to have left out another day's readings.
        """
        if not self.session or observation.kind in OUTLIVES_ITS_SESSION:
            return True
        return observation.session in ("", self.session)

    def investigations_of(self, kind: InvestigationKind) -> tuple[Investigation, ...]:
        """The results of a kind by the day they were taken, those dated ahead among them."""
        found = (row for row in self.investigations if row.kind is kind)
        return tuple(sorted(found, key=lambda row: (row.taken_on, row.id)))

    def document(self, kind: DocumentKind) -> Document | None:
        """The newest signed document of a kind, whatever its state; None if there never was one.

        One that is dated ahead of now is the newest too: `papers.is_ahead` says so.
        """
        found = [d for d in self.documents if d.kind is kind]
        return max(found, key=lambda d: d.signed_at, default=None)

    def member(self, key: str) -> StaffMember | None:
        return next((s for s in self.staff if s.id == key), None)

    def doses_of(self, session: str) -> tuple[Dose, ...]:
        """The doses of one session day, oldest first, also those charted without a session."""
        own = (d for d in self.doses if self.session_of(d) == session)
        return tuple(sorted(own, key=lambda d: d.given_at))

    def session_of(self, dose: Dose) -> str:
        """The session a dose belongs to; without one, the session of its day, or the date alone."""
        if dose.session:
            return dose.session
        on = self._date_of(dose.given_at)
        same = (s.id for s in self.sessions if self._date_of(s.opened_at) == on)
        return next(same, on.isoformat())

    def _date_of(self, moment: datetime) -> date:
        return moment.astimezone(self.clinic.zone).date()

    @property
    def today(self) -> date:
        """The date on the clinic's wall."""
        return self._date_of(self.now)

    def current(self) -> Session | None:
        """The session day that the question is about, if it is known."""
        return next((s for s in self.sessions if s.id == self.session and s.id), None)

    def dosed_ever(self) -> tuple[tuple[Dose, ...], ...]:
        """The same with earlier courses: exposure does not begin anew with a course."""
        groups: dict[str, list[Dose]] = {}
        for dose in sorted(self.earlier_doses, key=lambda d: d.given_at):
            groups.setdefault(self.session_of(dose), []).append(dose)
        return tuple(tuple(group) for group in groups.values()) + self.dosed_elsewhere()

    def dosed_elsewhere(self) -> tuple[tuple[Dose, ...], ...]:
        """The doses of every session but the one still going on, by session, oldest first."""
        current = self.current()
        own = "" if current is not None and current.ended_at is not None else self.session
        groups: dict[str, list[Dose]] = {}
        for dose in sorted(self.doses, key=lambda d: d.given_at):
            if (session := self.session_of(dose)) != own or not own:
                groups.setdefault(session, []).append(dose)
        return tuple(tuple(group) for group in groups.values())
