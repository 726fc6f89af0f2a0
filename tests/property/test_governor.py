"""No input presses too hard: the last gate holds for every float and every order of inputs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.caps import NO_SESSION_CAPS
from controller.field import CELL_MM, NOWHERE, Place, SoleField
from controller.governor import MAX_DT_S, OVER_LIMIT_N, Asked, Given, Seen, govern
from controller.limits import FRAME_LOST_S, FRAME_STALE_S, RISE_N_S
from firmware_bridge.descriptor import Carriage

CARRIAGE = Carriage(15_000, 145_000, 0, 310_000, 40_000, 20_000, 200_000, 45_000)
HEEL = Place(40.0, "user_max:heel_medial", 40.0, 18.0, 8.0, 3.0, 0, 0, 36, 150.0, 200.0, 15.0)
ARCH = Place(16.0, "user_max:arch", 16.0, 8.0, 4.0, 3.0, 3, 3, 25, 80.0, 120.0, 5.0)


def sole(rows: int = 64, cols: int = 32) -> SoleField:
    """Heel below 100 mm, arch above, nothing within 30 mm of the sides."""
    places = tuple(
        tuple(
            NOWHERE if not 30 <= (col + 0.5) * CELL_MM <= 130 else HEEL if row < 20 else ARCH
            for col in range(cols)
        )
        for row in range(rows)
    )
    return SoleField(places, np.zeros((2, 2), np.uint16), 2.0)


SOLE = sole()
anything = st.floats(allow_nan=True, allow_infinity=True)
sensible = st.floats(-50.0, 400.0)
paths = st.lists(st.tuples(anything, anything), max_size=3).map(tuple)
asks = st.builds(Asked, anything, anything, anything, anything, anything, paths)
sights = st.builds(
    Seen,
    *(anything, anything, anything, st.booleans(), anything, anything),
    *(anything, st.integers(0, 9), st.integers(0, 20_000_000)),
)
near_paths = st.lists(st.tuples(sensible, sensible), max_size=3).map(tuple)
near_asks = st.builds(Asked, sensible, sensible, sensible, sensible, sensible, near_paths)
near_sights = st.builds(
    Seen,
    *(st.floats(0, 0.2), st.floats(-5, 70), st.floats(-5, 70), st.booleans(), sensible, sensible),
    *(st.floats(0, 250), st.integers(0, 9), st.integers(0, 20_000_000)),
)
START = Given(80.0, 60.0, 0.0, 0.0, 0.0, 0.0)
ASKED = Asked(80.0, 60.0, 60.0, 12.0, 15.0)
SEEN = Seen(0.002, 11.0, 11.0, True, 80.0, 60.0, 40.0, 0, 0)
LAST = START._replace(force_n=11.99)


def gate(asked: Asked, seen: Seen, last: Given = LAST, **more) -> Given:
    settings = {
        "field": SOLE,
        "caps": NO_SESSION_CAPS,
        "carriage": CARRIAGE,
        "permitted": True,
        "dt_s": 0.005,
    }
    return govern(asked, seen=seen, last=last, **{**settings, **more})


def is_safe(given: Given) -> bool:
    finite = all(
        map(
            math.isfinite,
            (given.x_mm, given.y_mm, given.feed_mm_s, given.force_n, given.rise_n_s, given.limit_n),
        )
    )
    return finite and 0.0 <= given.force_n <= given.limit_n <= 40.0 and given.rise_n_s <= RISE_N_S


@given(
    st.lists(
        st.tuples(asks | near_asks, sights | near_sights, anything, st.booleans()), max_size=12
    )
)
def test_what_leaves_is_finite_and_within_the_limit_whatever_comes(ticks):
    last = START
    for asked, seen, dt_s, permitted in ticks:
        given = gate(asked, seen, last, dt_s=dt_s, permitted=permitted)
        assert is_safe(given)
        assert given.force_n <= last.force_n + RISE_N_S * MAX_DT_S + 1e-9
        if not permitted or given.trip:
            assert given.force_n == 0.0
        assert CARRIAGE.x_min_um / 1000 <= given.x_mm <= CARRIAGE.x_max_um / 1000
        assert CARRIAGE.y_min_um / 1000 <= given.y_mm <= CARRIAGE.y_max_um / 1000
        last = given


@given(near_asks, near_sights, st.floats(0, 40))
def test_a_doubtful_reading_never_raises_the_force(asked, seen, last_n):
    last = START._replace(force_n=last_n)
    assert gate(asked, seen._replace(sound=False), last).force_n <= last_n


@given(near_asks, near_sights, st.floats(0, 40))
def test_letting_go_is_never_slowed(asked, seen, last_n):
    last = START._replace(force_n=last_n)
    assert gate(asked._replace(force_n=0.0), seen, last).force_n == 0.0


@given(near_asks, near_sights, st.floats(0, 60))
def test_a_lower_field_never_gives_more(asked, seen, cap_n):
    lower = SoleField(
        tuple(
            tuple(place._replace(limit_n=min(place.limit_n, cap_n)) for place in row)
            for row in SOLE.places
        ),
        SOLE.mask_mn,
        SOLE.doubt_mm,
    )
    assert gate(asked, seen, field=lower).force_n <= gate(asked, seen).force_n


@pytest.mark.parametrize("name", ["x_mm", "y_mm", "feed_mm_s", "force_n", "rise_n_s"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_wish_that_is_no_number_trips(name, value):
    given = gate(ASKED._replace(**{name: value}), SEEN)
    assert given.trip == "not_finite"
    assert given.force_n == 0.0


@pytest.mark.parametrize("name", ["force_a_n", "force_b_n", "x_mm", "y_mm"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_reading_that_is_no_number_trips(name, value):
    given = gate(ASKED, SEEN._replace(**{name: value}))
    assert given.trip == "reading_not_finite"
    assert given.force_n == 0.0


def around(edge: float) -> list[tuple[float, bool]]:
    """Values on both sides of an edge and on it: (value, is beyond it)."""
    return [
        (math.nextafter(edge, -math.inf), False),
        (edge, False),
        (math.nextafter(edge, math.inf), True),
    ]


@pytest.mark.parametrize(("age_s", "stale"), around(FRAME_STALE_S))
def test_a_stale_frame_gives_no_force(age_s, stale):
    given = gate(ASKED, SEEN._replace(age_s=age_s))
    assert (given.force_n == 0.0) is stale
    assert ("stale_frame" in given.reasons) is stale
    assert given.trip == ""


@pytest.mark.parametrize(("age_s", "lost"), around(FRAME_LOST_S))
def test_lost_frames_trip(age_s, lost):
    assert (gate(ASKED, SEEN._replace(age_s=age_s)).trip == "frames_lost") is lost


@pytest.mark.parametrize(("force_n", "over"), around(40.0 + OVER_LIMIT_N))
def test_a_measured_force_far_above_the_limit_trips(force_n, over):
    given = gate(ASKED, SEEN._replace(force_a_n=force_n, force_b_n=force_n))
    assert (given.trip == "over_force") is over
    assert given.force_n <= 37.0 + 1e-9


@pytest.mark.parametrize(("force_n", "yields"), around(40.0))
def test_a_measured_force_above_the_limit_yields(force_n, yields):
    seen = SEEN._replace(force_a_n=force_n + (1.0 if yields else 0.0), force_b_n=force_n)
    given = gate(ASKED._replace(force_n=60.0), seen, START._replace(force_n=40.0))
    assert ("over_limit" in given.reasons) is yields
    assert (given.force_n <= 39.0) is yields


def test_coming_from_the_heel_the_force_falls_before_the_border():
    asked = Asked(80.0, 90.0, 60.0, 18.0, 15.0, ahead=((80.0, 96.0), (80.0, 102.0)))
    seen = SEEN._replace(y_mm=89.0)
    given = gate(asked, seen, START._replace(force_n=18.0))
    assert given.limit_n == 16.0
    assert given.reasons == ("user_max:arch",)
    away = gate(asked._replace(ahead=((80.0, 84.0),)), seen, START._replace(force_n=18.0))
    assert away.limit_n == 40.0


def test_off_the_sole_there_is_no_force():
    seen = SEEN._replace(x_mm=20.0, force_a_n=0.0, force_b_n=0.0)
    given = gate(ASKED._replace(x_mm=20.0), seen)
    assert given.limit_n == 0.0
    assert given.force_n == 0.0
    assert given.reasons[-1] == "off_sole"


def test_without_a_registered_foot_there_is_no_force():
    assert gate(ASKED, SEEN, field=None).force_n == 0.0


def test_channels_that_disagree_hold_the_rise():
    given = gate(ASKED, SEEN._replace(force_b_n=2.0), START._replace(force_n=5.0))
    assert given.force_n == 5.0
    assert "channels_disagree" in given.reasons


def test_force_rises_no_faster_than_asked():
    given = gate(ASKED._replace(rise_n_s=5.0), SEEN, START._replace(force_n=2.0))
    assert given.force_n == pytest.approx(2.0 + 5.0 * 0.005)
    assert given.reasons == ("rate",)
