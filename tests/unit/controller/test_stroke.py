"""What the paths of strokes leave behind."""

import gc

import pytest

from controller.geometry import Side
from controller.pose import FootPose
from controller.routine import load_library
from controller.stroke import waypoint

LINES = [
    stroke
    for routine in load_library().values()
    for stroke in routine.strokes
    if stroke.technique not in ("circle", "press")
]


def pose(number: int) -> FootPose:
    """One of many feet, no two alike."""
    sure = {f"{name}_sd_mm": 1.0 for name in ("heel_x", "heel_y", "length", "width")}
    return FootPose(
        side=Side.LEFT,
        side_p=0.99,
        fitted_side=Side.LEFT,
        heel_x_mm=80.0 + number / 100.0,
        heel_y_mm=25.0,
        axis_deg=6.0,
        length_mm=250.0 + number / 10.0,
        width_mm=95.0,
        axis_sd_deg=1.0,
        misfit=0.01,
        **sure,
    )


def alive() -> int:
    """How many poses this process still holds."""
    gc.collect()
    return sum(isinstance(one, FootPose) for one in gc.get_objects())


@pytest.mark.parametrize("stroke", LINES[:1])
def test_the_feet_of_former_massages_are_forgotten(stroke):
    before = alive()
    for number in range(200):
        waypoint(stroke, pose(number), 1.0, 30.0)
    assert alive() - before <= 8
