"""The regions of a sole: twelve that bear their own force limits, eleven that measures report."""

from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Regions = NDArray[np.int8]

REGIONS: Final = (
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
# The usual mask of the field has one medial heel; the front of it hurts sooner (Saban 2016, Foot
# Ankle Int 37:730) and therefore has a limit of its own, but no measure of its own.
REPORTED: Final = tuple(name for name in REGIONS if name != "heel_anterior_medial")
OFF_SOLE: Final = -1

# Borders in (u, v): Podal proposal, unconfirmed on hardware; the metatarsal borders are those of
# the automatic mask of pressuRe (Telfer, MIT), the others were checked on an emed footprint.
_HEEL_END_U = 0.30
_HEEL_ANTERIOR_U = 0.20
_MIDFOOT_END_U = 0.55
_METATARSAL_V = (0.30, 0.47, 0.64, 0.81)
_HALLUX_V = 0.40
_HALLUX_U = 0.82
_TOE_LINE = ((0.40, 1.0), (0.825, 0.735))  # v of both ends, u of both ends


@overload
def region_at(u: float, v: float) -> int: ...
@overload
def region_at(u: Floats, v: Floats) -> Regions: ...
def region_at(u: float | Floats, v: float | Floats) -> int | Regions:
    """Index into ``REGIONS`` of a point of the sole, -1 off the sole (and for NaN)."""
    if isinstance(u, np.ndarray) or isinstance(v, np.ndarray):
        return _regions_at(np.asarray(u, dtype=np.float64), np.asarray(v, dtype=np.float64))
    if not (0.0 <= u <= 1.0 and 0.0 <= v <= 1.0):
        return OFF_SOLE
    if u < _HEEL_END_U:
        if v >= 0.5:
            return 1
        return 0 if u < _HEEL_ANTERIOR_U else 2
    if u < _MIDFOOT_END_U:
        return 3 if v < 0.5 else 4
    if u >= _toe_line_u(v):
        return 10 if v < _HALLUX_V else 11
    return 5 + sum(v >= border for border in _METATARSAL_V)


def _toe_line_u(v: float) -> float:
    if v < _HALLUX_V:
        return _HALLUX_U
    (v_start, v_end), (u_start, u_end) = _TOE_LINE
    return u_start + (v - v_start) * (u_end - u_start) / (v_end - v_start)


def _regions_at(u: Floats, v: Floats) -> Regions:
    u, v = np.broadcast_arrays(u, v)
    toe_line_u = np.where(v < _HALLUX_V, _HALLUX_U, np.interp(v, *_TOE_LINE))
    heel_medial = np.where(u < _HEEL_ANTERIOR_U, 0, 2)
    heel = np.where(v < 0.5, heel_medial, 1)
    midfoot = np.where(v < 0.5, 3, 4)
    metatarsal = 5 + np.searchsorted(_METATARSAL_V, v, side="right")
    toes = np.where(v < _HALLUX_V, 10, 11)
    region = np.where(u >= toe_line_u, toes, metatarsal)
    region = np.where(u < _MIDFOOT_END_U, midfoot, region)
    region = np.where(u < _HEEL_END_U, heel, region)
    on_sole = (u >= 0.0) & (u <= 1.0) & (v >= 0.0) & (v <= 1.0)
    return np.where(on_sole, region, OFF_SOLE).astype(np.int8)
