"""A descriptor is parsed or refused in one sentence, whatever bytes it is."""

import copy
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.descriptor import MAX_JSON_BYTES, pack_descriptor, parse_descriptor
from firmware_bridge.errors import DescriptorError

GOOD = {
    "schema": 1,
    "device_id": "bench-1",
    "model": "reference",
    "firmware": "0.1.0",
    "simulated": False,
    "rate_hz": 200,
    "matrix": {
        "rows": 32, "cols": 16, "pitch_x_um": 10_000, "pitch_y_um": 10_000,
        "full_scale_counts": 4095, "zero_counts": 40, "pa_per_count": 100,
    },
    "carriage": {
        "x_min_um": 15_000, "x_max_um": 145_000, "y_min_um": 0, "y_max_um": 310_000,
        "z_max_um": 40_000, "head_radius_um": 20_000, "feed_max_um_s": 200_000,
        "spin_max_mrpm": 45_000,
    },
    "limits": {
        "bed_ceiling": [{"y_um": 0, "force_mn": 60_000}, {"y_um": 115_000, "force_mn": 40_000}],
        "total_over_resting_mn": 80_000, "rise_mn_s": 20_000, "tap_rise_mn_s": 80_000,
        "approach_um_s": 5_000, "press_um_s": 25_000, "retract_um_s": 120_000, "dwell_ms": 15_000,
        "watchdog_ms": 100, "ttl_ms": 60, "consent_ms": 60_000, "pause_ms": 300_000,
        "session_ms": 1_800_000,
    },
}  # fmt: skip


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
