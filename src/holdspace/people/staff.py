"""Who works here and what their credentials are worth: frozen facts for gates, words for pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from holdspace.core import facts
from holdspace.core.credentials import is_current, valid_until, warning_days
from holdspace.core.facts import CredentialKind, Discipline, Role
from holdspace.people.access import May
from holdspace.people.models import Clinic, Credential, ExclusionCheck, Membership, StateRecord
from holdspace.people.states import shipped

# Looked up at the board or registry itself, not only on paper.
LOOKED_UP = (CredentialKind.LICENCE, CredentialKind.DEA, CredentialKind.STATE_CSR)
LISTS_DAYS = 28  # the lists are read every month; the page asks a little before a door does
KNOWN_BY = {
    CredentialKind.LICENCE: "Licence",
    CredentialKind.DEA: "DEA registration",
    CredentialKind.STATE_CSR: "State controlled-substance registration",
    CredentialKind.ACLS: "ACLS",
    CredentialKind.BLS: "BLS",
    CredentialKind.KAP_TRAINING: "KAP training",
    CredentialKind.PRIVILEGE: "Privilege",
    CredentialKind.SPECIALTY: "Specialty",
    CredentialKind.NPI: "NPI",
    CredentialKind.SUPERVISION: "Supervision",
}


def staff_facts(membership: Membership, now: datetime | None = None) -> facts.StaffMember:
    """What a gate may know of a member at `now` (None: as the rows stand).

    The profession is that of the newest licence still in force, else of the newest licence.
    """
    on_file = sorted(membership.credentials.all(), key=lambda c: c.added_at)
    checked = exclusion_check_of(membership, now)
    zone = membership.clinic.timezone
    return facts.StaffMember(
        id=str(membership.pk),
        name=membership.signed_name,
        roles=tuple(sorted(membership.roles_at(now))),
        discipline=_discipline(on_file, now, zone),
        credentials=tuple(
            _credential(c)
            for c in on_file
            if not (c.issued_on and now) or c.issued_on <= membership.clinic.day(now)
        ),
        exclusion_checked_on=checked.checked_on if checked else None,
        is_excluded=checked.found if checked else False,
    )


def exclusion_check_of(
    membership: Membership, now: datetime | None = None
) -> ExclusionCheck | None:
    """The look-up that counts at `now`; a hit stands until one of that day or later clears it.

    A look-up dated before a hit, or written before it, clears nothing.
    """
    rows = [c for c in membership.exclusion_checks.all() if now is None or c.recorded_at <= now]
    clear = [c for c in rows if not c.found]
    standing = [
        hit
        for hit in rows
        if hit.found
        and not any(
            c.checked_on >= hit.checked_on and c.recorded_at > hit.recorded_at for c in clear
        )
    ]
    return max(standing or clear, key=lambda c: (c.checked_on, c.recorded_at), default=None)


def staff_of(clinic: Clinic, keys: Iterable[object] | None = None) -> QuerySet[Membership]:
    """Members of a clinic (all, or those named) loaded for `staff_facts`: four queries."""
    found = Membership.objects.filter(clinic=clinic).select_related("user", "clinic")
    if keys is not None:
        found = found.filter(pk__in=list(keys))
    return found.prefetch_related("grants", "credentials", "exclusion_checks")


def working_in(clinic: Clinic, now: datetime, role: Role | None = None) -> list[Membership]:
    """Who works here at `now` (with a role, if one is named), by name."""
    found = staff_of(clinic).filter(started_on__isnull=False, user__is_active=True)
    found = found.filter(Q(ended_at=None) | Q(ended_at__gt=now)).order_by("user__name")
    return [m for m in found if role is None or role in m.roles_at(now)]


def first_working(
    clinic: Clinic, now: datetime, roles: Iterable[Role], but: Membership | None = None
) -> Membership | None:
    """The first who works here at `now` in the first of `roles` that anybody holds."""
    for role in roles:
        for member in working_in(clinic, now, role):
            if but is None or member.pk != but.pk:
                return member
    return None


def somebody(clinic: Clinic, now: datetime, roles: Iterable[Role]) -> Membership | None:
    """As `first_working`, for what must not stay without an owner because a role is empty.

    Else anybody who works here and sees tasks, else whoever came here first: a task of theirs
    stands on the list of the whole clinic.
    """
    found = first_working(clinic, now, roles)
    found = found or next((m for m in working_in(clinic, now) if m.may(May.SEE_TASKS, now)), None)
    return found or staff_of(clinic).order_by("started_on", "id").first()


def may_practise(membership: Membership, now: datetime) -> bool:
    """False for somebody whose every licence has ended, or who stands on an exclusion list.

    Without any licence on file this says nothing against them: the doors ask for it by name.
    """
    checked = exclusion_check_of(membership, now)
    if checked is not None and checked.found:
        return False
    on_file = [c for c in membership.credentials.all() if c.kind == CredentialKind.LICENCE]
    zone = membership.clinic.timezone
    return not on_file or any(
        is_current(
            now=now,
            zone=zone,
            expires_on=c.expires_on,
            revoked_at=c.revoked_at,
            issued_on=c.issued_on,
        )
        for c in on_file
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """One credential as the staff page shows it: a word, its tone, and the reason."""

    row: Credential
    label: str
    word: str  # "valid" | "ends in N days" | "expired" | "ended" | "not begun"
    tone: str  # a tone of the `status` tag


def shown_credentials(rows: Iterable[Credential], clinic: Clinic, now: datetime) -> list[Shown]:
    """Credentials with what they are worth at `now`, those that need attention first."""
    order = {"stop": 0, "attention": 1, "good": 2, "quiet": 3}
    found = [_shown(row, clinic, now) for row in rows]
    return sorted(found, key=lambda s: (order[s.tone], s.label))


def _shown(row: Credential, clinic: Clinic, now: datetime) -> Shown:
    label = KNOWN_BY[CredentialKind(row.kind)]
    if row.revoked_at:
        return Shown(row, label, f"ended: {row.revoked_because}", "quiet")
    current = is_current(
        now=now, zone=clinic.timezone, expires_on=row.expires_on, issued_on=row.issued_on
    )
    if row.expires_on and now >= valid_until(row.expires_on, clinic.timezone):
        return Shown(row, label, "expired", "stop")
    if not current:
        return Shown(row, label, "not begun", "attention")
    if warning_days(row.expires_on, now, clinic.timezone) is not None and row.expires_on:
        left = (row.expires_on - clinic.day(now)).days
        word = "ends today" if left == 0 else f"ends in {left} day{'s' * (left != 1)}"
        return Shown(row, label, word, "attention")
    if row.kind in LOOKED_UP and row.verified_on is None:
        return Shown(row, label, "not looked up", "attention")
    return Shown(row, label, "valid", "good")


def exclusion_words(member: Membership, now: datetime) -> tuple[str, str]:
    """What is known of a member and the exclusion lists, as words and their tone."""
    row = exclusion_check_of(member, now)
    if row is None:
        return "never looked up", "attention"
    if row.found:
        return "found: every clinical act is stopped", "stop"
    ago = (member.clinic.day(now) - row.checked_on).days
    return f"looked up {ago} days ago", "good" if ago <= LISTS_DAYS else "attention"


def _discipline(on_file: list[Credential], now: datetime | None, zone: str) -> Discipline | None:
    licences = [c for c in on_file if c.kind == CredentialKind.LICENCE and c.discipline]
    current = [
        c
        for c in licences
        if now and is_current(now=now, zone=zone, expires_on=c.expires_on, revoked_at=c.revoked_at)
    ]
    newest = (current or licences)[-1:]
    return Discipline(newest[0].discipline) if newest else None


def _credential(row: Credential) -> facts.Credential:
    return facts.Credential(
        kind=CredentialKind(row.kind),
        state=row.state,
        expires_on=row.expires_on,
        revoked_at=row.revoked_at,
        registered_address=row.registered_address,
        schedules=tuple(row.schedules),
        number=row.number,
        subject=row.subject,
        verified_on=row.verified_on,
        is_associate=row.is_associate,
        supervisor=str(row.supervisor_id or ""),
    )


def state_of(
    clinic: Clinic, state: str
) -> tuple[tuple[facts.StateRule, ...], tuple[facts.StateDuties, ...]]:
    """What is known of one state: as shipped, then as the director recorded it; one query."""
    own = list(clinic.state_records.filter(state=state).order_by("signed_at"))
    rules = [row for row in own if row.discipline]
    duties = [row for row in own if not row.discipline]
    return _rules(state, rules), _duties(state, duties)


def _rules(state: str, own: Iterable[StateRecord]) -> tuple[facts.StateRule, ...]:
    return tuple(rule for rule in shipped()[0] if rule.state == state) + tuple(
        facts.StateRule(
            state,
            Discipline(row.discipline),
            tuple(facts.Act(act) for act in row.acts),
            row.source,
            signed_at=row.signed_at,
        )
        for row in own
    )


def _duties(state: str, own: Iterable[StateRecord]) -> tuple[facts.StateDuties, ...]:
    return tuple(duties for duties in shipped()[1] if duties.state == state) + tuple(
        facts.StateDuties(
            state,
            row.source,
            row.csr_required,
            row.pdmp_each_dose,
            row.pdmp_days_max,
            row.pdmp_delegate,
            signed_at=row.signed_at,
        )
        for row in own
    )
