"""Nobody acts without the role, licence, training and registration that are valid at this moment.

A date printed on a credential is valid through 23:59 of that day on the clinic's clock. None of
these findings can be waived: nobody waives a finding about a credential.
"""

from __future__ import annotations

from holdspace.core.codes import Code
from holdspace.core.credentials import covers_schedule, dea_problem, is_current, same_address
from holdspace.core.decision import WEIGHT, Finding, Verdict
from holdspace.core.evidence import Basis, Rule, based, clock, day
from holdspace.core.facts import (
    PHYSICIANS,
    Credential,
    CredentialKind,
    Discipline,
    Facts,
    Place,
    Presence,
    Role,
    StaffMember,
)
from holdspace.core.protocol_model import Protocol

LICENCE = Basis("a licence of the clinic's state, valid today", "state practice acts")
DEA = Basis(
    "DEA registration for Schedule III in this state and at this address, valid today",
    "21 USC 822, 21 CFR 1301.12",
)
TRAINING = {
    CredentialKind.ACLS: Basis(
        "the one who gives and watches holds ACLS", "APA consensus 2017, second-hand"
    ),
    CredentialKind.BLS: Basis(
        "a second person with BLS is on the premises", "one clinic's policy (Wells)", True
    ),
    CredentialKind.KAP_TRAINING: Basis(
        "the therapist has KAP training recorded", "KRF guidelines; the clinic's public promise"
    ),
}
# The professions in which a role is held: a role without its profession is a name on a badge.
# State tables may be narrower still; none lets these be wider.
PRESCRIBERS = PHYSICIANS | {Discipline.NP, Discipline.PA}
PROFESSIONS: dict[Role, frozenset[Discipline]] = {
    Role.PRESCRIBER: PRESCRIBERS,
    Role.MEDICAL_DIRECTOR: PHYSICIANS,
    Role.SESSION_CLINICIAN: PRESCRIBERS | {Discipline.RN},
    Role.THERAPIST: frozenset(Discipline) - {Discipline.RN, Discipline.PA},
}
PLACES = Basis(
    "session clinician and assigned therapist in the room; prescriber and a second person with "
    "BLS on the premises",
    "esketamine REMS 2024 (prescriber on site); one clinic's policy (second BLS person)",
)


