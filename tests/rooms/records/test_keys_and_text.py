"""Keys and canonical texts: the same on every machine and every database."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdspace.records import canonical
from holdspace.records.chain import stream_name
from holdspace.records.keys import new_key, new_salt

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 1, 1)))
def test_a_key_is_a_version_7_uuid_of_its_moment(moment: datetime) -> None:
    key = new_key(moment.replace(tzinfo=UTC))
    assert (key.version, key.variant) == (7, "specified in RFC 4122")
    since = moment - datetime(1970, 1, 1)
    assert key.int >> 80 == since // timedelta(milliseconds=1)


def test_keys_sort_by_time_down_to_the_microsecond() -> None:
    moments = [NOW + timedelta(microseconds=step) for step in range(0, 3000, 250)]
    keys = [new_key(moment) for moment in moments]
    assert keys == sorted(keys)


def test_two_keys_of_one_moment_differ() -> None:
    assert len({new_key(NOW) for _ in range(1000)}) == 1000


def test_keys_of_one_moment_sort_as_they_were_made_and_step_by_no_guessable_amount():
    keys = [new_key(NOW) for _ in range(1000)]
    assert keys == sorted(keys)
    assert {key.int >> 62 for key in keys} == {keys[0].int >> 62}  # the moment itself stands
    steps = {after.int - before.int for before, after in pairwise(keys)}
    assert len(steps) == 999


def test_a_key_for_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        new_key(NOW.replace(tzinfo=None))


def test_a_salt_is_32_bytes_and_never_the_same() -> None:
    assert len(new_salt()) == 32
    assert new_salt() != new_salt()


@given(JSON)
def test_canonical_json_reads_back_as_it_was(value: object) -> None:
    text = canonical.text(value)
    assert json.loads(text) == value
    assert canonical.text(json.loads(text)) == text


@given(st.dictionaries(TEXT, st.integers()))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical.text(dict(reversed(value.items()))) == canonical.text(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-999, max_value=999))
def test_an_amount_has_one_text_and_keeps_its_value(value: Decimal) -> None:
    text = canonical.decimal(value)
    assert Decimal(text) == value
    assert canonical.decimal(Decimal(text + ("0" if "." in text else ".0"))) == text


@given(st.datetimes(min_value=datetime(2, 1, 1)), st.integers(-720, 720))
def test_a_moment_has_one_text_in_every_zone(moment: datetime, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    aware = moment.replace(tzinfo=UTC)
    if moment.year < 9998:
        assert canonical.instant(aware.astimezone(zone)) == canonical.instant(aware)
    assert len(canonical.instant(aware)) == 27


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.500"), '"1.5"'),
        (Decimal("-0.0"), '"0"'),
        (Decimal("1E+3"), '"1000"'),
        (date(2026, 3, 2), '"2026-03-02"'),
        (NOW, '"2026-03-02T09:15:00.000000Z"'),
        (timedelta(minutes=5), "300000000"),
        (b"\x00\xff", '"00ff"'),
        (True, "true"),
        ({"µg": ["≤", None]}, '{"µg":["≤",null]}'),
    ],
)
def test_each_type_has_its_text(value: object, text: str) -> None:
    assert canonical.text(value) == text


@pytest.mark.parametrize("value", [1.5, float("nan"), {1: "x"}, {"a"}, object()])
def test_what_has_no_single_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical.text(value)


def test_a_stream_is_named_by_a_word_and_a_key() -> None:
    key = UUID(int=7)
    assert stream_name("course", key) == f"course:{key}"
    with pytest.raises(ValueError, match="lower-case word"):
        stream_name("Course of", key)
