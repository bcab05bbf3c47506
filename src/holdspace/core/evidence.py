"""How a rule looks at facts: what counts as seen, what counts as a limit, and how both are told.

Everything here is about evidence, nothing about medicine: a value is seen when it is recent enough
and not from the future; a limit is the stricter of the protocol's value and today's hard limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from holdspace.core.codes import Code
from holdspace.core.decision import Finding, Verdict
from holdspace.core.facts import Facts
from holdspace.core.protocol_model import Protocol
from holdspace.core.protocol_schema import Graded
from holdspace.core.units import KINDS, Kind, Observation, Unit, plain

Rule = Callable[[Facts, Protocol], tuple[Finding, ...]]


# --- telling times ------------------------------------------------------------------------------


def clock(facts: Facts, moment: datetime) -> str:
    """A moment in the clinic's zone: "08:52" today, "3 Mar 2025 08:52" on any other day."""
    local = moment.astimezone(facts.clinic.zone)
    time = f"{local:%H:%M}"
    return time if local.date() == facts.today else f"{day(local.date())} {time}"


def day(when: date) -> str:
    return f"{when.day} {when:%b %Y}"


def span(length: timedelta) -> str:
    """A length of time in the unit people would use: "25 min", "31 h", "12 days"."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 72 * 60 else f"{minutes // (24 * 60)} days"


# --- whose rule it is ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Basis:
    """The right-hand side of a finding: the rule in words, where it comes from, if it is signed."""

    rule: str
    source: str
    awaiting: bool = False

    def says(
        self, code: Code, verdict: Verdict, evidence: str, *, subject: str = "", ask: str = ""
    ) -> Finding:
        """A finding on this basis that carries no number and that nobody may waive."""
        return Finding(
            code,
            verdict,
            evidence,
            self.rule,
            self.source,
            subject=subject,
            ask_again_on=ask,
            awaiting_signature=self.awaiting,
        )

    def held(
        self,
        code: Code,
        evidence: str,
        by: tuple[str, ...],
        subject: str = "",
        *,
        specialty: str = "",
        since: datetime | None = None,
        second: tuple[str, ...] = (),
    ) -> Finding:
        """A hold on this basis, which the roles in `by` may answer with a plan."""
        return Finding(
            code,
            Verdict.HOLD,
            evidence,
            self.rule,
            self.source,
            subject=subject,
            relievable_by=by,
            awaiting_signature=self.awaiting,
            specialty=specialty,
            since=since,
            second_signer=second,
        )


def is_awaiting(facts: Facts, entry: Graded) -> bool:
    """Whether a value without a read source still waits for the director's signature."""
    return entry.awaiting_signature and not facts.clinic.protocol_signed_by_director


def based(facts: Facts, protocol: Protocol, path: str, rule: str) -> Basis:
    """The basis of a rule whose number is one setting of the protocol."""
    setting = protocol.setting(path)
    return Basis(rule, f"{setting.source}; {protocol.reference}", is_awaiting(facts, setting))


def stricter_max(facts: Facts, protocol: Protocol, path: str, hard: Decimal | int) -> Bound:
    return _bound(facts, protocol, path, "higher", Decimal(hard))


def stricter_min(facts: Facts, protocol: Protocol, path: str, hard: Decimal | int) -> Bound:
    return _bound(facts, protocol, path, "lower", Decimal(hard))


def upper(facts: Facts, protocol: Protocol, path: str) -> Bound:
    return _bound(facts, protocol, path, "higher", None)


def lower(facts: Facts, protocol: Protocol, path: str) -> Bound:
    return _bound(facts, protocol, path, "lower", None)


@dataclass(frozen=True, slots=True)
class Bound:
    """One limit of a number; a value exactly at the limit is inside it.

    `roles` may answer a value up to `band_end`; past it, or past `hard`, nobody may.
    """

    limit: Decimal
    worse: str  # "higher" | "lower"
    basis: Basis
    roles: tuple[str, ...] = ()
    band_end: Decimal | None = None
    hard: Decimal | None = None
    band_awaiting: bool = False
    second: tuple[str, ...] = ()

    def outside(self, value: Decimal) -> bool:
        return value > self.limit if self.worse == "higher" else value < self.limit

    def worst(self, readings: tuple[Observation, ...]) -> Observation:
        choose = max if self.worse == "higher" else min
        return choose(readings, key=lambda reading: reading.number)

    def answerable_by(self, value: Decimal) -> tuple[str, ...]:
        ends = [end for end in (self.band_end, self.hard) if end is not None]
        past = any(value > end if self.worse == "higher" else value < end for end in ends)
        return () if past else self.roles

    def says(
        self, code: Code, verdict: Verdict, evidence: str, value: Decimal | None, **more: str
    ) -> Finding:
        """A finding about a number against this limit."""
        stops = verdict in (Verdict.FAIL, Verdict.HOLD) and value is not None
        roles = self.answerable_by(value) if stops and value is not None else ()
        return Finding(
            code,
            verdict,
            evidence,
            self.basis.rule + (self._band_words() if roles else ""),
            self.basis.source,
            subject=more.get("subject", ""),
            value=value,
            limit=self.limit,
            worse=self.worse,
            relievable_by=roles,
            awaiting_signature=self.basis.awaiting or (bool(roles) and self.band_awaiting),
            ask_again_on=more.get("ask", ""),
            second_signer=self.second if roles else (),
        )

    def _band_words(self) -> str:
        who = " or ".join(role.replace("_", " ") for role in self.roles)
        second = " or ".join(role.replace("_", " ") for role in self.second)
        to = f" to {plain(self.band_end)}" if self.band_end else ""
        return f"; {who} may answer{to}" + (f", signed also by a {second}" if second else "")


