"""One value, one text: facts and decisions as canonical JSON, stored, digested and replayed.

Fields that hold their default are left out, so that a later program with one more optional fact
still reads and re-digests what an older one wrote. Reading is strict: an unknown field, a wrong
type or a naive time is refused with the path of the field and what would be accepted.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from holdspace.core.insist import Malformed
from holdspace.core.units import KINDS, VALUE_OF, Kind, Observation
from holdspace.core.units import plain as written_out

T = TypeVar("T")

DIGITS_MAX = 60  # longer than anything measured; what is longer is a mistake or an attack
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class CanonicalError(ValueError):
    """Text that is not the value it should be: `path` names the field, `accepted` what would do."""

    def __init__(self, path: str, problem: str, accepted: str) -> None:
        super().__init__(f"{path or 'the file'}: {problem} Accepted: {accepted}.")
        self.path = path
        self.problem = problem
        self.accepted = accepted

    def within(self, outer: str) -> CanonicalError:
        """The same fault seen from outside: paths grow on the way out, where there is a fault."""
        joint = "." if outer and self.path and not self.path.startswith("[") else ""
        return CanonicalError(f"{outer}{joint}{self.path}", self.problem, self.accepted)


def to_text(value: object) -> str:
    """Canonical JSON text of a frozen dataclass (sorted keys, no spaces, UTC times)."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(text: str) -> str:
    """SHA-256 of a canonical text, in hexadecimal. Raises CanonicalError for a broken letter."""
    try:
        return hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError as error:
        problem = f"has half a letter at place {error.start}."
        raise CanonicalError("the text", problem, "text in Unicode") from error


def to_plain(value: object) -> Any:
    """Dicts, lists and strings that JSON can hold; Decimals and times become strings."""
    kind: Any = type(value)
    return _writer(kind)(value)


@cache
def _writer(kind: type) -> Callable[[Any], Any]:
    """How values of exactly this type are written: found once, since facts have few types."""
    if dataclasses.is_dataclass(kind):
        return _dataclass_writer(kind)
    if issubclass(kind, tuple | list):
        return lambda value: [to_plain(item) for item in value]
    if issubclass(kind, Mapping):
        return lambda value: {str(key): to_plain(item) for key, item in value.items()}
    if issubclass(kind, bool | int | types.NoneType) or kind is str:
        return lambda value: value
    if issubclass(kind, StrEnum):
        return lambda value: value.value
    if issubclass(kind, Decimal):
        return _write_decimal
    if issubclass(kind, datetime):
        return lambda value: value.astimezone(UTC).isoformat()
    if issubclass(kind, date):
        return lambda value: value.isoformat()
    raise TypeError(f"{kind.__name__} has no canonical form")


def _write_decimal(value: Decimal) -> str:
    """Every digit that was held and none that was not: never rounded to a context's precision."""
    if not _is_written_out(value):
        raise CanonicalError("", f"{value} is not a plain number.", _describe(Decimal))
    text = written_out(value)
    return "0" if text == "-0" else text


def _is_written_out(value: Decimal) -> bool:
    """Whether a number is one that people could have written with its digits."""
    if not value.is_finite():
        return False
    _, digits, exponent = value.as_tuple()
    return len(digits) <= DIGITS_MAX and abs(int(exponent)) <= DIGITS_MAX


def _dataclass_writer(kind: type) -> Callable[[Any], Any]:
    fields = _defaults(kind)

    def write(value: Any) -> dict[str, Any]:
        written = {}
        for name, default in fields:
            held = getattr(value, name)
            # MISSING equals nothing that a field can hold, so a field without default is written
            if held is not default and held != default:
                written[name] = to_plain(held)
        return written

    return write


def from_text(kind: type[T], text: str) -> T:
    """Read canonical (or hand-written) JSON. Raises CanonicalError with the field's path."""
    return from_plain(kind, parsed(text))


def parsed(text: str) -> Any:
    """JSON as dicts, lists, strings and exact numbers. Raises CanonicalError, and nothing else.

    A key that is written twice is refused: of two answers nobody knows which was meant.
    """
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_int=_whole,
            parse_constant=_no_constant,
            object_pairs_hook=_each_key_once,
        )
    except json.JSONDecodeError as error:
        raise CanonicalError(f"line {error.lineno}", error.msg + ".", "JSON") from error
    except RecursionError as error:
        raise CanonicalError("", "is nested too deep.", "lists within objects") from error


def _whole(digits: str) -> int:
    if len(digits) > DIGITS_MAX:
        raise CanonicalError("", "has a number that is too long.", f"up to {DIGITS_MAX} digits")
    return int(digits)


def _no_constant(name: str) -> Any:
    raise CanonicalError("", f"“{name}” is not a number.", "a plain number")


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise CanonicalError(twice, "is there twice.", "each key once")
    return found


