"""The shape and the softness of one sole, and where it stands on its bed."""

import math
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.plant.outline import (
    OFF_SOLE,
    borders,
    margin_mm,
    polygon,
    region_of,
)
from simulator.plant.pads import PADS
from simulator.plant.people import Build
from simulator.plant.tissue import REGION_TISSUE, SPHERE_RATIO, STIFFENING_RATIO

Floats = NDArray[np.float64]
Point = TypeVar("Point", float, NDArray[np.float64])

BED_SKIN_MM: Final = 6.0
"""Press position at which the head touches a flat sole."""

FAR_MM: Final = 90.0
"""Height of the skin where there is none: out of the head's reach."""

_PITCH_MM: Final = 2.0
_AROUND_MM: Final = 30.0
_HALF_BREADTH_MM: Final = 76.0
_BLEND_CELLS: Final = 2.0
_EDGE_MM: Final = 8.0
_GAP_MM: Final = 20.0

Cell = tuple[float, float, float]
NO_SKIN: Final[Cell] = (FAR_MM, 0.1, 10.0)


@dataclass(frozen=True, slots=True)
class Stance:
    """Where a foot stands on its bed.

    Attributes:
        lateral: +1 where lateral is to the right (right foot), -1 for a left foot.
        heel_x_mm: Back of the heel on the foot axis, bed frame.
        heel_y_mm: As heel_x_mm.
        axis_deg: Foot axis, clockwise from +y seen from above.
    """

    lateral: int
    heel_x_mm: float
    heel_y_mm: float
    axis_deg: float


def to_foot(stance: Stance, x_mm: Point, y_mm: Point) -> tuple[Point, Point]:
    """Return (along from the heel, across to lateral) in mm of a point of the bed."""
    turn = math.radians(stance.axis_deg)
    dx, dy = x_mm - stance.heel_x_mm, y_mm - stance.heel_y_mm
    along = dx * math.sin(turn) + dy * math.cos(turn)
    across = (dx * math.cos(turn) - dy * math.sin(turn)) * stance.lateral
    return along, across


class Sole:
    """One sole as a raster in its own frame, right and left alike.

    Args:
        build: Whose foot.
    """

    __slots__ = ("_cols", "_margins", "_patches", "_rows", "build")

    def __init__(self, build: Build) -> None:
        self.build = build
        along = np.arange(-_AROUND_MM, build.length_mm + _AROUND_MM, _PITCH_MM)
        across = np.arange(-_HALF_BREADTH_MM, _HALF_BREADTH_MM + 1.0, _PITCH_MM)
        a, b = np.meshgrid(along, across, indexing="ij")
        margins = margin_mm(polygon(length_mm=build.length_mm, width_ratio=build.width_ratio), a, b)
        u, v = self._coordinates(a, b)
        height = _height_mm(build, u, v) + _edge_mm(margins) + _gaps_mm(build, u, b)
        k, thickness = _tissue(build, u, v)
        self._rows, self._cols = a.shape
        self._patches = _patches(height, k, thickness)
        self._margins: list[float] = margins.ravel().tolist()

    def _coordinates(self, along_mm: Floats, across_mm: Floats) -> tuple[Floats, Floats]:
        u = along_mm / self.build.length_mm
        medial, lateral = borders(u)
        scale = self.build.length_mm * self.build.width_ratio
        return u, (across_mm - medial * scale) / ((lateral - medial) * scale)

    def at(self, along_mm: float, across_mm: float) -> Cell:
        """Return height of the skin over the bed, k and thickness of the tissue there."""
        i = (along_mm + _AROUND_MM) / _PITCH_MM
        j = (across_mm + _HALF_BREADTH_MM) / _PITCH_MM
        row, col = int(i), int(j)
        if i < 0.0 or j < 0.0 or row >= self._rows - 1 or col >= self._cols - 1:
            return NO_SKIN
        s, t = i - row, j - col
        st = s * t
        h, hs, ht, hst, k, ks, kt, kst, d, ds, dt, dst = self._patches[row * (self._cols - 1) + col]
        return (
            h + hs * s + ht * t + hst * st,
            k + ks * s + kt * t + kst * st,
            d + ds * s + dt * t + dst * st,
        )

    def margin_at(self, along_mm: float, across_mm: float) -> float:
        """Return the distance to the outline, inside positive, to the nearest 2 mm of the place."""
        row = min(max(round((along_mm + _AROUND_MM) / _PITCH_MM), 0), self._rows - 1)
        col = min(max(round((across_mm + _HALF_BREADTH_MM) / _PITCH_MM), 0), self._cols - 1)
        margin: float = self._margins[row * self._cols + col]
        return margin

    def uv_at(self, along_mm: float, across_mm: float) -> tuple[float, float]:
        """Return the sole coordinates (u, v) of a point; beyond 0..1 off the sole."""
        u, v = self._coordinates(np.array(along_mm), np.array(across_mm))
        return float(u), float(v)

    def region_at(self, along_mm: float, across_mm: float) -> int:
        """Return the true limit region, by its sharp borders."""
        if self.margin_at(along_mm, across_mm) < -_PITCH_MM:
            return OFF_SOLE
        return region_of(*self.uv_at(along_mm, across_mm))


