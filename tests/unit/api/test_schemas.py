"""What is read as JSON, and what as a wish."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.schemas import SessionWish, strict_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.slow
@given(VALUES)
def test_plain_json_is_read_as_it_was_written(value):
    assert strict_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_one_way(body):
    with contextlib.suppress(json.JSONDecodeError):
        strict_json(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b"NaN",
        b"[-Infinity]",
        b"[" * 1_000_000,
        b"9" * 10_000,
        b"\xff",
        b"",
    ],
)
def test_what_is_ambiguous_or_bottomless_is_refused(body):
    with pytest.raises(json.JSONDecodeError):
        strict_json(body)


@pytest.mark.parametrize("minutes", [True, "3", float("nan"), float("inf"), 0, -1, 61, [3]])
def test_minutes_are_a_sensible_number(minutes):
    with pytest.raises(ValidationError):
        SessionWish.model_validate({"routine": "a", "minutes": minutes})


@pytest.mark.parametrize("minutes", [None, 1, 3.5, 60])
def test_minutes_may_be_whole_or_not_or_left_out(minutes):
    assert SessionWish.model_validate({"routine": "a", "minutes": minutes}).minutes == minutes
