"""How long a head has pressed in one place."""

from hypothesis import given
from hypothesis import strategies as st

from controller.hold import AWAY_US, NOT_HELD, SPOT_MM, hold_on

TICK_US = 5_000


def press(hold=NOT_HELD, *, seconds, x_mm=0.0, force_n=10.0):
    for _ in range(round(seconds * 1e6 / TICK_US)):
        hold = hold_on(hold, x_mm=x_mm, y_mm=0.0, force_n=force_n, dt_us=TICK_US)
    return hold


def test_time_is_counted_within_fifteen_millimetres():
    hold = press(press(seconds=2.0), seconds=2.0, x_mm=SPOT_MM)
    assert hold.held_us == 4_000_000


def test_being_away_for_a_second_ends_it():
    assert press(press(seconds=2.0), seconds=1.0, force_n=0.0) == NOT_HELD


def test_a_short_leave_does_not_end_it():
    hold = press(press(seconds=2.0), seconds=0.9, force_n=0.0)
    assert press(hold, seconds=1.0).held_us == 3_000_000


def test_the_second_that_ends_one_hold_counts_for_the_next():
    hold = press(press(seconds=2.0), seconds=1.0, x_mm=50.0)
    assert (hold.x_mm, hold.held_us) == (50.0, AWAY_US)


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
