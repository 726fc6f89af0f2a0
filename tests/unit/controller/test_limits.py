"""The limit table, the algebra, and what a device may claim."""

import copy
import math
from dataclasses import replace
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller import limits as figures
from controller.errors import BadFileError
from controller.field import SoleField, build_field
from controller.geometry import Grid, Side
from controller.limits import (
    COMPILED_N,
    LEVELS,
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


def test_the_compiled_figures_are_those_of_the_design_pages():
    assert LEVELS == {"gentle": 0.6, "normal": 1.0, "strong": 1.5}
    assert tuple(COMPILED_N.items()) == tuple(
        zip(REGIONS, (60, 60, 40, 28, 40, 40, 40, 40, 40, 32, 22, 14), strict=True)
    )
    assert (figures.COMPILED_KPA, figures.COMPILED_HOLD_S) == (200.0, 15.0)
    assert (figures.TICKLE_FLOOR_N, figures.TICKLE_FLOOR_TOES_N) == (3.0, 2.0)
    assert (figures.FIRST_RISE_N_S, figures.RISE_N_S) == (5.0, 15.0)
    assert (figures.FRAME_STALE_S, figures.FRAME_LOST_S) == (0.050, 0.100)


def test_the_heel_bears_most_and_the_toes_least():
    regions = load_limits().regions
    most = max(regions, key=lambda name: regions[name].user_max_n)
    least = min(regions, key=lambda name: regions[name].user_max_n)
    assert most.startswith("heel")
    assert least == "toes"


ROW = "regions.heel_medial"
NAMES = "must name exactly: " + ", ".join(REGIONS)
KEYS = "must have exactly: start_n, normal_n, user_max_n, hard_n, user_kpa, hard_kpa, hold_s"


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("hard_n = 60.0", "hard_n = 60.1", f"{ROW}.hard_n", "60.1 is above its ceiling 60"),
        ("user_max_n = 40.0", "user_max_n = 61.0", f"{ROW}.user_max_n", "61 is above"),
        ("normal_n = 18.0", "normal_n = 41.0", f"{ROW}.normal_n", "41 is above its ceiling 40"),
        ("start_n = 8.0", "start_n = 18.5", f"{ROW}.start_n", "18.5 is above its ceiling 18"),
        ("hard_kpa = 200.0", "hard_kpa = 201.0", f"{ROW}.hard_kpa", "201 is above its ceiling 200"),
        ("user_kpa = 150.0", "user_kpa = 201.0", f"{ROW}.user_kpa", "201 is above its ceiling 200"),
        ("hold_s = 15.0", "hold_s = 15.1", f"{ROW}.hold_s", "15.1 is above its ceiling 15"),
        ("start_n = 8.0", "start_n = 0.0", f"{ROW}.start_n", "0.0 is not above 0"),
        ("start_n = 8.0", "start_n = -1", f"{ROW}.start_n", "-1 is not above 0"),
        ("start_n = 8.0", "start_n = nan", f"{ROW}.start_n", "nan is not above 0"),
        ("start_n = 8.0", "start_n = inf", f"{ROW}.start_n", "inf is above"),
        ("start_n = 8.0", "start_n = true", f"{ROW}.start_n", "True is not above 0"),
        ("start_n = 8.0", 'start_n = "8"', f"{ROW}.start_n", "'8' is not above 0"),
        ("start_n = 8.0", "", ROW, KEYS),
        ("start_n = 8.0", "start_n = 8.0\nextra = 1", ROW, KEYS),
        ("[regions.toes]", "[regions.elbow]", "regions", NAMES),
        ("schema = 1", "schema = 2", "schema", "must be 1"),
        ("schema = 1", "", "schema", "must be 1"),
        ("schema = 1", "schema = ", "", "not TOML"),
        ("schema = 1", f"schema = 1\ndeep = {'[' * 5_000}", "", "not TOML"),
    ],
)
def test_a_damaged_table_is_refused_and_the_key_named(old, new, key, says):
    with pytest.raises(BadFileError) as refused:
        parse_limits(TEXT.replace(old, new, 1), "limits.toml")
    assert (refused.value.path, refused.value.where) == ("limits.toml", key)
    assert refused.value.why.startswith(says)


@pytest.mark.parametrize(
    "text",
    [
        "schema = 1",
        f"schema = 1\nregions = {list(REGIONS)}",
        TEXT.replace(TEXT[TEXT.index("[regions.heel_medial]") :], "")
        + f"[regions]\nheel_medial = {KEYS[19:].split(', ')}\n"
        + TEXT[TEXT.index("[regions.heel_lateral]") :],
    ],
    ids=["no regions", "regions are a list", "a region is a list"],
)
def test_what_is_no_table_is_refused(text):
    with pytest.raises(BadFileError, match="must"):
        parse_limits(text, "limits.toml")


@pytest.mark.parametrize(("value", "read"), [("1", 1.0), ("0.001", 0.001), ("18.0", 18.0)])
def test_any_number_above_none_and_within_its_ceiling_is_read_as_it_is(value, read):
    row = parse_limits(TEXT.replace("start_n = 8.0", f"start_n = {value}", 1), "").regions
    assert row["heel_medial"].start_n == read
    assert isinstance(row["heel_medial"].start_n, float)


@pytest.mark.parametrize("value_n", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_tightens_to_zero_and_says_so(value_n):
    assert tighten(Limit(5.0, "compiled"), value_n, "owner") == Limit(0.0, "owner_not_finite")


@pytest.mark.parametrize(
    ("value_n", "limit"),
    [
        (5.1, Limit(5.0, "compiled")),
        (5.0, Limit(5.0, "compiled")),
        (4.9, Limit(4.9, "owner")),
        (0.5, Limit(0.5, "owner")),
        (-3.0, Limit(0.0, "owner")),
    ],
)
def test_the_lower_value_binds_with_its_reason_and_the_first_of_equal_ones(value_n, limit):
    assert tighten(Limit(5.0, "compiled"), value_n, "owner") == limit


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
    with pytest.raises(DescriptorError) as refused:
        check_device(parse_descriptor(pack_descriptor(table)))
    assert refused.value.field == f"limits.{name}"


def test_a_device_is_told_its_figure_and_the_one_it_must_keep():
    table = copy.deepcopy(GOOD)
    table["limits"]["bed_ceiling"] = [{"y_um": 0, "force_mn": 60_001}]
    with pytest.raises(DescriptorError, match="60001 mN is above the compiled ceiling of 60000 mN"):
        check_device(parse_descriptor(pack_descriptor(table)))


def test_a_device_may_retract_as_slowly_as_the_least():
    table = copy.deepcopy(GOOD)
    table["limits"]["retract_um_s"] = 100_000
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
