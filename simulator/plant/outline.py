"""Where a point of the sole lies: outline, its own coordinates, and the true limit region.

Written from the atlas figures, apart from the controller's own version on purpose: what judges a
massage must not share a line with what drives it.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REGION_NAMES: Final = (
    "heel_medial",
    "heel_lateral",
    "heel_anterior_medial",
    "arch",
    "midfoot_lateral",
    "mth1",
    "mth2",
    "mth3",
    "mth4",
    "mth5",
    "hallux",
    "toes",
)
OFF_SOLE: Final = -1

BREADTH_RATIO: Final = 0.38
"""Ball breadth over foot length of the outline below. Source: ANSUR II (2012), 0.376 +- 0.017."""

# Right foot, seen from above: u from the back of the heel, medial and lateral border over length,
# lateral positive. Podal proposal: breadths after ANSUR II, unconfirmed on hardware.
_OUTLINE: Final = (
    (0.0, -0.03, 0.03),
    (0.01, -0.065, 0.06),
    (0.03, -0.098, 0.093),
    (0.06, -0.117, 0.114),
    (0.1, -0.13, 0.128),
    (0.15, -0.135, 0.135),
    (0.2, -0.132, 0.138),
    (0.25, -0.123, 0.14),
    (0.3, -0.113, 0.144),
    (0.35, -0.104, 0.15),
    (0.4, -0.099, 0.157),
    (0.45, -0.099, 0.165),
    (0.5, -0.105, 0.174),
    (0.55, -0.118, 0.184),
    (0.6, -0.139, 0.194),
    (0.64, -0.159, 0.2),
    (0.68, -0.174, 0.198),
    (0.72, -0.181, 0.189),
    (0.75, -0.182, 0.18),
    (0.78, -0.178, 0.173),
    (0.8, -0.174, 0.17),
    (0.83, -0.17, 0.163),
    (0.85, -0.169, 0.145),
    (0.88, -0.171, 0.13),
    (0.9, -0.172, 0.112),
    (0.93, -0.171, 0.088),
    (0.95, -0.168, 0.07),
    (0.97, -0.161, 0.035),
    (0.985, -0.15, 0.0),
    (1.0, -0.125, -0.1),
)
_U: Final = np.array([row[0] for row in _OUTLINE])
_MEDIAL: Final = np.array([row[1] for row in _OUTLINE])
_LATERAL: Final = np.array([row[2] for row in _OUTLINE])

# Metatarsal borders across the ball. Source: the automatic mask of pressuRe (Telfer, MIT).
_METATARSAL_V: Final = (0.30, 0.47, 0.64, 0.81)


def borders(u: Floats) -> tuple[Floats, Floats]:
    """Return medial and lateral border over foot length at `u`, ends held beyond 0 and 1."""
    return np.interp(u, _U, _MEDIAL), np.interp(u, _U, _LATERAL)


def region_of(u: float, v: float) -> int:
    """Return the index into REGION_NAMES of a point of the sole, OFF_SOLE beside it."""
    if not (0.0 <= u <= 1.0 and 0.0 <= v <= 1.0):
        return OFF_SOLE
    if u < 0.30:
        if v >= 0.5:
            return 1
        return 2 if u >= 0.20 else 0
    if u < 0.55:
        return 4 if v >= 0.5 else 3
    # The toe line runs back from 0.825 beside the hallux to 0.735 at the little toe.
    toe_line_u = 0.82 if v < 0.40 else 0.825 - 0.09 * (v - 0.40) / 0.60
    if u >= toe_line_u:
        return 10 if v < 0.40 else 11
    return 5 + sum(v >= border for border in _METATARSAL_V)


def polygon(*, length_mm: float, width_ratio: float) -> Floats:
    """Return the outline as corners (n, 2): along the foot from the heel point, across to lateral.

    `width_ratio` stretches the breadth against the outline of the atlas.
    """
    medial = np.stack([_U * length_mm, _MEDIAL * length_mm * width_ratio], axis=1)
    lateral = np.stack([_U * length_mm, _LATERAL * length_mm * width_ratio], axis=1)
    return np.concatenate([medial, lateral[::-1]])


def margin_mm(corners: Floats, along_mm: Floats, across_mm: Floats) -> Floats:
    """Return the signed distance of points to the outline, inside positive."""
    nearest = np.full(along_mm.shape, math.inf)
    inside = np.zeros(along_mm.shape, dtype=bool)
    for (a0, b0), (a1, b1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        da, db = a1 - a0, b1 - b0
        length2 = da * da + db * db
        if length2 == 0.0:
            continue
        t = np.clip(((along_mm - a0) * da + (across_mm - b0) * db) / length2, 0.0, 1.0)
        nearest = np.minimum(
            nearest, (along_mm - a0 - t * da) ** 2 + (across_mm - b0 - t * db) ** 2
        )
        crosses = (b0 > across_mm) != (b1 > across_mm)
        if db != 0.0:
            inside ^= crosses & (along_mm < da * (across_mm - b0) / db + a0)
    distance = np.sqrt(nearest)
    signed: Floats = np.where(inside, distance, -distance)
    return signed
