"""The limit table, the algebra, and what a device may claim."""

import copy
from dataclasses import replace
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import BadFileError
from controller.field import SoleField, build_field
from controller.geometry import Grid, Side
from controller.limits import (
    COMPILED_N,
    Limit,
    Limits,
    check_device,
    load_limits,
    parse_limits,
    tighten,
)
from controller.pose import FootPose
from controller.regions import REGIONS
from controller.zones import load_atlas
from firmware_bridge.descriptor import pack_descriptor, parse_descriptor
from firmware_bridge.errors import DescriptorError
from tests.samples import DESCRIPTOR as GOOD

TEXT = resources.files("controller").joinpath("data", "limits.toml").read_text(encoding="utf-8")
REFERENCE = parse_descriptor(pack_descriptor(GOOD))
values = st.floats(allow_nan=True, allow_infinity=True)


def test_every_region_has_limits_that_rise_to_the_compiled_ceiling():
    limits = load_limits()
    assert tuple(limits.regions) == REGIONS
    for name, row in limits.regions.items():
        assert 0 < row.start_n <= row.normal_n <= row.user_max_n <= row.hard_n <= COMPILED_N[name]


def test_the_heel_bears_most_and_the_toes_least():
    regions = load_limits().regions
    most = max(regions, key=lambda name: regions[name].user_max_n)
    least = min(regions, key=lambda name: regions[name].user_max_n)
    assert most.startswith("heel")
    assert least == "toes"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("hard_n = 60.0", "hard_n = 60.1", "above its ceiling 60"),
        ("user_max_n = 40.0", "user_max_n = 61.0", "user_max_n"),
        ("normal_n = 18.0", "normal_n = 41.0", "normal_n"),
        ("start_n = 8.0", "start_n = nan", "start_n"),
        ("start_n = 8.0", "start_n = true", "start_n"),
        ("start_n = 8.0", 'start_n = "8"', "start_n"),
        ("start_n = 8.0", "", "must have exactly"),
        ("start_n = 8.0", "start_n = 8.0\nextra = 1", "must have exactly"),
        ("[regions.toes]", "[regions.elbow]", "must name exactly"),
        ("schema = 1", "schema = 2", "schema"),
        ("schema = 1", "schema = ", "not TOML"),
    ],
)
def test_a_damaged_table_is_refused_and_the_key_named(old, new, says):
    with pytest.raises(BadFileError, match=says):
        parse_limits(TEXT.replace(old, new, 1), "limits.toml")


@given(st.floats(0, 100), st.lists(st.tuples(values, st.text(max_size=3)), max_size=8))
def test_tightening_only_ever_lowers(start, steps):
    limit = Limit(start, "compiled")
    for value_n, reason in steps:
        lower = tighten(limit, value_n, reason)
        assert 0.0 <= lower.value_n <= limit.value_n
        limit = lower


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100))
def test_the_order_of_tightening_does_not_matter(start, one, other):
    limit = Limit(start, "s")
    first = tighten(tighten(limit, one, "a"), other, "b")
    second = tighten(tighten(limit, other, "b"), one, "a")
    assert first.value_n == second.value_n == min(start, one, other)


def test_the_reference_device_is_accepted():
    check_device(parse_descriptor(pack_descriptor(GOOD)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bed_ceiling", [{"y_um": 0, "force_mn": 60_001}]),
        ("total_over_resting_mn", 80_001),
        ("rise_mn_s", 20_001),
        ("tap_rise_mn_s", 80_001),
        ("approach_um_s", 5_001),
        ("press_um_s", 25_001),
        ("retract_um_s", 99_999),
        ("dwell_ms", 15_001),
        ("watchdog_ms", 101),
        ("ttl_ms", 61),
        ("consent_ms", 60_001),
        ("pause_ms", 300_001),
        ("session_ms", 1_800_001),
    ],
)
def test_a_device_that_would_allow_more_than_the_compiled_ceilings_is_refused(name, value):
    table = copy.deepcopy(GOOD)
    table["limits"][name] = value
    with pytest.raises(DescriptorError, match=name):
        check_device(parse_descriptor(pack_descriptor(table)))


@pytest.mark.parametrize(
    ("key", "shown"), [("user_max_n", "limit_n"), ("normal_n", "normal_n"), ("start_n", "start_n")]
)
def test_lowering_a_limit_lowers_what_the_sole_allows(key, shown):
    limits = load_limits()
    row = limits.regions["heel_lateral"]
    lower = replace(row, **{key: getattr(row, key) * 0.5})
    before, after = (
        max(
            getattr(place, shown) for places in sole.places for place in places if place.region == 1
        )
        for sole in (
            field_with(limits),
            field_with(Limits({**limits.regions, "heel_lateral": lower})),
        )
    )
    assert after < before


def field_with(limits: Limits, **more) -> SoleField:
    sds = (1.0, 1.0, 0.5, 2.0, 2.0)
    pose = FootPose(Side.RIGHT, 0.99, Side.RIGHT, 70.0, 20.0, 6.0, 270.0, 103.0, *sds, 0.1)
    return build_field(
        pose,
        grid=Grid(32, 16, 10.0, 10.0),
        limits=limits,
        carriage=REFERENCE.carriage,
        atlas=load_atlas(),
        **{"ceiling": REFERENCE.limits.bed_ceiling, **more},
    )
