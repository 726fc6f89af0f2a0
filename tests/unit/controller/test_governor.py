"""What the last gate says to each wish and each reading, on both sides of every edge."""

import math
from dataclasses import replace

import pytest

from controller.caps import NO_SESSION_CAPS, SoreSpot
from controller.field import SoleField
from controller.governor import Clamp, Given
from tests.property.test_governor import (
    ASKED,
    CARRIAGE,
    HEEL,
    LAST,
    SEEN,
    SOLE,
    START,
    gate,
)

INSIDE = replace(CARRIAGE, y_min_um=5_000)
REACH = [(20.0, 20.0), (14.0, 15.0), (15.0, 15.0), (145.0, 145.0), (146.0, 145.0)]
ASKED_ON_ARCH = ASKED._replace(y_mm=150.0, force_n=30.0)
SEEN_ON_ARCH = SEEN._replace(y_mm=150.0)
HELD_40 = START._replace(force_n=40.0)
HELD_60 = START._replace(force_n=60.0)
UNTOUCHED = SEEN._replace(force_a_n=0.0, force_b_n=0.0)


def above(value: float) -> float:
    return math.nextafter(value, math.inf)


def test_a_sound_wish_goes_through_as_it_is():
    given = gate(ASKED, SEEN)
    assert given == Given(80.0, 60.0, 60.0, 12.0, 15.0, 40.0, (), "")


def test_what_is_given_is_unclamped_and_untripped_unless_it_says_so():
    assert Given(1.0, 2.0, 3.0, 4.0, 5.0, 6.0) == (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, (), "")
    assert ASKED.ahead == ()


@pytest.mark.parametrize(("asked_mm", "given_mm"), REACH)
def test_a_head_stays_where_the_carriage_reaches_across(asked_mm, given_mm):
    assert gate(ASKED._replace(x_mm=asked_mm), SEEN, carriage=INSIDE).x_mm == given_mm


@pytest.mark.parametrize(
    ("asked_mm", "given_mm"), [(4.0, 5.0), (5.0, 5.0), (6.0, 6.0), (309.0, 309.0), (311.0, 310.0)]
)
def test_a_head_stays_where_the_carriage_reaches_along(asked_mm, given_mm):
    assert gate(ASKED._replace(y_mm=asked_mm), SEEN, carriage=INSIDE).y_mm == given_mm


@pytest.mark.parametrize(
    ("asked_mm_s", "given_mm_s"), [(-1.0, 0.0), (0.5, 0.5), (199.0, 199.0), (201.0, 200.0)]
)
def test_a_head_travels_no_faster_than_the_carriage_can(asked_mm_s, given_mm_s):
    assert gate(ASKED._replace(feed_mm_s=asked_mm_s), SEEN).feed_mm_s == given_mm_s


@pytest.mark.parametrize("name", ["x_mm", "y_mm", "feed_mm_s"])
def test_a_place_that_is_no_number_stops_the_head_where_it_was_sent_last(name):
    last = LAST._replace(x_mm=70.0, y_mm=50.0)
    given = gate(ASKED._replace(**{name: math.nan}), SEEN, last)
    assert (given.x_mm, given.y_mm, given.feed_mm_s) == (70.0, 50.0, 0.0)


@pytest.mark.parametrize(
    ("asked_n_s", "given_n_s"),
    [(-1.0, 0.0), (0.5, 0.5), (15.0, 15.0), (16.0, 15.0), (math.nan, 0.0), (math.inf, 0.0)],
)
def test_the_rise_that_is_sent_is_within_bounds(asked_n_s, given_n_s):
    assert gate(ASKED._replace(rise_n_s=asked_n_s), SEEN).rise_n_s == given_n_s


def test_a_trip_takes_the_limit_and_the_force():
    given = gate(ASKED, SEEN._replace(age_s=0.2))
    assert (given.trip, given.limit_n, given.force_n) == ("frames_lost", 0.0, 0.0)
    assert "frames_lost" in given.reasons


def test_a_trip_outlives_the_reading_that_made_it_until_pressing_is_not_permitted():
    tripped = LAST._replace(trip="over_force")
    assert gate(ASKED, SEEN, tripped).trip == "over_force"
    assert gate(ASKED, SEEN._replace(age_s=0.2), tripped).trip == "over_force"
    assert gate(ASKED, SEEN._replace(saturated_frames=9), tripped).trip == "over_force"
    assert gate(ASKED, SEEN, tripped, permitted=False).trip == ""


@pytest.mark.parametrize("more", [{"permitted": False}, {"field": None}])
def test_what_is_felt_while_nobody_is_pressed_does_not_trip(more):
    given = gate(ASKED, SEEN._replace(force_a_n=70.0, saturated_frames=9), **more)
    assert (given.trip, given.force_n) == ("", 0.0)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"field": None}, "no_foot"),
        ({"permitted": False}, "not_running"),
        ({"permitted": False, "field": None}, "no_foot"),
    ],
)
def test_without_a_foot_or_a_permission_nothing_is_pressed_and_it_says_which(more, reason):
    given = gate(ASKED, UNTOUCHED, **more)
    assert (given.limit_n, given.force_n, given.reasons[-1]) == (0.0, 0.0, reason)


