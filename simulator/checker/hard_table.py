"""Limits by region, written down a second time so that one slip cannot pass both.

Source: the project's proposal from the literature on the sole of the foot, unconfirmed on hardware
(domain figures 3.6): hard limit of the firmware, most that a user may choose, and longest static
hold. The places of the regions are those of the same figures, section 2.
"""

from typing import Final, NamedTuple

import numpy as np


class RegionRow(NamedTuple):
    """One region of the sole.

    Attributes:
        name: As everywhere.
        user_max_n: The most that a user may choose.
        hard_n: What the firmware never lets through.
        hold_s: Longest hold in one place.
        u: From the heel 0 to the toes 1, lowest and highest.
        v: From the inner border 0 to the outer 1, lowest and highest.
    """

    name: str
    user_max_n: float
    hard_n: float
    hold_s: float
    u: tuple[float, float]
    v: tuple[float, float]


# The toe line falls from u 0.825 to 0.735 towards the outer border: both ends bound both sides.
REGIONS: Final = (
    RegionRow("heel_medial", 40.0, 60.0, 15.0, (0.0, 0.20), (0.0, 0.5)),
    RegionRow("heel_lateral", 40.0, 60.0, 15.0, (0.0, 0.30), (0.5, 1.0)),
    RegionRow("heel_anterior_medial", 25.0, 40.0, 10.0, (0.20, 0.30), (0.0, 0.5)),
    RegionRow("arch", 16.0, 28.0, 5.0, (0.30, 0.55), (0.0, 0.5)),
    RegionRow("midfoot_lateral", 25.0, 40.0, 8.0, (0.30, 0.55), (0.5, 1.0)),
    RegionRow("mth1", 25.0, 40.0, 8.0, (0.55, 0.825), (0.0, 0.30)),
    RegionRow("mth2", 25.0, 40.0, 8.0, (0.55, 0.825), (0.30, 0.47)),
    RegionRow("mth3", 25.0, 40.0, 8.0, (0.55, 0.825), (0.47, 0.64)),
    RegionRow("mth4", 25.0, 40.0, 8.0, (0.55, 0.825), (0.64, 0.81)),
    RegionRow("mth5", 20.0, 32.0, 8.0, (0.55, 0.825), (0.81, 1.0)),
    RegionRow("hallux", 14.0, 22.0, 5.0, (0.82, 1.0), (0.0, 0.40)),
    RegionRow("toes", 8.0, 14.0, 3.0, (0.735, 1.0), (0.40, 1.0)),
)

# Index -1, off the sole, reads the last entry: nothing may press there.
HARD_N: Final = np.array([*(region.hard_n for region in REGIONS), 0.0])
USER_MAX_N: Final = np.array([*(region.user_max_n for region in REGIONS), 0.0])
HOLD_S: Final = np.array([*(region.hold_s for region in REGIONS), 0.0])
HIGHEST_N: Final = float(HARD_N.max())


def region_name(index: int) -> str:
    """Return what to call the place with this index."""
    return REGIONS[index].name if 0 <= index < len(REGIONS) else "no region of the sole"
