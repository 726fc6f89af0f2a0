"""What the sole allows at each place of the bed: limits, targets, regions, zones, as small rasters.

Built once when a foot is registered, looked up at every tick. Each limit is the lowest within the
head's contact patch grown by the doubt about the pose: a border is felt before it is reached.
"""

import math
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from controller.geometry import Floats, Grid, Side
from controller.limits import TICKLE_FLOOR_N, TICKLE_FLOOR_TOES_N, Limits
from controller.pose import FootPose, foot_from_bed
from controller.regions import REGIONS, region_at
from controller.zones import Atlas, finest_zone
from firmware_bridge.descriptor import Carriage

Scalar = TypeVar("Scalar", bound=np.generic)

CELL_MM: Final = 5.0
PATCH_MM: Final = 10.0
"""Radius of the contact patch: 3 cm2, the least that the head is designed for."""

EDGE_MM: Final = 12.0
"""Kept between the head's centre and the edge of the sole, doubt about the pose not counted."""

MAX_DOUBT_MM: Final = 8.0
"""A pose less certain than this (one standard deviation) is not pressed on. Podal proposal."""


@dataclass(frozen=True, slots=True)
class Place:
    """What holds at one place of the bed.

    Attributes:
        limit_n: Lowest user maximum within the patch, 0 off the sole.
        normal_n: Lowest target at level normal within the patch.
        start_n: Force a first touch starts with.
        floor_n: Least force of a head that moves in contact.
        region: Index into `REGIONS` at the centre, -1 off the sole.
        binding: Index of the region whose limit binds, -1 off the sole.
        zone: Finest zone at the centre, 0 none.
    """

    limit_n: float
    normal_n: float
    start_n: float
    floor_n: float
    region: int
    binding: int
    zone: int


NOWHERE: Final = Place(0.0, 0.0, 0.0, 0.0, -1, -1, 0)


@dataclass(frozen=True, slots=True, eq=False)
class SoleField:
    """Places of one bed by `CELL_MM` cells; row 0 at y = 0, column 0 at x = 0.

    Attributes:
        places: Rows of places.
        mask_mn: Limits for the device, shape of its matrix, uint16 mN, row 0 = toe end.
        doubt_mm: One standard deviation of a place on the sole.
    """

    places: tuple[tuple[Place, ...], ...]
    mask_mn: NDArray[np.uint16]
    doubt_mm: float

    def at(self, x_mm: float, y_mm: float) -> Place:
        """Return what holds at (x, y); anything that is not on the raster is nowhere."""
        if not (0.0 <= x_mm < 1e4 and 0.0 <= y_mm < 1e4):
            return NOWHERE
        row, col = int(y_mm / CELL_MM), int(x_mm / CELL_MM)
        if row < len(self.places) and col < len(self.places[0]):
            return self.places[row][col]
        return NOWHERE


def pose_doubt_mm(pose: FootPose) -> float:
    """Return the standard deviation of a place on the sole: half a foot from the heel point."""
    half_mm = pose.length_mm / 2.0
    return math.hypot(
        pose.heel_x_sd_mm,
        pose.heel_y_sd_mm,
        math.radians(pose.axis_sd_deg) * half_mm,
        pose.length_sd_mm / 2.0,
    )


def build_field(
    pose: FootPose, *, grid: Grid, limits: Limits, carriage: Carriage, atlas: Atlas
) -> SoleField:
    """Return the field of the foot at `pose` on a bed with this matrix and carriage."""
    doubt_mm = pose_doubt_mm(pose)
    cols = math.ceil(grid.width_mm / CELL_MM)
    rows = math.ceil(grid.height_mm / CELL_MM)
    x_mm = np.tile((np.arange(cols) + 0.5) * CELL_MM, rows)
    y_mm = np.repeat((np.arange(rows) + 0.5) * CELL_MM, cols)
    u, v = foot_from_bed(pose, x_mm, y_mm)
    region = region_at(u, v).reshape(rows, cols)
    on_sole = region >= 0
    reachable = _within(x_mm, y_mm, carriage).reshape(rows, cols)
    inside = ~_spread(~on_sole, EDGE_MM + 2.0 * doubt_mm) & on_sole & reachable
    table = [limits.at(index) for index in range(len(REGIONS))]
    user_max = np.array([*(row.user_max_n for row in table), np.inf])[region]
    normal = np.array([*(row.normal_n for row in table), np.inf])[region]
    reach_mm = PATCH_MM + 2.0 * doubt_mm
    lowest, binding = _lowest(user_max, region, reach_mm)
    lowest_normal, _ = _lowest(normal, region, reach_mm)
    side = pose.fitted_side
    places = tuple(
        tuple(
            _place(
                float(lowest[row, col]),
                float(lowest_normal[row, col]),
                int(region[row, col]),
                int(binding[row, col]),
                limits,
                _zone(atlas, side, float(u[row * cols + col]), float(v[row * cols + col])),
            )
            if inside[row, col]
            else NOWHERE
            for col in range(cols)
        )
        for row in range(rows)
    )
    return SoleField(places, _mask(pose, grid, limits), doubt_mm)


