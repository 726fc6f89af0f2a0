"""Does the foot still lie as it was registered, and alone? Asked while the head presses, too.

What the matrix feels now, away from the head, is taken for the registered image moved a little and
grown heavier or lighter; least squares say how far (Lucas & Kanade 1981, with a gain). What they
leave over is load that is not this foot's: a hand, another foot. A few passes over one image, so
that it can be asked every 20 ms.
"""

import enum
import math
from typing import Final, NamedTuple

import numpy as np

from controller.contact import HeadPlace
from controller.geometry import Floats, Grid, cell_centres
from controller.pose import FootPose
from controller.pressure import Kpa

STIRRED_MM: Final = 3.5
"""Heel or toes so far from where they lay: the pose holds no more. Quiet feet of all simulated
people read 2.8 mm at most; row B2 of the hazard table allows 8. Podal proposal, unconfirmed on
hardware."""

STRANGE_N: Final = 4.0
"""So much load that is not the foot's: something else lies there. Quiet feet under massage read
2 N at most, a hand that weighs 15 N at least 5. Podal proposal, unconfirmed on hardware."""

QUIET_MM: Final = 2.0
UNEXPLAINED_N_MM: Final = 1.0
"""A foot that slides leaves more and more load that small moves do not explain: 3 N at 3 mm, 5 N
at 5 mm; noise alone reads as 2 mm. Podal proposals, as STRANGE_N."""

BARE_KPA: Final = 1.0
"""A taxel that feels less bears nothing of the foot: what noise reads there does not grow with its
load. Two deviations of the noisiest simulated matrix; podal proposal, unconfirmed on hardware."""

UNLIKE: Final = 0.25
"""Share of the squares of a print that small moves may leave. Quiet feet leave 0.07, light company
0.13, a foot two centimetres away 0.4. Podal proposal, as STRANGE_N."""

AROUND_HEAD_MM: Final = 30.0
"""So near the head, along and across, it decides what the matrix feels. Podal proposal,
unconfirmed on hardware."""

SMOOTHING: Final = 0.5
"""Share of the newest look: two of them, 40 ms, to follow a foot that slides away."""

PRESENT_RATIO: Final = 0.5
"""A foot that bears less than this share is being lifted: its load says so, not its place."""

_TURN_PER_MM: Final = 0.01
"""Turns are solved for in hundredths of a radian, 1 mm at the end of a foot: all figures alike."""


_FIGURES: Final = 4
_NOTHING_KPA2: Final = 1e-3
"""A print that is all under the head tells nothing, and is to raise nothing either."""


class Footing(NamedTuple):
    """How a foot lay when it was registered.

    Attributes:
        kpa: What the matrix felt, (rows, cols).
        basis: What it would feel more if the foot lay 1 mm further in x, 1 mm in y, 0.01 rad
            clockwise, and as heavily again; (4, rows, cols).
        normal: Products of these four over the whole image, (4, 4).
        sums: Their sums over it, (4,).
        middle_x_mm: About which it turns.
        middle_y_mm: About which it turns.
    """

    kpa: Kpa
    basis: Kpa
    normal: Floats
    sums: Floats
    middle_x_mm: float
    middle_y_mm: float


class Stir(NamedTuple):
    """What has changed since, smoothed.

    Attributes:
        x_mm: How far the foot lies from there.
        y_mm: How far the foot lies from there.
        turn_rad: How far it has turned, clockwise seen from above.
        heavier: By which share of its load then it is heavier.
        strange_n: Load that is not the foot's.
        more_n: Load that was not there then, away from the head.
        unlike: How little the image is that of this foot, 0 the same to 1 another.
    """

    x_mm: float = 0.0
    y_mm: float = 0.0
    turn_rad: float = 0.0
    heavier: float = 0.0
    strange_n: float = 0.0
    more_n: float = 0.0
    unlike: float = 0.0

    @property
    def elsewhere(self) -> bool:
        """What lies there bears its load in other places: it has moved by more than a little."""
        return self.unlike > UNLIKE


STILL: Final = Stir()


class Lying(enum.Enum):
    """How a registered foot lies now."""

    STILL = enum.auto()
    MOVED = enum.auto()
    IN_COMPANY = enum.auto()


def take_footing(kpa: Kpa, grid: Grid) -> Footing:
    """Return what to compare with, from a calm image without a head, (rows, cols) [kPa]."""
    image = np.asarray(kpa, dtype=np.float64)
    padded = np.pad(image, 1)
    along_x = (padded[1:-1, 2:] - padded[1:-1, :-2]) / (2.0 * grid.pitch_x_mm)
    along_y = (padded[:-2, 1:-1] - padded[2:, 1:-1]) / (2.0 * grid.pitch_y_mm)
    x_mm, y_mm = (axis.reshape(grid.shape) for axis in cell_centres(grid))
    total = max(float(image.sum()), 1e-9)
    middle_x_mm = float((image * x_mm).sum()) / total
    middle_y_mm = float((image * y_mm).sum()) / total
    turning = along_x * (y_mm - middle_y_mm) - along_y * (x_mm - middle_x_mm)
    heavier = np.where(image < BARE_KPA, 0.0, image)
    basis = np.stack((-along_x, -along_y, -turning * _TURN_PER_MM, heavier))
    flat = basis.reshape(_FIGURES, -1)
    return Footing(
        kpa=image.astype(np.float32),
        basis=basis.astype(np.float32),
        normal=flat @ flat.T + _NOTHING_KPA2 * np.eye(_FIGURES),
        sums=flat.sum(axis=1),
        middle_x_mm=middle_x_mm,
        middle_y_mm=middle_y_mm,
    )


