"""Roles are granted by people and end at once; credentials are entered by somebody else."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from holdspace.core.credentials import dea_name_problem, dea_problem, npi_problem
from holdspace.core.facts import CredentialKind, Role
from holdspace.people.access import GRANTS, ROLE_WORDS, TWO_PERSON_ROLES, May
from holdspace.people.actions.common import (
    end_sign_ins,
    must,
    must_be_signed,
    note,
    same_clinic,
)
from holdspace.people.models import Credential, Membership, RoleGrant, User
from holdspace.people.signing import Refused, Signature
from holdspace.people.states import STATES
from holdspace.records.keys import new_key

NEEDS_STATE = {CredentialKind.LICENCE, CredentialKind.DEA, CredentialKind.STATE_CSR}
NEEDS_EXPIRY = NEEDS_STATE | {
    CredentialKind.ACLS,
    CredentialKind.BLS,
    CredentialKind.PRIVILEGE,
    CredentialKind.SUPERVISION,
}
NEEDS_SUBJECT = {CredentialKind.PRIVILEGE, CredentialKind.SPECIALTY}
CREDENTIAL_FIELDS = frozenset(
    {
        "number",
        "state",
        "discipline",
        "subject",
        "issued_on",
        "expires_on",
        "registered_address",
        "schedules",
        "verified_on",
        "verification_source",
        "is_associate",
        "supervisor",
    }
)


def grant_role(
    *,
    membership: Membership,
    role: Role,
    by: Membership,
    now: datetime,
    second_by: Membership | None = None,
) -> RoleGrant:
    """Give a role. Clinical and register roles wait for `second_grant`, unless a second is here.

    Refused: to oneself, without the right, across clinics, for a role already held or waiting.
    """
    for granter in (by, *([second_by] if second_by else [])):
        _may_grant(granter, membership, now)
    if second_by and second_by.pk == by.pk:
        raise Refused("The second person must be somebody else.", "second_email")
    two = role in TWO_PERSON_ROLES
    with transaction.atomic():
        Membership.objects.select_for_update().get(pk=membership.pk)
        if RoleGrant.objects.filter(membership=membership, role=role, ended_at=None).exists():
            raise Refused(f"{membership.name} already has this role, or it is waiting.", "role")
        grant = RoleGrant.objects.create(
            id=new_key(now),
            clinic_id=membership.clinic_id,
            membership=membership,
            role=role,
            basis=RoleGrant.Basis.TWO if two else RoleGrant.Basis.ONE,
            granted_by=by,
            granted_at=now,
            second_granted_by=second_by if two else None,
            second_granted_at=now if two and second_by else None,
        )
        act = "role.asked" if grant.is_waiting else "role.granted"
        second = str(second_by.pk) if second_by else ""
        note(act, grant, by=by, now=now, role=role.value, to=str(membership.pk), second=second)
    return grant


def second_grant(
    *, grant: RoleGrant, by: Membership, signature: Signature, now: datetime
) -> RoleGrant:
    """The second person's yes to a clinical or register role; in force from this moment."""
    must_be_signed(signature, by, now)
    with transaction.atomic():
        grant = RoleGrant.objects.select_for_update().get(pk=grant.pk)
        _may_grant(by, grant.membership, now)
        if not grant.is_waiting:
            raise Refused("This role is not waiting for a second person.")
        if grant.granted_by_id == by.pk:
            raise Refused("The second person must be somebody else than the first.")
        grant.second_granted_by, grant.second_granted_at = by, now
        grant.save(update_fields=["second_granted_by", "second_granted_at"])
        note("role.granted", grant, by=by, now=now, role=grant.role, to=str(grant.membership_id))
    return grant


