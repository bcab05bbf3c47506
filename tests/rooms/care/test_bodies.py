"""What a sealed text is read into is shared by every page, so nobody can change it."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any

import pytest

from holdspace.care.events import BODIES, body_of
from holdspace.care.models import EventKind

FIXED = (str, int, bool, Decimal, datetime, date, Enum, NoneType)


def changeable(kind: Any, path: str) -> Iterator[str]:
    """Where in a type something could be changed after it was read."""
    inner = typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        if not kind.__dataclass_params__.frozen:  # type: ignore[union-attr]
            yield path
        hints = typing.get_type_hints(kind)
        for field in dataclasses.fields(kind):
            yield from changeable(hints[field.name], f"{path}.{field.name}")
    elif typing.get_origin(kind) in (tuple, typing.Union, UnionType):
        for one in inner:
            if one is not Ellipsis:
                yield from changeable(one, path)
    elif not (isinstance(kind, type) and issubclass(kind, FIXED)):
        yield f"{path}: {kind}"


@pytest.mark.parametrize("kind", BODIES.values(), ids=lambda kind: kind.__name__)
def test_nothing_of_it_can_be_changed(kind):
    assert list(changeable(kind, kind.__name__)) == []


def test_a_text_is_read_once_and_another_text_is_another_value():
    texts = [f'{{"lane":"medical","text":"{words}"}}' for words in ("calm", "calm", "asleep")]
    one, same, other = (body_of(EventKind.NOTE, text) for text in texts)
    assert one is same and one != other
