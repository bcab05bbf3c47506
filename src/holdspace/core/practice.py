"""What a state lets a profession do, and what stands behind a credential.

Default deny: a state and profession without a recorded rule may do nothing here, and a recorded
rule never reaches further than federal law (`WIDEST`). Nobody waives any of these findings.
"""

from __future__ import annotations

from dataclasses import replace

from holdspace.core.authority import PRESCRIBERS, PROFESSIONS, licence, standing_of
from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.dosing import asked_order, preparation_of
from holdspace.core.evidence import Basis, based, day
from holdspace.core.facts import (
    Act,
    Credential,
    CredentialKind,
    Discipline,
    DocumentKind,
    Facts,
    Role,
    StaffMember,
    StateDuties,
    StateRule,
)
from holdspace.core.protocol_model import Protocol

ACTS = {
    Act.CLEAR: "clear a person for medicine",
    Act.ORDER: "order ketamine",
    Act.DRAW: "draw up ketamine",
    Act.GIVE: "give ketamine",
    Act.ASSESS: "assess mental health",
    Act.WITNESS_WASTE: "witness waste",
}
HANDS = PRESCRIBERS | {Discipline.RN}
# No state's rule and no clinic's signature lets these be wider (21 USC 802(21), 822(c)(1)).
WIDEST: dict[Act, frozenset[Discipline]] = {
    Act.CLEAR: PRESCRIBERS,
    Act.ORDER: PRESCRIBERS,
    Act.DRAW: HANDS,
    Act.GIVE: HANDS,
    Act.ASSESS: PROFESSIONS[Role.THERAPIST],
    Act.WITNESS_WASTE: frozenset(Discipline),
}
FEDERAL = Basis(
    "a practitioner acts as the state permits; a nurse on an order; a therapist never",
    "21 USC 802(21), 822(c)(1)",
)
LISTS = "HHS-OIG exclusion list, SAM.gov; 21 USC 824(a)(5)"
SUPERVISED = Basis(
    "an associate works under a named, licensed supervisor, who countersigns the assessment",
    "state practice acts; second-hand",
)


# --- the state --------------------------------------------------------------------------------


def state_rule(facts: Facts, discipline: Discipline) -> StateRule | None:
    """The rule that holds now for a profession in the clinic's state: the newest signed one."""
    found = [
        rule
        for rule in facts.state_rules
        if rule.state == facts.clinic.state
        and rule.discipline is discipline
        and (rule.signed_at is None or rule.signed_at <= facts.now)
    ]
    signed = [rule for rule in found if rule.signed_at is not None]
    newest = max(signed, key=lambda r: r.signed_at or facts.now, default=None)
    return newest or next(iter(found), None)


def state_duties(facts: Facts) -> StateDuties | None:
    """What the clinic's state asks of it, as far as that may be relied on."""
    found = [
        duties
        for duties in facts.state_duties
        if duties.state == facts.clinic.state
        and (duties.signed_at is None or duties.signed_at <= facts.now)
        and not (duties.is_proposed and not facts.clinic.is_demo)
    ]
    signed = [duties for duties in found if duties.signed_at is not None]
    newest = max(signed, key=lambda d: d.signed_at or facts.now, default=None)
    if newest is None:
        return next(iter(found), None)
    read = any(d.pdmp_each_dose for d in found if d.signed_at is None)  # what was read stays
    return replace(newest, pdmp_each_dose=newest.pdmp_each_dose or read)


def permitted(
    facts: Facts, discipline: Discipline | None, act: Act, name: str, subject: str = ""
) -> Finding:
    """Whether the clinic's state lets a profession do this; without a recorded rule it does not."""
    code, state = Code.STATE_AUTHORITY_MISSING, facts.clinic.state or "no state"
    if discipline is None:
        said = f"{name}: no profession on file"
        return FEDERAL.says(code, Verdict.UNKNOWN, said, subject=subject)
    who = f"{name}, {discipline.value}"
    if discipline not in WIDEST[act]:
        return FEDERAL.says(code, Verdict.FAIL, f"{who}: may not {ACTS[act]}", subject=subject)
    rule = state_rule(facts, discipline)
    if rule is None:
        basis = Basis(f"no rule is recorded for {state}", "the clinic's director records one")
        said = f"{who}: no rule is recorded for {discipline.value} in {state}"
        return basis.says(code, Verdict.UNKNOWN, said, subject=subject)
    listed = ", ".join(ACTS[each] for each in rule.acts) or "nothing here"
    words = f"{state}, {discipline.value}: may {listed}"
    basis = Basis(words, rule.source, rule.is_proposed)
    if rule.is_proposed and not facts.clinic.is_demo:
        said = f"{who}: the rule of {state} is proposed; the director has not signed it"
        return basis.says(code, Verdict.UNKNOWN, said, subject=subject)
    verdict = Verdict.PASS if act in rule.acts else Verdict.FAIL
    may = "may" if verdict is Verdict.PASS else "may not"
    return basis.says(code, verdict, f"{who}: {may} {ACTS[act]}", subject=subject)