def end_role(*, grant: RoleGrant, by: Membership, now: datetime) -> RoleGrant:
    """End a role at once; the person's open sign-ins end with it. One person is enough."""
    must(by, May.MANAGE_STAFF, now)
    same_clinic(by, grant)
    with transaction.atomic():
        grant = RoleGrant.objects.select_for_update().get(pk=grant.pk)
        if grant.ended_at is not None:
            raise Refused("This role has ended already.")
        _keep_a_manager(grant.membership, [Role(grant.role)], now)
        grant.ended_at, grant.ended_by = now, by
        grant.save(update_fields=["ended_at", "ended_by"])
        end_sign_ins(grant.membership.user)
        note("role.ended", grant, by=by, now=now, role=grant.role, of=str(grant.membership_id))
    return grant


def end_membership(*, membership: Membership, by: Membership, now: datetime) -> Membership:
    """Somebody's work here ends now: every role, every open sign-in, every unused link."""
    must(by, May.MANAGE_STAFF, now)
    same_clinic(by, membership)
    if membership.pk == by.pk:
        raise Refused("Somebody else ends your work here.")
    with transaction.atomic():
        membership = Membership.objects.select_for_update().get(pk=membership.pk)
        if membership.ended_at is not None:
            raise Refused("This membership has ended already.")
        _keep_a_manager(membership, list(membership.roles_at(now)), now)
        membership.grants.filter(ended_at=None).update(ended_at=now, ended_by=by)
        membership.invitations.filter(used_at=None, cancelled_at=None).update(cancelled_at=now)
        membership.ended_at, membership.ended_by = now, by
        membership.save(update_fields=["ended_at", "ended_by"])
        others = Membership.objects.filter(user=membership.user, ended_at=None)
        if not others.exists():
            User.objects.filter(pk=membership.user_id).update(is_active=False)
        end_sign_ins(membership.user)
        note("member.ended", membership, by=by, now=now)
    return membership


def add_credential(
    *,
    membership: Membership,
    kind: CredentialKind,
    by: Membership,
    now: datetime,
    signature: Signature | None = None,
    **fields: Any,
) -> Credential:
    """Put a licence, registration, training or privilege on file (fields: CREDENTIAL_FIELDS).

    A DEA number's check digits and an NPI's are tested: that finds typing errors, it proves
    nothing. A privilege is signed by the medical director. Nobody enters their own.
    """
    _may_enter_credential(membership, kind, by, now)
    if kind is CredentialKind.PRIVILEGE:
        if signature is None:
            raise Refused("A privilege is signed: type your password.", "password")
        must_be_signed(signature, by, now)
    _check_credential(kind, fields, by.clinic.day(now))
    _check_supervisor(kind, membership, fields)
    _check_dea_name(kind, membership, fields)
    with transaction.atomic():
        credential = Credential.objects.create(
            id=new_key(now),
            clinic_id=by.clinic_id,
            membership=membership,
            kind=kind,
            added_at=now,
            verified_by=by if fields.get("verified_on") else None,
            **fields,
        )
        note("credential.added", credential, by=by, now=now, kind=kind.value, of=str(membership.pk))
    return credential


def revoke_credential(
    *, credential: Credential, by: Membership, now: datetime, because: str
) -> Credential:
    """A credential that no longer holds stops counting at once; it stays readable."""
    must(by, May.MANAGE_STAFF, now)
    same_clinic(by, credential)
    if not because.strip():
        raise Refused("Say why, for example “suspended by the board”.", "because")
    with transaction.atomic():
        credential = Credential.objects.select_for_update().get(pk=credential.pk)
        if credential.revoked_at is not None:
            raise Refused("It was ended already.")
        credential.revoked_at, credential.revoked_because = now, because.strip()
        credential.save(update_fields=["revoked_at", "revoked_because"])
        note("credential.revoked", credential, by=by, now=now, kind=credential.kind)
    return credential


def _may_grant(granter: Membership, membership: Membership, now: datetime) -> None:
    must(granter, May.MANAGE_STAFF, now)
    same_clinic(granter, membership)
    if granter.pk == membership.pk:
        raise Refused("Nobody grants a role to themselves.")
    if membership.ended_at is not None:
        raise Refused(f"{membership.name} no longer works here.")