def _place(
    limit_n: float, normal_n: float, region: int, binding: int, limits: Limits, zone: int
) -> Place:
    toes = REGIONS[binding] in ("toes", "hallux")
    return Place(
        limit_n=limit_n,
        normal_n=normal_n,
        start_n=limits.at(binding).start_n,
        floor_n=TICKLE_FLOOR_TOES_N if toes else TICKLE_FLOOR_N,
        region=region,
        binding=binding,
        zone=zone,
    )


def _zone(atlas: Atlas, side: Side, u: float, v: float) -> int:
    return finest_zone(atlas, side, u, v) or 0


def _within(x_mm: Floats, y_mm: Floats, carriage: Carriage) -> NDArray[np.bool_]:
    return (
        (x_mm * 1000 >= carriage.x_min_um)
        & (x_mm * 1000 <= carriage.x_max_um)
        & (y_mm * 1000 >= carriage.y_min_um)
        & (y_mm * 1000 <= carriage.y_max_um)
    )


def _offsets(radius_mm: float) -> list[tuple[int, int]]:
    reach = math.ceil(radius_mm / CELL_MM)
    span = range(-reach, reach + 1)
    limit = (radius_mm / CELL_MM) ** 2
    return [(dy, dx) for dy in span for dx in span if dy * dy + dx * dx <= limit]


def _shifted(raster: NDArray[Scalar], dy: int, dx: int, fill: object) -> NDArray[Scalar]:
    """Return `raster` moved by whole cells, `fill` where nothing moved in."""
    rows, cols = raster.shape
    out = np.full_like(raster, fill)
    out[max(dy, 0) : rows + min(dy, 0), max(dx, 0) : cols + min(dx, 0)] = raster[
        max(-dy, 0) : rows + min(-dy, 0), max(-dx, 0) : cols + min(-dx, 0)
    ]
    return out


def _spread(cells: NDArray[np.bool_], radius_mm: float) -> NDArray[np.bool_]:
    """Return all cells within `radius_mm` of a set one; beyond the raster counts as set."""
    out = cells.copy()
    for dy, dx in _offsets(radius_mm):
        out |= _shifted(cells, dy, dx, True)
    return out


def _lowest(
    values: Floats, region: NDArray[np.int8], radius_mm: float
) -> tuple[Floats, NDArray[np.int8]]:
    """Return the lowest value within `radius_mm` of each cell, and the region it belongs to."""
    lowest = values.copy()
    owner = region.copy()
    for dy, dx in _offsets(radius_mm):
        other = _shifted(values, dy, dx, np.inf)
        lower = other < lowest
        lowest = np.where(lower, other, lowest)
        owner = np.where(lower, _shifted(region, dy, dx, -1), owner).astype(np.int8)
    return lowest, owner


def _mask(pose: FootPose, grid: Grid, limits: Limits) -> NDArray[np.uint16]:
    """Return the device's mask: the user maximum of the region at each cell's centre."""
    x_mm = np.tile((np.arange(grid.cols) + 0.5) * grid.pitch_x_mm, grid.rows)
    y_mm = np.repeat((grid.rows - 0.5 - np.arange(grid.rows)) * grid.pitch_y_mm, grid.cols)
    u, v = foot_from_bed(pose, x_mm, y_mm)
    user_mn = [round(limits.at(index).user_max_n * 1000) for index in range(len(REGIONS))]
    mask = np.array([*user_mn, 0], dtype=np.uint16)[region_at(u, v)].reshape(grid.shape)
    mask.setflags(write=False)
    return mask
