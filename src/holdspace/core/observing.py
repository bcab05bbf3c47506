"""What is due, what is late, what was taken, and which charted value asks for a signed step.

Only two things have a clock: an observation that is due, and a measurement that is to be repeated.
A value is never an alarm: it is shown with its limit, whose limit it is, and the clinic's step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from holdspace.core.facts import Dose
from holdspace.core.insist import Timed
from holdspace.core.protocol_model import Protocol, RouteSchedule, Step
from holdspace.core.units import KINDS, Kind, Observation, plain

# One set of observations: complete when each of these was charted.
SET: tuple[Kind, ...] = (Kind.SYSTOLIC, Kind.DIASTOLIC, Kind.HEART_RATE, Kind.SPO2)


class Due(StrEnum):
    """Where one set of observations stands; `due`, `late` and `very_late` ask for something."""

    AHEAD = "ahead"
    DUE = "due"
    LATE = "late"  # amber
    VERY_LATE = "very_late"  # red
    TAKEN = "taken"
    MISSED = "missed"  # the next set is due; this one can no longer be taken in time
    EXCUSED = "excused"  # as missed, but somebody wrote down why it could not be taken


@dataclass(frozen=True, slots=True)
class Slot:
    """One set that is due: when, where it stands, what is still missing of it, when it was taken.

    `due_at` is None for the set before the dose, which has no time of its own.
    """

    due_at: datetime | None
    state: Due
    missing: tuple[Kind, ...]
    taken_at: datetime | None = None
    put_off: bool = False  # somebody wrote down why it could not be taken: asked for again later


@dataclass(frozen=True, slots=True)
class CouldNot(Timed):
    """Somebody wrote down why these could not be taken: they are asked for again a little later."""

    at: datetime
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class OutsideLimit:
    """A charted value in a band for which the clinic has signed a step.

    `repeat_at` and `repeat` are set where the step asks for another measurement. The page asks
    "who was told, and when?" wherever `step.tell` names a role.
    """

    observation: Observation
    step: Step
    limit: str
    repeat_at: datetime | None = None
    repeat: Due | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything that the session page says about observations at one moment."""

    slots: tuple[Slot, ...]
    outside: tuple[OutsideLimit, ...]

    @property
    def asking(self) -> tuple[Slot, ...]:
        """The sets that are due now, whether late or not."""
        return tuple(s for s in self.slots if s.state in (Due.DUE, Due.LATE, Due.VERY_LATE))

    @property
    def next_at(self) -> datetime | None:
        """When the next set is due, or was due if it is waiting; one put off may come second."""
        done = (Due.TAKEN, Due.MISSED, Due.EXCUSED)
        return min((s.due_at for s in self.slots if s.due_at and s.state not in done), default=None)


def evaluate(
    schedule: RouteSchedule,
    protocol: Protocol,
    observations: tuple[Observation, ...],
    doses: tuple[Dose, ...],
    now: datetime,
    *,
    ended_at: datetime | None = None,
    baselines: Mapping[Kind, Decimal] | None = None,
    could_not: tuple[CouldNot, ...] = (),
) -> Conditions:
    """Judge the charted observations of one session at `now`.

    `observations` are this session's charted ones only; what a monitor sent and nobody charted
    has no place here. `baselines` are the resting values, for steps that count from them.
    `could_not` puts a due set off by the protocol's minutes, and never a repeat.
    """
    charted = tuple(sorted((o for o in observations if o.taken_at <= now), key=_when))
    given = tuple(sorted((d for d in doses if d.given_at <= now), key=lambda d: d.given_at))
    until = min(now, ended_at) if ended_at else now
    slots = _slots(schedule, protocol, charted, given, could_not, until)
    after = given[0].given_at if given else None
    outside = _outside(protocol, charted, after, now, baselines or {}, ended_at)
    return Conditions(slots, outside)


def due_times(
    schedule: RouteSchedule, given: tuple[datetime, ...], until: datetime
) -> tuple[datetime, ...]:
    """Every due time from the first dose to `until`, and the one after it.

    Each dose starts the clock again, and so does the end of an infusion; what was due before
    stays due as it was.
    """
    times: list[datetime] = []
    for index, start in enumerate(given):
        stop = given[index + 1] if index + 1 < len(given) else None
        for minutes in offsets(schedule):
            moment = start + timedelta(minutes=minutes)
            if stop is not None and moment >= stop:
                break
            times.append(moment)
            if moment > until:
                break
    return tuple(times)


DAY_MINUTES = 24 * 60


def offsets(schedule: RouteSchedule) -> tuple[int, ...]:
    """Minutes after a dose at which a set is due, for one day at most."""
    found = list(schedule.fixed_minutes)
    for ends, every in schedule.phases:
        last = found[-1] if found else 0
        found += range(last + every, (DAY_MINUTES if ends is None else ends) + 1, every)
    return tuple(found)


def _slots(
    schedule: RouteSchedule,
    protocol: Protocol,
    charted: tuple[Observation, ...],
    given: tuple[Dose, ...],
    could_not: tuple[CouldNot, ...],
    until: datetime,
) -> tuple[Slot, ...]:
    before = (_before(charted, given),) if schedule.before else ()
    ends = (d.ended_at for d in given if d.ended_at is not None and d.ended_at <= until)
    times = due_times(schedule, tuple(sorted([*(d.given_at for d in given), *ends])), until)
    early = protocol.span("observation.overdue_amber_minutes")
    edges = [_edge(given, a, b, early) for a, b in pairwise(times)]
    found = []
    for index, due_at in enumerate(times):
        start = edges[index - 1] if index else given[0].given_at
        end = edges[index] if index < len(edges) else None
        found.append(_slot(protocol, charted, could_not, due_at, start, end, until))
    return (*before, *found)


