"""After each stop the force is watched until it has gone."""

import math

import pytest

from controller.unloading import AT_REST, KEPT, LOOK_US, Unloading, let_go, quantile_us, watch

NOW_US = 1_000_000
JUST_BELOW_1_N = math.nextafter(1.0, 0.0)


def test_the_time_counts_from_the_order_until_nothing_presses():
    unloading = let_go(AT_REST, 12.0, NOW_US)
    unloading = watch(unloading, 5.0, NOW_US + 10_000)
    unloading = watch(unloading, 0.9, NOW_US + 30_000)
    assert unloading.times_us == (30_000,)
    assert unloading.since_us == -1


def test_at_rest_nothing_is_under_way_and_nothing_is_known():
    assert Unloading() == (-1, 0.0, False, ())


def test_a_second_order_does_not_begin_it_anew():
    unloading = let_go(let_go(AT_REST, 12.0, NOW_US), 6.0, NOW_US + 20_000)
    assert watch(unloading, 0.0, NOW_US + 50_000).times_us == (50_000,)


def test_an_order_at_the_first_moment_of_the_clock_is_an_order():
    unloading = let_go(AT_REST, 12.0, 0)
    assert let_go(unloading, 6.0, 20_000) == unloading
    assert watch(unloading, 0.0, 50_000).times_us == (50_000,)


def test_an_order_begins_with_no_blame():
    assert let_go(AT_REST._replace(stuck=True), 12.0, NOW_US) == (NOW_US, 12.0, False, ())


def test_where_nothing_pressed_there_is_nothing_to_time():
    assert let_go(AT_REST, 0.5, NOW_US) == AT_REST


def test_a_force_that_nobody_told_to_go_is_not_watched():
    for force_n in (0.0, 12.0):
        assert watch(AT_REST, force_n, NOW_US) is AT_REST


@pytest.mark.parametrize(("force_n", "presses"), [(JUST_BELOW_1_N, False), (1.0, True)])
def test_below_one_newton_nothing_presses(force_n, presses):
    assert (let_go(AT_REST, force_n, NOW_US).since_us == NOW_US) is presses
    after = watch(let_go(AT_REST, 12.0, NOW_US), force_n, NOW_US + 30_000)
    assert (after.since_us == NOW_US) is presses


@pytest.mark.parametrize("force_n", [12.0, 9.7, 20.0, math.nan])
def test_force_that_stays_is_stuck_after_a_tenth_of_a_second(force_n):
    unloading = let_go(AT_REST, 12.0, NOW_US)
    assert not watch(unloading, force_n, NOW_US + 99_999).stuck
    assert watch(unloading, force_n, NOW_US + 100_000).stuck


@pytest.mark.parametrize(
    ("force_n", "stuck"), [(8.0, True), (math.nextafter(8.0, 0.0), False), (1.5, False)]
)
def test_force_that_has_fallen_below_four_fifths_is_on_its_way(force_n, stuck):
    unloading = let_go(AT_REST, 10.0, NOW_US)
    assert watch(unloading, force_n, NOW_US + LOOK_US).stuck is stuck


def test_force_on_its_way_leaves_the_watch_as_it_is():
    unloading = let_go(AT_REST, 12.0, NOW_US)
    assert watch(unloading, 5.0, NOW_US + 10_000) is unloading


def test_the_percentiles_are_of_the_latest_256_stops():
    unloading = AT_REST
    for number in range(266):
        unloading = let_go(unloading, 12.0, number * NOW_US)
        unloading = watch(unloading, 0.0, number * NOW_US + 1_000 * (number + 1))
    assert KEPT == len(unloading.times_us) == 256
    assert unloading.times_us[0] == 11_000
    assert quantile_us(unloading.times_us, 1.0) == 266_000
    assert quantile_us((), 0.5) is None


@pytest.mark.parametrize(
    ("share", "time_us"),
    [(0.0, 1_000), (0.19, 1_000), (0.2, 2_000), (0.5, 3_000), (0.95, 5_000), (1.0, 5_000)],
)
def test_so_many_of_the_stops_took_no_longer(share, time_us):
    assert quantile_us((5_000, 3_000, 1_000, 4_000, 2_000), share) == time_us