def _keep_a_manager(membership: Membership, ending: list[Role], now: datetime) -> None:
    """A clinic where nobody may manage staff could never be mended from inside."""
    managing = {role for role in Role if May.MANAGE_STAFF in GRANTS[role]}
    if not managing & set(ending):
        return
    grants = RoleGrant.objects.filter(clinic_id=membership.clinic_id, role__in=managing)
    grants = grants.filter(membership__started_on__isnull=False, ended_at=None)
    left = [
        g
        for g in grants
        if g.in_force(now) and (g.membership_id != membership.pk or Role(g.role) not in ending)
    ]
    if not left:
        names = " or ".join(ROLE_WORDS[r].lower() for r in Role if r in managing)
        raise Refused(f"The clinic needs one {names}: grant that to somebody else first.")


def _may_enter_credential(
    membership: Membership, kind: CredentialKind, by: Membership, now: datetime
) -> None:
    same_clinic(by, membership)
    if membership.pk == by.pk:
        raise Refused("Somebody else enters your credentials.")
    own_director = Role.MEDICAL_DIRECTOR in membership.roles_at(now)
    wanted = kind is CredentialKind.PRIVILEGE and not own_director
    must(by, May.SIGN_PRIVILEGE if wanted else May.MANAGE_STAFF, now)


def _check_supervisor(kind: CredentialKind, membership: Membership, fields: dict[str, Any]) -> None:
    """A supervision names somebody else who works here and has an end."""
    if kind is not CredentialKind.SUPERVISION:
        return
    supervisor = fields.get("supervisor")
    if supervisor is None or supervisor.clinic_id != membership.clinic_id:
        raise Refused("Who supervises: a colleague of this clinic.", "supervisor")
    if supervisor.pk == membership.pk:
        raise Refused("Nobody supervises themselves.", "supervisor")


def _check_dea_name(kind: CredentialKind, membership: Membership, fields: dict[str, Any]) -> None:
    """The second letter is the registrant's initial; a name that has changed is written down."""
    if kind is not CredentialKind.DEA:
        return
    registered = str(fields.get("subject", "")).strip() or membership.user.name
    if problem := dea_name_problem(str(fields["number"]), registered):
        raise Refused(problem, "number")


def _check_credential(kind: CredentialKind, fields: dict[str, Any], today: date) -> None:
    unknown = sorted(set(fields) - CREDENTIAL_FIELDS)
    if unknown:
        raise Refused(f"{unknown[0]} is not a field of a credential.", unknown[0])
    if kind in NEEDS_STATE and fields.get("state") not in STATES:
        raise Refused("A two-letter US state, for example CO.", "state")
    if kind is CredentialKind.LICENCE and not fields.get("discipline"):
        raise Refused("Which profession is licensed, for example RN.", "discipline")
    if kind in NEEDS_STATE | {CredentialKind.NPI} and not str(fields.get("number", "")).strip():
        raise Refused("The number as printed.", "number")
    if kind in NEEDS_SUBJECT and not str(fields.get("subject", "")).strip():
        raise Refused("Which privilege or specialty, for example “IM ketamine”.", "subject")
    if kind in NEEDS_EXPIRY and not fields.get("expires_on"):
        raise Refused("The last day printed on it.", "expires_on")
    if fields.get("verified_on") and fields["verified_on"] > today:
        raise Refused("A day that has come.", "verified_on")
    if kind is CredentialKind.DEA:
        if problem := dea_problem(str(fields["number"])):
            raise Refused(problem, "number")
        if not str(fields.get("registered_address", "")).strip():
            raise Refused("The address printed on the registration.", "registered_address")
    if kind is CredentialKind.NPI and (problem := npi_problem(str(fields["number"]))):
        raise Refused(problem, "number")
