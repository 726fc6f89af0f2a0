"""Where the foot stands: side, heel point, axis, length and width."""

import math
from dataclasses import dataclass

from controller.geometry import BREADTH_RATIO, Coordinate, Side, share_from_v, v_from_share


@dataclass(frozen=True, slots=True)
class FootPose:
    """A foot on a bed; lengths in mm of the bed, each figure with its standard deviation.

    The heel point is the back of the heel on the foot axis (u = 0), ``axis_deg`` is clockwise from
    +y seen from above, the length reaches to the longest toe. ``side`` is None where the image does
    not tell the feet apart; ``fitted_side`` is the likelier one, to which the geometry belongs, and
    ``side_p`` the belief in it (0.5..1).
    """

    side: Side | None
    side_p: float
    fitted_side: Side
    heel_x_mm: float
    heel_y_mm: float
    axis_deg: float
    length_mm: float
    width_mm: float
    heel_x_sd_mm: float
    heel_y_sd_mm: float
    axis_sd_deg: float
    length_sd_mm: float
    width_sd_mm: float


def bed_from_foot(pose: FootPose, u: Coordinate, v: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Place (x, y) on the bed [mm] of the point (u, v) of the sole."""
    lateral_mm = share_from_v(u, v) * _lateral_scale_mm(pose)
    along_mm = u * pose.length_mm
    sin, cos = _direction(pose)
    return (
        pose.heel_x_mm + along_mm * sin + lateral_mm * cos,
        pose.heel_y_mm + along_mm * cos - lateral_mm * sin,
    )


def foot_from_bed(
    pose: FootPose, x_mm: Coordinate, y_mm: Coordinate
) -> tuple[Coordinate, Coordinate]:
    """Point (u, v) of the sole above a place of the bed; outside 0..1 it lies off the sole."""
    u, share = sole_from_bed(pose, x_mm, y_mm)
    return u, v_from_share(u, share)


def sole_from_bed(
    pose: FootPose, x_mm: Coordinate, y_mm: Coordinate
) -> tuple[Coordinate, Coordinate]:
    """Like ``foot_from_bed``, the second the distance from the axis as a share of the length."""
    sin, cos = _direction(pose)
    dx_mm = x_mm - pose.heel_x_mm
    dy_mm = y_mm - pose.heel_y_mm
    u = (dx_mm * sin + dy_mm * cos) / pose.length_mm
    return u, (dx_mm * cos - dy_mm * sin) / _lateral_scale_mm(pose)


def _direction(pose: FootPose) -> tuple[float, float]:
    turn = math.radians(pose.axis_deg)
    return math.sin(turn), math.cos(turn)


def _lateral_scale_mm(pose: FootPose) -> float:
    return pose.fitted_side.lateral_sign * pose.width_mm / BREADTH_RATIO
