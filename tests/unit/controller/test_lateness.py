"""The histogram of the loop's times."""

import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from controller.lateness import FROM_US, Histogram, Spread

times_us = st.lists(st.integers(min_value=0, max_value=900_000), min_size=1, max_size=300)


def filled(values_us) -> Histogram:
    histogram = Histogram()
    for value_us in values_us:
        histogram.add(value_us)
    return histogram


def test_nothing_counted_is_nothing():
    assert Histogram().spread() == Spread(0, 0, 0, 0)
    assert sum(Histogram().coarse()) == 0


@given(times_us)
def test_percentiles_are_above_the_true_ones_by_an_eighth_at_most(values_us):
    spread = filled(values_us).spread()
    for told_us, share in zip(spread, (0.5, 0.99, 0.999), strict=False):
        true_us = int(np.quantile(values_us, share, method="inverted_cdf"))
        assert true_us <= told_us <= true_us + true_us // 8 + 1
    assert spread.max_us == max(values_us)


@given(times_us)
def test_each_time_lies_in_the_coarse_bin_that_begins_below_it(values_us):
    wanted, _ = np.histogram(values_us, [*FROM_US, 1 << 40])
    assert filled(values_us).coarse() == wanted.tolist()


def test_a_clock_that_runs_back_and_one_that_jumps_far_are_counted_too():
    histogram = filled([-5, 10**12])
    assert histogram.total == 2
    assert histogram.coarse()[0] == histogram.coarse()[-1] == 1
    assert histogram.spread().max_us == 10**12


def test_it_takes_no_more_memory_however_much_is_counted():
    histogram = filled([7])
    size = sys.getsizeof(histogram._counts)
    for value_us in range(0, 3_000_000, 1_000):
        histogram.add(value_us)
    assert sys.getsizeof(histogram._counts) == size