def _patches(*fields: Floats) -> list[tuple[float, ...]]:
    """Return for each raster cell the four bilinear coefficients of each field."""
    columns = []
    for field in fields:
        low, across = field[:-1, :-1], field[:-1, 1:] - field[:-1, :-1]
        along = field[1:, :-1] - low
        columns += [low, along, across, field[1:, 1:] - field[1:, :-1] - across]
    return list(map(tuple, np.stack(columns, axis=-1).reshape(-1, len(columns)).tolist()))


def _height_mm(build: Build, u: Floats, v: Floats) -> Floats:
    """Return the arch: 20 mm at its medial border, 10 in the middle, 3 lateral, smooth to zero."""
    across = np.clip(v, -0.1, 1.1)
    profile = 20.0 - 23.0 * across + 6.0 * across**2
    along = np.clip((u - 0.42) / 0.21, -1.0, 1.0)
    height: Floats = profile * np.cos(along * math.pi / 2) ** 2 * (build.arch_mm / 20.0)
    return height


def _gaps_mm(build: Build, u: Floats, across_mm: Floats) -> Floats:
    """Return how far the skin draws back where a toe is missing."""
    gaps = np.zeros(u.shape)
    scale = build.length_mm * build.width_ratio
    for number in build.missing_pads:
        pad_u, pad_across, half_u, half_across, _ = PADS[number]
        reach = ((u - pad_u) / half_u) ** 2 + ((across_mm / scale - pad_across) / half_across) ** 2
        gaps += _GAP_MM * np.maximum(1.0 - reach, 0.0)
    return gaps


def _edge_mm(margins: Floats) -> Floats:
    """Return how far the rounded border of a sole rises off the bed."""
    return np.minimum(np.maximum(_EDGE_MM - margins, 0.0) ** 2 / 16.0, FAR_MM)


def _tissue(build: Build, u: Floats, v: Floats) -> tuple[Floats, Floats]:
    """Return instantaneous sphere coefficient and thickness, smooth across region borders."""
    regions = np.array(
        [
            region_of(min(max(a, 0.0), 1.0), min(max(b, 0.0), 1.0))
            for a, b in zip(u.ravel().tolist(), v.ravel().tolist(), strict=True)
        ]
    ).reshape(u.shape)
    table = np.array(REGION_TISSUE)
    factor = SPHERE_RATIO * STIFFENING_RATIO / build.ageing.slow_ratio * build.stiffness
    k = _blurred(table[regions, 1]) * factor
    thickness = _blurred(table[regions, 0]) * build.thickness
    spot = build.bony
    if spot is None:
        return k, thickness
    medial, lateral = borders(u)
    du = (u - spot.u) * build.length_mm
    dv = (v - spot.v) * (lateral - medial) * build.length_mm * build.width_ratio
    near = np.exp(-0.5 * (du**2 + dv**2) / spot.radius_mm**2)
    return k * spot.stiffness**near, thickness + (spot.thickness_mm - thickness) * near


def _blurred(values: Floats) -> Floats:
    reach = math.ceil(3 * _BLEND_CELLS)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _BLEND_CELLS) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        padding = [(reach, reach) if axis == side else (0, 0) for side in (0, 1)]
        padded = np.pad(values, padding, mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=axis)
        values = windows @ kernel
    return values