@pytest.mark.parametrize(
    ("force_n", "trip"), [(43.0, ""), (above(43.0), "over_force"), (60.0, "over_force")]
)
def test_three_newtons_above_the_limit_trip_and_no_less(force_n, trip):
    assert gate(ASKED, SEEN._replace(force_a_n=force_n, force_b_n=force_n)).trip == trip


def test_the_force_is_judged_by_the_limit_where_the_head_is():
    seen = SEEN_ON_ARCH._replace(force_a_n=19.5, force_b_n=19.5)
    assert gate(ASKED, seen).trip == "over_force"
    assert gate(ASKED_ON_ARCH, SEEN._replace(force_a_n=19.5, force_b_n=19.5)).trip == ""


def test_off_the_sole_the_force_of_a_lifted_head_is_no_trip():
    assert gate(ASKED, SEEN._replace(x_mm=20.0, force_a_n=50.0, force_b_n=50.0)).trip == ""


def test_any_limit_above_none_can_be_exceeded():
    faint = SoleField(((HEEL._replace(limit_n=0.5),) * 40,) * 40, SOLE.mask_mn, 2.0)
    assert gate(ASKED, SEEN._replace(force_a_n=3.6), field=faint).trip == "over_force"


@pytest.mark.parametrize(
    ("frames", "limit_n", "trip"),
    [(0, 40.0, ""), (1, 0.0, ""), (5, 0.0, ""), (6, 0.0, "saturated"), (7, 0.0, "saturated")],
)
def test_full_scale_takes_the_force_at_once_and_trips_after_six_frames(frames, limit_n, trip):
    given = gate(ASKED, SEEN._replace(saturated_frames=frames))
    assert (given.limit_n, given.trip) == (limit_n, trip)
    assert ("saturated" in given.reasons) is (frames > 0)


def test_a_lifted_head_goes_where_it_likes():
    asked = ASKED._replace(force_n=0.0, ahead=((20.0, 60.0),))
    seen = SEEN._replace(x_mm=20.0, peak_kpa=150.5, held_us=20_000_000)
    given = gate(asked, seen)
    assert (given.limit_n, given.force_n, given.clamps) == (40.0, 0.0, ())


def test_where_two_limits_are_equal_the_one_where_the_head_is_sent_names_the_reason():
    twin = HEEL._replace(reason="owner:heel_medial")
    places = tuple((HEEL if row < 12 else twin,) * 40 for row in range(40))
    sole = SoleField(places, SOLE.mask_mn, 2.0)
    asked = ASKED._replace(y_mm=50.0, force_n=60.0)
    given = gate(asked, SEEN._replace(y_mm=70.0), HELD_60, field=sole)
    assert given.reasons == ("user_max:heel_medial",)


def test_the_limit_where_the_head_still_is_binds_on_the_way_to_a_higher_one():
    given = gate(ASKED, SEEN_ON_ARCH, HELD_40)
    assert given.limit_n == 16.0


def test_the_lowest_limit_of_the_whole_path_binds():
    path = ((80.0, 60.0), (20.0, 60.0), (80.0, 150.0))
    assert gate(ASKED._replace(ahead=path), SEEN).limit_n == 0.0


@pytest.mark.parametrize(
    ("peak_kpa", "limit_n"),
    [(80.0, 16.0), (100.0, pytest.approx(11.0 * 0.8)), (above(120.0), 0.0)],
)
def test_the_pressure_is_judged_by_the_limits_where_the_head_is(peak_kpa, limit_n):
    given = gate(ASKED, SEEN_ON_ARCH._replace(peak_kpa=peak_kpa), HELD_40)
    assert given.limit_n == limit_n
    assert ("pressure:arch" in given.reasons) is (peak_kpa > 80.0)


@pytest.mark.parametrize(("held_us", "limit_n"), [(4_999_999, 16.0), (5_000_000, 0.0)])
def test_the_time_in_one_place_is_judged_where_the_head_is(held_us, limit_n):
    given = gate(ASKED, UNTOUCHED._replace(y_mm=150.0, held_us=held_us))
    assert given.limit_n == limit_n
    assert (given.reasons[-1:] == ("hold:arch",)) is (limit_n == 0.0)


@pytest.mark.parametrize(
    ("caps", "limit_n", "reason"),
    [
        (NO_SESSION_CAPS._replace(comfort=0.4), 8.0, "comfort:heel_medial"),
        (NO_SESSION_CAPS._replace(sore=(SoreSpot(80.0, 83.9),)), 10.0, "sore_spot:heel_medial"),
        (NO_SESSION_CAPS._replace(massaged_us={36: 145_000_000}), 0.0, "dose:heel_medial"),
    ],
)
def test_caps_of_the_session_bind_by_shares_of_the_maximum_of_the_region(caps, limit_n, reason):
    heel = SoleField(((HEEL._replace(most_n=20.0),) * 40,) * 40, SOLE.mask_mn, 2.0)
    given = gate(ASKED, UNTOUCHED, field=heel, caps=caps)
    assert given.limit_n == limit_n
    assert given.reasons == (reason,)


