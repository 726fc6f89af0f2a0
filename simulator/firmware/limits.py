"""How hard a head may press where: the ceiling of the bed, tightened by the mask in force.

Both are rasters of 2 mm, made when a mask arrives, so that the 1 kHz loop only looks up.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.firmware.identity import DESCRIPTOR

RASTER_MM: Final = 2.0
PATCH_MM: Final = 10.0
"""Cells whose middle lies this near to the head's middle bear part of the press."""

_MATRIX: Final = DESCRIPTOR.matrix
COLS: Final = round(_MATRIX.cols * _MATRIX.pitch_x_um / 1000 / RASTER_MM)
ROWS: Final = round(_MATRIX.rows * _MATRIX.pitch_y_um / 1000 / RASTER_MM)
PER_MM: Final = 1.0 / RASTER_MM


def _ceilings() -> tuple[float, ...]:
    rows = []
    for row in range(ROWS):
        y_um = round((row + 0.5) * RASTER_MM * 1000)
        steps = DESCRIPTOR.limits.bed_ceiling
        rows.append(min(step.force_mn for step in steps if step.y_um <= y_um) / 1000.0)
    return tuple(rows)


CEILING_N: Final = _ceilings()
"""By raster row. The steps fall towards the toes, so the lowest one passed is the one in force."""


class Limits:
    """Limits of one bed by raster cell, in N, row 0 at the heel end.

    Attributes:
        patch_n: Least limit under the whole contact: what may be applied.
        here_n: Limit at the head's middle: what trips; -1 where the mask forbids pressing.
    """

    __slots__ = ("here_n", "patch_n")

    def __init__(self, patch_n: list[float], here_n: list[float]) -> None:
        self.patch_n = patch_n
        self.here_n = here_n


def no_limits() -> Limits:
    """Return the limits without a mask: no pressing anywhere."""
    return Limits([0.0] * (ROWS * COLS), [-1.0] * (ROWS * COLS))


def limits_of(mask_mn: NDArray[np.uint16]) -> Limits:
    """Return the limits under a mask, shape of the matrix, row 0 = toe end."""
    cells_n = mask_mn[::-1].astype(np.float64) / 1000.0
    pitch_x_mm, pitch_y_mm = _MATRIX.pitch_x_um / 1000, _MATRIX.pitch_y_um / 1000
    x_mm = (np.arange(COLS) + 0.5) * RASTER_MM
    y_mm = (np.arange(ROWS) + 0.5) * RASTER_MM
    ceiling_n = np.array(CEILING_N)[:, None]
    col, row = (x_mm / pitch_x_mm).astype(int), (y_mm / pitch_y_mm).astype(int)
    here_n = np.minimum(cells_n[np.ix_(row, col)], ceiling_n)
    patch_n = np.broadcast_to(ceiling_n, (ROWS, COLS)).copy()
    reach = int(max(PATCH_MM / pitch_x_mm, PATCH_MM / pitch_y_mm)) + 1
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            near_row, near_col = row + down, col + right
            dy = (near_row + 0.5) * pitch_y_mm - y_mm
            dx = (near_col + 0.5) * pitch_x_mm - x_mm
            near = dy[:, None] ** 2 + dx[None, :] ** 2 <= PATCH_MM**2
            values = _padded(cells_n, near_row, near_col)
            patch_n = np.where(near, np.minimum(patch_n, values), patch_n)
    here_n = np.where(here_n > 0.0, here_n, -1.0)
    return Limits(patch_n.ravel().tolist(), here_n.ravel().tolist())


def _padded(
    cells_n: NDArray[np.float64], row: NDArray[np.int_], col: NDArray[np.int_]
) -> NDArray[np.float64]:
    """Return cells by row and column numbers, 0 N beyond the matrix."""
    rows, cols = cells_n.shape
    padded = np.zeros((rows + 2, cols + 2))
    padded[1:-1, 1:-1] = cells_n
    at_row = np.clip(row, -1, rows) + 1
    at_col = np.clip(col, -1, cols) + 1
    result: NDArray[np.float64] = padded[np.ix_(at_row, at_col)]
    return result
