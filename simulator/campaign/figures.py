"""What the truth of one run says in numbers: force above the limit, time to let go."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from controller.limits import load_limits
from simulator.trace_columns import BED_SUFFIXES

UNLOADED_N: Final = 1.0
"""Below this a head has let go. Source: invariant F4."""

HARD_N: Final = np.array([row.hard_n for row in load_limits().regions.values()])
"""Hard limit of each region, in the order of the trace's region numbers; off the sole none."""

Arrays = Mapping[str, NDArray[Any]]


class Over(NamedTuple):
    """How far and how long without a break the true force was above the hard limit.

    Attributes:
        most_n: The most, 0.0 never.
        longest_ms: The longest.
    """

    most_n: float
    longest_ms: float


def over_limit(arrays: Arrays, from_us: int) -> Over:
    """Return by how much and how long the force was above the limit of the true region."""
    most_n = longest = 0.0
    since = arrays["t_us"] > from_us
    for suffix in BED_SUFFIXES:
        region, force_n = arrays["region_true" + suffix][since], arrays["force_n" + suffix][since]
        over_n = force_n - np.where(region >= 0, HARD_N[region], 0.0)
        above = (over_n > 0.0) & (force_n > 0.0)
        if above.any():
            most_n = max(most_n, float(over_n[above].max()))
            longest = max(longest, float(longest_run(above)))
    return Over(most_n, longest)


def longest_run(flags: NDArray[np.bool_]) -> int:
    """Return how many rows the longest unbroken run of `flags` has."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def unloading_ms(arrays: Arrays, from_us: int) -> float | None:
    """Return the time from `from_us` until both heads have let go for good.

    None where neither pressed then. A head that never lets go counts to the end of the trace.
    """
    t_us = arrays["t_us"]
    force_n = np.maximum(arrays["force_n_l"], arrays["force_n_r"])
    start = int(np.searchsorted(t_us, from_us))
    if start >= t_us.size or force_n[start] < UNLOADED_N:
        return None
    last = start + int(np.flatnonzero(force_n[start:] >= UNLOADED_N)[-1])
    return float(t_us[min(last + 1, t_us.size - 1)] - from_us) / 1000.0
