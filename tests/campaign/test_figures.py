"""Figures come from the truth of the plant: what it says in plain traces is known beforehand."""

import numpy as np
import pytest

from simulator.campaign.figures import HARD_N, Over, longest_run, over_limit, unloading_ms
from simulator.campaign.window import digest, loses_link
from simulator.faults.registry import read_faults
from simulator.plant.outline import REGION_NAMES

ARCH = REGION_NAMES.index("arch")


def rows_of(force_n, region=ARCH):
    """A trace with so much force on the left foot, a row a millisecond, and none on the right."""
    force_n = np.asarray(force_n, dtype=float)
    none, regions = np.zeros_like(force_n), np.full(force_n.shape, region)
    return {
        "t_us": 1000 * (1 + np.arange(force_n.size)),
        "force_n_l": force_n,
        "force_n_r": none,
        "region_true_l": regions,
        "region_true_r": np.full(force_n.shape, -1),
    }


def test_force_above_the_limit_is_told_with_its_longest_time():
    limit_n = HARD_N[ARCH]
    rows = rows_of([limit_n, limit_n + 2, limit_n - 1, limit_n + 1, limit_n + 1, limit_n + 1])
    assert over_limit(rows, 0) == Over(2.0, 3.0)


def test_what_was_before_the_onset_does_not_count():
    rows = rows_of([HARD_N[ARCH] + 9, 5.0, 5.0])
    assert over_limit(rows, 1000) == Over(0.0, 0.0)


def test_off_the_sole_any_force_is_too_much():
    assert over_limit(rows_of([0.0, 0.5], region=-1), 0) == Over(0.5, 1.0)


@pytest.mark.parametrize(
    ("force_n", "time_ms"),
    [
        ([5, 5, 3, 0.5, 0.2], 3.0),
        ([5, 0.5, 5, 0.5, 0.2], 3.0),  # for good, not for a moment
        ([0.5, 0.2, 5, 0, 0], None),  # nothing pressed when it began
        ([5, 5, 5, 5, 5], 4.0),  # never: to the end of the trace
    ],
)
def test_letting_go_takes_until_the_last_moment_above_a_newton(force_n, time_ms):
    assert unloading_ms(rows_of(force_n), 1000) == time_ms


def test_the_longest_run_is_found_at_either_end():
    assert longest_run(np.array([True, True, False, True])) == 2
    assert longest_run(np.array([True, False, True, True, True])) == 3
    assert longest_run(np.zeros(3, dtype=bool)) == 0


def test_the_fingerprint_of_a_trace_knows_every_value():
    rows = rows_of([1.0, 2.0, 3.0])
    other = rows_of([1.0, 2.0, 3.0])
    assert digest(rows) == digest(other)
    other["force_n_r"][2] = np.nextafter(0.0, 1.0)
    assert digest(rows) != digest(other)


@pytest.mark.parametrize(
    ("fault", "loses"),
    [
        ("link=unplug", True),
        ("link=other", True),
        ("link.down=stall", True),
        ("link=replug,400", True),
        ("link=replug,60000", True),
        ("link=replug,399", False),
        ("link=replug", False),
        ("link.down=delay", True),
        ("link.down=drop,1", True),
        ("link.down=delay,5", False),
        ("link.down=drop", False),
        ("link.up=stall", False),
        ("link=unplug for 30ms", False),
        ("load_cell.left=off", False),
    ],
)
def test_a_link_is_lost_where_the_device_hears_nothing_any_more(fault, loses):
    assert loses_link(read_faults(fault)[0]) is loses
