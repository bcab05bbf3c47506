"""What is asked again and when: follow-up counts from the dose, by the clinic's own calendar.

Nothing here is stored. The entries of the protocol, the doses and the answers give one list of
items; each item has one window, and one answer settles exactly one item. An item is known by its
`point` ("24 h, session 2"), so that a request, a reminder and an answer speak of the same one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from holdspace.core.insist import in_utc, insist
from holdspace.core.limits import LOOKS_BACK_DAYS
from holdspace.core.protocol_model import Anchor, FollowUp, Protocol, Span

# A series is over when so many days have gone by without a further session.
SERIES_ENDS_DAYS = 28

Name = tuple[str, str]


class State(StrEnum):
    NOT_YET = "not_yet"
    DUE = "due"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session: when it was opened, and its first and last dose if there was any."""

    id: str
    number: int
    opened_at: datetime
    first_dose_at: datetime | None = None
    last_dose_at: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("opened_at", "first_dose_at", "last_dose_at"):
            at = getattr(self, name)
            if at is not None:
                object.__setattr__(self, name, in_utc(at))
        insist((self.first_dose_at is None) is (self.last_dose_at is None), "both doses or none")


@dataclass(frozen=True, slots=True)
class Answer:
    """One form that was answered: struck ones are left out by whoever reads the record."""

    id: str
    instrument: str
    at: datetime
    total: int | None = None
    point: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", in_utc(self.at))


@dataclass(frozen=True, slots=True)
class Known:
    """What follow-up is worked out from. `stopped_at`: declined, or the person has died."""

    opened_at: datetime
    zone: ZoneInfo
    sittings: tuple[Sitting, ...] = ()
    answers: tuple[Answer, ...] = ()
    stopped_at: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "opened_at", in_utc(self.opened_at))
        if self.stopped_at is not None:
            object.__setattr__(self, "stopped_at", in_utc(self.stopped_at))

    @property
    def dosed(self) -> list[Sitting]:
        """Sessions in which a dose was given, in the order of their last dose."""
        found = [one for one in self.sittings if one.last_dose_at is not None]
        return sorted(found, key=lambda one: (one.last_dose_at or one.opened_at, one.number))


@dataclass(frozen=True, slots=True)
class Due:
    """One item: asked from `opens_at`, late after `due_at`, settled only before `closes_at`."""

    entry: FollowUp = field(repr=False)
    instrument: str
    point: str
    anchor: str
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    state: State = State.NOT_YET
    answered_by: str = ""

    @property
    def key(self) -> str:
        return self.entry.key

    @property
    def name(self) -> Name:
        """What no other item of a course has: the instrument and the point."""
        return self.instrument, self.point

    @property
    def is_open(self) -> bool:
        return self.state in (State.DUE, State.OVERDUE)


def due(
    known: Known, protocol: Protocol, now: datetime, askable: Collection[str] | None = None
) -> tuple[Due, ...]:
    """Every item of the course in the order of their times, with where each stands at `now`.

    `askable`: the instruments that this clinic can ask (None: all); the others are left out.
    Answers given after `now` are not known yet.
    """
    now = in_utc(now)
    answers = sorted((a for a in known.answers if a.at <= now), key=lambda a: (a.at, a.id))
    items = [
        item
        for entry in protocol.follow_up.values()
        for item in _items(entry, known, answers)
        if askable is None or item.instrument in askable
    ]
    items = _one_a_day(
        sorted(items, key=lambda i: (i.due_at, i.opens_at, i.key, i.instrument)), known.zone
    )
    settled = _settled(items, answers)
    return tuple(_standing(item, settled.get(item.name, ""), now) for item in items)


def _standing(item: Due, answered_by: str, now: datetime) -> Due:
    state = State.ANSWERED if answered_by else _unanswered(item, now)
    return replace(item, state=state, answered_by=answered_by)


def _unanswered(item: Due, now: datetime) -> State:
    if now < item.opens_at:
        return State.NOT_YET
    if now >= item.closes_at:
        return State.MISSED
    return State.DUE if now <= item.due_at else State.OVERDUE


def _settled(items: list[Due], answers: list[Answer]) -> dict[Name, str]:
    """Which answer settles which item: the one it was asked for, else the one that closes first."""
    found: dict[Name, str] = {}
    for answer in answers:
        fits = [
            item
            for item in items
            if item.instrument == answer.instrument
            and item.name not in found
            and item.opens_at <= answer.at < item.closes_at
        ]
        asked = next((item for item in fits if item.point == answer.point), None)
        chosen = asked or min(fits, key=lambda item: item.closes_at, default=None)
        if chosen is not None:
            found[chosen.name] = answer.id
    return found


