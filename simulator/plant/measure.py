"""Where a recorded foot lies in its own image: heel, axis, size and side, by simple geometry.

Only for the truth of a replayed foot. It is not the controller's way of finding a foot, and must
not become it.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.plant.outline import borders
from simulator.plant.recording import LOADED_RATIO, Recording

Floats = NDArray[np.float64]

_HEEL_SHARE: Final = (0.02, 0.22)
_MIDFOOT_SHARE: Final = (0.32, 0.55)
_BALL_SHARE: Final = (0.62, 0.78)
_TOE_SHARE: Final = (0.84, 1.0)
_BALL_U: Final = 0.70
_HEEL_U: Final = 0.12


@dataclass(frozen=True, slots=True)
class Measured:
    """A foot in its recording, x to the right, y to the toes from the lower left corner.

    Attributes:
        lateral: +1 right foot, -1 left foot.
        heel_x_mm: Back of the heel on the axis.
        heel_y_mm: As heel_x_mm.
        axis_deg: Clockwise from +y.
        length_mm: Of the loaded foot along the axis.
        width_ratio: Breadth of the ball against the outline of the atlas.
        middle_x_mm: Middle of the loaded area's box.
        middle_y_mm: As middle_x_mm.
    """

    lateral: int
    heel_x_mm: float
    heel_y_mm: float
    axis_deg: float
    length_mm: float
    width_ratio: float
    middle_x_mm: float
    middle_y_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Loaded cells as points: places and loads, and how far along the foot each lies, 0 to 1."""

    x: Floats
    y: Floats
    load: Floats
    along: Floats

    def within(self, share: tuple[float, float]) -> "_Cells":
        kept = (self.along >= share[0]) & (self.along <= share[1])
        return _Cells(self.x[kept], self.y[kept], self.load[kept], self.along[kept])


def measure(recording: Recording, side: str | None = None) -> Measured | None:
    """Return heel, axis, size and side, or None where there is no foot-like image.

    `side` overrides what the recording says; without either, the arch tells.
    """
    cells = _loaded(recording)
    parts = [cells.within(share) for share in (_HEEL_SHARE, _BALL_SHARE)]
    if min(len(part.x) for part in parts) < 4:
        return None
    named = side or recording.side
    lateral = chirality(recording) if named is None else 1 if named == "right" else -1
    heel, ball = parts
    heel_x = (heel.x.min() + heel.x.max()) / 2
    medial, outer = borders(np.array(_BALL_U))
    # The axis runs a little medial of the middle of the ball: to the second toe.
    off = 0.5 + float(medial) / float(outer - medial)
    ball_x = (ball.x.min() + ball.x.max()) / 2 + lateral * off * (ball.x.max() - ball.x.min())
    heel_y, ball_y = float(heel.y.mean()), float(ball.y.mean())
    turn = math.atan2(float(ball_x) - float(heel_x), ball_y - heel_y)
    return _along_axis(recording, cells, lateral, float(heel_x), heel_y, turn)


def _along_axis(
    recording: Recording, cells: _Cells, lateral: int, x_mm: float, y_mm: float, turn: float
) -> Measured:
    sin, cos = math.sin(turn), math.cos(turn)
    along = (cells.x - x_mm) * sin + (cells.y - y_mm) * cos
    across = ((cells.x - x_mm) * cos - (cells.y - y_mm) * sin) * lateral
    half = recording.pitch_y_mm / 2
    back, tip = float(along.min()) - half, float(along.max()) + half
    length = tip - back
    in_ball = (along - back >= _BALL_SHARE[0] * length) & (along - back <= _BALL_SHARE[1] * length)
    breadth = float(np.ptp(across[in_ball])) + recording.pitch_x_mm
    medial, outer = borders(np.array(_BALL_U))
    return Measured(
        lateral=lateral,
        heel_x_mm=x_mm + back * sin,
        heel_y_mm=y_mm + back * cos,
        axis_deg=math.degrees(turn),
        length_mm=length,
        width_ratio=min(max(breadth / (length * float(outer - medial)), 0.85), 1.2),
        middle_x_mm=float(cells.x.min() + cells.x.max()) / 2,
        middle_y_mm=float(cells.y.min() + cells.y.max()) / 2,
    )


def chirality(recording: Recording) -> int:
    """Return +1 for a right and -1 for a left foot: the midfoot bears on its lateral side."""
    cells = _loaded(recording)
    heel, midfoot, ball, toes = (
        cells.within(share) for share in (_HEEL_SHARE, _MIDFOOT_SHARE, _BALL_SHARE, _TOE_SHARE)
    )
    if not (len(heel.x) and len(ball.x)):
        return 1
    heel_x, ball_x = (float(part.x.min() + part.x.max()) / 2 for part in (heel, ball))
    breadth = float(np.ptp(ball.x)) + 1.0
    score = 0.0
    for part, weight in ((midfoot, 1.0), (toes, -0.5)):
        if len(part.x):
            line_x = heel_x + (ball_x - heel_x) * (part.along - _HEEL_U) / (_BALL_U - _HEEL_U)
            off = float(np.average(part.x - line_x, weights=part.load)) / breadth
            score += weight * off
    return 1 if score >= 0.0 else -1


def _loaded(recording: Recording) -> _Cells:
    image = recording.peak
    row, col = np.nonzero(image > LOADED_RATIO * image.max())
    x = (col.astype(np.float64) + 0.5) * recording.pitch_x_mm
    y = (image.shape[0] - row.astype(np.float64) - 0.5) * recording.pitch_y_mm
    span = float(np.ptp(y)) or 1.0
    return _Cells(x, y, image[row, col], (y - y.min()) / span)
