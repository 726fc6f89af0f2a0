"""What the sole allows at each place of the bed: limits, targets, regions, zones, as small rasters.

Built once when a foot is registered, looked up at every tick. Each limit is the lowest within the
head's contact patch grown by the doubt about the pose: a border is felt before it is reached.
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from controller.caps import COMPILED_ONLY, Source, Standing, reason, standing_limits
from controller.geometry import Floats, Grid, Side
from controller.limits import TICKLE_FLOOR_N, TICKLE_FLOOR_TOES_N, Limit, Limits
from controller.pose import FootPose, foot_from_bed
from controller.regions import REGIONS, region_at
from controller.zones import Atlas, finest_zone
from firmware_bridge.descriptor import Carriage, CeilingStep

Scalar = TypeVar("Scalar", bound=np.generic)

CELL_MM: Final = 5.0
PATCH_MM: Final = 10.0
"""Radius of the contact patch: 3 cm2, the least that the head is designed for."""

EDGE_MM: Final = 12.0
"""Kept between the head's centre and the edge of the sole, doubt about the pose not counted."""

MAX_DOUBT_MM: Final = 8.0
"""A pose less certain than this (one standard deviation) is not pressed on. Podal proposal."""


class Place(NamedTuple):
    """What holds at one place of the bed. A tuple because a sole has hundreds.

    Attributes:
        limit_n: Lowest standing cap within the patch, 0 off the sole.
        reason: Code of that cap.
        most_n: Lowest maximum of a region within the patch; shares are of it.
        normal_n: Lowest target at level normal within the patch.
        start_n: Force a first touch starts with.
        floor_n: Least force of a head that moves in contact.
        region: Index into `REGIONS` at the centre, -1 off the sole.
        binding: Index of the region whose limit binds, -1 off the sole.
        zone: Finest zone at the centre, 0 none.
        user_kpa: Lowest peak pressure within the patch that brings the force down.
        hard_kpa: Lowest peak pressure within the patch that ends it.
        hold_s: Shortest time within the patch that a head may press in one place.
    """

    limit_n: float
    reason: str
    most_n: float
    normal_n: float
    start_n: float
    floor_n: float
    region: int
    binding: int
    zone: int
    user_kpa: float
    hard_kpa: float
    hold_s: float


NOWHERE: Final = Place(0.0, "off_sole", 0.0, 0.0, 0.0, 0.0, -1, -1, 0, 0.0, 0.0, 0.0)

_REGION, _DEVICE, _ZONE = 0, 1, 2
"""Whose cap a cell has: its region's, the device's by y, its zone's."""

_FIGURES: Final = ("user_max_n", "normal_n", "start_n", "user_kpa", "hard_kpa", "hold_s")
"""Of the table of limits; the least within the head's patch holds."""

_TOES: Final = (REGIONS.index("hallux"), REGIONS.index("toes"))
_KINDS: Final = 16
"""A cap is numbered kind x 16 + region."""


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
    pose: FootPose,
    *,
    grid: Grid,
    limits: Limits,
    carriage: Carriage,
    atlas: Atlas,
    ceiling: tuple[CeilingStep, ...],
    standing: Standing = COMPILED_ONLY,
) -> SoleField:
    """Return the field of the foot at `pose` on a bed with this matrix and carriage.

    Args:
        pose: Of the foot.
        grid: Of the matrix.
        limits: By region.
        carriage: Where the head can go.
        atlas: Of the zones.
        ceiling: What the device itself allows, by y.
        standing: Caps of technician, owner and age.
    """
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
    zone = _zones(atlas, pose.fitted_side, u, v, inside)
    caps = standing_limits(limits, standing)
    cap_n, code = _caps(region, zone, y_mm.reshape(rows, cols), caps, standing, ceiling)
    reach_mm = PATCH_MM + 2.0 * doubt_mm
    lowest, owner = _lowest(cap_n, code, reach_mm)
    patch = _least(np.stack([_by_region(limits, name, region) for name in _FIGURES]), reach_mm)
    whys = _reasons(caps)
    places = [[NOWHERE] * cols for _ in range(rows)]
    for row, col in np.argwhere(inside).tolist():
        user_max_n, normal_n, start_n, user_kpa, hard_kpa, hold_s = patch[:, row, col].tolist()
        number = int(owner[row, col])
        binding = number % _KINDS
        places[row][col] = Place(
            limit_n=float(lowest[row, col]),
            reason=whys[number],
            most_n=user_max_n,
            normal_n=normal_n,
            start_n=start_n,
            floor_n=TICKLE_FLOOR_TOES_N if binding in _TOES else TICKLE_FLOOR_N,
            region=int(region[row, col]),
            binding=binding,
            zone=int(zone[row, col]),
            user_kpa=user_kpa,
            hard_kpa=hard_kpa,
            hold_s=hold_s,
        )
    return SoleField(tuple(map(tuple, places)), _mask(pose, grid, caps), doubt_mm)


