"""What the matrices tell the firmware: loads of both beds, feet placed, an image to judge by."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.firmware.identity import DESCRIPTOR

EMPTY_N: Final = 4.0
PLACED_N: Final = 15.0
FOOT_N: Final = 8.0

_MATRIX: Final = DESCRIPTOR.matrix
_IMAGES: Final = 8
_SMOOTHING: Final = 0.25

AHEAD_MS: Final = 15.0
"""A person who stands up adds 1-2 N a millisecond: that much and the way of the press off the skin
have to fit into the 50 ms of invariant F6. Podal proposal, unconfirmed on hardware."""

_LAG_MS: Final = (1.0 - _SMOOTHING) / _SMOOTHING * 1000.0 / DESCRIPTOR.rate_hz
"""The smoothed load of a steady rise is so old."""

_AHEAD: Final = AHEAD_MS / _LAG_MS
_CELL_N_PER_COUNT: Final = _MATRIX.pitch_x_um * _MATRIX.pitch_y_um * 1e-12 * _MATRIX.pa_per_count
_ZERO_COUNTS: Final = _MATRIX.zero_counts * _MATRIX.rows * _MATRIX.cols

Counts = NDArray[np.uint16]


class Loads:
    """Loads of both beds.

    Attributes:
        bed_n: Whole load of each bed, head included, smoothed over some scans.
        resting_n: The same when its head was last off the skin.
        ahead_n: What the load will be in AHEAD_MS if it goes on rising as it does.
    """

    def __init__(self) -> None:
        self.bed_n = [0.0, 0.0]
        self.resting_n = [0.0, 0.0]
        self.ahead_n = [0.0, 0.0]
        self._empty = [False, False]  # what lies there at power-on was not placed
        self._images: list[Counts] = []

    def take(self, counts: Counts, *, lifted: tuple[bool, bool]) -> list[int]:
        """Take a scan; return the beds on which a foot has been placed with it."""
        self._images.append(counts)
        del self._images[:-_IMAGES]
        totals = np.add.reduce(counts.reshape(2, -1), axis=1, dtype=np.int64).tolist()
        placed = []
        first = len(self._images) == 1
        for bed in (0, 1):
            load_n = (totals[bed] - _ZERO_COUNTS) * _CELL_N_PER_COUNT
            if first:
                self.bed_n[bed] = load_n
            smooth_n = self.bed_n[bed] + (load_n - self.bed_n[bed]) * _SMOOTHING
            self.bed_n[bed] = smooth_n
            self.ahead_n[bed] = load_n + (load_n - smooth_n) * _AHEAD
            if not lifted[bed]:
                continue
            self.resting_n[bed] = smooth_n
            if smooth_n < EMPTY_N:
                self._empty[bed] = True
            elif smooth_n > PLACED_N and self._empty[bed]:
                self._empty[bed] = False
                placed.append(bed)
        return placed

    def foot_on(self, bed: int) -> bool:
        """Return whether something of a foot's weight rests there."""
        return self.bed_n[bed] > FOOT_N

    def image_kpa(self, bed: int) -> NDArray[np.float32]:
        """Return the mean of the last scans: one alone is too noisy to judge a cell."""
        if not self._images:
            return np.zeros((_MATRIX.rows, _MATRIX.cols), dtype=np.float32)
        images = np.stack([counts[bed] for counts in self._images])
        mean = images.mean(axis=0, dtype=np.float32)
        image: NDArray[np.float32] = (mean - _MATRIX.zero_counts) * np.float32(
            _MATRIX.pa_per_count / 1000.0
        )
        return image
