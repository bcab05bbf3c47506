"""Signing, joining, and starting again after a lost factor.

`sign` and `second_person` belong outside a transaction: a rollback would forget a wrong guess.
"""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest

from holdspace.core.facts import Role
from holdspace.people.access import WORDS, May
from holdspace.people.actions.clinic import new_account, new_link
from holdspace.people.actions.common import (
    end_sign_ins,
    must,
    must_be_signed,
    note,
    same_clinic,
    token_digest,
)
from holdspace.people.actions.staff import grant_role
from holdspace.people.lockout import LOCK_MINUTES
from holdspace.people.models import FactorRecovery, Invitation, Membership, User
from holdspace.people.signing import Refused, Signature, SignatureRefused
from holdspace.records.keys import new_key

INVITATION_HOURS = 7 * 24
RECOVERY_HOURS = 24


def sign(
    *,
    by: Membership,
    password: str,
    meaning: str,
    now: datetime,
    request: HttpRequest | None = None,
) -> Signature:
    """The member's own password, typed again for one meaning.

    Raises SignatureRefused("password", ...). Wrong guesses count towards the same lock-out as
    sign-in, and are said beside the field so that the rest of the form stays.
    """
    _recognise(by.user.email, password, request, field="password", whose=f"{by.name}’s")
    if not by.is_active:
        raise SignatureRefused("password", f"{by.name} no longer works here.")
    return Signature(by.pk, by.user_id, by.signed_name, now, meaning)


def second_person(
    *,
    first: Membership,
    email: str,
    password: str,
    meaning: str,
    now: datetime,
    may: May | None = None,
    request: HttpRequest | None = None,
) -> tuple[Membership, Signature]:
    """Another member of the same clinic, recognised by their own password, for a two-person act.

    Raises SignatureRefused on "second_email" (the same person, nobody here, without the right
    `may`) or "second_password".
    """
    if email.strip().casefold() == first.user.email.casefold():
        raise SignatureRefused("second_email", "The second person must be somebody else.")
    user = _recognise(email, password, request, field="second_password", whose="this person’s")
    second = (
        Membership.objects.select_related("user", "clinic")
        .prefetch_related("grants")
        .filter(clinic_id=first.clinic_id, user=user, ended_at=None, started_on__isnull=False)
        .first()
    )
    if second is None or second.pk == first.pk:
        raise SignatureRefused("second_email", "Somebody else who works in this clinic today.")
    if may is not None and not second.may(may, now):
        raise SignatureRefused("second_email", f"{second.name} may not {WORDS[may]}.")
    return second, Signature(second.pk, user.pk, second.signed_name, now, meaning)


def invite(
    *,
    by: Membership,
    email: str,
    name: str,
    roles: list[Role],
    now: datetime,
    title: str = "",
) -> tuple[Membership, str]:
    """Ask somebody to join, with the roles they would have; returns (membership, token).

    Clinical and register roles wait for a second person. The link is shown once, to `by`.
    """
    must(by, May.MANAGE_STAFF, now)
    try:
        validate_email(email.strip())
    except ValidationError as error:
        raise Refused("An e-mail address such as name@clinic.org.", "email") from error
    if not name.strip():
        raise Refused("The name as it shall stand under signatures.", "name")
    if not roles:
        raise Refused("At least one role.", "roles")
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email__iexact=email.strip()).first()
        user = user or new_account(email, name, now)
        if Membership.objects.filter(clinic=by.clinic, user=user, ended_at=None).exists():
            raise Refused("This person already works here or is already invited.", "email")
        member = Membership.objects.create(
            id=new_key(now), clinic=by.clinic, user=user, title=title.strip()
        )
        for role in roles:
            grant_role(membership=member, role=role, by=by, now=now)
        token = new_link(member, Invitation.Purpose.JOIN, by, now, INVITATION_HOURS)
        note("member.invited", member, by=by, now=now)
    return member, token


def cancel_invitation(*, invitation: Invitation, by: Membership, now: datetime) -> None:
    """The link stops working."""
    must(by, May.MANAGE_STAFF, now)
    same_clinic(by, invitation)
    with transaction.atomic():
        open_ones = Invitation.objects.filter(pk=invitation.pk, used_at=None, cancelled_at=None)
        if open_ones.update(cancelled_at=now) != 1:
            raise Refused("This link was used or cancelled already.")
        note("invitation.cancelled", invitation, by=by, now=now)


def accept_invitation(
    *, token: str, password: str, now: datetime, request: HttpRequest | None = None, by: None = None
) -> Membership:
    """Use a single-use link: a new account sets its password, an old one types the one it has."""
    found = Invitation.objects.select_related("membership__user").filter(
        token_digest=token_digest(token)
    )
    invitation = found.first()
    if invitation is None or not invitation.is_open(now):
        raise Refused("This link was used, cancelled or has run out. Ask for a new one.")
    user = invitation.membership.user
    keeps_password = (
        invitation.purpose != Invitation.Purpose.RECOVERY and user.has_usable_password()
    )
    if keeps_password:
        _recognise(user.email, password, request, field="password", whose="your present")
    else:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise Refused(" ".join(error.messages), "password") from error
    return _join(invitation, "" if keeps_password else password, now)


