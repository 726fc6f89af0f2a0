"""Where the head should be and how hard it should press, as a function of time within a stroke.

Times are path time: they run only while the head is on the skin. Places are millimetres in the bed,
through the pose of the foot, so that a circle is round on any foot.
"""

import functools
import math
from dataclasses import dataclass
from typing import Final

from controller.pose import FootPose, bed_from_foot, foot_from_bed
from controller.routine import Stroke

PRESS_RAMP_S: Final = 2.0
PRESS_RELEASE_S: Final = 1.0
PRESS_HOLD_MAX_S: Final = 2.5
"""Point press: ramp 2-4 s, hold, release. With the ways in and out the head is near the spot for
less than the 8 s after which a static load starts to hurt (Wiggermann & Keyserling 2015)."""

PRESS_REST: Final = 0.35
"""Share of the force kept while the head glides away from the spot and back."""

GLIDE_MM: Final = 40.0
GLIDE_S: Final = 3.0
"""Between two presses the head leaves the spot for more than a second, towards the toes: the skin
gets its blood back, and the time on one spot starts anew. A spot is 15 mm wide to either side, so
only beyond 30 mm the head has surely left it, wherever its middle is taken to be."""

DRIFT_S: Final = 6.0
"""Circles wander across the sole and back in this time, for the same reason."""

CLIMB_MM_S: Final = 10.0
"""Fastest rise or fall of the sole under the head: the press axis follows it within about 2 N at
10 N/mm and 20 ms. Podal proposal."""

_LOOK_S: Final = 0.05
_ARCH_MM: Final = (20.0, 10.0, 3.0)
_ARCH_MIDDLE_U: Final = 0.42
_ARCH_HALF_U: Final = 0.22
"""Usual height of the arch at the inner border, in the middle and at the outer border, and where it
lies: the machine's design page. Only slopes are taken from it; the device feels the real sole."""


@dataclass(frozen=True, slots=True)
class Waypoint:
    """What a stroke wants at one moment.

    Attributes:
        x_mm: Place in the bed.
        y_mm: Place in the bed.
        speed_mm_s: Speed along the path there.
        share: Share of the region's target force, intensity included.
        moving: The head moves over the skin here (the tickle floor applies).
    """

    x_mm: float
    y_mm: float
    speed_mm_s: float
    share: float
    moving: bool


def waypoint(stroke: Stroke, pose: FootPose, path_s: float, total_s: float) -> Waypoint:
    """Return what `stroke` wants on the foot at `pose`, `path_s` s into a path of `total_s` s."""
    match stroke.technique:
        case "circle":
            return _circle(stroke, pose, path_s)
        case "press":
            return _press(stroke, pose, path_s, total_s)
        case _:
            return _line(stroke, pose, path_s)


def arch_mm(u: float, v: float) -> float:
    """Return the usual height of a sole over the bed."""
    inner, middle, outer = _ARCH_MM
    across = inner + v * (4.0 * middle - 3.0 * inner - outer)
    across += v * v * (2.0 * inner + 2.0 * outer - 4.0 * middle)
    along = (u - _ARCH_MIDDLE_U) / _ARCH_HALF_U
    return across * max(1.0 - along * along, 0.0)


def pace(stroke: Stroke, pose: FootPose, path_s: float, total_s: float) -> float:
    """Return how fast path time may run here, 0..1: slower where the sole is steep."""
    here = waypoint(stroke, pose, path_s, total_s)
    soon = waypoint(stroke, pose, path_s + _LOOK_S, total_s)
    climb_mm = abs(_height_mm(pose, soon) - _height_mm(pose, here))
    return min(1.0, CLIMB_MM_S * _LOOK_S / climb_mm) if climb_mm > 0.0 else 1.0


def _height_mm(pose: FootPose, point: Waypoint) -> float:
    u, v = foot_from_bed(pose, point.x_mm, point.y_mm)
    return arch_mm(u, min(max(v, 0.0), 1.0))