def _edge(
    given: tuple[Dose, ...], earlier: datetime, later: datetime, early: timedelta
) -> datetime:
    """Until when a set still answers the earlier time: the further dose that lies between, or a
    moment before the later one. As much early is allowed as late before amber.
    """
    between = [d.given_at for d in given if earlier < d.given_at <= later]
    return between[0] if between else max(earlier, later - early)


def _before(charted: tuple[Observation, ...], given: tuple[Dose, ...]) -> Slot:
    first = given[0].given_at if given else None
    own = [o for o in charted if first is None or o.taken_at <= first]
    missing, taken_at = _set_of(own)
    if not missing:
        return Slot(None, Due.TAKEN, (), taken_at)
    return Slot(None, Due.DUE if first is None else Due.MISSED, missing)


def _slot(
    protocol: Protocol,
    charted: tuple[Observation, ...],
    could_not: tuple[CouldNot, ...],
    due_at: datetime,
    start: datetime,
    end: datetime | None,
    now: datetime,
) -> Slot:
    def is_own(at: datetime) -> bool:
        return start < at and (end is None or at <= end)

    missing, taken_at = _set_of([o for o in charted if is_own(o.taken_at)])
    if not missing:
        return Slot(due_at, Due.TAKEN, (), taken_at)
    why = [c for c in could_not if is_own(c.at) and c.at <= now]
    is_excused = set(missing) <= {kind for c in why for kind in c.kinds}
    if end is not None and now > end:
        return Slot(due_at, Due.EXCUSED if is_excused else Due.MISSED, missing)
    if is_excused:
        again = max(c.at for c in why) + protocol.span("observation.could_not_again_minutes")
        due_at = max(due_at, again)
    return Slot(due_at, lateness(protocol, due_at, now), missing, put_off=is_excused)


def _set_of(own: list[Observation]) -> tuple[tuple[Kind, ...], datetime | None]:
    taken = {o.kind: o.taken_at for o in own if o.kind in SET}
    missing = tuple(kind for kind in SET if kind not in taken)
    return missing, max(taken.values(), default=None)


def lateness(protocol: Protocol, due_at: datetime, now: datetime) -> Due:
    """Ahead, due, late (amber) or very late (red) by the protocol's minutes; a limit is inside."""
    if now < due_at:
        return Due.AHEAD
    late = now - due_at
    if late >= protocol.span("observation.overdue_red_minutes"):
        return Due.VERY_LATE
    return Due.LATE if late >= protocol.span("observation.overdue_amber_minutes") else Due.DUE


# --- charted values outside a signed limit ------------------------------------------------------


def step_for(
    protocol: Protocol, observation: Observation, baselines: Mapping[Kind, Decimal]
) -> Step | None:
    """The clinic's step for a charted value; a band by its own number comes before one by rise."""
    own = [s for s in protocol.steps if s.kind is observation.kind]
    for step in sorted(own, key=lambda s: s.of_baseline):
        if _covers(step, observation, baselines.get(observation.kind)):
            return step
    return None


def _covers(step: Step, observation: Observation, baseline: Decimal | None) -> bool:
    if not isinstance(observation.value, Decimal):
        return observation.value is True
    if not step.of_baseline:
        return step.covers(observation.value)
    if not baseline:
        return False
    # above the band's edge, not at it: a value exactly at the limit is inside the limit
    rise = (observation.value - baseline) * 100 / baseline
    return step.covers(rise) and (step.low is None or rise > step.low)


def limit_words(step: Step) -> str:
    """The band of a step in words: "160 to below 180 mmHg"."""
    unit = " %" if step.of_baseline else f" {KINDS[step.kind].unit}"
    unit = unit.replace(" {score}", "").rstrip()
    over = " over baseline" if step.of_baseline else ""
    if step.low is None and step.below is None:
        return "yes"
    if step.below is None:
        assert step.low is not None
        return f"{plain(step.low)}{unit}{over} or more"
    if step.low is None:
        return f"below {plain(step.below)}{unit}{over}"
    return f"{plain(step.low)} to below {plain(step.below)}{unit}{over}"


def _outside(
    protocol: Protocol,
    charted: tuple[Observation, ...],
    after: datetime | None,
    now: datetime,
    baselines: Mapping[Kind, Decimal],
    ended_at: datetime | None,
) -> tuple[OutsideLimit, ...]:
    """Every charted value since the first dose (before one: all) that has a step, oldest first."""
    found = []
    for observation in charted:
        if after is not None and observation.taken_at < after:
            continue
        step = step_for(protocol, observation, baselines)
        if step is not None:
            found.append(_with_repeat(protocol, charted, observation, step, now, ended_at))
    return tuple(found)


def _with_repeat(
    protocol: Protocol,
    charted: tuple[Observation, ...],
    observation: Observation,
    step: Step,
    now: datetime,
    ended_at: datetime | None,
) -> OutsideLimit:
    limit = limit_words(step)
    if step.repeat_minutes is None:
        return OutsideLimit(observation, step, limit)
    repeat_at = observation.taken_at + timedelta(minutes=step.repeat_minutes)
    later = [o for o in charted if o.kind is step.kind and o.taken_at > observation.taken_at]
    if later:
        return OutsideLimit(observation, step, limit, repeat_at, Due.TAKEN)
    if ended_at is not None and now > ended_at:
        return OutsideLimit(observation, step, limit, repeat_at, Due.MISSED)
    return OutsideLimit(observation, step, limit, repeat_at, lateness(protocol, repeat_at, now))


def _when(observation: Observation) -> datetime:
    return observation.taken_at
