"""How long a head has pressed in one place."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controller.field import CELL_MM, NO_SPOT_US
from controller.hold import (
    AWAY_US,
    COUNT_MM,
    LEAST_US,
    MAX_MM,
    NOT_HELD,
    REACH_MM,
    SPOT_MM,
    hold_on,
)
from controller.limits import load_limits
from tests.property.test_governor import SOLE

TICK_US = 5_000
TOES_MM = 120.0  # along the bed
LEFT_US = np.full((64, 32), 8_000_000)
LEFT_US[round(TOES_MM / CELL_MM) :] = 3_000_000
SKIN = replace(SOLE, hold_us=LEFT_US)
"""Eight seconds below 120 mm, three above."""


def press(hold=NOT_HELD, *, seconds, x_mm=30.0, y_mm=40.0, force_n=10.0):
    for _ in range(round(seconds * 1e6 / TICK_US)):
        hold = hold_on(hold, x_mm=x_mm, y_mm=y_mm, force_n=force_n, dt_us=TICK_US, field=SKIN)
    return hold


def circle(hold=NOT_HELD, *, seconds, radius_mm, period_s=2.0, begun_s=0.0):
    for tick in range(round(seconds * 1e6 / TICK_US)):
        turn = 2.0 * math.pi * (begun_s + tick * TICK_US * 1e-6) / period_s
        hold = hold_on(
            hold,
            x_mm=80.0 + radius_mm * math.sin(turn),
            y_mm=100.0 - radius_mm * math.cos(turn),
            force_n=10.0,
            dt_us=TICK_US,
            field=SKIN,
        )
    return hold


def test_a_head_that_does_not_press_holds_nothing():
    assert press(seconds=2.0, force_n=0.5) is NOT_HELD


def test_the_first_moment_counts():
    assert press(seconds=0.005).held_us == TICK_US


def test_time_in_one_place_is_counted_to_the_tick():
    assert press(seconds=7.0).held_us == 7_000_000


@pytest.mark.parametrize(("x_mm", "y_mm"), [(45.0, 40.0), (30.0, 25.0), (39.0, 52.0), (15.0, 40.0)])
def test_within_fifteen_millimetres_it_is_the_same_place(x_mm, y_mm):
    assert press(press(seconds=2.0), seconds=2.0, x_mm=x_mm, y_mm=y_mm).held_us == 4_000_000


@pytest.mark.parametrize(("x_mm", "y_mm"), [(66.0, 40.0), (30.0, 4.0), (30.0, 76.0)])
def test_beyond_it_another_place_begins(x_mm, y_mm):
    assert press(press(seconds=2.0), seconds=0.5, x_mm=x_mm, y_mm=y_mm).held_us == 500_000


def test_a_circle_stays_near_its_middle_however_often_it_leaves_where_it_began():
    around = circle(press(seconds=0.1, x_mm=80.0, y_mm=100.0), seconds=8.0, radius_mm=10.0)
    assert around.held_us > 7_500_000


def test_a_circle_too_wide_for_any_of_its_spots_is_no_hold():
    """A good half second near any of them, and then away from it for more than a second."""
    assert circle(seconds=20.0, radius_mm=40.0, period_s=5.0).held_us < 1_500_000


def test_a_long_stroke_is_no_hold_anywhere():
    hold, most_us = NOT_HELD, 0
    for tick in range(4_000):
        y_mm = 20.0 + 0.1 * tick if tick < 2_000 else 420.0 - 0.1 * tick
        hold = hold_on(hold, x_mm=80.0, y_mm=y_mm, force_n=10.0, dt_us=TICK_US, field=SKIN)
        most_us = max(most_us, hold.held_us if tick < 2_000 else 0)
    assert most_us <= 2.0 * (REACH_MM + COUNT_MM) / 20.0 * 1e6


@pytest.mark.parametrize(
    ("force_n", "pressed"), [(1.0, False), (math.nextafter(1.0, 2.0), True), (math.nan, True)]
)
def test_more_than_one_newton_presses_and_so_does_a_force_that_is_no_number(force_n, pressed):
    held = press(seconds=1.0)
    assert (press(held, seconds=0.5, force_n=force_n).held_us > held.held_us) is pressed


@pytest.mark.parametrize("lost_mm", [math.nan, math.inf, -math.inf])
def test_a_place_that_is_no_number_is_where_the_head_was(lost_mm):
    held = press(press(seconds=1.0), seconds=1.0, x_mm=lost_mm)
    assert press(held, seconds=1.0, y_mm=lost_mm).held_us == 3_000_000


@pytest.mark.parametrize(
    ("x_mm", "y_mm"), [(-1e9, -1e9), (1e9, 1e9), (0.0, 0.0), (MAX_MM, MAX_MM), (-0.1, MAX_MM)]
)
def test_a_place_beyond_every_bed_is_a_place_too(x_mm, y_mm):
    assert press(seconds=3.0, x_mm=x_mm, y_mm=y_mm).held_us == 3_000_000


def test_being_away_for_a_second_ends_it():
    assert press(press(seconds=2.0), seconds=1.0, force_n=0.0) is NOT_HELD


def test_a_second_is_a_second():
    nearly = press(press(seconds=2.0), seconds=0.995, force_n=0.0)
    assert (
        hold_on(nearly, x_mm=30.0, y_mm=40.0, force_n=0.0, dt_us=4_999, field=SKIN) is not NOT_HELD
    )
    assert hold_on(nearly, x_mm=30.0, y_mm=40.0, force_n=0.0, dt_us=5_000, field=SKIN) is NOT_HELD


def test_a_short_leave_does_not_end_it_and_does_not_count():
    hold = press(press(seconds=2.0), seconds=0.9, force_n=0.0)
    assert press(hold, seconds=1.0).held_us == 3_000_000


def test_pressing_elsewhere_for_a_second_ends_it_too():
    hold = press(press(seconds=2.0), seconds=1.1, x_mm=80.0)
    assert hold.held_us == 1_100_000
    assert press(hold, seconds=0.5).held_us == 500_000


def test_pressing_elsewhere_for_a_moment_does_not():
    hold = press(press(seconds=2.0), seconds=0.9, x_mm=80.0)
    assert hold.held_us == 900_000
    assert press(hold, seconds=0.5).held_us == 2_500_000


def test_what_was_pressed_before_a_lift_counts_from_when_it_was_pressed():
    """The last moments of a press are not set down as if they had come after the lift."""
    hold = press(press(seconds=2.0), seconds=0.95, force_n=0.0)
    hold = press(hold, seconds=0.1, x_mm=80.0)
    assert press(hold, seconds=0.5).held_us == 500_000


def test_a_hold_before_is_not_changed_by_one_after():
    before = press(seconds=1.0)
    copies = [clocks.copy() for clocks in before.spots]
    press(before, seconds=1.0, x_mm=33.0)
    assert all(map(np.array_equal, before.spots, copies))


LONG_US = 100_000


def test_what_is_left_is_told_by_the_skin_that_lies_there():
    assert press(seconds=2.0, y_mm=60.0).left_us == 6_000_000
    assert press(seconds=2.0, y_mm=160.0).left_us == 1_000_000
    assert press(seconds=9.0, y_mm=60.0).left_us == -1_000_000


def test_thin_skin_within_fifteen_millimetres_counts_too():
    """The head is still on the ball, and the toes beside it have been pressed as long."""
    assert press(seconds=2.0, y_mm=TOES_MM - 10.0).left_us == 1_000_000
    assert press(seconds=2.0, y_mm=TOES_MM - REACH_MM - 5.0).left_us == 6_000_000


def test_where_nothing_may_be_pressed_no_time_runs_out():
    nowhere = replace(SKIN, hold_us=np.full((64, 32), NO_SPOT_US))
    hold = hold_on(NOT_HELD, x_mm=80.0, y_mm=60.0, force_n=5.0, dt_us=TICK_US, field=nowhere)
    assert hold.left_us == NO_SPOT_US - TICK_US


@pytest.mark.parametrize("at", [(155.0, 60.0), (80.0, 318.0), (400.0, 60.0), (80.0, 500.0)])
def test_a_head_at_the_edge_of_the_raster_looks_no_further(at):
    hold = hold_on(NOT_HELD, x_mm=at[0], y_mm=at[1], force_n=5.0, dt_us=TICK_US, field=SKIN)
    assert hold.left_us > 0


def test_without_a_sole_no_time_is_left():
    hold = hold_on(NOT_HELD, x_mm=80.0, y_mm=60.0, force_n=5.0, dt_us=TICK_US, field=None)
    assert hold.left_us < 0


def test_before_anything_is_known_there_is_as_much_as_the_thinnest_skin_bears():
    assert min(row.hold_s for row in load_limits().regions.values()) * 1e6 == LEAST_US
    assert NOT_HELD.left_us == LEAST_US


PATHS = st.lists(
    st.tuples(
        st.floats(40.0, 90.0),
        st.floats(80.0, 120.0),
        st.sampled_from([0.0, 0.9, 5.0, 5.0, 5.0]),
        st.integers(1, 12),
    ),
    min_size=1,
    max_size=12,
)
"""Where the head is, how hard, and for how many tenths of a second."""


def stays_us(ticks, reach_mm):
    """By definition, for each tick: the longest that a spot near the head was pressed.

    Knows nothing of cells: all places that are pressed some day are spots.
    """
    clocks = {place: (0, 0) for place, pressed in ticks if pressed}
    longest = []
    for now, (place, pressed) in enumerate(ticks):
        near = [at for at in clocks if pressed and math.dist(at, place) <= reach_mm]
        for at in near:
            held, last = clocks[at]
            left = (now - last - 1) * LONG_US >= AWAY_US
            clocks[at] = (1 if left else held + 1, now)
        longest.append(max((clocks[at][0] * LONG_US for at in near), default=0))
    return longest


@given(PATHS)
@example([(44.0, 80.0, 5.0, 1), (44.0, 80.0, 0.0, 10), (40.0, 80.0, 5.0, 1), (59.0, 80.0, 5.0, 1)])
@example([(60.0, 100.0, 5.0, 3), (75.0, 100.0, 5.0, 60), (60.0, 100.0, 5.0, 1)])
def test_nothing_within_fifteen_millimetres_is_missed_and_little_beyond_is_counted(path):
    ticks = [((x, y), force_n > 1.0) for x, y, force_n, count in path for _ in range(count)]
    hold, held_us = NOT_HELD, []
    for (x_mm, y_mm), pressed in ticks:
        hold = hold_on(
            hold, x_mm=x_mm, y_mm=y_mm, force_n=5.0 if pressed else 0.0, dt_us=LONG_US, field=SKIN
        )
        held_us.append(hold.held_us if pressed else 0)
    at_least = stays_us(ticks, SPOT_MM)
    at_most = stays_us(ticks, 2.0 * (REACH_MM + COUNT_MM))
    assert all(least <= held for least, held in zip(at_least, held_us, strict=True))
    assert all(held <= most for held, most in zip(held_us, at_most, strict=True))
