"""Who is on call is set, swapped and ended by people, and each change is chained."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from holdspace.people.access import May
from holdspace.people.actions.common import must, note, same_clinic
from holdspace.people.models import Membership, OnCall
from holdspace.people.signing import Refused
from holdspace.records.keys import new_key

LONGEST = timedelta(days=14)


@transaction.atomic
def set_on_call(
    *,
    membership: Membership,
    starts_at: datetime,
    ends_at: datetime,
    rank: int,
    by: Membership,
    now: datetime,
    phone: str = "",
) -> OnCall:
    """Put somebody on call. Overlaps are allowed and shown; a clinic may have two people first.

    Refused for somebody who may not read charts, for a time that is over or longer than 14 days,
    and when this person has this rank at this time already.
    """
    must(by, May.SET_ON_CALL, now)
    same_clinic(by, membership)
    _can_take(membership, now)
    if rank not in OnCall.Rank.values:
        raise Refused("Choose first or second on call.", "rank")
    if ends_at <= starts_at:
        raise Refused("The end lies before the beginning.", "ends_at")
    if ends_at <= now:
        raise Refused("This time is over.", "ends_at")
    if ends_at - starts_at > LONGEST:
        raise Refused("At most 14 days at a time.", "ends_at")
    same = OnCall.objects.filter(
        membership=membership, rank=rank, ended_at__isnull=True,
        starts_at__lt=ends_at, ends_at__gt=starts_at,
    )  # fmt: skip
    if same.exists():
        raise Refused(f"{membership.name} is on call then already.", "starts_at")
    row = OnCall.objects.create(
        id=new_key(now), clinic_id=by.clinic_id, membership=membership, starts_at=starts_at,
        ends_at=ends_at, rank=rank, phone=phone.strip(), set_by=by, set_at=now,
    )  # fmt: skip
    note(
        "on_call.set", row, by=by, now=now, who=str(membership.pk), rank=rank,
        starts=starts_at.isoformat(), ends=ends_at.isoformat(),
    )  # fmt: skip
    return row


@transaction.atomic
def end_on_call(*, row: OnCall, by: Membership, now: datetime) -> OnCall:
    """Take somebody off call: from now on when it has begun, as a whole when it has not."""
    must(by, May.SET_ON_CALL, now)
    same_clinic(by, row)
    row = _standing(row)
    if row.ends_at <= now:
        raise Refused("This time is over.", "row")
    row.ended_at, row.ended_by = now, by
    row.save(update_fields=["ended_at", "ended_by"])
    note("on_call.ended", row, by=by, now=now, who=str(row.membership_id))
    return row


@transaction.atomic
def swap_on_call(
    *, row: OnCall, to: Membership, by: Membership, now: datetime, phone: str = ""
) -> OnCall:
    """Somebody else takes the rest of a time; whoever is on call may give their own away."""
    same_clinic(by, row)
    if by.pk != row.membership_id:
        must(by, May.SET_ON_CALL, now)
    same_clinic(by, to)
    _can_take(to, now)
    row = _standing(row)
    if to.pk == row.membership_id:
        raise Refused(f"{to.name} has this time already.", "to")
    if row.ends_at <= now:
        raise Refused("This time is over.", "to")
    row.ended_at, row.ended_by = now, by
    row.save(update_fields=["ended_at", "ended_by"])
    new = OnCall.objects.create(
        id=new_key(now), clinic_id=row.clinic_id, membership=to, rank=row.rank,
        starts_at=max(row.starts_at, now), ends_at=row.ends_at, phone=phone.strip(), set_by=by,
        set_at=now,
    )  # fmt: skip
    note(
        "on_call.swapped", new, by=by, now=now, who=str(to.pk), instead_of=str(row.membership_id),
    )  # fmt: skip
    return new


def _standing(row: OnCall) -> OnCall:
    row = OnCall.objects.select_for_update().get(pk=row.pk)
    if row.ended_at is not None:
        raise Refused("This was changed in the meantime.", "row")
    return row


def _can_take(member: Membership, now: datetime) -> None:
    if not (member.user.is_active and member.may(May.READ_CHART, now)):
        raise Refused(f"{member.name} may not read charts here.", "membership")
