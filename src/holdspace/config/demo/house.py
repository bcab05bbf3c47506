"""Before anybody is treated: the clinic is founded, staffed, licensed, stocked and signed for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from holdspace.care import actions as care
from holdspace.care.models import ProtocolVersion
from holdspace.care.shipped import protocol_text
from holdspace.comfort import actions as comfort
from holdspace.config.demo.ambient import LICENCE, MAKER, PIECES, made
from holdspace.config.demo.people import (
    ADDRESS,
    ADMINISTRATOR,
    CLINIC,
    DIRECTOR,
    PASSWORD,
    STAFF,
    Worker,
)
from holdspace.core.facts import CredentialKind
from holdspace.people import actions as people
from holdspace.people.models import Clinic, Membership, Site
from holdspace.people.signing import Signature
from holdspace.people.staff import staff_of
from holdspace.pharmacy import actions as pharmacy
from holdspace.schedule import actions as schedule
from holdspace.schedule.models import Room

ROOMS = ("Juniper", "Aspen", "Larch")
SCHEDULES = ["II", "IIN", "III", "IIIN", "IV", "V"]
DELIVERIES = (
    ("42023-114-10", "KJ5081", 10, "INV-20417"),  # 50 mg/mL, 10 mL
    ("42023-115-10", "KJ9034", 2, "INV-20418"),  # 100 mg/mL, 5 mL
)


@dataclass(frozen=True, slots=True)
class House:
    """The clinic as the stories find it; staff by the word before the @ of their e-mail."""

    clinic: Clinic
    site: Site
    staff: dict[str, Membership]
    rooms: dict[str, Room]
    protocol: ProtocolVersion


def sign(by: Membership, meaning: str, now: datetime) -> Signature:
    """What the pages make of a password typed again.

    The play makes the value itself: typing some hundred passwords would spend most of its time in
    argon2, which is slow on purpose. Every action still asks whose signature it is and how old.
    """
    return Signature(by.pk, by.user_id, by.signed_name, now, meaning)


def found(now: datetime, *, began: datetime) -> House:
    """Open the clinic at `began`; credentials are made out so that they hold at `now`."""
    founding = people.found_clinic(
        name=CLINIC,
        timezone="America/Denver",
        site_name="Juniper Lane",
        site_address=ADDRESS,
        state="CO",
        director_name=DIRECTOR.name,
        director_email=DIRECTOR.email,
        director_title=DIRECTOR.title,
        dea_registered_address=ADDRESS,
        phone="303 555 0100",
        is_demo=True,
        now=began,
    )
    director = people.accept_invitation(token=founding.token, password=PASSWORD, now=began)
    administrator = _join(ADMINISTRATOR, director, director, began)
    for worker in STAFF:
        _join(worker, administrator, director, began)
    staff = _staff(founding.clinic)
    for worker in (DIRECTOR, *STAFF):
        # nobody enters their own: the administrator keeps them all
        _license(worker, staff[worker.key], staff["administrator"], now, began)
    rooms = {
        name: schedule.add_room(site=founding.site, name=name, by=staff["administrator"], now=began)
        for name in ROOMS
    }
    house = House(
        founding.clinic, founding.site, _staff(founding.clinic), rooms, _protocol(staff, began)
    )
    _stock(house, began, now)
    _music(house, began)
    _on_call(house, began, now)
    return house


def _join(worker: Worker, by: Membership, second: Membership, now: datetime) -> Membership:
    """Invited by one manager, granted by the other where a role needs two, and joined."""
    member, token = people.invite(
        by=by, email=worker.email, name=worker.name, title=worker.title, now=now,
        roles=list(worker.roles),
    )  # fmt: skip
    for grant in member.grants.all():
        if grant.is_waiting:
            signature = sign(second, "This member of staff holds this role.", now)
            people.second_grant(grant=grant, by=second, signature=signature, now=now)
    return people.accept_invitation(token=token, password=PASSWORD, now=now)


def _license(
    worker: Worker, member: Membership, by: Membership, now: datetime, began: datetime
) -> None:
    if worker.discipline is None:
        return
    today = now.date()
    year = today + timedelta(days=400)

    def add(kind: CredentialKind, expires_on: date, **fields: Any) -> None:
        people.add_credential(
            membership=member, kind=kind, by=by, now=began, expires_on=expires_on, **fields
        )

    add(
        CredentialKind.LICENCE, today + timedelta(days=worker.licence_days), state="CO",
        number=worker.licence, discipline=worker.discipline.value, issued_on=date(2015, 1, 1),
        verified_on=began.date() - timedelta(days=1), verification_source="the board's own page",
    )  # fmt: skip
    on = began.date() - timedelta(days=1)
    for kind in (CredentialKind.BLS, CredentialKind.ACLS, CredentialKind.KAP_TRAINING):
        add(kind, year)
    if worker.dea:
        add(
            CredentialKind.DEA, year, number=worker.dea, state="CO", schedules=SCHEDULES,
            registered_address=ADDRESS, verified_on=on, verification_source="the DEA's own page",
        )  # fmt: skip
    day = began
    while day <= now:  # the exclusion lists, month by month
        people.check_exclusion(
            membership=member, on=member.clinic.day(day), found=False, by=by, now=day
        )
        day += timedelta(days=28)


def _staff(clinic: Clinic) -> dict[str, Membership]:
    """Everybody with their grants and credentials, read once."""
    return {m.user.email.partition("@")[0]: m for m in staff_of(clinic)}


def _protocol(staff: dict[str, Membership], now: datetime) -> ProtocolVersion:
    director = staff["director"]
    version = care.adopt_protocol(
        clinic=director.clinic, text=protocol_text("kap-clinic"), by=director, now=now
    )
    signature = sign(director, "As medical director I put this version in force, whole.", now)
    care.sign_protocol(protocol=version, signature=signature, by=director, now=now)
    return version


def _on_call(house: House, began: datetime, now: datetime) -> None:
    """Somebody first and somebody second, a fortnight at a time, until a week from now."""
    pairs = (("physician", "therapist"), ("therapist2", "director"))
    start, number = began, 0
    while start < now + timedelta(days=7):
        until = start + timedelta(days=14)
        for rank, key in enumerate(pairs[number % 2], start=1):
            people.set_on_call(
                membership=house.staff[key], starts_at=start, ends_at=until, rank=rank,
                phone=f"303 555 01{60 + rank}", by=house.staff["coordinator"], now=start,
            )  # fmt: skip
        start, number = until, number + 1


def _music(house: House, now: datetime) -> None:
    """A few short pieces of our own, so that a session can be heard."""
    for piece in PIECES:
        said = comfort.NewTrack(
            title=piece.title, maker=MAKER, licence=LICENCE, has_lyrics=False,
            loudness=piece.loudness,
        )  # fmt: skip
        comfort.add_track(said=said, content=made(piece), by=house.staff["therapist"], now=now)


def _stock(house: House, began: datetime, now: datetime) -> None:
    for ndc, lot, containers, invoice in DELIVERIES:
        received = pharmacy.receive(
            delivery=pharmacy.Delivery(
                ndc=ndc,
                lot=lot,
                expires_on=now.date() + timedelta(days=420),
                containers=containers,
                supplier_name="High Plains Wholesale (invented)",
                supplier_address="77 Depot Road, Pueblo, CO 81001",
                supplier_dea="PH2468139",
                invoice=invoice,
            ),
            site=house.site,
            by=house.staff["custodian"],
            second=house.staff["nurse"],
            now=began,
        )
        assert received.allowed, f"the delivery {invoice} was refused"