def look(footing: Footing, kpa: Kpa, grid: Grid, head: HeadPlace | None, last: Stir) -> Stir:
    """Return what has changed, after one more image.

    Args:
        footing: How the foot lay.
        kpa: What the matrix feels now, (rows, cols).
        grid: Of the matrix.
        head: Where the roller presses the matrix, None while it is lifted.
        last: The look before.
    """
    more = kpa - footing.kpa
    answer = footing.basis.reshape(_FIGURES, -1) @ more.ravel()
    normal, sums = footing.normal, footing.sums
    more_kpa = float(np.add.reduce(more, axis=None))
    more_kpa2 = float(more.ravel() @ more.ravel())
    if head is not None:
        rows, cols = _around(head, grid)
        hidden = footing.basis[:, rows, cols].reshape(_FIGURES, -1)
        hidden_more = more[rows, cols].ravel()
        normal = normal - hidden @ hidden.T
        sums = sums - np.add.reduce(hidden, axis=1)
        answer -= hidden @ hidden_more
        more_kpa -= float(np.add.reduce(hidden_more))
        more_kpa2 -= float(hidden_more @ hidden_more)
    figures = np.linalg.solve(normal, answer)
    x_mm, y_mm, turn, heavier = figures.tolist()
    if more_kpa < (PRESENT_RATIO - 1.0) * float(sums[3]):
        return last
    strange_kpa = more_kpa - float(sums @ figures)
    unlike = (more_kpa2 - float(figures @ answer)) / (max(1.0 + heavier, 1.0) ** 2 * normal[3, 3])
    newton = grid.cell_area_cm2 / 10.0
    return Stir(
        last.x_mm + SMOOTHING * (x_mm - last.x_mm),
        last.y_mm + SMOOTHING * (y_mm - last.y_mm),
        last.turn_rad + SMOOTHING * (turn * _TURN_PER_MM - last.turn_rad),
        last.heavier + SMOOTHING * (heavier - last.heavier),
        last.strange_n + SMOOTHING * (strange_kpa * newton - last.strange_n),
        last.more_n + SMOOTHING * (more_kpa * newton - last.more_n),
        last.unlike + SMOOTHING * (float(unlike) - last.unlike),
    )


def _around(head: HeadPlace, grid: Grid) -> tuple[slice, slice]:
    """Return rows and columns of the taxels that the head decides about."""
    top = grid.rows - int((head.y_mm + AROUND_HEAD_MM) / grid.pitch_y_mm) - 1
    bottom = grid.rows - int((head.y_mm - AROUND_HEAD_MM) / grid.pitch_y_mm)
    left = int((head.x_mm - AROUND_HEAD_MM) / grid.pitch_x_mm)
    right = int((head.x_mm + AROUND_HEAD_MM) / grid.pitch_x_mm) + 1
    return slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))


def conclude(stir: Stir, footing: Footing, pose: FootPose | None, *, in_company: bool) -> Lying:
    """Return how the foot lies, told by what has changed.

    Args:
        stir: What has changed.
        footing: How the foot lay.
        pose: Where it lay, None while that holds no more.
        in_company: Whether something lay beside it at the look before.
    """
    moved = pose is not None and moved_mm(stir, footing, pose) > STIRRED_MM
    # A foot that has moved brings no load: where there is more, a hand has made it seem to move.
    if _strange(stir) or ((moved or in_company) and stir.more_n > STRANGE_N):
        return Lying.IN_COMPANY
    return Lying.MOVED if moved else Lying.STILL


def _strange(stir: Stir) -> bool:
    """Whether something else lies there. Who stands up is only heavy, and who slides only moved.

    Both leave a little that least squares of small moves do not explain; but a foot that has
    moved brings no load with it.
    """
    way_mm = math.hypot(stir.x_mm, stir.y_mm) + abs(stir.turn_rad) / _TURN_PER_MM
    most_n = STRANGE_N + UNEXPLAINED_N_MM * max(way_mm - QUIET_MM, 0.0)
    if not stir.strange_n > most_n * max(1.0 + stir.heavier, 1.0):
        return False
    stayed = way_mm < STIRRED_MM and not stir.elsewhere
    return stayed or stir.more_n > STRANGE_N


def moved_mm(stir: Stir, footing: Footing, pose: FootPose) -> float:
    """Return how far the heel or the toes have moved, whichever has farther."""
    if stir.elsewhere:
        return math.inf
    axis = math.radians(pose.axis_deg)
    farthest_mm = 0.0
    for along_mm in (0.0, pose.length_mm):
        x_mm = pose.heel_x_mm + along_mm * math.sin(axis) - footing.middle_x_mm
        y_mm = pose.heel_y_mm + along_mm * math.cos(axis) - footing.middle_y_mm
        way_mm = math.hypot(stir.x_mm + stir.turn_rad * y_mm, stir.y_mm - stir.turn_rad * x_mm)
        farthest_mm = max(farthest_mm, way_mm)
    return farthest_mm
