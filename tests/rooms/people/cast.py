"""The cast of the tests: a clinic, its staff and its people, made by the real actions.

Nobody here is real. Everybody's password is PASSWORD.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.test import Client

from holdspace.core.facts import CredentialKind, Discipline, Role
from holdspace.people import actions
from holdspace.people.models import Clinic, Membership, Patient, RoleGrant, Site, User
from holdspace.records.keys import new_key

PASSWORD = "a quiet room with a view"
NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)  # a Monday, 09:00 in Denver
ADDRESS = "12 Juniper Street, Denver, CO 80203"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
_numbers = count(1)


@dataclass(frozen=True)
class Cast:
    """A clinic with the two managers that every two-person act needs."""

    clinic: Clinic
    site: Site
    director: Membership
    administrator: Membership


def clinic_at(now: datetime = NOW, *, is_demo: bool = True, name: str = "Juniper House") -> Cast:
    """A founded clinic: the director (also a prescriber) and an administrator have joined."""
    founding = actions.found_clinic(
        name=name,
        timezone="America/Denver",
        site_name="Main",
        site_address=ADDRESS,
        state="CO",
        director_name="Amara Osei",
        director_email=_email("director"),
        director_title="MD",
        director_prescribes=True,
        dea_registered_address=ADDRESS,
        is_demo=is_demo,
        now=now,
    )
    actions.accept_invitation(token=founding.token, password=PASSWORD, now=now)
    director = fresh(founding.director)
    invited, token = actions.invite(
        by=director,
        email=_email("admin"),
        name="Ida Brandt",
        roles=[Role.ADMINISTRATOR],
        now=now,
    )
    actions.accept_invitation(token=token, password=PASSWORD, now=now)
    return Cast(founding.clinic, founding.site, director, fresh(invited))


def member(
    cast: Cast,
    *roles: Role,
    now: datetime = NOW,
    name: str = "Noor Haddad",
    title: str = "",
) -> Membership:
    """Somebody who was invited, granted their roles by two people, and has joined."""
    invited, token = actions.invite(
        by=cast.administrator,
        email=_email("staff"),
        name=name,
        title=title,
        roles=list(roles),
        now=now,
    )
    for grant in RoleGrant.objects.filter(membership=invited):
        if grant.is_waiting:
            signature = actions.sign(
                by=cast.director, password=PASSWORD, meaning="I grant this role.", now=now
            )
            actions.second_grant(grant=grant, by=cast.director, signature=signature, now=now)
    actions.accept_invitation(token=token, password=PASSWORD, now=now)
    return fresh(invited)


def licensed(
    cast: Cast, who: Membership, discipline: Discipline, *, now: datetime = NOW, dea: bool = False
) -> Membership:
    """The same member with a year's worth of credentials on file."""
    by = cast.administrator
    year = (now + timedelta(days=365)).date()
    looked_up = {"verified_on": cast.clinic.day(now), "verification_source": "the board's page"}
    common: dict[str, Any] = {"membership": who, "by": by, "now": now, "expires_on": year}
    actions.add_credential(
        **common,
        kind=CredentialKind.LICENCE,
        number=f"CO-{next(_numbers):05d}",
        state="CO",
        discipline=discipline.value,
        issued_on=date(2020, 1, 1),
        **looked_up,
    )
    for kind in (CredentialKind.BLS, CredentialKind.ACLS, CredentialKind.KAP_TRAINING):
        actions.add_credential(**common, kind=kind)
    if dea:
        actions.add_credential(
            **common,
            kind=CredentialKind.DEA,
            number="AB1234563",
            state="CO",
            registered_address=ADDRESS,
            schedules=["II", "III", "IV", "V"],
            subject="Barlow",  # the registrant's name, which the number's second letter fits
            **looked_up,
        )
    if not who.exclusion_checks.exists():
        actions.check_exclusion(
            membership=who, on=cast.clinic.day(now), found=False, by=by, now=now
        )
    return fresh(who)


def person(cast: Cast, *, now: datetime = NOW, **details: Any) -> Patient:
    """Somebody who asks for treatment; give `details` to make them somebody else."""
    given = {
        "name": "Robin Vale",
        "birth_date": date(1984, 3, 9),
        "phone": "303 555 0142",
        "address": "4 Aspen Court, Denver, CO 80204",
        "state": "CO",
    }
    return actions.enter_person(clinic=cast.clinic, by=None, now=now, **{**given, **details})


def fresh(who: Membership) -> Membership:
    """The membership as the next request would load it."""
    return Membership.objects.select_related("user", "clinic").get(pk=who.pk)


def signed_in(who: Membership) -> Client:
    """A browser in which this member has signed in."""
    client = Client()
    client.force_login(User.objects.get(pk=who.user_id), BACKEND)
    session = client.session
    session["clinic"] = str(who.clinic_id)
    session.save()
    return client


def stranger(now: datetime = NOW) -> Membership:
    """A member without any role, in a clinic of their own."""
    clinic = Clinic.objects.create(
        id=new_key(now), name="Elsewhere", timezone="America/Denver", created_at=now, is_demo=True
    )
    user = User.objects.create(id=new_key(now), email=_email("stranger"), name="Stranger")
    return Membership.objects.create(
        id=new_key(now), clinic=clinic, user=user, started_on=clinic.day(now)
    )


def _email(word: str) -> str:
    return f"{word}-{uuid4().hex[:10]}@example.org"
