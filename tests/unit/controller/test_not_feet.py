"""Things a person might put on the bed: none of them may get a side to be massaged by."""

from collections.abc import Callable

import numpy as np
import pytest

from controller.contact import Finding, find_contact
from controller.geometry import Floats, Grid, Side, cell_centres
from controller.pose import fit_pose
from tests.soles import Stand, drawn_sole, loaded, noisy

GRID = Grid(64, 32, pitch_x_mm=5.0, pitch_y_mm=5.0)
Thing = Callable[[np.random.Generator], Floats]


def _oval(x_mm: float, y_mm: float, half_x_mm: float, half_y_mm: float) -> Floats:
    taxels_x_mm, taxels_y_mm = cell_centres(GRID)
    reach = ((taxels_x_mm - x_mm) / half_x_mm) ** 2 + ((taxels_y_mm - y_mm) / half_y_mm) ** 2
    return (reach < 1.0).astype(np.float64).reshape(GRID.shape)


def _box(x_mm: float, y_mm: float, half_x_mm: float, half_y_mm: float) -> Floats:
    taxels_x_mm, taxels_y_mm = cell_centres(GRID)
    inside = (abs(taxels_x_mm - x_mm) < half_x_mm) & (abs(taxels_y_mm - y_mm) < half_y_mm)
    return inside.astype(np.float64).reshape(GRID.shape)


def _ball(rng: np.random.Generator) -> Floats:
    return _oval(80.0, 160.0, rng.uniform(15.0, 60.0), rng.uniform(15.0, 60.0))


def _book(rng: np.random.Generator) -> Floats:
    return _box(80.0, 160.0, rng.uniform(40.0, 75.0), rng.uniform(60.0, 140.0))


def _shoe(rng: np.random.Generator) -> Floats:
    front = _oval(80.0, 220.0, rng.uniform(42.0, 52.0), rng.uniform(70.0, 85.0))
    return np.maximum(front, _oval(80.0, 80.0, rng.uniform(32.0, 40.0), 60.0))


def _hand(rng: np.random.Generator) -> Floats:
    hand = np.maximum(_oval(80.0, 120.0, 40.0, 45.0), _oval(34.0, 140.0, 10.0, 30.0))
    for offset_mm in (-33.0, -11.0, 11.0, 33.0):
        half_mm = rng.uniform(30.0, 42.0)
        hand = np.maximum(hand, _box(80.0 + offset_mm, 165.0 + half_mm, 8.0, half_mm))
    return hand


def _reversed_foot(rng: np.random.Generator) -> Floats:
    side = Side.LEFT if rng.random() < 0.5 else Side.RIGHT
    foot = drawn_sole(GRID, Stand(side=side, length_mm=rng.uniform(210.0, 290.0), heel_y_mm=15.0))
    return foot[::-1].astype(np.float64)


def _two_feet(rng: np.random.Generator) -> Floats:
    left = drawn_sole(GRID, Stand(side=Side.LEFT, heel_x_mm=rng.uniform(35.0, 45.0)))
    right = drawn_sole(GRID, Stand(side=Side.RIGHT, heel_x_mm=rng.uniform(115.0, 125.0)))
    return (left + right).astype(np.float64)


def _crosswise_foot(rng: np.random.Generator) -> Floats:
    return _oval(80.0, 160.0, 79.0, rng.uniform(30.0, 45.0))


@pytest.mark.parametrize(
    "thing", [_ball, _book, _shoe, _hand, _reversed_foot, _two_feet, _crosswise_foot]
)
def test_a_thing_that_is_no_foot_gets_no_side(thing: Thing) -> None:
    rng = np.random.default_rng(11)
    for _ in range(30):
        image = noisy(loaded(thing(rng), GRID, float(rng.uniform(40.0, 100.0))), rng)
        if find_contact(image, GRID).finding is not Finding.FOOT:
            continue
        pose = fit_pose(image, GRID)
        assert pose is None or pose.side is None