def _one_a_day(items: list[Due], zone: ZoneInfo) -> list[Due]:
    """A form that looks back over weeks is not asked twice for one day: the first stands."""
    seen: set[tuple[str, date]] = set()
    kept = []
    for item in items:
        day = (item.instrument, item.due_at.astimezone(zone).date())
        if day not in seen or item.instrument not in LOOKS_BACK_DAYS:
            kept.append(item)
        seen.add(day)
    return kept


# ---------------------------------------------------------------- when an entry falls due


def _items(entry: FollowUp, known: Known, answers: list[Answer]) -> Iterator[Due]:
    since = _asked_since(entry, answers)
    if entry.only_if_instrument and since is None:
        return
    for base, anchor, name, ends in _anchors(entry.anchor, known):
        for number, begins in enumerate(_times(entry, base, known), 1):
            opens = begins if since is None else max(begins, since)
            stops = [end for end in (ends, known.stopped_at) if end is not None]
            closes = min([begins + timedelta(hours=entry.closes_within_hours), *stops])
            if closes <= opens:
                continue
            label = f"{entry.label} {number}" if entry.every_days else entry.label
            point = f"{label}, {name}" if name else label
            due_at = min(opens + timedelta(hours=entry.due_within_hours), closes)
            for instrument in entry.instruments:
                yield Due(entry, instrument, point, anchor, opens, due_at, closes)


def _asked_since(entry: FollowUp, answers: list[Answer]) -> datetime | None:
    """When a score first reached what the entry waits for; it is asked from then on, for good.

    Were it asked only while the score stays high, an answered item could vanish, and nobody would
    see how the person recovers.
    """
    reached = (
        a.at
        for a in answers
        if a.instrument == entry.only_if_instrument
        and a.total is not None
        and a.total >= (entry.only_if_at_least or 0)
    )
    return min(reached, default=None) if entry.only_if_instrument else None


def _anchors(anchor: Anchor, known: Known) -> Iterable[tuple[datetime, str, str, datetime | None]]:
    """(time, what it is, how it is called, until when it counts) of each time to count from.

    What counts from the opening of a course ends with the first dose: later it is no baseline.
    What counts from the opening of a session ends with that session's first dose.
    """
    dosed = known.dosed
    if anchor is Anchor.COURSE_OPENED:
        first = min((one.first_dose_at for one in dosed if one.first_dose_at), default=None)
        return [(known.opened_at, "", "", first)]
    if anchor is Anchor.EACH_SESSION:
        sittings = sorted(known.sittings, key=lambda one: one.number)
        return [(s.opened_at, s.id, f"session {s.number}", s.first_dose_at) for s in sittings]
    counted = [(s.last_dose_at, s.id, f"session {s.number}", None) for s in dosed if s.last_dose_at]
    if anchor is Anchor.EACH_DOSE or not counted:
        return counted
    if anchor is Anchor.FIRST_DOSE:
        at = min(one.first_dose_at for one in dosed if one.first_dose_at)
        return [(at, counted[0][1], "", None)]
    last = counted[-1]
    if anchor is Anchor.LAST_DOSE:
        return [last]
    return [(_series_end(last[0], known.zone), last[1], last[2], None)]


def _series_end(last_dose: datetime, zone: ZoneInfo) -> datetime:
    return _days_later(last_dose, SERIES_ENDS_DAYS, zone)


def _times(entry: FollowUp, base: datetime, known: Known) -> Iterator[datetime]:
    """When it opens: once, or every so many days, `times` at most or to the end of the series."""
    first = _later(base, entry.after, entry.unit, known.zone)
    yield first
    if not entry.every_days:
        return
    last = known.dosed[-1].last_dose_at if known.dosed else None
    end = _series_end(last, known.zone) if last is not None else base
    for number in range(1, entry.times):
        opens = _days_later(first, number * entry.every_days, known.zone)
        if entry.until_series_ends and opens >= end:
            return
        yield opens


def _later(base: datetime, count: int, span: Span, zone: ZoneInfo) -> datetime:
    if span is Span.HOURS:
        return base + timedelta(hours=count)
    if span is Span.DAYS:
        return _days_later(base, count, zone)
    return _months_later(base, count, zone)


def _days_later(base: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time by the clinic's wall, so many days on, whatever the clocks did between."""
    return (base.astimezone(zone) + timedelta(days=days)).astimezone(UTC)


def _months_later(base: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The same day of a later month; where that month is shorter, its last day."""
    wall = base.astimezone(zone)
    years, month = divmod(wall.month - 1 + months, 12)
    for day in (wall.day, 30, 29, 28):
        try:
            return wall.replace(year=wall.year + years, month=month + 1, day=day).astimezone(UTC)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
