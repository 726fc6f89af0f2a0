"""What people lay on a bed that is not one seated foot: how it presses on the taxels.

Sizes and weights of everyday things; Podal proposals, unmeasured.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from simulator.plant.footprint import Floats, MatrixShape, points, scaled_to_load, synthetic_kpa
from simulator.plant.people import Build
from simulator.plant.sole import Sole, Stance

_PALM_MM: Final = (42.0, 38.0)
_FINGER_MM: Final = (9.0, 36.0)
_FINGERS_X_MM: Final = (-33.0, -11.0, 11.0, 33.0)
_FINGERS_UP_MM: Final = 78.0
_BOOK_MM: Final = (70.0, 105.0)
_PHONE_MM: Final = (36.0, 75.0)
_SHOE_HEEL_MM: Final = (34.0, 38.0)
_SHOE_BALL_MM: Final = (48.0, 60.0)
_SHOE_MIDDLE_MM: Final = 72.0
_SECOND_FOOT_MM: Final = 42.0
"""Beside the middle of the bed: what room the first foot leaves."""

SECOND_FOOT: Final = Build(length_mm=215.0, seated_n=25.0)
"""A child's foot, lightly."""


class Thing(NamedTuple):
    """Something that lies on a bed.

    Attributes:
        load_n: What it puts on the bed.
        reach: Its pressure before scaling, from x and y about the middle of the bed in mm.
    """

    load_n: float
    reach: Callable[[Floats, Floats], Floats]


def _pad(x: Floats, y: Floats, half_x: float, half_y: float) -> Floats:
    reach: Floats = np.maximum(1.0 - (x / half_x) ** 2 - (y / half_y) ** 2, 0.0) ** 0.5
    return reach


def _plate(x: Floats, y: Floats, half_x: float, half_y: float) -> Floats:
    """Even, a little heavier at its rim, as stiff plates press."""
    inside = (np.abs(x) <= half_x) & (np.abs(y) <= half_y)
    rim = np.maximum(np.abs(x) / half_x, np.abs(y) / half_y) ** 8
    plate: Floats = inside * (1.0 + rim)
    return plate


def _hand(x: Floats, y: Floats) -> Floats:
    x, y = x - 25.0, y - 20.0
    kpa = _pad(x, y, *_PALM_MM)
    for finger_x in _FINGERS_X_MM:
        kpa = np.maximum(kpa, 0.6 * _pad(x - finger_x, y - _FINGERS_UP_MM, *_FINGER_MM))
    return kpa


def _shoe(x: Floats, y: Floats) -> Floats:
    heel = _plate(x, y + _SHOE_MIDDLE_MM, *_SHOE_HEEL_MM)
    return heel + _plate(x, y - _SHOE_MIDDLE_MM, *_SHOE_BALL_MM)


THINGS: Final = {
    "hand": Thing(15.0, _hand),
    "book": Thing(12.0, lambda x, y: _plate(x, y, *_BOOK_MM)),
    "phone": Thing(2.0, lambda x, y: _plate(x, y, *_PHONE_MM)),
    "shoe": Thing(20.0, _shoe),
}
SECOND: Final = "foot"
"""The thing that is another foot."""

_HARD: Final = Build(length_mm=250.0, arch_mm=0.0, stiffness=12.0, thickness=0.4)


def hard_sole() -> Sole:
    """Return the skin of a thing: flat, and many times harder than a heel."""
    return Sole(_HARD)


def thing_load_n(name: str) -> float:
    """Return what a thing puts on its bed."""
    return SECOND_FOOT.seated_n if name == SECOND else THINGS[name].load_n


def thing_kpa(name: str, shape: MatrixShape, *, lateral: int) -> Floats:
    """Return the pressure of a thing, shape (rows, cols), row 0 = toe end.

    `lateral` is that of the foot beside it: a second foot stands on its medial side.
    """
    middle_x_mm = shape.cols * shape.pitch_x_mm / 2
    middle_y_mm = shape.rows * shape.pitch_y_mm / 2
    if name == SECOND:
        heel_y_mm = middle_y_mm - SECOND_FOOT.length_mm / 2
        stance = Stance(-lateral, middle_x_mm - lateral * _SECOND_FOOT_MM, heel_y_mm, 0.0)
        return synthetic_kpa(SECOND_FOOT, stance, shape)
    x, y = points(shape)
    thing = THINGS[name]
    return scaled_to_load(
        _mean(thing.reach(x - middle_x_mm, y - middle_y_mm), shape), thing.load_n, shape
    )


def _mean(values: Floats, shape: MatrixShape) -> Floats:
    rows, cols = shape.rows, shape.cols
    cells = values.reshape(rows, values.shape[0] // rows, cols, values.shape[1] // cols)
    mean: Floats = cells.mean(axis=(1, 3))
    return mean
