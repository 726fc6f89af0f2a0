"""Every source of a limit binds, none raises, and each says whose it is."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.caps import (
    AGE_SHARE,
    DOSE_S,
    NO_SESSION_CAPS,
    SORE_MM,
    SORE_SHARE,
    SoreSpot,
    Source,
    Standing,
    reason,
    smallest_share,
    standing_limits,
    tighten_by_hold,
    tighten_by_pressure,
    tighten_by_session,
)
from controller.limits import COMPILED_N, Limit, load_limits
from controller.regions import REGIONS
from firmware_bridge.descriptor import CeilingStep
from tests.unit.controller.test_limits import field_with

LIMITS = load_limits()
ARCH = REGIONS.index("arch")
anything = st.floats(allow_nan=True, allow_infinity=True)
standings = st.builds(
    Standing,
    technician_n=st.dictionaries(st.sampled_from(REGIONS), anything),
    owner_n=st.dictionaries(st.sampled_from(REGIONS), anything),
    age=st.sampled_from([*AGE_SHARE, "unknown"]),
)


def here(caps, *, limit_n=16.0, x_mm=80.0, y_mm=100.0, zone=25, most_n=16.0):
    return tighten_by_session(
        Limit(limit_n, "user_max:arch"),
        caps,
        smallest_share(caps),
        x_mm=x_mm,
        y_mm=y_mm,
        most_n=most_n,
        region=ARCH,
        zone=zone,
        doubt_mm=2.0,
    )


def lowered(name, value_n):
    return {**COMPILED_N, name: value_n}


@pytest.mark.parametrize(
    ("standing", "value_n", "reason"),
    [
        (Standing(), 16.0, "user_max:arch"),
        (Standing(technician_n=lowered("arch", 11.0)), 11.0, "technician:arch"),
        (Standing(owner_n=lowered("arch", 9.0)), 9.0, "owner:arch"),
        (Standing(age="youth"), 9.6, "age:arch"),
        (Standing(age="senior"), 9.6, "age:arch"),
        (Standing(age="not known"), 0.0, "age:arch"),
        (Standing(owner_n={}), 0.0, "owner:arch"),
        (Standing(technician_n=lowered("arch", math.nan)), 0.0, "technician:arch_not_finite"),
        (Standing(owner_n=lowered("arch", 1000.0)), 16.0, "user_max:arch"),
    ],
)
def test_the_lowest_standing_cap_binds_and_says_whose_it_is(standing, value_n, reason):
    limit = standing_limits(LIMITS, standing)[ARCH]
    assert limit.value_n == pytest.approx(value_n)
    assert limit.reason == reason


@given(standings)
def test_no_standing_cap_raises_a_limit_whatever_is_written_there(standing):
    for limit, name in zip(standing_limits(LIMITS, standing), REGIONS, strict=True):
        assert 0.0 <= limit.value_n <= LIMITS.regions[name].user_max_n


def most(sole, name, region):
    places = (place for row in sole.places for place in row if place.region == region)
    return max(getattr(place, name) for place in places)


@pytest.mark.parametrize(
    "more",
    [
        {"standing": Standing(technician_n=lowered("arch", 5.0))},
        {"standing": Standing(owner_n=lowered("arch", 5.0))},
        {"standing": Standing(age="senior")},
        {"standing": Standing(zone_n=dict.fromkeys(range(1, 63), 5.0))},
        {"ceiling": (CeilingStep(0, 5_000),)},
    ],
    ids=["technician", "owner", "age", "zone", "device"],
)
def test_lowering_a_standing_cap_lowers_what_the_sole_allows_and_says_why(more, request):
    source = request.node.callspec.id
    before, after = field_with(LIMITS), field_with(LIMITS, **more)
    assert most(after, "limit_n", ARCH) < most(before, "limit_n", ARCH)
    reasons = {place.reason for row in after.places for place in row if place.region == ARCH}
    assert any(reason.startswith(f"{source}:") for reason in reasons)


@pytest.mark.parametrize("source", ["technician", "owner", "age"])
def test_what_a_region_may_bear_is_what_the_device_is_told(source):
    standing = {
        "technician": Standing(technician_n=lowered("arch", 5.0)),
        "owner": Standing(owner_n=lowered("arch", 5.0)),
        "age": Standing(age="senior"),
    }[source]
    before, after = field_with(LIMITS).mask_mn, field_with(LIMITS, standing=standing).mask_mn
    assert (after <= before).all()
    assert (after < before).any()


@pytest.mark.parametrize("key", ["user_kpa", "hard_kpa", "hold_s", "hard_n"])
def test_lowering_a_figure_of_the_table_reaches_the_sole(key):
    row = LIMITS.regions["arch"]
    lower = replace(row, **{key: getattr(row, key) * 0.5})
    limits = replace(LIMITS, regions={**LIMITS.regions, "arch": lower})
    shown = "limit_n" if key == "hard_n" else key
    assert most(field_with(limits), shown, ARCH) < most(field_with(LIMITS), shown, ARCH)


@pytest.mark.parametrize(
    ("caps", "value_n", "source"),
    [
        (NO_SESSION_CAPS._replace(routine=0.5), 8.0, "routine"),
        (NO_SESSION_CAPS._replace(comfort=0.4), 6.4, "comfort"),
        (NO_SESSION_CAPS._replace(warm_up=0.6), 9.6, "warm_up"),
        (NO_SESSION_CAPS._replace(sore=(SoreSpot(80.0, 100.0),)), 8.0, "sore_spot"),
        (NO_SESSION_CAPS._replace(sore=(SoreSpot(80.0, 100.0, 2),)), 0.0, "sore_spot"),
        (NO_SESSION_CAPS._replace(massaged_us={25: round(DOSE_S * 1e6)}), 0.0, "dose"),
    ],
    ids=["routine", "comfort", "warm_up", "sore", "sore again", "dose"],
)
def test_each_cap_of_the_session_binds_and_says_whose_it_is(caps, value_n, source):
    limit = here(caps)
    assert limit.value_n == pytest.approx(value_n)
    assert limit.reason == f"{source}:arch"


def test_a_sore_spot_is_felt_earlier_by_the_doubt_about_the_pose_and_no_farther():
    caps = NO_SESSION_CAPS._replace(sore=(SoreSpot(80.0, 100.0),))
    assert here(caps, y_mm=100.0 + SORE_MM + 4.0).value_n == 8.0
    assert here(caps, y_mm=100.1 + SORE_MM + 4.0).value_n == 16.0


def test_another_zone_may_still_be_massaged_after_one_has_had_its_share():
    caps = NO_SESSION_CAPS._replace(massaged_us={25: round(DOSE_S * 1e6)})
    assert here(caps, zone=26).value_n == 16.0


@given(st.floats(0, 60), anything, anything, anything, anything, anything)
def test_the_session_never_raises_a_limit(limit_n, routine, comfort, warm_up, x_mm, y_mm):
    caps = NO_SESSION_CAPS._replace(
        routine=routine, comfort=comfort, warm_up=warm_up, sore=(SoreSpot(x_mm, y_mm),)
    )
    assert 0.0 <= here(caps, limit_n=limit_n).value_n <= limit_n


def pressed(peak_kpa, force_n=10.0):
    return tighten_by_pressure(
        Limit(16.0, "user_max:arch"),
        force_n=force_n,
        peak_kpa=peak_kpa,
        user_kpa=80.0,
        hard_kpa=120.0,
        region=ARCH,
    )


@pytest.mark.parametrize(
    ("peak_kpa", "value_n"),
    [
        (80.0, 16.0),
        (math.nextafter(80.0, 99.0), pytest.approx(10.0)),
        (100.0, pytest.approx(8.0)),
        (120.0, pytest.approx(10.0 * 80.0 / 120.0)),
        (math.nextafter(120.0, 999.0), 0.0),
        (math.nan, 0.0),
        (math.inf, 0.0),
    ],
)
def test_a_peak_above_its_limit_brings_the_force_down_until_both_hold(peak_kpa, value_n):
    limit = pressed(peak_kpa)
    assert limit.value_n == value_n
    assert limit.reason == ("user_max:arch" if peak_kpa == 80.0 else "pressure:arch")


@given(anything, anything)
def test_no_pressure_raises_a_limit(peak_kpa, force_n):
    assert 0.0 <= pressed(peak_kpa, force_n).value_n <= 16.0


@pytest.mark.parametrize(("held_us", "value_n"), [(4_999_999, 16.0), (5_000_000, 0.0)])
def test_a_head_that_has_pressed_long_enough_in_one_place_lets_go(held_us, value_n):
    limit = tighten_by_hold(Limit(16.0, "user_max:arch"), held_us=held_us, hold_s=5.0, region=ARCH)
    assert limit.value_n == value_n


def test_the_figures_of_the_caps_are_those_of_the_domain_notes():
    assert (SORE_MM, SORE_SHARE, DOSE_S) == (20.0, 0.5, 145.0)
    assert AGE_SHARE == {"adult": 1.0, "youth": 0.6, "senior": 0.6}


def test_each_source_has_a_code_of_its_own():
    assert [source.value for source in Source] == [
        "compiled", "device", "technician", "owner", "age", "user_max", "zone",
        "routine", "comfort", "warm_up", "sore_spot", "dose", "hold", "pressure",
    ]  # fmt: skip
    assert reason(Source.WARM_UP, ARCH) == "warm_up:arch"


def test_where_nobody_has_lowered_anything_only_the_tables_bind():
    assert Standing() == (COMPILED_N, COMPILED_N, "adult", {})
    assert NO_SESSION_CAPS == (1.0, 1.0, 1.0, (), {})
    assert SoreSpot(1.0, 2.0) == (1.0, 2.0, 1)
    limits = standing_limits(LIMITS, Standing())
    assert [limit.reason for limit in limits] == [f"user_max:{name}" for name in REGIONS]


def with_arch(**figures):
    row = replace(LIMITS.regions["arch"], **figures)
    return replace(LIMITS, regions={**LIMITS.regions, "arch": row})


@pytest.mark.parametrize(
    ("figures", "limit"),
    [
        ({"hard_n": 15.0}, Limit(15.0, "compiled:arch")),
        ({"user_max_n": 27.0}, Limit(27.0, "user_max:arch")),
        ({"user_max_n": 99.0, "hard_n": 99.0}, Limit(28.0, "compiled:arch")),
        ({"user_max_n": 28.0}, Limit(28.0, "compiled:arch")),
    ],
)
def test_no_table_raises_the_compiled_ceiling(figures, limit):
    assert standing_limits(with_arch(**figures), Standing())[ARCH] == limit


def test_a_table_that_leaves_a_region_out_forbids_it():
    for standing in (Standing(technician_n={}), Standing(owner_n={})):
        assert {limit.value_n for limit in standing_limits(LIMITS, standing)} == {0.0}


@pytest.mark.parametrize(
    ("routine", "comfort", "warm_up", "value", "source"),
    [
        (1.0, 1.0, 1.0, 1.0, "routine"),
        (0.9, 0.8, 0.7, 0.7, "warm_up"),
        (0.9, 0.7, 0.8, 0.7, "comfort"),
        (0.7, 0.9, 0.8, 0.7, "routine"),
        (0.7, 0.7, 0.7, 0.7, "routine"),
        (0.8, 0.7, 0.7, 0.7, "comfort"),
        (2.0, 3.0, 4.0, 1.0, "routine"),
        (0.0, 0.0, 0.0, 0.0, "routine"),
        (1.0, -0.5, 1.0, 0.0, "comfort"),
        (1.0, math.nan, 1.0, 0.0, "comfort"),
        (1.0, 1.0, -math.inf, 0.0, "warm_up"),
        (math.inf, 0.5, 1.0, 0.5, "comfort"),
    ],
)
def test_the_smallest_share_binds_and_the_first_of_equal_ones(
    routine, comfort, warm_up, value, source
):
    caps = NO_SESSION_CAPS._replace(routine=routine, comfort=comfort, warm_up=warm_up)
    assert smallest_share(caps) == (value, Source(source))


def test_a_share_that_leaves_as_much_as_is_allowed_is_not_the_reason():
    half = NO_SESSION_CAPS._replace(comfort=0.5)
    assert here(half, limit_n=8.0) == Limit(8.0, "user_max:arch")
    assert here(half, limit_n=7.9) == Limit(7.9, "user_max:arch")
    assert here(half, limit_n=8.1) == Limit(8.0, "comfort:arch")
    assert here(half, limit_n=0.5, most_n=0.5) == Limit(0.25, "comfort:arch")


@pytest.mark.parametrize(
    ("zone", "massaged_us", "value_n"),
    [
        (25, {25: 144_999_999}, 16.0),
        (25, {25: 145_000_000}, 0.0),
        (25, {25: 145_000_001}, 0.0),
        (25, {24: 999_000_000, 26: 999_000_000}, 16.0),
        (25, {}, 16.0),
        (0, {0: 999_000_000}, 16.0),
        (1, {1: 999_000_000}, 0.0),
    ],
)
def test_a_zone_has_its_share_of_time_and_no_zone_has_none(zone, massaged_us, value_n):
    assert here(NO_SESSION_CAPS._replace(massaged_us=massaged_us), zone=zone).value_n == value_n


@pytest.mark.parametrize(
    ("x_mm", "y_mm", "times", "value_n"),
    [
        (80.0, 124.0, 1, 8.0),
        (80.0, math.nextafter(124.0, 999.0), 1, 16.0),
        (56.0, 100.0, 1, 8.0),
        (math.nextafter(56.0, 0.0), 100.0, 1, 16.0),
        (94.3, 119.1, 1, 8.0),
        (94.5, 119.3, 1, 16.0),
        (80.0, 124.0, 2, 0.0),
        (80.0, 124.0, 3, 0.0),
        (80.0, 124.0, 0, 0.0),
        (math.nan, 100.0, 1, 8.0),
        (-80.0, 100.0, 1, 16.0),
        (80.0, -100.0, 1, 16.0),
    ],
)
def test_a_sore_spot_reaches_twenty_millimetres_and_twice_the_doubt(x_mm, y_mm, times, value_n):
    caps = NO_SESSION_CAPS._replace(sore=(SoreSpot(x_mm, y_mm, times),))
    assert here(caps).value_n == value_n


def test_every_sore_spot_counts():
    far, near = SoreSpot(0.0, 0.0), SoreSpot(80.0, 100.0)
    for sore in ((far, near), (near, far)):
        assert here(NO_SESSION_CAPS._replace(sore=sore)).value_n == 8.0


@pytest.mark.parametrize(
    ("force_n", "value_n"), [(0.5, 0.4), (10.0, 8.0), (20.0, 16.0), (-5.0, 0.0), (math.nan, 0.0)]
)
def test_the_force_that_would_bring_the_peak_down_is_what_is_left(force_n, value_n):
    assert pressed(100.0, force_n).value_n == pytest.approx(value_n)


def test_a_head_that_pulls_may_not_press_where_the_peak_is_too_high():
    assert pressed(100.0, -math.inf) == Limit(0.0, "pressure:arch")


@pytest.mark.parametrize(("held_us", "binds"), [(4_999_999, False), (5_000_000, True)])
def test_a_hold_that_is_over_says_so(held_us, binds):
    limit = tighten_by_hold(Limit(16.0, "user_max:arch"), held_us=held_us, hold_s=5.0, region=ARCH)
    assert limit == (Limit(0.0, "hold:arch") if binds else Limit(16.0, "user_max:arch"))
