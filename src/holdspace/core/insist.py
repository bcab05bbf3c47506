"""A value that breaks its own promise is refused, whatever flags the interpreter runs with."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from functools import cache
from typing import Any


class Malformed(ValueError):
    """A value of the core that cannot be: the message names the promise it breaks."""


def insist(holds: object, promise: str) -> None:
    """Raise Malformed unless `holds`. Safety does not rest on `assert`, which `-O` takes out."""
    if not holds:
        raise Malformed(promise)


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; Malformed when it has no offset or lies outside the calendar.

    Python subtracts two times of one zone by the hands of the clock, so that an hour is lost or
    won in the two nights of the year when the clocks change. Between times in UTC it cannot.
    """
    insist(moment.tzinfo is not None and moment.utcoffset() is not None, "times are aware")
    try:
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except OverflowError as error:
        raise Malformed("times lie in the years 1 to 9999") from error


class Timed:
    """Base of the frozen values whose times are aware and kept in UTC from the start."""

    __slots__ = ()

    def __post_init__(self) -> None:
        kind: Any = type(self)
        for name in _moments(kind):
            held = getattr(self, name)
            if held is not None and held.tzinfo is not UTC:
                object.__setattr__(self, name, in_utc(held))


@cache
def _moments(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass that hold a time (annotations are kept as text)."""
    fields = dataclasses.fields(kind)
    return tuple(f.name for f in fields if str(f.type).startswith("datetime"))