def may_witness(facts: Facts, discipline: Discipline | None, name: str) -> Finding:
    """Whether the state lets the profession of a second person witness waste; a code of its own."""
    asked = permitted(facts, discipline, Act.WITNESS_WASTE, name)
    return replace(asked, code=Code.WITNESS_NOT_PERMITTED)


def state_registration(facts: Facts, member: StaffMember) -> Finding:
    """The state's own registration, where the state asks for one."""
    code, duties = Code.STATE_REGISTRATION_MISSING, state_duties(facts)
    state = facts.clinic.state or "no state"
    if duties is None or duties.csr_required is None:
        basis = Basis(f"{state}: its own registration", "the clinic's director records it")
        return basis.says(code, Verdict.UNKNOWN, f"no rule is recorded for {state}")
    basis = Basis(f"{state}: its own registration", duties.source, duties.is_proposed)
    if not duties.csr_required:
        return basis.says(code, Verdict.PASS, f"{state} asks for none")
    verdict, said = standing_of(facts, member, CredentialKind.STATE_CSR, state)
    return basis.says(code, verdict, f"{member.name}: {said}")


# --- what stands behind a credential --------------------------------------------------------------


def verified(
    facts: Facts, protocol: Protocol, member: StaffMember, kind: CredentialKind
) -> tuple[Finding, ...]:
    """The newest look-up at the source of what a member holds; what has ended is told apart."""
    path = "credentials.verification_age_days_max"
    age, name = protocol.span(path), kind.value.replace("_", " ").replace("dea", "DEA")
    basis = based(facts, protocol, path, f"{name} looked up at the source, ≤ {age.days} days ago")
    code, subject = Code.CREDENTIAL_NOT_VERIFIED, f"{kind.value}:{member.id}"
    here = (c for c in member.credentials if c.kind is kind and c.state == facts.clinic.state)
    held = [c for c in here if _holds(facts, c)]
    days = [c.verified_on for c in held if c.verified_on is not None]
    if not held:
        return ()
    if not days:
        said = f"{member.name}: {name} not looked up"
        return (basis.says(code, Verdict.UNKNOWN, said, subject=subject),)
    newest = max(days)
    ago = (facts.today - newest).days
    said = f"{member.name}: {name} looked up {day(newest)}"
    if ago < 0:
        ahead = f"{said}, which is in the future"
        return (basis.says(code, Verdict.UNKNOWN, ahead, subject=subject),)
    fresh = Verdict.PASS if ago <= age.days else Verdict.UNKNOWN
    return (basis.says(code, fresh, f"{said}, {ago} days ago", subject=subject),)


def _holds(facts: Facts, credential: Credential) -> bool:
    revoked, ends = credential.revoked_at, credential.expires_on
    return (revoked is None or revoked > facts.now) and (ends is None or facts.today <= ends)


def excluded(facts: Facts, protocol: Protocol, member: StaffMember) -> Finding:
    """Whether a member stands on an exclusion list; a hit stops every clinical act."""
    path = "credentials.exclusion_check_age_days_max"
    age = protocol.span(path)
    rule = f"not on an exclusion list, looked up ≤ {age.days} days ago"
    basis = based(facts, protocol, path, rule)
    basis = Basis(basis.rule, f"{LISTS}; {basis.source}", basis.awaiting)
    code, on = Code.EXCLUSION_NOT_CLEAR, member.exclusion_checked_on
    if member.is_excluded:
        said = f"{member.name}: found on a list" + (f" {day(on)}" if on else "")
        return basis.says(code, Verdict.FAIL, said, subject=member.id)
    if on is None:
        return basis.says(
            code, Verdict.UNKNOWN, f"{member.name}: never looked up", subject=member.id
        )
    ago = (facts.today - on).days
    fresh = Verdict.PASS if 0 <= ago <= age.days else Verdict.UNKNOWN
    said = f"{member.name}: not found, looked up {day(on)}"
    return basis.says(code, fresh, said, subject=member.id)


def supervised(facts: Facts, member: StaffMember) -> Finding:
    """Whether an associate's supervisor is named, works here, and is licensed without limits."""
    code = Code.SUPERVISION_MISSING
    if not _is_associate(facts, member):
        return SUPERVISED.says(code, Verdict.PASS, f"{member.name}: no associate licence")
    verdict, said = standing_of(facts, member, CredentialKind.SUPERVISION, "")
    if verdict is not Verdict.PASS:
        return SUPERVISED.says(code, verdict, f"{member.name}, associate: {said}")
    names = supervisors(facts, member)
    if not names:
        said = f"{member.name}, associate: no licensed supervisor is on file here"
        return SUPERVISED.says(code, Verdict.UNKNOWN, said)
    said = f"{member.name}, associate: supervised by {names[0].name}"
    return SUPERVISED.says(code, Verdict.PASS, said)


