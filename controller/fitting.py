"""Strokes made to fit a sole: what would leave it is drawn in, before anything moves."""

from dataclasses import replace
from typing import Final

from controller.field import SoleField
from controller.pose import FootPose
from controller.routine import Spot, Step, Stroke
from controller.stroke import waypoint

SAMPLE_MM: Final = 5.0
MOST_SAMPLES: Final = 300
"""A path is tried every 5 mm, the width of a cell of the field; a few of its turns say it all."""

SHRINKS: Final = tuple(1.0 - 0.08 * step for step in range(11))
"""Tried in turn, from as written to a fifth of it."""

LEAST_RADIUS_RATIO: Final = 0.5
ENDS_RATIO: Final = 0.5
"""A line gives up at most half of its length, a circle half of its radius."""


def fit_steps(
    steps: tuple[Step, ...], soles: dict[str, tuple[FootPose, SoleField]]
) -> tuple[Step, ...]:
    """Return the steps with each stroke drawn in as far as its foot needs.

    Args:
        steps: The plan as written.
        soles: Pose and field of each foot, by side.
    """
    return tuple(
        replace(step, stroke=fit_stroke(step.stroke, *soles[step.foot.value])) for step in steps
    )


def fit_stroke(stroke: Stroke, pose: FootPose, field: SoleField) -> Stroke:
    """Return the widest form of `stroke` whose whole path may be pressed; the narrowest if none."""
    narrower = stroke
    for shrink in SHRINKS:
        narrower = _narrowed(stroke, shrink)
        if _is_inside(narrower, pose, field):
            break
    return narrower


def _narrowed(stroke: Stroke, shrink: float) -> Stroke:
    ends = 1.0 - (1.0 - shrink) * ENDS_RATIO
    middle = Spot((stroke.start.u + stroke.end.u) / 2, (stroke.start.v + stroke.end.v) / 2)
    return replace(
        stroke,
        start=_towards(middle, stroke.start, ends),
        end=_towards(middle, stroke.end, ends),
        spread_v=stroke.spread_v * shrink,
        radius_mm=stroke.radius_mm * max(shrink, LEAST_RADIUS_RATIO),
    )


def _towards(middle: Spot, end: Spot, share: float) -> Spot:
    return Spot(middle.u + (end.u - middle.u) * share, middle.v + (end.v - middle.v) * share)


def _is_inside(stroke: Stroke, pose: FootPose, field: SoleField) -> bool:
    path_s = 0.0
    for _ in range(MOST_SAMPLES):
        point = waypoint(stroke, pose, path_s, stroke.seconds)
        if field.at(point.x_mm, point.y_mm).limit_n <= 0.0:
            return False
        path_s += SAMPLE_MM / max(point.speed_mm_s, 2.0 * SAMPLE_MM)
        if path_s > stroke.seconds:
            break
    return True
