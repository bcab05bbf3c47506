"""A clinic begins with a place, a director and one link that works once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from holdspace.core.facts import Role
from holdspace.core.neutral import gives_away
from holdspace.people.access import May
from holdspace.people.actions.common import must, new_token, note, token_digest
from holdspace.people.models import Clinic, Invitation, Membership, RoleGrant, Site, User
from holdspace.people.signing import Refused
from holdspace.people.states import STATES
from holdspace.records.actions import append
from holdspace.records.chain import stream_name
from holdspace.records.keys import new_key

FIRST_LINK_HOURS = 72
CLINIC_FIELDS = frozenset(
    {"name", "phone", "email", "crisis_lines", "emergency_phone", "emergency_address"}
    | {"sender_name", "quiet_from", "quiet_until"}
)


@dataclass(frozen=True, slots=True)
class Founding:
    """What `found_clinic` made; `token` opens /people/join/TOKEN/ once and is kept nowhere."""

    clinic: Clinic
    site: Site
    director: Membership
    token: str


def found_clinic(
    *,
    name: str,
    timezone: str,
    site_name: str,
    site_address: str,
    state: str,
    director_name: str,
    director_email: str,
    now: datetime,
    by: None = None,
    director_title: str = "",
    director_prescribes: bool = False,
    dea_registered_address: str = "",
    phone: str = "",
    is_demo: bool = False,
) -> Founding:
    """Make a clinic with its first site and director, whose roles are recorded as founding.

    Refused (field named) for an unknown time zone or state, an empty name, or a bad e-mail.
    """
    _check(name, timezone, site_name, site_address, state, director_name, director_email)
    with transaction.atomic():
        clinic = Clinic.objects.create(
            id=new_key(now),
            name=name.strip(),
            timezone=timezone,
            phone=phone,
            emergency_address=site_address,
            is_demo=is_demo,
            created_at=now,
        )
        site = _site(clinic, site_name, site_address, state, dea_registered_address, now)
        director = _director(
            clinic, director_name, director_email, director_title, director_prescribes, now
        )
        stream = stream_name("clinic", clinic.pk)
        body = {"director": str(director.pk), "prescribes": director_prescribes}
        append(
            stream=stream, act="clinic.founded", by=None, now=now, clinic_id=clinic.pk, body=body
        )
        token = new_link(director, Invitation.Purpose.FIRST, None, now, FIRST_LINK_HOURS)
    return Founding(clinic, site, director, token)


def add_site(
    *, by: Membership, now: datetime, name: str, address: str, state: str, registered: str = ""
) -> Site:
    """Open another address of the clinic."""
    must(by, May.MANAGE_SITE, now)
    if not name.strip() or not address.strip():
        raise Refused("A site needs a name and its full address.", "name")
    if state not in STATES:
        raise Refused("A two-letter US state, for example CO.", "state")
    with transaction.atomic():
        if Site.objects.filter(clinic=by.clinic, name=name.strip()).exists():
            raise Refused("The clinic already has a site of this name.", "name")
        site = _site(by.clinic, name, address, state, registered, now)
        note("site.added", site, by=by, now=now)
    return site


def change_clinic(*, by: Membership, now: datetime, **fields: Any) -> Clinic:
    """Change the clinic's own details (CLINIC_FIELDS); what changed is chained by name."""
    must(by, May.MANAGE_SITE, now)
    unknown = set(fields) - CLINIC_FIELDS
    if unknown:
        raise Refused(f"{sorted(unknown)[0]} is not a detail of a clinic.", sorted(unknown)[0])
    if word := gives_away(fields.get("sender_name", "")):
        problem = f"“{word}” tells a stranger what the message is about. Write a neutral name."
        raise Refused(problem, "sender_name")
    with transaction.atomic():
        clinic = Clinic.objects.select_for_update(no_key=True).get(pk=by.clinic_id)
        changed = [k for k, v in fields.items() if getattr(clinic, k) != v]
        for key in changed:
            setattr(clinic, key, fields[key])
        if changed:
            clinic.save(update_fields=changed)
            stream = stream_name("clinic", clinic.pk)
            body = {"fields": sorted(changed)}
            append(
                stream=stream, act="clinic.changed", by=by, now=now, clinic_id=clinic.pk, body=body
            )
    return clinic


def new_account(email: str, name: str, now: datetime) -> User:
    """An account that cannot sign in until its owner has used their link."""
    user = User(id=new_key(now), email=email.strip().lower(), name=name.strip(), created_at=now)
    user.set_unusable_password()
    user.save(force_insert=True)
    return user


def new_link(
    member: Membership, purpose: str, made_by: Membership | None, now: datetime, hours: int
) -> str:
    """A single-use link for a membership; earlier unused ones stop working. Returns the token."""
    Invitation.objects.filter(membership=member, used_at=None, cancelled_at=None).update(
        cancelled_at=now
    )
    token = new_token()
    Invitation.objects.create(
        id=new_key(now),
        clinic_id=member.clinic_id,
        membership=member,
        purpose=purpose,
        token_digest=token_digest(token),
        made_by=made_by,
        made_at=now,
        expires_at=now + timedelta(hours=hours),
    )
    return token


def _director(
    clinic: Clinic, name: str, email: str, title: str, prescribes: bool, now: datetime
) -> Membership:
    """The first member, whose roles nobody could have granted."""
    user = User.objects.filter(email__iexact=email.strip()).first()
    user = user or new_account(email, name, now)
    director = Membership.objects.create(id=new_key(now), clinic=clinic, user=user, title=title)
    for role in [Role.MEDICAL_DIRECTOR] + [Role.PRESCRIBER] * prescribes:
        RoleGrant.objects.create(
            id=new_key(now),
            clinic=clinic,
            membership=director,
            role=role,
            basis=RoleGrant.Basis.FOUNDING,
            granted_at=now,
        )
    return director


def _site(
    clinic: Clinic, name: str, address: str, state: str, registered: str, now: datetime
) -> Site:
    return Site.objects.create(
        id=new_key(now),
        clinic=clinic,
        name=name.strip(),
        address=address.strip(),
        state=state,
        dea_registered_address=registered.strip(),
    )


def _check(
    name: str,
    timezone: str,
    site_name: str,
    site_address: str,
    state: str,
    director_name: str,
    director_email: str,
) -> None:
    for field, value in {
        "name": name,
        "site_name": site_name,
        "site_address": site_address,
        "director_name": director_name,
    }.items():
        if not value.strip():
            raise Refused("This is needed.", field)
    if timezone not in available_timezones():
        raise Refused("A time zone such as America/Denver.", "timezone")
    if state not in STATES:
        raise Refused("A two-letter US state, for example CO.", "state")
    try:
        validate_email(director_email.strip())
    except ValidationError as error:
        raise Refused("An e-mail address such as name@clinic.org.", "director_email") from error
