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
    SoreSpot,
    Standing,
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


def here(caps, *, limit_n=16.0, x_mm=80.0, y_mm=100.0, zone=25):
    return tighten_by_session(
        Limit(limit_n, "user_max:arch"),
        caps,
        smallest_share(caps),
        x_mm=x_mm,
        y_mm=y_mm,
        most_n=16.0,
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
