"""Where a print begins and ends."""

import numpy as np
import pytest

from controller.alignment import _quantile


@pytest.mark.parametrize("count", [1, 2, 3, 50, 51, 199, 511])
def test_a_quantile_is_the_one_that_numpy_gives(count):
    values = np.sort(np.random.default_rng(count).normal(0, 80, count))
    for share in (0.0, 0.01, 0.3, 0.5, 0.99, 1.0):
        assert _quantile(values, share) == np.quantile(values, share)
