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
from simulator.plant.sole import Sole, Stance, to_foot

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
        recorded: That pressure is a recording's, not made from the sole.
    """

    sole: Sole
    stance: Stance
    resting_kpa: Floats
    recorded: bool = False


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


def kpa_at(foot: Foot, stance: Stance, shape: MatrixShape, *, quick: bool = False) -> Floats:
    """Return the resting pressure of a foot that stands elsewhere than it first did.

    A synthetic one is made anew; a recorded image, and any one that must be `quick`, is moved, each
    cell by its middle.
    """
    if stance == foot.stance:
        return foot.resting_kpa
    if not (foot.recorded or quick):
        return synthetic_kpa(foot.sole.build, stance, shape)
    moved = _moved(foot, stance, shape)
    return scaled_to_load(moved, foot.sole.build.seated_n, shape) if moved.any() else moved


def shifted(
    stance: Stance, *, lateral_mm: float = 0.0, along_mm: float = 0.0, turn_deg: float = 0.0
) -> Stance:
    """Return a stance after sliding along its own axes and turning outwards about its heel."""
    turn = math.radians(stance.axis_deg)
    across_mm = lateral_mm * stance.lateral
    return Stance(
        lateral=stance.lateral,
        heel_x_mm=stance.heel_x_mm + along_mm * math.sin(turn) + across_mm * math.cos(turn),
        heel_y_mm=stance.heel_y_mm + along_mm * math.cos(turn) - across_mm * math.sin(turn),
        axis_deg=stance.axis_deg + turn_deg * stance.lateral,
    )


def turned_about(stance: Stance, length_mm: float) -> Stance:
    """Return the stance of the same foot with its heel where the longest toe was."""
    turn = math.radians(stance.axis_deg)
    return Stance(
        lateral=stance.lateral,
        heel_x_mm=stance.heel_x_mm + length_mm * math.sin(turn),
        heel_y_mm=stance.heel_y_mm + length_mm * math.cos(turn),
        axis_deg=stance.axis_deg + 180.0,
    )


def _moved(foot: Foot, stance: Stance, shape: MatrixShape) -> Floats:
    """Return the image of a foot at another stance, bilinear between its first cells."""
    x_mm = (np.arange(shape.cols) + 0.5) * shape.pitch_x_mm
    y_mm = (shape.rows - np.arange(shape.rows) - 0.5) * shape.pitch_y_mm
    along, across = to_foot(stance, *np.meshgrid(x_mm, y_mm))
    first = foot.stance
    turn = math.radians(first.axis_deg)
    across *= first.lateral
    from_x_mm = first.heel_x_mm + along * math.sin(turn) + across * math.cos(turn)
    from_y_mm = first.heel_y_mm + along * math.cos(turn) - across * math.sin(turn)
    row = shape.rows - from_y_mm / shape.pitch_y_mm + 0.5  # of the padded image
    col = from_x_mm / shape.pitch_x_mm + 0.5
    padded = np.pad(foot.resting_kpa, 1)
    row = np.clip(row, 0.0, shape.rows + 0.999)
    col = np.clip(col, 0.0, shape.cols + 0.999)
    i, j = row.astype(int), col.astype(int)
    s, t = row - i, col - j
    moved: Floats = (
        padded[i, j] * (1 - s) * (1 - t)
        + padded[i + 1, j] * s * (1 - t)
        + padded[i, j + 1] * (1 - s) * t
        + padded[i + 1, j + 1] * s * t
    )
    return moved


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
    own = Foot(sole, stance, kpa, recorded=True)
    other = Foot(sole, _mirrored(stance, shape), np.ascontiguousarray(kpa[:, ::-1]), recorded=True)
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
