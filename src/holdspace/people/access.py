"""The one place that says who may see and do what.

`GRANTS` is the whole table. `docs/access.md` is generated from it and a test compares the two.
Nothing here asks the database: a membership's roles at a moment are worked out in `models`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from holdspace.core.facts import Role


class May(StrEnum):
    """Everything a member of staff may be allowed to see or do."""

    # the front desk
    SEE_PEOPLE_LIST = "see_people_list"
    EDIT_PERSON = "edit_person"
    OPEN_ENQUIRY = "open_enquiry"
    SEE_SCHEDULE = "see_schedule"
    BOOK = "book"
    SEE_TASKS = "see_tasks"
    KEEP_MESSAGES = "keep_messages"
    SET_ON_CALL = "set_on_call"
    ASK_TO_FILL = "ask_to_fill"
    # the chart
    READ_CHART = "read_chart"
    READ_CLINICAL_HOLD_REASON = "read_clinical_hold_reason"
    EVALUATE_MEDICALLY = "evaluate_medically"
    ASSESS_MENTAL_HEALTH = "assess_mental_health"
    CLEAR_FOR_MEDICINE = "clear_for_medicine"
    WRITE_MEDICAL = "write_medical"
    WRITE_THERAPY = "write_therapy"
    WRITE_PRIVATE_NOTES = "write_private_notes"
    RELEASE_PRIVATE_NOTES = "release_private_notes"
    USE_EMERGENCY_ACCESS = "use_emergency_access"
    # the medicine day
    CHECK_READINESS = "check_readiness"
    ORDER_DOSE = "order_dose"
    GIVE_DOSE = "give_dose"
    OBSERVE = "observe"
    DISCHARGE = "discharge"
    WAIVE = "waive"
    SECOND_SIGN_WAIVER = "second_sign_waiver"
    WITNESS_WASTE = "witness_waste"
    REVIEW_EVENTS = "review_events"
    REVIEW_RED_FLAGS = "review_red_flags"
    REVIEW_VARIANCES = "review_variances"
    # the register
    SEE_REGISTER = "see_register"
    HANDLE_REGISTER = "handle_register"
    # the protocol
    SEE_PROTOCOL = "see_protocol"
    SIGN_PROTOCOL = "sign_protocol"
    # the house
    SEE_STAFF = "see_staff"
    MANAGE_STAFF = "manage_staff"
    SIGN_PRIVILEGE = "sign_privilege"
    MANAGE_SITE = "manage_site"
    KEEP_INSTRUMENTS = "keep_instruments"
    KEEP_MUSIC = "keep_music"
    SEE_ACCESS_LOG = "see_access_log"
    VERIFY_RECORD = "verify_record"
    REVIEW_EMERGENCY_ACCESS = "review_emergency_access"


WORDS: dict[May, str] = {
    May.SEE_PEOPLE_LIST: "find people and see their contact page",
    May.EDIT_PERSON: "enter a person and change their contact details",
    May.OPEN_ENQUIRY: "answer an enquiry",
    May.SEE_SCHEDULE: "see the schedule",
    May.BOOK: "book, move and cancel appointments",
    May.SEE_TASKS: "see tasks",
    May.KEEP_MESSAGES: "see what was written to whom, send it again or cancel it",
    May.SET_ON_CALL: "say who is on call",
    May.ASK_TO_FILL: "ask a person to fill in a questionnaire and send the link",
    May.READ_CHART: "read charts",
    May.READ_CLINICAL_HOLD_REASON: "read why a person is held",
    May.EVALUATE_MEDICALLY: "write the medical evaluation",
    May.ASSESS_MENTAL_HEALTH: "write and sign the mental-health assessment",
    May.CLEAR_FOR_MEDICINE: "sign the clearance (the protocol asks for a physician by default)",
    May.WRITE_MEDICAL: "write in the medical lane",
    May.WRITE_THERAPY: "write in the therapy lane",
    May.WRITE_PRIVATE_NOTES: "keep private psychotherapy notes, readable by their author only",
    May.RELEASE_PRIVATE_NOTES: "ask for, or answer, a release of private notes (two people)",
    May.USE_EMERGENCY_ACCESS: "open a restricted file in an emergency, with a reason",
    May.CHECK_READINESS: "do the day-of readiness check",
    May.ORDER_DOSE: "order a dose",
    May.GIVE_DOSE: "draw and give an ordered dose",
    May.OBSERVE: "chart observations",
    May.DISCHARGE: "discharge a person after a session",
    May.WAIVE: "waive a measured finding where the protocol allows it",
    May.SECOND_SIGN_WAIVER: "be the second signer of a medical waiver",
    May.WITNESS_WASTE: "witness waste",
    May.REVIEW_EVENTS: "review adverse events that somebody else charted",
    May.REVIEW_RED_FLAGS: "review a red flag that somebody else charted, and sign that it is over",
    May.REVIEW_VARIANCES: "review variances to which they were not party",
    May.SEE_REGISTER: "see the controlled-substance register",
    May.HANDLE_REGISTER: "receive, count and reconcile controlled substances",
    May.SEE_PROTOCOL: "read the protocol",
    May.SIGN_PROTOCOL: "sign a protocol version",
    May.SEE_STAFF: "see staff, roles and credentials",
    May.MANAGE_STAFF: "invite staff, grant and end roles, keep credentials",
    May.SIGN_PRIVILEGE: "sign a staff privilege",
    May.MANAGE_SITE: "keep sites, rooms and clinic details",
    May.KEEP_INSTRUMENTS: "load licensed wording of questionnaires, and end it",
    May.KEEP_MUSIC: "add music to the clinic’s own, and retire it",
    May.SEE_ACCESS_LOG: "read who saw what",
    May.VERIFY_RECORD: "verify the record",
    May.REVIEW_EMERGENCY_ACCESS: "review an emergency access",
}

_FLOOR = {May.SEE_SCHEDULE, May.SEE_TASKS, May.SEE_PROTOCOL}
_CLINICAL = _FLOOR | {
    May.SEE_PEOPLE_LIST,
    May.ASK_TO_FILL,
    May.SEE_STAFF,
    May.READ_CHART,
    May.READ_CLINICAL_HOLD_REASON,
    May.USE_EMERGENCY_ACCESS,
    May.OBSERVE,
}

GRANTS: dict[Role, frozenset[May]] = {
    Role.COORDINATOR: frozenset(
        _FLOOR
        | {
            *(May.SEE_PEOPLE_LIST, May.EDIT_PERSON, May.OPEN_ENQUIRY, May.BOOK),
            May.KEEP_MESSAGES,
            May.SET_ON_CALL,
            May.ASK_TO_FILL,
        }
    ),
    Role.THERAPIST: frozenset(
        _CLINICAL
        | {
            *(May.BOOK, May.ASSESS_MENTAL_HEALTH, May.WRITE_THERAPY, May.WRITE_PRIVATE_NOTES),
            May.KEEP_MUSIC,
        }
    ),
    Role.PRESCRIBER: frozenset(
        _CLINICAL
        | {
            May.BOOK,
            May.EVALUATE_MEDICALLY,
            May.CLEAR_FOR_MEDICINE,
            May.WRITE_MEDICAL,
            May.CHECK_READINESS,
            May.ORDER_DOSE,
            May.GIVE_DOSE,
            May.DISCHARGE,
            May.REVIEW_EVENTS,
            May.REVIEW_RED_FLAGS,
            May.WAIVE,
            May.SECOND_SIGN_WAIVER,
            May.WITNESS_WASTE,
            May.SEE_REGISTER,
        }
    ),
    Role.SESSION_CLINICIAN: frozenset(
        _CLINICAL
        | {
            May.WRITE_MEDICAL,
            May.CHECK_READINESS,
            May.GIVE_DOSE,
            May.DISCHARGE,
            May.REVIEW_RED_FLAGS,
            May.SECOND_SIGN_WAIVER,
            May.WITNESS_WASTE,
            May.SEE_REGISTER,
        }
    ),
    Role.MEDICAL_DIRECTOR: frozenset(
        _CLINICAL
        | {
            May.SIGN_PROTOCOL,
            May.SIGN_PRIVILEGE,
            May.WAIVE,
            May.REVIEW_EVENTS,
            May.REVIEW_RED_FLAGS,
            May.REVIEW_VARIANCES,
            May.RELEASE_PRIVATE_NOTES,
            May.MANAGE_STAFF,
            May.SET_ON_CALL,
            May.KEEP_INSTRUMENTS,
            May.KEEP_MUSIC,
            May.SEE_REGISTER,
            May.REVIEW_EMERGENCY_ACCESS,
        }
    ),
    Role.REGISTER_CUSTODIAN: frozenset(
        {May.SEE_REGISTER, May.HANDLE_REGISTER, May.WITNESS_WASTE, May.SEE_TASKS, May.SEE_PROTOCOL}
    ),
    Role.REVIEWER: frozenset(
        {
            May.SEE_ACCESS_LOG,
            May.VERIFY_RECORD,
            May.REVIEW_EMERGENCY_ACCESS,
            May.RELEASE_PRIVATE_NOTES,
            May.SEE_REGISTER,
            May.SEE_PROTOCOL,
            May.SEE_STAFF,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            *(May.MANAGE_STAFF, May.MANAGE_SITE, May.SEE_STAFF, May.VERIFY_RECORD),
            *(May.SEE_PROTOCOL, May.KEEP_MESSAGES, May.SET_ON_CALL, May.KEEP_INSTRUMENTS),
            May.KEEP_MUSIC,
        }
    ),
}

ROLE_WORDS: dict[Role, str] = {
    Role.COORDINATOR: "Coordinator",
    Role.THERAPIST: "Therapist",
    Role.PRESCRIBER: "Prescriber",
    Role.SESSION_CLINICIAN: "Session clinician",
    Role.MEDICAL_DIRECTOR: "Medical director",
    Role.REGISTER_CUSTODIAN: "Register custodian",
    Role.REVIEWER: "Privacy and audit reviewer",
    Role.ADMINISTRATOR: "Administrator",
}

# Clinical and register roles are granted by two people, so that nobody makes themselves a
# prescriber and nobody opens the safe alone.
TWO_PERSON_ROLES: frozenset[Role] = frozenset(
    {
        Role.THERAPIST,
        Role.PRESCRIBER,
        Role.SESSION_CLINICIAN,
        Role.MEDICAL_DIRECTOR,
        Role.REGISTER_CUSTODIAN,
    }
)

# Minutes without a touch until automatic log-off; the shortest of a person's roles holds.
# Clinic defaults awaiting signature: 45 CFR 164.312(a)(2)(iii) names no number. A medicine room
# is attended throughout, so its clinician gets longer than a front desk that faces the public.
IDLE_MINUTES_DEFAULT = 15
IDLE_MINUTES: dict[Role, int] = {
    Role.COORDINATOR: 10,
    Role.REGISTER_CUSTODIAN: 10,
    Role.ADMINISTRATOR: 10,
    Role.SESSION_CLINICIAN: 30,
    Role.THERAPIST: 30,
}


def capabilities(roles: Iterable[Role]) -> frozenset[May]:
    """Everything that the given roles may see and do, together."""
    return frozenset().union(*(GRANTS[role] for role in roles))


def idle_minutes(roles: Iterable[Role]) -> int:
    """Minutes until automatic log-off for somebody who holds these roles."""
    return min((IDLE_MINUTES.get(r, IDLE_MINUTES_DEFAULT) for r in roles), default=10)


def markdown() -> str:
    """The text of `docs/access.md`: one row per capability, one column per role."""
    roles = list(Role)
    lines = [
        "# Who may see and do what",
        "",
        "Made from `src/holdspace/people/access.py`; a test fails when the two differ.",
        "To change a right, change that file and run `holdspace access --write docs`.",
        "Somebody who holds several roles has the rights of all of them, and is still one person:",
        "an act of two people needs two.",
        "",
        "| may … | " + " | ".join(ROLE_WORDS[r] for r in roles) + " |",
        "|---|" + "---|" * len(roles),
    ]
    for may in May:
        cells = ("yes" if may in GRANTS[r] else "" for r in roles)
        lines.append(f"| {WORDS[may]} (`{may}`) | " + " | ".join(cells) + " |")
    two = ", ".join(ROLE_WORDS[r].lower() for r in roles if r in TWO_PERSON_ROLES)
    lines += [
        "",
        f"**Granted by two people:** {two}. The first director is made by `holdspace init` and is",
        "recorded as such. Nobody grants a role to themselves. Ending a role needs one person and",
        "takes effect at once.",
        "",
        "**What is not yours is not there:** a person of another clinic, or a page that your role",
        "may not open, answers 404. A file marked *restricted* is seen by its team only (and by",
        "the desk: contact details); other clinicians open it through emergency access: a reason,",
        "a password, one hour, reading only, reviewed by somebody else.",
        "",
        "**Automatic log-off** (clinic defaults awaiting signature): "
        + ", ".join(f"{ROLE_WORDS[r].lower()} {idle_minutes([r])} min" for r in roles)
        + ".",
        "The shortest of a person's roles holds. A page that refreshes itself is not a touch.",
        "",
    ]
    return "\n".join(lines)