def supervisors(facts: Facts, member: StaffMember) -> list[StaffMember]:
    """Who may countersign for an associate now: named, licensed here, and no associate."""
    found = [
        facts.member(c.supervisor)
        for c in member.credentials
        if c.kind is CredentialKind.SUPERVISION and _holds(facts, c)
    ]
    return [
        who
        for who in found
        if who is not None
        and who.id != member.id
        and not _is_associate(facts, who)
        and licence(facts, who).passes
    ]


def _is_associate(facts: Facts, member: StaffMember) -> bool:
    """Every licence that holds here is an associate's."""
    held = [
        c
        for c in member.credentials
        if c.kind is CredentialKind.LICENCE and c.state == facts.clinic.state and _holds(facts, c)
    ]
    return bool(held) and all(c.is_associate for c in held)


# --- the rules at the doors -----------------------------------------------------------------------


def state_lets_clear(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The clinic's state lets the profession of the one who signs clear a person."""
    member = facts.member(facts.actor) if facts.actor else None
    if member is None:
        said = "nobody is named"
        return (FEDERAL.says(Code.STATE_AUTHORITY_MISSING, Verdict.UNKNOWN, said),)
    return (permitted(facts, member.discipline, Act.CLEAR, member.name),)


def standing_of_the_one_who_acts(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Licence looked up at the source, and not on an exclusion list: the one who acts."""
    member = facts.member(facts.actor) if facts.actor else None
    if member is None:
        said = "nobody is named"
        return (FEDERAL.says(Code.CREDENTIAL_NOT_VERIFIED, Verdict.UNKNOWN, said),)
    return (
        *verified(facts, protocol, member, CredentialKind.LICENCE),
        excluded(facts, protocol, member),
    )


def no_exclusion(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Who stands on an exclusion list does no clinical act; an old look-up waits for no one."""
    member = facts.member(facts.actor) if facts.actor else None
    basis = Basis("nobody acts who stands on an exclusion list", LISTS)
    hit = member is not None and member.is_excluded
    said = f"{member.name if member else 'nobody named'}: " + ("found" if hit else "not found")
    verdict = Verdict.FAIL if hit else Verdict.PASS
    return (basis.says(Code.EXCLUSION_NOT_CLEAR, verdict, said),)


def supervised_therapist(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """An assigned therapist with an associate licence has a current, licensed supervisor."""
    member = facts.member(facts.course.therapist) if facts.course else None
    if member is None:
        said = "no assigned therapist on file"
        return (SUPERVISED.says(Code.SUPERVISION_MISSING, Verdict.UNKNOWN, said),)
    return (supervised(facts, member),)


def assessor(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """The assessment's signer may assess in this state; an associate's is countersigned."""
    paper = facts.document(DocumentKind.MENTAL_HEALTH_ASSESSMENT)
    if paper is None:
        said = "no assessment on file"
        return (FEDERAL.says(Code.STATE_AUTHORITY_MISSING, Verdict.UNKNOWN, said),)
    member = facts.member(paper.signed_by)
    name = member.name if member else "the signer"
    found = [permitted(facts, paper.signer_discipline, Act.ASSESS, name, "assessment")]
    if member is None:
        said = "who signed the assessment is not on file"
        return (*found, SUPERVISED.says(Code.SUPERVISION_MISSING, Verdict.UNKNOWN, said))
    found.append(supervised(facts, member))
    if _is_associate(facts, member):
        signed = facts.member(paper.countersigned_by)
        fits = signed is not None and signed in supervisors(facts, member)
        said = f"countersigned by {signed.name}" if signed else "not countersigned"
        verdict = Verdict.PASS if fits else Verdict.UNKNOWN
        code, subject = Code.SUPERVISION_MISSING, "countersigned"
        found.append(SUPERVISED.says(code, verdict, f"assessment: {said}", subject=subject))
    return tuple(found)


def hands_on_the_dose(facts: Facts, protocol: Protocol) -> tuple[Finding, ...]:
    """Whoever orders, draws up and gives may do so in this state, and was looked up."""
    order = asked_order(facts)
    drawn = preparation_of(facts, order) if order else None
    found: list[Finding] = []
    people = [(Act.GIVE, facts.actor)]  # a missing order or syringe is told by its own rule
    people += [(Act.DRAW, drawn.drawn_by)] if drawn else []
    people += [(Act.ORDER, order.ordered_by)] if order else []
    looked: set[str] = set()
    for act, key in people:
        member = facts.member(key) if key else None
        if member is None:
            code, said = Code.STATE_AUTHORITY_MISSING, f"who may {ACTS[act]} is not on file"
            found.append(FEDERAL.says(code, Verdict.UNKNOWN, said, subject=act.value))
            continue
        found.append(permitted(facts, member.discipline, act, member.name, act.value))
        if member.id not in looked:
            looked.add(member.id)
            found += verified(facts, protocol, member, CredentialKind.LICENCE)
            found.append(excluded(facts, protocol, member))
        if act is Act.ORDER:
            found += verified(facts, protocol, member, CredentialKind.DEA)
            found.append(state_registration(facts, member))
    return tuple(found)
