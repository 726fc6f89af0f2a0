"""No shipped routine stays on one spot: where any point is pressed for long, the head leaves it."""

import numpy as np
import pytest

from controller.geometry import Side
from controller.limits import load_limits
from controller.pose import FootPose, foot_from_bed
from controller.regions import REGIONS, region_at
from controller.routine import load_library, plan
from controller.stroke import waypoint

STEP_S = 0.05
SPOT_MM = 15.0
AWAY_S = 1.0


def standing(length_mm: float) -> FootPose:
    sds = (1.5, 1.5, 0.5, 2.0, 2.0)
    width_mm = 0.38 * length_mm
    return FootPose(Side.RIGHT, 0.99, Side.RIGHT, 70.0, 20.0, 6.0, length_mm, width_mm, *sds, 0.1)


def longest_stay_s(path_mm: np.ndarray) -> tuple[float, np.ndarray]:
    """The longest time near any point of a path, an absence of less than a second not counted."""
    worst, where = 0.0, path_mm[0]
    for anchor in path_mm[::4]:
        near = np.hypot(*(path_mm - anchor).T) <= SPOT_MM
        stay_s = away_s = 0.0
        for is_near in near:
            away_s = 0.0 if is_near else away_s + STEP_S
            if is_near or (stay_s > 0.0 and away_s < AWAY_S):
                stay_s += STEP_S
            elif away_s >= AWAY_S:
                stay_s = 0.0
            if stay_s > worst:
                worst, where = stay_s, anchor
    return worst, where


@pytest.mark.parametrize("length_mm", [215.0, 245.0, 270.0, 300.0])
@pytest.mark.parametrize("routine", load_library().values(), ids=lambda routine: routine.id)
def test_no_routine_stays_on_one_spot_for_longer_than_it_can_be_borne(routine, length_mm):
    pose, limits = standing(length_mm), load_limits()
    steps = [step for step in plan(routine, None) if step.foot is Side.RIGHT]
    points = [
        waypoint(step.stroke, pose, at_s, step.lasts_us / 1e6)
        for step in steps
        for at_s in np.arange(0.0, step.lasts_us / 1e6, STEP_S)
    ]
    path_mm = np.array([(point.x_mm, point.y_mm) for point in points])
    stay_s, where = longest_stay_s(path_mm)
    region = region_at(*foot_from_bed(pose, *map(float, where)))
    assert stay_s <= limits.at(region).hold_s, f"{stay_s:.1f} s on {REGIONS[region]}"