def from_plain(kind: type[T], plain: object, path: str = "") -> T:
    """Build a frozen dataclass from dicts and lists. Raises CanonicalError."""
    asked: Any = kind
    try:
        return typing.cast(T, _reader(asked)(plain))
    except CanonicalError as error:
        raise error.within(path) from error
    except RecursionError as error:
        raise CanonicalError(path, "is nested too deep.", "lists within objects") from error


@cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in dataclasses.fields(kind))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """How a type is read: found once, since a course's record asks for it thousands of times."""
    if dataclasses.is_dataclass(kind):
        return _dataclass_reader(typing.cast(type, kind))
    origin = typing.get_origin(kind)
    if origin is tuple:
        return _tuple_reader(_reader(typing.get_args(kind)[0]))
    if origin in (types.UnionType, typing.Union):
        arms = [_reader(arm) for arm in typing.get_args(kind) if arm is not type(None)]
        return lambda plain: None if plain is None else _read_one_of(arms, plain)
    return lambda plain: _read_scalar(kind, plain)


def _read_one_of(arms: list[Callable[[Any], Any]], plain: object) -> Any:
    """What the first of these types that can hold it makes of it, as "int | Decimal"."""
    *others, last = arms
    for read in others:
        try:
            return read(plain)
        except CanonicalError:
            continue
    return last(plain)


def _tuple_reader(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_all(plain: object) -> tuple[Any, ...]:
        if not isinstance(plain, list):
            raise CanonicalError("", "is not a list.", "a list")
        found: list[Any] = []
        for each in plain:
            try:
                found.append(read(each))
            except CanonicalError as error:
                raise error.within(f"[{len(found)}]") from error
        return tuple(found)

    return read_all


def _dataclass_reader(kind: type) -> Callable[[Any], Any]:
    hints = _hints(kind)
    readers = {name: _reader(hints[name]) for name, _ in _defaults(kind) if name in hints}
    needed = [name for name, default in _defaults(kind) if default is dataclasses.MISSING]
    if kind is Observation:
        del readers["value"]  # how it is read follows from its kind

    def read(plain: object) -> Any:
        if not isinstance(plain, dict):
            raise CanonicalError("", "is not an object.", f"an object with {_names(kind)}")
        for name in plain:
            if name not in hints:
                raise CanonicalError(str(name), "is not known.", _names(kind))
        for name in needed:
            if name not in plain:
                raise CanonicalError(name, "is missing.", _describe(hints[name]))
        given = {}
        for name, value in plain.items():
            try:
                if name in readers:
                    given[name] = readers[name](value)
            except CanonicalError as error:
                raise error.within(name) from error
        if kind is Observation:
            given["value"] = _read_observed(given["kind"], plain["value"])
        try:
            return kind(**given)
        except Malformed as error:
            raise CanonicalError("", f"{error}.", "a value that keeps this") from error

    return read


def _read_observed(kind: Kind, plain: object) -> Any:
    spec = KINDS[kind]
    try:
        value = _read_scalar(VALUE_OF[spec.shape], plain)
    except CanonicalError as error:
        raise error.within("value") from error
    if spec.choices and value not in spec.choices:
        raise CanonicalError("value", f"“{value}” is not a choice.", ", ".join(spec.choices))
    return value


def _read_scalar(kind: Any, plain: object) -> Any:
    try:
        if kind is bool and isinstance(plain, bool):
            return plain
        if kind is int and isinstance(plain, int) and not isinstance(plain, bool):
            return plain
        if kind is str and isinstance(plain, str):
            plain.encode()
            return plain
        if kind is Decimal:
            return _read_decimal(plain)
        if kind is datetime and isinstance(plain, str):
            moment = datetime.fromisoformat(plain)
            if moment.tzinfo is not None:
                return moment
        if kind is date and isinstance(plain, str):
            return date.fromisoformat(plain)
        if isinstance(kind, type) and issubclass(kind, StrEnum) and isinstance(plain, str):
            return kind(plain)
    except (ValueError, OverflowError, InvalidOperation):
        pass
    shown = str(plain)[:40].encode(errors="replace").decode()
    raise CanonicalError("", f"“{shown}” cannot be read.", _describe(kind))


def _read_decimal(plain: object) -> Decimal:
    """A number as people write it. Raises ValueError; a yes/no is no number, nor are spaces."""
    if isinstance(plain, str) and not _NUMBER.fullmatch(plain):
        raise ValueError("not a plain number")
    if isinstance(plain, bool) or not isinstance(plain, str | int | Decimal):
        raise ValueError("not a number")
    number = Decimal(plain)
    if not _is_written_out(number):
        raise ValueError("not a plain number")
    return number


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
    if dataclasses.is_dataclass(kind):
        return f"an object with {_names(typing.cast(type, kind))}"
    return words.get(kind, "what docs/facts.md says of this field")