def request_recovery(
    *, membership: Membership, by: Membership, reason: str, now: datetime
) -> FactorRecovery:
    """The first of two people says that somebody has lost their phone, key or password."""
    must(by, May.MANAGE_STAFF, now)
    same_clinic(by, membership)
    if membership.pk == by.pk:
        raise Refused("Somebody else asks for you.")
    if not reason.strip():
        raise Refused("How you know it is them, for example “came in person”.", "reason")
    _only_here(membership)
    with transaction.atomic():
        Membership.objects.select_for_update().get(pk=membership.pk)
        waiting = FactorRecovery.objects.filter(membership=membership, done_at=None)
        if waiting.filter(refused_at=None).exists():
            raise Refused("A recovery for this person is already waiting.")
        recovery = FactorRecovery.objects.create(
            id=new_key(now),
            clinic_id=by.clinic_id,
            membership=membership,
            reason=reason.strip(),
            requested_by=by,
            requested_at=now,
        )
        note("recovery.asked", recovery, by=by, now=now, of=str(membership.pk))
    return recovery


def approve_recovery(
    *, recovery: FactorRecovery, by: Membership, signature: Signature, now: datetime
) -> str:
    """The second of two people: factors and password are cleared, every sign-in ends.

    Returns the token of a new single-use link, which the approver hands over in person.
    """
    must(by, May.MANAGE_STAFF, now)
    must_be_signed(signature, by, now)
    same_clinic(by, recovery)
    with transaction.atomic():
        recovery = FactorRecovery.objects.select_for_update().get(pk=recovery.pk)
        if recovery.done_at or recovery.refused_at:
            raise Refused("This recovery is not waiting any more.")
        if by.pk in (recovery.requested_by_id, recovery.membership_id):
            raise Refused("The second person must be somebody else.")
        member = recovery.membership
        if member.ended_at is not None:
            raise Refused(f"{member.name} no longer works here.")
        _only_here(member)
        Authenticator.objects.filter(user=member.user).delete()
        member.user.set_unusable_password()
        member.user.save(update_fields=["password"])
        end_sign_ins(member.user)
        recovery.approved_by, recovery.done_at = by, now
        recovery.save(update_fields=["approved_by", "done_at"])
        note("recovery.done", recovery, by=by, now=now, of=str(member.pk))
        return new_link(member, Invitation.Purpose.RECOVERY, by, now, RECOVERY_HOURS)


def refuse_recovery(*, recovery: FactorRecovery, by: Membership, now: datetime) -> None:
    """A recovery that should not happen; anyone who could approve it may stop it."""
    must(by, May.MANAGE_STAFF, now)
    same_clinic(by, recovery)
    with transaction.atomic():
        waiting = FactorRecovery.objects.filter(pk=recovery.pk, done_at=None, refused_at=None)
        if waiting.update(refused_at=now) != 1:
            raise Refused("This recovery is not waiting any more.")
        note("recovery.refused", recovery, by=by, now=now, of=str(recovery.membership_id))


def _join(invitation: Invitation, new_password: str, now: datetime) -> Membership:
    with transaction.atomic():
        held = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if not held.is_open(now):
            raise Refused("This link was used, cancelled or has run out. Ask for a new one.")
        member = Membership.objects.select_for_update().get(pk=held.membership_id)
        user = member.user
        if new_password:
            user.set_password(new_password)
        user.is_active = True
        user.save(update_fields=["password", "is_active"])
        # The link went to this address, so it need not be proved a second time.
        EmailAddress.objects.update_or_create(
            user=user, email=user.email, defaults={"verified": True, "primary": True}
        )
        if member.started_on is None:
            member.started_on = member.clinic.day(now)
            member.save(update_fields=["started_on"])
        held.used_at = now
        held.save(update_fields=["used_at"])
        note("member.joined", member, by=member, now=now, purpose=held.purpose)
    return member


def _only_here(member: Membership) -> None:
    """Two people of one clinic must not be able to open an account of another clinic."""
    elsewhere = Membership.objects.filter(user=member.user, ended_at=None)
    if elsewhere.exclude(clinic_id=member.clinic_id).exists():
        raise Refused(
            "This account is also used in another clinic, so it can't be reset here: they may use"
            " a recovery code, or be invited again under another e-mail address."
        )


def _recognise(
    email: str, password: str, request: HttpRequest | None, *, field: str, whose: str
) -> User:
    """The account that a password opens; wrong guesses are counted by the lock-out."""
    probe = HttpRequest()
    probe.META = {"REMOTE_ADDR": "127.0.0.1"}
    if request is not None:
        probe.META = {
            key: request.META[key]
            for key in ("REMOTE_ADDR", "HTTP_USER_AGENT", "PATH_INFO")
            if key in request.META
        }
    if not password:
        raise SignatureRefused(field, "Type the password to sign.")
    user = authenticate(probe, email=email.strip(), password=password)
    if getattr(probe, "axes_locked_out", False):
        raise SignatureRefused(
            field,
            f"Too many wrong tries: locked for {LOCK_MINUTES} minutes. Nothing you typed is lost;"
            " another person can sign meanwhile.",
        )
    if not isinstance(user, User):
        raise SignatureRefused(field, f"That is not {whose} password. Type it again.")
    return user
