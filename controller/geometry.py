"""Where things are: the taxel grid of a bed, the outline of a sole, and the frames of both.

``bed_``: mm, x to the right seen from above, y towards the toes, origin at the lower left corner of
the matrix. ``foot_``: u 0 at the back of the heel .. 1 at the tip of the longest toe along the foot
axis, v 0 on the medial border .. 1 on the lateral border. Only ``foot_`` is mirrored between feet.
"""

import bisect
import enum
import functools
import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# A function of coordinates takes one point or equal arrays of them.
Coordinate = TypeVar("Coordinate", float, Floats)


class Side(enum.StrEnum):
    """Which foot."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> "Side":
        """The other foot."""
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT

    @property
    def lateral_sign(self) -> float:
        """+1 where the little toe points to the right seen from above, else -1."""
        return 1.0 if self is Side.RIGHT else -1.0


@dataclass(frozen=True, slots=True)
class Grid:
    """A taxel matrix: row 0 is the toe end, column 0 the left edge seen from above.

    Raises:
        ValueError: fewer than one row or column, or a pitch that is not a positive finite number.
    """

    rows: int
    cols: int
    pitch_x_mm: float
    pitch_y_mm: float

    def __post_init__(self) -> None:
        if self.rows < 1 or self.cols < 1:
            raise ValueError(f"a taxel grid needs rows and columns, not {self.rows} x {self.cols}")
        for pitch_mm in (self.pitch_x_mm, self.pitch_y_mm):
            if not (math.isfinite(pitch_mm) and pitch_mm > 0.0):
                raise ValueError(f"the pitch of a taxel grid must be above 0 mm, not {pitch_mm}")

    @property
    def width_mm(self) -> float:
        """Extent in x."""
        return self.cols * self.pitch_x_mm

    @property
    def height_mm(self) -> float:
        """Extent in y."""
        return self.rows * self.pitch_y_mm

    @property
    def cell_area_cm2(self) -> float:
        """Area one taxel stands for."""
        return self.pitch_x_mm * self.pitch_y_mm / 100.0

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols), as numpy wants it."""
        return self.rows, self.cols


@functools.lru_cache(maxsize=16)
def cell_centres(grid: Grid) -> tuple[Floats, Floats]:
    """X and y of every taxel centre, flat in the order of ``image.ravel()``, (rows*cols,) [mm]."""
    x_mm = np.tile((np.arange(grid.cols) + 0.5) * grid.pitch_x_mm, grid.rows)
    y_mm = np.repeat((grid.rows - 0.5 - np.arange(grid.rows)) * grid.pitch_y_mm, grid.cols)
    x_mm.setflags(write=False)
    y_mm.setflags(write=False)
    return x_mm, y_mm


@functools.lru_cache(maxsize=16)
def cell_samples(grid: Grid, divisions: int) -> tuple[Floats, Floats]:
    """Centres of ``divisions`` x ``divisions`` equal parts of every taxel [mm].

    Returns:
        x and y, each (rows*cols, divisions**2), for areas of taxels cut by a border.
    """
    part = (np.arange(divisions) + 0.5) / divisions - 0.5
    dx_mm = np.tile(part, divisions) * grid.pitch_x_mm
    dy_mm = np.repeat(part, divisions) * grid.pitch_y_mm
    x_mm, y_mm = cell_centres(grid)
    samples_x_mm = x_mm[:, None] + dx_mm[None, :]
    samples_y_mm = y_mm[:, None] + dy_mm[None, :]
    samples_x_mm.setflags(write=False)
    samples_y_mm.setflags(write=False)
    return samples_x_mm, samples_y_mm


# Medial and lateral border of a right sole as shares of the foot length, at u. Podal's own drawing:
# ball breadth 0.38 and heel breadth 0.27 of the length (ratios of ANSUR II, 6068 adults), and every
# loaded taxel of a real 5 mm footprint (emed sample of pressuRe, MIT) inside.
# fmt: off
_OUTLINE = np.array([
    (0, -0.03, 0.03), (0.01, -0.065, 0.06), (0.03, -0.098, 0.093),
    (0.06, -0.117, 0.114), (0.1, -0.13, 0.128), (0.15, -0.135, 0.135),
    (0.2, -0.132, 0.138), (0.25, -0.123, 0.14), (0.3, -0.113, 0.144),
    (0.35, -0.104, 0.15), (0.4, -0.099, 0.157), (0.45, -0.099, 0.165),
    (0.5, -0.105, 0.174), (0.55, -0.118, 0.184), (0.6, -0.139, 0.194),
    (0.64, -0.159, 0.2), (0.68, -0.174, 0.198), (0.72, -0.181, 0.189),
    (0.75, -0.182, 0.18), (0.78, -0.178, 0.173), (0.8, -0.174, 0.17),
    (0.83, -0.17, 0.163), (0.85, -0.169, 0.145), (0.88, -0.171, 0.13),
    (0.9, -0.172, 0.112), (0.93, -0.171, 0.088), (0.95, -0.168, 0.07),
    (0.97, -0.161, 0.035), (0.985, -0.15, 0), (1, -0.125, -0.1),
])
# fmt: on
_OUTLINE.setflags(write=False)
_STEPS: list[tuple[float, float, float]] = [(u, m, lat) for u, m, lat in _OUTLINE.tolist()]
_STEPS_U = [step[0] for step in _STEPS]
OUTLINE_U, OUTLINE_MEDIAL, OUTLINE_LATERAL = (_OUTLINE[:, column] for column in range(3))

# Breadth of the outline as a share of its length: what ``width_mm`` of a pose is measured against.
BREADTH_RATIO = float(OUTLINE_LATERAL.max() - OUTLINE_MEDIAL.min())


def share_from_v(u: Coordinate, v: Coordinate) -> Coordinate:
    """Lateral distance from the foot axis, as a share of the length, of the point (u, v)."""
    medial, lateral = _borders(u)
    return medial + v * (lateral - medial)


def v_from_share(u: Coordinate, share: Coordinate) -> Coordinate:
    """The inverse of ``share_from_v``; beyond the ends of the sole the end borders go on."""
    medial, lateral = _borders(u)
    return (share - medial) / (lateral - medial)


def _borders(u: Coordinate) -> tuple[Coordinate, Coordinate]:
    if isinstance(u, np.ndarray):
        return np.interp(u, OUTLINE_U, OUTLINE_MEDIAL), np.interp(u, OUTLINE_U, OUTLINE_LATERAL)
    return _borders_at(u)


def _borders_at(u: float) -> tuple[float, float]:
    """One point, ten times as fast as an array of one: a stroke asks for several at every tick."""
    after = bisect.bisect_right(_STEPS_U, u)
    if after == 0:
        return _STEPS[0][1:]
    if after == len(_STEPS):
        return _STEPS[-1][1:]
    (u0, medial0, lateral0), (u1, medial1, lateral1) = _STEPS[after - 1], _STEPS[after]
    share = (u - u0) / (u1 - u0)
    return medial0 + share * (medial1 - medial0), lateral0 + share * (lateral1 - lateral0)
