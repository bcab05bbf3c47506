"""Who reads an answer about safety now, or from when; and whom it goes to when they do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from holdspace.core.facts import Role
from holdspace.people.access import May
from holdspace.people.models import Clinic, Membership, OnCall
from holdspace.people.staff import may_practise, working_in

# After those on call: who hears of it, in this order.
BEHIND = (Role.MEDICAL_DIRECTOR, Role.PRESCRIBER, Role.THERAPIST, Role.SESSION_CLINICIAN)

AHEAD = timedelta(days=7)  # so far ahead the director's page looks for a gap


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: now when `begins` is None, else from then on; until `until`."""

    who: Membership
    begins: datetime | None
    until: datetime
    phone: str = ""


def on_call(clinic: Clinic, now: datetime) -> list[OnCall]:
    """Who is on call at this moment, first and second, works here, and may read and practise."""
    rows = _standing(clinic).filter(starts_at__lte=now, ends_at__gt=now)
    return [row for row in rows.order_by("rank", "starts_at", "id") if _can(row.membership, now)]


def reader(clinic: Clinic, now: datetime) -> Reader | None:
    """Who reads critical answers now, else who begins next; None: nobody is planned."""
    for row in on_call(clinic, now):
        return Reader(row.membership, None, row.ends_at, row.phone)
    rows = _standing(clinic).filter(starts_at__gt=now).order_by("starts_at", "rank", "id")
    for row in rows[:50]:
        if _can(row.membership, now):
            return Reader(row.membership, row.starts_at, row.ends_at, row.phone)
    return None


def phone_of(member: Membership, now: datetime) -> str:
    """The number colleagues reach somebody on while they are on call; empty where none is kept."""
    rows = on_call(member.clinic, now)
    return next((row.phone for row in rows if row.membership_id == member.pk and row.phone), "")


def chain(clinic: Clinic, now: datetime, *, desk: bool = False) -> Iterator[Membership]:
    """Whom it goes to, one after the other: those on call, then the director, then clinicians.

    With `desk` the coordinators stand behind them, for what needs no chart. Whoever may not
    practise today stands last of all, and is not left out: a call is better than none.
    """
    line = {row.membership_id: row.membership for row in on_call(clinic, now)}
    for role in (*BEHIND, *((Role.COORDINATOR,) if desk else ())):
        for member in working_in(clinic, now, role):
            line.setdefault(member.pk, member)
    yield from sorted(line.values(), key=lambda member: not may_practise(member, now))


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody first is on call."""

    starts_at: datetime
    ends_at: datetime


def between(clinic: Clinic, start: datetime, end: datetime) -> list[OnCall]:
    """Who is on call in a span of time, as planned, in the order of the beginning."""
    rows = _standing(clinic).filter(starts_at__lt=end, ends_at__gt=start)
    return list(rows.order_by("starts_at", "rank", "id"))


def gaps(spans: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> list[Gap]:
    """What no span covers between `start` and `end`; spans may come in any order and overlap."""
    found, covered = [], start
    for begins, ends in sorted([*spans, (end, end)]):
        if covered < min(begins, end):
            found.append(Gap(covered, min(begins, end)))
        covered = max(covered, ends)
    return found


def gaps_ahead(clinic: Clinic, now: datetime) -> list[Gap]:
    """The times of the coming seven days in which nobody first on call could read or practise."""
    until = now + AHEAD
    rows = [r for r in between(clinic, now, until) if r.rank == OnCall.Rank.FIRST]
    return gaps([(r.starts_at, r.ends_at) for r in rows if _can(r.membership, now)], now, until)


def overlaps(rows: Sequence[OnCall]) -> list[tuple[OnCall, OnCall]]:
    """Pairs who are on call at one time with one rank."""
    return [
        (one, other)
        for number, one in enumerate(rows)
        for other in rows[number + 1 :]
        if one.rank == other.rank
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
    ]


def able(row: OnCall, now: datetime) -> bool:
    """Whether whoever is planned still works here, may read charts and may practise."""
    return _can(row.membership, now)


def _standing(clinic: Clinic) -> QuerySet[OnCall]:
    rows = OnCall.objects.filter(clinic=clinic, ended_at__isnull=True)
    return rows.select_related("membership__user", "membership__clinic").prefetch_related(
        "membership__grants", "membership__credentials", "membership__exclusion_checks"
    )


def _can(member: Membership, now: datetime) -> bool:
    reads = member.user.is_active and member.may(May.READ_CHART, now)
    return reads and may_practise(member, now)
