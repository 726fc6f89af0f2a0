"""The pressure that a resting foot puts on the bed: of a synthetic sole, in kPa per taxel."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.plant.outline import borders
from simulator.plant.pads import PADS
from simulator.plant.people import Build
from simulator.plant.sole import Stance, to_foot

Floats = NDArray[np.float64]

_SUBCELLS: Final = 5


@dataclass(frozen=True, slots=True)
class MatrixShape:
    """The taxel matrix of a bed."""

    rows: int
    cols: int
    pitch_x_mm: float
    pitch_y_mm: float

    @property
    def cell_n_per_kpa(self) -> float:
        """Force on one taxel at 1 kPa."""
        return self.pitch_x_mm * self.pitch_y_mm * 1e-3


def synthetic_kpa(build: Build, stance: Stance, shape: MatrixShape) -> Floats:
    """Return the resting pressure, shape (rows, cols), row 0 = toe end, summing to the load."""
    x, y = points(shape)
    along, across = to_foot(stance, x, y)
    u = along / build.length_mm
    across_ratio = across / (build.length_mm * build.width_ratio)
    pressure = np.zeros(x.shape)
    for number, (pad_u, pad_across, half_u, half_across, weight) in enumerate(PADS):
        if number in build.missing_pads:
            continue
        reach = ((u - pad_u) / half_u) ** 2 + ((across_ratio - pad_across) / half_across) ** 2
        pressure = np.maximum(pressure, weight * np.maximum(1.0 - reach, 0.0) ** 0.6)
    medial, lateral = borders(u)
    inside = (u >= 0.0) & (u <= 1.0) & (across_ratio >= medial) & (across_ratio <= lateral)
    cells = (pressure * inside).reshape(shape.rows, _SUBCELLS, shape.cols, _SUBCELLS)
    kpa: Floats = cells.mean(axis=(1, 3))
    if build.spread_mm:
        kpa = _spread(kpa, build.spread_mm, shape)
    return scaled_to_load(kpa, build.seated_n, shape)


def _spread(kpa: Floats, spread_mm: float, shape: MatrixShape) -> Floats:
    """Return what is left of a pressure image under a cloth that spreads it by so much."""
    for axis, pitch_mm in ((0, shape.pitch_y_mm), (1, shape.pitch_x_mm)):
        # A kernel of three cells with the variance of the spread.
        side = min(0.5 * (spread_mm / pitch_mm) ** 2, 0.25)
        padded = np.pad(kpa, [(1, 1) if axis == each else (0, 0) for each in (0, 1)], mode="edge")
        low, middle, high = (
            np.take(padded, range(first, first + kpa.shape[axis]), axis=axis) for first in (0, 1, 2)
        )
        kpa = (1.0 - 2.0 * side) * middle + side * (low + high)
    return kpa


def scaled_to_load(kpa: Floats, load_n: float, shape: MatrixShape) -> Floats:
    """Return `kpa` times the factor that makes its force `load_n`."""
    result: Floats = kpa * (load_n / (kpa.sum() * shape.cell_n_per_kpa))
    return result


def points(shape: MatrixShape) -> tuple[Floats, Floats]:
    """Return the bed points of all sub-cells, row 0 = toe end."""
    step_x, step_y = shape.pitch_x_mm / _SUBCELLS, shape.pitch_y_mm / _SUBCELLS
    x = (np.arange(shape.cols * _SUBCELLS) + 0.5) * step_x
    y = (shape.rows * _SUBCELLS - np.arange(shape.rows * _SUBCELLS) - 0.5) * step_y
    grid_x, grid_y = np.meshgrid(x, y)
    return grid_x, grid_y
