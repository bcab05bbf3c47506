"""One value, one text: facts and decisions as canonical JSON, stored, digested and replayed.

Fields that hold their default are left out, so that a later program with one more optional fact
still reads and re-digests what an older one wrote. Reading is strict: an unknown field, a wrong
type or a naive time is refused with the path of the field and what would be accepted.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from holdspace.core.units import KINDS, VALUE_OF, Kind, Observation

T = TypeVar("T")


class CanonicalError(ValueError):
    """Text that is not the value it should be: `path` names the field, `accepted` what would do."""

    def __init__(self, path: str, problem: str, accepted: str) -> None:
        super().__init__(f"{path or 'the file'}: {problem} Accepted: {accepted}.")
        self.path = path
        self.problem = problem
        self.accepted = accepted


def to_text(value: object) -> str:
    """Canonical JSON text of a frozen dataclass (sorted keys, no spaces, UTC times)."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """SHA-256 of a canonical text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def to_plain(value: object) -> Any:
    """Dicts, lists and strings that JSON can hold; Decimals and times become strings."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            name: to_plain(getattr(value, name))
            for name, default in _defaults(type(value))
            if default is dataclasses.MISSING or getattr(value, name) != default
        }
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, bool | int | None) or type(value) is str:
        return value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form")


def from_text(kind: type[T], text: str) -> T:
    """Read canonical (or hand-written) JSON. Raises CanonicalError with the field's path."""
    try:
        plain = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise CanonicalError(f"line {error.lineno}", error.msg + ".", "JSON") from error
    return from_plain(kind, plain)


def from_plain(kind: type[T], plain: object, path: str = "") -> T:
    """Build a frozen dataclass from dicts and lists. Raises CanonicalError."""
    return typing.cast(T, _read(kind, plain, path))


@cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in dataclasses.fields(kind))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read(kind: Any, plain: object, path: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(typing.cast(type, kind), plain, path)
    origin = typing.get_origin(kind)
    if origin is tuple:
        if not isinstance(plain, list):
            raise CanonicalError(path, "is not a list.", "a list")
        item = typing.get_args(kind)[0]
        return tuple(_read(item, each, f"{path}[{n}]") for n, each in enumerate(plain))
    if origin in (types.UnionType, typing.Union):
        arms = [arm for arm in typing.get_args(kind) if arm is not type(None)]
        if plain is None:
            return None
        return _read(arms[0], plain, path)
    return _read_scalar(kind, plain, path)


def _read_dataclass(kind: type, plain: object, path: str) -> Any:
    if not isinstance(plain, dict):
        raise CanonicalError(path, "is not an object.", f"an object with {_names(kind)}")
    hints = _hints(kind)
    for name in plain:
        if name not in hints:
            raise CanonicalError(_under(path, name), "is not known.", _names(kind))
    for name, default in _defaults(kind):
        if default is dataclasses.MISSING and name not in plain:
            raise CanonicalError(_under(path, name), "is missing.", _describe(hints[name]))
    given = {
        name: _read(hints[name], value, _under(path, name))
        for name, value in plain.items()
        if not (kind is Observation and name == "value")
    }
    if kind is Observation:
        given["value"] = _read_observed(given["kind"], plain["value"], _under(path, "value"))
    try:
        return kind(**given)
    except AssertionError as error:
        raise CanonicalError(path, f"{error}.", "a value that keeps this") from error


def _read_observed(kind: Kind, plain: object, path: str) -> Any:
    spec = KINDS[kind]
    value = _read_scalar(VALUE_OF[spec.shape], plain, path)
    if spec.choices and value not in spec.choices:
        raise CanonicalError(path, f"“{value}” is not a choice.", ", ".join(spec.choices))
    return value


def _read_scalar(kind: Any, plain: object, path: str) -> Any:
    try:
        if kind is bool and isinstance(plain, bool):
            return plain
        if kind is int and isinstance(plain, int) and not isinstance(plain, bool):
            return plain
        if kind is str and isinstance(plain, str):
            return plain
        if kind is Decimal and isinstance(plain, (str, int, Decimal)) and plain is not True:
            number = Decimal(plain)
            if number.is_finite():
                return number
        if kind is datetime and isinstance(plain, str):
            moment = datetime.fromisoformat(plain)
            if moment.tzinfo is not None:
                return moment
        if kind is date and isinstance(plain, str):
            return date.fromisoformat(plain)
        if isinstance(kind, type) and issubclass(kind, StrEnum) and isinstance(plain, str):
            return kind(plain)
    except (ValueError, InvalidOperation):
        pass
    shown = str(plain)[:40]
    raise CanonicalError(path, f"“{shown}” cannot be read.", _describe(kind))


def _under(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _names(kind: type) -> str:
    return ", ".join(name for name, _ in _defaults(kind))


def _describe(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return "one of " + ", ".join(member.value for member in kind)
    words = {
        bool: "true or false",
        int: "a whole number",
        str: "text",
        Decimal: "a decimal number, as text",
        datetime: "an ISO time with its offset, such as 2026-03-01T09:00:00-05:00",
        date: "an ISO date, such as 1990-04-02",
    }
    return words.get(kind, "a value of the kind documented in core/facts.py")
