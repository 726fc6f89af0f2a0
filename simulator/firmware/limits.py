"""How hard a head may press where: the ceiling of the bed, tightened by the mask in force.

Both are rasters of 2 mm, made when a mask arrives, so that the 1 kHz loop only looks up.
"""

import zlib
from array import array
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
CELLS: Final = ROWS * COLS
PER_MM: Final = 1.0 / RASTER_MM
WORD: Final = 0xFFFF
"""A word and its inverse, together."""


_STEPS_UM: Final = tuple(step.y_um for step in DESCRIPTOR.limits.bed_ceiling)
COMPILED_MN: Final = tuple(step.force_mn for step in DESCRIPTOR.limits.bed_ceiling)


def ceilings_mn(force_mn: tuple[int, ...] = COMPILED_MN) -> list[int]:
    """Return the bed ceiling by raster row, from the forces of its steps.

    The steps fall towards the toes, so the lowest one passed is the one in force.
    """
    rows = []
    for row in range(ROWS):
        y_um = round((row + 0.5) * RASTER_MM * 1000)
        rows.append(
            min(mn for step_um, mn in zip(_STEPS_UM, force_mn, strict=True) if step_um <= y_um)
        )
    return rows


CEILING_N: Final = tuple(force_mn / 1000.0 for force_mn in ceilings_mn())
"""By raster row, as compiled in."""


class Limits:
    """Limits of one bed by raster cell, in mN, row 0 at the heel end.

    Memory can fail, so every word is kept twice, as it is and inverted. The loop compares the two
    where it uses them, and a CRC over all of it finds a bad one that is not in use.

    Args:
        patch_mn: Least limit under the whole contact: what may be applied.
        here_mn: Limit at the head's middle: what trips; 0 where the mask forbids pressing.

    Attributes:
        patch_mn: As given.
        patch_not: The same, inverted.
        here_mn: As given.
        here_not: The same, inverted.
    """

    __slots__ = ("_crc", "here_mn", "here_not", "patch_mn", "patch_not")

    def __init__(self, patch_mn: NDArray[np.uint16], here_mn: NDArray[np.uint16]) -> None:
        self.patch_mn = _words(patch_mn)
        self.patch_not = _words(~patch_mn)
        self.here_mn = _words(here_mn)
        self.here_not = _words(~here_mn)
        self._crc = self._sum()

    @property
    def sound(self) -> bool:
        """Nothing has changed since the limits were made."""
        return self._sum() == self._crc

    def _sum(self) -> int:
        found = 0
        for words in (self.patch_mn, self.patch_not, self.here_mn, self.here_not):
            found = zlib.crc32(words, found)
        return found


def _words(values: NDArray[np.uint16]) -> "array[int]":
    return array("H", values.astype(np.uint16).tobytes())


def no_limits() -> Limits:
    """Return the limits without a mask: no pressing anywhere."""
    nothing = np.zeros(CELLS, dtype=np.uint16)
    return Limits(nothing, nothing)


def limits_of(
    mask_mn: NDArray[np.uint16], ceiling_step_mn: tuple[int, ...] = COMPILED_MN
) -> Limits:
    """Return the limits under a mask, shape of the matrix, row 0 = toe end."""
    cells_mn = mask_mn[::-1].astype(np.int64)
    pitch_x_mm, pitch_y_mm = _MATRIX.pitch_x_um / 1000, _MATRIX.pitch_y_um / 1000
    x_mm = (np.arange(COLS) + 0.5) * RASTER_MM
    y_mm = (np.arange(ROWS) + 0.5) * RASTER_MM
    ceiling_mn = np.array(ceilings_mn(ceiling_step_mn))[:, None]
    col, row = (x_mm / pitch_x_mm).astype(int), (y_mm / pitch_y_mm).astype(int)
    here_mn = np.minimum(cells_mn[np.ix_(row, col)], ceiling_mn)
    patch_mn = np.broadcast_to(ceiling_mn, (ROWS, COLS)).copy()
    reach = int(max(PATCH_MM / pitch_x_mm, PATCH_MM / pitch_y_mm)) + 1
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            near_row, near_col = row + down, col + right
            dy = (near_row + 0.5) * pitch_y_mm - y_mm
            dx = (near_col + 0.5) * pitch_x_mm - x_mm
            near = dy[:, None] ** 2 + dx[None, :] ** 2 <= PATCH_MM**2
            values = _padded(cells_mn, near_row, near_col)
            patch_mn = np.where(near, np.minimum(patch_mn, values), patch_mn)
    return Limits(patch_mn.ravel().astype(np.uint16), here_mn.ravel().astype(np.uint16))


def _padded(
    cells_mn: NDArray[np.int64], row: NDArray[np.int_], col: NDArray[np.int_]
) -> NDArray[np.int64]:
    """Return cells by row and column numbers, 0 beyond the matrix."""
    rows, cols = cells_mn.shape
    padded = np.zeros((rows + 2, cols + 2), dtype=np.int64)
    padded[1:-1, 1:-1] = cells_mn
    at_row = np.clip(row, -1, rows) + 1
    at_col = np.clip(col, -1, cols) + 1
    result: NDArray[np.int64] = padded[np.ix_(at_row, at_col)]
    return result
