"""What the prescriber of a session and the medical director read on every page: open calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from holdspace.care.models import EventKind, Session
from holdspace.core.facts import Role
from holdspace.medicine import floor
from holdspace.medicine.calls import Call
from holdspace.people.access import May
from holdspace.people.models import Membership, Patient


@dataclass(frozen=True, slots=True)
class Calling:
    """One open session from which something calls; the person by initials only.

    Nobody is named whose file this member does not see: the room calls all the same.
    """

    session: UUID
    room: str
    patient: Patient | None
    calls: tuple[Call, ...]


def of_member(member: Membership, now: datetime) -> list[Calling]:
    """The sessions that call this member, the longest waiting first, in at most five queries.

    A prescriber is called by the sessions they are booked for or ordered in, and by those that
    are booked for nobody; a medical director by every one.
    """
    roles = member.roles_at(now)
    if not roles & {Role.PRESCRIBER, Role.MEDICAL_DIRECTOR} or not member.may(May.READ_CHART, now):
        return []
    rows = Session.objects.of(member.clinic).filter(floor.open_days())
    found = list(rows.select_related("patient", "appointment", "room", "course__protocol"))
    if not found:
        return []
    known = floor.read(found)
    if Role.MEDICAL_DIRECTOR not in roles:
        found = [row for row in found if _is_for(member, row, known.happened.get(row.id, []))]
    calling = floor.calling(member.clinic, found, known, now)
    found = [row for row in found if calling[row.id]]
    if not found:
        return []
    people = Patient.objects.visible_to(member, now).filter(pk__in=[r.patient_id for r in found])
    seen = set(people.values_list("pk", flat=True))
    told = [
        Calling(
            row.id,
            row.room.name if row.room else "",
            row.patient if row.patient_id in seen else None,
            calling[row.id],
        )
        for row in found
    ]
    return sorted(told, key=lambda one: min(call.since for call in one.calls))


def _is_for(member: Membership, session: Session, happened: Sequence[Any]) -> bool:
    booked = session.appointment.prescriber_id if session.appointment else None
    orders = (h.by for h in happened if h.kind is EventKind.ORDER_SIGNED)
    return booked in (None, member.id) or str(member.id) in orders
