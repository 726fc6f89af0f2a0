"""A pair of feet ready to be placed: their soles, their stances and their resting pressure."""

from dataclasses import dataclass
from typing import Final

from simulator.plant.chance import generator
from simulator.plant.footprint import Floats, MatrixShape, synthetic_kpa
from simulator.plant.people import Build
from simulator.plant.sole import Sole, Stance

LEFT: Final = 0
RIGHT: Final = 1

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
    radians = turn_deg * 0.017453292519943295
    half_mm = build.length_mm / 2
    offset_x_mm, offset_y_mm = source.uniform(-_OFFSET_MM, _OFFSET_MM, size=2).tolist()
    return Stance(
        lateral=lateral,
        heel_x_mm=middle_x_mm - half_mm * radians + offset_x_mm,
        heel_y_mm=max(middle_y_mm - half_mm + offset_y_mm, 4.0),
        axis_deg=turn_deg,
    )
