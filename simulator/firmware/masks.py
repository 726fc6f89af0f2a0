"""Whether a mask may be believed: it must lie where the bed is loaded, and must not wander."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.messages import Mask, MaskHead, Refusal
from simulator.firmware.identity import DESCRIPTOR

LEAST_LOAD_N: Final = 8.0
LOAD_INSIDE_RATIO: Final = 0.85
LOADED_KPA: Final = 2.0
NEAR_LOAD_MM: Final = 60.0
MOVED_MM: Final = 20.0
MOVED_DEG: Final = 15.0

_MATRIX: Final = DESCRIPTOR.matrix
_CELL_N_PER_KPA: Final = _MATRIX.pitch_x_um * _MATRIX.pitch_y_um * 1e-9


@dataclass(frozen=True, slots=True)
class Place:
    """The pose a mask was made from."""

    heel_x_mm: float
    heel_y_mm: float
    axis_deg: float


def place_of(head: MaskHead) -> Place:
    """Return the pose that a mask names."""
    return Place(head.heel_x_um / 1000.0, head.heel_y_um / 1000.0, head.axis_cdeg / 100.0)


def refuse_mask(
    mask: Mask, image_kpa: NDArray[np.float32], consented: Place | None
) -> Refusal | None:
    """Return why the mask is refused on a bed that feels `image_kpa`, or None."""
    if (mask.head.rows, mask.head.cols) != (_MATRIX.rows, _MATRIX.cols):
        return Refusal.MASK_SHAPE
    if not _lies_on_load(mask.limits_mn > 0, image_kpa):
        return Refusal.MASK_NOT_LOADED
    if consented is not None and _moved(consented, place_of(mask.head)):
        return Refusal.MASK_MOVED
    return None


def _lies_on_load(cells: NDArray[np.bool_], image_kpa: NDArray[np.float32]) -> bool:
    load_n = float(image_kpa.sum()) * _CELL_N_PER_KPA
    if load_n < LEAST_LOAD_N:
        return False
    inside_n = float(image_kpa[_grown(cells)].sum()) * _CELL_N_PER_KPA
    if inside_n < LOAD_INSIDE_RATIO * load_n:
        return False
    loaded_row, loaded_col = np.nonzero(image_kpa > LOADED_KPA)
    masked_row, masked_col = np.nonzero(cells)
    if not len(loaded_row):
        return False
    dy = (masked_row[:, None] - loaded_row) * (_MATRIX.pitch_y_um / 1000.0)
    dx = (masked_col[:, None] - loaded_col) * (_MATRIX.pitch_x_um / 1000.0)
    nearest2 = (dx * dx + dy * dy).min(axis=1)
    return bool((nearest2 <= NEAR_LOAD_MM**2).all())


def _grown(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells and their eight neighbours."""
    padded = np.pad(cells, 1)
    rows = padded[:-2] | padded[1:-1] | padded[2:]
    grown: NDArray[np.bool_] = rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]
    return grown


def _moved(before: Place, now: Place) -> bool:
    way_mm = math.hypot(now.heel_x_mm - before.heel_x_mm, now.heel_y_mm - before.heel_y_mm)
    turn_deg = (now.axis_deg - before.axis_deg + 180.0) % 360.0 - 180.0
    return way_mm > MOVED_MM or abs(turn_deg) > MOVED_DEG
