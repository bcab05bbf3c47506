"""The protocol as data: a text is read once, refused with every problem named, and never changes.

The digest is taken over the text with plain newlines, so that the same file has the same digest
on every machine. `protocol_model` holds the values, `protocol_schema` the closed list of keys.
"""

from __future__ import annotations

import dataclasses
import hashlib
from functools import lru_cache

from holdspace.core.protocol_model import (
    Band,
    ConditionSpec,
    FollowUp,
    MedicationGroup,
    Protocol,
    RouteSchedule,
    Setting,
    Step,
    describe_schedule,
)
from holdspace.core.protocol_reader import Problem, ProtocolError, read
from holdspace.core.protocol_schema import (
    GRADE_WORDS,
    SECTIONS,
    SETTINGS,
    UNSIGNED_GRADES,
    Grade,
    Graded,
    Spec,
)

__all__ = [
    "GRADE_WORDS",
    "SECTIONS",
    "SETTINGS",
    "UNSIGNED_GRADES",
    "Band",
    "Change",
    "ConditionSpec",
    "FollowUp",
    "Grade",
    "Graded",
    "MedicationGroup",
    "Problem",
    "Protocol",
    "ProtocolError",
    "RouteSchedule",
    "Setting",
    "Spec",
    "Step",
    "canonical",
    "describe_schedule",
    "diff",
    "digest_of",
    "load",
]


def canonical(text: str) -> str:
    """The text with plain newlines and no byte-order mark: what is digested and stored."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def digest_of(text: str) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical(text).encode()).hexdigest()


def load(
    text: str, *, where: str = "", pinned: bool = False, fallback: Protocol | None = None
) -> Protocol:
    """Read and check a protocol file's text; the same text gives the same object.

    `where` names the file in messages. `pinned` is for a version that a running course stands on:
    where today's hard limits are tighter than it was, they apply instead of a refusal, and the
    setting's source says so. What it does not have, since the program gained it later, is read
    from `fallback`, the program's newest default, with a source that says so. Raises
    ProtocolError with every problem found.
    """
    plain = canonical(text)
    try:
        if fallback is None:
            return _load(plain, pinned)
        return read(plain, digest=digest_of(plain), pinned=pinned, fallback=fallback)
    except ProtocolError as error:
        raise ProtocolError(error.problems, where=where) from None


@lru_cache(maxsize=64)
def _load(text: str, pinned: bool) -> Protocol:
    return read(text, digest=digest_of(text), pinned=pinned)


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions; `None` means that the side does not have it."""

    path: str
    before: str | None
    after: str | None


def diff(before: Protocol, after: Protocol) -> tuple[Change, ...]:
    """Value by value what differs, in the order of the first file, then what the second adds."""
    old, new = _flat(before), _flat(after)
    paths = [*old, *(path for path in new if path not in old)]
    return tuple(
        Change(path, old.get(path), new.get(path))
        for path in paths
        if old.get(path) != new.get(path)
    )


def _flat(protocol: Protocol) -> dict[str, str]:
    found = {field: getattr(protocol, field) for field in ("name", "version", "title", "summary")}
    for path, words, entry in protocol.graded():
        if isinstance(entry, Setting | RouteSchedule | Band | FollowUp):
            found[path] = words
        assert dataclasses.is_dataclass(entry)
        for field in dataclasses.fields(entry):
            value = getattr(entry, field.name)
            is_empty = value is None or value == "" or value == ()
            if field.name not in _SAID_BY_THE_PATH and not is_empty:
                found[f"{path}.{field.name}"] = _words(value)
    return found


_SAID_BY_THE_PATH = {
    *("path", "key", "route", "value", "unit", "band", "by", "to", "second"),
    *("before", "phases", "fixed_minutes"),
}


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