def _bound(facts: Facts, protocol: Protocol, path: str, worse: str, hard: Decimal | None) -> Bound:
    setting = protocol.setting(path)
    value = protocol.number(path)
    sign = "≤" if worse == "higher" else "≥"
    limit, source = value, f"{setting.source}; {protocol.reference}"
    says = f"{sign} {plain(value)} {setting.unit}"
    if hard is not None:
        looser = value > hard if worse == "higher" else value < hard
        if looser:
            limit, source = hard, "today's hard limit of the program, stricter than the protocol"
            says = f"{sign} {plain(hard)} {setting.unit} (the protocol's {plain(value)} is looser)"
        elif value != hard:
            says += f" (protocol; hard limit {sign} {plain(hard)})"
    basis = Basis(_for_people(says), source, is_awaiting(facts, setting))
    unsigned = setting.band is not None and is_awaiting(facts, setting.band)
    roles, to, second = setting.waivable_by, setting.waivable_to, setting.second_signer
    return Bound(limit, worse, basis, roles, to, hard, unsigned, second)


def _for_people(text: str) -> str:
    return text.replace("{score}", "").replace(" score", "").strip()


# --- what counts as seen ------------------------------------------------------------------------


NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True)
class Seen:
    """The recent readings of one kind, oldest first; or, when there is none, why not."""

    recent: tuple[Observation, ...]
    problem: str = ""

    @property
    def is_unusable(self) -> bool:
        """Whether something was charted that nobody can go by; nothing charted is not that."""
        return self.problem not in ("", NOT_RECORDED)

    @property
    def newest(self) -> Observation | None:
        return self.recent[-1] if self.recent else None


def skew(protocol: Protocol) -> timedelta:
    return timedelta(seconds=protocol.whole("device.clock_skew_seconds_max"))


def is_future(facts: Facts, protocol: Protocol, moment: datetime) -> bool:
    """Whether a time lies further ahead than a device's clock may be off."""
    return moment > facts.now + skew(protocol)


def seen(
    facts: Facts,
    protocol: Protocol,
    kind: Kind,
    *,
    age: timedelta | None = None,
    after: datetime | None = None,
    today: bool = False,
) -> Seen:
    """What was charted of one kind, at most `age` old, not before `after`.

    `today` leaves out what is neither of this date nor of this session day.

    A value from the future, or outside what the kind can plausibly be, makes all of it unusable:
    a wrong clock or a typing slip is cleared up before anything is decided on it.
    """
    every = facts.all_of(kind)
    if not every:
        elsewhere = any(o.kind is kind for o in facts.observations)
        return Seen((), "only of another session day" if elsewhere else NOT_RECORDED)
    newest = every[-1]
    if is_future(facts, protocol, newest.taken_at):
        return Seen((), f"dated {clock(facts, newest.taken_at)}, which is in the future")
    recent = tuple(
        o
        for o in every
        if (age is None or facts.now - o.taken_at <= age)
        and (after is None or o.taken_at >= after)
        and (not today or is_of_today(facts, o))
    )
    if not recent:
        ago = facts.now - newest.taken_at
        is_early = after is not None and newest.taken_at < after
        is_old = age is not None and ago > age
        why = "too early" if is_early else "too old" if is_old else "not of this session day"
        return Seen((), f"last {shown(facts, newest)}, {span(ago)} ago: {why}")
    odd = next((o for o in recent if not is_plausible(o)), None)
    if odd is not None:
        return Seen((), f"{shown(facts, odd)} is outside what is plausible")
    return Seen(recent)


ARRIVAL_HOURS = 3  # a person who comes before midnight is still asked "today"


def is_of_today(facts: Facts, observation: Observation) -> bool:
    """Charted in this session, on this date, or at the arrival that the session began with."""
    if observation.session and observation.session == facts.session:
        return True
    return is_on_the_day(facts, observation.taken_at)


def is_on_the_day(facts: Facts, moment: datetime) -> bool:
    """On this date, or since the arrival that the session began with."""
    if moment.astimezone(facts.clinic.zone).date() == facts.today:
        return True
    session = facts.current()
    arrived = session.opened_at if session else facts.now
    return arrived - timedelta(hours=ARRIVAL_HOURS) <= moment <= facts.now


def is_plausible(observation: Observation) -> bool:
    spec = KINDS[observation.kind]
    value = observation.value
    if not isinstance(value, Decimal):
        return not spec.choices or value in spec.choices
    return not (
        (spec.low is not None and value < spec.low) or (spec.high is not None and value > spec.high)
    )


def shown(facts: Facts, observation: Observation) -> str:
    """A charted value as evidence: "150 mmHg at 08:52"."""
    value = observation.value
    text = clock(facts, value) if isinstance(value, datetime) else observation.text
    return f"{text} at {clock(facts, observation.taken_at)}"


def number_text(value: Decimal, unit: Unit | str) -> str:
    return f"{plain(value)} {unit}".strip()
