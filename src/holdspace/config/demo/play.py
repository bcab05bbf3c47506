"""Play the whole demo up to a given moment, in one transaction: all of it happened, or nothing."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from holdspace.care import facts as loader
from holdspace.config.demo.house import House, found
from holdspace.config.demo.people import (
    ADMINISTRATOR,
    DIRECTOR,
    PASSWORD,
    STAFF,
    Worker,
)
from holdspace.config.demo.stage import Clock, OffScript, Stage, Steps
from holdspace.config.demo.stories import WALKS, Walk
from holdspace.core import journey
from holdspace.core.journey import State
from holdspace.people.access import ROLE_WORDS
from holdspace.people.models import Patient

DAYS = 120  # how long ago the clinic was founded


@dataclass(frozen=True, slots=True)
class SignIn:
    """How one member of staff signs in."""

    role: str
    name: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Cast:
    """The clinic as the play left it; people by the name of their story ("is_in_session")."""

    house: House
    people: dict[str, Stage]
    states: dict[str, State]
    signins: tuple[SignIn, ...]

    def patient(self, story: str) -> Patient:
        return self.people[story].patient


def signins() -> tuple[SignIn, ...]:
    """The sign-ins of the demo, whether or not it was played just now."""
    workers: tuple[Worker, ...] = (*STAFF, DIRECTOR, ADMINISTRATOR)
    return tuple(
        SignIn(
            ", ".join(ROLE_WORDS[role] for role in w.roles),
            f"{w.name}, {w.title}" if w.title else w.name,
            w.email,
            PASSWORD,
        )
        for w in workers
    )


@transaction.atomic
def play(
    now: datetime,
    tell: Callable[[str], None] = lambda line: None,
    walks: Sequence[Walk] = WALKS,
) -> Cast:
    """Found the clinic 120 days before `now` (aware) and walk everybody of `walks` up to it.

    `tell` gets one line for each person. Raises OffScript when a room answers otherwise than the
    story says; then nothing is kept.
    """
    began = now - timedelta(days=DAYS)
    house = found(now, began=began)
    tell(f"{house.clinic.name}: {len(house.staff)} staff, {len(house.rooms)} rooms")
    clock = Clock(present=now, now=began)
    walked = [(walk, _stage(house, clock, walk)) for walk in walks]
    _run(walked, tell)
    clock.now = now
    states = {walk.story.__name__: _where(stage, walk) for walk, stage in walked}
    people = {walk.story.__name__: stage for walk, stage in walked}
    return Cast(house, people, states, signins())


def _stage(house: House, clock: Clock, walk: Walk) -> Stage:
    return Stage(house, clock, walk.who, walk.therapist, walk.nurse, walk.prescriber, walk.room)


def _run(walked: Sequence[tuple[Walk, Stage]], tell: Callable[[str], None]) -> None:
    """Take the steps of all stories in the order of their times; nothing lies in the future."""
    waiting: list[tuple[datetime, int, Steps]] = []

    def go_on(number: int, steps: Steps) -> None:
        walk, stage = walked[number]
        try:
            at = next(steps, None)
        except OffScript:
            raise
        except Exception as error:
            raise stage.off(walk.story.__name__, f"{type(error).__name__}: {error}") from error
        if at is None:
            tell(f"{stage.patient.display_id}  {walk.ends.value:<14} {stage.who.name}")
            return
        if not stage.now <= at <= stage.clock.present:
            raise stage.off(walk.story.__name__, f"the next step is at {at}, out of order")
        heapq.heappush(waiting, (at, number, steps))

    for number, (walk, stage) in enumerate(walked):
        go_on(number, walk.story(stage))
    while waiting:
        at, number, steps = heapq.heappop(waiting)
        walked[number][1].clock.now = at
        go_on(number, steps)


def _where(stage: Stage, walk: Walk) -> State:
    """The word for where the person is now, which must be the one that the story ends with."""
    if not hasattr(stage, "course"):
        return State.ENQUIRING
    facts = loader.load(stage.course, now=stage.clock.present)
    found = journey.state(facts, loader.protocol_of(stage.course))
    if found is not walk.ends:
        raise stage.off(walk.story.__name__, f"ends {found.value}, not {walk.ends.value}")
    return found
