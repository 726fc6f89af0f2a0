"""A descriptor is parsed or refused in one sentence, whatever bytes it is."""

import copy
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.descriptor import MAX_JSON_BYTES, pack_descriptor, parse_descriptor
from firmware_bridge.errors import DescriptorError
from tests.samples import DESCRIPTOR as GOOD


def without(path: str) -> dict:
    table = copy.deepcopy(GOOD)
    inner = table
    *parents, last = path.split(".")
    for name in parents:
        inner = inner[name]
    del inner[last]
    return table


PATHS = [
    *(name for name in GOOD if name not in ("simulated",)),
    *(f"{part}.{name}" for part in ("matrix", "carriage", "limits") for name in GOOD[part]),
]


def test_a_good_descriptor_comes_through():
    descriptor = parse_descriptor(pack_descriptor(GOOD))
    assert descriptor.matrix.rows == 32
    assert descriptor.limits.bed_ceiling[1].force_mn == 40_000
    assert not descriptor.simulated


@pytest.mark.parametrize("path", PATHS)
def test_a_missing_field_is_named(path):
    with pytest.raises(DescriptorError) as caught:
        parse_descriptor(pack_descriptor(without(path)))
    assert path.split(".")[0] in str(caught.value)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_in_one_sentence(data):
    with pytest.raises(DescriptorError) as caught:
        parse_descriptor(data)
    assert "\n" not in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(PATHS), json_values)
def test_any_value_in_any_field_is_taken_or_refused(path, value):
    table = copy.deepcopy(GOOD)
    inner = table
    *parents, last = path.split(".")
    for name in parents:
        inner = inner[name]
    inner[last] = value
    sentence = ""
    try:
        parse_descriptor(zlib.compress(json.dumps(table).encode()))
    except DescriptorError as error:
        sentence = str(error)
    assert "\n" not in sentence


def test_a_descriptor_that_unpacks_to_far_too_much_is_refused():
    bomb = zlib.compress(b" " * (MAX_JSON_BYTES * 100))
    with pytest.raises(DescriptorError, match="unpacks to more"):
        parse_descriptor(bomb)


def test_deep_nesting_is_refused():
    with pytest.raises(DescriptorError):
        parse_descriptor(zlib.compress(b"[" * 30_000))
