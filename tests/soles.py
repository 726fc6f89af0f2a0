"""Soles for tests: drawn from landmarks, or recorded ones turned, scaled and mirrored.

The drawn sole shares no figure with the template of the product: it is bumps of pressure at the
landmarks measured on one emed footprint (pressuRe, MIT).
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from controller.geometry import Grid, Side
from tests.conftest import RECORDINGS

Image = NDArray[np.float32]

# u, share (+ lateral), spread in u, spread in share, pressure of the middle
_BUMPS = (
    (0.107, -0.005, 0.052, 0.048, 100.0),
    (0.300, 0.060, 0.070, 0.030, 15.0),
    (0.440, 0.095, 0.070, 0.026, 25.0),
    (0.560, 0.115, 0.050, 0.026, 25.0),
    (0.644, 0.152, 0.035, 0.022, 50.0),
    (0.700, 0.090, 0.035, 0.030, 60.0),
    (0.727, -0.108, 0.035, 0.030, 60.0),
    (0.744, -0.017, 0.035, 0.030, 80.0),
    (0.750, 0.030, 0.035, 0.030, 75.0),
)
_TOES = (
    (0.911, -0.124, 0.028, 0.025, 70.0),
    (0.945, 0.000, 0.016, 0.016, 30.0),
    (0.925, 0.050, 0.015, 0.015, 25.0),
    (0.878, 0.100, 0.015, 0.015, 20.0),
)
_PART_MM = 2.0  # a taxel is the mean of points this near


@dataclass(frozen=True, slots=True)
class Stand:
    """How a drawn foot stands."""

    side: Side = Side.RIGHT
    heel_x_mm: float = 80.0
    heel_y_mm: float = 25.0
    axis_deg: float = 0.0
    length_mm: float = 260.0
    breadth_ratio: float = 1.0


def drawn_sole(grid: Grid, stand: Stand, *, load_n: float = 60.0, toes: bool = True) -> Image:
    """Pressure of a standing or seated foot, (rows, cols) [kPa]."""
    parts_x = max(1, round(grid.pitch_x_mm / _PART_MM))
    parts_y = max(1, round(grid.pitch_y_mm / _PART_MM))
    x_mm = (np.arange(grid.cols * parts_x) + 0.5) * grid.pitch_x_mm / parts_x
    y_mm = grid.height_mm - (np.arange(grid.rows * parts_y) + 0.5) * grid.pitch_y_mm / parts_y
    sin, cos = math.sin(math.radians(stand.axis_deg)), math.cos(math.radians(stand.axis_deg))
    dx_mm, dy_mm = np.meshgrid(x_mm - stand.heel_x_mm, y_mm - stand.heel_y_mm)
    u = (dx_mm * sin + dy_mm * cos) / stand.length_mm
    lateral_mm = stand.length_mm * stand.breadth_ratio * (1 if stand.side is Side.RIGHT else -1)
    share = (dx_mm * cos - dy_mm * sin) / lateral_mm
    pressure = np.zeros(u.shape)
    for u_at, share_at, u_sd, share_sd, kpa in _BUMPS + (_TOES if toes else ()):
        pressure += kpa * np.exp(
            -0.5 * (((u - u_at) / u_sd) ** 2 + ((share - share_at) / share_sd) ** 2)
        )
    pressure[pressure < 4.0] = 0.0  # skin either touches or does not
    image = pressure.reshape(grid.rows, parts_y, grid.cols, parts_x).mean(axis=(1, 3))
    return loaded(image, grid, load_n)


def loaded(image: NDArray[np.floating], grid: Grid, load_n: float) -> Image:
    """The same picture bearing that load."""
    bears_n = float(image.sum()) * grid.cell_area_cm2 * 0.1
    return (image * (load_n / bears_n)).astype(np.float32)


def noisy(image: Image, rng: np.random.Generator, noise_kpa: float = 0.5) -> Image:
    """With noise on every taxel, as a matrix that cannot report less than nothing."""
    return np.maximum(image + rng.normal(0.0, noise_kpa, image.shape), 0.0).astype(np.float32)


def recorded(name: str) -> Path:
    """A recording, or a skipped test where it is absent."""
    path = RECORDINGS / name
    if not path.exists():
        pytest.skip(f"the recording {name} is not here; set PODAL_DATA to the folder that holds it")
    return path


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Where a turned, scaled and mirrored copy puts the places of its original."""

    matrix: NDArray[np.float64]
    offset_mm: NDArray[np.float64]
    scale: float

    def place(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """A place of the original in the copy."""
        moved = self.matrix @ np.array([x_mm, y_mm]) + self.offset_mm
        return float(moved[0]), float(moved[1])

    def axis_deg(self, axis_deg: float) -> float:
        """A direction of the original in the copy."""
        turn = math.radians(axis_deg)
        x, y = self.matrix @ np.array([math.sin(turn), math.cos(turn)])
        return math.degrees(math.atan2(x, y))


def moved(
    image: NDArray[np.floating],
    grid: Grid,
    *,
    onto_mm: tuple[float, float],
    turn_deg: float,
    scale: float,
    mirrored: bool,
) -> tuple[Image, Grid, Motion]:
    """A copy turned clockwise about the middle of its load, on taxels of ``onto_mm`` (x, y)."""
    weights = image / image.sum()
    columns_mm = (np.arange(grid.cols) + 0.5) * grid.pitch_x_mm
    rows_mm = (grid.rows - 0.5 - np.arange(grid.rows)) * grid.pitch_y_mm
    middle = np.array([weights.sum(axis=0) @ columns_mm, weights.sum(axis=1) @ rows_mm])
    span_mm = (scale * grid.width_mm + 100.0, scale * grid.height_mm + 100.0)
    cols, rows = (math.ceil(span / pitch) for span, pitch in zip(span_mm, onto_mm, strict=True))
    target = Grid(rows, cols, *onto_mm)
    turn = math.radians(turn_deg)
    rotation = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    matrix = scale * rotation @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    offset_mm = np.array([target.width_mm, target.height_mm]) / 2.0 - matrix @ middle
    motion = Motion(matrix=matrix, offset_mm=offset_mm, scale=scale)
    return _sampled(image, grid, target, motion), target, motion


def _sampled(image: NDArray[np.floating], grid: Grid, target: Grid, motion: Motion) -> Image:
    parts = max(2, math.ceil(max(target.pitch_x_mm, target.pitch_y_mm) / 3.0))
    x_mm = (np.arange(target.cols * parts) + 0.5) * target.pitch_x_mm / parts
    y_mm = target.height_mm - (np.arange(target.rows * parts) + 0.5) * target.pitch_y_mm / parts
    places = np.stack(np.meshgrid(x_mm, y_mm)) - motion.offset_mm[:, None, None]
    x_from, y_from = np.tensordot(np.linalg.inv(motion.matrix), places, axes=1)
    column, row = x_from / grid.pitch_x_mm - 0.5, grid.rows - 0.5 - y_from / grid.pitch_y_mm
    framed = np.pad(image, 2)
    column = np.clip(column, -1.5, grid.cols + 0.5) + 2.0
    row = np.clip(row, -1.5, grid.rows + 0.5) + 2.0
    left, top = column.astype(int), row.astype(int)
    right_part, low_part = column - left, row - top
    upper = framed[top, left] * (1 - right_part) + framed[top, left + 1] * right_part
    lower = framed[top + 1, left] * (1 - right_part) + framed[top + 1, left + 1] * right_part
    fine = upper * (1 - low_part) + lower * low_part
    return fine.reshape(target.rows, parts, target.cols, parts).mean(axis=(1, 3)).astype(np.float32)
