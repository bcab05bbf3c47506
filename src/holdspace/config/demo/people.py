"""Everybody in the demo is invented; the names come from many places and stretch the pages."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from holdspace.core.facts import Discipline, Role

PASSWORD = "quiet room, open door"  # noqa: S105  printed at every start: it guards nothing
CLINIC = "Juniper House (invented)"
ADDRESS = "1200 Juniper Lane, Suite 4, Denver, CO 80203"


@dataclass(frozen=True, slots=True)
class Worker:
    """A member of staff: how they sign in and what they may do. `dea` has a fitting check digit."""

    key: str
    name: str
    title: str
    roles: tuple[Role, ...]
    discipline: Discipline | None = None
    licence: str = ""
    dea: str = ""
    licence_days: int = 400  # days from now on which the licence ends

    @property
    def email(self) -> str:
        return f"{self.key}@juniper.example"


DIRECTOR = Worker(
    "director", "Amara Osei", "MD", (Role.MEDICAL_DIRECTOR,), Discipline.MD, "DR.0048213"
)
ADMINISTRATOR = Worker("administrator", "Ida Brandt", "", (Role.ADMINISTRATOR,))
STAFF = (
    Worker("coordinator", "Lin Zhao", "", (Role.COORDINATOR,)),
    Worker(
        "therapist", "Priya Raman", "LCSW", (Role.THERAPIST,), Discipline.LCSW, "CSW.09923145"
    ),
    Worker(
        "therapist2", "Jonas Achterberg", "PsyD", (Role.THERAPIST,), Discipline.PSYCHOLOGIST,
        "PSY.0004417",
    ),
    Worker(
        "physician", "Teodor Lindqvist", "MD", (Role.PRESCRIBER,), Discipline.MD, "DR.0061250",
        dea="AL1234563",
    ),
    Worker(
        "prescriber2", "Marisol Quintana", "NP", (Role.PRESCRIBER,), Discipline.NP, "APN.0992871",
        dea="MQ7654329", licence_days=26,
    ),
    Worker(
        "nurse", "Keisha Bennett", "RN", (Role.SESSION_CLINICIAN,), Discipline.RN, "RN.1650041"
    ),
    Worker(
        "nurse2", "Daniel Okafor", "RN", (Role.SESSION_CLINICIAN,), Discipline.RN, "RN.1671193"
    ),
    Worker("custodian", "Ruth Feinmann", "PharmD", (Role.REGISTER_CUSTODIAN,)),
    Worker("reviewer", "Hamish Grant", "", (Role.REVIEWER,)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Who:
    """An invented person as the desk enters them; `age` is reached in the year of the play."""

    name: str
    age: int
    birthday: str  # "05-14"
    sex_at_birth: str
    phone: str
    address: str
    preferred_name: str = ""
    pronouns: str = ""
    email: str = ""
    emergency_name: str = ""
    emergency_phone: str = ""
    emergency_relation: str = ""
    language: str = "English"
    interpreter_needed: bool = False
    has_guardian: bool = False
    state: str = "CO"
    safe_contact: str = "phone"

    @property
    def called(self) -> str:
        return self.preferred_name or self.name

    def details(self, today: date) -> dict[str, Any]:
        """What `people.enter_person` takes; nobody grows old between two plays of the demo."""
        given = asdict(self)
        born = f"{today.year - given.pop('age')}-{given.pop('birthday')}"
        return {**given, "birth_date": date.fromisoformat(born)}


def _who(
    name: str,
    age: int,
    birthday: str,
    sex: str,
    number: int,
    street: str,
    town: str = "Denver",
    **more: Any,
) -> Who:
    # Most wish for e-mail, as in a clinic; who wishes for a call is a task of the desk, as there.
    more.setdefault("safe_contact", "email")
    more.setdefault("email", f"person{number}@mail.example")
    return Who(
        name=name,
        age=age,
        birthday=birthday,
        sex_at_birth=sex,
        phone=f"303 555 {100 + number:04d}",
        address=f"{number} {street}, {town}, CO 80299",
        emergency_name=more.pop("emergency_name", "a sibling (invented)"),
        emergency_phone=f"303 555 {150 + number:04d}",
        emergency_relation=more.pop("emergency_relation", "sibling"),
        **more,
    )


WANDA = _who("Wanda Fernsby", 35, "05-14", "female", 1, "Linden Row")
BARTHOLOMEW = _who(
    "Bartholomew Oyelaran-Vandersteenhoven of the Upper Meadow", 47, "11-02", "male", 2,
    "Old Brewery Yard", "Lakewood", preferred_name="Bart", safe_contact="phone",
)  # fmt: skip
HUI_MIN = _who("Tan Hui Min", 58, "02-23", "female", 3, "Copper Street", "Aurora")
OSKAR = _who("Oskar Brännström", 61, "09-30", "male", 4, "Signal Hill", "Golden")
TALLULAH = _who("Tallulah Begay-Moss", 31, "07-08", "female", 5, "Cottonwood Lane")
SIOBHAN = _who("Siobhán Ní Mhaoláin", 39, "12-19", "female", 6, "Quarry Road", "Boulder")
YOUSEF = _who(
    "يوسف الحدّاد", 43, "03-27", "male", 7, "Bridge Street", preferred_name="Yousef",
    language="Arabic and English",
)  # fmt: skip
NALANI = _who("Nalani Kekoa", 36, "01-11", "female", 8, "Lantern Court", pronouns="she/her")
MATEO = _who("Mateo Ibarra Quispe", 50, "06-05", "male", 9, "Millrace Lane", "Arvada")
FRANCES = _who("Frances Umberland", 68, "04-16", "female", 10, "Harbor Walk", "Littleton")
KWABENA = _who("Kwabena Asante", 41, "10-21", "male", 11, "Orchard Street")
ELSPETH = _who("Elspeth Marchbanks", 54, "08-29", "female", 12, "Rook Street", "Englewood")
DMITRI = _who("Dmitri Volkonsky", 45, "05-03", "male", 13, "Station Road", "Aurora")
ROBIN = _who("Robin Vale", 28, "02-14", "intersex", 14, "Aspen Court", pronouns="they/them")
AIKO = _who("Aiko Morishita", 37, "09-09", "female", 15, "Paper Street", "Boulder")
GIDEON = _who("Gideon Thistlewood", 56, "12-01", "male", 16, "Chandler's Row", "Golden")
PALOMA = _who("Paloma Reyes-Duarte", 33, "03-18", "female", 17, "Wren Street")
HENRIK = _who(
    "Henrik Solberg", 60, "07-25", "male", 18, "Ferry Street", "Lakewood", safe_contact="phone",
)  # fmt: skip
LEOCADIA = _who("Leocadia Brandt", 46, "02-17", "female", 20, "Tannery Lane", "Golden")
ZOLA = _who("Zola Mthembu", 30, "11-30", "female", 19, "Kiln Lane", "Arvada")
OTTILIE = _who("Ottilie Marchetti", 57, "06-21", "female", 21, "Saddler Lane", "Aurora")
