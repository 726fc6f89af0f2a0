"""What pedobarography reports of a print: area, peak and share of load by region and by zone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.geometry import Grid, cell_samples
from controller.pose import FootPose, foot_from_bed
from controller.pressure import Kpa
from controller.regions import REGIONS, REPORTED, region_at
from controller.zones import ZONE_COUNT, Atlas, zone_weights

_DIVISIONS = 4  # parts a side into which a taxel is cut at a border
# Load this far beyond the outline, in u and v, still belongs to the sole: feet are not drawings.
_RIM_U = 0.06
_RIM_V = 0.20


@dataclass(frozen=True, slots=True)
class RegionMeasure:
    """One region of one print; ``peak_kpa`` is in the unit of the image."""

    area_cm2: float
    peak_kpa: float
    load_ratio: float


@dataclass(frozen=True, slots=True)
class ZoneMeasure:
    """One zone of one print: its share of the whole load. Zones overlap, shares do not add up."""

    no: int
    load_ratio: float


def region_weights(grid: Grid, pose: FootPose) -> NDArray[np.float32]:
    """Share of every taxel that lies in every reported region, (11, rows*cols), 0..1."""
    u, v = foot_from_bed(pose, *cell_samples(grid, _DIVISIONS))
    near = (np.abs(u - 0.5) <= 0.5 + _RIM_U) & (np.abs(v - 0.5) <= 0.5 + _RIM_V)
    region = region_at(np.clip(u, 0.0, 1.0), np.clip(v, 0.0, 1.0))
    region[region == REGIONS.index("heel_anterior_medial")] = REGIONS.index("heel_medial")
    region[~near] = -1
    indices = np.array([REGIONS.index(name) for name in REPORTED])
    weights: NDArray[np.float32] = (region[None, :, :] == indices[:, None, None]).mean(
        axis=2, dtype=np.float32
    )
    return weights


def measure_regions(
    kpa: Kpa, grid: Grid, pose: FootPose, *, threshold_kpa: float
) -> dict[str, RegionMeasure]:
    """All reported regions of a (rows, cols) image; taxels up to the threshold bear nothing."""
    pressure = _borne(kpa, threshold_kpa)
    total = float(pressure.sum()) or 1.0
    weights = region_weights(grid, pose)
    areas_cm2 = weights @ (pressure > 0.0) * grid.cell_area_cm2
    ratios = weights @ pressure / total
    peaks = (pressure * (weights >= 0.5)).max(axis=1)
    return {
        name: RegionMeasure(area_cm2=float(area_cm2), peak_kpa=float(peak), load_ratio=float(ratio))
        for name, area_cm2, peak, ratio in zip(REPORTED, areas_cm2, peaks, ratios, strict=True)
    }


def measure_zones(
    kpa: Kpa, grid: Grid, pose: FootPose, atlas: Atlas, *, threshold_kpa: float
) -> tuple[ZoneMeasure, ...]:
    """The zones of a (rows, cols) image that bear load, by number."""
    pressure = _borne(kpa, threshold_kpa)
    total = float(pressure.sum()) or 1.0
    ratios = zone_weights(atlas, grid, pose) @ pressure / total
    numbered = zip(range(1, ZONE_COUNT + 1), ratios, strict=True)
    return tuple(ZoneMeasure(no=no, load_ratio=float(ratio)) for no, ratio in numbered if ratio > 0)


def _borne(kpa: Kpa, threshold_kpa: float) -> NDArray[np.float32]:
    flat = kpa.ravel()
    return np.where(flat > threshold_kpa, flat, np.float32(0.0))
