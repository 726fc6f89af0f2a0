"""How long a head has pressed in one place."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.hold import AWAY_US, NOT_HELD, SPOT_MM, Hold, hold_on

TICK_US = 5_000
HELD = Hold(30.0, 40.0, 2_000_000, 0)


def press(hold=NOT_HELD, *, seconds, x_mm=0.0, force_n=10.0):
    for _ in range(round(seconds * 1e6 / TICK_US)):
        hold = hold_on(hold, x_mm=x_mm, y_mm=0.0, force_n=force_n, dt_us=TICK_US)
    return hold


def next_tick(hold=HELD, *, x_mm=30.0, y_mm=40.0, force_n=10.0, dt_us=TICK_US):
    return hold_on(hold, x_mm=x_mm, y_mm=y_mm, force_n=force_n, dt_us=dt_us)


def test_it_begins_where_the_head_presses():
    assert next_tick(NOT_HELD, x_mm=120.0, y_mm=250.0) == (120.0, 250.0, TICK_US, 0)


def test_a_head_that_does_not_press_holds_nothing():
    assert next_tick(NOT_HELD, force_n=0.5) == (0.0, 0.0, 0, 0)


def test_time_is_counted_within_fifteen_millimetres():
    hold = press(press(seconds=2.0), seconds=2.0, x_mm=SPOT_MM)
    assert hold.held_us == 4_000_000


@pytest.mark.parametrize(
    ("x_mm", "y_mm", "near"),
    [
        (45.0, 40.0, True),
        (math.nextafter(45.0, 99.0), 40.0, False),
        (30.0, 25.0, True),
        (30.0, math.nextafter(25.0, 0.0), False),
        (39.0, 52.0, True),
        (39.1, 52.1, False),
        (-30.0, 40.0, False),
        (30.0, -40.0, False),
        (math.nan, 40.0, False),
    ],
)
def test_the_place_reaches_fifteen_millimetres_around_where_it_began(x_mm, y_mm, near):
    hold = next_tick(x_mm=x_mm, y_mm=y_mm)
    assert hold == (HELD._replace(held_us=2_005_000) if near else HELD._replace(away_us=5_000))


@pytest.mark.parametrize(
    ("force_n", "pressed"), [(1.0, False), (math.nextafter(1.0, 2.0), True), (math.nan, True)]
)
def test_more_than_one_newton_presses_and_so_does_a_force_that_is_no_number(force_n, pressed):
    assert (next_tick(force_n=force_n).held_us > HELD.held_us) is pressed


def test_coming_back_in_time_forgets_that_it_was_away():
    assert next_tick(HELD._replace(away_us=900_000)) == HELD._replace(held_us=2_005_000)


def test_being_away_for_a_second_ends_it():
    assert press(press(seconds=2.0), seconds=1.0, force_n=0.0) == NOT_HELD


@pytest.mark.parametrize(("away_us", "over"), [(994_999, False), (995_000, True)])
def test_a_second_is_a_second(away_us, over):
    hold = next_tick(HELD._replace(away_us=away_us), force_n=0.0)
    assert hold == (NOT_HELD if over else HELD._replace(away_us=999_999))


def test_a_short_leave_does_not_end_it():
    hold = press(press(seconds=2.0), seconds=0.9, force_n=0.0)
    assert press(hold, seconds=1.0).held_us == 3_000_000


def test_the_second_that_ends_one_hold_counts_for_the_next():
    hold = press(press(seconds=2.0), seconds=1.0, x_mm=50.0)
    assert hold == (50.0, 0.0, AWAY_US, 0)


@given(
    st.lists(
        st.tuples(st.floats(-40, 40), st.floats(allow_nan=True), st.integers(0, 20_000)),
        max_size=60,
    )
)
def test_a_hold_never_counts_more_than_the_time_that_has_passed(moves):
    hold, passed_us = NOT_HELD, 0
    for x_mm, force_n, dt_us in moves:
        hold = hold_on(hold, x_mm=x_mm, y_mm=0.0, force_n=force_n, dt_us=dt_us)
        passed_us += dt_us
        assert 0 <= hold.held_us <= passed_us
