"""After each stop the force is watched until it has gone."""

import math

import pytest

from controller.unloading import AT_REST, KEPT, LOOK_US, let_go, quantile_us, watch

NOW_US = 1_000_000


def test_the_time_counts_from_the_order_until_nothing_presses():
    unloading = let_go(AT_REST, 12.0, NOW_US)
    unloading = watch(unloading, 5.0, NOW_US + 10_000)
    unloading = watch(unloading, 0.9, NOW_US + 30_000)
    assert unloading.times_us == (30_000,)
    assert unloading.since_us == -1


def test_a_second_order_does_not_begin_it_anew():
    unloading = let_go(let_go(AT_REST, 12.0, NOW_US), 6.0, NOW_US + 20_000)
    assert watch(unloading, 0.0, NOW_US + 50_000).times_us == (50_000,)


def test_where_nothing_pressed_there_is_nothing_to_time():
    assert let_go(AT_REST, 0.5, NOW_US) == AT_REST


@pytest.mark.parametrize("force_n", [12.0, 9.7, 20.0, math.nan])
def test_force_that_stays_is_stuck_after_a_tenth_of_a_second(force_n):
    unloading = let_go(AT_REST, 12.0, NOW_US)
    assert not watch(unloading, force_n, NOW_US + LOOK_US - 1).stuck
    assert watch(unloading, force_n, NOW_US + LOOK_US).stuck


def test_force_that_falls_is_not():
    unloading = let_go(AT_REST, 12.0, NOW_US)
    assert not watch(unloading, 9.5, NOW_US + LOOK_US).stuck


def test_the_percentiles_are_of_the_latest_stops():
    unloading = AT_REST
    for number in range(KEPT + 10):
        unloading = let_go(unloading, 12.0, number * NOW_US)
        unloading = watch(unloading, 0.0, number * NOW_US + 1_000 * (number + 1))
    assert len(unloading.times_us) == KEPT
    assert quantile_us(unloading.times_us, 1.0) == 1_000 * (KEPT + 10)
    assert quantile_us((), 0.5) is None