def _by_region(limits: Limits, name: str, region: NDArray[np.int8]) -> Floats:
    """Return a figure of the table by cell, infinite off the sole so that it never is the least."""
    table = [getattr(limits.at(index), name) for index in range(len(REGIONS))]
    result: Floats = np.array([*table, np.inf])[region]
    return result


def _caps(
    region: NDArray[np.int8],
    zone: NDArray[np.int_],
    y_mm: Floats,
    caps: tuple[Limit, ...],
    standing: Standing,
    ceiling: tuple[CeilingStep, ...],
) -> tuple[Floats, NDArray[np.int16]]:
    """Return the tightest standing cap of each cell by itself, and whose it is."""
    on_sole = region >= 0
    cap_n = np.array([*(cap.value_n for cap in caps), np.inf])[region]
    code = region.astype(np.int16)
    ceiling_n = np.full(region.shape, np.inf)
    for step in ceiling:
        passed = y_mm * 1000 >= step.y_um
        ceiling_n[passed] = np.minimum(ceiling_n[passed], step.force_mn / 1000.0)
    lower = on_sole & (ceiling_n < cap_n)
    cap_n, code = (
        np.where(lower, ceiling_n, cap_n),
        np.where(lower, _DEVICE * _KINDS + region, code),
    )
    for number, value_n in standing.zone_n.items():
        finite_n = max(value_n, 0.0) if math.isfinite(value_n) else 0.0
        lower = on_sole & (zone == number) & (finite_n < cap_n)
        cap_n, code = (
            np.where(lower, finite_n, cap_n),
            np.where(lower, _ZONE * _KINDS + region, code),
        )
    return cap_n, code.astype(np.int16)


def _least(values: Floats, radius_mm: float) -> Floats:
    """Return the least of each figure within `radius_mm` of a cell; shape (figures, rows, cols)."""
    reach = math.ceil(radius_mm / CELL_MM)
    _, rows, cols = values.shape
    padded = np.pad(values, ((0, 0), (reach, reach), (reach, reach)), constant_values=np.inf)
    out = values.copy()
    for dy, dx in _offsets(radius_mm):
        near = padded[:, reach + dy : reach + dy + rows, reach + dx : reach + dx + cols]
        np.minimum(out, near, out=out)
    return out


def _reasons(caps: tuple[Limit, ...]) -> dict[int, str]:
    """Return the code of each numbered cap."""
    sole = range(len(caps))
    return (
        {_REGION * _KINDS + index: caps[index].reason for index in sole}
        | {_DEVICE * _KINDS + index: reason(Source.DEVICE, index) for index in sole}
        | {_ZONE * _KINDS + index: reason(Source.ZONE, index) for index in sole}
    )


def _zones(
    atlas: Atlas, side: Side, u: Floats, v: Floats, inside: NDArray[np.bool_]
) -> NDArray[np.int_]:
    """Return the finest zone of each cell, 0 where there is none or nothing is pressed."""
    zone = np.zeros(inside.size, dtype=np.int_)
    for cell in np.flatnonzero(inside):
        zone[cell] = _zone(atlas, side, float(u[cell]), float(v[cell]))
    return zone.reshape(inside.shape)


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
    values: Floats, code: NDArray[np.int16], radius_mm: float
) -> tuple[Floats, NDArray[np.int16]]:
    """Return the lowest value within `radius_mm` of each cell, and whose it is."""
    lowest = values.copy()
    owner = code.copy()
    for dy, dx in _offsets(radius_mm):
        other = _shifted(values, dy, dx, np.inf)
        lower = other < lowest
        lowest = np.where(lower, other, lowest)
        owner = np.where(lower, _shifted(code, dy, dx, -1), owner).astype(np.int16)
    return lowest, owner


def _mask(pose: FootPose, grid: Grid, caps: tuple[Limit, ...]) -> NDArray[np.uint16]:
    """Return the device's mask: the standing cap of the region at each cell's centre."""
    x_mm = np.tile((np.arange(grid.cols) + 0.5) * grid.pitch_x_mm, grid.rows)
    y_mm = np.repeat((grid.rows - 0.5 - np.arange(grid.rows)) * grid.pitch_y_mm, grid.cols)
    u, v = foot_from_bed(pose, x_mm, y_mm)
    cap_mn = [int(cap.value_n * 1000) for cap in caps]
    mask = np.array([*cap_mn, 0], dtype=np.uint16)[region_at(u, v)].reshape(grid.shape)
    mask.setflags(write=False)
    return mask
