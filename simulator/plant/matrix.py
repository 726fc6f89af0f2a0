"""What the taxels say: the resting foot, the head under it, gain spread, noise and converter.

The resting image is made once for each placing of a foot; a scan adds the small patch of the head
and what it takes off the foot around it, both as products of two short rows of numbers.
"""

import itertools
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.plant.chance import FieldNoise, generator
from simulator.plant.footprint import Floats, MatrixShape

Counts = NDArray[np.uint16]
Field = NDArray[np.float32]

GAIN_SD: Final = 0.06
"""Spread of the taxels' gain. Source: part-to-part +-6 % of Interlink FSR 400, one batch."""

NOISE_SD_COUNTS: Final = 5.0
"""0.12 % of full scale, 0.5 kPa: a converter that averages; Podal proposal."""

ZERO_SD_COUNTS: Final = 3.0
UNLOADING_REACH_MM: Final = 45.0
"""Around the head the foot is lifted off the bed: Podal proposal, unmeasured."""

PEAK_MATCH: Final = 1.086
"""Half width of the patch over the Hertz radius that gives the peak pressure of Hertz."""


class BedMatrix:
    """The matrix of one bed.

    Args:
        shape: Cells and pitch.
        pa_per_count: Nominal scale.
        zero_counts: Nominal reading without load.
        full_scale_counts: Most that the converter can say.
        seed: Of this bed's gains.
        bed: 0 left, 1 right.
    """

    __slots__ = ("_counts_per_kpa", "_foot", "_shape", "_top", "_zero")

    def __init__(
        self,
        shape: MatrixShape,
        *,
        pa_per_count: int,
        zero_counts: int,
        full_scale_counts: int,
        seed: int,
        bed: int,
    ) -> None:
        source = generator(seed, 1, bed)
        cells = (shape.rows, shape.cols)
        gain = np.exp(source.standard_normal(cells) * GAIN_SD)
        self._shape = shape
        self._counts_per_kpa = (gain * (1000.0 / pa_per_count)).astype(np.float32)
        zero = zero_counts + source.standard_normal(cells) * ZERO_SD_COUNTS
        self._zero = (zero + 0.5).astype(np.float32)  # the half makes truncation a rounding
        self._top = np.float32(full_scale_counts)
        self._foot = np.zeros(cells, dtype=np.float32)

    def put_foot(self, kpa: Floats) -> None:
        """A foot stands here now; `kpa` is its resting pressure."""
        self._foot = kpa.astype(np.float32)

    def pressure_kpa(
        self,
        *,
        foot_scale: float,
        x_mm: float,
        y_mm: float,
        head_n: float,
        relief_n: float,
        radius_mm: float,
    ) -> Field:
        """Return the true pressure: the foot times `foot_scale`, less relief, plus the head."""
        image = self._foot * np.float32(foot_scale)
        if relief_n > 0.0:
            self._relieve(image, x_mm, y_mm, relief_n)
        if head_n > 0.0:
            reach = max(radius_mm, 4.0) * PEAK_MATCH
            rows, row_weights = self._along_y(y_mm, reach)
            cols, col_weights = self._along_x(x_mm, reach)
            column = np.array(row_weights, dtype=np.float32)[:, None]
            column *= np.float32(head_n / self._shape.cell_n_per_kpa)
            image[rows, cols] += column * np.array(col_weights, dtype=np.float32)
        return image

    def _relieve(self, image: Field, x_mm: float, y_mm: float, relief_n: float) -> None:
        """Take `relief_n` off the foot, first around the head, the rest everywhere."""
        rows, row_weights = self._along_y(y_mm, UNLOADING_REACH_MM)
        cols, col_weights = self._along_x(x_mm, UNLOADING_REACH_MM)
        around = np.array(row_weights, dtype=np.float32)[:, None] * np.array(
            col_weights, dtype=np.float32
        )
        around *= np.float32(1.0 / around.max())
        near = image[rows, cols]
        around *= near
        possible_n = float(np.add.reduce(around, axis=None)) * self._shape.cell_n_per_kpa
        share = min(1.0, relief_n / possible_n) if possible_n > 0.0 else 0.0
        near -= around * np.float32(share)
        rest_n = relief_n - share * possible_n
        if rest_n > 1e-3:
            total_n = float(image.sum()) * self._shape.cell_n_per_kpa
            image *= np.float32(max(0.0, 1.0 - rest_n / total_n)) if total_n > 0.0 else 0.0

    def counts_of(self, kpa: Field, noise: Field, out: Counts) -> None:
        """Write what the converter says of `kpa` into `out`."""
        kpa *= self._counts_per_kpa
        kpa += self._zero
        kpa += noise
        np.maximum(kpa, np.float32(0.0), out=kpa)
        np.minimum(kpa, self._top, out=kpa)
        out[...] = kpa

    def _along_x(self, x_mm: float, reach_mm: float) -> tuple[slice, list[float]]:
        first, weights = _spread(x_mm / self._shape.pitch_x_mm, reach_mm / self._shape.pitch_x_mm)
        return _clipped(first, weights, self._shape.cols)

    def _along_y(self, y_mm: float, reach_mm: float) -> tuple[slice, list[float]]:
        from_toes = self._shape.rows - y_mm / self._shape.pitch_y_mm
        first, weights = _spread(from_toes, reach_mm / self._shape.pitch_y_mm)
        return _clipped(first, weights, self._shape.rows)


class Scanner:
    """Both matrices of the machine in one array, as they are sent.

    Args:
        beds: Left and right matrix.
        shape: Of each.
        seed: Of the noise.
    """

    __slots__ = ("_beds", "_noise", "_shape", "_size")

    def __init__(self, beds: tuple[BedMatrix, BedMatrix], shape: MatrixShape, *, seed: int) -> None:
        self._beds = beds
        self._shape = shape
        self._size = shape.rows * shape.cols
        self._noise = FieldNoise(generator(seed, 2), NOISE_SD_COUNTS, 2 * self._size)

    def scan(self, left_kpa: Field, right_kpa: Field) -> Counts:
        """Return the counts, shape (2, rows, cols), read-only; the pressures are used up."""
        rows, cols = self._shape.rows, self._shape.cols
        counts = np.empty((2, rows, cols), dtype=np.uint16)
        noise = self._noise.draw().reshape(2, rows, cols)
        self._beds[0].counts_of(left_kpa, noise[0], counts[0])
        self._beds[1].counts_of(right_kpa, noise[1], counts[1])
        counts.setflags(write=False)
        return counts


def _spread(center: float, reach: float) -> tuple[int, list[float]]:
    """Return first cell and weights of a parabolic hump, in cells, integrated over each; sum 1."""
    low = math.floor(center - reach)
    high = math.ceil(center + reach)
    sums = []
    for edge in range(low, high + 1):
        s = min(max((edge - center) / reach, -1.0), 1.0)
        sums.append(0.75 * s - 0.25 * s * s * s)
    return low, [b - a for a, b in itertools.pairwise(sums)]


def _clipped(first: int, weights: list[float], cells: int) -> tuple[slice, list[float]]:
    """Keep the part that lies on the matrix and carries the whole: the frame bears nothing."""
    low, high = max(first, 0), min(first + len(weights), cells)
    kept = weights[low - first : high - first]
    total = sum(kept)
    if not kept or total <= 0.0:
        edge = 0 if first < 0 else cells - 1
        return slice(edge, edge + 1), [1.0]
    return slice(low, high), [weight / total for weight in kept]