def test_a_wish_at_its_limit_is_not_clamped():
    given = gate(ASKED._replace(force_n=40.0), SEEN, HELD_40)
    assert (given.force_n, given.clamps) == (40.0, ())


def test_each_clamp_says_what_was_asked_what_it_leaves_and_why():
    given = gate(ASKED_ON_ARCH, SEEN_ON_ARCH._replace(sound=False), START._replace(force_n=15.5))
    assert given.clamps == (
        Clamp(30.0, pytest.approx(15.575), "rate"),
        Clamp(30.0, 15.5, "load_cell"),
    )
    assert given.force_n == 15.5


@pytest.mark.parametrize("permitted", [True, False])
@pytest.mark.parametrize("asked_n", [-5.0, 0.0])
def test_a_wish_to_press_less_than_nothing_is_nothing(asked_n, permitted):
    given = gate(ASKED._replace(force_n=asked_n), SEEN, permitted=permitted)
    assert (given.force_n, given.clamps, given.trip) == (0.0, (), "")


@pytest.mark.parametrize("asked_n", [math.nan, math.inf, -math.inf])
def test_a_wish_that_is_no_number_is_nothing(asked_n):
    given = gate(ASKED._replace(force_n=asked_n), UNTOUCHED)
    assert (given.force_n, given.clamps, given.trip) == (0.0, (), "not_finite")


def test_a_wish_to_press_lightly_is_met():
    given = gate(ASKED._replace(force_n=1.0), UNTOUCHED, START._replace(force_n=1.0))
    assert (given.force_n, given.clamps) == (1.0, ())


def test_a_rise_that_is_no_number_is_none():
    given = gate(ASKED._replace(rise_n_s=math.nan), UNTOUCHED)
    assert given.reasons == ("rate", "not_finite")
    assert given.clamps[0].given_n == LAST.force_n


@pytest.mark.parametrize(
    ("rise_n_s", "dt_s", "rise_n"),
    [
        (15.0, 0.005, 0.075),
        (5.0, 0.005, 0.025),
        (0.5, 0.02, 0.01),
        (99.0, 0.005, 0.075),
        (15.0, 0.02, 0.3),
        (15.0, 0.5, 0.3),
        (15.0, -0.005, 0.0),
        (15.0, math.nan, 0.0),
        (15.0, math.inf, 0.0),
        (0.0, 0.005, 0.0),
        (-0.5, 0.005, 0.0),
        (-5.0, 0.005, 0.0),
    ],
)
def test_the_force_rises_by_time_and_no_late_or_senseless_tick_earns_more(rise_n_s, dt_s, rise_n):
    given = gate(ASKED._replace(rise_n_s=rise_n_s), SEEN, START._replace(force_n=2.0), dt_s=dt_s)
    assert given.force_n == pytest.approx(2.0 + rise_n, abs=1e-12)
    assert given.reasons == ("rate",)


@pytest.mark.parametrize(
    ("a_n", "b_n", "doubtful"),
    [
        (5.0, 11.0, False),
        (5.0, above(11.0), True),
        (11.0, 5.0, False),
        (above(11.0), 5.0, True),
        (20.0, 10.0, False),
        (20.0, 9.99, True),
        (10.0, 20.0, False),
        (9.99, 20.0, True),
        (-20.0, -10.0, False),
        (-10.0, -20.0, False),
        (-4.0, 4.0, True),
    ],
)
def test_channels_may_differ_by_six_newtons_or_half_of_the_larger(a_n, b_n, doubtful):
    seen = SEEN._replace(force_a_n=a_n, force_b_n=b_n)
    given = gate(ASKED, seen, START._replace(force_n=5.0))
    assert ("channels_disagree" in given.reasons) is doubtful
    assert (given.force_n == 5.0) is doubtful


def test_a_load_cell_that_is_not_sound_is_named_before_channels_that_disagree():
    given = gate(ASKED, SEEN._replace(sound=False, force_b_n=50.0), START._replace(force_n=5.0))
    assert given.reasons == ("rate", "load_cell")


@pytest.mark.parametrize(("force_n", "given_n"), [(40.0, 40.0), (41.0, 39.0), (42.5, 37.5)])
def test_force_above_the_limit_lets_go_by_as_much(force_n, given_n):
    seen = SEEN._replace(force_a_n=force_n, force_b_n=force_n)
    given = gate(ASKED._replace(force_n=60.0), seen, HELD_40)
    assert given.force_n == pytest.approx(given_n)
    assert (given.reasons[-1] == "over_limit") is (force_n > 40.0)


def test_force_far_above_a_low_limit_leaves_none_and_not_less():
    given = gate(ASKED_ON_ARCH, SEEN_ON_ARCH._replace(force_a_n=36.0, force_b_n=36.0), HELD_40)
    assert given.force_n == 0.0
