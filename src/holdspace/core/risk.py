"""A critical answer is heard when it is given: how soon somebody acts, and whom it goes to next.

Tiers are few, so that each stays rare enough to be heard: now, the same day, the next working day.
`shown` opens nothing: whoever charted it has it on the screen, and another step owns it. What a
scale's own file calls critical and the protocol does not name is never silence: it is for the
same day. docs/protocol.md says which forms are in which tier and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from holdspace.core.limits import Tier
from holdspace.core.protocol_model import Protocol, RiskRule
from holdspace.core.scales import YES, Scale, ScaleError, score

URGENCY = {Tier.SHOWN: 0, Tier.NEXT_WORKING_DAY: 1, Tier.SAME_DAY: 2, Tier.NOW: 3}
SHORTEST = timedelta(minutes=15)  # even a minute before midnight there is time to act
END_OF_DAY, WORKING_NOON, WORKING_END = time(23, 59), time(12), time(17)
SATURDAY = 5
TOTAL = "__total__"
COMPARE: dict[str, Callable[[int, int], bool]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
}
# Where neither the clinic's protocol nor the program names the answer.
UNNAMED_WORDS = "Contact the person today: a form was answered in a way that somebody looks at"
UNNAMED_SOURCE = "the scale's own file calls this answer critical; the protocol does not name it"
UNNAMED_MINUTES = 240


@dataclass(frozen=True, slots=True)
class Concern:
    """One reason to act: by which rule, how soon, and in words that name no illness."""

    rule: str
    reason: str
    tier: Tier
    item: str
    words: str
    source: str
    awaiting: bool
    minutes: int | None = None
    escalate_minutes: tuple[int, ...] = ()

    def is_worse_than(self, tier: str) -> bool:
        return not tier or URGENCY[self.tier] > URGENCY[Tier(tier)]


@dataclass(frozen=True, slots=True)
class Deadline:
    """When it is to be done, and when it passes on; the last passing on is never after `due`."""

    due: datetime
    passes_on: tuple[datetime, ...]


def heard(
    protocol: Protocol,
    scale: Scale,
    answers: Mapping[str, int],
    declined: frozenset[str] = frozenset(),
) -> tuple[Concern, ...]:
    """What these answers ask for: one concern for each reason, the most urgent first.

    The form may be half filled in. In a triage a declined item counts as "yes". An answer that
    the instrument does not have says nothing here; refusing it is the form's business.
    """
    given = _valid(scale, answers)
    if scale.method == "triage":
        given |= {code: YES for code in declined if code not in given}
    own = [rule for rule in protocol.risk if rule.instrument == scale.id]
    found = [_concern(rule, at) for rule in own if (at := _where(rule, scale, given))]
    found += _unnamed(own, scale, given)
    worst: dict[str, Concern] = {}
    for concern in found:
        kept = worst.get(concern.reason)
        if kept is None or URGENCY[concern.tier] > URGENCY[kept.tier]:
            worst[concern.reason] = concern
    acted = [c for c in worst.values() if c.tier is not Tier.SHOWN]
    return tuple(sorted(acted, key=lambda c: (-URGENCY[c.tier], c.reason)))


def is_critical(protocol: Protocol, scale: Scale) -> bool:
    """Whether some answer on this form would open a task: then somebody must be there to read."""
    own = [rule for rule in protocol.risk if rule.instrument == scale.id]
    named = {item for rule in own for item in _named(rule)}
    if any(rule.tier is not Tier.SHOWN for rule in own):
        return True
    return any(rule.label not in named for rule in scale.critical)


def deadline(concern: Concern, now: datetime, zone: tzinfo) -> Deadline:
    """By when, on the clinic's wall where a day is meant; lengths are real minutes.

    A quarter of an hour is always left, and a task never waits for its own deadline to be passed
    on: where every step lies behind the deadline, the first stands half way.
    """
    now = now.astimezone(UTC)
    if concern.tier is Tier.NEXT_WORKING_DAY:
        day = now.astimezone(zone).date() + timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
        noon, end = (datetime.combine(day, at, zone) for at in (WORKING_NOON, WORKING_END))
        return Deadline(end.astimezone(UTC), (noon.astimezone(UTC), end.astimezone(UTC)))
    due = now + timedelta(minutes=concern.minutes or UNNAMED_MINUTES)
    if concern.tier is Tier.SAME_DAY:
        today = now.astimezone(zone).date()
        midnight = datetime.combine(today, END_OF_DAY, zone).astimezone(UTC)
        due = max(min(due, midnight), now + SHORTEST)
    steps = [now + timedelta(minutes=minutes) for minutes in concern.escalate_minutes]
    before = [step for step in steps if step < due] or [now + (due - now) / 2]
    return Deadline(due, (*before, due))


def _valid(scale: Scale, answers: Mapping[str, int]) -> dict[str, int]:
    options = {item.code: {o.score for o in item.options} for item in scale.items}
    return {
        code: value
        for code, value in answers.items()
        if not isinstance(value, bool) and value in options.get(code, ())
    }


def _named(rule: RiskRule) -> tuple[str, ...]:
    return (TOTAL,) if rule.total else rule.items


def _where(rule: RiskRule, scale: Scale, given: Mapping[str, int]) -> str:
    """The item (or the total) by which a rule holds; empty when it does not."""
    compare = COMPARE[rule.op]
    if rule.total:
        total = _total(scale, given)
        return TOTAL if total is not None and compare(total, rule.value) else ""
    return next((i for i in rule.items if i in given and compare(given[i], rule.value)), "")


def _total(scale: Scale, given: Mapping[str, int]) -> int | None:
    """The total of a complete form; anything else has none."""
    try:
        total = score(scale, given).total
    except ScaleError:
        return None
    return None if total is None else int(total)


def _concern(rule: RiskRule, item: str) -> Concern:
    return Concern(
        rule=rule.key,
        reason=rule.reason,
        tier=rule.tier,
        item=item,
        words=rule.words,
        source=rule.source,
        awaiting=rule.awaiting_signature,
        minutes=rule.minutes,
        escalate_minutes=rule.escalate_minutes,
    )


def _unnamed(own: list[RiskRule], scale: Scale, given: Mapping[str, int]) -> list[Concern]:
    """What the scale's file calls critical and no rule speaks of."""
    named = {item for rule in own for item in _named(rule)}
    try:
        critical = score(scale, given).critical
    except ScaleError:
        critical = ()
    return [
        Concern(
            rule="",
            reason=f"{scale.id} {item}",
            tier=Tier.SAME_DAY,
            item=item,
            words=UNNAMED_WORDS,
            source=UNNAMED_SOURCE,
            awaiting=True,
            minutes=UNNAMED_MINUTES,
            escalate_minutes=(60, 120),
        )
        for item in critical
        if item not in named
    ]
