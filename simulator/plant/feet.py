"""A pair of feet ready to be placed: their soles, their stances and their resting pressure."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.plant.chance import generator
from simulator.plant.footprint import Floats, MatrixShape, scaled_to_load, synthetic_kpa
from simulator.plant.measure import Measured
from simulator.plant.people import Build
from simulator.plant.recording import Recording
from simulator.plant.sole import Sole, Stance

LEFT: Final = 0
RIGHT: Final = 1

EDGE_MM: Final = 4.0
"""Least way between a heel and the lower edge of its bed."""

_TURN_SD_DEG: Final = 1.5
_OFFSET_MM: Final = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Foot:
    """One foot where it will stand.

    Attributes:
        sole: Shape and tissue.
        stance: Where on the bed.
        resting_kpa: Pressure of the seated foot, shape (rows, cols), row 0 = toe end.
    """

    sole: Sole
    stance: Stance
    resting_kpa: Floats


def lateral_of(bed: int) -> int:
    """Return the sign of lateral of the foot that belongs on this bed."""
    return 1 if bed == RIGHT else -1


def synthetic_feet(build: Build, shape: MatrixShape, *, seed: int) -> tuple[Foot, Foot]:
    """Return a person's feet, each a little turned and off the middle, as seeded."""
    sole = Sole(build)
    left, right = (
        _stand(sole, _stance(build, shape, bed=bed, seed=seed), shape) for bed in (LEFT, RIGHT)
    )
    return left, right


def _stand(sole: Sole, stance: Stance, shape: MatrixShape) -> Foot:
    return Foot(sole, stance, synthetic_kpa(sole.build, stance, shape))


def _stance(build: Build, shape: MatrixShape, *, bed: int, seed: int) -> Stance:
    source = generator(seed, 4, bed)
    lateral = lateral_of(bed)
    turn_deg = lateral * (build.out_toeing_deg + float(source.normal(0.0, _TURN_SD_DEG)))
    middle_x_mm = shape.cols * shape.pitch_x_mm / 2
    middle_y_mm = shape.rows * shape.pitch_y_mm / 2
    # Turned about the middle of the foot, the heel comes to lie on the other side.
    radians = math.radians(turn_deg)
    half_mm = build.length_mm / 2
    offset_x_mm, offset_y_mm = source.uniform(-_OFFSET_MM, _OFFSET_MM, size=2).tolist()
    return Stance(
        lateral=lateral,
        heel_x_mm=middle_x_mm - half_mm * radians + offset_x_mm,
        heel_y_mm=max(middle_y_mm - half_mm + offset_y_mm, EDGE_MM),
        axis_deg=turn_deg,
    )


def replayed_feet(
    recording: Recording, measured: Measured, shape: MatrixShape, *, seated_n: float
) -> tuple[Foot, Foot]:
    """Return the recorded foot in the middle of its own bed, and its mirror image on the other."""
    shift_x_mm = shape.cols * shape.pitch_x_mm / 2 - measured.middle_x_mm
    shift_y_mm = shape.rows * shape.pitch_y_mm / 2 - measured.middle_y_mm
    kpa = scaled_to_load(
        _resampled(recording, shape, shift_x_mm=shift_x_mm, shift_y_mm=shift_y_mm), seated_n, shape
    )
    build = Build(length_mm=measured.length_mm, width_ratio=measured.width_ratio, seated_n=seated_n)
    sole = Sole(build)
    stance = Stance(
        lateral=measured.lateral,
        heel_x_mm=measured.heel_x_mm + shift_x_mm,
        heel_y_mm=measured.heel_y_mm + shift_y_mm,
        axis_deg=measured.axis_deg,
    )
    own = Foot(sole, stance, kpa)
    other = Foot(sole, _mirrored(stance, shape), np.ascontiguousarray(kpa[:, ::-1]))
    return (other, own) if measured.lateral > 0 else (own, other)


def _mirrored(stance: Stance, shape: MatrixShape) -> Stance:
    return Stance(
        lateral=-stance.lateral,
        heel_x_mm=shape.cols * shape.pitch_x_mm - stance.heel_x_mm,
        heel_y_mm=stance.heel_y_mm,
        axis_deg=-stance.axis_deg,
    )


def _resampled(
    recording: Recording, shape: MatrixShape, *, shift_x_mm: float, shift_y_mm: float
) -> Floats:
    """Return the image on the taxels of the bed, each the mean over its own area."""
    rows, cols = recording.image.shape
    across = _overlap_mm(
        first_mm=shift_x_mm,
        pitch_mm=recording.pitch_x_mm,
        count=cols,
        taxel_mm=shape.pitch_x_mm,
        taxels=shape.cols,
    )
    along = _overlap_mm(
        first_mm=shift_y_mm,
        pitch_mm=recording.pitch_y_mm,
        count=rows,
        taxel_mm=shape.pitch_y_mm,
        taxels=shape.rows,
    )
    upwards = along @ recording.image[::-1] @ across.T
    image: Floats = upwards[::-1] / (shape.pitch_x_mm * shape.pitch_y_mm)
    return np.ascontiguousarray(image)


def _overlap_mm(
    *, first_mm: float, pitch_mm: float, count: int, taxel_mm: float, taxels: int
) -> Floats:
    """Return how much of each taxel each recorded cell covers on one axis, (taxels, count)."""
    low = first_mm + pitch_mm * np.arange(count)
    taxel_low = (taxel_mm * np.arange(taxels))[:, None]
    shared = np.minimum(low + pitch_mm, taxel_low + taxel_mm) - np.maximum(low, taxel_low)
    covered: Floats = np.maximum(shared, 0.0)
    return covered
