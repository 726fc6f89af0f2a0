"""Row A7: a press that runs away by itself has 20 ms, then both ways to switch off have cut it.

The hazard table counts its deadlines from the physical onset. No order can hold what obeys none, so
that the speed of those 20 ms is not held against the machine; the force of them is (F1, F3).
"""

from typing import Final

import numpy as np

from simulator.checker.columns import Mask, Rows
from simulator.checker.spells import begins

CUT_MS: Final = 20


def running_away(rows: Rows) -> Mask:
    """Return the 20 ms from each fault that put the device into LIMP within them."""
    found = np.zeros(len(rows), dtype=np.bool_)
    broke = np.flatnonzero(np.diff(rows.fault_on.astype(np.int64), prepend=rows.fault_on[:1]) > 0)
    cut = begins(rows.device_is("LIMP"))
    for row in broke.tolist():
        end = row + CUT_MS + 1
        if cut[row:end].any():
            found[row:end] = True
    return found