def _line(stroke: Stroke, pose: FootPose, path_s: float) -> Waypoint:
    """To and fro between two spots, eased at the ends, each pass a little further across."""
    start, end = stroke.start, stroke.end
    pass_s = _length_mm(pose, start.u, start.v, end.u, end.v) / stroke.pace_mm_s
    phase = path_s / pass_s
    along = (1.0 - math.cos(math.pi * phase)) / 2.0
    # One slow wave across the sole in eight passes: new skin each time, no jump between passes.
    across = math.sin(math.pi * phase / 4.0) * stroke.spread_v / 2.0
    u = start.u + along * (end.u - start.u)
    v = start.v + along * (end.v - start.v) + across
    x_mm, y_mm = bed_from_foot(pose, u, v)
    speed_mm_s = abs(math.sin(math.pi * phase)) * math.pi / 2.0 * stroke.pace_mm_s
    return Waypoint(x_mm, y_mm, speed_mm_s, stroke.intensity, moving=True)


@functools.lru_cache(maxsize=8)  # the same two or three at every tick; more only kept old poses
def _length_mm(pose: FootPose, u0: float, v0: float, u1: float, v1: float) -> float:
    x0_mm, y0_mm = bed_from_foot(pose, u0, v0)
    x1_mm, y1_mm = bed_from_foot(pose, u1, v1)
    return max(math.hypot(x1_mm - x0_mm, y1_mm - y0_mm), 1.0)


def _circle(stroke: Stroke, pose: FootPose, path_s: float) -> Waypoint:
    across = math.sin(2.0 * math.pi * path_s / DRIFT_S) * stroke.spread_v / 2.0
    x_mm, y_mm = bed_from_foot(pose, stroke.start.u, stroke.start.v + across)
    angle = 2.0 * math.pi * stroke.turns_hz * path_s
    # Seen from above, clockwise from the toe side: x = sin, y = cos.
    return Waypoint(
        x_mm + stroke.radius_mm * math.sin(angle),
        y_mm + stroke.radius_mm * math.cos(angle),
        abs(2.0 * math.pi * stroke.turns_hz) * stroke.radius_mm,
        stroke.intensity,
        moving=True,
    )


def _press(stroke: Stroke, pose: FootPose, path_s: float, total_s: float) -> Waypoint:
    """Press, hold, release, glide away and back; each press a little firmer than the last."""
    x_mm, y_mm = bed_from_foot(pose, stroke.start.u, stroke.start.v)
    least_s = PRESS_RAMP_S + PRESS_RELEASE_S + GLIDE_S + 0.5
    presses = max(1, min(stroke.presses, int(total_s / least_s)))
    cycle_s = total_s / presses
    number = min(int(path_s / cycle_s), presses - 1)
    into_s = path_s - number * cycle_s
    hold_s = min(cycle_s - PRESS_RAMP_S - PRESS_RELEASE_S - GLIDE_S, PRESS_HOLD_MAX_S)
    peak = min(stroke.first + number * stroke.step, 1.0)
    share = PRESS_REST + (peak - PRESS_REST) * _press_shape(into_s, hold_s)
    away_s = into_s - PRESS_RAMP_S - hold_s - PRESS_RELEASE_S
    glide_s = cycle_s - PRESS_RAMP_S - hold_s - PRESS_RELEASE_S
    away = math.sin(math.pi * min(max(away_s / glide_s, 0.0), 1.0))
    toes_x_mm, toes_y_mm = bed_from_foot(pose, 1.0, stroke.start.v)
    reach_mm = max(math.hypot(toes_x_mm - x_mm, toes_y_mm - y_mm), 1.0)
    return Waypoint(
        x_mm + (toes_x_mm - x_mm) / reach_mm * GLIDE_MM * away,
        y_mm + (toes_y_mm - y_mm) / reach_mm * GLIDE_MM * away,
        math.pi * GLIDE_MM / glide_s if away > 0.0 else 0.0,
        stroke.intensity * share,
        moving=away > 0.0,
    )


def _press_shape(into_s: float, hold_s: float) -> float:
    """Ramp up, hold, release: 0 to 1 and back to 0."""
    falling_s = into_s - PRESS_RAMP_S - hold_s
    return max(0.0, min(into_s / PRESS_RAMP_S, 1.0, 1.0 - falling_s / PRESS_RELEASE_S))
