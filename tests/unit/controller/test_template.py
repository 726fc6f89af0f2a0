import numpy as np
import pytest

from controller.geometry import Grid, cell_centres
from controller.template import PARTS, Placement, render

GRID = Grid(32, 16, pitch_x_mm=10.0, pitch_y_mm=10.0)
FIGURES = np.array([83.0, 21.0, 0.13, np.log(255.0), np.log(98.0), 0.9, 1.2, 1.0, 0.7])


def _render(
    figures: np.ndarray, sign: float, pitch_mm: tuple[float, float] = (5.0, 5.0)
) -> tuple[np.ndarray, np.ndarray]:
    x_mm, y_mm = cell_centres(GRID)
    return render(
        Placement(*figures[:5]),
        figures[5:],
        lateral_sign=sign,
        x_mm=x_mm,
        y_mm=y_mm,
        pitch_mm=pitch_mm,
    )


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("index", range(5 + PARTS))
def test_slopes_are_the_derivatives_of_the_value(sign: float, index: int) -> None:
    step = np.zeros(FIGURES.size)
    step[index] = 1e-5
    above, _ = _render(FIGURES + step, sign)
    below, _ = _render(FIGURES - step, sign)
    _, slopes = _render(FIGURES, sign)
    np.testing.assert_allclose((above - below) / 2e-5, slopes[:, index], atol=1e-6)


def test_a_left_sole_is_the_mirror_image_of_a_right_one() -> None:
    straight = FIGURES.copy()
    straight[0], straight[2] = 80.0, 0.0
    right, _ = _render(straight, 1.0)
    left, _ = _render(straight, -1.0)
    np.testing.assert_allclose(left.reshape(GRID.shape)[:, ::-1], right.reshape(GRID.shape))


def test_the_sole_bears_between_its_heel_point_and_its_longest_toe() -> None:
    straight = FIGURES.copy()
    straight[0], straight[1], straight[2] = 80.0, 20.0, 0.0
    value, _ = _render(straight, 1.0)
    loaded_mm = cell_centres(GRID)[1][value > 0.25 * value.max()]
    assert loaded_mm.min() == pytest.approx(20.0, abs=12.0)
    assert loaded_mm.max() == pytest.approx(275.0, abs=12.0)


def test_larger_taxels_see_a_broader_and_lower_sole() -> None:
    sharp, _ = _render(FIGURES, 1.0)
    blurred, _ = _render(FIGURES, 1.0, (20.0, 20.0))
    assert blurred.max() < sharp.max()
    assert (blurred > 0.05).sum() > (sharp > 0.05).sum()
    assert blurred.sum() == pytest.approx(sharp.sum(), rel=0.02)