def holder(*roles: Role) -> Rule:
    """A rule: the one who acts is a member of staff who holds one of these roles now."""
    words = " or ".join(role.value.replace("_", " ") for role in roles)
    basis = Basis(f"only a {words} may do this", "the clinic's roles (docs/map.md, people/access)")
    clinical = all(role in PROFESSIONS for role in roles)  # what the desk may do needs no licence

    def role_of_the_one_who_acts(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
        member = facts.member(facts.actor) if facts.actor else None
        if member is None:
            return (basis.says(Code.ROLE_NOT_PERMITTED, Verdict.UNKNOWN, "nobody is named"),)
        fitting = [role for role in roles if role in member.roles]
        held = ", ".join(role.value.replace("_", " ") for role in member.roles) or "no role"
        calling = member.discipline.value if member.discipline else "no profession on file"
        verdicts = [_profession(member, role) if clinical else Verdict.PASS for role in fitting]
        verdict = min(verdicts, key=lambda v: -WEIGHT[v], default=Verdict.FAIL)
        said = f"{member.name}: {held}" + (f" ({calling})" if fitting else "")
        return (basis.says(Code.ROLE_NOT_PERMITTED, verdict, said),)

    return role_of_the_one_who_acts


def _profession(member: StaffMember, role: Role) -> Verdict:
    """Whether a role is held in a profession that may hold it; desk roles need none."""
    if role not in PROFESSIONS:
        return Verdict.PASS
    if member.discipline is None:
        return Verdict.UNKNOWN
    return Verdict.PASS if member.discipline in PROFESSIONS[role] else Verdict.FAIL


def practises_as(facts: Facts, who: str, role: Role) -> bool:
    """Whether a member of staff holds a role now, in a fitting profession, with a valid licence."""
    member = facts.member(who) if who else None
    if member is None or role not in member.roles:
        return False
    return _profession(member, role) is Verdict.PASS and licence(facts, member).passes


def holds_specialty(facts: Facts, who: str, specialty: str) -> bool:
    """Whether a member holds a valid specialty credential in one of "sleep medicine or ..."."""
    member = facts.member(who) if who else None
    wanted = {name.strip().casefold() for name in specialty.split(" or ")}
    return member is not None and any(
        c.kind is CredentialKind.SPECIALTY
        and c.subject.strip().casefold() in wanted
        and not date_problem(facts, c)
        for c in member.credentials
    )


def physician_who_clears(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The one who signs a clearance is an MD or DO where the protocol promises a physician."""
    path = "clearance.evaluator_is_physician"
    basis = based(facts, protocol, path, "the clearance is signed by a physician (MD, DO)")
    member = facts.member(facts.actor) if facts.actor else None
    if not protocol.flag(path):
        basis = based(facts, protocol, path, "the protocol does not ask for a physician")
        return (basis.says(Code.SIGNER_NOT_PHYSICIAN, Verdict.NOTE, "not asked for"),)
    if member is None or member.discipline is None:
        evidence = "the profession of the one who signs is not recorded"
        return (basis.says(Code.SIGNER_NOT_PHYSICIAN, Verdict.UNKNOWN, evidence),)
    verdict = Verdict.PASS if member.discipline in PHYSICIANS else Verdict.FAIL
    evidence = f"{member.name}, {member.discipline.value}"
    return (basis.says(Code.SIGNER_NOT_PHYSICIAN, verdict, evidence),)


def licence_of_the_one_who_acts(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The licence of the one who acts, in the clinic's state, today."""
    member = facts.member(facts.actor) if facts.actor else None
    if member is None:
        return (LICENCE.says(Code.LICENCE_NOT_VALID, Verdict.UNKNOWN, "nobody is named"),)
    return (licence(facts, member),)


def profession(facts: Facts, member: StaffMember, role: Role) -> Finding:
    """Whether a member's profession is one in which this role may be held."""
    name = role.value.replace("_", " ")
    fitting = ", ".join(d.value for d in Discipline if d in PROFESSIONS[role])
    basis = Basis(f"a {name} is one of {fitting}", "state practice acts; the clinic's roles")
    said = member.discipline.value if member.discipline else "no profession on file"
    verdict, subject = _profession(member, role), f"profession_{role.value}"
    evidence = f"{member.name}: {said}"
    return basis.says(Code.ROLE_NOT_PERMITTED, verdict, evidence, subject=subject)


def licence(facts: Facts, member: StaffMember, subject: str = "") -> Finding:
    state = facts.clinic.state
    if not state:
        text = f"{member.name}: the clinic's state is not on file"
        return LICENCE.says(Code.LICENCE_NOT_VALID, Verdict.UNKNOWN, text, subject=subject)
    verdict, text = standing_of(facts, member, CredentialKind.LICENCE, state)
    return LICENCE.says(Code.LICENCE_NOT_VALID, verdict, f"{member.name}: {text}", subject=subject)


def training(facts: Facts, member: StaffMember, kind: CredentialKind) -> Finding:
    """ACLS, BLS or KAP training of one member; only KAP training may have no end on file."""
    verdict, text = standing_of(facts, member, kind, "")
    return TRAINING[kind].says(
        Code.TRAINING_NOT_VALID, verdict, f"{member.name}: {text}", subject=kind.value
    )


def dea_registration(facts: Facts, member: StaffMember) -> Finding:
    """A member's DEA registration: number, schedule, state, address and date, now."""
    code = Code.DEA_REGISTRATION_NOT_VALID
    found = [c for c in member.credentials if c.kind is CredentialKind.DEA]
    if not found or not facts.clinic.registered_address or not facts.clinic.state:
        missing = "no registration on file" if not found else "the clinic's address is not on file"
        return DEA.says(code, Verdict.UNKNOWN, f"{member.name}: {missing}")
    problems = [_dea_problem(facts, credential) for credential in found]
    if "" in problems:
        until = found[problems.index("")].expires_on
        through = f"valid through {day(until)}" if until else "valid"
        return DEA.says(code, Verdict.PASS, f"{member.name}: {through}")
    return DEA.says(code, Verdict.FAIL, f"{member.name}: {problems[-1]}")


def _dea_problem(facts: Facts, credential: Credential) -> str:
    if dea_problem(credential.number):
        return "the number on file is not a DEA number"
    if not covers_schedule(credential.schedules):
        return "not registered for Schedule III"
    if credential.state != facts.clinic.state:
        return f"registered in {credential.state or 'no state'}, not {facts.clinic.state}"
    if not same_address(credential.registered_address, facts.clinic.registered_address):
        return "registered at another address"
    return date_problem(facts, credential) or (
        "its date is not recorded" if credential.expires_on is None else ""
    )


def standing_of(
    facts: Facts, member: StaffMember, kind: CredentialKind, state: str
) -> tuple[Verdict, str]:
    """What a member's credentials of one kind (of one state, if named) are worth now, in words."""
    name = kind.value.replace("_", " ")
    found = [c for c in member.credentials if c.kind is kind]
    if not found:
        return Verdict.UNKNOWN, f"no {name} on file"
    here = [c for c in found if not state or c.state == state]
    if not here:
        return Verdict.FAIL, f"{name} of {found[-1].state or 'no state'}, not {state}"
    problems = [date_problem(facts, c) for c in here]
    if "" not in problems:
        return Verdict.FAIL, f"{name} {problems[-1]}"
    until = here[problems.index("")].expires_on
    if until is None and kind is not CredentialKind.KAP_TRAINING:
        return Verdict.UNKNOWN, f"the {name}'s date is not recorded"
    return Verdict.PASS, f"{name} valid" + (f" through {day(until)}" if until else "")


def date_problem(facts: Facts, credential: Credential) -> str:
    """Why a credential does not count now; empty when it does."""
    if credential.revoked_at is not None and credential.revoked_at <= facts.now:
        return f"withdrawn {clock(facts, credential.revoked_at)}"
    holds = is_current(now=facts.now, zone=facts.clinic.timezone, expires_on=credential.expires_on)
    if holds or credential.expires_on is None:
        return ""
    return f"expired {day(credential.expires_on)}"


# --- who is here --------------------------------------------------------------------------------


def here(facts: Facts, *places: Place) -> tuple[StaffMember, ...]:
    """The members of staff who are in one of these places now, in order of arrival."""
    open_now = (p for p in facts.presences if p.place in places and _covers(p, facts))
    found = (facts.member(p.staff) for p in sorted(open_now, key=lambda p: p.since))
    return tuple(dict.fromkeys(member for member in found if member is not None))


def _covers(presence: Presence, facts: Facts) -> bool:
    return presence.since <= facts.now and (presence.until is None or facts.now < presence.until)


def people_present(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """From dose to discharge: two people in the room, two more callings on the premises."""
    room = here(facts, Place.IN_ROOM)
    site = here(facts, Place.IN_ROOM, Place.ON_PREMISES)
    clinicians = [m for m in room if Role.SESSION_CLINICIAN in m.roles]
    clinicians.sort(key=lambda m: m.id != facts.actor)  # the one who gives is the one who is judged
    therapist = next((m for m in room if facts.course and m.id == facts.course.therapist), None)
    # one pair of hands: the clinician is somebody else than the therapist wherever there is one
    clinician = next((m for m in clinicians if m is not therapist), None)
    findings = [
        _giver(facts, room),
        _place(facts, clinician or (clinicians[0] if clinicians else None), Role.SESSION_CLINICIAN),
        _place(facts, therapist, Role.THERAPIST),
        _two_people(facts, clinicians, clinician, therapist),
        *_prescriber(facts, site),
        _second_person(facts, site, clinician),
    ]
    if clinician:
        findings += [profession(facts, clinician, Role.SESSION_CLINICIAN)]
        findings += [licence(facts, clinician, "session_clinician")]
        findings += [training(facts, clinician, CredentialKind.ACLS)]
    if therapist:
        findings += [licence(facts, therapist, "therapist")]
        findings += [training(facts, therapist, CredentialKind.KAP_TRAINING)]
    return tuple(findings)


def _place(facts: Facts, member: StaffMember | None, role: Role) -> Finding:
    name = role.value.replace("_", " ")
    if member is not None:
        evidence = f"{name}: {member.name}"
        return PLACES.says(Code.STAFF_NOT_PRESENT, Verdict.PASS, evidence, subject=role.value)
    evidence = f"{name}: nobody is signed in"
    others = [m for m in here(facts, Place.IN_ROOM) if role in m.roles]
    if role is Role.THERAPIST and others:
        evidence = f"therapist: {others[0].name} is here, who is not the assigned therapist"
    return PLACES.says(Code.STAFF_NOT_PRESENT, Verdict.FAIL, evidence, subject=role.value)


def _giver(facts: Facts, room: tuple[StaffMember, ...]) -> Finding:
    """The one who gives the dose is in the room."""
    code, basis = Code.STAFF_NOT_PRESENT, PLACES
    member = facts.member(facts.actor) if facts.actor else None
    if member is None:
        return basis.says(code, Verdict.UNKNOWN, "nobody is named as giving", subject="giver")
    verdict = Verdict.PASS if member in room else Verdict.FAIL
    where = "in the room" if member in room else "not signed in to the room"
    return basis.says(code, verdict, f"{member.name} gives: {where}", subject="giver")


def _two_people(
    facts: Facts,
    clinicians: list[StaffMember],
    clinician: StaffMember | None,
    therapist: StaffMember | None,
) -> Finding:
    """The therapist holds the person's hand and never the syringe, whatever roles they have."""
    code = Code.STAFF_SAME_PERSON
    gives = facts.member(facts.actor) if facts.actor else None
    if gives is not None and facts.course is not None and gives.id == facts.course.therapist:
        return PLACES.says(code, Verdict.FAIL, f"{gives.name} is the therapist and would give")
    if therapist is None or not clinicians:
        return PLACES.says(code, Verdict.UNKNOWN, "the two people are not both signed in")
    if clinician is None:
        return PLACES.says(code, Verdict.FAIL, f"{therapist.name} is signed in for both")
    return PLACES.says(code, Verdict.PASS, f"{clinician.name} and {therapist.name}")


def _prescriber(facts: Facts, site: tuple[StaffMember, ...]) -> tuple[Finding, ...]:
    """A prescriber on the premises whose licence and registration hold; the best one counts."""
    candidates = [m for m in site if Role.PRESCRIBER in m.roles]
    if not candidates:
        return (_place(facts, None, Role.PRESCRIBER),)
    chosen = candidates[0]
    for member in candidates:
        checks = (
            profession(facts, member, Role.PRESCRIBER),
            licence(facts, member),
            dea_registration(facts, member),
        )
        if all(check.passes for check in checks):
            chosen = member
            break
    return (
        _place(facts, chosen, Role.PRESCRIBER),
        profession(facts, chosen, Role.PRESCRIBER),
        licence(facts, chosen, "prescriber"),
        dea_registration(facts, chosen),
    )


def _second_person(
    facts: Facts, site: tuple[StaffMember, ...], clinician: StaffMember | None
) -> Finding:
    others = [m for m in site if m is not clinician]
    for member in others:
        checked = training(facts, member, CredentialKind.BLS)
        if checked.passes:
            return checked
    basis = TRAINING[CredentialKind.BLS]
    evidence = "nobody else here holds a valid BLS" if others else "nobody else is signed in"
    return basis.says(Code.STAFF_NOT_PRESENT, Verdict.FAIL, evidence, subject="second_person")
