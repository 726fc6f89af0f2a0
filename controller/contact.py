"""Is there a foot on the bed? Judged on every frame, so by a few passes over the loaded taxels."""

import enum
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.geometry import Floats, Grid, cell_centres
from controller.pressure import Kpa

Mask = NDArray[np.bool_]


class Finding(enum.StrEnum):
    """What lies on the bed."""

    FOOT = "foot"
    NONE = "none"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class HeadPlace:
    """Where the roller head presses the matrix; its taxels say nothing about the foot's shape."""

    x_mm: float
    y_mm: float
    radius_mm: float = 16.0  # footprint of a 20 mm sphere 7 mm deep, plus half a taxel


@dataclass(frozen=True, slots=True, eq=False)
class Contact:
    """What the matrix feels.

    ``reason`` is "" for a foot and a code otherwise: ``no_load``, ``too_small``, ``too_large``,
    ``part_of_foot``, ``not_one_thing``, ``not_foot_shaped``. ``mask`` (rows, cols) marks the loaded
    taxels, head included; area, load and centre of pressure are theirs.
    """

    finding: Finding
    reason: str
    area_cm2: float
    load_n: float
    peak_kpa: float
    cop_x_mm: float
    cop_y_mm: float
    mask: Mask


# A taxel bears load above four times the noise of a fair resistive matrix (0.5 kPa RMS), which is
# also a third of the mean pressure of a seated foot. Podal proposal, unconfirmed on hardware.
CONTACT_KPA = 2.0
# Less than this is dust, a cloth or drift. Podal proposal, unconfirmed on hardware.
_MIN_LOAD_N = 3.0
_MIN_CELLS_CM2 = 1.5

# What one foot of 195-310 mm by 75-120 mm leaves on a matrix: without toes the print is about 0.78
# of the foot long (MUN104, mean of 104 people), without its edges 0.7 of its breadth. Above, room
# for a print that rolled and for the error of a few taxels; the fitted pose is the exact judge.
_PRINT_LENGTH_MM = (0.72 * 195.0, 330.0)
_PRINT_BREADTH_MM = (0.55 * 75.0, 135.0)
_PRINT_AREA_CM2 = (20.0, 220.0)
# The ends of a foot bear, its middle less: share of the loaded taxels in the outer thirds.
_MIN_END_RATIO = 0.12
# Feet are accepted 25 degrees to either side; the print itself may lean by 30 more where only
# heel and lateral border bear.
_MAX_TURN_RAD = math.radians(55.0)


def find_contact(
    kpa: Kpa, grid: Grid, *, head: HeadPlace | None = None, threshold_kpa: float = CONTACT_KPA
) -> Contact:
    """Judge one (rows, cols) image [kPa] of one bed; a foot may be several blobs."""
    flat = kpa.ravel()
    loaded = flat > threshold_kpa
    mask = loaded.reshape(grid.shape)
    mask &= _beside(mask)  # noise over the whole mat loads taxels one by one, a foot never does
    index = loaded.nonzero()[0]
    area_cm2 = index.size * grid.cell_area_cm2
    if area_cm2 < _MIN_CELLS_CM2:
        return _nothing(mask, area_cm2=area_cm2)
    pressure = flat[index]
    x_mm, y_mm = (axis[index] for axis in cell_centres(grid))
    total = float(pressure.sum())
    load_n = total * grid.cell_area_cm2 * 0.1
    if load_n < _MIN_LOAD_N:
        return _nothing(mask, area_cm2=area_cm2, load_n=load_n, peak_kpa=float(pressure.max()))
    shape_x_mm, shape_y_mm = _without_head(x_mm, y_mm, head)
    reason = _shape_reason(shape_x_mm, shape_y_mm, grid)
    return Contact(
        finding=Finding.REFUSED if reason else Finding.FOOT,
        reason=reason,
        area_cm2=area_cm2,
        load_n=load_n,
        peak_kpa=float(pressure.max()),
        cop_x_mm=float(pressure @ x_mm) / total,
        cop_y_mm=float(pressure @ y_mm) / total,
        mask=mask,
    )


def _beside(mask: Mask) -> Mask:
    """Taxels that share an edge with a marked one."""
    beside = np.zeros_like(mask)
    beside[1:] = mask[:-1]
    beside[:-1] |= mask[1:]
    beside[:, 1:] |= mask[:, :-1]
    beside[:, :-1] |= mask[:, 1:]
    return beside


def _nothing(mask: Mask, *, area_cm2: float, load_n: float = 0.0, peak_kpa: float = 0.0) -> Contact:
    return Contact(
        finding=Finding.NONE,
        reason="no_load",
        area_cm2=area_cm2,
        load_n=load_n,
        peak_kpa=peak_kpa,
        cop_x_mm=math.nan,
        cop_y_mm=math.nan,
        mask=mask,
    )


def _shape_reason(x_mm: Floats, y_mm: Floats, grid: Grid) -> str:
    """Why these loaded taxels are not one foot, "" if they are."""
    count = x_mm.size
    area_cm2 = count * grid.cell_area_cm2
    if area_cm2 < _PRINT_AREA_CM2[0]:
        return "too_small"
    x_mm = x_mm - x_mm.sum() / count
    y_mm = y_mm - y_mm.sum() / count
    turn = 0.5 * math.atan2(2.0 * float(x_mm @ y_mm), float(y_mm @ y_mm) - float(x_mm @ x_mm))
    cos, sin = math.cos(turn), math.sin(turn)
    along = y_mm * cos + x_mm * sin
    across = x_mm * cos - y_mm * sin
    blur_mm = abs(cos) * grid.pitch_y_mm + abs(sin) * grid.pitch_x_mm
    low, high = _trimmed(along)
    length_mm = high - low + blur_mm
    left, right = _trimmed(across)
    breadth_mm = right - left + blur_mm
    if length_mm > _PRINT_LENGTH_MM[1] + blur_mm or area_cm2 > _PRINT_AREA_CM2[1]:
        return "too_large"
    if breadth_mm > _PRINT_BREADTH_MM[1] + blur_mm:
        return "not_one_thing"
    if length_mm < _PRINT_LENGTH_MM[0]:
        return "part_of_foot" if breadth_mm >= _PRINT_BREADTH_MM[0] else "too_small"
    third_mm = (high - low) / 3.0
    ends = min((along < low + third_mm).sum(), (along > high - third_mm).sum())
    if breadth_mm < _PRINT_BREADTH_MM[0] - blur_mm or abs(turn) > _MAX_TURN_RAD:
        return "not_foot_shaped"
    return "" if ends >= _MIN_END_RATIO * count else "not_foot_shaped"


def _trimmed(places_mm: Floats) -> tuple[float, float]:
    """Ends without the outermost hundredth, which noise over the whole mat can put anywhere."""
    cut = places_mm.size // 100
    ordered = np.partition(places_mm, (cut, places_mm.size - 1 - cut))
    return float(ordered[cut]), float(ordered[places_mm.size - 1 - cut])


def _without_head(x_mm: Floats, y_mm: Floats, head: HeadPlace | None) -> tuple[Floats, Floats]:
    if head is None:
        return x_mm, y_mm
    away = (x_mm - head.x_mm) ** 2 + (y_mm - head.y_mm) ** 2 > head.radius_mm**2
    return x_mm[away], y_mm[away]
